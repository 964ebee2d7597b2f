/* A trace as CSV: a row a site. */
#include "render/csv_line.h"
#include "render/trace_views.h"

static void header(struct ph_text *out)
{
    static const char *const NAMES[] = {
        "site",       "module",          "unloaded",        "via",      "kind",      "cache",
        "allocs",     "frees",           "implicit_frees",  "diff",     "diff_low",  "diff_high",
        "bytes",      "requested_bytes", "per_alloc_bytes", "oldest_s", "estimated", "age_verdict",
        "rate_per_s", "rate_low_per_s",  "rate_high_per_s", "address",
    };
    struct ph_csv_line line = {.out = out};

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++)
        ph_csv_prose(&line, NAMES[i]);
    ph_csv_end(&line);
}

static void number(struct ph_csv_line *line, double value)
{
    ph_csv_double(line, isfinite(value), value);
}

static void row(const struct ph_trace_site *site, struct ph_text *out)
{
    const struct ph_place *owner = ph_trace_site_owner(site);
    struct ph_csv_line line = {.out = out};

    ph_csv_string(&line, ph_slice_of(owner->function ? owner->function : ""));
    ph_csv_string(&line, ph_slice_of(owner->module ? owner->module : ""));
    ph_csv_counter(&line, true, owner->unloaded);
    ph_csv_string(
        &line,
        ph_slice_of(owner != &site->place && site->place.function ? site->place.function : ""));
    ph_csv_prose(&line, ph_trace_kind_id(site->kind));
    ph_csv_string(&line, ph_slice_of(site->cache ? site->cache : ""));
    number(&line, site->allocs);
    number(&line, site->frees);
    number(&line, site->implicit_frees);
    number(&line, site->objects);
    number(&line, site->objects_low);
    number(&line, site->objects_high);
    number(&line, site->bytes);
    number(&line, site->requested_bytes);
    number(&line, ph_trace_site_per_alloc(site));
    number(&line, site->oldest_ns < 0 ? NAN : (double)site->oldest_ns / 1e9);
    ph_csv_counter(&line, true, site->estimated);
    ph_csv_prose(&line, ph_age_verdict_id(site->age.verdict));
    bool staying = site->age.verdict == PH_AGE_STAYING;
    number(&line, staying ? site->age.rate : NAN);
    number(&line, staying ? site->age.rate_low : NAN);
    number(&line, staying ? site->age.rate_high : NAN);
    ph_csv_next(&line);
    ph_text_printf(out, "0x%llx", (unsigned long long)owner->address);
    ph_csv_end(&line);
}

struct ph_error *ph_csv_trace(const struct ph_trace_report *report, struct ph_text *out)
{
    header(out);
    for (size_t i = 0; i < report->row_count && i < report->top; i++)
        row(&report->trace->sites[report->rows[i]], out);
    return ph_text_check(out);
}
