/* The live screen: golden screens, and what must hold for every report at every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "random_report.h"
#include "render/screen_views.h"
#include "screen_check.h"

struct screen {
    struct fixture fixture;
    struct ph_top_row rows[64];
    struct ph_top_report report;
};

static void report_of(struct screen *screen)
{
    struct fixture *fixture = &screen->fixture;

    screen->report = (struct ph_top_report){
        .catalog = &fixture->catalog,
        .now = &fixture->sample,
        .machine = &fixture->machine,
        .rows = screen->rows,
        .row_count = fixture->sample.count,
        .in_all = fixture->sample.count,
        .sort = PH_TOP_BYTES,
        .highlight = true,
        .session = PH_TOP_SYSTEM_POOL,
        .page_faults_change = 5,
        .age_s = .5,
        .interval_s = 2,
        .change_s = 2,
        .live = true,
        .readings = 9,
        .source = "live kernel",
        .filter = "",
        .message = "",
    };
    for (size_t i = 0; i < fixture->sample.count; i++)
        screen->rows[i] = (struct ph_top_row){.series = fixture->sample.values[i].series,
                                              .value = fixture->sample.values[i]};
}

/* poolmon's own two rows of the documentation, and a leak. */
static void windows(struct screen *screen)
{
    struct fixture *fixture = &screen->fixture;

    fixture_init(fixture);
    *fixture->machine.host = 0;
    fixture->sample.time_kind = PH_TIME_REAL;
    fixture->sample.memory = (struct ph_memory){.total = INT64_C(260620) << 10,
                                                .available = 96364 << 10,
                                                .commit = 203500 << 10,
                                                .commit_limit = 640916 << 10,
                                                .commit_peak = 260632 << 10,
                                                .resident_kernel = 1916 << 10,
                                                .resident_paged = 17856 << 10,
                                                .page_faults = 9};
    fixture->sample.pools[PH_POOL_NONPAGED] =
        (struct ph_pool_total){.have = PH_TOTAL_BYTES, .bytes = 8332 << 10};
    fixture->sample.pools[PH_POOL_PAGED] =
        (struct ph_pool_total){.have = PH_TOTAL_BYTES, .bytes = 27220 << 10};
    (void)windows_row(fixture, "Wait", PH_POOL_NONPAGED, 3971107, 3971077, 8456);
    uint32_t leak = windows_row(fixture, "LeaK", PH_POOL_NONPAGED, 50000, 20000, 30720000);
    struct ph_finding *finding = add_finding(fixture, leak, PH_VERDICT_LEAK_CONFIRMED);
    finding->have_rate = true;
    finding->rate = 50;
    finding->span_ns = INT64_C(96) * 3600 * 1000000000;
    report_of(screen);
    screen->rows[0].have = screen->rows[1].have = PH_TOP_HAVE_CHANGE | PH_TOP_HAVE_PERCENT;
    screen->rows[0].percent = .1;
    screen->rows[1].percent = 360;
    screen->rows[1].allocs_change = 66;
    screen->rows[1].frees_change = -3;
    screen->rows[1].bytes_change = 33792;
    screen->rows[1].finding = finding;
    screen->rows[1].owner = "leaky.sys";
    screen->rows[1].have |= PH_TOP_OWNER_NAMED;
    screen->report.leaking = 1;
    screen->report.selected = 1;
}

static void is_screen(const struct ph_top_report *report, unsigned columns, unsigned rows,
                      const char *wanted)
{
    const struct ph_style style = {.columns = columns};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    struct ph_top_layout layout;

    must(ph_screen_top(report, &style, rows, &layout, &out));
    assert_string_equal(out.data, wanted);
}

