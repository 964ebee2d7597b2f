/* render/screen_*: whole reports for people, as they stand on an 80-column terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "report_fixture.h"

static const struct ph_style plain = {.columns = 80};

static void windows_machine(struct fixture *fixture)
{
    fixture_init(fixture);
    fixture->machine = (struct ph_machine){
        .host = "FILE1", .system = "Windows", .release = "10.0.19045", .memory_bytes = -1};
    fixture->sample.memory = (struct ph_memory){.total = INT64_C(16468560) * 1024,
                                                .available = INT64_C(12072536) * 1024,
                                                .commit = INT64_C(4100436) * 1024,
                                                .commit_limit = INT64_C(17517136) * 1024,
                                                .commit_peak = INT64_C(11685564) * 1024,
                                                .page_faults = 468600648,
                                                .resident_kernel = 56708 * 1024,
                                                .resident_paged = 950888 * 1024};
    fixture->sample.pools[PH_POOL_NONPAGED] =
        (struct ph_pool_total){.have = PH_TOTAL_BYTES | PH_TOTAL_LIMIT | PH_TOTAL_PEAK,
                               .bytes = 710920 * 1024,
                               .limit_bytes = INT64_C(16468560) * 1024,
                               .peak_bytes = 812340 * 1024};
    fixture->sample.pools[PH_POOL_PAGED] =
        (struct ph_pool_total){.have = PH_TOTAL_BYTES, .bytes = 983564 * 1024};
}

static void a_poolmon_reading(void **state)
{
    struct fixture fixture;
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    windows_machine(&fixture);
    windows_row(&fixture, "EtwB", PH_POOL_NONPAGED, 6394, 4056, 163418368);
    windows_row(&fixture, "MmSt", PH_POOL_PAGED, 2269405, 2095404, 156097152);
    windows_row(&fixture, "Io  ", PH_POOL_NONPAGED, 4294967295, 4294967000, 1000000);
    windows_row(&fixture, "Zero", PH_POOL_NONPAGED, 12, 12, 0);
    fixture.sample.values[1].have |= PH_IS_ESTIMATED;
    fixture.sample.values[2].have |= PH_IS_PARTIAL;
    fixture.sample.values[3].have &= ~(uint32_t)PH_HAVE_FREES;
    must(ph_loss_add(&fixture.sample.losses, 3,
                     "poolmon.log: line 17: 'xx' is not a number, the "
                     "row is left out"));
    struct ph_reading_report report = reading_of(&fixture);
    report.source = "poolmon.log";
    report.matched = 1234;
    must(ph_render_text.reading(&report, &plain, &out));
    assert_string_equal(
        out.data, " poolmon.log, FILE1 (Windows 10.0.19045), 2026-11-02T14:05:00Z\n"
                  " Memory:16468560K  Avail:12072536K  PageFlts:468600648  InRam Krnl:56708K\n"
                  " InRam P:950888K\n"
                  " Commit:4100436K  Limit:17517136K  Peak:11685564K\n"
                  " Pool Nonp:710920K of 16468560K peak 812340K  Paged:983564K\n"
                  "\n"
                  " Tag  Type       Allocs       Frees    Diff      Bytes Per Alloc\n"
                  "\n"
                  " EtwB Nonp         6394        4056    2338  163418368     69896\n"
                  " MmSt Paged    ~2269405    ~2095404 ~174001 ~156097152      ~897\n"
                  " Io   Nonp  >4294967295 >4294967000    >295   >1000000      3389\n"
                  " Zero Nonp           12           ?       0          0         0\n"
                  "\n"
                  " 4 of 1,234 tags shown.\n"
                  "\n"
                  "Not read, or only in part:\n"
                  " - poolmon.log: line 17: 'xx' is not a number, the row is left out (3 times)\n");
    fixture_fini(&fixture);
}

static void linux_reading(struct fixture *fixture)
{
    static char aliases[] = "dma-kmalloc-1k biovec-64";

    fixture_init(fixture);
    fixture->sample.memory.total = INT64_C(8) << 30;
    fixture->sample.memory.available = INT64_C(5) << 30;
    fixture->sample.memory.commit = 1 << 30;
    fixture->sample.memory.commit_limit = INT64_C(5) << 30;
    fixture->sample.pools[PH_POOL_UNRECLAIMABLE] =
        (struct ph_pool_total){.have = PH_TOTAL_BYTES, .bytes = 90 << 20};
    fixture->sample.pools[PH_POOL_RECLAIMABLE] =
        (struct ph_pool_total){.have = PH_TOTAL_BYTES, .bytes = 190 << 20};
    linux_row(fixture, "kmalloc-rnd-05-1k", PH_POOL_UNRECLAIMABLE, 123456, 1024, aliases);
    linux_row(fixture, "dentry", PH_POOL_RECLAIMABLE, 99999, 192, NULL);
    char module[] = "nf_conntrack";
    const char *site = "net/netfilter/nf_conntrack_core.c:1680 __nf_conntrack_alloc";
    uint32_t series = add_series(fixture,
                                 (struct ph_series){.origin = PH_ORIGIN_ALLOCINFO,
                                                    .pool = PH_POOL_SITE,
                                                    .module = module,
                                                    .flags = PH_SERIES_COUNTS_TWICE},
                                 site, strlen(site));
    add_value(fixture,
              (struct ph_value){.series = series, .have = PH_HAVE_BYTES, .bytes = 12345678});
}

static void a_linux_reading(void **state)
{
    struct fixture fixture;
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    linux_reading(&fixture);
    struct ph_reading_report report = reading_of(&fixture);
    must(ph_render_text.reading(&report, &plain, &out));
    assert_string_equal(
        out.data,
        " live kernel, web1 (Linux 6.1.0-18-amd64), 2026-11-02T14:05:00Z\n"
        " Memory:8388608K  Avail:5242880K\n"
        " Commit:1048576K  Limit:5242880K  Peak:?\n"
        " Pool Unrec:92160K  Recl:194560K\n"
        "\n"
        " Tag                                    Type    Diff     Bytes Per Alloc Object\n"
        "\n"
        " kmalloc-rnd-05-1k                      Unrec 123456 128394240      1040   1024\n"
        " dentry                                 Recl   99999  20799792       208    192\n"
        " ...__nf_conntrack_alloc [nf_conntrack] Site       ?  12345678         ?      ?\n"
        "\n"
        " 3 of 3 tags shown. Some rows count memory that other rows count too: do not add\n"
        " them up.\n");
    fixture_fini(&fixture);
}

/* More room: longer names and what a merged cache is also called; block characters. */
static void a_wide_linux_reading(void **state)
{
    struct fixture fixture;
    struct ph_style wide = {.columns = 130, .utf8 = true};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    linux_reading(&fixture);
    struct ph_reading_report report = reading_of(&fixture);
    must(ph_render_text.reading(&report, &wide, &out));
    assert_string_equal(strstr(out.data, " Tag"),
                        " Tag                                                    Type    Diff     "
                        "Bytes Per Alloc Object In Slab Aliases\n"
                        "\n"
                        " kmalloc-rnd-05-1k                                      Unrec 123456 "
                        "128394240      1040   1024    1040 = dma-kmalloc-1k biovec-64\n"
                        " dentry                                                 Recl   99999  "
                        "20799792       208    192     208\n"
                        " …track_core.c:1680 __nf_conntrack_alloc [nf_conntrack] Site       ?  "
                        "12345678         ?      ?       ?\n"
                        "\n"
                        " 3 of 3 tags shown. Some rows count memory that other rows count too: do "
                        "not add them up.\n");
    fixture_fini(&fixture);
}

