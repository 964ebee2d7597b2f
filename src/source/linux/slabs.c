/* slabs.c - the slab caches of one reading.
 *
 * Bytes of a slab cache are active objects times object size: whole slabs would hide a leak behind
 * half-empty slabs, and would miss small ones (docs/method.md).
 *
 * The lines of /proc/slabinfo stay in their order from reading to reading, so the cache of a line
 * is looked for where it was last time; hashing is for what moved. /sys is asked once a cache.
 */
#include <string.h>

#include "source/linux/linux_source.h"

enum {
    MAP_AGE_S = 300, /* a cache merged into a known one shows in the map only */
    NAMED_REPEATS = 8,
};

static enum ph_pool pool_of(bool reclaimable)
{
    return reclaimable ? PH_POOL_RECLAIMABLE : PH_POOL_UNRECLAIMABLE;
}

static bool is_name(const struct ph_catalog *catalog, const struct ph_known_cache *cache,
                    struct ph_slice name)
{
    if (cache->series >= catalog->count)
        return false;
    const struct ph_series *series = &catalog->series[cache->series];
    return series->origin == PH_ORIGIN_SLABINFO && series->tag.size == name.size &&
           !memcmp(series->tag.data, name.data, name.size);
}

static struct ph_error *load_map(struct ph_linux_source *source)
{
    PH_TRY(ph_sysslab_load(&source->sysslab, source->root));
    source->sysslab_reading = source->readings;
    source->sysslab_read_ns = ph_boottime_ns();
    return NULL;
}

static struct ph_error *kind_of(struct ph_linux_source *source, struct ph_slice name,
                                bool *reclaimable)
{
    enum ph_slab_kind kind = ph_sysslab_kind(&source->sysslab, name);

    if (kind == PH_SLAB_UNKNOWN) {
        if (!source->kinds_unknown++) {
            ph_text_clear(&source->kind_unknown);
            ph_text_add(&source->kind_unknown, name.data, name.size);
            PH_TRY(ph_text_check(&source->kind_unknown));
        }
        kind = ph_slab_kind_by_name(name);
    }
    *reclaimable = kind == PH_SLAB_RECLAIMABLE;
    return NULL;
}

/* Looks a new cache up, or one whose objects have another size now. */
static struct ph_error *learn(struct ph_linux_source *source, struct ph_catalog *catalog,
                              const struct ph_slab_line *line, uint32_t *index)
{
    struct ph_text *aliases = &source->scratch;
    bool reclaimable = false;

    if (source->sysslab_reading != source->readings) /* once a reading is enough for all new ones */
        PH_TRY(load_map(source));
    PH_TRY(kind_of(source, line->name, &reclaimable));
    ph_text_clear(aliases);
    ph_sysslab_aliases(&source->sysslab, line->name, aliases);
    PH_TRY(ph_text_check(aliases));
    struct ph_series series = {
        .origin = PH_ORIGIN_SLABINFO,
        .pool = pool_of(reclaimable),
        .flags =
            (reclaimable ? PH_SERIES_RECLAIMABLE : 0u) | (aliases->size ? PH_SERIES_MERGED : 0u),
        .slab_bytes = (uint32_t)line->object_bytes,
        .tag = line->name,
        .aliases = aliases->size ? aliases->data : NULL,
    };
    struct ph_known_cache fresh = {.object_bytes = (uint32_t)line->object_bytes};
    PH_TRY(ph_catalog_intern(catalog, &series, &fresh.series));
    if (ph_table_find(&source->cache_names, line->name, index)) {
        source->caches[*index] = fresh;
        return NULL;
    }
    PH_TRY(ph_grow(&source->caches, &source->cache_capacity, source->cache_count + 1,
                   sizeof(*source->caches)));
    PH_TRY(ph_table_put(&source->cache_names, line->name, (uint32_t)source->cache_count));
    source->caches[source->cache_count] = fresh;
    *index = (uint32_t)source->cache_count++;
    return NULL;
}

/* Asks for the size of the object itself, when there are any: a third of all caches of a common
 * machine never has one, and a file costs as much as reading three lines of /proc/slabinfo. */
