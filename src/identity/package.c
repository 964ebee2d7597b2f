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

/* True when `longer` is `shorter` below /usr: /lib and /usr/lib are one folder now. */
static bool is_below_usr(struct ph_slice longer, struct ph_slice shorter)
{
    return ph_slice_starts(longer, "/usr/lib/") && longer.size == shorter.size + 4 &&
           !memcmp(longer.data + 4, shorter.data, shorter.size);
}

/* True when the list of a package's files names the path. */
static bool lists(struct ph_slice list, const char *path)
{
    struct ph_reader reader = ph_reader_of("list", list.data, list.size);
    struct ph_slice line, wanted = ph_slice_of(path);

    while (ph_reader_line(&reader, &line))
        if (ph_slice_is(line, path) || is_below_usr(line, wanted) || is_below_usr(wanted, line))
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

/* The kernel's release in "/lib/modules/<release>/..."; empty = the file lies elsewhere. */
static struct ph_slice release_in(const char *path)
{
    const char *modules = strstr(path, "/lib/modules/");
    const char *start = modules ? modules + 13 : "";
    const char *end = strchr(start, '/');

    return (struct ph_slice){start, end ? (size_t)(end - start) : 0};
}

/* Packages that kernels' modules usually come from: asked before all the others. */
static struct ph_error *ask_kernels(struct search *search)
{
    static const char *const FORMS[] = {"linux-image-%s.list", "linux-modules-%s.list",
                                        "linux-image-%s-unsigned.list",
                                        "linux-modules-extra-%s.list"};
    struct ph_slice release = release_in(search->path);

    if (!release.size)
        return NULL;
    for (size_t i = 0; !search->package && i < sizeof(FORMS) / sizeof(FORMS[0]); i++) {
        PH_GUARD(ph_text_fini) struct ph_text name = {0};
        const char *place = strstr(FORMS[i], "%s");
        ph_text_add(&name, FORMS[i], (size_t)(place - FORMS[i]));
        ph_text_add(&name, release.data, release.size);
        ph_text_puts(&name, place + 2);
        PH_TRY(ph_text_check(&name));
        PH_TRY(look_into(search, name.data));
    }
    return NULL;
}

static struct ph_error *take_dpkg(struct search *search, struct ph_package *package)
{
    PH_GUARD(ph_text_fini) struct ph_text status = {0};
    ph_autofree char *path = ph_format("%s/var/lib/dpkg/status", search->root);

    if (!path)
        return ph_error_nomem();
    package->name = ph_steal(search->package);
    PH_TRY(read_maybe(path, STATUS_MOST, &status));
    return ph_package_status((struct ph_slice){status.data ? status.data : "", status.size},
                             package->name, package);
}

/* `all`: reads the lists of all packages; otherwise only of those that kernels come in. */
static struct ph_error *ask_dpkg(const char *root, const char *path, bool all,
                                 struct ph_package *package)
{
    struct search search = {.root = root, .path = path};
    ph_autofree char *info = ph_format("%s/var/lib/dpkg/info", root);
    struct ph_error *error = NULL;

    if (!info)
        return ph_error_nomem();
    if (ph_file_kind(info) != PH_FILE_DIRECTORY)
        return NULL;
    if (!all)
        error = ask_kernels(&search);
    else
        error = ph_list_directory(info, look_at, &search);
    if (!error && search.package)
        error = take_dpkg(&search, package);
    ph_free(search.package);
    if (error && error->code == PH_ERR_NOMEM)
        return error;
    ph_error_free(error);
    return NULL;
}

/* ------------------------------------------------------------------ DKMS
 *
 * <name>/<version>/<kernel release>/<architecture>/module/<module>.ko[.xz] is what was built, and
 * <name>/<version>/source/dkms.conf names the modules. Source: dkms(8). */

struct dkms {
    const char *root, *module;
    char *release; /* of the kernel that the module is for; NULL = unknown */
    char *name, *version;
    bool found;
    const char *folder, *at; /* being looked into: source and version */
};

static void dkms_fini(struct dkms *dkms)
{
    ph_free(dkms->release);
    ph_free(dkms->name);
    ph_free(dkms->version);
}

/* `-` and `_` are the same in names of modules. */
static bool same_module(struct ph_slice a, const char *b)
{
    size_t i = 0;

    for (; i < a.size && b[i]; i++)
        if ((a.data[i] == '-' ? '_' : a.data[i]) != (b[i] == '-' ? '_' : b[i]))
            return false;
    return i == a.size && !b[i];
}

/* BUILT_MODULE_NAME[0]="name" in dkms.conf; source: dkms(8). */
static bool builds(struct ph_slice text, const char *module)
{
    struct ph_reader reader = ph_reader_of("dkms.conf", text.data, text.size);
    struct ph_slice line;

    while (ph_reader_line(&reader, &line)) {
        line = ph_slice_trim(line);
        const char *equal = line.size ? memchr(line.data, '=', line.size) : NULL;
        if (!equal || !ph_slice_starts(line, "BUILT_MODULE_NAME"))
            continue;
        struct ph_slice value = {equal + 1, line.size - (size_t)(equal + 1 - line.data)};
        if (value.size && (value.data[0] == '"' || value.data[0] == '\''))
            value = (struct ph_slice){value.data + 1, value.size - 1};
        if (value.size && strchr("\"'", value.data[value.size - 1]))
            value.size--;
        if (same_module(value, module))
            return true;
    }
    return false;
}

/* "night-owl.ko.xz" is the file of night_owl. */
static struct ph_error *look_at_built(void *context, const char *name, enum ph_file_kind kind)
{
    struct dkms *dkms = context;
    const char *end = strstr(name, ".ko");

    (void)kind;
    dkms->found = dkms->found ||
                  (end && same_module((struct ph_slice){name, (size_t)(end - name)}, dkms->module));
    return NULL;
}

/* A folder that need not be there. */
static struct ph_error *list_maybe(const char *path,
                                   struct ph_error *(*visit)(void *context, const char *name,
                                                             enum ph_file_kind kind),
                                   struct dkms *dkms)
{
    struct ph_error *error = path ? ph_list_directory(path, visit, dkms) : ph_error_nomem();

    if (error && error->code == PH_ERR_NOMEM)
        return error;
    ph_error_free(error);
    return NULL;
}

static struct ph_error *look_at_architecture(void *context, const char *name,
                                             enum ph_file_kind kind)
{
    struct dkms *dkms = context;

    if (kind != PH_FILE_DIRECTORY)
        return NULL;
    ph_autofree char *path = ph_format("%s/var/lib/dkms/%s/%s/%s/%s/module", dkms->root,
                                       dkms->folder, dkms->at, dkms->release, name);
    return list_maybe(path, look_at_built, dkms);
}

/* The version that was built for the module's kernel. Of a module that lies elsewhere the first
 * version whose configuration names it. */
static struct ph_error *look_at_version(void *context, const char *name, enum ph_file_kind kind)
{
    struct dkms *dkms = context;
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    if (dkms->found || kind != PH_FILE_DIRECTORY)
        return NULL;
    ph_autofree char *path = ph_format("%s/var/lib/dkms/%s/%s/%s", dkms->root, dkms->folder, name,
                                       dkms->release ? dkms->release : "source/dkms.conf");
    if (!path)
        return ph_error_nomem();
    dkms->at = name;
    if (dkms->release) {
        PH_TRY(list_maybe(path, look_at_architecture, dkms));
    } else {
        PH_TRY(read_maybe(path, 1 << 20, &text));
        dkms->found =
            same_module(ph_slice_of(dkms->folder), dkms->module) ||
            builds((struct ph_slice){text.data ? text.data : "", text.size}, dkms->module);
    }
    if (!dkms->found)
        return NULL;
    PH_TRY(copy(ph_slice_of(dkms->folder), &dkms->name));
    return copy(ph_slice_of(name), &dkms->version);
}

static struct ph_error *look_at_source(void *context, const char *name, enum ph_file_kind kind)
{
    struct dkms *dkms = context;

    if (dkms->found || kind != PH_FILE_DIRECTORY)
        return NULL;
    ph_autofree char *path = ph_format("%s/var/lib/dkms/%s", dkms->root, name);
    dkms->folder = name;
    return list_maybe(path, look_at_version, dkms);
}

static struct ph_error *ask_dkms(const char *root, const char *path, const char *module,
                                 struct ph_package *package)
{
    PH_GUARD(dkms_fini) struct dkms dkms = {.root = root, .module = module};
    ph_autofree char *folder = ph_format("%s/var/lib/dkms", root);

    if (!folder)
        return ph_error_nomem();
    if (!module || ph_file_kind(folder) != PH_FILE_DIRECTORY)
        return NULL;
    struct ph_slice release = release_in(path);
    if (release.size)
        PH_TRY(copy(release, &dkms.release));
    PH_TRY(list_maybe(folder, look_at_source, &dkms));
    if (!dkms.name || !dkms.version)
        return NULL;
    package->name = ph_format("%s (DKMS)", dkms.name);
    if (!package->name)
        return ph_error_nomem();
    package->version = ph_steal(dkms.version);
    return NULL;
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

    PH_TRY(ask_dpkg(root, path, false, &found));
    if (!found.name && module)
        PH_TRY(ask_dkms(root, path, module, &found));
    if (!found.name)
        PH_TRY(ask_dpkg(root, path, true, &found));
    if (!found.name && live && path[0] == '/')
        PH_TRY(ask_rpm(path, &found));
    *package = found;
    found = (struct ph_package){0};
    return NULL;
}
