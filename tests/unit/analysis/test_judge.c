/* analysis/judge: verdicts of plain stories, boots, gaps, clocks, and that being lazy costs
 * nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/judge.h"
#include "base/mem.h"

#define SECOND INT64_C(1000000000)

static uint64_t random_state = 1;

static uint64_t random_bits(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return random_state >> 33;
}

/* A judge with one tag, or a few, and the sample that is fed to it. */
struct stage {
    struct ph_catalog catalog;
    struct ph_judge *judge;
    struct ph_sample sample;
    struct ph_finding_list findings;
    uint32_t number;
};

static void stage_begin(struct stage *stage, uint32_t flags)
{
    const struct ph_series series = {
        .pool = PH_POOL_NONPAGED, .flags = flags, .tag = ph_slice_of("Leak")};
    memset(stage, 0, sizeof(*stage));
    assert_null(ph_catalog_intern(&stage->catalog, &series, &stage->number));
    assert_null(ph_judge_create(NULL, &stage->judge));
    ph_sample_reset(&stage->sample);
    stage->sample.boottime_ns = -1;
}

static void stage_end(struct stage *stage)
{
    ph_judge_destroy(stage->judge);
    ph_catalog_fini(&stage->catalog);
    ph_sample_fini(&stage->sample);
    ph_finding_list_fini(&stage->findings);
}

/* Feeds one reading; the sample's other fields are as the test left them. */
static void feed(struct stage *stage, int64_t time_ns, int64_t bytes)
{
    const struct ph_value value = {.series = stage->number,
                                   .have = PH_HAVE_BYTES | PH_HAVE_OBJECTS,
                                   .bytes = bytes,
                                   .objects = bytes / 64};
    stage->sample.time_ns = time_ns;
    stage->sample.count = 0;
    assert_null(ph_sample_add(&stage->sample, &value));
    assert_null(ph_judge_add(stage->judge, &stage->catalog, &stage->sample));
}

static const struct ph_finding *verdict(struct stage *stage)
{
    assert_null(ph_judge_findings(stage->judge, &stage->catalog, &stage->findings));
    assert_int_equal(stage->findings.count, 1);
    return &stage->findings.items[0];
}

static void leak_for(struct stage *stage, int64_t seconds, int64_t spacing, int64_t bytes_s)
{
    for (int64_t s = 0; s <= seconds; s += spacing)
        feed(stage, s * SECOND, 1000000 + s * bytes_s + (int64_t)(random_bits() % 2048));
}

static void a_short_leak_grows(void **state)
{
    struct stage stage;
    (void)state;
    stage_begin(&stage, 0);
    leak_for(&stage, 30, 1, 20000);
    const struct ph_finding *finding = verdict(&stage);
    assert_int_equal(finding->verdict, PH_VERDICT_GROWING);
    assert_int_equal(finding->missing, PH_MISSING_SPAN);
    assert_true(finding->missing_s > 40 * 3600. && finding->missing_s < 49 * 3600.);
    assert_true(finding->have_rate);
    assert_true(finding->rate_low < 20000 && 20000 < finding->rate_high);
    assert_true(fabs(finding->rate - 20000) < 1000);
    assert_true(fabs(finding->object_rate - 20000. / 64) < 20);
    assert_true(finding->rose >= finding->windows - 2 && finding->windows >= 8);
    assert_int_equal(finding->samples, 31);
    assert_int_equal(finding->span_ns, 30 * SECOND);
    assert_false(finding->have_limit_time);
    stage_end(&stage);

    stage_begin(&stage, 0);
    leak_for(&stage, 600, 1, 2000);
    assert_int_equal(verdict(&stage)->verdict, PH_VERDICT_GROWING);
    stage_end(&stage);
}

