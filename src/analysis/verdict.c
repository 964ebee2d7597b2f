#include "analysis/verdict.h"

#include <math.h>
#include <string.h>

#include "analysis/stats.h"

const struct ph_rules ph_rules_default = {
    .alpha_growing = .001,
    .alpha_likely = .01,
    .alpha_confirmed = .001,
    .slow_ratio = .8,
    .growth_bytes = 65536,
    .growth_short_bytes = 4096,
    .levelling_margin = 0,
    .span_s = 72 * 3600.,
    .territory_before_s = 24 * 3600.,
    .floor_noise_bytes = 4096,
    .use_hold = true,
    .use_slow = true,
    .use_levelling = true,
    .use_territory = true,
};

static const double day_s = 86400;
static const double steps_margin = 6; /* BIC by which steps must beat every other model */

/* The least number of rises among n that fair coins show with at most this probability. */
static uint8_t least_rises(size_t n, double alpha)
{
    double tail = 0, term = ldexp(1, -(int)n); /* of k = n */
    size_t k = n + 1;
    while (k > 0 && tail + term <= alpha) {
        tail += term;
        k--;
        term *= (double)k / (double)(n - k + 1);
    }
    return (uint8_t)k;
}

static void level_make(struct ph_level *level, double alpha)
{
    for (size_t n = 0; n < PH_LOOK_MAX; n++) {
        level->t[n] = n >= 2 ? ph_t_quantile(alpha, (double)n - 1) : INFINITY;
        level->rises[n] = least_rises(n, alpha);
    }
}

void ph_critical_make(struct ph_critical *critical, const struct ph_rules *rules)
{
    level_make(&critical->growing, rules->alpha_growing);
    level_make(&critical->likely, rules->alpha_likely);
    level_make(&critical->confirmed, rules->alpha_confirmed);
    level_make(&critical->interval, .025);
}

/* By the t test of the mean increment, which one jump spoils; in short looks, where a tag moves in
 * jumps of whole slabs, also by the sign test and the medians. */
static bool drifts(const struct ph_court *court, const struct ph_look *look,
                   const struct ph_drift *drift, const struct ph_level *level)
{
    const struct ph_rules *rules = court->rules;
    if (look->count < PH_LOOK_WINDOWS_MIN)
        return false;
    bool young = look->width_s * (double)look->count < day_s;
    double least = young ? rules->growth_short_bytes : rules->growth_bytes;
    size_t n = drift->count, half = n / 2;
    if (drift->t > level->t[n] && drift->mean * (double)n >= least &&
        (!rules->use_slow || drift->slow >= rules->slow_ratio))
        return true;
    if (!young || drift->rose < level->rises[drift->rose + drift->fell] ||
        ph_median_increment(look, 0, n) * (double)n < least)
        return false;
    double older = ph_median_increment(look, 0, half),
           newer = ph_median_increment(look, n - half, n);
    return !rules->use_slow || (older > 0 && newer >= rules->slow_ratio * older);
}

static bool scale_drifts(const struct ph_court *court, const struct ph_view *view,
                         const struct ph_level *level)
{
    return drifts(court, &view->now, &view->drift, level) &&
           drifts(court, &view->before, &view->drift_before, level);
}

/* The last floor stands above all that was seen before the look. Of the boot's first window only
 * the floor counts: what starts up often takes more for a moment. */
static bool new_territory(const struct ph_look *look, const struct ph_floors *floors)
{
    if (!look->count)
        return false;
    double high = -INFINITY;
    for (size_t i = 0; i < look->whole_first && i < PH_WHOLE_SLOTS; i++) {
        double here = i ? (double)floors->whole_high[i] : (double)floors->whole[i];
        high = fmax(high, here);
    }
    return look->y[look->count - 1] > high;
}

static bool may_leak(const struct ph_court *court, const struct ph_view *view,
                     const struct ph_floors *floors)
{
    const struct ph_rules *rules = court->rules;
    double age_s = (double)court->clock->now_ns * 1e-9;
    if (view->now.thin || court->ordinal)
        return false;
    if (view->span_s >= rules->span_s)
        return true;
    if (view->span_s < day_s)
        return false;
    if (!rules->use_territory)
        return true;
    return age_s - view->span_s >= rules->territory_before_s && new_territory(&view->now, floors);
}

