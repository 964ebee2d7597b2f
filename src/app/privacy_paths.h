/* privacy_paths.h - finds paths within a text, for privacy_words.c. */
#ifndef PH_APP_PRIVACY_PATHS_H
#define PH_APP_PRIVACY_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

#define PH_PRIVATE_REMOVED "(removed)"

/* Goes on from `*position` by a word or a character; `*path` is the path that this is, or empty.
 * False at the end. */
bool ph_private_next(struct ph_slice text, size_t *position, struct ph_slice *path);
/* Appends "..." and the last part of a path, unless that is a user's home. What has no separator is
 * appended as it is. */
void ph_private_path(struct ph_slice path, struct ph_text *out);
/* The user through whose home a path leads; empty: none. */
struct ph_slice ph_private_home(struct ph_slice path);

/* A letter, a digit or a byte beyond ASCII: what names are made of. */
bool ph_private_is_word(char c);
/* Capital and small letters are the same. */
bool ph_private_same(struct ph_slice a, struct ph_slice b);
bool ph_private_one_of(struct ph_slice text, const char *const *list); /* ended by NULL */

#endif