static void a_hunt_with_leaks(void **state)
{
    struct fixture fixture;
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    linux_reading(&fixture);
    linux_row(&fixture, "eventpoll_epi", PH_POOL_UNRECLAIMABLE, 4096, 128, NULL);
    linux_row(&fixture, "filp", PH_POOL_UNRECLAIMABLE, 4096, 232, NULL);
    struct ph_finding *leak = add_finding(&fixture, 3, PH_VERDICT_LEAK_CONFIRMED);
    leak->span_ns = INT64_C(100) * 3600 * 1000000000;
    leak->samples = 36000;
    leak->group = 1;
    struct ph_finding *growing = add_finding(&fixture, 0, PH_VERDICT_GROWING);
    growing->missing = PH_MISSING_SPAN;
    growing->missing_s = 47.4 * 3600;
    growing->rate = 333;
    growing->rate_low = 300;
    growing->rate_high = 360;
    leak = add_finding(&fixture, 4, PH_VERDICT_LEAK_LIKELY);
    leak->span_ns = INT64_C(100) * 3600 * 1000000000;
    leak->group = 1;
    add_finding(&fixture, 1, PH_VERDICT_LEVELLING);
    add_finding(&fixture, 2, PH_VERDICT_FLAT);
    fixture.pools[0] = pool_row(PH_POOL_UNRECLAIMABLE, 90 << 20, 95 << 20, 0);
    fixture.pools[1] = pool_row(PH_POOL_RECLAIMABLE, 190 << 20, 190 << 20, INT64_C(1) << 34);
    must(ph_loss_add(&fixture.losses, 0,
                     "/proc/allocinfo: permission denied; run as root to see "
                     "the allocation sites of every module"));
    struct ph_hunt_report report = hunt_of(&fixture);
    report.pool_count = 2;
    report.recording = "/var/lib/poolhound/hunt-20261102T140500Z.poolhound";
    must(ph_render_text.hunt(&report, &plain, &out));
    assert_string_equal(
        out.data,
        "2 tags leak, worst: eventpoll_epi, 1.66 GB/d (1.61 to 1.71).\n"
        "live kernel on web1 (Linux 6.1.0-18-amd64): 30 readings over 29 s, to\n"
        "  2026-11-02T14:05:00Z\n"
        "\n"
        " Kernel memory         Total     Limit    Change  Trend\n"
        " unreclaimable      95.0 MB         ?  +5.00 MB  ___...:::---===+++***###\n"
        " reclaimable         190 MB   16.0 GB       0 B  ________________________\n"
        "\n"
        " Verdict     Tag               Type  Rate (95 %)                  Bytes\n"
        " LEAK        eventpoll_epi     Unrec 1.66 GB/d (1.61 to 1.71)    576 KB\n"
        " LEAK likely   + filp          Unrec 1.66 GB/d (1.61 to 1.71)    992 KB\n"
        "    floors of 14 windows of 6 h rose 13 of 13 times; rate with 95 % interval\n"
        "    1.66 GB/d (1.61 to 1.71); keeps its pace: newer half / older half 0.98;\n"
        "    stands above all that was seen before; seen for 4.2 d in 36000 readings\n"
        " GROWING     kmalloc-rnd-05-1k Unrec 333 B/s (300 to 360)        122 MB\n"
        "    floors of 14 windows of 6 h rose 13 of 13 times; rate with 95 % interval\n"
        "    333 B/s (300 to 360); keeps its pace: newer half / older half 0.98; stands\n"
        "    above all that was seen before; not called a leak: 47 h more needed to rule\n"
        "    out a daily cycle; seen for 30 s in 30 readings\n"
        " LEVELLING   dentry            Recl  20.1 KB/s (19.6 to 20.7)   19.8 MB\n"
        "    growth levels off towards 12.0 MB; floors of 14 windows of 6 h rose 13 of\n"
        "    13 times; rate with 95 % interval 20.1 KB/s (19.6 to 20.7); keeps its pace:\n"
        "    newer half / older half 0.98; seen for 30 s in 30 readings\n"
        "\n"
        "Examined 5 tags, cleared 2: 1 FLAT, 1 LEVELLING.\n"
        "\n"
        "Not read, or only in part:\n"
        " - /proc/allocinfo: permission denied; run as root to see the allocation sites\n"
        "   of every module\n"
        "\n"
        "Recording: /var/lib/poolhound/hunt-20261102T140500Z.poolhound\n"
        "Look again: poolhound leaks /var/lib/poolhound/hunt-20261102T140500Z.poolhound\n");
    fixture_fini(&fixture);
}

