/* sites.c - allocation sites and callers of vmalloc() of one reading. */
#include <string.h>

#include "source/linux/allocinfo.h"
#include "source/linux/linux_source.h"
#include "source/linux/vmallocinfo.h"

#define NO_SERIES UINT32_MAX

/* How long the areas of a steady machine are carried from one reading to the next. */
enum { AREAS_AGE_S = 10 };
/* All readings of the file together take at most this part of a processor. */
enum { AREAS_CPU_SHARE = 1000 };
/* Two stacks a processor wait for reuse: they come and go without being a task's (kernel/fork.c,
 * NR_CACHED_STACKS). */
enum { CACHED_STACKS_BYTES = 2 * 16384 };

/* A module's name as a string; longer ones than a kernel has (MODULE_NAME_LEN, 56) are cut. */
static char *module_name(struct ph_slice module, char buffer[128])
{
    if (!module.size)
        return NULL;
    size_t size = module.size < 128 ? module.size : 127;
    memcpy(buffer, module.data, size);
    buffer[size] = 0;
    return buffer;
}

/* ------------------------------------------------------------------ allocation sites */

/* "function place", the tag of a site, compared without being built. */
static bool is_site(const struct ph_catalog *catalog, uint32_t number,
                    const struct ph_alloc_site *site)
{
    if (number >= catalog->count)
        return false;
    const struct ph_series *series = &catalog->series[number];
    const char *tag = series->tag.data;
    return series->origin == PH_ORIGIN_ALLOCINFO &&
           series->tag.size == site->function.size + 1 + site->place.size &&
           !memcmp(tag, site->function.data, site->function.size) &&
           !memcmp(tag + site->function.size + 1, site->place.data, site->place.size) &&
           (series->module ? ph_slice_is(site->module, series->module) : !site->module.size);
}

static struct ph_error *intern_site(struct ph_linux_source *source, struct ph_catalog *catalog,
                                    const struct ph_alloc_site *site, uint32_t *number)
{
    struct ph_text *tag = &source->scratch;
    char module[128];

    ph_text_clear(tag);
    ph_text_add(tag, site->function.data, site->function.size);
    ph_text_putc(tag, ' ');
    ph_text_add(tag, site->place.data, site->place.size);
    PH_TRY(ph_text_check(tag));
    struct ph_series series = {
        .origin = PH_ORIGIN_ALLOCINFO,
        .pool = PH_POOL_SITE,
        .flags = PH_SERIES_COUNTS_TWICE,
        .tag = {tag->data, tag->size},
        .module = module_name(site->module, module),
    };
    return ph_catalog_intern(catalog, &series, number);
}

static struct ph_error *add_site(struct ph_linux_source *source, struct ph_catalog *catalog,
                                 struct ph_sample *sample, const struct ph_alloc_site *site,
                                 size_t n)
{
    bool idle = !site->bytes && !site->calls;

    if (n >= source->site_lines) {
        PH_TRY(ph_grow(&source->site_order, &source->site_order_capacity, n + 1,
                       sizeof(*source->site_order)));
        source->site_order[n] = NO_SERIES;
        source->site_lines = n + 1;
    }
    uint32_t *number = &source->site_order[n];
    if (!is_site(catalog, *number, site)) {
        *number = NO_SERIES;
        if (idle) /* most sites never allocate; one that did keeps its row, with a true zero */
            return NULL;
        PH_TRY(intern_site(source, catalog, site, number));
    }
    struct ph_value value = {
        .series = *number,
        .have = PH_HAVE_OBJECTS | PH_HAVE_BYTES | (site->inaccurate ? PH_IS_PARTIAL : 0u),
        .objects = site->calls,
        .bytes = site->bytes,
    };
    return ph_sample_add(sample, &value);
}

struct ph_error *ph_linux_read_sites(struct ph_linux_source *source, struct ph_catalog *catalog,
                                     struct ph_sample *sample)
{
    struct ph_proc_lines lines;
    struct ph_alloc_site site;
    bool usable, counted = false;
    size_t n = 0;

    PH_TRY(ph_proc_read(source, &source->allocinfo, sample, &lines, ph_allocinfo_head, &usable));
    while (usable && ph_reader_line(&lines.reader, &lines.line)) {
        enum ph_line_kind kind = ph_allocinfo_line(lines.line, &site);
        if (kind == PH_LINE_BAD)
            ph_proc_bad_line(&lines);
        if (kind != PH_LINE_VALUE)
            continue;
        counted |= site.bytes || site.calls;
        PH_TRY(add_site(source, catalog, sample, &site, n++));
    }
    if (n && !counted)
        PH_TRY(ph_loss_add(&sample->losses, 0,
                           "%s: every site is zero: allocation profiling is off; 'sysctl "
                           "vm.mem_profiling=1' turns it on",
                           source->allocinfo.path));
    return usable ? ph_proc_tell(&lines, &sample->losses) : NULL;
}

/* ------------------------------------------------------------------ vmalloc areas */

