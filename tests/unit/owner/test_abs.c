/* test_abs.c - sets of values: unions, arithmetic against plain numbers, and what is given up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "owner/tagscan/abs.h"

enum { TAG = 0x4b6c614c };

static struct ph_abs set_of(unsigned count, const uint64_t *constants)
{
    struct ph_abs set = {0};

    for (unsigned i = 0; i < count; i++) {
        struct ph_abs one = ph_abs_constant(constants[i]);
        ph_abs_join(&set, &one);
    }
    return set;
}

static struct ph_abs argument(int64_t offset)
{
    return ph_abs_symbol(PH_SYMBOL_ARGUMENT, 2, offset);
}

static void assert_constant(const struct ph_abs *abs, uint64_t expected)
{
    uint64_t constant;

    assert_true(ph_abs_is_constant(abs, &constant));
    assert_int_equal(constant, expected);
}

static void test_join(void **state)
{
    const uint64_t five[] = {9, 1, 5, 5, 3, 7};
    struct ph_abs none = {0}, set, more = ph_abs_constant(11), unknown = ph_abs_unknown();
    uint64_t constant;

    (void)state;
    assert_false(ph_abs_join(&none, &(struct ph_abs){0}));
    set = set_of(4, five);
    assert_int_equal(set.count, 3);
    assert_int_equal(set.constants[0], 1);
    assert_int_equal(set.constants[2], 9);
    assert_false(ph_abs_is_constant(&set, &constant));
    set = set_of(5, five);
    assert_false(set.unknown);
    assert_false(ph_abs_join(&set, &set));
    assert_true(ph_abs_join(&set, &more));
    assert_int_equal(set.count, PH_ABS_CONSTANTS);
    assert_true(set.unknown);
    assert_false(ph_abs_join(&set, &more));
    assert_false(ph_abs_join(&set, &unknown));
    set = ph_abs_constant(TAG);
    assert_true(ph_abs_join(&set, &unknown));
    assert_false(ph_abs_is_constant(&set, &constant));
    assert_int_equal(set.count, 1);
}

/* Joining again and again, in any order, comes to an end: nothing that was given up comes back. */
static void test_join_symbols(void **state)
{
    struct ph_abs global = ph_abs_symbol(PH_SYMBOL_GLOBAL, 0, 0x1000), a = argument(0);
    struct ph_abs b = ph_abs_symbol(PH_SYMBOL_ARGUMENT, 1, 0), c = ph_abs_constant(TAG);
    struct ph_abs set = a;

    (void)state;
    assert_true(ph_abs_join(&set, &c));
    assert_int_equal(set.symbol, PH_SYMBOL_ARGUMENT);
    assert_int_equal(set.constants[0], TAG);
    assert_false(set.unknown);
    assert_true(ph_abs_join(&set, &global));
    assert_int_equal(set.symbol, PH_SYMBOL_ARGUMENT);
    assert_true(set.unknown);
    set = global;
    assert_true(ph_abs_join(&set, &a));
    assert_int_equal(set.symbol, PH_SYMBOL_ARGUMENT);
    assert_int_equal(set.number, 2);
    assert_true(set.unknown);
    assert_true(ph_abs_join(&set, &b));
    assert_true(ph_abs_is_unknown(&set));
    assert_false(ph_abs_join(&set, &a));
    assert_false(ph_abs_join(&set, &b));
    assert_false(ph_abs_join(&set, &global));
    assert_true(ph_abs_is_unknown(&set));
}

static void test_join_stack(void **state)
{
    struct ph_abs set = ph_abs_symbol(PH_SYMBOL_STACK, 0, -16);
    struct ph_abs low = ph_abs_symbol(PH_SYMBOL_STACK, 0, -32);

    (void)state;
    assert_true(ph_abs_join(&set, &low));
    assert_int_equal(set.symbol, PH_SYMBOL_STACK);
    assert_int_equal(set.offset, -32);
    assert_true(set.unknown);
    assert_false(ph_abs_join(&set, &low));
}

static uint64_t plain(enum ph_op_kind kind, uint64_t a, uint64_t b, unsigned width)
{
    unsigned bits = width * 8;
    uint64_t mask = width == 8 ? UINT64_MAX : (1ull << bits) - 1,
             count = b % (width == 8 ? 64 : 32);

    switch (kind) {
    case PH_OP_ADD:
        return (a + b) & mask;
    case PH_OP_SUB:
        return (a - b) & mask;
    case PH_OP_AND:
        return a & b & mask;
    case PH_OP_OR:
        return (a | b) & mask;
    case PH_OP_XOR:
        return (a ^ b) & mask;
    case PH_OP_MUL:
        return (a * b) & mask;
    case PH_OP_SHL:
        return count < bits ? a << count & mask : 0;
    case PH_OP_SHR:
        return count < bits ? (a & mask) >> count : 0;
    default: { /* sar, bit by bit */
        uint64_t value = a & mask, sign = value & 1ull << (bits - 1);
        for (uint64_t i = 0; i < count; i++)
            value = value >> 1 | sign;
        return value;
    }
    }
}

