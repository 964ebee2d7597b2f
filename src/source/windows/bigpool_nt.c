/* Class 66, SYSTEM_BIGPOOL_INFORMATION (phnt, geoffchappell.com): u32 Count at 0, entries behind
 * it, aligned to a pointer.
 *
 *                                     x86      x64
 *     VirtualAddress, bit 0 nonpaged  0 u32    0 u64
 *     SizeInBytes                     4 u32    8 u64
 *     Tag                             8        16
 *     entry                           12       24
 */
#include "source/windows/bigpool_nt.h"

#include <string.h>

static void keep_largest(struct ph_nt_big *big, uint64_t bytes)
{
    size_t at =
        big->largest_count < PH_NT_BIG_LARGEST ? big->largest_count++ : (size_t)PH_NT_BIG_LARGEST;

    if (at == PH_NT_BIG_LARGEST) {
        if (bytes <= big->largest[at - 1])
            return;
        at--;
    }
    for (; at && big->largest[at - 1] < bytes; at--)
        big->largest[at] = big->largest[at - 1];
    big->largest[at] = bytes;
}

/* The list may keep the bit that protects a tag. */
static bool is_tag(const char *bytes, const char tag[4])
{
    return !memcmp(bytes, tag, 3) && (bytes[3] & 0x7F) == (tag[3] & 0x7F);
}

struct ph_error *ph_nt_big_pool(const struct ph_nt_answer *answer, const char tag[4],
                                struct ph_nt_big *big)
{
    size_t pointer = answer->pointer_bytes, entry = 3 * pointer;

    if (answer->bytes.size < sizeof(uint32_t))
        return ph_errorf(PH_ERR_FORMAT, "big pool: the answer has %zu bytes, a list has 4 or more",
                         answer->bytes.size);
    uint64_t claimed = ph_nt_u32(answer, 0);
    uint64_t room = answer->bytes.size < pointer ? 0 : (answer->bytes.size - pointer) / entry;
    *big = (struct ph_nt_big){.missing = claimed > room ? claimed - room : 0};
    for (uint64_t i = 0; i < claimed && i < room; i++) {
        size_t at = pointer + (size_t)i * entry;
        uint64_t bytes = ph_nt_pointer(answer, at + pointer);
        if (!is_tag(answer->bytes.data + at + 2 * pointer, tag))
            continue;
        bool nonpaged = ph_nt_u32(answer, at) & 1;
        big->nonpaged_blocks += nonpaged;
        big->paged_blocks += !nonpaged;
        *(nonpaged ? &big->nonpaged_bytes : &big->paged_bytes) += bytes;
        keep_largest(big, bytes);
    }
    return NULL;
}
