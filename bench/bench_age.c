/* bench_age.c - how often the age of the living says the right thing, on this kernel with real
 * work. See docs/method.md.
 *
 *     bench_age [--quick] [--limit] [--raw FILE] [--load NAME] [loads] [mixed] [leaks]
 *
 * loads: each ordinary load by itself; mixed: all of them at once; leaks: things held for ever at
 * known rates, beside ordinary loads. --limit: with the tracer's usual limit of CPU, so sampled.
 * Whatever else runs on the machine is work, too. Needs the rights to trace; leaks end with it.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "age_load.h"
#include "age_watch.h"
#include "model/trace.h"

enum { LABELS_MAX = 64, BURST = 1000, ROUNDS = 3, RUNS_MAX = 3, LOADS_MAX = 16 };

struct label {
    char site[NAME_BYTES], cache[40];
    unsigned each[LEAK_KINDS]; /* objects for one of a kind, in each round the same */
    unsigned rounds[LEAK_KINDS];
};

static struct {
    bool quick, limit;
    const char *load; /* only this one; NULL = all */
    FILE *raw;
    struct label labels[LABELS_MAX];
    size_t label_count;
    const char *run; /* its name, for the raw rows */
} bench;

/* ------------------------------------------------------------------ what a leak must grow */

struct burst {
    enum leak_kind kind;
    pid_t pid;
};

static void do_burst(void *context)
{
    struct burst *burst = context;

    burst->pid = leak_burst(burst->kind, BURST);
}

static void found(void *context, const char *site, const char *cache, unsigned each)
{
    const struct burst *burst = context;
    size_t i = 0;

    while (i < bench.label_count && strcmp(bench.labels[i].site, site))
        i++;
    if (i == LABELS_MAX)
        return;
    if (i == bench.label_count) {
        struct label *fresh = &bench.labels[bench.label_count++];
        snprintf(fresh->site, sizeof(fresh->site), "%s", site);
        snprintf(fresh->cache, sizeof(fresh->cache), "%s", cache);
    }
    struct label *known = &bench.labels[i];
    if (!known->rounds[burst->kind]++)
        known->each[burst->kind] = each;
    else if (known->each[burst->kind] != each)
        known->rounds[burst->kind] = 0;
}

static void label(void)
{
    load_prepare();
    for (int i = 0; i < ROUNDS * LEAK_KINDS; i++) {
        struct burst burst = {.kind = (enum leak_kind)(i % LEAK_KINDS)};
        watch_burst(do_burst, found, &burst, BURST);
        load_stop(burst.pid);
    }
    for (size_t i = 0; i < bench.label_count; i++)
        for (int kind = 0; kind < LEAK_KINDS; kind++)
            if (bench.labels[i].rounds[kind] < ROUNDS)
                bench.labels[i].each[kind] = 0;
    printf("What each leaks, by a burst of %d: objects for one\n", (int)BURST);
    for (size_t i = 0; i < bench.label_count; i++) {
        printf("  %-44s", bench.labels[i].site);
        for (int kind = 0; kind < LEAK_KINDS; kind++)
            if (bench.labels[i].each[kind])
                printf(" %s x%u", leak_name((enum leak_kind)kind), bench.labels[i].each[kind]);
        printf("\n");
    }
    sleep(2); /* what is freed late */
}

static const struct label *label_of(const char *site)
{
    for (size_t i = 0; i < bench.label_count; i++)
        if (!strcmp(bench.labels[i].site, site))
            return &bench.labels[i];
    return NULL;
}

static double true_rate(const struct label *known, const double *rates)
{
    double rate = 0;

    for (int kind = 0; known && rates && kind < LEAK_KINDS; kind++)
        rate += known->each[kind] * rates[kind];
    return rate;
}

static double true_tag_rate(const char *tag, const double *rates)
{
    double rate = 0;

    for (size_t i = 0; i < bench.label_count; i++)
        if (!strcmp(bench.labels[i].cache, tag))
            rate += true_rate(&bench.labels[i], rates);
    return rate;
}

/* ------------------------------------------------------------------ raw rows */

