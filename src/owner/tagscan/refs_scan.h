/* refs_scan.h - what the parts of the search for references share. Internal to refs*.c. */
#ifndef PH_OWNER_REFS_SCAN_H
#define PH_OWNER_REFS_SCAN_H

#include "owner/tagscan/refs.h"

struct ph_ref_target {
    uint32_t rva, index;
};

/* The targets, and a bit for every block of addresses that holds some of them. The bits answer for
 * nearly all addresses that are none; the blocks wrap around, so that a few kilobytes do. */
struct ph_ref_set {
    struct ph_ref_target *targets; /* owned; ascending, distinct */
    size_t count;
    uint32_t low, span; /* addresses from `low` to `low` + `span` are worth a look */
    uint64_t *blocks;   /* owned */
    uint32_t block_mask;
};

/* An instruction's displacement may be followed by an immediate of up to 4 bytes, so that what it
 * names lies up to so much behind the sum that the search makes. */
enum { PH_REF_REACH = 4, PH_REF_BLOCK_SHIFT = 4 };

struct ph_ref_scan {
    const struct ph_pe *pe;
    struct ph_ref_set set;
    struct ph_refs *refs;
};

/* May there be a target from `rva` to `rva` + PH_REF_REACH? */
static inline bool ph_ref_near(const struct ph_ref_set *set, uint32_t rva)
{
    uint32_t from = rva - set->low, block = from >> PH_REF_BLOCK_SHIFT & set->block_mask;

    return from <= set->span && set->blocks[block / 64] >> block % 64 & 1;
}

/* The first target at or behind `rva`; the set's count when there is none. */
size_t ph_ref_at(const struct ph_ref_set *set, uint32_t rva);
/* Adds a reference to the target at `position` of the set. Error: out of memory. */
struct ph_error *ph_ref_add(struct ph_ref_scan *scan, uint32_t from, size_t position,
                            enum ph_ref_kind kind) PH_MUST_CHECK;
/* The same when `rva` is a target. */
struct ph_error *ph_ref_check(struct ph_ref_scan *scan, uint32_t from, uint32_t rva,
                              enum ph_ref_kind kind) PH_MUST_CHECK;

/* A piece of code at `rva`, without data directories. */
struct ph_error *ph_ref_scan_x86(struct ph_ref_scan *scan, struct ph_slice code, uint32_t rva,
                                 bool absolute) PH_MUST_CHECK;
struct ph_error *ph_ref_scan_arm64(struct ph_ref_scan *scan, struct ph_slice code,
                                   uint32_t rva) PH_MUST_CHECK;
/* What an address in x86 or x64 code at `offset` is good for, by the bytes before it; how many of
 * them belong to its instruction. */
enum ph_ref_kind ph_ref_kind_x86(struct ph_slice code, size_t offset, size_t *before);

#endif
