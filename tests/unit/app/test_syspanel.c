/* app/syspanel: rows, peaks, limits with their sources, changes; unknown is not zero. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "app/syspanel.h"
#include "base/os.h"

#define GIGABYTE (INT64_C(1) << 30)

struct system {
    struct ph_catalog catalog;
    struct ph_sample before, now;
    struct ph_history history;
    struct ph_machine machine;
    struct ph_sys_report report;
};

static int setup(void **state)
{
    static struct system system;

    memset(&system, 0, sizeof(system));
    ph_sample_reset(&system.before);
    ph_sample_reset(&system.now);
    system.machine.memory_bytes = -1;
    *state = &system;
    return 0;
}

static int teardown(void **state)
{
    struct system *system = *state;

    ph_sample_fini(&system->before);
    ph_sample_fini(&system->now);
    ph_history_fini(&system->history);
    ph_catalog_fini(&system->catalog);
    return 0;
}

static void set_pool(struct ph_sample *sample, enum ph_pool pool, int64_t bytes)
{
    sample->pools[pool].have |= PH_TOTAL_BYTES;
    sample->pools[pool].bytes = bytes;
}

static void add_pseudo(struct system *system, struct ph_sample *sample, const char *tag,
                       int64_t bytes, uint32_t quality)
{
    struct ph_series series = {.origin = PH_ORIGIN_MEMINFO,
                               .pool = PH_POOL_PAGES,
                               .flags = PH_SERIES_PSEUDO,
                               .tag = ph_slice_of(tag)};
    struct ph_value value = {.have = PH_HAVE_BYTES | quality, .bytes = bytes};

    assert_null(ph_catalog_intern(&system->catalog, &series, &value.series));
    assert_null(ph_sample_add(sample, &value));
}

static void add_tag(struct system *system, struct ph_sample *sample, const char *tag,
                    enum ph_pool pool, uint8_t bits, uint64_t allocs, uint64_t frees)
{
    struct ph_series series = {
        .origin = PH_ORIGIN_POOLMON, .pool = pool, .counter_bits = bits, .tag = ph_slice_of(tag)};
    struct ph_value value = {.have = PH_HAVE_ALLOCS | PH_HAVE_FREES | PH_HAVE_BYTES,
                             .allocs = allocs,
                             .frees = frees,
                             .bytes = 64};

    assert_null(ph_catalog_intern(&system->catalog, &series, &value.series));
    assert_null(ph_sample_add(sample, &value));
}

static void look(struct system *system)
{
    assert_null(ph_sample_finish(&system->before, NULL));
    assert_null(ph_sample_finish(&system->now, NULL));
    ph_sys_panel(&system->catalog, &system->now, &system->before, &system->history,
                 &system->machine, &system->report);
}

static const struct ph_sys_row *row_of(const struct system *system, const char *id)
{
    const struct ph_sys_row *found = NULL;

    for (size_t i = 0; i < system->report.row_count; i++) {
        if (strcmp(system->report.rows[i].id, id) != 0)
            continue;
        assert_null(found); /* an id is there once */
        found = &system->report.rows[i];
    }
    return found;
}

