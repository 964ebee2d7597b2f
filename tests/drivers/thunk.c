/* Idiom 13: imports called through the linker's thunks, `jmp [slot]`. */
#define IMPORT
#include "fixture.h"

FIXTURE

NOINLINE void *wrapper(SIZE_T size, ULONG tag)
{
    void *memory = ExAllocatePoolWithTag(PagedPool, size, tag);

    if (!memory)
        unknown_value++;
    return memory;
}

NOINLINE void allocate(SIZE_T size)
{
    keep(ExAllocatePoolWithTag(NonPagedPool, size, TAG('T', 'h', 'u', '1')));
    keep(ExAllocatePool2(POOL_FLAG_PAGED, size, TAG('T', 'h', 'u', '2')));
    keep(wrapper(size, TAG('T', 'h', 'u', '3')));
}

int STD DriverEntry(void *driver, UNICODE_STRING *path)
{
    (void)driver;
    begin(path);
    allocate(unknown());
    return 0;
}
