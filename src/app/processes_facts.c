/* What is known of one process: its user, control group, program and package. What it does not
 * show, or what has ended since, stays unknown. */
#include <inttypes.h>
#include <string.h>

#include "app/processes_parts.h"
#include "base/mem.h"
#include "base/path.h"
#include "identity/package.h"

enum { FILE_MOST = 16 << 20 };

static struct ph_error *read_under(const struct ph_holdings *look, const char *file,
                                   struct ph_text *out)
{
    ph_autofree char *path = ph_format("%s%s", look->root, file);

    ph_text_clear(out);
    if (!path)
        return ph_error_nomem();
    struct ph_error *error = ph_read_file(path, FILE_MOST, out);
    if (error && error->code == PH_ERR_NOMEM)
        return error;
    ph_error_free(error); /* the process has ended since, or it is closed: the fact stays unknown */
    return NULL;
}

static struct ph_error *of_process(const struct ph_holdings *look, uint32_t pid, const char *file,
                                   struct ph_text *out)
{
    ph_autofree char *path = ph_format("/proc/%" PRIu32 "/%s", pid, file);

    return path ? read_under(look, path, out) : ph_error_nomem();
}

static struct ph_error *find_user(const struct ph_holdings *look, struct ph_process *process)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    struct ph_slice name;
    uint32_t user;

    PH_TRY(of_process(look, process->pid, "status", &text));
    if (!ph_process_user(ph_text_slice(&text), &user))
        return NULL;
    PH_TRY(read_under(look, "/etc/passwd", &text));
    process->user = ph_passwd_name(ph_text_slice(&text), user, &name)
                        ? ph_memdup(name.data, name.size)
                        : ph_format("uid %" PRIu32, user);
    return process->user ? NULL : ph_error_nomem();
}

static struct ph_error *find_program(const struct ph_holdings *look, struct ph_owner *owner)
{
    static const char DELETED[] = " (deleted)";
    ph_autofree char *link = ph_format("%s/proc/%" PRIu32 "/exe", look->root, owner->process.pid);
    struct ph_package package = {0};

    if (!link)
        return ph_error_nomem();
    struct ph_error *error = ph_read_link(link, &owner->path);
    if (error && error->code == PH_ERR_NOMEM)
        return error;
    ph_error_free(error);
    size_t size = owner->path ? strlen(owner->path) : 0;
    if (!owner->path || owner->path[0] != '/' ||
        (size > sizeof(DELETED) && !strcmp(owner->path + size - (sizeof(DELETED) - 1), DELETED)))
        return NULL;
    PH_TRY(ph_package_of(look->root, !look->root[0], owner->path, ph_base_name(owner->path),
                         &package));
    if (package.name)
        owner->process.package = ph_format("%s%s%s", package.name, package.version ? " " : "",
                                           package.version ? package.version : "");
    bool short_of_memory = package.name && !owner->process.package;
    ph_package_fini(&package);
    return short_of_memory ? ph_error_nomem() : NULL;
}

static struct ph_error *find_cgroup(const struct ph_holdings *look, struct ph_process *process)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    struct ph_slice path;

    PH_TRY(of_process(look, process->pid, "cgroup", &text));
    if (!ph_process_cgroup(ph_text_slice(&text), &path) || path.size < 2)
        return NULL;
    process->cgroup = ph_memdup(path.data, path.size);
    return process->cgroup ? NULL : ph_error_nomem();
}

struct ph_error *ph_process_facts(const struct ph_holdings *look, struct ph_owner *owner)
{
    PH_TRY(find_user(look, &owner->process));
    PH_TRY(find_cgroup(look, &owner->process));
    return find_program(look, owner);
}
