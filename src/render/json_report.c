/* Reports as JSON; docs/schema.json describes every key. Every number has its unit in its key's
 * name (counts and ratios have none); unknown is null, never 0. */
#include <math.h>

#include "render/hunt_sites.h"
#include "render/json_parts.h"
#include "render/owner_views.h"
#include "render/screen.h"
#include "render/values.h"

static void total_fields(struct ph_json *json, const struct ph_pool_total *total)
{
    ph_json_signed(json, "bytes", total->have & PH_TOTAL_BYTES, total->bytes);
    ph_json_signed(json, "limit_bytes", total->have & PH_TOTAL_LIMIT, total->limit_bytes);
    ph_json_signed(json, "peak_bytes", total->have & PH_TOTAL_PEAK, total->peak_bytes);
}

/* Bytes that the printable form cannot give back exactly come in hexadecimal, too. */
static bool is_plain(struct ph_slice bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        if (bytes.data[i] < 0x20 || bytes.data[i] > 0x7e || bytes.data[i] == '\\')
            return false;
    return true;
}

static void series_fields(struct ph_json *json, const struct ph_series *series)
{
    ph_json_string(json, "origin", ph_slice_of(ph_origin_name(series->origin)));
    ph_json_string(json, "pool", ph_slice_of(ph_pool_name(series->pool)));
    ph_json_foreign(json, "tag", series->tag);
    if (!is_plain(series->tag))
        ph_json_hex(json, "tag_hex", series->tag);
    ph_json_prose(json, "module", series->module);
    ph_json_open(json, "aliases", '[');
    struct ph_slice rest = ph_slice_of(series->aliases ? series->aliases : ""), alias;
    while (ph_slice_word(&rest, &alias))
        ph_json_foreign(json, NULL, alias);
    ph_json_close(json, ']');
    ph_json_bool(json, "reclaimable", series->flags & PH_SERIES_RECLAIMABLE);
    ph_json_bool(json, "pseudo", series->flags & PH_SERIES_PSEUDO);
    ph_json_bool(json, "merged", series->flags & PH_SERIES_MERGED);
    ph_json_bool(json, "counts_twice", series->flags & PH_SERIES_COUNTS_TWICE);
}

/* ------------------------------------------------------------------ reading */

static void reading_row(struct ph_json *json, const struct ph_series *series,
                        const struct ph_value *value)
{
    int64_t per_alloc = 0;
    bool have_per_alloc = ph_per_alloc(value, &per_alloc);

    ph_json_open(json, NULL, '{');
    series_fields(json, series);
    ph_json_unsigned(json, "counter_bits", series->counter_bits != 0, series->counter_bits);
    ph_json_unsigned(json, "object_bytes", series->object_bytes != 0, series->object_bytes);
    ph_json_unsigned(json, "slab_bytes", series->slab_bytes != 0, series->slab_bytes);
    ph_json_unsigned(json, "allocs", value->have & PH_HAVE_ALLOCS, value->allocs);
    ph_json_unsigned(json, "frees", value->have & PH_HAVE_FREES, value->frees);
    ph_json_signed(json, "diff", value->have & PH_HAVE_OBJECTS, value->objects);
    ph_json_signed(json, "bytes", value->have & PH_HAVE_BYTES, value->bytes);
    ph_json_signed(json, "per_alloc_bytes", have_per_alloc, per_alloc);
    ph_json_bool(json, "estimated", value->have & PH_IS_ESTIMATED);
    ph_json_bool(json, "partial", value->have & PH_IS_PARTIAL);
    ph_json_close(json, '}');
}

