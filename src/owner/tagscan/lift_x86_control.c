/* lift_x86_control.c - the stack, strings, calls and jumps. */
#include "owner/tagscan/x86.h"

enum { STACK_ALL = 8 /* registers that pushad and popad move */ };

/* --- the stack --- */

static void move_sp(struct ph_x86 *lift, int bytes)
{
    ph_x86_put2(lift, bytes < 0 ? PH_OP_SUB : PH_OP_ADD, ph_x86_pointer(lift), PH_X86_SP,
                ph_x86_reg(PH_X86_SP), ph_x86_constant((uint64_t)(bytes < 0 ? -bytes : bytes)));
}

static struct ph_op *at_sp(struct ph_x86 *lift, enum ph_op_kind kind, unsigned width, unsigned dst,
                           int64_t displacement)
{
    struct ph_op *op = ph_x86_put(lift, kind, width, dst);

    op->memory.base = PH_X86_SP;
    op->memory.displacement = displacement;
    return op;
}

/* Bytes that push and pop move; 0: a size that is not followed. */
static unsigned stack_step(const struct ph_x86 *lift)
{
    unsigned width = lift->in->operand_width / 8u;

    return width == 2 ? 2 : ph_x86_pointer(lift);
}

void ph_x86_push(struct ph_x86 *lift)
{
    unsigned step = stack_step(lift);
    struct ph_operand value = ph_x86_read(lift, ph_x86_operand(lift, 0), PH_X86_OWN);

    if (value.is_register && value.reg == PH_X86_SP) {
        ph_x86_set(lift, step, PH_X86_OWN, value);
        value = ph_x86_reg(PH_X86_OWN);
    }
    move_sp(lift, -(int)step);
    at_sp(lift, PH_OP_STORE, step, PH_REG_NONE, 0)->a = value;
}

void ph_x86_pushf(struct ph_x86 *lift)
{
    unsigned step = stack_step(lift);

    move_sp(lift, -(int)step);
    at_sp(lift, PH_OP_STORE, step, PH_REG_NONE, 0)->a = ph_x86_unknown();
}

void ph_x86_pop(struct ph_x86 *lift)
{
    const ZydisDecodedOperand *to = ph_x86_operand(lift, 0);
    unsigned step = stack_step(lift);

    at_sp(lift, PH_OP_LOAD, step, PH_X86_OWN, 0);
    move_sp(lift, (int)step);
    if (ph_x86_is_general(to))
        ph_x86_set(lift, step, ph_x86_destination(to), ph_x86_reg(PH_X86_OWN));
    else
        ph_x86_finish(lift, to);
}

void ph_x86_popf(struct ph_x86 *lift)
{
    move_sp(lift, (int)stack_step(lift));
}

void ph_x86_pushad(struct ph_x86 *lift)
{
    move_sp(lift, -4 * STACK_ALL);
    for (unsigned i = 0; i < STACK_ALL; i++)
        at_sp(lift, PH_OP_STORE, 4, PH_REG_NONE, 4 * (STACK_ALL - 1 - (int)i))->a =
            i == PH_X86_SP ? ph_x86_unknown() : ph_x86_reg(i);
}

void ph_x86_popad(struct ph_x86 *lift)
{
    for (unsigned i = 0; i < STACK_ALL; i++) {
        if (i != PH_X86_SP)
            at_sp(lift, PH_OP_LOAD, 4, i, 4 * (STACK_ALL - 1 - (int)i));
    }
    move_sp(lift, 4 * STACK_ALL);
}

void ph_x86_leave(struct ph_x86 *lift)
{
    ph_x86_set(lift, ph_x86_pointer(lift), PH_X86_SP, ph_x86_reg(PH_X86_BP));
    at_sp(lift, PH_OP_LOAD, ph_x86_pointer(lift), PH_X86_BP, 0);
    move_sp(lift, (int)ph_x86_pointer(lift));
}

/* --- strings: the direction is up, as the calling conventions have it --- */

static void lift_stos(struct ph_x86 *lift, unsigned width, bool repeated)
{
    struct ph_op *op = ph_x86_put(lift, PH_OP_STORE, repeated ? 0 : width, PH_REG_NONE);

    op->memory.base = PH_X86_DI;
    op->a = repeated ? ph_x86_unknown() : ph_x86_reg(PH_X86_AX);
    if (repeated) {
        ph_x86_put(lift, PH_OP_UNKNOWN, 8, PH_X86_DI);
        ph_x86_set(lift, ph_x86_pointer(lift), PH_X86_CX, ph_x86_constant(0));
    } else {
        ph_x86_put2(lift, PH_OP_ADD, ph_x86_pointer(lift), PH_X86_DI, ph_x86_reg(PH_X86_DI),
                    ph_x86_constant(width));
    }
}

