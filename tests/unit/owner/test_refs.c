/* owner/refs: every form of reference, one by one; random code against a search without tricks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "owner/tagscan/refs.h"
#include "unit/image/pe_build.h"

enum { VARIABLE = DATA + 0x10, SLOT = DATA + 0x808, FUNCTION = TEXT + 0x800, NEXT = TEXT + 0x840 };

static const uint64_t BASE = 0x140000000, BASE_X86 = 0x40000000;
static const uint32_t TARGETS[] = {SLOT, FUNCTION, NEXT, VARIABLE};
static struct pe_build build;

static struct ph_refs found_of(const uint32_t *targets, size_t count)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    struct ph_refs refs = {0};

    assert_null(ph_pe_parse("x.sys", build_file(&build), &pe));
    assert_null(ph_refs_find(&pe, targets, count, &refs));
    return refs;
}

static struct ph_refs found(void)
{
    return found_of(TARGETS, sizeof(TARGETS) / sizeof(*TARGETS));
}

static void expect(const struct ph_ref *expected, size_t count)
{
    PH_GUARD(ph_refs_fini) struct ph_refs refs = found();

    for (size_t i = 0; i < refs.count && i < count; i++)
        if (refs.items[i].from != expected[i].from || refs.items[i].kind != expected[i].kind ||
            refs.items[i].target != expected[i].target)
            fail_msg("%zu: %#x of target %u, kind %d; not %#x of target %u, kind %d", i,
                     refs.items[i].from, refs.items[i].target, (int)refs.items[i].kind,
                     expected[i].from, expected[i].target, (int)expected[i].kind);
    assert_int_equal(refs.count, count);
    assert_false(refs.cut);
}

static void expect_one(uint32_t from, uint32_t target, enum ph_ref_kind kind)
{
    expect(&(struct ph_ref){from, target, kind}, 1);
}

/* One block of base relocations, for the page of `page`. */
static void relocate(uint32_t page, const uint16_t *offsets, size_t count)
{
    uint32_t size = 8 + ((uint32_t)count + 1) / 2 * 4;

    put_32(&build, RELOC, page);
    put_32(&build, RELOC + 4, size);
    for (size_t i = 0; i < count; i++)
        put_16(&build, RELOC + 8 + 2 * (uint32_t)i,
               offsets[i] | (build.wide ? 10u << 12 : 3u << 12));
    put_directory(&build, PH_PE_RELOCATION, RELOC, size);
}

/* --- x64 --- */

struct form {
    uint8_t bytes[4]; /* before the displacement */
    uint8_t size, immediate;
    uint8_t from; /* the reported place, from the instruction's start */
    uint32_t target;
    enum ph_ref_kind kind;
};

static const struct form FORMS[] = {
    {{0xff, 0x15}, 2, 0, 0, 0, PH_REF_CALL},                /* call [slot] */
    {{0x48, 0xff, 0x15}, 3, 0, 1, 0, PH_REF_CALL},          /* rex.w call [slot] */
    {{0xff, 0x25}, 2, 0, 0, 0, PH_REF_JUMP},                /* jmp [slot] */
    {{0x48, 0x8b, 0x05}, 3, 0, 3, 0, PH_REF_ADDRESS},       /* mov rax, [slot] */
    {{0x4c, 0x8b, 0x3d}, 3, 0, 3, 0, PH_REF_ADDRESS},       /* mov r15, [slot] */
    {{0x48, 0x8d, 0x0d}, 3, 0, 3, 1, PH_REF_ADDRESS},       /* lea rcx, [function] */
    {{0xf0, 0x0f, 0xb1, 0x0d}, 4, 0, 4, 3, PH_REF_ADDRESS}, /* lock cmpxchg [data], ecx */
    {{0xc6, 0x05}, 2, 1, 2, 3, PH_REF_ADDRESS},             /* mov byte [data], 1 */
    {{0x83, 0x3d}, 2, 1, 2, 3, PH_REF_ADDRESS},             /* cmp dword [data], 1 */
    {{0x66, 0xc7, 0x05}, 3, 2, 3, 3, PH_REF_ADDRESS},       /* mov word [data], 1 */
    {{0xc7, 0x05}, 2, 4, 2, 3, PH_REF_ADDRESS},             /* mov dword [data], 1 */
    {{0xe8}, 1, 0, 0, 1, PH_REF_CALL},
    {{0xe9}, 1, 0, 0, 2, PH_REF_JUMP},
    {{0x0f, 0x84}, 2, 0, 0, 1, PH_REF_JUMP}, /* je */
};

