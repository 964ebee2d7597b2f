/* The pipeline as a whole, on a small log: input, recording, judge, report; and when memory fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/compare.h"
#include "base/os.h"

enum { SNAPSHOTS = 40 };

static char directory[] = "/tmp/poolhound-session-XXXXXX";
static char *log_path, *recording_path;

/* Snapshots ten minutes apart; LeaK gains 64 KB in each. */
static int setup(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    (void)state;
    if (!mkdtemp(directory))
        return 1;
    log_path = ph_format("%s/pool.log", directory);
    recording_path = ph_format("%s/r.poolhound", directory);
    for (int i = 0; i < SNAPSHOTS; i++)
        ph_text_printf(&text,
                       "2026-11-02T%02d:%02d:00Z\n"
                       " Memory:16468560K Avail:12072536K  PageFlts:1   InRam Krnl:5K P:9K\n"
                       " Commit:4100436K Limit:17517136K Peak:11685564K            Pool "
                       "N:%dK P:983564K\n\n"
                       " Tag  Type     Allocs         Frees    Diff   Bytes    Per Alloc\n\n"
                       " LeaK Nonp  %d 0 %d %d 1024\n Flat Paged 10 0 10 10240 1024\n\n",
                       i / 6, i % 6 * 10, 700000 + 64 * i, 100 + 64 * i, 100 + 64 * i,
                       (100 + 64 * i) * 1024);
    assert_null(ph_text_check(&text));
    assert_null(ph_write_file(log_path, (struct ph_slice){text.data, text.size}));
    return 0;
}

static int teardown(void **state)
{
    ph_autofree char *command = ph_format("rm -rf %s", directory);

    (void)state;
    ph_free(log_path);
    ph_free(recording_path);
    return system(command);
}

static struct ph_error *count(void *context, const struct ph_catalog *catalog,
                              const struct ph_sample *sample)
{
    (void)catalog;
    assert_int_equal(sample->count, 2);
    ++*(int *)context;
    return NULL;
}

static struct ph_error *run(const char *input, const char *recording, bool must_work, int *visits,
                            struct ph_session *session)
{
    struct ph_session_options options = {
        .input = {.path = input},
        .interval_ns = PH_SECOND,
        .judge = true,
        .recording = recording,
        .recording_must_work = must_work,
        .visit = visits ? count : NULL,
        .context = visits,
    };

    return ph_session_run(&options, session);
}

static void expect_leak(const struct ph_session *session)
{
    struct ph_hunt_report report = ph_session_report(session);

    assert_int_equal(report.samples, SNAPSHOTS);
    assert_int_equal(report.finding_count, 2);
    const struct ph_finding *first = &report.findings[0];
    assert_true(ph_slice_is(report.catalog->series[first->series].tag, "LeaK"));
    assert_int_equal(first->verdict, PH_VERDICT_GROWING);
    /* a log without noise has an interval without width; its ends are rounded, too */
    assert_true(first->rate_low * .999 <= 65536 / 600. && 65536 / 600. <= first->rate_high * 1.001);
    assert_int_equal(report.pool_count, 2);
    assert_true(report.pools[0].last.bytes - report.pools[0].first.bytes ==
                INT64_C(65536) * (SNAPSHOTS - 1));
    assert_false(ph_session_leaks(session));
}

static void a_log_and_its_recording_are_judged_alike(void **state)
{
    PH_GUARD(ph_session_fini) struct ph_session from_log = {0};
    PH_GUARD(ph_session_fini) struct ph_session again = {0};
    int visits = 0;

    (void)state;
    assert_null(run(log_path, recording_path, true, &visits, &from_log));
    assert_int_equal(visits, SNAPSHOTS);
    expect_leak(&from_log);
    assert_string_equal(from_log.recording, recording_path);
    visits = 0;
    assert_null(run(recording_path, NULL, false, &visits, &again));
    assert_int_equal(visits, SNAPSHOTS);
    expect_leak(&again);
    assert_int_equal(again.findings.items[0].verdict, from_log.findings.items[0].verdict);
    assert_int_equal(unlink(recording_path), 0);
}

