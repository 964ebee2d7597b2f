/* What a Windows tells, on its whole way: read from a kernel that the test plays, recorded, and
 * judged from the recording, on whatever system that happens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/session.h"
#include "base/os.h"
#include "source/windows/windows_source.h"
#include "store/recording.h"

enum { READINGS = 432, STEP_S = 600, PAGE = 4096, FLAT = 100 };

static char directory[] = "/tmp/poolhound-windows-XXXXXX";
static char *recording_path;

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(directory))
        return 1;
    recording_path = ph_format("%s/r.poolhound", directory);
    return !recording_path;
}

static int teardown(void **state)
{
    ph_autofree char *command = ph_format("rm -rf %s", directory);

    (void)state;
    ph_free(recording_path);
    return system(command);
}

/* ------------------------------------------------------------------ a kernel that leaks */

struct kernel {
    bool second;       /* has class 255 */
    uint64_t readings; /* so many were made */
};

static void put(uint8_t *to, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

/* Blocks of 128 bytes: 64 more at each reading; a million come and go between two, so that 32 bits
 * wrap on the way. */
static uint64_t frees(const struct kernel *kernel)
{
    return UINT32_MAX - 100000000 + kernel->readings * 1000000;
}

static uint64_t live(const struct kernel *kernel)
{
    return 1000 + 64 * kernel->readings;
}

/* Class 22 on x64: entries of 40 bytes. */
static size_t tags(const struct kernel *kernel, uint8_t *to)
{
    put(to, 2, 4);
    memcpy(to + 8, "LeaK", 4);
    put(to + 8 + 24, frees(kernel) + live(kernel), 4);
    put(to + 8 + 28, frees(kernel), 4);
    put(to + 8 + 32, live(kernel) * 128, 8);
    memcpy(to + 48, "Flat", 4);
    put(to + 48 + 4, FLAT, 4);
    put(to + 48 + 16, FLAT * 64, 8);
    return 88;
}

/* Class 255 on x64: entries of 56 bytes. */
static size_t tags_2(const struct kernel *kernel, uint8_t *to)
{
    put(to, 2, 4);
    memcpy(to + 8, "LeaK", 4);
    put(to + 8 + 32, frees(kernel) + live(kernel), 8);
    put(to + 8 + 40, frees(kernel), 8);
    put(to + 8 + 48, live(kernel) * 128, 8);
    memcpy(to + 64, "Flat", 4);
    put(to + 64 + 8, FLAT, 8);
    put(to + 64 + 24, FLAT * 64, 8);
    return 120;
}

/* Class 2, as 24H2 has it: locked pages are leaked, too. */
static size_t performance(const struct kernel *kernel, uint8_t *to)
{
    put(to + 44, 1000000, 4);
    put(to + 48, 500000, 4);
    put(to + 52, 2000000, 4);
    put(to + 60, 77, 4);
    put(to + 112, 30000, 4);
    put(to + 116, 20000 + 2 * kernel->readings, 4);
    put(to + 344, 500 + 3 * kernel->readings, 8);
    put(to + 368, 40, 8);
    return 376;
}

static uint32_t ask(void *context, uint32_t which, void *bytes, size_t size, uint32_t *returned)
{
    const struct kernel *kernel = context;
    uint8_t made[512] = {0};

    *returned = 0;
    if (which == PH_NT_POOL_TAGS)
        *returned = (uint32_t)tags(kernel, made);
    else if (which == PH_NT_POOL_TAGS_2 && kernel->second)
        *returned = (uint32_t)tags_2(kernel, made);
    else if (which == PH_NT_PERFORMANCE)
        *returned = (uint32_t)performance(kernel, made);
    if (!*returned)
        return PH_NT_INFO_CLASS;
    if (*returned > size)
        return PH_NT_LENGTH_MISMATCH;
    memcpy(bytes, made, *returned);
    return 0;
}

/* Three days, a reading every ten minutes. */
static void record(struct kernel *kernel)
{
    const struct ph_nt nt = {.context = kernel, .pointer_bytes = 8, .system = ask};
    const struct ph_recording_options options = {0};
    const struct ph_machine machine = {.host = "server",
                                       .system = "Windows",
                                       .release = "10.0.26100",
                                       .boot_id = "2026-11-02",
                                       .page_bytes = PAGE,
                                       .memory_bytes = INT64_C(8) << 30};
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    PH_GUARD(ph_source_closep) struct ph_source *source = NULL;
    struct ph_recording *recording = NULL;
    bool end;

    assert_null(ph_windows_source_open(&nt, &source));
    assert_null(ph_recording_open(recording_path, &options, &machine, &catalog, &recording));
    for (; kernel->readings < READINGS; kernel->readings++) {
        int64_t since = (int64_t)kernel->readings * STEP_S * PH_SECOND;
        assert_null(source->ops->read(source, &catalog, &sample, &end));
        sample.time_ns = INT64_C(1793577600) * PH_SECOND + since; /* 2026-11-02 */
        sample.boottime_ns = PH_SECOND + since;
        assert_null(ph_recording_append(recording, &catalog, &sample));
    }
    assert_null(ph_recording_close(recording));
}

/* ------------------------------------------------------------------ brought home */

static const struct ph_finding *find(const struct ph_session *session, const char *tag)
{
    for (size_t i = 0; i < session->findings.count; i++)
        if (ph_slice_is(session->catalog.series[session->findings.items[i].series].tag, tag))
            return &session->findings.items[i];
    fail_msg("%s: no finding", tag);
    return NULL;
}

static void expect_rate(const struct ph_finding *finding, double bytes_per_step)
{
    double rate = bytes_per_step / STEP_S;

    assert_true(finding->verdict >= PH_VERDICT_LEAK_LIKELY);
    assert_true(finding->rate > rate * .99 && finding->rate < rate * 1.01);
}

static void judge(struct kernel *kernel, enum ph_origin origin)
{
    PH_GUARD(ph_session_fini) struct ph_session session = {0};
    const struct ph_session_options options = {.input = {.path = recording_path}, .judge = true};

    record(kernel);
    assert_null(ph_session_run(&options, &session));
    assert_int_equal(session.samples, READINGS);
    assert_string_equal(session.machine.system, "Windows");

    const struct ph_finding *leak = find(&session, "LeaK");
    const struct ph_series *series = &session.catalog.series[leak->series];
    assert_int_equal(series->origin, origin);
    assert_int_equal(series->pool, PH_POOL_NONPAGED);
    assert_int_equal(series->counter_bits, kernel->second ? 64 : 32);
    expect_rate(leak, 64 * 128);
    assert_int_equal(leak->last_objects, 1000 + 64 * (READINGS - 1));
    expect_rate(find(&session, "(MDL pages)"), 3 * PAGE);
    assert_int_equal(find(&session, "Flat")->verdict, PH_VERDICT_FLAT);
    assert_int_equal(find(&session, "(contiguous pages)")->verdict, PH_VERDICT_FLAT);

    /* the last reading is back as it was */
    const struct ph_value *value = ph_sample_find(&session.last, leak->series);
    kernel->readings = READINGS - 1;
    uint64_t mask = kernel->second ? UINT64_MAX : UINT32_MAX;
    assert_non_null(value);
    assert_true(value->frees == (frees(kernel) & mask));
    assert_true(value->allocs == ((frees(kernel) + live(kernel)) & mask));
    assert_int_equal(value->bytes, live(kernel) * 128);
    assert_int_equal(session.last.memory.page_faults, 77);
    assert_int_equal(session.last.pools[PH_POOL_NONPAGED].bytes,
                     INT64_C(1) * PAGE * (20000 + 2 * (READINGS - 1)));
    assert_int_equal(unlink(recording_path), 0);
}

static void counters_of_32_bits(void **state)
{
    struct kernel kernel = {0};

    (void)state;
    judge(&kernel, PH_ORIGIN_POOLTAG);
}

static void counters_of_64_bits(void **state)
{
    struct kernel kernel = {.second = true};

    (void)state;
    judge(&kernel, PH_ORIGIN_POOLTAG2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_of_32_bits),
        cmocka_unit_test(counters_of_64_bits),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
