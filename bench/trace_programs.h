/* trace_programs.h - the run time of BPF programs by the kernel's own clock: what other work on the
 * machine does blurs it less than it blurs CPU time.
 */
#ifndef BENCH_TRACE_PROGRAMS_H
#define BENCH_TRACE_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TRACE_PROGRAMS = 512 };

struct trace_programs {
    uint32_t ids[TRACE_PROGRAMS];
    size_t count;
};
/* Those that are loaded now, without those in `known` (NULL = none). */
void trace_programs_list(const struct trace_programs *known, struct trace_programs *found);
/* Nanoseconds for a run of any of them while `work` does its. NAN: cannot be told. */
double trace_programs_ns(const struct trace_programs *programs, bool (*work)(void));

#endif
