#include "app/who_linux.h"

#include <stdlib.h>
#include <string.h>

#include "app/who_linux_parts.h"
#include "app/who_parts.h"
#include "base/mem.h"
#include "base/os.h"
#include "image/elf.h"
#include "owner/linux/kcaches.h"

enum { PROC_MOST = 256 << 20, MODULE_MOST = 256 << 20, NAME_MOST = 256, LITERAL_LEAST = 4 };

/* ------------------------------------------------------------------ opening */

static struct ph_error *read_under(const struct ph_linux_owners *owners, const char *path,
                                   struct ph_text *out)
{
    ph_autofree char *whole = ph_format("%s%s", owners->root, path);

    return whole ? ph_read_file(whole, PROC_MOST, out) : ph_error_nomem();
}

static struct ph_error *find_release(struct ph_linux_owners *owners, bool live)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    struct ph_os_facts facts;

    if (live) {
        ph_os_facts(&facts);
        memcpy(owners->release, facts.release, sizeof(owners->release));
        return NULL;
    }
    struct ph_error *error = read_under(owners, "/proc/sys/kernel/osrelease", &text);
    if (error && error->code == PH_ERR_NOMEM)
        return error;
    ph_error_free(error); /* a saved tree may hold the modules of any kernel */
    struct ph_slice release = ph_slice_trim(ph_text_slice(&text));
    while (release.size && (unsigned char)release.data[release.size - 1] <= ' ')
        release.size--;
    if (release.size < sizeof(owners->release) && !memchr(release.data, '/', release.size))
        memcpy(owners->release, release.data, release.size);
    return NULL;
}

/* The modules of another kernel than the one that was read may be others. */
static struct ph_error *compare_release(struct ph_linux_owners *owners, const char *release)
{
    if (!release || !owners->release[0] || !strcmp(release, owners->release))
        return NULL;
    return ph_loss_add(&owners->losses, 0,
                       "the readings are of kernel %s, the modules that were looked at are those "
                       "of %s: give a saved tree of that machine (--root)",
                       release, owners->release);
}

static struct ph_error *open_all(const char *root, const char *release,
                                 struct ph_linux_owners *owners)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    owners->root = ph_strdup(root ? root : "");
    if (!owners->root)
        return ph_error_nomem();
    PH_TRY(ph_ksymbols_create(&owners->symbols));
    PH_TRY(find_release(owners, !root));
    PH_TRY(compare_release(owners, release));
    struct ph_error *error = read_under(owners, "/proc/modules", &text);
    if (error && error->code != PH_ERR_NOT_FOUND)
        return ph_loss_error(&owners->losses,
                             error); /* a kernel without modules has no such file */
    ph_error_free(error);
    owners->know_loaded = !error;
    PH_TRY(ph_ksymbols_take_modules(owners->symbols, ph_text_slice(&text), NULL));
    return ph_kmodules_parse(ph_text_slice(&text), &owners->loaded);
}

struct ph_error *ph_linux_owners_open(const char *root, const char *release,
                                      struct ph_linux_owners **owners)
{
    struct ph_linux_owners *fresh = ph_zalloc(1, sizeof(*fresh));

    if (!fresh)
        return ph_error_nomem();
    struct ph_error *error = open_all(root, release, fresh);
    if (error)
        ph_linux_owners_close(fresh);
    else
        *owners = fresh;
    return error;
}

void ph_linux_owners_close(struct ph_linux_owners *owners)
{
    if (!owners)
        return;
    ph_module_files_fini(&owners->files);
    ph_kmodules_fini(&owners->loaded);
    ph_ksymbols_destroy(owners->symbols);
    ph_loss_fini(&owners->losses);
    ph_free(owners->root);
    ph_free(owners);
}

static struct ph_error *list_files(struct ph_linux_owners *owners)
{
    if (owners->files_listed)
        return NULL;
    owners->files_listed = true;
    return ph_module_files_list(owners->root, owners->release, &owners->loaded, &owners->files,
                                &owners->losses);
}

