/* render/screen_detail: everything known of one tag, and what is not known says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/trace.h"
#include "random_report.h"
#include "render/screen_views.h"
#include "screen_check.h"

static char *copy(const char *text)
{
    char *made = ph_strdup(text);

    assert_non_null(made);
    return made;
}

static void an_owner(struct ph_owner_report *report)
{
    struct ph_owner *owner;
    struct ph_tag_meaning *meaning;

    report->tag = copy("Toke");
    report->is_pool_tag = true;
    must(ph_owner_report_owner(report, &owner));
    owner->name = copy("leaky\033.sys");
    owner->loaded = 1;
    owner->evidence = PH_EVIDENCE_SITE;
    owner->reason = copy("allocates at one call site");
    must(ph_owner_report_meaning(report, &meaning));
    meaning->kind = PH_EVIDENCE_KNOWN;
    meaning->pattern = copy("Toke");
    meaning->meaning = copy("access tokens");
    meaning->growth = copy("a process that opens tokens and keeps them");
    meaning->check = copy("handles by process");
    report->next = copy("ask its vendor");
    report->paragraph = copy("We see leaky.sys leak.");
    must(ph_loss_add(&report->losses, 1, "drivers/x.sys: cut off"));
}

static void has(const struct ph_text *out, const char *words)
{
    if (!strstr(out->data, words))
        fail_msg("no '%s' in:\n%s", words, out->data);
}

static void has_not(const struct ph_text *out, const char *words)
{
    if (strstr(out->data, words))
        fail_msg("'%s' in:\n%s", words, out->data);
}

struct scene {
    struct fixture fixture;
    struct ph_history recent;
    struct ph_owner_report owner;
    uint32_t series;
};

/* A leak with a companion, some hours of readings, the newest of them once more. */
static struct ph_detail_report set_scene(struct scene *scene)
{
    struct fixture *fixture = &scene->fixture;
    static char aliases[] = "names_cache other";

    *scene = (struct scene){.recent = {.recent = true}};
    fixture_init(fixture);
    scene->series =
        windows_row(fixture, "Toke", PH_POOL_NONPAGED, 5000000000 % 4294967296, 1000, 40 << 20);
    fixture->catalog.series[scene->series].aliases = copy(aliases);
    fixture->catalog.series[scene->series].object_bytes = 1200;
    fixture->catalog.series[scene->series].slab_bytes = 1280;
    (void)windows_row(fixture, "Proc", PH_POOL_NONPAGED, 10, 1, 1 << 20);
    (void)windows_row(fixture, "Else", PH_POOL_PAGED, 10, 1, 1 << 20);
    fixture->sample.pools[PH_POOL_NONPAGED] =
        (struct ph_pool_total){.have = PH_TOTAL_BYTES | PH_TOTAL_LIMIT,
                               .bytes = 400 << 20,
                               .limit_bytes = INT64_C(1) << 31};
    (void)add_finding(fixture, 0, PH_VERDICT_LEAK_CONFIRMED);
    (void)add_finding(fixture, 1, PH_VERDICT_GROWING);
    (void)add_finding(fixture, 2, PH_VERDICT_GROWING);
    fixture->findings[0].group = fixture->findings[1].group = 7;
    for (int64_t i = 0; i < 700; i++) {
        fixture->sample.time_ns += INT64_C(60000000000);
        fixture->sample.values[0].bytes = (40 << 20) + (i << 10);
        must(ph_history_add(&fixture->history, &fixture->sample));
        must(ph_history_add(&scene->recent, &fixture->sample));
    }
    an_owner(&scene->owner);
    return (struct ph_detail_report){
        .catalog = &fixture->catalog,
        .series = scene->series,
        .value = &fixture->sample.values[0],
        .now = &fixture->sample,
        .machine = &fixture->machine,
        .finding = &fixture->findings[0],
        .findings = fixture->findings,
        .finding_count = fixture->finding_count,
        .whole = &fixture->history,
        .recent = &scene->recent,
        .events = &fixture->events,
        .owner = &scene->owner,
        .time_kind = PH_TIME_REAL,
        .source = "live kernel",
    };
}

static void scene_fini(struct scene *scene)
{
    ph_history_fini(&scene->recent);
    ph_owner_report_fini(&scene->owner);
    ph_history_fini(&scene->fixture.history);
    fixture_fini(&scene->fixture);
}

