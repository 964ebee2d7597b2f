#include "owner/knownleak.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* ------------------------------------------------------------------ versions */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes the next number as its digits, without leading zeros: versions may be longer than any
 * integer. Empty at the end. */
static struct ph_slice take_number(const char **at)
{
    struct ph_slice digits;

    while (**at && strchr(".-+_~: ", **at))
        ++*at;
    while (**at == '0' && is_digit((*at)[1]))
        ++*at;
    digits.data = *at;
    while (is_digit(**at))
        ++*at;
    digits.size = (size_t)(*at - digits.data);
    return digits;
}

int ph_version_compare(const char *left, const char *right)
{
    for (;;) {
        struct ph_slice a = take_number(&left), b = take_number(&right);
        if (!a.size && !b.size)
            return 0;
        if (!a.size) /* the shorter one goes on with zeros */
            a = ph_slice_of("0");
        if (!b.size)
            b = ph_slice_of("0");
        int order = a.size != b.size ? (a.size < b.size ? -1 : 1) : memcmp(a.data, b.data, a.size);
        if (order)
            return order;
    }
}

static bool has_number(const char *version)
{
    return take_number(&version).size > 0;
}

/* Distributions that keep one kernel line ("6.1.0-18-amd64", "5.15.0-91-generic",
 * "4.18.0-513.el8") put later fixes into it without changing its first three numbers: their release
 * does not tell. */
static bool tells_nothing(const char *release)
{
    const char *at = release;

    for (int i = 0; i < 2; i++)
        if (!take_number(&at).size)
            return true;
    return !strncmp(at, ".0-", 3) && is_digit(at[3]);
}

/* ------------------------------------------------------------------ reading */

static void words_fini(struct ph_leak_words *words)
{
    for (size_t i = 0; i < words->count; i++)
        ph_free(words->items[i]);
    ph_free(words->items);
    *words = (struct ph_leak_words){0};
}

static struct ph_error *words_add(struct ph_leak_words *words, struct ph_slice word)
{
    PH_TRY(ph_grow(&words->items, &words->capacity, words->count + 1, sizeof(*words->items)));
    char *copy = ph_memdup(word.data, word.size);
    if (!copy)
        return ph_error_nomem();
    words->items[words->count++] = copy;
    return NULL;
}

static void leak_fini(struct ph_knownleak *leak)
{
    ph_free(leak->name);
    words_fini(&leak->tags);
    words_fini(&leak->drivers);
    words_fini(&leak->srcversions);
    words_fini(&leak->links);
    ph_free(leak->from);
    ph_free(leak->fixed);
    ph_free(leak->what);
    ph_free(leak->fixed_in);
    ph_free(leak->file);
    *leak = (struct ph_knownleak){0};
}

enum kind { TEXT, NUMBERS, WORDS };

static const struct {
    const char *key;
    enum kind kind;
    size_t offset;
} fields[] = {
    {"tag", WORDS, offsetof(struct ph_knownleak, tags)},
    {"driver", WORDS, offsetof(struct ph_knownleak, drivers)},
    {"srcversion", WORDS, offsetof(struct ph_knownleak, srcversions)},
    {"link", WORDS, offsetof(struct ph_knownleak, links)},
    {"from", NUMBERS, offsetof(struct ph_knownleak, from)},
    {"fixed", NUMBERS, offsetof(struct ph_knownleak, fixed)},
    {"what", TEXT, offsetof(struct ph_knownleak, what)},
    {"fixed-in", TEXT, offsetof(struct ph_knownleak, fixed_in)},
};

static const struct {
    const char *word;
    enum ph_leak_version version;
} versions[] = {
    {"file", PH_LEAK_VERSION_FILE},
    {"package", PH_LEAK_VERSION_PACKAGE},
    {"system", PH_LEAK_VERSION_SYSTEM},
};

static struct ph_error *wrong(const char *name, size_t line, const char *what, struct ph_slice word)
{
    return ph_errorf(PH_ERR_FORMAT, "%s:%zu: %s '%.*s'", name, line, what,
                     word.size > 60 ? 60 : (int)word.size, word.data);
}

static struct ph_error *check(const struct ph_knownleak *leak)
{
    const char *missing = !leak->what                                 ? "'what'"
                          : !leak->links.count                        ? "'link'"
                          : !leak->tags.count && !leak->drivers.count ? "'tag' and no 'driver'"
                                                                      : NULL;

