/* functions.c - see functions.h: by unwind data, and what lies between. */
#include "owner/tagscan/functions.h"

#include <stdlib.h>

#include "base/mem.h"
#include "owner/tagscan/functions_x86.h"

enum {
    JUMP_REACH = 256,     /* a longer jump forward rather goes to another function */
    BLOCK_MOST = 1 << 16, /* instructions decoded in search of a block */
    CLEANUP_MOST = 400,   /* instructions looked at for a callee's `ret` */
    CLEANUP_PATHS = 16,
    INSN_LONGEST = 15
};

/* ------------------------------------------------------------------ code */

bool ph_code_at(const struct ph_pe *pe, uint32_t rva, struct ph_slice *code)
{
    const struct ph_pe_section *section = ph_pe_section_at(pe, rva);

    return section && section->flags & PH_PE_CODE && ph_pe_rest(pe, rva, code);
}

static bool lift(const struct ph_pe *pe, struct ph_slice code, uint32_t rva, struct ph_insn *insn)
{
    return pe->machine == PH_PE_ARM64
               ? ph_lift_arm64(code, pe->base + rva, insn)
               : ph_lift_x86(code, pe->base + rva, pe->machine == PH_PE_X64, insn);
}

bool ph_code_lift(const struct ph_pe *pe, uint32_t rva, struct ph_insn *insn)
{
    struct ph_slice code;

    return ph_code_at(pe, rva, &code) && lift(pe, code, rva, insn) && insn->size > 0;
}

const struct ph_op *ph_insn_transfer(const struct ph_insn *insn)
{
    const struct ph_op *last = insn->count ? &insn->ops[insn->count - 1] : NULL;

    return last && last->kind >= PH_OP_CALL ? last : NULL;
}

bool ph_insn_target(const struct ph_pe *pe, const struct ph_op *transfer, uint32_t *rva)
{
    if (transfer->kind > PH_OP_BRANCH || transfer->target != PH_TARGET_DIRECT ||
        transfer->target_address < pe->base ||
        transfer->target_address - pe->base >= pe->image_size)
        return false;
    *rva = (uint32_t)(transfer->target_address - pe->base);
    return true;
}

static bool ends(const struct ph_op *transfer)
{
    return transfer && (transfer->kind == PH_OP_RETURN || transfer->kind == PH_OP_JUMP ||
                        transfer->kind == PH_OP_TRAP);
}

bool ph_functions_spend(struct ph_functions *functions, uint64_t instructions)
{
    if (functions->budget < instructions) {
        functions->budget = 0;
        functions->out_of_budget = true;
        return false;
    }
    functions->budget -= instructions;
    return true;
}

/* ------------------------------------------------------------------ unwind data */

