/* modules.h - which modules came and went, by /proc/modules: marks on a plot of what grows. */
#ifndef PH_SOURCE_LINUX_MODULES_H
#define PH_SOURCE_LINUX_MODULES_H

#include "base/bytes.h"
#include "base/table.h"
#include "model/event.h"

struct ph_linux_module {
    char *name;       /* owned */
    uint64_t address; /* 0 = hidden from this user, or not told */
    uint64_t seen_in; /* number of the reading that had it last */
    bool there;
};

/* All modules that were ever seen. */
struct ph_linux_modules {
    struct ph_linux_module *items;
    size_t count, capacity;
    struct ph_table names;
    uint64_t readings;
    int64_t read_ns; /* boottime of the last reading; 0 = never */
};

/* Takes a whole /proc/modules ("name size references users state address") and appends what changed
 * since the text before; the first one only tells what there is. A module at another address than
 * before was unloaded and loaded again. Error: out of memory. */
struct ph_error *ph_linux_modules_take(struct ph_linux_modules *modules, struct ph_slice text,
                                       int64_t time_ns, struct ph_event_list *events) PH_MUST_CHECK;
void ph_linux_modules_fini(struct ph_linux_modules *modules);

#endif
