/* The live Windows source with kernels that tests play; answers are built byte by byte from the
 * published layouts, by offsets that are written out here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/os.h"
#include "source/windows/bigpool_nt.h"
#include "source/windows/drivers_seen.h"
#include "source/windows/lookaside_nt.h"
#include "source/windows/performance_nt.h"
#include "source/windows/pooltag_nt.h"
#include "source/windows/sessionpool_nt.h"
#include "source/windows/windows_source.h"

static void put(uint8_t *to, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

/* ------------------------------------------------------------------ answers */

struct tag {
    const char *name; /* four bytes */
    uint64_t paged_allocs, paged_frees, paged_bytes, allocs, frees, bytes;
};

static const struct tag TAGS[] = {
    {"LeaK", 0, 0, 0, 5000, 1000, 4096000},
    {"Io  ", 70, 60, 1280, 0xFFFFFFFE, 0xFFFFFFF0, 14 * 64},
    {"Wrap", 0, 0, 0, 5, 0xFFFFFFFB, 10 * 32}, /* allocs wrapped, frees have not yet */
    {"Pro\xF4", 3, 1, 200, 0, 0, 0},           /* protected: 't' with the top bit */
    {"Zero", 0, 0, 0, 0, 0, 0},
};
enum { TAG_COUNT = sizeof(TAGS) / sizeof(TAGS[0]), ROOM = 1024 };

static size_t list_v1_x64(uint8_t *to, size_t first)
{
    for (size_t i = 0; i < TAG_COUNT; i++) {
        uint8_t *at = to + first + i * 40;
        memcpy(at, TAGS[i].name, 4);
        put(at + 4, TAGS[i].paged_allocs, 4);
        put(at + 8, TAGS[i].paged_frees, 4);
        put(at + 16, TAGS[i].paged_bytes, 8);
        put(at + 24, TAGS[i].allocs, 4);
        put(at + 28, TAGS[i].frees, 4);
        put(at + 32, TAGS[i].bytes, 8);
    }
    return first + TAG_COUNT * 40;
}

static size_t list_x86(uint8_t *to, size_t first)
{
    for (size_t i = 0; i < TAG_COUNT; i++) {
        uint8_t *at = to + first + i * 28;
        memcpy(at, TAGS[i].name, 4);
        put(at + 4, TAGS[i].paged_allocs, 4);
        put(at + 8, TAGS[i].paged_frees, 4);
        put(at + 12, TAGS[i].paged_bytes, 4);
        put(at + 16, TAGS[i].allocs, 4);
        put(at + 20, TAGS[i].frees, 4);
        put(at + 24, TAGS[i].bytes, 4);
    }
    return first + TAG_COUNT * 28;
}

static size_t list_v2_x64(uint8_t *to)
{
    for (size_t i = 0; i < TAG_COUNT; i++) {
        uint8_t *at = to + 8 + i * 56;
        memcpy(at, TAGS[i].name, 4);
        put(at + 8, TAGS[i].paged_allocs, 8);
        put(at + 16, TAGS[i].paged_frees, 8);
        put(at + 24, TAGS[i].paged_bytes, 8);
        put(at + 32, TAGS[i].allocs, 8);
        put(at + 40, TAGS[i].frees, 8);
        put(at + 48, TAGS[i].bytes, 8);
    }
    put(to, TAG_COUNT, 4);
    return 8 + TAG_COUNT * 56;
}

static struct ph_nt_answer answer_of(const uint8_t *bytes, size_t size, unsigned pointer)
{
    return (struct ph_nt_answer){.bytes = {(const char *)bytes, size}, .pointer_bytes = pointer};
}

/* ------------------------------------------------------------------ parsers */

static void check_tags(const struct ph_nt_tags *tags, unsigned bits)
{
    assert_int_equal(tags->count, TAG_COUNT);
    assert_int_equal(tags->missing, 0);
    assert_int_equal(tags->counter_bits, bits);
    for (size_t i = 0; i < TAG_COUNT; i++) {
        struct ph_nt_tag tag;
        ph_nt_tags_at(tags, i, &tag);
        assert_memory_equal(tag.tag, i == 3 ? "Prot" : TAGS[i].name, 4);
        assert_int_equal(tag.paged.allocs, TAGS[i].paged_allocs);
        assert_int_equal(tag.paged.frees, TAGS[i].paged_frees);
        assert_int_equal(tag.paged.bytes, TAGS[i].paged_bytes);
        assert_int_equal(tag.nonpaged.allocs, TAGS[i].allocs);
        assert_int_equal(tag.nonpaged.frees, TAGS[i].frees);
        assert_int_equal(tag.nonpaged.bytes, TAGS[i].bytes);
    }
}