/* --- shape of the whole boot --- */

static void shape_of(const struct ph_court *court, const struct ph_shape_table *table,
                     const struct ph_floors *floors, size_t end, struct ph_shape *shape)
{
    double y[PH_SHAPE_POINTS];
    bool have[PH_SHAPE_POINTS];
    size_t begin = 0;
    while (begin < end && floors->whole[begin] == PH_NO_FLOOR)
        begin++;
    size_t count = end - begin;
    for (size_t i = 0; i < count; i++) {
        have[i] = floors->whole[begin + i] != PH_NO_FLOOR && court->clock->whole_count[begin + i];
        y[i] = (double)floors->whole[begin + i];
    }
    if (count == table->count) {
        ph_shape_fit(table, y, have, court->rules->floor_noise_bytes, shape);
        return;
    }
    struct ph_shape_table own;
    ph_shape_table_make(&own, count);
    ph_shape_fit(&own, y, have, court->rules->floor_noise_bytes, shape);
}

static bool levels_off(const struct ph_shape *shape, double margin)
{
    return shape->best != PH_SHAPE_NONE && shape->bic_levelling < shape->bic_growing - margin;
}

void ph_court_open(struct ph_court *court, const struct ph_rules *rules,
                   const struct ph_critical *critical, const struct ph_clock *clock, bool ordinal)
{
    *court =
        (struct ph_court){.rules = rules, .critical = critical, .clock = clock, .ordinal = ordinal};
    size_t end = ph_whole_end(court->clock);
    ph_shape_table_make(&court->now, end);
    ph_shape_table_make(&court->before, end > 0 ? end - 1 : 0);
}

/* --- swings --- */

/* Whether floors go up and down with a period: the autocorrelation has a clear peak after it was
 * negative, and at least two periods and a half are seen. */
static bool cycles(const double *y, size_t n, double least)
{
    double mean = 0, squares = 0, low = INFINITY, high = -INFINITY;
    if (n < 10)
        return false;
    for (size_t i = 0; i < n; i++) {
        mean += y[i] / (double)n;
        low = fmin(low, y[i]);
        high = fmax(high, y[i]);
    }
    if (high - low < least)
        return false;
    double rest[PH_LOOK_MAX];
    for (size_t i = 0; i < n; i++) {
        rest[i] = y[i] - mean;
        squares += rest[i] * rest[i];
    }
    bool negative = false;
    for (size_t lag = 1; 5 * lag <= 2 * n; lag++) {
        double r = 0, odd = 0; /* two sums, because one would wait for itself */
        size_t i = lag;
        for (; i + 1 < n; i += 2) {
            r += rest[i] * rest[i - lag];
            odd += rest[i + 1] * rest[i + 1 - lag];
        }
        r += odd + (i < n ? rest[i] * rest[i - lag] : 0);
        r *= (double)n / (double)(n - lag) / squares;
        negative = negative || r < -.1;
        if (negative && r > fmax(.5, 2.8 / sqrt((double)(n - lag))))
            return true;
    }
    return false;
}

static bool cyclic(const struct ph_court *court, const struct ph_floors *floors,
                   const struct ph_view *views)
{
    double least = court->rules->growth_short_bytes;
    double low[PH_WHOLE_SLOTS], high[PH_WHOLE_SLOTS];
    size_t n = 0, end = ph_whole_end(court->clock);
    for (size_t i = 0; i < end; i++) {
        if (floors->whole[i] == PH_NO_FLOOR || !court->clock->whole_count[i])
            continue;
        low[n] = (double)floors->whole[i];
        high[n++] = (double)floors->whole_high[i];
    }
    if (cycles(low, n, least) || cycles(high, n, least))
        return true;
    for (size_t r = 0; r < PH_RINGS; r++) {
        if (cycles(views[r].now.y, views[r].now.count, least))
            return true;
    }
    return false;
}

/* --- the verdict --- */

