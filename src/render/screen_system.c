/* The kernel-memory panel: what there is, its peak, its limit and where that comes from, its
 * change; below it plots. */
#include <math.h>
#include <string.h>

#include "render/plots.h"
#include "render/screen.h"
#include "render/screen_views.h"

enum {
    LABEL = 21,
    CURRENT = 8,
    PEAK = 8,
    LIMIT = 9,
    USE = 5,
    CHANGE = 9,
    COUNTER = 7,
    TREND_LEAST = 8,
    TREND_MOST = PH_TREND_POINTS,
    PLOT_USUAL = 10, /* lines of a plot */
    PLOT_LEAST = 7,
    PLOT_MOST = 16,
    PLOT_COLUMNS = 76, /* so wide a plot serves; wider screens have several beside one another */
    PLOT_GAP = 2,
    ACROSS_MOST = 3,
    PLOT_READINGS = 3, /* two readings are told by their change already */
    NOTES_MOST = 8
};

struct view {
    struct ph_screen screen;
    const struct ph_sys_report *report;
    struct ph_text *text;          /* of a cell, to be used anew by each */
    const char *notes[NOTES_MOST]; /* said of limits: a, b, c, ... */
    size_t note_count;
    bool use, counters;
    size_t trend;
    bool observed, estimated; /* some row is */
};

/* ------------------------------------------------------------------ which plots */

bool ph_sys_has_plot(const struct ph_sys_report *report, size_t row)
{
    const struct ph_history_line *line = report->rows[row].line;
    size_t points = 0;
    bool some = false;

    for (size_t i = 0; line && i < report->history->count; i++) {
        points += isfinite(line->high[i]) ? 1 : 0;
        some = some || line->high[i] > 0;
    }
    return points >= 2 && some;
}

struct ph_error *ph_sys_plot(const struct ph_sys_report *report, size_t row, struct ph_plot *plot)
{
    PH_GUARD(ph_text_fini) struct ph_text title = {0};
    const struct ph_sys_row *one = &report->rows[row];
    const char *group = ph_sys_group_name(one->group);

    /* "Available" and "of it in RAM" do not speak for themselves */
    bool part = row > 0 && !strncmp(one->label, "of it", 5);
    if (one->group == PH_SYS_PHYSICAL || part)
        ph_text_printf(&title, "%s: ", part ? report->rows[row - 1].label : group);
    ph_text_puts(&title, one->label);
    PH_TRY(ph_text_check(&title));
    return ph_plot_line(report->history, one->line, title.data, one->limit, report->events,
                        report->now->time_kind, plot);
}

/* Rows in the order in which their plots matter. */
static size_t plot_order(const struct ph_sys_report *report, size_t order[PH_SYS_ROWS_MOST])
{
    static const enum ph_sys_group groups[] = {PH_SYS_POOLS, PH_SYS_COMMIT, PH_SYS_PHYSICAL,
                                               PH_SYS_OTHER};
    size_t count = 0;

    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        for (size_t row = 0; row < report->row_count; row++)
            if (report->rows[row].group == groups[i] && ph_sys_has_plot(report, row))
                order[count++] = row;
    return count;
}

/* ------------------------------------------------------------------ cells */

static void right(struct view *view, size_t width, enum ph_tint tint)
{
    struct ph_slice text = ph_text_slice(view->text);
    size_t used = ph_text_width(text);

    ph_text_putc(view->screen.out, ' ');
    ph_screen_blanks(view->screen.out, width > used ? width - used : 0);
    ph_screen_left(&view->screen, text, used, tint);
    if (view->text->failed)
        view->screen.out->failed = true;
    ph_text_clear(view->text);
}

/* The letter of a note; the same words again have the same letter. ' ' without words. */
static char note_of(struct view *view, const char *words)
{
    size_t at = 0;

    if (!words)
        return ' ';
    while (at < view->note_count && strcmp(view->notes[at], words) != 0)
        at++;
    if (at == view->note_count) {
        if (at == NOTES_MOST)
            return ' ';
        view->notes[view->note_count++] = words;
    }
    return (char)('a' + at);
}

