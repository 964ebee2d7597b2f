#include "model/owner.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

static void owner_fini(struct ph_owner *owner)
{
    ph_free(owner->name);
    ph_free(owner->path);
    ph_free(owner->claims);
    ph_free(owner->reason);
    ph_free(owner->newer);
    ph_free(owner->process.command);
    ph_free(owner->process.user);
    ph_free(owner->process.cgroup);
    ph_free(owner->process.package);
    ph_free(owner->process.holds);
    ph_identity_fini(&owner->identity);
}

static void meaning_fini(struct ph_tag_meaning *meaning)
{
    ph_free(meaning->pattern);
    ph_free(meaning->component);
    ph_free(meaning->meaning);
    ph_free(meaning->growth);
    ph_free(meaning->check);
    ph_free(meaning->source);
}

static void leak_fini(struct ph_leak_match *leak)
{
    ph_free(leak->driver);
    ph_free(leak->what);
    ph_free(leak->fixed);
    ph_free(leak->link);
    ph_free(leak->sureness);
}

void ph_owner_report_fini(struct ph_owner_report *report)
{
    for (size_t i = 0; i < report->owner_count; i++)
        owner_fini(&report->owners[i]);
    for (size_t i = 0; i < report->meaning_count; i++)
        meaning_fini(&report->meanings[i]);
    for (size_t i = 0; i < report->leak_count; i++)
        leak_fini(&report->leaks[i]);
    ph_free(report->owners);
    ph_free(report->meanings);
    ph_free(report->leaks);
    ph_free(report->tag);
    ph_free(report->held);
    ph_free(report->blocks);
    ph_free(report->lookaside);
    ph_free(report->cgroup);
    ph_free(report->next);
    ph_free(report->paragraph);
    ph_loss_fini(&report->losses);
    *report = (struct ph_owner_report){0};
}

struct ph_error *ph_owner_report_owner(struct ph_owner_report *report, struct ph_owner **owner)
{
    PH_TRY(ph_grow(&report->owners, &report->owner_capacity, report->owner_count + 1,
                   sizeof(*report->owners)));
    *owner = &report->owners[report->owner_count++];
    **owner = (struct ph_owner){
        .loaded = -1, .evidence = PH_EVIDENCE_COUNT, .process = {.age_s = NAN, .grew = NAN}};
    return NULL;
}

struct ph_error *ph_owner_report_meaning(struct ph_owner_report *report,
                                         struct ph_tag_meaning **meaning)
{
    PH_TRY(ph_grow(&report->meanings, &report->meaning_capacity, report->meaning_count + 1,
                   sizeof(*report->meanings)));
    *meaning = &report->meanings[report->meaning_count++];
    **meaning = (struct ph_tag_meaning){.kind = PH_EVIDENCE_KNOWN};
    return NULL;
}

struct ph_error *ph_owner_report_leak(struct ph_owner_report *report, struct ph_leak_match **leak)
{
    PH_TRY(ph_grow(&report->leaks, &report->leak_capacity, report->leak_count + 1,
                   sizeof(*report->leaks)));
    *leak = &report->leaks[report->leak_count++];
    **leak = (struct ph_leak_match){0};
    return NULL;
}

bool ph_owner_is_named(const struct ph_owner_report *report)
{
    return ph_owner_named(report) != 0;
}

size_t ph_owner_named(const struct ph_owner_report *report)
{
    size_t named = 0;

    while (named < report->owner_count && ph_evidence_names(report->owners[named].evidence) &&
           !report->owners[named].process.pid == !report->owners[0].process.pid)
        named++;
    return named;
}

void ph_scan_report_fini(struct ph_scan_report *report)
{
    for (size_t i = 0; i < report->count; i++)
        ph_scan_fini(&report->files[i].scan);
    ph_free(report->files);
    *report = (struct ph_scan_report){0};
}

void ph_identity_report_fini(struct ph_identity_report *report)
{
    for (size_t i = 0; i < report->count; i++)
        ph_identity_fini(&report->items[i]);
    ph_free(report->items);
    ph_loss_fini(&report->losses);
    *report = (struct ph_identity_report){0};
}
