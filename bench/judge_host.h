/* judge_host.h - one leaker among 2,000 tags: where each way of sorting puts it. */
#ifndef BENCH_JUDGE_HOST_H
#define BENCH_JUDGE_HOST_H

#include <stdbool.h>
#include <stdint.h>

/* Simulates `hosts` hosts for each of three rates and prints medians. False: out of resources. */
bool host_tables(uint64_t first_seed, unsigned hosts);

#endif
