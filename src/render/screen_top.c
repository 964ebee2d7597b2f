/* The live screen: poolmon's head, the state of reading, the table, a line for messages. Every line
 * is composed first and cut to the width of the screen. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "render/screen_top_table.h"
#include "base/path.h"
#include "render/screen_views.h"

enum {
    LINES_AROUND = 6, /* the head's two, title, counts, the columns' names, the last line */
    LINES_HEAD = 2,   /* left out where the rows would have no room */
    LINES_FULL = LINES_AROUND + 2,
    COLUMNS_LEAST = 20
};

struct view {
    struct ph_screen screen;
    const struct ph_top_report *report;
    struct ph_text line; /* being composed, printable */
};

static void end_line(struct view *view, enum ph_tint tint)
{
    ph_screen_left(&view->screen, ph_text_slice(&view->line), view->screen.columns, tint);
    if (view->line.failed)
        view->screen.out->failed = true;
    ph_screen_end_line(view->screen.out);
    ph_text_clear(&view->line);
}

/* ------------------------------------------------------------------ poolmon's head */

/* Appends what fits as a whole and leaves out what does not: a number is never cut. False = out. */
static bool whole(struct view *view, struct ph_text *item)
{
    struct ph_text *line = &view->line;
    size_t used = ph_text_width(ph_text_slice(line));
    bool fits = used + ph_text_width(ph_text_slice(item)) <= view->screen.columns;

    if (fits)
        ph_text_add(line, item->data, item->size);
    line->failed |= item->failed;
    ph_text_clear(item);
    return fits;
}

/* poolmon's unit: 1024 bytes. An unknown number is a question mark. */
static void kilobytes(const char *name, int64_t bytes, struct ph_text *out)
{
    if (bytes < 0)
        ph_text_printf(out, "%s?", name);
    else
        ph_text_printf(out, "%s%" PRId64 "K", name, bytes / 1024);
}

static void pools(struct view *view, struct ph_text *item)
{
    const struct ph_sample *now = view->report->now;
    const char *lead = "  Pool ";

    for (unsigned i = 0; i < PH_POOL_COUNT; i++) {
        const struct ph_pool_total *pool = &now->pools[i];
        enum ph_pool number = (enum ph_pool)i;
        if (!(pool->have & PH_TOTAL_BYTES))
            continue;
        const char *name = number == PH_POOL_NONPAGED ? "N"
                           : number == PH_POOL_PAGED  ? "P"
                                                      : ph_pool_short(number);
        ph_text_printf(item, "%s%s:%" PRId64 "K", lead, name, pool->bytes / 1024);
        if (!whole(view, item))
            break; /* the y key shows them all */
        lead = " ";
    }
}

static void head(struct view *view)
{
    const struct ph_top_report *report = view->report;
    const struct ph_memory *memory = report->now ? &report->now->memory : NULL;
    PH_GUARD(ph_text_fini) struct ph_text item = {0};

    if (!memory) {
        end_line(view, PH_TINT_PLAIN);
        end_line(view, PH_TINT_PLAIN);
        return;
    }
    kilobytes(" Memory:", memory->total, &item);
    whole(view, &item);
    kilobytes(" Avail:", memory->available, &item);
    whole(view, &item);
    if (report->page_faults_change >= 0) {
        ph_text_printf(&item, "  PageFlts:%6" PRId64, report->page_faults_change);
        whole(view, &item);
    }
    if (memory->resident_kernel >= 0 || memory->resident_paged >= 0) {
        kilobytes("   InRam Krnl:", memory->resident_kernel, &item);
        kilobytes(" P:", memory->resident_paged, &item);
        whole(view, &item);
    }
    end_line(view, PH_TINT_PLAIN);
    kilobytes(" Commit:", memory->commit, &item);
    whole(view, &item);
    kilobytes(" Limit:", memory->commit_limit, &item);
    whole(view, &item);
    if (memory->commit_peak >= 0) {
        kilobytes(" Peak:", memory->commit_peak, &item);
        whole(view, &item);
    }
    pools(view, &item);
    end_line(view, PH_TINT_PLAIN);
}

/* ------------------------------------------------------------------ the state of reading */

static void age(struct ph_text *out, double seconds)
{
    if (seconds < 10)
        ph_text_printf(out, "%.1f s", seconds < 0 ? 0 : seconds);
    else
        ph_text_duration(out, seconds);
}

static void reading_of(const struct ph_top_report *report, struct ph_text *out)
{
    ph_text_puts(out, "reading ");
    ph_text_grouped(out, (int64_t)report->readings);
    if (report->of) {
        ph_text_puts(out, " of ");
        ph_text_grouped(out, (int64_t)report->of);
    }
}

