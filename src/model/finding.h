/* finding.h - what the judge says about one series, with the numbers behind it. */
#ifndef PH_MODEL_FINDING_H
#define PH_MODEL_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ph_verdict {
    PH_VERDICT_NO_DATA,
    PH_VERDICT_FLAT,
    PH_VERDICT_STEP,
    PH_VERDICT_CYCLIC,
    PH_VERDICT_LEVELLING,
    PH_VERDICT_GROWING,
    PH_VERDICT_LEAK_LIKELY,
    PH_VERDICT_LEAK_CONFIRMED,
    PH_VERDICT_COUNT
};

/* Why a series that grows is not called a leak (yet). */
enum ph_missing {
    PH_MISSING_NOTHING,
    PH_MISSING_SPAN,         /* observed too short: missing_s more to rule out a daily cycle */
    PH_MISSING_TERRITORY,    /* its floor has not left the range it had before */
    PH_MISSING_CONFIRMATION, /* must hold at the next evaluation too */
    PH_MISSING_RECLAIMABLE,  /* the kernel may give it back under pressure: lowered from LEAK */
    PH_MISSING_TIME          /* no times in the input: growth by reading only */
};

enum { PH_FLOORS_MAX = 14 };

struct ph_finding {
    uint32_t series;
    enum ph_verdict verdict;
    bool urgent; /* grows and the pool's limit is less than 24 h away; prints as URGENT when
                    the verdict is GROWING */
    enum ph_missing missing;
    double missing_s; /* seconds still needed, for PH_MISSING_SPAN; 0 = not known */

    /* the evidence: floors are minima of windows */
    int64_t window_ns;                 /* of the scale that decided */
    uint32_t windows;                  /* floors used; may be more than PH_FLOORS_MAX */
    uint32_t rose;                     /* how many of the windows - 1 increments are positive */
    double floors[PH_FLOORS_MAX];      /* bytes, oldest first; the newest when there are more */
    double floor_age_s[PH_FLOORS_MAX]; /* from the window's beginning to the newest
                                          reading; NAN when it was another boot's */
    double t_statistic;                /* of the mean increment; NAN when undefined */
    double slow_ratio;  /* growth in the second half / in the first half; NAN = undefined */
    bool new_territory; /* the last floor stands above all that was seen before the scale */

    /* tracing raised the verdict to LEAK_LIKELY: objects of the tag, cohort after cohort, stay */
    bool by_age;
    double age_watch_s;     /* how long it was traced */
    double age_half_life_s; /* of an old object: at least, 95 % */
    double age_share;       /* of the growth that those objects explain, 0..1 */

    bool have_rate;
    double rate, rate_low, rate_high; /* bytes per second with its 95 % interval */
    double object_rate;               /* objects per second; NAN when unknown */
    double ceiling_bytes;             /* of a LEVELLING series; NAN otherwise */

    int64_t first_bytes, last_bytes, lowest_bytes, highest_bytes;
    int64_t last_objects; /* -1 = unknown */
    int64_t span_ns;      /* observed in this segment */
    uint64_t samples;
    uint64_t gaps; /* windows that had too few samples */

    bool have_limit_time;                      /* the pool's limit is known and the series grows */
    double limit_s, limit_s_low, limit_s_high; /* seconds until the pool is full at this rate;
                                                  high may be INFINITY */

    uint32_t group; /* series that grow together share a number; 0 = alone */
    double rank;    /* higher = more evidence; for sorting */
};

/* "LEAK", "GROWING", ...; URGENT when urgent and not a LEAK. */
const char *ph_verdict_name(enum ph_verdict verdict, bool urgent);
/* "LEAK_CONFIRMED" and so on, for machines. */
const char *ph_verdict_id(enum ph_verdict verdict);

struct ph_finding_list {
    struct ph_finding *items;
    size_t count;
    size_t capacity;
};

void ph_finding_list_fini(struct ph_finding_list *list);

#endif
