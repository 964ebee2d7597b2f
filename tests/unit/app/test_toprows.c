/* app/toprows: changes modulo their counters' width, orders with unknown values, filters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "app/toprows.h"

enum { ALL = PH_HAVE_ALLOCS | PH_HAVE_FREES | PH_HAVE_OBJECTS | PH_HAVE_BYTES };

struct stage {
    struct ph_catalog catalog;
    struct ph_sample now, before;
    struct ph_history recent;
    struct ph_finding findings[8];
    uint32_t finding_of[8];
    struct ph_monitor_state state;
    struct ph_top_rows rows;
};

static uint32_t series(struct stage *stage, const char *tag, enum ph_pool pool, uint8_t bits,
                       uint32_t flags)
{
    struct ph_series like = {
        .pool = pool, .counter_bits = bits, .flags = flags, .tag = ph_slice_of(tag)};
    uint32_t number = 0;

    assert_null(ph_catalog_intern(&stage->catalog, &like, &number));
    return number;
}

static void value(struct ph_sample *sample, uint32_t number, uint32_t have, uint64_t allocs,
                  uint64_t frees, int64_t objects, int64_t bytes)
{
    struct ph_value added = {number, have, allocs, frees, objects, bytes};

    assert_null(ph_sample_add(sample, &added));
}

static void begin(struct stage *stage)
{
    memset(stage, 0, sizeof(*stage));
    ph_sample_reset(&stage->now);
    ph_sample_reset(&stage->before);
    stage->before.time_ns = INT64_C(1000000000);
    stage->now.time_ns = INT64_C(3000000000);
    stage->state = (struct ph_monitor_state){
        .catalog = &stage->catalog,
        .now = &stage->now,
        .before = &stage->before,
        .findings = stage->findings,
        .finding_of = stage->finding_of,
    };
}

static void end(struct stage *stage)
{
    ph_top_rows_fini(&stage->rows);
    ph_catalog_fini(&stage->catalog);
    ph_sample_fini(&stage->now);
    ph_sample_fini(&stage->before);
}

static const char *owner(void *context, uint32_t number, bool *named)
{
    (void)context;
    *named = number == 1;
    return number == 1 ? "netio.sys" : number == 2 ? "nt!io" : NULL;
}

static void collect(struct stage *stage, const struct ph_top_choice *choice)
{
    assert_null(ph_top_rows_of(&stage->state, choice, owner, NULL, &stage->rows));
}

/* The tags of the rows in their order, one letter each. */
static void ordered(struct stage *stage, struct ph_top_choice choice, const char *tags)
{
    char seen[16] = "";

    if (!choice.session)
        choice.session = PH_TOP_SYSTEM_POOL;
    collect(stage, &choice);
    for (size_t i = 0; i < stage->rows.count; i++)
        seen[i] = stage->catalog.series[stage->rows.items[i].series].tag.data[0];
    assert_string_equal(seen, tags);
}

static void counters_wrap_and_the_absent_are_unknown(void **state)
{
    struct stage stage;
    struct ph_top_choice choice = {.sort = PH_TOP_TAG, .session = PH_TOP_SYSTEM_POOL};

    (void)state;
    begin(&stage);
    uint32_t wraps = series(&stage, "Awrp", PH_POOL_NONPAGED, 32, 0);
    uint32_t fresh = series(&stage, "Bnew", PH_POOL_NONPAGED, 32, 0);
    uint32_t bytes = series(&stage, "Cbyt", PH_POOL_NONPAGED, 32, 0);
    value(&stage.before, wraps, ALL, 0xfffffff0u, 0xffffff00u, 240, 5000);
    value(&stage.now, wraps, ALL, 0x10, 0xffffff10u, 256, 4000);
    value(&stage.now, fresh, ALL, 7, 3, 4, 400);
    value(&stage.before, bytes, PH_HAVE_BYTES, 0, 0, 0, INT64_MIN);
    value(&stage.now, bytes, PH_HAVE_BYTES, 0, 0, 0, INT64_MAX);
    collect(&stage, &choice);
    assert_int_equal(stage.rows.count, 3);
    const struct ph_top_row *row = stage.rows.items;
    assert_true(row[0].have & PH_TOP_HAVE_CHANGE);
    assert_int_equal(row[0].allocs_change, 0x20);
    assert_int_equal(row[0].frees_change, 0x10);
    assert_int_equal(row[0].objects_change, 16);
    assert_int_equal(row[0].bytes_change, -1000);
    assert_false(row[1].have & PH_TOP_HAVE_CHANGE);
    assert_int_equal(row[2].bytes_change, -1); /* modulo 2^64, and no overflow */
    assert_true(stage.rows.change_s == 2);

    /* another boot: the counters began anew, nothing changed that could be told */
    stage.now.segment = 1;
    collect(&stage, &choice);
    assert_false(stage.rows.items[0].have & PH_TOP_HAVE_CHANGE);
    assert_true(isnan(stage.rows.change_s));
    end(&stage);
}

