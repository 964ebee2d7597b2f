/* The monitor beside others: the live kernel, owners that take long to find, and any commands in
 * any order. */
#include "unit/app/monitor_fixture.h"

#include "app/owners.h"

struct slow {
    atomic_int files;
    atomic_int changes;
};

static void note_change(void *context)
{
    struct slow *slow = context;

    atomic_fetch_add(&slow->changes, 1);
}

/* ------------------------------------------------------------------ the live kernel */

static struct ph_monitor *start_live(int64_t interval_ns)
{
    struct ph_monitor *monitor = NULL;
    struct ph_monitor_options options = {.interval_ns = interval_ns};
    struct ph_error *error = ph_monitor_start(&options, &monitor);

    if (error) {
        print_message("SKIP: %s\n", error->text);
        ph_error_free(error);
        skip();
    }
    return monitor;
}

static void the_kernel_is_read_at_the_interval(void **state)
{
    struct ph_monitor *monitor = start_live(30 * MILLISECOND);
    int64_t begin = ph_boottime_ns();

    (void)state;
    assert_true(wait_until(monitor, has_readings, 10));
    assert_true(ph_boottime_ns() - begin >= 8 * 30 * MILLISECOND);
    const struct ph_monitor_state *now = ph_monitor_lock(monitor);
    assert_true(now->live && !now->ended && !now->error);
    assert_true(now->read_ns > begin && now->read_ns <= ph_boottime_ns());
    assert_true(now->now->count > 0 && now->before->count > 0);
    assert_true(now->finding_count > 0);
    assert_true(now->recent->seen == now->readings);
    ph_monitor_unlock(monitor);

    ph_monitor_pause(monitor, true);
    ph_sleep_until(ph_boottime_ns() + 50 * MILLISECOND);
    uint64_t at = ph_monitor_lock(monitor)->readings;
    ph_monitor_unlock(monitor);
    ph_sleep_until(ph_boottime_ns() + 100 * MILLISECOND);
    assert_int_equal(ph_monitor_lock(monitor)->readings, at);
    ph_monitor_unlock(monitor);
    ph_monitor_refresh(monitor);
    assert_true(wait_until(monitor, stands_at, at + 1));
    ph_sleep_until(ph_boottime_ns() + 100 * MILLISECOND);
    assert_true(wait_until(monitor, stands_at, at + 1));

    ph_monitor_set_interval(monitor, PH_HOUR);
    ph_monitor_pause(monitor, false);
    assert_true(wait_until(monitor, has_readings, at + 2)); /* a pause ends with a reading */
    ph_sleep_until(ph_boottime_ns() + 100 * MILLISECOND);
    assert_true(wait_until(monitor, stands_at, at + 2));
    ph_monitor_refresh(monitor);
    assert_true(wait_until(monitor, has_readings, at + 3));
    ph_monitor_set_interval(monitor, 20 * MILLISECOND);
    assert_true(wait_until(monitor, has_readings, at + 8));
    ph_monitor_step(monitor, -3); /* the kernel does not go back */
    ph_monitor_seek(monitor, 0);
    assert_true(wait_until(monitor, has_readings, at + 10));
    ph_monitor_stop(monitor);
}

static bool failed(const struct ph_monitor_state *state, uint64_t number)
{
    (void)number;
    return state->error;
}

static bool goes_on_from(const struct ph_monitor_state *state, uint64_t number)
{
    return !state->error && state->readings > number;
}

/* A reading like the one before needs no memory, but findings do. */
static void what_fails_is_told_and_tried_again(void **state)
{
    struct ph_monitor *monitor = start_live(5 * MILLISECOND);

    (void)state;
    assert_true(wait_until(monitor, has_readings, 3));
    ph_mem_fail_after(0);
    bool told = wait_until(monitor, failed, 0);
    const struct ph_monitor_state *now = ph_monitor_lock(monitor);
    uint64_t at = now->readings;
    told = told && strstr(now->error, "memory") && now->now && !now->ended;
    ph_monitor_unlock(monitor);
    ph_mem_fail_after(-1);
    assert_true(told);
    assert_true(wait_until(monitor, goes_on_from, at));
    /* standing still, findings and what was read agree again */
    ph_monitor_pause(monitor, true);
    ph_sleep_until(ph_boottime_ns() + 100 * MILLISECOND);
    now = ph_monitor_lock(monitor);
    for (size_t i = 0; i < now->finding_count; i++) {
        const struct ph_value *value = ph_sample_find(now->now, now->findings[i].series);
        if (value && (value->have & PH_HAVE_BYTES))
            assert_int_equal(value->bytes, now->findings[i].last_bytes);
    }
    ph_monitor_unlock(monitor);
    ph_monitor_stop(monitor);
}

