/* The Markdown report, and the sentences that it shares with the HTML: since when, whose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/os.h"
#include "random_report.h"
#include "render/report_words.h"
#include "rich_report.h"

static char *markdown_of(const struct ph_hunt_report *report, struct ph_text *out)
{
    ph_text_clear(out);
    must(ph_markdown_report(report, out));
    return out->data;
}

/* Bars of a line of a table that part cells. */
static size_t bars(struct ph_slice line)
{
    size_t count = 0;

    for (size_t i = 0; i < line.size; i++) {
        if (line.data[i] == '\\') {
            i++;
            continue;
        }
        count += line.data[i] == '|';
    }
    return count;
}

/* The rows of a table have as many cells as its head, and no line begins HTML. */
static void assert_tables(const struct ph_text *out)
{
    size_t head = 0;

    for (const char *at = out->data, *end; at < out->data + out->size; at = end + 1) {
        end = strchr(at, '\n');
        assert_non_null(end);
        struct ph_slice line = {at, (size_t)(end - at)};
        if (!line.size || line.data[0] != '|') {
            head = 0;
            assert_true(!line.size || line.data[0] != '<');
            continue;
        }
        if (!head)
            head = bars(line);
        if (bars(line) != head)
            fail_msg("%zu bars, wanted %zu: %.*s", bars(line), head, (int)line.size, line.data);
    }
}

static void random_tables_hold(void **state)
{
    enum { ROUNDS = 400 };
    uint64_t seed = 20261110;
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct fixture fixture;
        fixture_random(&fixture, &seed);
        struct ph_hunt_report hunt = random_hunt(&fixture, &seed);
        (void)markdown_of(&hunt, &out);
        assert_tables(&out);
        fixture_fini(&fixture);
    }
}

static void hostile_names_stay_text(void **state)
{
    struct rich rich;
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    rich_init(&rich, 40, true);
    char *text = markdown_of(&rich.report, &out);
    assert_tables(&out);
    assert_non_null(strstr(text, "worst: \\<script\\>alert(1)\\</script\\>"));
    assert_non_null(strstr(text, "| ``\\|`*_[x](http://example.org)`` |"));
    assert_null(strstr(text, "<javascript"));
    rich_fini(&rich);
}

static void it_says_what_the_html_says(void **state)
{
    struct rich rich;
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    rich_init(&rich, 40, false);
    char *text = markdown_of(&rich.report, &out);
    assert_tables(&out);
    assert_non_null(
        strstr(text, "**LEAK** 2 tags leak, worst: wg\\_peer, 24.0 MB/d (23.3 to 25.0)"));
    assert_non_null(strstr(text, "| `wg_peer` | **LEAK** | unreclaimable | 24.0 MB/d"));
    assert_non_null(strstr(text, "- **See:** <https://example.org/leak?a=1&b=2>"));
    assert_non_null(strstr(text, "> The unreclaimable memory of 'wg\\_peer' grows"));
    assert_non_null(strstr(text, "About then: load wireguard"));
    assert_non_null(
        strstr(text, ph_on_windows()
                         ? "poolhound leaks \"/var/lib/poolhound/it's a hunt.poolhound\""
                         : "poolhound leaks '/var/lib/poolhound/it'\\\\''s a hunt.poolhound'"));
    assert_non_null(strstr(text, "`driver_cache_39`"));
    rich_fini(&rich);
}

/* ------------------------------------------------------------------ since when */

/* One series whose bytes are given, a reading an hour; a boot before reading `boot` when it is not
 * 0. */
static struct ph_since since_of(const double *megabytes, size_t count, size_t boot)
{
    static struct ph_history history;
    static struct ph_catalog catalog;
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    struct ph_series series = {.origin = PH_ORIGIN_SLABINFO, .tag = ph_slice_of("tag")};
    struct ph_finding finding = {.verdict = PH_VERDICT_GROWING};
    uint32_t number = 0;

