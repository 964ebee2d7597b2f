/* Class 45: SYSTEM_LOOKASIDE_INFORMATION (phnt, ntexapi.h) one behind the other, without a count;
 * 32 bytes each, for x86 and x64:
 *
 *     0 u16 CurrentDepth       8 u32 AllocateMisses   20 u32 Type, the pool; bit 0: paged
 *     2 u16 MaximumDepth      12 u32 TotalFrees       24 Tag
 *     4 u32 TotalAllocates    16 u32 FreeMisses       28 u32 Size, of a block
 *
 * Windows adapts the depth to the load, so the larger of both is what a list keeps at most.
 */
#include "source/windows/lookaside_nt.h"

#include <string.h>

enum { ENTRY = 32 };

struct ph_error *ph_nt_lookaside(const struct ph_nt_answer *answer, const char tag[4],
                                 struct ph_nt_lookaside *sum)
{
    if (answer->bytes.size % ENTRY)
        return ph_errorf(PH_ERR_FORMAT,
                         "lookaside lists: the answer has %zu bytes, which are no whole entries",
                         answer->bytes.size);
    *sum = (struct ph_nt_lookaside){0};
    for (size_t at = 0; at < answer->bytes.size; at += ENTRY) {
        const char *name = answer->bytes.data + at + 24;
        if (memcmp(name, tag, 3) != 0 || ((name[3] ^ tag[3]) & 0x7F)) /* as in the big pool */
            continue;
        uint64_t current = ph_nt_u16(answer, at), most = ph_nt_u16(answer, at + 2);
        uint64_t blocks = current > most ? current : most;
        bool paged = ph_nt_u32(answer, at + 20) & 1;
        sum->lists++;
        *(paged ? &sum->paged_blocks : &sum->nonpaged_blocks) += blocks;
        *(paged ? &sum->paged_bytes : &sum->nonpaged_bytes) += blocks * ph_nt_u32(answer, at + 28);
    }
    return NULL;
}
