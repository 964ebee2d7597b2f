/* render/chart_svg: every chart is well-formed XML whatever its names, small, and shows what it is
 * about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "near.h"
#include "random_chart.h"

/* ------------------------------------------------------------------ a checker of XML */

enum { DEPTH_MOST = 16 };

struct xml {
    const char *at, *end;
    struct ph_slice open[DEPTH_MOST];
    size_t depth, elements;
};

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == ':';
}

static struct ph_slice xml_name(struct xml *xml)
{
    const char *start = xml->at;

    while (xml->at < xml->end && is_name(*xml->at))
        xml->at++;
    if (xml->at == start)
        fail_msg("no name at: %.40s", start);
    return (struct ph_slice){start, (size_t)(xml->at - start)};
}

/* Text up to one of `stops`: characters that XML has, and entities that it knows. */
static void xml_text(struct xml *xml, char stop)
{
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};

    while (xml->at < xml->end && *xml->at != stop) {
        struct ph_slice rest = {xml->at, (size_t)(xml->end - xml->at)};
        uint32_t rune = 0;
        size_t size = ph_utf8_rune(rest, &rune), known = 0;
        assert_true(size > 0);
        assert_true((rune >= 0x20 || rune == '\n') && rune != 0x7f && (rune & 0xfffe) != 0xfffe);
        assert_true(rune != '<');
        while (rune == '&' && known < 5 && !ph_slice_starts(rest, entities[known]))
            known++;
        assert_true(known < 5);
        xml->at += size;
    }
    if (xml->at == xml->end && stop == '"')
        fail_msg("an attribute without end");
}

static void xml_tag(struct xml *xml)
{
    if (*xml->at == '/') {
        xml->at++;
        struct ph_slice name = xml_name(xml);
        assert_true(xml->depth > 0);
        struct ph_slice open = xml->open[--xml->depth];
        assert_true(open.size == name.size && !memcmp(open.data, name.data, name.size));
        assert_true(*xml->at++ == '>');
        return;
    }
    struct ph_slice name = xml_name(xml);
    xml->elements++;
    while (*xml->at == ' ') {
        xml->at++;
        (void)xml_name(xml);
        assert_true(xml->at[0] == '=' && xml->at[1] == '"');
        xml->at += 2;
        xml_text(xml, '"');
        xml->at++;
    }
    if (*xml->at == '/') {
        xml->at++;
    } else {
        assert_true(xml->depth < DEPTH_MOST);
        xml->open[xml->depth++] = name;
    }
    assert_true(*xml->at++ == '>');
}

