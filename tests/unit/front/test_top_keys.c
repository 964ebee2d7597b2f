#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "front/tui/top.h"

enum { KEYS = sizeof(ph_top_keys[0].keys) / sizeof(ph_top_keys[0].keys[0]) };

static void every_key_has_one_meaning_in_a_view(void **state)
{
    (void)state;
    for (size_t i = 0; i < ph_top_key_count; i++) {
        const struct ph_top_key *row = &ph_top_keys[i];
        assert_true(row->keys[0] && row->act && row->views);
        for (size_t k = 0; k < ph_top_key_count * KEYS; k++) {
            const struct ph_top_key *other = &ph_top_keys[k / KEYS];
            uint32_t key = other->keys[k % KEYS];
            for (size_t m = 0; key && other > row && m < KEYS; m++)
                if (row->keys[m] == key && (row->views & other->views))
                    fail_msg("'%s' and '%s' share a key", row->name, other->name);
        }
    }
}

/* What has poolmon in the fingers must find its keys. */
static void poolmons_keys_are_there(void **state)
{
    (void)state;
    for (const char *key = "p()s0123456789iletafdbmh?q\033x"; *key; key++) {
        bool found = false;
        for (size_t i = 0; i < ph_top_key_count; i++)
            for (size_t k = 0; k < KEYS; k++)
                found = found || (ph_top_keys[i].keys[k] == (uint32_t)*key &&
                                  (ph_top_keys[i].views & PH_VIEW_TABLE));
        if (!found)
            fail_msg("the table does not know %c", *key);
    }
}

static void the_help_page_fits(void **state)
{
    (void)state;
    for (unsigned columns = 20; columns <= 200; columns += 20) {
        PH_GUARD(ph_text_fini) struct ph_text text = {0};
        PH_GUARD(ph_text_fini) struct ph_text plain = {0};
        struct ph_grid grid = {0};
        ph_top_help(columns, &text);
        assert_null(ph_text_check(&text));
        assert_null(ph_grid_resize(&grid, 80, columns >= 80 ? 23 : 60));
        size_t lines = ph_grid_text(&grid, 0, grid.rows, 0, ph_slice_of(text.data));
        assert_true(lines <= grid.rows); /* a window of 24 lines shows all keys */
        ph_grid_plain(&grid, &plain);
        for (size_t i = 0; i < ph_top_key_count; i++) {
            PH_GUARD(ph_text_fini) struct ph_text entry = {0};
            ph_text_printf(&entry, "%-10s%s", ph_top_keys[i].name, ph_top_keys[i].help);
            if (!strstr(plain.data, entry.data))
                fail_msg("%u columns: no '%s'", columns, entry.data);
            assert_true(strlen(ph_top_keys[i].name) <= 9);
            assert_true(strlen(ph_top_keys[i].help) <= 28);
        }
        ph_grid_fini(&grid);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_has_one_meaning_in_a_view),
        cmocka_unit_test(poolmons_keys_are_there),
        cmocka_unit_test(the_help_page_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
