#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/os.h"
#include "model/ksymbols.h"
#include "owner/linux/wrappers.h"

/* "function", "function [module]", "[module]" or "?". */
static struct ph_place place_of(const char *text)
{
    struct ph_place place = {.address = 0xffffffff81000000 + strlen(text)};
    struct ph_slice rest = ph_slice_of(text), word;

    while (strcmp(text, "?") && ph_slice_word(&rest, &word)) {
        bool module = word.data[0] == '[';
        char *copy = ph_memdup(word.data + module, word.size - 2 * module);
        assert_non_null(copy);
        *(module ? &place.module : &place.function) = copy;
    }
    return place;
}

static void add_stack(struct ph_trace_site *site, double bytes, const char *const *frames)
{
    struct ph_trace_stack *stack;

    assert_null(ph_trace_add_stack(site, &stack));
    stack->bytes = bytes;
    stack->allocs = 1;
    for (; *frames; frames++)
        stack->frames[stack->frame_count++] = place_of(*frames);
}
#define FRAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_wrapper(const char *text, const char *expected)
{
    PH_GUARD(ph_place_fini) struct ph_place place = place_of(text);
    const char *what = "none";

    bool is = ph_is_wrapper(&place, &what);
    if (strcmp(is ? what : "none", expected))
        fail_msg("%s: %s, not %s", text, is ? what : "none", expected);
    assert_true(ph_is_wrapper(&place, NULL) == is);
}

static void wrappers_by_name(void **state)
{
    (void)state;
    assert_wrapper("kmalloc_trace", "slab");
    assert_wrapper("__kmalloc_cache_noprof", "slab");
    assert_wrapper("kvmalloc_node", "slab");
    assert_wrapper("__kvmalloc_node_noprof", "slab");
    assert_wrapper("krealloc_noprof", "slab");
    assert_wrapper("krealloc", "slab");
    assert_wrapper("devm_kmalloc.cold", "memory of devices, freed with them");
    assert_wrapper("mempool_alloc_noprof", "memory pools");
    assert_wrapper("__vmalloc_node_range_noprof", "vmalloc");
    assert_wrapper("__alloc_pages_slowpath.constprop.0.isra.0", "pages");
    assert_wrapper("pcpu_alloc_noprof", "per-CPU memory");
    assert_wrapper("__alloc_skb", "socket buffers");
    assert_wrapper("sk_prot_alloc", "sockets");
    assert_wrapper("memdup_user", "copies of strings and memory");
    assert_wrapper("bpf_prog_c5852c8afc34421d_b_pa [bpf]", "tracing");
    assert_wrapper("whatever [bpf]", "tracing");
    assert_wrapper("ftrace_trampoline [__builtin__ftrace]", "tracing");
    assert_wrapper("drmm_kmalloc [drm]", "memory of devices, freed with them");
}

static void others_by_name(void **state)
{
    static const char *const OTHERS[] = {
        "leaky_site [leaky]",
        "kmalloc_site [leaky]", /* of a module, whatever its name */
        "do_eventfd",
        "path_openat",
        "load_elf_binary",
        "alloc_pipe_info",
        "tcp_sendmsg_locked",
        "ext4_alloc_inode",
        "htab_map_alloc",
        "copy_process",
        "__do_sys_timerfd_create",
        "do_epoll_create",
        "inotify_new_watch",
        "unix_create1",
        "io_uring_setup",
        "bpf_prog_load",
        "alloc_htab_elem",
        "mmap_region",
        "do_anonymous_page",
        "do_syscall_64",
        "nf_conntrack_in",
        "perf_event_alloc",
        "drm_ioctl [drm]",
        "[leaky]",
        "?",
        "_noprof",
        ".cold"};

    (void)state;
    for (size_t i = 0; i < sizeof(OTHERS) / sizeof(OTHERS[0]); i++)
        assert_wrapper(OTHERS[i], "none");
}

static void rows_are_well_formed(void **state)
{
    (void)state;
    assert_true(ph_wrapper_row_count > 500);
    for (size_t i = 0; i < ph_wrapper_row_count; i++) {
        const struct ph_wrapper_row *row = &ph_wrapper_rows[i];
        if (!row->what[0] || strspn(row->pattern, "*?") || strlen(row->pattern) < 2 ||
            strstr(row->pattern, "_noprof") || strchr(row->pattern, '.'))
            fail_msg("the pattern '%s' never fits, or fits all", row->pattern);
        for (size_t j = 0; j < i; j++)
            if (row->kind == ph_wrapper_rows[j].kind &&
                !strcmp(row->pattern, ph_wrapper_rows[j].pattern))
                fail_msg("'%s' stands twice", row->pattern);
        if (row->kind == PH_ROW_WRAPPER && !strpbrk(row->pattern, "*?"))
            assert_wrapper(row->pattern, row->what); /* no row before it has it, too */
    }
}

