/* zoneinfo.h - /proc/zoneinfo: free pages that the processors keep for themselves. */
#ifndef PH_SOURCE_LINUX_ZONEINFO_H
#define PH_SOURCE_LINUX_ZONEINFO_H

#include "base/bytes.h"

/* Pages on the per-CPU lists of all zones; -1 = the text has none. */
int64_t ph_zoneinfo_cpu_pages(struct ph_slice text);

#endif
