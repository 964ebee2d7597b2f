/* kernel_linux.c - the live Linux kernel, or a saved /proc tree of one.
 *
 * Files are opened once and read again and again, so that the source goes on working after
 * privileges were dropped. What each counter means and what it costs: docs/formats.md. Whatever
 * cannot be read is a loss of the sample: the rest is worth having.
 */
#include "source/linux/linux_source.h"
#include "source/linux/zoneinfo.h"

/* /proc/zoneinfo grows with processors times zones; beyond this it costs more than the noise that
 * it takes away is worth. */
enum { ZONEINFO_LIMIT = 256 << 10 };

/* ------------------------------------------------------------------ one file */

void ph_proc_bad_line(struct ph_proc_lines *lines)
{
    if (!lines->bad++)
        lines->first_bad = lines->reader.line;
}

struct ph_error *ph_proc_tell(const struct ph_proc_lines *lines, struct ph_loss_list *losses)
{
    if (lines->bad)
        PH_TRY(ph_loss_add(losses, lines->bad, "%s: lines not understood, the first is line %zu",
                           lines->reader.name, lines->first_bad));
    if (lines->cut)
        PH_TRY(ph_loss_add(losses, 0, "%s: ends within a line: what came after it is missing",
                           lines->reader.name));
    return NULL;
}

/* A saved file that somebody writes to while it is read gives parts of two states. */
static bool was_changed(const struct ph_linux_source *source, const struct ph_proc_file *file)
{
    uint64_t size = 0;
    int64_t modified_ns = 0;

    return !source->live && (!ph_file_facts(file->path, &size, &modified_ns) ||
                             size != file->size || modified_ns != file->modified_ns);
}

struct ph_error *ph_proc_read(struct ph_linux_source *source, const struct ph_proc_file *file,
                              struct ph_sample *sample, struct ph_proc_lines *lines,
                              struct ph_error *(*head)(struct ph_reader *), bool *usable)
{
    struct ph_text *buffer = &source->buffer;

    *usable = false;
    if (!file->handle)
        return NULL;
    struct ph_error *error = ph_handle_read(file->handle, buffer);
    if (!error) {
        *lines = (struct ph_proc_lines){
            .reader = ph_reader_of(file->path, buffer->data, buffer->size),
            .cut = buffer->size && buffer->data[buffer->size - 1] != '\n',
        };
        error = !buffer->size ? ph_errorf(PH_ERR_FORMAT, "%s: is empty", file->path)
                : head        ? head(&lines->reader)
                              : NULL;
    }
    if (error && error->code != PH_ERR_NOMEM) {
        struct ph_error *failed = ph_loss_add(&sample->losses, 0, "%s", error->text);
        ph_error_free(error);
        return failed;
    }
    if (error)
        return error;
    if (was_changed(source, file))
        PH_TRY(ph_loss_add(&sample->losses, 0,
                           "%s: was changed while it was read; it may hold parts of two states",
                           file->path));
    *usable = true;
    return NULL;
}

/* `need` = what to do about a file that cannot be read; NULL = nobody misses one that is not there.
 */
static struct ph_error *open_file(struct ph_linux_source *source, const char *name,
                                  const char *need, struct ph_proc_file *file)
{
    file->path = ph_format("%s/%s", source->proc, name);
    if (!file->path)
        return ph_error_nomem();
    struct ph_error *error = ph_handle_open(file->path, &file->handle);
    if (!error) {
        (void)ph_file_facts(file->path, &file->size, &file->modified_ns);
        return NULL;
    }
    if (error->code == PH_ERR_NOMEM)
        return error;
    struct ph_error *failed = NULL;
    if (need || error->code != PH_ERR_NOT_FOUND)
        failed = ph_loss_add(&source->losses, 0, "%s%s%s", error->text, need ? "; " : "",
                             need ? need : "");
    ph_error_free(error);
    return failed;
}

static void close_file(struct ph_proc_file *file)
{
    ph_handle_close(file->handle);
    ph_free(file->path);
}

/* ------------------------------------------------------------------ open, close */

