/* trace_subject.h - what is measured: nothing, tracers of ours, and peers, each in a process of its
 * own that runs beside the work.
 */
#ifndef BENCH_TRACE_SUBJECT_H
#define BENCH_TRACE_SUBJECT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "source/linux/trace/tracer.h"

enum { SUBJECT_WORDS = 12 };

/* What a tracer of ours says of itself at its end. */
struct subject_report {
    double open_ms, own_cpu_s, seconds; /* reading and adding up, without the opening */
    double cpu_share, events_per_second;
    uint64_t map_bytes, events, dropped, sites_full;
    unsigned shift;
    char error[256]; /* "" = none */
};

struct trace_subject {
    const char *name;
    bool ours;
    bool settles; /* is measured once its limit of CPU has done its work */
    struct ph_tracer_options options;
    const char *words[SUBJECT_WORDS]; /* a peer's command; none and not ours: nothing runs */
    const char *ready;                /* in its output; NULL = when it is silent for a while */
    /* while it runs */
    pid_t pid;
    int orders, answers;
    bool skipped;
    char why[256];
    struct subject_report report; /* of the last run */
};

/* Starts it, and waits until it traces. False: it does not run here; `why` says so. */
bool subject_start(struct trace_subject *subject);
/* False: it had ended by itself. */
bool subject_stop(struct trace_subject *subject);

#endif
