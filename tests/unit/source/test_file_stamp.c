/* Every form of a time stamp, and the times of whole logs. */
#include "file_reading.h"
#include "source/file/stamp.h"

/* 2026-11-02 14:05:00 UTC */
#define NOON INT64_C(1793628300)

struct form {
    const char *text;
    int64_t seconds;
    int64_t nanoseconds;
    bool zone;
    bool open; /* day or month first? */
};

static const struct form forms[] = {
    {"2026-11-02 14:05:00", NOON, 0, false, false},
    {"2026-11-02 14:05", NOON, 0, false, false},
    {"2026-11-02T14:05:00", NOON, 0, false, false},
    {"2026-11-02T14:05:00Z", NOON, 0, true, false},
    {"2026-11-02T14:05:00.250Z", NOON, 250000000, true, false},
    {"2026-11-02T14:05:00.1234567+01:00", NOON - 3600, 123456700, true, false},
    {"2026-11-02 14:05:00 +0100", NOON - 3600, 0, true, false},
    {"2026-11-02 14:05:00 -08:00", NOON + 8 * 3600, 0, true, false},
    {"2026-11-02 14:05:00 +05:30", NOON - 19800, 0, true, false},
    {"2026-11-02 14:05:00 UTC", NOON, 0, true, false},
    {"2026-11-02 14:05:00 UTC+1", NOON - 3600, 0, true, false},
    {"2026/11/2 14:05:00", NOON, 0, false, false},
    {"=== 2026-11-02 14:05 ===", NOON, 0, false, false},
    {"[2026-11-02 14:05:00] snapshot 17", NOON, 0, false, false},
    {"Snapshot 3 at 2026-11-02 14:05:00", NOON, 0, false, false},
    {"2026-11-02_14-05-00", NOON, 0, false, false},
    {"20261102-140500", NOON, 0, false, false},
    {"20261102_1405", NOON, 0, false, false},
    {"20261102T140500Z", NOON, 0, true, false},
    {"20261102140500.000000+060", NOON - 3600, 0, true, false},
    {"LocalDateTime=20261102140500.500000-480", NOON + 8 * 3600, 500000000, true, false},
    {"2026.11.02-14:05:00 Pacific Standard Time (local time of the PC where this was collected)",
     NOON, 0, false, false},
    {"Mon 11/02/2026 14:05:00.12", NOON, 120000000, false, true},
    {"Mon 11/02/2026  9:05:00.12", NOON - 5 * 3600, 120000000, false, true},
    {"11/02/2026 2:05 PM", NOON, 0, false, true},
    {"11/2/26 2:05:00 PM", NOON, 0, false, true},
    {"11/02/2026 12:05:00 AM", NOON - 14 * 3600, 0, false, true},
    {"11/02/2026 12:05:00 pm", NOON - 2 * 3600, 0, false, true},
    {"02.11.2026 14:05:00,00", NOON, 0, false, false},
    {"02.11.2026 14.05.00,50", NOON, 500000000, false, false},
    {"2. 11. 2026 14:05:00", NOON, 0, false, false},
    {"Mon Nov  2 14:05:00 2026", NOON, 0, false, false},
    {"Mon Nov  2 14:05:00 UTC 2026", NOON, 0, true, false},
    {"Mon Nov  2 14:05:00 CET 2026", NOON - 3600, 0, true, false},
    {"Mon 02 Nov 2026 02:05:00 PM CET", NOON - 3600, 0, true, false},
    {"Mon, 02 Nov 2026 14:05:00 +0100", NOON - 3600, 0, true, false},
    {"02-Nov-2026 14:05", NOON, 0, false, false},
    {"2 November 2026 14:05:00", NOON, 0, false, false},
    {"Monday, November 2, 2026 2:05:00 PM", NOON, 0, false, false},
    {"Monday, November 2, 2026 2:05:00\xe2\x80\xafPM", NOON, 0, false, false},
    {"Montag, 2. November 2026 14:05:00", NOON, 0, false, false},
    {"lundi 2 novembre 2026 14:05:00", NOON, 0, false, false},
    {"lunes, 2 de noviembre de 2026 2:05:00 p. m.", NOON, 0, false, false},
    {"1793628300", NOON, 0, true, false},
    {"epoch 1793628300.5", NOON, 500000000, true, false},
    {"1793628300000", NOON, 0, true, false},
    {"2026-11-02", NOON - 14 * 3600 - 300, 0, false, false},
    {"14:05:00.12 2026-11-02", NOON, 120000000, false, false},
};