static struct ph_error *describe(struct ph_linux_source *source, struct ph_catalog *catalog,
                                 struct ph_known_cache *cache)
{
    struct ph_series series = catalog->series[cache->series];
    uint64_t bytes = 0;
    uint32_t number;

    cache->described = true;
    if (!ph_sysslab_number(&source->sysslab, series.tag, "object_size", &bytes) ||
        bytes > UINT32_MAX)
        return NULL;
    series.object_bytes = (uint32_t)bytes;
    return ph_catalog_intern(catalog, &series, &number);
}

/* The cache of the n-th line; `*moved` when it was not where it was last time. */
static struct ph_error *cache_of(struct ph_linux_source *source, struct ph_catalog *catalog,
                                 const struct ph_slab_line *line, size_t n, uint32_t *index,
                                 bool *moved)
{
    uint32_t at = n < source->cache_lines ? source->cache_order[n] : UINT32_MAX;

    if (at >= source->cache_count || !is_name(catalog, &source->caches[at], line->name)) {
        *moved = true;
        if (!ph_table_find(&source->cache_names, line->name, &at) ||
            !is_name(catalog, &source->caches[at], line->name))
            PH_TRY(learn(source, catalog, line, &at));
        PH_TRY(ph_grow(&source->cache_order, &source->cache_order_capacity, n + 1,
                       sizeof(*source->cache_order)));
        source->cache_order[n] = at;
    }
    *index = at;
    return NULL;
}

/* Two caches of one name are rare, and those few are named; a file full of them is not a list of
 * losses. */
static struct ph_error *tell_repeated(struct ph_linux_source *source, struct ph_sample *sample,
                                      struct ph_slice name, uint64_t repeated)
{
    if (repeated > NAMED_REPEATS)
        return ph_loss_add(&sample->losses, 1,
                           "%s: further names are there more than once; their "
                           "caches are summed",
                           source->slabinfo.path);
    return ph_loss_add(&sample->losses, 1,
                       "%s: %.*s is there more than once; its caches are summed",
                       source->slabinfo.path, (int)name.size, name.data);
}

static struct ph_error *add_cache(struct ph_linux_source *source, struct ph_catalog *catalog,
                                  struct ph_sample *sample, const struct ph_slab_line *line,
                                  size_t n, bool *moved, uint64_t *repeated)
{
    uint32_t index = 0;

    PH_TRY(cache_of(source, catalog, line, n, &index, moved));
    if (source->caches[index].object_bytes != line->object_bytes &&
        source->caches[index].seen_in != source->readings)
        PH_TRY(learn(source, catalog, line, &index));
    struct ph_known_cache *cache = &source->caches[index];
    if (cache->seen_in == source->readings)
        PH_TRY(tell_repeated(source, sample, line->name, ++*repeated));
    cache->seen_in = source->readings;
    if (line->active_objects && !cache->described)
        PH_TRY(describe(source, catalog, cache));
    struct ph_value value = {
        .series = cache->series,
        .have = PH_HAVE_OBJECTS | PH_HAVE_BYTES,
        .objects = (int64_t)line->active_objects,
        .bytes = (int64_t)(line->active_objects * line->object_bytes),
    };
    return ph_sample_add(sample, &value);
}

static struct ph_error *read_once(struct ph_linux_source *source, struct ph_catalog *catalog,
                                  struct ph_sample *sample, struct ph_proc_lines *lines,
                                  bool *usable, int64_t *slab_pages, bool *unsteady)
{
    struct ph_slab_line parsed;
    uint64_t repeated = 0, pages = 0;
    bool moved = false, fits = true;
    size_t n = 0;

    PH_TRY(ph_proc_read(source, &source->slabinfo, sample, lines, ph_slabinfo_head, usable));
    if (!*usable)
        return NULL;
    while (ph_reader_line(&lines->reader, &lines->line)) {
        switch (ph_slabinfo_line(lines->line, &parsed)) {
        case PH_LINE_VALUE:
            PH_TRY(add_cache(source, catalog, sample, &parsed, n++, &moved, &repeated));
            pages += parsed.slabs * parsed.pages_per_slab; /* 48 bits a line */
            fits = fits && pages <= INT64_MAX / 2;
            break;
        case PH_LINE_BAD:
            ph_proc_bad_line(lines);
            break;
        case PH_LINE_COMMENT:
            break;
        }
    }
    *unsteady = repeated != source->cache_repeats ||
                (source->cache_lines && (moved || n != source->cache_lines));
    source->cache_lines = n;
    source->cache_repeats = repeated;
    *slab_pages = lines->bad || lines->cut || !fits ? -1 : (int64_t)pages;
    return NULL;
}

