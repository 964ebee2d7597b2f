/* Saved trees as people bring them: sosreports, copies of /proc, parts of either, other machines,
 * and what is wrong with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os.h"
#include "source/source.h"

static char root[64];

static void put(const char *name, const char *text)
{
    ph_autofree char *path = ph_format("%s/%s", root, name);
    ph_autofree char *directory = ph_strdup(path);

    *strrchr(directory, '/') = 0;
    assert_null(ph_make_directories(directory));
    (void)unlink(path);
    assert_null(ph_write_file(path, ph_slice_of(text)));
}

static int setup(void **state)
{
    (void)state;
    (void)snprintf(root, sizeof(root), "/tmp/poolhound-tree-XXXXXX");
    return mkdtemp(root) ? 0 : 1;
}

static int teardown(void **state)
{
    ph_autofree char *command = ph_format("rm -rf %s", root);

    (void)state;
    return system(command);
}

static const char slabinfo[] = "slabinfo - version: 2.1\n# name ...\n"
                               "dentry 100 120 192 21 1 : tunables 0 0 0 : slabdata 6 6 0\n"
                               "kmalloc-64 10 64 64 64 1 : tunables 0 0 0 : slabdata 1 1 0\n";
static const char meminfo[] =
    "MemTotal: 10000 kB\nMemAvailable: 5000 kB\nMemFree: 4000 kB\nCached: 10 kB\nAnonPages: 10 kB\n"
    "Slab: 300 kB\nSReclaimable: 100 kB\nSUnreclaim: 200 kB\nPageTables: 40 kB\n"
    "KernelStack: 60 kB\nVmallocUsed: 100 kB\nPercpu: 50 kB\n";

struct tree {
    struct ph_source *source;
    struct ph_catalog catalog;
    struct ph_sample sample;
    struct ph_machine machine;
};

static void tree_fini(struct tree *tree)
{
    ph_source_close(tree->source);
    ph_sample_fini(&tree->sample);
    ph_catalog_fini(&tree->catalog);
}

static struct ph_error *read_tree(struct tree *tree)
{
    bool end = false;

    PH_TRY(ph_source_open(&(struct ph_source_options){.path = root}, &tree->source));
    PH_TRY(tree->source->ops->read(tree->source, &tree->catalog, &tree->sample, &end));
    assert_false(end);
    tree->source->ops->machine(tree->source, &tree->machine);
    return NULL;
}

static void must(struct ph_error *error)
{
    if (error)
        fail_msg("%s", error->text);
}

static void fails_with(struct tree *tree, const char *text)
{
    struct ph_error *error = read_tree(tree);

    assert_non_null(error);
    if (!strstr(error->text, text) || !strstr(error->text, root))
        fail_msg("'%s' does not say '%s' of '%s'", error->text, text, root);
    ph_error_free(error);
}

static const struct ph_value *find(const struct tree *tree, const char *tag)
{
    for (size_t i = 0; i < tree->sample.count; i++)
        if (ph_slice_is(tree->catalog.series[tree->sample.values[i].series].tag, tag))
            return &tree->sample.values[i];
    return NULL;
}

static size_t losses_with(const struct tree *tree, const char *text)
{
    size_t count = 0;

    for (size_t i = 0; i < tree->sample.losses.count; i++)
        count += strstr(tree->sample.losses.items[i].what, text) != NULL;
    return count;
}

static void a_sosreport_tells_host_kernel_and_time(void **state)
{
    PH_GUARD(tree_fini) struct tree tree = {0};

    (void)state;
    put("proc/slabinfo", slabinfo);
    put("proc/meminfo", meminfo);
    put("sos_commands/kernel/uname_-a", "Linux server7.example 6.1.0-56-amd64 #1 SMP x86_64 GNU\n");
    put("sos_commands/host/hostname", "server7\n");
    put("sos_commands/date/date", "Tue Nov 10 09:15:01 UTC 2026\n");
    put("uptime", " 09:15:01 up 3 days\n");
    must(read_tree(&tree));
    assert_string_equal(tree.machine.host, "server7");
    assert_string_equal(tree.machine.release, "6.1.0-56-amd64");
    assert_int_equal(tree.sample.time_kind, PH_TIME_REAL);
    assert_true(tree.sample.time_ns == INT64_C(1794302101) * PH_SECOND);
    assert_true(tree.sample.boottime_ns == -1); /* unknown is not zero */
    assert_int_equal(losses_with(&tree, "date"), 0);
}

