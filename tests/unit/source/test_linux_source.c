/* The Linux source as a whole: saved trees made here, and the live kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/os.h"
#include "source/source.h"

static char root[] = "/tmp/poolhound-tree-XXXXXX";

static void put(const char *name, const char *text)
{
    ph_autofree char *path = ph_format("%s/%s", root, name);
    ph_autofree char *directory = ph_strdup(path);

    *strrchr(directory, '/') = 0;
    assert_null(ph_make_directories(directory));
    (void)unlink(path);
    assert_null(ph_write_file(path, ph_slice_of(text)));
}

static void link_cache(const char *name, const char *target)
{
    ph_autofree char *path = ph_format("%s/sys/kernel/slab/%s", root, name);

    (void)unlink(path);
    assert_int_equal(symlink(target, path), 0);
}

static const char slabinfo[] = "slabinfo - version: 2.1\n# name ...\n"
                               "leaky_cache 100 120 72 56 1 : tunables 0 0 0 : slabdata 2 2 0\n"
                               "mlx5_fs_ftes 5 5 600 13 2 : tunables 0 0 0 : slabdata 1 1 0\n"
                               "mlx5_fs_ftes 7 7 600 13 2 : tunables 0 0 0 : slabdata 1 1 0\n"
                               "UNIX 10 10 1024 13 2 : tunables 0 0 0 : slabdata 1 1 0\n"
                               "this line is cut";
static const char meminfo[] =
    "MemTotal: 10000 kB\nMemAvailable: 5000 kB\nMemFree: 4000 kB\n"
    "Cached: 10 kB\nAnonPages: 10 kB\nSlab: 300 kB\nSReclaimable: 100 kB\n"
    "SUnreclaim: 200 kB\nPageTables: 40 kB\nKernelStack: 60 kB\n"
    "VmallocUsed: 100 kB\nPercpu: 50 kB\n";

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(root))
        return 1;
    put("proc/slabinfo", slabinfo);
    put("proc/meminfo", meminfo);
    put("proc/vmallocinfo", "0x1-0x2 8192 tick+0x1/0x2 [leaky] pages=1 vmalloc N0=1\n"
                            "0x2-0x3 12288 tick+0x1/0x2 [leaky] pages=2 vmalloc N0=2\n"
                            "0x4-0x5 8192 unpurged vm_area\n");
    put("proc/allocinfo", "allocinfo - version: 1.0\n# <size> <calls> <tag info>\n"
                          " 4096 1 leaky.c:16 [leaky] func:leak_it \n 0 0 init/main.c:1 func:f \n");
    put("proc/version", "Linux version 6.1.0-56-amd64 (debian) #1 SMP\n");
    put("proc/uptime", "3600.25 7000.00\n");
    put("proc/sys/kernel/random/boot_id", "11111111-2222-3333-4444-555555555555\n");
    put("proc/sys/kernel/hostname", "server7\n");
    put("sys/kernel/slab/leaky_cache/reclaim_account", "0\n");
    put("sys/kernel/slab/leaky_cache/object_size", "64\n");
    put("sys/kernel/slab/:aA-0001024/reclaim_account", "1\n");
    link_cache("UNIX", ":aA-0001024");
    link_cache("other_cache", ":aA-0001024");
    return 0;
}

static int teardown(void **state)
{
    ph_autofree char *command = ph_format("rm -rf %s", root);

    (void)state;
    return system(command);
}

static struct ph_error *read_tree(const char *path, struct ph_catalog *catalog,
                                  struct ph_sample *sample)
{
    PH_GUARD(ph_source_closep) struct ph_source *source = NULL;
    struct ph_source_options options = {.path = path};
    bool end = false;

    PH_TRY(ph_source_open(&options, &source));
    PH_TRY(source->ops->read(source, catalog, sample, &end));
    assert_false(end);
    size_t count = sample->count;
    PH_TRY(source->ops->read(source, catalog, sample, &end));
    assert_true(end); /* one reading, then the end, which leaves the sample alone */
    assert_int_equal(sample->count, count);
    return NULL;
}

static const struct ph_value *value_of(const struct ph_catalog *catalog,
                                       const struct ph_sample *sample, const char *tag,
                                       const struct ph_series **series)
{
    for (size_t i = 0; i < sample->count; i++) {
        *series = &catalog->series[sample->values[i].series];
        if (ph_slice_is((*series)->tag, tag))
            return &sample->values[i];
    }
    fail_msg("no tag '%s'", tag);
    return NULL;
}

