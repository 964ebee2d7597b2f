#include "app/gather_facts.h"

#include <string.h>
#include <strings.h>

#include "app/module_files.h"
#include "app/walk.h"
#include "app/windows_facts.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/path.h"
#include "base/sort.h"
#include "image/elf.h"
#include "image/pe.h"
#include "image/version.h"

enum { TEXT_MOST = 4 << 20, DRIVER_MOST = 128 << 20, FILES_MOST = 500, AUTHORS_MOST = 64 };

/* Drivers are read for a table of the report, which must not wait for them. */
#define FILES_TIME (10 * PH_SECOND)

struct gathering {
    const struct ph_facts_options *options;
    struct ph_facts *facts;
    const char *root; /* "" = live */
};

/* ------------------------------------------------------------------ small files */

/* A file below the root, or, where the root is itself a copy of /proc, below that. `there` is false
 * when it is missing or cannot be read. That is a loss; a missing file only when `unknown` says
 * what is not known without it. */
static struct ph_error *read_small(const struct gathering *gathering, const char *path,
                                   const char *unknown, struct ph_text *out, bool *there)
{
    static const char proc[] = "/proc/";
    ph_autofree char *full = ph_format("%s%s", gathering->root, path);

    *there = false;
    ph_text_clear(out);
    if (!full)
        return ph_error_nomem();
    if (ph_file_kind(full) != PH_FILE_REGULAR && *gathering->root &&
        !strncmp(path, proc, strlen(proc))) {
        ph_free(full);
        full = ph_format("%s/%s", gathering->root, path + strlen(proc));
        if (!full)
            return ph_error_nomem();
    }
    if (ph_file_kind(full) != PH_FILE_REGULAR)
        return unknown ? ph_loss_add(&gathering->facts->losses, 0, "%s%s: not there; %s",
                                     gathering->root, path, unknown)
                       : NULL;
    struct ph_error *error = ph_read_file(full, TEXT_MOST, out);
    *there = !error;
    return ph_loss_error(&gathering->facts->losses, error);
}

static struct ph_slice first_line(const struct ph_text *text)
{
    struct ph_slice line = ph_text_slice(text);

    line.size = strcspn(line.data, "\n") < line.size ? strcspn(line.data, "\n") : line.size;
    return ph_slice_trim(line);
}

static struct ph_error *keep(struct ph_slice text, char **to)
{
    ph_free(*to);
    *to = ph_memdup(text.data, text.size);
    return *to ? NULL : ph_error_nomem();
}

/* ------------------------------------------------------------------ the system */

/* PRETTY_NAME="Debian GNU/Linux 12 (bookworm)", os-release(5). */
static struct ph_error *read_os(struct gathering *gathering)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    bool there = false;

    PH_TRY(read_small(gathering, "/etc/os-release", NULL, &text, &there));
    if (!there)
        PH_TRY(read_small(gathering, "/usr/lib/os-release", "the name of the system is not known",
                          &text, &there));
    struct ph_reader reader = ph_reader_of("os-release", text.data, text.size);
    struct ph_slice line;
    while (there && ph_reader_line(&reader, &line)) {
        static const char key[] = "PRETTY_NAME=";
        if (!ph_slice_starts(line, key))
            continue;
        line = ph_slice_trim((struct ph_slice){line.data + strlen(key), line.size - strlen(key)});
        if (line.size >= 2 && (line.data[0] == '"' || line.data[0] == '\'') &&
            line.data[line.size - 1] == line.data[0])
            line = (struct ph_slice){line.data + 1, line.size - 2};
        return keep(line, &gathering->facts->os);
    }
    return NULL;
}

/* Bits of /proc/sys/kernel/tainted: Documentation/admin-guide/tainted-kernels.rst of the kernel. */
static const char *const taints[] = {
    "proprietary module",    "module loaded by force",
    "out of specification",  "module unloaded by force",
    "machine check",         "bad page",
    "by the user's request", "died before (oops or bug)",
    "ACPI table replaced",   "warning before",
    "staging driver",        "firmware workaround",
    "out-of-tree module",    "unsigned module",
    "soft lockup before",    "live patched",
    "by the distribution",   "structure randomization",
    "in-kernel test",        "firmware debugged (fwctl)",
};

