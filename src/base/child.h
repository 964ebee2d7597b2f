/* child.h - work that goes on beside us, and may leak on purpose (poolhound demo). */
#ifndef PH_BASE_CHILD_H
#define PH_BASE_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "base/text.h"

struct ph_child;
/* Runs `work(context, write_end)`: on Linux in a forked process that exits with its result and dies
 * when the parent dies, on Windows in a thread. `write_end` is a stream to us, read with
 * ph_child_line(); the work ends when it cannot be written to any more. */
struct ph_error *ph_child_start(int (*work)(void *context, FILE *write_end), void *context,
                                struct ph_child **child) PH_MUST_CHECK;
/* Waits up to `timeout_ns` for one line from the child; false when none came. Replaces `line`. */
bool ph_child_line(struct ph_child *child, int64_t timeout_ns, struct ph_text *line);
/* Asks the child to end, waits, frees. NULL is allowed. */
void ph_child_stop(struct ph_child *child);
void ph_child_stopp(struct ph_child **child);

#endif