static void poolmons_screen(void **state)
{
    struct screen screen;

    (void)state;
    windows(&screen);
    is_screen(&screen.report, 80, 9,
              " Memory:260620K Avail:96364K  PageFlts:     5   InRam Krnl:1916K P:17856K\n"
              " Commit:203500K Limit:640916K Peak:260632K  Pool N:8332K P:27220K\n"
              " live kernel                                                0.5 s old, every 2 s\n"
              " 2 tags, 1 leaks, by Bytes\n"
              " Tag  Type          Allocs          Frees  Diff           >Bytes Per Alloc     %\n"
              " Wait Nonp  3971107 (   0) 3971077 (   0)    30     8456 (    0)       281   0.1\n"
              "!LeaK Nonp    50000 (  66)   20000 (  -3) 30000 30720000 (33792)      1024   360\n"
              "\n"
              " h help  q quit  Enter all of a tag  y memory  p pools  b m t a f d r sort\n");
    screen.report.totals = true;
    screen.report.message = "saved";
    screen.report.by_change = true;
    screen.report.since_mark = true;
    screen.report.mark_age_s = 90;
    is_screen(&screen.report, 130, 9,
              " Memory:260620K Avail:96364K  PageFlts:     5   InRam Krnl:1916K P:17856K\n"
              " Commit:203500K Limit:640916K Peak:260632K  Pool N:8332K P:27220K\n"
              " live kernel                                                                      "
              "                            0.5 s old, every 2 s\n"
              " 2 tags, 1 leaks, by Bytes (change), change since the mark 90 s before\n"
              " Tag  Type          Allocs          Frees  Diff           (Bytes Per Alloc     %   "
              "     Rate Verdict     Owner\n"
              " Wait Nonp  3971107 (   0) 3971077 (   0)    30     8456 (    0)       281   0.1\n"
              "!LeaK Nonp    50000 (  66)   20000 (  -3) 30000 30720000 (33792)      1024   360   "
              "4.12 MB/d LEAK        leaky.sys\n"
              " Sum        4021107 (  66) 3991077 (  -3) 30030 30728456 (33792)\n"
              " saved\n");
    fixture_fini(&screen.fixture);
}

/* Where a head would leave no rows, the rows come first. */
static void a_low_window_shows_rows(void **state)
{
    struct screen screen;

    (void)state;
    windows(&screen);
    is_screen(&screen.report, 80, 6,
              " live kernel                                                0.5 s old, every 2 s\n"
              " 2 tags, 1 leaks, by Bytes\n"
              " Tag  Type          Allocs          Frees  Diff           >Bytes Per Alloc     %\n"
              " Wait Nonp  3971107 (   0) 3971077 (   0)    30     8456 (    0)       281   0.1\n"
              "!LeaK Nonp    50000 (  66)   20000 (  -3) 30000 30720000 (33792)      1024   360\n"
              " h help  q quit  Enter all of a tag  y memory  p pools  b m t a f d r sort\n");
    fixture_fini(&screen.fixture);
}

/* A change that was wide once keeps its room: the columns stay where they are. */
static void columns_stay_where_they_are(void **state)
{
    struct screen screen;
    struct ph_top_widths widths = {0};

    (void)state;
    windows(&screen);
    screen.report.widths = &widths;
    screen.rows[1].bytes_change = 1234567;
    is_screen(&screen.report, 80, 5,
              " live kernel                                                0.5 s old, every 2 s\n"
              " 2 tags, 1 leaks, by Bytes\n"
              " Tag  Type          Allocs          Frees  Diff             >Bytes Per Alloc\n"
              " Wait Nonp  3971107 (   0) 3971077 (   0)    30     8456 (      0)       281\n"
              " h help  q quit  Enter all of a tag  y memory  p pools  b m t a f d r sort\n");
    screen.rows[1].bytes_change = 1;
    is_screen(&screen.report, 80, 5,
              " live kernel                                                0.5 s old, every 2 s\n"
              " 2 tags, 1 leaks, by Bytes\n"
              " Tag  Type          Allocs          Frees  Diff             >Bytes Per Alloc\n"
              " Wait Nonp  3971107 (   0) 3971077 (   0)    30     8456 (      0)       281\n"
              " h help  q quit  Enter all of a tag  y memory  p pools  b m t a f d r sort\n");
    fixture_fini(&screen.fixture);
}

