/* refs_arm64.c - references in ARM64 code.
 *
 * An address is made in two steps, perhaps far apart: adrp gives a register a page, and an addition
 * or the offset of a load or store the rest. So the search follows what adrp, adr and add leave in
 * the registers, instruction by instruction as they lie in memory. Behind an instruction that never
 * goes on, control came from somewhere else: there the values that a register had before count
 * again. Source of the encodings: Arm Architecture Reference Manual, C4.
 */
#include "owner/tagscan/refs_scan.h"

enum {
    VALUES = 3,    /* remembered of each register */
    REACH = 16384, /* instructions that a value is believed for */
    ZERO = 31,
    PAGE = 4096
};

struct values {
    uint32_t rva[VALUES]; /* the newest first */
    uint32_t when[VALUES];
    uint8_t count;
};

struct follow {
    struct ph_ref_scan *scan;
    struct ph_slice code;
    uint32_t rva;   /* of the code */
    uint32_t index; /* of the instruction */
    uint32_t exact; /* registers whose newest value is the one they have */
    uint32_t other; /* registers that have got something else */
    struct values registers[32];
};

static uint32_t bits(uint32_t word, unsigned low, unsigned count)
{
    return word >> low & ((1u << count) - 1);
}

static uint32_t signed_bits(uint32_t word, unsigned low, unsigned count)
{
    uint32_t sign = 1u << (count - 1);

    return (bits(word, low, count) ^ sign) - sign;
}

static uint32_t here(const struct follow *follow)
{
    return follow->rva + follow->index * 4;
}

static void written(struct follow *follow, uint32_t reg)
{
    follow->other |= 1u << reg;
    follow->exact &= ~(1u << reg);
}

static void remember(struct follow *follow, uint32_t reg, uint32_t rva)
{
    struct values *values = &follow->registers[reg];

    if (reg == ZERO)
        return;
    follow->other &= ~(1u << reg);
    follow->exact |= 1u << reg;
    if (!values->count || values->rva[0] != rva) {
        for (unsigned i = VALUES - 1; i > 0; i--) {
            values->rva[i] = values->rva[i - 1];
            values->when[i] = values->when[i - 1];
        }
        values->rva[0] = rva;
        values->count = (uint8_t)(values->count < VALUES ? values->count + 1 : VALUES);
    }
    values->when[0] = follow->index;
}

/* How many of the register's values may be the one it has. */
static unsigned candidates(const struct follow *follow, uint32_t reg)
{
    const struct values *values = &follow->registers[reg];
    unsigned count = follow->exact >> reg & 1 ? 1 : values->count, fresh = 0;

    if (follow->other >> reg & 1 || !values->count)
        return 0;
    while (fresh < count && follow->index - values->when[fresh] <= REACH)
        fresh++;
    return fresh;
}

/* The register gets the first `count` of `values`, plus `offset`. */
static void derive(struct follow *follow, uint32_t reg, const struct values *values, unsigned count,
                   uint32_t offset)
{
    written(follow, reg);
    for (unsigned i = count; i-- > 0;)
        remember(follow, reg, values->rva[i] + offset);
    if (count > 1)
        follow->exact &= ~(1u << reg);
}

static struct ph_error *found(struct follow *follow, uint32_t target, enum ph_ref_kind kind)
{
    return ph_ref_check(follow->scan, here(follow), target, kind);
}

/* Only loads of whole pointers use import slots. A directory that holds the entry point is none. */
static bool is_import_slot(const struct ph_pe *pe, uint32_t rva)
{
    uint32_t begin = pe->directories[PH_PE_IAT].rva, size = pe->directories[PH_PE_IAT].size;

    return rva - begin < size && pe->entry_rva - begin >= size;
}

static struct ph_error *unless_slot(struct follow *follow, uint32_t target)
{
    if (!ph_ref_near(&follow->scan->set, target) || is_import_slot(follow->scan->pe, target))
        return NULL;
    return found(follow, target, PH_REF_ADDRESS);
}

/* adr, adrp: a page may be a target by itself. */
static struct ph_error *on_address(struct follow *follow, uint32_t word)
{
    uint32_t offset = signed_bits(word, 5, 19) * 4 + bits(word, 29, 2);
    bool page = word >> 31;
    uint32_t target = here(follow) + offset;

    if (page)
        target = (here(follow) & ~(uint32_t)(PAGE - 1)) + offset * PAGE;
    remember(follow, bits(word, 0, 5), target);
    return unless_slot(follow, target);
}

static struct ph_error *on_add(struct follow *follow, uint32_t word)
{
    uint32_t source = bits(word, 5, 5), offset = bits(word, 10, 12) << (word >> 22 & 1 ? 12 : 0);
    struct values values = follow->registers[source];
    unsigned count = candidates(follow, source);

    if (word >> 30 & 1)
        offset = 0 - offset;
    for (unsigned i = 0; i < count; i++)
        PH_TRY(unless_slot(follow, values.rva[i] + offset));
    derive(follow, bits(word, 0, 5), &values, count, offset);
    return NULL;
}

