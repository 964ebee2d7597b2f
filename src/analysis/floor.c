#include "analysis/floor.h"

#include <math.h>
#include <string.h>

/* 12 windows of 5.6 and 22.5 min, 16 of 1.5 h (a day), 12 of 6 h (three days). */
const struct ph_ring_shape ph_rings[PH_RINGS] = {
    [PH_RING_5M] = {.level = 12, .length = 14, .first = 0, .judged = 12},
    [PH_RING_22M] = {.level = 14, .length = 14, .first = 14, .judged = 12},
    [PH_RING_90M] = {.level = 16, .length = 18, .first = 28, .judged = 16},
    [PH_RING_6H] = {.level = 18, .length = 14, .first = 46, .judged = 12},
};

/* 24 h = 2^20 / 16 * 1318359375 ns exactly; times stay below 2^59 ns, which is 18 years. */
static const int64_t sixteen_units_ns = 1318359375;

double ph_level_seconds(unsigned level)
{
    return ldexp(86400, (int)level - PH_LEVEL_DAY);
}

int64_t ph_window_of(int64_t ns, unsigned level)
{
    return ((ns << 4) / sixteen_units_ns) >> level;
}

static unsigned level_for(int64_t ns, unsigned level)
{
    while (ph_window_of(ns, level) >= PH_WHOLE_SLOTS)
        level++;
    return level;
}

void ph_clock_tick(struct ph_clock *clock, int64_t now_ns, uint32_t weight)
{
    unsigned level = level_for(now_ns, clock->level);
    for (; clock->level < level; clock->level++) {
        for (size_t i = 0; i < PH_WHOLE_SLOTS / 2; i++) {
            size_t first = clock->whole_count[2 * i] ? 2 * i : 2 * i + 1;
            clock->whole_first_ns[i] = clock->whole_first_ns[first];
            clock->whole_count[i] = clock->whole_count[2 * i] + clock->whole_count[2 * i + 1];
        }
        memset(clock->whole_count + PH_WHOLE_SLOTS / 2, 0,
               sizeof(clock->whole_count) - sizeof(clock->whole_count[0]) * (PH_WHOLE_SLOTS / 2));
    }
    int64_t slot = ph_window_of(now_ns, level);
    if (!clock->whole_count[slot])
        clock->whole_first_ns[slot] = now_ns;
    clock->whole_count[slot] += weight;
    for (size_t r = 0; r < PH_RINGS; r++) {
        const struct ph_ring_shape *shape = &ph_rings[r];
        uint32_t *counts = clock->ring_count + shape->first;
        int64_t from = clock->readings ? ph_window_of(clock->now_ns, shape->level) : -1;
        int64_t to = ph_window_of(now_ns, shape->level);
        for (int64_t i = to - from > shape->length ? to - shape->length : from; i < to; i++)
            counts[(i + 1) % shape->length] = 0;
        if (!counts[to % shape->length])
            clock->ring_first_ns[shape->first + to % shape->length] = now_ns;
        counts[to % shape->length] += weight;
    }
    clock->before_ns = clock->readings ? clock->now_ns : now_ns;
    clock->now_ns = now_ns;
    clock->readings++;
}

static void lower(int64_t *floor, int64_t value)
{
    if (*floor == PH_NO_FLOOR || value < *floor)
        *floor = value;
}

static float above(int64_t value)
{
    float rounded = (float)value;
    return (double)rounded < (double)value ? nextafterf(rounded, INFINITY) : rounded;
}

static void merge_whole(struct ph_floors *floors, unsigned level)
{
    for (; floors->level < level; floors->level++) {
        for (size_t i = 0; i < PH_WHOLE_SLOTS; i++) {
            if (i < PH_WHOLE_SLOTS / 2) {
                int64_t left = floors->whole[2 * i], right = floors->whole[2 * i + 1];
                if (left == PH_NO_FLOOR || (right != PH_NO_FLOOR && right < left))
                    left = right;
                floors->whole[i] = left;
                floors->whole_high[i] =
                    fmaxf(floors->whole_high[2 * i], floors->whole_high[2 * i + 1]);
            } else {
                floors->whole[i] = PH_NO_FLOOR;
                floors->whole_high[i] = -INFINITY;
            }
        }
    }
}

