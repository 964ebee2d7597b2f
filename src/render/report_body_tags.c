/* The tags of a report: pools and their limits, the one that grows, those behind it, all of them,
 * and those that were cleared. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "render/plots.h"
#include "render/report_body.h"

enum {
    OTHERS_MOST = 6,   /* small pictures */
    ROWS_MOST = 200,   /* rows with their evidence; the rest is listed by name */
    NAMES_MOST = 2500, /* cleared tags that are listed by name */
    NAME_COLUMNS = 64, /* of a name in a list */
    EVENTS_MOST = 100, /* in the table */
    FIGURE_POOLS_MOST = 6
};

/* ------------------------------------------------------------------ pools */

static bool has_past(const struct ph_history_line *line, size_t count)
{
    size_t seen = 0;

    for (size_t i = 0; line && i < count && seen < 2; i++)
        seen += isfinite(line->low[i]) ? 1 : 0;
    return seen > 1;
}

static void pool_title(const struct ph_pool_row *row, struct ph_text *out)
{
    const char *name = ph_pool_name(row->pool);

    ph_text_putc(out, (char)(name[0] >= 'a' && name[0] <= 'z' ? name[0] - 'a' + 'A' : name[0]));
    ph_text_printf(out, "%s memory", name + 1);
}

static struct ph_error *pool_figure(struct ph_body *body, const struct ph_pool_row *row)
{
    const struct ph_hunt_report *report = body->report;
    bool limit = row->last.have & PH_TOTAL_LIMIT;
    PH_GUARD(ph_plot_fini) struct ph_plot plot = {0};
    struct ph_text *line = ph_body_line(body);

    pool_title(row, line);
    PH_TRY(ph_text_check(line));
    PH_TRY(ph_plot_line(report->history, &report->history->pools[row->pool], line->data,
                        limit ? row->last.limit_bytes : -1, report->events, report->time_kind,
                        &plot));
    PH_GUARD(ph_text_fini) struct ph_text caption = {0};
    ph_text_add(&caption, line->data, line->size);
    ph_text_puts(&caption, limit ? " and its limit" : ", whose limit is not known");
    ph_document_figure(&body->doc, &plot.chart, PH_FIGURE_HALF, &caption);
    return NULL;
}

static void size_cell(struct ph_body *body, bool known, double bytes, bool sign)
{
    struct ph_text *line = ph_body_line(body);

    if (known) {
        ph_text_puts(line, sign && bytes > 0 ? "+" : "");
        ph_text_bytes(line, bytes);
    } else {
        ph_text_putc(line, '?');
    }
    ph_document_cell(&body->doc, line);
}

/* The kernel's own peak, or the highest that was read. */
static void highest_cell(struct ph_body *body, const struct ph_pool_row *row)
{
    const struct ph_history *history = body->report->history;
    double high = row->last.have & PH_TOTAL_PEAK ? (double)row->last.peak_bytes : (double)NAN;

    for (size_t i = 0; history && i < history->count; i++)
        high = fmax(high, (double)history->pools[row->pool].high[i]);
    size_cell(body, isfinite(high), high, false);
}

static void pool_table(struct ph_body *body)
{
    static const struct ph_doc_column columns[] = {
        {"Pool", PH_CELL_NAME},   {"Now", PH_CELL_NUMBER},     {"Limit", PH_CELL_NUMBER},
        {"Used", PH_CELL_NUMBER}, {"Highest", PH_CELL_NUMBER}, {"Change", PH_CELL_NUMBER},
        {"Trend", PH_CELL_TREND},
    };
    struct ph_document *doc = &body->doc;

    ph_document_table(doc, "Kernel memory by pool, at the newest reading and since the first",
                      columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < body->report->pool_count; i++) {
        const struct ph_pool_row *row = &body->report->pools[i];
        bool now = row->last.have & PH_TOTAL_BYTES, limit = row->last.have & PH_TOTAL_LIMIT;
        ph_document_row(doc);
        ph_document_cells(doc, ph_pool_name(row->pool));
        size_cell(body, now, (double)row->last.bytes, false);
        size_cell(body, limit, (double)row->last.limit_bytes, false);
        struct ph_text *line = ph_body_line(body);
        if (now && limit && row->last.limit_bytes > 0)
            ph_text_printf(line, "%.1f %%",
                           100 * (double)row->last.bytes / (double)row->last.limit_bytes);
        else
            ph_text_putc(line, '?');
        ph_document_cell(doc, line);
        highest_cell(body, row);
        size_cell(body, now && (row->first.have & PH_TOTAL_BYTES),
                  (double)row->last.bytes - (double)row->first.bytes, true);
        ph_document_trend(doc, &row->trend);
    }
    ph_document_table_end(doc);
}

