/* lift_arm64.c - ARM64 (A64) instructions lifted: immediates and branches here; registers and
 * vectors in lift_arm64_registers.c, loads and stores in lift_arm64_memory.c.
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

/* --- data processing with immediates: bits 28-26 are 100 --- */

static bool lift_address(uint32_t word, struct ph_insn *insn)
{
    uint64_t offset =
        (uint64_t)ph_signed_bits(word, 5, 19) << 2 | ph_bits(word, 29, 2); /* immhi:immlo */
    uint64_t address = insn->address + offset;

    if (word >> 31) /* adrp */
        address = (insn->address & ~0xfffull) + (offset << 12);
    if (ph_bits(word, 0, 5) != PH_ARM64_ZERO)
        ph_arm64_set(insn, 8, ph_bits(word, 0, 5), ph_arm64_constant(address));
    return true;
}

static bool lift_add_immediate(uint32_t word, struct ph_insn *insn)
{
    uint32_t dst = ph_bits(word, 0, 5);
    bool flags = word >> 29 & 1;
    uint64_t immediate = (uint64_t)ph_bits(word, 10, 12) << (word >> 22 & 1 ? 12 : 0);
    struct ph_operand source = ph_arm64_reg_sp(ph_bits(word, 5, 5));

    if (flags && dst == PH_ARM64_ZERO) { /* cmp, cmn */
        if (word >> 30 & 1)
            ph_arm64_put(insn, PH_OP_COMPARE, ph_arm64_width(word), PH_REG_NONE, source,
                         ph_arm64_constant(immediate));
        return true;
    }
    if (!immediate)
        return ph_arm64_set(insn, ph_arm64_width(word), dst, source);
    ph_arm64_put(insn, word >> 30 & 1 ? PH_OP_SUB : PH_OP_ADD, ph_arm64_width(word), dst, source,
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
    *mask = element & ph_arm64_mask(ph_arm64_width(word));
    return true;
}

static bool lift_logical_immediate(uint32_t word, struct ph_insn *insn)
{
    static const enum ph_op_kind kinds[4] = {PH_OP_AND, PH_OP_OR, PH_OP_XOR, PH_OP_AND};
    uint32_t dst = ph_bits(word, 0, 5), source = ph_bits(word, 5, 5), what = ph_bits(word, 29, 2);
    uint64_t mask;

    if (!bit_mask(word, &mask))
        return false;
    if (what == 3 && dst == PH_ARM64_ZERO) /* tst; without flags, 31 is sp */
        return true;
    if (what == 1 && source == PH_ARM64_ZERO)
        return ph_arm64_set(insn, ph_arm64_width(word), dst, ph_arm64_constant(mask));
    ph_arm64_put(insn, kinds[what], ph_arm64_width(word), dst, ph_arm64_reg(source),
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
        ph_arm64_set(insn, 4, dst, ph_arm64_reg(dst));
}

static bool lift_move_wide(uint32_t word, struct ph_insn *insn)
{
    uint32_t dst = ph_bits(word, 0, 5), what = ph_bits(word, 29, 2);
    unsigned shift = ph_bits(word, 21, 2) * 16, width = ph_arm64_width(word);
    uint64_t immediate = (uint64_t)ph_bits(word, 5, 16) << shift;

    if (what == 1 || shift >= width * 8)
        return false;
    if (dst == PH_ARM64_ZERO)
        return true;
    if (what == 3) /* movk */
        insert(insn, width, dst, 2, shift, ph_arm64_constant(ph_bits(word, 5, 16)));
    else
        ph_arm64_set(insn, width, dst,
                     ph_arm64_constant((what ? immediate : ~immediate) & ph_arm64_mask(width)));
    return true;
}

/* sbfm: shifted up until the field's sign is the register's, then down to its place. */
static bool signed_field(struct ph_insn *insn, uint32_t word, unsigned lowest, unsigned highest)
{
    unsigned width = ph_arm64_width(word), bits = width * 8;
    uint32_t dst = ph_bits(word, 0, 5);
    struct ph_operand source = ph_arm64_reg(ph_bits(word, 5, 5));

    if (lowest == 0 && (highest == 7 || highest == 15 || highest == 31)) { /* sxtb, sxth, sxtw */
        struct ph_op *op = ph_arm64_op(insn, PH_OP_SET, (highest + 1) / 8, dst);
        op->a = source;
        op->extend = true;
        return width == 8 || ph_arm64_set(insn, 4, dst, ph_arm64_reg(dst));
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
    unsigned width = ph_arm64_width(word), bits = width * 8;
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
    unsigned width = ph_arm64_width(word), bits = width * 8, count = highest + 1;
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
    if (ph_bits(word, 0, 5) == PH_ARM64_ZERO)
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
    if (ph_bits(word, 10, 6) || ph_bits(word, 0, 5) == PH_ARM64_ZERO)
        return ph_arm64_clobber(insn, ph_bits(word, 0, 5));
    return ph_arm64_set(insn, ph_arm64_width(word), ph_bits(word, 0, 5),
                        ph_arm64_reg(ph_bits(word, 16, 5)));
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
            op->memory.base = target == PH_ARM64_ZERO ? PH_REG_NONE : (uint8_t)target;
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
        [0] = lift_reserved,    [4] = ph_arm64_memory,     [5] = ph_arm64_registers,
        [6] = ph_arm64_memory,  [7] = ph_arm64_vectors,    [8] = lift_immediate,
        [9] = lift_immediate,   [10] = lift_branch,        [11] = lift_branch,
        [12] = ph_arm64_memory, [13] = ph_arm64_registers, [14] = ph_arm64_memory,
        [15] = ph_arm64_vectors};

    if (bytes.size < 4)
        return false;
    uint32_t word = ph_le32(bytes.data);
    insn->address = address;
    insn->size = 4;
    insn->count = 0;
    bool (*lift)(uint32_t, struct ph_insn *) = lifters[ph_bits(word, 25, 4)];
    return lift && lift(word, insn);
}
