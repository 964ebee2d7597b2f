/* windows_facts.h - facts of the Windows that runs here; for gather_facts.c only. */
#ifndef PH_APP_WINDOWS_FACTS_H
#define PH_APP_WINDOWS_FACTS_H

#include "model/facts.h"
#include "source/windows/nt.h"

/* Its name, how long it is up where that is not known, and, with `drivers`, what it has loaded.
 * Those of Microsoft count as the kernel's own. Error: out of memory. */
struct ph_error *ph_facts_of_windows(const struct ph_nt *nt, bool drivers,
                                     struct ph_facts *facts) PH_MUST_CHECK;

#endif
