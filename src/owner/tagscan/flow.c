#include "owner/tagscan/flow_run.h"

#include <string.h>

#include "base/mem.h"

enum {
    INSNS_MOST = 60000,
    STEPS_PER_INSN = 60, /* on average, for the largest function */
    SETTLE_AFTER = 16,   /* visits of a block after which what still changes becomes unknown */
    GIVE_UP_AFTER = 60,
    TABLE_MOST = 512,
    FIRST_SLOTS = 512,
    FAR_FROM_ENTRY = 1 << 30
};

/* --- code --- */

bool ph_flow_code(struct ph_flow *flow, uint64_t address, struct ph_slice *bytes)
{
    uint64_t skip = address - flow->window_address;

    if (address < flow->window_address || skip >= flow->window.size) {
        struct ph_slice window;
        if (!flow->hooks->code(flow->hooks->context, address, &window) || window.size == 0)
            return false;
        flow->window = window;
        flow->window_address = address;
        skip = 0;
    }
    *bytes = (struct ph_slice){flow->window.data + skip, flow->window.size - skip};
    return true;
}

static size_t slot_of(const struct ph_flow *flow, uint64_t address)
{
    return (address * 0x9E3779B97F4A7C15ull >> 32) & (flow->slot_count - 1);
}

static void link_insn(struct ph_flow *flow, size_t number)
{
    size_t slot = slot_of(flow, flow->insns[number].address);

    while (flow->slots[slot])
        slot = (slot + 1) & (flow->slot_count - 1);
    flow->slots[slot] = (uint32_t)number + 1;
}

static struct ph_error *grow_slots(struct ph_flow *flow)
{
    size_t count = flow->slot_count ? flow->slot_count * 2 : FIRST_SLOTS;
    uint32_t *slots = ph_zalloc(count, sizeof(*slots));

    if (!slots)
        return ph_error_nomem();
    ph_free(flow->slots);
    flow->slots = slots;
    flow->slot_count = count;
    for (size_t i = 0; i < flow->insn_count; i++)
        link_insn(flow, i);
    return NULL;
}

static bool find_insn(const struct ph_flow *flow, uint64_t address, uint32_t *number)
{
    for (size_t slot = slot_of(flow, address); flow->slots[slot];
         slot = (slot + 1) & (flow->slot_count - 1)) {
        *number = flow->slots[slot] - 1;
        if (flow->insns[*number].address == address)
            return true;
    }
    return false;
}

static struct ph_error *add_insn(struct ph_flow *flow, const struct ph_insn *insn, uint32_t *number)
{
    if ((flow->insn_count + 1) * 2 > flow->slot_count)
        PH_TRY(grow_slots(flow));
    PH_TRY(ph_grow(&flow->insns, &flow->insn_capacity, flow->insn_count + 1, sizeof(*flow->insns)));
    PH_TRY(
        ph_grow(&flow->ops, &flow->op_capacity, flow->op_count + insn->count, sizeof(*flow->ops)));
    flow->insns[flow->insn_count] = (struct ph_flow_insn){.address = insn->address,
                                                          .first_op = (uint32_t)flow->op_count,
                                                          .size = insn->size,
                                                          .count = insn->count};
    if (insn->count)
        memcpy(&flow->ops[flow->op_count], insn->ops, insn->count * sizeof(*insn->ops));
    flow->op_count += insn->count;
    link_insn(flow, flow->insn_count);
    *number = (uint32_t)flow->insn_count++;
    return NULL;
}

/* `*found` is false where no code is, or where the function became too large. */
static struct ph_error *insn_at(struct ph_flow *flow, uint64_t address, uint32_t guess,
                                uint32_t *number, bool *found)
{
    struct ph_slice bytes;
    struct ph_insn insn;

    *found = true;
    if (guess < flow->insn_count && flow->insns[guess].address == address) {
        *number = guess;
        return NULL;
    }
    if (find_insn(flow, address, number))
        return NULL;
    *found = false;
    if (flow->insn_count == INSNS_MOST) {
        flow->stats->gave_up = true;
        return NULL;
    }
    if (!ph_flow_code(flow, address, &bytes) || !flow->space->machine->lift(bytes, address, &insn))
        return NULL;
    PH_TRY(add_insn(flow, &insn, number));
    *found = true;
    return NULL;
}

/* --- blocks: a heap of those to run --- */

