#include "store_fixture.h"

#include <sqlite3.h>

enum { COUNT = 3500 };
static const int64_t start_ns = INT64_C(1800000000) * PH_SECOND;

/* Thins while it records; every sample is kept in `written` too. */
static void record(const char *path, const struct ph_recording_options *keep,
                   struct ph_catalog *catalog, struct ph_sample *written, size_t reopen_at)
{
    struct ph_machine machine = {.boot_id = "a", .memory_bytes = -1};
    struct ph_recording *recording = NULL;
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    struct world world;

    fixture_seed = 11;
    world_start(&world);
    assert_ok(ph_recording_open(path, keep, &machine, catalog, &recording));
    for (world.index = 0; world.index < COUNT; world.index++) {
        if (world.index && (size_t)world.index % reopen_at == 0) {
            assert_ok(ph_recording_close(recording));
            assert_ok(ph_recording_open(path, keep, &machine, catalog, &recording));
        }
        world_step(&world);
        /* the wall clock goes back an hour once: ages are the boot clock's */
        world_sample(&world, catalog, start_ns - (world.index > COUNT / 2 ? PH_HOUR : 0), &sample);
        assert_ok(ph_recording_append(recording, catalog, &sample));
        assert_ok(ph_sample_copy(&written[world.index], &sample));
    }
    assert_ok(ph_recording_close(recording));
}

static bool is_lower(const struct ph_value *value, const struct ph_value *than)
{
    if (value->have & than->have & PH_HAVE_BYTES)
        return value->bytes < than->bytes;
    return (value->have & than->have & PH_HAVE_OBJECTS) && value->objects < than->objects;
}

/* The floor of `count` samples, the slow and simple way. */
static void assert_floor(const struct ph_sample *floor, const struct ph_sample *samples,
                         size_t count)
{
    const struct ph_sample *last = &samples[count - 1];
    size_t series = 0;
    int64_t lowest = INT64_MAX;

    assert_int_equal(floor->represents, count);
    assert_true(floor->time_ns == last->time_ns && floor->boottime_ns == last->boottime_ns);
    assert_true(floor->span_ns == last->boottime_ns - samples[0].boottime_ns);
    assert_memory_equal(&floor->memory, &last->memory, sizeof(last->memory));
    for (size_t i = 0; i < count; i++)
        if (samples[i].pools[PH_POOL_PAGED].bytes < lowest)
            lowest = samples[i].pools[PH_POOL_PAGED].bytes;
    assert_true(floor->pools[PH_POOL_PAGED].bytes == lowest);
    for (uint32_t number = 0; number < FIXTURE_SERIES; number++) {
        struct ph_value minimum = {0};
        bool seen = false;
        for (size_t i = 0; i < count; i++) {
            const struct ph_value *value = ph_sample_find(&samples[i], number);
            uint32_t quality = PH_IS_ESTIMATED | PH_IS_PARTIAL;
            if (!value)
                continue;
            quality &= value->have | (seen ? minimum.have : 0);
            if (!seen || is_lower(value, &minimum)) {
                minimum = *value;
            } else {
                minimum.allocs = value->allocs;
                minimum.frees = value->frees;
            }
            minimum.have |= quality;
            seen = true;
        }
        const struct ph_value *found = ph_sample_find(floor, number);
        assert_true(seen == (found != NULL));
        series += seen;
        if (found)
            assert_true(same_value(found, &minimum));
    }
    assert_int_equal(floor->count, series);
}

static int64_t window_of(const struct ph_sample *sample)
{
    return sample->time_ns / (5 * PH_MINUTE);
}

static void floors_are_minima(void **unused)
{
    const struct ph_recording_options keep = {.keep_raw_ns = 2 * PH_HOUR};
    const char *path = scratch("floors.rec");
    struct ph_sample *written = calloc(COUNT, sizeof(*written));
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    PH_GUARD(ph_playback_closep) struct ph_playback *playback = NULL;
    size_t at = 0, floors = 0, raw = 0;
    bool end = false;

    (void)unused;
    assert_non_null(written);
    record(path, &keep, &catalog, written, 999);
    assert_ok(ph_playback_open(path, &playback));
    for (;;) {
        assert_ok(ph_playback_read(playback, &catalog, &sample, &end));
        if (end)
            break;
        if (!sample.represents) {
            assert_same_sample(&catalog, &written[at], &catalog, &sample);
            at++;
            raw++;
            continue;
        }
        assert_int_equal(raw, 0);
        assert_true(at + sample.represents <= COUNT);
        assert_floor(&sample, &written[at], sample.represents);
        assert_true(window_of(&written[at]) == window_of(&written[at + sample.represents - 1]));
        at += sample.represents;
        floors++;
    }
    assert_int_equal(at, COUNT);
    assert_int_equal(ph_playback_count(playback), floors + raw);
    /* two hours are kept, and what is left of a group until all of it is old */
    assert_in_range(raw, 2 * 360, 2 * 360 + 600);
    /* thirty readings a window; a few more windows where the clock went back or we reopened */
    assert_in_range(floors, (COUNT - raw) / 30, (COUNT - raw) / 30 + 8);
    for (size_t i = 0; i < COUNT; i++)
        ph_sample_fini(&written[i]);
    free(written);
}

static int64_t pages_of(const char *path)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA page_count", -1, &row, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    int64_t pages = sqlite3_column_int64(row, 0);
    (void)sqlite3_finalize(row);
    (void)sqlite3_close(db);
    return pages;
}

/* With both limits the file stops growing, and nothing older is left. */
static void file_stops_growing(void **unused)
{
    const struct ph_recording_options keep = {
        .keep_raw_ns = PH_HOUR, .floor_ns = PH_MINUTE, .keep_floor_ns = 2 * PH_HOUR};
    const char *path = scratch("bounded.rec");
    struct ph_machine machine = {.boot_id = "a", .memory_bytes = -1};
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    PH_GUARD(ph_playback_closep) struct ph_playback *playback = NULL;
    struct ph_recording *recording = NULL;
    struct world world;
    int64_t half = 0;
    bool end = false;

    (void)unused;
    fixture_seed = 5;
    world_start(&world);
    assert_ok(ph_recording_open(path, &keep, &machine, &catalog, &recording));
    for (world.index = 0; world.index < 2 * COUNT; world.index++) {
        world_step(&world);
        world_sample(&world, &catalog, start_ns, &sample);
        assert_ok(ph_recording_append(recording, &catalog, &sample));
        if (world.index == COUNT)
            half = pages_of(path);
    }
    int64_t newest = sample.time_ns;
    assert_ok(ph_recording_close(recording));
    assert_true(pages_of(path) <= half + half / 10 + 2);
    assert_ok(ph_playback_open(path, &playback));
    assert_ok(ph_playback_read(playback, &catalog, &sample, &end));
    assert_false(end);
    assert_int_equal(sample.represents, 6);
    /* floors go in groups of 96, with the samples of one step */
    assert_true(sample.time_ns >= newest - 5 * PH_HOUR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floors_are_minima),
        cmocka_unit_test(file_stops_growing),
    };

    return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
