/* lift_arm64.c - ARM64 (A64) instructions lifted; loads and stores are in lift_arm64_memory.c.
 *
 * Source: Arm Architecture Reference Manual for A-profile, chapter C4 "A64 Instruction Set
 * Encoding". Bits 28-25 choose the group:
 *
 *     0000   reserved (udf), matrix (SME)       x1x0   loads and stores
 *     0010   vectors of any length (SVE)        x101   data processing, registers
 *     100x   data processing, immediate         x111   floating point and vectors
 *     101x   branches, exceptions, system
 *
 * In almost all of them bits 4-0 are the register that is written: whatever is not modelled makes
 * that one unknown. SME, SVE, memory tags (MTE) and memory copies (MOPS) count as no instructions:
 * Windows uses none of them in its kernel, and what they write is not in bits 4-0.
 */
#include "owner/tagscan/arm64.h"

enum { ZERO = 31 };

static unsigned width_of(uint32_t word)
{
    return word >> 31 ? 8 : 4;
}

static uint64_t mask_of(unsigned width)
{
    return width == 8 ? UINT64_MAX : UINT32_MAX;
}

/* dst = a */
static bool set(struct ph_insn *insn, unsigned width, uint32_t dst, struct ph_operand a)
{
    ph_arm64_put(insn, PH_OP_SET, width, dst, a, (struct ph_operand){0});
    return true;
}

/* --- data processing with immediates: bits 28-26 are 100 --- */

static bool lift_address(uint32_t word, struct ph_insn *insn)
{
    uint64_t offset =
        (uint64_t)ph_signed_bits(word, 5, 19) << 2 | ph_bits(word, 29, 2); /* immhi:immlo */
    uint64_t address = insn->address + offset;

    if (word >> 31) /* adrp */
        address = (insn->address & ~0xfffull) + (offset << 12);
    if (ph_bits(word, 0, 5) != ZERO)
        set(insn, 8, ph_bits(word, 0, 5), ph_arm64_constant(address));
    return true;
}

static bool lift_add_immediate(uint32_t word, struct ph_insn *insn)
{
    uint32_t dst = ph_bits(word, 0, 5);
    bool flags = word >> 29 & 1;
    uint64_t immediate = (uint64_t)ph_bits(word, 10, 12) << (word >> 22 & 1 ? 12 : 0);
    struct ph_operand source = ph_arm64_reg_sp(ph_bits(word, 5, 5));

    if (flags && dst == ZERO) /* a comparison */
        return true;
    if (!immediate)
        return set(insn, width_of(word), dst, source);
    ph_arm64_put(insn, word >> 30 & 1 ? PH_OP_SUB : PH_OP_ADD, width_of(word), dst, source,
                 ph_arm64_constant(immediate));
    return true;
}

/* The manual's DecodeBitMasks: a run of ones, rotated, repeated over the register. */
static bool bit_mask(uint32_t word, uint64_t *mask)
{
    uint32_t length_bits = ph_bits(word, 22, 1) << 6 | (~ph_bits(word, 10, 6) & 0x3f);

    if (length_bits < 2 || (word >> 31 == 0 && word >> 22 & 1))
        return false;
    unsigned size = 1u << (31 - __builtin_clz(length_bits)); /* of the element: 2 to 64 bits */
    unsigned ones = ph_bits(word, 10, 6) & (size - 1), turn = ph_bits(word, 16, 6) & (size - 1);
    if (ones == size - 1)
        return false;
    uint64_t element_mask = size == 64 ? UINT64_MAX : (1ull << size) - 1;
    uint64_t element = (1ull << (ones + 1)) - 1;
    if (turn)
        element = (element >> turn | element << (size - turn)) & element_mask;
    for (unsigned filled = size; filled < 64; filled *= 2)
        element |= element << filled;
    *mask = element & mask_of(width_of(word));
    return true;
}

