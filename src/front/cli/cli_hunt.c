/* hunt and leaks: judge the live kernel or an input. */
#include <string.h>
#include <time.h>

#include "app/owners.h"
#include "base/os.h"
#include "front/front.h"

enum { ROWS_FOR_PEOPLE = 12 };

/* A new name in the state directory: hunt-20261102T140500Z.poolhound. */
static struct ph_error *default_recording(char **path)
{
    ph_autofree char *directory = NULL;
    PH_GUARD(ph_text_fini) struct ph_text stamp = {0};
    char compact[40];
    size_t length = 0;

    PH_TRY(ph_state_directory(&directory));
    ph_text_time(&stamp, ph_realtime_ns());
    PH_TRY(ph_text_check(&stamp));
    for (const char *at = stamp.data; *at && length + 1 < sizeof(compact); at++)
        if (*at != '-' && *at != ':')
            compact[length++] = *at;
    compact[length] = 0;
    *path = ph_format("%s/hunt-%s.poolhound", directory, compact);
    return *path ? NULL : ph_error_nomem();
}

static struct ph_error *say_verbose(const struct ph_arguments *arguments,
                                    const struct ph_session *session)
{
    uint64_t resident, peak;
    PH_GUARD(ph_text_fini) struct ph_text line = {0};

    if (!arguments->verbose)
        return NULL;
    ph_own_memory(&resident, &peak);
    ph_text_puts(&line, "used ");
    ph_text_bytes(&line, (double)peak);
    ph_text_printf(&line, " of memory at most and %.0f ms of CPU for %llu readings",
                   (double)ph_cpu_ns() / 1e6, (unsigned long long)session->samples);
    PH_TRY(ph_text_check(&line));
    ph_front_note("%s", line.data);
    if (session->late)
        ph_front_note("%llu readings came too late and were skipped",
                      (unsigned long long)session->late);
    return NULL;
}

static struct ph_error *opened(void *context, const char *input, const char *kept)
{
    const struct ph_meter *meter = context;

    if (meter->arguments->verbose)
        ph_front_note("reading %s; privileges kept: %s", input, kept ? kept : "all");
    return NULL;
}

/* What is named for the owners must be there before a week of readings begins, not after it. */
static struct ph_error *owner_files_exist(const struct ph_arguments *arguments)
{
    const struct ph_words *const LISTS[] = {&arguments->drivers, &arguments->tag_lists,
                                            &arguments->leak_rules, &arguments->roots,
                                            &arguments->catalogs};

    for (size_t i = 0; i < sizeof(LISTS) / sizeof(LISTS[0]); i++)
        for (size_t k = 0; k < LISTS[i]->count; k++)
            if (ph_file_kind(LISTS[i]->items[k]) == PH_FILE_NONE)
                return ph_errorf(PH_ERR_NOT_FOUND, "%s: no such file or folder",
                                 LISTS[i]->items[k]);
    if (arguments->certificate && ph_file_kind(arguments->certificate) == PH_FILE_NONE)
        return ph_errorf(PH_ERR_NOT_FOUND, "%s: no such file", arguments->certificate);
    return NULL;
}

/* That owners cannot be looked for must not cost the verdicts: it is told. Whoever ended a long
 * hunt by an interrupt wants its owners too; another interrupt ends the search. */
static struct ph_error *find_owners(const struct ph_arguments *arguments,
                                    const struct ph_session *session, struct ph_owners *owners)
{
    ph_autofree char *index = NULL;
    struct ph_file_meter meter = {.arguments = arguments, .verb = "looking for owners:"};

    if (arguments->drivers.count)
        PH_TRY(ph_front_index(arguments, &index));
    struct ph_who_options options = ph_front_who(arguments, index, &meter);
    options.release = session->machine.release[0] ? session->machine.release : NULL;
    ph_clear_interrupt();
    struct ph_error *error = ph_owners_find(session, &options, owners);
    ph_file_meter_done(&meter);
    if (!error)
        return NULL;
    ph_front_note("no owners: %s", error->text);
    ph_error_free(error);
    return NULL;
}

static struct ph_error *print(const struct ph_arguments *arguments,
                              const struct ph_session *session, const char *note)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    PH_GUARD(ph_owners_fini) struct ph_owners owners = {0};
    struct ph_hunt_report report = ph_session_report(session);
    struct ph_style style = ph_front_style(arguments);
    const struct ph_renderer *renderer = ph_front_renderer(arguments);

    report.all = arguments->all;
    report.top = arguments->have_top ? arguments->top : arguments->all ? 0 : ROWS_FOR_PEOPLE;
    if (!report.recording_note)
        report.recording_note = note;
    PH_TRY(find_owners(arguments, session, &owners));
    report.owners = owners.reports;
    report.owner_count = owners.count;
    PH_TRY(renderer->hunt(&report, &style, &out));
    return ph_front_write(&out);
}

static struct ph_error *run(const struct ph_arguments *arguments, bool live, enum ph_exit *status)
{
    PH_GUARD(ph_session_fini) struct ph_session session = {0};
    struct ph_meter meter = {.arguments = arguments, .verb = live ? "hunting" : "judging"};
    struct ph_selection selection;
    ph_autofree char *recording = NULL;
    ph_autofree char *no_recording = NULL;

    PH_TRY(ph_arguments_selection(arguments, &selection));
    PH_TRY(owner_files_exist(arguments));
    if (live && !arguments->keep && !arguments->no_keep) {
        struct ph_error *error = default_recording(&recording);
        if (error) {
            no_recording = ph_strdup(error->text);
            ph_error_free(error);
        }
    }
    struct ph_session_options options = {
        .input = ph_arguments_input(arguments, 0),
        .interval_ns = arguments->interval_ns > 0 ? arguments->interval_ns : PH_SECOND,
        .duration_ns = arguments->duration_ns >= 0 ? arguments->duration_ns : 30 * PH_SECOND,
        .judge = true,
        .selection = &selection,
        .recording = arguments->keep ? arguments->keep : recording,
        .drop_privileges = true,
        .progress = ph_meter_progress,
        .opened = opened,
        .context = &meter,
    };
    struct ph_error *error = ph_session_run(&options, &session);
    ph_meter_done(&meter);
    PH_TRY(error);
    if (!session.samples)
        return ph_errorf(PH_ERR_FORMAT, "%s: holds no reading", session.input_name);
    PH_TRY(print(arguments, &session, no_recording));
    *status = ph_session_leaks(&session) ? PH_EXIT_LEAKS : PH_EXIT_CLEAN;
    return say_verbose(arguments, &session);
}

struct ph_error *ph_cli_hunt(const struct ph_arguments *arguments, enum ph_exit *status)
{
    return run(arguments, !ph_arguments_input(arguments, 0).path, status);
}

struct ph_error *ph_cli_leaks(const struct ph_arguments *arguments, enum ph_exit *status)
{
    if (!ph_arguments_input(arguments, 0).path)
        return ph_errorf(PH_ERR_USAGE, "leaks needs an input to judge; for the live kernel use "
                                       "'poolhound hunt'");
    return run(arguments, false, status);
}
