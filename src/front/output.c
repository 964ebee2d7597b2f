#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/os.h"
#include "base/path.h"
#include "front/front.h"

bool ph_front_wants_colour(const struct ph_arguments *arguments)
{
    const char *no_colour = ph_environment("NO_COLOR");

    return strcmp(arguments->colour, "auto") ? !strcmp(arguments->colour, "always")
                                             : !(no_colour && *no_colour);
}

struct ph_style ph_front_style(const struct ph_arguments *arguments)
{
    struct ph_style style = {.utf8 = ph_locale_is_utf8()};
    unsigned rows;

    ph_terminal_size(&style.columns, &rows);
    style.colour = ph_front_wants_colour(arguments) &&
                   (!strcmp(arguments->colour, "always") || ph_console_colours(stdout));
    if (!ph_is_terminal(stdout) && !ph_environment("COLUMNS"))
        style.columns = 80;
    return style;
}

static bool reader_gone;

struct ph_error *ph_front_write(const struct ph_text *text)
{
    PH_TRY(ph_text_check(text));
    if (reader_gone)
        return NULL;
    if (ph_print(stdout, text->data, text->size) && !fflush(stdout))
        return NULL;
    if (errno != EPIPE)
        return ph_error_errno(errno, "standard output");
    reader_gone = true;
    return NULL;
}

bool ph_front_reader_gone(void)
{
    return reader_gone;
}

void ph_front_note(const char *format, ...)
{
    PH_GUARD(ph_text_fini) struct ph_text line = {0};
    va_list args;

    va_start(args, format);
    ph_autofree char *words = ph_vformat(format, args);
    va_end(args);
    ph_text_printf(&line, "poolhound: %s\n", words ? words : "");
    if (!words || line.failed)
        (void)fputs("poolhound: out of memory\n", stderr);
    else
        (void)ph_print(stderr, line.data, line.size);
}

void ph_front_losses(const struct ph_loss_list *losses)
{
    for (size_t i = 0; i < losses->count; i++) {
        const struct ph_loss *loss = &losses->items[i];
        if (loss->count > 1)
            ph_front_note("%s (%llu times)", loss->what, (unsigned long long)loss->count);
        else
            ph_front_note("%s", loss->what);
    }
}

/* ------------------------------------------------------------------ progress */

enum { PROGRESS_WIDTH = 69 }; /* with "poolhound: " before it 80 columns */

static size_t drawn_columns; /* of the line of progress that stands there now */

/* Not every console knows the sequence that erases a line: blanks do. */
static void overwrite(const struct ph_text *line)
{
    PH_GUARD(ph_text_fini) struct ph_text frame = {0};
    size_t columns = ph_text_width(ph_text_slice(line));

    ph_text_printf(&frame, "\r%s%*s", line->size ? line->data : "",
                   drawn_columns > columns ? (int)(drawn_columns - columns) : 0, "");
    if (!columns)
        ph_text_putc(&frame, '\r');
    drawn_columns = columns;
    if (!frame.failed)
        (void)ph_print(stderr, frame.data, frame.size);
    (void)fflush(stderr);
}

static void erase(void)
{
    overwrite(&(struct ph_text){0});
}

/* Redraws the line of progress on a terminal (true), or writes it below the last one. */
static bool show(const struct ph_text *line)
{
    bool terminal = ph_is_terminal(stderr);

    if (terminal)
        overwrite(line);
    else
        ph_front_note("%s", line->data);
    return terminal;
}

/* The pools' totals with their change since the first reading, as many as fit into `columns`. */
static void pools(struct ph_meter *meter, const struct ph_sample *sample, size_t columns,
                  struct ph_text *line)
{
    static const enum ph_pool shown[] = {PH_POOL_NONPAGED, PH_POOL_PAGED, PH_POOL_UNRECLAIMABLE,
                                         PH_POOL_RECLAIMABLE};

    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        const struct ph_pool_total *total = &sample->pools[shown[i]];
        PH_GUARD(ph_text_fini) struct ph_text part = {0};
        if (!(total->have & PH_TOTAL_BYTES))
            continue;
        ph_text_printf(&part, "  %s ", ph_pool_name(shown[i]));
        ph_text_bytes(&part, (double)total->bytes);
        if (meter->first[shown[i]].have & PH_TOTAL_BYTES) {
            double change = (double)total->bytes - (double)meter->first[shown[i]].bytes;
            ph_text_puts(&part, change < 0 ? " (" : " (+");
            ph_text_bytes(&part, change);
            ph_text_putc(&part, ')');
        }
        if (!part.failed && line->size + part.size < columns)
            ph_text_add(line, part.data, part.size);
    }
}

