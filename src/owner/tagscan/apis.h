/* apis.h - the routines that take a pool tag, and where; what else a scan must know of imports. */
#ifndef PH_OWNER_APIS_H
#define PH_OWNER_APIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum ph_api_kind {
    PH_API_TAG,           /* argument `tag` is the tag */
    PH_API_FIXED,         /* the tag is always `fixed` */
    PH_API_STRUCTURE,     /* argument `tag` points to a structure with the tag at `offset` */
    PH_API_CONTEXTS,      /* FltRegisterFilter: tags in a table that a structure points to */
    PH_API_EXTENDED,      /* StorPortExtendedFunction: allocates when argument 0 is 0 */
    PH_API_DRIVER_CREATE, /* WdfDriverCreate: as STRUCTURE; 0 = the default tag */
    PH_API_DRIVER_TAG,    /* as TAG; 0 = the tag that the driver gave to WdfDriverCreate */
    PH_API_FREE,          /* argument `tag` is the tag of what is freed: evidence only */
    PH_API_FIND_WIDE,     /* gives the address of the routine named by a UNICODE_STRING */
    PH_API_FIND_NARROW,   /* ... by a string */
    PH_API_NAME           /* RtlInitUnicodeString: makes such a UNICODE_STRING */
};

/* Where the kind of pool stands. */
enum ph_api_pool {
    PH_API_POOL_NOT_SAID,
    PH_API_POOL_TYPE,  /* argument `pool` is a POOL_TYPE: bit 0 = paged */
    PH_API_POOL_FLAGS, /* argument `pool` holds POOL_FLAGS: 0x100 = paged, 0x40 and 0x80 = nonpaged
                        */
    PH_API_POOL_NONPAGED,
    PH_API_POOL_PAGED
};

/* An argument by its number: on x64 and ARM64, and as the stack dword of x86, where 64-bit
 * arguments take two. */
enum { PH_NO_ARGUMENT = 255 };
struct ph_argument {
    uint8_t wide, narrow;
};

struct ph_api {
    const char *name;
    enum ph_api_kind kind;
    enum ph_api_pool pool_from;
    struct ph_argument tag, size, pool;
    struct ph_argument offset; /* of a structure's tag, in bytes */
    uint8_t cleanup;           /* bytes of arguments on x86's stack that the routine takes off */
    const char *fixed;         /* four characters */
};

static inline unsigned ph_argument_of(struct ph_argument argument, bool wide)
{
    return wide ? argument.wide : argument.narrow;
}

/* NULL when the name is of no interest to the scan. */
const struct ph_api *ph_api_by_name(struct ph_slice name);
/* KMDF's functions by their index in the framework's table; stable over all versions 1.x. */
struct ph_wdf_function {
    uint32_t index;
    struct ph_api api;
};
const struct ph_wdf_function *ph_wdf_functions(size_t *count);
/* True for kinds whose calls are call sites: everything that allocates. */
bool ph_api_allocates(const struct ph_api *api);

/* Bytes of arguments that an import of the kernel takes off x86's stack; false when not known.
 * `no_return`: it never comes back. */
bool ph_import_cleanup(struct ph_slice name, uint32_t *bytes, bool *no_return);

#endif
