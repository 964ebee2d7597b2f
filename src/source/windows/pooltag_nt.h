/* pooltag_nt.h - allocations by pool tag, as the kernel counts them. Bytes in, rows out. */
#ifndef PH_SOURCE_WINDOWS_POOLTAG_NT_H
#define PH_SOURCE_WINDOWS_POOLTAG_NT_H

#include "base/error.h"
#include "source/windows/nt_fields.h"

/* What one pool has of a tag; counters in the layout's width, wrapping. */
struct ph_nt_tag_pool {
    uint64_t allocs, frees, bytes;
};

struct ph_nt_tag {
    char tag[4]; /* without the bit that protects it from being freed with another */
    struct ph_nt_tag_pool nonpaged, paged;
};

struct ph_nt_tag_layout; /* private */

/* Entries that lie one behind the other. */
struct ph_nt_tags {
    struct ph_nt_answer answer;
    const struct ph_nt_tag_layout *layout;
    unsigned counter_bits; /* 32 or 64: of allocs and frees */
    unsigned size_bits;    /* 32 or 64: of bytes */
    size_t first;          /* offset of the first entry */
    size_t count;          /* entries that are there */
    uint64_t missing;      /* entries that are claimed beyond the bytes */
    size_t left;           /* bytes behind the last entry */
};

/* The answer to class 22 (`second` false) or 255 (true). Error: too short to be one. */
struct ph_error *ph_nt_tags_open(const struct ph_nt_answer *answer, bool second,
                                 struct ph_nt_tags *tags) PH_MUST_CHECK;
/* `claimed` entries of class 22's kind from `first` on, as the session pools have them, in the part
 * of the answer before `end`. */
void ph_nt_tags_within(const struct ph_nt_answer *answer, size_t first, size_t end,
                       uint64_t claimed, struct ph_nt_tags *tags);
/* Bytes of an entry of class 22's kind. */
size_t ph_nt_tag_bytes(const struct ph_nt_answer *answer);
/* True when the bytes hold the entries that are claimed, and not one more. */
bool ph_nt_tags_fit(const struct ph_nt_tags *tags);
/* Entry `at`, which is below the count. */
void ph_nt_tags_at(const struct ph_nt_tags *tags, size_t at, struct ph_nt_tag *tag);
/* Live objects: the difference in the counters' width. */
int64_t ph_nt_tag_objects(const struct ph_nt_tag_pool *pool, unsigned counter_bits);
/* False when the numbers are below zero, as a kernel may have them that adds up what each processor
 * counts while others go on: no pool has that many bytes, no block less than one. */
bool ph_nt_tag_possible(const struct ph_nt_tags *tags, const struct ph_nt_tag_pool *pool);

#endif
