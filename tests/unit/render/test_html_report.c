/* The HTML report: well-formed whatever it is made of, small, harmless, and its first sentences are
 * true. tests/cli/report.sh holds it against the JSON of the same hunt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "random_report.h"
#include "rich_report.h"

static char *html_of(const struct ph_hunt_report *report, struct ph_text *out)
{
    ph_text_clear(out);
    must(ph_html_report(report, out));
    return out->data;
}

/* ------------------------------------------------------------------ structure */

enum { DEEPEST = 40, NAME = 16 };

/* Every element is closed in its order; what is no element is escaped. */
static void assert_balanced(const struct ph_text *out)
{
    char open[DEEPEST][NAME];
    size_t depth = 0;

    for (const char *at = strchr(out->data, '<'); at; at = strchr(at + 1, '<')) {
        const char *end = strchr(at, '>');
        char name[NAME] = "";
        assert_non_null(end);
        bool closes = at[1] == '/', style = !strncmp(at, "<style", 6);
        (void)sscanf(at + 1 + closes, "%15[A-Za-z0-9!]", name);
        if (!name[0])
            fail_msg("no element: %.40s", at);
        if (!strcmp(name, "meta") || !strcmp(name, "!DOCTYPE") || end[-1] == '/')
            continue;
        if (closes) {
            if (!depth || strcmp(open[depth - 1], name) != 0)
                fail_msg("</%s> closes %s: %.60s", name, depth ? open[depth - 1] : "nothing", at);
            depth--;
            continue;
        }
        assert_true(depth < DEEPEST);
        (void)snprintf(open[depth++], NAME, "%s", name);
        if (style)
            at = strstr(at, "</style>") - 1;
    }
    assert_int_equal(depth, 0);
}

static void assert_no_controls(const struct ph_text *out)
{
    assert_int_equal(strlen(out->data), out->size);
    for (size_t i = 0; i < out->size; i++)
        if (((unsigned char)out->data[i] < 32 && out->data[i] != '\n') || out->data[i] == 0x7f)
            fail_msg("byte %02x in a report", (unsigned char)out->data[i]);
}

static void random_reports_are_well_formed(void **state)
{
    enum { ROUNDS = 400 };
    uint64_t seed = 20261109;
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct fixture fixture;
        fixture_random(&fixture, &seed);
        struct ph_hunt_report hunt = random_hunt(&fixture, &seed);
        (void)html_of(&hunt, &out);
        assert_balanced(&out);
        assert_no_controls(&out);
        fixture_fini(&fixture);
    }
}

