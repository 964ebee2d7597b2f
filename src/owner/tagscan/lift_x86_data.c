/* lift_x86_data.c - moves, arithmetic and vectors. */
#include "owner/tagscan/x86.h"

/* --- moves --- */

void ph_x86_mov(struct ph_x86 *lift)
{
    const ZydisDecodedOperand *to = ph_x86_operand(lift, 0), *from = ph_x86_operand(lift, 1);
    unsigned width = ph_x86_bytes(to);

    if ((!ph_x86_is_memory(to) && !ph_x86_is_general(to)) ||
        (from->type == ZYDIS_OPERAND_TYPE_REGISTER && !ph_x86_is_general(from))) {
        ph_x86_writes(lift); /* segment, control and debug registers */
    } else if (ph_x86_is_memory(to)) {
        struct ph_operand value = ph_x86_read(lift, from, PH_X86_OWN);
        struct ph_op *op = ph_x86_put(lift, PH_OP_STORE, width, PH_REG_NONE);
        op->memory = ph_x86_memory(lift, to);
        op->a = value;
    } else if (ph_x86_is_memory(from) && width >= 4) {
        ph_x86_put(lift, PH_OP_LOAD, width, ph_x86_destination(to))->memory =
            ph_x86_memory(lift, from);
    } else {
        struct ph_operand value = ph_x86_read(lift, from, PH_X86_OWN + 1);
        ph_x86_set(lift, width, ph_x86_destination(to), value);
        ph_x86_finish(lift, to);
    }
}

/* 32-bit results of operations that fill the whole register lose their upper half. */
static void cut(struct ph_x86 *lift, unsigned width, unsigned dst)
{
    if (lift->wide && width == 4)
        ph_x86_set(lift, 4, dst, ph_x86_reg(dst));
}

void ph_x86_movzx(struct ph_x86 *lift)
{
    const ZydisDecodedOperand *to = ph_x86_operand(lift, 0), *from = ph_x86_operand(lift, 1);
    unsigned width = ph_x86_bytes(to);

    if (ph_x86_is_memory(from) && width >= 4) {
        ph_x86_put(lift, PH_OP_LOAD, ph_x86_bytes(from), ph_x86_destination(to))->memory =
            ph_x86_memory(lift, from);
        return;
    }
    struct ph_operand value = ph_x86_read(lift, from, PH_X86_OWN);
    ph_x86_put2(lift, PH_OP_AND, width, ph_x86_destination(to), value,
                ph_x86_constant(ph_x86_bytes(from) == 1 ? 0xff : 0xffff));
}

void ph_x86_movsx(struct ph_x86 *lift)
{
    const ZydisDecodedOperand *to = ph_x86_operand(lift, 0), *from = ph_x86_operand(lift, 1);
    unsigned width = ph_x86_bytes(to), dst = ph_x86_destination(to);

    if (width < 4) {
        ph_x86_writes(lift);
        return;
    }
    if (ph_x86_is_memory(from)) {
        struct ph_op *op = ph_x86_put(lift, PH_OP_LOAD, ph_x86_bytes(from), dst);
        op->memory = ph_x86_memory(lift, from);
        op->extend = true;
    } else {
        struct ph_operand value = ph_x86_read(lift, from, PH_X86_OWN);
        struct ph_op *op = ph_x86_put(lift, PH_OP_SET, ph_x86_bytes(from), dst);
        op->a = value;
        op->extend = true;
    }
    cut(lift, width, dst);
}

/* cbw, cwde, cdqe */
void ph_x86_extend_ax(struct ph_x86 *lift)
{
    unsigned width = lift->in->operand_width / 8u;

    if (width < 4) {
        ph_x86_writes(lift);
        return;
    }
    struct ph_op *op = ph_x86_put(lift, PH_OP_SET, width / 2, PH_X86_AX);
    op->a = ph_x86_reg(PH_X86_AX);
    op->extend = true;
    cut(lift, width, PH_X86_AX);
}