static void limit_cell(struct view *view, const struct ph_sys_row *row)
{
    if (row->limit >= 0)
        ph_text_bytes(view->text, (double)row->limit);
    else if (row->limit_missing)
        ph_text_putc(view->text, '?');
    char letter = note_of(view, row->limit >= 0 ? row->limit_source : row->limit_missing);
    ph_text_printf(view->text, " %c", letter);
    right(view, LIMIT, PH_TINT_PLAIN);
}

static void use_cell(struct view *view, const struct ph_sys_row *row)
{
    double percent = row->limit > 0 ? (double)row->current / (double)row->limit * 100 : 0;

    if (row->limit > 0)
        ph_text_printf(view->text,
                       percent < 9.95   ? "%.1f%%"
                       : percent < 9999 ? "%.0f%%"
                                        : ">9999",
                       percent);
    right(view, USE, percent >= 95 ? PH_TINT_ALARM : percent >= 80 ? PH_TINT_WARN : PH_TINT_PLAIN);
}

static void change_cell(struct view *view, const struct ph_sys_row *row)
{
    if (row->change_known) {
        ph_text_puts(view->text, row->change > 0 ? "+" : "");
        ph_text_bytes(view->text, (double)row->change);
    }
    right(view, CHANGE, PH_TINT_PLAIN);
}

static void counter_cell(struct view *view, int64_t change)
{
    if (change >= 0)
        ph_screen_number(false, (uint64_t)change, COUNTER, view->text);
    right(view, COUNTER, PH_TINT_PLAIN);
}

static void title(struct view *view, const char *words, size_t width)
{
    ph_text_puts(view->text, words);
    right(view, width, PH_TINT_PLAIN);
}

/* ------------------------------------------------------------------ the table */

static void choose_columns(struct view *view)
{
    const struct ph_sys_report *report = view->report;
    size_t used = 1 + LABEL + 1 + CURRENT + 1 + PEAK + 1 + LIMIT + 1 + CHANGE;
    size_t columns = view->screen.columns;

    for (size_t i = 0; i < report->row_count; i++)
        view->counters = view->counters || report->rows[i].allocs_change >= 0;
    used += view->counters ? 2 * (1 + COUNTER) : 0;
    view->use = used + 1 + USE <= columns;
    used += view->use ? 1 + USE : 0;
    if (report->history && report->history->count >= 2 && used + 2 + TREND_LEAST <= columns)
        view->trend = columns - used - 2 < TREND_MOST ? columns - used - 2 : TREND_MOST;
}

static void titles(struct view *view)
{
    ph_screen_blanks(view->screen.out, 1 + LABEL);
    title(view, "Current", CURRENT);
    title(view, "Peak", PEAK);
    title(view, "Limit  ", LIMIT);
    if (view->use)
        title(view, "Use", USE);
    title(view, "Change", CHANGE);
    if (view->counters) {
        title(view, "Allocs", COUNTER);
        title(view, "Frees", COUNTER);
    }
    ph_text_puts(view->screen.out, view->trend ? "  Trend" : "");
    ph_screen_end_line(view->screen.out);
}

static void print_row(struct view *view, const struct ph_sys_row *row)
{
    struct ph_text *out = view->screen.out;

    ph_text_putc(out, ' ');
    ph_screen_left(&view->screen, ph_slice_of(row->label), LABEL, PH_TINT_PLAIN);
    if (row->current < 0) {
        ph_text_putc(view->text, '?');
        right(view, CURRENT, PH_TINT_PLAIN);
        ph_screen_blanks(out, 2);
        enum { AT = 1 + LABEL + 1 + CURRENT + 2 };
        ph_screen_wrap(&view->screen, AT, AT, ph_slice_of(row->missing ? row->missing : ""),
                       PH_TINT_PLAIN);
        return;
    }
    ph_text_puts(view->text, row->estimated ? "~" : "");
    ph_text_bytes(view->text, (double)row->current);
    view->estimated = view->estimated || row->estimated;
    right(view, CURRENT, PH_TINT_PLAIN);
    if (row->peak >= 0) {
        ph_text_bytes(view->text, (double)row->peak);
        ph_text_puts(view->text, row->peak_observed ? "*" : "");
        view->observed = view->observed || row->peak_observed;
    }
    right(view, PEAK, PH_TINT_PLAIN);
    limit_cell(view, row);
    if (view->use)
        use_cell(view, row);
    change_cell(view, row);
    if (view->counters) {
        counter_cell(view, row->allocs_change);
        counter_cell(view, row->frees_change);
    }
    if (view->trend) {
        struct ph_trend trend = ph_history_trend(view->report->history, row->line);
        ph_screen_blanks(out, 2);
        if (row->line)
            ph_render_trend(&trend, view->trend, view->screen.style->utf8, out);
    }
    ph_screen_end_line(out);
}

