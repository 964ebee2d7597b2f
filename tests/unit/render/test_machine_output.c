/* render/json_report, csv_report, rows, account: exact values, and the difference between unknown,
 * zero and hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_check.h"
#include "render/account.h"
#include "render/json_writer.h"
#include "render/rows.h"
#include "report_fixture.h"

static const struct ph_style style = {.columns = 80};

/* A Windows row that is whole, one of unknowns, and one with a tag that wants to be a screen. */
static void three_rows(struct fixture *fixture)
{
    static const char hostile[] = "\033[2J\n,\"\\\xff";

    fixture_init(fixture);
    windows_row(fixture, "Io  ", PH_POOL_NONPAGED, 4294967295, 4294967000, 1000000);
    uint32_t series = add_series(
        fixture, (struct ph_series){.origin = PH_ORIGIN_SLABINFO, .pool = PH_POOL_RECLAIMABLE},
        "empty", 5);
    add_value(fixture, (struct ph_value){.series = series});
    series =
        add_series(fixture, (struct ph_series){.origin = PH_ORIGIN_POOLMON, .pool = PH_POOL_PAGED},
                   hostile, sizeof(hostile) - 1);
    add_value(fixture, (struct ph_value){.series = series,
                                         .have = PH_HAVE_OBJECTS | PH_HAVE_BYTES,
                                         .objects = 0,
                                         .bytes = 0});
}

static void csv_reading(void **state)
{
    struct fixture fixture;
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    three_rows(&fixture);
    struct ph_reading_report report = reading_of(&fixture);
    must(ph_render_csv.reading(&report, &style, &out));
    assert_string_equal(
        out.data,
        "time,origin,pool,tag,module,allocs,frees,diff,bytes,per_alloc\n"
        "2026-11-02T14:05:00Z,poolmon,nonpaged,\"Io  \",,4294967295,4294967000,295,1000000,3389\n"
        "2026-11-02T14:05:00Z,slabinfo,reclaimable,empty,,,,,,\n"
        "2026-11-02T14:05:00Z,poolmon,paged,\"\\x1b[2J\\x0a,\"\"\\\\\\xff\",,,,0,0,0\n");
    ph_text_clear(&out);
    fixture.sample.time_kind = PH_TIME_LOCAL;
    must(ph_render_csv.reading(&report, &style, &out));
    assert_non_null(strstr(out.data, "\n2026-11-02T14:05:00,poolmon"));
    ph_text_clear(&out);
    fixture.sample.time_kind = PH_TIME_ORDINAL;
    fixture.sample.time_ns = INT64_C(7000000000);
    must(ph_render_csv.reading(&report, &style, &out));
    assert_non_null(strstr(out.data, "\n7,poolmon"));
    ph_text_clear(&out);
    fixture.sample.time_kind = PH_TIME_SPACED;
    must(ph_render_csv.reading(&report, &style, &out));
    assert_non_null(strstr(out.data, "\n7.000,poolmon"));
    fixture_fini(&fixture);
}

