/* image/pe: headers of both kinds, what lies at an address, and headers that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "unit/image/pe_build.h"

static struct pe_build build;

static struct ph_pe parsed(void)
{
    struct ph_pe pe = {0};
    struct ph_error *error = ph_pe_parse("x.sys", build_file(&build), &pe);

    if (error)
        fail_msg("%s", error->text);
    return pe;
}

static void refused(const char *part_of_message)
{
    struct ph_pe pe = {.name = "untouched"};
    ph_autoerror struct ph_error *error = ph_pe_parse("x.sys", build_file(&build), &pe);

    assert_non_null(error);
    assert_int_equal(error->code, PH_ERR_FORMAT);
    assert_ptr_equal(strstr(error->text, "x.sys: "), error->text);
    if (!strstr(error->text, part_of_message))
        fail_msg("'%s' is not in: %s", part_of_message, error->text);
    assert_string_equal(pe.name, "untouched");
}

static void headers(void **state)
{
    (void)state;
    build_pe(&build, PH_PE_X64);
    assert_true(ph_pe_probe(build_file(&build)));
    struct ph_pe pe = parsed();
    assert_int_equal(pe.machine, PH_PE_X64);
    assert_true(pe.wide);
    assert_true(pe.base == UINT64_C(0x140000000));
    assert_int_equal(pe.linker_major, 14);
    assert_int_equal(pe.linker_minor, 29);
    assert_int_equal(pe.os_major, 10);
    assert_int_equal(pe.subsystem_major, 6);
    assert_int_equal(pe.subsystem_minor, 1);
    assert_int_equal(pe.image_size, 0x5000);
    assert_int_equal(pe.directory_count, 16);
    assert_int_equal(pe.section_count, 4);
    assert_string_equal(pe.sections[0].name, ".text");
    assert_true(pe.sections[0].flags & PH_PE_CODE);
    assert_true(pe.sections[1].flags & PH_PE_WRITABLE);
    assert_int_equal(pe.checksum_offset, PE_HEADER + 24 + 64);
    assert_int_equal(pe.certificate_offset, PE_HEADER + 24 + 112 + 32);
    ph_pe_fini(&pe);
    build_pe(&build, PH_PE_X86);
    pe = parsed();
    assert_false(pe.wide);
    assert_true(pe.base == 0x40000000);
    assert_int_equal(pe.certificate_offset, PE_HEADER + 24 + 96 + 32);
    ph_pe_fini(&pe);
}

static void fewer_directories(void **state)
{
    (void)state;
    build_pe(&build, PH_PE_X64);
    put_imports(&build);
    build_32(&build, build_directories(&build) - 4, 1);
    struct ph_pe pe = parsed();
    assert_int_equal(pe.directory_count, 1);
    assert_int_equal(pe.certificate_offset, 0);
    assert_int_equal(pe.directories[PH_PE_IMPORT].rva, 0);
    ph_pe_fini(&pe);
    build_32(&build, build_directories(&build) - 4, UINT32_MAX);
    pe = parsed();
    assert_int_equal(pe.directory_count, 16);
    ph_pe_fini(&pe);
}

static void expect_u32(const struct ph_pe *pe, uint32_t rva, uint32_t expected)
{
    uint32_t value = ~expected;

    assert_true(ph_pe_u32(pe, rva, &value));
    assert_int_equal(value, expected);
}

static void addresses(void **state)
{
    struct ph_slice bytes;
    uint64_t wide;
    uint32_t value = 7;
    uint16_t half;
    size_t offset;

    (void)state;
    build_pe(&build, PH_PE_X64);
    put_32(&build, TEXT + 3, 0x6b61654c);
    put_word(&build, DATA + 0xff8, UINT64_C(0x140002345));
    put_word(&build, DATA + 8, UINT64_C(0x140005000)); /* behind the image */
    put_word(&build, DATA + 16, 0x1000);               /* before it */
    put_string(&build, RSRC + 0xffc, "abc");
    struct ph_pe pe = parsed();
    expect_u32(&pe, TEXT + 3, 0x6b61654c);
    expect_u32(&pe, PE_HEADER, 0x4550); /* headers are mapped */
    assert_false(ph_pe_u32(&pe, PE_HEADERS_SIZE, &value));
    assert_false(ph_pe_u32(&pe, TEXT - 2, &value));
    assert_false(ph_pe_u32(&pe, DATA + 0xffd, &value)); /* goes on in the next section */
    assert_false(ph_pe_u32(&pe, 0x5000, &value));
    assert_false(ph_pe_u32(&pe, UINT32_MAX, &value));
    assert_int_equal(value, 7);
    assert_true(ph_pe_u16(&pe, DATA + 0xffe, &half));
    assert_true(ph_pe_u64(&pe, DATA + 0xff8, &wide));
    assert_true(wide == UINT64_C(0x140002345));
    assert_true(ph_pe_pointer(&pe, DATA + 0xff8, &value));
    assert_int_equal(value, 0x2345);
    assert_false(ph_pe_pointer(&pe, DATA + 8, &value));
    assert_false(ph_pe_pointer(&pe, DATA + 16, &value));
    assert_true(ph_pe_offset(&pe, DATA + 1, &offset));
    assert_int_equal(offset, build_at(DATA + 1));
    assert_true(ph_pe_rest(&pe, DATA + 0xf00, &bytes));
    assert_int_equal(bytes.size, 0x100);
    assert_false(ph_pe_bytes(&pe, DATA + 0xf00, 0x101, &bytes));
    assert_false(ph_pe_bytes(&pe, DATA, SIZE_MAX, &bytes));
    assert_true(ph_pe_string(&pe, RSRC + 0xffc, 3, &bytes));
    assert_int_equal(bytes.size, 3);
    assert_false(ph_pe_string(&pe, RSRC + 0xffc, 2, &bytes));
    put_bytes(&build, RSRC + 0xffc, "abcd", 4);
    assert_false(ph_pe_string(&pe, RSRC + 0xffc, 100, &bytes)); /* ends with its section */
    assert_string_equal(ph_pe_section_at(&pe, DATA + 5)->name, ".data");
    assert_null(ph_pe_section_at(&pe, 0x100));
    ph_pe_fini(&pe);
}

