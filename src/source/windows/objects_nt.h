/* objects_nt.h - the kernel's types of objects with what lives of each. Bytes in, a list out. */
#ifndef PH_SOURCE_WINDOWS_OBJECTS_NT_H
#define PH_SOURCE_WINDOWS_OBJECTS_NT_H

#include "base/error.h"
#include "source/windows/nt_fields.h"

struct ph_nt_type {
    char *name;                                            /* "Token"; owned */
    uint32_t index;                                        /* as handles have it */
    uint32_t objects, handles, objects_most, handles_most; /* now, and at most since boot */
};

struct ph_nt_types {
    struct ph_nt_type *items; /* in the kernel's order; owned */
    size_t count, capacity;
    size_t missing; /* that the answer claims and does not hold */
};

/* Errors: bytes that do not begin as such a list; out of memory. */
struct ph_error *ph_nt_types_parse(const struct ph_nt_answer *answer,
                                   struct ph_nt_types *types) PH_MUST_CHECK;
void ph_nt_types_fini(struct ph_nt_types *types);

#endif
