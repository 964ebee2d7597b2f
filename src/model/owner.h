/* owner.h - who owns a tag: candidates with their evidence, what is known of the tag, what to do
 * next.
 *
 * Strings are owned unless marked as borrowed; NULL = unknown.
 */
#ifndef PH_MODEL_OWNER_H
#define PH_MODEL_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/claim.h"
#include "model/identity.h"

/* What is known of an owner that is a process, not a driver. */
struct ph_process {
    uint32_t pid;  /* 0: the owner is a driver */
    char *command; /* "eventhog" */
    char *user;    /* "postgres", or "uid 1000" where it has no name */
    char *cgroup;  /* "/system.slice/x.service" */
    char *package; /* of its program: "postgresql-15 15.6-0" */
    double age_s;  /* NAN = unknown */
    double held;   /* objects that it holds */
    double grew;   /* by how much since the look before; NAN = there was none */
    char *holds;   /* "48,112 eventfds, 3 sockets" */
    bool own;      /* poolhound itself */
};

/* A driver (or module), or a process, that may own the tag. */
struct ph_owner {
    char *name; /* "windivert.sys", "nf_conntrack", "PID 812 (eventhog)" */
    char *path; /* NULL when no file was found; of a process its program */
    struct ph_process process;
    int loaded; /* 1 yes, 0 no, -1 unknown */
    uint16_t machine;
    uint32_t kinds;            /* enum ph_driver_kind */
    enum ph_evidence evidence; /* the strongest */
    bool counted; /* the kernel itself counts most of the objects at call sites of this driver */
    struct ph_claim *claims; /* strongest first; their routines are borrowed from the drivers */
    size_t claim_count, claim_capacity;
    char *reason; /* for evidence that no claim tells: "creates the cache", "pooltag.txt, line 7" */
    size_t copies;       /* other files with the same content */
    uint32_t unresolved; /* call sites of this driver whose tag was not found */
    bool identified;
    struct ph_identity identity; /* when identified */
    char *newer; /* another file of the same driver on this machine: its path and version */
};

/* What a tag list or the table of known tags says. */
struct ph_tag_meaning {
    enum ph_evidence kind; /* PH_EVIDENCE_LIST or PH_EVIDENCE_KNOWN */
    char *pattern;         /* as the list has it: "CM??" */
    char *component;       /* "nt!mm", "fltmgr.sys" */
    char *meaning;
    char *growth;   /* what its growth usually means; NULL in lists */
    char *check;    /* what to check next; NULL in lists */
    char *source;   /* "pooltag.txt, line 17", or a link */
    bool on_behalf; /* the kernel allocates it on behalf of others */
};

struct ph_leak_match {
    char *driver, *what, *fixed, *link;
    char *sureness; /* "this driver in this version", "this tag" */
    bool certain;   /* tag, driver and version fit */
};

struct ph_owner_report {
    char *tag;        /* as asked for */
    bool is_pool_tag; /* Windows: four bytes */
    uint8_t bytes[4];
    struct ph_owner *owners; /* strongest evidence first, loaded ones first among equals */
    size_t owner_count, owner_capacity;
    struct ph_tag_meaning *meanings;
    size_t meaning_count, meaning_capacity;
    struct ph_leak_match *leaks;
    size_t leak_count, leak_capacity;
    /* what was searched */
    size_t files, drivers; /* files looked at, drivers among them */
    size_t fresh;          /* of them scanned now, not taken from the index */
    uint64_t sites, resolved;
    size_t doubtful;    /* drivers with unresolved call sites: any tag may be theirs */
    bool weak_searched; /* data and text were searched too */
    bool this_machine;  /* Windows: what it has loaded was searched, and, where that does not
                           answer, its other drivers and its driver store */
    char *held;         /* "processes hold 48,112 of about 48,300 objects"; NULL = not looked at */
    char *blocks;       /* Windows: its blocks of a page and more, in words; NULL = none, unknown */
    char *lookaside; /* Windows: freed blocks that its lists keep, in words; NULL = none, unknown */
    char *cgroup;    /* whose kernel memory grew most, in words; NULL */
    char *next;      /* what to do next */
    char *paragraph; /* to send to the vendor; NULL when there is nobody to send it to */
    struct ph_loss_list losses;
    bool all; /* show every candidate */
};
void ph_owner_report_fini(struct ph_owner_report *report);
/* Appends an empty entry. Error: out of memory. */
struct ph_error *ph_owner_report_owner(struct ph_owner_report *report,
                                       struct ph_owner **owner) PH_MUST_CHECK;
struct ph_error *ph_owner_report_meaning(struct ph_owner_report *report,
                                         struct ph_tag_meaning **meaning) PH_MUST_CHECK;
struct ph_error *ph_owner_report_leak(struct ph_owner_report *report,
                                      struct ph_leak_match **leak) PH_MUST_CHECK;
/* True when a driver is named by its code, or a process by what it holds. */
bool ph_owner_is_named(const struct ph_owner_report *report);
/* How many of the owners are named, all of them at the front: the processes where the first is one,
 * and drivers otherwise. */
size_t ph_owner_named(const struct ph_owner_report *report);

/* --- scan: the drivers below some paths with their tags --- */
struct ph_scan_file {
    const char *path;    /* borrowed */
    struct ph_scan scan; /* owned; its routines are borrowed from the drivers */
};
struct ph_scan_report {
    struct ph_scan_file *files; /* drivers only, in order of paths; owned */
    size_t count, capacity;
    size_t looked_at, fresh;
    const struct ph_loss_list *losses;
    bool all; /* also list unresolved call sites */
};
void ph_scan_report_fini(struct ph_scan_report *report);

/* --- identify --- */
struct ph_identity_report {
    struct ph_identity *items; /* owned */
    size_t count, capacity;
    size_t looked_at;
    struct ph_loss_list losses;
    bool extended, hashes, chain; /* what to show */
    bool tabs;                    /* CSV with tabs */
};
void ph_identity_report_fini(struct ph_identity_report *report);

#endif