static void assert_owner(const char *expected, const char *const *frames)
{
    struct ph_trace_site site = {0};

    add_stack(&site, 1, frames);
    size_t owner = ph_owner_frame(&site.stacks[0]);
    const char *found = owner == SIZE_MAX ? "none" : frames[owner];
    if (strcmp(found, expected))
        fail_msg("%s, not %s", found, expected);
    for (size_t i = 0; i < site.stacks[0].frame_count; i++)
        ph_place_fini(&site.stacks[0].frames[i]);
    ph_free(site.stacks);
}

static void frames_of_modules_win(void **state)
{
    (void)state;
    assert_owner("tick [leaky]",
                 FRAMES("bpf_prog_c5852c8afc34421d_b_pa [bpf]", "bpf_trace_run6",
                        "__traceiter_kmalloc", "__kmalloc_node_noprof", "__kvmalloc_node_noprof",
                        "tick [leaky]", "other [leaky]", "process_one_work", "worker_thread"));
    assert_owner("leaky_ioctl [leaky]",
                 FRAMES("kmem_cache_alloc_noprof", "alloc_htab_elem", "helper_of_the_kernel",
                        "leaky_ioctl [leaky]", "__x64_sys_ioctl", "do_syscall_64"));
    assert_owner("[leaky]", FRAMES("kmalloc_trace", "[leaky]", "kthread"));
    /* a service gives way to the one above it, and only to that */
    assert_owner("probe [ahci]", FRAMES("devm_kmalloc", "ata_host_alloc [libata]",
                                        "ata_host_start [libata]", "probe [ahci]", "really_probe"));
    assert_owner("ata_scsi_do [libata]",
                 FRAMES("__kmalloc", "ata_scsi_do [libata]", "scsi_eh [scsi_mod]", "kthread"));
    assert_owner("snd_pcm_open [snd_pcm]",
                 FRAMES("__kmalloc", "snd_pcm_open [snd_pcm]", "chrdev_open", "do_dentry_open"));
}

static void frames_of_the_kernel(void **state)
{
    (void)state;
    assert_owner("do_eventfd", FRAMES("alloc_empty_file", "alloc_file_pseudo_noaccount",
                                      "__anon_inode_getfile", "do_eventfd", "__x64_sys_eventfd2",
                                      "do_syscall_64", "entry_SYSCALL_64_after_hwframe"));
    assert_owner("none", FRAMES("__kmalloc_noprof", "?", "kthread", "ret_from_fork"));
    assert_owner("none", FRAMES("do_syscall_64", "leaky_ioctl [leaky]"));
    /* what was interrupted has nothing to do with it */
    assert_owner("ip_rcv", FRAMES("__alloc_skb", "ip_rcv", "__napi_poll", "handle_softirqs",
                                  "asm_common_interrupt", "write [ext4]", "do_syscall_64"));
    assert_owner("inet_create",
                 FRAMES("sk_prot_alloc", "sk_alloc", "inet_create", "__sock_create"));
}

static void site_fini(struct ph_trace_site *site)
{
    struct ph_trace trace = {.sites = (void *)ph_memdup(site, sizeof(*site)), .count = 1};

    ph_trace_fini(&trace);
}

static struct ph_trace_site skb_site(void)
{
    struct ph_trace_site site = {.place = place_of("__alloc_skb"), .owner_share = 7};

    add_stack(&site, 100, FRAMES("__alloc_skb", "poll [e1000]", "__napi_poll"));
    add_stack(&site, 500, FRAMES("__alloc_skb", "alloc_skb_with_frags", "unix_stream_sendmsg"));
    add_stack(&site, 450, FRAMES("__alloc_skb", "__netdev_alloc_skb", "poll [e1000]"));
    add_stack(&site, 50, FRAMES("__alloc_skb", "?", "do_syscall_64"));
    return site;
}

static void owners_of_sites(void **state)
{
    struct ph_trace_site site = skb_site();

    (void)state;
    assert_null(ph_attribute_site(&site));
    assert_string_equal(site.owner.function, "poll");
    assert_string_equal(site.owner.module, "e1000");
    assert_float_equal(site.owner_share, 0.5, 1e-9);
    assert_int_equal(site.stacks[0].owner, 1);
    assert_int_equal(site.stacks[1].owner, 2);
    assert_int_equal(site.stacks[2].owner, 2);
    assert_int_equal(site.stacks[3].owner, SIZE_MAX);
    assert_null(ph_attribute_site(&site)); /* again: nothing is added up twice */
    assert_float_equal(site.owner_share, 0.5, 1e-9);
    site_fini(&site);
}

