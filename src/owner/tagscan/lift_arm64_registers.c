/* lift_arm64_registers.c - ARM64 data processing with registers, general and vector, lifted; see
 * lift_arm64.c.
 *
 * Where an operand has to be shifted or changed first, the result's register holds it meanwhile;
 * when that register is also the other operand, there is no room and the result is unknown.
 */
#include "owner/tagscan/arm64.h"

#include <stddef.h>

/* --- data processing with registers: bits 27-25 are 101 --- */

/* dst = b shifted by `amount`; the operand that now holds it. False when that is not followed. */
static bool shifted(struct ph_insn *insn, unsigned width, uint32_t dst, uint32_t kind,
                    unsigned amount, struct ph_operand *b)
{
    static const enum ph_op_kind kinds[3] = {PH_OP_SHL, PH_OP_SHR, PH_OP_SAR};

    if (!amount)
        return true;
    if (kind == 3) /* ror */
        return false;
    ph_arm64_put(insn, kinds[kind], width, dst, *b, ph_arm64_constant(amount));
    *b = ph_arm64_reg(dst);
    return true;
}

static bool lift_logical(uint32_t word, struct ph_insn *insn)
{
    static const enum ph_op_kind kinds[4] = {PH_OP_AND, PH_OP_OR, PH_OP_XOR, PH_OP_AND};
    uint32_t dst = ph_bits(word, 0, 5), first = ph_bits(word, 5, 5), what = ph_bits(word, 29, 2);
    unsigned width = ph_arm64_width(word), amount = ph_bits(word, 10, 6);
    bool invert = word >> 21 & 1;
    struct ph_operand b = ph_arm64_reg(ph_bits(word, 16, 5));

    if (amount >= width * 8)
        return false;
    if (dst == PH_ARM64_ZERO)
        return true;
    if ((amount || invert) && dst == first) /* no room for the second operand's new value */
        return ph_arm64_clobber(insn, dst);
    if (!shifted(insn, width, dst, ph_bits(word, 22, 2), amount, &b))
        return ph_arm64_clobber(insn, dst);
    if (invert) {
        ph_arm64_put(insn, PH_OP_NOT, width, dst, b, (struct ph_operand){0});
        b = ph_arm64_reg(dst);
    }
    if (first != PH_ARM64_ZERO || (what != 1 && what != 2)) /* and, xor, or, but for mov and mvn */
        ph_arm64_put(insn, kinds[what], width, dst, ph_arm64_reg(first), b);
    else if (!insn->count)
        ph_arm64_set(insn, width, dst, b);
    return true;
}

/* add x0, x0, x1, lsl #3: an address has the room that a register has not. */
static bool scaled_add(struct ph_insn *insn, unsigned width, uint32_t dst, uint32_t index,
                       unsigned amount)
{
    struct ph_op *op = ph_arm64_op(insn, PH_OP_ADDRESS, width, dst);

    op->memory.base = (uint8_t)dst;
    op->memory.index = (uint8_t)index;
    op->memory.scale = (uint8_t)(1u << amount);
    return true;
}

static bool lift_add_shifted(uint32_t word, struct ph_insn *insn)
{
    uint32_t dst = ph_bits(word, 0, 5), first = ph_bits(word, 5, 5);
    uint32_t second = ph_bits(word, 16, 5), kind = ph_bits(word, 22, 2);
    unsigned width = ph_arm64_width(word), amount = ph_bits(word, 10, 6);
    bool subtract = word >> 30 & 1;
    struct ph_operand b = ph_arm64_reg(second);

    if (kind == 3 || amount >= width * 8)
        return false;
    if (dst == PH_ARM64_ZERO)
        return true;
    if (amount && dst == first) {
        if (!subtract && kind == 0 && amount < 8 && second != PH_ARM64_ZERO)
            return scaled_add(insn, width, dst, second, amount);
        return ph_arm64_clobber(insn, dst);
    }
    shifted(insn, width, dst, kind, amount, &b);
    if (first == PH_ARM64_ZERO && subtract)
        ph_arm64_put(insn, PH_OP_NEG, width, dst, b, (struct ph_operand){0});
    else
        ph_arm64_put(insn, subtract ? PH_OP_SUB : PH_OP_ADD, width, dst, ph_arm64_reg(first), b);
    return true;
}

/* The second operand is a part of its register, extended and shifted up by 0 to 4; 31 is sp in the
 * first operand, and in the result unless flags are set. */
