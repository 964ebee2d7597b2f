#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "front/tui/console_cells.h"

enum { GREY = 0x07, LEFT = 0x0100, RIGHT = 0x0200, UNDERLINED = 0x8000 };

static void looks_become_attributes(void **state)
{
    static const struct {
        uint32_t look;
        uint16_t colour, plain;
    } TABLE[] = {
        {0, 0x07, 0x07},
        {PH_CELL_BOLD, 0x0F, 0x0F},
        {PH_CELL_DIM, 0x08, 0x08},
        {PH_CELL_UNDERLINE, UNDERLINED | 0x0F, UNDERLINED | 0x0F},
        {PH_CELL_REVERSE, 0x70, 0x70},
        {PH_CELL_RED, 0x0C, UNDERLINED | 0x0F},
        {PH_CELL_GREEN, 0x02, 0x07},
        {PH_CELL_YELLOW, 0x06, 0x0F},
        {PH_CELL_YELLOW | PH_CELL_BOLD, 0x0E, 0x0F},
        {PH_CELL_BLUE, 0x09, 0x07},
        {PH_CELL_CYAN, 0x03, 0x07},
        {PH_CELL_RED | PH_CELL_REVERSE, 0xC0, UNDERLINED | 0xF0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(TABLE) / sizeof(TABLE[0]); i++) {
        assert_int_equal(ph_console_look(TABLE[i].look, true, GREY), TABLE[i].colour);
        assert_int_equal(ph_console_look(TABLE[i].look, false, GREY), TABLE[i].plain);
    }
}

/* On whatever colours a console has: no look hides a text, none but reverse changes the paper. */
static void every_look_can_be_read(void **state)
{
    static const uint32_t COLOURS[] = {
        0, PH_CELL_RED, PH_CELL_GREEN, PH_CELL_YELLOW, PH_CELL_BLUE, PH_CELL_CYAN};

    (void)state;
    for (uint16_t usual = 0; usual < 0x100; usual++)
        for (uint32_t look = 0; look < 16; look++)
            for (size_t i = 0; i < 12; i++) {
                if ((usual & 0x0F) == usual >> 4)
                    continue; /* hidden by its owner */
                uint16_t got = ph_console_look(look | COLOURS[i % 6], i < 6, usual);
                assert_int_not_equal(got & 0x0F, (got >> 4) & 0x0F);
                if (look & PH_CELL_REVERSE)
                    assert_int_equal(got & 0x0F, usual >> 4);
                else
                    assert_int_equal((got >> 4) & 0x0F, usual >> 4);
            }
}

static void wide_characters_take_two_halves(void **state)
{
    const struct ph_cell row[] = {{.rune = 'a'},
                                  {.rune = 0x65E5, .look = PH_CELL_BOLD},
                                  {.rune = 0, .look = PH_CELL_BOLD},
                                  {.rune = 'e', .marks = 0x0301},
                                  {.rune = 0x28FF},
                                  {.rune = 0x1F600},
                                  {.rune = 0},
                                  {.rune = 0x10348}};
    static const struct ph_console_cell WANTED[] = {{'a', 7},
                                                    {0x65E5, 0x0F | LEFT},
                                                    {0x65E5, 0x0F | RIGHT},
                                                    {'e', 7},
                                                    {0x28FF, 7},
                                                    {0xFFFD, 7},
                                                    {' ', 7},
                                                    {0xFFFD, 7}};
    struct ph_console_cell out[8] = {{0, 0}};

    (void)state;
    ph_console_cells(row, 8, 0, 8, true, GREY, out);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(out[i].unit, WANTED[i].unit);
        assert_int_equal(out[i].attributes, WANTED[i].attributes);
    }
    ph_console_cells(row, 8, 1, 3, true, GREY, out);
    assert_int_equal(out[0].unit, 0x65E5);
    assert_int_equal(out[1].attributes, 0x0F | RIGHT);
    assert_int_equal(out[2].unit, 0x65E5); /* untouched */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_become_attributes),
        cmocka_unit_test(every_look_can_be_read),
        cmocka_unit_test(wide_characters_take_two_halves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
