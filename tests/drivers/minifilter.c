/* A file-system minifilter: a tag as argument, and tags of contexts in a constant registration. */
#include "fixture.h"

FIXTURE

/* FLT_CONTEXT_REGISTRATION and the first fields of FLT_REGISTRATION */
struct context {
    USHORT type, flags;
    void *cleanup;
    SIZE_T size;
    ULONG tag;
    void *allocate, *release, *reserved;
};
struct registration {
    USHORT size, version;
    ULONG flags;
    const struct context *contexts;
    const void *rest[14];
};

static const struct context CONTEXTS[] = {
    {1, 0, 0, 80, TAG('F', 'l', 't', 'V'), 0, 0, 0},
    {2, 0, 0, 40, TAG('F', 'l', 't', 'I'), 0, 0, 0},
    {8, 0, 0, (SIZE_T)-1, TAG('F', 'l', 't', 'S'), 0, 0, 0},
    {0xffff, 0, 0, 0, 0, 0, 0, 0},
};
static const struct registration REGISTRATION = {sizeof(REGISTRATION), 0x203, 0, CONTEXTS, {0}};
static void *filter;

NOINLINE void aligned(void *instance, SIZE_T size)
{
    keep(FltAllocatePoolAlignedWithTag(instance, NonPagedPool, size, TAG('F', 'l', 't', 'A')));
}

int STD DriverEntry(void *driver, UNICODE_STRING *path)
{
    begin(path);
    aligned(driver, unknown());
    return FltRegisterFilter(driver, &REGISTRATION, &filter);
}
