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

enum { WINDOWS_MIN = 5, READINGS_MIN = 3 };
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

/* --- looks: runs of floors of one scale --- */

struct look {
    size_t count; /* windows; 0 = this scale has nothing to say */
    double y[PH_LOOK_MAX];
    size_t gaps;        /* windows whose floor is interpolated */
    double width_s;     /* nominal width of a window */
    double reach_s;     /* from the first window's first reading to the last one's: a floor that
                           rises is the first reading of its window */
    size_t whole_first; /* the first whole-boot slot that is not before the look */
    bool thin;          /* its windows have fewer readings than a LEAK is built on */
};

struct drift {
    size_t count; /* increments */
    size_t rose, fell;
    double mean, error; /* of an increment, and its standard error */
    double t;
    double slow; /* ratio of newer to older half; NAN = undefined */
};

static double round_t(double mean, double error)
{
    if (error > 0)
        return mean / error;
    return mean > 0 ? INFINITY : mean < 0 ? -INFINITY : NAN;
}

static struct drift drift_of(const struct look *look)
{
    struct drift drift = {.slow = NAN, .t = NAN};
    if (look->count < 3)
        return drift;
    size_t n = drift.count = look->count - 1;
    double halves[2] = {0, 0}, squares = 0;
    size_t half = n / 2;
    for (size_t i = 0; i < n; i++) {
        double d = look->y[i + 1] - look->y[i];
        drift.rose += d > 0;
        drift.fell += d < 0;
        if (i < half)
            halves[0] += d;
        else if (i >= n - half)
            halves[1] += d;
    }
    drift.mean = (look->y[n] - look->y[0]) / (double)n;
    for (size_t i = 0; i < n; i++) {
        double d = look->y[i + 1] - look->y[i] - drift.mean;
        squares += d * d;
    }
    drift.error = sqrt(squares / (double)(n - 1) / (double)n);
    drift.t = round_t(drift.mean, drift.error);
    if (halves[0] > 0)
        drift.slow = halves[1] / halves[0];
    return drift;
}

/* Fills windows without a floor by straight lines; the look is void when too many lack one, or when
 * the first or last does. */
static void settle(struct look *look, const bool *have)
{
    size_t n = look->count, seen = 0;
    for (size_t i = 0; i < n; i++)
        seen += have[i];
    look->gaps = n - seen;
    if (seen < WINDOWS_MIN || 4 * seen < 3 * n || !have[0] || !have[n - 1]) {
        look->count = 0;
        return;
    }
    for (size_t i = 1; i < n; i++) {
        if (have[i])
            continue;
        size_t next = i + 1;
        while (!have[next])
            next++;
        look->y[i] = look->y[i - 1] + (look->y[next] - look->y[i - 1]) / (double)(next - i + 1);
    }
}

static void look_at_ring(struct look *look, const struct ph_court *court,
                         const struct ph_floors *floors, size_t ring, int64_t drop)
{
    const struct ph_ring_shape *shape = &ph_rings[ring];
    const struct ph_clock *clock = court->clock;
    int64_t end = ph_window_of(clock->now_ns, shape->level) - drop; /* the first not looked at */
    bool have[PH_LOOK_MAX];
    look->count = 0;
    if (end < shape->judged)
        return;
    look->count = shape->judged;
    look->width_s = ph_level_seconds(shape->level);
    look->thin = false;
    int64_t first = end - shape->judged;
    for (size_t i = 0; i < look->count; i++) {
        size_t slot = shape->first + (size_t)((first + (int64_t)i) % shape->length);
        have[i] = clock->ring_count[slot] >= READINGS_MIN && floors->ring[slot] != PH_NO_FLOOR;
        look->y[i] = (double)floors->ring[slot];
    }
    size_t ends[2] = {shape->first + (size_t)(first % shape->length),
                      shape->first + (size_t)((end - 1) % shape->length)};
    look->reach_s = (double)(clock->ring_first_ns[ends[1]] - clock->ring_first_ns[ends[0]]) * 1e-9;
    look->whole_first = clock->level >= shape->level
                            ? (size_t)(first >> (clock->level - shape->level))
                            : (size_t)first << (shape->level - clock->level);
    settle(look, have);
}

/* The open window of the whole boot counts in short runs only, where one window less matters. */
static size_t whole_end(const struct ph_court *court)
{
    const struct ph_clock *clock = court->clock;
    size_t end = (size_t)ph_window_of(clock->now_ns, clock->level);
    bool young = (double)clock->now_ns * 1e-9 < day_s;
    uint64_t enough = end ? clock->readings / (2 * end) : 0;
    return end + (young && clock->whole_count[end] > enough);
}