static void a_hunt_goes_on_without_its_recording(void **state)
{
    PH_GUARD(ph_session_fini) struct ph_session session = {0};
    ph_autofree char *nowhere = ph_format("%s/no/such/r.poolhound", directory);

    (void)state;
    assert_null(run(log_path, nowhere, false, NULL, &session));
    expect_leak(&session);
    assert_null(session.recording);
    assert_non_null(strstr(session.recording_note, "no/such"));
}

static void a_recorder_does_not(void **state)
{
    PH_GUARD(ph_session_fini) struct ph_session session = {0};
    ph_autofree char *nowhere = ph_format("%s/no/such/r.poolhound", directory);

    (void)state;
    struct ph_error *error = run(log_path, nowhere, true, NULL, &session);
    assert_non_null(error);
    assert_non_null(strstr(error->text, "no/such"));
    ph_error_free(error);
}

static struct ph_error *refuse(void *context, const struct ph_catalog *catalog,
                               const struct ph_sample *sample)
{
    (void)context;
    (void)catalog;
    (void)sample;
    return ph_errorf(PH_ERR_USAGE, "enough");
}

static void a_visitor_can_end_the_run(void **state)
{
    PH_GUARD(ph_session_fini) struct ph_session session = {0};
    struct ph_session_options options = {
        .input = {.path = log_path},
        .interval_ns = PH_SECOND,
        .visit = refuse,
    };

    (void)state;
    struct ph_error *error = ph_session_run(&options, &session);
    assert_non_null(error);
    assert_string_equal(error->text, "enough");
    ph_error_free(error);
}

static void rates_by_reading_and_by_second_are_not_compared(void **state)
{
    PH_GUARD(ph_comparison_fini) struct ph_comparison comparison = {0};
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    PH_GUARD(ph_text_fini) struct ph_text bare = {0};
    ph_autofree char *path = ph_format("%s/bare.log", directory);
    struct ph_selection selection = {0};

    (void)state;
    assert_null(ph_read_file(log_path, 1 << 20, &text));
    struct ph_reader reader = ph_reader_of("log", text.data, text.size);
    struct ph_slice line;
    while (ph_reader_line(&reader, &line))
        if (!ph_slice_starts(line, "2026")) {
            ph_text_add(&bare, line.data, line.size);
            ph_text_putc(&bare, '\n');
        }
    assert_null(ph_write_file(path, (struct ph_slice){bare.data, bare.size}));
    struct ph_compare_options options = {
        .before = {.path = log_path}, .after = {.path = path}, .selection = &selection};
    assert_null(ph_compare(&options, &comparison));
    assert_int_equal(comparison.row_count, 2);
    for (size_t i = 0; i < comparison.row_count; i++)
        assert_false(comparison.rows[i].have_rates);
}

/* Every failing allocation of ours ends in an error that says so, or in a hunt without recording.
 */
static void memory_may_fail_anywhere(void **state)
{
    long failures = 0;

    (void)state;
    for (long n = 0;; n += n < 200 ? 1 : 17) {
        PH_GUARD(ph_session_fini) struct ph_session session = {0};
        ph_mem_fail_after(n);
        struct ph_error *error = run(log_path, recording_path, true, NULL, &session);
        long asked = ph_mem_asked();
        ph_mem_fail_after(-1);
        (void)unlink(recording_path);
        if (!error && asked <= n)
            break;
        assert_non_null(error);
        assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
        failures++;
    }
    assert_true(failures > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_and_its_recording_are_judged_alike),
        cmocka_unit_test(a_hunt_goes_on_without_its_recording),
        cmocka_unit_test(a_recorder_does_not),
        cmocka_unit_test(a_visitor_can_end_the_run),
        cmocka_unit_test(rates_by_reading_and_by_second_are_not_compared),
        cmocka_unit_test(memory_may_fail_anywhere),
    };

    return cmocka_run_group_tests_name("session", tests, setup, teardown);
}