/* Returns the number of elements. */
static size_t assert_xml(const struct ph_text *text)
{
    static const char head[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    struct xml xml = {.at = text->data, .end = text->data + text->size};

    if (ph_slice_starts(ph_text_slice(text), head))
        xml.at += sizeof(head) - 1;
    while (xml.at < xml.end) {
        xml_text(&xml, '<');
        if (xml.at < xml.end) {
            xml.at++;
            xml_tag(&xml);
        }
    }
    assert_int_equal(xml.depth, 0);
    return xml.elements;
}

static bool has(const struct ph_text *text, const char *what)
{
    return strstr(text->data, what);
}

/* Paths hold nothing but M, l, z and numbers, and never begin with a line. */
static void assert_paths(const struct ph_text *text)
{
    for (const char *at = text->data; (at = strstr(at, " d=\"")); at++) {
        const char *path = at + 4;
        size_t size = strcspn(path, "\"");
        assert_int_equal(strspn(path, "Mlz0123456789.- "), size);
        assert_true(!size || path[0] == 'M');
        assert_true(!size || path[size - 1] != 'l');
    }
}

/* ------------------------------------------------------------------ tests */

static void any_chart(void **state)
{
    struct random_chart *random = ph_zalloc(1, sizeof(*random));
    uint64_t seed = 4711;

    (void)state;
    assert_non_null(random);
    for (int i = 0; i < 3000; i++) {
        PH_GUARD(ph_text_fini) struct ph_text out = {0};
        random_chart(&seed, random);
        struct ph_svg_style style = {
            .width = i % 7 ? 960 : (unsigned)below(&seed, 20000),
            .height = i % 7 ? 340 : (unsigned)below(&seed, 20000),
            .small = below(&seed, 2),
            .standalone = below(&seed, 2),
            .id = (unsigned)i,
        };
        ph_chart_svg(&random->chart, &style, &out);
        must(ph_text_check(&out));
        assert_true(assert_xml(&out) >= 5);
        assert_paths(&out);
        assert_null(strstr(out.data, "nan"));
        assert_null(strstr(out.data, "inf\""));
        assert_null(strstr(out.data, "<script"));
        const struct ph_chart *both[] = {&random->chart, &random->chart};
        ph_text_clear(&out);
        ph_chart_svg_file(both, (size_t)i % 3, 1000, 300, &out);
        must(ph_text_check(&out));
        (void)assert_xml(&out);
    }
    ph_free(random);
}

enum { POINTS = 128, FLOORS = 14 };

/* What a report draws: a tag with all that can be on it. */
struct full {
    double x[POINTS], low[POINTS], high[POINTS], floor_x[FLOORS], floors[FLOORS], band_x[2],
        band_low[2], band_high[2], limit;
    struct ph_chart_mark marks[3];
    struct ph_chart chart;
};

static void full_chart(struct full *full, double limit)
{
    uint64_t seed = 9;

    for (size_t i = 0; i < POINTS; i++) {
        full->x[i] = (double)i * 3600;
        full->low[i] = 2e8 + 1e6 * (double)i + (double)below(&seed, 20000000);
        full->high[i] = full->low[i] + (double)below(&seed, 20000000);
    }
    for (size_t i = 0; i < FLOORS; i++) {
        full->floor_x[i] = (double)i * 9 * 3600;
        full->floors[i] = 2e8 + 9e6 * (double)i;
    }
    full->band_x[1] = full->x[POINTS - 1];
    full->band_low[0] = full->band_high[0] = 2e8;
    full->band_low[1] = 3e8;
    full->band_high[1] = 9e8; /* leaves the plot */
    full->limit = limit;
    full->marks[0] = (struct ph_chart_mark){3600, "boot"};
    full->marks[1] = (struct ph_chart_mark){7200, "load nf_conntrack"};
    full->marks[2] = (struct ph_chart_mark){360000, "load x<y"};
    full->chart = (struct ph_chart){
        .title = "Tag <Strg> & co",
        .lines = {{"seen", PH_CHART_RANGE, full->x, full->low, full->high, POINTS},
                  {"floors of 9 h", PH_CHART_FLOOR, full->floor_x, full->floors, full->floors,
                   FLOORS},
                  {"1 MB/h", PH_CHART_BAND, full->band_x, full->band_low, full->band_high, 2},
                  {"limit", PH_CHART_LIMIT, full->x, &full->limit, &full->limit, 1}},
        .line_count = 4,
        .marks = full->marks,
        .mark_count = 3,
        .x_last = full->x[POINTS - 1],
        .first_label = "2026-11-02 14:05Z",
        .last_label = "2026-11-07 21:05Z",
    };
}

static void small_files(void **state)
{
    struct full *full = ph_zalloc(1, sizeof(*full));
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    struct ph_svg_style style = {.width = 960, .height = 340, .id = 7};

    (void)state;
    assert_non_null(full);
    full_chart(full, 6e8);
    ph_chart_svg(&full->chart, &style, &out);
    must(ph_text_check(&out));
    assert_in_range(out.size, 1000, 6000);
    style = (struct ph_svg_style){.width = 320, .height = 150, .small = true, .id = 8};
    ph_text_clear(&out);
    ph_chart_svg(&full->chart, &style, &out);
    must(ph_text_check(&out));
    assert_in_range(out.size, 500, 2400);
    full->chart.line_count = 3; /* a small multiple of the report: no limit, no events */
    full->chart.mark_count = 0;
    ph_text_clear(&out);
    ph_chart_svg(&full->chart, &style, &out);
    must(ph_text_check(&out));
    assert_in_range(out.size, 500, 2048);
    ph_free(full);
}

static void structure(void **state)
{
    static const char *const wanted[] = {
        "viewBox=\"0 0 960 340\"",
        "role=\"img\"",
        "aria-labelledby=\"ph-t7 ph-d7\"",
        "<title id=\"ph-t7\">Tag &lt;Strg&gt; &amp; co</title>",
        "<desc id=\"ph-d7\">Bytes from 2026-11-02 14:05Z to 2026-11-07 21:05Z: between ",
        "limit 572 MB; 3 events.</desc>",
        "class=\"ph-range\"",
        "class=\"ph-floor\"",
        "class=\"ph-band\"",
        "class=\"ph-band ph-line\"",
        "class=\"ph-limit\"",
        "class=\"ph-axis\"",
        "class=\"ph-mark\"",
        ">boot</text>",
        ">load x&lt;y</text>",
        ">2026-11-02 14:05Z</text>",
        "> floors of 9 h",
        "> 1 MB/h",
        ">-4 d</text>",
        ">400 MB</text>",
        ">limit 572 MB</text>",
    };
    struct full *full = ph_zalloc(1, sizeof(*full));
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    struct ph_svg_style style = {.width = 960, .height = 340, .id = 7};

    (void)state;
    assert_non_null(full);
    full_chart(full, 6e8);
    ph_chart_svg(&full->chart, &style, &out);
    must(ph_text_check(&out));
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        if (!has(&out, wanted[i]))
            fail_msg("no %s in %s", wanted[i], out.data);
    assert_false(has(&out, "<style")); /* the page's */
    assert_false(has(&out, "xmlns"));
    style.standalone = true;
    ph_text_clear(&out);
    ph_chart_svg(&full->chart, &style, &out);
    assert_true(has(&out, "<?xml"));
    assert_true(has(&out, "xmlns=\"http://www.w3.org/2000/svg\""));
    assert_true(has(&out, "prefers-color-scheme:dark"));
    assert_true(has(&out, "class=\"ph-title\" x=\"6\""));
    ph_free(full);
}

static void far_limit(void **state)
{
    struct full *full = ph_zalloc(1, sizeof(*full));
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    struct ph_svg_style style = {.width = 960, .height = 340, .id = 7};

    (void)state;
    assert_non_null(full);
    full_chart(full, 22.8 * 1024 * 1024 * 1024);
    ph_chart_svg(&full->chart, &style, &out);
    must(ph_text_check(&out));
    assert_true(has(&out, " limit 22.8 GB, above the plot</text>"));
    assert_false(has(&out, "<path class=\"ph-limit\""));
    assert_true(has(&out, ">400 MB</text>"));
    ph_free(full);
}

/* The first line's path of a chart with three points and a gap. */
static void gap(void **state)
{
    static const double x[] = {0, 10, 20, 30, 40}, y[] = {0, 50000, NAN, 50000, 100000};
    struct ph_chart chart = {.lines = {{"seen", PH_CHART_RANGE, x, y, y, 5}},
                             .line_count = 1,
                             .x_last = 40,
                             .from_zero = true};
    struct ph_svg_style style = {.width = 494, .height = 200, .id = 1};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    double x0 = 0, y0 = 0, dx = 0, dy = 0, x1 = 0, y1 = 0, ex = 0, ey = 0;

    (void)state;
    ph_chart_svg(&chart, &style, &out);
    must(ph_text_check(&out));
    const char *path = strstr(out.data, "<path class=\"ph-range ph-line\" d=\"");
    assert_non_null(path);
    assert_int_equal(sscanf(strchr(path, 'M'), "M%lf %lfl%lf%lfM%lf %lfl%lf%lf", &x0, &y0, &dx, &dy,
                            &x1, &y1, &ex, &ey),
                     8);
    assert_near(x0, 74, .01); /* the plot is 412 wide */
    assert_near(dx, 103, .11);
    assert_near(x1, 74 + 309, .11);
    assert_near(x1 + ex, 486, .11);
    assert_true(dy < -10 && ey < -10); /* it rises: y goes down */
    assert_near(dy, ey, .21);
    assert_near(y0 + dy, y1, .21);
}

static void memory(void **state)
{
    struct full *full = ph_zalloc(1, sizeof(*full));
    bool done = false;

    (void)state;
    assert_non_null(full);
    full_chart(full, 6e8);
    const struct ph_chart *charts[] = {&full->chart, &full->chart};
    for (long n = 0; !done; n++) {
        PH_GUARD(ph_text_fini) struct ph_text out = {0};
        ph_mem_fail_after(n);
        ph_chart_svg_file(charts, 2, 1000, 300, &out);
        ph_mem_fail_after(-1);
        done = !out.failed;
        assert_true(n < 10000);
        if (done)
            (void)assert_xml(&out);
    }
    ph_free(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_chart), cmocka_unit_test(small_files), cmocka_unit_test(structure),
        cmocka_unit_test(far_limit), cmocka_unit_test(gap),         cmocka_unit_test(memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
