/* lift_x86.c - x86 and x64 instructions as Zydis decodes them, put into the operations of insn.h.
 *
 * What has no row in `lifters` makes everything unknown that Zydis says it writes: registers
 * (hidden operands included), vector registers and memory.
 */
#include "owner/tagscan/x86.h"

enum { VECTORS = 16 };

/* --- pieces --- */

struct ph_op *ph_x86_put(struct ph_x86 *lift, enum ph_op_kind kind, unsigned width, unsigned dst)
{
    struct ph_op *op = &lift->insn->ops[lift->insn->count++];

    *op = (struct ph_op){.kind = kind, .width = (uint8_t)width, .dst = (uint8_t)dst};
    op->memory.base = op->memory.index = PH_REG_NONE;
    return op;
}

void ph_x86_put2(struct ph_x86 *lift, enum ph_op_kind kind, unsigned width, unsigned dst,
                 struct ph_operand a, struct ph_operand b)
{
    struct ph_op *op = ph_x86_put(lift, kind, width, dst);

    op->a = a;
    op->b = b;
}

void ph_x86_set(struct ph_x86 *lift, unsigned width, unsigned dst, struct ph_operand a)
{
    ph_x86_put(lift, PH_OP_SET, width, dst)->a = a;
}

/* The general register that a register is (a part of); `*high`: its second byte (ah ... bh). */
static bool general(ZydisRegister name, unsigned *number, bool *high)
{
    static const struct {
        ZydisRegister first, last;
        unsigned number;
        bool high;
    } ranges[] = {{ZYDIS_REGISTER_RAX, ZYDIS_REGISTER_R15, 0, false},
                  {ZYDIS_REGISTER_EAX, ZYDIS_REGISTER_R15D, 0, false},
                  {ZYDIS_REGISTER_AX, ZYDIS_REGISTER_R15W, 0, false},
                  {ZYDIS_REGISTER_AL, ZYDIS_REGISTER_BL, 0, false},
                  {ZYDIS_REGISTER_AH, ZYDIS_REGISTER_BH, 0, true},
                  {ZYDIS_REGISTER_SPL, ZYDIS_REGISTER_R15B, 4, false}};

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (name < ranges[i].first || name > ranges[i].last)
            continue;
        *number = (unsigned)(name - ranges[i].first) + ranges[i].number;
        *high = ranges[i].high;
        return true;
    }
    return false;
}

bool ph_x86_is_general(const ZydisDecodedOperand *operand)
{
    unsigned number;
    bool high;

    return operand->type == ZYDIS_OPERAND_TYPE_REGISTER &&
           general(operand->reg.value, &number, &high);
}

/* The number in insn.h of a whole, not high, general register; PH_REG_NONE when it is none. */
static unsigned general_number(ZydisRegister name)
{
    unsigned number;
    bool high;

    return general(name, &number, &high) && !high ? number : PH_REG_NONE;
}

unsigned ph_x86_vector(ZydisRegister name)
{
    static const ZydisRegister firsts[] = {ZYDIS_REGISTER_XMM0, ZYDIS_REGISTER_YMM0,
                                           ZYDIS_REGISTER_ZMM0};

    for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
        if (name >= firsts[i] && name < firsts[i] + VECTORS)
            return PH_X86_VECTOR + (unsigned)(name - firsts[i]);
    }
    return PH_REG_NONE;
}

bool ph_x86_is_xmm(const ZydisDecodedOperand *operand)
{
    return operand->type == ZYDIS_OPERAND_TYPE_REGISTER &&
           operand->reg.value >= ZYDIS_REGISTER_XMM0 && operand->reg.value <= ZYDIS_REGISTER_XMM15;
}