static void zero_filled_tail(void **state)
{
    uint32_t value;

    (void)state;
    build_pe(&build, PH_PE_X64);
    build_32(&build, build_section(&build, 1) + 8, 0x10000); /* larger in memory ... */
    build_32(&build, build_section(&build, 1) + 16, 0x200);  /* ... than in the file */
    build_32(&build, build_section(&build, 2) + 12, 0x20000);
    build_32(&build, build_section(&build, 3) + 12, 0x21000);
    struct ph_pe pe = parsed();
    expect_u32(&pe, DATA + 0x1fc, 0);
    assert_false(ph_pe_u32(&pe, DATA + 0x1fd, &value));
    assert_false(ph_pe_u32(&pe, DATA + 0x8000, &value));
    assert_string_equal(ph_pe_section_at(&pe, DATA + 0x8000)->name, ".data");
    assert_null(ph_pe_section_at(&pe, DATA + 0x10000));
    ph_pe_fini(&pe);
}

/* Loaders round the place in the file down to a sector. */
static void unaligned_place(void **state)
{
    (void)state;
    build_pe(&build, PH_PE_X64);
    put_32(&build, TEXT, 0x11223344);
    build_32(&build, build_section(&build, 0) + 20, PE_HEADERS_SIZE + 0x1f0);
    struct ph_pe pe = parsed();
    expect_u32(&pe, TEXT, 0x11223344);
    ph_pe_fini(&pe);
    build_32(&build, build_optional() + 36, 16); /* but not in files of small alignment */
    build_32(&build, build_section(&build, 0) + 20, PE_HEADERS_SIZE + 16);
    put_32(&build, TEXT + 16, 0x55667788);
    pe = parsed();
    expect_u32(&pe, TEXT, 0x55667788);
    ph_pe_fini(&pe);
}

static void overlapping_sections(void **state)
{
    (void)state;
    build_pe(&build, PH_PE_X64);
    put_32(&build, TEXT, 1);
    put_32(&build, DATA, 2);
    put_32(&build, RSRC, 3);
    build_32(&build, build_section(&build, 0) + 8, UINT32_MAX); /* over all others */
    build_32(&build, build_section(&build, 0) + 16, UINT32_MAX);
    build_32(&build, build_section(&build, 2) + 12, DATA); /* the same place as .data */
    struct ph_pe pe = parsed();
    expect_u32(&pe, TEXT, 1);
    expect_u32(&pe, DATA, 3);
    assert_int_equal(pe.span_count, 4);
    for (size_t i = 0; i + 1 < pe.span_count; i++)
        assert_true(pe.spans[i].end <= pe.spans[i + 1].begin);
    ph_pe_fini(&pe);
}

