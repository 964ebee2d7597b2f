#include "app/growing_sites.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

/* Of the sites that grew, so many with the most growth are looked at; smaller shares than a
 * hundredth of the cache's growth say nothing. */
enum { SITES_MOST = 32, TOLD_MOST = 3, LEAST_PERCENT = 1 };

struct candidate {
    const struct ph_series *series;
    double objects; /* more than at first */
};

static double grown(const struct ph_finding *finding)
{
    return (double)finding->last_bytes - (double)finding->first_bytes;
}

/* A site is charged with whole objects of its cache (mm/slub.c, alloc_tag_add() with the cache's
 * size), so that bytes and calls tell which. */
static bool is_of_size(const struct ph_finding *finding, double bytes)
{
    double each = finding->last_objects > 0
                      ? (double)finding->last_bytes / (double)finding->last_objects
                      : (double)NAN;

    return fabs(each - bytes) < 0.01 * bytes;
}

/* Keeps the candidates sorted, most first. */
static void keep(struct candidate candidates[SITES_MOST], size_t *count, struct candidate fresh)
{
    size_t at = *count;

    while (at && candidates[at - 1].objects < fresh.objects)
        at--;
    if (at == SITES_MOST)
        return;
    *count += *count < SITES_MOST;
    memmove(&candidates[at + 1], &candidates[at], (*count - 1 - at) * sizeof(*candidates));
    candidates[at] = fresh;
}

static size_t collect(const struct ph_catalog *catalog, const struct ph_finding_list *findings,
                      double each, double objects, struct candidate candidates[SITES_MOST])
{
    size_t count = 0;

    for (size_t i = 0; i < findings->count; i++) {
        const struct ph_finding *finding = &findings->items[i];
        const struct ph_series *series = &catalog->series[finding->series];
        double more = grown(finding) / each;
        /* what grew by much more has its objects elsewhere, too */
        if (series->origin == PH_ORIGIN_ALLOCINFO && more * 100 >= objects * LEAST_PERCENT &&
            more <= objects * 1.5 && is_of_size(finding, each))
            keep(candidates, &count, (struct candidate){series, more});
    }
    return count;
}

static bool same_module(const struct candidate *a, const struct candidate *b)
{
    const char *left = a->series->module, *right = b->series->module;

    return left && right ? !strcmp(left, right) : left == right;
}

static void number(double value, struct ph_text *out)
{
    ph_text_grouped(out, (int64_t)fmin(round(value), 9e18));
}

/* All sites of the module of candidate `first`. */
static struct ph_error *add_module(const struct candidate *candidates, size_t count, size_t first,
                                   double objects, struct ph_growing_sites *sites)
{
    PH_GUARD(ph_text_fini) struct ph_text names = {0};
    PH_GUARD(ph_text_fini) struct ph_text words = {0};
    double sum = 0;
    size_t told = 0, all = 0;

    for (size_t i = first; i < count; i++) {
        if (!same_module(&candidates[first], &candidates[i]))
            continue;
        sum += candidates[i].objects;
        all++;
        if (told == TOLD_MOST)
            continue;
        ph_text_puts(&names, told++ ? ", " : "");
        ph_text_escaped(&names, candidates[i].series->tag);
    }
    if (all > told)
        ph_text_printf(&names, " and %zu more", all - told);
    ph_text_puts(&words, "grew by ");
    number(sum, &words);
    ph_text_puts(&words, " objects of this size, the cache by ");
    number(objects, &words);
    ph_text_printf(&words, " (allocinfo): %s", names.data ? names.data : "");
    PH_TRY(ph_text_check(&names));
    PH_TRY(ph_text_check(&words));
    PH_TRY(ph_grow(&sites->items, &sites->capacity, sites->count + 1, sizeof(*sites->items)));
    struct ph_growing_site site = {candidates[first].series->module,
                                   ph_memdup(words.data, words.size), fmin(sum / objects, 1)};
    if (!site.words)
        return ph_error_nomem();
    size_t at = sites->count++;
    for (; at && sites->items[at - 1].share < site.share; at--)
        sites->items[at] = sites->items[at - 1];
    sites->items[at] = site;
    return NULL;
}

struct ph_error *ph_growing_sites_find(const struct ph_catalog *catalog,
                                       const struct ph_finding_list *findings,
                                       const struct ph_finding *cache,
                                       struct ph_growing_sites *sites)
{
    const struct ph_series *series = &catalog->series[cache->series];
    double each = series->slab_bytes ? series->slab_bytes : series->object_bytes;
    struct candidate candidates[SITES_MOST];

    if (series->origin != PH_ORIGIN_SLABINFO || each <= 0 || grown(cache) < each)
        return NULL;
    double objects = grown(cache) / each;
    size_t count = collect(catalog, findings, each, objects, candidates);
    for (size_t i = 0; i < count; i++) {
        bool known = false;
        for (size_t k = 0; k < i && !known; k++)
            known = same_module(&candidates[i], &candidates[k]);
        if (!known)
            PH_TRY(add_module(candidates, count, i, objects, sites));
    }
    return NULL;
}

void ph_growing_sites_fini(struct ph_growing_sites *sites)
{
    for (size_t i = 0; i < sites->count; i++)
        ph_free(sites->items[i].words);
    ph_free(sites->items);
    *sites = (struct ph_growing_sites){0};
}
