#include "source/file/filetext.h"

#include <inttypes.h>
#include <string.h>

#include "base/os.h"

/* ------------------------------------------------------------------ decoding */

static bool starts_with_mark(const char *data, size_t size)
{
    return size >= 3 && !memcmp(data, "\xef\xbb\xbf", 3);
}

/* A line of an 8-bit text that was appended as UTF-16LE: nearly every second byte is zero. The
 * zeros and the byte order marks are dropped; a line with a few zeros (a tag may hold them) stays.
 */
static size_t unzero_line(char *to, const char *line, size_t size, uint64_t *unzeroed)
{
    size_t zeros = 0, kept = 0;

    for (size_t i = 0; i < size; i++)
        zeros += line[i] == 0;
    if (!zeros || zeros * 5 < size * 2) {
        memmove(to, line, size);
        return size;
    }
    for (size_t i = 0; i < size; i++) {
        if (i + 1 < size && !memcmp(line + i, "\xff\xfe", 2))
            i++;
        else if (line[i])
            to[kept++] = line[i];
    }
    *unzeroed += size > 1;
    return kept;
}

static void unzero(struct ph_text *text, uint64_t *unzeroed)
{
    size_t kept = 0, at = 0;

    while (at < text->size) {
        const char *end = memchr(text->data + at, '\n', text->size - at);
        size_t size = end ? (size_t)(end - text->data) - at + 1 : text->size - at;
        kept += unzero_line(text->data + kept, text->data + at, size, unzeroed);
        at += size;
    }
    text->size = kept;
    text->data[kept] = 0;
}

/* The first line holds no zero: UTF-16 may have been appended to it, but the text is not UTF-16. */
static bool begins_as_8_bit(const struct ph_text *text)
{
    const char *end = text->size ? memchr(text->data, '\n', text->size) : NULL;
    size_t size = end ? (size_t)(end - text->data) : 0;

    return size && !memchr(text->data, 0, size);
}

struct ph_error *ph_filetext_decode(struct ph_text *text, uint64_t *replaced, uint64_t *unzeroed)
{
    bool big_endian = false, has_mark = false;
    uint64_t bad = 0, lines = 0;

    ph_text_add(text, "", 0); /* room for the 0 at the end, whoever filled it */
    PH_TRY(ph_text_check(text));
    bool utf16 = ph_is_utf16((struct ph_slice){text->data, text->size}, &big_endian, &has_mark);
    if (utf16 && (has_mark || !begins_as_8_bit(text))) {
        char *utf8 = NULL;
        size_t size = 0;
        PH_TRY(ph_utf16_to_utf8((struct ph_slice){text->data, text->size}, big_endian, &utf8, &size,
                                &bad));
        ph_text_fini(text);
        *text = (struct ph_text){.data = utf8, .size = size, .capacity = size + 1};
    } else if (text->size && memchr(text->data, 0, text->size)) {
        unzero(text, &lines);
    }
    if (starts_with_mark(text->data, text->size)) {
        text->size -= 3;
        memmove(text->data, text->data + 3, text->size + 1);
    }
    *replaced = bad;
    *unzeroed = lines;
    return NULL;
}

/* ------------------------------------------------------------------ loading */

static struct ph_error *decode(struct ph_filetext *file)
{
    uint64_t replaced = 0, unzeroed = 0;

    PH_TRY(ph_filetext_decode(&file->text, &replaced, &unzeroed));
    if (replaced)
        PH_TRY(ph_loss_add(&file->losses, replaced,
                           "%s: %" PRIu64 " characters are no valid UTF-16 and were replaced",
                           file->path, replaced));
    if (unzeroed)
        PH_TRY(ph_loss_add(&file->losses, unzeroed,
                           "%s: %" PRIu64 " lines are UTF-16 inside an 8-bit text; their zero "
                           "bytes were dropped",
                           file->path, unzeroed));
    return NULL;
}