static void a_long_leak_is_a_leak(void **state)
{
    struct stage stage;
    (void)state;
    stage_begin(&stage, 0);
    stage.sample.pools[PH_POOL_NONPAGED] = (struct ph_pool_total){
        .have = PH_TOTAL_BYTES | PH_TOTAL_LIMIT, .bytes = 100000000, .limit_bytes = 186400000};
    leak_for(&stage, 80 * 3600, 120, 100);
    const struct ph_finding *finding = verdict(&stage);
    assert_int_equal(finding->verdict, PH_VERDICT_LEAK_CONFIRMED);
    assert_int_equal(finding->missing, PH_MISSING_NOTHING);
    assert_true(finding->t_statistic > 4);
    assert_true(finding->slow_ratio > .8);
    /* 86.4 MB left at 100 bytes a second: ten days. */
    assert_true(finding->have_limit_time && !finding->urgent);
    assert_true(fabs(finding->limit_s - 864000) < 20000);
    assert_true(finding->limit_s_low <= finding->limit_s);
    assert_true(finding->limit_s_high >= finding->limit_s);
    stage_end(&stage);

    stage_begin(&stage, PH_SERIES_RECLAIMABLE);
    leak_for(&stage, 80 * 3600, 120, 100);
    finding = verdict(&stage);
    assert_int_equal(finding->verdict, PH_VERDICT_GROWING);
    assert_int_equal(finding->missing, PH_MISSING_RECLAIMABLE);
    stage_end(&stage);
}

/* Each floor is the least value of its window, and the window lies where its age says: bytes here
 * tell the time at which they were read. */
static void floors_tell_when_they_were(void **state)
{
    static const struct {
        int64_t step_s, readings;
    } runs[] = {{1, 31}, {1, 700}, {60, 300}, {60, 3 * 1440}, {600, 20 * 144}, {3600, 9}};

    (void)state;
    for (size_t run = 0; run < sizeof(runs) / sizeof(runs[0]); run++) {
        struct stage stage;
        int64_t last_s = runs[run].step_s * (runs[run].readings - 1);
        stage_begin(&stage, 0);
        for (int64_t i = 0; i < runs[run].readings; i++)
            feed(&stage, (1000000 + i * runs[run].step_s) * SECOND,
                 1 << 20 | (i * runs[run].step_s << 24));
        const struct ph_finding *finding = verdict(&stage);
        size_t count = finding->windows < PH_FLOORS_MAX ? finding->windows : PH_FLOORS_MAX;
        double width_s = (double)finding->window_ns / 1e9;
        assert_true(count >= 5);
        for (size_t i = 0; i < count; i++) {
            double read_s = (double)((int64_t)finding->floors[i] >> 24);
            double begin_s = (double)last_s - finding->floor_age_s[i];
            /* the first reading of the window, which begins at most one step before it */
            assert_true(read_s >= begin_s - 1e-6);
            assert_true(read_s < begin_s + (double)runs[run].step_s + 1e-6);
            if (i)
                assert_true(fabs(finding->floor_age_s[i - 1] - finding->floor_age_s[i] - width_s) <
                            1e-3);
        }
        stage_end(&stage);
    }
}

static void urgent_when_the_pool_ends_soon(void **state)
{
    struct stage stage;
    (void)state;
    stage_begin(&stage, 0);
    stage.sample.pools[PH_POOL_NONPAGED] = (struct ph_pool_total){
        .have = PH_TOTAL_BYTES | PH_TOTAL_LIMIT, .bytes = 100000000, .limit_bytes = 101000000};
    leak_for(&stage, 3600, 10, 1000);
    const struct ph_finding *finding = verdict(&stage);
    assert_int_equal(finding->verdict, PH_VERDICT_GROWING);
    assert_true(finding->urgent);
    stage_end(&stage);
}