static bool lift_logical_immediate(uint32_t word, struct ph_insn *insn)
{
    static const enum ph_op_kind kinds[4] = {PH_OP_AND, PH_OP_OR, PH_OP_XOR, PH_OP_AND};
    uint32_t dst = ph_bits(word, 0, 5), source = ph_bits(word, 5, 5), what = ph_bits(word, 29, 2);
    uint64_t mask;

    if (!bit_mask(word, &mask))
        return false;
    if (what == 3 && dst == ZERO) /* tst; without flags, 31 is sp */
        return true;
    if (what == 1 && source == ZERO)
        return set(insn, width_of(word), dst, ph_arm64_constant(mask));
    ph_arm64_put(insn, kinds[what], width_of(word), dst, ph_arm64_reg(source),
                 ph_arm64_constant(mask));
    return true;
}

/* Two bytes at bit `shift`; the rest stays, but for the upper half of a 32-bit register. */
static void insert(struct ph_insn *insn, unsigned width, uint32_t dst, unsigned bytes,
                   unsigned shift, struct ph_operand a)
{
    struct ph_op *op = ph_arm64_op(insn, PH_OP_INSERT, bytes, dst);

    op->a = a;
    op->shift = (uint8_t)shift;
    if (width == 4)
        set(insn, 4, dst, ph_arm64_reg(dst));
}

static bool lift_move_wide(uint32_t word, struct ph_insn *insn)
{
    uint32_t dst = ph_bits(word, 0, 5), what = ph_bits(word, 29, 2);
    unsigned shift = ph_bits(word, 21, 2) * 16, width = width_of(word);
    uint64_t immediate = (uint64_t)ph_bits(word, 5, 16) << shift;

    if (what == 1 || shift >= width * 8)
        return false;
    if (dst == ZERO)
        return true;
    if (what == 3) /* movk */
        insert(insn, width, dst, 2, shift, ph_arm64_constant(ph_bits(word, 5, 16)));
    else
        set(insn, width, dst, ph_arm64_constant((what ? immediate : ~immediate) & mask_of(width)));
    return true;
}

/* sbfm: shifted up until the field's sign is the register's, then down to its place. */
static bool signed_field(struct ph_insn *insn, uint32_t word, unsigned lowest, unsigned highest)
{
    unsigned width = width_of(word), bits = width * 8;
    uint32_t dst = ph_bits(word, 0, 5);
    struct ph_operand source = ph_arm64_reg(ph_bits(word, 5, 5));

    if (lowest == 0 && (highest == 7 || highest == 15 || highest == 31)) { /* sxtb, sxth, sxtw */
        struct ph_op *op = ph_arm64_op(insn, PH_OP_SET, (highest + 1) / 8, dst);
        op->a = source;
        op->extend = true;
        return width == 8 || set(insn, 4, dst, ph_arm64_reg(dst));
    }
    unsigned up = bits - 1 - highest;
    unsigned down = highest >= lowest ? up + lowest : lowest - 1 - highest;
    if (up) {
        ph_arm64_put(insn, PH_OP_SHL, width, dst, source, ph_arm64_constant(up));
        source = ph_arm64_reg(dst);
    }
    ph_arm64_put(insn, PH_OP_SAR, width, dst, source, ph_arm64_constant(down));
    return true;
}

static bool unsigned_field(struct ph_insn *insn, uint32_t word, unsigned lowest, unsigned highest)
{
    unsigned width = width_of(word), bits = width * 8;
    uint32_t dst = ph_bits(word, 0, 5);
    struct ph_operand source = ph_arm64_reg(ph_bits(word, 5, 5));

    if (highest == bits - 1) { /* lsr */
        ph_arm64_put(insn, PH_OP_SHR, width, dst, source, ph_arm64_constant(lowest));
        return true;
    }
    if (highest < lowest) { /* lsl, ubfiz */
        if (highest + 1 != lowest) {
            ph_arm64_put(insn, PH_OP_AND, width, dst, source,
                         ph_arm64_constant((1ull << (highest + 1)) - 1));
            source = ph_arm64_reg(dst);
        }
        ph_arm64_put(insn, PH_OP_SHL, width, dst, source, ph_arm64_constant(bits - lowest));
        return true;
    }
    if (lowest) {
        ph_arm64_put(insn, PH_OP_SHR, width, dst, source, ph_arm64_constant(lowest));
        source = ph_arm64_reg(dst);
    }
    ph_arm64_put(insn, PH_OP_AND, width, dst, source,
                 ph_arm64_constant((1ull << (highest - lowest + 1)) - 1));
    return true;
}