/* `merge` neighbouring whole-boot slots make one window; the newest window ends where the slots do.
 */
static void look_at_whole(struct look *look, const struct ph_court *court,
                          const struct ph_floors *floors, size_t merge, size_t most, size_t drop)
{
    const struct ph_clock *clock = court->clock;
    size_t end = whole_end(court);
    look->count = 0;
    if (end < drop + WINDOWS_MIN * merge)
        return;
    end -= drop;
    size_t begin = 0;
    while (begin < end && floors->whole[begin] == PH_NO_FLOOR)
        begin++;
    look->count = (end - begin) / merge;
    if (look->count > most)
        look->count = most;
    size_t first = end - look->count * merge;
    uint64_t readings = 0;
    for (size_t i = first; i < end; i++)
        readings += clock->whole_count[i];
    uint64_t need = look->count ? readings / look->count / 2 : 1;
    need = need < 1 ? 1 : need > READINGS_MIN ? READINGS_MIN : need;
    bool have[PH_LOOK_MAX];
    int64_t begin_ns = 0, end_ns = 0;
    for (size_t w = 0; w < look->count; w++) {
        int64_t low = PH_NO_FLOOR;
        uint64_t count = 0;
        for (size_t i = first + w * merge; i < first + (w + 1) * merge; i++) {
            if (!clock->whole_count[i] || floors->whole[i] == PH_NO_FLOOR)
                continue;
            if (!count && !w)
                begin_ns = clock->whole_first_ns[i];
            if (!count)
                end_ns = clock->whole_first_ns[i];
            count += clock->whole_count[i];
            if (low == PH_NO_FLOOR || floors->whole[i] < low)
                low = floors->whole[i];
        }
        have[w] = low != PH_NO_FLOOR && count >= need;
        look->y[w] = (double)low;
    }
    look->width_s = ph_level_seconds(clock->level) * (double)merge;
    look->reach_s = (double)(end_ns - begin_ns) * 1e-9;
    look->whole_first = first;
    look->thin = need < READINGS_MIN;
    settle(look, have);
}

/* Few readings, far apart: each slot that has one is a window, increments scaled to one distance.
 */
static void look_at_readings(struct look *look, const struct ph_court *court,
                             const struct ph_floors *floors, size_t drop)
{
    const struct ph_clock *clock = court->clock;
    size_t end = whole_end(court), place[PH_LOOK_MAX];
    look->count = 0;
    for (size_t i = 0; i < end && i < PH_WHOLE_SLOTS; i++) {
        if (clock->whole_count[i] && floors->whole[i] != PH_NO_FLOOR)
            place[look->count++] = i;
    }
    if (look->count < WINDOWS_MIN + drop) {
        look->count = 0;
        return;
    }
    look->count -= drop;
    size_t n = look->count;
    const int64_t *first_ns = clock->whole_first_ns;
    look->reach_s = (double)(first_ns[place[n - 1]] - first_ns[place[0]]) * 1e-9;
    double distance = look->reach_s / (double)(n - 1);
    look->y[0] = (double)floors->whole[place[0]];
    for (size_t i = 1; i < n; i++) {
        double gap = (double)(first_ns[place[i]] - first_ns[place[i - 1]]) * 1e-9;
        double rise = (double)floors->whole[place[i]] - (double)floors->whole[place[i - 1]];
        look->y[i] = look->y[i - 1] + rise * distance / gap;
    }
    look->width_s = distance;
    look->whole_first = place[0];
    look->gaps = 0;
    look->thin = true;
}

/* --- one scale: the look of now and the one before, which a verdict must hold at, too --- */

enum scale { SCALE_WHOLE = PH_RINGS, SCALE_DAYS, SCALE_READINGS, SCALES };

struct scale_state {
    struct look now, before;
    struct drift drift, drift_before;
    double span_s;
};

