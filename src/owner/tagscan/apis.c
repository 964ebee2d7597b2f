/* apis.c - the routines that take a pool tag, by Microsoft's public reference of each.
 *
 * An argument's two numbers differ where 64-bit arguments come before it: on x86 they take two
 * dwords of the stack (POOL_FLAGS, PHYSICAL_ADDRESS).
 */
#include "owner/tagscan/apis.h"

#include "base/text.h"

#define ARG(n)                                                                                     \
    {                                                                                              \
        (n), (n)                                                                                   \
    }
#define SPLIT(wide, narrow)                                                                        \
    {                                                                                              \
        (wide), (narrow)                                                                           \
    }
#define NO_ARG ARG(PH_NO_ARGUMENT)

#define TAGGED(name_, tag_, size_, from_, pool_, dwords_)                                          \
    {                                                                                              \
        .name = (name_), .kind = PH_API_TAG, .tag = tag_, .size = size_, .pool_from = (from_),     \
        .pool = pool_, .cleanup = 4 * (dwords_)                                                    \
    }
#define FIXED(name_, fixed_, size_, from_, pool_, dwords_)                                         \
    {                                                                                              \
        .name = (name_), .kind = PH_API_FIXED, .tag = NO_ARG, .size = size_, .pool_from = (from_), \
        .pool = pool_, .cleanup = 4 * (dwords_), .fixed = (fixed_)                                 \
    }
#define STRUCTURE(name_, tag_, offset_, dwords_)                                                   \
    {                                                                                              \
        .name = (name_), .kind = PH_API_STRUCTURE, .tag = ARG(tag_), .size = NO_ARG,               \
        .pool_from = PH_API_POOL_NONPAGED, .pool = NO_ARG, .offset = ARG(offset_),                 \
        .cleanup = 4 * (dwords_)                                                                   \
    }
#define OTHER(name_, kind_, tag_, dwords_)                                                         \
    {                                                                                              \
        .name = (name_), .kind = (kind_), .tag = ARG(tag_), .size = NO_ARG, .pool = NO_ARG,        \
        .cleanup = 4 * (dwords_)                                                                   \
    }

