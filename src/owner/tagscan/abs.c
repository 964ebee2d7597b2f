#include "owner/tagscan/abs.h"

#include <string.h>

/* A stack pointer of which only the lowest place is known points there or anywhere above. */
static const int64_t anywhere = INT32_MIN / 2;

struct ph_abs ph_abs_unknown(void)
{
    return (struct ph_abs){.unknown = true};
}

struct ph_abs ph_abs_constant(uint64_t constant)
{
    return (struct ph_abs){.constants = {constant}, .count = 1};
}

struct ph_abs ph_abs_symbol(enum ph_symbol symbol, uint32_t number, int64_t offset)
{
    return (struct ph_abs){.symbol = (uint8_t)symbol, .number = number, .offset = offset};
}

bool ph_abs_is_constant(const struct ph_abs *abs, uint64_t *constant)
{
    if (abs->count != 1 || abs->unknown || abs->symbol != PH_SYMBOL_NONE)
        return false;
    *constant = abs->constants[0];
    return true;
}

bool ph_abs_is_unknown(const struct ph_abs *abs)
{
    return abs->unknown && abs->count == 0 &&
           (abs->symbol == PH_SYMBOL_NONE || abs->symbol == PH_SYMBOL_MIXED);
}

bool ph_abs_is_symbol(const struct ph_abs *abs, unsigned symbol)
{
    return abs->symbol == symbol && !abs->unknown && abs->count == 0;
}

uint32_t ph_table_pack(struct ph_table table)
{
    return table.width | (uint32_t)table.stride << 8 | (uint32_t)table.shift << 16 |
           (uint32_t)table.extend << 24;
}

struct ph_table ph_table_unpack(uint32_t number)
{
    return (struct ph_table){.width = (uint8_t)number,
                             .stride = (uint8_t)(number >> 8),
                             .shift = (uint8_t)(number >> 16),
                             .extend = number >> 24 & 1};
}

uint64_t ph_width_mask(unsigned width)
{
    return width >= 8 ? UINT64_MAX : (1ull << width * 8) - 1;
}

uint64_t ph_sign_extend(uint64_t value, unsigned width)
{
    if (width >= 8)
        return value;
    uint64_t sign = 1ull << (width * 8 - 1);

    return ((value & ph_width_mask(width)) ^ sign) - sign;
}

/* --- constants --- */

/* Adds a constant in its place; when there is no room for it, the set is no longer all. */
static bool add_constant(struct ph_abs *abs, uint64_t constant)
{
    unsigned at = 0;

    while (at < abs->count && abs->constants[at] < constant)
        at++;
    if (at < abs->count && abs->constants[at] == constant)
        return false;
    if (abs->count == PH_ABS_CONSTANTS) {
        bool changed = !abs->unknown;
        abs->unknown = true;
        return changed;
    }
    memmove(&abs->constants[at + 1], &abs->constants[at],
            (abs->count - at) * sizeof(abs->constants[0]));
    abs->constants[at] = constant;
    abs->count++;
    return true;
}

/* Where a global's content is one of several things it counts as something unknown. */
static bool yields(const struct ph_abs *global, const struct ph_abs *other)
{
    return global->symbol == PH_SYMBOL_GLOBAL && other->symbol != PH_SYMBOL_GLOBAL &&
           other->symbol != PH_SYMBOL_NONE && other->symbol != PH_SYMBOL_MIXED;
}

static bool join_symbol(struct ph_abs *into, const struct ph_abs *from)
{
    if (from->symbol == PH_SYMBOL_NONE || into->symbol == PH_SYMBOL_MIXED)
        return false;
    if (yields(from, into)) {
        bool changed = !into->unknown;
        into->unknown = true;
        return changed;
    }
    if (into->symbol == PH_SYMBOL_NONE || yields(into, from)) {
        into->unknown |= into->symbol != PH_SYMBOL_NONE;
        into->symbol = from->symbol;
        into->number = from->number;
        into->offset = from->offset;
        if (from->symbol == PH_SYMBOL_TABLE)
            into->constants[0] = from->constants[0];
        if (from->symbol == PH_SYMBOL_MIXED)
            into->unknown = true;
        return true;
    }
    bool base = into->symbol == PH_SYMBOL_TABLE && into->constants[0] != from->constants[0];
    if (into->symbol == from->symbol && into->number == from->number &&
        into->offset == from->offset && !base)
        return false;
    if (into->symbol == PH_SYMBOL_STACK && from->symbol == PH_SYMBOL_STACK) {
        bool changed = !into->unknown || from->offset < into->offset;
        into->unknown = true;
        if (from->offset < into->offset)
            into->offset = from->offset;
        return changed;
    }
    if (into->symbol == PH_SYMBOL_TABLE)
        into->constants[0] = 0;
    into->symbol = PH_SYMBOL_MIXED;
    into->number = 0;
    into->offset = 0;
    into->unknown = true;
    return true;
}

