/* refs.h - where a driver's code and data refer to given addresses: one pass for all of them.
 *
 * Bytes are searched, not instructions: nothing that compilers write is missed, and a few hits are
 * chance. Whoever uses a hit looks at the code around it.
 */
#ifndef PH_OWNER_REFS_H
#define PH_OWNER_REFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "image/pe.h"

enum ph_ref_kind {
    PH_REF_CALL,    /* calls the target, or what the target (an import slot) holds */
    PH_REF_JUMP,    /* jumps to the target, or to what it holds */
    PH_REF_ADDRESS, /* other code: reads it, writes it, or takes its address */
    PH_REF_DATA     /* a relocated pointer outside instructions: the address is taken */
};

struct ph_ref {
    uint32_t from;   /* RVA within the instruction (its first byte where that is known), or of the
                        pointer */
    uint32_t target; /* index into the targets that were asked for */
    enum ph_ref_kind kind;
};

enum { PH_REFS_MOST = 1 << 20 };
struct ph_refs {
    struct ph_ref *items; /* owned; ascending by `from`, then by target */
    size_t count, capacity;
    bool cut; /* there were more than PH_REFS_MOST */
};

/* Finds the references to `targets` (RVAs of import slots, globals or functions, in any order; of
 * equal ones the first is reported) in x86, x64 and ARM64 files; other machines give none. Data
 * directories inside executable sections are left out. Errors: out of memory. */
struct ph_error *ph_refs_find(const struct ph_pe *pe, const uint32_t *targets, size_t count,
                              struct ph_refs *refs) PH_MUST_CHECK;
void ph_refs_fini(struct ph_refs *refs);

#endif
