/* judge_baselines.h - what people use instead: simple rules that look at one stretch of history. */
#ifndef BENCH_JUDGE_BASELINES_H
#define BENCH_JUDGE_BASELINES_H

#include <stdbool.h>
#include <stddef.h>

enum { BLOCKS_MAX = 160 };

/* Standard normal scores of a trend in `y`, one-sided up: least squares, Mann-Kendall, and
 * Mann-Kendall with the variance corrected for autocorrelation (Hamed and Rao 1998). */
double baseline_ols(const double *y, size_t count);
double baseline_mann_kendall(const double *y, size_t count, bool hamed_rao);
/* Both Mann-Kendall scores at once; the pairs are counted once. */
void baseline_mann_kendalls(const double *y, size_t count, double *raw, double *hamed_rao);

#endif
