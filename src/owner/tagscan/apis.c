/* apis.c - the routines that take a pool tag, by Microsoft's public reference of each.
 *
 * An argument's two numbers differ where 64-bit arguments come before it: on x86 they take two
 * dwords of the stack (POOL_FLAGS, PHYSICAL_ADDRESS).
 */
#include "owner/tagscan/apis.h"

#include "base/text.h"

enum { NONE = PH_NO_ARGUMENT };

#define ARG(n)                                                                                     \
    {                                                                                              \
        (n), (n)                                                                                   \
    }
#define TAGGED(name_, tag_, size_, from_, pool_, dwords_)                                          \
    {                                                                                              \
        .name = (name_), .kind = PH_API_TAG, .tag = ARG(tag_), .size = ARG(size_),                 \
        .pool_from = (from_), .pool = ARG(pool_), .cleanup = 4 * (dwords_)                         \
    }
#define FIXED(name_, fixed_, size_, from_, pool_, dwords_)                                         \
    {                                                                                              \
        .name = (name_), .kind = PH_API_FIXED, .tag = ARG(NONE), .size = ARG(size_),               \
        .pool_from = (from_), .pool = ARG(pool_), .cleanup = 4 * (dwords_), .fixed = (fixed_)      \
    }
#define STRUCTURE(name_, tag_, offset_, dwords_)                                                   \
    {                                                                                              \
        .name = (name_), .kind = PH_API_STRUCTURE, .tag = ARG(tag_), .size = ARG(NONE),            \
        .pool_from = PH_API_POOL_NONPAGED, .pool = ARG(NONE), .offset = ARG(offset_),              \
        .cleanup = 4 * (dwords_)                                                                   \
    }
#define OTHER(name_, kind_, tag_, dwords_)                                                         \
    {                                                                                              \
        .name = (name_), .kind = (kind_), .tag = ARG(tag_), .size = ARG(NONE), .pool = ARG(NONE),  \
        .cleanup = 4 * (dwords_)                                                                   \
    }

