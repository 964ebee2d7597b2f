#include "app/session.h"

#include <string.h>

#include "analysis/judge.h"
#include "app/clockwatch.h"
#include "base/os.h"
#include "store/recording.h"

/* A run's moving parts; released in one place whatever happens. */
struct run {
    const struct ph_session_options *options;
    struct ph_session *session;
    struct ph_input *input;
    struct ph_judge *judge;
    struct ph_recording *recording;
    int64_t start_ns; /* boottime */
    struct ph_clock_watch watch;
};

/* hunt goes on without its recording and says so; record ends. */
static struct ph_error *recording_failed(struct run *run, struct ph_error *error)
{
    struct ph_recording *recording = ph_steal(run->recording);

    if (run->options->recording_must_work) {
        if (recording)
            ph_error_free(ph_recording_close(recording)); /* the first error is the one to tell */
        return error;
    }
    ph_free(run->session->recording_note);
    run->session->recording_note = ph_strdup(error->text);
    ph_free(ph_steal(run->session->recording));
    ph_error_free(error);
    if (recording)
        ph_error_free(ph_recording_close(recording));
    return run->session->recording_note ? NULL : ph_error_nomem();
}

static struct ph_error *open_recording(struct run *run)
{
    const struct ph_session_options *options = run->options;
    struct ph_recording_options keep = {
        .keep_raw_ns = options->keep_raw_ns,
        .keep_floor_ns = options->keep_floor_ns,
    };

    if (!options->recording)
        return NULL;
    if (options->input.path && ph_same_file(options->input.path, options->recording))
        return ph_errorf(PH_ERR_USAGE, "%s: is the input; record into another file",
                         options->recording);
    run->session->recording = ph_strdup(options->recording);
    if (!run->session->recording)
        return ph_error_nomem();
    struct ph_error *error = ph_recording_open(options->recording, &keep, &run->session->machine,
                                               &run->session->catalog, &run->recording);
    return error ? recording_failed(run, error) : NULL;
}

static struct ph_error *take(struct run *run, struct ph_sample *sample)
{
    const struct ph_session_options *options = run->options;
    struct ph_session *session = run->session;

    if (run->recording) {
        uint32_t segment = sample->segment;
        struct ph_error *error = ph_recording_append(run->recording, &session->catalog, sample);
        sample->segment = segment; /* the file counts its own: they would change when it fails */
        if (error)
            PH_TRY(recording_failed(run, error));
    }
    /* recordings have such events in them */
    bool told = ph_input_is_recording(run->input);
    PH_TRY(ph_clock_watch(&run->watch, sample, told ? NULL : &session->events));
    session->segments = run->watch.segments;
    session->clock_jumps = run->watch.jumps;
    if (!session->samples) {
        session->first_ns = sample->time_ns;
        memcpy(session->first_pools, sample->pools, sizeof(sample->pools));
    }
    session->samples++;
    session->last_ns = sample->time_ns;
    /* A log tells its losses once. A live reading tells them again each time, and a recording
     * repeats what its samples told, and in sum what it left out itself. */
    bool repeated = ph_input_is_live(run->input) || ph_input_is_recording(run->input);
    PH_TRY(ph_loss_merge(&session->losses, &sample->losses, repeated));
    PH_TRY(ph_history_add(&session->history, sample));
    PH_TRY(ph_event_merge(&session->events, &sample->events));
    if (run->judge)
        PH_TRY(ph_judge_add(run->judge, &session->catalog, sample));
    if (options->visit)
        PH_TRY(options->visit(options->context, &session->catalog, sample));
    if (options->progress) {
        struct ph_progress progress = {
            .catalog = &session->catalog,
            .sample = sample,
            .samples = session->samples,
            .of_samples = ph_input_count(run->input),
            .elapsed_ns = ph_boottime_ns() - run->start_ns,
            .duration_ns = ph_input_is_live(run->input) ? options->duration_ns : 0,
        };
        options->progress(options->context, &progress);
    }
    return NULL;
}

static struct ph_error *trace_on(struct run *run)
{
    const struct ph_session_options *options = run->options;
    struct ph_session *session = run->session;
    bool suspected;

    if (!options->trace || !ph_input_is_live(run->input))
        return NULL;
    PH_TRY(ph_trace_watch_step(&session->tracing, &session->catalog, &session->history,
                               ph_boottime_ns() - run->start_ns, &session->losses, &suspected));
    return suspected && options->suspected
               ? options->suspected(options->context, &session->tracing.suspects)
               : NULL;
}

/* Readings stand on a fixed grid, so that a slow one does not shift those after it; grid points
 * that passed meanwhile are counted as late. False when the run is over. */
static bool wait_for_next(struct run *run, uint64_t *grid)
{
    const struct ph_session_options *options = run->options;
    int64_t passed = ph_boottime_ns() - run->start_ns;
    uint64_t next = *grid + 1;

    if ((int64_t)next * options->interval_ns < passed) {
        next = (uint64_t)(passed / options->interval_ns) + 1;
        run->session->late += next - *grid - 1;
    }
    *grid = next;
    if (options->duration_ns && (int64_t)next * options->interval_ns > options->duration_ns)
        return false;
    ph_sleep_until(run->start_ns + (int64_t)next * options->interval_ns);
    return !ph_interrupted();
}

/* There is one sample, read again and again: playback decodes its deltas in place. */
static struct ph_error *loop(struct run *run)
{
    struct ph_session *session = run->session;
    uint64_t grid = 0;

