/* rate.h - rates of growth in a unit that a person can picture, with the interval in the same. */
#ifndef PH_RENDER_RATE_H
#define PH_RENDER_RATE_H

#include "base/text.h"
#include "model/sample.h"

struct ph_rate_unit {
    double factor; /* bytes per second times this is the number to print */
    char name[16]; /* "KB/s", "MB/d", "KB/reading" */
};

/* The unit of time follows what was observed (seconds for a short run, days for weeks), so that the
 * rows of a table compare; a rate below one byte takes a longer one. `bytes_per_s` is the
 * largest magnitude to print in about three digits; ordinal time knows readings only.
 * `span_ns` 0 = unknown. */
struct ph_rate_unit ph_rate_unit_for(double bytes_per_s, int64_t span_ns, enum ph_time_kind kind);

/* "20.1 KB/s (19.6 to 20.7)"; an end that is not finite is `?`. */
void ph_rate_add(struct ph_text *out, double rate, double low, double high, int64_t span_ns,
                 enum ph_time_kind kind);
/* The same in a unit given, to compare two rates. */
void ph_rate_add_in(struct ph_text *out, const struct ph_rate_unit *unit, double rate, double low,
                    double high);

#endif
