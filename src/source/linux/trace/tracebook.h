/* tracebook.h - the books of a tracer: rows of its site map in, sites with their cohorts out. Pure.
 *
 * Rows count by epoch, so that a free is credited to the time of its allocation. Epochs grow longer
 * the longer tracing goes on, and old ones are merged into cohorts, so that neither the map nor the
 * books grow without end. Where only 1 of 2^shift addresses is followed, numbers are scaled.
 */
#ifndef PH_SOURCE_TRACEBOOK_H
#define PH_SOURCE_TRACEBOOK_H

#include "model/trace.h"
#include "source/linux/trace/trace_raw.h"

/* Who knows the names behind the numbers. */
struct ph_tracebook_names {
    void *context;
    struct ph_error *(*place)(void *context, uint64_t address, struct ph_place *place);
    bool (*cache)(void *context, ph_raw64 cache, struct ph_raw_cache *found);
    size_t (*stack)(void *context, ph_raw32 stack, ph_raw64 frames[PH_RAW_FRAMES]);
};

struct ph_tracebook;
/* The first epoch, number 1, begins at `now_ns` (boottime). `epoch_ns`: length of the first ones.
 */
struct ph_error *ph_tracebook_create(int64_t now_ns, int64_t epoch_ns, unsigned shift,
                                     const struct ph_tracebook_names *names,
                                     struct ph_tracebook **book) PH_MUST_CHECK;
void ph_tracebook_destroy(struct ph_tracebook *book); /* NULL is allowed */

/* Ends the epoch when its time is over, or when `shift` is another than before; gives the number of
 * the epoch that counts from now on. `crowded`: the site map fills up, make epochs longer. */
struct ph_error *ph_tracebook_tick(struct ph_tracebook *book, int64_t now_ns, unsigned shift,
                                   bool crowded, ph_raw32 *epoch) PH_MUST_CHECK;
/* Objects that 1 of 2^shift does not follow were taken out of the object map. */
void ph_tracebook_coarsened(struct ph_tracebook *book, unsigned shift);
/* Names may have changed: modules came or went. */
void ph_tracebook_rename(struct ph_tracebook *book);

/* One pass over the site map: begin, each row once, finish. `*forget`: the row's epoch is over and
 * nothing of it lives; the books keep its sums, it may be removed from the map. */
void ph_tracebook_begin(struct ph_tracebook *book, int64_t now_ns);
struct ph_error *ph_tracebook_row(struct ph_tracebook *book, const struct ph_raw_site_key *key,
                                  const struct ph_raw_site *raw, bool *forget) PH_MUST_CHECK;
/* Appends the sites to `trace`, and sets its now_ns and begun_ns. */
struct ph_error *ph_tracebook_finish(struct ph_tracebook *book,
                                     struct ph_trace *trace) PH_MUST_CHECK;

/* Objects in the object map by the last pass, and those that were taken out of it. */
uint64_t ph_tracebook_living(const struct ph_tracebook *book);
uint64_t ph_tracebook_given_up(const struct ph_tracebook *book);

/* The 95 % interval of what `seen` stands for when 1 of 2^shift was followed. */
void ph_sampled_interval(double seen, unsigned shift, double *low, double *high);

#endif
