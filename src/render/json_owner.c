/* who and scan as JSON; docs/schema.json describes every key. */
#include "render/owner_views.h"

static void tag_members(struct ph_json *json, const uint8_t tag[4])
{
    struct ph_slice bytes = {(const char *)tag, 4};

    ph_json_foreign(json, "tag", bytes);
    ph_json_hex(json, "tag_hex", bytes);
}

static void claim_members(struct ph_json *json, const struct ph_claim *claim)
{
    static const char *const POOLS[] = {
        [PH_CLAIM_POOL_NONPAGED] = "nonpaged",
        [PH_CLAIM_POOL_PAGED] = "paged",
        [PH_CLAIM_POOL_BOTH] = "both",
    };
    bool known = claim->pool > PH_CLAIM_POOL_UNKNOWN && claim->pool <= PH_CLAIM_POOL_BOTH;

    ph_json_string(json, "evidence", ph_slice_of(ph_evidence_id(claim->evidence)));
    ph_json_prose(json, "routine", claim->routine);
    ph_json_prose(json, "pool", known ? POOLS[claim->pool] : NULL);
    ph_json_unsigned(json, "sites", true, claim->sites);
    ph_json_unsigned(json, "through_wrappers", true, claim->wrappers);
    ph_json_unsigned(json, "first_rva", claim->first_rva != 0, claim->first_rva);
    ph_json_signed(json, "size_least_bytes", claim->size_least >= 0, claim->size_least);
    ph_json_signed(json, "size_most_bytes", claim->size_most >= 0, claim->size_most);
    ph_json_bool(json, "protected_pool", claim->is_protected);
    ph_json_bool(json, "may_be_another", claim->partial);
}

static void kinds(struct ph_json *json, uint32_t bits)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    ph_driver_kinds(bits, &text);
    if (text.failed)
        json->out->failed = true;
    ph_json_prose(json, "driver_kind", text.data);
}

static void machine(struct ph_json *json, uint16_t number)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    if (number)
        ph_machine_text(number, &text);
    if (text.failed)
        json->out->failed = true;
    ph_json_prose(json, "machine", text.data);
}

/* ------------------------------------------------------------------ who */

static void process_object(struct ph_json *json, const struct ph_process *process)
{
    if (!process->pid) {
        ph_json_null(json, "process");
        return;
    }
    ph_json_open(json, "process", '{');
    ph_json_unsigned(json, "pid", true, process->pid);
    ph_json_prose(json, "command", process->command);
    ph_json_prose(json, "user", process->user);
    ph_json_prose(json, "cgroup", process->cgroup);
    ph_json_prose(json, "package", process->package);
    ph_json_double(json, "age_s", process->age_s);
    ph_json_double(json, "held_objects", process->held);
    ph_json_double(json, "grew_objects", process->grew);
    ph_json_prose(json, "holds", process->holds);
    ph_json_bool(json, "is_poolhound", process->own);
    ph_json_close(json, '}');
}

static void owner_object(struct ph_json *json, const struct ph_owner *owner)
{
    ph_json_open(json, NULL, '{');
    ph_json_prose(json, "driver", owner->name);
    ph_json_prose(json, "path", owner->path);
    ph_json_string(json, "evidence", ph_slice_of(ph_evidence_id(owner->evidence)));
    ph_json_prose(json, "reason", owner->reason);
    if (owner->loaded < 0)
        ph_json_null(json, "loaded");
    else
        ph_json_bool(json, "loaded", owner->loaded);
    machine(json, owner->machine);
    kinds(json, owner->kinds);
    ph_json_unsigned(json, "copies", true, owner->copies);
    ph_json_unsigned(json, "unresolved_sites", true, owner->unresolved);
    ph_json_open(json, "claims", '[');
    for (size_t i = 0; i < owner->claim_count; i++) {
        ph_json_open(json, NULL, '{');
        claim_members(json, &owner->claims[i]);
        ph_json_close(json, '}');
    }
    ph_json_close(json, ']');
    if (owner->identified)
        ph_json_identity_object(json, "identity", &owner->identity);
    else
        ph_json_null(json, "identity");
    ph_json_prose(json, "newer_file", owner->newer);
    process_object(json, &owner->process);
    ph_json_close(json, '}');
}

static void meaning_object(struct ph_json *json, const struct ph_tag_meaning *meaning)
{
    ph_json_open(json, NULL, '{');
    ph_json_string(json, "evidence", ph_slice_of(ph_evidence_id(meaning->kind)));
    ph_json_prose(json, "pattern", meaning->pattern);
    ph_json_prose(json, "component", meaning->component);
    ph_json_prose(json, "meaning", meaning->meaning);
    ph_json_prose(json, "growth", meaning->growth);
    ph_json_prose(json, "check", meaning->check);
    ph_json_prose(json, "source", meaning->source);
    ph_json_bool(json, "on_behalf_of_others", meaning->on_behalf);
    ph_json_close(json, '}');
}