static void finds_every_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct ph_stamp stamp = {0};
        if (!ph_stamp_find(ph_slice_of(forms[i].text), &stamp))
            fail_msg("not found: %s", forms[i].text);
        int64_t expected = forms[i].seconds * PH_SECOND + forms[i].nanoseconds;
        int64_t found = ph_stamp_ns(&stamp, false);
        if (found != expected)
            fail_msg("%s: off by %lld s", forms[i].text,
                     (long long)((found - expected) / PH_SECOND));
        if (stamp.has_zone != forms[i].zone || stamp.either_order != forms[i].open)
            fail_msg("%s: zone %d, open %d", forms[i].text, stamp.has_zone, stamp.either_order);
    }
}

static void leaves_other_lines_alone(void **state)
{
    static const char *const lines[] = {
        "",
        "Query pooltags Failed c0000002.",
        "Microsoft Windows [Version 10.0.26100.1234]",
        "C:\\tools> poolmon -b -n log.txt",
        "address 10.11.12.13 answers",
        "99/99/2026 10:00",
        "2026-13-40 10:00:00",
        "31/02/2026 14:05:00",
        "snapshot 17 of 96",
        "1234567890123456789012345678901234567890",
        "the ratio was 14:05 when we looked at it for a very long time yesterday",
        "25:61:00",
        "\x01\x02\x03\xff\xfe",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct ph_stamp stamp;
        if (ph_stamp_find(ph_slice_of(lines[i]), &stamp))
            fail_msg("found a stamp in: %s", lines[i]);
    }
}

static void reads_fields(void **state)
{
    struct ph_stamp stamp;

    (void)state;
    assert_true(ph_stamp_field(ph_slice_of("1793628300"), &stamp));
    assert_true(stamp.has_zone && !stamp.relative);
    assert_int_equal(ph_stamp_ns(&stamp, false), NOON * PH_SECOND);
    assert_true(ph_stamp_field(ph_slice_of("10.5"), &stamp));
    assert_true(stamp.relative);
    assert_int_equal(ph_stamp_ns(&stamp, false), 10 * PH_SECOND + PH_SECOND / 2);
    assert_true(ph_stamp_field(ph_slice_of("0"), &stamp));
    assert_true(ph_stamp_field(ph_slice_of("20261102"), &stamp));
    assert_false(stamp.counted);
    assert_true(ph_stamp_field(ph_slice_of("2026-11-02T14:05:00Z"), &stamp));
    assert_int_equal(ph_stamp_ns(&stamp, false), NOON * PH_SECOND);
    assert_false(ph_stamp_field(ph_slice_of("soon"), &stamp));
    assert_false(ph_stamp_field(ph_slice_of(""), &stamp));
}

/* --- whole logs --- */

static const char row[] = " Wait Nonp    3971107   3971077       30    8456    281\n";

static void log_with(const char *const *stamps, size_t count, bool behind, struct reading *reading)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    for (size_t i = 0; i < count; i++) {
        if (!behind)
            ph_text_printf(&text, "%s\n", stamps[i]);
        ph_text_puts(&text, " Memory:16468560K Avail:12072536K  PageFlts:468600648   InRam "
                            "Krnl:56708K P:950888K\n Commit:4100436K Limit:17517136K "
                            "Peak:11685564K            Pool N:710920K P:983564K\n\n Tag  Type     "
                            "Allocs         Frees    Diff   Bytes    Per Alloc\n\n");
        ph_text_puts(&text, row);
        if (behind)
            ph_text_printf(&text, "%s\n", stamps[i]);
    }
    must(ph_text_check(&text));
    read_text(&ph_poollog_poolmon, text.data, reading);
    assert_int_equal(reading->count, count);
}

