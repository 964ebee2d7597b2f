/* image/pe_certificates and image/pe_hash: the states of a certificate table, what is hashed, and
 * sums against known values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "image/pe_hash.h"
#include "unit/image/pe_build.h"

static struct pe_build build;

static struct ph_pe parsed(void)
{
    struct ph_pe pe = {0};

    assert_null(ph_pe_parse("x.sys", build_file(&build), &pe));
    return pe;
}

static struct ph_pe_certificates table_of_build(void)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = parsed();
    struct ph_pe_certificates table = {.state = PH_PE_TABLE_DAMAGED};

    assert_null(ph_pe_certificates(&pe, &table));
    return table;
}

static void expect_state(enum ph_pe_table_state state, size_t count)
{
    PH_GUARD(ph_pe_certificates_fini) struct ph_pe_certificates table = table_of_build();

    assert_int_equal(table.state, state);
    assert_int_equal(table.count, count);
}

static void start_signed(void)
{
    build_pe(&build, PH_PE_X64);
    put_certificate(&build);
}

static void found(void **state)
{
    (void)state;
    build_pe(&build, PH_PE_X64);
    expect_state(PH_PE_TABLE_NONE, 0);
    start_signed();
    struct ph_pe_certificates table = table_of_build();
    assert_int_equal(table.state, PH_PE_TABLE_FOUND);
    assert_int_equal(table.offset, PE_FILE_SIZE);
    assert_int_equal(table.size, PE_TABLE_SIZE);
    assert_int_equal(table.trailing, 0);
    assert_int_equal(table.count, 1);
    assert_int_equal(table.pkcs7[0].size, 16);
    assert_ptr_equal(table.pkcs7[0].data, build.bytes + PE_FILE_SIZE + 8);
    ph_pe_certificates_fini(&table);
    build.size += 13; /* bytes that nobody signed */
    table = table_of_build();
    assert_int_equal(table.state, PH_PE_TABLE_FOUND);
    assert_int_equal(table.trailing, 13);
    ph_pe_certificates_fini(&table);
}

static void several_entries(void **state)
{
    (void)state;
    start_signed();
    memcpy(build.bytes + PE_FILE_SIZE + 24, build.bytes + PE_FILE_SIZE, 24);
    build_32(&build, PE_FILE_SIZE, 20);         /* the next entry begins at a multiple of 8 */
    build_16(&build, PE_FILE_SIZE + 24 + 6, 1); /* X.509: another type */
    put_directory(&build, PH_PE_CERTIFICATE, PE_FILE_SIZE, 48);
    build.size = PE_FILE_SIZE + 48;
    expect_state(PH_PE_TABLE_FOUND, 1);
    build_16(&build, PE_FILE_SIZE + 24 + 6, 2);
    expect_state(PH_PE_TABLE_FOUND, 2);
    put_directory(&build, PH_PE_CERTIFICATE, PE_FILE_SIZE, 64); /* zeros behind are padding */
    build.size = PE_FILE_SIZE + 64;
    expect_state(PH_PE_TABLE_FOUND, 2);
    build.bytes[PE_FILE_SIZE + 63] = 1;
    expect_state(PH_PE_TABLE_DAMAGED, 2);
}

static void outside(void **state)
{
    (void)state;
    start_signed();
    build.size--;
    expect_state(PH_PE_TABLE_OUTSIDE, 0);
    build.size = PE_FILE_SIZE;
    expect_state(PH_PE_TABLE_OUTSIDE, 0);
    put_directory(&build, PH_PE_CERTIFICATE, UINT32_MAX, UINT32_MAX);
    expect_state(PH_PE_TABLE_OUTSIDE, 0);
    put_directory(&build, PH_PE_CERTIFICATE, 0x400, UINT32_MAX);
    expect_state(PH_PE_TABLE_OUTSIDE, 0);
}

