#include "app/identify_files.h"

#include <string.h>
#include <strings.h>

#include "app/walk.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/parallel.h"
#include "base/path.h"
#include "identity/identify.h"
#include "identity/system_trust.h"
#include "image/elf.h"
#include "image/pe.h"
#include "image/pe_hash.h"
#include "owner/linux/kcaches.h"
#include "owner/tagscan/tagscan.h"

enum {
    FILE_MOST = 512 << 20,
    CATALOG_MOST = 64 << 20,
    ROOTS_MOST = 16 << 20,
    CATALOGS_MOST = 20000,
    SYMBOLS_MOST = 1 << 18,
    ALLOCATORS_MOST = 256
};

/* Where Linux distributions keep the certificates of authorities, all in one file. Windows is asked
 * for its own. */
static const char *const SYSTEM_ROOTS[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
};

struct ph_identifier {
    struct ph_trust_store *store;
    struct ph_catalogs *catalogs;
    size_t catalog_files;
    struct ph_table known_catalogs; /* paths */
    struct ph_module_context module;
    char *tree, *certificate;
    bool ask_system; /* what it says of files; not of evidence from another machine */
    bool own_roots;  /* the user named some */
    struct ph_loss_list losses;
};

bool ph_trust_is_good(enum ph_trust trust)
{
    return trust <= PH_TRUST_UNANCHORED;
}

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), size = strlen(end);

    return length > size && !strcasecmp(name + length - size, end);
}

/* ------------------------------------------------------------------ roots */

static struct ph_error *add_root_file(struct ph_identifier *identifier, const char *path)
{
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0};

    PH_TRY(ph_read_file(path, ROOTS_MOST, &bytes));
    return ph_trust_store_add(identifier->store, path, (struct ph_slice){bytes.data, bytes.size});
}

/* A folder may hold other things than certificates: those are losses. */
static struct ph_error *add_roots(struct ph_identifier *identifier, const char *path)
{
    PH_GUARD(ph_walk_fini) struct ph_walk walk = {0};
    struct ph_walk_options options = {.recurse = false};

    if (ph_file_kind(path) != PH_FILE_DIRECTORY)
        return add_root_file(identifier, path);
    PH_TRY(ph_walk_add(&walk, path, &options));
    for (size_t i = 0; i < walk.count; i++)
        PH_TRY(ph_loss_error(&identifier->losses, add_root_file(identifier, walk.files[i].path)));
    return ph_loss_merge(&identifier->losses, &walk.losses, false);
}

static struct ph_error *add_system_roots(struct ph_identifier *identifier)
{
    if (ph_on_windows()) /* where anybody may make a folder of such a name */
        return ph_loss_error(&identifier->losses, ph_system_trust_roots(identifier->store));
    for (size_t i = 0; i < sizeof(SYSTEM_ROOTS) / sizeof(SYSTEM_ROOTS[0]); i++)
        if (ph_file_kind(SYSTEM_ROOTS[i]) == PH_FILE_REGULAR)
            return ph_loss_error(&identifier->losses, add_root_file(identifier, SYSTEM_ROOTS[i]));
    return NULL;
}

/* ------------------------------------------------------------------ catalogs */

static bool is_catalog_name(const char *name)
{
    return ends_with(name, ".cat");
}

static struct ph_error *add_catalog(struct ph_identifier *identifier, const char *path)
{
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0};
    uint32_t value;

    if (ph_table_find(&identifier->known_catalogs, ph_slice_of(path), &value))
        return NULL;
    PH_TRY(ph_table_put(&identifier->known_catalogs, ph_slice_of(path), 1));
    if (++identifier->catalog_files > CATALOGS_MOST)
        return ph_loss_add(&identifier->losses, 1, "security catalogs: more than %d, not all read",
                           CATALOGS_MOST);
    PH_TRY(ph_read_file(path, CATALOG_MOST, &bytes));
    return ph_catalogs_add(identifier->catalogs, path, (struct ph_slice){bytes.data, bytes.size});
}

static struct ph_error *add_catalog_folder(struct ph_identifier *identifier, const char *path,
                                           bool recurse)
{
    PH_GUARD(ph_walk_fini) struct ph_walk walk = {0};
    struct ph_walk_options options = {.recurse = recurse, .wanted = is_catalog_name};

    PH_TRY(ph_walk_add(&walk, path, &options));
    for (size_t i = 0; i < walk.count; i++)
        PH_TRY(ph_loss_error(&identifier->losses, add_catalog(identifier, walk.files[i].path)));
    return ph_loss_merge(&identifier->losses, &walk.losses, false);
}

/* A given catalog must be one; what is only found beside drivers may be anything. */
static struct ph_error *add_given_catalogs(struct ph_identifier *identifier, const char *path)
{
    if (ph_file_kind(path) == PH_FILE_DIRECTORY)
        return add_catalog_folder(identifier, path, true);
    return add_catalog(identifier, path);
}

