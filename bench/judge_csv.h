/* judge_csv.h - a trace of one's own: rows of time,tag,bytes, judged beside the baselines. */
#ifndef BENCH_JUDGE_CSV_H
#define BENCH_JUDGE_CSV_H

#include <stdbool.h>

/* Times are seconds, or 2026-11-02T14:05:00; in order. A first row that is no reading is a heading.
 * False with a message on stderr when the file cannot be read or a row is wrong. */
bool csv_tables(const char *path);

#endif
