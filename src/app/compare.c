#include "app/compare.h"

#include <math.h>
#include <string.h>

#include "base/sort.h"

/* Logs of different tools that count the same Windows pool tags are comparable. */
static enum ph_origin family(enum ph_origin origin)
{
    switch (origin) {
    case PH_ORIGIN_MEMSNAP:
    case PH_ORIGIN_CLONE_CSV:
    case PH_ORIGIN_POOLTAG:
    case PH_ORIGIN_POOLTAG2:
        return PH_ORIGIN_POOLMON;
    default:
        return origin;
    }
}

static struct ph_error *row_of(struct ph_comparison *comparison, size_t *capacity,
                               const struct ph_series *series, struct ph_diff_row **row)
{
    struct ph_series common = *series;
    uint32_t number;

    common.origin = family(series->origin);
    /* A saved tree without /sys does not tell which caches are reclaimable: a cache is matched by
     * its name, and shown as what the side that knows says. */
    if (series->origin == PH_ORIGIN_SLABINFO)
        common.pool = PH_POOL_UNRECLAIMABLE;
    PH_TRY(ph_catalog_intern(&comparison->catalog, &common, &number));
    if (series->pool == PH_POOL_RECLAIMABLE)
        comparison->catalog.series[number].pool = PH_POOL_RECLAIMABLE;
    if (number >= comparison->row_count) {
        PH_TRY(ph_grow(&comparison->rows, capacity, number + (size_t)1, sizeof(**row)));
        comparison->rows[number] =
            (struct ph_diff_row){.series = number, .before_objects = -1, .after_objects = -1};
        comparison->row_count = number + (size_t)1;
    }
    *row = &comparison->rows[number];
    return NULL;
}

/* The findings by series: where each stands in the list, and 1; 0 = none. */
static struct ph_error *index_findings(const struct ph_session *session, uint32_t **places)
{
    uint32_t *fresh = ph_zalloc(session->catalog.count, sizeof(*fresh));

    if (!fresh)
        return ph_error_nomem();
    for (size_t i = 0; i < session->findings.count; i++)
        fresh[session->findings.items[i].series] = (uint32_t)i + 1;
    *places = fresh;
    return NULL;
}

/* Several series of one side can share a row: their numbers are summed, and what one of them does
 * not know is not known of the sum. */
static void add_objects(int64_t *sum, bool first, int64_t objects)
{
    if (first || objects < 0 || *sum < 0)
        *sum = first || objects < 0 ? objects : -1;
    else if (__builtin_add_overflow(*sum, objects, sum))
        *sum = -1;
}

static struct ph_error *add_side(struct ph_comparison *comparison, size_t *capacity,
                                 const struct ph_session *session,
                                 const struct ph_selection *selection, bool after)
{
    ph_autofree uint32_t *places = NULL;

    PH_TRY(index_findings(session, &places));
    for (size_t i = 0; i < session->last.count; i++) {
        const struct ph_value *value = &session->last.values[i];
        const struct ph_series *series = &session->catalog.series[value->series];
        struct ph_diff_row *row;
        if (!(value->have & PH_HAVE_BYTES) || !ph_selection_takes(selection, series))
            continue;
        PH_TRY(row_of(comparison, capacity, series, &row));
        uint32_t place = places[value->series];
        const struct ph_finding *finding = place ? &session->findings.items[place - 1] : NULL;
        int64_t objects = value->have & PH_HAVE_OBJECTS ? value->objects : -1;
        bool first = after ? !row->in_after : !row->in_before;
        bool rate = finding && finding->have_rate && first; /* intervals have no sum */
        if (after) {
            row->in_after = true;
            row->after_bytes = (int64_t)((uint64_t)row->after_bytes + (uint64_t)value->bytes);
            add_objects(&row->after_objects, first, objects);
            row->after_verdict = finding ? finding->verdict : PH_VERDICT_NO_DATA;
            row->after_rate = rate ? finding->rate : 0;
            row->after_low = rate ? finding->rate_low : 0;
            row->after_high = rate ? finding->rate_high : 0;
            row->have_rates = row->have_rates && rate;
        } else {
            row->in_before = true;
            row->before_bytes = (int64_t)((uint64_t)row->before_bytes + (uint64_t)value->bytes);
            add_objects(&row->before_objects, first, objects);
            row->before_verdict = finding ? finding->verdict : PH_VERDICT_NO_DATA;
            row->before_rate = rate ? finding->rate : 0;
            row->before_low = rate ? finding->rate_low : 0;
            row->before_high = rate ? finding->rate_high : 0;
            row->have_rates = rate;
        }
    }
    return NULL;
}

/* Rates by reading and rates by second do not compare. */
static bool same_unit(const struct ph_comparison *comparison)
{
    return (comparison->before.last.time_kind == PH_TIME_ORDINAL) ==
           (comparison->after.last.time_kind == PH_TIME_ORDINAL);
}