static void raw(const struct watched *watched, const double *rates)
{
    if (!bench.raw)
        return;
    for (size_t m = 0; m < watched->mark_count; m++) {
        for (size_t i = 0; i < watched->site_count; i++) {
            const struct watched_site *site = &watched->sites[i];
            if (site->verdict[m] == PH_AGE_UNKNOWN)
                continue;
            fprintf(bench.raw,
                    "site\t%s\t%g\t%s\t%s\t%s\t%.0f\t%.0f\t%.4g\t%.4g\t%.4g\t%.4g\t%.1f\t%g\n",
                    bench.run, watched->marks_s[m], site->name,
                    site->reclaimable ? "reclaimable" : "-",
                    ph_age_verdict_id((enum ph_age_verdict)site->verdict[m]), site->objects[m],
                    site->implicit[m], site->rate[m], site->rate_low[m], site->rate_high[m],
                    site->half_life_s[m], site->first_staying_s,
                    true_rate(label_of(site->name), rates));
        }
        for (size_t i = 0; i < watched->tag_count; i++) {
            const struct watched_tag *tag = &watched->tags[i];
            if (tag->growing[m])
                fprintf(bench.raw, "tag\t%s\t%g\t%s\t%s\t%s\t%.2f\t%g\n", bench.run,
                        watched->marks_s[m], tag->name, tag->reclaimable ? "reclaimable" : "-",
                        tag->raised[m] ? "raised" : "growing", tag->share[m],
                        true_tag_rate(tag->name, rates));
        }
    }
    fprintf(bench.raw, "run\t%s\t1/%u\t%.4f\t%.0f\n", bench.run, 1u << watched->shift_most,
            watched->cpu_share, watched->events_per_second);
    fflush(bench.raw);
}

/* ------------------------------------------------------------------ sums */

struct sum {
    unsigned judged, staying,
        reclaimable;          /* sites: all, falsely STAYING, of caches that give back */
    unsigned ever;            /* falsely STAYING at any reading so far */
    unsigned leaks, found;    /* true sites, and those STAYING */
    unsigned held, rated;     /* intervals that hold the true rate, of found ones */
    unsigned growing, raised; /* falsely */
    unsigned tags, tags_growing, tags_raised; /* true, not reclaimable */
};

static void add_sites(const struct watched *watched, size_t m, const double *rates, struct sum *sum)
{
    for (size_t i = 0; i < watched->site_count; i++) {
        const struct watched_site *site = &watched->sites[i];
        double rate = true_rate(label_of(site->name), rates);
        bool staying = site->verdict[m] == PH_AGE_STAYING;
        if (site->verdict[m] == PH_AGE_UNKNOWN)
            continue;
        if (rate > 0) {
            sum->leaks++;
            sum->found += staying;
            sum->rated += staying;
            sum->held += staying && site->rate_low[m] <= rate && rate <= site->rate_high[m];
            continue;
        }
        sum->judged++;
        sum->reclaimable += staying && site->reclaimable;
        sum->staying += staying && !site->reclaimable;
        sum->ever += !site->reclaimable && site->first_staying_s <= watched->marks_s[m] + 1;
    }
}

static void add_tags(const struct watched *watched, size_t m, const double *rates, struct sum *sum)
{
    for (size_t i = 0; i < watched->tag_count; i++) {
        const struct watched_tag *tag = &watched->tags[i];
        bool leaks = true_tag_rate(tag->name, rates) > 0;
        if (tag->reclaimable)
            continue;
        sum->tags += leaks;
        sum->tags_growing += leaks && tag->growing[m];
        sum->tags_raised += leaks && tag->raised[m];
        sum->growing += !leaks && tag->growing[m];
        sum->raised += !leaks && tag->raised[m];
    }
}