/* bfm: whole bytes put into the register; other fields are not followed. */
static bool insert_field(struct ph_insn *insn, uint32_t word, unsigned lowest, unsigned highest)
{
    unsigned width = width_of(word), bits = width * 8, count = highest + 1;
    uint32_t dst = ph_bits(word, 0, 5);

    if ((lowest && highest >= lowest) || (count != 8 && count != 16 && count != 32))
        return ph_arm64_clobber(insn, dst);
    insert(insn, width, dst, count / 8, lowest ? bits - lowest : 0,
           ph_arm64_reg(ph_bits(word, 5, 5)));
    return true;
}

static bool lift_bit_field(uint32_t word, struct ph_insn *insn)
{
    unsigned lowest = ph_bits(word, 16, 6), highest = ph_bits(word, 10, 6);
    uint32_t what = ph_bits(word, 29, 2);

    if (what == 3 || ph_bits(word, 22, 1) != word >> 31)
        return false;
    if (word >> 31 == 0 && (lowest | highest) >= 32)
        return false;
    if (ph_bits(word, 0, 5) == ZERO)
        return true;
    if (what == 0)
        return signed_field(insn, word, lowest, highest);
    return what == 2 ? unsigned_field(insn, word, lowest, highest)
                     : insert_field(insn, word, lowest, highest);
}

static bool lift_extract(uint32_t word, struct ph_insn *insn)
{
    if (ph_bits(word, 29, 2) || ph_bits(word, 21, 1) || ph_bits(word, 22, 1) != word >> 31 ||
        (word >> 31 == 0 && ph_bits(word, 15, 1)))
        return false;
    if (ph_bits(word, 10, 6) || ph_bits(word, 0, 5) == ZERO)
        return ph_arm64_clobber(insn, ph_bits(word, 0, 5));
    return set(insn, width_of(word), ph_bits(word, 0, 5), ph_arm64_reg(ph_bits(word, 16, 5)));
}

/* addg and subg may write the stack pointer; smax, umin and so on not. */
static bool lift_tag_or_limit(uint32_t word, struct ph_insn *insn)
{
    if (ph_bits(word, 22, 1)) /* smax, umax, smin, umin with an immediate */
        return ph_bits(word, 29, 2) == 0 && ph_bits(word, 18, 4) < 4 &&
               ph_arm64_clobber(insn, ph_bits(word, 0, 5));
    if (word >> 31 == 0 || ph_bits(word, 29, 1) || ph_bits(word, 14, 2))
        return false;
    ph_arm64_op(insn, PH_OP_UNKNOWN, 8, ph_bits(word, 0, 5));
    return true;
}

static bool lift_immediate(uint32_t word, struct ph_insn *insn)
{
    static bool (*const lifters[8])(uint32_t, struct ph_insn *) = {
        lift_address,           lift_address,   lift_add_immediate, lift_tag_or_limit,
        lift_logical_immediate, lift_move_wide, lift_bit_field,     lift_extract};

    return lifters[ph_bits(word, 23, 3)](word, insn);
}

/* --- branches, exceptions, system: bits 28-26 are 101 --- */

static bool direct(struct ph_insn *insn, enum ph_op_kind kind, int64_t words)
{
    struct ph_op *op = ph_arm64_op(insn, kind, 0, PH_REG_NONE);

    op->target = PH_TARGET_DIRECT;
    op->target_address = insn->address + (uint64_t)words * 4;
    return true;
}

