/* lift_arm64_memory.c - loads and stores of ARM64 lifted; see lift_arm64.c.
 *
 * Source: Arm Architecture Reference Manual, C4 "Loads and Stores". Bits 29-28 choose:
 *
 *     00  exclusive and ordered; with bit 26 whole vector structures
 *     01  literal; with bit 24 ordered with an unscaled offset
 *     10  pairs
 *     11  one register: bit 24 unsigned offset; else by bits 21 and 11-10: 0 and 00 unscaled,
 *         01 post-indexed, 10 unprivileged, 11 pre-indexed; 1 and 00 atomics, 10 register offset,
 *         x1 with a signed pointer
 *
 * What an atomic instruction stores, or whether an exclusive one does, is not known.
 */
#include "owner/tagscan/arm64.h"

struct access {
    bool store, vector, prefetch;
    bool extend, extend_half; /* sign-extended, to 32 bits only */
    unsigned bytes;
};

static struct ph_memory_operand at(uint32_t base, int64_t displacement)
{
    return (struct ph_memory_operand){
        .base = (uint8_t)base, .index = PH_REG_NONE, .displacement = displacement};
}

static void store(struct ph_insn *insn, unsigned bytes, struct ph_operand value,
                  struct ph_memory_operand memory)
{
    struct ph_op *op = ph_arm64_op(insn, PH_OP_STORE, bytes, PH_REG_NONE);

    op->a = value;
    op->memory = memory;
}

static void transfer(struct ph_insn *insn, const struct access *access, uint32_t target,
                     struct ph_memory_operand memory)
{
    if (access->prefetch)
        return;
    if (access->store) {
        store(insn, access->bytes, access->vector ? ph_arm64_vector(target) : ph_arm64_reg(target),
              memory);
        return;
    }
    if (target == PH_ARM64_ZERO && !access->vector)
        return;
    struct ph_op *op = ph_arm64_op(insn, PH_OP_LOAD, access->bytes,
                                   access->vector ? PH_ARM_VECTOR + target : target);
    op->memory = memory;
    op->extend = access->extend;
    if (access->extend_half)
        ph_arm64_set(insn, 4, target, ph_arm64_reg(target));
}

/* base += offset, after or before the access. */
static void write_back(struct ph_insn *insn, uint32_t base, int64_t offset)
{
    ph_arm64_put(insn, PH_OP_ADD, 8, base, ph_arm64_reg_sp(base),
                 ph_arm64_constant((uint64_t)offset));
}

/* What `size` (bits 31-30) and `opc` (bits 23-22) say of one register. */
static bool access_of(uint32_t word, struct access *access)
{
    uint32_t size = word >> 30, opc = ph_bits(word, 22, 2);

    *access = (struct access){.vector = word >> 26 & 1, .bytes = 1u << size};
    if (access->vector) {
        if (opc >= 2 && size)
            return false;
        access->store = !(opc & 1);
        if (opc >= 2)
            access->bytes = 16;
        return true;
    }
    if (opc == 3 && size >= 2)
        return false;
    access->store = opc == 0;
    access->prefetch = opc == 2 && size == 3;
    access->extend = opc >= 2;
    access->extend_half = opc == 3;
    return true;
}

/* --- exclusive, ordered, compare and swap --- */

static bool lift_exclusive(uint32_t word, struct ph_insn *insn)
{
    uint32_t status = ph_bits(word, 16, 5), second = ph_bits(word, 10, 5);
    uint32_t base = ph_bits(word, 5, 5), target = ph_bits(word, 0, 5), size = word >> 30;
    bool loads = word >> 22 & 1, pair = word >> 21 & 1, ordered = word >> 23 & 1;
    unsigned bytes = 1u << size;

    if (ordered && !pair) { /* ldar, stlr */
        struct access access = {.store = !loads, .bytes = bytes};
        transfer(insn, &access, target, at(base, 0));
        return true;
    }
    if (pair && (ordered || size < 2)) { /* cas; casp: two registers of 4 or 8 bytes */
        if (second != 31 || (!ordered && (status | target) & 1))
            return false;
        store(insn, ordered ? bytes : 8u << size, ph_arm64_unknown(), at(base, 0));
        ph_arm64_clobber(insn, status);
        return ordered ? true : ph_arm64_clobber(insn, status + 1);
    }
    if (loads) { /* ldxr, ldxp */
        ph_arm64_clobber(insn, target);
        return pair ? ph_arm64_clobber(insn, second) : true;
    }
    store(insn, pair ? bytes * 2 : bytes, ph_arm64_unknown(), at(base, 0));
    return ph_arm64_clobber(insn, status); /* stxr, stxp: whether it succeeded */
}

