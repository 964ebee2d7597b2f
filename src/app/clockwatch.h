/* clockwatch.h - boots, and clocks that were set, as they show between two readings. */
#ifndef PH_APP_CLOCKWATCH_H
#define PH_APP_CLOCKWATCH_H

#include "model/event.h"
#include "model/sample.h"

/* All zero before the first reading. */
struct ph_clock_watch {
    bool began;
    uint32_t segment; /* of the reading before, like all that follows */
    int64_t wall_ns, boot_ns;
    uint32_t segments; /* seen */
    uint64_t jumps;
};

/* Counts what happened since the reading before, and adds it to `events`; NULL: the input told it
 * by itself. Error: out of memory. */
struct ph_error *ph_clock_watch(struct ph_clock_watch *watch, const struct ph_sample *sample,
                                struct ph_event_list *events) PH_MUST_CHECK;

#endif
