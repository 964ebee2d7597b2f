#include "app/monitor_parts.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/os.h"

#define INTERVAL_LEAST (PH_SECOND / 1000)

/* ------------------------------------------------------------------ the lock */

/* Who comes waits at the gate while another waits for the lock: a reader that reads as fast as it
 * can does not shut out the screen. */
void ph_monitor_enter(struct ph_monitor *monitor)
{
    ph_mutex_lock(monitor->gate);
    ph_mutex_lock(monitor->lock);
    ph_mutex_unlock(monitor->gate);
}

void ph_monitor_leave(struct ph_monitor *monitor)
{
    ph_mutex_unlock(monitor->lock);
}

const struct ph_monitor_state *ph_monitor_lock(struct ph_monitor *monitor)
{
    ph_monitor_enter(monitor);
    return &monitor->state;
}

void ph_monitor_unlock(struct ph_monitor *monitor)
{
    ph_monitor_leave(monitor);
}

/* ------------------------------------------------------------------ what is shown */

void ph_monitor_show(struct ph_monitor *monitor)
{
    const struct ph_track *track = monitor->track;
    struct ph_monitor_state *state = &monitor->state;

    state->now = ph_track_now(track);
    state->before = ph_track_before(track);
    if (monitor->mark_reading > track->readings)
        monitor->mark_reading = 0;
    state->mark = monitor->mark_reading ? &monitor->mark : NULL;
    state->marked_ns = monitor->mark_reading ? monitor->mark.time_ns : 0;
    state->whole = &track->whole;
    state->recent = &track->recent;
    state->findings = track->findings.items;
    state->finding_count = track->findings.count;
    state->finding_of = track->finding_of;
    state->events = &track->events;
    state->losses = &track->losses;
    memcpy(state->first_pools, track->first_pools, sizeof(state->first_pools));
    state->readings = track->readings;
    state->first_ns = track->first_ns;
    state->last_ns = track->last_ns;
    state->segments = track->watch.segments;
    state->clock_jumps = track->watch.jumps;
}

void ph_monitor_fail(struct ph_monitor *monitor, struct ph_error *error)
{
    ph_error_free(monitor->error);
    monitor->error = error;
    monitor->state.error = error ? error->text : NULL;
}

/* What is looked up again may have changed; a name never does. */
static bool differs(const struct ph_series *copy, const struct ph_series *original)
{
    return copy->flags != original->flags || copy->object_bytes != original->object_bytes ||
           copy->slab_bytes != original->slab_bytes ||
           copy->counter_bits != original->counter_bits ||
           (original->aliases && (!copy->aliases || strcmp(copy->aliases, original->aliases)));
}

struct ph_error *ph_monitor_mirror(struct ph_monitor *monitor)
{
    uint32_t number;

    for (size_t i = 0; i < monitor->catalog.count; i++)
        if (i >= monitor->shown.count ||
            differs(&monitor->shown.series[i], &monitor->catalog.series[i]))
            PH_TRY(ph_catalog_intern(&monitor->shown, &monitor->catalog.series[i], &number));
    size_t count = monitor->shown.count;
    PH_TRY(ph_grow(&monitor->notes, &monitor->note_capacity, count, sizeof(*monitor->notes)));
    if (count > monitor->note_count)
        memset(monitor->notes + monitor->note_count, 0,
               (count - monitor->note_count) * sizeof(*monitor->notes));
    monitor->note_count = count;
    return ph_track_room(monitor->track, count);
}

/* ------------------------------------------------------------------ start and stop */

static struct ph_error *open_all(struct ph_monitor *monitor)
{
    const struct ph_monitor_options *options = &monitor->options;
    struct ph_monitor_state *state = &monitor->state;
    struct ph_who_options who = options->who ? *options->who : (struct ph_who_options){0};

