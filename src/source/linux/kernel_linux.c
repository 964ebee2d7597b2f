/* linux.c - the live Linux kernel, or a saved /proc tree of one.
 *
 * Files are opened once and read again and again, so that the source goes on working after
 * privileges were dropped. What each counter means and what it costs: docs/formats.md.
 *
 * Bytes of a slab cache are active objects times object size: whole slabs would hide a leak behind
 * half-empty slabs, and would miss small ones (docs/method.md).
 */
#include <string.h>

#include "base/os.h"
#include "source/linux/allocinfo.h"
#include "source/linux/meminfo.h"
#include "source/linux/slabinfo.h"
#include "source/linux/sysslab.h"
#include "source/linux/vmallocinfo.h"
#include "source/source.h"

/* A slab cache whose properties were looked up once. */
struct known {
    uint32_t series;
    uint64_t seen_in; /* number of the reading it was last seen in, to notice duplicates */
};

struct linux_source {
    struct ph_source base; /* first */
    char *root;            /* "" = live */
    char *proc;            /* "<root>/proc", or the root itself when it is a copy of /proc */
    bool live, ended;
    bool slab_reclaim_unknown;
    uint64_t readings;
    struct ph_handle *slabinfo, *meminfo, *vmstat, *allocinfo, *vmallocinfo;
    struct ph_sysslab sysslab;
    uint64_t sysslab_read; /* readings + 1 when it was read; 0 = never */
    struct known *known;
    size_t known_count, known_capacity;
    struct ph_table known_names;
    struct ph_text buffer, scratch;
    struct ph_loss_list losses; /* found while opening; repeated in every sample */
    struct ph_machine machine;
    int64_t tree_time_ns, tree_uptime_ns;
};

/* ------------------------------------------------------------------ slab caches */

static struct ph_error *learn(struct linux_source *source, struct ph_catalog *catalog,
                              const struct ph_slab_line *line, uint32_t *index)
{
    uint64_t reclaimable = 0, slab_bytes = 0;

    if (source->sysslab_read !=
        source->readings + 1) { /* once a reading is enough for all new ones */
        PH_TRY(ph_sysslab_load(&source->sysslab, source->root));
        source->sysslab_read = source->readings + 1;
    }
    bool told = ph_sysslab_number(&source->sysslab, line->name, "reclaim_account", &reclaimable);
    (void)ph_sysslab_number(&source->sysslab, line->name, "slab_size", &slab_bytes);
    source->slab_reclaim_unknown |= !told;
    ph_text_clear(&source->scratch);
    ph_sysslab_aliases(&source->sysslab, line->name, &source->scratch);
    PH_TRY(ph_text_check(&source->scratch));
    struct ph_series series = {
        .origin = PH_ORIGIN_SLABINFO,
        .pool = reclaimable ? PH_POOL_RECLAIMABLE : PH_POOL_UNRECLAIMABLE,
        .flags = (reclaimable ? PH_SERIES_RECLAIMABLE : 0u) |
                 (source->scratch.size ? PH_SERIES_MERGED : 0u),
        .object_bytes = (uint32_t)line->object_bytes,
        .slab_bytes = (uint32_t)slab_bytes,
        .tag = line->name,
        .aliases = source->scratch.size ? source->scratch.data : NULL,
    };
    struct known fresh = {0};
    PH_TRY(ph_catalog_intern(catalog, &series, &fresh.series));
    PH_TRY(ph_grow(&source->known, &source->known_capacity, source->known_count + 1,
                   sizeof(*source->known)));
    source->known[source->known_count] = fresh;
    PH_TRY(ph_table_put(&source->known_names, line->name, (uint32_t)source->known_count));
    *index = (uint32_t)source->known_count++;
    return NULL;
}

static struct ph_error *add_cache(struct linux_source *source, struct ph_catalog *catalog,
                                  struct ph_sample *sample, const struct ph_slab_line *line)
{
    uint32_t index;

