/* Formats (the kernel's Documentation/filesystems/proc.rst, proc(5), and captures):
 *
 *   /proc/PID/fd/N         -> anon_inode:[eventfd], anon_inode:inotify, socket:[12345], pipe:[12],
 *                             /memfd:name (deleted), /dmabuf:name, net:[4026531840], /usr/bin/x
 *   /proc/PID/fdinfo/N     epoll:   "tfd:        5 events: ..." a line an item
 *                          inotify: "inotify wd:1 ino:..." a line a watch
 *                          fanotify: "fanotify ino:...", "fanotify mnt_id:..." and "fanotify
 *                          sdev:..." are marks; "fanotify flags:..." is the group
 *   /proc/PID/timers       "ID: 0" begins a timer
 *   /proc/PID/stat         pid (name) state ppid ... fields 20 threads, 22 start, 24 resident
 *   /proc/net/tcp, udp,    the inode is the 10th field; unix the 7th; netlink the 10th; packet the
 *   raw, ...               9th; the first line is a head
 *   /proc/locks            "1: POSIX  ADVISORY  WRITE 812 08:01:123 0 EOF"; one that waits has "->"
 *                          after the number
 *   /proc/sysvipc/shm      key shmid perms size cpid ...
 *   memory.stat            "slab_unreclaimable 412345", a name and bytes a line
 */
#include "owner/linux/holders.h"

#include <string.h>

/* ------------------------------------------------------------------ names */

static const struct {
    const char *id, *one, *many;
    bool descriptor;
} KINDS[PH_HOLD_COUNT] = {
    [PH_HOLD_FD] = {"descriptor", "descriptor", "descriptors", false},
    [PH_HOLD_FILE] = {"file", "open file", "open files", true},
    [PH_HOLD_EVENTFD] = {"eventfd", "eventfd", "eventfds", true},
    [PH_HOLD_TIMERFD] = {"timerfd", "timerfd", "timerfds", true},
    [PH_HOLD_SIGNALFD] = {"signalfd", "signalfd", "signalfds", true},
    [PH_HOLD_EPOLL] = {"epoll", "epoll descriptor", "epoll descriptors", true},
    [PH_HOLD_EPOLL_ITEM] = {"epoll_item", "epoll item", "epoll items", false},
    [PH_HOLD_INOTIFY] = {"inotify", "inotify descriptor", "inotify descriptors", true},
    [PH_HOLD_INOTIFY_WATCH] = {"inotify_watch", "inotify watch", "inotify watches", false},
    [PH_HOLD_FANOTIFY] = {"fanotify", "fanotify descriptor", "fanotify descriptors", true},
    [PH_HOLD_FANOTIFY_MARK] = {"fanotify_mark", "fanotify mark", "fanotify marks", false},
    [PH_HOLD_BPF_MAP] = {"bpf_map", "BPF map", "BPF maps", true},
    [PH_HOLD_BPF_PROG] = {"bpf_program", "BPF program", "BPF programs", true},
    [PH_HOLD_BPF_LINK] = {"bpf_link", "BPF link", "BPF links", true},
    [PH_HOLD_PERF_EVENT] = {"perf_event", "perf event", "perf events", true},
    [PH_HOLD_IO_URING] = {"io_uring", "io_uring", "io_urings", true},
    [PH_HOLD_PIDFD] = {"pidfd", "pidfd", "pidfds", true},
    [PH_HOLD_USERFAULTFD] = {"userfaultfd", "userfaultfd", "userfaultfds", true},
    [PH_HOLD_MEMFD] = {"memfd", "memfd", "memfds", true},
    [PH_HOLD_DMA_BUF] = {"dma_buf", "DMA buffer", "DMA buffers", true},
    [PH_HOLD_PIPE_END] = {"pipe_end", "end of a pipe", "ends of pipes", true},
    [PH_HOLD_NAMESPACE_FD] = {"namespace", "namespace descriptor", "namespace descriptors", true},
    [PH_HOLD_OTHER_FD] = {"other", "other descriptor", "other descriptors", true},
    [PH_HOLD_SOCKET] = {"socket", "socket", "sockets", true},
    [PH_HOLD_UNIX] = {"unix_socket", "UNIX socket", "UNIX sockets", false},
    [PH_HOLD_TCP] = {"tcp_socket", "TCP socket", "TCP sockets", false},
    [PH_HOLD_TCP6] = {"tcp6_socket", "TCPv6 socket", "TCPv6 sockets", false},
    [PH_HOLD_UDP] = {"udp_socket", "UDP socket", "UDP sockets", false},
    [PH_HOLD_UDP6] = {"udp6_socket", "UDPv6 socket", "UDPv6 sockets", false},
    [PH_HOLD_RAW] = {"raw_socket", "raw socket", "raw sockets", false},
    [PH_HOLD_RAW6] = {"raw6_socket", "raw IPv6 socket", "raw IPv6 sockets", false},
    [PH_HOLD_PACKET] = {"packet_socket", "packet socket", "packet sockets", false},
    [PH_HOLD_NETLINK] = {"netlink_socket", "netlink socket", "netlink sockets", false},
    [PH_HOLD_POSIX_TIMER] = {"posix_timer", "POSIX timer", "POSIX timers", false},
    [PH_HOLD_THREAD] = {"thread", "thread", "threads", false},
    [PH_HOLD_CHILD] = {"child", "child process", "child processes", false},
    [PH_HOLD_ZOMBIE] = {"zombie", "child that ended and was not waited for",
                        "children that ended and were not waited for", false},
    [PH_HOLD_MAPPING] = {"mapping", "memory mapping", "memory mappings", false},
    [PH_HOLD_LOCK] = {"file_lock", "file lock", "file locks", false},
    [PH_HOLD_SHM] = {"shm", "System V segment", "System V segments", false},
    [PH_HOLD_NET_NS] = {"network_namespace", "network namespace", "network namespaces", false},
    [PH_HOLD_MOUNT] = {"mount", "mount", "mounts", false},
};