static bool lost(const struct ph_sample *sample, const char *what)
{
    for (size_t i = 0; i < sample->losses.count; i++)
        if (strstr(sample->losses.items[i].what, what))
            return true;
    return false;
}

static void reads_a_saved_tree(void **state)
{
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    const struct ph_series *series;

    (void)state;
    assert_null(read_tree(root, &catalog, &sample));
    const struct ph_value *value = value_of(&catalog, &sample, "leaky_cache", &series);
    assert_int_equal(value->objects, 100);
    assert_int_equal(value->bytes, 7200);
    assert_int_equal(value->have, PH_HAVE_OBJECTS | PH_HAVE_BYTES);
    assert_int_equal(series->pool, PH_POOL_UNRECLAIMABLE);
    assert_int_equal(series->slab_bytes, 72);   /* by slabinfo: with metadata and padding */
    assert_int_equal(series->object_bytes, 64); /* by /sys/kernel/slab */

    value = value_of(&catalog, &sample, "mlx5_fs_ftes", &series);
    assert_int_equal(value->objects, 12); /* two caches of one name are summed, and it is said */
    assert_true(lost(&sample, "mlx5_fs_ftes"));

    (void)value_of(&catalog, &sample, "UNIX", &series);
    assert_int_equal(series->pool, PH_POOL_RECLAIMABLE);
    assert_string_equal(series->aliases, "other_cache");
    assert_true(series->flags & PH_SERIES_MERGED);

    value = value_of(&catalog, &sample, "tick", &series);
    assert_int_equal(value->bytes, 3 * 4096);
    assert_int_equal(value->objects, 2);
    assert_string_equal(series->module, "leaky");

    value = value_of(&catalog, &sample, "leak_it leaky.c:16", &series);
    assert_int_equal(value->bytes, 4096);
    assert_true(series->flags & PH_SERIES_COUNTS_TWICE);

    value = value_of(&catalog, &sample, "(page tables)", &series);
    assert_int_equal(value->bytes, 40 * 1024);
    assert_int_equal(sample.pools[PH_POOL_UNRECLAIMABLE].bytes, 200 * 1024);
    assert_int_equal(sample.pools[PH_POOL_UNRECLAIMABLE].limit_bytes, 5200 * 1024);
    assert_true(sample.boottime_ns == INT64_C(3600250000000));
    assert_true(lost(&sample, "lines not understood, the first is line 7"));
    assert_true(lost(&sample, "does not say when it was saved"));
}

static void knows_the_machine_of_a_tree(void **state)
{
    PH_GUARD(ph_source_closep) struct ph_source *source = NULL;
    struct ph_source_options options = {.path = root};
    struct ph_machine machine;

    (void)state;
    assert_null(ph_source_open(&options, &source));
    source->ops->machine(source, &machine);
    assert_string_equal(machine.host, "server7");
    assert_string_equal(machine.release, "6.1.0-56-amd64");
    assert_string_equal(machine.boot_id, "11111111-2222-3333-4444-555555555555");
}

static void a_copy_of_proc_itself_will_do(void **state)
{
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    ph_autofree char *proc = ph_format("%s/proc", root);
    const struct ph_series *series;

    (void)state;
    assert_null(read_tree(proc, &catalog, &sample));
    (void)value_of(&catalog, &sample, "leaky_cache", &series);
    assert_true(lost(&sample, "sys/kernel/slab"));
}

static void an_empty_directory_is_no_tree(void **state)
{
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    ph_autofree char *path = ph_format("%s/sys", root);

    (void)state;
    struct ph_error *error = read_tree(path, &catalog, &sample);
    assert_non_null(error);
    assert_non_null(strstr(error->text, path));
    assert_non_null(strstr(error->text, "neither a readable slabinfo nor meminfo"));
    ph_error_free(error);
}

static void every_failed_allocation_is_an_error(void **state)
{
    long asked = 0;

    (void)state;
    for (long n = 0;; n++) {
        PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
        PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
        ph_mem_fail_after(n);
        struct ph_error *error = read_tree(root, &catalog, &sample);
        asked = ph_mem_asked();
        ph_mem_fail_after(-1);
        if (!error)
            break;
        assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
    }
    assert_true(asked > 50);
}

