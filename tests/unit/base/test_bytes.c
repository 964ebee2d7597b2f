/* base/bytes: lines with every kind of end, fields, variable-length integers, and the ends of data.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

#define READER(bytes) ph_reader_of("data", bytes, sizeof(bytes) - 1)

static void expect_line(struct ph_reader *reader, const char *expected)
{
    struct ph_slice line = {0};

    assert_true(ph_reader_line(reader, &line));
    assert_int_equal(line.size, strlen(expected));
    assert_memory_equal(line.data, expected, line.size);
}

static void lines(void **state)
{
    struct ph_reader reader = READER("one\ntwo\r\n\n\r\nlast");
    struct ph_slice line = {"untouched", 9};

    (void)state;
    expect_line(&reader, "one");
    assert_int_equal(reader.line, 1);
    expect_line(&reader, "two");
    expect_line(&reader, "");
    expect_line(&reader, "");
    expect_line(&reader, "last");
    assert_int_equal(reader.line, 5);
    assert_false(ph_reader_line(&reader, &line));
    assert_int_equal(line.size, 9);
}

static void a_dos_end_of_file(void **state)
{
    struct ph_reader reader = READER("one\r\n\x1a");
    struct ph_reader inside = READER("a\x1a"
                                     "b\n\x1a"
                                     "c");
    struct ph_slice line;

    (void)state;
    expect_line(&reader, "one");
    assert_false(ph_reader_line(&reader, &line));
    expect_line(&inside, "a\x1a"
                         "b"); /* not the end of the data: a byte like another */
    expect_line(&inside, "\x1a"
                         "c");
}

static void empty_data(void **state)
{
    struct ph_reader reader = ph_reader_of("nothing", NULL, 0);
    struct ph_slice line;
    uint8_t byte = 7;

    (void)state;
    assert_false(ph_reader_line(&reader, &line));
    ph_autoerror struct ph_error *error = ph_reader_u8(&reader, &byte);
    assert_int_equal(error->code, PH_ERR_FORMAT);
    assert_int_equal(byte, 7);
    assert_null(ph_reader_take(&reader, 0, &line));
}

static void fields(void **state)
{
    struct ph_reader reader =
        READER("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\xff");
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;

    (void)state;
    assert_null(ph_reader_u16(&reader, &u16));
    assert_int_equal(u16, 0x0201);
    assert_null(ph_reader_u32(&reader, &u32));
    assert_int_equal(u32, 0x06050403);
    assert_null(ph_reader_u64(&reader, &u64));
    assert_true(u64 == UINT64_C(0x0e0d0c0b0a090807));
    assert_null(ph_reader_u8(&reader, &u8));
    assert_int_equal(u8, 0xff);
}

static void too_short_names_the_place(void **state)
{
    struct ph_reader reader = READER("\x01\x02\x03\x04\x05");
    struct ph_slice bytes = {"x", 1};
    uint32_t u32;
    uint64_t u64 = 5;

    (void)state;
    assert_null(ph_reader_u32(&reader, &u32));
    ph_autoerror struct ph_error *error = ph_reader_u64(&reader, &u64);
    assert_string_equal(error->text, "data: byte 4: needs 8 more bytes, has 1");
    assert_true(u64 == 5);
    assert_int_equal(reader.position, 4);
    ph_autoerror struct ph_error *huge = ph_reader_take(&reader, SIZE_MAX, &bytes);
    assert_int_equal(huge->code, PH_ERR_FORMAT);
    assert_int_equal(bytes.size, 1);
}

static void varints_round_trip(void **state)
{
    static const uint64_t values[] = {
        0,          1, 127, 128, 300, 16383, 16384, UINT32_MAX, INT64_MAX, (uint64_t)INT64_MAX + 1,
        UINT64_MAX,
    };
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        ph_text_clear(&text);
        ph_text_varint(&text, values[i]);
        struct ph_reader reader = ph_reader_of("varint", text.data, text.size);
        uint64_t back = 99;
        assert_null(ph_reader_varint(&reader, &back));
        assert_true(back == values[i]);
        assert_int_equal(reader.position, text.size);
        for (size_t cut = 0; cut < text.size; cut++) {
            uint64_t untouched = 4711;
            struct ph_reader part = ph_reader_of("varint", text.data, cut);
            ph_autoerror struct ph_error *error = ph_reader_varint(&part, &untouched);
            assert_int_equal(error->code, PH_ERR_FORMAT);
            assert_true(untouched == 4711);
        }
    }
    assert_int_equal(text.size, 10); /* the widest takes ten bytes */
}

static void varints_beyond_64_bits(void **state)
{
    struct ph_reader eleven = READER("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01");
    struct ph_reader high = READER("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02");
    uint64_t value = 3;

    (void)state;
    ph_autoerror struct ph_error *longer = ph_reader_varint(&eleven, &value);
    assert_string_equal(longer->text, "data: byte 0: a number wider than 64 bits");
    ph_autoerror struct ph_error *wider = ph_reader_varint(&high, &value);
    assert_int_equal(wider->code, PH_ERR_FORMAT);
    assert_true(value == 3);
}

static void zigzag(void **state)
{
    static const int64_t values[] = {0, -1, 1, -2, 63, -64, INT64_MAX, INT64_MIN};

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        assert_true(ph_unzigzag(ph_zigzag(values[i])) == values[i]);
    assert_true(ph_zigzag(-1) == 1);
    assert_true(ph_zigzag(1) == 2);
    assert_true(ph_zigzag(-64) == 127); /* one byte as a varint */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(a_dos_end_of_file),
        cmocka_unit_test(empty_data),
        cmocka_unit_test(fields),
        cmocka_unit_test(too_short_names_the_place),
        cmocka_unit_test(varints_round_trip),
        cmocka_unit_test(varints_beyond_64_bits),
        cmocka_unit_test(zigzag),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