static void live_state(const struct ph_top_report *report, struct ph_text *out)
{
    /* a reading that takes no longer than usual is not worth a word */
    bool slow = report->reading_s > fmax(1, report->interval_s);

    if (slow) {
        ph_text_puts(out, "reading for ");
        age(out, report->reading_s);
        ph_text_puts(out, ", data ");
    } else if (report->paused) {
        ph_text_puts(out, "paused, ");
    }
    age(out, report->age_s);
    ph_text_puts(out, " old");
    if (slow || report->paused)
        return;
    ph_text_puts(out, ", every ");
    if (report->interval_s < 10)
        ph_text_printf(out, "%.3g s", report->interval_s);
    else
        ph_text_duration(out, report->interval_s);
}

static void replay_state(const struct ph_top_report *report, struct ph_text *out)
{
    if (report->ended)
        ph_text_puts(out, "at the end, ");
    else if (report->paused)
        ph_text_puts(out, "paused, ");
    else if (report->speed > 0)
        ph_text_printf(out, "plays %.6gx, ", report->speed);
    else
        ph_text_puts(out, "plays as fast as it goes, ");
    reading_of(report, out);
}

static void state_words(const struct ph_top_report *report, struct ph_text *out)
{
    if (!report->now || isnan(report->age_s)) {
        ph_text_puts(out, report->ended ? "holds no reading" : "waiting for the first reading");
        if (report->reading_s >= 1 && !report->ended) {
            ph_text_puts(out, ", ");
            age(out, floor(report->reading_s));
        }
    } else if (report->live) {
        live_state(report, out);
    } else {
        replay_state(report, out);
    }
}

static void title_words(const struct view *view, struct ph_text *out)
{
    const struct ph_top_report *report = view->report;
    bool utf8 = view->screen.style->utf8;

    ph_text_putc(out, ' ');
    if (report->session == PH_TOP_ALL_SESSIONS)
        ph_text_puts(out, "All sessions: ");
    else if (report->session >= 0)
        ph_text_printf(out, "Session %d: ", report->session);
    const char *source = report->source ? report->source : "?";
    /* of a path its end: the folder is what people know anyway */
    const char *name = report->live ? source : ph_base_name(source);
    ph_screen_prose(utf8, ph_slice_of(*name ? name : source), out);
    if (report->machine && report->machine->host[0]) {
        ph_text_puts(out, ", ");
        ph_screen_machine(utf8, report->machine, out);
    }
    if (report->now && !report->live) {
        ph_text_puts(out, ", ");
        ph_screen_time(report->now->time_ns, report->now->time_kind, out);
    }
}

/* What is read at the left, cut where the state of reading begins at the right. */
static void title(struct view *view)
{
    PH_GUARD(ph_text_fini) struct ph_text left = {0};
    PH_GUARD(ph_text_fini) struct ph_text right = {0};
    size_t columns = view->screen.columns;

    title_words(view, &left);
    state_words(view->report, &right);
    size_t state = ph_text_width(ph_text_slice(&right));
    size_t room = columns > state + 2 ? columns - state - 2 : 0;
    size_t used = ph_text_width(ph_text_slice(&left));
    ph_screen_fit(view->screen.style->utf8, ph_text_slice(&left), room, &view->line);
    ph_screen_blanks(&view->line, (used < room ? room - used : 0) + 2);
    ph_text_add(&view->line, right.data, right.size);
    view->line.failed |= left.failed || right.failed;
    end_line(view, PH_TINT_BOLD);
}

/* ------------------------------------------------------------------ counts, order, filters */

static void order_words(const struct ph_top_report *report, struct ph_text *out)
{
    bool words = !report->by_change && (report->sort == PH_TOP_TAG || report->sort == PH_TOP_TYPE ||
                                        report->sort == PH_TOP_OWNER);

    ph_text_printf(out, ", by %s%s", ph_top_column_name(report->sort),
                   report->by_change ? " (change)" : "");
    if (report->reverse)
        ph_text_puts(out, words ? " from z" : " from the least");
}

/* Over how long the changes in parentheses are. */
static void change_words(const struct ph_top_report *report, struct ph_text *out)
{
    if (report->since_mark) {
        ph_text_puts(out, ", change since the mark");
        if (isfinite(report->mark_age_s) && report->time_kind != PH_TIME_ORDINAL) {
            ph_text_puts(out, " ");
            age(out, report->mark_age_s);
            ph_text_puts(out, " before");
        }
    } else if (isfinite(report->change_s) && report->change_s > 0 &&
               fabs(report->change_s - report->interval_s) > 0.5 * report->interval_s) {
        ph_text_puts(out, ", change over ");
        age(out, report->change_s);
    }
}

static void pool_words(const struct ph_top_report *report, struct ph_text *out)
{
    bool first = true;

    for (unsigned i = 0; report->pools && i < PH_POOL_COUNT; i++) {
        bool there = report->now && (report->now->pools[i].have & PH_TOTAL_BYTES);
        if (!(report->pools & 1u << i) || (!there && i > PH_POOL_PAGED))
            continue;
        if (!there && report->now) {
            bool windows =
                report->now->pools[PH_POOL_NONPAGED].have || report->now->pools[PH_POOL_PAGED].have;
            if (!windows)
                continue;
        }
        ph_text_printf(out, "%s%s", first ? ", only " : " ", ph_pool_name((enum ph_pool)i));
        first = false;
    }
}