static void print_false(const struct watched *watched, size_t m, const double *rates)
{
    for (size_t i = 0; i < watched->site_count; i++) {
        const struct watched_site *site = &watched->sites[i];
        if (site->verdict[m] == PH_AGE_STAYING && !site->reclaimable &&
            true_rate(label_of(site->name), rates) <= 0)
            printf("    false STAYING at %g s: %s, %.3g/s, %.0f live, half-life > %.0f s\n",
                   watched->marks_s[m], site->name, site->rate[m], site->objects[m],
                   site->half_life_s[m]);
    }
    for (size_t i = 0; i < watched->tag_count; i++) {
        const struct watched_tag *tag = &watched->tags[i];
        if (tag->raised[m] && true_tag_rate(tag->name, rates) <= 0)
            printf("    false raise at %g s: %s, explains %.0f %%\n", watched->marks_s[m],
                   tag->name, 100 * tag->share[m]);
    }
}

static void print_sums(const struct watched *watched, const double *rates, struct sum *sums)
{
    for (size_t m = 0; m < watched->mark_count; m++) {
        struct sum sum = {0};
        add_sites(watched, m, rates, &sum);
        add_tags(watched, m, rates, &sum);
        printf("  %4g s: %4u sites, false STAYING %u (ever %u; of reclaimable caches %u); tags "
               "falsely GROWING %u, raised %u",
               watched->marks_s[m], sum.judged, sum.staying, sum.ever, sum.reclaimable, sum.growing,
               sum.raised);
        if (sum.leaks)
            printf("; leaking sites found %u of %u, rate held %u of %u; tags GROWING %u, raised %u "
                   "of %u",
                   sum.found, sum.leaks, sum.held, sum.rated, sum.tags_growing, sum.tags_raised,
                   sum.tags);
        printf("\n");
        print_false(watched, m, rates);
        unsigned *to = (unsigned *)&sums[m], *from = (unsigned *)&sum;
        for (size_t i = 0; i < sizeof(sum) / sizeof(unsigned); i++)
            to[i] += from[i];
    }
    fflush(stdout);
}

/* ------------------------------------------------------------------ runs */

static void watch(const double *marks_s, size_t mark_count, const double *rates, struct sum *sums,
                  struct watched *watched)
{
    struct watch_options options = {
        .mark_count = mark_count,
        .cpu_most = bench.limit ? 0 : (double)INFINITY,
    };

    memcpy(options.marks_s, marks_s, mark_count * sizeof(*marks_s));
    watch_run(&options, watched);
    raw(watched, rates);
    print_sums(watched, rates, sums);
    printf("  sampled 1/%u at most, %.1f %% of the machine\n", 1u << watched->shift_most,
           100 * watched->cpu_share);
}

static void print_total(const char *what, const double *marks_s, size_t mark_count,
                        const struct sum *sums)
{
    printf("\n%s, all runs:\n", what);
    for (size_t m = 0; m < mark_count; m++) {
        const struct sum *sum = &sums[m];
        printf("  %4g s: false STAYING %u of %u sites = %.3f a 100 site-minutes (ever %u), "
               "reclaimable %u; tags GROWING %u, raised %u",
               marks_s[m], sum->staying, sum->judged,
               sum->judged ? 100 * sum->staying / (sum->judged * marks_s[m] / 60) : 0, sum->ever,
               sum->reclaimable, sum->growing, sum->raised);
        if (sum->leaks)
            printf("; leaks found %u of %u, rate held %u of %u, tags GROWING %u, raised %u of %u",
                   sum->found, sum->leaks, sum->held, sum->rated, sum->tags_growing,
                   sum->tags_raised, sum->tags);
        printf("\n");
    }
}

static void each_load(void)
{
    static const double marks_s[] = {30, 60};
    struct sum sums[MARKS_MAX] = {{0}};
    struct watched watched;

    printf("\nEach load by itself\n");
    for (size_t i = 0; i < ordinary_load_count; i++) {
        if (bench.load && strcmp(bench.load, ordinary_loads[i].name) != 0)
            continue;
        printf("%s\n", ordinary_loads[i].name);
        bench.run = ordinary_loads[i].name;
        pid_t pid = load_start(&ordinary_loads[i]);
        watch(marks_s, bench.quick ? 1 : 2, NULL, sums, &watched);
        load_stop(pid);
        watched_free(&watched);
    }
    print_total("Loads by themselves", marks_s, bench.quick ? 1 : 2, sums);
}

static const double marks_s[] = {30, 60, 120, 300};

