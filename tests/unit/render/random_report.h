/* random_report.h - reports of any shape from a seed, hostile names included. */
#ifndef RANDOM_REPORT_H
#define RANDOM_REPORT_H

#include "report_fixture.h"

/* xorshift64*: the same reports on every machine. */
static inline uint64_t roll(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(2685821657736338717);
}

static inline uint64_t below(uint64_t *seed, uint64_t limit)
{
    return roll(seed) % limit;
}

/* Any magnitude alike, any sign. */
static inline int64_t any_size(uint64_t *seed)
{
    int64_t value = (int64_t)(roll(seed) >> below(seed, 64));

    return below(seed, 8) ? (value < 0 ? ~value : value) : value;
}

static inline double any_rate(uint64_t *seed)
{
    static const double special[] = {0, NAN, INFINITY, -INFINITY, 1e-300, 1e300};

    if (!below(seed, 12))
        return special[below(seed, 6)];
    double value = pow(10, (double)below(seed, 18) - 6) * (1 + (double)below(seed, 900) / 100);
    return below(seed, 4) ? value : -value;
}

static const char *const hostile_pieces[] = {
    "\033[2J",
    "\033]0;x\007",
    "\n",
    "\r",
    "\t",
    "\\",
    "\"",
    ",",
    "\xe2\x80\xae",
    /* right to left */ "\xff\xfe",
    "\xc0\xaf",
    /* overlong */ "\xe6\xbc\xa2\xe5\xad\x97",
    "e\xcc\x81",
    "\xf0\x9f\x90\xb6",
    "\x9b",
    " ",
    "a",
    "kmalloc-",
    "x [m]",
    "/",
    "\xe2\x80\x8b",
    "\xc2\x85",
    "0",
    "\x7f",
    "{",
    "'",
    "=1+1",
    "\xed\xa0\x80",
};

static inline size_t hostile(uint64_t *seed, char *bytes, size_t capacity)
{
    size_t size = 0, pieces = below(seed, 12);

    for (size_t i = 0; i < pieces; i++) {
        const char *piece =
            hostile_pieces[below(seed, sizeof(hostile_pieces) / sizeof(hostile_pieces[0]))];
        if (size + strlen(piece) + 1 < capacity) {
            memcpy(bytes + size, piece, strlen(piece));
            size += strlen(piece);
        }
    }
    bytes[size] = 0;
    return size;
}

static inline void random_values(struct fixture *fixture, uint64_t *seed, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char tag[80], module[80], aliases[80];
        size_t size = hostile(seed, tag, sizeof(tag));
        (void)hostile(seed, module, sizeof(module));
        (void)hostile(seed, aliases, sizeof(aliases));
        struct ph_series series = {
            .origin = (enum ph_origin)below(seed, PH_ORIGIN_COUNT),
            .pool = (enum ph_pool)below(seed, PH_POOL_COUNT),
            .counter_bits = below(seed, 2) ? 32 : 0,
            .flags = (uint32_t)below(seed, 16),
            .object_bytes = (uint32_t)(roll(seed) >> (32 + below(seed, 32))),
            .slab_bytes = (uint32_t)(roll(seed) >> (32 + below(seed, 32))),
            .module = below(seed, 2) ? module : NULL,
            .aliases = below(seed, 2) ? aliases : NULL,
        };
        uint32_t number = add_series(fixture, series, tag, size);
        if (ph_sample_find(&fixture->sample, number) || number != i)
            continue; /* the same name again */
        add_value(fixture, (struct ph_value){.series = number,
                                             .have = (uint32_t)below(seed, 64),
                                             .allocs = roll(seed) >> below(seed, 64),
                                             .frees = roll(seed) >> below(seed, 64),
                                             .objects = any_size(seed),
                                             .bytes = any_size(seed)});
    }
}

static inline void random_trend(struct ph_trend *trend, uint64_t *seed)
{
    trend->count = below(seed, PH_TREND_POINTS + 1);
    for (size_t i = 0; i < trend->count; i++)
        trend->points[i] = any_rate(seed);
}

