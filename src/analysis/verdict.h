/* verdict.h - one series' floors in, one finding out. */
#ifndef PH_ANALYSIS_VERDICT_H
#define PH_ANALYSIS_VERDICT_H

#include "analysis/floor.h"
#include "analysis/look.h"
#include "analysis/rules.h"
#include "analysis/shape.h"
#include "model/finding.h"

/* Critical values for each number of increments, made once a judge. */
struct ph_level {
    double t[PH_LOOK_MAX];      /* of the mean increment */
    uint8_t rises[PH_LOOK_MAX]; /* least rises among so many that rise or fall */
};
struct ph_critical {
    struct ph_level growing, likely, confirmed;
    struct ph_level interval; /* 2.5 %: one side of a 95 % interval */
};
void ph_critical_make(struct ph_critical *critical, const struct ph_rules *rules);

/* What is the same for all series in one round of judging. */
struct ph_court {
    const struct ph_rules *rules;
    const struct ph_critical *critical;
    const struct ph_clock *clock;
    bool ordinal;
    struct ph_shape_table now, before; /* of the whole-boot windows, and of all but the newest */
};
void ph_court_open(struct ph_court *court, const struct ph_rules *rules,
                   const struct ph_critical *critical, const struct ph_clock *clock, bool ordinal);

/* Judges one series whose floors are folded in up to the clock's present. Fills the verdict and
 * everything that follows from the floors; the caller knows the rest (totals, limits, flags). */
void ph_judge_floors(const struct ph_court *court, const struct ph_floors *floors,
                     struct ph_finding *finding);

#endif