    must(ph_catalog_intern(&catalog, &series, &number));
    for (size_t i = 0; i < count; i++) {
        ph_sample_reset(&sample);
        sample.time_ns = (int64_t)i * PH_HOUR;
        sample.boottime_ns = -1;
        sample.segment = boot && i >= boot;
        if (!isnan(megabytes[i]))
            must(
                ph_sample_add(&sample, &(struct ph_value){.have = PH_HAVE_BYTES,
                                                          .bytes = (int64_t)(megabytes[i] * 1e6)}));
        must(ph_history_add(&history, &sample));
    }
    struct ph_event boots[] = {
        {.kind = PH_EVENT_BOOT, .time_ns = INT64_MIN},
        {.kind = PH_EVENT_BOOT, .time_ns = (int64_t)boot * PH_HOUR - PH_HOUR / 2},
        {.kind = PH_EVENT_BOOT, .time_ns = INT64_MAX}};
    struct ph_event_list events = {.items = boots, .count = 3};
    struct ph_hunt_report report = {
        .catalog = &catalog, .history = &history, .events = boot ? &events : NULL};
    struct ph_since since = ph_since_of(&report, &finding);
    ph_history_fini(&history);
    ph_catalog_fini(&catalog);
    return since;
}

static void since_when(void **state)
{
    enum { COUNT = 60 };
    double line[COUNT], hinge[COUNT], level[COUNT], cycle[COUNT];

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        double noise = (double)(i * 7919 % 13) / 50;
        line[i] = 5 + (double)i + noise;
        hinge[i] = 5 + (i > 30 ? (double)(i - 30) : 0) + noise;
        level[i] = 5;
        cycle[i] = hinge[i] + 3 * sin((double)i / 3);
    }
    struct ph_since since = since_of(hinge, COUNT, 0);
    assert_int_equal(since.kind, PH_SINCE_FROM);
    assert_in_range((uint64_t)(since.time_ns / PH_HOUR), 27, 31);
    assert_true(since.level_bytes >= 5e6 && since.level_bytes < 5.3e6);
    since = since_of(cycle, COUNT, 0);
    assert_int_equal(since.kind, PH_SINCE_FROM);
    assert_in_range((uint64_t)(since.time_ns / PH_HOUR), 24, 36);
    since = since_of(line, COUNT, 0);
    assert_int_equal(since.kind, PH_SINCE_BEFORE);
    assert_int_equal(since.time_ns, 0);
    since = since_of(line, COUNT, 20);
    assert_int_equal(since.kind, PH_SINCE_BOOT);
    assert_int_equal(since.time_ns, 20 * PH_HOUR - PH_HOUR / 2); /* the boot, not the point */
    assert_true(since.ago_s == 39.5 * 3600.);
    for (size_t i = 0; i < 10; i++)
        line[i] = NAN;
    since = since_of(line, COUNT, 0);
    assert_int_equal(since.kind, PH_SINCE_SEEN);
    assert_int_equal(since.time_ns, 10 * PH_HOUR);
    since = since_of(level, COUNT, 0);
    assert_int_equal(since.kind, PH_SINCE_BEFORE);
    since = since_of(level, 1, 0);
    assert_int_equal(since.kind, PH_SINCE_UNKNOWN);
}

/* ------------------------------------------------------------------ whose */

static void owners_are_found_by_their_tags(void **state)
{
    struct fixture fixture;
    struct ph_owner_report owners[2] = {
        {.tag = (char[]){"wg_peer"}},
        {.tag = (char[]){"Io  "}, .is_pool_tag = true, .bytes = {'I', 'o', ' ', ' '}},
    };

    (void)state;
    fixture_init(&fixture);
    struct ph_finding *finding = add_finding(
        &fixture, windows_row(&fixture, "Io", PH_POOL_NONPAGED, 2, 1, 64), PH_VERDICT_GROWING);
    (void)add_finding(&fixture, linux_row(&fixture, "wg_peer", PH_POOL_UNRECLAIMABLE, 1, 64, NULL),
                      PH_VERDICT_GROWING);
    (void)add_finding(&fixture, linux_row(&fixture, "wg", PH_POOL_UNRECLAIMABLE, 1, 64, NULL),
                      PH_VERDICT_GROWING);
    struct ph_hunt_report hunt = hunt_of(&fixture);
    hunt.owners = owners;
    hunt.owner_count = 2;
    assert_ptr_equal(ph_owner_of(&hunt, finding), &owners[1]);
    assert_ptr_equal(ph_owner_of(&hunt, finding + 1), &owners[0]);
    assert_null(ph_owner_of(&hunt, finding + 2));
    fixture_fini(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_tables_hold),
        cmocka_unit_test(hostile_names_stay_text),
        cmocka_unit_test(it_says_what_the_html_says),
        cmocka_unit_test(since_when),
        cmocka_unit_test(owners_are_found_by_their_tags),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
