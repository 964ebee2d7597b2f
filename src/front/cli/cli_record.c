/* record: sample into a recording. */
#include <string.h>

#include "base/os.h"
#include "front/front.h"

static struct ph_error *opened(void *context, const char *input, const char *kept)
{
    const struct ph_meter *meter = context;
    const struct ph_arguments *arguments = meter->arguments;

    if (!arguments->quiet)
        ph_front_note("recording %s to %s; Ctrl-C ends it", input, arguments->operands[0]);
    if (arguments->verbose)
        ph_front_note("privileges kept: %s", kept);
    return NULL;
}

struct ph_error *ph_cli_record(const struct ph_arguments *arguments, enum ph_exit *status)
{
    PH_GUARD(ph_session_fini) struct ph_session session = {0};
    struct ph_meter meter = {.arguments = arguments, .verb = "recorded"};
    const char *file = arguments->operands[0];

    struct ph_session_options options = {
        .input = ph_arguments_input(arguments, 1),
        .interval_ns = arguments->interval_ns > 0 ? arguments->interval_ns : 10 * PH_SECOND,
        .duration_ns = arguments->duration_ns > 0 ? arguments->duration_ns : 0,
        .recording = file,
        .recording_must_work = true,
        /* a log that is brought home is kept as it is, unless told otherwise */
        .keep_raw_ns = arguments->keep_raw_ns >= 0 ? arguments->keep_raw_ns
                       : arguments->from           ? 0
                                                   : 2 * PH_DAY,
        .keep_floor_ns = arguments->keep_floors_ns >= 0 ? arguments->keep_floors_ns : 90 * PH_DAY,
        .drop_privileges = true,
        .progress = ph_is_terminal(stderr) ? ph_meter_progress : NULL,
        .opened = opened,
        .context = &meter,
    };
    if (arguments->from)
        options.input.path = arguments->from;
    struct ph_error *error = ph_session_run(&options, &session);
    ph_meter_done(&meter);
    if (error && session.samples)
        return ph_error_wrap(error, "stopped after %llu readings, which are safe in %s",
                             (unsigned long long)session.samples, file);
    PH_TRY(error);
    if (!arguments->quiet) {
        ph_front_note("%llu readings recorded; judge them with: poolhound leaks %s",
                      (unsigned long long)session.samples, file);
        ph_front_losses(&session.losses);
        if (session.late)
            ph_front_note("%llu readings came too late and were skipped",
                          (unsigned long long)session.late);
    }
    *status = PH_EXIT_CLEAN;
    return NULL;
}