static void damaged(void **state)
{
    (void)state;
    start_signed();
    build_32(&build, PE_FILE_SIZE, 25); /* longer than the table */
    expect_state(PH_PE_TABLE_DAMAGED, 0);
    build_32(&build, PE_FILE_SIZE, UINT32_MAX);
    expect_state(PH_PE_TABLE_DAMAGED, 0);
    build_32(&build, PE_FILE_SIZE, 7); /* shorter than its header */
    expect_state(PH_PE_TABLE_DAMAGED, 0);
    put_directory(&build, PH_PE_CERTIFICATE, 0x40, 24); /* in the headers */
    expect_state(PH_PE_TABLE_DAMAGED, 0);
}

/* A reference that was taken out, in each way. */
static void stripped(void **state)
{
    (void)state;
    start_signed();
    put_directory(&build, PH_PE_CERTIFICATE, 0, 0);
    struct ph_pe_certificates table = table_of_build();
    assert_int_equal(table.state, PH_PE_TABLE_STRIPPED);
    assert_int_equal(table.offset, PE_FILE_SIZE);
    assert_int_equal(table.count, 1);
    ph_pe_certificates_fini(&table);
    put_directory(&build, PH_PE_CERTIFICATE, PE_FILE_SIZE, 0);
    expect_state(PH_PE_TABLE_STRIPPED, 1);
    build_32(&build, build_directories(&build) - 4, 4); /* a header with four directories */
    expect_state(PH_PE_TABLE_STRIPPED, 1);
}

static void stripped_behind_symbols(void **state)
{
    (void)state;
    build_pe(&build, PH_PE_X64);
    build_32(&build, PE_HEADER + 12, PE_FILE_SIZE); /* two symbols, strings of 6 bytes */
    build_32(&build, PE_HEADER + 16, 2);
    build_32(&build, PE_FILE_SIZE + 36, 6);
    static const uint8_t ENTRY[] = {20, 0, 0, 0, 0, 2, 2, 0, 0x30, 0x81, 9};
    memcpy(build.bytes + PE_FILE_SIZE + 48, ENTRY, sizeof(ENTRY));
    build.size = PE_FILE_SIZE + 48 + 20;
    expect_state(PH_PE_TABLE_STRIPPED, 1);
    build_32(&build, PE_HEADER + 16, UINT32_MAX);
    expect_state(PH_PE_TABLE_NONE, 0);
}

/* Other data behind the sections is no signature. */
static void not_stripped(void **state)
{
    static const struct {
        size_t offset;
        uint8_t byte;
    } CHANGES[] = {
        {0, 25}, {1, 1}, {0, 8}, {5, 1}, {6, 1}, {8, 0x31}, {9, 0x80}, {9, 0x0f}, {9, 0x85}, {9, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(CHANGES) / sizeof(CHANGES[0]); i++) {
        start_signed();
        put_directory(&build, PH_PE_CERTIFICATE, 0, 0);
        build.bytes[PE_FILE_SIZE + CHANGES[i].offset] = CHANGES[i].byte;
        expect_state(PH_PE_TABLE_NONE, 0);
    }
}

/* --- hashes --- */

static struct ph_digest_sum image_hash(bool padded)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = parsed();
    struct ph_digest_sum sum;

    assert_null(ph_pe_image_hash(&pe, PH_DIGEST_SHA256, padded, &sum));
    return sum;
}

/* What is left out is cut out by hand: CheckSum, directory entry 4, and all from `end` on. */
static struct ph_digest_sum hash_by_hand(size_t end, size_t zeros)
{
    static uint8_t rest[PE_ROOM];
    size_t checksum = build_optional() + 64, entry = build_directories(&build) + 32, size = 0;
    struct ph_digest_sum sum;

    for (size_t i = 0; i < end; i++)
        if ((i < checksum || i >= checksum + 4) && (i < entry || i >= entry + 8))
            rest[size++] = build.bytes[i];
    memset(rest + size, 0, zeros);
    struct ph_slice piece = {(char *)rest, size + zeros};
    assert_null(ph_digest(PH_DIGEST_SHA256, &piece, 1, &sum));
    return sum;
}

static void expect_hash(bool padded, size_t end, size_t zeros)
{
    struct ph_digest_sum got = image_hash(padded), expected = hash_by_hand(end, zeros);

    assert_true(ph_digest_equal(&got, &expected));
}