/* ldapur, stlur; memory tags and memory copies share the space and count as no instructions. */
static bool lift_ordered_unscaled(uint32_t word, struct ph_insn *insn)
{
    struct access access;

    if (word >> 26 & 1 || word >> 21 & 1 || ph_bits(word, 10, 2) || !access_of(word, &access) ||
        access.prefetch)
        return false;
    transfer(insn, &access, ph_bits(word, 0, 5),
             at(ph_bits(word, 5, 5), ph_signed_bits(word, 12, 9)));
    return true;
}

/* --- vector structures --- */

/* How many registers `opcode` (bits 15-12) of ld1 to ld4, st1 to st4 moves; 0: unallocated. */
static const uint8_t structure_registers[16] = {
    [0] = 4, [2] = 4, [4] = 3, [6] = 3, [7] = 1, [8] = 2, [10] = 2};

static bool structure_update(uint32_t word, struct ph_insn *insn, unsigned bytes)
{
    uint32_t base = ph_bits(word, 5, 5), index = ph_bits(word, 16, 5);

    if (!(word >> 23 & 1))
        return index == 0;
    if (index == 31)
        write_back(insn, base, bytes);
    else
        ph_arm64_put(insn, PH_OP_ADD, 8, base, ph_arm64_reg_sp(base), ph_arm64_reg(index));
    return true;
}

/* ld1 and st1 (opcodes with bit 13) move whole registers in order; the others
 * mix their elements. */
static bool lift_structures(uint32_t word, struct ph_insn *insn)
{
    uint32_t opcode = ph_bits(word, 12, 4), first = ph_bits(word, 0, 5);
    unsigned count = structure_registers[opcode], bytes = word >> 30 & 1 ? 16 : 8;
    bool loads = word >> 22 & 1, in_order = opcode & 2;

    if (!count || word >> 31 || word >> 21 & 1)
        return false;
    for (unsigned i = 0; i < count; i++) {
        struct access access = {.store = !loads, .vector = true, .bytes = bytes};
        struct ph_memory_operand memory = at(ph_bits(word, 5, 5), i * bytes);
        if (in_order)
            transfer(insn, &access, (first + i) % 32, memory);
        else if (loads)
            ph_arm64_clobber_vector(insn, first + i);
        else
            store(insn, bytes, ph_arm64_unknown(), memory);
    }
    return structure_update(word, insn, count * bytes);
}

/* One element of each of one to four registers, or (loads) one repeated over the register. */
static bool lift_element(uint32_t word, struct ph_insn *insn)
{
    uint32_t opcode = ph_bits(word, 13, 3), size = ph_bits(word, 10, 2), scale = opcode >> 1;
    unsigned count = ((opcode & 1) << 1 | ph_bits(word, 21, 1)) + 1;
    bool loads = word >> 22 & 1, repeats = scale == 3;

    if (word >> 31 || (repeats && (!loads || word >> 12 & 1)))
        return false;
    if ((scale == 1 && size & 1) || (scale == 2 && (size > 1 || (size == 1 && word >> 12 & 1))))
        return false;
    unsigned bytes = 1u << (repeats ? size : scale == 2 && size == 1 ? 3 : scale);
    for (unsigned i = 0; i < count; i++)
        if (loads)
            ph_arm64_clobber_vector(insn, ph_bits(word, 0, 5) + i);
        else
            store(insn, bytes, ph_arm64_unknown(), at(ph_bits(word, 5, 5), i * bytes));
    return structure_update(word, insn, count * bytes);
}

/* --- literals and pairs --- */

static bool lift_literal(uint32_t word, struct ph_insn *insn)
{
    uint32_t size = word >> 30;
    uint64_t address = insn->address + (uint64_t)ph_signed_bits(word, 5, 19) * 4;
    struct access access = {.vector = word >> 26 & 1, .bytes = size == 1 ? 8 : 4};

    if (access.vector) {
        if (size == 3)
            return false;
        access.bytes = 4u << size;
    } else {
        access.extend = size == 2;   /* ldrsw */
        access.prefetch = size == 3; /* prfm */
    }
    transfer(insn, &access, ph_bits(word, 0, 5), at(PH_REG_NONE, (int64_t)address));
    return true;
}