static void put_form(const struct form *form, uint32_t rva)
{
    uint32_t end = rva + form->size + 4 + form->immediate;

    put_bytes(&build, rva, form->bytes, form->size);
    put_32(&build, rva + form->size, TARGETS[form->target] - end);
}

static void forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(FORMS) / sizeof(*FORMS); i++) {
        build_pe(&build, PH_PE_X64);
        put_form(&FORMS[i], TEXT + 0x123);
        expect_one(TEXT + 0x123 + FORMS[i].from, FORMS[i].target, FORMS[i].kind);
    }
}

/* At every place against the blocks of 16, and at both ends of the section. */
static void places(void **state)
{
    (void)state;
    for (uint32_t at = 0; at < 0x1000 - 5; at += at < 40 || at > 0x1000 - 48 ? 1 : 61) {
        build_pe(&build, PH_PE_X64);
        put_form(&FORMS[0], TEXT + at);
        expect_one(TEXT + at, 0, PH_REF_CALL);
    }
    build_pe(&build, PH_PE_X64);
    put_form(&FORMS[0], TEXT + 0x1000 - 5); /* its last byte is the next section's first */
    expect(NULL, 0);
}

static void no_form(void **state)
{
    (void)state;
    build_pe(&build, PH_PE_X64);
    put_32(&build, TEXT + 0x100, SLOT - (TEXT + 0x104)); /* without an opcode */
    put_form(&(struct form){{0xff, 0x15}, 2, 3, 0, 0, PH_REF_CALL}, TEXT + 0x200);
    put_form(&(struct form){{0xff, 0x15}, 2, 5, 0, 0, PH_REF_CALL}, TEXT + 0x300);
    put_form(&(struct form){{0xe8}, 1, 4, 0, 0, PH_REF_CALL}, TEXT + 0x400);
    put_form(&FORMS[0], DATA + 0x300); /* no code */
    expect(NULL, 0);
}

static void short_jumps(void **state)
{
    (void)state;
    build_pe(&build, PH_PE_X64);
    put_bytes(&build, FUNCTION - 130, "\xeb\x80", 2); /* not so far */
    put_bytes(&build, FUNCTION - 129, "\xeb\x7f", 2);
    put_bytes(&build, FUNCTION - 2, "\x74\x00", 2);
    put_bytes(&build, FUNCTION + 126, "\x7f\x80", 2);
    put_bytes(&build, FUNCTION + 200, "\xeb\x80", 2);
    const struct ph_ref expected[] = {{FUNCTION - 129, 1, PH_REF_JUMP},
                                      {FUNCTION - 2, 1, PH_REF_JUMP},
                                      {FUNCTION + 126, 1, PH_REF_JUMP}};
    expect(expected, 3);
}

static void pointers_x64(void **state)
{
    static const uint16_t OFFSETS[] = {0x102, 0x200};

    (void)state;
    build_pe(&build, PH_PE_X64);
    relocate(TEXT, OFFSETS, 2);
    put_bytes(&build, TEXT + 0x100, "\x48\xb8", 2); /* mov rax, function */
    put_word(&build, TEXT + 0x102, BASE + FUNCTION);
    put_word(&build, TEXT + 0x200, BASE + NEXT);
    const struct ph_ref expected[] = {{TEXT + 0x100, 1, PH_REF_ADDRESS},
                                      {TEXT + 0x200, 2, PH_REF_DATA}};
    expect(expected, 2);
    relocate(DATA, OFFSETS, 2);
    put_word(&build, DATA + 0x200, BASE + NEXT);
    put_word(&build, DATA + 0x102, BASE - 1); /* outside */
    expect_one(DATA + 0x200, 2, PH_REF_DATA);
}

/* --- x86 --- */

