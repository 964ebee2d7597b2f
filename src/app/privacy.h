/* privacy.h - takes host names, user names and paths out of what is about to leave the house.
 *
 * Tags, drivers' file names, vendors, signers and numbers stay: they are what the report is for. A
 * path keeps its last part: "/home/kim/logs/a.log" becomes ".../a.log". A name becomes "(removed)".
 * Of a process its number and the name of its program stay, the user it runs as does not; of a
 * control group the last part stays. Links (https://) stay, as do the kernel's own /proc and /sys
 * and places in its source.
 */
#ifndef PH_APP_PRIVACY_H
#define PH_APP_PRIVACY_H

#include "app/owners.h"
#include "app/session.h"
#include "model/facts.h"

/* What is to be taken out, besides what looks like a path. */
struct ph_privacy {
    char **names; /* owned: this host's and the recorded host's names, users of this system found in
                     the environment and in the paths themselves */
    size_t count, capacity;
    char **paths; /* owned: known paths that do not look like one within a text */
    size_t path_count, path_capacity;
};
/* Call it when the session has run. Error: out of memory. */
struct ph_error *ph_privacy_open(const struct ph_session *session,
                                 struct ph_privacy *privacy) PH_MUST_CHECK;
void ph_privacy_fini(struct ph_privacy *privacy);

/* `*text` (owned, NULL allowed) without names and paths. Error: out of memory. */
struct ph_error *ph_privacy_text(const struct ph_privacy *privacy, char **text) PH_MUST_CHECK;
/* Every string that a report can show, names found on the way included; `owners` and `facts` may be
 * NULL. What the caller adds to the report afterwards (a note of its own) goes through
 * ph_privacy_text(). On an error some strings are as they were: do not write them. */
struct ph_error *ph_privacy_apply(const struct ph_privacy *privacy, struct ph_session *session,
                                  struct ph_owners *owners, struct ph_facts *facts) PH_MUST_CHECK;

#endif
