/* functions.h - where a driver's functions begin, and which function an address belongs to.
 *
 * x64 and ARM64: by unwind data, parts of functions joined with their parents; what lies between
 * (leaf functions have no unwind data) is decoded from its start on and cut where code ends.
 * x86 has no unwind data: the targets of calls and of relocated pointers are where functions may
 * begin, and walking the code from there tells which of them reaches an address.
 *
 * All of it on demand: only the neighbourhood of the addresses that are asked for is decoded.
 */
#ifndef PH_OWNER_FUNCTIONS_H
#define PH_OWNER_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/table.h"
#include "image/pe.h"
#include "owner/tagscan/insn.h"

/* A stretch of code without unwind data, or a place where an x86 function may begin. */
struct ph_stretch {
    uint32_t begin, end;
};
struct ph_seed {
    uint32_t rva;
    bool strong; /* looks like the start of a function from outside, too */
    bool walked;
};

/* x86: for each byte of a span's code, 1 + the seed that was walked over it last; 0 = none. */
struct ph_owners {
    uint32_t *bytes; /* owned */
    size_t size;
};

/* Code between functions that have unwind data: its stretches, ascending. */
struct ph_gap {
    size_t first, count;
};

struct ph_functions {
    const struct ph_pe *pe;        /* borrowed */
    struct ph_pe_functions unwind; /* x64, ARM64 */
    struct ph_table gap_numbers;   /* begin of a gap -> its number */
    struct ph_gap *gaps;
    size_t gap_count, gap_capacity;
    struct ph_stretch *stretches;
    size_t stretch_count, stretch_capacity;
    struct ph_seed *seeds; /* x86: ascending by rva */
    size_t seed_count, seed_capacity;
    struct ph_owners *owners; /* x86: for each span of the file */
    uint64_t budget;          /* instructions that may still be decoded */
    bool out_of_budget;
    bool out_of_memory; /* met where no error can be returned */
};

/* Errors: out of memory. */
struct ph_error *ph_functions_init(struct ph_functions *functions, const struct ph_pe *pe,
                                   uint64_t budget) PH_MUST_CHECK;
void ph_functions_fini(struct ph_functions *functions);

/* The start of the function that holds the code at `rva`; false when there is none. */
struct ph_error *ph_function_at(struct ph_functions *functions, uint32_t rva, bool *found,
                                uint32_t *entry) PH_MUST_CHECK;
/* True when a jump from the function at `entry` to `rva` stays in the function. */
bool ph_function_holds(struct ph_functions *functions, uint32_t entry, uint32_t rva);
/* Where to start so that an instruction which no path from the entry reaches is met: behind the
 * last one before it that does not go on. For several of a function, ascending, the search goes on
 * where it ended; it begins with nothing set but `entry`. */
struct ph_blocks {
    uint32_t entry;
    uint32_t piece, at, block;
    bool begun;
};
/* The start for the instruction that holds `rva`; false when decoding does not come there. */
bool ph_function_block(struct ph_functions *functions, struct ph_blocks *blocks, uint32_t rva,
                       uint32_t *start);

/* Takes from the budget; false when nothing is left. */
bool ph_functions_spend(struct ph_functions *functions, uint64_t instructions);

/* --- code --- */
/* The bytes of code from `rva` to the end of its section; false when it is none. */
bool ph_code_at(const struct ph_pe *pe, uint32_t rva, struct ph_slice *code);
/* Decodes the instruction at `rva`. */
bool ph_code_lift(const struct ph_pe *pe, uint32_t rva, struct ph_insn *insn);
/* The last operation when it transfers control, else NULL. */
const struct ph_op *ph_insn_transfer(const struct ph_insn *insn);
/* The target of a direct transfer as an RVA; false when it is none, or outside the image. */
bool ph_insn_target(const struct ph_pe *pe, const struct ph_op *transfer, uint32_t *rva);

/* What is known of a function from a look at its first instructions. */
struct ph_callee {
    enum {
        PH_CALLEE_CODE,
        PH_CALLEE_JUMP,    /* only a jump to the function at `target` */
        PH_CALLEE_SLOT,    /* only a jump to what the pointer at `target` holds */
        PH_CALLEE_REGISTER /* only a jump to what register `target` holds */
    } kind;
    uint32_t target;
    bool cleanup_known; /* x86 */
    uint32_t cleanup;   /* bytes of arguments that it takes off the stack */
    uint32_t keeps;     /* x86: bits of registers that it writes before it reads them */
};
void ph_callee_look(struct ph_functions *functions, uint32_t rva, struct ph_callee *callee);

#endif
