/* The parsers of /proc, on lines captured from real kernels and on nonsense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/text.h"
#include "source/linux/allocinfo.h"
#include "source/linux/meminfo.h"
#include "source/linux/slabinfo.h"
#include "source/linux/vmallocinfo.h"

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

static void slab_lines(void **state)
{
    struct ph_slab_line parsed;

    (void)state;
    assert_int_equal(
        slab("btrfs_ordered_extent      3      5    416   19    2 : tunables    0    0 "
             "   0 : slabdata      0      0      0",
             &parsed),
        PH_LINE_VALUE);
    is(parsed.name, "btrfs_ordered_extent");
    assert_int_equal(parsed.active_objects, 3);
    assert_int_equal(parsed.objects, 5);
    assert_int_equal(parsed.object_bytes, 416);
    assert_int_equal(parsed.objects_per_slab, 19);
    assert_int_equal(parsed.pages_per_slab, 2);
    assert_int_equal(slab("# name            <active_objs> <num_objs>", &parsed), PH_LINE_COMMENT);
    assert_int_equal(slab("", &parsed), PH_LINE_COMMENT);
    assert_int_equal(slab("dentry 923895 92", &parsed), PH_LINE_BAD); /* cut */
    assert_int_equal(slab("dentry many 1 1 1 1", &parsed), PH_LINE_BAD);
    assert_int_equal(slab("dentry -1 1 1 1 1", &parsed), PH_LINE_BAD);
    assert_int_equal(slab("dentry 99999999999999999999 1 1 1 1", &parsed), PH_LINE_BAD);
    assert_int_equal(slab("dentry 9223372036854775807 1 4096 1 1", &parsed), PH_LINE_BAD);
    assert_int_equal(slab("dentry 1 1 4294967296 1 1", &parsed), PH_LINE_BAD);
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
}

/* ------------------------------------------------------------------ meminfo, vmstat */

static struct ph_meminfo meminfo_of(const char *text, uint64_t *bad)
{
    struct ph_meminfo parsed;

    ph_meminfo_parse(ph_slice_of(text), &parsed, bad);
    return parsed;
}

static void meminfo_is_looked_up_by_name(void **state)
{
    uint64_t bad;
    struct ph_meminfo m = meminfo_of("Slab:  100 kB\nMemTotal:       24684084 kB\n"
                                     "HugePages_Total:       0\nNewField: 7 kB\n",
                                     &bad);

    (void)state;
    assert_int_equal(bad, 0);
    assert_true(m.mem_total == INT64_C(24684084) * 1024);
    assert_int_equal(m.slab, 102400);
    assert_int_equal(m.percpu, -1); /* unknown is not zero */
    assert_int_equal(ph_meminfo_unaccounted(&m), -1);
    m = meminfo_of("MemTotal: lots kB\nSlab\nMemFree: -5 kB\nPercpu: 99999999999999999999 kB\n",
                   &bad);
    assert_int_equal(bad, 4);
    assert_int_equal(m.mem_free, -1);
    assert_int_equal(m.percpu, -1);
}

/* Stacks are vmalloc memory and counted once; shared memory is part of Cached. */
static void unaccounted_is_what_nothing_names(void **state)
{
    uint64_t bad;
    struct ph_meminfo m = meminfo_of(
        "MemTotal: 10000 kB\nMemFree: 4000 kB\nBuffers: 100 kB\nCached: 1000 kB\nSwapCached: 0 kB\n"
        "AnonPages: 2000 kB\nShmem: 500 kB\nSlab: 800 kB\nSReclaimable: 300 kB\n"
        "KReclaimable: 350 kB\nKernelStack: 60 kB\nPageTables: 40 kB\nVmallocUsed: 160 kB\n"
        "Percpu: 50 kB\n",
        &bad);

    (void)state;
    assert_int_equal(bad, 0);
    assert_true(ph_meminfo_unaccounted(&m) ==
                INT64_C(1024) * (10000 - 4000 - 100 - 1000 - 2000 - 800 - 50 - 60 - 40 - 100 - 50));
}

static void vmstat_counts_pages(void **state)
{
    int64_t reclaimable, unreclaimable;

    (void)state;
    ph_vmstat_slab(ph_slice_of("nr_free_pages 5\nnr_slab_reclaimable 7\nnr_slab_unreclaimable x\n"),
                   &reclaimable, &unreclaimable);
    assert_int_equal(reclaimable, 7);
    assert_int_equal(unreclaimable, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slab_lines),
        cmocka_unit_test(heads_name_the_version_they_refuse),
        cmocka_unit_test(allocation_sites),
        cmocka_unit_test(areas_count_their_pages),
        cmocka_unit_test(meminfo_is_looked_up_by_name),
        cmocka_unit_test(unaccounted_is_what_nothing_names),
        cmocka_unit_test(vmstat_counts_pages),
    };

    return cmocka_run_group_tests_name("linux parsers", tests, NULL, NULL);
}
