/* leak.h - kernel objects on purpose, for `poolhound demo` and the tests; freed by ending. */
#ifndef PH_BASE_LEAK_H
#define PH_BASE_LEAK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum ph_leak_kind { PH_LEAK_EVENTFD, PH_LEAK_TIMER, PH_LEAK_SOCKET };

/* Raises the limit of open descriptors for `count` objects as far as the system allows; gives how
 * many will be possible. */
uint64_t ph_leak_prepare(uint64_t count);
/* Makes one object and forgets it. Errors: the system refused (limit of descriptors, memory). */
struct ph_error *ph_leak_one(enum ph_leak_kind kind) PH_MUST_CHECK;

#endif
