#include "store_fixture.h"

#include <sqlite3.h>
#include <sys/wait.h>

#include "base/mem.h"

static const struct ph_recording_options keep_all = {0};
static const int64_t start_ns = INT64_C(1800000000) * PH_SECOND + 123456789;

static void machine_of(struct ph_machine *machine, const char *boot_id)
{
    *machine = (struct ph_machine){.host = "host.example",
                                   .system = "Linux",
                                   .release = "6.18",
                                   .cpus = 8,
                                   .page_bytes = 4096,
                                   .memory_bytes = 1 << 30};
    (void)snprintf(machine->boot_id, sizeof(machine->boot_id), "%s", boot_id);
}

static struct ph_recording *open_as(const char *path, const char *boot_id,
                                    struct ph_catalog *catalog)
{
    struct ph_machine machine;
    struct ph_recording *recording = NULL;

    machine_of(&machine, boot_id);
    assert_ok(ph_recording_open(path, &keep_all, &machine, catalog, &recording));
    return recording;
}

static void sql(const char *path, const char *statement)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, statement, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Reads the whole file; gives the samples. */
static uint64_t count_of(const char *path)
{
    PH_GUARD(ph_playback_closep) struct ph_playback *playback = NULL;
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    uint64_t count = 0;
    bool end = false;

    assert_ok(ph_playback_open(path, &playback));
    for (;; count++) {
        assert_ok(ph_playback_read(playback, &catalog, &sample, &end));
        if (end)
            break;
    }
    assert_int_equal(count, ph_playback_count(playback));
    return count;
}

/* Everything of 1,500 samples comes back, over reopenings, into a catalog of another order. */
static void round_trip(void **unused)
{
    enum { COUNT = 1500, RUN = 400 };
    const char *path = scratch("round.rec");
    struct ph_sample *written = calloc(COUNT, sizeof(*written));
    struct ph_catalog catalogs[COUNT / RUN + 1] = {0}, *catalog = NULL;
    PH_GUARD(ph_catalog_fini) struct ph_catalog other = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    PH_GUARD(ph_playback_closep) struct ph_playback *playback = NULL;
    struct ph_recording *recording = NULL;
    struct world world;
    bool end = false;

    (void)unused;
    assert_non_null(written);
    fixture_seed = 7;
    world_start(&world);
    for (world.index = 0; world.index < COUNT; world.index++) {
        if (world.index % RUN == 0) {
            if (recording)
                assert_ok(ph_recording_close(recording));
            catalog = &catalogs[world.index / RUN];
            if (world.index == 2 * RUN) /* a catalog that is not in the file's order */
                for (unsigned i = FIXTURE_SERIES; i-- > 0;)
                    (void)fixture_series(catalog, i);
            recording = open_as(path, "boot-a", catalog);
            assert_int_equal(ph_recording_count(recording), world.index);
        }
        world_step(&world);
        world_sample(&world, catalog, start_ns, &sample);
        if (world.index % 9 == 0) {
            sample.represents = 30;
            sample.span_ns = 290 * PH_SECOND;
        }
        assert_ok(ph_recording_append(recording, catalog, &sample));
        assert_ok(ph_sample_copy(&written[world.index], &sample));
    }
    assert_ok(ph_recording_close(recording));
    ph_sample_reset(&sample);
    assert_ok(ph_playback_open(path, &playback));
    assert_int_equal(ph_playback_count(playback), COUNT);
    for (unsigned i = FIXTURE_SERIES; i-- > 0; i -= i % 3 == 1)
        (void)fixture_series(&other, i);
    PH_GUARD(ph_sample_fini) struct ph_sample before = {0};
    for (unsigned n = 0; n < COUNT; n++) {
        assert_ok(ph_playback_read(playback, &other, &sample, &end));
        assert_false(end);
        assert_same_sample(&catalogs[n / RUN], &written[n], &other, &sample);
        size_t changed = 0;
        for (size_t i = 0; sample.changed_known && i < sample.count; i++) {
            const struct ph_value *old = ph_sample_find(&before, sample.values[i].series);
            if (old && same_value(old, &sample.values[i]))
                continue;
            bool listed = false;
            for (size_t c = 0; !listed && c < sample.changed_count; c++)
                listed = sample.changed[c] == i;
            assert_true(listed);
            changed++;
        }
        if (sample.changed_known)
            assert_int_equal(changed, sample.changed_count);
        assert_ok(ph_sample_copy(&before, &sample));
    }
    assert_ok(ph_playback_read(playback, &other, &sample, &end));
    assert_true(end);
    assert_same_sample(catalog, &written[COUNT - 1], &other, &sample);
    for (unsigned n = 0; n < COUNT; n++)
        ph_sample_fini(&written[n]);
    free(written);
    for (unsigned i = 0; i <= COUNT / RUN; i++)
        ph_catalog_fini(&catalogs[i]);
}

