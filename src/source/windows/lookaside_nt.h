/* lookaside_nt.h - lists on which freed blocks wait for the next who asks. Bytes in, facts out. */
#ifndef PH_SOURCE_WINDOWS_LOOKASIDE_NT_H
#define PH_SOURCE_WINDOWS_LOOKASIDE_NT_H

#include "base/error.h"
#include "source/windows/nt_fields.h"

/* What the lists of one tag may keep: blocks that nobody uses, and that its counters still have. */
struct ph_nt_lookaside {
    uint64_t lists;
    uint64_t nonpaged_blocks, nonpaged_bytes; /* at most */
    uint64_t paged_blocks, paged_bytes;
};

/* Sums up the lists of `tag` (4 bytes). Error: the answer is no list of whole entries. */
struct ph_error *ph_nt_lookaside(const struct ph_nt_answer *answer, const char tag[4],
                                 struct ph_nt_lookaside *sum) PH_MUST_CHECK;

#endif
