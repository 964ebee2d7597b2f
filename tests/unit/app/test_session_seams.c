/* What must survive the seams between input, recording, judge and report: counts, segments, files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/compare.h"
#include "base/os.h"
#include "store/recording.h"

enum { SAMPLES = 6 };

static char directory[] = "/tmp/poolhound-seams-XXXXXX";

static int setup(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : 1;
}

static int teardown(void **state)
{
    ph_autofree char *command = ph_format("rm -rf %s", directory);

    (void)state;
    return system(command);
}

static char *path_of(const char *name)
{
    char *path = ph_format("%s/%s", directory, name);

    assert_non_null(path);
    return path;
}

static void add(struct ph_catalog *catalog, enum ph_pool pool, int64_t objects,
                struct ph_sample *sample)
{
    struct ph_series series = {
        .origin = PH_ORIGIN_SLABINFO, .pool = pool, .tag = ph_slice_of("twice")};
    struct ph_value value = {
        .have = PH_HAVE_OBJECTS | PH_HAVE_BYTES, .objects = objects, .bytes = objects * 100};

    assert_null(ph_catalog_intern(catalog, &series, &value.series));
    assert_null(ph_sample_add(sample, &value));
}

/* A recording of `boots` boots with SAMPLES samples each, ten seconds apart: one cache in both
 * pools, and a loss that each sample tells again. */
static void make_recording(const char *path, int boots)
{
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    struct ph_machine machine = {.boot_id = "b", .memory_bytes = -1};
    struct ph_recording_options keep = {0};
    struct ph_recording *recording = NULL;

    assert_null(ph_recording_open(path, &keep, &machine, &catalog, &recording));
    for (int i = 0; i < boots * SAMPLES; i++) {
        ph_sample_reset(&sample);
        sample.segment = (uint32_t)(i / SAMPLES);
        sample.time_ns = PH_DAY * 20000 + i * 10 * PH_SECOND;
        sample.boottime_ns = PH_HOUR + i % SAMPLES * 10 * PH_SECOND;
        add(&catalog, PH_POOL_UNRECLAIMABLE, 100 + i, &sample);
        add(&catalog, PH_POOL_RECLAIMABLE, 1000, &sample);
        assert_null(ph_sample_finish(&sample, NULL));
        assert_null(ph_loss_add(&sample.losses, 3, "some caches cannot be read"));
        assert_null(ph_recording_append(recording, &catalog, &sample));
    }
    assert_null(ph_recording_close(recording));
}

static struct ph_error *run(const char *input, const char *recording,
                            struct ph_error *(*visit)(void *context,
                                                      const struct ph_catalog *catalog,
                                                      const struct ph_sample *sample),
                            struct ph_session *session)
{
    struct ph_session_options options = {
        .input = {.path = input},
        .interval_ns = PH_SECOND,
        .judge = true,
        .recording = recording,
        .visit = visit,
        .context = session,
    };

    return ph_session_run(&options, session);
}

static void what_each_sample_tells_again_is_counted_once(void **state)
{
    PH_GUARD(ph_session_fini) struct ph_session session = {0};
    ph_autofree char *path = path_of("repeated");

    (void)state;
    make_recording(path, 2);
    assert_null(run(path, NULL, NULL, &session));
    assert_int_equal(session.samples, 2 * SAMPLES);
    assert_int_equal(session.segments, 2);
    assert_int_equal(session.losses.count, 1);
    assert_int_equal(session.losses.items[0].count, 3);
}

static struct ph_error *expect_own_segments(void *context, const struct ph_catalog *catalog,
                                            const struct ph_sample *sample)
{
    const struct ph_session *session = context;

    (void)catalog;
    assert_int_equal(sample->segment, session->samples <= SAMPLES ? 0 : 1);
    return NULL;
}

/* The recording that is written has segments of its own: the judge must not see them, or a full
 * disk would look like a reboot. */
static void segments_are_those_of_the_input(void **state)
{
    PH_GUARD(ph_session_fini) struct ph_session session = {0};
    ph_autofree char *from = path_of("two-boots");
    ph_autofree char *to = path_of("three-boots");

    (void)state;
    make_recording(from, 2);
    make_recording(to, 3);
    assert_null(run(from, to, expect_own_segments, &session));
    assert_null(session.recording_note);
    assert_int_equal(session.samples, 2 * SAMPLES);
    assert_int_equal(session.segments, 2);
}

/* Each sample read would be another one to read. */
static void an_input_is_not_recorded_into_itself(void **state)
{
    PH_GUARD(ph_session_fini) struct ph_session session = {0};
    ph_autofree char *path = path_of("itself");
    ph_autofree char *other_name = path_of("other-name");

    (void)state;
    make_recording(path, 1);
    assert_int_equal(symlink(path, other_name), 0);
    struct ph_error *error = run(path, other_name, NULL, &session);
    assert_non_null(error);
    assert_int_equal(error->code, PH_ERR_USAGE);
    ph_error_free(error);
    assert_false(ph_same_file(path, "/nothing/there"));
    assert_false(ph_same_file("/nothing/there", "/nothing/there"));
}

static struct ph_error *interrupt(void *context, const struct ph_catalog *catalog,
                                  const struct ph_sample *sample)
{
    const struct ph_session *session = context;

    (void)catalog;
    (void)sample;
    assert_int_equal(session->samples == 3 ? raise(SIGINT) : 0, 0);
    return NULL;
}

static void a_file_read_in_part_says_so(void **state)
{
    PH_GUARD(ph_session_fini) struct ph_session session = {0};
    ph_autofree char *path = path_of("interrupted");

    (void)state;
    make_recording(path, 1);
    assert_null(ph_catch_interrupts());
    struct ph_error *error = run(path, NULL, interrupt, &session);
    ph_clear_interrupt();
    assert_null(error);
    assert_int_equal(session.samples, 3);
    assert_int_equal(session.losses.count, 2);
    assert_non_null(strstr(session.losses.items[1].what, "interrupted"));
}

/* A cache of one name in two pools is one row: sums, and no rate, because intervals have no sum. */
static void rows_of_one_name_are_summed(void **state)
{
    PH_GUARD(ph_comparison_fini) struct ph_comparison comparison = {0};
    ph_autofree char *path = path_of("compared");
    struct ph_selection selection = {0};
    struct ph_compare_options options = {
        .before = {.path = path}, .after = {.path = path}, .selection = &selection};

    (void)state;
    make_recording(path, 1);
    assert_null(ph_compare(&options, &comparison));
    assert_int_equal(comparison.row_count, 1);
    const struct ph_diff_row *row = &comparison.rows[0];
    assert_int_equal(row->before_objects, 1000 + 100 + SAMPLES - 1);
    assert_int_equal(row->after_objects, row->before_objects);
    assert_int_equal(row->before_bytes, row->before_objects * 100);
    assert_int_equal(row->after_bytes, row->before_bytes);
    assert_false(row->have_rates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_each_sample_tells_again_is_counted_once),
        cmocka_unit_test(segments_are_those_of_the_input),
        cmocka_unit_test(an_input_is_not_recorded_into_itself),
        cmocka_unit_test(a_file_read_in_part_says_so),
        cmocka_unit_test(rows_of_one_name_are_summed),
    };

    return cmocka_run_group_tests_name("session seams", tests, setup, teardown);
}
