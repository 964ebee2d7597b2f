/* trace: allocations of the live kernel by call site. */
#include <math.h>
#include <string.h>

#include "base/os.h"
#include "front/front.h"
#include "front/tui/trace_live.h"
#include "render/trace_views.h"

enum {
    SHIFT_MOST = 12,
    OBJECTS_LEAST = 1000,
    OBJECTS_MOST = 1 << 28,
    ROWS_ON_PAPER = 40,
    ROWS_AFTER = 12
};
static const int64_t INTERVAL_NS = 2 * PH_SECOND, DURATION_NS = 30 * PH_SECOND;
static const double CPU_MOST = 0.01;

/* ------------------------------------------------------------------ the command line */

/* Takes the next word up to `separator` off the front of `rest`. */
static struct ph_slice take(struct ph_slice *rest, char separator)
{
    const char *end = memchr(rest->data, separator, rest->size);
    struct ph_slice word = {rest->data, end ? (size_t)(end - rest->data) : rest->size};

    rest->data += word.size + (end != NULL);
    rest->size -= word.size + (end != NULL);
    return word;
}

static struct ph_error *read_kinds(const char *text, uint32_t *kinds)
{
    static const struct {
        const char *name;
        uint32_t kinds;
    } NAMES[] = {
        {"slab", 1u << PH_TRACE_KMALLOC | 1u << PH_TRACE_CACHE},
        {"kmalloc", 1u << PH_TRACE_KMALLOC},
        {"cache", 1u << PH_TRACE_CACHE},
        {"pages", 1u << PH_TRACE_PAGES},
        {"vmalloc", 1u << PH_TRACE_VMALLOC},
        {"percpu", 1u << PH_TRACE_PERCPU},
        {"all", (1u << PH_TRACE_KINDS) - 1},
    };
    struct ph_slice rest = ph_slice_of(text);

    do {
        struct ph_slice word = take(&rest, ',');
        uint32_t found = 0;
        for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++)
            if (ph_slice_is(word, NAMES[i].name))
                found = NAMES[i].kinds;
        if (!found)
            return ph_errorf(PH_ERR_USAGE,
                             "--kinds %s: no such kind as '%.*s'; there are slab, kmalloc, cache, "
                             "pages, vmalloc, percpu and all",
                             text, (int)word.size, word.data);
        *kinds |= found;
    } while (rest.size);
    return NULL;
}

/* "512", "4k", "1M". */
static bool read_bytes(struct ph_slice word, uint32_t *bytes)
{
    uint64_t number, factor = 1;
    char last = word.size ? word.data[word.size - 1] : 0;

    if (last == 'k' || last == 'K')
        factor = 1024;
    else if (last == 'M')
        factor = 1024 * 1024;
    word.size -= factor > 1;
    if (ph_parse_u64(word, &number) != PH_NUMBER_OK || number > UINT32_MAX / factor)
        return false;
    *bytes = (uint32_t)(number * factor);
    return true;
}

static struct ph_error *read_size(const char *text, struct ph_tracing_options *options)
{
    struct ph_slice most = ph_slice_of(text), least = take(&most, '-');
    bool range = strchr(text, '-'), good = least.size || most.size;

    if (least.size)
        good = good && read_bytes(least, &options->size_least);
    if (most.size)
        good = good && read_bytes(most, &options->size_most) && options->size_most;
    else if (!range)
        options->size_most = options->size_least;
    if (!good || (!range && !options->size_least))
        return ph_errorf(PH_ERR_USAGE,
                         "--size %s: not a size or a range of sizes, such as 512, 512-4k or 4k-",
                         text);
    if (options->size_most && options->size_most < options->size_least)
        return ph_errorf(PH_ERR_USAGE, "--size %s: ends before it begins", text);
    return NULL;
}

static struct ph_error *read_sample(uint64_t sample, unsigned *shift)
{
    *shift = 0;
    while (*shift < SHIFT_MOST && UINT64_C(1) << *shift < sample)
        ++*shift;
    if (sample && UINT64_C(1) << *shift != sample)
        return ph_errorf(PH_ERR_USAGE, "--sample %llu: not a power of two up to %llu",
                         (unsigned long long)sample, 1ULL << SHIFT_MOST);
    return NULL;
}

/* A mistyped number would trace nothing, for ever. */
static struct ph_error *read_process(uint64_t process, uint32_t *tgid)
{
    ph_autofree char *path = ph_format("/proc/%llu", (unsigned long long)process);

    if (!path)
        return ph_error_nomem();
    if (process > INT32_MAX || ph_file_kind(path) != PH_FILE_DIRECTORY)
        return ph_errorf(PH_ERR_NOT_FOUND, "--process %llu: there is no such process",
                         (unsigned long long)process);
    *tgid = (uint32_t)process;
    return NULL;
}

