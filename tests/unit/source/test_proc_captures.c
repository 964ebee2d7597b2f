/* Saved trees as they come: a capture of Linux 6.18, and a sosreport of an old kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/os.h"
#include "source/source.h"

#define TREES TEST_DATA "/proc-trees/"

struct tree {
    struct ph_catalog catalog;
    struct ph_sample sample;
    struct ph_machine machine;
};

static void tree_fini(struct tree *tree)
{
    ph_sample_fini(&tree->sample);
    ph_catalog_fini(&tree->catalog);
}

static struct ph_error *tree_read(const char *path, bool no_sites, struct tree *tree)
{
    PH_GUARD(ph_source_closep) struct ph_source *source = NULL;
    struct ph_source_options options = {.path = path, .no_sites = no_sites};
    bool end = true;

    PH_TRY(ph_source_open(&options, &source));
    PH_TRY(source->ops->read(source, &tree->catalog, &tree->sample, &end));
    assert_false(end);
    source->ops->machine(source, &tree->machine);
    return NULL;
}

static const struct ph_value *find(const struct tree *tree, const char *tag)
{
    for (size_t i = 0; i < tree->sample.count; i++)
        if (ph_slice_is(tree->catalog.series[tree->sample.values[i].series].tag, tag))
            return &tree->sample.values[i];
    return NULL;
}

static const struct ph_series *series_of(const struct tree *tree, const char *tag)
{
    const struct ph_value *value = find(tree, tag);

    if (!value)
        fail_msg("no tag '%s'", tag);
    return &tree->catalog.series[value->series];
}

static bool lost(const struct tree *tree, const char *what)
{
    for (size_t i = 0; i < tree->sample.losses.count; i++)
        if (strstr(tree->sample.losses.items[i].what, what))
            return true;
    return false;
}

/* Everything that the kernel says it has must be found again: no row twice, no memory twice. */
static void linux_6_18_adds_up(void **state)
{
    PH_GUARD(tree_fini) struct tree tree = {0};
    int64_t slab = 0, vmalloc = 0, stacks = 0;
    size_t caches = 0;

    (void)state;
    assert_null(tree_read(TREES "linux-6.18", false, &tree));
    for (size_t i = 0; i < tree.sample.count; i++) {
        const struct ph_value *value = &tree.sample.values[i];
        const struct ph_series *series = &tree.catalog.series[value->series];
        if (series->origin == PH_ORIGIN_SLABINFO) {
            slab += value->bytes;
            caches++;
        }
        if (series->origin == PH_ORIGIN_VMALLOCINFO)
            *(series->flags & PH_SERIES_COUNTS_TWICE ? &stacks : &vmalloc) += value->bytes;
    }
    assert_int_equal(caches, 235);
    int64_t slab_pools = tree.sample.pools[PH_POOL_UNRECLAIMABLE].bytes +
                         tree.sample.pools[PH_POOL_RECLAIMABLE].bytes;
    int64_t large = find(&tree, "(large kmalloc)")->bytes;
    assert_true(slab + large > slab_pools / 2 && slab + large < slab_pools);
    assert_true(large > 4 << 20 && large < 12 << 20);
    /* the listing holds every area with memory but some of the stacks */
    int64_t told = tree.sample.pools[PH_POOL_VMALLOC].bytes;
    assert_true(vmalloc > told - told / 20 && vmalloc < told + told / 20);
    assert_true(stacks > 0 && stacks < find(&tree, "(kernel stacks)")->bytes);
    /* free pages on the processors' lists are not unaccounted: 34 MB of them in this capture */
    const struct ph_value *unaccounted = find(&tree, "(unaccounted)");
    assert_true(unaccounted->have & PH_IS_ESTIMATED);
    assert_true(unaccounted->bytes > 10 << 20 && unaccounted->bytes < 20 << 20);

    assert_string_equal(tree.machine.release, "6.18.44");
    assert_int_equal(tree.machine.page_bytes, 4096);
    assert_int_equal(tree.sample.memory.page_faults, 94340693);
    assert_int_equal(strlen(tree.machine.boot_id), 36);
    assert_true(tree.sample.boottime_ns > 3600 * PH_SECOND);
    assert_true(lost(&tree, "does not say when it was saved"));
    assert_true(lost(&tree, "sys/kernel/slab: is not there"));
    assert_false(lost(&tree, "not understood"));
}

static void totals_need_no_sites(void **state)
{
    PH_GUARD(tree_fini) struct tree tree = {0};

    (void)state;
    assert_null(tree_read(TREES "linux-6.18", true, &tree));
    assert_null(find(&tree, "htab_map_alloc"));
    assert_int_equal(find(&tree, "(vmalloc)")->bytes, tree.sample.pools[PH_POOL_VMALLOC].bytes);
}

