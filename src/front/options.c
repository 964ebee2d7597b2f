#include <getopt.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/os.h"
#include "front/front.h"

#define AT(field) offsetof(struct ph_arguments, field)

enum {
    READERS = PH_COMMAND_HUNT | PH_COMMAND_SNAP | PH_COMMAND_RECORD | PH_COMMAND_LEAKS |
              PH_COMMAND_DIFF | PH_COMMAND_EXPORT | PH_COMMAND_TOP | PH_COMMAND_SYS,
    JUDGES = PH_COMMAND_HUNT | PH_COMMAND_LEAKS,
    TABLES = JUDGES | PH_COMMAND_SNAP | PH_COMMAND_DIFF,
    LIVE = PH_COMMAND_HUNT | PH_COMMAND_RECORD | PH_COMMAND_DEMO,
    OWNERS = PH_COMMAND_WHO | PH_COMMAND_SCAN,
    NAMERS = PH_COMMAND_WHO | JUDGES | PH_COMMAND_TOP, /* name the driver behind a tag */
    FILTERED = TABLES | PH_COMMAND_EXPORT | PH_COMMAND_TOP,
    SIGNATURES = PH_COMMAND_IDENTIFY | NAMERS, /* check whose it is */
    FILES = PH_COMMAND_WHO | PH_COMMAND_SCAN | PH_COMMAND_IDENTIFY | PH_COMMAND_STRINGS,
    NOT_IDENTIFY = ~PH_COMMAND_IDENTIFY, /* its -h means hashes */
    EVERYWHERE = ~0
};

