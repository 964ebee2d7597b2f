/* windows_processes.h - one look at the objects of a Windows kernel and at the handles that its
 * processes have to them; two looks tell what grew, and who.
 *
 * Like processes.h for Linux: both fill the same owners.
 */
#ifndef PH_APP_WINDOWS_PROCESSES_H
#define PH_APP_WINDOWS_PROCESSES_H

#include "model/owner.h"
#include "source/windows/nt.h"
#include "source/windows/objects_nt.h"

struct ph_nt_holder {
    uint32_t pid;
    uint32_t threads;
    int64_t created; /* 100 ns since 1601; with the pid, tells a process from a later one */
    char *name;      /* "svchost.exe"; owned */
};

/* Handles of one process to objects of one type. */
struct ph_nt_held {
    uint32_t pid, type;
    uint64_t handles;
};

struct ph_nt_look {
    int64_t taken_ns;             /* boottime */
    int64_t now;                  /* 100 ns since 1601 */
    uint32_t own_pid;             /* of poolhound */
    struct ph_nt_types types;     /* empty when the kernel does not tell */
    struct ph_nt_holder *holders; /* by pid */
    size_t holder_count, holder_capacity;
    struct ph_nt_held *held; /* by pid, then type */
    size_t held_count, held_capacity;
    bool processes_known, handles_known;
    struct ph_loss_list losses;
};

/* Asks the kernel for types, processes and handles. What it does not tell is a loss. Error: out of
 * memory. */
struct ph_error *ph_nt_look_read(const struct ph_nt *nt, struct ph_nt_look **look) PH_MUST_CHECK;
void ph_nt_look_free(struct ph_nt_look *look); /* NULL is allowed */
void ph_nt_look_freep(struct ph_nt_look **look);
/* True when the tag is that of a type of objects. */
bool ph_nt_look_knows(const struct ph_nt_look *look, const uint8_t tag[4]);
/* Adds the processes that have handles to the objects of a tag to the report, those that grew most
 * first when there is a look from before (NULL: none); how many objects and handles there are, and
 * how many processes have ended and are still there. Nothing is added for other tags. Error: out
 * of memory. */
struct ph_error *ph_nt_look_owners(const uint8_t tag[4], const struct ph_nt_look *before,
                                   const struct ph_nt_look *after,
                                   struct ph_owner_report *report) PH_MUST_CHECK;

#endif
