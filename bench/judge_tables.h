/* judge_tables.h - scores as tables for people, or as JSON. */
#ifndef BENCH_JUDGE_TABLES_H
#define BENCH_JUDGE_TABLES_H

#include "judge_score.h"

struct rates {
    size_t leaks, found, benign, wrong, wrong_at_end, found_at_end;
    double median_h; /* time to detect */
};
struct rates rates_of(const struct score *scores, size_t count, enum detector detector);

void table_summary(const struct score *scores, size_t count);
void json_summary(const char *name, const struct job *job, const struct score *scores);
void table_scenarios(const struct job *job, const struct score *scores);
void table_families(const struct score *scores, size_t count);
/* Verdicts at the end of traces whose class is clear. */
void table_classes(uint64_t first_seed, size_t traces);
/* What each rule is worth: the randomised families with one rule off at a time. */
bool table_ablations(const struct job *job);

#endif
