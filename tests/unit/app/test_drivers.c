#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/drivers.h"
#include "base/mem.h"

static char folder[64], index_path[96], driver[96];

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/ph-drivers-XXXXXX");
    if (!mkdtemp(folder))
        return 1;
    (void)snprintf(index_path, sizeof(index_path), "%s/index", folder);
    (void)snprintf(driver, sizeof(driver), "%s/a.sys", folder);
    FILE *file = fopen(driver, "w");
    if (!file || fputs("no driver at all", file) < 0)
        return 1;
    return fclose(file);
}

static int tear_down(void **state)
{
    static const char *const ENDS[] = {"", "-wal", "-shm"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char name[128];
        (void)snprintf(name, sizeof(name), "%s%s", index_path, ENDS[i]);
        (void)unlink(name);
    }
    (void)unlink(driver);
    return rmdir(folder);
}

static const char *const paths[] = {folder};

static struct ph_drivers_options options_of(void)
{
    return (struct ph_drivers_options){.paths = paths, .path_count = 1, .index = index_path};
}

static void a_scan_is_remembered(void **state)
{
    struct ph_drivers_options options = options_of();

    (void)state;
    for (size_t round = 0; round < 2; round++) {
        PH_GUARD(ph_drivers_close) struct ph_drivers drivers = {0};
        assert_null(ph_drivers_open(&options, &drivers));
        assert_int_equal(drivers.walk.count, 1);
        assert_int_equal(drivers.fresh, round ? 0 : 1);
        assert_true(drivers.scans[0] > 0);
        assert_int_equal(drivers.losses.count, 0);
    }
}

/* Somebody else writes and does not end: the index fails in the middle of the work. */
static void an_index_that_fails_costs_no_answer(void **state)
{
    PH_GUARD(ph_index_closep) struct ph_index *other = NULL;
    PH_GUARD(ph_drivers_close) struct ph_drivers drivers = {0};
    struct ph_drivers_options options = options_of();
    struct ph_index_file file = {.path = "/else/where", .size = 1};

    (void)state;
    assert_null(ph_index_open(index_path, &other));
    assert_null(ph_index_put_file(other, &file));
    assert_null(ph_drivers_open(&options, &drivers));
    assert_true(drivers.scans[0] > 0);
    assert_int_equal(drivers.fresh, 1);
    assert_int_equal(drivers.losses.count, 1);
    assert_non_null(strstr(drivers.losses.items[0].what, "going on without an index"));
    PH_GUARD(ph_scan_fini) struct ph_scan scan = {0};
    assert_null(ph_index_load(drivers.index, drivers.scans[0], &scan));
    assert_int_equal(scan.losses.count, 1); /* that it is no PE file */
}

static void short_memory_is_an_error_each_time(void **state)
{
    struct ph_drivers_options options = options_of();

    (void)state;
    options.index = NULL;
    for (long n = 0;; n++) {
        PH_GUARD(ph_drivers_close) struct ph_drivers drivers = {0};
        ph_mem_fail_after(n);
        struct ph_error *error = ph_drivers_open(&options, &drivers);
        ph_mem_fail_after(-1);
        if (!error)
            break;
        assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
        assert_true(n < 10000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_scan_is_remembered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_index_that_fails_costs_no_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(short_memory_is_an_error_each_time, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
