#include "base/wide_windows.h"

#include <errno.h>
#include <string.h>

#include "base/guard.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/text.h"

wchar_t *ph_wide(const char *utf8)
{
    int size = MultiByteToWideChar(CP_UTF8, 0, utf8, -1, NULL, 0);
    wchar_t *wide = ph_zalloc((size_t)(size > 0 ? size : 0) + 1, sizeof(*wide));

    if (wide && size > 0)
        (void)MultiByteToWideChar(CP_UTF8, 0, utf8, -1, wide, size);
    return wide;
}

char *ph_narrow(const wchar_t *wide)
{
    int size = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    char *utf8 = ph_zalloc((size_t)(size > 0 ? size : 0) + 1, 1);

    if (utf8 && size > 0)
        (void)WideCharToMultiByte(CP_UTF8, 0, wide, -1, utf8, size, NULL, NULL);
    return utf8;
}

/* ------------------------------------------------------------------ paths */

static struct ph_error *full_path(const char *path, const wchar_t *wide, wchar_t **full)
{
    DWORD room = GetFullPathNameW(wide, 0, NULL, NULL);

    for (;;) { /* another thread may change the directory in between */
        ph_autofree wchar_t *made = ph_zalloc((size_t)room + 1, sizeof(*made));
        if (!made)
            return ph_error_nomem();
        DWORD length = GetFullPathNameW(wide, room, made, NULL);
        if (!length)
            return ph_error_windows(GetLastError(), "%s", path);
        if (length < room) {
            *full = ph_steal(made);
            return NULL;
        }
        room = length + 1;
    }
}

struct ph_error *ph_wide_path(const char *path, wchar_t **wide)
{
    static const wchar_t LONG[] = L"\\\\?\\", SERVER[] = L"\\\\?\\UNC";

    if (!*path)
        return ph_errorf(PH_ERR_USAGE, "the name of a file is empty");
    if (!MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, NULL, 0))
        return ph_errorf(PH_ERR_USAGE, "%s: the name is not UTF-8", path);
    ph_autofree wchar_t *given = ph_wide(path), *full = NULL;
    if (!given)
        return ph_error_nomem();
    if (!wcsncmp(given, LONG, 4)) {
        *wide = ph_steal(given);
        return NULL;
    }
    PH_TRY(full_path(path, given, &full));
    if (!full) /* never: for the analyzer */
        return ph_error_nomem();
    bool device = !wcsncmp(full, L"\\\\.\\", 4) || !wcsncmp(full, LONG, 4);
    bool server = !device && !wcsncmp(full, L"\\\\", 2);
    const wchar_t *prefix = device ? L"" : server ? SERVER : LONG;
    const wchar_t *rest = server ? full + 1 : full;
    size_t room = wcslen(prefix) + wcslen(rest) + 1;
    wchar_t *made = ph_zalloc(room, sizeof(*made));
    if (!made)
        return ph_error_nomem();
    memcpy(made, prefix, wcslen(prefix) * sizeof(*made));
    memcpy(made + wcslen(prefix), rest, wcslen(rest) * sizeof(*made));
    *wide = made;
    return NULL;
}

/* ------------------------------------------------------------------ errors */

/* The words of errno where the case is the same on every system. */
static const struct {
    DWORD number;
    int same_as;
} SAME[] = {
    {ERROR_FILE_NOT_FOUND, ENOENT},
    {ERROR_PATH_NOT_FOUND, ENOENT},
    {ERROR_INVALID_DRIVE, ENOENT},
    {ERROR_BAD_NETPATH, ENOENT},
    {ERROR_BAD_NET_NAME, ENOENT},
    {ERROR_ACCESS_DENIED, EACCES},
    {ERROR_PRIVILEGE_NOT_HELD, EPERM},
    {ERROR_WRITE_PROTECT, EROFS},
    {ERROR_DISK_FULL, ENOSPC},
    {ERROR_HANDLE_DISK_FULL, ENOSPC},
    {ERROR_FILE_EXISTS, EEXIST},
    {ERROR_ALREADY_EXISTS, EEXIST},
    {ERROR_NOT_ENOUGH_MEMORY, ENOMEM},
    {ERROR_OUTOFMEMORY, ENOMEM},
    {ERROR_DIRECTORY, ENOTDIR},
    {ERROR_BROKEN_PIPE, EPIPE},
    {ERROR_NO_DATA, EPIPE},
    {ERROR_CRC, EIO},
    {ERROR_IO_DEVICE, EIO},
};

static const struct {
    DWORD number;
    enum ph_error_code code;
    const char *words;
} OWN[] = {
    {ERROR_SHARING_VIOLATION, PH_ERR_BUSY,
     "another program has it open and shares it with nobody; end that one, or copy the file first"},
    {ERROR_LOCK_VIOLATION, PH_ERR_BUSY, "another program has locked it"},
    {ERROR_INVALID_NAME, PH_ERR_USAGE, "Windows allows no such name"},
    {ERROR_BAD_PATHNAME, PH_ERR_USAGE, "Windows allows no such path"},
    {ERROR_FILENAME_EXCED_RANGE, PH_ERR_USAGE, "the name is too long"},
    {ERROR_NOT_READY, PH_ERR_IO, "the drive is not ready"},
};

/* The system's sentence in English, or in its own language where it has no English; one line. */
static void system_words(DWORD number, struct ph_text *out)
{
    wchar_t wide[512];
    DWORD flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS;
    DWORD length = FormatMessageW(flags, NULL, number, MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US),
                                  wide, sizeof(wide) / sizeof(wide[0]), NULL);

    if (!length)
        length = FormatMessageW(flags, NULL, number, 0, wide, sizeof(wide) / sizeof(wide[0]), NULL);
    while (length && (wide[length - 1] <= L' ' || wide[length - 1] == L'.'))
        length--;
    for (DWORD i = 0; i < length; i++)
        wide[i] = wide[i] < L' ' ? L' ' : wide[i];
    if (length < sizeof(wide) / sizeof(wide[0]))
        wide[length] = 0;
    ph_autofree char *words = length ? ph_narrow(wide) : NULL;
    if (words)
        ph_text_printf(out, "%s ", words);
    ph_text_printf(out, "(error %lu)", (unsigned long)number);
}

struct ph_error *ph_error_windows(DWORD number, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    ph_autofree char *what = ph_vformat(format, args);
    va_end(args);
    if (!what)
        return ph_error_nomem();
    for (size_t i = 0; i < sizeof(SAME) / sizeof(SAME[0]); i++)
        if (SAME[i].number == number)
            return ph_error_errno(SAME[i].same_as, "%s", what);
    for (size_t i = 0; i < sizeof(OWN) / sizeof(OWN[0]); i++)
        if (OWN[i].number == number)
            return ph_errorf(OWN[i].code, "%s: %s", what, OWN[i].words);
    PH_GUARD(ph_text_fini) struct ph_text words = {0};
    system_words(number, &words);
    if (words.failed)
        return ph_error_nomem();
    return ph_errorf(PH_ERR_IO, "%s: %s", what, words.data);
}
