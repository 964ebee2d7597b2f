/* growing_sites.h - the call sites that grew by as much as a slab cache did, by /proc/allocinfo: it
 * counts every allocation by its place, yet does not tell from which cache it was.
 */
#ifndef PH_APP_GROWING_SITES_H
#define PH_APP_GROWING_SITES_H

#include "model/finding.h"
#include "model/sample.h"

/* What one module's sites (NULL: the kernel's own) explain of a cache's growth. */
struct ph_growing_site {
    const char *module; /* borrowed from the catalog */
    char *words;        /* "grew by 4,001 of the 4,020 objects that ... (allocinfo): f"; owned */
    double share;       /* of the cache's growth, 0..1 */
};
struct ph_growing_sites {
    struct ph_growing_site *items; /* most first */
    size_t count, capacity;
};
/* Looks among `findings` for sites whose allocations have the size of the cache's objects and that
 * grew; nothing is found for what is no cache, or did not grow. Error: out of memory. */
struct ph_error *ph_growing_sites_find(const struct ph_catalog *catalog,
                                       const struct ph_finding_list *findings,
                                       const struct ph_finding *cache,
                                       struct ph_growing_sites *sites) PH_MUST_CHECK;
void ph_growing_sites_fini(struct ph_growing_sites *sites);

#endif
