/* /sys/kernel/slab (mm/slub.c): a directory for each cache. A cache that may be merged has a
 * directory with an invented name, and its own name is a link to it:
 *
 *     AF_VSOCK -> :A-0001280        leaky_mergeable -> :0003000
 *     dentry/                       cannot be merged: a directory of its own
 *
 * The invented name is a colon, letters for what must agree between merged caches, a dash when
 * there were letters, and the bytes an object takes (create_unique_id): d and D = memory for DMA,
 * a = reclaimable (reclaim_account), A = charged to cgroups, F = consistency checks. Checked on
 * Linux 6.18 for all 194 links: the letter `a` is there exactly where reclaim_account says 1, and
 * the number is slab_size. So links tell the kind without a file to open, which costs twice as much
 * as reading the link.
 *
 * The files (0400): reclaim_account, object_size, slab_size and many more. slab_size is not read:
 * it is the object size of /proc/slabinfo. */
#include "source/linux/sysslab.h"

#include <string.h>

#include "base/os.h"
#include "base/path.h"

static uint32_t mix(uint32_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * 16777619u;
    return (hash ^ 0xff) * 16777619u;
}

static bool has_letter(const char *id, char letter)
{
    const char *dash = strchr(id, '-');

    return dash && memchr(id, letter, (size_t)(dash - id));
}

static struct ph_error *group_of(struct ph_sysslab *sysslab, const char *id, uint32_t *group)
{
    if (ph_table_find(&sysslab->ids, ph_slice_of(id), group))
        return NULL;
    PH_TRY(ph_grow(&sysslab->groups, &sysslab->group_capacity, sysslab->group_count + 1,
                   sizeof(*sysslab->groups)));
    *group = (uint32_t)sysslab->group_count;
    sysslab->groups[sysslab->group_count++] =
        (struct ph_sysslab_group){.reclaimable = has_letter(id, 'a')};
    return ph_table_put(&sysslab->ids, ph_slice_of(id), *group);
}

/* "<directory>/<name>/<file>", or without the file; NULL when memory is short. */
static const char *path_of(struct ph_sysslab *sysslab, struct ph_slice name, const char *file)
{
    struct ph_text *path = &sysslab->path;

    ph_text_clear(path);
    ph_text_puts(path, sysslab->directory);
    ph_text_putc(path, '/');
    ph_text_add(path, name.data, name.size);
    if (file) {
        ph_text_putc(path, '/');
        ph_text_puts(path, file);
    }
    return path->failed ? NULL : path->data;
}

static struct ph_error *visit(void *context, const char *name, enum ph_file_kind kind)
{
    struct ph_sysslab *sysslab = context;
    ph_autofree char *target = NULL;

    if (kind != PH_FILE_LINK)
        return NULL;
    const char *path = path_of(sysslab, ph_slice_of(name), NULL);
    if (!path)
        return ph_error_nomem();
    struct ph_error *error = ph_read_link(path, &target);
    if (error && error->code != PH_ERR_NOMEM) { /* it went away meanwhile */
        ph_error_free(error);
        return NULL;
    }
    if (error)
        return error;
    const char *id = ph_base_name(target);
    if (*id != ':') /* some other link: it says nothing about merging */
        return NULL;
    uint32_t group = 0;
    PH_TRY(group_of(sysslab, id, &group));
    struct ph_text *names = &sysslab->groups[group].names;
    if (names->size)
        ph_text_putc(names, ' ');
    ph_text_puts(names, name);
    PH_TRY(ph_text_check(names));
    /* a sum: the order in which a directory is listed says nothing */
    sysslab->fingerprint += mix(mix(2166136261u, name), id);
    return ph_table_put(&sysslab->names, ph_slice_of(name), group);
}

