#include "age_watch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cohorts.h"
#include "analysis/judge.h"
#include "app/tracing.h"
#include "base/os.h"
#include "model/trace_report.h"
#include "source/source.h"

static void check(struct ph_error *error)
{
    if (!error)
        return;
    fprintf(stderr, "bench_age: %s\n", error->text);
    exit(2);
}

struct state {
    struct ph_source *source;
    struct ph_catalog catalog;
    struct ph_sample sample;
    struct ph_judge *judge;
    struct ph_tracing *tracing;
    struct ph_trace trace;
    struct watched *watched;
};

static void begin(struct state *state, const struct watch_options *options)
{
    struct ph_source_options source = {.no_sites = true};
    struct ph_tracing_options tracing = {.cpu_most = options->cpu_most,
                                         .objects_most = isinf(options->cpu_most) ? 2000000 : 0};

    check(ph_source_open(&source, &state->source));
    check(ph_judge_create(&(struct ph_judge_options){0}, &state->judge));
    struct ph_error *error = ph_tracing_open(&tracing, &state->tracing);
    if (error) {
        printf("SKIP: %s\n", error->text);
        exit(77);
    }
}

static void end(struct state *state)
{
    ph_tracing_close(state->tracing);
    ph_trace_fini(&state->trace);
    ph_judge_destroy(state->judge);
    ph_source_close(state->source);
    ph_sample_fini(&state->sample);
    ph_catalog_fini(&state->catalog);
}

static const struct ph_series *series_of(const struct state *state,
                                         const struct ph_trace_site *site)
{
    for (size_t i = 0; i < state->catalog.count; i++) {
        const struct ph_series *series = &state->catalog.series[i];
        if (series->origin == PH_ORIGIN_SLABINFO &&
            ph_trace_site_of(site, series->tag, series->aliases))
            return series;
    }
    return NULL;
}

static void name_of(const struct ph_trace_site *site, char name[NAME_BYTES])
{
    snprintf(name, NAME_BYTES, "%.50s %.40s", site->place.function ? site->place.function : "?",
             site->cache ? site->cache : ph_trace_kind_id(site->kind));
}

static struct watched_site *site_at(struct state *state, const struct ph_trace_site *site)
{
    struct watched *watched = state->watched;
    char name[NAME_BYTES];

    name_of(site, name);
    for (size_t i = 0; i < watched->site_count; i++)
        if (!strcmp(watched->sites[i].name, name))
            return &watched->sites[i];
    if (watched->site_count == SITES_MAX)
        return NULL;
    struct watched_site *fresh = &watched->sites[watched->site_count++];
    const struct ph_series *series = series_of(state, site);
    strcpy(fresh->name, name);
    snprintf(fresh->cache, sizeof(fresh->cache), "%s", site->cache ? site->cache : "");
    fresh->reclaimable = ph_cohorts_companion(site) ||
                         (series && series->flags & PH_SERIES_RECLAIMABLE) ||
                         !strncmp(fresh->cache, "kmalloc-rcl", 11);
    fresh->first_staying_s = (double)NAN;
    return fresh;
}

static void note_sites(struct state *state, double elapsed_s, size_t mark)
{
    for (size_t i = 0; i < state->trace.count; i++) {
        const struct ph_trace_site *site = &state->trace.sites[i];
        struct watched_site *known = site_at(state, site);
        if (!known)
            continue;
        if (site->age.verdict == PH_AGE_STAYING && isnan(known->first_staying_s))
            known->first_staying_s = elapsed_s;
        if (mark >= MARKS_MAX)
            continue;
        /* a site is split where stacks tell several owners: the strongest verdict counts, and
         * rates add up */
        if (site->age.verdict > known->verdict[mark])
            known->verdict[mark] = (unsigned char)site->age.verdict;
        known->objects[mark] += site->objects;
        known->implicit[mark] += site->implicit_frees;
        if (site->age.verdict == PH_AGE_STAYING)
            known->half_life_s[mark] = site->age.half_life_s;
        if (!isnan(site->age.rate)) {
            known->rate[mark] += site->age.rate;
            known->rate_low[mark] += site->age.rate_low;
            known->rate_high[mark] += site->age.rate_high;
        }
    }
}

static struct watched_tag *tag_at(struct watched *watched, const struct ph_series *series)
{
    char name[40];