static bool indirect(struct ph_insn *insn, enum ph_op_kind kind, struct ph_operand target)
{
    struct ph_op *op = ph_arm64_op(insn, kind, 8, PH_REG_NONE);

    op->target = PH_TARGET_REGISTER;
    op->a = target;
    return true;
}

/* br, blr, ret, eret, drps, and their forms that check a pointer's signature (bit 11). */
static bool lift_branch_register(uint32_t word, struct ph_insn *insn)
{
    uint32_t what = ph_bits(word, 21, 4), check = ph_bits(word, 10, 6);
    uint32_t source = ph_bits(word, 5, 5), modifier = ph_bits(word, 0, 5);
    bool checked = check == 2 || check == 3;

    if (ph_bits(word, 16, 5) != 0x1f || (check && !checked))
        return false;
    if (what == 5 && (check || source != 31 || modifier))
        return false;
    if (what == 4 && (source != 31 || modifier != (checked ? 31 : 0)))
        return false;
    if (what < 3 && modifier != (checked ? 31 : 0))
        return false;
    if (what == 8 || what == 9) {
        if (!checked)
            return false;
        what -= 8;
    } else if (what == 2 && checked && source != 31) {
        return false;
    }
    switch (what) {
    case 0:
        return indirect(insn, PH_OP_JUMP, ph_arm64_reg(source));
    case 1:
        return indirect(insn, PH_OP_CALL, ph_arm64_reg(source));
    case 2:
    case 4:
    case 5:
        ph_arm64_op(insn, PH_OP_RETURN, 8, PH_REG_NONE);
        return true;
    default:
        return false;
    }
}

static bool lift_exception(uint32_t word, struct ph_insn *insn)
{
    uint32_t what = ph_bits(word, 21, 3), level = ph_bits(word, 0, 2);

    if (ph_bits(word, 2, 3))
        return false;
    if (what == 0 && level) /* svc, hvc, smc: registers as after a call to who knows where */
        return indirect(insn, PH_OP_CALL, ph_arm64_unknown());
    if (((what == 1 || what == 2) && level == 0) || (what == 5 && level)) { /* brk, hlt, dcps */
        ph_arm64_op(insn, PH_OP_TRAP, 0, PH_REG_NONE);
        return true;
    }
    return false;
}

/* Hints work on fixed registers at most: pacia1716 and its like on x17, xpaclri on x30 (whose value
 * stays the same address), chkfeat on x16. */
static bool lift_hint(uint32_t hint, struct ph_insn *insn)
{
    if (hint == 8 || hint == 10 || hint == 12 || hint == 14)
        return ph_arm64_clobber(insn, 17);
    return hint == 40 ? ph_arm64_clobber(insn, 16) : true;
}

static bool lift_system(uint32_t word, struct ph_insn *insn)
{
    uint32_t first = ph_bits(word, 19, 2), target = ph_bits(word, 0, 5);
    bool reads = word >> 21 & 1;

    if (reads) /* mrs, sysl */
        return ph_arm64_clobber(insn, target);
    if (first == 0 && target == 31 && ph_bits(word, 12, 7) == 0x32)
        return lift_hint(ph_bits(word, 5, 7), insn);
    if (first == 1 && ph_bits(word, 5, 14) == (3u << 11 | 7u << 7 | 4u << 3 | 1)) {
        for (int at = 0; at < 64; at += 16) { /* dc zva: the block is 64 bytes on today's cores */
            struct ph_op *op = ph_arm64_op(insn, PH_OP_STORE, 16, PH_REG_NONE);
            op->a = ph_arm64_unknown();
            op->memory.base = target == ZERO ? PH_REG_NONE : (uint8_t)target;
            op->memory.displacement = at;
        }
    }
    return true;
}

