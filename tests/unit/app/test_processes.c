/* Saved trees of /proc and /sys/fs/cgroup, made here: links cannot be kept in the repository. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/processes.h"
#include "base/mem.h"

struct tree {
    char root[64];
};

static void path_of(const struct tree *tree, char *path, size_t size, const char *below)
{
    assert_in_range(snprintf(path, size, "%s%s", tree->root, below), 1, size - 1);
}

static void put(const struct tree *tree, const char *below, const char *text)
{
    char path[256], folder[256];

    path_of(tree, path, sizeof(path), below);
    memcpy(folder, path, sizeof(folder));
    *strrchr(folder, '/') = 0;
    assert_null(ph_make_directories(folder));
    assert_null(ph_write_file(path, ph_slice_of(text)));
}

static void put_link(const struct tree *tree, const char *below, const char *target)
{
    char path[256], folder[256];

    path_of(tree, path, sizeof(path), below);
    memcpy(folder, path, sizeof(folder));
    *strrchr(folder, '/') = 0;
    assert_null(ph_make_directories(folder));
    assert_int_equal(symlink(target, path), 0);
}

static void begin(struct tree *tree)
{
    (void)snprintf(tree->root, sizeof(tree->root), "/tmp/poolhound-test-XXXXXX");
    assert_non_null(mkdtemp(tree->root));
    put(tree, "/proc/uptime", "7247.11 100.00\n");
    put(tree, "/etc/passwd", "root:x:0:0::/root:/bin/sh\npostgres:x:101:101::/:/bin/sh\n");
}

static void end(struct tree *tree)
{
    char command[128];

    (void)snprintf(command, sizeof(command), "rm -rf '%s'", tree->root);
    assert_int_equal(system(command), 0);
}

static void process(const struct tree *tree, int pid, int parent, char state, const char *name)
{
    char below[64], text[256];

    (void)snprintf(below, sizeof(below), "/proc/%d/stat", pid);
    (void)snprintf(text, sizeof(text),
                   "%d (%s) %c %d 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 2 0 4711 1000 %d 0\n", pid, name,
                   state, parent, pid);
    put(tree, below, text);
}

static void descriptors(const struct tree *tree, int pid, int from, int count, const char *target)
{
    char below[64];

    for (int i = from; i < from + count; i++) {
        (void)snprintf(below, sizeof(below), "/proc/%d/fd/%d", pid, i);
        put_link(tree, below, target);
    }
}

static void slabinfo(const struct tree *tree, int filp, int kmalloc)
{
    char text[512];

    (void)snprintf(text, sizeof(text),
                   "slabinfo - version: 2.1\n"
                   "# name <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>\n"
                   "filp %d %d 256 32 2 : tunables 0 0 0 : slabdata 1 1 0\n"
                   "kmalloc-64 %d %d 64 64 1 : tunables 0 0 0 : slabdata 1 1 0\n",
                   filp, filp, kmalloc, kmalloc);
    put(tree, "/proc/slabinfo", text);
}

/* Two processes: one that holds `hog` eventfds, and an ordinary one. */
static void machine(struct tree *tree, int hog, const char *kernel_bytes)
{
    char text[64];

    begin(tree);
    process(tree, 1, 0, 'S', "init");
    process(tree, 812, 1, 'S', "event (hog)");
    process(tree, 813, 812, 'Z', "gone");
    put(tree, "/proc/812/status", "Name:\teventhog\nUid:\t101\t101\t101\t101\n");
    put(tree, "/proc/812/cgroup", "0::/system.slice/hog.service\n");
    put(tree, "/proc/812/timers", "ID: 0\nsignal: 1\nID: 1\n");
    put(tree, "/proc/locks", "1: POSIX  ADVISORY  WRITE 812 08:01:123 0 EOF\n");
    put_link(tree, "/proc/812/exe", "/usr/bin/eventhog");
    put_link(tree, "/proc/812/ns/net", "net:[1]");
    put_link(tree, "/proc/1/ns/net", "net:[1]");
    put(tree, "/proc/1/net/tcp",
        "  sl  local rem   st tx_queue rx_queue tr tm->when retrnsmt uid\n"
        "   0: 0100007F:1F90 0:0 0A 0:0 0:0 0  1000        0 4711 1 0 100\n");
    descriptors(tree, 812, 0, hog, "anon_inode:[eventfd]");
    descriptors(tree, 812, hog, 1, "socket:[4711]");
    descriptors(tree, 812, hog + 1, 1, "anon_inode:inotify");
    (void)snprintf(text, sizeof(text), "/proc/812/fdinfo/%d", hog + 1);
    put(tree, text, "pos:\t0\ninotify wd:1 ino:1\ninotify wd:2 ino:2\n");
    descriptors(tree, 1, 0, 3, "/var/log/x");
    slabinfo(tree, hog + 30, hog + 4000);
    put(tree, "/sys/fs/cgroup/system.slice/memory.stat", kernel_bytes);
    put(tree, "/sys/fs/cgroup/system.slice/hog.service/memory.stat", kernel_bytes);
    put(tree, "/sys/fs/cgroup/user.slice/memory.stat", "kernel 1000\n");
}

