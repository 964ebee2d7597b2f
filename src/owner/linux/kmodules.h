/* kmodules.h - loaded modules and symbols, from the texts of /proc/modules and /proc/kallsyms. */
#ifndef PH_OWNER_KMODULES_H
#define PH_OWNER_KMODULES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

struct ph_kmodule {
    char *name;             /* owned */
    uint64_t address, size; /* address 0 = hidden from this user */
    char taints[16];        /* letters: "OE"; empty = none, or not told */
};
struct ph_kmodules {
    struct ph_kmodule *items; /* in the order of the file */
    size_t count, capacity;
    size_t bad_lines;
    bool hidden; /* all addresses are 0: kptr_restrict */
};

/* /proc/modules: "name size references users state address [(taints)]". Error: out of memory. */
struct ph_error *ph_kmodules_parse(struct ph_slice text, struct ph_kmodules *modules) PH_MUST_CHECK;
void ph_kmodules_fini(struct ph_kmodules *modules);
/* `-` and `_` are the same in names of modules. */
bool ph_kmodule_same_name(struct ph_slice a, struct ph_slice b);
/* True when the name of a cache begins with that of a module, as most do ("ext4_inode_cache"). */
bool ph_kmodule_names(struct ph_slice module, struct ph_slice cache);
const struct ph_kmodule *ph_kmodules_named(const struct ph_kmodules *modules, struct ph_slice name);
/* The module that this address belongs to; NULL = none, or addresses are hidden. */
const struct ph_kmodule *ph_kmodules_at(const struct ph_kmodules *modules, uint64_t address);

/* /proc/kallsyms: "address type name[TAB[module]]". Calls `visit` with the module of each symbol of
 * this name (empty = the kernel itself). */
struct ph_ksymbol {
    struct ph_slice name, module; /* module: empty = the kernel itself */
    uint64_t address;
    bool code; /* a function, not data */
};
struct ph_error *ph_ksymbols_find(struct ph_slice text, struct ph_slice name,
                                  struct ph_error *(*visit)(void *context,
                                                            const struct ph_ksymbol *symbol),
                                  void *context) PH_MUST_CHECK;
/* The symbol that an address belongs to: the last one at or before it. False when addresses are
 * hidden or there is none. */
bool ph_ksymbols_at(struct ph_slice text, uint64_t address, struct ph_ksymbol *symbol);

#endif