static bool before(const struct ph_flow *flow, uint32_t a, uint32_t b)
{
    return flow->blocks[a].address < flow->blocks[b].address;
}

static struct ph_error *enqueue(struct ph_flow *flow, uint32_t block)
{
    if (flow->blocks[block].queued)
        return NULL;
    PH_TRY(
        ph_grow(&flow->queue, &flow->queue_capacity, flow->queue_count + 1, sizeof(*flow->queue)));
    size_t at = flow->queue_count++;
    for (; at && before(flow, block, flow->queue[(at - 1) / 2]); at = (at - 1) / 2)
        flow->queue[at] = flow->queue[(at - 1) / 2];
    flow->queue[at] = block;
    flow->blocks[block].queued = true;
    return NULL;
}

static uint32_t dequeue(struct ph_flow *flow)
{
    uint32_t first = flow->queue[0], last = flow->queue[--flow->queue_count];
    size_t at = 0;

    for (size_t child = 1; child < flow->queue_count; child = 2 * at + 1) {
        if (child + 1 < flow->queue_count &&
            before(flow, flow->queue[child + 1], flow->queue[child]))
            child++;
        if (!before(flow, flow->queue[child], last))
            break;
        flow->queue[at] = flow->queue[child];
        at = child;
    }
    flow->queue[at] = last;
    flow->blocks[first].queued = false;
    return first;
}

static struct ph_error *copy_state(const struct ph_state *from, struct ph_state *into)
{
    enum { SPARE = 4 }; /* arguments that turn out to be overwritten on another path */
    uint32_t room = from->cell_count + SPARE;
    struct ph_cell *cells = ph_alloc(room * sizeof(*cells));

    if (!cells)
        return ph_error_nomem();
    memcpy(cells, from->cells, from->cell_count * sizeof(*cells));
    *into = *from;
    into->cells = cells;
    into->cell_room = room;
    return NULL;
}

static struct ph_error *add_block(struct ph_flow *flow, uint32_t insn, uint32_t *block)
{
    struct ph_block added = {.address = flow->insns[insn].address};

    PH_TRY(ph_grow(&flow->blocks, &flow->block_capacity, flow->block_count + 1,
                   sizeof(*flow->blocks)));
    PH_TRY(copy_state(flow->state, &added.in));
    *block = (uint32_t)flow->block_count;
    flow->blocks[flow->block_count++] = added;
    return NULL;
}

/* A block is too restless: nothing is known at its beginning any more. */
static void give_up_block(struct ph_flow *flow, struct ph_block *block)
{
    ph_state_top(flow->space, &block->in);
}

/* The working state reaches `address`. */
static struct ph_error *reach(struct ph_flow *flow, uint64_t address)
{
    uint32_t insn, block;
    bool found;

    if (flow->final)
        return NULL;
    flow->steps += 4 + flow->state->cell_count / 8; /* joins take their time, too */
    PH_TRY(insn_at(flow, address, UINT32_MAX, &insn, &found));
    if (!found)
        return NULL;
    if (flow->insns[insn].leader == 0) {
        uint32_t owner = flow->insns[insn].owner;
        PH_TRY(add_block(flow, insn, &block));
        flow->insns[insn].leader = block + 1;
        if (owner) /* a block that ran over it ends before it from now on */
            PH_TRY(enqueue(flow, owner - 1));
        return enqueue(flow, block);
    }
    block = flow->insns[insn].leader - 1;
    struct ph_block *to = &flow->blocks[block];
    if (to->visits > GIVE_UP_AFTER)
        return NULL;
    if (!ph_state_join(flow->space, &to->in, flow->state, to->visits > SETTLE_AFTER))
        return NULL;
    if (to->visits == GIVE_UP_AFTER)
        give_up_block(flow, to);
    return enqueue(flow, block);
}

/* --- jumps --- */

static bool inside(const struct ph_flow *flow, uint64_t address)
{
    return flow->hooks->inside(flow->hooks->context, flow->entry, address);
}

/* A jump to a constant address: within the function, or a tail call. */
static struct ph_error *jump_to(struct ph_flow *flow, uint64_t site, uint64_t address)
{
    struct ph_abs target = ph_abs_constant(address);

    if (inside(flow, address))
        return reach(flow, address);
    return ph_flow_tail_call(flow, site, &target);
}

