/* Every string that a report can show is visited twice: first to learn which users the paths name,
 * then to take out what was learned. Nothing is taken out of what a driver's file and its
 * certificates say of their maker; the signer of a Linux module is an exception, since keys made
 * when a module is built on the spot carry the host's name. */
#include "app/privacy.h"

#include <stdlib.h>
#include <string.h>

#include "app/privacy_paths.h"
#include "app/privacy_words.h"
#include "base/os.h"

struct visitor {
    struct ph_privacy *learn;         /* NULL: take out */
    const struct ph_privacy *privacy; /* what to take out */
};

/* ------------------------------------------------------------------ one string */

static struct ph_error *visit_slice(const struct visitor *visitor, enum ph_private_kind kind,
                                    struct ph_slice text, char **fresh, size_t *size)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    *fresh = NULL;
    if (visitor->learn)
        return ph_privacy_learn(visitor->learn, kind, text);
    ph_privacy_clean(visitor->privacy, kind, text, &out);
    PH_TRY(ph_text_check(&out));
    if (out.size == text.size && (!text.size || !memcmp(out.data, text.data, text.size)))
        return NULL;
    *fresh = ph_memdup(ph_text_slice(&out).data, out.size);
    *size = out.size;
    return *fresh ? NULL : ph_error_nomem();
}

static struct ph_error *visit(const struct visitor *visitor, enum ph_private_kind kind, char **text)
{
    char *fresh;
    size_t size;

    if (!*text)
        return NULL;
    PH_TRY(visit_slice(visitor, kind, ph_slice_of(*text), &fresh, &size));
    if (fresh) {
        ph_free(*text);
        *text = fresh;
    }
    return NULL;
}

/* A string of a struct: where it is, and what may be in it. */
struct place {
    size_t offset;
    enum ph_private_kind kind;
};

static struct ph_error *visit_places(const struct visitor *visitor, void *object,
                                     const struct place *places, size_t count)
{
    for (size_t i = 0; i < count; i++)
        PH_TRY(
            visit(visitor, places[i].kind, (char **)(void *)((char *)object + places[i].offset)));
    return NULL;
}

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT(type, field)                                                                          \
    {                                                                                              \
        offsetof(struct type, field), PH_PRIVATE_TEXT                                              \
    }
#define PATHS(type, field)                                                                         \
    {                                                                                              \
        offsetof(struct type, field), PH_PRIVATE_PATHS                                             \
    }
#define NAMES(type, field)                                                                         \
    {                                                                                              \
        offsetof(struct type, field), PH_PRIVATE_NAMES                                             \
    }
#define PATH(type, field)                                                                          \
    {                                                                                              \
        offsetof(struct type, field), PH_PRIVATE_PATH                                              \
    }

static struct ph_error *visit_losses(const struct visitor *visitor, struct ph_loss_list *losses)
{
    for (size_t i = 0; i < losses->count; i++)
        PH_TRY(visit(visitor, PH_PRIVATE_TEXT, &losses->items[i].what));
    return NULL;
}

/* ------------------------------------------------------------------ the session */

/* Pool tags of four bytes may look like anything; longer ones are caches and places in source,
 * which are paths for what is built outside the kernel's tree. */
static struct ph_error *visit_series(const struct visitor *visitor, struct ph_series *series)
{
    static const struct place places[] = {PATHS(ph_series, module), PATHS(ph_series, aliases)};
    char *fresh = NULL;
    size_t size = 0;

    PH_TRY(visit_places(visitor, series, places, COUNT_OF(places)));
    if (series->tag.size <= 4)
        return NULL;
    PH_TRY(visit_slice(visitor, PH_PRIVATE_PATHS, series->tag, &fresh, &size));
    if (fresh) {
        ph_free((char *)series->tag.data);
        series->tag = (struct ph_slice){fresh, size};
    }
    return NULL;
}

static struct ph_error *visit_events(const struct visitor *visitor, struct ph_event_list *events)
{
    for (size_t i = 0; i < events->count; i++)
        PH_TRY(visit(visitor, PH_PRIVATE_TEXT, &events->items[i].text));
    return NULL;
}

