/* Captures of poolmon and memsnap in every layout, and what can be wrong with them. */
#include "file_reading.h"
#include "source/file/poolrow.h"

#define KB INT64_C(1024)

static void win10_log(void **state)
{
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    read_data(&ph_source_poolmon, TEST_DATA "/logs/poolmon-win10.log", &reading);
    assert_int_equal(reading.count, 1);
    const struct ph_sample *sample = &reading.samples[0];
    assert_int_equal(sample->count, 6);
    assert_int_equal(sample->time_kind, PH_TIME_ORDINAL);
    assert_int_equal(sample->memory.total, 16468560 * KB);
    assert_int_equal(sample->memory.available, 12072536 * KB);
    assert_int_equal(sample->memory.page_faults, 468600648);
    assert_int_equal(sample->memory.resident_kernel, 56708 * KB);
    assert_int_equal(sample->memory.resident_paged, 950888 * KB);
    assert_int_equal(sample->memory.commit, 4100436 * KB);
    assert_int_equal(sample->memory.commit_limit, 17517136 * KB);
    assert_int_equal(sample->memory.commit_peak, 11685564 * KB);
    assert_int_equal(sample->pools[PH_POOL_NONPAGED].bytes, 710920 * KB);
    assert_int_equal(sample->pools[PH_POOL_PAGED].bytes, 983564 * KB);
    assert_int_equal(sample->pools[PH_POOL_PAGED].have, PH_TOTAL_BYTES);
    assert_int_equal(sample->pools[PH_POOL_SESSION_PAGED].have, 0);
    const struct ph_value *etwb = value_of(&reading, 0, PH_POOL_NONPAGED, "EtwB");
    assert_int_equal(etwb->allocs, 6394);
    assert_int_equal(etwb->frees, 4056);
    assert_int_equal(etwb->objects, 2338);
    assert_int_equal(etwb->bytes, 163418368);
    assert_int_equal(etwb->have, PH_HAVE_ALLOCS | PH_HAVE_FREES | PH_HAVE_OBJECTS | PH_HAVE_BYTES);
    assert_int_equal(reading.catalog.series[etwb->series].counter_bits, 32);
    assert_int_equal(reading.catalog.series[etwb->series].origin, PH_ORIGIN_POOLMON);
    /* blanks belong to the tag; a tag in both pools is two series */
    assert_int_equal(value_of(&reading, 0, PH_POOL_NONPAGED, "Io  ")->bytes, 91912);
    assert_int_equal(value_of(&reading, 0, PH_POOL_NONPAGED, "Dh 1")->bytes, 1280);
    assert_int_equal(value_of(&reading, 0, PH_POOL_NONPAGED, "Strg")->bytes, 6400);
    assert_int_equal(value_of(&reading, 0, PH_POOL_PAGED, "Strg")->bytes, 64000);
    expect_no_loss(&reading);
}

static void wide_log(void **state)
{
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    read_data(&ph_source_poolmon, TEST_DATA "/logs/poolmon-wdk-wide.log", &reading);
    assert_int_equal(reading.count, 1);
    assert_int_equal(reading.samples[0].memory.commit_peak, 43634092 * KB);
    assert_int_equal(reading.samples[0].pools[PH_POOL_NONPAGED].bytes, 2275124 * KB);
    const struct ph_value *fmfn = value_of(&reading, 0, PH_POOL_PAGED, "FMfn");
    assert_int_equal(fmfn->objects, 2683238);
    assert_int_equal(fmfn->bytes, 1495080176);
    assert_int_equal(value_of(&reading, 0, PH_POOL_PAGED, "Toke")->allocs, 4294967290u);
    expect_no_loss(&reading);
}

static void screen(void **state)
{
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    read_data(&ph_source_poolmon, TEST_DATA "/logs/poolmon-screen.log", &reading);
    assert_int_equal(reading.count, 1);
    assert_int_equal(reading.samples[0].count, 5);
    assert_int_equal(reading.samples[0].memory.page_faults, -1); /* since the last refresh */
    assert_int_equal(reading.samples[0].memory.resident_kernel, 1916 * KB);
    assert_int_equal(value_of(&reading, 0, PH_POOL_NONPAGED, "Io  ")->bytes, 91912);
    assert_int_equal(value_of(&reading, 0, PH_POOL_NONPAGED, "NtFA")->allocs, 9112);
    assert_int_equal(value_of(&reading, 0, PH_POOL_PAGED, "Gh?5")->objects, 4);
    expect_no_loss(&reading);
}

