/* poolscan.h - the first pass over a pool log: where its snapshots begin, and what the whole file
 * tells about each of them. See poollog.c.
 */
#ifndef PH_SOURCE_FILE_POOLSCAN_H
#define PH_SOURCE_FILE_POOLSCAN_H

#include "source/file/filetext.h"
#include "source/file/stamp.h"

enum { PH_POOL_LINE_LIMIT = 4096 }; /* longer lines are left out, and counted */

struct ph_pool_snapshot {
    size_t start, end; /* bytes */
    size_t line;
    size_t rows;
    bool has_columns; /* its "Tag Type Allocs" line was there */
    bool has_deltas;
    bool in_session; /* rows at its start are of session pools */
};

enum ph_pool_tally {
    PH_POOL_TALLY_OTHER,
    PH_POOL_TALLY_DAMAGED,
    PH_POOL_TALLY_WIDE,
    PH_POOL_TALLY_LONG,
    PH_POOL_TALLY_DIFF,
    PH_POOL_TALLY_NEGATIVE,
    PH_POOL_TALLY_TWICE, /* counted by the second pass */
    PH_POOL_TALLY_COUNT
};

struct ph_pool_scan {
    struct ph_pool_snapshot *snapshots;
    struct ph_moment *moments; /* one a snapshot, resolved */
    size_t count;
    uint8_t counter_bits;
    enum ph_time_kind time_kind;
    struct ph_tally tallies[PH_POOL_TALLY_COUNT];
    struct ph_loss_list losses; /* about times */
};

/* Goes over the text once. A text without a single row is PH_ERR_FORMAT. */
struct ph_error *ph_pool_scan(const char *path, struct ph_slice text, int64_t spacing_ns,
                              struct ph_pool_scan *result) PH_MUST_CHECK;
void ph_pool_scan_fini(struct ph_pool_scan *scan);

#endif