/* cwd, cdq, cqo */
void ph_x86_sign_dx(struct ph_x86 *lift)
{
    unsigned width = lift->in->operand_width / 8u;

    ph_x86_put2(lift, PH_OP_SAR, width, PH_X86_DX, ph_x86_reg(PH_X86_AX),
                ph_x86_constant(width * 8 - 1));
}

void ph_x86_lea(struct ph_x86 *lift)
{
    unsigned width = ph_x86_bytes(ph_x86_operand(lift, 0));
    struct ph_memory_operand memory = ph_x86_memory(lift, ph_x86_operand(lift, 1));

    if (width < 4 || memory.opaque)
        ph_x86_writes(lift);
    else
        ph_x86_put(lift, PH_OP_ADDRESS, width, ph_x86_destination(ph_x86_operand(lift, 0)))
            ->memory = memory;
}

void ph_x86_xchg(struct ph_x86 *lift)
{
    const ZydisDecodedOperand *first = ph_x86_operand(lift, 0), *second = ph_x86_operand(lift, 1);
    unsigned width = ph_x86_bytes(first);

    if (ph_x86_destination(second) == PH_X86_OWN ||
        (ph_x86_destination(first) == PH_X86_OWN && !ph_x86_is_memory(first))) {
        ph_x86_writes(lift);
        return;
    }
    struct ph_operand a = ph_x86_read(lift, first, PH_X86_OWN + 1);
    if (!ph_x86_is_memory(first)) {
        ph_x86_set(lift, ph_x86_pointer(lift), PH_X86_OWN + 1, a);
        ph_x86_set(lift, width, ph_x86_destination(first), ph_x86_reg(ph_x86_destination(second)));
        ph_x86_set(lift, width, ph_x86_destination(second), ph_x86_reg(PH_X86_OWN + 1));
        return;
    }
    struct ph_op *op = ph_x86_put(lift, PH_OP_STORE, width, PH_REG_NONE);
    op->memory = ph_x86_memory(lift, first);
    op->a = ph_x86_reg(ph_x86_destination(second));
    ph_x86_set(lift, width, ph_x86_destination(second), ph_x86_reg(PH_X86_OWN + 1));
}

/* --- arithmetic --- */

static void binary(struct ph_x86 *lift, enum ph_op_kind kind)
{
    const ZydisDecodedOperand *to = ph_x86_operand(lift, 0);
    struct ph_operand a = ph_x86_read(lift, to, PH_X86_OWN),
                      b = ph_x86_read(lift, ph_x86_operand(lift, 1), PH_X86_OWN + 1);

    ph_x86_put2(lift, kind, ph_x86_bytes(to), ph_x86_destination(to), a, b);
    ph_x86_finish(lift, to);
}

void ph_x86_add(struct ph_x86 *lift)
{
    binary(lift, PH_OP_ADD);
}

void ph_x86_sub(struct ph_x86 *lift)
{
    binary(lift, PH_OP_SUB);
}

void ph_x86_and(struct ph_x86 *lift)
{
    binary(lift, PH_OP_AND);
}

void ph_x86_or(struct ph_x86 *lift)
{
    binary(lift, PH_OP_OR);
}

void ph_x86_xor(struct ph_x86 *lift)
{
    binary(lift, PH_OP_XOR);
}

void ph_x86_shl(struct ph_x86 *lift)
{
    binary(lift, PH_OP_SHL);
}

void ph_x86_shr(struct ph_x86 *lift)
{
    binary(lift, PH_OP_SHR);
}

void ph_x86_sar(struct ph_x86 *lift)
{
    binary(lift, PH_OP_SAR);
}

static void unary(struct ph_x86 *lift, enum ph_op_kind kind, struct ph_operand b)
{
    const ZydisDecodedOperand *to = ph_x86_operand(lift, 0);
    struct ph_operand a = ph_x86_read(lift, to, PH_X86_OWN);

    ph_x86_put2(lift, kind, ph_x86_bytes(to), ph_x86_destination(to), a, b);
    ph_x86_finish(lift, to);
}

void ph_x86_inc(struct ph_x86 *lift)
{
    unary(lift, PH_OP_ADD, ph_x86_constant(1));
}

