#include "render/plots.h"

#include <math.h>

#include "base/mem.h"
#include "base/sort.h"
#include "render/rate.h"
#include "render/screen.h"

enum {
    MARKS_MOST = 64,
    RANGE_MOST = 2 * PH_HISTORY_POINTS, /* a gap at each boot, and the beginning */
    FLOORS_MOST = 2 * PH_FLOORS_MAX,    /* a gap behind each floor */
    NUMBERS = 3 * RANGE_MOST + 2 * FLOORS_MOST + 3 * 2 + 2
};

void ph_plot_fini(struct ph_plot *plot)
{
    for (size_t i = 0; i < plot->text_count; i++)
        ph_free(plot->texts[i]);
    ph_free(plot->texts);
    ph_free(plot->marks);
    ph_free(plot->numbers);
    *plot = (struct ph_plot){0};
}

/* Takes the bytes over; the plot owns the text from here on. */
static struct ph_error *keep(struct ph_plot *plot, struct ph_text *text, const char **kept)
{
    struct ph_slice bytes = ph_text_slice(text);

    PH_TRY(ph_text_check(text));
    PH_TRY(ph_grow(&plot->texts, &plot->text_capacity, plot->text_count + 1, sizeof(char *)));
    char *copy = ph_memdup(bytes.data, bytes.size);
    if (!copy)
        return ph_error_nomem();
    plot->texts[plot->text_count++] = copy;
    *kept = copy;
    return NULL;
}

static struct ph_error *keep_string(struct ph_plot *plot, const char *string, const char **kept)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    ph_text_puts(&text, string);
    return keep(plot, &text, kept);
}

/* ------------------------------------------------------------------ the axis of time */

/* Below the ends of the axis there is room for few characters: "2026-11-02 14:05Z", with seconds
 * when the axis is short. */
static void clock_text(int64_t time_ns, bool seconds, bool local, struct ph_text *out)
{
    enum { DAY = 10, MINUTE = 16, SECOND = 19 };
    PH_GUARD(ph_text_fini) struct ph_text iso = {0};

    ph_text_time(&iso, time_ns);
    if (iso.failed || iso.size <= SECOND ||
        iso.data[DAY] != 'T') { /* a year beyond all calendars */
        ph_text_puts(out, ph_text_slice(&iso).data);
        out->failed = out->failed || iso.failed;
        return;
    }
    iso.data[DAY] = ' ';
    ph_text_add(out, iso.data, seconds ? SECOND : MINUTE);
    ph_text_puts(out, local ? "" : "Z");
}

/* Where the axis begins: a point stands for the readings up to its own, so the oldest one of a
 * history of all begins with the first reading. */
static double begin_of(const struct ph_history *history)
{
    return history->recent ? history->at_s[0] : 0;
}

static void moment_text(const struct ph_history *history, int64_t time_ns, enum ph_time_kind kind,
                        struct ph_text *out)
{
    const double short_s = 2 * 3600.;

    if (kind == PH_TIME_ORDINAL) {
        ph_text_puts(out, "reading ");
        ph_text_grouped(out, time_ns / 1000000000);
    } else if (kind == PH_TIME_SPACED) {
        ph_text_puts(out, time_ns > 0 ? "after " : "first reading");
        if (time_ns > 0)
            ph_text_duration(out, (double)time_ns / 1e9);
    } else {
        double span = history->at_s[history->count - 1] - begin_of(history);
        clock_text(time_ns, span < short_s, kind == PH_TIME_LOCAL, out);
    }
}

static struct ph_error *make_axis(const struct ph_history *history, enum ph_time_kind kind,
                                  struct ph_plot *plot)
{
    const double most_s = 9e9; /* as nanoseconds in 64 bits */
    struct ph_chart *chart = &plot->chart;
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    chart->x_counts = kind == PH_TIME_ORDINAL;
    if (!history->count)
        return NULL;
    chart->x_first = begin_of(history);
    chart->x_last = history->at_s[history->count - 1];
    double before_s = history->at_s[0] - chart->x_first;
    int64_t first_ns = history->time_ns[0];
    if (before_s > most_s || __builtin_sub_overflow(first_ns, (int64_t)(before_s * 1e9), &first_ns))
        first_ns = history->time_ns[0]; /* clocks gone wild */
    moment_text(history, first_ns, kind, &text);
    PH_TRY(keep(plot, &text, &chart->first_label));
    ph_text_clear(&text);
    moment_text(history, history->time_ns[history->count - 1], kind, &text);
    return keep(plot, &text, &chart->last_label);
}

/* ------------------------------------------------------------------ lines */

static struct ph_chart_line *next_line(struct ph_plot *plot, const char *name,
                                       enum ph_chart_look look)
{
    struct ph_chart_line *line = &plot->chart.lines[plot->chart.line_count++];

    *line = (struct ph_chart_line){.name = name, .look = look};
    return line;
}