struct ph_error *ph_body_pools(struct ph_body *body)
{
    const struct ph_hunt_report *report = body->report;
    size_t shown = 0;

    if (report->history && body->doc.language->figure) {
        for (size_t i = 0; i < report->pool_count && shown < FIGURE_POOLS_MOST; i++) {
            if (!has_past(&report->history->pools[report->pools[i].pool], report->history->count))
                continue;
            if (!shown++)
                ph_document_figures(&body->doc, true, PH_FIGURE_HALF);
            PH_TRY(pool_figure(body, &report->pools[i]));
        }
        if (shown)
            ph_document_figures(&body->doc, false, PH_FIGURE_HALF);
    }
    pool_table(body);
    return NULL;
}

/* ------------------------------------------------------------------ the tag */

static bool shows(const struct ph_chart *chart, enum ph_chart_look look)
{
    for (size_t i = 0; i < chart->line_count; i++)
        if (chart->lines[i].look == look)
            return true;
    return false;
}

static struct ph_error *tag_figure(struct ph_body *body, const struct ph_finding *finding,
                                   enum ph_figure_size size)
{
    const struct ph_hunt_report *report = body->report;
    const struct ph_series *series = ph_series_of(report, finding);
    PH_GUARD(ph_plot_fini) struct ph_plot plot = {0};
    PH_GUARD(ph_text_fini) struct ph_text caption = {0};
    struct ph_text *title = ph_body_line(body);

    ph_screen_short_name(true, series, title);
    PH_TRY(ph_text_check(title));
    PH_TRY(ph_plot_series(report->history, finding->series, finding, title->data, report->events,
                          report->time_kind, &plot));
    ph_text_add(&caption, title->data, title->size);
    ph_text_printf(&caption, " (%s): ", ph_pool_name(series->pool));
    if (size == PH_FIGURE_SMALL) {
        ph_text_printf(&caption, "%s, ", ph_verdict_name(finding->verdict, finding->urgent));
        ph_screen_rate(finding, report->time_kind, &caption);
    } else {
        ph_text_puts(&caption, "the range that was seen");
        ph_text_puts(&caption, shows(&plot.chart, PH_CHART_FLOOR) ? ", its floors" : "");
        ph_text_puts(&caption,
                     shows(&plot.chart, PH_CHART_BAND) ? ", and the rate with its 95 % band" : "");
    }
    ph_document_figure(&body->doc, &plot.chart, size, &caption);
    return NULL;
}

static void floors_table(struct ph_body *body)
{
    static const struct ph_doc_column columns[] = {
        {"Window began, before the newest reading", PH_CELL_NAME},
        {"Floor", PH_CELL_NUMBER},
        {"Change", PH_CELL_NUMBER},
    };
    const struct ph_finding *about = body->about;
    size_t count = about->windows < PH_FLOORS_MAX ? about->windows : PH_FLOORS_MAX;
    struct ph_document *doc = &body->doc;
    PH_GUARD(ph_text_fini) struct ph_text caption = {0};

    if (count < 2)
        return;
    ph_text_puts(ph_body_line(body), "The floors behind the verdict");
    ph_document_fold(doc, &body->line);
    ph_text_puts(&caption, "Floors: the least value of each window");
    if (about->windows > count)
        ph_text_printf(&caption, ", the newest %zu of %u", count, (unsigned)about->windows);
    doc->out->failed = doc->out->failed || caption.failed;
    ph_document_table(doc, ph_text_slice(&caption).data, columns, 3);
    for (size_t i = 0; i < count; i++) {
        ph_document_row(doc);
        struct ph_text *line = ph_body_line(body);
        if (body->report->time_kind == PH_TIME_ORDINAL)
            ph_text_printf(line, "%.0f readings", about->floor_age_s[i]);
        else
            ph_text_duration(line, about->floor_age_s[i]);
        ph_document_cell(doc, line);
        size_cell(body, isfinite(about->floors[i]), about->floors[i], false);
        size_cell(body, i > 0, i ? about->floors[i] - about->floors[i - 1] : 0, true);
    }
    ph_document_table_end(doc);
    doc->language->fold_end(doc);
}

