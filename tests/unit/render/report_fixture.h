/* report_fixture.h - small reports by hand for the tests of render/. */
#ifndef REPORT_FIXTURE_H
#define REPORT_FIXTURE_H

#include <math.h>
#include <string.h>

#include "model/facts.h"
#include "model/history.h"
#include "render/render.h"

struct fixture {
    struct ph_catalog catalog;
    struct ph_sample sample;
    struct ph_machine machine;
    struct ph_loss_list losses;
    uint32_t rows[64];
    struct ph_finding findings[64];
    struct ph_trend trends[64];
    size_t finding_count;
    struct ph_pool_row pools[4];
    struct ph_diff_row diffs[64];
    size_t diff_count;
    struct ph_history history;
    struct ph_event_list events;
    struct ph_fact_driver drivers[2]; /* their strings are literals */
    struct ph_facts facts;
};

/* The tests' own helper: a failure of it is a failure of the test. */
static inline void must(struct ph_error *error)
{
    if (error) {
        (void)fprintf(stderr, "%s\n", error->text);
        ph_error_free(error);
        abort();
    }
}

static inline uint32_t add_series(struct fixture *fixture, struct ph_series like, const char *tag,
                                  size_t size)
{
    uint32_t number = 0;

    like.tag = (struct ph_slice){tag, size};
    must(ph_catalog_intern(&fixture->catalog, &like, &number));
    return number;
}

static inline void add_value(struct fixture *fixture, struct ph_value value)
{
    fixture->rows[fixture->sample.count] = (uint32_t)fixture->sample.count;
    must(ph_sample_add(&fixture->sample, &value));
}

static inline uint32_t windows_row(struct fixture *fixture, const char *tag, enum ph_pool pool,
                                   uint64_t allocs, uint64_t frees, int64_t bytes)
{
    uint32_t series = add_series(
        fixture, (struct ph_series){.origin = PH_ORIGIN_POOLMON, .pool = pool, .counter_bits = 32},
        tag, strlen(tag));

    add_value(fixture, (struct ph_value){.series = series,
                                         .have = PH_HAVE_ALLOCS | PH_HAVE_FREES | PH_HAVE_OBJECTS |
                                                 PH_HAVE_BYTES,
                                         .allocs = allocs,
                                         .frees = frees,
                                         .objects = (int64_t)(allocs - frees),
                                         .bytes = bytes});
    return series;
}

static inline uint32_t linux_row(struct fixture *fixture, const char *tag, enum ph_pool pool,
                                 int64_t objects, uint32_t size, char *aliases)
{
    uint32_t series = add_series(fixture,
                                 (struct ph_series){.origin = PH_ORIGIN_SLABINFO,
                                                    .pool = pool,
                                                    .object_bytes = size,
                                                    .slab_bytes = size + 16,
                                                    .aliases = aliases},
                                 tag, strlen(tag));

    add_value(fixture, (struct ph_value){.series = series,
                                         .have = PH_HAVE_OBJECTS | PH_HAVE_BYTES,
                                         .objects = objects,
                                         .bytes = objects * (size + 16)});
    return series;
}

/* A finding with a rate and windows; the caller changes what its test is about. */
static inline struct ph_finding *add_finding(struct fixture *fixture, uint32_t series,
                                             enum ph_verdict verdict)
{
    size_t at = fixture->finding_count++;
    struct ph_finding *finding = &fixture->findings[at];
    bool grows = verdict >= PH_VERDICT_LEVELLING;

