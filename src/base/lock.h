/* lock.h - one process at a time for a file. */
#ifndef PH_BASE_LOCK_H
#define PH_BASE_LOCK_H

#include "base/error.h"

struct ph_lock;

/* Takes an exclusive lock for `path`, which is made (empty, for its owner only) when it is not
 * there. The lock stands on one byte far behind the end, where nothing is read or written, and the
 * system releases it when the process ends, however it ends. Others who do not ask for it are not
 * hindered. Errors: PH_ERR_BUSY when another process has it; the file cannot be opened for writing.
 */
struct ph_error *ph_lock_take(const char *path, struct ph_lock **lock) PH_MUST_CHECK;
/* NULL is allowed. */
void ph_lock_release(struct ph_lock *lock);

#endif
