/* judge_score.h - traces through all detectors, scored as somebody who watches all the time would:
 * any alarm in the run counts. */
#ifndef BENCH_JUDGE_SCORE_H
#define BENCH_JUDGE_SCORE_H

#include "analysis/rules.h"
#include "judge_traces.h"
#include "model/finding.h"

enum detector {
    DETECT_SNAPSHOT,
    DETECT_OLS,
    DETECT_MK,
    DETECT_MK_HAMED_RAO,
    DETECT_GROWING,
    DETECT_LIKELY,
    DETECT_CONFIRMED,
    DETECT_COUNT
};
extern const char *const detector_names[DETECT_COUNT];

struct score {
    enum family family;
    bool leaks;
    double leaked_range;
    double first_h[DETECT_COUNT]; /* first alarm after the onset, in hours since it; NAN = none */
    bool early[DETECT_COUNT];     /* an alarm before the onset */
    bool at_end[DETECT_COUNT];
    double end_rate, end_low, end_high, true_rate; /* NAN when the judge gave no rate */
    enum ph_verdict end_verdict;
};

/* Hours at which the detectors are asked. */
enum { GRID_MAX = 64 };
size_t score_grid(double *hours);

/* What to run: `count` traces of one kind. Work is spread over processes. */
struct job {
    bool named; /* the 31 scenarios x `seeds`; else `seeds` leaks and `seeds` benign ones */
    uint64_t first_seed;
    size_t seeds;
    bool baselines;
    const struct ph_rules *rules;
};
size_t job_count(const struct job *job);
/* `scores` has job_count() places; named: scenario-major. Returns false when out of resources. */
bool job_run(const struct job *job, struct score *scores);

/* The trace judged by the product's own interface; also used for one's own CSV. */
void score_trace(const struct trace *trace, const struct ph_rules *rules, bool baselines,
                 struct score *score);

/* 95 % interval of a share (Wilson 1927). */
void wilson(size_t hits, size_t count, double *low, double *high);

#endif
