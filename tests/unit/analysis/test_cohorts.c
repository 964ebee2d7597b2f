/* analysis/cohorts: simulated allocations with known life times, through the tracer's books. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cohorts.h"
#include "base/mem.h"
#include "base/text.h"
#include "source/linux/trace/tracebook.h"

/* ------------------------------------------------------------------ a site that is made up */

enum { TICKS_PER_S = 10, SECONDS_MAX = 320, TICKS_MAX = SECONDS_MAX * TICKS_PER_S };
enum { EPOCHS_MAX = 256, READ_TICKS = 2 * TICKS_PER_S, OBJECT_BYTES = 512 };

enum life { FOR_EVER, EXPONENTIAL, WEIBULL, PARETO, UNIFORM, FIXED };
enum births { POISSON, BURSTS, FILL };

struct load {
    enum life life;
    double life_a, life_b; /* mean; scale, shape; least, shape; least, most; length */
    double staying;        /* share that lives for ever in spite of that */
    enum births births;
    double rate;         /* events per second; FILL: at first */
    double period_s;     /* BURSTS: one each; FILL: rate falls to 1/e in it */
    double from_s;       /* nothing is born before, */
    double until_s;      /* nor after; 0 = no end */
    unsigned together;   /* objects in one event, which live and die together; 0 = 1 */
    double frees_unseen; /* share of frees that only a second use of the address tells */
};

static uint64_t seed;

