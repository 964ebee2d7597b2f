/* Whether a newer file of the same driver lies on this machine: among the drivers asked for, in the
 * driver store of the same Windows, under another Linux kernel. */
#include <string.h>
#include <strings.h>

#include "app/module_files.h"
#include "app/who_parts.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/path.h"
#include "owner/knownleak.h"

enum { TRIED_MOST = 32, RELEASES_MOST = 64 };

/* What is known of the best file so far. */
struct best {
    const struct ph_identifier *identifier;
    struct ph_owner *owner;
    char *path, *version, *release; /* release: of the kernel that a module is for; NULL = none */
    size_t tried;
};

static void best_fini(struct best *best)
{
    ph_free(best->path);
    ph_free(best->version);
    ph_free(best->release);
}

/* Which is newer: by version, then by kernel; a version that is not given tells nothing. */
static int compare(const char *version, const char *release, const char *other_version,
                   const char *other_release)
{
    int order = version && other_version ? ph_version_compare(version, other_version) : 0;

    return order || !release || !other_release ? order : ph_version_compare(release, other_release);
}

static bool same_source(const struct ph_module_facts *a, const struct ph_module_facts *b)
{
    return a->srcversion && b->srcversion && !strcmp(a->srcversion, b->srcversion);
}

static struct ph_error *copy(const char *text, char **to)
{
    ph_free(*to);
    *to = text ? ph_strdup(text) : NULL;
    return text && !*to ? ph_error_nomem() : NULL;
}

/* Keeps the file when it is newer than the owner's and than the best so far. */
static struct ph_error *consider(struct best *best, const char *path, const char *release,
                                 const char *own_release)
{
    const struct ph_identity *own = &best->owner->identity;
    PH_GUARD(ph_identity_fini) struct ph_identity other = {0};

    if (best->tried >= TRIED_MOST || ph_same_file(path, best->owner->path))
        return NULL;
    best->tried++;
    struct ph_error *error = ph_identify_file(best->identifier, path, &other);
    if (error && error->code == PH_ERR_NOMEM)
        return error;
    ph_error_free(error); /* a file that cannot be read is no newer version */
    bool module = own->format == PH_FORMAT_ELF;
    const char *version = module ? other.module.version : ph_who_version(&other);
    const char *mine = module ? own->module.version : ph_who_version(own);
    if (error || other.format != own->format || other.machine != own->machine ||
        same_source(&other.module, &own->module) ||
        compare(version, release, mine, own_release) <= 0 ||
        (best->path && compare(version, release, best->version, best->release) <= 0))
        return NULL;
    PH_TRY(copy(path, &best->path));
    PH_TRY(copy(version, &best->version));
    return copy(release, &best->release);
}

/* ------------------------------------------------------------------ Windows */

/* The entry of a folder with this name in any case; NULL = there is none. */
struct child {
    const char *folder, *name;
    char *path;
};

static struct ph_error *take_child(void *context, const char *name, enum ph_file_kind kind)
{
    struct child *child = context;

    (void)kind;
    if (child->path || strcasecmp(name, child->name) != 0)
        return NULL;
    child->path = ph_path_join(child->folder, name);
    return child->path ? NULL : ph_error_nomem();
}

static struct ph_error *child_named(const char *folder, const char *name, char **path)
{
    struct child child = {.folder = folder, .name = name};
    struct ph_error *error = ph_list_directory(folder, take_child, &child);

    *path = child.path;
    if (!error || error->code == PH_ERR_NOMEM)
        return error;
    ph_error_free(error); /* what cannot be listed holds nothing that could be shown */
    return NULL;
}

/* .../System32/drivers/x.sys: packages lie in .../System32/DriverStore/FileRepository. */
static struct ph_error *driver_store(const char *path, char **store)
{
    const char *found = NULL;

    *store = NULL;
    for (const char *at = path; *at; at++)
        if (ph_path_continues(at, "/system32/drivers/"))
            found = at;
    if (!found)
        return NULL;
    ph_autofree char *system = ph_memdup(path, (size_t)(found - path) + 9);
    ph_autofree char *parent = NULL;
    if (!system)
        return ph_error_nomem();
    PH_TRY(child_named(system, "DriverStore", &parent));
    return parent ? child_named(parent, "FileRepository", store) : NULL;
}

static struct ph_error *consider_all(struct best *best, const struct ph_walk *walk)
{
    for (size_t i = 0; i < walk->count && !ph_interrupted(); i++)
        if (!strcasecmp(ph_base_name(walk->files[i].path), ph_base_name(best->owner->path)))
            PH_TRY(consider(best, walk->files[i].path, NULL, NULL));
    return NULL;
}

static struct ph_error *search_windows(struct best *best, const struct ph_drivers *drivers,
                                       struct ph_loss_list *losses)
{
    PH_GUARD(ph_walk_fini) struct ph_walk walk = {0};
    struct ph_walk_options options = {
        .recurse = true, .named = ph_base_name(best->owner->path), .stay = true};
    ph_autofree char *store = NULL;