    PH_TRY(ph_signal_new(&monitor->wake));
    PH_TRY(ph_signal_new(&monitor->question));
    PH_TRY(ph_signal_new(&monitor->look));
    monitor->watched.wanted = monitor->watched.series = PH_NO_SERIES;
    PH_TRY(ph_mutex_new(&monitor->gate));
    PH_TRY(ph_mutex_new(&monitor->lock));
    PH_TRY(ph_track_new(&monitor->track));
    if (options->input.path) {
        monitor->path = ph_strdup(options->input.path);
        if (!monitor->path)
            return ph_error_nomem();
        monitor->options.input.path = monitor->path;
    }
    PH_TRY(ph_input_open(&monitor->options.input, &monitor->input));
    who.processes = options->who && ph_input_is_live(monitor->input);
    who.this_machine = who.processes;
    PH_TRY(ph_who_open(&who, &monitor->who));
    monitor->source = ph_strdup(ph_input_name(monitor->input));
    if (!monitor->source)
        return ph_error_nomem();
    ph_input_machine(monitor->input, &monitor->machine);
    state->live = ph_input_is_live(monitor->input);
    monitor->tells = ph_input_is_recording(monitor->input);
    monitor->repeats = state->live || monitor->tells;
    state->of = ph_input_count(monitor->input);
    state->source = monitor->source;
    state->catalog = &monitor->shown;
    state->machine = &monitor->machine;
    state->owners = monitor->owners;
    state->interval_ns =
        options->interval_ns > INTERVAL_LEAST ? options->interval_ns : INTERVAL_LEAST;
    state->speed = options->speed > 0 && isfinite(options->speed) ? options->speed : 0;
    if (!state->live && options->from_end) {
        state->seeking = monitor->orders.to_reading = true;
        monitor->orders.reading = UINT64_MAX;
    }
    ph_monitor_show(monitor);
    return NULL;
}

static struct ph_error *start_threads(struct ph_monitor *monitor, bool trace)
{
    if (trace)
        PH_TRY(ph_thread_start(ph_monitor_trace_on, monitor, &monitor->tracer));
    if (monitor->options.who)
        PH_TRY(ph_thread_start(ph_monitor_search_on, monitor, &monitor->searcher));
    ph_rights_lower(PH_RIGHT_TRACE | PH_RIGHT_LOOK, true); /* the others have them by now */
    return ph_thread_start(ph_monitor_read_on, monitor, &monitor->reader);
}

static struct ph_error *start(struct ph_monitor *monitor)
{
    const struct ph_monitor_options *options = &monitor->options;
    const char *kept;

    PH_TRY(open_all(monitor));
    bool trace = monitor->state.live && options->trace;
    bool look = monitor->state.live && options->who;
    if (options->drop_privileges)
        PH_TRY(ph_drop_privileges(NULL, (trace ? PH_RIGHT_TRACE : 0u) | (look ? PH_RIGHT_LOOK : 0u),
                                  &kept));
    return start_threads(monitor, trace);
}

struct ph_error *ph_monitor_start(const struct ph_monitor_options *options,
                                  struct ph_monitor **monitor)
{
    PH_GUARD(ph_monitor_stopp) struct ph_monitor *made = ph_zalloc(1, sizeof(*made));

    if (!made)
        return ph_error_nomem();
    made->options = *options;
    PH_TRY(start(made));
    *monitor = ph_steal(made);
    return NULL;
}

void ph_monitor_stop(struct ph_monitor *monitor)
{
    if (!monitor)
        return;
    atomic_store(&monitor->stopping, true);
    if (monitor->wake)
        ph_signal_raise(monitor->wake);
    if (monitor->question)
        ph_signal_raise(monitor->question);
    if (monitor->look)
        ph_signal_raise(monitor->look);
    ph_thread_join(monitor->reader);
    ph_thread_join(monitor->searcher);
    ph_thread_join(monitor->tracer);
    ph_monitor_notes_fini(monitor);
    ph_who_close(monitor->who);
    ph_input_close(monitor->input);
    ph_track_free(monitor->ahead);
    ph_track_free(monitor->track);
    ph_sample_fini(&monitor->sample);
    ph_sample_fini(&monitor->mark);
    ph_catalog_fini(&monitor->catalog);
    ph_catalog_fini(&monitor->shown);
    ph_error_free(monitor->error);
    ph_mutex_free(monitor->gate);
    ph_mutex_free(monitor->lock);
    ph_signal_free(monitor->wake);
    ph_signal_free(monitor->question);
    ph_signal_free(monitor->look);
    ph_trace_fini(&monitor->watched.trace);
    ph_error_free(monitor->watched.error);
    ph_free(monitor->path);
    ph_free(monitor->source);
    ph_free(monitor);
}

void ph_monitor_stopp(struct ph_monitor **monitor)
{
    ph_monitor_stop(*monitor);
}

/* ------------------------------------------------------------------ commands */

static void order(struct ph_monitor *monitor)
{
    ph_monitor_leave(monitor);
    ph_signal_raise(monitor->wake);
}

void ph_monitor_set_interval(struct ph_monitor *monitor, int64_t interval_ns)
{
    ph_monitor_enter(monitor);
    monitor->state.interval_ns = interval_ns > INTERVAL_LEAST ? interval_ns : INTERVAL_LEAST;
    order(monitor);
}

