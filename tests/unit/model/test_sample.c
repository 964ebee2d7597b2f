/* model/sample: readings: unknown is not zero, order, duplicates, copies; losses are counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "model/sample.h"

static void add(struct ph_sample *sample, uint32_t series, uint32_t have, int64_t bytes)
{
    struct ph_value value = {.series = series,
                             .have = have,
                             .allocs = 10,
                             .frees = 4,
                             .objects = bytes / 10,
                             .bytes = bytes};

    assert_null(ph_sample_add(sample, &value));
}

static void a_fresh_reading_knows_nothing(void **state)
{
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};

    (void)state;
    ph_sample_reset(&sample);
    add(&sample, 1, PH_HAVE_BYTES, 5);
    sample.memory.total = 77;
    sample.pools[PH_POOL_PAGED] = (struct ph_pool_total){PH_TOTAL_BYTES, 1, 2, 3};
    assert_null(ph_loss_add(&sample.losses, 1, "x"));
    const struct ph_value *memory = sample.values;
    ph_sample_reset(&sample);
    assert_int_equal(sample.count, 0);
    assert_ptr_equal(sample.values, memory); /* kept for the next reading */
    assert_int_equal(sample.losses.count, 0);
    assert_int_equal(sample.boottime_ns, -1);
    assert_int_equal(sample.memory.total, -1);
    assert_int_equal(sample.memory.available, -1);
    assert_int_equal(sample.memory.commit, -1);
    assert_int_equal(sample.memory.commit_limit, -1);
    assert_int_equal(sample.memory.commit_peak, -1);
    assert_int_equal(sample.memory.page_faults, -1);
    assert_int_equal(sample.memory.resident_kernel, -1);
    assert_int_equal(sample.memory.resident_paged, -1);
    for (int i = 0; i < PH_POOL_COUNT; i++)
        assert_int_equal(sample.pools[i].have, 0);
    assert_false(sample.changed_known);
}

static void order_and_search(void **state)
{
    static const uint32_t order[] = {7, 3, 9, 0, 5};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    size_t merged = 99;

    (void)state;
    for (size_t i = 0; i < 5; i++)
        add(&sample, order[i], PH_HAVE_BYTES, (int64_t)order[i] * 100);
    assert_null(ph_sample_finish(&sample, &merged));
    assert_int_equal(merged, 0);
    assert_int_equal(sample.count, 5);
    for (size_t i = 1; i < 5; i++)
        assert_true(sample.values[i - 1].series < sample.values[i].series);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(ph_sample_find(&sample, order[i])->bytes, order[i] * 100);
    assert_null(ph_sample_find(&sample, 1));
    assert_null(ph_sample_find(&sample, 10));
    struct ph_sample empty = {0};
    assert_null(ph_sample_finish(&empty, NULL));
    assert_null(ph_sample_find(&empty, 0));
}

static void duplicates_are_summed_and_counted(void **state)
{
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    size_t merged = 0;

    (void)state;
    add(&sample, 2, PH_HAVE_BYTES | PH_HAVE_OBJECTS, 100);
    add(&sample, 1, PH_HAVE_BYTES, 7);
    add(&sample, 2, PH_HAVE_BYTES | PH_IS_PARTIAL, 50);
    add(&sample, 2, PH_HAVE_BYTES | PH_HAVE_OBJECTS, 1000);
    assert_null(ph_sample_finish(&sample, &merged));
    assert_int_equal(sample.count, 2);
    assert_int_equal(merged, 2);
    const struct ph_value *sum = ph_sample_find(&sample, 2);
    assert_int_equal(sum->bytes, 1150);
    /* one of them did not know its objects: the sum does not either; one was partial: so is this */
    assert_int_equal(sum->have, PH_HAVE_BYTES | PH_IS_PARTIAL);
}

static void sums_do_not_overflow(void **state)
{
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};

    (void)state;
    add(&sample, 1, PH_HAVE_BYTES, INT64_MAX);
    add(&sample, 1, PH_HAVE_BYTES, INT64_MAX);
    add(&sample, 2, PH_HAVE_BYTES, INT64_MIN);
    add(&sample, 2, PH_HAVE_BYTES, -1);
    assert_null(ph_sample_finish(&sample, NULL));
    assert_true(ph_sample_find(&sample, 1)->bytes == INT64_MAX);
    assert_true(ph_sample_find(&sample, 2)->bytes == INT64_MIN);
}

