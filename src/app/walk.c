#include "app/walk.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/os.h"
#include "base/path.h"
#include "base/sort.h"

struct names {
    char **items;
    enum ph_file_kind *kinds;
    size_t count, capacity, kind_capacity;
};

static void names_fini(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        ph_free(names->items[i]);
    ph_free(names->items);
    ph_free(names->kinds);
}

static struct ph_error *collect(void *context, const char *name, enum ph_file_kind kind)
{
    struct names *names = context;

    PH_TRY(ph_grow(&names->items, &names->capacity, names->count + 1, sizeof(*names->items)));
    PH_TRY(ph_grow(&names->kinds, &names->kind_capacity, names->count + 1, sizeof(*names->kinds)));
    char *copy = ph_strdup(name);
    if (!copy)
        return ph_error_nomem();
    names->items[names->count] = copy;
    names->kinds[names->count++] = kind;
    return NULL;
}

static int by_path(const void *left, const void *right)
{
    return strcmp(((const struct ph_walk_file *)left)->path,
                  ((const struct ph_walk_file *)right)->path);
}

/* True when nothing of this key was met before. */
static struct ph_error *first_time(struct ph_walk *walk, struct ph_slice key, bool *first)
{
    uint32_t value;

    *first = !ph_table_find(&walk->seen, key, &value);
    return *first ? ph_table_put(&walk->seen, key, 1) : NULL;
}

/* Visits a folder once, whatever its names; `number` tells it from all others. */
static struct ph_error *first_visit(struct ph_walk *walk, const char *path, uint64_t number[2],
                                    bool *first)
{
    *first = false;
    if (!ph_file_number(path, number))
        return NULL;
    return first_time(walk, (struct ph_slice){(const char *)number, 2 * sizeof(*number)}, first);
}

/* A file by its folder's number and its name there. */
static struct ph_error *first_entry(struct ph_walk *walk, const uint64_t folder[2],
                                    const char *name, bool *first)
{
    PH_GUARD(ph_text_fini) struct ph_text key = {0};

    ph_text_add(&key, folder, 2 * sizeof(*folder));
    ph_text_puts(&key, name);
    PH_TRY(ph_text_check(&key));
    return first_time(walk, (struct ph_slice){key.data, key.size}, first);
}

static struct ph_error *add_file(struct ph_walk *walk, const char *path, const uint64_t folder[2],
                                 const char *name)
{
    struct ph_walk_file file = {0};
    bool first;

    PH_TRY(first_entry(walk, folder, name, &first));
    if (!first)
        return NULL;
    if (walk->count >= PH_WALK_FILES) {
        if (walk->cut)
            return NULL;
        walk->cut = true;
        return ph_loss_add(&walk->losses, 0,
                           "%s and what follows: left out, there are more than %d files", path,
                           PH_WALK_FILES);
    }
    if (!ph_file_facts(path, &file.size, &file.modified_ns))
        return ph_loss_add(&walk->losses, 1, "%s: is gone, or a link to nothing", path);
    PH_TRY(ph_grow(&walk->files, &walk->capacity, walk->count + 1, sizeof(*walk->files)));
    file.path = ph_strdup(path);
    if (!file.path)
        return ph_error_nomem();
    walk->files[walk->count++] = file;
    return NULL;
}

static struct ph_error *add_folder(struct ph_walk *walk, const char *path,
                                   const struct ph_walk_options *options, unsigned depth);

static bool is_wanted(const struct ph_walk_options *options, const char *name)
{
    return (!options->wanted || options->wanted(name)) &&
           (!options->named || !strcasecmp(options->named, name));
}

struct folder {
    const char *path;
    uint64_t number[2];
    unsigned depth;
};

static struct ph_error *add_entry(struct ph_walk *walk, const struct folder *folder,
                                  const char *name, enum ph_file_kind kind,
                                  const struct ph_walk_options *options)
{
    ph_autofree char *path = ph_path_join(folder->path, name);
    bool link = kind == PH_FILE_LINK;

    if (!path)
        return ph_error_nomem();
    if (link)
        kind = ph_file_kind(path);
    if (kind == PH_FILE_DIRECTORY && options->recurse && !(link && options->stay))
        return ph_loss_error(&walk->losses, add_folder(walk, path, options, folder->depth + 1));
    bool file = kind == PH_FILE_REGULAR || kind == PH_FILE_NONE; /* a link to nothing is told */
    return file && is_wanted(options, name) ? add_file(walk, path, folder->number, name) : NULL;
}

// NOLINTNEXTLINE(misc-no-recursion): PH_WALK_DEPTH bounds it
static struct ph_error *add_folder(struct ph_walk *walk, const char *path,
                                   const struct ph_walk_options *options, unsigned depth)
{
    PH_GUARD(names_fini) struct names names = {0};
    struct folder folder = {.path = path, .depth = depth};
    size_t start = walk->count;
    bool first;

    if (depth > PH_WALK_DEPTH)
        return ph_loss_add(&walk->losses, 1, "%s: deeper than %d folders, left out", path,
                           PH_WALK_DEPTH);
    PH_TRY(first_visit(walk, path, folder.number, &first));
    if (!first)
        return NULL;
    PH_TRY(ph_list_directory(path, collect, &names));
    for (size_t i = 0; i < names.count && !ph_interrupted() && !walk->cut; i++)
        PH_TRY(add_entry(walk, &folder, names.items[i], names.kinds[i], options));
    if (walk->count > start)
        ph_sort(walk->files + start, walk->count - start, sizeof(*walk->files), by_path);
    return NULL;
}

/* A file that was named, by the folder it lies in. */
static struct ph_error *add_named(struct ph_walk *walk, const char *path)
{
    uint64_t number[2] = {0, 0};
    ph_autofree char *folder = ph_path_folder(path);

    if (!folder)
        return ph_error_nomem();
    (void)ph_file_number(folder, number);
    return add_file(walk, path, number, ph_base_name(path));
}

/* Nothing is there, or it cannot be reached: the system says which. */
static struct ph_error *not_there(const char *path)
{
    PH_GUARD(ph_handle_closep) struct ph_handle *handle = NULL;
    struct ph_error *error = ph_handle_open(path, &handle);

    if (error && error->code != PH_ERR_NOT_FOUND)
        return error;
    ph_error_free(error);
    return ph_errorf(PH_ERR_NOT_FOUND, "%s: no such file or folder", path);
}

struct ph_error *ph_walk_add(struct ph_walk *walk, const char *path,
                             const struct ph_walk_options *options)
{
    switch (ph_file_kind(path)) {
    case PH_FILE_DIRECTORY:
        return add_folder(walk, path, options, 0);
    case PH_FILE_REGULAR:
        return add_named(walk, path);
    case PH_FILE_OTHER:
        return ph_errorf(PH_ERR_USAGE, "%s: a pipe or a device, not a file", path);
    default:
        return not_there(path);
    }
}

void ph_walk_fini(struct ph_walk *walk)
{
    for (size_t i = 0; i < walk->count; i++)
        ph_free(walk->files[i].path);
    ph_free(walk->files);
    ph_loss_fini(&walk->losses);
    ph_table_fini(&walk->seen);
    *walk = (struct ph_walk){0};
}