static void every_layout_of_tags(void **state)
{
    uint8_t bytes[ROOM] = {TAG_COUNT};
    struct ph_nt_tags tags;
    struct ph_nt_tag tag;

    (void)state;
    struct ph_nt_answer answer = answer_of(bytes, list_v1_x64(bytes, 8), 8);
    assert_null(ph_nt_tags_open(&answer, false, &tags));
    check_tags(&tags, 32);
    ph_nt_tags_at(&tags, 2, &tag);
    assert_int_equal(ph_nt_tag_objects(&tag.nonpaged, 32), 10);

    memset(bytes, 0, sizeof(bytes));
    bytes[0] = TAG_COUNT;
    answer = answer_of(bytes, list_x86(bytes, 4), 4);
    assert_null(ph_nt_tags_open(&answer, false, &tags));
    check_tags(&tags, 32);
    assert_null(ph_nt_tags_open(&answer, true, &tags));
    check_tags(&tags, 32);

    memset(bytes, 0, sizeof(bytes));
    answer = answer_of(bytes, list_v2_x64(bytes), 8);
    assert_null(ph_nt_tags_open(&answer, true, &tags));
    check_tags(&tags, 64);
}

/* Whatever is cut off is counted, never read. */
static void cut_at_each_byte(void **state)
{
    uint8_t bytes[ROOM] = {TAG_COUNT};
    size_t size = list_v1_x64(bytes, 8);

    (void)state;
    for (size_t cut = 0; cut <= size; cut++) {
        uint8_t *copy = ph_alloc(cut + 1); /* so that a sanitizer sees a byte too many */
        assert_non_null(copy);
        memcpy(copy, bytes, cut);
        struct ph_nt_answer answer = answer_of(copy, cut, 8);
        struct ph_nt_tags tags;
        struct ph_error *error = ph_nt_tags_open(&answer, false, &tags);
        if (cut < 4) {
            assert_non_null(error);
            assert_non_null(strstr(error->text, "pool tags: the answer has"));
        } else {
            assert_null(error);
            assert_int_equal(tags.count, cut < 8 ? 0 : (cut - 8) / 40);
            assert_int_equal(tags.count + tags.missing, TAG_COUNT);
        }
        ph_error_free(error);
        ph_free(copy);
    }
}

static void session_pools_of_both_layouts(void **state)
{
    uint8_t bytes[ROOM] = {0};
    struct ph_nt_tags tags;
    uint32_t session = 0;
    size_t at = 0;

    (void)state;
    /* a chain of two, x64 */
    put(bytes, 16 + TAG_COUNT * 40, 8);
    put(bytes + 8, 7, 4);
    put(bytes + 12, TAG_COUNT, 4);
    size_t size = list_v1_x64(bytes, 16);
    put(bytes + size + 8, 9, 4);
    put(bytes + size + 12, TAG_COUNT, 4);
    size = list_v1_x64(bytes, size + 16);
    struct ph_nt_answer answer = answer_of(bytes, size, 8);
    assert_int_equal(ph_nt_session_layout(&answer), PH_NT_SESSION_CHAIN);
    assert_true(ph_nt_session_next(&answer, PH_NT_SESSION_CHAIN, &at, &session, &tags));
    assert_int_equal(session, 7);
    check_tags(&tags, 32);
    assert_true(ph_nt_session_next(&answer, PH_NT_SESSION_CHAIN, &at, &session, &tags));
    assert_int_equal(session, 9);
    check_tags(&tags, 32);
    assert_false(ph_nt_session_next(&answer, PH_NT_SESSION_CHAIN, &at, &session, &tags));

    /* cut, it fits nothing */
    for (size_t cut = 1; cut < size; cut++) {
        answer.bytes.size = cut;
        enum ph_nt_session_layout layout = ph_nt_session_layout(&answer);
        assert_true(layout == PH_NT_SESSION_UNSURE);
    }
    answer.bytes.size = 0;
    assert_int_equal(ph_nt_session_layout(&answer), PH_NT_SESSION_NONE);

    /* the other one: count, session, entries */
    memset(bytes, 0, sizeof(bytes));
    put(bytes, TAG_COUNT, 4);
    put(bytes + 4, 3, 4);
    answer = answer_of(bytes, list_v1_x64(bytes, 8), 8);
    assert_int_equal(ph_nt_session_layout(&answer), PH_NT_SESSION_SINGLE);
    at = 0;
    assert_true(ph_nt_session_next(&answer, PH_NT_SESSION_SINGLE, &at, &session, &tags));
    assert_int_equal(session, 3);
    check_tags(&tags, 32);
    assert_false(ph_nt_session_next(&answer, PH_NT_SESSION_SINGLE, &at, &session, &tags));
}