    *finding = (struct ph_finding){
        .series = series,
        .verdict = verdict,
        .window_ns = INT64_C(6) * 3600 * 1000000000,
        .windows = verdict == PH_VERDICT_NO_DATA ? 0 : 14,
        .rose = grows ? 13 : 6,
        .t_statistic = 12.5,
        .slow_ratio = .98,
        .new_territory = grows,
        .have_rate = verdict != PH_VERDICT_NO_DATA,
        .rate = grows ? 20.1 * 1024 : 0,
        .rate_low = grows ? 19.6 * 1024 : -10,
        .rate_high = grows ? 20.7 * 1024 : 12,
        .object_rate = NAN,
        .ceiling_bytes = verdict == PH_VERDICT_LEVELLING ? 12. * 1024 * 1024 : (double)NAN,
        .first_bytes = 1024 * 1024,
        .last_bytes = 4 * 1024 * 1024,
        .lowest_bytes = 1024 * 1024,
        .highest_bytes = 4 * 1024 * 1024,
        .last_objects = 4096,
        .span_ns = INT64_C(30) * 1000000000,
        .samples = 30,
    };
    for (size_t i = 0; i < PH_FLOORS_MAX; i++)
        finding->floors[i] = 1e6 + 1e5 * (double)i;
    struct ph_trend *trend = &fixture->trends[at];
    trend->count = PH_TREND_POINTS;
    for (size_t i = 0; i < PH_TREND_POINTS; i++)
        trend->points[i] = 1e6 + (grows ? 1e5 * (double)i : 0);
    return finding;
}

static inline struct ph_pool_row pool_row(enum ph_pool pool, int64_t first, int64_t last,
                                          int64_t limit)
{
    uint32_t have = PH_TOTAL_BYTES | (limit ? (uint32_t)PH_TOTAL_LIMIT : 0);
    struct ph_pool_row row = {
        .pool = pool,
        .first = {.have = have, .bytes = first, .limit_bytes = limit},
        .last = {.have = have, .bytes = last, .limit_bytes = limit},
        .trend = {.count = PH_TREND_POINTS},
    };

    for (size_t i = 0; i < PH_TREND_POINTS; i++)
        row.trend.points[i] =
            (double)first + (double)(last - first) * (double)i / (PH_TREND_POINTS - 1);
    return row;
}

static inline void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    ph_sample_reset(&fixture->sample);
    fixture->sample.time_ns = INT64_C(1793628300) * 1000000000; /* 2026-11-02T14:05:00Z */
    fixture->machine = (struct ph_machine){.host = "web1",
                                           .system = "Linux",
                                           .release = "6.1.0-18-amd64",
                                           .boot_id = "b-1",
                                           .cpus = 4,
                                           .page_bytes = 4096,
                                           .memory_bytes = INT64_C(8) << 30};
}

static inline void fixture_fini(struct fixture *fixture)
{
    ph_catalog_fini(&fixture->catalog);
    ph_sample_fini(&fixture->sample);
    ph_loss_fini(&fixture->losses);
    ph_history_fini(&fixture->history);
    ph_event_fini(&fixture->events);
    ph_loss_fini(&fixture->facts.losses);
}

static inline struct ph_reading_report reading_of(const struct fixture *fixture)
{
    return (struct ph_reading_report){
        .catalog = &fixture->catalog,
        .sample = &fixture->sample,
        .machine = &fixture->machine,
        .rows = fixture->rows,
        .row_count = fixture->sample.count,
        .matched = fixture->sample.count,
        .source = "live kernel",
    };
}

static inline struct ph_hunt_report hunt_of(const struct fixture *fixture)
{
    return (struct ph_hunt_report){
        .catalog = &fixture->catalog,
        .last = &fixture->sample,
        .machine = &fixture->machine,
        .findings = fixture->findings,
        .finding_count = fixture->finding_count,
        .trends = fixture->trends,
        .pools = fixture->pools,
        .time_kind = fixture->sample.time_kind,
        .first_ns = fixture->sample.time_ns - INT64_C(29) * 1000000000,
        .last_ns = fixture->sample.time_ns,
        .samples = 30,
        .segments = 1,
        .losses = &fixture->losses,
        .source = "live kernel",
        .top = 12,
    };
}

static inline struct ph_diff_report diff_of(const struct fixture *fixture)
{
    return (struct ph_diff_report){
        .catalog = &fixture->catalog,
        .before_name = "before.log",
        .after_name = "after.log",
        .before_machine = &fixture->machine,
        .after_machine = &fixture->machine,
        .rows = fixture->diffs,
        .row_count = fixture->diff_count,
        .same_machine = true,
        .elapsed_s = 7200,
        .before_samples = 12,
        .after_samples = 12,
        .losses = &fixture->losses,
        .top = 12,
    };
}

#endif
