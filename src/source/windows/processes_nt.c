/* SystemProcessInformation (class 5): a chain of SYSTEM_PROCESS_INFORMATION, each followed by its
 * threads and its name, as phnt (ntexapi.h) and geoffchappell.com have it.
 *
 *                                      x86     x64
 *     NextEntryOffset           u32      0       0    from the start of this entry; 0 = the last
 *     NumberOfThreads           u32      4       4
 *     WorkingSetPrivateSize     i64      8       8
 *     HardFaultCount            u32     16      16
 *     NumberOfThreadsHighWatermark u32  20      20
 *     CycleTime                 u64     24      24
 *     CreateTime                i64     32      32
 *     UserTime, KernelTime      i64     40      40
 *     ImageName      UNICODE_STRING     56      56
 *     BasePriority              i32     64      72
 *     UniqueProcessId       pointer     68      80
 *     InheritedFrom...      pointer     72      88
 *     HandleCount               u32     76      96
 *     ... (size)                       184     256
 */
#include "source/windows/processes_nt.h"

enum { DONE = 1 }; /* no entry begins there: they are aligned */

struct layout {
    size_t pid, handles, size;
};

static const struct layout *layout_of(const struct ph_nt_answer *answer)
{
    static const struct layout X86 = {68, 76, 184}, X64 = {80, 96, 256};

    return ph_nt_is_64(answer) ? &X64 : &X86;
}

struct ph_error *ph_nt_processes_next(const struct ph_nt_answer *answer, size_t *at, bool *more,
                                      struct ph_nt_process *process)
{
    const struct layout *layout = layout_of(answer);
    struct ph_slice name;
    size_t end;

    *more = *at != DONE;
    if (!*more)
        return NULL;
    uint32_t next = ph_nt_has(answer, *at, layout->size) ? ph_nt_u32(answer, *at) : DONE;
    if (next == DONE || (next && (next < layout->size || !ph_nt_has(answer, *at, next))))
        return ph_errorf(PH_ERR_FORMAT,
                         "the kernel's list of processes: the entry at byte %zu does not lie "
                         "within the answer",
                         *at);
    if (!ph_nt_string(answer, *at + 56, &name, &end))
        name = (struct ph_slice){"", 0}; /* its numbers are right all the same */
    *process = (struct ph_nt_process){
        .pid = (uint32_t)ph_nt_pointer(answer, *at + layout->pid),
        .threads = ph_nt_u32(answer, *at + 4),
        .handles = ph_nt_u32(answer, *at + layout->handles),
        .created = (int64_t)ph_nt_u64(answer, *at + 32),
        .name = name,
    };
    *at = next ? *at + next : DONE;
    return NULL;
}