static void table(struct view *view)
{
    const struct ph_sys_report *report = view->report;

    titles(view);
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ph_sys_row *row = &report->rows[i];
        if (!i || row->group != report->rows[i - 1].group)
            ph_screen_wrap(&view->screen, 0, 0, ph_slice_of(ph_sys_group_name(row->group)),
                           PH_TINT_BOLD);
        print_row(view, row);
    }
}

/* ------------------------------------------------------------------ around it */

static bool changes(const struct ph_sys_report *report)
{
    for (size_t i = 0; i < report->row_count; i++)
        if (report->rows[i].change_known)
            return true;
    return false;
}

static void head(struct view *view)
{
    const struct ph_sys_report *report = view->report;
    struct ph_text *text = view->text;
    bool utf8 = view->screen.style->utf8;

    ph_screen_machine(utf8, report->machine, text);
    if (report->source) {
        ph_text_puts(text, text->size ? ", " : "");
        ph_screen_prose(utf8, ph_slice_of(report->source), text);
    }
    if (report->now) {
        ph_text_puts(text, text->size ? ", " : "");
        ph_screen_time(report->now->time_ns, report->now->time_kind, text);
    }
    ph_screen_wrap(&view->screen, 0, 2, ph_text_slice(text), PH_TINT_PLAIN);
    ph_text_clear(text);
    if (isfinite(report->change_s)) {
        ph_text_puts(text, "Changes are over ");
        ph_text_duration(text, report->change_s);
        ph_text_puts(text, ". ");
    } else if (changes(report)) {
        ph_text_puts(text, "Changes are since the reading before. ");
    }
    if (report->page_faults >= 0) {
        ph_text_puts(text, "Page faults ");
        ph_text_grouped(text, report->page_faults);
        if (report->page_faults_change >= 0) {
            ph_text_puts(text, " (+");
            ph_text_grouped(text, report->page_faults_change);
            ph_text_putc(text, ')');
        }
        ph_text_putc(text, '.');
    }
    if (text->size)
        ph_screen_wrap(&view->screen, 0, 2, ph_text_slice(text), PH_TINT_PLAIN);
    if (text->failed)
        view->screen.out->failed = true;
    ph_text_clear(text);
}

static void notes(struct view *view)
{
    struct ph_text *out = view->screen.out;

    if (view->note_count || view->observed || view->estimated || view->counters)
        ph_text_putc(out, '\n');
    for (size_t i = 0; i < view->note_count; i++) {
        ph_text_printf(out, " %c ", (char)('a' + i));
        ph_screen_wrap(&view->screen, 3, 3, ph_slice_of(view->notes[i]), PH_TINT_PLAIN);
    }
    if (view->observed)
        ph_text_puts(out, " * the highest that was read here, not the system's own peak\n");
    if (view->estimated)
        ph_text_puts(out, " ~ an estimate: counters that are not read at one instant\n");
    if (view->counters)
        ph_text_puts(out, "   Allocs and frees are sums over the tags that both readings have.\n");
}

static size_t lines_of(const struct ph_text *text)
{
    size_t lines = 0;

    for (size_t i = 0; i < text->size; i++)
        lines += text->data[i] == '\n';
    return lines;
}

