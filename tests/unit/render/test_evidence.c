/* render/trend, rate and evidence: pictures that do not lie, units, and the reason in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/rate.h"
#include "report_fixture.h"

static void assert_trend(const double *points, size_t count, size_t width, bool utf8,
                         const char *expected)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    struct ph_trend trend = {.count = count};

    if (count)
        memcpy(trend.points, points, count * sizeof(*points));
    ph_render_trend(&trend, width, utf8, &out);
    assert_string_equal(out.data ? out.data : "", expected);
}

static void trends(void **state)
{
    const double rise[] = {0, 1e4, 2e4, 3e4, 4e4, 5e4, 6e4, 7e4};
    const double holes[] = {0, NAN, 1e5, NAN};
    const double page[] = {1e6, 1e6 + 4095}, share[] = {1e9, 1e9 + 9e5}, fall[] = {1e6, 0};
    const double infinite[] = {0, INFINITY, 1e5};

    (void)state;
    assert_trend(rise, 8, 8, true, "▁▂▃▄▅▆▇█");
    assert_trend(rise, 8, 8, false, "_.:-=+*#");
    assert_trend(rise, 8, 4, false, "_:+#"); /* means of two */
    assert_trend(fall, 2, 4, false, "##__");
    assert_trend(holes, 4, 4, false, "_ # ");
    assert_trend(infinite, 3, 3, false, "_ #");
    assert_trend(page, 2, 2, false, "__");  /* less than a page */
    assert_trend(share, 2, 2, false, "__"); /* less than 0.1 % */
    assert_trend(NULL, 0, 3, true, "   ");
    assert_trend(rise, 8, 0, true, "");
}

static void assert_rate(double rate, double low, double high, double span_s, enum ph_time_kind kind,
                        const char *expected)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    ph_rate_add(&out, rate, low, high, (int64_t)(span_s * 1e9), kind);
    assert_string_equal(out.data, expected);
}

static void rates(void **state)
{
    double k = 1024;

    (void)state;
    assert_rate(20.1 * k, 19.6 * k, 20.7 * k, 30, PH_TIME_REAL, "20.1 KB/s (19.6 to 20.7)");
    assert_rate(20.1 * k, 19.6 * k, 20.7 * k, 3600, PH_TIME_REAL, "1.18 MB/min (1.15 to 1.21)");
    assert_rate(20.1 * k, 19.6 * k, 20.7 * k, 86400, PH_TIME_LOCAL, "70.7 MB/h (68.9 to 72.8)");
    assert_rate(20.1 * k, 19.6 * k, 20.7 * k, 7 * 86400, PH_TIME_SPACED,
                "1.66 GB/d (1.61 to 1.71)");
    assert_rate(20.1 * k, 19.6 * k, 20.7 * k, 7 * 86400, PH_TIME_ORDINAL,
                "20.1 KB/reading (19.6 to 20.7)");
    assert_rate(.01, .005, .02, 30, PH_TIME_REAL, "36.0 B/h (18.0 to 72.0)");
    assert_rate(-20.1 * k, -20.7 * k, -19.6 * k, 30, PH_TIME_REAL, "-20.1 KB/s (-20.7 to -19.6)");
    assert_rate(0, 0, 0, 30, PH_TIME_REAL, "0.00 B/s (0.00 to 0.00)");
    assert_rate(0, -.001, 0, 30, PH_TIME_REAL, "0.00 B/s (0.00 to 0.00)");
    assert_rate(5, 1, INFINITY, 30, PH_TIME_REAL, "5.00 B/s (1.00 to ?)");
    assert_rate(5, NAN, NAN, 30, PH_TIME_REAL, "5.00 B/s (? to ?)");
    assert_rate(NAN, 1, 2, 30, PH_TIME_REAL, "?");
    assert_rate(5, -5e6, 5e6, 30, PH_TIME_REAL, "0.00 MB/s (-4.77 to 4.77)"); /* still in columns */
    assert_rate(5, -50000, 50000, 30, PH_TIME_REAL, "5 B/s (-50000 to 50000)");
}

static void assert_words(const struct ph_finding *finding, enum ph_time_kind kind,
                         const char *expected)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    struct ph_series series = {.pool = PH_POOL_NONPAGED};

    ph_render_evidence(finding, &series, kind, &out);
    assert_string_equal(out.data, expected);
}

static struct ph_finding grown(enum ph_verdict verdict)
{
    struct fixture fixture;

    fixture_init(&fixture);
    return *add_finding(&fixture, 0, verdict);
}

static void leaks_in_words(void **state)
{
    struct ph_finding finding = grown(PH_VERDICT_LEAK_CONFIRMED);

    (void)state;
    finding.have_limit_time = true;
    finding.limit_s = 3.5 * 86400;
    finding.limit_s_low = 3.1 * 86400;
    finding.limit_s_high = 4 * 86400;
    finding.span_ns = INT64_C(7) * 86400 * 1000000000;
    finding.samples = 60480;
    finding.object_rate = 64.32;
    assert_words(&finding, PH_TIME_REAL,
                 "floors of 14 windows of 6 h rose 13 of 13 times; rate with 95 % interval 1.66 "
                 "GB/d (1.61 to 1.71), 64.3 objects/s; keeps its pace: newer half / older half "
                 "0.98; stands above all that was seen before; nonpaged pool full in 3.5 d (3.1 d "
                 "to 4 d); seen for 7 d in 60480 readings");
    finding.verdict = PH_VERDICT_LEAK_LIKELY;
    finding.limit_s_high = INFINITY;
    finding.slow_ratio = .5;
    finding.new_territory = false;
    finding.object_rate = NAN;
    finding.gaps = 1;
    assert_words(&finding, PH_TIME_REAL,
                 "floors of 14 windows of 6 h rose 13 of 13 times (1 window had too few readings); "
                 "rate with 95 % interval 1.66 GB/d (1.61 to 1.71); slows down: newer half / older "
                 "half 0.50; has not left the range seen before; nonpaged pool full in 3.5 d (at "
                 "least 3.1 d); likely: the stricter test is not passed yet; seen for 7 d in 60480 "
                 "readings");
    finding.by_age = true;
    finding.age_watch_s = 300;
    finding.age_half_life_s = 7200;
    finding.age_share = .92;
    assert_words(&finding, PH_TIME_REAL,
                 "floors of 14 windows of 6 h rose 13 of 13 times (1 window had too few readings); "
                 "rate with 95 % interval 1.66 GB/d (1.61 to 1.71); slows down: newer half / older "
                 "half 0.50; has not left the range seen before; nonpaged pool full in 3.5 d (at "
                 "least 3.1 d); likely: traced for 5 min, objects of every age stay (92 % of the "
                 "growth; half of the old ones live longer than 2 h with 95 % confidence), which a "
                 "daily cycle could still undo; seen for 7 d in 60480 readings");
}

