/* image/pe: imports, exports, relocations, functions, debug information and tools; whole, damaged,
 * and made to take long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "unit/image/pe_build.h"

static struct pe_build build;

static struct ph_pe parsed(void)
{
    struct ph_pe pe = {0};

    assert_null(ph_pe_parse("x.sys", build_file(&build), &pe));
    return pe;
}

/* --- imports --- */

static struct ph_pe_imports imports_of_build(void)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = parsed();
    struct ph_pe_imports imports = {0};

    assert_null(ph_pe_imports(&pe, &imports));
    return imports;
}

static void expect_import(const struct ph_pe_import *import, const char *dll, const char *name,
                          uint16_t ordinal, uint32_t slot)
{
    assert_true(ph_slice_is(import->dll, dll));
    assert_true(ph_slice_is(import->name, name));
    assert_int_equal(import->ordinal, ordinal);
    assert_int_equal(import->slot_rva, slot);
}

static void imports(void **state)
{
    static const uint16_t MACHINES[] = {PH_PE_X64, PH_PE_X86, PH_PE_ARM64};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        build_pe(&build, MACHINES[i]);
        put_imports(&build);
        struct ph_pe_imports found = imports_of_build();
        assert_false(found.damaged);
        assert_int_equal(found.count, 4);
        expect_import(&found.items[0], "ntoskrnl.exe", "ExAllocatePoolWithTag", 0, DATA + 0x800);
        expect_import(&found.items[1], "ntoskrnl.exe", "ExFreePoolWithTag", 0,
                      DATA + 0x800 + (build.wide ? 8 : 4));
        expect_import(&found.items[2], "NDIS.SYS", "", 5, DATA + 0x840);
        assert_false(found.items[2].delayed);
        ph_pe_imports_fini(&found);
    }
}

/* Old linkers have no lookup table: the address table holds the names. */
static void imports_of_the_address_table(void **state)
{
    (void)state;
    build_pe(&build, PH_PE_X86);
    put_imports(&build);
    put_32(&build, DATA, 0);
    struct ph_pe_imports found = imports_of_build();
    assert_int_equal(found.count, 4);
    expect_import(&found.items[0], "ntoskrnl.exe", "ExAllocatePoolWithTag", 0, DATA + 0x800);
    ph_pe_imports_fini(&found);
}

static void delay_imports(void **state)
{
    const uint32_t base = 0x40000000;

    (void)state;
    build_pe(&build, PH_PE_X86);
    for (int as_va = 0; as_va < 2; as_va++) {
        uint32_t bias = as_va ? base : 0;
        put_directory(&build, PH_PE_DELAY_IMPORT, DATA, 64);
        put_32(&build, DATA, as_va ? 0 : 1);
        put_32(&build, DATA + 4, DATA + 0x100 + bias);
        put_32(&build, DATA + 12, DATA + 0x200 + bias);
        put_32(&build, DATA + 16, DATA + 0x300 + bias);
        put_string(&build, DATA + 0x100, "late.dll");
        put_32(&build, DATA + 0x300, DATA + 0x400 + bias);
        put_string(&build, DATA + 0x402, "Late");
        struct ph_pe_imports found = imports_of_build();
        assert_int_equal(found.count, 1);
        assert_false(found.damaged);
        assert_true(found.items[0].delayed);
        expect_import(&found.items[0], "late.dll", "Late", 0, DATA + 0x200);
        ph_pe_imports_fini(&found);
    }
}

static void damaged_imports(void **state)
{
    (void)state;
    build_pe(&build, PH_PE_X64);
    put_imports(&build);
    put_word(&build, DATA + 0x100, 0x7fffffff); /* a name outside: the others stay */
    struct ph_pe_imports found = imports_of_build();
    assert_true(found.damaged);
    assert_int_equal(found.count, 3);
    ph_pe_imports_fini(&found);
    put_directory(&build, PH_PE_IMPORT, 0x4ff8, 20); /* a table that leaves its section */
    found = imports_of_build();
    assert_true(found.damaged);
    assert_int_equal(found.count, 0);
    ph_pe_imports_fini(&found);
    put_directory(&build, PH_PE_IMPORT, 0, 0);
    found = imports_of_build();
    assert_false(found.damaged);
    assert_int_equal(found.count, 0);
    ph_pe_imports_fini(&found);
}

/* Two hundred descriptors that share one table of 300 imports, 16 MB of which would come out
 * without a limit; and a table of a million. */
