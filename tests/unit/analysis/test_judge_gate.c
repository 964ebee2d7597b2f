/* The regression gate: the judge on a fixed few of the benchmark's traces. Counts, not timings; the
 * full figures with their intervals come from bench_judge. The seeds are neither the tuning nor the
 * evaluation seeds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

/* The benchmark's own generator and scoring, so that both mean the same traces. */
#include "../../../bench/judge_baselines.c"
#include "../../../bench/judge_score.c"
#include "../../../bench/judge_traces.c"

struct counts {
    size_t leaks, found, benign, wrong;
};

static struct counts count(const struct job *job, enum detector detector)
{
    struct counts counts = {0};
    size_t n = job_count(job);
    struct score *scores = test_calloc(n, sizeof(*scores));
    assert_true(job_run(job, scores));
    for (size_t i = 0; i < n; i++) {
        bool hit = !isnan(scores[i].first_h[detector]);
        counts.leaks += scores[i].leaks;
        counts.found += scores[i].leaks && hit;
        counts.benign += !scores[i].leaks;
        counts.wrong += !scores[i].leaks && hit;
    }
    test_free(scores);
    printf("found %zu of %zu leaks, %zu false alarms in %zu\n", counts.found, counts.leaks,
           counts.wrong, counts.benign);
    return counts;
}

static void named_scenarios(void **state)
{
    const struct job job = {
        .named = true, .first_seed = 2000, .seeds = 4, .rules = &ph_rules_default};
    (void)state;
    struct counts confirmed = count(&job, DETECT_CONFIRMED);
    assert_true(confirmed.found * 100 >= confirmed.leaks * 90);
    assert_true(confirmed.wrong * 100 <= confirmed.benign * 5);
}

static void randomised_families(void **state)
{
    const struct job job = {.first_seed = 300000, .seeds = 200, .rules = &ph_rules_default};
    (void)state;
    struct counts likely = count(&job, DETECT_LIKELY);
    assert_true(likely.found * 100 >= likely.leaks * 85);
    assert_true(likely.wrong * 100 <= likely.benign * 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(named_scenarios),
        cmocka_unit_test(randomised_families),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