/* A table's entry is followed alone only: its base lies where the constants would. */
static void forget_table(struct ph_abs *abs)
{
    if (abs->symbol == PH_SYMBOL_TABLE)
        *abs = (struct ph_abs){.symbol = PH_SYMBOL_MIXED, .unknown = true};
}

bool ph_abs_join(struct ph_abs *into, const struct ph_abs *from)
{
    struct ph_abs other = *from;
    bool changed = false, fresh = !into->count && !into->unknown && !into->symbol;

    if (fresh) {
        *into = other;
        return other.count || other.unknown || other.symbol;
    }
    if (into->count || other.count || into->symbol != other.symbol) {
        changed |= into->symbol == PH_SYMBOL_TABLE;
        forget_table(into);
        forget_table(&other);
    }
    for (unsigned i = 0; i < other.count; i++)
        changed |= add_constant(into, other.constants[i]);
    changed |= join_symbol(into, &other);
    changed |= other.unknown && !into->unknown;
    changed |= other.from_data && !into->from_data;
    changed |= other.from_writable && !into->from_writable;
    into->unknown |= other.unknown;
    into->from_data |= other.from_data;
    into->from_writable |= other.from_writable;
    return changed;
}

/* --- symbols --- */

static void drop_symbol(struct ph_abs *abs)
{
    if (abs->symbol == PH_SYMBOL_NONE)
        return;
    if (abs->symbol == PH_SYMBOL_TABLE)
        abs->constants[0] = 0;
    abs->symbol = PH_SYMBOL_NONE;
    abs->number = 0;
    abs->offset = 0;
    abs->unknown = true;
}

static bool survives(unsigned symbol, unsigned width, unsigned pointer)
{
    switch (symbol) {
    case PH_SYMBOL_STACK:
    case PH_SYMBOL_IMPORT:
        return width >= pointer;
    default:
        return width >= 4;
    }
}

void ph_abs_cut(struct ph_abs *abs, unsigned width, bool extend, unsigned pointer)
{
    if (!survives(abs->symbol, width, pointer))
        drop_symbol(abs);
    if (abs->count == 0)
        return;
    uint64_t mask = ph_width_mask(width < pointer ? width : pointer);
    if (abs->count == 1) {
        abs->constants[0] &= mask;
        if (extend)
            abs->constants[0] = ph_sign_extend(abs->constants[0], width) & ph_width_mask(pointer);
        return;
    }
    struct ph_abs cut = *abs;
    cut.count = 0;
    memset(cut.constants, 0, sizeof(cut.constants));
    for (unsigned i = 0; i < abs->count; i++) {
        uint64_t constant = abs->constants[i] & mask;
        if (extend)
            constant = ph_sign_extend(constant, width) & ph_width_mask(pointer);
        add_constant(&cut, constant);
    }
    *abs = cut;
}

/* --- arithmetic --- */

static uint64_t shift(enum ph_op_kind kind, uint64_t a, uint64_t b, unsigned width)
{
    unsigned count = (unsigned)b & (width == 8 ? 63 : 31);

    if (kind == PH_OP_SAR) {
        int64_t value = (int64_t)ph_sign_extend(a, width);
        return (uint64_t)(value >> (count > width * 8 - 1 ? width * 8 - 1 : count));
    }
    if (count >= width * 8)
        return 0;
    return kind == PH_OP_SHL ? a << count : (a & ph_width_mask(width)) >> count;
}

static uint64_t compute(enum ph_op_kind kind, uint64_t a, uint64_t b, unsigned width)
{
    switch (kind) {
    case PH_OP_ADD:
        return a + b;
    case PH_OP_SUB:
        return a - b;
    case PH_OP_AND:
        return a & b;
    case PH_OP_OR:
        return a | b;
    case PH_OP_XOR:
        return a ^ b;
    case PH_OP_MUL:
        return a * b;
    case PH_OP_NOT:
        return ~a;
    case PH_OP_NEG:
        return 0 - a;
    default:
        return shift(kind, a, b, width);
    }
}

