/* syspanel.h - the kernel-memory panel out of one or two readings and their history. */
#ifndef PH_APP_SYSPANEL_H
#define PH_APP_SYSPANEL_H

#include "model/screens.h"

/* Fills the rows that this system can have: known ones with their numbers, those it should tell but
 * does not with the reason. `now` (then there are no rows), `before`, `history` and `machine` may
 * be NULL. Borrows from all of them; events, losses and source are the caller's to set afterwards.
 */
void ph_sys_panel(const struct ph_catalog *catalog, const struct ph_sample *now,
                  const struct ph_sample *before, const struct ph_history *history,
                  const struct ph_machine *machine, struct ph_sys_report *report);

#endif
