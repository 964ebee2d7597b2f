/* Which drivers' code uses a tag. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "app/who_parts.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sort.h"

/* Drivers by their scan: several files may have the same content. */
struct by_scan {
    struct ph_owner_report *report;
    struct ph_table owners; /* scan -> position in the report's owners */
    const uint8_t *tag;
};

static void by_scan_fini(struct by_scan *by)
{
    ph_table_fini(&by->owners);
}

static struct ph_slice key_of(const int64_t *scan)
{
    return (struct ph_slice){(const char *)scan, sizeof(*scan)};
}

static struct ph_error *take_claim(void *context, int64_t scan, const struct ph_claim *claim)
{
    struct by_scan *by = context;
    uint32_t at;

    if (!ph_table_find(&by->owners, key_of(&scan), &at)) {
        struct ph_owner *owner;
        at = (uint32_t)by->report->owner_count;
        PH_TRY(ph_owner_report_owner(by->report, &owner));
        PH_TRY(ph_table_put(&by->owners, key_of(&scan), at));
    }
    struct ph_owner *owner = &by->report->owners[at];
    PH_TRY(ph_grow(&owner->claims, &owner->claim_capacity, owner->claim_count + 1,
                   sizeof(*owner->claims)));
    owner->claims[owner->claim_count++] = *claim;
    if (claim->evidence < owner->evidence)
        owner->evidence = claim->evidence;
    return NULL;
}

static int by_strength(const void *left, const void *right)
{
    const struct ph_claim *a = left, *b = right;

    if (a->evidence != b->evidence)
        return a->evidence < b->evidence ? -1 : 1;
    if (a->partial != b->partial)
        return a->partial ? 1 : -1;
    return a->sites > b->sites ? -1 : a->sites < b->sites;
}

/* 1 yes, 0 no, -1 unknown. */
static int is_loaded(const struct ph_drivers *drivers, const char *path)
{
    if (!drivers->loaded || !drivers->loaded->loaded)
        return -1;
    const struct ph_loaded_driver *driver = ph_loaded_drivers_find(drivers->loaded, path);
    return driver && driver->loaded;
}

/* Facts that belong to the scan, not to the claim. */
static struct ph_error *describe(struct ph_drivers *drivers, int64_t number, const char *path,
                                 struct ph_owner *owner)
{
    PH_GUARD(ph_scan_fini) struct ph_scan scan = {0};

    int loaded = is_loaded(drivers, path);
    if (owner->path) {
        owner->copies++;
        owner->loaded = loaded > owner->loaded ? loaded : owner->loaded;
        return NULL;
    }
    owner->loaded = loaded;
    PH_TRY(ph_index_load(drivers->index, number, &scan));
    owner->machine = scan.machine;
    owner->kinds = scan.kinds;
    owner->unresolved = scan.sites - scan.resolved;
    owner->path = ph_strdup(path);
    owner->name = ph_strdup(ph_base_name(path));
    if (!owner->path || !owner->name)
        return ph_error_nomem();
    ph_sort(owner->claims, owner->claim_count, sizeof(*owner->claims), by_strength);
    return NULL;
}

/* The index knows other folders too: owners that are in none of the files asked for go. */
static void drop_elsewhere(struct ph_owner_report *report, size_t first)
{
    size_t kept = first;

    for (size_t i = first; i < report->owner_count; i++) {
        if (report->owners[i].path)
            report->owners[kept++] = report->owners[i];
        else
            ph_free(report->owners[i].claims);
    }
    report->owner_count = kept;
}

static struct ph_error *add_claims(struct ph_drivers *drivers, const uint8_t tag[4],
                                   struct ph_owner_report *report)
{
    PH_GUARD(by_scan_fini) struct by_scan by = {.report = report, .tag = tag};
    size_t first = report->owner_count;
    uint32_t at;

    PH_TRY(ph_index_claims(drivers->index, tag, take_claim, &by));
    for (size_t i = 0; i < drivers->walk.count; i++)
        if (drivers->scans[i] > 0 && ph_table_find(&by.owners, key_of(&drivers->scans[i]), &at))
            PH_TRY(describe(drivers, drivers->scans[i], drivers->walk.files[i].path,
                            &report->owners[at]));
    drop_elsewhere(report, first);
    return NULL;
}