/* All events of a recording, each with the number of the sample it came with. */
static void gather(const char *path, struct ph_text *events)
{
    PH_GUARD(ph_playback_closep) struct ph_playback *playback = NULL;
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    bool end = false;

    assert_ok(ph_playback_open(path, &playback));
    for (unsigned number = 0;; number++) {
        assert_ok(ph_playback_read(playback, &catalog, &sample, &end));
        if (end)
            return;
        for (size_t i = 0; i < sample.events.count; i++)
            ph_text_printf(events, "%u:%s(%s) ", number, ph_event_id(sample.events.items[i].kind),
                           sample.events.items[i].text);
    }
}

/* Boots, starts in the same boot and clock jumps leave events and segments. */
static void segments_and_events(void **unused)
{
    static const struct {
        const char *boot;
        int64_t clock_off;
        uint32_t segment;
    } steps[] = {
        {"a", 0, 0},  {"a", 0, 0},  {"b", 0, 1}, {"b", -90, 1},
        {"", -90, 2}, {"", -90, 3}, {"a", 0, 4}, /* a boot id of long ago is not the last segment's
                                                  */
    };
    const char *path = scratch("segments.rec");
    PH_GUARD(ph_text_fini) struct ph_text events = {0};
    PH_GUARD(ph_playback_closep) struct ph_playback *playback = NULL;
    struct world world;
    struct ph_machine machine;

    (void)unused;
    world_start(&world);
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
        PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
        struct ph_recording *recording = open_as(path, steps[i].boot, &catalog);
        for (unsigned n = 0; n < 3; n++, world.index++) {
            world_sample(&world, &catalog, start_ns + steps[i].clock_off * PH_SECOND, &sample);
            if (i == 2 && n == 1) {
                assert_ok(ph_event_add(&sample.events, PH_EVENT_LOAD, sample.time_ns - 1, "leaky"));
                /* the recording has eyes of its own for these */
                assert_ok(ph_event_add(&sample.events, PH_EVENT_BOOT, sample.time_ns, "not kept"));
            }
            assert_ok(ph_recording_append(recording, &catalog, &sample));
            assert_int_equal(sample.segment, steps[i].segment);
        }
        assert_ok(ph_recording_close(recording));
    }
    assert_ok(ph_playback_open(path, &playback));
    gather(path, &events);
    assert_string_equal(
        events.data,
        "0:start(recording begins) 3:start(recording goes on in the same boot) "
        "6:boot(recording goes on after a boot) "
        /* by a clock that was set back these two were before the seventh sample */
        "6:start(recording goes on in the same boot) 6:clock(the wall clock jumped by -90.000 s) "
        "7:load(leaky) "
        "12:boot(recording goes on after a boot) 15:boot(recording goes on after a boot) "
        "18:boot(recording goes on after a boot) ");
    ph_playback_machine(playback, &machine);
    assert_string_equal(machine.host, "host.example");
    assert_string_equal(machine.boot_id, "a");
    assert_int_equal(machine.cpus, 8);
    assert_int_equal(machine.memory_bytes, 1 << 30);
}

