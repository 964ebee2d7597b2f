/* rich_report.h - a report with everything in it: a history of a week, events, facts, an owner. */
#ifndef RICH_REPORT_H
#define RICH_REPORT_H

#include "base/os.h"
#include "model/facts.h"
#include "model/history.h"
#include "render/report_format.h"
#include "report_fixture.h"

enum { RICH_READINGS = 504, RICH_STEP_S = 1200 }; /* a week, every 20 minutes */

struct rich {
    struct ph_catalog catalog;
    struct ph_sample sample;
    struct ph_machine machine;
    struct ph_loss_list losses;
    struct ph_history history;
    struct ph_event_list events;
    struct ph_facts facts;
    struct ph_finding *findings;
    struct ph_trend *trends;
    struct ph_pool_row pools[2];
    struct ph_owner_report owner;
    struct ph_hunt_report report;
};

static const char *const HOSTILE_TAGS[] = {
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "a&b;&amp;'q'",
    "\x1b[2J\x07",
    "\xff\xfe\xc0",
    "\xe2\x80\xaegnp.exe",
    "|`*_[x](http://example.org)",
    "</style></svg></title>",
};
enum { HOSTILE_COUNT = sizeof(HOSTILE_TAGS) / sizeof(HOSTILE_TAGS[0]) };

static inline char *text_of(const char *text)
{
    char *copy = ph_strdup(text);

    assert_non_null(copy);
    return copy;
}

static inline int64_t rich_bytes(size_t tag, size_t reading)
{
    double at = (double)reading;
    double noise = (double)((tag * 7919 + reading * 104729) % 997) * 64;

    if (tag == 0) /* level for two days, then 1 MB an hour */
        return (int64_t)(12e6 + noise + (at > 144 ? (at - 144) * 349525 : 0));
    if (tag < 9)
        return (int64_t)(4e6 + noise + at * 20000 / (double)tag);
    return (int64_t)(1e5 + (double)(tag * 977 % 5000) * 1024 + noise);
}

static inline enum ph_verdict rich_verdict(size_t tag)
{
    static const enum ph_verdict cleared[] = {
        PH_VERDICT_FLAT,      PH_VERDICT_FLAT, PH_VERDICT_FLAT,   PH_VERDICT_FLAT,
        PH_VERDICT_CYCLIC,    PH_VERDICT_STEP, PH_VERDICT_FLAT,   PH_VERDICT_FLAT,
        PH_VERDICT_LEVELLING, PH_VERDICT_FLAT, PH_VERDICT_NO_DATA};

    if (tag < 2)
        return tag ? PH_VERDICT_LEAK_LIKELY : PH_VERDICT_LEAK_CONFIRMED;
    return tag < 9 ? PH_VERDICT_GROWING : cleared[tag % (sizeof(cleared) / sizeof(cleared[0]))];
}

static inline void rich_finding(struct rich *rich, size_t tag)
{
    struct ph_finding *finding = &rich->findings[tag];
    bool grows = tag < 9;
    double rate = tag == 0 ? 349525. / RICH_STEP_S : grows ? 20000. / (double)tag / RICH_STEP_S : 0;

    *finding = (struct ph_finding){
        .series = (uint32_t)tag,
        .verdict = rich_verdict(tag),
        .missing = tag == 2 ? PH_MISSING_SPAN : PH_MISSING_NOTHING,
        .missing_s = tag == 2 ? 4 * 3600 : 0,
        .window_ns = 6 * PH_HOUR,
        .windows = 12,
        .rose = grows ? 11 : 5,
        .t_statistic = 12.5,
        .slow_ratio = .98,
        .new_territory = grows,
        .have_rate = true,
        .rate = rate,
        .rate_low = grows ? rate * .97 : -10,
        .rate_high = grows ? rate * 1.04 : 12,
        .object_rate = grows ? rate / 256 : (double)NAN,
        .ceiling_bytes = rich_verdict(tag) == PH_VERDICT_LEVELLING ? 12e6 : (double)NAN,
        .first_bytes = rich_bytes(tag, 0),
        .last_bytes = rich_bytes(tag, RICH_READINGS - 1),
        .lowest_bytes = rich_bytes(tag, 0) - 4096,
        .highest_bytes = rich_bytes(tag, RICH_READINGS - 1) + 65536,
        .last_objects = 4096 + (int64_t)tag,
        .span_ns = (int64_t)RICH_READINGS * RICH_STEP_S * PH_SECOND,
        .samples = RICH_READINGS,
        .have_limit_time = tag == 0,
        .limit_s = 6.2 * 86400,
        .limit_s_low = 5.9 * 86400,
        .limit_s_high = 6.6 * 86400,
        .group = tag == 3 || tag == 4 ? 1 : 0,
    };
    for (size_t i = 0; i < 12; i++) {
        finding->floors[i] =
            (double)rich_bytes(tag, RICH_READINGS - 1) - rate * 6 * 3600 * (double)(11 - i);
        finding->floor_age_s[i] = 6 * 3600. * (double)(12 - i);
    }
    struct ph_trend *trend = &rich->trends[tag];
    trend->count = PH_TREND_POINTS;
    for (size_t i = 0; i < PH_TREND_POINTS; i++)
        trend->points[i] = (double)rich_bytes(tag, i * (RICH_READINGS - 1) / 31);
}

