#include "analysis/cohorts.h"

#include <math.h>
#include <string.h>

#include "analysis/stats.h"

static const double ln_2 = 0.6931471805599453;

/* An object is old when it has lived for a quarter of the watch, and longer than what the kernel
 * frees late on purpose (RCU, delayed work). docs/method.md says how these numbers were found. */
static const double old_share = .25, old_least_s = 4;
static const double watch_least_s = 15;
/* The half-life of the old, in watches: as measured, and at least with 95 % confidence. */
static const double half_lives = 4, half_lives_sure = 1.5;
/* Survivors, and independent ones among them: a burst counts as one. */
static const double survivors_least = 12, independent_least = 6;
/* More of the survivors than this in one cohort, or less in the newer half of the time: a step. */
static const double one_cohort_most = .6, newer_least = .2;
/* The newer half must bring .8 of what the older one did, as for floors. */
static const double slow_share = .8 / 1.8;
/* Frees that only the second use of an address told of: of all frees, and beside the living. With
 * more of both, what seems to live may be dead. */
static const double unseen_most = .5, unseen_living_most = 1;
enum { PIECES = 4 };

/* To raise a verdict. */
static const double raise_watch_s = 120;
static const double young_boot_s = 3600, young_boot_share = .25;
static const double explains_least = .5, explains_most = 2;

/* Limits, each 95 % by itself, of the mean of a Poisson count (Garwood 1936), by the approximation
 * of Wilson and Hilferty (1931) to the chi-square quantile; exact for none. */
static double chi_square(double freedom, double quantile)
{
    double part = 2 / (9 * freedom), root = fmax(1 - part + quantile * sqrt(part), 0);

    return freedom * root * root * root;
}

static double poisson_upper(double count)
{
    return count > 0 ? chi_square(2 * count + 2, 1.6448536269514722) / 2 : 2.995732273553991;
}

static double poisson_lower(double count)
{
    return count > 0 ? chi_square(2 * count, -1.6448536269514722) / 2 : 0;
}

/* What the old cohorts of a site come to. Counts are of objects really seen, not scaled. */
struct old {
    double watch_s, age_s; /* of the site: since the first allocation; from which age on it is old
                            */
    double span_s;         /* of births that are old now */
    unsigned bin;          /* of the life table, from which on ages are old */
    unsigned count;        /* cohorts */
    unsigned staying;      /* of them with survivors */
    double born, alive;    /* scaled */
    double seen, most;     /* survivors: all, and of the cohort with most */
    double pieces[PIECES]; /* survivors by quarters of the span */
    double crowd;          /* survivors per independent event, 1 or more */
    double unrest;         /* the same, from neighbours only: a slow change does not count */
    double deaths, expo_s; /* beyond age_s; expo_s: object-seconds */
};

static double seconds(int64_t from_ns, int64_t to_ns)
{
    return (double)(to_ns - from_ns) / 1e9;
}

/* When the site's first cohort with a birth began: its cache may be traced for less time than
 * others, or its work began later. */
static int64_t first_birth(const struct ph_trace *trace, const struct ph_trace_site *site)
{
    for (size_t i = 0; i < site->cohort_count; i++)
        if (site->cohorts[i].born > 0)
            return site->cohorts[i].from_ns;
    return trace->now_ns;
}

/* Survivors per second vary between cohorts more than chance lets single objects vary: how much
 * (the index of dispersion), around the mean and from one cohort to the next (von Neumann 1941). */
static void fill_crowd(const struct ph_trace_site *site, size_t first, struct old *old)
{
    double rate = old->seen / old->span_s, square = 0, steps = 0, covered = 0, last = 0, before = 0;
    unsigned count = 0;

    for (size_t i = first; i < first + old->count; i++) {
        double length = seconds(site->cohorts[i].from_ns, site->cohorts[i].to_ns);
        double seen = (double)site->cohorts[i].seen_alive;
        if (length <= 0)
            continue;
        square += (seen - rate * length) * (seen - rate * length) / length;
        double step = seen / length - last;
        if (count++)
            steps += step * step / (1 / length + 1 / before);
        last = seen / length;
        before = length;
        covered += length;
    }
    if (old->span_s > covered) { /* nothing was born later */
        square += rate * rate * (old->span_s - covered);
        count++;
    }
    if (count < 2 || rate <= 0)
        return;
    old->crowd = fmax(square / (count - 1) / rate, 1);
    old->unrest = fmax(steps / (count - 1) / rate, 1);
}

