#include "render/owner_sentences.h"

#include <math.h>

#include "render/owner_views.h"
#include "render/screen.h"

void ph_owner_name_words(const struct ph_owner *owner, struct ph_text *out)
{
    ph_text_puts(out, owner->name);
    if (owner->machine || owner->kinds) {
        ph_text_puts(out, " (");
        if (owner->machine)
            ph_machine_text(owner->machine, out);
        if (owner->machine && owner->kinds)
            ph_text_puts(out, "; ");
        ph_driver_kinds(owner->kinds, out);
        ph_text_putc(out, ')');
    }
    if (owner->loaded >= 0)
        ph_text_puts(out, owner->loaded ? ", loaded" : ", not loaded");
}

void ph_owner_process_words(const struct ph_owner *owner, struct ph_text *out)
{
    const struct ph_process *process = &owner->process;
    const char *gap = "";

    if (!process->pid)
        return;
    if (process->user) {
        ph_text_printf(out, "user %s", process->user);
        gap = ", ";
    }
    if (!isnan(process->age_s)) {
        ph_text_printf(out, "%sstarted ", gap);
        ph_text_duration(out, process->age_s);
        ph_text_puts(out, " ago");
        gap = ", ";
    }
    if (process->cgroup)
        ph_text_printf(out, "%scgroup %s", gap, process->cgroup);
}

void ph_owner_file_words(const struct ph_owner *owner, struct ph_text *out)
{
    if (!owner->path)
        return;
    ph_text_puts(out, owner->path);
    if (!owner->copies)
        return;
    ph_text_puts(out, " and ");
    ph_screen_count(out, owner->copies, "other file", "other files");
    ph_text_puts(out, " with the same content");
}

static void module_words(const struct ph_module_facts *module, struct ph_text *out)
{
    ph_text_printf(out, "%s%s%s", module->name ? module->name : "module",
                   module->version ? " " : "", module->version ? module->version : "");
    if (module->vermagic)
        ph_text_printf(out, ", built for %s", module->vermagic);
    ph_text_puts(out,
                 module->in_tree ? ", from the kernel's own tree" : ", not from the kernel's tree");
}

void ph_identity_words(const struct ph_identity *identity, struct ph_text *out)
{
    const char *version =
        identity->file_version ? identity->file_version : identity->binary_version;
    bool some = identity->description || version;

    if (identity->format == PH_FORMAT_ELF) {
        module_words(&identity->module, out);
        return;
    }
    ph_text_printf(out, "%s%s%s", identity->description ? identity->description : "",
                   identity->description && version ? ", " : "", version ? version : "");
    if (identity->company)
        ph_text_printf(out, "%sof %s", some ? ", " : "", identity->company);
}

void ph_signature_words(const struct ph_identity *identity, struct ph_text *out)
{
    if (identity->publisher && identity->trust <= PH_TRUST_WRONG_USE)
        ph_text_printf(out, "%s: ", identity->publisher);
    ph_text_puts(out, identity->sentence ? identity->sentence : ph_trust_name(identity->trust));
    if (identity->trailing_bytes)
        ph_text_printf(out, "; %zu bytes follow the signature and are signed by nobody",
                       identity->trailing_bytes);
}

bool ph_signature_alarms(const struct ph_identity *identity)
{
    return identity->trust >= PH_TRUST_REVOKED && identity->trust <= PH_TRUST_STRIPPED;
}

void ph_meaning_words(const struct ph_tag_meaning *meaning, struct ph_text *out)
{
    if (meaning->component && meaning->component[0])
        ph_text_printf(out, "%s: ", meaning->component);
    ph_text_puts(out, meaning->meaning ? meaning->meaning : "");
    if (meaning->kind == PH_EVIDENCE_LIST)
        ph_text_printf(out, " (%s)", meaning->source ? meaning->source : "tag list");
    else if (meaning->on_behalf)
        ph_text_puts(out, "; allocated by the system on behalf of others: the driver that asks for "
                          "it is not the one that allocates");
}