/* A cache merged into a known one adds a name, but no line. */
static struct ph_error *renew_aliases(struct ph_linux_source *source, struct ph_catalog *catalog)
{
    uint32_t before = source->sysslab.fingerprint, number;

    PH_TRY(load_map(source));
    if (source->sysslab.fingerprint == before || !source->sysslab.present)
        return NULL;
    for (size_t i = 0; i < source->cache_count; i++) {
        if (source->caches[i].series >= catalog->count)
            continue;
        struct ph_series series = catalog->series[source->caches[i].series];
        ph_text_clear(&source->scratch);
        ph_sysslab_aliases(&source->sysslab, series.tag, &source->scratch);
        PH_TRY(ph_text_check(&source->scratch));
        if (!source->scratch.size)
            continue;
        series.aliases = source->scratch.data;
        series.flags |= PH_SERIES_MERGED;
        PH_TRY(ph_catalog_intern(catalog, &series, &number));
    }
    return NULL;
}

static struct ph_error *tell_kinds(struct ph_linux_source *source, struct ph_sample *sample)
{
    if (!source->kinds_unknown)
        return NULL;
    if (!source->sysslab.present)
        return ph_loss_add(&sample->losses, 0,
                           "%s/sys/kernel/slab: is not there or not readable; what can be "
                           "reclaimed is taken from the caches' names, and merged caches are not "
                           "known",
                           source->root);
    return ph_loss_add(&sample->losses, source->kinds_unknown,
                       "%s/sys/kernel/slab: not readable for some caches (the first is %.*s), "
                       "which count as unreclaimable; root or CAP_DAC_READ_SEARCH may read them",
                       source->root, (int)source->kind_unknown.size, source->kind_unknown.data);
}

struct ph_error *ph_linux_read_slabs(struct ph_linux_source *source, struct ph_catalog *catalog,
                                     struct ph_sample *sample, bool *usable, int64_t *slab_pages)
{
    struct ph_proc_lines lines = {0};
    bool unsteady = false;

    *usable = false;
    *slab_pages = -1;
    if (!source->slabinfo.handle)
        return NULL;
    PH_TRY(read_once(source, catalog, sample, &lines, usable, slab_pages, &unsteady));
    if (*usable && unsteady && source->live) {
        /* The kernel writes the file in pieces of a page and finds its place again by counting. A
         * cache that comes or goes in between shifts the count: one cache is then written twice or
         * not at all. Once more, now that the caches are known. */
        sample->count = 0;
        ph_loss_fini(&sample->losses);
        source->readings++; /* seen_in of the first attempt must not count as a repetition */
        PH_TRY(ph_loss_copy(&sample->losses, &source->losses));
        lines = (struct ph_proc_lines){0};
        PH_TRY(read_once(source, catalog, sample, &lines, usable, slab_pages, &unsteady));
    }
    if (!*usable)
        return NULL;
    if (source->live && ph_boottime_ns() - source->sysslab_read_ns > MAP_AGE_S * PH_SECOND)
        PH_TRY(renew_aliases(source, catalog));
    PH_TRY(tell_kinds(source, sample));
    return ph_proc_tell(&lines, &sample->losses);
}

void ph_linux_slabs_fini(struct ph_linux_source *source)
{
    ph_sysslab_fini(&source->sysslab);
    ph_table_fini(&source->cache_names);
    ph_text_fini(&source->kind_unknown);
    ph_free(source->caches);
    ph_free(source->cache_order);
}
