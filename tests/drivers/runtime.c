/* Idiom 16: the routine's address is asked for by name at run time and called through a global. */
#include "fixture.h"

FIXTURE

typedef void *STD allocate2(ULONG64 flags, SIZE_T size, ULONG tag);
typedef void *STD allocate_with_tag(int type, SIZE_T size, ULONG tag);

#if defined(GUARD)
/* Control Flow Guard: the compiler calls through the loader's slots, which the load configuration
 * names (check at 0x70 and dispatch at 0x78; 0x48 and 0x4c on x86). */
#if defined(__x86_64__)
void dispatch(void);
__asm__(".globl dispatch\ndispatch: jmp *%rax");
void (*const __guard_dispatch_icall_fptr)(void) = dispatch;
#else
static void check(void)
{
}
void (*const __guard_check_icall_fptr)(void) = check;
#endif
const struct {
    ULONG size, rest[sizeof(SIZE_T) == 8 ? 27 : 17];
    const void *check, *dispatch;
    SIZE_T table[16];
} _load_config_used = {
    .size = sizeof(_load_config_used),
#if defined(__x86_64__)
    .dispatch = &__guard_dispatch_icall_fptr,
#else
    .check = &__guard_check_icall_fptr,
#endif
};
#endif

static allocate2 *pool2;
allocate_with_tag *with_tag;

static const WCHAR NAME2[] = u"ExAllocatePool2";
static const WCHAR NAME_WITH_TAG[] = u"ExAllocatePoolWithTag";
static UNICODE_STRING constant_name = {sizeof(NAME_WITH_TAG) - 2, sizeof(NAME_WITH_TAG),
                                       NAME_WITH_TAG};

NOINLINE void find(void)
{
    UNICODE_STRING name;

    name.Length = sizeof(NAME2) - 2;
    name.MaximumLength = sizeof(NAME2);
    name.Buffer = NAME2;
    pool2 = (allocate2 *)MmGetSystemRoutineAddress(&name);
    with_tag = (allocate_with_tag *)MmGetSystemRoutineAddress(&constant_name);
}

NOINLINE void allocate(SIZE_T size)
{
    if (pool2) {
        keep(pool2(POOL_FLAG_NON_PAGED, size, TAG('R', 't', 'P', '2')));
    } else {
        keep(with_tag(PagedPool, size, TAG('R', 't', 'W', 'T')));
        unknown_value++; /* so that the two calls are not merged into one of a chosen routine */
    }
}

int STD DriverEntry(void *driver, UNICODE_STRING *path)
{
    (void)driver;
    begin(path);
    find();
    allocate(unknown());
    return 0;
}
