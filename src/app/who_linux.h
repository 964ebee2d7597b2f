/* who_linux.h - the modules of a Linux system, live or saved, as owners of caches and call sites;
 * for who*.c only. */
#ifndef PH_APP_WHO_LINUX_H
#define PH_APP_WHO_LINUX_H

#include "app/growing_sites.h"
#include "app/who.h"

struct ph_linux_owners;
/* Reads what the root directory (NULL: the live system) tells of modules and symbols. What cannot
 * be read is told with every answer, and that `release`, the kernel that the readings are of (NULL
 * = unknown), is another one. Error: out of memory. */
struct ph_error *ph_linux_owners_open(const char *root, const char *release,
                                      struct ph_linux_owners **owners) PH_MUST_CHECK;
void ph_linux_owners_close(struct ph_linux_owners *owners); /* NULL is allowed */

struct ph_linux_question {
    struct ph_slice tag;
    const char *module;                     /* that the kernel names beside it; NULL */
    const char *aliases;                    /* other names of a merged cache; NULL */
    const struct ph_trace *trace;           /* see ph_who_options */
    const struct ph_growing_sites *growing; /* call sites that grew as the tag did; NULL */
    bool here;  /* the question is about the system below the root as it is now */
    bool cache; /* the tag is a slab cache: no function is called so */
    bool site;  /* the tag is an allocation site or a caller */
};
struct ph_error *ph_linux_owners_find(struct ph_linux_owners *owners,
                                      const struct ph_linux_question *question,
                                      struct ph_owner_report *report) PH_MUST_CHECK;

#endif
