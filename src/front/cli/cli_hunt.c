/* hunt and leaks: judge the live kernel or an input. */
#include <string.h>
#include <time.h>

#include "app/gather_facts.h"
#include "app/owners.h"
#include "app/privacy.h"
#include "base/os.h"
#include "base/path.h"
#include "front/front.h"
#include "render/report_format.h"

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
    ph_autofree char *name = ph_format("hunt-%s.poolhound", compact);
    *path = name ? ph_path_join(directory, name) : NULL;
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

/* What a run needs besides its meter, which comes first: progress is told to it. */
struct hunt {
    struct ph_meter meter;
    struct ph_file_meter files;
    const struct ph_session *session;
    struct ph_owners owners; /* asked twice: when something begins to rise, and at the end */
    char *index;
    bool live;
};

static void hunt_fini(struct hunt *hunt)
{
    ph_owners_fini(&hunt->owners);
    ph_free(hunt->index);
}

static struct ph_error *who_options(struct hunt *hunt, struct ph_who_options *options)
{
    const struct ph_arguments *arguments = hunt->meter.arguments;

    if (ph_front_has_drivers(arguments) && !hunt->index)
        PH_TRY(ph_front_index(arguments, &hunt->index));
    hunt->files = (struct ph_file_meter){.arguments = arguments, .verb = "looking for owners:"};
    *options = ph_front_who(arguments, hunt->index, &hunt->files);
    options->trace = &hunt->session->tracing.trace;
    options->release = hunt->session->machine.release[0] ? hunt->session->machine.release : NULL;
    return NULL;
}

/* What processes hold now is compared with what they hold at the end. */
static struct ph_error *look_first(struct hunt *hunt)
{
    struct ph_who_options options;

    PH_TRY(who_options(hunt, &options));
    ph_rights_raise(PH_RIGHT_LOOK);
    struct ph_error *error = ph_owners_first_look(&options, &hunt->owners);
    ph_rights_lower(PH_RIGHT_LOOK, false);
    return error;
}

/* Windows is asked in a moment for what each process has, and nothing is traced there: the first
 * look is taken at once. */
static struct ph_error *opened(void *context, const char *input, const char *kept)
{
    struct hunt *hunt = context;

    if (hunt->meter.arguments->verbose)
        ph_front_note("reading %s; privileges kept: %s", input, kept ? kept : "all");
    return hunt->live && ph_who_knows_drivers() ? look_first(hunt) : NULL;
}

static struct ph_error *suspected(void *context, const struct ph_suspects *suspects)
{
    struct hunt *hunt = context;

    if (hunt->meter.arguments->verbose)
        ph_front_note("%zu cache%s rise%s, the most of them %s: tracing where from",
                      suspects->count, suspects->count == 1 ? "" : "s",
                      suspects->count == 1 ? "s" : "", suspects->names[0]);
    return look_first(hunt);
}

/* That owners cannot be looked for must not cost the verdicts: it is told. Whoever ended a long
 * hunt by an interrupt wants its owners too; another interrupt ends the search. */
static struct ph_error *find_owners(struct hunt *hunt, const struct ph_session *session)
{
    struct ph_who_options options;

    PH_TRY(who_options(hunt, &options));
    ph_clear_interrupt();
    ph_rights_raise(PH_RIGHT_LOOK);
    struct ph_error *error = ph_owners_find(session, &options, &hunt->owners);
    ph_rights_lower(PH_RIGHT_LOOK, true);
    ph_file_meter_done(&hunt->files);
    if (!error)
        return NULL;
    ph_front_note("no owners: %s", error->text);
    ph_error_free(error);
    return NULL;
}

/* A log named .txt is the only one of its readings: a report must not take its place. */
static struct ph_error *report_spares_input(const struct ph_arguments *arguments, const char *path)
{
    const char *input = ph_arguments_input(arguments, 0).path;

    if (input && ph_same_file(path, input))
        return ph_errorf(PH_ERR_USAGE, "%s: is what is to be read; give the report another name",
                         path);
    return NULL;
}

/* A report that cannot be written must be known before a week of readings begins. */
static struct ph_error *reports_are_possible(const struct ph_arguments *arguments)
{
    for (size_t i = 0; i < arguments->reports.count; i++) {
        const char *path = arguments->reports.items[i], *name = ph_base_name(path);
        const struct ph_report_format *format;
        PH_TRY(ph_report_format_find(path, &format));
        ph_autofree char *folder =
            name > path ? ph_memdup(path, (size_t)(name - path)) : ph_strdup(".");
        if (!folder)
            return ph_error_nomem();
        if (ph_file_kind(folder) != PH_FILE_DIRECTORY)
            return ph_errorf(PH_ERR_NOT_FOUND, "%s: there is no folder %s to write the report to",
                             path, folder);
        PH_TRY(report_spares_input(arguments, path));
    }
    return NULL;
}

