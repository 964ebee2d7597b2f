#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/os.h"
#include "source/linux/trace/tracebook.h"

/* A site map made by hand: rows that a test changes between two passes. */
struct row {
    struct ph_raw_site_key key;
    struct ph_raw_site raw;
    bool gone;
};

struct desk {
    struct ph_tracebook *book;
    struct row rows[64];
    size_t count;
    size_t forgotten;
    int64_t now_ns;
};

static struct ph_error *place_of(void *context, uint64_t address, struct ph_place *place)
{
    (void)context;
    place->address = address;
    if (!address)
        return NULL;
    place->function = address == 0x900   ? ph_strdup("allocate_slab")
                      : address == 0xbf0 ? ph_strdup("bpf_trace_run4")
                                         : ph_format("f_%llx", (unsigned long long)address);
    return place->function ? NULL : ph_error_nomem();
}

static bool cache_of(void *context, ph_raw64 cache, struct ph_raw_cache *found)
{
    (void)context;
    if (cache != 77)
        return false;
    *found = (struct ph_raw_cache){.name = "filp", .object_bytes = 256};
    return true;
}

static size_t stack_of(void *context, ph_raw32 stack, ph_raw64 frames[PH_RAW_FRAMES])
{
    (void)context;
    frames[0] = 0xbf0;
    frames[1] = stack == 9 ? 0x900 : 0x100 + stack;
    frames[2] = 0x555;
    return stack == 8 ? 0 : 3;
}

static const struct ph_tracebook_names NAMES = {NULL, place_of, cache_of, stack_of};

static void ok(struct ph_error *error)
{
    if (error)
        print_error("%s\n", error->text);
    assert_null(error);
}

static void open_desk(struct desk *desk, unsigned shift)
{
    *desk = (struct desk){.now_ns = 1000 * PH_SECOND};
    ok(ph_tracebook_create(desk->now_ns, 2 * PH_SECOND, shift, &NAMES, &desk->book));
}

static struct row *row(struct desk *desk, uint64_t address, uint64_t cache, unsigned kind,
                       unsigned epoch, unsigned stack)
{
    struct row *fresh = &desk->rows[desk->count++];

    fresh->key = (struct ph_raw_site_key){
        .address = address,
        .cache = cache,
        .stack = stack,
        .epoch = (ph_raw16)epoch,
        .kind = (ph_raw16)kind,
    };
    return fresh;
}

static struct ph_error *try_pass(struct desk *desk, struct ph_trace *trace)
{
    ph_tracebook_begin(desk->book, desk->now_ns);
    for (size_t i = 0; i < desk->count; i++) {
        bool forget = false;
        if (desk->rows[i].gone)
            continue;
        PH_TRY(ph_tracebook_row(desk->book, &desk->rows[i].key, &desk->rows[i].raw, &forget));
        desk->rows[i].gone = forget;
        desk->forgotten += forget;
    }
    return ph_tracebook_finish(desk->book, trace);
}

/* Time passes, the map is read, the epoch may end. */
static ph_raw32 pass(struct desk *desk, double seconds, unsigned shift, struct ph_trace *trace)
{
    ph_raw32 epoch = 0;

    ph_trace_fini(trace);
    desk->now_ns += (int64_t)(seconds * 1e9);
    ok(try_pass(desk, trace));
    ok(ph_tracebook_tick(desk->book, desk->now_ns, shift, false, &epoch));
    return epoch;
}

static void alloc(struct row *to, uint64_t count, uint64_t bytes)
{
    to->raw.allocs += count;
    to->raw.bytes_allocated += count * bytes;
    to->raw.requested_allocated += count * (bytes - 8);
}

static void give_back(struct row *to, uint64_t count, uint64_t bytes)
{
    to->raw.frees += count;
    to->raw.bytes_freed += count * bytes;
    to->raw.requested_freed += count * (bytes - 8);
}

