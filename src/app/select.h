/* select.h - which rows of a reading are shown, and in which order. */
#ifndef PH_APP_SELECT_H
#define PH_APP_SELECT_H

#include "base/error.h"
#include "model/report.h"

struct ph_selection {
    const char *const *includes; /* patterns, see ph_pattern_match(); none = everything */
    size_t include_count;
    const char *const *excludes; /* win over includes */
    size_t exclude_count;
    uint32_t pools; /* bit mask by enum ph_pool; 0 = all */
    enum ph_column sort;
    bool reverse; /* smallest (or last in the alphabet) first */
    size_t top;   /* 0 = all */
};

/* Pools that poolmon's -p (nonpaged) and -p -p (paged) stand for; on Linux: memory that the kernel
 * cannot give back, and memory that it can. */
extern const uint32_t PH_POOLS_NONPAGED;
extern const uint32_t PH_POOLS_PAGED;

/* True when the tag (or the module, or one of the aliases) passes the patterns and the pools. */
bool ph_selection_takes(const struct ph_selection *selection, const struct ph_series *series);

/* Positions in sample->values, filtered, sorted and cut; owned by the caller. Pseudo-tags and rows
 * counted twice take part like others. `*matched` = how many passed before the cut. */
struct ph_error *ph_select_rows(const struct ph_selection *selection,
                                const struct ph_catalog *catalog, const struct ph_sample *sample,
                                uint32_t **rows, size_t *row_count, size_t *matched) PH_MUST_CHECK;

#endif