static void copies(void **state)
{
    (void)state;
    for (long n = 0;; n++) {
        PH_GUARD(ph_sample_fini) struct ph_sample from = {0};
        PH_GUARD(ph_sample_fini) struct ph_sample to = {0};
        uint32_t changed[] = {0, 2};

        ph_sample_reset(&from);
        for (uint32_t i = 0; i < 50; i++)
            add(&from, i, PH_HAVE_BYTES, i);
        assert_null(ph_sample_finish(&from, NULL));
        assert_null(ph_grow(&from.changed, &from.changed_capacity, 2, sizeof(*from.changed)));
        memcpy(from.changed, changed, sizeof(changed));
        from.changed_count = 2;
        from.changed_known = true;
        from.segment = 4;
        assert_null(ph_loss_add(&from.losses, 3, "lost"));
        add(&to, 1, PH_HAVE_BYTES, 1); /* is replaced */
        assert_null(ph_loss_add(&to.losses, 1, "old"));

        ph_mem_fail_after(n);
        struct ph_error *error = ph_sample_copy(&to, &from);
        ph_mem_fail_after(-1);
        if (error) {
            assert_int_equal(error->code, PH_ERR_NOMEM);
            ph_error_free(error);
            assert_true(n < 20);
            continue;
        }
        assert_int_equal(to.count, 50);
        assert_int_equal(to.segment, 4);
        assert_memory_equal(to.values, from.values, 50 * sizeof(*to.values));
        assert_ptr_not_equal(to.values, from.values);
        assert_true(to.changed_known);
        assert_int_equal(to.changed_count, 2);
        assert_int_equal(to.changed[1], 2);
        assert_int_equal(to.losses.count, 1);
        assert_string_equal(to.losses.items[0].what, "lost");
        assert_ptr_not_equal(to.losses.items, from.losses.items);
        break;
    }
}

static void losses(void **state)
{
    PH_GUARD(ph_loss_fini) struct ph_loss_list list = {0};
    PH_GUARD(ph_loss_fini) struct ph_loss_list total = {0};

    (void)state;
    assert_null(ph_loss_add(&list, 2, "%s: %d lines", "log", 5));
    assert_null(ph_loss_add(&list, 3, "log: 5 lines"));
    assert_null(ph_loss_add(&list, 0, "/proc/slabinfo: needs root"));
    assert_int_equal(list.count, 2);
    assert_string_equal(list.items[0].what, "log: 5 lines");
    assert_int_equal(list.items[0].count, 5);
    assert_int_equal(list.items[1].count, 0);

    assert_null(ph_loss_merge(&total, &list, true));
    list.items[0].count = 4;
    assert_null(ph_loss_merge(&total, &list, true)); /* the same seen again: the larger one */
    assert_int_equal(total.items[0].count, 5);
    assert_null(ph_loss_merge(&total, &list, false)); /* more of it: the sum */
    assert_int_equal(total.items[0].count, 9);
    assert_int_equal(total.count, 2);
}

static void losses_without_memory(void **state)
{
    (void)state;
    for (long n = 0;; n++) {
        PH_GUARD(ph_loss_fini) struct ph_loss_list list = {0};
        ph_mem_fail_after(n);
        struct ph_error *error = ph_loss_add(&list, 1, "text %d", 1);
        ph_mem_fail_after(-1);
        if (!error)
            break;
        assert_int_equal(error->code, PH_ERR_NOMEM);
        assert_int_equal(list.count, 0);
        ph_error_free(error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fresh_reading_knows_nothing),
        cmocka_unit_test(order_and_search),
        cmocka_unit_test(duplicates_are_summed_and_counted),
        cmocka_unit_test(sums_do_not_overflow),
        cmocka_unit_test(copies),
        cmocka_unit_test(losses),
        cmocka_unit_test(losses_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
