/* What a trace says, in words that the screen and JSON share. */
#include <inttypes.h>

#include "render/trace_views.h"

void ph_trace_number(double number, struct ph_text *out)
{
    if (!isfinite(number))
        ph_text_putc(out, '?');
    else if (fabs(number) < 9e18)
        ph_text_grouped(out, (int64_t)llround(number));
    else
        ph_text_printf(out, "%.3g", number);
}

void ph_trace_rate_words(double per_second, struct ph_text *out)
{
    static const struct {
        double seconds;
        const char *name;
    } UNITS[] = {{1, "s"}, {60, "min"}, {3600, "h"}, {86400, "d"}};
    enum { COUNT = sizeof(UNITS) / sizeof(UNITS[0]) };
    size_t unit = 0;

    if (!isfinite(per_second)) {
        ph_text_putc(out, '?');
        return;
    }
    while (unit + 1 < COUNT && per_second > 0 && per_second * UNITS[unit].seconds < 1)
        unit++;
    double rate = per_second * UNITS[unit].seconds;
    if (rate >= 99.95)
        ph_trace_number(rate, out);
    else
        ph_text_printf(out, "%.*f", rate >= 9.995 ? 1 : 2, rate);
    ph_text_printf(out, " objects/%s", UNITS[unit].name);
}

/* ------------------------------------------------------------------ the age verdict */

static void percent(double share, struct ph_text *out)
{
    if (isnan(share))
        ph_text_puts(out, "? %");
    else
        ph_text_printf(out, "%.*f %%", share > 0 && share < 0.0995 ? 2 : 1, 100 * share);
}

/* "of the 5,010 objects of 14 cohorts that are old enough, 5,000 live (99.8 %)" */
static void survivors(const struct ph_age *age, struct ph_text *out)
{
    if (!(age->survival > 0)) {
        ph_text_puts(out, "none of the objects of ");
    } else {
        ph_text_puts(out, "of the ");
        ph_trace_number(age->survivors / age->survival, out);
        ph_text_puts(out, " objects of ");
    }
    ph_screen_count(out, age->cohorts, "cohort", "cohorts");
    ph_text_puts(out, age->cohorts == 1 ? " that is old enough " : " that are old enough ");
    if (!(age->survival > 0)) {
        ph_text_puts(out, "lives");
        return;
    }
    ph_trace_number(age->survivors, out);
    ph_text_puts(out, " live (");
    percent(age->survival, out);
    ph_text_putc(out, ')');
}

static void deaths(const struct ph_age *age, struct ph_text *out)
{
    if (!(age->exposure_s > 0))
        return;
    ph_text_puts(out, " Of the old ");
    ph_trace_number(age->deaths, out);
    ph_text_puts(out, " died in ");
    ph_trace_number(age->exposure_s, out);
    ph_text_puts(out, " object-seconds");
    if (age->half_life_s > 0 && isfinite(age->half_life_s)) {
        ph_text_puts(out, ": half of them live on for at least ");
        ph_text_duration(out, age->half_life_s);
        ph_text_puts(out, " (95 %)");
    }
    ph_text_putc(out, '.');
}

static void growth(const struct ph_age *age, struct ph_text *out)
{
    if (!isfinite(age->rate))
        return;
    ph_text_puts(out, " It grows by ");
    ph_trace_rate_words(age->rate, out);
    if (isfinite(age->rate_low) && isfinite(age->rate_high)) {
        ph_text_puts(out, " (95 %: ");
        ph_trace_rate_words(age->rate_low, out);
        ph_text_puts(out, " to ");
        ph_trace_rate_words(age->rate_high, out);
        ph_text_putc(out, ')');
    }
    ph_text_putc(out, '.');
}

static void young(const struct ph_age *age, struct ph_text *out)
{
    ph_text_puts(out, "watched too short, or too few objects, to say");
    if (age->missing_s > 0) {
        ph_text_puts(out, "; about ");
        ph_text_duration(out, age->missing_s);
        ph_text_puts(out, " more are needed");
    }
    ph_text_putc(out, '.');
}

