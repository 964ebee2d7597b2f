/* age_watch.h - this kernel under the tracer and under its counters, judged at several times. */
#ifndef BENCH_AGE_WATCH_H
#define BENCH_AGE_WATCH_H

#include <stdbool.h>
#include <stddef.h>

enum { MARKS_MAX = 4, NAME_BYTES = 96, SITES_MAX = 4096, TAGS_MAX = 512 };

/* What is known of a call site in a cache at each mark. */
struct watched_site {
    char name[NAME_BYTES]; /* "function cache" */
    char cache[40];
    bool reclaimable; /* its cache is, or it is a companion of such objects */
    unsigned char verdict[MARKS_MAX];
    double first_staying_s; /* when it was first called STAYING; NAN = never */
    double rate[MARKS_MAX], rate_low[MARKS_MAX], rate_high[MARKS_MAX];
    double objects[MARKS_MAX], implicit[MARKS_MAX], half_life_s[MARKS_MAX];
};

/* A cache at each mark: what the floors say, and whether the age of its sites raised it. */
struct watched_tag {
    char name[40];
    bool reclaimable;
    bool growing[MARKS_MAX], raised[MARKS_MAX];
    double share[MARKS_MAX];
};

struct watched {
    double marks_s[MARKS_MAX];
    size_t mark_count;
    struct watched_site *sites;
    size_t site_count;
    struct watched_tag *tags;
    size_t tag_count;
    unsigned shift_most;
    double cpu_share, events_per_second;
};

struct watch_options {
    double marks_s[MARKS_MAX];
    size_t mark_count;
    double cpu_most; /* 0 = the default limit, INFINITY = none */
};

/* Ends the program with a message when the kernel cannot be traced: 77 where it may not. */
void watch_run(const struct watch_options *options, struct watched *watched);
void watched_free(struct watched *watched);

/* The sites at which a burst of `count` of something leaves that many objects alive, and how many
 * for each: by experiment, not by opinion. Calls `found` for each. */
void watch_burst(void (*burst)(void *context),
                 void (*found)(void *context, const char *site, const char *cache, unsigned each),
                 void *context, unsigned count);

#endif