struct ph_memory_operand ph_x86_memory(const struct ph_x86 *lift,
                                       const ZydisDecodedOperand *operand)
{
    const ZydisDecodedOperandMem *mem = &operand->mem;
    struct ph_memory_operand memory = {
        .base = PH_REG_NONE, .index = PH_REG_NONE, .displacement = mem->disp.value};
    unsigned native = lift->wide ? 64 : 32;

    if (mem->segment == ZYDIS_REGISTER_FS || mem->segment == ZYDIS_REGISTER_GS ||
        lift->in->address_width != native) {
        memory.opaque = true;
        return memory;
    }
    if (mem->base == ZYDIS_REGISTER_RIP)
        memory.displacement += (int64_t)(lift->insn->address + lift->in->length);
    else if (mem->base != ZYDIS_REGISTER_NONE)
        memory.base = (uint8_t)general_number(mem->base);
    if (mem->index != ZYDIS_REGISTER_NONE) {
        memory.index = (uint8_t)general_number(mem->index);
        memory.scale = mem->scale;
        memory.opaque = memory.index == PH_REG_NONE; /* vectors of addresses */
    }
    return memory;
}

struct ph_operand ph_x86_read(struct ph_x86 *lift, const ZydisDecodedOperand *operand, unsigned own)
{
    unsigned number;
    bool high;

    switch (operand->type) {
    case ZYDIS_OPERAND_TYPE_IMMEDIATE:
        return ph_x86_constant(operand->imm.value.u);
    case ZYDIS_OPERAND_TYPE_MEMORY:
        ph_x86_put(lift, PH_OP_LOAD, ph_x86_bytes(operand), own)->memory =
            ph_x86_memory(lift, operand);
        return ph_x86_reg(own);
    case ZYDIS_OPERAND_TYPE_REGISTER:
        if (!general(operand->reg.value, &number, &high))
            return ph_x86_unknown();
        if (!high)
            return ph_x86_reg(number);
        ph_x86_put2(lift, PH_OP_SHR, 4, own, ph_x86_reg(number), ph_x86_constant(8));
        return ph_x86_reg(own);
    default:
        return ph_x86_unknown();
    }
}

unsigned ph_x86_destination(const ZydisDecodedOperand *operand)
{
    unsigned number;
    bool high;

    return operand->type == ZYDIS_OPERAND_TYPE_REGISTER &&
                   general(operand->reg.value, &number, &high) && !high
               ? number
               : PH_X86_OWN;
}

void ph_x86_finish(struct ph_x86 *lift, const ZydisDecodedOperand *operand)
{
    unsigned number;
    bool high;

    if (ph_x86_is_memory(operand)) {
        struct ph_op *op = ph_x86_put(lift, PH_OP_STORE, ph_x86_bytes(operand), PH_REG_NONE);
        op->memory = ph_x86_memory(lift, operand);
        op->a = ph_x86_reg(PH_X86_OWN);
    } else if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER &&
               general(operand->reg.value, &number, &high) && high) {
        struct ph_op *op = ph_x86_put(lift, PH_OP_INSERT, 1, number);
        op->a = ph_x86_reg(PH_X86_OWN);
        op->shift = 8;
    }
}

void ph_x86_all(struct ph_x86 *lift)
{
    if (lift->all)
        return;
    lift->all = true;
    /* cannot fail where the visible ones could be decoded */
    ZydisDecoderDecodeOperands(lift->decoder, lift->context, lift->in, lift->operands,
                               lift->in->operand_count);
}

/* --- everything that is not followed --- */

/* String instructions move their pointers, and repeated ones count. */
static void move_pointers(struct ph_x86 *lift)
{
    ZydisInstructionCategory category = lift->in->meta.category;

    if (category != ZYDIS_CATEGORY_STRINGOP && category != ZYDIS_CATEGORY_IOSTRINGOP)
        return;
    ph_x86_put(lift, PH_OP_UNKNOWN, 8, PH_X86_SI);
    ph_x86_put(lift, PH_OP_UNKNOWN, 8, PH_X86_DI);
    ph_x86_put(lift, PH_OP_UNKNOWN, 8, PH_X86_CX);
}