static int64_t seconds_between(const struct reading *reading, size_t from, size_t to)
{
    return (reading->samples[to].time_ns - reading->samples[from].time_ns) / PH_SECOND;
}

static void order_of_day_and_month(void **state)
{
    static const struct {
        const char *stamps[3];
        int64_t first_step, second_step;
        const char *loss;
    } cases[] = {
        /* a day above 12 decides for all */
        {{"03/11/2026 10:00:00", "04/11/2026 10:00:00", "13/11/2026 10:00:00"},
         86400,
         9 * 86400,
         NULL},
        {{"11/03/2026 10:00:00", "11/04/2026 10:00:00", "11/13/2026 10:00:00"},
         86400,
         9 * 86400,
         NULL},
        /* the weekday decides: 2 November 2026 is a Monday */
        {{"Mon 02/11/2026 10:00:00", "Tue 03/11/2026 10:00:00", "Wed 04/11/2026 10:00:00"},
         86400,
         86400,
         NULL},
        {{"Mon 11/02/2026 10:00:00", "Tue 11/03/2026 10:00:00", "Wed 11/04/2026 10:00:00"},
         86400,
         86400,
         NULL},
        /* only one reading rises: 30 November is followed by 1 December */
        {{"11/12/2026 10:00:00", "12/12/2026 10:00:00", "01/01/2027 10:00:00"},
         30 * 86400,
         20 * 86400,
         "month/day"},
        {{"12/11/2026 10:00:00", "01/12/2026 10:00:00", "02/12/2026 10:00:00"},
         19 * 86400,
         86400,
         "taken as day/month, which makes the times rise"},
        /* both rise: American, and said so */
        {{"03/04/2026 10:00:00", "03/04/2026 11:00:00", "03/04/2026 12:00:00"},
         3600,
         3600,
         "dates like that of line 1 can be day/month or month/day; taken as month/day"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        PH_GUARD(reading_fini) struct reading reading = {0};
        log_with(cases[i].stamps, 3, false, &reading);
        assert_int_equal(reading.samples[0].time_kind, PH_TIME_LOCAL);
        assert_int_equal(seconds_between(&reading, 0, 1), cases[i].first_step);
        assert_int_equal(seconds_between(&reading, 1, 2), cases[i].second_step);
        if (cases[i].loss)
            expect_loss(&reading, cases[i].loss);
        else
            expect_no_loss(&reading);
    }
}

static void before_or_behind(void **state)
{
    static const char *const stamps[] = {"2026-11-02 10:00:00", "2026-11-02 11:00:00",
                                         "2026-11-02 13:00:00"};

    (void)state;
    for (int behind = 0; behind < 2; behind++) {
        PH_GUARD(reading_fini) struct reading reading = {0};
        log_with(stamps, 3, behind, &reading);
        assert_int_equal(seconds_between(&reading, 0, 1), 3600);
        assert_int_equal(seconds_between(&reading, 1, 2), 7200);
        expect_no_loss(&reading);
    }
}

static void date_and_time_on_two_lines(void **state)
{
    static const char *const stamps[] = {"Mon 11/02/2026 \n11:30 PM", "Tue 11/03/2026 \n12:30 AM"};
    static const char *const told[] = {
        "The current date is: Mon 11/02/2026 \nThe current time is: 23:30:00.00",
        "The current date is: Tue 11/03/2026 \nThe current time is:  0:30:00.00"};

    (void)state;
    PH_GUARD(reading_fini) struct reading one = {0}, two = {0};
    log_with(stamps, 2, false, &one);
    assert_int_equal(seconds_between(&one, 0, 1), 3600);
    expect_no_loss(&one);
    log_with(told, 2, true, &two);
    assert_int_equal(seconds_between(&two, 0, 1), 3600);
    expect_no_loss(&two);
}

static void times_without_dates(void **state)
{
    static const char *const stamps[] = {"23:00:00.00", " 0:00:00.00", " 1:00:00.00"};
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    log_with(stamps, 3, false, &reading);
    assert_int_equal(seconds_between(&reading, 0, 1), 3600);
    assert_int_equal(seconds_between(&reading, 1, 2), 3600);
    expect_loss(&reading, "no dates");
}

static void zones(void **state)
{
    static const char *const with[] = {"2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"};
    static const char *const mixed[] = {"2026-10-25T02:30:00Z", "2026-10-25T03:30:00"};
    PH_GUARD(reading_fini) struct reading one = {0}, two = {0};

    (void)state;
    log_with(with, 2, false, &one);
    assert_int_equal(one.samples[0].time_kind, PH_TIME_REAL);
    assert_int_equal(seconds_between(&one, 0, 1), 3600);
    log_with(mixed, 2, false, &two);
    assert_int_equal(two.samples[0].time_kind, PH_TIME_LOCAL);
    expect_loss(&two, "1 of 2 time stamps name no zone");
}

static void missing_stamps(void **state)
{
    static const char *const middle[] = {"2026-11-02 10:00", "", "2026-11-02 12:00"};
    static const char *const last[] = {"2026-11-02 10:00", "2026-11-02 11:00", ""};
    static const char *const one[] = {"2026-11-02 10:00", "", ""};
    PH_GUARD(reading_fini) struct reading a = {0}, b = {0}, c = {0};

    (void)state;
    log_with(middle, 3, false, &a);
    assert_int_equal(seconds_between(&a, 0, 1), 3600);
    expect_loss(&a, "1 of 3 snapshots carry no time stamp");
    log_with(last, 3, false, &b);
    assert_int_equal(seconds_between(&b, 1, 2), 3600);
    log_with(one, 3, false, &c);
    assert_int_equal(c.samples[0].time_kind, PH_TIME_ORDINAL);
    expect_loss(&c, "only one of 3 snapshots");
}

static void clock_set_back(void **state)
{
    static const char *const stamps[] = {"2026-11-02 10:00", "2026-11-02 09:00",
                                         "2026-11-02 11:00"};
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    log_with(stamps, 3, false, &reading);
    assert_int_equal(seconds_between(&reading, 0, 1), -3600);
    expect_loss(&reading, "does not go forward 1 times");
}

static void spacing_and_ordinal(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    PH_GUARD(reading_fini) struct reading spaced = {0}, ordinal = {0};

    (void)state;
    for (int i = 0; i < 3; i++)
        ph_text_printf(&text, " Memory:16468560K Avail:12072536K\n%s", row);
    must(read_bytes(&ph_poollog_poolmon, text.data, text.size, 600 * PH_SECOND, &spaced));
    assert_int_equal(spaced.count, 3);
    assert_int_equal(spaced.samples[0].time_kind, PH_TIME_SPACED);
    assert_int_equal(spaced.samples[0].time_ns, 0);
    assert_int_equal(spaced.samples[2].time_ns, 1200 * PH_SECOND);
    expect_no_loss(&spaced);
    read_text(&ph_poollog_poolmon, text.data, &ordinal);
    assert_int_equal(ordinal.samples[0].time_kind, PH_TIME_ORDINAL);
    assert_int_equal(ordinal.samples[0].time_ns, PH_SECOND);
    assert_int_equal(ordinal.samples[2].time_ns, 3 * PH_SECOND);
    expect_loss(&ordinal, "no time stamps");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_every_form),    cmocka_unit_test(leaves_other_lines_alone),
        cmocka_unit_test(reads_fields),        cmocka_unit_test(order_of_day_and_month),
        cmocka_unit_test(before_or_behind),    cmocka_unit_test(date_and_time_on_two_lines),
        cmocka_unit_test(times_without_dates), cmocka_unit_test(zones),
        cmocka_unit_test(missing_stamps),      cmocka_unit_test(clock_set_back),
        cmocka_unit_test(spacing_and_ordinal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
