/* image/elf: kernel modules made byte by byte, whole, cut everywhere and damaged everywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "unit/image/elf_build.h"

static void start(struct elf_build *build, uint16_t machine)
{
    elf_start(build, machine);
    elf_code(build, "\x90\x90\xc3", 3);
    (void)elf_text(build, "night_owl");
    elf_info(build, "license=GPL");
    elf_info(build, "author=One");
    elf_info(build, "author=Two");
    elf_info(build, "authority=none of them");
    elf_info(build, "empty=");
    elf_build_id(build, "\x01\x02\x03\xff", 4);
    (void)elf_symbol(build, "init", 2, ELF_CODE, 0x10, 0x20);
    (void)elf_symbol(build, "kmalloc", 0, 0, 0, 0);
    elf_relocation(build, 0x11, 4, 2, -4);
}

static void assert_slice(struct ph_slice slice, const char *text)
{
    if (!ph_slice_is(slice, text))
        fail_msg("'%.*s', not '%s'", (int)slice.size, slice.data, text);
}

static void check_all(uint16_t machine)
{
    struct elf_build build;
    PH_GUARD(ph_elf_fini) struct ph_elf elf = {0};
    struct ph_elf_symbol symbol;
    struct ph_elf_relocation relocation;
    struct ph_slice value;

    start(&build, machine);
    assert_null(ph_elf_parse("owl.ko", elf_file(&build), &elf));
    assert_int_equal(elf.wide, machine != ELF_X86);
    assert_int_equal(elf.machine, machine);
    assert_int_equal(elf.type, 1);
    assert_int_equal(elf.section_count, ELF_SECTIONS);
    assert_slice(elf.sections[ELF_CODE].bytes, "\x90\x90\xc3");
    assert_int_equal(elf.sections[ELF_CODE].flags, 6);
    assert_ptr_equal(elf.symbols, &elf.sections[ELF_SYMBOLS]);
    assert_ptr_equal(ph_elf_section(&elf, ".modinfo"), &elf.sections[ELF_INFO]);
    assert_null(ph_elf_section(&elf, ".mod"));

    assert_true(ph_elf_symbol(&elf, 1, &symbol));
    assert_slice(symbol.name, "init");
    assert_int_equal(symbol.value, 0x10);
    assert_int_equal(symbol.size, 0x20);
    assert_int_equal(symbol.section, ELF_CODE);
    assert_int_equal(symbol.type, 2);
    assert_int_equal(symbol.binding, 1);
    assert_true(ph_elf_symbol(&elf, 2, &symbol));
    assert_slice(symbol.name, "kmalloc");
    assert_int_equal(symbol.section, 0);
    assert_false(ph_elf_symbol(&elf, 3, &symbol));
    assert_false(ph_elf_symbol(&elf, SIZE_MAX, &symbol));

    const struct ph_elf_section *table = ph_elf_section(&elf, ".rela.text");
    assert_true(ph_elf_relocation(&elf, table, 0, &relocation));
    assert_int_equal(relocation.offset, 0x11);
    assert_int_equal(relocation.type, 4);
    assert_int_equal(relocation.symbol, 2);
    assert_int_equal(relocation.addend, -4);
    assert_false(ph_elf_relocation(&elf, table, 1, &relocation));
    assert_false(ph_elf_relocation(&elf, table, SIZE_MAX, &relocation));
    assert_false(ph_elf_relocation(&elf, &elf.sections[ELF_CODE], 0, &relocation));

    assert_int_equal(ph_elf_build_id(&elf).size, 4);
    assert_memory_equal(ph_elf_build_id(&elf).data, "\x01\x02\x03\xff", 4);
    assert_true(ph_elf_modinfo(&elf, "author", 1, &value));
    assert_slice(value, "Two");
    assert_false(ph_elf_modinfo(&elf, "author", 2, &value));
    assert_true(ph_elf_modinfo(&elf, "empty", 0, &value));
    assert_slice(value, "");
    assert_false(ph_elf_modinfo(&elf, "auth", 0, &value));
    elf_end(&build);
}

static void everything_is_read(void **state)
{
    (void)state;
    check_all(ELF_X64);
    check_all(ELF_ARM64);
    check_all(ELF_X86);
}

/* Whatever the bytes are: an error in one line, or answers within them. */
static void look_at(struct ph_slice bytes)
{
    PH_GUARD(ph_elf_fini) struct ph_elf elf = {0};
    struct ph_elf_symbol symbol;
    struct ph_elf_relocation relocation;
    struct ph_slice value;

    struct ph_error *error = ph_elf_parse("owl.ko", bytes, &elf);
    if (error) {
        assert_int_equal(error->code, PH_ERR_FORMAT);
        assert_true(ph_slice_starts(ph_slice_of(error->text), "owl.ko: "));
        assert_null(strchr(error->text, '\n'));
        assert_null(elf.sections);
        ph_error_free(error);
        return;
    }
    for (size_t i = 0; i < 1000 && ph_elf_symbol(&elf, i, &symbol); i++)
        assert_true(!symbol.name.size || symbol.name.data[symbol.name.size] == 0);
    for (size_t i = 0; i < elf.section_count; i++)
        for (size_t k = 0; k < 100 && ph_elf_relocation(&elf, &elf.sections[i], k, &relocation);)
            k++;
    (void)ph_elf_build_id(&elf);
    (void)ph_elf_modinfo(&elf, "author", 5, &value);
}