/* clang-format off */
static const struct ph_api APIS[] = {
    TAGGED("ExAllocatePoolWithTag", 2, 1, PH_API_POOL_TYPE, 0, 3),
    {.name = "ExAllocatePool2", .kind = PH_API_TAG, .tag = {2, 3}, .size = {1, 2},
     .pool_from = PH_API_POOL_FLAGS, .pool = ARG(0), .cleanup = 4 * 4},
    {.name = "ExAllocatePool3", .kind = PH_API_TAG, .tag = {2, 3}, .size = {1, 2},
     .pool_from = PH_API_POOL_FLAGS, .pool = ARG(0), .cleanup = 4 * 6},
    TAGGED("ExAllocatePoolWithQuotaTag", 2, 1, PH_API_POOL_TYPE, 0, 3),
    TAGGED("ExAllocatePoolWithTagPriority", 2, 1, PH_API_POOL_TYPE, 0, 4),
    TAGGED("ExAllocatePoolZero", 2, 1, PH_API_POOL_TYPE, 0, 3),
    TAGGED("ExAllocatePoolUninitialized", 2, 1, PH_API_POOL_TYPE, 0, 3),
    TAGGED("ExAllocatePoolQuotaZero", 2, 1, PH_API_POOL_TYPE, 0, 3),
    TAGGED("ExAllocatePoolQuotaUninitialized", 2, 1, PH_API_POOL_TYPE, 0, 3),
    FIXED("ExAllocatePool", "None", 1, PH_API_POOL_TYPE, 0, 2),
    FIXED("ExAllocatePoolWithQuota", "None", 1, PH_API_POOL_TYPE, 0, 2),
    FIXED("MmAllocateContiguousMemory", "Cont", 0, PH_API_POOL_NONPAGED, NONE, 3),
    FIXED("MmAllocateContiguousMemorySpecifyCache", "Cont", 0, PH_API_POOL_NONPAGED, NONE, 8),
    FIXED("MmAllocateContiguousMemorySpecifyCacheNode", "Cont", 0, PH_API_POOL_NONPAGED, NONE, 9),
    FIXED("MmAllocateContiguousNodeMemory", "Cont", 0, PH_API_POOL_NONPAGED, NONE, 9),
    {.name = "MmAllocateContiguousMemoryEx", .kind = PH_API_TAG, .tag = {7, 10},
     .size = ARG(NONE), .pool_from = PH_API_POOL_NONPAGED, .pool = ARG(NONE), .cleanup = 4 * 13},
    TAGGED("MmAllocateMappingAddress", 1, 0, PH_API_POOL_NOT_SAID, NONE, 2),
    TAGGED("ExAllocateCacheAwareRundownProtection", 1, NONE, PH_API_POOL_TYPE, 0, 2),
    TAGGED("ExInitializeNPagedLookasideList", 5, 4, PH_API_POOL_NONPAGED, NONE, 7),
    TAGGED("ExInitializePagedLookasideList", 5, 4, PH_API_POOL_PAGED, NONE, 7),
    TAGGED("ExInitializeLookasideListEx", 6, 5, PH_API_POOL_TYPE, 3, 8),
    TAGGED("FsRtlAllocatePoolWithTag", 2, 1, PH_API_POOL_TYPE, 0, 3),
    TAGGED("FsRtlAllocatePoolWithQuotaTag", 2, 1, PH_API_POOL_TYPE, 0, 3),
    TAGGED("FsRtlAllocateExtraCreateParameter", 4, 1, PH_API_POOL_NOT_SAID, NONE, 6),
    TAGGED("FsRtlInitExtraCreateParameterLookasideList", 3, 2, PH_API_POOL_NOT_SAID, NONE, 4),
    TAGGED("RxAllocatePoolWithTag", 2, 1, PH_API_POOL_TYPE, 0, 3),
    TAGGED("_RxAllocatePoolWithTag", 2, 1, PH_API_POOL_TYPE, 0, 3),

    TAGGED("FltAllocatePoolAlignedWithTag", 3, 2, PH_API_POOL_TYPE, 1, 4),
    TAGGED("FltAllocateExtraCreateParameter", 5, 2, PH_API_POOL_NOT_SAID, NONE, 7),
    TAGGED("FltInitExtraCreateParameterLookasideList", 4, 3, PH_API_POOL_NOT_SAID, NONE, 5),
    OTHER("FltRegisterFilter", PH_API_CONTEXTS, 1, 3),

    TAGGED("NdisAllocateMemoryWithTag", 2, 1, PH_API_POOL_NONPAGED, NONE, 3),
    TAGGED("NdisAllocateMemoryWithTagPriority", 2, 1, PH_API_POOL_NONPAGED, NONE, 4),
    TAGGED("NdisInitializeNPagedLookasideList", 5, 4, PH_API_POOL_NONPAGED, NONE, 7),
    TAGGED("NdisAllocateGenericObject", 1, 2, PH_API_POOL_NONPAGED, NONE, 3),
    TAGGED("NdisAllocateCloneOidRequest", 2, NONE, PH_API_POOL_NONPAGED, NONE, 4),
    STRUCTURE("NdisAllocateNetBufferListPool", 1, 8, 2),
    STRUCTURE("NdisAllocateNetBufferPool", 1, 4, 2),
    STRUCTURE("NdisAllocateTimerObject", 1, 4, 3),

    TAGGED("VideoPortAllocatePool", 3, 2, PH_API_POOL_TYPE, 1, 4),
    TAGGED("EngAllocMem", 2, 1, PH_API_POOL_NOT_SAID, NONE, 3),
    TAGGED("EngAllocUserMem", 1, 0, PH_API_POOL_NOT_SAID, NONE, 2),
    {.name = "StorPortExtendedFunction", .kind = PH_API_EXTENDED, .tag = ARG(3), .size = ARG(2),
     .pool_from = PH_API_POOL_NONPAGED, .pool = ARG(NONE), .cleanup = 0},

    OTHER("ExFreePoolWithTag", PH_API_FREE, 1, 2),
    OTHER("FltFreePoolAlignedWithTag", PH_API_FREE, 2, 3),
    OTHER("NdisFreeMemoryWithTagPriority", PH_API_FREE, 2, 3),

    OTHER("MmGetSystemRoutineAddress", PH_API_FIND_WIDE, 0, 1),
    OTHER("NdisGetRoutineAddress", PH_API_FIND_WIDE, 0, 1),
    OTHER("FltGetRoutineAddress", PH_API_FIND_NARROW, 0, 1),
    OTHER("RtlInitUnicodeString", PH_API_NAME, 1, 2),
};

/* Argument 0 is the driver's globals. DriverPoolTag of WDF_DRIVER_CONFIG, behind Size, two pointers
 * and DriverInitFlags, is at 0x1c with 8-byte pointers. */
static const struct ph_wdf_function WDF[] = {
    {116, {.name = "WdfDriverCreate", .kind = PH_API_DRIVER_CREATE, .tag = ARG(4), .size = ARG(NONE),
           .pool = ARG(NONE), .offset = {0x1c, 0x10}, .cleanup = 4 * 6}},
    {192, {.name = "WdfMemoryCreate", .kind = PH_API_DRIVER_TAG, .tag = ARG(3), .size = ARG(4),
           .pool_from = PH_API_POOL_TYPE, .pool = ARG(2), .cleanup = 4 * 7}},
    {198, {.name = "WdfLookasideListCreate", .kind = PH_API_DRIVER_TAG, .tag = ARG(5),
           .size = ARG(2), .pool_from = PH_API_POOL_TYPE, .pool = ARG(3), .cleanup = 4 * 7}},
};
/* clang-format on */

const struct ph_api *ph_api_by_name(struct ph_slice name)
{
    for (size_t i = 0; i < sizeof(APIS) / sizeof(APIS[0]); i++)
        if (ph_slice_is(name, APIS[i].name))
            return &APIS[i];
    return NULL;
}

const struct ph_wdf_function *ph_wdf_functions(size_t *count)
{
    *count = sizeof(WDF) / sizeof(WDF[0]);
    return WDF;
}

bool ph_api_allocates(const struct ph_api *api)
{
    return api->kind < PH_API_FREE;
}
