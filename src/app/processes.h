/* processes.h - one look at what the processes of a system hold in the kernel, and at how much
 * kernel memory its control groups have; two looks tell who grew.
 *
 * A look is bounded: PH_LOOK_NS of time, PH_LOOK_LINKS descriptors. Processes with the most
 * descriptors come first; what was left out is a loss. Looking itself makes the kernel allocate
 * directory entries and inodes of /proc (dentry, proc_inode_cache).
 */
#ifndef PH_APP_PROCESSES_H
#define PH_APP_PROCESSES_H

#include "base/os.h"
#include "model/owner.h"
#include "owner/linux/holders.h"

enum {
    PH_LOOK_LINKS = 200000,
    PH_LOOK_INFOS = 20000, /* files of fdinfo */
    PH_LOOK_PROCESSES = 100000,
    PH_LOOK_SPACES = 64, /* namespaces whose sockets and mounts are read */
    PH_LOOK_MAPS = 5,    /* processes whose mappings are counted: those with the most memory */
    PH_LOOK_CGROUPS = 5000
};
#define PH_LOOK_NS (2 * PH_SECOND)

struct ph_holder {
    uint32_t pid, parent;
    uint64_t start_ticks; /* with the pid, tells a process from a later one of the same number */
    uint64_t resident_pages;
    char name[64];
    bool ended;   /* a zombie */
    bool partial; /* some descriptors' kinds are not known */
    uint64_t counts[PH_HOLD_COUNT];
};

struct ph_cgroup_look {
    char *path; /* "/system.slice/x.service"; owned */
    uint64_t bytes;
    uint64_t slab; /* of them unreclaimable slab; 0 where not told */
};

struct ph_cache_look {
    char *name; /* owned */
    uint64_t objects;
};

struct ph_holdings {
    char *root;              /* "" = live; owned */
    uint32_t own_pid;        /* of poolhound; 0 = a saved tree */
    int64_t taken_ns;        /* boottime of the live system */
    uint64_t boot_ticks;     /* uptime then, 100 a second; 0 = unknown */
    struct ph_holder *items; /* by pid */
    size_t count, capacity;
    struct ph_cgroup_look *cgroups; /* by path */
    size_t cgroup_count, cgroup_capacity;
    struct ph_cache_look *caches; /* as /proc/slabinfo has them */
    size_t cache_count, cache_capacity;
    struct ph_loss_list losses;
};

/* Looks at a live system (`root` NULL) or a saved tree. A system without /proc gives an empty look.
 * What is closed or left out is a loss. Error: out of memory. */
struct ph_error *ph_holdings_read(const char *root, struct ph_holdings **holdings) PH_MUST_CHECK;
void ph_holdings_free(struct ph_holdings *holdings); /* NULL is allowed */
void ph_holdings_freep(struct ph_holdings **holdings);
const struct ph_holder *ph_holdings_of(const struct ph_holdings *holdings, uint32_t pid,
                                       uint64_t start_ticks);

/* Adds the processes that hold the objects of a cache to the report, those that grew most first
 * when there is a look from before (NULL: none), how much of the cache that explains, and the
 * control group whose kernel memory grew most. Nothing is added for caches in which processes hold
 * nothing. `aliases` are other names of the cache, or NULL. Error: out of memory. */
struct ph_error *ph_holdings_owners(struct ph_slice cache, const char *aliases,
                                    const struct ph_holdings *before,
                                    const struct ph_holdings *after,
                                    struct ph_owner_report *report) PH_MUST_CHECK;

#endif
