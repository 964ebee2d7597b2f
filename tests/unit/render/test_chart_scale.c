/* render/chart_scale: axes that people can read, whatever the numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "near.h"
#include "random_chart.h"
#include "render/chart_scale.h"

static struct ph_chart_frame frame_of(double x_last, double low, double high, unsigned ticks)
{
    double x[] = {0, x_last}, y[] = {low, high};
    struct ph_chart chart = {
        .lines = {{"seen", PH_CHART_RANGE, x, y, y, 2}}, .line_count = 1, .x_last = x_last};

    return ph_chart_frame_of(&chart, ticks, ticks);
}

static void assert_words(const struct ph_chart_frame *frame, bool of_x, const char *wanted)
{
    const struct ph_ticks *ticks = of_x ? &frame->x : &frame->y;
    PH_GUARD(ph_text_fini) struct ph_text words = {0};

    for (size_t i = 0; i < ticks->count; i++) {
        ph_text_puts(&words, i ? ", " : "");
        (of_x ? ph_chart_x_text : ph_chart_y_text)(frame, ticks->at[i], &words);
    }
    assert_string_equal(ph_text_slice(&words).data, wanted);
}

static void bytes(void **state)
{
    static const struct {
        double low, high;
        unsigned ticks;
        const char *words;
    } axes[] = {
        {0, 3000 * 1024., 4, "0, 1 MB, 2 MB, 3 MB"},
        {0, 1024 * 1024., 4, "0, 0.5 MB, 1.0 MB"},
        {0, 900 * 1024., 3, "0, 500 KB, 1000 KB"},
        {0, 512, 4, "0, 1 KB, 2 KB, 3 KB, 4 KB"}, /* a change below 4 KB fills no picture */
        {1e9, 1e9, 4, "953.0 MB, 953.5 MB, 954.0 MB, 954.5 MB"},
        {200e6, 350e6, 5, "150 MB, 200 MB, 250 MB, 300 MB, 350 MB"},
        {-5000, 5000, 5, "-6 KB, -4 KB, -2 KB, 0, 2 KB, 4 KB, 6 KB"},
        {0, 1e18, 3, "0, 500 PB, 1000 PB"},
        {0, 1e23, 2, "0, 50000 EB, 1.0e+05 EB"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(axes) / sizeof(axes[0]); i++) {
        struct ph_chart_frame frame = frame_of(60, axes[i].low, axes[i].high, axes[i].ticks);
        assert_words(&frame, false, axes[i].words);
    }
}

static void times(void **state)
{
    static const struct {
        double span;
        const char *words;
    } axes[] = {
        {10, "-10 s, -8 s, -6 s, -4 s, -2 s"},
        {600, "-10 min, -8 min, -6 min, -4 min, -2 min"},
        {86400, "-24 h, -18 h, -12 h, -6 h"},
        {6.5 * 86400, "-6 d, -4 d, -2 d"},
        {400 * 86400., "-400 d, -300 d, -200 d, -100 d"},
        {0, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(axes) / sizeof(axes[0]); i++) {
        struct ph_chart_frame frame = frame_of(axes[i].span, 0, 1e6, 5);
        assert_words(&frame, true, axes[i].words);
    }
    double x[] = {0, 50};
    struct ph_chart chart = {.lines = {{"seen", PH_CHART_RANGE, x, x, x, 2}},
                             .line_count = 1,
                             .x_last = 50,
                             .x_counts = true};
    struct ph_chart_frame frame = ph_chart_frame_of(&chart, 5, 5);
    assert_words(&frame, true, "-50, -40, -30, -20, -10");
}

/* Limits belong to the picture as long as they leave a quarter of it to the data. */
static void limits(void **state)
{
    static const struct {
        double limit;
        bool from_zero, beyond;
        const char *words;
    } cases[] = {
        {2e9, true, false, "limit 1.86 GB"},
        {3.9e9, true, false, "limit 3.63 GB"},
        {4.1e9, true, true, "limit 3.82 GB, above the plot"},
        {2e9, false, true, "limit 1.86 GB, above the plot"}, /* the data: 0.9 to 1 GB */
        {1.2e9, false, false, "limit 1.12 GB"},
        {1e3, false, true, "limit 0.98 KB, below the plot"},
        {NAN, true, true, "limit ?"},
    };
    static const double x[] = {0, 60}, y[] = {9e8, 1e9};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        PH_GUARD(ph_text_fini) struct ph_text words = {0};
        struct ph_chart chart = {
            .lines = {{"seen", PH_CHART_RANGE, x, y, y, 2},
                      {"limit", PH_CHART_LIMIT, x, &cases[i].limit, &cases[i].limit, 1}},
            .line_count = 2,
            .x_last = 60,
            .from_zero = cases[i].from_zero};
        struct ph_chart_frame frame = ph_chart_frame_of(&chart, 5, 5);
        assert_int_equal(frame.beyond[1], cases[i].beyond);
        assert_true(cases[i].beyond || frame.y_high >= cases[i].limit);
        ph_chart_legend_text(&chart, &frame, 1, &words);
        assert_string_equal(words.data, cases[i].words);
    }
}

