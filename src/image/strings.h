/* strings.h - the printable text in any bytes: ASCII and UTF-16LE, as a stream.
 *
 * A text is a longest run of characters 0x20..0x7e and tabs, either a byte each or, in UTF-16LE,
 * two bytes each with the second one 0, at even and odd places alike. Bytes may come in pieces of
 * any size; memory does not grow with them.
 */
#ifndef PH_IMAGE_STRINGS_H
#define PH_IMAGE_STRINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
    PH_STRINGS_LONGEST = 1 << 20, /* bytes: a longer text comes in parts of this size */
    PH_STRINGS_FIND_MOST = 4096   /* characters to look for */
};

struct ph_string {
    uint64_t offset;      /* of its first byte */
    bool wide;            /* UTF-16LE */
    struct ph_slice text; /* one byte a character; valid during the call */
};

struct ph_strings_options {
    size_t least; /* characters; shorter texts are left out; 0 counts as 1 */
    bool ascii, wide;
    /* Only texts that hold this; empty = all. */
    struct ph_slice find;
    bool ignore_case; /* of A-Z, in `find` */
    uint64_t offset;  /* of the first byte that will come */
    /* Called for each text in order of offsets; an error ends the scan. */
    struct ph_error *(*visit)(void *context, const struct ph_string *string);
    void *context;
};

struct ph_strings;

/* Copies the options. Errors: out of memory; PH_ERR_USAGE when `find` is too long or has a
 * character that no text has. */
struct ph_error *ph_strings_new(const struct ph_strings_options *options,
                                struct ph_strings **strings) PH_MUST_CHECK;
/* Begins anew with other bytes, whose first one is at `offset`. */
void ph_strings_restart(struct ph_strings *strings, uint64_t offset);
/* Where to put the next bytes, and how many fit (never 0). */
void *ph_strings_room(struct ph_strings *strings, size_t *size);
/* Looks at the `size` bytes that were put there. Error: that of `visit`. */
struct ph_error *ph_strings_take(struct ph_strings *strings, size_t size) PH_MUST_CHECK;
/* There are no more bytes: what the last ones began ends here. */
struct ph_error *ph_strings_end(struct ph_strings *strings) PH_MUST_CHECK;
void ph_strings_free(struct ph_strings *strings); /* NULL is allowed */
void ph_strings_freep(struct ph_strings **strings);

#endif
