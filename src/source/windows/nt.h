/* nt.h - the questions that Windows' kernel is asked, behind a table that tests replace.
 *
 * Only nt_windows.c calls the system; everything that understands an answer takes bytes and runs,
 * is tested and is fuzzed on every system. Numbers of classes and who may ask them: phnt
 * (ntexapi.h) and learn.microsoft.com; layouts stand at the heads of their parsers.
 */
#ifndef PH_SOURCE_WINDOWS_NT_H
#define PH_SOURCE_WINDOWS_NT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

/* Classes of NtQuerySystemInformation. */
enum ph_nt_class {
    PH_NT_PERFORMANCE = 2,
    PH_NT_PROCESSES = 5,
    PH_NT_MODULES = 11,
    PH_NT_POOL_TAGS = 22, /* counters of 32 bits, which wrap */
    PH_NT_LOOKASIDE = 45,
    PH_NT_HANDLES = 64, /* SystemExtendedHandleInformation */
    PH_NT_BIG_POOL = 66,
    PH_NT_SESSION_POOL_TAGS = 67,
    PH_NT_MEMORY_LIST = 80,
    PH_NT_POOL_TAGS_2 = 255 /* counters of 64 bits, since 26H1 */
};

enum {
    PH_NT_INFO_CLASS = 0xC0000003u,      /* STATUS_INVALID_INFO_CLASS: this Windows has it not */
    PH_NT_LENGTH_MISMATCH = 0xC0000004u, /* the buffer is too small */
    PH_NT_ACCESS_DENIED = 0xC0000022u,
    PH_NT_NOT_IMPLEMENTED = 0xC0000002u,
    PH_NT_PRIVILEGE_NOT_HELD = 0xC0000061u,
    PH_NT_BUFFER_OVERFLOW = 0x80000005u,
    PH_NT_BUFFER_TOO_SMALL = 0xC0000023u
};

struct ph_nt {
    void *context;
    unsigned pointer_bytes; /* 4 or 8: of the structures that come back */
    bool translated; /* a 32-bit program on a 64-bit Windows, which translates some answers */
    /* NtQuerySystemInformation: fills at most `size` bytes; `*returned` = bytes filled, or needed
     * where there was no room. Returns the NTSTATUS. */
    uint32_t (*system)(void *context, uint32_t which, void *bytes, size_t size, uint32_t *returned);
    /* NtQueryObject, class 3 (ObjectTypesInformation); the same rules. */
    uint32_t (*object_types)(void *context, void *bytes, size_t size, uint32_t *returned);
};

/* The system poolhound runs on; NULL where that is no Windows. */
const struct ph_nt *ph_nt_live(void);

/* Replaces `answer` with the whole answer, asking again with more room as long as the system wants
 * more (it grows between calls). `*status` = the last NTSTATUS; when that is an error, the answer
 * is empty and it is the caller's to say what is missing (ph_nt_words). Error: out of memory; an
 * answer beyond 256 MB. `*answer` keeps its room for the next question. */
struct ph_error *ph_nt_ask(const struct ph_nt *nt, uint32_t which, struct ph_text *answer,
                           uint32_t *status) PH_MUST_CHECK;
struct ph_error *ph_nt_ask_object_types(const struct ph_nt *nt, struct ph_text *answer,
                                        uint32_t *status) PH_MUST_CHECK;
/* "this Windows does not have it (STATUS_INVALID_INFO_CLASS)", "access denied ..."; static, or in
 * `buffer` for a status without a name. */
const char *ph_nt_words(uint32_t status, char buffer[64]);

#endif
