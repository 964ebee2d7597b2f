/* trace.h - what tracing by call site tells: who allocated, how much of it still lives, since when.
 *
 * Everything counts from the moment tracing began. What was allocated before is not seen; its frees
 * are counted as untracked, never as negative differences.
 */
#ifndef PH_MODEL_TRACE_H
#define PH_MODEL_TRACE_H

#include <math.h>

#include "model/sample.h"

enum ph_trace_kind {
    PH_TRACE_KMALLOC, /* kmalloc() and its kin: caches of the kernel's own */
    PH_TRACE_CACHE,   /* kmem_cache_alloc() */
    PH_TRACE_PAGES,   /* whole pages that are no slab's; have stacks only */
    PH_TRACE_VMALLOC,
    PH_TRACE_PERCPU, /* bytes are of all processors together */
    PH_TRACE_KINDS
};
const char *ph_trace_kind_id(enum ph_trace_kind kind); /* "kmalloc", "cache", "pages", ... */
bool ph_trace_kind_from_id(const char *id, enum ph_trace_kind *kind);

/* An address in the kernel, in names. */
struct ph_place {
    uint64_t address;      /* 0 = unknown */
    char *function;        /* NULL = unknown; owned */
    uint64_t offset, size; /* "+0x12/0x34"; size 0 = unknown */
    char *module;          /* NULL = the kernel itself; owned */
    bool unloaded;         /* the module is not there any more */
};
/* False when nothing is known of it, not even the address. A place from a text of the kernel's has
 * names, and no address. */
bool ph_place_is_known(const struct ph_place *place);
void ph_place_fini(struct ph_place *place);
struct ph_error *ph_place_copy(struct ph_place *to, const struct ph_place *from) PH_MUST_CHECK;
/* "function+0x12/0x34 [module]", or "0xffffffffc0001234" when nothing is known; an unloaded module
 * is "[module, unloaded]". */
void ph_place_text(const struct ph_place *place, struct ph_text *out);

/* The allocations of one span of time. */
struct ph_cohort {
    int64_t from_ns, to_ns; /* boottime of their births */
    double born, alive;     /* objects; scaled when the site is estimated */
    double bytes_alive;     /* as allocated */
    double alive_last;      /* at the reading before; NAN = it is the first */
    uint64_t seen_born;     /* really counted, not scaled */
    uint64_t seen_alive;
};

/* A life table: at each age, how many of the objects that reached it were watched how long, and how
 * many died. Bin i covers ages from 2^i to 2^(i+1) s, the first one everything below 2 s, the last
 * one everything above. Counted, not scaled. */
enum { PH_LIFE_BINS = 24 };
struct ph_life {
    double deaths[PH_LIFE_BINS];
    double exposure_s[PH_LIFE_BINS]; /* object-seconds */
};

enum { PH_STACK_FRAMES = 16 };
/* One way to a call site. */
struct ph_trace_stack {
    struct ph_place
        frames[PH_STACK_FRAMES]; /* innermost first; frames of tracing itself taken out */
    size_t frame_count;
    double allocs, objects, bytes; /* scaled; since stacks of this site were asked for */
    size_t owner;                  /* frame that the memory is laid to; SIZE_MAX = not looked for */
};

/* What the age of the living says. Filled by analysis/cohorts. */
enum ph_age_verdict {
    PH_AGE_UNKNOWN, /* nothing was judged yet */
    PH_AGE_YOUNG,   /* observed too short, or too few objects */
    PH_AGE_DYING,   /* cohorts die: ordinary work */
    PH_AGE_STEP,    /* what stays was allocated at one time, and nothing was added since */
    PH_AGE_STAYING, /* cohort after cohort stays: so does a leak */
    PH_AGE_COUNT
};
const char *ph_age_verdict_id(enum ph_age_verdict verdict); /* "unknown", "young", "dying", ... */
struct ph_age {
    enum ph_age_verdict verdict;
    unsigned cohorts;                 /* old enough to judge */
    unsigned staying;                 /* of them with survivors that stopped dying */
    double survivors;                 /* objects of these cohorts that live now */
    double survival;                  /* survivors / born, 0..1; NAN = undefined */
    double deaths;                    /* of old objects, and over how many object-seconds they */
    double exposure_s;                /* were watched */
    double half_life_s;               /* lower bound, 95 %, of the half-life of an old object */
    double rate, rate_low, rate_high; /* surviving objects per second, 95 %; NAN = undefined */
    double missing_s;                 /* for YOUNG: how much longer to watch; 0 = not known */
};

