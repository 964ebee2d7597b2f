/* clonecsv.h - CSV of poolmon clones and collectors; the source itself is in source.h. */
#ifndef PH_SOURCE_FILE_CLONECSV_H
#define PH_SOURCE_FILE_CLONECSV_H

#include "source/source.h"

/* Opens bytes in memory, which are copied; `path` is only for messages. */
struct ph_error *ph_clonecsv_parse(const char *path, struct ph_slice bytes, int64_t spacing_ns,
                                   struct ph_source **source) PH_MUST_CHECK;

#endif
