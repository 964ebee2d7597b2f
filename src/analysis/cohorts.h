/* cohorts.h - what the age of living objects says: a cache's cohorts die, a leak's stay. Pure.
 *
 * The method, its assumptions and its measured error rates: docs/method.md.
 */
#ifndef PH_ANALYSIS_COHORTS_H
#define PH_ANALYSIS_COHORTS_H

#include "model/finding.h"
#include "model/trace.h"

/* Fills site->age from the site's cohorts at `trace->now_ns`. */
void ph_cohorts_judge(const struct ph_trace *trace, struct ph_trace_site *site);
/* True for sites whose objects are companions of something else and tell nothing of their own: they
 * stay as long as it does, and what they belong to is often reclaimable while they are not marked
 * so. They raise no verdict. */
bool ph_cohorts_companion(const struct ph_trace_site *site);
/* What the sites of one tag say together about a judged series: a GROWING tag whose sites are
 * STAYING and explain its growth may be raised to PH_VERDICT_LEAK_LIKELY; never lowered. `sites`
 * are those of the tag's cache; `age_s` is how long they were traced. True when the finding was
 * changed. */
bool ph_cohorts_raise(const struct ph_trace *trace, const struct ph_trace_site *const *sites,
                      size_t site_count, const struct ph_series *series,
                      struct ph_finding *finding);

#endif
