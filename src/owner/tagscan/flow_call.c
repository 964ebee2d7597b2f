/* flow_call.c - calls, and what hooks ask about them. */
#include "owner/tagscan/flow_run.h"

#include <string.h>

enum {
    HELPER_INSNS = 40, /* the longest helper of a compiler that is looked into */
    HELPER_WITHIN = 24 /* instructions from the entry on in which helpers are called */
};

/* What a small function that calls nothing does to registers. */
struct helper {
    uint64_t written;
    uint32_t cleanup;
    bool straight;    /* no jumps in it */
    bool moves_stack; /* it does not leave the stack pointer as it was */
    uint64_t pushed;  /* bytes; with what was popped taken off */
};

static bool helper_op(const struct ph_machine *machine, const struct ph_op *op, uint64_t start,
                      uint64_t *reach, struct helper *helper)
{
    switch (op->kind) {
    case PH_OP_JUMP:
    case PH_OP_BRANCH:
        helper->straight = false;
        if (op->target != PH_TARGET_DIRECT || op->target_address < start ||
            op->target_address - start > 16 * HELPER_INSNS)
            return false;
        if (op->target_address > *reach)
            *reach = op->target_address;
        return true;
    case PH_OP_CALL:
    case PH_OP_TRAP:
        return false;
    case PH_OP_NONE:
    case PH_OP_STORE:
    case PH_OP_COMPARE:
    case PH_OP_RETURN:
        return true;
    default:
        break;
    }
    if (op->dst == machine->stack_register) {
        helper->moves_stack |=
            (op->kind != PH_OP_ADD && op->kind != PH_OP_SUB) || op->b.is_register;
        helper->pushed += op->kind == PH_OP_ADD ? 0 - op->b.constant : op->b.constant;
    } else if (op->dst < machine->vectors) {
        helper->written |= 1ull << op->dst;
    } else if (op->dst < machine->vectors + machine->vector_count || op->dst == PH_REG_NONE) {
        return false;
    }
    return true;
}

/* Functions that compilers put calls to into prologues keep the arguments' registers: __chkstk,
 * __SEH_prolog4 and their like. They are small, so that it can be seen. */
static bool look_into(struct ph_flow *flow, uint64_t start, struct helper *helper)
{
    uint64_t address = start, reach = start;
    struct ph_insn insn;
    struct ph_slice bytes;

    *helper = (struct helper){.straight = true};
    for (unsigned i = 0; i < HELPER_INSNS; i++) {
        if (!ph_flow_code(flow, address, &bytes) ||
            !flow->space->machine->lift(bytes, address, &insn))
            return false;
        for (unsigned k = 0; k < insn.count; k++) {
            if (!helper_op(flow->space->machine, &insn.ops[k], start, &reach, helper))
                return false;
        }
        address += insn.size;
        if (insn.count && insn.ops[insn.count - 1].kind == PH_OP_RETURN && reach < address) {
            helper->cleanup = (uint32_t)insn.ops[insn.count - 1].a.constant;
            helper->moves_stack |= helper->straight && helper->pushed;
            return true;
        }
    }
    return false;
}

static void push_return(struct ph_flow *flow, uint64_t back)
{
    struct ph_op move = {.kind = PH_OP_SUB,
                         .width = 4,
                         .dst = PH_X86_SP,
                         .a = {.is_register = true, .reg = PH_X86_SP},
                         .b = {.constant = 4}};
    struct ph_op store = {.kind = PH_OP_STORE, .width = 4, .a = {.constant = back}};

    store.memory.base = PH_X86_SP;
    store.memory.index = PH_REG_NONE;
    ph_flow_execute(flow, &move);
    ph_flow_execute(flow, &store);
}

static bool pop_return(struct ph_flow *flow, uint64_t back)
{
    int64_t at = ph_state_stack(flow->space, flow->state);
    struct ph_abs address = ph_cells_load(flow->space, flow->state, at, 4);
    struct ph_abs stack = ph_abs_symbol(PH_SYMBOL_STACK, 0, at + 4);
    uint64_t constant;

    if (!ph_abs_is_constant(&address, &constant) || constant != back)
        return false;
    flow->state->registers[PH_X86_SP] = ph_values_number(&flow->space->values, &stack, 8);
    return true;
}