static void test_numbers_and_names(void **state)
{
    struct desk desk;
    struct ph_trace trace = {0};

    (void)state;
    open_desk(&desk, 0);
    struct row *first = row(&desk, 0x1000, 4096, PH_TRACE_KMALLOC, 1, 0);
    alloc(first, 100, 4096);
    give_back(first, 30, 4096);
    first->raw.implicit_frees = 5;
    alloc(row(&desk, 0x2000, 77, PH_TRACE_CACHE, 1, 0), 7, 256);
    alloc(row(&desk, 0x3000, 96 | PH_RAW_ACCOUNTED, PH_TRACE_KMALLOC, 1, 0), 1, 96);
    alloc(row(&desk, 0x3000, 32768, PH_TRACE_KMALLOC, 1, 0), 1, 32768);
    alloc(row(&desk, 0x4000, 78, PH_TRACE_CACHE, 1, 0), 1, 64);
    assert_int_equal(pass(&desk, 1, 0, &trace), 1);
    assert_int_equal(trace.count, 5);
    const struct ph_trace_site *site = &trace.sites[0];
    assert_true(site->allocs == 100 && site->frees == 30 && site->objects == 70);
    assert_true(site->bytes == 70 * 4096.0 && site->requested_bytes == 70 * 4088.0);
    assert_true(site->implicit_frees == 5 && !site->estimated);
    assert_true(site->objects_low == 70 && site->objects_high == 70);
    assert_string_equal(site->cache, "kmalloc-4k");
    assert_string_equal(site->place.function, "f_1000");
    assert_true(site->oldest_ns == PH_SECOND);
    assert_string_equal(trace.sites[1].cache, "filp");
    assert_int_equal(trace.sites[1].object_bytes, 256);
    assert_string_equal(trace.sites[2].cache, "kmalloc-cg-96");
    assert_string_equal(trace.sites[3].cache, "(large kmalloc)");
    assert_null(trace.sites[4].cache);
    assert_int_equal(ph_tracebook_living(desk.book), 80);
    ph_trace_fini(&trace);
    ph_tracebook_destroy(desk.book);
}

/* A free counts in the cohort of its allocation; what is forgotten stays in the sums. */
static void test_cohorts(void **state)
{
    struct desk desk;
    struct ph_trace trace = {0};

    (void)state;
    open_desk(&desk, 0);
    struct row *one = row(&desk, 0x1000, 64, PH_TRACE_KMALLOC, 1, 0);
    alloc(one, 10, 64);
    assert_int_equal(pass(&desk, 2, 0, &trace), 2);
    struct row *two = row(&desk, 0x1000, 64, PH_TRACE_KMALLOC, 2, 0);
    alloc(two, 4, 64);
    give_back(one, 10, 64);
    assert_int_equal(pass(&desk, 2, 0, &trace), 3);
    assert_int_equal(trace.sites[0].cohort_count, 2);
    const struct ph_cohort *cohorts = trace.sites[0].cohorts;
    assert_true(cohorts[0].born == 10 && cohorts[0].alive == 0 && cohorts[0].alive_last == 10);
    assert_true(cohorts[1].born == 4 && cohorts[1].alive == 4 && cohorts[1].bytes_alive == 256);
    assert_true(cohorts[0].to_ns == cohorts[1].from_ns);
    assert_int_equal(desk.forgotten, 0); /* a processor may still be counting in it */
    (void)pass(&desk, 1, 0, &trace);
    assert_int_equal(desk.forgotten, 1);
    (void)pass(&desk, 1, 0, &trace);
    assert_true(trace.sites[0].allocs == 14 && trace.sites[0].frees == 10);
    assert_true(trace.sites[0].cohorts[0].born == 10 && trace.sites[0].cohorts[0].alive == 0);
    /* ten objects of 1 s died at an age between 1 and 3 s */
    double deaths = 0, exposure = 0;
    for (unsigned i = 0; i < PH_LIFE_BINS; i++) {
        deaths += trace.sites[0].life.deaths[i];
        exposure += trace.sites[0].life.exposure_s[i];
    }
    assert_true(deaths == 10);
    assert_true(exposure > 10 && exposure < 30);
    ph_trace_fini(&trace);
    ph_tracebook_destroy(desk.book);
}

