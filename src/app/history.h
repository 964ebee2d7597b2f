/* history.h - small pictures of the past: a few evenly spaced points per series, in fixed memory.
 *
 * Points are kept every `stride` samples; when they are full, every second one goes and the stride
 * doubles. A picture needs no more, the judge has its own floors.
 */
#ifndef PH_APP_HISTORY_H
#define PH_APP_HISTORY_H

#include "base/error.h"
#include "model/report.h"
#include "model/sample.h"

enum { PH_HISTORY_POINTS = 2 * PH_TREND_POINTS };

struct ph_history {
    float (*series)[PH_HISTORY_POINTS]; /* by series number, bytes */
    size_t series_count;
    size_t series_capacity;
    float pools[PH_POOL_COUNT][PH_HISTORY_POINTS];
    size_t filled;
    uint64_t stride;
    uint64_t seen; /* samples */
};

struct ph_error *ph_history_add(struct ph_history *history,
                                const struct ph_sample *sample) PH_MUST_CHECK;
struct ph_trend ph_history_series(const struct ph_history *history, uint32_t series);
struct ph_trend ph_history_pool(const struct ph_history *history, enum ph_pool pool);
void ph_history_fini(struct ph_history *history);

#endif
