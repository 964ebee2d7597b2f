/* handles_nt.h - every handle of every process, as the kernel lists them. Bytes in, numbers out. */
#ifndef PH_SOURCE_WINDOWS_HANDLES_NT_H
#define PH_SOURCE_WINDOWS_HANDLES_NT_H

#include "base/error.h"
#include "source/windows/nt_fields.h"

struct ph_nt_handle {
    uint64_t object; /* its address; 0 = not shown to us */
    uint32_t pid;
    uint16_t type; /* index of the object's type */
};

/* How many entries an answer has, and how many more it claims than its bytes hold. Error: too short
 * to be one. */
struct ph_error *ph_nt_handles_count(const struct ph_nt_answer *answer, size_t *count,
                                     uint64_t *missing) PH_MUST_CHECK;
/* Entry `at`, which is below the count. */
void ph_nt_handles_at(const struct ph_nt_answer *answer, size_t at, struct ph_nt_handle *handle);

#endif
