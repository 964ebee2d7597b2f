#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "front/tui/cells.h"

static void fini(struct ph_grid *grid)
{
    ph_grid_fini(grid);
}

static const struct ph_cell *cell(const struct ph_grid *grid, unsigned row, unsigned column)
{
    return &grid->cells[(size_t)row * grid->columns + column];
}

/* Lays text into a fresh grid and compares what stands there. */
static void lays(unsigned columns, unsigned rows, size_t skip, const char *text, const char *wanted)
{
    PH_GUARD(fini) struct ph_grid grid = {0};
    PH_GUARD(ph_text_fini) struct ph_text plain = {0};

    assert_null(ph_grid_resize(&grid, columns, rows));
    (void)ph_grid_text(&grid, 0, rows, skip, ph_slice_of(text));
    ph_grid_plain(&grid, &plain);
    assert_null(ph_text_check(&plain));
    assert_string_equal(plain.data, wanted);
}

static void lays_lines_and_cuts_them(void **state)
{
    (void)state;
    lays(6, 3, 0, "one\ntwo  \n", "one\ntwo\n\n");
    lays(6, 2, 0, "much too wide\nb", "much t\nb\n");
    lays(6, 2, 1, "a\nb\nc\nd\n", "b\nc\n");
    lays(6, 2, 9, "a\nb\n", "\n\n");
    lays(6, 2, 0, "", "\n\n");
    lays(3, 1, 0,
         "a\tb\rc\x01"
         "d",
         "abc\n"); /* controls are dropped */
    lays(4, 1, 0,
         "\xff"
         "a",
         "\xef\xbf\xbd"
         "a\n");
}

static void keeps_wide_and_combining_characters_whole(void **state)
{
    PH_GUARD(fini) struct ph_grid grid = {0};

    (void)state;
    lays(5, 1, 0, "\xe6\xb0\xb4\xe6\xb0\xb4\xe6\xb0\xb4", "\xe6\xb0\xb4\xe6\xb0\xb4\n");
    lays(5, 1, 0,
         "ab\xe6\xb0\xb4\xe6\xb0\xb4"
         "c",
         "ab\xe6\xb0\xb4\n"); /* nothing slips behind */
    lays(3, 1, 0, "e\xcc\x81x", "e\xcc\x81x\n");
    lays(3, 1, 0, "\xcc\x81x", "x\n"); /* nothing to combine with */
    assert_null(ph_grid_resize(&grid, 4, 1));
    (void)ph_grid_text(&grid, 0, 1, 0, ph_slice_of("\xe6\xb0\xb4\xcc\x81z"));
    assert_int_equal(cell(&grid, 0, 0)->rune, 0x6c34);
    assert_int_equal(cell(&grid, 0, 0)->marks, 0x301);
    assert_int_equal(cell(&grid, 0, 1)->rune, 0);
    assert_int_equal(cell(&grid, 0, 2)->rune, 'z');
}

static void takes_looks_from_sgr(void **state)
{
    PH_GUARD(fini) struct ph_grid grid = {0};

    (void)state;
    assert_null(ph_grid_resize(&grid, 8, 4));
    (void)ph_grid_text(&grid, 0, 4, 0,
                       ph_slice_of("a\033[1;31mb\033[0mc\033[33;7md\033[36me\033[27;39mf\n"
                                   "\033[4mx\ny\033[m\033[2mz\033[22mq\n"
                                   "\033[38;5;1mr\033[?25ls\033[2Kt\033u\033[1"));
    assert_int_equal(cell(&grid, 0, 0)->look, 0);
    assert_int_equal(cell(&grid, 0, 1)->look, PH_CELL_BOLD | PH_CELL_RED);
    assert_int_equal(cell(&grid, 0, 2)->look, 0);
    assert_int_equal(cell(&grid, 0, 3)->look, PH_CELL_YELLOW | PH_CELL_REVERSE);
    assert_int_equal(cell(&grid, 0, 4)->look, PH_CELL_CYAN | PH_CELL_REVERSE);
    assert_int_equal(cell(&grid, 0, 5)->look, 0);
    assert_int_equal(cell(&grid, 1, 0)->look, PH_CELL_UNDERLINE);
    assert_int_equal(cell(&grid, 2, 0)->look, PH_CELL_UNDERLINE);
    assert_int_equal(cell(&grid, 2, 1)->look, PH_CELL_DIM);
    assert_int_equal(cell(&grid, 2, 2)->look, 0);
    assert_int_equal(cell(&grid, 3, 0)->rune, 'r');
    assert_int_equal(cell(&grid, 3, 1)->rune, 's');
    assert_int_equal(cell(&grid, 3, 2)->rune, 't');
    assert_int_equal(cell(&grid, 3, 3)->rune, 'u');
    assert_int_equal(cell(&grid, 3, 4)->rune, ' ');
}