const struct ph_option ph_options[] = {
    {'d', "duration", "TIME", PH_VALUE_DURATION, AT(duration_ns), LIVE | PH_COMMAND_SYS,
     "how long to read: 30s, 10m, 2h, 7d (hunt and demo: 30s; record: until interrupted; sys: two "
     "readings)"},
    {'t', "interval", "TIME", PH_VALUE_DURATION, AT(interval_ns), PH_COMMAND_SERVICE,
     "time between readings (default: 10s)"},
    {'t', "interval", "TIME", PH_VALUE_DURATION, AT(interval_ns), LIVE | PH_COMMAND_SYS,
     "time between readings (hunt, demo and sys: 1s; record: 10s)"},
    {'d', "duration", "TIME", PH_VALUE_DURATION, AT(duration_ns), PH_COMMAND_TRACE,
     "how long to trace: 30s, 10m, 2h (default: on a terminal until q, otherwise 30s)"},
    {'t', "interval", "TIME", PH_VALUE_DURATION, AT(interval_ns), PH_COMMAND_TRACE,
     "time between readings (default: 2s)"},
    {0, "interval", "TIME", PH_VALUE_DURATION, AT(interval_ns), PH_COMMAND_TOP,
     "time between readings (default: 2s); + and - change it"},
    {'i', "include", "PATTERN", PH_VALUE_LIST, AT(includes), FILTERED,
     "only tags, modules or aliases that match; * is any run, ? one character; repeatable"},
    {'x', "exclude", "PATTERN", PH_VALUE_LIST, AT(excludes), FILTERED,
     "leave these out; wins over --include; repeatable"},
    {'i', "include", "PATTERN", PH_VALUE_LIST, AT(includes), PH_COMMAND_TRACE,
     "only caches that match (what has no cache goes by its kind); * is any run, ? one character; "
     "repeatable"},
    {'x', "exclude", "PATTERN", PH_VALUE_LIST, AT(excludes), PH_COMMAND_TRACE,
     "leave these caches out of the table; wins over --include; repeatable"},
    {0, "module", "NAME", PH_VALUE_LIST, AT(modules), PH_COMMAND_TRACE,
     "only calls from this module; repeatable"},
    {0, "process", "PID", PH_VALUE_NUMBER, AT(process), PH_COMMAND_TRACE,
     "only what this process allocates"},
    {0, "size", "A-B", PH_VALUE_STRING, AT(size), PH_COMMAND_TRACE,
     "only objects of A to B bytes, both included: 512, 512-4k, 4k- or -64"},
    {0, "kinds", "LIST", PH_VALUE_STRING, AT(kinds), PH_COMMAND_TRACE,
     "slab (kmalloc and cache), pages, vmalloc, percpu, or all, with commas (default: all but "
     "pages, which need a stack for each allocation: dear)"},
    {0, "sample", "N", PH_VALUE_NUMBER, AT(sample), PH_COMMAND_TRACE,
     "follow 1 of N addresses, N a power of two (default: 1, all; more when the limit of CPU "
     "says so)"},
    {0, "stacks", NULL, PH_VALUE_FLAG, AT(stacks), PH_COMMAND_TRACE,
     "a stack for every allocation: dear (default: only for functions that allocate for others)"},
    {0, "no-stacks", NULL, PH_VALUE_FLAG, AT(no_stacks), PH_COMMAND_TRACE, "no stacks at all"},
    {0, "max-objects", "N", PH_VALUE_NUMBER, AT(objects_most), PH_COMMAND_TRACE,
     "objects to follow at once (default: by the machine's memory)"},
    {'s', "sort", "COLUMN", PH_VALUE_STRING, AT(top_sort), PH_COMMAND_TRACE,
     "site, module, cache, allocs, frees, diff, bytes, per-alloc, oldest or verdict (default: "
     "bytes)"},
    {'r', "reverse", NULL, PH_VALUE_FLAG, AT(reverse), PH_COMMAND_TRACE, "turn the order round"},
    {'p', "nonpaged", NULL, PH_VALUE_COUNT, AT(nonpaged_count), FILTERED,
     "only nonpaged pool (Linux: memory that cannot be reclaimed); twice: only paged pool "
     "(Linux: reclaimable)"},
    {0, "pool", "NAME", PH_VALUE_LIST, AT(pools), FILTERED,
     "only this pool: nonpaged, paged, unreclaimable, reclaimable, vmalloc, pages, percpu, site; "
     "repeatable"},
    {'s', "sort", "COLUMN", PH_VALUE_COLUMN, AT(sort), PH_COMMAND_SNAP,
     "tag, pool, allocs, frees, diff, bytes or per-alloc (default: bytes)"},
    {'r', "reverse", NULL, PH_VALUE_FLAG, AT(reverse), PH_COMMAND_SNAP, "turn the order round"},
    {0, "sort", "COLUMN", PH_VALUE_STRING, AT(top_sort), PH_COMMAND_TOP,
     "tag, type, allocs, frees, diff, bytes, per-alloc, percent, rate, verdict or owner (default: "
     "bytes)"},
    {0, "reverse", NULL, PH_VALUE_FLAG, AT(reverse), PH_COMMAND_TOP, "turn the order round"},
    {0, "by-change", NULL, PH_VALUE_FLAG, AT(by_change), PH_COMMAND_TOP,
     "sort by how much the column changed, as poolmon's ( and )"},
    {0, "totals", NULL, PH_VALUE_FLAG, AT(totals), PH_COMMAND_TOP, "a line with the sums"},
    {0, "no-highlight", NULL, PH_VALUE_FLAG, AT(no_highlight), PH_COMMAND_TOP,
     "rows that changed do not stand out"},
    {0, "session", "N", PH_VALUE_STRING, AT(session), PH_COMMAND_TOP,
     "session pools instead of the system's: a session's number, or 'all'"},
    {0, "speed", "N", PH_VALUE_STRING, AT(speed), PH_COMMAND_TOP,
     "play INPUT from its beginning, N times as fast as it was recorded; 0 = as fast as it goes "
     "(default: stand at its end)"},
    {'n', "poolmon", "FILE", PH_VALUE_STRING, AT(poolmon), PH_COMMAND_SNAP,
     "append the reading to FILE in poolmon's own snapshot layout, for scripts that parse it"},
    {0, "top", "N", PH_VALUE_NUMBER, AT(top), PH_COMMAND_SNAP,
     "rows to show, 0 = all (tables: as many as fit a page; JSON, CSV and --poolmon: all)"},
    {'n', "top", "N", PH_VALUE_NUMBER, AT(top), (TABLES & ~PH_COMMAND_SNAP) | PH_COMMAND_TRACE,
     "rows to show, 0 = all (tables: as many as fit a page; JSON and CSV: all)"},
    {'a', "all", NULL, PH_VALUE_FLAG, AT(all), TABLES, "also what does not grow, and every row"},
    {0, "at", "N", PH_VALUE_NUMBER, AT(at), PH_COMMAND_SNAP,
     "the N-th reading of a file, from 1 (default: the last)"},
    {0, "root", "DIR", PH_VALUE_STRING, AT(root), READERS | PH_COMMAND_WHO | PH_COMMAND_IDENTIFY,
     "read a saved tree (a copy of /proc, a sosreport) instead of the live kernel"},
    {'D', "drivers", "PATH", PH_VALUE_LIST, AT(drivers), NAMERS,
     "folder or file of Windows drivers to search; repeatable (for Linux tags the modules of this "
     "system or of --root are searched)"},
    {0, "tag-list", "FILE", PH_VALUE_LIST, AT(tag_lists), NAMERS,
     "a pooltag.txt or localtag.txt; repeatable (default: those found in the usual places)"},
    {0, "known-tags", "FILE", PH_VALUE_LIST, AT(known_tags), NAMERS,
     "more known tags, beside the built-in ones; docs/known-tags.md has the format; repeatable"},
    {0, "known-leaks", "FILE", PH_VALUE_LIST, AT(leak_rules), NAMERS,
     "more rules of known leaks, beside the built-in ones; repeatable"},
    {0, "text", NULL, PH_VALUE_FLAG, AT(text), PH_COMMAND_WHO,
     "look for weak evidence (immediates, data, text) even where code has answered"},
    {0, "index", "FILE", PH_VALUE_STRING, AT(index), OWNERS | JUDGES | PH_COMMAND_TOP,
     "keep what was scanned in FILE (default: drivers.index in the state directory)"},
    {0, "no-index", NULL, PH_VALUE_FLAG, AT(no_index), OWNERS | JUDGES | PH_COMMAND_TOP,
     "neither use nor write an index"},
    {0, "localtag", NULL, PH_VALUE_FLAG, AT(localtag), PH_COMMAND_SCAN,
     "write poolmon's localtag.txt"},
    {'a', "all", NULL, PH_VALUE_FLAG, AT(all), PH_COMMAND_WHO, "every candidate"},
    {'a', "all", NULL, PH_VALUE_FLAG, AT(all), PH_COMMAND_SCAN,
     "also every call site that was not resolved"},
    {'a', "extended", NULL, PH_VALUE_FLAG, AT(all), PH_COMMAND_IDENTIFY,
     "extended version information, entropy, and what a driver hunter needs: PDB, tools, imports "
     "that allocate"},
    {'h', "hashes", NULL, PH_VALUE_FLAG, AT(hashes), PH_COMMAND_IDENTIFY, "hashes"},
    {'i', "chain", NULL, PH_VALUE_FLAG, AT(chain), PH_COMMAND_IDENTIFY,
     "catalog and signing chain"},
    {'e', "executables", NULL, PH_VALUE_FLAG, AT(executables), PH_COMMAND_IDENTIFY,
     "only executable images, by their content, whatever they are called"},
    {'s', "recurse", NULL, PH_VALUE_FLAG, AT(recurse), PH_COMMAND_IDENTIFY,
     "folders with what is below them"},
    {'u', "unsigned", NULL, PH_VALUE_FLAG, AT(unsigned_only), PH_COMMAND_IDENTIFY,
     "only files without a good signature"},
    {'c', "csv", NULL, PH_VALUE_FLAG, AT(csv), PH_COMMAND_IDENTIFY,
     "write CSV (sigcheck's columns)"},
    {'t', "tabs", NULL, PH_VALUE_FLAG, AT(tabs), PH_COMMAND_IDENTIFY,
     "with -c: tabs between the fields (-ct)"},
    {'f', "catalog", "PATH", PH_VALUE_LIST, AT(catalogs), SIGNATURES & ~PH_COMMAND_TOP,
     "a security catalog, or a folder of them; repeatable (default: those beside the file)"},
    {0, "catalog", "PATH", PH_VALUE_LIST, AT(catalogs), PH_COMMAND_TOP, /* its -f sorts by frees */
     "a security catalog, or a folder of them; repeatable"},
    {0, "roots", "PATH", PH_VALUE_LIST, AT(roots), SIGNATURES,
     "root certificates to trust (PEM or DER), a file or a folder; repeatable; the system's are "
     "used too"},
    {0, "certificate", "FILE", PH_VALUE_STRING, AT(certificate), SIGNATURES,
     "certificate to check signatures of Linux modules with"},
    {'n', "length", "N", PH_VALUE_NUMBER, AT(length_least), PH_COMMAND_STRINGS,
     "shortest text to print, in characters (default: 3)"},
    {'o', "offset", NULL, PH_VALUE_FLAG, AT(offsets), PH_COMMAND_STRINGS,
     "print where in the file a text begins, and in which section of a PE file"},
    {'a', "ascii", NULL, PH_VALUE_FLAG, AT(ascii), PH_COMMAND_STRINGS,
     "only ASCII (default: ASCII and UTF-16)"},
    {'u', "unicode", NULL, PH_VALUE_FLAG, AT(wide), PH_COMMAND_STRINGS, "only UTF-16"},
    {'s', "recurse", NULL, PH_VALUE_FLAG, AT(recurse), PH_COMMAND_STRINGS,
     "folders with what is below them"},
    {'b', "bytes", "N", PH_VALUE_NUMBER, AT(bytes_most), PH_COMMAND_STRINGS,
     "look at no more than N bytes of a file"},
    {'f', "from-offset", "N", PH_VALUE_NUMBER, AT(start), PH_COMMAND_STRINGS,
     "begin at byte N of a file"},
    {0, "find", "TEXT", PH_VALUE_STRING, AT(find), PH_COMMAND_STRINGS,
     "only what holds TEXT; no wildcards, case and blanks count"},
    {'i', "ignore-case", NULL, PH_VALUE_FLAG, AT(ignore_case), PH_COMMAND_STRINGS,
     "--find takes capital and small letters for the same"},
    {0, "spacing", "TIME", PH_VALUE_DURATION, AT(spacing_ns), READERS,
     "time between the snapshots of a log that carries no time stamps"},
    {0, "from", "INPUT", PH_VALUE_STRING, AT(from), PH_COMMAND_RECORD,
     "record from a file instead of the live kernel: turns a log into a recording"},
    {0, "report", "FILE", PH_VALUE_LIST, AT(reports), JUDGES,
     "also write the whole report to FILE: .html, .md, .json or .txt by its name; repeatable"},
    {0, "private", NULL, PH_VALUE_FLAG, AT(anonymous), JUDGES,
     "take host names, user names and paths out of everything that is written"},
    {0, "png", "FILE", PH_VALUE_STRING, AT(png), PH_COMMAND_SYS, "draw the plots into FILE"},
    {0, "svg", "FILE", PH_VALUE_STRING, AT(svg), PH_COMMAND_SYS, "the same as SVG"},
    {'k', "keep", "FILE", PH_VALUE_STRING, AT(keep), PH_COMMAND_HUNT,
     "keep the recording in FILE (default: a new file in the state directory)"},
    {0, "no-keep", NULL, PH_VALUE_FLAG, AT(no_keep), PH_COMMAND_HUNT, "keep no recording"},
    {0, "keep-raw", "TIME", PH_VALUE_DURATION, AT(keep_raw_ns), PH_COMMAND_RECORD,
     "thin readings older than this to floors of 5 minutes (default 2d, with --from never; 0 = "
     "never)"},
    {0, "keep-floors", "TIME", PH_VALUE_DURATION, AT(keep_floors_ns), PH_COMMAND_RECORD,
     "delete floors older than this (default 90d; 0 = never)"},
    {0, "no-trace", NULL, PH_VALUE_FLAG, AT(no_trace), PH_COMMAND_HUNT | PH_COMMAND_TOP,
     "do not trace what rises (top: the tag that is looked at): no call sites are named"},
    {0, "max-cpu", "PERCENT", PH_VALUE_SHARE, AT(cpu_most),
     PH_COMMAND_HUNT | PH_COMMAND_TRACE | PH_COMMAND_TOP,
     "share of the whole machine that tracing may take (default 1, or none): beyond it fewer "
     "addresses are followed, and numbers are estimates"},
    {0, "no-sites", NULL, PH_VALUE_FLAG, AT(no_sites), READERS,
     "leave /proc/allocinfo and /proc/vmallocinfo alone"},
    {0, "kind", "KIND", PH_VALUE_STRING, AT(kind), PH_COMMAND_DEMO,
     "what the child leaks: eventfd, timer or socket (default: eventfd)"},
    {0, "rate", "N", PH_VALUE_NUMBER, AT(rate), PH_COMMAND_DEMO,
     "objects leaked a second (default: 200)"},
    {0, "ceiling", "N", PH_VALUE_NUMBER, AT(ceiling), PH_COMMAND_DEMO,
     "the child stops leaking at this many objects (default: 20000)"},
    {0, "json", NULL, PH_VALUE_FLAG, AT(json),
     TABLES | PH_COMMAND_EXPORT | PH_COMMAND_DEMO | PH_COMMAND_SYS | PH_COMMAND_TRACE | FILES,
     "write JSON (export: one object a line); docs/schema.json describes it"},
    {0, "csv", NULL, PH_VALUE_FLAG, AT(csv),
     TABLES | PH_COMMAND_EXPORT | PH_COMMAND_TRACE | OWNERS | PH_COMMAND_STRINGS, "write CSV"},
    {0, "sql", NULL, PH_VALUE_FLAG, AT(sql), PH_COMMAND_EXPORT,
     "write statements for the sqlite3 shell"},
    {0, "screen", "HOW", PH_VALUE_STRING, AT(screen), PH_COMMAND_TOP | PH_COMMAND_TRACE,
     "how to paint on Windows: auto, vt (sequences) or console (cells)"},
    {0, "colour", "WHEN", PH_VALUE_STRING, AT(colour), (unsigned)EVERYWHERE,
     "auto, always or never (auto: on a terminal without NO_COLOR)"},
    {'q', "quiet", NULL, PH_VALUE_FLAG, AT(quiet), (unsigned)EVERYWHERE,
     "no progress on standard error"},
    {'v', "verbose", NULL, PH_VALUE_FLAG, AT(verbose), (unsigned)EVERYWHERE,
     "say more on standard error: privileges kept, memory and time used"},
    {0, "man", NULL, PH_VALUE_FLAG, AT(man), PH_COMMAND_HELP, "print the manual page (roff)"},
    {0, "bash", NULL, PH_VALUE_FLAG, AT(completion), PH_COMMAND_HELP,
     "print completion for the bash shell"},
    {'h', "help", NULL, PH_VALUE_FLAG, AT(help), (unsigned)NOT_IDENTIFY, "help for the command"},
    {0, "help", NULL, PH_VALUE_FLAG, AT(help), PH_COMMAND_IDENTIFY, "help for the command"},
};
const size_t ph_option_count = sizeof(ph_options) / sizeof(ph_options[0]);

