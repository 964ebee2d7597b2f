/* base/table: many keys, any bytes, replacement, and out of memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/mem.h"
#include "base/table.h"
#include "base/text.h"

static void many_keys(void **state)
{
    PH_GUARD(ph_table_fini) struct ph_table table = {0};
    char key[32];
    uint32_t value = 0;

    (void)state;
    assert_false(ph_table_find(&table, ph_slice_of("x"), &value));
    for (uint32_t i = 0; i < 10000; i++) {
        (void)snprintf(key, sizeof(key), "kmalloc-%u", i);
        assert_null(ph_table_put(&table, ph_slice_of(key), i));
    }
    assert_int_equal(table.count, 10000);
    for (uint32_t i = 0; i < 10000; i++) {
        (void)snprintf(key, sizeof(key), "kmalloc-%u", i);
        assert_true(ph_table_find(&table, ph_slice_of(key), &value));
        assert_int_equal(value, i);
    }
    assert_false(ph_table_find(&table, ph_slice_of("kmalloc-10000"), &value));
}

static void any_bytes_are_a_key(void **state)
{
    PH_GUARD(ph_table_fini) struct ph_table table = {0};
    uint32_t value = 0;

    (void)state;
    assert_null(ph_table_put(&table, (struct ph_slice){"", 0}, 1));
    assert_null(ph_table_put(&table, (struct ph_slice){"\0", 1}, 2));
    assert_null(ph_table_put(&table, ph_slice_of("Io"), 3));
    assert_null(ph_table_put(&table, ph_slice_of("Io  "), 4));
    assert_null(ph_table_put(&table, ph_slice_of("Io"), 5)); /* replaces */
    assert_int_equal(table.count, 4);
    assert_true(ph_table_find(&table, (struct ph_slice){"", 0}, &value));
    assert_int_equal(value, 1);
    assert_true(ph_table_find(&table, (struct ph_slice){"\0", 1}, &value));
    assert_int_equal(value, 2);
    assert_true(ph_table_find(&table, ph_slice_of("Io"), &value));
    assert_int_equal(value, 5);
    assert_true(ph_table_find(&table, ph_slice_of("Io  "), &value));
    assert_int_equal(value, 4);
}

static void out_of_memory_changes_nothing(void **state)
{
    (void)state;
    for (long n = 0;; n++) {
        PH_GUARD(ph_table_fini) struct ph_table table = {0};
        struct ph_error *error = NULL;
        char key[16];
        uint32_t stored = 0, value;

        ph_mem_fail_after(n);
        for (; stored < 200 && !error; stored += !error) {
            (void)snprintf(key, sizeof(key), "%u", stored);
            error = ph_table_put(&table, ph_slice_of(key), stored);
        }
        ph_mem_fail_after(-1);
        assert_int_equal(table.count, stored);
        for (uint32_t i = 0; i < stored; i++) {
            (void)snprintf(key, sizeof(key), "%u", i);
            assert_true(ph_table_find(&table, ph_slice_of(key), &value));
            assert_int_equal(value, i);
        }
        if (!error)
            break;
        assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
        assert_true(n < 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_keys),
        cmocka_unit_test(any_bytes_are_a_key),
        cmocka_unit_test(out_of_memory_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
