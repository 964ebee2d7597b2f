/* CSV of clones, collectors, poolhound itself, and a sceptic's trace. */
#include "file_reading.h"
#include "source/file/csvlayout.h"

static void powershell(void **state)
{
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    read_data(&ph_source_clone_csv, TEST_DATA "/logs/poolmon-powershell.csv", &reading);
    assert_int_equal(reading.count, 2);
    assert_int_equal(reading.samples[0].time_kind, PH_TIME_REAL); /* the UTC column */
    assert_int_equal(reading.samples[0].time_ns, INT64_C(1793624700) * PH_SECOND);
    assert_int_equal(reading.samples[1].time_ns - reading.samples[0].time_ns, 600 * PH_SECOND);
    assert_int_equal(reading.samples[0].count, 3); /* FMfn is not in the nonpaged pool */
    const struct ph_value *fmfn = value_of(&reading, 0, PH_POOL_PAGED, "FMfn");
    assert_int_equal(fmfn->allocs, 8665967);
    assert_int_equal(fmfn->bytes, 1495080176);
    assert_int_equal(reading.catalog.series[fmfn->series].origin, PH_ORIGIN_CLONE_CSV);
    assert_int_equal(reading.catalog.series[fmfn->series].counter_bits, 32);
    assert_int_equal(value_of(&reading, 0, PH_POOL_NONPAGED, "Strg")->objects, 100);
    /* the clone subtracts in 64 bits */
    assert_int_equal(value_of(&reading, 1, PH_POOL_NONPAGED, "Strg")->objects, 11);
    assert_int_equal(reading.samples[1].segment, 0);
    expect_no_loss(&reading);
}

static void sdp(void **state)
{
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    read_data(&ph_source_clone_csv, TEST_DATA "/logs/sdp-poolmon.csv", &reading);
    assert_int_equal(reading.count, 2);
    assert_int_equal(reading.samples[0].time_kind, PH_TIME_LOCAL);
    assert_int_equal(reading.samples[1].time_ns - reading.samples[0].time_ns, 600 * PH_SECOND);
    assert_int_equal(reading.samples[1].memory.total, INT64_C(16468560) * 1024);
    assert_int_equal(reading.samples[0].memory.page_faults, 468600648);
    assert_int_equal(value_of(&reading, 1, PH_POOL_NONPAGED, "EtwB")->bytes, 170418368);
    assert_int_equal(value_of(&reading, 0, PH_POOL_NONPAGED, "Io  ")->objects, 127); /* padded */
    expect_no_loss(&reading);
}

static void trace(void **state)
{
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    read_data(&ph_source_clone_csv, TEST_DATA "/logs/trace.csv", &reading);
    assert_int_equal(reading.count, 3); /* by time, though the file goes by tag */
    assert_int_equal(reading.samples[0].time_kind, PH_TIME_REAL);
    assert_int_equal(reading.samples[2].count, 2);
    const struct ph_value *beta = value_of(&reading, 2, PH_POOL_NONPAGED, "beta");
    assert_int_equal(beta->bytes, 7);
    assert_int_equal(beta->have, PH_HAVE_BYTES);
    assert_int_equal(reading.catalog.series[beta->series].origin, PH_ORIGIN_SERIES_CSV);
    assert_false(has_tag(&reading, 1, "beta")); /* unknown is not zero */
    expect_no_loss(&reading);
}

static void own(void **state)
{
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    read_data(&ph_source_clone_csv, TEST_DATA "/logs/poolhound.csv", &reading);
    assert_int_equal(reading.count, 1);
    assert_int_equal(reading.samples[0].time_kind, PH_TIME_REAL);
    const struct ph_value *slab = value_of(&reading, 0, PH_POOL_UNRECLAIMABLE, "kmalloc-64");
    assert_int_equal(slab->have, PH_HAVE_OBJECTS | PH_HAVE_BYTES);
    assert_int_equal(reading.catalog.series[slab->series].origin, PH_ORIGIN_SLABINFO);
    assert_int_equal(reading.catalog.series[slab->series].counter_bits, 0);
    const struct ph_value *site = value_of(&reading, 0, PH_POOL_SITE, "leaky_alloc");
    assert_string_equal(reading.catalog.series[site->series].module, "leaky");
    assert_int_equal(reading.catalog.series[site->series].counter_bits, 64);
    assert_int_equal(value_of(&reading, 0, PH_POOL_NONPAGED, "Io  ")->bytes, 91912);
    assert_int_equal(value_of(&reading, 0, PH_POOL_PAGED, "Io, ")->bytes, 32);
    const struct ph_value *odd = &reading.samples[0].values[3]; /* escaped bytes come back */
    assert_int_equal(odd->bytes, 16);
    struct ph_slice tag = reading.catalog.series[odd->series].tag;
    assert_int_equal(tag.size, 4);
    assert_memory_equal(tag.data, "\0\xff\\a", 4);
    expect_no_loss(&reading);
}

