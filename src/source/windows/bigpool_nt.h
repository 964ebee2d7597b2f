/* bigpool_nt.h - the allocations of a page and more, one by one. Bytes in, facts out. */
#ifndef PH_SOURCE_WINDOWS_BIGPOOL_NT_H
#define PH_SOURCE_WINDOWS_BIGPOOL_NT_H

#include "base/error.h"
#include "source/windows/nt_fields.h"

enum { PH_NT_BIG_LARGEST = 8 };

/* What the list has of one tag. */
struct ph_nt_big {
    uint64_t nonpaged_blocks, nonpaged_bytes;
    uint64_t paged_blocks, paged_bytes;
    uint64_t largest[PH_NT_BIG_LARGEST]; /* bytes of the largest blocks, in falling order */
    size_t largest_count;
    uint64_t missing; /* blocks, of whatever tag, that are claimed beyond the answer's bytes */
};

/* Sums up the blocks of `tag` (4 bytes). Error: too short to be a list. */
struct ph_error *ph_nt_big_pool(const struct ph_nt_answer *answer, const char tag[4],
                                struct ph_nt_big *big) PH_MUST_CHECK;

#endif
