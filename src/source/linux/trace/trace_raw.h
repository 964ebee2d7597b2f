/* trace_raw.h - what tracer.bpf.c and the program that loads it share: map entries and settings.
 *
 * Fixed-width types only: the BPF compiler includes this, too.
 */
#ifndef PH_SOURCE_TRACE_RAW_H
#define PH_SOURCE_TRACE_RAW_H

#ifdef __bpf__
#include <linux/types.h>
typedef __u64 ph_raw64;
typedef __u32 ph_raw32;
typedef __u16 ph_raw16;
#else
#include <stdint.h>
typedef uint64_t ph_raw64;
typedef uint32_t ph_raw32;
typedef uint16_t ph_raw16;
#endif

/* One call site in one cache, in one epoch. An epoch is a span of time; its number is set by the
 * program, and a free counts in the epoch of its allocation, so that what lives can be told by age
 * without a walk over all objects. */
struct ph_raw_site_key {
    ph_raw64 address; /* of the call; 0 for pages */
    ph_raw64 cache;   /* struct kmem_cache of kmem_cache_alloc(); of kmalloc() bits 0-31 what an
                         object takes and bit 32.. the flags that pick its cache family (below) */
    ph_raw32 stack;   /* + 1; 0 = none taken */
    ph_raw16 epoch;
    ph_raw16 kind; /* enum ph_trace_kind */
};
/* kmalloc's family by gfp flags */
#define PH_RAW_ACCOUNTED (1ull << 32)   /* kmalloc-cg-N */
#define PH_RAW_RECLAIMABLE (1ull << 33) /* kmalloc-rcl-N */
#define PH_RAW_DMA (1ull << 34)         /* dma-kmalloc-N */

struct ph_raw_site {
    ph_raw64 allocs, frees; /* per processor: add them up; frees counts implicit, too */
    ph_raw64 bytes_allocated, bytes_freed;
    ph_raw64 requested_allocated, requested_freed;
    ph_raw64 implicit_frees;
    ph_raw64 given_up, bytes_given_up,
        requested_given_up; /* taken out by a walk: sampling became coarser */
};

/* One living object. Of a kmem_cache only the count is kept: sizes are the cache's. */
struct ph_raw_object {
    ph_raw32 row; /* of its site in its epoch */
    ph_raw32 size, requested;
};

struct ph_raw_cache {
    char name[40];
    ph_raw32 object_bytes; /* what one takes: kmem_cache.size */
    ph_raw32 usable_bytes; /* kmem_cache.object_size */
    ph_raw32 wanted;       /* by the filter of caches */
    ph_raw32 checked;      /* the program has compared the name with its patterns */
};

enum ph_raw_counter {
    PH_RAW_EVENTS,
    PH_RAW_FOLLOWED, /* of them, by their addresses */
    PH_RAW_UNTRACKED,
    PH_RAW_IMPLICIT,
    PH_RAW_DROPPED,
    PH_RAW_SITES_FULL,
    PH_RAW_STACKS_LOST,
    PH_RAW_COUNTERS
};

/* The bit of a kmalloc size in wanted_kmalloc[]: 64 -> 12, 96 -> 13, 128 -> 14, ...; beyond the
 * largest cache 63. The families: 0 plain, 1 accounted, 2 reclaimable, 3 DMA. */
#define PH_RAW_LARGEST_CACHE 8192u
static inline ph_raw32 ph_raw_class(ph_raw32 size)
{
    ph_raw32 log = 0, rest = size;

    if (size > PH_RAW_LARGEST_CACHE)
        return 63;
    /* no instruction counts leading zeros in BPF; the sizes of caches take 14 bits */
    for (ph_raw32 step = 8; step; step >>= 1)
        if (rest >> step) {
            rest >>= step;
            log += step;
        }
    return 2 * log + ((size & (size - 1)) != 0);
}

/* Whether an address is one of those that are followed; a coarser mask's are among a finer one's.
 * Estimates and their intervals count on one address telling nothing about its neighbour's: one
 * multiplication (by 2^64 / phi: Knuth, The Art of Computer Programming, volume 3, 6.4) would take
 * all objects of a slab or none where they stand 32, 64, ... bytes apart, hence two. */
static inline int ph_raw_follows(ph_raw64 address, ph_raw32 mask)
{
    address *= 0x9e3779b97f4a7c15ull;
    address ^= address >> 32;
    address *= 0x9e3779b97f4a7c15ull;
    return !((address >> 40) & mask);
}

enum { PH_RAW_RANGES = 8, PH_RAW_FRAMES = 24 };

/* In the program's .bss: may be changed while it runs. */
struct ph_raw_settings {
    ph_raw32 epoch;
    ph_raw32 alloc_mask;   /* ph_raw_follows() */
    ph_raw32 free_mask;    /* for frees; at most as coarse as any living object's */
    ph_raw32 enabled;      /* 0: programs return at once */
    ph_raw32 stacks_all;   /* take a stack at every allocation that is followed */
    ph_raw32 stacks_some;  /* take one where the address is in the map `stack_sites` */
    ph_raw32 filter_cache; /* only kmem_caches that are wanted, and of kmalloc the classes below */
    ph_raw32 filter_range; /* only calls from within ranges[] */
    ph_raw32 tgid;         /* only allocations by this process; 0 = all */
    ph_raw32 own_tgid;     /* never ours */
    ph_raw32 size_least, size_most; /* by what an object takes */
    ph_raw32 processors;
    ph_raw32 page_bytes;
    ph_raw64 wanted_kmalloc[4];                       /* by family, see ph_raw_class() */
    ph_raw64 gfp_accounted, gfp_reclaimable, gfp_dma; /* this kernel's bits; 0 = unknown */
    struct {
        ph_raw64 from, to;
    } ranges[PH_RAW_RANGES];
};

#endif