static struct ph_error *write_report(const struct ph_arguments *arguments, const char *path,
                                     const struct ph_hunt_report *report)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    PH_GUARD(ph_text_fini) struct ph_text size = {0};
    const struct ph_report_format *format;

    PH_TRY(ph_report_format_find(path, &format));
    PH_TRY(format->render(report, &out));
    PH_TRY(ph_text_check(&out));
    PH_TRY(ph_write_file(path, ph_text_slice(&out)));
    ph_text_bytes(&size, (double)out.size);
    PH_TRY(ph_text_check(&size));
    if (!arguments->quiet)
        ph_front_note("the report is in %s (%s)", path, size.data);
    return NULL;
}

/* Every report is tried; the first error is the one to tell. */
static struct ph_error *write_reports(const struct ph_arguments *arguments,
                                      const struct ph_hunt_report *report)
{
    struct ph_error *first = NULL;

    for (size_t i = 0; i < arguments->reports.count; i++) {
        struct ph_error *error = write_report(arguments, arguments->reports.items[i], report);
        if (first && error)
            ph_front_note("%s", error->text);
        if (first)
            ph_error_free(error);
        else
            first = error;
    }
    return first;
}

static struct ph_error *gather_facts(const struct ph_arguments *arguments,
                                     const struct ph_session *session, struct ph_facts *facts)
{
    const char *path = ph_arguments_input(arguments, 0).path;
    struct ph_facts_options options = {
        .live = !path,
        .root = path && ph_file_kind(path) == PH_FILE_DIRECTORY ? path : NULL,
        .drivers = arguments->drivers.items,
        .driver_count = arguments->drivers.count,
        .machine = &session->machine,
        .boottime_ns = session->last.boottime_ns,
    };

    return ph_facts_read(&options, facts);
}

static struct ph_error *print(struct hunt *hunt, struct ph_session *session, const char *note)
{
    const struct ph_arguments *arguments = hunt->meter.arguments;
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    PH_GUARD(ph_facts_fini) struct ph_facts facts = {.uptime_ns = -1};
    PH_GUARD(ph_privacy_fini) struct ph_privacy privacy = {0};
    struct ph_style style = ph_front_style(arguments);
    const struct ph_renderer *renderer = ph_front_renderer(arguments);
    bool gather = arguments->json || arguments->reports.count;

    PH_TRY(find_owners(hunt, session));
    if (gather)
        PH_TRY(gather_facts(arguments, session, &facts));
    if (note && !session->recording_note) {
        session->recording_note = ph_strdup(note);
        if (!session->recording_note)
            return ph_error_nomem();
    }
    if (arguments->anonymous) {
        PH_TRY(ph_privacy_open(session, &privacy));
        PH_TRY(ph_privacy_apply(&privacy, session, &hunt->owners, &facts));
    }
    struct ph_hunt_report report = ph_session_report(session);
    report.all = arguments->all;
    report.top = arguments->have_top ? arguments->top : arguments->all ? 0 : ROWS_FOR_PEOPLE;
    report.owners = hunt->owners.reports;
    report.owner_count = hunt->owners.count;
    report.facts = gather ? &facts : NULL;
    report.written_ns = ph_realtime_ns();
    report.anonymous = arguments->anonymous;
    PH_TRY(renderer->hunt(&report, &style, &out));
    PH_TRY(ph_front_write(&out));
    return write_reports(arguments, &report);
}

/* "Nothing leaks" must not be said of what tells nothing. */
static struct ph_error *something_was_judged(const struct ph_session *session)
{
    if (session->catalog.count)
        return NULL;
    for (unsigned pool = 0; pool < PH_POOL_COUNT; pool++)
        if (session->last.pools[pool].have & PH_TOTAL_BYTES)
            return NULL;
    return ph_errorf(PH_ERR_NOT_FOUND, "nothing was judged: %s tells neither tags nor totals%s%s",
                     session->input_name, session->losses.count ? "; " : "",
                     session->losses.count ? session->losses.items[0].what : "");
}

static struct ph_error *run(const struct ph_arguments *arguments, bool live, enum ph_exit *status)
{
    PH_GUARD(ph_session_fini) struct ph_session session = {0};
    PH_GUARD(hunt_fini)
    struct hunt hunt = {
        .meter = {.arguments = arguments, .verb = live ? "hunting" : "judging"},
        .session = &session,
        .live = live,
    };
    struct ph_selection selection;
    ph_autofree char *recording = NULL;
    ph_autofree char *no_recording = NULL;

    PH_TRY(ph_arguments_selection(arguments, &selection));
    PH_TRY(ph_front_owner_files(arguments));
    PH_TRY(reports_are_possible(arguments));
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
        .trace = live && !arguments->no_trace,
        .cpu_most = arguments->cpu_most,
        .rights_later = live ? PH_RIGHT_LOOK : 0,
        .progress = ph_meter_progress,
        .opened = opened,
        .suspected = suspected,
        .context = &hunt,
    };
    struct ph_error *error = ph_session_run(&options, &session);
    ph_meter_done(&hunt.meter);
    PH_TRY(error);
    if (!session.samples)
        return ph_errorf(PH_ERR_FORMAT, "%s: holds no reading", session.input_name);
    PH_TRY(print(&hunt, &session, no_recording));
    PH_TRY(something_was_judged(&session));
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