static void unknown_values_stand_last_either_way(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage);
    uint32_t a = series(&stage, "a", PH_POOL_UNRECLAIMABLE, 0, 0);
    uint32_t b = series(&stage, "b", PH_POOL_UNRECLAIMABLE, 0, 0);
    uint32_t c = series(&stage, "c", PH_POOL_RECLAIMABLE, 0, 0);
    uint32_t d = series(&stage, "d", PH_POOL_PAGES, 0, PH_SERIES_COUNTS_TWICE);
    value(&stage.before, a, ALL, 1, 0, 10, 100);
    value(&stage.before, b, ALL, 1, 0, 10, 900);
    value(&stage.now, a, ALL, 2, 0, 20, 100);
    value(&stage.now, b, ALL, 1, 0, 5, 400);
    value(&stage.now, c, PH_HAVE_BYTES, 0, 0, 0, 200);
    value(&stage.now, d, PH_HAVE_OBJECTS, 0, 0, 9, 0);
    stage.now.pools[PH_POOL_UNRECLAIMABLE] =
        (struct ph_pool_total){.have = PH_TOTAL_BYTES, .bytes = 1000};
    stage.findings[0] = (struct ph_finding){
        .series = b, .verdict = PH_VERDICT_LEAK_LIKELY, .have_rate = true, .rate = 5, .rank = 9};
    stage.findings[1] = (struct ph_finding){
        .series = c, .verdict = PH_VERDICT_GROWING, .have_rate = true, .rate = 7, .rank = 3};
    stage.findings[2] = (struct ph_finding){
        .series = a, .verdict = PH_VERDICT_FLAT, .have_rate = true, .rate = 99, .rank = 1};
    stage.state.finding_count = 3;
    stage.finding_of[a] = 3;
    stage.finding_of[b] = 1;
    stage.finding_of[c] = 2;

    ordered(&stage, (struct ph_top_choice){.sort = PH_TOP_BYTES}, "bcad");
    ordered(&stage, (struct ph_top_choice){.sort = PH_TOP_BYTES, .reverse = true}, "acbd");
    ordered(&stage, (struct ph_top_choice){.sort = PH_TOP_DIFF}, "adbc");
    ordered(&stage, (struct ph_top_choice){.sort = PH_TOP_DIFF, .reverse = true}, "bdac");
    ordered(&stage, (struct ph_top_choice){.sort = PH_TOP_BYTES, .by_change = true}, "bacd");
    ordered(&stage, (struct ph_top_choice){.sort = PH_TOP_TAG}, "abcd");
    ordered(&stage, (struct ph_top_choice){.sort = PH_TOP_TAG, .reverse = true}, "dcba");
    ordered(&stage, (struct ph_top_choice){.sort = PH_TOP_RATE}, "cbad");
    ordered(&stage, (struct ph_top_choice){.sort = PH_TOP_VERDICT}, "bcad");
    ordered(&stage, (struct ph_top_choice){.sort = PH_TOP_OWNER}, "bcad");
    ordered(&stage, (struct ph_top_choice){.sort = PH_TOP_PERCENT}, "bacd");
    ordered(&stage, (struct ph_top_choice){.sort = PH_TOP_PER_ALLOC}, "bacd");
    ordered(&stage, (struct ph_top_choice){.sort = PH_TOP_TYPE}, "abcd");
    assert_int_equal(stage.rows.leaking, 1);
    assert_int_equal(stage.rows.growing, 1);
    assert_int_equal(stage.rows.in_all, 4);
    assert_true(stage.rows.items[1].percent == 40 && stage.rows.items[0].percent == 10);
    assert_false(stage.rows.items[2].have & PH_TOP_HAVE_PERCENT); /* its pool is not known */
    assert_true(stage.rows.items[1].have & PH_TOP_OWNER_NAMED);
    assert_false(stage.rows.items[2].have & PH_TOP_OWNER_NAMED);
    end(&stage);
}

