/* Draws the views: the table, one tag, the kernel's memory, the keys. */
#include <math.h>
#include <string.h>

#include "app/syspanel.h"
#include "base/os.h"
#include "front/tui/top.h"
#include "render/screen.h"
#include "render/screen_views.h"

enum { MESSAGE_S = 5 };

static void take_facts(struct ph_top *top, const struct ph_monitor_state *state)
{
    top->facts = (struct ph_top_facts){
        .live = state->live,
        .paused = state->paused,
        .ended = state->ended,
        .seeking = state->seeking,
        .sessions = ph_top_has_sessions(state),
        .marked = state->mark != NULL,
        .any = state->now != NULL,
        .readings = state->readings,
        .of = state->of,
        .interval_ns = state->interval_ns,
        .speed = state->speed,
        .time_kind = state->now ? state->now->time_kind : PH_TIME_REAL,
        .time_ns = state->now ? state->now->time_ns : 0,
    };
}

/* ------------------------------------------------------------------ the table */

struct ph_error *ph_top_collect(struct ph_top *top, const struct ph_monitor_state *state)
{
    return ph_top_rows(top->monitor, state, &top->choice, &top->rows);
}

/* Which row is selected: the one of the pinned series, wherever it is now. */
static void select_row(struct ph_top *top)
{
    const struct ph_top_rows *rows = &top->rows;

    top->row_count = rows->count;
    if (top->pinned && top->series != UINT32_MAX)
        for (size_t i = 0; i < rows->count; i++)
            if (rows->items[i].series == top->series)
                top->selected = i;
    if (top->selected >= rows->count)
        top->selected = rows->count ? rows->count - 1 : 0;
    if (rows->count && (!top->pinned || top->series == UINT32_MAX))
        top->series = rows->items[top->selected].series;
}

struct ph_error *ph_top_select(struct ph_top *top)
{
    struct ph_error *error = ph_top_collect(top, ph_monitor_lock(top->monitor));

    if (!error)
        select_row(top);
    ph_monitor_unlock(top->monitor);
    return error;
}

static void scroll_to_selected(struct ph_top *top)
{
    size_t page = top->page ? top->page : 1;

    if (top->selected < top->first)
        top->first = top->selected;
    if (top->selected >= top->first + page)
        top->first = top->selected - page + 1;
    if (top->first + page > top->row_count)
        top->first = top->row_count > page ? top->row_count - page : 0;
}

static int64_t faults_change(const struct ph_monitor_state *state)
{
    if (!state->now || !state->before || state->now->memory.page_faults < 0 ||
        state->before->memory.page_faults < 0 || state->now->segment != state->before->segment)
        return -1;
    int64_t change = state->now->memory.page_faults - state->before->memory.page_faults;
    return change < 0 ? -1 : change;
}

/* The patterns in words; the pools are told by the view. */
static void filter_words(const struct ph_top *top, struct ph_text *out)
{
    if (top->includes.count) {
        ph_text_puts(out, "only ");
        ph_patterns_line(&top->includes, out);
    }
    if (top->excludes.count) {
        ph_text_puts(out, out->size ? ", without " : "without ");
        ph_patterns_line(&top->excludes, out);
    }
}

/* Seconds since a moment of boottime; 0 for none, and never negative. */
static double seconds_since(int64_t boottime_ns)
{
    int64_t passed = boottime_ns ? ph_boottime_ns() - boottime_ns : 0;

    return passed > 0 ? (double)passed / PH_SECOND : 0;
}

static struct ph_top_report report_of(const struct ph_top *top,
                                      const struct ph_monitor_state *state)
{
    const struct ph_sample *now = state->now;
    bool marked = top->choice.since_mark && state->mark;

    return (struct ph_top_report){
        .catalog = state->catalog,
        .now = now,
        .machine = state->machine,
        .recent = state->recent,
        .rows = top->rows.items,
        .row_count = top->rows.count,
        .in_all = top->rows.in_all,
        .first_row = top->first,
        .selected = top->rows.count ? top->selected : SIZE_MAX,
        .sort = top->choice.sort,
        .reverse = top->choice.reverse,
        .by_change = top->choice.by_change,
        .totals = top->totals,
        .highlight = top->highlight,
        .since_mark = marked,
        .mark_age_s =
            marked && now ? ((double)now->time_ns - (double)state->marked_ns) / PH_SECOND : NAN,
        .change_s = top->rows.change_s,
        .session = top->choice.session,
        .pools = top->choice.selection.pools,
        .page_faults_change = faults_change(state),
        .age_s = !now          ? NAN
                 : state->live ? seconds_since(state->read_ns)
                               : 0,
        .interval_s = (double)state->interval_ns / PH_SECOND,
        .reading_s = state->live || !now ? seconds_since(state->busy_ns) : 0,
        .paused = state->paused,
        .ended = state->ended,
        .live = state->live,
        .speed = state->speed,
        .readings = state->readings,
        .of = state->of,
        .time_kind = now ? now->time_kind : PH_TIME_REAL,
        .growing = top->rows.growing,
        .leaking = top->rows.leaking,
        .losses = state->losses ? state->losses->count : 0,
        .source = state->source,
    };
}

