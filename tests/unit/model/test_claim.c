#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "model/claim.h"
#include "model/owner.h"

static void assert_tag(const char *text, const char *bytes)
{
    uint8_t tag[4] = {0};
    struct ph_error *error = ph_tag_parse(text, tag);

    if (error)
        fail_msg("%s", error->text);
    assert_memory_equal(tag, bytes, 4);
}

static void assert_no_tag(const char *text)
{
    uint8_t tag[4] = {1, 2, 3, 4};
    struct ph_error *error = ph_tag_parse(text, tag);

    if (!error)
        fail_msg("'%s' was taken for a tag", text);
    assert_int_equal(error->code, PH_ERR_USAGE);
    assert_memory_equal(tag, "\x01\x02\x03\x04", 4);
    ph_error_free(error);
}

static void tags_in_every_form(void **state)
{
    (void)state;
    assert_tag("Leak", "Leak");
    assert_tag("Io", "Io  ");
    assert_tag("Io  ", "Io  ");
    assert_tag("x", "x   ");
    assert_tag("0x6b61654c", "Leak");
    assert_tag("0X206f49", "Io \0");
    assert_tag("L\\x31c\\x00", "L1c\0");
    assert_tag("\\\\a", "\\a  ");
    assert_tag("0x", "0x  "); /* too short for a number: two characters */
    assert_tag("0x1", "0x1 ");
    assert_tag("0x12", "0x12");
    assert_tag("0xA ", "0xA ");
    assert_no_tag("");
    assert_no_tag("Leaky");
    assert_no_tag("0x123456789");
    assert_no_tag("0x12g45678");
    assert_no_tag("a\\x4");
    assert_no_tag("a\\y44");
}

static void text_of_tags_comes_back(void **state)
{
    static const uint8_t TAGS[][5] = {"Leak", "Io  ", "ICC\0", "\\\\\x7f\xff", "    "};

    (void)state;
    for (size_t i = 0; i < sizeof(TAGS) / sizeof(TAGS[0]); i++) {
        PH_GUARD(ph_text_fini) struct ph_text text = {0};
        uint8_t tag[4];
        ph_tag_text(TAGS[i], &text);
        assert_null(ph_text_check(&text));
        assert_null(ph_tag_parse(text.data, tag));
        assert_memory_equal(tag, TAGS[i], 4);
    }
}

static void lists_survive_short_memory(void **state)
{
    struct ph_claim claim = {.tag = "Leak", .routine = "ExAllocatePool2"};

    (void)state;
    for (long n = 0; n < 40; n++) {
        PH_GUARD(ph_scan_fini) struct ph_scan scan = {0};
        struct ph_error *error = NULL;
        ph_mem_fail_after(n);
        for (unsigned i = 0; i < 20 && !error; i++) {
            error = ph_scan_add(&scan, &claim);
            if (!error)
                error = ph_scan_add_unresolved(&scan, i, "routine", "why");
        }
        ph_mem_fail_after(-1);
        assert_true(error || scan.claim_count == 20);
        ph_error_free(error);
    }
}

static void reports_survive_short_memory(void **state)
{
    (void)state;
    for (long n = 0; n < 12; n++) {
        PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};
        struct ph_owner *owner;
        struct ph_tag_meaning *meaning;
        struct ph_leak_match *leak;
        ph_mem_fail_after(n);
        struct ph_error *error = ph_owner_report_owner(&report, &owner);
        if (!error)
            error = ph_owner_report_meaning(&report, &meaning);
        if (!error)
            error = ph_owner_report_leak(&report, &leak);
        ph_mem_fail_after(-1);
        assert_true(error || report.leak_count == 1);
        assert_false(ph_owner_is_named(&report));
        ph_error_free(error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_in_every_form),
        cmocka_unit_test(text_of_tags_comes_back),
        cmocka_unit_test(lists_survive_short_memory),
        cmocka_unit_test(reports_survive_short_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
