/* tracer.c - one tracer: the BPF program, its books, names for its addresses, and the limit of what
 * it may cost.
 */
#include "source/linux/trace/tracer.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/os.h"
#include "model/ksymbols.h"
#include "source/linux/meminfo.h"
#include "source/linux/trace/tracebook.h"
#include "source/linux/trace/tracer_bpf.h"

enum { EPOCH_S = 2, OBJECTS_MOST = 1 << 18, OBJECTS_LEAST = 1 << 14 };
/* A row of the site map has a value for each possible processor. */
enum { SITES_MOST = 1 << 14, SITES_LEAST = 1 << 11, SITES_BYTES = 8 << 20, ROW_COST = 128 };
enum { STACKS_MOST = 1 << 13, MEMORY_PART = 256, OBJECT_COST = 104, SHIFT_MOST = 12 };
/* Until it was measured: what an event costs that is followed, and one that is not, as measured on
 * several machines (make bench-trace). */
#define EVENT_NS_GUESS 150.0
#define IDLE_NS_GUESS 30.0
/* A few dozen instructions take no longer than this: what was measured beyond it was a virtual
 * machine that stood still, or an interrupt. */
#define IDLE_NS_MOST 100.0
#define CPU_MOST 0.01
/* The cost of one event is measured over at least so many of them, then never again: the counters
 * of run time cost some 40 ns an event, and need rights that are given up. */
enum { MEASURE_RUNS = 20000, IDLE_RUNS = 200 };
/* For so long nothing is followed when it is opened, which tells what events cost then. */
#define IDLE_NS (PH_SECOND / 20)
/* Coarser sampling saves only what following costs: where that is no more than so much of the
 * limit, it would cost exactness and save nothing. */
#define WORTH_SHARE 0.5
/* How long the load must be far below the limit before sampling becomes finer. */
#define CALM_NS (30 * PH_SECOND)

struct ph_tracer {
    struct ph_tracer_bpf *bpf;
    struct ph_tracebook *book;
    struct ph_ksymbols *symbols;
    struct ph_handle *kallsyms, *modules; /* opened with the right to see addresses */
    struct ph_text buffer;
    struct ph_loss_list losses;
    double cpu_most;
    unsigned shift, shift_least, shift_most;
    uint64_t objects_most, rows;
    bool by_stacks; /* modules are filtered by their stacks */
    char **module_names;
    size_t module_count;
    /* the cost */
    bool measuring;
    double event_ns, idle_ns; /* of an event that is followed, and of one that is not */
    uint64_t idle_runs, idle_run_ns, idle_followed, idle_events; /* until the measuring began */
    int64_t last_ns, calm_since_ns;                              /* 0 = not calm */
    bool was_busy;                                               /* at the reading before */
    uint64_t last_events, last_followed;
    double cpu_share, events_per_second;
    uint32_t processors;
};

/* ------------------------------------------------------------------ names */

static struct ph_error *take_symbols(struct ph_tracer *tracer, bool always)
{
    bool changed = false;

    if (tracer->modules) {
        PH_TRY(ph_handle_read(tracer->modules, &tracer->buffer));
        PH_TRY(ph_ksymbols_take_modules(tracer->symbols, ph_text_slice(&tracer->buffer), &changed));
    }
    if (!always && !changed)
        return NULL;
    PH_TRY(ph_handle_read(tracer->kallsyms, &tracer->buffer));
    struct ph_error *error =
        ph_ksymbols_take_kallsyms(tracer->symbols, ph_text_slice(&tracer->buffer));
    ph_text_fini(&tracer->buffer); /* ten megabytes */
    if (!error && tracer->book)
        ph_tracebook_rename(tracer->book);
    return error;
}

static struct ph_error *open_symbols(struct ph_tracer *tracer)
{
    PH_TRY(ph_ksymbols_create(&tracer->symbols));
    struct ph_error *error = ph_handle_open("/proc/kallsyms", &tracer->kallsyms);
    if (error)
        return ph_loss_error(&tracer->losses, error);
    error = ph_handle_open("/proc/modules", &tracer->modules);
    if (error && error->code != PH_ERR_NOT_FOUND)
        return error;
    ph_error_free(error); /* a kernel without modules has no such file */
    PH_TRY(take_symbols(tracer, true));
    if (ph_ksymbols_hidden(tracer->symbols))
        return ph_loss_add(&tracer->losses, 0,
                           "/proc/kallsyms: addresses are hidden, so call sites have no names: "
                           "needs root or CAP_SYSLOG, and kernel.kptr_restrict below 2");
    return NULL;
}

