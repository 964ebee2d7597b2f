/* Keys that write files: the screen as it is, a report, or poolmon's snapshot. */
#include <string.h>

#include "app/gather_facts.h"
#include "base/os.h"
#include "front/tui/top.h"
#include "render/poolmon_snap.h"
#include "render/report_format.h"
#include "render/screen.h"

/* ------------------------------------------------------------------ names */

/* "poolhound-20261102T140500Z.txt", or the number of the reading where no time is known. */
static void propose(const struct ph_top *top, const char *suffix, struct ph_text *out)
{
    PH_GUARD(ph_text_fini) struct ph_text stamp = {0};
    bool local = top->facts.time_kind == PH_TIME_LOCAL;

    ph_text_puts(out, "poolhound-");
    if (top->facts.any && (top->facts.time_kind == PH_TIME_REAL || local)) {
        ph_text_time(&stamp, top->facts.time_ns);
        for (const char *at = stamp.data ? stamp.data : ""; *at; at++)
            if (*at != '-' && *at != ':' && !(local && *at == 'Z'))
                ph_text_putc(out, *at);
    } else {
        ph_text_printf(out, "reading-%llu", (unsigned long long)top->facts.readings);
    }
    ph_text_puts(out, suffix);
}

/* Writes now, or asks first when there is such a file already. */
static struct ph_error *write_unless_there(struct ph_top *top, const char *file,
                                           struct ph_error *(*write)(struct ph_top *top))
{
    if (!*file)
        return NULL;
    char *copy = ph_strdup(file);
    if (!copy)
        return ph_error_nomem();
    ph_free(top->file);
    top->file = copy;
    if (ph_file_kind(file) == PH_FILE_DIRECTORY)
        return ph_errorf(PH_ERR_USAGE, "%s: is a directory", file);
    if (ph_file_kind(file) == PH_FILE_NONE)
        return write(top);
    top->confirmed = write;
    ph_top_say(top, "%s is there already: overwrite it? (y or n)", file);
    return NULL;
}

/* ------------------------------------------------------------------ the screen */

static struct ph_error *write_screen(struct ph_top *top)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    ph_text_clear(&top->message); /* what is written is the view, not our question */
    PH_TRY(ph_top_draw(top));
    ph_grid_plain(&top->grid, &out);
    PH_TRY(ph_text_check(&out));
    PH_TRY(ph_write_file(top->file, ph_text_slice(&out)));
    ph_top_say(top, "wrote this screen to %s", top->file);
    return NULL;
}

static struct ph_error *screen_named(struct ph_top *top, const char *file)
{
    return write_unless_there(top, file, write_screen);
}

struct ph_error *ph_top_save_screen(struct ph_top *top, uint32_t key)
{
    PH_GUARD(ph_text_fini) struct ph_text name = {0};

    (void)key;
    propose(top, ".txt", &name);
    PH_TRY(ph_text_check(&name));
    ph_top_ask(top, "Write this screen to: ", ph_text_slice(&name), screen_named);
    return NULL;
}

/* ------------------------------------------------------------------ poolmon's snapshot */

static struct ph_error *render_snapshot(struct ph_top *top, const struct ph_monitor_state *state,
                                        struct ph_text *out, struct ph_snap_account *account)
{
    PH_TRY(ph_top_collect(top, state));
    ph_autofree uint32_t *rows = ph_zalloc(top->rows.count + 1, sizeof(*rows));
    if (!rows)
        return ph_error_nomem();
    struct ph_reading_report report = {
        .catalog = state->catalog,
        .sample = state->now,
        .machine = state->machine,
        .rows = rows,
        .source = state->source,
    };
    for (size_t i = 0; i < top->rows.count; i++) {
        const struct ph_value *value = ph_sample_find(state->now, top->rows.items[i].series);
        if (value)
            rows[report.row_count++] = (uint32_t)(value - state->now->values);
    }
    report.matched = report.row_count;
    ph_render_poolmon_snap(&report, "\n", out, account);
    return ph_text_check(out);
}

