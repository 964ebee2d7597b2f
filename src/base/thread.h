/* thread.h - one thread that works beside another, and how they wake each other.
 *
 * For the same work on many items see parallel.h, which also has the lock.
 */
#ifndef PH_BASE_THREAD_H
#define PH_BASE_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* A flag that can be waited for. */
struct ph_signal;
struct ph_error *ph_signal_new(struct ph_signal **signal) PH_MUST_CHECK;
void ph_signal_raise(struct ph_signal *signal);
/* Waits until the flag is raised, `deadline_ns` (boottime; INT64_MAX = for ever) passes, or
 * ph_interrupted(), which is noticed within a tenth of a second; takes the flag down. True when it
 * was raised. */
bool ph_signal_wait(struct ph_signal *signal, int64_t deadline_ns);
void ph_signal_free(struct ph_signal *signal); /* NULL is allowed */

struct ph_thread;
struct ph_error *ph_thread_start(void (*work)(void *context), void *context,
                                 struct ph_thread **thread) PH_MUST_CHECK;
/* Waits until the work has returned. NULL is allowed. */
void ph_thread_join(struct ph_thread *thread);

#endif