/* The bytes in memory of their own, so that a read past their end is seen. */
static void look_at_copy(struct ph_slice bytes)
{
    ph_autofree char *copy = ph_alloc(bytes.size);

    assert_non_null(copy);
    memcpy(copy, bytes.data, bytes.size);
    look_at((struct ph_slice){copy, bytes.size});
}

static void every_cut_is_one_answer(void **state)
{
    static const uint16_t MACHINES[] = {ELF_X64, ELF_X86};

    (void)state;
    for (size_t m = 0; m < 2; m++) {
        struct elf_build build;
        start(&build, MACHINES[m]);
        struct ph_slice file = elf_file(&build);
        for (size_t size = 0; size < file.size; size++) {
            PH_GUARD(ph_elf_fini) struct ph_elf elf = {0};
            look_at_copy((struct ph_slice){file.data, size});
            ph_autoerror struct ph_error *error =
                ph_elf_parse("owl.ko", (struct ph_slice){file.data, size}, &elf);
            assert_non_null(error); /* the section headers stand at the end */
        }
        elf_end(&build);
    }
}

static void every_byte_may_be_wrong(void **state)
{
    static const unsigned char VALUES[] = {0, 1, 0x7f, 0x80, 0xff};
    struct elf_build build;

    (void)state;
    start(&build, ELF_X64);
    struct ph_slice file = elf_file(&build);
    for (size_t at = 0; at < file.size; at++)
        for (size_t v = 0; v < sizeof(VALUES); v++) {
            char before = build.file.data[at];
            build.file.data[at] = (char)VALUES[v];
            look_at_copy(file);
            build.file.data[at] = before;
        }
    elf_end(&build);
}

static void other_files_are_none(void **state)
{
    static const struct {
        const char *bytes, *message;
        size_t size;
    } FILES[] = {
        {"", "not an ELF file", 0},
        {"MZ\x90\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "not an ELF file", 24},
        {"\177ELF\3\1\1\0\0\0\0\0\0\0\0\0\1\0\76\0\1\0\0\0", "class", 24},
        {"\177ELF\2\2\1\0\0\0\0\0\0\0\0\0\1\0\76\0\1\0\0\0", "byte order", 24}, /* big-endian */
        {"\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\1\0\76\0\1\0\0\0", "cut short", 24},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(FILES) / sizeof(FILES[0]); i++) {
        PH_GUARD(ph_elf_fini) struct ph_elf elf = {0};
        ph_autoerror struct ph_error *error =
            ph_elf_parse("x.ko", (struct ph_slice){FILES[i].bytes, FILES[i].size}, &elf);
        assert_non_null(error);
        if (!strstr(error->text, FILES[i].message))
            fail_msg("'%s' without '%s'", error->text, FILES[i].message);
    }
}

/* 65,535 sections that all name the same half megabyte of one long string and one note. */
static void many_sections_of_the_same_bytes_end_soon(void **state)
{
    enum { COUNT = 65535, BYTES = 1 << 19 };
    PH_GUARD(ph_text_fini) struct ph_text file = {0};
    PH_GUARD(ph_elf_fini) struct ph_elf elf = {0};
    struct elf_build build = {.wide = true, .machine = ELF_X64};
    struct ph_slice value;

    (void)state;
    elf_header(&build, 64 + BYTES);
    file = build.file;
    file.data[60] = file.data[61] = (char)0xff;
    for (size_t i = 0; i < BYTES; i++)
        ph_text_putc(&file, i % 12 == 0 ? 4 : 1);
    for (size_t i = 0; i < COUNT; i++) {
        elf_number(&file, 0, 4);
        elf_number(&file, 7, 4);
        elf_number(&file, 2, 8);
        elf_number(&file, 0, 8);
        elf_number(&file, 64, 8);
        elf_number(&file, BYTES, 8);
        elf_number(&file, 0, 8);
        elf_number(&file, 1, 8);
        elf_number(&file, 0, 8);
    }
    assert_null(ph_elf_parse("x.ko", (struct ph_slice){file.data, file.size}, &elf));
    assert_int_equal(elf.section_count, COUNT);
    assert_int_equal(ph_elf_build_id(&elf).size, 0);
    assert_false(ph_elf_modinfo(&elf, "author", 0, &value));
}

static void short_memory_is_an_error(void **state)
{
    struct elf_build build;
    bool done = false;

    (void)state;
    start(&build, ELF_X64);
    struct ph_slice file = elf_file(&build);
    for (long n = 0; !done; n++) {
        PH_GUARD(ph_elf_fini) struct ph_elf elf = {0};
        ph_mem_fail_after(n);
        struct ph_error *error = ph_elf_parse("x.ko", file, &elf);
        ph_mem_fail_after(-1);
        done = !error;
        assert_true(done || (error->code == PH_ERR_NOMEM && !elf.sections));
        ph_error_free(error);
    }
    elf_end(&build);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_read),
        cmocka_unit_test(every_cut_is_one_answer),
        cmocka_unit_test(every_byte_may_be_wrong),
        cmocka_unit_test(other_files_are_none),
        cmocka_unit_test(many_sections_of_the_same_bytes_end_soon),
        cmocka_unit_test(short_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
