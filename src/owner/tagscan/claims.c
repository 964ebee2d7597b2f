/* claims.c - see claims.h. */
#include "owner/tagscan/claims.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/sort.h"

static const char WHY_COMPUTED[] = "the tag is computed from values that are not known";
static const char WHY_GLOBAL[] = "the tag comes from memory written at run time";
static const char WHY_LARGE[] = "the function is too large to follow";
static const char WHY_NO_TAG[] = "the value is no tag";
static const char WHY_ZERO[] = "the tag is 0";
static const char WHY_DRIVER[] = "the tag that the driver gives to its framework is not known";
static const char WHY_CALLER[] = "wrapper without a caller found";
static const char WHY_DEEP[] = "wrappers within wrappers, too many to follow";
static const char WHY_MISSED[] = "no path leads to the call";
static const char WHY_NO_FUNCTION[] = "the call is in code that belongs to no function";
static const char WHY_LIMIT[] = "the limit of instructions was met before";

struct making {
    const struct ph_survey *survey;
    struct ph_scan *scan;
    uint8_t default_tag[4];
    struct ph_abs driver_tag; /* what WdfDriverCreate is given */
};

/* The framework's rule for a driver that names no tag: the first four characters of the service's
 * name; when it begins with "WDF", the next four; FxDr when there are not as many. */
static void default_tag(const char *service, uint8_t tag[4])
{
    if (service && !strncasecmp(service, "WDF", 3))
        service += 3;
    if (!service || strlen(service) < 4)
        service = "FxDr";
    for (size_t i = 0; i < 4; i++)
        tag[i] = (uint8_t)service[i];
}

/* A tag is meant to be read: some byte is a printable character. The highest bit marks protected
 * pool. */
static bool is_tag(uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * i);
        if (i == 3)
            byte &= 0x7f;
        if (byte >= ' ' && byte < 0x7f)
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------ pool and size */

static enum ph_claim_pool pool_of_constant(enum ph_api_pool from, uint64_t value)
{
    if (from == PH_API_POOL_TYPE)
        return value & 1 ? PH_CLAIM_POOL_PAGED : PH_CLAIM_POOL_NONPAGED;
    if (value & 0x100)
        return PH_CLAIM_POOL_PAGED;
    return value & 0xc0 ? PH_CLAIM_POOL_NONPAGED : PH_CLAIM_POOL_UNKNOWN;
}

static enum ph_claim_pool pool_of(const struct ph_site *site)
{
    unsigned pool = PH_CLAIM_POOL_UNKNOWN;

    switch (site->api->pool_from) {
    case PH_API_POOL_NONPAGED:
        return PH_CLAIM_POOL_NONPAGED;
    case PH_API_POOL_PAGED:
        return PH_CLAIM_POOL_PAGED;
    case PH_API_POOL_NOT_SAID:
        return PH_CLAIM_POOL_UNKNOWN;
    case PH_API_POOL_TYPE:
    case PH_API_POOL_FLAGS:
        break;
    }
    if (site->pool.unknown || site->pool.symbol != PH_SYMBOL_NONE)
        return PH_CLAIM_POOL_UNKNOWN;
    for (unsigned i = 0; i < site->pool.count; i++)
        pool |= pool_of_constant(site->api->pool_from, site->pool.constants[i]);
    return (enum ph_claim_pool)pool;
}

static void add_size(const struct making *making, const struct ph_abs *size, struct ph_claim *claim)
{
    uint64_t mask = making->survey->program.pe->wide ? UINT64_MAX : UINT32_MAX;

    claim->size_least = claim->size_most = -1;
    if (size->unknown || size->symbol != PH_SYMBOL_NONE)
        return;
    for (unsigned i = 0; i < size->count; i++) {
        int64_t bytes = (int64_t)(size->constants[i] & mask);
        if (bytes < 0 || bytes >= INT32_MAX)
            continue; /* "any size", as tables of contexts have it */
        if (claim->size_least < 0 || bytes < claim->size_least)
            claim->size_least = bytes;
        if (bytes > claim->size_most)
            claim->size_most = bytes;
    }
}

/* ------------------------------------------------------------------ one site */

static struct ph_error *claim_tag(struct making *making, const struct ph_site *site, uint32_t value,
                                  bool partial, enum ph_evidence evidence)
{
    struct ph_claim claim = {.is_protected = value >> 31,
                             .evidence = evidence,
                             .pool = pool_of(site),
                             .partial = partial,
                             .sites = 1,
                             .wrappers = site->depth > 0,
                             .first_rva = site->rva,
                             .routine = site->api->name};

    value &= 0x7fffffff;
    for (unsigned i = 0; i < 4; i++)
        claim.tag[i] = (uint8_t)(value >> 8 * i);
    add_size(making, &site->size, &claim);
    return ph_scan_add(making->scan, &claim);
}

