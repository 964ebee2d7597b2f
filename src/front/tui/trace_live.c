#include "front/tui/trace_live.h"

#include <string.h>

#include "base/os.h"
#include "front/tui/cells.h"
#include "front/tui/terminal.h"
#include "render/trace_views.h"

enum {
    HEAD_SHARE = 3, /* at most 1 of so many lines of the screen is the head */
    HEAD_LEAST = 4,
    KEY_WIDTH = 10,
    KEYS_AT_ONCE = 256
};

enum view { VIEW_TABLE, VIEW_SITE, VIEW_NOTES, VIEW_HELP };

struct live {
    struct ph_trace_setup *setup;
    struct ph_trace *trace; /* shown */
    struct ph_trace_rows rows;
    struct ph_trace_report report;
    struct ph_terminal *terminal;
    struct ph_style style;
    struct ph_grid grid;
    struct ph_text text;
    unsigned screen_rows;
    enum view view, behind; /* behind: where help goes back to */
    size_t selected, first, page;
    bool pinned; /* the selected row follows its site */
    size_t site; /* the selected one, in trace->sites; SIZE_MAX = none */
    size_t scroll, lines;
    const char *message; /* static; NULL */
    bool paused, afresh, quit;
};

/* ------------------------------------------------------------------ readings */

static bool same_text(const char *a, const char *b)
{
    return !strcmp(a ? a : "", b ? b : "");
}

/* One site at two readings. */
static bool same_site(const struct ph_trace_site *a, const struct ph_trace_site *b)
{
    return a->kind == b->kind && a->place.address == b->place.address &&
           same_text(a->cache, b->cache) && same_text(a->owner.function, b->owner.function) &&
           same_text(a->owner.module, b->owner.module);
}

/* Where the selected site of the old reading is in the new one. A call of a helper is split by its
 * owners once stacks tell them: then the largest of them. */
static size_t find_again(const struct ph_trace *old, size_t site, const struct ph_trace *fresh)
{
    size_t split = SIZE_MAX;

    if (site >= old->count)
        return SIZE_MAX;
    for (size_t i = 0; i < fresh->count; i++) {
        const struct ph_trace_site *a = &old->sites[site], *b = &fresh->sites[i];
        if (same_site(a, b))
            return i;
        if (split == SIZE_MAX && a->kind == b->kind && a->place.address == b->place.address &&
            same_text(a->cache, b->cache))
            split = i;
    }
    return split;
}

static struct ph_error *sort(struct live *live)
{
    struct ph_trace_report *report = &live->report;

    PH_TRY(ph_trace_rows(live->trace, &live->setup->choice, &live->rows));
    report->trace = live->trace;
    report->rows = live->rows.items;
    report->row_count = live->rows.count;
    report->staying = live->rows.staying;
    report->sort = live->setup->choice.sort;
    report->reverse = live->setup->choice.reverse;
    report->losses = &live->trace->losses;
    report->paused = live->paused;
    if (live->pinned && live->site != SIZE_MAX)
        for (size_t i = 0; i < live->rows.count; i++)
            if (live->rows.items[i] == live->site)
                live->selected = i;
    if (live->selected >= live->rows.count)
        live->selected = live->rows.count ? live->rows.count - 1 : 0;
    if (live->rows.count && (!live->pinned || live->site == SIZE_MAX))
        live->site = live->rows.items[live->selected];
    return NULL;
}

/* Tracing is read while the table stands still, too: the limit of CPU and the cohorts need it. */
static struct ph_error *take_reading(struct live *live)
{
    PH_GUARD(ph_trace_fini) struct ph_trace fresh = {0};

    PH_TRY(ph_tracing_read(live->setup->tracing, &fresh));
    if (live->paused)
        return NULL;
    live->site = find_again(live->trace, live->site, &fresh);
    if (live->view == VIEW_SITE && live->site == SIZE_MAX) {
        live->view = VIEW_TABLE;
        live->message = "nothing of that site is left";
    }
    ph_trace_fini(live->trace);
    *live->trace = fresh;
    fresh = (struct ph_trace){0};
    return sort(live);
}

/* ------------------------------------------------------------------ keys */