static bool lift_branch(uint32_t word, struct ph_insn *insn)
{
    switch (word >> 29) {
    case 0:
    case 4:
        return direct(insn, word >> 31 ? PH_OP_CALL : PH_OP_JUMP, ph_signed_bits(word, 0, 26));
    case 1:
    case 5:
        if (ph_bits(word, 25, 1)) /* tbz, tbnz */
            return direct(insn, PH_OP_BRANCH, ph_signed_bits(word, 5, 14));
        return direct(insn, PH_OP_BRANCH, ph_signed_bits(word, 5, 19)); /* cbz, cbnz */
    case 2:
        if (ph_bits(word, 24, 2))
            return false;
        if (ph_bits(word, 0, 4) >= 14) /* always */
            return direct(insn, PH_OP_JUMP, ph_signed_bits(word, 5, 19));
        return direct(insn, PH_OP_BRANCH, ph_signed_bits(word, 5, 19));
    case 6:
        if (ph_bits(word, 25, 1))
            return lift_branch_register(word, insn);
        if (ph_bits(word, 24, 1))
            return ph_bits(word, 22, 2) == 0 && lift_system(word, insn);
        return lift_exception(word, insn);
    default:
        return false;
    }
}

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
    unsigned width = width_of(word), amount = ph_bits(word, 10, 6);
    bool invert = word >> 21 & 1;
    struct ph_operand b = ph_arm64_reg(ph_bits(word, 16, 5));

    if (amount >= width * 8)
        return false;
    if (dst == ZERO)
        return true;
    if ((amount || invert) && dst == first) /* no room for the second operand's new value */
        return ph_arm64_clobber(insn, dst);
    if (!shifted(insn, width, dst, ph_bits(word, 22, 2), amount, &b))
        return ph_arm64_clobber(insn, dst);
    if (invert) {
        ph_arm64_put(insn, PH_OP_NOT, width, dst, b, (struct ph_operand){0});
        b = ph_arm64_reg(dst);
    }
    if (first != ZERO || (what != 1 && what != 2)) /* and, xor, or, but for mov and mvn */
        ph_arm64_put(insn, kinds[what], width, dst, ph_arm64_reg(first), b);
    else if (!insn->count)
        set(insn, width, dst, b);
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
    unsigned width = width_of(word), amount = ph_bits(word, 10, 6);
    bool subtract = word >> 30 & 1;
    struct ph_operand b = ph_arm64_reg(second);

    if (kind == 3 || amount >= width * 8)
        return false;
    if (dst == ZERO)
        return true;
    if (amount && dst == first) {
        if (!subtract && kind == 0 && amount < 8 && second != ZERO)
            return scaled_add(insn, width, dst, second, amount);
        return ph_arm64_clobber(insn, dst);
    }
    shifted(insn, width, dst, kind, amount, &b);
    if (first == ZERO && subtract)
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
    unsigned width = width_of(word), amount = ph_bits(word, 10, 3);
    enum ph_op_kind kind = word >> 30 & 1 ? PH_OP_SUB : PH_OP_ADD;
    struct ph_operand b = ph_arm64_reg(ph_bits(word, 16, 5));
    bool whole = option % 4 == 3 || (width == 4 && option % 4 == 2);

    if (ph_bits(word, 22, 2) || amount > 4)
        return false;
    if (dst == ZERO && word >> 29 & 1)
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
    const uint64_t of_zero[4] = {0, 1, mask_of(width_of(word)), 0};
    unsigned width = width_of(word);
    struct ph_operand b = ph_arm64_reg(second);

    if (ph_bits(word, 29, 1) || ph_bits(word, 11, 1))
        return false;
    if (dst == ZERO)
        return true;
    if (second == ZERO) {
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
    if (what < 8 || what > 10 || dst == ZERO || ph_bits(word, 29, 1))
        return ph_arm64_clobber(insn, dst);
    ph_arm64_put(insn, kinds[what - 8], width_of(word), dst, ph_arm64_reg(ph_bits(word, 5, 5)),
                 ph_arm64_reg(ph_bits(word, 16, 5)));
    return true;
}