static struct ph_error *place_of(void *context, uint64_t address, struct ph_place *place)
{
    const struct ph_tracer *tracer = context;

    return ph_ksymbols_place(tracer->symbols, address, place);
}

static bool cache_of(void *context, ph_raw64 cache, struct ph_raw_cache *found)
{
    const struct ph_tracer *tracer = context;

    return ph_tracer_bpf_cache(tracer->bpf, cache, found);
}

static size_t stack_of(void *context, ph_raw32 stack, ph_raw64 frames[PH_RAW_FRAMES])
{
    const struct ph_tracer *tracer = context;

    return ph_tracer_bpf_stack(tracer->bpf, stack, frames);
}

/* ------------------------------------------------------------------ opening */

static uint64_t objects_of_machine(void)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    struct ph_meminfo meminfo;
    uint64_t bad = 0;
    size_t first_bad = 0;

    struct ph_error *error = ph_read_file("/proc/meminfo", 1 << 16, &text);
    ph_error_free(error);
    ph_meminfo_clear(&meminfo);
    ph_meminfo_parse(ph_text_slice(&text), &meminfo, &bad, &first_bad);
    if (meminfo.mem_total < 0)
        return OBJECTS_LEAST;
    uint64_t fit = (uint64_t)meminfo.mem_total / MEMORY_PART / OBJECT_COST;
    return fit > OBJECTS_MOST ? OBJECTS_MOST : fit < OBJECTS_LEAST ? OBJECTS_LEAST : fit;
}

static uint64_t sites_of(uint32_t processors)
{
    uint64_t fit = SITES_BYTES / (ROW_COST + sizeof(struct ph_raw_site) * processors);

    return fit > SITES_MOST ? SITES_MOST : fit < SITES_LEAST ? SITES_LEAST : fit;
}

/* Calls from within these modules. A helper of the kernel that allocates for a module is not within
 * it: with stacks, the frames tell, and nothing is filtered in the kernel. */
static struct ph_error *filter_modules(struct ph_tracer *tracer,
                                       const struct ph_tracer_options *options,
                                       struct ph_raw_settings *settings)
{
    if (!options->module_count)
        return NULL;
    if (options->module_count > PH_RAW_RANGES)
        return ph_errorf(PH_ERR_USAGE, "%zu modules to trace: at most %d", options->module_count,
                         (int)PH_RAW_RANGES);
    for (size_t i = 0; i < options->module_count; i++) {
        uint64_t from, to;
        if (!ph_ksymbols_module_range(tracer->symbols, ph_slice_of(options->modules[i]), &from,
                                      &to))
            return ph_errorf(PH_ERR_NOT_FOUND,
                             "%s: no such module is loaded, or addresses are "
                             "hidden; see /proc/modules",
                             options->modules[i]);
        settings->ranges[i].from = from;
        settings->ranges[i].to = to;
    }
    settings->filter_range = !options->stacks;
    tracer->by_stacks = options->stacks;
    tracer->module_names = ph_zalloc(options->module_count, sizeof(char *));
    if (!tracer->module_names)
        return ph_error_nomem();
    for (size_t i = 0; i < options->module_count; i++, tracer->module_count++) {
        tracer->module_names[i] = ph_strdup(options->modules[i]);
        if (!tracer->module_names[i])
            return ph_error_nomem();
    }
    return NULL;
}

static ph_raw32 mask_of(unsigned shift)
{
    return (ph_raw32)((UINT64_C(1) << shift) - 1);
}

/* Opens the eyes: nothing is followed for a moment, then everything the mask takes. */
static void begin_measuring(struct ph_tracer *tracer, unsigned shift)
{
    struct ph_raw_settings *settings = ph_tracer_bpf_settings(tracer->bpf);
    uint64_t counters[PH_RAW_COUNTERS], missed;

    tracer->idle_ns = IDLE_NS_GUESS;
    tracer->event_ns = EVENT_NS_GUESS;
    tracer->measuring = ph_tracer_bpf_measure(tracer->bpf, true);
    if (tracer->measuring)
        ph_sleep_until(ph_boottime_ns() + IDLE_NS);
    if (tracer->measuring &&
        ph_tracer_bpf_cost(tracer->bpf, &tracer->idle_runs, &tracer->idle_run_ns) &&
        tracer->idle_runs >= IDLE_RUNS)
        tracer->idle_ns =
            fmin((double)tracer->idle_run_ns / (double)tracer->idle_runs, IDLE_NS_MOST);
    ph_tracer_bpf_counters(tracer->bpf, counters, &missed);
    tracer->idle_events = counters[PH_RAW_EVENTS];
    tracer->idle_followed = counters[PH_RAW_FOLLOWED];
    settings->free_mask = mask_of(shift);
    settings->alloc_mask = mask_of(shift);
}

