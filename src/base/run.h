/* run.h - one question to another program of the system, bounded in time and output. */
#ifndef PH_BASE_RUN_H
#define PH_BASE_RUN_H

#include "base/error.h"
#include "base/text.h"

/* Runs `command` (absolute path first, NULL at the end) without a shell, with no input and an empty
 * environment but for LC_ALL=C, and appends at most `limit` bytes of its standard output. `*status`
 * is its exit status, -1 when it was ended by a signal or took longer than `timeout_ns` (it is
 * killed then). Errors: it cannot be started. */
struct ph_error *ph_run(const char *const *command, int64_t timeout_ns, size_t limit,
                        struct ph_text *output, int *status) PH_MUST_CHECK;

#endif
