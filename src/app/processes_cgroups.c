/* Kernel memory of control groups: memory.stat of version 2 (/sys/fs/cgroup, or its folder unified
 * beside version 1), memory.kmem.usage_in_bytes of version 1. */
#include <string.h>

#include "app/processes_parts.h"
#include "base/mem.h"
#include "base/sort.h"

enum { DEPTH_MOST = 16 };

struct cgroup_walk {
    struct ph_look *look;
    const char *base; /* "/sys/fs/cgroup/memory" */
    char *path;       /* below it: "" or "/system.slice" */
    bool version1;
    unsigned depth;
};

static struct ph_error *read_group(const struct cgroup_walk *walk, uint64_t *bytes, uint64_t *slab,
                                   bool *known)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    struct ph_cgroup_kernel kernel = {0};
    struct ph_slice rest, word;

    *slab = 0;
    PH_TRY(ph_look_file(walk->look, &text, known, "%s%s/%s", walk->base, walk->path,
                        walk->version1 ? "memory.kmem.usage_in_bytes" : "memory.stat"));
    if (!*known)
        return NULL;
    rest = ph_text_slice(&text);
    if (walk->version1) {
        if (rest.size && rest.data[rest.size - 1] == '\n')
            rest.size--;
        *known = ph_slice_word(&rest, &word) && ph_parse_u64(word, bytes) == PH_NUMBER_OK;
        return NULL;
    }
    ph_cgroup_stat(rest, &kernel);
    *known = kernel.known;
    *bytes = ph_cgroup_total(&kernel);
    *slab = kernel.slab;
    return NULL;
}

static struct ph_error *walk_group(struct cgroup_walk *walk);

static struct ph_error *below(void *context, const char *name, enum ph_file_kind kind)
{
    const struct cgroup_walk *walk = context;
    struct cgroup_walk deeper = *walk;

    if (kind != PH_FILE_DIRECTORY || walk->depth >= DEPTH_MOST)
        return NULL;
    ph_autofree char *path = ph_format("%s/%s", walk->path, name);
    if (!path)
        return ph_error_nomem();
    deeper.path = path;
    deeper.depth++;
    return walk_group(&deeper);
}

static struct ph_error *walk_group(struct cgroup_walk *walk)
{
    struct ph_holdings *holdings = walk->look->holdings;
    uint64_t bytes = 0, slab;
    bool known;

    if (holdings->cgroup_count >= PH_LOOK_CGROUPS || ph_look_over(walk->look))
        return NULL;
    PH_TRY(read_group(walk, &bytes, &slab, &known));
    if (known && walk->path[0]) { /* the root's is that of the machine */
        PH_TRY(ph_grow(&holdings->cgroups, &holdings->cgroup_capacity, holdings->cgroup_count + 1,
                       sizeof(*holdings->cgroups)));
        struct ph_cgroup_look *group = &holdings->cgroups[holdings->cgroup_count];
        *group =
            (struct ph_cgroup_look){.path = ph_strdup(walk->path), .bytes = bytes, .slab = slab};
        if (!group->path)
            return ph_error_nomem();
        holdings->cgroup_count++;
    }
    ph_autofree char *folder = ph_format("%s%s%s", holdings->root, walk->base, walk->path);
    if (!folder)
        return ph_error_nomem();
    struct ph_error *error = ph_list_directory(folder, below, walk);
    if (error && error->code == PH_ERR_NOMEM)
        return error;
    ph_error_free(error); /* no such controller, or the group is gone */
    return NULL;
}

static int by_path(const void *left, const void *right)
{
    return strcmp(((const struct ph_cgroup_look *)left)->path,
                  ((const struct ph_cgroup_look *)right)->path);
}

struct ph_error *ph_look_cgroups(struct ph_look *look)
{
    static const struct {
        const char *base;
        bool version1;
    } PLACES[] = {
        {"/sys/fs/cgroup/memory", true},
        {"/sys/fs/cgroup/unified", false},
        {"/sys/fs/cgroup", false},
    };
    struct ph_holdings *holdings = look->holdings;

    for (size_t i = 0; i < sizeof(PLACES) / sizeof(PLACES[0]) && !holdings->cgroup_count; i++) {
        char none[] = "";
        struct cgroup_walk walk = {look, PLACES[i].base, none, PLACES[i].version1, 0};
        PH_TRY(walk_group(&walk));
    }
    if (holdings->cgroup_count)
        ph_sort(holdings->cgroups, holdings->cgroup_count, sizeof(*holdings->cgroups), by_path);
    if (holdings->cgroup_count >= PH_LOOK_CGROUPS)
        return ph_loss_add(&holdings->losses, 0, "more than %d control groups: not all were read",
                           (int)PH_LOOK_CGROUPS);
    return NULL;
}
