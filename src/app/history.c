#include "app/history.h"

#include <math.h>

static void thin(float points[PH_HISTORY_POINTS])
{
    for (size_t i = 0; i < PH_HISTORY_POINTS / 2; i++)
        points[i] = points[2 * i];
}

struct ph_error *ph_history_add(struct ph_history *history, const struct ph_sample *sample)
{
    if (!history->stride)
        history->stride = 1;
    if (history->seen % history->stride) {
        history->seen++;
        return NULL;
    }
    if (history->filled == PH_HISTORY_POINTS) {
        for (size_t i = 0; i < history->series_count; i++)
            thin(history->series[i]);
        for (size_t i = 0; i < PH_POOL_COUNT; i++)
            thin(history->pools[i]);
        history->filled /= 2;
        history->stride *= 2;
    }
    size_t need = sample->count ? sample->values[sample->count - 1].series + (size_t)1 : 0;
    if (need > history->series_count) {
        PH_TRY(
            ph_grow(&history->series, &history->series_capacity, need, sizeof(*history->series)));
        for (; history->series_count < need; history->series_count++)
            for (size_t k = 0; k < PH_HISTORY_POINTS; k++)
                history->series[history->series_count][k] = NAN;
    }
    for (size_t i = 0; i < history->series_count; i++)
        history->series[i][history->filled] = NAN;
    for (size_t i = 0; i < sample->count; i++) {
        const struct ph_value *value = &sample->values[i];
        if (value->have & PH_HAVE_BYTES)
            history->series[value->series][history->filled] = (float)value->bytes;
    }
    for (size_t i = 0; i < PH_POOL_COUNT; i++)
        history->pools[i][history->filled] =
            sample->pools[i].have & PH_TOTAL_BYTES ? (float)sample->pools[i].bytes : (float)NAN;
    history->filled++;
    history->seen++;
    return NULL;
}

static struct ph_trend trend_of(const float points[PH_HISTORY_POINTS], size_t filled)
{
    struct ph_trend trend = {.count = filled < PH_TREND_POINTS ? filled : PH_TREND_POINTS};

    for (size_t i = 0; i < trend.count; i++) {
        size_t at = trend.count < 2 ? 0 : i * (filled - 1) / (trend.count - 1);
        trend.points[i] = (double)points[at];
    }
    return trend;
}

struct ph_trend ph_history_series(const struct ph_history *history, uint32_t series)
{
    if (series >= history->series_count)
        return (struct ph_trend){.count = 0};
    return trend_of(history->series[series], history->filled);
}

struct ph_trend ph_history_pool(const struct ph_history *history, enum ph_pool pool)
{
    return trend_of(history->pools[pool], history->filled);
}

void ph_history_fini(struct ph_history *history)
{
    ph_free(history->series);
    *history = (struct ph_history){0};
}
