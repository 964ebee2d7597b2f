/* Events come back once each, in order, with the first sample that is not before them: also where
 * samples were thinned or are damaged. */
#include "store_fixture.h"

#include <sqlite3.h>

enum { COUNT = 1500, EVERY = 7 };
static const int64_t start_ns = INT64_C(1800000000) * PH_SECOND;

/* Each seventh sample brings a module that was loaded three seconds before it. */
static void record(const char *path, const struct ph_recording_options *keep)
{
    struct ph_machine machine = {.boot_id = "a", .memory_bytes = -1};
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    struct ph_recording *recording = NULL;
    struct world world;

    fixture_seed = 5;
    world_start(&world);
    assert_ok(ph_recording_open(path, keep, &machine, &catalog, &recording));
    for (world.index = 0; world.index < COUNT; world.index++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "m%d", (int)world.index);
        world_step(&world);
        world_sample(&world, &catalog, start_ns, &sample);
        if (world.index % EVERY == 0)
            assert_ok(
                ph_event_add(&sample.events, PH_EVENT_LOAD, sample.time_ns - 3 * PH_SECOND, name));
        assert_ok(ph_recording_append(recording, &catalog, &sample));
    }
    assert_ok(ph_recording_close(recording));
}

/* All events but the beginning; `*samples` counts samples, `*late` the events of samples that are
 * not there any more. */
static void expect_events(const char *path, unsigned *samples, unsigned *late)
{
    PH_GUARD(ph_playback_closep) struct ph_playback *playback = NULL;
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    int64_t before_ns = 0;
    unsigned next = 0;
    bool end = false;

    *samples = *late = 0;
    assert_ok(ph_playback_open(path, &playback));
    for (;; ++*samples, before_ns = sample.time_ns) {
        assert_ok(ph_playback_read(playback, &catalog, &sample, &end));
        if (end)
            break;
        for (size_t i = 0; i < sample.events.count; i++) {
            const struct ph_event *event = &sample.events.items[i];
            char name[16];
            if (event->kind == PH_EVENT_START)
                continue;
            (void)snprintf(name, sizeof(name), "m%u", next);
            assert_int_equal(event->kind, PH_EVENT_LOAD);
            assert_string_equal(event->text, name);
            assert_true(event->time_ns ==
                        start_ns + (int64_t)next * 10 * PH_SECOND - 3 * PH_SECOND);
            assert_true(before_ns < event->time_ns && event->time_ns <= sample.time_ns);
            *late += sample.time_ns != event->time_ns + 3 * PH_SECOND;
            next += EVERY;
        }
    }
    assert_int_equal(next, (COUNT + EVERY - 1) / EVERY * EVERY);
}

static void raw_samples_bring_their_own(void **unused)
{
    const struct ph_recording_options keep = {0};
    const char *path = scratch("raw.rec");
    unsigned samples, late;

    (void)unused;
    record(path, &keep);
    expect_events(path, &samples, &late);
    assert_int_equal(samples, COUNT);
    assert_int_equal(late, 0);
}

static void floors_bring_those_of_all_their_samples(void **unused)
{
    const struct ph_recording_options keep = {.keep_raw_ns = PH_HOUR};
    const char *path = scratch("thinned.rec");
    unsigned samples, late;

    (void)unused;
    record(path, &keep);
    expect_events(path, &samples, &late);
    assert_true(samples < COUNT / 2 && late > 50);
}

/* Damaged rows: what happened meanwhile is told with the next sample that can be read. */
static void damage_keeps_events(void **unused)
{
    const struct ph_recording_options keep = {0};
    const char *path = scratch("damaged.rec");
    unsigned samples, late;
    sqlite3 *db = NULL;

    (void)unused;
    record(path, &keep);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "UPDATE samples SET frame = x'01' WHERE id = 100", NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    expect_events(path, &samples, &late);
    assert_true(samples < COUNT && samples > COUNT / 2 && late > 10);
}

/* Another program, or one of another time, may have written anything. */
static void strange_events_are_taken(void **unused)
{
    const struct ph_recording_options keep = {0};
    const char *path = scratch("strange.rec");
    PH_GUARD(ph_playback_closep) struct ph_playback *playback = NULL;
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    unsigned others = 0, samples = 0;
    sqlite3 *db = NULL;
    bool end = false;

    (void)unused;
    record(path, &keep);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db,
                     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                     "20000) INSERT INTO events (segment, time_ns, kind, text) SELECT i % 3, "
                     "(i - 10000) * 900000000000000, CASE i % 2 WHEN 0 THEN 'new' ELSE x'ff00' "
                     "END, CASE i % 5 WHEN 0 THEN i ELSE x'00ff' END FROM n",
                     NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_ok(ph_playback_open(path, &playback));
    for (;; samples++) {
        assert_ok(ph_playback_read(playback, &catalog, &sample, &end));
        if (end)
            break;
        assert_true(sample.events.count <= PH_EVENTS_MOST);
        for (size_t i = 0; i < sample.events.count; i++)
            others += sample.events.items[i].kind == PH_EVENT_OTHER;
    }
    assert_int_equal(samples, COUNT);
    assert_true(others > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_samples_bring_their_own),
        cmocka_unit_test(floors_bring_those_of_all_their_samples),
        cmocka_unit_test(damage_keeps_events),
        cmocka_unit_test(strange_events_are_taken),
    };

    return cmocka_run_group_tests_name("recorded events", tests, NULL, scratch_remove);
}
