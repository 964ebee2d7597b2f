#include "judge_traces.h"

#include <math.h>
#include <string.h>

#define KB 1024.
#define MB (1024. * 1024)

const char *const family_names[FAMILY_COUNT] = {"-",
                                                "linear leak",
                                                "stairs leak",
                                                "load-driven leak",
                                                "accelerating leak",
                                                "plain",
                                                "warm-up",
                                                "log growth",
                                                "cache",
                                                "random walk",
                                                "steps",
                                                "batch"};

/* --- random numbers: splitmix64 --- */

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Neighbouring seeds must start far apart in the generator's one long cycle: hence mixed, too. */
struct rng rng_of(uint64_t seed)
{
    struct rng rng = {mix(mix(seed + UINT64_C(0x1234567)) ^ UINT64_C(0x5851f42d4c957f2d))};
    return rng;
}

uint64_t rng_bits(struct rng *rng)
{
    rng->state += UINT64_C(0x9e3779b97f4a7c15);
    return mix(rng->state);
}

double rng_unit(struct rng *rng)
{
    return (double)(rng_bits(rng) >> 11) * 0x1p-53;
}

double rng_between(struct rng *rng, double low, double high)
{
    return low + (high - low) * rng_unit(rng);
}

double rng_log_between(struct rng *rng, double low, double high)
{
    return exp(rng_between(rng, log(low), log(high)));
}

double rng_normal(struct rng *rng)
{
    double u = 1 - rng_unit(rng);
    return sqrt(-2 * log(u)) * cos(2 * M_PI * rng_unit(rng));
}

/* --- parts of traces; each adds to bytes[] --- */

static const double step_h = TRACE_SPACING_S / 3600.;

static double hour(size_t i)
{
    return (double)i * step_h;
}

/* Autoregressive noise of this standard deviation and correlation time. */
static void add_noise(struct trace *t, struct rng *rng, double sd, double correlation_h)
{
    double keep = exp(-step_h / correlation_h);
    double x = rng_normal(rng) * sd;
    for (size_t i = 0; i < TRACE_SAMPLES; i++) {
        t->bytes[i] += x;
        x = keep * x + sqrt(1 - keep * keep) * sd * rng_normal(rng);
    }
}

/* Busy by day: the upper half of a sine, higher on some days than on others. */
static double daylight(double h)
{
    return fmax(0, sin(2 * M_PI * (h - 7) / 24));
}

static void add_daily(struct trace *t, struct rng *rng, double height)
{
    double today[15];
    double shift = rng_between(rng, 0, 24);
    for (size_t d = 0; d < 15; d++)
        today[d] = height * rng_between(rng, .8, 1.2);
    for (size_t i = 0; i < TRACE_SAMPLES; i++)
        t->bytes[i] += today[(size_t)((hour(i) + shift) / 24) % 15] * daylight(hour(i) + shift);
}

/* Bursts at random times, each decaying within minutes to hours. */
static void add_bursts(struct trace *t, struct rng *rng, double height, double every_h)
{
    double x = 0, fade = 1;
    for (size_t i = 0; i < TRACE_SAMPLES; i++) {
        if (rng_unit(rng) < step_h / every_h) {
            x += height * rng_between(rng, .3, 1);
            fade = exp(-step_h / rng_between(rng, .2, 1.5));
        }
        t->bytes[i] += x;
        x *= fade;
    }
}

static void add_warm_up(struct trace *t, double height, double tau_h, double from_h)
{
    for (size_t i = 0; i < TRACE_SAMPLES; i++) {
        if (hour(i) >= from_h)
            t->bytes[i] += height * (1 - exp(-(hour(i) - from_h) / tau_h));
    }
}

static void add_step(struct trace *t, double height, double at_h)
{
    for (size_t i = 0; i < TRACE_SAMPLES; i++)
        t->bytes[i] += hour(i) >= at_h ? height : 0;
}

static void add_linear(struct trace *t, double bytes_h, double from_h)
{
    for (size_t i = 0; i < TRACE_SAMPLES; i++)
        t->bytes[i] += bytes_h * fmax(0, hour(i) - from_h);
}

/* Stairs of this height, on average every `every_h` hours. */
static void add_stairs(struct trace *t, struct rng *rng, double height, double every_h,
                       double from_h)
{
    double level = 0, next = from_h + every_h * rng_between(rng, .5, 1.5);
    for (size_t i = 0; i < TRACE_SAMPLES; i++) {
        while (hour(i) >= next) {
            level += height;
            next += every_h * rng_between(rng, .5, 1.5);
        }
        t->bytes[i] += level;
    }
}

