/* functions_x86.h - finding functions without unwind data. Internal to functions*.c. */
#ifndef PH_OWNER_FUNCTIONS_X86_H
#define PH_OWNER_FUNCTIONS_X86_H

#include "owner/tagscan/functions.h"

/* Collects where functions may begin. Errors: out of memory. */
struct ph_error *ph_x86_seeds_find(struct ph_functions *functions) PH_MUST_CHECK;
void ph_x86_seeds_fini(struct ph_functions *functions);
/* As in functions.h. */
struct ph_error *ph_x86_function_at(struct ph_functions *functions, uint32_t rva, bool *found,
                                    uint32_t *entry) PH_MUST_CHECK;
bool ph_x86_function_holds(const struct ph_functions *functions, uint32_t entry, uint32_t rva);

#endif