const char *ph_holding_name(enum ph_holding kind, uint64_t count)
{
    return kind >= PH_HOLD_COUNT ? "?" : count == 1 ? KINDS[kind].one : KINDS[kind].many;
}

const char *ph_holding_id(enum ph_holding kind)
{
    return kind >= PH_HOLD_COUNT ? "unknown" : KINDS[kind].id;
}

bool ph_holding_is_descriptor(enum ph_holding kind)
{
    return kind < PH_HOLD_COUNT && KINDS[kind].descriptor;
}

/* ------------------------------------------------------------------ caches */

#define BIT(kind) (UINT64_C(1) << PH_HOLD_##kind)

uint64_t ph_holdings_of_cache(struct ph_slice cache)
{
    /* Names of the kernel's own kmem_cache_create() calls and of struct proto. Processes that are
     * held: by their parent; one has one task a thread, and one signal_struct in all. */
    static const struct {
        const char *cache;
        uint64_t kinds;
    } CACHES[] = {
        {"filp", BIT(FD)},
        {"lsm_file_cache", BIT(FD)}, /* one beside each filp */
        {"files_cache", BIT(CHILD)},
        {"fs_cache", BIT(CHILD)},
        {"mm_struct", BIT(CHILD)},
        {"signal_cache", BIT(CHILD) | BIT(ZOMBIE)},
        {"sighand_cache", BIT(CHILD) | BIT(ZOMBIE)},
        {"task_struct", BIT(THREAD) | BIT(CHILD) | BIT(ZOMBIE)},
        {"pid", BIT(THREAD) | BIT(CHILD) | BIT(ZOMBIE)},
        {"pid_?", BIT(THREAD) | BIT(CHILD) | BIT(ZOMBIE)},
        {"thread_stack", BIT(THREAD) | BIT(CHILD)},
        {"vm_area_struct", BIT(MAPPING)},
        {"vma_lock", BIT(MAPPING)},
        {"eventpoll_epi", BIT(EPOLL_ITEM)},
        {"eventpoll_pwq", BIT(EPOLL_ITEM)},
        {"inotify_inode_mark", BIT(INOTIFY_WATCH)},
        {"fanotify_mark", BIT(FANOTIFY_MARK)},
        {"fsnotify_mark_connector", BIT(INOTIFY_WATCH) | BIT(FANOTIFY_MARK)},
        {"sock_inode_cache", BIT(SOCKET)},
        {"UNIX", BIT(UNIX)},
        {"UNIX-STREAM", BIT(UNIX)},
        {"TCP", BIT(TCP)},
        {"TCPv6", BIT(TCP6)},
        {"UDP", BIT(UDP)},
        {"UDPv6", BIT(UDP6)},
        {"RAW", BIT(RAW)},
        {"RAWv6", BIT(RAW6)},
        {"PACKET", BIT(PACKET)},
        {"NETLINK", BIT(NETLINK)},
        {"posix_timers_cache", BIT(POSIX_TIMER)},
        {"perf_event", BIT(PERF_EVENT)},
        {"userfaultfd_ctx_cache", BIT(USERFAULTFD)},
        {"file_lock_cache", BIT(LOCK)},
        {"file_lease_cache", BIT(LOCK)},
        {"file_lock_ctx", BIT(LOCK)},
        {"net_namespace", BIT(NET_NS)},
        {"mnt_cache", BIT(MOUNT)},
        {"shmem_inode_cache", BIT(MEMFD) | BIT(SHM)},
    };

    for (size_t i = 0; i < sizeof(CACHES) / sizeof(CACHES[0]); i++)
        if (ph_pattern_match(CACHES[i].cache, cache))
            return CACHES[i].kinds;
    return 0;
}