/* Every span of time that is old counts, those with nothing born, too: a site's last cohorts are
 * missing when nothing was allocated in them. */
static struct old add_up(const struct ph_trace *trace, const struct ph_trace_site *site)
{
    int64_t from_ns = first_birth(trace, site);
    struct old old = {.watch_s = seconds(from_ns, trace->now_ns)};
    size_t first = 0, end;

    while (old.bin + 1 < PH_LIFE_BINS &&
           ldexp(1, (int)old.bin + 1) <= fmax(old.watch_s * old_share, old_least_s))
        old.bin++;
    old.age_s = ldexp(1, (int)old.bin);
    old.span_s = fmax(old.watch_s - old.age_s, 0);
    while (first < site->cohort_count && site->cohorts[first].from_ns < from_ns)
        first++;
    for (end = first; end < site->cohort_count; end++) {
        if (seconds(site->cohorts[end].to_ns, trace->now_ns) >= old.age_s)
            continue;
        old.span_s = end > first ? seconds(from_ns, site->cohorts[end - 1].to_ns) : 0;
        break;
    }
    for (size_t i = first; i < end; i++) {
        const struct ph_cohort *cohort = &site->cohorts[i];
        double seen = (double)cohort->seen_alive;
        double middle = seconds(from_ns, cohort->from_ns) / 2 + seconds(from_ns, cohort->to_ns) / 2;
        old.count++;
        old.staying += cohort->seen_alive > 0;
        old.born += cohort->born;
        old.alive += cohort->alive;
        old.seen += seen;
        old.most = fmax(old.most, seen);
        if (middle >= 0 && middle < old.span_s)
            old.pieces[(unsigned)(middle / old.span_s * PIECES)] += seen;
    }
    for (unsigned i = old.bin; i < PH_LIFE_BINS; i++) {
        old.deaths += site->life.deaths[i];
        old.expo_s += site->life.exposure_s[i];
    }
    old.crowd = old.unrest = 1;
    if (old.span_s > 0)
        fill_crowd(site, first, &old);
    return old;
}

/* Survivors a second, the cohorts being repeated measurements of it; never narrower than counting
 * alone allows. */
static void fill_rate(const struct old *old, struct ph_age *age)
{
    age->rate = age->rate_low = age->rate_high = (double)NAN;
    if (old->count < 2 || old->span_s <= 0)
        return;
    double scale = old->seen > 0 ? old->alive / old->seen : 1;
    double width =
        ph_t_quantile(.025, old->count - 1) * sqrt(fmax(old->seen, 1) * old->crowd) * scale;
    age->rate = old->alive / old->span_s;
    age->rate_low = fmax(old->alive - width, 0) / old->span_s;
    age->rate_high = (old->alive + width) / old->span_s;
}

static bool is_step(const struct old *old)
{
    double newer = old->pieces[2] + old->pieces[3];

    return old->most > one_cohort_most * old->seen || newer < newer_least * old->seen;
}

/* Survivors in all quarters of the time, and not fewer and fewer: a pool that fills up slows. */
static bool goes_on(const struct old *old)
{
    double newer = old->pieces[2] + old->pieces[3];
    double error = sqrt(slow_share * (1 - slow_share) * old->unrest / old->seen);

    for (unsigned i = 0; i < PIECES; i++)
        if (old->pieces[i] <= 0)
            return false;
    return newer / old->seen >= slow_share - 1.6448536269514722 * error;
}

static bool is_unseen(const struct ph_trace_site *site)
{
    return site->implicit_frees > unseen_most * site->frees &&
           site->implicit_frees > unseen_living_most * site->objects;
}

static enum ph_age_verdict verdict_of(const struct old *old, const struct ph_trace_site *site,
                                      double half_life_least_s)
{
    double enough = half_lives * old->watch_s;
    double independent = old->seen / old->crowd;

    if (old->watch_s < watch_least_s || old->born <= 0)
        return PH_AGE_YOUNG;
    if (old->seen <= 0)
        return PH_AGE_DYING;
    /* too short a half-life for sure, or as it seems only */
    if (ln_2 * old->expo_s < enough * poisson_lower(old->deaths))
        return PH_AGE_DYING;
    if (ln_2 * old->expo_s < enough * old->deaths || is_unseen(site))
        return PH_AGE_YOUNG;
    if (old->seen >= independent_least && is_step(old))
        return PH_AGE_STEP;
    bool sure = half_life_least_s >= half_lives_sure * old->watch_s;
    return sure && old->seen >= survivors_least && independent >= independent_least && goes_on(old)
               ? PH_AGE_STAYING
               : PH_AGE_YOUNG;
}

