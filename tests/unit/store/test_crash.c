/* What kill -9, a full disk and readers beside the writer do to a recording: nothing. */
#include "store_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

static const int64_t start_ns = INT64_C(1800000000) * PH_SECOND;
static const struct ph_recording_options thinned = {.keep_raw_ns = 30 * PH_MINUTE,
                                                    .floor_ns = PH_MINUTE};

/* What a whole reading of a file gives; the sample with index i stands at start_ns + 10 s x i. */
struct sum {
    uint64_t samples; /* raw ones and those that floors stand for */
    int64_t last_index;
    bool in_order;
    uint64_t losses;
};

static struct ph_error *read_all(const char *path, struct sum *sum)
{
    PH_GUARD(ph_playback_closep) struct ph_playback *playback = NULL;
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    PH_GUARD(ph_loss_fini) struct ph_loss_list losses = {0};
    bool end = false;

    *sum = (struct sum){.last_index = -1, .in_order = true};
    PH_TRY(ph_playback_open(path, &playback));
    for (;;) {
        PH_TRY(ph_playback_read(playback, &catalog, &sample, &end));
        if (end)
            break;
        int64_t index = (sample.time_ns - start_ns) / (10 * PH_SECOND);
        uint64_t stands_for = sample.represents ? sample.represents : 1;
        /* a floor may begin with what was read before it was thinned, but never leaves a gap */
        bool joins = index > sum->last_index && index - (int64_t)stands_for <= sum->last_index;
        sum->in_order = sum->in_order && joins && sample.count;
        sum->samples += (uint64_t)(index - sum->last_index);
        sum->last_index = index;
    }
    PH_TRY(ph_playback_losses(playback, &losses));
    sum->losses = losses.count;
    if (losses.count)
        print_message("after %lld samples: %s\n", (long long)sum->samples, losses.items[0].what);
    return NULL;
}

/* Appends from `from` on, up to `count` samples or the first error; each one that is through is
 * told to `told`. */
static struct ph_error *append_from(const char *path, const char *boot_id, int64_t from,
                                    int64_t count, int told, int64_t *appended)
{
    struct ph_machine machine = {.memory_bytes = -1};
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    struct ph_recording *recording = NULL;
    struct ph_error *error = NULL;
    struct world world;

    (void)snprintf(machine.boot_id, sizeof(machine.boot_id), "%s", boot_id);
    world_start(&world);
    PH_TRY(ph_recording_open(path, &thinned, &machine, &catalog, &recording));
    for (world.index = from; !error && world.index < from + count; world.index++) {
        world_step(&world);
        world_sample(&world, &catalog, start_ns, &sample);
        sample.losses.count ? ph_loss_fini(&sample.losses) : (void)0;
        error = ph_recording_append(recording, &catalog, &sample);
        if (error)
            break;
        ++*appended;
        if (told >= 0 && write(told, &world.index, sizeof(world.index)) < 0)
            break;
    }
    ph_error_free(ph_recording_close(recording));
    return error;
}

static void kill_at_any_moment(void **unused)
{
    enum { ROUNDS = 40 };
    const char *path = scratch("killed.rec");
    int64_t stored = -1;
    unsigned in_flight = 0;

    (void)unused;
    fixture_seed = 3;
    for (unsigned round = 0; round < ROUNDS; round++) {
        int told[2];
        int64_t index, last = stored, appended = 0;
        assert_int_equal(pipe(told), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (!child) {
            (void)close(told[0]);
            ph_error_free(append_from(path, "a", stored + 1, 1 << 30, told[1], &appended));
            _exit(1);
        }
        (void)close(told[1]);
        /* let it come to something in most rounds, and kill it while it opens in others */
        useconds_t wait = (useconds_t)draw(round % 4 ? 60000 : 6000);
        (void)usleep(wait);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        while (read(told[0], &index, sizeof(index)) == sizeof(index))
            last = index;
        (void)close(told[0]);
        struct sum sum;
        struct ph_error *error = read_all(path, &sum);
        if (last < 0 && (error || !sum.samples)) { /* killed while it made the file */
            ph_error_free(error);
            continue;
        }
        assert_ok(error);
        assert_true(sum.in_order);
        assert_int_equal(sum.losses, 0);
        assert_int_equal(sum.samples, sum.last_index + 1);
        assert_in_range(sum.last_index + 1, last + 1, last + 2);
        in_flight += sum.last_index > last;
        stored = sum.last_index;
    }
    assert_true(stored > 100);
    print_message("%lld samples over %d kills, %u of them between COMMIT and its report\n",
                  (long long)stored + 1, ROUNDS, in_flight);
}

/* Killed while the file is being made: the next recorder makes it. */
static void kill_at_creation(void **unused)
{
    enum { ROUNDS = 60 };
    unsigned unfinished = 0;

    (void)unused;
    fixture_seed = 8;
    for (unsigned round = 0; round < ROUNDS; round++) {
        char name[32];
        int64_t appended = 0;
        struct sum sum;
        (void)snprintf(name, sizeof(name), "made-%u.rec", round);
        const char *path = scratch(name);
        pid_t child = fork();
        assert_true(child >= 0);
        if (!child) {
            ph_error_free(append_from(path, "a", 0, 1, -1, &appended));
            _exit(0);
        }
        (void)usleep((useconds_t)draw(4000));
        (void)kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
        struct ph_error *error = read_all(path, &sum);
        unfinished += error || !sum.samples;
        bool stored = !error && sum.samples;
        ph_error_free(error);
        assert_ok(append_from(path, "a", stored, 2, -1, &appended));
        assert_ok(read_all(path, &sum));
        assert_true(sum.in_order && !sum.losses);
        assert_int_equal(sum.samples, 2 + stored);
    }
    print_message("%u of %d files were not finished\n", unfinished, ROUNDS);
}

/* True when recording stops for want of space and all samples are there. */
static bool fill_disk(const char *path, const char *how)
{
    int64_t appended = 0, more = 0;
    struct sum sum = {0};
    struct ph_error *error = append_from(path, "a", 0, 100000, -1, &appended);
    bool stopped = error && error->code == PH_ERR_FULL && strstr(error->text, "no space left") &&
                   !strchr(error->text, '\n') && appended > 20;

    if (!stopped)
        print_error("after %lld samples: %s\n", (long long)appended,
                    error ? error->text : "no error");
    ph_error_free(error);
    error = read_all(path, &sum);
    bool kept = !error && sum.in_order && sum.samples == (uint64_t)appended && !sum.losses;
    if (!kept)
        print_error("%s: %lld of %lld samples: %s\n", how, (long long)sum.samples,
                    (long long)appended, error ? error->text : "no error");
    ph_error_free(error);
    error = append_from(path, "a", appended, 1, -1, &more);
    stopped = stopped && (!error || error->code == PH_ERR_FULL);
    ph_error_free(error);
    error = read_all(path, &sum);
    kept = kept && !error && sum.samples == (uint64_t)(appended + more);
    ph_error_free(error);
    print_message("%s: stopped after %lld samples\n", how, (long long)appended);
    return stopped && kept;
}

/* Runs in a child: mounts and limits stay there. */
static void in_child(int (*work)(void))
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (!child)
        _exit(work());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static int fill_limited(void)
{
    struct rlimit limit = {400000, 400000};

    (void)signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit))
        return 3;
    return fill_disk(scratch("limited.rec"), "a limit of 400 KB a file") ? 0 : 1;
}

