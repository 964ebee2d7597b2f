#include "app/processes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/processes_parts.h"
#include "base/mem.h"
#include "base/sort.h"
#include "source/linux/slabinfo.h"

enum { FILE_MOST = 16 << 20, KTHREADD = 2 };

/* ------------------------------------------------------------------ the look's memory */

void ph_holdings_free(struct ph_holdings *holdings)
{
    if (!holdings)
        return;
    for (size_t i = 0; i < holdings->cgroup_count; i++)
        ph_free(holdings->cgroups[i].path);
    for (size_t i = 0; i < holdings->cache_count; i++)
        ph_free(holdings->caches[i].name);
    ph_free(holdings->items);
    ph_free(holdings->cgroups);
    ph_free(holdings->caches);
    ph_free(holdings->root);
    ph_loss_fini(&holdings->losses);
    ph_free(holdings);
}

void ph_holdings_freep(struct ph_holdings **holdings)
{
    ph_holdings_free(*holdings);
}

static int by_pid(const void *left, const void *right)
{
    const struct ph_holder *a = left, *b = right;

    return (a->pid > b->pid) - (a->pid < b->pid);
}

static struct ph_holder *holder_of(const struct ph_holdings *holdings, uint32_t pid)
{
    const struct ph_holder key = {.pid = pid};

    return holdings->count ? bsearch(&key, holdings->items, holdings->count, sizeof(key), by_pid)
                           : NULL;
}

const struct ph_holder *ph_holdings_of(const struct ph_holdings *holdings, uint32_t pid,
                                       uint64_t start_ticks)
{
    const struct ph_holder *holder = holder_of(holdings, pid);

    return holder && holder->start_ticks == start_ticks ? holder : NULL;
}

/* ------------------------------------------------------------------ files of /proc */

bool ph_look_over(const struct ph_look *look)
{
    return ph_boottime_ns() - look->begun_ns > PH_LOOK_NS || ph_interrupted();
}

struct ph_error *ph_look_file(struct ph_look *look, struct ph_text *out, bool *read,
                              const char *format, ...)
{
    va_list args;

    va_start(args, format);
    ph_autofree char *below = ph_vformat(format, args);
    va_end(args);
    ph_autofree char *path = below ? ph_format("%s%s", look->holdings->root, below) : NULL;
    if (!path)
        return ph_error_nomem();
    ph_text_clear(out);
    struct ph_error *error = ph_read_file(path, FILE_MOST, out);
    *read = !error;
    if (error && error->code == PH_ERR_NOMEM)
        return error;
    ph_error_free(error); /* processes end, and files are closed to us: whoever asks counts it */
    return NULL;
}

/* ------------------------------------------------------------------ the list of processes */

static struct ph_error *add_process(void *context, const char *name, enum ph_file_kind kind)
{
    struct ph_look *look = context;
    struct ph_holdings *holdings = look->holdings;
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    struct ph_process_stat stat;
    bool read;

    (void)kind;
    if (name[0] < '1' || name[0] > '9')
        return NULL;
    if (holdings->count == PH_LOOK_PROCESSES || ph_look_over(look)) {
        look->processes_left++;
        return NULL;
    }
    PH_TRY(ph_look_file(look, &text, &read, "/proc/%s/stat", name));
    if (!read || !ph_process_stat_parse(ph_text_slice(&text), &stat))
        return NULL; /* it has ended */
    PH_TRY(ph_grow(&holdings->items, &holdings->capacity, holdings->count + 1,
                   sizeof(*holdings->items)));
    struct ph_holder *holder = &holdings->items[holdings->count++];
    *holder = (struct ph_holder){
        .pid = stat.pid,
        .parent = stat.parent,
        .start_ticks = stat.start_ticks,
        .resident_pages = stat.resident_pages,
        .ended = stat.state == 'Z' || stat.state == 'X',
    };
    memcpy(holder->name, stat.name, sizeof(holder->name));
    holder->counts[PH_HOLD_THREAD] = stat.threads;
    return NULL;
}

static void count_children(struct ph_holdings *holdings)
{
    for (size_t i = 0; i < holdings->count; i++) {
        struct ph_holder *child = &holdings->items[i];
        struct ph_holder *parent = holder_of(holdings, child->parent);
        if (child->ended)
            child->counts[PH_HOLD_THREAD] = 0; /* told of the parent */
        bool of_kernel = child->parent == KTHREADD && parent && !strcmp(parent->name, "kthreadd");
        if (parent && !of_kernel) /* the kernel's own threads are nobody's leak */
            parent->counts[child->ended ? PH_HOLD_ZOMBIE : PH_HOLD_CHILD]++;
    }
}