static void everything_known(void **state)
{
    struct scene scene;
    struct ph_style style = {.utf8 = true, .columns = 80};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    struct ph_detail_report report = set_scene(&scene);
    must(ph_screen_detail(&report, &style, 10, &out));
    assert_width(&out, 80);
    assert_harmless(&out, &style);
    assert_true(ph_slice_starts(ph_text_slice(&out), "Toke\n"));
    has(&out, "nonpaged (Nonp)");
    has(&out, "counters of 32 bits, which wrap");
    has(&out, "1,200 B, 1,280 B in its slab");
    has(&out, "names_cache other");
    has(&out, "40.7 MB (42,658,816 B)");
    has(&out, "10.2 % of 400 MB; its limit is 2.00 GB");
    has(&out, "705,032,704; frees 1,000");
    has(&out, "LEAK");
    has(&out, "20.1 KB/s (19.6 to 20.7)");
    has(&out, "rose 13 of 13 times");
    has(&out, "  grows       at least since the first reading, 2026-11-0");
    has(&out, "977 KB, 1.05 MB"); /* floors */
    has(&out, "all readings");
    has(&out, "the newest readings");
    has(&out, "\nGrows together with\n  GROWING         Proc (Nonp), 20.1 KB/s");
    has_not(&out, "Else");
    has(&out, "\nOwner\n");
    has(&out, "leaky\\x1b.sys");
    has(&out, "a process that opens tokens and keeps them");
    has(&out, "handles by process");
    has(&out, "ask its vendor");
    has(&out, "We see leaky.sys leak.");
    has(&out, "cut off");
    has_not(&out, "\nNext\n"); /* the owner section ends with it */
    scene_fini(&scene);
}

static void states_of_the_owner(void **state)
{
    struct scene scene;
    struct ph_style style = {.columns = 80};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    struct ph_detail_report report = set_scene(&scene);
    report.owner = NULL;
    must(ph_screen_detail(&report, &style, 0, &out));
    has(&out, "not looked for");
    has(&out, "\nNext\n");
    has(&out, "poolhound who Toke");
    has_not(&out, "all readings"); /* no room for plots */
    ph_text_clear(&out);
    report.owner_error = "drivers: no such\nfolder";
    must(ph_screen_detail(&report, &style, 0, &out));
    has(&out, "not found: drivers: no such\\x0afolder");
    ph_text_clear(&out);
    report.owner_pending = true;
    must(ph_screen_detail(&report, &style, 0, &out));
    has(&out, "looking for the owner ...");
    ph_text_clear(&out);
    scene.fixture.findings[0].verdict = PH_VERDICT_FLAT;
    must(ph_screen_detail(&report, &style, 0, &out));
    has_not(&out, "poolhound who");
    has(&out, "\nNext\n");
    ph_text_clear(&out);
    scene.fixture.findings[0].verdict = PH_VERDICT_LEAK_LIKELY;
    scene.fixture.catalog.series[0].flags |= PH_SERIES_PSEUDO;
    must(ph_screen_detail(&report, &style, 0, &out));
    has_not(&out, "poolhound who");
    scene_fini(&scene);
}

static void a_site(struct ph_trace *trace, const char *function, double objects,
                   enum ph_age_verdict verdict)
{
    struct ph_trace_site *site;

    must(ph_trace_add(trace, &site));
    site->place.address = 0xffffffff81000000u + trace->count;
    site->place.function = copy(function);
    site->place.module = copy("leaky");
    site->cache = copy("filp");
    site->kind = PH_TRACE_CACHE;
    site->allocs = objects + 5;
    site->frees = 5;
    site->objects = site->objects_low = site->objects_high = objects;
    site->bytes = objects * 256;
    site->oldest_ns = objects > 0 ? INT64_C(20000000000) : -1;
    site->age = (struct ph_age){.verdict = verdict, .survival = (double)NAN, .rate = (double)NAN};
}

static void a_stack(struct ph_trace_site *site, const char *caller)
{
    struct ph_trace_stack *stack;

    must(ph_trace_add_stack(site, &stack));
    stack->frame_count = 2;
    stack->frames[0].function = copy("alloc_empty_file");
    stack->frames[1].function = copy(caller);
    stack->owner = 1;
    stack->allocs = stack->objects = 10;
    stack->bytes = 2560;
}

/* Most bytes first, as tracing has it. */
static void make_trace(struct ph_trace *trace)
{
    trace->begun_ns = INT64_C(1000000000);
    trace->now_ns = INT64_C(31000000000);
    trace->cpu_share = 0.002;
    trace->counts.missed = 3;
    a_site(trace, "calm_site", 500, PH_AGE_DYING);
    a_site(trace, "leaky\033_site", 300, PH_AGE_STAYING);
    a_site(trace, "dead_site", 0, PH_AGE_DYING);
    for (int i = 0; i < 10; i++)
        a_site(trace, "other_site", 2, PH_AGE_YOUNG);
    a_stack(&trace->sites[0], "ordinary_work");
    must(ph_loss_add(&trace->losses, 0, "bulk frees: noticed late"));
}

