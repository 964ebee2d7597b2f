/* tracebook_parts.h - the state of the books; for tracebook*.c only. */
#ifndef PH_SOURCE_TRACEBOOK_PARTS_H
#define PH_SOURCE_TRACEBOOK_PARTS_H

#include "base/table.h"
#include "source/linux/trace/tracebook.h"

enum { PH_BOOK_SHIFT_MOST = 30 };

struct ph_book_epoch {
    int64_t from_ns, to_ns; /* to_ns = INT64_MAX: it goes on */
    unsigned shift;         /* with which its allocations were followed */
    unsigned alive_shift;   /* with which its living are followed now */
    size_t span;            /* cohort */
};

struct ph_book_span {
    int64_t from_ns, to_ns;
};

/* What one site allocated in one cohort; "past" are rows that were forgotten. Raw counts, but for
 * `born`, `alive` and `bytes`. */
struct ph_book_cell {
    double past_born;
    uint64_t past_seen, past_frees;
    double born, alive, bytes;
    uint64_t seen_born, seen_alive, frees;
    double alive_last; /* scaled */
    uint64_t seen_alive_last, frees_last;
};

/* One call site in one cache, by one way where stacks are taken. */
struct ph_book_site {
    ph_raw64 address, cache;
    ph_raw32 stack; /* + 1; 0 = none */
    ph_raw16 kind;
    struct ph_place place;
    bool placed;
    char *cache_name; /* NULL = not known (yet) */
    uint32_t object_bytes;
    double past_allocs, past_implicit;
    double allocs, implicit, objects, bytes, requested;
    double seen_alive[PH_BOOK_SHIFT_MOST + 1]; /* by alive_shift, of rows that were sampled */
    uint32_t shifts_used;                      /* mask of those */
    struct ph_book_cell *cells;                /* by cohort; missing ones are empty */
    size_t cell_count, cell_capacity;
    struct ph_life life;
};

struct ph_tracebook {
    struct ph_tracebook_names names;
    int64_t begun_ns, epoch_ns;
    int64_t now_ns, last_ns;      /* of this pass and the one before; last_ns -1 = there is none */
    struct ph_book_epoch *epochs; /* by number - 1 */
    size_t epoch_count, epoch_capacity;
    struct ph_book_span *spans; /* cohorts, oldest first */
    size_t span_count, span_capacity;
    unsigned stretch; /* doublings of the epochs' length, when the map fills up */
    struct ph_book_site *sites;
    size_t site_count, site_capacity;
    struct ph_table index;
    uint64_t living, given_up, past_given_up; /* raw */
};

/* Adds one site, with its names, to `trace`. */
struct ph_error *ph_book_fill(struct ph_tracebook *book, struct ph_book_site *site,
                              struct ph_trace *trace) PH_MUST_CHECK;

#endif
