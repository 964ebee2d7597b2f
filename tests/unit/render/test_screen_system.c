/* render/screen_system, json_system: the panel of any reading keeps its width, its alphabet and its
 * schema; what is unknown says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/syspanel.h"
#include "json_check.h"
#include "random_report.h"
#include "render/screen_views.h"
#include "screen_check.h"

#define GIGABYTE (INT64_C(1) << 30)

static struct json *schema;
static char *schema_text;

static size_t lines_of(const struct ph_text *out)
{
    size_t lines = 0;

    for (size_t i = 0; i < out->size; i++)
        lines += out->data[i] == '\n';
    return lines;
}

/* A panel of a random fixture: the reading before is another one of the same series, or none. */
static void random_panel(struct fixture *fixture, struct ph_sample *before, uint64_t *seed,
                         struct ph_sys_report *report)
{
    ph_sample_reset(before);
    must(ph_sample_copy(before, &fixture->sample));
    for (size_t i = 0; i < before->count; i++)
        before->values[i].allocs = roll(seed) >> below(seed, 64);
    before->segment = (uint32_t)below(seed, 8) / 7;
    before->boottime_ns = below(seed, 2) ? any_size(seed) : -1;
    (void)strcpy(fixture->machine.system, below(seed, 2) ? "Windows" : "Linux");
    if (below(seed, 2))
        (void)strcpy(fixture->machine.release, "10.0.26100");
    ph_sys_panel(&fixture->catalog, &fixture->sample, below(seed, 4) ? before : NULL,
                 below(seed, 4) ? &fixture->history : NULL,
                 below(seed, 4) ? &fixture->machine : NULL, report);
    report->events = below(seed, 4) ? &fixture->events : NULL;
    report->losses = below(seed, 4) ? &fixture->losses : NULL;
    report->source = below(seed, 4) ? "a\033[2J\\b.log" : NULL;
}

static void texts_fit(void **state)
{
    uint64_t seed = 20261123;

    (void)state;
    for (int round = 0; round < 800; round++) {
        struct fixture fixture;
        PH_GUARD(ph_sample_fini) struct ph_sample before = {0};
        PH_GUARD(ph_text_fini) struct ph_text out = {0};
        PH_GUARD(ph_text_fini) struct ph_text colour = {0};
        PH_GUARD(ph_text_fini) struct ph_text stripped = {0};
        struct ph_sys_report report;
        struct ph_style style = {.utf8 = below(&seed, 2),
                                 .columns = (unsigned)(40 + below(&seed, 211))};
        unsigned rows = (unsigned)(below(&seed, 2) * below(&seed, 100));
        fixture_random(&fixture, &seed);
        random_panel(&fixture, &before, &seed, &report);
        must(ph_screen_system(&report, &style, rows, &out));
        assert_width(&out, style.columns < 76 ? 76 : style.columns);
        assert_harmless(&out, &style);
        style.colour = true;
        must(ph_screen_system(&report, &style, rows, &colour));
        without_colour(&colour, &stripped);
        assert_string_equal(stripped.data, out.data);
        fixture_fini(&fixture);
    }
}

static void json_follows_its_schema(void **state)
{
    uint64_t seed = 4;

    (void)state;
    for (int round = 0; round < 200; round++) {
        struct fixture fixture;
        PH_GUARD(ph_sample_fini) struct ph_sample before = {0};
        PH_GUARD(ph_text_fini) struct ph_text out = {0};
        struct ph_sys_report report;
        fixture_random(&fixture, &seed);
        random_panel(&fixture, &before, &seed, &report);
        must(ph_json_system(&report, &out));
        struct json *document = json_parse(out.data, out.size);
        assert_non_null(document);
        if (!schema_holds(schema, schema, document, false)) {
            (void)schema_holds(schema, json_get(json_get(schema, "$defs"), "system"), document,
                               true);
            fail_msg("does not follow docs/schema.json");
        }
        json_free(document);
        fixture_fini(&fixture);
    }
}

/* ------------------------------------------------------------------ by hand */

static void set_pool(struct ph_sample *sample, enum ph_pool pool, int64_t bytes, int64_t limit)
{
    sample->pools[pool] =
        (struct ph_pool_total){.have = PH_TOTAL_BYTES | (limit >= 0 ? (uint32_t)PH_TOTAL_LIMIT : 0),
                               .bytes = bytes,
                               .limit_bytes = limit};
}

