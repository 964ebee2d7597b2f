/* windows_source.c - the live Windows kernel.
 *
 * What each class costs and who may ask it: docs/formats.md. What the kernel does not tell is a
 * loss of the sample: the rest is worth having.
 */
#include "source/windows/windows_source.h"

#include <string.h>

#include "base/os.h"
#include "source/windows/drivers_seen.h"
#include "source/windows/performance_nt.h"
#include "source/windows/pooltag_nt.h"
#include "source/windows/sessionpool_nt.h"

/* Loading is rare; the list is long. */
#define DRIVERS_EVERY (5 * PH_SECOND)

struct windows_source {
    struct ph_source base;
    const struct ph_nt *nt;
    struct ph_text answer;
    struct ph_machine machine;
    struct ph_drivers_seen drivers;
    int64_t drivers_read_ns; /* 0 = never */
    bool second;             /* class 255 answers */
    bool odd_second;         /* it does, but in a form that is not known */
    bool no_tags;            /* neither class does; `refused` says why */
    uint32_t refused;
};

static struct ph_nt_answer answer_of(const struct windows_source *source)
{
    return (struct ph_nt_answer){
        .bytes = ph_text_slice(&source->answer),
        .address = (uint64_t)(uintptr_t)source->answer.data,
        .pointer_bytes = source->nt->pointer_bytes,
    };
}

static bool is_error(uint32_t status)
{
    return status >> 30 == 3;
}

/* ------------------------------------------------------------------ pool tags */

static struct ph_error *add_value(struct ph_catalog *catalog, struct ph_sample *sample,
                                  const struct ph_series *like, const struct ph_nt_tags *tags,
                                  const struct ph_nt_tag_pool *pool)
{
    struct ph_value value = {
        .have = PH_HAVE_ALLOCS | PH_HAVE_FREES,
        .allocs = pool->allocs,
        .frees = pool->frees,
    };

    if (!pool->allocs && !pool->frees && !pool->bytes)
        return NULL; /* it has never been used there */
    if (ph_nt_tag_possible(tags, pool)) {
        value.have |= PH_HAVE_OBJECTS | PH_HAVE_BYTES;
        value.objects = ph_nt_tag_objects(pool, tags->counter_bits);
        value.bytes = (int64_t)pool->bytes;
    } else {
        PH_TRY(ph_loss_add(&sample->losses, 1,
                           "pool tags: tags whose bytes or blocks are below zero in a reading, "
                           "which leaves them out of it"));
    }
    PH_TRY(ph_catalog_intern(catalog, like, &value.series));
    return ph_sample_add(sample, &value);
}

/* The same tag of several sessions becomes one row when the sample is finished. */
static struct ph_error *add_tags(struct ph_catalog *catalog, struct ph_sample *sample,
                                 const struct ph_nt_tags *tags, enum ph_origin origin,
                                 enum ph_pool nonpaged, enum ph_pool paged)
{
    struct ph_series like = {.origin = origin, .counter_bits = (uint8_t)tags->counter_bits};

    for (size_t i = 0; i < tags->count; i++) {
        struct ph_nt_tag tag;
        ph_nt_tags_at(tags, i, &tag);
        like.tag = (struct ph_slice){tag.tag, sizeof(tag.tag)};
        like.pool = nonpaged;
        PH_TRY(add_value(catalog, sample, &like, tags, &tag.nonpaged));
        like.pool = paged;
        PH_TRY(add_value(catalog, sample, &like, tags, &tag.paged));
        if (!memcmp(tag.tag, "Ovfl", 4) && (tag.nonpaged.bytes || tag.paged.bytes))
            PH_TRY(
                ph_loss_add(&sample->losses, 0,
                            "pool tags: the kernel's table of tags is full; tags that came later "
                            "are counted under Ovfl, not by themselves"));
    }
    if (tags->missing)
        PH_TRY(ph_loss_add(&sample->losses, tags->missing,
                           "pool tags: the kernel claims more tags than its answer holds"));
    return NULL;
}

/* Class 255 first: its counters do not wrap. */
static struct ph_error *ask_tags(struct windows_source *source, bool *told)
{
    uint32_t status = 0;

    *told = false;
    if (source->no_tags)
        return NULL;
    PH_TRY(ph_nt_ask(source->nt, source->second ? PH_NT_POOL_TAGS_2 : PH_NT_POOL_TAGS,
                     &source->answer, &status));
    *told = !is_error(status);
    source->refused = status;
    return NULL;
}

static struct ph_error *read_tags(struct windows_source *source, struct ph_catalog *catalog,
                                  struct ph_sample *sample)
{
    char buffer[64];
    struct ph_nt_tags tags;
    bool told;

