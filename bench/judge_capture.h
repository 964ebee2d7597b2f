/* judge_capture.h - real slab captures (see leak_capture.c), judged beside the baselines. */
#ifndef BENCH_JUDGE_CAPTURE_H
#define BENCH_JUDGE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CAPTURE_CACHES = 512 };

struct capture_cache {
    char name[64];
    int64_t object_bytes;
    bool reclaimable;
    bool leaks; /* by the label file */
};

struct capture {
    struct capture_cache caches[CAPTURE_CACHES];
    size_t cache_count;
    int64_t *objects; /* [second * CAPTURE_CACHES + cache] */
    size_t seconds;
};

/* Reads a capture, and marks the caches of `labels` (NULL = none leaks). False with a message on
 * stderr when a file cannot be read. */
bool capture_load(struct capture *capture, const char *path, const char *labels);
void capture_fini(struct capture *capture);

/* Prints the tables: the whole captures with a scaled clock, and slices as short hunts. */
bool capture_tables(const char *folder);

#endif
