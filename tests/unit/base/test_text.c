/* base/text: growing text, slices, CSV, numbers, durations and patterns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static void growing_text(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    char wide[1000];

    (void)state;
    memset(wide, 'w', sizeof(wide));
    ph_text_puts(&text, "a");
    ph_text_putc(&text, 'b');
    ph_text_add(&text, "\0c", 2);
    ph_text_printf(&text, "%d", 12);
    ph_text_printf(&text, "%.*s!", (int)sizeof(wide), wide); /* longer than its small buffer */
    assert_null(ph_text_check(&text));
    assert_int_equal(text.size, 6 + 1001);
    assert_memory_equal(text.data, "ab\0c12w", 7);
    assert_int_equal(text.data[text.size - 1], '!');
    assert_int_equal(text.data[text.size], 0);
    ph_text_clear(&text);
    assert_string_equal(text.data, "");
    assert_true(text.capacity > 1000); /* kept for the next use */
}

static void a_failure_sticks(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    (void)state;
    ph_mem_fail_after(0);
    ph_text_puts(&text, "lost");
    ph_mem_fail_after(-1);
    ph_text_puts(&text, "not half of it");
    ph_autoerror struct ph_error *error = ph_text_check(&text);
    assert_int_equal(error->code, PH_ERR_NOMEM);
    assert_int_equal(text.size, 0);
    ph_text_clear(&text);
    ph_text_puts(&text, "again");
    assert_null(ph_text_check(&text));
    assert_string_equal(text.data, "again");
}

static void slices(void **state)
{
    struct ph_slice rest = ph_slice_of("  one\ttwo   three "), word = {0};

    (void)state;
    assert_true(ph_slice_is(ph_slice_trim(ph_slice_of(" \t x y\t ")), "x y"));
    assert_int_equal(ph_slice_trim(ph_slice_of(" \t ")).size, 0);
    assert_true(ph_slice_starts(ph_slice_of("abc"), "ab"));
    assert_false(ph_slice_starts(ph_slice_of("a"), "ab"));
    assert_false(ph_slice_is(ph_slice_of("Io  "), "Io")); /* blanks count */
    assert_true(ph_slice_word(&rest, &word));
    assert_true(ph_slice_is(word, "one"));
    assert_true(ph_slice_word(&rest, &word));
    assert_true(ph_slice_is(word, "two"));
    assert_true(ph_slice_word(&rest, &word));
    assert_true(ph_slice_is(word, "three"));
    assert_false(ph_slice_word(&rest, &word));
}

/* Splits a row and writes its fields with '|' between them. */
static void split(const char *row, char separator, char *out, size_t size)
{
    PH_GUARD(ph_text_fini) struct ph_text scratch = {0};
    struct ph_slice rest = ph_slice_of(row), field;
    bool more = false;
    size_t used = 0;

    while (ph_slice_csv(&rest, separator, &scratch, &field, &more))
        used += (size_t)snprintf(out + used, size - used, "%.*s%s", (int)field.size, field.data,
                                 more ? "|" : "");
}

static void csv(void **state)
{
    static const struct {
        const char *row, *fields;
        char separator;
    } cases[] = {
        {"a,b,c", "a|b|c", ','},
        {"a;b", "a|b", ';'},
        {"", "", ','},
        {",", "|", ','},
        {"a,,", "a||", ','},
        {"\"a,b\",c", "a,b|c", ','},
        {"\"say \"\"hi\"\"\",2", "say \"hi\"|2", ','},
        {"\"\",x", "|x", ','},
        {"\"open,end", "open,end", ','},
        {"\"a\"b,c", "ab|c", ','},
        {"a\"b,c", "a\"b|c", ','},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char out[100] = "";
        split(cases[i].row, cases[i].separator, out, sizeof(out));
        assert_string_equal(out, cases[i].fields);
    }
}

static void unsigned_numbers(void **state)
{
    static const struct {
        const char *text;
        enum ph_number kind;
        uint64_t value;
    } cases[] = {
        {"0", PH_NUMBER_OK, 0},
        {"007", PH_NUMBER_OK, 7},
        {"18446744073709551615", PH_NUMBER_OK, UINT64_MAX},
        {"18446744073709551616", PH_NUMBER_WIDE, UINT64_MAX},
        {"99999999999999999999999", PH_NUMBER_WIDE, UINT64_MAX},
        {"", PH_NUMBER_NONE, 4711},
        {"-1", PH_NUMBER_NONE, 4711},
        {"+1", PH_NUMBER_NONE, 4711},
        {" 1", PH_NUMBER_NONE, 4711},
        {"1 ", PH_NUMBER_NONE, 4711},
        {"1e3", PH_NUMBER_NONE, 4711},
        {"0x10", PH_NUMBER_NONE, 4711},
        {"99999999999999999999x", PH_NUMBER_NONE, 4711},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t value = 4711;
        assert_int_equal(ph_parse_u64(ph_slice_of(cases[i].text), &value), cases[i].kind);
        assert_true(value == cases[i].value);
    }
}

