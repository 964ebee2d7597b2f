/* pageowner.h - page_owner: which stacks allocated the pages that are in use, since boot. */
#ifndef PH_SOURCE_LINUX_PAGEOWNER_H
#define PH_SOURCE_LINUX_PAGEOWNER_H

#include <stdbool.h>

#include "base/bytes.h"

enum { PH_PAGE_FRAMES = 16 };

/* Slices point into the reader's data. */
struct ph_page_owner {
    uint64_t pages; /* of this stack, or of this allocation */
    bool elsewhere; /* counted by other sources: slab, user memory and page cache, page tables,
                       vmalloc, per-CPU memory, kernel stacks */
    bool in_module; /* a frame is a module's */
    struct ph_slice frames[PH_PAGE_FRAMES]; /* innermost first, with their " [module]" */
    size_t frame_count;                     /* deeper frames are left out */
};

/* The next stack of page_owner_stacks/show_stacks (6.9 and later). False at the end. `*bad` is
 * increased by the stacks without a number; they are left out. */
bool ph_page_stacks_next(struct ph_reader *reader, struct ph_page_owner *stack, uint64_t *bad);
/* The next allocation of page_owner itself. */
bool ph_page_owner_next(struct ph_reader *reader, struct ph_page_owner *record, uint64_t *bad);

#endif
