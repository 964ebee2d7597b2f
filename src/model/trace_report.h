/* trace_report.h - a trace as `poolhound trace` shows it: which sites, in which order. */
#ifndef PH_MODEL_TRACE_REPORT_H
#define PH_MODEL_TRACE_REPORT_H

#include "model/trace.h"

enum ph_trace_column {
    PH_TRACE_BY_SITE,
    PH_TRACE_BY_MODULE,
    PH_TRACE_BY_CACHE,
    PH_TRACE_BY_ALLOCS,
    PH_TRACE_BY_FREES,
    PH_TRACE_BY_DIFF,
    PH_TRACE_BY_BYTES,
    PH_TRACE_BY_PER_ALLOC,
    PH_TRACE_BY_OLDEST,
    PH_TRACE_BY_VERDICT,
    PH_TRACE_COLUMNS
};
const char *ph_trace_column_id(enum ph_trace_column column); /* "site", "per-alloc", ... */
bool ph_trace_column_from_id(const char *id, enum ph_trace_column *column);

/* Borrows everything. */
struct ph_trace_report {
    const struct ph_trace *trace;
    const size_t *rows; /* positions in trace->sites: filtered and sorted */
    size_t row_count;
    size_t staying; /* of these rows */
    size_t top;     /* rows to show; SIZE_MAX = all */
    enum ph_trace_column sort;
    bool reverse;
    double cpu_most;                   /* share of the machine; INFINITY = no limit */
    const struct ph_machine *machine;  /* NULL = not known */
    const struct ph_loss_list *losses; /* of the trace and of getting there; NULL allowed */
    const char *filters; /* "caches kmalloc-*; module leaky"; NULL = everything is traced */
    bool paused;         /* the table stands still while tracing goes on */
};

/* Whom a site is laid to: its owner where there is one, otherwise the place of the call. */
const struct ph_place *ph_trace_site_owner(const struct ph_trace_site *site);
/* "kmalloc-4k", or the kind where there is no cache: "vmalloc". */
const char *ph_trace_site_cache(const struct ph_trace_site *site);
/* True when a site's cache is one of these names: the tag, or one of `aliases` (NULL allowed);
 * kmalloc's families of one size count together. */
bool ph_trace_site_of(const struct ph_trace_site *site, struct ph_slice tag, const char *aliases);
/* Bytes of a living object; NAN when none lives. */
double ph_trace_site_per_alloc(const struct ph_trace_site *site);

#endif
