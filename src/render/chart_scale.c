#include "render/chart_scale.h"

#include <math.h>

#include "render/screen.h"

static const double most_number = 1e24;                     /* beyond it nothing counts bytes */
static const double least_bytes = 4096, least_share = .001; /* as in trend.c */
static const double squashed = .25; /* of the height; data lower than this makes way for no limit */
static const double band_reach = .5; /* of the data's height: how far a rate may widen the axis */

bool ph_chart_usable(double number)
{
    return isfinite(number) && fabs(number) <= most_number;
}

static double within(double number, double low, double high)
{
    return number < low ? low : number > high ? high : number;
}

double ph_chart_share_x(const struct ph_chart_frame *frame, double x)
{
    return within((x - frame->x_first) / (frame->x_last - frame->x_first), 0, 1);
}

double ph_chart_share_y(const struct ph_chart_frame *frame, double y)
{
    return within((y - frame->y_low) / (frame->y_high - frame->y_low), 0, 1);
}

/* ------------------------------------------------------------------ lines */

bool ph_chart_point(const struct ph_chart_frame *frame, const struct ph_chart_line *line, size_t at,
                    double *low, double *high)
{
    double x = line->x[at], first = line->low[at], second = line->high[at];

    if (!(x >= frame->x_first && x <= frame->x_last) || !ph_chart_usable(first) ||
        !ph_chart_usable(second))
        return false;
    *low = fmin(first, second);
    *high = fmax(first, second);
    return true;
}

bool ph_chart_floor(const struct ph_chart_frame *frame, const struct ph_chart_line *line, size_t at,
                    double *from, double *to)
{
    double end = at + 1 < line->count ? line->x[at + 1] : frame->x_last;

    if (!ph_chart_usable(line->low[at]) || !(line->x[at] < frame->x_last) ||
        !(end > frame->x_first))
        return false;
    *from = fmax(line->x[at], frame->x_first);
    *to = fmin(end, frame->x_last);
    return *to > *from;
}

static void widen(double *low, double *high, double value_low, double value_high)
{
    *low = fmin(*low, value_low);
    *high = fmax(*high, value_high);
}

