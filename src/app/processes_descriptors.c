/* Descriptors and namespaces of processes. Since 6.2 the size of /proc/PID/fd is the number of
 * descriptors (kernel commit f1f1f2569901), which needs no right and no listing; before that, and
 * in saved trees, the folder is listed. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/processes_parts.h"
#include "base/mem.h"
#include "base/sort.h"

void ph_look_fini(struct ph_look *look)
{
    ph_free(look->sockets);
    ph_table_fini(&look->spaces);
}

/* ------------------------------------------------------------------ network namespaces */

struct net_visit {
    struct ph_look *look;
    enum ph_holding kind;
};

static struct ph_error *add_socket(void *context, uint64_t inode)
{
    const struct net_visit *visit = context;
    struct ph_look *look = visit->look;

    PH_TRY(ph_grow(&look->sockets, &look->socket_capacity, look->socket_count + 1,
                   sizeof(*look->sockets)));
    look->sockets[look->socket_count++] = (struct ph_look_socket){inode, visit->kind};
    return NULL;
}

static struct ph_error *read_sockets(struct ph_look *look, uint32_t pid)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    bool read;

    for (const struct ph_net_file *file = ph_net_files; file->name && !ph_look_over(look); file++) {
        struct net_visit visit = {look, file->kind};
        PH_TRY(ph_look_file(look, &text, &read, "/proc/%" PRIu32 "/net/%s", pid, file->name));
        if (!read && !look->live)
            PH_TRY(ph_look_file(look, &text, &read, "/proc/net/%s", file->name));
        if (read)
            PH_TRY(ph_net_inodes(file->kind, ph_text_slice(&text), add_socket, &visit));
    }
    return NULL;
}

/* True for a namespace that no process before was in. */
static struct ph_error *is_new_space(struct ph_look *look, uint32_t pid, const char *space,
                                     bool *is_new)
{
    ph_autofree char *path =
        ph_format("%s/proc/%" PRIu32 "/ns/%s", look->holdings->root, pid, space);
    ph_autofree char *target = NULL;
    uint32_t seen;

    *is_new = false;
    if (!path)
        return ph_error_nomem();
    struct ph_error *error = ph_read_link(path, &target);
    if (error && error->code == PH_ERR_NOMEM)
        return error;
    ph_error_free(error);
    if (!target || ph_table_find(&look->spaces, ph_slice_of(target), &seen))
        return NULL;
    *is_new = true;
    return ph_table_put(&look->spaces, ph_slice_of(target), 1);
}

struct ph_error *ph_look_spaces(struct ph_look *look)
{
    struct ph_holdings *holdings = look->holdings;
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    for (size_t i = 0; i < holdings->count && !ph_look_over(look); i++) {
        struct ph_holder *holder = &holdings->items[i];
        bool is_new, read;
        PH_TRY(is_new_space(look, holder->pid, "mnt", &is_new));
        if (!is_new || look->space_count >= PH_LOOK_SPACES)
            continue;
        look->space_count++;
        PH_TRY(ph_look_file(look, &text, &read, "/proc/%" PRIu32 "/mountinfo", holder->pid));
        if (read)
            holder->counts[PH_HOLD_MOUNT] = ph_count_lines(ph_text_slice(&text));
    }
    return NULL;
}

static int by_inode(const void *left, const void *right)
{
    const struct ph_look_socket *a = left, *b = right;

    return (a->inode > b->inode) - (a->inode < b->inode);
}

static struct ph_error *list_sockets(struct ph_look *look)
{
    struct ph_holdings *holdings = look->holdings;
    bool any = false;

    for (size_t i = 0; i < holdings->count && !ph_look_over(look); i++) {
        struct ph_holder *holder = &holdings->items[i];
        bool is_new;
        PH_TRY(is_new_space(look, holder->pid, "net", &is_new));
        if (!is_new)
            continue;
        holder->counts[PH_HOLD_NET_NS] = 1;
        if (look->space_count++ < PH_LOOK_SPACES)
            PH_TRY(read_sockets(look, holder->pid));
        any = true;
    }
    if (!any && holdings->count) /* a saved tree without namespaces, or they are closed to us */
        PH_TRY(read_sockets(look, look->live ? (uint32_t)holdings->items[0].pid : 0));
    look->space_count = 0;
    if (look->socket_count)
        ph_sort(look->sockets, look->socket_count, sizeof(*look->sockets), by_inode);
    return NULL;
}

/* ------------------------------------------------------------------ descriptors of one process */

struct fd_visit {
    struct ph_look *look;
    struct ph_holder *holder;
    uint64_t listed, closed;
};

static void count_socket(const struct ph_look *look, uint64_t inode, struct ph_holder *holder)
{
    const struct ph_look_socket key = {.inode = inode};
    const struct ph_look_socket *socket =
        look->socket_count ? bsearch(&key, look->sockets, look->socket_count, sizeof(key), by_inode)
                           : NULL;

    if (socket)
        holder->counts[socket->kind]++;
}

