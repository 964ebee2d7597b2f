#include "app/tracewatch.h"

#include "analysis/cohorts.h"
#include "base/os.h"
#include "model/trace_report.h"

/* The first look for suspects: a third of the run, so that two thirds are left to watch them; but
 * not before readings can tell a rise from noise, and not after a minute. */
#define FIRST_LEAST (9 * PH_SECOND)
#define FIRST_MOST PH_MINUTE
#define LOOK_EVERY (5 * PH_SECOND)
#define READ_EVERY (2 * PH_SECOND)
/* Sites of one tag, those with the most bytes first: what comes after them explains nothing. */
enum { SITES_MOST = 256 };

static int64_t first_look(const struct ph_trace_watch *watch)
{
    int64_t third = watch->duration_ns / 3;

    return !watch->duration_ns || third > FIRST_MOST ? FIRST_MOST
           : third < FIRST_LEAST                     ? FIRST_LEAST
                                                     : third;
}

static struct ph_error *begin(struct ph_trace_watch *watch, struct ph_loss_list *losses)
{
    struct ph_tracing_options options = {
        .kinds = watch->suspects.pages ? (1u << PH_TRACE_KINDS) - 1 : 0,
        .cpu_most = watch->cpu_most,
        .caches = (const char *const *)watch->suspects.names,
        .cache_count = watch->suspects.count,
    };

    ph_rights_raise(PH_RIGHT_TRACE);
    struct ph_error *error = ph_tracing_open(&options, &watch->tracing);
    ph_rights_lower(PH_RIGHT_TRACE, true);
    if (!error)
        return NULL;
    watch->impossible = true;
    if (error->code == PH_ERR_NOMEM)
        return error;
    struct ph_error *failed =
        ph_loss_add(losses, 0, "not traced, so no call sites are named: %s", error->text);
    ph_error_free(error);
    return failed;
}

/* Tracing that fails ends, the hunt goes on. */
static struct ph_error *read_on(struct ph_trace_watch *watch, struct ph_loss_list *losses)
{
    struct ph_error *error = ph_tracing_read(watch->tracing, &watch->trace);

    if (!error)
        return NULL;
    ph_tracing_close(watch->tracing);
    watch->tracing = NULL;
    watch->impossible = true;
    return ph_loss_error(losses, error);
}

static struct ph_error *look(struct ph_trace_watch *watch, const struct ph_catalog *catalog,
                             const struct ph_history *history, struct ph_loss_list *losses,
                             bool *suspected)
{
    size_t before = watch->suspects.count, added = 0;

    PH_TRY(ph_suspects_pick(&watch->suspects, catalog, history, &added));
    if (watch->tracing)
        return added ? ph_tracing_add(watch->tracing,
                                      (const char *const *)watch->suspects.names + before, added)
                     : NULL;
    if (!watch->suspects.count)
        return NULL;
    *suspected = true;
    return begin(watch, losses);
}

struct ph_error *ph_trace_watch_step(struct ph_trace_watch *watch, const struct ph_catalog *catalog,
                                     const struct ph_history *history, int64_t elapsed_ns,
                                     struct ph_loss_list *losses, bool *suspected)
{
    *suspected = false;
    if (watch->impossible || elapsed_ns < first_look(watch))
        return NULL;
    if (!watch->looked_ns || elapsed_ns - watch->looked_ns >= LOOK_EVERY) {
        watch->looked_ns = elapsed_ns;
        PH_TRY(look(watch, catalog, history, losses, suspected));
    }
    if (!watch->tracing || elapsed_ns - watch->read_ns < READ_EVERY)
        return NULL;
    watch->read_ns = elapsed_ns;
    return read_on(watch, losses);
}

struct ph_error *ph_trace_watch_end(struct ph_trace_watch *watch, struct ph_loss_list *losses)
{
    struct ph_error *error = watch->tracing ? read_on(watch, losses) : NULL;

    if (!error)
        error = ph_loss_merge(losses, &watch->trace.losses, true);
    ph_tracing_close(watch->tracing);
    watch->tracing = NULL;
    ph_rights_lower(PH_RIGHT_TRACE, true);
    return error;
}

/* ------------------------------------------------------------------ the age speaks */

/* Before all whose verdict is weaker now. */
static void move_up(struct ph_finding_list *findings, size_t at)
{
    struct ph_finding raised = findings->items[at];

    for (; at && findings->items[at - 1].verdict < raised.verdict; at--)
        findings->items[at] = findings->items[at - 1];
    findings->items[at] = raised;
}

void ph_trace_watch_judge(const struct ph_trace *trace, const struct ph_catalog *catalog,
                          struct ph_finding_list *findings)
{
    const struct ph_trace_site *sites[SITES_MOST];

    for (size_t i = 0; i < findings->count; i++) {
        struct ph_finding *finding = &findings->items[i];
        const struct ph_series *series = &catalog->series[finding->series];
        size_t count = 0;
        if (series->origin != PH_ORIGIN_SLABINFO)
            continue;
        for (size_t k = 0; k < trace->count && count < SITES_MOST; k++)
            if (ph_trace_site_of(&trace->sites[k], series->tag, series->aliases))
                sites[count++] = &trace->sites[k];
        if (count && ph_cohorts_raise(trace, sites, count, series, finding))
            move_up(findings, i);
    }
}

void ph_trace_watch_fini(struct ph_trace_watch *watch)
{
    ph_tracing_close(watch->tracing);
    ph_trace_fini(&watch->trace);
    ph_suspects_fini(&watch->suspects);
}