bool ph_cache_is_generic(struct ph_slice cache)
{
    static const char *const GENERIC[] = {
        "kmalloc-*",  "dma-kmalloc-*", "dentry",     "inode_cache",    "cred_jar",
        "maple_node", "anon_vma",      "anon_vma_*", "pool_workqueue", "nsproxy",
        "msg_msg-*",  "memdup_user-*", "skbuff_*",   "io_kiocb",       "uts_namespace",
    };

    for (size_t i = 0; i < sizeof(GENERIC) / sizeof(GENERIC[0]); i++)
        if (ph_pattern_match(GENERIC[i], cache))
            return true;
    return false;
}

/* ------------------------------------------------------------------ lines and fields */

static bool next_line(struct ph_slice *rest, struct ph_slice *line)
{
    if (!rest->size)
        return false;
    const char *end = memchr(rest->data, '\n', rest->size);
    line->data = rest->data;
    line->size = end ? (size_t)(end - rest->data) : rest->size;
    rest->data += line->size + (end != NULL);
    rest->size -= line->size + (end != NULL);
    return true;
}

/* The field of this number, the first being 1. */
static bool field(struct ph_slice line, unsigned number, struct ph_slice *word)
{
    for (unsigned i = 0; i < number; i++)
        if (!ph_slice_word(&line, word))
            return false;
    return true;
}

static bool number_field(struct ph_slice line, unsigned number, uint64_t *value)
{
    struct ph_slice word;

    return field(line, number, &word) && ph_parse_u64(word, value) == PH_NUMBER_OK;
}

static uint64_t lines_that_start(struct ph_slice text, const char *prefix)
{
    struct ph_slice line;
    uint64_t count = 0;

    while (next_line(&text, &line))
        count += ph_slice_starts(line, prefix);
    return count;
}

uint64_t ph_count_lines(struct ph_slice text)
{
    return lines_that_start(text, "");
}

/* ------------------------------------------------------------------ descriptors */

/* The number in "socket:[12345]" behind its prefix; 0 = none. */
static uint64_t bracketed(struct ph_slice link, size_t prefix)
{
    struct ph_slice digits = {link.data + prefix, link.size - prefix};
    uint64_t inode;

    if (!digits.size || digits.data[digits.size - 1] != ']')
        return 0;
    digits.size--;
    return ph_parse_u64(digits, &inode) == PH_NUMBER_OK ? inode : 0;
}

enum ph_holding ph_descriptor_kind(struct ph_slice link, uint64_t *inode)
{
    /* links that begin like this, the first that fits; whatever follows does not count */
    static const struct {
        const char *prefix;
        enum ph_holding kind;
    } LINKS[] = {
        {"socket:[", PH_HOLD_SOCKET},
        {"pipe:[", PH_HOLD_PIPE_END},
        {"anon_inode:[eventfd", PH_HOLD_EVENTFD},
        {"anon_inode:[timerfd", PH_HOLD_TIMERFD},
        {"anon_inode:[signalfd", PH_HOLD_SIGNALFD},
        {"anon_inode:[eventpoll", PH_HOLD_EPOLL},
        {"anon_inode:inotify", PH_HOLD_INOTIFY},
        {"anon_inode:[inotify", PH_HOLD_INOTIFY},
        {"anon_inode:[fanotify", PH_HOLD_FANOTIFY},
        {"anon_inode:bpf-map", PH_HOLD_BPF_MAP},
        {"anon_inode:bpf-prog", PH_HOLD_BPF_PROG},
        {"anon_inode:bpf_link", PH_HOLD_BPF_LINK},
        {"anon_inode:bpf-link", PH_HOLD_BPF_LINK},
        {"anon_inode:[perf_event", PH_HOLD_PERF_EVENT},
        {"anon_inode:[io_uring", PH_HOLD_IO_URING},
        {"anon_inode:[pidfd", PH_HOLD_PIDFD},
        {"pidfd:[", PH_HOLD_PIDFD}, /* since 6.9 */
        {"anon_inode:[userfaultfd", PH_HOLD_USERFAULTFD},
        {"anon_inode:dmabuf", PH_HOLD_DMA_BUF},
        {"anon_inode:", PH_HOLD_OTHER_FD},
        {"/memfd:", PH_HOLD_MEMFD},
        {"/dmabuf:", PH_HOLD_DMA_BUF},
        {"net:[", PH_HOLD_NAMESPACE_FD},
        {"mnt:[", PH_HOLD_NAMESPACE_FD},
        {"user:[", PH_HOLD_NAMESPACE_FD},
        {"pid:[", PH_HOLD_NAMESPACE_FD},
        {"ipc:[", PH_HOLD_NAMESPACE_FD},
        {"uts:[", PH_HOLD_NAMESPACE_FD},
        {"cgroup:[", PH_HOLD_NAMESPACE_FD},
        {"time:[", PH_HOLD_NAMESPACE_FD},
    };

