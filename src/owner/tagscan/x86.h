/* x86.h - what the parts of the x86 and x64 lifter share. Internal to lift_x86*.c. */
#ifndef PH_OWNER_X86_H
#define PH_OWNER_X86_H

#include <Zydis/Zydis.h>

#include "owner/tagscan/insn.h"

/* One instruction being lifted. */
struct ph_x86 {
    const ZydisDecoder *decoder;
    const ZydisDecoderContext *context;
    const ZydisDecodedInstruction *in;
    ZydisDecodedOperand *operands;
    bool all; /* the hidden operands are there, too */
    struct ph_insn *insn;
    bool wide; /* 64-bit code */
};

struct ph_op *ph_x86_put(struct ph_x86 *lift, enum ph_op_kind kind, unsigned width, unsigned dst);
void ph_x86_put2(struct ph_x86 *lift, enum ph_op_kind kind, unsigned width, unsigned dst,
                 struct ph_operand a, struct ph_operand b);
void ph_x86_set(struct ph_x86 *lift, unsigned width, unsigned dst, struct ph_operand a);

static inline struct ph_operand ph_x86_reg(unsigned number)
{
    return (struct ph_operand){.is_register = true, .reg = (uint8_t)number};
}

static inline struct ph_operand ph_x86_constant(uint64_t value)
{
    return (struct ph_operand){.constant = value};
}

static inline struct ph_operand ph_x86_unknown(void)
{
    return ph_x86_reg(PH_REG_NONE);
}

static inline unsigned ph_x86_pointer(const struct ph_x86 *lift)
{
    return lift->wide ? 8 : 4;
}

static inline const ZydisDecodedOperand *ph_x86_operand(const struct ph_x86 *lift, unsigned number)
{
    return &lift->operands[number];
}

static inline unsigned ph_x86_bytes(const ZydisDecodedOperand *operand)
{
    return operand->size / 8u;
}

static inline bool ph_x86_is_memory(const ZydisDecodedOperand *operand)
{
    return operand->type == ZYDIS_OPERAND_TYPE_MEMORY;
}

/* Decodes the hidden operands, too, behind the visible ones. */
void ph_x86_all(struct ph_x86 *lift);
bool ph_x86_is_general(const ZydisDecodedOperand *operand);
/* xmm0-15, also as the low part of ymm and zmm; PH_REG_NONE: another register. */
unsigned ph_x86_vector(ZydisRegister name);
bool ph_x86_is_xmm(const ZydisDecodedOperand *operand);
struct ph_memory_operand ph_x86_memory(const struct ph_x86 *lift,
                                       const ZydisDecodedOperand *operand);
/* The value of an operand; what cannot be named at once is put into the lifter's register `own`. */
struct ph_operand ph_x86_read(struct ph_x86 *lift, const ZydisDecodedOperand *operand,
                              unsigned own);
/* Where an operation that ends in `operand` puts its result at first, and how it gets from there
 * to where it belongs. */
unsigned ph_x86_destination(const ZydisDecodedOperand *operand);
void ph_x86_finish(struct ph_x86 *lift, const ZydisDecodedOperand *operand);

/* --- lifters, by mnemonic or kind --- */
typedef void ph_x86_lifter(struct ph_x86 *lift);
/* What is written becomes unknown. */
ph_x86_lifter ph_x86_writes;
ph_x86_lifter ph_x86_adc, ph_x86_add, ph_x86_and, ph_x86_branch, ph_x86_call, ph_x86_cmov,
    ph_x86_cmp, ph_x86_dec, ph_x86_extend_ax, ph_x86_imul, ph_x86_inc, ph_x86_int, ph_x86_jmp,
    ph_x86_lea, ph_x86_leave, ph_x86_loop, ph_x86_mov, ph_x86_movd, ph_x86_move16,
    ph_x86_move_scalar, ph_x86_movq, ph_x86_movsx, ph_x86_movzx, ph_x86_neg, ph_x86_not, ph_x86_or,
    ph_x86_pop, ph_x86_popad, ph_x86_popf, ph_x86_push, ph_x86_pushad, ph_x86_pushf, ph_x86_ret,
    ph_x86_sar, ph_x86_sbb, ph_x86_setcc, ph_x86_shl, ph_x86_shr, ph_x86_sign_dx, ph_x86_string,
    ph_x86_sub, ph_x86_trap, ph_x86_vector_xor, ph_x86_vectors, ph_x86_xbegin, ph_x86_xchg,
    ph_x86_xor;

#endif