static void hostile_names_stay_text(void **state)
{
    struct rich rich;
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    rich_init(&rich, 40, true);
    char *html = html_of(&rich.report, &out);
    assert_balanced(&out);
    assert_no_controls(&out);
    assert_null(strstr(html, "<script"));
    assert_null(strstr(html, "<img"));
    assert_null(strstr(html, "<b>"));
    assert_null(strstr(html, "\"javascript:"));
    assert_null(strstr(html, "\xe2\x80\xae"));
    assert_non_null(strstr(html, "&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert_non_null(strstr(html, "&lt;h1&gt;w&amp;b&quot;&#39;"));
    assert_non_null(strstr(html, "\\xff\\xfe\\xc0"));
    assert_non_null(strstr(html, "javascript:alert(1)")); /* said, not linked */
    rich_fini(&rich);
}

static void nothing_is_read_from_elsewhere(void **state)
{
    struct rich rich;
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    rich_init(&rich, 40, false);
    char *html = html_of(&rich.report, &out);
    assert_null(strstr(html, " src="));
    assert_null(strstr(html, "@import"));
    assert_null(strstr(html, "<link"));
    assert_non_null(strstr(html, "default-src 'none'"));
    assert_non_null(strstr(html, "href=\"https://example.org/leak?a=1&amp;b=2\""));
    for (char *at = strstr(html, "href=\""); at; at = strstr(at + 6, "href=\""))
        assert_true(at[6] == '#' || !strncmp(at + 6, "https://example.org/", 20));
    rich_fini(&rich);
}

/* ------------------------------------------------------------------ size */

static void a_week_of_2000_tags_is_small(void **state)
{
    enum { TAGS = 2000, MOST = 500 * 1000 };
    struct rich rich;
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    rich_init(&rich, TAGS, false);
    char *html = html_of(&rich.report, &out);
    assert_in_range(out.size, 100 * 1000, MOST - 1);
    for (int tag = 1; tag < TAGS; tag++) { /* none is forgotten */
        char name[40];
        (void)snprintf(name, sizeof(name), "<code>driver_cache_%d</code>", tag);
        assert_non_null(strstr(html, name));
    }
    for (size_t i = 0; i < TAGS; i++) /* the worst case: all of them grow */
        rich.findings[i].verdict = PH_VERDICT_GROWING;
    (void)html_of(&rich.report, &out);
    assert_in_range(out.size, 100 * 1000, MOST - 1);
    assert_balanced(&out);
    ph_text_clear(&out);
    must(ph_markdown_report(&rich.report, &out));
    assert_in_range(out.size, 100 * 1000, MOST - 1);
    rich_fini(&rich);
}

/* ------------------------------------------------------------------ what it says first */

static void assert_headline(const struct ph_hunt_report *report, const char *badge,
                            const char *headline)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    PH_GUARD(ph_text_fini) struct ph_text want = {0};
    PH_GUARD(ph_text_fini) struct ph_text got = {0};
    char *html = html_of(report, &out);

    ph_text_printf(&want, "%s|%s", badge, headline);
    const char *at = strstr(html, "<p class=\"badge\">") + strlen("<p class=\"badge\">");
    bool skip = false;
    for (const char *end = strstr(html, "</h1>"); at < end; at++) {
        if (!strncmp(at, "<h1>", 4))
            ph_text_putc(&got, '|');
        if (!strncmp(at, "&nbsp;", 6)) {
            ph_text_putc(&got, ' ');
            at += 5;
            continue;
        }
        skip |= *at == '<';
        if (!skip && *at != '\n')
            ph_text_putc(&got, *at);
        skip &= *at != '>';
    }
    if (strncmp(got.data, want.data, want.size) != 0)
        fail_msg("headline: %s\n  wanted: %s", got.data, want.data);
    assert_balanced(&out);
}

static void the_headline_says_all(void **state)
{
    struct rich rich;

    (void)state;
    rich_init(&rich, 12, false);
    assert_headline(&rich.report, "LEAK",
                    "2 tags leak, worst: wg_peer, 24.0 MB/d (23.3 to 25.0), since about "
                    "2026-11-04T12:25:00Z; at this rate the unreclaimable pool is full in 6.2 d "
                    "(5.9 d to 6.6 d). Owner: wireguard.");
    rich.report.history = NULL;
    rich.report.owner_count = 0;
    rich.findings[0].have_limit_time = false;
    assert_headline(&rich.report, "LEAK", "2 tags leak, worst: wg_peer, 24.0 MB/d (23.3 to 25.0).");
    rich_fini(&rich);
}

static void headlines_are_true(void **state)
{
    struct rich rich;

    (void)state;
    rich_init(&rich, 12, false);
    rich.report.history = NULL;
    rich.report.owner_count = 0;
    for (size_t i = 0; i < 12; i++)
        rich.findings[i].verdict = PH_VERDICT_FLAT;
    assert_headline(&rich.report, "NO LEAK",
                    "Nothing leaks: none of 12 tags grows steadily over 6.9");
    rich.findings[0].verdict = PH_VERDICT_LEVELLING;
    assert_headline(&rich.report, "NO LEAK", "Nothing leaks: none of 12 tags grows");
    rich.findings[0].verdict = PH_VERDICT_GROWING;
    rich.findings[0].missing = PH_MISSING_RECLAIMABLE;
    assert_headline(&rich.report, "GROWING",
                    "GROWING, but the kernel may take it back: 1 tag grows, wg_peer, 24.0 MB/d");
    rich.findings[0].missing = PH_MISSING_SPAN;
    rich.findings[0].urgent = true;
    rich.findings[0].limit_s = 3.5 * 3600;
    assert_headline(&rich.report, "URGENT",
                    "URGENT: wg_peer grows 24.0 MB/d (23.3 to 25.0), the unreclaimable pool is "
                    "full in 3.5 h.");
    rich.findings[0].urgent = false;
    rich.findings[0].missing = PH_MISSING_TIME;
    rich.findings[0].have_limit_time = false;
    rich.report.time_kind = PH_TIME_ORDINAL;
    assert_headline(&rich.report, "GROWING",
                    "GROWING, but the input has no times to tell a leak by: 1 tag grows, wg_peer, "
                    "291 B/reading");
    for (size_t i = 0; i < 12; i++)
        rich.findings[i].verdict = PH_VERDICT_NO_DATA;
    assert_headline(&rich.report, "NO DATA", "Too little to judge: 504 readings of 12 tags.");
    rich.report.finding_count = 0;
    assert_headline(&rich.report, "NO DATA", "Too little to judge: 504 readings of 0 tags.");
    rich_fini(&rich);
}

/* Logs of poolmon never tell the pool's limit; the machine's memory ends all growth of nonpaged
 * pool, but not of paged pool. */
static void an_end_without_a_limit(void **state)
{
    static const enum ph_pool pools[] = {PH_POOL_NONPAGED, PH_POOL_PAGED};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fixture fixture;
        PH_GUARD(ph_text_fini) struct ph_text out = {0};
        fixture_init(&fixture);
        uint32_t series = windows_row(&fixture, "LeaK", pools[i], 20, 10, 10240);
        struct ph_finding *finding = add_finding(&fixture, series, PH_VERDICT_GROWING);
        finding->have_limit_time = false;
        finding->rate = 1 << 20;
        fixture.sample.memory.total = INT64_C(8) << 30;
        fixture.sample.pools[pools[i]] =
            (struct ph_pool_total){.have = PH_TOTAL_BYTES, .bytes = INT64_C(1) << 30};
        struct ph_hunt_report hunt = hunt_of(&fixture);
        char *html = html_of(&hunt, &out);
        assert_non_null(strstr(html, "Not known: the input tells no limit"));
        assert_int_equal(!strstr(html, "cannot outgrow the machine"), i == 1);
        /* 7 GB at 1 MB/s */
        assert_int_equal(!strstr(html, "reached in 2.0&nbsp;h at the latest") &&
                             !strstr(html, "reached in 119&nbsp;min at the latest"),
                         i == 1);
        finding->rate = 1;
        assert_null(strstr(html_of(&hunt, &out), "cannot outgrow the machine"));
        finding->rate = 1 << 20;
        fixture.sample.memory.total = -1;
        assert_null(strstr(html_of(&hunt, &out), "cannot outgrow the machine"));
        fixture_fini(&fixture);
    }
}

