/* session.h - the pipeline: input -> recording -> judge -> report. hunt, record, leaks, demo and
 * export are all this one run with different parts switched on.
 */
#ifndef PH_APP_SESSION_H
#define PH_APP_SESSION_H

#include "app/input.h"
#include "app/select.h"
#include "app/tracewatch.h"
#include "base/error.h"
#include "model/event.h"
#include "model/history.h"
#include "model/report.h"

/* How far a run is; given to the progress function after every sample. */
struct ph_progress {
    const struct ph_catalog *catalog;
    const struct ph_sample *sample;
    uint64_t samples;
    uint64_t of_samples; /* 0 = unknown */
    int64_t elapsed_ns;  /* since the start of the run */
    int64_t duration_ns; /* 0 = until interrupted, or until the input ends */
};

struct ph_session_options {
    struct ph_input_options input;
    int64_t interval_ns; /* between live readings */
    int64_t duration_ns; /* of a live run; 0 = until interrupted */
    bool judge;
    const struct ph_selection *selection; /* findings to keep, by patterns and pools; NULL = all */
    const char *recording;                /* write samples to this file; NULL = do not */
    bool recording_must_work; /* an error of the recording ends the run (record), or is noted (hunt)
                               */
    int64_t keep_raw_ns, keep_floor_ns; /* retention, see recording.h */
    bool drop_privileges;
    bool trace;            /* what rises, on a live kernel */
    double cpu_most;       /* share of the machine that tracing may take; 0 = the default */
    unsigned rights_later; /* enum ph_right that whoever asks for the run needs after it */
    void (*progress)(void *context, const struct ph_progress *progress);
    /* Sees every sample before the next is read; an error ends the run. */
    struct ph_error *(*visit)(void *context, const struct ph_catalog *catalog,
                              const struct ph_sample *sample);
    /* Called once after opening, before the first sample. */
    struct ph_error *(*opened)(void *context, const char *input_name, const char *kept_privileges);
    /* Called once, when something begins to rise; NULL = nobody wants to know. */
    struct ph_error *(*suspected)(void *context, const struct ph_suspects *suspects);
    void *context;
};

/* Everything a run produced; owns what its report points to. */
struct ph_session {
    struct ph_catalog catalog;
    struct ph_machine machine;
    struct ph_sample last;
    struct ph_pool_total first_pools[PH_POOL_COUNT];
    struct ph_history history;
    struct ph_event_list events;
    struct ph_loss_list losses;
    struct ph_finding_list findings; /* with judge */
    struct ph_trend *trends;         /* one per finding */
    struct ph_pool_row pool_rows[PH_POOL_COUNT];
    size_t pool_count;
    int64_t first_ns, last_ns;
    uint64_t samples;
    uint64_t late; /* live readings skipped because the machine was too slow */
    uint32_t segments;
    uint64_t clock_jumps;
    struct ph_trace_watch tracing; /* its trace: what was found at call sites */
    char *input_name;
    char *recording;      /* where it was kept; NULL = not */
    char *recording_note; /* why not */
};

/* Runs until the duration is over, the input ends, or an interrupt. On an error after samples were
 * taken, the session still holds them (record: the file is closed properly). */
struct ph_error *ph_session_run(const struct ph_session_options *options,
                                struct ph_session *session) PH_MUST_CHECK;
/* The report of a judged session; borrows everything from it. */
struct ph_hunt_report ph_session_report(const struct ph_session *session);
/* True when a finding is a LEAK or URGENT: exit status 1. */
bool ph_session_leaks(const struct ph_session *session);
void ph_session_fini(struct ph_session *session);

#endif