/* The host and its boot are gone; a release may carry the name of who built the kernel. */
static struct ph_error *visit_machine(const struct visitor *visitor, struct ph_machine *machine)
{
    char *release = NULL;
    size_t size = 0;

    PH_TRY(visit_slice(visitor, PH_PRIVATE_TEXT, ph_slice_of(machine->release), &release, &size));
    if (release) {
        size = size < sizeof(machine->release) ? size : sizeof(machine->release) - 1;
        memcpy(machine->release, release, size);
        machine->release[size] = 0;
        ph_free(release);
    }
    if (!visitor->learn)
        machine->host[0] = machine->boot_id[0] = 0;
    return NULL;
}

static struct ph_error *visit_session(const struct visitor *visitor, struct ph_session *session)
{
    static const struct place places[] = {
        PATH(ph_session, input_name),
        PATH(ph_session, recording),
        TEXT(ph_session, recording_note),
    };

    PH_TRY(visit_places(visitor, session, places, COUNT_OF(places)));
    PH_TRY(visit_machine(visitor, &session->machine));
    for (size_t i = 0; i < session->catalog.count; i++)
        PH_TRY(visit_series(visitor, &session->catalog.series[i]));
    PH_TRY(visit_losses(visitor, &session->losses));
    PH_TRY(visit_losses(visitor, &session->last.losses));
    PH_TRY(visit_events(visitor, &session->events));
    return visit_events(visitor, &session->last.events);
}

/* ------------------------------------------------------------------ owners */

static struct ph_error *visit_identity(const struct visitor *visitor, struct ph_identity *identity)
{
    static const struct place places[] = {
        PATH(ph_identity, path),
        TEXT(ph_identity, sentence),
        PATH(ph_identity, catalog),
        PATH(ph_identity, system.catalog),
        TEXT(ph_identity, system.words),
        TEXT(ph_identity, system.differs),
        TEXT(ph_identity, description),
        TEXT(ph_identity, product),
        TEXT(ph_identity, product_version),
        TEXT(ph_identity, file_version),
        TEXT(ph_identity, binary_version),
        PATHS(ph_identity, original_name),
        PATHS(ph_identity, internal_name),
        TEXT(ph_identity, comments),
        PATH(ph_identity, pdb_path),
        PATHS(ph_identity, module.name),
        TEXT(ph_identity, module.version),
        TEXT(ph_identity, module.vermagic),
        NAMES(ph_identity, module.author),
        PATHS(ph_identity, module.depends),
        NAMES(ph_identity, module.signer),
        TEXT(ph_identity, module.loaded_version),
        TEXT(ph_identity, module.taint_meaning),
        TEXT(ph_identity, module.package),
        TEXT(ph_identity, module.package_version),
        NAMES(ph_identity, module.maintainer),
    };
    static const struct place of_signature[] = {
        TEXT(ph_signature, sentence),       PATH(ph_signature, catalog),
        TEXT(ph_signature, program),        TEXT(ph_signature, url),
        TEXT(ph_signature, stamp_sentence),
    };

    PH_TRY(visit_places(visitor, identity, places, COUNT_OF(places)));
    for (size_t i = 0; i < identity->signatures.count; i++)
        PH_TRY(visit_places(visitor, &identity->signatures.items[i], of_signature,
                            COUNT_OF(of_signature)));
    return visit_losses(visitor, &identity->losses);
}

/* Whose process it is: learnt, and taken out as a whole; a number and root tell nobody. A service's
 * user that is called as its program is learnt from nowhere: sentences need the program's name. */
static struct ph_error *visit_user(const struct visitor *visitor, struct ph_process *process)
{
    char *removed;

