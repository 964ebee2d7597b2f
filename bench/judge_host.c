#include "judge_host.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analysis/judge.h"
#include "analysis/stats.h"
#include "judge_baselines.h"
#include "judge_traces.h"

enum { TAGS = 2000, LIVELY = 760, TIMES = 5, RATES = 3, HOSTS_MAX = 16 };
static const unsigned look_h[TIMES] = {24, 48, 72, 168, 336};
static const double rates_h[RATES] = {20 * 1024., 200 * 1024., 2 * 1024. * 1024};

enum sort { SORT_BYTES, SORT_DIFF, SORT_DELTA, SORT_HOUR, SORT_SHARE, SORT_JUDGE, SORTS };
static const char *const sort_names[SORTS] = {"bytes",     "diff",     "delta all",
                                              "delta 1 h", "% growth", "judge"};

struct host_row {
    double rank[SORTS];
    double mk_flags, growing, false_likely, false_confirmed;
    bool found; /* the leaker is called LEAK */
};

struct tag {
    double object_bytes;
    double *bytes; /* NULL = constant */
    double constant;
};

static void must(struct ph_error *error)
{
    if (!error)
        return;
    fprintf(stderr, "bench_judge: %s\n", error->text);
    exit(2);
}

static double bytes_at(const struct tag *tag, size_t i)
{
    return tag->bytes ? tag->bytes[i] : tag->constant;
}

static double key_of(const struct tag *tag, enum sort sort, size_t i)
{
    double now = bytes_at(tag, i), start = bytes_at(tag, 0);
    switch (sort) {
    case SORT_BYTES:
        return now;
    case SORT_DIFF:
        return now / tag->object_bytes;
    case SORT_DELTA:
        return now - start;
    case SORT_HOUR:
        return now - bytes_at(tag, i - 30);
    default:
        return start > 0 ? now / start : 0;
    }
}

static bool mk_flags(const struct tag *tag, size_t end)
{
    double y[BLOCKS_MAX] = {0};
    size_t n[BLOCKS_MAX] = {0};
    if (!tag->bytes)
        return false;
    for (size_t i = 0; i < end; i++) {
        y[i * BLOCKS_MAX / end] += tag->bytes[i];
        n[i * BLOCKS_MAX / end]++;
    }
    for (size_t b = 0; b < BLOCKS_MAX; b++)
        y[b] /= (double)n[b];
    return baseline_mann_kendall(y, BLOCKS_MAX, false) > 3.1;
}

/* Tag 0 leaks. */
static void look(const struct tag *tags, const struct ph_finding_list *findings, size_t i,
                 struct host_row *row)
{
    for (size_t s = 0; s < SORT_JUDGE; s++) {
        double leaker = key_of(&tags[0], (enum sort)s, i);
        row->rank[s] = 1;
        for (size_t t = 1; t < TAGS; t++)
            row->rank[s] += key_of(&tags[t], (enum sort)s, i) > leaker;
    }
    for (size_t t = 1; t < TAGS; t++)
        row->mk_flags += mk_flags(&tags[t], i + 1);
    for (size_t f = 0; f < findings->count; f++) {
        const struct ph_finding *finding = &findings->items[f];
        if (finding->series == 0) {
            row->rank[SORT_JUDGE] = (double)f + 1;
            row->found = finding->verdict >= PH_VERDICT_LEAK_LIKELY;
            continue;
        }
        row->growing += finding->verdict == PH_VERDICT_GROWING;
        row->false_likely += finding->verdict >= PH_VERDICT_LEAK_LIKELY;
        row->false_confirmed += finding->verdict >= PH_VERDICT_LEAK_CONFIRMED;
    }
}

