/* flow_state.h - what the data flow knows at one place of a function. Internal to flow*.c.
 *
 * Values are kept once and named by numbers, so that a state is small and two of them are quickly
 * compared. A state is a number for every general register, and cells: bytes of memory, at offsets
 * from the stack pointer at entry. Vector registers are cells, too, far above the stack. What no
 * cell tells is unknown, except that the caller's part of the stack holds the arguments until
 * something is written there.
 */
#ifndef PH_OWNER_FLOW_STATE_H
#define PH_OWNER_FLOW_STATE_H

#include "owner/tagscan/abs.h"

/* --- the machine --- */

struct ph_machine {
    unsigned pointer; /* bytes */
    unsigned stack_register, result_register;
    unsigned vectors;         /* the first vector register */
    unsigned vector_count;    /* 16 or 32 */
    uint64_t changed;         /* registers that a callee may change */
    uint64_t changed_vectors; /* the same, from vector 0 on */
    uint64_t passes;          /* registers in which a callee gets addresses */
    uint8_t arguments[8];     /* registers of arguments */
    unsigned argument_count;
    /* argument n on the stack lies at n * pointer + first_slot from the stack pointer at entry */
    int first_slot;
    unsigned return_size; /* bytes that a call puts on the stack */
    bool (*lift)(struct ph_slice bytes, uint64_t address, struct ph_insn *insn);
};

/* NULL: a machine whose code is not followed. */
const struct ph_machine *ph_machine_of(uint16_t machine);
/* The number of the argument in a register, as in flow.h. */
unsigned ph_machine_argument(const struct ph_machine *machine, unsigned reg);

/* --- values --- */

struct ph_value {
    struct ph_abs abs;
    uint32_t bytes; /* only so many low bytes are known: 1, 2; 8 = all */
};

enum { PH_VALUE_UNKNOWN = 0, PH_VALUES_MOST = 1 << 17 };
struct ph_values {
    struct ph_value *items; /* owned */
    size_t count, capacity;
    uint32_t *slots; /* owned; numbers of items + 1, by hash */
    size_t slot_count;
    bool full; /* PH_VALUES_MOST; every new one is unknown */
};

struct ph_error *ph_values_init(struct ph_values *values) PH_MUST_CHECK;
void ph_values_fini(struct ph_values *values);
/* The number of a value; unknown when it is new and there is no memory or room (`full`). */
uint32_t ph_values_number(struct ph_values *values, const struct ph_abs *abs, uint32_t bytes);
static inline const struct ph_value *ph_values_at(const struct ph_values *values, uint32_t number)
{
    return &values->items[number];
}

/* --- states --- */

enum {
    PH_GENERAL = 36, /* registers that are kept as numbers; ARM64's sp is 31 */
    PH_CELLS_MOST = 256,
    PH_FRESH = -(1 << 24),     /* where the stack goes on after it was lost */
    PH_FRESH_END = -(1 << 23), /* what lies below belongs to it */
    PH_VECTOR_CELLS = 1 << 30, /* vector register n: 16 bytes at this + 16 n */
    PH_NEVER = INT32_MAX
};

struct ph_cell {
    int32_t at;
    uint32_t size; /* 1, 2, 4, 8 */
    uint32_t value;
};

struct ph_state {
    uint32_t registers[PH_GENERAL];
    int32_t escaped_local;    /* callees may change locals from here on */
    int32_t escaped_argument; /* and the caller's part of the stack from here on */
    int32_t lost_from;        /* arguments on the stack from here on are no longer known */
    uint32_t bound;           /* the last comparison was with this - 1; 0: none */
    uint32_t cell_count, cell_room;
    struct ph_cell *cells; /* ascending, apart */
};

struct ph_space {
    const struct ph_machine *machine;
    struct ph_values values;
};

/* Registers and stack as a function finds them / nothing known. */
void ph_state_entry(struct ph_space *space, struct ph_state *state);
void ph_state_top(struct ph_space *space, struct ph_state *state);
/* Joins `from` into `into`, in place. `settle`: what changes becomes unknown at once. True when
 * `into` changed. */
bool ph_state_join(struct ph_space *space, struct ph_state *into, const struct ph_state *from,
                   bool settle);

void ph_cells_put(struct ph_state *state, int64_t at, unsigned size, uint32_t value);
void ph_cells_store(struct ph_space *space, struct ph_state *state, int64_t at, unsigned size,
                    uint32_t value);
struct ph_abs ph_cells_load(struct ph_space *space, const struct ph_state *state, int64_t at,
                            unsigned size);
/* Copies 4, 8 or 16 bytes, keeping the cells that they consist of. */
void ph_cells_copy(struct ph_space *space, struct ph_state *state, int64_t from, int64_t to,
                   unsigned size);
/* The bytes become unknown; the second: everything from `at` on in its part of the stack. */
void ph_cells_forget(struct ph_space *space, struct ph_state *state, int64_t at, unsigned size);
void ph_cells_forget_from(struct ph_state *state, int64_t at);
/* Forgets what lies below the stack pointer. */
void ph_cells_forget_below(struct ph_state *state, int64_t at);

/* After the stack pointer changed: when it is not exactly known, the stack goes on elsewhere. */
void ph_state_check_stack(struct ph_space *space, struct ph_state *state);
void ph_state_lose_stack(struct ph_space *space, struct ph_state *state);
/* The stack pointer's offset from its value at entry. */
int64_t ph_state_stack(const struct ph_space *space, const struct ph_state *state);
/* A callee, or somebody, got to know an address on the stack. */
void ph_state_escape(struct ph_state *state, const struct ph_abs *abs);

#endif