/* Columns of a line on the screen: colours take none. */
static size_t visible_width(struct ph_slice line)
{
    size_t width = 0;

    for (size_t i = 0; i < line.size;) {
        size_t start = i;
        while (i < line.size && line.data[i] != '\033')
            i++;
        width += ph_text_width((struct ph_slice){line.data + start, i - start});
        while (i < line.size && line.data[i++] != 'm')
            continue;
    }
    return width;
}

/* Plots beside one another, `columns` apart. */
static void put_beside(const struct ph_text *plots, size_t count, size_t columns,
                       struct ph_text *out)
{
    struct ph_reader readers[ACROSS_MOST];
    struct ph_slice line;

    for (size_t i = 0; i < count; i++)
        readers[i] = ph_reader_of("plot", plots[i].data, plots[i].size);
    for (;;) {
        size_t blanks = 0;
        bool some = false;
        for (size_t i = 0; i < count; i++) {
            if (ph_reader_line(&readers[i], &line)) {
                ph_screen_blanks(out, blanks);
                ph_text_add(out, line.data, line.size);
                size_t width = visible_width(line);
                blanks = columns > width ? columns - width : 0;
                some = true;
            } else {
                blanks += columns;
            }
        }
        if (!some)
            return;
        ph_screen_end_line(out);
    }
}

static void texts_fini(struct ph_text (*texts)[ACROSS_MOST])
{
    for (size_t i = 0; i < ACROSS_MOST; i++)
        ph_text_fini(&(*texts)[i]);
}

/* One row of plots. */
static struct ph_error *plot_row(struct view *view, const size_t *rows, size_t count, size_t across,
                                 size_t each)
{
    PH_GUARD(texts_fini) struct ph_text texts[ACROSS_MOST] = {{0}};
    size_t columns = (view->screen.columns + PLOT_GAP) / across;
    struct ph_terminal_chart size = {
        .columns = (unsigned)(columns - PLOT_GAP),
        .rows = (unsigned)each,
        .utf8 = view->screen.style->utf8,
        .colour = view->screen.style->colour,
    };

    for (size_t i = 0; i < count; i++) {
        PH_GUARD(ph_plot_fini) struct ph_plot plot = {0};
        PH_TRY(ph_sys_plot(view->report, rows[i], &plot));
        PH_TRY(ph_chart_terminal(&plot.chart, &size, &texts[i]));
        PH_TRY(ph_text_check(&texts[i]));
    }
    ph_text_putc(view->screen.out, '\n');
    put_beside(texts, count, columns, view->screen.out);
    return NULL;
}

static struct ph_error *plots(struct view *view, unsigned rows)
{
    const struct ph_sys_report *report = view->report;
    size_t order[PH_SYS_ROWS_MOST], used = lines_of(view->screen.out), each = PLOT_USUAL;

    if (!report->history || report->history->seen < PLOT_READINGS)
        return NULL;
    size_t count = plot_order(report, order);
    size_t across = view->screen.columns / PLOT_COLUMNS;
    across = across < 1 ? 1 : across > ACROSS_MOST ? ACROSS_MOST : across;
    size_t bands = (count + across - 1) / across;
    size_t room = rows > used ? rows - used : 0;
    bands = bands < room / (1 + PLOT_LEAST) ? bands : room / (1 + PLOT_LEAST);
    if (bands) { /* the first plots end where the screen does */
        each = room / bands - 1;
        each = each < PLOT_MOST ? each : PLOT_MOST;
    }
    for (size_t i = 0; i < count; i += across)
        PH_TRY(plot_row(view, order + i, count - i < across ? count - i : across, across, each));
    return NULL;
}

struct ph_error *ph_screen_system(const struct ph_sys_report *report, const struct ph_style *style,
                                  unsigned rows, struct ph_text *out)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    struct view view = {.screen = ph_screen_of(style, out), .report = report, .text = &text};

    head(&view);
    ph_text_putc(out, '\n');
    choose_columns(&view);
    table(&view);
    notes(&view);
    ph_screen_losses(&view.screen, report->losses);
    PH_TRY(plots(&view, rows));
    return ph_text_check(out);
}