    *inode = 0;
    for (size_t i = 0; i < sizeof(LINKS) / sizeof(LINKS[0]); i++)
        if (ph_slice_starts(link, LINKS[i].prefix)) {
            if (LINKS[i].kind == PH_HOLD_SOCKET)
                *inode = bracketed(link, strlen(LINKS[i].prefix));
            return LINKS[i].kind;
        }
    return link.size && link.data[0] == '/' ? PH_HOLD_FILE : PH_HOLD_OTHER_FD;
}

bool ph_descriptor_lists(enum ph_holding kind, enum ph_holding *item)
{
    *item = kind == PH_HOLD_EPOLL      ? PH_HOLD_EPOLL_ITEM
            : kind == PH_HOLD_INOTIFY  ? PH_HOLD_INOTIFY_WATCH
            : kind == PH_HOLD_FANOTIFY ? PH_HOLD_FANOTIFY_MARK
                                       : PH_HOLD_COUNT;
    return *item != PH_HOLD_COUNT;
}

uint64_t ph_fdinfo_items(struct ph_slice text, enum ph_holding item)
{
    switch (item) {
    case PH_HOLD_EPOLL_ITEM:
        return lines_that_start(text, "tfd:");
    case PH_HOLD_INOTIFY_WATCH:
        return lines_that_start(text, "inotify wd:");
    case PH_HOLD_FANOTIFY_MARK:
        return lines_that_start(text, "fanotify ") - lines_that_start(text, "fanotify flags:");
    default:
        return 0;
    }
}

uint64_t ph_count_timers(struct ph_slice text)
{
    return lines_that_start(text, "ID:");
}

/* ------------------------------------------------------------------ processes */

static const char *last_of(const char *from, const char *end, char c)
{
    while (end > from)
        if (*--end == c)
            return end;
    return NULL;
}

bool ph_process_stat_parse(struct ph_slice text, struct ph_process_stat *stat)
{
    struct ph_process_stat fresh = {0};
    const char *open = memchr(text.data ? text.data : "", '(', text.size);
    const char *close = open ? last_of(open, text.data + text.size, ')') : NULL;
    uint64_t pid, parent;
    struct ph_slice word;

    if (!close)
        return false;
    struct ph_slice rest = {close + 1, text.size - (size_t)(close + 1 - text.data)};
    /* the first field behind the name is the third in the manual's count */
    if (ph_parse_u64(ph_slice_trim((struct ph_slice){text.data, (size_t)(open - text.data)}),
                     &pid) != PH_NUMBER_OK ||
        !field(rest, 1, &word) || word.size != 1 || !number_field(rest, 2, &parent) ||
        !number_field(rest, 18, &fresh.threads) || !number_field(rest, 20, &fresh.start_ticks) ||
        !number_field(rest, 22, &fresh.resident_pages) || pid > UINT32_MAX || parent > UINT32_MAX)
        return false;
    fresh.pid = (uint32_t)pid;
    fresh.parent = (uint32_t)parent;
    fresh.state = word.data[0];
    size_t size = (size_t)(close - open - 1);
    memcpy(fresh.name, open + 1, size < sizeof(fresh.name) ? size : sizeof(fresh.name) - 1);
    *stat = fresh;
    return true;
}

bool ph_process_user(struct ph_slice status, uint32_t *user)
{
    struct ph_slice line;
    uint64_t value;

    while (next_line(&status, &line))
        if (ph_slice_starts(line, "Uid:") && number_field(line, 3, &value) && value <= UINT32_MAX) {
            *user = (uint32_t)value;
            return true;
        }
    return false;
}

