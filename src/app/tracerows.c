#include "app/tracerows.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* ------------------------------------------------------------------ order */

struct key {
    size_t row;
    const struct ph_trace_site *site;
    enum ph_trace_column sort;
    bool reverse;
};

static int by_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

/* The larger one first; what is not known last, whatever the direction. */
static int by_number(double a, double b, bool reverse)
{
    if (isnan(a) || isnan(b))
        return !isnan(b) - !isnan(a); /* any number but 0 means yes */
    int order = a > b ? -1 : a < b;
    return reverse ? -order : order;
}

static double number_of(const struct ph_trace_site *site, enum ph_trace_column column)
{
    switch (column) {
    case PH_TRACE_BY_ALLOCS:
        return site->allocs;
    case PH_TRACE_BY_FREES:
        return site->frees;
    case PH_TRACE_BY_DIFF:
        return site->objects;
    case PH_TRACE_BY_PER_ALLOC:
        return ph_trace_site_per_alloc(site);
    case PH_TRACE_BY_OLDEST:
        return site->oldest_ns < 0 ? NAN : (double)site->oldest_ns;
    case PH_TRACE_BY_VERDICT:
        return site->age.verdict == PH_AGE_UNKNOWN ? NAN : (double)site->age.verdict;
    default:
        return site->bytes;
    }
}

static int by_column(const struct key *a, const struct key *b)
{
    const struct ph_place *left = ph_trace_site_owner(a->site);
    const struct ph_place *right = ph_trace_site_owner(b->site);
    int order;

    switch (a->sort) {
    case PH_TRACE_BY_SITE:
        order = by_text(left->function, right->function);
        break;
    case PH_TRACE_BY_MODULE:
        if (!left->module != !right->module) /* the kernel itself behind the modules */
            return !left->module - !right->module;
        order = by_text(left->module, right->module);
        break;
    case PH_TRACE_BY_CACHE:
        order = strcmp(ph_trace_site_cache(a->site), ph_trace_site_cache(b->site));
        break;
    default:
        return by_number(number_of(a->site, a->sort), number_of(b->site, a->sort), a->reverse);
    }
    return a->reverse ? -order : order;
}

static int compare(const void *left, const void *right)
{
    const struct key *a = left, *b = right;
    int order = by_column(a, b);

    if (!order)
        order = by_number(a->site->bytes, b->site->bytes, false);
    if (!order)
        order = by_number(a->site->allocs, b->site->allocs, false);
    if (!order)
        order = by_text(a->site->place.function, b->site->place.function);
    return order ? order : a->row < b->row ? -1 : a->row > b->row;
}

/* ------------------------------------------------------------------ filters */

static bool matches(const char *const *patterns, size_t count, const struct ph_trace_site *site)
{
    struct ph_slice cache = ph_slice_of(ph_trace_site_cache(site));

    for (size_t i = 0; i < count; i++)
        if (ph_pattern_match(patterns[i], cache))
            return true;
    return false;
}

/* The tracer itself follows the included caches only; what has none is left to us. */
static bool is_taken(const struct ph_trace_choice *choice, const struct ph_trace_site *site)
{
    if (matches(choice->excludes, choice->exclude_count, site))
        return false;
    return site->cache || !choice->include_count ||
           matches(choice->includes, choice->include_count, site);
}

struct ph_error *ph_trace_rows(const struct ph_trace *trace, const struct ph_trace_choice *choice,
                               struct ph_trace_rows *rows)
{
    ph_autofree struct key *keys = ph_zalloc(trace->count, sizeof(*keys));
    size_t count = 0;

    if (!keys)
        return ph_error_nomem();
    PH_TRY(ph_grow(&rows->items, &rows->capacity, trace->count + 1, sizeof(*rows->items)));
    rows->staying = 0;
    for (size_t i = 0; i < trace->count; i++)
        if (is_taken(choice, &trace->sites[i])) {
            keys[count++] = (struct key){i, &trace->sites[i], choice->sort, choice->reverse};
            rows->staying += trace->sites[i].age.verdict == PH_AGE_STAYING;
        }
    if (count)
        qsort(keys, count, sizeof(*keys), compare);
    for (size_t i = 0; i < count; i++)
        rows->items[i] = keys[i].row;
    rows->count = count;
    return NULL;
}

void ph_trace_rows_fini(struct ph_trace_rows *rows)
{
    ph_free(rows->items);
    *rows = (struct ph_trace_rows){0};
}