/* .../System32/drivers/x.sys: the catalogs of that Windows lie in .../System32/CatRoot. The system
 * that runs looks into its own by itself, and knows where: there may be thousands. */
static struct ph_error *add_catroot(struct ph_identifier *identifier, const char *path)
{
    for (const char *at = path; *at; at++) {
        if (!ph_path_continues(at, "/system32/"))
            continue;
        static const char *const NAMES[] = {"CatRoot", "catroot"};
        for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
            ph_autofree char *folder = ph_format("%.*s%s", (int)(at - path) + 10, path, NAMES[i]);
            if (!folder)
                return ph_error_nomem();
            if (identifier->ask_system && ph_system_trust_keeps(folder))
                return NULL;
            if (ph_file_kind(folder) == PH_FILE_DIRECTORY)
                return add_catalog_folder(identifier, folder, true);
        }
    }
    return NULL;
}

struct ph_error *ph_identifier_catalogs_near(struct ph_identifier *identifier, const char *path)
{
    bool is_folder = ph_file_kind(path) == PH_FILE_DIRECTORY;
    ph_autofree char *folder = is_folder ? ph_strdup(path) : ph_path_folder(path);
    uint32_t value;

    if (!folder)
        return ph_error_nomem();
    if (ph_table_find(&identifier->known_catalogs, ph_slice_of(folder), &value))
        return NULL;
    PH_TRY(ph_table_put(&identifier->known_catalogs, ph_slice_of(folder), 1));
    PH_TRY(ph_loss_error(&identifier->losses, add_catalog_folder(identifier, folder, false)));
    return ph_loss_error(&identifier->losses, add_catroot(identifier, path));
}

/* ------------------------------------------------------------------ opening */

static struct ph_error *open_all(const struct ph_identifier_options *options,
                                 struct ph_identifier *identifier)
{
    PH_TRY(ph_trust_store_new(&identifier->store));
    PH_TRY(ph_catalogs_new(&identifier->catalogs));
    identifier->tree = ph_strdup(options->tree ? options->tree : "");
    identifier->certificate = ph_strdup(options->certificate ? options->certificate : "");
    if (!identifier->tree || !identifier->certificate)
        return ph_error_nomem();
    identifier->module = (struct ph_module_context){
        .root = identifier->tree,
        .live = !options->tree,
        .certificate = options->certificate ? identifier->certificate : NULL,
    };
    identifier->ask_system = ph_system_trust_here() && !options->tree;
    identifier->own_roots = options->root_count > 0;
    PH_TRY(add_system_roots(identifier));
    for (size_t i = 0; i < options->root_count; i++)
        PH_TRY(add_roots(identifier, options->roots[i]));
    for (size_t i = 0; i < options->catalog_count; i++)
        PH_TRY(add_given_catalogs(identifier, options->catalogs[i]));
    return NULL;
}

struct ph_error *ph_identifier_open(const struct ph_identifier_options *options,
                                    struct ph_identifier **identifier)
{
    PH_GUARD(ph_identifier_closep) struct ph_identifier *fresh = ph_zalloc(1, sizeof(*fresh));

    if (!fresh)
        return ph_error_nomem();
    PH_TRY(open_all(options, fresh));
    *identifier = ph_steal(fresh);
    return NULL;
}

void ph_identifier_close(struct ph_identifier *identifier)
{
    if (!identifier)
        return;
    ph_trust_store_free(identifier->store);
    ph_catalogs_free(identifier->catalogs);
    ph_table_fini(&identifier->known_catalogs);
    ph_free(identifier->tree);
    ph_free(identifier->certificate);
    ph_loss_fini(&identifier->losses);
    ph_free(identifier);
}

void ph_identifier_closep(struct ph_identifier **identifier)
{
    ph_identifier_close(*identifier);
}

const struct ph_loss_list *ph_identifier_losses(const struct ph_identifier *identifier)
{
    return &identifier->losses;
}

/* ------------------------------------------------------------------ one file */

/* The imports that allocate, each once. */
static struct ph_error *list_allocators(const struct ph_pe_imports *imports, char **list)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    PH_GUARD(ph_table_fini) struct ph_table seen = {0};
    uint32_t value;

    for (size_t i = 0; i < imports->count; i++) {
        const struct ph_pe_import *import = &imports->items[i];
        if (!ph_is_allocator(import->dll, import->name) ||
            ph_table_find(&seen, import->name, &value))
            continue;
        PH_TRY(ph_table_put(&seen, import->name, 1));
        ph_text_puts(&text, text.size ? ", " : "");
        ph_text_add(&text, import->name.data, import->name.size);
    }
    PH_TRY(ph_text_check(&text));
    if (!text.size)
        return NULL;
    *list = ph_memdup(text.data, text.size);
    return *list ? NULL : ph_error_nomem();
}