enum { OPTIONS_MOST = 128, LONG_ONLY = 256 };
_Static_assert(sizeof(ph_options) / sizeof(ph_options[0]) < OPTIONS_MOST, "widen OPTIONS_MOST");

static struct ph_error *usage(const struct ph_command *command, struct ph_error *error)
{
    return ph_errorf(PH_ERR_USAGE, "%s; see 'poolhound help %s'", error->text, command->name);
}

static struct ph_error *add_word(struct ph_words *words, const char *word)
{
    if (!word[0])
        return ph_errorf(PH_ERR_USAGE, "an empty word means nothing here");
    PH_TRY(ph_grow(&words->items, &words->capacity, words->count + 1, sizeof(*words->items)));
    words->items[words->count++] = word;
    return NULL;
}

/* "1", "0.5", "none". */
static struct ph_error *share(const struct ph_option *option, const char *text, double *value)
{
    char *end;

    if (!strcmp(text, "none")) {
        *value = INFINITY;
        return NULL;
    }
    double percent = strtod(text, &end);
    if (end == text || *end || !(percent > 0) || percent > 100)
        return ph_errorf(PH_ERR_USAGE, "--%s %s: neither a percentage above 0 nor 'none'",
                         option->name, text);
    *value = percent / 100;
    return NULL;
}

