/* image/pe_resources and image/version: the tree, cycles and shared nodes in it, languages, and
 * version resources that do not follow their format. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "image/version.h"
#include "unit/image/pe_build.h"

static struct pe_build build;

static struct ph_pe parsed(void)
{
    struct ph_pe pe = {0};

    assert_null(ph_pe_parse("x.sys", build_file(&build), &pe));
    return pe;
}

struct seen {
    size_t count;
    struct ph_pe_resource last;
};

static struct ph_error *look(void *context, const struct ph_pe_resource *resource)
{
    struct seen *seen = context;

    seen->count++;
    seen->last = *resource;
    return NULL;
}

static struct ph_error *refuse(void *context, const struct ph_pe_resource *resource)
{
    (void)context;
    (void)resource;
    return ph_errorf(PH_ERR_USAGE, "enough");
}

static struct seen resources_of_build(void)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = parsed();
    struct seen seen = {0};

    assert_null(ph_pe_resources(&pe, look, &seen));
    return seen;
}

static void leaf(void **state)
{
    (void)state;
    build_pe(&build, PH_PE_X64);
    assert_int_equal(resources_of_build().count, 0);
    put_resource(&build, PH_PE_RESOURCE_VERSION, 0x407, 10);
    struct seen seen = resources_of_build();
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.last.type, PH_PE_RESOURCE_VERSION);
    assert_int_equal(seen.last.id, 1);
    assert_int_equal(seen.last.language, 0x407);
    assert_int_equal(seen.last.data.size, 10);
    assert_ptr_equal(seen.last.data.data, build.bytes + build_at(RSRC + 0x100));
    struct ph_pe pe = parsed();
    ph_autoerror struct ph_error *error = ph_pe_resources(&pe, refuse, NULL);
    assert_string_equal(error->text, "enough");
    ph_pe_fini(&pe);
}

static void names(void **state)
{
    (void)state;
    build_pe(&build, PH_PE_X64);
    put_resource(&build, 10, 0, 10);
    put_32(&build, RSRC + 24 + 16, 0x80000000u + 0x200);
    put_16(&build, RSRC + 0x200, 2);
    put_bytes(&build, RSRC + 0x202, "A\0B\0", 4);
    struct seen seen = resources_of_build();
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.last.id, 0);
    assert_int_equal(seen.last.id_name.size, 4);
    assert_memory_equal(seen.last.id_name.data, "A\0B\0", 4);
    put_16(&build, RSRC + 0x200, 0xffff); /* a name that leaves its section */
    assert_int_equal(resources_of_build().last.id_name.size, 0);
}

static void outside(void **state)
{
    (void)state;
    build_pe(&build, PH_PE_X64);
    put_resource(&build, 10, 0, 0x1000); /* data that leaves its section: left out */
    assert_int_equal(resources_of_build().count, 0);
    put_resource(&build, 10, 0, UINT32_MAX);
    assert_int_equal(resources_of_build().count, 0);
    put_resource(&build, 10, 0, 10);
    put_32(&build, RSRC + 24 + 20, 0xfffffff8); /* a directory outside */
    assert_int_equal(resources_of_build().count, 0);
    put_resource(&build, 10, 0, 10);
    put_16(&build, RSRC + 14, 0xffff); /* more entries than there are: zeros are leaves at 0 */
    assert_in_range(resources_of_build().count, 1, 65536);
    put_directory(&build, PH_PE_RESOURCE, 0x9000, 0x1000);
    assert_int_equal(resources_of_build().count, 0);
}

static void cycles(void **state)
{
    (void)state;
    build_pe(&build, PH_PE_X64);
    put_resource(&build, 10, 0, 10);
    put_32(&build, RSRC + 20, 0x80000000u); /* the root is its own child */
    assert_int_equal(resources_of_build().count, 0);
    put_resource(&build, 10, 0, 10);
    put_32(&build, RSRC + 48 + 20, 0x80000000u); /* a language is the root */
    assert_int_equal(resources_of_build().count, 0);
    /* every entry of a large directory is that directory: 200^3 leaves without a limit */
    put_16(&build, RSRC + 14, 200);
    for (uint32_t i = 0; i < 200; i++)
        put_32(&build, RSRC + 20 + i * 8, i < 199 ? 0x80000000u : 0x700);
    put_32(&build, RSRC + 0x700, RSRC);
    put_32(&build, RSRC + 0x704, 1);
    struct seen seen = resources_of_build();
    assert_in_range(seen.count, 100, 65536);
}

/* --- version --- */

static struct version_build resource;

static struct ph_version version_of(size_t size)
{
    struct ph_version version = {0};
    ph_autofree char *copy = ph_memdup(resource.bytes, size);

    assert_null(ph_version_parse((struct ph_slice){copy, size}, &version));
    return version;
}

static void version_strings(void **state)
{
    static const char *const KEYS[] = {"040904b0"};

    (void)state;
    version_make(&resource, KEYS, 1);
    struct ph_version version = version_of(resource.size);
    assert_true(version.found);
    assert_true(version.fixed);
    assert_false(version.damaged);
    for (uint16_t i = 0; i < 4; i++) {
        assert_int_equal(version.file[i], i + 1);
        assert_int_equal(version.product[i], i + 5);
    }
    assert_string_equal(version.strings[PH_VERSION_COMPANY], "040904b0");
    assert_string_equal(version.strings[PH_VERSION_FILE_VERSION], "1, 2, 3, 4");
    assert_string_equal(version.strings[PH_VERSION_COPYRIGHT], "\xc2\xa9 them");
    assert_null(version.strings[PH_VERSION_COMMENTS]);
    assert_null(version.strings[PH_VERSION_PRODUCT]);
    ph_version_fini(&version);
}