/* What was seen. Counters begin anew with a boot: no line joins what was before and after it. */
static double *add_range(const struct ph_history *history, const struct ph_history_line *seen,
                         struct ph_plot *plot, double *numbers)
{
    double *x = numbers, *low = x + RANGE_MOST, *high = low + RANGE_MOST;
    size_t count = 0;

    if (history->count && history->at_s[0] > begin_of(history)) {
        x[count] = begin_of(history);
        low[count] = (double)seen->low[0];
        high[count] = (double)seen->high[0];
        count++;
    }
    for (size_t i = 0; i < history->count; i++) {
        if (i && history->segment[i] != history->segment[i - 1]) {
            x[count] = history->at_s[i];
            low[count] = high[count] = NAN;
            count++;
        }
        x[count] = history->at_s[i];
        low[count] = (double)seen->low[i];
        high[count] = (double)seen->high[i];
        count++;
    }
    struct ph_chart_line *line = next_line(plot, "seen", PH_CHART_RANGE);
    line->x = x;
    line->low = low;
    line->high = high;
    line->count = count;
    return high + RANGE_MOST;
}

/* When the change fills less than half of a picture from 0, the picture begins at the least. */
static bool begins_at_zero(const struct ph_chart_line *line)
{
    double low = INFINITY, high = -INFINITY;

    for (size_t i = 0; i < line->count; i++) {
        low = fmin(low, line->low[i]);
        high = fmax(high, line->high[i]);
    }
    return low >= 0 && low < high / 2;
}

static void add_limit(int64_t limit_bytes, struct ph_plot *plot, double *numbers)
{
    struct ph_chart_line *line = next_line(plot, "limit", PH_CHART_LIMIT);

    numbers[0] = plot->chart.x_first;
    numbers[1] = (double)limit_bytes;
    line->x = numbers;
    line->low = line->high = numbers + 1;
    line->count = 1;
}

/* The floors' ages are known when they fall. The last is 0 when its window holds
 * the newest reading alone. */
static size_t placed_floors(const struct ph_finding *finding)
{
    const double hair_s = 1e-3; /* what sums of windows may be off */
    size_t count = finding->windows < PH_FLOORS_MAX ? finding->windows : PH_FLOORS_MAX;

    for (size_t i = 0; i < count; i++)
        if (!isfinite(finding->floors[i]) || !isfinite(finding->floor_age_s[i]) ||
            finding->floor_age_s[i] < -hair_s ||
            (i && finding->floor_age_s[i] >= finding->floor_age_s[i - 1]))
            return 0;
    return count;
}

static struct ph_error *floors_name(const struct ph_finding *finding, struct ph_plot *plot,
                                    const char **name)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    ph_text_puts(&text, "floors of ");
    if (plot->chart.x_counts)
        ph_text_printf(&text, "%.0f readings", (double)finding->window_ns / 1e9);
    else
        ph_text_duration(&text, (double)finding->window_ns / 1e9);
    return keep(plot, &text, name);
}

/* A window that had too few readings has no floor: then the one before it ends with its window. */
static struct ph_error *add_floors(const struct ph_finding *finding, size_t count,
                                   struct ph_plot *plot, double **numbers)
{
    const double window_s = (double)finding->window_ns / 1e9;
    double *x = *numbers, *low = x + FLOORS_MOST;
    const char *name = NULL;
    size_t filled = 0;

    PH_TRY(floors_name(finding, plot, &name));
    for (size_t i = 0; i < count; i++) {
        x[filled] = plot->chart.x_last - fmax(finding->floor_age_s[i], 0);
        low[filled++] = finding->floors[i];
        double next = i + 1 < count ? finding->floor_age_s[i + 1] : 0;
        if (window_s <= 0 || finding->floor_age_s[i] - next <= 1.5 * window_s)
            continue;
        x[filled] = plot->chart.x_last - finding->floor_age_s[i] + window_s;
        low[filled++] = NAN;
    }
    struct ph_chart_line *line = next_line(plot, name, PH_CHART_FLOOR);
    line->x = x;
    line->low = line->high = low;
    line->count = filled;
    *numbers = low + FLOORS_MOST;
    return NULL;
}

/* The rate's wedge begins in the middle of the first floor's window and goes on to the end of the
 * axis. Only for what grows on: the rate of a series that levels off is the mean of a curve, and a
 * straight line would promise what the verdict denies. */
static struct ph_error *add_band(const struct ph_finding *finding, enum ph_time_kind kind,
                                 struct ph_plot *plot, double **numbers)
{
    const struct ph_chart *chart = &plot->chart;
    double *x = *numbers, *low = x + 2, *high = x + 4;
    double begin = chart->x_last - finding->floor_age_s[0] + (double)finding->window_ns / 2e9;
    const char *name = NULL;
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    if (!finding->have_rate || finding->verdict < PH_VERDICT_GROWING ||
        !isfinite(finding->rate_low) || !isfinite(finding->rate_high) || !(begin < chart->x_last))
        return NULL;
    ph_rate_add(&text, finding->rate, finding->rate_low, finding->rate_high, finding->span_ns,
                kind);
    PH_TRY(keep(plot, &text, &name));
    x[0] = fmax(begin, chart->x_first);
    x[1] = chart->x_last;
    for (size_t i = 0; i < 2; i++) {
        low[i] = finding->floors[0] + finding->rate_low * (x[i] - begin);
        high[i] = finding->floors[0] + finding->rate_high * (x[i] - begin);
    }
    struct ph_chart_line *line = next_line(plot, name, PH_CHART_BAND);
    line->x = x;
    line->low = low;
    line->high = high;
    line->count = 2;
    *numbers = x + 6;
    return NULL;
}

