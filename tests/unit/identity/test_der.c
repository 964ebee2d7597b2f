/* identity/der, certificate and pkcs7: lengths that DER forbids, names, times, OIDs, and structures
 * cut at every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "identity/pkcs7.h"
#include "unit/identity/sign_build.h"

static struct ph_slice slice(const char *bytes, size_t size)
{
    return (struct ph_slice){bytes, size};
}
#define BYTES(literal) slice(literal, sizeof(literal) - 1)

static void elements(void **state)
{
    struct ph_slice rest = BYTES("\x02\x01\x05\x04\x81\x80");
    struct ph_der element;
    char wide[0x80 + 3] = "\x04\x81\x80";

    (void)state;
    assert_false(ph_der_take(&rest, PH_DER_OCTETS, &element));
    assert_int_equal(rest.size, 6);
    assert_true(ph_der_take(&rest, PH_DER_INTEGER, &element));
    assert_int_equal(element.tag, PH_DER_INTEGER);
    assert_int_equal(element.content.size, 1);
    assert_int_equal(element.whole.size, 3);
    assert_int_equal(rest.size, 3);
    assert_false(ph_der_next(&rest, &element)); /* 128 bytes are promised */
    assert_int_equal(rest.size, 3);
    rest = slice(wide, sizeof(wide));
    assert_true(ph_der_next(&rest, &element));
    assert_int_equal(element.content.size, 0x80);
    assert_int_equal(rest.size, 0);
    assert_false(ph_der_next(&rest, &element));
}

static void forbidden(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
    } BAD[] = {
        {"\x04", 1},                              /* no length */
        {"\x04\x80\0\0", 4},                      /* indefinite */
        {"\x04\x81\x05hello", 8},                 /* not the shortest form */
        {"\x04\x82\0\x05hello", 9},               /* ditto */
        {"\x04\x85\1\0\0\0\0", 7},                /* five bytes of length */
        {"\x04\x84\xff\xff\xff\xff", 6},          /* 4 GB */
        {"\x04\x84\x7f\xff\xff\xff\0\0\0\0", 10}, /* 2 GB */
        {"\x04\xff\1\1\1\1\1\1\1\1\1\1\1\1", 14},
        {"\x1f\x81\x01\x01\x05", 5}, /* a tag of several bytes */
        {"\x04\x81", 2},
        {"\x04\x82\x01", 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        ph_autofree char *copy = ph_alloc(BAD[i].size); /* exact, so that sanitizers see more */
        struct ph_slice rest = {copy, BAD[i].size};
        struct ph_der element;
        memcpy(copy, BAD[i].bytes, BAD[i].size);
        assert_false(ph_der_next(&rest, &element));
        assert_int_equal(rest.size, BAD[i].size);
    }
}

static void expect_oid(struct ph_slice oid, const char *words)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    ph_der_oid_text(oid, &text);
    assert_string_equal(text.data, words);
}

static void oids(void **state)
{
    (void)state;
    expect_oid(PH_OID_CODE_SIGNING, "1.3.6.1.5.5.7.3.3");
    expect_oid(PH_OID_ATTESTED, "1.3.6.1.4.1.311.10.3.5.1");
    expect_oid(PH_OID_TST_INFO, "1.2.840.113549.1.9.16.1.4");
    expect_oid(PH_OID_ANY_USAGE, "2.5.29.37.0");
    expect_oid(BYTES("\x88\x37\x03"), "2.999.3");
    expect_oid(BYTES("\x27"), "0.39");
    expect_oid(BYTES("\x2a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), "1.2...");
    expect_oid(BYTES("\x2a\x83"), "1.2"); /* ends within a number */
}

static void expect_time(uint8_t tag, const char *text, bool valid, int64_t wanted)
{
    struct ph_der time = {.tag = tag, .content = slice(text, strlen(text))};
    int64_t seconds = -1;

    assert_int_equal(ph_der_time(&time, &seconds), valid);
    if (valid)
        assert_int_equal(seconds, wanted);
}

static void times(void **state)
{
    (void)state;
    expect_time(PH_DER_UTC_TIME, "700101000000Z", true, 0);
    expect_time(PH_DER_UTC_TIME, "491231235959Z", true, 2524607999);
    expect_time(PH_DER_UTC_TIME, "500101000000Z", true, -631152000);
    expect_time(PH_DER_UTC_TIME, "2001010000Z", true, 1577836800);
    expect_time(PH_DER_TIME, "20000229120000Z", true, 951825600);
    expect_time(PH_DER_TIME, "20220920051106.123Z", true, 1663650666);
    expect_time(PH_DER_TIME, "99991231235959Z", true, 253402300799);
    expect_time(PH_DER_TIME, "20201301000000Z", false, 0);
    expect_time(PH_DER_TIME, "20200001000000Z", false, 0);
    expect_time(PH_DER_TIME, "20200101000000", false, 0);
    expect_time(PH_DER_TIME, "20200101000000+0100", false, 0);
    expect_time(PH_DER_TIME, "20200101000000ZZ", false, 0);
    expect_time(PH_DER_TIME, "2020010100000xZ", false, 0);
    expect_time(PH_DER_TIME, "", false, 0);
    expect_time(PH_DER_INTEGER, "700101000000Z", false, 0);
}

static void string_is(uint8_t tag, struct ph_slice content, const char *wanted)
{
    ph_autofree char *text = NULL;

    assert_null(ph_der_string(tag, content, &text));
    assert_string_equal(text, wanted);
}

static void strings(void **state)
{
    char large[5000];

    (void)state;
    string_is(PH_DER_UTF8, BYTES("Pr\xc3\xb6gram"), "Pr\xc3\xb6gram");
    string_is(PH_DER_UTF8, BYTES("a\x1b[31m\xff"), "a\\x1b[31m\\xff");
    string_is(PH_DER_PRINTABLE, BYTES("x\0y\0\0"), "x\\x00y");
    string_is(PH_DER_T61, BYTES("caf\xe9"), "caf\xc3\xa9");
    string_is(PH_DER_BMP, BYTES("\0A\x20\x19\0b"),
              "A\xe2\x80\x99"
              "b");
    string_is(PH_DER_BMP, BYTES("\0A\0"), "A\xef\xbf\xbd");
    string_is(PH_DER_UTF8, BYTES(""), "");
    string_is(PH_DER_BMP, BYTES(""), "");
    memset(large, 'x', sizeof(large));
    ph_autofree char *text = NULL;
    assert_null(ph_der_string(PH_DER_IA5, slice(large, sizeof(large)), &text));
    assert_int_equal(strlen(text), 1024);
}

static void dates(void **state)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } CASES[] = {{0, "1970-01-01"}, {1663650266, "2022-09-20"}, {INT64_MAX, "a far year"}};

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        PH_GUARD(ph_text_fini) struct ph_text text = {0};
        ph_date_text(CASES[i].seconds, &text);
        assert_string_equal(text.data, CASES[i].text);
    }
}