/* Jumps through tables: a comparison before tells how many entries there are, and an entry that
 * does not lead into the function is none. */
static struct ph_error *jump_by_table(struct ph_flow *flow, const struct ph_abs *entry)
{
    struct ph_table table = ph_table_unpack(entry->number);
    unsigned pointer = flow->space->machine->pointer;
    uint32_t bound = flow->state->bound;
    uint32_t most = bound && bound < TABLE_MOST ? bound : TABLE_MOST;

    for (uint32_t i = 0; i < most && !flow->final; i++) {
        struct ph_abs value = ph_abs_unknown();
        uint64_t target, at = (uint64_t)entry->offset + (uint64_t)i * table.stride;
        flow->hooks->load(flow->hooks->context, at & ph_width_mask(pointer), table.width, &value);
        if (!ph_abs_is_constant(&value, &target))
            return NULL;
        target &= ph_width_mask(table.width);
        if (table.extend)
            target = ph_sign_extend(target, table.width);
        target = ((target << table.shift) + entry->constants[0]) & ph_width_mask(pointer);
        if (inside(flow, target))
            PH_TRY(reach(flow, target));
        else if (!bound)
            return NULL;
    }
    return NULL;
}

static struct ph_error *jump(struct ph_flow *flow, uint64_t site, const struct ph_op *op)
{
    struct ph_abs target = ph_flow_target(flow, op);
    struct ph_abs rest = target;

    if (target.symbol == PH_SYMBOL_TABLE && !target.unknown)
        return jump_by_table(flow, &target);
    for (unsigned i = 0; i < target.count; i++)
        PH_TRY(jump_to(flow, site, target.constants[i]));
    rest.count = 0;
    memset(rest.constants, 0, sizeof(rest.constants));
    return rest.unknown || rest.symbol ? ph_flow_tail_call(flow, site, &rest) : NULL;
}

static void leave(struct ph_flow *flow, const struct ph_op *op)
{
    struct ph_operand reg = {.is_register = true,
                             .reg = (uint8_t)flow->space->machine->result_register};
    struct ph_abs result = ph_flow_operand(flow, &reg, flow->space->machine->pointer);

    if (!flow->final)
        return;
    result = ph_flow_shown(flow, &result);
    ph_abs_join(&flow->stats->result, &result);
    if (op->a.constant > flow->stats->cleanup)
        flow->stats->cleanup = (uint32_t)op->a.constant;
}

/* --- running --- */

static struct ph_error *transfer(struct ph_flow *flow, const struct ph_flow_insn *insn,
                                 const struct ph_op *op, enum ph_step *step)
{
    struct ph_abs target;

    *step = PH_STEP_END;
    switch (op->kind) {
    case PH_OP_CALL:
        target = ph_flow_target(flow, op);
        return ph_flow_call(flow, insn, &target, step);
    case PH_OP_JUMP:
        return jump(flow, insn->address, op);
    case PH_OP_BRANCH:
        *step = PH_STEP_ON;
        return jump(flow, insn->address, op);
    case PH_OP_RETURN:
        leave(flow, op);
        return NULL;
    default: /* PH_OP_TRAP */
        return NULL;
    }
}

static void show(const struct ph_flow *flow, const struct ph_flow_insn *insn)
{
    struct ph_insn shown;

    shown.address = insn->address;
    shown.size = insn->size;
    shown.count = insn->count;
    if (insn->count)
        memcpy(shown.ops, &flow->ops[insn->first_op], insn->count * sizeof(*shown.ops));
    flow->hooks->seen(flow->hooks->context, &shown);
}

static struct ph_error *run_insn(struct ph_flow *flow, const struct ph_flow_insn *insn,
                                 enum ph_step *step)
{
    *step = PH_STEP_ON;
    for (uint32_t i = 0; i < insn->count; i++) {
        const struct ph_op *op = &flow->ops[insn->first_op + i];
        if (op->kind < PH_OP_CALL) {
            ph_flow_execute(flow, op);
            continue;
        }
        struct ph_op copy = *op; /* jumps decode more code, and the operations move */
        return transfer(flow, insn, &copy, step);
    }
    return NULL;
}

/* Runs a block: up to a jump, or to where another block begins. */
static struct ph_error *run_block(struct ph_flow *flow, uint32_t block)
{
    uint64_t address = flow->blocks[block].address;
    uint32_t number = UINT32_MAX - 1;
    enum ph_step step = PH_STEP_ON;
    bool found;

