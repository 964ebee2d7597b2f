/* thin.h - retention: old samples become floors, old floors go.
 *
 * Works on whole groups (a full frame and its changes), one a call, in one small transaction: the
 * floors of a group appear in the moment its samples go.
 */
#ifndef PH_STORE_THIN_H
#define PH_STORE_THIN_H

#include "store/db.h"
#include "store/frame.h"
#include "store/recording.h"

struct ph_thinner {
    struct ph_recording_options keep;
    struct ph_frame_state frames;      /* of the floor written last */
    int64_t next_id, base;             /* of floors; base 0 = the next one is full */
    uint32_t segment;                  /* of the floor written last */
    int64_t oldest_base, oldest_floor; /* first group of samples and of floors; 0 = not looked up */
    struct ph_row oldest_end, oldest_floor_end; /* the last row of each */
    bool looked;                                /* for the oldest groups, in vain or not */
    sqlite3_stmt *insert, *group;
};

struct ph_error *ph_thinner_open(const struct ph_db *db, const struct ph_recording_options *keep,
                                 struct ph_thinner *thinner) PH_MUST_CHECK;
/* Thins the oldest group when all of it is old enough beside `newest`, the sample written last. */
struct ph_error *ph_thinner_step(const struct ph_db *db, struct ph_thinner *thinner,
                                 const struct ph_row *newest, uint32_t slot_limit) PH_MUST_CHECK;
void ph_thinner_fini(struct ph_thinner *thinner);

#endif
