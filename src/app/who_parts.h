/* who_parts.h - the parts of a question about an owner; for who*.c only. */
#ifndef PH_APP_WHO_PARTS_H
#define PH_APP_WHO_PARTS_H

#include "app/who.h"

/* Candidates from the drivers' code; `weak`: also from other places where the tag's bytes stand. */
struct ph_error *ph_who_add_code(struct ph_drivers *drivers, const uint8_t tag[4], bool weak,
                                 struct ph_owner_report *report) PH_MUST_CHECK;
/* Takes the owners from `first` on out again, before they are asked for anew. */
void ph_who_forget(struct ph_owner_report *report, size_t first);
/* Adds these drivers to what the report says was searched. */
struct ph_error *ph_who_count_searched(struct ph_drivers *drivers,
                                       struct ph_owner_report *report) PH_MUST_CHECK;
/* All of that for drivers that were given: the weak search is done when code has not answered, or
 * when `weak`. */
struct ph_error *ph_who_search(struct ph_drivers *drivers, const uint8_t tag[4], bool weak,
                               struct ph_owner_report *report) PH_MUST_CHECK;
/* The file of the walk with this name (any case); NULL when there is none. */
const char *ph_who_file_named(const struct ph_drivers *drivers, const char *name);
/* Strongest evidence first, then loaded ones, then by call sites. */
void ph_who_rank(struct ph_owner_report *report);
/* Identities of the best candidates, and newer files of the same drivers. `drivers` may be NULL. */
struct ph_error *ph_who_identify(struct ph_identifier *identifier, const struct ph_drivers *drivers,
                                 struct ph_owner_report *report) PH_MUST_CHECK;
/* Fills `newer` of an identified owner when a newer file of the same driver lies among `drivers`
 * (NULL = none), in the driver store of the same Windows, or under another Linux kernel. Folders
 * that cannot be read are losses. */
struct ph_error *ph_who_find_newer(const struct ph_identifier *identifier,
                                   const struct ph_drivers *drivers, struct ph_owner *owner,
                                   struct ph_loss_list *losses) PH_MUST_CHECK;
/* The next step, and the paragraph to send; `growth` is a sentence about the tag's growth, or NULL.
 */
struct ph_error *ph_who_advise(struct ph_owner_report *report, const char *growth) PH_MUST_CHECK;
/* Appends that paragraph. */
void ph_who_paragraph(const struct ph_owner_report *report, const struct ph_owner *owner,
                      const char *growth, struct ph_text *out);
/* The version of an identity that may be compared: file version, or the module's; NULL. */
const char *ph_who_version(const struct ph_identity *identity);

#endif