static void close_linux(struct ph_source *base)
{
    struct ph_linux_source *source = (struct ph_linux_source *)base;

    close_file(&source->slabinfo);
    close_file(&source->meminfo);
    close_file(&source->vmstat);
    close_file(&source->zoneinfo);
    close_file(&source->allocinfo);
    close_file(&source->vmallocinfo);
    close_file(&source->module_list);
    ph_linux_modules_fini(&source->modules);
    ph_linux_slabs_fini(source);
    ph_linux_sites_fini(source);
    ph_text_fini(&source->buffer);
    ph_text_fini(&source->scratch);
    ph_loss_fini(&source->losses);
    ph_free(source->root);
    ph_free(source->proc);
    ph_free(source);
}

/* Files of 0400 give their reason alone; who reads the line knows from the first what is needed. */
static struct ph_error *open_all(struct ph_linux_source *source,
                                 const struct ph_source_options *options)
{
    const char *slabs = source->live
                            ? "single slab caches need root or CAP_DAC_READ_SEARCH; without "
                              "them only totals are judged"
                            : "without it only totals are known";

    ph_linux_learn_machine(source);
    PH_TRY(open_file(source, "slabinfo", slabs, &source->slabinfo));
    PH_TRY(open_file(source, "meminfo", "totals are not known", &source->meminfo));
    PH_TRY(open_file(source, "vmstat", NULL, &source->vmstat));
    PH_TRY(open_file(source, "zoneinfo",
                     "free pages on per-CPU lists count as (unaccounted), which moves by them",
                     &source->zoneinfo));
    if (!options->no_sites) {
        PH_TRY(open_file(source, "allocinfo", NULL, &source->allocinfo));
        PH_TRY(open_file(source, "vmallocinfo", NULL, &source->vmallocinfo));
    }
    if (source->live)
        PH_TRY(open_file(source, "modules", NULL, &source->module_list));
    if (!source->slabinfo.handle && !source->meminfo.handle)
        return ph_errorf(PH_ERR_NOT_FOUND,
                         "%s: holds neither a readable slabinfo nor meminfo, so it is no saved "
                         "/proc tree",
                         source->live ? "/proc" : source->root);
    return source->live ? NULL : ph_linux_tree_time(source);
}

static struct ph_error *open_linux(const struct ph_source_options *options,
                                   struct ph_source **opened)
{
    struct ph_linux_source *source = ph_zalloc(1, sizeof(*source));

    if (!source)
        return ph_error_nomem();
    source->base.ops = &ph_source_linux;
    source->areas_read_ns = source->areas_used = source->area_pages = -1;
    struct ph_error *error = ph_linux_find_tree(source, options->path);
    if (!error)
        error = open_all(source, options);
    if (error) {
        close_linux(&source->base);
        return error;
    }
    *opened = &source->base;
    return NULL;
}

/* ------------------------------------------------------------------ read */

/* Pages on the processors' own free lists, in bytes; -1 = unknown. Read soon after meminfo: pages
 * move between the two. */
static struct ph_error *read_cpu_lists(struct ph_linux_source *source, int64_t *bytes)
{
    struct ph_proc_file *file = &source->zoneinfo;

    *bytes = -1;
    if (!file->handle)
        return NULL;
    struct ph_error *error = ph_handle_read(file->handle, &source->buffer);
    if (!error && source->buffer.size <= ZONEINFO_LIMIT) {
        int64_t page = source->machine.page_bytes ? source->machine.page_bytes : 4096;
        int64_t pages =
            ph_zoneinfo_cpu_pages((struct ph_slice){source->buffer.data, source->buffer.size});
        *bytes = pages < 0 ? -1 : pages * page;
        return NULL;
    }
    /* without it from now on: an estimate that changes its meaning would look like a leak */
    ph_handle_close(file->handle);
    file->handle = NULL;
    if (error && error->code == PH_ERR_NOMEM)
        return error;
    ph_error_free(error);
    return NULL;
}

static struct ph_error *read_meminfo(struct ph_linux_source *source, struct ph_sample *sample,
                                     struct ph_meminfo *meminfo, int64_t *cpu_lists)
{
    struct ph_proc_lines lines = {0};
    bool usable, told;