static void tell_scale(const struct ph_court *court, const struct ph_view *view,
                       const struct ph_floors *floors, struct ph_finding *finding)
{
    const struct ph_look *look = &view->now;
    double x[PH_LOOK_MAX];
    finding->window_ns = (int64_t)(look->width_s * 1e9);
    finding->windows = (uint32_t)look->count;
    finding->rose = (uint32_t)view->drift.rose;
    finding->gaps = look->gaps;
    /* More windows than a finding shows: the newest. */
    size_t skip = look->count > PH_FLOORS_MAX ? look->count - PH_FLOORS_MAX : 0;
    for (size_t i = skip; i < look->count; i++) {
        finding->floors[i - skip] = look->y[i];
        finding->floor_age_s[i - skip] =
            (double)court->clock->now_ns * 1e-9 - look->begin_s - (double)i * look->width_s;
    }
    finding->t_statistic = view->drift.t;
    finding->slow_ratio = view->drift.slow;
    finding->new_territory = new_territory(look, floors);
    if (look->count < 3 || look->reach_s <= 0)
        return;
    for (size_t i = 0; i < look->count; i++)
        x[i] = (double)i;
    double distance = look->reach_s / (double)view->drift.count;
    const struct ph_level *interval = &court->critical->interval;
    const struct ph_drift *drift = &view->drift;
    double sen = ph_theil_sen(x, look->y, look->count);
    double low = drift->mean - interval->t[drift->count] * drift->error;
    double high = drift->mean + interval->t[drift->count] * drift->error;
    if (finding->verdict == PH_VERDICT_GROWING && low <= 0) {
        /* Grows by the sign test: the interval of the median increment, from order statistics. */
        size_t from = drift->count - interval->rises[drift->count];
        double increments[PH_LOOK_MAX];
        for (size_t i = 0; i < drift->count; i++)
            increments[i] = look->y[i + 1] - look->y[i];
        sen = ph_median_increment(look, 0, drift->count);
        low = ph_select(increments, drift->count, from);
        high = ph_select(increments, drift->count, drift->count - 1 - from);
    }
    finding->have_rate = true;
    finding->rate_low = low / distance;
    finding->rate_high = high / distance;
    finding->rate = fmin(fmax(sen / distance, finding->rate_low), finding->rate_high);
}

/* What a growing series lacks to be called a leak. */
static void tell_missing(const struct ph_court *court, const struct ph_view *view, bool drifts_long,
                         struct ph_finding *finding)
{
    double age_s = (double)court->clock->now_ns * 1e-9;
    double earliest_s = court->rules->territory_before_s + day_s;
    if (court->ordinal) {
        finding->missing = PH_MISSING_TIME;
    } else if (age_s < earliest_s) {
        finding->missing = PH_MISSING_SPAN;
        finding->missing_s = earliest_s - age_s;
    } else if (view->span_s < day_s) {
        finding->missing = PH_MISSING_SPAN;
        finding->missing_s = day_s - view->span_s;
    } else if (view->now.thin) {
        finding->missing = PH_MISSING_SPAN;
    } else if (drifts_long) {
        finding->missing = PH_MISSING_CONFIRMATION;
    } else {
        finding->missing = PH_MISSING_TERRITORY;
    }
}

void ph_judge_floors(const struct ph_court *court, const struct ph_floors *floors,
                     struct ph_finding *finding)
{
    const struct ph_rules *rules = court->rules;
    const struct ph_critical *critical = court->critical;
    struct ph_view views[PH_SCALES];
    size_t end = ph_whole_end(court->clock);
    double age_s = (double)court->clock->now_ns * 1e-9;
    const struct ph_view *best = NULL;
    bool any = false;

    finding->verdict = PH_VERDICT_NO_DATA;
    for (size_t s = 0; s < PH_SCALES; s++) {
        views[s].now.count = views[s].before.count = 0;
        /* Single readings are looked at only where windows have few or none. */
        if (s == PH_SCALE_READINGS && any &&
            !(views[PH_SCALE_WHOLE].now.count && views[PH_SCALE_WHOLE].now.thin))
            continue;
        ph_look_at(&views[s], court->clock, floors, s);
        if (!rules->use_hold) {
            views[s].before = views[s].now;
            views[s].drift_before = views[s].drift;
        }
        any = any || views[s].now.count > 0;
    }
    if (!any)
        return;

