/* holders.h - what processes hold in the kernel: descriptors by kind, watches, timers, threads,
 * and the slab caches in which those live.
 *
 * Parsers of /proc/PID/fd links, /proc/PID/{stat,timers,maps,mountinfo}, fdinfo, /proc/net,
 * /proc/locks, /proc/sysvipc/shm and of the memory controllers' files. Bytes in, numbers out; what
 * does not parse is left out.
 */
#ifndef PH_OWNER_HOLDERS_H
#define PH_OWNER_HOLDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"

enum ph_holding {
    PH_HOLD_FD, /* open descriptors of every kind, also those whose kind is not known */
    PH_HOLD_FILE,
    PH_HOLD_EVENTFD,
    PH_HOLD_TIMERFD,
    PH_HOLD_SIGNALFD,
    PH_HOLD_EPOLL,
    PH_HOLD_EPOLL_ITEM, /* from fdinfo */
    PH_HOLD_INOTIFY,
    PH_HOLD_INOTIFY_WATCH, /* from fdinfo */
    PH_HOLD_FANOTIFY,
    PH_HOLD_FANOTIFY_MARK, /* from fdinfo */
    PH_HOLD_BPF_MAP,
    PH_HOLD_BPF_PROG,
    PH_HOLD_BPF_LINK,
    PH_HOLD_PERF_EVENT,
    PH_HOLD_IO_URING,
    PH_HOLD_PIDFD,
    PH_HOLD_USERFAULTFD,
    PH_HOLD_MEMFD,
    PH_HOLD_DMA_BUF,
    PH_HOLD_PIPE_END,
    PH_HOLD_NAMESPACE_FD,
    PH_HOLD_OTHER_FD, /* anonymous inodes of other kinds */
    PH_HOLD_SOCKET,   /* of every family */
    PH_HOLD_UNIX,
    PH_HOLD_TCP,
    PH_HOLD_TCP6,
    PH_HOLD_UDP,
    PH_HOLD_UDP6,
    PH_HOLD_RAW,
    PH_HOLD_RAW6,
    PH_HOLD_PACKET,
    PH_HOLD_NETLINK,
    PH_HOLD_POSIX_TIMER,
    PH_HOLD_THREAD,
    PH_HOLD_CHILD,   /* living processes that this one is the parent of */
    PH_HOLD_ZOMBIE,  /* children that ended and were not waited for */
    PH_HOLD_MAPPING, /* memory areas; counted for a few processes only */
    PH_HOLD_LOCK,
    PH_HOLD_SHM,    /* System V segments that it created */
    PH_HOLD_NET_NS, /* network namespaces that it is the first process in */
    PH_HOLD_MOUNT,  /* mounts of mount namespaces that it is the first process in */
    PH_HOLD_COUNT
};
/* "eventfd" or "eventfds". */
const char *ph_holding_name(enum ph_holding kind, uint64_t count);
/* "eventfd", "unix_socket": never changes. */
const char *ph_holding_id(enum ph_holding kind);
/* True for kinds that are open descriptors of one sort, and so add up to PH_HOLD_FD. */
bool ph_holding_is_descriptor(enum ph_holding kind);

/* The kinds that live in a slab cache, as a mask of 1 << enum ph_holding; 0 = none is known to.
 * Objects of the cache = the sum of the kinds. */
uint64_t ph_holdings_of_cache(struct ph_slice cache);
/* A cache of sizes (kmalloc-64, kmalloc-cg-1k) or one that many kinds share (dentry): what is held
 * can only be compared by growth. */
bool ph_cache_is_generic(struct ph_slice cache);

/* --- parsers --- */

/* The kind of a link in /proc/PID/fd. `*inode` is set for sockets, 0 otherwise. */
enum ph_holding ph_descriptor_kind(struct ph_slice link, uint64_t *inode);
/* True when fdinfo of this kind lists items; `*item` is their kind. */
bool ph_descriptor_lists(enum ph_holding kind, enum ph_holding *item);
/* Lines of fdinfo of that kind which are items. */
uint64_t ph_fdinfo_items(struct ph_slice text, enum ph_holding item);
/* Timers in /proc/PID/timers. */
uint64_t ph_count_timers(struct ph_slice text);
uint64_t ph_count_lines(struct ph_slice text);

struct ph_process_stat {
    uint32_t pid, parent;
    char name[64]; /* as it is, bytes of any kind; cut when longer */
    char state;
    uint64_t threads;
    uint64_t start_ticks; /* after boot, 100 a second */
    uint64_t resident_pages;
};
/* /proc/PID/stat; false when it is not one. The name may hold blanks and parentheses. */
bool ph_process_stat_parse(struct ph_slice text, struct ph_process_stat *stat);
/* The effective user of /proc/PID/status; false when not there. */
bool ph_process_user(struct ph_slice status, uint32_t *user);
/* The name of a user in /etc/passwd; false when not there. */
bool ph_passwd_name(struct ph_slice passwd, uint32_t user, struct ph_slice *name);
/* The path in /proc/PID/cgroup: of version 2 where that is not the root, otherwise of the memory
 * controller; false when neither is there. Within `text`. */
bool ph_process_cgroup(struct ph_slice text, struct ph_slice *path);

/* Calls `visit` for each socket's inode of a file of /proc/net. */
struct ph_error *ph_net_inodes(enum ph_holding kind, struct ph_slice text,
                               struct ph_error *(*visit)(void *context, uint64_t inode),
                               void *context) PH_MUST_CHECK;
/* The files: "tcp", PH_HOLD_TCP, ... ended by NULL. */
struct ph_net_file {
    const char *name;
    enum ph_holding kind;
};
extern const struct ph_net_file ph_net_files[];

/* Takes the next line off `rest` with the pid of /proc/locks or /proc/sysvipc/shm. Lines without
 * one are passed over; false at the end. */
bool ph_next_lock(struct ph_slice *rest, uint32_t *pid);
bool ph_next_shm(struct ph_slice *rest, uint32_t *pid);

/* A cgroup's kernel memory in bytes. */
struct ph_cgroup_kernel {
    bool known;
    uint64_t kernel; /* all; version 2 from 5.18 on, or memory.kmem.usage_in_bytes. 0 = not told */
    uint64_t slab;   /* unreclaimable */
    uint64_t percpu, vmalloc, sock, page_tables, stacks;
};
/* memory.stat of version 2; version 1 has none of the fields. */
void ph_cgroup_stat(struct ph_slice text, struct ph_cgroup_kernel *kernel);
/* All of it where that is told, otherwise the sum of the parts. */
uint64_t ph_cgroup_total(const struct ph_cgroup_kernel *kernel);

#endif
