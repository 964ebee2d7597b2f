#include "analysis/judge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/floor.h"
#include "analysis/group.h"
#include "analysis/rules.h"
#include "analysis/verdict.h"
#include "base/mem.h"
#include "base/sort.h"

struct series_state {
    struct ph_floors floors;
    int64_t first, lowest, highest;
    int64_t objects;          /* the newest; -1 = unknown */
    int64_t begin_ns;         /* of the first reading that had the series */
    uint64_t readings_before; /* readings of the boot before that one */
    uint64_t stamp;           /* reading that last showed it, where absent series are looked for */
    bool known;               /* seen in this boot */
    bool present;             /* in the newest reading */
};

struct ph_judge {
    struct ph_judge_options options;
    struct ph_rules rules;
    struct ph_critical critical;
    struct ph_clock clock;
    struct series_state *series; /* by number */
    size_t count, capacity;
    size_t present;
    bool started;
    bool ordinal;
    uint32_t segment;
    int64_t time_ns, boottime_ns; /* of the newest reading, as its source gave them */
    int64_t elapsed_ns;           /* since the boot's first reading */
    int64_t spacing_ns;           /* between the newest two readings */
    struct ph_pool_total pools[PH_POOL_COUNT];
    struct ph_finding_list old; /* what the boot before was found to do, by series number */
};

struct ph_error *ph_judge_create_with(const struct ph_judge_options *options,
                                      const struct ph_rules *rules, struct ph_judge **judge)
{
    struct ph_judge *made = ph_zalloc(1, sizeof(*made));
    if (!made)
        return ph_error_nomem();
    if (options)
        made->options = *options;
    made->rules = *rules;
    if (made->options.objects) {
        made->rules.growth_bytes = 256;
        made->rules.growth_short_bytes = 16;
        made->rules.floor_noise_bytes = 1;
    }
    ph_critical_make(&made->critical, &made->rules);
    *judge = made;
    return NULL;
}

struct ph_error *ph_judge_create(const struct ph_judge_options *options, struct ph_judge **judge)
{
    return ph_judge_create_with(options, &ph_rules_default, judge);
}

void ph_judge_destroy(struct ph_judge *judge)
{
    if (!judge)
        return;
    ph_finding_list_fini(&judge->old);
    ph_free(judge->series);
    ph_free(judge);
}

void ph_judge_destroyp(struct ph_judge **judge)
{
    ph_judge_destroy(*judge);
}

size_t ph_judge_state_bytes(void)
{
    return sizeof(struct series_state);
}

/* --- samples in --- */

/* Time since the reading before. The time since boot counts where both readings have it, because a
 * wall clock may be set. A clock set back tells nothing: then the spacing seen last is taken. */
static int64_t elapsed_since(const struct ph_judge *judge, const struct ph_sample *sample)
{
    int64_t step = -1;
    if (sample->boottime_ns >= 0 && judge->boottime_ns >= 0)
        step = sample->boottime_ns - judge->boottime_ns;
    if (step < 0)
        step = sample->time_ns - judge->time_ns;
    return step >= 0 ? step : judge->spacing_ns;
}

static bool value_of(const struct ph_judge *judge, const struct ph_value *value, int64_t *number)
{
    uint32_t need = judge->options.objects ? PH_HAVE_OBJECTS : PH_HAVE_BYTES;
    *number = judge->options.objects ? value->objects : value->bytes;
    return (value->have & need) != 0;
}

static void take_value(struct ph_judge *judge, const struct ph_value *value)
{
    struct series_state *state = &judge->series[value->series];
    int64_t number;
    if (!value_of(judge, value, &number))
        return;
    state->stamp = judge->clock.readings;
    state->objects = value->have & PH_HAVE_OBJECTS ? value->objects : -1;
    if (!state->known) {
        *state = (struct series_state){.first = number,
                                       .lowest = number,
                                       .highest = number,
                                       .objects = state->objects,
                                       .begin_ns = judge->clock.now_ns,
                                       .readings_before = judge->clock.readings - 1,
                                       .stamp = judge->clock.readings,
                                       .known = true,
                                       .present = true};
        ph_floors_begin(&state->floors, &judge->clock, number);
        judge->present++;
        return;
    }
    if (!state->present) {
        state->present = true;
        judge->present++;
        ph_floors_resume(&state->floors, &judge->clock, number);
    } else if (number != state->floors.value) {
        ph_floors_change(&state->floors, &judge->clock, number);
    }
    if (number < state->lowest)
        state->lowest = number;
    if (number > state->highest)
        state->highest = number;
}

