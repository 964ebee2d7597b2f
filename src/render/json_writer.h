/* json_writer.h - JSON as a stream: every call appends to the text, nothing is kept but the depth.
 *
 * Own code rather than a library: the libraries build a tree of the whole document before they
 * write a byte (2,000 tags are some 40,000 nodes on a machine that is short of memory), and what is
 * needed here is a comma, an escape and a rule for numbers that JSON does not have.
 *
 * Strings must be valid UTF-8: foreign bytes go through ph_json_foreign() or ph_json_prose().
 */
#ifndef PH_RENDER_JSON_WRITER_H
#define PH_RENDER_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "model/sample.h"

enum { PH_JSON_DEPTH = 16 };

struct ph_json {
    struct ph_text *out;
    unsigned depth;
    bool filled[PH_JSON_DEPTH]; /* the container of this depth has an element */
};

/* `name` is the key within an object, NULL within an array and at the top. */
void ph_json_open(struct ph_json *json, const char *name, char bracket); /* '{' or '[' */
void ph_json_close(struct ph_json *json, char bracket);                  /* '}' or ']' */
void ph_json_string(struct ph_json *json, const char *name, struct ph_slice utf8);
/* Bytes of the kernel's: unprintable ones as \xNN, `\` doubled. */
void ph_json_foreign(struct ph_json *json, const char *name, struct ph_slice bytes);
/* Sentences, paths, host names: unprintable bytes as \xNN; NULL and "" are null. */
void ph_json_prose(struct ph_json *json, const char *name, const char *text);
void ph_json_hex(struct ph_json *json, const char *name, struct ph_slice bytes);
void ph_json_bool(struct ph_json *json, const char *name, bool value);
void ph_json_null(struct ph_json *json, const char *name);
/* Unknown numbers are null, never 0. */
void ph_json_signed(struct ph_json *json, const char *name, bool known, int64_t number);
void ph_json_unsigned(struct ph_json *json, const char *name, bool known, uint64_t number);
void ph_json_double(struct ph_json *json, const char *name, double number); /* not finite: null */
void ph_json_rounded(struct ph_json *json, const char *name, double bytes); /* whole bytes */

/* A document of ours: its schema, kind and the program's version; ends with a newline. */
void ph_json_begin(struct ph_json *json, const char *kind, struct ph_text *out);
struct ph_error *ph_json_end(struct ph_json *json) PH_MUST_CHECK;
/* "losses": [{"what", "count"}]; NULL is an empty list. */
void ph_json_losses(struct ph_json *json, const struct ph_loss_list *list);

#endif
