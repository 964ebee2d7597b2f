/* base/text: printable forms of foreign bytes, sizes, durations, times; widths; UTF-16. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/text.h"

static struct ph_text out;

static const char *escaped(const char *bytes, size_t size)
{
    ph_text_clear(&out);
    ph_text_escaped(&out, (struct ph_slice){bytes, size});
    return out.size ? out.data : "";
}

static void escaping(void **state)
{
    static const struct {
        const char *bytes, *printed;
    } cases[] = {
        {"plain tag", "plain tag"},
        {"Gr\xc3\xbc\xc3\x9f"
         "e \xe6\x97\xa5 \xf0\x9f\x98\x80",
         "Gr\xc3\xbc\xc3\x9f"
         "e \xe6\x97\xa5 \xf0\x9f\x98\x80"},
        {"a\\b", "a\\\\b"},
        {"\x1b[31m", "\\x1b[31m"},
        {"\n\t\x7f", "\\x0a\\x09\\x7f"},
        {"\xc2\x9b", "\\xc2\\x9b"},                   /* CSI in one character */
        {"\xe2\x80\xae", "\\xe2\\x80\\xae"},          /* right-to-left override */
        {"\xe2\x80\x8b", "\\xe2\\x80\\x8b"},          /* zero width space */
        {"\xef\xbb\xbf", "\\xef\\xbb\\xbf"},          /* byte order mark */
        {"\xc0\x80", "\\xc0\\x80"},                   /* overlong zero */
        {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},          /* overlong slash */
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},          /* surrogate */
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* beyond Unicode */
        {"\xff\xfe", "\\xff\\xfe"},
        {"\xe2\x82", "\\xe2\\x82"}, /* cut */
        {"\xe2\x82x", "\\xe2\\x82x"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(escaped(cases[i].bytes, strlen(cases[i].bytes)), cases[i].printed);
    assert_string_equal(escaped("a\0b", 3), "a\\x00b");
    assert_string_equal(escaped(NULL, 0), "");
}

