/* model/sample: the catalog of series: identity, refreshing, out of memory; names of pools and
 * origins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "model/finding.h"
#include "model/report.h"
#include "model/sample.h"

static struct ph_series series_of(enum ph_origin origin, enum ph_pool pool, const char *tag)
{
    return (struct ph_series){.origin = origin, .pool = pool, .tag = ph_slice_of(tag)};
}

static void identity(void **state)
{
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    struct ph_series slab = series_of(PH_ORIGIN_SLABINFO, PH_POOL_UNRECLAIMABLE, "filp");
    struct ph_series same = slab, other_pool = slab, other_origin = slab, other_module = slab;
    struct ph_series padded = series_of(PH_ORIGIN_SLABINFO, PH_POOL_UNRECLAIMABLE, "filp ");
    char module[] = "leaky";
    uint32_t number = 99;

    (void)state;
    other_pool.pool = PH_POOL_RECLAIMABLE;
    other_origin.origin = PH_ORIGIN_TRACE;
    other_module.module = module;
    const struct ph_series *all[] = {&slab, &other_pool, &other_origin, &other_module, &padded};
    for (uint32_t i = 0; i < 5; i++) {
        assert_null(ph_catalog_intern(&catalog, all[i], &number));
        assert_int_equal(number, i); /* in order of first appearance */
    }
    assert_null(ph_catalog_intern(&catalog, &same, &number));
    assert_int_equal(number, 0);
    assert_null(ph_catalog_intern(&catalog, &other_module, &number));
    assert_int_equal(number, 3);
    assert_int_equal(catalog.count, 5);
    assert_ptr_not_equal(catalog.series[3].module, module); /* copied */
    assert_string_equal(catalog.series[3].module, "leaky");
}

static void module_and_tag_do_not_run_together(void **state)
{
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    struct ph_series first = series_of(PH_ORIGIN_ALLOCINFO, PH_POOL_SITE, "bc");
    struct ph_series second = series_of(PH_ORIGIN_ALLOCINFO, PH_POOL_SITE, "c");
    struct ph_series third = series_of(PH_ORIGIN_ALLOCINFO, PH_POOL_SITE, "abc");
    char a[] = "a", ab[] = "ab";
    uint32_t one, two, three;

    (void)state;
    first.module = a;
    second.module = ab;
    assert_null(ph_catalog_intern(&catalog, &first, &one));
    assert_null(ph_catalog_intern(&catalog, &second, &two));
    assert_null(ph_catalog_intern(&catalog, &third, &three));
    assert_int_equal(catalog.count, 3);
}

static void any_bytes(void **state)
{
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    char wide[5000];
    struct ph_series zeros = {.tag = {"a\0b\xff", 4}}, empty = {.tag = {"", 0}};
    struct ph_series longest = {.tag = {wide, sizeof(wide)}};
    uint32_t number, again;

    (void)state;
    memset(wide, 'w', sizeof(wide));
    assert_null(ph_catalog_intern(&catalog, &zeros, &number));
    assert_int_equal(catalog.series[number].tag.size, 4);
    assert_memory_equal(catalog.series[number].tag.data, "a\0b\xff", 4);
    assert_null(ph_catalog_intern(&catalog, &empty, &number));
    assert_null(ph_catalog_intern(&catalog, &longest, &number));
    assert_null(ph_catalog_intern(&catalog, &longest, &again));
    assert_int_equal(number, again);
    assert_int_equal(catalog.count, 3);
}

static void newer_facts_win(void **state)
{
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    struct ph_series like = series_of(PH_ORIGIN_SLABINFO, PH_POOL_UNRECLAIMABLE, "kmalloc-64");
    char aliases[] = "a b", newer[] = "a b c";
    uint32_t number;

    (void)state;
    like.object_bytes = 64;
    like.slab_bytes = 64;
    like.aliases = aliases;
    assert_null(ph_catalog_intern(&catalog, &like, &number));
    like.object_bytes = 0; /* unknown this time: what was known stays */
    like.slab_bytes = 72;
    like.aliases = NULL;
    like.flags = PH_SERIES_MERGED;
    assert_null(ph_catalog_intern(&catalog, &like, &number));
    const struct ph_series *kept = &catalog.series[number];
    assert_int_equal(kept->object_bytes, 64);
    assert_int_equal(kept->slab_bytes, 72);
    assert_int_equal(kept->flags, PH_SERIES_MERGED);
    assert_string_equal(kept->aliases, "a b");
    like.aliases = newer;
    assert_null(ph_catalog_intern(&catalog, &like, &number));
    assert_string_equal(catalog.series[number].aliases, "a b c");
}