static void columns(void **state)
{
    static const double x[] = {0, 10, 20, 30}, low[] = {0, 100, NAN, 50},
                        high[] = {10, 200, NAN, 50};
    struct ph_chart chart = {
        .lines = {{"seen", PH_CHART_RANGE, x, low, high, 4}}, .line_count = 1, .x_last = 30};
    struct ph_chart_frame frame = ph_chart_frame_of(&chart, 5, 5);
    double least = 0, most = 0;

    (void)state;
    assert_true(ph_chart_column(&frame, &chart.lines[0], 2, 3, &least, &most));
    assert_near(least, 20, 1e-9);
    assert_near(most, 10 + 190 * .3, 1e-9);
    assert_true(ph_chart_column(&frame, &chart.lines[0], 5, 12, &least, &most));
    assert_near(least, 50, 1e-9);
    assert_near(most, 200, 1e-9);
    assert_false(ph_chart_column(&frame, &chart.lines[0], 12, 18, &least, &most)); /* the gap */
    assert_false(ph_chart_column(&frame, &chart.lines[0], 22, 28, &least, &most));
    assert_true(ph_chart_column(&frame, &chart.lines[0], 28, 30, &least, &most));
    assert_near(least, 50, 1e-9);
}

static void any_chart(void **state)
{
    static struct random_chart random;
    uint64_t seed = 99;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        random_chart(&seed, &random);
        struct ph_chart_frame frame = ph_chart_frame_of(&random.chart, (unsigned)below(&seed, 30),
                                                        (unsigned)below(&seed, 30));
        assert_true(frame.x_first < frame.x_last);
        assert_true(frame.y_low < frame.y_high);
        assert_true(frame.x.count <= PH_TICKS_MOST && frame.y.count <= PH_TICKS_MOST);
        for (size_t k = 0; k < frame.y.count; k++) {
            PH_GUARD(ph_text_fini) struct ph_text words = {0};
            ph_chart_y_text(&frame, frame.y.at[k], &words);
            assert_true(words.size <= 12);
            assert_true(!k || frame.y.at[k] > frame.y.at[k - 1]);
        }
        for (size_t k = 0; k < frame.x.count; k++)
            assert_true(frame.x.at[k] < frame.x_last && (!k || frame.x.at[k] > frame.x.at[k - 1]));
        double share = ph_chart_share_y(&frame, random_number(&seed, 2));
        assert_true(isnan(share) || (share >= 0 && share <= 1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes),   cmocka_unit_test(times),     cmocka_unit_test(limits),
        cmocka_unit_test(columns), cmocka_unit_test(any_chart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
