/* bootwatch.h - sees from the counters of a log that the machine was booted between two readings.
 */
#ifndef PH_SOURCE_FILE_BOOTWATCH_H
#define PH_SOURCE_FILE_BOOTWATCH_H

#include "model/sample.h"

struct ph_bootwatch {
    uint64_t *allocs; /* of the reading before plus one, by series; 0 = it was not there */
    size_t capacity, count;
    int64_t page_faults; /* plus one; 0 = unknown */
    uint32_t segment;
};

/* Compares the sample (finished, in order of series) with the one before and sets its segment.
 * Counters only go up while a machine runs: when more tags fell than rose, it was booted; a 32-bit
 * counter that wrapped did not fall. Page faults since boot lend weight. */
struct ph_error *ph_bootwatch_see(struct ph_bootwatch *watch, const struct ph_catalog *catalog,
                                  struct ph_sample *sample) PH_MUST_CHECK;
void ph_bootwatch_fini(struct ph_bootwatch *watch);

#endif