/* clang-format off */
static const struct ph_api APIS[] = {
    TAGGED("ExAllocatePoolWithTag", ARG(2), ARG(1), PH_API_POOL_TYPE, ARG(0), 3),
    TAGGED("ExAllocatePool2", SPLIT(2, 3), SPLIT(1, 2), PH_API_POOL_FLAGS, ARG(0), 4),
    TAGGED("ExAllocatePool3", SPLIT(2, 3), SPLIT(1, 2), PH_API_POOL_FLAGS, ARG(0), 6),
    TAGGED("ExAllocatePoolWithQuotaTag", ARG(2), ARG(1), PH_API_POOL_TYPE, ARG(0), 3),
    TAGGED("ExAllocatePoolWithTagPriority", ARG(2), ARG(1), PH_API_POOL_TYPE, ARG(0), 4),
    TAGGED("ExAllocatePoolZero", ARG(2), ARG(1), PH_API_POOL_TYPE, ARG(0), 3),
    TAGGED("ExAllocatePoolUninitialized", ARG(2), ARG(1), PH_API_POOL_TYPE, ARG(0), 3),
    TAGGED("ExAllocatePoolQuotaZero", ARG(2), ARG(1), PH_API_POOL_TYPE, ARG(0), 3),
    TAGGED("ExAllocatePoolQuotaUninitialized", ARG(2), ARG(1), PH_API_POOL_TYPE, ARG(0), 3),
    FIXED("ExAllocatePool", "None", ARG(1), PH_API_POOL_TYPE, ARG(0), 2),
    FIXED("ExAllocatePoolWithQuota", "None", ARG(1), PH_API_POOL_TYPE, ARG(0), 2),
    FIXED("MmAllocateContiguousMemory", "Cont", ARG(0), PH_API_POOL_NONPAGED, NO_ARG, 3),
    FIXED("MmAllocateContiguousMemorySpecifyCache", "Cont", ARG(0), PH_API_POOL_NONPAGED, NO_ARG, 8),
    FIXED("MmAllocateContiguousMemorySpecifyCacheNode", "Cont", ARG(0), PH_API_POOL_NONPAGED, NO_ARG, 9),
    FIXED("MmAllocateContiguousNodeMemory", "Cont", ARG(0), PH_API_POOL_NONPAGED, NO_ARG, 9),
    TAGGED("MmAllocateContiguousMemoryEx", SPLIT(7, 10), NO_ARG, PH_API_POOL_NONPAGED, NO_ARG, 13),
    TAGGED("MmAllocateMappingAddress", ARG(1), ARG(0), PH_API_POOL_NOT_SAID, NO_ARG, 2),
    TAGGED("ExAllocateCacheAwareRundownProtection", ARG(1), NO_ARG, PH_API_POOL_TYPE, ARG(0), 2),
    TAGGED("ExInitializeNPagedLookasideList", ARG(5), ARG(4), PH_API_POOL_NONPAGED, NO_ARG, 7),
    TAGGED("ExInitializePagedLookasideList", ARG(5), ARG(4), PH_API_POOL_PAGED, NO_ARG, 7),
    TAGGED("ExInitializeLookasideListEx", ARG(6), ARG(5), PH_API_POOL_TYPE, ARG(3), 8),
    TAGGED("FsRtlAllocatePoolWithTag", ARG(2), ARG(1), PH_API_POOL_TYPE, ARG(0), 3),
    TAGGED("FsRtlAllocatePoolWithQuotaTag", ARG(2), ARG(1), PH_API_POOL_TYPE, ARG(0), 3),
    TAGGED("FsRtlAllocateExtraCreateParameter", ARG(4), ARG(1), PH_API_POOL_NOT_SAID, NO_ARG, 6),
    TAGGED("FsRtlInitExtraCreateParameterLookasideList", ARG(3), ARG(2), PH_API_POOL_NOT_SAID, NO_ARG, 4),
    TAGGED("RxAllocatePoolWithTag", ARG(2), ARG(1), PH_API_POOL_TYPE, ARG(0), 3),
    TAGGED("_RxAllocatePoolWithTag", ARG(2), ARG(1), PH_API_POOL_TYPE, ARG(0), 3),

    TAGGED("FltAllocatePoolAlignedWithTag", ARG(3), ARG(2), PH_API_POOL_TYPE, ARG(1), 4),
    TAGGED("FltAllocateExtraCreateParameter", ARG(5), ARG(2), PH_API_POOL_NOT_SAID, NO_ARG, 7),
    TAGGED("FltInitExtraCreateParameterLookasideList", ARG(4), ARG(3), PH_API_POOL_NOT_SAID, NO_ARG, 5),
    OTHER("FltRegisterFilter", PH_API_CONTEXTS, 1, 3),

    TAGGED("NdisAllocateMemoryWithTag", ARG(2), ARG(1), PH_API_POOL_NONPAGED, NO_ARG, 3),
    TAGGED("NdisAllocateMemoryWithTagPriority", ARG(2), ARG(1), PH_API_POOL_NONPAGED, NO_ARG, 4),
    TAGGED("NdisInitializeNPagedLookasideList", ARG(5), ARG(4), PH_API_POOL_NONPAGED, NO_ARG, 7),
    TAGGED("NdisAllocateGenericObject", ARG(1), ARG(2), PH_API_POOL_NONPAGED, NO_ARG, 3),
    TAGGED("NdisAllocateCloneOidRequest", ARG(2), NO_ARG, PH_API_POOL_NONPAGED, NO_ARG, 4),
    STRUCTURE("NdisAllocateNetBufferListPool", 1, 8, 2),
    STRUCTURE("NdisAllocateNetBufferPool", 1, 4, 2),
    STRUCTURE("NdisAllocateTimerObject", 1, 4, 3),

    TAGGED("VideoPortAllocatePool", ARG(3), ARG(2), PH_API_POOL_TYPE, ARG(1), 4),
    TAGGED("EngAllocMem", ARG(2), ARG(1), PH_API_POOL_NOT_SAID, NO_ARG, 3),
    TAGGED("EngAllocUserMem", ARG(1), ARG(0), PH_API_POOL_NOT_SAID, NO_ARG, 2),
    {.name = "StorPortExtendedFunction", .kind = PH_API_EXTENDED, .tag = ARG(3), .size = ARG(2),
     .pool_from = PH_API_POOL_NONPAGED, .pool = NO_ARG, .cleanup = 0},

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
    {116, {.name = "WdfDriverCreate", .kind = PH_API_DRIVER_CREATE, .tag = ARG(4), .size = NO_ARG,
           .pool = NO_ARG, .offset = SPLIT(0x1c, 0x10), .cleanup = 4 * 6}},
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
