/* render/plots: charts say what history and findings say, and nothing that they do not know. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "near.h"
#include "render/plots.h"
#include "report_fixture.h"

#define SECOND INT64_C(1000000000)
static const int64_t begin_ns = INT64_C(1793628300) * 1000000000; /* 2026-11-02T14:05:00Z */

enum { READINGS = 40, BOOT_AT = 10, GAP_AT = 20 };

/* Hourly readings of one series and a pool; a boot, and a reading without the series. */
static void make_history(struct ph_history *history, enum ph_time_kind kind, int64_t step_ns)
{
    for (int i = 0; i < READINGS; i++) {
        struct ph_sample sample = {0};
        ph_sample_reset(&sample);
        sample.time_kind = kind;
        sample.time_ns =
            (kind == PH_TIME_REAL || kind == PH_TIME_LOCAL ? begin_ns : 0) + i * step_ns;
        sample.segment = i >= BOOT_AT;
        if (i != GAP_AT)
            must(ph_sample_add(&sample, &(struct ph_value){.series = 0,
                                                           .have = PH_HAVE_BYTES,
                                                           .bytes = 1000000 + 4096 * i}));
        sample.pools[PH_POOL_NONPAGED].have = PH_TOTAL_BYTES;
        sample.pools[PH_POOL_NONPAGED].bytes = 1 << 30;
        must(ph_history_add(history, &sample));
        ph_sample_fini(&sample);
    }
}

static struct ph_finding make_finding(void)
{
    struct ph_finding finding = {.verdict = PH_VERDICT_LEAK_LIKELY,
                                 .windows = 4,
                                 .window_ns = 6 * 3600 * SECOND,
                                 .span_ns = 39 * 3600 * SECOND,
                                 .have_rate = true,
                                 .rate = 1,
                                 .rate_low = .5,
                                 .rate_high = 1.5};

    for (int i = 0; i < 4; i++) {
        finding.floors[i] = 1000000 + 20000 * i;
        finding.floor_age_s[i] = 6 * 3600. * (4 - i);
    }
    return finding;
}

static const struct ph_chart_line *line_of(const struct ph_plot *plot, enum ph_chart_look look)
{
    for (size_t i = 0; i < plot->chart.line_count; i++)
        if (plot->chart.lines[i].look == look)
            return &plot->chart.lines[i];
    return NULL;
}

static void series(void **state)
{
    struct ph_finding finding = make_finding();
    PH_GUARD(ph_history_fini) struct ph_history history = {0};
    PH_GUARD(ph_plot_fini) struct ph_plot plot = {0};

    (void)state;
    make_history(&history, PH_TIME_REAL, 3600 * SECOND);
    must(ph_plot_series(&history, 0, &finding, "Strg", NULL, PH_TIME_REAL, &plot));
    assert_string_equal(plot.chart.title, "Strg");
    assert_string_equal(plot.chart.first_label, "2026-11-02 14:05Z");
    assert_string_equal(plot.chart.last_label, "2026-11-04 05:05Z");
    assert_near(plot.chart.x_last, 39 * 3600., .1);
    assert_false(plot.chart.from_zero); /* 1.0 to 1.16 MB */
    assert_false(plot.chart.x_counts);
    assert_int_equal(plot.chart.line_count, 3);

    const struct ph_chart_line *range = line_of(&plot, PH_CHART_RANGE);
    assert_int_equal(range->count, READINGS + 1);
    assert_near(range->low[9], 1000000 + 4096 * 9, 1);
    assert_true(isnan(range->low[10])); /* the boot */
    assert_near(range->low[11], 1000000 + 4096 * 10, 1);
    assert_true(isnan(range->low[21])); /* not read */

    const struct ph_chart_line *floors = line_of(&plot, PH_CHART_FLOOR);
    assert_string_equal(floors->name, "floors of 6 h");
    assert_int_equal(floors->count, 4);
    assert_near(floors->x[0], 15 * 3600., .1);
    assert_near(floors->low[3], 1060000, .1);

    const struct ph_chart_line *band = line_of(&plot, PH_CHART_BAND);
    assert_int_equal(band->count, 2);
    assert_near(band->x[0], 18 * 3600., .1);
    assert_near(band->x[1], 39 * 3600., .1);
    assert_near(band->low[0], 1000000, .1);
    assert_near(band->high[0], 1000000, .1);
    assert_near(band->low[1], 1000000 + .5 * 21 * 3600, .1);
    assert_near(band->high[1], 1000000 + 1.5 * 21 * 3600, .1);
    assert_non_null(strstr(band->name, " ("));
}

/* The last window may hold the newest reading alone: it begins where the axis ends. */
static void newest_reading_alone(void **state)
{
    struct ph_finding finding = make_finding();
    PH_GUARD(ph_history_fini) struct ph_history history = {0};

    (void)state;
    make_history(&history, PH_TIME_REAL, 3600 * SECOND);
    for (int i = 0; i < 2; i++) {
        PH_GUARD(ph_plot_fini) struct ph_plot plot = {0};
        finding.floor_age_s[3] = i ? -1e-9 : 0;
        must(ph_plot_series(&history, 0, &finding, NULL, NULL, PH_TIME_REAL, &plot));
        const struct ph_chart_line *floors = line_of(&plot, PH_CHART_FLOOR);
        assert_non_null(floors);
        assert_true(floors->x[floors->count - 1] == plot.chart.x_last);
        assert_non_null(line_of(&plot, PH_CHART_BAND));
    }
}