/* A week, an object that stays and one that dies every half minute: cohorts do not pile up. */
static void test_weeks(void **state)
{
    struct desk desk;
    struct ph_trace trace = {0};
    ph_raw32 epoch = 1;
    size_t most = 0;

    (void)state;
    open_desk(&desk, 0);
    struct row *now = row(&desk, 0x1000, 64, PH_TRACE_KMALLOC, 1, 0);
    uint64_t living = 0;
    for (uint64_t i = 0; i < 20160; i++) {
        alloc(now, 2, 64);
        give_back(now, 1, 64);
        living++;
        ph_raw32 next = pass(&desk, 30, 0, &trace);
        if (next != epoch) {
            epoch = next;
            living -= now->raw.allocs - now->raw.frees; /* this map keeps one row only */
            now->raw = (struct ph_raw_site){0};
            now->key.epoch = (ph_raw16)epoch;
        }
        if (trace.count && trace.sites[0].cohort_count > most)
            most = trace.sites[0].cohort_count;
    }
    assert_true(epoch < 600);
    assert_true(most < 130);
    assert_int_equal(ph_tracebook_living(desk.book), living);
    ph_trace_fini(&trace);
    ph_tracebook_destroy(desk.book);
}

static void test_merging_keeps_sums(void **state)
{
    struct desk desk;
    struct ph_trace trace = {0};

    (void)state;
    open_desk(&desk, 0);
    for (unsigned i = 0; i < 40; i++) {
        struct row *fresh = row(&desk, 0x1000, 64, PH_TRACE_KMALLOC, i + 1, 0);
        alloc(fresh, 10, 64);
        give_back(fresh, i % 10, 64);
        assert_int_equal(pass(&desk, 2 + i / 8.0, 0, &trace), i + 2);
    }
    assert_true(trace.sites[0].cohort_count < 30);
    double born = 0, alive = 0;
    for (size_t i = 0; i < trace.sites[0].cohort_count; i++) {
        const struct ph_cohort *cohort = &trace.sites[0].cohorts[i];
        born += cohort->born;
        alive += cohort->alive;
        assert_true(cohort->from_ns < cohort->to_ns);
        assert_true(!i || cohort->from_ns == cohort[-1].to_ns);
    }
    assert_true(born == 400 && alive == trace.sites[0].objects && alive == 400 - 180);
    ph_trace_fini(&trace);
    ph_tracebook_destroy(desk.book);
}

/* 1 of 4, then 1 of 16: what lives is scaled by how it is followed now. */
static void test_sampling(void **state)
{
    struct desk desk;
    struct ph_trace trace = {0};

    (void)state;
    open_desk(&desk, 2);
    struct row *one = row(&desk, 0x1000, 64, PH_TRACE_KMALLOC, 1, 0);
    alloc(one, 1000, 64);
    assert_int_equal(pass(&desk, 1, 2, &trace), 1);
    assert_true(trace.sites[0].objects == 4000 && trace.sites[0].estimated);
    assert_true(trace.sites[0].objects_low < 4000 && trace.sites[0].objects_low > 3700);
    assert_true(trace.sites[0].objects_high > 4000 && trace.sites[0].objects_high < 4300);
    /* three of four of the followed are given up */
    one->raw.given_up = 748;
    one->raw.bytes_given_up = 748 * 64;
    one->raw.requested_given_up = 748 * 56;
    ph_tracebook_coarsened(desk.book, 4);
    assert_int_equal(pass(&desk, 1, 4, &trace), 2);
    assert_true(trace.sites[0].allocs == 4000);
    assert_true(trace.sites[0].objects == 252 * 16);
    assert_true(trace.sites[0].frees == 0); /* never below */
    assert_int_equal(ph_tracebook_given_up(desk.book), 748);
    struct row *two = row(&desk, 0x1000, 64, PH_TRACE_KMALLOC, 2, 0);
    alloc(two, 10, 64);
    give_back(two, 10, 64);
    (void)pass(&desk, 1, 4, &trace);
    assert_true(trace.sites[0].allocs == 4000 + 160);
    assert_true(trace.sites[0].life.deaths[0] == 10); /* those given up did not die */
    ph_trace_fini(&trace);
    ph_tracebook_destroy(desk.book);
}

static void test_sampled_interval(void **state)
{
    double low, high;

    (void)state;
    ph_sampled_interval(17, 0, &low, &high);
    assert_true(low == 17 && high == 17);
    /* exact Poisson limits: 10 -> 4.795..18.390; 0 -> 0..3.689 */
    ph_sampled_interval(10, 4, &low, &high);
    assert_true(fabs(low / 16 - 4.795) < 0.06);
    assert_true(fabs(high / 16 - 18.390) < 0.06);
    ph_sampled_interval(0, 3, &low, &high);
    assert_true(low == 0 && fabs(high / 8 - 3.689) < 0.1);
}

