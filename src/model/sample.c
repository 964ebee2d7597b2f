#include "model/sample.h"

#include <string.h>

#include "base/sort.h"

static const struct {
    const char *short_name, *name;
} pools[PH_POOL_COUNT] = {
    [PH_POOL_NONPAGED] = {"Nonp", "nonpaged"},
    [PH_POOL_PAGED] = {"Paged", "paged"},
    [PH_POOL_UNRECLAIMABLE] = {"Unrec", "unreclaimable"},
    [PH_POOL_RECLAIMABLE] = {"Recl", "reclaimable"},
    [PH_POOL_VMALLOC] = {"Vmal", "vmalloc"},
    [PH_POOL_PAGES] = {"Pages", "pages"},
    [PH_POOL_PERCPU] = {"Pcpu", "percpu"},
    [PH_POOL_SITE] = {"Site", "site"},
    [PH_POOL_SESSION_NONPAGED] = {"SNonp", "session-nonpaged"},
    [PH_POOL_SESSION_PAGED] = {"SPagd", "session-paged"},
};

static const char *const origins[PH_ORIGIN_COUNT] = {
    [PH_ORIGIN_SLABINFO] = "slabinfo",
    [PH_ORIGIN_ALLOCINFO] = "allocinfo",
    [PH_ORIGIN_VMALLOCINFO] = "vmallocinfo",
    [PH_ORIGIN_MEMINFO] = "meminfo",
    [PH_ORIGIN_POOLMON] = "poolmon",
    [PH_ORIGIN_MEMSNAP] = "memsnap",
    [PH_ORIGIN_CLONE_CSV] = "clone-csv",
    [PH_ORIGIN_POOLTAG] = "pooltag",
    [PH_ORIGIN_POOLTAG2] = "pooltag2",
    [PH_ORIGIN_TRACE] = "trace",
    [PH_ORIGIN_DUMP] = "dump",
    [PH_ORIGIN_SERIES_CSV] = "series-csv",
    [PH_ORIGIN_SYSTEM] = "system",
};

const char *ph_pool_short(enum ph_pool pool)
{
    return (unsigned)pool < PH_POOL_COUNT ? pools[pool].short_name : "?";
}

const char *ph_pool_name(enum ph_pool pool)
{
    return (unsigned)pool < PH_POOL_COUNT ? pools[pool].name : "unknown";
}

bool ph_pool_from_name(struct ph_slice name, enum ph_pool *pool)
{
    for (unsigned i = 0; i < PH_POOL_COUNT; i++) {
        if (ph_slice_is(name, pools[i].name) || ph_slice_is(name, pools[i].short_name)) {
            *pool = (enum ph_pool)i;
            return true;
        }
    }
    return false;
}

const char *ph_origin_name(enum ph_origin origin)
{
    return (unsigned)origin < PH_ORIGIN_COUNT ? origins[origin] : "unknown";
}