static struct ph_error *write_snapshot(struct ph_top *top)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    struct ph_snap_account account = {0};

    const struct ph_monitor_state *state = ph_monitor_lock(top->monitor);
    struct ph_error *error = state->now
                                 ? render_snapshot(top, state, &out, &account)
                                 : ph_errorf(PH_ERR_USAGE, "nothing was read yet: nothing written");
    ph_monitor_unlock(top->monitor);
    PH_TRY(error);
    PH_TRY(ph_write_file(top->file, ph_text_slice(&out)));
    if (account.unknown)
        ph_top_say(top, "wrote %zu tags as poolmon does to %s; %zu have unknown numbers, as 0",
                   account.rows, top->file, account.unknown);
    else
        ph_top_say(top, "wrote %zu tags as poolmon does to %s", account.rows, top->file);
    return NULL;
}

/* ------------------------------------------------------------------ a report */

static struct ph_error *render_report(const struct ph_monitor_state *state,
                                      const struct ph_facts *facts,
                                      const struct ph_report_format *format, struct ph_text *out)
{
    struct ph_pool_row pools[PH_POOL_COUNT];
    ph_autofree struct ph_trend *trends =
        ph_zalloc(state->finding_count + 1, sizeof(struct ph_trend));

    if (!trends)
        return ph_error_nomem();
    if (!state->now)
        return ph_errorf(PH_ERR_USAGE, "nothing was read yet: nothing written");
    struct ph_hunt_report report = ph_monitor_report(state, trends, pools);
    report.owners = state->owners;
    report.owner_count = state->owner_count;
    report.facts = facts;
    report.written_ns = ph_realtime_ns();
    return format->render(&report, out);
}

/* Reads the system's facts without the lock: that may take a while. */
static struct ph_error *gather(struct ph_top *top, struct ph_facts *facts)
{
    const struct ph_monitor_state *state = ph_monitor_lock(top->monitor);
    struct ph_machine machine = state->machine ? *state->machine : (struct ph_machine){0};
    int64_t boottime_ns = state->now ? state->now->boottime_ns : -1;
    bool live = state->live;
    ph_monitor_unlock(top->monitor);
    struct ph_facts_options options = {
        .live = live,
        .root = top->arguments->root,
        .drivers = top->arguments->drivers.items,
        .driver_count = top->arguments->drivers.count,
        .machine = &machine,
        .boottime_ns = boottime_ns,
    };

    return ph_facts_read(&options, facts);
}

static struct ph_error *write_report(struct ph_top *top)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    PH_GUARD(ph_facts_fini) struct ph_facts facts = {0};
    const struct ph_report_format *format = NULL;

    PH_TRY(ph_report_format_find(top->file, &format));
    ph_top_say(top, "writing %s ...", top->file); /* the drivers' files may take a second */
    PH_TRY(ph_top_draw(top));
    ph_terminal_paint(top->terminal, &top->grid, false);
    PH_TRY(gather(top, &facts));
    const struct ph_monitor_state *state = ph_monitor_lock(top->monitor);
    struct ph_error *error = render_report(state, &facts, format, &out);
    ph_monitor_unlock(top->monitor);
    PH_TRY(error);
    PH_TRY(ph_write_file(top->file, ph_text_slice(&out)));
    ph_top_say(top, "wrote a report to %s", top->file);
    return NULL;
}

static bool is_log(const char *file)
{
    size_t size = strlen(file);

    return size > 4 && !strcmp(file + size - 4, ".log");
}

/* The name decides: a report, or poolmon's snapshot. */
static struct ph_error *report_named(struct ph_top *top, const char *file)
{
    const struct ph_report_format *format = NULL;

    if (is_log(file))
        return write_unless_there(top, file, write_snapshot);
    if (*file) {
        struct ph_error *error = ph_report_format_find(file, &format);
        if (error) { /* in words that fit one line of 80 columns, whatever the name */
            ph_error_free(error);
            return ph_errorf(PH_ERR_USAGE, "end the name with .html .md .json .txt (a report) or "
                                           ".log (poolmon's)");
        }
    }
    return write_unless_there(top, file, write_report);
}

struct ph_error *ph_top_save_report(struct ph_top *top, uint32_t key)
{
    PH_GUARD(ph_text_fini) struct ph_text name = {0};

    (void)key;
    propose(top, ".html", &name);
    PH_TRY(ph_text_check(&name));
    ph_top_ask(top, "Write a report (or poolmon's .log) to: ", ph_text_slice(&name), report_named);
    return NULL;
}