static void sizes_near_the_end_of_numbers(void **state)
{
    struct ph_slice bytes;
    uint32_t value;

    (void)state;
    build_pe(&build, PH_PE_X64);
    for (size_t i = 0; i < PE_SECTIONS; i++)
        for (size_t field = 8; field <= 20; field += 4)
            build_32(&build, build_section(&build, i) + field, UINT32_MAX - (uint32_t)i);
    build_32(&build, build_optional() + 32, UINT32_MAX); /* alignments, sizes */
    build_32(&build, build_optional() + 36, 0x80000000);
    build_32(&build, build_optional() + 56, UINT32_MAX);
    build_32(&build, build_optional() + 60, UINT32_MAX);
    for (uint32_t i = 0; i < PH_PE_DIRECTORIES; i++)
        put_directory(&build, i, UINT32_MAX - i, UINT32_MAX);
    struct ph_pe pe = parsed();
    for (uint32_t back = 0; back < 8; back++)
        assert_false(ph_pe_u32(&pe, UINT32_MAX - back, &value));
    assert_true(ph_pe_rest(&pe, 0, &bytes)); /* "headers" that go on to the end of the file */
    assert_int_equal(bytes.size, build.size);
    ph_pe_fini(&pe);
}

/* As many sections as a header can name: found by halving, and by no loader. */
static void most_sections(void **state)
{
    const size_t table = PE_HEADER + 24 + 240, count = UINT16_MAX, size = table + count * 40 + 16;
    ph_autofree uint8_t *file = ph_zalloc(1, size);
    uint32_t value;
    struct ph_pe pe;

    (void)state;
    assert_non_null(file);
    build_pe(&build, PH_PE_X64);
    build_16(&build, PE_HEADER + 6, UINT16_MAX);
    memcpy(file, build.bytes, table);
    for (size_t i = 0; i < count; i++) {
        uint8_t *section = file + table + i * 40;
        section[9] = 0x10;                      /* virtual size 0x1000 */
        section[13] = (uint8_t)(i % 16 * 0x10); /* RVA: each place many times */
        section[14] = (uint8_t)(i / 256);
        section[17] = 0x10;
        section[20] = 0xff;
    }
    assert_null(ph_pe_parse("x.sys", (struct ph_slice){(char *)file, size}, &pe));
    assert_int_equal(pe.section_count, count);
    for (uint32_t i = 0; i < 1000000; i++)
        (void)ph_pe_u32(&pe, i * 16, &value);
    ph_pe_fini(&pe);
    build_pe(&build, PH_PE_X64);
    build_16(&build, PE_HEADER + 6, UINT16_MAX);
    refused("cut short: byte 520: the file ends inside the table of 65535 sections");
}

static void no_pe(void **state)
{
    (void)state;
    build_pe(&build, PH_PE_X64);
    build.size = 0;
    assert_false(ph_pe_probe(build_file(&build)));
    refused("does not begin with MZ");
    build.size = 63;
    refused("ends inside the DOS header");
    build.size = PE_FILE_SIZE;
    build_32(&build, 0x3c, PE_FILE_SIZE - 2);
    refused("said to be at byte 17406, but the file has 17408 bytes");
    build_32(&build, 0x3c, UINT32_MAX);
    refused("said to be at byte 4294967295");
    build_32(&build, 0x3c, 0x400);
    refused("no PE header at byte 1024");
    assert_false(ph_pe_probe(build_file(&build)));
    build.bytes[0] = 'Z';
    refused("not a PE file");
}