/* One call site, in one cache. */
struct ph_trace_site {
    struct ph_place place; /* of the call */
    struct ph_place
        owner;          /* whom the memory is laid to, where `place` is an allocator's or helper's
                           function: the first other frame; not known = the place itself */
    double owner_share; /* of the site's living bytes with that owner, 0..1; NAN = not by stacks */
    enum ph_trace_kind kind;
    char *cache;           /* "kmalloc-4k", "filp"; NULL = none or unknown; owned */
    uint32_t object_bytes; /* what one object takes; 0 = differs */
    const char *origin;    /* who says so: "slub_debug", "page_owner", "kmemleak"; static; NULL =
                              tracing. What the others do not count is NAN. */
    /* scaled when estimated */
    double allocs, frees;  /* frees include implicit ones */
    double implicit_frees; /* an address was handed out again: its free was not seen */
    double objects, bytes, requested_bytes; /* living now */
    double objects_low, objects_high;       /* 95 % interval; equal to objects when exact */
    bool estimated;                         /* sampled: numbers are scaled */
    int64_t oldest_ns;                      /* age of the oldest living; -1 = none lives */
    struct ph_cohort *cohorts;              /* oldest first; owned */
    size_t cohort_count, cohort_capacity;
    struct ph_life life;
    struct ph_trace_stack *stacks; /* most living bytes first; owned */
    size_t stack_count, stack_capacity;
    struct ph_age age;
};
/* "function [module]": the name for tables and series, of the owner where there is one. */
void ph_trace_site_name(const struct ph_trace_site *site, struct ph_text *out);

/* Everything that keeps the numbers from being exact; none is ever silently left out. */
struct ph_trace_counts {
    uint64_t events;          /* seen in all */
    uint64_t untracked_frees; /* of objects older than the trace, filtered, or not sampled */
    uint64_t implicit_frees;
    uint64_t dropped;    /* allocations not tracked: the object map was full */
    uint64_t sites_full; /* allocations not tracked: the site map was full */
    uint64_t missed;     /* events lost to recursion */
    uint64_t stacks_lost;
    uint64_t given_up; /* objects no longer followed, because sampling became coarser */
};

struct ph_trace {
    struct ph_trace_site *sites; /* owned; order as read */
    size_t count, capacity;
    struct ph_trace_counts counts;
    uint32_t kinds;           /* mask of 1 << enum ph_trace_kind that are traced */
    int64_t begun_ns, now_ns; /* boottime */
    unsigned shift, shift_least,
        shift_most;   /* 1 of 2^shift addresses is followed: now, and over the run */
    double cpu_share; /* of the whole machine, spent in our programs; NAN = not measured yet */
    double events_per_second;       /* lately; NAN = not known yet */
    uint64_t objects, objects_most; /* in the object map, and its size */
    uint64_t map_bytes;             /* our own maps: they show up in vmalloc and per-CPU memory */
    struct ph_loss_list losses;     /* what cannot be traced here, and why */
};
/* Appends an empty site. Error: out of memory. */
struct ph_error *ph_trace_add(struct ph_trace *trace, struct ph_trace_site **site) PH_MUST_CHECK;
/* Takes the last site away again. */
void ph_trace_drop_last(struct ph_trace *trace);
struct ph_error *ph_trace_add_stack(struct ph_trace_site *site,
                                    struct ph_trace_stack **stack) PH_MUST_CHECK;
struct ph_error *ph_trace_add_cohort(struct ph_trace_site *site,
                                     struct ph_cohort **cohort) PH_MUST_CHECK;
struct ph_error *ph_trace_copy(struct ph_trace *to, const struct ph_trace *from) PH_MUST_CHECK;
void ph_trace_fini(struct ph_trace *trace);

#endif