/* ------------------------------------------------------------------ marks */

static int by_place(const void *a, const void *b)
{
    double left = ((const struct ph_chart_mark *)a)->x,
           right = ((const struct ph_chart_mark *)b)->x;

    return (left > right) - (left < right);
}

/* As much of a driver's name as a plot has room for. */
static void add_name(const char *name, struct ph_text *out)
{
    enum { WIDEST = 40 };
    PH_GUARD(ph_text_fini) struct ph_text clean = {0};

    ph_screen_prose(true, ph_slice_of(name), &clean);
    out->failed = out->failed || clean.failed;
    if (clean.size)
        ph_text_putc(out, ' ');
    ph_screen_fit(false, ph_text_slice(&clean), WIDEST, out);
}

static struct ph_error *add_marks(const struct ph_history *history,
                                  const struct ph_event_list *events, struct ph_plot *plot)
{
    struct ph_chart *chart = &plot->chart;
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    if (!events || !events->count)
        return NULL;
    plot->marks = ph_zalloc(MARKS_MOST, sizeof(*plot->marks));
    if (!plot->marks)
        return ph_error_nomem();
    chart->marks = plot->marks;
    /* the newest when there are too many: what is told is what happened last */
    for (size_t i = events->count; i-- > 0 && chart->mark_count < MARKS_MOST;) {
        const struct ph_event *event = &events->items[i];
        double place = ph_history_place(history, event->time_ns);
        if ((event->kind != PH_EVENT_BOOT && event->kind != PH_EVENT_LOAD) || isnan(place) ||
            place < chart->x_first)
            continue;
        ph_text_clear(&text);
        ph_text_puts(&text, ph_event_id(event->kind));
        if (event->kind == PH_EVENT_LOAD && event->text)
            add_name(event->text, &text);
        struct ph_chart_mark *mark = &plot->marks[chart->mark_count];
        PH_TRY(keep(plot, &text, &mark->label));
        mark->x = place;
        chart->mark_count++;
    }
    if (chart->mark_count)
        ph_sort(plot->marks, chart->mark_count, sizeof(*plot->marks), by_place);
    return NULL;
}

/* ------------------------------------------------------------------ plots */

static struct ph_error *make(const struct ph_history *history, const struct ph_history_line *seen,
                             const struct ph_finding *finding, const char *title,
                             int64_t limit_bytes, const struct ph_event_list *events,
                             enum ph_time_kind kind, struct ph_plot *plot)
{
    double *numbers = plot->numbers = ph_zalloc(NUMBERS, sizeof(*numbers));

    if (!numbers)
        return ph_error_nomem();
    if (title)
        PH_TRY(keep_string(plot, title, &plot->chart.title));
    PH_TRY(make_axis(history, kind, plot));
    if (seen) {
        numbers = add_range(history, seen, plot, numbers);
        plot->chart.from_zero = begins_at_zero(&plot->chart.lines[0]) || limit_bytes >= 0;
    }
    size_t floors = finding && history->count ? placed_floors(finding) : 0;
    if (floors) {
        PH_TRY(add_floors(finding, floors, plot, &numbers));
        PH_TRY(add_band(finding, kind, plot, &numbers));
    }
    if (limit_bytes >= 0)
        add_limit(limit_bytes, plot, numbers);
    return add_marks(history, events, plot);
}

struct ph_error *ph_plot_line(const struct ph_history *history, const struct ph_history_line *line,
                              const char *title, int64_t limit_bytes,
                              const struct ph_event_list *events, enum ph_time_kind time_kind,
                              struct ph_plot *plot)
{
    PH_GUARD(ph_plot_fini) struct ph_plot made = {0};

    PH_TRY(make(history, line, NULL, title, limit_bytes, events, time_kind, &made));
    *plot = made;
    made = (struct ph_plot){0};
    return NULL;
}

struct ph_error *ph_plot_series(const struct ph_history *history, uint32_t series,
                                const struct ph_finding *finding, const char *title,
                                const struct ph_event_list *events, enum ph_time_kind time_kind,
                                struct ph_plot *plot)
{
    PH_GUARD(ph_plot_fini) struct ph_plot made = {0};

    PH_TRY(make(history, ph_history_series(history, series), finding, title, -1, events, time_kind,
                &made));
    *plot = made;
    made = (struct ph_plot){0};
    return NULL;
}