static struct ph_error *json_reading(const struct ph_reading_report *report,
                                     const struct ph_style *style, struct ph_text *out)
{
    const struct ph_sample *sample = report->sample;
    const struct ph_memory *memory = &sample->memory;
    struct ph_json json;

    (void)style;
    ph_json_begin(&json, "reading", out);
    ph_json_prose(&json, "source", report->source);
    ph_json_machine(&json, "machine", report->machine);
    ph_json_time(&json, "time", sample->time_ns, sample->time_kind);
    ph_json_unsigned(&json, "represents_readings", true,
                     sample->represents ? sample->represents : 1);
    ph_json_open(&json, "memory", '{');
    ph_json_size(&json, "total_bytes", memory->total);
    ph_json_size(&json, "available_bytes", memory->available);
    ph_json_size(&json, "commit_bytes", memory->commit);
    ph_json_size(&json, "commit_limit_bytes", memory->commit_limit);
    ph_json_size(&json, "commit_peak_bytes", memory->commit_peak);
    ph_json_size(&json, "page_faults", memory->page_faults);
    ph_json_size(&json, "resident_kernel_bytes", memory->resident_kernel);
    ph_json_size(&json, "resident_paged_bytes", memory->resident_paged);
    ph_json_close(&json, '}');
    ph_json_open(&json, "pools", '[');
    for (unsigned pool = 0; pool < PH_POOL_COUNT; pool++) {
        if (!sample->pools[pool].have)
            continue;
        ph_json_open(&json, NULL, '{');
        ph_json_string(&json, "pool", ph_slice_of(ph_pool_name((enum ph_pool)pool)));
        total_fields(&json, &sample->pools[pool]);
        ph_json_close(&json, '}');
    }
    ph_json_close(&json, ']');
    ph_json_unsigned(&json, "matched_rows", true, report->matched);
    ph_json_open(&json, "rows", '[');
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ph_value *value = &sample->values[report->rows[i]];
        reading_row(&json, &report->catalog->series[value->series], value);
    }
    ph_json_close(&json, ']');
    ph_json_losses(&json, &sample->losses);
    return ph_json_end(&json);
}

/* ------------------------------------------------------------------ hunt */

/* With ordinal time the numbers mean readings where the key says seconds: they have other keys. */
struct units {
    bool ordinal;
    const char *rate, *rate_low, *rate_high, *objects, *window, *floors, *span, *limit, *limit_low,
        *limit_high;
};

static const struct units by_seconds = {
    .rate = "rate_bytes_per_s",
    .rate_low = "rate_low_bytes_per_s",
    .rate_high = "rate_high_bytes_per_s",
    .objects = "rate_objects_per_s",
    .window = "window_s",
    .floors = "floors_begin_s_ago",
    .span = "observed_s",
    .limit = "limit_s",
    .limit_low = "limit_low_s",
    .limit_high = "limit_high_s",
};

static const struct units by_readings = {
    .ordinal = true,
    .rate = "rate_bytes_per_reading",
    .rate_low = "rate_low_bytes_per_reading",
    .rate_high = "rate_high_bytes_per_reading",
    .objects = "rate_objects_per_reading",
    .window = "window_readings",
    .floors = "floors_begin_readings_ago",
    .span = "observed_readings",
    .limit = "limit_readings",
    .limit_low = "limit_low_readings",
    .limit_high = "limit_high_readings",
};

static void evidence(struct ph_json *json, const struct ph_finding *finding,
                     const struct ph_series *series, enum ph_time_kind kind)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    ph_render_evidence(finding, series, kind, &text);
    if (text.failed)
        json->out->failed = true;
    ph_json_string(json, "evidence", ph_text_slice(&text));
}

static void trend(struct ph_json *json, const char *name, const struct ph_trend *trend)
{
    ph_json_open(json, name, '[');
    for (size_t i = 0; i < trend->count && i < PH_TREND_POINTS; i++)
        ph_json_rounded(json, NULL, trend->points[i]);
    ph_json_close(json, ']');
}