static const char *sureness(const struct ph_comparison *comparison, const struct ph_diff_row *row)
{
    if (!row->in_before)
        return "new: not there before";
    if (!row->in_after)
        return "gone: not there after";
    if (row->have_rates) {
        if (row->after_low > row->before_high)
            return "sure: grows faster, the 95 % intervals of the rates do not overlap";
        if (row->after_high < row->before_low)
            return "sure: grows slower, the 95 % intervals of the rates do not overlap";
        return "within the noise: the 95 % intervals of the rates overlap";
    }
    if (row->after_bytes == row->before_bytes)
        return "unchanged";
    if (comparison->rebooted)
        return "unsure: another boot, the counters began anew";
    if (comparison->before.samples < 3 || comparison->after.samples < 3)
        return "exact difference of two readings; may be a passing peak, record to know";
    if (!same_unit(comparison))
        return "exact difference; one side has no times, so the rates do not compare";
    return "exact difference; too few readings for rates";
}

static int by_growth(const void *left, const void *right)
{
    const struct ph_diff_row *a = left, *b = right;
    double a_key = a->have_rates ? a->after_rate - a->before_rate : 0;
    double b_key = b->have_rates ? b->after_rate - b->before_rate : 0;

    if (a_key == b_key) {
        a_key = (double)a->after_bytes - (double)a->before_bytes;
        b_key = (double)b->after_bytes - (double)b->before_bytes;
    }
    if (a_key != b_key)
        return a_key < b_key ? 1 : -1;
    return a->series < b->series ? -1 : a->series > b->series;
}

static struct ph_error *run_side(const struct ph_compare_options *options,
                                 const struct ph_input_options *input, struct ph_session *session)
{
    struct ph_session_options run = {
        .input = *input,
        .interval_ns = 1000000000,
        .duration_ns = 1, /* of a live side: one reading */
        .judge = true,
        .progress = options->progress,
        .context = options->context,
    };

    PH_TRY(ph_session_run(&run, session));
    if (!session->samples)
        return ph_errorf(PH_ERR_FORMAT, "%s: holds no reading to compare", session->input_name);
    return NULL;
}

static void compare_machines(struct ph_comparison *comparison)
{
    const struct ph_session *before = &comparison->before, *after = &comparison->after;
    const struct ph_machine *a = &before->machine, *b = &after->machine;
    enum ph_time_kind kind = before->last.time_kind;

    comparison->same_machine = !a->host[0] || !b->host[0] || !strcmp(a->host, b->host);
    comparison->rebooted = a->boot_id[0] && b->boot_id[0] && strcmp(a->boot_id, b->boot_id) != 0;
    comparison->elapsed_s = NAN;
    if (kind == after->last.time_kind && (kind == PH_TIME_REAL || kind == PH_TIME_LOCAL))
        comparison->elapsed_s =
            (double)(int64_t)((uint64_t)after->last_ns - (uint64_t)before->last_ns) / 1e9;
}

struct ph_error *ph_compare(const struct ph_compare_options *options,
                            struct ph_comparison *comparison)
{
    size_t capacity = 0;

    PH_TRY(run_side(options, &options->before, &comparison->before));
    PH_TRY(run_side(options, &options->after, &comparison->after));
    compare_machines(comparison);
    PH_TRY(add_side(comparison, &capacity, &comparison->before, options->selection, false));
    PH_TRY(add_side(comparison, &capacity, &comparison->after, options->selection, true));
    for (size_t i = 0; i < comparison->row_count; i++) {
        struct ph_diff_row *row = &comparison->rows[i];
        row->have_rates =
            row->have_rates && row->in_before && row->in_after && same_unit(comparison);
        row->sureness = sureness(comparison, row);
    }
    if (comparison->row_count)
        ph_sort(comparison->rows, comparison->row_count, sizeof(*comparison->rows), by_growth);
    PH_TRY(ph_loss_copy(&comparison->losses, &comparison->before.losses));
    return ph_loss_merge(&comparison->losses, &comparison->after.losses, true);
}

struct ph_diff_report ph_comparison_report(const struct ph_comparison *comparison)
{
    return (struct ph_diff_report){
        .catalog = &comparison->catalog,
        .before_name = comparison->before.input_name,
        .after_name = comparison->after.input_name,
        .before_machine = &comparison->before.machine,
        .after_machine = &comparison->after.machine,
        .rows = comparison->rows,
        .row_count = comparison->row_count,
        .rebooted = comparison->rebooted,
        .same_machine = comparison->same_machine,
        .elapsed_s = comparison->elapsed_s,
        .before_time_kind = comparison->before.last.time_kind,
        .after_time_kind = comparison->after.last.time_kind,
        .before_samples = comparison->before.samples,
        .after_samples = comparison->after.samples,
        .losses = &comparison->losses,
    };
}

void ph_comparison_fini(struct ph_comparison *comparison)
{
    ph_session_fini(&comparison->before);
    ph_session_fini(&comparison->after);
    ph_catalog_fini(&comparison->catalog);
    ph_loss_fini(&comparison->losses);
    ph_free(comparison->rows);
    *comparison = (struct ph_comparison){0};
}