/* Enters `value` into all windows from that of `from_ns` to that of `to_ns`. Windows between that
 * are new are overwritten; the first may already hold something of this series when `joined`. */
static void enter(struct ph_floors *floors, const struct ph_clock *clock, int64_t from_ns,
                  int64_t to_ns, int64_t value, bool joined)
{
    for (size_t r = 0; r < PH_RINGS; r++) {
        const struct ph_ring_shape *shape = &ph_rings[r];
        int64_t *ring = floors->ring + shape->first;
        int64_t from = ph_window_of(from_ns, shape->level);
        int64_t to = ph_window_of(to_ns, shape->level);
        int64_t i = from;
        if (joined)
            lower(&ring[i++ % shape->length], value);
        if (to - i >= shape->length)
            i = to - shape->length + 1;
        for (; i <= to; i++)
            ring[i % shape->length] = value;
    }
    merge_whole(floors, clock->level);
    float high = above(value);
    int64_t to = ph_window_of(to_ns, clock->level);
    for (int64_t i = ph_window_of(from_ns, clock->level); i <= to; i++) {
        lower(&floors->whole[i], value);
        if (high > floors->whole_high[i])
            floors->whole_high[i] = high;
    }
    floors->seen_ns = to_ns;
}

/* Empties the windows after that of `from_ns` up to that of `to_ns`: nothing was read of the
 * series. */
static void skip(struct ph_floors *floors, int64_t from_ns, int64_t to_ns)
{
    for (size_t r = 0; r < PH_RINGS; r++) {
        const struct ph_ring_shape *shape = &ph_rings[r];
        int64_t from = ph_window_of(from_ns, shape->level) + 1;
        int64_t to = ph_window_of(to_ns, shape->level);
        if (to - from >= shape->length)
            from = to - shape->length + 1;
        for (int64_t i = from; i <= to; i++)
            floors->ring[shape->first + i % shape->length] = PH_NO_FLOOR;
    }
}

void ph_floors_begin(struct ph_floors *floors, const struct ph_clock *clock, int64_t value)
{
    for (size_t i = 0; i < PH_RING_SLOTS; i++)
        floors->ring[i] = PH_NO_FLOOR;
    for (size_t i = 0; i < PH_WHOLE_SLOTS; i++) {
        floors->whole[i] = PH_NO_FLOOR;
        floors->whole_high[i] = -INFINITY;
    }
    floors->level = (uint8_t)clock->level;
    floors->value = value;
    enter(floors, clock, clock->now_ns, clock->now_ns, value, false);
}

void ph_floors_hold(struct ph_floors *floors, const struct ph_clock *clock, int64_t until_ns)
{
    if (until_ns > floors->seen_ns)
        enter(floors, clock, floors->seen_ns, until_ns, floors->value, true);
}

void ph_floors_change(struct ph_floors *floors, const struct ph_clock *clock, int64_t value)
{
    /* The finest window in use decides whether anything closes; most changes end here. */
    ph_floors_hold(floors, clock, clock->before_ns);
    ph_floors_resume(floors, clock, value);
}

void ph_floors_resume(struct ph_floors *floors, const struct ph_clock *clock, int64_t value)
{
    floors->value = value;
    skip(floors, floors->seen_ns, clock->now_ns);
    for (size_t r = 0; r < PH_RINGS; r++) {
        const struct ph_ring_shape *shape = &ph_rings[r];
        int64_t *ring = floors->ring + shape->first;
        lower(&ring[ph_window_of(clock->now_ns, shape->level) % shape->length], value);
    }
    merge_whole(floors, clock->level);
    int64_t i = ph_window_of(clock->now_ns, clock->level);
    lower(&floors->whole[i], value);
    floors->whole_high[i] = fmaxf(floors->whole_high[i], above(value));
    floors->seen_ns = clock->now_ns;
}

void ph_floors_settle(struct ph_floors *floors, const struct ph_clock *clock)
{
    skip(floors, floors->seen_ns, clock->now_ns);
    merge_whole(floors, clock->level);
}