    if (source->odd_second)
        PH_TRY(ph_loss_add(&sample->losses, 0,
                           "pool tags: class 255 answers in a form that is not known; class 22 is "
                           "read instead"));
    PH_TRY(ask_tags(source, &told));
    if (!told)
        return ph_loss_add(&sample->losses, 0, "pool tags: %s; without them only totals are judged",
                           ph_nt_words(source->refused, buffer));
    const struct ph_nt_answer answer = answer_of(source);
    struct ph_error *error = ph_nt_tags_open(&answer, source->second, &tags);
    if (error)
        return ph_loss_error(&sample->losses, error);
    return add_tags(catalog, sample, &tags, source->second ? PH_ORIGIN_POOLTAG2 : PH_ORIGIN_POOLTAG,
                    PH_POOL_NONPAGED, PH_POOL_PAGED);
}

/* A part that every reading can do without: only what this Windows has and refuses is told. */
static struct ph_error *aside_refused(struct ph_sample *sample, const char *what, uint32_t status)
{
    char buffer[64];

    return status == PH_NT_INFO_CLASS || status == PH_NT_NOT_IMPLEMENTED
               ? NULL
               : ph_loss_add(&sample->losses, 0, "%s: %s; left out", what,
                             ph_nt_words(status, buffer));
}

/* Sessions share the tags' origin. Most machines have nothing there. */
static struct ph_error *read_sessions(struct windows_source *source, struct ph_catalog *catalog,
                                      struct ph_sample *sample)
{
    uint32_t status = 0, session = 0;
    struct ph_nt_tags tags;
    size_t at = 0;

    if (source->no_tags)
        return NULL;
    PH_TRY(ph_nt_ask(source->nt, PH_NT_SESSION_POOL_TAGS, &source->answer, &status));
    if (is_error(status))
        return aside_refused(sample, "session pools", status);
    const struct ph_nt_answer answer = answer_of(source);
    enum ph_nt_session_layout layout = ph_nt_session_layout(&answer);
    if (layout == PH_NT_SESSION_UNSURE)
        return ph_loss_add(&sample->losses, 0,
                           "session pools: Windows' answer fits none or both of the layouts that "
                           "are known; they are left out");
    while (layout != PH_NT_SESSION_NONE &&
           ph_nt_session_next(&answer, layout, &at, &session, &tags))
        PH_TRY(add_tags(catalog, sample, &tags, PH_ORIGIN_POOLTAG, PH_POOL_SESSION_NONPAGED,
                        PH_POOL_SESSION_PAGED));
    return NULL;
}

/* ------------------------------------------------------------------ totals */

static int64_t bytes_of(const struct windows_source *source, int64_t pages)
{
    int64_t bytes;

    return pages < 0 || __builtin_mul_overflow(pages, (int64_t)source->machine.page_bytes, &bytes)
               ? -1
               : bytes;
}

/* Where it ends: by the memory and the commit charge that are left. Windows sets maxima of its own,
 * which are far away on most machines (app/syspanel has them). */
static void set_pool(struct ph_sample *sample, enum ph_pool pool, int64_t bytes, int64_t left)
{
    struct ph_pool_total *total = &sample->pools[pool];

    if (bytes < 0)
        return;
    total->bytes = bytes;
    total->have |= PH_TOTAL_BYTES;
    if (left < 0 || __builtin_add_overflow(bytes, left, &total->limit_bytes))
        return;
    total->have |= PH_TOTAL_LIMIT;
}

/* What no running Windows can have 0 of is not told (Wine). */
static int64_t nonzero(int64_t pages)
{
    return pages ? pages : -1;
}

static void set_memory(const struct windows_source *source,
                       const struct ph_nt_performance *performance, struct ph_memory *memory)
{
    const int64_t *counts = performance->counts;

    memory->total = source->machine.memory_bytes;
    memory->available = bytes_of(source, counts[PH_NT_AVAILABLE]);
    memory->commit = bytes_of(source, counts[PH_NT_COMMITTED]);
    memory->commit_limit = bytes_of(source, counts[PH_NT_COMMIT_LIMIT]);
    memory->commit_peak = bytes_of(source, nonzero(counts[PH_NT_COMMIT_PEAK]));
    memory->page_faults = nonzero(counts[PH_NT_PAGE_FAULTS]);
    memory->resident_paged = bytes_of(source, nonzero(counts[PH_NT_RESIDENT_PAGED]));
    if (nonzero(counts[PH_NT_RESIDENT_CODE]) >= 0 && counts[PH_NT_RESIDENT_DRIVERS] >= 0)
        memory->resident_kernel =
            bytes_of(source, counts[PH_NT_RESIDENT_CODE] + counts[PH_NT_RESIDENT_DRIVERS]);
}

