/* The monitor traces the tag that is looked at, and only that of a live kernel. */
#include "unit/app/monitor_fixture.h"

struct seen {
    enum ph_tracing_state state;
    bool reported; /* the report of the whole has it, too */
    size_t sites, strangers;
    char error[256];
};

/* As a screen does with each drawing. */
static struct seen look(struct ph_monitor *monitor, uint32_t series)
{
    const struct ph_monitor_state *state = ph_monitor_lock(monitor);
    const struct ph_trace *trace;
    const char *error;
    struct seen seen = {.state = ph_monitor_trace(monitor, series, &trace, &error)};

    assert_int_equal(seen.state == PH_TRACING_KNOWN, trace != NULL);
    assert_int_equal(seen.state == PH_TRACING_FAILED, error != NULL);
    for (size_t i = 0; trace && i < trace->count; i++) {
        const char *cache = trace->sites[i].cache;
        seen.sites++;
        seen.strangers += !cache || !ph_slice_is(state->catalog->series[series].tag, cache);
    }
    seen.reported = trace && state->trace == trace;
    (void)snprintf(seen.error, sizeof(seen.error), "%s", error ? error : "");
    ph_monitor_unlock(monitor);
    return seen;
}

static uint32_t find(struct ph_monitor *monitor, const char *tag)
{
    const struct ph_monitor_state *state = ph_monitor_lock(monitor);
    uint32_t found = UINT32_MAX;

    for (uint32_t i = 0; i < state->catalog->count; i++)
        if (ph_slice_is(state->catalog->series[i].tag, tag) &&
            state->catalog->series[i].origin == PH_ORIGIN_SLABINFO)
            found = i;
    ph_monitor_unlock(monitor);
    return found;
}

static struct ph_monitor *start_live(bool trace)
{
    struct ph_monitor *monitor = NULL;
    struct ph_monitor_options options = {.interval_ns = 100 * MILLISECOND, .trace = trace};
    struct ph_error *error = ph_monitor_start(&options, &monitor);

    if (error) {
        print_message("SKIP: %s\n", error->text);
        ph_error_free(error);
        skip();
    }
    assert_true(wait_until(monitor, has_readings, 2));
    return monitor;
}

/* Looks until it is known, or cannot be. */
static struct seen watch(struct ph_monitor *monitor, uint32_t series)
{
    struct seen seen = look(monitor, series);

    for (int i = 0; i < 3000 && seen.state == PH_TRACING_PENDING; i++) {
        ph_sleep_until(ph_boottime_ns() + 10 * MILLISECOND);
        seen = look(monitor, series);
    }
    return seen;
}

static void the_tag_that_is_looked_at(void **state)
{
    struct ph_monitor *monitor = start_live(true);
    uint32_t filp = find(monitor, "filp"), other = find(monitor, "dentry");

    (void)state;
    if (filp == UINT32_MAX || other == UINT32_MAX) {
        ph_monitor_stop(monitor);
        print_message("SKIP: this kernel shows no slab caches, or merged them\n");
        skip();
    }
    assert_int_equal(look(monitor, filp).state, PH_TRACING_PENDING);
    struct seen seen = watch(monitor, filp);
    if (seen.state == PH_TRACING_FAILED) {
        assert_true(seen.error[0] && !strchr(seen.error, '\n'));
        assert_int_equal(look(monitor, filp).state, PH_TRACING_FAILED); /* and stays so */
        ph_monitor_stop(monitor);
        print_message("SKIP: %s\n", seen.error);
        skip();
    }
    assert_int_equal(seen.state, PH_TRACING_KNOWN);
    assert_true(seen.reported);
    /* every reading opens files: their sites come with the next reading of the trace */
    for (int i = 0; i < 100 && !seen.sites; i++) {
        FILE *file = fopen("/dev/null", "r");
        ph_sleep_until(ph_boottime_ns() + 100 * MILLISECOND);
        if (file)
            assert_int_equal(fclose(file), 0);
        seen = look(monitor, filp);
        assert_int_equal(seen.state, PH_TRACING_KNOWN);
    }
    assert_int_equal(seen.strangers, 0);
    /* another tag replaces it, and what was known of the first is not shown as its */
    assert_int_equal(look(monitor, other).state, PH_TRACING_PENDING);
    seen = watch(monitor, other);
    assert_int_equal(seen.state, PH_TRACING_KNOWN);
    assert_int_equal(seen.strangers, 0);
    assert_int_equal(look(monitor, filp).state, PH_TRACING_PENDING);
    ph_monitor_stop(monitor); /* in the middle of it */
}

static void what_cannot_be_traced(void **state)
{
    struct ph_monitor *monitor = NULL;
    struct ph_monitor_options options = {
        .input = {.path = log_path}, .from_end = true, .trace = true};

    (void)state;
    assert_null(ph_monitor_start(&options, &monitor));
    assert_true(wait_until(monitor, has_ended, 0));
    assert_int_equal(look(monitor, 0).state, PH_TRACING_NONE);
    assert_int_equal(look(monitor, 4711).state, PH_TRACING_NONE);
    ph_monitor_stop(monitor);

    monitor = start_live(false);
    uint32_t filp = find(monitor, "filp");
    if (filp != UINT32_MAX)
        assert_int_equal(look(monitor, filp).state, PH_TRACING_NONE);
    ph_monitor_stop(monitor);

    monitor = start_live(true);
    for (uint32_t i = 0; i < 10000; i++) { /* pages, sums, sites: not slab caches */
        const struct ph_monitor_state *now = ph_monitor_lock(monitor);
        bool other =
            i < now->catalog->count && now->catalog->series[i].origin != PH_ORIGIN_SLABINFO;
        ph_monitor_unlock(monitor);
        if (other)
            assert_int_equal(look(monitor, i).state, PH_TRACING_NONE);
    }
    ph_monitor_stop(monitor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tag_that_is_looked_at),
        cmocka_unit_test(what_cannot_be_traced),
    };

    return cmocka_run_group_tests_name("monitor trace", tests, setup, teardown);
}
