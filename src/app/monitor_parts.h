/* monitor_parts.h - the inside of the monitor; for monitor*.c only.
 *
 * Four threads meet here. The reader owns the input, its catalog and sample, and the judges; the
 * searcher owns the questions to ph_who; the tracer owns what it traces; whoever shows things owns
 * nothing. What they share stands under the lock, which nobody holds while he reads, judges,
 * searches or traces. Each has only the rights of its own work: only the searcher can put
 * PH_RIGHT_LOOK in force, only the tracer PH_RIGHT_TRACE.
 */
#ifndef PH_APP_MONITOR_PARTS_H
#define PH_APP_MONITOR_PARTS_H

#include <stdatomic.h>

#include "analysis/judge.h"
#include "app/clockwatch.h"
#include "app/monitor.h"
#include "app/owners.h"
#include "base/parallel.h"
#include "base/thread.h"

/* Everything that follows from the readings up to one of them. The published one changes under the
 * lock; but its judge is the reader's alone. */
struct ph_track {
    struct ph_judge *judge;
    bool judge_missed; /* one reading at least: the next is no difference to what the judge knows */
    struct ph_sample samples[3]; /* now, before, and room for the next, in turn */
    unsigned newest;             /* of them, when there were readings */
    struct ph_history whole, recent;
    struct ph_event_list events;
    struct ph_loss_list losses;
    struct ph_pool_total first_pools[PH_POOL_COUNT];
    int64_t first_ns, last_ns;
    uint64_t readings;
    struct ph_clock_watch watch;
    struct ph_finding_list findings;
    uint32_t *finding_of;
    size_t finding_of_count;
};

/* --- monitor_track.c --- */
struct ph_error *ph_track_new(struct ph_track **track) PH_MUST_CHECK;
void ph_track_free(struct ph_track *track); /* NULL is allowed */
/* NULL before there was one, or two. */
const struct ph_sample *ph_track_now(const struct ph_track *track);
const struct ph_sample *ph_track_before(const struct ph_track *track);
/* What needs no lock: the judge, and a copy of the sample. Then what does. */
struct ph_error *ph_track_judge(struct ph_track *track, const struct ph_catalog *catalog,
                                struct ph_sample *sample) PH_MUST_CHECK;
struct ph_error *ph_track_take(struct ph_track *track, bool losses_repeat,
                               bool events_told) PH_MUST_CHECK;
/* Room in finding_of for this many series. */
struct ph_error *ph_track_room(struct ph_track *track, size_t series) PH_MUST_CHECK;
/* Takes new findings over and gives the old ones back, to be freed without the lock; there is room
 * for their series. */
void ph_track_set_findings(struct ph_track *track, struct ph_finding_list *findings);
/* How long after the newest reading `sample` was taken, in ns; 0 when time went backwards, or there
 * is none. `*other_boot`: the machine was started anew between them. */
int64_t ph_track_step(const struct ph_track *track, const struct ph_sample *sample,
                      bool *other_boot);

/* --- what is known of a series' owner --- */
struct ph_question {
    uint32_t series;
    enum ph_owner_state state;
    bool asked; /* by somebody who waits for it */
    struct ph_owner_report report;
    struct ph_error *error;
    struct ph_question *next; /* waiting, first to be answered first */
};

struct ph_owner_note {
    struct ph_question *question; /* owned; NULL = never asked */
    const char *component;        /* borrowed from `who` */
    bool looked_up;
    int64_t growing_ns; /* boottime since when it was judged growing each time; 0 = it is not */
};

#define PH_NO_SERIES UINT32_MAX

/* The tag that is looked at, and what tracing tells of it. */
struct ph_watched {
    uint32_t wanted;        /* PH_NO_SERIES = none */
    int64_t asked_ns;       /* boottime when it was asked for last */
    uint32_t series;        /* that the following belong to; PH_NO_SERIES = none */
    struct ph_trace trace;  /* now_ns 0 = not read yet */
    struct ph_error *error; /* why it cannot be traced; NULL */
};

/* What the user wants of the reader. */
struct ph_orders {
    bool refresh;
    bool to_reading; /* to this reading, counted from 1; UINT64_MAX = the end */
    bool to_share;
    uint64_t reading;
    double share;
};

