/* Whose driver the candidates are, and what to do next. */
#include <inttypes.h>
#include <string.h>

#include "app/who_parts.h"
#include "base/mem.h"
#include "base/parallel.h"

enum { IDENTIFIED_MOST = 5 };

const char *ph_who_version(const struct ph_identity *identity)
{
    if (identity->format == PH_FORMAT_ELF)
        return identity->module.version ? identity->module.version
                                        : identity->module.package_version;
    return identity->binary_version ? identity->binary_version : identity->file_version;
}

/* ------------------------------------------------------------------ identities */

/* The best candidates, at once on all processors: the answer waits for nothing else. */
struct identifying {
    const struct ph_identifier *identifier;
    struct ph_owner *owners[IDENTIFIED_MOST];
    struct ph_error *errors[IDENTIFIED_MOST];
};

static struct ph_error *identify_item(void *context, size_t item)
{
    struct identifying *work = context;
    struct ph_owner *owner = work->owners[item];

    work->errors[item] = ph_identify_file(work->identifier, owner->path, &owner->identity);
    owner->identified = !work->errors[item];
    return NULL;
}

struct ph_error *ph_who_identify(struct ph_identifier *identifier, const struct ph_drivers *drivers,
                                 struct ph_owner_report *report)
{
    struct identifying work = {.identifier = identifier};
    size_t count = 0;

    for (size_t i = 0; i < report->owner_count && i < IDENTIFIED_MOST; i++) {
        struct ph_owner *owner = &report->owners[i];
        if (!owner->path || owner->process.pid || owner->identified ||
            owner->evidence > PH_EVIDENCE_LIST)
            continue;
        PH_TRY(ph_identifier_catalogs_near(identifier, owner->path));
        work.owners[count++] = owner;
    }
    struct ph_error *error = ph_parallel(count, 0, identify_item, &work);
    for (size_t i = 0; i < count; i++) {
        if (!error)
            error = ph_loss_error(&report->losses, ph_steal(work.errors[i]));
        if (!error && work.owners[i]->identified)
            error = ph_who_find_newer(identifier, drivers, work.owners[i], &report->losses);
        ph_error_free(work.errors[i]);
    }
    return error;
}

/* ------------------------------------------------------------------ the next step */

static const char *vendor_of(const struct ph_owner *owner)
{
    const struct ph_identity *identity = &owner->identity;

    if (!owner->identified)
        return NULL;
    if (identity->format == PH_FORMAT_ELF)
        return identity->module.maintainer ? identity->module.maintainer
               : identity->module.in_tree  ? "the distribution of this kernel"
                                           : identity->module.author;
    return identity->company ? identity->company : identity->publisher;
}

static const char *check_of(const struct ph_owner_report *report)
{
    for (size_t i = 0; i < report->meaning_count; i++)
        if (report->meanings[i].check)
            return report->meanings[i].check;
    return NULL;
}

static bool on_behalf(const struct ph_owner_report *report)
{
    for (size_t i = 0; i < report->meaning_count; i++)
        if (report->meanings[i].on_behalf)
            return true;
    return false;
}

/* The only driver that is named: newer version, known fix, or its vendor. */
static void next_for_one(const struct ph_owner_report *report, const struct ph_owner *owner,
                         struct ph_text *next)
{
    const char *vendor = vendor_of(owner);

    for (size_t i = 0; i < report->leak_count; i++)
        if (report->leaks[i].certain && report->leaks[i].fixed) {
            ph_text_printf(next,
                           "this leak is known and was fixed in %s: install that or a later "
                           "version of %s",
                           report->leaks[i].fixed, owner->name);
            return;
        }
    if (owner->identified && owner->identity.module.in_tree) {
        if (owner->newer)
            ph_text_printf(next,
                           "%s is part of the kernel, and this machine has a newer one (%s): "
                           "start that and measure again (poolhound diff old new)",
                           owner->name, owner->newer);
        else
            ph_text_printf(next,
                           "%s is part of the kernel: install a newer kernel and measure again "
                           "(poolhound diff old new)",
                           owner->name);
        ph_text_printf(next, "; if it stays, send the paragraph with the recording to %s", vendor);
        return;
    }
    if (owner->newer)
        ph_text_printf(next,
                       "a newer file of %s lies on this machine (%s): install it and measure "
                       "again (poolhound diff old new)",
                       owner->name, owner->newer);
    else if (vendor)
        ph_text_printf(next,
                       "ask %s for a newer version of %s, or go back to the one before it, "
                       "and measure again (poolhound diff old new); if it stays, send them "
                       "the paragraph with the recording",
                       vendor, owner->name);
    else
        ph_text_printf(next,
                       "find out where %s comes from (poolhound identify -a -h -i), then look "
                       "for a newer version or ask its vendor",
                       owner->name);
}

/* The vendor that all named drivers share; NULL = they do not, or it is not known. */
static const char *common_vendor(const struct ph_owner_report *report, size_t named)
{
    const char *vendor = vendor_of(&report->owners[0]);

    for (size_t i = 1; vendor && i < named; i++) {
        const char *other = vendor_of(&report->owners[i]);
        if (!other || strcmp(other, vendor) != 0)
            return NULL;
    }
    return vendor;
}