static void events_table(struct ph_body *body)
{
    static const struct ph_doc_column columns[] = {
        {"Time", PH_CELL_NAME}, {"Event", PH_CELL_TEXT}, {"What", PH_CELL_TEXT}};
    const struct ph_event_list *events = body->report->events;
    struct ph_document *doc = &body->doc;

    if (!events || !events->count)
        return;
    size_t shown = events->count < EVENTS_MOST ? events->count : EVENTS_MOST;
    ph_screen_count(ph_body_line(body), events->count + events->left_out,
                    "event while it was watched", "events while it was watched");
    ph_document_fold(doc, &body->line);
    ph_document_table(doc, "Events, oldest first", columns, 3);
    for (size_t i = 0; i < shown; i++) {
        const struct ph_event *event = &events->items[i];
        ph_document_row(doc);
        ph_screen_time(event->time_ns, body->report->time_kind, ph_body_line(body));
        ph_document_cell(doc, &body->line);
        ph_document_cells(doc, ph_event_id(event->kind));
        ph_document_cells(doc, event->text ? event->text : "");
    }
    ph_document_table_end(doc);
    if (shown < events->count + events->left_out) {
        ph_screen_count(ph_body_line(body), events->count + events->left_out - shown,
                        "later event is not listed.", "later events are not listed.");
        ph_body_say(body, PH_SAY_NOTE);
    }
    doc->language->fold_end(doc);
}

/* What was seen of a tag for which there is no picture. */
static void tag_trend(struct ph_body *body)
{
    const struct ph_hunt_report *report = body->report;
    struct ph_text *line = ph_body_line(body);

    if (!report->trends)
        return;
    ph_render_trend(&report->trends[body->about - report->findings], PH_TREND_POINTS, true, line);
    ph_body_say(body, PH_SAY_COMMAND);
}

struct ph_error *ph_body_tag(struct ph_body *body)
{
    const struct ph_hunt_report *report = body->report;
    const struct ph_series *series = ph_series_of(report, body->about);
    struct ph_document *doc = &body->doc;

    ph_screen_name(true, series, ph_body_line(body));
    ph_document_part(doc, &body->line);
    if (report->history && doc->language->figure &&
        has_past(ph_history_series(report->history, body->about->series), report->history->count)) {
        ph_document_figures(doc, true, PH_FIGURE_WHOLE);
        PH_TRY(tag_figure(body, body->about, PH_FIGURE_WHOLE));
        ph_document_figures(doc, false, PH_FIGURE_WHOLE);
    } else {
        tag_trend(body);
    }
    doc->language->fields(doc, true, false);
    ph_document_string(doc, "Verdict", ph_verdict_name(body->about->verdict, body->about->urgent));
    ph_render_evidence(body->about, series, report->time_kind, ph_body_line(body));
    ph_body_field(body, "Evidence");
    struct ph_text *line = ph_body_line(body);
    ph_text_printf(line, "%s, counted by %s", ph_pool_name(series->pool),
                   ph_origin_name(series->origin));
    if (series->flags & PH_SERIES_RECLAIMABLE)
        ph_text_puts(line, ", reclaimable: the kernel may take it back when memory is short");
    ph_body_field(body, "Kind of memory");
    ph_document_string(doc, "Module", series->module);
    ph_document_string(doc, "Shared by", series->aliases);
    doc->language->fields(doc, false, false);
    floors_table(body);
    events_table(body);
    return NULL;
}

/* ------------------------------------------------------------------ those behind it */

static bool is_growing(const struct ph_finding *finding)
{
    return finding->verdict >= PH_VERDICT_GROWING && finding->verdict < PH_VERDICT_COUNT;
}

struct ph_error *ph_body_others(struct ph_body *body)
{
    const struct ph_hunt_report *report = body->report;
    size_t shown = 0;

    for (size_t i = 0; i < report->finding_count && shown < OTHERS_MOST; i++) {
        const struct ph_finding *finding = &report->findings[i];
        if (finding == body->about || !is_growing(finding) ||
            !has_past(ph_history_series(report->history, finding->series), report->history->count))
            continue;
        if (!shown++)
            ph_document_figures(&body->doc, true, PH_FIGURE_SMALL);
        PH_TRY(tag_figure(body, finding, PH_FIGURE_SMALL));
    }
    if (shown)
        ph_document_figures(&body->doc, false, PH_FIGURE_SMALL);
    else
        ph_document_says(&body->doc, PH_SAY_NOTE, "No history was kept of the others.");
    return NULL;
}

static void list_name(struct ph_body *body, const struct ph_finding *finding, bool reach)
{
    const struct ph_series *series = ph_series_of(body->report, finding);
    PH_GUARD(ph_text_fini) struct ph_text name = {0};
    PH_GUARD(ph_text_fini) struct ph_text cut = {0};
    struct ph_text *note = ph_body_line(body);

    ph_screen_name(true, series, &name);
    ph_screen_fit(true, ph_text_slice(&name), NAME_COLUMNS, &cut);
    cut.failed |= name.failed;
    ph_text_printf(note, "%s ", ph_pool_short(series->pool));
    if (reach && finding->samples) {
        ph_text_bytes(note, (double)finding->lowest_bytes);
        ph_text_puts(note, " to ");
        ph_text_bytes(note, (double)finding->highest_bytes);
    } else {
        ph_bytes_words(body->report, finding, note);
    }
    ph_document_name(&body->doc, &cut, note);
}