static struct ph_error *list_processes(struct ph_look *look)
{
    struct ph_holdings *holdings = look->holdings;
    ph_autofree char *path = ph_format("%s/proc", holdings->root);
    size_t kept = 0;

    if (!path)
        return ph_error_nomem();
    struct ph_error *error = ph_list_directory(path, add_process, look);
    if (error && error->code != PH_ERR_NOT_FOUND)
        return ph_loss_error(&holdings->losses, error);
    ph_error_free(error);
    if (holdings->count)
        ph_sort(holdings->items, holdings->count, sizeof(*holdings->items), by_pid);
    for (size_t i = 0; i < holdings->count; i++) /* a saved tree may say a pid twice */
        if (!i || holdings->items[i].pid != holdings->items[kept - 1].pid)
            holdings->items[kept++] = holdings->items[i];
    holdings->count = kept;
    count_children(holdings);
    return NULL;
}

/* ------------------------------------------------------------------ what needs one file each */

static struct ph_error *timers(struct ph_look *look)
{
    struct ph_holdings *holdings = look->holdings;
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    bool read;

    for (size_t i = 0; i < holdings->count && !ph_look_over(look); i++) {
        PH_TRY(
            ph_look_file(look, &text, &read, "/proc/%" PRIu32 "/timers", holdings->items[i].pid));
        if (read)
            holdings->items[i].counts[PH_HOLD_POSIX_TIMER] = ph_count_timers(ph_text_slice(&text));
    }
    return NULL;
}

/* Writing the mappings of a process takes the kernel long: only where they are likely many. */
static struct ph_error *mappings(struct ph_look *look)
{
    struct ph_holdings *holdings = look->holdings;
    struct ph_holder *most[PH_LOOK_MAPS] = {NULL};
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    bool read;

    for (size_t i = 0; i < holdings->count; i++) {
        struct ph_holder *holder = &holdings->items[i];
        for (size_t k = 0; k < PH_LOOK_MAPS && holder; k++)
            if (!most[k] || holder->resident_pages > most[k]->resident_pages) {
                struct ph_holder *lower = most[k];
                most[k] = holder;
                holder = lower;
            }
    }
    for (size_t k = 0; k < PH_LOOK_MAPS && most[k] && !ph_look_over(look); k++) {
        PH_TRY(ph_look_file(look, &text, &read, "/proc/%" PRIu32 "/maps", most[k]->pid));
        if (read)
            most[k]->counts[PH_HOLD_MAPPING] = ph_count_lines(ph_text_slice(&text));
    }
    return NULL;
}

static struct ph_error *count_pids(struct ph_look *look, const char *path, enum ph_holding kind,
                                   bool (*next)(struct ph_slice *rest, uint32_t *pid))
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    uint32_t pid;
    bool read;

    PH_TRY(ph_look_file(look, &text, &read, "%s", path));
    struct ph_slice rest = ph_text_slice(&text);
    while (read && next(&rest, &pid)) {
        struct ph_holder *holder = holder_of(look->holdings, pid);
        if (holder)
            holder->counts[kind]++;
    }
    return NULL;
}

/* ------------------------------------------------------------------ caches */

static struct ph_error *caches(struct ph_look *look)
{
    struct ph_holdings *holdings = look->holdings;
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    struct ph_slice line;
    bool read;

    PH_TRY(ph_look_file(look, &text, &read, "/proc/slabinfo"));
    struct ph_reader reader = ph_reader_of("slabinfo", text.data, read ? text.size : 0);
    struct ph_error *error = ph_slabinfo_head(&reader);
    if (error) { /* closed to us: how much the holdings explain stays unknown */
        bool short_of_memory = error->code == PH_ERR_NOMEM;
        ph_error_free(error);
        return short_of_memory ? ph_error_nomem() : NULL;
    }
    while (ph_reader_line(&reader, &line)) {
        struct ph_slab_line parsed;
        if (ph_slabinfo_line(line, &parsed) != PH_LINE_VALUE)
            continue;
        PH_TRY(ph_grow(&holdings->caches, &holdings->cache_capacity, holdings->cache_count + 1,
                       sizeof(*holdings->caches)));
        struct ph_cache_look *cache = &holdings->caches[holdings->cache_count];
        cache->name = ph_memdup(parsed.name.data, parsed.name.size);
        cache->objects = parsed.active_objects;
        if (!cache->name)
            return ph_error_nomem();
        holdings->cache_count++;
    }
    return NULL;
}