static void counts(void **state)
{
    PH_GUARD(ph_holdings_freep) struct ph_holdings *look = NULL;
    struct tree tree;

    (void)state;
    machine(&tree, 40, "kernel 5000000\n");
    assert_null(ph_holdings_read(tree.root, &look));
    assert_int_equal(look->count, 3);
    const struct ph_holder *hog = ph_holdings_of(look, 812, 4711);
    assert_non_null(hog);
    assert_null(ph_holdings_of(look, 812, 4712)); /* another process of that number */
    assert_string_equal(hog->name, "event (hog)");
    assert_int_equal(hog->counts[PH_HOLD_FD], 42);
    assert_int_equal(hog->counts[PH_HOLD_EVENTFD], 40);
    assert_int_equal(hog->counts[PH_HOLD_SOCKET], 1);
    assert_int_equal(hog->counts[PH_HOLD_TCP], 1);
    assert_int_equal(hog->counts[PH_HOLD_INOTIFY_WATCH], 2);
    assert_int_equal(hog->counts[PH_HOLD_POSIX_TIMER], 2);
    assert_int_equal(hog->counts[PH_HOLD_LOCK], 1);
    assert_int_equal(hog->counts[PH_HOLD_ZOMBIE], 1);
    assert_int_equal(hog->counts[PH_HOLD_CHILD], 0);
    assert_false(hog->partial);
    assert_int_equal(ph_holdings_of(look, 1, 4711)->counts[PH_HOLD_CHILD], 1);
    assert_int_equal(look->cgroup_count, 3);
    assert_int_equal(look->losses.count, 0);
    end(&tree);
}

static void who(const char *cache, const struct ph_holdings *before,
                const struct ph_holdings *after, struct ph_owner_report *report)
{
    assert_null(ph_holdings_owners(ph_slice_of(cache), NULL, before, after, report));
}

static void one_look(void **state)
{
    PH_GUARD(ph_holdings_freep) struct ph_holdings *few = NULL;
    PH_GUARD(ph_holdings_freep) struct ph_holdings *many = NULL;
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report weak = {0}, named = {0}, none = {0};
    struct tree tree;

    (void)state;
    machine(&tree, 40, "kernel 5000000\n");
    assert_null(ph_holdings_read(tree.root, &few));
    who("filp", NULL, few, &weak); /* most of it, but 42 descriptors are no leak */
    assert_false(ph_owner_is_named(&weak));
    assert_int_equal(weak.owners[0].process.pid, 812);
    assert_int_equal(weak.owners[0].evidence, PH_EVIDENCE_SOME);
    end(&tree);
    machine(&tree, 1500, "kernel 5000000\n");
    assert_null(ph_holdings_read(tree.root, &many));
    who("filp", NULL, many, &named);
    assert_int_equal(ph_owner_named(&named), 1);
    const struct ph_owner *owner = named.owners;
    assert_string_equal(owner->name, "PID 812 (event (hog))");
    assert_string_equal(owner->path, "/usr/bin/eventhog");
    assert_string_equal(owner->process.user, "postgres");
    assert_string_equal(owner->process.cgroup, "/system.slice/hog.service");
    assert_string_equal(owner->process.holds, "1,500 eventfds, 1 inotify descriptor, 1 TCP socket");
    assert_true(owner->process.age_s > 7199 && owner->process.age_s < 7201);
    assert_string_equal(named.held, "processes hold 1,505 of about 1,530 objects");
    assert_null(named.cgroup); /* one look tells no growth */
    who("nf_conntrack", NULL, many, &none);
    assert_int_equal(none.owner_count, 0);
    assert_null(none.held);
    end(&tree);
}

static void two_looks(void **state)
{
    PH_GUARD(ph_holdings_freep) struct ph_holdings *before = NULL;
    PH_GUARD(ph_holdings_freep) struct ph_holdings *after = NULL;
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report files = {0}, sizes = {0}, still = {0};
    struct tree tree;

    (void)state;
    machine(&tree, 40, "kernel 5000000\n");
    assert_null(ph_holdings_read(tree.root, &before));
    end(&tree);
    machine(&tree, 340, "kernel 905000000\n");
    assert_null(ph_holdings_read(tree.root, &after));
    who("filp", before, after, &files);
    assert_int_equal(files.owners[0].process.pid, 812);
    assert_int_equal(files.owners[0].evidence, PH_EVIDENCE_HOLDS);
    assert_true(files.owners[0].process.grew == 300);
    assert_non_null(strstr(files.owners[0].reason, "300 more than at the first look"));
    assert_non_null(strstr(files.held, "they grew by 300, the cache by 300"));
    assert_non_null(strstr(files.cgroup, "/system.slice/hog.service: kernel memory +858 MB"));
    /* a cache of sizes: by growth, which names nobody for certain */
    who("kmalloc-64", before, after, &sizes);
    assert_int_equal(sizes.owner_count, 1);
    assert_int_equal(sizes.owners[0].evidence, PH_EVIDENCE_GREW);
    assert_non_null(strstr(sizes.owners[0].reason, "eventfds"));
    assert_false(ph_owner_is_named(&sizes));
    /* nothing grew: nobody is accused of growth */
    who("filp", after, after, &still);
    assert_false(ph_owner_is_named(&still));
    end(&tree);
}

