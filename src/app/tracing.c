#include "app/tracing.h"

#include <string.h>

#include "analysis/cohorts.h"
#include "base/mem.h"
#include "base/sort.h"
#include "owner/linux/wrappers.h"
#include "source/linux/trace/tracer.h"

/* Stacks are asked for at helpers that hold something: so many at most, the largest first. */
enum { WANTED_MOST = 64, WANTED_BYTES_LEAST = 4096 };

struct ph_tracing {
    struct ph_tracer *tracer;
    bool no_stacks;
    uint64_t wanted[WANTED_MOST];
    size_t wanted_count;
};

struct ph_error *ph_tracing_open(const struct ph_tracing_options *options,
                                 struct ph_tracing **tracing)
{
    PH_GUARD(ph_tracing_closep) struct ph_tracing *fresh = ph_zalloc(1, sizeof(*fresh));
    struct ph_tracer_options tracer = {
        .kinds = options->kinds,
        .shift = options->shift,
        .stacks = options->stacks,
        .cpu_most = options->cpu_most,
        .objects_most = options->objects_most,
        .epoch_ns = options->epoch_ns,
        .caches = options->caches,
        .cache_count = options->cache_count,
        .modules = options->modules,
        .module_count = options->module_count,
        .process = options->process,
        .size_least = options->size_least,
        .size_most = options->size_most,
    };

    if (!fresh)
        return ph_error_nomem();
    fresh->no_stacks = options->no_stacks || options->stacks;
    PH_TRY(ph_tracer_open(&tracer, &fresh->tracer));
    *tracing = ph_steal(fresh);
    return NULL;
}

void ph_tracing_close(struct ph_tracing *tracing)
{
    if (!tracing)
        return;
    ph_tracer_close(tracing->tracer);
    ph_free(tracing);
}

void ph_tracing_closep(struct ph_tracing **tracing)
{
    ph_tracing_close(*tracing);
}

struct ph_error *ph_tracing_add(struct ph_tracing *tracing, const char *const *caches, size_t count)
{
    return ph_tracer_add_caches(tracing->tracer, caches, count);
}

/* ------------------------------------------------------------------ one row for each owner */

static int compare_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

/* The same call, and the same function behind it. */
static int by_owner(const void *left, const void *right)
{
    const struct ph_trace_site *a = left, *b = right;
    int order = (int)a->kind - (int)b->kind;

    if (!order)
        order = compare_text(a->cache, b->cache);
    if (!order && a->place.address != b->place.address)
        order = a->place.address < b->place.address ? -1 : 1;
    if (!order)
        order = compare_text(a->owner.function, b->owner.function);
    if (!order)
        order = compare_text(a->owner.module, b->owner.module);
    return order;
}

static void add_cohorts(struct ph_trace_site *to, const struct ph_trace_site *from)
{
    for (size_t i = 0; i < to->cohort_count && i < from->cohort_count; i++) {
        struct ph_cohort *cohort = &to->cohorts[i];
        cohort->born += from->cohorts[i].born;
        cohort->alive += from->cohorts[i].alive;
        cohort->bytes_alive += from->cohorts[i].bytes_alive;
        cohort->alive_last += from->cohorts[i].alive_last;
        cohort->seen_born += from->cohorts[i].seen_born;
        cohort->seen_alive += from->cohorts[i].seen_alive;
    }
    for (size_t i = 0; i < PH_LIFE_BINS; i++) {
        to->life.deaths[i] += from->life.deaths[i];
        to->life.exposure_s[i] += from->life.exposure_s[i];
    }
}

/* Takes the stacks, and the cohorts that the other does not have. */
static struct ph_error *merge(struct ph_trace_site *to, struct ph_trace_site *from)
{
    add_cohorts(to, from);
    for (size_t i = to->cohort_count; i < from->cohort_count; i++) {
        struct ph_cohort *cohort;
        PH_TRY(ph_trace_add_cohort(to, &cohort));
        *cohort = from->cohorts[i];
    }
    to->allocs += from->allocs;
    to->frees += from->frees;
    to->implicit_frees += from->implicit_frees;
    to->objects += from->objects;
    to->bytes += from->bytes;
    to->requested_bytes += from->requested_bytes;
    to->objects_low += from->objects_low;
    to->objects_high += from->objects_high;
    to->estimated |= from->estimated;
    to->oldest_ns = to->oldest_ns > from->oldest_ns ? to->oldest_ns : from->oldest_ns;
    for (size_t i = 0; i < from->stack_count; i++) {
        struct ph_trace_stack *stack;
        PH_TRY(ph_trace_add_stack(to, &stack));
        *stack = from->stacks[i];
        from->stacks[i].frame_count = 0; /* its places are the other's now */
    }
    return NULL;
}

