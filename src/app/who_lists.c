#include "app/who_lists.h"

#include <stdlib.h>
#include <string.h>

#include "app/who_parts.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/path.h"
#include "owner/knownleak.h"
#include "owner/knowntag.h"
#include "owner/taglist.h"

enum { RULES_MOST = 4 << 20, LIST_ENTRIES_SHOWN = 12 };

struct ph_lists {
    struct ph_taglist tags;
    struct ph_knowntags known;
    struct ph_knownleaks leaks;
    struct ph_loss_list losses;
};

static struct ph_error *read_text(const char *path, size_t limit, struct ph_text *bytes)
{
    if (ph_file_kind(path) == PH_FILE_DIRECTORY)
        return ph_errorf(PH_ERR_USAGE, "%s: a folder, not a file", path);
    return ph_read_file(path, limit, bytes);
}

/* ------------------------------------------------------------------ reading */

static struct ph_error *add_tag_list(struct ph_lists *lists, const char *path)
{
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0};

    PH_TRY(read_text(path, PH_TAGLIST_MOST, &bytes));
    return ph_taglist_add(&lists->tags, path, ph_text_slice(&bytes));
}

/* A list that merely lies in a usual place and cannot be read is told, no more. */
static struct ph_error *try_tag_list(void *context, const char *path)
{
    struct ph_lists *lists = context;

    if (ph_file_kind(path) != PH_FILE_REGULAR)
        return NULL;
    return ph_loss_error(&lists->losses, add_tag_list(lists, path));
}

/* ~/.config (%APPDATA% on Windows), or where the user says; NULL when there is no home. */
static char *config_home(void)
{
    const char *given = ph_environment("XDG_CONFIG_HOME"), *home = ph_environment("HOME");
    const char *roaming = ph_on_windows() ? ph_environment("APPDATA") : NULL;

    if (given && ph_path_is_absolute(given))
        return ph_strdup(given);
    if (roaming && *roaming)
        return ph_strdup(roaming);
    return home && home[0] ? ph_format("%s/.config", home) : NULL;
}

/* /etc (%ProgramData% on Windows); NULL when there is none. */
static const char *config_system(void)
{
    return ph_on_windows() ? ph_environment("ProgramData") : "/etc";
}

static struct ph_error *add_tag_lists(struct ph_lists *lists, const struct ph_who_options *options)
{
    for (size_t i = 0; i < options->tag_list_count; i++)
        PH_TRY(add_tag_list(lists, options->tag_lists[i]));
    if (options->tag_list_count)
        return NULL;
    ph_autofree char *home = config_home();
    struct ph_taglist_places places = {
        .beside = options->driver_count ? options->drivers[0] : NULL,
        .config_home = home,
        .config_system = config_system(),
        .program_files = {ph_environment("ProgramFiles(x86)"), ph_environment("ProgramFiles")},
    };
    return ph_taglist_each_place(&places, try_tag_list, lists);
}

/* The user's own rules: ~/.config/poolhound/NAME, /etc/poolhound/NAME. */
static struct ph_error *add_own(struct ph_lists *lists, const char *name,
                                struct ph_error *(*add)(struct ph_lists *lists, const char *path))
{
    ph_autofree char *home = config_home();
    const char *const folders[] = {config_system(), home};

    for (size_t i = 0; i < 2; i++) {
        ph_autofree char *own = folders[i] ? ph_path_join(folders[i], "poolhound") : NULL;
        ph_autofree char *path = own ? ph_path_join(own, name) : NULL;
        if (folders[i] && !path)
            return ph_error_nomem();
        if (path && ph_file_kind(path) == PH_FILE_REGULAR)
            PH_TRY(add(lists, path));
    }
    return NULL;
}

static struct ph_error *add_known_file(struct ph_lists *lists, const char *path)
{
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0};

    PH_TRY(read_text(path, RULES_MOST, &bytes));
    return ph_knowntags_add(&lists->known, path, ph_text_slice(&bytes));
}

static struct ph_error *add_leak_file(struct ph_lists *lists, const char *path)
{
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0};

    PH_TRY(read_text(path, RULES_MOST, &bytes));
    return ph_knownleaks_add(&lists->leaks, path, ph_text_slice(&bytes));
}

