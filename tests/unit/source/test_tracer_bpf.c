#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <bpf/bpf.h>

#include "base/mem.h"
#include "base/os.h"
#include "source/linux/trace/tracer.h"
#include "source/linux/trace/tracer_parts.h"

enum { COUNT = 1009 }; /* a prime: no cache has just so many objects by chance */

static void ok(struct ph_error *error)
{
    if (error)
        print_error("%s\n", error->text);
    assert_null(error);
}

/* ------------------------------------------------------------------ a process with eventfds */

struct holder {
    pid_t pid;
    int to, from; /* pipes: a letter tells what to do, one comes back when it is done */
};

static void act(int orders, int answers)
{
    int descriptors[COUNT];
    char order;

    while (read(orders, &order, 1) == 1) {
        for (int i = 0; i < COUNT; i++) {
            if (order == 'o')
                descriptors[i] = eventfd(0, 0);
            else
                (void)close(descriptors[i]);
        }
        (void)!write(answers, &order, 1);
    }
    _exit(0);
}

static void start(struct holder *holder)
{
    int orders[2], answers[2];

    assert_false(pipe(orders) || pipe(answers));
    holder->pid = fork();
    assert_true(holder->pid >= 0);
    if (!holder->pid) {
        (void)close(orders[1]);
        act(orders[0], answers[1]);
    }
    (void)close(orders[0]);
    (void)close(answers[1]);
    holder->to = orders[1];
    holder->from = answers[0];
}

static void tell(const struct holder *holder, char order)
{
    char answer = 0;

    assert_int_equal(write(holder->to, &order, 1), 1);
    assert_int_equal(read(holder->from, &answer, 1), 1);
    assert_int_equal(answer, order);
}

static void stop(const struct holder *holder)
{
    (void)close(holder->to);
    (void)close(holder->from);
    assert_int_equal(waitpid(holder->pid, NULL, 0), holder->pid);
}

/* Files of an eventfd are allocated at one place: alloc_empty_file(). */
static const struct ph_trace_site *files(const struct ph_trace *trace)
{
    const struct ph_trace_site *best = NULL;

    for (size_t i = 0; i < trace->count; i++) {
        const struct ph_trace_site *site = &trace->sites[i];
        if (site->cache && !strcmp(site->cache, "filp") && (!best || site->allocs > best->allocs))
            best = site;
    }
    return best;
}

/* ------------------------------------------------------------------ live */

static bool can_trace(void)
{
    struct ph_tracer_options options = {.objects_most = 1 << 14};
    struct ph_tracer *tracer = NULL;
    struct ph_error *error = ph_tracer_open(&options, &tracer);
    bool can = !error;

    if (error) {
        (void)printf("SKIP: %s\n", error->text);
        assert_true(error->text[0] && !strchr(error->text, '\n'));
        ph_error_free(error);
    }
    ph_tracer_close(tracer);
    return can;
}

static void open_for(struct holder *holder, const struct ph_tracer_options *like,
                     struct ph_tracer **tracer)
{
    struct ph_tracer_options options = *like;

    start(holder);
    options.cpu_most = INFINITY;
    options.process = (uint32_t)holder->pid;
    ok(ph_tracer_open(&options, tracer));
}

static void test_counts(void **state)
{
    struct ph_tracer *tracer = NULL;
    struct ph_trace trace = {0};
    struct holder holder;

    (void)state;
    open_for(&holder, &(struct ph_tracer_options){0}, &tracer);
    tell(&holder, 'o');
    ok(ph_tracer_read(tracer, &trace));
    const struct ph_trace_site *site = files(&trace);
    assert_non_null(site);
    assert_true(site->allocs == COUNT && site->objects == COUNT && !site->estimated);
    assert_true(site->objects_low == COUNT && site->objects_high == COUNT);
    assert_true(site->bytes == (double)COUNT * site->object_bytes && site->object_bytes >= 128);
    assert_non_null(site->place.function);
    assert_true(site->cohort_count == 1 && site->cohorts[0].alive == COUNT);
    tell(&holder, 'c');
    for (int i = 0; i < 50; i++) { /* files are freed by a task's work, or by RCU */
        (void)usleep(100000);
        ok(ph_tracer_read(tracer, &trace));
        if (files(&trace)->objects == 0)
            break;
    }
    site = files(&trace);
    assert_true(site->allocs == COUNT && site->frees == COUNT && site->objects == 0);
    assert_true(site->oldest_ns == -1);
    assert_true(trace.counts.events > 2 * COUNT && trace.counts.dropped == 0);
    assert_true(trace.map_bytes > 100000);
    ph_tracer_close(tracer);
    ph_trace_fini(&trace);
    stop(&holder);
}

