#include "app/select.h"

#include <string.h>

#include "base/sort.h"

const uint32_t PH_POOLS_NONPAGED = 1u << PH_POOL_NONPAGED | 1u << PH_POOL_SESSION_NONPAGED |
                                   1u << PH_POOL_UNRECLAIMABLE | 1u << PH_POOL_VMALLOC |
                                   1u << PH_POOL_PAGES | 1u << PH_POOL_PERCPU | 1u << PH_POOL_SITE;
const uint32_t PH_POOLS_PAGED =
    1u << PH_POOL_PAGED | 1u << PH_POOL_SESSION_PAGED | 1u << PH_POOL_RECLAIMABLE;

static bool matches(const char *pattern, const struct ph_series *series)
{
    if (ph_pattern_match(pattern, series->tag))
        return true;
    if (series->module && ph_pattern_match(pattern, ph_slice_of(series->module)))
        return true;
    struct ph_slice rest = series->aliases ? ph_slice_of(series->aliases) : (struct ph_slice){0};
    struct ph_slice alias;
    while (ph_slice_word(&rest, &alias))
        if (ph_pattern_match(pattern, alias))
            return true;
    return false;
}

static bool any(const char *const *patterns, size_t count, const struct ph_series *series)
{
    for (size_t i = 0; i < count; i++)
        if (matches(patterns[i], series))
            return true;
    return false;
}

bool ph_selection_takes(const struct ph_selection *selection, const struct ph_series *series)
{
    if (selection->pools && !(selection->pools & 1u << series->pool))
        return false;
    if (any(selection->excludes, selection->exclude_count, series))
        return false;
    return !selection->include_count || any(selection->includes, selection->include_count, series);
}

struct order {
    const struct ph_selection *selection;
    const struct ph_catalog *catalog;
    const struct ph_sample *sample;
};

static int compare_tags(const struct ph_series *a, const struct ph_series *b)
{
    size_t shorter = a->tag.size < b->tag.size ? a->tag.size : b->tag.size;
    int order = shorter ? memcmp(a->tag.data, b->tag.data, shorter) : 0;

    if (!order)
        order = (a->tag.size > b->tag.size) - (a->tag.size < b->tag.size);
    return order ? order : (int)a->pool - (int)b->pool;
}

/* The sort key; unknown values sort below every known one. */
static double key(const struct ph_value *value, enum ph_column column)
{
    switch (column) {
    case PH_COLUMN_ALLOCS:
        return value->have & PH_HAVE_ALLOCS ? (double)value->allocs : -1e300;
    case PH_COLUMN_FREES:
        return value->have & PH_HAVE_FREES ? (double)value->frees : -1e300;
    case PH_COLUMN_OBJECTS:
        return value->have & PH_HAVE_OBJECTS ? (double)value->objects : -1e300;
    case PH_COLUMN_BYTES:
        return value->have & PH_HAVE_BYTES ? (double)value->bytes : -1e300;
    case PH_COLUMN_PER_ALLOC:
        if (!(value->have & PH_HAVE_BYTES) || !(value->have & PH_HAVE_OBJECTS))
            return -1e300;
        return value->objects ? (double)value->bytes / (double)value->objects : 0;
    case PH_COLUMN_TAG:
    case PH_COLUMN_POOL:
    case PH_COLUMN_COUNT:
        break;
    }
    return 0;
}

static int compare(const void *left, const void *right, void *context)
{
    const struct order *order = context;
    const struct ph_value *a = &order->sample->values[*(const uint32_t *)left];
    const struct ph_value *b = &order->sample->values[*(const uint32_t *)right];
    const struct ph_series *a_series = &order->catalog->series[a->series];
    const struct ph_series *b_series = &order->catalog->series[b->series];
    enum ph_column column = order->selection->sort;
    int result;

    if (column == PH_COLUMN_TAG) {
        result = compare_tags(a_series, b_series);
    } else if (column == PH_COLUMN_POOL) {
        result = (int)a_series->pool - (int)b_series->pool;
    } else {
        double a_key = key(a, column), b_key = key(b, column);
        result = (a_key < b_key) - (a_key > b_key); /* numbers: largest first */
    }
    if (order->selection->reverse)
        result = -result;
    return result ? result : compare_tags(a_series, b_series);
}

struct ph_error *ph_select_rows(const struct ph_selection *selection,
                                const struct ph_catalog *catalog, const struct ph_sample *sample,
                                uint32_t **rows, size_t *row_count, size_t *matched)
{
    uint32_t *taken = ph_zalloc(sample->count, sizeof(*taken));
    size_t count = 0;

    if (!taken)
        return ph_error_nomem();
    for (size_t i = 0; i < sample->count; i++)
        if (ph_selection_takes(selection, &catalog->series[sample->values[i].series]))
            taken[count++] = (uint32_t)i;
    struct order order = {selection, catalog, sample};
    ph_sort_with(taken, count, sizeof(*taken), compare, &order);
    *matched = count;
    *row_count = selection->top && selection->top < count ? selection->top : count;
    *rows = taken;
    return NULL;
}