static void numbers(struct ph_json *json, const struct ph_finding *finding,
                    const struct units *units)
{
    double unknown = (double)NAN;
    bool rate = finding->have_rate, limit = finding->have_limit_time;
    size_t floors = finding->windows < PH_FLOORS_MAX ? finding->windows : PH_FLOORS_MAX;

    ph_json_double(json, units->rate, rate ? finding->rate : unknown);
    ph_json_double(json, units->rate_low, rate ? finding->rate_low : unknown);
    ph_json_double(json, units->rate_high, rate ? finding->rate_high : unknown);
    ph_json_double(json, units->objects, finding->object_rate);
    ph_json_double(json, units->window, (double)finding->window_ns / 1e9);
    ph_json_unsigned(json, "windows", true, finding->windows);
    ph_json_unsigned(json, "windows_rose", true, finding->rose);
    ph_json_unsigned(json, "windows_with_gaps", true, finding->gaps);
    ph_json_open(json, "floors_bytes", '[');
    for (size_t i = 0; i < floors; i++)
        ph_json_rounded(json, NULL, finding->floors[i]);
    ph_json_close(json, ']');
    ph_json_open(json, units->floors, '[');
    for (size_t i = 0; i < floors; i++)
        ph_json_double(json, NULL, finding->floor_age_s[i]);
    ph_json_close(json, ']');
    ph_json_double(json, "t_statistic", finding->t_statistic);
    ph_json_double(json, "slow_down_ratio", finding->slow_ratio);
    ph_json_bool(json, "new_territory", finding->new_territory);
    ph_json_rounded(json, "ceiling_bytes", finding->ceiling_bytes);
    ph_json_bool(json, "by_age", finding->by_age);
    if (finding->by_age) {
        ph_json_double(json, "age_traced_s", finding->age_watch_s);
        ph_json_double(json, "age_half_life_least_s", finding->age_half_life_s);
        ph_json_double(json, "age_share_of_growth", finding->age_share);
    }
    ph_json_double(json, units->limit, limit ? finding->limit_s : unknown);
    ph_json_double(json, units->limit_low, limit ? finding->limit_s_low : unknown);
    ph_json_double(json, units->limit_high, limit ? finding->limit_s_high : unknown);
    ph_json_double(json, units->span, (double)finding->span_ns / 1e9);
}

static void finding_object(struct ph_json *json, const struct ph_hunt_report *report, size_t i)
{
    const struct ph_finding *finding = &report->findings[i];
    const struct ph_series *series = &report->catalog->series[finding->series];
    const struct ph_value *value =
        report->last ? ph_sample_find(report->last, finding->series) : NULL;

    ph_json_open(json, NULL, '{');
    series_fields(json, series);
    ph_json_string(json, "verdict", ph_slice_of(ph_verdict_id(finding->verdict)));
    ph_json_bool(json, "urgent", finding->urgent);
    ph_json_string(json, "missing", ph_slice_of(ph_missing_id(finding->missing)));
    ph_json_double(json, "missing_s",
                   finding->missing == PH_MISSING_SPAN && finding->missing_s > 0
                       ? finding->missing_s
                       : (double)NAN);
    evidence(json, finding, series, report->time_kind);
    numbers(json, finding, report->time_kind == PH_TIME_ORDINAL ? &by_readings : &by_seconds);
    ph_json_unsigned(json, "readings", true, finding->samples);
    /* Bytes that no reading gave are not 0. */
    bool bytes = finding->samples > 0;
    ph_json_signed(json, "first_bytes", bytes, finding->first_bytes);
    ph_json_signed(json, "last_bytes", bytes, finding->last_bytes);
    ph_json_signed(json, "lowest_bytes", bytes, finding->lowest_bytes);
    ph_json_signed(json, "highest_bytes", bytes, finding->highest_bytes);
    ph_json_size(json, "last_diff", finding->last_objects);
    ph_json_bool(json, "gone", report->last && !value);
    ph_json_bool(json, "estimated", value && (value->have & PH_IS_ESTIMATED));
    ph_json_bool(json, "partial", value && (value->have & PH_IS_PARTIAL));
    ph_json_unsigned(json, "group", finding->group != 0, finding->group);
    if (report->trends)
        trend(json, "trend_bytes", &report->trends[i]);
    if (report->history && finding->verdict >= PH_VERDICT_LEVELLING)
        ph_json_history_line(json, report->history,
                             ph_history_series(report->history, finding->series));
    ph_json_close(json, '}');
}