/* Nobody counts allocations; one row has no objects, one is new, one is counted elsewhere, too. */
static void slab_caches(struct screen *screen)
{
    struct fixture *fixture = &screen->fixture;

    fixture_init(fixture);
    *fixture->machine.host = 0;
    fixture->sample.time_kind = PH_TIME_REAL;
    fixture->sample.memory = (struct ph_memory){.total = INT64_C(32768000) << 10,
                                                .available = INT64_C(16384000) << 10,
                                                .commit = INT64_C(8192000) << 10,
                                                .commit_limit = -1,
                                                .commit_peak = -1,
                                                .resident_kernel = -1,
                                                .resident_paged = -1};
    fixture->sample.pools[PH_POOL_UNRECLAIMABLE] =
        (struct ph_pool_total){.have = PH_TOTAL_BYTES, .bytes = 98304 << 10};
    fixture->sample.pools[PH_POOL_RECLAIMABLE] =
        (struct ph_pool_total){.have = PH_TOTAL_BYTES, .bytes = 204800 << 10};
    uint32_t leak = linux_row(fixture, "nf_conntrack_expect_and_more", PH_POOL_UNRECLAIMABLE,
                              300000, 240, NULL);
    (void)linux_row(fixture, "dentry", PH_POOL_RECLAIMABLE, 500000, 192, NULL);
    (void)linux_row(fixture, "naïve_日本_cache", PH_POOL_UNRECLAIMABLE, 64, 48, NULL);
    add_value(fixture, (struct ph_value){
                           .series = add_series(fixture, (struct ph_series){.pool = PH_POOL_PAGES},
                                                "(rest)", 6),
                           .have = PH_HAVE_BYTES | PH_IS_ESTIMATED,
                           .bytes = 14020608});
    add_value(fixture, (struct ph_value){
                           .series = add_series(fixture,
                                                (struct ph_series){.pool = PH_POOL_VMALLOC,
                                                                   .flags = PH_SERIES_COUNTS_TWICE},
                                                "twice", 5),
                           .have = PH_HAVE_BYTES | PH_HAVE_OBJECTS,
                           .objects = 7,
                           .bytes = 7000000});
    struct ph_finding *finding = add_finding(fixture, leak, PH_VERDICT_LEAK_LIKELY);
    finding->rate = 20480;
    report_of(screen);
    screen->report.page_faults_change = -1;
    for (size_t i = 0; i < 5; i++)
        screen->rows[i].have = i == 2 ? 0 : PH_TOP_HAVE_CHANGE;
    screen->rows[0].finding = finding;
    screen->rows[0].bytes_change = 40960;
    screen->rows[0].objects_change = 160;
    screen->rows[0].owner = "nf_conntrack";
    screen->rows[0].have |= PH_TOP_OWNER_NAMED | PH_TOP_HAVE_PERCENT;
    screen->rows[0].percent = 76.3;
    screen->rows[1].bytes_change = -2068800;
    screen->rows[1].owner = "vfs";
    screen->rows[4].bytes_change = 5;
    screen->report.totals = true;
    screen->report.leaking = 1;
}

static void linux_screens(void **state)
{
    struct screen screen;

    (void)state;
    slab_caches(&screen);
    is_screen(&screen.report, 40, 9,
              " Memory:32768000K Avail:16384000K\n"
              " Commit:8192000K Limit:?\n"
              " live kernel        0.5 s old, every 2 s\n"
              " 5 tags, 1 leaks, by Bytes\n"
              " Tag        Type    Diff          >Bytes\n"
              "!nf_conn... Unrec 300000     77M (40960)\n"
              " dentry     Recl  500000    104M (-2.1M)\n"
              " Sum               >800k   ~195M (-2.0M)\n"
              " h help  q quit  Enter all of a tag\n");
    is_screen(&screen.report, 80, 12,
              " Memory:32768000K Avail:16384000K\n"
              " Commit:8192000K Limit:?  Pool Unrec:98304K Recl:204800K\n"
              " live kernel                                                0.5 s old, every 2 s\n"
              " 5 tags, 1 leaks, by Bytes\n"
              " Tag                   Type    Diff               >Bytes        Rate Verdict\n"
              "!nf_conntrack_expec... Unrec 300000  76800000 (   40960)   20.0 KB/s LEAK likely\n"
              " dentry                Recl  500000 104000000 (-2068800)\n"
              " na\\xc3\\xafve_\\xe6\\... Unrec     64      4096 (       ?)\n"
              " (rest)                Pages      ? ~14020608 (       0)\n"
              " twice                 Vmal       7   7000000 (       5)\n"
              " Sum                          >800k     ~195M (-2027840)\n"
              " h help  q quit  Enter all of a tag  y memory  p pools  b m t a f d r sort\n");
    is_screen(
        &screen.report, 120, 12,
        " Memory:32768000K Avail:16384000K\n"
        " Commit:8192000K Limit:?  Pool Unrec:98304K Recl:204800K\n"
        " live kernel                                                                              "
        "          0.5 s old, every 2 s\n"
        " 5 tags, 1 leaks, by Bytes\n"
        " Tag                              Type    Diff               >Bytes Per Alloc     %       "
        " Rate Verdict     Owner\n"
        "!nf_conntrack_expect_and_more     Unrec 300000  76800000 (   40960)       256    76   "
        "20.0 KB/s LEAK likely nf_conntrack\n"
        " dentry                           Recl  500000 104000000 (-2068800)       208             "
        "                  (vfs)\n"
        " na\\xc3\\xafve_\\xe6\\x97\\xa5\\xe6... Unrec     64      4096 (       ?)        64\n"
        " (rest)                           Pages      ? ~14020608 (       0)         ?\n"
        " twice                            Vmal       7   7000000 (       5)   1000000\n"
        " Sum                                     >800k     ~195M (-2027840)\n"
        " h help  q quit  Enter all of a tag  y memory  p pools  b m t a f d r sort  / find  z "
        "mark\n");
    is_screen(
        &screen.report, 200, 12,
        " Memory:32768000K Avail:16384000K\n"
        " Commit:8192000K Limit:?  Pool Unrec:98304K Recl:204800K\n"
        " live kernel                                                                              "
        "                                                                                          "
        "0.5 s old, every 2 s\n"
        " 5 tags, 1 leaks, by Bytes\n"
        " Tag                              Type     Diff                >Bytes Per Alloc     %     "
        "   Rate Verdict     Owner\n"
        "!nf_conntrack_expect_and_more     Unrec  300000   76800000 (   40960)       256    76   "
        "20.0 KB/s LEAK likely nf_conntrack\n"
        " dentry                           Recl   500000  104000000 (-2068800)       208           "
        "                    (vfs)\n"
        " na\\xc3\\xafve_\\xe6\\x97\\xa5\\xe6... Unrec      64       4096 (       ?)        64\n"
        " (rest)                           Pages       ?  ~14020608 (       0)         ?\n"
        " twice                            Vmal        7    7000000 (       5)   1000000\n"
        " Sum                                    >800064 ~194824704 (-2027840)\n"
        " h help  q quit  Enter all of a tag  y memory  p pools  b m t a f d r sort  / find  z "
        "mark\n");
    fixture_fini(&screen.fixture);
}

