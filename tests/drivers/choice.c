/* Idioms 9 and 10: one call, several tags: by a branch, without one (cmov, csel, setcc and
 * arithmetic), by a switch, and one known tag beside one that is not known. */
#include "fixture.h"

FIXTURE

NOINLINE void by_branch(ULONG kind, SIZE_T size)
{
    ULONG tag = TAG('B', 'r', 'a', 'A');

    if (kind == 3) {
        kept = &kind;
        unknown_value = kind;
        tag = TAG('B', 'r', 'a', 'B');
    }
    keep(ExAllocatePoolWithTag(NonPagedPool, size, tag));
}

NOINLINE void without_branch(ULONG kind, SIZE_T size)
{
    keep(ExAllocatePoolWithTag(NonPagedPool, size,
                               kind > 4 ? TAG('S', 'e', 'l', 'A') : TAG('S', 'e', 'l', 'B')));
}

/* Tags that differ by little tempt optimisers into arithmetic with the condition's bit. */
NOINLINE void by_arithmetic(ULONG kind, SIZE_T size)
{
    keep(ExAllocatePoolWithTag(NonPagedPool, size,
                               kind ? TAG('0', 'r', 'i', 't') : TAG('1', 'r', 'i', 't')));
}

/* A mask of the condition, as older compilers make it: set, negate, and, add. */
NOINLINE void by_mask(ULONG kind, SIZE_T size)
{
    ULONG mask = (ULONG)0 - (ULONG)(kind < 9);

    keep(ExAllocatePoolWithTag(PagedPool, size,
                               (mask & (TAG('M', 's', 'k', 'A') - TAG('M', 's', 'k', 'B'))) +
                                   TAG('M', 's', 'k', 'B')));
}

NOINLINE void by_switch(ULONG kind, SIZE_T size)
{
    switch (kind) {
    case 0:
        keep(ExAllocatePoolWithTag(PagedPool, size, TAG('S', 'w', '0', '0')));
        unknown_value = 17;
        break;
    case 1:
        keep(ExAllocatePoolWithTag(PagedPool, 32, TAG('S', 'w', '0', '1')));
        kept = 0;
        break;
    case 2:
        keep(ExAllocatePoolWithTag(NonPagedPool, size * 2, TAG('S', 'w', '0', '2')));
        unknown_value++;
        break;
    case 3:
        keep(ExAllocatePoolWithTag(PagedPool, size + 7, TAG('S', 'w', '0', '3')));
        unknown_value--;
        break;
    case 4:
        keep(ExAllocatePoolWithTag(PagedPool, size ^ 5, TAG('S', 'w', '0', '4')));
        break;
    case 5:
        kept = &kind;
        keep(ExAllocatePoolWithTag(PagedPool, size / 3, TAG('S', 'w', '0', '5')));
        break;
    default:
        break;
    }
}

/* the caller's tag when it has one: known beside unknown */
NOINLINE void with_default(const ULONG *wish, SIZE_T size)
{
    ULONG tag = wish[1] ? wish[1] : TAG('D', 'f', 'l', 't');

    keep(ExAllocatePoolWithTag(NonPagedPool, size, tag));
}

int STD DriverEntry(void *driver, UNICODE_STRING *path)
{
    begin(path);
    by_branch(unknown(), unknown());
    without_branch(unknown(), unknown());
    by_arithmetic(unknown(), unknown());
    by_mask(unknown(), unknown());
    by_switch(unknown(), unknown());
    with_default(driver, unknown());
    return 0;
}
