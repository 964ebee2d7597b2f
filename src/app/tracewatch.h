/* tracewatch.h - tracing within a hunt: begins when something rises, follows what rises later.
 *
 * Counters come first, they cost nothing; only what rises is traced.
 */
#ifndef PH_APP_TRACEWATCH_H
#define PH_APP_TRACEWATCH_H

#include "app/suspects.h"
#include "app/tracing.h"
#include "model/finding.h"

struct ph_trace_watch {
    double cpu_most;     /* share of the machine; 0 = the default, see ph_tracing_options */
    int64_t duration_ns; /* of the run; 0 = until interrupted */
    struct ph_suspects suspects;
    struct ph_tracing *tracing;
    struct ph_trace trace;      /* as read last */
    bool impossible;            /* tried; the loss says why */
    int64_t looked_ns, read_ns; /* since the run began; 0 = never */
};

/* After each reading, `elapsed_ns` after the run began: looks for suspects, begins to trace them,
 * reads what tracing tells. `*suspected`: this is the moment the first ones were found. That
 * tracing cannot be had is a loss. Error: out of memory. */
struct ph_error *ph_trace_watch_step(struct ph_trace_watch *watch, const struct ph_catalog *catalog,
                                     const struct ph_history *history, int64_t elapsed_ns,
                                     struct ph_loss_list *losses, bool *suspected) PH_MUST_CHECK;
/* Reads once more and ends. */
struct ph_error *ph_trace_watch_end(struct ph_trace_watch *watch,
                                    struct ph_loss_list *losses) PH_MUST_CHECK;
/* Lets the age of what lives speak about the findings; they are in rank order afterwards, too. */
void ph_trace_watch_judge(const struct ph_trace *trace, const struct ph_catalog *catalog,
                          struct ph_finding_list *findings);
void ph_trace_watch_fini(struct ph_trace_watch *watch);

#endif
