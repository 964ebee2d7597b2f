/* render/poolmon_snap.c: poolmon's own layout, byte for byte, and read back by our own reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/poolmon_snap.h"
#include "report_fixture.h"
#include "source/file/poollog.h"

#define KB INT64_C(1024)

/* ------------------------------------------------------------------ byte for byte */

struct header {
    int64_t memory, available, faults, kernel, resident_paged;
    int64_t commit, limit, peak, nonpaged, paged;
    const char *text;
};

/* All captures that are known, old and new. */
static const struct header headers[] = {
    {260620, 96364, 0, 1916, 17856, 203500, 640916, 260632, 8332, 27220,
     " Memory:  260620K Avail:   96364K  PageFlts:     0   InRam Krnl: 1916K P:17856K\n"
     " Commit: 203500K Limit: 640916K Peak: 260632K            Pool N: 8332K P:27220K\n"},
    {33473120, 20055132, 5, 10444, 1843072, 15035764, 67027552, 16677444, 1023400, 1955448,
     " Memory:33473120K Avail:20055132K  PageFlts:     5   InRam Krnl:10444K P:1843072K\n"
     " Commit:15035764K Limit:67027552K Peak:16677444K            Pool N:1023400K P:1955448K\n"},
    {16468560, 12072536, 468600648, 56708, 950888, 4100436, 17517136, 11685564, 710920, 983564,
     " Memory:16468560K Avail:12072536K  PageFlts:468600648   InRam Krnl:56708K P:950888K\n"
     " Commit:4100436K Limit:17517136K Peak:11685564K            Pool N:710920K P:983564K\n"},
    {49371552, 26121028, 901597864, 76500, 4130272, 35762700, 64575904, 43634092, 2275124, 4427892,
     " Memory:49371552K Avail:26121028K  PageFlts:901597864   InRam Krnl:76500K P:4130272K\n"
     " Commit:35762700K Limit:64575904K Peak:43634092K            Pool N:2275124K P:4427892K\n"},
};

static const char columns[] =
    " Tag  Type     Allocs            Frees               Diff            Bytes"
    "                 Per Alloc\n";

static void set_header(struct fixture *fixture, const struct header *header)
{
    fixture->sample.memory = (struct ph_memory){.total = header->memory * KB,
                                                .available = header->available * KB,
                                                .page_faults = header->faults,
                                                .resident_kernel = header->kernel * KB,
                                                .resident_paged = header->resident_paged * KB,
                                                .commit = header->commit * KB,
                                                .commit_limit = header->limit * KB,
                                                .commit_peak = header->peak * KB};
    fixture->sample.pools[PH_POOL_NONPAGED] =
        (struct ph_pool_total){.have = PH_TOTAL_BYTES, .bytes = header->nonpaged * KB};
    fixture->sample.pools[PH_POOL_PAGED] =
        (struct ph_pool_total){.have = PH_TOTAL_BYTES, .bytes = header->paged * KB};
}

static struct ph_snap_account write_snap(const struct fixture *fixture, const char *newline,
                                         struct ph_text *out)
{
    struct ph_reading_report report = reading_of(fixture);
    struct ph_snap_account account;

    ph_text_clear(out);
    ph_render_poolmon_snap(&report, newline, out, &account);
    must(ph_text_check(out));
    return account;
}

static void every_known_header(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        PH_GUARD(fixture_fini) struct fixture fixture;
        fixture_init(&fixture);
        set_header(&fixture, &headers[i]);
        struct ph_snap_account account = write_snap(&fixture, "\n", &out);
        ph_autofree char *want = ph_format("%s\n%s\n", headers[i].text, columns);
        assert_non_null(want);
        assert_string_equal(out.data, want);
        assert_int_equal(account.header_unknown, 0);
        assert_int_equal(account.rows, 0);
    }
}

static void the_known_rows(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    PH_GUARD(fixture_fini) struct fixture fixture;

    (void)state;
    fixture_init(&fixture);
    set_header(&fixture, &headers[3]);
    windows_row(&fixture, "FMfn", PH_POOL_PAGED, 8665967, 5982729, 1495080176);
    windows_row(&fixture, "Toke", PH_POOL_PAGED, 4294967290, 4294967000, 928000);
    struct ph_snap_account account = write_snap(&fixture, "\r\n", &out);
    assert_string_equal(
        out.data,
        " Memory:49371552K Avail:26121028K  PageFlts:901597864   InRam Krnl:76500K P:4130272K\r\n"
        " Commit:35762700K Limit:64575904K Peak:43634092K            Pool N:2275124K "
        "P:4427892K\r\n\r\n"
        " Tag  Type     Allocs            Frees               Diff            Bytes"
        "                 Per Alloc\r\n\r\n"
        " FMfn Paged            8665967            5982729           2683238     1495080176"
        "              557\r\n"
        " Toke Paged         4294967290         4294967000               290         928000"
        "             3200\r\n");
    assert_int_equal(account.rows, 2);
    assert_int_equal(account.unknown, 0);
    assert_int_equal(account.long_tags, 0);
    assert_int_equal(account.odd_tags, 0);
}

