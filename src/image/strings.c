/* The bytes stand in one buffer. What is certainly complete is looked at at once; a text that
 * touches the buffer's end is kept, moved to its front, and looked at when the bytes behind it are
 * there.
 *
 * Without `find`, no text of n characters can lie between two places n bytes apart that are both
 * outside any text: the scan looks at every n-th byte and walks back only where that one may belong
 * to a text. With `find`, ph_find_bytes() looks for the bytes in question, and a text is measured only
 * around a hit.
 */
#include "image/strings.h"

#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"

enum { FRESH = 256 << 10 }; /* bytes read at once: they fit a second-level cache */

/* One way to write the text that is looked for. */
struct needle {
    char *bytes; /* owned; NULL: not looked for */
    size_t size;
};

struct ph_strings {
    struct ph_strings_options options;
    struct needle ascii, wide;
    char *buffer; /* PH_STRINGS_LONGEST + FRESH */
    char *folded; /* the same in small letters; NULL unless case is ignored */
    char *narrow; /* a UTF-16 text, one byte a character */
    size_t size;
    uint64_t offset; /* of buffer[0] */
};

/* 1: stands in texts; 2: the other half of a UTF-16 character. */
enum { OTHER, CHARACTER, ZERO };
static const uint8_t kinds[256] = {[0] = ZERO, ['\t'] = CHARACTER, [0x20 ... 0x7e] = CHARACTER};

static bool is_character(char byte)
{
    return kinds[(uint8_t)byte] == CHARACTER;
}