static void an_urgent_hunt(void **state)
{
    struct fixture fixture;
    struct ph_style colour = {.columns = 80, .colour = true, .utf8 = true};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    windows_machine(&fixture);
    windows_row(&fixture, "Thre", PH_POOL_NONPAGED, 6394, 4056, 163418368);
    struct ph_finding *finding = add_finding(&fixture, 0, PH_VERDICT_GROWING);
    finding->missing = PH_MISSING_SPAN;
    finding->missing_s = 47 * 3600;
    finding->urgent = true;
    finding->have_limit_time = true;
    finding->limit_s = 5 * 3600;
    finding->limit_s_low = 4 * 3600;
    finding->limit_s_high = INFINITY;
    struct ph_hunt_report report = hunt_of(&fixture);
    report.recording_note = "/var/lib/poolhound: permission denied";
    must(ph_render_text.hunt(&report, &colour, &out));
    assert_string_equal(
        out.data, "\033[1;31mURGENT: Thre grows 20.1 KB/s (19.6 to 20.7), the nonpaged pool is "
                  "full in 5 h.\033[0m\n"
                  "live kernel on FILE1 (Windows 10.0.19045): 30 readings over 29 s, to\n"
                  "  2026-11-02T14:05:00Z\n"
                  "\n"
                  " Verdict Tag      Type  Rate (95 %)                  Bytes  Trend\n"
                  " \033[1;31mURGENT\033[0m  Thre     Nonp  20.1 KB/s (19.6 to 20.7)    156 MB  "
                  "▁▁▂▃▃▄▅▆▆▇██\n"
                  "    floors of 14 windows of 6 h rose 13 of 13 times; rate with 95 % interval\n"
                  "    20.1 KB/s (19.6 to 20.7); keeps its pace: newer half / older half 0.98;\n"
                  "    stands above all that was seen before; nonpaged pool full in 5 h (at least\n"
                  "    4 h); not called a leak: 47 h more needed to rule out a daily cycle; seen\n"
                  "    for 30 s in 30 readings\n"
                  "\n"
                  "Examined 1 tag, cleared 0.\n"
                  "\n"
                  "Not recorded: /var/lib/poolhound: permission denied\n");
    fixture_fini(&fixture);
}