static void numbers_too_wide_push_right(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    PH_GUARD(fixture_fini) struct fixture fixture;

    (void)state;
    fixture_init(&fixture);
    set_header(&fixture, &headers[0]);
    fixture.sample.memory.total = INT64_C(123456789012) * KB;
    windows_row(&fixture, "Wide", PH_POOL_NONPAGED, UINT64_MAX, 5, INT64_MAX);
    fixture.sample.values[0].objects = INT64_MAX;
    write_snap(&fixture, "\n", &out);
    assert_non_null(strstr(out.data, " Memory:123456789012K Avail:   96364K  PageFlts:     0 "));
    assert_non_null(strstr(out.data, "\n Wide Nonp  18446744073709551615                  5 "
                                     "9223372036854775807 9223372036854775807                1\n"));
}

static void what_is_unknown_is_zero_and_counted(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    PH_GUARD(fixture_fini) struct fixture fixture;

    (void)state;
    fixture_init(&fixture); /* all of the memory unknown */
    linux_row(&fixture, "dentry", PH_POOL_RECLAIMABLE, 1000, 192, NULL);
    linux_row(&fixture, "pid", PH_POOL_UNRECLAIMABLE, 7, 48, NULL);
    fixture.sample.memory.total = 8 * KB * KB;
    fixture.sample.pools[PH_POOL_UNRECLAIMABLE] =
        (struct ph_pool_total){.have = PH_TOTAL_BYTES, .bytes = 4321 * KB};
    struct ph_snap_account account = write_snap(&fixture, "\n", &out);
    assert_string_equal(
        out.data,
        " Memory:    8192K Avail:       0K  PageFlts:     0   InRam Krnl:    0K P:    0K\n"
        " Commit:      0K Limit:      0K Peak:      0K            Pool N: 4321K P:    0K\n\n"
        " Tag  Type     Allocs            Frees               Diff            Bytes"
        "                 Per Alloc\n\n"
        " dent Paged                  0                  0              1000         208000"
        "              208 [dentry]\n"
        " pid  Nonp                   0                  0                 7            448"
        "               64\n");
    assert_int_equal(account.header_unknown, 8);
    assert_int_equal(account.rows, 2);
    assert_int_equal(account.unknown, 2);
    assert_int_equal(account.long_tags, 1);
}

/* ------------------------------------------------------------------ read back */

struct readback {
    struct ph_catalog catalog;
    struct ph_sample sample;
};

static void readback_fini(struct readback *back)
{
    ph_catalog_fini(&back->catalog);
    ph_sample_fini(&back->sample);
}

static void read_back(const struct ph_text *text, struct readback *back)
{
    struct ph_source *source = NULL;
    bool end = false;

    must(ph_poollog_parse(&ph_poollog_poolmon, "snap", (struct ph_slice){text->data, text->size}, 0,
                          &source));
    must(source->ops->read(source, &back->catalog, &back->sample, &end));
    assert_false(end);
    source->ops->close(source);
}

static const struct ph_value *find(const struct readback *back, enum ph_pool pool,
                                   struct ph_slice tag)
{
    for (size_t i = 0; i < back->sample.count; i++) {
        const struct ph_series *series = &back->catalog.series[back->sample.values[i].series];
        if (series->pool == pool && series->tag.size == tag.size &&
            !memcmp(series->tag.data, tag.data, tag.size))
            return &back->sample.values[i];
    }
    return NULL;
}

static uint64_t dice = 0x9e3779b97f4a7c15;

static uint64_t draw(void)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return dice;
}

/* Of any size: as many bits as it happens. */
static uint64_t draw_number(unsigned most_bits)
{
    return draw() >> (64 - 1 - draw() % most_bits);
}

/* Four printable characters, blanks among them, none of them twice in a snapshot: `number` says
 * which. Only the wholly blank one is left out: no reader could tell it from an indented line. */
