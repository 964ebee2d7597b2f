/* facts.h - the system that was watched: what a vendor's engineer asks first. */
#ifndef PH_MODEL_FACTS_H
#define PH_MODEL_FACTS_H

#include "model/sample.h"

/* A driver or module that was loaded, or lay in the folder of drivers given. NULL = unknown. */
struct ph_fact_driver {
    char *name;     /* "nf_conntrack", "wireguard.sys" */
    char *version;  /* its own; in-tree modules have none */
    char *vendor;   /* company, or author of a module */
    char *note;     /* "out of tree, unsigned"; taints of this module */
    int64_t bytes;  /* -1 = unknown */
    bool loaded;    /* seen loaded; false: a file only */
    bool from_tree; /* part of the kernel's own tree: not foreign */
};

struct ph_facts {
    char *os;          /* "Debian GNU/Linux 12 (bookworm)", "Windows 10.0.26100" */
    char *taint;       /* in words: "out-of-tree module, unsigned module"; "" = none */
    char *command;     /* the kernel's command line, only what concerns memory: "slub_debug=U" */
    int64_t uptime_ns; /* at the last reading; -1 = unknown */
    struct ph_fact_driver *drivers; /* foreign ones first, then by name */
    size_t driver_count, driver_capacity;
    struct ph_loss_list losses;
};
void ph_facts_fini(struct ph_facts *facts);
/* Appends an empty entry. Error: out of memory. */
struct ph_error *ph_facts_driver(struct ph_facts *facts,
                                 struct ph_fact_driver **driver) PH_MUST_CHECK;

#endif
