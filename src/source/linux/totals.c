/* totals.c - what /proc/meminfo says of whole pools, and pseudo-tags for memory that has no tag. */
#include "source/linux/linux_source.h"

static struct ph_error *pseudo(struct ph_catalog *catalog, struct ph_sample *sample,
                               const char *tag, enum ph_pool pool, int64_t bytes,
                               enum ph_have quality)
{
    if (bytes < 0)
        return NULL;
    struct ph_series series = {
        .origin = PH_ORIGIN_MEMINFO,
        .pool = pool,
        .flags = PH_SERIES_PSEUDO | (pool == PH_POOL_RECLAIMABLE ? PH_SERIES_RECLAIMABLE : 0u),
        .tag = ph_slice_of(tag),
    };
    struct ph_value value = {.have = PH_HAVE_BYTES | quality, .bytes = bytes};
    PH_TRY(ph_catalog_intern(catalog, &series, &value.series));
    return ph_sample_add(sample, &value);
}

/* No pool of Linux has a limit of its own. It ends where the machine has no memory left to give:
 * what the pool holds now, and MemAvailable, the kernel's own estimate of what can be had without
 * swapping. MemAvailable counts reclaimable slab as available already, so that pool's end is
 * MemAvailable alone. */
static void total(struct ph_sample *sample, enum ph_pool pool, int64_t bytes, int64_t available)
{
    struct ph_pool_total *to = &sample->pools[pool];

    if (bytes < 0)
        return;
    *to = (struct ph_pool_total){.have = PH_TOTAL_BYTES, .bytes = bytes};
    if (available < 0)
        return;
    to->have |= PH_TOTAL_LIMIT;
    to->limit_bytes = pool != PH_POOL_RECLAIMABLE ? bytes + available
                      : available > bytes         ? available
                                                  : bytes;
}

static int64_t sum(int64_t a, int64_t b)
{
    return a < 0 ? b : b < 0 ? a : a + b;
}

/* Requests beyond the largest kmalloc cache (8 KB with pages of 4 KB) go to the page allocator, and
 * no cache shows them. They are part of SUnreclaim since 5.4 (commit 6a486c0ad4dc), so they are
 * what Slab holds beyond the slabs of all caches. The two are not read at one instant and the
 * counters lag behind on every processor: an estimate. A rest beyond SUnreclaim is something else,
 * as kernels before that counted. */
static int64_t large_kmalloc(const struct ph_linux_source *source, int64_t slab, int64_t slab_pages,
                             int64_t unreclaimable)
{
    int64_t rest;

    if (slab < 0 || slab_pages < 0 || !source->machine.page_bytes ||
        __builtin_mul_overflow(slab_pages, (int64_t)source->machine.page_bytes, &rest))
        return -1;
    rest = slab - rest;
    if (unreclaimable >= 0 && rest > unreclaimable)
        return -1;
    return rest > 0 ? rest : 0;
}

struct ph_error *ph_linux_read_totals(struct ph_linux_source *source, struct ph_catalog *catalog,
                                      struct ph_sample *sample, const struct ph_meminfo *m,
                                      int64_t cpu_lists, bool slabs_known, int64_t slab_pages)
{
    const enum ph_have exact = 0;
    int64_t vmalloc = ph_meminfo_vmalloc(m);
    int64_t unaccounted = ph_meminfo_unaccounted(m, cpu_lists);
    int64_t pages = sum(sum(m->kernel_stack, m->page_tables), sum(m->sec_page_tables, unaccounted));
    enum ph_pool unreclaimable = PH_POOL_UNRECLAIMABLE, reclaimable = PH_POOL_RECLAIMABLE;

    sample->memory.total = source->machine.memory_bytes = m->mem_total;
    sample->memory.available = m->mem_available;
    sample->memory.commit = m->committed_as;
    sample->memory.commit_limit = m->commit_limit;
    sample->memory.page_faults = m->page_faults;
    total(sample, unreclaimable, m->sunreclaim, m->mem_available);
    total(sample, reclaimable, m->sreclaimable, m->mem_available);
    total(sample, PH_POOL_VMALLOC, vmalloc, m->mem_available);
    total(sample, PH_POOL_PERCPU, m->percpu, m->mem_available);
    total(sample, PH_POOL_PAGES, pages, m->mem_available);

    if (slabs_known) {
        PH_TRY(pseudo(catalog, sample, "(large kmalloc)", unreclaimable,
                      large_kmalloc(source, m->slab, slab_pages, m->sunreclaim), PH_IS_ESTIMATED));
    } else {
        PH_TRY(
            pseudo(catalog, sample, "(slab, unreclaimable)", unreclaimable, m->sunreclaim, exact));
        PH_TRY(pseudo(catalog, sample, "(slab, reclaimable)", reclaimable, m->sreclaimable, exact));
    }
    PH_TRY(pseudo(catalog, sample, "(kernel stacks)", PH_POOL_PAGES, m->kernel_stack, exact));
    PH_TRY(pseudo(catalog, sample, "(page tables)", PH_POOL_PAGES, m->page_tables, exact));
    PH_TRY(pseudo(catalog, sample, "(secondary page tables)", PH_POOL_PAGES, m->sec_page_tables,
                  exact));
    PH_TRY(pseudo(catalog, sample, "(unaccounted)", PH_POOL_PAGES, unaccounted, PH_IS_ESTIMATED));
    if (m->balloon > 0)
        PH_TRY(pseudo(catalog, sample, "(balloon)", PH_POOL_PAGES, m->balloon, exact));
    PH_TRY(pseudo(catalog, sample, "(per-CPU)", PH_POOL_PERCPU, m->percpu, exact));
    if (source->area_pages < 0)
        PH_TRY(pseudo(catalog, sample, "(vmalloc)", PH_POOL_VMALLOC, vmalloc, exact));
    return NULL;
}