/* What the last key did is read after a while; that nothing can be read any more must not stay
 * behind it. A question waits for its answer. */
static bool has_own_message(const struct ph_top *top, const struct ph_monitor_state *state)
{
    return top->message.size &&
           (!state->error || top->confirmed || seconds_since(top->said_ns) < MESSAGE_S);
}

static struct ph_error *draw_table(struct ph_top *top, const struct ph_monitor_state *state,
                                   struct ph_top_layout *layout)
{
    PH_GUARD(ph_text_fini) struct ph_text words = {0};
    const char *own = has_own_message(top, state) ? top->message.data : NULL;

    PH_TRY(ph_top_collect(top, state));
    select_row(top);
    filter_words(top, &words);
    PH_TRY(ph_text_check(&words));
    /* Twice when the rows that fit turn out to be others than last time. */
    for (int round = 0; round < 2; round++) {
        scroll_to_selected(top);
        struct ph_top_report report = report_of(top, state);
        /* a replay's screen depends on the place alone, not on how one came there */
        report.widths = state->live ? &top->widths : NULL;
        report.filter = words.size ? words.data : "";
        report.message = own ? own : state->error ? state->error : "";
        report.message_is_error = own ? top->message_is_error : state->error != NULL;
        ph_text_clear(&top->text);
        PH_TRY(ph_screen_top(&report, &top->style, top->screen_rows, layout, &top->text));
        if (layout->lines == top->page)
            break;
        top->page = layout->lines;
    }
    return ph_text_check(&top->text);
}

/* ------------------------------------------------------------------ texts */

static struct ph_error *draw_detail(struct ph_top *top, const struct ph_monitor_state *state)
{
    struct ph_detail_report report = {
        .catalog = state->catalog,
        .series = top->series,
        .now = state->now,
        .machine = state->machine,
        .findings = state->findings,
        .finding_count = state->finding_count,
        .whole = state->whole,
        .recent = state->recent,
        .events = state->events,
        .time_kind = state->now ? state->now->time_kind : PH_TIME_REAL,
        .source = state->source,
    };
    unsigned rows = top->screen_rows / 3;

    if (top->series >= state->catalog->count) { /* a replay went back to before it was there */
        ph_text_puts(&top->text, "This tag was not seen yet at this place of the replay.\n");
        return NULL;
    }
    report.value = state->now ? ph_sample_find(state->now, top->series) : NULL;
    if (state->finding_of && state->finding_of[top->series])
        report.finding = &state->findings[state->finding_of[top->series] - 1];
    enum ph_owner_state owner =
        ph_monitor_owner(top->monitor, top->series, true, &report.owner, &report.owner_error);
    report.owner_pending = owner == PH_OWNER_PENDING;
    if (owner != PH_OWNER_KNOWN)
        report.owner = NULL;
    if (owner != PH_OWNER_FAILED)
        report.owner_error = NULL;
    report.trace_pending = ph_monitor_trace(top->monitor, top->series, &report.trace,
                                            &report.trace_error) == PH_TRACING_PENDING;
    return ph_screen_detail(&report, &top->style, rows < 6 ? 6 : rows > 24 ? 24 : rows, &top->text);
}

static struct ph_error *draw_system(struct ph_top *top, const struct ph_monitor_state *state)
{
    ph_autofree struct ph_sys_report *report = ph_zalloc(1, sizeof(*report));

    if (!report)
        return ph_error_nomem();
    if (!state->now) {
        ph_text_puts(&top->text, "Waiting for the first reading.\n");
        return NULL;
    }
    ph_sys_panel(state->catalog, state->now, state->before, state->whole, state->machine, report);
    report->events = state->events;
    report->losses = state->losses;
    report->source = state->source;
    return ph_screen_system(report, &top->style, top->screen_rows - 1, &top->text);
}

