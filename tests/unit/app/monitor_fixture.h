/* monitor_fixture.h - logs to watch, and waiting for a monitor; for test_monitor*.c. */
#ifndef TESTS_UNIT_APP_MONITOR_FIXTURE_H
#define TESTS_UNIT_APP_MONITOR_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/monitor.h"
#include "app/session.h"
#include "base/os.h"

enum { SNAPSHOTS = 60, STEP_S = 600 };

#define MILLISECOND (PH_SECOND / 1000)

static char directory[] = "/tmp/poolhound-monitor-XXXXXX";
static char *log_path, *recording_path;

static int boot_at = SNAPSHOTS; /* snapshot before which the machine is started anew */

/* Snapshots ten minutes apart; LeaK gains 64 KB in each, Late comes in the middle, Gone goes. */
__attribute__((unused)) static void write_log(const char *path, int count)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    for (int i = 0; i < count; i++) {
        int up = i < boot_at ? i : i - boot_at;
        ph_text_printf(&text,
                       "2026-11-02T%02d:%02d:00Z\n"
                       " Memory:16468560K Avail:12072536K  PageFlts:1   InRam Krnl:5K P:9K\n"
                       " Commit:4100436K Limit:17517136K Peak:11685564K            Pool "
                       "N:%dK P:983564K\n\n"
                       " Tag  Type     Allocs         Frees    Diff   Bytes    Per Alloc\n\n",
                       i / 6, i % 6 * 10, 700000 + 64 * i);
        if (i < 20)
            ph_text_puts(&text, " Gone Nonp  5 0 5 5120 1024\n");
        ph_text_printf(&text, " LeaK Nonp  %d 0 %d %d 1024\n Flat Paged 10 0 10 10240 1024\n",
                       100 + 64 * up, 100 + 64 * up, (100 + 64 * up) * 1024);
        if (i >= 30)
            ph_text_printf(&text, " Late Paged  %d 0 %d %d 1024\n", i, i, i * 1024);
        ph_text_putc(&text, '\n');
    }
    assert_null(ph_text_check(&text));
    assert_null(ph_write_file(path, (struct ph_slice){text.data, text.size}));
}

__attribute__((unused)) static struct ph_error *run(const char *input, const char *recording,
                                                    struct ph_session *session)
{
    struct ph_session_options options = {
        .input = {.path = input},
        .interval_ns = PH_SECOND,
        .judge = true,
        .recording = recording,
        .recording_must_work = true,
    };

    return ph_session_run(&options, session);
}

__attribute__((unused)) static int setup(void **state)
{
    PH_GUARD(ph_session_fini) struct ph_session session = {0};

    (void)state;
    if (!mkdtemp(directory))
        return 1;
    log_path = ph_format("%s/pool.log", directory);
    recording_path = ph_format("%s/r.poolhound", directory);
    write_log(log_path, SNAPSHOTS);
    assert_null(run(log_path, recording_path, &session));
    return 0;
}

__attribute__((unused)) static int teardown(void **state)
{
    ph_autofree char *command = ph_format("rm -rf %s", directory);

    (void)state;
    ph_free(log_path);
    ph_free(recording_path);
    return system(command);
}

/* ------------------------------------------------------------------ helpers */

__attribute__((unused)) static struct ph_monitor *start(const char *path, double speed,
                                                        bool from_end)
{
    struct ph_monitor *monitor = NULL;
    struct ph_monitor_options options = {
        .input = {.path = path},
        .interval_ns = PH_SECOND,
        .speed = speed,
        .from_end = from_end,
    };

    assert_null(ph_monitor_start(&options, &monitor));
    return monitor;
}

/* Waits until `is` holds; ten seconds at most. */
__attribute__((unused)) static bool
wait_until(struct ph_monitor *monitor,
           bool (*is)(const struct ph_monitor_state *state, uint64_t number), uint64_t number)
{
    int64_t end = ph_boottime_ns() + 10 * PH_SECOND;

    while (ph_boottime_ns() < end) {
        bool yes = is(ph_monitor_lock(monitor), number);
        ph_monitor_unlock(monitor);
        if (yes)
            return true;
        ph_sleep_until(ph_boottime_ns() + MILLISECOND);
    }
    return false;
}

__attribute__((unused)) static bool has_ended(const struct ph_monitor_state *state, uint64_t number)
{
    (void)number;
    return state->ended;
}

/* Stands at this reading, everything up to date. */
__attribute__((unused)) static bool stands_at(const struct ph_monitor_state *state, uint64_t number)
{
    return !state->seeking && state->readings == number;
}

__attribute__((unused)) static bool has_readings(const struct ph_monitor_state *state,
                                                 uint64_t number)
{
    return state->readings >= number;
}

#endif