static void filters(void **state)
{
    static const char *const pattern[] = {"a*"};
    struct stage stage;

    (void)state;
    begin(&stage);
    uint32_t a = series(&stage, "abc", PH_POOL_NONPAGED, 32, 0);
    uint32_t b = series(&stage, "bcd", PH_POOL_PAGED, 32, 0);
    uint32_t c = series(&stage, "cde", PH_POOL_SESSION_PAGED, 32, 0);
    value(&stage.now, a, ALL, 1, 0, 1, 3);
    value(&stage.now, b, ALL, 1, 0, 1, 2);
    value(&stage.now, c, ALL, 1, 0, 1, 1);
    ordered(&stage, (struct ph_top_choice){.sort = PH_TOP_BYTES}, "ab");
    ordered(&stage, (struct ph_top_choice){.sort = PH_TOP_BYTES, .session = PH_TOP_ALL_SESSIONS},
            "c");
    ordered(&stage,
            (struct ph_top_choice){.sort = PH_TOP_BYTES,
                                   .selection = {.includes = pattern, .include_count = 1}},
            "a");
    ordered(&stage,
            (struct ph_top_choice){.sort = PH_TOP_BYTES,
                                   .selection = {.excludes = pattern, .exclude_count = 1}},
            "b");
    ordered(&stage,
            (struct ph_top_choice){.sort = PH_TOP_BYTES, .selection = {.pools = PH_POOLS_PAGED}},
            "b");
    assert_true(ph_top_has_sessions(&stage.state));
    end(&stage);
}

static void changes_since_the_mark(void **state)
{
    struct stage stage;
    PH_GUARD(ph_sample_fini) struct ph_sample mark = {0};
    struct ph_top_choice choice = {
        .sort = PH_TOP_BYTES, .session = PH_TOP_SYSTEM_POOL, .since_mark = true};

    (void)state;
    begin(&stage);
    uint32_t a = series(&stage, "abc", PH_POOL_NONPAGED, 32, 0);
    ph_sample_reset(&mark);
    value(&mark, a, ALL, 0xa0000001u, 0xa0000000u, 1, 100);
    value(&stage.before, a, ALL, 1, 0, 1, 150);
    value(&stage.now, a, ALL, 1, 0, 1, 160);
    collect(&stage, &choice); /* no mark: as without */
    assert_int_equal(stage.rows.items[0].bytes_change, 10);
    stage.state.mark = &mark;
    collect(&stage, &choice);
    assert_int_equal(stage.rows.items[0].bytes_change, 60);
    assert_true(stage.rows.change_s == 3);
    assert_int_equal(stage.rows.items[0].allocs_change, 0x60000000); /* wrapped on the way */
    stage.now.values[0].allocs = 0x90000001u;
    collect(&stage, &choice);
    assert_int_equal(stage.rows.items[0].allocs_change, 0xf0000000); /* by more than half */
    end(&stage);
}

static void nothing_read_and_no_memory(void **state)
{
    struct stage stage;
    struct ph_top_choice choice = {.sort = PH_TOP_BYTES, .session = PH_TOP_SYSTEM_POOL};

    (void)state;
    begin(&stage);
    uint32_t a = series(&stage, "abc", PH_POOL_NONPAGED, 32, 0);
    value(&stage.now, a, ALL, 1, 0, 1, 100);
    ph_mem_fail_after(0);
    struct ph_error *error = ph_top_rows_of(&stage.state, &choice, NULL, NULL, &stage.rows);
    ph_mem_fail_after(-1);
    assert_non_null(error);
    ph_error_free(error);
    stage.state.now = NULL;
    collect(&stage, &choice);
    assert_int_equal(stage.rows.count, 0);
    end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_wrap_and_the_absent_are_unknown),
        cmocka_unit_test(unknown_values_stand_last_either_way),
        cmocka_unit_test(filters),
        cmocka_unit_test(changes_since_the_mark),
        cmocka_unit_test(nothing_read_and_no_memory),
    };

    return cmocka_run_group_tests_name("toprows", tests, NULL, NULL);
}
