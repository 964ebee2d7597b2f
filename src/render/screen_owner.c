/* who for people: the answer, then the candidates with their evidence, then what is known. */
#include <string.h>

#include "render/owner_sentences.h"
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

    ph_owner_name_words(owner, &line);
    ph_screen_prose(screen->style->utf8, ph_text_slice(&line), &printable);
    if (line.failed || printable.failed)
        screen->out->failed = true;
    ph_text_puts(screen->out, "  ");
    ph_screen_wrap(screen, 2, INDENT, ph_text_slice(&printable), PH_TINT_BOLD);
}

static void identity_fields(struct ph_screen *screen, const struct ph_identity *identity)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    ph_identity_words(identity, &text);
    if (text.size)
        field(screen, "identity", &text, PH_TINT_PLAIN);
    string_field(screen, "package", identity->module.package);
    string_field(screen, "maintainer", identity->module.maintainer);
    string_field(screen, "author", identity->module.author);
    if (text.failed)
        screen->out->failed = true;
    ph_text_clear(&text);
    ph_signature_words(identity, &text);
    field(screen, "signature", &text,
          ph_signature_alarms(identity) ? PH_TINT_ALARM : PH_TINT_PLAIN);
}

static void process_lines(struct ph_screen *screen, const struct ph_owner *owner)
{
    PH_GUARD(ph_text_fini) struct ph_text words = {0};

    ph_owner_process_words(owner, &words);
    if (words.size || words.failed)
        field(screen, "process", &words, PH_TINT_PLAIN);
    string_field(screen, "package", owner->process.package);
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
    process_lines(screen, owner);
    if (owner->path) {
        PH_GUARD(ph_text_fini) struct ph_text text = {0};
        ph_owner_file_words(owner, &text);
        path_field(screen, owner->process.pid ? "program" : "file", &text);
    }
    if (owner->identified)
        identity_fields(screen, &owner->identity);
    string_field(screen, "newer file", owner->newer);
}

/* ------------------------------------------------------------------ what is known of the tag */

static void meaning_lines(struct ph_screen *screen, const struct ph_tag_meaning *meaning)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    bool list = meaning->kind == PH_EVIDENCE_LIST;

    ph_meaning_words(meaning, &text);
    field(screen, list ? "tag list" : "meaning", &text, PH_TINT_PLAIN);
    if (list)
        return;
    string_field(screen, "its growth", meaning->growth);
    string_field(screen, "check", meaning->check);
}

static void leak_lines(struct ph_screen *screen, const struct ph_leak_match *leak)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    ph_known_leak_words(leak, &text);
    field(screen, "known leak", &text, leak->certain ? PH_TINT_ALARM : PH_TINT_WARN);
    string_field(screen, "", leak->link);
}

static void searched(struct ph_screen *screen, const struct ph_owner_report *report)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    ph_owner_searched_words(report, &text);
    if (text.size || text.failed)
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
    string_field(screen, "share", report->held);
    string_field(screen, "blocks", report->blocks);
    string_field(screen, "lookaside", report->lookaside);
    string_field(screen, "cgroup", report->cgroup);
    searched(screen, report);
    string_field(screen, "next", report->next);
}

/* ------------------------------------------------------------------ the answer */

static void answer(struct ph_screen *screen, const struct ph_owner_report *report)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    PH_GUARD(ph_text_fini) struct ph_text printable = {0};

    ph_owner_answer_words(report, &text);
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
