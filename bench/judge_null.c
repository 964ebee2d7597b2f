#include "judge_null.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/judge.h"
#include "analysis/stats.h"
#include "judge_baselines.h"
#include "judge_traces.h"

static void must(struct ph_error *error)
{
    if (!error)
        return;
    fprintf(stderr, "bench_judge: %s\n", error->text);
    exit(2);
}

/* What the judge says of `count` readings `spacing_s` apart. */
static struct ph_finding judge_run(const double *y, size_t count, double spacing_s)
{
    PH_GUARD(ph_judge_destroyp) struct ph_judge *judge = NULL;
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    PH_GUARD(ph_finding_list_fini) struct ph_finding_list findings = {0};
    const struct ph_series series = {.tag = {"Null", 4}};
    uint32_t number;
    must(ph_catalog_intern(&catalog, &series, &number));
    must(ph_judge_create(NULL, &judge));
    for (size_t i = 0; i < count; i++) {
        ph_sample_reset(&sample);
        sample.time_ns = (int64_t)((double)i * spacing_s * 1e9);
        const struct ph_value value = {
            .series = number, .have = PH_HAVE_BYTES, .bytes = (int64_t)y[i]};
        must(ph_sample_add(&sample, &value));
        must(ph_judge_add(judge, &catalog, &sample));
    }
    must(ph_judge_findings(judge, &catalog, &findings));
    return findings.items[0];
}

void null_table(uint64_t first_seed, size_t traces)
{
    enum { MINUTES = 1440 };
    static const struct {
        const char *name;
        double keep;
    } noises[] = {{"white", 0},
                  {"AR(1) .9", .9},
                  {"AR(1) .99", .99},
                  {"AR(1) .999", .999},
                  {"random walk", 1}};
    static double y[MINUTES];
    printf("\nNull: 24 h of 1-min readings without growth, one look, %zu traces each, seeds from "
           "%llu;\n"
           "false positives in %% (baselines at one-sided 1 %%)\n",
           traces, (unsigned long long)first_seed);
    printf("%-14s %8s %8s %14s %9s %6s\n", "noise", "OLS", "MK", "MK Hamed-Rao", "GROWING", "LEAK");
    for (size_t k = 0; k < sizeof(noises) / sizeof(noises[0]); k++) {
        size_t hits[5] = {0};
        for (size_t t = 0; t < traces; t++) {
            struct rng rng = rng_of((first_seed + t) * 8 + k);
            double keep = noises[k].keep, fresh = keep < 1 ? sqrt(1 - keep * keep) : .03;
            double x = keep < 1 ? rng_normal(&rng) : 0;
            double blocks[BLOCKS_MAX] = {0}, raw, corrected;
            for (size_t i = 0; i < MINUTES; i++) {
                y[i] = floor(64e6 + 1e6 * x);
                blocks[i * BLOCKS_MAX / MINUTES] += y[i] / (MINUTES / BLOCKS_MAX);
                x = keep * x + fresh * rng_normal(&rng);
            }
            baseline_mann_kendalls(blocks, BLOCKS_MAX, &raw, &corrected);
            struct ph_finding finding = judge_run(y, MINUTES, 60);
            hits[0] += baseline_ols(blocks, BLOCKS_MAX) > 2.326;
            hits[1] += raw > 2.326;
            hits[2] += corrected > 2.326;
            hits[3] += finding.verdict >= PH_VERDICT_GROWING;
            hits[4] += finding.verdict >= PH_VERDICT_LEAK_LIKELY;
        }
        printf("%-14s", noises[k].name);
        static const int widths[5] = {8, 8, 14, 9, 6};
        for (size_t h = 0; h < 5; h++)
            printf(" %*.1f", widths[h], 100. * (double)hits[h] / (double)traces);
        printf("\n");
    }
}

/* Leaks of .5 to 50 times the noise a day; 10 min, 6 h and 3 days. */
void coverage_table(uint64_t first_seed, size_t traces)
{
    static const struct {
        const char *name;
        size_t count;
        double spacing_s;
    } runs[] = {
        {"10 min at 1 Hz", 600, 1}, {"6 h every 30 s", 720, 30}, {"78 h every 2 min", 2340, 120}};
    static double y[4096];
    printf(
        "\nRate intervals of linear leaks that the judge calls GROWING or LEAK, seeds from %llu\n",
        (unsigned long long)first_seed);
    printf("%-18s %9s %14s %20s %22s\n", "run", "leaks", "covered %", "half width / rate",
           "rate / truth 5-95 %");
    for (size_t r = 0; r < sizeof(runs) / sizeof(runs[0]); r++) {
        double *width = calloc(traces, sizeof(*width)), *ratio = calloc(traces, sizeof(*ratio));
        size_t judged = 0, covered = 0;
        if (!width || !ratio)
            exit(2);
        for (size_t t = 0; t < traces; t++) {
            struct rng rng = rng_of((first_seed + t) * 4 + r);
            double length = (double)runs[r].count * runs[r].spacing_s;
            double leaked = rng_log_between(&rng, 1e5, 1e8);
            double noise = leaked / rng_log_between(&rng, 3, 100) / 4;
            double keep = exp(-runs[r].spacing_s / (length * rng_log_between(&rng, .001, .1)));
            double x = rng_normal(&rng), rate = leaked / length;
            for (size_t i = 0; i < runs[r].count; i++) {
                y[i] = floor(64e6 + noise * x + rate * (double)i * runs[r].spacing_s);
                x = keep * x + sqrt(1 - keep * keep) * rng_normal(&rng);
            }
            struct ph_finding finding = judge_run(y, runs[r].count, runs[r].spacing_s);
            if (finding.verdict < PH_VERDICT_GROWING)
                continue;
            covered += finding.rate_low <= rate && rate <= finding.rate_high;
            width[judged] = (finding.rate_high - finding.rate_low) / 2 / finding.rate;
            ratio[judged++] = finding.rate / rate;
        }
        if (judged) {
            double low = ph_select(ratio, judged, judged / 20);
            double high = ph_select(ratio, judged, judged - 1 - judged / 20);
            printf("%-18s %4zu/%-4zu %14.1f %20.3f %14.2f - %.2f\n", runs[r].name, judged, traces,
                   100. * (double)covered / (double)judged, ph_median(width, judged), low, high);
        }
        free(width);
        free(ratio);
    }
}