static void growth_says_what_is_missing(void **state)
{
    static const struct {
        enum ph_missing missing;
        double missing_s;
        const char *words;
    } cases[] = {
        {PH_MISSING_NOTHING, 0, NULL},
        {PH_MISSING_SPAN, 47.2 * 3600, "47 h more needed to rule out a daily cycle"},
        {PH_MISSING_SPAN, 1800, "0.5 h more needed to rule out a daily cycle"},
        {PH_MISSING_SPAN, 0, "a longer or denser record is needed to rule out a daily cycle"},
        {PH_MISSING_TERRITORY, 0, "its floor has not left the range it had before"},
        {PH_MISSING_CONFIRMATION, 0, "must hold at the next evaluation too, in at most 6.0 h"},
        {PH_MISSING_RECLAIMABLE, 0, "the kernel may take it back when memory is short"},
        {PH_MISSING_TIME, 0, "the input has no times, so this is growth by reading only"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        PH_GUARD(ph_text_fini) struct ph_text out = {0};
        struct ph_finding finding = grown(PH_VERDICT_GROWING);
        finding.missing = cases[i].missing;
        finding.missing_s = cases[i].missing_s;
        ph_render_evidence(&finding, NULL, PH_TIME_REAL, &out);
        const char *at = strstr(out.data, "not called a leak: ");
        if (!cases[i].words) {
            assert_null(at);
            continue;
        }
        assert_non_null(at);
        at += strlen("not called a leak: ");
        assert_memory_equal(at, cases[i].words, strlen(cases[i].words));
        assert_int_equal(at[strlen(cases[i].words)], ';');
    }
}

static void ordinal_time_knows_readings_only(void **state)
{
    struct ph_finding finding = grown(PH_VERDICT_GROWING);

    (void)state;
    finding.window_ns = INT64_C(3000000000);
    finding.missing = PH_MISSING_TIME;
    finding.have_limit_time = true;
    finding.limit_s = 1;
    finding.limit_s_low = .7;
    finding.limit_s_high = 4321.4;
    finding.object_rate = 2.5;
    assert_words(&finding, PH_TIME_ORDINAL,
                 "floors of 14 windows of 3 readings rose 13 of 13 times; rate with 95 % interval "
                 "20.1 KB/reading (19.6 to 20.7), 2.5 objects/reading; keeps its pace: newer half "
                 "/ older half 0.98; stands above all that was seen before; nonpaged pool full in "
                 "1 reading (1 reading to 4,321 readings); not called a leak: the input has no "
                 "times, so this is growth by reading only");
}

static void what_does_not_grow(void **state)
{
    struct ph_finding finding = grown(PH_VERDICT_LEVELLING);

    (void)state;
    finding.slow_ratio = 1.5;
    assert_words(&finding, PH_TIME_REAL,
                 "growth levels off towards 12.0 MB; floors of 14 windows of 6 h rose 13 of 13 "
                 "times; rate with 95 % interval 20.1 KB/s (19.6 to 20.7); speeds up: newer half / "
                 "older half 1.50; seen for 30 s in 30 readings");
    finding = grown(PH_VERDICT_STEP);
    assert_words(&finding, PH_TIME_REAL,
                 "one step, flat before and after: from 1.00 MB to 4.00 MB; floors of 14 windows "
                 "of 6 h rose 6 of 13 times; seen for 30 s in 30 readings");
    finding = grown(PH_VERDICT_CYCLIC);
    assert_words(&finding, PH_TIME_REAL,
                 "comes and goes between 1.00 MB and 4.00 MB; floors of 14 windows of 6 h rose 6 "
                 "of 13 times; seen for 30 s in 30 readings");
    finding = grown(PH_VERDICT_FLAT);
    finding.highest_bytes = finding.lowest_bytes;
    assert_words(&finding, PH_TIME_REAL,
                 "its floor does not rise steadily; floors of 14 windows of 6 h rose 6 of 13 "
                 "times; seen for 30 s in 30 readings");
    finding = grown(PH_VERDICT_NO_DATA);
    finding.samples = 1;
    finding.span_ns = 0;
    assert_words(&finding, PH_TIME_REAL, "too few readings to judge; seen for 0 s in 1 reading");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trends),
        cmocka_unit_test(rates),
        cmocka_unit_test(leaks_in_words),
        cmocka_unit_test(growth_says_what_is_missing),
        cmocka_unit_test(ordinal_time_knows_readings_only),
        cmocka_unit_test(what_does_not_grow),
    };

    return cmocka_run_group_tests_name("render/evidence", tests, NULL, NULL);
}
