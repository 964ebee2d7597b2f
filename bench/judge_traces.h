/* judge_traces.h - seeded traces of one tag: 14 days of 2-minute readings, and what is true of
 * them. */
#ifndef BENCH_JUDGE_TRACES_H
#define BENCH_JUDGE_TRACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TRACE_SAMPLES = 14 * 720,
    TRACE_SPACING_S = 120,
    TRACE_HOURS = 336,
    NAMED_LEAKS = 16,
    NAMED_COUNT = 31,
};

struct rng {
    uint64_t state;
};
struct rng rng_of(uint64_t seed);
uint64_t rng_bits(struct rng *rng);
double rng_unit(struct rng *rng); /* 0 <= u < 1 */
double rng_between(struct rng *rng, double low, double high);
double rng_log_between(struct rng *rng, double low, double high);
double rng_normal(struct rng *rng);

enum family {
    FAMILY_NONE,
    FAMILY_LINEAR,
    FAMILY_STAIRS,
    FAMILY_LOAD,
    FAMILY_ACCELERATING,
    FAMILY_PLAIN,
    FAMILY_WARM_UP,
    FAMILY_LOG,
    FAMILY_CACHE,
    FAMILY_WALK,
    FAMILY_STEPS,
    FAMILY_BATCH,
    FAMILY_COUNT
};
extern const char *const family_names[FAMILY_COUNT];

struct trace {
    const char *name;
    enum family family;
    bool leaks;
    double onset_h;      /* when the leak begins */
    double rate;         /* of the leak, bytes a second, once it runs; mean where it is uneven */
    double leaked_range; /* leaked bytes / range of everything else */
    double bytes[TRACE_SAMPLES];
    bool lost[TRACE_SAMPLES];
    uint32_t segment[TRACE_SAMPLES];
};

/* One of the 31 named scenarios; leaks come first. */
void trace_named(struct trace *trace, size_t scenario, uint64_t seed);
/* One of the randomised families: a leak or a benign trace. */
void trace_random(struct trace *trace, bool leaks, uint64_t seed);

/* Traces whose class is clear, to measure the verdicts that are not about leaks. */
enum trace_class { CLASS_FLAT, CLASS_STEP, CLASS_CYCLIC, CLASS_LEVELLING, CLASS_COUNT };
extern const char *const class_names[CLASS_COUNT];
void trace_classed(struct trace *trace, enum trace_class class, uint64_t seed);

#endif
