/* values.h - what all outputs derive from a value in the same way. */
#ifndef PH_RENDER_VALUES_H
#define PH_RENDER_VALUES_H

#include "model/report.h"

/* Bytes outstanding by allocations outstanding, 0 when there are none, as poolmon has it. False
 * when one of them is unknown or the count is negative. */
bool ph_per_alloc(const struct ph_value *value, int64_t *bytes);
/* "utc", "spaced", "ordinal", "local": for machines. */
const char *ph_time_kind_id(enum ph_time_kind kind);
/* For machines: ISO 8601 (without Z for local time), seconds since the first reading for spaced
 * time, the number of the reading for ordinal. */
void ph_time_field(int64_t time_ns, enum ph_time_kind kind, struct ph_text *out);
/* "NOTHING", "SPAN", ...: for machines. */
const char *ph_missing_id(enum ph_missing missing);

#endif