static void windows_text(void **state)
{
    struct fixture fixture;
    struct ph_sys_report report;
    struct ph_style style = {.utf8 = true, .columns = 80};
    PH_GUARD(ph_sample_fini) struct ph_sample before = {0};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    fixture_init(&fixture);
    (void)strcpy(fixture.machine.system, "Windows");
    (void)strcpy(fixture.machine.release, "10.0.26100");
    fixture.sample.memory = (struct ph_memory){.total = 16 * GIGABYTE,
                                               .available = 2 * GIGABYTE,
                                               .commit = 10 * GIGABYTE,
                                               .commit_limit = 20 * GIGABYTE,
                                               .commit_peak = 11 * GIGABYTE,
                                               .page_faults = 1234567,
                                               .resident_kernel = 56 << 20,
                                               .resident_paged = 900 << 20};
    set_pool(&fixture.sample, PH_POOL_NONPAGED, 15 * GIGABYTE + GIGABYTE / 2, -1);
    set_pool(&fixture.sample, PH_POOL_PAGED, 5 * GIGABYTE, -1);
    windows_row(&fixture, "Thre", PH_POOL_NONPAGED, 1000, 10, 990 << 10);
    ph_sample_reset(&before);
    must(ph_sample_copy(&before, &fixture.sample));
    before.values[0].allocs = 900;
    before.time_ns -= INT64_C(60000000000);
    set_pool(&before, PH_POOL_NONPAGED, 15 * GIGABYTE, -1);
    before.memory.page_faults = 1234500;
    ph_sys_panel(&fixture.catalog, &fixture.sample, &before, NULL, &fixture.machine, &report);
    report.source = "pool.log";
    must(ph_screen_system(&report, &style, 0, &out));
    assert_string_equal(
        out.data,
        "web1 (Windows 10.0.26100), pool.log, 2026-11-02T14:05:00Z\n"
        "Changes are over 60 s. Page faults 1,234,567 (+67).\n"
        "\n"
        "                        Current     Peak   Limit      Change  Allocs   Frees\n"
        "Physical memory\n"
        " RAM                    16.0 GB                          0 B\n"
        " Used                   14.0 GB          16.0 GB a       0 B\n"
        " Available              2.00 GB                          0 B\n"
        "Commit charge\n"
        " Committed              10.0 GB  11.0 GB 20.0 GB b       0 B\n"
        "Kernel pools\n"
        " Nonpaged pool          15.5 GB          16.0 GB c   +512 MB     100       0\n"
        " Paged pool             5.00 GB          15.5 TB d       0 B\n"
        " of it in RAM            900 MB                          0 B\n"
        "Other kernel memory\n"
        " Kernel code in RAM     56.0 MB                          0 B\n"
        " Page tables                  ?  not in this input; Windows counts it from\n"
        "                                 24H2 on\n"
        " Driver locked pages          ?  not in this input; Windows counts it from\n"
        "                                 24H2 on\n"
        " Contiguous pages             ?  not in this input; Windows counts it from\n"
        "                                 24H2 on\n"
        "\n"
        " a the machine's RAM\n"
        " b RAM and page files, as Windows reports it\n"
        " c documented maximum of 64-bit Windows 8.1 and later: RAM, at most 16 TB\n"
        " d documented maximum of 64-bit Windows 8.1 and later; the commit limit usually\n"
        "   ends it before\n"
        "   Allocs and frees are sums over the tags that both readings have.\n");
    /* what is nearly full stands out, where there is room for it */
    ph_text_clear(&out);
    style.columns = 120;
    style.colour = true;
    must(ph_screen_system(&report, &style, 0, &out));
    assert_non_null(strstr(out.data, "\033[1;31m97%"));
    assert_non_null(strstr(out.data, "\033[33m88%"));
    assert_null(strstr(out.data, "\033[33m50%"));
    fixture_fini(&fixture);
}

static void unknown_text(void **state)
{
    struct fixture fixture;
    struct ph_sys_report report;
    struct ph_style style = {.columns = 80};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    fixture_init(&fixture);
    ph_sys_panel(&fixture.catalog, &fixture.sample, NULL, NULL, &fixture.machine, &report);
    must(ph_screen_system(&report, &style, 0, &out));
    assert_non_null(strstr(out.data, "\n Reclaimable slab             ?  not in this input"));
    assert_null(strstr(out.data, " 0 B"));
    assert_null(strstr(out.data, "Changes"));
    assert_null(strstr(out.data, "Page faults"));
    assert_null(strstr(out.data, "Trend"));
    ph_text_clear(&out);
    must(ph_json_system(&report, &out));
    struct json *document = json_parse(out.data, out.size);
    const struct json *row = json_at(json_get(document, "rows"), 0);
    assert_true(json_is(json_get(row, "bytes"), "null"));
    assert_true(json_is(json_get(row, "missing"), "not in this input"));
    assert_true(json_is(json_get(document, "change_s"), "null"));
    json_free(document);
    /* nothing was read at all */
    ph_sys_panel(&fixture.catalog, NULL, NULL, NULL, NULL, &report);
    ph_text_clear(&out);
    must(ph_screen_system(&report, &style, 0, &out));
    ph_text_clear(&out);
    must(ph_json_system(&report, &out));
    document = json_parse(out.data, out.size);
    assert_true(schema_holds(schema, schema, document, true));
    json_free(document);
    fixture_fini(&fixture);
}

