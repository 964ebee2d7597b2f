/* judge_cost.h - what the judge costs: 2,000 tags every 10 s for a week, 30 % of them changing. */
#ifndef BENCH_JUDGE_COST_H
#define BENCH_JUDGE_COST_H

#include <stddef.h>

struct cost {
    size_t tags, samples;
    double fold_s;      /* CPU for feeding all samples */
    double sample_us;   /* CPU of one sample fed */
    double findings_us; /* CPU of judging all tags once, mean over the run */
    double worst_us;
    size_t state_bytes; /* a tag */
};
void cost_measure(struct cost *cost, size_t samples);
void cost_print(const struct cost *cost);

#endif
