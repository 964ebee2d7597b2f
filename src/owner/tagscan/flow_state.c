#include "owner/tagscan/flow_state.h"

#include <string.h>

static uint32_t number_of(struct ph_space *space, const struct ph_abs *abs)
{
    return ph_values_number(&space->values, abs, 8);
}

static uint32_t stack_number(struct ph_space *space, int64_t offset)
{
    struct ph_abs stack = ph_abs_symbol(PH_SYMBOL_STACK, 0, offset);

    return number_of(space, &stack);
}

/* --- beginnings --- */

void ph_state_entry(struct ph_space *space, struct ph_state *state)
{
    const struct ph_machine *machine = space->machine;
    unsigned general = machine->vectors < PH_GENERAL ? machine->vectors : PH_GENERAL;

    memset(state->registers, 0, sizeof(state->registers));
    for (unsigned i = 0; i < general; i++) {
        struct ph_abs argument =
            ph_abs_symbol(PH_SYMBOL_ARGUMENT, ph_machine_argument(machine, i), 0);
        state->registers[i] = number_of(space, &argument);
    }
    state->registers[machine->stack_register] = stack_number(space, 0);
    state->escaped_local = 0;
    state->escaped_argument = PH_NEVER;
    state->lost_from = PH_NEVER;
    state->bound = 0;
    state->cell_count = 0;
}

void ph_state_top(struct ph_space *space, struct ph_state *state)
{
    memset(state->registers, 0, sizeof(state->registers));
    state->registers[space->machine->stack_register] = stack_number(space, PH_FRESH);
    state->escaped_local = PH_FRESH;
    state->escaped_argument = 0;
    state->lost_from = 0;
    state->bound = 0;
    state->cell_count = 0;
}

/* --- the stack pointer --- */

int64_t ph_state_stack(const struct ph_space *space, const struct ph_state *state)
{
    return ph_values_at(&space->values, state->registers[space->machine->stack_register])
        ->abs.offset;
}

static bool in_fresh(const struct ph_abs *abs)
{
    return abs->symbol == PH_SYMBOL_STACK && abs->offset < PH_FRESH_END;
}

/* Where the stack pointer went is not known: it goes on at a place of its own. Addresses in an
 * earlier such place must not be taken for addresses in this one. */
static bool move_stack(struct ph_space *space, struct ph_state *state)
{
    uint32_t kept = 0, fresh = stack_number(space, PH_FRESH);
    bool changed = state->registers[space->machine->stack_register] != fresh;

    state->registers[space->machine->stack_register] = fresh;
    for (unsigned i = 0; i < PH_GENERAL; i++) {
        if (i == space->machine->stack_register ||
            !in_fresh(&ph_values_at(&space->values, state->registers[i])->abs))
            continue;
        state->registers[i] = PH_VALUE_UNKNOWN;
        changed = true;
    }
    for (uint32_t i = 0; i < state->cell_count; i++) {
        struct ph_cell cell = state->cells[i];
        if (in_fresh(&ph_values_at(&space->values, cell.value)->abs)) {
            cell.value = PH_VALUE_UNKNOWN;
            changed = true;
        }
        bool useful = cell.value != PH_VALUE_UNKNOWN || (cell.at >= 0 && cell.at < PH_VECTOR_CELLS);
        if (cell.at >= PH_FRESH_END && useful)
            state->cells[kept++] = cell;
    }
    changed |= kept != state->cell_count;
    state->cell_count = kept;
    return changed;
}

void ph_state_lose_stack(struct ph_space *space, struct ph_state *state)
{
    move_stack(space, state);
    if (state->escaped_local < PH_FRESH_END)
        state->escaped_local = PH_FRESH_END;
}

void ph_state_check_stack(struct ph_space *space, struct ph_state *state)
{
    const struct ph_value *value =
        ph_values_at(&space->values, state->registers[space->machine->stack_register]);

    if (!ph_abs_is_symbol(&value->abs, PH_SYMBOL_STACK) || value->bytes != 8 ||
        value->abs.offset < 2 * (int64_t)PH_FRESH || value->abs.offset > -(int64_t)PH_FRESH)
        ph_state_lose_stack(space, state);
}

void ph_state_escape(struct ph_state *state, const struct ph_abs *abs)
{
    int32_t *escaped = abs->offset < 0 ? &state->escaped_local : &state->escaped_argument;

    if (abs->symbol == PH_SYMBOL_STACK && abs->offset < *escaped && abs->offset >= INT32_MIN)
        *escaped = (int32_t)abs->offset;
}

/* --- joining --- */

static int64_t end_of(const struct ph_cell *cell)
{
    return (int64_t)cell->at + cell->size;
}