static void assert_answer(struct fixture *fixture, const struct ph_hunt_report *report,
                          const char *expected)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)fixture;
    must(ph_render_text.hunt(report, &plain, &out));
    assert_memory_equal(out.data, expected, strlen(expected));
    assert_int_equal(out.data[strlen(expected)], '\n');
}

static void answers(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_init(&fixture);
    struct ph_hunt_report report = hunt_of(&fixture);
    report.samples = 2;
    assert_answer(&fixture, &report, "Too little to judge: 2 readings of 0 tags.");
    linux_row(&fixture, "dentry", PH_POOL_RECLAIMABLE, 1, 192, NULL);
    struct ph_finding *finding = add_finding(&fixture, 0, PH_VERDICT_FLAT);
    report = hunt_of(&fixture);
    assert_answer(&fixture, &report,
                  "Nothing leaks: none of 1 tag grows steadily over 29 s; a "
                  "slow leak needs hours\n  to show.");
    report.first_ns = report.last_ns - INT64_C(260000) * 1000000000;
    assert_answer(&fixture, &report, "Nothing leaks: none of 1 tag grows steadily over 3.0 d.");
    report.time_kind = PH_TIME_ORDINAL;
    assert_answer(&fixture, &report,
                  "Nothing leaks: none of 1 tag grows steadily over 30 readings.");
    report.time_kind = PH_TIME_REAL;
    finding->verdict = PH_VERDICT_GROWING;
    finding->have_rate = true;
    finding->rate = 2048;
    finding->rate_low = 1024;
    finding->rate_high = 3072;
    finding->missing = PH_MISSING_SPAN;
    assert_answer(&fixture, &report,
                  "GROWING, too early to say: 1 tag grows, dentry, 2.00 KB/s "
                  "(1.00 to 3.00).");
    finding->missing = PH_MISSING_RECLAIMABLE;
    assert_answer(&fixture, &report,
                  "GROWING, but the kernel may take it back: 1 tag grows, "
                  "dentry, 2.00 KB/s\n  (1.00 to 3.00).");
    finding->verdict = PH_VERDICT_LEAK_LIKELY;
    assert_answer(&fixture, &report, "1 tag likely leaks: dentry, 2.00 KB/s (1.00 to 3.00).");
    finding->verdict = PH_VERDICT_LEAK_CONFIRMED;
    finding->urgent = true;
    assert_answer(&fixture, &report,
                  "1 tag leaks: dentry, 2.00 KB/s (1.00 to 3.00).\n"
                  "URGENT: dentry grows 2.00 KB/s (1.00 to 3.00), its pool's limit is near.");
    fixture_fini(&fixture);
}