static void look_at(struct scale_state *state, const struct ph_court *court,
                    const struct ph_floors *floors, size_t scale)
{
    const struct ph_clock *clock = court->clock;
    size_t slots = whole_end(court);
    size_t day = clock->level < PH_LEVEL_DAY ? (size_t)1 << (PH_LEVEL_DAY - clock->level) : 1;
    size_t merge = slots <= 15 ? 1 : slots <= 31 ? 2 : 3;
    for (size_t drop = 0; drop < 2; drop++) {
        struct look *look = drop ? &state->before : &state->now;
        if (scale < PH_RINGS) {
            look_at_ring(look, court, floors, scale, (int64_t)drop);
        } else if (scale == SCALE_DAYS) {
            look->count = 0;
            if (slots >= WINDOWS_MIN * day)
                look_at_whole(look, court, floors, day, PH_FLOORS_MAX, drop);
        } else if (scale == SCALE_WHOLE) {
            look_at_whole(look, court, floors, merge, PH_LOOK_MAX, drop);
        } else {
            look_at_readings(look, court, floors, drop);
        }
    }
    if (!court->rules->use_hold)
        state->before = state->now;
    state->drift = drift_of(&state->now);
    state->drift_before = drift_of(&state->before);
    state->span_s = state->now.width_s * (double)state->now.count;
}

/* The median of increments from..to-1. */
static double median_increment(const struct look *look, size_t from, size_t to)
{
    double increments[PH_LOOK_MAX];
    for (size_t i = from; i < to; i++)
        increments[i - from] = look->y[i + 1] - look->y[i];
    return ph_median(increments, to - from);
}

/* By the t test of the mean increment, which one jump spoils; in short looks, where a tag moves in
 * jumps of whole slabs, also by the sign test and the medians. */
static bool drifts(const struct ph_court *court, const struct look *look, const struct drift *drift,
                   const struct ph_level *level)
{
    const struct ph_rules *rules = court->rules;
    if (look->count < WINDOWS_MIN)
        return false;
    bool young = look->width_s * (double)look->count < day_s;
    double least = young ? rules->growth_short_bytes : rules->growth_bytes;
    size_t n = drift->count, half = n / 2;
    if (drift->t > level->t[n] && drift->mean * (double)n >= least &&
        (!rules->use_slow || drift->slow >= rules->slow_ratio))
        return true;
    if (!young || drift->rose < level->rises[drift->rose + drift->fell] ||
        median_increment(look, 0, n) * (double)n < least)
        return false;
    double older = median_increment(look, 0, half), newer = median_increment(look, n - half, n);
    return !rules->use_slow || (older > 0 && newer >= rules->slow_ratio * older);
}

static bool scale_drifts(const struct ph_court *court, const struct scale_state *state,
                         const struct ph_level *level)
{
    return drifts(court, &state->now, &state->drift, level) &&
           drifts(court, &state->before, &state->drift_before, level);
}

/* The last floor stands above all that was seen before the look. Of the boot's first window only
 * the floor counts: what starts up often takes more for a moment. */
static bool new_territory(const struct look *look, const struct ph_floors *floors)
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

static bool may_leak(const struct ph_court *court, const struct scale_state *state,
                     const struct ph_floors *floors)
{
    const struct ph_rules *rules = court->rules;
    double age_s = (double)court->clock->now_ns * 1e-9;
    if (state->now.thin || court->ordinal)
        return false;
    if (state->span_s >= rules->span_s)
        return true;
    if (state->span_s < day_s)
        return false;
    if (!rules->use_territory)
        return true;
    return age_s - state->span_s >= rules->territory_before_s && new_territory(&state->now, floors);
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
    size_t end = whole_end(court);
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
                   const struct scale_state *states)
{
    double least = court->rules->growth_short_bytes;
    double low[PH_WHOLE_SLOTS], high[PH_WHOLE_SLOTS];
    size_t n = 0, end = whole_end(court);
    for (size_t i = 0; i < end; i++) {
        if (floors->whole[i] == PH_NO_FLOOR || !court->clock->whole_count[i])
            continue;
        low[n] = (double)floors->whole[i];
        high[n++] = (double)floors->whole_high[i];
    }
    if (cycles(low, n, least) || cycles(high, n, least))
        return true;
    for (size_t r = 0; r < PH_RINGS; r++) {
        if (cycles(states[r].now.y, states[r].now.count, least))
            return true;
    }
    return false;
}

/* --- the verdict --- */

