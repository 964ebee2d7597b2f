/* Boots and clocks that were set, between readings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/clockwatch.h"
#include "base/os.h"

static void see(struct ph_clock_watch *watch, struct ph_event_list *events, uint32_t segment,
                int64_t wall_s, int64_t boot_s, enum ph_time_kind kind)
{
    struct ph_sample sample = {
        .segment = segment,
        .time_ns = wall_s * PH_SECOND,
        .boottime_ns = boot_s < 0 ? -1 : boot_s * PH_SECOND,
        .time_kind = kind,
    };

    assert_null(ph_clock_watch(watch, &sample, events));
}

static void boots_and_jumps_are_told(void **state)
{
    PH_GUARD(ph_event_fini) struct ph_event_list events = {0};
    struct ph_clock_watch watch = {0};

    (void)state;
    see(&watch, &events, 0, 1000, 100, PH_TIME_REAL);
    see(&watch, &events, 0, 1010, 110, PH_TIME_REAL);
    see(&watch, &events, 0, 1022, 120, PH_TIME_REAL); /* slewing */
    assert_int_equal(events.count, 0);
    see(&watch, &events, 0, 1000, 130, PH_TIME_REAL);
    see(&watch, &events, 0, 5000, 140, PH_TIME_REAL);
    assert_int_equal(watch.jumps, 2);
    assert_int_equal(watch.segments, 1);
    see(&watch, &events, 1, 9000, 1, PH_TIME_REAL); /* a boot is no jump */
    see(&watch, NULL, 2, 9000, 1, PH_TIME_REAL);    /* told by the input */
    see(&watch, NULL, 2, 9100, 2, PH_TIME_REAL);
    assert_int_equal(watch.jumps, 3);
    assert_int_equal(watch.segments, 3);
    assert_int_equal(events.count, 3);
    assert_int_equal(events.items[0].kind, PH_EVENT_CLOCK);
    assert_string_equal(events.items[0].text, "the wall clock jumped by -32.000 s");
    assert_true(events.items[0].time_ns == 1000 * PH_SECOND);
    assert_string_equal(events.items[1].text, "the wall clock jumped by +3990.000 s");
    assert_int_equal(events.items[2].kind, PH_EVENT_BOOT);
    assert_true(events.items[2].time_ns == 9000 * PH_SECOND);
}

static void where_one_clock_is_known_nothing_jumps(void **state)
{
    PH_GUARD(ph_event_fini) struct ph_event_list events = {0};
    struct ph_clock_watch watch = {0};

    (void)state;
    see(&watch, &events, 0, 1000, -1, PH_TIME_REAL);
    see(&watch, &events, 0, 9000, -1, PH_TIME_REAL);
    see(&watch, &events, 0, 9000, 1, PH_TIME_REAL);
    see(&watch, &events, 0, 1000, 2, PH_TIME_ORDINAL);
    see(&watch, &events, 0, INT64_MAX / PH_SECOND, 3, PH_TIME_LOCAL);
    see(&watch, &events, 0, INT64_MIN / PH_SECOND, -1, PH_TIME_REAL);
    assert_int_equal(watch.jumps, 0);
    assert_int_equal(watch.segments, 1);
    assert_int_equal(events.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boots_and_jumps_are_told),
        cmocka_unit_test(where_one_clock_is_known_nothing_jumps),
    };

    return cmocka_run_group_tests_name("clockwatch", tests, NULL, NULL);
}