static void change_sort(struct live *live, uint32_t key)
{
    static const struct {
        uint32_t key;
        enum ph_trace_column column;
    } SORTS[] = {
        {'t', PH_TRACE_BY_SITE},    {'m', PH_TRACE_BY_MODULE},    {'c', PH_TRACE_BY_CACHE},
        {'a', PH_TRACE_BY_ALLOCS},  {'f', PH_TRACE_BY_FREES},     {'d', PH_TRACE_BY_DIFF},
        {'b', PH_TRACE_BY_BYTES},   {'e', PH_TRACE_BY_PER_ALLOC}, {'o', PH_TRACE_BY_OLDEST},
        {'v', PH_TRACE_BY_VERDICT},
    };
    struct ph_trace_choice *choice = &live->setup->choice;

    for (size_t i = 0; i < sizeof(SORTS) / sizeof(SORTS[0]); i++) {
        if (SORTS[i].key != key)
            continue;
        choice->reverse = choice->sort == SORTS[i].column && !choice->reverse;
        choice->sort = SORTS[i].column;
    }
}

static void reverse(struct live *live, uint32_t key)
{
    (void)key;
    live->setup->choice.reverse = !live->setup->choice.reverse;
}

static void pause_or_go(struct live *live, uint32_t key)
{
    (void)key;
    live->paused = !live->paused;
}

static void open_site(struct live *live, uint32_t key)
{
    (void)key;
    if (!live->rows.count)
        return;
    live->site = live->rows.items[live->selected];
    live->pinned = true;
    live->view = VIEW_SITE;
    live->scroll = 0;
    if (live->setup->arguments->no_stacks)
        return;
    struct ph_error *error =
        ph_tracing_want_stacks(live->setup->tracing, &live->trace->sites[live->site]);
    if (error)
        live->message = "stacks of this site cannot be had";
    ph_error_free(error);
}

static void open_notes(struct live *live, uint32_t key)
{
    (void)key;
    live->view = VIEW_NOTES;
    live->scroll = 0;
}

static void open_help(struct live *live, uint32_t key)
{
    (void)key;
    live->behind = live->view;
    live->view = VIEW_HELP;
    live->scroll = 0;
}

static void back(struct live *live, uint32_t key)
{
    (void)key;
    live->view = live->view == VIEW_HELP ? live->behind : VIEW_TABLE;
    live->scroll = 0;
}

static void quit(struct live *live, uint32_t key)
{
    (void)key;
    live->quit = true;
}

/* Towards `to`, within 0..most. */
static size_t moved(size_t from, uint32_t key, size_t page, size_t most)
{
    size_t step = key == PH_KEY_PAGE_UP || key == PH_KEY_PAGE_DOWN ? page : 1;

    if (key == PH_KEY_HOME)
        return 0;
    if (key == PH_KEY_END)
        return most;
    if (key == PH_KEY_UP || key == PH_KEY_PAGE_UP)
        return from > step ? from - step : 0;
    return from + step < most ? from + step : most;
}

static void move(struct live *live, uint32_t key)
{
    if (live->view == VIEW_TABLE) {
        if (!live->rows.count)
            return;
        live->selected = moved(live->selected, key, live->page, live->rows.count - 1);
        live->site = live->rows.items[live->selected];
        live->pinned = true;
        return;
    }
    size_t page = live->screen_rows > 1 ? live->screen_rows - 1 : 1;
    live->scroll = moved(live->scroll, key, page, live->lines > page ? live->lines - page : 0);
}

static const struct {
    uint32_t keys[10];
    const char *name, *help;
    void (*act)(struct live *live, uint32_t key);
} KEYS[] = {
    {{'q', 'Q'}, "q", "end, and print the table", quit},
    {{PH_KEY_ESCAPE, PH_KEY_BACKSPACE}, "Esc", "back to the table", back},
    {{'h', '?'}, "h ?", "this page", open_help},
    {{PH_KEY_ENTER},
     "Enter",
     "all of one site: verdict, ages, life table, stacks (asked for from then on)",
     open_site},
    {{'n'}, "n", "the head in full: cost, losses, and what they do to the numbers", open_notes},
    {{'p', ' '}, "p Space", "hold the table, go on (tracing never stops)", pause_or_go},
    {{'t', 'm', 'c'},
     "t m c",
     "sort by site, module, cache; again: the other way round",
     change_sort},
    {{'a', 'f', 'd'}, "a f d", "sort by allocs, frees, diff (living objects)", change_sort},
    {{'b', 'e', 'o', 'v'},
     "b e o v",
     "sort by bytes, bytes each, age of the oldest, verdict",
     change_sort},
    {{'r'}, "r", "turn the order round", reverse},
    {{PH_KEY_UP, PH_KEY_DOWN, PH_KEY_PAGE_UP, PH_KEY_PAGE_DOWN, PH_KEY_HOME, PH_KEY_END},
     "arrows",
     "choose a row, scroll; PgUp, PgDn, Home, End",
     move},
};
enum { KEY_COUNT = sizeof(KEYS) / sizeof(KEYS[0]) };