struct ph_error *ph_sysslab_load(struct ph_sysslab *sysslab, const char *root)
{
    ph_sysslab_fini(sysslab);
    sysslab->directory = ph_format("%s/sys/kernel/slab", root);
    if (!sysslab->directory)
        return ph_error_nomem();
    sysslab->present = ph_file_kind(sysslab->directory) == PH_FILE_DIRECTORY;
    if (!sysslab->present)
        return NULL;
    struct ph_error *error = ph_list_directory(sysslab->directory, visit, sysslab);
    if (error && error->code != PH_ERR_NOMEM) {
        sysslab->present = false; /* not readable counts as not there */
        ph_error_free(error);
        error = NULL;
    }
    return error;
}

void ph_sysslab_aliases(const struct ph_sysslab *sysslab, struct ph_slice name,
                        struct ph_text *aliases)
{
    uint32_t group;
    struct ph_slice alias;

    if (!ph_table_find(&sysslab->names, name, &group))
        return;
    const struct ph_text *names = &sysslab->groups[group].names;
    struct ph_slice rest = {names->data, names->size};
    while (ph_slice_word(&rest, &alias)) {
        if (alias.size == name.size && !memcmp(alias.data, name.data, name.size))
            continue;
        if (aliases->size)
            ph_text_putc(aliases, ' ');
        ph_text_add(aliases, alias.data, alias.size);
    }
}

bool ph_sysslab_number(struct ph_sysslab *sysslab, struct ph_slice name, const char *file,
                       uint64_t *number)
{
    PH_GUARD(ph_handle_closep) struct ph_handle *handle = NULL;
    char bytes[64];
    size_t size = 0;

    if (!sysslab->present || memchr(name.data, '/', name.size) || name.data[0] == '.')
        return false;
    const char *path = path_of(sysslab, name, file);
    struct ph_error *error = path ? ph_handle_open(path, &handle) : ph_error_nomem();
    if (!error)
        error = ph_handle_head(handle, bytes, sizeof(bytes), &size);
    if (error) { /* the caller counts it: unknown, whatever the reason */
        ph_error_free(error);
        return false;
    }
    const char *end = memchr(bytes, '\n', size);
    struct ph_slice digits = {bytes, end ? (size_t)(end - bytes) : size};
    return ph_parse_u64(ph_slice_trim(digits), number) == PH_NUMBER_OK;
}

enum ph_slab_kind ph_sysslab_kind(struct ph_sysslab *sysslab, struct ph_slice name)
{
    uint64_t number = 0;
    uint32_t group;
    bool reclaimable;

    if (ph_table_find(&sysslab->names, name, &group))
        reclaimable = sysslab->groups[group].reclaimable;
    else if (ph_sysslab_number(sysslab, name, "reclaim_account", &number))
        reclaimable = number != 0;
    else
        return PH_SLAB_UNKNOWN;
    return reclaimable ? PH_SLAB_RECLAIMABLE : PH_SLAB_UNRECLAIMABLE;
}

void ph_sysslab_fini(struct ph_sysslab *sysslab)
{
    for (size_t i = 0; i < sysslab->group_count; i++)
        ph_text_fini(&sysslab->groups[i].names);
    ph_free(sysslab->groups);
    ph_free(sysslab->directory);
    ph_text_fini(&sysslab->path);
    ph_table_fini(&sysslab->names);
    ph_table_fini(&sysslab->ids);
    *sysslab = (struct ph_sysslab){0};
}

enum ph_slab_kind ph_slab_kind_by_name(struct ph_slice name)
{
    /* created with SLAB_RECLAIM_ACCOUNT in the kernel's own source, for as long as they exist */
    static const char *const reclaimable[] = {"dentry", "inode_cache", "radix_tree_node",
                                              "buffer_head"};
    static const char end[] = "_inode_cache";

    for (size_t i = 0; i < sizeof(reclaimable) / sizeof(reclaimable[0]); i++)
        if (ph_slice_is(name, reclaimable[i]))
            return PH_SLAB_RECLAIMABLE;
    if (ph_slice_starts(name, "kmalloc-rcl-") ||
        (name.size >= sizeof(end) &&
         !memcmp(name.data + name.size - (sizeof(end) - 1), end, sizeof(end) - 1)))
        return PH_SLAB_RECLAIMABLE;
    return PH_SLAB_UNKNOWN;
}
