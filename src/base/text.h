/* text.h - growing text, parsing of numbers and patterns, and making foreign bytes printable. */
#ifndef PH_BASE_TEXT_H
#define PH_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/mem.h"

/* --- a growing buffer of bytes; always 0-terminated when data is not NULL --- */
struct ph_text {
    char *data;
    size_t size;
    size_t capacity;
    bool failed; /* out of memory happened; later additions do nothing. Check once at the end. */
};

void ph_text_add(struct ph_text *text, const void *bytes, size_t size);
void ph_text_puts(struct ph_text *text, const char *string);
void ph_text_putc(struct ph_text *text, char c);
void ph_text_printf(struct ph_text *text, const char *format, ...) PH_PRINTF(2, 3);
void ph_text_varint(struct ph_text *text, uint64_t value); /* LEB128, see bytes.h */
struct ph_error *ph_text_check(const struct ph_text *text) PH_MUST_CHECK;
void ph_text_clear(struct ph_text *text); /* keeps the memory */
void ph_text_fini(struct ph_text *text);
/* Its bytes, borrowed; never NULL. */
struct ph_slice ph_text_slice(const struct ph_text *text);

/* --- slices --- */
struct ph_slice ph_slice_of(const char *string);
bool ph_slice_is(struct ph_slice slice, const char *string);
bool ph_slice_starts(struct ph_slice slice, const char *prefix);
struct ph_slice ph_slice_trim(struct ph_slice slice); /* blanks and tabs at both ends */
/* Takes the next field off the front of `rest`, fields being separated by blanks and tabs. */
bool ph_slice_word(struct ph_slice *rest, struct ph_slice *word);
/* Takes the next CSV field (RFC 4180, quotes undone into `scratch` when needed) off `rest`.
 * `*more` tells whether a separator followed. False when nothing is left or memory is short. */
bool ph_slice_csv(struct ph_slice *rest, char separator, struct ph_text *scratch,
                  struct ph_slice *field, bool *more);

/* --- numbers --- */
enum ph_number {
    PH_NUMBER_OK,
    PH_NUMBER_NONE, /* not a number, or something stands after it */
    PH_NUMBER_WIDE, /* beyond 64 bits; the value is saturated */
};

enum ph_number ph_parse_u64(struct ph_slice digits, uint64_t *value);
enum ph_number ph_parse_i64(struct ph_slice digits, int64_t *value);
/* "ffffffff81000000" or "0xffff...", at most 16 digits of either case. */
bool ph_parse_hex(struct ph_slice digits, uint64_t *value);
/* "90", "90s", "10m", "2h", "7d", "1w", "500ms"; a bare number counts seconds. Error: PH_ERR_USAGE.
 */
struct ph_error *ph_parse_duration(const char *text, int64_t *duration_ns) PH_MUST_CHECK;

/* --- patterns: `*` any run, `?` exactly one byte, everything else itself; case counts. A tag
 * shorter than four bytes also matches when padded with blanks (`Io` finds `Io  `). --- */
bool ph_pattern_match(const char *pattern, struct ph_slice tag);

/* --- printable forms; each appends to `out` --- */
/* Valid UTF-8 without control characters as it is, every other byte as \xNN, `\` as `\\`.
 * Bidirectional and zero-width controls are escaped too: a tag must not hide in a terminal. */
void ph_text_escaped(struct ph_text *out, struct ph_slice bytes);
/* 3 significant digits with a binary unit: "512 B", "1.50 KB", "2.21 GB"; KB = 1024 B. */
void ph_text_bytes(struct ph_text *out, double bytes);
/* "1234567" -> "1,234,567". */
void ph_text_grouped(struct ph_text *out, int64_t value);
/* "45 s", "12 min", "3.5 h", "6.2 d". */
void ph_text_duration(struct ph_text *out, double seconds);
/* ISO 8601 in UTC with seconds: "2026-11-02T14:05:00Z". */
void ph_text_time(struct ph_text *out, int64_t realtime_ns);

/* Columns a UTF-8 text takes on a terminal; invalid bytes count one. */
size_t ph_text_width(struct ph_slice text);
/* Bytes of the UTF-8 character at the front of `bytes`; 0 when there is none, or no valid one. */
size_t ph_utf8_rune(struct ph_slice bytes, uint32_t *rune);
/* Appends one Unicode character as UTF-8. */
void ph_text_rune(struct ph_text *out, uint32_t rune);

/* True when `bytes` are UTF-16 (a byte order mark, or nearly every second byte zero). */
bool ph_is_utf16(struct ph_slice bytes, bool *big_endian, bool *has_mark);
/* Converts UTF-16 to UTF-8; unpaired surrogates and a cut last unit become U+FFFD and are counted
 * in `*replaced`. Output is 0-terminated, owned by the caller. */
struct ph_error *ph_utf16_to_utf8(struct ph_slice bytes, bool big_endian, char **utf8, size_t *size,
                                  uint64_t *replaced) PH_MUST_CHECK;

#endif