static void forms(void **state)
{
    static const char *const texts[] = {
        "Tag,Type,allocs,frees,diff,bytes,per\nIo,Nonp,10,4,6,600,100\n",
        "Tag;Type;Allocs;Frees;Diff;Bytes\r\nIo  ;Nonp;10;4;6;600\r\n",
        "Tag\tType\tBytes\tDiff\tFrees\tAllocs\nIo\tNonPaged\t600\t6\t4\t10\n",
        "sep=;\n\"Bytes\";\"Tag\";\"Type\";\"Allocs\";\"Frees\"\n\"600\";\"Io\";\"NONPAGED\";10;"
        "4\n",
        "#TYPE System.Object\n\"Tag\",\"Type\",\"Allocs\",\"Frees\",\"Diff\",\"Bytes\"\n"
        "\"Io\",\"Nonp\",\"1,0\",\"4\",\"6\",\"600\"\n\"Io\",\"Nonp\",\"10\",\"4\",\"6\",\"600\"\n",
        "\"Tag\",\"Paged Allocs\",\"Non-Paged Allocs\",\"Non-Paged Frees\",\"Non-Paged Diff\","
        "\"Non-Paged Usage\",\"Paged Usage\"\n\"Io\",0,10,4,6,600,0\n",
        "Tag name,Driver,NP allocations,NP frees,NP current,NP bytes\nIo,x.sys,10,4,6,600\n",
        "Bytes,Tag,Allocs,Frees,Pool\n600,\"Io\",10,4,nonpaged\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        PH_GUARD(reading_fini) struct reading reading = {0};
        read_text(NULL, texts[i], &reading);
        assert_int_equal(reading.count, 1);
        const struct ph_value *value = value_of(&reading, 0, PH_POOL_NONPAGED, "Io  ");
        assert_int_equal(value->bytes, 600);
        assert_int_equal(value->objects, 6);
        assert_int_equal(value->allocs, 10);
    }
}

static void appended(void **state)
{
    PH_GUARD(reading_fini) struct reading headers = {0}, stamped = {0}, spaced = {0};
    static const char text[] = "Tag,Type,Allocs,Frees,Diff,Bytes\nIo,Nonp,10,4,6,600\n\n"
                               "Tag,Type,Allocs,Frees,Diff,Bytes\nIo,Nonp,20,4,16,1600\n";

    (void)state;
    read_text(NULL, text, &headers);
    assert_int_equal(headers.count, 2);
    assert_int_equal(headers.samples[0].time_kind, PH_TIME_ORDINAL);
    must(read_bytes(NULL, text, sizeof(text) - 1, 60 * PH_SECOND, &spaced));
    assert_int_equal(spaced.samples[1].time_ns, 60 * PH_SECOND);
    read_text(NULL,
              "Monday, November 2, 2026 2:05:00 PM\nTag,Type,Bytes\nIo,Nonp,600\n\n"
              "Monday, November 2, 2026 2:15:00 PM\n"
              "Tag,Type,Bytes\nIo,Nonp,700\n",
              &stamped);
    assert_int_equal(stamped.count, 2);
    assert_int_equal(stamped.samples[1].time_ns - stamped.samples[0].time_ns, 600 * PH_SECOND);
}

static void relative_times(void **state)
{
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    read_text(NULL, "time,tag,bytes\n0,a,1\n0.5,a,2\n10,a,3\n", &reading);
    assert_int_equal(reading.count, 3);
    assert_int_equal(reading.samples[0].time_kind, PH_TIME_SPACED);
    assert_int_equal(reading.samples[1].time_ns, PH_SECOND / 2);
    expect_no_loss(&reading);
}

static void bad_rows(void **state)
{
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    read_text(NULL,
              "time,tag,type,allocs,frees,diff,bytes\n"
              "2026-11-02 14:05:00,Io,Nonp,10,4,6,600\n"
              "2026-11-02 14:05:00,Bad1,Nonp,x,4,6,600\n"
              "2026-11-02 14:05:00,Bad2,Nonp,99999999999999999999,4,6,600\n"
              "yesterday,Bad3,Nonp,10,4,6,600\n"
              "2026-11-02 14:05:00,Dup ,Nonp,10,4,7,600\n"
              "2026-11-02 14:05:00,Dup ,Nonp,1,0,1,10\n"
              "2026-11-02 14:05:00,Cut,Nonp,1,",
              &reading);
    assert_int_equal(reading.count, 1);
    assert_int_equal(reading.samples[0].count, 2);
    assert_int_equal(value_of(&reading, 0, PH_POOL_NONPAGED, "Dup ")->bytes, 610);
    expect_loss(&reading, "log.txt: 2 lines not understood, first at line 3: '2026-11-02 14:05:00");
    expect_loss(&reading, "1 row with a number beyond 64 bits was left out, at line 4");
    expect_loss(&reading, "1 row whose time could not be read was left out, at line 5");
    expect_loss(&reading, "1 row's difference is not allocs - frees; the printed one was kept");
    expect_loss(&reading, "1 tag twice");
}

