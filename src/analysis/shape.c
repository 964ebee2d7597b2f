/* Models, each with an intercept; a in 0..1 is the place in the run. The coefficient of a curve
 * must be > 0, except that a step may go either way. k counts free parameters for the BIC.
 *
 *   growing     a                                            k 2
 *               max(0, a - h), h = .1 ... .8                 k 3
 *               1 - exp(-a / tau) + a, five tau              k 4
 *               one step + a                                 k 4
 *   levelling   1 - exp(-a / tau), nine tau                  k 3
 *               two of them, one at least 5 times as slow    k 4
 *               ln(1 + a / tau), five tau                    k 3
 *               one step at each inner place                 k 3
 *
 * All are least squares with one or two regressors, so sums over the points suffice: each curve's
 * are made once, a pair of curves needs the sum of their products besides, and a step the sums of
 * what follows it.
 */
#include "analysis/shape.h"

#include <math.h>

enum {
    CURVE_LINE,
    CURVE_HINGE,
    CURVE_SATURATION = CURVE_HINGE + 8,
    CURVE_LOG = CURVE_SATURATION + 9,
    SLOWER_BY = 3,   /* places in the list of tau between the two of a pair */
    STEP_MARGIN = 1, /* points on each side of a step that goes with a line */
    STEPS_MAX = 3,
};
_Static_assert(CURVE_LOG + 5 == PH_SHAPE_CURVES, "the table has a row for each curve");

static const double saturation_tau[] = {.03, .06, .12, .2, .3, .45, .65, 1, 1.5};
static const double log_tau[] = {.003, .01, .03, .1, .3};
/* Saturations that a line is added to: tau .03 to .3. */
enum { MIXED_FIRST = CURVE_SATURATION, MIXED_LAST = CURVE_SATURATION + 4 };

static double curve_at(size_t c, double a)
{
    if (c >= CURVE_LOG)
        return log(1 + a / log_tau[c - CURVE_LOG]);
    if (c >= CURVE_SATURATION)
        return 1 - exp(-a / saturation_tau[c - CURVE_SATURATION]);
    if (c >= CURVE_HINGE)
        return fmax(0, a - .1 * (double)(c - CURVE_HINGE + 1));
    return a;
}

void ph_shape_table_make(struct ph_shape_table *table, size_t count)
{
    *table = (struct ph_shape_table){.count = count};
    for (size_t i = 0; i < count; i++) {
        double *row = table->row[i];
        for (size_t c = 0; c < PH_SHAPE_CURVES; c++)
            row[c] = curve_at(c, count > 1 ? (double)i / (double)(count - 1) : 0);
        for (size_t c = 0; c < PH_SHAPE_CURVES; c++) {
            table->sum[c] += row[c];
            for (size_t d = 0; d <= c; d++)
                table->product[c][d] += row[c] * row[d];
        }
    }
}

/* The points that are there. */
struct points {
    size_t n;
    size_t at[PH_SHAPE_POINTS];
    double y[PH_SHAPE_POINTS]; /* less their mean */
    double mean, squares;
    double noise; /* squared noise floor */
};

/* Sums over a curve: of its values, about their mean, and with y. */
struct moments {
    double sum, spread, with_y;
};

struct fit {
    double rss, coefficient, second; /* coefficients of the curve, and of the other in a pair */
};

static double bic(const struct points *points, double rss, double k)
{
    double n = (double)points->n;
    return n * log((fmax(rss, 0) + n * points->noise) / n) + k * log(n);
}

/* The sums that do not depend on y are in the table when no point is missing. */
static void make_moments(const struct ph_shape_table *table, const struct points *points,
                         struct moments moments[PH_SHAPE_CURVES])
{
    double with_y[PH_SHAPE_CURVES] = {0}, sum[PH_SHAPE_CURVES] = {0};
    double squares[PH_SHAPE_CURVES] = {0};
    for (size_t i = 0; i < points->n; i++) {
        const double *row = table->row[points->at[i]];
        double y = points->y[i];
        for (size_t c = 0; c < PH_SHAPE_CURVES; c++)
            with_y[c] += row[c] * y;
    }
    bool complete = points->n == table->count;
    for (size_t i = 0; !complete && i < points->n; i++) {
        const double *row = table->row[points->at[i]];
        for (size_t c = 0; c < PH_SHAPE_CURVES; c++) {
            sum[c] += row[c];
            squares[c] += row[c] * row[c];
        }
    }
    for (size_t c = 0; c < PH_SHAPE_CURVES; c++) {
        struct moments *m = &moments[c];
        m->sum = complete ? table->sum[c] : sum[c];
        m->spread = complete ? table->product[c][c] : squares[c];
        m->spread -= m->sum * m->sum / (double)points->n;
        m->with_y = with_y[c];
    }
}