static void a_million_imports(void **state)
{
    const size_t size = PE_HEADERS_SIZE + 0x1000 + 8 * 1000001;
    ph_autofree uint8_t *file = ph_zalloc(1, size);
    struct ph_pe_imports found;
    struct ph_pe pe;

    (void)state;
    build_pe(&build, PH_PE_X64);
    put_string(&build, RSRC, "a.sys");
    for (uint32_t i = 0; i < 300; i++)
        put_word(&build, RSRC + 0x100 + i * 8, UINT64_C(1) << 63 | i);
    for (uint32_t i = 0; i < 400; i++) {
        put_32(&build, TEXT + i * 20, RSRC + 0x100);
        put_32(&build, TEXT + i * 20 + 12, RSRC);
        put_32(&build, TEXT + i * 20 + 16, RSRC + 0x100);
    }
    put_directory(&build, PH_PE_IMPORT, TEXT, 8000);
    build_32(&build, build_section(&build, 0) + 8, 0x2000); /* one section for the descriptors */
    build_32(&build, build_section(&build, 0) + 16, 0x2000);
    build_32(&build, build_section(&build, 1) + 12, 0x5000);
    found = imports_of_build();
    assert_true(found.damaged);
    assert_in_range(found.count, 60000, PH_PE_IMPORTS_MOST);
    ph_pe_imports_fini(&found);

    assert_non_null(file);
    build_pe(&build, PH_PE_X64);
    build_32(&build, build_section(&build, 0) + 8, (uint32_t)(size - PE_HEADERS_SIZE));
    build_32(&build, build_section(&build, 0) + 16, (uint32_t)(size - PE_HEADERS_SIZE));
    build_16(&build, PE_HEADER + 6, 1);
    put_string(&build, TEXT + 0x100, "a.sys");
    put_32(&build, TEXT, TEXT + 0x1000);
    put_32(&build, TEXT + 12, TEXT + 0x100);
    put_32(&build, TEXT + 16, TEXT + 0x1000);
    put_directory(&build, PH_PE_IMPORT, TEXT, 40);
    memcpy(file, build.bytes, PE_HEADERS_SIZE + 0x1000);
    for (size_t i = 0; i < 1000000; i++)
        file[PE_HEADERS_SIZE + 0x1000 + i * 8 + 7] = 0x80;
    assert_null(ph_pe_parse("x.sys", (struct ph_slice){(char *)file, size}, &pe));
    assert_null(ph_pe_imports(&pe, &found));
    assert_true(found.damaged);
    assert_in_range(found.count, 60000, PH_PE_IMPORTS_MOST);
    ph_pe_imports_fini(&found);
    ph_pe_fini(&pe);
}

/* --- exports --- */

static void put_exports(void)
{
    put_directory(&build, PH_PE_EXPORT, DATA, 0x100);
    put_32(&build, DATA + 16, 10); /* first ordinal */
    put_32(&build, DATA + 20, 4);
    put_32(&build, DATA + 24, 2);
    put_32(&build, DATA + 28, DATA + 0x200);
    put_32(&build, DATA + 32, DATA + 0x300);
    put_32(&build, DATA + 36, DATA + 0x400);
    put_32(&build, DATA + 0x200, TEXT + 0x10);
    put_32(&build, DATA + 0x204, 0);           /* a gap */
    put_32(&build, DATA + 0x208, DATA + 0x80); /* within the directory: a forwarder */
    put_32(&build, DATA + 0x20c, TEXT + 0x20);
    put_32(&build, DATA + 0x300, DATA + 0x500);
    put_32(&build, DATA + 0x304, DATA + 0x520);
    put_16(&build, DATA + 0x400, 2);
    put_16(&build, DATA + 0x402, 3);
    put_string(&build, DATA + 0x500, "Forwarded");
    put_string(&build, DATA + 0x520, "Named");
}

static struct ph_pe_exports exports_of_build(void)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = parsed();
    struct ph_pe_exports exports = {0};

    assert_null(ph_pe_exports(&pe, &exports));
    return exports;
}

static void exports(void **state)
{
    (void)state;
    build_pe(&build, PH_PE_X64);
    put_exports();
    struct ph_pe_exports found = exports_of_build();
    assert_false(found.damaged);
    assert_int_equal(found.count, 3);
    assert_true(ph_slice_is(found.items[0].name, "Forwarded"));
    assert_int_equal(found.items[0].rva, 0);
    assert_int_equal(found.items[0].ordinal, 12);
    assert_true(ph_slice_is(found.items[1].name, "Named"));
    assert_int_equal(found.items[1].rva, TEXT + 0x20);
    assert_int_equal(found.items[2].name.size, 0);
    assert_int_equal(found.items[2].rva, TEXT + 0x10);
    assert_int_equal(found.items[2].ordinal, 10);
    ph_pe_exports_fini(&found);
}

