#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "app/suspects.h"
#include "base/mem.h"

/* Readings of a few caches, one second apart. */
struct machine {
    struct ph_catalog catalog;
    struct ph_history history;
    struct ph_sample sample;
    int64_t second;
};

static void ok(struct ph_error *error)
{
    assert_null(error);
}

static uint32_t cache(struct machine *machine, enum ph_origin origin, const char *tag,
                      char *aliases)
{
    struct ph_series series = {
        .origin = origin,
        .pool = PH_POOL_UNRECLAIMABLE,
        .tag = ph_slice_of(tag),
        .aliases = aliases,
    };
    uint32_t number = 0;

    ok(ph_catalog_intern(&machine->catalog, &series, &number));
    return number;
}

static void reading(struct machine *machine, const int64_t *bytes, size_t count)
{
    size_t merged;

    ph_sample_reset(&machine->sample);
    machine->sample.time_ns = machine->sample.boottime_ns = ++machine->second * 1000000000;
    for (size_t i = 0; i < count; i++)
        ok(ph_sample_add(
            &machine->sample,
            &(struct ph_value){.series = (uint32_t)i, .have = PH_HAVE_BYTES, .bytes = bytes[i]}));
    ok(ph_sample_finish(&machine->sample, &merged));
    ok(ph_history_add(&machine->history, &machine->sample));
}

static void machine_fini(struct machine *machine)
{
    ph_history_fini(&machine->history);
    ph_sample_fini(&machine->sample);
    ph_catalog_fini(&machine->catalog);
}

static void what_rises_is_suspected(void **state)
{
    struct machine machine = {0};
    struct ph_suspects suspects = {0};
    size_t added = 0;
    char aliases[] = "fs_cache other_cache";

    (void)state;
    (void)cache(&machine, PH_ORIGIN_SLABINFO, "steady", NULL);
    (void)cache(&machine, PH_ORIGIN_SLABINFO, "slow", NULL);
    (void)cache(&machine, PH_ORIGIN_SLABINFO, "fast", aliases);
    (void)cache(&machine, PH_ORIGIN_SLABINFO, "restless", NULL);
    (void)cache(&machine, PH_ORIGIN_VMALLOCINFO, "caller", NULL);
    (void)cache(&machine, PH_ORIGIN_MEMINFO, "(unaccounted)", NULL);
    for (int i = 0; i < 8; i++) {
        const int64_t bytes[] = {1 << 20, (1 << 20) + i * 2000, i * 40000, (i % 3) << 20, i << 20,
                                 i << 22};
        reading(&machine, bytes, 6);
        ok(ph_suspects_pick(&suspects, &machine.catalog, &machine.history, &added));
        assert_int_equal(added, 0); /* too few readings */
    }
    const int64_t bytes[] = {1 << 20, (1 << 20) + 8 * 2000, 8 * 40000, 0, 8 << 20, 8 << 22};
    reading(&machine, bytes, 6);
    ok(ph_suspects_pick(&suspects, &machine.catalog, &machine.history, &added));
    assert_int_equal(added, 4); /* the fastest first, with its other names */
    assert_string_equal(suspects.names[0], "fast");
    assert_string_equal(suspects.names[1], "fs_cache");
    assert_string_equal(suspects.names[2], "other_cache");
    assert_string_equal(suspects.names[3], "slow");
    assert_true(suspects.pages);
    ok(ph_suspects_pick(&suspects, &machine.catalog, &machine.history, &added));
    assert_int_equal(added, 0); /* they are there already */
    ph_suspects_fini(&suspects);
    machine_fini(&machine);
}

/* A name is taken once, and only so many are. */
static void there_are_so_many_at_most(void **state)
{
    struct machine machine = {0};
    struct ph_suspects suspects = {0};
    int64_t bytes[40];
    char name[16];
    size_t added = 0, all = 0;

    (void)state;
    for (int i = 0; i < 40; i++) {
        (void)snprintf(name, sizeof(name), "cache-%d", i);
        (void)cache(&machine, PH_ORIGIN_SLABINFO, name, NULL);
    }
    for (int second = 0; second < 12; second++) {
        for (int i = 0; i < 40; i++)
            bytes[i] = (int64_t)second * (i + 1) * 4096;
        reading(&machine, bytes, 40);
    }
    for (int i = 0; i < 5; i++) {
        ok(ph_suspects_pick(&suspects, &machine.catalog, &machine.history, &added));
        assert_true(added <= 8);
        all += added;
    }
    assert_int_equal(all, PH_SUSPECTS_MOST);
    assert_string_equal(suspects.names[0], "cache-39");
    assert_false(suspects.pages);
    ph_suspects_fini(&suspects);
    machine_fini(&machine);
}

static void short_memory_is_an_error(void **state)
{
    struct machine machine = {0};
    char aliases[] = "a b c";

    (void)state;
    (void)cache(&machine, PH_ORIGIN_SLABINFO, "rises", aliases);
    for (int64_t i = 0; i < 10; i++)
        reading(&machine, &(int64_t){i * 100000}, 1);
    for (long n = 0;; n++) {
        struct ph_suspects suspects = {0};
        size_t added = 0;
        ph_mem_fail_after(n);
        struct ph_error *error =
            ph_suspects_pick(&suspects, &machine.catalog, &machine.history, &added);
        ph_mem_fail_after(-1);
        bool failed = error;
        assert_true(!error || error->code == PH_ERR_NOMEM);
        ph_error_free(error);
        ph_suspects_fini(&suspects);
        if (!failed)
            break;
        assert_true(n < 100);
    }
    machine_fini(&machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_rises_is_suspected),
        cmocka_unit_test(there_are_so_many_at_most),
        cmocka_unit_test(short_memory_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
