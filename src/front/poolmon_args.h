/* poolmon_args.h - poolmon's own command line, in the words of `poolhound top` and `snap`.
 *
 * Runbooks say `poolmon -b -p -p -iStrg`, `poolmon /b`, `poolmon /n pool.log`. Each word that is
 * poolmon's is rewritten to ours; all others are passed on as they are.
 */
#ifndef PH_FRONT_POOLMON_ARGS_H
#define PH_FRONT_POOLMON_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct ph_poolmon_args {
    char **words; /* argv for ph_arguments_parse(), words[0] included; owned, ended by NULL */
    int count;
    size_t capacity;
    char *ignored; /* switches that no public document explains ("-r -u"), for one note; NULL */
    char *screen;  /* switches that mean nothing to a snapshot ("-e -l"), for one note; NULL */
    bool snapshot; /* /n was given: `snap`'s work, not the screen's; the words are snap's then */
};

/* Error: PH_ERR_USAGE that says which word and why; out of memory. */
struct ph_error *ph_poolmon_args(int argc, char **argv, struct ph_poolmon_args *args) PH_MUST_CHECK;
void ph_poolmon_args_fini(struct ph_poolmon_args *args);

#endif
