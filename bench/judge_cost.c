#include "judge_cost.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "analysis/judge.h"
#include "judge_traces.h"

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void must(struct ph_error *error)
{
    if (!error)
        return;
    fprintf(stderr, "bench_judge: %s\n", error->text);
    exit(2);
}

void cost_measure(struct cost *cost, size_t samples)
{
    enum { TAGS = 2000, CHANGED = TAGS * 3 / 10, LIVELY = TAGS * 4 / 10, LOOKS = 40 };
    PH_GUARD(ph_judge_destroyp) struct ph_judge *judge = NULL;
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    PH_GUARD(ph_finding_list_fini) struct ph_finding_list findings = {0};
    struct rng rng = rng_of(1);
    *cost = (struct cost){.tags = TAGS, .samples = samples, .state_bytes = ph_judge_state_bytes()};
    must(ph_judge_create(NULL, &judge));
    for (uint32_t t = 0; t < TAGS; t++) {
        char name[8];
        int length = snprintf(name, sizeof(name), "T%u", t);
        const struct ph_series series = {.pool = PH_POOL_NONPAGED, .tag = {name, (size_t)length}};
        uint32_t number;
        must(ph_catalog_intern(&catalog, &series, &number));
        const struct ph_value value = {
            .series = number, .have = PH_HAVE_BYTES, .bytes = (int64_t)(rng_bits(&rng) >> 40)};
        must(ph_sample_add(&sample, &value));
    }
    PH_GUARD(ph_freep) uint32_t *changed = ph_zalloc(CHANGED, sizeof(*changed));
    if (!changed)
        exit(2);
    ph_free(sample.changed);
    sample.changed = ph_steal(changed);
    sample.changed_capacity = CHANGED;
    sample.changed_count = CHANGED;
    sample.changed_known = true;
    sample.boottime_ns = -1;
    double add_s = 0, look_s = 0;
    for (size_t s = 0; s < samples; s++) {
        sample.time_ns = (int64_t)s * 10 * 1000000000;
        /* 40 % of the tags ever change; three quarters of those do in each sample. A tenth leaks.
         */
        size_t skip = s % LIVELY;
        for (size_t c = 0; c < CHANGED; c++) {
            size_t tag = (skip + c) % LIVELY;
            int64_t step = (int64_t)(rng_bits(&rng) % 4097) - 2048;
            int64_t *bytes = &sample.values[tag].bytes;
            *bytes += tag % 10 ? step - *bytes / 4096 : step / 8 + 64;
            *bytes = *bytes < 0 ? 0 : *bytes;
            sample.changed[c] = (uint32_t)tag;
        }
        double before = cpu_s();
        must(ph_judge_add(judge, &catalog, &sample));
        add_s += cpu_s() - before;
        if ((s + 1) % (samples / LOOKS))
            continue;
        before = cpu_s();
        must(ph_judge_findings(judge, &catalog, &findings));
        double look = cpu_s() - before;
        look_s += look;
        cost->worst_us = look * 1e6 > cost->worst_us ? look * 1e6 : cost->worst_us;
    }
    cost->fold_s = add_s;
    cost->sample_us = add_s / (double)samples * 1e6;
    cost->findings_us = look_s / LOOKS * 1e6;
}

void cost_print(const struct cost *cost)
{
    printf("\nCPU and memory: %zu tags, %zu samples 10 s apart, 30 %% of the tags change\n",
           cost->tags, cost->samples);
    printf("  feed a sample        %8.0f us\n", cost->sample_us);
    printf("  judge all tags       %8.0f us mean, %.0f us at most\n", cost->findings_us,
           cost->worst_us);
    /* At 10 s a window of the finest scale closes every 33.75 samples; verdicts change then. */
    printf("  judged at each closing of a 5.6-min window: %.0f us a sample in all\n",
           cost->sample_us + cost->findings_us / 33.75);
    printf("  feed all samples     %8.2f s\n", cost->fold_s);
    printf("  state of a tag       %8zu bytes\n", cost->state_bytes);
}