/* Series that the newest reading does not have: unknown from now on, which is not zero. */
static void drop_absent(struct ph_judge *judge, const struct ph_sample *sample)
{
    int64_t number;
    for (size_t i = 0; i < sample->count; i++) {
        if (value_of(judge, &sample->values[i], &number))
            judge->series[sample->values[i].series].stamp = judge->clock.readings;
    }
    for (size_t i = 0; i < judge->count; i++) {
        struct series_state *state = &judge->series[i];
        if (!state->present || state->stamp == judge->clock.readings)
            continue;
        ph_floors_hold(&state->floors, &judge->clock, judge->clock.before_ns);
        state->present = false;
        judge->present--;
    }
}

static int by_series(const void *left, const void *right)
{
    const struct ph_finding *a = left, *b = right;
    return (a->series > b->series) - (a->series < b->series);
}

/* Keeps what the boot that ends was found to do, and forgets the boot. */
static struct ph_error *begin_boot(struct ph_judge *judge, const struct ph_catalog *catalog)
{
    PH_GUARD(ph_finding_list_fini) struct ph_finding_list old = {0};
    if (judge->started) {
        PH_TRY(ph_judge_findings(judge, catalog, &old));
        for (size_t i = 0; i < old.count; i++) /* from now on they are of another boot */
            for (size_t k = 0; k < PH_FLOORS_MAX; k++)
                old.items[i].floor_age_s[k] = NAN;
        if (old.count)
            ph_sort(old.items, old.count, sizeof(*old.items), by_series);
    }
    ph_finding_list_fini(&judge->old);
    judge->old = old;
    old = (struct ph_finding_list){0};
    for (size_t i = 0; i < judge->count; i++)
        judge->series[i].known = judge->series[i].present = false;
    judge->clock = (struct ph_clock){0};
    judge->present = 0;
    judge->elapsed_ns = 0;
    judge->spacing_ns = 0;
    judge->started = false;
    return NULL;
}

struct ph_error *ph_judge_add(struct ph_judge *judge, const struct ph_catalog *catalog,
                              const struct ph_sample *sample)
{
    if (judge->count < catalog->count) {
        PH_TRY(ph_grow(&judge->series, &judge->capacity, catalog->count, sizeof(*judge->series)));
        memset(judge->series + judge->count, 0,
               (catalog->count - judge->count) * sizeof(*judge->series));
        judge->count = catalog->count;
    }
    bool fresh = !judge->started || sample->segment != judge->segment;
    if (fresh)
        PH_TRY(begin_boot(judge, catalog));
    int64_t step = fresh ? 0 : elapsed_since(judge, sample);
    if (step > 0)
        judge->spacing_ns = step;
    judge->elapsed_ns += step;
    judge->started = true;
    judge->segment = sample->segment;
    judge->time_ns = sample->time_ns;
    judge->boottime_ns = sample->boottime_ns;
    judge->ordinal = sample->time_kind == PH_TIME_ORDINAL;

    /* A thinned reading is the minima of its span: it belongs to the middle of it. */
    int64_t now = judge->elapsed_ns - (sample->represents > 1 ? sample->span_ns / 2 : 0);
    if (now < judge->clock.now_ns)
        now = judge->clock.now_ns;
    ph_clock_tick(&judge->clock, now, sample->represents > 1 ? sample->represents : 1);
    if (sample->changed_known && !fresh) {
        for (size_t i = 0; i < sample->changed_count; i++)
            take_value(judge, &sample->values[sample->changed[i]]);
    } else {
        for (size_t i = 0; i < sample->count; i++)
            take_value(judge, &sample->values[i]);
    }
    if (judge->present != sample->count)
        drop_absent(judge, sample);
    memcpy(judge->pools, sample->pools, sizeof(judge->pools));
    return NULL;
}

