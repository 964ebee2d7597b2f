/* monitor.h - watching without making anybody wait: a thread of its own reads the input and judges
 * it, another one looks for owners, a third one traces the tag that is looked at; a screen shows
 * whatever is there and how old it is.
 */
#ifndef PH_APP_MONITOR_H
#define PH_APP_MONITOR_H

#include "app/input.h"
#include "app/who.h"
#include "model/event.h"
#include "model/history.h"
#include "model/report.h"
#include "model/trace.h"

struct ph_monitor_options {
    struct ph_input_options input;
    int64_t interval_ns; /* between live readings */
    /* of a replay: 1 = as fast as it was recorded; 0 = as fast as it goes. A gap, which is more
     * than 5 s to wait and more than three times the step before it, or a boot, takes 1 s at most.
     */
    double speed;
    bool from_end; /* replay: read all of it first and stand at its end */
    bool drop_privileges;
    const struct ph_who_options *who; /* borrowed; NULL: owners are not looked for */
    bool trace;      /* of the live kernel: the tag that is looked at, see ph_monitor_trace() */
    double cpu_most; /* for that; see ph_tracing_options */
    /* Called from the monitor's threads whenever there is something new to show. */
    void (*changed)(void *context);
    void *context;
};

/* What is known at one moment; valid while the monitor is locked. */
struct ph_monitor_state {
    const struct ph_catalog *catalog;
    const struct ph_machine *machine;
    const struct ph_sample *now, *before, *mark; /* NULL = none yet; before: the reading before */
    int64_t read_ns;                             /* boottime at which `now` was complete */
    int64_t busy_ns;   /* boottime since when a reading is under way; 0 = none */
    int64_t marked_ns; /* time of the mark, on the axis of the samples */
    const struct ph_history *whole, *recent;
    const struct ph_finding *findings; /* rank order */
    size_t finding_count;
    const uint32_t *finding_of; /* by series number: index + 1 in findings, 0 = not judged */
    const struct ph_event_list *events;
    const struct ph_loss_list *losses;
    struct ph_pool_total first_pools[PH_POOL_COUNT];
    uint64_t readings, of; /* of: 0 = unknown */
    uint64_t late;         /* grid points of the interval that passed during slow readings */
    int64_t first_ns, last_ns;
    uint32_t segments;
    uint64_t clock_jumps;
    int64_t interval_ns;
    double speed;
    bool live, paused, ended;
    bool seeking;      /* reading ahead to where the user wants to be */
    const char *error; /* why the last reading failed (a live one is tried again); NULL */
    const char *source;
    /* of the findings that grow most, as far as they are known; for a report */
    const struct ph_owner_report *owners;
    size_t owner_count;
    const struct ph_trace *trace; /* of the tag that is looked at; NULL = nothing is traced */
};

struct ph_monitor;
/* Opens the input and the tables of known tags, gives up privileges, starts the threads. Errors are
 * those of opening. */
struct ph_error *ph_monitor_start(const struct ph_monitor_options *options,
                                  struct ph_monitor **monitor) PH_MUST_CHECK;
void ph_monitor_stop(struct ph_monitor *monitor); /* NULL is allowed */
void ph_monitor_stopp(struct ph_monitor **monitor);

/* Never waits for a reading, only for one being taken over (some milliseconds). */
const struct ph_monitor_state *ph_monitor_lock(struct ph_monitor *monitor);
void ph_monitor_unlock(struct ph_monitor *monitor);

/* Commands; none waits longer than ph_monitor_lock(). Not while locked. */
void ph_monitor_set_interval(struct ph_monitor *monitor, int64_t interval_ns);
void ph_monitor_set_speed(struct ph_monitor *monitor, double speed);
void ph_monitor_pause(struct ph_monitor *monitor, bool paused);
void ph_monitor_refresh(struct ph_monitor *monitor); /* read now; paused: one reading only */
/* Replay: to the reading that is `readings` further (negative: back). Going back reads the input
 * anew; what was shown stays until that is done. Whoever leaves the end so is paused there. */
void ph_monitor_step(struct ph_monitor *monitor, int64_t readings);
/* Replay: to this reading, counted from 1, wherever it stands or is on its way to. */
void ph_monitor_go(struct ph_monitor *monitor, uint64_t reading);
/* Replay: to a share of the whole, 0..1. */
void ph_monitor_seek(struct ph_monitor *monitor, double share);
/* Keeps `now` to compare with; false takes the mark away, and so does going back behind it. Error:
 * out of memory. */
struct ph_error *ph_monitor_mark(struct ph_monitor *monitor, bool on) PH_MUST_CHECK;

/* --- owners; call while locked --- */
enum ph_owner_state { PH_OWNER_NONE, PH_OWNER_PENDING, PH_OWNER_KNOWN, PH_OWNER_FAILED };
/* What is known of a series' owner. When `ask`, it is looked for if it was not yet. `*report` lives
 * as long as the monitor. `*error` = why it failed. */
enum ph_owner_state ph_monitor_owner(struct ph_monitor *monitor, uint32_t series, bool ask,
                                     const struct ph_owner_report **report, const char **error);
/* The name for a column: the best owner found, the module the source names (`*named`), else the
 * component that the table of known tags has; NULL. */
const char *ph_monitor_owner_name(struct ph_monitor *monitor, uint32_t series, bool *named);
/* --- call sites; call while locked --- */
enum ph_tracing_state {
    PH_TRACING_NONE, /* not this tag, or not this input */
    PH_TRACING_PENDING,
    PH_TRACING_KNOWN,
    PH_TRACING_FAILED
};
/* What tracing tells of a slab cache of the live kernel. To ask begins it, and ends that of another
 * tag; it ends by itself a minute after it was asked for last. `*trace` is valid while locked, and
 * is read anew every 2 s; `*error` says in one line why there is none. */
enum ph_tracing_state ph_monitor_trace(struct ph_monitor *monitor, uint32_t series,
                                       const struct ph_trace **trace, const char **error);

/* The state as the report of a hunt, to be rendered while locked; `trends` and `pools` have room
 * for all findings and all pools. */
struct ph_hunt_report ph_monitor_report(const struct ph_monitor_state *state,
                                        struct ph_trend *trends, struct ph_pool_row *pools);

#endif