    if (!ph_who_version(&best->owner->identity))
        return NULL;
    PH_TRY(driver_store(best->owner->path, &store));
    if (store && ph_file_kind(store) == PH_FILE_DIRECTORY) {
        PH_TRY(ph_walk_add(&walk, store, &options));
        PH_TRY(ph_loss_merge(losses, &walk.losses, true));
        PH_TRY(consider_all(best, &walk));
    }
    return drivers ? consider_all(best, &drivers->walk) : NULL;
}

/* ------------------------------------------------------------------ Linux */

struct releases {
    char *names[RELEASES_MOST];
    size_t count;
    const char *own;
};

static void releases_fini(struct releases *releases)
{
    for (size_t i = 0; i < releases->count; i++)
        ph_free(releases->names[i]);
}

static struct ph_error *take_release(void *context, const char *name, enum ph_file_kind kind)
{
    struct releases *releases = context;

    if (kind == PH_FILE_REGULAR || !strcmp(name, releases->own) || releases->count == RELEASES_MOST)
        return NULL;
    char *copied = ph_strdup(name);
    if (!copied)
        return ph_error_nomem();
    releases->names[releases->count++] = copied;
    return NULL;
}

/* The same module for one other kernel. */
static struct ph_error *search_release(struct best *best, const char *folder, const char *release,
                                       const char *own_release, struct ph_loss_list *losses)
{
    PH_GUARD(ph_walk_fini) struct ph_walk walk = {0};
    struct ph_walk_options options = {.recurse = true, .wanted = ph_is_module_name, .stay = true};
    ph_autofree char *path = ph_format("%s/%s", folder, release);
    ph_autofree char *wanted = ph_module_name(best->owner->path);

    if (!path || !wanted)
        return ph_error_nomem();
    if (ph_file_kind(path) != PH_FILE_DIRECTORY)
        return NULL;
    PH_TRY(ph_walk_add(&walk, path, &options));
    PH_TRY(ph_loss_merge(losses, &walk.losses, true));
    for (size_t i = 0; i < walk.count && !ph_interrupted(); i++) {
        ph_autofree char *name = ph_module_name(walk.files[i].path);
        if (!name)
            return ph_error_nomem();
        if (!strcmp(name, wanted))
            PH_TRY(consider(best, walk.files[i].path, release, own_release));
    }
    return NULL;
}

/* .../lib/modules/RELEASE/...: other kernels' modules lie beside RELEASE. */
static struct ph_error *search_linux(struct best *best, struct ph_loss_list *losses)
{
    static const char PLACE[] = "/lib/modules/";
    const char *path = best->owner->path, *place = NULL;
    PH_GUARD(releases_fini) struct releases releases = {0};

    for (const char *at = strstr(path, PLACE); at; at = strstr(at + 1, PLACE))
        place = at;
    const char *start = place ? place + sizeof(PLACE) - 1 : NULL;
    const char *end = start ? strchr(start, '/') : NULL;
    if (!end)
        return NULL;
    ph_autofree char *folder = ph_memdup(path, (size_t)(start - path) - 1);
    ph_autofree char *own = ph_memdup(start, (size_t)(end - start));
    if (!folder || !own)
        return ph_error_nomem();
    releases.own = own;
    struct ph_error *error = ph_list_directory(folder, take_release, &releases);
    if (error && error->code != PH_ERR_NOMEM) {
        struct ph_error *second = ph_loss_add(losses, 1, "%s", error->text);
        ph_error_free(error);
        return second;
    }
    PH_TRY(error);
    for (size_t i = 0; i < releases.count; i++)
        PH_TRY(search_release(best, folder, releases.names[i], own, losses));
    return NULL;
}

struct ph_error *ph_who_find_newer(const struct ph_identifier *identifier,
                                   const struct ph_drivers *drivers, struct ph_owner *owner,
                                   struct ph_loss_list *losses)
{
    PH_GUARD(best_fini) struct best best = {.identifier = identifier, .owner = owner};
    bool module = owner->identity.format == PH_FORMAT_ELF;
    const char *mine = module ? owner->identity.module.version : ph_who_version(&owner->identity);
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    PH_TRY(module ? search_linux(&best, losses) : search_windows(&best, drivers, losses));
    if (!best.path)
        return NULL;
    ph_text_puts(&text, best.path);
    if (best.version)
        ph_text_printf(&text, ", version %s", best.version);
    if (best.release)
        ph_text_printf(&text, ", for kernel %s", best.release);
    if (mine)
        ph_text_printf(&text, " (this one is %s)", mine);
    PH_TRY(ph_text_check(&text));
    owner->newer = ph_memdup(text.data, text.size);
    return owner->newer ? NULL : ph_error_nomem();
}
