/* Fuzzes the search for texts: the pieces that the bytes come in must not matter, and every text
 * must be what it is said to be. The first three bytes choose the options. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "image/strings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct look {
    const uint8_t *data;
    size_t size, least;
    struct ph_text found;
    uint64_t last;
};

static void must(bool holds)
{
    if (!holds)
        abort();
}

static struct ph_error *check(void *context, const struct ph_string *string)
{
    struct look *look = context;
    size_t width = string->wide ? 2 : 1;

    must(string->offset >= look->last && string->text.size >= look->least);
    must(string->offset + string->text.size * width <= look->size);
    for (size_t i = 0; i < string->text.size; i++) {
        must(look->data[string->offset + i * width] == (uint8_t)string->text.data[i]);
        must(!string->wide || !look->data[string->offset + i * width + 1]);
    }
    look->last = string->offset;
    ph_text_printf(&look->found, "%llu %d %zu\n", (unsigned long long)string->offset, string->wide,
                   string->text.size);
    return NULL;
}

static void feed(struct ph_strings_options options, struct look *look, size_t piece)
{
    PH_GUARD(ph_strings_freep) struct ph_strings *strings = NULL;
    struct ph_error *error;

    options.context = look;
    error = ph_strings_new(&options, &strings);
    must(!error);
    for (size_t at = 0; at < look->size;) {
        size_t room, size = look->size - at < piece ? look->size - at : piece;
        void *space = ph_strings_room(strings, &room);
        if (size > room)
            size = room;
        memcpy(space, look->data + at, size);
        error = ph_strings_take(strings, size);
        must(!error);
        at += size;
    }
    error = ph_strings_end(strings);
    must(!error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const finds[] = {"", "a", "Leak", "io", "  "};

    if (size < 3)
        return 0;
    struct ph_strings_options options = {
        .least = 1 + data[0] % 6,
        .ascii = data[0] & 0x40 || !(data[0] & 0x80),
        .wide = data[0] & 0x80,
        .find = ph_slice_of(finds[data[1] % 5]),
        .ignore_case = data[1] & 0x80,
        .visit = check,
    };
    struct look whole = {.data = data + 3, .size = size - 3, .least = options.least}, parts = whole;
    feed(options, &whole, SIZE_MAX);
    feed(options, &parts, 1 + data[2] % 16);
    must(whole.found.size == parts.found.size);
    must(!whole.found.size || !memcmp(whole.found.data, parts.found.data, whole.found.size));
    ph_text_fini(&whole.found);
    ph_text_fini(&parts.found);
    return 0;
}
