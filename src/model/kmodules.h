/* kmodules.h - loaded modules, from the text of /proc/modules. */
#ifndef PH_MODEL_KMODULES_H
#define PH_MODEL_KMODULES_H

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

#endif
