/* SystemExtendedHandleInformation (class 64): SYSTEM_HANDLE_INFORMATION_EX, as phnt (ntexapi.h) has
 * it. Class 16 before it cuts process numbers to 16 bits.
 *
 *                                     x86     x64
 *     NumberOfHandles       ULONG_PTR   0       0
 *     Reserved              ULONG_PTR   4       8
 *     Handles[]                         8      16
 *       Object              pointer     0       0    0 for callers who may not see addresses (24H2)
 *       UniqueProcessId     ULONG_PTR   4       8
 *       HandleValue         ULONG_PTR   8      16
 *       GrantedAccess       u32        12      24
 *       CreatorBackTraceIndex u16      16      28
 *       ObjectTypeIndex     u16        18      30
 *       HandleAttributes    u32        20      32
 *       Reserved            u32        24      36
 *       (size)                         28      40
 */
#include "source/windows/handles_nt.h"

struct layout {
    size_t first, pid, type, entry;
};

static const struct layout *layout_of(const struct ph_nt_answer *answer)
{
    static const struct layout X86 = {8, 4, 18, 28}, X64 = {16, 8, 30, 40};

    return ph_nt_is_64(answer) ? &X64 : &X86;
}

struct ph_error *ph_nt_handles_count(const struct ph_nt_answer *answer, size_t *count,
                                     uint64_t *missing)
{
    const struct layout *layout = layout_of(answer);

    if (!ph_nt_has(answer, 0, layout->first))
        return ph_errorf(PH_ERR_FORMAT,
                         "the kernel's list of handles: %zu bytes are too few for one",
                         answer->bytes.size);
    uint64_t told = ph_nt_pointer(answer, 0);
    size_t fit = (answer->bytes.size - layout->first) / layout->entry;
    *count = told < fit ? (size_t)told : fit;
    *missing = told - *count;
    return NULL;
}

void ph_nt_handles_at(const struct ph_nt_answer *answer, size_t at, struct ph_nt_handle *handle)
{
    const struct layout *layout = layout_of(answer);
    size_t entry = layout->first + at * layout->entry;

    *handle = (struct ph_nt_handle){
        .object = ph_nt_pointer(answer, entry),
        .pid = (uint32_t)ph_nt_pointer(answer, entry + layout->pid),
        .type = ph_nt_u16(answer, entry + layout->type),
    };
}
