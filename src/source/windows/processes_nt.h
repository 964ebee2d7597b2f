/* processes_nt.h - the running processes, as the kernel lists them. Bytes in, facts out. */
#ifndef PH_SOURCE_WINDOWS_PROCESSES_NT_H
#define PH_SOURCE_WINDOWS_PROCESSES_NT_H

#include "base/error.h"
#include "source/windows/nt_fields.h"

struct ph_nt_process {
    uint32_t pid; /* 0: the idle process, which is no object */
    uint32_t threads, handles;
    int64_t created;      /* 100 ns since 1601; with the pid, tells a process from a later one */
    struct ph_slice name; /* UTF-16 of the program's file, without folder; empty for some */
};

/* Takes the process at `*at` (0 for the first) and moves `*at` to the next; `*more` is false when
 * there is none: then `process` is not filled. Error: bytes that are no such list. */
struct ph_error *ph_nt_processes_next(const struct ph_nt_answer *answer, size_t *at, bool *more,
                                      struct ph_nt_process *process) PH_MUST_CHECK;

#endif
