/* The parsers of /proc, on lines captured from real kernels and on nonsense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "source/linux/allocinfo.h"
#include "source/linux/meminfo.h"
#include "source/linux/slabinfo.h"
#include "source/linux/vmallocinfo.h"
#include "source/linux/zoneinfo.h"

static void is(struct ph_slice slice, const char *text)
{
    if (!ph_slice_is(slice, text))
        fail_msg("'%.*s' is not '%s'", (int)slice.size, slice.data, text);
}

/* ------------------------------------------------------------------ slabinfo */

static enum ph_line_kind slab(const char *line, struct ph_slab_line *parsed)
{
    return ph_slabinfo_line(ph_slice_of(line), parsed);
}

static const char tail[] = " : tunables    0    0    0 : slabdata     44     44      0";

/* The line of a cache with these five numbers. */
static enum ph_line_kind slab_of(const char *front, struct ph_slab_line *parsed)
{
    static char line[512]; /* the name in `parsed` points into it */

    (void)snprintf(line, sizeof(line), "%s%s", front, tail);
    return slab(line, parsed);
}

static void slab_lines(void **state)
{
    struct ph_slab_line parsed;

    (void)state;
    assert_int_equal(slab_of("btrfs_ordered_extent      3      5    416   19    2", &parsed),
                     PH_LINE_VALUE);
    is(parsed.name, "btrfs_ordered_extent");
    assert_int_equal(parsed.active_objects, 3);
    assert_int_equal(parsed.objects, 5);
    assert_int_equal(parsed.object_bytes, 416);
    assert_int_equal(parsed.objects_per_slab, 19);
    assert_int_equal(parsed.pages_per_slab, 2);
    assert_int_equal(parsed.slabs, 44);
    assert_int_equal(slab("# name            <active_objs> <num_objs>", &parsed), PH_LINE_COMMENT);
    assert_int_equal(slab("", &parsed), PH_LINE_COMMENT);
    assert_int_equal(slab_of("dentry many 1 1 1 1", &parsed), PH_LINE_BAD);
    assert_int_equal(slab_of("dentry -1 1 1 1 1", &parsed), PH_LINE_BAD);
    assert_int_equal(slab_of("dentry 99999999999999999999 1 1 1 1", &parsed), PH_LINE_BAD);
    assert_int_equal(slab_of("dentry 9223372036854775807 1 4096 1 1", &parsed), PH_LINE_BAD);
    assert_int_equal(slab_of("dentry 1 1 4294967296 1 1", &parsed), PH_LINE_BAD);
    assert_int_equal(slab_of("dentry 2147483647 1 4294967295 1 1", &parsed), PH_LINE_VALUE);
    assert_true(parsed.active_objects * parsed.object_bytes < INT64_MAX);
}

/* Names are what a driver's author wrote: blanks, digits, a colon, no end of it. */
static void slab_names(void **state)
{
    struct ph_slab_line parsed;

    (void)state;
    assert_int_equal(slab_of("my cache 2 5 7 416 19 2", &parsed), PH_LINE_VALUE);
    is(parsed.name, "my cache 2");
    assert_int_equal(parsed.active_objects, 5);
    assert_int_equal(slab_of("fat:0 1 2 3 4 5", &parsed), PH_LINE_VALUE);
    is(parsed.name, "fat:0");
    assert_int_equal(slab_of("\xff\x1b[31m 1 2 3 4 5", &parsed), PH_LINE_VALUE);
    is(parsed.name, "\xff\x1b[31m");
    assert_int_equal(
        slab_of("a_very_long_name_that_pushes_every_column_to_the_right_and_then_some_more 1 2 3 4 "
                "5",
                &parsed),
        PH_LINE_VALUE);
    assert_int_equal(parsed.pages_per_slab, 5);
}

