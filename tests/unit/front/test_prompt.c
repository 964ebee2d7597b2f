#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "front/tui/patterns.h"
#include "front/tui/prompt.h"
#include "front/tui/terminal.h"

enum { CTRL_A = 1, CTRL_E = 5, CTRL_U = 21, CTRL_W = 23 };

static struct ph_prompt prompt;

static void type(const char *text)
{
    for (; *text; text++)
        assert_int_equal(ph_prompt_key(&prompt, (unsigned char)*text), PH_PROMPT_EDITING);
}

static void press(uint32_t key)
{
    assert_int_equal(ph_prompt_key(&prompt, key), PH_PROMPT_EDITING);
}

static void holds(const char *wanted)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    ph_prompt_text(&prompt, &text);
    assert_null(ph_text_check(&text));
    assert_string_equal(text.data, wanted);
}

static void edits_a_line(void **state)
{
    (void)state;
    ph_prompt_open(&prompt, "Find: ", ph_slice_of("abc"));
    type("de");
    holds("abcde");
    press(PH_KEY_LEFT);
    press(PH_KEY_LEFT);
    type("X");
    holds("abcXde");
    press(PH_KEY_BACKSPACE);
    press(PH_KEY_DELETE);
    holds("abce");
    press(CTRL_A);
    press(PH_KEY_LEFT);
    press(PH_KEY_BACKSPACE);
    press(PH_KEY_DELETE);
    type("(");
    press(CTRL_E);
    press(PH_KEY_RIGHT);
    press(PH_KEY_DELETE);
    type(")");
    holds("(bce)");
    press(PH_KEY_HOME);
    press(0xe4); /* a with diaeresis */
    press(PH_KEY_END);
    press(PH_KEY_PAGE_UP); /* and other keys do nothing */
    press(7);
    press(0x9b);
    holds("\xc3\xa4(bce)");
    press(CTRL_U);
    holds("");
    type("two words  ");
    press(CTRL_W);
    holds("two ");
    press(CTRL_W);
    press(CTRL_W);
    holds("");
    assert_int_equal(ph_prompt_key(&prompt, PH_KEY_ENTER), PH_PROMPT_DONE);
    assert_int_equal(ph_prompt_key(&prompt, PH_KEY_ESCAPE), PH_PROMPT_CANCELLED);
}

static void ends_where_its_room_ends(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    (void)state;
    for (int i = 0; i < PH_PROMPT_MOST + 10; i++)
        ph_text_putc(&text, 'a');
    ph_prompt_open(&prompt, "", (struct ph_slice){text.data, text.size});
    assert_int_equal(prompt.count, PH_PROMPT_MOST);
    press('b');
    assert_int_equal(prompt.count, PH_PROMPT_MOST);
    press(PH_KEY_BACKSPACE);
    press('b');
    assert_int_equal(prompt.runes[PH_PROMPT_MOST - 1], 'b');
}

static void draws(unsigned columns, const char *wanted, unsigned cursor)
{
    struct ph_grid grid = {0};
    PH_GUARD(ph_text_fini) struct ph_text plain = {0};

    assert_null(ph_grid_resize(&grid, columns, 2));
    (void)ph_grid_text(&grid, 0, 2, 0, ph_slice_of("above\nunder the prompt"));
    ph_prompt_draw(&prompt, &grid);
    ph_grid_plain(&grid, &plain);
    assert_string_equal(plain.data, wanted);
    assert_true(grid.cursor && grid.cursor_row == 1);
    assert_int_equal(grid.cursor_column, cursor);
    ph_grid_fini(&grid);
}

