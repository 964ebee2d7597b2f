/* rules.h - every number that the judge decides by; docs/method.md says how each was found. */
#ifndef PH_ANALYSIS_RULES_H
#define PH_ANALYSIS_RULES_H

#include "analysis/judge.h"

struct ph_rules {
    double alpha_growing; /* one-sided level of the drift test */
    double alpha_likely;
    double alpha_confirmed;
    double slow_ratio;         /* growth of the newer half / of the older half must reach this */
    double growth_bytes;       /* least growth of a look of a day and more */
    double growth_short_bytes; /* least growth of a shorter look */
    double levelling_margin;   /* BIC by which a levelling model must beat the growing ones */
    double span_s;             /* least span of a look that may say LEAK by itself */
    double territory_before_s; /* a shorter look needs this much age before it */
    double floor_noise_bytes;  /* noise below this decides nothing in the fits */
    bool use_hold, use_slow, use_levelling, use_territory; /* for ablations */
};
extern const struct ph_rules ph_rules_default;

/* A judge by other rules, for ablations in the benchmark. */
struct ph_error *ph_judge_create_with(const struct ph_judge_options *options,
                                      const struct ph_rules *rules,
                                      struct ph_judge **judge) PH_MUST_CHECK;

#endif
