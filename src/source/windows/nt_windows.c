#include <windows.h>

#include <winternl.h>

#include "source/windows/nt.h"

/* Every answer is read as bytes, so the header's structures do not matter. */
static uint32_t ask_system(void *context, uint32_t which, void *bytes, size_t size,
                           uint32_t *returned)
{
    ULONG told = 0;

    (void)context;
    NTSTATUS status = NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)which, bytes,
                                               size > UINT32_MAX ? UINT32_MAX : (ULONG)size, &told);
    *returned = told;
    return (uint32_t)status;
}

static uint32_t ask_object_types(void *context, void *bytes, size_t size, uint32_t *returned)
{
    enum { OBJECT_TYPES = 3 }; /* ObjectTypesInformation; of no object in particular */
    ULONG told = 0;

    (void)context;
    NTSTATUS status = NtQueryObject(NULL, (OBJECT_INFORMATION_CLASS)OBJECT_TYPES, bytes,
                                    size > UINT32_MAX ? UINT32_MAX : (ULONG)size, &told);
    *returned = told;
    return (uint32_t)status;
}

static bool is_translated(void)
{
    BOOL translated = FALSE;

    return IsWow64Process(GetCurrentProcess(), &translated) && translated;
}

const struct ph_nt *ph_nt_live(void)
{
    static struct ph_nt live = {
        .pointer_bytes = sizeof(void *),
        .system = ask_system,
        .object_types = ask_object_types,
    };

    live.translated = is_translated();
    return &live;
}
