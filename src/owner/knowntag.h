/* knowntag.h - what is publicly known of pool tags and slab caches: whose they are, what their
 * growth usually means, what to check next.
 *
 * The table that is built in is src/owner/known_tags.txt; its head tells the format. A user's file
 * in the same format adds to it and replaces what it has for the same system and pattern.
 */
#ifndef PH_OWNER_KNOWNTAG_H
#define PH_OWNER_KNOWNTAG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/table.h"
#include "owner/rulefile.h"

/* Strings are owned by the table; NULL = the rule does not say. */
struct ph_knowntag {
    enum ph_known_system system;
    char *pattern;   /* `*` any run, `?` one character; Windows tags of less than 4 are padded */
    char *component; /* "nt!mm", "fltmgr.sys", "vfs" */
    char *meaning, *growth, *check;
    char *source;   /* a link or a document */
    bool on_behalf; /* allocated by the kernel or a port driver for whoever called it */
    char *file;     /* the rule's own place */
    size_t line;
};

struct ph_knowntags {
    struct ph_knowntag *items; /* owned */
    size_t count, capacity;
    struct ph_table places; /* system and pattern -> item */
};

/* Adds the table that is built in. Error: out of memory. */
struct ph_error *ph_knowntags_add_builtin(struct ph_knowntags *tags) PH_MUST_CHECK;
/* Adds a file's rules; later ones replace earlier ones. Errors: PH_ERR_FORMAT, "name:line: what";
 * out of memory. On an error some of the rules may have been added. */
struct ph_error *ph_knowntags_add(struct ph_knowntags *tags, const char *name,
                                  struct ph_slice bytes) PH_MUST_CHECK;
void ph_knowntags_fini(struct ph_knowntags *tags);

struct ph_knowntag_matches {
    const struct ph_knowntag **items; /* owned array of borrowed rules */
    size_t count, capacity;
};
/* What is known of a tag (Windows: its four bytes) or cache, best first: no wildcard before
 * wildcards, the longest literal beginning first. Replaces `matches`. Error: out of memory. */
struct ph_error *ph_knowntags_find(const struct ph_knowntags *tags, enum ph_known_system system,
                                   struct ph_slice tag,
                                   struct ph_knowntag_matches *matches) PH_MUST_CHECK;
void ph_knowntag_matches_fini(struct ph_knowntag_matches *matches);

#endif