static void call_sites_of_the_tag(void **state)
{
    struct scene scene;
    struct ph_style style = {.columns = 80};
    PH_GUARD(ph_trace_fini) struct ph_trace trace = {.cpu_share = (double)NAN};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    struct ph_detail_report report = set_scene(&scene);
    must(ph_screen_detail(&report, &style, 0, &out));
    has_not(&out, "Call sites"); /* a recording says nothing of it */
    ph_text_clear(&out);
    report.trace_pending = true;
    must(ph_screen_detail(&report, &style, 0, &out));
    has(&out, "\nCall sites\n");
    has(&out, "tracing begins ...");
    ph_text_clear(&out);
    report.trace_pending = false;
    report.trace_error = "tracing needs CAP_BPF\033: run poolhound as root";
    must(ph_screen_detail(&report, &style, 0, &out));
    has(&out, "not traced: tracing needs CAP_BPF\\x1b: run poolhound as root\n");
    ph_text_clear(&out);
    report.trace_error = NULL;
    report.trace = &trace;
    trace.begun_ns = 1;
    trace.now_ns = INT64_C(2000000001);
    must(ph_screen_detail(&report, &style, 0, &out));
    has(&out, "Traced for 2 s. Nothing lives that was allocated since.");
    ph_text_clear(&out);
    make_trace(&trace);
    must(ph_screen_detail(&report, &style, 0, &out));
    assert_width(&out, 80);
    assert_harmless(&out, &style);
    has(&out, "  Traced for 30 s, at 0.2 % of the machine's CPU.");
    has(&out, "Not exact: 3 missed.");
    has_not(&out, "dead_site");
    has(&out, "4 more sites; ");
    has(&out, "\n  cohort after cohort stays"); /* of the first row: that which stays */
    assert_true(strstr(out.data, "leaky\\x1b_site") < strstr(out.data, "calm_site"));
    has(&out, "  > ordinary_work"); /* the first that has stacks */
    has(&out, "bulk frees: noticed late");
    assert_true(strstr(out.data, "\nCall sites\n") < strstr(out.data, "\nOwner\n"));
    for (long n = 0, failed = 0;; n++, failed++) {
        PH_GUARD(ph_text_fini) struct ph_text short_of = {0};
        ph_mem_fail_after(n);
        struct ph_error *error = ph_screen_detail(&report, &style, 0, &short_of);
        ph_mem_fail_after(-1);
        if (!error) {
            assert_string_equal(short_of.data, out.data);
            assert_true(failed > 20);
            break;
        }
        assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
    }
    scene_fini(&scene);
}

static void nothing_known(void **state)
{
    struct fixture fixture;
    struct ph_style style = {.columns = 80};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    fixture_init(&fixture);
    (void)add_series(&fixture,
                     (struct ph_series){.origin = PH_ORIGIN_SLABINFO,
                                        .pool = PH_POOL_RECLAIMABLE,
                                        .flags = PH_SERIES_RECLAIMABLE},
                     "", 0);
    struct ph_detail_report report = {.catalog = &fixture.catalog};
    must(ph_screen_detail(&report, &style, 10, &out));
    has(&out, "nothing was read yet");
    has(&out, "not judged yet");
    has(&out, "a plot needs two readings");
    has(&out, "the kernel can take it back when memory is");
    assert_true(ph_slice_starts(ph_text_slice(&out), "''\n"));
    has_not(&out, "\nNext\n");
    has_not(&out, "0 B");
    ph_text_clear(&out);
    report.now = &fixture.sample;
    must(ph_screen_detail(&report, &style, 10, &out));
    has(&out, "gone");
    ph_text_clear(&out);
    struct ph_value unknown = {0};
    report.value = &unknown;
    must(ph_screen_detail(&report, &style, 10, &out));
    has(&out, "  bytes       ?\n");
    has_not(&out, "diff");
    fixture_fini(&fixture);
}

static void blanks_of_a_tag(void **state)
{
    struct fixture fixture;
    struct ph_style style = {.columns = 80};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    fixture_init(&fixture);
    (void)windows_row(&fixture, "I o ", PH_POOL_NONPAGED, 10, 1, 64);
    struct ph_detail_report report = {.catalog = &fixture.catalog};
    must(ph_screen_detail(&report, &style, 10, &out));
    assert_true(ph_slice_starts(ph_text_slice(&out), "'I o '\n"));
    fixture_fini(&fixture);
}

