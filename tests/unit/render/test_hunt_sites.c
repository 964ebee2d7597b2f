/* The call sites of a hunt in each of its outputs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_check.h"
#include "render/hunt_sites.h"
#include "render/report_format.h"
#include "report_fixture.h"

static char *copy(const char *text)
{
    char *fresh = ph_strdup(text);
    assert_non_null(fresh);
    return fresh;
}

static struct ph_trace_site *site(struct ph_trace *trace, const char *function, const char *module,
                                  const char *cache, double objects, enum ph_age_verdict verdict)
{
    struct ph_trace_site *fresh;

    must(ph_trace_add(trace, &fresh));
    fresh->place.address = 0xffffffff81000000u + trace->count;
    fresh->place.function = copy(function);
    fresh->place.module = module ? copy(module) : NULL;
    fresh->cache = cache ? copy(cache) : NULL;
    fresh->kind = cache ? PH_TRACE_KMALLOC : PH_TRACE_VMALLOC;
    fresh->object_bytes = 512;
    fresh->allocs = objects + 10;
    fresh->frees = 10;
    fresh->objects = fresh->objects_low = fresh->objects_high = objects;
    fresh->bytes = objects * 512;
    fresh->oldest_ns = 20000000000;
    fresh->age = (struct ph_age){
        .verdict = verdict,
        .rate = (double)NAN,
        .rate_low = (double)NAN,
        .rate_high = (double)NAN,
        .survival = (double)NAN,
    };
    return fresh;
}

static void make(struct fixture *fixture, struct ph_trace *trace)
{
    fixture_init(fixture);
    uint32_t grows = linux_row(fixture, "kmalloc-512", PH_POOL_UNRECLAIMABLE, 5000, 512, NULL);
    uint32_t flat = linux_row(fixture, "dentry", PH_POOL_UNRECLAIMABLE, 5000, 192, NULL);
    add_finding(fixture, grows, PH_VERDICT_GROWING)->rate = 1000;
    (void)add_finding(fixture, flat, PH_VERDICT_FLAT);
    (void)site(trace, "small_site", "calm", "kmalloc-512", 10, PH_AGE_DYING);
    (void)site(trace, "leaky_site", "leaky", "kmalloc-cg-512", 1234, PH_AGE_STAYING);
    (void)site(trace, "large_site", NULL, "kmalloc-512", 9000, PH_AGE_DYING);
    (void)site(trace, "not_of_it", NULL, "dentry", 100000, PH_AGE_STAYING);
    (void)site(trace, "area_site", "leaky", NULL, 5, PH_AGE_STAYING);
    (void)site(trace, "area_calm", "calm", NULL, 5, PH_AGE_DYING);
    (void)site(trace, "<b>gone", "gone", "kmalloc-512", 0, PH_AGE_DYING);
    trace->begun_ns = 1000000000;
    trace->now_ns = 25000000000;
    trace->cpu_share = 0.004;
    trace->events_per_second = 1200;
    trace->map_bytes = 33 << 20;
    trace->shift_most = 3;
    trace->counts.dropped = 7;
}

static void sites_of_what_grows_come_in_order(void **state)
{
    struct fixture fixture;
    struct ph_trace trace = {0};
    struct ph_hunt_sites sites;

    (void)state;
    make(&fixture, &trace);
    struct ph_hunt_report hunt = hunt_of(&fixture);
    ph_hunt_sites_of(&hunt, &sites);
    assert_int_equal(sites.report.row_count, 0); /* nothing was traced */
    hunt.trace = &trace;
    ph_hunt_sites_of(&hunt, &sites);
    assert_int_equal(sites.report.row_count, 4);
    assert_int_equal(sites.report.staying, 2);
    assert_int_equal(sites.rows[0], 1); /* those that stay, by bytes */
    assert_int_equal(sites.rows[1], 4);
    assert_int_equal(sites.rows[2], 2);
    assert_int_equal(sites.rows[3], 0);
    for (int i = 0; i < 200; i++)
        (void)site(&trace, "more", NULL, "kmalloc-512", 20000 + i, PH_AGE_DYING);
    ph_hunt_sites_of(&hunt, &sites);
    assert_int_equal(sites.report.row_count, PH_HUNT_SITES_MOST);
    assert_int_equal(sites.rows[2], trace.count - 1);
    ph_trace_fini(&trace);
    fixture_fini(&fixture);
}

static void every_output_tells_them(void **state)
{
    static const struct ph_style style = {.columns = 80};
    struct fixture fixture;
    struct ph_trace trace = {0};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    make(&fixture, &trace);
    struct ph_hunt_report hunt = hunt_of(&fixture);
    hunt.trace = &trace;
    must(ph_render_text.hunt(&hunt, &style, &out));
    assert_non_null(strstr(out.data, "Call sites. Traced for 24 s, at 0.4 % of the machine's CPU"));
    assert_non_null(strstr(out.data, "1 of 8 addresses"));
    assert_non_null(strstr(out.data, "leaky_site"));
    assert_null(strstr(out.data, "not_of_it"));
    ph_text_clear(&out);
    must(ph_html_report(&hunt, &out));
    assert_non_null(strstr(out.data, "Call sites"));
    assert_non_null(strstr(out.data, "leaky_site [leaky]"));
    assert_non_null(strstr(out.data, "its own maps, 33.0&nbsp;MB"));
    ph_text_clear(&out);
    must(ph_markdown_report(&hunt, &out));
    assert_non_null(strstr(out.data, "leaky"));
    assert_non_null(strstr(out.data, "Call sites"));
    ph_trace_fini(&trace);
    fixture_fini(&fixture);
}

static void json_follows_the_schema(void **state)
{
    static const struct ph_style style = {.columns = 80};
    FILE *file = fopen(TEST_DATA "/../../docs/schema.json", "rb");
    char *text = calloc(1, 1 << 20);
    assert_true(file && text);
    struct json *schema = json_parse(text, fread(text, 1, (1 << 20) - 1, file));
    struct fixture fixture;
    struct ph_trace trace = {0};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    assert_non_null(schema);
    (void)fclose(file);
    make(&fixture, &trace);
    for (int traced = 0; traced < 2; traced++) {
        struct ph_hunt_report hunt = hunt_of(&fixture);
        hunt.trace = traced ? &trace : NULL;
        ph_text_clear(&out);
        must(ph_render_json.hunt(&hunt, &style, &out));
        struct json *document = json_parse(out.data, out.size);
        assert_non_null(document);
        if (!schema_holds(schema, schema, document, false)) {
            (void)schema_holds(schema, json_get(json_get(schema, "$defs"), "hunt"), document, true);
            fail_msg("does not follow docs/schema.json");
        }
        const struct json *member = json_get(document, "trace");
        assert_non_null(member);
        assert_int_equal(member->type, traced ? JSON_OBJECT : JSON_NULL);
        json_free(document);
    }
    json_free(schema);
    free(text);
    ph_trace_fini(&trace);
    fixture_fini(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sites_of_what_grows_come_in_order),
        cmocka_unit_test(every_output_tells_them),
        cmocka_unit_test(json_follows_the_schema),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
