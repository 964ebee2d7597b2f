/* Whose the memory is, what to send, the system that was watched, and how. */
#include <math.h>
#include <string.h>

#include "model/facts.h"
#include "render/owner_sentences.h"
#include "render/owner_views.h"
#include "render/report_body.h"

enum { OWNERS_MOST = 12, DRIVERS_MOST = 300, NAMES_MOST = 1000, LOSSES_MOST = 200 };

/* ------------------------------------------------------------------ owners */

static void identity_fields(struct ph_body *body, const struct ph_identity *identity)
{
    struct ph_document *doc = &body->doc;
    const struct ph_digest_sum *sum = &identity->sums[PH_DIGEST_SHA256];

    ph_identity_words(identity, ph_body_line(body));
    ph_body_field(body, "Identity");
    ph_document_string(doc, "Package", identity->module.package);
    ph_document_string(doc, "Maintainer", identity->module.maintainer);
    ph_document_string(doc, "Author", identity->module.author);
    ph_signature_words(identity, ph_body_line(body));
    ph_body_field(body, ph_signature_alarms(identity) ? "Signature (look!)" : "Signature");
    struct ph_text *line = ph_body_line(body);
    for (size_t i = 0; i < sum->size; i++)
        ph_text_printf(line, "%02x", sum->bytes[i]);
    ph_body_field(body, "SHA-256");
    ph_document_string(doc, "Symbols (PDB)", identity->pdb_id);
    ph_document_string(doc, "srcversion", identity->module.srcversion);
}

static void owner_fields(struct ph_body *body, const struct ph_owner *owner)
{
    struct ph_document *doc = &body->doc;

    doc->language->fields(doc, true, false);
    ph_owner_name_words(owner, ph_body_line(body));
    ph_body_field(body, owner->process.pid ? "Process" : "Driver");
    ph_owner_process_words(owner, ph_body_line(body));
    ph_body_field(body, "Runs as");
    ph_document_string(doc, "Package", owner->process.package);
    for (size_t i = 0; i < owner->claim_count; i++) {
        ph_claim_words(&owner->claims[i], ph_body_line(body));
        ph_body_field(body, "Evidence");
    }
    ph_document_string(doc, "Evidence", owner->reason);
    ph_owner_file_words(owner, ph_body_line(body));
    ph_body_field(body, owner->process.pid ? "Program" : "File");
    if (owner->identified)
        identity_fields(body, &owner->identity);
    ph_document_string(doc, "Newer file", owner->newer);
    doc->language->fields(doc, false, false);
}

static bool same(const char *a, const char *b)
{
    return a && b && !strcmp(a, b);
}

static void known_fields(struct ph_body *body, const struct ph_owner_report *owner)
{
    struct ph_document *doc = &body->doc;

    doc->language->fields(doc, true, false);
    for (size_t i = 0; i < owner->meaning_count; i++) {
        const struct ph_tag_meaning *meaning = &owner->meanings[i];
        ph_meaning_words(meaning, ph_body_line(body));
        ph_body_field(body, meaning->kind == PH_EVIDENCE_LIST ? "Tag list" : "Meaning");
        ph_document_string(doc, "Its growth", meaning->growth);
        if (!same(meaning->check, owner->next))
            ph_document_string(doc, "Check", meaning->check);
    }
    for (size_t i = 0; i < owner->leak_count; i++) {
        ph_known_leak_words(&owner->leaks[i], ph_body_line(body));
        ph_body_field(body, "Known leak");
        ph_document_link(doc, "See", owner->leaks[i].link);
    }
    ph_document_string(doc, "Share", owner->held);
    ph_document_string(doc, "Blocks", owner->blocks);
    ph_document_string(doc, "Lookaside", owner->lookaside);
    ph_document_string(doc, "Control group", owner->cgroup);
    ph_owner_searched_words(owner, ph_body_line(body));
    ph_body_field(body, "Searched");
    ph_document_string(doc, "Next step", owner->next);
    doc->language->fields(doc, false, false);
}

static bool tells_more(const struct ph_owner_report *owner)
{
    return owner->meaning_count || owner->leak_count || owner->drivers || owner->held ||
           owner->blocks || owner->lookaside || owner->cgroup || owner->next;
}

struct ph_error *ph_body_owners(struct ph_body *body)
{
    struct ph_document *doc = &body->doc;

