/* group.h - which growing series grow together: one leak often shows in several tags. */
#ifndef PH_ANALYSIS_GROUP_H
#define PH_ANALYSIS_GROUP_H

#include <stddef.h>
#include <stdint.h>

enum { PH_GROWTH_STEPS = 47 };

/* How one series grew. */
struct ph_growth {
    double steps[PH_GROWTH_STEPS]; /* increments of its floors; NAN where one is missing */
    size_t count;                  /* the same for all series of one call */
    double object_rate;            /* objects a second; NAN = unknown */
    double spread;                 /* half the 95 % interval of the rate / the rate */
};

/* Numbers the groups from 1 in the order of their first members; series alone get 0. */
void ph_group(const struct ph_growth *growths, size_t count, uint32_t *groups);

#endif
