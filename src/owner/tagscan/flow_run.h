/* flow_run.h - one run of the data flow. Internal to flow*.c. */
#ifndef PH_OWNER_FLOW_RUN_H
#define PH_OWNER_FLOW_RUN_H

#include "owner/tagscan/flow_state.h"

struct ph_flow_insn {
    uint64_t address;
    uint32_t first_op;
    uint32_t leader; /* number of the block that begins here + 1; 0: none */
    uint32_t owner;  /* number of the block that ran over it last */
    uint8_t size, count;
};

struct ph_block {
    uint64_t address;
    struct ph_state in; /* owns its cells */
    uint32_t visits;
    bool queued;
};

struct ph_flow {
    const struct ph_flow_hooks *hooks;
    struct ph_flow_stats *stats;
    struct ph_space *space;
    uint64_t entry;

    /* the code, decoded once */
    struct ph_slice window; /* the piece that was decoded from last */
    uint64_t window_address;
    struct ph_flow_insn *insns; /* owned */
    size_t insn_count, insn_capacity;
    struct ph_op *ops; /* owned */
    size_t op_count, op_capacity;
    uint32_t *slots; /* owned; numbers of insns + 1, by hash of the address */
    size_t slot_count;

    struct ph_block *blocks; /* owned */
    size_t block_count, block_capacity;
    uint32_t *queue; /* owned; a heap of blocks, the lowest address first */
    size_t queue_count, queue_capacity;
    uint32_t current; /* the block that runs */

    struct ph_state *state; /* the working state */
    struct ph_cell cells[PH_CELLS_MOST];
    bool final, tail;
    uint32_t into_entry; /* instructions since the entry was run over; large elsewhere */
    uint64_t steps;
};

/* What an operation was for the order of execution. */
enum ph_step { PH_STEP_ON, PH_STEP_END };

/* flow.c: the bytes of code at an address. */
bool ph_flow_code(struct ph_flow *flow, uint64_t address, struct ph_slice *bytes);

/* flow_exec.c: everything that does not transfer control. */
void ph_flow_execute(struct ph_flow *flow, const struct ph_op *op);
/* What `width` bytes at the address hold; the second: what a load gives, or where a jump through
 * memory leads. */
struct ph_abs ph_flow_load(const struct ph_flow *flow, const struct ph_abs *address,
                           unsigned width);
struct ph_abs ph_flow_load_op(struct ph_flow *flow, const struct ph_op *op, unsigned width);
struct ph_abs ph_flow_operand(struct ph_flow *flow, const struct ph_operand *operand,
                              unsigned width);
/* The value as hooks may see it. */
struct ph_abs ph_flow_shown(const struct ph_flow *flow, const struct ph_abs *abs);

/* flow_call.c */
struct ph_error *ph_flow_call(struct ph_flow *flow, const struct ph_flow_insn *insn,
                              const struct ph_abs *target, enum ph_step *step) PH_MUST_CHECK;
struct ph_error *ph_flow_tail_call(struct ph_flow *flow, uint64_t site,
                                   const struct ph_abs *target) PH_MUST_CHECK;
struct ph_abs ph_flow_target(struct ph_flow *flow, const struct ph_op *op);

#endif