/* Where we are in time, for the last line of a text. */
static void tell_time(struct ph_top *top, const struct ph_monitor_state *state)
{
    struct ph_text *out = &top->trouble;

    ph_text_clear(out);
    if (state->error)
        ph_text_printf(out, "   %s", state->error);
    if (!state->live) {
        ph_text_printf(out, "   reading %llu", (unsigned long long)state->readings);
        if (state->of)
            ph_text_printf(out, " of %llu", (unsigned long long)state->of);
    } else if (state->now) {
        ph_text_puts(out, "   ");
        ph_text_duration(out, seconds_since(state->read_ns));
        ph_text_puts(out, " old");
    }
    if (state->paused)
        ph_text_puts(out, ", paused");
}

/* The last line of a text: the message, or how to get away, which lines are shown, and how old it
 * is. */
static void status_line(struct ph_top *top)
{
    PH_GUARD(ph_text_fini) struct ph_text line = {0};
    size_t page = top->screen_rows - 1;

    if (top->message.size) {
        ph_text_puts(&line, top->message_is_error ? "\033[1;31m" : "");
        ph_screen_prose(top->style.utf8, ph_text_slice(&top->message), &line);
    } else {
        ph_text_puts(&line, "\033[1mEsc back   h keys");
        if (top->lines > page)
            ph_text_printf(&line, "   lines %zu-%zu of %zu, PgUp PgDn", top->scroll + 1,
                           top->scroll + page < top->lines ? top->scroll + page : top->lines,
                           top->lines);
        if (top->view != PH_VIEW_HELP)
            ph_screen_prose(top->style.utf8, ph_text_slice(&top->trouble), &line);
    }
    if (!line.failed)
        (void)ph_grid_text(&top->grid, top->screen_rows - 1, 1, 0, ph_text_slice(&line));
}

static void lay_text(struct ph_top *top)
{
    unsigned page = top->screen_rows ? top->screen_rows - 1 : 0;

    top->lines = ph_grid_text(&top->grid, 0, page, top->scroll, ph_text_slice(&top->text));
    if (top->scroll && top->scroll + page > top->lines) { /* it became shorter */
        top->scroll = top->lines > page ? top->lines - page : 0;
        (void)ph_grid_text(&top->grid, 0, page, top->scroll, ph_text_slice(&top->text));
    }
    status_line(top);
}

/* ------------------------------------------------------------------ all */

/* A replay that goes back before the mark loses it: what is in parentheses means something else
 * from now on. */
static void look_for_mark(struct ph_top *top, const struct ph_monitor_state *state)
{
    if (!top->choice.since_mark || state->mark || !state->now)
        return;
    top->choice.since_mark = false;
    ph_top_say(top, "this is before the mark, which is gone: changes are between readings");
}

struct ph_error *ph_top_draw(struct ph_top *top)
{
    struct ph_top_layout layout = {0};
    unsigned columns;

    ph_terminal_grid_size(top->terminal, &columns, &top->screen_rows);
    top->style.columns = columns;
    PH_TRY(ph_grid_resize(&top->grid, columns, top->screen_rows));
    ph_text_clear(&top->text);

    const struct ph_monitor_state *state = ph_monitor_lock(top->monitor);
    struct ph_error *error = NULL;
    take_facts(top, state);
    look_for_mark(top, state);
    tell_time(top, state);
    if (top->view == PH_VIEW_TABLE)
        error = draw_table(top, state, &layout);
    else if (top->view == PH_VIEW_DETAIL)
        error = draw_detail(top, state);
    else if (top->view == PH_VIEW_SYSTEM)
        error = draw_system(top, state);
    ph_monitor_unlock(top->monitor);
    PH_TRY(error);
    if (top->view == PH_VIEW_HELP)
        ph_top_help(columns, &top->text);
    PH_TRY(ph_text_check(&top->text));

    if (top->view == PH_VIEW_TABLE) {
        (void)ph_grid_text(&top->grid, 0, top->screen_rows, 0, ph_text_slice(&top->text));
        if (top->row_count && layout.selected_line < top->screen_rows)
            ph_grid_look(&top->grid, (unsigned)layout.selected_line, PH_CELL_REVERSE);
    } else {
        lay_text(top);
    }
    if (top->answer)
        ph_prompt_draw(&top->prompt, &top->grid);
    return NULL;
}