static void simulate(uint64_t seed, double rate_h, struct host_row rows[TIMES])
{
    static struct tag tags[TAGS];
    static struct trace trace;
    PH_GUARD(ph_judge_destroyp) struct ph_judge *judge = NULL;
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    PH_GUARD(ph_finding_list_fini) struct ph_finding_list findings = {0};
    struct rng rng = rng_of(seed);
    for (size_t t = 0; t < TAGS; t++) {
        tags[t].object_bytes = 16 * floor(rng_log_between(&rng, 2, 256));
        tags[t].constant = floor(rng_log_between(&rng, 1e3, 2e8));
        free(tags[t].bytes);
        tags[t].bytes = NULL;
        if (t > LIVELY)
            continue;
        /* The leaker is a plain tag with a small base, as drivers' own tags are. */
        trace_random(&trace, false, seed * TAGS + t);
        if (t == 0) {
            double base = rng_log_between(&rng, 1e5, 4e6);
            for (size_t i = 0; i < TRACE_SAMPLES; i++)
                trace.bytes[i] = floor(base * (1 + .01 * rng_normal(&rng)) +
                                       rate_h * (double)i * TRACE_SPACING_S / 3600);
        }
        tags[t].bytes = malloc(sizeof(trace.bytes));
        if (!tags[t].bytes)
            exit(2);
        memcpy(tags[t].bytes, trace.bytes, sizeof(trace.bytes));
    }
    must(ph_judge_create(NULL, &judge));
    for (uint32_t t = 0; t < TAGS; t++) {
        char name[8];
        int length = snprintf(name, sizeof(name), "T%u", t);
        const struct ph_series series = {.tag = {name, (size_t)length}};
        uint32_t number;
        must(ph_catalog_intern(&catalog, &series, &number));
    }
    size_t next = 0;
    for (size_t i = 0; i < TRACE_SAMPLES && next < TIMES; i++) {
        ph_sample_reset(&sample);
        sample.time_ns = (int64_t)i * TRACE_SPACING_S * 1000000000;
        for (uint32_t t = 0; t < TAGS; t++) {
            const struct ph_value value = {
                .series = t, .have = PH_HAVE_BYTES, .bytes = (int64_t)bytes_at(&tags[t], i)};
            must(ph_sample_add(&sample, &value));
        }
        must(ph_judge_add(judge, &catalog, &sample));
        if ((i + 1) * TRACE_SPACING_S < look_h[next] * 3600)
            continue;
        must(ph_judge_findings(judge, &catalog, &findings));
        look(tags, &findings, i, &rows[next++]);
    }
}

static void print_rate(double rate_h, unsigned hosts, const struct host_row rows[][TIMES])
{
    for (size_t t = 0; t < TIMES; t++) {
        double sums[4] = {0}, ranks[HOSTS_MAX];
        unsigned found = 0;
        printf("%6.0f KB/h %4u h", rate_h / 1024, look_h[t]);
        for (size_t s = 0; s < SORTS; s++) {
            for (unsigned h = 0; h < hosts; h++)
                ranks[h] = rows[h][t].rank[s];
            printf(" %9.0f", ph_median(ranks, hosts));
        }
        for (unsigned h = 0; h < hosts; h++) {
            sums[0] += rows[h][t].mk_flags / hosts;
            sums[1] += rows[h][t].growing / hosts;
            sums[2] += rows[h][t].false_likely / hosts;
            sums[3] += rows[h][t].false_confirmed / hosts;
            found += rows[h][t].found;
        }
        printf(" %8.0f %8.1f %6.1f / %-5.1f %3u of %u\n", sums[0], sums[1], sums[2], sums[3], found,
               hosts);
    }
}

bool host_tables(uint64_t first_seed, unsigned hosts)
{
    size_t bytes = sizeof(struct host_row) * RATES * HOSTS_MAX * TIMES;
    struct host_row(*rows)[HOSTS_MAX][TIMES] =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    hosts = hosts > HOSTS_MAX ? HOSTS_MAX : hosts;
    if (rows == MAP_FAILED)
        return false;
    fflush(NULL);
    enum { PARTS = 2 };
    pid_t children[PARTS];
    bool good = true;
    for (unsigned p = 0; p < PARTS; p++) {
        children[p] = fork();
        if (children[p] == 0) {
            for (unsigned job = p; job < RATES * hosts; job += PARTS)
                simulate(first_seed + job, rates_h[job / hosts], rows[job / hosts][job % hosts]);
            _exit(0);
        }
    }
    for (unsigned p = 0; p < PARTS; p++) {
        int status = 1;
        good =
            children[p] > 0 && waitpid(children[p], &status, 0) == children[p] && !status && good;
    }
    printf("\nOne leaker among %d tags (%d constant, the rest from the benign families), single "
           "looks;\n"
           "median rank of the leaker by each sort, means per host of %u hosts, seeds from %llu\n",
           TAGS, TAGS - LIVELY, hosts, (unsigned long long)first_seed);
    printf("%18s", "rate, age");
    for (size_t s = 0; s < SORTS; s++)
        printf(" %9s", sort_names[s]);
    printf(" %8s %8s %14s %s\n", "MK flags", "GROWING", "false LEAK l/c", "leaker is LEAK");
    for (size_t r = 0; good && r < RATES; r++)
        print_rate(rates_h[r], hosts, (const struct host_row(*)[TIMES])rows[r]);
    munmap(rows, bytes);
    return good;
}