/* Readings of a Linux machine whose slab grows. */
static void some_history(struct fixture *fixture, size_t readings)
{
    for (size_t i = 0; i < readings; i++) {
        fixture->sample.time_ns += INT64_C(1000000000);
        set_pool(&fixture->sample, PH_POOL_UNRECLAIMABLE, (int64_t)(100 + i) << 20, 8 * GIGABYTE);
        set_pool(&fixture->sample, PH_POOL_RECLAIMABLE, 300 << 20, 8 * GIGABYTE);
        set_pool(&fixture->sample, PH_POOL_PERCPU, 0, -1);
        fixture->sample.memory.commit = GIGABYTE + (int64_t)i;
        must(ph_history_add(&fixture->history, &fixture->sample));
    }
}

static void plots_fill_the_room(void **state)
{
    struct fixture fixture;
    struct ph_sys_report report;
    struct ph_style style = {.utf8 = true, .columns = 80};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    fixture_init(&fixture);
    some_history(&fixture, 2);
    ph_sys_panel(&fixture.catalog, &fixture.sample, NULL, &fixture.history, &fixture.machine,
                 &report);
    must(ph_screen_system(&report, &style, 0, &out));
    size_t table = lines_of(&out); /* two readings: the change tells it all */
    assert_non_null(strstr(out.data, "Trend"));
    some_history(&fixture, 20);
    ph_sys_panel(&fixture.catalog, &fixture.sample, NULL, &fixture.history, &fixture.machine,
                 &report);
    size_t plots = 0;
    for (size_t i = 0; i < report.row_count; i++)
        plots += ph_sys_has_plot(&report, i);
    assert_int_equal(plots, 3); /* per-CPU memory was 0 all the time */
    for (unsigned rows = 1; rows < 100; rows++) {
        ph_text_clear(&out);
        must(ph_screen_system(&report, &style, rows, &out));
        size_t each = (lines_of(&out) - table) / 3; /* with the blank line before it */
        assert_int_equal(lines_of(&out), table + 3 * each);
        if (rows < table + 8) {
            assert_int_equal(each, 11);
            continue;
        }
        size_t whole = (rows - table) / each; /* plots that are seen without scrolling */
        whole = whole < 3 ? whole : 3;
        assert_true(each >= 8 && each <= 17 && whole >= 1);
        assert_true(each == 17 || rows - table - whole * each < whole);
    }
    ph_text_clear(&out);
    must(ph_screen_system(&report, &style, 0, &out));
    assert_int_equal(lines_of(&out), table + 3 * 11);
    const char *first = strstr(out.data, "Unreclaimable slab"), *again = NULL;
    if (first)
        again = strstr(first + 1, "Unreclaimable slab");
    assert_non_null(again); /* the plot has its name */
    /* wide screens have plots beside one another: three here, then two and one */
    style.columns = 240;
    ph_text_clear(&out);
    must(ph_screen_system(&report, &style, 0, &out));
    assert_true(lines_of(&out) < table + 2 * 11);
    assert_width(&out, 240);
    style.columns = 160;
    ph_text_clear(&out);
    must(ph_screen_system(&report, &style, 0, &out));
    assert_true(lines_of(&out) < table + 3 * 11 && lines_of(&out) > table + 11);
    fixture_fini(&fixture);
}

static void out_of_memory(void **state)
{
    struct fixture fixture;
    struct ph_sys_report report;
    struct ph_style style = {.utf8 = true, .columns = 80};

    (void)state;
    fixture_init(&fixture);
    some_history(&fixture, 20);
    ph_sys_panel(&fixture.catalog, &fixture.sample, NULL, &fixture.history, &fixture.machine,
                 &report);
    report.losses = &fixture.losses;
    must(ph_loss_add(&fixture.losses, 3, "line 3"));
    for (int json = 0; json < 2; json++) {
        long failed = 0;
        for (long n = 0;; n++) {
            PH_GUARD(ph_text_fini) struct ph_text out = {0};
            ph_mem_fail_after(n);
            struct ph_error *error =
                json ? ph_json_system(&report, &out) : ph_screen_system(&report, &style, 0, &out);
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
        assert_true(failed > 0);
    }
    fixture_fini(&fixture);
}

static int load_schema(void **state)
{
    FILE *file = fopen(TEST_DATA "/../../docs/schema.json", "rb");
    size_t size;

    (void)state;
    if (!file)
        return -1;
    schema_text = calloc(1, 1 << 20);
    size = fread(schema_text, 1, (1 << 20) - 1, file);
    (void)fclose(file);
    schema = json_parse(schema_text, size);
    return schema ? 0 : -1;
}

static int free_schema(void **state)
{
    (void)state;
    json_free(schema);
    free(schema_text);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_text),        cmocka_unit_test(unknown_text),
        cmocka_unit_test(plots_fill_the_room), cmocka_unit_test(texts_fit),
        cmocka_unit_test(out_of_memory),       cmocka_unit_test(json_follows_its_schema),
    };

    return cmocka_run_group_tests_name("render/screen_system", tests, load_schema, free_schema);
}
