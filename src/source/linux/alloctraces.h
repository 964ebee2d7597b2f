/* alloctraces.h - slub_debug's alloc_traces: who allocated the living objects of a cache, exact
 * since boot. */
#ifndef PH_SOURCE_LINUX_ALLOCTRACES_H
#define PH_SOURCE_LINUX_ALLOCTRACES_H

#include <stdbool.h>

#include "base/bytes.h"

enum { PH_ALLOC_TRACE_FRAMES = 16 };

/* Slices point into the reader's data. */
struct ph_alloc_trace {
    uint64_t objects;       /* living now */
    struct ph_slice caller; /* "tick+0x10b/0x190"; never empty */
    struct ph_slice module; /* "leaky"; size 0 = the kernel itself */
    bool have_age;          /* ages are in jiffies: the text does not tell how long one is */
    uint64_t age_most_jiffies;
    struct ph_slice frames[PH_ALLOC_TRACE_FRAMES]; /* innermost first, with their " [module]" */
    size_t frame_count;                            /* deeper frames are left out */
};

/* The next record. False at the end. `*bad` is increased by the lines that are none of the format.
 */
bool ph_alloc_traces_next(struct ph_reader *reader, struct ph_alloc_trace *trace, uint64_t *bad);

#endif
