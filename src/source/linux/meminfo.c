/* /proc/meminfo (fs/proc/meminfo.c): "Name:   number kB"; a few lines without a unit are counts.
 * /proc/vmstat (mm/vmstat.c): "name number", in pages where nothing else is said; first the pages
 * (nr_...), then the events since boot, of which pgfault counts page faults, minor and major. */
#include "source/linux/meminfo.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/text.h"

/* A row of the tables: its name, the length of it, and where the number goes. */
#define ROW(name, field)                                                                           \
    {                                                                                              \
        name, sizeof(name) - 1, offsetof(struct ph_meminfo, field)                                 \
    }

struct field {
    const char *name;
    size_t length, offset;
};

static const struct field meminfo_fields[] = {
    ROW("MemTotal:", mem_total),
    ROW("MemFree:", mem_free),
    ROW("MemAvailable:", mem_available),
    ROW("Buffers:", buffers),
    ROW("Cached:", cached),
    ROW("SwapCached:", swap_cached),
    ROW("Active:", active),
    ROW("Inactive:", inactive),
    ROW("Unevictable:", unevictable),
    ROW("AnonPages:", anon_pages),
    ROW("Slab:", slab),
    ROW("SReclaimable:", sreclaimable),
    ROW("SUnreclaim:", sunreclaim),
    ROW("KReclaimable:", kreclaimable),
    ROW("KernelStack:", kernel_stack),
    ROW("PageTables:", page_tables),
    ROW("SecPageTables:", sec_page_tables),
    ROW("Percpu:", percpu),
    ROW("VmallocUsed:", vmalloc_used),
    ROW("VmallocChunk:", vmalloc_chunk),
    ROW("Bounce:", bounce),
    ROW("Hugetlb:", hugetlb),
    ROW("HugePages_Total:", huge_count),
    ROW("Hugepagesize:", huge_bytes),
    ROW("Balloon:", balloon),
    ROW("Zswap:", zswap),
    ROW("WritebackTmp:", writeback_tmp),
    ROW("HardwareCorrupted:", hardware_corrupted),
    ROW("CommitLimit:", commit_limit),
    ROW("Committed_AS:", committed_as),
};

static const struct field vmstat_fields[] = {
    ROW("nr_free_pages", mem_free),
    ROW("nr_anon_pages", anon_pages),
    ROW("nr_slab_reclaimable", sreclaimable),
    ROW("nr_slab_unreclaimable", sunreclaim),
    ROW("nr_kernel_stack", kernel_stack), /* in KB */
    ROW("nr_page_table_pages", page_tables),
    ROW("nr_sec_page_table_pages", sec_page_tables),
    ROW("nr_zspages", zsmalloc),
    ROW("pgfault", page_faults), /* a count */
};

enum {
    MEMINFO_FIELDS = sizeof(meminfo_fields) / sizeof(meminfo_fields[0]),
    VMSTAT_FIELDS = sizeof(vmstat_fields) / sizeof(vmstat_fields[0]),
};

/* Finds a field; kernels keep an order, so the search begins after the one found last. */
static int64_t *find(const struct field *fields, size_t count, size_t *next, struct ph_slice name,
                     struct ph_meminfo *meminfo)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = (*next + i) % count;
        if (name.size == fields[at].length && !memcmp(name.data, fields[at].name, name.size)) {
            *next = at + 1;
            return (int64_t *)(void *)((char *)meminfo + fields[at].offset);
        }
    }
    return NULL;
}

void ph_meminfo_clear(struct ph_meminfo *meminfo)
{
    for (size_t i = 0; i < sizeof(*meminfo) / sizeof(int64_t); i++)
        ((int64_t *)(void *)meminfo)[i] = -1;
}

void ph_meminfo_parse(struct ph_slice text, struct ph_meminfo *meminfo, uint64_t *bad,
                      size_t *first_bad)
{
    struct ph_reader reader = ph_reader_of("meminfo", text.data, text.size);
    struct ph_slice line, name, number, unit;
    size_t next = 0;

    *bad = 0;
    *first_bad = 0;
    while (ph_reader_line(&reader, &line)) {
        int64_t value;
        if (!ph_slice_word(&line, &name))
            continue;
        bool good = name.data[name.size - 1] == ':' && ph_slice_word(&line, &number) &&
                    ph_parse_i64(number, &value) == PH_NUMBER_OK && value >= 0 &&
                    value <= INT64_MAX / 4096;
        bool counted = good && !ph_slice_word(&line, &unit);
        int64_t *field = good ? find(meminfo_fields, MEMINFO_FIELDS, &next, name, meminfo) : NULL;
        /* a number without its "kB" is cut short, except where the kernel gives a count */
        bool wants_count = field == &meminfo->huge_count;
        if (!good || (field && counted != wants_count)) {
            if (!(*bad)++)
                *first_bad = reader.line;
            continue;
        }
        if (field)
            *field = counted ? value : value * 1024;
    }
}

void ph_vmstat_parse(struct ph_slice text, uint32_t page_bytes, struct ph_meminfo *meminfo)
{
    struct ph_reader reader = ph_reader_of("vmstat", text.data, text.size);
    struct ph_slice line, name, number;
    size_t next = 0, found = 0;

    while (found < VMSTAT_FIELDS && ph_reader_line(&reader, &line)) {
        int64_t value;
        if (!(ph_slice_starts(line, "nr_") || ph_slice_starts(line, "pgfault")) ||
            !ph_slice_word(&line, &name))
            continue;
        int64_t *field = find(vmstat_fields, VMSTAT_FIELDS, &next, name, meminfo);
        if (!field || !ph_slice_word(&line, &number) ||
            ph_parse_i64(number, &value) != PH_NUMBER_OK || value < 0)
            continue;
        int64_t unit = field == &meminfo->page_faults    ? 1
                       : field == &meminfo->kernel_stack ? 1024
                                                         : (int64_t)page_bytes;
        if (unit > 1 && value > INT64_MAX / 65536 / 16)
            continue;
        found++;
        if (*field < 0)
            *field = value * unit;
    }
}

