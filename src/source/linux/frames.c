/* A frame as %pS prints it (lib/vsprintf.c, kernel/kallsyms.c, sprint_symbol):
 *
 *     tick+0x10b/0x190 [leaky]
 *     kthread+0xd2/0x100
 *     0xffffffffa0000036            the code is gone, or has no name
 *
 * | field        | meaning                                                                      |
 * |--------------|------------------------------------------------------------------------------|
 * | function     | up to the last `+`; of Rust and C++ too, hence without blanks                |
 * | +0x10b/0x190 | where in it, and how long it is                                              |
 * | [leaky]      | only of modules; %pSb puts a build ID behind the name: [leaky 2f3c...]       |
 */
#include "source/linux/frames.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* "+0x10b/0x190" at the end of the word. */
static bool take_offset(struct ph_slice *word, struct ph_place *place)
{
    size_t plus = word->size;

    while (plus && word->data[plus - 1] != '+')
        plus--;
    if (plus < 2)
        return false;
    struct ph_slice offset = {word->data + plus, word->size - plus}, size = {"", 0};
    const char *slash = memchr(offset.data, '/', offset.size);
    if (slash) {
        size = (struct ph_slice){slash + 1, (size_t)(offset.data + offset.size - slash - 1)};
        offset.size = (size_t)(slash - offset.data);
    }
    uint64_t at, of = 0;
    if (!ph_parse_hex(offset, &at) || (slash && !ph_parse_hex(size, &of)))
        return false;
    place->offset = at;
    place->size = of;
    word->size = plus - 1;
    return true;
}

static bool take_module(struct ph_slice word, struct ph_slice *module)
{
    if (word.size < 2 || word.data[0] != '[')
        return false;
    *module = (struct ph_slice){word.data + 1, word.size - 1};
    if (module->data[module->size - 1] == ']')
        module->size--;
    return module->size != 0;
}

struct ph_error *ph_frame_parse(struct ph_slice text, struct ph_place *place)
{
    PH_GUARD(ph_place_fini) struct ph_place fresh = {0};
    struct ph_slice word, module;

    if (!ph_slice_word(&text, &word)) {
        ph_place_fini(place);
        return NULL;
    }
    if (!ph_slice_starts(word, "0x") || !ph_parse_hex(word, &fresh.address) || !fresh.address) {
        (void)take_offset(&word, &fresh);
        fresh.function = ph_memdup(word.data, word.size);
        if (!fresh.function)
            return ph_error_nomem();
    }
    if (ph_slice_word(&text, &word) && take_module(word, &module)) {
        fresh.module = ph_memdup(module.data, module.size);
        if (!fresh.module)
            return ph_error_nomem();
    }
    ph_place_fini(place);
    *place = fresh;
    fresh = (struct ph_place){0};
    return NULL;
}