/* Memory that drivers take outside of every pool, so that no tag shows it. */
static struct ph_error *add_pseudo(const struct windows_source *source, struct ph_catalog *catalog,
                                   struct ph_sample *sample, const char *tag, int64_t pages)
{
    struct ph_series like = {.origin = PH_ORIGIN_SYSTEM,
                             .pool = PH_POOL_PAGES,
                             .flags = PH_SERIES_PSEUDO,
                             .object_bytes = source->machine.page_bytes,
                             .tag = ph_slice_of(tag)};
    struct ph_value value = {.have = PH_HAVE_OBJECTS | PH_HAVE_BYTES,
                             .objects = pages,
                             .bytes = bytes_of(source, pages)};

    if (value.bytes < 0)
        return NULL;
    PH_TRY(ph_catalog_intern(catalog, &like, &value.series));
    return ph_sample_add(sample, &value);
}

/* Wine says 0 pages for both pools: a kernel without a pool does not run. */
static struct ph_error *set_pools(const struct windows_source *source,
                                  const struct ph_nt_performance *performance,
                                  struct ph_sample *sample)
{
    const int64_t *counts = performance->counts;
    const struct ph_memory *memory = &sample->memory;

    if (!counts[PH_NT_NONPAGED_POOL] && !counts[PH_NT_PAGED_POOL])
        return ph_loss_add(&sample->losses, 0,
                           "pool totals: this Windows does not tell them (both are 0)");
    int64_t commit_left = memory->commit >= 0 && memory->commit_limit >= memory->commit
                              ? memory->commit_limit - memory->commit
                              : -1;
    int64_t left =
        memory->available >= 0 && memory->available < commit_left ? memory->available : commit_left;
    set_pool(sample, PH_POOL_NONPAGED, bytes_of(source, counts[PH_NT_NONPAGED_POOL]), left);
    set_pool(sample, PH_POOL_PAGED, bytes_of(source, counts[PH_NT_PAGED_POOL]), commit_left);
    return NULL;
}

static struct ph_error *read_lists(struct windows_source *source, struct ph_sample *sample)
{
    struct ph_nt_lists lists;
    uint32_t status = 0;

    PH_TRY(ph_nt_ask(source->nt, PH_NT_MEMORY_LIST, &source->answer, &status));
    if (is_error(status))
        return aside_refused(sample, "lists of pages", status);
    const struct ph_nt_answer answer = answer_of(source);
    struct ph_error *error = ph_nt_memory_lists(&answer, &lists);
    if (error)
        return ph_loss_error(&sample->losses, error);
    bool free = lists.free >= 0 && lists.zeroed >= 0;
    sample->page_lists.free = free ? bytes_of(source, lists.free + lists.zeroed) : -1;
    sample->page_lists.standby = bytes_of(source, lists.standby);
    sample->page_lists.modified = bytes_of(source, lists.modified);
    return NULL;
}

static struct ph_error *read_totals(struct windows_source *source, struct ph_catalog *catalog,
                                    struct ph_sample *sample)
{
    struct ph_nt_performance performance;
    uint32_t status = 0;
    char buffer[64];

    PH_TRY(ph_nt_ask(source->nt, PH_NT_PERFORMANCE, &source->answer, &status));
    if (is_error(status))
        return ph_loss_add(&sample->losses, 0, "memory totals: %s", ph_nt_words(status, buffer));
    const struct ph_nt_answer answer = answer_of(source);
    struct ph_error *error = ph_nt_performance(&answer, &performance);
    if (error)
        return ph_loss_error(&sample->losses, error);
    set_memory(source, &performance, &sample->memory);
    sample->page_lists = (struct ph_page_lists){
        .known = true,
        .free = -1,
        .standby = -1,
        .modified = -1,
        .mappable = bytes_of(source, nonzero(performance.counts[PH_NT_FREE_PTES])),
    };
    PH_TRY(set_pools(source, &performance, sample));
    PH_TRY(add_pseudo(source, catalog, sample, "(MDL pages)", performance.counts[PH_NT_MDL_PAGES]));
    PH_TRY(add_pseudo(source, catalog, sample, "(contiguous pages)",
                      performance.counts[PH_NT_CONTIGUOUS_PAGES]));
    PH_TRY(add_pseudo(source, catalog, sample, "(page tables)",
                      performance.counts[PH_NT_PAGE_TABLES]));
    return read_lists(source, sample);
}

static struct ph_error *read_drivers(struct windows_source *source, struct ph_sample *sample)
{
    uint32_t status = 0;

    if (source->drivers_read_ns && sample->boottime_ns - source->drivers_read_ns < DRIVERS_EVERY)
        return NULL;
    source->drivers_read_ns = sample->boottime_ns;
    PH_TRY(ph_nt_ask(source->nt, PH_NT_MODULES, &source->answer, &status));
    if (is_error(status))
        return NULL; /* then nobody is told who came; who is there says why */
    const struct ph_nt_answer answer = answer_of(source);
    return ph_loss_error(&sample->losses, ph_drivers_seen_take(&source->drivers, &answer,
                                                               sample->time_ns, &sample->events));
}

