#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "front/tui/console_keys.h"
#include "front/tui/terminal.h"

enum { ALT_GR = 0x09, ALT = 0x02, CTRL = 0x08, SHIFT = 0x10, NUM_LOCK = 0x20, ENHANCED = 0x100 };

static uint32_t pressed(uint16_t code, uint16_t unit, uint32_t state)
{
    struct ph_console_keys keys = {0};

    return ph_console_key(&keys, &(struct ph_console_key){true, code, unit, state});
}

static void keys_have_names(void **state)
{
    static const struct {
        uint16_t code, unit;
        uint32_t key;
    } TABLE[] = {
        {0x25, 0, PH_KEY_LEFT},         {0x26, 0, PH_KEY_UP},        {0x27, 0, PH_KEY_RIGHT},
        {0x28, 0, PH_KEY_DOWN},         {0x21, 0, PH_KEY_PAGE_UP},   {0x22, 0, PH_KEY_PAGE_DOWN},
        {0x24, 0, PH_KEY_HOME},         {0x23, 0, PH_KEY_END},       {0x2E, 0, PH_KEY_DELETE},
        {0x0D, '\r', PH_KEY_ENTER},     {0x1B, 0x1B, PH_KEY_ESCAPE}, {0x09, '\t', PH_KEY_TAB},
        {0x08, '\b', PH_KEY_BACKSPACE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(TABLE) / sizeof(TABLE[0]); i++) {
        assert_int_equal(pressed(TABLE[i].code, TABLE[i].unit, 0), TABLE[i].key);
        assert_int_equal(pressed(TABLE[i].code, TABLE[i].unit, SHIFT | NUM_LOCK | ENHANCED),
                         TABLE[i].key);
    }
    assert_int_equal(pressed(0x08, 0x7F, CTRL), PH_KEY_BACKSPACE);
    assert_int_equal(pressed(0, '\n', 0), PH_KEY_ENTER);
}

static void characters_are_themselves(void **state)
{
    (void)state;
    assert_int_equal(pressed('Q', 'q', 0), 'q');
    assert_int_equal(pressed('Q', 'Q', SHIFT), 'Q');
    assert_int_equal(pressed(0x20, ' ', 0), ' ');
    /* What has the number of an arrow as a character: pasted text brings it as a code, too. */
    assert_int_equal(pressed(0x25, '%', 0), '%');
    assert_int_equal(pressed(0x2E, '.', 0), '.');
    assert_int_equal(pressed(0, 0x20AC, 0), 0x20AC);
    assert_int_equal(pressed(0x51, '@', ALT_GR), '@');
    assert_int_equal(pressed('Z', 26, CTRL), 26);
}

static void commands_of_the_window_are_none(void **state)
{
    static const uint16_t ALONE[] = {0x10, 0x11, 0x12, 0x14, 0x70, 0x7B, 0x5B, 0x2D};

    (void)state;
    for (size_t i = 0; i < sizeof(ALONE) / sizeof(ALONE[0]); i++)
        assert_int_equal(pressed(ALONE[i], 0, 0), 0);
    assert_int_equal(pressed('Q', 'q', ALT), 0);
    assert_int_equal(pressed('Q', 'q', CTRL), 0);
    assert_int_equal(pressed(0x0D, '\r', ALT), 0);
}

static void a_character_is_typed_by_its_number(void **state)
{
    struct ph_console_keys keys = {0};
    const struct ph_console_key events[] = {
        {true, 0x12, 0, ALT},  {true, 0x23, 0, ALT}, {false, 0x23, 0, ALT}, {true, 0x27, 0, ALT},
        {false, 0x27, 0, ALT}, {true, 0x61, 0, ALT}, {false, 0x61, 0, ALT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
        assert_int_equal(ph_console_key(&keys, &events[i]), 0);
    assert_int_equal(ph_console_key(&keys, &(struct ph_console_key){false, 0x12, 0xE4, 0}), 0xE4);
    assert_int_equal(ph_console_key(&keys, &(struct ph_console_key){false, 0x12, 0, 0}), 0);
}

static void halves_become_one(void **state)
{
    struct ph_console_keys keys = {0};
    const struct ph_console_key high = {true, 0, 0xD83D, 0}, high_up = {false, 0, 0xD83D, 0},
                                low = {true, 0, 0xDE00, 0}, letter = {true, 'A', 'a', 0};

    (void)state;
    assert_int_equal(ph_console_key(&keys, &high), 0);
    assert_int_equal(ph_console_key(&keys, &high_up), 0);
    assert_int_equal(ph_console_key(&keys, &low), 0x1F600);
    assert_int_equal(ph_console_key(&keys, &low), 0); /* alone: none */
    assert_int_equal(ph_console_key(&keys, &high), 0);
    assert_int_equal(ph_console_key(&keys, &letter), 'a');
    assert_int_equal(ph_console_key(&keys, &low), 0);
    assert_int_equal(ph_console_key(&keys, &high), 0);
    assert_int_equal(ph_console_key(&keys, &high), 0);
    assert_int_equal(ph_console_key(&keys, &low), 0x1F600);
}

/* Whatever comes: a character of Unicode or one of the keys that there are. */
static void any_event_is_a_key_or_none(void **state)
{
    struct ph_console_keys keys = {0};
    uint32_t seed = 1;

    (void)state;
    for (unsigned i = 0; i < 200000; i++) {
        seed = seed * 1664525u + 1013904223u;
        const struct ph_console_key event = {seed >> 31, (seed >> 8) & 0xFF,
                                             (uint16_t)(i % 3 ? seed >> 13 : 0),
                                             (seed >> 5) & 0x1FF};
        uint32_t key = ph_console_key(&keys, &event);
        assert_true(key < 0x110000 || (key >= PH_KEY_UP && key <= PH_KEY_DELETE));
        assert_false(key >= 0xD800 && key < 0xE000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_have_names),
        cmocka_unit_test(characters_are_themselves),
        cmocka_unit_test(commands_of_the_window_are_none),
        cmocka_unit_test(a_character_is_typed_by_its_number),
        cmocka_unit_test(halves_become_one),
        cmocka_unit_test(any_event_is_a_key_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