/* Six workers of one server, none of which has half of it. */
static void workers(void **state)
{
    PH_GUARD(ph_holdings_freep) struct ph_holdings *look = NULL;
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};
    struct tree tree;

    (void)state;
    begin(&tree);
    for (int pid = 20; pid < 26; pid++) {
        process(&tree, pid, 1, 'S', "worker");
        descriptors(&tree, pid, 0, 200, "anon_inode:[eventpoll]");
    }
    process(&tree, 30, 1, 'S', "worker"); /* holds too little to be told with them */
    descriptors(&tree, 30, 0, 20, "/x");
    process(&tree, 31, 1, 'S', "other");
    descriptors(&tree, 31, 0, 300, "/x");
    assert_null(ph_holdings_read(tree.root, &look));
    who("filp", NULL, look, &report);
    size_t named = 0;
    for (size_t i = 0; i < report.owner_count; i++) {
        named += report.owners[i].evidence == PH_EVIDENCE_HOLDS;
        assert_true((report.owners[i].evidence == PH_EVIDENCE_HOLDS) ==
                    (report.owners[i].process.pid < 30));
    }
    assert_int_equal(named, 6);
    end(&tree);
}

/* What is not there, or nonsense, is an empty look. */
static void hostile_trees(void **state)
{
    PH_GUARD(ph_holdings_freep) struct ph_holdings *none = NULL;
    PH_GUARD(ph_holdings_freep) struct ph_holdings *odd = NULL;
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};
    struct tree tree;

    (void)state;
    assert_null(ph_holdings_read("/nonexistent", &none));
    assert_int_equal(none->count, 0);
    who("filp", NULL, none, &report);
    assert_int_equal(report.owner_count, 0);
    begin(&tree);
    put(&tree, "/proc/1/stat", "1 (a) S");
    process(&tree, 7, 7, 'S', "own parent");
    put(&tree, "/proc/8/stat", "7 (twice) S 7 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 2 0 1 1 1 0\n");
    put(&tree, "/proc/9x/stat", "");
    put(&tree, "/proc/slabinfo", "nonsense\n");
    put(&tree, "/sys/fs/cgroup/memory/a/memory.kmem.usage_in_bytes", "x\n");
    put(&tree, "/sys/fs/cgroup/memory/b/memory.kmem.usage_in_bytes", "17\n");
    assert_null(ph_holdings_read(tree.root, &odd));
    assert_int_equal(odd->count, 1);
    assert_int_equal(odd->cgroup_count, 1);
    assert_int_equal(odd->cgroups[0].bytes, 17);
    end(&tree);
}

static void memory_runs_out(void **state)
{
    struct tree tree;
    bool done = false;

    (void)state;
    machine(&tree, 12, "kernel 5000000\n");
    for (long n = 0; !done && n < 5000; n++) {
        PH_GUARD(ph_holdings_freep) struct ph_holdings *look = NULL;
        PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};
        ph_mem_fail_after(n);
        struct ph_error *error = ph_holdings_read(tree.root, &look);
        if (!error)
            error = ph_holdings_owners(ph_slice_of("filp"), "filp x", look, look, &report);
        ph_mem_fail_after(-1);
        assert_true(!error || error->code == PH_ERR_NOMEM);
        done = !error;
        ph_error_free(error);
    }
    assert_true(done);
    end(&tree);
}

/* This test itself, as the live system has it. */
static void live(void **state)
{
    PH_GUARD(ph_holdings_freep) struct ph_holdings *look = NULL;
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};
    int held[100];

    (void)state;
    for (size_t i = 0; i < 100; i++)
        held[i] = eventfd(0, EFD_CLOEXEC);
    assert_null(ph_holdings_read(NULL, &look));
    for (size_t i = 0; i < 100; i++)
        (void)close(held[i]);
    assert_int_equal(look->own_pid, getpid());
    const struct ph_holder *own = NULL;
    for (size_t i = 0; i < look->count; i++)
        if (look->items[i].pid == look->own_pid)
            own = &look->items[i];
    assert_non_null(own);
    assert_int_equal(own->counts[PH_HOLD_EVENTFD], 100);
    assert_true(own->counts[PH_HOLD_FD] >= 100);
    who("filp", NULL, look, &report);
    for (size_t i = 0; i < report.owner_count; i++)
        if (report.owners[i].process.own)
            assert_int_equal(report.owners[i].evidence, PH_EVIDENCE_SOME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),        cmocka_unit_test(one_look),
        cmocka_unit_test(two_looks),     cmocka_unit_test(workers),
        cmocka_unit_test(hostile_trees), cmocka_unit_test(memory_runs_out),
        cmocka_unit_test(live),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