/* First point at or after `x`; lines stand in order of x. */
static size_t first_at(const struct ph_chart_line *line, double x)
{
    size_t low = 0, high = line->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (line->x[middle] < x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Adds the line at a place between its points `at - 1` and `at`. */
static void widen_between(const struct ph_chart_frame *frame, const struct ph_chart_line *line,
                          size_t at, double x, double *low, double *high)
{
    double low_a = 0, high_a = 0, low_b = 0, high_b = 0;

    if (!at || at >= line->count || !ph_chart_point(frame, line, at - 1, &low_a, &high_a) ||
        !ph_chart_point(frame, line, at, &low_b, &high_b) || !(line->x[at] > line->x[at - 1]))
        return;
    double share = (x - line->x[at - 1]) / (line->x[at] - line->x[at - 1]);
    widen(low, high, low_a + share * (low_b - low_a), high_a + share * (high_b - high_a));
}

bool ph_chart_column(const struct ph_chart_frame *frame, const struct ph_chart_line *line,
                     double from, double to, double *low, double *high)
{
    size_t at = first_at(line, from);
    double least = INFINITY, most = -INFINITY, point_low = 0, point_high = 0;

    widen_between(frame, line, at, from, &least, &most);
    for (; at < line->count && line->x[at] <= to; at++)
        if (ph_chart_point(frame, line, at, &point_low, &point_high))
            widen(&least, &most, point_low, point_high);
    widen_between(frame, line, at, to, &least, &most);
    if (!(least <= most))
        return false;
    *low = least;
    *high = most;
    return true;
}

/* ------------------------------------------------------------------ the axis of time */

/* 1, 2 or 5 times a power of ten, at least `least`. */
static double decimal_step(double least, int *exponent)
{
    double power = floor(log10(least)), unit = pow(10, power), share = least / unit;

    share = share <= 1.000001 ? 1 : share <= 2.000001 ? 2 : share <= 5.000001 ? 5 : 10;
    *exponent = (int)power + (share > 5 ? 1 : 0);
    return share * unit;
}

static double time_step(double least, bool counts)
{
    static const double steps[] = {1,   2,   5,    10,   15,   30,    60,    120,   300,
                                   600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400};
    int exponent = 0;

    if (counts)
        return decimal_step(fmax(least, 1), &exponent);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        if (steps[i] >= least)
            return steps[i];
    return 86400 * decimal_step(least / 86400, &exponent);
}

static void make_x(const struct ph_chart *chart, unsigned most, struct ph_chart_frame *frame)
{
    static const struct {
        double unit;
        const char *name;
    } units[] = {{86400, " d"}, {3600, " h"}, {60, " min"}, {1, " s"}};
    size_t unit = 0;

    frame->x_first = chart->x_first;
    frame->x_last = chart->x_last;
    if (!ph_chart_usable(frame->x_first) || !ph_chart_usable(frame->x_last))
        frame->x_first = frame->x_last = 0;
    double span = frame->x_last - frame->x_first;
    if (!(span > fabs(frame->x_last) * 1e-9)) { /* one moment: it stands in the middle */
        double half = fmax(.5, fabs(frame->x_first) * 1e-6);
        frame->x_first -= half;
        frame->x_last = frame->x_first + 2 * half;
        span = 0;
    }
    most = most < 1 ? 1 : most > PH_TICKS_MOST - 2 ? PH_TICKS_MOST - 2 : most;
    double step = time_step(span / most, chart->x_counts);
    while (units[unit].unit > step * 1.000001 && units[unit].unit > 1)
        unit++;
    frame->x_unit = chart->x_counts ? 1 : units[unit].unit;
    frame->x_unit_name = chart->x_counts ? "" : units[unit].name;
    size_t count = span > 0 ? (size_t)(span / step * 1.000001) : 0;
    for (size_t i = count < PH_TICKS_MOST ? count : PH_TICKS_MOST; i > 0; i--)
        frame->x.at[frame->x.count++] = frame->x_last - (double)i * step;
}

/* ------------------------------------------------------------------ the axis of bytes */

static void data_range(const struct ph_chart *chart, const struct ph_chart_frame *frame,
                       enum ph_chart_look look, double *low, double *high)
{
    double point_low = 0, point_high = 0;

    for (size_t i = 0; i < chart->line_count; i++) {
        const struct ph_chart_line *line = &chart->lines[i];
        for (size_t k = 0; line->look == look && k < line->count; k++) {
            if (look == PH_CHART_FLOOR) {
                if (ph_chart_floor(frame, line, k, &point_low, &point_high))
                    widen(low, high, line->low[k], line->low[k]);
            } else if (ph_chart_point(frame, line, k, &point_low, &point_high)) {
                widen(low, high, point_low, point_high);
            }
        }
    }
}

/* A limit moves the end of the axis, or is left out when the data would be lost below it. */
static void take_limits(const struct ph_chart *chart, struct ph_chart_frame *frame, double *low,
                        double *high)
{
    double extent = *high - *low;

    for (size_t i = 0; i < chart->line_count; i++) {
        const struct ph_chart_line *line = &chart->lines[i];
        if (line->look != PH_CHART_LIMIT)
            continue;
        double level = line->count ? line->low[0] : (double)NAN;
        double end_low = fmin(*low, level), end_high = fmax(*high, level);
        frame->beyond[i] =
            !ph_chart_usable(level) || (!frame->empty && (level > *high || level < *low) &&
                                        extent < squashed * (end_high - end_low));
        if (!frame->beyond[i])
            widen(low, high, level, level);
    }
}

static void make_y_ticks(double low, double high, unsigned most, struct ph_chart_frame *frame)
{
    static const char *const units[] = {" B", " KB", " MB", " GB", " TB", " PB", " EB"};
    double largest = fmax(fabs(low), fabs(high));
    size_t unit = 0;
    int exponent = 0;

    frame->y_unit = 1;
    while (largest / frame->y_unit >= 999.95 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        frame->y_unit *= 1024;
        unit++;
    }
    frame->y_unit_name = units[unit];
    most = most < 1 ? 1 : most > PH_TICKS_MOST - 4 ? PH_TICKS_MOST - 4 : most;
    double least = (high - low) / frame->y_unit / most;
    double step = decimal_step(unit ? least : fmax(least, 1), &exponent);
    frame->y_decimals = exponent < 0 ? -exponent : 0;
    double first = floor(low / frame->y_unit / step + 1e-6);
    double last = ceil(high / frame->y_unit / step - 1e-6);
    while (first + (double)frame->y.count <= last && frame->y.count < PH_TICKS_MOST) {
        frame->y.at[frame->y.count] = (first + (double)frame->y.count) * step * frame->y_unit;
        frame->y.count++;
    }
    frame->y_low = frame->y.at[0];
    frame->y_high = frame->y.at[frame->y.count - 1];
}

static void make_y(const struct ph_chart *chart, unsigned most, struct ph_chart_frame *frame)
{
    double low = INFINITY, high = -INFINITY, band_low = INFINITY, band_high = -INFINITY;

    data_range(chart, frame, PH_CHART_RANGE, &low, &high);
    data_range(chart, frame, PH_CHART_FLOOR, &low, &high);
    data_range(chart, frame, PH_CHART_BAND, &band_low, &band_high);
    frame->empty = !(low <= high) && !(band_low <= band_high);
    if (!(low <= high)) {
        low = frame->empty ? 0 : band_low;
        high = frame->empty ? 0 : band_high;
    }
    double reach = band_reach * (high - low);
    if (band_low <= band_high)
        widen(&low, &high, fmax(band_low, low - reach), fmin(band_high, high + reach));
    if (chart->from_zero)
        widen(&low, &high, 0, 0);
    take_limits(chart, frame, &low, &high);
    double least = fmax(least_bytes, least_share * fmax(fabs(low), fabs(high)));
    if (high - low < least) {
        bool positive = low >= 0;
        low = (low + high - least) / 2;
        low = positive && low < 0 ? 0 : low;
        high = fmax(high, low + least);
    }
    make_y_ticks(low, high, most, frame);
    bool limited = false;
    for (size_t i = 0; i < chart->line_count; i++)
        limited = limited || (chart->lines[i].look == PH_CHART_LIMIT && !frame->beyond[i]);
    if (frame->empty && !limited)
        frame->y.count = 0; /* nothing stands on this axis */
}

struct ph_chart_frame ph_chart_frame_of(const struct ph_chart *chart, unsigned x_most,
                                        unsigned y_most)
{
    struct ph_chart_frame frame = {0};

    make_x(chart, x_most, &frame);
    make_y(chart, y_most, &frame);
    return frame;
}

/* ------------------------------------------------------------------ words */

void ph_chart_x_text(const struct ph_chart_frame *frame, double x, struct ph_text *out)
{
    double back = (frame->x_last - x) / frame->x_unit;

    ph_text_printf(out, "-%.0f%s", back, frame->x_unit_name);
}

void ph_chart_y_text(const struct ph_chart_frame *frame, double y, struct ph_text *out)
{
    double number = y / frame->y_unit;

    if (number == 0)
        ph_text_putc(out, '0');
    else if (fabs(number) >= 1e5)
        ph_text_printf(out, "%.1e%s", number, frame->y_unit_name);
    else
        ph_text_printf(out, "%.*f%s", frame->y_decimals, number, frame->y_unit_name);
}

void ph_chart_legend_text(const struct ph_chart *chart, const struct ph_chart_frame *frame,
                          size_t line, struct ph_text *out)
{
    const struct ph_chart_line *about = &chart->lines[line];

    ph_text_puts(out, about->name ? about->name : "");
    if (about->look != PH_CHART_LIMIT)
        return;
    if (!about->count || !ph_chart_usable(about->low[0])) {
        ph_text_puts(out, " ?");
        return;
    }
    ph_text_putc(out, ' ');
    ph_text_bytes(out, about->low[0]);
    if (frame->beyond[line])
        ph_text_puts(out, about->low[0] > frame->y_high ? ", above the plot" : ", below the plot");
}

void ph_chart_describe(const struct ph_chart *chart, const struct ph_chart_frame *frame,
                       struct ph_text *out)
{
    double low = INFINITY, high = -INFINITY;

    data_range(chart, frame, PH_CHART_RANGE, &low, &high);
    ph_text_puts(out, "Bytes");
    if (chart->first_label && chart->last_label)
        ph_text_printf(out, " from %s to %s", chart->first_label, chart->last_label);
    ph_text_puts(out, ": ");
    if (low <= high) {
        ph_text_puts(out, "between ");
        ph_text_bytes(out, low);
        ph_text_puts(out, " and ");
        ph_text_bytes(out, high);
    } else {
        ph_text_puts(out, "nothing was read");
    }
    for (size_t i = 0; i < chart->line_count; i++) {
        if (chart->lines[i].look == PH_CHART_RANGE)
            continue;
        ph_text_puts(out, "; ");
        ph_chart_legend_text(chart, frame, i, out);
    }
    if (chart->mark_count)
        ph_text_puts(out, "; ");
    if (chart->mark_count)
        ph_screen_count(out, chart->mark_count, "event", "events");
    ph_text_putc(out, '.');
}