    if (!process->user || !strcmp(process->user, "root") || !strncmp(process->user, "uid ", 4) ||
        !strncmp(process->user, "NT ", 3)) /* NT AUTHORITY\SYSTEM is nobody's name */
        return NULL;
    if (visitor->learn) { /* of "DOMAIN\bob" the person's name */
        const char *domain = strrchr(process->user, '\\');
        return process->command && !strcmp(process->user, process->command)
                   ? NULL
                   : ph_privacy_name(visitor->learn,
                                     ph_slice_of(domain ? domain + 1 : process->user));
    }
    removed = ph_strdup(PH_PRIVATE_REMOVED);
    if (!removed)
        return ph_error_nomem();
    ph_free(process->user);
    process->user = removed;
    return NULL;
}

static struct ph_error *visit_owner(const struct visitor *visitor, struct ph_owner *owner)
{
    static const struct place places[] = {
        PATHS(ph_owner, name),
        PATH(ph_owner, path),
        TEXT(ph_owner, reason),
        TEXT(ph_owner, newer),
        PATHS(ph_owner, process.command),
        PATH(ph_owner, process.cgroup),
        TEXT(ph_owner, process.package),
        TEXT(ph_owner, process.holds),
    };

    PH_TRY(visit_places(visitor, owner, places, COUNT_OF(places)));
    PH_TRY(visit_user(visitor, &owner->process));
    return visit_identity(visitor, &owner->identity);
}

static struct ph_error *visit_owner_report(const struct visitor *visitor,
                                           struct ph_owner_report *report)
{
    static const struct place places[] = {
        TEXT(ph_owner_report, held),
        TEXT(ph_owner_report, cgroup),
        TEXT(ph_owner_report, next),
        TEXT(ph_owner_report, paragraph),
    };
    static const struct place of_meaning[] = {
        TEXT(ph_tag_meaning, component), TEXT(ph_tag_meaning, meaning),
        TEXT(ph_tag_meaning, growth),    TEXT(ph_tag_meaning, check),
        TEXT(ph_tag_meaning, source),
    };
    static const struct place of_leak[] = {
        PATHS(ph_leak_match, driver), TEXT(ph_leak_match, what),     TEXT(ph_leak_match, fixed),
        TEXT(ph_leak_match, link),    TEXT(ph_leak_match, sureness),
    };

    if (!report->is_pool_tag)
        PH_TRY(visit(visitor, PH_PRIVATE_PATHS, &report->tag));
    PH_TRY(visit_places(visitor, report, places, COUNT_OF(places)));
    for (size_t i = 0; i < report->owner_count; i++)
        PH_TRY(visit_owner(visitor, &report->owners[i]));
    for (size_t i = 0; i < report->meaning_count; i++)
        PH_TRY(visit_places(visitor, &report->meanings[i], of_meaning, COUNT_OF(of_meaning)));
    for (size_t i = 0; i < report->leak_count; i++)
        PH_TRY(visit_places(visitor, &report->leaks[i], of_leak, COUNT_OF(of_leak)));
    return visit_losses(visitor, &report->losses);
}

/* ------------------------------------------------------------------ facts, and all of it */

static struct ph_error *visit_facts(const struct visitor *visitor, struct ph_facts *facts)
{
    static const struct place places[] = {
        TEXT(ph_facts, os),
        TEXT(ph_facts, taint),
        TEXT(ph_facts, command),
    };
    static const struct place of_driver[] = {
        PATHS(ph_fact_driver, name),
        TEXT(ph_fact_driver, version),
        NAMES(ph_fact_driver, vendor),
        TEXT(ph_fact_driver, note),
    };

    PH_TRY(visit_places(visitor, facts, places, COUNT_OF(places)));
    for (size_t i = 0; i < facts->driver_count; i++)
        PH_TRY(visit_places(visitor, &facts->drivers[i], of_driver, COUNT_OF(of_driver)));
    return visit_losses(visitor, &facts->losses);
}

static struct ph_error *visit_all(const struct visitor *visitor, struct ph_session *session,
                                  struct ph_owners *owners, struct ph_facts *facts)
{
    PH_TRY(visit_session(visitor, session));
    for (size_t i = 0; owners && i < owners->count; i++)
        PH_TRY(visit_owner_report(visitor, &owners->reports[i]));
    return facts ? visit_facts(visitor, facts) : NULL;
}

