/* leak.h - kernel objects on purpose, for `poolhound demo` and the tests; freed by ending. */
#ifndef PH_BASE_LEAK_H
#define PH_BASE_LEAK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* What this system has for it; the first one is what is leaked when nobody chooses. */
struct ph_leak_kind {
    const char *name;        /* as it is chosen: "eventfd", "event" */
    const char *what;        /* "eventfds" */
    const char *const *tags; /* each gets exactly one object; ended by NULL */
};

enum { PH_LEAK_KINDS = 3 };
extern const struct ph_leak_kind ph_leak_kinds[PH_LEAK_KINDS];

/* Raises the limit of open descriptors for `count` objects as far as the system allows; gives how
 * many will be possible. */
uint64_t ph_leak_prepare(uint64_t count);
/* Makes one object and forgets it. Errors: the system refused (limit of descriptors, memory). */
struct ph_error *ph_leak_one(size_t kind) PH_MUST_CHECK;
/* Gives back what was leaked where the leak was not in a process of its own, which has ended. */
void ph_leak_end(void);

#endif
