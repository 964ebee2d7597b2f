/* kernel_evidence.h - what the kernel's own debugging tells of who holds a tag: call sites from
 * slub_debug's alloc_traces (exact, since boot), kmemleak (what nothing points to) and page_owner
 * (pages), below /sys/kernel/debug, live or in a saved tree.
 */
#ifndef PH_APP_KERNEL_EVIDENCE_H
#define PH_APP_KERNEL_EVIDENCE_H

#include "model/ksymbols.h"
#include "model/sample.h"
#include "model/trace.h"

/* `origin` of the sites. */
extern const char PH_FROM_ALLOC_TRACES[], PH_FROM_KMEMLEAK[], PH_FROM_PAGE_OWNER[];

/* The tag whose owners page_owner tells: memory that nothing else accounts for. */
bool ph_kernel_evidence_of_pages(struct ph_slice tag);
/* True when there is a list of page_owner's below the root (NULL: the live system). */
bool ph_kernel_evidence_has_pages(const char *root);

/* Appends the sites of the series' memory to `found`, attributed, with their origin; its other
 * names (merged caches) count too. Sizes that the series does not have are looked for. What has no
 * names in the kernel's text has its address. Nothing is found where the kernel was not told to
 * keep such lists; a loss tells only that a list is there and cannot be read. `root` NULL: the live
 * system. `release` of the kernel, NULL or "" = unknown. Needs CAP_DAC_READ_SEARCH or root for the
 * live system. Error: out of memory. */
struct ph_error *ph_kernel_evidence(const char *root, const char *release,
                                    const struct ph_series *series, struct ph_trace *found,
                                    struct ph_loss_list *losses) PH_MUST_CHECK;
/* True when a frame of these sites is an address only. */
bool ph_kernel_evidence_unnamed(const struct ph_trace *found);
/* Names such frames, and attributes their sites again. Error: out of memory. */
struct ph_error *ph_kernel_evidence_name(const struct ph_ksymbols *symbols,
                                         struct ph_trace *found) PH_MUST_CHECK;

#endif
