#include "model/history.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

static void blank(struct ph_history_line *line, size_t from)
{
    for (size_t i = from; i < PH_HISTORY_POINTS; i++)
        line->low[i] = line->high[i] = (float)NAN;
}

/* fminf() and fmaxf() take the one that is a number. */
static void halve(struct ph_history_line *line)
{
    for (size_t i = 0; i < PH_HISTORY_POINTS / 2; i++) {
        line->low[i] = fminf(line->low[2 * i], line->low[2 * i + 1]);
        line->high[i] = fmaxf(line->high[2 * i], line->high[2 * i + 1]);
    }
    blank(line, PH_HISTORY_POINTS / 2);
}

static void shift(struct ph_history_line *line)
{
    memmove(line->low, line->low + 1, (PH_HISTORY_POINTS - 1) * sizeof(line->low[0]));
    memmove(line->high, line->high + 1, (PH_HISTORY_POINTS - 1) * sizeof(line->high[0]));
    blank(line, PH_HISTORY_POINTS - 1);
}

static void each_line(struct ph_history *history, void (*change)(struct ph_history_line *line))
{
    for (size_t i = 0; i < history->series_count; i++)
        change(&history->series[i]);
    for (size_t i = 0; i < PH_POOL_COUNT; i++)
        change(&history->pools[i]);
    for (size_t i = 0; i < PH_HISTORY_MEMORIES; i++)
        change(&history->memory[i]);
}

/* Room for one more point when all are taken. */
static void make_room(struct ph_history *history)
{
    if (history->recent) {
        each_line(history, shift);
        memmove(history->at_s, history->at_s + 1,
                (PH_HISTORY_POINTS - 1) * sizeof(history->at_s[0]));
        memmove(history->time_ns, history->time_ns + 1,
                (PH_HISTORY_POINTS - 1) * sizeof(history->time_ns[0]));
        memmove(history->segment, history->segment + 1,
                (PH_HISTORY_POINTS - 1) * sizeof(history->segment[0]));
        history->count--;
        return;
    }
    each_line(history, halve);
    for (size_t i = 0; i < PH_HISTORY_POINTS / 2; i++) {
        history->at_s[i] = history->at_s[2 * i + 1];
        history->time_ns[i] = history->time_ns[2 * i + 1];
        history->segment[i] = history->segment[2 * i + 1];
    }
    history->count /= 2;
    history->stride *= 2;
}

static void see(struct ph_history_line *line, size_t at, int64_t bytes)
{
    float low = (float)bytes, high = low;
    /* floats have 24 bits: rounded outwards, a floor never stands above what was read */
    if ((double)low > (double)bytes)
        low = nextafterf(low, -INFINITY);
    if ((double)high < (double)bytes)
        high = nextafterf(high, INFINITY);
    line->low[at] = fminf(line->low[at], low);
    line->high[at] = fmaxf(line->high[at], high);
}

/* Seconds since the first reading: by the time since boot within a boot, by the wall clock across
 * boots, and never backwards. */
static double now_at(const struct ph_history *history, const struct ph_sample *sample)
{
    if (!history->seen)
        return 0;
    bool same = sample->segment == history->before_segment && sample->boottime_ns >= 0 &&
                history->before_boot_ns >= 0;
    double step = same ? (double)sample->boottime_ns - (double)history->before_boot_ns
                       : (double)sample->time_ns - (double)history->before_time_ns;
    return history->before_at_s + (step > 0 ? step / 1e9 : 0);
}

static struct ph_error *room_for_series(struct ph_history *history, const struct ph_sample *sample)
{
    size_t need = sample->count ? sample->values[sample->count - 1].series + (size_t)1 : 0;

    if (need <= history->series_count)
        return NULL;
    PH_TRY(ph_grow(&history->series, &history->series_capacity, need, sizeof(*history->series)));
    for (; history->series_count < need; history->series_count++)
        blank(&history->series[history->series_count], 0);
    return NULL;
}

struct ph_error *ph_history_add(struct ph_history *history, const struct ph_sample *sample)
{
    PH_TRY(room_for_series(history, sample));
    if (!history->seen) {
        for (size_t i = 0; i < PH_POOL_COUNT; i++)
            blank(&history->pools[i], 0);
        for (size_t i = 0; i < PH_HISTORY_MEMORIES; i++)
            blank(&history->memory[i], 0);
        for (size_t i = 0; i < history->series_count; i++)
            blank(&history->series[i], 0);
        history->stride = 1;
    }
    double at_s = now_at(history, sample);
    if (!history->count || history->in_last >= history->stride) {
        if (history->count == PH_HISTORY_POINTS)
            make_room(history);
        history->count++;
        history->in_last = 0;
    }
    size_t at = history->count - 1;
    history->in_last++;
    history->seen++;
    history->at_s[at] = history->before_at_s = at_s;
    history->time_ns[at] = history->before_time_ns = sample->time_ns;
    history->segment[at] = history->before_segment = sample->segment;
    history->before_boot_ns = sample->boottime_ns;
    for (size_t i = 0; i < sample->count; i++)
        if (sample->values[i].have & PH_HAVE_BYTES)
            see(&history->series[sample->values[i].series], at, sample->values[i].bytes);
    for (size_t i = 0; i < PH_POOL_COUNT; i++)
        if (sample->pools[i].have & PH_TOTAL_BYTES)
            see(&history->pools[i], at, sample->pools[i].bytes);
    const int64_t memory[PH_HISTORY_MEMORIES] = {
        [PH_HISTORY_AVAILABLE] = sample->memory.available,
        [PH_HISTORY_COMMIT] = sample->memory.commit,
    };
    for (size_t i = 0; i < PH_HISTORY_MEMORIES; i++)
        if (memory[i] >= 0)
            see(&history->memory[i], at, memory[i]);
    return NULL;
}

void ph_history_fini(struct ph_history *history)
{
    bool recent = history->recent;

    ph_free(history->series);
    *history = (struct ph_history){.recent = recent};
}

const struct ph_history_line *ph_history_series(const struct ph_history *history, uint32_t series)
{
    return series < history->series_count ? &history->series[series] : NULL;
}

struct ph_trend ph_history_trend(const struct ph_history *history,
                                 const struct ph_history_line *line)
{
    struct ph_trend trend = {.count = history->count < PH_TREND_POINTS ? history->count
                                                                       : PH_TREND_POINTS};

    if (!line)
        return (struct ph_trend){.count = 0};
    for (size_t i = 0; i < trend.count; i++) {
        size_t at = trend.count < 2 ? 0 : i * (history->count - 1) / (trend.count - 1);
        trend.points[i] = (double)line->low[at];
    }
    return trend;
}

double ph_history_place(const struct ph_history *history, int64_t time_ns)
{
    if (!history->count || time_ns > history->time_ns[history->count - 1])
        return NAN;
    for (size_t i = 0; i < history->count; i++) {
        if (time_ns > history->time_ns[i])
            continue;
        double back = ((double)history->time_ns[i] - (double)time_ns) / 1e9;
        double place = history->at_s[i] - back;
        double least = i ? history->at_s[i - 1] : 0;
        return place >= least ? place : i ? least : (double)NAN;
    }
    return NAN;
}