static struct ph_error *caller_of(struct ph_linux_source *source, struct ph_catalog *catalog,
                                  const struct ph_vmalloc_area *area, uint32_t *index)
{
    struct ph_slice caller = area->caller.size ? area->caller : ph_slice_of("(caller not told)");
    struct ph_text *key = &source->scratch;
    char module[128];

    ph_text_clear(key);
    ph_text_add(key, caller.data, caller.size);
    ph_text_putc(key, 0);
    ph_text_add(key, area->module.data, area->module.size);
    PH_TRY(ph_text_check(key));
    struct ph_slice name = {key->data, key->size};
    if (ph_table_find(&source->caller_names, name, index))
        return NULL;
    struct ph_series series = {
        .origin = PH_ORIGIN_VMALLOCINFO,
        .pool = PH_POOL_VMALLOC,
        .flags = ph_vmallocinfo_is_stack(area) ? PH_SERIES_COUNTS_TWICE : 0u,
        .tag = caller,
        .module = module_name(area->module, module),
    };
    struct ph_known_caller fresh = {0};
    PH_TRY(ph_catalog_intern(catalog, &series, &fresh.series));
    PH_TRY(ph_grow(&source->callers, &source->caller_capacity, source->caller_count + 1,
                   sizeof(*source->callers)));
    PH_TRY(ph_table_put(&source->caller_names, name, (uint32_t)source->caller_count));
    source->callers[source->caller_count] = fresh;
    *index = (uint32_t)source->caller_count++;
    return NULL;
}

static struct ph_error *renew_areas(struct ph_linux_source *source, struct ph_catalog *catalog,
                                    struct ph_sample *sample)
{
    struct ph_proc_lines lines;
    struct ph_vmalloc_area area;
    bool usable;

    size_t losses = sample->losses.count;
    PH_TRY(ph_proc_read(source, &source->vmallocinfo, sample, &lines, NULL, &usable));
    for (size_t i = 0; i < source->caller_count; i++)
        source->callers[i].pages = source->callers[i].areas = 0;
    ph_loss_fini(&source->area_losses);
    source->area_pages = usable ? 0 : -1;
    for (; losses < sample->losses.count; losses++) /* carried with the areas they are about */
        PH_TRY(ph_loss_add(&source->area_losses, 0, "%s", sample->losses.items[losses].what));
    while (usable && ph_reader_line(&lines.reader, &lines.line)) {
        uint32_t index = 0;
        enum ph_line_kind kind = ph_vmallocinfo_line(lines.line, &area);
        if (kind == PH_LINE_BAD)
            ph_proc_bad_line(&lines);
        if (kind != PH_LINE_VALUE)
            continue;
        if (!source->machine.page_bytes)
            source->machine.page_bytes = ph_vmallocinfo_page_bytes(&area);
        PH_TRY(caller_of(source, catalog, &area, &index));
        source->callers[index].pages += area.pages;
        source->callers[index].areas++;
        if (!ph_vmallocinfo_is_stack(&area))
            source->area_pages += (int64_t)area.pages;
    }
    return usable ? ph_proc_tell(&lines, &source->area_losses) : NULL;
}

/* The file is the dearest of all (every freed area that waits for its purge is a line), and most of
 * the time nothing in it changed. It is read again when the last reading is AREAS_AGE_S old, or
 * when VmallocUsed moved by more than the stacks that wait for reuse explain; in between the last
 * values stand, marked as estimates as soon as VmallocUsed is not what it was with them. So a
 * caller's bytes are at most AREAS_AGE_S old, and their sum was never wrong by more than those
 * stacks. Only where one reading of the file takes more than 10 ms of CPU, with a hundred thousand
 * areas, it waits for longer. */
static bool areas_are_stale(const struct ph_linux_source *source, int64_t now_ns, int64_t used)
{
    int64_t slack = (int64_t)source->machine.cpus * CACHED_STACKS_BYTES;

    if (source->areas_read_ns < 0)
        return true;
    if (now_ns - source->areas_read_ns < source->areas_cpu_ns * AREAS_CPU_SHARE)
        return false;
    /* half a second early is not early: a reading every 10 s always gets fresh areas */
    if (now_ns - source->areas_read_ns >= AREAS_AGE_S * PH_SECOND - PH_SECOND / 2)
        return true;
    int64_t moved = used - source->areas_used; /* both -1 where the kernel does not tell */
    return moved > slack || moved < -slack;
}

struct ph_error *ph_linux_read_areas(struct ph_linux_source *source, struct ph_catalog *catalog,
                                     struct ph_sample *sample, int64_t used)
{
    int64_t now_ns = ph_boottime_ns();

    if (!source->vmallocinfo.handle)
        return NULL;
    if (areas_are_stale(source, now_ns, used)) {
        int64_t cpu_ns = ph_cpu_ns();
        source->areas_read_ns = -1; /* stays so when the reading fails */
        PH_TRY(renew_areas(source, catalog, sample));
        source->areas_cpu_ns = ph_cpu_ns() - cpu_ns;
        source->areas_read_ns = now_ns;
        source->areas_used = used;
    }
    PH_TRY(ph_loss_merge(&sample->losses, &source->area_losses, true));
    if (source->area_pages < 0)
        return NULL;
    int64_t page = source->machine.page_bytes ? source->machine.page_bytes : 4096;
    uint32_t old = used == source->areas_used ? 0u : PH_IS_ESTIMATED;
    for (size_t i = 0; i < source->caller_count; i++) {
        const struct ph_known_caller *caller = &source->callers[i];
        struct ph_value value = {
            .series = caller->series,
            .have = PH_HAVE_OBJECTS | PH_HAVE_BYTES | old,
            .objects = (int64_t)caller->areas,
        };
        /* a page count has 32 bits, but a file any number of lines */
        if (__builtin_mul_overflow((int64_t)caller->pages, page, &value.bytes))
            value.bytes = INT64_MAX;
        PH_TRY(ph_sample_add(sample, &value));
    }
    return NULL;
}

void ph_linux_sites_fini(struct ph_linux_source *source)
{
    ph_table_fini(&source->caller_names);
    ph_loss_fini(&source->area_losses);
    ph_free(source->site_order);
    ph_free(source->callers);
}
