/* event.h - things that happened while memory was watched: marks on a plot, not counts. */
#ifndef PH_MODEL_EVENT_H
#define PH_MODEL_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Stored in recordings by their ids: never change one, only append. */
enum ph_event_kind {
    PH_EVENT_START, /* watching began, or went on */
    PH_EVENT_BOOT,  /* the machine was started anew: counters began at 0 */
    PH_EVENT_CLOCK, /* the wall clock jumped */
    PH_EVENT_LOAD,  /* a driver or module was loaded */
    PH_EVENT_UNLOAD,
    PH_EVENT_DAMAGE, /* a part of the recording could not be read */
    PH_EVENT_OTHER,
    PH_EVENT_COUNT
};

/* "start", "boot", "clock", "load", "unload", "damage", "other"; unknown ids are OTHER. */
const char *ph_event_id(enum ph_event_kind kind);
enum ph_event_kind ph_event_from_id(const char *id);

struct ph_event {
    enum ph_event_kind kind;
    int64_t time_ns; /* as the time_kind of the samples around it */
    char *text;      /* one line: "nf_conntrack"; owned */
};

enum { PH_EVENTS_MOST = 1000 };

/* At most PH_EVENTS_MOST; what comes after is counted in `left_out`. */
struct ph_event_list {
    struct ph_event *items;
    size_t count, capacity;
    uint64_t left_out;
};

/* Appends an event; `text` is copied. Error: out of memory. */
struct ph_error *ph_event_add(struct ph_event_list *list, enum ph_event_kind kind, int64_t time_ns,
                              const char *text) PH_MUST_CHECK;
struct ph_error *ph_event_merge(struct ph_event_list *to,
                                const struct ph_event_list *from) PH_MUST_CHECK;
void ph_event_clear(struct ph_event_list *list); /* keeps the array */
void ph_event_fini(struct ph_event_list *list);

#endif
