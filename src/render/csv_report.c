/* Reports as CSV: RFC 4180 quoting, lines end with \n, a header line first, unknown is empty.
 *
 * Tags and names have control and undecodable bytes as \xNN and `\` doubled, so that every row is
 * one line and the bytes can be had back. Nothing is done about cells that a spreadsheet takes for
 * formulas: data must come back as it went out.
 */
#include "render/csv_line.h"
#include "render/owner_views.h"
#include "render/screen.h"
#include "render/values.h"

static void add_series(struct ph_csv_line *line, const struct ph_series *series)
{
    ph_csv_string(line, ph_slice_of(ph_origin_name(series->origin)));
    ph_csv_string(line, ph_slice_of(ph_pool_name(series->pool)));
    ph_csv_string(line, series->tag);
    ph_csv_string(line, ph_slice_of(series->module ? series->module : ""));
}

static void add_time(struct ph_csv_line *line, int64_t time_ns, enum ph_time_kind kind)
{
    ph_csv_next(line);
    ph_time_field(time_ns, kind, line->out);
}

static struct ph_error *csv_reading(const struct ph_reading_report *report,
                                    const struct ph_style *style, struct ph_text *out)
{
    const struct ph_sample *sample = report->sample;

    (void)style;
    ph_text_puts(out, "time,origin,pool,tag,module,allocs,frees,diff,bytes,per_alloc\n");
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ph_value *value = &sample->values[report->rows[i]];
        struct ph_csv_line line = {.out = out};
        int64_t per_alloc = 0;
        bool have_per_alloc = ph_per_alloc(value, &per_alloc);
        add_time(&line, sample->time_ns, sample->time_kind);
        add_series(&line, &report->catalog->series[value->series]);
        ph_csv_counter(&line, value->have & PH_HAVE_ALLOCS, value->allocs);
        ph_csv_counter(&line, value->have & PH_HAVE_FREES, value->frees);
        ph_csv_signed(&line, value->have & PH_HAVE_OBJECTS, value->objects);
        ph_csv_signed(&line, value->have & PH_HAVE_BYTES, value->bytes);
        ph_csv_signed(&line, have_per_alloc, per_alloc);
        ph_text_putc(out, '\n');
    }
    return ph_text_check(out);
}

static void finding_line(const struct ph_hunt_report *report, const struct ph_finding *finding,
                         struct ph_text *out)
{
    const struct ph_series *series = &report->catalog->series[finding->series];
    struct ph_csv_line line = {.out = out};
    PH_GUARD(ph_text_fini) struct ph_text words = {0};
    bool rate = finding->have_rate, seen = finding->samples > 0;

    ph_csv_string(&line, ph_slice_of(ph_verdict_id(finding->verdict)));
    ph_csv_string(&line, ph_slice_of(finding->urgent ? "1" : "0"));
    add_series(&line, series);
    ph_csv_string(&line,
                  ph_slice_of(report->time_kind == PH_TIME_ORDINAL ? "bytes/reading" : "bytes/s"));
    ph_csv_double(&line, rate, finding->rate);
    ph_csv_double(&line, rate, finding->rate_low);
    ph_csv_double(&line, rate, finding->rate_high);
    ph_csv_signed(&line, seen, finding->first_bytes);
    ph_csv_signed(&line, seen, finding->last_bytes);
    ph_csv_signed(&line, finding->last_objects >= 0, finding->last_objects);
    ph_csv_counter(&line, true, finding->windows);
    ph_csv_counter(&line, true, finding->rose);
    ph_csv_double(&line, true, finding->slow_ratio);
    ph_csv_double(&line, finding->have_limit_time && report->time_kind != PH_TIME_ORDINAL,
                  finding->limit_s);
    ph_csv_string(&line, ph_slice_of(ph_missing_id(finding->missing)));
    ph_csv_double(&line, finding->missing == PH_MISSING_SPAN && finding->missing_s > 0,
                  finding->missing_s);
    ph_csv_counter(&line, finding->group != 0, finding->group);
    ph_render_evidence(finding, series, report->time_kind, &words);
    if (words.failed)
        out->failed = true;
    ph_csv_string(&line, ph_text_slice(&words));
    ph_text_putc(out, '\n');
}

static struct ph_error *csv_hunt(const struct ph_hunt_report *report, const struct ph_style *style,
                                 struct ph_text *out)
{
    (void)style;
    ph_text_puts(out, "verdict,urgent,origin,pool,tag,module,rate_unit,rate,rate_low,rate_high,"
                      "first_bytes,last_bytes,last_diff,windows,windows_rose,slow_down_ratio,"
                      "limit_s,missing,missing_s,group,evidence\n");
    for (size_t i = 0; i < report->finding_count; i++)
        finding_line(report, &report->findings[i], out);
    return ph_text_check(out);
}

static struct ph_error *csv_diff(const struct ph_diff_report *report, const struct ph_style *style,
                                 struct ph_text *out)
{
    bool ordinal =
        report->before_time_kind == PH_TIME_ORDINAL || report->after_time_kind == PH_TIME_ORDINAL;

    (void)style;
    ph_text_puts(out, "origin,pool,tag,module,change_bytes,before_bytes,after_bytes,before_diff,"
                      "after_diff,rate_unit,before_rate,before_rate_low,before_rate_high,"
                      "after_rate,after_rate_low,after_rate_high,before_verdict,after_verdict,"
                      "sureness\n");
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ph_diff_row *row = &report->rows[i];
        struct ph_csv_line line = {.out = out};
        bool rates = row->have_rates;
        add_series(&line, &report->catalog->series[row->series]);
        ph_csv_signed(&line, true,
                      (int64_t)((uint64_t)row->after_bytes - (uint64_t)row->before_bytes));
        ph_csv_signed(&line, row->in_before, row->before_bytes);
        ph_csv_signed(&line, row->in_after, row->after_bytes);
        ph_csv_signed(&line, row->before_objects >= 0, row->before_objects);
        ph_csv_signed(&line, row->after_objects >= 0, row->after_objects);
        ph_csv_string(&line, ph_slice_of(!rates ? "" : ordinal ? "bytes/reading" : "bytes/s"));
        ph_csv_double(&line, rates, row->before_rate);
        ph_csv_double(&line, rates, row->before_low);
        ph_csv_double(&line, rates, row->before_high);
        ph_csv_double(&line, rates, row->after_rate);
        ph_csv_double(&line, rates, row->after_low);
        ph_csv_double(&line, rates, row->after_high);
        ph_csv_string(&line, ph_slice_of(row->in_before ? ph_verdict_id(row->before_verdict) : ""));
        ph_csv_string(&line, ph_slice_of(row->in_after ? ph_verdict_id(row->after_verdict) : ""));
        ph_csv_string(&line, ph_slice_of(row->sureness ? row->sureness : ""));
        ph_text_putc(out, '\n');
    }
    return ph_text_check(out);
}

const struct ph_renderer ph_render_csv = {
    .id = "csv",
    .reading = csv_reading,
    .hunt = csv_hunt,
    .diff = csv_diff,
    .owner = ph_csv_owner,
    .scan = ph_csv_scan,
    .identity = ph_csv_identity,
};