static void draw_tag(char tag[5], unsigned number)
{
    static const char signs[] = "  ()[]*?-+.:%\\\"'#ANp";

    tag[0] = (char)('!' + number % 94);
    for (size_t i = 1; i < 4; i++)
        tag[i] = draw() % 3 ? (char)(' ' + draw() % 95) : signs[draw() % (sizeof(signs) - 1)];
    tag[4] = 0;
}

static const enum ph_pool windows_pools[] = {PH_POOL_NONPAGED, PH_POOL_PAGED,
                                             PH_POOL_SESSION_NONPAGED, PH_POOL_SESSION_PAGED};

static void random_windows_readings_come_back(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    for (int round = 0; round < 500; round++) {
        PH_GUARD(fixture_fini) struct fixture fixture;
        PH_GUARD(readback_fini) struct readback back = {0};
        unsigned bits = draw() % 2 ? 32 : 64;
        size_t rows = 1 + draw() % 64;

        fixture_init(&fixture);
        struct header header = headers[draw() % 4];
        header.memory = (int64_t)draw_number(52);
        header.faults = (int64_t)draw_number(62);
        header.paged = (int64_t)draw_number(52);
        set_header(&fixture, &header);
        for (size_t i = 0; i < rows; i++) {
            char tag[5];
            uint64_t allocs = draw_number(bits), frees = draw_number(bits);
            uint32_t live = (uint32_t)(allocs - frees);
            if (bits == 64 && frees > allocs)
                frees = allocs;
            draw_tag(tag, (unsigned)i);
            windows_row(&fixture, tag, windows_pools[draw() % 4], allocs, frees,
                        (int64_t)draw_number(63));
            fixture.sample.values[i].objects =
                bits == 32 ? (int64_t)live : (int64_t)((allocs - frees) & INT64_MAX);
        }
        struct ph_snap_account account = write_snap(&fixture, round % 2 ? "\r\n" : "\n", &out);
        assert_int_equal(account.rows, rows);
        read_back(&out, &back);
        assert_int_equal(back.sample.count, rows);
        assert_int_equal(back.sample.memory.total, header.memory * KB);
        assert_int_equal(back.sample.memory.page_faults, header.faults);
        assert_int_equal(back.sample.memory.commit_peak, header.peak * KB);
        assert_int_equal(back.sample.pools[PH_POOL_PAGED].bytes, header.paged * KB);
        for (size_t i = 0; i < rows; i++) {
            const struct ph_value *want = &fixture.sample.values[i];
            const struct ph_series *series = &fixture.catalog.series[want->series];
            const struct ph_value *got = find(&back, series->pool, series->tag);
            if (!got) {
                fail_msg("round %d: '%.*s' is lost in\n%s", round, (int)series->tag.size,
                         series->tag.data, out.data);
                return;
            }
            assert_true(got->allocs == want->allocs);
            assert_true(got->frees == want->frees);
            assert_int_equal(got->objects, want->objects);
            assert_int_equal(got->bytes, want->bytes);
        }
    }
}

/* Long names share their first four characters; what they hold together must come back. */
static void random_linux_readings_come_back(void **state)
{
    static const char *const names[] = {"kmalloc-8",
                                        "kmalloc-16",
                                        "kmalloc-1k",
                                        "dentry",
                                        "inode_cache",
                                        "ext4_inode_cache",
                                        "(unaccounted)",
                                        "mm/slub.c:123",
                                        "pid",
                                        "io_kiocb",
                                        "alloc_thing [driver]",
                                        "task_struct",
                                        "\xc3\xa4pfel",
                                        "evil\r\n Wait Nonp 1 1 1 1 1",
                                        "x\x1b[31m",
                                        ""};
    enum { NAMES = sizeof(names) / sizeof(names[0]) };
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    for (int round = 0; round < 200; round++) {
        PH_GUARD(fixture_fini) struct fixture fixture;
        PH_GUARD(readback_fini) struct readback back = {0};
        int64_t bytes[2] = {0}, objects[2] = {0}, kmalloc = 0;

        fixture_init(&fixture);
        for (size_t i = 0; i < NAMES; i++) {
            bool paged = draw() % 2;
            linux_row(&fixture, names[i], paged ? PH_POOL_RECLAIMABLE : PH_POOL_UNRECLAIMABLE,
                      (int64_t)draw_number(40), 64, NULL);
            const struct ph_value *value = &fixture.sample.values[i];
            bytes[paged] += value->bytes;
            objects[paged] += value->objects;
            kmalloc += i < 3 ? value->bytes : 0;
        }
        struct ph_snap_account account = write_snap(&fixture, "\n", &out);
        assert_int_equal(account.rows, NAMES);
        assert_int_equal(account.unknown, NAMES);
        assert_int_equal(account.odd_tags, 3);
        read_back(&out, &back);
        for (size_t i = 0; i < out.size; i++)
            assert_true(out.data[i] == '\n' || (out.data[i] >= 0x20 && out.data[i] < 0x7f));
        int64_t got_bytes[2] = {0}, got_objects[2] = {0}, got_kmalloc = 0;
        for (size_t i = 0; i < back.sample.count; i++) {
            const struct ph_value *value = &back.sample.values[i];
            const struct ph_series *series = &back.catalog.series[value->series];
            got_bytes[series->pool == PH_POOL_PAGED] += value->bytes;
            got_objects[series->pool == PH_POOL_PAGED] += value->objects;
            got_kmalloc += ph_slice_is(series->tag, "kmal") ? value->bytes : 0;
            assert_int_equal(value->allocs, 0);
        }
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(got_bytes[i], bytes[i]);
            assert_int_equal(got_objects[i], objects[i]);
        }
        assert_int_equal(got_kmalloc, kmalloc);
        assert_non_null(strstr(out.data, " kmal "));
        assert_non_null(strstr(out.data, " [kmalloc-16]\n"));
        assert_non_null(strstr(out.data, "\n .pfe "));
        assert_non_null(strstr(out.data, " [.pfel]\n"));
        assert_non_null(strstr(out.data, " [evil.. Wait Nonp 1 1 1 1 1]\n"));
    }
}

