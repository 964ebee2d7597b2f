/* top: watch the tags live, or a recording. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "base/parallel.h"
#include "front/tui/top.h"

enum {
    KEYS_AT_ONCE = 256, /* before the screen follows */
    PAINT_MS = 40,      /* at least between two screens, except after a key */
    PLAY_SPEED = 600,   /* of a replay that goes on from where it stands: a log's 10 min in 1 s */
    TICK_MS = 1100      /* a little more than the shortest interval: no wake-up just for the age */
};

static const int64_t MILLISECOND = PH_SECOND / 1000;

/* ------------------------------------------------------------------ the command line */

static struct ph_error *column_from(const char *text, enum ph_top_column *column)
{
    static const struct {
        const char *id;
        enum ph_top_column column;
    } TABLE[] = {
        {"tag", PH_TOP_TAG},
        {"type", PH_TOP_TYPE},
        {"allocs", PH_TOP_ALLOCS},
        {"frees", PH_TOP_FREES},
        {"diff", PH_TOP_DIFF},
        {"bytes", PH_TOP_BYTES},
        {"per-alloc", PH_TOP_PER_ALLOC},
        {"percent", PH_TOP_PERCENT},
        {"rate", PH_TOP_RATE},
        {"verdict", PH_TOP_VERDICT},
        {"owner", PH_TOP_OWNER},
    };

    for (size_t i = 0; i < sizeof(TABLE) / sizeof(TABLE[0]); i++)
        if (!strcmp(TABLE[i].id, text)) {
            *column = TABLE[i].column;
            return NULL;
        }
    return ph_errorf(PH_ERR_USAGE,
                     "--sort %s: no such column; there are tag, type, allocs, frees, diff, bytes, "
                     "per-alloc, percent, rate, verdict and owner",
                     text);
}

static struct ph_error *session_from(const char *text, int *session)
{
    uint64_t number;

    if (!strcmp(text, "all")) {
        *session = PH_TOP_ALL_SESSIONS;
        return NULL;
    }
    if (ph_parse_u64(ph_slice_of(text), &number) != PH_NUMBER_OK || number > INT32_MAX)
        return ph_errorf(PH_ERR_USAGE, "--session %s: neither a session's number nor 'all'", text);
    *session = (int)number;
    return NULL;
}

static struct ph_error *speed_from(const char *text, double *speed)
{
    char *end = NULL;

    errno = 0;
    *speed = strtod(text, &end);
    if (end == text || *end || errno || !isfinite(*speed) || *speed < 0)
        return ph_errorf(PH_ERR_USAGE, "--speed %s: not a number of at least 0", text);
    return NULL;
}

static struct ph_error *add_all(const struct ph_words *words, struct ph_patterns *patterns)
{
    for (size_t i = 0; i < words->count; i++)
        PH_TRY(ph_patterns_add(patterns, ph_slice_of(words->items[i])));
    return NULL;
}

static struct ph_error *read_arguments(const struct ph_arguments *arguments, struct ph_top *top)
{
    struct ph_selection *selection = &top->choice.selection;

    PH_TRY(ph_arguments_selection(arguments, selection));
    PH_TRY(add_all(&arguments->includes, &top->includes));
    PH_TRY(add_all(&arguments->excludes, &top->excludes));
    selection->includes = (const char *const *)top->includes.items;
    selection->excludes = (const char *const *)top->excludes.items;
    top->choice.sort = PH_TOP_BYTES;
    if (arguments->top_sort)
        PH_TRY(column_from(arguments->top_sort, &top->choice.sort));
    top->choice.session = PH_TOP_SYSTEM_POOL;
    if (arguments->session)
        PH_TRY(session_from(arguments->session, &top->choice.session));
    top->choice.reverse = arguments->reverse;
    top->choice.by_change = arguments->by_change;
    top->totals = arguments->totals;
    top->highlight = !arguments->no_highlight;
    return NULL;
}

/* ------------------------------------------------------------------ the loop */

/* What the monitor's threads wake: the terminal, as long as it is there. */
struct wake {
    struct ph_mutex *mutex;
    struct ph_terminal *terminal;
};

static void set_terminal(struct wake *wake, struct ph_terminal *terminal)
{
    ph_mutex_lock(wake->mutex);
    wake->terminal = terminal;
    ph_mutex_unlock(wake->mutex);
}

static void changed(void *context)
{
    struct wake *wake = context;

    ph_mutex_lock(wake->mutex);
    if (wake->terminal)
        ph_terminal_wake(wake->terminal);
    ph_mutex_unlock(wake->mutex);
}

/* True when the screen tells how long ago something was, and must be drawn again for that alone. */
static bool ticks(const struct ph_top *top)
{
    return top->view != PH_VIEW_HELP && (top->facts.live || !top->facts.any);
}

/* Draws and paints. What cannot be drawn is not worth the end of a long watch: it is tried again.
 */
