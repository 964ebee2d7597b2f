/* input.h - anything that yields samples: the live kernel, a saved tree, a log, or a recording.
 *
 * The one place that knows that recordings come from store/ and everything else from source/.
 */
#ifndef PH_APP_INPUT_H
#define PH_APP_INPUT_H

#include "base/error.h"
#include "model/sample.h"

struct ph_input_options {
    const char *path;   /* file or directory; NULL = the live kernel */
    int64_t spacing_ns; /* between snapshots without time stamps; 0 = not given */
    bool no_sites;      /* skip the allocation sites (allocinfo, vmallocinfo) */
};

struct ph_input;

/* Opens an input by its content. Errors name the path. */
struct ph_error *ph_input_open(const struct ph_input_options *options,
                               struct ph_input **input) PH_MUST_CHECK;
bool ph_input_is_live(const struct ph_input *input);
bool ph_input_is_recording(const struct ph_input *input);
/* "live kernel" or the path; lives as long as the input. */
const char *ph_input_name(const struct ph_input *input);
/* How many samples there are, for progress; 0 = not known. */
uint64_t ph_input_count(const struct ph_input *input);
void ph_input_machine(struct ph_input *input, struct ph_machine *machine);
/* See ph_source_ops.read. */
struct ph_error *ph_input_read(struct ph_input *input, struct ph_catalog *catalog,
                               struct ph_sample *sample, bool *end) PH_MUST_CHECK;
/* Raises the counts in `losses` to what was left out in all, once `*end` was set: no sample can
 * carry what was left out after the last one. */
struct ph_error *ph_input_losses(struct ph_input *input, struct ph_loss_list *losses) PH_MUST_CHECK;
void ph_input_close(struct ph_input *input);
void ph_input_closep(struct ph_input **input);

#endif
