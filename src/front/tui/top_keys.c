/* The keys of `poolhound top`: one table for what they do and for the help page.
 *
 * poolmon's own keys mean what they mean there; its two documented meanings of s are both here.
 */
#include <stdarg.h>
#include <string.h>

#include "base/os.h"
#include "front/tui/top.h"
#include "render/screen.h"

enum { CTRL_L = 12 };

void ph_top_say(struct ph_top *top, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    ph_autofree char *text = ph_vformat(format, args);
    va_end(args);
    ph_text_clear(&top->message);
    if (text)
        ph_text_puts(&top->message, text);
    top->message_is_error = false;
    top->said_ns = ph_boottime_ns();
}

void ph_top_ask(struct ph_top *top, const char *title, struct ph_slice text,
                struct ph_error *(*answer)(struct ph_top *top, const char *text))
{
    ph_prompt_open(&top->prompt, title, text);
    top->answer = answer;
}

/* ------------------------------------------------------------------ what is shown */

static struct ph_error *change_pools(struct ph_top *top, uint32_t key)
{
    uint32_t *pools = &top->choice.selection.pools;

    (void)key;
    if (*pools == PH_POOLS_NONPAGED)
        *pools = PH_POOLS_PAGED;
    else
        *pools = *pools == PH_POOLS_PAGED ? 0 : PH_POOLS_NONPAGED;
    ph_top_say(top, !*pools                       ? "all pools"
                    : *pools == PH_POOLS_NONPAGED ? "nonpaged pool only (Linux: what cannot be "
                                                    "reclaimed)"
                                                  : "paged pool only (Linux: what can be "
                                                    "reclaimed)");
    return NULL;
}

static struct ph_error *set_patterns(struct ph_top *top, const char *text, bool include)
{
    struct ph_patterns *patterns = include ? &top->includes : &top->excludes;
    struct ph_selection *selection = &top->choice.selection;

    PH_TRY(ph_patterns_parse(ph_slice_of(text), patterns));
    selection->includes = (const char *const *)top->includes.items;
    selection->include_count = top->includes.count;
    selection->excludes = (const char *const *)top->excludes.items;
    selection->exclude_count = top->excludes.count;
    return NULL;
}

static struct ph_error *set_includes(struct ph_top *top, const char *text)
{
    return set_patterns(top, text, true);
}

static struct ph_error *set_excludes(struct ph_top *top, const char *text)
{
    return set_patterns(top, text, false);
}

static struct ph_error *filter(struct ph_top *top, uint32_t key)
{
    PH_GUARD(ph_text_fini) struct ph_text line = {0};

    ph_patterns_line(key == 'i' ? &top->includes : &top->excludes, &line);
    PH_TRY(ph_text_check(&line));
    if (key == 'i')
        ph_top_ask(top, "Only (* ? patterns; empty = all): ", ph_text_slice(&line), set_includes);
    else
        ph_top_ask(top, "Leave out (* ? patterns): ", ph_text_slice(&line), set_excludes);
    return NULL;
}

static struct ph_error *toggle_totals(struct ph_top *top, uint32_t key)
{
    (void)key;
    top->totals = !top->totals;
    ph_top_say(top, top->totals ? "a line with the sums" : "no sums");
    return NULL;
}

static struct ph_error *toggle_highlight(struct ph_top *top, uint32_t key)
{
    (void)key;
    top->highlight = !top->highlight;
    ph_top_say(top, top->highlight ? "rows that changed stand out"
                                   : "rows that changed do not stand out");
    return NULL;
}

static struct ph_error *choose_session(struct ph_top *top, uint32_t key)
{
    if (!top->facts.sessions)
        return ph_errorf(PH_ERR_USAGE, "this input has no session pools");
    top->choice.session = (int)(key - '0');
    ph_top_say(top, "session %d; s goes back to the system's pools", top->choice.session);
    return NULL;
}

/* ------------------------------------------------------------------ order */