static void expect_company(const char *const *keys, size_t count, const char *expected)
{
    version_make(&resource, keys, count);
    PH_GUARD(ph_version_fini) struct ph_version version = version_of(resource.size);

    assert_string_equal(version.strings[PH_VERSION_COMPANY], expected);
}

static void version_languages(void **state)
{
    (void)state;
    expect_company((const char *const[]){"040704b0", "040904E4"}, 2, "040904E4");
    expect_company((const char *const[]){"040704b0", "041104b0"}, 2, "040704b0");
    expect_company((const char *const[]){"040904b0", "040904e4", "040704b0"}, 3, "040904b0");
    expect_company((const char *const[]){"x", "041104b0"}, 2, "x");
}

static void version_damaged(void **state)
{
    static const char *const KEYS[] = {"040904b0"};
    size_t info = 0;

    (void)state;
    version_make(&resource, KEYS, 1);
    for (size_t i = 0; i + 2 < resource.size; i++)
        if (resource.bytes[i] == 'S' && resource.bytes[i + 2] == 't')
            info = i - 6;
    resource.bytes[0] = resource.bytes[1] = 0xff; /* the root claims more than there is */
    struct ph_version version = version_of(resource.size);
    assert_true(version.damaged);
    assert_string_equal(version.strings[PH_VERSION_COMPANY], "040904b0");
    ph_version_fini(&version);
    resource.bytes[info] = 3; /* a block without an end */
    resource.bytes[info + 1] = 0;
    version = version_of(resource.size);
    assert_true(version.damaged);
    assert_true(version.fixed);
    assert_null(version.strings[PH_VERSION_COMPANY]);
    ph_version_fini(&version);
    resource.bytes[40] ^= 1; /* no VS_FIXEDFILEINFO */
    version = version_of(resource.size);
    assert_false(version.fixed);
    ph_version_fini(&version);
    resource.bytes[6] = 'X';
    version = version_of(resource.size);
    assert_true(version.damaged);
    assert_true(version.found);
    ph_version_fini(&version);
}

static void version_truncated(void **state)
{
    static const char *const KEYS[] = {"040704b0", "040904b0"};

    (void)state;
    version_make(&resource, KEYS, 2);
    for (size_t size = 0; size < resource.size; size++) {
        PH_GUARD(ph_version_fini) struct ph_version version = version_of(size);
        assert_true(version.damaged || size + 4 > resource.size);
    }
}

static void version_of_a_file(void **state)
{
    struct ph_version version;

    (void)state;
    build_pe(&build, PH_PE_X64);
    struct ph_pe pe = parsed();
    assert_null(ph_version_read(&pe, &version));
    assert_false(version.found);
    ph_pe_fini(&pe);
    put_version(&build, 0x407);
    pe = parsed();
    assert_null(ph_version_read(&pe, &version));
    assert_true(version.found && version.fixed);
    assert_string_equal(version.strings[PH_VERSION_COMPANY], "040904b0");
    ph_version_fini(&version);
    ph_pe_fini(&pe);
}

/* Two resources of two languages: the one in US English is taken, unless it says nothing. */
static void version_language_of_resource(void **state)
{
    static const char *const ENGLISH[] = {"040904b0"}, *const GERMAN[] = {"040704b0"};
    struct ph_version version;

    (void)state;
    build_pe(&build, PH_PE_X64);
    put_version(&build, 0x407);
    version_make(&resource, GERMAN, 1);
    put_bytes(&build, RSRC + 0x100, resource.bytes, resource.size);
    version_make(&resource, ENGLISH, 1);
    put_bytes(&build, RSRC + 0x800, resource.bytes, resource.size);
    put_16(&build, RSRC + 48 + 14, 2); /* a second language; the leaves move */
    put_32(&build, RSRC + 48 + 20, 96);
    put_32(&build, RSRC + 48 + 24, 0x409);
    put_32(&build, RSRC + 48 + 28, 112);
    put_32(&build, RSRC + 96, RSRC + 0x100);
    put_32(&build, RSRC + 100, (uint32_t)resource.size);
    put_32(&build, RSRC + 112, RSRC + 0x800);
    put_32(&build, RSRC + 116, (uint32_t)resource.size);
    struct ph_pe pe = parsed();
    assert_null(ph_version_read(&pe, &version));
    assert_string_equal(version.strings[PH_VERSION_COMPANY], "040904b0");
    ph_version_fini(&version);
    put_32(&build, RSRC + 116, 100); /* cut before its strings */
    assert_null(ph_version_read(&pe, &version));
    assert_string_equal(version.strings[PH_VERSION_COMPANY], "040704b0");
    ph_version_fini(&version);
    ph_pe_fini(&pe);
}

static void short_memory(void **state)
{
    struct ph_version version;
    struct ph_error *error;
    long fail = 0;

    (void)state;
    build_pe(&build, PH_PE_X64);
    put_version(&build, 0x409);
    struct ph_pe pe = parsed();
    do {
        ph_mem_fail_after(fail++);
        error = ph_version_read(&pe, &version);
        ph_mem_fail_after(-1);
        assert_true(!error || error->code == PH_ERR_NOMEM);
    } while (error);
    assert_in_range(fail, 5, 50);
    ph_version_fini(&version);
    ph_pe_fini(&pe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaf),
        cmocka_unit_test(names),
        cmocka_unit_test(outside),
        cmocka_unit_test(cycles),
        cmocka_unit_test(version_strings),
        cmocka_unit_test(version_languages),
        cmocka_unit_test(version_damaged),
        cmocka_unit_test(version_truncated),
        cmocka_unit_test(version_of_a_file),
        cmocka_unit_test(version_language_of_resource),
        cmocka_unit_test(short_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
