#include "app/module_files.h"

#include <string.h>

#include "app/walk.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/path.h"

enum { LIST_MOST = 64 << 20, NAME_MOST = 256 };

bool ph_is_module_name(const char *name)
{
    static const char *const ENDS[] = {".ko", ".ko.xz", ".ko.zst", ".ko.gz"};
    size_t length = strlen(name);

    for (size_t i = 0; i < sizeof(ENDS) / sizeof(ENDS[0]); i++) {
        size_t size = strlen(ENDS[i]);
        if (length > size && !strcmp(name + length - size, ENDS[i]))
            return true;
    }
    return false;
}

static void underscores(char *name)
{
    for (; name && *name; name++)
        if (*name == '-')
            *name = '_';
}

char *ph_module_name(const char *path)
{
    const char *name = ph_base_name(path);
    const char *end = strstr(name, ".ko");
    char *made = ph_memdup(name, end ? (size_t)(end - name) : strlen(name));

    underscores(made);
    return made;
}

void ph_module_files_fini(struct ph_module_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        ph_free(files->items[i].path);
        ph_free(files->items[i].name);
    }
    ph_free(files->items);
    ph_table_fini(&files->by_name);
    ph_text_fini(&files->built_in);
    *files = (struct ph_module_files){0};
}

/* ------------------------------------------------------------------ which file counts */

/* One folder of modules: /lib/modules/<release>, or /lib/modules with those of all kernels. */
struct place {
    const char *path;
    const struct ph_kmodules *loaded;
    struct ph_table chosen; /* relative paths of modules.dep */
};

/* Reads a text of depmod's that need not be there. */
static struct ph_error *read_maybe(const char *folder, const char *name, struct ph_text *text)
{
    ph_autofree char *path = ph_format("%s/%s", folder, name);

    if (!path)
        return ph_error_nomem();
    if (ph_file_kind(path) != PH_FILE_REGULAR)
        return NULL;
    struct ph_error *error = ph_read_file(path, LIST_MOST, text);
    if (error && error->code == PH_ERR_NOMEM)
        return error;
    if (error)
        ph_text_clear(text);
    ph_error_free(error);
    return NULL;
}

/* "kernel/fs/xfs/xfs.ko.xz: kernel/lib/libcrc32c.ko.xz": depmod's choice. Source: modules.dep(5).
 */
static struct ph_error *read_choice(struct place *place)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    struct ph_slice line;

    PH_TRY(read_maybe(place->path, "modules.dep", &text));
    struct ph_reader reader = ph_reader_of("modules.dep", text.data ? text.data : "", text.size);
    while (ph_reader_line(&reader, &line)) {
        const char *colon = line.size ? memchr(line.data, ':', line.size) : NULL;
        if (colon)
            PH_TRY(ph_table_put(&place->chosen,
                                (struct ph_slice){line.data, (size_t)(colon - line.data)}, 1));
    }
    return NULL;
}

/* depmod's choice, else the order of folders that distributions give it. Source: depmod.d(5). */
static unsigned rank_of(const struct place *place, const char *relative)
{
    static const char *const ORDER[] = {"updates/", "extra/"};
    uint32_t ignored;

    if (ph_table_find(&place->chosen, ph_slice_of(relative), &ignored))
        return 0;
    if (strstr(relative, "weak-updates/"))
        return 4;
    for (unsigned i = 0; i < 2; i++)
        if (strstr(relative, ORDER[i]))
            return 1 + i;
    return 3;
}

static struct ph_error *put_file(struct ph_module_files *files, const struct place *place,
                                 struct ph_module_file *file)
{
    struct ph_slice name = ph_slice_of(file->name);
    uint32_t at;

    if (ph_table_find(&files->by_name, name, &at)) {
        struct ph_module_file *before = &files->items[at], worse = *before;
        if (file->rank >= before->rank)
            return NULL;
        file->loaded = worse.loaded;
        *before = *file;
        *file = worse;
        return NULL;
    }
    PH_TRY(ph_grow(&files->items, &files->capacity, files->count + 1, sizeof(*files->items)));
    PH_TRY(ph_table_put(&files->by_name, name, (uint32_t)files->count));
    file->loaded = ph_kmodules_named(place->loaded, name);
    files->items[files->count++] = *file;
    *file = (struct ph_module_file){0};
    return NULL;
}

