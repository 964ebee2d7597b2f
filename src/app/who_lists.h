/* who_lists.h - what tag lists, the table of known tags and the known leaks say; for who*.c only.
 */
#ifndef PH_APP_WHO_LISTS_H
#define PH_APP_WHO_LISTS_H

#include "app/who.h"

struct ph_lists;
/* Reads the built-in tables, the user's own beside them, and the tag lists: those named, else those
 * in the usual places. Errors: a named file cannot be read; out of memory. */
struct ph_error *ph_lists_open(const struct ph_who_options *options,
                               struct ph_lists **lists) PH_MUST_CHECK;
void ph_lists_close(struct ph_lists *lists); /* NULL is allowed */

/* Entries of tag lists: a meaning each, and an owner for a driver that the list names (its file is
 * looked for among `drivers`, which may be NULL). */
struct ph_error *ph_lists_add_entries(const struct ph_lists *lists, const uint8_t tag[4],
                                      const struct ph_drivers *drivers,
                                      struct ph_owner_report *report) PH_MUST_CHECK;
/* What the known tags say of a Windows tag or a Linux cache. */
struct ph_error *ph_lists_add_known(const struct ph_lists *lists, bool windows, struct ph_slice tag,
                                    struct ph_owner_report *report) PH_MUST_CHECK;
/* The component that the known tags name; lives as long as the lists. NULL: none. */
const char *ph_lists_component(const struct ph_lists *lists, bool windows, struct ph_slice tag);
/* Known leaks of the owners found, and of the tag alone; `release` of the kernel may be NULL. */
struct ph_error *ph_lists_add_leaks(const struct ph_lists *lists, bool windows, struct ph_slice tag,
                                    const char *release,
                                    struct ph_owner_report *report) PH_MUST_CHECK;
/* What could not be read. */
const struct ph_loss_list *ph_lists_losses(const struct ph_lists *lists);

#endif
