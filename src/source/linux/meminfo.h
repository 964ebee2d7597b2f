/* meminfo.h - /proc/meminfo and /proc/vmstat: totals by name, in bytes. */
#ifndef PH_SOURCE_LINUX_MEMINFO_H
#define PH_SOURCE_LINUX_MEMINFO_H

#include "base/bytes.h"

/* Fields come and go with kernels and their options: each is looked up by name, -1 = not there. */
struct ph_meminfo {
    int64_t mem_total, mem_free, mem_available, buffers, cached, swap_cached, anon_pages;
    int64_t slab, sreclaimable, sunreclaim, kreclaimable, kernel_stack, page_tables;
    int64_t sec_page_tables, percpu, vmalloc_used, bounce, hugetlb, balloon, zswap;
    int64_t vmalloc_chunk; /* not 0: vmalloc_used is address space, not memory */
    int64_t writeback_tmp, hardware_corrupted, commit_limit, committed_as;
    int64_t active, inactive, unevictable; /* together every page of processes and files, once */
    int64_t huge_count, huge_bytes;        /* pages of the default huge size, and that size */
    int64_t zsmalloc;                      /* pages of zram and zswap; only vmstat tells */
    int64_t page_faults;                   /* a count, since boot; only vmstat tells */
};

/* Every field unknown. */
void ph_meminfo_clear(struct ph_meminfo *meminfo);
/* Adds what /proc/meminfo tells. `*bad` counts lines that are no "Name: number [kB]"; the number of
 * the first goes into `*first_bad`. */
void ph_meminfo_parse(struct ph_slice text, struct ph_meminfo *meminfo, uint64_t *bad,
                      size_t *first_bad);
/* Adds what only /proc/vmstat tells, and fields of /proc/meminfo that are still unknown. */
void ph_vmstat_parse(struct ph_slice text, uint32_t page_bytes, struct ph_meminfo *meminfo);

/* The page size that the two files tell together; 0 = they tell none. */
uint32_t ph_vmstat_page_bytes(struct ph_slice vmstat, const struct ph_meminfo *meminfo);

/* VmallocUsed without the stacks of tasks; -1 = unknown. */
int64_t ph_meminfo_vmalloc(const struct ph_meminfo *meminfo);

/* What no counter explains: pages that drivers or the kernel took directly. `cpu_lists` = bytes on
 * the processors' own free lists, -1 = unknown. -1 = a large counter is missing. */
int64_t ph_meminfo_unaccounted(const struct ph_meminfo *meminfo, int64_t cpu_lists);

#endif
