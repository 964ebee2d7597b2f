/* judge.h - the streaming judge: samples in, findings out. Pure: no I/O, no clock, no OS.
 *
 * Method, parameters and measured error rates: docs/method.md.
 */
#ifndef PH_ANALYSIS_JUDGE_H
#define PH_ANALYSIS_JUDGE_H

#include "base/error.h"
#include "model/finding.h"
#include "model/sample.h"

struct ph_judge;

struct ph_judge_options {
    bool objects; /* judge live objects instead of bytes (for sources without bytes) */
};

struct ph_error *ph_judge_create(const struct ph_judge_options *options,
                                 struct ph_judge **judge) PH_MUST_CHECK;
void ph_judge_destroy(struct ph_judge *judge);
void ph_judge_destroyp(struct ph_judge **judge);

/* Feeds one sample. Cost is proportional to the tags that changed when sample->changed_known.
 * A new sample->segment forgets the boot before (findings of the old boot are kept aside and
 * reported until the new boot has something to say). Time that goes backwards within a segment is
 * taken from boottime_ns where known; otherwise the sample starts a gap. */
struct ph_error *ph_judge_add(struct ph_judge *judge, const struct ph_catalog *catalog,
                              const struct ph_sample *sample) PH_MUST_CHECK;

/* One finding per series seen, in rank order (most evidence first), co-growth groups numbered.
 * Calling it does not change the judge. Error: out of memory. */
struct ph_error *ph_judge_findings(const struct ph_judge *judge, const struct ph_catalog *catalog,
                                   struct ph_finding_list *findings) PH_MUST_CHECK;

/* Bytes of state held per series, for the benchmark. */
size_t ph_judge_state_bytes(void);

#endif
