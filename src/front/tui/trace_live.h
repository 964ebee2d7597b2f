/* trace_live.h - the live table of `poolhound trace`.
 *
 * One thread draws, takes keys and reads: a reading takes milliseconds.
 */
#ifndef PH_FRONT_TUI_TRACE_LIVE_H
#define PH_FRONT_TUI_TRACE_LIVE_H

#include "app/tracerows.h"
#include "app/tracing.h"
#include "front/front.h"

struct ph_trace_setup {
    const struct ph_arguments *arguments;
    struct ph_tracing *tracing;
    struct ph_trace_choice choice;
    struct ph_trace_report report; /* what does not change: limits, filters, machine */
    int64_t interval_ns;
    int64_t end_ns; /* boottime; INT64_MAX = until the user ends it */
};

/* Shows the trace until the user or the time ends it. `trace` is the last reading; the choice in
 * `setup` is as the user left it. Errors: no terminal; a reading failed. */
struct ph_error *ph_trace_live(struct ph_trace_setup *setup, struct ph_trace *trace) PH_MUST_CHECK;

#endif