static struct fit fit_one(const struct moments *m, const struct points *points)
{
    struct fit fit = {.rss = points->squares};
    if (m->spread > 1e-12) {
        fit.coefficient = m->with_y / m->spread;
        fit.rss -= fit.coefficient * m->with_y;
    }
    return fit;
}

/* `products` is the sum of the products of both curves' values. */
static struct fit fit_pair(const struct moments *a, const struct moments *b, double products,
                           const struct points *points)
{
    struct fit fit = {.rss = points->squares};
    double cross = products - a->sum * b->sum / (double)points->n;
    double determinant = a->spread * b->spread - cross * cross;
    if (determinant <= 1e-9 * a->spread * b->spread)
        return fit;
    fit.coefficient = (a->with_y * b->spread - b->with_y * cross) / determinant;
    fit.second = (b->with_y * a->spread - a->with_y * cross) / determinant;
    fit.rss -= fit.coefficient * a->with_y + fit.second * b->with_y;
    return fit;
}

static double products_of(const struct ph_shape_table *table, size_t a, size_t b,
                          const struct points *points)
{
    double sum = 0;
    if (points->n == table->count)
        return a > b ? table->product[a][b] : table->product[b][a];
    for (size_t i = 0; i < points->n; i++)
        sum += table->row[points->at[i]][a] * table->row[points->at[i]][b];
    return sum;
}

/* The best model of a kind so far. */
struct best {
    enum ph_shape_kind kind;
    double bic, rss, ceiling;
};

static void offer(struct best *best, const struct points *points, enum ph_shape_kind kind,
                  double rss, double k, double ceiling)
{
    double b = bic(points, rss, k);
    if (b < best->bic)
        *best = (struct best){.kind = kind, .bic = b, .rss = rss, .ceiling = ceiling};
}

static void fit_growing(const struct ph_shape_table *table, const struct points *points,
                        const struct moments *moments, struct best *best)
{
    const struct moments *line = &moments[CURVE_LINE];
    for (size_t c = CURVE_LINE; c < CURVE_SATURATION; c++) {
        struct fit fit = fit_one(&moments[c], points);
        if (fit.coefficient > 0)
            offer(best, points, PH_SHAPE_GROWING, fit.rss, c == CURVE_LINE ? 2 : 3, NAN);
    }
    for (size_t c = MIXED_FIRST; c <= MIXED_LAST; c++) {
        struct fit fit =
            fit_pair(&moments[c], line, products_of(table, c, CURVE_LINE, points), points);
        if (fit.coefficient > 0 && fit.second > 0)
            offer(best, points, PH_SHAPE_GROWING, fit.rss, 4, NAN);
    }
    struct moments step = {0, 0, 0};
    double products = 0, n = (double)points->n;
    for (size_t i = points->n; i-- > STEP_MARGIN;) {
        step.sum++;
        step.spread = step.sum - step.sum * step.sum / n;
        step.with_y += points->y[i];
        products += table->row[points->at[i]][CURVE_LINE];
        if (i + STEP_MARGIN > points->n)
            continue;
        struct fit fit = fit_pair(&step, line, products, points);
        if (fit.second > 0)
            offer(best, points, PH_SHAPE_GROWING, fit.rss, 4, NAN);
    }
}

