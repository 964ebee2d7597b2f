/* tracer_bpf.h - loads the BPF program, and hands out its maps as they are; the only part that
 * knows libbpf. What the numbers mean is tracer.h's.
 */
#ifndef PH_SOURCE_TRACER_BPF_H
#define PH_SOURCE_TRACER_BPF_H

#include <stdbool.h>

#include "base/error.h"
#include "model/trace.h"
#include "source/linux/trace/trace_raw.h"

struct ph_tracer_bpf;

struct ph_tracer_bpf_options {
    uint32_t kinds;        /* mask of 1 << enum ph_trace_kind */
    uint64_t objects_most; /* entries of the object map; their memory is taken at once */
    uint64_t sites_most;
    uint64_t stacks_most;
    struct ph_raw_settings settings; /* to begin with; gfp bits, processors, page size and own_tgid
                                        are filled in */
    const char *const *caches; /* names, '*' and '?' allowed; count 0 = all (kmalloc-N, kmalloc-cg-N
                                  and so on pick kmalloc's sizes and families) */
    size_t cache_count;
};

/* Loads and attaches. What cannot be traced on this kernel while the rest can is a loss (one line
 * each: what, why, what to do). Errors when nothing can: no BTF, no CAP_BPF/CAP_PERFMON, lockdown,
 * a kernel too old, no memory for the maps - each one specific line that says what to do next. */
struct ph_error *ph_tracer_bpf_open(const struct ph_tracer_bpf_options *options,
                                    struct ph_loss_list *losses,
                                    struct ph_tracer_bpf **bpf) PH_MUST_CHECK;
void ph_tracer_bpf_close(struct ph_tracer_bpf *bpf); /* detaches; NULL is allowed */

/* Kinds that are really traced. */
uint32_t ph_tracer_bpf_kinds(const struct ph_tracer_bpf *bpf);
/* Entries of the object map; fewer than asked for where memory was short. */
uint64_t ph_tracer_bpf_objects_most(const struct ph_tracer_bpf *bpf);
/* Shared with the running program: writes take effect at once. */
struct ph_raw_settings *ph_tracer_bpf_settings(struct ph_tracer_bpf *bpf);
/* Widens the filter of caches; does nothing where there is none. */
struct ph_error *ph_tracer_bpf_add_caches(struct ph_tracer_bpf *bpf, const char *const *caches,
                                          size_t count) PH_MUST_CHECK;
/* Visits every entry of the site map, per-CPU values added up. Bounded: at most two passes' worth
 * of entries, also while others are added. */
struct ph_error *ph_tracer_bpf_sites(struct ph_tracer_bpf *bpf,
                                     struct ph_error *(*visit)(void *context,
                                                               const struct ph_raw_site_key *key,
                                                               const struct ph_raw_site *site),
                                     void *context) PH_MUST_CHECK;
/* Removes an entry whose epoch is over and of which nothing lives. Missing is no error. */
void ph_tracer_bpf_forget(struct ph_tracer_bpf *bpf, const struct ph_raw_site_key *key);
/* What is known of a kmem_cache that was seen; false = nothing. */
bool ph_tracer_bpf_cache(struct ph_tracer_bpf *bpf, ph_raw64 cache, struct ph_raw_cache *found);
/* Addresses of a stack, innermost first; 0 when it is lost. */
size_t ph_tracer_bpf_stack(struct ph_tracer_bpf *bpf, ph_raw32 stack,
                           ph_raw64 frames[PH_RAW_FRAMES]);
/* From now on stacks are taken at allocations from this address. */
struct ph_error *ph_tracer_bpf_want_stack(struct ph_tracer_bpf *bpf,
                                          ph_raw64 address) PH_MUST_CHECK;
/* Takes every object out of the object map that `mask` would not follow (their sites' given_up
 * counts them); then frees may use that mask. */
struct ph_error *ph_tracer_bpf_coarsen(struct ph_tracer_bpf *bpf, ph_raw32 mask) PH_MUST_CHECK;
void ph_tracer_bpf_counters(struct ph_tracer_bpf *bpf, uint64_t counters[PH_RAW_COUNTERS],
                            uint64_t *missed);
uint64_t ph_tracer_bpf_map_bytes(const struct ph_tracer_bpf *bpf);
/* Run-time statistics of our programs: while on, each run costs some 40 ns more. `*runs` and
 * `*run_ns` grow only meanwhile. False when the kernel has none. */
bool ph_tracer_bpf_measure(struct ph_tracer_bpf *bpf, bool on);
bool ph_tracer_bpf_cost(struct ph_tracer_bpf *bpf, uint64_t *runs, uint64_t *run_ns);

#endif