static void leak_object(struct ph_json *json, const struct ph_leak_match *leak)
{
    ph_json_open(json, NULL, '{');
    ph_json_prose(json, "driver", leak->driver);
    ph_json_prose(json, "what", leak->what);
    ph_json_prose(json, "fixed_in", leak->fixed);
    ph_json_prose(json, "link", leak->link);
    ph_json_prose(json, "match", leak->sureness);
    ph_json_bool(json, "certain", leak->certain);
    ph_json_close(json, '}');
}

void ph_json_owner_members(struct ph_json *json, const struct ph_owner_report *report)
{
    ph_json_prose(json, "tag", report->tag);
    if (report->is_pool_tag)
        ph_json_hex(json, "tag_hex", (struct ph_slice){(const char *)report->bytes, 4});
    else
        ph_json_null(json, "tag_hex");
    ph_json_bool(json, "named", ph_owner_is_named(report));
    ph_json_open(json, "owners", '[');
    for (size_t i = 0; i < report->owner_count; i++)
        owner_object(json, &report->owners[i]);
    ph_json_close(json, ']');
    ph_json_open(json, "meanings", '[');
    for (size_t i = 0; i < report->meaning_count; i++)
        meaning_object(json, &report->meanings[i]);
    ph_json_close(json, ']');
    ph_json_open(json, "known_leaks", '[');
    for (size_t i = 0; i < report->leak_count; i++)
        leak_object(json, &report->leaks[i]);
    ph_json_close(json, ']');
    ph_json_open(json, "searched", '{');
    ph_json_unsigned(json, "files", true, report->files);
    ph_json_unsigned(json, "drivers", true, report->drivers);
    ph_json_unsigned(json, "sites", true, report->sites);
    ph_json_unsigned(json, "resolved_sites", true, report->resolved);
    ph_json_unsigned(json, "drivers_with_unresolved_sites", true, report->doubtful);
    ph_json_bool(json, "data_and_text", report->weak_searched);
    ph_json_close(json, '}');
    ph_json_prose(json, "held_by_processes", report->held);
    ph_json_prose(json, "big_blocks", report->blocks);
    ph_json_prose(json, "lookaside_lists", report->lookaside);
    ph_json_prose(json, "cgroup_growth", report->cgroup);
    ph_json_prose(json, "next", report->next);
    ph_json_prose(json, "paragraph", report->paragraph);
}

struct ph_error *ph_json_owner(const struct ph_owner_report *report, const struct ph_style *style,
                               struct ph_text *out)
{
    struct ph_json json;

    (void)style;
    ph_json_begin(&json, "who", out);
    ph_json_owner_members(&json, report);
    ph_json_losses(&json, &report->losses);
    return ph_json_end(&json);
}

/* ------------------------------------------------------------------ scan */

static void scan_object(struct ph_json *json, const struct ph_scan_file *file)
{
    const struct ph_scan *scan = &file->scan;

    ph_json_open(json, NULL, '{');
    ph_json_prose(json, "path", file->path);
    machine(json, scan->machine);
    kinds(json, scan->kinds);
    ph_json_unsigned(json, "sites", true, scan->sites);
    ph_json_unsigned(json, "resolved", true, scan->resolved);
    ph_json_open(json, "claims", '[');
    for (size_t i = 0; i < scan->claim_count; i++) {
        ph_json_open(json, NULL, '{');
        tag_members(json, scan->claims[i].tag);
        claim_members(json, &scan->claims[i]);
        ph_json_close(json, '}');
    }
    ph_json_close(json, ']');
    ph_json_open(json, "unresolved", '[');
    for (size_t i = 0; i < scan->unresolved_count; i++) {
        ph_json_open(json, NULL, '{');
        ph_json_unsigned(json, "rva", true, scan->unresolved[i].rva);
        ph_json_prose(json, "routine", scan->unresolved[i].routine);
        ph_json_prose(json, "why", scan->unresolved[i].why);
        ph_json_close(json, '}');
    }
    ph_json_close(json, ']');
    ph_json_losses(json, &scan->losses);
    ph_json_close(json, '}');
}

struct ph_error *ph_json_scan(const struct ph_scan_report *report, const struct ph_style *style,
                              struct ph_text *out)
{
    struct ph_json json;

    (void)style;
    ph_json_begin(&json, "scan", out);
    ph_json_unsigned(&json, "files_looked_at", true, report->looked_at);
    ph_json_unsigned(&json, "files_read_now", true, report->fresh);
    ph_json_open(&json, "files", '[');
    for (size_t i = 0; i < report->count; i++)
        scan_object(&json, &report->files[i]);
    ph_json_close(&json, ']');
    ph_json_losses(&json, report->losses);
    return ph_json_end(&json);
}