static inline void random_finding(struct fixture *fixture, uint64_t *seed, uint32_t series)
{
    struct ph_finding *finding =
        add_finding(fixture, series, (enum ph_verdict)below(seed, PH_VERDICT_COUNT));

    finding->urgent = !below(seed, 4);
    finding->missing = (enum ph_missing)below(seed, PH_MISSING_TIME + 1);
    finding->missing_s = any_rate(seed);
    finding->window_ns = any_size(seed);
    finding->windows = (uint32_t)below(seed, 20);
    finding->rose = (uint32_t)below(seed, 20);
    finding->gaps = below(seed, 3);
    finding->slow_ratio = any_rate(seed);
    finding->t_statistic = any_rate(seed);
    finding->have_rate = below(seed, 8);
    finding->rate = any_rate(seed);
    finding->rate_low = any_rate(seed);
    finding->rate_high = any_rate(seed);
    finding->object_rate = any_rate(seed);
    finding->ceiling_bytes = any_rate(seed);
    finding->span_ns = any_size(seed);
    finding->first_bytes = any_size(seed);
    finding->last_bytes = any_size(seed);
    finding->lowest_bytes = any_size(seed);
    finding->highest_bytes = any_size(seed);
    finding->last_objects = any_size(seed);
    finding->samples = below(seed, 3);
    finding->have_limit_time = below(seed, 2);
    finding->limit_s = any_rate(seed);
    finding->limit_s_low = any_rate(seed);
    finding->limit_s_high = any_rate(seed);
    finding->group = (uint32_t)below(seed, 5);
    random_trend(&fixture->trends[fixture->finding_count - 1], seed);
}

static inline void random_diff(struct fixture *fixture, uint64_t *seed, uint32_t series)
{
    fixture->diffs[fixture->diff_count++] = (struct ph_diff_row){
        .series = series,
        .in_before = below(seed, 4),
        .in_after = below(seed, 4),
        .before_bytes = any_size(seed),
        .after_bytes = any_size(seed),
        .before_objects = any_size(seed),
        .after_objects = any_size(seed),
        .have_rates = below(seed, 2),
        .before_rate = any_rate(seed),
        .before_low = any_rate(seed),
        .before_high = any_rate(seed),
        .after_rate = any_rate(seed),
        .after_low = any_rate(seed),
        .after_high = any_rate(seed),
        .before_verdict = (enum ph_verdict)below(seed, PH_VERDICT_COUNT),
        .after_verdict = (enum ph_verdict)below(seed, PH_VERDICT_COUNT),
        .sureness = below(seed, 4) ? "unsure: another boot, the counters began anew" : NULL,
    };
}

static inline int64_t maybe_size(uint64_t *seed)
{
    int64_t size = any_size(seed);

    return size < 0 ? -1 : size;
}

/* Some readings of the same series, a while apart, and things that happened. */
static inline void random_past(struct fixture *fixture, uint64_t *seed)
{
    static char name[] = "mod\033<b>", note[] = "out of tree & \"unsigned\"";
    struct ph_sample *sample = &fixture->sample;
    int64_t time_ns = sample->time_ns;

    for (size_t i = below(seed, 300); i > 0; i--) {
        sample->time_ns = time_ns / 2 + (int64_t)below(seed, UINT64_C(1000000000000));
        for (size_t k = 0; k < sample->count; k++)
            sample->values[k].bytes = any_size(seed);
        must(ph_history_add(&fixture->history, sample));
        if (!below(seed, 9)) {
            char text[80];
            (void)hostile(seed, text, sizeof(text));
            must(ph_event_add(&fixture->events, (enum ph_event_kind)below(seed, PH_EVENT_COUNT),
                              sample->time_ns, text));
        }
    }
    sample->time_ns = time_ns;
    fixture->drivers[0] =
        (struct ph_fact_driver){.name = name, .note = note, .bytes = any_size(seed)};
    fixture->drivers[1] = (struct ph_fact_driver){.bytes = -1, .from_tree = true, .loaded = true};
    fixture->facts.os = below(seed, 2) ? name : NULL;
    fixture->facts.uptime_ns = maybe_size(seed);
    fixture->facts.drivers = fixture->drivers;
    fixture->facts.driver_count = below(seed, 3);
}