/* x86's __SEH_prolog4 builds the caller's frame: it is run as if it stood in the caller. */
static bool run_helper(struct ph_flow *flow, uint64_t start, uint64_t back)
{
    struct ph_cell cells[PH_CELLS_MOST];
    struct ph_state before = *flow->state;
    uint64_t address = start;
    struct ph_insn insn;
    struct ph_slice bytes;

    memcpy(cells, before.cells, before.cell_count * sizeof(*cells));
    push_return(flow, back);
    for (bool returned = false; !returned; address += insn.size) {
        if (!ph_flow_code(flow, address, &bytes) ||
            !flow->space->machine->lift(bytes, address, &insn))
            break; /* cannot be: it was looked into */
        for (unsigned k = 0; k < insn.count; k++)
            ph_flow_execute(flow, &insn.ops[k]);
        returned = insn.count && insn.ops[insn.count - 1].kind == PH_OP_RETURN;
    }
    if (pop_return(flow, back))
        return true;
    *flow->state = before;
    memcpy(flow->state->cells, cells, before.cell_count * sizeof(*cells));
    return false;
}

/* _chkstk takes eax bytes off the stack. */
static bool probe_stack(struct ph_flow *flow)
{
    struct ph_operand ax = {.is_register = true, .reg = PH_X86_AX};
    struct ph_abs size = ph_flow_operand(flow, &ax, 4);
    uint64_t bytes;

    if (!ph_abs_is_constant(&size, &bytes) || bytes > INT32_MAX)
        return false;
    struct ph_op move = {.kind = PH_OP_SUB,
                         .width = 4,
                         .dst = PH_X86_SP,
                         .a = {.is_register = true, .reg = PH_X86_SP},
                         .b = {.constant = bytes}};
    ph_flow_execute(flow, &move);
    flow->state->registers[PH_X86_AX] = PH_VALUE_UNKNOWN;
    return true;
}

/* --- effects --- */

static void forget_registers(struct ph_flow *flow, uint64_t mask)
{
    for (unsigned i = 0; i < PH_GENERAL; i++) {
        if (mask >> i & 1)
            flow->state->registers[i] = PH_VALUE_UNKNOWN;
    }
}

static void forget_vectors(struct ph_flow *flow)
{
    const struct ph_machine *machine = flow->space->machine;
    const struct ph_state *state = flow->state;

    if (state->cell_count == 0 || state->cells[state->cell_count - 1].at < PH_VECTOR_CELLS)
        return; /* they hold nothing */
    for (unsigned i = 0; i < machine->vector_count; i++) {
        if (machine->changed_vectors >> i & 1)
            ph_cells_forget(flow->space, flow->state, PH_VECTOR_CELLS + 16 * (int64_t)i, 16);
    }
}

/* A callee may write to what it was given the address of, now or before, and to everything above
 * in the same part of the stack: where an object ends is not known. */
static void forget_escaped(struct ph_flow *flow, uint32_t keeps)
{
    struct ph_state *state = flow->state;

    for (unsigned i = 0; i < PH_GENERAL; i++) {
        if ((flow->space->machine->passes & ~(uint64_t)keeps) >> i & 1)
            ph_state_escape(state, &ph_values_at(&flow->space->values, state->registers[i])->abs);
    }
    if (state->escaped_local < 0)
        ph_cells_forget_from(state, state->escaped_local);
    if (state->escaped_argument != PH_NEVER)
        ph_cells_forget_from(state, state->escaped_argument);
}

static void clean_up(struct ph_flow *flow, uint32_t bytes)
{
    if (flow->space->machine->pointer != 4)
        return;
    if (bytes == PH_CLEANUP_UNKNOWN) {
        ph_state_lose_stack(flow->space, flow->state);
        return;
    }
    struct ph_abs stack = ph_abs_symbol(PH_SYMBOL_STACK, 0,
                                        ph_state_stack(flow->space, flow->state) + (int64_t)bytes);
    flow->state->registers[PH_X86_SP] = ph_values_number(&flow->space->values, &stack, 8);
    ph_state_check_stack(flow->space, flow->state);
}

static void apply(struct ph_flow *flow, const struct ph_call_effect *effect, uint64_t changed)
{
    struct ph_abs result = effect->result;
    unsigned result_register = flow->space->machine->result_register;

    forget_escaped(flow, effect->keeps_pointers);
    if (!effect->keeps_registers) {
        forget_registers(flow, changed);
        forget_vectors(flow);
    }
    if (changed >> result_register & 1)
        flow->state->registers[result_register] =
            ph_values_number(&flow->space->values, &result, 8);
    clean_up(flow, effect->cleanup);
    ph_cells_forget_below(flow->state, ph_state_stack(flow->space, flow->state));
    flow->state->bound = 0;
}

