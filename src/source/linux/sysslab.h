/* sysslab.h - /sys/kernel/slab: which caches were merged, and what kind each one is. */
#ifndef PH_SOURCE_LINUX_SYSSLAB_H
#define PH_SOURCE_LINUX_SYSSLAB_H

#include <stdbool.h>

#include "base/error.h"
#include "base/table.h"
#include "base/text.h"

/* Names that link to the same directory share one cache. */
struct ph_sysslab_group {
    struct ph_text names; /* separated by blanks */
    bool reclaimable;     /* by the letters of the directory's invented name */
};

struct ph_sysslab {
    char *directory; /* ".../sys/kernel/slab" */
    bool present;
    struct ph_table names; /* cache name -> index in groups */
    struct ph_table ids;   /* invented name -> index in groups */
    struct ph_sysslab_group *groups;
    size_t group_count, group_capacity;
    struct ph_text path;  /* scratch */
    uint32_t fingerprint; /* of all names and links; the same map has the same one */
};

enum ph_slab_kind { PH_SLAB_UNKNOWN, PH_SLAB_UNRECLAIMABLE, PH_SLAB_RECLAIMABLE };

/* Reads the map anew; a directory that is missing or cannot be listed leaves it empty and `present`
 * false. */
struct ph_error *ph_sysslab_load(struct ph_sysslab *sysslab, const char *root) PH_MUST_CHECK;
/* The names that share `name`'s cache, itself left out, blank separated; appended to `aliases`. */
void ph_sysslab_aliases(const struct ph_sysslab *sysslab, struct ph_slice name,
                        struct ph_text *aliases);
/* From the link's target where there is one, else from the cache's file. */
enum ph_slab_kind ph_sysslab_kind(struct ph_sysslab *sysslab, struct ph_slice name);
/* One number of a cache's directory ("object_size"); false when it cannot be read. */
bool ph_sysslab_number(struct ph_sysslab *sysslab, struct ph_slice name, const char *file,
                       uint64_t *number);
void ph_sysslab_fini(struct ph_sysslab *sysslab);

/* For trees without /sys: the kind by names that stand for one in every kernel. */
enum ph_slab_kind ph_slab_kind_by_name(struct ph_slice name);

#endif