static void nothing_leaks(void **state)
{
    struct fixture fixture;
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    linux_reading(&fixture);
    add_finding(&fixture, 0, PH_VERDICT_FLAT);
    add_finding(&fixture, 1, PH_VERDICT_CYCLIC);
    add_finding(&fixture, 2, PH_VERDICT_NO_DATA);
    fixture.pools[0] = pool_row(PH_POOL_UNRECLAIMABLE, 90 << 20, 89 << 20, 0);
    fixture.pools[0].first.have = 0;
    struct ph_hunt_report report = hunt_of(&fixture);
    report.pool_count = 1;
    report.segments = 2;
    report.clock_jumps = 1;
    report.source = "week.poolhound";
    report.recording = "it's.poolhound";
    must(ph_render_text.hunt(&report, &plain, &out));
    static const char want[] =
        "Nothing leaks: none of 2 tags grows steadily over 29 s; a slow leak needs hours\n"
        "  to show.\n"
        "week.poolhound on web1 (Linux 6.1.0-18-amd64): 30 readings over 29 s, to\n"
        "  2026-11-02T14:05:00Z, 2 boots, 1 clock jump\n"
        "\n"
        " Kernel memory         Total     Limit    Change  Trend\n"
        " unreclaimable      89.0 MB         ?         ?  ###***+++===---:::...___\n"
        "\n"
        "Examined 3 tags, cleared 2: 1 FLAT, 1 CYCLIC; too few readings for 1.\n"
        "\n"
        "Recording: it's.poolhound\n"
        "Look again: poolhound leaks ";
    assert_memory_equal(out.data, want, strlen(want));
    assert_string_equal(out.data + strlen(want),
                        ph_on_windows() ? "\"it's.poolhound\"\n" : "'it'\\''s.poolhound'\n");
    fixture_fini(&fixture);
}

/* --all shows what does not grow; --top cuts leaders and the members of groups. */
static void top_and_all(void **state)
{
    struct fixture fixture;
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    fixture_init(&fixture);
    for (unsigned i = 0; i < 12; i++) {
        char tag[16];
        (void)snprintf(tag, sizeof(tag), "cache-%u", i);
        linux_row(&fixture, tag, PH_POOL_UNRECLAIMABLE, 100, 128, NULL);
        struct ph_finding *finding =
            add_finding(&fixture, i, i < 11 ? PH_VERDICT_GROWING : PH_VERDICT_FLAT);
        finding->group = i < 8 ? 1 : 0;
    }
    struct ph_hunt_report report = hunt_of(&fixture);
    report.top = 2;
    must(ph_render_text.hunt(&report, &plain, &out));
    assert_non_null(strstr(out.data, " GROWING cache-0 "));
    assert_non_null(strstr(out.data, " GROWING   + cache-5 "));
    assert_null(strstr(out.data, "cache-6 "));
    assert_non_null(strstr(out.data, "\n    and 2 tags more grow with it\n"));
    assert_non_null(strstr(out.data, " GROWING cache-8 "));
    assert_null(strstr(out.data, "cache-9 "));
    assert_non_null(strstr(out.data, "\n and 2 more; --top 0 shows all\n"));
    ph_text_clear(&out);
    report.top = 0;
    must(ph_render_text.hunt(&report, &plain, &out));
    assert_non_null(strstr(out.data, "  + cache-7 "));
    assert_non_null(strstr(out.data, " cache-10 "));
    assert_null(strstr(out.data, " cache-11 "));
    assert_null(strstr(out.data, "more"));
    ph_text_clear(&out);
    report.all = true;
    must(ph_render_text.hunt(&report, &plain, &out));
    assert_non_null(strstr(out.data, " FLAT    cache-11 "));
    fixture_fini(&fixture);
}

