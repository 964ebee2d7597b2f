/* /proc/meminfo (fs/proc/meminfo.c): "Name:   number kB", a few lines without a unit are counts. */
#include "source/linux/meminfo.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"

static const struct {
    const char *name;
    size_t offset;
} fields[] = {
    {"MemTotal", offsetof(struct ph_meminfo, mem_total)},
    {"MemFree", offsetof(struct ph_meminfo, mem_free)},
    {"MemAvailable", offsetof(struct ph_meminfo, mem_available)},
    {"Buffers", offsetof(struct ph_meminfo, buffers)},
    {"Cached", offsetof(struct ph_meminfo, cached)},
    {"SwapCached", offsetof(struct ph_meminfo, swap_cached)},
    {"AnonPages", offsetof(struct ph_meminfo, anon_pages)},
    {"Slab", offsetof(struct ph_meminfo, slab)},
    {"SReclaimable", offsetof(struct ph_meminfo, sreclaimable)},
    {"SUnreclaim", offsetof(struct ph_meminfo, sunreclaim)},
    {"KReclaimable", offsetof(struct ph_meminfo, kreclaimable)},
    {"KernelStack", offsetof(struct ph_meminfo, kernel_stack)},
    {"PageTables", offsetof(struct ph_meminfo, page_tables)},
    {"SecPageTables", offsetof(struct ph_meminfo, sec_page_tables)},
    {"Percpu", offsetof(struct ph_meminfo, percpu)},
    {"VmallocUsed", offsetof(struct ph_meminfo, vmalloc_used)},
    {"Bounce", offsetof(struct ph_meminfo, bounce)},
    {"Hugetlb", offsetof(struct ph_meminfo, hugetlb)},
    {"Balloon", offsetof(struct ph_meminfo, balloon)},
    {"Zswap", offsetof(struct ph_meminfo, zswap)},
    {"CommitLimit", offsetof(struct ph_meminfo, commit_limit)},
    {"Committed_AS", offsetof(struct ph_meminfo, committed_as)},
};

static int64_t *field_of(struct ph_meminfo *meminfo, struct ph_slice name)
{
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (ph_slice_is(name, fields[i].name))
            return (int64_t *)(void *)((char *)meminfo + fields[i].offset);
    return NULL;
}

void ph_meminfo_parse(struct ph_slice text, struct ph_meminfo *meminfo, uint64_t *bad)
{
    struct ph_reader reader = ph_reader_of("meminfo", text.data, text.size);
    struct ph_slice line, name, number;

    *bad = 0;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        *field_of(meminfo, ph_slice_of(fields[i].name)) = -1;
    while (ph_reader_line(&reader, &line)) {
        int64_t kilobytes;
        if (!ph_slice_word(&line, &name))
            continue;
        if (name.data[name.size - 1] != ':' || !ph_slice_word(&line, &number) ||
            ph_parse_i64(number, &kilobytes) != PH_NUMBER_OK || kilobytes < 0 ||
            kilobytes > INT64_MAX / 1024) {
            ++*bad;
            continue;
        }
        name.size--;
        int64_t *field = field_of(meminfo, name);
        if (field)
            *field = kilobytes * 1024;
    }
}

static int64_t or_zero(int64_t value)
{
    return value > 0 ? value : 0;
}

int64_t ph_meminfo_unaccounted(const struct ph_meminfo *m)
{
    if (m->mem_total < 0 || m->mem_free < 0 || m->cached < 0 || m->anon_pages < 0 || m->slab < 0)
        return -1;
    /* Cached holds Shmem, AnonPages holds huge pages, Slab is part of KReclaimable. Stacks of a
     * kernel with CONFIG_VMAP_STACK are vmalloc memory and counted in both: VmallocUsed counts the
     * pages of vmalloc() since 5.3 (commit 97105f0ab7b8), so the stacks are taken out of it. */
    int64_t other_reclaimable = m->kreclaimable >= 0 && m->sreclaimable >= 0
                                    ? or_zero(m->kreclaimable - m->sreclaimable)
                                    : 0;
    int64_t used = m->mem_free + or_zero(m->buffers) + m->cached + or_zero(m->swap_cached) +
                   m->anon_pages + m->slab + other_reclaimable + or_zero(m->kernel_stack) +
                   or_zero(m->page_tables) + or_zero(m->sec_page_tables) + or_zero(m->percpu) +
                   or_zero(m->vmalloc_used - or_zero(m->kernel_stack)) + or_zero(m->bounce) +
                   or_zero(m->hugetlb) + or_zero(m->balloon) + or_zero(m->zswap);
    return or_zero(m->mem_total - used);
}

void ph_vmstat_slab(struct ph_slice text, int64_t *reclaimable, int64_t *unreclaimable)
{
    struct ph_reader reader = ph_reader_of("vmstat", text.data, text.size);
    struct ph_slice line, name, number;

    *reclaimable = *unreclaimable = -1;
    while (ph_reader_line(&reader, &line)) {
        if (!ph_slice_word(&line, &name) || !ph_slice_word(&line, &number))
            continue;
        int64_t *field = ph_slice_is(name, "nr_slab_reclaimable")     ? reclaimable
                         : ph_slice_is(name, "nr_slab_unreclaimable") ? unreclaimable
                                                                      : NULL;
        int64_t pages;
        if (field && ph_parse_i64(number, &pages) == PH_NUMBER_OK && pages >= 0)
            *field = pages;
    }
}