/* ------------------------------------------------------------------ candidates */

static struct ph_owner *owner_named(struct ph_owner_report *report, const char *name)
{
    for (size_t i = 0; i < report->owner_count; i++)
        if (!strcmp(report->owners[i].name, name))
            return &report->owners[i];
    return NULL;
}

struct ph_error *ph_linux_owners_add(struct ph_linux_owners *owners, struct ph_slice module,
                                     enum ph_evidence evidence, const char *reason,
                                     struct ph_owner_report *report)
{
    ph_autofree char *name = ph_memdup(module.data, module.size);

    if (!name)
        return ph_error_nomem();
    struct ph_owner *owner = owner_named(report, name);
    if (owner && owner->evidence <= evidence)
        return NULL;
    if (!owner) {
        PH_TRY(ph_owner_report_owner(report, &owner));
        owner->name = ph_steal(name);
        PH_TRY(list_files(owners));
        const struct ph_module_file *file = ph_module_files_named(&owners->files, module);
        owner->path = file ? ph_strdup(file->path) : NULL;
        if (file && !owner->path)
            return ph_error_nomem();
        owner->loaded =
            owners->know_loaded ? ph_kmodules_named(&owners->loaded, module) != NULL : -1;
    }
    owner->evidence = evidence;
    ph_free(owner->reason);
    owner->reason = ph_strdup(reason);
    return owner->reason ? NULL : ph_error_nomem();
}

/* ------------------------------------------------------------------ caches in module files */

struct cache_search {
    struct ph_linux_owners *owners;
    const struct ph_linux_question *question;
    const struct ph_module_file *file;
    struct ph_owner_report *report;
};

/* The tag itself, or one of the other names of a merged cache. */
static bool fits(const struct ph_linux_question *question, struct ph_slice format)
{
    struct ph_slice rest = ph_slice_of(question->aliases ? question->aliases : ""), word;

    if (ph_kcache_fits(format, question->tag))
        return true;
    while (ph_slice_word(&rest, &word))
        if (ph_kcache_fits(format, word))
            return true;
    return false;
}

static struct ph_error *take_cache(void *context, const struct ph_kcache *cache)
{
    struct cache_search *search = context;
    PH_GUARD(ph_text_fini) struct ph_text reason = {0};

    if (!fits(search->question, cache->name))
        return NULL;
    ph_text_printf(&reason,
                   cache->made ? "has the format '%.*s' where it makes names for %.*s"
                               : "creates the cache '%.*s' by %.*s",
                   (int)cache->name.size, cache->name.data, (int)cache->routine.size,
                   cache->routine.data);
    if (cache->function.size)
        ph_text_printf(&reason, " in %.*s", (int)cache->function.size, cache->function.data);
    PH_TRY(ph_text_check(&reason));
    /* "%s_%d" fits many names by chance */
    size_t literal = ph_kcache_literal(cache->name);
    bool certain = cache->certain && (literal == cache->name.size || literal >= LITERAL_LEAST);
    enum ph_evidence evidence = cache->made ? PH_EVIDENCE_TEXT
                                : certain   ? PH_EVIDENCE_SITE
                                            : PH_EVIDENCE_DATA;
    return ph_linux_owners_add(search->owners, ph_slice_of(search->file->name), evidence,
                               reason.data, search->report);
}

static struct ph_error *look_into(struct cache_search *search)
{
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0};
    PH_GUARD(ph_text_fini) struct ph_text unpacked = {0};
    PH_GUARD(ph_elf_fini) struct ph_elf elf = {0};
    const char *path = search->file->path;
    size_t unresolved = 0;

    PH_TRY(ph_read_file(path, MODULE_MOST, &bytes));
    PH_TRY(ph_unpack(path, ph_text_slice(&bytes), MODULE_MOST, &unpacked));
    PH_TRY(ph_elf_parse(path, ph_text_slice(unpacked.size ? &unpacked : &bytes), &elf));
    search->report->drivers++;
    PH_TRY(ph_kcaches_of(&elf, take_cache, search, &unresolved));
    search->report->doubtful += unresolved != 0;
    return NULL;
}