static void say_order(struct ph_top *top, const char *more)
{
    static const char *const WORDS[2][2] = {{"largest first", "smallest first"},
                                            {"a to z", "z to a"}};
    enum ph_top_column sort = top->choice.sort;
    bool words = sort == PH_TOP_TAG || sort == PH_TOP_TYPE || sort == PH_TOP_OWNER;

    ph_top_say(top, "sorted by %s%s, %s%s", ph_top_column_name(sort),
               top->choice.by_change ? " (its change)" : "",
               sort == PH_TOP_VERDICT ? (top->choice.reverse ? "best first" : "worst first")
                                      : WORDS[words && !top->choice.by_change][top->choice.reverse],
               more);
}

static struct ph_error *sort_by(struct ph_top *top, uint32_t key)
{
    static const struct {
        uint32_t key;
        enum ph_top_column column;
    } TABLE[] = {
        {'t', PH_TOP_TAG},   {'a', PH_TOP_ALLOCS},   {'f', PH_TOP_FREES},
        {'d', PH_TOP_DIFF},  {'b', PH_TOP_BYTES},    {'m', PH_TOP_PER_ALLOC},
        {'r', PH_TOP_RATE},  {'%', PH_TOP_PERCENT},  {'v', PH_TOP_VERDICT},
        {'o', PH_TOP_OWNER}, {'\0', PH_TOP_COLUMNS},
    };

    for (size_t i = 0; TABLE[i].key; i++)
        if (TABLE[i].key == key)
            top->choice.sort = TABLE[i].column;
    say_order(top, "");
    return NULL;
}

/* The next column that things can be sorted by: all but the picture. */
static struct ph_error *next_column(struct ph_top *top, uint32_t key)
{
    unsigned step = key == '>' ? 1 : PH_TOP_COLUMNS - 1;

    do
        top->choice.sort = (enum ph_top_column)((top->choice.sort + step) % PH_TOP_COLUMNS);
    while (top->choice.sort == PH_TOP_TREND);
    say_order(top, "");
    return NULL;
}

static struct ph_error *toggle_change(struct ph_top *top, uint32_t key)
{
    (void)key;
    top->choice.by_change = !top->choice.by_change;
    say_order(top, "");
    return NULL;
}

static struct ph_error *toggle_reverse(struct ph_top *top, uint32_t key)
{
    (void)key;
    top->choice.reverse = !top->choice.reverse;
    say_order(top, "");
    return NULL;
}

/* poolmon's s: session pools by the page of its keys, sort by diff by two older articles. */
static struct ph_error *session_or_diff(struct ph_top *top, uint32_t key)
{
    /* asked for on the command line, though the input has none: s leads back all the same */
    bool sessions = top->facts.sessions || top->choice.session != PH_TOP_SYSTEM_POOL;

    if ((key == 's') != sessions) {
        if (key == 'S' && !sessions)
            return ph_errorf(PH_ERR_USAGE, "this input has no session pools; s sorts by Diff");
        top->choice.sort = PH_TOP_DIFF;
        say_order(top, key == 's' ? "; S would show session pools" : "; s shows session pools");
        return NULL;
    }
    if (key == 'S')
        return ph_errorf(PH_ERR_USAGE, "this input has no session pools; s sorts by Diff");
    top->choice.session =
        top->choice.session == PH_TOP_SYSTEM_POOL ? PH_TOP_ALL_SESSIONS : PH_TOP_SYSTEM_POOL;
    ph_top_say(top, !top->facts.sessions ? "the system's pools; this input has no session pools"
                    : top->choice.session == PH_TOP_SYSTEM_POOL
                        ? "the system's pools; s shows session pools, S sorts by Diff"
                        : "all session pools, 0-9 one; s goes back, S sorts by Diff");
    return NULL;
}

/* ------------------------------------------------------------------ search */

static bool same_letter(char a, char b)
{
    return (a >= 'A' && a <= 'Z' ? a + 32 : a) == (b >= 'A' && b <= 'Z' ? b + 32 : b);
}