static struct ph_error *read_arguments(const struct ph_arguments *arguments,
                                       struct ph_tracing_options *options,
                                       struct ph_trace_choice *choice)
{
    *options = (struct ph_tracing_options){
        .stacks = arguments->stacks,
        .no_stacks = arguments->no_stacks,
        .cpu_most = arguments->cpu_most,
        .objects_most = arguments->objects_most,
        .caches = arguments->includes.items,
        .cache_count = arguments->includes.count,
        .modules = arguments->modules.items,
        .module_count = arguments->modules.count,
    };
    *choice = (struct ph_trace_choice){
        .includes = arguments->includes.items,
        .include_count = arguments->includes.count,
        .excludes = arguments->excludes.items,
        .exclude_count = arguments->excludes.count,
        .sort = PH_TRACE_BY_BYTES,
        .reverse = arguments->reverse,
    };
    if (arguments->operand_count)
        return ph_errorf(PH_ERR_USAGE,
                         "%s: trace follows the live kernel only; 'poolhound hunt %s' judges what "
                         "was saved",
                         arguments->operands[0], arguments->operands[0]);
    if (arguments->stacks && arguments->no_stacks)
        return ph_errorf(PH_ERR_USAGE, "--stacks and --no-stacks exclude each other");
    if (arguments->top_sort && !ph_trace_column_from_id(arguments->top_sort, &choice->sort))
        return ph_errorf(PH_ERR_USAGE,
                         "--sort %s: no such column; there are site, module, cache, allocs, frees, "
                         "diff, bytes, per-alloc, oldest and verdict",
                         arguments->top_sort);
    if (arguments->objects_most &&
        (arguments->objects_most < OBJECTS_LEAST || arguments->objects_most > OBJECTS_MOST))
        return ph_errorf(PH_ERR_USAGE, "--max-objects %llu: not between %d and %d",
                         (unsigned long long)arguments->objects_most, OBJECTS_LEAST, OBJECTS_MOST);
    if (arguments->kinds)
        PH_TRY(read_kinds(arguments->kinds, &options->kinds));
    if (arguments->size)
        PH_TRY(read_size(arguments->size, options));
    if (arguments->process)
        PH_TRY(read_process(arguments->process, &options->process));
    return read_sample(arguments->sample, &options->shift);
}

static void add_words(const char *what, const struct ph_words *words, struct ph_text *out)
{
    for (size_t i = 0; i < words->count; i++)
        ph_text_printf(out, "%s%s%s",
                       i           ? ", "
                       : out->size ? "; "
                                   : "",
                       i ? "" : what, words->items[i]);
}

/* "caches kmalloc-*; module leaky; process 812; 512 to 4096 bytes" */
static void filter_words(const struct ph_arguments *arguments,
                         const struct ph_tracing_options *options, struct ph_text *out)
{
    add_words("caches ", &arguments->includes, out);
    add_words("not caches ", &arguments->excludes, out);
    add_words("module ", &arguments->modules, out);
    if (options->process)
        ph_text_printf(out, "%sprocess %u", out->size ? "; " : "", options->process);
    if (options->size_least || options->size_most) {
        ph_text_puts(out, out->size ? "; objects of " : "objects of ");
        if (!options->size_most)
            ph_text_printf(out, "at least %u bytes", options->size_least);
        else if (options->size_least == options->size_most)
            ph_text_printf(out, "%u bytes", options->size_most);
        else
            ph_text_printf(out, "%u to %u bytes", options->size_least, options->size_most);
    }
}

/* ------------------------------------------------------------------ without a terminal */

static void progress(struct ph_file_meter *meter, const struct ph_trace *trace, int64_t duration_ns)
{
    PH_GUARD(ph_text_fini) struct ph_text line = {0};
    int64_t so_far = trace->now_ns - trace->begun_ns;

    ph_text_puts(&line, "tracing ");
    ph_text_duration(&line, (double)(so_far / PH_SECOND));
    if (duration_ns) {
        ph_text_puts(&line, " of ");
        ph_text_duration(&line, (double)(duration_ns / PH_SECOND));
    }
    ph_text_puts(&line, "  ");
    ph_screen_count(&line, trace->count, "site", "sites");
    ph_text_puts(&line, "  ");
    ph_screen_count(&line, trace->objects, "object", "objects");
    if (isfinite(trace->events_per_second)) {
        ph_text_puts(&line, "  ");
        ph_trace_number(trace->events_per_second, &line);
        ph_text_puts(&line, " events/s");
    }
    ph_line_meter_progress(meter, &line);
}

