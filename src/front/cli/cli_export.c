/* export: every reading as plain rows. */
#include <string.h>

#include "base/os.h"
#include "front/front.h"
#include "render/rows.h"

struct export
{
    struct ph_meter meter; /* first: the progress function gets this pointer */
    const struct ph_selection *selection;
    enum ph_rows_format format;
    struct ph_text out;
    struct ph_sample chosen;
};

static struct ph_error *rows(void *context, const struct ph_catalog *catalog,
                             const struct ph_sample *sample)
{
    struct export *export = context;

    ph_text_clear(&export->out);
    ph_loss_fini(&export->chosen.losses);
    PH_TRY(ph_sample_copy(&export->chosen, sample));
    size_t kept = 0;
    for (size_t i = 0; i < export->chosen.count; i++)
        if (ph_selection_takes(export->selection,
                               &catalog->series[export->chosen.values[i].series]))
            export->chosen.values[kept++] = export->chosen.values[i];
    export->chosen.count = kept;
    ph_render_rows(export->format, catalog, &export->chosen, &export->out);
    PH_TRY(ph_front_write(&export->out));
    /* ends the run; ph_cli_export() knows that it is none */
    return ph_front_reader_gone() ? ph_errorf(PH_ERR_IO, "nobody reads the output") : NULL;
}

static struct ph_error *run(struct export *export, const struct ph_arguments *arguments,
                            struct ph_session *session)
{
    struct ph_session_options options = {
        .input = ph_arguments_input(arguments, 0),
        .interval_ns = 1000000000,
        .duration_ns = 1,
        .progress = ph_meter_progress,
        .visit = rows,
        .context = export,
    };

    ph_render_rows_begin(export->format, &export->out);
    PH_TRY(ph_front_write(&export->out));
    struct ph_error *error = ph_session_run(&options, session);
    ph_meter_done(&export->meter);
    PH_TRY(error);
    if (ph_interrupted())
        return ph_errorf(PH_ERR_IO, "interrupted: the output is not complete");
    ph_text_clear(&export->out);
    ph_render_rows_end(export->format, &export->out);
    return ph_front_write(&export->out);
}

struct ph_error *ph_cli_export(const struct ph_arguments *arguments, enum ph_exit *status)
{
    PH_GUARD(ph_session_fini) struct ph_session session = {0};
    struct ph_selection selection;

    PH_TRY(ph_arguments_selection(arguments, &selection));
    struct export export = {
        .meter = {.arguments = arguments, .verb = "exporting"},
        .selection = &selection,
        .format = arguments->json  ? PH_ROWS_JSON
                  : arguments->sql ? PH_ROWS_SQL
                                   : PH_ROWS_CSV,
    };
    struct ph_error *error = run(&export, arguments, &session);
    ph_text_fini(&export.out);
    ph_sample_fini(&export.chosen);
    *status = PH_EXIT_CLEAN;
    if (error && ph_front_reader_gone()) {
        ph_error_free(error);
        return NULL;
    }
    if (!error)
        ph_front_losses(&session.losses);
    return error;
}
