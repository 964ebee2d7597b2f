/* Idiom 18: the kernel's own case: the allocation routine is an export of the file itself, called
 * directly. */
#define ExAllocatePoolWithTag declared_as_import
#include "fixture.h"
#undef ExAllocatePoolWithTag

FIXTURE

EXPORT NOINLINE void *STD ExAllocatePoolWithTag(int type, SIZE_T size, ULONG tag)
{
    unknown_value = (ULONG)size + tag + (ULONG)type;
    return (void *)kept;
}

NOINLINE void *wrapper(SIZE_T size, ULONG tag)
{
    void *memory = ExAllocatePoolWithTag(PagedPool, size, tag);

    if (!memory)
        unknown_value++;
    return memory;
}

NOINLINE void allocate(SIZE_T size)
{
    keep(ExAllocatePoolWithTag(NonPagedPool, size, TAG('K', 'e', 'r', 'D')));
    keep(wrapper(size, TAG('K', 'e', 'r', 'W')));
}

int STD DriverEntry(void *driver, UNICODE_STRING *path)
{
    (void)driver;
    begin(path);
    allocate(unknown());
    return 0;
}
