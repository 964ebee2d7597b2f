/* screen_check.h - what must hold for every text on a terminal. */
#ifndef SCREEN_CHECK_H
#define SCREEN_CHECK_H

#include <stdbool.h>
#include <string.h>

#include "render/render.h"

/* Every byte may stand on a terminal: UTF-8 without controls, or ASCII when the style says so. */
static inline void assert_harmless(const struct ph_text *out, const struct ph_style *style)
{
    PH_GUARD(ph_text_fini) struct ph_text again = {0};
    PH_GUARD(ph_text_fini) struct ph_text lines = {0};

    for (size_t i = 0; i < out->size; i++) {
        char c = out->data[i];
        if (!style->utf8 && (unsigned char)c >= 0x80)
            fail_msg("byte %02x in an ASCII style", (unsigned char)c);
        ph_text_putc(&lines, c == '\n' || c == '\\' ? ' ' : c);
    }
    ph_text_escaped(&again, (struct ph_slice){lines.data, lines.size});
    assert_int_equal(again.size, lines.size); /* nothing needed an escape */
}

static inline void assert_width(const struct ph_text *out, size_t columns)
{
    const char *at = out->data, *end = out->data + out->size;

    assert_true(out->size && end[-1] == '\n');
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        struct ph_slice line = {at, (size_t)(stop - at)};
        /* what is to be copied stays in one piece, on a line of its own where it is too wide */
        bool copyable = ph_slice_starts(line, "  poolhound ");
        if (!copyable && ph_text_width(line) > columns)
            fail_msg("%zu columns, wanted %zu: %.*s", ph_text_width(line), columns, (int)line.size,
                     line.data);
        if (line.size && line.data[line.size - 1] == ' ')
            fail_msg("a blank at the end of: %.*s|", (int)line.size, line.data);
        at = stop + 1;
    }
}

static inline void without_colour(const struct ph_text *colour, struct ph_text *stripped)
{
    for (size_t i = 0; i < colour->size; i++) {
        if (colour->data[i] != '\033') {
            ph_text_putc(stripped, colour->data[i]);
            continue;
        }
        while (colour->data[i] != 'm')
            i++;
    }
}

#endif