/* Whatever the width: an item of the head is whole or not there. */
static void head_items_are_whole(void **state)
{
    static const char *const items[] = {
        " Memory:260620K", " Avail:96364K",  "  PageFlts:     5", "   InRam Krnl:1916K P:17856K",
        " Commit:203500K", " Limit:640916K", " Peak:260632K",     "  Pool N:8332K",
        " P:27220K"};
    struct screen screen;

    (void)state;
    windows(&screen);
    for (unsigned columns = 20; columns <= 120; columns++) {
        const struct ph_style style = {.columns = columns};
        PH_GUARD(ph_text_fini) struct ph_text out = {0};
        struct ph_top_layout layout;
        must(ph_screen_top(&screen.report, &style, 8, &layout, &out));
        const char *at = out.data;
        for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
            if (*at == '\n' && i == 4)
                at++;
            if (!strncmp(at, items[i], strlen(items[i])))
                at += strlen(items[i]);
            if (*at == '\n' && i < 4)
                i = 3;
        }
        if (*at != '\n')
            fail_msg("%u columns: '%.40s'", columns, at);
    }
    fixture_fini(&screen.fixture);
}

static void the_state_of_reading(void **state)
{
    struct screen screen;
    static const struct ph_style style = {.columns = 100};

    (void)state;
    windows(&screen);
    struct {
        struct ph_top_report report;
        const char *words;
    } cases[8];
    for (size_t i = 0; i < 8; i++)
        cases[i].report = screen.report;
    cases[5].report.totals = true;
    cases[0].report.reading_s = 12;
    cases[0].report.age_s = 14;
    cases[0].words = "reading for 12 s, data 14 s old";
    cases[1].report.paused = true;
    cases[1].words = "paused, 0.5 s old";
    cases[2].report.now = NULL;
    cases[2].report.row_count = cases[2].report.in_all = 0;
    cases[2].report.age_s = NAN;
    cases[2].report.reading_s = 3.2;
    cases[2].words = "waiting for the first reading, 3.0 s";
    cases[3].report.live = false;
    cases[3].report.speed = 4;
    cases[3].report.readings = 120;
    cases[3].report.of = 2016;
    cases[3].words = "plays 4x, reading 120 of 2,016";
    cases[4].report.live = false;
    cases[4].report.ended = true;
    cases[4].words = "at the end, reading 9\n";
    cases[5].report.in_all = 7;
    cases[5].report.row_count = 0;
    cases[5].words = "No tag matches";
    cases[6].report.session = 3;
    cases[6].words = " Session 3: live kernel";
    cases[7].report.growing = 2;
    cases[7].report.losses = 1;
    cases[7].words = "2 tags, 1 leaks, 2 grow, not all could be read";
    for (size_t i = 0; i < 8; i++) {
        PH_GUARD(ph_text_fini) struct ph_text out = {0};
        struct ph_top_layout layout;
        must(ph_screen_top(&cases[i].report, &style, 12, &layout, &out));
        if (!strstr(out.data, cases[i].words))
            fail_msg("'%s' is not in:\n%s", cases[i].words, out.data);
    }
    fixture_fini(&screen.fixture);
}