static enum ph_evidence evidence_of(const struct ph_abs *tag)
{
    return tag->from_data || tag->from_writable ? PH_EVIDENCE_TABLE : PH_EVIDENCE_SITE;
}

static uint32_t number_of(const uint8_t tag[4])
{
    return ph_le32(tag);
}

/* 0 at a function of the framework: the default tag, or what WdfDriverCreate was told. */
static struct ph_error *claim_default(struct making *making, const struct ph_site *site,
                                      bool partial, bool *claimed)
{
    const struct ph_abs *driver = &making->driver_tag;
    struct ph_site moved = *site;
    bool asks_driver = site->api->kind == PH_API_DRIVER_TAG;

    if (asks_driver)
        partial |= driver->unknown || driver->symbol != PH_SYMBOL_NONE;
    for (unsigned i = 0; asks_driver && i < driver->count; i++) {
        uint32_t value = (uint32_t)driver->constants[i];
        if (!is_tag(value))
            continue;
        PH_TRY(claim_tag(making, &moved, value, partial, PH_EVIDENCE_TABLE));
        *claimed = true;
    }
    bool may_be_default = !asks_driver;
    for (unsigned i = 0; i < driver->count; i++)
        may_be_default |= !driver->constants[i];
    if (!may_be_default)
        return NULL;
    *claimed = true;
    return claim_tag(making, site, number_of(making->default_tag), partial, PH_EVIDENCE_TABLE);
}

static bool has_template(const struct ph_record *record, const struct ph_site *site)
{
    for (size_t i = 0; i < record->template_count; i++) {
        const struct ph_template *made = &record->templates[i];
        if (made->api == site->api && made->tag.symbol == site->tag.symbol &&
            made->tag.number == site->tag.number && made->tag.offset == site->tag.offset)
            return true;
    }
    return false;
}

static const char *why_not(const struct ph_record *record, const struct ph_site *site)
{
    if (site->tag.count && !site->tag.unknown && site->tag.symbol == PH_SYMBOL_NONE)
        return site->tag.count == 1 && !site->tag.constants[0]
                   ? site->api->kind == PH_API_DRIVER_TAG ? WHY_DRIVER : WHY_ZERO
                   : WHY_NO_TAG;
    if (ph_is_formal(&site->tag))
        return WHY_DEEP;
    if (record->gave_up)
        return WHY_LARGE;
    return site->tag.symbol == PH_SYMBOL_GLOBAL ? WHY_GLOBAL : WHY_COMPUTED;
}

static struct ph_error *take_allocation(struct making *making, const struct ph_record *record,
                                        const struct ph_site *site)
{
    const struct ph_abs *tag = &site->tag;
    bool formal = ph_is_formal(tag), claimed = false;
    bool partial = tag->unknown || tag->symbol == PH_SYMBOL_GLOBAL || (formal && !record->called);
    uint32_t number;

    if (formal && ph_program_export(&making->survey->program, record->entry, &number))
        return NULL; /* the routine itself */
    if (formal && !tag->count && has_template(record, site))
        return NULL; /* its callers are the sites */
    for (unsigned i = 0; i < tag->count; i++) {
        uint32_t value = (uint32_t)tag->constants[i];
        bool framework =
            site->api->kind == PH_API_DRIVER_CREATE || site->api->kind == PH_API_DRIVER_TAG;
        if (!value && framework) {
            PH_TRY(claim_default(making, site, partial, &claimed));
        } else if (is_tag(value)) {
            claimed = true;
            PH_TRY(claim_tag(making, site, value, partial, evidence_of(tag)));
        }
    }
    making->scan->sites++;
    making->scan->resolved += claimed;
    if (claimed)
        return NULL;
    return ph_scan_add_unresolved(making->scan, site->rva, site->api->name, why_not(record, site));
}

/* Whoever frees with a tag knows it, and need not be its owner. */
static struct ph_error *take_free(struct making *making, const struct ph_site *site)
{
    for (unsigned i = 0; i < site->tag.count; i++) {
        uint32_t value = (uint32_t)site->tag.constants[i];
        if (is_tag(value))
            PH_TRY(claim_tag(making, site, value, site->tag.unknown, PH_EVIDENCE_IMMEDIATE));
    }
    return NULL;
}

/* ------------------------------------------------------------------ one function */

static struct ph_error *add_unresolved(struct making *making, uint32_t rva, const char *routine,
                                       const char *why)
{
    making->scan->sites++;
    return ph_scan_add_unresolved(making->scan, rva, routine, why);
}

/* A function that passes an argument of its own on, and that nobody was seen to call: its callers
 * are in other files, or call it through a pointer. */
static struct ph_error *take_wrapper(struct making *making, const struct ph_record *record)
{
    uint32_t number;

