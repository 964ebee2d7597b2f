/* demo.h - a child leaks kernel memory on purpose and safely, poolhound hunts it, and both accounts
 * are put side by side.
 *
 * Safely: the objects belong to the child's descriptors (on Windows to our handles), their number
 * has a ceiling, and they are gone when it ends, however it ends.
 */
#ifndef PH_APP_DEMO_H
#define PH_APP_DEMO_H

#include "app/session.h"
#include "base/leak.h"

struct ph_demo_options {
    const struct ph_leak_kind *kind;
    double rate;      /* objects per second */
    uint64_t ceiling; /* the child stops leaking there */
    int64_t interval_ns, duration_ns;
    void (*progress)(void *context, const struct ph_progress *progress);
    void *context;
};

struct ph_demo {
    struct ph_session session;
    const struct ph_leak_kind *kind;
    struct ph_demo_row rows[PH_DEMO_CACHES_MAX];
    size_t row_count;
    uint64_t leaked; /* in all, when it ended */
    bool hit_ceiling;
    bool all_found; /* every seen cache was found, and at least one was seen */
    double seconds; /* between the first and the last reading */
};

struct ph_error *ph_demo_run(const struct ph_demo_options *options,
                             struct ph_demo *demo) PH_MUST_CHECK;
void ph_demo_fini(struct ph_demo *demo);

#endif