static void fit_levelling(const struct ph_shape_table *table, const struct points *points,
                          const struct moments *moments, struct best *best)
{
    double n = (double)points->n;
    for (size_t c = CURVE_SATURATION; c < PH_SHAPE_CURVES; c++) {
        struct fit fit = fit_one(&moments[c], points);
        if (fit.coefficient <= 0)
            continue;
        bool saturates = c < CURVE_LOG;
        double end = points->mean + fit.coefficient * (1 - moments[c].sum / n);
        offer(best, points, saturates ? PH_SHAPE_SATURATING : PH_SHAPE_LOGARITHM, fit.rss, 3,
              saturates ? end : NAN);
    }
    for (size_t fast = CURVE_SATURATION; fast < CURVE_LOG; fast++) {
        for (size_t slow = fast + SLOWER_BY; slow < CURVE_LOG; slow++) {
            double products = products_of(table, fast, slow, points);
            struct fit fit = fit_pair(&moments[fast], &moments[slow], products, points);
            if (fit.coefficient <= 0 || fit.second <= 0)
                continue;
            double end = points->mean + fit.coefficient * (1 - moments[fast].sum / n) +
                         fit.second * (1 - moments[slow].sum / n);
            offer(best, points, PH_SHAPE_SATURATING, fit.rss, 4, end);
        }
    }
}

/* Where one step in the points from..to-1 explains most: returns by how much it lowers the sum of
 * squares, 0 when there is no place for one. */
static double split(const struct points *points, size_t from, size_t to, size_t *at, double *before,
                    double *after)
{
    double total = 0, left = 0, best = 0, n = (double)(to - from);
    for (size_t i = from; i < to; i++)
        total += points->y[i];
    for (size_t i = from + 1; i < to; i++) {
        left += points->y[i - 1];
        double l = (double)(i - from), right = total - left;
        double gain = left * left / l + right * right / (n - l) - total * total / n;
        if (gain > best) {
            best = gain;
            *at = i;
            *before = left / l;
            *after = right / (n - l);
        }
    }
    return best;
}

/* Splits the run where a step explains most, and then its parts: the least BIC of one to three. */
static void fit_steps(const struct points *points, struct best *levelling, struct ph_shape *shape)
{
    size_t from[STEPS_MAX + 1] = {0}, to[STEPS_MAX + 1] = {points->n};
    double rss = points->squares;
    shape->bic_steps = INFINITY;
    for (size_t parts = 1; parts <= STEPS_MAX; parts++) {
        double most = 0, step = 0, end = 0;
        size_t part = 0, place = 0;
        for (size_t p = 0; p < parts; p++) {
            size_t at = 0;
            double before = 0, after = 0,
                   gain = split(points, from[p], to[p], &at, &before, &after);
            if (gain > most) {
                most = gain;
                part = p;
                place = at;
                step = after - before;
                end = after;
            }
        }
        if (most <= 0)
            return;
        rss -= most;
        shape->bic_steps = fmin(shape->bic_steps, bic(points, rss, 1 + 2 * (double)parts));
        if (parts == 1) {
            shape->step = step;
            offer(levelling, points, PH_SHAPE_STEP, rss, 3, points->mean + end);
        }
        from[parts] = place;
        to[parts] = to[part];
        to[part] = place;
    }
}

void ph_shape_fit(const struct ph_shape_table *table, const double *y, const bool *have,
                  double noise_floor, struct ph_shape *shape)
{
    struct points points = {.noise = noise_floor * noise_floor};
    *shape = (struct ph_shape){.best = PH_SHAPE_NONE, .ceiling = NAN};
    for (size_t i = 0; i < table->count; i++) {
        if (!have[i])
            continue;
        points.at[points.n] = i;
        points.y[points.n++] = y[i];
        points.mean += y[i];
    }
    if (points.n < PH_SHAPE_POINTS_MIN)
        return;
    shape->first = points.y[0];
    points.mean /= (double)points.n;
    for (size_t i = 0; i < points.n; i++) {
        points.y[i] -= points.mean;
        points.squares += points.y[i] * points.y[i];
    }
    struct moments moments[PH_SHAPE_CURVES];
    make_moments(table, &points, moments);

    struct best growing = {.bic = INFINITY}, levelling = {.bic = INFINITY};
    fit_growing(table, &points, moments, &growing);
    fit_levelling(table, &points, moments, &levelling);
    fit_steps(&points, &levelling, shape);
    struct best best = {
        .kind = PH_SHAPE_CONSTANT, .bic = bic(&points, points.squares, 1), .rss = points.squares};
    shape->bic_constant = best.bic;
    shape->bic_growing = growing.bic;
    shape->bic_levelling = levelling.bic;
    shape->ceiling = levelling.ceiling;
    if (levelling.bic < best.bic)
        best = levelling;
    if (growing.bic < best.bic)
        best = growing;
    shape->best = best.kind;
    shape->noise = sqrt(fmax(best.rss, 0) / (double)points.n);
}