static void linux_rows(void **state)
{
    struct system *system = *state;

    system->before.memory = system->now.memory = (struct ph_memory){.total = 8 * GIGABYTE,
                                                                    .available = 5 * GIGABYTE,
                                                                    .commit = 2 * GIGABYTE,
                                                                    .commit_limit = 4 * GIGABYTE,
                                                                    .commit_peak = -1,
                                                                    .page_faults = 1000,
                                                                    .resident_kernel = -1,
                                                                    .resident_paged = -1};
    system->now.memory.available -= 4096;
    system->now.memory.page_faults = 900; /* a 64-bit counter does not fall */
    system->before.boottime_ns = 10 * PH_SECOND;
    system->now.boottime_ns = 13 * PH_SECOND;
    set_pool(&system->before, PH_POOL_UNRECLAIMABLE, 500);
    set_pool(&system->now, PH_POOL_UNRECLAIMABLE, 400);
    system->now.pools[PH_POOL_UNRECLAIMABLE].have |= PH_TOTAL_LIMIT;
    system->now.pools[PH_POOL_UNRECLAIMABLE].limit_bytes = 9000;
    set_pool(&system->now, PH_POOL_RECLAIMABLE, 700);
    set_pool(&system->now, PH_POOL_PERCPU, 33);
    add_pseudo(system, &system->before, "(page tables)", 100, 0);
    add_pseudo(system, &system->now, "(page tables)", 150, 0);
    add_pseudo(system, &system->now, "(unaccounted)", 12, PH_IS_ESTIMATED);
    look(system);

    assert_true(fabs(system->report.change_s - 3) < 1e-9);
    assert_int_equal(system->report.page_faults, 900);
    assert_int_equal(system->report.page_faults_change, -1);
    const struct ph_sys_row *row = row_of(system, "physical-used");
    assert_int_equal(row->current, 3 * GIGABYTE + 4096);
    assert_int_equal(row->limit, 8 * GIGABYTE);
    assert_true(row->change_known);
    assert_int_equal(row->change, 4096);
    row = row_of(system, "commit");
    assert_int_equal(row->limit, 4 * GIGABYTE);
    assert_non_null(strstr(row->limit_source, "overcommit_memory"));
    assert_int_equal(row->peak, -1); /* the kernel has none, and nothing was observed */
    row = row_of(system, "unreclaimable");
    assert_int_equal(row->change, -100);
    assert_int_equal(row->limit, 9000);
    assert_non_null(strstr(row->limit_source, "MemAvailable"));
    assert_int_equal(row->allocs_change, -1); /* a slab has no counters */
    row = row_of(system, "reclaimable");
    assert_false(row->change_known);
    assert_int_equal(row->limit, -1);
    assert_non_null(row->limit_missing);
    row = row_of(system, "page-tables");
    assert_int_equal(row->current, 150);
    assert_int_equal(row->change, 50);
    assert_false(row->estimated);
    assert_true(row_of(system, "unaccounted")->estimated);
    assert_int_equal(row_of(system, "percpu")->current, 33);
    row = row_of(system, "driver-locked");
    assert_int_equal(row->current, -1);
    assert_non_null(strstr(row->missing, "Linux"));
    row = row_of(system, "kernel-stacks");
    assert_int_equal(row->current, -1);
    assert_non_null(strstr(row->missing, "/proc/meminfo"));
    assert_non_null(strstr(row_of(system, "large-kmalloc")->missing, "slabinfo"));
    assert_null(row_of(system, "balloon"));
    assert_null(row_of(system, "nonpaged"));
    assert_null(row_of(system, "contiguous"));
}

static void windows_rows(void **state)
{
    struct system *system = *state;

    system->machine = (struct ph_machine){.system = "Windows", .memory_bytes = -1};
    system->now.memory.page_faults = 5;
    system->before.memory.page_faults = UINT32_MAX; /* wraps */
    system->now.memory.commit = 100;
    system->now.memory.commit_peak = 300;
    system->now.memory.resident_paged = 44;
    set_pool(&system->before, PH_POOL_NONPAGED, 1000);
    set_pool(&system->now, PH_POOL_NONPAGED, 1500);
    set_pool(&system->now, PH_POOL_PAGED, 2000);
    add_tag(system, &system->before, "Wrap", PH_POOL_NONPAGED, 32, UINT32_MAX - 1, 50);
    add_tag(system, &system->before, "Wide", PH_POOL_NONPAGED, 64, 500, 100);
    add_tag(system, &system->before, "Anew", PH_POOL_NONPAGED, 64, 900, 900);
    add_tag(system, &system->before, "Page", PH_POOL_PAGED, 32, 10, 10);
    add_tag(system, &system->now, "Wrap", PH_POOL_NONPAGED, 32, 8, 53);    /* 10 and 3 */
    add_tag(system, &system->now, "Wide", PH_POOL_NONPAGED, 64, 600, 101); /* 100 and 1 */
    add_tag(system, &system->now, "Anew", PH_POOL_NONPAGED, 64, 5, 2);
    add_tag(system, &system->now, "Seen", PH_POOL_NONPAGED, 32, 1000, 1); /* was it there? */
    add_tag(system, &system->now, "Page", PH_POOL_PAGED, 32, 10, 10);
    look(system);

    assert_int_equal(system->report.page_faults_change, 6);
    const struct ph_sys_row *row = row_of(system, "nonpaged");
    assert_int_equal(row->current, 1500);
    assert_int_equal(row->change, 500);
    assert_int_equal(row->allocs_change, 110);
    assert_int_equal(row->frees_change, 4);
    assert_int_equal(row->limit, -1);
    assert_non_null(strstr(row->limit_missing, "version"));
    row = row_of(system, "paged");
    assert_int_equal(row->allocs_change, 0); /* zero is not unknown */
    assert_int_equal(row->frees_change, 0);
    assert_int_equal(row_of(system, "paged-resident")->current, 44);
    row = row_of(system, "commit");
    assert_int_equal(row->peak, 300);
    assert_false(row->peak_observed);
    assert_int_equal(row_of(system, "driver-locked")->current, -1);
    assert_non_null(strstr(row_of(system, "page-tables")->missing, "24H2"));
    assert_null(row_of(system, "session-paged"));
    assert_null(row_of(system, "unreclaimable"));
    assert_null(row_of(system, "system-ptes"));
    system->now.page_lists = (struct ph_page_lists){true, -1, 600, -1, 7000};
    system->before.page_lists = (struct ph_page_lists){true, -1, 600, -1, 9000};
    look(system);
    assert_int_equal(row_of(system, "system-ptes")->change, -2000); /* what falls is lost */
    assert_int_equal(row_of(system, "standby")->current, 600);
    assert_null(row_of(system, "free"));
}

