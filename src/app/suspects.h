/* suspects.h - which tags are worth tracing: those that rise while they are watched.
 *
 * Only a first guess, from the history of a few readings: it costs nothing to be wrong, tracing
 * tells.
 */
#ifndef PH_APP_SUSPECTS_H
#define PH_APP_SUSPECTS_H

#include "model/history.h"
#include "model/sample.h"

enum { PH_SUSPECTS_MOST = 16 };

/* In order of their growth; borrowed names would move with the catalog, so these are copies. */
struct ph_suspects {
    char *names[PH_SUSPECTS_MOST]; /* of slab caches, with their other names; owned */
    size_t count;
    bool pages; /* memory that nothing accounts for rises: whole pages */
};

/* Adds the caches whose bytes in the last third of the history never came down to what they were in
 * the first one: those that grew most come first, and those that are there already are left out.
 * `*added` (of count) and `pages` tell what is new. Nothing is picked from fewer than nine
 * readings. Error: out of memory. */
struct ph_error *ph_suspects_pick(struct ph_suspects *suspects, const struct ph_catalog *catalog,
                                  const struct ph_history *history, size_t *added) PH_MUST_CHECK;
void ph_suspects_fini(struct ph_suspects *suspects);

#endif