/* Slab pages hold free objects and padding too, so the caches' sum is below Slab, but not far. */
static void the_live_kernel_adds_up(void **state)
{
    PH_GUARD(ph_source_closep) struct ph_source *source = NULL;
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    struct ph_source_options options = {0};
    int64_t sum = 0;
    bool end;

    (void)state;
    if (access("/proc/slabinfo", R_OK)) {
        print_message("SKIP: reading /proc/slabinfo needs root\n");
        skip();
    }
    assert_null(ph_source_open(&options, &source));
    for (int round = 0; round < 3; round++)
        assert_null(source->ops->read(source, &catalog, &sample, &end));
    for (size_t i = 0; i < sample.count; i++)
        if (catalog.series[sample.values[i].series].origin == PH_ORIGIN_SLABINFO)
            sum += sample.values[i].bytes;
    int64_t slab =
        sample.pools[PH_POOL_UNRECLAIMABLE].bytes + sample.pools[PH_POOL_RECLAIMABLE].bytes;
    assert_true(sum > slab / 4 && sum < slab + slab / 4);
    assert_true(sample.count > 50);
}

static int nobody(void *context, FILE *stream)
{
    struct ph_source_options options = {0};
    struct ph_catalog catalog = {0};
    struct ph_sample sample = {0};
    struct ph_source *source = NULL;
    bool end;

    (void)context;
    if (setgid(65534) || setuid(65534) || ph_source_open(&options, &source) ||
        source->ops->read(source, &catalog, &sample, &end))
        return fprintf(stream, "failed\n") < 0;
    size_t lines = 0;
    for (size_t i = 0; i < sample.losses.count; i++)
        lines += strstr(sample.losses.items[i].what, "/proc/slabinfo") != NULL;
    (void)fprintf(stream, "%zu lines about slabinfo, %s\n", lines,
                  sample.pools[PH_POOL_UNRECLAIMABLE].have & PH_TOTAL_BYTES ? "totals"
                                                                            : "no totals");
    return fflush(stream);
}

static void without_privilege_totals_remain(void **state)
{
    PH_GUARD(ph_child_stopp) struct ph_child *child = NULL;
    PH_GUARD(ph_text_fini) struct ph_text line = {0};

    (void)state;
    if (geteuid() != 0) {
        print_message("SKIP: needs root to become somebody else\n");
        skip();
    }
    assert_null(ph_child_start(nobody, NULL, &child));
    assert_true(ph_child_line(child, 10 * PH_SECOND, &line));
    assert_string_equal(line.data, "1 lines about slabinfo, totals");
}

static int dropped(void *context, FILE *stream)
{
    struct ph_source_options options = {0};
    struct ph_catalog catalog = {0};
    struct ph_sample sample = {0};
    struct ph_source *source = NULL;
    const char *kept;
    bool end;

    (void)context;
    if (ph_source_open(&options, &source) || ph_drop_privileges(NULL, 0, &kept) ||
        source->ops->read(source, &catalog, &sample, &end))
        return fprintf(stream, "failed\n") < 0;
    (void)fprintf(stream, "%s\n", sample.count > 50 ? "reads on" : "reads nothing");
    return fflush(stream);
}

static void reads_on_after_privileges_are_dropped(void **state)
{
    PH_GUARD(ph_child_stopp) struct ph_child *child = NULL;
    PH_GUARD(ph_text_fini) struct ph_text line = {0};

    (void)state;
    if (access("/proc/slabinfo", R_OK)) {
        print_message("SKIP: reading /proc/slabinfo needs root\n");
        skip();
    }
    assert_null(ph_child_start(dropped, NULL, &child));
    assert_true(ph_child_line(child, 10 * PH_SECOND, &line));
    assert_string_equal(line.data, "reads on");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_saved_tree),
        cmocka_unit_test(knows_the_machine_of_a_tree),
        cmocka_unit_test(a_copy_of_proc_itself_will_do),
        cmocka_unit_test(an_empty_directory_is_no_tree),
        cmocka_unit_test(every_failed_allocation_is_an_error),
        cmocka_unit_test(the_live_kernel_adds_up),
        cmocka_unit_test(without_privilege_totals_remain),
        cmocka_unit_test(reads_on_after_privileges_are_dropped),
    };

    return cmocka_run_group_tests_name("linux source", tests, setup, teardown);
}