/* A line cut anywhere is bad or has the numbers of the whole one, never others. */
static void cut_slab_lines_never_lie(void **state)
{
    const char whole[] = "kmalloc-64          7107   7296     64   64    1 : tunables    0    0    "
                         "0 : slabdata    114    114      0";
    struct ph_slab_line parsed;
    size_t good = 0;

    (void)state;
    for (size_t size = 1; size <= sizeof(whole) - 1; size++) {
        if (ph_slabinfo_line((struct ph_slice){whole, size}, &parsed) != PH_LINE_VALUE)
            continue;
        good++;
        assert_int_equal(parsed.active_objects, 7107);
        assert_int_equal(parsed.object_bytes, 64);
        assert_int_equal(parsed.slabs, 114);
    }
    assert_true(good >= 1 && good < 10);
}

static void head_is(struct ph_error *(*head)(struct ph_reader *), const char *text,
                    const char *refused)
{
    struct ph_reader reader = ph_reader_of("file", text, strlen(text));
    struct ph_error *error = head(&reader);

    if (!refused) {
        assert_null(error);
        return;
    }
    assert_non_null(error);
    assert_int_equal(error->code, PH_ERR_FORMAT);
    if (!strstr(error->text, refused))
        fail_msg("'%s' does not say '%s'", error->text, refused);
    ph_error_free(error);
}

static void heads_name_the_version_they_refuse(void **state)
{
    (void)state;
    head_is(ph_slabinfo_head, "slabinfo - version: 2.1\n", NULL);
    head_is(ph_slabinfo_head, "slabinfo - version: 1.1\n", "1.1");
    head_is(ph_slabinfo_head, "hello\n", "line 1");
    head_is(ph_slabinfo_head, "", "is empty");
    head_is(ph_allocinfo_head, "allocinfo - version: 1.0\n", NULL);
    head_is(ph_allocinfo_head, "allocinfo - version: 2.0\n", NULL);
    head_is(ph_allocinfo_head, "allocinfo - version: 3.0\n", "3.0");
    head_is(ph_allocinfo_head, "", "is empty");
}

/* ------------------------------------------------------------------ allocinfo */

static enum ph_line_kind site(const char *line, struct ph_alloc_site *parsed)
{
    return ph_allocinfo_line(ph_slice_of(line), parsed);
}

static void allocation_sites(void **state)
{
    struct ph_alloc_site parsed;

    (void)state;
    assert_int_equal(
        site("     4423680     1080 /usr/src/leaky/leaky.c:16 [leaky] func:leaky_kmalloc_site ",
             &parsed),
        PH_LINE_VALUE);
    assert_int_equal(parsed.bytes, 4423680);
    assert_int_equal(parsed.calls, 1080);
    is(parsed.place, "/usr/src/leaky/leaky.c:16");
    is(parsed.module, "leaky");
    is(parsed.function, "leaky_kmalloc_site");
    assert_false(parsed.inaccurate);
    assert_int_equal(site("  14258176     2131 mm/slub.c:2478 func:alloc_slab_page ", &parsed),
                     PH_LINE_VALUE);
    assert_int_equal(parsed.module.size, 0);
    assert_int_equal(site("-64 -1 mm/slub.c:2478 func:f accurate:no later:thing ", &parsed),
                     PH_LINE_VALUE);
    assert_int_equal(parsed.bytes, -64);
    assert_true(parsed.inaccurate);
    assert_int_equal(site("#     <size>  <calls> <tag info>", &parsed), PH_LINE_COMMENT);
    assert_int_equal(site("  14258176     2131 mm/slub.c:24", &parsed), PH_LINE_BAD); /* cut */
    assert_int_equal(site("x y z", &parsed), PH_LINE_BAD);
    assert_int_equal(site("9223372036854775808 1 a.c:1 func:f ", &parsed), PH_LINE_BAD);
    assert_int_equal(site("4096 1 /home/my drivers/a.c:1 [leaky] func:f ", &parsed), PH_LINE_VALUE);
    is(parsed.place, "/home/my drivers/a.c:1");
    is(parsed.module, "leaky");
    assert_int_equal(site("4096 1 a.c:1 func: ", &parsed), PH_LINE_BAD);
}

/* ------------------------------------------------------------------ vmallocinfo */

