/* who for people: the answer, then the candidates with their evidence, then what is known. */
#include <string.h>

#include "render/owner_views.h"

enum { INDENT = 4, LABEL = 16, OWNERS_SHOWN = 12 };

/* "    evidence    text", wrapped below the text. */
static void field(struct ph_screen *screen, const char *label, const struct ph_text *text,
                  enum ph_tint tint)
{
    PH_GUARD(ph_text_fini) struct ph_text line = {0};

    ph_screen_prose(screen->style->utf8, ph_text_slice(text), &line);
    if (line.failed || text->failed)
        screen->out->failed = true;
    ph_text_printf(screen->out, "    %-11s ", label);
    ph_screen_wrap(screen, LABEL, LABEL, ph_text_slice(&line), tint);
}

/* Paths are meant to be copied: never broken. */
static void path_field(struct ph_screen *screen, const char *label, const struct ph_text *text)
{
    ph_text_printf(screen->out, "    %-11s ", label);
    ph_screen_prose(screen->style->utf8, ph_text_slice(text), screen->out);
    ph_text_putc(screen->out, '\n');
    if (text->failed)
        screen->out->failed = true;
}

static void string_field(struct ph_screen *screen, const char *label, const char *string)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    if (!string || !string[0])
        return;
    ph_text_puts(&text, string);
    field(screen, label, &text, PH_TINT_PLAIN);
}

/* ------------------------------------------------------------------ one candidate */

static void name_line(struct ph_screen *screen, const struct ph_owner *owner)
{
    PH_GUARD(ph_text_fini) struct ph_text line = {0};
    PH_GUARD(ph_text_fini) struct ph_text printable = {0};

    ph_text_puts(&line, owner->name);
    if (owner->machine || owner->kinds) {
        ph_text_puts(&line, " (");
        if (owner->machine)
            ph_machine_text(owner->machine, &line);
        if (owner->machine && owner->kinds)
            ph_text_puts(&line, "; ");
        ph_driver_kinds(owner->kinds, &line);
        ph_text_putc(&line, ')');
    }
    if (owner->loaded >= 0)
        ph_text_puts(&line, owner->loaded ? ", loaded" : ", not loaded");
    ph_screen_prose(screen->style->utf8, ph_text_slice(&line), &printable);
    if (line.failed || printable.failed)
        screen->out->failed = true;
    ph_text_puts(screen->out, "  ");
    ph_screen_wrap(screen, 2, INDENT, ph_text_slice(&printable), PH_TINT_BOLD);
}

static void identity_fields(struct ph_screen *screen, const struct ph_identity *identity)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    const struct ph_module_facts *module = &identity->module;
    const char *version =
        identity->file_version ? identity->file_version : identity->binary_version;

    if (identity->format == PH_FORMAT_ELF) {
        ph_text_printf(&text, "%s%s%s", module->name ? module->name : "module",
                       module->version ? " " : "", module->version ? module->version : "");
        if (module->vermagic)
            ph_text_printf(&text, ", built for %s", module->vermagic);
        ph_text_puts(&text, module->in_tree ? ", from the kernel's own tree"
                                            : ", not from the kernel's tree");
        field(screen, "identity", &text, PH_TINT_PLAIN);
        string_field(screen, "package", module->package);
        string_field(screen, "maintainer", module->maintainer);
        string_field(screen, "author", module->author);
    } else {
        ph_text_printf(&text, "%s%s%s", identity->description ? identity->description : "",
                       identity->description && version ? ", " : "", version ? version : "");
        if (identity->company)
            ph_text_printf(&text, "%sof %s", text.size ? ", " : "", identity->company);
        if (text.size)
            field(screen, "identity", &text, PH_TINT_PLAIN);
    }
    ph_text_clear(&text);
    if (identity->publisher && identity->trust <= PH_TRUST_WRONG_USE)
        ph_text_printf(&text, "%s: ", identity->publisher);
    ph_text_puts(&text, identity->sentence ? identity->sentence : ph_trust_name(identity->trust));
    if (identity->trailing_bytes)
        ph_text_printf(&text, "; %zu bytes follow the signature and are signed by nobody",
                       identity->trailing_bytes);
    field(screen, "signature", &text,
          identity->trust >= PH_TRUST_REVOKED && identity->trust <= PH_TRUST_STRIPPED
              ? PH_TINT_ALARM
              : PH_TINT_PLAIN);
}

