#include "model/trace_report.h"

#include <string.h>

static const char *const IDS[PH_TRACE_COLUMNS] = {
    [PH_TRACE_BY_SITE] = "site",     [PH_TRACE_BY_MODULE] = "module",
    [PH_TRACE_BY_CACHE] = "cache",   [PH_TRACE_BY_ALLOCS] = "allocs",
    [PH_TRACE_BY_FREES] = "frees",   [PH_TRACE_BY_DIFF] = "diff",
    [PH_TRACE_BY_BYTES] = "bytes",   [PH_TRACE_BY_PER_ALLOC] = "per-alloc",
    [PH_TRACE_BY_OLDEST] = "oldest", [PH_TRACE_BY_VERDICT] = "verdict",
};

const char *ph_trace_column_id(enum ph_trace_column column)
{
    return IDS[column];
}

bool ph_trace_column_from_id(const char *id, enum ph_trace_column *column)
{
    for (unsigned i = 0; i < PH_TRACE_COLUMNS; i++)
        if (!strcmp(id, IDS[i])) {
            *column = (enum ph_trace_column)i;
            return true;
        }
    return false;
}

const struct ph_place *ph_trace_site_owner(const struct ph_trace_site *site)
{
    return ph_place_is_known(&site->owner) ? &site->owner : &site->place;
}

const char *ph_trace_site_cache(const struct ph_trace_site *site)
{
    return site->cache ? site->cache : ph_trace_kind_id(site->kind);
}

double ph_trace_site_per_alloc(const struct ph_trace_site *site)
{
    return site->objects > 0 ? site->bytes / site->objects : NAN;
}

/* ------------------------------------------------------------------ caches */

/* kmalloc-512, kmalloc-cg-512, kmalloc-rnd-03-512 and kmalloc-rcl-512 are told apart by flags and
 * chance: what stands after the last dash is the size. False for other names. */
static bool kmalloc_size(struct ph_slice name, struct ph_slice *size)
{
    if (!ph_slice_starts(name, "kmalloc-") && !ph_slice_starts(name, "dma-kmalloc-"))
        return false;
    *size = name;
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] == '-')
            *size = (struct ph_slice){name.data + i + 1, name.size - i - 1};
    return size->size;
}

static bool same_cache(struct ph_slice a, struct ph_slice b)
{
    struct ph_slice x, y;

    if (a.size == b.size && !memcmp(a.data, b.data, a.size))
        return true;
    return kmalloc_size(a, &x) && kmalloc_size(b, &y) && x.size == y.size &&
           !memcmp(x.data, y.data, x.size);
}

bool ph_trace_site_of(const struct ph_trace_site *site, struct ph_slice tag, const char *aliases)
{
    struct ph_slice rest = ph_slice_of(aliases ? aliases : ""), word;

    if (!site->cache)
        return false;
    if (same_cache(ph_slice_of(site->cache), tag))
        return true;
    while (ph_slice_word(&rest, &word))
        if (same_cache(ph_slice_of(site->cache), word))
            return true;
    return false;
}