/* The catalog that the system found: its members' signature is checked here, too. */
static struct ph_error *open_installed(const char *path, struct ph_catalogs **installed)
{
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0};

    PH_TRY(ph_read_file(path, CATALOG_MOST, &bytes));
    PH_TRY(ph_catalogs_new(installed));
    return ph_catalogs_add(*installed, path, (struct ph_slice){bytes.data, bytes.size});
}

static struct ph_error *check_signatures(const struct ph_identifier *identifier, const char *path,
                                         const struct ph_pe *pe, struct ph_identity *identity)
{
    PH_GUARD(ph_catalogs_freep) struct ph_catalogs *installed = NULL;
    const struct ph_digest_sum *const sums[] = {&identity->pe_sha256, &identity->pe_sha1};
    struct ph_system_verdict *system = &identity->system;

    if (identifier->ask_system)
        PH_TRY(
            ph_loss_error(&identity->losses,
                          ph_system_trust_ask(path, sums, sizeof(sums) / sizeof(sums[0]), system)));
    if (system->catalog)
        PH_TRY(ph_loss_error(&identity->losses, open_installed(system->catalog, &installed)));
    PH_TRY(ph_authenticode(pe, identifier->store, installed ? installed : identifier->catalogs,
                           identity));
    return system->asked ? ph_system_weigh(identity, identifier->own_roots) : NULL;
}

static struct ph_error *identify_pe(const struct ph_identifier *identifier, const char *path,
                                    struct ph_slice bytes, struct ph_identity *identity)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    PH_GUARD(ph_pe_imports_fini) struct ph_pe_imports imports = {0};
    struct ph_error *error = ph_pe_parse(path, bytes, &pe);

    if (error && error->code != PH_ERR_NOMEM) {
        identity->trust = PH_TRUST_UNCHECKED;
        return ph_loss_error(&identity->losses, error);
    }
    PH_TRY(error);
    PH_TRY(ph_identify_pe(&pe, identity));
    PH_TRY(ph_pe_imports(&pe, &imports));
    PH_TRY(ph_driver_kinds_of(&pe, &imports, &identity->kinds));
    PH_TRY(list_allocators(&imports, &identity->allocators));
    return check_signatures(identifier, path, &pe, identity);
}

/* The same for a Linux module: undefined symbols. */
static struct ph_error *list_kernel_allocators(const char *path, struct ph_slice bytes, char **list)
{
    PH_GUARD(ph_elf_fini) struct ph_elf elf = {0};
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    struct ph_elf_symbol symbol;
    size_t listed = 0;

    PH_TRY(ph_elf_parse(path, bytes, &elf));
    for (size_t i = 0;
         listed < ALLOCATORS_MOST && i < SYMBOLS_MOST && ph_elf_symbol(&elf, i, &symbol); i++)
        if (!symbol.section && ph_is_kernel_allocator(symbol.name)) {
            listed++;
            ph_text_puts(&text, text.size ? ", " : "");
            ph_text_add(&text, symbol.name.data, symbol.name.size);
        }
    PH_TRY(ph_text_check(&text));
    if (!text.size)
        return NULL;
    *list = ph_memdup(text.data, text.size);
    return *list ? NULL : ph_error_nomem();
}

static struct ph_error *identify_elf(const struct ph_identifier *identifier, const char *path,
                                     struct ph_slice bytes, struct ph_identity *identity)
{
    identity->format = PH_FORMAT_ELF;
    PH_TRY(ph_identify_module(bytes, path, &identifier->module, identity));
    return list_kernel_allocators(path, bytes, &identity->allocators);
}

static struct ph_error *identify_bytes(const struct ph_identifier *identifier, const char *path,
                                       struct ph_slice bytes, struct ph_identity *identity)
{
    PH_GUARD(ph_text_fini) struct ph_text unpacked = {0};

    if (ph_pe_probe(bytes)) {
        identity->format = PH_FORMAT_PE;
        return identify_pe(identifier, path, bytes, identity);
    }
    struct ph_error *error = ph_unpack(path, bytes, FILE_MOST, &unpacked);
    if (error)
        return ph_loss_error(&identity->losses, error);
    struct ph_slice plain = unpacked.size ? (struct ph_slice){unpacked.data, unpacked.size} : bytes;
    identity->trust = PH_TRUST_UNCHECKED;
    if (!ph_elf_probe(plain))
        return NULL;
    return ph_loss_error(&identity->losses, identify_elf(identifier, path, plain, identity));
}

