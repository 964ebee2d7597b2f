/* Replays: what the monitor shows equals a hunt over the same readings, wherever it was told to go.
 */
#include "unit/app/monitor_fixture.h"

#include "app/monitor_parts.h"

static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* Events, but for where a recording begins: the log that it was made of does not know that. */
static size_t marks(const struct ph_event_list *events)
{
    size_t count = 0;

    for (size_t i = 0; i < events->count; i++)
        count += events->items[i].kind != PH_EVENT_START;
    return count;
}

/* The monitor and a hunt saw the same. */
static void expect_as_session(const struct ph_monitor_state *state,
                              const struct ph_session *session)
{
    assert_int_equal(state->readings, session->samples);
    assert_int_equal(state->finding_count, session->findings.count);
    for (size_t i = 0; i < state->finding_count; i++) {
        const struct ph_finding *is = &state->findings[i], *want = &session->findings.items[i];
        const struct ph_series *series = &state->catalog->series[is->series];
        const struct ph_series *other = &session->catalog.series[want->series];
        assert_int_equal(series->tag.size, other->tag.size);
        assert_memory_equal(series->tag.data, other->tag.data, series->tag.size);
        assert_int_equal(is->verdict, want->verdict);
        assert_int_equal(is->samples, want->samples);
        assert_int_equal(is->last_bytes, want->last_bytes);
        assert_int_equal(is->span_ns, want->span_ns);
        assert_int_equal(is->windows, want->windows);
        assert_true(same(is->rank, want->rank));
        assert_true(same(is->rate, want->rate));
        assert_true(same(is->t_statistic, want->t_statistic));
        assert_int_equal(state->finding_of[is->series], i + 1);
    }
    assert_int_equal(state->first_ns, session->first_ns);
    assert_int_equal(state->last_ns, session->last_ns);
    assert_int_equal(state->segments, session->segments);
    assert_int_equal(state->clock_jumps, session->clock_jumps);
    assert_int_equal(marks(state->events), marks(&session->events));
    assert_int_equal(state->losses->count, session->losses.count);
    assert_int_equal(state->now->count, session->last.count);
    assert_int_equal(state->now->time_ns, session->last.time_ns);
    assert_int_equal(state->whole->seen, session->history.seen);
    assert_int_equal(state->whole->count, session->history.count);
    assert_int_equal(state->recent->seen, session->history.seen);
    for (size_t i = 0; i < PH_POOL_COUNT; i++) { /* not as bytes: there is padding in them */
        const struct ph_pool_total *is = &state->first_pools[i], *want = &session->first_pools[i];
        assert_int_equal(is->have, want->have);
        assert_int_equal(is->bytes, want->bytes);
        assert_int_equal(is->limit_bytes, want->limit_bytes);
        assert_int_equal(is->peak_bytes, want->peak_bytes);
    }
    if (state->readings > 1)
        assert_true(state->before->time_ns < state->now->time_ns);
    else
        assert_null(state->before);
    assert_null(state->error);
}

static void expect_as_log_of(struct ph_monitor *monitor, int count)
{
    PH_GUARD(ph_session_fini) struct ph_session session = {0};
    ph_autofree char *path = ph_format("%s/first-%d-%d.log", directory, count, boot_at);

    if (ph_file_kind(path) == PH_FILE_NONE)
        write_log(path, count);
    assert_null(run(path, NULL, &session));
    expect_as_session(ph_monitor_lock(monitor), &session);
    ph_monitor_unlock(monitor);
}

/* ------------------------------------------------------------------ replays */

static void the_end_is_as_a_hunt_says(void **state)
{
    const char *const paths[] = {log_path, recording_path};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        PH_GUARD(ph_session_fini) struct ph_session session = {0};
        struct ph_monitor *monitor = start(paths[i], 1, true);
        assert_true(wait_until(monitor, has_ended, 0));
        assert_null(run(paths[i], NULL, &session));
        const struct ph_monitor_state *now = ph_monitor_lock(monitor);
        expect_as_session(now, &session);
        assert_false(now->live);
        assert_false(now->seeking);
        assert_int_equal(now->of, SNAPSHOTS);
        assert_string_equal(now->source, paths[i]);
        assert_int_equal(now->findings[0].verdict, PH_VERDICT_GROWING);
        ph_monitor_unlock(monitor);
        ph_monitor_stop(monitor);
    }
}

static void played_through_it_says_the_same(void **state)
{
    struct ph_monitor *monitor = start(log_path, 0, false);

    (void)state;
    assert_true(wait_until(monitor, has_ended, 0));
    expect_as_log_of(monitor, SNAPSHOTS);
    ph_monitor_stop(monitor);
}

