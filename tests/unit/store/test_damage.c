/* Damaged recordings: what is good is read, what is not is counted, nothing is changed. */
#include "store_fixture.h"

#include <errno.h>
#include <sqlite3.h>
#include <sys/wait.h>

enum { COUNT = 1500, PAGE = 8192 };
static const int64_t start_ns = INT64_C(1800000000) * PH_SECOND;
static const struct ph_recording_options keep_all = {0};

/* The sum of all bytes of each sample that was written, to know it again. */
static int64_t sums[COUNT];

static int64_t sum_of(const struct ph_sample *sample)
{
    uint64_t sum = (uint64_t)sample->count;

    for (size_t i = 0; i < sample->count; i++)
        sum = sum * 31 + (uint64_t)sample->values[i].bytes + sample->values[i].allocs;
    return (int64_t)sum;
}

static void write_recording(const char *path, int64_t count, bool close_it)
{
    struct ph_machine machine = {.boot_id = "a", .memory_bytes = -1};
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    struct ph_recording *recording = NULL;
    struct world world;

    fixture_seed = 21;
    world_start(&world);
    assert_ok(ph_recording_open(path, &keep_all, &machine, &catalog, &recording));
    for (world.index = 0; world.index < count; world.index++) {
        world_step(&world);
        world_sample(&world, &catalog, start_ns, &sample);
        ph_loss_fini(&sample.losses);
        assert_ok(ph_recording_append(recording, &catalog, &sample));
        sums[world.index] = sum_of(&sample);
    }
    if (close_it)
        assert_ok(ph_recording_close(recording));
}

/* What a reading of a damaged file gave. */
struct reading {
    uint64_t samples, lost;
    int64_t last_index;
    size_t losses;
    char error[300];
};

/* Every sample that is read must be one that was written. */
static struct reading read_damaged(const char *path)
{
    PH_GUARD(ph_playback_closep) struct ph_playback *playback = NULL;
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    PH_GUARD(ph_loss_fini) struct ph_loss_list losses = {0};
    struct reading reading = {.last_index = -1};
    bool end = false;

    struct ph_error *error = ph_playback_open(path, &playback);
    while (!error) {
        error = ph_playback_read(playback, &catalog, &sample, &end);
        if (error || end)
            break;
        int64_t index = (sample.time_ns - start_ns) / (10 * PH_SECOND);
        if (index <= reading.last_index || index >= COUNT)
            fail_msg("sample %lld after %lld", (long long)index, (long long)reading.last_index);
        assert_true(sum_of(&sample) == sums[index]);
        reading.last_index = index;
        reading.samples++;
        assert_ok(ph_loss_merge(&losses, &sample.losses, true));
    }
    if (!error)
        error = ph_playback_losses(playback, &losses);
    for (size_t i = 0; i < losses.count; i++)
        reading.lost += losses.items[i].count;
    reading.losses = losses.count;
    if (error) {
        if (error->code != PH_ERR_FORMAT && error->code != PH_ERR_VERSION)
            fail_msg("code %d: %s", (int)error->code, error->text);
        assert_null(strchr(error->text, '\n'));
        (void)snprintf(reading.error, sizeof(reading.error), "%s", error->text);
    }
    ph_error_free(error);
    return reading;
}

static void load(const char *path, struct ph_text *bytes)
{
    ph_text_clear(bytes);
    assert_ok(ph_read_file(path, 64 << 20, bytes));
}

static void put(const char *path, const struct ph_text *bytes, size_t size)
{
    assert_ok(ph_write_file(path, (struct ph_slice){bytes->data, size}));
}

static void cut_anywhere(void **unused)
{
    const char *path = scratch("cut.rec"), *cut = scratch("cut-short.rec");
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0}, after = {0};
    unsigned some = 0;

    (void)unused;
    write_recording(path, COUNT, true);
    load(path, &bytes);
    assert_int_equal(read_damaged(path).samples, COUNT);
    for (unsigned i = 0; i < 60; i++) {
        size_t size = i < 20 ? (size_t)i * 50 : (size_t)draw(bytes.size);
        put(cut, &bytes, size);
        struct reading reading = read_damaged(cut);
        assert_true(reading.samples < COUNT);
        assert_true(*reading.error || reading.losses);
        some += reading.samples > 0;
        load(cut, &after);
        assert_int_equal(after.size, size);
        assert_memory_equal(after.data, bytes.data, size);
    }
    assert_true(some > 10);
}

/* Whole pages of zeros: the samples behind them are still read. */
static void zeroed_pages(void **unused)
{
    const char *path = scratch("zeros.rec"), *holed = scratch("holed.rec");
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0};
    unsigned behind = 0;

    (void)unused;
    write_recording(path, COUNT, true);
    load(path, &bytes);
    for (size_t page = bytes.size / PAGE / 2; page + 1 < bytes.size / PAGE; page += 3) {
        char kept[PAGE];
        memcpy(kept, bytes.data + page * PAGE, PAGE);
        memset(bytes.data + page * PAGE, 0, PAGE);
        put(holed, &bytes, bytes.size);
        struct reading reading = read_damaged(holed);
        assert_true(*reading.error || reading.losses);
        behind += reading.samples && reading.last_index == COUNT - 1;
        memcpy(bytes.data + page * PAGE, kept, PAGE);
    }
    assert_true(behind > 3);
}

