/* follow_results.c - call sites and templates of a function that was followed. */
#include <string.h>

#include "base/mem.h"
#include "base/sort.h"
#include "owner/tagscan/follow.h"

static int by_call(const void *left, const void *right)
{
    const struct ph_site *a = left, *b = right;

    if (a->rva != b->rva)
        return a->rva < b->rva ? -1 : 1;
    return a->api == b->api ? 0 : strcmp(a->api->name, b->api->name);
}

/* A call that was met in several states, or that passes several arguments on, is one site. */
static void merge_sites(struct ph_follow *trace)
{
    size_t kept = 0;

    if (trace->site_count)
        ph_sort(trace->sites, trace->site_count, sizeof(*trace->sites), by_call);
    for (size_t i = 0; i < trace->site_count; i++) {
        struct ph_site *site = &trace->sites[i], *last = kept ? &trace->sites[kept - 1] : NULL;
        if (last && !by_call(last, site) && site->api->kind != PH_API_CONTEXTS &&
            (ph_is_formal(&last->tag) ? ph_same_formal(&last->tag, &site->tag)
                                      : !ph_is_formal(&site->tag))) {
            (void)ph_abs_join(&last->tag, &site->tag);
            (void)ph_abs_join(&last->size, &site->size);
            (void)ph_abs_join(&last->pool, &site->pool);
        } else {
            trace->sites[kept++] = *site;
        }
    }
    trace->site_count = kept;
}

struct ph_error *ph_publish_sites(struct ph_follow *trace)
{
    struct ph_record *record = ph_follow_record(trace);

    merge_sites(trace);
    struct ph_site *sites = ph_zalloc(trace->site_count, sizeof(*sites));
    if (!sites)
        return ph_error_nomem();
    if (trace->site_count)
        memcpy(sites, trace->sites, trace->site_count * sizeof(*sites));
    trace->survey->site_count += trace->site_count;
    trace->survey->site_count -= record->site_count;
    ph_free(record->sites);
    record->sites = sites;
    record->site_count = trace->site_count;
    return NULL;
}

static bool same_templates(const struct ph_follow *trace, const struct ph_record *record)
{
    bool same = record->template_count == trace->template_count;

    for (size_t i = 0; same && i < trace->template_count; i++) {
        const struct ph_template *a = &record->templates[i], *b = &trace->templates[i];
        same = a->api == b->api && a->global == b->global && ph_same_formal(&a->tag, &b->tag) &&
               ph_same_formal(&a->size, &b->size) && ph_same_formal(&a->pool, &b->pool);
    }
    return same;
}

/* Templates that are new or differ: callers have to be looked at. */
struct ph_error *ph_publish_templates(struct ph_follow *trace)
{
    struct ph_record *record = ph_follow_record(trace);
    bool same = same_templates(trace, record);

    if (trace->template_count) {
        struct ph_template *templates = ph_zalloc(trace->template_count, sizeof(*templates));
        if (!templates)
            return ph_error_nomem();
        memcpy(templates, trace->templates, trace->template_count * sizeof(*templates));
        ph_free(record->templates);
        record->templates = templates;
    }
    record->template_count = trace->template_count;
    return same ? NULL : ph_survey_touch(trace->survey, record->entry);
}