void ph_meter_progress(void *context, const struct ph_progress *progress)
{
    struct ph_meter *meter = context;
    bool terminal = ph_is_terminal(stderr);
    int64_t now = ph_boottime_ns(), pause = terminal ? PH_SECOND / 5 : 10 * PH_SECOND;
    PH_GUARD(ph_text_fini) struct ph_text line = {0};

    if (!meter->have_first) {
        memcpy(meter->first, progress->sample->pools, sizeof(meter->first));
        meter->have_first = true;
    }
    if (meter->arguments->quiet || (meter->last_ns && now - meter->last_ns < pause))
        return;
    if (progress->elapsed_ns < PH_SECOND && progress->duration_ns < PH_SECOND)
        return; /* short work needs no progress */
    meter->last_ns = now;
    ph_text_printf(&line, "%s ", meter->verb);
    if (progress->duration_ns) {
        ph_text_duration(&line, (double)(progress->elapsed_ns / PH_SECOND));
        ph_text_puts(&line, " of ");
        ph_text_duration(&line, (double)(progress->duration_ns / PH_SECOND));
    } else if (progress->of_samples) {
        ph_text_printf(&line, "%3.0f %%",
                       100.0 * (double)progress->samples / (double)progress->of_samples);
    } else {
        ph_text_grouped(&line, (int64_t)progress->samples);
        ph_text_puts(&line, " readings");
    }
    unsigned columns, rows;
    ph_terminal_size(&columns, &rows);
    pools(meter, progress->sample, terminal ? columns : PROGRESS_WIDTH, &line);
    if (line.failed)
        return;
    meter->drawn = show(&line) || meter->drawn;
}

void ph_meter_done(struct ph_meter *meter)
{
    if (meter->drawn)
        erase();
    meter->drawn = false;
}

void ph_file_meter_progress(void *context, size_t done, size_t of, const char *path)
{
    struct ph_file_meter *meter = context;
    bool terminal = ph_is_terminal(stderr);
    int64_t now = ph_boottime_ns(), pause = terminal ? PH_SECOND / 5 : 10 * PH_SECOND;
    PH_GUARD(ph_text_fini) struct ph_text line = {0};
    PH_GUARD(ph_text_fini) struct ph_text name = {0};
    unsigned columns, rows;

    if (!meter->start_ns)
        meter->start_ns = now;
    if (meter->arguments->quiet || now - meter->start_ns < PH_SECOND ||
        now - (meter->last_ns ? meter->last_ns : meter->start_ns) < pause)
        return;
    meter->last_ns = now;
    ph_text_printf(&line, "%s ", meter->verb);
    ph_text_grouped(&line, (int64_t)done);
    ph_text_puts(&line, " of ");
    ph_text_grouped(&line, (int64_t)of);
    ph_text_puts(&line, " files");
    ph_text_escaped(&name, ph_slice_of(path));
    ph_terminal_size(&columns, &rows);
    size_t room = terminal ? columns : PROGRESS_WIDTH;
    if (line.size + 2 + ph_text_width((struct ph_slice){name.data, name.size}) < room)
        ph_text_printf(&line, "  %s", name.data ? name.data : "");
    if (line.failed || name.failed)
        return;
    meter->drawn = show(&line) || meter->drawn;
}

void ph_line_meter_progress(struct ph_file_meter *meter, const struct ph_text *line)
{
    int64_t now = ph_boottime_ns();
    int64_t pause = ph_is_terminal(stderr) ? PH_SECOND / 5 : 10 * PH_SECOND;

    if (meter->arguments->quiet || line->failed || !line->size ||
        (meter->last_ns && now - meter->last_ns < pause))
        return;
    meter->last_ns = now;
    meter->drawn = show(line) || meter->drawn;
}

void ph_file_meter_done(struct ph_file_meter *meter)
{
    if (meter->drawn)
        erase();
    meter->drawn = false;
}

const struct ph_renderer *ph_front_renderer(const struct ph_arguments *arguments)
{
    return ph_renderer_find(arguments->json ? "json" : arguments->csv ? "csv" : "text");
}

struct ph_error *ph_front_index(const struct ph_arguments *arguments, char **path)
{
    ph_autofree char *directory = NULL;

    *path = NULL;
    if (arguments->no_index)
        return NULL;
    if (arguments->index) {
        *path = ph_strdup(arguments->index);
        return *path ? NULL : ph_error_nomem();
    }
    struct ph_error *error = ph_state_directory(&directory);
    if (!error)
        error = ph_make_directories(directory);
    if (error) {
        if (error->code == PH_ERR_NOMEM)
            return error;
        ph_front_note("%s; what is scanned is not remembered (--no-index silences this)",
                      error->text);
        ph_error_free(error);
        return NULL;
    }
    *path = ph_path_join(directory, "drivers.index");
    return *path ? NULL : ph_error_nomem();
}
