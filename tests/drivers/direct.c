/* The tag is a constant at the call: the plain case, and tags that are easily misread. */
#include "fixture.h"

FIXTURE

NOINLINE void tags_of_all_sorts(SIZE_T size)
{
    keep(ExAllocatePoolWithTag(NonPagedPool, 4096, TAG('D', 'i', 'r', 'N')));
    keep(ExAllocatePoolWithTag(NonPagedPoolNx, 128, TAG('D', 'i', 'r', 'X')));
    keep(ExAllocatePoolWithTag(PagedPool, size, TAG('D', 'i', 'r', 'P')));
    /* blanks count */
    keep(ExAllocatePoolWithTag(PagedPool, size, TAG('I', 'o', ' ', ' ')));
    /* a 0 at the end, and a tag of three: neither is found as four characters of text */
    keep(ExAllocatePoolWithTag(PagedPool, size, TAG('I', 'C', 'C', 0)));
    /* fits in 16 bits, one movz on ARM64 and one byte of code less on x86 */
    keep(ExAllocatePoolWithTag(PagedPool, size, TAG('A', 'b', 0, 0)));
}

/* PROTECTED_POOL: the highest bit asks that the free names the tag too; it is no part of the tag.
 */
NOINLINE void guarded(SIZE_T size)
{
    void *memory = ExAllocatePoolWithTag(NonPagedPool, size, TAG('P', 'r', 'o', 't') | 0x80000000u);

    keep(memory);
    if (unknown() == 7)
        ExFreePoolWithTag(memory, TAG('P', 'r', 'o', 't') | 0x80000000u);
}

int STD DriverEntry(void *driver, UNICODE_STRING *path)
{
    (void)driver;
    begin(path);
    tags_of_all_sorts(unknown());
    guarded(unknown());
    return 0;
}
