/* trace_load.h - work that allocates in the kernel: three loops, and four things people do. */
#ifndef BENCH_TRACE_LOAD_H
#define BENCH_TRACE_LOAD_H

#include <stdbool.h>
#include <stddef.h>

enum { TRACE_LOADS = 7, TRACE_LOOPS = 3 }; /* the loops come first */

struct trace_load {
    const char *name, *what;
    unsigned operations; /* what a number is for: 1 = the whole of it */
    void (*work)(unsigned operations);
};
extern const struct trace_load trace_loads[TRACE_LOADS];

/* A folder for their files. False: there is none; says why. */
bool trace_load_prepare(void);
void trace_load_clean(void);

/* Does it once in a process of its own: its user + system time, its children's, too. False: it
 * failed. */
bool trace_load_run(const struct trace_load *load, double *cpu_s);
/* The same, and counts the four kmem events within it. False: cannot be counted here. */
bool trace_load_events(const struct trace_load *load, double *events);

#endif