static struct ph_error *look_into(struct fd_visit *visit, const char *name, enum ph_holding kind)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    enum ph_holding item;
    bool read;

    if (!ph_descriptor_lists(kind, &item))
        return NULL;
    if (!visit->look->infos) {
        visit->look->infos_left++;
        return NULL;
    }
    visit->look->infos--;
    PH_TRY(ph_look_file(visit->look, &text, &read, "/proc/%" PRIu32 "/fdinfo/%s",
                        visit->holder->pid, name));
    if (read)
        visit->holder->counts[item] += ph_fdinfo_items(ph_text_slice(&text), item);
    return NULL;
}

static struct ph_error *one_descriptor(void *context, const char *name, enum ph_file_kind kind)
{
    struct fd_visit *visit = context;
    struct ph_look *look = visit->look;
    ph_autofree char *target = NULL;
    uint64_t inode;

    (void)kind;
    visit->listed++;
    if (!look->links || (visit->listed % 256 == 0 && ph_look_over(look))) {
        look->links = 0;
        return NULL;
    }
    look->links--;
    ph_autofree char *path =
        ph_format("%s/proc/%" PRIu32 "/fd/%s", look->holdings->root, visit->holder->pid, name);
    if (!path)
        return ph_error_nomem();
    struct ph_error *error = ph_read_link(path, &target);
    if (error) {
        bool short_of_memory = error->code == PH_ERR_NOMEM;
        visit->closed += error->code == PH_ERR_ACCESS;
        ph_error_free(error);
        return short_of_memory ? ph_error_nomem() : NULL;
    }
    enum ph_holding held = ph_descriptor_kind(ph_slice_of(target), &inode);
    visit->holder->counts[held]++;
    if (inode)
        count_socket(look, inode, visit->holder);
    return look_into(visit, name, held);
}

static uint64_t known_kinds(const struct ph_holder *holder)
{
    uint64_t known = 0;

    for (enum ph_holding kind = 0; kind < PH_HOLD_COUNT; kind++)
        known += ph_holding_is_descriptor(kind) ? holder->counts[kind] : 0;
    return known;
}

static struct ph_error *one_process(struct ph_look *look, struct ph_holder *holder)
{
    struct fd_visit visit = {look, holder, 0, 0};
    bool counted = holder->counts[PH_HOLD_FD] != 0;
    ph_autofree char *path = ph_format("%s/proc/%" PRIu32 "/fd", look->holdings->root, holder->pid);

    if (!path)
        return ph_error_nomem();
    bool over = ph_look_over(look);
    if (over)
        look->links = 0;
    if (!over && (look->links || !counted)) {
        struct ph_error *error = ph_list_directory(path, one_descriptor, &visit);
        if (error && error->code == PH_ERR_NOMEM)
            return error;
        look->closed += visit.closed || (error && error->code == PH_ERR_ACCESS);
        ph_error_free(error);
    }
    uint64_t known = known_kinds(holder);
    uint64_t all = visit.listed > known ? visit.listed : known;
    if (!counted || (visit.listed && !visit.closed))
        holder->counts[PH_HOLD_FD] = all; /* of the same moment as the kinds */
    holder->partial = known < holder->counts[PH_HOLD_FD];
    if (holder->partial && !look->links)
        look->links_left += holder->counts[PH_HOLD_FD] - known;
    return NULL;
}

/* ------------------------------------------------------------------ all processes */

static int by_descriptors(const void *left, const void *right)
{
    const struct ph_holder *a = *(struct ph_holder *const *)left;
    const struct ph_holder *b = *(struct ph_holder *const *)right;

    if (a->counts[PH_HOLD_FD] != b->counts[PH_HOLD_FD])
        return a->counts[PH_HOLD_FD] > b->counts[PH_HOLD_FD] ? -1 : 1;
    return (a->pid > b->pid) - (a->pid < b->pid);
}

static struct ph_error *count_descriptors(struct ph_look *look)
{
    struct ph_holdings *holdings = look->holdings;

    for (size_t i = 0; look->live && i < holdings->count && !ph_look_over(look); i++) {
        ph_autofree char *path = ph_format("/proc/%" PRIu32 "/fd", holdings->items[i].pid);
        uint64_t size;
        int64_t modified_ns;
        if (!path)
            return ph_error_nomem();
        if (ph_file_facts(path, &size, &modified_ns))
            holdings->items[i].counts[PH_HOLD_FD] = size;
    }
    return NULL;
}

struct ph_error *ph_look_descriptors(struct ph_look *look)
{
    struct ph_holdings *holdings = look->holdings;
    ph_autofree struct ph_holder **order = ph_zalloc(holdings->count, sizeof(struct ph_holder *));

    if (!order)
        return ph_error_nomem();
    PH_TRY(count_descriptors(look));
    PH_TRY(list_sockets(look));
    for (size_t i = 0; i < holdings->count; i++)
        order[i] = &holdings->items[i];
    if (holdings->count)
        ph_sort(order, holdings->count, sizeof(struct ph_holder *), by_descriptors);
    for (size_t i = 0; i < holdings->count; i++)
        PH_TRY(one_process(look, order[i]));
    return NULL;
}