void ph_x86_writes(struct ph_x86 *lift)
{
    ph_x86_all(lift);
    for (unsigned i = 0; i < lift->in->operand_count; i++) {
        const ZydisDecodedOperand *written = ph_x86_operand(lift, i);
        unsigned number;
        bool high;

        if (!(written->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) ||
            lift->insn->count == PH_OPS_MOST - 3)
            continue;
        if (ph_x86_is_memory(written)) {
            unsigned bytes = ph_x86_bytes(written);
            bool simple = bytes <= 16 && bytes && !(bytes & (bytes - 1));
            struct ph_op *op = ph_x86_put(lift, PH_OP_STORE, simple ? bytes : 0, PH_REG_NONE);
            op->memory = ph_x86_memory(lift, written);
            op->a = ph_x86_unknown();
        } else if (written->type == ZYDIS_OPERAND_TYPE_REGISTER) {
            if (general(written->reg.value, &number, &high))
                ph_x86_put(lift, PH_OP_UNKNOWN, 8, number);
            else if (ph_x86_vector(written->reg.value) != PH_REG_NONE)
                ph_x86_put(lift, PH_OP_UNKNOWN, 16, ph_x86_vector(written->reg.value));
        }
    }
    move_pointers(lift);
}

/* --- the table --- */

static ph_x86_lifter *const lifters[ZYDIS_MNEMONIC_MAX_VALUE + 1] = {
    [ZYDIS_MNEMONIC_MOV] = ph_x86_mov,
    [ZYDIS_MNEMONIC_MOVZX] = ph_x86_movzx,
    [ZYDIS_MNEMONIC_MOVSX] = ph_x86_movsx,
    [ZYDIS_MNEMONIC_MOVSXD] = ph_x86_movsx,
    [ZYDIS_MNEMONIC_CBW] = ph_x86_extend_ax,
    [ZYDIS_MNEMONIC_CWDE] = ph_x86_extend_ax,
    [ZYDIS_MNEMONIC_CDQE] = ph_x86_extend_ax,
    [ZYDIS_MNEMONIC_CWD] = ph_x86_sign_dx,
    [ZYDIS_MNEMONIC_CDQ] = ph_x86_sign_dx,
    [ZYDIS_MNEMONIC_CQO] = ph_x86_sign_dx,
    [ZYDIS_MNEMONIC_LEA] = ph_x86_lea,
    [ZYDIS_MNEMONIC_XCHG] = ph_x86_xchg,
    [ZYDIS_MNEMONIC_ADD] = ph_x86_add,
    [ZYDIS_MNEMONIC_SUB] = ph_x86_sub,
    [ZYDIS_MNEMONIC_AND] = ph_x86_and,
    [ZYDIS_MNEMONIC_OR] = ph_x86_or,
    [ZYDIS_MNEMONIC_XOR] = ph_x86_xor,
    [ZYDIS_MNEMONIC_SHL] = ph_x86_shl,
    [ZYDIS_MNEMONIC_SHR] = ph_x86_shr,
    [ZYDIS_MNEMONIC_SAR] = ph_x86_sar,
    [ZYDIS_MNEMONIC_INC] = ph_x86_inc,
    [ZYDIS_MNEMONIC_DEC] = ph_x86_dec,
    [ZYDIS_MNEMONIC_NOT] = ph_x86_not,
    [ZYDIS_MNEMONIC_NEG] = ph_x86_neg,
    [ZYDIS_MNEMONIC_IMUL] = ph_x86_imul,
    [ZYDIS_MNEMONIC_SBB] = ph_x86_sbb,
    [ZYDIS_MNEMONIC_ADC] = ph_x86_adc,
    [ZYDIS_MNEMONIC_CMP] = ph_x86_cmp,
    [ZYDIS_MNEMONIC_PUSH] = ph_x86_push,
    [ZYDIS_MNEMONIC_PUSHF] = ph_x86_pushf,
    [ZYDIS_MNEMONIC_PUSHFD] = ph_x86_pushf,
    [ZYDIS_MNEMONIC_PUSHFQ] = ph_x86_pushf,
    [ZYDIS_MNEMONIC_POP] = ph_x86_pop,
    [ZYDIS_MNEMONIC_POPF] = ph_x86_popf,
    [ZYDIS_MNEMONIC_POPFD] = ph_x86_popf,
    [ZYDIS_MNEMONIC_POPFQ] = ph_x86_popf,
    [ZYDIS_MNEMONIC_PUSHAD] = ph_x86_pushad,
    [ZYDIS_MNEMONIC_POPAD] = ph_x86_popad,
    [ZYDIS_MNEMONIC_LEAVE] = ph_x86_leave,
    [ZYDIS_MNEMONIC_STOSB] = ph_x86_string,
    [ZYDIS_MNEMONIC_STOSW] = ph_x86_string,
    [ZYDIS_MNEMONIC_STOSD] = ph_x86_string,
    [ZYDIS_MNEMONIC_STOSQ] = ph_x86_string,
    [ZYDIS_MNEMONIC_MOVSB] = ph_x86_string,
    [ZYDIS_MNEMONIC_MOVSW] = ph_x86_string,
    [ZYDIS_MNEMONIC_MOVSD] = ph_x86_move_scalar,
    [ZYDIS_MNEMONIC_MOVSQ] = ph_x86_string,
    [ZYDIS_MNEMONIC_MOVSS] = ph_x86_move_scalar,
    [ZYDIS_MNEMONIC_VMOVSS] = ph_x86_move_scalar,
    [ZYDIS_MNEMONIC_VMOVSD] = ph_x86_move_scalar,
    [ZYDIS_MNEMONIC_MOVAPS] = ph_x86_move16,
    [ZYDIS_MNEMONIC_MOVUPS] = ph_x86_move16,
    [ZYDIS_MNEMONIC_MOVAPD] = ph_x86_move16,
    [ZYDIS_MNEMONIC_MOVUPD] = ph_x86_move16,
    [ZYDIS_MNEMONIC_MOVDQA] = ph_x86_move16,
    [ZYDIS_MNEMONIC_MOVDQU] = ph_x86_move16,
    [ZYDIS_MNEMONIC_MOVNTPS] = ph_x86_move16,
    [ZYDIS_MNEMONIC_MOVNTDQ] = ph_x86_move16,
    [ZYDIS_MNEMONIC_LDDQU] = ph_x86_move16,
    [ZYDIS_MNEMONIC_VMOVAPS] = ph_x86_move16,
    [ZYDIS_MNEMONIC_VMOVUPS] = ph_x86_move16,
    [ZYDIS_MNEMONIC_VMOVAPD] = ph_x86_move16,
    [ZYDIS_MNEMONIC_VMOVUPD] = ph_x86_move16,
    [ZYDIS_MNEMONIC_VMOVDQA] = ph_x86_move16,
    [ZYDIS_MNEMONIC_VMOVDQU] = ph_x86_move16,
    [ZYDIS_MNEMONIC_MOVD] = ph_x86_movd,
    [ZYDIS_MNEMONIC_VMOVD] = ph_x86_movd,
    [ZYDIS_MNEMONIC_MOVQ] = ph_x86_movq,
    [ZYDIS_MNEMONIC_VMOVQ] = ph_x86_movq,
    [ZYDIS_MNEMONIC_XORPS] = ph_x86_vector_xor,
    [ZYDIS_MNEMONIC_XORPD] = ph_x86_vector_xor,
    [ZYDIS_MNEMONIC_PXOR] = ph_x86_vector_xor,
    [ZYDIS_MNEMONIC_VXORPS] = ph_x86_vector_xor,
    [ZYDIS_MNEMONIC_VXORPD] = ph_x86_vector_xor,
    [ZYDIS_MNEMONIC_VPXOR] = ph_x86_vector_xor,
    [ZYDIS_MNEMONIC_VZEROALL] = ph_x86_vectors,
    [ZYDIS_MNEMONIC_FXRSTOR] = ph_x86_vectors,
    [ZYDIS_MNEMONIC_FXRSTOR64] = ph_x86_vectors,
    [ZYDIS_MNEMONIC_XRSTOR] = ph_x86_vectors,
    [ZYDIS_MNEMONIC_XRSTOR64] = ph_x86_vectors,
    [ZYDIS_MNEMONIC_XRSTORS] = ph_x86_vectors,
    [ZYDIS_MNEMONIC_XRSTORS64] = ph_x86_vectors,
    [ZYDIS_MNEMONIC_CALL] = ph_x86_call,
    [ZYDIS_MNEMONIC_JMP] = ph_x86_jmp,
    [ZYDIS_MNEMONIC_XBEGIN] = ph_x86_xbegin,
    [ZYDIS_MNEMONIC_LOOP] = ph_x86_loop,
    [ZYDIS_MNEMONIC_LOOPE] = ph_x86_loop,
    [ZYDIS_MNEMONIC_LOOPNE] = ph_x86_loop,
    [ZYDIS_MNEMONIC_RET] = ph_x86_ret,
    [ZYDIS_MNEMONIC_IRET] = ph_x86_trap,
    [ZYDIS_MNEMONIC_IRETD] = ph_x86_trap,
    [ZYDIS_MNEMONIC_IRETQ] = ph_x86_trap,
    [ZYDIS_MNEMONIC_SYSRET] = ph_x86_trap,
    [ZYDIS_MNEMONIC_SYSEXIT] = ph_x86_trap,
    [ZYDIS_MNEMONIC_INT] = ph_x86_int,
    [ZYDIS_MNEMONIC_INT3] = ph_x86_trap,
    [ZYDIS_MNEMONIC_UD0] = ph_x86_trap,
    [ZYDIS_MNEMONIC_UD1] = ph_x86_trap,
    [ZYDIS_MNEMONIC_UD2] = ph_x86_trap,
    [ZYDIS_MNEMONIC_HLT] = ph_x86_trap,
};

