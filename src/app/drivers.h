/* drivers.h - the drivers below some paths and the tags they allocate with; scanned once, then
 * known. */
#ifndef PH_APP_DRIVERS_H
#define PH_APP_DRIVERS_H

#include "app/loaded_drivers.h"
#include "app/walk.h"
#include "base/error.h"
#include "model/claim.h"
#include "store/scanindex.h"

struct ph_drivers_options {
    const char *const *paths;
    size_t path_count;
    const char *index; /* path of the index; NULL: in memory only */
    /* What the kernel of this system has loaded, which must outlive the drivers: services of files
     * are called as there. NULL: what is loaded is not known. */
    const struct ph_loaded_drivers *loaded;
    bool leave_loaded; /* files that are there are left out: they are among other drivers */
    /* Called after every file that had to be read, from one thread at a time. */
    void (*progress)(void *context, size_t done, size_t of, const char *path);
    void *context;
};

struct ph_drivers {
    struct ph_walk walk;
    char *here;     /* the current directory: the index knows absolute paths */
    int64_t *scans; /* for each file of `walk`: its scan, 0 = no driver, -1 = not read */
    struct ph_index *index;
    struct ph_index *failed; /* one that could not be used any more; claims borrow from it */
    bool in_memory;          /* `index` is not that of the options */
    size_t fresh;            /* files that were read now */
    const struct ph_loaded_drivers *loaded; /* as in the options */
    struct ph_loss_list losses;             /* of the walk and of files that cannot be read */
    void (*progress)(void *context, size_t done, size_t of, const char *path);
    void *context;
};

/* Walks the paths and scans what the index does not know yet, on all processors. An index that
 * cannot be used, or fails on the way, is a loss, not an error: the work goes on without one. */
struct ph_error *ph_drivers_open(const struct ph_drivers_options *options,
                                 struct ph_drivers *drivers) PH_MUST_CHECK;
/* The weak search for one tag in every driver; remembered in the index. */
struct ph_error *ph_drivers_search_raw(struct ph_drivers *drivers,
                                       const uint8_t tag[4]) PH_MUST_CHECK;
void ph_drivers_close(struct ph_drivers *drivers);

/* Files larger than this are no drivers. */
enum { PH_DRIVER_MOST = 512 << 20 };

#endif