void ph_known_leak_words(const struct ph_leak_match *leak, struct ph_text *out)
{
    const char *what = leak->what ? leak->what : "";
    size_t before = out->size;

    ph_text_printf(out, "%s%s%s", leak->driver ? leak->driver : "", leak->driver ? ": " : "", what);
    if (out->size > before && out->data[out->size - 1] != '.')
        ph_text_putc(out, '.');
    if (leak->fixed)
        ph_text_printf(out, " Fixed in %s.", leak->fixed);
    if (leak->sureness)
        ph_text_printf(out, " Match: %s.", leak->sureness);
}

void ph_owner_searched_words(const struct ph_owner_report *report, struct ph_text *out)
{
    bool windows = report->is_pool_tag;

    if (!report->drivers)
        return;
    ph_screen_count(out, report->drivers, windows ? "driver" : "module",
                    windows ? "drivers" : "modules");
    if (report->sites) {
        ph_text_puts(out, ", ");
        ph_text_grouped(out, (int64_t)report->resolved);
        ph_text_puts(out, " of ");
        ph_screen_count(out, report->sites, "call site", "call sites");
        ph_text_puts(out, " resolved");
    }
    if (!report->doubtful)
        return;
    ph_text_puts(out, "; ");
    ph_screen_count(out, report->doubtful, windows ? "driver has" : "module has",
                    windows ? "drivers have" : "modules have");
    ph_text_puts(out, windows ? " call sites whose tag was not found: it could be this one"
                              : " caches whose names are made up at run time");
}

static bool on_behalf(const struct ph_owner_report *report)
{
    for (size_t i = 0; i < report->meaning_count; i++)
        if (report->meanings[i].on_behalf)
            return true;
    return false;
}

static void process_answer(const struct ph_owner_report *report, size_t named, struct ph_text *out)
{
    if (named == 1)
        ph_text_printf(out, "held by %s, by no driver.", report->owners[0].name);
    else
        ph_text_printf(out, "held by %zu processes, first %s, by no driver.", named,
                       report->owners[0].name);
}

static bool only_processes(const struct ph_owner_report *report)
{
    for (size_t i = 0; i < report->owner_count; i++)
        if (!report->owners[i].process.pid)
            return false;
    return true;
}

void ph_owner_answer_words(const struct ph_owner_report *report, struct ph_text *out)
{
    size_t named = ph_owner_named(report);

    ph_text_printf(out, "%s: ", report->tag);
    if (named && report->owners[0].process.pid) {
        process_answer(report, named, out);
        return;
    }
    if (named == 1)
        ph_text_printf(out, "%s%s%s", report->is_pool_tag ? "allocated by " : "",
                       report->owners[0].name,
                       report->owners[0].loaded ? "" : ", which is not loaded now");
    else if (named)
        ph_screen_count(out, named, "driver allocates", "drivers allocate");
    else if (report->owner_count)
        ph_text_puts(out, only_processes(report)
                              ? "no process holds most of it, and no driver is seen to own it"
                              : "no driver is seen to allocate with it; weaker evidence follows");
    else
        ph_text_puts(out, "no owner found");
    if (named > 1)
        ph_text_puts(out, " with it");
    if (on_behalf(report) && !(named && report->owners[0].counted))
        ph_text_puts(out, named ? ", and the system does on behalf of others"
                                : "; the system allocates it on behalf of others");
    ph_text_putc(out, '.');
}

void ph_owner_short_words(const struct ph_owner_report *report, struct ph_text *out)
{
    const struct ph_owner *first = report->owners;
    size_t named = ph_owner_named(report);

    if (!report->owner_count) {
        ph_text_puts(out, "not found");
        return;
    }
    if (named > 1) {
        ph_screen_count(out, named, first->process.pid ? "process" : "driver",
                        first->process.pid ? "processes" : "drivers");
        ph_text_printf(out, ", first %s", first->name);
        return;
    }
    ph_text_printf(out, "%s%s", named ? "" : "not certain, most evidence for ", first->name);
    if (first->identified && first->identity.company)
        ph_text_printf(out, " of %s", first->identity.company);
}