static void out_of_memory(void **state)
{
    char module[] = "m", aliases[] = "x", tag[400];

    (void)state;
    memset(tag, 't', sizeof(tag)); /* its key does not fit the stack's buffer */
    for (long n = 0;; n++) {
        PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
        struct ph_series like = {.module = module, .aliases = aliases, .tag = {tag, sizeof(tag)}};
        uint32_t number = 99;

        ph_mem_fail_after(n);
        struct ph_error *error = ph_catalog_intern(&catalog, &like, &number);
        ph_mem_fail_after(-1);
        if (!error)
            break;
        assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
        assert_int_equal(catalog.count, 0);
        assert_int_equal(number, 99);
        assert_null(ph_catalog_intern(&catalog, &like, &number)); /* works when there is memory */
        assert_int_equal(number, 0);
        assert_true(n < 50);
    }
}

static void names(void **state)
{
    (void)state;
    for (int i = 0; i < PH_POOL_COUNT; i++) {
        enum ph_pool pool = PH_POOL_COUNT;
        assert_true(strlen(ph_pool_short((enum ph_pool)i)) <= 5);
        assert_true(ph_pool_from_name(ph_slice_of(ph_pool_name((enum ph_pool)i)), &pool));
        assert_int_equal(pool, i);
        assert_true(ph_pool_from_name(ph_slice_of(ph_pool_short((enum ph_pool)i)), &pool));
        assert_int_equal(pool, i);
    }
    for (int i = 0; i < PH_ORIGIN_COUNT; i++) {
        enum ph_origin origin = PH_ORIGIN_COUNT;
        assert_true(ph_origin_from_name(ph_slice_of(ph_origin_name((enum ph_origin)i)), &origin));
        assert_int_equal(origin, i);
    }
    for (int i = 0; i < PH_COLUMN_COUNT; i++) {
        enum ph_column column = PH_COLUMN_COUNT;
        assert_true(ph_column_from_id(ph_column_id((enum ph_column)i), &column));
        assert_int_equal(column, i);
    }
    enum ph_pool pool;
    enum ph_origin origin;
    enum ph_column column;
    assert_false(ph_pool_from_name(ph_slice_of("Nonpaged "), &pool));
    assert_false(ph_origin_from_name(ph_slice_of(""), &origin));
    assert_false(ph_column_from_id("Bytes", &column));
    /* a number from a newer recording */
    assert_string_equal(ph_pool_short((enum ph_pool)200), "?");
    assert_string_equal(ph_origin_name((enum ph_origin)200), "unknown");
    assert_string_equal(ph_verdict_id((enum ph_verdict)200), "UNKNOWN");
}

/* These numbers stand in recordings: a test that fails here saves somebody's data. */
static void stored_numbers_never_change(void **state)
{
    (void)state;
    assert_int_equal(PH_POOL_NONPAGED, 0);
    assert_int_equal(PH_POOL_PAGED, 1);
    assert_int_equal(PH_POOL_UNRECLAIMABLE, 2);
    assert_int_equal(PH_POOL_RECLAIMABLE, 3);
    assert_int_equal(PH_POOL_SITE, 7);
    assert_int_equal(PH_POOL_SESSION_PAGED, 9);
    assert_int_equal(PH_ORIGIN_SLABINFO, 0);
    assert_int_equal(PH_ORIGIN_MEMINFO, 3);
    assert_int_equal(PH_ORIGIN_SERIES_CSV, 11);
}

static void verdict_names(void **state)
{
    (void)state;
    assert_string_equal(ph_verdict_name(PH_VERDICT_GROWING, false), "GROWING");
    assert_string_equal(ph_verdict_name(PH_VERDICT_GROWING, true), "URGENT");
    assert_string_equal(ph_verdict_name(PH_VERDICT_LEAK_CONFIRMED, true), "LEAK");
    assert_string_equal(ph_verdict_id(PH_VERDICT_LEAK_CONFIRMED), "LEAK_CONFIRMED");
    for (int i = 0; i < PH_VERDICT_COUNT; i++)
        for (int k = 0; k < i; k++)
            assert_string_not_equal(ph_verdict_id((enum ph_verdict)i),
                                    ph_verdict_id((enum ph_verdict)k));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identity),
        cmocka_unit_test(module_and_tag_do_not_run_together),
        cmocka_unit_test(any_bytes),
        cmocka_unit_test(newer_facts_win),
        cmocka_unit_test(out_of_memory),
        cmocka_unit_test(names),
        cmocka_unit_test(stored_numbers_never_change),
        cmocka_unit_test(verdict_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