    if (!ph_table_find(&source->known_names, line->name, &index))
        PH_TRY(learn(source, catalog, line, &index));
    struct known *known = &source->known[index];
    if (known->seen_in == source->readings) /* mlx5_fs_ftes and its like: a cache per device */
        PH_TRY(ph_loss_add(&sample->losses, 1,
                           "%s/slabinfo: %.*s is there more than once; its caches are summed",
                           source->proc, (int)line->name.size, line->name.data));
    known->seen_in = source->readings;
    struct ph_value value = {
        .series = known->series,
        .have = PH_HAVE_OBJECTS | PH_HAVE_BYTES,
        .objects = (int64_t)line->active_objects,
        .bytes = (int64_t)(line->active_objects * line->object_bytes),
    };
    return ph_sample_add(sample, &value);
}

/* Reads a file of lines; a bad line is counted, the first is named. */
struct lines {
    struct ph_reader reader;
    struct ph_slice line;
    uint64_t bad;
    size_t first_bad;
};

static void count_bad(struct lines *lines)
{
    if (!lines->bad++)
        lines->first_bad = lines->reader.line;
}

static struct ph_error *tell_bad(const struct lines *lines, struct ph_sample *sample)
{
    if (!lines->bad)
        return NULL;
    return ph_loss_add(&sample->losses, lines->bad,
                       "%s: lines not understood, the first is line %zu", lines->reader.name,
                       lines->first_bad);
}

/* Reads a handle whole; an unreadable or malformed file becomes a loss and `*usable` false. */
static struct ph_error *read_handle(struct linux_source *source, struct ph_handle *handle,
                                    const char *name, struct ph_sample *sample, struct lines *lines,
                                    struct ph_error *(*head)(struct ph_reader *), bool *usable)
{
    *usable = false;
    if (!handle)
        return NULL;
    struct ph_error *error = ph_handle_read(handle, &source->buffer);
    if (!error) {
        *lines =
            (struct lines){.reader = ph_reader_of(name, source->buffer.data, source->buffer.size)};
        error = head ? head(&lines->reader) : NULL;
    }
    if (error && error->code != PH_ERR_NOMEM) {
        struct ph_error *failed = ph_loss_add(&sample->losses, 0, "%s", error->text);
        ph_error_free(error);
        return failed;
    }
    *usable = !error;
    return error;
}

static struct ph_error *read_slabs(struct linux_source *source, struct ph_catalog *catalog,
                                   struct ph_sample *sample, bool *usable)
{
    ph_autofree char *name = ph_format("%s/slabinfo", source->proc);
    struct ph_slab_line parsed;
    struct lines lines;

    if (!name)
        return ph_error_nomem();
    PH_TRY(read_handle(source, source->slabinfo, name, sample, &lines, ph_slabinfo_head, usable));
    if (!*usable)
        return NULL;
    while (ph_reader_line(&lines.reader, &lines.line)) {
        switch (ph_slabinfo_line(lines.line, &parsed)) {
        case PH_LINE_VALUE:
            PH_TRY(add_cache(source, catalog, sample, &parsed));
            break;
        case PH_LINE_BAD:
            count_bad(&lines);
            break;
        case PH_LINE_COMMENT:
            break;
        }
    }
    if (source->slab_reclaim_unknown)
        PH_TRY(ph_loss_add(&sample->losses, 0,
                           "%s/sys/kernel/slab: not readable for every cache; those count as "
                           "unreclaimable and their aliases are not known",
                           source->root));
    return tell_bad(&lines, sample);
}

/* ------------------------------------------------------------------ sites and areas */

static struct ph_error *add_named(struct ph_catalog *catalog, struct ph_sample *sample,
                                  const struct ph_series *series, struct ph_slice module,
                                  struct ph_value value)
{
    char name[128];
    struct ph_series like = *series;

    if (module.size) {
        size_t size = module.size < sizeof(name) ? module.size : sizeof(name) - 1;
        memcpy(name, module.data, size);
        name[size] = 0;
        like.module = name;
    }
    PH_TRY(ph_catalog_intern(catalog, &like, &value.series));
    return ph_sample_add(sample, &value);
}