/* Half a minute looks 50 minutes ahead, not a day; and what can be reclaimed is never urgent. */
static void urgency_is_not_guessed(void **state)
{
    static const struct {
        uint32_t flags;
        int64_t room_bytes;
        bool urgent;
    } cases[] = {
        {0, 20000 * 600, true},
        {0, 20000 * 6000, false},
        {PH_SERIES_RECLAIMABLE, 20000 * 600, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stage stage;
        stage_begin(&stage, cases[i].flags);
        stage.sample.pools[PH_POOL_NONPAGED] = (struct ph_pool_total){
            .have = PH_TOTAL_BYTES | PH_TOTAL_LIMIT,
            .bytes = 100000000,
            .limit_bytes = 100000000 + cases[i].room_bytes,
        };
        leak_for(&stage, 30, 1, 20000);
        const struct ph_finding *finding = verdict(&stage);
        assert_int_equal(finding->verdict, PH_VERDICT_GROWING);
        assert_true(finding->have_limit_time);
        assert_int_equal(finding->urgent, cases[i].urgent);
        stage_end(&stage);
    }
}

/* A story of 14 days with 2-minute readings. */
static const struct ph_finding *story(struct stage *stage, double (*bytes_at)(double hour))
{
    stage_begin(stage, 0);
    for (int64_t s = 0; s < 14 * 86400; s += 120)
        feed(stage, s * SECOND,
             (int64_t)(8e6 + bytes_at((double)s / 3600)) + (int64_t)(random_bits() % 20000));
    return verdict(stage);
}

static double flat(double hour)
{
    (void)hour;
    return 0;
}

static double one_step(double hour)
{
    return hour > 150 ? 5e6 : 0;
}

static double daily(double hour)
{
    return 5e6 * fmax(0, sin(hour / 24 * 2 * M_PI));
}

static double warm_up(double hour)
{
    return 30e6 * (1 - exp(-hour / 36));
}

static double leak(double hour)
{
    return 200e3 * hour;
}

static void stories(void **state)
{
    static const struct {
        double (*bytes_at)(double hour);
        enum ph_verdict verdict;
    } known[] = {{flat, PH_VERDICT_FLAT},
                 {one_step, PH_VERDICT_STEP},
                 {daily, PH_VERDICT_CYCLIC},
                 {warm_up, PH_VERDICT_LEVELLING},
                 {leak, PH_VERDICT_LEAK_CONFIRMED}};
    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        struct stage stage;
        const struct ph_finding *finding = story(&stage, known[i].bytes_at);
        assert_int_equal(finding->verdict, known[i].verdict);
        if (finding->verdict == PH_VERDICT_LEVELLING)
            assert_true(fabs(finding->ceiling_bytes - 38e6) < 1e6);
        stage_end(&stage);
    }
}

static void too_little_is_no_data(void **state)
{
    struct stage stage;
    (void)state;
    stage_begin(&stage, 0);
    for (int64_t s = 0; s < 4; s++)
        feed(&stage, s * SECOND, 1000 * s);
    assert_int_equal(verdict(&stage)->verdict, PH_VERDICT_NO_DATA);
    stage_end(&stage);

    stage_begin(&stage, 0);
    assert_null(ph_judge_findings(stage.judge, &stage.catalog, &stage.findings));
    assert_int_equal(stage.findings.count, 0);
    stage_end(&stage);
}

/* A few readings far apart, as people take them with poolmon. */
static void few_readings(void **state)
{
    static const int counts[] = {7, 12, 24, 50};
    (void)state;
    for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
        for (int ordinal = 0; ordinal < 2; ordinal++) {
            struct stage stage;
            stage_begin(&stage, 0);
            stage.sample.time_kind = ordinal ? PH_TIME_ORDINAL : PH_TIME_REAL;
            for (int64_t i = 0; i < counts[c]; i++)
                feed(&stage, i * (ordinal ? 1 : 3600) * SECOND,
                     5000000 + i * 300000 + (int64_t)(random_bits() % 50000));
            const struct ph_finding *finding = verdict(&stage);
            assert_int_equal(finding->verdict, PH_VERDICT_GROWING);
            double truth = ordinal ? 300000 : 300000. / 3600;
            assert_true(finding->rate_low <= truth && truth <= finding->rate_high);
            if (ordinal)
                assert_int_equal(finding->missing, PH_MISSING_TIME);
            stage_end(&stage);
        }
    }
}

static void ordinal_is_never_a_leak(void **state)
{
    struct stage stage;
    (void)state;
    stage_begin(&stage, 0);
    stage.sample.time_kind = PH_TIME_ORDINAL;
    for (int64_t i = 0; i < 400000; i++)
        feed(&stage, i * SECOND, 1000000 + i * 100);
    assert_int_equal(verdict(&stage)->verdict, PH_VERDICT_GROWING);
    assert_int_equal(verdict(&stage)->missing, PH_MISSING_TIME);
    stage_end(&stage);
}

