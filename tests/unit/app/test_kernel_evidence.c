/* What the kernel's own debugging says of a tag's owner, in saved trees made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/kernel_evidence.h"
#include "app/who.h"
#include "base/mem.h"
#include "base/os.h"

struct tree {
    char root[64];
};

static void put_bytes(const struct tree *tree, const char *below, struct ph_slice bytes)
{
    char path[256], folder[256];

    assert_in_range(snprintf(path, sizeof(path), "%s%s", tree->root, below), 1, sizeof(path) - 1);
    memcpy(folder, path, sizeof(folder));
    *strrchr(folder, '/') = 0;
    assert_null(ph_make_directories(folder));
    assert_null(ph_write_file(path, bytes));
}

static void put(const struct tree *tree, const char *below, const char *text)
{
    put_bytes(tree, below, ph_slice_of(text));
}

static void begin(struct tree *tree)
{
    (void)snprintf(tree->root, sizeof(tree->root), "/tmp/poolhound-test-XXXXXX");
    assert_non_null(mkdtemp(tree->root));
    put(tree, "/proc/sys/kernel/osrelease", "6.12.0-1\n");
    put(tree, "/proc/modules", "leaky 12288 0 - Live 0xffffffffa0000000 (OE)\n");
    put(tree, "/proc/kallsyms",
        "ffffffffa0000030 t tick\t[leaky]\nffffffffa0000200 t tock\t[leaky]\n");
}

static void end(struct tree *tree)
{
    char command[128];

    (void)snprintf(command, sizeof(command), "rm -rf '%s'", tree->root);
    assert_int_equal(system(command), 0);
}

#define TRACES "/sys/kernel/debug/slab/kmalloc-4k/alloc_traces"
#define TICK                                                                                       \
    "   1120 tick+0x10b/0x190 [leaky] waste=1227520/1096 age=10/431/900000 pid=9-45 cpus=0-1\n"    \
    "        tick+0x10b/0x190 [leaky]\n"                                                           \
    "        process_one_work+0x190/0x3a0\n"                                                       \
    "        ret_from_fork_asm+0x1a/0x30\n"                                                        \
    "\n"
/* one of several stacks that end in a helper */
#define TOCK                                                                                       \
    "     99 kvmalloc_node_noprof+0x3c/0x180 age=3430 pid=1 cpus=0\n"                              \
    "        __kmalloc_node_noprof+0x1/0x2\n"                                                      \
    "        kvmalloc_node_noprof+0x3c/0x180\n"                                                    \
    "        tock+0x20/0x30 [leaky]\n"                                                             \
    "\n"
#define HELPED                                                                                     \
    "     20 kvmalloc_node_noprof+0x3c/0x180 age=3430 pid=1 cpus=0\n"                              \
    "        kvmalloc_node_noprof+0x3c/0x180\n"                                                    \
    "        xfs_buf_alloc+0x20/0x30 [xfs]\n"                                                      \
    "\n"
#define KERNEL "      1 hugetlb_cgroup_file_init+0x3c/0x180 waste=856/856 age=3430 pid=1 cpus=0\n"
#define OBJECT(size, allocator, frame)                                                             \
    "unreferenced object 0xff1100000369a000 (size " size "):\n"                                    \
    "  comm \"kworker/1:0\", pid 24, jiffies 4294894498\n"                                         \
    "  backtrace (crc f56d0fce):\n"                                                                \
    "    " allocator "+0x169/0x1ea\n"                                                              \
    "    " frame "\n"

static void sites_of(const struct tree *tree, const struct ph_series *series,
                     struct ph_trace *found, struct ph_loss_list *losses)
{
    assert_null(ph_kernel_evidence(tree->root, "6.12.0-1", series, found, losses));
}

static const struct ph_series KMALLOC_4K = {.tag = {"kmalloc-4k", 10}, .slab_bytes = 8192};