bool ph_origin_from_name(struct ph_slice name, enum ph_origin *origin)
{
    for (unsigned i = 0; i < PH_ORIGIN_COUNT; i++) {
        if (ph_slice_is(name, origins[i])) {
            *origin = (enum ph_origin)i;
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------------ catalog */

/* Replaces `*owned` by a copy of `text` when they differ; NULL leaves it alone. */
static struct ph_error *refresh(char **owned, const char *text)
{
    if (!text || (*owned && !strcmp(*owned, text)))
        return NULL;
    char *copy = ph_strdup(text);
    if (!copy)
        return ph_error_nomem();
    ph_free(*owned);
    *owned = copy;
    return NULL;
}

static struct ph_error *append(struct ph_catalog *catalog, const struct ph_series *like)
{
    PH_TRY(ph_grow(&catalog->series, &catalog->capacity, catalog->count + 1, sizeof(*like)));
    struct ph_series fresh = *like;
    char *tag = ph_memdup(like->tag.data, like->tag.size);
    fresh.tag.data = tag;
    fresh.module = like->module ? ph_strdup(like->module) : NULL;
    fresh.aliases = like->aliases ? ph_strdup(like->aliases) : NULL;
    if (!tag || (like->module && !fresh.module) || (like->aliases && !fresh.aliases)) {
        ph_free(tag);
        ph_free(fresh.module);
        ph_free(fresh.aliases);
        return ph_error_nomem();
    }
    catalog->series[catalog->count++] = fresh;
    return NULL;
}

struct ph_error *ph_catalog_intern(struct ph_catalog *catalog, const struct ph_series *like,
                                   uint32_t *number)
{
    char small[256];
    PH_GUARD(ph_text_fini) struct ph_text large = {0};
    size_t module_size = like->module ? strlen(like->module) : 0;
    size_t size = 3 + module_size + like->tag.size;
    char *key = small;

    if (size > sizeof(small)) {
        PH_TRY(ph_grow(&large.data, &large.capacity, size, 1));
        key = large.data;
    }
    key[0] = (char)like->origin;
    key[1] = (char)like->pool;
    if (module_size)
        memcpy(key + 2, like->module, module_size);
    key[2 + module_size] = 0;
    if (like->tag.size)
        memcpy(key + 3 + module_size, like->tag.data, like->tag.size);

    uint32_t known;
    struct ph_slice name = {key, size};
    if (ph_table_find(&catalog->index, name, &known)) {
        struct ph_series *series = &catalog->series[known];
        PH_TRY(refresh(&series->aliases, like->aliases));
        series->flags = like->flags;
        series->object_bytes = like->object_bytes ? like->object_bytes : series->object_bytes;
        series->slab_bytes = like->slab_bytes ? like->slab_bytes : series->slab_bytes;
        series->counter_bits = like->counter_bits;
        *number = known;
        return NULL;
    }
    uint32_t fresh = (uint32_t)catalog->count;
    PH_TRY(append(catalog, like));
    struct ph_error *error = ph_table_put(&catalog->index, name, fresh);
    if (error) {
        struct ph_series *series = &catalog->series[--catalog->count];
        ph_free((char *)series->tag.data);
        ph_free(series->module);
        ph_free(series->aliases);
        return error;
    }
    *number = fresh;
    return NULL;
}

void ph_catalog_fini(struct ph_catalog *catalog)
{
    for (size_t i = 0; i < catalog->count; i++) {
        ph_free((char *)catalog->series[i].tag.data);
        ph_free(catalog->series[i].module);
        ph_free(catalog->series[i].aliases);
    }
    ph_free(catalog->series);
    ph_table_fini(&catalog->index);
    *catalog = (struct ph_catalog){0};
}

/* ------------------------------------------------------------------ losses */

static struct ph_error *add_loss(struct ph_loss_list *list, uint64_t count, bool repeated,
                                 char *what)
{
    if (!what)
        return ph_error_nomem();
    for (size_t i = 0; i < list->count; i++) {
        if (!strcmp(list->items[i].what, what)) {
            uint64_t *known = &list->items[i].count;
            *known = !repeated ? *known + count : *known > count ? *known : count;
            ph_free(what);
            return NULL;
        }
    }
    struct ph_error *error =
        ph_grow(&list->items, &list->capacity, list->count + 1, sizeof(*list->items));
    if (error) {
        ph_free(what);
        return error;
    }
    list->items[list->count++] = (struct ph_loss){what, count};
    return NULL;
}

struct ph_error *ph_loss_add(struct ph_loss_list *list, uint64_t count, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *what = ph_vformat(format, args);
    va_end(args);
    return add_loss(list, count, false, what);
}

struct ph_error *ph_loss_merge(struct ph_loss_list *to, const struct ph_loss_list *from,
                               bool repeated)
{
    for (size_t i = 0; i < from->count; i++)
        PH_TRY(add_loss(to, from->items[i].count, repeated, ph_strdup(from->items[i].what)));
    return NULL;
}

struct ph_error *ph_loss_copy(struct ph_loss_list *to, const struct ph_loss_list *from)
{
    return ph_loss_merge(to, from, false);
}

struct ph_error *ph_loss_error(struct ph_loss_list *list, struct ph_error *error)
{
    if (!error || error->code == PH_ERR_NOMEM)
        return error;
    struct ph_error *second = ph_loss_add(list, 1, "%s", error->text);
    ph_error_free(error);
    return second;
}

void ph_loss_fini(struct ph_loss_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        ph_free(list->items[i].what);
    ph_free(list->items);
    *list = (struct ph_loss_list){0};
}

/* ------------------------------------------------------------------ samples */

void ph_sample_reset(struct ph_sample *sample)
{
    struct ph_sample empty = {
        .boottime_ns = -1,
        .memory = {-1, -1, -1, -1, -1, -1, -1, -1},
        .values = sample->values,
        .capacity = sample->capacity,
        .changed = sample->changed,
        .changed_capacity = sample->changed_capacity,
    };

    ph_loss_fini(&sample->losses);
    ph_event_fini(&sample->events);
    *sample = empty;
}

struct ph_error *ph_sample_add(struct ph_sample *sample, const struct ph_value *value)
{
    PH_TRY(ph_grow(&sample->values, &sample->capacity, sample->count + 1, sizeof(*value)));
    sample->values[sample->count++] = *value;
    return NULL;
}

static int by_series(const void *a, const void *b)
{
    uint32_t left = ((const struct ph_value *)a)->series,
             right = ((const struct ph_value *)b)->series;

    return left < right ? -1 : left > right;
}

/* Foreign input may hold numbers at the ends of the range. */
static int64_t add_saturated(int64_t a, int64_t b)
{
    int64_t sum;

    if (__builtin_add_overflow(a, b, &sum))
        return a < 0 ? INT64_MIN : INT64_MAX;
    return sum;
}

struct ph_error *ph_sample_finish(struct ph_sample *sample, size_t *merged)
{
    size_t kept = 0, sums = 0;
    bool sorted = true;

    for (size_t i = 1; i < sample->count; i++)
        sorted = sorted && sample->values[i - 1].series < sample->values[i].series;
    if (!sorted)
        ph_sort(sample->values, sample->count, sizeof(*sample->values), by_series);
    for (size_t i = 0; i < sample->count; i++) {
        const struct ph_value *value = &sample->values[i];
        struct ph_value *last = kept ? &sample->values[kept - 1] : NULL;
        if (!last || last->series != value->series) {
            sample->values[kept++] = *value;
            continue;
        }
        uint32_t quality = (last->have | value->have) & (PH_IS_ESTIMATED | PH_IS_PARTIAL);
        last->have = (last->have & value->have) | quality;
        last->allocs += value->allocs;
        last->frees += value->frees;
        last->objects = add_saturated(last->objects, value->objects);
        last->bytes = add_saturated(last->bytes, value->bytes);
        sums++;
    }
    sample->count = kept;
    sample->changed_known = false;
    sample->changed_count = 0;
    if (merged)
        *merged = sums;
    return NULL;
}

const struct ph_value *ph_sample_find(const struct ph_sample *sample, uint32_t series)
{
    size_t low = 0, high = sample->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sample->values[middle].series < series)
            low = middle + 1;
        else
            high = middle;
    }
    return low < sample->count && sample->values[low].series == series ? &sample->values[low]
                                                                       : NULL;
}

struct ph_error *ph_sample_copy(struct ph_sample *to, const struct ph_sample *from)
{
    PH_TRY(ph_grow(&to->values, &to->capacity, from->count, sizeof(*to->values)));
    PH_TRY(ph_grow(&to->changed, &to->changed_capacity, from->changed_count, sizeof(*to->changed)));
    struct ph_sample copy = *from;
    copy.values = to->values;
    copy.capacity = to->capacity;
    copy.changed = to->changed;
    copy.changed_capacity = to->changed_capacity;
    copy.losses = (struct ph_loss_list){0};
    copy.events = (struct ph_event_list){0};
    if (from->count)
        memcpy(copy.values, from->values, from->count * sizeof(*from->values));
    if (from->changed_count)
        memcpy(copy.changed, from->changed, from->changed_count * sizeof(*from->changed));
    ph_loss_fini(&to->losses);
    ph_event_fini(&to->events);
    *to = copy;
    PH_TRY(ph_event_merge(&to->events, &from->events));
    return ph_loss_copy(&to->losses, &from->losses);
}

void ph_sample_fini(struct ph_sample *sample)
{
    ph_free(sample->values);
    ph_free(sample->changed);
    ph_loss_fini(&sample->losses);
    ph_event_fini(&sample->events);
    *sample = (struct ph_sample){0};
}
