#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "front/tui/vt_paint.h"

/* A terminal that follows what ph_vt_paint() sends, and nothing else. Characters that are wide here
 * are narrow or wide there, as `narrow` says: a terminal of another Unicode. */
struct screen {
    struct ph_grid grid;
    unsigned column, row;
    uint16_t look;
    bool cursor, narrow;
};

static void fini(struct ph_grid *grid)
{
    ph_grid_fini(grid);
}

static void screen_fini(struct screen *screen)
{
    ph_grid_fini(&screen->grid);
}

static struct ph_cell *at(struct screen *screen)
{
    assert_true(screen->row < screen->grid.rows && screen->column < screen->grid.columns);
    return &screen->grid.cells[(size_t)screen->row * screen->grid.columns + screen->column];
}

static bool is_wide(uint32_t rune)
{
    return rune >= 0x3000 && rune < 0xA000;
}

static void erase(struct screen *screen, unsigned columns)
{
    assert_int_equal(screen->look, 0); /* or it would be coloured */
    for (unsigned i = 0; i < columns; i++)
        at(screen)[i] = (struct ph_cell){.rune = ' '};
}

static void select_look(struct screen *screen, unsigned parameter)
{
    static const uint16_t LOOK[] = {
        [1] = PH_CELL_BOLD,    [2] = PH_CELL_DIM,   [4] = PH_CELL_UNDERLINE,
        [7] = PH_CELL_REVERSE, [31] = PH_CELL_RED,  [32] = PH_CELL_GREEN,
        [33] = PH_CELL_YELLOW, [34] = PH_CELL_BLUE, [36] = PH_CELL_CYAN};

    assert_true(parameter < sizeof(LOOK) / sizeof(LOOK[0]));
    assert_true(!parameter || LOOK[parameter]);
    screen->look = parameter ? screen->look | LOOK[parameter] : 0;
}

static size_t sequence(struct screen *screen, struct ph_slice bytes, size_t start)
{
    unsigned numbers[8] = {0};
    size_t count = 1, i = start + 2;
    bool private = bytes.data[i] == '?';

    assert_int_equal(bytes.data[start + 1], '[');
    for (i += private; i < bytes.size && bytes.data[i] < 0x40; i++)
        if (bytes.data[i] == ';')
            assert_true(++count <= 8);
        else
            numbers[count - 1] = numbers[count - 1] * 10 + (unsigned)(bytes.data[i] - '0');
    assert_true(i < bytes.size);
    switch (bytes.data[i]) {
    case 'H':
        screen->row = numbers[0] ? numbers[0] - 1 : 0;
        screen->column = numbers[1] ? numbers[1] - 1 : 0;
        break;
    case 'G':
        screen->column = numbers[0] - 1;
        break;
    case 'K':
        erase(screen, screen->grid.columns - screen->column);
        break;
    case 'J':
        screen->row = screen->column = 0;
        erase(screen, screen->grid.columns * screen->grid.rows);
        break;
    case 'm':
        for (size_t n = 0; n < count; n++)
            select_look(screen, numbers[n]);
        break;
    case 'h':
    case 'l':
        assert_true(private && numbers[0] == 25);
        screen->cursor = bytes.data[i] == 'h';
        break;
    default:
        fail_msg("an unknown sequence: %c", bytes.data[i]);
    }
    return i + 1;
}

static size_t character(struct screen *screen, struct ph_slice bytes, size_t start)
{
    uint32_t rune = 0;
    size_t length = ph_utf8_rune((struct ph_slice){bytes.data + start, bytes.size - start}, &rune);

    assert_true(length);
    if (rune >= 0x300 && rune < 0x370) {
        at(screen)[-1].marks = rune; /* the letter before it is narrow */
        return start + length;
    }
    *at(screen) = (struct ph_cell){.rune = rune, .look = screen->look};
    screen->column++;
    if (is_wide(rune) && !screen->narrow) {
        *at(screen) = (struct ph_cell){.look = screen->look};
        screen->column++;
    }
    return start + length;
}

static void follow(struct screen *screen, struct ph_slice bytes)
{
    for (size_t i = 0; i < bytes.size;)
        i = bytes.data[i] == '\033' ? sequence(screen, bytes, i) : character(screen, bytes, i);
}

