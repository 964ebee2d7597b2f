/* performance_nt.h - the kernel's memory as a whole. Bytes in, numbers out. */
#ifndef PH_SOURCE_WINDOWS_PERFORMANCE_NT_H
#define PH_SOURCE_WINDOWS_PERFORMANCE_NT_H

#include "base/error.h"
#include "source/windows/nt_fields.h"

enum ph_nt_count {
    PH_NT_AVAILABLE,
    PH_NT_COMMITTED,
    PH_NT_COMMIT_LIMIT,
    PH_NT_COMMIT_PEAK,
    PH_NT_PAGED_POOL,
    PH_NT_NONPAGED_POOL,
    PH_NT_RESIDENT_CODE, /* of the kernel */
    PH_NT_RESIDENT_PAGED,
    PH_NT_RESIDENT_DRIVERS,
    PH_NT_FREE_PTES,        /* each maps a page; when none is left, drivers fail */
    PH_NT_MDL_PAGES,        /* handed out page by page, outside of any pool; 24H2 */
    PH_NT_PAGE_TABLES,      /* 24H2 */
    PH_NT_CONTIGUOUS_PAGES, /* 24H2 */
    PH_NT_PAGES_COUNT,
    PH_NT_PAGE_FAULTS = PH_NT_PAGES_COUNT, /* a counter of 32 bits */
    PH_NT_PERFORMANCE_COUNT
};

struct ph_nt_performance {
    int64_t
        counts[PH_NT_PERFORMANCE_COUNT]; /* pages, but for faults; -1: this Windows has it not */
};

/* The answer to class 2, of any age. Error: shorter than any. */
struct ph_error *ph_nt_performance(const struct ph_nt_answer *answer,
                                   struct ph_nt_performance *performance) PH_MUST_CHECK;

/* Pages by what they are used for (class 80); -1: not in the answer. */
struct ph_nt_lists {
    int64_t zeroed, free, modified, standby;
};
struct ph_error *ph_nt_memory_lists(const struct ph_nt_answer *answer,
                                    struct ph_nt_lists *lists) PH_MUST_CHECK;

#endif