    do {
        bool end = false;
        PH_TRY(ph_input_read(run->input, &session->catalog, &session->last, &end));
        if (end)
            return ph_input_losses(run->input, &session->losses);
        PH_TRY(take(run, &session->last));
        PH_TRY(trace_on(run));
        if (ph_input_is_live(run->input) && !wait_for_next(run, &grid))
            return NULL;
    } while (!ph_interrupted());
    return ph_input_is_live(run->input)
               ? NULL
               : ph_loss_add(&session->losses, 0, "%s: interrupted; the rest of it was not read",
                             session->input_name);
}

static void keep_selected(struct ph_session *session, const struct ph_selection *selection)
{
    size_t kept = 0;

    for (size_t i = 0; i < session->findings.count; i++) {
        const struct ph_finding *finding = &session->findings.items[i];
        if (ph_selection_takes(selection, &session->catalog.series[finding->series]))
            session->findings.items[kept++] = *finding;
    }
    session->findings.count = kept;
}

static struct ph_error *conclude(struct run *run)
{
    struct ph_session *session = run->session;

    if (run->judge) {
        PH_TRY(ph_judge_findings(run->judge, &session->catalog, &session->findings));
        ph_trace_watch_judge(&session->tracing.trace, &session->catalog, &session->findings);
        if (run->options->selection)
            keep_selected(session, run->options->selection);
        session->trends = ph_zalloc(session->findings.count, sizeof(*session->trends));
        if (!session->trends)
            return ph_error_nomem();
        for (size_t i = 0; i < session->findings.count; i++)
            session->trends[i] = ph_history_trend(
                &session->history,
                ph_history_series(&session->history, session->findings.items[i].series));
    }
    for (unsigned pool = 0; pool < PH_POOL_COUNT; pool++) {
        if (!(session->last.pools[pool].have & PH_TOTAL_BYTES))
            continue;
        session->pool_rows[session->pool_count++] = (struct ph_pool_row){
            .pool = (enum ph_pool)pool,
            .first = session->first_pools[pool],
            .last = session->last.pools[pool],
            .trend = ph_history_trend(&session->history, &session->history.pools[pool]),
        };
    }
    return NULL;
}

static struct ph_error *prepare(struct run *run)
{
    const struct ph_session_options *options = run->options;
    struct ph_session *session = run->session;
    const char *kept = NULL;

    PH_TRY(ph_input_open(&options->input, &run->input));
    session->input_name = ph_strdup(ph_input_name(run->input));
    if (!session->input_name)
        return ph_error_nomem();
    ph_input_machine(run->input, &session->machine);
    if (options->judge)
        PH_TRY(ph_judge_create(&(struct ph_judge_options){0}, &run->judge));
    PH_TRY(open_recording(run));
    if (options->drop_privileges)
        PH_TRY(ph_drop_privileges(session->recording,
                                  options->rights_later | (options->trace ? PH_RIGHT_TRACE : 0u),
                                  &kept));
    if (options->opened)
        PH_TRY(options->opened(options->context, session->input_name, kept));
    run->start_ns = ph_boottime_ns();
    return NULL;
}

struct ph_error *ph_session_run(const struct ph_session_options *options,
                                struct ph_session *session)
{
    struct run run = {.options = options, .session = session};

    session->tracing.cpu_most = options->cpu_most;
    session->tracing.duration_ns = options->duration_ns;
    struct ph_error *error = prepare(&run);
    if (!error)
        error = loop(&run);
    if (!error)
        error = ph_trace_watch_end(&session->tracing, &session->losses);
    if (run.recording) {
        struct ph_error *closing = ph_recording_close(ph_steal(run.recording));
        if (closing && !error)
            error = recording_failed(&run, closing);
        else
            ph_error_free(closing);
    }
    if (!error)
        error = conclude(&run);
    ph_judge_destroy(run.judge);
    ph_input_close(run.input);
    return error;
}

struct ph_hunt_report ph_session_report(const struct ph_session *session)
{
    return (struct ph_hunt_report){
        .catalog = &session->catalog,
        .last = &session->last,
        .machine = &session->machine,
        .findings = session->findings.items,
        .finding_count = session->findings.count,
        .trends = session->trends,
        .pools = session->pool_rows,
        .pool_count = session->pool_count,
        .time_kind = session->last.time_kind,
        .first_ns = session->first_ns,
        .last_ns = session->last_ns,
        .samples = session->samples,
        .segments = session->segments,
        .clock_jumps = session->clock_jumps,
        .history = &session->history,
        .events = &session->events,
        .trace = session->tracing.trace.now_ns ? &session->tracing.trace : NULL,
        .losses = &session->losses,
        .source = session->input_name,
        .recording = session->recording,
        .recording_note = session->recording_note,
    };
}

bool ph_session_leaks(const struct ph_session *session)
{
    for (size_t i = 0; i < session->findings.count; i++) {
        const struct ph_finding *finding = &session->findings.items[i];
        if (finding->verdict >= PH_VERDICT_LEAK_LIKELY ||
            (finding->verdict == PH_VERDICT_GROWING && finding->urgent))
            return true;
    }
    return false;
}

void ph_session_fini(struct ph_session *session)
{
    ph_finding_list_fini(&session->findings);
    ph_trace_watch_fini(&session->tracing);
    ph_history_fini(&session->history);
    ph_event_fini(&session->events);
    ph_loss_fini(&session->losses);
    ph_sample_fini(&session->last);
    ph_catalog_fini(&session->catalog);
    ph_free(session->trends);
    ph_free(session->input_name);
    ph_free(session->recording);
    ph_free(session->recording_note);
    *session = (struct ph_session){0};
}