struct ph_monitor {
    struct ph_monitor_options options; /* `who` is the caller's */
    char *path;                        /* of the input; NULL = the live kernel */
    bool repeats;                      /* the input tells its losses again and again */
    bool tells;                        /* the input tells of boots and set clocks */
    atomic_bool stopping;
    struct ph_signal *wake;     /* the reader */
    struct ph_signal *question; /* the searcher */
    struct ph_signal *look;     /* the tracer */
    struct ph_thread *reader, *searcher, *tracer;
    struct ph_who *who;

    /* the reader's */
    struct ph_input *input;
    struct ph_catalog catalog; /* of the input, through all its openings: numbers never change */
    struct ph_sample sample;
    bool pending; /* `sample` was read, but not taken yet */
    bool at_end;  /* the input has no more */
    bool broken;  /* an error ended it: what comes next can only be read from the beginning */
    struct ph_track *ahead; /* where the user wants to be is behind `track`: read anew up to there;
                               NULL */
    bool stale;             /* there are readings that the findings do not know */
    bool judge_failed;      /* the error to be told is that of the findings */
    int64_t judge_ns;       /* when findings may be computed again */
    int64_t told_ns;        /* when `changed` was called */
    bool untold;

    /* under the lock */
    struct ph_mutex *gate, *lock;
    struct ph_monitor_state state;
    struct ph_catalog shown; /* a copy of `catalog` */
    struct ph_machine machine;
    struct ph_track *track; /* what is shown */
    struct ph_sample mark;
    uint64_t mark_reading; /* its number; 0 = no mark */
    struct ph_error *error;
    struct ph_orders orders;
    struct ph_owner_note *notes; /* by series, as many as `shown` has */
    size_t note_count, note_capacity;
    struct ph_question *waiting;
    struct ph_owner_report owners[PH_OWNERS_MOST]; /* borrow everything from their questions */
    char *source;
    struct ph_watched watched;
    bool suspected; /* something grows for the first time */
};

/* --- monitor.c --- */
void ph_monitor_enter(struct ph_monitor *monitor); /* the lock, in turn */
void ph_monitor_leave(struct ph_monitor *monitor);
/* Makes the state say what the track has; under the lock. */
void ph_monitor_show(struct ph_monitor *monitor);
/* Takes the error over; under the lock. */
void ph_monitor_fail(struct ph_monitor *monitor, struct ph_error *error);
/* Brings the shown catalog and all that goes by series up to the reader's; under the lock. */
struct ph_error *ph_monitor_mirror(struct ph_monitor *monitor) PH_MUST_CHECK;

/* --- monitor_read.c: the reader's work --- */
void ph_monitor_read_on(void *monitor);
/* Takes the sample, complete since `done_ns`, into the track that is read ahead, else the one that
 * is shown. */
struct ph_error *ph_monitor_take(struct ph_monitor *monitor, int64_t done_ns) PH_MUST_CHECK;
/* Computes the findings when there is something new and it is time, or when nothing more comes for
 * now. */
void ph_monitor_judge(struct ph_monitor *monitor, bool standing);
/* New findings of what is shown, and whose owners to look for; gives the old ones back. Under the
 * lock. */
void ph_monitor_find(struct ph_monitor *monitor, struct ph_finding_list *findings, bool standing);
/* Waits for an order, this moment, or the time for findings. */
void ph_monitor_wait(struct ph_monitor *monitor, int64_t until_ns);
/* Something new is to be seen; `now`: tell it without delay. */
void ph_monitor_tell(struct ph_monitor *monitor, bool now);

/* --- monitor_replay.c --- */
void ph_monitor_replay(struct ph_monitor *monitor);

/* --- monitor_owners.c: the searcher's work --- */
void ph_monitor_search_on(void *monitor);
/* After new findings, under the lock: asks for those that grow most; true when a question is new.
 * While readings still come, what grows for a moment only is not asked for, unless `standing`. */
bool ph_monitor_ask_for_growing(struct ph_monitor *monitor, bool standing);
/* The state's owners: those known of the findings that grow most; under the lock. */
void ph_monitor_show_owners(struct ph_monitor *monitor);
void ph_monitor_notes_fini(struct ph_monitor *monitor);

/* --- monitor_trace.c: the tracer's work --- */
void ph_monitor_trace_on(void *monitor);

#endif