void ph_trace_age_words(const struct ph_trace_site *site, struct ph_text *out)
{
    const struct ph_age *age = &site->age;

    switch (age->verdict) {
    case PH_AGE_STAYING:
        ph_text_printf(out, "cohort after cohort stays, as a leak's do: %u of %u stopped dying; ",
                       age->staying, age->cohorts);
        break;
    case PH_AGE_DYING:
        ph_text_puts(out, "cohorts die, as in ordinary work: ");
        break;
    case PH_AGE_STEP:
        ph_text_puts(out, "what stays was allocated at one time, and nothing was added since: ");
        break;
    case PH_AGE_YOUNG:
        young(age, out);
        return;
    default:
        ph_text_puts(out, "not judged.");
        return;
    }
    survivors(age, out);
    ph_text_putc(out, '.');
    deaths(age, out);
    if (age->verdict == PH_AGE_STAYING)
        growth(age, out);
}

/* ------------------------------------------------------------------ what is not exact */

enum { NOTES = 7 };

struct note {
    uint64_t count;
    bool alarming;
    const char *brief, *one, *many, *meaning;
};

static void list_notes(const struct ph_trace_counts *counts, struct note notes[NOTES])
{
    const struct note all[NOTES] = {
        {counts->dropped, true, "not tracked (map full)", "allocation was", "allocations were",
         "not tracked, because the map of objects was full: Diff is too low by at most so many; "
         "--max-objects or --sample help"},
        {counts->sites_full, true, "not tracked (sites full)", "allocation was", "allocations were",
         "not tracked, because the map of sites was full: Diff is too low by at most so many, and "
         "sites may be absent; filters help"},
        {counts->missed, true, "missed", "event was", "events were",
         "missed (recursion): a missed free makes a Diff too high by one, a missed allocation too "
         "low, by at most so many in all"},
        {counts->stacks_lost, true, "stacks lost", "stack was", "stacks were",
         "lost: the shares of owners may be off, sums are not"},
        {counts->given_up, false, "given up", "object is", "objects are",
         "no longer followed, because sampling became coarser: estimates are made without them"},
        {counts->implicit_frees, false, "late frees", "free was", "frees were",
         "seen only when the address was handed out again (they pass by the tracepoints): of such "
         "caches Diff is a little high until then"},
        {counts->untracked_frees, false, "older frees", "free was", "frees were",
         "of objects from before the trace, or not followed (filters, sampling): left out, as "
         "their allocations are"},
    };

    for (size_t i = 0; i < NOTES; i++)
        notes[i] = all[i];
}

void ph_trace_notes(const struct ph_trace *trace,
                    void (*note)(void *context, bool alarming, const char *line), void *context)
{
    struct note notes[NOTES];

    list_notes(&trace->counts, notes);
    for (size_t i = 0; i < NOTES; i++) {
        PH_GUARD(ph_text_fini) struct ph_text line = {0};
        if (!notes[i].count)
            continue;
        ph_screen_count(&line, notes[i].count, notes[i].one, notes[i].many);
        ph_text_printf(&line, " %s.", notes[i].meaning);
        note(context, notes[i].alarming, line.data && !line.failed ? line.data : "out of memory");
    }
}

void ph_trace_notes_brief(const struct ph_trace *trace, bool *alarming, struct ph_text *out)
{
    struct note notes[NOTES];
    size_t before = out->size;

    *alarming = false;
    list_notes(&trace->counts, notes);
    for (size_t i = 0; i < NOTES; i++) {
        if (!notes[i].count)
            continue;
        ph_text_puts(out, out->size > before ? ", " : "");
        ph_trace_number((double)notes[i].count, out);
        ph_text_printf(out, " %s", notes[i].brief);
        *alarming = *alarming || notes[i].alarming;
    }
}
