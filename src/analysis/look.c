#include "analysis/look.h"

#include <math.h>

#include "analysis/stats.h"

enum { READINGS_MIN = 3 };
static const double day_s = 86400;

static double round_t(double mean, double error)
{
    if (error > 0)
        return mean / error;
    return mean > 0 ? INFINITY : mean < 0 ? -INFINITY : NAN;
}

static struct ph_drift drift_of(const struct ph_look *look)
{
    struct ph_drift drift = {.slow = NAN, .t = NAN};
    if (look->count < 3)
        return drift;
    size_t n = drift.count = look->count - 1;
    double halves[2] = {0, 0}, squares = 0;
    size_t half = n / 2;
    for (size_t i = 0; i < n; i++) {
        double d = look->y[i + 1] - look->y[i];
        drift.rose += d > 0;
        drift.fell += d < 0;
        if (i < half)
            halves[0] += d;
        else if (i >= n - half)
            halves[1] += d;
    }
    drift.mean = (look->y[n] - look->y[0]) / (double)n;
    for (size_t i = 0; i < n; i++) {
        double d = look->y[i + 1] - look->y[i] - drift.mean;
        squares += d * d;
    }
    drift.error = sqrt(squares / (double)(n - 1) / (double)n);
    drift.t = round_t(drift.mean, drift.error);
    if (halves[0] > 0)
        drift.slow = halves[1] / halves[0];
    return drift;
}

/* Fills windows without a floor by straight lines; the look is void when too many lack one, or when
 * the first or last does. */
static void settle(struct ph_look *look, const bool *have)
{
    size_t n = look->count, seen = 0;
    for (size_t i = 0; i < n; i++)
        seen += have[i];
    look->gaps = n - seen;
    if (seen < PH_LOOK_WINDOWS_MIN || 4 * seen < 3 * n || !have[0] || !have[n - 1]) {
        look->count = 0;
        return;
    }
    for (size_t i = 1; i < n; i++) {
        if (have[i])
            continue;
        size_t next = i + 1;
        while (!have[next])
            next++;
        look->y[i] = look->y[i - 1] + (look->y[next] - look->y[i - 1]) / (double)(next - i + 1);
    }
}

static void look_at_ring(struct ph_look *look, const struct ph_clock *clock,
                         const struct ph_floors *floors, size_t ring, int64_t drop)
{
    const struct ph_ring_shape *shape = &ph_rings[ring];
    int64_t end = ph_window_of(clock->now_ns, shape->level) - drop; /* the first not looked at */
    bool have[PH_LOOK_MAX];
    look->count = 0;
    if (end < shape->judged)
        return;
    look->count = shape->judged;
    look->width_s = ph_level_seconds(shape->level);
    look->thin = false;
    int64_t first = end - shape->judged;
    look->begin_s = (double)first * look->width_s;
    for (size_t i = 0; i < look->count; i++) {
        size_t slot = shape->first + (size_t)((first + (int64_t)i) % shape->length);
        have[i] = clock->ring_count[slot] >= READINGS_MIN && floors->ring[slot] != PH_NO_FLOOR;
        look->y[i] = (double)floors->ring[slot];
    }
    size_t ends[2] = {shape->first + (size_t)(first % shape->length),
                      shape->first + (size_t)((end - 1) % shape->length)};
    look->reach_s = (double)(clock->ring_first_ns[ends[1]] - clock->ring_first_ns[ends[0]]) * 1e-9;
    look->whole_first = clock->level >= shape->level
                            ? (size_t)(first >> (clock->level - shape->level))
                            : (size_t)first << (shape->level - clock->level);
    settle(look, have);
}

/* The open window of the whole boot counts in short runs only, where one window less matters. */
size_t ph_whole_end(const struct ph_clock *clock)
{
    size_t end = (size_t)ph_window_of(clock->now_ns, clock->level);
    bool young = (double)clock->now_ns * 1e-9 < day_s;
    uint64_t enough = end ? clock->readings / (2 * end) : 0;
    return end + (young && clock->whole_count[end] > enough);
}

/* `merge` neighbouring whole-boot slots make one window; the newest window ends where the slots do.
 */