static void shows_the_part_around_the_cursor(void **state)
{
    (void)state;
    ph_prompt_open(&prompt, "Find: ", ph_slice_of("abcdefgh"));
    draws(20, "above\nFind: abcdefgh\n", 14);
    draws(15, "above\nFind: abcdefgh\n", 14);
    draws(12, "above\nFind: defgh\n", 11);
    draws(8, "above\nbcdefgh\n", 7); /* too narrow for the title */
    draws(1, "a\n\n", 0);
    press(PH_KEY_HOME);
    draws(12, "above\nFind: abcdef\n", 6);
    ph_prompt_open(&prompt, "Find: ", ph_slice_of("\xe6\xb0\xb4\xe6\xb0\xb4\xe6\xb0\xb4"));
    draws(12, "above\nFind: \xe6\xb0\xb4\xe6\xb0\xb4\n", 10);
}

/* --- patterns --- */

static void parses(const char *line, const char *wanted)
{
    PH_GUARD(ph_patterns_fini) struct ph_patterns patterns = {0};
    PH_GUARD(ph_text_fini) struct ph_text joined = {0};

    assert_null(ph_patterns_parse(ph_slice_of(line), &patterns));
    for (size_t i = 0; i < patterns.count; i++)
        ph_text_printf(&joined, "<%s>", patterns.items[i]);
    assert_string_equal(joined.data ? joined.data : "", wanted);
}

static void parts_patterns_by_blanks_and_quotes(void **state)
{
    PH_GUARD(ph_patterns_fini) struct ph_patterns patterns = {0};

    (void)state;
    parses("", "");
    parses("  \t ", "");
    parses("Leak* Cc?t", "<Leak*><Cc?t>");
    parses("  'Io  '  \"x y\"\t", "<Io  ><x y>");
    parses("a'b c'd", "<ab cd>");
    parses("\"it's\"", "<it's>");
    parses("'' x", "<x>");
    assert_null(ph_patterns_parse(ph_slice_of("kept"), &patterns));
    struct ph_error *error = ph_patterns_parse(ph_slice_of("a 'b"), &patterns);
    assert_non_null(error);
    assert_int_equal(error->code, PH_ERR_USAGE);
    ph_error_free(error);
    assert_int_equal(patterns.count, 1);
    assert_string_equal(patterns.items[0], "kept");
}

static void a_line_of_patterns_reads_back(void **state)
{
    static const char LETTERS[] = "ab*? \t'\"\\";

    (void)state;
    srand(7);
    for (int round = 0; round < 2000; round++) {
        PH_GUARD(ph_patterns_fini) struct ph_patterns some = {0};
        PH_GUARD(ph_patterns_fini) struct ph_patterns read = {0};
        PH_GUARD(ph_text_fini) struct ph_text line = {0};
        for (int i = rand() % 4; i > 0; i--) {
            char pattern[8] = {0};
            for (int k = rand() % 6; k >= 0; k--)
                pattern[k] = LETTERS[(size_t)rand() % (sizeof(LETTERS) - 1)];
            assert_null(ph_patterns_add(&some, ph_slice_of(pattern)));
        }
        ph_patterns_line(&some, &line);
        assert_null(ph_patterns_parse((struct ph_slice){line.data, line.size}, &read));
        assert_int_equal(read.count, some.count);
        for (size_t i = 0; i < read.count; i++)
            assert_string_equal(read.items[i], some.items[i]);
    }
}

static void patterns_survive_short_memory(void **state)
{
    (void)state;
    for (long n = 0;; n++) {
        PH_GUARD(ph_patterns_fini) struct ph_patterns patterns = {0};
        assert_null(ph_patterns_parse(ph_slice_of("old"), &patterns));
        ph_mem_fail_after(n);
        struct ph_error *error = ph_patterns_parse(ph_slice_of("a 'b c' d"), &patterns);
        ph_mem_fail_after(-1);
        if (!error) {
            assert_int_equal(patterns.count, 3);
            break;
        }
        assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
        assert_int_equal(patterns.count, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edits_a_line),
        cmocka_unit_test(ends_where_its_room_ends),
        cmocka_unit_test(shows_the_part_around_the_cursor),
        cmocka_unit_test(parts_patterns_by_blanks_and_quotes),
        cmocka_unit_test(a_line_of_patterns_reads_back),
        cmocka_unit_test(patterns_survive_short_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
