/* report_body.h - the sections of a report: what stands in it, in any language. */
#ifndef PH_RENDER_REPORT_BODY_H
#define PH_RENDER_REPORT_BODY_H

#include "render/report_document.h"
#include "render/report_words.h"

struct ph_body {
    struct ph_document doc;
    const struct ph_hunt_report *report;
    struct ph_answer answer;
    const struct ph_finding *about;      /* what the report is about; NULL = nothing grows */
    const struct ph_owner_report *owner; /* of it; NULL = not looked for */
    struct ph_text line;                 /* for one sentence at a time */
};

/* An empty line to write a sentence into. */
struct ph_text *ph_body_line(struct ph_body *body);
/* The line as a field, as a sentence; nothing when it is empty. */
void ph_body_field(struct ph_body *body, const char *label);
void ph_body_say(struct ph_body *body, enum ph_saying saying);

/* A part of the report; `wanted` tells whether there is anything to say. Errors: out of memory. */
struct ph_body_section {
    struct ph_doc_section head;
    bool (*wanted)(const struct ph_body *body);
    struct ph_error *(*write)(struct ph_body *body);
};

void ph_body_head(struct ph_body *body);
struct ph_error *ph_body_pools(struct ph_body *body) PH_MUST_CHECK;
struct ph_error *ph_body_tag(struct ph_body *body) PH_MUST_CHECK;
struct ph_error *ph_body_others(struct ph_body *body) PH_MUST_CHECK;
struct ph_error *ph_body_growing(struct ph_body *body) PH_MUST_CHECK;
struct ph_error *ph_body_cleared(struct ph_body *body) PH_MUST_CHECK;
struct ph_error *ph_body_owners(struct ph_body *body) PH_MUST_CHECK;
bool ph_body_has_sites(const struct ph_body *body);
struct ph_error *ph_body_sites(struct ph_body *body) PH_MUST_CHECK;
struct ph_error *ph_body_send(struct ph_body *body) PH_MUST_CHECK;
struct ph_error *ph_body_system(struct ph_body *body) PH_MUST_CHECK;
struct ph_error *ph_body_measured(struct ph_body *body) PH_MUST_CHECK;
struct ph_error *ph_body_verdicts(struct ph_body *body) PH_MUST_CHECK;

#endif