/* A source that counts boots itself (an old log): its breaks are kept. */
static void segments_of_the_source(void **unused)
{
    static const uint32_t given[] = {0, 0, 3, 3, 4}, stored[] = {0, 0, 1, 1, 2};
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    struct ph_recording *recording = open_as(scratch("given.rec"), "", &catalog);
    struct world world;

    (void)unused;
    world_start(&world);
    for (unsigned i = 0; i < 5; i++, world.index++) {
        world_sample(&world, &catalog, start_ns, &sample);
        sample.segment = given[i];
        assert_ok(ph_recording_append(recording, &catalog, &sample));
        assert_int_equal(sample.segment, stored[i]);
    }
    assert_ok(ph_recording_close(recording));
}

/* After a clean end there is one file, and plain SQL reads it. */
static void one_file_for_the_shell(void **unused)
{
    const char *path = scratch("shell.rec"), *log = scratch("shell.rec-wal"),
               *index = scratch("shell.rec-shm");
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    struct ph_recording *recording = open_as(path, "a", &catalog);
    struct world world;
    char head[128];
    size_t size = 0;

    (void)unused;
    world_start(&world);
    world_sample(&world, &catalog, start_ns, &sample);
    assert_ok(ph_recording_append(recording, &catalog, &sample));
    assert_ok(ph_recording_close(recording));
    assert_int_equal(ph_file_kind(log), PH_FILE_NONE);
    assert_int_equal(count_of(path), 1);
    assert_int_equal(ph_file_kind(log), PH_FILE_NONE);
    assert_int_equal(ph_file_kind(index), PH_FILE_NONE);
    PH_GUARD(ph_handle_closep) struct ph_handle *handle = NULL;
    assert_ok(ph_handle_open(path, &handle));
    assert_ok(ph_handle_head(handle, head, sizeof(head), &size));
    assert_true(ph_recording_probe((struct ph_slice){head, size}));
    assert_false(ph_recording_probe((struct ph_slice){head, 99}));
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT utc, kind, tags, bytes, (SELECT name FROM tags "
                                        "WHERE id = 0) FROM readings",
                                        -1, &row, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(row, 0), "2027-01-15 08:00:00");
    assert_string_equal((const char *)sqlite3_column_text(row, 1), "raw");
    assert_int_equal(sqlite3_column_int64(row, 2), sample.count);
    (void)sqlite3_finalize(row);
    (void)sqlite3_close(db);
}

static void write_bytes(const char *path, const void *bytes, size_t size)
{
    assert_ok(ph_write_file(path, (struct ph_slice){bytes, size}));
}

static struct ph_error *try_to_record(const char *path)
{
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    struct ph_machine machine;
    struct ph_recording *recording = NULL;

    machine_of(&machine, "a");
    struct ph_error *error = ph_recording_open(path, &keep_all, &machine, &catalog, &recording);
    if (!error)
        error = ph_recording_close(recording);
    return error;
}

/* Files that are no recording of today: one line, and not a byte of them changes. */
static void foreign_files(void **unused)
{
    static const char zeros[4096];
    const char *path = scratch("foreign");
    struct ph_playback *playback = NULL;

    (void)unused;
    assert_fails(ph_playback_open(scratch("none"), &playback), PH_ERR_NOT_FOUND, "none");
    assert_fails(ph_playback_open(scratch("."), &playback), PH_ERR_FORMAT, "a directory");
    write_bytes(path, "", 0);
    assert_fails(ph_playback_open(path, &playback), PH_ERR_FORMAT, "an empty file");
    write_bytes(path, "kmalloc-64 12 13\n", 17);
    assert_fails(ph_playback_open(path, &playback), PH_ERR_FORMAT, "another kind of file");
    assert_fails(try_to_record(path), PH_ERR_FORMAT, "another kind of file");
    write_bytes(path, zeros, sizeof(zeros));
    assert_fails(ph_playback_open(path, &playback), PH_ERR_FORMAT, "another kind of file");
    assert_fails(try_to_record(path), PH_ERR_FORMAT, "not a recording of poolhound");
    assert_int_equal(unlink(path), 0);
    sql(path, "CREATE TABLE t (x)");
    assert_fails(ph_playback_open(path, &playback), PH_ERR_FORMAT,
                 "a SQLite file of another program");
    assert_fails(try_to_record(path), PH_ERR_FORMAT, "a SQLite file of another program");
}

