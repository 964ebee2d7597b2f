/* chart_scale.h - what the painters of a chart share: its axes, and the words on it. */
#ifndef PH_RENDER_CHART_SCALE_H
#define PH_RENDER_CHART_SCALE_H

#include "render/chart.h"

enum { PH_TICKS_MOST = 16 };

struct ph_ticks {
    double at[PH_TICKS_MOST]; /* in the axis' own numbers, ascending */
    size_t count;
};

struct ph_chart_frame {
    bool empty;             /* no line has a number to draw */
    double x_first, x_last; /* first < last */
    double y_low, y_high;   /* low < high; the first and the last tick, if there are any */
    struct ph_ticks x, y;
    bool beyond[PH_CHART_LINES_MOST]; /* a limit too far away to be drawn */
    /* how numbers are written: all of an axis in one unit */
    double x_unit, y_unit;
    const char *x_unit_name, *y_unit_name;
    int y_decimals;
};

/* Axes with about `x_most` and `y_most` ticks. y is divided by 1, 2 or 5 of a binary unit; x counts
 * back from its end in steps people use (6 h, 1 d), for the end is what "now" means in a picture of
 * growth. A change below 4 KB, or below a thousandth, fills no picture: it would make noise look
 * like growth. */
struct ph_chart_frame ph_chart_frame_of(const struct ph_chart *chart, unsigned x_most,
                                        unsigned y_most);

/* 0 = first or low, 1 = last or high; held within. */
double ph_chart_share_x(const struct ph_chart_frame *frame, double x);
double ph_chart_share_y(const struct ph_chart_frame *frame, double y);

/* True for a number that can be drawn. */
bool ph_chart_usable(double number);
/* True when the point is a number in both and stands within the axis; *low <= *high. */
bool ph_chart_point(const struct ph_chart_frame *frame, const struct ph_chart_line *line, size_t at,
                    double *low, double *high);
/* The stretch of a floor, cut to the axis; false when there is nothing of it. */
bool ph_chart_floor(const struct ph_chart_frame *frame, const struct ph_chart_line *line, size_t at,
                    double *from, double *to);
/* Lowest and highest of a line between two places, lines between its points included; false when
 * there is nothing. */
bool ph_chart_column(const struct ph_chart_frame *frame, const struct ph_chart_line *line,
                     double from, double to, double *low, double *high);

/* --- words; each appends --- */
void ph_chart_x_text(const struct ph_chart_frame *frame, double x, struct ph_text *out);
void ph_chart_y_text(const struct ph_chart_frame *frame, double y, struct ph_text *out);
/* A line's name; for limits with the level, and "above the plot" when it is not drawn. */
void ph_chart_legend_text(const struct ph_chart *chart, const struct ph_chart_frame *frame,
                          size_t line, struct ph_text *out);
/* The chart in a sentence, for who cannot see it. */
void ph_chart_describe(const struct ph_chart *chart, const struct ph_chart_frame *frame,
                       struct ph_text *out);

#endif