static void show(struct ph_top *top)
{
    struct ph_error *error = ph_top_draw(top);

    if (!error)
        ph_terminal_paint(top->terminal, &top->grid, top->afresh);
    else if (error->code != PH_ERR_NOMEM) {
        ph_top_say(top, "%s", error->text);
        top->message_is_error = true;
    }
    top->afresh = false;
    ph_error_free(error);
}

/* Takes a key and what came after it, so that a held key on a slow line does not lag. */
static void take_keys(struct ph_top *top, uint32_t key)
{
    for (int i = 0; key != PH_KEY_NONE && !top->quit && !ph_interrupted(); i++) {
        if (key == PH_KEY_GONE)
            top->quit = true;
        else if (key == PH_KEY_RESIZE)
            top->afresh = true;
        else if (key != PH_KEY_WAKE)
            ph_top_press(top, key);
        if (i == KEYS_AT_ONCE || key == PH_KEY_WAKE || key == PH_KEY_RESIZE)
            break;
        key = ph_terminal_key(top->terminal, 0);
    }
}

/* Nanoseconds left until a moment of boottime; 0 when it is over. */
static int64_t until(int64_t boottime_ns)
{
    int64_t left = boottime_ns - ph_boottime_ns();

    return left > 0 ? left : 0;
}

static void loop(struct ph_top *top)
{
    bool dirty = true;
    int64_t shown_ns = 0; /* long ago */

    while (!top->quit && !ph_interrupted()) {
        int64_t wait = -1;
        if (dirty && !until(shown_ns + PAINT_MS * MILLISECOND)) {
            show(top);
            shown_ns = ph_boottime_ns();
            dirty = false;
        }
        if (dirty)
            wait = until(shown_ns + PAINT_MS * MILLISECOND);
        else if (ticks(top))
            wait = until(shown_ns + TICK_MS * MILLISECOND);
        uint32_t key = ph_terminal_key(top->terminal, wait);
        take_keys(top, key);
        if (key != PH_KEY_WAKE && key != PH_KEY_NONE)
            shown_ns = 0; /* a key is answered at once */
        dirty = true;
    }
}

/* ------------------------------------------------------------------ the command */

static void top_fini(struct ph_top *top)
{
    ph_patterns_fini(&top->includes);
    ph_patterns_fini(&top->excludes);
    ph_top_rows_fini(&top->rows);
    ph_text_fini(&top->message);
    ph_text_fini(&top->trouble);
    ph_text_fini(&top->text);
    ph_grid_fini(&top->grid);
    ph_free(top->find);
    ph_free(top->file);
}

static struct ph_error *watch(struct ph_top *top, struct wake *wake,
                              const struct ph_monitor_options *options)
{
    PH_GUARD(ph_monitor_stopp) struct ph_monitor *monitor = NULL;

    PH_TRY(ph_monitor_start(options, &monitor));
    top->monitor = monitor;
    PH_TRY(ph_terminal_open(ph_front_wants_colour(top->arguments), top->arguments->screen,
                            &top->terminal));
    set_terminal(wake, top->terminal);
    loop(top);
    /* The terminal first: the end of a reading may take a while, nobody shall look at a dead screen
     * meanwhile. */
    set_terminal(wake, NULL);
    ph_terminal_close(top->terminal);
    top->terminal = NULL;
    return NULL;
}

struct ph_error *ph_cli_top(const struct ph_arguments *arguments, enum ph_exit *status)
{
    PH_GUARD(top_fini) struct ph_top top = {.arguments = arguments, .view = PH_VIEW_TABLE};
    PH_GUARD(ph_mutex_freep) struct ph_mutex *mutex = NULL;
    ph_autofree char *index = NULL;
    double speed = PLAY_SPEED;

    PH_TRY(read_arguments(arguments, &top));
    PH_TRY(ph_front_owner_files(arguments));
    if (arguments->speed)
        PH_TRY(speed_from(arguments->speed, &speed));
    if (ph_front_has_drivers(arguments))
        PH_TRY(ph_front_index(arguments, &index));
    PH_TRY(ph_mutex_new(&mutex));
    struct wake wake = {.mutex = mutex};
    struct ph_who_options who = ph_front_who(arguments, index, NULL);
    who.progress = NULL; /* the screen is not to be written over */
    struct ph_monitor_options options = {
        .input = ph_arguments_input(arguments, 0),
        .interval_ns = arguments->interval_ns > 0 ? arguments->interval_ns : 2 * PH_SECOND,
        .speed = speed,
        .from_end = !arguments->speed,
        .drop_privileges = true,
        .who = &who,
        .trace = !arguments->no_trace,
        .cpu_most = arguments->cpu_most,
        .changed = changed,
        .context = &wake,
    };
    /* Looks are always asked for: where there are no colours, the terminal has others for them. */
    top.style = (struct ph_style){.colour = true, .utf8 = ph_locale_is_utf8()};
    *status = PH_EXIT_CLEAN;
    return watch(&top, &wake, &options);
}
