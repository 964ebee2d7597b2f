#include "render/hunt_sites.h"

#include <math.h>

static bool grows(const struct ph_hunt_report *hunt, const struct ph_trace_site *site)
{
    for (size_t i = 0; i < hunt->finding_count; i++) {
        const struct ph_finding *finding = &hunt->findings[i];
        const struct ph_series *series = &hunt->catalog->series[finding->series];
        if (finding->verdict >= PH_VERDICT_LEVELLING && series->origin == PH_ORIGIN_SLABINFO &&
            ph_trace_site_of(site, series->tag, series->aliases))
            return true;
    }
    return false;
}

/* Pages, vmalloc and per-CPU memory have no tag that could grow: their site does, when it stays. */
static bool is_shown(const struct ph_hunt_report *hunt, const struct ph_trace_site *site)
{
    if (site->objects <= 0)
        return false;
    return site->cache ? grows(hunt, site) : site->age.verdict == PH_AGE_STAYING;
}

static bool is_before(const struct ph_trace_site *a, const struct ph_trace_site *b)
{
    bool left = a->age.verdict == PH_AGE_STAYING, right = b->age.verdict == PH_AGE_STAYING;

    return left != right ? left : a->bytes > b->bytes;
}

void ph_hunt_sites_of(const struct ph_hunt_report *hunt, struct ph_hunt_sites *sites)
{
    const struct ph_trace *trace = hunt->trace;
    size_t count = 0, staying = 0;

    for (size_t i = 0; trace && i < trace->count; i++) {
        const struct ph_trace_site *site = &trace->sites[i];
        if (!is_shown(hunt, site))
            continue;
        staying += site->age.verdict == PH_AGE_STAYING;
        if (count == PH_HUNT_SITES_MOST && !is_before(site, &trace->sites[sites->rows[count - 1]]))
            continue;
        size_t at = count < PH_HUNT_SITES_MOST ? count++ : count - 1;
        for (; at && is_before(site, &trace->sites[sites->rows[at - 1]]); at--)
            sites->rows[at] = sites->rows[at - 1];
        sites->rows[at] = i;
    }
    sites->report = (struct ph_trace_report){
        .trace = trace,
        .rows = sites->rows,
        .row_count = count,
        .staying = staying,
        .top = SIZE_MAX,
        .sort = PH_TRACE_BY_BYTES,
        .cpu_most = (double)NAN,
    };
}

void ph_hunt_traced_words(const struct ph_trace *trace, struct ph_text *out)
{
    ph_text_puts(out, "Traced for ");
    ph_text_duration(out, (double)(trace->now_ns - trace->begun_ns) / 1e9);
    if (isfinite(trace->cpu_share))
        ph_text_printf(out, ", at %.2g %% of the machine's CPU", 100 * trace->cpu_share);
    if (trace->shift_most)
        ph_text_printf(out, "; 1 of %llu addresses was followed at the least, ~ marks estimates",
                       1ull << trace->shift_most);
    if (trace->map_bytes) {
        ph_text_puts(out, "; its own maps, ");
        ph_text_bytes(out, (double)trace->map_bytes);
        ph_text_puts(out, ", are among vmalloc and per-CPU memory");
    }
    ph_text_puts(out, ".");
}
