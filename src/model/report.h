/* report.h - what a command found, ready to be rendered; render/ turns it into bytes.
 *
 * A report borrows its catalog and samples: they must outlive it.
 */
#ifndef PH_MODEL_REPORT_H
#define PH_MODEL_REPORT_H

#include "model/finding.h"
#include "model/owner.h"
#include "model/sample.h"

/* Columns of a reading; also the sort keys. */
enum ph_column {
    PH_COLUMN_TAG,
    PH_COLUMN_POOL,
    PH_COLUMN_ALLOCS,
    PH_COLUMN_FREES,
    PH_COLUMN_OBJECTS, /* diff */
    PH_COLUMN_BYTES,
    PH_COLUMN_PER_ALLOC,
    PH_COLUMN_COUNT
};
const char *ph_column_id(enum ph_column column); /* "tag", "pool", "allocs", "diff", ... */
bool ph_column_from_id(const char *id, enum ph_column *column);

/* A small history for a trend picture: evenly spaced, oldest first, NAN where nothing was read. */
enum { PH_TREND_POINTS = 32 };
struct ph_trend {
    double points[PH_TREND_POINTS];
    size_t count;
};

/* --- snap: one reading --- */
struct ph_reading_report {
    const struct ph_catalog *catalog;
    const struct ph_sample *sample;
    const struct ph_machine *machine;
    const uint32_t *rows; /* positions in sample->values, filtered, sorted, cut to top N */
    size_t row_count;
    size_t matched;     /* before the cut */
    const char *source; /* "live kernel", or the file */
};

/* --- hunt and leaks: judged series --- */
struct ph_history;
struct ph_facts;
struct ph_trace;

struct ph_pool_row {
    enum ph_pool pool;
    struct ph_pool_total first, last;
    struct ph_trend trend;
};

struct ph_hunt_report {
    const struct ph_catalog *catalog;
    const struct ph_sample *last; /* newest sample */
    const struct ph_machine *machine;
    const struct ph_finding *findings; /* all, in rank order */
    size_t finding_count;
    const struct ph_trend *trends; /* one per finding, or NULL */
    const struct ph_pool_row *pools;
    size_t pool_count;
    enum ph_time_kind time_kind;
    int64_t first_ns, last_ns; /* of the samples, as time_kind says */
    uint64_t samples;
    uint32_t segments; /* boots seen */
    uint64_t clock_jumps;
    const struct ph_owner_report *owners; /* of the series that grow most; owner_count of them */
    size_t owner_count;
    const struct ph_history *history;   /* NULL = none */
    const struct ph_event_list *events; /* NULL = none */
    const struct ph_facts *facts;       /* of the system; NULL = not gathered */
    const struct ph_trace *trace;       /* of what rises, by call site; NULL = not traced */
    int64_t written_ns;                 /* when the report is written, real time; 0 = not told */
    bool anonymous;                     /* names and paths were taken out */
    const struct ph_loss_list *losses;
    const char *source;
    const char *recording;      /* where it was kept; NULL = nowhere */
    const char *recording_note; /* why not, or the command to look again; NULL */
    size_t top;                 /* rows to show in tables for people; 0 = all */
    bool all;                   /* also show series that do not grow */
};

/* --- diff: two readings, or two recordings --- */
struct ph_diff_row {
    uint32_t series; /* in `catalog` */
    bool in_before, in_after;
    int64_t before_bytes, after_bytes;
    int64_t before_objects, after_objects; /* -1 = unknown */
    bool have_rates; /* both sides have rates: recordings, not single readings */
    double before_rate, before_low, before_high; /* bytes per second, 95 % interval */
    double after_rate, after_low, after_high;
    enum ph_verdict before_verdict, after_verdict;
    const char *sureness; /* static: "certain", "likely", "within the noise", ... with its reason */
};

struct ph_diff_report {
    const struct ph_catalog *catalog;
    const char *before_name, *after_name;
    const struct ph_machine *before_machine, *after_machine;
    const struct ph_diff_row *rows; /* sorted: grew most first */
    size_t row_count;
    bool rebooted;     /* another boot: counters began anew */
    bool same_machine; /* host names agree or one is unknown */
    double elapsed_s;  /* between the two readings; NAN = unknown */
    enum ph_time_kind before_time_kind,
        after_time_kind; /* with ordinal time rates mean a reading */
    uint64_t before_samples, after_samples;
    const struct ph_loss_list *losses;
    size_t top;
};

/* --- demo: what a child leaked on purpose beside what was found --- */
enum { PH_DEMO_CACHES_MAX = 4 };

struct ph_demo_row {
    const char *cache;                /* the slab cache that gets one object for each one leaked */
    bool seen;                        /* the kernel lists such a cache */
    uint32_t series;                  /* in the catalog, when seen */
    int64_t true_objects;             /* leaked between the first and the last reading */
    int64_t found_objects;            /* growth of the cache between them, by the kernel's count */
    double true_rate;                 /* objects per second */
    const struct ph_finding *finding; /* NULL when not seen */
    bool found;                       /* judged GROWING or worse */
};

struct ph_demo_report {
    const struct ph_hunt_report *hunt;
    const char *what; /* "eventfds" */
    uint64_t leaked;  /* in all */
    bool hit_ceiling;
    double seconds; /* between the first and the last reading */
    const struct ph_demo_row *rows;
    size_t row_count;
    bool all_found;
};

#endif