static void a_new_boot_keeps_the_old_finding_for_a_while(void **state)
{
    struct stage stage;
    (void)state;
    stage_begin(&stage, 0);
    leak_for(&stage, 80 * 3600, 120, 100);
    assert_int_equal(verdict(&stage)->verdict, PH_VERDICT_LEAK_CONFIRMED);
    stage.sample.segment = 1;
    for (int64_t s = 0; s < 3600; s += 120)
        feed(&stage, (81 * 3600 + s) * SECOND, 1000000);
    assert_int_equal(verdict(&stage)->verdict, PH_VERDICT_LEAK_CONFIRMED);
    for (int64_t s = 3600; s < 30 * 3600; s += 120)
        feed(&stage, (81 * 3600 + s) * SECOND, 1000000);
    const struct ph_finding *finding = verdict(&stage);
    assert_int_equal(finding->verdict, PH_VERDICT_FLAT);
    assert_int_equal(finding->first_bytes, 1000000);
    stage_end(&stage);
}

/* A gap in the middle, and readings lost here and there, leave the rate right. */
static void gaps(void **state)
{
    struct stage stage;
    (void)state;
    stage_begin(&stage, 0);
    for (int64_t s = 0; s < 100 * 3600; s += 120) {
        bool outage = s > 50 * 3600 && s < 58 * 3600;
        if (!outage && random_bits() % 10 >= 3)
            feed(&stage, s * SECOND, 1000000 + s * 50);
    }
    const struct ph_finding *finding = verdict(&stage);
    assert_int_equal(finding->verdict, PH_VERDICT_LEAK_CONFIRMED);
    assert_true(fabs(finding->rate - 50) < 2);
    stage_end(&stage);
}

/* The wall clock is set back two hours and forward a day: the time since boot counts. Without it, a
 * step back is taken for the usual spacing. */
static void clock_jumps(void **state)
{
    (void)state;
    for (int boottime = 0; boottime < 2; boottime++) {
        struct stage stage;
        stage_begin(&stage, 0);
        for (int64_t s = 0; s < 4 * 3600; s += 10) {
            int64_t wall = s < 3600 ? s : s - 7200;
            if (boottime)
                wall += s > 9000 ? 86400 : 0;
            stage.sample.boottime_ns = boottime ? (s + 500) * SECOND : -1;
            feed(&stage, (wall + 1000000) * SECOND, 1000000 + s * 50);
        }
        const struct ph_finding *finding = verdict(&stage);
        assert_int_equal(finding->span_ns, (4 * 3600 - 10) * SECOND);
        assert_true(fabs(finding->rate - 50) < 1);
        stage_end(&stage);
    }
}

/* Floors of five minutes, as a recording keeps them of old readings, then raw ones. */
static void thinned_readings(void **state)
{
    struct stage stage;
    (void)state;
    stage_begin(&stage, 0);
    for (int64_t s = 300; s <= 90 * 3600; s += 300) {
        stage.sample.represents = 30;
        stage.sample.span_ns = 300 * SECOND;
        feed(&stage, s * SECOND, 1000000 + (s - 300) * 50);
    }
    stage.sample.represents = 0;
    stage.sample.span_ns = 0;
    for (int64_t s = 90 * 3600 + 10; s < 92 * 3600; s += 10)
        feed(&stage, s * SECOND, 1000000 + s * 50);
    assert_int_equal(verdict(&stage)->verdict, PH_VERDICT_LEAK_CONFIRMED);
    assert_true(fabs(verdict(&stage)->rate - 50) < 2);
    stage_end(&stage);
}

