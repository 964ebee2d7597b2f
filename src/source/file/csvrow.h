/* csvrow.h - one row of a CSV whose layout is known. */
#ifndef PH_SOURCE_FILE_CSVROW_H
#define PH_SOURCE_FILE_CSVROW_H

#include "source/file/csvlayout.h"

enum { PH_CSV_BUFFER = 4096 };

/* The counters of one pool; `have` by enum ph_have, without PH_IS_*. */
struct ph_csv_part {
    uint32_t have;
    int64_t allocs, frees, diff, bytes;
};

struct ph_csv_row {
    struct ph_slice time, tag, pool, origin, module; /* empty when there is no such column */
    struct ph_csv_part parts[2]; /* one pool a row: the first; both: paged, nonpaged */
};

enum ph_csv_row_kind {
    PH_CSV_ROW_OK,
    PH_CSV_ROW_OTHER, /* no row: a field is missing, or is no number */
    PH_CSV_ROW_WIDE   /* a number beyond 64 bits */
};

/* Fields point into the line or into `buffer`. */
enum ph_csv_row_kind ph_csv_row_parse(const struct ph_csv_layout *layout, struct ph_slice line,
                                      char buffer[PH_CSV_BUFFER], struct ph_csv_row *row);

/* "Nonp", "NonPaged Pool", "PAGED", and poolhound's own names. */
bool ph_csv_pool_named(struct ph_slice name, enum ph_pool *pool);

#endif