static double chance(void)
{
    uint64_t z = (seed += 0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return ((double)((z ^ z >> 31) >> 11) + .5) * 0x1p-53;
}

static double life_of(const struct load *load)
{
    double u = chance();

    if (load->life == FOR_EVER || (load->staying > 0 && chance() < load->staying))
        return INFINITY;
    switch (load->life) {
    case EXPONENTIAL:
        return -log(u) * load->life_a;
    case WEIBULL:
        return load->life_a * pow(-log(u), 1 / load->life_b);
    case PARETO:
        return load->life_a * pow(u, -1 / load->life_b);
    case UNIFORM:
        return load->life_a + u * (load->life_b - load->life_a);
    default:
        return load->life_a;
    }
}

static unsigned poisson(double mean)
{
    unsigned count = 0;

    for (double sum = -log(chance()); sum < mean; sum -= log(chance()))
        count++;
    return count;
}

static unsigned events_at(const struct load *load, unsigned tick)
{
    double now = (double)tick / TICKS_PER_S, part = 1. / TICKS_PER_S;

    if (now < load->from_s || (load->until_s > 0 && now >= load->until_s))
        return 0;
    if (load->births == FILL)
        return poisson(load->rate * exp(-now / load->period_s) * part);
    if (load->births == POISSON)
        return poisson(load->rate * part);
    return fmod(now - load->from_s + 1e-9, load->period_s) < part ? (unsigned)load->rate : 0;
}

static struct {
    struct ph_tracebook *book;
    struct ph_raw_site rows[EPOCHS_MAX];
    bool used[EPOCHS_MAX];
    uint32_t deaths[TICKS_MAX + 1][EPOCHS_MAX];
} world;

static struct ph_error *no_place(void *context, uint64_t address, struct ph_place *place)
{
    (void)context;
    place->address = address;
    return NULL;
}

static bool no_cache(void *context, ph_raw64 cache, struct ph_raw_cache *found)
{
    (void)context, (void)cache, (void)found;
    return false;
}

static size_t no_stack(void *context, ph_raw32 stack, ph_raw64 frames[PH_RAW_FRAMES])
{
    (void)context, (void)stack, (void)frames;
    return 0;
}

static const struct ph_tracebook_names nobody = {NULL, no_place, no_cache, no_stack};
/* begin an hour after the boot and more */
static const int64_t begun_ns = 100000 * INT64_C(1000000000);

static void be_born(const struct load *load, unsigned tick, unsigned epoch, unsigned shift)
{
    unsigned together = load->together ? load->together : 1;

    for (unsigned events = events_at(load, tick); events; events--) {
        double life = life_of(load) * TICKS_PER_S;
        for (unsigned i = 0; i < together; i++) {
            struct ph_raw_site *row = &world.rows[epoch];
            if (shift && chance() >= ldexp(1, -(int)shift))
                continue;
            row->allocs++;
            row->bytes_allocated += OBJECT_BYTES;
            if (life < TICKS_MAX - tick)
                world.deaths[tick + (unsigned)life][epoch]++;
        }
    }
}

static void die(const struct load *load, unsigned tick)
{
    for (unsigned epoch = 1; epoch < EPOCHS_MAX; epoch++) {
        uint32_t dead = world.deaths[tick][epoch];
        struct ph_raw_site *row = &world.rows[epoch];
        row->frees += dead;
        row->bytes_freed += (uint64_t)dead * OBJECT_BYTES;
        row->implicit_frees += (uint64_t)(load->frees_unseen * dead + chance());
    }
}

static void read_books(int64_t now_ns, struct ph_trace *trace)
{
    ph_trace_fini(trace);
    *trace = (struct ph_trace){0};
    ph_tracebook_begin(world.book, now_ns);
    for (unsigned epoch = 1; epoch < EPOCHS_MAX; epoch++) {
        struct ph_raw_site_key key = {
            .address = 0xffffffff81000000,
            .cache = OBJECT_BYTES,
            .epoch = (ph_raw16)epoch,
            .kind = PH_TRACE_KMALLOC,
        };
        bool forget;
        if (!world.rows[epoch].allocs)
            continue;
        assert_null(ph_tracebook_row(world.book, &key, &world.rows[epoch], &forget));
        if (forget)
            memset(&world.rows[epoch], 0, sizeof(world.rows[epoch]));
    }
    assert_null(ph_tracebook_finish(world.book, trace));
}

/* The site after so many seconds; false when it never allocated. */
static bool run(const struct load *load, unsigned for_s, unsigned shift, struct ph_trace *trace)
{
    ph_raw32 epoch = 1;

    memset(&world, 0, sizeof(world));
    assert_null(ph_tracebook_create(begun_ns, 2000000000, shift, &nobody, &world.book));
    for (unsigned tick = 1; tick <= for_s * TICKS_PER_S; tick++) {
        int64_t now_ns = begun_ns + tick * (INT64_C(1000000000) / TICKS_PER_S);
        be_born(load, tick, epoch, shift);
        die(load, tick);
        if (tick % READ_TICKS)
            continue;
        read_books(now_ns, trace);
        assert_null(ph_tracebook_tick(world.book, now_ns, shift, false, &epoch));
        assert_true(epoch < EPOCHS_MAX);
    }
    ph_tracebook_destroy(world.book);
    if (!trace->count)
        return false;
    ph_cohorts_judge(trace, &trace->sites[0]);
    return true;
}

struct tally {
    unsigned of[PH_AGE_COUNT], runs;
};

static struct tally judge_many(const struct load *load, unsigned for_s, unsigned shift,
                               unsigned runs)
{
    struct tally tally = {.runs = runs};

    for (unsigned i = 0; i < runs; i++) {
        struct ph_trace trace = {0};
        seed = 1 + i * UINT64_C(0xd1342543de82ef95);
        if (run(load, for_s, shift, &trace))
            tally.of[trace.sites[0].age.verdict]++;
        ph_trace_fini(&trace);
    }
    return tally;
}

/* ------------------------------------------------------------------ verdicts */

static void print(const char *name, unsigned for_s, unsigned shift, const struct tally *tally)
{
    print_message("%-32s %5u s, 1/%-3u", name, for_s, 1u << shift);
    for (int i = PH_AGE_YOUNG; i < PH_AGE_COUNT; i++)
        print_message(" %s %3u", ph_age_verdict_id((enum ph_age_verdict)i), tally->of[i]);
    print_message("\n");
}

static void leaks_stay(void **state)
{
    static const struct {
        const char *name;
        struct load load;
        unsigned for_s, shift, percent;
    } table[] = {
        {"leak, 100/s", {.rate = 100}, 20, 0, 95},
        {"leak, 10/s", {.rate = 10}, 20, 0, 90},
        {"leak, 1/s", {.rate = 1}, 60, 0, 85},
        {"leak, .2/s", {.rate = .2}, 300, 0, 90},
        {"leak, 20/s, sampled", {.rate = 20}, 60, 4, 80},
        {"leak, 100/s, sampled", {.rate = 100}, 60, 4, 90},
        {"1 of 50 of a busy site",
         {.life = EXPONENTIAL, .life_a = .3, .staying = .02, .rate = 500},
         60,
         0,
         90},
        {"leak of 30 each 5 s", {.births = BURSTS, .rate = 30, .period_s = 5}, 300, 0, 90},
        {"leak begins after 2 min", {.rate = 5, .from_s = 120}, 200, 0, 90},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct tally tally = judge_many(&table[i].load, table[i].for_s, table[i].shift, 60);
        print(table[i].name, table[i].for_s, table[i].shift, &tally);
        assert_true(tally.of[PH_AGE_STAYING] * 100 >= table[i].percent * tally.runs);
    }
}

static void work_does_not(void **state)
{
    static const struct {
        const char *name;
        struct load load;
        unsigned for_s, shift, most; /* of 60 that may be called STAYING */
    } table[] = {
        {"exponential, .5 s", {EXPONENTIAL, .5, .rate = 200}, 60, 0, 0},
        {"exponential, 20 s", {EXPONENTIAL, 20, .rate = 20}, 60, 0, 0},
        {"exponential, 60 s", {EXPONENTIAL, 60, .rate = 20}, 60, 0, 0},
        {"exponential, 60 s, sampled", {EXPONENTIAL, 60, .rate = 20}, 60, 4, 6},
        {"Weibull .5, 10 s", {WEIBULL, 10, .5, .rate = 20}, 120, 0, 0},
        {"Pareto 1, from .1 s", {PARETO, .1, 1, .rate = 100}, 120, 0, 0},
        {"Pareto .5, from .1 s", {PARETO, .1, .5, .rate = 100}, 120, 0, 0},
        {"Pareto .5, from 1 s", {PARETO, 1, .5, .rate = 10}, 300, 0, 0},
        {"sessions 10-120 s", {UNIFORM, 10, 120, .rate = 5}, 60, 0, 0},
        {"sessions 10-120 s, of 50", {UNIFORM, 10, 120, .rate = .5, .together = 50}, 60, 0, 2},
        {"sessions 10-120 s, of 50", {UNIFORM, 10, 120, .rate = .5, .together = 50}, 120, 0, 0},
        {"one burst", {.births = BURSTS, .rate = 10000, .period_s = 1000, .from_s = 20}, 120, 0, 0},
        {"10 s of growth", {.rate = 100, .from_s = 10, .until_s = 20}, 120, 0, 0},
        {"a pool that fills, early", {.births = FILL, .rate = 150, .period_s = 20}, 30, 0, 0},
        {"a pool that fills", {.births = FILL, .rate = 100, .period_s = 30}, 120, 0, 0},
        {"job each 30 s, for 20 s",
         {FIXED, 20, .births = BURSTS, .rate = 500, .period_s = 30},
         300,
         0,
         0},
        {"batch each min, for 1 min",
         {FIXED, 60, .births = BURSTS, .rate = 1000, .period_s = 60},
         300,
         0,
         0},
        {"frees that are not seen",
         {EXPONENTIAL, 2, .staying = .4, .rate = 100, .frees_unseen = 1},
         60,
         0,
         0},
        {"three for ever", {.rate = .05, .until_s = 60}, 120, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct tally tally = judge_many(&table[i].load, table[i].for_s, table[i].shift, 60);
        print(table[i].name, table[i].for_s, table[i].shift, &tally);
        assert_true(tally.of[PH_AGE_STAYING] <= table[i].most);
    }
}

/* What dies is called dying, what came at once a step. */
static void other_verdicts(void **state)
{
    const struct load busy = {EXPONENTIAL, .5, .rate = 200}, slow = {EXPONENTIAL, 20, .rate = 20};
    const struct load burst = {.births = BURSTS, .rate = 1000, .period_s = 1000, .from_s = 20};
    const struct load few = {.rate = .02};
    struct tally tally;
    (void)state;
    tally = judge_many(&busy, 60, 0, 30);
    assert_true(tally.of[PH_AGE_DYING] == 30);
    tally = judge_many(&slow, 60, 0, 30);
    assert_true(tally.of[PH_AGE_DYING] == 30);
    tally = judge_many(&burst, 120, 0, 30);
    assert_true(tally.of[PH_AGE_STEP] == 30);
    tally = judge_many(&few, 120, 0, 30);
    assert_true(tally.of[PH_AGE_STAYING] + tally.of[PH_AGE_DYING] == 0);
}

/* ------------------------------------------------------------------ numbers */

static void rates_hold_the_truth(void **state)
{
    static const struct {
        struct load load;
        unsigned for_s, shift;
        double rate;
    } table[] = {
        {{.rate = 1}, 120, 0, 1},
        {{.rate = 20}, 60, 0, 20},
        {{.rate = 100}, 120, 4, 100},
        {{.rate = 1, .together = 30}, 120, 0, 30},
        {{EXPONENTIAL, .3, .staying = .05, .rate = 200}, 60, 0, 10},
    };
    enum { RUNS = 100 };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        unsigned held = 0;
        double width = 0;
        for (unsigned k = 0; k < RUNS; k++) {
            struct ph_trace trace = {0};
            seed = 99 + k * UINT64_C(0xd1342543de82ef95);
            assert_true(run(&table[i].load, table[i].for_s, table[i].shift, &trace));
            const struct ph_age *age = &trace.sites[0].age;
            held += age->rate_low <= table[i].rate && table[i].rate <= age->rate_high;
            width += (age->rate_high - age->rate_low) / 2 / table[i].rate / RUNS;
            ph_trace_fini(&trace);
        }
        print_message("rate %g: held %u of %u, half width %.0f %%\n", table[i].rate, held,
                      (unsigned)RUNS, 100 * width);
        assert_true(held >= RUNS * 88 / 100);
    }
}

/* An exponential life of 30 s has a half-life of 20.8 s: the lower bound lies below, not far. */
static void half_life_is_a_bound(void **state)
{
    const struct load load = {EXPONENTIAL, 30, .rate = 20}, leak = {.rate = 20};
    unsigned held = 0;
    struct ph_trace trace = {0};
    (void)state;
    for (unsigned k = 0; k < 60; k++) {
        trace = (struct ph_trace){0};
        seed = 7 + k * UINT64_C(0xd1342543de82ef95);
        assert_true(run(&load, 60, 0, &trace));
        held += trace.sites[0].age.half_life_s <= 20.8;
        assert_true(trace.sites[0].age.half_life_s > 12);
        ph_trace_fini(&trace);
    }
    print_message("half-life: bound held in %u of 60\n", held);
    assert_true(held >= 54);
    trace = (struct ph_trace){0};
    assert_true(run(&leak, 60, 0, &trace));
    const struct ph_age *age = &trace.sites[0].age;
    assert_true(age->deaths == 0 && age->half_life_s > 60 && age->survival == 1);
    assert_true(age->cohorts >= 8 && age->staying == age->cohorts);
    ph_trace_fini(&trace);
}

static void young_says_how_long(void **state)
{
    const struct load leak = {.rate = .5};
    struct ph_trace trace = {0};
    (void)state;
    seed = 5;
    assert_true(run(&leak, 12, 0, &trace));
    assert_int_equal(trace.sites[0].age.verdict, PH_AGE_YOUNG);
    assert_true(trace.sites[0].age.missing_s >= 3);
    ph_trace_fini(&trace);
    trace = (struct ph_trace){0};
    struct ph_trace_site nothing = {0};
    ph_cohorts_judge(&trace, &nothing); /* no cohort at all */
    assert_int_equal(nothing.age.verdict, PH_AGE_YOUNG);
    assert_true(isnan(nothing.age.survival) && isnan(nothing.age.rate));
}

/* ------------------------------------------------------------------ together with the floors */

static struct ph_finding growing(double rate)
{
    return (struct ph_finding){
        .verdict = PH_VERDICT_GROWING,
        .missing = PH_MISSING_SPAN,
        .have_rate = true,
        .rate = rate,
        .rate_low = rate * .9,
        .rate_high = rate * 1.1,
    };
}

static void raises_what_grows_and_stays(void **state)
{
    const struct load leak = {.rate = 10}, work = {EXPONENTIAL, 5, .rate = 100};
    struct ph_trace trace = {0}, busy = {0};
    struct ph_series series = {.origin = PH_ORIGIN_SLABINFO};
    (void)state;
    assert_true(run(&leak, 140, 0, &trace));
    assert_true(run(&work, 140, 0, &busy));
    const struct ph_trace_site *sites[] = {&busy.sites[0], &trace.sites[0]};
    struct ph_finding finding = growing(10 * OBJECT_BYTES);
    assert_true(ph_cohorts_raise(&trace, sites, 2, &series, &finding));
    assert_int_equal(finding.verdict, PH_VERDICT_LEAK_LIKELY);
    assert_int_equal(finding.missing, PH_MISSING_NOTHING);
    assert_true(finding.by_age && finding.age_share > .7 && finding.age_share <= 1);
    assert_true(finding.age_watch_s > 139 && finding.age_half_life_s > 140);
    /* each reason not to */
    finding = growing(10 * OBJECT_BYTES);
    assert_false(ph_cohorts_raise(&trace, sites, 1, &series, &finding)); /* ordinary work only */
    finding = growing(50 * OBJECT_BYTES);
    assert_false(ph_cohorts_raise(&trace, sites, 2, &series, &finding)); /* explains too little */
    finding = growing(OBJECT_BYTES);
    assert_false(ph_cohorts_raise(&trace, sites, 2, &series, &finding)); /* counters say less */
    finding = growing(10 * OBJECT_BYTES);
    finding.verdict = PH_VERDICT_FLAT;
    assert_false(ph_cohorts_raise(&trace, sites, 2, &series, &finding));
    finding = growing(10 * OBJECT_BYTES);
    series.flags = PH_SERIES_RECLAIMABLE;
    assert_false(ph_cohorts_raise(&trace, sites, 2, &series, &finding));
    series.flags = 0;
    trace.sites[0].place.function = ph_strdup("security_inode_alloc"); /* follows an inode */
    assert_false(ph_cohorts_raise(&trace, sites, 2, &series, &finding));
    ph_free(trace.sites[0].place.function);
    trace.sites[0].place.function = NULL;
    trace.begun_ns += INT64_C(60) * 1000000000; /* watched for less */
    assert_false(ph_cohorts_raise(&trace, sites, 2, &series, &finding));
    assert_int_equal(finding.verdict, PH_VERDICT_GROWING);
    assert_false(finding.by_age);
    /* half an hour after the boot, two minutes do not suffice */
    trace.begun_ns = INT64_C(1800) * 1000000000;
    trace.now_ns = trace.begun_ns + INT64_C(140) * 1000000000;
    assert_false(ph_cohorts_raise(&trace, sites, 2, &series, &finding));
    ph_trace_fini(&trace);
    ph_trace_fini(&busy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaks_stay),
        cmocka_unit_test(work_does_not),
        cmocka_unit_test(other_verdicts),
        cmocka_unit_test(rates_hold_the_truth),
        cmocka_unit_test(half_life_is_a_bound),
        cmocka_unit_test(young_says_how_long),
        cmocka_unit_test(raises_what_grows_and_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