static void test_filter_of_caches(void **state)
{
    const char *const names[] = {"filp"};
    struct ph_tracer_options options = {.caches = names, .cache_count = 1};
    struct ph_tracer *tracer = NULL;
    struct ph_trace trace = {0};
    struct holder holder;

    (void)state;
    open_for(&holder, &options, &tracer);
    tell(&holder, 'o');
    ok(ph_tracer_read(tracer, &trace));
    assert_true(trace.count >= 1);
    for (size_t i = 0; i < trace.count; i++)
        assert_string_equal(trace.sites[i].cache, "filp");
    assert_true(files(&trace)->objects == COUNT);
    ph_tracer_close(tracer);
    ph_trace_fini(&trace);
    stop(&holder);
}

/* Changed entries move within the map of caches: a walk that changes them must still end. Whether
 * two share a bucket is left to the map's seed. */
static void test_filter_grows(void **state)
{
    const char *const names[] = {"filp"}, *const more[] = {"*"};
    struct ph_tracer_options options = {.caches = names, .cache_count = 1};

    (void)state;
    for (int round = 0; round < 6; round++) {
        struct ph_tracer *tracer = NULL;
        struct ph_trace trace = {0};
        struct holder holder;
        bool other = false;

        open_for(&holder, &options, &tracer);
        tell(&holder, 'o'); /* caches of every process are looked at */
        ok(ph_tracer_read(tracer, &trace));
        (void)alarm(30);
        ok(ph_tracer_add_caches(tracer, more, 1));
        (void)alarm(0);
        tell(&holder, 'c');
        tell(&holder, 'o');
        ok(ph_tracer_read(tracer, &trace));
        for (size_t i = 0; i < trace.count; i++)
            other |= trace.sites[i].cache && strcmp(trace.sites[i].cache, "filp") != 0;
        assert_true(other);
        assert_true(files(&trace)->allocs == 2 * COUNT);
        ph_tracer_close(tracer);
        ph_trace_fini(&trace);
        stop(&holder);
    }
}

/* One of four, by address: frees agree with allocations, and the interval holds the truth. */
static void test_sampling(void **state)
{
    struct ph_tracer_options options = {.shift = 2};
    struct ph_tracer *tracer = NULL;
    struct ph_trace trace = {0};
    struct holder holder;

    (void)state;
    open_for(&holder, &options, &tracer);
    tell(&holder, 'o');
    ok(ph_tracer_read(tracer, &trace));
    const struct ph_trace_site *site = files(&trace);
    assert_non_null(site);
    print_message("1 of 4: %.0f of %d, %.0f to %.0f\n", site->objects, COUNT, site->objects_low,
                  site->objects_high);
    assert_true(site->estimated && site->objects_low < site->objects_high);
    assert_true(site->objects > COUNT * 0.7 && site->objects < COUNT * 1.3);
    tell(&holder, 'c');
    for (int i = 0; i < 50 && files(&trace)->objects > 0; i++) {
        (void)usleep(100000);
        ok(ph_tracer_read(tracer, &trace));
    }
    assert_true(files(&trace)->objects == 0);
    ph_tracer_close(tracer);
    ph_trace_fini(&trace);
    stop(&holder);
}

static void test_stacks(void **state)
{
    const char *const names[] = {"filp"};
    struct ph_tracer_options options = {.caches = names, .cache_count = 1, .stacks = true};
    struct ph_tracer *tracer = NULL;
    struct ph_trace trace = {0};
    struct holder holder;
    bool seen = false;

    (void)state;
    open_for(&holder, &options, &tracer);
    tell(&holder, 'o');
    ok(ph_tracer_read(tracer, &trace));
    for (size_t i = 0; i < trace.count; i++)
        for (size_t k = 0; k < trace.sites[i].stack_count; k++)
            for (size_t f = 0; f < trace.sites[i].stacks[k].frame_count; f++) {
                const char *name = trace.sites[i].stacks[k].frames[f].function;
                seen |= name && strstr(name, "eventfd");
                assert_false(name && !strncmp(name, "bpf_", 4));
            }
    assert_true(seen);
    ph_tracer_close(tracer);
    ph_trace_fini(&trace);
    stop(&holder);
}

