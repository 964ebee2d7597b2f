/* patterns.h - the patterns of a filter as people type them: `Leak* 'Io  ' "x y"`.
 *
 * Blanks part patterns; a pattern that holds blanks stands in single or double quotes.
 */
#ifndef PH_FRONT_TUI_PATTERNS_H
#define PH_FRONT_TUI_PATTERNS_H

#include "base/error.h"
#include "base/text.h"

struct ph_patterns {
    char **items; /* owned */
    size_t count, capacity;
};

/* Replaces `patterns`, only on success. Errors: PH_ERR_USAGE for a quote without its end; out of
 * memory. */
struct ph_error *ph_patterns_parse(struct ph_slice line,
                                   struct ph_patterns *patterns) PH_MUST_CHECK;
/* Error: out of memory. */
struct ph_error *ph_patterns_add(struct ph_patterns *patterns,
                                 struct ph_slice pattern) PH_MUST_CHECK;
/* The line that parses to the same patterns. */
void ph_patterns_line(const struct ph_patterns *patterns, struct ph_text *out);
void ph_patterns_fini(struct ph_patterns *patterns);

#endif