static enum ph_line_kind area(const char *line, struct ph_vmalloc_area *parsed)
{
    return ph_vmallocinfo_line(ph_slice_of(line), parsed);
}

static void areas_count_their_pages(void **state)
{
    struct ph_vmalloc_area parsed;

    (void)state;
    assert_int_equal(area("0x0000000083eb6442-0x0000000078de3920    8192 tick+0x15d/0x176 [leaky] "
                          "pages=1 vmalloc N0=1",
                          &parsed),
                     PH_LINE_VALUE);
    assert_int_equal(parsed.pages, 1); /* not 2: the size has a guard page */
    is(parsed.caller, "tick");
    is(parsed.module, "leaky");
    assert_int_equal(
        area("0x00000000df06bed5-0x00000000c19ebcde 2105344 htab_map_alloc+0x2e4/0x5a0 "
             "pages=513 vmalloc vpages N0=513",
             &parsed),
        PH_LINE_VALUE);
    assert_int_equal(parsed.pages, 513);
    assert_int_equal(parsed.module.size, 0);
    assert_int_equal(
        area("0x00000000533d093e-0x000000002086eb97   20480 unpurged vm_area", &parsed),
        PH_LINE_COMMENT);
    assert_int_equal(area("0x00000000511131fc-0x0000000079a51daf    8192 "
                          "acpi_os_map_iomem+0x1bc/0x1e0 phys=0x00000000000a0000 ioremap",
                          &parsed),
                     PH_LINE_COMMENT);
    assert_int_equal(area("0x1-0x2 8192 f+0x1/0x2 pages=99999999999999999999 vmalloc", &parsed),
                     PH_LINE_BAD);
    assert_int_equal(area("0x1-0x2", &parsed), PH_LINE_BAD);
    assert_int_equal(area("hello", &parsed), PH_LINE_BAD);
    assert_int_equal(area("0x1-0x2 8192 f+0x1/0x2 pages=4294967296 vmalloc", &parsed), PH_LINE_BAD);
    assert_int_equal(area("0x1-0x2 8192 pages=1 vmalloc N0=1", &parsed), PH_LINE_VALUE);
    assert_int_equal(parsed.caller.size, 0); /* not told */
    assert_int_equal(area("0x1-0x2 8192 0xffffffffa0000036 pages=1 vmalloc", &parsed),
                     PH_LINE_VALUE);
    is(parsed.caller, "(code that is gone)"); /* an address is no key, its module is unloaded */
}

/* ------------------------------------------------------------------ meminfo, vmstat, zoneinfo */

static struct ph_meminfo meminfo_of(const char *text, uint64_t *bad, size_t *first_bad)
{
    struct ph_meminfo parsed;

    ph_meminfo_clear(&parsed);
    ph_meminfo_parse(ph_slice_of(text), &parsed, bad, first_bad);
    return parsed;
}

static void meminfo_is_looked_up_by_name(void **state)
{
    uint64_t bad;
    size_t first;
    struct ph_meminfo m = meminfo_of("Slab:  100 kB\nMemTotal:       24684084 kB\n"
                                     "HugePages_Total:       0\nNewField: 7 kB\n",
                                     &bad, &first);

    (void)state;
    assert_int_equal(bad, 0);
    assert_true(m.mem_total == INT64_C(24684084) * 1024);
    assert_int_equal(m.slab, 102400);
    assert_int_equal(m.percpu, -1); /* unknown is not zero */
    assert_true(ph_meminfo_unaccounted(&m, 0) == -1);
    m = meminfo_of("Slab: 3 kB\nMemTotal: lots kB\nSlab\nMemFree: -5 kB\n"
                   "Percpu: 99999999999999999999 kB\n",
                   &bad, &first);
    assert_int_equal(bad, 4);
    assert_int_equal(first, 2);
    assert_int_equal(m.mem_free, -1);
    assert_int_equal(m.percpu, -1);
    m = meminfo_of("SUnreclaim: 30112 kB\nSReclaimable: 98", &bad, &first); /* of 98732 */
    assert_int_equal(bad, 1);
    assert_int_equal(first, 2);
    assert_true(m.sreclaimable == -1);
}