    for (size_t i = 0; i < body->report->owner_count; i++) {
        const struct ph_owner_report *owner = &body->report->owners[i];
        size_t shown = owner->owner_count < OWNERS_MOST ? owner->owner_count : OWNERS_MOST;
        ph_owner_answer_words(owner, ph_body_line(body));
        ph_document_part(doc, &body->line);
        for (size_t k = 0; k < shown; k++)
            owner_fields(body, &owner->owners[k]);
        if (shown < owner->owner_count) {
            ph_screen_count(ph_body_line(body), owner->owner_count - shown, "more candidate",
                            "more candidates");
            ph_text_puts(&body->line,
                         ", none with stronger evidence: 'poolhound who --all' lists them.");
            ph_body_say(body, PH_SAY_NOTE);
        }
        if (tells_more(owner))
            known_fields(body, owner);
    }
    return NULL;
}

struct ph_error *ph_body_send(struct ph_body *body)
{
    const struct ph_hunt_report *report = body->report;
    struct ph_document *doc = &body->doc;

    if (!body->owner || !body->owner->paragraph) {
        ph_document_says(doc, PH_SAY_TEXT,
                         "Nobody to write to is known yet. This is what to tell whoever looks "
                         "into it; name the owner first if you can.");
        ph_finding_paragraph(report, body->about, ph_body_line(body));
        ph_body_say(body, PH_SAY_COPY);
    } else {
        ph_document_says(doc, PH_SAY_TEXT,
                         "Ready to send to the owner, together with this report:");
    }
    for (size_t i = 0; i < report->owner_count; i++)
        if (report->owners[i].paragraph)
            ph_document_says(doc, PH_SAY_COPY, report->owners[i].paragraph);
    return NULL;
}

/* ------------------------------------------------------------------ the system */

static void driver_row(struct ph_body *body, const struct ph_fact_driver *driver)
{
    struct ph_document *doc = &body->doc;

    ph_document_row(doc);
    ph_document_cells(doc, driver->name ? driver->name : "?");
    ph_document_cells(doc, driver->version ? driver->version : "?");
    ph_document_cells(doc, driver->vendor ? driver->vendor : "?");
    struct ph_text *line = ph_body_line(body);
    if (driver->bytes >= 0)
        ph_text_bytes(line, (double)driver->bytes);
    else
        ph_text_putc(line, '?');
    ph_document_cell(doc, line);
    line = ph_body_line(body);
    ph_text_puts(line, driver->note ? driver->note : "");
    if (!driver->loaded)
        ph_text_puts(line, line->size ? "; a file, not seen loaded" : "a file, not seen loaded");
    ph_document_cell(doc, line);
}

static bool of_windows(const struct ph_body *body)
{
    const struct ph_machine *machine = body->report->machine;

    return machine && !strcmp(machine->system, "Windows");
}

static void foreign_drivers(struct ph_body *body, const struct ph_facts *facts, size_t foreign)
{
    static const struct ph_doc_column columns[] = {
        {"Driver", PH_CELL_TAG},  {"Version", PH_CELL_TEXT}, {"Vendor or author", PH_CELL_TEXT},
        {"Size", PH_CELL_NUMBER}, {"Notes", PH_CELL_TEXT},
    };
    struct ph_document *doc = &body->doc;
    size_t shown = 0;

    ph_document_table(doc,
                      of_windows(body) ? "Drivers that are not of Microsoft"
                                       : "Drivers that are not part of the kernel's own tree",
                      columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < facts->driver_count && shown < DRIVERS_MOST; i++)
        if (!facts->drivers[i].from_tree) {
            driver_row(body, &facts->drivers[i]);
            shown++;
        }
    ph_document_table_end(doc);
    if (shown < foreign) {
        ph_screen_count(ph_body_line(body), foreign - shown, "more is not listed.",
                        "more are not listed.");
        ph_body_say(body, PH_SAY_NOTE);
    }
}

