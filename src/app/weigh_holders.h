/* weigh_holders.h - which of the processes that hold objects of a tag are to be named: the same
 * rules for descriptors on Linux and handles on Windows.
 *
 * A process is named when it holds half of what there is, and at least 1,000 objects; with a look
 * from before, when it grew by half of what the tag grew, and by 100. Processes of one program
 * count together, because the workers of a server leak alike.
 */
#ifndef PH_APP_WEIGH_HOLDERS_H
#define PH_APP_WEIGH_HOLDERS_H

#include "model/owner.h"

struct ph_weighed {
    uint32_t pid;
    const char *program; /* borrowed */
    double held, grew;   /* objects of the tag; grew NAN without a look from before */
    bool own;            /* poolhound itself: never named */
    bool kernel;         /* the kernel's own process: what drivers made, so never named */
    bool alike;          /* found by growing alike: not weighed, its evidence is there already */
    enum ph_evidence evidence;
    const void *process; /* the caller's */
    unsigned kind;       /* the caller's */
};

struct ph_weighing {
    bool compared;          /* there is a look from before */
    bool few_are_held;      /* most objects are nobody's: who holds the others is worth a place */
    double objects, growth; /* of the tag; NAN = unknown */
    double held, grew;      /* of all processes; grew without those that shrank */
    struct ph_weighed *items;
    size_t count, capacity;
};

/* Objects from which on a process may be named by its growth. */
#define PH_GREW_LEAST 100.0

/* Appends; those that are not `alike` add to the sums. Error: out of memory. */
struct ph_error *ph_weighing_add(struct ph_weighing *weighing,
                                 const struct ph_weighed *item) PH_MUST_CHECK;
/* Finds the evidence of each and puts those to be named first. Error: out of memory. */
struct ph_error *ph_weigh(struct ph_weighing *weighing) PH_MUST_CHECK;
void ph_weighing_fini(struct ph_weighing *weighing);
/* True when there is a look from before and processes grew since. */
bool ph_weighing_grows(const struct ph_weighing *weighing);
/* True for the few processes that are worth a place in the report. */
bool ph_weighing_shows(const struct ph_weighing *weighing, size_t at);
/* "holds 48,112 eventfds now, 512 more than at the first look". `holds` = "48,112 eventfds". */
void ph_weighed_words(const struct ph_weighed *item, const char *holds, struct ph_text *out);

#endif