static bool lift_add_extended(uint32_t word, struct ph_insn *insn)
{
    uint32_t dst = ph_bits(word, 0, 5), first = ph_bits(word, 5, 5), option = ph_bits(word, 13, 3);
    unsigned width = ph_arm64_width(word), amount = ph_bits(word, 10, 3);
    enum ph_op_kind kind = word >> 30 & 1 ? PH_OP_SUB : PH_OP_ADD;
    struct ph_operand b = ph_arm64_reg(ph_bits(word, 16, 5));
    bool whole = option % 4 == 3 || (width == 4 && option % 4 == 2);

    if (ph_bits(word, 22, 2) || amount > 4)
        return false;
    if (dst == PH_ARM64_ZERO && word >> 29 & 1)
        return true;
    if (dst == first && !whole && b.is_register) {
        ph_arm64_op(insn, PH_OP_UNKNOWN, 8, dst);
        return true;
    }
    if (dst == first && amount && b.is_register) {
        if (kind == PH_OP_ADD)
            return scaled_add(insn, width, dst, b.reg, amount);
        ph_arm64_op(insn, PH_OP_UNKNOWN, 8, dst);
        return true;
    }
    if (!whole && b.is_register) {
        unsigned bytes = 1u << option % 4;
        struct ph_op *op =
            ph_arm64_op(insn, option < 4 ? PH_OP_AND : PH_OP_SET, option < 4 ? width : bytes, dst);
        op->a = b;
        op->b = ph_arm64_constant(option < 4 ? (1ull << bytes * 8) - 1 : 0);
        op->extend = option >= 4;
        b = ph_arm64_reg_sp(dst);
    }
    if (amount && b.is_register) {
        ph_arm64_put(insn, PH_OP_SHL, width, dst, b, ph_arm64_constant(amount));
        b = ph_arm64_reg_sp(dst);
    }
    ph_arm64_put(insn, kind, width, dst, ph_arm64_reg_sp(first), b);
    return true;
}

/* csel, csinc, csinv, csneg: the first source, or the second one, plus 1, inverted, negated. */
static bool lift_select(uint32_t word, struct ph_insn *insn)
{
    static const enum ph_op_kind kinds[4] = {PH_OP_SET, PH_OP_ADD, PH_OP_NOT, PH_OP_NEG};
    uint32_t dst = ph_bits(word, 0, 5), first = ph_bits(word, 5, 5), second = ph_bits(word, 16, 5);
    uint32_t change = ph_bits(word, 30, 1) << 1 | ph_bits(word, 10, 1);
    const uint64_t of_zero[4] = {0, 1, ph_arm64_mask(ph_arm64_width(word)), 0};
    unsigned width = ph_arm64_width(word);
    struct ph_operand b = ph_arm64_reg(second);

    if (ph_bits(word, 29, 1) || ph_bits(word, 11, 1))
        return false;
    if (dst == PH_ARM64_ZERO)
        return true;
    if (second == PH_ARM64_ZERO) {
        b = ph_arm64_constant(of_zero[change]);
    } else if (change) {
        if (dst == first)
            return ph_arm64_clobber(insn, dst);
        ph_arm64_put(insn, kinds[change], width, dst, b,
                     ph_arm64_constant(kinds[change] == PH_OP_ADD));
        b = ph_arm64_reg(dst);
    }
    ph_arm64_put(insn, PH_OP_CHOOSE, width, dst, ph_arm64_reg(first), b);
    return true;
}

/* Shifts by a register; the rest (division, checksums, pointer signatures) is not followed. */
static bool lift_two_sources(uint32_t word, struct ph_insn *insn)
{
    static const enum ph_op_kind kinds[3] = {PH_OP_SHL, PH_OP_SHR, PH_OP_SAR};
    uint32_t dst = ph_bits(word, 0, 5), what = ph_bits(word, 10, 6);

    if (what == 4 && word >> 31 && !ph_bits(word, 29, 1)) { /* irg: 31 is sp */
        ph_arm64_op(insn, PH_OP_UNKNOWN, 8, dst);
        return true;
    }
    if (what < 8 || what > 10 || dst == PH_ARM64_ZERO || ph_bits(word, 29, 1))
        return ph_arm64_clobber(insn, dst);
    ph_arm64_put(insn, kinds[what - 8], ph_arm64_width(word), dst,
                 ph_arm64_reg(ph_bits(word, 5, 5)), ph_arm64_reg(ph_bits(word, 16, 5)));
    return true;
}

/* madd, msub; the long and high forms are not followed. */
static bool lift_three_sources(uint32_t word, struct ph_insn *insn)
{
    uint32_t dst = ph_bits(word, 0, 5), added = ph_bits(word, 10, 5);
    unsigned width = ph_arm64_width(word);
    bool subtract = word >> 15 & 1;

    if (ph_bits(word, 29, 2) || (ph_bits(word, 21, 3) && width == 4))
        return false;
    if (dst == PH_ARM64_ZERO || ph_bits(word, 21, 3) || dst == added)
        return ph_arm64_clobber(insn, dst);
    ph_arm64_put(insn, PH_OP_MUL, width, dst, ph_arm64_reg(ph_bits(word, 5, 5)),
                 ph_arm64_reg(ph_bits(word, 16, 5)));
    if (added != PH_ARM64_ZERO)
        ph_arm64_put(insn, subtract ? PH_OP_SUB : PH_OP_ADD, width, dst, ph_arm64_reg(added),
                     ph_arm64_reg(dst));
    else if (subtract)
        ph_arm64_put(insn, PH_OP_NEG, width, dst, ph_arm64_reg(dst), (struct ph_operand){0});
    return true;
}

