/* Models, each with an intercept; a in 0..1 is the place in the run. The coefficient of the curve
 * must be > 0, except that a step may go either way. k counts free parameters for the BIC.
 *
 *   growing     a                                            k 2
 *               max(0, a - h), h = .1 ... .8                 k 3
 *               1 - exp(-a / tau) + a, four tau              k 4, both coefficients > 0
 *   levelling   1 - exp(-a / tau), nine tau                  k 3
 *               two of them, one at least 5 times as slow  k 4, both coefficients > 0
 *               ln(1 + a / tau), five tau                    k 3
 *               one step at each inner place                 k 3
 */
#include "analysis/shape.h"

#include <math.h>

enum { STEP_MARGIN = 2, HINGES = 8, SATURATIONS = 9, LOGS = 5 };

static const double saturation_tau[SATURATIONS] = {.03, .06, .12, .2, .3, .45, .65, 1, 1.5};
static const double log_tau[LOGS] = {.003, .01, .03, .1, .3};
/* Saturations that a line is added to: tau .06, .12, .2, .3. */
enum { MIXED_FIRST = 1, MIXED_LAST = 4 };

void ph_shape_table_make(struct ph_shape_table *table, size_t count)
{
    table->count = count;
    for (size_t i = 0; i < count; i++) {
        double a = count > 1 ? (double)i / (double)(count - 1) : 0;
        size_t c = 0;
        for (size_t h = 0; h < HINGES; h++)
            table->curve[c++][i] = fmax(0, a - .1 * (double)(h + 1));
        for (size_t s = 0; s < SATURATIONS; s++)
            table->curve[c++][i] = 1 - exp(-a / saturation_tau[s]);
        for (size_t l = 0; l < LOGS; l++)
            table->curve[c++][i] = log(1 + a / log_tau[l]);
    }
}

struct sums {
    size_t n;
    double y, yy; /* centred on the mean: yy is the sum of squares about it */
    double noise; /* squared noise floor */
};

static double bic(const struct sums *sums, double rss, double k)
{
    double n = (double)sums->n;
    return n * log((fmax(rss, 0) + n * sums->noise) / n) + k * log(n);
}

/* Least squares of one curve and an intercept. */
struct curve_fit {
    double rss, coefficient, intercept;
};

static struct curve_fit fit_curve(const double *curve, const double *y, const bool *have,
                                  const struct sums *sums)
{
    double cx = 0, cxx = 0, cxy = 0;
    double n = (double)sums->n;
    for (size_t i = 0, seen = 0; seen < sums->n; i++) {
        if (!have[i])
            continue;
        seen++;
        cx += curve[i];
        cxx += curve[i] * curve[i];
        cxy += curve[i] * (y[i] - sums->y);
    }
    double spread = cxx - cx * cx / n;
    struct curve_fit fit = {.rss = sums->yy, .intercept = sums->y};
    if (spread <= 1e-12)
        return fit;
    fit.coefficient = cxy / spread;
    fit.rss = sums->yy - fit.coefficient * cxy;
    fit.intercept = sums->y - fit.coefficient * cx / n;
    return fit;
}

/* Residual sum of squares of an intercept and two curves; negative when a coefficient is not
 * positive. */
static double fit_mixed(const double *curve, const double *second, const double *y,
                        const bool *have, const struct sums *sums, bool any_sign, double *ceiling)
{
    double n = (double)sums->n;
    double x = 0, xx = 0, c = 0, cc = 0, xc = 0, xy = 0, cy = 0;
    for (size_t i = 0, seen = 0; seen < sums->n; i++) {
        if (!have[i])
            continue;
        seen++;
        double a = second[i];
        double r = y[i] - sums->y;
        x += a;
        xx += a * a;
        c += curve[i];
        cc += curve[i] * curve[i];
        xc += a * curve[i];
        xy += a * r;
        cy += curve[i] * r;
    }
    xx -= x * x / n;
    cc -= c * c / n;
    xc -= x * c / n;
    double determinant = xx * cc - xc * xc;
    if (determinant < 1e-9 * xx * cc)
        return -1;
    double line = (xy * cc - cy * xc) / determinant;
    double bend = (cy * xx - xy * xc) / determinant;
    if (line <= 0 || (bend <= 0 && !any_sign))
        return -1;
    *ceiling = sums->y - (line * x + bend * c) / n + line + bend;
    return fmax(0, sums->yy - line * xy - bend * cy);
}

static void fit_step(size_t count, const double *y, const bool *have, const struct sums *sums,
                     struct ph_shape *shape, double *rss, double *after)
{
    double left = 0;
    double n = (double)sums->n;
    size_t seen = 0;
    *rss = sums->yy;
    *after = sums->y;
    for (size_t i = 0; i < count; i++) {
        if (!have[i])
            continue;
        if (seen > 0) {
            /* y is centred, so the right sum is minus the left one. */
            double l = (double)seen, r = n - l;
            double gain = left * left / l + left * left / r;
            if (sums->yy - gain < *rss) {
                *rss = sums->yy - gain;
                *after = sums->y - left / r;
                shape->step = -left / r - left / l;
                shape->step_at = i;
            }
        }
        left += y[i] - sums->y;
        seen++;
    }
}

/* Splits the run where a step explains most, and again in its parts, up to three steps in all; the
 * least BIC of one, two and three steps. */