static void put_code_x86(void)
{
    build_pe(&build, PH_PE_X86);
    put_bytes(&build, TEXT + 0x100, "\xff\x15", 2); /* call [slot] */
    put_word(&build, TEXT + 0x102, BASE_X86 + SLOT);
    put_bytes(&build, TEXT + 0x110, "\x8b\x35", 2); /* mov esi, [slot] */
    put_word(&build, TEXT + 0x112, BASE_X86 + SLOT);
    put_bytes(&build, TEXT + 0x120, "\x68", 1); /* push function */
    put_word(&build, TEXT + 0x121, BASE_X86 + FUNCTION);
    put_form(&FORMS[11], TEXT + 0x130);
    put_word(&build, DATA + 0x400, BASE_X86 + FUNCTION);
}

static void pointers_x86(void **state)
{
    static const uint16_t CODE[] = {0x102, 0x112, 0x121}, VALUE[] = {0x400};
    const struct ph_ref expected[] = {{TEXT + 0x100, 0, PH_REF_CALL},
                                      {TEXT + 0x112, 0, PH_REF_ADDRESS},
                                      {TEXT + 0x121, 1, PH_REF_ADDRESS},
                                      {TEXT + 0x130, 1, PH_REF_CALL}};

    (void)state;
    put_code_x86();
    relocate(TEXT, CODE, 3);
    expect(expected, 4);
    put_code_x86();
    expect(expected, 4); /* without relocations all values are looked at */
    relocate(DATA, VALUE, 1);
    const struct ph_ref with_data[] = {expected[3], {DATA + 0x400, 1, PH_REF_DATA}};
    expect(with_data, 2);
}

/* A relocation that is counted twice is one reference. */
static void pointers_once(void **state)
{
    static const uint16_t CODE[] = {0x102, 0x112, 0x121};

    (void)state;
    put_code_x86();
    relocate(TEXT, CODE, 3);
    put_directory(&build, PH_PE_RELOCATION, RELOC, 0x2000); /* more than there is: damaged */
    PH_GUARD(ph_refs_fini) struct ph_refs refs = found();
    assert_int_equal(refs.count, 4);
}

/* --- ARM64 --- */

static uint32_t adrp(unsigned reg, uint32_t from, uint32_t to)
{
    uint32_t pages = (to >> 12) - (from >> 12);

    return 0x90000000 | (pages & 3) << 29 | (pages >> 2 & 0x7ffff) << 5 | reg;
}

static uint32_t load(unsigned reg, unsigned base, uint32_t to)
{
    return 0xf9400000 | (to & 0xfff) / 8 << 10 | base << 5 | reg;
}

static uint32_t add(unsigned reg, unsigned base, uint32_t to)
{
    return 0x91000000 | (to & 0xfff) << 10 | base << 5 | reg;
}

enum { B = 0x14000000, BL = 0x94000000, RET = 0xd65f03c0, BR = 0xd61f0100, MOVZ_X8 = 0xd2800008 };

static void put_code(uint32_t rva, const uint32_t *words, size_t count)
{
    build_pe(&build, PH_PE_ARM64);
    for (size_t i = 0; i < count; i++)
        put_32(&build, rva + 4 * (uint32_t)i, words[i]);
}

#define PUT_CODE(...)                                                                              \
    do {                                                                                           \
        const uint32_t code[] = {__VA_ARGS__};                                                     \
        put_code(TEXT + 0x100, code, sizeof(code) / sizeof(*code));                                \
    } while (0)