static void signed_numbers(void **state)
{
    static const struct {
        const char *text;
        enum ph_number kind;
        int64_t value;
    } cases[] = {
        {"-5", PH_NUMBER_OK, -5},
        {"9223372036854775807", PH_NUMBER_OK, INT64_MAX},
        {"9223372036854775808", PH_NUMBER_WIDE, INT64_MAX},
        {"-9223372036854775807", PH_NUMBER_OK, -INT64_MAX},
        {"-9223372036854775808", PH_NUMBER_OK, INT64_MIN},
        {"-9223372036854775809", PH_NUMBER_WIDE, INT64_MIN},
        {"-", PH_NUMBER_NONE, 4711},
        {"--1", PH_NUMBER_NONE, 4711},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t value = 4711;
        assert_int_equal(ph_parse_i64(ph_slice_of(cases[i].text), &value), cases[i].kind);
        assert_true(value == cases[i].value);
    }
}

static void durations(void **state)
{
    static const struct {
        const char *text;
        int64_t ns;
    } cases[] = {
        {"90", INT64_C(90000000000)},
        {"90s", INT64_C(90000000000)},
        {"500ms", 500000000},
        {"10m", INT64_C(600000000000)},
        {"2h", INT64_C(7200000000000)},
        {"7d", INT64_C(604800000000000)},
        {"1w", INT64_C(604800000000000)},
        {"1.5s", 1500000000},
        {".5s", 500000000},
        {"0", 0},
    };
    static const char *const wrong[] = {
        "", "s", ".", ".s", "-1s", "1 s", "1x", "1.2.3", "1e3", "99999999999999w", "nan", "1s "};
    int64_t ns = 5;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_null(ph_parse_duration(cases[i].text, &ns));
        assert_true(ns == cases[i].ns);
    }
    ns = 5;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        ph_autoerror struct ph_error *error = ph_parse_duration(wrong[i], &ns);
        if (!error)
            fail_msg("'%s' was taken as a duration", wrong[i]);
        assert_int_equal(error->code, PH_ERR_USAGE);
        assert_true(ns == 5);
    }
}

static void patterns(void **state)
{
    static const struct {
        const char *pattern, *tag;
        bool matches;
    } cases[] = {
        {"Io", "Io  ", true}, /* a tag is padded with blanks, people do not type them */
        {"Io", "Io", true},
        {"Io", "Iox ", false},
        {"Io", "Io   ", false}, /* five bytes are no pool tag */
        {"io", "Io  ", false},  /* case counts */
        {"Io  ", "Io  ", true},
        {"Io*", "Iox ", true},
        {"*", "", true},
        {"", "", true},
        {"", "    ", false},
        {"?", "", false},
        {"?", "x", true},
        {"?", "x   ", true},
        {"??", "x", false},
        {"*a*b", "xaxb", true},
        {"*a*b", "xaxbx", false},
        {"a*", "a", true},
        {"**", "abc", true},
        {"*aab", "aaaab", true},
        {"[a]", "a", false},
        {"[a]", "[a]", true},
        {"kmalloc-*", "kmalloc-rcl-64", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (ph_pattern_match(cases[i].pattern, ph_slice_of(cases[i].tag)) != cases[i].matches)
            fail_msg("'%s' against '%s'", cases[i].pattern, cases[i].tag);
    assert_true(ph_pattern_match("a?c", (struct ph_slice){"a\0c", 3}));
    assert_false(ph_pattern_match("a", (struct ph_slice){"a\0\0c", 4})); /* not past its end */
    assert_true(ph_pattern_match("*c", (struct ph_slice){"a\0\0c", 4}));
}

static void a_hostile_pattern_ends_soon(void **state)
{
    char tag[4001];

    (void)state;
    memset(tag, 'a', 4000);
    tag[4000] = 0;
    assert_false(ph_pattern_match("*a*a*a*a*a*a*a*a*b", ph_slice_of(tag)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(growing_text),
        cmocka_unit_test(a_failure_sticks),
        cmocka_unit_test(slices),
        cmocka_unit_test(csv),
        cmocka_unit_test(unsigned_numbers),
        cmocka_unit_test(signed_numbers),
        cmocka_unit_test(durations),
        cmocka_unit_test(patterns),
        cmocka_unit_test(a_hostile_pattern_ends_soon),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