static bool lift_pair(uint32_t word, struct ph_insn *insn)
{
    uint32_t size = word >> 30, mode = ph_bits(word, 23, 2), base = ph_bits(word, 5, 5);
    uint32_t first = ph_bits(word, 0, 5), second = ph_bits(word, 10, 5);
    struct access access = {.store = !(word >> 22 & 1), .vector = word >> 26 & 1};

    if (size == 3 || (size == 1 && !access.vector && (access.store || mode == 0)))
        return false; /* among them stgp, of memory tags */
    access.bytes = access.vector ? 4u << size : size == 2 ? 8 : 4;
    access.extend = size == 1 && !access.vector; /* ldpsw */
    int64_t offset = ph_signed_bits(word, 15, 7) * (int64_t)access.bytes;
    if (mode == 3)
        write_back(insn, base, offset);
    int64_t start = mode == 1 || mode == 3 ? 0 : offset;
    bool swap = !access.store && !access.vector && first == base; /* the base is loaded last */
    if (!swap)
        transfer(insn, &access, first, at(base, start));
    transfer(insn, &access, second, at(base, start + access.bytes));
    if (swap)
        transfer(insn, &access, first, at(base, start));
    if (mode == 1)
        write_back(insn, base, offset);
    return true;
}

/* --- one register --- */

static bool lift_register_offset(uint32_t word, struct ph_insn *insn)
{
    uint32_t option = ph_bits(word, 13, 3), index = ph_bits(word, 16, 5);
    struct access access;

    if (!(option & 2) || !access_of(word, &access))
        return false;
    struct ph_memory_operand memory = at(ph_bits(word, 5, 5), 0);
    if (index != PH_ARM64_ZERO) {
        memory.index = (uint8_t)index;
        memory.scale = (uint8_t)(word >> 12 & 1 ? access.bytes : 1);
        memory.index_half = option == 2 || option == 6;
        memory.index_signed = option == 6;
    }
    transfer(insn, &access, ph_bits(word, 0, 5), memory);
    return true;
}

/* swp, ldadd, ldclr, ...: the target gets what was there; ldapr is a plain load. */
static bool lift_atomic(uint32_t word, struct ph_insn *insn)
{
    uint32_t what = ph_bits(word, 12, 4), target = ph_bits(word, 0, 5), base = ph_bits(word, 5, 5);
    unsigned bytes = 1u << (word >> 30);

    if (word >> 26 & 1)
        return false;
    if (what == 12 && ph_bits(word, 16, 8) == 0xbf) { /* ldapr */
        struct access access = {.bytes = bytes};
        transfer(insn, &access, target, at(base, 0));
        return true;
    }
    if (what > 8)
        return false;
    store(insn, bytes, ph_arm64_unknown(), at(base, 0));
    return ph_arm64_clobber(insn, target);
}

/* ldraa, ldrab: the pointer's signature is checked; the base may be written back without it. */
static bool lift_signed_pointer(uint32_t word, struct ph_insn *insn)
{
    uint32_t base = ph_bits(word, 5, 5);

    if (word >> 30 != 3 || word >> 26 & 1)
        return false;
    ph_arm64_clobber(insn, ph_bits(word, 0, 5));
    if (word >> 11 & 1)
        ph_arm64_op(insn, PH_OP_UNKNOWN, 8, base);
    return true;
}

static bool lift_single(uint32_t word, struct ph_insn *insn)
{
    uint32_t base = ph_bits(word, 5, 5), target = ph_bits(word, 0, 5), mode = ph_bits(word, 10, 2);
    struct access access;

    if (word >> 24 & 1) { /* unsigned offset */
        if (!access_of(word, &access))
            return false;
        transfer(insn, &access, target, at(base, (int64_t)ph_bits(word, 10, 12) * access.bytes));
        return true;
    }
    if (word >> 21 & 1)
        return mode == 2   ? lift_register_offset(word, insn)
               : mode == 0 ? lift_atomic(word, insn)
                           : lift_signed_pointer(word, insn);
    if (!access_of(word, &access) || (mode == 2 && access.vector) || (mode && access.prefetch))
        return false;
    int64_t offset = ph_signed_bits(word, 12, 9);
    if (mode == 3)
        write_back(insn, base, offset);
    transfer(insn, &access, target, at(base, mode & 1 ? 0 : offset));
    if (mode == 1)
        write_back(insn, base, offset);
    return true;
}

bool ph_arm64_memory(uint32_t word, struct ph_insn *insn)
{
    bool high = word >> 24 & 1;

    switch (ph_bits(word, 28, 2)) {
    case 0:
        if (word >> 26 & 1)
            return high ? lift_element(word, insn) : lift_structures(word, insn);
        return !high && lift_exclusive(word, insn);
    case 1:
        return high ? lift_ordered_unscaled(word, insn) : lift_literal(word, insn);
    case 2:
        return lift_pair(word, insn);
    default:
        return lift_single(word, insn);
    }
}
