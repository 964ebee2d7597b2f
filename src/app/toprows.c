#include "app/toprows.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/sort.h"

static bool is_session(enum ph_pool pool)
{
    return pool == PH_POOL_SESSION_NONPAGED || pool == PH_POOL_SESSION_PAGED;
}

bool ph_top_has_sessions(const struct ph_monitor_state *state)
{
    for (size_t i = 0; state->now && i < state->now->count; i++)
        if (is_session(state->catalog->series[state->now->values[i].series].pool))
            return true;
    return false;
}

/* ------------------------------------------------------------------ changes */

/* The difference of two counters of this width. From one reading to the next the shorter way is the
 * way they went: a counter that wrapped moved on, one that fell (a log of another making) moved
 * back. Since a mark of hours ago they may have moved on by more than half their width, and they
 * never fall within a boot. */
static int64_t counter_change(uint64_t now, uint64_t before, unsigned bits, bool far)
{
    uint64_t change = now - before;

    if (bits != 32)
        return (int64_t)change;
    return far ? (int64_t)(uint32_t)change : (int32_t)(uint32_t)change;
}

static int64_t difference(int64_t now, int64_t before)
{
    return (int64_t)((uint64_t)now - (uint64_t)before);
}

static void set_change(struct ph_top_row *row, const struct ph_series *series,
                       const struct ph_value *before, bool far)
{
    const struct ph_value *now = &row->value;
    uint32_t both = before ? now->have & before->have : 0;

    if (!before)
        return;
    row->have |= PH_TOP_HAVE_CHANGE;
    if (both & PH_HAVE_ALLOCS)
        row->allocs_change = counter_change(now->allocs, before->allocs, series->counter_bits, far);
    if (both & PH_HAVE_FREES)
        row->frees_change = counter_change(now->frees, before->frees, series->counter_bits, far);
    if (both & PH_HAVE_OBJECTS)
        row->objects_change = difference(now->objects, before->objects);
    if (both & PH_HAVE_BYTES)
        row->bytes_change = difference(now->bytes, before->bytes);
}

/* Seconds between two readings; NAN when their times do not tell, or another boot is between. */
static double between(const struct ph_sample *now, const struct ph_sample *then)
{
    if (!then || now->segment != then->segment || now->time_kind == PH_TIME_ORDINAL)
        return (double)NAN;
    double seconds = now->boottime_ns >= 0 && then->boottime_ns >= 0
                         ? ((double)now->boottime_ns - (double)then->boottime_ns) / 1e9
                         : ((double)now->time_ns - (double)then->time_ns) / 1e9;
    return seconds >= 0 ? seconds : (double)NAN;
}

/* ------------------------------------------------------------------ which rows */

static bool in_pools(const struct ph_top_choice *choice, enum ph_pool pool)
{
    return is_session(pool) == (choice->session != PH_TOP_SYSTEM_POOL);
}

static const struct ph_finding *finding_of(const struct ph_monitor_state *state, uint32_t series)
{
    uint32_t at =
        state->finding_of && series < state->catalog->count ? state->finding_of[series] : 0;

    return at && at <= state->finding_count ? &state->findings[at - 1] : NULL;
}

static void set_percent(struct ph_top_row *row, const struct ph_sample *now,
                        const struct ph_series *series)
{
    const struct ph_pool_total *pool = &now->pools[series->pool];

    if (!(pool->have & PH_TOTAL_BYTES) || pool->bytes <= 0 || !(row->value.have & PH_HAVE_BYTES) ||
        (series->flags & PH_SERIES_COUNTS_TWICE))
        return;
    row->percent = 100 * (double)row->value.bytes / (double)pool->bytes;
    row->have |= PH_TOP_HAVE_PERCENT;
}

/* ------------------------------------------------------------------ order */

struct order {
    const struct ph_catalog *catalog;
    const struct ph_top_choice *choice;
};

/* What grows stands before what only moves: the screen shows no rate for that. */
static double rate_key(const struct ph_finding *finding)
{
    const double behind = 1e15; /* beyond any rate in bytes a second */

    if (!finding || !finding->have_rate)
        return (double)NAN;
    return finding->verdict >= PH_VERDICT_LEVELLING ? finding->rate : finding->rate - behind;
}

/* What a row is sorted by; NAN = unknown. */
static double key(const struct ph_top_row *row, const struct ph_top_choice *choice)
{
    bool change = choice->by_change;
    uint32_t need = 0;
    double number = (double)NAN;
    int64_t by = 0;

    switch (choice->sort) {
    case PH_TOP_ALLOCS:
        need = PH_HAVE_ALLOCS, number = (double)row->value.allocs, by = row->allocs_change;
        break;
    case PH_TOP_FREES:
        need = PH_HAVE_FREES, number = (double)row->value.frees, by = row->frees_change;
        break;
    case PH_TOP_DIFF:
        need = PH_HAVE_OBJECTS, number = (double)row->value.objects, by = row->objects_change;
        break;
    case PH_TOP_PERCENT:
        if (!change)
            return row->have & PH_TOP_HAVE_PERCENT ? row->percent : (double)NAN;
        need = PH_HAVE_BYTES, by = row->bytes_change;
        break;
    case PH_TOP_PER_ALLOC:
        if (!change) {
            need = PH_HAVE_BYTES | PH_HAVE_OBJECTS;
            number = row->value.objects ? (double)row->value.bytes / (double)row->value.objects : 0;
            break;
        }
        need = PH_HAVE_BYTES, by = row->bytes_change;
        break;
    case PH_TOP_RATE:
        if (!change)
            return rate_key(row->finding);
        need = PH_HAVE_BYTES, by = row->bytes_change;
        break;
    case PH_TOP_VERDICT:
        if (!change)
            return row->finding ? row->finding->rank : (double)NAN;
        need = PH_HAVE_BYTES, by = row->bytes_change;
        break;
    case PH_TOP_TAG:
    case PH_TOP_TYPE:
    case PH_TOP_BYTES:
    case PH_TOP_TREND:
    case PH_TOP_OWNER:
    case PH_TOP_COLUMNS:
        need = PH_HAVE_BYTES, number = (double)row->value.bytes, by = row->bytes_change;
        break;
    }
    if ((row->value.have & need) != need || (change && !(row->have & PH_TOP_HAVE_CHANGE)))
        return (double)NAN;
    return change ? fabs((double)by) : number;
}