static bool holds(struct ph_slice text, const char *part)
{
    size_t length = strlen(part), k;

    for (size_t i = 0; i + length <= text.size; i++) {
        for (k = 0; k < length && same_letter(text.data[i + k], part[k]); k++)
            continue;
        if (k == length)
            return true;
    }
    return false;
}

static bool found(const struct ph_monitor_state *state, const struct ph_top_row *row,
                  const char *part)
{
    const struct ph_series *series = &state->catalog->series[row->series];

    return holds(series->tag, part) ||
           (series->module && holds(ph_slice_of(series->module), part)) ||
           (series->aliases && holds(ph_slice_of(series->aliases), part)) ||
           (row->owner && holds(ph_slice_of(row->owner), part));
}

/* Selects the next row (or the one before) that holds what is searched for; round the end. */
static void find_next(struct ph_top *top, bool back, bool here_too)
{
    size_t count = top->rows.count, at = top->selected < count ? top->selected : 0;
    const struct ph_monitor_state *state = ph_monitor_lock(top->monitor);
    struct ph_error *error = ph_top_collect(top, state);
    bool any = false;

    count = error ? 0 : top->rows.count;
    for (size_t i = here_too ? 0 : 1; count && i <= count && !any; i++) {
        size_t row = (at + (back ? count - i % count : i)) % count;
        if (!found(state, &top->rows.items[row], top->find))
            continue;
        any = true;
        top->selected = row;
        top->series = top->rows.items[row].series;
        top->pinned = true;
    }
    ph_monitor_unlock(top->monitor);
    ph_error_free(error);
    if (any)
        ph_top_say(top, "n finds the next %s, N the one before", top->find);
    else
        ph_top_say(top, "no tag, module or owner here holds %s", top->find);
    top->message_is_error = !any;
}

static struct ph_error *find_first(struct ph_top *top, const char *text)
{
    char *copy = *text ? ph_strdup(text) : NULL;

    if (!*text)
        return NULL;
    if (!copy)
        return ph_error_nomem();
    ph_free(top->find);
    top->find = copy;
    find_next(top, false, true);
    return NULL;
}

static struct ph_error *search(struct ph_top *top, uint32_t key)
{
    (void)key;
    ph_top_ask(top, "Find: ", ph_slice_of(top->find ? top->find : ""), find_first);
    return NULL;
}

static struct ph_error *search_again(struct ph_top *top, uint32_t key)
{
    if (!top->find)
        return ph_errorf(PH_ERR_USAGE, "nothing was searched for yet; / does");
    find_next(top, key == 'N', false);
    return NULL;
}

/* ------------------------------------------------------------------ moving */

static size_t moved(size_t at, uint32_t key, size_t page, size_t last)
{
    size_t step = key == PH_KEY_UP || key == PH_KEY_DOWN ? 1 : page ? page : 1;

    switch (key) {
    case PH_KEY_HOME:
        return 0;
    case PH_KEY_END:
        return last;
    case PH_KEY_UP:
    case PH_KEY_PAGE_UP:
        return at > step ? at - step : 0;
    default:
        return last - at > step ? at + step : last;
    }
}

static struct ph_error *move(struct ph_top *top, uint32_t key)
{
    if (top->view == PH_VIEW_TABLE) {
        size_t last = top->row_count ? top->row_count - 1 : 0;
        size_t at = top->selected < last ? top->selected : last;
        top->selected = moved(at, key, top->page, last);
        top->pinned = top->selected != 0;
        top->series = UINT32_MAX; /* whichever row is there now: a next key may sort anew */
        return ph_top_select(top);
    }
    size_t page = top->grid.rows > 1 ? top->grid.rows - 1 : 1;
    size_t last = top->lines > page ? top->lines - page : 0;
    top->scroll = moved(top->scroll < last ? top->scroll : last, key, page, last);
    return NULL;
}

/* ------------------------------------------------------------------ views */

static void show(struct ph_top *top, enum ph_view view)
{
    top->view = view;
    top->scroll = 0;
}