static struct ph_error *read_sites(struct linux_source *source, struct ph_catalog *catalog,
                                   struct ph_sample *sample)
{
    ph_autofree char *name = ph_format("%s/allocinfo", source->proc);
    struct ph_alloc_site site;
    struct lines lines;
    bool usable;

    if (!name)
        return ph_error_nomem();
    PH_TRY(
        read_handle(source, source->allocinfo, name, sample, &lines, ph_allocinfo_head, &usable));
    while (usable && ph_reader_line(&lines.reader, &lines.line)) {
        enum ph_line_kind kind = ph_allocinfo_line(lines.line, &site);
        if (kind == PH_LINE_BAD)
            count_bad(&lines);
        if (kind != PH_LINE_VALUE || (!site.bytes && !site.calls))
            continue;
        ph_text_clear(&source->scratch);
        ph_text_add(&source->scratch, site.function.data, site.function.size);
        ph_text_putc(&source->scratch, ' ');
        ph_text_add(&source->scratch, site.place.data, site.place.size);
        PH_TRY(ph_text_check(&source->scratch));
        struct ph_series series = {
            .origin = PH_ORIGIN_ALLOCINFO,
            .pool = PH_POOL_SITE,
            .flags = PH_SERIES_COUNTS_TWICE,
            .tag = {source->scratch.data, source->scratch.size},
        };
        struct ph_value value = {
            .have = PH_HAVE_OBJECTS | PH_HAVE_BYTES | (site.inaccurate ? PH_IS_PARTIAL : 0u),
            .objects = site.calls,
            .bytes = site.bytes,
        };
        PH_TRY(add_named(catalog, sample, &series, site.module, value));
    }
    return usable ? tell_bad(&lines, sample) : NULL;
}

static struct ph_error *read_areas(struct linux_source *source, struct ph_catalog *catalog,
                                   struct ph_sample *sample)
{
    ph_autofree char *name = ph_format("%s/vmallocinfo", source->proc);
    int64_t page = source->machine.page_bytes ? source->machine.page_bytes : 4096;
    struct ph_vmalloc_area area;
    struct lines lines;
    bool usable;

    if (!name)
        return ph_error_nomem();
    PH_TRY(read_handle(source, source->vmallocinfo, name, sample, &lines, NULL, &usable));
    while (usable && ph_reader_line(&lines.reader, &lines.line)) {
        enum ph_line_kind kind = ph_vmallocinfo_line(lines.line, &area);
        if (kind == PH_LINE_BAD)
            count_bad(&lines);
        if (kind != PH_LINE_VALUE)
            continue;
        struct ph_series series = {
            .origin = PH_ORIGIN_VMALLOCINFO,
            .pool = PH_POOL_VMALLOC,
            .tag = area.caller.size ? area.caller : ph_slice_of("(caller not told)"),
        };
        struct ph_value value = {
            .have = PH_HAVE_OBJECTS | PH_HAVE_BYTES,
            .objects = 1,
            .bytes = (int64_t)area.pages * page,
        };
        PH_TRY(add_named(catalog, sample, &series, area.module, value));
    }
    return usable ? tell_bad(&lines, sample) : NULL;
}

/* ------------------------------------------------------------------ totals */

static struct ph_error *pseudo(struct ph_catalog *catalog, struct ph_sample *sample,
                               const char *tag, enum ph_pool pool, int64_t bytes, bool estimated)
{
    if (bytes < 0)
        return NULL;
    struct ph_series series = {
        .origin = PH_ORIGIN_MEMINFO,
        .pool = pool,
        .flags = PH_SERIES_PSEUDO | (pool == PH_POOL_RECLAIMABLE ? PH_SERIES_RECLAIMABLE : 0u),
        .tag = ph_slice_of(tag),
    };
    struct ph_value value = {
        .have = PH_HAVE_BYTES | (estimated ? PH_IS_ESTIMATED : 0u),
        .bytes = bytes,
    };
    PH_TRY(ph_catalog_intern(catalog, &series, &value.series));
    return ph_sample_add(sample, &value);
}

