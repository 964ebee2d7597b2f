/* wide_windows.h - UTF-8 inside, UTF-16 at Windows' door; for *_windows.c only. */
#ifndef PH_BASE_WIDE_WINDOWS_H
#define PH_BASE_WIDE_WINDOWS_H

#include <windows.h>

#include <stdbool.h>

#include "base/error.h"

/* Converts; invalid bytes become U+FFFD. Owned by the caller; NULL: out of memory. */
wchar_t *ph_wide(const char *utf8);
/* The other way; an unpaired surrogate becomes U+FFFD. */
char *ph_narrow(const wchar_t *wide);

/* A path as the system takes it without a limit of 260 characters: absolute, with backslashes and
 * the prefix \\?\ (learn.microsoft.com, "Naming Files, Paths, and Namespaces"); names of devices
 * (NUL, CON) stay such. Owned by the caller. Errors: empty, not UTF-8. */
struct ph_error *ph_wide_path(const char *path, wchar_t **wide) PH_MUST_CHECK;

/* Makes an error from GetLastError()'s value: "<text>: <words>", in the same words as elsewhere
 * where there are such, otherwise the system's with the number. */
struct ph_error *ph_error_windows(DWORD number, const char *format, ...)
    PH_PRINTF(2, 3) PH_MUST_CHECK PH_NEVER_NULL;

/* True in Wine, whose console takes the mode for sequences and shows them as characters. */
bool ph_in_wine(void);

/* Signalled from an interrupt on, until it is forgotten; NULL when interrupts are not caught. */
HANDLE ph_wake_handle(void);

#endif