static void groups_by_call_site(void **state)
{
    PH_GUARD(ph_trace_fini) struct ph_trace found = {0};
    PH_GUARD(ph_loss_fini) struct ph_loss_list losses = {0};
    struct tree tree;

    (void)state;
    begin(&tree);
    put(&tree, "/boot/config-6.12.0-1", "# CONFIG_HZ_100 is not set\nCONFIG_HZ=250\n");
    put(&tree, TRACES, TICK TOCK HELPED TOCK KERNEL);
    sites_of(&tree, &KMALLOC_4K, &found, &losses);
    assert_int_equal(losses.count, 0);
    assert_int_equal(found.count, 3);
    const struct ph_trace_site *tick = &found.sites[0], *helper = &found.sites[1];
    assert_string_equal(tick->origin, "slub_debug");
    assert_string_equal(tick->place.function, "tick");
    assert_string_equal(tick->place.module, "leaky");
    assert_int_equal(tick->place.offset, 0x10b);
    assert_int_equal(tick->place.size, 0x190);
    assert_true(tick->objects == 1120 && tick->bytes == 1120 * 8192.0);
    assert_true(isnan(tick->allocs) && isnan(tick->frees));
    assert_true(tick->oldest_ns == 3600 * PH_SECOND);
    assert_false(ph_place_is_known(&tick->owner));
    /* two records of one stack are one; the owner is the one of most */
    assert_string_equal(helper->place.function, "kvmalloc_node_noprof");
    assert_int_equal(helper->stack_count, 2);
    assert_true(helper->objects == 218 && helper->stacks[0].objects == 198);
    assert_string_equal(helper->owner.function, "tock");
    assert_true(helper->owner_share > 0.9 && helper->owner_share < 0.91);
    assert_int_equal(found.sites[2].stack_count, 1); /* without frames */
    end(&tree);
}

/* Sizes and ages that nothing tells stay unknown. */
static void unknown_is_not_zero(void **state)
{
    PH_GUARD(ph_trace_fini) struct ph_trace found = {0};
    PH_GUARD(ph_loss_fini) struct ph_loss_list losses = {0};
    struct ph_series series = {.tag = ph_slice_of("kmalloc-4k")};
    struct tree tree;

    (void)state;
    begin(&tree);
    put(&tree, TRACES, TICK);
    sites_of(&tree, &series, &found, &losses);
    assert_true(isnan(found.sites[0].bytes) && isnan(found.sites[0].owner_share));
    assert_int_equal(found.sites[0].oldest_ns, -1);
    ph_trace_fini(&found);
    put(&tree, "/sys/kernel/slab/kmalloc-4k/slab_size", "8192\n");
    put(&tree, "/boot/config-6.12.0-1", "CONFIG_HZ=0\n");
    sites_of(&tree, &series, &found, &losses);
    assert_true(found.sites[0].bytes == 1120 * 8192.0);
    assert_int_equal(found.sites[0].oldest_ns, -1);
    assert_int_equal(losses.count, 0);
    end(&tree);
}

/* The names of a merged cache count together; no name leads out of the folder. */
static void other_names(void **state)
{
    PH_GUARD(ph_trace_fini) struct ph_trace found = {0};
    PH_GUARD(ph_loss_fini) struct ph_loss_list losses = {0};
    char aliases[] = "leaky_mergeable .. ../outside nothing_here";
    struct ph_series series = {.tag = ph_slice_of("task_xstate"), .aliases = aliases};
    struct tree tree;

    (void)state;
    begin(&tree);
    put(&tree, "/sys/kernel/debug/slab/leaky_mergeable/alloc_traces", TICK);
    put(&tree, "/sys/kernel/debug/slab/task_xstate/alloc_traces", KERNEL);
    put(&tree, "/sys/kernel/debug/outside/alloc_traces", TOCK);
    sites_of(&tree, &series, &found, &losses);
    assert_int_equal(found.count, 2);
    end(&tree);
}

static void tells_lists_that_are_missed(void **state)
{
    PH_GUARD(ph_trace_fini) struct ph_trace found = {0};
    PH_GUARD(ph_loss_fini) struct ph_loss_list losses = {0};
    struct tree tree;

    (void)state;
    begin(&tree);
    put(&tree, "/sys/kernel/slab/kmalloc-4k/store_user", "0\n");
    sites_of(&tree, &KMALLOC_4K, &found, &losses);
    assert_int_equal(losses.count, 0);
    put(&tree, "/sys/kernel/slab/kmalloc-4k/store_user", "1\n");
    sites_of(&tree, &KMALLOC_4K, &found, &losses);
    assert_int_equal(losses.count, 1);
    assert_non_null(strstr(losses.items[0].what, "slub_debug keeps who allocated 'kmalloc-4k'"));
    put(&tree, TRACES, TICK "rubbish\n");
    sites_of(&tree, &KMALLOC_4K, &found, &losses);
    assert_int_equal(losses.count, 2);
    assert_int_equal(losses.items[1].count, 1);
    end(&tree);
}

