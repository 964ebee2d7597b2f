#include "judge_baselines.h"

#include <math.h>

#include "analysis/stats.h"

double baseline_ols(const double *y, size_t count)
{
    double n = (double)count, x_mean = (n - 1) / 2, y_mean = 0, xy = 0, xx = 0, rss = 0;
    if (count < 4)
        return 0;
    for (size_t i = 0; i < count; i++)
        y_mean += y[i] / n;
    for (size_t i = 0; i < count; i++) {
        double x = (double)i - x_mean;
        xy += x * (y[i] - y_mean);
        xx += x * x;
    }
    double slope = xy / xx;
    for (size_t i = 0; i < count; i++) {
        double r = y[i] - y_mean - slope * ((double)i - x_mean);
        rss += r * r;
    }
    double error = sqrt(rss / (n - 2) / xx);
    return error > 0 ? slope / error : slope > 0 ? INFINITY : 0;
}

/* 1 + the sum of the rank autocorrelations that are significant at 5 %, weighted as Hamed and Rao
 * do; ranks are of the values less their median slope. */
static double variance_factor(const double *y, size_t count)
{
    double rest[BLOCKS_MAX], rank[BLOCKS_MAX], x[PH_SEN_MAX] = {0}, few[PH_SEN_MAX] = {0};
    double n = (double)count;
    size_t used = count < PH_SEN_MAX ? count : PH_SEN_MAX;
    for (size_t i = 0; i < used; i++) {
        size_t at = i * (count - 1) / (used - 1);
        x[i] = (double)at;
        few[i] = y[at];
    }
    double slope = ph_theil_sen(x, few, used);
    for (size_t i = 0; i < count; i++)
        rest[i] = y[i] - slope * (double)i;
    double mean = (n + 1) / 2, squares = 0;
    for (size_t i = 0; i < count; i++) {
        rank[i] = 1;
        for (size_t j = 0; j < count; j++)
            rank[i] += rest[j] < rest[i] ? 1 : j != i && rest[j] == rest[i] ? .5 : 0;
        squares += (rank[i] - mean) * (rank[i] - mean);
    }
    if (squares <= 0)
        return 1;
    double sum = 0;
    for (size_t lag = 1; lag + 3 < count; lag++) {
        double r = 0, left = n - (double)lag;
        for (size_t i = lag; i < count; i++)
            r += (rank[i] - mean) * (rank[i - lag] - mean);
        r /= squares;
        if (fabs(r) > 1.96 / sqrt(n))
            sum += left * (left - 1) * (left - 2) * r;
    }
    return fmax(.05, 1 + 2 * sum / (n * (n - 1) * (n - 2)));
}

void baseline_mann_kendalls(const double *y, size_t count, double *raw, double *hamed_rao)
{
    double s = 0, n = (double)count;
    *raw = *hamed_rao = 0;
    if (count < 5)
        return;
    for (size_t j = 1; j < count; j++) {
        for (size_t i = 0; i < j; i++)
            s += (y[j] > y[i]) - (y[j] < y[i]);
    }
    double variance = n * (n - 1) * (2 * n + 5) / 18;
    double step = s > 0 ? s - 1 : s < 0 ? s + 1 : 0;
    *raw = step / sqrt(variance);
    *hamed_rao = step / sqrt(variance * variance_factor(y, count));
}

double baseline_mann_kendall(const double *y, size_t count, bool hamed_rao)
{
    double raw, corrected;
    baseline_mann_kendalls(y, count, &raw, &corrected);
    return hamed_rao ? corrected : raw;
}