void ph_monitor_set_speed(struct ph_monitor *monitor, double speed)
{
    ph_monitor_enter(monitor);
    monitor->state.speed = speed > 0 && isfinite(speed) ? speed : 0;
    order(monitor);
}

void ph_monitor_pause(struct ph_monitor *monitor, bool paused)
{
    ph_monitor_enter(monitor);
    monitor->state.paused = paused;
    order(monitor);
}

void ph_monitor_refresh(struct ph_monitor *monitor)
{
    ph_monitor_enter(monitor);
    monitor->orders.refresh = true;
    order(monitor);
}

/* Who goes back from the end means to look at what is there, not to see it run away again. */
static void stand_still(struct ph_monitor *monitor)
{
    struct ph_monitor_state *state = &monitor->state;
    bool to_end = monitor->orders.to_reading && monitor->orders.reading == UINT64_MAX;

    state->paused = state->paused || state->ended || to_end;
    state->seeking = true;
}

void ph_monitor_step(struct ph_monitor *monitor, int64_t readings)
{
    ph_monitor_enter(monitor);
    struct ph_orders *orders = &monitor->orders;
    if (!monitor->state.live) {
        stand_still(monitor);
        /* steps add up, also while the first of them is still being made */
        uint64_t from = orders->to_reading ? orders->reading : monitor->track->readings;
        if (readings < 0) {
            uint64_t back = -(uint64_t)readings;
            if (monitor->state.of && from > monitor->state.of) /* behind the end is the end */
                from = monitor->state.of;
            orders->reading = from > back ? from - back : 1;
        } else {
            bool beyond = __builtin_add_overflow(from, (uint64_t)readings, &orders->reading);
            if (beyond)
                orders->reading = UINT64_MAX;
        }
        orders->reading += !orders->reading;
        orders->to_reading = true;
        orders->to_share = false;
    }
    order(monitor);
}

void ph_monitor_go(struct ph_monitor *monitor, uint64_t reading)
{
    ph_monitor_enter(monitor);
    if (!monitor->state.live) {
        stand_still(monitor);
        monitor->orders.reading = reading ? reading : 1;
        monitor->orders.to_reading = true;
        monitor->orders.to_share = false;
    }
    order(monitor);
}

void ph_monitor_seek(struct ph_monitor *monitor, double share)
{
    ph_monitor_enter(monitor);
    if (!monitor->state.live) {
        stand_still(monitor);
        monitor->orders.to_share = true;
        monitor->orders.to_reading = false;
        monitor->orders.share = share >= 1 ? 1 : share > 0 ? share : 0;
    }
    order(monitor);
}

struct ph_error *ph_monitor_mark(struct ph_monitor *monitor, bool on)
{
    struct ph_error *error = NULL;

    ph_monitor_enter(monitor);
    const struct ph_sample *now = ph_track_now(monitor->track);
    if (on && now)
        error = ph_sample_copy(&monitor->mark, now);
    /* half a copy is none; without a reading there is nothing to mark */
    monitor->mark_reading = on && !error ? monitor->track->readings : 0;
    ph_monitor_show(monitor);
    ph_monitor_leave(monitor);
    return error;
}

/* ------------------------------------------------------------------ the report */

struct ph_hunt_report ph_monitor_report(const struct ph_monitor_state *state,
                                        struct ph_trend *trends, struct ph_pool_row *pools)
{
    struct ph_hunt_report report = {
        .catalog = state->catalog,
        .last = state->now,
        .machine = state->machine,
        .findings = state->findings,
        .finding_count = state->finding_count,
        .trends = trends,
        .pools = pools,
        .time_kind = state->now ? state->now->time_kind : PH_TIME_REAL,
        .first_ns = state->first_ns,
        .last_ns = state->last_ns,
        .samples = state->readings,
        .segments = state->segments,
        .clock_jumps = state->clock_jumps,
        .owners = state->owners,
        .owner_count = state->owner_count,
        .history = state->whole,
        .events = state->events,
        .trace = state->trace,
        .losses = state->losses,
        .source = state->source,
    };

    for (size_t i = 0; i < state->finding_count; i++)
        trends[i] = ph_history_trend(state->whole,
                                     ph_history_series(state->whole, state->findings[i].series));
    for (unsigned pool = 0; state->now && pool < PH_POOL_COUNT; pool++) {
        if (!(state->now->pools[pool].have & PH_TOTAL_BYTES))
            continue;
        pools[report.pool_count++] = (struct ph_pool_row){
            .pool = (enum ph_pool)pool,
            .first = state->first_pools[pool],
            .last = state->now->pools[pool],
            .trend = ph_history_trend(state->whole, &state->whole->pools[pool]),
        };
    }
    return report;
}