static void add_load_driven(struct trace *t, struct rng *rng, double bytes_h, double from_h)
{
    double level = 0, shift = rng_between(rng, 0, 24);
    for (size_t i = 0; i < TRACE_SAMPLES; i++) {
        if (hour(i) >= from_h) /* the mean of daylight() is 1 / pi */
            level += bytes_h * M_PI * daylight(hour(i) + shift) * step_h;
        t->bytes[i] += level;
    }
}

static void add_accelerating(struct trace *t, double bytes_h, double from_h)
{
    double length = TRACE_HOURS - from_h;
    for (size_t i = 0; i < TRACE_SAMPLES; i++) {
        double h = fmax(0, hour(i) - from_h);
        t->bytes[i] += bytes_h * h * h / length;
    }
}

/* A cache: fills towards its limit, then is trimmed again and again. */
static void add_cache(struct trace *t, struct rng *rng, double limit, double fill_h)
{
    double level = 0, rate = limit / fill_h;
    for (size_t i = 0; i < TRACE_SAMPLES; i++) {
        level += rate * step_h * rng_between(rng, 0, 2);
        if (level > limit)
            level -= limit * rng_between(rng, .05, .3);
        t->bytes[i] += level;
    }
}

static void add_walk(struct trace *t, struct rng *rng, double sd_h)
{
    double x = 0;
    for (size_t i = 0; i < TRACE_SAMPLES; i++) {
        t->bytes[i] += x;
        x += sd_h * sqrt(step_h) * rng_normal(rng);
    }
}

static void add_week(struct trace *t, struct rng *rng, double bytes_day)
{
    double level = 0, shift = 24 * (double)(rng_bits(rng) % 7);
    for (size_t i = 0; i < TRACE_SAMPLES; i++) {
        double week_h = fmod(hour(i) + shift, 168);
        if (week_h < 120)
            level += bytes_day * M_PI / 24 * daylight(week_h) * step_h;
        else
            level *= exp(-step_h / 3);
        t->bytes[i] += level;
    }
}

static void add_batch(struct trace *t, struct rng *rng, double height, double every_h,
                      double length_h)
{
    double shift = rng_between(rng, 0, every_h);
    for (size_t i = 0; i < TRACE_SAMPLES; i++) {
        double phase = fmod(hour(i) + shift, every_h);
        t->bytes[i] += phase < length_h ? height * phase / length_h : 0;
    }
}

static void lose(struct trace *t, struct rng *rng, double share, double outage_h)
{
    double from = rng_between(rng, 24, TRACE_HOURS - 24 - outage_h);
    for (size_t i = 0; i < TRACE_SAMPLES; i++)
        t->lost[i] = rng_unit(rng) < share || (hour(i) >= from && hour(i) < from + outage_h);
    t->lost[0] = false;
}

static void begin(struct trace *t, double base)
{
    memset(t, 0, sizeof(*t));
    for (size_t i = 0; i < TRACE_SAMPLES; i++)
        t->bytes[i] = base;
}

/* Memory is never negative, and comes in allocations of 64 bytes. */
static void finish(struct trace *t)
{
    for (size_t i = 0; i < TRACE_SAMPLES; i++)
        t->bytes[i] = 64 * floor(fmax(0, t->bytes[i]) / 64);
}

/* A reboot at half time: everything begins anew. */
static void reboot(struct trace *t, const double *from_boot)
{
    for (size_t i = TRACE_SAMPLES / 2; i < TRACE_SAMPLES; i++) {
        t->bytes[i] = from_boot[i - TRACE_SAMPLES / 2];
        t->segment[i] = 1;
    }
}

/* --- the named scenarios --- */