static void known(void **state)
{
    static const uint8_t ROOT_2010[] = {0x3b, 0x1e, 0xfd, 0x3a, 0x66, 0xea, 0x28, 0xb1, 0x66, 0x97,
                                        0x39, 0x47, 0x03, 0xa7, 0x2c, 0xa3, 0x40, 0xa0, 0x5b, 0xd5};
    static const uint8_t VERISIGN[] = {0x57, 0x53, 0x4c, 0xcc, 0x33, 0x91, 0x4c, 0x41, 0xf7, 0x0e,
                                       0x2c, 0xbb, 0x21, 0x03, 0xa1, 0xdb, 0x18, 0x81, 0x7d, 0x8b};
    struct ph_digest_sum sum = {.kind = PH_DIGEST_SHA1, .size = 20};

    (void)state;
    assert_int_equal(ph_x509_known(&sum), PH_KNOWN_NONE);
    memcpy(sum.bytes, ROOT_2010, 20);
    assert_int_equal(ph_x509_known(&sum), PH_KNOWN_MICROSOFT);
    sum.bytes[19]++;
    assert_int_equal(ph_x509_known(&sum), PH_KNOWN_NONE);
    memcpy(sum.bytes, VERISIGN, 20);
    assert_int_equal(ph_x509_known(&sum), PH_KNOWN_CROSS);
    sum.size = 0;
    assert_int_equal(ph_x509_known(&sum), PH_KNOWN_NONE);
}

static void cut_certificates(void **state)
{
    const struct recipe recipe = {"Name", "codeSigning", false, false, IN_2010, IN_2030, 5};
    struct authority one = authority_new(&recipe, NULL);
    struct ph_x509 x509;

    (void)state;
    for (size_t size = 0; size < one.size; size++) {
        ph_autofree char *copy = ph_alloc(size);
        memcpy(copy, one.der, size);
        assert_false(ph_x509_parse(slice(copy, size), &x509));
    }
    assert_true(ph_x509_parse(slice((char *)one.der, one.size), &x509));
    assert_true(ph_x509_self_issued(&x509));
    assert_true(ph_x509_may(&x509, PH_OID_CODE_SIGNING, false));
    assert_false(ph_x509_may(&x509, PH_OID_TIME_STAMPING, true));
    assert_int_equal(x509.from_s, IN_2010);
    assert_int_equal(x509.to_s, IN_2030);
    authority_free(&one);
}

/* A bag is bounded, and what is no certificate in it is left out. */
static void bags(void **state)
{
    const struct recipe recipe = {"Name", NULL, false, false, IN_2010, IN_2030, 5};
    struct authority one = authority_new(&recipe, NULL);
    PH_GUARD(ph_text_fini) struct ph_text many = {0};
    PH_GUARD(ph_bag_fini) struct ph_bag bag = {0};

    (void)state;
    ph_text_add(&many, "\x30\x03\x02\x01\x05", 5);
    for (int i = 0; i < 300; i++)
        ph_text_add(&many, one.der, one.size);
    assert_null(ph_bag_add(&bag, slice(many.data, many.size)));
    assert_int_equal(bag.count, PH_BAG_MOST);
    authority_free(&one);
}

static void structures(void **state)
{
    static const struct {
        struct ph_slice bytes;
        const char *words;
    } BAD[] = {
        {{"", 0}, "no whole ASN.1 SEQUENCE where one belongs: byte 0"},
        {{"\x30\x00", 2}, "no PKCS #7 signed data where"},
        {{"\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", 13}, "no PKCS #7 signed data"},
        {{"\x30\x0f\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x02\x30\x00", 17},
         "no version where one belongs: byte 17"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        struct ph_pkcs7 pkcs7;
        struct ph_error *error = ph_pkcs7_parse(BAD[i].bytes, &pkcs7);
        assert_non_null(error);
        assert_int_equal(error->code, PH_ERR_FORMAT);
        assert_non_null(strstr(error->text, BAD[i].words));
        ph_error_free(error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements),   cmocka_unit_test(forbidden),        cmocka_unit_test(oids),
        cmocka_unit_test(times),      cmocka_unit_test(strings),          cmocka_unit_test(dates),
        cmocka_unit_test(known),      cmocka_unit_test(cut_certificates), cmocka_unit_test(bags),
        cmocka_unit_test(structures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
