#include "identity/package.h"

#include <string.h>

#include "base/mem.h"
#include "base/os.h"
#include "base/run.h"

enum { STATUS_MOST = 64 << 20, LIST_MOST = 64 << 20, RPM_MOST = 4096 };

void ph_package_fini(struct ph_package *package)
{
    ph_free(package->name);
    ph_free(package->version);
    ph_free(package->maintainer);
    *package = (struct ph_package){0};
}

static struct ph_error *copy(struct ph_slice text, char **to)
{
    ph_free(*to);
    *to = ph_memdup(text.data, text.size);
    return *to ? NULL : ph_error_nomem();
}

/* Reads a file that need not be there. */
static struct ph_error *read_maybe(const char *path, size_t limit, struct ph_text *out)
{
    ph_text_clear(out);
    if (ph_file_kind(path) != PH_FILE_REGULAR)
        return NULL;
    struct ph_error *error = ph_read_file(path, limit, out);
    if (error && error->code == PH_ERR_NOMEM)
        return error;
    if (error)
        ph_text_clear(out);
    ph_error_free(error);
    return NULL;
}

/* ------------------------------------------------------------------ dpkg */

static bool field(struct ph_slice line, const char *key, struct ph_slice *value)
{
    if (!ph_slice_starts(line, key))
        return false;
    size_t length = strlen(key);
    *value = ph_slice_trim((struct ph_slice){line.data + length, line.size - length});
    return true;
}

struct ph_error *ph_package_status(struct ph_slice status, const char *name,
                                   struct ph_package *package)
{
    struct ph_reader reader = ph_reader_of("status", status.data, status.size);
    struct ph_slice line, value;
    bool ours = false;

    while (ph_reader_line(&reader, &line)) {
        if (field(line, "Package:", &value)) {
            if (ours)
                return NULL;
            ours = ph_slice_is(value, name);
        } else if (ours && field(line, "Version:", &value)) {
            PH_TRY(copy(value, &package->version));
        } else if (ours && field(line, "Maintainer:", &value)) {
            PH_TRY(copy(value, &package->maintainer));
        }
    }
    return NULL;
}

/* True when the list of a package's files names the path; /lib and /usr/lib are one folder now. */
static bool lists(struct ph_slice list, const char *path)
{
    const char *other = !strncmp(path, "/usr/lib/", 9) ? path + 4 : NULL;
    ph_autofree char *longer = !strncmp(path, "/lib/", 5) ? ph_format("/usr%s", path) : NULL;
    struct ph_reader reader = ph_reader_of("list", list.data, list.size);
    struct ph_slice line;

    while (ph_reader_line(&reader, &line))
        if (ph_slice_is(line, path) || (other && ph_slice_is(line, other)) ||
            (longer && ph_slice_is(line, longer)))
            return true;
    return false;
}

struct search {
    const char *root, *path;
    char *package;
};

static struct ph_error *look_into(struct search *search, const char *name)
{
    PH_GUARD(ph_text_fini) struct ph_text list = {0};
    size_t length = strlen(name);
    ph_autofree char *path = ph_format("%s/var/lib/dpkg/info/%s", search->root, name);

    if (!path)
        return ph_error_nomem();
    PH_TRY(read_maybe(path, LIST_MOST, &list));
    if (!lists((struct ph_slice){list.data ? list.data : "", list.size}, search->path))
        return NULL;
    search->package = ph_memdup(name, length - 5); /* without .list */
    if (!search->package)
        return ph_error_nomem();
    char *architecture = strchr(search->package, ':');
    if (architecture)
        *architecture = 0;
    return NULL;
}

static struct ph_error *look_at(void *context, const char *name, enum ph_file_kind kind)
{
    struct search *search = context;
    size_t length = strlen(name);

    if (search->package || kind == PH_FILE_DIRECTORY || length < 6 ||
        strcmp(name + length - 5, ".list") != 0)
        return NULL;
    return look_into(search, name);
}

/* Packages that kernels' modules usually come from: asked before all the others. */
static struct ph_error *ask_kernels(struct search *search)
{
    static const char *const FORMS[] = {"linux-image-%s.list", "linux-modules-%s.list",
                                        "linux-image-%s-unsigned.list",
                                        "linux-modules-extra-%s.list"};
    const char *modules = strstr(search->path, "/modules/");
    const char *end = modules ? strchr(modules + 9, '/') : NULL;

    if (!end)
        return NULL;
    ph_autofree char *release = ph_memdup(modules + 9, (size_t)(end - modules - 9));
    if (!release)
        return ph_error_nomem();
    for (size_t i = 0; !search->package && i < sizeof(FORMS) / sizeof(FORMS[0]); i++) {
        PH_GUARD(ph_text_fini) struct ph_text name = {0};
        const char *place = strstr(FORMS[i], "%s");
        ph_text_add(&name, FORMS[i], (size_t)(place - FORMS[i]));
        ph_text_puts(&name, release);
        ph_text_puts(&name, place + 2);
        PH_TRY(ph_text_check(&name));
        PH_TRY(look_into(search, name.data));
    }
    return NULL;
}