    if (missing)
        return ph_errorf(PH_ERR_FORMAT, "%s:%zu: no %s in the rule '%s'", leak->file, leak->line,
                         missing, leak->name);
    if (leak->from && leak->fixed && ph_version_compare(leak->from, leak->fixed) >= 0)
        return ph_errorf(PH_ERR_FORMAT, "%s:%zu: from %s to before %s there is no version",
                         leak->file, leak->line, leak->from, leak->fixed);
    return NULL;
}

/* Puts the rule that was read into the table, in the place of an older one of the same name. */
static struct ph_error *finish(struct ph_knownleaks *leaks, struct ph_knownleak *leak)
{
    if (!leak->name)
        return NULL;
    PH_TRY(check(leak));
    struct ph_slice key = ph_slice_of(leak->name);
    uint32_t place;
    if (ph_table_find(&leaks->places, key, &place)) {
        leak_fini(&leaks->items[place]);
        leaks->items[place] = *leak;
    } else {
        PH_TRY(ph_grow(&leaks->items, &leaks->capacity, leaks->count + 1, sizeof(*leaks->items)));
        PH_TRY(ph_table_put(&leaks->places, key, (uint32_t)leaks->count));
        leaks->items[leaks->count++] = *leak;
    }
    *leak = (struct ph_knownleak){0};
    return NULL;
}

static struct ph_error *begin(const char *name, const struct ph_rulefile_item *item,
                              struct ph_knownleak *leak)
{
    if (!ph_known_system_from(item->key, &leak->system))
        return wrong(name, item->line, "neither 'windows' nor 'linux':", item->key);
    if (!item->value.size)
        return wrong(name, item->line, "no name of the rule behind", item->key);
    leak->line = item->line;
    leak->name = ph_memdup(item->value.data, item->value.size);
    leak->file = ph_strdup(name);
    return leak->name && leak->file ? NULL : ph_error_nomem();
}

static struct ph_error *set_version(const char *name, const struct ph_rulefile_item *item,
                                    struct ph_knownleak *leak)
{
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
        if (ph_slice_is(item->value, versions[i].word)) {
            leak->version = versions[i].version;
            return NULL;
        }
    return wrong(name, item->line, "a version is of a 'file', 'package' or 'system', not",
                 item->value);
}

static struct ph_error *set(const char *name, const struct ph_rulefile_item *item,
                            struct ph_knownleak *leak)
{
    if (!leak->name)
        return wrong(name, item->line, "stands before the first '[windows NAME]':", item->key);
    if (!item->value.size)
        return wrong(name, item->line, "says nothing:", item->key);
    if (ph_slice_is(item->key, "version"))
        return set_version(name, item, leak);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (!ph_slice_is(item->key, fields[i].key))
            continue;
        void *field = (char *)leak + fields[i].offset;
        if (fields[i].kind == WORDS)
            return words_add(field, item->value);
        if (fields[i].kind == NUMBERS && !has_number(item->value.data))
            return wrong(name, item->line, "no version:", item->value);
        char **text = field;
        if (*text)
            return wrong(name, item->line, "stands twice in a rule:", item->key);
        *text = ph_memdup(item->value.data, item->value.size);
        return *text ? NULL : ph_error_nomem();
    }
    return wrong(name, item->line, "no such field:", item->key);
}

static struct ph_error *read_rules(struct ph_knownleaks *leaks, const char *name,
                                   struct ph_rulefile *file)
{
    PH_GUARD(leak_fini) struct ph_knownleak leak = {0};
    struct ph_rulefile_item item;
    bool end;

    for (;;) {
        PH_TRY(ph_rulefile_next(file, &item, &end));
        if (end)
            return finish(leaks, &leak);
        if (item.head) {
            PH_TRY(finish(leaks, &leak));
            PH_TRY(begin(name, &item, &leak));
        } else {
            PH_TRY(set(name, &item, &leak));
        }
    }
}

struct ph_error *ph_knownleaks_add(struct ph_knownleaks *leaks, const char *name,
                                   struct ph_slice bytes)
{
    PH_GUARD(ph_rulefile_fini) struct ph_rulefile file;

    ph_rulefile_init(&file, name, bytes);
    return read_rules(leaks, name, &file);
}

struct ph_error *ph_knownleaks_add_builtin(struct ph_knownleaks *leaks)
{
    return ph_knownleaks_add(leaks, "known_leaks.txt",
                             (struct ph_slice){ph_known_leaks_text, ph_known_leaks_size});
}

void ph_knownleaks_fini(struct ph_knownleaks *leaks)
{
    for (size_t i = 0; i < leaks->count; i++)
        leak_fini(&leaks->items[i]);
    ph_free(leaks->items);
    ph_table_fini(&leaks->places);
    *leaks = (struct ph_knownleaks){0};
}