static double fit_steps(size_t count, const double *y, const bool *have, const struct sums *sums)
{
    enum { STEPS = 3 };
    size_t from[STEPS + 1] = {0}, to[STEPS + 1] = {count}, parts = 1;
    double rss = sums->yy, best = INFINITY;
    for (size_t step = 0; step < STEPS; step++) {
        double gain = 0;
        size_t part = 0, at = 0;
        for (size_t p = 0; p < parts; p++) {
            double total = 0, n = 0, left = 0, seen = 0;
            for (size_t i = from[p]; i < to[p]; i++) {
                total += have[i] ? y[i] - sums->y : 0;
                n += have[i];
            }
            for (size_t i = from[p]; i < to[p]; i++) {
                if (!have[i])
                    continue;
                if (seen > 0) {
                    double right = total - left;
                    double g = left * left / seen + right * right / (n - seen) - total * total / n;
                    if (g > gain) {
                        gain = g;
                        part = p;
                        at = i;
                    }
                }
                left += y[i] - sums->y;
                seen++;
            }
        }
        if (gain <= 0)
            break;
        rss -= gain;
        from[parts] = at;
        to[parts] = to[part];
        to[part] = at;
        parts++;
        best = fmin(best, bic(sums, rss, 1 + 2 * (double)(step + 1)));
    }
    return best;
}

void ph_shape_fit(const struct ph_shape_table *table, const double *y, const bool *have,
                  double noise_floor, struct ph_shape *shape)
{
    size_t count = table->count;
    struct sums sums = {.noise = noise_floor * noise_floor};
    *shape = (struct ph_shape){.best = PH_SHAPE_NONE, .ceiling = NAN};
    for (size_t i = 0; i < count; i++) {
        if (have[i]) {
            if (!sums.n)
                shape->first = y[i];
            sums.n++;
            sums.y += y[i];
        }
    }
    if (sums.n < 5)
        return;
    sums.y /= (double)sums.n;
    for (size_t i = 0; i < count; i++) {
        if (have[i])
            sums.yy += (y[i] - sums.y) * (y[i] - sums.y);
    }

    double best_rss = sums.yy;
    shape->bic_constant = bic(&sums, sums.yy, 1);
    double line[PH_SHAPE_POINTS];
    for (size_t i = 0; i < count; i++)
        line[i] = (double)i / (double)(count - 1);
    struct curve_fit fit = fit_curve(line, y, have, &sums);
    double growing_rss = fit.rss;
    shape->bic_growing = fit.coefficient > 0 ? bic(&sums, fit.rss, 2) : INFINITY;
    for (size_t h = 0; h < HINGES; h++) {
        fit = fit_curve(table->curve[h], y, have, &sums);
        double b = bic(&sums, fit.rss, 3);
        if (fit.coefficient > 0 && b < shape->bic_growing) {
            shape->bic_growing = b;
            growing_rss = fit.rss;
        }
    }
    double ceiling;
    for (size_t s = MIXED_FIRST; s <= MIXED_LAST; s++) {
        double rss = fit_mixed(table->curve[HINGES + s], line, y, have, &sums, false, &ceiling);
        if (rss >= 0 && bic(&sums, rss, 4) < shape->bic_growing) {
            shape->bic_growing = bic(&sums, rss, 4);
            growing_rss = rss;
        }
    }

    double stair[PH_SHAPE_POINTS] = {0};
    for (size_t at = count; at-- > STEP_MARGIN;) {
        stair[at] = 1;
        if (at + STEP_MARGIN > count)
            continue;
        double rss = fit_mixed(stair, line, y, have, &sums, true, &ceiling);
        if (rss >= 0 && bic(&sums, rss, 4) < shape->bic_growing) {
            shape->bic_growing = bic(&sums, rss, 4);
            growing_rss = rss;
        }
    }

    enum ph_shape_kind levelling = PH_SHAPE_STEP;
    double levelling_rss;
    fit_step(count, y, have, &sums, shape, &levelling_rss, &shape->ceiling);
    shape->bic_levelling = bic(&sums, levelling_rss, 3);
    for (size_t c = HINGES; c < PH_SHAPE_CURVES; c++) {
        fit = fit_curve(table->curve[c], y, have, &sums);
        double b = bic(&sums, fit.rss, 3);
        if (fit.coefficient <= 0 || b >= shape->bic_levelling)
            continue;
        bool saturating = c < HINGES + SATURATIONS;
        levelling = saturating ? PH_SHAPE_SATURATING : PH_SHAPE_LOGARITHM;
        shape->bic_levelling = b;
        levelling_rss = fit.rss;
        shape->ceiling = saturating ? fit.intercept + fit.coefficient : NAN;
    }

    for (size_t fast = 0; fast < SATURATIONS; fast++) {
        for (size_t slow = fast + 3; slow < SATURATIONS; slow++) {
            double rss = fit_mixed(table->curve[HINGES + fast], table->curve[HINGES + slow], y,
                                   have, &sums, false, &ceiling);
            double b = bic(&sums, rss, 4);
            if (rss < 0 || b >= shape->bic_levelling)
                continue;
            levelling = PH_SHAPE_SATURATING;
            shape->bic_levelling = b;
            levelling_rss = rss;
            shape->ceiling = ceiling;
        }
    }
    shape->best = PH_SHAPE_CONSTANT;
    shape->bic_steps = fit_steps(count, y, have, &sums);
    double best = shape->bic_constant;
    if (shape->bic_levelling < best) {
        shape->best = levelling;
        best = shape->bic_levelling;
        best_rss = levelling_rss;
    }
    if (shape->bic_growing < best) {
        shape->best = PH_SHAPE_GROWING;
        best_rss = growing_rss;
    }
    shape->noise = sqrt(fmax(best_rss, 0) / (double)sums.n);
}