static void pool_object(struct ph_json *json, const struct ph_hunt_report *report,
                        const struct ph_pool_row *row)
{
    ph_json_open(json, NULL, '{');
    ph_json_string(json, "pool", ph_slice_of(ph_pool_name(row->pool)));
    total_fields(json, &row->last);
    ph_json_signed(json, "first_bytes", row->first.have & PH_TOTAL_BYTES, row->first.bytes);
    trend(json, "trend_bytes", &row->trend);
    if (report->history)
        ph_json_history_line(json, report->history, &report->history->pools[row->pool]);
    ph_json_close(json, '}');
}

static void verdict_counts(struct ph_json *json, const struct ph_hunt_report *report)
{
    ph_json_open(json, "verdicts", '{');
    for (unsigned verdict = PH_VERDICT_COUNT; verdict-- > 0;) {
        uint64_t count = 0;
        for (size_t i = 0; i < report->finding_count; i++)
            count += report->findings[i].verdict == (enum ph_verdict)verdict;
        ph_json_unsigned(json, ph_verdict_id((enum ph_verdict)verdict), true, count);
    }
    ph_json_close(json, '}');
}

static struct ph_error *json_hunt(const struct ph_hunt_report *report, const struct ph_style *style,
                                  struct ph_text *out)
{
    struct ph_machine machine = report->machine ? *report->machine : (struct ph_machine){0};
    struct ph_hunt_sites sites;
    struct ph_json json;

    (void)style;
    /* a machine whose memory only its readings tell */
    if (machine.memory_bytes <= 0 && report->last)
        machine.memory_bytes = report->last->memory.total;
    ph_json_begin(&json, "hunt", out);
    ph_json_prose(&json, "source", report->source);
    ph_json_machine(&json, "machine", report->machine ? &machine : NULL);
    ph_json_time(&json, "first_time", report->first_ns, report->time_kind);
    ph_json_time(&json, "last_time", report->last_ns, report->time_kind);
    ph_json_unsigned(&json, "readings", true, report->samples);
    ph_json_unsigned(&json, "boots", true, report->segments);
    ph_json_unsigned(&json, "clock_jumps", true, report->clock_jumps);
    ph_json_prose(&json, "recording", report->recording);
    ph_json_prose(&json, "recording_note", report->recording_note);
    ph_json_bool(&json, "anonymous", report->anonymous);
    verdict_counts(&json, report);
    ph_json_history(&json, report->history);
    ph_json_events(&json, report->events, report->time_kind);
    ph_json_facts(&json, report->facts);
    ph_json_open(&json, "pools", '[');
    for (size_t i = 0; i < report->pool_count; i++)
        pool_object(&json, report, &report->pools[i]);
    ph_json_close(&json, ']');
    ph_json_open(&json, "findings", '[');
    for (size_t i = 0; i < report->finding_count; i++)
        finding_object(&json, report, i);
    ph_json_close(&json, ']');
    ph_json_open(&json, "owners", '[');
    for (size_t i = 0; i < report->owner_count; i++) {
        ph_json_open(&json, NULL, '{');
        ph_json_owner_members(&json, &report->owners[i]);
        ph_json_close(&json, '}');
    }
    ph_json_close(&json, ']');
    ph_hunt_sites_of(report, &sites);
    ph_json_traced(&json, "trace", &sites.report);
    ph_json_losses(&json, report->losses);
    return ph_json_end(&json);
}