/* A map that is full makes sampling coarser; nothing that is lost goes uncounted. */
static void test_small_map(void **state)
{
    struct ph_tracer_options options = {.objects_most = 512};
    struct ph_tracer *tracer = NULL;
    struct ph_trace trace = {0};
    struct holder holder;

    (void)state;
    open_for(&holder, &options, &tracer);
    tell(&holder, 'o');
    ok(ph_tracer_read(tracer, &trace));
    assert_true(trace.counts.dropped >= COUNT - 512);
    assert_true(trace.objects <= 512 && trace.objects_most == 512);
    assert_int_equal(trace.shift, 0);
    ok(ph_tracer_read(tracer, &trace));
    assert_true(trace.shift >= 1 && trace.counts.given_up > 100);
    double objects = files(&trace) ? files(&trace)->objects : 0;
    assert_true(trace.objects < 400);
    assert_true(objects < COUNT * 1.2);
    tell(&holder, 'c');
    for (int i = 0; i < 50 && files(&trace)->objects > 0; i++) {
        (void)usleep(100000);
        ok(ph_tracer_read(tracer, &trace));
    }
    assert_true(files(&trace)->objects == 0);
    ph_tracer_close(tracer);
    ph_trace_fini(&trace);
    stop(&holder);
}

/* ------------------------------------------------------------------ nothing stays behind */

struct programs {
    pid_t pid;
    __u32 ids[64];
    size_t count;
};

static struct ph_error *find_program(void *context, const char *name, enum ph_file_kind kind)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    struct programs *found = context;
    char path[80];

    (void)kind;
    (void)snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", (int)found->pid, name);
    ph_error_free(ph_read_file(path, 1 << 16, &text));
    const char *at = text.data ? strstr(text.data, "prog_id:") : NULL;
    if (at && found->count < 64)
        found->ids[found->count++] = (__u32)strtoul(at + 8, NULL, 10);
    return NULL;
}

/* Other tracers may come and go meanwhile: those of one process are told by its descriptors. */
static void test_killed(void **state)
{
    struct programs programs = {0};
    char letter, path[64];
    int ready[2];

    (void)state;
    assert_false(pipe(ready));
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        struct ph_tracer *tracer = NULL;
        struct ph_tracer_options options = {0};
        ph_error_free(ph_tracer_open(&options, &tracer));
        (void)!write(ready[1], tracer ? "y" : "n", 1);
        for (;;)
            (void)pause();
    }
    assert_int_equal(read(ready[0], &letter, 1), 1);
    assert_int_equal(letter, 'y');
    programs.pid = pid;
    (void)snprintf(path, sizeof(path), "/proc/%d/fdinfo", (int)pid);
    ok(ph_list_directory(path, find_program, &programs));
    assert_true(programs.count >= 4);
    (void)kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    for (size_t i = 0; i < programs.count; i++) {
        int fd = 0;
        for (int n = 0; n < 100 && fd >= 0; n++) { /* freed by RCU */
            fd = bpf_prog_get_fd_by_id(programs.ids[i]);
            if (fd >= 0)
                (void)close(fd);
            if (fd >= 0)
                (void)usleep(50000);
        }
        assert_int_equal(fd, -ENOENT);
    }
    (void)close(ready[0]);
    (void)close(ready[1]);
}

/* ------------------------------------------------------------------ without a kernel */

