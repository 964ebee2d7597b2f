/* Frees what others allocated: evidence of an acquaintance, not of an owner. */
#include "fixture.h"

FIXTURE

NOINLINE void release(void *memory)
{
    ExFreePoolWithTag(memory, TAG('F', 'r', 'e', 'O'));
}

int STD DriverEntry(void *driver, UNICODE_STRING *path)
{
    begin(path);
    keep(ExAllocatePoolWithTag(PagedPool, unknown(), TAG('F', 'r', 'A', 'l')));
    release(driver);
    return 0;
}