static void sessions(void **state)
{
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    read_data(&ph_source_poolmon, TEST_DATA "/logs/poolmon-sessions.log", &reading);
    assert_int_equal(reading.count, 2);
    assert_int_equal(value_of(&reading, 0, PH_POOL_SESSION_PAGED, "Gh05")->bytes, 4096);
    assert_int_equal(value_of(&reading, 0, PH_POOL_SESSION_NONPAGED, "Gtmp")->bytes, 512);
    assert_int_equal(value_of(&reading, 1, PH_POOL_PAGED, "Gh05")->bytes, 4096);
    assert_int_equal(reading.samples[1].segment, 0);
}

static void pasted(void **state)
{
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    read_data(&ph_source_poolmon, TEST_DATA "/logs/poolmon-paste.txt", &reading);
    assert_int_equal(reading.count, 1);
    assert_int_equal(reading.samples[0].memory.total, 2096696 * KB);
    assert_int_equal(value_of(&reading, 0, PH_POOL_PAGED, "CM31")->bytes, 74838016);
    assert_int_equal(value_of(&reading, 0, PH_POOL_NONPAGED, "Io  ")->bytes, 91912);
    assert_int_equal(value_of(&reading, 0, PH_POOL_PAGED, "MmSt")->frees, 656049);
    assert_int_equal(value_of(&reading, 0, PH_POOL_PAGED, "CM  ")->bytes, 1377312);
    assert_int_equal(value_of(&reading, 0, PH_POOL_PAGED, "Fat ")->allocs, 6662);
    expect_no_loss(&reading);
}

static void memsnap(void **state)
{
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    read_data(&ph_source_memsnap, TEST_DATA "/logs/memsnap.log", &reading);
    assert_int_equal(reading.count, 2);
    assert_int_equal(value_of(&reading, 0, PH_POOL_NONPAGED, "AfdB")->bytes, 3072);
    assert_int_equal(value_of(&reading, 1, PH_POOL_NONPAGED, "AfdB")->bytes, 5632);
    assert_int_equal(value_of(&reading, 1, PH_POOL_NONPAGED, "Dh 1")->objects, 10);
    assert_int_equal(reading.catalog.series[0].origin, PH_ORIGIN_MEMSNAP);
    assert_int_equal(reading.catalog.count, 3);
}

/* Sorted by bytes, so that the first row differs; a blank line is the only break. */
static void breaks_without_headers(void **state)
{
    PH_GUARD(reading_fini) struct reading reading = {0}, lone = {0};

    (void)state;
    read_text(&ph_poollog_memsnap,
              "AAAA Nonp 10 5 5 500 100\nBBBB Nonp 10 6 4 400 100\n\n"
              "CCCC Nonp 9 1 8 800 100\nBBBB Nonp 12 6 6 600 100\nAAAA Nonp 10 5 5 500 100\n\n\n"
              "BBBB Nonp 14 6 8 800 100\n",
              &reading);
    assert_int_equal(reading.count, 3);
    assert_int_equal(reading.samples[0].count, 2);
    assert_int_equal(reading.samples[1].count, 3);
    assert_int_equal(value_of(&reading, 1, PH_POOL_NONPAGED, "CCCC")->bytes, 800);
    assert_int_equal(value_of(&reading, 2, PH_POOL_NONPAGED, "BBBB")->objects, 8);
    assert_false(has_tag(&reading, 2, "AAAA"));
    /* blank lines between all rows break nothing */
    read_text(&ph_poollog_memsnap, "AAAA Nonp 10 5 5 500 100\n\nBBBB Nonp 10 6 4 400 100\n\n",
              &lone);
    assert_int_equal(lone.count, 1);
}

