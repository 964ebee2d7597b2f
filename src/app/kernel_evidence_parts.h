/* kernel_evidence_parts.h - one question to the kernel's own debugging; for kernel_evidence*.c
 * only. */
#ifndef PH_APP_KERNEL_EVIDENCE_PARTS_H
#define PH_APP_KERNEL_EVIDENCE_PARTS_H

#include "base/text.h"
#include "model/sample.h"
#include "model/trace.h"

enum { PH_EVIDENCE_LIST_MOST = 64 << 20 };

struct ph_evidence_question {
    const char *root, *release; /* "" = the live system, unknown */
    const struct ph_series *series;
    enum ph_trace_kind kind;
    uint32_t slab_bytes; /* 0 = unknown */
    bool hz_read;
    uint64_t hz; /* jiffies a second; 0 = unknown */
    struct ph_loss_list *losses;
};

/* Reads a file below the root. That there is none, or that this user may not read it, is no loss;
 * other errors are. Error: out of memory. */
struct ph_error *ph_evidence_read(const struct ph_evidence_question *question, const char *path,
                                  size_t most, struct ph_text *text, bool *there) PH_MUST_CHECK;
/* page_owner's part of ph_kernel_evidence(). */
struct ph_error *ph_evidence_pages(const struct ph_evidence_question *question,
                                   struct ph_trace *found) PH_MUST_CHECK;

#endif
