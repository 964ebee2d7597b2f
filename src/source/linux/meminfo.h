/* meminfo.h - /proc/meminfo: totals by name, in bytes. */
#ifndef PH_SOURCE_LINUX_MEMINFO_H
#define PH_SOURCE_LINUX_MEMINFO_H

#include "base/bytes.h"
#include "base/error.h"

/* Fields come and go with kernels and their options: each is looked up by name, -1 = not there. */
struct ph_meminfo {
    int64_t mem_total, mem_free, mem_available, buffers, cached, swap_cached, anon_pages;
    int64_t slab, sreclaimable, sunreclaim, kreclaimable, kernel_stack, page_tables;
    int64_t sec_page_tables, percpu, vmalloc_used, bounce, hugetlb, balloon, zswap;
    int64_t commit_limit, committed_as;
};

/* `*bad` counts lines that are no "Name: number [kB]". */
void ph_meminfo_parse(struct ph_slice text, struct ph_meminfo *meminfo, uint64_t *bad);

/* What no counter explains: MemTotal minus all uses that meminfo names; pages that drivers or the
 * kernel took directly. -1 = one of the large counters is missing. An estimate: the counters are
 * not read at one instant, and per-CPU counters lag. */
int64_t ph_meminfo_unaccounted(const struct ph_meminfo *meminfo);

/* nr_slab_reclaimable and nr_slab_unreclaimable of /proc/vmstat, in pages; -1 = not there. */
void ph_vmstat_slab(struct ph_slice text, int64_t *reclaimable, int64_t *unreclaimable);

#endif