static void reboot(void **state)
{
    PH_GUARD(reading_fini) struct reading reading = {0}, wrap = {0};

    (void)state;
    read_text(&ph_poollog_poolmon,
              " Memory:1000K Avail:500K  PageFlts:9000\n AAAA Nonp 1000 900 100 500 5\n"
              " BBBB Nonp 2000 1900 100 500 5\n CCCC Paged 5 1 4 500 125\n"
              " Memory:1000K Avail:500K  PageFlts:9100\n AAAA Nonp 1100 900 200 500 2\n"
              " BBBB Nonp 2100 1900 200 500 2\n CCCC Paged 5 1 4 500 125\n"
              " Memory:1000K Avail:500K  PageFlts:50\n AAAA Nonp 100 90 10 500 50\n"
              " BBBB Nonp 200 190 10 500 50\n CCCC Paged 5 1 4 500 125\n",
              &reading);
    assert_int_equal(reading.count, 3);
    assert_int_equal(reading.samples[0].segment, 0);
    assert_int_equal(reading.samples[1].segment, 0);
    assert_int_equal(reading.samples[2].segment, 1);
    /* a counter that wraps is no reboot, and its printed 64-bit difference is understood */
    read_text(&ph_poollog_poolmon,
              " Memory:1K Avail:1K\n AAAA Nonp 4294967290 4294967280 10 500 50\n"
              " Memory:1K Avail:1K\n AAAA Nonp 5 4294967290 11 550 50\n"
              " Memory:1K Avail:1K\n AAAA Nonp 7 4294967290 -4294967283 650 50\n",
              &wrap);
    assert_int_equal(wrap.samples[2].segment, 0);
    assert_int_equal(value_of(&wrap, 1, PH_POOL_NONPAGED, "AAAA")->objects, 11);
    assert_int_equal(value_of(&wrap, 2, PH_POOL_NONPAGED, "AAAA")->objects, 13);
    ph_autofree char *losses = losses_of(&wrap);
    assert_null(strstr(losses, "Diff"));
}

static void counters_of_64_bits(void **state)
{
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    read_text(&ph_poollog_poolmon,
              " AAAA Nonp 10 5 5 500 100\n BBBB Nonp 5000000000 4999999990 10 500 50\n", &reading);
    assert_int_equal(reading.catalog.series[0].counter_bits, 64);
    assert_int_equal(value_of(&reading, 0, PH_POOL_NONPAGED, "BBBB")->allocs, 5000000000);
    expect_no_loss(&reading);
}

static void differences(void **state)
{
    bool agrees;

    (void)state;
    assert_int_equal(ph_pool_objects(10, 4, 6, 32, &agrees), 6);
    assert_true(agrees);
    assert_int_equal(ph_pool_objects(10, 4, 7, 32, &agrees), 7);
    assert_false(agrees);
    assert_int_equal(ph_pool_objects(5, 4294967290u, -4294967285, 32, &agrees), 11);
    assert_true(agrees);
    assert_int_equal(ph_pool_objects(4, 7, -3, 32, &agrees), -3);
    assert_true(agrees);
    assert_int_equal(ph_pool_objects(4, 7, -3, 64, &agrees), -3);
    assert_true(agrees);
}