static void counts(struct view *view)
{
    const struct ph_top_report *report = view->report;
    struct ph_text *line = &view->line;

    ph_text_putc(line, ' ');
    if (report->row_count != report->in_all) {
        ph_text_grouped(line, (int64_t)report->row_count);
        ph_text_puts(line, " of ");
    }
    ph_screen_count(line, report->in_all, "tag", "tags");
    if (report->leaking) {
        ph_text_puts(line, ", ");
        ph_screen_count(line, report->leaking, "leaks", "leak");
    }
    if (report->growing) {
        ph_text_puts(line, ", ");
        ph_screen_count(line, report->growing, "grows", "grow");
    }
    if (report->losses)
        ph_text_puts(line, ", not all could be read (y)");
    order_words(report, line);
    pool_words(report, line);
    if (report->filter && *report->filter) {
        ph_text_puts(line, ", ");
        ph_screen_prose(view->screen.style->utf8, ph_slice_of(report->filter), line);
    }
    change_words(report, line);
    end_line(view, report->leaking ? PH_TINT_ALARM : PH_TINT_PLAIN);
}

static void hints(struct view *view)
{
    static const char *const HINTS[] = {"h help",   "q quit",  "Enter all of a tag",
                                        "y memory", "p pools", "b m t a f d r sort",
                                        "/ find",   "z mark"};
    PH_GUARD(ph_text_fini) struct ph_text item = {0};

    for (size_t i = 0; i < sizeof(HINTS) / sizeof(HINTS[0]); i++) {
        ph_text_printf(&item, "%s%s", i ? "  " : " ", HINTS[i]);
        if (!whole(view, &item))
            break;
    }
}

static void last_line(struct view *view)
{
    const struct ph_top_report *report = view->report;
    bool message = report->message && *report->message;

    if (message) {
        ph_text_putc(&view->line, ' ');
        ph_screen_prose(view->screen.style->utf8, ph_slice_of(report->message), &view->line);
    } else {
        hints(view);
    }
    end_line(view,
             message ? (report->message_is_error ? PH_TINT_ALARM : PH_TINT_BOLD) : PH_TINT_CALM);
}

/* ------------------------------------------------------------------ the screen */

static void empty_words(struct view *view)
{
    const struct ph_top_report *report = view->report;

    if (!report->now)
        return;
    if (report->session != PH_TOP_SYSTEM_POOL) {
        ph_text_puts(&view->line, "  No tag of these session pools; s shows the system's.");
        return;
    }
    ph_text_puts(&view->line, report->in_all
                                  ? "  No tag matches the filters: i and x change them, p "
                                    "the pools."
                                  : "  The reading holds no tags.");
}

static size_t table_rows(struct view *view, size_t lines, struct ph_top_layout *layout)
{
    const struct ph_top_report *report = view->report;
    struct ph_top_table table = {.screen = &view->screen, .report = report};
    size_t printed = 0;

    ph_top_table_plan(&table);
    ph_top_table_head(&table);
    size_t totals = report->totals && lines > 1;
    layout->lines = lines - totals;
    for (; printed < layout->lines && report->first_row + printed < report->row_count; printed++) {
        if (report->first_row + printed == report->selected)
            layout->selected_line = layout->first_line + printed;
        ph_top_table_row(&table, &report->rows[report->first_row + printed]);
    }
    if (!printed && layout->lines) {
        empty_words(view);
        end_line(view, PH_TINT_PLAIN);
        printed = 1;
    }
    if (totals) {
        for (size_t i = printed; i < layout->lines; i++)
            ph_text_putc(view->screen.out, '\n');
        ph_top_table_totals(&table);
        printed = lines;
    }
    return printed;
}

struct ph_error *ph_screen_top(const struct ph_top_report *report, const struct ph_style *style,
                               unsigned rows, struct ph_top_layout *layout, struct ph_text *out)
{
    struct view view = {.screen = ph_screen_of(style, out), .report = report};
    unsigned around = rows >= LINES_FULL ? LINES_AROUND : LINES_AROUND - LINES_HEAD;
    size_t lines = rows > around ? rows - around : 0, printed = 0;

    /* narrower than the commands' tables may be: a screen is what it is */
    if (style->columns)
        view.screen.columns = style->columns < COLUMNS_LEAST ? COLUMNS_LEAST : style->columns;
    *layout = (struct ph_top_layout){.first_line = around - 1, .selected_line = SIZE_MAX};
    if (rows >= around) {
        if (around == LINES_AROUND)
            head(&view);
        title(&view);
        counts(&view);
        printed = table_rows(&view, lines, layout);
        for (; printed < lines; printed++)
            ph_text_putc(out, '\n');
    } else {
        for (unsigned i = 1; i < rows; i++)
            ph_text_putc(out, '\n');
    }
    if (rows)
        last_line(&view);
    ph_text_fini(&view.line);
    return ph_text_check(out);
}
