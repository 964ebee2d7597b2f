/* identity/identify_pe: what a PE file says about itself, and what it does not say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "identity/identify.h"
#include "unit/image/pe_build.h"

static struct pe_build build;

static struct ph_identity identity_of_build(void)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    struct ph_identity identity = {0};

    assert_null(ph_pe_parse("x.sys", build_file(&build), &pe));
    assert_null(ph_identify_pe(&pe, &identity));
    return identity;
}

static void start(void)
{
    build_pe(&build, PH_PE_X64);
    put_version(&build, 0x409);
    put_imports(&build);
    put_rich(&build, 0x010275b5); /* build 30133 */
    put_codeview(&build, "d:\\leak\\\xe4\\leak.pdb");
}

static void everything(void **state)
{
    (void)state;
    start();
    struct ph_identity identity = identity_of_build();
    assert_int_equal(identity.format, PH_FORMAT_PE);
    assert_int_equal(identity.machine, PH_PE_X64);
    assert_int_equal(identity.size, PE_FILE_SIZE);
    assert_string_equal(identity.company, "040904b0");
    assert_string_equal(identity.description, "Leaks, in small amounts"); /* blanks went */
    assert_string_equal(identity.file_version, "1, 2, 3, 4");
    assert_string_equal(identity.binary_version, "1.2.3.4");
    assert_string_equal(identity.copyright, "\xc2\xa9 them");
    assert_null(identity.comments);
    assert_null(identity.product);
    assert_int_equal(identity.link_s, 0x5f000000);
    assert_false(identity.link_is_hash);
    assert_string_equal(identity.pdb_path, "d:\\leak\\\\xe4\\leak.pdb");
    assert_string_equal(identity.pdb_id, "0403020106050807090A0B0C0D0E0F101A");
    assert_string_equal(identity.tools, "MSVC 19.29.30133 (VS 2019 16.11)");
    assert_string_equal(identity.minimum_os, "Windows 7 (6.1)");
    assert_int_equal(identity.sums[PH_DIGEST_MD5].size, 16);
    assert_int_equal(identity.sums[PH_DIGEST_SHA1].size, 20);
    assert_int_equal(identity.sums[PH_DIGEST_SHA256].size, 32);
    assert_int_equal(identity.pe_sha1.size, 20);
    assert_int_equal(identity.pe_sha256.size, 32);
    assert_int_equal(identity.import_hash.size, 16);
    assert_true(identity.entropy > 0 && identity.entropy < 8);
    assert_int_equal(identity.losses.count, 0);
    ph_identity_fini(&identity);
}

static void nothing(void **state)
{
    (void)state;
    build_pe(&build, PH_PE_X86);
    build_32(&build, build_optional() + 48, 0);
    build_16(&build, build_optional() + 2, 0);
    struct ph_identity identity = identity_of_build();
    assert_null(identity.company);
    assert_null(identity.binary_version);
    assert_null(identity.pdb_path);
    assert_null(identity.pdb_id);
    assert_null(identity.tools);
    assert_null(identity.minimum_os);
    assert_int_equal(identity.import_hash.size, 0);
    ph_identity_fini(&identity);
}

