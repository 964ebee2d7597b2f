/* judge_null.h - how often detectors cry when there is nothing, and whether intervals hold. */
#ifndef BENCH_JUDGE_NULL_H
#define BENCH_JUDGE_NULL_H

#include <stddef.h>
#include <stdint.h>

/* 24 h of 1-min readings of five noises, one look each: false positives in %. */
void null_table(uint64_t first_seed, size_t traces);
/* Linear leaks: how often the judge's 95 % interval of the rate holds the truth. */
void coverage_table(uint64_t first_seed, size_t traces);

#endif
