#include "app/walk.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/os.h"

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

/* What cannot be read below a folder is told, and the walk goes on. */
static struct ph_error *lose(struct ph_walk *walk, struct ph_error *error)
{
    if (!error || error->code == PH_ERR_NOMEM)
        return error;
    struct ph_error *second = ph_loss_add(&walk->losses, 1, "%s", error->text);
    ph_error_free(error);
    return second;
}

static struct ph_error *add_file(struct ph_walk *walk, const char *path)
{
    struct ph_walk_file file = {0};

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

static struct ph_error *first_visit(struct ph_walk *walk, const char *path, bool *first)
{
    uint64_t number[2];
    uint32_t value;

    *first = false;
    if (!ph_file_number(path, number))
        return NULL;
    struct ph_slice key = {(const char *)number, sizeof(number)};
    if (ph_table_find(&walk->seen, key, &value))
        return NULL;
    *first = true;
    return ph_table_put(&walk->seen, key, 1);
}

static struct ph_error *add_folder(struct ph_walk *walk, const char *path,
                                   const struct ph_walk_options *options, unsigned depth);

static struct ph_error *add_entry(struct ph_walk *walk, const char *folder, const char *name,
                                  enum ph_file_kind kind, const struct ph_walk_options *options,
                                  unsigned depth)
{
    size_t length = strlen(folder);
    const char *slash = length && folder[length - 1] == '/' ? "" : "/";
    ph_autofree char *path = ph_format("%s%s%s", folder, slash, name);

    if (!path)
        return ph_error_nomem();
    if (kind == PH_FILE_LINK)
        kind = ph_file_kind(path);
    if (kind == PH_FILE_DIRECTORY)
        return options->recurse ? lose(walk, add_folder(walk, path, options, depth + 1)) : NULL;
    bool file = kind == PH_FILE_REGULAR || kind == PH_FILE_NONE; /* a link to nothing is told */
    if (!file || (options->wanted && !options->wanted(name)))
        return NULL;
    return add_file(walk, path);
}

// NOLINTNEXTLINE(misc-no-recursion): PH_WALK_DEPTH bounds it
static struct ph_error *add_folder(struct ph_walk *walk, const char *path,
                                   const struct ph_walk_options *options, unsigned depth)
{
    PH_GUARD(names_fini) struct names names = {0};
    size_t start = walk->count;
    bool first;

    if (depth > PH_WALK_DEPTH)
        return ph_loss_add(&walk->losses, 1, "%s: deeper than %d folders, left out", path,
                           PH_WALK_DEPTH);
    PH_TRY(first_visit(walk, path, &first));
    if (!first)
        return NULL;
    PH_TRY(ph_list_directory(path, collect, &names));
    for (size_t i = 0; i < names.count && !ph_interrupted() && !walk->cut; i++)
        PH_TRY(add_entry(walk, path, names.items[i], names.kinds[i], options, depth));
    if (walk->count > start)
        qsort(walk->files + start, walk->count - start, sizeof(*walk->files), by_path);
    return NULL;
}

struct ph_error *ph_walk_add(struct ph_walk *walk, const char *path,
                             const struct ph_walk_options *options)
{
    switch (ph_file_kind(path)) {
    case PH_FILE_DIRECTORY:
        return add_folder(walk, path, options, 0);
    case PH_FILE_REGULAR:
        return add_file(walk, path);
    case PH_FILE_OTHER:
        return ph_errorf(PH_ERR_USAGE, "%s: a pipe or a device, not a file", path);
    default:
        return ph_errorf(PH_ERR_NOT_FOUND, "%s: no such file or folder", path);
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