/* What is not known is not drawn. */
static void nothing_more(void **state)
{
    PH_GUARD(ph_history_fini) struct ph_history history = {0};
    PH_GUARD(ph_history_fini) struct ph_history empty = {0};

    (void)state;
    make_history(&history, PH_TIME_REAL, 3600 * SECOND);
    for (int i = 0; i < 7; i++) {
        PH_GUARD(ph_plot_fini) struct ph_plot plot = {0};
        struct ph_finding finding = make_finding();
        finding.verdict = i == 0 ? PH_VERDICT_LEVELLING : finding.verdict;
        finding.have_rate = i != 1;
        finding.rate_high = i == 2 ? INFINITY : 1.5;
        finding.floor_age_s[1] = i == 3 ? finding.floor_age_s[0] : finding.floor_age_s[1];
        finding.floor_age_s[3] = i == 4 ? -1 : finding.floor_age_s[3];
        must(ph_plot_series(i == 5 ? &empty : &history, i == 6 ? 77 : 0, &finding, NULL, NULL,
                            PH_TIME_REAL, &plot));
        assert_null(plot.chart.title);
        assert_null(i < 6 ? line_of(&plot, PH_CHART_BAND) : NULL);
        assert_int_equal(!line_of(&plot, PH_CHART_FLOOR), i >= 3 && i <= 5);
        assert_int_equal(!line_of(&plot, PH_CHART_RANGE), i >= 5);
        assert_int_equal(!plot.chart.first_label, i == 5);
    }
}

/* Points that stand for several readings: the axis begins with the first reading all the same, and
 * an event among the first ones has its place. */
static void long_past(void **state)
{
    struct ph_event_list events = {0};
    PH_GUARD(ph_history_fini) struct ph_history history = {0};
    PH_GUARD(ph_plot_fini) struct ph_plot plot = {0};

    (void)state;
    for (int i = 0; i < 1000; i++) {
        struct ph_sample sample = {0};
        ph_sample_reset(&sample);
        sample.time_ns = begin_ns + i * 60 * SECOND;
        must(ph_sample_add(&sample, &(struct ph_value){.have = PH_HAVE_BYTES, .bytes = 1000 + i}));
        must(ph_history_add(&history, &sample));
        ph_sample_fini(&sample);
    }
    must(ph_event_add(&events, PH_EVENT_LOAD, begin_ns + 90 * SECOND, "early"));
    must(ph_plot_series(&history, 0, NULL, "x", &events, PH_TIME_REAL, &plot));
    assert_string_equal(plot.chart.first_label, "2026-11-02 14:05Z");
    assert_string_equal(plot.chart.last_label, "2026-11-03 06:44Z");
    const struct ph_chart_line *range = line_of(&plot, PH_CHART_RANGE);
    assert_near(range->x[0], 0, 0);
    assert_near(range->low[0], 1000, .1);
    assert_near(range->x[1], 7 * 60, .1);
    assert_int_equal(plot.chart.mark_count, 1);
    assert_near(plot.chart.marks[0].x, 90, .1);
    ph_event_fini(&events);
}

/* A window without floor leaves a gap. */
static void floor_gap(void **state)
{
    struct ph_finding finding = make_finding();
    PH_GUARD(ph_history_fini) struct ph_history history = {0};
    PH_GUARD(ph_plot_fini) struct ph_plot plot = {0};

    (void)state;
    make_history(&history, PH_TIME_REAL, 3600 * SECOND);
    finding.floor_age_s[0] = 36 * 3600.;
    must(ph_plot_series(&history, 0, &finding, "Strg", NULL, PH_TIME_REAL, &plot));
    const struct ph_chart_line *floors = line_of(&plot, PH_CHART_FLOOR);
    assert_int_equal(floors->count, 5);
    assert_true(isnan(floors->low[1]));
    assert_near(floors->x[1], (39 - 36 + 6) * 3600., .1);
}