    if (record->called || ph_program_export(&making->survey->program, record->entry, &number))
        return NULL;
    for (size_t i = 0; i < record->template_count; i++) {
        const struct ph_template *template = &record->templates[i];
        if (template->api && ph_api_allocates(template->api) && !template->tag.count)
            return add_unresolved(making, template->rva, template->api->name, WHY_CALLER);
    }
    return NULL;
}

static struct ph_error *take_record(struct making *making, const struct ph_record *record)
{
    for (size_t i = 0; i < record->site_count; i++) {
        const struct ph_site *site = &record->sites[i];
        PH_TRY(ph_api_allocates(site->api) ? take_allocation(making, record, site)
                                           : take_free(making, site));
    }
    for (size_t i = 0; i < record->hit_count; i++)
        if (record->hits[i].api && !record->hits[i].met)
            PH_TRY(add_unresolved(making, record->hits[i].rva, record->hits[i].api->name,
                                  record->traced ? WHY_MISSED : WHY_LIMIT));
    return take_wrapper(making, record);
}

/* ------------------------------------------------------------------ together */

static int by_key(const void *left, const void *right)
{
    const struct ph_claim *a = left, *b = right;
    int order = (int)a->evidence - (int)b->evidence;

    if (!order)
        order = memcmp(a->tag, b->tag, sizeof(a->tag));
    if (!order)
        order = strcmp(a->routine, b->routine);
    if (!order)
        order = a->first_rva < b->first_rva ? -1 : a->first_rva > b->first_rva;
    return order;
}

static void merge(struct ph_claim *into, const struct ph_claim *from)
{
    into->is_protected |= from->is_protected;
    into->pool = (enum ph_claim_pool)((unsigned)into->pool | (unsigned)from->pool);
    into->partial |= from->partial;
    into->sites += from->sites;
    into->wrappers += from->wrappers;
    if (into->size_least < 0 || (from->size_least >= 0 && from->size_least < into->size_least))
        into->size_least = from->size_least;
    if (from->size_most > into->size_most)
        into->size_most = from->size_most;
}

static int by_tag(const void *left, const void *right)
{
    const struct ph_claim *a = left, *b = right;

    return memcmp(a->tag, b->tag, sizeof(a->tag));
}

/* `ends`: behind the last claim of each of the two classes that make an owner. */
static bool is_owned(const struct ph_scan *scan, const size_t ends[2], const struct ph_claim *freed)
{
    return bsearch(freed, scan->claims, ends[0], sizeof(*freed), by_tag) ||
           bsearch(freed, scan->claims + ends[0], ends[1] - ends[0], sizeof(*freed), by_tag);
}

/* One claim for each tag, routine and class of evidence; frees only of tags that are not owned. */
static void together(struct ph_scan *scan)
{
    size_t kept = 0, ends[2] = {0};

    if (!scan->claim_count)
        return;
    ph_sort(scan->claims, scan->claim_count, sizeof(*scan->claims), by_key);
    for (size_t i = 0; i < scan->claim_count; i++) {
        struct ph_claim *claim = &scan->claims[i], *last = kept ? &scan->claims[kept - 1] : NULL;
        if (last && last->evidence == claim->evidence && last->routine == claim->routine &&
            !memcmp(last->tag, claim->tag, sizeof(claim->tag)))
            merge(last, claim);
        else if (claim->evidence != PH_EVIDENCE_IMMEDIATE || !is_owned(scan, ends, claim))
            scan->claims[kept++] = *claim;
        if (claim->evidence == PH_EVIDENCE_SITE)
            ends[0] = kept;
        if (claim->evidence != PH_EVIDENCE_IMMEDIATE)
            ends[1] = kept;
    }
    scan->claim_count = kept;
}

static int by_rva(const void *left, const void *right)
{
    const struct ph_unresolved *a = left, *b = right;

    return a->rva < b->rva ? -1 : a->rva > b->rva;
}

struct ph_error *ph_claims_make(const struct ph_survey *survey, const char *service,
                                struct ph_scan *scan)
{
    struct making making = {.survey = survey, .scan = scan};

    default_tag(service, making.default_tag);
    for (size_t i = 0; i < survey->record_count; i++)
        for (size_t k = 0; k < survey->records[i].site_count; k++)
            if (survey->records[i].sites[k].api->kind == PH_API_DRIVER_CREATE)
                (void)ph_abs_join(&making.driver_tag, &survey->records[i].sites[k].tag);
    for (size_t i = 0; i < survey->record_count; i++)
        PH_TRY(take_record(&making, &survey->records[i]));
    for (size_t i = 0; i < survey->orphan_count; i++)
        PH_TRY(add_unresolved(&making, survey->orphans[i].rva, survey->orphans[i].api->name,
                              WHY_NO_FUNCTION));
    together(scan);
    if (scan->unresolved_count)
        ph_sort(scan->unresolved, scan->unresolved_count, sizeof(*scan->unresolved), by_rva);
    return NULL;
}