    snprintf(name, sizeof(name), "%.*s", (int)series->tag.size, series->tag.data);
    for (size_t i = 0; i < watched->tag_count; i++)
        if (!strcmp(watched->tags[i].name, name))
            return &watched->tags[i];
    if (watched->tag_count == TAGS_MAX)
        return NULL;
    struct watched_tag *fresh = &watched->tags[watched->tag_count++];
    strcpy(fresh->name, name);
    fresh->reclaimable = series->flags & PH_SERIES_RECLAIMABLE;
    return fresh;
}

static void note_tags(struct state *state, size_t mark)
{
    static const struct ph_trace_site *sites[SITES_MAX];
    struct ph_finding_list findings = {0};

    check(ph_judge_findings(state->judge, &state->catalog, &findings));
    for (size_t i = 0; i < findings.count; i++) {
        struct ph_finding *finding = &findings.items[i];
        const struct ph_series *series = &state->catalog.series[finding->series];
        size_t count = 0;
        if (series->origin != PH_ORIGIN_SLABINFO)
            continue;
        struct watched_tag *tag = tag_at(state->watched, series);
        if (!tag)
            continue;
        for (size_t k = 0; k < state->trace.count && count < SITES_MAX; k++)
            if (ph_trace_site_of(&state->trace.sites[k], series->tag, series->aliases))
                sites[count++] = &state->trace.sites[k];
        tag->growing[mark] = finding->verdict >= PH_VERDICT_GROWING;
        tag->raised[mark] = ph_cohorts_raise(&state->trace, sites, count, series, finding);
        tag->share[mark] = finding->age_share;
    }
    ph_finding_list_fini(&findings);
}

void watch_run(const struct watch_options *options, struct watched *watched)
{
    struct state state = {.watched = watched};
    size_t mark = 0;
    bool at_end;

    *watched = (struct watched){.mark_count = options->mark_count};
    memcpy(watched->marks_s, options->marks_s, sizeof(watched->marks_s));
    watched->sites = calloc(SITES_MAX, sizeof(*watched->sites));
    watched->tags = calloc(TAGS_MAX, sizeof(*watched->tags));
    if (!watched->sites || !watched->tags)
        check(ph_error_nomem());
    begin(&state, options);
    int64_t begun_ns = ph_boottime_ns();
    for (int64_t second = 0; mark < options->mark_count && !ph_interrupted(); second++) {
        double elapsed_s = (double)(ph_boottime_ns() - begun_ns) / 1e9;
        check(ph_source_linux.read(state.source, &state.catalog, &state.sample, &at_end));
        check(ph_judge_add(state.judge, &state.catalog, &state.sample));
        bool due = elapsed_s >= options->marks_s[mark];
        if (second % 2 == 0 || due) {
            check(ph_tracing_read(state.tracing, &state.trace));
            note_sites(&state, elapsed_s, due ? mark : MARKS_MAX);
        }
        if (due)
            note_tags(&state, mark++);
        ph_sleep_until(begun_ns + (second + 1) * PH_SECOND);
    }
    watched->shift_most = state.trace.shift_most;
    watched->cpu_share = state.trace.cpu_share;
    watched->events_per_second = state.trace.events_per_second;
    end(&state);
}

void watch_burst(void (*burst)(void *context),
                 void (*found)(void *context, const char *site, const char *cache, unsigned each),
                 void *context, unsigned count)
{
    struct ph_tracing_options options = {
        .no_stacks = true, .cpu_most = (double)INFINITY, .objects_most = 2000000};
    struct ph_tracing *tracing = NULL;
    struct ph_trace before = {0}, after = {0};

    struct ph_error *error = ph_tracing_open(&options, &tracing);
    if (error) {
        printf("SKIP: %s\n", error->text);
        exit(77);
    }
    check(ph_tracing_read(tracing, &before));
    burst(context);
    check(ph_tracing_read(tracing, &after));
    for (size_t i = 0; i < after.count; i++) {
        const struct ph_trace_site *site = &after.sites[i];
        double more = site->objects;
        char name[NAME_BYTES], other[NAME_BYTES];
        name_of(site, name);
        for (size_t k = 0; k < before.count; k++) {
            name_of(&before.sites[k], other);
            if (!strcmp(name, other))
                more -= before.sites[k].objects;
        }
        if (more >= .8 * count)
            found(context, name, site->cache ? site->cache : "", (unsigned)(more / count + .5));
    }
    ph_tracing_close(tracing);
    ph_trace_fini(&before);
    ph_trace_fini(&after);
}

void watched_free(struct watched *watched)
{
    free(watched->sites);
    free(watched->tags);
    *watched = (struct watched){0};
}