/* Hundreds of tags may grow alike. */
static void a_crowd(void **state)
{
    struct ph_finding findings[60];
    struct scene scene;
    struct ph_style style = {.columns = 80};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    struct ph_detail_report report = set_scene(&scene);
    for (size_t i = 0; i < 60; i++) {
        findings[i] = scene.fixture.findings[1];
        findings[i].series = i ? 1 : 0;
    }
    report.findings = findings;
    report.finding_count = 60;
    must(ph_screen_detail(&report, &style, 0, &out));
    has(&out, "\n  and 9 more\n");
    scene_fini(&scene);
}

static void texts_fit(void **state)
{
    uint64_t seed = 314159;

    (void)state;
    for (int round = 0; round < 800; round++) {
        struct fixture fixture;
        PH_GUARD(ph_text_fini) struct ph_text out = {0};
        PH_GUARD(ph_text_fini) struct ph_text colour = {0};
        PH_GUARD(ph_text_fini) struct ph_text stripped = {0};
        PH_GUARD(ph_owner_report_fini) struct ph_owner_report owner = {0};
        struct ph_style style = {.utf8 = below(&seed, 2),
                                 .columns = (unsigned)(40 + below(&seed, 211))};
        unsigned rows = below(&seed, 3) ? (unsigned)(4 + below(&seed, 20)) : 0;
        fixture_random(&fixture, &seed);
        if (!fixture.catalog.count) {
            fixture_fini(&fixture);
            continue;
        }
        an_owner(&owner);
        uint32_t series = (uint32_t)below(&seed, fixture.catalog.count);
        for (size_t i = 0; i < fixture.finding_count; i++)
            fixture.findings[i].group = (uint32_t)below(&seed, 3);
        struct ph_detail_report report = {
            .catalog = &fixture.catalog,
            .series = series,
            .value = below(&seed, 4) ? ph_sample_find(&fixture.sample, series) : NULL,
            .now = below(&seed, 4) ? &fixture.sample : NULL,
            .finding = below(&seed, 4) ? &fixture.findings[series] : NULL,
            .findings = fixture.findings,
            .finding_count = fixture.finding_count,
            .whole = below(&seed, 4) ? &fixture.history : NULL,
            .recent = below(&seed, 4) ? &fixture.history : NULL,
            .events = below(&seed, 4) ? &fixture.events : NULL,
            .owner = below(&seed, 2) ? &owner : NULL,
            .owner_pending = below(&seed, 2),
            .owner_error = below(&seed, 2) ? "x\033[2J" : NULL,
            .time_kind = fixture.sample.time_kind,
        };
        must(ph_screen_detail(&report, &style, rows, &out));
        assert_width(&out, style.columns < 76 ? 76 : style.columns);
        assert_harmless(&out, &style);
        style.colour = true;
        must(ph_screen_detail(&report, &style, rows, &colour));
        without_colour(&colour, &stripped);
        assert_string_equal(stripped.data, out.data);
        fixture_fini(&fixture);
    }
}

static void out_of_memory(void **state)
{
    struct scene scene;
    struct ph_style style = {.utf8 = true, .columns = 80};
    long failed = 0;

    (void)state;
    struct ph_detail_report report = set_scene(&scene);
    for (int with_owner = 0; with_owner < 2; with_owner++) {
        report.owner = with_owner ? &scene.owner : NULL;
        for (long n = 0;; n++) {
            PH_GUARD(ph_text_fini) struct ph_text out = {0};
            ph_mem_fail_after(n);
            struct ph_error *error = ph_screen_detail(&report, &style, 10, &out);
            long asked = ph_mem_asked();
            ph_mem_fail_after(-1);
            if (!error) {
                assert_true(asked <= n);
                break;
            }
            assert_int_equal(error->code, PH_ERR_NOMEM);
            ph_error_free(error);
            failed++;
        }
    }
    assert_true(failed > 20);
    scene_fini(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_known),
        cmocka_unit_test(states_of_the_owner),
        cmocka_unit_test(call_sites_of_the_tag),
        cmocka_unit_test(nothing_known),
        cmocka_unit_test(a_crowd),
        cmocka_unit_test(texts_fit),
        cmocka_unit_test(blanks_of_a_tag),
        cmocka_unit_test(out_of_memory),
    };

    return cmocka_run_group_tests_name("render/screen_detail", tests, NULL, NULL);
}