/* Hashes of the file as it lies there, whatever it is. */
static struct ph_error *add_sums(struct ph_slice bytes, struct ph_identity *identity)
{
    static const enum ph_digest_kind KINDS[] = {PH_DIGEST_MD5, PH_DIGEST_SHA1, PH_DIGEST_SHA256};

    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
        if (!identity->sums[KINDS[i]].size)
            PH_TRY(ph_loss_error(&identity->losses,
                                 ph_digest(KINDS[i], &bytes, 1, &identity->sums[KINDS[i]])));
    if (identity->format != PH_FORMAT_PE) /* it has it already */
        identity->entropy = ph_entropy(bytes);
    return NULL;
}

struct ph_error *ph_identify_file(const struct ph_identifier *identifier, const char *path,
                                  struct ph_identity *identity)
{
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0};
    PH_GUARD(ph_identity_fini) struct ph_identity fresh = {.module = {.loaded = -1}};

    PH_TRY(ph_read_file(path, FILE_MOST, &bytes));
    struct ph_slice slice = {bytes.data, bytes.size};
    fresh.path = ph_strdup(path);
    if (!fresh.path)
        return ph_error_nomem();
    uint64_t size;
    fresh.size = bytes.size;
    if (!ph_file_facts(path, &size, &fresh.modified_ns))
        fresh.modified_ns = 0;
    PH_TRY(identify_bytes(identifier, path, slice, &fresh));
    PH_TRY(add_sums(slice, &fresh));
    *identity = fresh;
    fresh = (struct ph_identity){0};
    return NULL;
}

/* ------------------------------------------------------------------ all files */

struct run {
    const struct ph_identifier *identifier;
    const struct ph_identify_run *options;
    const struct ph_walk *walk;
    struct ph_identity *identities; /* one for each file */
    bool *kept;
    struct ph_loss_list *losses;
    struct ph_mutex *mutex;
    size_t done;
};

static bool keep(const struct ph_identify_run *options, const struct ph_identity *identity)
{
    if (options->executables && identity->format == PH_FORMAT_OTHER)
        return false;
    return !options->unsigned_only || !ph_trust_is_good(identity->trust);
}

static struct ph_error *identify_item(void *context, size_t item)
{
    struct run *run = context;
    const char *path = run->walk->files[item].path;

    struct ph_error *error = ph_identify_file(run->identifier, path, &run->identities[item]);
    run->kept[item] = !error && keep(run->options, &run->identities[item]);
    ph_mutex_lock(run->mutex);
    error = ph_loss_error(run->losses, error);
    run->done++;
    if (!error && run->options->progress)
        run->options->progress(run->options->context, run->done, run->walk->count, path);
    ph_mutex_unlock(run->mutex);
    return error;
}

static struct ph_error *collect(struct run *run, struct ph_identity_report *report)
{
    PH_TRY(ph_grow(&report->items, &report->capacity, run->walk->count, sizeof(*report->items)));
    for (size_t i = 0; i < run->walk->count; i++)
        if (run->kept[i]) {
            report->items[report->count++] = run->identities[i];
            run->identities[i] = (struct ph_identity){0};
        }
    report->looked_at = run->walk->count;
    if (ph_interrupted())
        return ph_loss_add(&report->losses, 0, "interrupted: not every file was read");
    return NULL;
}

struct ph_error *ph_identify_all(struct ph_identifier *identifier,
                                 const struct ph_identify_run *options,
                                 struct ph_identity_report *report)
{
    PH_GUARD(ph_walk_fini) struct ph_walk walk = {0};
    PH_GUARD(ph_mutex_freep) struct ph_mutex *mutex = NULL;
    struct ph_walk_options how = {.recurse = options->recurse};

    for (size_t i = 0; i < options->path_count; i++)
        PH_TRY(ph_walk_add(&walk, options->paths[i], &how));
    PH_TRY(ph_mutex_new(&mutex));
    for (size_t i = 0; i < walk.count; i++)
        PH_TRY(ph_identifier_catalogs_near(identifier, walk.files[i].path));
    PH_TRY(ph_loss_merge(&report->losses, &walk.losses, false));
    PH_TRY(ph_loss_merge(&report->losses, &identifier->losses, false));
    ph_autofree bool *kept = ph_zalloc(walk.count, sizeof(*kept));
    struct run run = {
        .identifier = identifier,
        .options = options,
        .walk = &walk,
        .identities = ph_zalloc(walk.count, sizeof(*run.identities)),
        .kept = kept,
        .losses = &report->losses,
        .mutex = mutex,
    };
    struct ph_error *error =
        kept && run.identities ? ph_parallel(walk.count, 0, identify_item, &run) : ph_error_nomem();
    if (!error)
        error = collect(&run, report);
    for (size_t i = 0; run.identities && i < walk.count; i++)
        ph_identity_fini(&run.identities[i]);
    ph_free(run.identities);
    return error;
}
