/* analysis/floor: folding one reading at a time gives the same floors as looking at all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "analysis/floor.h"

enum { READINGS = 4000 };

static uint64_t random_state = 1;

static uint64_t random_bits(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return random_state >> 33;
}

struct reading {
    int64_t ns;
    int64_t value;
    bool present;
};

static int64_t batch_floor(const struct reading *readings, size_t count, unsigned level,
                           int64_t window, uint32_t *read, int64_t *high)
{
    int64_t low = PH_NO_FLOOR;
    *read = 0;
    *high = INT64_MIN;
    for (size_t i = 0; i < count; i++) {
        if (ph_window_of(readings[i].ns, level) != window)
            continue;
        ++*read;
        if (!readings[i].present)
            continue;
        if (low == PH_NO_FLOOR || readings[i].value < low)
            low = readings[i].value;
        if (readings[i].value > *high)
            *high = readings[i].value;
    }
    return low;
}

static void compare(const struct ph_clock *clock, const struct ph_floors *kept,
                    const struct reading *readings, size_t count)
{
    struct ph_floors floors = *kept;
    uint32_t read;
    int64_t high;
    if (readings[count - 1].present)
        ph_floors_hold(&floors, clock, clock->now_ns);
    ph_floors_settle(&floors, clock);
    int64_t end = ph_window_of(clock->now_ns, clock->level);
    assert_true(end < PH_WHOLE_SLOTS);
    for (int64_t w = 0; w <= end; w++) {
        int64_t low = batch_floor(readings, count, clock->level, w, &read, &high);
        assert_int_equal(clock->whole_count[w], read);
        if (!read)
            continue; /* what stands in a window that nothing was read in does not count */
        assert_int_equal(floors.whole[w], low);
        if (low != PH_NO_FLOOR)
            assert_true((double)floors.whole_high[w] >= (double)high);
    }
    for (size_t r = 0; r < PH_RINGS; r++) {
        const struct ph_ring_shape *shape = &ph_rings[r];
        end = ph_window_of(clock->now_ns, shape->level);
        for (int64_t w = end; w >= 0 && w > end - shape->length; w--) {
            size_t slot = shape->first + (size_t)(w % shape->length);
            int64_t low = batch_floor(readings, count, shape->level, w, &read, &high);
            assert_int_equal(clock->ring_count[slot], read);
            if (read)
                assert_int_equal(floors.ring[slot], low);
        }
    }
}

static void run(uint64_t seed, int64_t spacing_ns, bool vanishes)
{
    static struct reading readings[READINGS];
    struct ph_clock clock = {0};
    struct ph_floors floors;
    int64_t now = 0, value = 1000000;
    bool known = false, present = true;
    random_state = seed;
    for (size_t i = 0; i < READINGS; i++) {
        if (i) {
            now += spacing_ns / 2 + (int64_t)(random_bits() % (uint64_t)spacing_ns);
            if (random_bits() % 500 == 0)
                now += spacing_ns * (int64_t)(random_bits() % 400); /* an outage */
        }
        bool changes = random_bits() % 4 == 0;
        if (changes)
            value = (int64_t)(random_bits() % 2000000);
        bool here = !vanishes || random_bits() % 50 != 0;
        ph_clock_tick(&clock, now, 1);
        readings[i] = (struct reading){.ns = now, .value = value, .present = here};
        if (!here && present && known)
            ph_floors_hold(&floors, &clock, clock.before_ns);
        else if (here && !known)
            ph_floors_begin(&floors, &clock, value);
        else if (here && !present)
            ph_floors_resume(&floors, &clock, value);
        else if (here && changes)
            ph_floors_change(&floors, &clock, value);
        known = known || here;
        present = here;
        if (known && (i < 60 || i % 97 == 0))
            compare(&clock, &floors, readings, i + 1);
    }
}

static void streaming_equals_batch(void **state)
{
    static const int64_t spacings[] = {100000000, 1000000000, 10000000000, 120000000000,
                                       3600000000000};
    (void)state;
    for (size_t s = 0; s < sizeof(spacings) / sizeof(spacings[0]); s++) {
        run(11 + s, spacings[s], false);
        run(23 + s, spacings[s], true);
    }
}

static void windows_are_parts_of_a_day(void **state)
{
    const int64_t day = INT64_C(86400) * 1000000000;
    (void)state;
    assert_int_equal(ph_window_of(day - 1, PH_LEVEL_DAY), 0);
    assert_int_equal(ph_window_of(day, PH_LEVEL_DAY), 1);
    assert_int_equal(ph_window_of(day / 4 - 1, 18), 0);
    assert_int_equal(ph_window_of(day / 4, 18), 1);
    assert_int_equal(ph_window_of(365 * 10 * day, PH_LEVEL_DAY), 3650);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_are_parts_of_a_day),
        cmocka_unit_test(streaming_equals_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