static void test_stacks(void **state)
{
    struct desk desk;
    struct ph_trace trace = {0};

    (void)state;
    open_desk(&desk, 0);
    alloc(row(&desk, 0x1000, 64, PH_TRACE_KMALLOC, 1, 4), 3, 64);
    alloc(row(&desk, 0x1000, 64, PH_TRACE_KMALLOC, 1, 5), 5, 64);
    alloc(row(&desk, 0, 0, PH_TRACE_PAGES, 1, 7), 2, 4096);
    alloc(row(&desk, 0, 0, PH_TRACE_PAGES, 1, 9 + 1), 2, 4096); /* a slab's own page */
    alloc(row(&desk, 0, 0, PH_TRACE_PAGES, 1, 8 + 1), 1, 4096); /* a lost stack */
    (void)pass(&desk, 1, 0, &trace);
    assert_int_equal(trace.count, 4);
    assert_int_equal(trace.sites[0].stack_count, 1);
    assert_int_equal(trace.sites[0].stacks[0].frame_count, 2); /* without the tracing's own */
    assert_string_equal(trace.sites[0].stacks[0].frames[0].function, "f_103");
    assert_true(trace.sites[1].objects == 5);
    assert_string_equal(trace.sites[2].place.function, "f_106");
    assert_true(trace.sites[2].bytes == 8192);
    assert_null(trace.sites[3].place.function);
    ph_trace_fini(&trace);
    ph_tracebook_destroy(desk.book);
}

/* Rows of epochs and kinds that are nobody's do no harm. */
static void test_foreign_rows(void **state)
{
    struct desk desk;
    struct ph_trace trace = {0};

    (void)state;
    open_desk(&desk, 0);
    alloc(row(&desk, 0x1000, 64, PH_TRACE_KMALLOC, 9, 0), 3, 64);
    alloc(row(&desk, 0x1000, 64, PH_TRACE_KMALLOC, 0, 0), 3, 64);
    alloc(row(&desk, 0x1000, 64, 17, 1, 0), 3, 64);
    struct row *odd = row(&desk, 0x1000, 64, PH_TRACE_KMALLOC, 1, 0);
    alloc(odd, 3, 64);
    give_back(odd, 5, 64); /* frees read a moment later than allocations */
    (void)pass(&desk, 1, 0, &trace);
    assert_int_equal(trace.count, 1);
    assert_true(trace.sites[0].objects == 0 && trace.sites[0].bytes == 0);
    ph_trace_fini(&trace);
    ph_tracebook_destroy(desk.book);
}

static void test_out_of_memory(void **state)
{
    bool done = false;

    (void)state;
    for (long n = 0; !done; n++) {
        struct desk desk = {.now_ns = PH_SECOND};
        struct ph_trace trace = {0}, copy = {0};
        ph_mem_fail_after(n);
        struct ph_error *error = ph_tracebook_create(desk.now_ns, PH_SECOND, 0, &NAMES, &desk.book);
        if (!error) {
            alloc(row(&desk, 0x1000, 64, PH_TRACE_KMALLOC, 1, 4), 3, 64);
            alloc(row(&desk, 0x2000, 77, PH_TRACE_CACHE, 1, 0), 3, 64);
            alloc(row(&desk, 0, 0, PH_TRACE_PAGES, 1, 7), 2, 4096);
            error = try_pass(&desk, &trace);
        }
        if (!error)
            error = ph_trace_copy(&copy, &trace);
        ph_mem_fail_after(-1);
        done = !error;
        if (error)
            assert_int_equal(error->code, PH_ERR_NOMEM);
        else
            assert_int_equal(copy.count, 3);
        ph_error_free(error);
        ph_trace_fini(&trace);
        ph_trace_fini(&copy);
        ph_tracebook_destroy(desk.book);
        assert_true(n < 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_and_names),
        cmocka_unit_test(test_cohorts),
        cmocka_unit_test(test_weeks),
        cmocka_unit_test(test_merging_keeps_sums),
        cmocka_unit_test(test_sampling),
        cmocka_unit_test(test_sampled_interval),
        cmocka_unit_test(test_stacks),
        cmocka_unit_test(test_foreign_rows),
        cmocka_unit_test(test_out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
