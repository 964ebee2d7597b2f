#include "analysis/cohorts.h"

#include <math.h>

#include "analysis/stats.h"

/* An object is old when it lived for a quarter of the watch, and longer than what the kernel frees
 * late on purpose (RCU, delayed work). */
#define OLD_SHARE 0.25
#define OLD_LEAST_S 4.0
#define WATCH_LEAST_S 20.0
/* The half-life of an old object must be shown to be so many watches long. */
#define HALF_LIVES 4.0
enum { COHORTS_LEAST = 4, SURVIVORS_LEAST = 12 };
/* Survivors in so many of the old cohorts, and not nearly all of them in one. */
#define COHORT_SHARE 0.75
#define ONE_COHORT_MOST 0.6
/* To raise a verdict */
#define RAISE_WATCH_S 120.0
#define EXPLAINS_LEAST 0.5
#define EXPLAINS_MOST 2.0

static double watch_s(const struct ph_trace *trace)
{
    return (double)(trace->now_ns - trace->begun_ns) / 1e9;
}

/* The age from which objects count as old: where a bin of the life table begins. */
static unsigned old_bin(double watch)
{
    double age = fmax(watch * OLD_SHARE, OLD_LEAST_S);
    unsigned bin = 0;

    while (bin + 1 < PH_LIFE_BINS && ldexp(1, (int)bin + 1) <= age)
        bin++;
    return bin;
}

/* The upper 95 % limit of the mean of a Poisson count (Garwood 1936), by the approximation of
 * Wilson and Hilferty to the chi-square quantile; exact for none. */
static double poisson_upper(double count)
{
    const double quantile = 1.6448536269514722;
    double freedom = 2 * count + 2, part = 2 / (9 * freedom);
    double root = 1 - part + quantile * sqrt(part);

    return count > 0 ? freedom * root * root * root / 2 : 2.995732273553991;
}

struct sums {
    unsigned old, staying; /* cohorts */
    double born, alive, most;
    double span_s;      /* of the old cohorts */
    double newer_alive; /* of the younger half of the old cohorts */
    unsigned counted;   /* for the interval of the rate */
    double square;      /* sum over cohorts of (alive - rate x length)^2 / length */
};

static double length_s(const struct ph_cohort *cohort)
{
    return (double)(cohort->to_ns - cohort->from_ns) / 1e9;
}

/* The whole cohort is old. */
static bool is_old(const struct ph_trace *trace, const struct ph_cohort *cohort, double age_s)
{
    return (double)(trace->now_ns - cohort->to_ns) / 1e9 >= age_s;
}

/* Every span of time that is old counts, those with nothing born, too: a site's last cohorts are
 * missing when nothing was allocated in them. */
static struct sums add_up(const struct ph_trace *trace, const struct ph_trace_site *site,
                          double age_s)
{
    struct sums sums = {0};
    double end_s = watch_s(trace) - age_s;

    for (size_t i = 0; i < site->cohort_count; i++) {
        const struct ph_cohort *cohort = &site->cohorts[i];
        if (!is_old(trace, cohort, age_s))
            break;
        sums.old++;
        sums.born += cohort->born;
        sums.alive += cohort->alive;
        sums.staying += cohort->alive > 0;
        sums.most = fmax(sums.most, cohort->alive);
        double middle =
            (double)(cohort->from_ns + (cohort->to_ns - cohort->from_ns) / 2 - trace->begun_ns) /
            1e9;
        if (middle > end_s / 2)
            sums.newer_alive += cohort->alive;
    }
    sums.span_s = fmax(end_s, 0);
    double rate = sums.span_s > 0 ? sums.alive / sums.span_s : 0;
    for (size_t i = 0; i < sums.old; i++) {
        double length = length_s(&site->cohorts[i]);
        if (length <= 0)
            continue;
        double off = site->cohorts[i].alive - rate * length;
        sums.square += off * off / length;
        sums.counted++;
    }
    return sums;
}

/* Survivors a second, the cohorts being repeated measurements of it; never narrower than counting
 * alone allows. */
static void fill_rate(const struct sums *sums, struct ph_age *age)
{
    age->rate = age->rate_low = age->rate_high = (double)NAN;
    if (sums->counted < 2 || sums->span_s <= 0)
        return;
    age->rate = sums->alive / sums->span_s;
    double variance = sums->square / (sums->counted - 1) / sums->span_s;
    variance = fmax(variance, age->rate / sums->span_s);
    double width = ph_t_quantile(0.025, sums->counted - 1) * sqrt(variance);
    age->rate_low = fmax(age->rate - width, 0);
    age->rate_high = age->rate + width;
}

