/* evidence_sites.h - records of the kernel's own debugging, put together by call site; for
 * kernel_evidence*.c only. */
#ifndef PH_APP_EVIDENCE_SITES_H
#define PH_APP_EVIDENCE_SITES_H

#include "base/bytes.h"
#include "base/table.h"
#include "model/trace.h"

/* One record: an allocation, or what a stack allocated. Slices are borrowed. */
struct ph_evidence_record {
    struct ph_slice caller, module; /* of the call; size 0 = by the stack */
    const struct ph_slice *frames;  /* innermost first; at most PH_STACK_FRAMES are kept */
    size_t frame_count;
    double objects, bytes; /* bytes NAN = unknown */
    int64_t oldest_ns;     /* age of the oldest; -1 = unknown */
};

/* Zeroed with `trace` and `origin` set: sites are appended to the trace. */
struct ph_evidence_sites {
    struct ph_trace *trace;
    const char *origin; /* static */
    enum ph_trace_kind kind;
    struct ph_table sites, stacks; /* by their texts */
    struct ph_evidence_stack {
        uint32_t site, stack;
    } * known; /* one a stack */
    size_t count, capacity;
    size_t rest; /* the site of what had no room, + 1; 0 = there is none */
};
/* Error: out of memory. */
struct ph_error *ph_evidence_sites_add(struct ph_evidence_sites *sites,
                                       const struct ph_evidence_record *record) PH_MUST_CHECK;
void ph_evidence_sites_fini(struct ph_evidence_sites *sites);

#endif
