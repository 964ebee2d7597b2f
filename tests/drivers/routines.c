/* Every routine of ntoskrnl that takes or implies a tag, and the two small ports. */
#include "fixture.h"

FIXTURE

NOINLINE void of_pool(SIZE_T size)
{
    keep(ExAllocatePoolWithQuotaTag(PagedPool, size, TAG('Q', 'u', 'o', 't')));
    keep(ExAllocatePoolWithTagPriority(PagedPool, size, TAG('P', 'r', 'i', 'o'), 16));
    keep(ExAllocatePool2(POOL_FLAG_NON_PAGED, size, TAG('T', 'w', 'o', 'N')));
    keep(ExAllocatePool2(POOL_FLAG_PAGED, size, TAG('T', 'w', 'o', 'P')));
    keep(ExAllocatePool3(POOL_FLAG_PAGED, size, TAG('T', 'h', 'r', '3'), 0, 0));
}

NOINLINE void of_fixed_tags(SIZE_T size)
{
    keep(ExAllocatePool(NonPagedPool, size));
    keep(ExAllocatePoolWithQuota(PagedPool, size + 1));
    keep(MmAllocateContiguousMemory(size, 0xffffffff));
}

NOINLINE void of_other_kinds(void *device, SIZE_T size)
{
    keep(MmAllocateMappingAddress(size, TAG('M', 'a', 'p', 'A')));
    keep(ExAllocateCacheAwareRundownProtection(NonPagedPool, TAG('R', 'u', 'n', 'd')));
    keep(FsRtlAllocatePoolWithTag(PagedPool, size, TAG('F', 's', 'R', 't')));
    keep(RxAllocatePoolWithTag(PagedPool, size, TAG('R', 'd', 'b', 's')));
    keep(VideoPortAllocatePool(device, 1, size, TAG('V', 'i', 'd', 'P')));
}

int STD DriverEntry(void *driver, UNICODE_STRING *path)
{
    begin(path);
    of_pool(unknown());
    of_fixed_tags(unknown());
    of_other_kinds(driver, unknown());
    return 0;
}
