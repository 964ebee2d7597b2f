/* screens.h - what the screens of `poolhound top` and `poolhound sys` show, ready to be rendered.
 *
 * Everything is borrowed from whoever made it.
 */
#ifndef PH_MODEL_SCREENS_H
#define PH_MODEL_SCREENS_H

#include "model/event.h"
#include "model/history.h"
#include "model/report.h"

/* --- the table --- */
/* Columns of the live table, also its sort keys. */
enum ph_top_column {
    PH_TOP_TAG,
    PH_TOP_TYPE,
    PH_TOP_ALLOCS,
    PH_TOP_FREES,
    PH_TOP_DIFF,
    PH_TOP_BYTES,
    PH_TOP_PER_ALLOC,
    PH_TOP_PERCENT, /* bytes of the row by bytes of its pool */
    PH_TOP_TREND,
    PH_TOP_RATE,
    PH_TOP_VERDICT,
    PH_TOP_OWNER,
    PH_TOP_COLUMNS
};
const char *ph_top_column_name(enum ph_top_column column); /* "Allocs", "Per Alloc", ... */

enum ph_top_have {
    PH_TOP_HAVE_CHANGE = 1 << 0, /* the reading compared with has the series, too */
    PH_TOP_HAVE_PERCENT = 1 << 1,
    PH_TOP_OWNER_NAMED = 1 << 2, /* by code or by the source; otherwise only a known meaning */
    PH_TOP_GONE = 1 << 3         /* not in the newest reading: `value` is the last one seen */
};

struct ph_top_row {
    uint32_t series;
    uint32_t have; /* enum ph_top_have */
    struct ph_value value;
    /* since the reading before, or since the mark; modulo the counters' width */
    int64_t allocs_change, frees_change, objects_change, bytes_change;
    double percent;
    const struct ph_finding *finding;   /* NULL = not judged yet */
    const struct ph_history_line *line; /* of the last minutes; NULL = none */
    const char *owner;                  /* NULL = unknown */
};

/* Session pools: which are shown. */
enum { PH_TOP_SYSTEM_POOL = -1, PH_TOP_ALL_SESSIONS = -2 };

/* How wide the numbers were up to now. A column that was wide once stays so: what one reads must
 * not jump sideways with every reading. Zeroed = nothing was shown yet. */
struct ph_top_widths {
    size_t number[PH_TOP_COLUMNS], change[PH_TOP_COLUMNS];
};

struct ph_top_report {
    const struct ph_catalog *catalog;
    const struct ph_sample *now; /* NULL = nothing read yet */
    const struct ph_machine *machine;
    const struct ph_history *recent; /* that the rows' lines belong to; NULL = none */
    const struct ph_top_row *rows;   /* filtered and sorted */
    size_t row_count;
    size_t in_all;                /* before the filters */
    size_t first_row;             /* at the top of the screen */
    size_t selected;              /* row; SIZE_MAX = none */
    struct ph_top_widths *widths; /* read and made wider; NULL = only what is shown now counts */
    enum ph_top_column sort;
    bool reverse, by_change; /* poolmon's ( ): by the change of the sort column */
    bool totals;             /* poolmon's e: a line with the sums */
    bool highlight;          /* poolmon's l: rows that changed stand out */
    bool since_mark;         /* changes are since the mark, not since the reading before */
    double mark_age_s;
    double change_s;            /* over how many seconds; NAN = unknown */
    int session;                /* PH_TOP_SYSTEM_POOL, PH_TOP_ALL_SESSIONS or a session's number */
    uint32_t pools;             /* mask, 0 = all */
    int64_t page_faults_change; /* -1 = unknown */
    /* the state of reading */
    double age_s;      /* of `now`; NAN = nothing read yet */
    double interval_s; /* between readings */
    double reading_s;  /* a reading is under way since; 0 = none */
    bool paused, ended, live;
    double speed;          /* of a replay; 0 = as fast as it goes */
    uint64_t readings, of; /* of: 0 = unknown */
    enum ph_time_kind time_kind;
    size_t growing, leaking; /* series judged so, filters aside */
    uint64_t losses;         /* kinds of things that could not be read */
    const char *source;
    const char *filter;  /* in words, "" = none */
    const char *message; /* what the last key did, or an error; "" = none */
    bool message_is_error;
};

/* --- one tag, all that is known --- */
struct ph_detail_report {
    const struct ph_catalog *catalog;
    uint32_t series;
    const struct ph_value *value; /* NULL = gone */
    const struct ph_sample *now;
    const struct ph_machine *machine;
    const struct ph_finding *finding;  /* NULL = not judged yet */
    const struct ph_finding *findings; /* all, for those that grow with it */
    size_t finding_count;
    const struct ph_history *whole, *recent;
    const struct ph_event_list *events;
    const struct ph_owner_report *owner; /* NULL = not looked for (yet) */
    bool owner_pending;                  /* it is being looked for */
    const char *owner_error;             /* why it could not be; NULL */
    const struct ph_trace *trace;        /* its call sites; NULL = not traced (yet) */
    bool trace_pending;                  /* tracing begins */
    const char *trace_error;             /* why there is none; NULL */
    enum ph_time_kind time_kind;
    const char *source;
};

/* --- the kernel-memory panel --- */
enum ph_sys_group { PH_SYS_PHYSICAL, PH_SYS_COMMIT, PH_SYS_POOLS, PH_SYS_OTHER, PH_SYS_GROUPS };
const char *ph_sys_group_name(enum ph_sys_group group);

struct ph_sys_row {
    const char *id;    /* "paged", "nonpaged", "commit", "page-tables"; for machines */
    const char *label; /* "Paged pool" */
    enum ph_sys_group group;
    int64_t current, peak, limit; /* bytes; -1 = unknown */
    bool peak_observed;           /* the highest that was read here, not the kernel's own */
    bool estimated;
    const char *limit_source;            /* where the limit comes from; NULL without one */
    const char *limit_missing;           /* why a limit that there is is unknown; NULL */
    bool change_known;                   /* then `change` is */
    int64_t change;                      /* of `current` since the reading before */
    int64_t allocs_change, frees_change; /* since the reading before; -1 = unknown */
    const char *missing;                 /* why `current` is unknown; NULL */
    const struct ph_history_line *line;  /* NULL = no history */
};

enum { PH_SYS_ROWS_MOST = 28 };

struct ph_sys_report {
    struct ph_sys_row rows[PH_SYS_ROWS_MOST];
    size_t row_count;
    const struct ph_sample *now;
    const struct ph_machine *machine;
    const struct ph_history *history;
    const struct ph_event_list *events;
    int64_t page_faults, page_faults_change; /* -1 = unknown */
    double change_s; /* between the two readings; NAN = one reading only, or no times known */
    const struct ph_loss_list *losses;
    const char *source;
};

#endif