/* Only what is loaded can hold memory; where that is not known, all are looked at. So they are when
 * somebody asks for a name and nothing was found: it may be of a module that was loaded before. A
 * hunt asks for many caches of the kernel's own, and reading thousands of modules each time would
 * take minutes. */
static struct ph_error *search_caches(struct ph_linux_owners *owners,
                                      const struct ph_linux_question *question,
                                      struct ph_owner_report *report)
{
    PH_TRY(list_files(owners));
    report->files = owners->files.count;
    unsigned rounds = question->cache && owners->know_loaded ? 1 : 2;
    for (unsigned round = 0; round < rounds && !report->owner_count; round++)
        for (size_t i = 0; i < owners->files.count && !ph_interrupted(); i++) {
            struct cache_search search = {owners, question, &owners->files.items[i], report};
            if (owners->files.items[i].loaded == !round)
                PH_TRY(ph_loss_error(&owners->losses, look_into(&search)));
        }
    if (ph_interrupted())
        return ph_loss_add(&owners->losses, 0, "interrupted: not every module was read");
    return NULL;
}

/* ------------------------------------------------------------------ symbols and addresses */

struct ph_error *ph_linux_owners_symbols(struct ph_linux_owners *owners)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    if (owners->symbols_read)
        return NULL;
    owners->symbols_read = true;
    PH_TRY(ph_loss_error(&owners->losses, read_under(owners, "/proc/kallsyms", &text)));
    return ph_ksymbols_take_kallsyms(owners->symbols, ph_text_slice(&text));
}

struct symbol_search {
    struct ph_linux_owners *owners;
    struct ph_slice function;
    struct ph_owner_report *report;
};

/* The kernel's own functions allocate for whoever called them. */
static struct ph_error *kernel_symbol(struct ph_slice function, struct ph_owner_report *report)
{
    struct ph_tag_meaning *meaning;

    PH_TRY(ph_owner_report_meaning(report, &meaning));
    meaning->on_behalf = true;
    meaning->component = ph_strdup("kernel");
    meaning->meaning =
        ph_format("the function %.*s is the kernel's own", (int)function.size, function.data);
    meaning->check =
        ph_strdup("who calls it: poolhound trace --stacks, or slub_debug=U on the kernel's "
                  "command line and /sys/kernel/debug/slab");
    return meaning->component && meaning->meaning && meaning->check ? NULL : ph_error_nomem();
}

static struct ph_error *take_symbol(void *context, uint64_t address, const char *module)
{
    struct symbol_search *search = context;

    (void)address;
    if (!module)
        return search->report->meaning_count ? NULL
                                             : kernel_symbol(search->function, search->report);
    ph_autofree char *reason = ph_format("the function %.*s is this module's",
                                         (int)search->function.size, search->function.data);
    if (!reason)
        return ph_error_nomem();
    return ph_linux_owners_add(search->owners, ph_slice_of(module), PH_EVIDENCE_SITE, reason,
                               search->report);
}

/* `function`, `function+0x12/0x34`, or allocinfo's `file:line func:function`. */
static struct ph_slice function_of(struct ph_slice tag)
{
    static const char KEY[] = "func:";

    for (size_t i = 0; i + sizeof(KEY) - 1 < tag.size; i++)
        if (!memcmp(tag.data + i, KEY, sizeof(KEY) - 1)) {
            tag.data += i + sizeof(KEY) - 1;
            tag.size -= i + sizeof(KEY) - 1;
            break;
        }
    for (size_t i = 0; i < tag.size; i++)
        if (tag.data[i] == '+' || tag.data[i] == ' ' || tag.data[i] == '[')
            tag.size = i;
    return tag;
}

