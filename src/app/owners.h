/* owners.h - the owner section of a hunt: who is behind the series that grow most. */
#ifndef PH_APP_OWNERS_H
#define PH_APP_OWNERS_H

#include "app/session.h"
#include "app/who.h"

enum { PH_OWNERS_MOST = 3 }; /* tags that are looked into */

struct ph_owners {
    struct ph_who *who; /* the reports borrow from it */
    struct ph_owner_report reports[PH_OWNERS_MOST];
    size_t count;
};

/* True when the finding at this place of a list in rank order is worth looking into: it grows, is a
 * tag of the kernel's own, and none of its group stands before it (allocation sites of the kernel
 * itself do not count: they stand for nobody). */
bool ph_owners_worth(const struct ph_catalog *catalog, const struct ph_finding *findings,
                     size_t at);
/* Before a live run, as long as all privileges are there: the first look at what processes hold, so
 * that ph_owners_find() tells who grew. Takes at most 2 s. Error: of lists, or out of memory. */
struct ph_error *ph_owners_first_look(const struct ph_who_options *options,
                                      struct ph_owners *owners) PH_MUST_CHECK;
/* Looks into the best ranked findings that grow, one of each group that grows together. Nothing is
 * opened when nothing grows. */
struct ph_error *ph_owners_find(const struct ph_session *session,
                                const struct ph_who_options *options,
                                struct ph_owners *owners) PH_MUST_CHECK;
void ph_owners_fini(struct ph_owners *owners);

#endif