static struct ph_error *store(const struct ph_option *option, const char *text,
                              struct ph_arguments *arguments)
{
    void *field = (char *)arguments + option->offset;

    switch (option->kind) {
    case PH_VALUE_FLAG:
        *(bool *)field = true;
        return NULL;
    case PH_VALUE_COUNT:
        ++*(unsigned *)field;
        return NULL;
    case PH_VALUE_STRING:
        *(const char **)field = text;
        return NULL;
    case PH_VALUE_LIST:
        return add_word(field, text);
    case PH_VALUE_NUMBER:
        if (ph_parse_u64(ph_slice_of(text), field) != PH_NUMBER_OK)
            return ph_errorf(PH_ERR_USAGE, "--%s %s: not a whole number", option->name, text);
        return NULL;
    case PH_VALUE_DURATION: {
        struct ph_error *error = ph_parse_duration(text, field);
        return error ? ph_error_wrap(error, "--%s", option->name) : NULL;
    }
    case PH_VALUE_SHARE:
        return share(option, text, field);
    case PH_VALUE_COLUMN:
        if (!ph_column_from_id(text, field))
            return ph_errorf(PH_ERR_USAGE,
                             "--sort %s: no such column; there are tag, pool, allocs, frees, diff, "
                             "bytes and per-alloc",
                             text);
        return NULL;
    }
    return NULL;
}