/* --- findings out --- */

/* Within a verdict, memory that the kernel may take back stands behind memory that is gone. */
static double rank_of(const struct ph_finding *finding, const struct ph_series *series)
{
    double evidence = (double)finding->highest_bytes - (double)finding->lowest_bytes;
    if (finding->verdict >= PH_VERDICT_GROWING)
        evidence = fmax(finding->rate_low, 0) * 86400;
    bool reclaimable =
        finding->verdict == PH_VERDICT_GROWING && (series->flags & PH_SERIES_RECLAIMABLE);
    return 1000 * (double)finding->verdict + (finding->urgent ? 500 : 0) - (reclaimable ? 499 : 0) +
           fmin(499, 8 * log2(1 + fmax(evidence, 0)));
}

/* URGENT looks ahead a day, but at most URGENT_SPANS times as far as was seen: half a minute of
 * work does not foretell a day. Reclaimable memory is taken back before its pool is full. */
enum { URGENT_S = 86400, URGENT_SPANS = 100 };

static void tell_limit(const struct ph_pool_total *pool, bool reclaimable,
                       struct ph_finding *finding)
{
    const uint32_t both = PH_TOTAL_BYTES | PH_TOTAL_LIMIT;
    if (finding->verdict < PH_VERDICT_GROWING || (pool->have & both) != both ||
        !(finding->rate > 0))
        return;
    double room = fmax(0, (double)pool->limit_bytes - (double)pool->bytes);
    finding->have_limit_time = true;
    finding->limit_s = room / finding->rate;
    finding->limit_s_low = room / finding->rate_high;
    finding->limit_s_high = finding->rate_low > 0 ? room / finding->rate_low : INFINITY;
    double ahead_s = fmin(URGENT_S, URGENT_SPANS * (double)finding->span_ns / 1e9);
    finding->urgent = !reclaimable && finding->limit_s < ahead_s;
}

static void judge_series(const struct ph_judge *judge, const struct ph_court *court,
                         const struct ph_series *series, const struct series_state *state,
                         struct ph_finding *finding)
{
    finding->t_statistic = finding->slow_ratio = finding->ceiling_bytes = NAN;
    finding->object_rate = NAN;
    finding->first_bytes = state->first;
    finding->last_bytes = state->floors.value;
    finding->lowest_bytes = state->lowest;
    finding->highest_bytes = state->highest;
    finding->last_objects = state->objects;
    finding->span_ns =
        (state->present ? judge->clock.now_ns : state->floors.seen_ns) - state->begin_ns;
    finding->samples = judge->clock.readings - state->readings_before;
    if (state->lowest == state->highest && finding->samples >= 5) {
        /* The many that never change need no statistics. */
        finding->verdict = PH_VERDICT_FLAT;
        finding->have_rate = true;
    } else {
        struct ph_floors floors = state->floors;
        if (state->present)
            ph_floors_hold(&floors, &judge->clock, judge->clock.now_ns);
        ph_floors_settle(&floors, &judge->clock);
        ph_judge_floors(court, &floors, finding);
    }
    if (judge->options.objects)
        finding->object_rate = finding->have_rate ? finding->rate : NAN;
    else if (finding->have_rate && state->objects > 0 && finding->last_bytes > 0)
        finding->object_rate = finding->rate * (double)state->objects / (double)finding->last_bytes;
    bool reclaimable = series->flags & PH_SERIES_RECLAIMABLE;
    if (reclaimable && finding->verdict > PH_VERDICT_GROWING) {
        finding->verdict = PH_VERDICT_GROWING;
        finding->missing = PH_MISSING_RECLAIMABLE;
        finding->missing_s = 0;
    }
    if (!judge->ordinal && !judge->options.objects)
        tell_limit(&judge->pools[series->pool], reclaimable, finding);
}

/* What the boot before was found to do stands until the new boot is as old as it must be to tell:
 * a day, or as long as the old one was seen. */
