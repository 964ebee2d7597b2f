/* tracerows.h - which sites of a trace are shown, and in which order. */
#ifndef PH_APP_TRACEROWS_H
#define PH_APP_TRACEROWS_H

#include "model/trace_report.h"

struct ph_trace_choice {
    /* patterns of ph_pattern_match() for caches; a site without one goes by its kind ("vmalloc") */
    const char *const *includes;
    size_t include_count;
    const char *const *excludes; /* win over includes */
    size_t exclude_count;
    enum ph_trace_column sort;
    bool reverse; /* smallest, youngest, last in the alphabet first */
};

struct ph_trace_rows {
    size_t *items; /* positions in trace->sites; owned */
    size_t count, capacity;
    size_t staying;
};

/* Replaces `rows`. Unknown values sort behind every known one in either direction; ties by bytes,
 * then by name. Error: out of memory. */
struct ph_error *ph_trace_rows(const struct ph_trace *trace, const struct ph_trace_choice *choice,
                               struct ph_trace_rows *rows) PH_MUST_CHECK;
void ph_trace_rows_fini(struct ph_trace_rows *rows);

#endif