static struct ph_error *attach(struct ph_tracer *tracer, const struct ph_tracer_options *options)
{
    uint32_t every = (1u << PH_TRACE_KINDS) - 1;
    struct ph_tracer_bpf_options bpf = {
        .kinds = options->kinds ? options->kinds : every & ~(1u << PH_TRACE_PAGES),
        .objects_most = options->objects_most ? options->objects_most : objects_of_machine(),
        .sites_most = sites_of(tracer->processors),
        .stacks_most = STACKS_MOST,
        .caches = options->caches,
        .cache_count = options->cache_count,
        .settings =
            {
                .epoch = 1,
                .alloc_mask = UINT32_MAX, /* see begin_measuring() */
                .free_mask = UINT32_MAX,
                .enabled = 1,
                .stacks_all = options->stacks,
                .tgid = options->process,
                .size_least = options->size_least,
                .size_most = options->size_most ? options->size_most : UINT32_MAX,
            },
    };
    struct ph_tracebook_names names = {tracer, place_of, cache_of, stack_of};

    PH_TRY(filter_modules(tracer, options, &bpf.settings));
    PH_TRY(ph_tracer_bpf_open(&bpf, &tracer->losses, &tracer->bpf));
    tracer->objects_most = ph_tracer_bpf_objects_most(tracer->bpf);
    begin_measuring(tracer, options->shift);
    PH_TRY(ph_tracebook_create(ph_boottime_ns(),
                               options->epoch_ns ? options->epoch_ns : EPOCH_S * PH_SECOND,
                               options->shift, &names, &tracer->book));
    tracer->last_ns = ph_boottime_ns();
    return NULL;
}

struct ph_error *ph_tracer_open(const struct ph_tracer_options *options, struct ph_tracer **tracer)
{
    PH_GUARD(ph_tracer_closep) struct ph_tracer *fresh = ph_zalloc(1, sizeof(*fresh));
    struct ph_os_facts facts;

    if (!fresh)
        return ph_error_nomem();
    if (options->shift > SHIFT_MOST)
        return ph_errorf(PH_ERR_USAGE,
                         "following 1 of %llu addresses is too coarse: at most 1 of "
                         "%d",
                         1ull << options->shift, 1 << SHIFT_MOST);
    ph_os_facts(&facts);
    fresh->processors = facts.cpus ? facts.cpus : 1;
    fresh->cpu_most = options->cpu_most > 0 ? options->cpu_most : CPU_MOST;
    fresh->shift = fresh->shift_least = fresh->shift_most = options->shift;
    fresh->cpu_share = fresh->events_per_second = (double)NAN;
    PH_TRY(open_symbols(fresh));
    PH_TRY(attach(fresh, options));
    *tracer = ph_steal(fresh);
    return NULL;
}

void ph_tracer_close(struct ph_tracer *tracer)
{
    if (!tracer)
        return;
    ph_tracer_bpf_close(tracer->bpf);
    ph_tracebook_destroy(tracer->book);
    ph_ksymbols_destroy(tracer->symbols);
    ph_handle_close(tracer->kallsyms);
    ph_handle_close(tracer->modules);
    for (size_t i = 0; i < tracer->module_count; i++)
        ph_free(tracer->module_names[i]);
    ph_free(tracer->module_names);
    ph_text_fini(&tracer->buffer);
    ph_loss_fini(&tracer->losses);
    ph_free(tracer);
}

void ph_tracer_closep(struct ph_tracer **tracer)
{
    ph_tracer_close(*tracer);
}

/* ------------------------------------------------------------------ the limit of CPU */

static void measure(struct ph_tracer *tracer, const uint64_t counters[PH_RAW_COUNTERS])
{
    uint64_t runs = 0, run_ns = 0;

    if (!tracer->measuring || !ph_tracer_bpf_cost(tracer->bpf, &runs, &run_ns))
        return;
    runs -= tracer->idle_runs;
    double followed = (double)(counters[PH_RAW_FOLLOWED] - tracer->idle_followed) /
                      (double)(counters[PH_RAW_EVENTS] - tracer->idle_events + 1);
    if (runs && followed > 0.01) {
        double mean = (double)(run_ns - tracer->idle_run_ns) / (double)runs;
        double event_ns = tracer->idle_ns + (mean - tracer->idle_ns) / followed;
        tracer->event_ns = event_ns > tracer->idle_ns ? event_ns : tracer->idle_ns;
    }
    if (runs < MEASURE_RUNS)
        return;
    (void)ph_tracer_bpf_measure(tracer->bpf, false);
    tracer->measuring = false;
}

