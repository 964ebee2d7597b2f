/* Playing what was kept: forwards at some speed, or to wherever the user wants to be. Readings hold
 * differences and judges have no way back, so going back means to read anew from the beginning. */
#include "app/monitor_parts.h"

#include <math.h>

#include "base/mem.h"
#include "base/os.h"

#define GAP_LEAST (5 * PH_SECOND) /* to wait, before a step can be a gap */
#define GAP_WAIT PH_SECOND
enum { GAP_TIMES = 3 };

/* A gap of years, played slowly. */
#define WAIT_MOST 1e18

struct playing {
    int64_t shown_ns; /* when the newest reading was due */
    int64_t step_ns;  /* between the newest two */
    double speed;
    bool waited; /* standing still until now: the next reading is due a step after now */
};

/* ------------------------------------------------------------------ the input */

/* What was read is kept; nothing more comes. */
static void give_up(struct ph_monitor *monitor, struct ph_error *error)
{
    monitor->pending = monitor->judge_failed = false;
    monitor->at_end = monitor->broken = true;
    ph_track_free(ph_steal(monitor->ahead));
    ph_monitor_enter(monitor);
    monitor->state.ended = true;
    monitor->state.seeking = false;
    monitor->orders = (struct ph_orders){0};
    ph_monitor_show(monitor); /* not how far it had come on its way */
    ph_monitor_fail(monitor, error);
    ph_monitor_leave(monitor);
    monitor->untold = true;
}

/* The end: how many readings there are is known now, and what the last one could not tell. */
static struct ph_error *finish(struct ph_monitor *monitor)
{
    struct ph_track *track = monitor->ahead ? monitor->ahead : monitor->track;

    monitor->at_end = true;
    ph_monitor_enter(monitor);
    monitor->state.of = track->readings;
    struct ph_error *error = ph_input_losses(monitor->input, &track->losses);
    ph_monitor_leave(monitor);
    return error;
}

/* The next reading into `sample`, unless it is there or there is none. */
static struct ph_error *read_next(struct ph_monitor *monitor)
{
    bool end = false;

    if (monitor->pending || monitor->at_end)
        return NULL;
    PH_TRY(ph_input_read(monitor->input, &monitor->catalog, &monitor->sample, &end));
    monitor->pending = !end;
    return end ? finish(monitor) : NULL;
}

/* Back to the beginning, with a track of its own: the one that is shown stays. */
static struct ph_error *begin_anew(struct ph_monitor *monitor)
{
    ph_track_free(ph_steal(monitor->ahead));
    ph_input_close(ph_steal(monitor->input));
    ph_sample_fini(&monitor->sample); /* playback decodes into it: it must be as new */
    monitor->pending = monitor->at_end = monitor->broken = monitor->judge_failed = false;
    PH_TRY(ph_track_new(&monitor->ahead));
    return ph_input_open(&monitor->options.input, &monitor->input);
}

/* Logs do not say how many readings they have: a share of them needs to know. */
static struct ph_error *count(struct ph_monitor *monitor, uint64_t *readings)
{
    PH_GUARD(ph_input_closep) struct ph_input *input = NULL;
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    bool end = false;

    *readings = 0;
    PH_TRY(ph_input_open(&monitor->options.input, &input));
    while (!ph_interrupted()) {
        PH_TRY(ph_input_read(input, &monitor->catalog, &sample, &end));
        if (end)
            break;
        ++*readings;
    }
    return NULL;
}

/* ------------------------------------------------------------------ seeking */

/* A share is a reading as soon as it is known how many there are. */
static struct ph_error *resolve(struct ph_monitor *monitor, double share)
{
    uint64_t of;

    ph_monitor_enter(monitor);
    of = monitor->state.of;
    ph_monitor_leave(monitor);
    if (!of)
        PH_TRY(count(monitor, &of));
    ph_monitor_enter(monitor);
    struct ph_orders *orders = &monitor->orders;
    monitor->state.of = of;
    if (orders->to_share) { /* it may be another one by now */
        share = orders->share;
        orders->reading = share >= 1 ? UINT64_MAX : 1 + (uint64_t)(share * (double)of);
        orders->to_reading = true;
        orders->to_share = false;
    }
    ph_monitor_leave(monitor);
    return NULL;
}

/* What was read ahead becomes what is shown, with its own findings. */
static struct ph_error *show_ahead(struct ph_monitor *monitor)
{
    PH_GUARD(ph_finding_list_fini) struct ph_finding_list findings = {0};
    struct ph_track *old = NULL;

    PH_TRY(ph_judge_findings(monitor->ahead->judge, &monitor->catalog, &findings));
    ph_monitor_enter(monitor);
    struct ph_error *error = ph_track_room(monitor->ahead, monitor->shown.count);
    if (!error) {
        old = monitor->track;
        monitor->track = ph_steal(monitor->ahead);
        monitor->stale = false;
        monitor->state.read_ns = ph_boottime_ns();
        ph_monitor_find(monitor, &findings, true);
    }
    ph_monitor_leave(monitor);
    ph_track_free(old);
    return error;
}