static void shows(struct screen *screen, const struct ph_grid *wanted)
{
    for (size_t i = 0; i < (size_t)wanted->columns * wanted->rows; i++) {
        if (screen->narrow && !wanted->cells[i].rune)
            continue; /* that half is anybody's */
        assert_int_equal(screen->grid.cells[i].rune, wanted->cells[i].rune);
        assert_int_equal(screen->grid.cells[i].marks, wanted->cells[i].marks);
        assert_int_equal(screen->grid.cells[i].look, wanted->cells[i].look);
    }
    assert_int_equal(screen->cursor, wanted->cursor);
    if (wanted->cursor) {
        assert_int_equal(screen->column, wanted->cursor_column);
        assert_int_equal(screen->row, wanted->cursor_row);
    }
}

static unsigned roll(uint32_t *seed, unsigned below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % below;
}

/* Some words of all kinds somewhere in the grid. */
static void scribble(struct ph_grid *grid, uint32_t *seed)
{
    static const uint32_t RUNES[] = {'a',    ' ',    ' ',    ' ',     '7',
                                     0x2588, 0x28FF, 0x65E5, 0x1F600, 0xE9};
    unsigned row = roll(seed, grid->rows), column = roll(seed, grid->columns),
             count = roll(seed, grid->columns);
    uint32_t look = roll(seed, 3) ? roll(seed, 16) | 1u << (4 + roll(seed, 5)) : 0;
    struct ph_cell *cells = &grid->cells[(size_t)row * grid->columns];

    if (!cells[column].rune)
        column--;
    for (; column < grid->columns && count; column++, count--) {
        uint32_t rune = RUNES[roll(seed, 10)];
        if (is_wide(rune) && column + 1 == grid->columns)
            rune = '?';
        bool halved = column + 1 < grid->columns && !cells[column + 1].rune;
        cells[column] = (struct ph_cell){.rune = rune, .look = look};
        if (rune == 'a' && !roll(seed, 3))
            cells[column].marks = 0x301;
        if (is_wide(rune)) {
            halved = column + 2 < grid->columns && !cells[column + 2].rune;
            cells[++column] = (struct ph_cell){.look = look};
        }
        if (halved)
            cells[column + 1] = (struct ph_cell){.rune = ' '};
    }
    grid->cursor = roll(seed, 2);
    grid->cursor_column = roll(seed, grid->columns);
    grid->cursor_row = roll(seed, grid->rows);
}

static void follows(unsigned columns, unsigned rows, bool narrow)
{
    PH_GUARD(fini) struct ph_grid grid = {0};
    PH_GUARD(fini) struct ph_grid shown = {0};
    PH_GUARD(screen_fini) struct screen screen = {.narrow = narrow};
    PH_GUARD(ph_text_fini) struct ph_text frame = {0};
    uint32_t seed = columns * 131 + rows;

    assert_null(ph_grid_resize(&grid, columns, rows));
    assert_null(ph_grid_resize(&shown, columns, rows));
    assert_null(ph_grid_resize(&screen.grid, columns + 1, rows)); /* a place behind the last */
    screen.grid.columns = columns + 1;
    for (unsigned step = 0; step < 3000; step++) {
        scribble(&grid, &seed);
        ph_text_clear(&frame);
        ph_vt_paint(&grid, &shown, step % 500, true, &frame);
        assert_false(frame.failed);
        follow(&screen, ph_text_slice(&frame));
        PH_GUARD(screen_fini) struct screen seen = screen;
        seen.grid = (struct ph_grid){0};
        assert_null(ph_grid_resize(&seen.grid, columns, rows));
        for (unsigned row = 0; row < rows; row++)
            memcpy(&seen.grid.cells[(size_t)row * columns],
                   &screen.grid.cells[(size_t)row * (columns + 1)], columns * sizeof(*grid.cells));
        shows(&seen, &grid);
        assert_memory_equal(shown.cells, grid.cells, (size_t)columns * rows * sizeof(*grid.cells));
    }
}

static void any_change_is_followed(void **state)
{
    (void)state;
    follows(20, 5, false);
    follows(3, 2, false);
    follows(1, 1, false);
}

static void a_character_of_another_width_moves_nothing(void **state)
{
    (void)state;
    follows(20, 5, true);
}