static struct ph_error *read_taint(struct gathering *gathering)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    PH_GUARD(ph_text_fini) struct ph_text words = {0};
    uint64_t bits;
    bool there;

    PH_TRY(read_small(gathering, "/proc/sys/kernel/tainted", "taints of the kernel are not known",
                      &text, &there));
    if (!there || ph_parse_u64(first_line(&text), &bits) != PH_NUMBER_OK)
        return NULL;
    for (size_t i = 0; i < 64; i++) {
        if (!(bits >> i & 1))
            continue;
        ph_text_puts(&words, words.size ? ", " : "");
        if (i < sizeof(taints) / sizeof(taints[0]))
            ph_text_puts(&words, taints[i]);
        else
            ph_text_printf(&words, "bit %zu", i);
    }
    PH_TRY(ph_text_check(&words));
    return keep(ph_text_slice(&words), &gathering->facts->taint);
}

/* Of the kernel's command line only what changes how memory is counted or limited: the rest is
 * nobody's business. */
static struct ph_error *read_command(struct gathering *gathering)
{
    static const char *const wanted[] = {
        "slub_",
        "slab_",
        "slabs",
        "page_owner",
        "kmemleak",
        "debug_pagealloc",
        "mem=",
        "memmap=",
        "hugepages",
        "hugepagesz",
        "default_hugepagesz",
        "cgroup.memory",
        "cgroup_disable",
        "cgroup_enable",
        "swapaccount",
        "sysctl.vm.",
        "kasan",
        "kfence",
        "init_on_",
        "movablecore",
        "kernelcore",
        "cma=",
        "percpu_alloc",
        "vmalloc=",
        "transparent_hugepage",
        "numa",
    };
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    PH_GUARD(ph_text_fini) struct ph_text kept = {0};
    bool there;

    PH_TRY(read_small(gathering, "/proc/cmdline", "parameters of the boot are not known", &text,
                      &there));
    struct ph_slice rest = first_line(&text), word;
    while (ph_slice_word(&rest, &word))
        for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
            if (ph_slice_starts(word, wanted[i])) {
                ph_text_puts(&kept, kept.size ? " " : "");
                ph_text_add(&kept, word.data, word.size);
                break;
            }
    PH_TRY(ph_text_check(&kept));
    return there ? keep(ph_text_slice(&kept), &gathering->facts->command) : NULL;
}

/* "12345.67 ...": seconds. */
static struct ph_error *read_uptime(struct gathering *gathering)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    bool there;

    gathering->facts->uptime_ns = gathering->options->boottime_ns;
    if (gathering->facts->uptime_ns >= 0)
        return NULL;
    PH_TRY(
        read_small(gathering, "/proc/uptime", "the time since boot is not known", &text, &there));
    struct ph_slice rest = first_line(&text), word;
    if (!there || !ph_slice_word(&rest, &word))
        return NULL;
    const char *point = memchr(word.data, '.', word.size);
    word.size = point ? (size_t)(point - word.data) : word.size;
    uint64_t seconds;
    if (ph_parse_u64(word, &seconds) == PH_NUMBER_OK && seconds < INT64_MAX / PH_SECOND)
        gathering->facts->uptime_ns = (int64_t)seconds * PH_SECOND;
    return NULL;
}

/* ------------------------------------------------------------------ modules */

/* Letters as in /sys/module/NAME/taint; modules of the kernel's own tree have none, or C, K, N. */
static struct ph_error *module_note(const char *letters, struct ph_fact_driver *driver)
{
    static const struct {
        char letter;
        bool foreign;
        const char *meaning;
    } meanings[] = {
        {'P', true, "proprietary"}, {'O', true, "out of tree"},     {'E', true, "unsigned"},
        {'F', true, "forced"},      {'C', false, "staging"},        {'K', false, "live patch"},
        {'X', true, "auxiliary"},   {'N', false, "in-kernel test"},
    };
    PH_GUARD(ph_text_fini) struct ph_text words = {0};

    driver->from_tree = true;
    for (; *letters; letters++)
        for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
            if (meanings[i].letter == *letters) {
                ph_text_printf(&words, "%s%s", words.size ? ", " : "", meanings[i].meaning);
                driver->from_tree = driver->from_tree && !meanings[i].foreign;
            }
    PH_TRY(ph_text_check(&words));
    return words.size ? keep(ph_text_slice(&words), &driver->note) : NULL;
}

static struct ph_error *one_module(struct gathering *gathering, const struct ph_kmodule *module)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    ph_autofree char *path = ph_format("/sys/module/%s/version", module->name);
    struct ph_fact_driver *driver;
    bool there = false;

    if (!path)
        return ph_error_nomem();
    PH_TRY(ph_facts_driver(gathering->facts, &driver));
    driver->name = ph_strdup(module->name);
    if (!driver->name)
        return ph_error_nomem();
    driver->loaded = true;
    driver->bytes = module->size <= INT64_MAX ? (int64_t)module->size : -1;
    PH_TRY(module_note(module->taints, driver));
    if (!strchr(module->name, '/')) /* a saved file may hold any name */
        PH_TRY(read_small(gathering, path, NULL, &text, &there));
    return there && first_line(&text).size ? keep(first_line(&text), &driver->version) : NULL;
}