static void big_blocks(void **state)
{
    uint8_t bytes[ROOM] = {0};
    struct ph_nt_big big;

    (void)state;
    for (unsigned pointer = 4; pointer <= 8; pointer += 4) {
        size_t entry = 3 * (size_t)pointer;
        memset(bytes, 0, sizeof(bytes));
        put(bytes, 20, 4); /* claims more than there is */
        for (size_t i = 0; i < 12; i++) {
            uint8_t *at = bytes + pointer + i * entry;
            put(at, 0x10000u * (i + 1) + (i % 2), pointer); /* odd: nonpaged */
            put(at + pointer, 4096 * (i + 1), pointer);
            memcpy(at + 2 * pointer, i == 5 ? "LeaK" : i == 7 ? "Lea\xCB" : "Othr", 4);
        }
        struct ph_nt_answer answer = answer_of(bytes, pointer + 12 * entry, pointer);
        assert_null(ph_nt_big_pool(&answer, "LeaK", &big));
        assert_int_equal(big.missing, 8);
        assert_int_equal(big.nonpaged_blocks, 2);
        assert_int_equal(big.nonpaged_bytes, 4096 * 6 + 4096 * 8);
        assert_int_equal(big.paged_blocks, 0);
        assert_int_equal(big.largest_count, 2);
        assert_int_equal(big.largest[0], 4096 * 8);
        assert_int_equal(big.largest[1], 4096 * 6);
        assert_null(ph_nt_big_pool(&answer, "Othr", &big));
        assert_int_equal(big.largest_count, PH_NT_BIG_LARGEST);
        assert_int_equal(big.largest[0], 4096 * 12);
        assert_int_equal(big.largest[PH_NT_BIG_LARGEST - 1], 4096 * 3);
    }
    struct ph_nt_answer none = answer_of(bytes, 3, 8);
    struct ph_error *error = ph_nt_big_pool(&none, "LeaK", &big);
    assert_non_null(error);
    ph_error_free(error);
}

static void lookaside_lists(void **state)
{
    uint8_t bytes[3 * 32] = {0};
    struct ph_nt_lookaside sum;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        put(bytes + 32 * i, 4 + 300 * (i == 1), 2);
        put(bytes + 32 * i + 2, 256, 2);
        put(bytes + 32 * i + 20, i == 1 ? 0x201 : 0x200, 4);
        memcpy(bytes + 32 * i + 24, i == 2 ? "Othr" : i ? "Lea\xCB" : "LeaK", 4);
        put(bytes + 32 * i + 28, 0x1000, 4);
    }
    for (size_t cut = 0; cut <= sizeof(bytes); cut++) {
        struct ph_nt_answer answer = answer_of(bytes, cut, 8);
        struct ph_error *error = ph_nt_lookaside(&answer, "LeaK", &sum);
        if (cut % 32) {
            assert_non_null(error);
            assert_non_null(strstr(error->text, "no whole entries"));
        } else {
            assert_null(error);
            assert_int_equal(sum.lists, cut >= 64 ? 2 : cut / 32);
        }
        ph_error_free(error);
    }
    assert_int_equal(sum.nonpaged_blocks, 256);
    assert_int_equal(sum.nonpaged_bytes, 256 << 12);
    assert_int_equal(sum.paged_blocks, 304); /* the deeper of both */
    assert_int_equal(sum.paged_bytes, 304 << 12);
}