static struct ph_error *open_all(struct ph_lists *lists, const struct ph_who_options *options)
{
    PH_TRY(ph_knowntags_add_builtin(&lists->known));
    PH_TRY(ph_knownleaks_add_builtin(&lists->leaks));
    PH_TRY(add_own(lists, "known-tags.txt", add_known_file));
    PH_TRY(add_own(lists, "known-leaks.txt", add_leak_file));
    for (size_t i = 0; i < options->known_tag_count; i++)
        PH_TRY(add_known_file(lists, options->known_tags[i]));
    for (size_t i = 0; i < options->leak_rule_count; i++)
        PH_TRY(add_leak_file(lists, options->leak_rules[i]));
    PH_TRY(add_tag_lists(lists, options));
    return ph_loss_merge(&lists->losses, &lists->tags.losses, false);
}

struct ph_error *ph_lists_open(const struct ph_who_options *options, struct ph_lists **lists)
{
    struct ph_lists *fresh = ph_zalloc(1, sizeof(*fresh));

    if (!fresh)
        return ph_error_nomem();
    struct ph_error *error = open_all(fresh, options);
    if (error)
        ph_lists_close(fresh);
    else
        *lists = fresh;
    return error;
}

void ph_lists_close(struct ph_lists *lists)
{
    if (!lists)
        return;
    ph_taglist_fini(&lists->tags);
    ph_knowntags_fini(&lists->known);
    ph_knownleaks_fini(&lists->leaks);
    ph_loss_fini(&lists->losses);
    ph_free(lists);
}

const struct ph_loss_list *ph_lists_losses(const struct ph_lists *lists)
{
    return &lists->losses;
}

/* ------------------------------------------------------------------ strings for reports */

/* Copies; NULL stays NULL. */
static struct ph_error *copy(const char *text, char **to)
{
    *to = text ? ph_strdup(text) : NULL;
    return text && !*to ? ph_error_nomem() : NULL;
}

static struct ph_error *copy_slice(struct ph_slice text, char **to)
{
    *to = text.size ? ph_memdup(text.data, text.size) : NULL;
    return text.size && !*to ? ph_error_nomem() : NULL;
}

/* ------------------------------------------------------------------ tag lists */

static struct ph_owner *owner_of_file(struct ph_owner_report *report, const char *path)
{
    for (size_t i = 0; i < report->owner_count; i++)
        if (report->owners[i].path && path && !strcmp(report->owners[i].path, path))
            return &report->owners[i];
    return NULL;
}

static bool named_already(const struct ph_owner_report *report, const char *name)
{
    for (size_t i = 0; i < report->owner_count; i++)
        if (!report->owners[i].path && !strcmp(report->owners[i].name, name))
            return true;
    return false;
}

/* The driver that a list names, as a candidate. */
static struct ph_error *add_listed(const struct ph_taglist_entry *entry,
                                   const struct ph_drivers *drivers, struct ph_owner_report *report)
{
    ph_autofree char *name = NULL;
    struct ph_owner *owner;

    PH_TRY(copy_slice(entry->driver, &name));
    if (!name || named_already(report, name))
        return NULL;
    const char *path = drivers ? ph_who_file_named(drivers, name) : NULL;
    if (owner_of_file(report, path))
        return NULL; /* its code says more */
    ph_autofree char *reason = ph_format("%s, line %zu", entry->list, entry->line);
    if (!reason)
        return ph_error_nomem();
    PH_TRY(ph_owner_report_owner(report, &owner));
    owner->evidence = PH_EVIDENCE_LIST;
    owner->name = ph_steal(name);
    owner->reason = ph_steal(reason);
    return copy(path, &owner->path);
}

static struct ph_error *add_entry(const struct ph_taglist_entry *entry,
                                  struct ph_owner_report *report)
{
    struct ph_tag_meaning *meaning;

    PH_TRY(ph_owner_report_meaning(report, &meaning));
    meaning->kind = PH_EVIDENCE_LIST;
    PH_TRY(copy(entry->pattern, &meaning->pattern));
    PH_TRY(copy_slice(entry->binary, &meaning->component));
    PH_TRY(copy_slice(entry->description, &meaning->meaning));
    meaning->source = ph_format("%s, line %zu", entry->list, entry->line);
    return meaning->source ? NULL : ph_error_nomem();
}

struct ph_error *ph_lists_add_entries(const struct ph_lists *lists, const uint8_t tag[4],
                                      const struct ph_drivers *drivers,
                                      struct ph_owner_report *report)
{
    PH_GUARD(ph_taglist_matches_fini) struct ph_taglist_matches matches = {0};

    PH_TRY(ph_taglist_find(&lists->tags, tag, &matches));
    for (size_t i = 0; i < matches.count && i < LIST_ENTRIES_SHOWN; i++) {
        PH_TRY(add_entry(matches.items[i], report));
        PH_TRY(add_listed(matches.items[i], drivers, report));
    }
    return NULL;
}

/* ------------------------------------------------------------------ known tags */

