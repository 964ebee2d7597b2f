/* survey.h - what the scan of one driver has found so far: functions, their call sites, and what
 * functions of the driver's own do with their arguments. Internal to the scan.
 */
#ifndef PH_OWNER_SURVEY_H
#define PH_OWNER_SURVEY_H

#include "owner/tagscan/program.h"
#include "owner/tagscan/refs.h"

/* True for an argument of the function, or a field of a structure that one points to. */
static inline bool ph_is_formal(const struct ph_abs *value)
{
    return value->symbol == PH_SYMBOL_ARGUMENT || value->symbol == PH_SYMBOL_FIELD;
}

static inline bool ph_same_formal(const struct ph_abs *a, const struct ph_abs *b)
{
    return a->symbol == b->symbol && a->number == b->number && a->offset == b->offset;
}

/* A call of an allocating routine, or of a function of the driver's own that passes it on. The
 * values may be arguments of the function that holds the call: then its callers are the sites. */
struct ph_site {
    uint32_t rva;
    const struct ph_api *api;
    struct ph_abs tag, size, pool;
    uint8_t depth; /* functions of the driver's own between the call and the routine */
};

/* "Calls `api` with these arguments of mine", or, without a routine, "stores this argument of mine
 * in the global". */
struct ph_template {
    const struct ph_api *api;
    uint32_t global;
    uint32_t rva; /* of the call */
    struct ph_abs tag, size, pool;
    uint8_t depth;
};

enum { PH_TEMPLATES_MOST = 8, PH_DEPTH_MOST = 8 };

/* A place in a function where the search saw a call of something wanted. */
struct ph_hit {
    uint32_t rva;
    const struct ph_api *api; /* of a call; NULL: not certainly one, or of a wrapper */
    bool met;                 /* a path leads there */
};

/* A function that was, or has to be, looked at. */
struct ph_record {
    uint32_t entry;
    bool pending;          /* has to be looked at (again) */
    bool traced;           /* was looked at */
    bool gave_up;          /* too large to follow */
    bool called;           /* as a wrapper, by another function */
    struct ph_site *sites; /* owned */
    size_t site_count;
    struct ph_template *templates; /* owned; at most PH_TEMPLATES_MOST */
    size_t template_count;
    struct ph_hit *hits; /* owned; ascending by rva when it is looked at */
    size_t hit_count, hit_capacity;
};

/* A function that refers to something that was searched for. */
struct ph_edge {
    uint32_t target;
    uint32_t record;
};

struct ph_survey {
    struct ph_program program;
    struct ph_table record_numbers; /* entry -> number */
    struct ph_record *records;
    size_t record_count, record_capacity;
    struct ph_edge *edges;
    size_t edge_count, edge_capacity;
    struct ph_table searched; /* rva -> 1 */
    uint32_t *targets;        /* what to search for next */
    size_t target_count, target_capacity;
    uint32_t *changed; /* searched for already, but more is known now */
    size_t changed_count, changed_capacity;
    struct ph_hit *orphans; /* owned: calls in code that belongs to no function */
    size_t orphan_count, orphan_capacity;
    size_t site_count; /* of all records */
    bool too_many;     /* references, functions or sites: some are left out */
};

enum { PH_RECORDS_MOST = 1 << 17, PH_SITES_MOST = 1 << 18 };

void ph_survey_fini(struct ph_survey *survey);
/* The record of the function at `entry`; NULL when there is none. */
struct ph_record *ph_survey_record(const struct ph_survey *survey, uint32_t entry);
/* Makes it when there is none. NULL: too many. */
struct ph_error *ph_survey_note(struct ph_survey *survey, uint32_t entry,
                                struct ph_record **record) PH_MUST_CHECK;
/* Something that is called or read is now known, or known better: who refers to it is to be looked
 * at (again). */
struct ph_error *ph_survey_touch(struct ph_survey *survey, uint32_t rva) PH_MUST_CHECK;

/* Follows the code of a function; its sites and templates are new afterwards. */
struct ph_error *ph_trace(struct ph_survey *survey, uint32_t record) PH_MUST_CHECK;

#endif