/* The union of two values; the bytes that are known of both. */
static uint32_t join_values(struct ph_space *space, uint32_t into, uint32_t from, bool settle)
{
    struct ph_value a, b;

    if (into == from || into == PH_VALUE_UNKNOWN)
        return into;
    a = *ph_values_at(&space->values, into);
    b = *ph_values_at(&space->values, from);
    uint32_t bytes = a.bytes < b.bytes ? a.bytes : b.bytes;
    if (bytes < 8) {
        ph_abs_cut(&a.abs, bytes, false, space->machine->pointer);
        ph_abs_cut(&b.abs, bytes, false, space->machine->pointer);
    }
    bool changed = ph_abs_join(&a.abs, &b.abs) || bytes != a.bytes;
    if (!changed)
        return into;
    if (settle && a.abs.symbol == PH_SYMBOL_STACK)
        a.abs = ph_abs_wild_stack(); /* what is written there still changes locals */
    else if (settle || ph_abs_is_unknown(&a.abs))
        return PH_VALUE_UNKNOWN;
    return ph_values_number(&space->values, &a.abs, bytes);
}

static uint32_t load_number(struct ph_space *space, const struct ph_state *state,
                            const struct ph_cell *cell)
{
    struct ph_abs abs = ph_cells_load(space, state, cell->at, cell->size);

    return ph_abs_is_unknown(&abs) ? PH_VALUE_UNKNOWN : number_of(space, &abs);
}

/* What `into` knows is joined with what `from` knows of the same bytes. */
static bool join_cells(struct ph_space *space, struct ph_state *into, const struct ph_state *from,
                       bool settle)
{
    bool changed = false;
    uint32_t kept = 0, other = 0;

    for (uint32_t i = 0; i < into->cell_count; i++) {
        struct ph_cell cell = into->cells[i];
        while (other < from->cell_count && from->cells[other].at < cell.at)
            other++;
        const struct ph_cell *match = &from->cells[other];
        bool fits = other < from->cell_count && match->at == cell.at && match->size == cell.size;
        uint32_t theirs = fits ? match->value : load_number(space, from, &cell);
        uint32_t joined = join_values(space, cell.value, theirs, settle);
        changed |= joined != cell.value;
        cell.value = joined;
        if (joined != PH_VALUE_UNKNOWN || (cell.at >= 0 && cell.at < PH_VECTOR_CELLS))
            into->cells[kept++] = cell;
    }
    into->cell_count = kept;
    return changed;
}

static bool lower(int32_t *into, int32_t from)
{
    bool changed = from < *into;

    if (changed)
        *into = from;
    return changed;
}

/* The cell of exactly these bytes, or one that shares some of them. */
static const struct ph_cell *overlapping(const struct ph_state *state, const struct ph_cell *cell)
{
    for (uint32_t i = 0; i < state->cell_count && state->cells[i].at < end_of(cell); i++) {
        if (end_of(&state->cells[i]) > cell->at)
            return &state->cells[i];
    }
    return NULL;
}

/* Arguments on the stack that `from` overwrote and `into` did not: there the argument itself is one
 * of the values. */
static bool join_arguments(struct ph_space *space, struct ph_state *into,
                           const struct ph_state *from)
{
    bool changed = false;

    for (uint32_t i = 0; i < from->cell_count && from->cells[i].at < PH_VECTOR_CELLS; i++) {
        const struct ph_cell *cell = &from->cells[i];
        const struct ph_cell *mine = overlapping(into, cell);
        if (cell->at < 0 || cell->at >= into->lost_from)
            continue;
        if (mine && mine->at == cell->at && mine->size == cell->size)
            continue; /* join_cells() does it */
        if (mine) {
            changed |= lower(&into->lost_from, cell->at); /* seldom, and not worth more */
            continue;
        }
        uint32_t number = load_number(space, into, cell);
        ph_cells_put(into, cell->at, cell->size, join_values(space, number, cell->value, false));
        changed = true;
    }
    return changed;
}

bool ph_state_join(struct ph_space *space, struct ph_state *into, const struct ph_state *from,
                   bool settle)
{
    unsigned stack = space->machine->stack_register;
    uint32_t old_stack = into->registers[stack];
    bool changed = false;

    for (unsigned i = 0; i < PH_GENERAL; i++) {
        if (i == stack)
            continue;
        uint32_t joined = join_values(space, into->registers[i], from->registers[i], settle);
        changed |= joined != into->registers[i];
        into->registers[i] = joined;
    }
    changed |= join_arguments(space, into, from);
    changed |= join_cells(space, into, from, settle);
    int32_t escaped = from->escaped_local;
    if (from->registers[stack] != old_stack) {
        changed |= move_stack(space, into);
        if (escaped < PH_FRESH_END)
            escaped = PH_FRESH_END;
    }
    changed |= lower(&into->escaped_local, escaped);
    changed |= lower(&into->escaped_argument, from->escaped_argument);
    changed |= lower(&into->lost_from, from->lost_from);
    uint32_t bound = into->bound && from->bound ? into->bound : 0;
    if (bound && from->bound > bound)
        bound = from->bound;
    changed |= bound != into->bound;
    into->bound = bound;
    return changed;
}