/* ------------------------------------------------------------------ the source */

static struct ph_error *read_windows(struct ph_source *base, struct ph_catalog *catalog,
                                     struct ph_sample *sample, bool *end)
{
    struct windows_source *source = (struct windows_source *)base;

    ph_sample_reset(sample);
    sample->time_kind = PH_TIME_REAL;
    sample->time_ns = ph_realtime_ns();
    sample->boottime_ns = ph_boottime_ns();
    PH_TRY(read_tags(source, catalog, sample));
    PH_TRY(read_sessions(source, catalog, sample));
    PH_TRY(read_totals(source, catalog, sample));
    PH_TRY(read_drivers(source, sample));
    *end = false;
    return ph_sample_finish(sample, NULL);
}

static void machine_windows(struct ph_source *base, struct ph_machine *machine)
{
    *machine = ((struct windows_source *)base)->machine;
}

static void close_windows(struct ph_source *base)
{
    struct windows_source *source = (struct windows_source *)base;

    ph_text_fini(&source->answer);
    ph_drivers_seen_fini(&source->drivers);
    ph_free(source);
}

static void learn_machine(struct ph_machine *machine)
{
    struct ph_os_facts facts;

    ph_os_facts(&facts);
    *machine = (struct ph_machine){
        .cpus = facts.cpus,
        .page_bytes = facts.page_bytes ? facts.page_bytes : 4096,
        .memory_bytes = facts.memory_bytes,
    };
    memcpy(machine->host, facts.host, sizeof(machine->host));
    memcpy(machine->system, facts.system, sizeof(machine->system));
    memcpy(machine->release, facts.release, sizeof(machine->release));
    memcpy(machine->boot_id, facts.boot_id, sizeof(machine->boot_id));
}

/* Whether the answer to class 255 has the form in which it was published. Nobody has to tell of
 * one that has not: class 22 follows. */
static bool second_fits(const struct windows_source *source)
{
    const struct ph_nt_answer answer = answer_of(source);
    struct ph_nt_tags tags;
    struct ph_error *error = ph_nt_tags_open(&answer, true, &tags);
    bool fits = !error && ph_nt_tags_fit(&tags);

    ph_error_free(error);
    return fits;
}

/* Which class answers is settled here: a change in the middle would look like other series. */
static struct ph_error *choose_class(struct windows_source *source)
{
    bool told;

    source->second = true;
    PH_TRY(ask_tags(source, &told));
    if (told && second_fits(source))
        return NULL;
    source->odd_second = told;
    source->second = false;
    PH_TRY(ask_tags(source, &told));
    source->no_tags = !told && source->refused == PH_NT_INFO_CLASS;
    return NULL;
}

/* A system without tags is worth reading for its totals; without both there is nothing. */
static struct ph_error *check_something(struct windows_source *source)
{
    char buffer[64];
    uint32_t status = 0;

    if (!source->no_tags)
        return NULL;
    PH_TRY(ph_nt_ask(source->nt, PH_NT_PERFORMANCE, &source->answer, &status));
    if (!is_error(status))
        return NULL;
    return ph_errorf(PH_ERR_NOT_FOUND,
                     "this system tells neither pool tags nor memory totals (%s): give a recording "
                     "or a poolmon log that was made on the Windows in question",
                     ph_nt_words(status, buffer));
}

struct ph_error *ph_windows_source_open(const struct ph_nt *nt, struct ph_source **opened)
{
    if (nt->translated)
        return ph_errorf(PH_ERR_USAGE, "this is the 32-bit poolhound on a 64-bit Windows, which "
                                       "does not let it see the kernel: use the x64 poolhound.exe");
    struct windows_source *source = ph_zalloc(1, sizeof(*source));
    if (!source)
        return ph_error_nomem();
    source->base.ops = &ph_source_windows;
    source->nt = nt;
    learn_machine(&source->machine);
    struct ph_error *error = choose_class(source);
    if (!error)
        error = check_something(source);
    if (error) {
        close_windows(&source->base);
        return error;
    }
    *opened = &source->base;
    return NULL;
}

static struct ph_error *open_windows(const struct ph_source_options *options,
                                     struct ph_source **opened)
{
    const struct ph_nt *nt = ph_nt_live();

    (void)options;
    if (!nt)
        return ph_errorf(PH_ERR_USAGE, "this is no Windows");
    return ph_windows_source_open(nt, opened);
}

const struct ph_source_ops ph_source_windows = {
    .name = "windows",
    .about = "the live Windows kernel",
    .open = open_windows,
    .read = read_windows,
    .machine = machine_windows,
    .close = close_windows,
};
