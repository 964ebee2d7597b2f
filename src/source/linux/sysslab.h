/* sysslab.h - /sys/kernel/slab: which caches were merged, and what kind each one is. */
#ifndef PH_SOURCE_LINUX_SYSSLAB_H
#define PH_SOURCE_LINUX_SYSSLAB_H

#include "base/error.h"
#include "base/table.h"

/* The alias map: a mergeable cache's name is a link to a directory with an invented name
 * (":0003000"); names that link to the same one share one cache. */
struct ph_sysslab {
    char *directory; /* ".../sys/kernel/slab" */
    bool present;
    struct ph_table targets; /* cache name -> index in groups */
    struct ph_table ids;     /* target -> index in groups */
    struct ph_text *groups;  /* names, separated by blanks */
    size_t group_count, group_capacity;
};

/* Reads the map anew; a missing directory leaves it empty and `present` false. */
struct ph_error *ph_sysslab_load(struct ph_sysslab *sysslab, const char *root) PH_MUST_CHECK;
/* The names that share `name`'s cache, itself left out, blank separated; appended to `aliases`. */
void ph_sysslab_aliases(const struct ph_sysslab *sysslab, struct ph_slice name,
                        struct ph_text *aliases);
/* One number of a cache's directory ("reclaim_account", "slab_size"); false when unreadable. */
bool ph_sysslab_number(const struct ph_sysslab *sysslab, struct ph_slice name, const char *file,
                       uint64_t *number);
void ph_sysslab_fini(struct ph_sysslab *sysslab);

#endif