static struct ph_error *uptime(struct ph_look *look)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    struct ph_slice word, rest;
    uint64_t seconds;
    bool read;

    PH_TRY(ph_look_file(look, &text, &read, "/proc/uptime"));
    rest = ph_text_slice(&text);
    if (!read || !ph_slice_word(&rest, &word))
        return NULL;
    const char *dot = memchr(word.data, '.', word.size);
    word.size = dot ? (size_t)(dot - word.data) : word.size;
    if (ph_parse_u64(word, &seconds) == PH_NUMBER_OK && seconds < UINT64_MAX / 100)
        look->holdings->boot_ticks = seconds * 100;
    return NULL;
}

/* ------------------------------------------------------------------ the whole look */

static struct ph_error *find_own_pid(struct ph_look *look)
{
    ph_autofree char *target = NULL;
    uint64_t pid;

    struct ph_error *error = look->live ? ph_read_link("/proc/self", &target) : NULL;
    if (error && error->code == PH_ERR_NOMEM)
        return error;
    ph_error_free(error);
    if (target && ph_parse_u64(ph_slice_of(target), &pid) == PH_NUMBER_OK && pid <= UINT32_MAX)
        look->holdings->own_pid = (uint32_t)pid;
    return NULL;
}

static struct ph_error *tell_losses(struct ph_look *look)
{
    struct ph_loss_list *losses = &look->holdings->losses;

    if (look->processes_left)
        PH_TRY(ph_loss_add(losses, look->processes_left,
                           "processes were not looked at: there are more than fit into a look"));
    if (look->links_left)
        PH_TRY(ph_loss_add(losses, look->links_left,
                           "descriptors were counted, but their kinds were not looked at: there "
                           "are more than fit into a look"));
    if (look->infos_left)
        PH_TRY(ph_loss_add(losses, look->infos_left,
                           "descriptors of epoll and inotify were not looked into: there are more "
                           "than fit into a look"));
    if (look->closed)
        PH_TRY(ph_loss_add(losses, look->closed,
                           "processes do not show what their descriptors are: needs root "
                           "(CAP_SYS_PTRACE)"));
    if (ph_look_over(look) && !ph_interrupted())
        PH_TRY(ph_loss_add(losses, 0,
                           "the look at processes was ended after 2 s: some of what they hold is "
                           "not counted"));
    return NULL;
}

static struct ph_error *read_all(struct ph_look *look)
{
    PH_TRY(caches(look)); /* first, and close to the descriptors: both are to be of one moment */
    PH_TRY(find_own_pid(look));
    PH_TRY(uptime(look));
    PH_TRY(list_processes(look));
    PH_TRY(ph_look_descriptors(look));
    PH_TRY(ph_look_spaces(look));
    PH_TRY(count_pids(look, "/proc/locks", PH_HOLD_LOCK, ph_next_lock));
    PH_TRY(count_pids(look, "/proc/sysvipc/shm", PH_HOLD_SHM, ph_next_shm));
    PH_TRY(mappings(look));
    PH_TRY(timers(look));
    PH_TRY(ph_look_cgroups(look));
    return tell_losses(look);
}

struct ph_error *ph_holdings_read(const char *root, struct ph_holdings **holdings)
{
    PH_GUARD(ph_holdings_freep) struct ph_holdings *fresh = ph_zalloc(1, sizeof(*fresh));
    bool live = !root || !strcmp(root, "/");

    if (!fresh)
        return ph_error_nomem();
    fresh->taken_ns = ph_boottime_ns();
    fresh->root = ph_strdup(live ? "" : root);
    if (!fresh->root)
        return ph_error_nomem();
    struct ph_look look = {
        .holdings = fresh,
        .live = live,
        .begun_ns = fresh->taken_ns,
        .links = PH_LOOK_LINKS,
        .infos = PH_LOOK_INFOS,
    };
    struct ph_error *error = read_all(&look);
    ph_look_fini(&look);
    if (!error)
        *holdings = ph_steal(fresh);
    return error;
}