static void versions(void **unused)
{
    const char *path = scratch("version.rec");
    struct ph_playback *playback = NULL;

    (void)unused;
    assert_ok(try_to_record(path));
    assert_int_equal(count_of(path), 0);
    sql(path, "PRAGMA user_version = 99");
    assert_fails(ph_playback_open(path, &playback), PH_ERR_VERSION,
                 "written by a newer poolhound (recording version 99, this one knows up to 1)");
    assert_fails(try_to_record(path), PH_ERR_VERSION, "newer poolhound");
    /* version 0: the creation of the file was cut short before its tables were there */
    assert_int_equal(unlink(path), 0);
    sql(path, "PRAGMA application_id = 0x50486e64; PRAGMA user_version = 0; CREATE TABLE x (y);"
              "DROP TABLE x");
    assert_ok(try_to_record(path));
    assert_int_equal(count_of(path), 0);
}

static void second_writer(void **unused)
{
    const char *path = scratch("busy.rec");
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    struct ph_recording *recording = open_as(path, "a", &catalog);

    (void)unused;
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        struct ph_error *error = try_to_record(path);
        _exit(error && error->code == PH_ERR_BUSY &&
                      strstr(error->text, "another poolhound is recording into it")
                  ? 0
                  : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_ok(ph_recording_close(recording));
    assert_ok(try_to_record(path));
}

/* Whatever allocation fails, the error is "out of memory", the file stays whole, and a sample that
 * failed can be followed by one that works. */
static void out_of_memory(void **unused)
{
    const char *path = scratch("memory.rec");
    struct ph_machine machine;
    struct world world;
    bool through = false;
    uint64_t stored = 0;

    (void)unused;
    machine_of(&machine, "a");
    world_start(&world);
    for (long n = 0; !through; n += 1 + n / 40) {
        PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0}, second = {0};
        PH_GUARD(ph_sample_fini) struct ph_sample sample = {0}, read = {0};
        PH_GUARD(ph_playback_closep) struct ph_playback *playback = NULL;
        struct ph_recording *recording = NULL;
        bool end = false, appended = false;
        world_step(&world);
        world.index++;
        world_sample(&world, &catalog, start_ns, &sample);
        ph_mem_fail_after(n);
        struct ph_error *error = ph_recording_open(path, &keep_all, &machine, &catalog, &recording);
        if (!error) {
            error = ph_recording_append(recording, &catalog, &sample);
            appended = !error;
        }
        if (error && recording) {
            ph_mem_fail_after(-1);
            assert_int_equal(error->code, PH_ERR_NOMEM);
            ph_error_free(error);
            error = ph_recording_append(recording, &catalog, &sample);
            assert_null(error);
            appended = true;
            ph_mem_fail_after(n);
        }
        if (recording)
            ph_error_free(ph_recording_close(recording));
        stored += appended;
        if (!error)
            error = ph_playback_open(path, &playback);
        while (!error && !end)
            error = ph_playback_read(playback, &second, &read, &end);
        through = !error && ph_mem_asked() <= n;
        ph_mem_fail_after(-1);
        if (error)
            assert_true(error->code == PH_ERR_NOMEM ||
                        (error->code == PH_ERR_FORMAT && !stored)); /* an empty file so far */
        ph_error_free(error);
        assert_true(n < 100000);
    }
    assert_int_equal(count_of(path), stored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(segments_and_events),
        cmocka_unit_test(segments_of_the_source),
        cmocka_unit_test(one_file_for_the_shell),
        cmocka_unit_test(foreign_files),
        cmocka_unit_test(versions),
        cmocka_unit_test(second_writer),
        cmocka_unit_test(out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