/* A table as top has it: colours, a selected row, a chart of blocks. */
static void table(struct ph_grid *grid, unsigned change)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    assert_null(ph_grid_resize(grid, 80, 24));
    for (unsigned row = 0; row < 24; row++) {
        ph_text_printf(&text, " Tag%-2u Nonp  %8u (%4u) %8u (%4u) ", row, 21008 + change, row, 99u,
                       row);
        ph_text_puts(&text, "\033[31mLEAK\033[0m \033[1m198 KB/h\033[0m \033[36m");
        for (unsigned i = 0; i < 20; i++)
            ph_text_rune(&text, 0x2581 + (row + i) % 8);
        ph_text_puts(&text, "\033[0m\n");
    }
    assert_null(ph_text_check(&text));
    (void)ph_grid_text(grid, 0, 24, 0, ph_text_slice(&text));
    ph_grid_look(grid, 3, PH_CELL_REVERSE);
}

static void frames_are_small(void **state)
{
    PH_GUARD(fini) struct ph_grid grid = {0};
    PH_GUARD(fini) struct ph_grid shown = {0};
    PH_GUARD(ph_text_fini) struct ph_text frame = {0};

    (void)state;
    table(&grid, 0);
    assert_null(ph_grid_resize(&shown, 80, 24));
    ph_vt_paint(&grid, &shown, false, true, &frame);
    assert_in_range(frame.size, 1920, 8191);

    ph_text_clear(&frame);
    ph_vt_paint(&grid, &shown, true, true, &frame); /* nothing changed */
    assert_in_range(frame.size, 0, 16);

    ph_text_clear(&frame);
    table(&grid, 1); /* a digit a row */
    ph_vt_paint(&grid, &shown, true, true, &frame);
    assert_in_range(frame.size, 24, 512);
}

static void without_colours_there_are_none(void **state)
{
    PH_GUARD(fini) struct ph_grid grid = {0};
    PH_GUARD(fini) struct ph_grid shown = {0};
    PH_GUARD(ph_text_fini) struct ph_text frame = {0};

    (void)state;
    table(&grid, 0);
    assert_null(ph_grid_resize(&shown, 80, 24));
    ph_vt_paint(&grid, &shown, false, false, &frame);
    assert_false(frame.failed);
    assert_null(strstr(frame.data, ";3"));
    assert_non_null(strstr(frame.data, "\033[0;1;4mLEAK"));
}

static void changes_are_whole_characters(void **state)
{
    const struct ph_cell old[] = {{.rune = 'a'}, {.rune = 0x65E5}, {.rune = 0}, {.rune = 'b'}},
                         other[] = {{.rune = 'a'}, {.rune = 0x672C}, {.rune = 0}, {.rune = 'b'}},
                         narrow[] = {{.rune = 'a'}, {.rune = 0x65E5}, {.rune = 0}, {.rune = 'c'}},
                         half[] = {{.rune = 'a'}, {.rune = 'x'}, {.rune = 'y'}, {.rune = 'b'}};
    unsigned first = 9, end = 9;

    (void)state;
    assert_false(ph_row_changes(old, old, 4, &first, &end));
    assert_int_equal(first, 9);
    assert_true(ph_row_changes(other, old, 4, &first, &end));
    assert_int_equal(first, 1);
    assert_int_equal(end, 3); /* with the right half, which looks the same */
    assert_true(ph_row_changes(narrow, old, 4, &first, &end));
    assert_int_equal(first, 3);
    assert_int_equal(end, 4);
    assert_true(ph_row_changes(half, old, 4, &first, &end));
    assert_int_equal(first, 1);
    assert_int_equal(end, 3);
}

static void lack_of_memory_is_told(void **state)
{
    PH_GUARD(fini) struct ph_grid grid = {0};
    PH_GUARD(fini) struct ph_grid shown = {0};
    bool failed = true;

    (void)state;
    table(&grid, 0);
    assert_null(ph_grid_resize(&shown, 80, 24));
    for (long n = 0; failed; n++) {
        PH_GUARD(ph_text_fini) struct ph_text frame = {0};
        assert_true(n < 1000);
        ph_mem_fail_after(n);
        ph_vt_paint(&grid, &shown, false, true, &frame);
        ph_mem_fail_after(-1);
        failed = frame.failed;
        assert_true(n > 0 || failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_change_is_followed),
        cmocka_unit_test(a_character_of_another_width_moves_nothing),
        cmocka_unit_test(frames_are_small),
        cmocka_unit_test(without_colours_there_are_none),
        cmocka_unit_test(changes_are_whole_characters),
        cmocka_unit_test(lack_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