static const char a_machine[] =
    "MemTotal: 10000 kB\nMemFree: 4000 kB\nBuffers: 100 kB\nCached: 1000 kB\nSwapCached: 0 kB\n"
    "AnonPages: 2000 kB\nShmem: 500 kB\nSlab: 800 kB\nSReclaimable: 300 kB\n"
    "KReclaimable: 350 kB\nKernelStack: 60 kB\nPageTables: 40 kB\nVmallocUsed: 160 kB\n"
    "Percpu: 50 kB\nBalloon: 70 kB\n";
enum { LEFT_KB = 10000 - 4000 - 100 - 1000 - 2000 - 800 - 50 - 60 - 40 - 100 - 50 };

/* Stacks are vmalloc memory and counted once; shared memory is part of Cached; a balloon's memory
 * is no longer part of MemTotal. */
static void unaccounted_is_what_nothing_names(void **state)
{
    uint64_t bad;
    size_t first;
    struct ph_meminfo m = meminfo_of(a_machine, &bad, &first);

    (void)state;
    assert_int_equal(bad, 0);
    assert_int_equal(ph_meminfo_unaccounted(&m, -1), LEFT_KB * 1024);
    assert_int_equal(ph_meminfo_unaccounted(&m, 300 * 1024), (LEFT_KB - 300) * 1024);
    ph_vmstat_parse(ph_slice_of("nr_zspages 25\n"), 4096, &m); /* zram */
    assert_int_equal(ph_meminfo_unaccounted(&m, -1), (LEFT_KB - 100) * 1024);
    m.zswap = 150 * 1024; /* zswap's pages are zsmalloc's */
    assert_int_equal(ph_meminfo_unaccounted(&m, -1), (LEFT_KB - 150) * 1024);
    m.mem_free = m.mem_total; /* counters that lag may sum up to more than there is */
    assert_int_equal(ph_meminfo_unaccounted(&m, -1), 0);
}

/* Pages that were swapped in and are still in the swap cache are in both counters. */
static void swapped_in_pages_count_once(void **state)
{
    uint64_t bad;
    size_t first;
    struct ph_meminfo m = meminfo_of(a_machine, &bad, &first);

    (void)state;
    m.swap_cached = 400 * 1024;
    assert_int_equal(ph_meminfo_unaccounted(&m, -1), (LEFT_KB - 400) * 1024); /* no lists told */
    m.active = 2000 * 1024;
    m.inactive = 1200 * 1024;
    m.unevictable = 100 * 1024; /* 3300 KB in all, 1100 of them page cache */
    assert_int_equal(ph_meminfo_unaccounted(&m, -1), (LEFT_KB - 200) * 1024);
    m.inactive = 0; /* lists that lag: at least the larger counter */
    assert_int_equal(ph_meminfo_unaccounted(&m, -1), LEFT_KB * 1024);
    m.inactive = 9000 * 1024; /* at most both */
    assert_int_equal(ph_meminfo_unaccounted(&m, -1), (LEFT_KB - 400) * 1024);
}

static void vmalloc_without_stacks(void **state)
{
    struct ph_meminfo m;

    (void)state;
    ph_meminfo_clear(&m);
    assert_true(ph_meminfo_vmalloc(&m) == -1);
    m.vmalloc_used = 0; /* Linux 4.4 to 5.2 print 0 always */
    assert_true(ph_meminfo_vmalloc(&m) == -1);
    m.vmalloc_used = 100;
    m.kernel_stack = 60;
    assert_int_equal(ph_meminfo_vmalloc(&m), 40);
    m.kernel_stack = 160; /* stacks that are no vmalloc memory */
    assert_int_equal(ph_meminfo_vmalloc(&m), 100);
}

static const char vmstat[] = "nr_free_pages 5\nnr_zspages 3\nnr_slab_reclaimable 7\n"
                             "nr_slab_unreclaimable 500\nnr_kernel_stack 32\npgpgin 17\n"
                             "pgfaults 1\npgfault 9000000000000000000\npgmajfault 3\n";

