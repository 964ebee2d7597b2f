/* poolrow.h - one row of poolmon's or memsnap's table, and the lines around the rows. */
#ifndef PH_SOURCE_FILE_POOLROW_H
#define PH_SOURCE_FILE_POOLROW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "model/sample.h"

struct ph_pool_row {
    char tag[16]; /* four characters; more bytes than four when the log was UTF-16 */
    size_t tag_size;
    bool paged;
    bool has_deltas; /* "( n)" groups: a screen, not a /n log */
    uint64_t allocs, frees;
    int64_t diff, bytes;
};

enum ph_pool_row_kind {
    PH_POOL_ROW_NONE, /* not a row at all */
    PH_POOL_ROW_OK,
    PH_POOL_ROW_DAMAGED, /* begins like a row, but its numbers do not follow */
    PH_POOL_ROW_WIDE     /* a number beyond 64 bits */
};

enum ph_pool_row_kind ph_pool_row_parse(struct ph_slice line, struct ph_pool_row *row);

/* Live objects: the printed difference, unless it is the 64-bit difference of 32-bit counters of
 * which one has wrapped. `*agrees` is false when it is neither. `bits` is 32 or 64. */
int64_t ph_pool_objects(uint64_t allocs, uint64_t frees, int64_t printed, unsigned bits,
                        bool *agrees);

enum ph_pool_line {
    PH_POOL_LINE_OTHER,
    PH_POOL_LINE_BLANK,   /* or only rules: ---- ==== */
    PH_POOL_LINE_MEMORY,  /* " Memory:33473120K Avail:20055132K  PageFlts: ..." */
    PH_POOL_LINE_COMMIT,  /* " Commit:15035764K Limit:... Pool N:1023400K P:1955448K" */
    PH_POOL_LINE_SYSTEM,  /* " System pool information" */
    PH_POOL_LINE_SESSION, /* " Session 0 pool information", " All sessions pool information" */
    PH_POOL_LINE_COLUMNS, /* " Tag  Type     Allocs ..." */
    PH_POOL_LINE_TOTAL    /* the totals of /e: sums of the rows, not needed */
};

enum ph_pool_line ph_pool_line_kind(struct ph_slice line);
/* Values of the two header lines go into the sample; `faults_known` false leaves PageFlts alone (on
 * a screen it counts since the last refresh). */
void ph_pool_line_memory(struct ph_slice line, bool faults_known, struct ph_sample *sample);
void ph_pool_line_commit(struct ph_slice line, struct ph_sample *sample);

#endif