static enum ph_age_verdict verdict_of(const struct sums *sums, const struct ph_age *age,
                                      double watch)
{
    bool lasting = age->half_life_s >= HALF_LIVES * watch;

    if (watch < WATCH_LEAST_S || sums->old < COHORTS_LEAST)
        return PH_AGE_YOUNG;
    if (sums->alive <= 0)
        return sums->born > 0 ? PH_AGE_DYING : PH_AGE_YOUNG;
    if (!lasting) {
        /* too few to say, or seen to die */
        bool dies = age->deaths > 0 && age->deaths >= 0.1 * (age->deaths + sums->alive);
        return dies ? PH_AGE_DYING : PH_AGE_YOUNG;
    }
    if (sums->most > ONE_COHORT_MOST * sums->alive || sums->newer_alive < 0.2 * sums->alive)
        return PH_AGE_STEP;
    if (sums->alive < SURVIVORS_LEAST || sums->staying < COHORT_SHARE * sums->old)
        return PH_AGE_YOUNG;
    return PH_AGE_STAYING;
}

/* How much longer: until enough cohorts are old, and enough survivors were watched for long enough.
 */
static double missing_of(const struct sums *sums, const struct ph_age *age, double watch)
{
    double span = fmax(WATCH_LEAST_S - watch, 0);

    if (age->rate > 0 && isfinite(age->rate)) {
        /* with no death, half_life = ln 2 x exposure / 3, and exposure grows with the square of
         * time */
        double need = 3 * HALF_LIVES / 0.6931471805599453 / age->rate * 4;
        span = fmax(span, fmax(need, SURVIVORS_LEAST / age->rate) - watch);
    }
    return sums->old < COHORTS_LEAST ? fmax(span, 5) : span;
}

void ph_cohorts_judge(const struct ph_trace *trace, struct ph_trace_site *site)
{
    struct ph_age *age = &site->age;
    double watch = watch_s(trace);
    unsigned bin = old_bin(watch);
    struct sums sums = add_up(trace, site, ldexp(1, (int)bin));

    *age = (struct ph_age){
        .cohorts = sums.old,
        .staying = sums.staying,
        .survivors = sums.alive,
        .survival = sums.born > 0 ? sums.alive / sums.born : (double)NAN,
    };
    for (unsigned i = bin; i < PH_LIFE_BINS; i++) {
        age->deaths += site->life.deaths[i];
        age->exposure_s += site->life.exposure_s[i];
    }
    age->half_life_s = 0.6931471805599453 * age->exposure_s / poisson_upper(age->deaths);
    fill_rate(&sums, age);
    age->verdict = verdict_of(&sums, age, watch);
    if (age->verdict == PH_AGE_YOUNG)
        age->missing_s = missing_of(&sums, age, watch);
}

/* ------------------------------------------------------------------ together with the floors */

bool ph_cohorts_raise(const struct ph_trace *trace, const struct ph_trace_site *const *sites,
                      size_t site_count, const struct ph_series *series, struct ph_finding *finding)
{
    double rate = 0, half_life = INFINITY, watch = watch_s(trace);

    if (finding->verdict != PH_VERDICT_GROWING || !finding->have_rate || finding->rate <= 0 ||
        series->flags & PH_SERIES_RECLAIMABLE || watch < RAISE_WATCH_S)
        return false;
    for (size_t i = 0; i < site_count; i++) {
        const struct ph_trace_site *site = sites[i];
        if (site->age.verdict != PH_AGE_STAYING)
            continue;
        rate += site->age.rate * site->object_bytes;
        half_life = fmin(half_life, site->age.half_life_s);
    }
    /* More than the counters saw: frees were missed, so what seems to stay does not. */
    if (rate < EXPLAINS_LEAST * finding->rate || rate > EXPLAINS_MOST * finding->rate_high)
        return false;
    finding->verdict = PH_VERDICT_LEAK_LIKELY;
    finding->by_age = true;
    finding->age_half_life_s = half_life;
    finding->age_watch_s = watch;
    finding->age_share = fmin(rate / finding->rate, 1);
    finding->missing = PH_MISSING_NOTHING;
    return true;
}