/* The order is carried out, unless it is another one by now. */
static struct ph_error *arrive(struct ph_monitor *monitor, uint64_t reading)
{
    if (monitor->ahead)
        PH_TRY(show_ahead(monitor));
    ph_monitor_judge(monitor, true);
    ph_monitor_enter(monitor);
    if (monitor->orders.to_reading && monitor->orders.reading == reading)
        monitor->orders.to_reading = false;
    monitor->state.seeking = monitor->orders.to_reading || monitor->orders.to_share;
    monitor->state.ended = monitor->at_end;
    ph_monitor_leave(monitor);
    monitor->untold = true;
    return NULL;
}

/* One reading nearer. */
static struct ph_error *approach(struct ph_monitor *monitor, uint64_t reading)
{
    struct ph_track *track = monitor->ahead ? monitor->ahead : monitor->track;

    if (track->readings > reading || (monitor->broken && track->readings != reading)) {
        PH_TRY(begin_anew(monitor));
        ph_monitor_enter(monitor);
        monitor->state.ended = false;
        ph_monitor_fail(monitor, NULL);
        ph_monitor_leave(monitor);
    } else if (track->readings == reading || monitor->at_end) {
        return arrive(monitor, reading);
    }
    PH_TRY(read_next(monitor));
    if (monitor->pending)
        PH_TRY(ph_monitor_take(monitor, ph_boottime_ns()));
    if (monitor->ahead) {
        ph_monitor_enter(monitor);
        monitor->state.readings = monitor->ahead->readings;
        ph_monitor_leave(monitor);
    }
    ph_monitor_tell(monitor, false);
    return NULL;
}

/* ------------------------------------------------------------------ playing */

/* When the reading that is pending is due. */
static int64_t due(const struct ph_monitor *monitor, const struct playing *playing, int64_t *step)
{
    bool other_boot;

    *step = ph_track_step(monitor->track, &monitor->sample, &other_boot);
    if (!(playing->speed > 0) || !monitor->track->readings)
        return playing->shown_ns;
    double wait = fmin((double)*step / playing->speed, WAIT_MOST);
    bool gap = other_boot || (wait > (double)GAP_LEAST && playing->step_ns &&
                              (double)*step > GAP_TIMES * (double)playing->step_ns);
    if (gap && wait > (double)GAP_WAIT)
        wait = (double)GAP_WAIT;
    int64_t at;
    return __builtin_add_overflow(playing->shown_ns, (int64_t)wait, &at) ? INT64_MAX : at;
}

/* Shows the next reading when it is due, or now; waits a while otherwise. */
static struct ph_error *play(struct ph_monitor *monitor, struct playing *playing, bool at_once)
{
    int64_t now = ph_boottime_ns(), step;

    if (playing->waited)
        playing->shown_ns = now;
    playing->waited = false;
    PH_TRY(read_next(monitor));
    if (!monitor->pending)
        return NULL;
    int64_t at = due(monitor, playing, &step);
    if (!at_once && now < at) {
        ph_monitor_judge(monitor, false);
        if (monitor->untold)
            ph_monitor_tell(monitor, true);
        ph_monitor_wait(monitor, at);
        return NULL;
    }
    PH_TRY(ph_monitor_take(monitor, ph_boottime_ns()));
    playing->step_ns = step;
    /* who lags by more than a moment begins anew instead of catching up */
    playing->shown_ns = at_once || now - at > PH_SECOND / 2 ? now : at;
    ph_monitor_judge(monitor, false);
    ph_monitor_tell(monitor, false);
    return NULL;
}

/* Nothing is to be done: everything is up to date, and told. */
static struct ph_error *stand(struct ph_monitor *monitor, struct playing *playing)
{
    PH_TRY(read_next(monitor));      /* whether this is the end */
    ph_monitor_judge(monitor, true); /* who sees that it ended finds everything up to date */
    ph_monitor_enter(monitor);
    bool ended = monitor->at_end && !monitor->pending;
    monitor->untold = monitor->untold || ended != monitor->state.ended;
    monitor->state.ended = ended;
    ph_monitor_leave(monitor);
    if (monitor->untold)
        ph_monitor_tell(monitor, true);
    playing->waited = true;
    ph_monitor_wait(monitor, INT64_MAX);
    return NULL;
}

static struct ph_error *turn(struct ph_monitor *monitor, struct playing *playing)
{
    ph_monitor_enter(monitor);
    struct ph_orders orders = monitor->orders;
    monitor->orders.refresh = false;
    bool paused = monitor->state.paused;
    playing->speed = monitor->state.speed;
    ph_monitor_leave(monitor);
    if (orders.to_share)
        return resolve(monitor, orders.share);
    if (orders.to_reading) {
        playing->waited = true;
        return approach(monitor, orders.reading);
    }
    if ((paused && !orders.refresh) || (monitor->at_end && !monitor->pending))
        return stand(monitor, playing);
    return play(monitor, playing, orders.refresh);
}

void ph_monitor_replay(struct ph_monitor *monitor)
{
    struct playing playing = {.waited = true};

    while (!ph_interrupted()) {
        struct ph_error *error = turn(monitor, &playing);
        if (error)
            give_up(monitor, error);
    }
}