/* Here and there from the end, and at last to the end again. */
static void walk(const char *path)
{
    static const int STEPS[] = {-1, -1, -10, 5, 30, -50, 1, 1, -3, 20, 100, -59, 58};
    struct ph_monitor *monitor = start(path, 0, true);
    int at = SNAPSHOTS;

    assert_true(wait_until(monitor, has_ended, 0));
    for (size_t i = 0; i < sizeof(STEPS) / sizeof(STEPS[0]); i++) {
        at += STEPS[i];
        at = at < 1 ? 1 : at > SNAPSHOTS ? SNAPSHOTS : at;
        ph_monitor_step(monitor, STEPS[i]);
        assert_true(wait_until(monitor, stands_at, (uint64_t)at));
        expect_as_log_of(monitor, at);
        const struct ph_monitor_state *now = ph_monitor_lock(monitor);
        assert_true(now->paused); /* or it would run away */
        assert_int_equal(now->of, SNAPSHOTS);
        ph_monitor_unlock(monitor);
    }
    ph_monitor_pause(monitor, false);
    assert_true(wait_until(monitor, has_ended, 0));
    expect_as_log_of(monitor, SNAPSHOTS);
    ph_monitor_stop(monitor);
}

static void wherever_it_goes_it_is_as_if_read_up_to_there(void **state)
{
    (void)state;
    walk(log_path);
    walk(recording_path);
}

static void boots_are_gone_back_over(void **state)
{
    ph_autofree char *path = ph_format("%s/boot.log", directory);

    (void)state;
    boot_at = 25;
    write_log(path, SNAPSHOTS);
    struct ph_monitor *monitor = start(path, 0, true);
    assert_true(wait_until(monitor, has_ended, 0));
    const struct ph_monitor_state *now = ph_monitor_lock(monitor);
    assert_int_equal(now->segments, 2);
    assert_int_equal(now->events->count, 1);
    assert_int_equal(now->events->items[0].kind, PH_EVENT_BOOT);
    ph_monitor_unlock(monitor);
    ph_monitor_stop(monitor);
    walk(path);
    boot_at = SNAPSHOTS;
}

static void steps_add_up_and_shares_need_no_known_count(void **state)
{
    struct ph_monitor *monitor = start(log_path, 1, false);

    (void)state;
    assert_true(wait_until(monitor, has_readings, 1));
    ph_monitor_pause(monitor, true);
    for (int i = 0; i < 20; i++)
        ph_monitor_step(monitor, 2);
    assert_true(wait_until(monitor, stands_at, 41));
    for (int i = 0; i < 20; i++)
        ph_monitor_step(monitor, -1);
    assert_true(wait_until(monitor, stands_at, 21));
    expect_as_log_of(monitor, 21);
    ph_monitor_seek(monitor, 0.5);
    assert_true(wait_until(monitor, stands_at, 31));
    expect_as_log_of(monitor, 31);
    assert_int_equal(ph_monitor_lock(monitor)->of, SNAPSHOTS);
    ph_monitor_unlock(monitor);
    ph_monitor_seek(monitor, 1);
    assert_true(wait_until(monitor, stands_at, SNAPSHOTS));
    assert_true(wait_until(monitor, has_ended, 0));
    ph_monitor_seek(monitor, NAN);
    assert_true(wait_until(monitor, stands_at, 1));
    expect_as_log_of(monitor, 1);
    ph_monitor_step(monitor, INT64_MAX);
    ph_monitor_step(monitor, INT64_MAX);
    assert_true(wait_until(monitor, has_ended, 0));
    ph_monitor_step(monitor, INT64_MIN);
    assert_true(wait_until(monitor, stands_at, 1));
    ph_monitor_stop(monitor);
}