bool ph_arm64_registers(uint32_t word, struct ph_insn *insn)
{
    if (!ph_bits(word, 28, 1)) {
        if (!ph_bits(word, 24, 1))
            return lift_logical(word, insn);
        return ph_bits(word, 21, 1) ? lift_add_extended(word, insn) : lift_add_shifted(word, insn);
    }
    if (ph_bits(word, 24, 1))
        return lift_three_sources(word, insn);
    switch (ph_bits(word, 21, 3)) {
    case 0: /* adc, sbc; rmif and setf change flags only */
        if (!ph_bits(word, 10, 6))
            return ph_arm64_clobber(insn, ph_bits(word, 0, 5));
        return (word & 0xffe07c10) == 0xba000400 || (word & 0xffffbc1f) == 0x3a00080d;
    case 2: /* ccmp, ccmn */
        return ph_bits(word, 29, 1) && !ph_bits(word, 10, 1) && !ph_bits(word, 4, 1);
    case 4:
        return lift_select(word, insn);
    case 6:
        if (ph_bits(word, 30, 1) && (ph_bits(word, 29, 1) || ph_bits(word, 16, 5) > 1))
            return false;
        return ph_bits(word, 30, 1) ? ph_arm64_clobber(insn, ph_bits(word, 0, 5))
                                    : lift_two_sources(word, insn);
    default:
        return false;
    }
}

/* --- floating point and vectors: bits 27-25 are 111 --- */

struct pattern {
    uint32_t mask, value;
};

static bool matches(uint32_t word, const struct pattern *patterns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((word & patterns[i].mask) == patterns[i].value)
            return true;
    return false;
}

/* What writes a general register: conversions to integers (by rounding mode, and to fixed point),
 * smov and umov. fmov between the two kinds of register is apart. */
static const struct pattern to_general[] = {
    {0x7f26fc00, 0x1e200000}, /* fcvt[nmpz][su]; opcode 00x */
    {0x7f26fc00, 0x1e240000}, /* fcvta[su]; opcode 10x */
    {0x7f27fc00, 0x1e260000}, /* fmov, fjcvtzs; opcode 110 */
    {0x7f260000, 0x1e000000}, /* fcvtz[su] to fixed point */
    {0xbfe0fc00, 0x0e002c00}, /* smov */
    {0xbfe0fc00, 0x0e003c00}, /* umov */
};

/* All bits zero in any element size. */
static const struct pattern move_zero[] = {
    {0xbfffffe0, 0x0f00e400}, /* movi, bytes */
    {0xbfff9fe0, 0x0f000400}, /* movi, words */
    {0xbfffdfe0, 0x0f008400}, /* movi, halfwords */
    {0xbfffffe0, 0x2f00e400}, /* movi, doublewords */
};

bool ph_arm64_vectors(uint32_t word, struct ph_insn *insn)
{
    uint32_t dst = ph_bits(word, 0, 5), first = ph_bits(word, 5, 5);

    if (word >> 31 && word >> 24 != 0x9e && word >> 24 != 0xce)
        return false;
    if ((word & 0xfffffc00) == 0x9e660000 || (word & 0xfffffc00) == 0x1e260000) /* fmov x, d */
        return dst == PH_ARM64_ZERO ||
               ph_arm64_set(insn, ph_arm64_width(word), dst, ph_arm64_vector(first));
    if ((word & 0xfffffc00) == 0x9e670000 || (word & 0xfffffc00) == 0x1e270000) /* fmov d, x */
        return ph_arm64_set(insn, ph_arm64_width(word), PH_ARM_VECTOR + dst, ph_arm64_reg(first));
    if (matches(word, to_general, sizeof(to_general) / sizeof(*to_general)))
        return ph_arm64_clobber(insn, dst);
    if (matches(word, move_zero, sizeof(move_zero) / sizeof(*move_zero)))
        return ph_arm64_set(insn, 16, PH_ARM_VECTOR + dst, ph_arm64_constant(0));
    if ((word & 0xffe0fc00) == 0x4ea01c00 && first == ph_bits(word, 16, 5)) /* mov v.16b */
        return ph_arm64_set(insn, 16, PH_ARM_VECTOR + dst, ph_arm64_vector(first));
    if ((word & 0xbfe0fc00) == 0x2e201c00 && first == ph_bits(word, 16, 5)) /* eor v, v */
        return ph_arm64_set(insn, 16, PH_ARM_VECTOR + dst, ph_arm64_constant(0));
    ph_arm64_clobber_vector(insn, dst);
    return true;
}