static int by_bytes(struct ph_slice a, struct ph_slice b)
{
    size_t shorter = a.size < b.size ? a.size : b.size;
    int order = shorter ? memcmp(a.data, b.data, shorter) : 0;

    return order ? order : (a.size > b.size) - (a.size < b.size);
}

static int by_words(const struct ph_top_row *a, const struct ph_top_row *b,
                    const struct order *order)
{
    const struct ph_series *of_a = &order->catalog->series[a->series];
    const struct ph_series *of_b = &order->catalog->series[b->series];

    switch (order->choice->sort) {
    case PH_TOP_TAG:
        return by_bytes(of_a->tag, of_b->tag);
    case PH_TOP_TYPE:
        return (int)of_a->pool - (int)of_b->pool;
    case PH_TOP_OWNER:
        if (!a->owner || !b->owner)
            return 0; /* told apart before */
        return strcasecmp(a->owner, b->owner);
    default:
        return 0;
    }
}

static bool is_word(const struct ph_top_choice *choice)
{
    return !choice->by_change && (choice->sort == PH_TOP_TAG || choice->sort == PH_TOP_TYPE ||
                                  choice->sort == PH_TOP_OWNER);
}

static int compare(const void *left, const void *right, void *context)
{
    const struct ph_top_row *a = left, *b = right;
    const struct order *order = context;
    bool words = is_word(order->choice);
    int result = 0;

    if (words) {
        bool owner = order->choice->sort == PH_TOP_OWNER;
        if (owner && !a->owner != !b->owner)
            return a->owner ? -1 : 1;
        result = by_words(a, b, order);
    } else {
        double x = key(a, order->choice), y = key(b, order->choice);
        if (!isnan(x) != !isnan(y))
            return isnan(x) ? 1 : -1;
        result = x > y ? -1 : x < y;
    }
    if (result)
        return order->choice->reverse ? -result : result;
    result = by_bytes(order->catalog->series[a->series].tag, order->catalog->series[b->series].tag);
    return result ? result : (a->series > b->series) - (a->series < b->series);
}

/* ------------------------------------------------------------------ rows */

static void count_verdict(struct ph_top_rows *rows, const struct ph_finding *finding)
{
    if (!finding || finding->verdict < PH_VERDICT_GROWING)
        return;
    if (finding->verdict > PH_VERDICT_GROWING)
        rows->leaking++;
    else
        rows->growing++;
}

struct ph_error *ph_top_rows_of(const struct ph_monitor_state *state,
                                const struct ph_top_choice *choice,
                                const char *(*owner)(void *context, uint32_t series, bool *named),
                                void *context, struct ph_top_rows *rows)
{
    const struct ph_sample *now = state->now;
    const struct ph_sample *then = choice->since_mark && state->mark ? state->mark : state->before;

    rows->count = rows->in_all = rows->growing = rows->leaking = 0;
    rows->change_s = (double)NAN;
    if (!now)
        return NULL;
    if (then && then->segment != now->segment)
        then = NULL; /* the counters began anew */
    rows->change_s = between(now, then);
    PH_TRY(ph_grow(&rows->items, &rows->capacity, now->count, sizeof(*rows->items)));
    for (size_t i = 0; i < now->count; i++) {
        const struct ph_value *value = &now->values[i];
        const struct ph_series *series = &state->catalog->series[value->series];
        struct ph_top_row row = {
            .series = value->series, .value = *value, .finding = finding_of(state, value->series)};
        rows->in_all++;
        count_verdict(rows, row.finding);
        if (!in_pools(choice, series->pool) || !ph_selection_takes(&choice->selection, series))
            continue;
        bool named = false;
        row.owner = owner ? owner(context, value->series, &named) : NULL;
        if (row.owner && named)
            row.have |= PH_TOP_OWNER_NAMED;
        set_change(&row, series, then ? ph_sample_find(then, value->series) : NULL,
                   then && then == state->mark);
        set_percent(&row, now, series);
        if (state->recent)
            row.line = ph_history_series(state->recent, value->series);
        rows->items[rows->count++] = row;
    }
    struct order order = {state->catalog, choice};
    if (rows->count)
        ph_sort_with(rows->items, rows->count, sizeof(*rows->items), compare, &order);
    return NULL;
}

static const char *name(void *context, uint32_t series, bool *named)
{
    return ph_monitor_owner_name(context, series, named);
}

struct ph_error *ph_top_rows(struct ph_monitor *monitor, const struct ph_monitor_state *state,
                             const struct ph_top_choice *choice, struct ph_top_rows *rows)
{
    return ph_top_rows_of(state, choice, name, monitor, rows);
}

void ph_top_rows_fini(struct ph_top_rows *rows)
{
    ph_free(rows->items);
    *rows = (struct ph_top_rows){0};
}