static void sessions_stand_below_their_title(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    PH_GUARD(fixture_fini) struct fixture fixture;
    PH_GUARD(readback_fini) struct readback back = {0};

    (void)state;
    fixture_init(&fixture);
    windows_row(&fixture, "Gh05", PH_POOL_SESSION_PAGED, 20, 10, 4096);
    windows_row(&fixture, "Gh05", PH_POOL_PAGED, 9, 8, 512);
    struct ph_snap_account account = write_snap(&fixture, "\n", &out);
    assert_int_equal(account.session_rows, 1);
    const char *title = strstr(out.data, "\n\n All sessions pool information\n Gh05 Paged ");
    assert_non_null(title);
    assert_null(strstr(title + 1, " 512 "));
    /* appended twice, as poolmon does: the second snapshot begins outside the sessions again */
    PH_GUARD(ph_text_fini) struct ph_text twice = {0};
    ph_text_add(&twice, out.data, out.size);
    ph_text_add(&twice, out.data, out.size);
    read_back(&twice, &back);
    assert_int_equal(back.sample.count, 2);
    assert_int_equal(find(&back, PH_POOL_SESSION_PAGED, ph_slice_of("Gh05"))->bytes, 4096);
    assert_int_equal(find(&back, PH_POOL_PAGED, ph_slice_of("Gh05"))->bytes, 512);
}

static void a_name_without_end_is_cut(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    PH_GUARD(fixture_fini) struct fixture fixture;
    char name[9000];

    (void)state;
    fixture_init(&fixture);
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = 0;
    linux_row(&fixture, name, PH_POOL_UNRECLAIMABLE, 1, 8, NULL);
    write_snap(&fixture, "\n", &out);
    assert_true(out.size < 1000);
}

static void out_of_memory(void **state)
{
    (void)state;
    for (long n = 0;; n++) {
        PH_GUARD(fixture_fini) struct fixture fixture;
        PH_GUARD(ph_text_fini) struct ph_text out = {0};
        struct ph_snap_account account;

        fixture_init(&fixture);
        for (unsigned i = 0; i < 20; i++) {
            char tag[] = {(char)('a' + i), 'b', 'c', 'd', 0};
            windows_row(&fixture, tag, PH_POOL_PAGED, 2, 1, 8);
        }
        struct ph_reading_report report = reading_of(&fixture);
        ph_mem_fail_after(n);
        ph_render_poolmon_snap(&report, "\n", &out, &account);
        ph_mem_fail_after(-1);
        if (!out.failed)
            break;
        assert_true(n < 100);
        struct ph_error *error = ph_text_check(&out);
        assert_non_null(error);
        ph_error_free(error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_known_header),
        cmocka_unit_test(the_known_rows),
        cmocka_unit_test(numbers_too_wide_push_right),
        cmocka_unit_test(what_is_unknown_is_zero_and_counted),
        cmocka_unit_test(random_windows_readings_come_back),
        cmocka_unit_test(random_linux_readings_come_back),
        cmocka_unit_test(sessions_stand_below_their_title),
        cmocka_unit_test(a_name_without_end_is_cut),
        cmocka_unit_test(out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