static void refuses(void **state)
{
    static const char *const texts[] = {
        "",         "\n\n", "time,tag,bytes\n",     "a,b,c\n1,2,3\n",
        "tag\nx\n", "\x1a", "time,tag,bytes\n,,\n", "Summary1,11/13/2026 2:05 PM,1,2,3,4,5\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        PH_GUARD(reading_fini) struct reading reading = {0};
        expect_error(read_bytes(NULL, texts[i], strlen(texts[i]), 0, &reading), PH_ERR_FORMAT,
                     "log.txt: no rows");
    }
}

static void numbers(void **state)
{
    static const struct {
        const char *text;
        bool grouped;
        enum ph_csv_number kind;
        int64_t value;
    } cases[] = {
        {"0", false, PH_CSV_NUMBER_OK, 0},
        {"-12", false, PH_CSV_NUMBER_OK, -12},
        {" 12 ", false, PH_CSV_NUMBER_OK, 12},
        {"9223372036854775807", false, PH_CSV_NUMBER_OK, INT64_MAX},
        {"9223372036854775808", false, PH_CSV_NUMBER_WIDE, 0},
        {"1,234,567", true, PH_CSV_NUMBER_OK, 1234567},
        {"1.234.567", true, PH_CSV_NUMBER_OK, 1234567},
        {"1'234'567", true, PH_CSV_NUMBER_OK, 1234567},
        {"1\xc2\xa0"
         "234",
         true, PH_CSV_NUMBER_OK, 1234},
        {"-1,234", true, PH_CSV_NUMBER_OK, -1234},
        {"1,234,567", false, PH_CSV_NUMBER_BAD, 0},
        {"1,23", true, PH_CSV_NUMBER_BAD, 0},
        {"1,234.567", true, PH_CSV_NUMBER_BAD, 0},
        {"1048576.0", false, PH_CSV_NUMBER_OK, 1048576},
        {"1.5e3", false, PH_CSV_NUMBER_OK, 1500},
        {"1e30", false, PH_CSV_NUMBER_WIDE, 0},
        {"", false, PH_CSV_NUMBER_EMPTY, 0},
        {"NaN", false, PH_CSV_NUMBER_EMPTY, 0},
        {"?", false, PH_CSV_NUMBER_EMPTY, 0},
        {"0x10", false, PH_CSV_NUMBER_BAD, 0},
        {"ten", true, PH_CSV_NUMBER_BAD, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t value = 0;
        enum ph_csv_number kind =
            ph_csv_number(ph_slice_of(cases[i].text), cases[i].grouped, &value);
        if (kind != cases[i].kind || (kind == PH_CSV_NUMBER_OK && value != cases[i].value))
            fail_msg("'%s' is of kind %d, value %lld", cases[i].text, (int)kind, (long long)value);
    }
}

static void splitting(void **state)
{
    static const struct {
        const char *line;
        size_t count;
        const char *last;
    } cases[] = {
        {"a,b,c", 3, "c"},     {"a,b,", 3, ""},       {"", 1, ""},
        {",", 2, ""},          {"\"a,b\",c", 2, "c"}, {"a,\"b\"\"c\"", 2, "b\"c"},
        {"a,\"b\"x", 2, "bx"}, {"a,\"b", 2, "b"},     {"\"\",\"\"", 2, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ph_slice fields[PH_CSV_COLUMNS];
        char buffer[64];
        uint64_t quoted;
        size_t count =
            ph_csv_split(ph_slice_of(cases[i].line), ',', buffer, sizeof(buffer), fields, &quoted);
        assert_int_equal(count, cases[i].count);
        if (!ph_slice_is(fields[count - 1], cases[i].last))
            fail_msg("'%s' ends with '%.*s'", cases[i].line, (int)fields[count - 1].size,
                     fields[count - 1].data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(powershell),     cmocka_unit_test(sdp),
        cmocka_unit_test(trace),          cmocka_unit_test(own),
        cmocka_unit_test(forms),          cmocka_unit_test(appended),
        cmocka_unit_test(relative_times), cmocka_unit_test(bad_rows),
        cmocka_unit_test(refuses),        cmocka_unit_test(numbers),
        cmocka_unit_test(splitting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