/* A kernel that adds up what its processors count may end below zero. */
static void below_zero_is_not_told(void **state)
{
    static const struct {
        unsigned counter_bits, size_bits;
        struct ph_nt_tag_pool pool;
        bool possible;
    } CASES[] = {
        {32, 64, {5, 5, 0}, true},
        {32, 64, {5, 3, 0}, true}, /* small numbers are the kernel's to explain */
        {32, 64, {3, 5, 0}, false},
        {32, 64, {3, 5, UINT64_MAX - 63}, false},
        {32, 64, {0x80000001, 0, UINT64_C(1) << 37}, true}, /* 2 G blocks of 64 bytes */
        {64, 64, {3, 5, 4096}, false},
        {64, 64, {UINT64_MAX, UINT64_MAX - 9, 640}, true},
        {32, 32, {10, 9, 0xFFFFFFC0}, false},
        {32, 32, {10, 9, 0x7FFFFFC0}, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        const struct ph_nt_tags tags = {.counter_bits = CASES[i].counter_bits,
                                        .size_bits = CASES[i].size_bits};
        assert_true(ph_nt_tag_possible(&tags, &CASES[i].pool) == CASES[i].possible);
    }
}

/* ------------------------------------------------------------------ a kernel */

struct kernel {
    bool first, second, sessions; /* classes 22, 255 and 67 answer */
    bool no_totals;
    size_t performance_bytes; /* 312, 344 or 376 */
    uint32_t nonpaged_pages;
    uint32_t liar;   /* claims that many tags more */
    bool odd;        /* class 255 has rows of another size */
    bool negative;   /* the first tag has more frees than allocs */
    unsigned refuse; /* with this status, what is an aside */
    uint32_t claims; /* needed so many bytes more at each call: it grows */
    unsigned asked;
    const char *driver; /* a second one beside the kernel's own */
};

static uint32_t give(const uint8_t *from, size_t have, void *bytes, size_t size, uint32_t *returned)
{
    *returned = (uint32_t)have;
    if (have > size)
        return PH_NT_LENGTH_MISMATCH;
    memcpy(bytes, from, have);
    return 0;
}

static size_t performance(const struct kernel *kernel, uint8_t *to)
{
    put(to + 44, 1000, 4);                              /* available */
    put(to + 48, 5000, 4);                              /* committed */
    put(to + 52, 9000, 4);                              /* limit */
    put(to + 56, 6000, 4);                              /* peak */
    put(to + 60, kernel->nonpaged_pages ? 77 : 0, 4);   /* faults */
    put(to + 112, kernel->nonpaged_pages ? 300 : 0, 4); /* paged pool */
    put(to + 116, kernel->nonpaged_pages, 4);
    put(to + 136, 7000, 4); /* free PTEs */
    put(to + 140, 20, 4);   /* kernel code */
    put(to + 168, 250, 4);
    put(to + 172, 30, 4); /* drivers */
    put(to + 344, 123, 8);
    put(to + 360, 45, 8);
    put(to + 368, 6, 8);
    return kernel->performance_bytes;
}

static size_t modules(const struct kernel *kernel, uint8_t *to)
{
    const char *const names[] = {"\\SystemRoot\\system32\\ntoskrnl.exe", kernel->driver};
    size_t count = kernel->driver ? 2 : 1;

    put(to, count, 4);
    for (size_t i = 0; i < count; i++) {
        uint8_t *at = to + 8 + i * 296;
        put(at + 16, 0xFFFFF80000000000u + i * 0x100000, 8);
        put(at + 24, 0x10000, 4);
        (void)snprintf((char *)at + 40, 256, "%s", names[i]);
    }
    return 8 + count * 296;
}

static uint32_t ask(void *context, uint32_t which, void *bytes, size_t size, uint32_t *returned)
{
    struct kernel *kernel = context;
    uint8_t made[4096] = {0};
    uint32_t status = PH_NT_INFO_CLASS;

    *returned = 0;
    kernel->asked++;
    if (which == PH_NT_POOL_TAGS_2 && kernel->second) {
        status = give(made, list_v2_x64(made) + (kernel->odd ? 8 * TAG_COUNT * 2 : 0), bytes, size,
                      returned);
    } else if (which == PH_NT_POOL_TAGS && kernel->first) {
        put(made, TAG_COUNT + kernel->liar, 4);
        size_t bytes_made = list_v1_x64(made, 8);
        if (kernel->negative) {
            put(made + 8 + 28, 5001, 4);
            put(made + 8 + 32, UINT64_MAX - 1023, 8);
        }
        status = give(made, bytes_made, bytes, size, returned);
    } else if (which == PH_NT_SESSION_POOL_TAGS && kernel->sessions) {
        put(made, TAG_COUNT, 4);
        status = give(made, list_v1_x64(made, 8), bytes, size, returned);
    } else if (which == PH_NT_PERFORMANCE && !kernel->no_totals) {
        status = give(made, performance(kernel, made), bytes, size, returned);
    } else if ((which == PH_NT_MEMORY_LIST || which == PH_NT_SESSION_POOL_TAGS) && kernel->refuse) {
        status = kernel->refuse;
    } else if (which == PH_NT_MEMORY_LIST) {
        for (size_t i = 0; i < 13; i++)
            put(made + i * 8, i + 1, 8);
        status = size == 22 * 8 ? 0 : PH_NT_LENGTH_MISMATCH; /* wants exactly its structure */
        *returned = 22 * 8;
        if (!status)
            memcpy(bytes, made, size);
    } else if (which == PH_NT_MODULES) {
        status = give(made, modules(kernel, made), bytes, size, returned);
    }
    return status;
}

static struct ph_nt kernel_of(struct kernel *kernel)
{
    return (struct ph_nt){.context = kernel, .pointer_bytes = 8, .system = ask};
}

struct reading {
    struct ph_nt nt;
    struct ph_source *source;
    struct ph_catalog catalog;
    struct ph_sample sample;
};

static void read_once(struct kernel *kernel, struct reading *reading)
{
    bool end = true;

    if (!reading->source) {
        reading->nt = kernel_of(kernel);
        assert_null(ph_windows_source_open(&reading->nt, &reading->source));
    }
    assert_null(
        reading->source->ops->read(reading->source, &reading->catalog, &reading->sample, &end));
    assert_false(end);
}

static void reading_fini(struct reading *reading)
{
    ph_source_close(reading->source);
    ph_sample_fini(&reading->sample);
    ph_catalog_fini(&reading->catalog);
}

static const struct ph_value *find(const struct reading *reading, const char *tag,
                                   enum ph_pool pool, enum ph_origin origin)
{
    for (size_t i = 0; i < reading->sample.count; i++) {
        const struct ph_value *value = &reading->sample.values[i];
        const struct ph_series *series = &reading->catalog.series[value->series];
        if (ph_slice_is(series->tag, tag) && series->pool == pool && series->origin == origin)
            return value;
    }
    return NULL;
}

static bool tells(const struct reading *reading, const char *words)
{
    for (size_t i = 0; i < reading->sample.losses.count; i++)
        if (strstr(reading->sample.losses.items[i].what, words))
            return true;
    return false;
}

static void the_newer_class_comes_first(void **state)
{
    struct kernel kernel = {
        .first = true, .second = true, .performance_bytes = 376, .nonpaged_pages = 500};
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    read_once(&kernel, &reading);
    const struct ph_value *leak = find(&reading, "LeaK", PH_POOL_NONPAGED, PH_ORIGIN_POOLTAG2);
    assert_non_null(leak);
    assert_int_equal(leak->objects, 4000);
    assert_int_equal(leak->bytes, 4096000);
    assert_int_equal(reading.catalog.series[leak->series].counter_bits, 64);
    assert_null(find(&reading, "LeaK", PH_POOL_PAGED, PH_ORIGIN_POOLTAG2));
    assert_null(find(&reading, "Zero", PH_POOL_NONPAGED, PH_ORIGIN_POOLTAG2));
    assert_non_null(find(&reading, "Prot", PH_POOL_PAGED, PH_ORIGIN_POOLTAG2));

    int64_t page = 4096;
    assert_int_equal(reading.sample.memory.available, 1000 * page);
    assert_int_equal(reading.sample.memory.commit_peak, 6000 * page);
    assert_int_equal(reading.sample.memory.page_faults, 77);
    assert_int_equal(reading.sample.memory.resident_kernel, 50 * page);
    const struct ph_pool_total *nonpaged = &reading.sample.pools[PH_POOL_NONPAGED];
    assert_int_equal(nonpaged->bytes, 500 * page);
    assert_int_equal(nonpaged->limit_bytes, 1500 * page); /* what is available is less */
    assert_int_equal(reading.sample.pools[PH_POOL_PAGED].limit_bytes, 4300 * page);
    assert_int_equal(find(&reading, "(MDL pages)", PH_POOL_PAGES, PH_ORIGIN_SYSTEM)->bytes,
                     123 * page);
    assert_int_equal(find(&reading, "(contiguous pages)", PH_POOL_PAGES, PH_ORIGIN_SYSTEM)->bytes,
                     6 * page);
    assert_true(reading.sample.page_lists.known);
    assert_int_equal(reading.sample.page_lists.free, (1 + 2) * page);
    assert_int_equal(reading.sample.page_lists.modified, (3 + 4) * page);
    assert_int_equal(reading.sample.page_lists.standby, (6 + 7 + 8 + 9 + 10 + 11 + 12 + 13) * page);
    assert_int_equal(reading.sample.page_lists.mappable, 7000 * page);
    /* what has wrapped in 32 bits is below zero in 64 */
    assert_int_equal(find(&reading, "Wrap", PH_POOL_NONPAGED, PH_ORIGIN_POOLTAG2)->have,
                     PH_HAVE_ALLOCS | PH_HAVE_FREES);
    assert_int_equal(reading.sample.losses.count, 1);
    assert_true(tells(&reading, "below zero"));
}

static void older_windows(void **state)
{
    struct kernel kernel = {.first = true,
                            .sessions = true,
                            .performance_bytes = 312,
                            .nonpaged_pages = 500,
                            .liar = 3};
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    read_once(&kernel, &reading);
    const struct ph_value *wrapped = find(&reading, "Wrap", PH_POOL_NONPAGED, PH_ORIGIN_POOLTAG);
    assert_non_null(wrapped);
    assert_int_equal(wrapped->objects, 10);
    assert_int_equal(reading.catalog.series[wrapped->series].counter_bits, 32);
    assert_non_null(find(&reading, "LeaK", PH_POOL_SESSION_NONPAGED, PH_ORIGIN_POOLTAG));
    assert_null(find(&reading, "(MDL pages)", PH_POOL_PAGES, PH_ORIGIN_SYSTEM));
    assert_true(tells(&reading, "claims more tags than its answer holds"));
}

/* As Wine: no tags, totals of 0 for the pools. */
static void what_is_missing_is_told(void **state)
{
    struct kernel kernel = {.performance_bytes = 312};
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    read_once(&kernel, &reading);
    assert_int_equal(reading.sample.count, 0);
    assert_int_equal(reading.sample.pools[PH_POOL_NONPAGED].have, 0);
    assert_int_equal(reading.sample.memory.page_faults, -1);
    assert_true(tells(&reading, "STATUS_INVALID_INFO_CLASS"));
    assert_true(tells(&reading, "pool totals: this Windows does not tell them"));
    unsigned asked = kernel.asked;
    read_once(&kernel, &reading);
    assert_int_equal(kernel.asked - asked, 3); /* the totals: tags are not asked for again */

    struct kernel mute = {.no_totals = true, .first = true, .performance_bytes = 312};
    PH_GUARD(reading_fini) struct reading other = {0};
    read_once(&mute, &other);
    assert_true(tells(&other, "memory totals"));
    assert_non_null(find(&other, "LeaK", PH_POOL_NONPAGED, PH_ORIGIN_POOLTAG));
}

/* Class 255 was published, but nobody has seen it: rows of another size are not read as these. */
static void an_unknown_form_of_the_newer_class(void **state)
{
    struct kernel kernel = {
        .first = true, .second = true, .odd = true, .performance_bytes = 376, .nonpaged_pages = 5};
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    read_once(&kernel, &reading);
    assert_true(tells(&reading, "class 255 answers in a form that is not known; class 22 is read"));
    assert_non_null(find(&reading, "LeaK", PH_POOL_NONPAGED, PH_ORIGIN_POOLTAG));
    assert_null(find(&reading, "LeaK", PH_POOL_NONPAGED, PH_ORIGIN_POOLTAG2));
}

static void impossible_numbers_are_left_out(void **state)
{
    struct kernel kernel = {
        .first = true, .negative = true, .performance_bytes = 312, .nonpaged_pages = 5};
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    read_once(&kernel, &reading);
    const struct ph_value *value = find(&reading, "LeaK", PH_POOL_NONPAGED, PH_ORIGIN_POOLTAG);
    assert_non_null(value);
    assert_int_equal(value->have, PH_HAVE_ALLOCS | PH_HAVE_FREES);
    assert_true(tells(&reading, "below zero"));
    kernel.negative = false;
    read_once(&kernel, &reading);
    value = find(&reading, "LeaK", PH_POOL_NONPAGED, PH_ORIGIN_POOLTAG);
    assert_int_equal(value->bytes, 4096000);
    assert_false(tells(&reading, "below zero"));
}

static void a_refused_aside_is_told(void **state)
{
    struct kernel kernel = {.first = true,
                            .refuse = PH_NT_ACCESS_DENIED,
                            .performance_bytes = 312,
                            .nonpaged_pages = 5};
    PH_GUARD(reading_fini) struct reading reading = {0};

    (void)state;
    read_once(&kernel, &reading);
    assert_true(tells(&reading, "session pools: access denied"));
    assert_true(tells(&reading, "lists of pages: access denied"));
    assert_true(reading.sample.page_lists.known);
    assert_int_equal(reading.sample.page_lists.free, -1);
    assert_int_equal(reading.sample.page_lists.mappable, 7000 * 4096);
}

/* Neither tags nor totals: nothing would ever be recorded. */
static void a_system_that_tells_nothing(void **state)
{
    struct kernel kernel = {.no_totals = true};
    struct ph_nt nt = kernel_of(&kernel);
    struct ph_source *source = NULL;

    (void)state;
    struct ph_error *error = ph_windows_source_open(&nt, &source);
    assert_non_null(error);
    assert_null(source);
    assert_non_null(strstr(error->text, "neither pool tags nor memory totals"));
    ph_error_free(error);
}

static void a_32_bit_program_says_so(void **state)
{
    struct kernel kernel = {.first = true};
    struct ph_nt nt = kernel_of(&kernel);
    struct ph_source *source = NULL;

    (void)state;
    nt.translated = true;
    struct ph_error *error = ph_windows_source_open(&nt, &source);
    assert_non_null(error);
    assert_non_null(strstr(error->text, "use the x64 poolhound.exe"));
    ph_error_free(error);
}

static void short_memory_is_an_error(void **state)
{
    bool done = false;

    (void)state;
    for (long n = 0; !done && n < 400; n++) {
        struct kernel kernel = {
            .first = true, .sessions = true, .performance_bytes = 376, .nonpaged_pages = 1};
        struct ph_nt nt = kernel_of(&kernel);
        struct ph_source *source = NULL;
        PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
        PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
        bool end;
        ph_mem_fail_after(n);
        struct ph_error *error = ph_windows_source_open(&nt, &source);
        if (!error)
            error = source->ops->read(source, &catalog, &sample, &end);
        ph_mem_fail_after(-1);
        done = !error;
        if (error)
            assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
        ph_source_close(source);
    }
    assert_true(done);
}

static void drivers_come_and_go(void **state)
{
    struct kernel kernel = {.first = true, .performance_bytes = 312, .nonpaged_pages = 1};
    uint8_t bytes[1024] = {0};

    (void)state;
    PH_GUARD(ph_drivers_seen_fini) struct ph_drivers_seen seen = {0};
    PH_GUARD(ph_event_fini) struct ph_event_list events = {0};
    struct ph_nt_answer answer = answer_of(bytes, modules(&kernel, bytes), 8);
    assert_null(ph_drivers_seen_take(&seen, &answer, 1, &events));
    assert_int_equal(events.count, 0);
    kernel.driver = "\\??\\C:\\Tools\\leaky.sys";
    answer = answer_of(bytes, modules(&kernel, bytes), 8);
    assert_null(ph_drivers_seen_take(&seen, &answer, 2, &events));
    assert_int_equal(events.count, 1);
    assert_int_equal(events.items[0].kind, PH_EVENT_LOAD);
    assert_string_equal(events.items[0].text, "leaky.sys");
    kernel.driver = NULL;
    answer = answer_of(bytes, modules(&kernel, bytes), 8);
    assert_null(ph_drivers_seen_take(&seen, &answer, 3, &events));
    assert_int_equal(events.count, 2);
    assert_int_equal(events.items[1].kind, PH_EVENT_UNLOAD);
}

/* ------------------------------------------------------------------ asking */

static uint32_t grows(void *context, uint32_t which, void *bytes, size_t size, uint32_t *returned)
{
    struct kernel *kernel = context;

    (void)which;
    kernel->asked++;
    kernel->claims += 100000;
    *returned = kernel->claims;
    if (size < kernel->claims)
        return PH_NT_LENGTH_MISMATCH;
    memset(bytes, 'x', kernel->claims);
    return 0;
}

static uint32_t never_enough(void *context, uint32_t which, void *bytes, size_t size,
                             uint32_t *returned)
{
    struct kernel *kernel = context;

    (void)which;
    (void)bytes;
    kernel->asked++;
    *returned = (uint32_t)size + 1;
    return PH_NT_LENGTH_MISMATCH;
}

static uint32_t lies(void *context, uint32_t which, void *bytes, size_t size, uint32_t *returned)
{
    (void)context;
    (void)which;
    memset(bytes, 0, size);
    *returned = UINT32_MAX; /* more than there was room for */
    return 0;
}

static void asks_until_there_is_room(void **state)
{
    struct kernel kernel = {0};
    struct ph_nt nt = {.context = &kernel, .pointer_bytes = 8, .system = grows};
    PH_GUARD(ph_text_fini) struct ph_text answer = {0};
    uint32_t status = 1;
    char buffer[64];

    (void)state;
    assert_null(ph_nt_ask(&nt, PH_NT_POOL_TAGS, &answer, &status));
    assert_int_equal(status, 0);
    assert_int_equal(answer.size, kernel.claims);
    assert_true(kernel.asked > 1 && kernel.asked <= 8);

    nt.system = never_enough;
    kernel.asked = 0;
    assert_null(ph_nt_ask(&nt, PH_NT_POOL_TAGS, &answer, &status));
    assert_int_equal(status, PH_NT_LENGTH_MISMATCH);
    assert_int_equal(kernel.asked, 8);
    assert_int_equal(answer.size, 0);

    nt.system = lies;
    assert_null(ph_nt_ask(&nt, PH_NT_POOL_TAGS, &answer, &status));
    assert_true(answer.size < answer.capacity);
    assert_non_null(strstr(ph_nt_words(PH_NT_ACCESS_DENIED, buffer), "access denied"));
    assert_non_null(strstr(ph_nt_words(0xC0001234, buffer), "0xC0001234"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layout_of_tags),
        cmocka_unit_test(cut_at_each_byte),
        cmocka_unit_test(session_pools_of_both_layouts),
        cmocka_unit_test(big_blocks),
        cmocka_unit_test(the_newer_class_comes_first),
        cmocka_unit_test(older_windows),
        cmocka_unit_test(what_is_missing_is_told),
        cmocka_unit_test(a_32_bit_program_says_so),
        cmocka_unit_test(short_memory_is_an_error),
        cmocka_unit_test(drivers_come_and_go),
        cmocka_unit_test(asks_until_there_is_room),
        cmocka_unit_test(lookaside_lists),
        cmocka_unit_test(below_zero_is_not_told),
        cmocka_unit_test(a_system_that_tells_nothing),
        cmocka_unit_test(a_refused_aside_is_told),
        cmocka_unit_test(impossible_numbers_are_left_out),
        cmocka_unit_test(an_unknown_form_of_the_newer_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
