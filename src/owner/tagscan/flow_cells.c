/* flow_cells.c - memory on the stack, byte by byte, and vector registers. */
#include "owner/tagscan/flow_state.h"

#include <string.h>

static bool is_argument(int64_t at)
{
    return at >= 0 && at < PH_VECTOR_CELLS;
}

static int32_t end_of(const struct ph_cell *cell)
{
    return cell->at + (int32_t)cell->size;
}

/* The first cell that ends behind `at`. */
static uint32_t find(const struct ph_state *state, int64_t at)
{
    uint32_t low = 0, high = state->cell_count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (end_of(&state->cells[middle]) <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void remove_cells(struct ph_state *state, uint32_t first, uint32_t count)
{
    memmove(&state->cells[first], &state->cells[first + count],
            (state->cell_count - first - count) * sizeof(*state->cells));
    state->cell_count -= count;
}

/* An absent cell is as good as one that is unknown, but for the arguments: when there is no room
 * any more, those from there on are given up. */
static void insert_cell(struct ph_state *state, uint32_t index, struct ph_cell cell)
{
    if (state->cell_count == state->cell_room) {
        if (is_argument(cell.at) && cell.at < state->lost_from)
            state->lost_from = cell.at;
        return;
    }
    memmove(&state->cells[index + 1], &state->cells[index],
            (state->cell_count - index) * sizeof(*state->cells));
    state->cells[index] = cell;
    state->cell_count++;
}

void ph_cells_put(struct ph_state *state, int64_t at, unsigned size, uint32_t value)
{
    if (value == PH_VALUE_UNKNOWN && (!is_argument(at) || at >= state->lost_from))
        return;
    insert_cell(state, find(state, at),
                (struct ph_cell){.at = (int32_t)at, .size = size, .value = value});
}

/* Puts bytes `from` to `to` of a cell that is being cut, in pieces of 1, 2 and 4 bytes. */
static void put_rest(struct ph_space *space, struct ph_state *state, const struct ph_cell *cell,
                     int64_t from, int64_t to)
{
    const struct ph_value *value = ph_values_at(&space->values, cell->value);

    while (from < to) {
        unsigned size = to - from >= 4 ? 4 : to - from >= 2 ? 2 : 1;
        unsigned skip = (unsigned)(from - cell->at);
        struct ph_abs part =
            ph_abs_extract(&value->abs, skip, size, cell->size, space->machine->pointer);
        ph_cells_put(state, from, size,
                     ph_abs_is_unknown(&part) ? PH_VALUE_UNKNOWN
                                              : ph_values_number(&space->values, &part, 8));
        value = ph_values_at(&space->values, cell->value);
        from += size;
    }
}

/* Makes room: no cell tells anything about these bytes afterwards. */
static void clear(struct ph_space *space, struct ph_state *state, int64_t at, unsigned size)
{
    uint32_t first = find(state, at), count = 0;
    int64_t end = at + size;
    struct ph_cell before, after;

    while (first + count < state->cell_count && state->cells[first + count].at < end)
        count++;
    if (count == 0)
        return;
    before = state->cells[first];
    after = state->cells[first + count - 1];
    remove_cells(state, first, count);
    if (before.at < at)
        put_rest(space, state, &before, before.at, at);
    if (end_of(&after) > end)
        put_rest(space, state, &after, end, end_of(&after));
}

void ph_cells_forget(struct ph_space *space, struct ph_state *state, int64_t at, unsigned size)
{
    clear(space, state, at, size);
    if (is_argument(at) && at < state->lost_from)
        put_rest(space, state,
                 &(struct ph_cell){.at = (int32_t)at, .size = size, .value = PH_VALUE_UNKNOWN}, at,
                 at + size);
}

void ph_cells_store(struct ph_space *space, struct ph_state *state, int64_t at, unsigned size,
                    uint32_t number)
{
    /* a copy: the table of values moves when it grows */
    struct ph_value value = *ph_values_at(&space->values, number);
    unsigned bytes = value.bytes < size ? value.bytes : size;

    if (at < INT32_MIN / 2 || at > INT32_MAX - 16)
        return;
    ph_cells_forget(space, state, at, size);
    if (number == PH_VALUE_UNKNOWN)
        return;
    if (size < space->machine->pointer || value.bytes < size) {
        ph_abs_cut(&value.abs, bytes, false, space->machine->pointer);
        if (ph_abs_is_unknown(&value.abs))
            return;
        number = ph_values_number(&space->values, &value.abs, 8);
    }
    clear(space, state, at, bytes);
    ph_cells_put(state, at, bytes, number);
}

/* --- reading --- */

/* What the caller left there: arguments in whole slots. */
static struct ph_abs initial(const struct ph_space *space, const struct ph_state *state, int64_t at,
                             unsigned size)
{
    const struct ph_machine *machine = space->machine;
    int64_t slot = at - machine->first_slot;

    if (!is_argument(at) || at >= state->lost_from || slot < 0 || size < 4 ||
        size > machine->pointer || slot % machine->pointer)
        return ph_abs_unknown();
    int64_t number = slot / machine->pointer;
    if (number < machine->argument_count || number >= PH_ARGUMENT_REGISTER)
        return ph_abs_unknown(); /* the home of an argument that came in a register */
    return ph_abs_symbol(PH_SYMBOL_ARGUMENT, (uint32_t)number, 0);
}

/* Several cells, all constant, make one. */
static struct ph_abs combine(const struct ph_space *space, const struct ph_state *state,
                             uint32_t first, int64_t at, unsigned size)
{
    struct ph_abs whole = ph_abs_constant(0);
    int64_t next = at;

    for (uint32_t i = first; next < at + size; i++) {
        if (i == state->cell_count || state->cells[i].at > next)
            return ph_abs_unknown();
        const struct ph_cell *cell = &state->cells[i];
        const struct ph_abs *abs = &ph_values_at(&space->values, cell->value)->abs;
        uint64_t constant;
        if (!ph_abs_is_constant(abs, &constant))
            return ph_abs_unknown();
        unsigned skip = (unsigned)(next - cell->at), to = (unsigned)(next - at);
        constant = constant & ph_width_mask(cell->size);
        whole.constants[0] |= constant >> skip * 8 << to * 8;
        whole.from_data |= abs->from_data;
        whole.from_writable |= abs->from_writable;
        next = end_of(cell);
    }
    whole.constants[0] &= ph_width_mask(size);
    return whole;
}

struct ph_abs ph_cells_load(struct ph_space *space, const struct ph_state *state, int64_t at,
                            unsigned size)
{
    uint32_t first = find(state, at);
    const struct ph_cell *cell = &state->cells[first];

    if (first == state->cell_count || cell->at >= at + (int64_t)size)
        return initial(space, state, at, size);
    if (cell->at <= at && end_of(cell) >= at + (int64_t)size)
        return ph_abs_extract(&ph_values_at(&space->values, cell->value)->abs,
                              (unsigned)(at - cell->at), size, cell->size, space->machine->pointer);
    return combine(space, state, first, at, size);
}

void ph_cells_copy(struct ph_space *space, struct ph_state *state, int64_t from, int64_t to,
                   unsigned size)
{
    struct ph_cell copied[16];
    uint32_t count = 0;

    for (unsigned done = 0; done < size;) {
        uint32_t index = find(state, from + done);
        const struct ph_cell *cell = &state->cells[index];
        unsigned step = size - done >= 8 ? 8 : size - done >= 4 ? 4 : 1;
        if (index < state->cell_count && cell->at == from + done && cell->size <= size - done)
            step = cell->size;
        else if (step == 8 && (index == state->cell_count || cell->at > from + done))
            step = space->machine->pointer; /* untouched, or a cell begins within */
        struct ph_abs abs = ph_cells_load(space, state, from + done, step);
        uint32_t number =
            ph_abs_is_unknown(&abs) ? PH_VALUE_UNKNOWN : ph_values_number(&space->values, &abs, 8);
        copied[count++] = (struct ph_cell){.at = (int32_t)done, .size = step, .value = number};
        done += step;
    }
    ph_cells_forget(space, state, to, size);
    for (uint32_t i = 0; i < count; i++) {
        if (copied[i].value == PH_VALUE_UNKNOWN)
            continue;
        clear(space, state, to + copied[i].at, copied[i].size);
        ph_cells_put(state, to + copied[i].at, copied[i].size, copied[i].value);
    }
}

/* --- forgetting --- */

static void forget_range(struct ph_state *state, int64_t from, int64_t end)
{
    uint32_t first = find(state, from), count = 0;

    while (first + count < state->cell_count && state->cells[first + count].at < end)
        count++;
    remove_cells(state, first, count);
}

void ph_cells_forget_from(struct ph_state *state, int64_t at)
{
    forget_range(state, at, at < 0 ? 0 : PH_VECTOR_CELLS);
    if (at >= 0 && at < state->lost_from)
        state->lost_from = (int32_t)(at < PH_VECTOR_CELLS ? at : PH_VECTOR_CELLS);
}

void ph_cells_forget_below(struct ph_state *state, int64_t at)
{
    uint32_t count = 0;

    while (count < state->cell_count && end_of(&state->cells[count]) <= at &&
           state->cells[count].at < 0)
        count++;
    if (count)
        remove_cells(state, 0, count);
}
