/* Storport's one function for many purposes: the fourth argument is a tag only for code 0. */
#include "fixture.h"

FIXTURE

enum { ExtFunctionAllocatePool = 0, ExtFunctionFreePool = 1, ExtFunctionOther = 0x1d };

NOINLINE void allocate(void *device, ULONG size)
{
    void *memory = 0;

    (void)StorPortExtendedFunction(ExtFunctionAllocatePool, device, size, TAG('S', 't', 'o', 'r'),
                                   &memory);
    keep(memory);
}

/* looks the same, and is none */
NOINLINE void other(void *device, ULONG size)
{
    void *memory = 0;

    (void)StorPortExtendedFunction(ExtFunctionOther, device, size, TAG('N', 'o', 'S', 't'),
                                   &memory);
    (void)StorPortExtendedFunction(ExtFunctionFreePool, device, kept);
    keep(memory);
}

int STD DriverEntry(void *driver, UNICODE_STRING *path)
{
    begin(path);
    allocate(driver, unknown());
    other(driver, unknown());
    return 0;
}
