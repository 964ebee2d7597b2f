/* op_text.h - lifted operations in words, for tests: "load8 x1 [x2+8]; call +10". */
#ifndef PH_TESTS_OP_TEXT_H
#define PH_TESTS_OP_TEXT_H

#include <stdio.h>

#include "owner/tagscan/insn.h"

struct text {
    char data[512];
    size_t size;
    uint64_t address;                           /* of the instruction: jumps are relative to it */
    const char *(*name)(unsigned reg, char[8]); /* how registers are written */
};

#define PUT(text, ...)                                                                             \
    ((text)->size += (size_t)snprintf((text)->data + (text)->size,                                 \
                                      sizeof((text)->data) - (text)->size, __VA_ARGS__))

static void put_register(struct text *text, unsigned reg)
{
    char name[8];

    PUT(text, "%s", reg == PH_REG_NONE ? "?" : text->name(reg, name));
}

static void put_operand(struct text *text, const struct ph_operand *operand)
{
    PUT(text, " ");
    if (operand->is_register)
        put_register(text, operand->reg);
    else
        PUT(text, "#%llx", (unsigned long long)operand->constant);
}

static void put_memory(struct text *text, const struct ph_memory_operand *memory)
{
    PUT(text, memory->opaque ? " opaque[" : " [");
    if (memory->base != PH_REG_NONE)
        put_register(text, memory->base);
    if (memory->index != PH_REG_NONE) {
        PUT(text, "+");
        put_register(text, memory->index);
        PUT(text, "%s*%u",
            !memory->index_half    ? ""
            : memory->index_signed ? ".half.signed"
                                   : ".half",
            memory->scale);
    }
    PUT(text, "%+lld]", (long long)memory->displacement);
}

static void put_target(struct text *text, const struct ph_op *op)
{
    if (op->target == PH_TARGET_MEMORY)
        put_memory(text, &op->memory);
    else if (op->target == PH_TARGET_DIRECT)
        PUT(text, " %+lld", (long long)(op->target_address - text->address));
    else
        put_operand(text, &op->a);
}

static void put_op(struct text *text, const struct ph_op *op)
{
    static const struct {
        const char *name;
        unsigned operands;
    } kinds[] = {[PH_OP_SET] = {"set", 1},       [PH_OP_LOAD] = {"load", 0},
                 [PH_OP_STORE] = {"store", 1},   [PH_OP_ADDRESS] = {"address", 0},
                 [PH_OP_ADD] = {"add", 2},       [PH_OP_SUB] = {"sub", 2},
                 [PH_OP_AND] = {"and", 2},       [PH_OP_OR] = {"or", 2},
                 [PH_OP_XOR] = {"xor", 2},       [PH_OP_SHL] = {"shl", 2},
                 [PH_OP_SHR] = {"shr", 2},       [PH_OP_SAR] = {"sar", 2},
                 [PH_OP_MUL] = {"mul", 2},       [PH_OP_NOT] = {"not", 1},
                 [PH_OP_NEG] = {"neg", 1},       [PH_OP_INSERT] = {"insert", 1},
                 [PH_OP_CHOOSE] = {"choose", 2}, [PH_OP_UNKNOWN] = {"unknown", 0},
                 [PH_OP_CALL] = {"call", 0},     [PH_OP_JUMP] = {"jump", 0},
                 [PH_OP_BRANCH] = {"branch", 0}, [PH_OP_RETURN] = {"return", 0},
                 [PH_OP_TRAP] = {"trap", 0},     [PH_OP_COMPARE] = {"compare", 2}};

    PUT(text, "%s%s", text->size ? "; " : "", kinds[op->kind].name);
    if (op->kind >= PH_OP_CALL && op->kind <= PH_OP_BRANCH)
        put_target(text, op);
    if (op->kind == PH_OP_RETURN && op->a.constant)
        put_operand(text, &op->a);
    if (op->kind >= PH_OP_CALL)
        return;
    PUT(text, "%u%s ", op->width, op->extend ? "s" : "");
    if (op->kind != PH_OP_STORE && op->kind != PH_OP_COMPARE)
        put_register(text, op->dst);
    if (op->kind == PH_OP_INSERT)
        PUT(text, "@%u", op->shift);
    if (op->kind >= PH_OP_LOAD && op->kind <= PH_OP_ADDRESS)
        put_memory(text, &op->memory);
    if (kinds[op->kind].operands > 0)
        put_operand(text, &op->a);
    if (kinds[op->kind].operands > 1)
        put_operand(text, &op->b);
}

static void put_insn(struct text *text, const struct ph_insn *insn)
{
    for (unsigned i = 0; i < insn->count; i++)
        put_op(text, &insn->ops[i]);
}

#endif