static void total(struct ph_sample *sample, enum ph_pool pool, int64_t bytes, int64_t available)
{
    if (bytes < 0)
        return;
    sample->pools[pool] = (struct ph_pool_total){.have = PH_TOTAL_BYTES, .bytes = bytes};
    /* A pool of Linux has no limit of its own; it ends where the machine has nothing left to give:
     * what it holds now and what is still available (MemAvailable: free and reclaimable). */
    if (available >= 0) {
        sample->pools[pool].have |= PH_TOTAL_LIMIT;
        sample->pools[pool].limit_bytes = bytes + available;
    }
}

static int64_t sum(int64_t a, int64_t b)
{
    return a < 0 ? b : b < 0 ? a : a + b;
}

static struct ph_error *read_totals(struct linux_source *source, struct ph_catalog *catalog,
                                    struct ph_sample *sample, bool slabs_known)
{
    ph_autofree char *name = ph_format("%s/meminfo", source->proc);
    struct ph_meminfo m;
    struct lines lines;
    bool usable;
    uint64_t bad = 0;

    if (!name)
        return ph_error_nomem();
    PH_TRY(read_handle(source, source->meminfo, name, sample, &lines, NULL, &usable));
    struct ph_slice text = {source->buffer.data, usable ? source->buffer.size : 0};
    ph_meminfo_parse(text, &m, &bad);
    if (bad)
        PH_TRY(ph_loss_add(&sample->losses, bad, "%s: lines not understood", name));
    if (source->vmstat && m.sunreclaim < 0 && !ph_handle_read(source->vmstat, &source->buffer)) {
        int64_t page = source->machine.page_bytes ? source->machine.page_bytes : 4096;
        ph_vmstat_slab((struct ph_slice){source->buffer.data, source->buffer.size}, &m.sreclaimable,
                       &m.sunreclaim);
        m.sreclaimable = m.sreclaimable < 0 ? -1 : m.sreclaimable * page;
        m.sunreclaim = m.sunreclaim < 0 ? -1 : m.sunreclaim * page;
    }
    sample->memory.total = source->machine.memory_bytes = m.mem_total;
    sample->memory.available = m.mem_available;
    sample->memory.commit = m.committed_as;
    sample->memory.commit_limit = m.commit_limit;

    int64_t unaccounted = ph_meminfo_unaccounted(&m);
    int64_t pages = sum(sum(m.kernel_stack, m.page_tables), sum(m.sec_page_tables, unaccounted));
    total(sample, PH_POOL_UNRECLAIMABLE, m.sunreclaim, m.mem_available);
    total(sample, PH_POOL_RECLAIMABLE, m.sreclaimable, m.mem_available);
    total(sample, PH_POOL_VMALLOC, m.vmalloc_used, m.mem_available);
    total(sample, PH_POOL_PERCPU, m.percpu, m.mem_available);
    total(sample, PH_POOL_PAGES, pages, m.mem_available);
    if (!slabs_known) {
        PH_TRY(pseudo(catalog, sample, "(slab, unreclaimable)", PH_POOL_UNRECLAIMABLE, m.sunreclaim,
                      false));
        PH_TRY(pseudo(catalog, sample, "(slab, reclaimable)", PH_POOL_RECLAIMABLE, m.sreclaimable,
                      false));
    }
    PH_TRY(pseudo(catalog, sample, "(kernel stacks)", PH_POOL_PAGES, m.kernel_stack, false));
    PH_TRY(pseudo(catalog, sample, "(page tables)", PH_POOL_PAGES, m.page_tables, false));
    PH_TRY(pseudo(catalog, sample, "(secondary page tables)", PH_POOL_PAGES, m.sec_page_tables,
                  false));
    PH_TRY(pseudo(catalog, sample, "(unaccounted)", PH_POOL_PAGES, unaccounted, true));
    PH_TRY(pseudo(catalog, sample, "(per-CPU)", PH_POOL_PERCPU, m.percpu, false));
    if (!source->vmallocinfo)
        PH_TRY(pseudo(catalog, sample, "(vmalloc)", PH_POOL_VMALLOC, m.vmalloc_used, false));
    return NULL;
}

/* ------------------------------------------------------------------ opening */

