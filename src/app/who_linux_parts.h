/* who_linux_parts.h - the parts of a question about a Linux tag; for who_linux.c and who_evidence.c
 * only. */
#ifndef PH_APP_WHO_LINUX_PARTS_H
#define PH_APP_WHO_LINUX_PARTS_H

#include "app/module_files.h"
#include "app/who_linux.h"
#include "model/kmodules.h"
#include "model/ksymbols.h"

struct ph_linux_owners {
    char *root;        /* "" = the live system */
    char release[128]; /* "" = unknown */
    struct ph_kmodules loaded;
    bool know_loaded;
    bool files_listed;
    struct ph_module_files files;
    struct ph_ksymbols *symbols; /* the functions are read when they are needed */
    bool symbols_read;
    struct ph_loss_list losses;
};

/* Adds a module, or strengthens what is known of it. */
struct ph_error *ph_linux_owners_add(struct ph_linux_owners *owners, struct ph_slice module,
                                     enum ph_evidence evidence, const char *reason,
                                     struct ph_owner_report *report) PH_MUST_CHECK;
/* Reads the kernel's functions, once. */
struct ph_error *ph_linux_owners_symbols(struct ph_linux_owners *owners) PH_MUST_CHECK;
/* What the kernel's own debugging tells: a module that holds objects of the tag is an owner, a
 * function of the kernel's own that does is a meaning. */
struct ph_error *ph_linux_owners_evidence(struct ph_linux_owners *owners,
                                          const struct ph_linux_question *question,
                                          struct ph_owner_report *report) PH_MUST_CHECK;

#endif