static void what_is_not_there_is_not_made_up(void **state)
{
    struct fixture fixture;
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    fixture_init(&fixture);
    uint32_t series = linux_row(&fixture, "leaky", PH_POOL_UNRECLAIMABLE, 100, 64, NULL);
    (void)add_finding(&fixture, series, PH_VERDICT_LEAK_LIKELY);
    struct ph_hunt_report hunt = hunt_of(&fixture);
    hunt.machine = NULL;
    hunt.trends = NULL;
    hunt.last = NULL;
    hunt.losses = NULL;
    char *html = html_of(&hunt, &out);
    assert_balanced(&out);
    assert_non_null(strstr(html, "Not known: the input tells no limit"));
    assert_non_null(strstr(html, "Not known: too few readings"));
    assert_non_null(strstr(html, "Not looked for"));
    assert_non_null(strstr(html, "No list of drivers was gathered."));
    assert_non_null(strstr(html, "Nobody to write to is known yet."));
    assert_null(strstr(html, "were taken out of this report"));
    hunt.anonymous = true;
    assert_non_null(strstr(html_of(&hunt, &out), "were taken out of this report"));
    fixture_fini(&fixture);
}

/* ------------------------------------------------------------------ formats, memory */

static void formats_are_found_by_name(void **state)
{
    const struct ph_report_format *format = NULL;

    (void)state;
    must(ph_report_format_find("/tmp/a.json.HTML", &format));
    assert_ptr_equal(format->render, ph_html_report);
    must(ph_report_format_find("leak.md", &format));
    assert_ptr_equal(format->render, ph_markdown_report);
    must(ph_report_format_find("leak.Json", &format));
    assert_string_equal(format->suffix, ".json");
    must(ph_report_format_find("leak.txt", &format));
    for (size_t i = 0; i < 4; i++) {
        const char *const names[] = {"leak.pdf", "html", ".html", ""};
        struct ph_error *error = ph_report_format_find(names[i], &format);
        assert_non_null(error);
        assert_int_equal(error->code, PH_ERR_USAGE);
        assert_non_null(strstr(error->text, ".html, .md, .json or .txt"));
        ph_error_free(error);
    }
}

static void every_format_is_written(void **state)
{
    static const char *const begins[] = {"<!DOCTYPE html>\n", "# Kernel memory report: web1",
                                         "{\"schema\"", "2 tags leak, worst: wg_peer"};
    struct rich rich;

    (void)state;
    rich_init(&rich, 40, false);
    for (size_t i = 0; ph_report_formats[i].suffix; i++) {
        PH_GUARD(ph_text_fini) struct ph_text out = {0};
        must(ph_report_formats[i].render(&rich.report, &out));
        assert_memory_equal(out.data, begins[i], strlen(begins[i]));
        assert_int_equal(out.data[out.size - 1], '\n');
        assert_non_null(strstr(out.data, "driver_cache_39"));
        assert_null(strstr(out.data, "\033["));
    }
    rich_fini(&rich);
}

static void out_of_memory(void **state)
{
    struct rich rich;

    (void)state;
    rich_init(&rich, 10, false);
    for (size_t i = 0; ph_report_formats[i].suffix; i++)
        for (long n = 0;; n++) {
            PH_GUARD(ph_text_fini) struct ph_text out = {0};
            ph_mem_fail_after(n);
            struct ph_error *error = ph_report_formats[i].render(&rich.report, &out);
            ph_mem_fail_after(-1);
            if (!error)
                break;
            assert_int_equal(error->code, PH_ERR_NOMEM);
            ph_error_free(error);
        }
    rich_fini(&rich);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_reports_are_well_formed),
        cmocka_unit_test(hostile_names_stay_text),
        cmocka_unit_test(nothing_is_read_from_elsewhere),
        cmocka_unit_test(a_week_of_2000_tags_is_small),
        cmocka_unit_test(the_headline_says_all),
        cmocka_unit_test(headlines_are_true),
        cmocka_unit_test(an_end_without_a_limit),
        cmocka_unit_test(what_is_not_there_is_not_made_up),
        cmocka_unit_test(formats_are_found_by_name),
        cmocka_unit_test(every_format_is_written),
        cmocka_unit_test(out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