static void damaged_exports(void **state)
{
    (void)state;
    build_pe(&build, PH_PE_X64);
    put_exports();
    put_32(&build, DATA + 20, UINT32_MAX);
    put_32(&build, DATA + 24, UINT32_MAX);
    struct ph_pe_exports found = exports_of_build();
    assert_true(found.damaged);
    assert_in_range(found.count, 3, 131072);
    ph_pe_exports_fini(&found);
    put_exports();
    put_16(&build, DATA + 0x402, 4); /* a name of a function that is not there */
    found = exports_of_build();
    assert_true(found.damaged);
    assert_int_equal(found.count, 3); /* "Named" is there by its number */
    ph_pe_exports_fini(&found);
    put_directory(&build, PH_PE_EXPORT, 0x9000, 0x100);
    found = exports_of_build();
    assert_true(found.damaged);
    ph_pe_exports_fini(&found);
}

/* --- relocations --- */

static struct ph_pe_rvas relocations_of_build(void)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = parsed();
    struct ph_pe_rvas rvas = {0};

    assert_null(ph_pe_relocations(&pe, &rvas));
    return rvas;
}

static void relocations(void **state)
{
    static const uint16_t ENTRIES[] = {0xa010, 0x3008, 0x0000, 0x4100, 0xa200, 0xa008};

    (void)state;
    build_pe(&build, PH_PE_X64);
    put_directory(&build, PH_PE_RELOCATION, RELOC, 20 + 12);
    put_32(&build, RELOC, DATA);
    put_32(&build, RELOC + 4, 20);
    for (uint32_t i = 0; i < 6; i++)
        put_16(&build, RELOC + 8 + i * 2, ENTRIES[i]);
    put_32(&build, RELOC + 20, TEXT);
    put_32(&build, RELOC + 24, 12);
    put_16(&build, RELOC + 28, 0xafff);
    struct ph_pe_rvas found = relocations_of_build();
    assert_false(found.damaged);
    assert_int_equal(found.count, 3); /* sorted, 0xa200 belongs to type 4, 8 came twice */
    assert_int_equal(found.items[0], TEXT + 0xfff);
    assert_int_equal(found.items[1], DATA + 8);
    assert_int_equal(found.items[2], DATA + 0x10);
    ph_pe_rvas_fini(&found);
    put_32(&build, RELOC + 24, 13); /* a block that goes on behind the table */
    found = relocations_of_build();
    assert_true(found.damaged);
    assert_int_equal(found.count, 2);
    ph_pe_rvas_fini(&found);
    put_32(&build, RELOC + 4, 4); /* a block that would never end */
    found = relocations_of_build();
    assert_true(found.damaged);
    assert_int_equal(found.count, 0);
    ph_pe_rvas_fini(&found);
    put_32(&build, RELOC, UINT32_MAX - 4);
    put_32(&build, RELOC + 4, 20);
    found = relocations_of_build(); /* addresses beyond 32 bits */
    assert_true(found.damaged);
    ph_pe_rvas_fini(&found);
}

/* --- functions --- */

static struct ph_pe_functions functions_of_build(void)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = parsed();
    struct ph_pe_functions functions = {0};

    assert_null(ph_pe_functions(&pe, &functions));
    return functions;
}

static void put_function(uint32_t at, uint32_t begin, uint32_t end, uint32_t unwind)
{
    put_32(&build, at, begin);
    put_32(&build, at + 4, end);
    put_32(&build, at + 8, unwind);
}

/* Unwind information with `codes` codes that is a part of what the entry behind it says. */
static void put_chained(uint32_t at, uint8_t codes, uint32_t begin, uint32_t end, uint32_t unwind)
{
    const uint8_t head[] = {1 | 4 << 3, 0, codes, 0};

    put_bytes(&build, at, head, 4);
    put_function(at + 4 + ((codes + 1u) & ~1u) * 2, begin, end, unwind);
}