static void documented_limits(void **state)
{
    static const struct {
        const char *release;
        int64_t ram, nonpaged, paged;
    } cases[] = {
        {"10.0.26100", 32 * GIGABYTE, 32 * GIGABYTE, 15872 * GIGABYTE},
        {"10.0.26100 x", 2 * GIGABYTE, 2 * GIGABYTE, 15872 * GIGABYTE},
        {"10.0.14393", 24 * 1024 * GIGABYTE, 16 * 1024 * GIGABYTE, 15872 * GIGABYTE},
        {"6.3.9600", 8 * GIGABYTE, 8 * GIGABYTE, 15872 * GIGABYTE},
        {"6.2.9200", 8 * GIGABYTE, 6 * GIGABYTE, 384 * GIGABYTE},
        {"6.2.9200", 256 * GIGABYTE, 128 * GIGABYTE, 384 * GIGABYTE},
        {"10.0.19045", 3 * GIGABYTE, -1, -1}, /* may be 32-bit */
        {"6.1.7601", 8 * GIGABYTE, -1, -1},   /* 2008 with 32 bits has more than 4 GB */
        {"10.0.26100", -1, -1, 15872 * GIGABYTE},
        {"5.2.3790", 8 * GIGABYTE, -1, -1},
        {"", 8 * GIGABYTE, -1, -1},
        {"10", 8 * GIGABYTE, -1, -1},
        {"10.0", 8 * GIGABYTE, -1, -1},
        {"ten", 8 * GIGABYTE, -1, -1},
        {"99999999999999999999.0.1", 8 * GIGABYTE, -1, -1},
    };
    struct system *system = *state;

    set_pool(&system->now, PH_POOL_NONPAGED, 1000);
    set_pool(&system->now, PH_POOL_PAGED, 1000);
    (void)strcpy(system->machine.system, "Windows");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)strcpy(system->machine.release, cases[i].release);
        system->now.memory.total = cases[i].ram;
        look(system);
        const struct ph_sys_row *nonpaged = row_of(system, "nonpaged");
        const struct ph_sys_row *paged = row_of(system, "paged");
        assert_int_equal(nonpaged->limit, cases[i].nonpaged);
        assert_int_equal(paged->limit, cases[i].paged);
        assert_true((nonpaged->limit < 0) == (nonpaged->limit_missing != NULL));
        assert_true((nonpaged->limit < 0) == (nonpaged->limit_source == NULL));
        assert_true((paged->limit < 0) == (paged->limit_missing != NULL));
    }
    /* a paged pool that no 32-bit system could hold */
    (void)strcpy(system->machine.release, "6.1.7601");
    set_pool(&system->now, PH_POOL_PAGED, 5 * GIGABYTE);
    system->now.memory.total = 8 * GIGABYTE;
    look(system);
    assert_int_equal(row_of(system, "nonpaged")->limit, 6 * GIGABYTE);
    assert_int_equal(row_of(system, "paged")->limit, 128 * GIGABYTE);
}

