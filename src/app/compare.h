/* compare.h - two inputs side by side: what grew, by how much, how sure. */
#ifndef PH_APP_COMPARE_H
#define PH_APP_COMPARE_H

#include "app/session.h"

struct ph_compare_options {
    struct ph_input_options before, after; /* a NULL path is the live kernel */
    const struct ph_selection *selection;  /* patterns and pools; its sort and top are not used */
    void (*progress)(void *context, const struct ph_progress *progress);
    void *context;
};

struct ph_comparison {
    struct ph_session before, after;
    struct ph_catalog catalog; /* of both */
    struct ph_diff_row *rows;
    size_t row_count;
    struct ph_loss_list losses;
    bool rebooted, same_machine;
    double elapsed_s; /* NAN = unknown */
};

struct ph_error *ph_compare(const struct ph_compare_options *options,
                            struct ph_comparison *comparison) PH_MUST_CHECK;
struct ph_diff_report ph_comparison_report(const struct ph_comparison *comparison);
void ph_comparison_fini(struct ph_comparison *comparison);

#endif