static void a_mark_goes_when_it_is_not_yet(void **state)
{
    struct ph_monitor *monitor = start(log_path, 1, true);

    (void)state;
    assert_true(wait_until(monitor, has_ended, 0));
    ph_monitor_step(monitor, -20);
    assert_true(wait_until(monitor, stands_at, 40));
    assert_null(ph_monitor_mark(monitor, true));
    const struct ph_monitor_state *now = ph_monitor_lock(monitor);
    assert_non_null(now->mark);
    assert_int_equal(now->marked_ns, now->now->time_ns);
    int64_t marked = now->marked_ns;
    ph_monitor_unlock(monitor);
    ph_monitor_step(monitor, 10);
    assert_true(wait_until(monitor, stands_at, 50));
    now = ph_monitor_lock(monitor);
    assert_non_null(now->mark);
    assert_int_equal(now->marked_ns, marked);
    assert_int_equal(now->now->time_ns - now->mark->time_ns, 10 * STEP_S * PH_SECOND);
    ph_monitor_unlock(monitor);
    ph_monitor_step(monitor, -10); /* where it was made it still holds */
    assert_true(wait_until(monitor, stands_at, 40));
    assert_non_null(ph_monitor_lock(monitor)->mark);
    ph_monitor_unlock(monitor);
    ph_monitor_step(monitor, -1);
    assert_true(wait_until(monitor, stands_at, 39));
    assert_null(ph_monitor_lock(monitor)->mark);
    ph_monitor_unlock(monitor);
    assert_null(ph_monitor_mark(monitor, true));
    assert_null(ph_monitor_mark(monitor, false));
    assert_null(ph_monitor_lock(monitor)->mark);
    ph_monitor_unlock(monitor);
    ph_monitor_stop(monitor);
}

static void it_plays_as_fast_as_it_is_told(void **state)
{
    /* ten minutes in 20 ms */
    int64_t begin = ph_boottime_ns();
    struct ph_monitor *monitor = start(log_path, STEP_S / 0.02, false);

    (void)state;
    assert_true(wait_until(monitor, has_readings, 26));
    int64_t took = ph_boottime_ns() - begin;
    assert_true(took >= 25 * 20 * MILLISECOND - 5 * MILLISECOND);
    ph_monitor_pause(monitor, true);
    uint64_t at = ph_monitor_lock(monitor)->readings;
    ph_monitor_unlock(monitor);
    ph_sleep_until(ph_boottime_ns() + 100 * MILLISECOND);
    assert_int_equal(ph_monitor_lock(monitor)->readings, at);
    ph_monitor_unlock(monitor);
    ph_monitor_refresh(monitor); /* one more, and no more */
    assert_true(wait_until(monitor, stands_at, at + 1));
    ph_sleep_until(ph_boottime_ns() + 60 * MILLISECOND);
    assert_true(wait_until(monitor, stands_at, at + 1));
    expect_as_log_of(monitor, (int)at + 1);
    ph_monitor_set_speed(monitor, STEP_S / 3600.); /* an hour each: nothing comes */
    ph_monitor_pause(monitor, false);
    ph_sleep_until(ph_boottime_ns() + 50 * MILLISECOND);
    assert_true(wait_until(monitor, stands_at, at + 1));
    ph_monitor_set_speed(monitor, 0);
    assert_true(wait_until(monitor, has_ended, 0));
    expect_as_log_of(monitor, SNAPSHOTS);
    ph_monitor_stop(monitor);
}

static void gaps_are_not_waited_for(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    ph_autofree char *path = ph_format("%s/gap.csv", directory);
    static const int SECONDS[] = {0, 1, 2, 100000, 100001};

    (void)state;
    ph_text_puts(&text, "time,tag,bytes\n");
    for (size_t i = 0; i < 5; i++)
        ph_text_printf(&text, "%d,LeaK,%zu\n", 1700000000 + SECONDS[i], 4096 * (i + 1));
    assert_null(ph_write_file(path, (struct ph_slice){text.data, text.size}));
    struct ph_monitor *monitor = start(path, 10, false);
    int64_t begin = ph_boottime_ns();
    assert_true(wait_until(monitor, has_ended, 0));
    int64_t took = ph_boottime_ns() - begin;
    assert_int_equal(ph_monitor_lock(monitor)->readings, 5);
    ph_monitor_unlock(monitor);
    /* a tenth of a second for each second, one second for the gap */
    assert_true(took >= 1290 * MILLISECOND && took < 5 * PH_SECOND);
    ph_monitor_stop(monitor);
}

static void a_saved_tree_has_one_reading(void **state)
{
    struct ph_monitor *monitor = start(TEST_DATA "/proc-trees/linux-6.18", 1, false);

    (void)state;
    assert_true(wait_until(monitor, has_ended, 0));
    const struct ph_monitor_state *now = ph_monitor_lock(monitor);
    assert_int_equal(now->readings, 1);
    assert_true(now->now->count > 10);
    assert_true(now->catalog->count >= now->now->count);
    ph_monitor_unlock(monitor);
    ph_monitor_stop(monitor);
}

static bool has_error(const struct ph_monitor_state *state, uint64_t number)
{
    (void)number;
    return state->error && !state->seeking;
}