static void make_leak(struct trace *t, struct rng *rng, size_t scenario)
{
    const double small = 40 * KB;
    begin(t, 8 * MB);
    t->leaks = true;
    double rate_h = 0;
    switch (scenario) {
    case 0:
        t->name = "linear 20 KB/h";
        add_linear(t, rate_h = 20 * KB, 0);
        break;
    case 1:
        t->name = "linear 500 KB/h";
        add_linear(t, rate_h = 500 * KB, 0);
        break;
    case 2:
        t->name = "linear 20 MB/h";
        add_linear(t, rate_h = 20 * MB, 0);
        break;
    case 3:
        t->name = "staircase 512 KB every ~3 h";
        rate_h = 512 * KB / 3;
        add_stairs(t, rng, 512 * KB, 3, 0);
        break;
    case 4:
        t->name = "rare stairs 2 MB every ~14 h";
        rate_h = 2 * MB / 14;
        add_stairs(t, rng, 2 * MB, 14, 0);
        break;
    case 5:
        t->name = "sawtooth 6 MB, floor 150 KB/h";
        add_linear(t, rate_h = 150 * KB, 0);
        add_batch(t, rng, 6 * MB, 5, 5);
        break;
    case 6:
        t->name = "100 KB/h + daily 10 MB";
        add_linear(t, rate_h = 100 * KB, 0);
        add_daily(t, rng, 10 * MB);
        break;
    case 7:
        t->name = "100 KB/h + bursts 20 MB";
        add_linear(t, rate_h = 100 * KB, 0);
        add_bursts(t, rng, 20 * MB, 6);
        break;
    case 8:
        t->name = "onset midway, 300 KB/h";
        t->onset_h = 168;
        add_linear(t, rate_h = 300 * KB, t->onset_h);
        break;
    case 9:
        t->name = "step 20 MB, then 200 KB/h";
        t->onset_h = 60;
        add_step(t, 20 * MB, t->onset_h);
        add_linear(t, rate_h = 200 * KB, t->onset_h);
        break;
    case 10:
        t->name = "load-driven, by day only";
        add_load_driven(t, rng, rate_h = 200 * KB, 0);
        break;
    case 11:
        t->name = "200 KB/h, 30 % gaps + outage";
        add_linear(t, rate_h = 200 * KB, 0);
        lose(t, rng, .3, 10);
        break;
    case 12:
        t->name = "200 KB/h, reboot midway";
        add_linear(t, rate_h = 200 * KB, 0);
        break;
    case 13:
        t->name = "warm-up 30 MB, then 200 KB/h";
        add_warm_up(t, 30 * MB, 4, 0);
        add_linear(t, rate_h = 200 * KB, 0);
        break;
    case 14:
        t->name = "200 KB/h under 20 MB sd noise";
        for (size_t i = 0; i < TRACE_SAMPLES; i++)
            t->bytes[i] += 192 * MB;
        add_linear(t, rate_h = 200 * KB, 0);
        add_noise(t, rng, 20 * MB, 1);
        break;
    default:
        t->name = "accelerating to 600 KB/h";
        rate_h = 300 * KB;
        add_accelerating(t, 300 * KB, 0);
        break;
    }
    t->rate = rate_h / 3600;
    add_noise(t, rng, small, .2);
    if (scenario == 12) {
        static _Thread_local double first[TRACE_SAMPLES];
        memcpy(first, t->bytes, sizeof(first));
        reboot(t, first);
    }
}

