/* sys: the kernel's memory as a whole, as a table, as JSON and as plots. */
#include <string.h>

#include "app/syspanel.h"
#include "base/os.h"
#include "base/path.h"
#include "front/front.h"
#include "render/screen.h"
#include "render/screen_views.h"

enum { PLOT_WIDTH = 1000, PLOT_HEIGHT = 220 };

struct watch {
    struct ph_meter meter;
    struct ph_sample kept[2]; /* of the two newest readings; the n-th is in n % 2 */
    uint64_t readings;
};

static void watch_fini(struct watch *watch)
{
    ph_sample_fini(&watch->kept[0]);
    ph_sample_fini(&watch->kept[1]);
}

static struct ph_error *keep(void *context, const struct ph_catalog *catalog,
                             const struct ph_sample *sample)
{
    struct watch *watch = context;

    (void)catalog;
    PH_TRY(ph_sample_copy(&watch->kept[watch->readings % 2], sample));
    watch->readings++;
    return NULL;
}

static void progress(void *context, const struct ph_progress *progress)
{
    ph_meter_progress(&((struct watch *)context)->meter, progress);
}

static struct ph_error *opened(void *context, const char *input, const char *kept)
{
    const struct watch *watch = context;

    if (watch->meter.arguments->verbose)
        ph_front_note("reading %s; privileges kept: %s", input, kept ? kept : "all");
    return NULL;
}

/* ------------------------------------------------------------------ plots in files */

/* What is wrong with a file's name is told before hours of reading, not after them. */
static struct ph_error *can_write(const struct ph_arguments *arguments, const char *path)
{
    const char *input = ph_arguments_input(arguments, 0).path;

    if (!path)
        return NULL;
    if (!path[0])
        return ph_errorf(PH_ERR_USAGE, "--png and --svg need the name of a file");
    if (ph_file_kind(path) == PH_FILE_DIRECTORY)
        return ph_errorf(PH_ERR_USAGE, "%s: is a folder, not a file to draw into", path);
    if (input && ph_same_file(input, path))
        return ph_errorf(PH_ERR_USAGE, "%s: is the input; draw into another file", path);
    ph_autofree char *folder = ph_path_folder(path);
    if (!folder)
        return ph_error_nomem();
    if (ph_file_kind(folder) != PH_FILE_DIRECTORY)
        return ph_errorf(PH_ERR_NOT_FOUND, "%s: there is no folder %s", path, folder);
    return NULL;
}

struct plots {
    struct ph_plot plots[PH_SYS_ROWS_MOST];
    const struct ph_chart *charts[PH_SYS_ROWS_MOST];
    size_t count;
};

static void plots_fini(struct plots *plots)
{
    for (size_t i = 0; i < PH_SYS_ROWS_MOST; i++)
        ph_plot_fini(&plots->plots[i]);
}

static struct ph_error *make_plots(const struct ph_sys_report *report, struct plots *plots)
{
    for (size_t i = 0; i < report->row_count; i++) {
        if (!ph_sys_has_plot(report, i))
            continue;
        struct ph_plot *plot = &plots->plots[plots->count];
        PH_TRY(ph_sys_plot(report, i, plot));
        plots->charts[plots->count++] = &plot->chart;
    }
    if (!plots->count)
        return ph_errorf(PH_ERR_USAGE,
                         "%s: one reading is not enough for a plot; use --duration on the live "
                         "system, or a recording or log of several readings",
                         report->source);
    return NULL;
}

static struct ph_error *write_plots(const struct ph_arguments *arguments,
                                    const struct ph_sys_report *report)
{
    PH_GUARD(plots_fini) struct plots plots = {0};
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0};

    if (!arguments->png && !arguments->svg)
        return NULL;
    PH_TRY(make_plots(report, &plots));
    if (arguments->png) {
        PH_TRY(ph_chart_png(plots.charts, plots.count, PLOT_WIDTH, PLOT_HEIGHT, &bytes));
        PH_TRY(ph_text_check(&bytes));
        PH_TRY(ph_write_file(arguments->png, ph_text_slice(&bytes)));
    }
    ph_text_clear(&bytes);
    if (arguments->svg) {
        ph_chart_svg_file(plots.charts, plots.count, PLOT_WIDTH, PLOT_HEIGHT, &bytes);
        PH_TRY(ph_text_check(&bytes));
        PH_TRY(ph_write_file(arguments->svg, ph_text_slice(&bytes)));
    }
    return NULL;
}

/* ------------------------------------------------------------------ the command */

static struct ph_error *print(const struct ph_arguments *arguments,
                              const struct ph_sys_report *report)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    struct ph_style style = ph_front_style(arguments);

    if (arguments->json) {
        PH_TRY(ph_json_system(report, &out));
        return ph_front_write(&out);
    }
    PH_TRY(ph_screen_system(report, &style, 0, &out));
    struct ph_screen screen = ph_screen_of(&style, &out);
    if (arguments->png || arguments->svg)
        ph_text_putc(&out, '\n');
    if (arguments->png)
        ph_screen_copyable(&screen, "Plots: ", arguments->png);
    if (arguments->svg)
        ph_screen_copyable(&screen, "Plots: ", arguments->svg);
    return ph_front_write(&out);
}

struct ph_error *ph_cli_sys(const struct ph_arguments *arguments, enum ph_exit *status)
{
    PH_GUARD(ph_session_fini) struct ph_session session = {0};
    PH_GUARD(watch_fini)
    struct watch watch = {.meter = {.arguments = arguments, .verb = "reading"}};
    struct ph_sys_report report;

    PH_TRY(can_write(arguments, arguments->png));
    PH_TRY(can_write(arguments, arguments->svg));
    int64_t interval = arguments->interval_ns > 0 ? arguments->interval_ns : PH_SECOND;
    struct ph_session_options options = {
        .input = ph_arguments_input(arguments, 0),
        .interval_ns = interval,
        /* two readings: the second one stands at the end of one interval */
        .duration_ns = arguments->duration_ns >= 0 ? arguments->duration_ns : interval,
        .drop_privileges = true,
        .visit = keep,
        .opened = opened,
        .context = &watch,
    };
    options.input.no_sites = true; /* no row of the panel is made of them */
    if (options.input.path || options.duration_ns > 2 * PH_SECOND || !options.duration_ns)
        options.progress = progress;
    struct ph_error *error = ph_session_run(&options, &session);
    ph_meter_done(&watch.meter);
    PH_TRY(error);
    if (!session.samples)
        return ph_errorf(PH_ERR_FORMAT, "%s: holds no reading", session.input_name);
    ph_sys_panel(&session.catalog, &session.last,
                 watch.readings > 1 ? &watch.kept[watch.readings % 2] : NULL, &session.history,
                 &session.machine, &report);
    report.events = &session.events;
    report.losses = &session.losses;
    report.source = session.input_name;
    PH_TRY(write_plots(arguments, &report));
    *status = PH_EXIT_CLEAN;
    return print(arguments, &report);
}
