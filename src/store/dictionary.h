/* dictionary.h - the numbers that series and losses have in a recording's file. */
#ifndef PH_STORE_DICTIONARY_H
#define PH_STORE_DICTIONARY_H

#include "model/sample.h"
#include "store/db.h"
#include "store/frame.h"

#define PH_SLOT_NONE UINT32_MAX

/* The writer's: from the catalog's numbers to the file's. */
struct ph_dictionary {
    uint32_t *slots; /* by number in the catalog; PH_SLOT_NONE = not in the file */
    size_t slots_count, slots_capacity;
    uint64_t *marks; /* by slot: a sum over what may change of a series, as stored */
    size_t series_count, marks_capacity;
    struct ph_table loss_index;
    uint32_t loss_count;
    bool losses_loaded;
    sqlite3_stmt *insert_series, *update_series, *insert_loss;
};

/* Interns the file's series into `catalog`. */
struct ph_error *ph_dictionary_open(const struct ph_db *db, struct ph_catalog *catalog,
                                    struct ph_dictionary *dictionary) PH_MUST_CHECK;
/* The slot of a series; stored when it is new, or when its sizes, flags or aliases changed. */
struct ph_error *ph_dictionary_slot(const struct ph_db *db, struct ph_dictionary *dictionary,
                                    const struct ph_catalog *catalog, uint32_t number,
                                    uint32_t *slot) PH_MUST_CHECK;
/* The numbers of a sample's losses; replaces those in `head`. */
struct ph_error *ph_dictionary_losses(const struct ph_db *db, struct ph_dictionary *dictionary,
                                      const struct ph_loss_list *losses,
                                      struct ph_frame_head *head) PH_MUST_CHECK;
/* After a rollback: forgets what came after `series_count` series. */
void ph_dictionary_rollback(struct ph_dictionary *dictionary, size_t series_count);
void ph_dictionary_fini(struct ph_dictionary *dictionary);

/* The reader's: rows of `series` from *count on; gives the catalog's number for each slot. */
struct ph_error *ph_dictionary_read(const struct ph_db *db, struct ph_catalog *catalog,
                                    uint32_t **numbers, size_t *count,
                                    size_t *capacity) PH_MUST_CHECK;

#endif