static void lift_movs(struct ph_x86 *lift, unsigned width, bool repeated)
{
    struct ph_op *op;

    if (!repeated)
        ph_x86_put(lift, PH_OP_LOAD, width, PH_X86_OWN)->memory.base = PH_X86_SI;
    op = ph_x86_put(lift, PH_OP_STORE, repeated ? 0 : width, PH_REG_NONE);
    op->memory.base = PH_X86_DI;
    op->a = repeated ? ph_x86_unknown() : ph_x86_reg(PH_X86_OWN);
    for (unsigned number = PH_X86_SI; number <= PH_X86_DI; number++) {
        if (repeated)
            ph_x86_put(lift, PH_OP_UNKNOWN, 8, number);
        else
            ph_x86_put2(lift, PH_OP_ADD, ph_x86_pointer(lift), number, ph_x86_reg(number),
                        ph_x86_constant(width));
    }
    if (repeated)
        ph_x86_set(lift, ph_x86_pointer(lift), PH_X86_CX, ph_x86_constant(0));
}

void ph_x86_string(struct ph_x86 *lift)
{
    bool repeated = lift->in->attributes &
                    (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE);
    const ZydisDecodedOperand *to = ph_x86_operand(lift, 0), *from = ph_x86_operand(lift, 1);

    ph_x86_all(lift);
    unsigned width = ph_x86_bytes(to);
    if (ph_x86_memory(lift, to).opaque ||
        (ph_x86_is_memory(from) && ph_x86_memory(lift, from).opaque))
        ph_x86_writes(lift);
    else if (ph_x86_is_memory(from))
        lift_movs(lift, width, repeated);
    else
        lift_stos(lift, width, repeated);
}

/* --- transfers --- */

static void transfer(struct ph_x86 *lift, enum ph_op_kind kind)
{
    const ZydisDecodedOperand *to = ph_x86_operand(lift, 0);
    struct ph_op *op = ph_x86_put(lift, kind, ph_x86_pointer(lift), PH_REG_NONE);

    if (to->type == ZYDIS_OPERAND_TYPE_IMMEDIATE && to->imm.is_relative) {
        op->target = PH_TARGET_DIRECT;
        op->target_address = lift->insn->address + lift->in->length + to->imm.value.u;
        if (!lift->wide)
            op->target_address &= UINT32_MAX;
    } else if (ph_x86_is_memory(to) && !ph_x86_memory(lift, to).opaque &&
               ph_x86_bytes(to) == ph_x86_pointer(lift)) {
        op->target = PH_TARGET_MEMORY;
        op->memory = ph_x86_memory(lift, to);
    } else {
        op->target = PH_TARGET_REGISTER;
        op->a = ph_x86_is_general(to) ? ph_x86_reg(ph_x86_destination(to)) : ph_x86_unknown();
    }
}

void ph_x86_call(struct ph_x86 *lift)
{
    const ZydisDecodedOperand *to = ph_x86_operand(lift, 0);

    if (to->type == ZYDIS_OPERAND_TYPE_IMMEDIATE && to->imm.is_relative && !to->imm.value.u) {
        /* call to the next instruction: how x86 code learns where it is */
        move_sp(lift, -(int)ph_x86_pointer(lift));
        at_sp(lift, PH_OP_STORE, ph_x86_pointer(lift), PH_REG_NONE, 0)->a =
            ph_x86_constant(lift->insn->address + lift->in->length);
        return;
    }
    transfer(lift, PH_OP_CALL);
}

void ph_x86_jmp(struct ph_x86 *lift)
{
    transfer(lift, PH_OP_JUMP);
}

void ph_x86_branch(struct ph_x86 *lift)
{
    transfer(lift, PH_OP_BRANCH);
}

void ph_x86_xbegin(struct ph_x86 *lift)
{
    ph_x86_put(lift, PH_OP_UNKNOWN, 8, PH_X86_AX);
    transfer(lift, PH_OP_BRANCH);
}

void ph_x86_loop(struct ph_x86 *lift)
{
    ph_x86_put(lift, PH_OP_UNKNOWN, 8, PH_X86_CX);
    transfer(lift, PH_OP_BRANCH);
}

void ph_x86_ret(struct ph_x86 *lift)
{
    bool taken = lift->in->operand_count_visible &&
                 ph_x86_operand(lift, 0)->type == ZYDIS_OPERAND_TYPE_IMMEDIATE;

    ph_x86_put(lift, PH_OP_RETURN, ph_x86_pointer(lift), PH_REG_NONE)->a =
        ph_x86_constant(taken ? ph_x86_operand(lift, 0)->imm.value.u & 0xffff : 0);
}

void ph_x86_trap(struct ph_x86 *lift)
{
    ph_x86_put(lift, PH_OP_TRAP, 0, PH_REG_NONE);
}

/* int 29h ends everything; other interrupts may answer in eax */
void ph_x86_int(struct ph_x86 *lift)
{
    if ((ph_x86_operand(lift, 0)->imm.value.u & 0xff) == 0x29)
        ph_x86_trap(lift);
    else
        ph_x86_put(lift, PH_OP_UNKNOWN, 8, PH_X86_AX);
}