/* ------------------------------------------------------------------ looking for a leak */

const char *ph_leak_sureness_name(enum ph_leak_sureness sureness)
{
    static const char *const names[] = {
        [PH_LEAK_CERTAIN] = "tag, driver and version fit",
        [PH_LEAK_LIKELY] = "tag and driver, or driver and version, fit",
        [PH_LEAK_TAG] = "only the tag, or only the driver, is the same",
    };

    return names[sureness];
}

static bool any_matches(const struct ph_leak_words *patterns, struct ph_slice word)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (ph_pattern_match(patterns->items[i], word))
            return true;
    return false;
}

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* `driver` in small letters, as rules have them; a module's `-` and `_` are one. */
static bool driver_matches(const struct ph_knownleak *leak, const char *driver)
{
    char word[256];
    size_t length = strlen(driver);

    if (length >= sizeof(word))
        return false;
    for (size_t i = 0; i < length; i++)
        word[i] = leak->system == PH_KNOWN_LINUX && driver[i] == '-' ? '_' : small(driver[i]);
    return any_matches(&leak->drivers, (struct ph_slice){word, length});
}

enum fit { NO, UNKNOWN, YES };

static enum fit range_fits(const struct ph_knownleak *leak, const char *version)
{
    if (!version || !has_number(version))
        return UNKNOWN;
    if (leak->version == PH_LEAK_VERSION_SYSTEM && leak->system == PH_KNOWN_LINUX &&
        tells_nothing(version))
        return UNKNOWN;
    bool inside = (!leak->from || ph_version_compare(version, leak->from) >= 0) &&
                  (!leak->fixed || ph_version_compare(version, leak->fixed) < 0);
    return inside ? YES : NO;
}

static enum fit version_fits(const struct ph_knownleak *leak,
                             const struct ph_leak_question *question)
{
    const char *const known[] = {
        [PH_LEAK_VERSION_FILE] = question->file_version,
        [PH_LEAK_VERSION_PACKAGE] = question->package_version,
        [PH_LEAK_VERSION_SYSTEM] = question->system_version,
    };

    if (leak->srcversions.count && question->srcversion) {
        for (size_t i = 0; i < leak->srcversions.count; i++)
            if (!strcmp(leak->srcversions.items[i], question->srcversion))
                return YES;
        if (!leak->from && !leak->fixed)
            return NO;
    }
    return leak->from || leak->fixed ? range_fits(leak, known[leak->version]) : UNKNOWN;
}

/* False: the rule says nothing about what is asked. */
static bool fits(const struct ph_knownleak *leak, const struct ph_leak_question *question,
                 enum ph_leak_sureness *sureness)
{
    bool tag = question->tag.size && any_matches(&leak->tags, question->tag);
    bool driver = question->driver && driver_matches(leak, question->driver);
    enum fit version = version_fits(leak, question);

    if (leak->system != question->system || (!tag && !driver))
        return false;
    if (question->tag.size && leak->tags.count && !tag)
        return false;
    /* the system's version is known whatever driver is asked for; a file's is that driver's */
    if (version == NO && (driver || leak->version == PH_LEAK_VERSION_SYSTEM))
        return false;
    if (tag && driver)
        *sureness = version == YES ? PH_LEAK_CERTAIN : PH_LEAK_LIKELY;
    else if (version == YES && (driver || !leak->drivers.count)) /* no driver: the kernel itself */
        *sureness = PH_LEAK_LIKELY;
    else
        *sureness = PH_LEAK_TAG;
    return true;
}

struct ph_error *ph_knownleaks_find(const struct ph_knownleaks *leaks,
                                    const struct ph_leak_question *question,
                                    struct ph_knownleak_matches *matches)
{
    matches->count = 0;
    for (size_t i = 0; i < leaks->count; i++) {
        enum ph_leak_sureness sureness;
        if (!fits(&leaks->items[i], question, &sureness))
            continue;
        PH_TRY(ph_grow(&matches->items, &matches->capacity, matches->count + 1,
                       sizeof(*matches->items)));
        size_t at = matches->count++;
        for (; at > 0 && sureness < matches->items[at - 1].sureness; at--)
            matches->items[at] = matches->items[at - 1];
        matches->items[at] = (struct ph_knownleak_match){&leaks->items[i], sureness};
    }
    return NULL;
}

void ph_knownleak_matches_fini(struct ph_knownleak_matches *matches)
{
    ph_free(matches->items);
    *matches = (struct ph_knownleak_matches){0};
}