static struct ph_error *ask_dpkg(const char *root, const char *path, struct ph_package *package)
{
    struct search search = {.root = root, .path = path};
    ph_autofree char *info = ph_format("%s/var/lib/dpkg/info", root);
    ph_autofree char *status_path = ph_format("%s/var/lib/dpkg/status", root);
    PH_GUARD(ph_text_fini) struct ph_text status = {0};

    if (!info || !status_path)
        return ph_error_nomem();
    if (ph_file_kind(info) != PH_FILE_DIRECTORY)
        return NULL;
    PH_TRY(ask_kernels(&search));
    if (!search.package) {
        struct ph_error *error = ph_list_directory(info, look_at, &search);
        if (error && error->code == PH_ERR_NOMEM)
            return error;
        ph_error_free(error);
    }
    if (!search.package)
        return NULL;
    package->name = search.package;
    PH_TRY(read_maybe(status_path, STATUS_MOST, &status));
    return ph_package_status((struct ph_slice){status.data ? status.data : "", status.size},
                             package->name, package);
}

/* ------------------------------------------------------------------ DKMS */

struct dkms {
    const char *root, *module;
    char *name, *version;
    const char *folder; /* being looked into */
};

static struct ph_error *look_at_version(void *context, const char *name, enum ph_file_kind kind)
{
    struct dkms *dkms = context;
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    if (dkms->name || kind != PH_FILE_DIRECTORY)
        return NULL;
    ph_autofree char *path =
        ph_format("%s/var/lib/dkms/%s/%s/source/dkms.conf", dkms->root, dkms->folder, name);
    if (!path)
        return ph_error_nomem();
    PH_TRY(read_maybe(path, 1 << 20, &text));
    if (strcmp(dkms->folder, dkms->module) != 0 && !(text.data && strstr(text.data, dkms->module)))
        return NULL;
    dkms->name = ph_strdup(dkms->folder);
    dkms->version = ph_strdup(name);
    return dkms->name && dkms->version ? NULL : ph_error_nomem();
}

static struct ph_error *look_at_source(void *context, const char *name, enum ph_file_kind kind)
{
    struct dkms *dkms = context;

    if (dkms->name || kind != PH_FILE_DIRECTORY)
        return NULL;
    ph_autofree char *path = ph_format("%s/var/lib/dkms/%s", dkms->root, name);
    if (!path)
        return ph_error_nomem();
    dkms->folder = name;
    struct ph_error *error = ph_list_directory(path, look_at_version, dkms);
    if (error && error->code == PH_ERR_NOMEM)
        return error;
    ph_error_free(error);
    return NULL;
}

static struct ph_error *ask_dkms(const char *root, const char *module, struct ph_package *package)
{
    struct dkms dkms = {.root = root, .module = module};
    ph_autofree char *folder = ph_format("%s/var/lib/dkms", root);

    if (!folder)
        return ph_error_nomem();
    if (ph_file_kind(folder) != PH_FILE_DIRECTORY)
        return NULL;
    struct ph_error *error = ph_list_directory(folder, look_at_source, &dkms);
    ph_autofree char *name = dkms.name;
    ph_autofree char *version = dkms.version;
    if (error && error->code == PH_ERR_NOMEM)
        return error;
    ph_error_free(error);
    if (!name || !version)
        return NULL;
    package->name = ph_format("%s (DKMS)", name);
    package->version = ph_steal(version);
    return package->name ? NULL : ph_error_nomem();
}

/* ------------------------------------------------------------------ rpm */

static struct ph_error *ask_rpm(const char *path, struct ph_package *package)
{
    static const char PROGRAM[] = "/usr/bin/rpm";
    const char *const command[] = {
        PROGRAM, "-qf", "--qf", "%{NAME}\\n%{VERSION}-%{RELEASE}\\n%{VENDOR}\\n", "--", path, NULL};
    PH_GUARD(ph_text_fini) struct ph_text output = {0};
    int status = -1;

    if (ph_file_kind(PROGRAM) != PH_FILE_REGULAR)
        return NULL;
    struct ph_error *error = ph_run(command, 5 * PH_SECOND, RPM_MOST, &output, &status);
    if (error && error->code == PH_ERR_NOMEM)
        return error;
    bool answered = !error && !status;
    ph_error_free(error);
    if (!answered)
        return NULL;
    char **const fields[] = {&package->name, &package->version, &package->maintainer};
    struct ph_reader reader = ph_reader_of("rpm", output.data, output.size);
    struct ph_slice line;
    for (size_t i = 0; i < 3 && ph_reader_line(&reader, &line); i++)
        PH_TRY(copy(line, fields[i]));
    return NULL;
}

struct ph_error *ph_package_of(const char *root, bool live, const char *path, const char *module,
                               struct ph_package *package)
{
    PH_GUARD(ph_package_fini) struct ph_package found = {0};

    PH_TRY(ask_dpkg(root, path, &found));
    if (!found.name && strstr(path, "/updates/"))
        PH_TRY(ask_dkms(root, module, &found));
    if (!found.name && live && path[0] == '/')
        PH_TRY(ask_rpm(path, &found));
    *package = found;
    found = (struct ph_package){0};
    return NULL;
}
