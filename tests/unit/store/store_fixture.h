/* Made-up samples for the tests of the recording: seeded, with everything a sample can hold. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os.h"
#include "store/recording.h"

static uint64_t fixture_seed = 1;

static inline uint64_t draw(uint64_t limit)
{
    fixture_seed ^= fixture_seed << 13;
    fixture_seed ^= fixture_seed >> 7;
    fixture_seed ^= fixture_seed << 17;
    return limit ? (fixture_seed >> 8) % limit : 0;
}

#define assert_ok(expression) assert_ok_at(expression, #expression, __FILE__, __LINE__)

static inline void assert_ok_at(struct ph_error *error, const char *what, const char *file,
                                int line)
{
    if (!error)
        return;
    print_error("%s:%d: %s: %s\n", file, line, what, error->text);
    ph_error_free(error);
    fail();
}

static inline void assert_fails(struct ph_error *error, enum ph_error_code code, const char *part)
{
    assert_non_null(error);
    if (error->code != code || !strstr(error->text, part) || strchr(error->text, '\n'))
        fail_msg("code %d, text '%s'; wanted code %d and '%s'", (int)error->code, error->text,
                 (int)code, part);
    ph_error_free(error);
}

/* A path in a directory of the test's own; good until eight more are asked for. NULL: the
 * directory.
 */
static inline const char *scratch(const char *name)
{
    static char directory[64], path[8][256];
    static unsigned at;

    if (!*directory) { /* in memory where there is such a place: every sample is flushed */
        (void)snprintf(directory, sizeof(directory), "/dev/shm/poolhound-store-XXXXXX");
        if (!mkdtemp(directory)) {
            (void)snprintf(directory, sizeof(directory), "/tmp/poolhound-store-XXXXXX");
            assert_non_null(mkdtemp(directory));
        }
    }
    if (!name)
        return directory;
    at = (at + 1) % 8;
    (void)snprintf(path[at], sizeof(path[at]), "%s/%s", directory, name);
    return path[at];
}

static inline int scratch_remove(void **state)
{
    char command[300];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", scratch(NULL));
    return system(command) ? -1 : 0;
}

enum { FIXTURE_SERIES = 90 };

/* Series i of the fixture: bytes that are no text, modules, aliases. */
static inline uint32_t fixture_series(struct ph_catalog *catalog, unsigned i)
{
    char tag[16], aliases[32];
    uint32_t number = 0;

    (void)snprintf(tag, sizeof(tag), "T%02u%c ", i, i % 7 ? 'x' : 0x80 + (int)i % 64);
    (void)snprintf(aliases, sizeof(aliases), "alias-%u other", i);
    struct ph_series series = {
        .origin = (enum ph_origin)(i % 3),
        .pool = (enum ph_pool)(i % PH_POOL_COUNT),
        .counter_bits = i % 2 ? 32 : 64,
        .flags = i % 5 ? 0 : PH_SERIES_RECLAIMABLE | PH_SERIES_MERGED,
        .object_bytes = i * 8,
        .slab_bytes = i * 9,
        .tag = {tag, i % 11 ? 5 : 3},
        .module = i % 4 ? NULL : (char[]){"leaky"},
        .aliases = i % 5 ? NULL : aliases,
    };
    assert_ok(ph_catalog_intern(catalog, &series, &number));
    return number;
}

/* The world the samples are drawn from. */
struct world {
    struct ph_value values[FIXTURE_SERIES];
    bool present[FIXTURE_SERIES];
    int64_t index;
};

static inline void world_start(struct world *world)
{
    static const uint32_t haves[] = {
        PH_HAVE_ALLOCS | PH_HAVE_FREES | PH_HAVE_OBJECTS | PH_HAVE_BYTES,
        PH_HAVE_OBJECTS | PH_HAVE_BYTES,
        PH_HAVE_BYTES | PH_IS_ESTIMATED,
        PH_HAVE_ALLOCS | PH_HAVE_FREES,
        PH_HAVE_ALLOCS | PH_HAVE_BYTES,
        PH_HAVE_FREES | PH_HAVE_OBJECTS | PH_IS_PARTIAL,
        0,
    };

    memset(world, 0, sizeof(*world));
    for (unsigned i = 0; i < FIXTURE_SERIES; i++) {
        struct ph_value *value = &world->values[i];
        world->present[i] = draw(10) > 0;
        value->have = i % 2 ? haves[0] : haves[draw(7)];
        if (value->have & PH_HAVE_OBJECTS)
            value->objects = (int64_t)draw(10000);
        if (value->have & PH_HAVE_ALLOCS)
            value->allocs = i % 4 == 1 ? 0xfffff000 + draw(4096) : draw(1000000);
        if (value->have & PH_HAVE_FREES)
            value->frees = (value->allocs - (uint64_t)value->objects) & 0xffffffff;
        if (value->have & PH_HAVE_BYTES)
            value->bytes = value->objects * 16 * (int64_t)(i + 1);
    }
}

static inline uint64_t wild(void)
{
    static const uint64_t wilds[] = {0, UINT64_MAX, (uint64_t)INT64_MIN, INT64_MAX, 1, 0xffffffff};

    return draw(2) ? wilds[draw(6)] : draw(UINT64_MAX) << draw(8);
}

