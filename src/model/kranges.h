/* kranges.h - where the loaded modules lie, by /proc/modules; ksymbols.c's own. */
#ifndef PH_MODEL_KRANGES_H
#define PH_MODEL_KRANGES_H

#include "model/kmodules.h"

/* Since 6.4 the parts of a module lie apart: its address is that of the code, its size that of all
 * parts, so the range ends where the next module begins. */
struct ph_krange {
    char *name;          /* owned */
    uint64_t from, size; /* as the text has them; from 0 = hidden */
    uint64_t to;         /* behind its end; 0 = hidden */
};

struct ph_kranges {
    struct ph_krange *items; /* by `from`; owned */
    size_t count, capacity;
};
/* Takes the names over. Ends and order are ph_kranges_sort()'s. Error: out of memory. */
struct ph_error *ph_kranges_of(struct ph_kmodules *modules,
                               struct ph_kranges *ranges) PH_MUST_CHECK;
void ph_kranges_sort(struct ph_kranges *ranges);
void ph_kranges_fini(struct ph_kranges *ranges);
bool ph_kranges_hidden(const struct ph_kranges *ranges); /* there are some, and all are hidden */
/* `-` and `_` are the same. */
const struct ph_krange *ph_kranges_named(const struct ph_kranges *ranges, struct ph_slice name);
const struct ph_krange *ph_kranges_at(const struct ph_kranges *ranges, uint64_t address);

#endif
