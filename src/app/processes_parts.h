/* processes_parts.h - the parts of a look at processes; for processes*.c only. */
#ifndef PH_APP_PROCESSES_PARTS_H
#define PH_APP_PROCESSES_PARTS_H

#include "app/processes.h"
#include "base/table.h"

struct ph_look_socket {
    uint64_t inode;
    enum ph_holding kind;
};

struct ph_look {
    struct ph_holdings *holdings;
    bool live;
    int64_t begun_ns;
    uint64_t links, infos; /* that may still be read */
    uint64_t processes_left, links_left, infos_left, closed;
    struct ph_look_socket *sockets; /* of all network namespaces, by inode once sorted */
    size_t socket_count, socket_capacity;
    struct ph_table spaces; /* links of namespaces that were seen */
    size_t space_count;
};
void ph_look_fini(struct ph_look *look);

/* True when the time is over, or somebody interrupts. */
bool ph_look_over(const struct ph_look *look);
/* Replaces `out` by a file's content; `*read` tells whether that went. Error: out of memory. */
struct ph_error *ph_look_file(struct ph_look *look, struct ph_text *out, bool *read,
                              const char *format, ...) PH_PRINTF(4, 5) PH_MUST_CHECK;
/* Descriptors by kind; sockets by family. */
struct ph_error *ph_look_descriptors(struct ph_look *look) PH_MUST_CHECK;
/* Network namespaces and mounts. */
struct ph_error *ph_look_spaces(struct ph_look *look) PH_MUST_CHECK;
struct ph_error *ph_look_cgroups(struct ph_look *look) PH_MUST_CHECK;

/* Fills user, cgroup, package and path of an owner whose process is known by its pid. Error: out of
 * memory. */
struct ph_error *ph_process_facts(const struct ph_holdings *look,
                                  struct ph_owner *owner) PH_MUST_CHECK;

#endif
