#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "owner/linux/holders.h"

#define MASK(kind) (UINT64_C(1) << PH_HOLD_##kind)

static void links(void **state)
{
    static const struct {
        const char *link;
        enum ph_holding kind;
        uint64_t inode;
    } LINKS[] = {
        {"anon_inode:[eventfd]", PH_HOLD_EVENTFD, 0},
        {"anon_inode:[timerfd]", PH_HOLD_TIMERFD, 0},
        {"anon_inode:[signalfd]", PH_HOLD_SIGNALFD, 0},
        {"anon_inode:[eventpoll]", PH_HOLD_EPOLL, 0},
        {"anon_inode:inotify", PH_HOLD_INOTIFY, 0},
        {"anon_inode:bpf-map", PH_HOLD_BPF_MAP, 0},
        {"anon_inode:bpf-prog", PH_HOLD_BPF_PROG, 0},
        {"anon_inode:bpf_link", PH_HOLD_BPF_LINK, 0},
        {"anon_inode:[perf_event]", PH_HOLD_PERF_EVENT, 0},
        {"anon_inode:[io_uring]", PH_HOLD_IO_URING, 0},
        {"anon_inode:[pidfd]", PH_HOLD_PIDFD, 0},
        {"pidfd:[4711]", PH_HOLD_PIDFD, 0},
        {"anon_inode:[userfaultfd]", PH_HOLD_USERFAULTFD, 0},
        {"anon_inode:[fanotify]", PH_HOLD_FANOTIFY, 0},
        {"anon_inode:kvm-vm", PH_HOLD_OTHER_FD, 0},
        {"/memfd:x (deleted)", PH_HOLD_MEMFD, 0},
        {"/dmabuf:", PH_HOLD_DMA_BUF, 0},
        {"net:[4026531840]", PH_HOLD_NAMESPACE_FD, 0},
        {"pipe:[17]", PH_HOLD_PIPE_END, 0},
        {"socket:[4711]", PH_HOLD_SOCKET, 4711},
        {"socket:[4711", PH_HOLD_SOCKET, 0},
        {"socket:[99999999999999999999]", PH_HOLD_SOCKET, 0},
        {"socket:[", PH_HOLD_SOCKET, 0},
        {"/var/log/a (deleted)", PH_HOLD_FILE, 0},
        {"", PH_HOLD_OTHER_FD, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(LINKS) / sizeof(LINKS[0]); i++) {
        uint64_t inode = 1;
        enum ph_holding kind = ph_descriptor_kind(ph_slice_of(LINKS[i].link), &inode);
        if (kind != LINKS[i].kind || inode != LINKS[i].inode)
            fail_msg("'%s' is %s", LINKS[i].link, ph_holding_id(kind));
    }
}

static void caches(void **state)
{
    (void)state;
    assert_true(ph_holdings_of_cache(ph_slice_of("filp")) == MASK(FD));
    assert_true(ph_holdings_of_cache(ph_slice_of("eventpoll_pwq")) == MASK(EPOLL_ITEM));
    assert_true(ph_holdings_of_cache(ph_slice_of("UDPv6")) == MASK(UDP6));
    assert_true(ph_holdings_of_cache(ph_slice_of("pid_2")) & MASK(ZOMBIE));
    assert_true(ph_holdings_of_cache(ph_slice_of("pid_namespace")) == 0);
    assert_true(ph_holdings_of_cache(ph_slice_of("kmalloc-64")) == 0);
    assert_true(ph_cache_is_generic(ph_slice_of("kmalloc-cg-64")));
    assert_true(ph_cache_is_generic(ph_slice_of("dentry")));
    assert_false(ph_cache_is_generic(ph_slice_of("nf_conntrack")));
    assert_false(ph_cache_is_generic(ph_slice_of("filp")));
}

/* Every kind has its names, and the ids differ. */
static void names(void **state)
{
    (void)state;
    for (enum ph_holding a = 0; a < PH_HOLD_COUNT; a++) {
        assert_non_null(ph_holding_id(a));
        assert_string_not_equal(ph_holding_name(a, 1), "");
        assert_string_not_equal(ph_holding_name(a, 2), "");
        for (enum ph_holding b = 0; b < a; b++)
            assert_string_not_equal(ph_holding_id(a), ph_holding_id(b));
    }
    assert_string_equal(ph_holding_name(PH_HOLD_EVENTFD, 1), "eventfd");
    assert_string_equal(ph_holding_name(PH_HOLD_EVENTFD, 0), "eventfds");
    assert_true(PH_HOLD_COUNT <= 64); /* they are bits of a mask */
}

static void items_of_fdinfo(void **state)
{
    static const char TEXT[] = "pos:\t0\ninotify wd:1 ino:1\ninotify wd:2 ino:2\n"
                               "tfd:        5 events: 19\nfanotify flags:1\n"
                               "fanotify ino:1\nfanotify mnt_id:2\nfanotify sdev:3\n";

    (void)state;
    assert_int_equal(ph_fdinfo_items(ph_slice_of(TEXT), PH_HOLD_INOTIFY_WATCH), 2);
    assert_int_equal(ph_fdinfo_items(ph_slice_of(TEXT), PH_HOLD_EPOLL_ITEM), 1);
    assert_int_equal(ph_fdinfo_items(ph_slice_of(TEXT), PH_HOLD_FANOTIFY_MARK), 3);
    assert_int_equal(ph_fdinfo_items(ph_slice_of(TEXT), PH_HOLD_EVENTFD), 0);
    assert_int_equal(ph_count_timers(ph_slice_of("ID: 0\nsignal: 1\nID: 7\n")), 2);
    assert_int_equal(ph_count_lines(ph_slice_of("a\n\nb")), 3);
}

static void one_process(void **state)
{
    static const char STAT[] = "812 (a) (b c) Z 17 812 812 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 "
                               "4711 1000000 250 18446744073709551615\n";
    struct ph_process_stat stat;

    (void)state;
    assert_true(ph_process_stat_parse(ph_slice_of(STAT), &stat));
    assert_int_equal(stat.pid, 812);
    assert_int_equal(stat.parent, 17);
    assert_string_equal(stat.name, "a) (b c");
    assert_int_equal(stat.state, 'Z');
    assert_int_equal(stat.threads, 3);
    assert_int_equal(stat.start_ticks, 4711);
    assert_int_equal(stat.resident_pages, 250);
    for (size_t size = 0; size < 60; size++) /* cut anywhere */
        assert_false(ph_process_stat_parse((struct ph_slice){STAT, size}, &stat));
    assert_false(ph_process_stat_parse(ph_slice_of("1 )( S 1"), &stat));
}

static void users_and_groups(void **state)
{
    struct ph_slice text;
    uint32_t user = 0;

    (void)state;
    assert_true(ph_process_user(ph_slice_of("Name:\tx\nUid:\t1000\t33\t1\t1\n"), &user));
    assert_int_equal(user, 33); /* the effective one */
    assert_false(ph_process_user(ph_slice_of("Uid:\t1000\n"), &user));
    assert_true(ph_passwd_name(ph_slice_of("x:y\nwww:x:33:33::/:\n"), 33, &text));
    assert_true(ph_slice_is(text, "www"));
    assert_false(ph_passwd_name(ph_slice_of("www:x:33\n+::::::\n"), 0, &text));
    assert_true(ph_process_cgroup(ph_slice_of("4:memory:/a\n0::/b\n"), &text));
    assert_true(ph_slice_is(text, "/b"));
    assert_true(ph_process_cgroup(ph_slice_of("0::/\n4:memory:/a\n"), &text));
    assert_true(ph_slice_is(text, "/a"));
    assert_false(ph_process_cgroup(ph_slice_of("4:cpu:/a\nx\n:\n"), &text));
}

static struct ph_error *sum(void *context, uint64_t inode)
{
    *(uint64_t *)context += inode;
    return NULL;
}

static uint64_t inodes(enum ph_holding kind, const char *text)
{
    uint64_t all = 0;

    assert_null(ph_net_inodes(kind, ph_slice_of(text), sum, &all));
    return all;
}

static void sockets(void **state)
{
    (void)state;
    assert_int_equal(inodes(PH_HOLD_TCP,
                            "  sl  local rem   st tx_queue rx_queue tr tm->when retrnsmt uid\n"
                            "   0: 0100007F:1F90 0:0 0A 0:0 0:0 0  1000        0 4711 1 0 100\n"
                            "   1: 0100007F:1F90 0:0 0A 0:0 0:0 0  1000        0 1 1 0 100\n"),
                     4712);
    assert_int_equal(inodes(PH_HOLD_UNIX, "Num RefCount Protocol Flags Type St Inode Path\n"
                                          "0: 2 0 00010000 0001 01 20 /run/a b\n"
                                          "0: 2 0 00010000 0001 01 22\n"),
                     42);
    assert_int_equal(inodes(PH_HOLD_PACKET, "sk RefCnt Type Proto Iface R Rmem User Inode\n"
                                            "0 3 3 0003 2 1 0 0 77\n"),
                     77);
    assert_int_equal(inodes(PH_HOLD_NETLINK, "sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode\n"
                                             "0 0 812 0 0 0 0 2 0 5\n"),
                     5);
}

static void locks_and_segments(void **state)
{
    struct ph_slice rest = ph_slice_of("1: POSIX  ADVISORY  WRITE 812 08:01:123 0 EOF\n"
                                       "1: -> POSIX  ADVISORY  WRITE 813 08:01:123 0 EOF\n"
                                       "2: OFDLCK ADVISORY  READ -1 00:05:1 0 0\n");
    uint32_t pid = 0;

    (void)state;
    assert_true(ph_next_lock(&rest, &pid));
    assert_int_equal(pid, 812);
    assert_true(ph_next_lock(&rest, &pid));
    assert_int_equal(pid, 813);
    assert_false(ph_next_lock(&rest, &pid)); /* of the file, of no process */
    rest = ph_slice_of("key shmid perms size cpid lpid\n 0 1 600 4096 812 9 1\n");
    assert_true(ph_next_shm(&rest, &pid));
    assert_int_equal(pid, 812);
    assert_false(ph_next_shm(&rest, &pid));
}

static void control_groups(void **state)
{
    struct ph_cgroup_kernel kernel = {0};

    (void)state;
    ph_cgroup_stat(ph_slice_of("anon 5\nslab_unreclaimable 100\npercpu 20\n"), &kernel);
    assert_true(kernel.known);
    assert_int_equal(ph_cgroup_total(&kernel), 120); /* before 5.18 the kernel gave no sum */
    ph_cgroup_stat(ph_slice_of("kernel 1000\n"), &kernel);
    assert_int_equal(ph_cgroup_total(&kernel), 1000);
    kernel = (struct ph_cgroup_kernel){.slab = UINT64_MAX, .percpu = 2};
    assert_true(ph_cgroup_total(&kernel) == UINT64_MAX);
    kernel = (struct ph_cgroup_kernel){0};
    ph_cgroup_stat(ph_slice_of("cache 5\nrss 4\n"), &kernel); /* version 1 */
    assert_false(kernel.known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links),          cmocka_unit_test(caches),
        cmocka_unit_test(names),          cmocka_unit_test(items_of_fdinfo),
        cmocka_unit_test(one_process),    cmocka_unit_test(users_and_groups),
        cmocka_unit_test(sockets),        cmocka_unit_test(locks_and_segments),
        cmocka_unit_test(control_groups),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