/* More ways to allocate than there is room for are still counted. */
static void crowded(void **state)
{
    PH_GUARD(ph_trace_fini) struct ph_trace found = {0};
    PH_GUARD(ph_loss_fini) struct ph_loss_list losses = {0};
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    struct tree tree;
    double objects = 0;

    (void)state;
    begin(&tree);
    for (unsigned i = 0; i < 9000; i++)
        ph_text_printf(&text, "2 f%u+0x1/0x2 age=1\n\n", i);
    put_bytes(&tree, TRACES, ph_text_slice(&text));
    sites_of(&tree, &KMALLOC_4K, &found, &losses);
    assert_int_equal(found.count, 8193);
    for (size_t i = 0; i < found.count; i++)
        objects += found.sites[i].objects;
    assert_true(objects == 18000);
    assert_false(ph_place_is_known(&found.sites[8192].place));
    end(&tree);
}

static void ask(const struct tree *tree, const char *tag, struct ph_who **who,
                struct ph_owner_report *report)
{
    struct ph_who_options options = {.root = tree->root};

    assert_null(ph_who_open(&options, who));
    assert_null(ph_who_linux(*who, ph_slice_of(tag), NULL, NULL, report));
}

static void names_who_holds_most(void **state)
{
    PH_GUARD(ph_who_closep) struct ph_who *who = NULL;
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};
    struct tree tree;

    (void)state;
    begin(&tree);
    put(&tree, TRACES, TICK TOCK HELPED KERNEL);
    ask(&tree, "kmalloc-4k", &who, &report);
    assert_int_equal(report.owner_count, 1);
    assert_string_equal(report.owners[0].name, "leaky");
    assert_int_equal(report.owners[0].evidence, PH_EVIDENCE_SITE);
    assert_int_equal(report.owners[0].loaded, 1);
    assert_true(report.owners[0].counted);
    assert_string_equal(report.owners[0].reason,
                        "holds 1,219 of 1,240 objects since boot (slub_debug): tick+0x10b 1,120, "
                        "tock+0x20 99");
    assert_non_null(report.paragraph);
    assert_null(strstr(report.next, "slub_debug=U")); /* that is done already */
    end(&tree);
}

static void accuses_nobody_who_holds_less(void **state)
{
    PH_GUARD(ph_who_closep) struct ph_who *who = NULL;
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};
    struct tree tree;

    (void)state;
    begin(&tree);
    put(&tree, TRACES, "60 vfs_work+0x1/0x2 age=1\n\n" HELPED HELPED);
    ask(&tree, "kmalloc-4k", &who, &report);
    assert_int_equal(report.owner_count, 0);
    assert_string_equal(report.meanings[0].component, "slub_debug");
    assert_string_equal(report.meanings[0].meaning,
                        "of 100 objects since boot (slub_debug) the kernel itself holds 60 "
                        "(vfs_work+0x1), xfs holds 40 (xfs_buf_alloc+0x20)");
    end(&tree);
}

/* kmemleak's objects are told by size and allocator; what has no name any more is looked up. */
static void leave(const struct tree *tree, unsigned objects)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    for (unsigned i = 0; i < objects; i++)
        ph_text_puts(&text, OBJECT("4096", "__kmalloc_noprof", "0xffffffffa0000036")
                                OBJECT("4096", "kmem_cache_alloc_noprof", "other+0x1/0x2 [other]")
                                    OBJECT("512", "__kmalloc_noprof", "other+0x1/0x2 [other]"));
    ph_text_puts(&text, OBJECT("4096", "__kmalloc_noprof", "0xffffffffa0000210"));
    put_bytes(tree, "/sys/kernel/debug/kmemleak", ph_text_slice(&text));
}

#define UNREACHABLE                                                                                \
    "allocated 21 of 21 objects of this size that nothing points to any more (kmemleak): "         \
    "tick+0x6 20, tock+0x10 1"

static void names_what_nothing_points_to(void **state)
{
    PH_GUARD(ph_who_closep) struct ph_who *who = NULL;
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};
    struct tree tree;

    (void)state;
    begin(&tree);
    leave(&tree, 20);
    ask(&tree, "kmalloc-4k", &who, &report);
    assert_int_equal(report.owner_count, 1);
    assert_string_equal(report.owners[0].reason, UNREACHABLE);
    ph_owner_report_fini(&report);
    ph_who_close(ph_steal(who));
    put(&tree, TRACES, TICK);
    ask(&tree, "kmalloc-4k", &who, &report);
    assert_int_equal(report.owner_count, 1);
    assert_string_equal(
        report.owners[0].reason,
        "holds 1,120 of 1,120 objects since boot (slub_debug): tick+0x10b; " UNREACHABLE);
    end(&tree);
}

