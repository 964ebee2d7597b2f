/* Idiom 1: the constant is set once, far from its calls, in a register that calls preserve; and
 * idiom 6: the import's address is held in a register too. Several calls in several blocks with one
 * tag make every optimiser do both. */
#include "fixture.h"

FIXTURE

NOINLINE void one_tag(ULONG count)
{
    for (ULONG i = 0; i < count; i++) {
        keep(ExAllocatePoolWithTag(NonPagedPool, i * 16 + 8, TAG('H', 'o', 's', 't')));
        if (unknown() & 1)
            keep(ExAllocatePoolWithTag(NonPagedPool, i * 32 + 8, TAG('H', 'o', 's', 't')));
        else if (unknown() & 2)
            keep(ExAllocatePoolWithTag(NonPagedPool, i * 64 + 8, TAG('H', 'o', 's', 't')));
        for (ULONG k = 0; k < unknown(); k++)
            keep(ExAllocatePoolWithTag(NonPagedPool, k * 128 + 8, TAG('H', 'o', 's', 't')));
        ExFreePoolWithTag(kept, TAG('H', 'o', 's', 't'));
    }
}

/* Set before branches that jump away, used behind them. */
NOINLINE void chosen_early(ULONG count)
{
    ULONG tag = TAG('E', 'a', 'r', 'l');

    while (count--) {
        if (unknown() == 3) {
            kept = &count;
            continue;
        }
        keep(ExAllocatePoolWithTag(PagedPool, count, tag));
        if (unknown() == 5)
            tag = TAG('L', 'a', 't', 'e');
    }
}

int STD DriverEntry(void *driver, UNICODE_STRING *path)
{
    (void)driver;
    begin(path);
    one_tag(unknown());
    chosen_early(unknown());
    return 0;
}