static void arm64_pages(void **state)
{
    const uint32_t page = adrp(8, TEXT, SLOT), here = TEXT + 0x100;

    (void)state;
    PUT_CODE(page, load(9, 8, SLOT));
    expect_one(here + 4, 0, PH_REF_ADDRESS);
    PUT_CODE(adrp(8, TEXT, FUNCTION), add(0, 8, FUNCTION));
    expect_one(here + 4, 1, PH_REF_ADDRESS);
    PUT_CODE(page, add(8, 8, SLOT - 0x18), load(9, 8, 0x18)); /* in two steps */
    expect_one(here + 8, 0, PH_REF_ADDRESS);
    PUT_CODE(page, 0xaa0803f3 /* mov x19, x8 */, MOVZ_X8, load(9, 19, SLOT));
    expect_one(here + 12, 0, PH_REF_ADDRESS);
    PUT_CODE(page, 0xa9400000 | 0x18 << 10 | 8 << 5, /* ldp x0, x24, [x8] */
             add(8, 8, SLOT - 8), 0xa9400000 | 1 << 10 | 8 << 5 /* ldp x0, x1, [x8] */);
    expect_one(here + 12, 0, PH_REF_ADDRESS);
    PUT_CODE(page, 0x3dc00000 | (SLOT & 0xff0) / 16 << 10 | 8 << 5); /* ldr q0 */
    expect_one(here + 4, 0, PH_REF_ADDRESS);
    PUT_CODE(page, add(8, 8, SLOT + 8), 0xf85f8109 /* ldur x9, [x8, #-8] */);
    expect_one(here + 8, 0, PH_REF_ADDRESS);
    PUT_CODE(page);
    expect(NULL, 0);
    const uint32_t begins_page = DATA;
    PH_GUARD(ph_refs_fini) struct ph_refs refs = found_of(&begins_page, 1);
    assert_int_equal(refs.count, 1);
    assert_int_equal(refs.items[0].from, here);
}

static void arm64_paths(void **state)
{
    const uint32_t page = adrp(8, TEXT, SLOT), other = adrp(8, TEXT, FUNCTION);
    const uint32_t use = load(9, 8, SLOT), here = TEXT + 0x100;

    (void)state;
    PUT_CODE(page, MOVZ_X8, use); /* overwritten */
    expect(NULL, 0);
    PUT_CODE(page, MOVZ_X8, RET, use); /* but not on the path that comes here */
    expect_one(here + 12, 0, PH_REF_ADDRESS);
    PUT_CODE(page, other, B | 2, use);
    expect_one(here + 12, 0, PH_REF_ADDRESS);
    PUT_CODE(page, other, BR, use);
    expect_one(here + 12, 0, PH_REF_ADDRESS);
    PUT_CODE(page, other, BL | 2, use); /* a call comes back */
    expect(NULL, 0);
}

static void arm64_jumps(void **state)
{
    const uint32_t here = TEXT + 0x100, words = (FUNCTION - here) / 4;

    (void)state;
    PUT_CODE(BL | words);
    expect_one(here, 1, PH_REF_CALL);
    PUT_CODE(B | words);
    expect_one(here, 1, PH_REF_JUMP);
    PUT_CODE(0x54000000 | words << 5); /* b.eq */
    expect_one(here, 1, PH_REF_JUMP);
    PUT_CODE(0xb5000000 | words << 5); /* cbnz */
    expect_one(here, 1, PH_REF_JUMP);
    PUT_CODE(0x36000000 | words << 5); /* tbz */
    expect_one(here, 1, PH_REF_JUMP);
    PUT_CODE(0x10000000 | words << 5); /* adr */
    expect_one(here, 1, PH_REF_ADDRESS);
    PUT_CODE(0);
    put_32(&build, TEXT + 0xf00, BL | (0x3ffffff & ((FUNCTION - TEXT - 0xf00) / 4 | 0x3000000)));
    expect_one(TEXT + 0xf00, 1, PH_REF_CALL); /* backwards */
}

/* ldr x8, =slot: the literal is a relocated pointer. */
static void arm64_literals(void **state)
{
    static const uint16_t OFFSETS[] = {0x180};
    const uint32_t here = TEXT + 0x100;
    const struct ph_ref expected[] = {{here, 0, PH_REF_ADDRESS}, {here + 0x80, 0, PH_REF_DATA}};

    (void)state;
    PUT_CODE(0x58000008 | 0x20 << 5);
    put_word(&build, here + 0x80, BASE + SLOT);
    relocate(TEXT, OFFSETS, 1);
    expect(expected, 2);
    PUT_CODE(0x58000008 | 0x20 << 5, add(8, 8, 8));
    put_word(&build, here + 0x80, BASE + FUNCTION - 8);
    expect_one(here + 4, 1, PH_REF_ADDRESS);
}