static void csv_hunt_and_diff(void **state)
{
    struct fixture fixture;
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    three_rows(&fixture);
    struct ph_finding *finding = add_finding(&fixture, 0, PH_VERDICT_GROWING);
    finding->missing = PH_MISSING_SPAN;
    finding->missing_s = 3600;
    add_finding(&fixture, 1, PH_VERDICT_NO_DATA)->samples = 0;
    fixture.findings[1].slow_ratio = NAN;
    fixture.findings[1].last_objects = -1;
    struct ph_hunt_report hunt = hunt_of(&fixture);
    hunt.top = 1; /* is for people */
    must(ph_render_csv.hunt(&hunt, &style, &out));
    assert_string_equal(
        out.data, "verdict,urgent,origin,pool,tag,module,rate_unit,rate,rate_low,rate_high,"
                  "first_bytes,last_bytes,last_diff,windows,windows_rose,slow_down_ratio,limit_s,"
                  "missing,missing_s,group,evidence\n"
                  "GROWING,0,poolmon,nonpaged,\"Io  \",,bytes/s,20582.4,20070.4,21196.8,1048576,"
                  "4194304,4096,14,13,0.98,,SPAN,3600,,floors of 14 windows of 6 h rose 13 of 13 "
                  "times; rate with 95 % interval 20.1 KB/s (19.6 to 20.7); keeps its pace: newer "
                  "half / older half 0.98; stands above all that was seen before; not called a "
                  "leak: 1.0 h more needed to rule out a daily cycle; seen for 30 s in 30 "
                  "readings\n"
                  "NO_DATA,0,slabinfo,reclaimable,empty,,bytes/s,,,,,,,0,6,,,NOTHING,,,too few "
                  "readings to judge\n");
    ph_text_clear(&out);
    fixture.diffs[0] = (struct ph_diff_row){.series = 0,
                                            .in_after = true,
                                            .after_bytes = 4096,
                                            .before_objects = -1,
                                            .after_objects = 2,
                                            .after_verdict = PH_VERDICT_FLAT,
                                            .sureness = "new: not there before"};
    fixture.diff_count = 1;
    struct ph_diff_report diff = diff_of(&fixture);
    must(ph_render_csv.diff(&diff, &style, &out));
    assert_string_equal(strchr(out.data, '\n') + 1,
                        "poolmon,nonpaged,\"Io  \",,4096,,4096,,2,,,,,,,,,FLAT,new: not there "
                        "before\n");
    fixture_fini(&fixture);
}

static void json_reading(void **state)
{
    struct fixture fixture;
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    three_rows(&fixture);
    fixture.sample.memory.total = 8192;
    struct ph_reading_report report = reading_of(&fixture);
    report.source = "C:\\logs\\a.log";
    must(ph_render_json.reading(&report, &style, &out));
    struct json *document = json_parse(out.data, out.size);
    assert_non_null(document);
    assert_true(json_is(json_get(document, "schema"), "poolhound/1"));
    assert_true(json_is(json_get(document, "source"), "C:\\\\logs\\\\a.log"));
    assert_true(json_is(json_get(json_get(document, "memory"), "total_bytes"), "8192"));
    assert_true(json_is(json_get(json_get(document, "memory"), "page_faults"), "null"));
    const struct json *rows = json_get(document, "rows"), *row = json_at(rows, 0);
    assert_true(json_is(json_get(row, "tag"), "Io  "));
    assert_null(json_get(row, "tag_hex"));
    assert_true(json_is(json_get(row, "per_alloc_bytes"), "3389"));
    row = json_at(rows, 1);
    assert_true(json_is(json_get(row, "allocs"), "null"));
    assert_true(json_is(json_get(row, "diff"), "null"));
    assert_true(json_is(json_get(row, "bytes"), "null"));
    assert_true(json_is(json_get(row, "per_alloc_bytes"), "null"));
    row = json_at(rows, 2);
    assert_true(json_is(json_get(row, "tag"), "\\\\x1b[2J\\\\x0a,\\\"\\\\\\\\\\\\xff"));
    assert_true(json_is(json_get(row, "tag_hex"), "1b5b324a0a2c225cff"));
    assert_true(json_is(json_get(row, "bytes"), "0"));
    assert_true(json_is(json_get(row, "per_alloc_bytes"), "0"));
    json_free(document);
    fixture_fini(&fixture);
}

static void json_hunt(void **state)
{
    struct fixture fixture;
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    three_rows(&fixture);
    struct ph_finding *finding = add_finding(&fixture, 0, PH_VERDICT_LEAK_CONFIRMED);
    finding->have_limit_time = true;
    finding->limit_s = 100;
    finding->limit_s_low = 50;
    finding->limit_s_high = INFINITY;
    finding->t_statistic = INFINITY;
    struct ph_hunt_report report = hunt_of(&fixture);
    must(ph_render_json.hunt(&report, &style, &out));
    struct json *document = json_parse(out.data, out.size);
    const struct json *found = json_at(json_get(document, "findings"), 0);
    assert_true(json_is(json_get(found, "verdict"), "LEAK_CONFIRMED"));
    assert_true(json_is(json_get(found, "rate_bytes_per_s"), "20582.4"));
    assert_true(json_is(json_get(found, "limit_s"), "100"));
    assert_true(json_is(json_get(found, "limit_high_s"), "null"));
    assert_true(json_is(json_get(found, "t_statistic"), "null"));
    assert_true(json_is(json_get(found, "group"), "null"));
    assert_true(json_is(json_at(json_get(found, "floors_bytes"), 13), "2300000"));
    assert_true(json_is(json_get(json_get(document, "verdicts"), "LEAK_CONFIRMED"), "1"));
    json_free(document);
    ph_text_clear(&out);
    report.time_kind = PH_TIME_ORDINAL;
    must(ph_render_json.hunt(&report, &style, &out));
    document = json_parse(out.data, out.size);
    found = json_at(json_get(document, "findings"), 0);
    assert_null(json_get(found, "rate_bytes_per_s"));
    assert_null(json_get(found, "limit_s"));
    assert_true(json_is(json_get(found, "rate_bytes_per_reading"), "20582.4"));
    assert_true(json_is(json_get(json_get(document, "last_time"), "ns"), "null"));
    json_free(document);
    fixture_fini(&fixture);
}