void ph_x86_dec(struct ph_x86 *lift)
{
    unary(lift, PH_OP_SUB, ph_x86_constant(1));
}

void ph_x86_not(struct ph_x86 *lift)
{
    unary(lift, PH_OP_NOT, ph_x86_constant(0));
}

void ph_x86_neg(struct ph_x86 *lift)
{
    unary(lift, PH_OP_NEG, ph_x86_constant(0));
}

void ph_x86_imul(struct ph_x86 *lift)
{
    unsigned visible = lift->in->operand_count_visible;

    if (visible < 2) {
        ph_x86_writes(lift);
        return;
    }
    struct ph_operand a = ph_x86_read(lift, ph_x86_operand(lift, visible - 2), PH_X86_OWN);
    struct ph_operand b = ph_x86_read(lift, ph_x86_operand(lift, visible - 1), PH_X86_OWN + 1);
    ph_x86_put2(lift, PH_OP_MUL, ph_x86_bytes(ph_x86_operand(lift, 0)),
                ph_x86_destination(ph_x86_operand(lift, 0)), a, b);
}

/* adc and sbb with a constant: compilers choose between two values that differ by one so. */
static void with_carry(struct ph_x86 *lift, enum ph_op_kind kind)
{
    const ZydisDecodedOperand *to = ph_x86_operand(lift, 0), *from = ph_x86_operand(lift, 1);
    unsigned width = ph_x86_bytes(to), dst = ph_x86_destination(to);

    if (!ph_x86_is_general(to) || dst == PH_X86_OWN || width < 4 ||
        from->type != ZYDIS_OPERAND_TYPE_IMMEDIATE) {
        ph_x86_writes(lift);
        return;
    }
    uint64_t constant = ph_x86_read(lift, from, PH_X86_OWN + 1).constant;
    ph_x86_put2(lift, kind, width, PH_X86_OWN, ph_x86_reg(dst), ph_x86_constant(constant + 1));
    ph_x86_put2(lift, kind, width, dst, ph_x86_reg(dst), ph_x86_constant(constant));
    ph_x86_put2(lift, PH_OP_CHOOSE, width, dst, ph_x86_reg(dst), ph_x86_reg(PH_X86_OWN));
}

void ph_x86_adc(struct ph_x86 *lift)
{
    with_carry(lift, PH_OP_ADD);
}

/* sbb r, r: 0, or -1 when the carry is set */
void ph_x86_sbb(struct ph_x86 *lift)
{
    const ZydisDecodedOperand *to = ph_x86_operand(lift, 0), *from = ph_x86_operand(lift, 1);

    if (ph_x86_is_general(to) && ph_x86_is_general(from) && to->reg.value == from->reg.value &&
        ph_x86_destination(to) != PH_X86_OWN)
        ph_x86_put2(lift, PH_OP_CHOOSE, ph_x86_bytes(to), ph_x86_destination(to),
                    ph_x86_constant(0), ph_x86_constant(UINT64_MAX));
    else
        with_carry(lift, PH_OP_SUB);
}