/* The first line of a file below the root, "" when it cannot be read. */
static void first_line(const char *directory, const char *file, struct ph_text *line)
{
    ph_autofree char *path = ph_format("%s/%s", directory, file);

    ph_text_clear(line);
    if (path)
        ph_error_free(ph_read_file(path, 65536, line));
    if (line->data) {
        line->size = strcspn(line->data, "\n");
        line->data[line->size] = 0;
    }
}

static void copy_line(char *to, size_t size, const char *from)
{
    (void)snprintf(to, size, "%s", from ? from : "");
}

static void learn_machine(struct linux_source *source)
{
    struct ph_machine *machine = &source->machine;
    struct ph_text *line = &source->scratch;

    *machine = (struct ph_machine){.memory_bytes = -1};
    if (source->live) {
        struct ph_os_facts facts;
        ph_os_facts(&facts);
        copy_line(machine->host, sizeof(machine->host), facts.host);
        copy_line(machine->system, sizeof(machine->system), facts.system);
        copy_line(machine->release, sizeof(machine->release), facts.release);
        copy_line(machine->boot_id, sizeof(machine->boot_id), facts.boot_id);
        machine->cpus = facts.cpus;
        machine->page_bytes = facts.page_bytes;
        return;
    }
    copy_line(machine->system, sizeof(machine->system), "Linux");
    first_line(source->proc, "sys/kernel/random/boot_id", line);
    copy_line(machine->boot_id, sizeof(machine->boot_id), line->data);
    first_line(source->proc, "sys/kernel/hostname", line);
    if (!line->size)
        first_line(source->root, "hostname", line);
    copy_line(machine->host, sizeof(machine->host), line->data);
    first_line(source->proc, "version", line); /* "Linux version 6.1.0-56-amd64 (...) ..." */
    struct ph_slice rest = {line->data, line->size}, word;
    if (ph_slice_starts(rest, "Linux version ")) {
        rest.data += 14;
        rest.size -= 14;
        if (ph_slice_word(&rest, &word))
            (void)snprintf(machine->release, sizeof(machine->release), "%.*s", (int)word.size,
                           word.data);
    }
    first_line(source->proc, "uptime", line);
    source->tree_uptime_ns = -1;
    if (line->size) {
        int64_t uptime_ns;
        line->data[strcspn(line->data, " ")] = 0;
        struct ph_error *error = ph_parse_duration(line->data, &uptime_ns);
        if (!error)
            source->tree_uptime_ns = uptime_ns;
        ph_error_free(error);
    }
}

static struct ph_error *open_file(struct linux_source *source, const char *file, const char *need,
                                  struct ph_handle **handle)
{
    ph_autofree char *path = ph_format("%s/%s", source->proc, file);

    if (!path)
        return ph_error_nomem();
    struct ph_error *error = ph_handle_open(path, handle);
    if (!error || error->code == PH_ERR_NOMEM)
        return error;
    struct ph_error *failed = NULL;
    if (need || error->code != PH_ERR_NOT_FOUND)
        failed = ph_loss_add(&source->losses, 0, "%s%s%s", error->text, need ? "; " : "",
                             need ? need : "");
    ph_error_free(error);
    return failed;
}

static void close_linux(struct ph_source *base)
{
    struct linux_source *source = (struct linux_source *)base;

    ph_handle_close(source->slabinfo);
    ph_handle_close(source->meminfo);
    ph_handle_close(source->vmstat);
    ph_handle_close(source->allocinfo);
    ph_handle_close(source->vmallocinfo);
    ph_sysslab_fini(&source->sysslab);
    ph_table_fini(&source->known_names);
    ph_text_fini(&source->buffer);
    ph_text_fini(&source->scratch);
    ph_loss_fini(&source->losses);
    ph_free(source->known);
    ph_free(source->root);
    ph_free(source->proc);
    ph_free(source);
}