static void a_sosreport_says_whose_and_when(void **state)
{
    PH_GUARD(tree_fini) struct tree tree = {0};

    (void)state;
    assert_null(tree_read(TREES "sosreport", false, &tree));
    assert_string_equal(tree.machine.host, "server7");
    assert_int_equal(tree.sample.memory.page_faults, -1); /* has no vmstat */
    assert_string_equal(tree.machine.release, "3.10.0-1160.el7.x86_64");
    assert_int_equal(tree.sample.time_kind, PH_TIME_REAL);
    /* 2026-11-22T23:40:01Z, from date --utc and not from the local date beside it */
    assert_true(tree.sample.time_ns == INT64_C(1795390801) * PH_SECOND);
    assert_true(tree.sample.boottime_ns == INT64_C(86400500) * 1000000);
    assert_false(lost(&tree, "date"));
    assert_string_equal(tree.machine.boot_id, "");
}

/* VmallocUsed of Linux 3.10 is address space, 181 MB of it; 513 pages are memory. */
static void old_kernels_are_not_believed_about_vmalloc(void **state)
{
    PH_GUARD(tree_fini) struct tree tree = {0}, totals = {0};

    (void)state;
    assert_null(tree_read(TREES "sosreport", false, &tree));
    assert_int_equal(find(&tree, "alloc_large_system_hash")->bytes, 512 * 4096);
    assert_string_equal(series_of(&tree, "tick")->module, "leaky");
    assert_int_equal(tree.sample.pools[PH_POOL_VMALLOC].bytes, 513 * 4096);
    assert_null(tree_read(TREES "sosreport", true, &totals));
    assert_false(totals.sample.pools[PH_POOL_VMALLOC].have & PH_TOTAL_BYTES);
    assert_null(find(&totals, "(vmalloc)"));
    assert_null(find(&totals, "(per-CPU)")); /* unknown to 3.10: not zero, not there */
    int64_t rest =
        INT64_C(1024) * (8008208 - 4000000 - 2108 - 1500000 - 1200000 - 190000 - 5000 - 20000);
    assert_true(find(&totals, "(unaccounted)")->bytes == rest);
    assert_true(find(&tree, "(unaccounted)")->bytes == rest - 513 * 4096);
}

static void kinds_by_name_without_sys(void **state)
{
    PH_GUARD(tree_fini) struct tree tree = {0};

    (void)state;
    assert_null(tree_read(TREES "sosreport", false, &tree));
    assert_int_equal(series_of(&tree, "dentry")->pool, PH_POOL_RECLAIMABLE);
    assert_int_equal(series_of(&tree, "kmalloc-rcl-64")->pool, PH_POOL_RECLAIMABLE);
    assert_int_equal(series_of(&tree, "kmalloc-64")->pool, PH_POOL_UNRECLAIMABLE);
    assert_true(lost(&tree, "taken from the caches' names"));
    assert_int_equal(find(&tree, "dentry")->bytes, INT64_C(923895) * 192);
    assert_int_equal(series_of(&tree, "dentry")->slab_bytes, 192);
    assert_int_equal(series_of(&tree, "dentry")->object_bytes, 0); /* only /sys tells */
}

/* The pool's end is what is available beyond it; reclaimable slab is available already. */
static void limits_follow_what_is_available(void **state)
{
    PH_GUARD(tree_fini) struct tree tree = {0};

    (void)state;
    assert_null(tree_read(TREES "sosreport", false, &tree));
    const struct ph_pool_total *pools = tree.sample.pools;
    assert_true(pools[PH_POOL_UNRECLAIMABLE].limit_bytes == INT64_C(1024) * (12000 + 5200000));
    assert_true(pools[PH_POOL_RECLAIMABLE].limit_bytes == INT64_C(1024) * 5200000);
}

static void every_failed_allocation_is_an_error(void **state)
{
    long n = 0;

    (void)state;
    for (bool done = false; !done; n++) {
        PH_GUARD(tree_fini) struct tree tree = {0};
        ph_mem_fail_after(n);
        struct ph_error *error = tree_read(TREES "sosreport", false, &tree);
        ph_mem_fail_after(-1);
        done = !error;
        if (error)
            assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
    }
    assert_true(n > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linux_6_18_adds_up),
        cmocka_unit_test(totals_need_no_sites),
        cmocka_unit_test(a_sosreport_says_whose_and_when),
        cmocka_unit_test(old_kernels_are_not_believed_about_vmalloc),
        cmocka_unit_test(kinds_by_name_without_sys),
        cmocka_unit_test(limits_follow_what_is_available),
        cmocka_unit_test(every_failed_allocation_is_an_error),
    };

    return cmocka_run_group_tests_name("proc captures", tests, NULL, NULL);
}
