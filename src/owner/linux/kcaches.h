/* kcaches.h - the slab caches that a kernel module creates, read from its relocations and strings.
 *
 * kmem_cache_create() and its kin take the name as their first argument. In a module file the call
 * is a relocation against the undefined function, and the name one against a string that is loaded
 * into the first argument's register before it (x86-64 rdi, arm64 x0).
 */
#ifndef PH_OWNER_KCACHES_H
#define PH_OWNER_KCACHES_H

#include <stdbool.h>

#include "base/error.h"
#include "image/elf.h"

struct ph_kcache {
    struct ph_slice name; /* as in the file; printf conversions in it stand for anything */
    bool certain; /* loaded into the argument's register before the call; otherwise the nearest
                     string before it */
    bool made;    /* a format in the function that makes the name at run time: it may be this one */
    struct ph_slice function; /* that creates it; may be empty */
    struct ph_slice routine;  /* "kmem_cache_create" */
};

enum { PH_KCACHES_MOST = 256 };

/* Calls `visit` for each cache. Nothing when the module creates none. `*unresolved` counts the
 * calls whose name was not found; for these `visit` is called with each format of the function. */
struct ph_error *ph_kcaches_of(const struct ph_elf *elf,
                               struct ph_error *(*visit)(void *context,
                                                         const struct ph_kcache *cache),
                               void *context, size_t *unresolved) PH_MUST_CHECK;
/* True when `cache` can be what kmem_cache_create() made of `format` ("bio-%u" fits "bio-200"). */
bool ph_kcache_fits(struct ph_slice format, struct ph_slice cache);
/* The characters of `format` that are not made by a conversion: few of them fit by chance. */
size_t ph_kcache_literal(struct ph_slice format);
/* True for imported functions of the kernel that allocate memory. */
bool ph_is_kernel_allocator(struct ph_slice symbol);

#endif
