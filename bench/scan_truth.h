/* scan_truth.h - for bench_scan: which driver allocates with which tag, by the checked manifests of
 * tests/drivers, and how a list of answers compares with that. */
#ifndef SCAN_TRUTH_H
#define SCAN_TRUTH_H

#include "app/walk.h"
#include "base/error.h"

enum scan_machine { SCAN_X86, SCAN_X64, SCAN_ARM64, SCAN_MACHINES };
extern const char *const SCAN_MACHINE_NAMES[SCAN_MACHINES];

struct scan_pair {
    size_t file; /* of the walk */
    uint8_t tag[4];
};
struct scan_pairs {
    struct scan_pair *items; /* owned */
    size_t count, capacity;
};
struct scan_score {
    size_t truths, found, wrong;
};

struct ph_error *scan_pairs_add(struct scan_pairs *pairs, size_t file,
                                const uint8_t tag[4]) PH_MUST_CHECK;
/* Sorts, and leaves one of each. */
void scan_pairs_sort(struct scan_pairs *pairs);
bool scan_pairs_has(const struct scan_pairs *sorted, const struct scan_pair *pair);
void scan_pairs_fini(struct scan_pairs *pairs);

/* Reads a manifest: `truth` gets the pairs of strong evidence for the walk's files, sorted, and
 * `tags` every tag of the manifest once (its file is 0), whatever the evidence. */
struct ph_error *scan_truth_load(const char *manifest, const struct ph_walk *walk,
                                 struct scan_pairs *truth, struct scan_pairs *tags) PH_MUST_CHECK;

/* The folder above the file says for which processor it is. */
enum scan_machine scan_machine_of(const char *path);
/* Compares sorted pairs, for each processor. */
void scan_score(const struct ph_walk *walk, const struct scan_pairs *truth,
                const struct scan_pairs *answers, struct scan_score scores[SCAN_MACHINES]);

#endif