static inline void world_step(struct world *world)
{
    for (unsigned i = 0; i < FIXTURE_SERIES; i++) {
        struct ph_value *value = &world->values[i];
        if (!draw(60))
            world->present[i] = !world->present[i];
        if (draw(10) >= (i % 3 ? 2 : 8))
            continue;
        uint64_t came = draw(100 * (i + 1)), went = draw(came + 1);
        if (value->have & PH_HAVE_ALLOCS)
            value->allocs = (value->allocs + came) & 0xffffffff;
        if (value->have & PH_HAVE_FREES)
            value->frees = (value->frees + went) & 0xffffffff;
        if (value->have & PH_HAVE_OBJECTS)
            value->objects = (int64_t)((uint64_t)value->objects + came - went);
        if (value->have & PH_HAVE_BYTES)
            value->bytes =
                (int64_t)((uint64_t)value->bytes + (came - went) * (i % 2 ? 16 : 24 + draw(9)));
        if (!draw(200)) {
            value->have ^= PH_IS_ESTIMATED;
            value->allocs = value->have & PH_HAVE_ALLOCS ? wild() : 0;
            value->frees = value->have & PH_HAVE_FREES ? wild() : 0;
            value->objects = value->have & PH_HAVE_OBJECTS ? (int64_t)wild() : 0;
            value->bytes = value->have & PH_HAVE_BYTES ? (int64_t)wild() : 0;
        }
    }
}

/* Reads the world as a source would; `base_ns` is the time of index 0, a step is 10 s. */
static inline void world_sample(const struct world *world, struct ph_catalog *catalog,
                                int64_t base_ns, struct ph_sample *sample)
{
    ph_sample_reset(sample);
    sample->time_ns = base_ns + world->index * 10 * PH_SECOND;
    sample->boottime_ns = 5 * PH_HOUR + world->index * 10 * PH_SECOND;
    sample->memory.total = INT64_C(1) << 34;
    sample->memory.available = (int64_t)draw(1 << 30);
    if (draw(3))
        sample->memory.page_faults = (int64_t)draw(1 << 20);
    sample->pools[PH_POOL_PAGED] =
        (struct ph_pool_total){PH_TOTAL_BYTES | PH_TOTAL_LIMIT, (int64_t)draw(1 << 28), 1 << 30, 0};
    for (unsigned i = 0; i < FIXTURE_SERIES; i++) {
        if (!world->present[i])
            continue;
        struct ph_value value = world->values[i];
        value.series = fixture_series(catalog, i);
        assert_ok(ph_sample_add(sample, &value));
    }
    if (world->index % 5 < 3)
        assert_ok(ph_loss_add(&sample->losses, 1, "/proc/some: cannot read: needs root"));
    if (!draw(6))
        assert_ok(ph_loss_add(&sample->losses, draw(9), "line %u: torn", (unsigned)draw(3)));
    assert_ok(ph_sample_finish(sample, NULL));
}

static inline bool same_series(const struct ph_series *a, const struct ph_series *b)
{
    return a->origin == b->origin && a->pool == b->pool && a->counter_bits == b->counter_bits &&
           a->flags == b->flags && a->object_bytes == b->object_bytes &&
           a->slab_bytes == b->slab_bytes && a->tag.size == b->tag.size &&
           !memcmp(a->tag.data, b->tag.data, a->tag.size) && !a->module == !b->module &&
           (!a->module || !strcmp(a->module, b->module)) && !a->aliases == !b->aliases &&
           (!a->aliases || !strcmp(a->aliases, b->aliases));
}

static inline bool same_value(const struct ph_value *a, const struct ph_value *b)
{
    return a->have == b->have && a->allocs == b->allocs && a->frees == b->frees &&
           a->objects == b->objects && a->bytes == b->bytes;
}

/* Every field of two samples, whose series may have different numbers. */
static inline void assert_same_sample(const struct ph_catalog *catalog_a, const struct ph_sample *a,
                                      const struct ph_catalog *catalog_b, const struct ph_sample *b)
{
    assert_int_equal(a->time_kind, b->time_kind);
    assert_true(a->time_ns == b->time_ns && a->boottime_ns == b->boottime_ns);
    assert_int_equal(a->segment, b->segment);
    assert_int_equal(a->represents, b->represents);
    assert_true(a->span_ns == b->span_ns);
    assert_memory_equal(&a->memory, &b->memory, sizeof(a->memory));
    for (unsigned i = 0; i < PH_POOL_COUNT; i++) {
        assert_int_equal(a->pools[i].have, b->pools[i].have);
        assert_true(a->pools[i].bytes == b->pools[i].bytes);
        assert_true(a->pools[i].limit_bytes == b->pools[i].limit_bytes);
        assert_true(a->pools[i].peak_bytes == b->pools[i].peak_bytes);
    }
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < b->count; i++)
        assert_true(!i || b->values[i - 1].series < b->values[i].series);
    for (size_t i = 0; i < a->count; i++) {
        const struct ph_series *series = &catalog_a->series[a->values[i].series];
        const struct ph_value *value = NULL;
        for (uint32_t n = 0; !value && n < catalog_b->count; n++) {
            if (same_series(series, &catalog_b->series[n]))
                value = ph_sample_find(b, n);
        }
        assert_non_null(value);
        assert_true(same_value(&a->values[i], value));
    }
    assert_int_equal(a->losses.count, b->losses.count);
    for (size_t i = 0; i < a->losses.count; i++) {
        assert_string_equal(a->losses.items[i].what, b->losses.items[i].what);
        assert_true(a->losses.items[i].count == b->losses.items[i].count);
    }
}

#endif
