/* follow_calls.c - what a call leads to, and routines whose addresses are asked for by name. */
#include "owner/tagscan/follow.h"
#include "owner/tagscan/structs.h"

enum { JUMPS_MOST = 4 };

static void resolve_number(uint32_t number, struct ph_destination *to)
{
    *to = (struct ph_destination){.is_routine = true, .number = number};
}

/* Follows functions that only jump on. */
static struct ph_error *resolve_function(struct ph_follow *trace, struct ph_flow *flow,
                                         uint32_t rva, struct ph_destination *to)
{
    struct ph_program *program = trace->program;
    struct ph_callee callee;
    struct ph_abs value;
    uint32_t number;

    for (unsigned i = 0; i < JUMPS_MOST; i++) {
        *to = (struct ph_destination){.is_function = true, .rva = rva};
        if (ph_program_export(program, rva, &number)) {
            resolve_number(number, to);
            return NULL;
        }
        PH_TRY(ph_program_callee(program, rva, &callee));
        value = ph_abs_unknown();
        if (callee.kind == PH_CALLEE_SLOT)
            ph_program_load(program, program->pe->base + callee.target, ph_program_pointer(program),
                            &value);
        else if (callee.kind == PH_CALLEE_REGISTER)
            ph_flow_argument(flow, PH_ARGUMENT_REGISTER + callee.target, &value);
        if (value.symbol == PH_SYMBOL_IMPORT)
            resolve_number(value.number, to);
        if (callee.kind != PH_CALLEE_JUMP)
            return NULL;
        rva = callee.target;
    }
    return NULL;
}

struct ph_error *ph_follow_resolve(struct ph_follow *trace, struct ph_flow *flow,
                                   const struct ph_abs *target, struct ph_destination *to)
{
    uint64_t address;
    uint32_t rva;

    *to = (struct ph_destination){0};
    if (target->symbol == PH_SYMBOL_IMPORT && !target->offset)
        resolve_number(target->number, to);
    else if (ph_abs_is_constant(target, &address) && ph_program_rva(trace->program, address, &rva))
        PH_TRY(resolve_function(trace, flow, rva, to));
    if (to->is_routine && to->number == PH_NUMBER_DISPATCH) {
        struct ph_abs real;
        *to = (struct ph_destination){0};
        ph_flow_argument(flow, PH_ARGUMENT_REGISTER + PH_X86_AX, &real);
        if (real.symbol == PH_SYMBOL_IMPORT && real.number != PH_NUMBER_DISPATCH)
            resolve_number(real.number, to);
        else if (ph_abs_is_constant(&real, &address) &&
                 ph_program_rva(trace->program, address, &rva))
            PH_TRY(resolve_function(trace, flow, rva, to));
    }
    return NULL;
}

/* ------------------------------------------------------------------ routines by name */

void ph_follow_name(struct ph_follow *trace, struct ph_flow *flow, uint64_t site)
{
    struct ph_named made = {.site = site};
    struct ph_abs text;

    ph_flow_argument(flow, 0, &made.where);
    ph_flow_argument(flow, 1, &text);
    if (!ph_abs_is_constant(&text, &made.text))
        return;
    for (size_t i = 0; i < trace->name_count; i++)
        if (trace->names[i].site == site) {
            trace->names[i] = made;
            return;
        }
    if (trace->name_count < PH_NAMES_MOST)
        trace->names[trace->name_count++] = made;
}

static bool same_place(const struct ph_abs *a, const struct ph_abs *b)
{
    uint64_t left, right;

    if (ph_abs_is_constant(a, &left))
        return ph_abs_is_constant(b, &right) && left == right;
    return a->symbol == PH_SYMBOL_STACK && ph_same_formal(a, b) && !a->count && !b->count &&
           !a->unknown && !b->unknown;
}

/* The call of RtlInitUnicodeString for this structure that stands closest before. */
static const struct ph_api *initialised(const struct ph_follow *trace, uint64_t site,
                                        const struct ph_abs *where)
{
    const struct ph_named *best = NULL;

    for (size_t i = 0; i < trace->name_count; i++) {
        const struct ph_named *named = &trace->names[i];
        if (named->site < site && same_place(&named->where, where) &&
            (!best || named->site > best->site))
            best = named;
    }
    return best ? ph_named_api(trace->program, best->text, true, 0) : NULL;
}

const struct ph_api *ph_follow_find(struct ph_follow *trace, struct ph_flow *flow, uint64_t site,
                                    bool wide)
{
    unsigned pointer = ph_program_pointer(trace->program);
    struct ph_abs where, text, size;
    uint64_t address, bytes;

    ph_flow_argument(flow, 0, &where);
    if (!wide)
        return ph_abs_is_constant(&where, &address)
                   ? ph_named_api(trace->program, address, false, 0)
                   : NULL;
    ph_flow_memory(flow, &where, pointer, pointer, &text);
    ph_flow_memory(flow, &where, 0, 2, &size);
    if (ph_abs_is_constant(&text, &address) && ph_abs_is_constant(&size, &bytes) && bytes)
        return ph_named_api(trace->program, address, true, (uint32_t)bytes);
    return initialised(trace, site, &where);
}
