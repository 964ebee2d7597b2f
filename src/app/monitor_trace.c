/* Traces the tag that somebody looks at, in a thread of its own: to begin takes up to a second, and
 * neither readings nor the screen shall wait for it. */
#include "app/monitor_parts.h"

#include "app/tracing.h"
#include "base/mem.h"
#include "base/os.h"

#define READ_EVERY (2 * PH_SECOND)
/* Who looks at the table for a moment and comes back finds the ages that were watched until now. */
#define LEFT_MOST PH_MINUTE
/* A cache that others are merged with has only one name in the kernel; which one is not told. */
enum { NAMES_MOST = 16 };
/* Stacks are dear: they are asked for at sites that hold something, and at a few of them. */
enum { STACKS_MOST = 4, STACK_BYTES_LEAST = 4096 };

/* What is traced now; the thread's own. */
struct follower {
    uint32_t series; /* PH_NO_SERIES = none */
    char *names[NAMES_MOST];
    size_t name_count;
    struct ph_tracing *tracing; /* NULL = none, or it failed */
    uint64_t stacks_of[STACKS_MOST];
    size_t stack_count;
    int64_t due_ns; /* of the next reading */
};

/* ------------------------------------------------------------------ what the screen asks */

enum ph_tracing_state ph_monitor_trace(struct ph_monitor *monitor, uint32_t series,
                                       const struct ph_trace **trace, const char **error)
{
    struct ph_watched *watched = &monitor->watched;

    *trace = NULL;
    *error = NULL;
    if (!monitor->tracer || series >= monitor->shown.count ||
        monitor->shown.series[series].origin != PH_ORIGIN_SLABINFO)
        return PH_TRACING_NONE;
    watched->asked_ns = ph_boottime_ns();
    if (watched->wanted != series) {
        watched->wanted = series;
        ph_signal_raise(monitor->look);
    }
    if (watched->series != series)
        return PH_TRACING_PENDING;
    if (watched->error) {
        *error = watched->error->text;
        return PH_TRACING_FAILED;
    }
    if (!watched->trace.now_ns)
        return PH_TRACING_PENDING;
    *trace = &watched->trace;
    return PH_TRACING_KNOWN;
}

/* ------------------------------------------------------------------ whom to follow */

static void end(struct follower *follower)
{
    ph_tracing_close(follower->tracing);
    for (size_t i = 0; i < follower->name_count; i++)
        ph_free(follower->names[i]);
    *follower = (struct follower){.series = PH_NO_SERIES};
}

static struct ph_error *add_name(struct follower *follower, struct ph_slice name)
{
    if (follower->name_count == NAMES_MOST)
        return NULL;
    follower->names[follower->name_count] = ph_memdup(name.data, name.size);
    if (!follower->names[follower->name_count])
        return ph_error_nomem();
    follower->name_count++;
    return NULL;
}

/* Under the lock: the catalog moves as it grows. */
static struct ph_error *take_names(struct follower *follower, const struct ph_series *series)
{
    struct ph_slice rest = ph_slice_of(series->aliases ? series->aliases : ""), word;

    PH_TRY(add_name(follower, series->tag));
    while (ph_slice_word(&rest, &word))
        PH_TRY(add_name(follower, word));
    return NULL;
}

/* Replaces what the screen sees of it; the old trace is freed without the lock. */
static void publish(struct ph_monitor *monitor, uint32_t series, struct ph_trace *trace,
                    struct ph_error *error)
{
    struct ph_watched *watched = &monitor->watched;
    struct ph_trace old;
    struct ph_error *old_error;

    ph_monitor_enter(monitor);
    old = watched->trace;
    old_error = watched->error;
    watched->trace = trace ? *trace : (struct ph_trace){0};
    watched->error = error;
    watched->series = series;
    monitor->state.trace = watched->trace.now_ns ? &watched->trace : NULL;
    ph_monitor_leave(monitor);
    if (trace)
        *trace = (struct ph_trace){0};
    ph_trace_fini(&old);
    ph_error_free(old_error);
    if (monitor->options.changed)
        monitor->options.changed(monitor->options.context);
}

