/* parallel.h - the same work on many items, on several threads. */
#ifndef PH_BASE_PARALLEL_H
#define PH_BASE_PARALLEL_H

#include <stddef.h>

#include "base/error.h"

/* Calls `work(context, item)` once for each item 0..count-1, from at most `threads` threads
 * (0 = one for each processor), in order of the items as far as one thread is concerned. The first
 * error stops the rest and is returned; an interrupt (os.h) stops it without an error. When no
 * thread can be started the work is done here. */
struct ph_error *ph_parallel(size_t count, unsigned threads,
                             struct ph_error *(*work)(void *context, size_t item),
                             void *context) PH_MUST_CHECK;

/* A lock for what the work shares. */
struct ph_mutex;
struct ph_error *ph_mutex_new(struct ph_mutex **mutex) PH_MUST_CHECK;
void ph_mutex_lock(struct ph_mutex *mutex);
void ph_mutex_unlock(struct ph_mutex *mutex);
void ph_mutex_free(struct ph_mutex *mutex); /* NULL is allowed */
void ph_mutex_freep(struct ph_mutex **mutex);

#endif