static void file_size_limit(void **unused)
{
    (void)unused;
    in_child(fill_limited);
}

static void full_disk(void **unused)
{
    const char *directory = scratch("small"), *path = scratch("small/full.rec");

    (void)unused;
    assert_int_equal(mkdir(directory, 0700), 0);
    if (mount("none", directory, "tmpfs", 0, "size=600k")) {
        print_message("SKIP full_disk: mounting a small tmpfs: %s\n", strerror(errno));
        skip();
    }
    bool good = fill_disk(path, "a tmpfs of 600 KB");
    assert_int_equal(umount(directory), 0);
    assert_true(good);
}

static int read_beside(void)
{
    const char *path = scratch("beside.rec");
    int64_t last = -1, deadline = ph_boottime_ns() + 60 * PH_SECOND;

    while (last < 1500 && ph_boottime_ns() < deadline) {
        struct sum sum;
        struct ph_error *error = read_all(path, &sum);
        if (error && last < 0) { /* the file is not there yet, or empty */
            ph_error_free(error);
            (void)usleep(1000);
            continue;
        }
        if (error) {
            print_error("%s\n", error->text);
            return 1;
        }
        if (!sum.in_order || sum.losses || sum.last_index < last ||
            sum.samples != (uint64_t)(sum.last_index + 1)) {
            print_error("%llu samples, the last is %lld, after %lld, %s\n",
                        (unsigned long long)sum.samples, (long long)sum.last_index, (long long)last,
                        sum.in_order ? "in order" : "not in order");
            return 2;
        }
        last = sum.last_index;
    }
    return last < 1500;
}

/* Two readers see whole samples in order, all of them, however often they look, and the log does
 * not grow without end meanwhile. */
static void readers_beside_a_writer(void **unused)
{
    const char *path = scratch("beside.rec"), *log = scratch("beside.rec-wal");
    pid_t readers[2];
    int64_t appended = 0, modified;
    uint64_t log_size = 0;

    (void)unused;
    for (unsigned i = 0; i < 2; i++) {
        readers[i] = fork();
        assert_true(readers[i] >= 0);
        if (!readers[i])
            _exit(read_beside());
    }
    pid_t writer = fork();
    assert_true(writer >= 0);
    if (!writer) {
        struct ph_error *error = append_from(path, "a", 0, 1600, -1, &appended);
        if (error)
            print_error("%s\n", error->text);
        _exit(error ? 1 : 0);
    }
    uint64_t largest = 0;
    int status = 0;
    while (waitpid(writer, &status, WNOHANG) == 0) {
        if (ph_file_facts(log, &log_size, &modified) && log_size > largest)
            largest = log_size;
        (void)usleep(2000);
    }
    assert_int_equal(status, 0);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(waitpid(readers[i], &status, 0), readers[i]);
        assert_int_equal(status, 0);
    }
    print_message("largest log: %llu KB\n", (unsigned long long)largest / 1024);
    assert_true(largest < 8u << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kill_at_any_moment),      cmocka_unit_test(kill_at_creation),
        cmocka_unit_test(file_size_limit),         cmocka_unit_test(full_disk),
        cmocka_unit_test(readers_beside_a_writer),
    };

    return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