static char small(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

/* ------------------------------------------------------------------ making one */

static struct ph_error *make_needle(const struct ph_strings_options *options, size_t width,
                                    struct needle *needle)
{
    needle->size = options->find.size * width;
    needle->bytes = ph_zalloc(needle->size, 1);
    if (!needle->bytes)
        return ph_error_nomem();
    for (size_t i = 0; i < options->find.size; i++)
        needle->bytes[i * width] =
            options->ignore_case ? small(options->find.data[i]) : options->find.data[i];
    return NULL;
}

static struct ph_error *check_find(struct ph_slice find)
{
    if (find.size > PH_STRINGS_FIND_MOST)
        return ph_errorf(PH_ERR_USAGE, "the text to find is longer than %d characters",
                         PH_STRINGS_FIND_MOST);
    for (size_t i = 0; i < find.size; i++)
        if (!is_character(find.data[i]))
            return ph_errorf(PH_ERR_USAGE,
                             "the text to find has a byte 0x%02x: only printable ASCII is found",
                             (unsigned)(uint8_t)find.data[i]);
    return NULL;
}

struct ph_error *ph_strings_new(const struct ph_strings_options *options,
                                struct ph_strings **strings)
{
    PH_TRY(check_find(options->find));
    PH_GUARD(ph_strings_freep) struct ph_strings *fresh = ph_zalloc(1, sizeof(*fresh));
    if (!fresh)
        return ph_error_nomem();
    fresh->options = *options;
    if (!fresh->options.least)
        fresh->options.least = 1;
    fresh->offset = options->offset;
    fresh->buffer = ph_alloc(PH_STRINGS_LONGEST + FRESH);
    fresh->narrow = ph_alloc((PH_STRINGS_LONGEST + FRESH) / 2);
    if (!fresh->buffer || !fresh->narrow)
        return ph_error_nomem();
    if (options->find.size && options->ascii)
        PH_TRY(make_needle(options, 1, &fresh->ascii));
    if (options->find.size && options->wide)
        PH_TRY(make_needle(options, 2, &fresh->wide));
    if (options->find.size && options->ignore_case) {
        fresh->folded = ph_alloc(PH_STRINGS_LONGEST + FRESH);
        if (!fresh->folded)
            return ph_error_nomem();
    }
    *strings = ph_steal(fresh);
    return NULL;
}

void ph_strings_restart(struct ph_strings *strings, uint64_t offset)
{
    strings->size = 0;
    strings->offset = offset;
}

void ph_strings_free(struct ph_strings *strings)
{
    if (!strings)
        return;
    ph_free(strings->ascii.bytes);
    ph_free(strings->wide.bytes);
    ph_free(strings->buffer);
    ph_free(strings->folded);
    ph_free(strings->narrow);
    ph_free(strings);
}

void ph_strings_freep(struct ph_strings **strings)
{
    ph_strings_free(*strings);
}

/* ------------------------------------------------------------------ texts in a piece */

/* Bytes from..to of the buffer are a text. */
struct run {
    size_t from, to;
};

static struct ph_error *give(struct ph_strings *strings, struct run run, bool wide)
{
    struct ph_string string = {.offset = strings->offset + run.from, .wide = wide};

    if (wide) {
        size_t characters = (run.to - run.from) / 2;
        for (size_t i = 0; i < characters; i++)
            strings->narrow[i] = strings->buffer[run.from + 2 * i];
        string.text = (struct ph_slice){strings->narrow, characters};
    } else {
        string.text = (struct ph_slice){strings->buffer + run.from, run.to - run.from};
    }
    return strings->options.visit(strings->options.context, &string);
}

static size_t ascii_end(const char *bytes, size_t at, size_t end)
{
    while (at < end && is_character(bytes[at]))
        at++;
    return at;
}

static size_t ascii_begin(const char *bytes, size_t at)
{
    while (at > 0 && is_character(bytes[at - 1]))
        at--;
    return at;
}

static size_t wide_end(const char *bytes, size_t at, size_t end)
{
    while (at + 1 < end && !bytes[at + 1] && is_character(bytes[at]))
        at += 2;
    return at;
}

static size_t wide_begin(const char *bytes, size_t at)
{
    while (at >= 2 && !bytes[at - 1] && is_character(bytes[at - 2]))
        at -= 2;
    return at;
}

/* The ASCII text that begins at `at`, and the UTF-16 text that its last character may begin.
 * `*next` is where to go on. */
static struct ph_error *both_at(struct ph_strings *strings, size_t at, size_t end, size_t *next)
{
    const struct ph_strings_options *options = &strings->options;
    struct run ascii = {at, ascii_end(strings->buffer, at, end)}, wide = {ascii.to, ascii.to};

    if (options->wide && ascii.to > at) {
        wide.from = ascii.to - 1;
        wide.to = wide_end(strings->buffer, wide.from, end);
    }
    bool wide_given = wide.to > wide.from && (wide.to - wide.from) / 2 >= options->least;
    /* the first character of a UTF-16 text is not an ASCII text of its own */
    bool swallowed = wide_given && ascii.to - ascii.from == 1;
    if (options->ascii && !swallowed && ascii.to - ascii.from >= options->least)
        PH_TRY(give(strings, ascii, false));
    if (wide_given)
        PH_TRY(give(strings, wide, true));
    *next = wide.to > ascii.to ? wide.to : ascii.to;
    return NULL;
}

static struct ph_error *all_texts(struct ph_strings *strings, size_t end)
{
    const char *bytes = strings->buffer;
    size_t step = strings->options.least - 1, at = 0;

    while (at < end && step < end - at) {
        size_t probe = at + step;
        uint8_t kind = kinds[(uint8_t)bytes[probe]];
        if (kind == OTHER) {
            at = probe + 1;
            continue;
        }
        if (kind == ZERO) { /* in a text only behind a character of UTF-16 */
            if (!strings->options.wide || probe == at || !is_character(bytes[probe - 1])) {
                at = probe + 1;
                continue;
            }
            probe--;
        }
        /* back to where it began; what lies before `at` has been given */
        probe = ascii_begin(bytes + at, probe - at) + at;
        if (strings->options.wide)
            probe = wide_begin(bytes + at, probe - at) + at;
        probe = ascii_begin(bytes + at, probe - at) + at;
        PH_TRY(both_at(strings, probe, end, &at));
    }
    return NULL;
}

/* ------------------------------------------------------------------ texts that hold a text */

/* The next text at or behind `from` that holds the needle; an empty run: none. */
static struct run find_next(const struct ph_strings *strings, bool wide, size_t from, size_t end)
{
    const struct ph_strings_options *options = &strings->options;
    const struct needle *needle = wide ? &strings->wide : &strings->ascii;
    const char *bytes = strings->buffer, *hay = strings->folded ? strings->folded : bytes;
    size_t characters;

    while (needle->bytes && from < end) {
        const char *hit = ph_find_bytes(hay + from, end - from, needle->bytes, needle->size);
        if (!hit)
            break;
        size_t at = (size_t)(hit - hay);
        struct run run = {at, at};
        if (wide) {
            run.from = wide_begin(bytes, at);
            run.to = wide_end(bytes, at, end);
            characters = (run.to - run.from) / 2;
        } else {
            run.from = ascii_begin(bytes, at);
            run.to = ascii_end(bytes, at, end);
            characters = run.to - run.from;
        }
        bool swallowed =
            !wide && options->wide && characters == 1 && run.to < end && !bytes[run.to];
        if (characters >= options->least && !swallowed)
            return run;
        from = run.to;
    }
    return (struct run){end, end};
}

static struct ph_error *matching_texts(struct ph_strings *strings, size_t end)
{
    if (strings->folded)
        for (size_t i = 0; i < end; i++)
            strings->folded[i] = small(strings->buffer[i]);
    struct run ascii = find_next(strings, false, 0, end), wide = find_next(strings, true, 0, end);
    while (ascii.to > ascii.from || wide.to > wide.from) {
        if (wide.to == wide.from || (ascii.to > ascii.from && ascii.from <= wide.from)) {
            PH_TRY(give(strings, ascii, false));
            ascii = find_next(strings, false, ascii.to, end);
        } else {
            PH_TRY(give(strings, wide, true));
            wide = find_next(strings, true, wide.to, end);
        }
    }
    return NULL;
}

/* ------------------------------------------------------------------ the stream */

static struct ph_error *look(struct ph_strings *strings, size_t end)
{
    return strings->options.find.size ? matching_texts(strings, end) : all_texts(strings, end);
}

/* Where the texts begin that touch the end of the buffer; `*wide` is where the one in UTF-16 does,
 * or the end. An ASCII text may stand before it and share its first character. */
static size_t open_texts(const struct ph_strings *strings, size_t *wide)
{
    const char *bytes = strings->buffer;
    size_t end = strings->size;

    *wide = end;
    if (!end || !strings->options.wide)
        return ascii_begin(bytes, end);
    if (is_character(bytes[end - 1])) { /* the zero that makes it UTF-16 may follow */
        *wide = wide_begin(bytes, end - 1);
        return ascii_begin(bytes, *wide);
    }
    *wide = wide_begin(bytes, end);
    return ascii_begin(bytes, *wide);
}

/* Of open texts that are too long to hold: the buffer can be looked at up to `*end`, the rest
 * begins at `*next`. A part repeats so much of the one before that what is looked for is not cut.
 */
static void cut_texts(const struct ph_strings *strings, size_t open, size_t wide, size_t *end,
                      size_t *next)
{
    size_t find = strings->options.find.size, again = find ? find - 1 : 0;

    if (strings->size - wide < 2) {
        *end = strings->size;
        *next = *end - again;
    } else if (open < wide) {
        *end = wide + 1; /* the ASCII text */
        *next = wide;
    } else {
        *end = wide + (strings->size - wide) / 2 * 2;
        *next = *end - 2 * again;
    }
}

void *ph_strings_room(struct ph_strings *strings, size_t *size)
{
    *size = PH_STRINGS_LONGEST + FRESH - strings->size;
    if (*size > FRESH)
        *size = FRESH;
    return strings->buffer + strings->size;
}

struct ph_error *ph_strings_take(struct ph_strings *strings, size_t size)
{
    size_t wide = 0, end, next;

    strings->size += size;
    end = next = open_texts(strings, &wide);
    if (strings->size - end > PH_STRINGS_LONGEST)
        cut_texts(strings, end, wide, &end, &next);
    PH_TRY(look(strings, end));
    memmove(strings->buffer, strings->buffer + next, strings->size - next);
    strings->offset += next;
    strings->size -= next;
    return NULL;
}

struct ph_error *ph_strings_end(struct ph_strings *strings)
{
    size_t end = strings->size;

    strings->size = 0;
    return look(strings, end);
}
