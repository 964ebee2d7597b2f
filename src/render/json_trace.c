/* A trace as JSON; docs/schema.json describes every key. */
#include "render/json_parts.h"
#include "render/trace_views.h"

static void string_or_null(struct ph_json *json, const char *name, const char *text)
{
    if (text)
        ph_json_foreign(json, name, ph_slice_of(text));
    else
        ph_json_null(json, name);
}

static void place_object(struct ph_json *json, const char *name, const struct ph_place *place)
{
    PH_GUARD(ph_text_fini) struct ph_text address = {0};

    if (!place->address) {
        ph_json_null(json, name);
        return;
    }
    /* as text: beyond 2^53 */
    ph_text_printf(&address, "0x%llx", (unsigned long long)place->address);
    ph_json_open(json, name, '{');
    ph_json_string(json, "address", ph_text_slice(&address));
    string_or_null(json, "function", place->function);
    ph_json_unsigned(json, "offset", place->function, place->offset);
    ph_json_unsigned(json, "size", place->size, place->size);
    string_or_null(json, "module", place->module);
    ph_json_bool(json, "unloaded", place->unloaded);
    ph_json_close(json, '}');
    json->out->failed |= address.failed;
}

static void age_object(struct ph_json *json, const struct ph_trace_site *site)
{
    const struct ph_age *age = &site->age;
    PH_GUARD(ph_text_fini) struct ph_text words = {0};

    ph_trace_age_words(site, &words);
    ph_json_open(json, "age", '{');
    ph_json_string(json, "verdict", ph_slice_of(ph_age_verdict_id(age->verdict)));
    ph_json_string(json, "reason", ph_text_slice(&words));
    ph_json_unsigned(json, "cohorts", true, age->cohorts);
    ph_json_unsigned(json, "staying", true, age->staying);
    ph_json_double(json, "survivors", age->survivors);
    ph_json_double(json, "survival", age->cohorts ? age->survival : NAN);
    ph_json_double(json, "deaths", age->deaths);
    ph_json_double(json, "exposure_s", age->exposure_s);
    ph_json_double(json, "half_life_least_s", age->half_life_s > 0 ? age->half_life_s : NAN);
    ph_json_double(json, "rate_per_s", age->cohorts ? age->rate : NAN);
    ph_json_double(json, "rate_low_per_s", age->cohorts ? age->rate_low : NAN);
    ph_json_double(json, "rate_high_per_s", age->cohorts ? age->rate_high : NAN);
    ph_json_double(json, "missing_s",
                   age->verdict == PH_AGE_YOUNG && age->missing_s > 0 ? age->missing_s : NAN);
    ph_json_close(json, '}');
    json->out->failed |= words.failed;
}

static void cohort_object(struct ph_json *json, const struct ph_trace *trace,
                          const struct ph_cohort *cohort)
{
    ph_json_open(json, NULL, '{');
    ph_json_double(json, "oldest_s", (double)(trace->now_ns - cohort->from_ns) / 1e9);
    ph_json_double(json, "youngest_s", fmax(0, (double)(trace->now_ns - cohort->to_ns) / 1e9));
    ph_json_double(json, "born", cohort->born);
    ph_json_double(json, "alive", cohort->alive);
    ph_json_rounded(json, "bytes_alive", cohort->bytes_alive);
    ph_json_unsigned(json, "seen_born", true, cohort->seen_born);
    ph_json_unsigned(json, "seen_alive", true, cohort->seen_alive);
    ph_json_close(json, '}');
}

static void life_list(struct ph_json *json, const struct ph_life *life)
{
    ph_json_open(json, "life", '[');
    for (size_t i = 0; i < PH_LIFE_BINS; i++) {
        if (!(life->exposure_s[i] > 0))
            continue;
        ph_json_open(json, NULL, '{');
        ph_json_unsigned(json, "from_s", true, i ? UINT64_C(1) << i : 0);
        ph_json_unsigned(json, "to_s", i + 1 < PH_LIFE_BINS, UINT64_C(2) << i);
        ph_json_double(json, "deaths", life->deaths[i]);
        ph_json_double(json, "exposure_s", life->exposure_s[i]);
        ph_json_close(json, '}');
    }
    ph_json_close(json, ']');
}

static void stack_object(struct ph_json *json, const struct ph_trace_stack *stack)
{
    ph_json_open(json, NULL, '{');
    ph_json_double(json, "allocs", stack->allocs);
    ph_json_double(json, "diff", stack->objects);
    ph_json_rounded(json, "bytes", stack->bytes);
    ph_json_unsigned(json, "owner_frame", stack->owner < stack->frame_count, stack->owner);
    ph_json_open(json, "frames", '[');
    for (size_t i = 0; i < stack->frame_count; i++)
        place_object(json, NULL, &stack->frames[i]);
    ph_json_close(json, ']');
    ph_json_close(json, '}');
}

