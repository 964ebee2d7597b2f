/* owner/knowntag: the table that is built in, what users add to it, and its errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "owner/knowntag.h"

static struct ph_knowntag_matches find(const struct ph_knowntags *tags, enum ph_known_system system,
                                       const char *tag)
{
    struct ph_knowntag_matches matches = {0};

    assert_null(ph_knowntags_find(tags, system, ph_slice_of(tag), &matches));
    return matches;
}

static void best_is(const struct ph_knowntags *tags, enum ph_known_system system, const char *tag,
                    const char *pattern, bool on_behalf)
{
    PH_GUARD(ph_knowntag_matches_fini) struct ph_knowntag_matches matches = find(tags, system, tag);

    if (!matches.count)
        print_error("'%s' is not known\n", tag);
    assert_true(matches.count > 0);
    assert_string_equal(matches.items[0]->pattern, pattern);
    assert_int_equal(matches.items[0]->on_behalf, on_behalf);
}

static void the_built_in_table(void **state)
{
    PH_GUARD(ph_knowntags_fini) struct ph_knowntags tags = {0};
    size_t windows = 0;

    (void)state;
    assert_null(ph_knowntags_add_builtin(&tags));
    for (size_t i = 0; i < tags.count; i++) {
        const struct ph_knowntag *known = &tags.items[i];
        bool complete =
            known->component && known->meaning && known->growth && known->check && known->source;
        if (!complete)
            print_error("known_tags.txt:%zu: '%s' lacks something\n", known->line, known->pattern);
        assert_true(complete);
        windows += known->system == PH_KNOWN_WINDOWS;
    }
    assert_true(tags.count >= 200);
    assert_true(windows >= 100);
    best_is(&tags, PH_KNOWN_WINDOWS, "Strg", "Strg", true);
    best_is(&tags, PH_KNOWN_WINDOWS, "Io  ", "Io  ", true);
    best_is(&tags, PH_KNOWN_WINDOWS, "Toke", "Toke", false);
    best_is(&tags, PH_KNOWN_WINDOWS, "FMzz", "FM??", true);
    best_is(&tags, PH_KNOWN_WINDOWS, "CM25", "CM25", false);
    best_is(&tags, PH_KNOWN_WINDOWS, "CM  ", "CM??", false);
    best_is(&tags, PH_KNOWN_LINUX, "kmalloc-64", "kmalloc-*", true);
    best_is(&tags, PH_KNOWN_LINUX, "kmalloc-rcl-64", "kmalloc-rcl-*", true);
    best_is(&tags, PH_KNOWN_LINUX, "filp", "filp", false);
    best_is(&tags, PH_KNOWN_LINUX, "(unaccounted)", "(unaccounted)", true);
    best_is(&tags, PH_KNOWN_LINUX, ":A-0001152", ":*", true);
}

static void not_known(void **state)
{
    static const struct {
        enum ph_known_system system;
        const char *tag;
    } unknown[] = {
        {PH_KNOWN_WINDOWS, "LkaL"}, {PH_KNOWN_WINDOWS, "toke"}, {PH_KNOWN_WINDOWS, "filp"},
        {PH_KNOWN_LINUX, "Toke"},   {PH_KNOWN_LINUX, "fil"},
    };
    PH_GUARD(ph_knowntags_fini) struct ph_knowntags tags = {0};

    (void)state;
    assert_null(ph_knowntags_add_builtin(&tags));
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        PH_GUARD(ph_knowntag_matches_fini)
        struct ph_knowntag_matches matches = find(&tags, unknown[i].system, unknown[i].tag);
        assert_int_equal(matches.count, 0);
    }
}

static void a_user_adds_and_replaces(void **state)
{
    static const char own[] = "# ours\n\n"
                              "[windows Toke]\nmeaning = our words\n"
                              "[windows \"Ab  \"]\n"
                              "meaning = one,\n"
                              "    two,\r\n"
                              "\tthree\n"
                              "check = \" kept \"\n"
                              "flags = onbehalf\n"
                              "[linux ours-*]\nmeaning = a = b\n";
    PH_GUARD(ph_knowntags_fini) struct ph_knowntags tags = {0};

    (void)state;
    assert_null(ph_knowntags_add_builtin(&tags));
    size_t before = tags.count;
    assert_null(ph_knowntags_add(&tags, "own.txt", ph_slice_of(own)));
    assert_int_equal(tags.count, before + 2);
    PH_GUARD(ph_knowntag_matches_fini)
    struct ph_knowntag_matches toke = find(&tags, PH_KNOWN_WINDOWS, "Toke");
    assert_int_equal(toke.count, 1);
    assert_string_equal(toke.items[0]->meaning, "our words");
    assert_null(toke.items[0]->growth);
    assert_string_equal(toke.items[0]->file, "own.txt");
    assert_int_equal(toke.items[0]->line, 3);
    PH_GUARD(ph_knowntag_matches_fini)
    struct ph_knowntag_matches ab = find(&tags, PH_KNOWN_WINDOWS, "Ab  ");
    assert_string_equal(ab.items[0]->meaning, "one, two, three");
    assert_string_equal(ab.items[0]->check, " kept ");
    assert_true(ab.items[0]->on_behalf);
    PH_GUARD(ph_knowntag_matches_fini)
    struct ph_knowntag_matches ours = find(&tags, PH_KNOWN_LINUX, "ours-12");
    assert_string_equal(ours.items[0]->meaning, "a = b");
}

static void errors_name_the_line(void **state)
{
    static const struct {
        const char *text, *error;
    } bad[] = {
        {"[windows Ab]\n", "f:1: no 'meaning' for 'Ab'"},
        {"\n[windows Ab]\n[linux x]\nmeaning = y\n", "f:2: no 'meaning' for 'Ab'"},
        {"[macos Ab]\n", "f:1: neither 'windows' nor 'linux': 'macos'"},
        {"[windows]\n", "f:1: no tag behind 'windows'"},
        {"[]\n", "f:1: '[]' names no kind of rule"},
        {"[windows Ab\n", "f:1: '[' without ']'"},
        {"[windows Abcde]\n", "f:1: longer than the four characters of a tag: 'Abcde'"},
        {"meaning = x\n", "f:1: stands before the first '[windows TAG]': 'meaning'"},
        {"[linux x]\nmeaning = y\nmeaning = z\n", "f:3: stands twice in a rule: 'meaning'"},
        {"[linux x]\ncolour = y\n", "f:2: no such field: 'colour'"},
        {"[linux x]\nflags = new\n", "f:2: there is only the flag 'onbehalf', not 'new'"},
        {"[linux x]\nmeaning\n", "f:2: neither '[kind name]' nor 'key = value'"},
        {"[linux x]\n  more\n", "f:2: goes on with a value, but there is none before it"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        PH_GUARD(ph_knowntags_fini) struct ph_knowntags tags = {0};
        ph_autoerror struct ph_error *error =
            ph_knowntags_add(&tags, "f", ph_slice_of(bad[i].text));
        assert_non_null(error);
        assert_int_equal(error->code, PH_ERR_FORMAT);
        assert_string_equal(error->text, bad[i].error);
    }
    PH_GUARD(ph_knowntags_fini) struct ph_knowntags tags = {0};
    ph_autoerror struct ph_error *zero =
        ph_knowntags_add(&tags, "f", (struct ph_slice){"[linux x]\nmeaning = a\0b\n", 24});
    assert_string_equal(zero->text, "f:2: a zero byte");
}

static void a_value_has_a_limit(void **state)
{
    PH_GUARD(ph_knowntags_fini) struct ph_knowntags tags = {0};
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    (void)state;
    ph_text_puts(&text, "[linux x]\nmeaning = y\n");
    for (int i = 0; i < 2000; i++)
        ph_text_puts(&text, "  ten bytes.\n");
    ph_autoerror struct ph_error *error = ph_knowntags_add(&tags, "f", ph_slice_of(text.data));
    assert_non_null(error);
    assert_non_null(strstr(error->text, ": the value is too long"));
}

static void many_rules_are_quick(void **state)
{
    PH_GUARD(ph_knowntags_fini) struct ph_knowntags tags = {0};
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    (void)state;
    for (int i = 0; i < 200000; i++)
        ph_text_printf(&text, "[linux c%d]\nmeaning = y\n", i % 150000);
    assert_null(ph_knowntags_add(&tags, "f", ph_slice_of(text.data)));
    assert_int_equal(tags.count, 150000);
}

static void memory_runs_out(void **state)
{
    static const char own[] = "[windows Ab]\nmeaning = x\nsource = y\n[windows A*]\nmeaning = z\n";
    long n = 0;

    (void)state;
    for (;; n++) {
        PH_GUARD(ph_knowntags_fini) struct ph_knowntags tags = {0};
        struct ph_knowntag_matches matches = {0};
        ph_mem_fail_after(n);
        struct ph_error *error = ph_knowntags_add(&tags, "own", ph_slice_of(own));
        if (!error)
            error = ph_knowntags_find(&tags, PH_KNOWN_WINDOWS, ph_slice_of("Ab  "), &matches);
        ph_mem_fail_after(-1);
        size_t found = matches.count;
        ph_knowntag_matches_fini(&matches);
        if (!error) {
            assert_int_equal(found, 2);
            break;
        }
        assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
    }
    assert_true(n >= 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_built_in_table),       cmocka_unit_test(not_known),
        cmocka_unit_test(a_user_adds_and_replaces), cmocka_unit_test(errors_name_the_line),
        cmocka_unit_test(a_value_has_a_limit),      cmocka_unit_test(many_rules_are_quick),
        cmocka_unit_test(memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
