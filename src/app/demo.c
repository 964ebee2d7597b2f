#include "app/demo.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/child.h"
#include "base/leak.h"
#include "base/os.h"

/* ------------------------------------------------------------------ the child */

struct leaker {
    size_t kind;
    double rate;
    uint64_t ceiling;
    int64_t lifetime_ns; /* it ends by itself even if nobody stops it */
};

enum { TICKS_PER_SECOND = 20 };

/* Leaks at the rate and tells its count and the boottime of that count, a line a tick. */
static int leak(void *context, FILE *parent)
{
    const struct leaker *leaker = context;
    uint64_t ceiling = ph_leak_prepare(leaker->ceiling), count = 0;
    int64_t start = ph_boottime_ns(), tick = PH_SECOND / TICKS_PER_SECOND;

    for (int64_t now = start; now - start < leaker->lifetime_ns; now = ph_boottime_ns()) {
        double due = leaker->rate * (double)(now - start) / 1e9;
        while ((double)count < due && count < ceiling) {
            struct ph_error *error = ph_leak_one(leaker->kind);
            if (error) {
                ph_error_free(error);
                ceiling = count; /* the system's own ceiling */
            } else {
                count++;
            }
        }
        if (fprintf(parent, "%" PRIu64 " %" PRIu64 "\n", count, ceiling) < 0 || fflush(parent))
            return 1;
        ph_sleep_until(now + tick);
    }
    return 0;
}

/* ------------------------------------------------------------------ the parent */

struct watch {
    const struct ph_demo_options *options;
    struct ph_demo *demo;
    struct ph_child *child;
    struct ph_text line;
    int64_t first_objects[PH_DEMO_CACHES_MAX];
    uint64_t first_leaked;
    int64_t first_ns, last_ns; /* boottime */
};

static void hear(struct watch *watch)
{
    while (ph_child_line(watch->child, 0, &watch->line)) {
        uint64_t count, ceiling;
        if (sscanf(watch->line.data, "%" SCNu64 " %" SCNu64, &count, &ceiling) == 2) {
            watch->demo->leaked = count;
            watch->demo->hit_ceiling = count >= ceiling;
        }
    }
}

static bool is_named(const struct ph_series *series, const char *cache)
{
    if ((series->origin != PH_ORIGIN_SLABINFO && series->origin != PH_ORIGIN_POOLTAG &&
         series->origin != PH_ORIGIN_POOLTAG2) ||
        series->flags & PH_SERIES_PSEUDO)
        return false;
    if (ph_slice_is(series->tag, cache))
        return true;
    struct ph_slice rest = series->aliases ? ph_slice_of(series->aliases) : (struct ph_slice){0};
    struct ph_slice alias;
    while (ph_slice_word(&rest, &alias))
        if (ph_slice_is(alias, cache))
            return true;
    return false;
}

static struct ph_error *look(void *context, const struct ph_catalog *catalog,
                             const struct ph_sample *sample)
{
    struct watch *watch = context;
    struct ph_demo *demo = watch->demo;
    bool first = watch->first_ns == 0;

    hear(watch);
    watch->last_ns = ph_boottime_ns();
    if (first) {
        watch->first_ns = watch->last_ns;
        watch->first_leaked = demo->leaked;
    }
    for (size_t i = 0; i < demo->row_count; i++) {
        struct ph_demo_row *row = &demo->rows[i];
        for (size_t k = 0; k < sample->count && !row->seen; k++) {
            uint32_t series = sample->values[k].series;
            if (is_named(&catalog->series[series], row->cache)) {
                row->seen = true;
                row->series = series;
                watch->first_objects[i] = sample->values[k].objects;
            }
        }
        const struct ph_value *value = row->seen ? ph_sample_find(sample, row->series) : NULL;
        if (value)
            row->found_objects = value->objects - watch->first_objects[i];
        row->true_objects = (int64_t)(demo->leaked - watch->first_leaked);
    }
    return NULL;
}

static void progress(void *context, const struct ph_progress *state)
{
    struct watch *watch = context;

    if (watch->options->progress)
        watch->options->progress(watch->options->context, state);
}

static void compare(struct watch *watch)
{
    struct ph_demo *demo = watch->demo;
    double seconds = (double)(watch->last_ns - watch->first_ns) / 1e9;
    size_t seen = 0, found = 0;

    for (size_t i = 0; i < demo->row_count; i++) {
        struct ph_demo_row *row = &demo->rows[i];
        row->true_rate = seconds > 0 ? (double)row->true_objects / seconds : 0;
        for (size_t k = 0; row->seen && k < demo->session.findings.count; k++)
            if (demo->session.findings.items[k].series == row->series)
                row->finding = &demo->session.findings.items[k];
        row->found = row->finding && row->finding->verdict >= PH_VERDICT_GROWING;
        seen += row->seen;
        found += row->found;
    }
    demo->seconds = seconds;
    demo->all_found = seen > 0 && found == seen;
}

struct ph_error *ph_demo_run(const struct ph_demo_options *options, struct ph_demo *demo)
{
    struct leaker leaker = {
        .kind = (size_t)(options->kind - ph_leak_kinds),
        .rate = options->rate,
        .ceiling = options->ceiling,
        .lifetime_ns = options->duration_ns + 30 * PH_SECOND,
    };
    struct watch watch = {.options = options, .demo = demo};

    demo->kind = options->kind;
    for (size_t i = 0; options->kind->tags[i] && i < PH_DEMO_CACHES_MAX; i++)
        demo->rows[demo->row_count++].cache = options->kind->tags[i];
    PH_TRY(ph_child_start(leak, &leaker, &watch.child));
    struct ph_session_options session = {
        .interval_ns = options->interval_ns,
        .duration_ns = options->duration_ns,
        .judge = true,
        .drop_privileges = true,
        .progress = progress,
        .visit = look,
        .context = &watch,
    };
    struct ph_error *error = ph_session_run(&session, &demo->session);
    ph_child_stop(watch.child);
    ph_leak_end();
    ph_text_fini(&watch.line);
    if (!error)
        compare(&watch);
    return error;
}

void ph_demo_fini(struct ph_demo *demo)
{
    ph_session_fini(&demo->session);
    *demo = (struct ph_demo){0};
}