/* 0xffffffffc0001234, as a trace or a dump shows it. */
static bool address_of(struct ph_slice tag, uint64_t *address)
{
    char text[32], *end;

    if (tag.size < 10 || tag.size >= sizeof(text) || !ph_slice_starts(tag, "0x"))
        return false;
    memcpy(text, tag.data, tag.size);
    text[tag.size] = 0;
    *address = strtoull(text, &end, 16);
    return !*end && *address >> 63;
}

static struct ph_error *by_address(struct ph_linux_owners *owners, uint64_t address,
                                   struct ph_owner_report *report)
{
    PH_GUARD(ph_place_fini) struct ph_place place = {0};

    PH_TRY(ph_linux_owners_symbols(owners));
    PH_TRY(ph_ksymbols_place(owners->symbols, address, &place));
    if (place.function) {
        struct symbol_search search = {owners, ph_slice_of(place.function), report};
        return take_symbol(&search, address, place.module);
    }
    if (place.module)
        return ph_linux_owners_add(owners, ph_slice_of(place.module), PH_EVIDENCE_SITE,
                                   "the address lies in this module", report);
    if (owners->loaded.hidden || ph_ksymbols_hidden(owners->symbols))
        return ph_loss_add(&owners->losses, 1,
                           "addresses of modules and symbols are hidden: needs root");
    return NULL;
}

/* The `[module]` of `function+0x12/0x34 [module]` and `file:line [module] func:function`. */
static bool bracketed(struct ph_slice tag, struct ph_slice *module)
{
    struct ph_slice word;

    while (ph_slice_word(&tag, &word))
        if (word.size > 2 && word.data[0] == '[' && word.data[word.size - 1] == ']') {
            *module = (struct ph_slice){word.data + 1, word.size - 2};
            return true;
        }
    return false;
}

/* Nothing but the name: of a module that is not here, built in, or makes the name in a way that is
 * not understood. */
static struct ph_error *by_name(struct ph_linux_owners *owners, struct ph_slice tag,
                                struct ph_owner_report *report)
{
    bool built_in = false;

    PH_TRY(list_files(owners));
    struct ph_slice module = ph_module_files_like(&owners->files, &owners->loaded, tag, &built_in);
    if (!module.size)
        return NULL;
    PH_TRY(ph_linux_owners_add(
        owners, module, PH_EVIDENCE_TEXT,
        built_in ? "the cache's name begins with that of this module, which is built into "
                   "the kernel"
                 : "the cache's name begins with that of this module",
        report));
    if (built_in)
        report->owners[report->owner_count - 1].loaded = 1;
    return NULL;
}

struct ph_error *ph_linux_owners_find(struct ph_linux_owners *owners,
                                      const struct ph_linux_question *question,
                                      struct ph_owner_report *report)
{
    struct ph_slice module;
    uint64_t address;

    if (question->module)
        PH_TRY(ph_linux_owners_add(
            owners, ph_slice_of(question->module), PH_EVIDENCE_SITE,
            "the kernel counts this memory by call site, and the site is this module's", report));
    else if (bracketed(question->tag, &module))
        PH_TRY(ph_linux_owners_add(owners, module, PH_EVIDENCE_SITE,
                                   "the call site is this module's", report));
    else if (address_of(question->tag, &address))
        PH_TRY(by_address(owners, address, report));
    else if (!question->site) {
        PH_TRY(search_caches(owners, question, report));
        PH_TRY(ph_linux_owners_evidence(owners, question, report));
    }
    if (!report->owner_count && !question->cache && question->tag.size < NAME_MOST) {
        struct symbol_search search = {owners, function_of(question->tag), report};
        PH_TRY(ph_linux_owners_symbols(owners));
        PH_TRY(ph_ksymbols_named(owners->symbols, search.function, take_symbol, &search));
    }
    if (!report->owner_count && !question->site)
        PH_TRY(by_name(owners, question->tag, report));
    return ph_loss_merge(&report->losses, &owners->losses, true);
}