/* A load or store at register + offset: of `size` bytes each, one or two. */
static struct ph_error *on_memory(struct follow *follow, uint32_t reg, uint32_t offset,
                                  uint32_t size, uint32_t times, bool loads)
{
    unsigned count = candidates(follow, reg);

    for (unsigned i = 0; i < count; i++)
        for (uint32_t at = 0; at < size * times; at += size < 8 ? size : 8) {
            uint32_t target = follow->registers[reg].rva[i] + offset + at;
            PH_TRY(loads && size >= 8 ? found(follow, target, PH_REF_ADDRESS)
                                      : unless_slot(follow, target));
        }
    return NULL;
}

/* ldr, str and their like with an unsigned offset, or an unscaled, pre- or post-indexed one. */
static struct ph_error *on_single(struct follow *follow, uint32_t word)
{
    uint32_t opc = bits(word, 22, 2), offset = 0;
    bool vector = word >> 26 & 1;
    unsigned shift = vector && opc >= 2 ? 4 : word >> 30;

    if (word >> 24 & 1)
        offset = bits(word, 10, 12) << shift;
    else if (!(word >> 21 & 1) && bits(word, 10, 2) != 1)
        offset = signed_bits(word, 12, 9);
    PH_TRY(on_memory(follow, bits(word, 5, 5), offset, 1u << shift, 1, opc & 1));
    if (!vector && opc)
        written(follow, bits(word, 0, 5));
    return NULL;
}

static struct ph_error *on_pair(struct follow *follow, uint32_t word)
{
    bool vector = word >> 26 & 1;
    uint32_t size = vector ? 4u << (word >> 30) : word >> 31 ? 8 : 4;
    uint32_t offset = bits(word, 23, 2) == 1 ? 0 : signed_bits(word, 15, 7) * size;

    PH_TRY(on_memory(follow, bits(word, 5, 5), offset, size, 2, word >> 22 & 1));
    if (!vector && word >> 22 & 1) {
        written(follow, bits(word, 0, 5));
        written(follow, bits(word, 10, 5));
    }
    return NULL;
}

/* A literal is a value near the code; MSVC keeps relocated pointers there too. */
static struct ph_error *on_literal(struct follow *follow, uint32_t word)
{
    uint32_t place = here(follow) + signed_bits(word, 5, 19) * 4, target;

    PH_TRY(found(follow, place, PH_REF_ADDRESS));
    if (word >> 24 != 0x58)
        return NULL;
    written(follow, bits(word, 0, 5));
    if (!ph_pe_pointer(follow->scan->pe, place, &target))
        return NULL;
    remember(follow, bits(word, 0, 5), target);
    return found(follow, target, PH_REF_ADDRESS);
}

static struct ph_error *step(struct follow *follow, uint32_t word)
{
    if ((word & 0x1f000000) == 0x10000000)
        return on_address(follow, word);
    if ((word & 0xbf800000) == 0x91000000)
        return on_add(follow, word);
    if ((word & 0x3a000000) == 0x38000000)
        return on_single(follow, word);
    if ((word & 0x3a000000) == 0x28000000)
        return on_pair(follow, word);
    if ((word & 0x3b000000) == 0x18000000)
        return on_literal(follow, word);
    if ((word & 0x7c000000) == 0x14000000) { /* b, bl */
        if (!(word >> 31))
            follow->exact = follow->other = 0;
        return found(follow, here(follow) + signed_bits(word, 0, 26) * 4,
                     word >> 31 ? PH_REF_CALL : PH_REF_JUMP);
    }
    if ((word & 0xff000000) == 0x54000000 || (word & 0x7e000000) == 0x34000000)
        return found(follow, here(follow) + signed_bits(word, 5, 19) * 4, PH_REF_JUMP);
    if ((word & 0x7e000000) == 0x36000000)
        return found(follow, here(follow) + signed_bits(word, 5, 14) * 4, PH_REF_JUMP);
    if ((word & 0xfe000000) == 0xd6000000 && bits(word, 21, 2) != 1) { /* br, ret, not blr */
        follow->exact = follow->other = 0;
        return NULL;
    }
    if ((word & 0xffe0ffe0) == 0xaa0003e0) { /* mov */
        struct values values = follow->registers[bits(word, 16, 5)];
        derive(follow, bits(word, 0, 5), &values, candidates(follow, bits(word, 16, 5)), 0);
        return NULL;
    }
    if ((word & 0x1c000000) == 0x10000000 || (word & 0x0e000000) == 0x0a000000)
        written(follow, bits(word, 0, 5)); /* other data processing */
    return NULL;
}

struct ph_error *ph_ref_scan_arm64(struct ph_ref_scan *scan, struct ph_slice code, uint32_t rva)
{
    uint32_t skip = (4 - rva % 4) % 4;

    if (code.size < skip)
        return NULL;
    struct follow follow = {
        .scan = scan, .code = {code.data + skip, code.size - skip}, .rva = rva + skip};
    for (size_t at = 0; at + 4 <= follow.code.size && !scan->refs->cut; at += 4) {
        PH_TRY(step(&follow, ph_le32(follow.code.data + at)));
        follow.index++;
    }
    return NULL;
}