static void owner_lines(struct ph_screen *screen, const struct ph_owner *owner)
{
    name_line(screen, owner);
    for (size_t i = 0; i < owner->claim_count; i++) {
        PH_GUARD(ph_text_fini) struct ph_text words = {0};
        ph_claim_words(&owner->claims[i], &words);
        field(screen, i ? "" : "evidence", &words, PH_TINT_PLAIN);
    }
    string_field(screen, owner->claim_count ? "" : "evidence", owner->reason);
    if (owner->path) {
        PH_GUARD(ph_text_fini) struct ph_text text = {0};
        ph_text_puts(&text, owner->path);
        if (owner->copies) {
            ph_text_puts(&text, " and ");
            ph_screen_count(&text, owner->copies, "other file", "other files");
            ph_text_puts(&text, " with the same content");
        }
        path_field(screen, "file", &text);
    }
    if (owner->identified)
        identity_fields(screen, &owner->identity);
    string_field(screen, "newer file", owner->newer);
}

/* ------------------------------------------------------------------ what is known of the tag */

static void meaning_lines(struct ph_screen *screen, const struct ph_tag_meaning *meaning)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    if (meaning->component && meaning->component[0])
        ph_text_printf(&text, "%s: ", meaning->component);
    ph_text_puts(&text, meaning->meaning ? meaning->meaning : "");
    if (meaning->kind == PH_EVIDENCE_LIST) {
        ph_text_printf(&text, " (%s)", meaning->source ? meaning->source : "tag list");
        field(screen, "tag list", &text, PH_TINT_PLAIN);
        return;
    }
    if (meaning->on_behalf)
        ph_text_puts(&text,
                     "; allocated by the system on behalf of others: the driver that asks for "
                     "it is not the one that allocates");
    field(screen, "meaning", &text, PH_TINT_PLAIN);
    string_field(screen, "its growth", meaning->growth);
    string_field(screen, "check", meaning->check);
}

static void leak_lines(struct ph_screen *screen, const struct ph_leak_match *leak)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    ph_text_printf(&text, "%s%s%s", leak->driver ? leak->driver : "", leak->driver ? ": " : "",
                   leak->what ? leak->what : "");
    if (text.size && text.data[text.size - 1] != '.')
        ph_text_putc(&text, '.');
    if (leak->fixed)
        ph_text_printf(&text, " Fixed in %s.", leak->fixed);
    if (leak->sureness)
        ph_text_printf(&text, " Match: %s.", leak->sureness);
    field(screen, "known leak", &text, leak->certain ? PH_TINT_ALARM : PH_TINT_WARN);
    string_field(screen, "", leak->link);
}

static void searched(struct ph_screen *screen, const struct ph_owner_report *report)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    if (!report->drivers)
        return;
    if (report->is_pool_tag)
        ph_screen_count(&text, report->drivers, "driver", "drivers");
    else
        ph_screen_count(&text, report->drivers, "module", "modules");
    if (report->sites) {
        ph_text_puts(&text, ", ");
        ph_text_grouped(&text, (int64_t)report->resolved);
        ph_text_puts(&text, " of ");
        ph_screen_count(&text, report->sites, "call site", "call sites");
        ph_text_puts(&text, " resolved");
    }
    if (report->doubtful) {
        ph_text_puts(&text, "; ");
        if (report->is_pool_tag)
            ph_screen_count(&text, report->doubtful, "driver has", "drivers have");
        else
            ph_screen_count(&text, report->doubtful, "module has", "modules have");
        ph_text_puts(&text, report->is_pool_tag
                                ? " call sites whose tag was not found: it could be this one"
                                : " caches whose names are made up at run time");
    }
    field(screen, "searched", &text, PH_TINT_PLAIN);
}