    /* Which scales grow, and how surely; the surest of the best class tells its numbers. */
    enum { NOT, GROWS, LIKELY, CONFIRMED } class = NOT;
    bool fitted = false, fits = false, long_drift = false;
    struct ph_shape shape = {.best = PH_SHAPE_NONE}, shape_before;
    for (size_t s = 0; s < PH_SCALES; s++) {
        const struct ph_view *view = &views[s];
        bool confirmed = scale_drifts(court, view, &critical->confirmed);
        bool likely = scale_drifts(court, view, &critical->likely);
        bool grows = scale_drifts(court, view, &critical->growing) &&
                     (view->span_s >= rules->span_s || !rules->use_territory ||
                      new_territory(&view->now, floors));
        if (!likely && !grows)
            continue;
        bool leak = likely && may_leak(court, view, floors);
        if (leak && !fitted) {
            fitted = true;
            shape_of(court, &court->now, floors, end, &shape);
            shape_of(court, &court->before, floors, end - 1, &shape_before);
            if (!rules->use_hold)
                shape_before = shape;
            fits = !rules->use_levelling || (!levels_off(&shape, rules->levelling_margin) &&
                                             !levels_off(&shape_before, rules->levelling_margin));
        }
        int here = leak && confirmed && fits ? CONFIRMED
                   : leak && fits            ? LIKELY
                   : grows                   ? GROWS
                                             : NOT;
        long_drift = long_drift || (grows && view->span_s >= day_s);
        if (here == NOT)
            continue;
        if (here > (int)class || (here == (int)class && view->drift.t > best->drift.t)) {
            class = (unsigned)here;
            best = view;
        }
    }
    if (!fitted)
        shape_of(court, &court->now, floors, end, &shape);

    /* The scale that speaks for a series that does not grow: the longest. */
    const struct ph_view *widest = NULL;
    for (size_t s = 0; s < PH_SCALES; s++) {
        if (views[s].now.count && (!widest || views[s].span_s > widest->span_s))
            widest = &views[s];
    }
    finding->verdict = best ? PH_VERDICT_GROWING : PH_VERDICT_FLAT;
    tell_scale(court, best ? best : widest, floors, finding);
    double last = best ? best->now.y[best->now.count - 1] : widest->now.y[widest->now.count - 1];
    double least = age_s < day_s ? rules->growth_short_bytes : rules->growth_bytes;
    bool levels = levels_off(&shape, rules->levelling_margin) && shape.best != PH_SHAPE_CONSTANT;
    if (class == GROWS && levels && !(last > shape.ceiling + 3 * shape.noise)) {
        class = NOT;
        if (shape.best != PH_SHAPE_STEP) {
            finding->verdict = PH_VERDICT_LEVELLING;
            finding->ceiling_bytes = shape.ceiling;
            return;
        }
    }
    if (class != NOT) {
        finding->verdict = class == CONFIRMED ? PH_VERDICT_LEAK_CONFIRMED
                           : class == LIKELY  ? PH_VERDICT_LEAK_LIKELY
                                              : PH_VERDICT_GROWING;
        if (class == GROWS)
            tell_missing(court, best, long_drift, finding);
        return;
    }
    double others = fmin(shape.bic_constant, fmin(shape.bic_growing, shape.bic_levelling));
    bool steps = shape.best == PH_SHAPE_STEP
                     ? shape.bic_levelling < shape.bic_constant - steps_margin
                     : shape.bic_steps < others - steps_margin;
    if (cyclic(court, floors, views))
        finding->verdict = PH_VERDICT_CYCLIC;
    else if (steps && fabs(shape.step) >= least)
        finding->verdict = PH_VERDICT_STEP;
    else if ((shape.best == PH_SHAPE_SATURATING || shape.best == PH_SHAPE_LOGARITHM) &&
             shape.first + fmax(least, 3 * shape.noise) < last) {
        finding->verdict = PH_VERDICT_LEVELLING;
        finding->ceiling_bytes = shape.ceiling;
    } else {
        finding->verdict = PH_VERDICT_FLAT;
    }
}