static void make_benign(struct trace *t, struct rng *rng, size_t scenario)
{
    begin(t, 8 * MB);
    switch (scenario) {
    case 0:
        t->name = "flat + noise";
        add_noise(t, rng, 1 * MB, .5);
        break;
    case 1:
        t->name = "daily cache 10 MB";
        add_daily(t, rng, 10 * MB);
        break;
    case 2:
        t->name = "gaps + noise + daily";
        add_daily(t, rng, 10 * MB);
        add_noise(t, rng, 1 * MB, .5);
        lose(t, rng, .3, 10);
        break;
    case 3:
        t->name = "warm-up, tau 6 h";
        add_warm_up(t, 30 * MB, 6, 0);
        break;
    case 4:
        t->name = "warm-up, tau 36 h";
        add_warm_up(t, 30 * MB, 36, 0);
        break;
    case 5:
        t->name = "log growth (working set)";
        for (size_t i = 0; i < TRACE_SAMPLES; i++)
            t->bytes[i] += 8 * MB * log1p(hour(i) / 2);
        break;
    case 6:
        t->name = "cache fills to a limit, reclaim";
        add_cache(t, rng, 60 * MB, 40);
        break;
    case 7:
        t->name = "bursts with GC";
        add_bursts(t, rng, 30 * MB, 4);
        break;
    case 8:
        t->name = "batch every 6 h and 24 h";
        add_batch(t, rng, 15 * MB, 6, 2);
        add_batch(t, rng, 30 * MB, 24, 3);
        break;
    case 9:
        t->name = "random walk";
        for (size_t i = 0; i < TRACE_SAMPLES; i++)
            t->bytes[i] += 40 * MB;
        add_walk(t, rng, 1 * MB);
        break;
    case 10:
        t->name = "slow AR wander (16 h)";
        for (size_t i = 0; i < TRACE_SAMPLES; i++)
            t->bytes[i] += 20 * MB;
        add_noise(t, rng, 4 * MB, 16);
        break;
    case 11:
        t->name = "one step up";
        add_step(t, 20 * MB, rng_between(rng, 30, 250));
        break;
    case 12:
        t->name = "3 steps (logons)";
        for (int s = 0; s < 3; s++) {
            double at_h = rng_between(rng, 12, 320);
            add_step(t, rng_between(rng, 4, 12) * MB, at_h);
        }
        break;
    case 13:
        t->name = "reboot + warm-up";
        add_warm_up(t, 30 * MB, 6, 0);
        break;
    default:
        /* Sessions pile up in working hours, five days a week, and end at the weekend; the first
         * day may be any day of the week. */
        t->name = "weekday ramp, weekend drop";
        add_week(t, rng, 4 * MB);
        break;
    }
    add_noise(t, rng, 60 * KB, .2);
    if (scenario == 13) {
        static _Thread_local double first[TRACE_SAMPLES];
        memcpy(first, t->bytes, sizeof(first));
        reboot(t, first);
    }
}

void trace_named(struct trace *trace, size_t scenario, uint64_t seed)
{
    struct rng rng = rng_of(seed * 1000 + scenario);
    if (scenario < NAMED_LEAKS)
        make_leak(trace, &rng, scenario);
    else
        make_benign(trace, &rng, scenario - NAMED_LEAKS);
    finish(trace);
}

/* --- the randomised families --- */

static enum family pick(struct rng *rng, bool leaks)
{
    double u = rng_unit(rng);
    if (leaks)
        return u < .55  ? FAMILY_LINEAR
               : u < .8 ? FAMILY_STAIRS
               : u < .9 ? FAMILY_LOAD
                        : FAMILY_ACCELERATING;
    return u < .2    ? FAMILY_WARM_UP
           : u < .35 ? FAMILY_LOG
           : u < .5  ? FAMILY_CACHE
           : u < .6  ? FAMILY_WALK
           : u < .7  ? FAMILY_STEPS
           : u < .8  ? FAMILY_BATCH
                     : FAMILY_PLAIN;
}

/* Random numbers are drawn in statements of their own: the order of a call's arguments is the
 * compiler's choice, and traces must not depend on it. */
static void add_surroundings(struct trace *t, struct rng *rng, double base)
{
    /* A noise of .2 to 20 % is its range: four standard deviations. */
    double time_h = rng_log_between(rng, .05, 24);
    add_noise(t, rng, base * rng_log_between(rng, .002, .2) / 4, time_h);
    if (rng_unit(rng) < .35)
        add_daily(t, rng, base * rng_log_between(rng, .05, .5));
    if (rng_unit(rng) < .2) {
        time_h = rng_log_between(rng, 2, 24);
        add_bursts(t, rng, base * rng_log_between(rng, .1, 1), time_h);
    }
    if (rng_unit(rng) < .35) {
        time_h = rng_log_between(rng, .5, 12);
        add_warm_up(t, base * rng_log_between(rng, .1, 1), time_h, 0);
    }
    if (rng_unit(rng) < .15) {
        time_h = rng_between(rng, 12, 300);
        add_step(t, base * rng_log_between(rng, .05, .5), time_h);
    }
}

