/* gather_facts.h - gathers the facts of the system that was watched. */
#ifndef PH_APP_GATHER_FACTS_H
#define PH_APP_GATHER_FACTS_H

#include "model/facts.h"

struct ph_nt;

struct ph_facts_options {
    bool live;                  /* the system that runs here */
    const char *root;           /* a saved Linux tree; NULL */
    const char *const *drivers; /* Windows drivers or folders of them; their versions are read */
    size_t driver_count;
    const struct ph_machine *machine;
    const struct ph_nt
        *nt;             /* the Windows kernel to ask when `live`; NULL: the one that runs here */
    int64_t boottime_ns; /* of the last reading; -1 = unknown */
};

/* What cannot be read becomes a loss. Opens the files of at most 64 foreign modules and 500
 * drivers, for some seconds at most. Error: out of memory. */
struct ph_error *ph_facts_read(const struct ph_facts_options *options,
                               struct ph_facts *facts) PH_MUST_CHECK;
/* Fills vendor and version from the version resource of a PE file; `*driver_file` is false for
 * other files. Error: it cannot be read, or is damaged. */
struct ph_error *ph_facts_version(const char *path, struct ph_fact_driver *driver,
                                  bool *driver_file) PH_MUST_CHECK;

#endif
