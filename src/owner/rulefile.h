/* rulefile.h - the text format of the tables of known tags and known leaks, read piece by piece.
 *
 *     # a comment
 *     [kind name]           begins a rule
 *     key = value           a field of it; a key may stand more than once where its table says so
 *         more of it        a line that begins with a blank goes on with the value
 *     key = "Io  "          quotes keep blanks
 */
#ifndef PH_OWNER_RULEFILE_H
#define PH_OWNER_RULEFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"

enum { PH_RULEFILE_VALUE_MOST = 16384 }; /* bytes of one value */

struct ph_rulefile {
    struct ph_reader reader;
    struct ph_text value;
};

/* One rule's head or one field. `key` of a head is its kind, `value` its name. */
struct ph_rulefile_item {
    bool head;
    struct ph_slice key;
    struct ph_slice value; /* holds no zero bytes; valid until the next call; 0-terminated */
    size_t line;           /* where it begins */
};

/* `name` (of the file, for messages) and `bytes` are borrowed. */
void ph_rulefile_init(struct ph_rulefile *file, const char *name, struct ph_slice bytes);
/* The next item; `*end` at the end. Error: PH_ERR_FORMAT with "name:line: ". */
struct ph_error *ph_rulefile_next(struct ph_rulefile *file, struct ph_rulefile_item *item,
                                  bool *end) PH_MUST_CHECK;
void ph_rulefile_fini(struct ph_rulefile *file);

/* Which kernel a rule is about. */
enum ph_known_system { PH_KNOWN_WINDOWS, PH_KNOWN_LINUX };
/* "windows" or "linux". */
bool ph_known_system_from(struct ph_slice word, enum ph_known_system *system);

/* How well a pattern that matches fits: larger is better. Exact beats wildcards, then the longest
 * literal beginning, then the most literal characters. */
unsigned ph_pattern_rank(const char *pattern);

/* The tables that are built in (known_tags.txt, known_leaks.txt). */
extern const char ph_known_tags_text[];
extern const size_t ph_known_tags_size;
extern const char ph_known_leaks_text[];
extern const size_t ph_known_leaks_size;

#endif