/* A few objects may be found again in kmemleak's next scan. */
static void accuses_nobody_for_a_few_objects(void **state)
{
    PH_GUARD(ph_who_closep) struct ph_who *who = NULL;
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};
    struct tree tree;

    (void)state;
    begin(&tree);
    leave(&tree, 2);
    ask(&tree, "kmalloc-4k", &who, &report);
    assert_int_equal(report.owner_count, 0);
    assert_string_equal(report.meanings[0].meaning,
                        "of 3 objects of this size that nothing points to any more (kmemleak) "
                        "leaky allocated 3 (tick+0x6 2, tock+0x10 1)");
    end(&tree);
}

#define PAGE(type, frames)                                                                         \
    "Page allocated via order 1, mask 0xcc0(GFP_KERNEL), pid 34, tgid 34 (x), ts 3886322253 ns\n"  \
    "PFN 0x200 type " type " Block 0 type Unmovable Flags 0x0(zone=0)\n"                           \
    " post_alloc_hook+0x6f/0xc2\n" frames "\n"

static void names_who_holds_pages(void **state)
{
    PH_GUARD(ph_who_closep) struct ph_who *who = NULL;
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    struct tree tree;

    (void)state;
    begin(&tree);
    assert_false(ph_kernel_evidence_has_pages(tree.root));
    for (unsigned i = 0; i < 30000; i++) /* several pieces */
        ph_text_puts(&text, PAGE("Unmovable", " leaky_pages_site+0x40/0x47 [leaky]\n"));
    for (unsigned i = 0; i < 1000; i++)
        ph_text_puts(&text, PAGE("Movable", " somebody+0x40/0x47 [other]\n"));
    ph_text_puts(&text, PAGE("Unmovable", " vfs_work+0x40/0x47\n"));
    put_bytes(&tree, "/sys/kernel/debug/page_owner", ph_text_slice(&text));
    assert_true(ph_kernel_evidence_has_pages(tree.root));
    ask(&tree, "(unaccounted)", &who, &report);
    assert_int_equal(report.owner_count, 1);
    assert_string_equal(report.owners[0].reason,
                        "holds 60,000 of 60,002 pages since boot (page_owner): "
                        "leaky_pages_site+0x40");
    assert_int_equal(report.losses.count, 1);
    assert_int_equal(report.losses.items[0].count, 2000);
    ph_owner_report_fini(&report);
    ph_who_close(ph_steal(who));
    /* the list by stacks is asked first */
    put(&tree, "/sys/kernel/debug/page_owner_stacks/show_stacks",
        " post_alloc_hook+0x6f/0xc2\n other_site+0x40/0x47 [other]\nnr_base_pages: 8\n\n");
    ask(&tree, "(unaccounted)", &who, &report);
    assert_string_equal(report.owners[0].reason,
                        "holds 8 of 8 pages since boot (page_owner): other_site+0x40");
    end(&tree);
}

static void memory_short(void **state)
{
    struct tree tree;
    bool done = false;

    (void)state;
    begin(&tree);
    put(&tree, TRACES, TICK TOCK HELPED KERNEL "60 vfs_work+0x1/0x2 age=1\n");
    put(&tree, "/boot/config-6.12.0-1", "CONFIG_HZ=250\n");
    put(&tree, "/sys/kernel/debug/kmemleak",
        OBJECT("4096", "__kmalloc_noprof", "0xffffffffa0000036"));
    for (long n = 0; !done && n < 5000; n++) {
        PH_GUARD(ph_who_closep) struct ph_who *who = NULL;
        PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};
        struct ph_who_options options = {.root = tree.root};
        assert_null(ph_who_open(&options, &who));
        ph_mem_fail_after(n);
        struct ph_error *error = ph_who_linux(who, ph_slice_of("kmalloc-4k"), NULL, NULL, &report);
        ph_mem_fail_after(-1);
        assert_true(!error || error->code == PH_ERR_NOMEM);
        done = !error;
        ph_error_free(error);
    }
    assert_true(done);
    end(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_by_call_site),
        cmocka_unit_test(unknown_is_not_zero),
        cmocka_unit_test(other_names),
        cmocka_unit_test(tells_lists_that_are_missed),
        cmocka_unit_test(crowded),
        cmocka_unit_test(names_who_holds_most),
        cmocka_unit_test(accuses_nobody_who_holds_less),
        cmocka_unit_test(names_what_nothing_points_to),
        cmocka_unit_test(accuses_nobody_for_a_few_objects),
        cmocka_unit_test(names_who_holds_pages),
        cmocka_unit_test(memory_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
