/* NDIS: tags as arguments, and in structures on the stack (idioms 5 and 15). */
#include "fixture.h"

FIXTURE

/* NET_BUFFER_LIST_POOL_PARAMETERS and NET_BUFFER_POOL_PARAMETERS */
struct list_pool {
    UCHAR type, revision;
    USHORT size;
    UCHAR protocol, allocate_buffer;
    USHORT context_size;
    ULONG tag, data_size, flags;
};
struct buffer_pool {
    UCHAR type, revision;
    USHORT size;
    ULONG tag, data_size;
};

static char list[256];

NOINLINE void of_arguments(void *adapter, ULONG size)
{
    void *memory;

    if (!NdisAllocateMemoryWithTag(&memory, size, TAG('N', 'd', 'M', '1')))
        keep(memory);
    keep(NdisAllocateMemoryWithTagPriority(adapter, size, TAG('N', 'd', 'M', '2'), 16));
    NdisInitializeNPagedLookasideList(list, 0, 0, 0, size, TAG('N', 'd', 'L', 'k'), 0);
}

NOINLINE void of_list_pool(void *adapter)
{
    struct list_pool parameters = {
        0x80, 1, sizeof(parameters), 0, 1, 32, TAG('N', 'b', 'L', 'P'), unknown(), 0};

    keep(NdisAllocateNetBufferListPool(adapter, &parameters));
}

NOINLINE void of_buffer_pool(void *adapter)
{
    struct buffer_pool parameters = {0x80, 1, sizeof(parameters), TAG('N', 'b', 'P', 'l'),
                                     unknown()};

    keep(NdisAllocateNetBufferPool(adapter, &parameters));
}

int STD DriverEntry(void *driver, UNICODE_STRING *path)
{
    begin(path);
    of_arguments(driver, unknown());
    of_list_pool(driver);
    of_buffer_pool(driver);
    return 0;
}
