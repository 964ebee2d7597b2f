/* Reports as CSV: RFC 4180 quoting, lines end with \n, a header line first, unknown is empty.
 *
 * Tags and names have control and undecodable bytes as \xNN and `\` doubled, so that every row is
 * one line and the bytes can be had back. Nothing is done about cells that a spreadsheet takes for
 * formulas: data must come back as it went out.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "render/screen.h"
#include "render/values.h"

struct line {
    struct ph_text *out;
    bool filled;
};

static void next_field(struct line *line)
{
    if (line->filled)
        ph_text_putc(line->out, ',');
    line->filled = true;
}

static void add_string(struct line *line, struct ph_slice bytes)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    bool quote = bytes.size && (bytes.data[0] == ' ' || bytes.data[bytes.size - 1] == ' ');

    next_field(line);
    ph_screen_foreign(true, bytes, &text);
    if (text.failed)
        line->out->failed = true;
    for (size_t i = 0; i < text.size; i++)
        quote = quote || text.data[i] == ',' || text.data[i] == '"';
    if (!quote) {
        ph_text_add(line->out, text.data, text.size);
        return;
    }
    ph_text_putc(line->out, '"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"')
            ph_text_putc(line->out, '"');
        ph_text_putc(line->out, text.data[i]);
    }
    ph_text_putc(line->out, '"');
}

static void add_signed(struct line *line, bool known, int64_t number)
{
    next_field(line);
    if (known)
        ph_text_printf(line->out, "%" PRId64, number);
}

static void add_counter(struct line *line, bool known, uint64_t number)
{
    next_field(line);
    if (known)
        ph_text_printf(line->out, "%" PRIu64, number);
}

static void add_double(struct line *line, bool known, double number)
{
    next_field(line);
    if (known && isfinite(number))
        ph_text_printf(line->out, "%.9g", number);
}

static void add_series(struct line *line, const struct ph_series *series)
{
    add_string(line, ph_slice_of(ph_origin_name(series->origin)));
    add_string(line, ph_slice_of(ph_pool_name(series->pool)));
    add_string(line, series->tag);
    add_string(line, ph_slice_of(series->module ? series->module : ""));
}

static void add_time(struct line *line, int64_t time_ns, enum ph_time_kind kind)
{
    next_field(line);
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
        struct line line = {out, false};
        int64_t per_alloc = 0;
        bool have_per_alloc = ph_per_alloc(value, &per_alloc);
        add_time(&line, sample->time_ns, sample->time_kind);
        add_series(&line, &report->catalog->series[value->series]);
        add_counter(&line, value->have & PH_HAVE_ALLOCS, value->allocs);
        add_counter(&line, value->have & PH_HAVE_FREES, value->frees);
        add_signed(&line, value->have & PH_HAVE_OBJECTS, value->objects);
        add_signed(&line, value->have & PH_HAVE_BYTES, value->bytes);
        add_signed(&line, have_per_alloc, per_alloc);
        ph_text_putc(out, '\n');
    }
    return ph_text_check(out);
}

static void finding_line(const struct ph_hunt_report *report, const struct ph_finding *finding,
                         struct ph_text *out)
{
    const struct ph_series *series = &report->catalog->series[finding->series];
    struct line line = {out, false};
    PH_GUARD(ph_text_fini) struct ph_text words = {0};
    bool rate = finding->have_rate, seen = finding->samples > 0;

    add_string(&line, ph_slice_of(ph_verdict_id(finding->verdict)));
    add_string(&line, ph_slice_of(finding->urgent ? "1" : "0"));
    add_series(&line, series);
    add_string(&line,
               ph_slice_of(report->time_kind == PH_TIME_ORDINAL ? "bytes/reading" : "bytes/s"));
    add_double(&line, rate, finding->rate);
    add_double(&line, rate, finding->rate_low);
    add_double(&line, rate, finding->rate_high);
    add_signed(&line, seen, finding->first_bytes);
    add_signed(&line, seen, finding->last_bytes);
    add_signed(&line, finding->last_objects >= 0, finding->last_objects);
    add_counter(&line, true, finding->windows);
    add_counter(&line, true, finding->rose);
    add_double(&line, true, finding->slow_ratio);
    add_double(&line, finding->have_limit_time && report->time_kind != PH_TIME_ORDINAL,
               finding->limit_s);
    add_string(&line, ph_slice_of(ph_missing_id(finding->missing)));
    add_double(&line, finding->missing == PH_MISSING_SPAN && finding->missing_s > 0,
               finding->missing_s);
    add_counter(&line, finding->group != 0, finding->group);
    ph_render_evidence(finding, series, report->time_kind, &words);
    if (words.failed)
        out->failed = true;
    add_string(&line, ph_text_slice(&words));
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
        struct line line = {out, false};
        bool rates = row->have_rates;
        add_series(&line, &report->catalog->series[row->series]);
        add_signed(&line, true,
                   (int64_t)((uint64_t)row->after_bytes - (uint64_t)row->before_bytes));
        add_signed(&line, row->in_before, row->before_bytes);
        add_signed(&line, row->in_after, row->after_bytes);
        add_signed(&line, row->before_objects >= 0, row->before_objects);
        add_signed(&line, row->after_objects >= 0, row->after_objects);
        add_string(&line, ph_slice_of(!rates ? "" : ordinal ? "bytes/reading" : "bytes/s"));
        add_double(&line, rates, row->before_rate);
        add_double(&line, rates, row->before_low);
        add_double(&line, rates, row->before_high);
        add_double(&line, rates, row->after_rate);
        add_double(&line, rates, row->after_low);
        add_double(&line, rates, row->after_high);
        add_string(&line, ph_slice_of(row->in_before ? ph_verdict_id(row->before_verdict) : ""));
        add_string(&line, ph_slice_of(row->in_after ? ph_verdict_id(row->after_verdict) : ""));
        add_string(&line, ph_slice_of(row->sureness ? row->sureness : ""));
        ph_text_putc(out, '\n');
    }
    return ph_text_check(out);
}

const struct ph_renderer ph_render_csv = {
    .id = "csv",
    .reading = csv_reading,
    .hunt = csv_hunt,
    .diff = csv_diff,
};