void ph_x86_cmp(struct ph_x86 *lift)
{
    const ZydisDecodedOperand *limit = ph_x86_operand(lift, 1);

    if (limit->type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
        ph_x86_put2(lift, PH_OP_COMPARE, ph_x86_bytes(ph_x86_operand(lift, 0)), PH_REG_NONE,
                    ph_x86_unknown(), ph_x86_constant(limit->imm.value.u));
}

void ph_x86_cmov(struct ph_x86 *lift)
{
    const ZydisDecodedOperand *to = ph_x86_operand(lift, 0);
    struct ph_operand b = ph_x86_read(lift, ph_x86_operand(lift, 1), PH_X86_OWN);

    ph_x86_put2(lift, PH_OP_CHOOSE, ph_x86_bytes(to), ph_x86_destination(to),
                ph_x86_reg(ph_x86_destination(to)), b);
}

void ph_x86_setcc(struct ph_x86 *lift)
{
    ph_x86_put2(lift, PH_OP_CHOOSE, 1, ph_x86_destination(ph_x86_operand(lift, 0)),
                ph_x86_constant(0), ph_x86_constant(1));
    ph_x86_finish(lift, ph_x86_operand(lift, 0));
}

/* --- vectors --- */

/* Moves of 4, 8 or 16 bytes between vector registers, memory and general registers, which clear
 * the rest of a vector register. */
static void vector_move(struct ph_x86 *lift, unsigned width)
{
    const ZydisDecodedOperand *to = ph_x86_operand(lift, 0), *from = ph_x86_operand(lift, 1);
    struct ph_op *op;

    if (ph_x86_is_xmm(to) && ph_x86_is_memory(from)) {
        ph_x86_put(lift, PH_OP_LOAD, width, ph_x86_vector(to->reg.value))->memory =
            ph_x86_memory(lift, from);
    } else if (ph_x86_is_memory(to) && ph_x86_is_xmm(from)) {
        op = ph_x86_put(lift, PH_OP_STORE, width, PH_REG_NONE);
        op->memory = ph_x86_memory(lift, to);
        op->a = ph_x86_reg(ph_x86_vector(from->reg.value));
    } else if (ph_x86_is_xmm(to) && ph_x86_is_xmm(from)) {
        ph_x86_set(lift, width, ph_x86_vector(to->reg.value),
                   ph_x86_reg(ph_x86_vector(from->reg.value)));
    } else if (ph_x86_is_xmm(to) && ph_x86_is_general(from)) {
        ph_x86_set(lift, width, ph_x86_vector(to->reg.value), ph_x86_reg(ph_x86_destination(from)));
    } else if (ph_x86_is_general(to) && ph_x86_is_xmm(from)) {
        ph_x86_set(lift, width, ph_x86_destination(to), ph_x86_reg(ph_x86_vector(from->reg.value)));
    } else {
        ph_x86_writes(lift);
    }
}

void ph_x86_move16(struct ph_x86 *lift)
{
    if (lift->in->operand_count_visible != 2)
        ph_x86_writes(lift); /* with a mask */
    else
        vector_move(lift, 16);
}

void ph_x86_movd(struct ph_x86 *lift)
{
    vector_move(lift, 4);
}

void ph_x86_movq(struct ph_x86 *lift)
{
    vector_move(lift, 8);
}

/* movss, movsd: between two registers the upper part stays. movsd is a string instruction, too. */
void ph_x86_move_scalar(struct ph_x86 *lift)
{
    const ZydisDecodedOperand *to = ph_x86_operand(lift, 0), *from = ph_x86_operand(lift, 1);
    bool single =
        lift->in->mnemonic == ZYDIS_MNEMONIC_MOVSS || lift->in->mnemonic == ZYDIS_MNEMONIC_VMOVSS;

    if (lift->in->meta.category == ZYDIS_CATEGORY_STRINGOP)
        ph_x86_string(lift);
    else if (lift->in->operand_count_visible != 2 || (ph_x86_is_xmm(to) && ph_x86_is_xmm(from)))
        ph_x86_writes(lift);
    else
        vector_move(lift, single ? 4 : 8);
}

/* xorps x, x and its like clear a register. */
void ph_x86_vector_xor(struct ph_x86 *lift)
{
    unsigned last = lift->in->operand_count_visible - 1u;
    const ZydisDecodedOperand *to = ph_x86_operand(lift, 0), *from = ph_x86_operand(lift, last);

    if (ph_x86_is_xmm(to) && ph_x86_is_xmm(from) && last <= 2 &&
        ph_x86_operand(lift, last - 1)->type == ZYDIS_OPERAND_TYPE_REGISTER &&
        ph_x86_operand(lift, last - 1)->reg.value == from->reg.value)
        ph_x86_set(lift, 16, ph_x86_vector(to->reg.value), ph_x86_constant(0));
    else
        ph_x86_writes(lift);
}

void ph_x86_vectors(struct ph_x86 *lift)
{
    ph_x86_put(lift, PH_OP_UNKNOWN, 0, PH_REG_NONE);
    ph_x86_writes(lift);
}