static void a_date_without_a_known_zone_is_local(void **state)
{
    PH_GUARD(tree_fini) struct tree tree = {0};

    (void)state;
    put("proc/slabinfo", slabinfo);
    put("proc/meminfo", meminfo);
    put("date", "Tue Nov 10 09:15:01 IST 2026\n"); /* Ireland, Israel, India */
    must(read_tree(&tree));
    assert_int_equal(tree.sample.time_kind, PH_TIME_LOCAL);
    assert_true(tree.sample.time_ns == INT64_C(1794302101) * PH_SECOND);
    assert_int_equal(losses_with(&tree, "time zone"), 1);
}

static void a_date_that_is_none_is_told(void **state)
{
    PH_GUARD(tree_fini) struct tree tree = {0};

    (void)state;
    put("proc/meminfo", meminfo);
    put("date", "bash: date: command not found\n");
    must(read_tree(&tree));
    assert_int_equal(losses_with(&tree, "no date that is understood"), 1);
    assert_true(tree.sample.time_ns > 0); /* the file's own */
}

static void without_slabinfo_totals_are_rows(void **state)
{
    PH_GUARD(tree_fini) struct tree tree = {0};

    (void)state;
    put("meminfo", meminfo); /* a copy of /proc itself */
    must(read_tree(&tree));
    assert_int_equal(find(&tree, "(slab, unreclaimable)")->bytes, 200 * 1024);
    assert_int_equal(find(&tree, "(slab, reclaimable)")->bytes, 100 * 1024);
    assert_null(find(&tree, "(large kmalloc)"));
    assert_non_null(find(&tree, "(vmalloc)"));
    assert_int_equal(losses_with(&tree, "slabinfo"), 1);
    assert_int_equal(losses_with(&tree, "zoneinfo"), 1);
}

static void without_meminfo_caches_remain(void **state)
{
    PH_GUARD(tree_fini) struct tree tree = {0};

    (void)state;
    put("proc/slabinfo", slabinfo);
    must(read_tree(&tree));
    assert_int_equal(find(&tree, "dentry")->bytes, 19200);
    assert_null(find(&tree, "(unaccounted)"));
    assert_int_equal(tree.sample.pools[PH_POOL_UNRECLAIMABLE].have, 0);
    assert_true(tree.sample.memory.total == -1);
    assert_int_equal(losses_with(&tree, "meminfo"), 1);
}

static void kinds_come_from_names_without_sys(void **state)
{
    PH_GUARD(tree_fini) struct tree tree = {0};

    (void)state;
    put("proc/slabinfo", slabinfo);
    must(read_tree(&tree));
    assert_int_equal(tree.catalog.series[find(&tree, "dentry")->series].pool, PH_POOL_RECLAIMABLE);
    assert_int_equal(tree.catalog.series[find(&tree, "kmalloc-64")->series].pool,
                     PH_POOL_UNRECLAIMABLE);
    assert_int_equal(losses_with(&tree, "sys/kernel/slab"), 1);
}

static void another_version_is_named_and_the_rest_read(void **state)
{
    PH_GUARD(tree_fini) struct tree tree = {0};

    (void)state;
    put("proc/slabinfo", "slabinfo - version: 3.0\ndentry 1 2 3\n");
    put("proc/meminfo", meminfo);
    put("proc/allocinfo", "allocinfo - version: 9\n");
    must(read_tree(&tree));
    assert_int_equal(losses_with(&tree, "slabinfo version '3.0'"), 1);
    assert_int_equal(losses_with(&tree, "allocinfo version '9'"), 1);
    assert_non_null(find(&tree, "(slab, unreclaimable)")); /* not quietly low */
}