void ph_screen_owner_body(struct ph_screen *screen, const struct ph_owner_report *report)
{
    size_t shown =
        report->all || report->owner_count < OWNERS_SHOWN ? report->owner_count : OWNERS_SHOWN;

    for (size_t i = 0; i < shown; i++)
        owner_lines(screen, &report->owners[i]);
    if (shown < report->owner_count) {
        PH_GUARD(ph_text_fini) struct ph_text text = {0};
        ph_screen_count(&text, report->owner_count - shown, "more candidate", "more candidates");
        ph_text_puts(&text, ", none with stronger evidence: who --all lists them");
        field(screen, "and", &text, PH_TINT_PLAIN);
    }
    for (size_t i = 0; i < report->meaning_count; i++)
        meaning_lines(screen, &report->meanings[i]);
    for (size_t i = 0; i < report->leak_count; i++)
        leak_lines(screen, &report->leaks[i]);
    searched(screen, report);
    string_field(screen, "next", report->next);
}

/* ------------------------------------------------------------------ the answer */

static bool on_behalf(const struct ph_owner_report *report)
{
    for (size_t i = 0; i < report->meaning_count; i++)
        if (report->meanings[i].on_behalf)
            return true;
    return false;
}

static void answer(struct ph_screen *screen, const struct ph_owner_report *report)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    PH_GUARD(ph_text_fini) struct ph_text printable = {0};
    size_t named = 0;

    while (named < report->owner_count && report->owners[named].evidence <= PH_EVIDENCE_TABLE)
        named++;
    ph_text_printf(&text, "%s: ", report->tag);
    if (named == 1)
        ph_text_printf(&text, "%s%s", report->is_pool_tag ? "allocated by " : "",
                       report->owners[0].name);
    else if (named)
        ph_screen_count(&text, named, "driver allocates", "drivers allocate");
    else if (report->owner_count)
        ph_text_puts(&text, "no driver is seen to allocate with it; weaker evidence follows");
    else
        ph_text_puts(&text, "no owner found");
    if (named > 1)
        ph_text_puts(&text, " with it");
    if (on_behalf(report))
        ph_text_puts(&text, named ? ", and the system does on behalf of others"
                                  : "; the system allocates it on behalf of others");
    ph_text_putc(&text, '.');
    ph_screen_prose(screen->style->utf8, ph_text_slice(&text), &printable);
    if (text.failed || printable.failed)
        screen->out->failed = true;
    ph_screen_wrap(screen, 0, 2, ph_text_slice(&printable), PH_TINT_BOLD);
}

static void to_send(struct ph_screen *screen, const struct ph_owner_report *report)
{
    if (!report->paragraph)
        return;
    ph_text_puts(screen->out, "\n  To send:\n");
    ph_screen_line(screen, "  ", report->paragraph, 2);
}

void ph_screen_owners(struct ph_screen *screen, const struct ph_owner_report *reports, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ph_text_puts(screen->out, i ? "\n" : "\nOwners\n");
        answer(screen, &reports[i]);
        ph_screen_owner_body(screen, &reports[i]);
        to_send(screen, &reports[i]);
        ph_screen_losses(screen, &reports[i].losses);
    }
}

struct ph_error *ph_screen_owner(const struct ph_owner_report *report, const struct ph_style *style,
                                 struct ph_text *out)
{
    struct ph_screen screen = ph_screen_of(style, out);

    answer(&screen, report);
    ph_text_putc(out, '\n');
    ph_screen_owner_body(&screen, report);
    to_send(&screen, report);
    ph_screen_losses(&screen, &report->losses);
    return ph_text_check(out);
}