/* Two tags of one leak grow together; a third has its own rhythm. */
static void groups(void **state)
{
    enum { TAGS = 3 };
    static const char *const names[TAGS] = {"File", "Sock", "Othr"};
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_judge_destroyp) struct ph_judge *judge = NULL;
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    PH_GUARD(ph_finding_list_fini) struct ph_finding_list findings = {0};
    int64_t levels[TAGS] = {1000000, 2000000, 3000000};
    uint32_t number;
    (void)state;
    for (size_t t = 0; t < TAGS; t++) {
        const struct ph_series series = {.tag = ph_slice_of(names[t])};
        assert_null(ph_catalog_intern(&catalog, &series, &number));
    }
    assert_null(ph_judge_create(NULL, &judge));
    for (int64_t s = 0; s < 600; s++) {
        int64_t burst = 500 + (int64_t)(random_bits() % 1000);
        levels[0] += burst;
        levels[1] += 3 * burst;
        levels[2] += 500 + (int64_t)(random_bits() % 1000);
        ph_sample_reset(&sample);
        sample.time_ns = s * SECOND;
        for (uint32_t t = 0; t < TAGS; t++) {
            const struct ph_value value = {.series = t, .have = PH_HAVE_BYTES, .bytes = levels[t]};
            assert_null(ph_sample_add(&sample, &value));
        }
        assert_null(ph_judge_add(judge, &catalog, &sample));
    }
    assert_null(ph_judge_findings(judge, &catalog, &findings));
    uint32_t group[TAGS];
    for (size_t i = 0; i < TAGS; i++) {
        assert_int_equal(findings.items[i].verdict, PH_VERDICT_GROWING);
        group[findings.items[i].series] = findings.items[i].group;
    }
    assert_int_equal(group[0], 1);
    assert_int_equal(group[1], 1);
    assert_int_equal(group[2], 0);
    assert_int_equal(findings.items[0].series, 1); /* the fastest ranks first */
}

static void same_number(double a, double b)
{
    assert_true(a == b || (isnan(a) && isnan(b)));
}

/* Touching only the tags that changed gives the same findings as touching all. */
static void lazy_equals_eager(void **state)
{
    enum { TAGS = 40 };
    static const int64_t spacings[] = {1, 30, 600, 7200};
    (void)state;
    for (size_t run = 0; run < sizeof(spacings) / sizeof(spacings[0]); run++) {
        PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
        PH_GUARD(ph_judge_destroyp) struct ph_judge *eager = NULL;
        PH_GUARD(ph_judge_destroyp) struct ph_judge *lazy = NULL;
        PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
        PH_GUARD(ph_finding_list_fini) struct ph_finding_list one = {0};
        PH_GUARD(ph_finding_list_fini) struct ph_finding_list two = {0};
        int64_t levels[TAGS], now = 0;
        bool was[TAGS] = {false};
        uint32_t changed[TAGS], number;
        for (uint32_t t = 0; t < TAGS; t++) {
            char name[8];
            snprintf(name, sizeof(name), "T%u", t);
            const struct ph_series series = {.tag = ph_slice_of(name)};
            assert_null(ph_catalog_intern(&catalog, &series, &number));
            levels[t] = 1000000;
        }
        assert_null(ph_judge_create(NULL, &eager));
        assert_null(ph_judge_create(NULL, &lazy));
        for (int i = 0; i < 1500; i++) {
            size_t changes = 0;
            now += spacings[run] * SECOND * (random_bits() % 300 ? 1 : 50);
            ph_sample_reset(&sample);
            sample.time_ns = now;
            sample.segment = i > 1000;
            for (uint32_t t = 0; t < TAGS; t++) {
                bool here = t > 5 || random_bits() % 40 != 0;
                /* Tags of one decade change often, others rarely, the last never. */
                bool moves = t < 30 && random_bits() % (t < 10 ? 2 : t < 20 ? 20 : 400) == 0;
                levels[t] += moves ? (int64_t)(random_bits() % 9000) - (t % 2 ? 1000 : 4500) : 0;
                if (here) {
                    const struct ph_value value = {
                        .series = t, .have = PH_HAVE_BYTES, .bytes = levels[t]};
                    if (moves || !was[t])
                        changed[changes++] = (uint32_t)sample.count;
                    assert_null(ph_sample_add(&sample, &value));
                } else if (moves) {
                    levels[t] += 1; /* whatever happened is not known before it is back */
                }
                was[t] = here;
            }
            assert_null(ph_judge_add(eager, &catalog, &sample));
            sample.changed_known = true;
            assert_null(ph_grow(&sample.changed, &sample.changed_capacity, TAGS, sizeof(*changed)));
            memcpy(sample.changed, changed, changes * sizeof(*changed));
            sample.changed_count = changes;
            assert_null(ph_judge_add(lazy, &catalog, &sample));
            if (i % 50 && i > 20)
                continue;
            assert_null(ph_judge_findings(eager, &catalog, &one));
            assert_null(ph_judge_findings(lazy, &catalog, &two));
            assert_int_equal(one.count, two.count);
            for (size_t f = 0; f < one.count; f++) {
                const struct ph_finding *a = &one.items[f], *b = &two.items[f];
                assert_int_equal(a->series, b->series);
                assert_int_equal(a->verdict, b->verdict);
                assert_int_equal(a->missing, b->missing);
                assert_int_equal(a->windows, b->windows);
                assert_int_equal(a->rose, b->rose);
                assert_int_equal(a->samples, b->samples);
                assert_int_equal(a->span_ns, b->span_ns);
                assert_int_equal(a->last_bytes, b->last_bytes);
                assert_int_equal(a->highest_bytes, b->highest_bytes);
                assert_int_equal(a->group, b->group);
                same_number(a->rate, b->rate);
                same_number(a->rate_low, b->rate_low);
                same_number(a->t_statistic, b->t_statistic);
                same_number(a->rank, b->rank);
                for (size_t w = 0; w < a->windows && w < PH_FLOORS_MAX; w++)
                    same_number(a->floors[w], b->floors[w]);
            }
        }
    }
}