/* A tree is a root directory that holds proc/, as in a sosreport, or a copy of /proc itself. */
static struct ph_error *find_tree(struct linux_source *source, const char *path)
{
    source->live = !path || !strcmp(path, "/");
    source->root = ph_strdup(source->live ? "" : path);
    source->proc = source->root ? ph_format("%s/proc", source->root) : NULL;
    if (!source->proc)
        return ph_error_nomem();
    for (char *end = source->root + strlen(source->root); end > source->root && end[-1] == '/';)
        *--end = 0;
    if (source->live || ph_file_kind(source->proc) == PH_FILE_DIRECTORY)
        return NULL;
    ph_free(source->proc);
    source->proc = ph_strdup(source->root);
    return source->proc ? NULL : ph_error_nomem();
}

static struct ph_error *tree_time(struct linux_source *source)
{
    ph_autofree char *path =
        ph_format("%s/%s", source->proc, source->slabinfo ? "slabinfo" : "meminfo");
    uint64_t size;

    if (!path)
        return ph_error_nomem();
    if (!ph_file_facts(path, &size, &source->tree_time_ns))
        source->tree_time_ns = 0;
    return ph_loss_add(&source->losses, 0,
                       "%s: a saved tree carries no time; the file's own date is taken", path);
}

static struct ph_error *open_all(struct linux_source *source,
                                 const struct ph_source_options *options)
{
    const char *need = source->live
                           ? "single slab caches need root or CAP_DAC_READ_SEARCH; without "
                             "them only totals are judged"
                           : "without it only totals are known";

    learn_machine(source);
    PH_TRY(open_file(source, "slabinfo", need, &source->slabinfo));
    PH_TRY(open_file(source, "meminfo", "totals are not known", &source->meminfo));
    PH_TRY(open_file(source, "vmstat", NULL, &source->vmstat));
    if (!options->no_sites) {
        PH_TRY(open_file(source, "allocinfo", NULL, &source->allocinfo));
        PH_TRY(open_file(source, "vmallocinfo", NULL, &source->vmallocinfo));
    }
    if (!source->slabinfo && !source->meminfo)
        return ph_errorf(PH_ERR_NOT_FOUND,
                         "%s: holds neither slabinfo nor meminfo, so it is no "
                         "saved /proc tree",
                         source->live ? "/proc" : source->root);
    return source->live ? NULL : tree_time(source);
}

static struct ph_error *open_linux(const struct ph_source_options *options,
                                   struct ph_source **opened)
{
    struct linux_source *source = ph_zalloc(1, sizeof(*source));

    if (!source)
        return ph_error_nomem();
    source->base.ops = &ph_source_linux;
    struct ph_error *error = find_tree(source, options->path);
    if (!error)
        error = open_all(source, options);
    if (error) {
        close_linux(&source->base);
        return error;
    }
    *opened = &source->base;
    return NULL;
}

static struct ph_error *read_linux(struct ph_source *base, struct ph_catalog *catalog,
                                   struct ph_sample *sample, bool *end)
{
    struct linux_source *source = (struct linux_source *)base;
    bool slabs = false;

    *end = source->ended;
    if (source->ended)
        return NULL;
    source->ended = !source->live;
    source->readings++;
    ph_sample_reset(sample);
    sample->time_kind = PH_TIME_REAL;
    sample->time_ns = source->live ? ph_realtime_ns() : source->tree_time_ns;
    sample->boottime_ns = source->live ? ph_boottime_ns() : source->tree_uptime_ns;
    PH_TRY(ph_loss_copy(&sample->losses, &source->losses));
    PH_TRY(read_slabs(source, catalog, sample, &slabs));
    PH_TRY(read_totals(source, catalog, sample, slabs));
    PH_TRY(read_sites(source, catalog, sample));
    PH_TRY(read_areas(source, catalog, sample));
    return ph_sample_finish(sample, NULL);
}

static void machine_linux(struct ph_source *base, struct ph_machine *machine)
{
    *machine = ((struct linux_source *)base)->machine;
}

const struct ph_source_ops ph_source_linux = {
    .name = "linux",
    .about = "the live Linux kernel, or a saved /proc tree",
    .open = open_linux,
    .read = read_linux,
    .machine = machine_linux,
    .close = close_linux,
};
