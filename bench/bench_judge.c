/* bench_judge.c - how often the judge is right, beside what people use instead. See docs/method.md.
 *
 *     bench_judge [--quick] [--json] [--tuning] [--data FOLDER]
 *     bench_judge --csv FILE           a trace of one's own: time,tag,bytes
 *
 * The rules were tuned on the tuning seeds only; the figures are for the evaluation seeds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge_capture.h"
#include "judge_cost.h"
#include "judge_csv.h"
#include "judge_host.h"
#include "judge_null.h"
#include "judge_tables.h"

enum {
    NAMED_TUNING = 1000,  /* 4 seeds */
    NAMED_EVALUATION = 0, /* 12 seeds */
    RANDOM_TUNING = 500000,
    RANDOM_EVALUATION = 0,
    OTHER_TUNING = 900000, /* classes, noises, intervals, hosts */
    OTHER_EVALUATION = 100000,
};

#ifndef BENCH_DATA
#define BENCH_DATA "bench/data"
#endif

static bool score(const char *name, const struct job *job, bool json, bool last)
{
    size_t count = job_count(job);
    struct score *scores = calloc(count, sizeof(*scores));
    bool good = scores && job_run(job, scores);
    if (good && json) {
        json_summary(name, job, scores);
        printf("%s\n", last ? "" : ",");
    } else if (good) {
        printf("\n%s: %zu traces, seeds %llu to %llu\n", name, count,
               (unsigned long long)job->first_seed,
               (unsigned long long)(job->first_seed + job->seeds - 1));
        table_summary(scores, count);
        if (job->named)
            table_scenarios(job, scores);
        else
            table_families(scores, count);
    }
    free(scores);
    return good;
}

int main(int argc, char **argv)
{
    bool quick = false, json = false, tuning = false;
    const char *data = BENCH_DATA;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--quick")) {
            quick = true;
        } else if (!strcmp(argv[i], "--json")) {
            json = true;
        } else if (!strcmp(argv[i], "--tuning")) {
            tuning = true;
        } else if (!strcmp(argv[i], "--data") && i + 1 < argc) {
            data = argv[++i];
        } else if (!strcmp(argv[i], "--csv") && i + 1 < argc) {
            return csv_tables(argv[i + 1]) ? 0 : 2;
        } else {
            fprintf(stderr, "usage: bench_judge [--quick] [--json] [--tuning] [--data FOLDER] | "
                            "--csv FILE\n");
            return 2;
        }
    }
    struct job named = {.named = true,
                        .first_seed = tuning ? NAMED_TUNING : NAMED_EVALUATION,
                        .seeds = tuning  ? 4
                                 : quick ? 3
                                         : 12,
                        .baselines = true,
                        .rules = &ph_rules_default};
    struct job families = {.first_seed = tuning ? RANDOM_TUNING : RANDOM_EVALUATION,
                           .seeds = quick ? 100 : 1000,
                           .baselines = true,
                           .rules = &ph_rules_default};
    uint64_t other = tuning ? OTHER_TUNING : OTHER_EVALUATION;
    if (json)
        printf("{\n");
    else
        printf(
            "Seeds: %s. Tuned on named %d-%d, families %d-%d; evaluated on named %d-%d, families "
            "%d-%d.\n",
            tuning ? "TUNING" : "evaluation", NAMED_TUNING, NAMED_TUNING + 3, RANDOM_TUNING,
            RANDOM_TUNING + 999, NAMED_EVALUATION, NAMED_EVALUATION + 11, RANDOM_EVALUATION,
            RANDOM_EVALUATION + 999);
    if (!score("named", &named, json, false) || !score("families", &families, json, json))
        return 2;
    struct cost cost;
    if (json) {
        printf("}\n");
        return 0;
    }
    if (!quick && !table_ablations(&families))
        return 2;
    table_classes(other, quick ? 50 : 300);
    null_table(other, quick ? 100 : 1000);
    coverage_table(other, quick ? 100 : 500);
    cost_measure(&cost, quick ? 8640 : 60480);
    cost_print(&cost);
    if (!capture_tables(data))
        return 2;
    if (!quick && !host_tables(other, 4))
        return 2;
    return 0;
}
