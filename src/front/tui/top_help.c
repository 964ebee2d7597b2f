/* The help page, out of the table of keys. */
#include <string.h>

#include "front/tui/top.h"

enum { KEY_WIDTH = 10, ENTRY_WIDTH = 39 };

static void entry(const struct ph_top_key *key, bool pad, struct ph_text *out)
{
    ph_text_printf(out, "\033[1m%-*s\033[0m", KEY_WIDTH, key->name);
    ph_text_printf(out, "%-*s", pad ? ENTRY_WIDTH - KEY_WIDTH : 0, key->help);
}

void ph_top_help(unsigned columns, struct ph_text *out)
{
    bool two = columns >= 2 * ENTRY_WIDTH;
    size_t lines = two ? (ph_top_key_count + 1) / 2 : ph_top_key_count;

    for (size_t i = 0; i < lines; i++) {
        bool second = two && lines + i < ph_top_key_count;
        entry(&ph_top_keys[i], second, out);
        if (second)
            entry(&ph_top_keys[lines + i], false, out);
        ph_text_putc(out, '\n');
    }
}
