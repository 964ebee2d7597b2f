/* Idioms 2 and 3: the driver's own allocation functions, one to four deep, with arguments in
 * another order, as tail calls, and functions that are only a tail call. */
#include "fixture.h"

FIXTURE

NOINLINE void *depth_one(SIZE_T size, ULONG tag)
{
    void *memory = ExAllocatePoolWithTag(NonPagedPool, size + 8, tag);

    if (memory)
        *(ULONG *)memory = (ULONG)size;
    return memory;
}

NOINLINE void *depth_two(ULONG tag, SIZE_T size)
{
    char *memory = depth_one(size + 16, tag);

    return memory ? memory + 16 : 0;
}

NOINLINE void *depth_three(void *device, ULONG tag, SIZE_T size)
{
    void *memory = depth_two(tag, size);

    if (!memory)
        kept = device;
    return memory;
}

NOINLINE void *depth_four(int a, int b, SIZE_T size, int c, int d, ULONG tag)
{
    void *memory = depth_three((void *)kept, tag, size);

    if (memory)
        ((int *)memory)[0] = a + b + c + d; /* the tag is the sixth: on the stack on x64 */
    return memory;
}

/* pool type and size come from the caller as well, in another order than the routine's */
NOINLINE void *turned(ULONG tag, int type, SIZE_T size)
{
    void *memory = ExAllocatePoolWithTag(type, size, tag);

    if (!memory)
        unknown_value++;
    return memory;
}

/* tail calls: `jmp` to the slot, with the tag of the caller and with its own */
NOINLINE void *jumps(ULONG tag, SIZE_T size)
{
    return ExAllocatePoolWithTag(PagedPool, size, tag);
}

NOINLINE void *leaf(SIZE_T size)
{
    return ExAllocatePoolWithTag(PagedPool, size, TAG('L', 'e', 'a', 'f'));
}

NOINLINE void *jumps_twice(SIZE_T size, ULONG tag)
{
    return jumps(tag, size);
}

/* static: gcc passes the arguments of such functions in registers on x86 */
static NOINLINE void *own_convention(SIZE_T size, ULONG tag)
{
    void *memory = ExAllocatePoolWithTag(NonPagedPool, size, tag);

    if (memory)
        ((ULONG *)memory)[1] = tag;
    return memory;
}

int STD DriverEntry(void *driver, UNICODE_STRING *path)
{
    begin(path);
    keep(depth_one(unknown(), TAG('W', 'r', '1', 'a')));
    keep(depth_one(unknown(), TAG('W', 'r', '1', 'b')));
    keep(depth_two(TAG('W', 'r', '2', 'a'), unknown()));
    keep(depth_two(TAG('W', 'r', '2', 'b'), unknown()));
    keep(depth_three(driver, TAG('W', 'r', '3', 'a'), unknown()));
    keep(depth_three(driver, TAG('W', 'r', '3', 'b'), unknown()));
    keep(depth_four(1, 2, unknown(), 3, 4, TAG('W', 'r', '4', 'a')));
    keep(depth_four(5, 6, unknown(), 7, 8, TAG('W', 'r', '4', 'b')));
    keep(turned(TAG('T', 'u', 'r', 'N'), NonPagedPool, unknown()));
    keep(turned(TAG('T', 'u', 'r', 'P'), PagedPool, 64));
    keep(jumps(TAG('J', 'm', 'p', '1'), unknown()));
    keep(jumps_twice(unknown(), TAG('J', 'm', 'p', '2')));
    keep(leaf(unknown()));
    keep(own_convention(unknown(), TAG('O', 'w', 'n', '1')));
    keep(own_convention(unknown(), TAG('O', 'w', 'n', '2')));
    return 0;
}