static void x64_functions(void **state)
{
    const uint32_t plain = DATA + 0x100, part = DATA + 0x120, part_of_part = DATA + 0x140;
    const uint8_t head[] = {1, 0, 0, 0};

    (void)state;
    build_pe(&build, PH_PE_X64);
    put_directory(&build, PH_PE_EXCEPTION, DATA, 5 * 12);
    put_bytes(&build, plain, head, 4);
    put_chained(part, 3, TEXT, TEXT + 0x10, plain);
    put_chained(part_of_part, 0, TEXT + 0x30, TEXT + 0x40, part);
    put_function(DATA, TEXT + 0x50, TEXT + 0x60, part_of_part);
    put_function(DATA + 12, TEXT, TEXT + 0x10, plain);
    put_function(DATA + 24, TEXT + 0x30, TEXT + 0x40, part);
    put_function(DATA + 36, TEXT + 0x70, TEXT + 0x80, (DATA + 12) | 1); /* another's entry */
    put_function(DATA + 48, 0, 0, 0);                                   /* padding */
    struct ph_pe_functions found = functions_of_build();
    assert_false(found.damaged);
    assert_int_equal(found.count, 4);
    assert_int_equal(found.items[0].begin, TEXT);
    assert_int_equal(found.items[0].parent, TEXT);
    for (size_t i = 1; i < 4; i++) {
        assert_true(found.items[i].begin > found.items[i - 1].begin);
        assert_int_equal(found.items[i].parent, TEXT);
    }
    assert_int_equal(found.items[3].end, TEXT + 0x80);
    ph_pe_functions_fini(&found);
}

static void damaged_functions(void **state)
{
    (void)state;
    build_pe(&build, PH_PE_X64);
    put_directory(&build, PH_PE_EXCEPTION, DATA, 4 * 12);
    put_chained(DATA + 0x100, 0, TEXT + 0x30, TEXT + 0x40, DATA + 0x100); /* its own part */
    put_function(DATA, TEXT, TEXT + 0x10, DATA + 0x100);
    put_function(DATA + 12, TEXT + 0x20, TEXT + 0x20, DATA + 0x100); /* empty */
    put_function(DATA + 24, 0x90000, 0x90010, DATA + 0x100);         /* outside */
    put_function(DATA + 36, TEXT + 0x50, TEXT + 0x60, 0x90000);      /* information outside */
    struct ph_pe_functions found = functions_of_build();
    assert_true(found.damaged);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.items[0].parent, TEXT);
    assert_int_equal(found.items[1].parent, TEXT + 0x50);
    ph_pe_functions_fini(&found);
    put_directory(&build, PH_PE_EXCEPTION, DATA, UINT32_MAX);
    found = functions_of_build();
    assert_true(found.damaged);
    ph_pe_functions_fini(&found);
}

static void arm64_functions(void **state)
{
    (void)state;
    build_pe(&build, PH_PE_ARM64);
    put_directory(&build, PH_PE_EXCEPTION, DATA, 5 * 8);
    put_32(&build, DATA, TEXT);
    put_32(&build, DATA + 4, DATA + 0x100); /* a record: 0x12345 instructions */
    put_32(&build, DATA + 0x100, 0xfff52345 & ~0xc0000u);
    put_32(&build, DATA + 8, TEXT + 0x100);
    put_32(&build, DATA + 12, 0xffffe000u | 0x7ffu << 2 | 1); /* packed, 2047 instructions */
    put_32(&build, DATA + 16, TEXT + 0x200);
    put_32(&build, DATA + 20, 4 << 2 | 2); /* a packed fragment */
    put_32(&build, DATA + 24, TEXT + 0x300);
    put_32(&build, DATA + 28, 4 << 2 | 3); /* reserved */
    put_32(&build, DATA + 32, TEXT + 0x400);
    put_32(&build, DATA + 36, 0x90000); /* a record outside */
    struct ph_pe_functions found = functions_of_build();
    assert_true(found.damaged);
    assert_int_equal(found.count, 3);
    assert_int_equal(found.items[0].end - found.items[0].begin, 0x12345 * 4);
    assert_int_equal(found.items[1].end - found.items[1].begin, 2047 * 4);
    assert_int_equal(found.items[2].end, TEXT + 0x210);
    assert_int_equal(found.items[2].parent, TEXT + 0x200);
    ph_pe_functions_fini(&found);
}

/* --- debug information and tools --- */

