#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "app/select.h"

struct reading {
    struct ph_catalog catalog;
    struct ph_sample sample;
};

static void add(struct reading *reading, const char *tag, enum ph_pool pool, const char *module,
                const char *aliases, uint32_t have, int64_t objects, int64_t bytes)
{
    struct ph_series series = {
        .origin = PH_ORIGIN_SLABINFO,
        .pool = pool,
        .tag = ph_slice_of(tag),
        .module = (char *)(uintptr_t)module,
        .aliases = (char *)(uintptr_t)aliases,
    };
    struct ph_value value = {.have = have, .objects = objects, .bytes = bytes};

    assert_null(ph_catalog_intern(&reading->catalog, &series, &value.series));
    assert_null(ph_sample_add(&reading->sample, &value));
}

static int setup(void **state)
{
    static struct reading reading;
    uint32_t all = PH_HAVE_OBJECTS | PH_HAVE_BYTES;

    memset(&reading, 0, sizeof(reading));
    ph_sample_reset(&reading.sample);
    add(&reading, "kmalloc-64", PH_POOL_UNRECLAIMABLE, NULL, NULL, all, 10, 640);
    add(&reading, "dentry", PH_POOL_RECLAIMABLE, NULL, NULL, all, 100, 19200);
    add(&reading, "Io  ", PH_POOL_NONPAGED, NULL, NULL, all, 1, 64);
    add(&reading, "leaky_site", PH_POOL_SITE, "leaky", NULL, PH_HAVE_BYTES, 0, 4096);
    add(&reading, "filp", PH_POOL_UNRECLAIMABLE, NULL, "files_cache other", all, 50, 12800);
    assert_null(ph_sample_finish(&reading.sample, NULL));
    *state = &reading;
    return 0;
}

static int teardown(void **state)
{
    struct reading *reading = *state;

    ph_sample_fini(&reading->sample);
    ph_catalog_fini(&reading->catalog);
    return 0;
}

/* The tags selected, joined by commas. */
static void expect(void **state, const struct ph_selection *selection, const char *tags,
                   size_t all_matched)
{
    struct reading *reading = *state;
    PH_GUARD(ph_text_fini) struct ph_text joined = {0};
    uint32_t *rows = NULL;
    size_t count = 0, matched = 0;

    assert_null(
        ph_select_rows(selection, &reading->catalog, &reading->sample, &rows, &count, &matched));
    ph_text_puts(&joined, "");
    for (size_t i = 0; i < count; i++) {
        uint32_t series = reading->sample.values[rows[i]].series;
        struct ph_slice tag = reading->catalog.series[series].tag;
        ph_text_puts(&joined, i ? "," : "");
        ph_text_add(&joined, tag.data, tag.size);
    }
    ph_free(rows);
    assert_string_equal(joined.data, tags);
    assert_int_equal(matched, all_matched);
}

static void sorts_by_bytes_largest_first(void **state)
{
    expect(state, &(struct ph_selection){.sort = PH_COLUMN_BYTES},
           "dentry,filp,leaky_site,kmalloc-64,Io  ", 5);
}

static void reverse_turns_the_order(void **state)
{
    expect(state, &(struct ph_selection){.sort = PH_COLUMN_TAG, .reverse = true},
           "leaky_site,kmalloc-64,filp,dentry,Io  ", 5);
}

static void unknown_sorts_below_zero(void **state)
{
    expect(state, &(struct ph_selection){.sort = PH_COLUMN_OBJECTS},
           "dentry,filp,kmalloc-64,Io  ,leaky_site", 5);
}

static void top_cuts_and_tells_how_many_matched(void **state)
{
    expect(state, &(struct ph_selection){.sort = PH_COLUMN_BYTES, .top = 2}, "dentry,filp", 5);
}

static void exclude_wins(void **state)
{
    const char *in[] = {"*l*"}, *out[] = {"leaky"};

    expect(state,
           &(struct ph_selection){.includes = in,
                                  .include_count = 1,
                                  .excludes = out,
                                  .exclude_count = 1,
                                  .sort = PH_COLUMN_TAG},
           "filp,kmalloc-64", 2);
}

static void short_patterns_find_padded_tags_and_aliases_count(void **state)
{
    const char *io[] = {"Io"}, *alias[] = {"files_c*"};

    expect(state, &(struct ph_selection){.includes = io, .include_count = 1}, "Io  ", 1);
    expect(state, &(struct ph_selection){.includes = alias, .include_count = 1}, "filp", 1);
}

static void pools_filter(void **state)
{
    expect(state, &(struct ph_selection){.pools = PH_POOLS_PAGED}, "dentry", 1);
    expect(state, &(struct ph_selection){.pools = 1u << PH_POOL_NONPAGED}, "Io  ", 1);
}

static void runs_out_of_memory_politely(void **state)
{
    struct reading *reading = *state;
    uint32_t *rows = NULL;
    size_t count = 0, matched = 0;

    ph_mem_fail_after(0);
    struct ph_error *error = ph_select_rows(&(struct ph_selection){0}, &reading->catalog,
                                            &reading->sample, &rows, &count, &matched);
    ph_mem_fail_after(-1);
    assert_non_null(error);
    assert_int_equal(error->code, PH_ERR_NOMEM);
    assert_null(rows);
    ph_error_free(error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sorts_by_bytes_largest_first, setup, teardown),
        cmocka_unit_test_setup_teardown(reverse_turns_the_order, setup, teardown),
        cmocka_unit_test_setup_teardown(unknown_sorts_below_zero, setup, teardown),
        cmocka_unit_test_setup_teardown(top_cuts_and_tells_how_many_matched, setup, teardown),
        cmocka_unit_test_setup_teardown(exclude_wins, setup, teardown),
        cmocka_unit_test_setup_teardown(short_patterns_find_padded_tags_and_aliases_count, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(pools_filter, setup, teardown),
        cmocka_unit_test_setup_teardown(runs_out_of_memory_politely, setup, teardown),
    };

    return cmocka_run_group_tests_name("select", tests, NULL, NULL);
}