/* Addresses that the coarser mask does not follow are forgotten before frees use it. */
static struct ph_error *set_shift(struct ph_tracer *tracer, unsigned shift)
{
    struct ph_raw_settings *settings = ph_tracer_bpf_settings(tracer->bpf);

    settings->alloc_mask = mask_of(shift);
    if (shift > tracer->shift) {
        PH_TRY(ph_tracer_bpf_coarsen(tracer->bpf, mask_of(shift)));
        ph_tracebook_coarsened(tracer->book, shift);
    }
    settings->free_mask = mask_of(shift);
    tracer->shift = shift;
    if (shift > tracer->shift_most)
        tracer->shift_most = shift;
    return NULL;
}

static struct ph_error *make_coarser(struct ph_tracer *tracer, unsigned more)
{
    unsigned shift = tracer->shift + more;

    if (tracer->shift >= SHIFT_MOST)
        return NULL;
    return set_shift(tracer, shift > SHIFT_MOST ? SHIFT_MOST : shift);
}

/* What our programs cost of the machine, and how much of that is the price of following. */
static double cost_of(struct ph_tracer *tracer, double seconds,
                      const uint64_t counters[PH_RAW_COUNTERS], double *following)
{
    double events = (double)(counters[PH_RAW_EVENTS] - tracer->last_events);
    double followed = (double)(counters[PH_RAW_FOLLOWED] - tracer->last_followed);
    double machine_ns = seconds * 1e9 * (double)tracer->processors;

    tracer->events_per_second = events / seconds;
    tracer->last_events = counters[PH_RAW_EVENTS];
    tracer->last_followed = counters[PH_RAW_FOLLOWED];
    *following = followed * (tracer->event_ns - tracer->idle_ns) / machine_ns;
    return events * tracer->idle_ns / machine_ns + *following;
}

/* Coarser as soon as two readings in a row lie above the limit, or the map of objects is nearly
 * full; finer after a long calm. */
static struct ph_error *hold_limit(struct ph_tracer *tracer, int64_t now_ns,
                                   const uint64_t counters[PH_RAW_COUNTERS])
{
    double seconds = (double)(now_ns - tracer->last_ns) / 1e9, following;
    double fill = (double)ph_tracebook_living(tracer->book) / (double)tracer->objects_most;

    if (fill > 0.75)
        PH_TRY(make_coarser(tracer, 1));
    if (seconds < 0.2)
        return NULL;
    measure(tracer, counters);
    tracer->cpu_share = cost_of(tracer, seconds, counters, &following);
    tracer->last_ns = now_ns;
    double over = tracer->cpu_share / tracer->cpu_most;
    bool busy = over > 1 && following > WORTH_SHARE * tracer->cpu_most;
    /* following twice as much must still lie far below the limit */
    bool calm = (tracer->cpu_share + following) / tracer->cpu_most < 0.5 && fill < 0.3;
    tracer->calm_since_ns = !calm ? 0 : tracer->calm_since_ns ? tracer->calm_since_ns : now_ns;
    bool again = busy && tracer->was_busy;
    tracer->was_busy = busy && !again;
    if (again)
        return make_coarser(tracer, over > 16 ? 4 : over > 4 ? 3 : over > 2 ? 2 : 1);
    if (tracer->calm_since_ns && now_ns - tracer->calm_since_ns > CALM_NS &&
        tracer->shift > tracer->shift_least) {
        tracer->calm_since_ns = now_ns;
        return set_shift(tracer, tracer->shift - 1);
    }
    return NULL;
}

/* ------------------------------------------------------------------ reading */

struct pass {
    struct ph_tracer *tracer;
    struct ph_raw_site_key *forget;
    size_t count, capacity;
};

static struct ph_error *take_row(void *context, const struct ph_raw_site_key *key,
                                 const struct ph_raw_site *raw)
{
    struct pass *pass = context;
    bool forget = false;

    pass->tracer->rows++;
    PH_TRY(ph_tracebook_row(pass->tracer->book, key, raw, &forget));
    if (!forget)
        return NULL;
    PH_TRY(ph_grow(&pass->forget, &pass->capacity, pass->count + 1, sizeof(*pass->forget)));
    pass->forget[pass->count++] = *key;
    return NULL;
}