static void debug_information(void **state)
{
    struct ph_pe_pdb pdb;

    (void)state;
    build_pe(&build, PH_PE_X64);
    put_codeview(&build, "d:\\x\\y.pdb");
    struct ph_pe pe = parsed();
    ph_pe_pdb(&pe, &pdb);
    assert_true(ph_slice_is(pdb.path, "d:\\x\\y.pdb"));
    assert_int_equal(pdb.guid[15], 0x10);
    assert_int_equal(pdb.age, 0x1a);
    assert_false(pdb.reproducible);
    assert_false(pdb.numbered);
    put_32(&build, DATA + 0x980 + 20, 0); /* not mapped: by its place in the file */
    ph_pe_pdb(&pe, &pdb);
    assert_true(ph_slice_is(pdb.path, "d:\\x\\y.pdb"));
    put_32(&build, DATA + 0x980 + 16, 26); /* the path is cut */
    ph_pe_pdb(&pe, &pdb);
    assert_true(ph_slice_is(pdb.path, "d:"));
    put_32(&build, DATA + 0x980 + 16, UINT32_MAX);
    ph_pe_pdb(&pe, &pdb);
    assert_int_equal(pdb.path.size, 0);
    put_32(&build, DATA + 0x980 + 16, 30);
    put_bytes(&build, DATA + 0xa00, "NB10\0\0\0\0\x44\x33\x22\x11\x02\0\0\0old.pdb", 24);
    put_32(&build, DATA + 0x980 + 28 + 12, 16); /* a second entry: reproducible */
    ph_pe_fini(&pe);
    put_directory(&build, PH_PE_DEBUG, DATA + 0x980, 56);
    pe = parsed();
    ph_pe_pdb(&pe, &pdb);
    assert_true(ph_slice_is(pdb.path, "old.pdb"));
    assert_true(pdb.numbered);
    assert_true(pdb.reproducible);
    assert_int_equal(ph_le32(pdb.guid), 0x11223344);
    assert_int_equal(pdb.age, 2);
    ph_pe_fini(&pe);
}

static void tools(void **state)
{
    struct ph_pe_tool tools[PH_PE_TOOLS_MOST];

    (void)state;
    build_pe(&build, PH_PE_X64);
    struct ph_pe pe = parsed();
    assert_int_equal(ph_pe_tools(&pe, tools), 0);
    put_rich(&build, 0x010275b5);
    assert_int_equal(ph_pe_tools(&pe, tools), 2);
    assert_int_equal(tools[0].id, 0x104);
    assert_int_equal(tools[0].build, 0x7555);
    assert_int_equal(tools[0].count, 7);
    assert_int_equal(tools[1].id, 0x102);
    assert_int_equal(tools[1].build, 0x75b5);
    build.bytes[0x80] ^= 1; /* no beginning */
    assert_int_equal(ph_pe_tools(&pe, tools), 0);
    ph_pe_fini(&pe);
}

static struct ph_error *all_tables(const struct ph_pe *pe)
{
    PH_GUARD(ph_pe_imports_fini) struct ph_pe_imports imports = {0};
    PH_GUARD(ph_pe_exports_fini) struct ph_pe_exports exports = {0};
    PH_GUARD(ph_pe_rvas_fini) struct ph_pe_rvas rvas = {0};
    PH_GUARD(ph_pe_functions_fini) struct ph_pe_functions functions = {0};

    PH_TRY(ph_pe_imports(pe, &imports));
    PH_TRY(ph_pe_exports(pe, &exports));
    PH_TRY(ph_pe_relocations(pe, &rvas));
    PH_TRY(ph_pe_functions(pe, &functions));
    return NULL;
}

static void short_memory(void **state)
{
    struct ph_error *error;
    long fail = 0;

    (void)state;
    build_pe(&build, PH_PE_X64);
    put_imports(&build);
    put_directory(&build, PH_PE_EXPORT, DATA + 0xc00, 40); /* no names, one function */
    put_32(&build, DATA + 0xc00 + 20, 1);
    put_32(&build, DATA + 0xc00 + 28, DATA + 0xd00);
    put_32(&build, DATA + 0xd00, TEXT);
    put_directory(&build, PH_PE_RELOCATION, RELOC, 12);
    put_32(&build, RELOC + 4, 12);
    put_32(&build, RELOC + 8, 0xa000);
    put_directory(&build, PH_PE_EXCEPTION, RSRC, 12);
    put_function(RSRC, TEXT, TEXT + 16, RSRC + 0x100);
    struct ph_pe pe = parsed();
    do {
        ph_mem_fail_after(fail++);
        error = all_tables(&pe);
        ph_mem_fail_after(-1);
        assert_true(!error || error->code == PH_ERR_NOMEM);
    } while (error);
    assert_in_range(fail, 6, 100);
    ph_pe_fini(&pe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(imports),
        cmocka_unit_test(imports_of_the_address_table),
        cmocka_unit_test(delay_imports),
        cmocka_unit_test(damaged_imports),
        cmocka_unit_test(a_million_imports),
        cmocka_unit_test(exports),
        cmocka_unit_test(damaged_exports),
        cmocka_unit_test(relocations),
        cmocka_unit_test(x64_functions),
        cmocka_unit_test(damaged_functions),
        cmocka_unit_test(arm64_functions),
        cmocka_unit_test(debug_information),
        cmocka_unit_test(tools),
        cmocka_unit_test(short_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