static inline void rich_series(struct rich *rich, size_t tag, bool hostile)
{
    char name[64];
    uint32_t number = 0;
    struct ph_series series = {.origin = PH_ORIGIN_SLABINFO,
                               .pool = tag % 3 ? PH_POOL_UNRECLAIMABLE : PH_POOL_RECLAIMABLE,
                               .object_bytes = 256};

    if (!tag)
        series.pool = PH_POOL_UNRECLAIMABLE;
    (void)snprintf(name, sizeof(name), tag ? "driver_cache_%zu" : "wg_peer", tag);
    if (hostile && tag < HOSTILE_COUNT)
        (void)snprintf(name, sizeof(name), "%s", HOSTILE_TAGS[tag]);
    series.tag = ph_slice_of(name);
    must(ph_catalog_intern(&rich->catalog, &series, &number));
    assert_int_equal(number, tag);
}

static inline void rich_readings(struct rich *rich, size_t tags)
{
    int64_t first = INT64_C(1793628300) * PH_SECOND; /* 2026-11-02T14:05:00Z */

    for (size_t reading = 0; reading < RICH_READINGS; reading++) {
        int64_t age = (int64_t)reading * RICH_STEP_S * PH_SECOND, sum = 0;
        ph_sample_reset(&rich->sample);
        rich->sample.time_ns = first + age;
        rich->sample.boottime_ns = 5 * PH_DAY + age;
        for (size_t tag = 0; tag < tags; tag++) {
            struct ph_value value = {.series = (uint32_t)tag,
                                     .have = PH_HAVE_BYTES | PH_HAVE_OBJECTS,
                                     .bytes = rich_bytes(tag, reading)};
            value.objects = value.bytes / 256;
            sum += value.bytes;
            must(ph_sample_add(&rich->sample, &value));
        }
        rich->sample.pools[PH_POOL_UNRECLAIMABLE] =
            (struct ph_pool_total){PH_TOTAL_BYTES | PH_TOTAL_LIMIT, sum, INT64_C(1) << 30, 0};
        rich->sample.pools[PH_POOL_RECLAIMABLE] =
            (struct ph_pool_total){PH_TOTAL_BYTES, sum / 3, 0, 0};
        if (!reading)
            for (size_t i = 0; i < 2; i++)
                rich->pools[i].first =
                    rich->sample.pools[i ? PH_POOL_RECLAIMABLE : PH_POOL_UNRECLAIMABLE];
        must(ph_history_add(&rich->history, &rich->sample));
    }
    for (size_t i = 0; i < 2; i++) {
        enum ph_pool pool = i ? PH_POOL_RECLAIMABLE : PH_POOL_UNRECLAIMABLE;
        rich->pools[i].pool = pool;
        rich->pools[i].last = rich->sample.pools[pool];
        rich->pools[i].trend = ph_history_trend(&rich->history, &rich->history.pools[pool]);
    }
    must(ph_event_add(&rich->events, PH_EVENT_LOAD, first + 143 * RICH_STEP_S * PH_SECOND,
                      "wireguard <1.0>"));
    must(ph_event_add(&rich->events, PH_EVENT_CLOCK, first + 300 * RICH_STEP_S * PH_SECOND,
                      "the clock went back by 2 s"));
}

static inline void rich_facts(struct rich *rich)
{
    static const char *const names[] = {"wireguard", "nf_conntrack", "ext4", "<b>evil</b>"};
    struct ph_fact_driver *driver = NULL;

    rich->facts.os = text_of("Debian GNU/Linux 12 (bookworm)");
    rich->facts.taint = text_of("out-of-tree module, unsigned module");
    rich->facts.command = text_of("slab_nomerge");
    rich->facts.uptime_ns = 12 * PH_DAY;
    for (size_t i = 0; i < 4; i++) {
        must(ph_facts_driver(&rich->facts, &driver));
        *driver = (struct ph_fact_driver){.name = text_of(names[i]),
                                          .bytes = 81920 * (int64_t)(i + 1),
                                          .loaded = i != 3,
                                          .from_tree = i == 1 || i == 2};
        if (!driver->from_tree) {
            driver->version = text_of("1.0.20260101");
            driver->vendor = text_of("Somebody & Sons <info@example.org>");
            driver->note = text_of("out of tree, unsigned");
        }
    }
}

