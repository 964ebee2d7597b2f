#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "app/history.h"

static void feed(struct ph_history *history, struct ph_sample *sample, int64_t bytes)
{
    struct ph_value value = {.series = 3, .have = PH_HAVE_BYTES, .bytes = bytes};

    ph_sample_reset(sample);
    assert_null(ph_sample_add(sample, &value));
    sample->pools[PH_POOL_PAGES] = (struct ph_pool_total){.have = PH_TOTAL_BYTES, .bytes = bytes};
    assert_null(ph_history_add(history, sample));
}

/* However long the run, the picture is bounded, ordered and spans it. */
static void keeps_a_bounded_ordered_picture(void **state)
{
    PH_GUARD(ph_history_fini) struct ph_history history = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};

    (void)state;
    for (int64_t i = 1; i <= 10000; i++) {
        feed(&history, &sample, i);
        struct ph_trend trend = ph_history_series(&history, 3);
        assert_true(trend.count >= 1 && trend.count <= PH_TREND_POINTS);
        assert_true(trend.points[0] == 1);
        for (size_t k = 1; k < trend.count; k++)
            assert_true(trend.points[k] > trend.points[k - 1]);
        assert_true(trend.points[trend.count - 1] * 2 > (double)i);
    }
    assert_true(ph_history_pool(&history, PH_POOL_PAGES).count >= PH_TREND_POINTS / 2);
}

static void what_was_not_read_is_no_number(void **state)
{
    PH_GUARD(ph_history_fini) struct ph_history history = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};

    (void)state;
    feed(&history, &sample, 7);
    ph_sample_reset(&sample);
    assert_null(ph_history_add(&history, &sample));
    struct ph_trend trend = ph_history_series(&history, 3);
    assert_int_equal(trend.count, 2);
    assert_true(isnan(trend.points[1]));
    assert_int_equal(ph_history_series(&history, 99).count, 0);
    assert_true(isnan(ph_history_series(&history, 0).points[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_a_bounded_ordered_picture),
        cmocka_unit_test(what_was_not_read_is_no_number),
    };

    return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
