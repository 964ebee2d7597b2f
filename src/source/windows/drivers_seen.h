/* drivers_seen.h - which drivers come and go between readings. */
#ifndef PH_SOURCE_WINDOWS_DRIVERS_SEEN_H
#define PH_SOURCE_WINDOWS_DRIVERS_SEEN_H

#include "base/table.h"
#include "model/event.h"
#include "source/windows/modules_nt.h"

struct ph_driver_seen {
    char *name; /* of its file */
    uint64_t address;
    uint64_t seen_in; /* number of the reading; 0 = never */
    bool there;
};

/* Zeroed is empty. */
struct ph_drivers_seen {
    struct ph_driver_seen *items;
    size_t count, capacity;
    struct ph_table names;
    uint64_t readings;
};

/* Compares the list of drivers with the one before; the first one makes no events. Error: out of
 * memory, no list. */
struct ph_error *ph_drivers_seen_take(struct ph_drivers_seen *seen,
                                      const struct ph_nt_answer *answer, int64_t time_ns,
                                      struct ph_event_list *events) PH_MUST_CHECK;
void ph_drivers_seen_fini(struct ph_drivers_seen *seen);

#endif
