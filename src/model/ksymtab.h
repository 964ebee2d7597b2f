/* ksymtab.h - the functions of one text of /proc/kallsyms, sorted by address; ksymbols.c's own. */
#ifndef PH_MODEL_KSYMTAB_H
#define PH_MODEL_KSYMTAB_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/table.h"
#include "base/text.h"

struct ph_kfunction {
    uint64_t address;
    uint32_t reach;       /* bytes from `address` on that may be its own; 0 = hidden */
    uint32_t name;        /* offset in `names` */
    uint32_t module : 31; /* number in `modules` */
    uint32_t sized : 1;   /* `reach` is its size; otherwise its end is not known */
};

struct ph_ksymtab_module {
    char *name;         /* owned; NULL = the kernel itself, which is number 0 */
    bool pseudo;        /* no module, but code made at run time: [bpf], [__builtin__ftrace] */
    uint64_t low, high; /* what its functions cover; low 0 = no function, or hidden */
};

struct ph_ksymtab {
    struct ph_kfunction *items; /* by address; of one address the best name first; owned */
    size_t count;
    struct ph_text names; /* each 0-terminated */
    struct ph_ksymtab_module *modules;
    size_t module_count, module_capacity;
    struct ph_table numbers; /* name of a module -> its number */
    size_t lines;            /* of the format */
    bool hidden;             /* there are lines, and all addresses are 0 */
};

/* Error: out of memory; a text of 4 GB or more. `table` is empty before. */
struct ph_error *ph_ksymtab_parse(struct ph_slice text, struct ph_ksymtab *table) PH_MUST_CHECK;
void ph_ksymtab_fini(struct ph_ksymtab *table);

/* The function that holds an address, by its best name; NULL = none. */
const struct ph_kfunction *ph_ksymtab_find(const struct ph_ksymtab *table, uint64_t address);
/* Its name: 0-terminated, borrowed. */
const char *ph_ksymtab_name(const struct ph_ksymtab *table, const struct ph_kfunction *function);

#endif
