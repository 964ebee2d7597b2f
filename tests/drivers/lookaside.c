/* Idiom 5: the tag of a lookaside list is the sixth or seventh argument, on the stack on x64. */
#include "fixture.h"

FIXTURE

static char lists[5][256];

NOINLINE void start(SIZE_T size)
{
    ExInitializeNPagedLookasideList(lists[0], 0, 0, 0, 200, TAG('L', 'o', 'o', 'N'), 0);
    ExInitializePagedLookasideList(lists[1], 0, 0, 0, size, TAG('L', 'o', 'o', 'P'), 0);
    (void)ExInitializeLookasideListEx(lists[2], 0, 0, NonPagedPoolNx, 0, 72,
                                      TAG('L', 'o', 'E', 'N'), 0);
    (void)ExInitializeLookasideListEx(lists[3], 0, 0, PagedPool, 0, size, TAG('L', 'o', 'E', 'P'),
                                      0);
}

/* the driver's own function before it */
NOINLINE int list_of(void *list, ULONG tag, SIZE_T size)
{
    return ExInitializeLookasideListEx(list, 0, 0, NonPagedPoolNx, 0, size, tag, 0);
}

int STD DriverEntry(void *driver, UNICODE_STRING *path)
{
    (void)driver;
    begin(path);
    start(unknown());
    return list_of(lists[4], TAG('L', 'o', 'E', 'W'), unknown());
}