static void unknown_everywhere(void **state)
{
    static const struct {
        const char *system, *has, *lacks;
        size_t rows;
    } cases[] = {{"", "commit", "paged", 4},
                 {"Linux", "reclaimable", "paged", 14},
                 {"Windows", "paged", "reclaimable", 11}};
    struct system *system = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)strcpy(system->machine.system, cases[i].system);
        look(system);
        assert_int_equal(system->report.row_count, cases[i].rows);
        for (size_t k = 0; k < system->report.row_count; k++) {
            const struct ph_sys_row *row = &system->report.rows[k];
            assert_int_equal(row->current, -1);
            assert_int_equal(row->peak, -1);
            assert_int_equal(row->limit, -1);
            assert_int_equal(row->allocs_change, -1);
            assert_false(row->change_known);
            assert_non_null(row->missing);
            assert_null(row->line);
        }
        assert_non_null(row_of(system, cases[i].has));
        assert_null(row_of(system, cases[i].lacks));
        assert_int_equal(system->report.page_faults, -1);
        assert_int_equal(system->report.page_faults_change, -1);
    }
    ph_sys_panel(&system->catalog, &system->now, NULL, NULL, NULL, &system->report);
    assert_int_equal(system->report.row_count, 4);
    assert_true(isnan(system->report.change_s));
    ph_sys_panel(&system->catalog, NULL, NULL, NULL, NULL, &system->report);
    assert_int_equal(system->report.row_count, 0);
}

/* A CSV of readings may hold both systems: what is there is shown once, nothing is missed. */
static void both_systems(void **state)
{
    struct system *system = *state;

    set_pool(&system->now, PH_POOL_NONPAGED, 1);
    set_pool(&system->now, PH_POOL_UNRECLAIMABLE, 2);
    look(system);
    assert_int_equal(row_of(system, "nonpaged")->current, 1);
    assert_int_equal(row_of(system, "unreclaimable")->current, 2);
    assert_null(row_of(system, "paged"));
    assert_null(row_of(system, "page-tables"));
    assert_null(row_of(system, "driver-locked"));
}

static void a_reboot_has_no_changes(void **state)
{
    struct system *system = *state;

    set_pool(&system->before, PH_POOL_NONPAGED, 1000);
    set_pool(&system->now, PH_POOL_NONPAGED, 1500);
    add_tag(system, &system->before, "Thre", PH_POOL_NONPAGED, 32, 10, 5);
    add_tag(system, &system->now, "Thre", PH_POOL_NONPAGED, 32, 20, 5);
    system->before.memory.page_faults = 1;
    system->now.memory.page_faults = 2;
    system->now.segment = 1;
    look(system);
    const struct ph_sys_row *row = row_of(system, "nonpaged");
    assert_false(row->change_known);
    assert_int_equal(row->allocs_change, -1);
    assert_int_equal(system->report.page_faults_change, -1);
    assert_true(isnan(system->report.change_s));
    system->now.segment = 0;
    system->now.time_kind = PH_TIME_ORDINAL;
    look(system);
    assert_int_equal(row_of(system, "nonpaged")->change, 500);
    assert_true(isnan(system->report.change_s));
}

static void peaks(void **state)
{
    /* odd numbers beyond 24 bits: no float holds them */
    static const int64_t bytes[] = {INT64_C(1) << 40 | 1, (INT64_C(1) << 41) + 1,
                                    (INT64_C(1) << 41) - 1000001};
    struct system *system = *state;
    struct ph_sample *now = &system->now;

    for (size_t i = 0; i < 3; i++) {
        now->time_ns = (int64_t)i * PH_SECOND;
        set_pool(now, PH_POOL_NONPAGED, bytes[i]);
        now->memory.available = bytes[i];
        assert_null(ph_history_add(&system->history, now));
        look(system);
        const struct ph_sys_row *row = row_of(system, "nonpaged");
        assert_non_null(row->line);
        if (!i) {
            assert_int_equal(row->peak, -1); /* one reading has no peak */
        } else if (i == 1) {
            assert_int_equal(row->peak, bytes[1]); /* it is the peak: exact */
            assert_true(row->peak_observed);
        } else {
            assert_true(row->peak >= bytes[1]);
            assert_true(row->peak - bytes[1] <= bytes[1] >> 23);
        }
        assert_int_equal(row_of(system, "physical-available")->peak, -1);
    }
    now->pools[PH_POOL_NONPAGED].have |= PH_TOTAL_PEAK;
    now->pools[PH_POOL_NONPAGED].peak_bytes = 77;
    look(system);
    assert_int_equal(row_of(system, "nonpaged")->peak, 77);
    assert_false(row_of(system, "nonpaged")->peak_observed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(linux_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(windows_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(documented_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(unknown_everywhere, setup, teardown),
        cmocka_unit_test_setup_teardown(both_systems, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reboot_has_no_changes, setup, teardown),
        cmocka_unit_test_setup_teardown(peaks, setup, teardown),
    };

    return cmocka_run_group_tests_name("app/syspanel", tests, NULL, NULL);
}
