/* Idioms 7, 8 and 15: the tag lies in memory: a constant table, a global with an initial value, a
 * global set at run time from an argument, a structure passed by pointer, and four bytes. */
#include "fixture.h"

FIXTURE

static const ULONG TAGS[] = {TAG('T', 'a', 'b', '0'), TAG('T', 'a', 'b', '1'),
                             TAG('T', 'a', 'b', '2'), TAG('T', 'a', 'b', '3')};

struct kind {
    SIZE_T size;
    ULONG tag;
};

/* not static: the compiler must load what somebody else could have written */
ULONG plain_tag = TAG('G', 'l', 'o', 'b');
ULONG late_tag;
const struct kind device_kind = {96, TAG('K', 'i', 'n', 'C')};
struct kind changing_kind = {48, TAG('K', 'i', 'n', 'W')};
signed char letters[4] = {'B', 'y', 't', 'e'};

NOINLINE void from_table(ULONG index)
{
    keep(ExAllocatePoolWithTag(NonPagedPool, 64, TAGS[index & 3]));
}

NOINLINE void from_global(SIZE_T size)
{
    keep(ExAllocatePoolWithTag(PagedPool, size, plain_tag));
}

NOINLINE void set_late_tag(ULONG tag)
{
    late_tag = tag;
    unknown_value++;
}

NOINLINE void from_late_global(SIZE_T size)
{
    keep(ExAllocatePoolWithTag(PagedPool, size, late_tag));
}

/* the object-type allocator: {size, tag} by pointer */
NOINLINE void *by_kind(const struct kind *kind)
{
    void *memory = ExAllocatePoolWithTag(NonPagedPool, kind->size, kind->tag);

    if (memory)
        *(SIZE_T *)memory = kind->size;
    return memory;
}

NOINLINE void from_kinds(void)
{
    struct kind local = {unknown(), TAG('K', 'i', 'n', 'S')};

    keep(by_kind(&device_kind));
    keep(by_kind(&changing_kind));
    keep(by_kind(&local));
}

NOINLINE void from_letters(SIZE_T size)
{
    volatile signed char *at = letters;
    ULONG tag = (ULONG)(UCHAR)at[0] | (ULONG)(UCHAR)at[1] << 8 | (ULONG)(UCHAR)at[2] << 16 |
                (ULONG)at[3] << 24;

    keep(ExAllocatePoolWithTag(NonPagedPool, size, tag));
}

int STD DriverEntry(void *driver, UNICODE_STRING *path)
{
    (void)driver;
    begin(path);
    set_late_tag(TAG('L', 'a', 't', 'G'));
    from_table(unknown());
    from_global(unknown());
    from_late_global(unknown());
    from_kinds();
    from_letters(unknown());
    return 0;
}