static void pool(void **state)
{
    struct ph_event_list events = {0};
    PH_GUARD(ph_history_fini) struct ph_history history = {0};
    PH_GUARD(ph_plot_fini) struct ph_plot plot = {0};
    const int64_t hour = 3600 * SECOND;

    (void)state;
    make_history(&history, PH_TIME_REAL, hour);
    must(ph_event_add(&events, PH_EVENT_LOAD, begin_ns + 30 * hour, "nf\033[2Jconntrack"));
    must(ph_event_add(&events, PH_EVENT_BOOT, begin_ns + BOOT_AT * hour, "another boot"));
    must(ph_event_add(&events, PH_EVENT_START, begin_ns + 5 * hour, "start"));
    must(ph_event_add(&events, PH_EVENT_CLOCK, begin_ns + 6 * hour, "clock"));
    must(ph_event_add(&events, PH_EVENT_LOAD, begin_ns - hour, "before"));
    must(ph_event_add(&events, PH_EVENT_LOAD, begin_ns + 1000 * hour, "after"));
    must(ph_plot_line(&history, &history.pools[PH_POOL_NONPAGED], "Nonpaged", INT64_C(4) << 30,
                      &events, PH_TIME_REAL, &plot));
    assert_true(plot.chart.from_zero);
    assert_near(line_of(&plot, PH_CHART_LIMIT)->low[0], 4. * (1 << 30), .1);
    assert_int_equal(plot.chart.mark_count, 2);
    assert_string_equal(plot.chart.marks[0].label, "boot");
    assert_near(plot.chart.marks[0].x, BOOT_AT * 3600., .1);
    assert_string_equal(plot.chart.marks[1].label, "load nf\\x1b[2Jconntrack");

    ph_event_clear(&events);
    for (int i = 0; i < 1000; i++)
        must(ph_event_add(&events, PH_EVENT_LOAD, begin_ns + i * SECOND, i % 2 ? "odd" : ""));
    ph_plot_fini(&plot);
    must(ph_plot_line(&history, &history.pools[PH_POOL_NONPAGED], "Nonpaged", -1, &events,
                      PH_TIME_REAL, &plot));
    assert_null(line_of(&plot, PH_CHART_LIMIT));
    assert_in_range(plot.chart.mark_count, 1, 100);
    for (size_t i = 1; i < plot.chart.mark_count; i++)
        assert_true(plot.chart.marks[i].x >= plot.chart.marks[i - 1].x);
    ph_event_fini(&events);
}

static void clocks(void **state)
{
    static const struct {
        enum ph_time_kind kind;
        int64_t step_ns;
        const char *first, *last;
    } cases[] = {
        {PH_TIME_REAL, SECOND, "2026-11-02 14:05:00Z", "2026-11-02 14:05:39Z"},
        {PH_TIME_LOCAL, 3600 * SECOND, "2026-11-02 14:05", "2026-11-04 05:05"},
        {PH_TIME_SPACED, 60 * SECOND, "first reading", "after 39 min"},
        {PH_TIME_ORDINAL, SECOND, "reading 0", "reading 39"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        PH_GUARD(ph_history_fini) struct ph_history history = {0};
        PH_GUARD(ph_plot_fini) struct ph_plot plot = {0};
        make_history(&history, cases[i].kind, cases[i].step_ns);
        must(ph_plot_series(&history, 0, NULL, "x", NULL, cases[i].kind, &plot));
        assert_string_equal(plot.chart.first_label, cases[i].first);
        assert_string_equal(plot.chart.last_label, cases[i].last);
        assert_int_equal(plot.chart.x_counts, cases[i].kind == PH_TIME_ORDINAL);
    }
}

/* The newest readings only: floors and the rate go on into a window that begins after them. */
static void recent(void **state)
{
    struct ph_finding finding = make_finding();
    PH_GUARD(ph_history_fini) struct ph_history history = {.recent = true};
    PH_GUARD(ph_plot_fini) struct ph_plot plot = {0};

    (void)state;
    for (int i = 0; i < 5; i++)
        make_history(&history, PH_TIME_REAL, 60 * SECOND);
    must(ph_plot_series(&history, 0, &finding, "x", NULL, PH_TIME_REAL, &plot));
    const struct ph_chart_line *band = line_of(&plot, PH_CHART_BAND);
    assert_near(band->x[0], plot.chart.x_first, .1);
    double from_apex = plot.chart.x_first - (plot.chart.x_last - 21 * 3600.);
    assert_near(band->high[0], 1000000 + 1.5 * from_apex, .1);
}

static void memory(void **state)
{
    struct ph_finding finding = make_finding();
    struct ph_event_list events = {0};
    PH_GUARD(ph_history_fini) struct ph_history history = {0};
    bool done = false;

    (void)state;
    make_history(&history, PH_TIME_REAL, 3600 * SECOND);
    must(ph_event_add(&events, PH_EVENT_LOAD, begin_ns + 7200 * SECOND, "driver"));
    for (long n = 0; !done; n++) {
        PH_GUARD(ph_plot_fini) struct ph_plot plot = {0};
        ph_mem_fail_after(n);
        ph_autoerror struct ph_error *error =
            ph_plot_series(&history, 0, &finding, "Strg", &events, PH_TIME_REAL, &plot);
        ph_mem_fail_after(-1);
        done = !error;
        assert_true(done || (error->code == PH_ERR_NOMEM && !plot.numbers));
        assert_true(n < 1000);
    }
    ph_event_fini(&events);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(series),       cmocka_unit_test(newest_reading_alone),
        cmocka_unit_test(nothing_more), cmocka_unit_test(floor_gap),
        cmocka_unit_test(pool),         cmocka_unit_test(clocks),
        cmocka_unit_test(recent),       cmocka_unit_test(memory),
        cmocka_unit_test(long_past),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