/* Of an import slot only what loads it counts. */
static void arm64_slots(void **state)
{
    const uint32_t page = adrp(8, TEXT, DATA), here = TEXT + 0x100;

    (void)state;
    PUT_CODE(page, load(9, 8, VARIABLE), add(0, 8, SLOT), 0xb9401109 /* ldr w9, [x8, #16] */,
             0xf9000909 /* str x9, [x8, #16] */);
    const struct ph_ref all[] = {{here + 4, 3, PH_REF_ADDRESS},
                                 {here + 8, 0, PH_REF_ADDRESS},
                                 {here + 12, 3, PH_REF_ADDRESS},
                                 {here + 16, 3, PH_REF_ADDRESS}};
    expect(all, 4);
    put_directory(&build, PH_PE_IAT, DATA, 0x900);
    expect(all, 1);
    put_directory(&build, PH_PE_IAT, TEXT, 0x1900); /* over the entry point: not believed */
    expect(all, 4);
}

/* --- what is searched --- */

static void excluded(void **state)
{
    const struct ph_ref second = {TEXT + 0x400, 0, PH_REF_CALL};
    const struct ph_ref both[] = {{TEXT + 0x200, 0, PH_REF_CALL}, second};

    (void)state;
    build_pe(&build, PH_PE_X64);
    put_form(&FORMS[0], TEXT + 0x200);
    put_form(&FORMS[0], TEXT + 0x400);
    expect(both, 2);
    put_directory(&build, PH_PE_IMPORT, TEXT + 0x1f0, 0x40);
    expect(&second, 1);
    put_directory(&build, PH_PE_DEBUG, TEXT + 0x210, 0x100); /* overlaps */
    expect(&second, 1);
    put_directory(&build, PH_PE_IAT, TEXT + 0x300, 0xffffff00);
    expect(NULL, 0);
    build_pe(&build, PH_PE_X64);
    put_form(&FORMS[0], TEXT + 0x200);
    put_form(&FORMS[0], TEXT + 0x400);
    put_directory(&build, PH_PE_IMPORT, TEXT, 0x1000); /* the entry point is code */
    expect(both, 2);
}

static void odd_targets(void **state)
{
    static const uint32_t odd[] = {UINT32_MAX, 0, SLOT, 0, SLOT, UINT32_MAX - 2, 3, SLOT};

    (void)state;
    build_pe(&build, PH_PE_X64);
    put_form(&FORMS[0], TEXT + 0x200);
    PH_GUARD(ph_refs_fini) struct ph_refs refs = found_of(odd, sizeof(odd) / sizeof(*odd));
    assert_int_equal(refs.count, 1);
    assert_int_equal(refs.items[0].target, 2);
    ph_refs_fini(&refs);
    refs = found_of(odd, 0);
    assert_int_equal(refs.count, 0);
    build_pe(&build, PH_PE_ARM);
    put_form(&FORMS[0], TEXT + 0x200);
    refs = found_of(odd, 3);
    assert_int_equal(refs.count, 0);
}

/* --- random code against a search that knows no tricks --- */

static uint64_t random_state = 88172645463325252ull;

static uint32_t random_number(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 16) % limit;
}

static bool has(const struct ph_refs *refs, uint32_t least, uint32_t from, uint32_t target)
{
    for (size_t i = 0; i < refs->count; i++)
        if (refs->items[i].from >= least && refs->items[i].from <= from &&
            refs->items[i].target == target)
            return true;
    return false;
}

static size_t expect_all(const struct ph_refs *refs, const uint32_t *targets, size_t count)
{
    const uint8_t *code = build.bytes + build_at(TEXT);
    size_t total = 0;

    for (uint32_t at = 2; at + 4 <= 0x1000; at++)
        for (uint32_t i = 0; i < count; i++) {
            uint32_t behind = targets[i] - (TEXT + at + 4) - ph_le32(code + at);
            bool jump = code[at - 1] == 0xe8 || code[at - 1] == 0xe9 ||
                        (code[at - 2] == 0x0f && (code[at - 1] & 0xf0) == 0x80);
            bool memory = (code[at - 1] & 0xc7) == 5 && (behind <= 2 || behind == 4);
            if ((jump && behind == 0) || memory) {
                assert_true(has(refs, TEXT + at - 2, TEXT + at, i));
                total++;
            }
        }
    return total;
}