static struct ph_error *watch(struct ph_trace_setup *setup, int64_t duration_ns,
                              struct ph_trace *trace)
{
    struct ph_file_meter meter = {.arguments = setup->arguments};
    struct ph_error *error = NULL;

    while (!error && !ph_interrupted() && ph_boottime_ns() < setup->end_ns) {
        int64_t next_ns = ph_boottime_ns() + setup->interval_ns;
        ph_sleep_until(next_ns < setup->end_ns ? next_ns : setup->end_ns);
        error = ph_tracing_read(setup->tracing, trace);
        if (!error)
            progress(&meter, trace, duration_ns);
    }
    ph_file_meter_done(&meter);
    return error;
}

/* ------------------------------------------------------------------ the end */

static struct ph_error *print(struct ph_trace_setup *setup, const struct ph_trace *trace,
                              enum ph_exit *status)
{
    const struct ph_arguments *arguments = setup->arguments;
    struct ph_trace_report *report = &setup->report;
    PH_GUARD(ph_trace_rows_fini) struct ph_trace_rows rows = {0};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    struct ph_style style = ph_front_style(arguments);

    PH_TRY(ph_trace_rows(trace, &setup->choice, &rows));
    report->trace = trace;
    report->rows = rows.items;
    report->row_count = rows.count;
    report->staying = rows.staying;
    report->sort = setup->choice.sort;
    report->reverse = setup->choice.reverse;
    report->losses = &trace->losses;
    bool plain = !arguments->json && !arguments->csv;
    /* after the live table a screenful is enough */
    size_t usual = !plain ? SIZE_MAX : ph_is_terminal(stdout) ? ROWS_AFTER : ROWS_ON_PAPER;
    report->top = !arguments->have_top ? usual : arguments->top ? (size_t)arguments->top : SIZE_MAX;
    if (plain)
        PH_TRY(ph_screen_trace(report, &style, &out));
    else
        PH_TRY(arguments->json ? ph_json_trace(report, &out) : ph_csv_trace(report, &out));
    *status = report->staying ? PH_EXIT_LEAKS : PH_EXIT_CLEAN;
    return ph_front_write(&out);
}

/* From here on no privilege is needed: what the kernel gave at the beginning stays readable. */
static struct ph_error *drop(const struct ph_arguments *arguments)
{
    const char *kept = NULL;

    PH_TRY(ph_drop_privileges(NULL, 0, &kept));
    if (arguments->verbose)
        ph_front_note("tracing; privileges kept: %s", kept ? kept : "all");
    return NULL;
}

struct ph_error *ph_cli_trace(const struct ph_arguments *arguments, enum ph_exit *status)
{
    PH_GUARD(ph_tracing_closep) struct ph_tracing *tracing = NULL;
    PH_GUARD(ph_trace_fini) struct ph_trace trace = {0};
    PH_GUARD(ph_text_fini) struct ph_text filters = {0};
    struct ph_trace_setup setup = {.arguments = arguments};
    struct ph_tracing_options options;
    struct ph_os_facts facts;
    struct ph_machine machine = {.memory_bytes = -1};

    PH_TRY(read_arguments(arguments, &options, &setup.choice));
    filter_words(arguments, &options, &filters);
    PH_TRY(ph_text_check(&filters));
    bool live =
        !arguments->json && !arguments->csv && ph_is_terminal(stdout) && ph_is_terminal(stdin);
    int64_t duration_ns = arguments->duration_ns >= 0 ? arguments->duration_ns
                          : live                      ? 0
                                                      : DURATION_NS;
    ph_os_facts(&facts);
    memcpy(machine.host, facts.host, sizeof(machine.host));
    memcpy(machine.system, facts.system, sizeof(machine.system));
    memcpy(machine.release, facts.release, sizeof(machine.release));
    memcpy(machine.boot_id, facts.boot_id, sizeof(machine.boot_id));
    machine.cpus = facts.cpus;
    machine.page_bytes = facts.page_bytes;
    setup.report.machine = &machine;
    setup.report.filters = filters.size ? filters.data : NULL;
    setup.report.cpu_most = arguments->cpu_most > 0 ? arguments->cpu_most : CPU_MOST;
    setup.interval_ns = arguments->interval_ns > 0 ? arguments->interval_ns : INTERVAL_NS;
    PH_TRY(ph_catch_interrupts());
    PH_TRY(ph_tracing_open(&options, &tracing));
    setup.tracing = tracing;
    PH_TRY(drop(arguments));
    setup.end_ns = duration_ns ? ph_boottime_ns() + duration_ns : INT64_MAX;
    PH_TRY(live ? ph_trace_live(&setup, &trace) : watch(&setup, duration_ns, &trace));
    return print(&setup, &trace, status);
}