static void growing_row(struct ph_body *body, size_t at)
{
    const struct ph_hunt_report *report = body->report;
    const struct ph_finding *finding = &report->findings[at];
    const struct ph_series *series = ph_series_of(report, finding);
    struct ph_document *doc = &body->doc;
    static const struct ph_trend none = {.count = 0};

    ph_document_row(doc);
    ph_screen_name(true, series, ph_body_line(body));
    ph_document_cell(doc, &body->line);
    ph_document_verdict(doc, finding->verdict, finding->urgent);
    ph_document_cells(doc, ph_pool_name(series->pool));
    ph_screen_rate(finding, report->time_kind, ph_body_line(body));
    ph_document_cell(doc, &body->line);
    ph_bytes_words(report, finding, ph_body_line(body));
    ph_document_cell(doc, &body->line);
    ph_document_trend(doc, report->trends ? &report->trends[at] : &none);
    struct ph_text *line = ph_body_line(body);
    ph_render_evidence(finding, series, report->time_kind, line);
    if (finding->group)
        ph_text_printf(line, "; grows together with the others of group %u",
                       (unsigned)finding->group);
    ph_document_cell(doc, line);
}

struct ph_error *ph_body_growing(struct ph_body *body)
{
    static const struct ph_doc_column columns[] = {
        {"Tag", PH_CELL_TAG},          {"Verdict", PH_CELL_VERDICT}, {"Pool", PH_CELL_TEXT},
        {"Rate (95 %)", PH_CELL_TEXT}, {"Bytes", PH_CELL_NUMBER},    {"Trend", PH_CELL_TREND},
        {"Evidence", PH_CELL_BELOW},
    };
    const struct ph_hunt_report *report = body->report;
    size_t grow = body->answer.verdicts[PH_VERDICT_GROWING] + body->answer.leaks, rows = 0;
    struct ph_document *doc = &body->doc;

    ph_document_table(doc, "Tags that grow, most evidence first", columns,
                      sizeof(columns) / sizeof(columns[0]));
    size_t at = 0;
    for (; at < report->finding_count && rows < ROWS_MOST; at++)
        if (is_growing(&report->findings[at])) {
            growing_row(body, at);
            rows++;
        }
    ph_document_table_end(doc);
    if (rows == grow)
        return NULL;
    ph_screen_count(ph_body_line(body), grow - rows, "more tag grows", "more tags grow");
    ph_document_fold(doc, &body->line);
    doc->language->names(doc, true);
    for (size_t listed = 0; at < report->finding_count && listed < NAMES_MOST; at++)
        if (is_growing(&report->findings[at])) {
            list_name(body, &report->findings[at], false);
            listed++;
        }
    doc->language->names(doc, false);
    doc->language->fold_end(doc);
    return NULL;
}

/* ------------------------------------------------------------------ cleared */

static void cleared_of(struct ph_body *body, enum ph_verdict verdict, size_t *room)
{
    const struct ph_hunt_report *report = body->report;
    size_t count = body->answer.verdicts[verdict], listed = 0;
    bool reach = verdict >= PH_VERDICT_STEP;
    struct ph_document *doc = &body->doc;
    struct ph_text *line = ph_body_line(body);

    if (!count)
        return;
    ph_screen_count(line, count, "tag", "tags");
    ph_text_printf(line, " %s: %s", ph_verdict_name(verdict, false), ph_verdict_meaning(verdict));
    ph_document_fold(doc, line);
    doc->language->names(doc, true);
    for (size_t i = 0; i < report->finding_count && *room; i++) {
        enum ph_verdict its = report->findings[i].verdict;
        if ((its < PH_VERDICT_COUNT ? its : PH_VERDICT_NO_DATA) != verdict)
            continue;
        list_name(body, &report->findings[i], reach);
        listed++;
        --*room;
    }
    doc->language->names(doc, false);
    if (listed < count) {
        ph_screen_count(ph_body_line(body), count - listed, "more is not listed;",
                        "more are not listed;");
        ph_text_puts(&body->line, " the JSON report has all of them.");
        ph_body_say(body, PH_SAY_NOTE);
    }
    doc->language->fold_end(doc);
}

struct ph_error *ph_body_cleared(struct ph_body *body)
{
    static const enum ph_verdict order[] = {PH_VERDICT_LEVELLING, PH_VERDICT_STEP,
                                            PH_VERDICT_CYCLIC, PH_VERDICT_FLAT, PH_VERDICT_NO_DATA};
    size_t room = NAMES_MOST;

    ph_cleared_words(body->report, ph_body_line(body));
    ph_body_say(body, PH_SAY_TEXT);
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        cleared_of(body, order[i], &room);
    return NULL;
}