static void flipped_bytes(void **unused)
{
    const char *path = scratch("flip.rec"), *flipped = scratch("flipped.rec");
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0};
    unsigned noticed = 0;

    (void)unused;
    write_recording(path, COUNT, true);
    load(path, &bytes);
    for (unsigned i = 0; i < 300; i++) {
        size_t at = (size_t)draw(bytes.size);
        char flip = (char)(1 << draw(8));
        bytes.data[at] = (char)(bytes.data[at] ^ flip);
        put(flipped, &bytes, bytes.size);
        struct reading reading = read_damaged(flipped);
        noticed += *reading.error || reading.losses;
        bytes.data[at] = (char)(bytes.data[at] ^ flip);
    }
    assert_true(noticed > 100);
}

static void sql(const char *path, const char *statement)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, statement, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* A damaged frame costs the rest of its group, exactly, and says so; at the end too. */
static void damaged_frame(void **unused)
{
    const char *path = scratch("frame.rec");

    (void)unused;
    write_recording(path, COUNT, true);
    sql(path, "CREATE TEMP TABLE g AS SELECT base, max(id) AS last FROM samples GROUP BY base;"
              "UPDATE samples SET frame = substr(frame, 1, length(frame) - 1) || x'77' WHERE id = "
              "(SELECT last - 9 FROM g ORDER BY base LIMIT 1 OFFSET 1)");
    struct reading reading = read_damaged(path);
    assert_int_equal(reading.samples, COUNT - 10);
    assert_int_equal(reading.lost, 10);
    assert_int_equal(reading.last_index, COUNT - 1);
    sql(path, "UPDATE samples SET time_ns = time_ns + 1 WHERE id = (SELECT max(id) FROM samples)");
    reading = read_damaged(path);
    assert_int_equal(reading.samples, COUNT - 11);
    assert_int_equal(reading.lost, 11);
    sql(path, "UPDATE samples SET frame = NULL WHERE 0; DELETE FROM series WHERE id = 5");
    assert_string_equal(strrchr(read_damaged(path).error, ':'), ": series 5 is missing");
}

/* As somebody who may write nothing: in a child, which cannot go back. */
static int read_as_nobody(const char *path, uint64_t expected)
{
    if (!geteuid() && setuid(65534))
        return 3;
    struct reading reading = read_damaged(path);
    if (reading.samples != expected || reading.losses || *reading.error) {
        print_error("%llu of %llu samples, %s\n", (unsigned long long)reading.samples,
                    (unsigned long long)expected, reading.error);
        return 1;
    }
    return 0;
}

static void in_child(const char *path, uint64_t expected)
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (!child)
        _exit(read_as_nobody(path, expected));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* The writer was killed and left its log; the directory cannot be written: the log's index is there
 * or not, the samples are read, nothing appears. */
static void read_only_directory(void **unused)
{
    const char *directory = scratch("locked"), *path = scratch("locked/left.rec"),
               *log = scratch("locked/left.rec-wal"), *index = scratch("locked/left.rec-shm");
    int status = 0;

    (void)unused;
    assert_int_equal(mkdir(directory, 0755), 0);
    assert_int_equal(chmod(scratch("."), 0755), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        write_recording(path, 70, false);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    write_recording(scratch("sums.rec"), 70, true);
    assert_int_equal(ph_file_kind(log), PH_FILE_REGULAR);
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(log, 0444), 0);
    assert_int_equal(chmod(index, 0444), 0);
    assert_int_equal(chmod(directory, 0555), 0);
    in_child(path, 70);
    assert_int_equal(chmod(directory, 0755), 0);
    assert_int_equal(unlink(index), 0);
    assert_int_equal(chmod(directory, 0555), 0);
    in_child(path, 70);
    assert_int_equal(ph_file_kind(index), PH_FILE_NONE);
    /* the file alone, as copied from under a writer: what was copied back from the log by then */
    assert_int_equal(chmod(directory, 0755), 0);
    assert_int_equal(unlink(log), 0);
    struct reading reading = read_damaged(path);
    assert_true(reading.samples <= 70 && !reading.losses && !*reading.error);
    assert_int_equal(ph_file_kind(log), PH_FILE_NONE);
    assert_int_equal(ph_file_kind(index), PH_FILE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_anywhere),        cmocka_unit_test(zeroed_pages),
        cmocka_unit_test(flipped_bytes),       cmocka_unit_test(damaged_frame),
        cmocka_unit_test(read_only_directory),
    };

    return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