static void press(struct live *live, uint32_t key)
{
    live->message = NULL;
    for (size_t i = 0; i < KEY_COUNT; i++)
        for (size_t k = 0; KEYS[i].keys[k]; k++)
            if (KEYS[i].keys[k] == key)
                KEYS[i].act(live, key);
}

/* ------------------------------------------------------------------ drawing */

static void help_text(struct ph_text *out)
{
    for (size_t i = 0; i < KEY_COUNT; i++)
        ph_text_printf(out, "\033[1m%-*s\033[0m%s\n", KEY_WIDTH, KEYS[i].name, KEYS[i].help);
    ph_text_puts(out,
                 "\nSite      the function that memory is laid to; 'via' the helper it called\n"
                 "Diff      objects that were allocated since tracing began and live\n"
                 "Oldest    age of the oldest of them\n"
                 "Age       STAYING: cohort after cohort lives on, as a leak's do; dying: "
                 "ordinary work;\n"
                 "          step: stays, but nothing was added; young: too early to say\n"
                 "~         an estimate (sampling); its interval is in the site's view\n"
                 "!         the module was unloaded; its memory is still there\n");
}

static void status_line(struct live *live)
{
    PH_GUARD(ph_text_fini) struct ph_text line = {0};
    size_t page = live->screen_rows > 1 ? live->screen_rows - 1 : 1;

    if (live->message) {
        ph_text_puts(&line, live->message);
    } else if (live->view == VIEW_TABLE) {
        ph_text_puts(&line, "\033[1mq end  h keys  Enter site  n notes");
        if (live->trace->losses.count) {
            ph_text_printf(&line, " (%zu not traced)", live->trace->losses.count);
        }
        if (live->rows.count > live->page)
            ph_text_printf(&line, "  rows %zu-%zu of %zu", live->first + 1,
                           live->first + live->page < live->rows.count ? live->first + live->page
                                                                       : live->rows.count,
                           live->rows.count);
    } else {
        ph_text_puts(&line, "\033[1mEsc back   h keys");
        if (live->lines > page)
            ph_text_printf(&line, "   lines %zu-%zu of %zu, PgUp PgDn", live->scroll + 1,
                           live->scroll + page < live->lines ? live->scroll + page : live->lines,
                           live->lines);
    }
    if (live->paused)
        ph_text_puts(&line, "  \033[33mpaused");
    if (!line.failed && live->screen_rows)
        (void)ph_grid_text(&live->grid, live->screen_rows - 1, 1, 0, ph_text_slice(&line));
}

/* The head cut to its share of the screen, then the table around the selected row. */
static struct ph_error *draw_table(struct live *live)
{
    PH_GUARD(ph_text_fini) struct ph_text head = {0};
    unsigned most = live->screen_rows / HEAD_SHARE;

    most = most < HEAD_LEAST ? HEAD_LEAST : most;
    ph_screen_trace_head(&live->report, &live->style, true, &head);
    PH_TRY(ph_text_check(&head));
    size_t lines = ph_grid_text(&live->grid, 0, most, 0, ph_text_slice(&head));
    unsigned used = (unsigned)(lines < most ? lines : most);
    if (live->screen_rows < used + 3)
        return NULL;
    live->page = live->screen_rows - used - 2; /* heading and status line */
    if (live->selected < live->first)
        live->first = live->selected;
    if (live->selected >= live->first + live->page)
        live->first = live->selected - live->page + 1;
    if (live->first + live->page > live->rows.count)
        live->first = live->rows.count > live->page ? live->rows.count - live->page : 0;
    ph_screen_trace_table(&live->report, &live->style, live->first, live->page, &live->text);
    PH_TRY(ph_text_check(&live->text));
    (void)ph_grid_text(&live->grid, used, live->screen_rows - used, 0, ph_text_slice(&live->text));
    ph_grid_look(&live->grid, used, PH_CELL_UNDERLINE);
    if (live->rows.count)
        ph_grid_look(&live->grid, used + 1 + (unsigned)(live->selected - live->first),
                     PH_CELL_REVERSE);
    return NULL;
}

