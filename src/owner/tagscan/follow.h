/* follow.h - the state of following one function. Internal to follow*.c. */
#ifndef PH_OWNER_FOLLOW_H
#define PH_OWNER_FOLLOW_H

#include "owner/tagscan/survey.h"

enum { PH_NAMES_MOST = 16 };

/* RtlInitUnicodeString was called: the string structure at `where` names `text`. */
struct ph_named {
    uint64_t site;
    struct ph_abs where;
    uint64_t text;
};

struct ph_follow {
    struct ph_survey *survey;
    struct ph_program *program; /* the survey's */
    uint32_t number;            /* of the record; records may move */
    struct ph_named names[PH_NAMES_MOST];
    size_t name_count;
    struct ph_site *sites; /* owned */
    size_t site_count, site_capacity;
    struct ph_template templates[PH_TEMPLATES_MOST];
    size_t template_count;
    struct ph_error *error; /* met where none can be returned */
};

static inline struct ph_record *ph_follow_record(const struct ph_follow *trace)
{
    return &trace->survey->records[trace->number];
}

/* What a call leads to. */
struct ph_destination {
    bool is_routine, is_function;
    uint32_t number; /* of the routine, see program.h */
    uint32_t rva;    /* of the function */
};

struct ph_error *ph_follow_resolve(struct ph_follow *trace, struct ph_flow *flow,
                                   const struct ph_abs *target,
                                   struct ph_destination *to) PH_MUST_CHECK;

/* RtlInitUnicodeString is called. */
void ph_follow_name(struct ph_follow *trace, struct ph_flow *flow, uint64_t site);
/* A routine is looked up by name, `wide`: by a UNICODE_STRING. NULL: one of no interest. */
const struct ph_api *ph_follow_find(struct ph_follow *trace, struct ph_flow *flow, uint64_t site,
                                    bool wide);

/* Hand the results to the record. Errors: out of memory. */
struct ph_error *ph_publish_sites(struct ph_follow *trace) PH_MUST_CHECK;
struct ph_error *ph_publish_templates(struct ph_follow *trace) PH_MUST_CHECK;

#endif