bool ph_passwd_name(struct ph_slice passwd, uint32_t user, struct ph_slice *name)
{
    struct ph_slice line;

    while (next_line(&passwd, &line)) {
        struct ph_slice fields[3], rest = line;
        uint64_t value;
        for (size_t i = 0; i < 3; i++) {
            const char *end = memchr(rest.data, ':', rest.size);
            fields[i] = (struct ph_slice){rest.data, end ? (size_t)(end - rest.data) : 0};
            rest.size -= end ? fields[i].size + 1 : 0;
            rest.data += end ? fields[i].size + 1 : 0;
        }
        if (fields[0].size && ph_parse_u64(fields[2], &value) == PH_NUMBER_OK && value == user) {
            *name = fields[0];
            return true;
        }
    }
    return false;
}

bool ph_process_cgroup(struct ph_slice text, struct ph_slice *path)
{
    struct ph_slice line, memory = {0}, unified = {0};

    while (next_line(&text, &line)) {
        const char *first = memchr(line.data, ':', line.size);
        size_t left = first ? line.size - (size_t)(first + 1 - line.data) : 0;
        const char *second = left ? memchr(first + 1, ':', left) : NULL;
        if (!second)
            continue;
        struct ph_slice controllers = {first + 1, (size_t)(second - first - 1)};
        struct ph_slice value = {second + 1, line.size - (size_t)(second + 1 - line.data)};
        if (!controllers.size)
            unified = value;
        else if (ph_slice_is(controllers, "memory"))
            memory = value;
    }
    *path = unified.size > 1 || !memory.size ? unified : memory;
    return path->size != 0;
}

/* ------------------------------------------------------------------ sockets, locks, segments */

const struct ph_net_file ph_net_files[] = {
    {"unix", PH_HOLD_UNIX}, {"tcp", PH_HOLD_TCP},       {"tcp6", PH_HOLD_TCP6},
    {"udp", PH_HOLD_UDP},   {"udp6", PH_HOLD_UDP6},     {"raw", PH_HOLD_RAW},
    {"raw6", PH_HOLD_RAW6}, {"packet", PH_HOLD_PACKET}, {"netlink", PH_HOLD_NETLINK},
    {NULL, PH_HOLD_COUNT},
};

struct ph_error *ph_net_inodes(enum ph_holding kind, struct ph_slice text,
                               struct ph_error *(*visit)(void *context, uint64_t inode),
                               void *context)
{
    unsigned at = kind == PH_HOLD_UNIX ? 7 : kind == PH_HOLD_PACKET ? 9 : 10;
    struct ph_slice line;
    uint64_t inode;

    while (next_line(&text, &line))
        if (number_field(line, at, &inode) && inode)
            PH_TRY(visit(context, inode));
    return NULL;
}

bool ph_next_lock(struct ph_slice *rest, uint32_t *pid)
{
    struct ph_slice line, word;
    uint64_t value;

    while (next_line(rest, &line))
        if (field(line, 2, &word) && number_field(line, ph_slice_is(word, "->") ? 6 : 5, &value) &&
            value && value <= UINT32_MAX) {
            *pid = (uint32_t)value;
            return true;
        }
    return false;
}

bool ph_next_shm(struct ph_slice *rest, uint32_t *pid)
{
    struct ph_slice line;
    uint64_t value;

    while (next_line(rest, &line))
        if (number_field(line, 5, &value) && value && value <= UINT32_MAX) {
            *pid = (uint32_t)value;
            return true;
        }
    return false;
}

/* ------------------------------------------------------------------ cgroups */

void ph_cgroup_stat(struct ph_slice text, struct ph_cgroup_kernel *kernel)
{
    const struct {
        const char *name;
        uint64_t *value;
    } FIELDS[] = {
        {"kernel", &kernel->kernel},       {"slab_unreclaimable", &kernel->slab},
        {"percpu", &kernel->percpu},       {"vmalloc", &kernel->vmalloc},
        {"sock", &kernel->sock},           {"pagetables", &kernel->page_tables},
        {"kernel_stack", &kernel->stacks},
    };
    struct ph_slice line, word;
    uint64_t value;

    while (next_line(&text, &line))
        for (size_t i = 0; field(line, 1, &word) && i < sizeof(FIELDS) / sizeof(FIELDS[0]); i++)
            if (ph_slice_is(word, FIELDS[i].name) && number_field(line, 2, &value)) {
                *FIELDS[i].value = value;
                kernel->known = true;
            }
}

uint64_t ph_cgroup_total(const struct ph_cgroup_kernel *kernel)
{
    const uint64_t parts[] = {kernel->slab, kernel->percpu, kernel->vmalloc, kernel->page_tables,
                              kernel->stacks};
    uint64_t sum = 0;

    if (kernel->kernel)
        return kernel->kernel;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        sum = parts[i] > UINT64_MAX - sum ? UINT64_MAX : sum + parts[i];
    return sum;
}
