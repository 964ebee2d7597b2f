/* look.h - looks: the floors of one scale as a run that can be tested, with gaps settled. */
#ifndef PH_ANALYSIS_LOOK_H
#define PH_ANALYSIS_LOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/floor.h"

enum {
    PH_LOOK_MAX = 48,
    PH_LOOK_WINDOWS_MIN = 5, /* fewer say nothing */
    PH_LOOK_DAYS_MAX = 14,
};

/* After the rings' numbers (floor.h): */
enum ph_scale {
    PH_SCALE_WHOLE = PH_RINGS, /* the whole boot */
    PH_SCALE_DAYS,
    PH_SCALE_READINGS, /* each reading its own window, where they are few */
    PH_SCALES
};

struct ph_look {
    size_t count; /* windows; 0 = this scale has nothing to say */
    double y[PH_LOOK_MAX];
    size_t gaps;        /* windows whose floor is interpolated */
    double begin_s;     /* of the first window, since the boot's first reading */
    double width_s;     /* nominal width of a window */
    double reach_s;     /* from the first window's first reading to the last one's: a floor that
                           rises is the first reading of its window */
    size_t whole_first; /* the first whole-boot slot that is not before the look */
    bool thin;          /* its windows have fewer readings than a LEAK is built on */
};

struct ph_drift {
    size_t count; /* increments */
    size_t rose, fell;
    double mean, error; /* of an increment, and its standard error */
    double t;
    double slow; /* ratio of newer to older half; NAN = undefined */
};

/* One scale: the look of now and the one a window before, at which a verdict must hold, too. */
struct ph_view {
    struct ph_look now, before;
    struct ph_drift drift, drift_before;
    double span_s;
};

/* How many whole-boot windows are looked at: the closed ones, in a boot's first day also the open
 * one when it has readings enough. */
size_t ph_whole_end(const struct ph_clock *clock);
/* Looks at a series whose floors are folded in up to the clock's present; `scale` is a ring or an
 * enum ph_scale. */
void ph_look_at(struct ph_view *view, const struct ph_clock *clock, const struct ph_floors *floors,
                size_t scale);
/* The median of the increments from..to-1, from < to. */
double ph_median_increment(const struct ph_look *look, size_t from, size_t to);

#endif