/* The symbol of `abs` after an operation with the constant k; false: nothing is known of it. */
static bool symbol_after(struct ph_abs *abs, enum ph_op_kind kind, uint64_t k, unsigned width)
{
    int64_t step = (int64_t)ph_sign_extend(k, width);
    int64_t moved;

    if (kind == PH_OP_AND && abs->symbol == PH_SYMBOL_TABLE && k == UINT32_MAX)
        return true; /* uxtw */
    if (kind == PH_OP_AND)
        return (k & ph_width_mask(width)) == ph_width_mask(width);
    if (kind == PH_OP_MUL)
        return k == 1;
    if (step == 0)
        return true;
    if (abs->symbol == PH_SYMBOL_TABLE) {
        struct ph_table table = ph_table_unpack(abs->number);
        if (kind == PH_OP_ADD) {
            abs->constants[0] += k;
            return true;
        }
        if (kind != PH_OP_SHL || k > 8 || abs->constants[0])
            return false;
        table.shift = (uint8_t)(table.shift + k);
        abs->number = ph_table_pack(table);
        return table.shift <= 8;
    }
    if (abs->symbol != PH_SYMBOL_ARGUMENT && abs->symbol != PH_SYMBOL_STACK)
        return false;
    if (kind == PH_OP_ADD ? __builtin_add_overflow(abs->offset, step, &moved)
                          : kind != PH_OP_SUB || __builtin_sub_overflow(abs->offset, step, &moved))
        return false;
    if (abs->symbol == PH_SYMBOL_STACK && (moved > -anywhere || moved < anywhere))
        return false;
    abs->offset = moved;
    return true;
}

struct ph_abs ph_abs_wild_stack(void)
{
    struct ph_abs wild = ph_abs_symbol(PH_SYMBOL_STACK, 0, anywhere);

    wild.unknown = true;
    return wild;
}

/* An address in the stack with something unknown added: from there up. */
static struct ph_abs stack_after(const struct ph_abs *abs, enum ph_op_kind kind)
{
    struct ph_abs wild = ph_abs_wild_stack();

    if (kind == PH_OP_ADD)
        wild.offset = abs->offset;
    return wild;
}

/* `set` op k, or k op `set` when `reverse`. */
static struct ph_abs with_constant(enum ph_op_kind kind, const struct ph_abs *set, uint64_t k,
                                   bool reverse, unsigned width, unsigned pointer)
{
    struct ph_abs result = *set;
    bool commutes =
        kind != PH_OP_SUB && kind != PH_OP_SHL && kind != PH_OP_SHR && kind != PH_OP_SAR;

    if (result.symbol != PH_SYMBOL_NONE &&
        ((reverse && !commutes) || !symbol_after(&result, kind, k, width))) {
        if (set->symbol == PH_SYMBOL_STACK && kind == PH_OP_AND)
            return stack_after(set, kind);
        drop_symbol(&result);
    }
    if (set->count == 0)
        return result;
    result.count = 0;
    memset(result.constants, 0, sizeof(result.constants));
    for (unsigned i = 0; i < set->count; i++) {
        uint64_t a = reverse ? k : set->constants[i], b = reverse ? set->constants[i] : k;
        add_constant(&result, compute(kind, a, b, width) & ph_width_mask(width));
    }
    ph_abs_cut(&result, pointer, false, pointer);
    return result;
}

/* Of something unknown a single bit, or the sign, is a choice of two: what compilers make of
 * `flag ? a : b`. */
static bool choice(enum ph_op_kind kind, uint64_t k, unsigned width, struct ph_abs *result)
{
    uint64_t other, mask = ph_width_mask(width);

    if (kind == PH_OP_AND && k && !(k & (k - 1)))
        other = k;
    else if (kind == PH_OP_SHR && k == width * 8 - 1)
        other = 1;
    else if (kind == PH_OP_SAR && k == width * 8 - 1)
        other = mask;
    else
        return false;
    *result = ph_abs_constant(0);
    add_constant(result, other);
    return true;
}

/* Operations with a result that does not depend on the other operand. */
static bool absorbs(enum ph_op_kind kind, uint64_t k, unsigned width)
{
    uint64_t mask = ph_width_mask(width);

    return ((kind == PH_OP_AND || kind == PH_OP_MUL) && (k & mask) == 0) ||
           (kind == PH_OP_OR && (k & mask) == mask);
}

static struct ph_abs same_register(enum ph_op_kind kind, const struct ph_abs *a, unsigned width)
{
    struct ph_abs result = *a;

    if (kind == PH_OP_XOR || kind == PH_OP_SUB)
        return ph_abs_constant(0);
    if (kind == PH_OP_AND || kind == PH_OP_OR)
        return result;
    drop_symbol(&result);
    result.count = 0;
    memset(result.constants, 0, sizeof(result.constants));
    for (unsigned i = 0; i < a->count; i++)
        add_constant(&result,
                     compute(kind, a->constants[i], a->constants[i], width) & ph_width_mask(width));
    return result;
}

