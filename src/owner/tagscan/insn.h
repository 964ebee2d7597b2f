/* insn.h - instructions of x86, x64 and ARM64 lifted to a few simple operations.
 *
 * Only what the flow of constants, pointers and arguments needs is kept: general registers, memory,
 * calls and jumps. An instruction that does anything else to a register makes it unknown; none may
 * be lifted to "changes nothing" unless it changes no general register and no memory that matters.
 *
 * Addresses are virtual addresses of the image at its preferred base. Registers: x86 and x64 0-15
 * in hardware order (rax rcx rdx rbx rsp rbp rsi rdi r8...), 16-31 are xmm0-15; ARM64 0-30 are
 * x0-x30, 31 is sp, 32-63 are v0-v31 (a zero register reads as the immediate 0). A vector register
 * carries 16 bytes, for structures that compilers copy through it. A result narrower than the
 * register: width 4 clears the upper half on x64 and ARM64; widths 1 and 2 keep the other bytes
 * (x86, x64). Registers 32-34 of x86 and x64 are the lifter's own, for values between two
 * operations of one instruction.
 */
#ifndef PH_OWNER_INSN_H
#define PH_OWNER_INSN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
    PH_REG_COUNT = 64,
    PH_REG_NONE = 255,
    PH_X86_AX = 0,
    PH_X86_CX = 1,
    PH_X86_DX = 2,
    PH_X86_SP = 4,
    PH_X86_BP = 5,
    PH_X86_SI = 6,
    PH_X86_DI = 7,
    PH_X86_VECTOR = 16,
    PH_X86_OWN = 32,
    PH_ARM_LR = 30,
    PH_ARM_SP = 31,
    PH_ARM_VECTOR = 32
};

enum ph_op_kind {
    PH_OP_NONE,    /* changes nothing that matters */
    PH_OP_SET,     /* dst = a; with `extend` sign-extended from `width` */
    PH_OP_LOAD,    /* dst = [memory], zero-extended, or sign-extended with `extend` */
    PH_OP_STORE,   /* [memory] = a; width 0: an unknown number of bytes from there on changes */
    PH_OP_ADDRESS, /* dst = the address of memory */
    PH_OP_ADD,     /* dst = a + b, and so on */
    PH_OP_SUB,
    PH_OP_AND,
    PH_OP_OR,
    PH_OP_XOR,
    PH_OP_SHL,
    PH_OP_SHR,
    PH_OP_SAR,
    PH_OP_MUL,
    PH_OP_NOT,     /* dst = ~a */
    PH_OP_NEG,     /* dst = -a */
    PH_OP_INSERT,  /* dst = dst with the `width` bytes at bit `shift` replaced by a (movk) */
    PH_OP_CHOOSE,  /* dst = a or b, by a condition (cmov, csel); setcc and cset: a = 0, b = 1; sbb
                      r,r  and csetm: a = 0, b = -1 */
    PH_OP_COMPARE, /* a is compared with the constant b, for the bounds of switches; optional */
    PH_OP_UNKNOWN, /* dst = something unknown; PH_REG_NONE: every vector register */
    PH_OP_CALL,    /* to `target` */
    PH_OP_JUMP,    /* to `target`, always */
    PH_OP_BRANCH,  /* to `target`, or on */
    PH_OP_RETURN,  /* `a` = bytes of arguments taken off the stack (x86 ret N) */
    PH_OP_TRAP     /* does not go on: int3, ud2, int 29h, brk, hlt */
};

struct ph_operand {
    bool is_register;
    uint8_t reg;       /* PH_REG_NONE: a value of which nothing is known */
    uint64_t constant; /* when it is no register */
};

/* base + index * scale + displacement */
struct ph_memory_operand {
    uint8_t base, index; /* PH_REG_NONE = none; rip-relative addresses are resolved: neither */
    uint8_t scale;
    bool index_half, index_signed; /* only the low 32 bits of the index count, zero- or
                                      sign-extended (ARM64) */
    bool opaque;                   /* another segment (gs:, fs:): nothing is known about it */
    int64_t displacement;
};

enum ph_target_kind { PH_TARGET_DIRECT, PH_TARGET_REGISTER, PH_TARGET_MEMORY };

struct ph_op {
    enum ph_op_kind kind;
    uint8_t width; /* bytes: 1, 2, 4, 8; 16 for vector registers */
    bool extend;
    uint8_t shift;
    uint8_t dst; /* register */
    struct ph_operand a, b;
    struct ph_memory_operand memory;
    enum ph_target_kind target;
    uint64_t target_address; /* of PH_TARGET_DIRECT; REGISTER uses a, MEMORY memory */
};

enum { PH_OPS_MOST = 12 };
struct ph_insn {
    uint64_t address;
    uint8_t size; /* bytes */
    uint8_t count;
    struct ph_op
        ops[PH_OPS_MOST]; /* in order: push = SUB sp; STORE. At most one transfer, the last */
};

/* Lifts the instruction at `address`, whose bytes (and what follows them) are `bytes`. False: no
 * valid instruction, or the bytes end within it. */
bool ph_lift_x86(struct ph_slice bytes, uint64_t address, bool wide, struct ph_insn *insn);
bool ph_lift_arm64(struct ph_slice bytes, uint64_t address, struct ph_insn *insn);

#endif