static void grid_points_are_read_or_counted_as_late(void **state)
{
    struct ph_monitor *monitor = start_live(MILLISECOND);
    struct {
        int64_t ns;
        uint64_t points;
    } at[2];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        ph_sleep_until(ph_boottime_ns() + 300 * MILLISECOND);
        const struct ph_monitor_state *now = ph_monitor_lock(monitor);
        assert_true(now->readings > 2);
        at[i].ns = now->busy_ns ? now->busy_ns : ph_boottime_ns();
        at[i].points = now->readings + now->late;
        ph_monitor_unlock(monitor);
    }
    int64_t points = (int64_t)(at[1].points - at[0].points);
    int64_t passed = (at[1].ns - at[0].ns) / MILLISECOND;
    /* the machine may be busy: two readings may take very long */
    assert_true(points > 0 && llabs(points - passed) <= passed / 2);
    ph_monitor_stop(monitor);
}

/* ------------------------------------------------------------------ owners */

static void dawdle(void *context, size_t done, size_t of, const char *path)
{
    struct slow *slow = context;

    (void)done;
    (void)of;
    (void)path;
    atomic_fetch_add(&slow->files, 1);
    (void)usleep(20000);
}

static bool knows_owners(const struct ph_monitor_state *state, uint64_t number)
{
    return state->owner_count >= number;
}

static void growing_tags_are_asked_for(void **state)
{
    struct slow slow = {0};
    struct ph_who_options who = {0};
    struct ph_monitor *monitor = NULL;
    struct ph_monitor_options options = {
        .input = {.path = log_path},
        .from_end = true,
        .who = &who,
        .changed = note_change,
        .context = &slow,
    };
    const struct ph_owner_report *report;
    const char *error;
    bool named;

    (void)state;
    assert_null(ph_monitor_start(&options, &monitor));
    assert_true(wait_until(monitor, knows_owners, 1));
    const struct ph_monitor_state *now = ph_monitor_lock(monitor);
    for (size_t i = 0; i < now->finding_count; i++) {
        uint32_t series = now->findings[i].series;
        const struct ph_slice tag = now->catalog->series[series].tag;
        bool worth = ph_owners_worth(now->catalog, now->findings, i);
        assert_int_equal(worth, ph_slice_is(tag, "LeaK")); /* Late grows with it */
        enum ph_owner_state is = ph_monitor_owner(monitor, series, false, &report, &error);
        assert_int_equal(is, worth ? PH_OWNER_KNOWN : PH_OWNER_NONE);
        if (worth)
            assert_true(ph_slice_is(tag, report->tag));
        assert_null(error);
    }
    assert_int_equal(ph_monitor_owner(monitor, 4711, true, &report, &error), PH_OWNER_NONE);
    assert_null(ph_monitor_owner_name(monitor, 4711, &named));
    /* the first is Gone: nobody asked until now */
    assert_int_equal(ph_monitor_owner(monitor, 0, true, &report, &error), PH_OWNER_PENDING);
    ph_monitor_unlock(monitor);
    enum ph_owner_state is = PH_OWNER_PENDING;
    for (int i = 0; i < 5000 && is == PH_OWNER_PENDING; i++) {
        (void)usleep(1000);
        (void)ph_monitor_lock(monitor);
        is = ph_monitor_owner(monitor, 0, false, &report, &error);
        ph_monitor_unlock(monitor);
    }
    assert_int_equal(is, PH_OWNER_KNOWN);
    assert_true(atomic_load(&slow.changes) >= 3);
    ph_monitor_stop(monitor);
}

static void a_search_does_not_keep_it_from_stopping(void **state)
{
    struct slow slow = {0};
    ph_autofree char *folder = ph_format("%s/drivers", directory);
    const char *const folders[] = {folder};
    struct ph_who_options who = {
        .drivers = folders, .driver_count = 1, .progress = dawdle, .context = &slow};
    struct ph_monitor *monitor = NULL;
    struct ph_monitor_options options = {
        .input = {.path = log_path}, .from_end = true, .who = &who};

    (void)state;
    assert_null(ph_make_directories(folder));
    for (int i = 0; i < 1000; i++) {
        ph_autofree char *path = ph_format("%s/d%d.sys", folder, i);
        ph_autofree char *text = ph_format("no driver %d", i);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_true(fputs(text, file) >= 0);
        assert_int_equal(fclose(file), 0);
    }
    assert_null(ph_monitor_start(&options, &monitor));
    for (int i = 0; i < 5000 && atomic_load(&slow.files) < 5; i++)
        (void)usleep(1000);
    assert_true(atomic_load(&slow.files) >= 5);
    int64_t begin = ph_boottime_ns();
    (void)ph_monitor_lock(monitor); /* nor from being looked at */
    ph_monitor_unlock(monitor);
    ph_monitor_stop(monitor);
    assert_true(ph_boottime_ns() - begin < 3 * PH_SECOND);
    assert_true(atomic_load(&slow.files) < 500);
}