static void look_at_whole(struct ph_look *look, const struct ph_clock *clock,
                          const struct ph_floors *floors, size_t merge, size_t most, size_t drop)
{
    size_t end = ph_whole_end(clock);
    look->count = 0;
    if (end < drop + PH_LOOK_WINDOWS_MIN * merge)
        return;
    end -= drop;
    size_t begin = 0;
    while (begin < end && floors->whole[begin] == PH_NO_FLOOR)
        begin++;
    look->count = (end - begin) / merge;
    if (look->count > most)
        look->count = most;
    size_t first = end - look->count * merge;
    uint64_t readings = 0;
    for (size_t i = first; i < end; i++)
        readings += clock->whole_count[i];
    uint64_t need = look->count ? readings / look->count / 2 : 1;
    need = need < 1 ? 1 : need > READINGS_MIN ? READINGS_MIN : need;
    bool have[PH_LOOK_MAX];
    int64_t begin_ns = 0, end_ns = 0;
    for (size_t w = 0; w < look->count; w++) {
        int64_t low = PH_NO_FLOOR;
        uint64_t count = 0;
        for (size_t i = first + w * merge; i < first + (w + 1) * merge; i++) {
            if (!clock->whole_count[i] || floors->whole[i] == PH_NO_FLOOR)
                continue;
            if (!count && !w)
                begin_ns = clock->whole_first_ns[i];
            if (!count)
                end_ns = clock->whole_first_ns[i];
            count += clock->whole_count[i];
            if (low == PH_NO_FLOOR || floors->whole[i] < low)
                low = floors->whole[i];
        }
        have[w] = low != PH_NO_FLOOR && count >= need;
        look->y[w] = (double)low;
    }
    look->width_s = ph_level_seconds(clock->level) * (double)merge;
    look->begin_s = ph_level_seconds(clock->level) * (double)first;
    look->reach_s = (double)(end_ns - begin_ns) * 1e-9;
    look->whole_first = first;
    look->thin = need < READINGS_MIN;
    settle(look, have);
}

/* Few readings, far apart: each slot that has one is a window, increments scaled to one distance.
 */
static void look_at_readings(struct ph_look *look, const struct ph_clock *clock,
                             const struct ph_floors *floors, size_t drop)
{
    size_t end = ph_whole_end(clock), place[PH_LOOK_MAX];
    look->count = 0;
    for (size_t i = 0; i < end && i < PH_WHOLE_SLOTS; i++) {
        if (clock->whole_count[i] && floors->whole[i] != PH_NO_FLOOR)
            place[look->count++] = i;
    }
    if (look->count < PH_LOOK_WINDOWS_MIN + drop) {
        look->count = 0;
        return;
    }
    look->count -= drop;
    size_t n = look->count;
    const int64_t *first_ns = clock->whole_first_ns;
    look->reach_s = (double)(first_ns[place[n - 1]] - first_ns[place[0]]) * 1e-9;
    double distance = look->reach_s / (double)(n - 1);
    look->y[0] = (double)floors->whole[place[0]];
    for (size_t i = 1; i < n; i++) {
        double gap = (double)(first_ns[place[i]] - first_ns[place[i - 1]]) * 1e-9;
        double rise = (double)floors->whole[place[i]] - (double)floors->whole[place[i - 1]];
        look->y[i] = look->y[i - 1] + rise * distance / gap;
    }
    look->width_s = distance;
    look->begin_s = (double)first_ns[place[0]] * 1e-9;
    look->whole_first = place[0];
    look->gaps = 0;
    look->thin = true;
}

void ph_look_at(struct ph_view *view, const struct ph_clock *clock, const struct ph_floors *floors,
                size_t scale)
{
    size_t slots = ph_whole_end(clock);
    size_t day = clock->level < PH_LEVEL_DAY ? (size_t)1 << (PH_LEVEL_DAY - clock->level) : 1;
    size_t merge = slots <= 15 ? 1 : slots <= 31 ? 2 : 3;
    for (size_t drop = 0; drop < 2; drop++) {
        struct ph_look *look = drop ? &view->before : &view->now;
        if (scale < PH_RINGS) {
            look_at_ring(look, clock, floors, scale, (int64_t)drop);
        } else if (scale == PH_SCALE_DAYS) {
            look->count = 0;
            if (slots >= PH_LOOK_WINDOWS_MIN * day)
                look_at_whole(look, clock, floors, day, PH_LOOK_DAYS_MAX, drop);
        } else if (scale == PH_SCALE_WHOLE) {
            look_at_whole(look, clock, floors, merge, PH_LOOK_MAX, drop);
        } else {
            look_at_readings(look, clock, floors, drop);
        }
    }
    view->drift = drift_of(&view->now);
    view->drift_before = drift_of(&view->before);
    view->span_s = view->now.width_s * (double)view->now.count;
}

/* The median of increments from..to-1. */
double ph_median_increment(const struct ph_look *look, size_t from, size_t to)
{
    double increments[PH_LOOK_MAX];
    for (size_t i = from; i < to; i++)
        increments[i - from] = look->y[i + 1] - look->y[i];
    return ph_median(increments, to - from);
}