static void objects_instead_of_bytes(void **state)
{
    struct stage stage;
    const struct ph_judge_options options = {.objects = true};
    (void)state;
    stage_begin(&stage, 0);
    ph_judge_destroy(stage.judge);
    assert_null(ph_judge_create(&options, &stage.judge));
    leak_for(&stage, 60, 1, 6400);
    const struct ph_finding *finding = verdict(&stage);
    assert_int_equal(finding->verdict, PH_VERDICT_GROWING);
    assert_true(fabs(finding->rate - 100) < 5);
    same_number(finding->rate, finding->object_rate);
    stage_end(&stage);
}

/* A failed call is an error and leaves the judge as it was. */
static void out_of_memory(void **state)
{
    struct stage stage;
    (void)state;
    stage_begin(&stage, 0);
    ph_judge_destroy(stage.judge);
    stage.judge = NULL;
    struct ph_error *error = NULL;
    long n = 0;
    do {
        ph_error_free(error);
        ph_mem_fail_after(n++);
        error = ph_judge_create(NULL, &stage.judge);
        ph_mem_fail_after(-1);
    } while (error);
    assert_true(n > 1);
    leak_for(&stage, 30, 1, 20000);
    for (n = 0;; n++) {
        stage.sample.segment = 1; /* the old boot's findings must be kept: allocations */
        ph_mem_fail_after(n);
        error = ph_judge_add(stage.judge, &stage.catalog, &stage.sample);
        ph_mem_fail_after(-1);
        if (!error)
            break;
        assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
        assert_int_equal(verdict(&stage)->verdict, PH_VERDICT_GROWING);
        assert_int_equal(verdict(&stage)->samples, 31);
    }
    assert_true(n > 0);
    for (n = 0;; n++) {
        struct ph_finding_list list = {0};
        ph_mem_fail_after(n);
        error = ph_judge_findings(stage.judge, &stage.catalog, &list);
        ph_mem_fail_after(-1);
        if (!error) {
            assert_int_equal(list.items[0].verdict, PH_VERDICT_GROWING);
            ph_finding_list_fini(&list);
            break;
        }
        ph_error_free(error);
        assert_null(list.items);
    }
    assert_true(n > 0);
    stage_end(&stage);
}

static void state_is_about_a_kilobyte(void **state)
{
    (void)state;
    assert_in_range(ph_judge_state_bytes(), 512, 1280);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_leak_grows),
        cmocka_unit_test(a_long_leak_is_a_leak),
        cmocka_unit_test(floors_tell_when_they_were),
        cmocka_unit_test(urgent_when_the_pool_ends_soon),
        cmocka_unit_test(urgency_is_not_guessed),
        cmocka_unit_test(stories),
        cmocka_unit_test(too_little_is_no_data),
        cmocka_unit_test(few_readings),
        cmocka_unit_test(ordinal_is_never_a_leak),
        cmocka_unit_test(a_new_boot_keeps_the_old_finding_for_a_while),
        cmocka_unit_test(gaps),
        cmocka_unit_test(clock_jumps),
        cmocka_unit_test(thinned_readings),
        cmocka_unit_test(groups),
        cmocka_unit_test(lazy_equals_eager),
        cmocka_unit_test(objects_instead_of_bytes),
        cmocka_unit_test(out_of_memory),
        cmocka_unit_test(state_is_about_a_kilobyte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