static void random_code(void **state)
{
    static const uint8_t OPCODES[] = {0xe8, 0xe9, 0x05, 0x0d, 0x15, 0x25, 0x3d, 0x84};
    uint32_t targets[200];
    size_t total = 0;

    (void)state;
    for (int round = 0; round < 40; round++) {
        size_t count = 1 + random_number(200);
        build_pe(&build, PH_PE_X64);
        for (size_t i = 0; i < count; i++)
            targets[i] = TEXT + (uint32_t)i * 16 + random_number(16);
        for (uint32_t at = 8; at < 0x1000 - 8; at += 1 + random_number(12)) {
            build.bytes[build_at(TEXT + at - 2)] = (uint8_t)(random_number(2) * 0x0f);
            build.bytes[build_at(TEXT + at - 1)] = OPCODES[random_number(sizeof(OPCODES))];
            put_32(&build, TEXT + at,
                   targets[random_number((uint32_t)count)] - (TEXT + at + 4) - random_number(6));
        }
        PH_GUARD(ph_refs_fini) struct ph_refs refs = found_of(targets, count);
        total += expect_all(&refs, targets, count);
    }
    assert_true(total > 1000);
}

/* --- limits --- */

/* The last section made large and executable, full of calls. */
static void too_many(void **state)
{
    const uint32_t size = 6 << 20;
    ph_autofree uint8_t *file = ph_zalloc(1, PE_FILE_SIZE + size);
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    PH_GUARD(ph_refs_fini) struct ph_refs refs = {0};
    size_t start = build_at(RELOC), section = 0;

    (void)state;
    assert_non_null(file);
    build_pe(&build, PH_PE_X64);
    section = build_section(&build, PE_SECTIONS - 1);
    build_32(&build, section + 8, size);
    build_32(&build, section + 16, size);
    build_32(&build, section + 36, 0x60000020);
    build_32(&build, build_optional() + 56, RELOC + size);
    memcpy(file, build.bytes, PE_FILE_SIZE);
    for (uint32_t at = 0; at + 5 <= size; at += 5) {
        uint32_t distance = FUNCTION - (RELOC + at + 5);
        file[start + at] = 0xe8;
        memcpy(file + start + at + 1, &distance, 4);
    }
    assert_null(
        ph_pe_parse("x.sys", (struct ph_slice){(const char *)file, PE_FILE_SIZE + size}, &pe));
    assert_null(ph_refs_find(&pe, TARGETS, 4, &refs));
    assert_true(refs.cut);
    assert_int_equal(refs.count, PH_REFS_MOST);
    assert_int_equal(refs.items[0].from, RELOC);
}

static void no_memory(void **state)
{
    static const uint16_t OFFSETS[] = {0x102, 0x112, 0x121};
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    long fails = 0;

    (void)state;
    put_code_x86();
    relocate(TEXT, OFFSETS, 3);
    assert_null(ph_pe_parse("x.sys", build_file(&build), &pe));
    for (;; fails++) {
        struct ph_refs refs = {.count = 77};
        ph_mem_fail_after(fails);
        struct ph_error *error = ph_refs_find(&pe, TARGETS, 4, &refs);
        ph_mem_fail_after(-1);
        if (!error) {
            assert_int_equal(refs.count, 4);
            ph_refs_fini(&refs);
            break;
        }
        assert_int_equal(error->code, PH_ERR_NOMEM);
        assert_int_equal(refs.count, 77);
        ph_error_free(error);
    }
    assert_true(fails >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),          cmocka_unit_test(places),
        cmocka_unit_test(no_form),        cmocka_unit_test(short_jumps),
        cmocka_unit_test(pointers_x64),   cmocka_unit_test(pointers_x86),
        cmocka_unit_test(pointers_once),  cmocka_unit_test(arm64_pages),
        cmocka_unit_test(arm64_paths),    cmocka_unit_test(arm64_jumps),
        cmocka_unit_test(arm64_literals), cmocka_unit_test(arm64_slots),
        cmocka_unit_test(excluded),       cmocka_unit_test(odd_targets),
        cmocka_unit_test(random_code),    cmocka_unit_test(too_many),
        cmocka_unit_test(no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