/* ------------------------------------------------------------------ diff */

static void diff_side(struct ph_json *json, const char *name, const char *input, uint64_t readings,
                      const struct ph_machine *of, enum ph_time_kind kind)
{
    ph_json_open(json, name, '{');
    ph_json_prose(json, "source", input);
    ph_json_unsigned(json, "readings", true, readings);
    ph_json_string(json, "time_kind", ph_slice_of(ph_time_kind_id(kind)));
    ph_json_machine(json, "machine", of);
    ph_json_close(json, '}');
}

struct side {
    bool in;
    int64_t bytes, objects;
    double rate, low, high;
    enum ph_verdict verdict;
    enum ph_time_kind kind;
};

static void side_object(struct ph_json *json, const char *name, const struct side *side, bool rates)
{
    const struct units *units = side->kind == PH_TIME_ORDINAL ? &by_readings : &by_seconds;
    double unknown = (double)NAN;

    if (!side->in) {
        ph_json_null(json, name);
        return;
    }
    ph_json_open(json, name, '{');
    ph_json_signed(json, "bytes", true, side->bytes);
    ph_json_size(json, "diff", side->objects);
    ph_json_string(json, "verdict", ph_slice_of(ph_verdict_id(side->verdict)));
    ph_json_double(json, units->rate, rates ? side->rate : unknown);
    ph_json_double(json, units->rate_low, rates ? side->low : unknown);
    ph_json_double(json, units->rate_high, rates ? side->high : unknown);
    ph_json_close(json, '}');
}

static void diff_row(struct ph_json *json, const struct ph_diff_report *report,
                     const struct ph_diff_row *row)
{
    bool objects = row->before_objects >= 0 && row->after_objects >= 0;
    struct side before = {row->in_before,      row->before_bytes,       row->before_objects,
                          row->before_rate,    row->before_low,         row->before_high,
                          row->before_verdict, report->before_time_kind};
    struct side after = {row->in_after,      row->after_bytes,       row->after_objects,
                         row->after_rate,    row->after_low,         row->after_high,
                         row->after_verdict, report->after_time_kind};

    ph_json_open(json, NULL, '{');
    series_fields(json, &report->catalog->series[row->series]);
    ph_json_signed(json, "change_bytes", true,
                   (int64_t)((uint64_t)row->after_bytes - (uint64_t)row->before_bytes));
    ph_json_signed(json, "change_diff", objects,
                   (int64_t)((uint64_t)row->after_objects - (uint64_t)row->before_objects));
    ph_json_prose(json, "sureness", row->sureness);
    side_object(json, "before", &before, row->have_rates);
    side_object(json, "after", &after, row->have_rates);
    ph_json_close(json, '}');
}

static struct ph_error *json_diff(const struct ph_diff_report *report, const struct ph_style *style,
                                  struct ph_text *out)
{
    struct ph_json json;

    (void)style;
    ph_json_begin(&json, "diff", out);
    diff_side(&json, "before", report->before_name, report->before_samples, report->before_machine,
              report->before_time_kind);
    diff_side(&json, "after", report->after_name, report->after_samples, report->after_machine,
              report->after_time_kind);
    ph_json_double(&json, "elapsed_s", report->elapsed_s);
    ph_json_bool(&json, "rebooted", report->rebooted);
    ph_json_bool(&json, "same_machine", report->same_machine);
    ph_json_open(&json, "rows", '[');
    for (size_t i = 0; i < report->row_count; i++)
        diff_row(&json, report, &report->rows[i]);
    ph_json_close(&json, ']');
    ph_json_losses(&json, report->losses);
    return ph_json_end(&json);
}

const struct ph_renderer ph_render_json = {
    .id = "json",
    .reading = json_reading,
    .hunt = json_hunt,
    .diff = json_diff,
    .owner = ph_json_owner,
    .scan = ph_json_scan,
    .identity = ph_json_identity,
};
