/* wrappers.h - functions that allocate on behalf of their callers, and the frame of a stack that is
 * behind an allocation.
 *
 * The table is wrappers.txt, embedded: patterns of functions of the kernel (kvmalloc*, krealloc*,
 * devm_*, mempool_*, __alloc_skb, sk_prot_alloc, ...) with what they are.
 */
#ifndef PH_OWNER_WRAPPERS_H
#define PH_OWNER_WRAPPERS_H

#include "model/trace.h"

/* True for allocators and helpers of the kernel itself that allocate for whoever called them:
 * memory at such a site says nothing without a stack. `*what` (NULL allowed): "socket buffers". */
bool ph_is_wrapper(const struct ph_place *place, const char **what);
/* The frame that the memory is laid to: the first one of a module where there is one before the
 * thread's or system call's entry (a module's frame wins over the core kernel's), otherwise the
 * first that is no wrapper; SIZE_MAX when all are wrappers or unknown. Modules that only serve
 * others (a table too: libata, drm, usbcore, mac80211, ...) give way to a module above them. */
size_t ph_owner_frame(const struct ph_trace_stack *stack);
/* Fills `owner` of each stack and of the site, with the share of living bytes that it explains. */
struct ph_error *ph_attribute_site(struct ph_trace_site *site) PH_MUST_CHECK;

/* The table: made from wrappers.txt, whose head tells what its rows mean. */
enum ph_wrapper_kind { PH_ROW_WRAPPER, PH_ROW_ENTRY, PH_ROW_SERVICE };
struct ph_wrapper_row {
    enum ph_wrapper_kind kind;
    const char *pattern, *what;
};
extern const struct ph_wrapper_row ph_wrapper_rows[];
extern const size_t ph_wrapper_row_count;

#endif