static void next_for_several(const struct ph_owner_report *report, size_t named,
                             struct ph_text *next)
{
    const char *vendor = common_vendor(report, named);

    if (vendor)
        ph_text_printf(next,
                       "all of these drivers are %s's: see which of them is loaded there, look for "
                       "a newer version of it, or ask them",
                       vendor);
    else
        ph_text_puts(next, "several drivers use this tag: those that are loaded there count; take "
                           "them out one at a time, or let Driver Verifier's pool tracking tell "
                           "them apart");
}

static bool only_one_is_loaded(const struct ph_owner_report *report, size_t named)
{
    return named > 1 && report->owners[0].loaded == 1 && !report->owners[1].loaded;
}

/* The kernel does what the process asks for: no driver is to blame. */
static void next_for_process(const struct ph_owner_report *report, const struct ph_owner *owner,
                             struct ph_text *next)
{
    const struct ph_process *process = &owner->process;

    ph_text_printf(next,
                   "no driver is to blame: restarting process %" PRIu32 " (%s) gives the memory "
                   "back; see ",
                   process->pid, process->command);
    if (report->is_pool_tag)
        ph_text_puts(next, "its handles (Process Explorer, Ctrl+H)");
    else
        ph_text_printf(next, "'lsof -p %" PRIu32 "'", process->pid);
    ph_text_puts(next, " for what it holds, and ask the maker of ");
    if (process->package)
        ph_text_printf(next, "package %s", process->package);
    else
        ph_text_puts(next, owner->path ? owner->path : process->command);
    ph_text_puts(next, " why it does not let go of them");
}

/* Where else the driver may be. */
static void next_place(const struct ph_owner_report *report, struct ph_text *next)
{
    if (report->owner_count)
        ph_text_puts(next, report->this_machine
                               ? "weak evidence is often chance: look at the candidates that are "
                                 "loaded first; "
                               : "weak evidence is often chance: check the candidates that are "
                                 "loaded there, then ");
    ph_text_puts(next,
                 report->this_machine
                     ? "all that is loaded was searched, and the driver store; a driver may have "
                       "been unloaded and deleted, be packed, or make its tags at run time: Driver "
                       "Verifier's pool tracking names it after the next start"
                     : "search the other places drivers live in (DriverStore, ProgramData, Program "
                       "Files, the list of loaded drivers); a driver may have been deleted after "
                       "it was loaded, or be packed");
}

static void next_for_none(const struct ph_owner_report *report, struct ph_text *next)
{
    if (!report->is_pool_tag) {
        /* a site's tag is two words, a cache's one */
        bool site = report->tag && strchr(report->tag, ' ');
        ph_text_puts(next, "counters cannot tell who fills it, call sites can: poolhound trace");
        if (site)
            ph_text_puts(next, " --stacks");
        else
            ph_text_printf(next, " -i %s", report->tag ? report->tag : "TAG");
        ph_text_puts(next, " on that machine; for what was allocated before, slub_debug=U on the "
                           "kernel's command line");
        return;
    }
    if (report->held) { /* objects of the kernel */
        ph_text_puts(next, "no process has most of the handles: a driver that keeps references is "
                           "found by object reference tracing (gflags -ko, then !obtrace in a "
                           "kernel debugger), or by taking foreign drivers out one at a time");
        return;
    }
    if (!report->drivers) {
        ph_text_puts(next, "give poolhound the drivers of that machine: --drivers "
                           "C:/Windows/System32/drivers, or a copy of that folder");
        return;
    }
    next_place(report, next);
    if (report->doubtful)
        ph_text_puts(next, "; see poolhound scan --all for call sites whose tag was not found");
}

struct ph_error *ph_who_advise(struct ph_owner_report *report, const char *growth)
{
    PH_GUARD(ph_text_fini) struct ph_text next = {0};
    PH_GUARD(ph_text_fini) struct ph_text send = {0};
    size_t named = ph_owner_named(report);
    const char *check = check_of(report);
    bool counted = named && report->owners[0].counted;

    if (named && report->owners[0].process.pid)
        next_for_process(report, &report->owners[0], &next);
    else if (!counted && check && (on_behalf(report) || !named))
        ph_text_puts(&next, check);
    else if (counted || named == 1 || only_one_is_loaded(report, named))
        next_for_one(report, &report->owners[0], &next);
    else if (named)
        next_for_several(report, named, &next);
    else
        next_for_none(report, &next);
    PH_TRY(ph_text_check(&next));
    report->next = ph_memdup(next.data ? next.data : "", next.size);
    if (!report->next)
        return ph_error_nomem();
    if (named != 1 || (on_behalf(report) && !growth && !report->owners[0].process.pid &&
                       !report->owners[0].counted))
        return NULL;
    ph_who_paragraph(report, &report->owners[0], growth, &send);
    PH_TRY(ph_text_check(&send));
    report->paragraph = ph_memdup(send.data, send.size);
    return report->paragraph ? NULL : ph_error_nomem();
}