static void test_refusals(void **state)
{
    static const struct {
        uint64_t capabilities;
        bool locked;
        const char *says;
    } CASES[] = {
        {0, false, "needs CAP_BPF and CAP_PERFMON"},
        {UINT64_C(1) << 39, false, "needs CAP_PERFMON:"},
        {UINT64_C(1) << 38, false, "needs CAP_BPF:"},
        {UINT64_C(3) << 38, false, "seccomp"},
        {UINT64_C(1) << 21, false, "seccomp"},
        {UINT64_MAX, true, "locked down"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct ph_error *error = ph_tracer_denial(CASES[i].capabilities, CASES[i].locked);
        assert_int_equal(error->code, PH_ERR_ACCESS);
        assert_non_null(strstr(error->text, CASES[i].says));
        ph_error_free(error);
    }
    struct ph_error *error = ph_tracer_refusal(EINVAL, "trace_kfree",
                                               "libbpf: x\nR1 invalid mem\x1b access\nprocessed 3");
    assert_non_null(strstr(error->text, "R1 invalid mem\\x1b access"));
    assert_null(strchr(error->text, '\n'));
    ph_error_free(error);
    error = ph_tracer_refusal(ENOMEM, NULL, "");
    assert_non_null(strstr(error->text, "--max-objects"));
    ph_error_free(error);
}

static void test_classes_of_kmalloc(void **state)
{
    static const char SLABINFO[] = "slabinfo - version: 2.1\n# name\nkmalloc-cg-96 1 1 96 1 1\n"
                                   "kmalloc-512 1 1 512 1 1\nkmalloc-4k 1 1 4096\n"
                                   "msg_msg-512 1 1 512\nfilp 1 1 256 1 1\n";
    struct ph_slice text = {SLABINFO, sizeof(SLABINFO) - 1};
    struct ph_raw_settings settings = {.gfp_accounted = 1, .gfp_reclaimable = 2, .gfp_dma = 4};
    const char *patterns[] = {"kmalloc-4?", "msg_msg-512"};

    (void)state;
    assert_int_equal(ph_raw_class(64), 12);
    assert_int_equal(ph_raw_class(96), 13);
    assert_int_equal(ph_raw_class(8192), 26);
    assert_int_equal(ph_raw_class(8193), 63);
    assert_int_equal(ph_raw_class(0), 0);
    ph_tracer_kmalloc_of(text, patterns, 2, &settings);
    assert_true(settings.filter_cache);
    assert_true(settings.wanted_kmalloc[0] == (UINT64_C(1) << 24 | UINT64_C(1) << 18));
    assert_true(settings.wanted_kmalloc[1] == UINT64_C(1) << 18);
    assert_true(settings.wanted_kmalloc[2] == 0 && settings.wanted_kmalloc[3] == 0);
    /* families that this kernel does not have are plain ones */
    assert_true(settings.gfp_accounted == 1 && !settings.gfp_reclaimable && !settings.gfp_dma);
    ph_tracer_kmalloc_of((struct ph_slice){0}, patterns, 1, &settings);
    assert_true(settings.wanted_kmalloc[0] == 0); /* a pattern alone tells no size */
    patterns[0] = "kmalloc-cg-192";
    ph_tracer_kmalloc_of((struct ph_slice){0}, patterns, 1, &settings);
    assert_true(settings.wanted_kmalloc[1] == UINT64_C(1) << 15);
    ph_tracer_kmalloc_of(text, NULL, 0, &settings);
    assert_false(settings.filter_cache);
}

/* How many of the objects of slabs are followed spreads as a coin's throws do, whatever their size:
 * the ratio of the variances has a standard deviation of 0.1 here. */
static void test_sample_is_fair(void **state)
{
    static const unsigned BYTES[] = {16, 32, 64, 96, 128, 192, 256, 512, 704, 1024, 4096};
    enum { ROUNDS = 200, SLABS = 64, SLAB = 4096 };
    uint64_t random = 88172645463325252;

    (void)state;
    for (size_t i = 0; i < sizeof(BYTES) / sizeof(BYTES[0]); i++)
        for (unsigned shift = 1; shift <= 4; shift++) {
            unsigned mask = (1u << shift) - 1, count = SLABS * (SLAB / BYTES[i]);
            double part = 1.0 / (mask + 1), squares = 0;
            for (int round = 0; round < ROUNDS; round++) {
                double off = -(double)count * part;
                for (int slab = 0; slab < SLABS; slab++) {
                    random ^= random << 13; /* xorshift, G. Marsaglia 2003 */
                    random ^= random >> 7;
                    random ^= random << 17;
                    uint64_t base = UINT64_C(0xffff888000000000) + random % (1 << 22) * SLAB;
                    for (unsigned at = 0; at < SLAB / BYTES[i]; at++) {
                        off += ph_raw_follows(base + at * BYTES[i], mask);
                        assert_true(ph_raw_follows(base + at * BYTES[i], mask >> 1) ||
                                    !ph_raw_follows(base + at * BYTES[i], mask));
                    }
                }
                squares += off * off;
            }
            double ratio = squares / ROUNDS / (count * part * (1 - part));
            if (ratio < 0.6 || ratio > 1.5)
                print_error("%u bytes, 1 of %u: %.2f\n", BYTES[i], mask + 1, ratio);
            assert_true(ratio > 0.6 && ratio < 1.5);
        }
}

int main(void)
{
    const struct CMUnitTest anywhere[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_classes_of_kmalloc),
        cmocka_unit_test(test_sample_is_fair),
    };
    const struct CMUnitTest live[] = {
        cmocka_unit_test(test_counts),       cmocka_unit_test(test_filter_of_caches),
        cmocka_unit_test(test_filter_grows), cmocka_unit_test(test_sampling),
        cmocka_unit_test(test_stacks),       cmocka_unit_test(test_small_map),
        cmocka_unit_test(test_killed),
    };
    int failed = cmocka_run_group_tests(anywhere, NULL, NULL);

    if (failed)
        return failed;
    return can_trace() ? cmocka_run_group_tests(live, NULL, NULL) : 77;
}