/* ------------------------------------------------------------------ authors of foreign modules */

static struct ph_error *read_author(const char *path, char **author)
{
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0};
    PH_GUARD(ph_text_fini) struct ph_text unpacked = {0};
    PH_GUARD(ph_elf_fini) struct ph_elf elf = {0};
    struct ph_slice found;

    PH_TRY(ph_read_file(path, DRIVER_MOST, &bytes));
    PH_TRY(ph_unpack(path, ph_text_slice(&bytes), DRIVER_MOST, &unpacked));
    PH_TRY(ph_elf_parse(path, ph_text_slice(unpacked.size ? &unpacked : &bytes), &elf));
    if (!ph_elf_modinfo(&elf, "author", 0, &found) || !ph_slice_trim(found).size)
        return NULL;
    return keep(ph_slice_trim(found), author);
}

/* The kernel whose modules these are; empty = any that lie there. */
static struct ph_error *find_release(struct gathering *gathering, struct ph_text *release)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    struct ph_os_facts system;
    bool there;

    if (!*gathering->root) {
        ph_os_facts(&system);
        ph_text_puts(release, system.release);
        return ph_text_check(release);
    }
    PH_TRY(read_small(gathering, "/proc/sys/kernel/osrelease", NULL, &text, &there));
    struct ph_slice line = first_line(&text);
    if (!memchr(line.data, '/', line.size)) /* a saved file may hold anything */
        ph_text_add(release, line.data, line.size);
    ph_text_puts(release, "");
    return ph_text_check(release);
}

/* Only foreign modules are worth opening their files: whose the others are, everybody knows. */
static struct ph_error *read_authors(struct gathering *gathering, const struct ph_kmodules *modules)
{
    PH_GUARD(ph_module_files_fini) struct ph_module_files files = {0};
    PH_GUARD(ph_text_fini) struct ph_text release = {0};
    struct ph_facts *facts = gathering->facts;
    int64_t start_ns = ph_boottime_ns();
    size_t foreign = 0, opened = 0;

    for (size_t i = 0; i < facts->driver_count; i++)
        foreign += !facts->drivers[i].from_tree;
    if (!foreign)
        return NULL;
    PH_TRY(find_release(gathering, &release));
    PH_TRY(ph_module_files_list(gathering->root, release.data ? release.data : "", modules, &files,
                                &facts->losses));
    for (size_t i = 0; i < facts->driver_count; i++) {
        struct ph_fact_driver *driver = &facts->drivers[i];
        if (driver->from_tree)
            continue;
        const struct ph_module_file *file =
            ph_module_files_named(&files, ph_slice_of(driver->name));
        bool late = opened == AUTHORS_MOST || ph_boottime_ns() - start_ns > FILES_TIME;
        if (!file || late) {
            PH_TRY(ph_loss_add(&facts->losses, 1,
                               "%s/lib/modules: %s, so their authors are not known",
                               gathering->root,
                               file ? "not all files of foreign modules were read"
                                    : "does not hold all foreign modules that are loaded"));
            continue;
        }
        opened++;
        PH_TRY(ph_loss_error(&facts->losses, read_author(file->path, &driver->vendor)));
    }
    return NULL;
}

static struct ph_error *read_modules(struct gathering *gathering)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    PH_GUARD(ph_kmodules_fini) struct ph_kmodules modules = {0};
    bool there;

    PH_TRY(read_small(gathering, "/proc/modules",
                      *gathering->root ? "the loaded modules are not known"
                                       : "this kernel loads no modules, or does not show them",
                      &text, &there));
    if (!there)
        return NULL;
    PH_TRY(ph_kmodules_parse(ph_text_slice(&text), &modules));
    if (modules.bad_lines)
        PH_TRY(ph_loss_add(&gathering->facts->losses, modules.bad_lines,
                           "%s/proc/modules: lines that are no module", gathering->root));
    for (size_t i = 0; i < modules.count; i++)
        PH_TRY(one_module(gathering, &modules.items[i]));
    return read_authors(gathering, &modules);
}

/* ------------------------------------------------------------------ Windows drivers */

static bool is_driver_name(const char *name)
{
    size_t length = strlen(name);

    return length > 4 && !strcasecmp(name + length - 4, ".sys");
}