static void what_cannot_be_read_again_stays_as_it_was(void **state)
{
    ph_autofree char *path = ph_format("%s/moved.log", directory);
    ph_autofree char *away = ph_format("%s/away.log", directory);
    struct ph_monitor *monitor;

    (void)state;
    write_log(path, 30);
    monitor = start(path, 0, false);
    assert_true(wait_until(monitor, has_ended, 0));
    assert_int_equal(rename(path, away), 0);
    ph_monitor_step(monitor, -5);
    assert_true(wait_until(monitor, has_error, 0));
    const struct ph_monitor_state *now = ph_monitor_lock(monitor);
    assert_non_null(strstr(now->error, "moved.log"));
    assert_int_equal(now->readings, 30);
    assert_true(now->ended);
    assert_int_equal(now->whole->seen, 30);
    ph_monitor_unlock(monitor);
    assert_int_equal(rename(away, path), 0);
    ph_monitor_step(monitor, -5);
    assert_true(wait_until(monitor, stands_at, 25));
    expect_as_log_of(monitor, 25);
    ph_monitor_stop(monitor);
}

static void nothing_there_is_told_at_once(void **state)
{
    struct ph_monitor *monitor = NULL;
    struct ph_monitor_options options = {.input = {.path = "/no/such/file"}, .interval_ns = 1};

    (void)state;
    struct ph_error *error = ph_monitor_start(&options, &monitor);
    assert_non_null(error);
    assert_non_null(strstr(error->text, "/no/such/file"));
    assert_null(monitor);
    ph_error_free(error);
    ph_monitor_stop(NULL);
}

static void its_report_is_that_of_the_hunt(void **state)
{
    PH_GUARD(ph_session_fini) struct ph_session session = {0};
    struct ph_monitor *monitor = start(log_path, 1, true);
    struct ph_pool_row pools[PH_POOL_COUNT];

    (void)state;
    assert_true(wait_until(monitor, has_ended, 0));
    assert_null(run(log_path, NULL, &session));
    struct ph_hunt_report want = ph_session_report(&session);
    const struct ph_monitor_state *now = ph_monitor_lock(monitor);
    ph_autofree struct ph_trend *trends = ph_zalloc(now->finding_count, sizeof(*trends));
    assert_non_null(trends);
    struct ph_hunt_report report = ph_monitor_report(now, trends, pools);
    assert_int_equal(report.finding_count, want.finding_count);
    assert_int_equal(report.pool_count, want.pool_count);
    for (size_t i = 0; i < want.pool_count; i++) {
        assert_int_equal(report.pools[i].first.bytes, want.pools[i].first.bytes);
        assert_int_equal(report.pools[i].last.bytes, want.pools[i].last.bytes);
        assert_int_equal(report.pools[i].trend.count, want.pools[i].trend.count);
    }
    for (size_t i = 0; i < want.finding_count; i++)
        for (size_t k = 0; k < want.trends[i].count; k++)
            assert_true(same(report.trends[i].points[k], want.trends[i].points[k]));
    assert_int_equal(report.samples, want.samples);
    assert_int_equal(report.owner_count, 0);
    ph_monitor_unlock(monitor);
    ph_monitor_stop(monitor);
}

static bool is_settled(const struct ph_monitor_state *state, uint64_t number)
{
    (void)number;
    return state->ended || state->error;
}

static void memory_may_fail_anywhere(void **state)
{
    const struct ph_who_options who = {0};
    long failures = 0;

    (void)state;
    for (long n = 0;; n += n < 100 ? 1 : n < 3000 ? 37 : 331) {
        struct ph_monitor *monitor = NULL;
        struct ph_monitor_options options = {
            .input = {.path = log_path}, .from_end = true, .who = &who};
        ph_mem_fail_after(n);
        struct ph_error *error = ph_monitor_start(&options, &monitor);
        if (!error) {
            assert_true(wait_until(monitor, is_settled, 0));
            ph_monitor_step(monitor, -7);
            (void)wait_until(monitor, is_settled, 0);
        }
        ph_monitor_stop(monitor);
        long asked = ph_mem_asked();
        ph_mem_fail_after(-1);
        if (error)
            assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
        if (asked <= n)
            break;
        failures++;
    }
    assert_true(failures > 100);
}

static bool stands(const struct ph_monitor_state *state, uint64_t number)
{
    (void)number;
    return !state->seeking;
}