/* The last entry that begins at or before `rva`; -1 = none. */
static ptrdiff_t unwind_before(const struct ph_pe_functions *unwind, uint32_t rva)
{
    size_t low = 0, high = unwind->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (unwind->items[middle].begin <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    return (ptrdiff_t)low - 1;
}

/* ------------------------------------------------------------------ between */

/* x86's nop of several bytes: prefixes 66 and 2e, then 0f 1f. */
static size_t long_nop(const struct ph_pe *pe, struct ph_slice code, uint32_t rva)
{
    const uint8_t *at = (const uint8_t *)code.data;
    struct ph_insn insn;
    size_t skip = 0;

    while (skip < code.size && skip < INSN_LONGEST && (at[skip] == 0x66 || at[skip] == 0x2e))
        skip++;
    if (skip + 1 < code.size && skip && at[skip] == 0x90)
        return skip + 1;
    return skip + 2 < code.size && at[skip] == 0x0f && at[skip + 1] == 0x1f &&
                   lift(pe, code, rva, &insn)
               ? insn.size
               : 0;
}

/* Padding between functions: int3, nop and zeros; on ARM64 zeros, nop and brk. */
static size_t padding(const struct ph_pe *pe, struct ph_slice code, uint32_t rva)
{
    const uint8_t *at = (const uint8_t *)code.data;

    if (!code.size)
        return 0;
    if (pe->machine == PH_PE_ARM64) {
        if (code.size < 4)
            return code.size;
        uint32_t word = ph_le32(at);
        return word == 0 || word == 0xd503201f || (word & 0xffe0001f) == 0xd4200000 ? 4 : 0;
    }
    return at[0] == 0xcc || at[0] == 0x90 || at[0] == 0 ? 1 : long_nop(pe, code, rva);
}

struct sweep {
    struct ph_functions *functions;
    uint32_t begin, end; /* of the gap */
    struct ph_slice code;
};

static struct ph_slice sweep_rest(const struct sweep *sweep, uint32_t at)
{
    size_t offset = at - sweep->begin;

    return (struct ph_slice){sweep->code.data + offset, sweep->code.size - offset};
}

/* How far the function reaches at least, when it branches like this. A jump forward stays in the
 * function when it is short and does not land behind padding, where the next function begins. */
static uint32_t reach(const struct sweep *sweep, const struct ph_op *transfer, uint32_t at,
                      uint32_t furthest)
{
    const struct ph_pe *pe = sweep->functions->pe;
    uint32_t target;

    if (!transfer || transfer->kind == PH_OP_CALL || !ph_insn_target(pe, transfer, &target) ||
        target <= furthest || target >= sweep->end)
        return furthest;
    if (transfer->kind == PH_OP_JUMP) {
        uint32_t unit = pe->machine == PH_PE_ARM64 ? 4 : 1;
        if (target - at > JUMP_REACH ||
            padding(pe, sweep_rest(sweep, target - unit), target - unit))
            return furthest;
    }
    return target;
}

/* One function from `at` on; gives its end. */
static uint32_t sweep_one(struct sweep *sweep, uint32_t at)
{
    uint32_t furthest = at;

    while (at < sweep->end) {
        struct ph_insn insn;
        if (!ph_functions_spend(sweep->functions, 1))
            return sweep->end;
        if (!lift(sweep->functions->pe, sweep_rest(sweep, at), at, &insn) || !insn.size)
            return at + (sweep->functions->pe->machine == PH_PE_ARM64 ? 4 : 1);
        const struct ph_op *transfer = ph_insn_transfer(&insn);
        furthest = reach(sweep, transfer, at, furthest);
        at += insn.size;
        if (ends(transfer) && at > furthest)
            return at < sweep->end ? at : sweep->end;
    }
    return at;
}

static struct ph_error *add_stretch(struct ph_functions *functions, uint32_t begin, uint32_t end)
{
    PH_TRY(ph_grow(&functions->stretches, &functions->stretch_capacity,
                   functions->stretch_count + 1, sizeof(*functions->stretches)));
    functions->stretches[functions->stretch_count++] = (struct ph_stretch){begin, end};
    return NULL;
}

static struct ph_error *sweep_gap(struct sweep *sweep, struct ph_gap *gap)
{
    struct ph_functions *functions = sweep->functions;

    gap->first = functions->stretch_count;
    for (uint32_t at = sweep->begin; at < sweep->end;) {
        size_t skip = padding(functions->pe, sweep_rest(sweep, at), at);
        if (skip) {
            at += (uint32_t)skip;
            continue;
        }
        uint32_t end = sweep_one(sweep, at);
        PH_TRY(add_stretch(functions, at, end));
        at = end;
    }
    gap->count = functions->stretch_count - gap->first;
    return NULL;
}

static bool gap_of(const struct ph_functions *functions, uint32_t rva, struct sweep *sweep)
{
    const struct ph_pe *pe = functions->pe;
    const struct ph_pe_section *section = ph_pe_section_at(pe, rva);
    ptrdiff_t before = unwind_before(&functions->unwind, rva);
    const struct ph_pe_function *items = functions->unwind.items;

    if (!section || !(section->flags & PH_PE_CODE))
        return false;
    sweep->begin = section->rva;
    if (before >= 0 && items[before].end > sweep->begin && items[before].end <= rva)
        sweep->begin = items[before].end;
    if (!ph_code_at(pe, sweep->begin, &sweep->code))
        return false;
    uint64_t end = sweep->begin + (uint64_t)sweep->code.size;
    if ((size_t)(before + 1) < functions->unwind.count && items[before + 1].begin < end)
        end = items[before + 1].begin;
    sweep->end = end > UINT32_MAX ? UINT32_MAX : (uint32_t)end;
    return rva >= sweep->begin && rva < sweep->end;
}

static struct ph_error *gap_number(struct sweep *sweep, uint32_t *number)
{
    struct ph_functions *functions = sweep->functions;
    struct ph_slice key = {(const char *)&sweep->begin, sizeof(sweep->begin)};
    struct ph_gap gap;

    if (ph_table_find(&functions->gap_numbers, key, number))
        return NULL;
    PH_TRY(ph_grow(&functions->gaps, &functions->gap_capacity, functions->gap_count + 1,
                   sizeof(*functions->gaps)));
    PH_TRY(sweep_gap(sweep, &gap));
    *number = (uint32_t)functions->gap_count;
    PH_TRY(ph_table_put(&functions->gap_numbers, key, *number));
    functions->gaps[functions->gap_count++] = gap;
    return NULL;
}

static struct ph_error *between(struct ph_functions *functions, uint32_t rva, bool *found,
                                uint32_t *entry)
{
    struct sweep sweep = {.functions = functions};
    uint32_t number;

    if (!gap_of(functions, rva, &sweep))
        return NULL;
    PH_TRY(gap_number(&sweep, &number));
    const struct ph_gap *gap = &functions->gaps[number];
    const struct ph_stretch *stretches = functions->stretches + gap->first;
    size_t low = 0, high = gap->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (stretches[middle].begin <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    if (low && rva < stretches[low - 1].end) {
        *found = true;
        *entry = stretches[low - 1].begin;
    }
    return NULL;
}

/* ------------------------------------------------------------------ which function */

struct ph_error *ph_function_at(struct ph_functions *functions, uint32_t rva, bool *found,
                                uint32_t *entry)
{
    *found = false;
    if (functions->pe->machine == PH_PE_X86)
        return ph_x86_function_at(functions, rva, found, entry);
    ptrdiff_t at = unwind_before(&functions->unwind, rva);
    if (at < 0 || rva >= functions->unwind.items[at].end)
        return between(functions, rva, found, entry);
    *found = true;
    *entry = functions->unwind.items[at].parent;
    return NULL;
}

bool ph_function_holds(struct ph_functions *functions, uint32_t entry, uint32_t rva)
{
    bool found;
    uint32_t other;

    if (functions->pe->machine == PH_PE_X86)
        return ph_x86_function_holds(functions, entry, rva);
    struct ph_error *error = ph_function_at(functions, rva, &found, &other);
    if (error) {
        functions->out_of_memory = true;
        ph_error_free(error);
        return false;
    }
    return found && other == entry;
}

/* The start of the piece of the function that holds `rva`: unwind data may give several. */
static uint32_t piece_of(const struct ph_functions *functions, uint32_t entry, uint32_t rva)
{
    ptrdiff_t at = unwind_before(&functions->unwind, rva);

    return at >= 0 && rva < functions->unwind.items[at].end ? functions->unwind.items[at].begin
                                                            : entry;
}

bool ph_function_block(struct ph_functions *functions, struct ph_blocks *blocks, uint32_t rva,
                       uint32_t *start)
{
    uint32_t piece = piece_of(functions, blocks->entry, rva);
    struct ph_insn insn;

    if (!blocks->begun || piece != blocks->piece)
        blocks->at = blocks->block = blocks->piece = piece;
    blocks->begun = true;
    for (unsigned i = 0; i < BLOCK_MOST && blocks->at <= rva; i++) {
        if (!ph_functions_spend(functions, 1))
            return false;
        if (!ph_code_lift(functions->pe, blocks->at, &insn)) { /* a table, perhaps */
            blocks->at += functions->pe->machine == PH_PE_ARM64 ? 4 : 1;
            blocks->block = blocks->at;
            continue;
        }
        if (insn.size > rva - blocks->at) {
            *start = blocks->block;
            return true;
        }
        blocks->at += insn.size;
        if (ends(ph_insn_transfer(&insn)))
            blocks->block = blocks->at;
    }
    return false;
}

/* ------------------------------------------------------------------ callees */

/* x86: the `ret N` that is reached first. Branches are followed both ways, within reason. */
static void find_cleanup(struct ph_functions *functions, uint32_t rva, struct ph_callee *callee)
{
    uint32_t paths[CLEANUP_PATHS] = {rva}, target;
    size_t count = 1, next = 0;

    for (unsigned i = 0; i < CLEANUP_MOST && next < count; i++) {
        struct ph_insn insn;
        if (!ph_functions_spend(functions, 1))
            return;
        if (!ph_code_lift(functions->pe, paths[next], &insn)) {
            next++;
            continue;
        }
        const struct ph_op *transfer = ph_insn_transfer(&insn);
        paths[next] += insn.size;
        if (!transfer || transfer->kind == PH_OP_CALL)
            continue;
        if (transfer->kind == PH_OP_RETURN) {
            callee->cleanup_known = true;
            callee->cleanup = (uint32_t)transfer->a.constant;
            return;
        }
        if (transfer->kind == PH_OP_BRANCH && count < CLEANUP_PATHS &&
            ph_insn_target(functions->pe, transfer, &target))
            paths[count++] = target;
        if (transfer->kind == PH_OP_JUMP && ph_insn_target(functions->pe, transfer, &target) &&
            target > paths[next])
            paths[next] = target;
        else if (transfer->kind != PH_OP_BRANCH)
            next++;
    }
}

static bool reads(const struct ph_op *op, unsigned reg)
{
    return (op->a.is_register && op->a.reg == reg) || (op->b.is_register && op->b.reg == reg) ||
           op->memory.base == reg || op->memory.index == reg;
}

/* x86: which of the registers that a callee has to keep it writes before it reads them, so that it
 * takes no arguments in them. Saving them on the stack is no reading. */
static uint32_t find_kept(const struct ph_pe *pe, uint32_t rva)
{
    enum { LOOK = 24, PUSH = 0x50, KEPT = 1 << 3 | 1 << 6 | 1 << 7 /* ebx, esi, edi */ };
    uint32_t open = KEPT, kept = 0;
    struct ph_insn insn;
    struct ph_slice code;

    for (unsigned i = 0; i < LOOK && open; i++, rva += insn.size) {
        if (!ph_code_at(pe, rva, &code) || !ph_code_lift(pe, rva, &insn))
            break;
        if (((uint8_t)code.data[0] & 0xf8) == PUSH)
            continue;
        for (unsigned k = 0; k < insn.count; k++) {
            const struct ph_op *op = &insn.ops[k];
            for (unsigned reg = 3; reg < 8; reg++)
                if (open >> reg & 1 && (reads(op, reg) || op->dst == reg)) {
                    open &= ~(1u << reg);
                    kept |= !reads(op, reg) && op->width == 4 ? 1u << reg : 0;
                }
        }
        if (ph_insn_transfer(&insn))
            break;
    }
    return kept;
}

/* ARM64: adrp x16, page; ldr x16, [x16, offset]; br x16, or with add instead of ldr. */
static bool look_arm64(const struct ph_pe *pe, uint32_t rva, struct ph_callee *callee)
{
    struct ph_insn insn[3];

    for (uint32_t i = 0; i < 3; i++)
        if (!ph_code_lift(pe, rva + 4 * i, &insn[i]) || insn[i].count != 1)
            return false;
    const struct ph_op *page = insn[0].ops, *add = insn[1].ops, *jump = insn[2].ops;
    bool loads = add->kind == PH_OP_LOAD;
    if (page->kind != PH_OP_SET || page->a.is_register || jump->kind != PH_OP_JUMP ||
        jump->target != PH_TARGET_REGISTER || jump->a.reg != add->dst)
        return false;
    uint64_t address = page->a.constant;
    if (loads && add->memory.base == page->dst && add->memory.index == PH_REG_NONE)
        address += (uint64_t)add->memory.displacement;
    else if (add->kind == PH_OP_ADD && add->a.is_register && add->a.reg == page->dst &&
             !add->b.is_register)
        address += add->b.constant;
    else
        return false;
    if (address < pe->base || address - pe->base >= pe->image_size)
        return false;
    callee->kind = loads ? PH_CALLEE_SLOT : PH_CALLEE_JUMP;
    callee->target = (uint32_t)(address - pe->base);
    return true;
}

void ph_callee_look(struct ph_functions *functions, uint32_t rva, struct ph_callee *callee)
{
    const struct ph_pe *pe = functions->pe;
    struct ph_insn insn;

    *callee = (struct ph_callee){.kind = PH_CALLEE_CODE};
    if (!ph_code_lift(pe, rva, &insn))
        return;
    const struct ph_op *transfer = ph_insn_transfer(&insn);
    if (transfer && transfer->kind == PH_OP_JUMP && insn.count == 1) {
        if (ph_insn_target(pe, transfer, &callee->target)) {
            callee->kind = PH_CALLEE_JUMP;
        } else if (transfer->target == PH_TARGET_REGISTER) {
            callee->kind = PH_CALLEE_REGISTER;
            callee->target = transfer->a.reg;
        } else if (transfer->target == PH_TARGET_MEMORY && transfer->memory.base == PH_REG_NONE &&
                   transfer->memory.index == PH_REG_NONE && !transfer->memory.opaque &&
                   (uint64_t)transfer->memory.displacement - pe->base < pe->image_size) {
            callee->kind = PH_CALLEE_SLOT;
            callee->target = (uint32_t)((uint64_t)transfer->memory.displacement - pe->base);
        }
    } else if (pe->machine == PH_PE_ARM64) {
        (void)look_arm64(pe, rva, callee);
    }
    if (pe->machine == PH_PE_X86 && callee->kind == PH_CALLEE_CODE) {
        find_cleanup(functions, rva, callee);
        callee->keeps = find_kept(pe, rva);
    }
}

/* ------------------------------------------------------------------ begin and end */

struct ph_error *ph_functions_init(struct ph_functions *functions, const struct ph_pe *pe,
                                   uint64_t budget)
{
    PH_GUARD(ph_functions_fini)
    struct ph_functions made = {.pe = pe, .budget = budget};

    if (pe->machine == PH_PE_X86)
        PH_TRY(ph_x86_seeds_find(&made));
    else
        PH_TRY(ph_pe_functions(pe, &made.unwind));
    *functions = made;
    made = (struct ph_functions){0};
    return NULL;
}

void ph_functions_fini(struct ph_functions *functions)
{
    ph_pe_functions_fini(&functions->unwind);
    ph_table_fini(&functions->gap_numbers);
    ph_free(functions->gaps);
    ph_free(functions->stretches);
    ph_x86_seeds_fini(functions);
    *functions = (struct ph_functions){0};
}
