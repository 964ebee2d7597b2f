#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "model/history.h"

static const int64_t second = 1000000000;

static void feed(struct ph_history *history, struct ph_sample *sample, int64_t at_s, int64_t bytes)
{
    struct ph_value value = {.series = 3, .have = PH_HAVE_BYTES, .bytes = bytes};

    ph_sample_reset(sample);
    sample->time_ns = at_s * second;
    assert_null(ph_sample_add(sample, &value));
    sample->pools[PH_POOL_PAGES] = (struct ph_pool_total){.have = PH_TOTAL_BYTES, .bytes = bytes};
    sample->memory.available = bytes;
    assert_null(ph_history_add(history, sample));
}

/* However long the run, the picture is bounded, ordered and spans it. */
static void keeps_a_bounded_ordered_picture(void **state)
{
    PH_GUARD(ph_history_fini) struct ph_history history = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};

    (void)state;
    for (int64_t i = 1; i <= 10000; i++) {
        feed(&history, &sample, i, i);
        struct ph_trend trend = ph_history_trend(&history, ph_history_series(&history, 3));
        assert_true(trend.count >= 1 && trend.count <= PH_TREND_POINTS);
        assert_true(trend.points[0] == 1);
        for (size_t k = 1; k < trend.count; k++)
            assert_true(trend.points[k] > trend.points[k - 1]);
        assert_true(trend.points[trend.count - 1] * 2 > (double)i);
        assert_true(history.at_s[history.count - 1] == (double)(i - 1));
    }
    assert_true(history.count >= PH_HISTORY_POINTS / 2);
    assert_true(history.memory[PH_HISTORY_AVAILABLE].low[0] == 1.0f);
    assert_true(isnan(history.memory[PH_HISTORY_COMMIT].low[0]));
}

/* One reading among ten thousand that stands out is still there after all the merging. */
static void merging_loses_no_peak_and_no_floor(void **state)
{
    PH_GUARD(ph_history_fini) struct ph_history history = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    float low = INFINITY, high = -INFINITY;

    (void)state;
    for (int64_t i = 0; i < 10000; i++)
        feed(&history, &sample, i, i == 4711 ? 1000000 : i == 815 ? 1 : 500);
    const struct ph_history_line *line = ph_history_series(&history, 3);
    for (size_t i = 0; i < history.count; i++) {
        low = fminf(low, line->low[i]);
        high = fmaxf(high, line->high[i]);
    }
    assert_true(low == 1.0f && high == 1000000.0f);
}

/* Floats have 24 bits: what they cannot hold is rounded away from the range. */
static void rounds_outwards(void **state)
{
    PH_GUARD(ph_history_fini) struct ph_history history = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    const int64_t odd = INT64_C(68719476737);

    (void)state;
    feed(&history, &sample, 0, odd);
    const struct ph_history_line *line = ph_history_series(&history, 3);
    assert_true((double)line->low[0] <= (double)odd && (double)line->high[0] >= (double)odd);
}

static void a_recent_history_keeps_the_newest(void **state)
{
    PH_GUARD(ph_history_fini) struct ph_history history = {.recent = true};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};

    (void)state;
    for (int64_t i = 0; i < 1000; i++)
        feed(&history, &sample, i, i);
    assert_int_equal(history.count, PH_HISTORY_POINTS);
    const struct ph_history_line *line = ph_history_series(&history, 3);
    assert_true(line->low[PH_HISTORY_POINTS - 1] == 999.0f && line->high[0] == 872.0f);
    assert_true(history.at_s[0] == 872);
}

static void what_was_not_read_is_no_number(void **state)
{
    PH_GUARD(ph_history_fini) struct ph_history history = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};

    (void)state;
    feed(&history, &sample, 0, 7);
    ph_sample_reset(&sample);
    assert_null(ph_history_add(&history, &sample));
    struct ph_trend trend = ph_history_trend(&history, ph_history_series(&history, 3));
    assert_int_equal(trend.count, 2);
    assert_true(isnan(trend.points[1]));
    assert_null(ph_history_series(&history, 99));
    assert_int_equal(ph_history_trend(&history, NULL).count, 0);
    assert_true(isnan(ph_history_series(&history, 0)->low[0]));
}

/* The axis follows the time since boot within a boot, so that a clock that jumps moves nothing, and
 * never goes back. */
static void the_axis_knows_no_jumps(void **state)
{
    PH_GUARD(ph_history_fini) struct ph_history history = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    const struct {
        int64_t wall, boot;
        uint32_t segment;
        double at;
    } readings[] = {{100, 10, 0, 0}, {110, 20, 0, 10},  {9000, 30, 0, 20}, {120, 40, 0, 30},
                    {180, 5, 1, 90}, {170, 15, 1, 100}, {150, -1, 1, 100}};

    (void)state;
    for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
        ph_sample_reset(&sample);
        sample.time_ns = readings[i].wall * second;
        sample.boottime_ns = readings[i].boot < 0 ? -1 : readings[i].boot * second;
        sample.segment = readings[i].segment;
        assert_null(ph_history_add(&history, &sample));
        assert_true(history.at_s[i] == readings[i].at);
    }
}

static void places_events(void **state)
{
    PH_GUARD(ph_history_fini) struct ph_history history = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};

    (void)state;
    for (int64_t i = 0; i < 10; i++)
        feed(&history, &sample, 100 + i * 10, 1);
    assert_true(ph_history_place(&history, 100 * second) == 0);
    assert_true(ph_history_place(&history, 125 * second) == 25);
    assert_true(ph_history_place(&history, 190 * second) == 90);
    assert_true(isnan(ph_history_place(&history, 99 * second)));
    assert_true(isnan(ph_history_place(&history, 191 * second)));
}

static void out_of_memory_is_an_error(void **state)
{
    PH_GUARD(ph_history_fini) struct ph_history history = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    struct ph_value value = {.series = 3, .have = PH_HAVE_BYTES, .bytes = 1};

    (void)state;
    ph_sample_reset(&sample);
    assert_null(ph_sample_add(&sample, &value));
    ph_mem_fail_after(0);
    struct ph_error *error = ph_history_add(&history, &sample);
    ph_mem_fail_after(-1);
    assert_non_null(error);
    ph_error_free(error);
    assert_int_equal(history.seen, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_a_bounded_ordered_picture),
        cmocka_unit_test(merging_loses_no_peak_and_no_floor),
        cmocka_unit_test(rounds_outwards),
        cmocka_unit_test(a_recent_history_keeps_the_newest),
        cmocka_unit_test(what_was_not_read_is_no_number),
        cmocka_unit_test(the_axis_knows_no_jumps),
        cmocka_unit_test(places_events),
        cmocka_unit_test(out_of_memory_is_an_error),
    };

    return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