static inline void rich_owner(struct rich *rich, bool hostile)
{
    struct ph_owner *owner = NULL;
    struct ph_leak_match *leak = NULL;
    PH_GUARD(ph_text_fini) struct ph_text tag = {0};

    ph_text_escaped(&tag, rich->catalog.series[0].tag);
    assert_false(tag.failed);
    rich->owner.tag = text_of(tag.data);
    must(ph_owner_report_owner(&rich->owner, &owner));
    owner->name = text_of(hostile ? "\"><b>wireguard</b>" : "wireguard");
    owner->path = text_of("/lib/modules/6.1.0-18-amd64/updates/dkms/wireguard.ko");
    owner->evidence = PH_EVIDENCE_SITE;
    owner->loaded = 1;
    owner->reason = text_of("creates the cache");
    owner->identified = true;
    owner->identity.format = PH_FORMAT_ELF;
    owner->identity.trust = PH_TRUST_UNSIGNED;
    owner->identity.sums[PH_DIGEST_SHA256].size = 32;
    owner->identity.module.present = true;
    owner->identity.module.name = text_of("wireguard");
    owner->identity.module.version = text_of("1.0.20260101");
    owner->identity.module.vermagic = text_of("6.1.0-18-amd64 SMP");
    owner->identity.module.author = text_of("Jason <j@example.org>");
    must(ph_owner_report_leak(&rich->owner, &leak));
    leak->driver = text_of("wireguard");
    leak->what = text_of("Keeps peers that were removed");
    leak->fixed = text_of("1.0.20260301");
    leak->sureness = text_of("this driver in an older version");
    leak->link = text_of(hostile ? "javascript:alert(1)" : "https://example.org/leak?a=1&b=2");
    rich->owner.next = text_of("Update wireguard, or write to its author.");
    rich->owner.paragraph = text_of("The unreclaimable memory of 'wg_peer' grows by 1.00 MB an "
                                    "hour. Is this leak known?");
}

static inline void rich_init(struct rich *rich, size_t tags, bool hostile)
{
    *rich = (struct rich){.facts = {.uptime_ns = -1}};
    rich->machine = (struct ph_machine){.host = "web1",
                                        .system = "Linux",
                                        .release = "6.1.0-18-amd64",
                                        .cpus = 4,
                                        .page_bytes = 4096,
                                        .memory_bytes = INT64_C(8) << 30};
    if (hostile)
        (void)snprintf(rich->machine.host, sizeof(rich->machine.host), "<h1>w&b\"'\x1b[1m");
    rich->findings = calloc(tags, sizeof(*rich->findings));
    rich->trends = calloc(tags, sizeof(*rich->trends));
    assert_true(rich->findings && rich->trends);
    for (size_t tag = 0; tag < tags; tag++) {
        rich_series(rich, tag, hostile);
        rich_finding(rich, tag);
    }
    rich_readings(rich, tags);
    rich_facts(rich);
    rich_owner(rich, hostile);
    must(ph_loss_add(&rich->losses, 3,
                     "/proc/allocinfo: <not> there: no CONFIG_MEM_ALLOC_PROFILING"));
    rich->report = (struct ph_hunt_report){
        .catalog = &rich->catalog,
        .last = &rich->sample,
        .machine = &rich->machine,
        .findings = rich->findings,
        .finding_count = tags,
        .trends = rich->trends,
        .pools = rich->pools,
        .pool_count = 2,
        .first_ns = rich->history.time_ns[0],
        .last_ns = rich->sample.time_ns,
        .samples = RICH_READINGS,
        .segments = 1,
        .clock_jumps = 1,
        .owners = &rich->owner,
        .owner_count = 1,
        .history = &rich->history,
        .events = &rich->events,
        .facts = &rich->facts,
        .written_ns = rich->sample.time_ns + PH_MINUTE,
        .losses = &rich->losses,
        .source = "live kernel",
        .recording = "/var/lib/poolhound/it's a hunt.poolhound",
        .top = 12,
    };
}

static inline void rich_fini(struct rich *rich)
{
    ph_catalog_fini(&rich->catalog);
    ph_sample_fini(&rich->sample);
    ph_loss_fini(&rich->losses);
    ph_history_fini(&rich->history);
    ph_event_fini(&rich->events);
    ph_facts_fini(&rich->facts);
    ph_owner_report_fini(&rich->owner);
    free(rich->findings);
    free(rich->trends);
}

#endif
