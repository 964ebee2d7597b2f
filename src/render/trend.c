#include <math.h>

#include "render/render.h"

enum { LEVELS = 8 };

/* Below these a change is drawn flat: a picture scaled to its own range makes noise look like
 * growth. */
static const double least_share = .001, least_bytes = 4096;

/* Mean of the points that column `column` of `width` stands for; NAN when none was read. With
 * fewer points than columns each point takes several columns. */
static double column_value(const struct ph_trend *trend, size_t count, size_t column, size_t width)
{
    size_t first = column * count / width, end = (column + 1) * count / width;
    double sum = 0;
    size_t seen = 0;

    if (end <= first)
        end = first + 1;
    for (size_t i = first; i < end; i++) {
        if (!isfinite(trend->points[i]))
            continue;
        sum += trend->points[i];
        seen++;
    }
    return seen ? sum / (double)seen : (double)NAN;
}

void ph_render_trend(const struct ph_trend *trend, size_t width, bool utf8, struct ph_text *out)
{
    static const char *const blocks[LEVELS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const ascii[LEVELS] = {"_", ".", ":", "-", "=", "+", "*", "#"};
    size_t count = trend->count < PH_TREND_POINTS ? trend->count : PH_TREND_POINTS;
    double low = INFINITY, high = -INFINITY, largest = 0;

    for (size_t i = 0; i < width && count; i++) {
        double value = column_value(trend, count, i, width);
        if (isnan(value))
            continue;
        low = fmin(low, value);
        high = fmax(high, value);
        largest = fmax(largest, fabs(value));
    }
    bool flat = !(high - low >= fmax(largest * least_share, least_bytes));
    for (size_t i = 0; i < width; i++) {
        double value = count ? column_value(trend, count, i, width) : (double)NAN;
        if (isnan(value)) {
            ph_text_putc(out, ' ');
            continue;
        }
        double share = flat ? 0 : (value - low) / (high - low);
        size_t level = (size_t)(share * LEVELS);
        level = level < LEVELS ? level : LEVELS - 1;
        ph_text_puts(out, utf8 ? blocks[level] : ascii[level]);
    }
}