static void tell_scale(const struct ph_court *court, const struct scale_state *state,
                       const struct ph_floors *floors, struct ph_finding *finding)
{
    const struct look *look = &state->now;
    double x[PH_LOOK_MAX];
    finding->window_ns = (int64_t)(look->width_s * 1e9);
    finding->windows = (uint32_t)look->count;
    finding->rose = (uint32_t)state->drift.rose;
    finding->gaps = look->gaps;
    /* More windows than a finding shows: the newest. */
    size_t skip = look->count > PH_FLOORS_MAX ? look->count - PH_FLOORS_MAX : 0;
    for (size_t i = skip; i < look->count; i++)
        finding->floors[i - skip] = look->y[i];
    finding->t_statistic = state->drift.t;
    finding->slow_ratio = state->drift.slow;
    finding->new_territory = new_territory(look, floors);
    if (look->count < 3 || look->reach_s <= 0)
        return;
    for (size_t i = 0; i < look->count; i++)
        x[i] = (double)i;
    double distance = look->reach_s / (double)state->drift.count;
    const struct ph_level *interval = &court->critical->interval;
    const struct drift *drift = &state->drift;
    double sen = ph_theil_sen(x, look->y, look->count);
    double low = drift->mean - interval->t[drift->count] * drift->error;
    double high = drift->mean + interval->t[drift->count] * drift->error;
    if (finding->verdict == PH_VERDICT_GROWING && low <= 0) {
        /* Grows by the sign test: the interval of the median increment, from order statistics. */
        size_t from = drift->count - interval->rises[drift->count];
        double increments[PH_LOOK_MAX];
        for (size_t i = 0; i < drift->count; i++)
            increments[i] = look->y[i + 1] - look->y[i];
        sen = median_increment(look, 0, drift->count);
        low = ph_select(increments, drift->count, from);
        high = ph_select(increments, drift->count, drift->count - 1 - from);
    }
    finding->have_rate = true;
    finding->rate_low = low / distance;
    finding->rate_high = high / distance;
    finding->rate = fmin(fmax(sen / distance, finding->rate_low), finding->rate_high);
}

/* What a growing series lacks to be called a leak. */
static void tell_missing(const struct ph_court *court, const struct scale_state *state,
                         bool drifts_long, struct ph_finding *finding)
{
    double age_s = (double)court->clock->now_ns * 1e-9;
    double earliest_s = court->rules->territory_before_s + day_s;
    if (court->ordinal) {
        finding->missing = PH_MISSING_TIME;
    } else if (age_s < earliest_s) {
        finding->missing = PH_MISSING_SPAN;
        finding->missing_s = earliest_s - age_s;
    } else if (state->span_s < day_s) {
        finding->missing = PH_MISSING_SPAN;
        finding->missing_s = day_s - state->span_s;
    } else if (state->now.thin) {
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
    struct scale_state states[SCALES];
    size_t end = whole_end(court);
    double age_s = (double)court->clock->now_ns * 1e-9;
    const struct scale_state *best = NULL;
    bool any = false;

    finding->verdict = PH_VERDICT_NO_DATA;
    for (size_t s = 0; s < SCALES; s++) {
        states[s].now.count = states[s].before.count = 0;
        /* Single readings are looked at only where windows have few or none. */
        if (s == SCALE_READINGS && any &&
            !(states[SCALE_WHOLE].now.count && states[SCALE_WHOLE].now.thin))
            continue;
        look_at(&states[s], court, floors, s);
        any = any || states[s].now.count > 0;
    }
    if (!any)
        return;

    /* Which scales grow, and how surely; the surest of the best class tells its numbers. */
    enum { NOT, GROWS, LIKELY, CONFIRMED } class = NOT;
    bool fitted = false, fits = false, long_drift = false;
    struct ph_shape shape = {.best = PH_SHAPE_NONE}, shape_before;
    for (size_t s = 0; s < SCALES; s++) {
        const struct scale_state *state = &states[s];
        bool confirmed = scale_drifts(court, state, &critical->confirmed);
        bool likely = scale_drifts(court, state, &critical->likely);
        bool grows = scale_drifts(court, state, &critical->growing) &&
                     (state->span_s >= rules->span_s || !rules->use_territory ||
                      new_territory(&state->now, floors));
        if (!likely && !grows)
            continue;
        bool leak = likely && may_leak(court, state, floors);
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
        long_drift = long_drift || (grows && state->span_s >= day_s);
        if (here == NOT)
            continue;
        if (here > (int)class || (here == (int)class && state->drift.t > best->drift.t)) {
            class = (unsigned)here;
            best = state;
        }
    }
    if (!fitted)
        shape_of(court, &court->now, floors, end, &shape);

    /* The scale that speaks for a series that does not grow: the longest. */
    const struct scale_state *widest = NULL;
    for (size_t s = 0; s < SCALES; s++) {
        if (states[s].now.count && (!widest || states[s].span_s > widest->span_s))
            widest = &states[s];
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
    if (cyclic(court, floors, states))
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