static void random_rows(struct screen *screen, uint64_t *seed)
{
    static const char *const owners[] = {NULL, "a.sys", "\033[31mred\n",
                                         "a very long owner's name"};

    for (size_t i = 0; i < screen->report.row_count; i++) {
        struct ph_top_row *row = &screen->rows[i];
        row->have = (uint32_t)below(seed, 8);
        row->allocs_change = any_size(seed);
        row->frees_change = any_size(seed);
        row->bytes_change = any_size(seed);
        row->percent = any_rate(seed);
        row->owner = owners[below(seed, 4)];
        row->line = ph_history_series(&screen->fixture.history, row->series);
        if (below(seed, 2) && screen->fixture.finding_count)
            row->finding = &screen->fixture.findings[below(seed, screen->fixture.finding_count)];
    }
    screen->report.recent = below(seed, 4) ? &screen->fixture.history : NULL;
    screen->report.sort = (enum ph_top_column)below(seed, PH_TOP_COLUMNS);
    screen->report.by_change = below(seed, 2);
    screen->report.reverse = below(seed, 2);
    screen->report.totals = below(seed, 2);
    screen->report.live = below(seed, 2);
    screen->report.paused = below(seed, 2);
    screen->report.ended = below(seed, 2);
    screen->report.since_mark = below(seed, 2);
    screen->report.mark_age_s = any_rate(seed);
    screen->report.change_s = any_rate(seed);
    screen->report.age_s = any_rate(seed);
    screen->report.reading_s = any_rate(seed);
    screen->report.time_kind = (enum ph_time_kind)below(seed, 4);
    screen->report.pools = (uint32_t)below(seed, 1024);
    screen->report.message = below(seed, 2) ? "m\033[2J\xe2\x80\xae" : "";
    screen->report.filter = below(seed, 2) ? "only \033[2J" : "";
    screen->report.first_row = below(seed, 8);
    screen->report.selected = below(seed, 12);
}

static size_t lines_of(const struct ph_text *text)
{
    size_t lines = 0;

    for (size_t i = 0; i < text->size; i++)
        lines += text->data[i] == '\n';
    return lines;
}

static void any_report_at_any_size(void **state)
{
    uint64_t seed = 20261123;

    (void)state;
    for (int round = 0; round < 1500; round++) {
        struct screen screen;
        fixture_random(&screen.fixture, &seed);
        report_of(&screen);
        random_rows(&screen, &seed);
        struct ph_style style = {.utf8 = below(&seed, 2),
                                 .columns = 20 + (unsigned)below(&seed, 231)};
        unsigned rows = (unsigned)below(&seed, 72);
        PH_GUARD(ph_text_fini) struct ph_text plain = {0};
        PH_GUARD(ph_text_fini) struct ph_text colour = {0};
        PH_GUARD(ph_text_fini) struct ph_text stripped = {0};
        struct ph_top_layout layout;
        must(ph_screen_top(&screen.report, &style, rows, &layout, &plain));
        assert_int_equal(lines_of(&plain), rows);
        if (rows) {
            assert_width(&plain, style.columns);
            assert_harmless(&plain, &style);
        }
        if (layout.selected_line != SIZE_MAX)
            assert_true(layout.selected_line >= layout.first_line &&
                        layout.selected_line < layout.first_line + layout.lines);
        style.colour = true;
        must(ph_screen_top(&screen.report, &style, rows, &layout, &colour));
        without_colour(&colour, &stripped);
        if (rows)
            assert_string_equal(stripped.data, plain.data);
        fixture_fini(&screen.fixture);
    }
}

static void no_memory_is_an_error(void **state)
{
    struct screen screen;
    static const struct ph_style style = {.columns = 130, .colour = true, .utf8 = true};
    bool failed = true;

    (void)state;
    windows(&screen);
    for (long n = 0; failed; n++) {
        PH_GUARD(ph_text_fini) struct ph_text out = {0};
        struct ph_top_layout layout;
        ph_mem_fail_after(n);
        struct ph_error *error = ph_screen_top(&screen.report, &style, 10, &layout, &out);
        ph_mem_fail_after(-1);
        failed = error;
        ph_error_free(error);
        assert_true(n < 10000);
    }
    fixture_fini(&screen.fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(poolmons_screen),
        cmocka_unit_test(a_low_window_shows_rows),
        cmocka_unit_test(columns_stay_where_they_are),
        cmocka_unit_test(linux_screens),
        cmocka_unit_test(head_items_are_whole),
        cmocka_unit_test(the_state_of_reading),
        cmocka_unit_test(any_report_at_any_size),
        cmocka_unit_test(no_memory_is_an_error),
    };

    return cmocka_run_group_tests_name("screen of top", tests, NULL, NULL);
}