struct ph_error *ph_filetext_load(const char *path, struct ph_filetext *file)
{
    PH_GUARD(ph_filetext_fini) struct ph_filetext fresh = {.path = ph_strdup(path)};
    uint64_t size_before = 0, size_after = 0;
    int64_t time_before = 0, time_after = 0;

    if (!fresh.path)
        return ph_error_nomem();
    bool known = ph_file_facts(path, &size_before, &time_before);
    PH_TRY(ph_read_file(path, PH_FILETEXT_LIMIT, &fresh.text));
    bool still = ph_file_facts(path, &size_after, &time_after);
    if (known && (!still || size_before != size_after || time_before != time_after))
        PH_TRY(ph_loss_add(&fresh.losses, 0,
                           "%s: changed while it was read; what was read may end in the middle of "
                           "a snapshot: read it again when its writer is done",
                           path));
    PH_TRY(decode(&fresh));
    *file = fresh;
    fresh = (struct ph_filetext){0};
    return NULL;
}

struct ph_error *ph_filetext_copy(const char *path, struct ph_slice bytes, struct ph_filetext *file)
{
    PH_GUARD(ph_filetext_fini) struct ph_filetext fresh = {.path = ph_strdup(path)};

    if (!fresh.path)
        return ph_error_nomem();
    ph_text_add(&fresh.text, bytes.data, bytes.size);
    PH_TRY(ph_text_check(&fresh.text));
    PH_TRY(decode(&fresh));
    *file = fresh;
    fresh = (struct ph_filetext){0};
    return NULL;
}

void ph_filetext_fini(struct ph_filetext *file)
{
    ph_free(file->path);
    ph_text_fini(&file->text);
    ph_loss_fini(&file->losses);
    *file = (struct ph_filetext){0};
}

/* ------------------------------------------------------------------ tallies */

void ph_tally_note(struct ph_tally *tally, size_t line, struct ph_slice text)
{
    if (tally->count++)
        return;
    text = ph_slice_trim(text);
    tally->line = line;
    tally->size = text.size < sizeof(tally->text) ? text.size : sizeof(tally->text);
    if (tally->size)
        memcpy(tally->text, text.data, tally->size);
    if (tally->size < text.size) /* the cut shows, and no character is cut in two */
        while (tally->size && ((unsigned char)tally->text[tally->size - 1] & 0xc0) == 0x80)
            tally->size--;
}

struct ph_error *ph_tally_report(const struct ph_tally *tallies, size_t count, const char *path,
                                 struct ph_loss_list *losses)
{
    for (size_t i = 0; i < count; i++) {
        const struct ph_tally *tally = &tallies[i];
        if (!tally->count)
            continue;
        PH_GUARD(ph_text_fini) struct ph_text shown = {0};
        ph_text_escaped(&shown, (struct ph_slice){tally->text, tally->size});
        if (tally->size + 4 > sizeof(tally->text))
            ph_text_puts(&shown, "...");
        PH_TRY(ph_text_check(&shown));
        PH_TRY(ph_loss_add(losses, tally->count, "%s: %" PRIu64 " %s, %s line %zu%s%s%s", path,
                           tally->count, tally->count == 1 ? tally->one : tally->many,
                           tally->count == 1 ? "at" : "first at", tally->line,
                           shown.size ? ": '" : "", shown.size ? shown.data : "",
                           shown.size ? "'" : ""));
    }
    return NULL;
}

/* ------------------------------------------------------------------ tags */

struct ph_slice ph_windows_tag(struct ph_slice tag, char buffer[16])
{
    size_t size = tag.size < 16 ? tag.size : 16, characters = 0;

    if (size)
        memcpy(buffer, tag.data, size);
    while (size && buffer[size - 1] == 0)
        size--;
    for (size_t i = 0; i < size; i++)
        characters += ((unsigned char)buffer[i] & 0xc0) != 0x80;
    for (; characters < 4 && size < 16; characters++)
        buffer[size++] = ' ';
    return (struct ph_slice){buffer, size};
}