static void looks_of_skipped_lines_count(void **state)
{
    PH_GUARD(fini) struct ph_grid grid = {0};

    (void)state;
    assert_null(ph_grid_resize(&grid, 4, 1));
    assert_int_equal(ph_grid_text(&grid, 0, 1, 1, ph_slice_of("\033[32ma\nb\nc")), 3);
    assert_int_equal(cell(&grid, 0, 0)->look, PH_CELL_GREEN);
}

static void adds_looks_and_replaces_rows(void **state)
{
    PH_GUARD(fini) struct ph_grid grid = {0};
    PH_GUARD(ph_text_fini) struct ph_text plain = {0};

    (void)state;
    assert_null(ph_grid_resize(&grid, 5, 2));
    (void)ph_grid_text(&grid, 0, 2, 0, ph_slice_of("\033[1maaaaa\nbbbbb\n"));
    ph_grid_look(&grid, 0, PH_CELL_REVERSE);
    ph_grid_look(&grid, 7, PH_CELL_REVERSE); /* no such row */
    assert_int_equal(cell(&grid, 0, 4)->look, PH_CELL_BOLD | PH_CELL_REVERSE);
    (void)ph_grid_text(&grid, 1, 1, 0, ph_slice_of("c"));
    (void)ph_grid_text(&grid, 2, 9, 0, ph_slice_of("outside"));
    ph_grid_plain(&grid, &plain);
    assert_string_equal(plain.data, "aaaaa\nc\n");
    assert_null(ph_grid_resize(&grid, 0, 0));
    assert_int_equal(ph_grid_text(&grid, 0, 0, 0, ph_slice_of("a\nb\n")), 2);
}

/* Whatever the text is, no cell holds a control, and halves of wide characters come in pairs. */
static void random_text_stays_in_the_grid(void **state)
{
    static const char PARTS[] = "\033[];?0123457m \n\xe6\xb0\xb4\xcc\x81\xff\x9b"
                                "a\x07\x7f";
    PH_GUARD(fini) struct ph_grid grid = {0};

    (void)state;
    srand(20261102);
    for (int round = 0; round < 3000; round++) {
        char text[200];
        size_t size = (size_t)(rand() % (int)sizeof(text));
        for (size_t i = 0; i < size; i++)
            text[i] = PARTS[(size_t)rand() % (sizeof(PARTS) - 1)];
        assert_null(ph_grid_resize(&grid, (unsigned)(rand() % 12), (unsigned)(rand() % 5)));
        (void)ph_grid_text(&grid, (unsigned)(rand() % 3), (unsigned)(rand() % 6),
                           (size_t)(rand() % 3), (struct ph_slice){text, size});
        for (size_t i = 0; i < (size_t)grid.columns * grid.rows; i++) {
            uint32_t rune = grid.cells[i].rune;
            if (!rune) {
                assert_int_not_equal(i % grid.columns, 0);
                assert_int_not_equal(grid.cells[i - 1].rune, 0);
            } else {
                assert_true(rune >= ' ' && !(rune >= 0x7f && rune < 0xa0));
            }
        }
    }
}

static void says_when_memory_is_short(void **state)
{
    PH_GUARD(fini) struct ph_grid grid = {0};

    (void)state;
    ph_mem_fail_after(0);
    struct ph_error *error = ph_grid_resize(&grid, 80, 24);
    ph_mem_fail_after(-1);
    assert_non_null(error);
    assert_int_equal(error->code, PH_ERR_NOMEM);
    ph_error_free(error);
    assert_int_equal(grid.columns, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lays_lines_and_cuts_them),
        cmocka_unit_test(keeps_wide_and_combining_characters_whole),
        cmocka_unit_test(takes_looks_from_sgr),
        cmocka_unit_test(looks_of_skipped_lines_count),
        cmocka_unit_test(adds_looks_and_replaces_rows),
        cmocka_unit_test(random_text_stays_in_the_grid),
        cmocka_unit_test(says_when_memory_is_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