struct ph_error *ph_lists_add_known(const struct ph_lists *lists, bool windows, struct ph_slice tag,
                                    struct ph_owner_report *report)
{
    PH_GUARD(ph_knowntag_matches_fini) struct ph_knowntag_matches matches = {0};
    enum ph_known_system system = windows ? PH_KNOWN_WINDOWS : PH_KNOWN_LINUX;

    PH_TRY(ph_knowntags_find(&lists->known, system, tag, &matches));
    if (!matches.count)
        return NULL;
    const struct ph_knowntag *best = matches.items[0];
    struct ph_tag_meaning *meaning;
    PH_TRY(ph_owner_report_meaning(report, &meaning));
    meaning->on_behalf = best->on_behalf;
    PH_TRY(copy(best->pattern, &meaning->pattern));
    PH_TRY(copy(best->component, &meaning->component));
    PH_TRY(copy(best->meaning, &meaning->meaning));
    PH_TRY(copy(best->growth, &meaning->growth));
    PH_TRY(copy(best->check, &meaning->check));
    return copy(best->source, &meaning->source);
}

const char *ph_lists_component(const struct ph_lists *lists, bool windows, struct ph_slice tag)
{
    PH_GUARD(ph_knowntag_matches_fini) struct ph_knowntag_matches matches = {0};
    enum ph_known_system system = windows ? PH_KNOWN_WINDOWS : PH_KNOWN_LINUX;

    ph_error_free(ph_knowntags_find(&lists->known, system, tag, &matches)); /* then fewer match */
    const char *component = matches.count ? matches.items[0]->component : NULL;
    return component && strcmp(component, "-") != 0 ? component : NULL; /* "-": nobody's */
}

/* ------------------------------------------------------------------ known leaks */

static bool known_already(const struct ph_owner_report *report, const char *what)
{
    for (size_t i = 0; i < report->leak_count; i++)
        if (what && report->leaks[i].what && !strcmp(report->leaks[i].what, what))
            return true;
    return false;
}

static struct ph_error *add_leak(const struct ph_knownleak_match *match, const char *driver,
                                 struct ph_owner_report *report)
{
    const struct ph_knownleak *rule = match->leak;
    struct ph_leak_match *leak;

    if (known_already(report, rule->what))
        return NULL;
    PH_TRY(ph_owner_report_leak(report, &leak));
    leak->certain = match->sureness == PH_LEAK_CERTAIN;
    PH_TRY(copy(driver                ? driver
                : rule->drivers.count ? rule->drivers.items[0]
                                      : NULL,
                &leak->driver));
    PH_TRY(copy(rule->what, &leak->what));
    PH_TRY(copy(rule->fixed_in ? rule->fixed_in : rule->fixed, &leak->fixed));
    PH_TRY(copy(rule->links.count ? rule->links.items[0] : NULL, &leak->link));
    return copy(ph_leak_sureness_name(match->sureness), &leak->sureness);
}

static struct ph_error *ask(const struct ph_lists *lists, const struct ph_leak_question *question,
                            struct ph_owner_report *report)
{
    PH_GUARD(ph_knownleak_matches_fini) struct ph_knownleak_matches matches = {0};

    PH_TRY(ph_knownleaks_find(&lists->leaks, question, &matches));
    for (size_t i = 0; i < matches.count; i++)
        PH_TRY(add_leak(&matches.items[i],
                        matches.items[i].sureness == PH_LEAK_TAG ? NULL : question->driver,
                        report));
    return NULL;
}

struct ph_error *ph_lists_add_leaks(const struct ph_lists *lists, bool windows, struct ph_slice tag,
                                    const char *release, struct ph_owner_report *report)
{
    struct ph_leak_question question = {
        .system = windows ? PH_KNOWN_WINDOWS : PH_KNOWN_LINUX,
        .tag = tag,
        .system_version = release,
    };

    for (size_t i = 0; i < report->owner_count; i++) {
        const struct ph_owner *owner = &report->owners[i];
        const struct ph_module_facts *module = &owner->identity.module;
        if (owner->evidence > PH_EVIDENCE_TABLE && owner->evidence != PH_EVIDENCE_LIST)
            continue;
        question.driver = owner->name;
        question.file_version = owner->identified ? ph_who_version(&owner->identity) : NULL;
        question.package_version = owner->identified ? module->package_version : NULL;
        question.srcversion = owner->identified ? module->srcversion : NULL;
        PH_TRY(ask(lists, &question, report));
    }
    question.driver = question.file_version = question.package_version = question.srcversion = NULL;
    return ask(lists, &question, report);
}