static struct ph_error *take_file(struct ph_module_files *files, const struct place *place,
                                  const char *path)
{
    struct ph_module_file file = {
        .path = ph_strdup(path),
        .name = ph_module_name(path),
        .rank = rank_of(place, path + strlen(place->path) + 1),
    };
    struct ph_error *error =
        file.path && file.name ? put_file(files, place, &file) : ph_error_nomem();

    ph_free(file.path);
    ph_free(file.name);
    return error;
}

static struct ph_error *list_place(struct place *place, struct ph_walk *walk,
                                   struct ph_module_files *files)
{
    /* the links `build` and `source` lead to whole kernel trees */
    struct ph_walk_options options = {.recurse = true, .wanted = ph_is_module_name, .stay = true};
    size_t start = walk->count;

    if (ph_file_kind(place->path) != PH_FILE_DIRECTORY)
        return NULL;
    PH_TRY(read_choice(place));
    if (!files->built_in.size)
        PH_TRY(read_maybe(place->path, "modules.builtin", &files->built_in));
    PH_TRY(ph_walk_add(walk, place->path, &options));
    for (size_t i = start; i < walk->count; i++)
        PH_TRY(take_file(files, place, walk->files[i].path));
    return NULL;
}

struct ph_error *ph_module_files_list(const char *root, const char *release,
                                      const struct ph_kmodules *loaded,
                                      struct ph_module_files *files, struct ph_loss_list *losses)
{
    static const char *const PLACES[] = {"/lib/modules", "/usr/lib/modules"};
    PH_GUARD(ph_walk_fini) struct ph_walk walk = {0};

    for (size_t i = 0; i < 2; i++) {
        ph_autofree char *path =
            ph_format("%s%s%s%s", root, PLACES[i], release[0] ? "/" : "", release);
        struct place place = {.path = path, .loaded = loaded};
        struct ph_error *error = path ? list_place(&place, &walk, files) : ph_error_nomem();
        ph_table_fini(&place.chosen);
        PH_TRY(error);
    }
    return ph_loss_merge(losses, &walk.losses, false);
}

/* ------------------------------------------------------------------ by name */

const struct ph_module_file *ph_module_files_named(const struct ph_module_files *files,
                                                   struct ph_slice module)
{
    char name[NAME_MOST];
    uint32_t at;

    if (module.size >= sizeof(name))
        return NULL;
    memcpy(name, module.data, module.size);
    name[module.size] = 0;
    underscores(name);
    return ph_table_find(&files->by_name, ph_slice_of(name), &at) ? &files->items[at] : NULL;
}

static void longest(struct ph_slice module, struct ph_slice cache, bool is_built_in,
                    struct ph_slice *best, bool *built_in)
{
    if (module.size <= best->size || !ph_kmodule_names(module, cache))
        return;
    *best = module;
    *built_in = is_built_in;
}

struct ph_slice ph_module_files_like(const struct ph_module_files *files,
                                     const struct ph_kmodules *loaded, struct ph_slice cache,
                                     bool *built_in)
{
    struct ph_slice best = {"", 0}, line;
    struct ph_reader reader = ph_reader_of(
        "modules.builtin", files->built_in.data ? files->built_in.data : "", files->built_in.size);

    for (size_t i = 0; i < loaded->count; i++)
        longest(ph_slice_of(loaded->items[i].name), cache, false, &best, built_in);
    for (size_t i = 0; i < files->count; i++)
        longest(ph_slice_of(files->items[i].name), cache, false, &best, built_in);
    while (ph_reader_line(&reader, &line)) { /* kernel/fs/ext4/ext4.ko */
        size_t start = line.size;
        while (start && line.data[start - 1] != '/')
            start--;
        struct ph_slice name = {line.data + start, line.size - start};
        if (name.size > 3 && !memcmp(name.data + name.size - 3, ".ko", 3))
            longest((struct ph_slice){name.data, name.size - 3}, cache, true, &best, built_in);
    }
    return best;
}