/* getopt's tables for one command, made from ours. */
struct getopt_tables {
    struct option longs[OPTIONS_MOST];
    char shorts[2 * OPTIONS_MOST + 2];
};

static void make_tables(const struct ph_command *command, struct getopt_tables *tables)
{
    size_t longs = 0, shorts = 0;

    *tables = (struct getopt_tables){0};
    tables->shorts[shorts++] = ':'; /* tell a missing argument from an unknown option */
    for (size_t i = 0; i < ph_option_count; i++) {
        const struct ph_option *option = &ph_options[i];
        if (!(option->commands & command->bit))
            continue;
        tables->longs[longs++] = (struct option){
            .name = option->name,
            .has_arg = option->argument ? required_argument : no_argument,
            .val = LONG_ONLY + (int)i,
        };
        if (option->letter) {
            tables->shorts[shorts++] = option->letter;
            if (option->argument)
                tables->shorts[shorts++] = ':';
        }
    }
}

static const struct ph_option *option_of(const struct ph_command *command, int value)
{
    if (value >= LONG_ONLY)
        return &ph_options[value - LONG_ONLY];
    for (size_t i = 0; i < ph_option_count; i++)
        if (ph_options[i].letter == value && (ph_options[i].commands & command->bit))
            return &ph_options[i];
    return NULL;
}

