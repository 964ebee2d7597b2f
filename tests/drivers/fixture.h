/* fixture.h - the few kernel declarations that the fixture drivers use. They are written down from
 * Microsoft's public reference of each routine, so that no driver kit is needed. Structures have
 * only the fields up to the last one that matters.
 *
 * Every fixture holds one idiom (tests/drivers/README.md); what it allocates with stands in
 * fixtures.manifest. A value that the compiler must not know comes from unknown(); a result that it
 * must not drop goes to keep().
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#if !defined(IMPORT)
#define IMPORT __declspec(dllimport) /* call through the slot, as the kit's headers have it */
#endif
#define STD __stdcall /* means something on x86 only */
#define NOINLINE __attribute__((noinline))
#define EXPORT __declspec(dllexport)

typedef unsigned char UCHAR;
typedef unsigned short USHORT, WCHAR;
typedef unsigned int ULONG;
typedef unsigned long long ULONG64;
typedef __SIZE_TYPE__ SIZE_T;

/* 'a' comes first in memory: TAG('L','e','a','k') is what poolmon shows as Leak */
#define TAG(a, b, c, d)                                                                            \
    ((ULONG)(UCHAR)(a) | (ULONG)(UCHAR)(b) << 8 | (ULONG)(UCHAR)(c) << 16 | (ULONG)(UCHAR)(d) << 24)

/* POOL_TYPE and the POOL_FLAGS of ExAllocatePool2 */
enum { NonPagedPool = 0, PagedPool = 1, NonPagedPoolNx = 512 };
#define POOL_FLAG_NON_PAGED 0x40ull
#define POOL_FLAG_PAGED 0x100ull

typedef struct {
    USHORT Length, MaximumLength;
    const WCHAR *Buffer;
} UNICODE_STRING;

/* ntoskrnl.exe */
IMPORT void *STD ExAllocatePool(int type, SIZE_T size);
IMPORT void *STD ExAllocatePoolWithQuota(int type, SIZE_T size);
IMPORT void *STD ExAllocatePoolWithTag(int type, SIZE_T size, ULONG tag);
IMPORT void *STD ExAllocatePoolWithQuotaTag(int type, SIZE_T size, ULONG tag);
IMPORT void *STD ExAllocatePoolWithTagPriority(int type, SIZE_T size, ULONG tag, int priority);
IMPORT void *STD ExAllocatePool2(ULONG64 flags, SIZE_T size, ULONG tag);
IMPORT void *STD ExAllocatePool3(ULONG64 flags, SIZE_T size, ULONG tag, const void *parameters,
                                 ULONG count);
IMPORT void *STD MmAllocateContiguousMemory(SIZE_T size, long long highest);
IMPORT void *STD MmAllocateMappingAddress(SIZE_T size, ULONG tag);
IMPORT void *STD ExAllocateCacheAwareRundownProtection(int type, ULONG tag);
IMPORT void *STD FsRtlAllocatePoolWithTag(int type, SIZE_T size, ULONG tag);
IMPORT void STD ExFreePoolWithTag(void *memory, ULONG tag);
IMPORT void STD ExInitializeNPagedLookasideList(void *list, void *allocate, void *release,
                                                ULONG flags, SIZE_T size, ULONG tag, USHORT depth);
IMPORT void STD ExInitializePagedLookasideList(void *list, void *allocate, void *release,
                                               ULONG flags, SIZE_T size, ULONG tag, USHORT depth);
IMPORT int STD ExInitializeLookasideListEx(void *list, void *allocate, void *release, int type,
                                           ULONG flags, SIZE_T size, ULONG tag, USHORT depth);
IMPORT void *STD MmGetSystemRoutineAddress(UNICODE_STRING *name);
IMPORT int STD ZwQueryValueKey(void *key, UNICODE_STRING *name, int kind, void *value, ULONG size,
                               ULONG *used);

/* ndis.sys, fltmgr.sys, storport.sys, videoprt.sys, rdbss.sys, wdfldr.sys */
IMPORT int STD NdisAllocateMemoryWithTag(void **memory, ULONG size, ULONG tag);
IMPORT void *STD NdisAllocateMemoryWithTagPriority(void *handle, ULONG size, ULONG tag,
                                                   int priority);
IMPORT void STD NdisInitializeNPagedLookasideList(void *list, void *allocate, void *release,
                                                  ULONG flags, ULONG size, ULONG tag, USHORT depth);
IMPORT void *STD NdisAllocateNetBufferListPool(void *handle, const void *parameters);
IMPORT void *STD NdisAllocateNetBufferPool(void *handle, const void *parameters);
IMPORT void *STD FltAllocatePoolAlignedWithTag(void *instance, int type, SIZE_T size, ULONG tag);
IMPORT int STD FltRegisterFilter(void *driver, const void *registration, void **filter);
IMPORT ULONG __cdecl StorPortExtendedFunction(ULONG code, void *device, ...);
IMPORT void *STD VideoPortAllocatePool(void *device, int type, SIZE_T size, ULONG tag);
IMPORT void *STD RxAllocatePoolWithTag(int type, SIZE_T size, ULONG tag);
IMPORT int STD WdfVersionBind(void *driver, UNICODE_STRING *path, void *bind, void **globals);

int STD DriverEntry(void *driver, UNICODE_STRING *path);

extern void *volatile kept;
extern volatile ULONG unknown_value;

static inline void keep(void *memory)
{
    kept = memory;
}

static inline ULONG unknown(void)
{
    return unknown_value;
}

/* Once in every fixture. unknown_value has no initial value that could be taken for a constant: it
 * is written at run time. */
#define FIXTURE                                                                                    \
    void *volatile kept;                                                                           \
    volatile ULONG unknown_value;                                                                  \
    static inline void begin(UNICODE_STRING *path)                                                 \
    {                                                                                              \
        unknown_value = path->Length;                                                              \
    }

#endif