static void site_object(struct ph_json *json, const struct ph_trace *trace,
                        const struct ph_trace_site *site)
{
    PH_GUARD(ph_text_fini) struct ph_text name = {0};

    ph_trace_site_name(site, &name);
    ph_json_open(json, NULL, '{');
    ph_json_foreign(json, "name", ph_text_slice(&name));
    place_object(json, "owner", ph_trace_site_owner(site));
    place_object(json, "call", &site->place);
    ph_json_double(json, "owner_share", site->owner_share);
    ph_json_string(json, "kind", ph_slice_of(ph_trace_kind_id(site->kind)));
    string_or_null(json, "cache", site->cache);
    ph_json_unsigned(json, "object_bytes", site->object_bytes, site->object_bytes);
    ph_json_bool(json, "estimated", site->estimated);
    ph_json_double(json, "allocs", site->allocs);
    ph_json_double(json, "frees", site->frees);
    ph_json_double(json, "implicit_frees", site->implicit_frees);
    ph_json_double(json, "diff", site->objects);
    ph_json_double(json, "diff_low", site->objects_low);
    ph_json_double(json, "diff_high", site->objects_high);
    ph_json_rounded(json, "bytes", site->bytes);
    ph_json_rounded(json, "requested_bytes", site->requested_bytes);
    ph_json_double(json, "per_alloc_bytes", ph_trace_site_per_alloc(site));
    ph_json_double(json, "oldest_s", site->oldest_ns < 0 ? NAN : (double)site->oldest_ns / 1e9);
    age_object(json, site);
    ph_json_open(json, "cohorts", '[');
    for (size_t i = 0; i < site->cohort_count; i++)
        cohort_object(json, trace, &site->cohorts[i]);
    ph_json_close(json, ']');
    life_list(json, &site->life);
    ph_json_open(json, "stacks", '[');
    for (size_t i = 0; i < site->stack_count; i++)
        stack_object(json, &site->stacks[i]);
    ph_json_close(json, ']');
    ph_json_close(json, '}');
    json->out->failed |= name.failed;
}

static void note_item(void *context, bool alarming, const char *line)
{
    struct ph_json *json = context;

    ph_json_open(json, NULL, '{');
    ph_json_bool(json, "alarming", alarming);
    ph_json_prose(json, "what", line);
    ph_json_close(json, '}');
}

static void counts_object(struct ph_json *json, const struct ph_trace *trace)
{
    const struct ph_trace_counts *counts = &trace->counts;

    ph_json_open(json, "counts", '{');
    ph_json_unsigned(json, "events", true, counts->events);
    ph_json_unsigned(json, "untracked_frees", true, counts->untracked_frees);
    ph_json_unsigned(json, "implicit_frees", true, counts->implicit_frees);
    ph_json_unsigned(json, "dropped", true, counts->dropped);
    ph_json_unsigned(json, "sites_full", true, counts->sites_full);
    ph_json_unsigned(json, "missed", true, counts->missed);
    ph_json_unsigned(json, "stacks_lost", true, counts->stacks_lost);
    ph_json_unsigned(json, "given_up", true, counts->given_up);
    ph_json_close(json, '}');
}

static void head(struct ph_json *json, const struct ph_trace_report *report)
{
    const struct ph_trace *trace = report->trace;

    ph_json_double(json, "traced_s", (double)(trace->now_ns - trace->begun_ns) / 1e9);
    ph_json_prose(json, "filters", report->filters);
    ph_json_open(json, "kinds", '[');
    for (unsigned i = 0; i < PH_TRACE_KINDS; i++)
        if (trace->kinds & 1u << i)
            ph_json_string(json, NULL, ph_slice_of(ph_trace_kind_id((enum ph_trace_kind)i)));
    ph_json_close(json, ']');
    ph_json_double(json, "events_per_s", trace->events_per_second);
    ph_json_double(json, "cpu_share", trace->cpu_share);
    ph_json_double(json, "cpu_share_most", report->cpu_most);
    ph_json_unsigned(json, "sampled_one_of", true, UINT64_C(1) << trace->shift);
    ph_json_unsigned(json, "sampled_one_of_most", true, UINT64_C(1) << trace->shift_most);
    ph_json_unsigned(json, "objects", true, trace->objects);
    ph_json_unsigned(json, "objects_most", true, trace->objects_most);
    ph_json_unsigned(json, "map_bytes", true, trace->map_bytes);
    counts_object(json, trace);
    ph_json_open(json, "notes", '[');
    ph_trace_notes(trace, note_item, json);
    ph_json_close(json, ']');
}

void ph_json_traced(struct ph_json *json, const char *name, const struct ph_trace_report *report)
{
    if (!report->trace) {
        ph_json_null(json, name);
        return;
    }
    ph_json_open(json, name, '{');
    head(json, report);
    ph_json_unsigned(json, "sites_staying", true, report->staying);
    ph_json_open(json, "sites", '[');
    for (size_t i = 0; i < report->row_count; i++)
        site_object(json, report->trace, &report->trace->sites[report->rows[i]]);
    ph_json_close(json, ']');
    ph_json_close(json, '}');
}

struct ph_error *ph_json_trace(const struct ph_trace_report *report, struct ph_text *out)
{
    struct ph_json json;

    ph_json_begin(&json, "trace", out);
    ph_json_machine(&json, "machine", report->machine);
    head(&json, report);
    ph_json_unsigned(&json, "sites_in_all", true, report->row_count);
    ph_json_unsigned(&json, "sites_staying", true, report->staying);
    ph_json_open(&json, "sites", '[');
    for (size_t i = 0; i < report->row_count && i < report->top; i++)
        site_object(&json, report->trace, &report->trace->sites[report->rows[i]]);
    ph_json_close(&json, ']');
    ph_json_losses(&json, report->losses);
    return ph_json_end(&json);
}