    ph_meminfo_clear(meminfo);
    *cpu_lists = -1;
    PH_TRY(ph_proc_read(source, &source->meminfo, sample, &lines, NULL, &usable));
    if (usable) {
        ph_meminfo_parse((struct ph_slice){source->buffer.data, source->buffer.size}, meminfo,
                         &lines.bad, &lines.first_bad);
        PH_TRY(ph_proc_tell(&lines, &sample->losses));
    }
    PH_TRY(ph_proc_read(source, &source->vmstat, sample, &lines, NULL, &told));
    if (told) {
        struct ph_slice vmstat = {source->buffer.data, source->buffer.size};
        if (!source->machine.page_bytes)
            source->machine.page_bytes = ph_vmstat_page_bytes(vmstat, meminfo);
        ph_vmstat_parse(vmstat, source->machine.page_bytes ? source->machine.page_bytes : 4096,
                        meminfo);
    }
    if (usable)
        PH_TRY(read_cpu_lists(source, cpu_lists));
    if (meminfo->slab < 0 && meminfo->sreclaimable >= 0 && meminfo->sunreclaim >= 0)
        meminfo->slab = meminfo->sreclaimable + meminfo->sunreclaim;
    return NULL;
}

/* Before 5.3 the memory of vmalloc() is not told; the areas tell it, where they may be read. */
static void complete_vmalloc(const struct ph_linux_source *source, struct ph_meminfo *meminfo)
{
    int64_t page = source->machine.page_bytes ? source->machine.page_bytes : 4096, bytes;

    if (ph_meminfo_vmalloc(meminfo) >= 0 || source->area_pages < 0 ||
        __builtin_mul_overflow(source->area_pages, page, &bytes) ||
        __builtin_add_overflow(bytes, meminfo->kernel_stack > 0 ? meminfo->kernel_stack : 0,
                               &bytes))
        return;
    meminfo->vmalloc_used = bytes; /* stacks included, as newer kernels have it */
    meminfo->vmalloc_chunk = 0;
}

static struct ph_error *read_parts(struct ph_linux_source *source, struct ph_catalog *catalog,
                                   struct ph_sample *sample)
{
    struct ph_meminfo meminfo;
    int64_t slab_pages = -1, cpu_lists = -1;
    bool slabs = false;

    PH_TRY(ph_loss_copy(&sample->losses, &source->losses));
    PH_TRY(ph_linux_read_slabs(source, catalog, sample, &slabs, &slab_pages));
    PH_TRY(read_meminfo(source, sample, &meminfo, &cpu_lists));
    PH_TRY(ph_linux_read_areas(source, catalog, sample, ph_meminfo_vmalloc(&meminfo)));
    complete_vmalloc(source, &meminfo);
    PH_TRY(ph_linux_read_modules(source, sample));
    PH_TRY(ph_linux_read_totals(source, catalog, sample, &meminfo, cpu_lists, slabs, slab_pages));
    return ph_linux_read_sites(source, catalog, sample);
}

static struct ph_error *read_linux(struct ph_source *base, struct ph_catalog *catalog,
                                   struct ph_sample *sample, bool *end)
{
    struct ph_linux_source *source = (struct ph_linux_source *)base;

    if (source->ended) {
        *end = true;
        return NULL;
    }
    source->readings++;
    ph_sample_reset(sample);
    sample->time_kind = source->live ? PH_TIME_REAL : source->tree_time_kind;
    sample->time_ns = source->live ? ph_realtime_ns() : source->tree_time_ns;
    sample->boottime_ns = source->live ? ph_boottime_ns() : source->tree_uptime_ns;
    PH_TRY(read_parts(source, catalog, sample));
    if (!sample->count && !source->live) { /* the first loss of reading says why */
        size_t first = source->losses.count;
        return ph_errorf(PH_ERR_FORMAT, "%s: holds no counter%s%s", source->root,
                         first < sample->losses.count ? ": " : "",
                         first < sample->losses.count ? sample->losses.items[first].what : "");
    }
    PH_TRY(ph_sample_finish(sample, NULL));
    source->ended = !source->live;
    *end = false;
    return NULL;
}

static void machine_linux(struct ph_source *base, struct ph_machine *machine)
{
    *machine = ((struct ph_linux_source *)base)->machine;
}

const struct ph_source_ops ph_source_linux = {
    .name = "linux",
    .about = "the live Linux kernel, or a saved /proc tree",
    .open = open_linux,
    .read = read_linux,
    .machine = machine_linux,
    .close = close_linux,
};
