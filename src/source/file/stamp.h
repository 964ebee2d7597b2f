/* stamp.h - time stamps as people's scripts write them, and the times they give a row of snapshots.
 *
 * poolmon writes no time, so scripts put a line before or after each snapshot. The forms are listed
 * in stamp.c and in docs/formats.md.
 */
#ifndef PH_SOURCE_FILE_STAMP_H
#define PH_SOURCE_FILE_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "model/sample.h"

struct ph_stamp {
    bool has_date, has_time; /* one of them may be missing: `date /t` and `time /t` on two lines */
    bool has_zone;
    bool either_order; /* 03/04/2026: `month` holds the first number, `day` the second */
    bool counted;      /* plain seconds: `counted_ns` is the time */
    bool relative;     /* counted, but too small for a date: seconds since some start */
    int8_t weekday;    /* 0 = Sunday; -1 = not named */
    uint8_t month, day;
    int16_t year;
    int16_t zone_minutes; /* east of UTC */
    int64_t day_ns;       /* since midnight */
    int64_t counted_ns;   /* since 1970-01-01 UTC, or since some start */
};

/* Finds a time stamp in a line of text. False when there is none. */
bool ph_stamp_find(struct ph_slice line, struct ph_stamp *stamp);
/* A whole field that is a number of seconds (with a fraction or not), or a stamp. */
bool ph_stamp_field(struct ph_slice field, struct ph_stamp *stamp);
/* Puts a date and a time that stood on two lines together; false when they do not fit. */
bool ph_stamp_join(struct ph_stamp *earlier, const struct ph_stamp *later);
/* Nanoseconds since 1970-01-01, UTC when the stamp has a zone. */
int64_t ph_stamp_ns(const struct ph_stamp *stamp, bool day_first);

bool ph_is_date(int year, int month, int day);
int ph_weekday_of(int year, int month, int day); /* 0 = Sunday */

/* When a snapshot was taken. */
struct ph_moment {
    struct ph_stamp stamp;
    bool stamped;
    size_t line;     /* of the stamp or the snapshot, for messages */
    int64_t time_ns; /* result */
};

/* Gives every moment its time and all of them their kind: REAL when every stamp has a zone, LOCAL
 * when one has none, SPACED by `spacing_ns` when there are no stamps, else ORDINAL. Decides over
 * all stamps whether the day or the month comes first. What was assumed is put into `losses`. */
struct ph_error *ph_timeline_resolve(const char *path, int64_t spacing_ns,
                                     struct ph_moment *moments, size_t count,
                                     enum ph_time_kind *kind,
                                     struct ph_loss_list *losses) PH_MUST_CHECK;
/* Adds a loss when times stand still or go back from one moment to the next. */
struct ph_error *ph_timeline_check(const char *path, const struct ph_moment *moments, size_t count,
                                   struct ph_loss_list *losses) PH_MUST_CHECK;

#endif
