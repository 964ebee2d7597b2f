/* csvlayout.h - which column of a CSV is what, by the names in its header line. */
#ifndef PH_SOURCE_FILE_CSVLAYOUT_H
#define PH_SOURCE_FILE_CSVLAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "model/sample.h"

enum { PH_CSV_COLUMNS = 64 }; /* further ones are not looked at */

enum ph_csv_role {
    PH_CSV_IGNORED,
    PH_CSV_TIME,
    PH_CSV_TIME_UTC, /* wins over TIME */
    PH_CSV_TAG,
    PH_CSV_POOL,
    PH_CSV_ORIGIN,
    PH_CSV_MODULE,
    /* of the row's pool */
    PH_CSV_ALLOCS,
    PH_CSV_FREES,
    PH_CSV_DIFF,
    PH_CSV_BYTES,
    /* both pools in one row */
    PH_CSV_PAGED_ALLOCS,
    PH_CSV_PAGED_FREES,
    PH_CSV_PAGED_DIFF,
    PH_CSV_PAGED_BYTES,
    PH_CSV_NONPAGED_ALLOCS,
    PH_CSV_NONPAGED_FREES,
    PH_CSV_NONPAGED_DIFF,
    PH_CSV_NONPAGED_BYTES,
    PH_CSV_ROLE_COUNT
};

struct ph_csv_layout {
    char separator;
    int8_t column[PH_CSV_ROLE_COUNT]; /* of each role; -1 = not there */
    bool wide;                        /* both pools in one row */
    bool series;                      /* only time, tag and bytes: a sceptic's own trace */
};

/* Understands a header line. False when it is none: it must name a tag and something counted. */
bool ph_csv_layout_of(struct ph_slice line, struct ph_csv_layout *layout);

/* Splits a line at `separator`, undoing quotes. Fields point into the line, or into `buffer` where
 * a quoted field held quotes or stray text. `quoted` tells which ones were quoted. Returns the
 * number of fields, at most PH_CSV_COLUMNS. */
size_t ph_csv_split(struct ph_slice line, char separator, char *buffer, size_t buffer_size,
                    struct ph_slice fields[PH_CSV_COLUMNS], uint64_t *quoted);

/* A whole number: plain, with a fraction or an exponent (rounded), or, when `grouped`, with
 * thousands separators. */
enum ph_csv_number {
    PH_CSV_NUMBER_OK,
    PH_CSV_NUMBER_EMPTY, /* nothing, or NaN, NA, null, ?: unknown */
    PH_CSV_NUMBER_BAD,
    PH_CSV_NUMBER_WIDE
};
enum ph_csv_number ph_csv_number(struct ph_slice field, bool grouped, int64_t *value);

#endif