/* Whatever ends a way back: the place that is told is that of what is shown. */
static void a_way_that_fails_leaves_the_place_as_it_was(void **state)
{
    struct ph_monitor *monitor = start(log_path, 0, false);
    unsigned failures = 0;
    bool failed = true;

    (void)state;
    assert_true(wait_until(monitor, has_ended, 0));
    for (long n = 0; failed; n++) {
        ph_mem_fail_after(n);
        ph_monitor_step(monitor, -1);
        bool stood = wait_until(monitor, stands, 0);
        ph_mem_fail_after(-1);
        assert_true(stood);
        const struct ph_monitor_state *now = ph_monitor_lock(monitor);
        failed = now->error;
        assert_int_equal(now->readings, failed ? SNAPSHOTS : SNAPSHOTS - 1);
        assert_int_equal(now->whole->seen, now->readings);
        ph_monitor_unlock(monitor);
        failures += failed;
    }
    assert_true(failures > 5);
    ph_monitor_stop(monitor);
}

/* A reading whose new series could not be taken over is known to the judge all the same. */
static void findings_of_series_not_taken_over_have_room(void **state)
{
    struct ph_monitor monitor = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    uint32_t number;

    (void)state;
    assert_null(ph_mutex_new(&monitor.gate));
    assert_null(ph_mutex_new(&monitor.lock));
    assert_null(ph_track_new(&monitor.track));
    ph_sample_reset(&sample);
    for (unsigned i = 0; i < 200; i++) {
        ph_autofree char *tag = ph_format("T%03u", i);
        struct ph_series series = {
            .origin = PH_ORIGIN_POOLMON, .pool = PH_POOL_PAGED, .tag = ph_slice_of(tag)};
        struct ph_value value = {.have = PH_HAVE_BYTES, .bytes = 4096 * (i + 1)};
        assert_null(ph_catalog_intern(&monitor.catalog, &series, &number));
        value.series = number;
        assert_null(ph_sample_add(&sample, &value));
    }
    for (int i = 0; i < 3; i++) {
        sample.time_ns = sample.boottime_ns = i * PH_MINUTE;
        assert_null(ph_track_judge(monitor.track, &monitor.catalog, &sample));
    }
    monitor.stale = true;
    ph_monitor_judge(&monitor, true);
    assert_null(monitor.error);
    assert_true(monitor.state.finding_count > 0);
    assert_int_equal(monitor.shown.count, 200);
    assert_true(monitor.track->finding_of_count >= 200);
    ph_track_free(monitor.track);
    ph_monitor_notes_fini(&monitor);
    ph_catalog_fini(&monitor.catalog);
    ph_catalog_fini(&monitor.shown);
    ph_mutex_free(monitor.gate);
    ph_mutex_free(monitor.lock);
}

/* Whatever it does meanwhile: playing on, or on its way to somewhere else. */
static void it_goes_to_a_reading(void **state)
{
    struct ph_monitor *monitor = start(log_path, 600 * 10, false);

    (void)state;
    assert_true(wait_until(monitor, has_readings, 3));
    ph_monitor_go(monitor, 40);
    ph_monitor_go(monitor, 25);
    assert_true(wait_until(monitor, stands_at, 25));
    expect_as_log_of(monitor, 25);
    ph_monitor_go(monitor, 0);
    assert_true(wait_until(monitor, stands_at, 1));
    ph_monitor_go(monitor, 1000);
    assert_true(wait_until(monitor, has_ended, 0));
    assert_true(wait_until(monitor, stands_at, SNAPSHOTS));
    ph_monitor_stop(monitor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_is_as_a_hunt_says),
        cmocka_unit_test(played_through_it_says_the_same),
        cmocka_unit_test(wherever_it_goes_it_is_as_if_read_up_to_there),
        cmocka_unit_test(boots_are_gone_back_over),
        cmocka_unit_test(steps_add_up_and_shares_need_no_known_count),
        cmocka_unit_test(a_mark_goes_when_it_is_not_yet),
        cmocka_unit_test(it_plays_as_fast_as_it_is_told),
        cmocka_unit_test(gaps_are_not_waited_for),
        cmocka_unit_test(a_saved_tree_has_one_reading),
        cmocka_unit_test(what_cannot_be_read_again_stays_as_it_was),
        cmocka_unit_test(nothing_there_is_told_at_once),
        cmocka_unit_test(its_report_is_that_of_the_hunt),
        cmocka_unit_test(memory_may_fail_anywhere),
        cmocka_unit_test(a_way_that_fails_leaves_the_place_as_it_was),
        cmocka_unit_test(findings_of_series_not_taken_over_have_room),
        cmocka_unit_test(it_goes_to_a_reading),
    };

    return cmocka_run_group_tests_name("monitor", tests, setup, teardown);
}