static void test_arithmetic(void **state)
{
    static const uint64_t numbers[] = {
        0,     1,          2,          7,          31,
        32,    63,         0x80,       0x7fff,     TAG,
        ~0ull, 0x80000000, 0xffffffff, 1ull << 63, 0x123456789abcdef0};
    static const unsigned widths[] = {1, 2, 4, 8};
    enum { COUNT = sizeof(numbers) / sizeof(numbers[0]) };

    (void)state;
    for (unsigned kind = PH_OP_ADD; kind <= PH_OP_MUL; kind++) {
        for (unsigned i = 0; i < COUNT * COUNT * 4; i++) {
            uint64_t a = numbers[i % COUNT], b = numbers[i / COUNT % COUNT];
            unsigned width = widths[i / COUNT / COUNT];
            struct ph_abs left = ph_abs_constant(a), right = ph_abs_constant(b);
            struct ph_abs result = ph_abs_binary(kind, &left, &right, false, width, 8);
            assert_constant(&result, plain(kind, a, b, width));
        }
    }
}

static void test_sets(void **state)
{
    const uint64_t choice[] = {0, UINT32_MAX};
    struct ph_abs set = set_of(2, choice), mask = ph_abs_constant(0x10),
                  base = ph_abs_constant(TAG);
    struct ph_abs result = ph_abs_binary(PH_OP_AND, &set, &mask, false, 4, 8);

    (void)state;
    result = ph_abs_binary(PH_OP_ADD, &base, &result, false, 4, 8);
    assert_int_equal(result.count, 2);
    assert_false(result.unknown);
    assert_int_equal(result.constants[0], TAG);
    assert_int_equal(result.constants[1], TAG + 0x10);
    result = ph_abs_binary(PH_OP_ADD, &set, &set, false, 4, 8);
    assert_true(ph_abs_is_unknown(&result)); /* they may belong together */
    result = ph_abs_binary(PH_OP_ADD, &set, &set, true, 4, 8);
    assert_int_equal(result.count, 2);
    assert_int_equal(result.constants[1], 0xfffffffe);
    result = ph_abs_binary(PH_OP_SUB, &base, &set, false, 4, 8);
    assert_int_equal(result.constants[0], TAG);
    assert_int_equal(result.constants[1], TAG + 1);
    result = ph_abs_unary(PH_OP_NOT, &set, 4, 8);
    assert_int_equal(result.count, 2);
    assert_int_equal(result.constants[1], UINT32_MAX);
    result = ph_abs_unary(PH_OP_NEG, &base, 4, 8);
    assert_constant(&result, (uint32_t)-TAG);
}

static void test_choices(void **state)
{
    struct ph_abs unknown = ph_abs_unknown(), one = ph_abs_constant(1), two = ph_abs_constant(3);
    struct ph_abs top = ph_abs_constant(31), zero = ph_abs_constant(0),
                  all = ph_abs_constant(~0ull);
    struct ph_abs result = ph_abs_binary(PH_OP_AND, &unknown, &one, false, 4, 8);

    (void)state;
    assert_int_equal(result.count, 2);
    assert_false(result.unknown);
    result = ph_abs_binary(PH_OP_AND, &unknown, &two, false, 4, 8);
    assert_true(ph_abs_is_unknown(&result));
    result = ph_abs_binary(PH_OP_SAR, &unknown, &top, false, 4, 8);
    assert_int_equal(result.constants[1], UINT32_MAX);
    result = ph_abs_binary(PH_OP_SHR, &unknown, &top, false, 4, 8);
    assert_int_equal(result.constants[1], 1);
    result = ph_abs_binary(PH_OP_AND, &unknown, &zero, false, 4, 8);
    assert_constant(&result, 0);
    result = ph_abs_binary(PH_OP_OR, &unknown, &all, false, 4, 8);
    assert_constant(&result, UINT32_MAX);
    result = ph_abs_binary(PH_OP_XOR, &unknown, &unknown, true, 8, 8);
    assert_constant(&result, 0);
    result = ph_abs_binary(PH_OP_XOR, &unknown, &unknown, false, 8, 8);
    assert_true(ph_abs_is_unknown(&result));
}

