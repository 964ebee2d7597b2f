#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "base/mem.h"

/* SQLite's own locks stand at 2^30; a database can reach 2^48 bytes. */
#define LOCK_BYTE (INT64_C(1) << 61)

struct ph_lock {
    int fd;
};

struct ph_error *ph_lock_take(const char *path, struct ph_lock **lock)
{
    struct flock wanted = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_BYTE, .l_len = 1};
    struct ph_lock *fresh = ph_alloc(sizeof(*fresh));

    if (!fresh)
        return ph_error_nomem();
    fresh->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    if (fresh->fd < 0) {
        struct ph_error *error = ph_error_errno(errno, "%s: cannot open for writing", path);
        ph_free(fresh);
        return error;
    }
    /* a lock of the open file: fcntl's classic ones would be lost with SQLite's next close() */
    if (fcntl(fresh->fd, F_OFD_SETLK, &wanted)) {
        int cause = errno;
        ph_lock_release(fresh);
        if (cause == EAGAIN || cause == EACCES)
            return ph_errorf(PH_ERR_BUSY,
                             "%s: another poolhound is recording into it; stop that one, or choose "
                             "another file",
                             path);
        return ph_error_errno(cause, "%s: cannot lock", path);
    }
    *lock = fresh;
    return NULL;
}

void ph_lock_release(struct ph_lock *lock)
{
    if (!lock)
        return;
    (void)close(lock->fd);
    ph_free(lock);
}