/* True: the callee is a small helper, and its effect is done. */
static bool apply_helper(struct ph_flow *flow, uint64_t target, uint64_t back,
                         struct ph_call_effect *effect)
{
    struct helper helper;
    bool x86 = flow->space->machine->pointer == 4;

    if (flow->into_entry > HELPER_WITHIN || !look_into(flow, target, &helper))
        return false;
    if (x86 && helper.moves_stack)
        return helper.straight ? run_helper(flow, target, back) : probe_stack(flow);
    if (x86 && effect->cleanup == PH_CLEANUP_UNKNOWN)
        effect->cleanup = helper.cleanup;
    apply(flow, effect, helper.written & flow->space->machine->changed);
    return true;
}

struct ph_error *ph_flow_call(struct ph_flow *flow, const struct ph_flow_insn *insn,
                              const struct ph_abs *target, enum ph_step *step)
{
    const struct ph_machine *machine = flow->space->machine;
    struct ph_call_effect effect = {.cleanup = machine->pointer == 4 ? PH_CLEANUP_UNKNOWN : 0,
                                    .result = ph_abs_unknown()};
    struct ph_abs shown = ph_flow_shown(flow, target);
    uint64_t address = insn->address, back = insn->address + insn->size, constant;

    flow->tail = false;
    PH_TRY(flow->hooks->call(flow->hooks->context, flow, address, &shown, false, &effect));
    *step = effect.no_return ? PH_STEP_END : PH_STEP_ON;
    if (effect.no_return)
        return NULL;
    if (!effect.keeps_registers && ph_abs_is_constant(target, &constant) &&
        apply_helper(flow, constant, back, &effect))
        return NULL;
    apply(flow, &effect, machine->changed);
    return NULL;
}

struct ph_error *ph_flow_tail_call(struct ph_flow *flow, uint64_t site, const struct ph_abs *target)
{
    struct ph_call_effect effect = {.cleanup = PH_CLEANUP_UNKNOWN, .result = ph_abs_unknown()};
    struct ph_abs shown = ph_flow_shown(flow, target);

    flow->tail = true;
    return flow->hooks->call(flow->hooks->context, flow, site, &shown, true, &effect);
}

struct ph_abs ph_flow_target(struct ph_flow *flow, const struct ph_op *op)
{
    unsigned pointer = flow->space->machine->pointer;

    switch (op->target) {
    case PH_TARGET_DIRECT:
        return ph_abs_constant(op->target_address);
    case PH_TARGET_REGISTER:
        return ph_flow_operand(flow, &op->a, pointer);
    case PH_TARGET_MEMORY:
        break;
    }
    return ph_flow_load_op(flow, op, pointer);
}

/* --- for hooks --- */

bool ph_flow_is_final(const struct ph_flow *flow)
{
    return flow->final;
}

static struct ph_abs register_argument(const struct ph_flow *flow, unsigned reg)
{
    if (reg >= PH_GENERAL)
        return ph_abs_unknown();
    const struct ph_value *value = ph_values_at(&flow->space->values, flow->state->registers[reg]);
    return value->bytes == 8 ? value->abs : ph_abs_unknown();
}

void ph_flow_argument(const struct ph_flow *flow, unsigned number, struct ph_abs *value)
{
    const struct ph_machine *machine = flow->space->machine;

    if (number >= PH_ARGUMENT_REGISTER) {
        *value = register_argument(flow, number - PH_ARGUMENT_REGISTER);
    } else if (number < machine->argument_count) {
        *value = register_argument(flow, machine->arguments[number]);
    } else {
        int64_t at = ph_state_stack(flow->space, flow->state) + machine->first_slot +
                     (int64_t)number * machine->pointer;
        if (!flow->tail)
            at -= machine->return_size;
        *value = ph_cells_load(flow->space, flow->state, at, machine->pointer);
        if (ph_abs_is_unknown(value))
            *value = ph_cells_load(flow->space, flow->state, at, 4);
    }
    *value = ph_flow_shown(flow, value);
}

void ph_flow_memory(const struct ph_flow *flow, const struct ph_abs *pointer, int64_t offset,
                    unsigned width, struct ph_abs *value)
{
    unsigned bytes = flow->space->machine->pointer;
    struct ph_abs step = ph_abs_constant((uint64_t)offset & ph_width_mask(bytes));
    struct ph_abs address = ph_abs_binary(PH_OP_ADD, pointer, &step, false, bytes, bytes);

    *value = ph_flow_load(flow, &address, width);
    ph_abs_cut(value, width, false, width > bytes ? width : bytes);
    *value = ph_flow_shown(flow, value);
}