/* madd, msub; the long and high forms are not followed. */
static bool lift_three_sources(uint32_t word, struct ph_insn *insn)
{
    uint32_t dst = ph_bits(word, 0, 5), added = ph_bits(word, 10, 5);
    unsigned width = width_of(word);
    bool subtract = word >> 15 & 1;

    if (ph_bits(word, 29, 2) || (ph_bits(word, 21, 3) && width == 4))
        return false;
    if (dst == ZERO || ph_bits(word, 21, 3) || dst == added)
        return ph_arm64_clobber(insn, dst);
    ph_arm64_put(insn, PH_OP_MUL, width, dst, ph_arm64_reg(ph_bits(word, 5, 5)),
                 ph_arm64_reg(ph_bits(word, 16, 5)));
    if (added != ZERO)
        ph_arm64_put(insn, subtract ? PH_OP_SUB : PH_OP_ADD, width, dst, ph_arm64_reg(added),
                     ph_arm64_reg(dst));
    else if (subtract)
        ph_arm64_put(insn, PH_OP_NEG, width, dst, ph_arm64_reg(dst), (struct ph_operand){0});
    return true;
}

static bool lift_registers(uint32_t word, struct ph_insn *insn)
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

static bool lift_vector(uint32_t word, struct ph_insn *insn)
{
    uint32_t dst = ph_bits(word, 0, 5), first = ph_bits(word, 5, 5);

    if (word >> 31 && word >> 24 != 0x9e && word >> 24 != 0xce)
        return false;
    if ((word & 0xfffffc00) == 0x9e660000 || (word & 0xfffffc00) == 0x1e260000) /* fmov x, d */
        return dst == ZERO || set(insn, width_of(word), dst, ph_arm64_vector(first));
    if ((word & 0xfffffc00) == 0x9e670000 || (word & 0xfffffc00) == 0x1e270000) /* fmov d, x */
        return set(insn, width_of(word), PH_ARM_VECTOR + dst, ph_arm64_reg(first));
    if (matches(word, to_general, sizeof(to_general) / sizeof(*to_general)))
        return ph_arm64_clobber(insn, dst);
    if (matches(word, move_zero, sizeof(move_zero) / sizeof(*move_zero)))
        return set(insn, 16, PH_ARM_VECTOR + dst, ph_arm64_constant(0));
    if ((word & 0xffe0fc00) == 0x4ea01c00 && first == ph_bits(word, 16, 5)) /* mov v.16b */
        return set(insn, 16, PH_ARM_VECTOR + dst, ph_arm64_vector(first));
    if ((word & 0xbfe0fc00) == 0x2e201c00 && first == ph_bits(word, 16, 5)) /* eor v, v */
        return set(insn, 16, PH_ARM_VECTOR + dst, ph_arm64_constant(0));
    ph_arm64_clobber_vector(insn, dst);
    return true;
}

/* --- all --- */

static bool lift_reserved(uint32_t word, struct ph_insn *insn)
{
    if (word >> 16)
        return false;
    ph_arm64_op(insn, PH_OP_TRAP, 0, PH_REG_NONE); /* udf */
    return true;
}

bool ph_lift_arm64(struct ph_slice bytes, uint64_t address, struct ph_insn *insn)
{
    static bool (*const lifters[16])(uint32_t, struct ph_insn *) = {
        [0] = lift_reserved, [4] = ph_arm64_memory,  [5] = lift_registers,  [6] = ph_arm64_memory,
        [7] = lift_vector,   [8] = lift_immediate,   [9] = lift_immediate,  [10] = lift_branch,
        [11] = lift_branch,  [12] = ph_arm64_memory, [13] = lift_registers, [14] = ph_arm64_memory,
        [15] = lift_vector};

    if (bytes.size < 4)
        return false;
    uint32_t word = ph_le32(bytes.data);
    insn->address = address;
    insn->size = 4;
    insn->count = 0;
    bool (*lift)(uint32_t, struct ph_insn *) = lifters[ph_bits(word, 25, 4)];
    return lift && lift(word, insn);
}