static void the_writer_escapes(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    struct ph_json json = {.out = &out};

    (void)state;
    ph_json_open(&json, NULL, '[');
    ph_json_string(&json, NULL, ph_slice_of("\"\\\n\x01"));
    ph_json_prose(&json, NULL, "");
    ph_json_prose(&json, NULL, "\xff C:\\x");
    ph_json_double(&json, NULL, (double)NAN);
    ph_json_double(&json, NULL, -INFINITY);
    ph_json_double(&json, NULL, .1);
    ph_json_rounded(&json, NULL, 1e6 + .4);
    ph_json_rounded(&json, NULL, 1e300);
    ph_json_signed(&json, NULL, true, INT64_MIN);
    ph_json_unsigned(&json, NULL, true, UINT64_MAX);
    ph_json_close(&json, ']');
    assert_string_equal(out.data, "[\"\\\"\\\\\\u000a\\u0001\",null,\"\\\\xff C:\\\\x\",null,null,"
                                  "0.1,1000000,null,-9223372036854775808,18446744073709551615]");
}

/* The lines of export and the document of demo follow the same schema. */
static void other_outputs_follow_the_schema(void **state)
{
    static char text[1 << 18];
    FILE *file = fopen(TEST_DATA "/../../docs/schema.json", "rb");
    struct fixture fixture;
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    struct ph_slice line = {0};
    size_t lines = 0;

    (void)state;
    assert_non_null(file);
    struct json *schema = json_parse(text, fread(text, 1, sizeof(text), file));
    (void)fclose(file);
    assert_non_null(schema);
    three_rows(&fixture);
    ph_render_rows_begin(PH_ROWS_JSON, &out);
    ph_render_rows(PH_ROWS_JSON, &fixture.catalog, &fixture.sample, &out);
    ph_render_rows_end(PH_ROWS_JSON, &out);
    must(ph_text_check(&out));
    struct ph_reader reader = ph_reader_of("rows", out.data, out.size);
    while (ph_reader_line(&reader, &line)) {
        struct json *document = json_parse(line.data, line.size);
        assert_non_null(document);
        assert_true(schema_holds(schema, schema, document, true));
        json_free(document);
        lines++;
    }
    assert_int_equal(lines, 3);
    ph_text_clear(&out);
    struct ph_finding *finding = add_finding(&fixture, 0, PH_VERDICT_GROWING);
    struct ph_demo_row rows[] = {
        {.cache = "eventfd_ctx", .seen = true, .true_objects = 9, .finding = finding},
        {.cache = "filp", .true_rate = NAN},
    };
    struct ph_demo_report demo = {
        .what = "eventfds", .leaked = 6000, .seconds = 30, .rows = rows, .row_count = 2};
    ph_render_demo_json(&demo, &out);
    must(ph_text_check(&out));
    struct json *document = json_parse(out.data, out.size);
    assert_non_null(document);
    assert_true(schema_holds(schema, schema, document, true));
    json_free(document);
    json_free(schema);
    fixture_fini(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_reading),        cmocka_unit_test(csv_hunt_and_diff),
        cmocka_unit_test(json_reading),       cmocka_unit_test(json_hunt),
        cmocka_unit_test(the_writer_escapes), cmocka_unit_test(other_outputs_follow_the_schema),
    };

    return cmocka_run_group_tests_name("render/machine_output", tests, NULL, NULL);
}