static void owners_that_are_not_known(void **state)
{
    struct ph_trace_site none = {.place = place_of("__alloc_skb")};
    struct ph_trace_site itself = {.place = place_of("leaky_site [leaky]")};
    struct ph_trace_site pages = {0}; /* have no call site */
    struct ph_trace_site dead = {.place = place_of("__alloc_skb")};

    (void)state;
    assert_null(ph_attribute_site(&none));
    assert_true(!none.owner.address && isnan(none.owner_share));
    add_stack(&itself, 10, FRAMES("leaky_site [leaky]", "process_one_work"));
    assert_null(ph_attribute_site(&itself));
    assert_true(!itself.owner.address && !itself.owner.function);
    assert_float_equal(itself.owner_share, 1, 1e-9);
    add_stack(&pages, 10, FRAMES("alloc_pages_noprof", "leaky_site [leaky]"));
    assert_null(ph_attribute_site(&pages));
    assert_string_equal(pages.owner.function, "leaky_site");
    add_stack(&dead, 0, FRAMES("__alloc_skb", "poll [e1000]"));
    assert_null(ph_attribute_site(&dead));
    assert_string_equal(dead.owner.function, "poll");
    assert_true(isnan(dead.owner_share));
    site_fini(&none);
    site_fini(&itself);
    site_fini(&pages);
    site_fini(&dead);
}

static void short_memory_is_an_error(void **state)
{
    bool through = false;

    (void)state;
    for (long n = 0; n < 100 && !through; n++) {
        struct ph_trace_site site = skb_site();
        ph_mem_fail_after(n);
        struct ph_error *error = ph_attribute_site(&site);
        ph_mem_fail_after(-1);
        through = !error;
        assert_true(!error || error->code == PH_ERR_NOMEM);
        assert_true(!error || !site.owner.function);
        ph_error_free(error);
        site_fini(&site);
    }
    assert_true(through);
}

/* ------------------------------------------------------------------ this machine */

struct hits {
    unsigned count;
};

static struct ph_error *hit(void *context, uint64_t address, const char *module)
{
    (void)address;
    ((struct hits *)context)->count += !module;
    return NULL;
}

/* Functions that every kernel has are in the table by the names that this kernel has for them. */
static void this_machine(void **state)
{
    static const char *const SOME[] = {"__alloc_skb",      "sk_prot_alloc",   "mempool_alloc",
                                       "kmem_cache_alloc", "__kmalloc",       "vzalloc",
                                       "get_zeroed_page",  "devm_kmalloc",    "kstrdup",
                                       "kasprintf",        "alloc_empty_file"};
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    PH_GUARD(ph_ksymbols_destroyp) struct ph_ksymbols *symbols = NULL;
    struct ph_error *error = ph_read_file("/proc/kallsyms", 256u << 20, &text);

    (void)state;
    ph_error_free(error);
    if (error || !text.size) {
        print_message("SKIP: no /proc/kallsyms\n");
        skip();
    }
    assert_null(ph_ksymbols_create(&symbols));
    assert_null(ph_ksymbols_take_kallsyms(symbols, ph_text_slice(&text)));
    for (size_t i = 0; i < sizeof(SOME) / sizeof(SOME[0]); i++) {
        ph_autofree char *longer = ph_format("%s_noprof", SOME[i]);
        struct hits hits = {0};
        assert_non_null(longer);
        assert_null(ph_ksymbols_named(symbols, ph_slice_of(SOME[i]), hit, &hits));
        assert_null(ph_ksymbols_named(symbols, ph_slice_of(longer), hit, &hits));
        if (!hits.count)
            print_message("%s: this kernel has no such function\n", SOME[i]);
        struct ph_place plain = {.address = 1, .function = (char *)(uintptr_t)SOME[i]};
        struct ph_place suffixed = {.address = 1, .function = longer};
        assert_true(ph_is_wrapper(&plain, NULL) && ph_is_wrapper(&suffixed, NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrappers_by_name),
        cmocka_unit_test(others_by_name),
        cmocka_unit_test(rows_are_well_formed),
        cmocka_unit_test(frames_of_modules_win),
        cmocka_unit_test(frames_of_the_kernel),
        cmocka_unit_test(owners_of_sites),
        cmocka_unit_test(owners_that_are_not_known),
        cmocka_unit_test(short_memory_is_an_error),
        cmocka_unit_test(this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
