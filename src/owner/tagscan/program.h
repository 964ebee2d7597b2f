/* program.h - a driver's file as the data flow meets it: what its addresses hold. */
#ifndef PH_OWNER_PROGRAM_H
#define PH_OWNER_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/table.h"
#include "image/pe.h"
#include "owner/tagscan/apis.h"
#include "owner/tagscan/flow.h"
#include "owner/tagscan/functions.h"
#include "owner/tagscan/wdf.h"

/* Something that is called: an import, a function of WDF's table, a routine looked up by name, or
 * an allocation routine that the file itself exports. PH_SYMBOL_IMPORT carries its number. */
struct ph_routine {
    const struct ph_api *api; /* NULL: of no interest */
    bool looked_up;           /* the next three are what they are */
    bool cleanup_known, no_return;
    uint32_t cleanup; /* bytes, x86 */
};

/* Numbers of routines that are none. */
enum {
    PH_NUMBER_DISPATCH = 0x7ffffffe, /* calls what rax holds: Control Flow Guard */
    PH_NUMBER_CHECK = 0x7fffffff     /* checks an address and comes back */
};

/* Where the loader, or the file itself, has the address of a routine. */
struct ph_place {
    uint32_t rva, number;
};

/* A variable of the driver that is zero in the file, and what its code stores there. */
struct ph_global {
    uint32_t rva;
    bool wanted; /* a tag comes from there */
    bool known;  /* `value` holds something */
    struct ph_abs value;
};

struct ph_program {
    const struct ph_pe *pe;
    struct ph_pe_imports imports;
    struct ph_routine *routines; /* the imports, then others */
    size_t routine_count, routine_capacity;
    struct ph_place *slots; /* ascending by rva */
    size_t slot_count;
    struct ph_place *exports; /* the file's own allocation routines, ascending */
    size_t export_count, export_capacity;
    struct ph_wdf wdf;
    struct ph_table global_numbers; /* rva -> number */
    struct ph_global *globals;
    size_t global_count, global_capacity;
    struct ph_functions functions;
    struct ph_table callee_numbers; /* rva -> number */
    struct ph_callee *callees;
    size_t callee_count, callee_capacity;
};

/* Errors: out of memory. */
struct ph_error *ph_program_init(struct ph_program *program, const struct ph_pe *pe,
                                 uint64_t budget) PH_MUST_CHECK;
void ph_program_fini(struct ph_program *program);

static inline unsigned ph_program_pointer(const struct ph_program *program)
{
    return program->pe->wide ? 8 : 4;
}
/* An address of the image as an RVA. */
bool ph_program_rva(const struct ph_program *program, uint64_t address, uint32_t *rva);
/* What lies at an address; `value` is unknown before. For ph_flow_hooks.load. */
void ph_program_load(const struct ph_program *program, uint64_t address, unsigned width,
                     struct ph_abs *value);
/* The number of a routine that is no import. */
struct ph_error *ph_program_routine(struct ph_program *program, const struct ph_api *api,
                                    uint32_t *number) PH_MUST_CHECK;
/* NULL when the number is none. */
const struct ph_routine *ph_program_routine_at(const struct ph_program *program, uint32_t number);
/* The same with what is known of its arguments and its return. */
const struct ph_routine *ph_program_called(struct ph_program *program, uint32_t number);
/* True when the file exports an allocation routine at `rva`. */
bool ph_program_export(const struct ph_program *program, uint32_t rva, uint32_t *number);
/* The global at `rva`; NULL when nothing was noted of it. */
struct ph_global *ph_program_global(const struct ph_program *program, uint32_t rva);
struct ph_error *ph_program_note_global(struct ph_program *program, uint32_t rva,
                                        struct ph_global **global) PH_MUST_CHECK;
/* A look at the function at `rva`, remembered. */
struct ph_error *ph_program_callee(struct ph_program *program, uint32_t rva,
                                   struct ph_callee *callee) PH_MUST_CHECK;

#endif