static struct ph_error *drill_down(struct ph_top *top, uint32_t key)
{
    (void)key;
    if (top->view == PH_VIEW_DETAIL) {
        show(top, PH_VIEW_TABLE);
        return NULL;
    }
    PH_TRY(ph_top_select(top)); /* before the first drawing, too */
    if (!top->row_count)
        return ph_errorf(PH_ERR_USAGE, "no row is selected");
    show(top, PH_VIEW_DETAIL);
    top->pinned = true;
    return NULL;
}

static struct ph_error *system_panel(struct ph_top *top, uint32_t key)
{
    (void)key;
    show(top, top->view == PH_VIEW_SYSTEM ? PH_VIEW_TABLE : PH_VIEW_SYSTEM);
    return NULL;
}

static struct ph_error *help(struct ph_top *top, uint32_t key)
{
    (void)key;
    if (top->view == PH_VIEW_HELP) {
        show(top, top->behind);
        return NULL;
    }
    top->behind = top->view;
    show(top, PH_VIEW_HELP);
    return NULL;
}

static struct ph_error *leave(struct ph_top *top, uint32_t key)
{
    (void)key;
    if (top->view == PH_VIEW_TABLE)
        top->quit = true;
    else if (top->view == PH_VIEW_HELP)
        show(top, top->behind);
    else
        show(top, PH_VIEW_TABLE);
    return NULL;
}

static struct ph_error *redraw(struct ph_top *top, uint32_t key)
{
    (void)key;
    top->afresh = true;
    return NULL;
}

/* ------------------------------------------------------------------ the table */

const struct ph_top_key ph_top_keys[] = {
    {{'b'}, "b", "sort by bytes", PH_VIEW_TABLE, sort_by},
    {{'d'}, "d", "sort by diff", PH_VIEW_TABLE, sort_by},
    {{'a', 'f'}, "a f", "sort by allocs, by frees", PH_VIEW_TABLE, sort_by},
    {{'m', 't'}, "m t", "sort by per alloc, by tag", PH_VIEW_TABLE, sort_by},
    {{'r', '%'}, "r %", "sort by rate, by percent", PH_VIEW_TABLE, sort_by},
    {{'v', 'o'}, "v o", "sort by verdict, by owner", PH_VIEW_TABLE, sort_by},
    {{'<', '>'}, "< >", "sort by the next column", PH_VIEW_TABLE, next_column},
    {{'(', ')'}, "( )", "sort by change, on and off", PH_VIEW_TABLE, toggle_change},
    {{'R'}, "R", "turn the order round", PH_VIEW_TABLE, toggle_reverse},
    {{'p'}, "p", "nonpaged, paged, both", PH_VIEW_TABLE, change_pools},
    {{'s'}, "s", "session pools, or by diff", PH_VIEW_TABLE, session_or_diff},
    {{'S'}, "S", "the other meaning of s", PH_VIEW_TABLE, session_or_diff},
    {{'0', '1', '2', '3', '4', '5', '6', '7', '8', '9'},
     "0-9",
     "the pools of one session",
     PH_VIEW_TABLE,
     choose_session},
    {{'i'}, "i", "include tags", PH_VIEW_TABLE, filter},
    {{'x'}, "x", "exclude tags", PH_VIEW_TABLE, filter},
    {{'e'}, "e", "a line with the sums", PH_VIEW_TABLE, toggle_totals},
    {{'l'}, "l", "highlight changes", PH_VIEW_TABLE, toggle_highlight},
    {{'/'}, "/", "find a tag or an owner", PH_VIEW_TABLE, search},
    {{'n', 'N'}, "n N", "find the next, the last one", PH_VIEW_TABLE, search_again},
    {{PH_KEY_ENTER},
     "Enter",
     "all about the selected tag",
     PH_VIEW_TABLE | PH_VIEW_DETAIL,
     drill_down},
    {{'y'}, "y", "the kernel's memory", PH_VIEW_DATA, system_panel},
    {{PH_KEY_UP, PH_KEY_DOWN}, "Up Down", "move", PH_VIEW_ALL, move},
    {{PH_KEY_PAGE_UP, PH_KEY_PAGE_DOWN}, "PgUp PgDn", "move by a page", PH_VIEW_ALL, move},
    {{PH_KEY_HOME, PH_KEY_END}, "Home End", "move to the first, the last", PH_VIEW_ALL, move},
    {{' '}, "Space", "pause, go on", PH_VIEW_DATA, ph_top_pause},
    {{'+', '-'}, "+ -", "longer, shorter interval", PH_VIEW_DATA, ph_top_interval},
    {{'u'}, "u", "read now", PH_VIEW_DATA, ph_top_refresh},
    {{CTRL_L}, "Ctrl-L", "draw the screen anew", PH_VIEW_ALL, redraw},
    {{'z'}, "z", "count changes from now on", PH_VIEW_DATA, ph_top_mark},
    {{'Z'}, "Z", "from reading to reading", PH_VIEW_DATA, ph_top_mark},
    {{'[', ']'}, "[ ]", "replay: one reading", PH_VIEW_DATA, ph_top_step},
    {{'{', '}'}, "{ }", "replay: a tenth of it", PH_VIEW_DATA, ph_top_jump},
    {{',', '.'}, ", .", "replay: slower, faster", PH_VIEW_DATA, ph_top_speed},
    {{'g'}, "g", "replay: go to a place", PH_VIEW_DATA, ph_top_go},
    {{'w'}, "w", "write this screen to a file", PH_VIEW_ALL, ph_top_save_screen},
    {{'W'}, "W", "write a report or snapshot", PH_VIEW_DATA, ph_top_save_report},
    {{'h', '?'}, "h ?", "this page", PH_VIEW_ALL, help},
    {{PH_KEY_ESCAPE}, "Esc", "back; from the table: quit", PH_VIEW_ALL, leave},
    {{'q'}, "q", "the same", PH_VIEW_ALL, leave},
};
const size_t ph_top_key_count = sizeof(ph_top_keys) / sizeof(ph_top_keys[0]);

