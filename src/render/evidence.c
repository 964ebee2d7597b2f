#include <inttypes.h>
#include <math.h>

#include "render/rate.h"
#include "render/render.h"
#include "render/report_words.h"

/* Clauses of one sentence, parted by semicolons. */
struct words {
    const struct ph_finding *finding;
    const struct ph_series *series;
    enum ph_time_kind kind;
    struct ph_text *out;
    bool some;
};

static struct ph_text *clause(struct words *words)
{
    if (words->some)
        ph_text_puts(words->out, "; ");
    words->some = true;
    return words->out;
}

/* "6 h"; with ordinal time "3 readings". */
static void add_span(struct words *words, double seconds)
{
    if (words->kind != PH_TIME_ORDINAL) {
        ph_text_duration(words->out, seconds);
        return;
    }
    ph_text_grouped(words->out, (int64_t)llround(fmin(fmax(seconds, 0), 9e15)));
    ph_text_puts(words->out, llround(fmin(seconds, 9e15)) == 1 ? " reading" : " readings");
}

static void add_windows(struct words *words)
{
    const struct ph_finding *finding = words->finding;

    if (finding->windows < 2)
        return;
    ph_text_printf(clause(words), "floors of %" PRIu32 " windows of ", finding->windows);
    add_span(words, (double)finding->window_ns / 1e9);
    ph_text_printf(words->out, " rose %" PRIu32 " of %" PRIu32 " times", finding->rose,
                   finding->windows - 1);
    if (finding->gaps)
        ph_text_printf(words->out, " (%" PRIu64 " %s too few readings)", finding->gaps,
                       finding->gaps == 1 ? "window had" : "windows had");
}

static void add_rate(struct words *words)
{
    const struct ph_finding *finding = words->finding;

    if (!finding->have_rate)
        return;
    ph_text_puts(clause(words), "rate with 95 % interval ");
    ph_rate_add(words->out, finding->rate, finding->rate_low, finding->rate_high, finding->span_ns,
                words->kind);
    if (isfinite(finding->object_rate) && finding->object_rate != 0)
        ph_text_printf(words->out, ", %.3g objects/%s", finding->object_rate,
                       words->kind == PH_TIME_ORDINAL ? "reading" : "s");
}

static void add_slow_down(struct words *words)
{
    double ratio = words->finding->slow_ratio;

    if (!isfinite(ratio))
        return;
    const char *how = ratio < .8 ? "slows down" : ratio > 1.25 ? "speeds up" : "keeps its pace";
    ph_text_printf(clause(words),
                   fabs(ratio) < 100 ? "%s: newer half / older half %.2f"
                                     : "%s: newer half / older half %.1e",
                   how, ratio);
}

static void add_range(struct words *words, const char *before, int64_t low, const char *between,
                      int64_t high)
{
    ph_text_puts(clause(words), before);
    ph_text_bytes(words->out, (double)low);
    ph_text_puts(words->out, between);
    ph_text_bytes(words->out, (double)high);
}

static void add_territory(struct words *words)
{
    ph_text_puts(clause(words), words->finding->new_territory
                                    ? "stands above all that was seen before"
                                    : "has not left the range seen before");
}

static void add_limit(struct words *words)
{
    const struct ph_finding *finding = words->finding;

    if (!finding->have_limit_time || !isfinite(finding->limit_s))
        return;
    ph_text_printf(clause(words), "%s pool full in ",
                   words->series ? ph_pool_name(words->series->pool) : "its");
    (void)ph_limit_words(finding, words->kind, words->out);
}

static void add_age(struct words *words)
{
    const struct ph_finding *finding = words->finding;

    ph_text_printf(clause(words), "likely: traced for ");
    ph_text_duration(words->out, finding->age_watch_s);
    ph_text_printf(words->out,
                   ", objects of every age stay (%.0f %% of the growth; half of the old ones live "
                   "longer than ",
                   100 * finding->age_share);
    ph_text_duration(words->out, finding->age_half_life_s);
    ph_text_puts(words->out, " with 95 % confidence), which a daily cycle could still undo");
}

static void add_missing(struct words *words)
{
    if (words->finding->missing == PH_MISSING_NOTHING)
        return;
    ph_text_puts(clause(words), "not called a leak: ");
    ph_missing_words(words->finding, words->kind, words->out);
}

static void add_observed(struct words *words)
{
    const struct ph_finding *finding = words->finding;

    if (!finding->samples || words->kind == PH_TIME_ORDINAL)
        return;
    ph_text_puts(clause(words), "seen for ");
    add_span(words, (double)finding->span_ns / 1e9);
    ph_text_printf(words->out, " in %" PRIu64 " reading%s", finding->samples,
                   finding->samples == 1 ? "" : "s");
}

void ph_render_evidence(const struct ph_finding *finding, const struct ph_series *series,
                        enum ph_time_kind time_kind, struct ph_text *out)
{
    struct words words = {finding, series, time_kind, out, false};
    bool range = finding->highest_bytes > finding->lowest_bytes;

    switch (finding->verdict) {
    case PH_VERDICT_LEAK_CONFIRMED:
    case PH_VERDICT_LEAK_LIKELY:
    case PH_VERDICT_GROWING:
        add_windows(&words);
        add_rate(&words);
        add_slow_down(&words);
        if (finding->windows)
            add_territory(&words);
        add_limit(&words);
        if (finding->by_age)
            add_age(&words);
        else if (finding->verdict == PH_VERDICT_LEAK_LIKELY)
            ph_text_puts(clause(&words), "likely: the stricter test is not passed yet");
        add_missing(&words);
        break;
    case PH_VERDICT_LEVELLING:
        ph_text_puts(clause(&words), "growth levels off");
        if (isfinite(finding->ceiling_bytes)) {
            ph_text_puts(out, " towards ");
            ph_text_bytes(out, finding->ceiling_bytes);
        }
        add_windows(&words);
        add_rate(&words);
        add_slow_down(&words);
        break;
    case PH_VERDICT_STEP:
        add_range(&words, "one step, flat before and after: from ", finding->first_bytes, " to ",
                  finding->last_bytes);
        add_windows(&words);
        break;
    case PH_VERDICT_CYCLIC:
        add_range(&words, "comes and goes between ", finding->lowest_bytes, " and ",
                  finding->highest_bytes);
        add_windows(&words);
        break;
    case PH_VERDICT_FLAT:
        ph_text_puts(clause(&words), "its floor does not rise steadily");
        if (range)
            add_range(&words, "between ", finding->lowest_bytes, " and ", finding->highest_bytes);
        add_windows(&words);
        break;
    case PH_VERDICT_NO_DATA:
    case PH_VERDICT_COUNT:
        ph_text_puts(clause(&words), "too few readings to judge");
        break;
    }
    add_observed(&words);
}
