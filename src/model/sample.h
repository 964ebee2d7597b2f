/* sample.h - what one reading of the kernel's counters says, and the series it belongs to.
 *
 * "Unknown", "zero", "wrapped" and "reset by a reboot" are four different things: a value that the
 * source does not give has no bit in `have`; a counter keeps its width in the series; a new boot
 * is a new segment (segment number in the sample).
 */
#ifndef PH_MODEL_SAMPLE_H
#define PH_MODEL_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/table.h"
#include "base/text.h"
#include "model/event.h"

/* Where memory is charged. The numbers are stored in recordings: never renumber, only append. */
enum ph_pool {
    PH_POOL_NONPAGED = 0,      /* Windows: never paged out */
    PH_POOL_PAGED = 1,         /* Windows: may be paged out */
    PH_POOL_UNRECLAIMABLE = 2, /* Linux slab: SUnreclaim */
    PH_POOL_RECLAIMABLE = 3,   /* Linux slab: SReclaimable */
    PH_POOL_VMALLOC = 4,       /* Linux: vmalloc areas that hold pages */
    PH_POOL_PAGES = 5,         /* Linux: whole pages: stacks, page tables, unaccounted */
    PH_POOL_PERCPU = 6,        /* Linux: per-CPU memory */
    PH_POOL_SITE = 7,          /* Linux: allocation sites, whatever memory they take */
    PH_POOL_SESSION_NONPAGED = 8,
    PH_POOL_SESSION_PAGED = 9,
    PH_POOL_COUNT
};

/* Which source counted; ordered by no rank. Stored in recordings: only append. */
enum ph_origin {
    PH_ORIGIN_SLABINFO = 0,
    PH_ORIGIN_ALLOCINFO = 1,
    PH_ORIGIN_VMALLOCINFO = 2,
    PH_ORIGIN_MEMINFO = 3, /* totals and what nothing accounts for */
    PH_ORIGIN_POOLMON = 4, /* poolmon snapshot logs */
    PH_ORIGIN_MEMSNAP = 5,
    PH_ORIGIN_CLONE_CSV = 6, /* CSV of poolmon clones and collectors */
    PH_ORIGIN_POOLTAG = 7,   /* NtQuerySystemInformation, class 22 */
    PH_ORIGIN_POOLTAG2 = 8,  /* class 255 */
    PH_ORIGIN_TRACE = 9,
    PH_ORIGIN_DUMP = 10,
    PH_ORIGIN_SERIES_CSV = 11, /* a sceptic's own CSV: time, tag, bytes */
    PH_ORIGIN_SYSTEM = 12,     /* Windows' own totals of memory that is in no pool */
    PH_ORIGIN_COUNT
};

/* "Nonp", "Paged", "Unrec", ...: at most 5 letters, the Type column; and the long name. */
const char *ph_pool_short(enum ph_pool pool);
const char *ph_pool_name(enum ph_pool pool);
bool ph_pool_from_name(struct ph_slice name, enum ph_pool *pool); /* either form */
const char *ph_origin_name(enum ph_origin origin);
bool ph_origin_from_name(struct ph_slice name, enum ph_origin *origin);

/* Properties of a series that do not change while it lives. */
enum ph_series_flag {
    PH_SERIES_RECLAIMABLE = 1 << 0, /* the kernel says it may be given back under pressure */
    PH_SERIES_PSEUDO = 1 << 1,      /* not a tag of the kernel's own: "(page tables)" */
    PH_SERIES_MERGED = 1 << 2,      /* several caches share this one; see aliases */
    PH_SERIES_COUNTS_TWICE = 1 << 3 /* its memory is also counted by another series: no totals */
};

struct ph_series {
    enum ph_origin origin;
    enum ph_pool pool;
    uint8_t counter_bits;  /* width of allocs and frees: 32, 64; 0 when there are none */
    uint32_t flags;        /* enum ph_series_flag */
    uint32_t object_bytes; /* of one object, 0 = unknown */
    uint32_t slab_bytes;   /* object with its metadata and padding, 0 = unknown */
    struct ph_slice tag;   /* bytes as the kernel has them, blanks and case significant; owned */
    char *module;          /* "leaky" when the source names the module; NULL = unknown */
    char *aliases;         /* other names of a merged cache, separated by blanks; NULL = none */
};

/* All series seen, in order of first appearance; index = number of the series. Append only. */
struct ph_catalog {
    struct ph_series *series;
    size_t count;
    size_t capacity;
    struct ph_table index;
};

/* The number of the series with this origin, pool, tag and module; appended when it is new (then
 * `like`'s strings are copied, never taken over). Known ones get `like`'s newer sizes, flags and
 * aliases. Error: out of memory. */
struct ph_error *ph_catalog_intern(struct ph_catalog *catalog, const struct ph_series *like,
                                   uint32_t *number) PH_MUST_CHECK;
void ph_catalog_fini(struct ph_catalog *catalog);

enum ph_have {
    PH_HAVE_ALLOCS = 1 << 0,
    PH_HAVE_FREES = 1 << 1,
    PH_HAVE_OBJECTS = 1 << 2, /* diff */
    PH_HAVE_BYTES = 1 << 3,
    PH_IS_ESTIMATED = 1 << 4, /* scaled or derived, not counted by the kernel */
    PH_IS_PARTIAL = 1 << 5    /* only a part of the memory was seen */
};