static void tell(struct ph_top *top, struct ph_error *error)
{
    if (!error)
        return;
    ph_top_say(top, "%s", error->text);
    top->message_is_error = true;
    ph_error_free(error);
}

static void press_in_prompt(struct ph_top *top, uint32_t key)
{
    PH_GUARD(ph_text_fini) struct ph_text typed = {0};
    struct ph_error *(*answer)(struct ph_top *, const char *) = top->answer;
    enum ph_prompt_state state = ph_prompt_key(&top->prompt, key);

    if (state == PH_PROMPT_EDITING)
        return;
    top->answer = NULL;
    if (state == PH_PROMPT_CANCELLED)
        return;
    top->widths = (struct ph_top_widths){0};
    ph_prompt_text(&top->prompt, &typed);
    struct ph_error *error = ph_text_check(&typed);
    tell(top, error ? error : answer(top, typed.data));
}

void ph_top_press(struct ph_top *top, uint32_t key)
{
    if (top->answer) {
        press_in_prompt(top, key);
        return;
    }
    ph_text_clear(&top->message);
    top->message_is_error = false;
    if (top->confirmed) {
        struct ph_error *(*confirmed)(struct ph_top *) = top->confirmed;
        top->confirmed = NULL;
        if (key == 'y' || key == 'Y')
            tell(top, confirmed(top));
        else
            ph_top_say(top, "not written");
        return;
    }
    for (size_t i = 0; i < ph_top_key_count; i++)
        for (size_t k = 0; k < sizeof(ph_top_keys[i].keys) / sizeof(uint32_t); k++) {
            if (ph_top_keys[i].keys[k] != key || !(ph_top_keys[i].views & top->view))
                continue;
            if (ph_top_keys[i].act != move) /* another order, other rows: measured anew */
                top->widths = (struct ph_top_widths){0};
            tell(top, ph_top_keys[i].act(top, key));
            return;
        }
    ph_top_say(top, "this key has no meaning here; h lists those that have");
}
