/* tracing.h - tracing by call site with its conclusions: whom the memory is laid to, and what the
 * age of the living says. Linux, live, with the rights that tracer.h names.
 */
#ifndef PH_APP_TRACING_H
#define PH_APP_TRACING_H

#include "model/trace.h"

struct ph_tracing_options {
    uint32_t kinds;            /* mask of 1 << enum ph_trace_kind; 0 = all but pages */
    unsigned shift;            /* follow 1 of 2^shift addresses */
    bool stacks;               /* at every allocation */
    bool no_stacks;            /* not even for helpers of the kernel, which hide who called them */
    double cpu_most;           /* share of the machine; 0 = 0.01; INFINITY = no limit */
    uint64_t objects_most;     /* 0 = by the machine's memory */
    int64_t epoch_ns;          /* 0 = 2 s */
    const char *const *caches; /* patterns; borrowed until opened, as the next */
    size_t cache_count;
    const char *const *modules;
    size_t module_count;
    uint32_t process;
    uint32_t size_least, size_most;
};

struct ph_tracing;
/* Errors are one line: what is missing, and what to do. */
struct ph_error *ph_tracing_open(const struct ph_tracing_options *options,
                                 struct ph_tracing **tracing) PH_MUST_CHECK;
void ph_tracing_close(struct ph_tracing *tracing); /* NULL is allowed */
void ph_tracing_closep(struct ph_tracing **tracing);
/* Follows these caches, too, from now on; not where no caches were named to begin with. */
struct ph_error *ph_tracing_add(struct ph_tracing *tracing, const char *const *caches,
                                size_t count) PH_MUST_CHECK;
/* Replaces `trace` with what is known now, attributed and judged, most living bytes first. To be
 * called every few seconds. Sites in helpers of the kernel get stacks from then on, and are split
 * by owner once these tell. */
struct ph_error *ph_tracing_read(struct ph_tracing *tracing, struct ph_trace *trace) PH_MUST_CHECK;
/* Stacks at this site's call from now on; nothing where stacks are taken everywhere, or nowhere. */
struct ph_error *ph_tracing_want_stacks(struct ph_tracing *tracing,
                                        const struct ph_trace_site *site) PH_MUST_CHECK;

#endif
