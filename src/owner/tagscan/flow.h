/* flow.h - forward data flow over one function: which constants, arguments and pointers reach a
 * call.
 *
 * An abstract interpreter over the function's control-flow graph, joined where paths meet, until
 * nothing changes. Registers, and the stack byte by byte. What is outside the function (globals,
 * calls) is asked of the hooks. Bounded: a function that is too large or does not settle ends with
 * `gave_up`: then only what stands within one straight piece of code is told.
 */
#ifndef PH_OWNER_FLOW_H
#define PH_OWNER_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "owner/tagscan/insn.h"

enum { PH_ABS_CONSTANTS = 4 };

/* What a value can be besides its constants. */
enum ph_symbol {
    PH_SYMBOL_NONE,
    PH_SYMBOL_ARGUMENT, /* argument `number` of the function, plus `offset` */
    PH_SYMBOL_FIELD,    /* read from memory at argument `number` plus `offset` */
    PH_SYMBOL_STACK,    /* the stack pointer at entry plus `offset` */
    PH_SYMBOL_IMPORT,   /* the address of import `number`, read from its slot */
    PH_SYMBOL_GLOBAL,   /* read from a global at address `offset` whose content is not known */
    PH_SYMBOL_MIXED     /* a union of different ones: unknown is set. Only ph_abs_join() makes it */
};

/* Numbers of arguments: 0, 1, 2, ... by the calling convention (on x86: stack dwords; on x64 also
 * those on the stack); a register that the convention does not use: PH_ARGUMENT_REGISTER +
 * register. */
enum { PH_ARGUMENT_REGISTER = 0x80 };

/* A set of possible values. Nothing set at all: not reached yet. A symbol may have been cut to its
 * low 4 bytes on the way. */
struct ph_abs {
    uint64_t constants[PH_ABS_CONSTANTS]; /* ascending */
    uint8_t count;
    uint8_t symbol;     /* enum ph_symbol */
    bool unknown;       /* and possibly something else */
    bool from_data;     /* a constant was read from read-only data or through a table */
    bool from_writable; /* a constant was the initial content of a writable global */
    uint32_t number;
    int64_t offset;
};

struct ph_abs ph_abs_unknown(void);
struct ph_abs ph_abs_constant(uint64_t constant);
struct ph_abs ph_abs_symbol(enum ph_symbol symbol, uint32_t number, int64_t offset);
/* The union; too many constants or two different symbols: unknown is set. True when `into` changed.
 */
bool ph_abs_join(struct ph_abs *into, const struct ph_abs *from);
bool ph_abs_is_constant(const struct ph_abs *abs,
                        uint64_t *constant); /* exactly one, nothing else */

struct ph_flow; /* the state at the point where a hook is called */

/* What a call does, as far as the hook knows; filled with the defaults before the hook is called:
 * cleanup and result unknown, it returns, the registers that the convention lets a callee change
 * are changed. */
enum { PH_CLEANUP_UNKNOWN = 0x7FFFFFFF };
struct ph_call_effect {
    uint32_t cleanup; /* bytes of arguments that the callee takes off the stack (x86; 0 for cdecl).
                         Unknown: what was pushed before the call is lost for later calls */
    bool no_return;
    bool keeps_registers;    /* changes no register but the result's: a check of the compiler's own,
                                such as __guard_check_icall */
    uint32_t keeps_pointers; /* x86: a bit for each register that the callee does not take arguments
                                in: what it points to is not changed. 0 by default */
    struct ph_abs result;    /* in eax, rax, x0; unknown by default */
};

struct ph_flow_hooks {
    void *context;
    /* The bytes of code from `address` on; false when there is no code. */
    bool (*code)(void *context, uint64_t address, struct ph_slice *bytes);
    /* True when `address` belongs to the function at `entry` (a jump out of it is a tail call). */
    bool (*inside)(void *context, uint64_t entry, uint64_t address);
    /* What `width` bytes (1, 2, 4, 8) at a constant address hold; `value` is unknown before. The
     * address need not lie in the image: a hook that gives out made-up constants as the address of
     * a table of functions (WdfFunctions) is asked for what lies there in turn. */
    void (*load)(void *context, uint64_t address, unsigned width, struct ph_abs *value);
    /* A value is stored at a constant address. Called in the final pass only. */
    void (*store)(void *context, struct ph_flow *flow, uint64_t address, unsigned width,
                  const struct ph_abs *value);
    /* A call, or a jump out of the function (`tail`: the arguments are the function's callee's
     * own). Called in every pass; record only when ph_flow_is_final(). */
    struct ph_error *(*call)(void *context, struct ph_flow *flow, uint64_t site,
                             const struct ph_abs *target, bool tail, struct ph_call_effect *effect);
    /* In the final pass, for every instruction: immediates and addresses that the code uses. NULL =
     * not wanted. */
    void (*seen)(void *context, const struct ph_insn *insn);
    /* More places to start from, with nothing known about registers and stack: code of the function
     * that no path reaches (handlers of exceptions, cases of switches). */
    const uint64_t *entries;
    size_t entry_count;
};

struct ph_flow_stats {
    uint32_t instructions, blocks, passes;
    uint64_t steps;       /* instructions followed, and joins: what the time goes by */
    uint32_t cleanup;     /* bytes that the function's own `ret N` takes (x86) */
    bool gave_up;         /* too large, or not settled */
    struct ph_abs result; /* what the function returns */
};

/* Runs over the function at `entry`. `machine` as in pe.h. Error: out of memory, or a hook's. */
struct ph_error *ph_flow_run(uint16_t machine, uint64_t entry, const struct ph_flow_hooks *hooks,
                             struct ph_flow_stats *stats) PH_MUST_CHECK;

/* --- for hooks --- */
bool ph_flow_is_final(const struct ph_flow *flow);
/* The argument of the call, or of the callee of a tail call; see the numbers above. On
 * the stack it may be that only the low 4 bytes are known: then these. */
void ph_flow_argument(const struct ph_flow *flow, unsigned number, struct ph_abs *value);
/* `width` bytes at `pointer` + `offset`: on the stack, in a global, in an argument's structure. */
void ph_flow_memory(const struct ph_flow *flow, const struct ph_abs *pointer, int64_t offset,
                    unsigned width, struct ph_abs *value);

#endif
