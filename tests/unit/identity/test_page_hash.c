/* identity/page_hash: tables of either kind, and those that are wrong somewhere. That signtool and
 * osslsigncode mean the same is tested by tests/cli/authenticode.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "identity/page_hash.h"
#include "unit/identity/sign_build.h"
#include "unit/image/pe_build.h"

static struct pe_build build;

static void add_entry(struct ph_text *table, uint32_t offset, enum ph_digest_kind kind,
                      const struct ph_slice *pieces, size_t count)
{
    struct ph_digest_sum sum = {.size = ph_digest_size(kind)};
    char bytes[4] = {(char)offset, (char)(offset >> 8), (char)(offset >> 16), (char)(offset >> 24)};

    if (count)
        assert_null(ph_digest(kind, pieces, count, &sum));
    ph_text_add(table, bytes, 4);
    ph_text_add(table, sum.bytes, sum.size);
}

/* What belongs to the file in `build`: headers of 0x400 bytes, four sections of a page each. */
static struct ph_text make_table(enum ph_digest_kind kind)
{
    static const char ZEROS[4096] = {0};
    const char *file = (const char *)build.bytes;
    size_t checksum = build_optional() + 64, entry = build_directories(&build) + 32;
    const struct ph_slice head[] = {{file, checksum},
                                    {file + checksum + 4, entry - checksum - 4},
                                    {file + entry + 8, PE_HEADERS_SIZE - entry - 8},
                                    {ZEROS, 4096 - PE_HEADERS_SIZE}};
    struct ph_text table = {0};

    add_entry(&table, 0, kind, head, 4);
    for (uint32_t i = 0; i < PE_SECTIONS; i++) {
        uint32_t offset = PE_HEADERS_SIZE + i * 0x1000;
        const struct ph_slice page = {file + offset, 4096};
        add_entry(&table, offset, kind, &page, 1);
    }
    add_entry(&table, PE_FILE_SIZE, kind, NULL, 0);
    return table;
}

static struct ph_text make_image_data(enum ph_digest_kind kind, struct ph_slice table)
{
    struct ph_text octets = {0}, entry = {0}, serialised = {0}, object = {0}, link = {0}, out = {0};

    der_slice(&octets, PH_DER_OCTETS, table);
    der_slice(&entry, PH_DER_OID,
              kind == PH_DIGEST_SHA1 ? PH_OID_PAGE_HASHES_SHA1 : PH_OID_PAGE_HASHES_SHA256);
    der_move(&entry, PH_DER_SET, &octets);
    der_wrap(&entry, PH_DER_SEQUENCE);
    der_move(&serialised, PH_DER_SET, &entry);
    der_put(&object, PH_DER_OCTETS,
            "\xa6\xb5\x86\xd5\xb4\xa1\x24\x66\xae\x05\xa2\x17\xda\x8e\x60\xd6", 16);
    der_move(&object, PH_DER_OCTETS, &serialised);
    der_move(&link, PH_DER_CONTEXT_OUTER + 1, &object);
    der_put(&out, PH_DER_BITS, "\0", 1);
    der_move(&out, PH_DER_CONTEXT_OUTER, &link);
    der_wrap(&out, PH_DER_SEQUENCE);
    return out;
}

static void expect(enum ph_digest_kind kind, struct ph_slice table, int wanted)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    PH_GUARD(ph_text_fini) struct ph_text data = make_image_data(kind, table);
    int result = 7;

    assert_null(ph_pe_parse("x.sys", build_file(&build), &pe));
    assert_null(ph_page_hashes(&pe, (struct ph_slice){data.data, data.size}, &result));
    assert_int_equal(result, wanted);
}

static int start(void **state)
{
    (void)state;
    build_pe(&build, PH_PE_X64);
    for (size_t i = PE_HEADERS_SIZE; i < PE_FILE_SIZE; i++)
        build.bytes[i] = (uint8_t)(i * 7 + i / 4096);
    return 0;
}

static void tables(void **state)
{
    static const enum ph_digest_kind KINDS[] = {PH_DIGEST_SHA1, PH_DIGEST_SHA256};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        PH_GUARD(ph_text_fini) struct ph_text table = make_table(KINDS[i]);
        struct ph_slice slice = {table.data, table.size};
        size_t entry = 4 + ph_digest_size(KINDS[i]);
        expect(KINDS[i], slice, 1);
        for (size_t at = 0; at < table.size; at++) { /* each byte of it counts */
            table.data[at]++;
            expect(KINDS[i], slice, -1);
            table.data[at]--;
        }
        for (size_t size = 0; size < table.size; size++) /* the last entry must be there */
            expect(KINDS[i], (struct ph_slice){table.data, size}, -1);
        build.bytes[PE_HEADERS_SIZE + 0x1001]++;
        expect(KINDS[i], slice, -1);
        build.bytes[PE_HEADERS_SIZE + 0x1001]--;
        build.bytes[build_optional() + 64]++; /* CheckSum */
        expect(KINDS[i], slice, 1);
        build.bytes[build_optional() + 64]--;
        expect(KINDS[i], (struct ph_slice){table.data + entry, table.size - entry}, -1);
    }
}

/* A table that would have one page hashed a million times. */
static void far_too_long(void **state)
{
    struct ph_text table = {0};

    (void)state;
    for (uint32_t i = 0; i < 1000; i++)
        add_entry(&table, i, PH_DIGEST_SHA1, NULL, 0);
    expect(PH_DIGEST_SHA1, (struct ph_slice){table.data, table.size}, -1);
    ph_text_fini(&table);
}

static void none(void **state)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    PH_GUARD(ph_text_fini) struct ph_text table = make_table(PH_DIGEST_SHA1);
    PH_GUARD(ph_text_fini)
    struct ph_text data =
        make_image_data(PH_DIGEST_SHA1, (struct ph_slice){table.data, table.size});

    (void)state;
    assert_null(ph_pe_parse("x.sys", build_file(&build), &pe));
    for (size_t size = 0; size < data.size; size++) {
        ph_autofree char *copy = ph_alloc(size);
        int result = 7;
        memcpy(copy, data.data, size);
        assert_null(ph_page_hashes(&pe, (struct ph_slice){copy, size}, &result));
        assert_int_equal(result, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(tables, start),
        cmocka_unit_test_setup(far_too_long, start),
        cmocka_unit_test_setup(none, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