/* Sums over the scans of the files asked for, each content once. */
struct sums {
    struct ph_owner_report *report;
    struct ph_table scans;
};

static void sums_fini(struct sums *sums)
{
    ph_table_fini(&sums->scans);
}

static struct ph_error *take_sites(void *context, int64_t scan, uint32_t sites, uint32_t resolved)
{
    const struct sums *sums = context;
    uint32_t value;

    if (!ph_table_find(&sums->scans, key_of(&scan), &value))
        return NULL;
    sums->report->sites += sites;
    sums->report->resolved += resolved;
    sums->report->doubtful += resolved < sites;
    return NULL;
}

struct ph_error *ph_who_count_searched(struct ph_drivers *drivers, struct ph_owner_report *report)
{
    PH_GUARD(sums_fini) struct sums sums = {.report = report};

    for (size_t i = 0; i < drivers->walk.count; i++) {
        if (drivers->scans[i] <= 0)
            continue;
        report->drivers++;
        PH_TRY(ph_table_put(&sums.scans, key_of(&drivers->scans[i]), 1));
    }
    report->files += drivers->walk.count;
    report->fresh += drivers->fresh;
    return ph_index_sites(drivers->index, take_sites, &sums);
}

void ph_who_forget(struct ph_owner_report *report, size_t first)
{
    for (size_t i = first; i < report->owner_count; i++) {
        ph_free(report->owners[i].claims);
        ph_free(report->owners[i].name);
        ph_free(report->owners[i].path);
    }
    report->owner_count = first;
}

struct ph_error *ph_who_add_code(struct ph_drivers *drivers, const uint8_t tag[4], bool weak,
                                 struct ph_owner_report *report)
{
    if (weak) {
        PH_TRY(ph_drivers_search_raw(drivers, tag));
        report->weak_searched = true;
    }
    return add_claims(drivers, tag, report);
}

struct ph_error *ph_who_search(struct ph_drivers *drivers, const uint8_t tag[4], bool weak,
                               struct ph_owner_report *report)
{
    size_t named = 0;

    PH_TRY(ph_who_add_code(drivers, tag, false, report));
    for (size_t i = 0; i < report->owner_count; i++)
        named += report->owners[i].evidence <= PH_EVIDENCE_TABLE;
    if (!named || weak) {
        ph_who_forget(report, 0);
        PH_TRY(ph_who_add_code(drivers, tag, true, report));
    }
    return ph_who_count_searched(drivers, report);
}

const char *ph_who_file_named(const struct ph_drivers *drivers, const char *name)
{
    for (size_t i = 0; i < drivers->walk.count; i++)
        if (!strcasecmp(ph_base_name(drivers->walk.files[i].path), name))
            return drivers->walk.files[i].path;
    return NULL;
}

static uint64_t sites_of(const struct ph_owner *owner)
{
    uint64_t sites = 0;

    for (size_t i = 0; i < owner->claim_count; i++)
        sites += owner->claims[i].evidence == owner->evidence ? owner->claims[i].sites : 0;
    return sites;
}

/* At every site of the strongest evidence the tag may be another one. */
static bool only_partial(const struct ph_owner *owner)
{
    return owner->claim_count && owner->claims[0].partial;
}

static int by_rank(const void *left, const void *right)
{
    const struct ph_owner *a = left, *b = right;
    uint64_t sites_a = sites_of(a), sites_b = sites_of(b);

    if (a->evidence != b->evidence)
        return ph_evidence_rank(a->evidence) < ph_evidence_rank(b->evidence) ? -1 : 1;
    if (a->process.grew != b->process.grew && !isnan(a->process.grew) && !isnan(b->process.grew))
        return a->process.grew > b->process.grew ? -1 : 1;
    if (a->process.pid && b->process.pid && a->process.held != b->process.held)
        return a->process.held > b->process.held ? -1 : 1;
    if ((a->loaded == 1) != (b->loaded == 1))
        return a->loaded == 1 ? -1 : 1;
    if (only_partial(a) != only_partial(b))
        return only_partial(a) ? 1 : -1;
    if (sites_a != sites_b)
        return sites_a > sites_b ? -1 : 1;
    return strcmp(a->name ? a->name : "", b->name ? b->name : "");
}

void ph_who_rank(struct ph_owner_report *report)
{
    if (report->owner_count)
        ph_sort(report->owners, report->owner_count, sizeof(*report->owners), by_rank);
}