static void test_symbols(void **state)
{
    struct ph_abs pointer = argument(8), eight = ph_abs_constant(8), minus = ph_abs_constant(~7ull);
    struct ph_abs stack = ph_abs_symbol(PH_SYMBOL_STACK, 0, -40), other = stack, result;

    (void)state;
    result = ph_abs_binary(PH_OP_ADD, &eight, &pointer, false, 8, 8);
    assert_true(ph_abs_is_symbol(&result, PH_SYMBOL_ARGUMENT));
    assert_int_equal(result.offset, 16);
    result = ph_abs_binary(PH_OP_ADD, &pointer, &minus, false, 8, 8);
    assert_int_equal(result.offset, 0);
    result = ph_abs_binary(PH_OP_SUB, &pointer, &eight, false, 8, 8);
    assert_int_equal(result.offset, 0);
    result = ph_abs_binary(PH_OP_SUB, &eight, &pointer, false, 8, 8);
    assert_true(ph_abs_is_unknown(&result));
    result = ph_abs_binary(PH_OP_AND, &pointer, &minus, false, 8, 8);
    assert_true(result.symbol == PH_SYMBOL_NONE && result.unknown);
    other.offset = -8;
    result = ph_abs_binary(PH_OP_SUB, &other, &stack, false, 8, 8);
    assert_constant(&result, 32);
    result = ph_abs_binary(PH_OP_ADD, &stack, &(struct ph_abs){.unknown = true}, false, 8, 8);
    assert_int_equal(result.symbol, PH_SYMBOL_STACK); /* an index: from there up */
    assert_int_equal(result.offset, -40);
    assert_true(result.unknown);
    pointer.offset = INT64_MAX;
    result = ph_abs_binary(PH_OP_ADD, &pointer, &eight, false, 8, 8);
    assert_true(ph_abs_is_unknown(&result));
}

static void test_cut(void **state)
{
    const uint64_t same[] = {0x100000001, 1, 0x80};
    struct ph_abs set = set_of(3, same), pointer = argument(0);
    struct ph_abs stack = ph_abs_symbol(PH_SYMBOL_STACK, 0, -8), byte = ph_abs_constant(0x1ff80);

    (void)state;
    ph_abs_cut(&set, 4, false, 8);
    assert_int_equal(set.count, 2);
    ph_abs_cut(&byte, 1, true, 8);
    assert_constant(&byte, 0xffffffffffffff80);
    ph_abs_cut(&byte, 2, true, 4);
    assert_constant(&byte, 0xffffff80);
    ph_abs_cut(&pointer, 4, false, 8);
    assert_true(ph_abs_is_symbol(&pointer, PH_SYMBOL_ARGUMENT));
    ph_abs_cut(&pointer, 2, false, 8);
    assert_true(ph_abs_is_unknown(&pointer));
    ph_abs_cut(&stack, 4, false, 8);
    assert_true(ph_abs_is_unknown(&stack));
}

static void test_parts(void **state)
{
    struct ph_abs low = ph_abs_constant(0x614c), high = ph_abs_constant(0x4b6c), result;
    struct ph_abs field = ph_abs_symbol(PH_SYMBOL_FIELD, 1, 16), pointer = argument(0);

    (void)state;
    result = ph_abs_insert(&low, &high, 2, 16, 8);
    assert_constant(&result, TAG);
    result = ph_abs_insert(&result, &low, 1, 3, 8);
    assert_constant(&result, (TAG & ~0x7f8) | 0x4c << 3);
    result = ph_abs_insert(&low, &high, 2, 64, 8);
    assert_true(ph_abs_is_unknown(&result));
    result = ph_abs_constant(0x4b6c614c12345678);
    result = ph_abs_extract(&result, 4, 4, 8, 8);
    assert_constant(&result, TAG);
    result = ph_abs_extract(&field, 4, 4, 8, 8);
    assert_int_equal(result.offset, 20);
    assert_true(ph_abs_is_symbol(&result, PH_SYMBOL_FIELD));
    result = ph_abs_extract(&pointer, 4, 4, 8, 8);
    assert_true(ph_abs_is_unknown(&result));
}

/* Entries of tables of jump targets: read, shifted, a base added. */
static void test_tables(void **state)
{
    struct ph_table table = {.width = 2, .stride = 2, .extend = true};
    struct ph_abs entry = {.symbol = PH_SYMBOL_TABLE, .offset = 0x1000}, two = ph_abs_constant(2);
    struct ph_abs base = ph_abs_constant(0x4000), all = ph_abs_constant(UINT32_MAX), joined;

    (void)state;
    entry.number = ph_table_pack(table);
    joined = ph_abs_binary(PH_OP_AND, &entry, &all, false, 8, 8);
    joined = ph_abs_binary(PH_OP_SHL, &joined, &two, false, 8, 8);
    joined = ph_abs_binary(PH_OP_ADD, &base, &joined, false, 8, 8);
    assert_true(ph_abs_is_symbol(&joined, PH_SYMBOL_TABLE));
    assert_int_equal(joined.constants[0], 0x4000);
    table = ph_table_unpack(joined.number);
    assert_int_equal(table.shift, 2);
    assert_int_equal(table.stride, 2);
    assert_true(table.extend);
    assert_true(ph_abs_join(&joined, &base));
    assert_int_equal(joined.symbol, PH_SYMBOL_MIXED);
    assert_int_equal(joined.count, 1);
    assert_true(joined.unknown);
    assert_true(ph_abs_join(&entry, &(struct ph_abs){.unknown = true}));
    assert_true(entry.unknown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_join),       cmocka_unit_test(test_join_symbols),
        cmocka_unit_test(test_join_stack), cmocka_unit_test(test_arithmetic),
        cmocka_unit_test(test_sets),       cmocka_unit_test(test_choices),
        cmocka_unit_test(test_symbols),    cmocka_unit_test(test_cut),
        cmocka_unit_test(test_parts),      cmocka_unit_test(test_tables)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