static void rows(void **state)
{
    static const struct {
        const char *line;
        enum ph_pool_row_kind kind;
        const char *tag;
        int64_t bytes;
    } cases[] = {
        {" Wait Nonp 1 2 3 4 5", PH_POOL_ROW_OK, "Wait", 4},
        {"Wait Nonp 1 2 3 4 5", PH_POOL_ROW_OK, "Wait", 4},
        {"  abc Nonp 1 2 3 4 5", PH_POOL_ROW_OK, " abc", 4},
        {" abc Nonp 1 2 3 4 5", PH_POOL_ROW_OK, " abc", 4},
        {" a b  Paged 1 2 3 4 5", PH_POOL_ROW_OK, "a b ", 4},
        {" \xff\xfe\x01\x7f Nonp 1 2 3 4 5", PH_POOL_ROW_OK, "\xff\xfe\x01\x7f", 4},
        {" \xc3\xa4"
         "bcd Nonp 1 2 3 4 5",
         PH_POOL_ROW_OK,
         "\xc3\xa4"
         "bcd",
         4},
        {" Wait NonPaged 1 2 3 -4 5", PH_POOL_ROW_OK, "Wait", -4},
        {" Wait Nonp 1 ( -3) 2 (0) 3 4 ( -99) 5 trailing [x.sys]", PH_POOL_ROW_OK, "Wait", 4},
        {" Nonp Nonp 1 2 3 4 5", PH_POOL_ROW_OK, "Nonp", 4},
        {" Wait Nonp 1 2 3 4", PH_POOL_ROW_DAMAGED, NULL, 0},
        {" Wait Nonp 1 2 3 4x 5", PH_POOL_ROW_DAMAGED, NULL, 0},
        {" Wait Nonp 1 ( 2 3 4 5", PH_POOL_ROW_DAMAGED, NULL, 0},
        {" Wait Nonp", PH_POOL_ROW_DAMAGED, NULL, 0},
        {" Wait Nonp 99999999999999999999 2 3 4 5", PH_POOL_ROW_WIDE, NULL, 0},
        {" Wait Nonp 18446744073709551615 2 3 4 5", PH_POOL_ROW_OK, "Wait", 4},
        {" Wait Nonp 1 2 3 9223372036854775808 5", PH_POOL_ROW_WIDE, NULL, 0},
        {" Wait Nonpx 1 2 3 4 5", PH_POOL_ROW_NONE, NULL, 0},
        {" Waiting Nonp 1 2 3 4 5", PH_POOL_ROW_NONE, NULL, 0},
        {"", PH_POOL_ROW_NONE, NULL, 0},
        {" ", PH_POOL_ROW_NONE, NULL, 0},
        {"Nonp 1 2 3 4 5", PH_POOL_ROW_NONE, NULL, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ph_pool_row row;
        enum ph_pool_row_kind kind = ph_pool_row_parse(ph_slice_of(cases[i].line), &row);
        if (kind != cases[i].kind)
            fail_msg("'%s' is of kind %d", cases[i].line, (int)kind);
        if (kind != PH_POOL_ROW_OK)
            continue;
        if (!ph_slice_is((struct ph_slice){row.tag, row.tag_size}, cases[i].tag) ||
            row.bytes != cases[i].bytes)
            fail_msg("'%s' gives '%.*s'", cases[i].line, (int)row.tag_size, row.tag);
    }
}

static void probes(void **state)
{
    static const struct {
        const char *file;
        const struct ph_source_ops *ops;
    } cases[] = {
        {"poolmon-win10.log", &ph_source_poolmon},
        {"poolmon-wdk-wide.log", &ph_source_poolmon},
        {"poolmon-screen.log", &ph_source_poolmon},
        {"poolmon-sessions.log", &ph_source_poolmon},
        {"poolmon-paste.txt", &ph_source_poolmon},
        {"memsnap.log", &ph_source_memsnap},
        {"poolmon-powershell.csv", &ph_source_clone_csv},
        {"sdp-poolmon.csv", &ph_source_clone_csv},
        {"trace.csv", &ph_source_clone_csv},
        {"poolhound.csv", &ph_source_clone_csv},
    };
    const struct ph_source_ops *const all[] = {&ph_source_poolmon, &ph_source_memsnap,
                                               &ph_source_clone_csv};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        PH_GUARD(ph_text_fini) struct ph_text text = {0};
        ph_autofree char *path = ph_format(TEST_DATA "/logs/%s", cases[i].file);
        must(ph_read_file(path, 1 << 20, &text));
        const struct ph_source_ops *best = NULL;
        int most = 0;
        for (size_t k = 0; k < 3; k++) {
            int score = all[k]->probe((struct ph_slice){text.data, text.size});
            if (score > most) {
                most = score;
                best = all[k];
            }
        }
        if (best != cases[i].ops)
            fail_msg("%s is taken for %s (%d)", cases[i].file, best ? best->name : "nothing", most);
    }
    static const char other[] = "slabinfo - version: 2.1\n# name <active_objs>\nkmalloc-8 1 2 3\n";
    for (size_t k = 0; k < 3; k++) {
        assert_int_equal(all[k]->probe(ph_slice_of(other)), 0);
        assert_int_equal(all[k]->probe((struct ph_slice){"", 0}), 0);
        assert_int_equal(all[k]->probe((struct ph_slice){"\x7f"
                                                         "ELF\x02\x01\0\0\n\xff",
                                                         10}),
                         0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(win10_log),
        cmocka_unit_test(wide_log),
        cmocka_unit_test(screen),
        cmocka_unit_test(sessions),
        cmocka_unit_test(pasted),
        cmocka_unit_test(memsnap),
        cmocka_unit_test(breaks_without_headers),
        cmocka_unit_test(reboot),
        cmocka_unit_test(counters_of_64_bits),
        cmocka_unit_test(differences),
        cmocka_unit_test(rows),
        cmocka_unit_test(probes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