static void tree_drivers(struct ph_body *body, const struct ph_facts *facts, size_t count)
{
    struct ph_document *doc = &body->doc;
    size_t listed = 0;

    ph_screen_count(ph_body_line(body), count,
                    of_windows(body) ? "driver of Microsoft" : "module of the kernel's own tree",
                    of_windows(body) ? "drivers of Microsoft" : "modules of the kernel's own tree");
    ph_document_fold(doc, &body->line);
    doc->language->names(doc, true);
    for (size_t i = 0; i < facts->driver_count && listed < NAMES_MOST; i++) {
        const struct ph_fact_driver *driver = &facts->drivers[i];
        PH_GUARD(ph_text_fini) struct ph_text name = {0};
        if (!driver->from_tree)
            continue;
        ph_text_puts(&name, driver->name ? driver->name : "?");
        struct ph_text *note = ph_body_line(body);
        ph_text_puts(note, driver->version ? driver->version : "");
        if (driver->note && driver->note[0])
            ph_text_printf(note, "%s%s", note->size ? ", " : "", driver->note);
        ph_document_name(doc, &name, note);
        listed++;
    }
    doc->language->names(doc, false);
    if (listed < count) {
        ph_screen_count(ph_body_line(body), count - listed, "more is not listed.",
                        "more are not listed.");
        ph_body_say(body, PH_SAY_NOTE);
    }
    doc->language->fold_end(doc);
}

static void machine_fields(struct ph_body *body, const struct ph_machine *machine)
{
    const struct ph_sample *last = body->report->last;
    int64_t memory = machine->memory_bytes > 0 ? machine->memory_bytes
                     : last                    ? last->memory.total
                                               : -1;
    struct ph_text *line;

    ph_screen_machine(true, machine, ph_body_line(body));
    ph_body_field(body, "Machine");
    line = ph_body_line(body);
    if (memory > 0)
        ph_text_bytes(line, (double)memory);
    ph_body_field(body, "Memory");
    line = ph_body_line(body);
    if (machine->cpus)
        ph_text_printf(line, "%u", (unsigned)machine->cpus);
    ph_body_field(body, "Processors");
}

struct ph_error *ph_body_system(struct ph_body *body)
{
    const struct ph_hunt_report *report = body->report;
    const struct ph_facts *facts = report->facts;
    const struct ph_sample *last = report->last;
    struct ph_document *doc = &body->doc;
    size_t foreign = 0;

    doc->language->fields(doc, true, false);
    if (report->machine)
        machine_fields(body, report->machine);
    if (facts) {
        ph_document_string(doc, "System", facts->os);
        ph_document_string(doc, "Taint",
                           facts->taint && facts->taint[0] ? facts->taint
                           : facts->taint                  ? "none"
                                                           : NULL);
        ph_document_string(doc, "Kernel command line", facts->command);
    }
    struct ph_text *line = ph_body_line(body);
    if (facts && facts->uptime_ns >= 0)
        ph_text_duration(line, (double)facts->uptime_ns / 1e9);
    else if (last && last->boottime_ns >= 0)
        ph_text_duration(line, (double)last->boottime_ns / 1e9);
    ph_body_field(body, "Up, at the newest reading");
    doc->language->fields(doc, false, false);
    if (!facts || !facts->driver_count) {
        ph_document_says(doc, PH_SAY_NOTE, "No list of drivers was gathered.");
        return NULL;
    }
    for (size_t i = 0; i < facts->driver_count; i++)
        foreign += !facts->drivers[i].from_tree;
    if (foreign)
        foreign_drivers(body, facts, foreign);
    else
        ph_document_says(doc, PH_SAY_TEXT,
                         of_windows(body)
                             ? "Every driver that was seen is of Microsoft."
                             : "Every driver that was seen is part of the kernel's own tree.");
    if (foreign < facts->driver_count)
        tree_drivers(body, facts, facts->driver_count - foreign);
    return NULL;
}

/* ------------------------------------------------------------------ how it was measured */

static void readings_fields(struct ph_body *body)
{
    const struct ph_hunt_report *report = body->report;
    bool ordinal = report->time_kind == PH_TIME_ORDINAL;
    struct ph_text *line;

    ph_document_string(&body->doc, "Source", report->source);
    line = ph_body_line(body);
    ph_screen_count(line, report->samples, "reading", "readings");
    if (ordinal) {
        ph_text_puts(line, " without times: rates are by reading");
    } else if (report->samples > 1) {
        ph_text_puts(line, ", one every ");
        ph_text_duration(line, ph_observed_s(report) / (double)(report->samples - 1));
        ph_text_puts(line, " in the mean");
    }
    ph_body_field(body, "Readings");
    line = ph_body_line(body);
    if (!ordinal) {
        ph_text_duration(line, ph_observed_s(report));
        ph_text_puts(line, ", from ");
        ph_screen_time(report->first_ns, report->time_kind, line);
        ph_text_puts(line, " to ");
        ph_screen_time(report->last_ns, report->time_kind, line);
    }
    ph_body_field(body, "Span");
    ph_text_grouped(ph_body_line(body), (int64_t)report->segments);
    ph_body_field(body, "Boots seen");
    ph_text_grouped(ph_body_line(body), (int64_t)report->clock_jumps);
    ph_body_field(body, "Clock jumps");
}