    flow->current = block;
    flow->into_entry = block == 0 ? 0 : FAR_FROM_ENTRY;
    *flow->state = flow->blocks[block].in;
    memcpy(flow->cells, flow->blocks[block].in.cells,
           flow->blocks[block].in.cell_count * sizeof(*flow->cells));
    flow->state->cells = flow->cells;
    flow->state->cell_room = PH_CELLS_MOST;
    while (step == PH_STEP_ON) {
        PH_TRY(insn_at(flow, address, number + 1, &number, &found));
        if (!found)
            return NULL;
        struct ph_flow_insn insn = flow->insns[number];
        if (insn.leader && insn.leader - 1 != block)
            return reach(flow, address);
        flow->insns[number].owner = block + 1;
        flow->steps++;
        flow->into_entry++;
        if (flow->final && flow->hooks->seen)
            show(flow, &insn);
        PH_TRY(run_insn(flow, &insn, &step));
        address += insn.size;
    }
    return NULL;
}

static struct ph_error *settle(struct ph_flow *flow)
{
    while (flow->queue_count && !flow->stats->gave_up) {
        uint32_t block = dequeue(flow);
        flow->blocks[block].visits++;
        flow->stats->passes++;
        PH_TRY(run_block(flow, block));
        flow->stats->gave_up |= flow->steps > (uint64_t)INSNS_MOST * STEPS_PER_INSN;
    }
    while (flow->queue_count)
        dequeue(flow);
    return NULL;
}

/* Once more over all blocks, for the hooks to note what they see, by ascending addresses. */
static struct ph_error *report(struct ph_flow *flow)
{
    flow->final = true;
    for (uint32_t i = 0; i < flow->block_count; i++) {
        if (flow->stats->gave_up)
            ph_state_top(flow->space, &flow->blocks[i].in);
        PH_TRY(enqueue(flow, i));
    }
    while (flow->queue_count)
        PH_TRY(run_block(flow, dequeue(flow)));
    return NULL;
}

static struct ph_error *begin(struct ph_flow *flow)
{
    struct ph_state *state = flow->state;

    PH_TRY(grow_slots(flow));
    ph_state_entry(flow->space, state);
    PH_TRY(reach(flow, flow->entry));
    for (size_t i = 0; i < flow->hooks->entry_count; i++) {
        ph_state_top(flow->space, state);
        PH_TRY(reach(flow, flow->hooks->entries[i]));
    }
    return NULL;
}

static void flow_fini(struct ph_flow *flow)
{
    for (size_t i = 0; i < flow->block_count; i++)
        ph_free(flow->blocks[i].in.cells);
    ph_free(flow->blocks);
    ph_free(flow->queue);
    ph_free(flow->insns);
    ph_free(flow->ops);
    ph_free(flow->slots);
    ph_values_fini(&flow->space->values);
}

static struct ph_error *run(struct ph_flow *flow)
{
    PH_TRY(ph_values_init(&flow->space->values));
    PH_TRY(begin(flow));
    PH_TRY(settle(flow));
    PH_TRY(report(flow));
    /* values that could not be kept for want of memory are unknown: no answer to give out */
    if (flow->space->values.full && flow->space->values.count < PH_VALUES_MOST)
        return ph_error_nomem();
    flow->stats->result = ph_flow_shown(flow, &flow->stats->result);
    flow->stats->instructions = (uint32_t)flow->insn_count;
    flow->stats->blocks = (uint32_t)flow->block_count;
    flow->stats->steps = flow->steps;
    return NULL;
}

struct ph_error *ph_flow_run(uint16_t machine, uint64_t entry, const struct ph_flow_hooks *hooks,
                             struct ph_flow_stats *stats)
{
    struct ph_space space = {.machine = ph_machine_of(machine)};
    struct ph_flow_stats result = {0};
    struct ph_state state = {0};
    PH_GUARD(flow_fini)
    struct ph_flow flow = {
        .hooks = hooks, .stats = &result, .space = &space, .entry = entry, .state = &state};

    if (!space.machine)
        return ph_errorf(PH_ERR_USAGE, "machine 0x%x: its code cannot be followed", machine);
    state.cells = flow.cells;
    state.cell_room = PH_CELLS_MOST;
    PH_TRY(run(&flow));
    *stats = result;
    return NULL;
}
