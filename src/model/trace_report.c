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
    return site->owner.address ? &site->owner : &site->place;
}

const char *ph_trace_site_cache(const struct ph_trace_site *site)
{
    return site->cache ? site->cache : ph_trace_kind_id(site->kind);
}

double ph_trace_site_per_alloc(const struct ph_trace_site *site)
{
    return site->objects > 0 ? site->bytes / site->objects : NAN;
}