static int by_stack_bytes(const void *left, const void *right)
{
    const struct ph_trace_stack *a = left, *b = right;

    if (a->bytes < b->bytes || a->bytes > b->bytes)
        return a->bytes < b->bytes ? 1 : -1;
    return a->allocs < b->allocs ? 1 : a->allocs > b->allocs ? -1 : 0;
}

/* The tracer tells each way to a site by itself. */
static struct ph_error *merge_sites(struct ph_trace *trace)
{
    size_t kept = 0;
    struct ph_error *error = NULL;

    if (trace->count)
        ph_sort(trace->sites, trace->count, sizeof(*trace->sites), by_owner);
    for (size_t i = 1; i < trace->count && !error; i++) {
        struct ph_trace_site *last = &trace->sites[kept], *site = &trace->sites[i];
        if (!by_owner(last, site)) {
            error = merge(last, site);
        } else if (++kept != i) {
            struct ph_trace_site other = trace->sites[kept];
            trace->sites[kept] = *site;
            *site = other;
        }
    }
    while (!error && trace->count > kept + 1)
        ph_trace_drop_last(trace);
    for (size_t i = 0; i < trace->count; i++)
        if (trace->sites[i].stack_count > 1)
            ph_sort(trace->sites[i].stacks, trace->sites[i].stack_count,
                    sizeof(*trace->sites[i].stacks), by_stack_bytes);
    return error;
}

/* ------------------------------------------------------------------ reading */

static int by_bytes(const void *left, const void *right)
{
    const struct ph_trace_site *a = left, *b = right;

    if (a->bytes < b->bytes || a->bytes > b->bytes)
        return a->bytes < b->bytes ? 1 : -1;
    if (a->allocs < b->allocs || a->allocs > b->allocs)
        return a->allocs < b->allocs ? 1 : -1;
    return a->place.address < b->place.address ? -1 : a->place.address > b->place.address;
}

static bool is_wanted(const struct ph_tracing *tracing, uint64_t address)
{
    for (size_t i = 0; i < tracing->wanted_count; i++)
        if (tracing->wanted[i] == address)
            return true;
    return false;
}

/* In order of bytes: the most important helpers come first. */
static struct ph_error *want_stacks(struct ph_tracing *tracing, const struct ph_trace *trace)
{
    if (tracing->no_stacks)
        return NULL;
    for (size_t i = 0; i < trace->count && tracing->wanted_count < WANTED_MOST; i++) {
        const struct ph_trace_site *site = &trace->sites[i];
        if (site->bytes < WANTED_BYTES_LEAST || !site->place.address || site->stack_count ||
            is_wanted(tracing, site->place.address) || !ph_is_wrapper(&site->place, NULL))
            continue;
        PH_TRY(ph_tracer_want_stack(tracing->tracer, site->place.address));
        tracing->wanted[tracing->wanted_count++] = site->place.address;
    }
    return NULL;
}

struct ph_error *ph_tracing_want_stacks(struct ph_tracing *tracing,
                                        const struct ph_trace_site *site)
{
    if (tracing->no_stacks || !site->place.address || is_wanted(tracing, site->place.address))
        return NULL;
    PH_TRY(ph_tracer_want_stack(tracing->tracer, site->place.address));
    if (tracing->wanted_count < WANTED_MOST)
        tracing->wanted[tracing->wanted_count++] = site->place.address;
    return NULL;
}

struct ph_error *ph_tracing_read(struct ph_tracing *tracing, struct ph_trace *trace)
{
    PH_TRY(ph_tracer_read(tracing->tracer, trace));
    for (size_t i = 0; i < trace->count; i++)
        PH_TRY(ph_attribute_site(&trace->sites[i]));
    PH_TRY(merge_sites(trace));
    for (size_t i = 0; i < trace->count; i++)
        ph_cohorts_judge(trace, &trace->sites[i]);
    if (trace->count)
        ph_sort(trace->sites, trace->count, sizeof(*trace->sites), by_bytes);
    return want_stacks(tracing, trace);
}