static const struct ph_finding *older(const struct ph_judge *judge, uint32_t series,
                                      const struct ph_finding *now)
{
    if (!judge->old.count || now->verdict > PH_VERDICT_LEVELLING)
        return NULL;
    const struct ph_finding key = {.series = series};
    const struct ph_finding *old =
        bsearch(&key, judge->old.items, judge->old.count, sizeof(key), by_series);
    if (!old)
        return NULL;
    if (now->verdict == PH_VERDICT_NO_DATA)
        return old;
    bool young = now->span_ns < INT64_C(86400) * 1000000000 && now->span_ns < old->span_ns;
    return young && old->verdict >= PH_VERDICT_GROWING ? old : NULL;
}

static int by_rank(const void *left, const void *right)
{
    const struct ph_finding *a = left, *b = right;
    if (a->rank != b->rank)
        return a->rank < b->rank ? 1 : -1;
    return by_series(left, right);
}

/* Groups among the strongest growing series; the list is in rank order. */
static struct ph_error *group_findings(const struct ph_judge *judge, struct ph_finding_list *list)
{
    enum { GROUPED_MAX = 100 };
    size_t count = 0;
    while (count < list->count && count < GROUPED_MAX &&
           list->items[count].verdict >= PH_VERDICT_GROWING)
        count++;
    if (count < 2)
        return NULL;
    ph_autofree struct ph_growth *growths = ph_zalloc(count, sizeof(*growths));
    ph_autofree uint32_t *groups = ph_zalloc(count, sizeof(*groups));
    if (!growths || !groups)
        return ph_error_nomem();
    size_t end = (size_t)ph_window_of(judge->clock.now_ns, judge->clock.level);
    for (size_t i = 0; i < count; i++) {
        const struct ph_finding *finding = &list->items[i];
        const struct series_state *state = &judge->series[finding->series];
        struct ph_growth *growth = &growths[i];
        growth->object_rate = finding->object_rate;
        growth->spread = finding->rate > 0
                             ? (finding->rate_high - finding->rate_low) / 2 / finding->rate
                             : INFINITY;
        if (!state->known)
            continue;
        struct ph_floors floors = state->floors;
        if (state->present)
            ph_floors_hold(&floors, &judge->clock, judge->clock.now_ns);
        ph_floors_settle(&floors, &judge->clock);
        for (size_t s = 1; s < end; s++) {
            bool both = judge->clock.whole_count[s - 1] && judge->clock.whole_count[s] &&
                        floors.whole[s - 1] != PH_NO_FLOOR && floors.whole[s] != PH_NO_FLOOR;
            growth->steps[growth->count++] =
                both ? (double)floors.whole[s] - (double)floors.whole[s - 1] : NAN;
        }
    }
    ph_group(growths, count, groups);
    for (size_t i = 0; i < count; i++)
        list->items[i].group = groups[i];
    return NULL;
}

struct ph_error *ph_judge_findings(const struct ph_judge *judge, const struct ph_catalog *catalog,
                                   struct ph_finding_list *findings)
{
    PH_GUARD(ph_finding_list_fini) struct ph_finding_list list = {0};
    PH_TRY(
        ph_grow(&list.items, &list.capacity, judge->count ? judge->count : 1, sizeof(*list.items)));
    ph_autofree struct ph_court *court = ph_alloc(sizeof(*court));
    if (!court)
        return ph_error_nomem();
    ph_court_open(court, &judge->rules, &judge->critical, &judge->clock, judge->ordinal);
    for (size_t i = 0; i < judge->count; i++) {
        struct ph_finding finding = {.series = (uint32_t)i};
        if (judge->series[i].known)
            judge_series(judge, court, &catalog->series[i], &judge->series[i], &finding);
        const struct ph_finding *old = older(judge, (uint32_t)i, &finding);
        if (old)
            finding = *old;
        else if (!judge->series[i].known)
            continue;
        finding.group = 0;
        finding.rank = rank_of(&finding, &catalog->series[i]);
        list.items[list.count++] = finding;
    }
    if (list.count)
        ph_sort(list.items, list.count, sizeof(*list.items), by_rank);
    PH_TRY(group_findings(judge, &list));
    ph_finding_list_fini(findings);
    *findings = list;
    list = (struct ph_finding_list){0};
    return NULL;
}
