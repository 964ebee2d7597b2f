/* ksymbols.h - addresses of a kernel in names: its functions, its modules, and those modules that
 * were unloaded meanwhile.
 *
 * Made from the texts of /proc/kallsyms and /proc/modules, live or saved; taken again whenever they
 * may have changed. What a text does not have any more is kept as unloaded: a leak outlives its
 * module.
 */
#ifndef PH_MODEL_KSYMBOLS_H
#define PH_MODEL_KSYMBOLS_H

#include "base/bytes.h"
#include "base/error.h"
#include "model/trace.h"

struct ph_ksymbols;
struct ph_error *ph_ksymbols_create(struct ph_ksymbols **symbols) PH_MUST_CHECK;
void ph_ksymbols_destroy(struct ph_ksymbols *symbols); /* NULL is allowed */
void ph_ksymbols_destroyp(struct ph_ksymbols **symbols);

/* /proc/kallsyms: "address type name[TAB[module]]". Functions only are kept. A later text replaces
 * the kernel's own and adds the modules'. Error: out of memory. */
struct ph_error *ph_ksymbols_take_kallsyms(struct ph_ksymbols *symbols,
                                           struct ph_slice text) PH_MUST_CHECK;
/* /proc/modules: ranges; `*changed` (NULL allowed): a module came, went or moved since the text
 * before, so kallsyms should be taken again. Error: out of memory. */
struct ph_error *ph_ksymbols_take_modules(struct ph_ksymbols *symbols, struct ph_slice text,
                                          bool *changed) PH_MUST_CHECK;
/* All addresses in the texts are 0: this user may not see them (kptr_restrict, CAP_SYSLOG). */
bool ph_ksymbols_hidden(const struct ph_ksymbols *symbols);
size_t ph_ksymbols_count(const struct ph_ksymbols *symbols);

/* The place of an address. Its strings are copies. What lies in no function but in a module has the
 * module only; what lies nowhere has the address only. Where a loaded and an unloaded module had
 * the same range, the loaded one counts. Error: out of memory. */
struct ph_error *ph_ksymbols_place(const struct ph_ksymbols *symbols, uint64_t address,
                                   struct ph_place *place) PH_MUST_CHECK;
/* Visits every loaded function of this name, whatever module it is of (NULL: the kernel itself). */
struct ph_error *ph_ksymbols_named(const struct ph_ksymbols *symbols, struct ph_slice name,
                                   struct ph_error *(*visit)(void *context, uint64_t address,
                                                             const char *module),
                                   void *context) PH_MUST_CHECK;
/* The range of a loaded module. False when there is none, or addresses are hidden. `-` and `_` are
 * the same. */
bool ph_ksymbols_module_range(const struct ph_ksymbols *symbols, struct ph_slice module,
                              uint64_t *from, uint64_t *to);

#endif
