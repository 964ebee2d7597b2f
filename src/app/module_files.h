/* module_files.h - the files of a Linux kernel's modules, live or in a saved tree; for who*.c and
 * gather_facts.c only. */
#ifndef PH_APP_MODULE_FILES_H
#define PH_APP_MODULE_FILES_H

#include <stdbool.h>

#include "base/error.h"
#include "base/table.h"
#include "base/text.h"
#include "model/sample.h"
#include "model/kmodules.h"

struct ph_module_file {
    char *path, *name; /* owned; the name with `_`, as the kernel writes it */
    unsigned rank;     /* the lower is the one that modprobe takes */
    bool loaded;       /* a module of this name is */
};
struct ph_module_files {
    struct ph_module_file *items; /* one for each module: the preferred one */
    size_t count, capacity;
    struct ph_table by_name;
    struct ph_text built_in; /* the text of modules.builtin; empty = not there */
};

/* True for names of module files: .ko, also packed. */
bool ph_is_module_name(const char *name);
/* The module's name by its file's ("nf-nat.ko.xz": nf_nat); owned by the caller, NULL when memory
 * is short. */
char *ph_module_name(const char *path) PH_MUST_CHECK;

/* Lists the modules of the kernel `release` (empty: of all kernels) below `root`. Of several files
 * of one module the one that modules.dep names is kept, or else the one that depmod prefers. What
 * cannot be read is added to `losses`. Error: out of memory. */
struct ph_error *ph_module_files_list(const char *root, const char *release,
                                      const struct ph_kmodules *loaded,
                                      struct ph_module_files *files,
                                      struct ph_loss_list *losses) PH_MUST_CHECK;
void ph_module_files_fini(struct ph_module_files *files);
/* NULL = there is none; `-` and `_` are the same. */
const struct ph_module_file *ph_module_files_named(const struct ph_module_files *files,
                                                   struct ph_slice module);
/* The module that a cache seems to be named after (ext4_inode_cache: ext4), the longest one of
 * those that are there or built in; an empty slice when there is none. */
struct ph_slice ph_module_files_like(const struct ph_module_files *files,
                                     const struct ph_kmodules *loaded, struct ph_slice cache,
                                     bool *built_in);

#endif
