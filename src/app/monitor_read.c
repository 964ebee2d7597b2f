#include "app/monitor_parts.h"

#include <string.h>

#include "base/mem.h"
#include "base/os.h"

/* Who watches for days pays for the judge all the time: cheap findings take a ten-thousandth of it,
 * as long as they are not older than five seconds, and dear ones a fiftieth at most. */
enum { JUDGE_RARELY = 10000, JUDGE_OFTEN = 50 };
#define FINDINGS_AGE (5 * PH_SECOND)

/* Nobody looks more often than this at readings that rush past. */
#define TELL_EVERY (PH_SECOND / 20)

/* ------------------------------------------------------------------ one reading */

struct ph_error *ph_monitor_take(struct ph_monitor *monitor, int64_t done_ns)
{
    struct ph_track *track = monitor->ahead ? monitor->ahead : monitor->track;

    monitor->pending = false;
    PH_TRY(ph_track_judge(track, &monitor->catalog, &monitor->sample));
    ph_monitor_enter(monitor);
    struct ph_error *error = ph_monitor_mirror(monitor);
    if (!error)
        error = ph_track_take(track, monitor->repeats, monitor->tells);
    if (!error && track == monitor->track) {
        monitor->stale = true;
        monitor->state.read_ns = done_ns;
        ph_monitor_show(monitor);
    }
    ph_monitor_leave(monitor);
    return error;
}

void ph_monitor_tell(struct ph_monitor *monitor, bool now)
{
    int64_t time = ph_boottime_ns();

    monitor->untold = !now && time - monitor->told_ns < TELL_EVERY;
    if (monitor->untold)
        return;
    monitor->told_ns = time;
    if (monitor->options.changed)
        monitor->options.changed(monitor->options.context);
}

void ph_monitor_wait(struct ph_monitor *monitor, int64_t until_ns)
{
    /* a reading that comes soon has its findings with it: one awakening, not two */
    if (monitor->stale && (until_ns == INT64_MAX || until_ns - monitor->judge_ns > PH_SECOND))
        until_ns = monitor->judge_ns;
    (void)ph_signal_wait(monitor->wake, until_ns);
}

/* ------------------------------------------------------------------ findings */

void ph_monitor_find(struct ph_monitor *monitor, struct ph_finding_list *findings, bool standing)
{
    ph_track_set_findings(monitor->track, findings);
    ph_monitor_show(monitor);
    if (ph_monitor_ask_for_growing(monitor, standing && !monitor->state.live))
        ph_signal_raise(monitor->question);
    ph_monitor_show_owners(monitor);
}

static struct ph_error *judge(struct ph_monitor *monitor, bool standing)
{
    PH_GUARD(ph_finding_list_fini) struct ph_finding_list findings = {0};

    PH_TRY(ph_judge_findings(monitor->track->judge, &monitor->catalog, &findings));
    ph_monitor_enter(monitor);
    /* the judge knows series that were not taken over when memory was short just then */
    struct ph_error *error = ph_monitor_mirror(monitor);
    if (!error)
        ph_monitor_find(monitor, &findings, standing);
    ph_monitor_leave(monitor);
    return error;
}

static int64_t pause_after(int64_t cost_ns)
{
    int64_t rarely = JUDGE_RARELY * cost_ns, often = JUDGE_OFTEN * cost_ns;

    return rarely < FINDINGS_AGE ? rarely : often > FINDINGS_AGE ? often : FINDINGS_AGE;
}

void ph_monitor_judge(struct ph_monitor *monitor, bool standing)
{
    int64_t begin = ph_boottime_ns();

    if (!monitor->stale || (!standing && begin < monitor->judge_ns))
        return;
    struct ph_error *error = judge(monitor, standing);
    int64_t end = ph_boottime_ns();
    monitor->judge_ns = end + (error ? PH_SECOND : pause_after(end - begin));
    monitor->stale = error && !standing; /* out of memory: tried again later */
    if (error || monitor->judge_failed) {
        monitor->judge_failed = error;
        ph_monitor_enter(monitor);
        ph_monitor_fail(monitor, error);
        ph_monitor_leave(monitor);
    }
    monitor->untold = true;
}

/* ------------------------------------------------------------------ the live kernel */

/* When readings are due: on a fixed grid, so that a slow one does not shift those after it. */
struct grid {
    int64_t due_ns, interval_ns;
    bool paused;
};

/* A new interval counts from the reading that was due last; after a pause the grid begins anew. */
static void follow(struct grid *grid, const struct ph_monitor_state *state, int64_t now)
{
    if (grid->interval_ns)
        grid->due_ns += state->interval_ns - grid->interval_ns;
    grid->interval_ns = state->interval_ns;
    if (grid->paused && !state->paused)
        grid->due_ns = now;
    grid->paused = state->paused;
}

/* Counts the points of the grid that passed while reading. */
static uint64_t next_point(struct grid *grid, bool refreshed, int64_t begin, int64_t now)
{
    grid->due_ns = (refreshed ? begin : grid->due_ns) + grid->interval_ns;
    if (grid->due_ns > now)
        return 0;
    uint64_t late = (uint64_t)((now - grid->due_ns) / grid->interval_ns) + 1;
    grid->due_ns += (int64_t)late * grid->interval_ns;
    return late;
}

static void read_live(struct ph_monitor *monitor)
{
    bool end = false;

    struct ph_error *error =
        ph_input_read(monitor->input, &monitor->catalog, &monitor->sample, &end);
    if (!error && !end)
        error = ph_monitor_take(monitor, ph_boottime_ns());
    ph_monitor_enter(monitor);
    monitor->state.busy_ns = 0;
    if (error || !monitor->judge_failed)
        ph_monitor_fail(monitor, error);
    ph_monitor_leave(monitor);
}

static void watch(struct ph_monitor *monitor)
{
    struct grid grid = {.due_ns = ph_boottime_ns()};

    while (!ph_interrupted()) {
        ph_monitor_enter(monitor);
        int64_t begin = ph_boottime_ns();
        follow(&grid, &monitor->state, begin);
        bool refresh = monitor->orders.refresh;
        bool read = refresh || (!grid.paused && begin >= grid.due_ns);
        monitor->orders.refresh = false;
        if (read)
            monitor->state.busy_ns = begin;
        ph_monitor_leave(monitor);
        if (read) {
            read_live(monitor);
            bool early = refresh && begin < grid.due_ns;
            uint64_t late = next_point(&grid, early || grid.paused, begin, ph_boottime_ns());
            ph_monitor_enter(monitor);
            monitor->state.late += grid.paused ? 0 : late;
            ph_monitor_leave(monitor);
            monitor->untold = true;
        }
        ph_monitor_judge(monitor, grid.paused);
        if (monitor->untold)
            ph_monitor_tell(monitor, true);
        ph_monitor_wait(monitor, grid.paused ? INT64_MAX : grid.due_ns);
    }
}

void ph_monitor_read_on(void *context)
{
    struct ph_monitor *monitor = context;

    (void)ph_cancel_when(&monitor->stopping);
    if (monitor->state.live)
        watch(monitor);
    else
        ph_monitor_replay(monitor);
}