static void mark_source(struct ph_abs *result, const struct ph_abs *a, const struct ph_abs *b)
{
    if (result->count == 0)
        return;
    result->from_data |= a->from_data || b->from_data;
    result->from_writable |= a->from_writable || b->from_writable;
}

struct ph_abs ph_abs_binary(enum ph_op_kind kind, const struct ph_abs *a, const struct ph_abs *b,
                            bool same, unsigned width, unsigned pointer)
{
    struct ph_abs left = *a, right = *b, result;
    uint64_t k;

    ph_abs_cut(&left, width, false, pointer);
    ph_abs_cut(&right, width, false, pointer);
    if (same)
        return same_register(kind, &left, width);
    if (ph_abs_is_constant(&right, &k)) {
        if (absorbs(kind, k, width))
            result = ph_abs_constant(k & ph_width_mask(width));
        else if (left.count || !choice(kind, k, width, &result))
            result = with_constant(kind, &left, k, false, width, pointer);
    } else if (ph_abs_is_constant(&left, &k)) {
        bool commutes =
            kind != PH_OP_SUB && kind != PH_OP_SHL && kind != PH_OP_SHR && kind != PH_OP_SAR;
        if (commutes && absorbs(kind, k, width))
            result = ph_abs_constant(k & ph_width_mask(width));
        else if (!commutes || right.count || !choice(kind, k, width, &result))
            result = with_constant(kind, &right, k, true, width, pointer);
    } else if (left.symbol == PH_SYMBOL_STACK && kind != PH_OP_XOR) {
        uint64_t distance = (uint64_t)left.offset - (uint64_t)right.offset;
        bool both = ph_abs_is_symbol(&left, PH_SYMBOL_STACK) &&
                    ph_abs_is_symbol(&right, PH_SYMBOL_STACK) && kind == PH_OP_SUB;
        result =
            both ? ph_abs_constant(distance & ph_width_mask(pointer)) : stack_after(&left, kind);
    } else if (right.symbol == PH_SYMBOL_STACK && kind == PH_OP_ADD) {
        result = stack_after(&right, kind);
    } else {
        result = ph_abs_unknown();
    }
    mark_source(&result, a, b);
    return result;
}

struct ph_abs ph_abs_unary(enum ph_op_kind kind, const struct ph_abs *a, unsigned width,
                           unsigned pointer)
{
    struct ph_abs result = *a;

    ph_abs_cut(&result, width, false, pointer);
    drop_symbol(&result);
    struct ph_abs cut = result;
    result.count = 0;
    memset(result.constants, 0, sizeof(result.constants));
    for (unsigned i = 0; i < cut.count; i++)
        add_constant(&result, compute(kind, cut.constants[i], 0, width) & ph_width_mask(width));
    return result;
}

struct ph_abs ph_abs_insert(const struct ph_abs *into, const struct ph_abs *part, unsigned width,
                            unsigned shift, unsigned pointer)
{
    uint64_t hole = shift < 64 ? ph_width_mask(width) << shift : 0;
    struct ph_abs mask = ph_abs_constant(~hole), up = ph_abs_constant(shift), low = *part;
    struct ph_abs rest = ph_abs_binary(PH_OP_AND, into, &mask, false, pointer, pointer);

    ph_abs_cut(&low, width, false, pointer);
    if (hole == 0)
        return ph_abs_unknown();
    low = ph_abs_binary(PH_OP_SHL, &low, &up, false, pointer, pointer);
    return ph_abs_binary(PH_OP_OR, &rest, &low, false, pointer, pointer);
}

struct ph_abs ph_abs_extract(const struct ph_abs *abs, unsigned skip, unsigned width, unsigned size,
                             unsigned pointer)
{
    struct ph_abs result = *abs;

    if (skip == 0 && width == size)
        return result;
    if (skip && result.symbol == PH_SYMBOL_FIELD && width >= 4)
        result.offset += skip;
    else if (skip)
        drop_symbol(&result);
    /* bytes are bytes here: also of an 8-byte constant on a machine of 4-byte pointers */
    struct ph_abs whole = result;
    result.count = 0;
    if (whole.symbol != PH_SYMBOL_TABLE)
        memset(result.constants, 0, sizeof(result.constants));
    for (unsigned i = 0; i < whole.count; i++)
        add_constant(&result, skip < 8 ? whole.constants[i] >> skip * 8 & ph_width_mask(width) : 0);
    ph_abs_cut(&result, width, false, pointer);
    return result;
}
