/* windows_owners.h - what the Windows that runs here says of a tag: the handles of its processes,
 * the code of the drivers that it has loaded, and of those that lie there; for who*.c only. */
#ifndef PH_APP_WINDOWS_OWNERS_H
#define PH_APP_WINDOWS_OWNERS_H

#include "app/who.h"

/* The kernel that a question may be asked of; NULL: none, or drivers or a tree of another machine
 * were given. */
const struct ph_nt *ph_who_nt(const struct ph_who_options *options);

struct ph_windows_owners;
/* Opens no file yet. `options` must outlive the owners; only with ph_who_nt(). */
struct ph_error *ph_windows_owners_open(const struct ph_who_options *options,
                                        struct ph_windows_owners **owners) PH_MUST_CHECK;
void ph_windows_owners_close(struct ph_windows_owners *owners); /* NULL is allowed */
/* See ph_who_first_look(). */
struct ph_error *ph_windows_owners_first_look(struct ph_windows_owners *owners) PH_MUST_CHECK;
/* Adds processes and drivers. What is loaded is searched first; what merely lies there only when no
 * process and no loaded driver is named, or when everything is wanted. Weak evidence is not looked
 * for where the tag is that of the kernel's own objects. */
struct ph_error *ph_windows_owners_find(struct ph_windows_owners *owners, const uint8_t tag[4],
                                        struct ph_owner_report *report) PH_MUST_CHECK;
/* The loaded drivers, to look a file up by its name; NULL before the first question. */
const struct ph_drivers *ph_windows_owners_drivers(const struct ph_windows_owners *owners);

#endif