static void add_benign_part(struct trace *t, struct rng *rng, double base)
{
    double time_h;
    switch (t->family) {
    case FAMILY_WARM_UP:
        time_h = rng_log_between(rng, 6, 100);
        add_warm_up(t, base * rng_log_between(rng, .3, 3), time_h, 0);
        break;
    case FAMILY_LOG: {
        double height = base * rng_log_between(rng, .05, .5), tau = rng_log_between(rng, .3, 10);
        for (size_t i = 0; i < TRACE_SAMPLES; i++)
            t->bytes[i] += height * log1p(hour(i) / tau);
        break;
    }
    case FAMILY_CACHE:
        time_h = rng_log_between(rng, 6, 60);
        add_cache(t, rng, base * rng_log_between(rng, .5, 3), time_h);
        break;
    case FAMILY_WALK:
        add_walk(t, rng, base * rng_log_between(rng, .005, .03));
        break;
    case FAMILY_STEPS:
        for (int s = 1 + (int)(rng_bits(rng) % 4); s > 0; s--) {
            time_h = rng_between(rng, 5, 330);
            add_step(t, base * rng_log_between(rng, .05, .5), time_h);
        }
        break;
    case FAMILY_BATCH: {
        double every = rng_unit(rng) < .5 ? 24 : rng_between(rng, 2, 12);
        add_batch(t, rng, base * rng_log_between(rng, .1, 1), every, every * .4);
        break;
    }
    default:
        break;
    }
}

void trace_random(struct trace *trace, bool leaks, uint64_t seed)
{
    static _Thread_local double leak[TRACE_SAMPLES];
    struct rng rng = rng_of(seed * 2 + leaks + UINT64_C(7777777));
    double base = rng_log_between(&rng, .3, 200) * MB;
    begin(trace, base);
    trace->family = pick(&rng, leaks);
    trace->name = family_names[trace->family];
    trace->leaks = leaks;
    add_surroundings(trace, &rng, base);
    if (leaks) {
        static _Thread_local struct trace other;
        double rate_h = rng_log_between(&rng, 5 * KB, 20 * MB);
        trace->rate = rate_h / 3600;
        trace->onset_h = rng_unit(&rng) < .4 ? rng_between(&rng, 12, 168) : 0;
        begin(&other, 0);
        if (trace->family == FAMILY_LINEAR)
            add_linear(&other, rate_h, trace->onset_h);
        else if (trace->family == FAMILY_STAIRS) {
            double every = rng_log_between(&rng, .5, 8);
            add_stairs(&other, &rng, rate_h * every, every, trace->onset_h);
        } else if (trace->family == FAMILY_LOAD)
            add_load_driven(&other, &rng, rate_h, trace->onset_h);
        else
            add_accelerating(&other, rate_h, trace->onset_h);
        memcpy(leak, other.bytes, sizeof(leak));
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < TRACE_SAMPLES; i++) {
            low = fmin(low, trace->bytes[i]);
            high = fmax(high, trace->bytes[i]);
            trace->bytes[i] += leak[i];
        }
        trace->leaked_range = leak[TRACE_SAMPLES - 1] / (high - low);
    } else {
        add_benign_part(trace, &rng, base);
    }
    if (rng_unit(&rng) < .15) {
        double outage_h = rng_between(&rng, 2, 24);
        lose(trace, &rng, rng_between(&rng, .05, .5), outage_h);
    }
    finish(trace);
}

/* --- classes --- */

const char *const class_names[CLASS_COUNT] = {"FLAT", "STEP", "CYCLIC", "LEVELLING"};

/* Noise of .2 to 5 % (range) around a base; steps and swings of at least four times that, one to
 * three steps; daily swings or batches of 2 to 48 h; warm-ups of tau 6 to 60 h. */
void trace_classed(struct trace *trace, enum trace_class class, uint64_t seed)
{
    struct rng rng = rng_of(seed * CLASS_COUNT + class + UINT64_C(555555555));
    double base = rng_log_between(&rng, .3, 200) * MB;
    begin(trace, base);
    trace->name = class_names[class];
    double noise = base * rng_log_between(&rng, .002, .05);
    double height = noise * rng_log_between(&rng, 4, 40);
    add_noise(trace, &rng, noise / 4, rng_log_between(&rng, .05, 6));
    if (class == CLASS_STEP) {
        for (int s = 1 + (int)(rng_bits(&rng) % 3); s > 0; s--) {
            double at_h = rng_between(&rng, 24, TRACE_HOURS - 24);
            add_step(trace, rng_unit(&rng) < .7 ? height : -height / 2, at_h);
        }
    } else if (class == CLASS_CYCLIC && rng_unit(&rng) < .5) {
        add_daily(trace, &rng, height);
    } else if (class == CLASS_CYCLIC) {
        double every = rng_log_between(&rng, 2, 48);
        add_batch(trace, &rng, height, every, every * rng_between(&rng, .3, .8));
    } else if (class == CLASS_LEVELLING) {
        add_warm_up(trace, height, rng_log_between(&rng, 6, 60), 0);
    }
    finish(trace);
}
