/* structs.h - tags inside structures that are passed by pointer, and names of routines. */
#ifndef PH_OWNER_STRUCTS_H
#define PH_OWNER_STRUCTS_H

#include "owner/tagscan/program.h"

/* One entry of a file-system filter's table of contexts. */
struct ph_context {
    struct ph_abs tag, size;
};
enum { PH_CONTEXTS_MOST = 32 };
/* The contexts that FLT_REGISTRATION at `registration` registers: how many, -1 = not known. */
int ph_filter_contexts(const struct ph_flow *flow, const struct ph_program *program,
                       const struct ph_abs *registration,
                       struct ph_context contexts[PH_CONTEXTS_MOST]);

/* The routine that the string at `address` names (`wide`: UTF-16 of `size` bytes, 0 = up to its
 * end); NULL when it is of no interest. */
const struct ph_api *ph_named_api(const struct ph_program *program, uint64_t address, bool wide,
                                  uint32_t size);

#endif
