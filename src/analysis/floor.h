/* floor.h - floors: minima of aligned windows, kept in about 1 KB a series, folded in O(1).
 *
 * What is the same for all series - which windows had how many readings, and when - is in the
 * clock; a series only has its minima. Windows are dyadic parts of a day, so that coarse windows
 * are made of whole finer ones. There are two kinds of scales:
 *
 *   rings     the newest windows of 5.6 min, 22.5 min, 1.5 h and 6 h
 *   whole     24 to 48 windows over the whole boot: when they are full, neighbours are merged and
 *             the width doubles. It starts at 82 ms, so that a hunt of seconds has floors too.
 *
 * A series that does not change needs no folding: its windows are filled in when it changes, or in
 * a copy when it is judged.
 */
#ifndef PH_ANALYSIS_FLOOR_H
#define PH_ANALYSIS_FLOOR_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PH_RING_5M,
    PH_RING_22M,
    PH_RING_90M,
    PH_RING_6H,
    PH_RINGS,
};

enum {
    PH_WHOLE_SLOTS = 48,
    PH_RING_SLOTS = 14 + 14 + 18 + 14,
    PH_LEVEL_DAY = 20, /* a window of level n is 24 h / 2^(20 - n) */
};

#define PH_NO_FLOOR INT64_MIN

struct ph_ring_shape {
    uint8_t level;
    uint8_t length; /* slots: the windows judged, one older to see whether a verdict holds, and the
                       open one */
    uint8_t first;  /* place in ph_floors.ring */
    uint8_t judged; /* windows of one look */
};
extern const struct ph_ring_shape ph_rings[PH_RINGS];

/* Width of a window of this level. */
double ph_level_seconds(unsigned level);

/* The clock of one boot. Times are ns since its first reading. */
struct ph_clock {
    int64_t now_ns;
    int64_t before_ns; /* the reading before */
    uint64_t readings;
    unsigned level; /* of the whole-boot windows */
    uint32_t whole_count[PH_WHOLE_SLOTS];
    uint32_t ring_count[PH_RING_SLOTS];
    int64_t whole_first_ns[PH_WHOLE_SLOTS]; /* the first reading of each window that has one */
    int64_t ring_first_ns[PH_RING_SLOTS];
};

/* The number of the window of this level that a time falls into. */
int64_t ph_window_of(int64_t ns, unsigned level);
/* A new reading at `now_ns` >= clock->now_ns that stands for `weight` readings. */
void ph_clock_tick(struct ph_clock *clock, int64_t now_ns, uint32_t weight);

struct ph_floors {
    int64_t value;   /* the newest */
    int64_t seen_ns; /* up to when `value` is folded in */
    int64_t ring[PH_RING_SLOTS];
    int64_t whole[PH_WHOLE_SLOTS];
    float whole_high[PH_WHOLE_SLOTS]; /* maxima; rounded up, so never below a value seen */
    uint8_t level;                    /* of `whole`; lags behind the clock's until touched */
};

/* The first value, at the clock's present time. */
void ph_floors_begin(struct ph_floors *floors, const struct ph_clock *clock, int64_t value);
/* Folds in that the value stayed up to `until_ns` (the clock's present reading or the one before).
 */
void ph_floors_hold(struct ph_floors *floors, const struct ph_clock *clock, int64_t until_ns);
/* A new value at the clock's present time; holds the old one up to the reading before first. */
void ph_floors_change(struct ph_floors *floors, const struct ph_clock *clock, int64_t value);
/* The series is seen again after it was not: a gap since what was folded in last, then `value`. */
void ph_floors_resume(struct ph_floors *floors, const struct ph_clock *clock, int64_t value);
/* Brings a copy up to the clock: empty windows where nothing was read of the series. */
void ph_floors_settle(struct ph_floors *floors, const struct ph_clock *clock);

#endif
