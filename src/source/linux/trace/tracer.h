/* tracer.h - allocations of the live kernel by call site: which lives, since when, from where.
 *
 * Needs CAP_BPF, CAP_PERFMON and CAP_SYSLOG (or root) while it is opened, nothing afterwards.
 * Everything is detached when the process ends, however it ends.
 */
#ifndef PH_SOURCE_TRACER_H
#define PH_SOURCE_TRACER_H

#include "model/trace.h"

struct ph_tracer_options {
    uint32_t kinds;  /* mask of 1 << enum ph_trace_kind; 0 = all but pages */
    unsigned shift;  /* follow 1 of 2^shift addresses from the beginning */
    bool stacks;     /* for every allocation: as dear as memleak */
    double cpu_most; /* share of the machine our programs may take, above which sampling becomes
                        coarser; 0 = 0.01; INFINITY = no limit */
    uint64_t objects_most; /* 0 = by the machine's memory: at most 1/256 of it, and 262,144 */
    int64_t epoch_ns;      /* of the youngest cohorts; 0 = 2 s. Older ones grow longer. */
    /* filters; empty = all */
    const char *const *caches; /* patterns as for ph_tracer_bpf_options */
    size_t cache_count;
    const char *const *modules; /* calls from these modules only */
    size_t module_count;
    uint32_t process;               /* tgid */
    uint32_t size_least, size_most; /* of an object; most 0 = any */
};

struct ph_tracer;
struct ph_error *ph_tracer_open(const struct ph_tracer_options *options,
                                struct ph_tracer **tracer) PH_MUST_CHECK;
void ph_tracer_close(struct ph_tracer *tracer); /* NULL is allowed */
void ph_tracer_closep(struct ph_tracer **tracer);

/* Replaces `trace` with what is known now; to be called every few seconds: it also ends epochs,
 * looks for modules that came and went, and holds the limit of CPU. */
struct ph_error *ph_tracer_read(struct ph_tracer *tracer, struct ph_trace *trace) PH_MUST_CHECK;
/* These caches, too, from now on; not where none were named when it was opened. */
struct ph_error *ph_tracer_add_caches(struct ph_tracer *tracer, const char *const *caches,
                                      size_t count) PH_MUST_CHECK;
/* Stacks of allocations from this address, from now on. */
struct ph_error *ph_tracer_want_stack(struct ph_tracer *tracer, uint64_t address) PH_MUST_CHECK;

#endif