static struct ph_error *keep_trimmed(const char *text, char **to)
{
    struct ph_slice trimmed = ph_slice_trim(ph_slice_of(text ? text : ""));

    return trimmed.size ? keep(trimmed, to) : NULL;
}

/* Only what the version resource says: `poolhound identify` checks signatures. */
struct ph_error *ph_facts_version(const char *path, struct ph_fact_driver *driver,
                                  bool *driver_file)
{
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0};
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    PH_GUARD(ph_version_fini) struct ph_version version = {0};

    PH_TRY(ph_read_file(path, DRIVER_MOST, &bytes));
    *driver_file = ph_pe_probe(ph_text_slice(&bytes));
    if (!*driver_file)
        return NULL;
    PH_TRY(ph_pe_parse(path, ph_text_slice(&bytes), &pe));
    PH_TRY(ph_version_read(&pe, &version));
    PH_TRY(keep_trimmed(version.strings[PH_VERSION_COMPANY], &driver->vendor));
    PH_TRY(keep_trimmed(version.strings[PH_VERSION_FILE_VERSION], &driver->version));
    if (driver->version || !version.fixed)
        return NULL;
    driver->version = ph_format("%u.%u.%u.%u", version.file[0], version.file[1], version.file[2],
                                version.file[3]);
    return driver->version ? NULL : ph_error_nomem();
}

static struct ph_error *one_file(struct ph_facts *facts, const char *path)
{
    struct ph_fact_driver read = {.bytes = -1}, *driver;
    bool driver_file = false;
    struct ph_error *error = ph_facts_version(path, &read, &driver_file);

    if (!error && driver_file)
        error = ph_facts_driver(facts, &driver);
    if (!error && driver_file) {
        *driver = read;
        driver->name = ph_strdup(ph_base_name(path));
        return driver->name ? NULL : ph_error_nomem();
    }
    ph_free(read.vendor);
    ph_free(read.version);
    return error;
}

static struct ph_error *read_files(struct gathering *gathering)
{
    const struct ph_facts_options *options = gathering->options;
    const struct ph_walk_options wanted = {.recurse = true, .wanted = is_driver_name};
    PH_GUARD(ph_walk_fini) struct ph_walk walk = {0};
    struct ph_loss_list *losses = &gathering->facts->losses;
    int64_t start_ns = ph_boottime_ns();
    size_t i = 0;

    for (size_t path = 0; path < options->driver_count; path++)
        PH_TRY(ph_loss_error(losses, ph_walk_add(&walk, options->drivers[path], &wanted)));
    PH_TRY(ph_loss_merge(losses, &walk.losses, false));
    for (; i < walk.count && i < FILES_MOST && ph_boottime_ns() - start_ns < FILES_TIME; i++)
        PH_TRY(ph_loss_error(losses, one_file(gathering->facts, walk.files[i].path)));
    return i < walk.count ? ph_loss_add(losses, walk.count - i,
                                        "driver files beyond the first %zu were not read for the "
                                        "table of drivers",
                                        i)
                          : NULL;
}

/* Foreign ones first, then by name. */
static int by_interest(const void *left, const void *right)
{
    const struct ph_fact_driver *a = left, *b = right;

    if (a->from_tree != b->from_tree)
        return a->from_tree ? 1 : -1;
    return strcasecmp(a->name, b->name);
}

struct ph_error *ph_facts_read(const struct ph_facts_options *options, struct ph_facts *facts)
{
    struct gathering gathering = {options, facts, options->root ? options->root : ""};

    const struct ph_nt *nt = options->nt ? options->nt : ph_nt_live();

    facts->uptime_ns = options->boottime_ns;
    if (options->live && nt) {
        PH_TRY(ph_facts_of_windows(nt, !options->driver_count, facts));
    } else if (options->live || options->root) {
        PH_TRY(read_os(&gathering));
        PH_TRY(read_taint(&gathering));
        PH_TRY(read_command(&gathering));
        PH_TRY(read_uptime(&gathering));
        PH_TRY(read_modules(&gathering));
    } else if (options->machine && options->machine->system[0]) {
        const char *release = options->machine->release;
        facts->os = ph_format("%s%s%s", options->machine->system, *release ? " " : "", release);
        if (!facts->os)
            return ph_error_nomem();
    }
    PH_TRY(read_files(&gathering));
    if (facts->driver_count)
        ph_sort(facts->drivers, facts->driver_count, sizeof(*facts->drivers), by_interest);
    return NULL;
}