static struct ph_error *check(const struct ph_command *command,
                              const struct ph_arguments *arguments)
{
    if (arguments->help)
        return NULL;
    if (arguments->operand_count < command->operands_least)
        return ph_errorf(PH_ERR_USAGE, "%s needs %s", command->name, command->operands);
    if (arguments->operand_count > command->operands_most)
        return ph_errorf(PH_ERR_USAGE, "%s: '%s' is one operand too many", command->name,
                         arguments->operands[command->operands_most]);
    if (arguments->json + arguments->csv + arguments->sql > 1)
        return ph_errorf(PH_ERR_USAGE, "--json, --csv and --sql exclude each other");
    if (arguments->interval_ns == 0 ||
        (arguments->interval_ns > 0 && arguments->interval_ns < 10000000))
        return ph_errorf(PH_ERR_USAGE, "--interval: at least 10ms");
    if (strcmp(arguments->colour, "auto") && strcmp(arguments->colour, "always") &&
        strcmp(arguments->colour, "never"))
        return ph_errorf(PH_ERR_USAGE, "--colour %s: auto, always or never", arguments->colour);
    if (strcmp(arguments->screen, "auto") && strcmp(arguments->screen, "vt") &&
        strcmp(arguments->screen, "console"))
        return ph_errorf(PH_ERR_USAGE, "--screen %s: auto, vt or console", arguments->screen);
    if (arguments->from && arguments->root)
        return ph_errorf(PH_ERR_USAGE, "--from and --root exclude each other");
    if (arguments->keep && arguments->no_keep)
        return ph_errorf(PH_ERR_USAGE, "--keep and --no-keep exclude each other");
    if (arguments->root && arguments->operand_count == command->operands_most &&
        (command->bit & (READERS & ~PH_COMMAND_RECORD)))
        return ph_errorf(PH_ERR_USAGE, "--root and an input exclude each other");
    return NULL;
}

