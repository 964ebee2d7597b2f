#include "analysis/group.h"

#include <math.h>
#include <stdbool.h>

/* Two series grow together when the increments of their floors rise and fall together, or, where
 * they grow too evenly for that, when they gain objects at the same rate. */
static const double correlation_min = .9;
static const double rate_tolerance = .1;
static const double spread_max = .2;
enum { STEPS_MIN = 8 };

static double correlation(const struct ph_growth *a, const struct ph_growth *b)
{
    double sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
    size_t n = 0;
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        double x = a->steps[i], y = b->steps[i];
        if (isnan(x) || isnan(y))
            continue;
        n++;
        sa += x;
        sb += y;
        saa += x * x;
        sbb += y * y;
        sab += x * y;
    }
    if (n < STEPS_MIN)
        return 0;
    double count = (double)n;
    double va = saa - sa * sa / count, vb = sbb - sb * sb / count;
    /* Growth without unevenness of its own has nothing to correlate but rounding. */
    if (va <= 1e-6 * saa || vb <= 1e-6 * sbb)
        return 0;
    return (sab - sa * sb / count) / sqrt(va * vb);
}

static bool together(const struct ph_growth *a, const struct ph_growth *b)
{
    if (a->spread <= spread_max && b->spread <= spread_max) {
        double larger = fmax(fabs(a->object_rate), fabs(b->object_rate));
        if (fabs(a->object_rate - b->object_rate) <= rate_tolerance * larger)
            return true;
    }
    return correlation(a, b) >= correlation_min;
}

void ph_group(const struct ph_growth *growths, size_t count, uint32_t *groups)
{
    uint32_t next = 1;
    for (size_t i = 0; i < count; i++)
        groups[i] = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++) {
            if ((groups[i] && groups[i] == groups[j]) || !together(&growths[i], &growths[j]))
                continue;
            if (!groups[i] && !groups[j]) {
                groups[i] = groups[j] = next++;
            } else if (!groups[i] || !groups[j]) {
                groups[i] = groups[j] = groups[i] ? groups[i] : groups[j];
            } else {
                uint32_t from = groups[i] > groups[j] ? groups[i] : groups[j];
                uint32_t to = groups[i] > groups[j] ? groups[j] : groups[i];
                for (size_t k = 0; k < count; k++)
                    groups[k] = groups[k] == from ? to : groups[k];
            }
        }
    }
    /* Merged groups left holes in the numbers. */
    uint32_t used = 0;
    for (uint32_t number = 1; number < next; number++) {
        bool found = false;
        for (size_t k = 0; k < count; k++) {
            if (groups[k] == number) {
                groups[k] = used + 1;
                found = true;
            }
        }
        used += found;
    }
}
