/* Class 2, SYSTEM_PERFORMANCE_INFORMATION (phnt, ntexapi.h; the same offsets for x86 and x64; u32
 * unless said; counts are pages):
 *
 *     44 AvailablePages      116 NonPagedPoolPages         172 ResidentSystemDriverPage
 *     48 CommittedPages      136 FreeSystemPtes            344 MdlPagesAllocated, u64
 *     52 CommitLimit         140 ResidentSystemCodePage    360 SystemPageTableCommittedPages, u64
 *     56 PeakCommitment      168 ResidentPagedPoolPage     368 ContiguousPagesAllocated, u64
 *     60 PageFaultCount
 *    112 PagedPoolPages
 *
 * 312 bytes up to SystemCalls, 344 since Windows 10, 376 since 24H2.
 *
 * Class 80, SYSTEM_MEMORY_LIST_INFORMATION: SIZE_T each: Zero, Free, Modified, ModifiedNoWrite,
 * Bad, PageCountByPriority[8] (standby), and more that is not read.
 */
#include "source/windows/performance_nt.h"

enum { SHORTEST = 176, STANDBY_LISTS = 8, STANDBY_FROM = 5 };

static const struct {
    uint16_t offset, bytes;
} FIELDS[PH_NT_PERFORMANCE_COUNT] = {
    [PH_NT_AVAILABLE] = {44, 4},         [PH_NT_COMMITTED] = {48, 4},
    [PH_NT_COMMIT_LIMIT] = {52, 4},      [PH_NT_COMMIT_PEAK] = {56, 4},
    [PH_NT_PAGE_FAULTS] = {60, 4},       [PH_NT_PAGED_POOL] = {112, 4},
    [PH_NT_NONPAGED_POOL] = {116, 4},    [PH_NT_FREE_PTES] = {136, 4},
    [PH_NT_RESIDENT_CODE] = {140, 4},    [PH_NT_RESIDENT_PAGED] = {168, 4},
    [PH_NT_RESIDENT_DRIVERS] = {172, 4}, [PH_NT_MDL_PAGES] = {344, 8},
    [PH_NT_PAGE_TABLES] = {360, 8},      [PH_NT_CONTIGUOUS_PAGES] = {368, 8},
};

struct ph_error *ph_nt_performance(const struct ph_nt_answer *answer,
                                   struct ph_nt_performance *performance)
{
    if (answer->bytes.size < SHORTEST)
        return ph_errorf(PH_ERR_FORMAT,
                         "memory totals: the answer has %zu bytes, every Windows tells more",
                         answer->bytes.size);
    for (size_t i = 0; i < PH_NT_PERFORMANCE_COUNT; i++) {
        size_t offset = FIELDS[i].offset;
        uint64_t count = UINT64_MAX;
        if (ph_nt_has(answer, offset, FIELDS[i].bytes))
            count = FIELDS[i].bytes == 8 ? ph_nt_u64(answer, offset) : ph_nt_u32(answer, offset);
        performance->counts[i] = count <= INT64_MAX ? (int64_t)count : -1;
    }
    return NULL;
}

struct ph_error *ph_nt_memory_lists(const struct ph_nt_answer *answer, struct ph_nt_lists *lists)
{
    size_t word = answer->pointer_bytes;
    uint64_t standby = 0;

    if (!ph_nt_has(answer, 0, (STANDBY_FROM + STANDBY_LISTS) * word))
        return ph_errorf(PH_ERR_FORMAT, "memory lists: the answer has only %zu bytes",
                         answer->bytes.size);
    for (size_t i = 0; i < STANDBY_LISTS; i++)
        standby += ph_nt_pointer(answer, (STANDBY_FROM + i) * word);
    uint64_t modified = ph_nt_pointer(answer, 2 * word) + ph_nt_pointer(answer, 3 * word);
    const uint64_t told[] = {ph_nt_pointer(answer, 0), ph_nt_pointer(answer, word), modified,
                             standby};
    int64_t *to[] = {&lists->zeroed, &lists->free, &lists->modified, &lists->standby};
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
        *to[i] = told[i] <= INT64_MAX ? (int64_t)told[i] : -1;
    return NULL;
}