static void vmstat_counts_pages(void **state)
{
    struct ph_meminfo m;

    (void)state;
    ph_meminfo_clear(&m);
    m.mem_free = 1; /* what is known stays */
    ph_vmstat_parse(ph_slice_of(vmstat), 16384, &m);
    assert_int_equal(m.mem_free, 1);
    assert_int_equal(m.sreclaimable, 7 * 16384);
    assert_int_equal(m.zsmalloc, 3 * 16384);
    assert_int_equal(m.kernel_stack, 32 * 1024);                /* in KB, whatever a page has */
    assert_true(m.page_faults == INT64_C(9000000000000000000)); /* a count */
    ph_meminfo_clear(&m);
    ph_vmstat_parse(ph_slice_of("nr_slab_unreclaimable x\nnr_slab_reclaimable -1\n"
                                "nr_free_pages 9000000000000000000\npgfault -1\nnr_zspages"),
                    4096, &m);
    assert_int_equal(m.mem_free, -1);
    assert_int_equal(m.page_faults, -1);
    assert_int_equal(m.sunreclaim, -1);
    assert_int_equal(m.sreclaimable, -1);
    assert_int_equal(m.zsmalloc, -1);
}

static void two_files_tell_the_page_size(void **state)
{
    struct ph_meminfo m;

    (void)state;
    ph_meminfo_clear(&m);
    assert_int_equal(ph_vmstat_page_bytes(ph_slice_of(vmstat), &m), 0);
    m.sunreclaim = INT64_C(500) * 65536 + 3 * 65536; /* not read at one instant */
    assert_int_equal(ph_vmstat_page_bytes(ph_slice_of(vmstat), &m), 65536);
    m.sunreclaim = INT64_C(490) * 4096;
    assert_int_equal(ph_vmstat_page_bytes(ph_slice_of(vmstat), &m), 4096);
    m.sunreclaim = 5;
    assert_int_equal(ph_vmstat_page_bytes(ph_slice_of(vmstat), &m), 0);
    assert_int_equal(ph_vmstat_page_bytes(ph_slice_of(""), &m), 0);
}

static void zoneinfo_counts_the_lists_of_all_processors(void **state)
{
    static const char zoneinfo[] =
        "Node 0, zone   Normal\n  per-node stats\n      nr_inactive_anon 18811\n"
        "  pages free     716547\n        managed  950272\n  pagesets\n    cpu: 0\n"
        "              count:    15185\n              high:     18821\n"
        "              batch:    63\n  vm stats threshold: 24\n    cpu: 1\n"
        "              count: 10564\n";

    (void)state;
    assert_int_equal(ph_zoneinfo_cpu_pages(ph_slice_of(zoneinfo)), 15185 + 10564);
    assert_true(ph_zoneinfo_cpu_pages(ph_slice_of("Node 0, zone DMA\n")) == -1);
    assert_true(ph_zoneinfo_cpu_pages(ph_slice_of("count:\ncount: x\ncount: -3\n")) == -1);
    assert_int_equal(ph_zoneinfo_cpu_pages(ph_slice_of("count: 0\n")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slab_lines),
        cmocka_unit_test(slab_names),
        cmocka_unit_test(cut_slab_lines_never_lie),
        cmocka_unit_test(heads_name_the_version_they_refuse),
        cmocka_unit_test(allocation_sites),
        cmocka_unit_test(areas_count_their_pages),
        cmocka_unit_test(meminfo_is_looked_up_by_name),
        cmocka_unit_test(unaccounted_is_what_nothing_names),
        cmocka_unit_test(swapped_in_pages_count_once),
        cmocka_unit_test(vmalloc_without_stacks),
        cmocka_unit_test(vmstat_counts_pages),
        cmocka_unit_test(two_files_tell_the_page_size),
        cmocka_unit_test(zoneinfo_counts_the_lists_of_all_processors),
    };

    return cmocka_run_group_tests_name("linux parsers", tests, NULL, NULL);
}