static void widths(void **state)
{
    static const struct {
        const char *text;
        size_t columns;
    } cases[] = {
        {"", 0},          {"abc", 3},      {"\xc3\xbc", 1},         {"\xe6\x97\xa5", 2},
        {"e\xcc\x81", 1}, {"\xff\xfe", 2}, {"\xf0\x9f\x98\x80", 2}, {"\xe2\x96\x81\xe2\x96\x88", 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(ph_text_width(ph_slice_of(cases[i].text)), cases[i].columns);
}

static void sizes(void **state)
{
    static const struct {
        double bytes;
        const char *text;
    } cases[] = {
        {0, "0 B"},
        {512, "512 B"},
        {999, "999 B"},
        {1536, "1.50 KB"},
        {-1536, "-1.50 KB"},
        {15.0 * 1024, "15.0 KB"},
        {150.0 * 1024, "150 KB"},
        {2.21 * 1073741824, "2.21 GB"},
        {9223372036854775807.0, "8.00 EB"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ph_text_clear(&out);
        ph_text_bytes(&out, cases[i].bytes);
        assert_string_equal(out.data, cases[i].text);
    }
    /* never wider than a column of a table has room for */
    for (int power = 0; power < 3400; power++) {
        ph_text_clear(&out);
        ph_text_bytes(&out, pow(1.013, power));
        assert_true(out.size <= strlen("1000 KB"));
    }
}

static void grouped(void **state)
{
    static const struct {
        int64_t value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {999, "999"},
        {1000, "1,000"},
        {-1234567, "-1,234,567"},
        {INT64_MIN, "-9,223,372,036,854,775,808"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ph_text_clear(&out);
        ph_text_grouped(&out, cases[i].value);
        assert_string_equal(out.data, cases[i].text);
    }
}

static void durations(void **state)
{
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {
        {0, "0 s"},      {0.5, "0.5 s"},        {45, "45 s"},           {119, "119 s"},
        {720, "12 min"}, {3.5 * 3600, "3.5 h"}, {6.2 * 86400, "6.2 d"}, {119.9, "2.0 min"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ph_text_clear(&out);
        ph_text_duration(&out, cases[i].seconds);
        assert_string_equal(out.data, cases[i].text);
    }
}

static void times(void **state)
{
    static const struct {
        int64_t ns;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},
        {INT64_C(1793628300999999999), "2026-11-02T14:05:00Z"},
        {-1, "1969-12-31T23:59:59Z"},
        {INT64_MAX, "2262-04-11T23:47:16Z"},
        {INT64_MIN, "1677-09-21T00:12:43Z"},
        {INT64_C(951782400000000000), "2000-02-29T00:00:00Z"},
        {INT64_C(951868800000000000), "2000-03-01T00:00:00Z"},
        {INT64_C(4107542399000000000), "2100-02-28T23:59:59Z"},
        {INT64_C(4107542400000000000), "2100-03-01T00:00:00Z"},
        {INT64_C(1735689599000000000), "2024-12-31T23:59:59Z"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ph_text_clear(&out);
        ph_text_time(&out, cases[i].ns);
        assert_string_equal(out.data, cases[i].text);
    }
}

static void utf16_is_recognised(void **state)
{
    bool big = true, mark = true;

    (void)state;
    assert_true(ph_is_utf16((struct ph_slice){"\xff\xfe"
                                              "A\0",
                                              4},
                            &big, &mark));
    assert_false(big);
    assert_true(mark);
    assert_true(ph_is_utf16((struct ph_slice){"\xfe\xff\0A", 4}, &big, &mark));
    assert_true(big);
    assert_true(ph_is_utf16((struct ph_slice){"T\0a\0g\0 \0", 8}, &big, &mark));
    assert_false(big);
    assert_false(mark);
    assert_true(ph_is_utf16((struct ph_slice){"\0T\0a\0g\0 ", 8}, &big, &mark));
    assert_true(big);
    assert_false(ph_is_utf16(ph_slice_of("Tag  Type  Allocs"), &big, &mark));
    assert_false(ph_is_utf16((struct ph_slice){"\0\0\0\0\0\0\0\0\0\0\0\0", 12}, &big, &mark));
    assert_false(ph_is_utf16((struct ph_slice){NULL, 0}, &big, &mark));
    assert_false(ph_is_utf16((struct ph_slice){"\xff", 1}, &big, &mark));
}

static void expect_utf8(const char *bytes, size_t size, bool big, const char *expected,
                        uint64_t bad)
{
    ph_autofree char *utf8 = NULL;
    size_t length = 0;
    uint64_t replaced = 99;

    assert_null(ph_utf16_to_utf8((struct ph_slice){bytes, size}, big, &utf8, &length, &replaced));
    assert_int_equal(length, strlen(expected));
    assert_string_equal(utf8, expected);
    assert_int_equal(replaced, bad);
}

static void utf16_is_converted(void **state)
{
    (void)state;
    expect_utf8("\xff\xfe"
                "A\0\xfc\0\xe5\x65",
                8, false, "A\xc3\xbc\xe6\x97\xa5", 0);
    expect_utf8("\xfe\xff\0A", 4, true, "A", 0);
    expect_utf8("\x3d\xd8\x00\xde", 4, false, "\xf0\x9f\x98\x80", 0);
    expect_utf8("\x3d\xd8"
                "A\0",
                4, false,
                "\xef\xbf\xbd"
                "A",
                1); /* a high half alone */
    expect_utf8("\x00\xde"
                "A\0",
                4, false,
                "\xef\xbf\xbd"
                "A",
                1); /* a low half alone */
    expect_utf8("\x3d\xd8", 2, false, "\xef\xbf\xbd", 1);
    expect_utf8("A\0B", 3, false, "A\xef\xbf\xbd", 1); /* cut in the middle of a unit */
    expect_utf8("", 0, false, "", 0);
}

static void utf16_without_memory(void **state)
{
    char *utf8 = NULL;
    size_t size = 77;
    uint64_t replaced = 77;

    (void)state;
    ph_mem_fail_after(0);
    struct ph_error *error =
        ph_utf16_to_utf8((struct ph_slice){"A\0", 2}, false, &utf8, &size, &replaced);
    ph_mem_fail_after(-1);
    assert_int_equal(error->code, PH_ERR_NOMEM);
    assert_null(utf8);
    assert_int_equal(size, 77);
    assert_int_equal(replaced, 77);
    ph_error_free(error);
}

static int free_out(void **state)
{
    (void)state;
    ph_text_fini(&out);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escaping),
        cmocka_unit_test(widths),
        cmocka_unit_test(sizes),
        cmocka_unit_test(grouped),
        cmocka_unit_test(durations),
        cmocka_unit_test(times),
        cmocka_unit_test(utf16_is_recognised),
        cmocka_unit_test(utf16_is_converted),
        cmocka_unit_test(utf16_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, free_out);
}