static int64_t or_zero(int64_t value)
{
    return value > 0 ? value : 0;
}

uint32_t ph_vmstat_page_bytes(struct ph_slice vmstat, const struct ph_meminfo *meminfo)
{
    struct ph_meminfo pages;

    ph_meminfo_clear(&pages);
    ph_vmstat_parse(vmstat, 1, &pages); /* counts what meminfo gives in bytes */
    if (pages.sunreclaim <= 0 || meminfo->sunreclaim <= 0)
        return 0;
    /* not read at one instant, so the nearest power of two; architectures have 4 to 64 KB */
    int64_t ratio = meminfo->sunreclaim / pages.sunreclaim;
    for (uint32_t page = 4096; page <= 65536; page *= 2)
        if (ratio >= page - page / 4 && ratio < page + page / 2)
            return page;
    return 0;
}

int64_t ph_meminfo_vmalloc(const struct ph_meminfo *m)
{
    /* Before 4.4 VmallocUsed was address space, devices' memory included; then VmallocChunk, 0 ever
     * since, had a value. Linux 4.4 to 5.2 print 0 always, later ones count the pages of vmalloc()
     * (commit 97105f0ab7b8 of 5.3); a kernel that runs holds some, so 0 is unknown. With
     * CONFIG_VMAP_STACK, which every distribution for 64-bit machines sets, the stacks of tasks are
     * vmalloc memory too: 127 areas of kernel_clone() beside a KernelStack of 127 times 16 KB. They
     * are counted as stacks. */
    if (m->vmalloc_used <= 0 || m->vmalloc_chunk > 0)
        return -1;
    return m->vmalloc_used >= or_zero(m->kernel_stack) ? m->vmalloc_used - or_zero(m->kernel_stack)
                                                       : m->vmalloc_used;
}

/* Memory of processes and the swap cache. A page that was swapped in and is still in the swap cache
 * is counted in AnonPages and in SwapCached; the LRU lists (Active, Inactive, Unevictable) have
 * each page once, so what they hold beyond the page cache is the true sum. It lies between the
 * larger of the two and both together, whatever the lists' lag says. */
static int64_t process_pages(const struct ph_meminfo *m)
{
    int64_t both = m->anon_pages + or_zero(m->swap_cached);
    int64_t least = m->anon_pages > m->swap_cached ? m->anon_pages : m->swap_cached;

    if (m->swap_cached <= 0 || m->active < 0 || m->inactive < 0)
        return both;
    int64_t lists = m->active + m->inactive + or_zero(m->unevictable) - or_zero(m->buffers) -
                    or_zero(m->cached);
    return lists < least ? least : lists > both ? both : lists;
}

/* Unaccounted = MemTotal minus
 *
 *     MemFree                        and the free pages on per-CPU lists, which MemFree leaves out
 *     Buffers + Cached               the page cache; Shmem is part of Cached
 *     AnonPages and SwapCached       memory of processes, huge pages included; see below
 *     Slab                           SReclaimable + SUnreclaim
 *     KReclaimable - SReclaimable    other memory that shrinkers give back (since 4.20)
 *     KernelStack                    and VmallocUsed without the stacks, see above
 *     PageTables + SecPageTables     SecPageTables: those of KVM and IOMMUs
 *     Percpu, Bounce, WritebackTmp, HardwareCorrupted
 *     Hugetlb                        or, before 4.19, HugePages_Total times Hugepagesize
 *     Zswap or zsmalloc              the larger: zswap's pages are mostly zsmalloc's, and zram's
 *                                    appear in zsmalloc (nr_zspages) only
 *
 * Balloon is not taken off: most balloon drivers lower MemTotal themselves, and taking it off twice
 * would hide as much of a leak. Where a driver does not, the balloon shows here, beside its own
 * row.
 *
 * Noise: the counters are not read at one instant and lag behind on every processor. Measured on
 * Linux 6.18 with 2 processors and compilers running: +-0.2 MB around 14.5 MB with the per-CPU
 * lists, 75 to 172 MB without. */
int64_t ph_meminfo_unaccounted(const struct ph_meminfo *m, int64_t cpu_lists)
{
    if (m->mem_total < 0 || m->mem_free < 0 || m->cached < 0 || m->anon_pages < 0 || m->slab < 0)
        return -1;
    int64_t other_reclaimable = m->kreclaimable >= 0 && m->sreclaimable >= 0
                                    ? or_zero(m->kreclaimable - m->sreclaimable)
                                    : 0;
    int64_t huge = m->hugetlb;
    if (huge < 0 && m->huge_count > 0 && m->huge_bytes > 0 &&
        m->huge_count <= m->mem_total / m->huge_bytes)
        huge = m->huge_count * m->huge_bytes;
    const int64_t uses[] = {
        m->mem_free,
        cpu_lists,
        m->buffers,
        m->cached,
        process_pages(m),
        m->slab,
        other_reclaimable,
        m->kernel_stack,
        ph_meminfo_vmalloc(m),
        m->page_tables,
        m->sec_page_tables,
        m->percpu,
        m->bounce,
        m->writeback_tmp,
        m->hardware_corrupted,
        huge,
        m->zsmalloc > m->zswap ? m->zsmalloc : m->zswap,
    };
    int64_t left = m->mem_total;
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
        if (uses[i] > 0 && __builtin_sub_overflow(left, uses[i], &left))
            return 0;
    return or_zero(left);
}