static inline void fixture_random(struct fixture *fixture, uint64_t *seed)
{
    char text[80];

    fixture_init(fixture);
    fixture->sample.time_kind = (enum ph_time_kind)below(seed, 4);
    fixture->sample.time_ns = (int64_t)(roll(seed) >> 2);
    fixture->sample.represents = (uint32_t)below(seed, 4);
    fixture->sample.memory =
        (struct ph_memory){maybe_size(seed), maybe_size(seed), maybe_size(seed), maybe_size(seed),
                           maybe_size(seed), maybe_size(seed), maybe_size(seed), maybe_size(seed)};
    for (size_t i = 0; i < PH_POOL_COUNT; i++)
        fixture->sample.pools[i] = (struct ph_pool_total){(uint32_t)below(seed, 8), any_size(seed),
                                                          any_size(seed), any_size(seed)};
    (void)hostile(seed, fixture->machine.host, 20);
    (void)hostile(seed, fixture->machine.release, 20);
    random_values(fixture, seed, below(seed, 40));
    for (uint32_t i = 0; i < fixture->catalog.count; i++) {
        random_finding(fixture, seed, i);
        random_diff(fixture, seed, i);
    }
    for (size_t i = 0; i < 4; i++) {
        fixture->pools[i].pool = (enum ph_pool)below(seed, PH_POOL_COUNT);
        fixture->pools[i].first = fixture->sample.pools[below(seed, PH_POOL_COUNT)];
        fixture->pools[i].last = fixture->sample.pools[below(seed, PH_POOL_COUNT)];
        random_trend(&fixture->pools[i].trend, seed);
    }
    for (size_t i = below(seed, 4); i > 0; i--) {
        (void)hostile(seed, text, sizeof(text));
        must(ph_loss_add(&fixture->losses, below(seed, 9), "/proc/slabinfo: %s", text));
        must(ph_loss_add(&fixture->sample.losses, below(seed, 9), "line 3: %s", text));
    }
    random_past(fixture, seed);
}

static inline struct ph_hunt_report random_hunt(const struct fixture *fixture, uint64_t *seed)
{
    struct ph_hunt_report report = hunt_of(fixture);

    report.pool_count = below(seed, 5);
    report.segments = (uint32_t)below(seed, 4);
    report.clock_jumps = below(seed, 3);
    report.top = below(seed, 6);
    report.all = below(seed, 2);
    report.recording = below(seed, 2) ? "a b\033.poolhound" : NULL;
    report.recording_note = below(seed, 2) ? "no space left on the device" : NULL;
    report.trends = below(seed, 4) ? fixture->trends : NULL;
    report.last = below(seed, 4) ? &fixture->sample : NULL;
    report.machine = below(seed, 4) ? &fixture->machine : NULL;
    report.history = below(seed, 4) ? &fixture->history : NULL;
    report.events = below(seed, 4) ? &fixture->events : NULL;
    report.facts = below(seed, 4) ? &fixture->facts : NULL;
    report.anonymous = below(seed, 2);
    return report;
}

static inline struct ph_diff_report random_diff_report(const struct fixture *fixture,
                                                       uint64_t *seed)
{
    struct ph_diff_report report = diff_of(fixture);

    report.rebooted = below(seed, 2);
    report.same_machine = below(seed, 2);
    report.elapsed_s = any_rate(seed);
    report.before_time_kind = (enum ph_time_kind)below(seed, 4);
    report.after_time_kind = (enum ph_time_kind)below(seed, 4);
    report.top = below(seed, 6);
    return report;
}

#endif