/* How much longer, if it goes on as it does: until enough independent survivors were watched for
 * long enough. With no death half_life = ln 2 x exposure / 3, and the exposure of the old is some
 * .28 of survivors x watch. */
static double missing_of(const struct old *old)
{
    double independent = old->seen / old->crowd;
    double needed = fmax(independent_least, 3 * half_lives_sure / (.28 * ln_2));
    double more = watch_least_s - old->watch_s;

    if (old->born <= 0 || old->seen <= 0)
        return fmax(more, 0);
    if (independent < needed)
        more = fmax(more, old->watch_s * (needed / independent - 1));
    if (old->seen < survivors_least)
        more = fmax(more, old->watch_s * (survivors_least / old->seen - 1));
    return more > 0 ? more : old->watch_s;
}

void ph_cohorts_judge(const struct ph_trace *trace, struct ph_trace_site *site)
{
    struct ph_age *age = &site->age;
    struct old old = add_up(trace, site);

    *age = (struct ph_age){
        .cohorts = old.count,
        .staying = old.staying,
        .survivors = old.alive,
        /* both are estimates where addresses are sampled */
        .survival = old.born > 0 ? fmin(old.alive / old.born, 1) : (double)NAN,
        .deaths = old.deaths,
        .exposure_s = old.expo_s,
        /* of independent deaths, in independent object-seconds */
        .half_life_s = ln_2 * old.expo_s / old.crowd / poisson_upper(old.deaths / old.crowd),
    };
    fill_rate(&old, age);
    age->verdict = verdict_of(&old, site, age->half_life_s);
    if (age->verdict == PH_AGE_YOUNG)
        age->missing_s = missing_of(&old);
}

/* ------------------------------------------------------------------ together with the floors */

/* Soon after the boot everything fills up, and the slower the later. */
static double raise_least_s(const struct ph_trace *trace)
{
    double boot_s = (double)trace->begun_ns / 1e9;

    return boot_s < young_boot_s ? fmax(raise_watch_s, boot_s * young_boot_share) : raise_watch_s;
}

bool ph_cohorts_companion(const struct ph_trace_site *site)
{
    static const char *const FUNCTIONS[] = {
        "alloc_slab_obj_exts",  /* whom the objects of a slab are charged to: one with each slab */
        "security_inode_alloc", /* one with each inode */
        "lsm_inode_alloc",
    };

    for (size_t i = 0; site->place.function && i < sizeof(FUNCTIONS) / sizeof(FUNCTIONS[0]); i++)
        if (!strcmp(site->place.function, FUNCTIONS[i]))
            return true;
    return false;
}

static double bytes_each(const struct ph_trace_site *site)
{
    if (site->object_bytes)
        return site->object_bytes;
    return site->objects > 0 ? site->bytes / site->objects : 0;
}

bool ph_cohorts_raise(const struct ph_trace *trace, const struct ph_trace_site *const *sites,
                      size_t site_count, const struct ph_series *series, struct ph_finding *finding)
{
    double rate = 0, half_life = INFINITY, watch = seconds(trace->begun_ns, trace->now_ns);

    if (finding->verdict != PH_VERDICT_GROWING || !finding->have_rate || finding->rate <= 0 ||
        series->flags & PH_SERIES_RECLAIMABLE || watch < raise_least_s(trace))
        return false;
    for (size_t i = 0; i < site_count; i++) {
        const struct ph_trace_site *site = sites[i];
        if (site->age.verdict != PH_AGE_STAYING || ph_cohorts_companion(site))
            continue;
        rate += site->age.rate * bytes_each(site);
        half_life = fmin(half_life, site->age.half_life_s);
    }
    /* More than the counters saw: older objects are freed meanwhile, or frees were missed, and what
     * seems to stay does not. */
    if (rate < explains_least * finding->rate || rate > explains_most * finding->rate_high)
        return false;
    finding->verdict = PH_VERDICT_LEAK_LIKELY;
    finding->by_age = true;
    finding->age_half_life_s = half_life;
    finding->age_watch_s = watch;
    finding->age_share = fmin(rate / finding->rate, 1);
    finding->missing = PH_MISSING_NOTHING;
    return true;
}