static void start_loads(size_t count, pid_t *pids)
{
    for (size_t i = 0; i < count; i++)
        pids[i] = load_start(&ordinary_loads[i]);
}

static void stop_all(pid_t *pids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        load_stop(pids[i]);
}

static void all_loads(void)
{
    struct sum sums[MARKS_MAX] = {{0}};
    struct watched watched;
    pid_t pids[LOADS_MAX];

    printf("\nAll loads at once\n");
    bench.run = "mixed";
    start_loads(ordinary_load_count, pids);
    watch(marks_s, bench.quick ? 2 : 4, NULL, sums, &watched);
    stop_all(pids, ordinary_load_count);
    watched_free(&watched);
}

/* The first so many loads go on beside leaks: those that end what they begin. */
enum { BESIDE = 8 };

static void print_times(const struct watched *watched, const double *rates)
{
    for (int kind = 0; kind < LEAK_KINDS; kind++) {
        printf("  %s, %g/s:", leak_name((enum leak_kind)kind), rates[kind]);
        for (size_t i = 0; i < watched->site_count; i++) {
            const struct watched_site *site = &watched->sites[i];
            const struct label *known = label_of(site->name);
            /* what only this kind makes */
            if (!known || !known->each[kind] ||
                true_rate(known, rates) > known->each[kind] * rates[kind])
                continue;
            size_t last = watched->mark_count - 1;
            printf(" %s after %.0f s, %.3g [%.3g-%.3g]/s;", site->name, site->first_staying_s,
                   site->rate[last], site->rate_low[last], site->rate_high[last]);
        }
        printf("\n");
    }
}

static void leaks(void)
{
    static const double RATES[RUNS_MAX][LEAK_KINDS] = {
        {1, 10, 100, 10}, {10, 100, 1, 1}, {100, 1, 10, 100}};
    struct sum sums[MARKS_MAX] = {{0}};
    size_t mark_count = bench.quick ? 2 : 4;

    printf("\nLeaks beside loads\n");
    for (size_t run = 0; run < (bench.quick ? 1 : RUNS_MAX); run++) {
        static const char *const NAMES[] = {"leaks 1", "leaks 2", "leaks 3"};
        struct watched watched;
        pid_t pids[LOADS_MAX + LEAK_KINDS];
        size_t count = BESIDE;
        bench.run = NAMES[run];
        start_loads(BESIDE, pids);
        for (int kind = 0; kind < LEAK_KINDS; kind++)
            pids[count++] = leak_start((enum leak_kind)kind, RATES[run][kind]);
        printf("%s\n", bench.run);
        watch(marks_s, mark_count, RATES[run], sums, &watched);
        stop_all(pids, count);
        print_times(&watched, RATES[run]);
        watched_free(&watched);
    }
    print_total("Leaks beside loads", marks_s, mark_count, sums);
}

int main(int argc, char **argv)
{
    bool some = false, want[3] = {false};
    static const char *const PARTS[] = {"loads", "mixed", "leaks"};

    for (int i = 1; i < argc; i++) {
        bool known = true;
        if (!strcmp(argv[i], "--quick"))
            bench.quick = true;
        else if (!strcmp(argv[i], "--limit"))
            bench.limit = true;
        else if (!strcmp(argv[i], "--load") && i + 1 < argc)
            bench.load = argv[++i];
        else if (!strcmp(argv[i], "--raw") && i + 1 < argc)
            known = (bench.raw = fopen(argv[++i], "a")) != NULL;
        else {
            known = false;
            for (size_t k = 0; k < 3; k++)
                if (!strcmp(argv[i], PARTS[k]))
                    known = some = want[k] = true;
        }
        if (!known) {
            fprintf(stderr,
                    "usage: bench_age [--quick] [--limit] [--raw FILE] [--load NAME] [loads] "
                    "[mixed] [leaks]\n");
            return 2;
        }
    }
    if (!some)
        want[0] = want[1] = want[2] = true;
    label();
    if (want[0])
        each_load();
    if (want[1])
        all_loads();
    if (want[2])
        leaks();
    load_clean();
    return bench.raw && fclose(bench.raw) ? 2 : 0;
}
