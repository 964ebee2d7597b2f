/* Tags that nobody can read from the code: they must be counted as unresolved, not guessed. */
#include "fixture.h"

FIXTURE

struct partial_information {
    ULONG title, type, length;
    ULONG data[4];
};

/* the tag is the business of another driver */
EXPORT NOINLINE void *STD OpenAllocate(ULONG tag, SIZE_T size)
{
    void *memory = ExAllocatePoolWithTag(NonPagedPool, size, tag);

    if (!memory)
        unknown_value++;
    return memory;
}

/* the tag is set in the registry */
NOINLINE void from_registry(void *key, UNICODE_STRING *name)
{
    struct partial_information value;
    ULONG used;

    value.data[0] = 0;
    if (!ZwQueryValueKey(key, name, 2, &value, sizeof(value), &used))
        keep(ExAllocatePoolWithTag(PagedPool, used, value.data[0]));
}

NOINLINE void known(SIZE_T size)
{
    keep(ExAllocatePoolWithTag(PagedPool, size, TAG('U', 'n', 'k', 'K')));
}

int STD DriverEntry(void *driver, UNICODE_STRING *path)
{
    begin(path);
    from_registry(driver, path);
    known(unknown());
    return 0;
}