static struct ph_error *draw_text(struct live *live)
{
    unsigned page = live->screen_rows > 1 ? live->screen_rows - 1 : 1;
    struct ph_screen screen = ph_screen_of(&live->style, &live->text);

    if (live->view == VIEW_SITE) {
        ph_screen_trace_site(&live->report, &live->trace->sites[live->site], &live->style,
                             &live->text);
    } else if (live->view == VIEW_NOTES) {
        ph_screen_trace_head(&live->report, &live->style, false, &live->text);
        ph_screen_losses(&screen, live->report.losses);
    } else {
        help_text(&live->text);
    }
    PH_TRY(ph_text_check(&live->text));
    live->lines = ph_grid_text(&live->grid, 0, page, live->scroll, ph_text_slice(&live->text));
    if (live->scroll && live->scroll + page > live->lines) { /* it became shorter */
        live->scroll = live->lines > page ? live->lines - page : 0;
        (void)ph_grid_text(&live->grid, 0, page, live->scroll, ph_text_slice(&live->text));
    }
    return NULL;
}

static struct ph_error *draw(struct live *live)
{
    unsigned columns;

    ph_terminal_grid_size(live->terminal, &columns, &live->screen_rows);
    live->style.columns = columns;
    PH_TRY(ph_grid_resize(&live->grid, columns, live->screen_rows));
    ph_text_clear(&live->text);
    PH_TRY(sort(live));
    PH_TRY(live->view == VIEW_TABLE ? draw_table(live) : draw_text(live));
    status_line(live);
    ph_terminal_paint(live->terminal, &live->grid, live->afresh);
    live->afresh = false;
    return NULL;
}

/* ------------------------------------------------------------------ the loop */

/* Memory that is short now may be there at the next reading: the table stands still until then. */
static struct ph_error *unless_short(struct live *live, struct ph_error *error)
{
    if (!error || error->code != PH_ERR_NOMEM)
        return error;
    ph_error_free(error);
    live->message = "out of memory; trying again";
    return NULL;
}

static void take_keys(struct live *live, uint32_t key)
{
    for (int i = 0; key != PH_KEY_NONE && !live->quit && i < KEYS_AT_ONCE; i++) {
        if (key == PH_KEY_GONE)
            live->quit = true;
        else if (key == PH_KEY_RESIZE)
            live->afresh = true;
        else
            press(live, key);
        key = ph_terminal_key(live->terminal, 0);
    }
}

static struct ph_error *loop(struct live *live)
{
    int64_t next_ns = ph_boottime_ns() + live->setup->interval_ns;

    PH_TRY(take_reading(live));
    while (!live->quit && !ph_interrupted() && ph_boottime_ns() < live->setup->end_ns) {
        PH_TRY(unless_short(live, draw(live)));
        int64_t until = next_ns < live->setup->end_ns ? next_ns : live->setup->end_ns;
        int64_t wait = until - ph_boottime_ns();
        take_keys(live, ph_terminal_key(live->terminal, wait > 0 ? wait : 0));
        if (ph_boottime_ns() < next_ns)
            continue;
        PH_TRY(unless_short(live, take_reading(live)));
        next_ns = ph_boottime_ns() + live->setup->interval_ns;
    }
    live->paused = false;
    return take_reading(live);
}

static void live_fini(struct live *live)
{
    ph_terminal_close(live->terminal);
    ph_trace_rows_fini(&live->rows);
    ph_grid_fini(&live->grid);
    ph_text_fini(&live->text);
}

struct ph_error *ph_trace_live(struct ph_trace_setup *setup, struct ph_trace *trace)
{
    PH_GUARD(live_fini)
    struct live live = {
        .setup = setup,
        .trace = trace,
        .report = setup->report,
        .site = SIZE_MAX,
        /* Looks are always asked for: where there are no colours, the terminal has others. */
        .style = {.colour = true, .utf8 = ph_locale_is_utf8()},
    };

    PH_TRY(ph_terminal_open(ph_front_wants_colour(setup->arguments), setup->arguments->screen,
                            &live.terminal));
    return loop(&live);
}