static void header_near_the_end(void **state)
{
    (void)state;
    build_pe(&build, PH_PE_X64);
    build_32(&build, 0x3c, PE_FILE_SIZE - 4);
    memcpy(build.bytes + PE_FILE_SIZE - 4, "PE\0", 4);
    assert_true(ph_pe_probe(build_file(&build)));
    refused("byte 17404: the file ends inside the PE header");
    build_pe(&build, PH_PE_X64);
    build.size = PE_HEADER + 24 + 50;
    refused("ends inside the optional header");
    build.size = PE_HEADER + 24 + 112 + 100;
    refused("ends inside the directories");
    build_pe(&build, PH_PE_X64);
    build_16(&build, PE_HEADER + 24, 0x107);
    refused("of kind 0x107");
}

/* The PE header may begin in the DOS header: e_lfanew is then a field of both. */
static void header_in_the_dos_header(void **state)
{
    static uint8_t moved[PE_FILE_SIZE];

    (void)state;
    build_pe(&build, PH_PE_X64);
    memcpy(moved, "MZ", 2);
    memcpy(moved + 4, build.bytes + PE_HEADER, 0x200);
    moved[0x3c] = 4; /* in PE32+ this is the section alignment */
    moved[0x3d] = moved[0x3e] = moved[0x3f] = 0;
    memcpy(build.bytes, moved, sizeof(moved));
    struct ph_pe pe = parsed();
    assert_int_equal(pe.header_offset, 4);
    assert_int_equal(pe.section_alignment, 4);
    assert_int_equal(pe.section_count, 4);
    ph_pe_fini(&pe);
}

static void look_at_everything(struct ph_slice file)
{
    struct ph_pe pe;
    struct ph_pe_imports imports;
    struct ph_pe_exports exports;
    struct ph_pe_rvas rvas;
    struct ph_pe_functions functions;
    struct ph_pe_certificates table;
    struct ph_pe_pdb pdb;
    struct ph_pe_tool tools[PH_PE_TOOLS_MOST];
    struct ph_error *error = ph_pe_parse("x.sys", file, &pe);

    if (error) {
        assert_int_equal(error->code, PH_ERR_FORMAT);
        assert_null(strchr(error->text, '\n'));
        ph_error_free(error);
        return;
    }
    assert_null(ph_pe_imports(&pe, &imports));
    assert_null(ph_pe_exports(&pe, &exports));
    assert_null(ph_pe_relocations(&pe, &rvas));
    assert_null(ph_pe_functions(&pe, &functions));
    assert_null(ph_pe_certificates(&pe, &table));
    ph_pe_pdb(&pe, &pdb);
    (void)ph_pe_tools(&pe, tools);
    ph_pe_imports_fini(&imports);
    ph_pe_exports_fini(&exports);
    ph_pe_rvas_fini(&rvas);
    ph_pe_functions_fini(&functions);
    ph_pe_certificates_fini(&table);
    ph_pe_fini(&pe);
}

/* Every cut is either refused in one line or read without a step past the end. */
static void every_truncation(void **state)
{
    (void)state;
    build_pe(&build, PH_PE_X64);
    put_imports(&build);
    put_rich(&build, 0x01027600);
    put_codeview(&build, "x.pdb");
    put_certificate(&build);
    for (size_t size = 0; size <= build.size; size += size < 0x500 ? 1 : 37) {
        ph_autofree char *copy = ph_alloc(size);
        assert_non_null(copy);
        memcpy(copy, build.bytes, size);
        look_at_everything((struct ph_slice){copy, size});
    }
}

static void short_memory(void **state)
{
    struct ph_error *error;
    struct ph_pe pe;
    long fail = 0;

    (void)state;
    build_pe(&build, PH_PE_X64);
    do {
        ph_mem_fail_after(fail++);
        error = ph_pe_parse("x.sys", build_file(&build), &pe);
        ph_mem_fail_after(-1);
        assert_true(!error || error->code == PH_ERR_NOMEM);
    } while (error);
    assert_int_equal(fail, 3);
    ph_pe_fini(&pe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers),
        cmocka_unit_test(fewer_directories),
        cmocka_unit_test(addresses),
        cmocka_unit_test(zero_filled_tail),
        cmocka_unit_test(unaligned_place),
        cmocka_unit_test(overlapping_sections),
        cmocka_unit_test(sizes_near_the_end_of_numbers),
        cmocka_unit_test(most_sections),
        cmocka_unit_test(no_pe),
        cmocka_unit_test(header_near_the_end),
        cmocka_unit_test(header_in_the_dos_header),
        cmocka_unit_test(every_truncation),
        cmocka_unit_test(short_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
