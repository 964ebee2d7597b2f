/* tracer_parts.h - parts of opening a tracer that know no libbpf; for tracer_bpf.c and tests. */
#ifndef PH_SOURCE_TRACER_PARTS_H
#define PH_SOURCE_TRACER_PARTS_H

#include "base/error.h"
#include "source/linux/trace/tracer_bpf.h"

/* Why the kernel refused `what` (NULL: all of it), in one line that says what to do. `words`:
 * libbpf's. */
struct ph_error *ph_tracer_refusal(int code, const char *what, const char *words) PH_MUST_CHECK;
/* The part of it for missing rights. */
struct ph_error *ph_tracer_denial(uint64_t capabilities, bool locked) PH_MUST_CHECK;
/* Why the kernel's types cannot be read. */
struct ph_error *ph_tracer_no_types(int code) PH_MUST_CHECK;

/* The text of /proc/slabinfo; without the right to read it nothing, and only the patterns
 * themselves are known. Error: out of memory. */
struct ph_error *ph_tracer_slabinfo(struct ph_text *text) PH_MUST_CHECK;
/* Which classes of kmalloc the patterns want, by that text: fills filter_cache and wanted_kmalloc;
 * and clears the gfp bits of families that this kernel does not have. No pattern: everything. */
void ph_tracer_kmalloc_of(struct ph_slice slabinfo, const char *const *patterns, size_t count,
                          struct ph_raw_settings *settings);
/* Puts the names of the caches in that text that a pattern wants into the map. */
struct ph_error *ph_tracer_want_caches(int map, struct ph_slice slabinfo,
                                       const char *const *patterns, size_t count) PH_MUST_CHECK;
bool ph_tracer_is_wanted(struct ph_slice cache, const char *const *patterns, size_t count);

#endif
