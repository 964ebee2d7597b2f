/* privacy_words.h - finds names and paths within a text; privacy.c knows which texts there are. */
#ifndef PH_APP_PRIVACY_WORDS_H
#define PH_APP_PRIVACY_WORDS_H

#include "app/privacy.h"

/* What a string is, and so what may be in it. */
enum ph_private_kind {
    PH_PRIVATE_TEXT,  /* sentences: names and paths */
    PH_PRIVATE_PATHS, /* a name that stays (a tag, a driver), but for a path around it */
    PH_PRIVATE_NAMES, /* people and firms that stay, but for this site's own names */
    PH_PRIVATE_PATH   /* nothing but a path */
};

/* Appends `text` without what is private. `out->failed` tells that memory was short. */
void ph_privacy_clean(const struct ph_privacy *privacy, enum ph_private_kind kind,
                      struct ph_slice text, struct ph_text *out);
/* Adds the users whose home folders the paths in `text` name; a PH_PRIVATE_PATH that would not be
 * seen to be one within a text is added to the paths. Error: out of memory. */
struct ph_error *ph_privacy_learn(struct ph_privacy *privacy, enum ph_private_kind kind,
                                  struct ph_slice text) PH_MUST_CHECK;
/* Adds a name, unless it is one that tells nothing ("root", "localhost"). Error: out of memory. */
struct ph_error *ph_privacy_name(struct ph_privacy *privacy, struct ph_slice name) PH_MUST_CHECK;

#endif
