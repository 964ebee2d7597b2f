/* history.h - the past of every series as a picture needs it, in fixed memory for each.
 *
 * A point stands for one reading or for several in a row and keeps the least and the most bytes
 * seen in them, so that merging points never loses a peak or a floor. There are two kinds: one
 * keeps all of the past (when the points are full, neighbours are merged and each stands for twice
 * as many readings), one the newest readings only, a point each.
 */
#ifndef PH_MODEL_HISTORY_H
#define PH_MODEL_HISTORY_H

#include "model/report.h"
#include "model/sample.h"

enum { PH_HISTORY_POINTS = 128 };

/* Bytes; NAN where nothing was read. */
struct ph_history_line {
    float low[PH_HISTORY_POINTS], high[PH_HISTORY_POINTS];
};

enum ph_history_memory { PH_HISTORY_AVAILABLE, PH_HISTORY_COMMIT, PH_HISTORY_MEMORIES };

struct ph_history {
    bool recent;      /* set before the first reading: keep the newest points only */
    size_t count;     /* points filled, oldest first */
    uint64_t stride;  /* readings a point */
    uint64_t in_last; /* readings in the newest point */
    uint64_t seen;    /* readings in all */
    /* The newest reading of each point: seconds since the first reading of all (never falling,
     * clock jumps taken out where the time since boot is known), its time, and its boot. */
    double at_s[PH_HISTORY_POINTS];
    int64_t time_ns[PH_HISTORY_POINTS];
    uint32_t segment[PH_HISTORY_POINTS];
    struct ph_history_line *series; /* by series number */
    size_t series_count, series_capacity;
    struct ph_history_line pools[PH_POOL_COUNT];
    struct ph_history_line memory[PH_HISTORY_MEMORIES];
    /* of the reading before */
    int64_t before_time_ns, before_boot_ns;
    uint32_t before_segment;
    double before_at_s;
};

/* Error: out of memory; then the history is as before. */
struct ph_error *ph_history_add(struct ph_history *history,
                                const struct ph_sample *sample) PH_MUST_CHECK;
void ph_history_fini(struct ph_history *history);

/* NULL when the series was never seen. */
const struct ph_history_line *ph_history_series(const struct ph_history *history, uint32_t series);
/* A small picture of a line: the least of each stretch. `line` may be NULL. */
struct ph_trend ph_history_trend(const struct ph_history *history,
                                 const struct ph_history_line *line);
/* When something happened on the axis of at_s; NAN when it is before the first reading or after the
 * last. */
double ph_history_place(const struct ph_history *history, int64_t time_ns);

#endif
