/* arm64.h - what the parts of the ARM64 lifter share. Internal to lift_arm64*.c. */
#ifndef PH_OWNER_ARM64_H
#define PH_OWNER_ARM64_H

#include <stdbool.h>
#include <stdint.h>

#include "owner/tagscan/insn.h"

/* Loads, stores and atomics: encodings with bit 27 set and bit 25 clear. False: unallocated. */
bool ph_arm64_memory(uint32_t word, struct ph_insn *insn);
/* Data processing with registers (bits 27-25 are 101), and with vectors (111). */
bool ph_arm64_registers(uint32_t word, struct ph_insn *insn);
bool ph_arm64_vectors(uint32_t word, struct ph_insn *insn);

enum { PH_ARM64_ZERO = 31 };

static inline uint32_t ph_bits(uint32_t word, unsigned low, unsigned count)
{
    return word >> low & ((1u << count) - 1);
}

static inline int64_t ph_signed_bits(uint32_t word, unsigned low, unsigned count)
{
    uint64_t sign = 1ull << (count - 1);

    return (int64_t)((ph_bits(word, low, count) ^ sign) - sign);
}

/* Register 31 is the zero register in most places ... */
static inline struct ph_operand ph_arm64_reg(uint32_t number)
{
    return number == 31 ? (struct ph_operand){0}
                        : (struct ph_operand){.is_register = true, .reg = (uint8_t)number};
}

/* ... and the stack pointer in some. */
static inline struct ph_operand ph_arm64_reg_sp(uint32_t number)
{
    return (struct ph_operand){.is_register = true, .reg = (uint8_t)number};
}

static inline struct ph_operand ph_arm64_vector(uint32_t number)
{
    return (struct ph_operand){.is_register = true, .reg = (uint8_t)(PH_ARM_VECTOR + number % 32)};
}

static inline struct ph_operand ph_arm64_constant(uint64_t constant)
{
    return (struct ph_operand){.constant = constant};
}

static inline struct ph_operand ph_arm64_unknown(void)
{
    return (struct ph_operand){.is_register = true, .reg = PH_REG_NONE};
}

/* Appends an operation; no instruction has more than PH_OPS_MOST. */
static inline struct ph_op *ph_arm64_op(struct ph_insn *insn, enum ph_op_kind kind, unsigned width,
                                        unsigned dst)
{
    struct ph_op *op = &insn->ops[insn->count++];

    *op = (struct ph_op){.kind = kind, .width = (uint8_t)width, .dst = (uint8_t)dst};
    op->memory.base = op->memory.index = PH_REG_NONE;
    return op;
}

static inline void ph_arm64_put(struct ph_insn *insn, enum ph_op_kind kind, unsigned width,
                                unsigned dst, struct ph_operand a, struct ph_operand b)
{
    struct ph_op *op = ph_arm64_op(insn, kind, width, dst);

    op->a = a;
    op->b = b;
}

/* The general register becomes unknown; the zero register does not. */
static inline bool ph_arm64_clobber(struct ph_insn *insn, uint32_t number)
{
    if (number != 31)
        ph_arm64_op(insn, PH_OP_UNKNOWN, 8, number);
    return true;
}

static inline void ph_arm64_clobber_vector(struct ph_insn *insn, uint32_t number)
{
    ph_arm64_op(insn, PH_OP_UNKNOWN, 16, PH_ARM_VECTOR + number % 32);
}

/* dst = a */
static inline bool ph_arm64_set(struct ph_insn *insn, unsigned width, uint32_t dst,
                                struct ph_operand a)
{
    ph_arm64_put(insn, PH_OP_SET, width, dst, a, (struct ph_operand){0});
    return true;
}

/* Bit 31: 8 bytes or 4. */
static inline unsigned ph_arm64_width(uint32_t word)
{
    return word >> 31 ? 8 : 4;
}

static inline uint64_t ph_arm64_mask(unsigned width)
{
    return width == 8 ? UINT64_MAX : UINT32_MAX;
}

#endif