static void link_dates(void **state)
{
    static const struct {
        uint32_t stamp;
        int64_t expected;
    } DATES[] = {
        {0, 0},           {UINT32_MAX, 0},          {1, 0},
        {725846399, 0},   {725846400, 725846400},   {1500000000, 1500000000},
        {4000000000u, 0}, {0x5f000000, 0x5f000000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(DATES) / sizeof(DATES[0]); i++) {
        build_pe(&build, PH_PE_X64);
        build_32(&build, PE_HEADER + 8, DATES[i].stamp);
        struct ph_identity identity = identity_of_build();
        assert_int_equal(identity.link_s, DATES[i].expected);
        assert_false(identity.link_is_hash);
        ph_identity_fini(&identity);
    }
    put_codeview(&build, "x.pdb");
    put_32(&build, DATA + 0x980 + 12, 16); /* a reproducible build: the stamp is a hash */
    struct ph_identity identity = identity_of_build();
    assert_int_equal(identity.link_s, 0);
    assert_true(identity.link_is_hash);
    ph_identity_fini(&identity);
}

static void expect_tools(const char *expected)
{
    struct ph_identity identity = identity_of_build();

    assert_string_equal(identity.tools, expected);
    ph_identity_fini(&identity);
}

static void linker(uint8_t major, uint8_t minor)
{
    build.bytes[build_optional() + 2] = major;
    build.bytes[build_optional() + 3] = minor;
}

static void tools(void **state)
{
    (void)state;
    start();
    put_rich(&build, 0x01027595); /* 30101: neither 16.10 nor 16.11 */
    expect_tools("MSVC 19.29.30101 (VS 2019)");
    put_rich(&build, 0x00987809); /* the linker of another time */
    linker(9, 0);
    expect_tools("MSVC 15.00 (VS 2008)");
    linker(14, 99);
    expect_tools("Microsoft linker 14.99");
    memset(build.bytes + 0xa0, 0, 8); /* no Rich header from here on */
    linker(14, 0);
    expect_tools("linker 14.0"); /* lld writes this too */
    linker(2, 40);
    expect_tools("linker 2.40");
    memcpy(build.bytes + build_section(&build, 1), ".idata\0", 7);
    expect_tools("GNU ld 2.40");
    put_string(&build, DATA + 0xb00, "GCC: (GNU) 12-win32");
    expect_tools("GNU ld 2.40, GCC (GNU) 12-win32");
    linker(3, 0);
    expect_tools("linker 3.0");
    put_string(&build, TEXT, "\xff Go build ID: \"abc\"");
    expect_tools("Go linker 3.0");
}

static void expect_os(uint16_t major, uint16_t minor, uint16_t subsystem, const char *expected)
{
    build_pe(&build, PH_PE_X64);
    build_16(&build, build_optional() + 48, major);
    build_16(&build, build_optional() + 50, minor);
    build_16(&build, build_optional() + 68, subsystem);
    struct ph_identity identity = identity_of_build();
    if (expected)
        assert_string_equal(identity.minimum_os, expected);
    else
        assert_null(identity.minimum_os);
    ph_identity_fini(&identity);
}

static void minimum_os(void **state)
{
    (void)state;
    expect_os(10, 0, 1, "Windows 10 (10.0)");
    expect_os(5, 1, 1, "Windows XP (5.1)");
    expect_os(6, 7, 1, "Windows (6.7)");
    expect_os(1, 0, 10, NULL); /* for firmware */
}

static void damage_is_told(void **state)
{
    (void)state;
    start();
    put_16(&build, RSRC + 0x100, 0xffff);
    struct ph_identity identity = identity_of_build();
    assert_int_equal(identity.losses.count, 1);
    assert_string_equal(identity.company, "040904b0");
    ph_identity_fini(&identity);
}

/* Asked again, it replaces its own fields and leaves those of others. */
static void twice(void **state)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    struct ph_identity identity = {0};

    (void)state;
    start();
    identity.publisher = ph_strdup("somebody");
    assert_null(ph_pe_parse("x.sys", build_file(&build), &pe));
    assert_null(ph_identify_pe(&pe, &identity));
    assert_null(ph_identify_pe(&pe, &identity));
    assert_string_equal(identity.publisher, "somebody");
    assert_string_equal(identity.binary_version, "1.2.3.4");
    ph_identity_fini(&identity);
}

static void short_memory(void **state)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    struct ph_identity identity = {0};
    struct ph_error *error;
    long fail = 0;

    (void)state;
    start();
    put_16(&build, RSRC + 0x100, 0xffff);
    assert_null(ph_pe_parse("x.sys", build_file(&build), &pe));
    do {
        ph_mem_fail_after(fail++);
        error = ph_identify_pe(&pe, &identity);
        ph_mem_fail_after(-1);
        assert_true(!error || error->code == PH_ERR_NOMEM);
        assert_true(!error || !identity.company);
    } while (error);
    assert_in_range(fail, 15, 200);
    ph_identity_fini(&identity);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything), cmocka_unit_test(nothing),
        cmocka_unit_test(link_dates), cmocka_unit_test(tools),
        cmocka_unit_test(minimum_os), cmocka_unit_test(damage_is_told),
        cmocka_unit_test(twice),      cmocka_unit_test(short_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