/* Tracing that fails is told on the page; it is tried again for another one. */
static void fail(struct ph_monitor *monitor, struct follower *follower, struct ph_error *error)
{
    ph_tracing_close(follower->tracing);
    follower->tracing = NULL;
    publish(monitor, follower->series, NULL, error);
}

/* Without the lock: to open takes a while. */
static struct ph_error *begin(const struct ph_monitor *monitor, struct follower *follower)
{
    const struct ph_tracing_options options = {
        .kinds = 1u << PH_TRACE_KMALLOC | 1u << PH_TRACE_CACHE,
        .cpu_most = monitor->options.cpu_most,
        .caches = (const char *const *)follower->names,
        .cache_count = follower->name_count,
    };

    ph_rights_raise(PH_RIGHT_TRACE);
    struct ph_error *error = ph_tracing_open(&options, &follower->tracing);
    ph_rights_lower(PH_RIGHT_TRACE, false);
    return error;
}

/* Ends what nobody looks at any more, and begins with what is looked at now. */
static void follow(struct ph_monitor *monitor, struct follower *follower)
{
    struct ph_watched *watched = &monitor->watched;
    struct ph_error *error = NULL;

    ph_monitor_enter(monitor);
    if (ph_boottime_ns() - watched->asked_ns >= LEFT_MOST)
        watched->wanted = PH_NO_SERIES;
    uint32_t wanted = watched->wanted;
    ph_monitor_leave(monitor);
    if (wanted == follower->series)
        return;
    end(follower);
    publish(monitor, PH_NO_SERIES, NULL, NULL);
    if (wanted == PH_NO_SERIES)
        return;
    follower->series = wanted;
    ph_monitor_enter(monitor);
    error = take_names(follower, &monitor->shown.series[wanted]);
    ph_monitor_leave(monitor);
    if (!error)
        error = begin(monitor, follower);
    if (error)
        fail(monitor, follower, error);
}

/* ------------------------------------------------------------------ reading */

/* Where most of what lives comes from: by which way is worth to be known. */
static struct ph_error *want_stacks(struct follower *follower, const struct ph_trace *trace)
{
    const struct ph_trace_site *first = trace->count ? &trace->sites[0] : NULL;

    if (!first || first->bytes < STACK_BYTES_LEAST || first->stack_count ||
        follower->stack_count == STACKS_MOST)
        return NULL;
    for (size_t i = 0; i < follower->stack_count; i++)
        if (follower->stacks_of[i] == first->place.address)
            return NULL;
    follower->stacks_of[follower->stack_count++] = first->place.address;
    return ph_tracing_want_stacks(follower->tracing, first);
}

static void read_trace(struct ph_monitor *monitor, struct follower *follower)
{
    PH_GUARD(ph_trace_fini) struct ph_trace trace = {0};

    struct ph_error *error = ph_tracing_read(follower->tracing, &trace);
    if (!error)
        error = want_stacks(follower, &trace);
    if (error)
        fail(monitor, follower, error);
    else
        publish(monitor, follower->series, &trace, NULL);
    follower->due_ns = ph_boottime_ns() + READ_EVERY;
}

/* When to look again of itself. */
static int64_t next_ns(struct ph_monitor *monitor, const struct follower *follower)
{
    if (follower->tracing)
        return follower->due_ns;
    if (follower->series == PH_NO_SERIES)
        return INT64_MAX;
    ph_monitor_enter(monitor);
    int64_t left_ns = monitor->watched.asked_ns + LEFT_MOST;
    ph_monitor_leave(monitor);
    return left_ns;
}

void ph_monitor_trace_on(void *context)
{
    struct ph_monitor *monitor = context;
    struct follower follower = {.series = PH_NO_SERIES};

    (void)ph_cancel_when(&monitor->stopping);
    ph_rights_lower(PH_RIGHT_LOOK, true);
    while (!ph_interrupted()) {
        follow(monitor, &follower);
        if (follower.tracing && ph_boottime_ns() >= follower.due_ns)
            read_trace(monitor, &follower);
        (void)ph_signal_wait(monitor->look, next_ns(monitor, &follower));
    }
    end(&follower);
}