static void image_hashes(void **state)
{
    (void)state;
    start_signed();
    expect_hash(false, PE_FILE_SIZE, 0);
    expect_hash(true, PE_FILE_SIZE, 0);
    build.size += 5; /* behind the table */
    expect_hash(false, PE_FILE_SIZE, 0);
    build.size = PE_FILE_SIZE + 3; /* cut */
    expect_hash(false, PE_FILE_SIZE, 0);
    build.size = PE_FILE_SIZE - 3;
    expect_hash(false, PE_FILE_SIZE - 3, 0);
    expect_hash(true, PE_FILE_SIZE - 3, 3);
    put_directory(&build, PH_PE_CERTIFICATE, 0x40, 24); /* within the headers: not believed */
    expect_hash(false, PE_FILE_SIZE - 3, 0);
}

static void image_hash_tells_changes(void **state)
{
    (void)state;
    start_signed();
    struct ph_digest_sum before = image_hash(false), after;
    build.bytes[build_optional() + 64] ^= 1; /* CheckSum is not signed ... */
    after = image_hash(false);
    assert_true(ph_digest_equal(&before, &after));
    build.bytes[build_optional() + 68] ^= 1; /* ... the field behind it is */
    after = image_hash(false);
    assert_false(ph_digest_equal(&before, &after));
}

static void import_hash(void **state)
{
    /* MD5 of "ntoskrnl.exe.exallocatepoolwithtag,ntoskrnl.exe.exfreepoolwithtag,ndis.ord5,
     * ws2_32.htons", by md5sum */
    static const uint8_t EXPECTED[] = {0x2c, 0x90, 0x11, 0xb8, 0xca, 0x2d, 0x92, 0x8c,
                                       0xc2, 0x06, 0x52, 0xf8, 0xe5, 0x4b, 0x82, 0x97};
    struct ph_digest_sum sum;

    (void)state;
    build_pe(&build, PH_PE_X64);
    put_imports(&build);
    put_directory(&build, PH_PE_DELAY_IMPORT, 0x1, 0x1); /* late imports do not count */
    struct ph_pe pe = parsed();
    assert_null(ph_pe_import_hash(&pe, &sum));
    assert_int_equal(sum.size, 16);
    assert_memory_equal(sum.bytes, EXPECTED, 16);
    ph_pe_fini(&pe);
}

static void import_hash_unknown(void **state)
{
    struct ph_digest_sum sum;

    (void)state;
    build_pe(&build, PH_PE_X64);
    struct ph_pe pe = parsed();
    assert_null(ph_pe_import_hash(&pe, &sum));
    assert_int_equal(sum.size, 0);
    ph_pe_fini(&pe);
    put_imports(&build);
    uint32_t rva = DATA + 0x600;
    put_import(&build, DATA + 40, &rva, "OLEAUT32.dll", (const char *const[]){"#9"}, 1,
               DATA + 0x860);
    pe = parsed();
    assert_null(ph_pe_import_hash(&pe, &sum));
    assert_int_equal(sum.size, 0); /* its number stands for a name that is not known here */
    ph_pe_fini(&pe);
}