static void nothing_readable_is_an_error(void **state)
{
    PH_GUARD(tree_fini) struct tree empty = {0};
    PH_GUARD(tree_fini) struct tree hollow = {0};

    (void)state;
    fails_with(&empty, "neither");
    put("proc/slabinfo", "");
    fails_with(&hollow, "is empty");
}

static void cut_files_are_told(void **state)
{
    PH_GUARD(tree_fini) struct tree tree = {0};

    (void)state;
    put("proc/slabinfo", "slabinfo - version: 2.1\n"
                         "dentry 100 120 192 21 1 : tunables 0 0 0 : slabdata 6 6 0\n"
                         "kmalloc-64 10 64 64 6");
    put("proc/meminfo", "MemTotal: 10000 kB\nSUnreclaim: 200 kB\nPageTables: 4");
    must(read_tree(&tree));
    assert_non_null(find(&tree, "dentry"));
    assert_null(find(&tree, "kmalloc-64"));
    assert_null(find(&tree, "(page tables)"));
    assert_null(find(&tree, "(large kmalloc)")); /* Slab minus a part of the caches would lie */
    assert_int_equal(losses_with(&tree, "slabinfo: ends within a line"), 1);
    assert_int_equal(losses_with(&tree, "meminfo: ends within a line"), 1);
}

static void pages_of_64_kilobytes(void **state)
{
    PH_GUARD(tree_fini) struct tree tree = {0};

    (void)state;
    put("proc/meminfo", "MemTotal: 1000000 kB\nMemFree: 400000 kB\nCached: 100000 kB\n"
                        "AnonPages: 100000 kB\nSlab: 200000 kB\nSUnreclaim: 64000 kB\n");
    put("proc/vmstat", "nr_slab_unreclaimable 1000\n");
    put("proc/zoneinfo", "    cpu: 0\n              count:    1000\n");
    put("proc/vmallocinfo", "0x1-0x2 196608 tick+0x1/0x2 [leaky] pages=2 vmalloc N0=2\n");
    must(read_tree(&tree));
    assert_int_equal(tree.machine.page_bytes, 65536);
    assert_int_equal(find(&tree, "tick")->bytes, 2 * 65536);
    assert_int_equal(find(&tree, "(unaccounted)")->bytes,
                     (200000 - 64000 - 128) * 1024); /* less the areas */
}

static void absurd_areas_do_not_overflow(void **state)
{
    PH_GUARD(tree_fini) struct tree tree = {0};
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    (void)state;
    for (size_t i = 0; i < 600000; i++)
        ph_text_puts(&text, "0x1-0x2 8192 f+0x1/0x2 pages=4294967295\n");
    put("proc/meminfo", meminfo);
    put("proc/vmallocinfo", text.data);
    must(read_tree(&tree));
    assert_true(find(&tree, "f")->bytes == INT64_MAX);
    assert_int_equal(find(&tree, "f")->objects, 600000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_sosreport_tells_host_kernel_and_time),
        TEST(a_date_without_a_known_zone_is_local),
        TEST(a_date_that_is_none_is_told),
        TEST(without_slabinfo_totals_are_rows),
        TEST(without_meminfo_caches_remain),
        TEST(kinds_come_from_names_without_sys),
        TEST(another_version_is_named_and_the_rest_read),
        TEST(nothing_readable_is_an_error),
        TEST(cut_files_are_told),
        TEST(pages_of_64_kilobytes),
        TEST(absurd_areas_do_not_overflow),
    };

    return cmocka_run_group_tests_name("linux trees", tests, NULL, NULL);
}