static void what_is_known_names_the_rest(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    ph_autofree char *path = ph_format("%s/known.log", directory);
    bool named = true;

    (void)state;
    ph_text_puts(&text, " Tag  Type     Allocs         Frees    Diff   Bytes    Per Alloc\n\n"
                        " File Nonp  10 0 10 10240 1024\n zzQ1 Nonp  10 0 10 10240 1024\n\n");
    assert_null(ph_write_file(path, (struct ph_slice){text.data, text.size}));
    struct ph_monitor *monitor = start(path, 0, false);
    assert_true(wait_until(monitor, has_ended, 0));
    (void)ph_monitor_lock(monitor);
    assert_non_null(ph_monitor_owner_name(monitor, 0, &named));
    assert_false(named);
    assert_null(ph_monitor_owner_name(monitor, 1, &named));
    ph_monitor_unlock(monitor);
    ph_monitor_stop(monitor);
}

/* ------------------------------------------------------------------ anything, and without memory
 */

static uint32_t dice = 12345;

static uint32_t throw_dice(uint32_t sides)
{
    dice = dice * 1664525 + 1013904223;
    return (dice >> 8) % sides;
}

static void command(struct ph_monitor *monitor)
{
    const struct ph_owner_report *report;
    const char *text;
    bool named;

    switch (throw_dice(10)) {
    case 0:
        ph_monitor_step(monitor, (int64_t)throw_dice(21) - 10);
        break;
    case 1:
        ph_monitor_seek(monitor, throw_dice(101) / 100.);
        break;
    case 2:
        ph_monitor_pause(monitor, throw_dice(2));
        break;
    case 3:
        ph_monitor_refresh(monitor);
        break;
    case 4:
        ph_monitor_set_speed(monitor, throw_dice(3) * 100000.);
        break;
    case 5:
        ph_monitor_set_interval(monitor, (1 + throw_dice(20)) * MILLISECOND);
        break;
    case 6: {
        struct ph_error *error = ph_monitor_mark(monitor, throw_dice(3));
        ph_error_free(error);
        break;
    }
    case 7:
        (void)usleep(throw_dice(2000));
        break;
    default: {
        const struct ph_monitor_state *state = ph_monitor_lock(monitor);
        for (uint32_t i = 0; i < state->catalog->count; i++) {
            (void)ph_monitor_owner_name(monitor, i, &named);
            (void)ph_monitor_owner(monitor, i, throw_dice(20) == 0, &report, &text);
            assert_true(state->finding_of[i] <= state->finding_count);
            if (state->now && ph_sample_find(state->now, i))
                assert_non_null(ph_history_series(state->whole, i));
        }
        if (state->mark)
            assert_true(state->mark->time_ns <= state->now->time_ns);
        ph_monitor_unlock(monitor);
    }
    }
}

static void any_commands_in_any_order(void **state)
{
    const char *const paths[] = {log_path, recording_path, NULL};
    const struct ph_who_options who = {0};

    (void)state;
    for (size_t p = 0; p < 3; p++) {
        struct slow slow = {0};
        struct ph_monitor *monitor = NULL;
        struct ph_monitor_options options = {
            .input = {.path = paths[p]},
            .interval_ns = MILLISECOND,
            .from_end = p == 1,
            .who = &who,
            .changed = note_change,
            .context = &slow,
        };
        struct ph_error *error = ph_monitor_start(&options, &monitor);
        if (error && !paths[p]) {
            print_message("no live kernel: %s\n", error->text);
            ph_error_free(error);
            break;
        }
        assert_null(error);
        for (int i = 0; i < 1000; i++)
            command(monitor);
        if (paths[p]) { /* and nothing of it is left behind */
            ph_monitor_pause(monitor, true);
            ph_monitor_seek(monitor, 0.6);
            assert_true(wait_until(monitor, stands_at, 37));
        }
        ph_monitor_stop(monitor);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kernel_is_read_at_the_interval),
        cmocka_unit_test(grid_points_are_read_or_counted_as_late),
        cmocka_unit_test(what_fails_is_told_and_tried_again),
        cmocka_unit_test(growing_tags_are_asked_for),
        cmocka_unit_test(a_search_does_not_keep_it_from_stopping),
        cmocka_unit_test(what_is_known_names_the_rest),
        cmocka_unit_test(any_commands_in_any_order),
    };

    return cmocka_run_group_tests_name("monitor live", tests, setup, teardown);
}