/* What is forgotten here must not be counted again: removed only after the pass. */
static struct ph_error *read_rows(struct ph_tracer *tracer, int64_t now_ns)
{
    struct pass pass = {.tracer = tracer};

    tracer->rows = 0;
    ph_tracebook_begin(tracer->book, now_ns);
    struct ph_error *error = ph_tracer_bpf_sites(tracer->bpf, take_row, &pass);
    for (size_t i = 0; i < pass.count; i++)
        ph_tracer_bpf_forget(tracer->bpf, &pass.forget[i]);
    tracer->rows -= pass.count;
    ph_free(pass.forget);
    return error;
}

static bool of_module(const struct ph_tracer *tracer, const struct ph_trace_site *site)
{
    for (size_t m = 0; m < tracer->module_count; m++)
        for (size_t i = 0; i < site->stack_count; i++)
            for (size_t k = 0; k < site->stacks[i].frame_count; k++) {
                const char *module = site->stacks[i].frames[k].module;
                if (module && !strcmp(module, tracer->module_names[m]))
                    return true;
            }
    return false;
}

static void keep_modules(const struct ph_tracer *tracer, struct ph_trace *trace)
{
    size_t kept = 0;

    if (!tracer->by_stacks)
        return;
    for (size_t i = 0; i < trace->count; i++)
        if (of_module(tracer, &trace->sites[i])) {
            struct ph_trace_site site = trace->sites[kept];
            trace->sites[kept++] = trace->sites[i];
            trace->sites[i] = site;
        }
    while (trace->count > kept)
        ph_trace_drop_last(trace);
}

static void fill_counts(const struct ph_tracer *tracer, uint64_t raw[PH_RAW_COUNTERS],
                        struct ph_trace *trace)
{
    uint64_t missed = 0;

    ph_tracer_bpf_counters(tracer->bpf, raw, &missed);
    trace->counts = (struct ph_trace_counts){
        .events = raw[PH_RAW_EVENTS],
        .untracked_frees = raw[PH_RAW_UNTRACKED],
        .implicit_frees = raw[PH_RAW_IMPLICIT],
        .dropped = raw[PH_RAW_DROPPED],
        .sites_full = raw[PH_RAW_SITES_FULL],
        .stacks_lost = raw[PH_RAW_STACKS_LOST],
        .missed = missed,
        .given_up = ph_tracebook_given_up(tracer->book),
    };
    trace->kinds = ph_tracer_bpf_kinds(tracer->bpf);
    trace->shift = tracer->shift;
    trace->shift_least = tracer->shift_least;
    trace->shift_most = tracer->shift_most;
    trace->objects = ph_tracebook_living(tracer->book);
    trace->objects_most = tracer->objects_most;
    trace->map_bytes = ph_tracer_bpf_map_bytes(tracer->bpf);
}

struct ph_error *ph_tracer_read(struct ph_tracer *tracer, struct ph_trace *trace)
{
    PH_GUARD(ph_trace_fini) struct ph_trace fresh = {0};
    uint64_t counters[PH_RAW_COUNTERS];
    int64_t now_ns = ph_boottime_ns();
    ph_raw32 epoch;

    PH_TRY(take_symbols(tracer, false));
    PH_TRY(read_rows(tracer, now_ns));
    PH_TRY(ph_tracebook_finish(tracer->book, &fresh));
    fill_counts(tracer, counters, &fresh);
    keep_modules(tracer, &fresh);
    PH_TRY(ph_loss_copy(&fresh.losses, &tracer->losses));
    PH_TRY(hold_limit(tracer, now_ns, counters));
    fresh.cpu_share = tracer->cpu_share;
    fresh.events_per_second = tracer->events_per_second;
    PH_TRY(ph_tracebook_tick(tracer->book, ph_boottime_ns(), tracer->shift,
                             tracer->rows > sites_of(tracer->processors) / 2, &epoch));
    ph_tracer_bpf_settings(tracer->bpf)->epoch = epoch;
    ph_trace_fini(trace);
    *trace = fresh;
    fresh = (struct ph_trace){0};
    return NULL;
}

struct ph_error *ph_tracer_add_caches(struct ph_tracer *tracer, const char *const *caches,
                                      size_t count)
{
    return ph_tracer_bpf_add_caches(tracer->bpf, caches, count);
}

struct ph_error *ph_tracer_want_stack(struct ph_tracer *tracer, uint64_t address)
{
    ph_tracer_bpf_settings(tracer->bpf)->stacks_some = 1;
    return ph_tracer_bpf_want_stack(tracer->bpf, address);
}