/* The conditional ones are known by their category: sixteen names each. */
static ph_x86_lifter *lifter_of(const ZydisDecodedInstruction *in)
{
    if (lifters[in->mnemonic])
        return lifters[in->mnemonic];
    switch (in->meta.category) {
    case ZYDIS_CATEGORY_COND_BR:
        return ph_x86_branch;
    case ZYDIS_CATEGORY_CMOV:
        return ph_x86_cmov;
    case ZYDIS_CATEGORY_SETCC:
        return ph_x86_setcc;
    default:
        return ph_x86_writes;
    }
}

/* These change flags only: their operands are not worth the time. */
static bool changes_nothing(ZydisMnemonic mnemonic)
{
    return mnemonic == ZYDIS_MNEMONIC_TEST || mnemonic == ZYDIS_MNEMONIC_NOP;
}

bool ph_lift_x86(struct ph_slice bytes, uint64_t address, bool wide, struct ph_insn *insn)
{
    ZydisDecoder decoder;
    ZydisDecoderContext context;
    ZydisDecodedInstruction in;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];

    /* cannot fail with these modes */
    ZydisDecoderInit(&decoder, wide ? ZYDIS_MACHINE_MODE_LONG_64 : ZYDIS_MACHINE_MODE_LEGACY_32,
                     wide ? ZYDIS_STACK_WIDTH_64 : ZYDIS_STACK_WIDTH_32);
    if (!ZYAN_SUCCESS(
            ZydisDecoderDecodeInstruction(&decoder, &context, bytes.data, bytes.size, &in)))
        return false;
    insn->address = address;
    insn->size = in.length;
    insn->count = 0;
    if (changes_nothing(in.mnemonic))
        return true;

    struct ph_x86 lift = {.decoder = &decoder,
                          .context = &context,
                          .in = &in,
                          .operands = operands,
                          .insn = insn,
                          .wide = wide};
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeOperands(&decoder, &context, &in, operands,
                                                 in.operand_count_visible)))
        return false;
    lifter_of (&in)(&lift);
    return true;
}
