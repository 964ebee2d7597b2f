#include <stdint.h>

#include "base/guard.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/wide_windows.h"

/* SQLite's own locks stand at 2^30; a database can reach 2^48 bytes. */
#define LOCK_BYTE (UINT64_C(1) << 61)

struct ph_lock {
    HANDLE file;
};

struct ph_error *ph_lock_take(const char *path, struct ph_lock **lock)
{
    OVERLAPPED at = {.OffsetHigh = (DWORD)(LOCK_BYTE >> 32)};
    ph_autofree wchar_t *wide = NULL;

    PH_TRY(ph_wide_path(path, &wide));
    struct ph_lock *fresh = ph_alloc(sizeof(*fresh));
    if (!fresh)
        return ph_error_nomem();
    fresh->file = CreateFileW(wide, GENERIC_READ | GENERIC_WRITE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (fresh->file == INVALID_HANDLE_VALUE) {
        struct ph_error *error =
            ph_error_windows(GetLastError(), "%s: cannot open for writing", path);
        ph_free(fresh);
        return error;
    }
    if (!LockFileEx(fresh->file, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0,
                    &at)) {
        DWORD cause = GetLastError();
        ph_lock_release(fresh);
        if (cause == ERROR_LOCK_VIOLATION || cause == ERROR_IO_PENDING)
            return ph_errorf(PH_ERR_BUSY,
                             "%s: another poolhound is recording into it; stop that one, or choose "
                             "another file",
                             path);
        return ph_error_windows(cause, "%s: cannot lock", path);
    }
    *lock = fresh;
    return NULL;
}

void ph_lock_release(struct ph_lock *lock)
{
    if (!lock)
        return;
    (void)CloseHandle(lock->file);
    ph_free(lock);
}