/* ------------------------------------------------------------------ what is known from outside */

/* "web1.corp.example.com": that, "web1", and "corp.example.com". */
static struct ph_error *add_host(struct ph_privacy *privacy, const char *host)
{
    const char *dot = strchr(host, '.');

    PH_TRY(ph_privacy_name(privacy, ph_slice_of(host)));
    if (!dot)
        return NULL;
    PH_TRY(ph_privacy_name(privacy, (struct ph_slice){host, (size_t)(dot - host)}));
    return strchr(dot + 1, '.') ? ph_privacy_name(privacy, ph_slice_of(dot + 1)) : NULL;
}

static struct ph_error *add_environment(struct ph_privacy *privacy)
{
    static const char *const users[] = {"USER", "LOGNAME", "SUDO_USER", "DOAS_USER", "USERNAME"};
    static const char *const hosts[] = {"HOSTNAME", "COMPUTERNAME", "USERDOMAIN", "USERDNSDOMAIN"};
    static const char *const homes[] = {"HOME", "USERPROFILE"};

    for (size_t i = 0; i < COUNT_OF(users); i++) {
        const char *user = ph_environment(users[i]);
        if (user)
            PH_TRY(ph_privacy_name(privacy, ph_slice_of(user)));
    }
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        const char *host = ph_environment(hosts[i]);
        if (host)
            PH_TRY(add_host(privacy, host));
    }
    for (size_t i = 0; i < COUNT_OF(homes); i++) {
        const char *home = ph_environment(homes[i]);
        if (home)
            PH_TRY(ph_privacy_learn(privacy, PH_PRIVATE_TEXT, ph_slice_of(home)));
    }
    return NULL;
}

static struct ph_error *learn(const struct ph_session *session, struct ph_privacy *privacy)
{
    const struct visitor visitor = {.learn = privacy};
    struct ph_os_facts here;

    ph_os_facts(&here);
    PH_TRY(add_host(privacy, here.host));
    PH_TRY(add_host(privacy, session->machine.host));
    PH_TRY(add_environment(privacy));
    /* learning changes nothing */
    return visit_session(&visitor, (struct ph_session *)session);
}

struct ph_error *ph_privacy_open(const struct ph_session *session, struct ph_privacy *privacy)
{
    PH_GUARD(ph_privacy_fini) struct ph_privacy fresh = {0};

    PH_TRY(learn(session, &fresh));
    *privacy = fresh;
    fresh = (struct ph_privacy){0};
    return NULL;
}

static struct ph_error *copy(const struct ph_privacy *from, struct ph_privacy *to)
{
    for (size_t i = 0; i < from->count; i++)
        PH_TRY(ph_privacy_name(to, ph_slice_of(from->names[i])));
    for (size_t i = 0; i < from->path_count; i++)
        PH_TRY(ph_privacy_learn(to, PH_PRIVATE_PATH, ph_slice_of(from->paths[i])));
    return NULL;
}

struct ph_error *ph_privacy_apply(const struct ph_privacy *privacy, struct ph_session *session,
                                  struct ph_owners *owners, struct ph_facts *facts)
{
    PH_GUARD(ph_privacy_fini) struct ph_privacy all = {0};

    PH_TRY(copy(privacy, &all));
    PH_TRY(visit_all(&(struct visitor){.learn = &all}, session, owners, facts));
    return visit_all(&(struct visitor){.privacy = &all}, session, owners, facts);
}

struct ph_error *ph_privacy_text(const struct ph_privacy *privacy, char **text)
{
    return visit(&(struct visitor){.privacy = privacy}, PH_PRIVATE_TEXT, text);
}

void ph_privacy_fini(struct ph_privacy *privacy)
{
    for (size_t i = 0; i < privacy->count; i++)
        ph_free(privacy->names[i]);
    for (size_t i = 0; i < privacy->path_count; i++)
        ph_free(privacy->paths[i]);
    ph_free(privacy->names);
    ph_free(privacy->paths);
    *privacy = (struct ph_privacy){0};
}