struct ph_value {
    uint32_t series; /* number in the catalog */
    uint32_t have;   /* enum ph_have */
    uint64_t allocs; /* in the series' counter width, wrapping */
    uint64_t frees;
    int64_t objects; /* allocs - frees modulo the width, or the live objects */
    int64_t bytes;   /* outstanding */
};

enum ph_total_have { PH_TOTAL_BYTES = 1 << 0, PH_TOTAL_LIMIT = 1 << 1, PH_TOTAL_PEAK = 1 << 2 };

struct ph_pool_total {
    uint32_t have; /* enum ph_total_have */
    int64_t bytes;
    int64_t limit_bytes; /* where the pool ends; its source is named in docs/formats.md */
    int64_t peak_bytes;
};

/* Memory of the whole machine, in bytes; -1 = unknown. */
struct ph_memory {
    int64_t total, available, commit, commit_limit, commit_peak, page_faults;
    int64_t resident_kernel, resident_paged;
};

/* Windows' lists of pages, in bytes; -1 = unknown. Not in recordings. */
struct ph_page_lists {
    bool known; /* false: all of them are unknown */
    int64_t free, standby, modified;
    int64_t mappable; /* addresses that drivers can still map pages to: free system PTEs */
};

enum ph_time_kind {
    PH_TIME_REAL = 0,    /* wall clock */
    PH_TIME_SPACED = 1,  /* the user gave the spacing; starts at 0 */
    PH_TIME_ORDINAL = 2, /* no time known: the n-th reading, as n seconds; rates mean "a reading" */
    PH_TIME_LOCAL = 3    /* wall clock without a zone, taken as UTC; differences are right */
};

/* Something that could not be read, or was read only in part. */
struct ph_loss {
    char *what;     /* one line: which file, why, what to do for more; owned */
    uint64_t count; /* how many rows, lines or events; 0 = not countable */
};

struct ph_loss_list {
    struct ph_loss *items;
    size_t count;
    size_t capacity;
};

/* Adds a loss; the same text again adds to its count. Error: out of memory. */
struct ph_error *ph_loss_add(struct ph_loss_list *list, uint64_t count, const char *format, ...)
    PH_PRINTF(3, 4) PH_MUST_CHECK;
/* Adds all of `from`; `repeated` = the same thing read again: keeps the larger count, not the sum.
 */
struct ph_error *ph_loss_merge(struct ph_loss_list *to, const struct ph_loss_list *from,
                               bool repeated) PH_MUST_CHECK;
struct ph_error *ph_loss_copy(struct ph_loss_list *to,
                              const struct ph_loss_list *from) PH_MUST_CHECK;
/* An error that ends only a part of the work: told as a loss. Takes the error; out of memory stays
 * one. NULL is allowed. */
struct ph_error *ph_loss_error(struct ph_loss_list *list, struct ph_error *error) PH_MUST_CHECK;
void ph_loss_fini(struct ph_loss_list *list);

struct ph_sample {
    enum ph_time_kind time_kind;
    int64_t time_ns;     /* see time_kind */
    int64_t boottime_ns; /* since boot; -1 = unknown */
    uint32_t segment;    /* counts boots (or other breaks) within one recording, from 0 */
    uint32_t represents; /* 0 or 1: a raw reading; n: the minima of n readings up to time_ns */
    int64_t span_ns;     /* of a minimum: how long before time_ns its readings began; else 0 */
    struct ph_memory memory;
    struct ph_page_lists page_lists;
    struct ph_pool_total pools[PH_POOL_COUNT];
    struct ph_value *values; /* in order of series; a series that is absent is not there */
    size_t count;
    size_t capacity;
    bool changed_known; /* then `changed` lists the positions in values that differ from the sample
                           before (new ones too); a series that vanished is in neither */
    uint32_t *changed;
    size_t changed_count;
    size_t changed_capacity;
    struct ph_loss_list losses;
    struct ph_event_list events; /* since the reading before */
};

/* Empties a sample for the next reading (memory is kept): every field unknown. */
void ph_sample_reset(struct ph_sample *sample);
/* Appends a value. Error: out of memory. */
struct ph_error *ph_sample_add(struct ph_sample *sample,
                               const struct ph_value *value) PH_MUST_CHECK;
/* Sorts the values by series and merges duplicates (sums, ORs PH_IS_*); `*merged` counts them. */
struct ph_error *ph_sample_finish(struct ph_sample *sample, size_t *merged) PH_MUST_CHECK;
/* The value of a series by binary search; NULL when absent. */
const struct ph_value *ph_sample_find(const struct ph_sample *sample, uint32_t series);
struct ph_error *ph_sample_copy(struct ph_sample *to, const struct ph_sample *from) PH_MUST_CHECK;
void ph_sample_fini(struct ph_sample *sample);

/* The machine that was read. */
struct ph_machine {
    char host[256];  /* empty = unknown, here and below */
    char system[32]; /* "Linux", "Windows" */
    char release[128];
    char boot_id[64];
    uint32_t cpus;        /* 0 = unknown */
    uint32_t page_bytes;  /* 0 = unknown */
    int64_t memory_bytes; /* -1 = unknown */
};

#endif