/* 4600 imports that share one name of 4000 bytes would be 18 MB of text. */
static void import_hash_of_endless_names(void **state)
{
    const size_t slots = 0x2000, name = slots + 8 * 4601, size = name + 2 + 4001;
    ph_autofree uint8_t *file = ph_zalloc(1, PE_HEADERS_SIZE + size);
    struct ph_digest_sum sum;
    struct ph_pe pe;

    (void)state;
    assert_non_null(file);
    build_pe(&build, PH_PE_X64);
    build_16(&build, PE_HEADER + 6, 1);
    build_32(&build, build_section(&build, 0) + 8, (uint32_t)size);
    build_32(&build, build_section(&build, 0) + 16, (uint32_t)size);
    put_32(&build, TEXT, TEXT + (uint32_t)slots);
    put_32(&build, TEXT + 12, TEXT + (uint32_t)name + 2);
    put_32(&build, TEXT + 16, TEXT + (uint32_t)slots);
    put_directory(&build, PH_PE_IMPORT, TEXT, 40);
    memcpy(file, build.bytes, PE_HEADERS_SIZE + 0x100);
    for (size_t i = 0; i < 4600; i++) {
        uint8_t *slot = file + PE_HEADERS_SIZE + slots + i * 8;
        slot[0] = (uint8_t)(TEXT + name);
        slot[1] = (uint8_t)((TEXT + name) >> 8);
        slot[2] = (uint8_t)((TEXT + name) >> 16);
    }
    memset(file + PE_HEADERS_SIZE + name + 2, 'A', 4000);
    assert_null(ph_pe_parse("x.sys", (struct ph_slice){(char *)file, PE_HEADERS_SIZE + size}, &pe));
    assert_null(ph_pe_import_hash(&pe, &sum));
    assert_int_equal(sum.size, 0);
    memset(file + PE_HEADERS_SIZE + slots + 800, 0, 8); /* the first hundred are no trouble */
    assert_null(ph_pe_import_hash(&pe, &sum));
    assert_int_equal(sum.size, 16);
    ph_pe_fini(&pe);
}

/* The field by the rule itself: words of 16 bits, the carry added at once, the field as zero. */
static uint32_t checksum_by_rule(void)
{
    size_t field = build_optional() + 64;
    uint32_t sum = 0;

    for (size_t at = 0; at < build.size; at += 2) {
        uint32_t word = build.bytes[at];
        if (at + 1 < build.size)
            word |= (uint32_t)build.bytes[at + 1] << 8;
        if (at >= field && at < field + 4)
            word = 0;
        sum += word;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum + (uint32_t)build.size;
}

static void checksums(void **state)
{
    (void)state;
    start_signed();
    for (size_t i = 0x400; i < PE_FILE_SIZE; i++)
        build.bytes[i] = (uint8_t)(i * 251);
    build_32(&build, build_optional() + 64, 0xdeadbeef);
    for (int cut = 0; cut < 5; cut++, build.size--) {
        struct ph_pe pe = parsed();
        assert_int_equal(ph_pe_checksum(&pe), checksum_by_rule());
        ph_pe_fini(&pe);
    }
}

static void expect_entropy(struct ph_slice bytes, double expected)
{
    double entropy = ph_entropy(bytes);

    assert_true(entropy > expected - 1e-9 && entropy < expected + 1e-9);
}

static void entropy(void **state)
{
    char all[256 * 3];

    (void)state;
    for (size_t i = 0; i < sizeof(all); i++)
        all[i] = (char)i;
    expect_entropy((struct ph_slice){"", 0}, 0);
    expect_entropy(ph_slice_of("aaaaaaa"), 0);
    expect_entropy(ph_slice_of("abababa!abababa!"), 1.4056390622295665);
    expect_entropy((struct ph_slice){all, sizeof(all)}, 8);
}

static void short_memory(void **state)
{
    struct ph_pe_certificates table;
    struct ph_digest_sum sum;
    struct ph_error *error;

    (void)state;
    start_signed();
    put_imports(&build);
    struct ph_pe pe = parsed();
    ph_mem_fail_after(0);
    error = ph_pe_certificates(&pe, &table);
    assert_int_equal(error->code, PH_ERR_NOMEM);
    for (long fail = 0; error; fail++) {
        assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
        ph_mem_fail_after(fail);
        error = ph_pe_import_hash(&pe, &sum);
    }
    ph_mem_fail_after(-1);
    ph_pe_fini(&pe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found),
        cmocka_unit_test(several_entries),
        cmocka_unit_test(outside),
        cmocka_unit_test(damaged),
        cmocka_unit_test(stripped),
        cmocka_unit_test(stripped_behind_symbols),
        cmocka_unit_test(not_stripped),
        cmocka_unit_test(image_hashes),
        cmocka_unit_test(image_hash_tells_changes),
        cmocka_unit_test(import_hash),
        cmocka_unit_test(import_hash_unknown),
        cmocka_unit_test(import_hash_of_endless_names),
        cmocka_unit_test(checksums),
        cmocka_unit_test(entropy),
        cmocka_unit_test(short_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