static void a_comparison(void **state)
{
    struct fixture fixture;
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    linux_reading(&fixture);
    fixture.diffs[0] = (struct ph_diff_row){
        .series = 0,
        .in_before = true,
        .in_after = true,
        .before_bytes = 1 << 20,
        .after_bytes = 40 << 20,
        .before_objects = 1000,
        .after_objects = 40000,
        .have_rates = true,
        .before_rate = 1200,
        .before_low = 1100,
        .before_high = 1300,
        .after_rate = 20 * 1024,
        .after_low = 19 * 1024,
        .after_high = 21 * 1024,
        .before_verdict = PH_VERDICT_GROWING,
        .after_verdict = PH_VERDICT_LEAK_CONFIRMED,
        .sureness = "sure: grows faster, the 95 % intervals of the rates do not overlap",
    };
    fixture.diffs[1] = (struct ph_diff_row){.series = 2,
                                            .in_after = true,
                                            .after_bytes = 4 << 20,
                                            .before_objects = -1,
                                            .after_objects = -1,
                                            .sureness = "new: not there before"};
    fixture.diffs[2] = (struct ph_diff_row){.series = 1,
                                            .in_before = true,
                                            .in_after = true,
                                            .before_bytes = 4 << 20,
                                            .after_bytes = 4 << 20,
                                            .sureness = "unchanged"};
    fixture.diff_count = 3;
    struct ph_diff_report report = diff_of(&fixture);
    report.rebooted = true;
    must(ph_render_text.diff(&report, &plain, &out));
    assert_string_equal(
        out.data,
        "2 tags grew, most: kmalloc-rnd-05-1k +39.0 MB; 0 shrank, 1 unchanged.\n"
        "Before: before.log, 12 readings, web1 (Linux 6.1.0-18-amd64)\n"
        "After:  after.log, 12 readings, web1 (Linux 6.1.0-18-amd64)\n"
        "Between: 2 h\n"
        "Warning: rebooted in between, so the counters began anew: compare rates, not\n"
        "  bytes.\n"
        "\n"
        " Tag                           Type      Change     Before      After       Diff\n"
        " kmalloc-rnd-05-1k             Unrec   +39.0 MB    1.00 MB    40.0 MB    +39,000\n"
        "    before GROWING 1.17 KB/s (1.07 to 1.27), after LEAK 20.0 KB/s (19.0 to\n"
        "    21.0); sure: grows faster, the 95 % intervals of the rates do not overlap\n"
        " ...track_alloc [nf_conntrack] Site    +4.00 MB          -    4.00 MB          -\n"
        "    new: not there before\n");
    ph_text_clear(&out);

    /* Without times rates mean a reading; another machine is said instead of the reboot. */
    report.before_time_kind = report.after_time_kind = PH_TIME_ORDINAL;
    report.same_machine = false;
    report.elapsed_s = NAN;
    report.top = 1;
    must(ph_render_text.diff(&report, &plain, &out));
    assert_non_null(strstr(out.data, "20.0 KB/reading"));
    assert_null(strstr(out.data, "KB/s"));
    assert_null(strstr(out.data, "Between"));
    assert_null(strstr(out.data, "rebooted"));
    assert_non_null(strstr(out.data, "Warning: two machines"));
    assert_non_null(strstr(out.data, "\n and 1 more; --top 0 shows all\n"));
    ph_text_clear(&out);

    report.row_count = 0;
    must(ph_render_text.diff(&report, &plain, &out));
    assert_memory_equal(out.data, "Nothing to compare", 18);
    ph_text_clear(&out);
    report.rows = &fixture.diffs[2];
    report.row_count = 1;
    must(ph_render_text.diff(&report, &plain, &out));
    assert_memory_equal(out.data, "Nothing grew: 0 tags shrank, 1 unchanged.\n", 42);
    assert_null(strstr(out.data, " Tag "));
    fixture_fini(&fixture);
}

static void long_numbers_get_units(void **state)
{
    struct fixture fixture;
    struct ph_style narrow = {.columns = 20}; /* taken for the least that tables can serve: 76 */
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    fixture_init(&fixture);
    windows_row(&fixture, "Wide", PH_POOL_NONPAGED, UINT64_MAX, 0, INT64_MAX);
    fixture.sample.values[0].objects = INT64_MIN;
    struct ph_reading_report report = reading_of(&fixture);
    must(ph_render_text.reading(&report, &narrow, &out));
    assert_string_equal(
        strstr(out.data, " Tag"),
        " Tag  Type           Allocs Frees            Diff            Bytes Per Alloc\n"
        "\n"
        " Wide Nonp              18E     0           -9.2E             9.2E         ?\n"
        "\n"
        " 1 of 1 tag shown.\n");
    fixture_fini(&fixture);
}

static void renderers_are_found(void **state)
{
    (void)state;
    assert_ptr_equal(ph_renderer_find("text"), &ph_render_text);
    assert_ptr_equal(ph_renderer_find("json"), &ph_render_json);
    assert_ptr_equal(ph_renderer_find("csv"), &ph_render_csv);
    assert_null(ph_renderer_find("html"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_poolmon_reading),    cmocka_unit_test(a_linux_reading),
        cmocka_unit_test(a_wide_linux_reading), cmocka_unit_test(a_hunt_with_leaks),
        cmocka_unit_test(an_urgent_hunt),       cmocka_unit_test(answers),
        cmocka_unit_test(nothing_leaks),        cmocka_unit_test(top_and_all),
        cmocka_unit_test(a_comparison),         cmocka_unit_test(long_numbers_get_units),
        cmocka_unit_test(renderers_are_found),
    };

    return cmocka_run_group_tests_name("render/screen", tests, NULL, NULL);
}