struct ph_error *ph_arguments_parse(const struct ph_command *command, int argc, char **argv,
                                    struct ph_arguments *arguments)
{
    struct getopt_tables tables;
    struct ph_error *error = NULL;
    int value;

    *arguments = (struct ph_arguments){
        .command = command,
        .colour = "auto",
        .screen = "auto",
        .sort = PH_COLUMN_BYTES,
        .top = UINT64_MAX,
        .duration_ns = -1,
        .interval_ns = -1,
        .spacing_ns = -1,
        .keep_raw_ns = -1,
        .keep_floors_ns = -1,
        .length_least = 3,
        .bytes_most = UINT64_MAX,
    };
    make_tables(command, &tables);
    opterr = 0;
    optind = 0; /* glibc: start afresh, inside a word too */
    while (!error && (value = getopt_long(argc, argv, tables.shorts, tables.longs, NULL)) != -1) {
        const struct ph_option *option =
            value == '?' || value == ':' ? NULL : option_of(command, value);
        if (option)
            error = store(option, optarg, arguments);
        else if (value == ':')
            error = ph_errorf(PH_ERR_USAGE, "%s needs an argument", argv[optind - 1]);
        else if (optopt > 0 && optopt < LONG_ONLY)
            error = ph_errorf(PH_ERR_USAGE, "%s has no option -%c", command->name, optopt);
        else
            error = ph_errorf(PH_ERR_USAGE, "%s has no option %s", command->name, argv[optind - 1]);
    }
    arguments->operands = (const char *const *)argv + optind;
    arguments->operand_count = (size_t)(argc - optind);
    arguments->have_top = arguments->top != UINT64_MAX;
    if (!error)
        error = ph_expand_names(&arguments->operand_count, &arguments->operands);
    if (!error)
        error = check(command, arguments);
    if (error && error->code == PH_ERR_USAGE) {
        struct ph_error *with_hint = usage(command, error);
        ph_error_free(error);
        error = with_hint;
    }
    return error;
}

void ph_arguments_fini(struct ph_arguments *arguments)
{
    ph_free((void *)arguments->includes.items);
    ph_free((void *)arguments->excludes.items);
    ph_free((void *)arguments->pools.items);
    ph_free((void *)arguments->drivers.items);
    ph_free((void *)arguments->tag_lists.items);
    ph_free((void *)arguments->known_tags.items);
    ph_free((void *)arguments->leak_rules.items);
    ph_free((void *)arguments->roots.items);
    ph_free((void *)arguments->catalogs.items);
    ph_free((void *)arguments->reports.items);
    ph_free((void *)arguments->modules.items);
}

struct ph_error *ph_arguments_selection(const struct ph_arguments *arguments,
                                        struct ph_selection *selection)
{
    *selection = (struct ph_selection){
        .includes = arguments->includes.items,
        .include_count = arguments->includes.count,
        .excludes = arguments->excludes.items,
        .exclude_count = arguments->excludes.count,
        .sort = arguments->sort,
        .reverse = arguments->reverse,
    };
    if (arguments->nonpaged_count)
        selection->pools = arguments->nonpaged_count % 2 ? PH_POOLS_NONPAGED : PH_POOLS_PAGED;
    for (size_t i = 0; i < arguments->pools.count; i++) {
        enum ph_pool pool;
        if (!ph_pool_from_name(ph_slice_of(arguments->pools.items[i]), &pool))
            return ph_errorf(PH_ERR_USAGE,
                             "--pool %s: no such pool; there are nonpaged, paged, unreclaimable, "
                             "reclaimable, vmalloc, pages, percpu, site, session-nonpaged and "
                             "session-paged",
                             arguments->pools.items[i]);
        selection->pools |= 1u << pool;
    }
    return NULL;
}

struct ph_input_options ph_arguments_input(const struct ph_arguments *arguments, size_t index)
{
    return (struct ph_input_options){
        .path = index < arguments->operand_count ? arguments->operands[index] : arguments->root,
        .spacing_ns = arguments->spacing_ns > 0 ? arguments->spacing_ns : 0,
        .no_sites = arguments->no_sites,
    };
}