static void recording_fields(struct ph_body *body)
{
    const struct ph_hunt_report *report = body->report;
    struct ph_document *doc = &body->doc;

    if (!report->recording) {
        ph_document_string(doc, "Not recorded", report->recording_note);
        return;
    }
    ph_document_string(doc, "Recording", report->recording);
    if (report->recording_note) {
        ph_document_string(doc, "Look again", report->recording_note);
        return;
    }
    ph_text_puts(ph_body_line(body), "poolhound leaks ");
    ph_argument_words(report->recording, &body->line);
    ph_body_field(body, "Look again");
}

static struct ph_error *losses(struct ph_body *body)
{
    const struct ph_hunt_report *report = body->report;
    PH_GUARD(ph_loss_fini) struct ph_loss_list all = {0};

    if (report->losses)
        PH_TRY(ph_loss_merge(&all, report->losses, true));
    if (report->facts)
        PH_TRY(ph_loss_merge(&all, &report->facts->losses, true));
    for (size_t i = 0; i < report->owner_count; i++)
        PH_TRY(ph_loss_merge(&all, &report->owners[i].losses, true));
    ph_text_puts(ph_body_line(body), "Not read, or only in part");
    ph_document_part(&body->doc, &body->line);
    if (!all.count) {
        ph_document_says(&body->doc, PH_SAY_TEXT,
                         "Nothing: everything that was asked for was "
                         "read.");
        return NULL;
    }
    body->doc.language->list(&body->doc, true);
    for (size_t i = 0; i < all.count && i < LOSSES_MOST; i++) {
        struct ph_text *line = ph_body_line(body);
        ph_text_puts(line, all.items[i].what);
        if (all.items[i].count > 1) {
            ph_text_puts(line, " (");
            ph_text_grouped(line, (int64_t)all.items[i].count);
            ph_text_puts(line, " times)");
        }
        ph_document_item(&body->doc, line);
    }
    if (all.count > LOSSES_MOST) {
        ph_screen_count(ph_body_line(body), all.count - LOSSES_MOST, "more", "more");
        ph_document_item(&body->doc, &body->line);
    }
    body->doc.language->list(&body->doc, false);
    return NULL;
}

struct ph_error *ph_body_measured(struct ph_body *body)
{
    const struct ph_hunt_report *report = body->report;
    struct ph_document *doc = &body->doc;

    doc->language->fields(doc, true, false);
    readings_fields(body);
    ph_document_string(doc, "Method",
                       "Floors, the least value of each window of time, must rise steadily, "
                       "without slowing down and into new territory; rates are the median slope "
                       "of the floors with a 95 % interval. The tests, their levels and their "
                       "measured error rates are in docs/method.md of poolhound.");
    recording_fields(body);
    if (report->written_ns) {
        ph_text_time(ph_body_line(body), report->written_ns);
        ph_body_field(body, "Report written");
    }
    ph_document_string(doc, "Written by", "poolhound " POOLHOUND_VERSION);
    doc->language->fields(doc, false, false);
    return losses(body);
}

struct ph_error *ph_body_verdicts(struct ph_body *body)
{
    struct ph_document *doc = &body->doc;

    doc->language->fields(doc, true, false);
    for (unsigned verdict = PH_VERDICT_COUNT; verdict-- > 0;)
        ph_document_string(doc, ph_verdict_name((enum ph_verdict)verdict, false),
                           ph_verdict_meaning((enum ph_verdict)verdict));
    ph_document_string(
        doc, ph_verdict_name(PH_VERDICT_GROWING, true),
        "GROWING, and at this rate its pool is full in less than 24 h, or in less than "
        "100 times what was observed where that is shorter");
    ph_document_string(doc, "Rate (95 %)",
                       "the growth, and in brackets the interval that holds the true rate in 19 "
                       "of 20 cases. 1 KB = 1,024 bytes.");
    doc->language->fields(doc, false, false);
    return NULL;
}
