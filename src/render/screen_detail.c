/* One tag, all that is known of it. Long: whoever shows it scrolls. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "render/owner_sentences.h"
#include "render/owner_views.h"
#include "render/plots.h"
#include "render/rate.h"
#include "render/report_words.h"
#include "render/screen.h"
#include "render/screen_views.h"
#include "render/trace_views.h"
#include "render/values.h"

enum {
    FIELD = 14,        /* where the text of a field begins */
    MEMBERS_MOST = 50, /* of a group; there may be hundreds */
    VERDICT = 16,
    RECENT_SHARE = 4 /* the newest readings get a plot of their own when they are at most this part
                        of the whole */
};

struct detail {
    struct ph_screen screen;
    const struct ph_detail_report *report;
    const struct ph_series *series;
    struct ph_text *text; /* of a field, to be used anew by each */
    unsigned chart_rows;
};

/* Prints the text gathered, which is printable already, behind its label. */
static void field(struct detail *detail, const char *label, enum ph_tint tint)
{
    ph_text_printf(detail->screen.out, "  %-11s ", label);
    struct ph_slice text = ph_slice_trim(ph_text_slice(detail->text));
    if (text.size)
        ph_screen_wrap(&detail->screen, FIELD, FIELD, text, tint);
    else
        ph_screen_end_line(detail->screen.out);
    if (detail->text->failed)
        detail->screen.out->failed = true;
    ph_text_clear(detail->text);
}

static void heading(struct detail *detail, const char *words)
{
    ph_text_putc(detail->screen.out, '\n');
    ph_screen_wrap(&detail->screen, 0, 0, ph_slice_of(words), PH_TINT_BOLD);
}

static void words(struct detail *detail, const char *label, const char *string)
{
    ph_text_puts(detail->text, string);
    field(detail, label, PH_TINT_PLAIN);
}

/* ------------------------------------------------------------------ what it is */

/* Blanks at the ends of a tag are part of it: quotes show them. */
static void name(struct detail *detail)
{
    struct ph_slice tag = detail->series->tag;
    struct ph_text *text = detail->text;

    if (ph_slice_trim(tag).size < tag.size || !tag.size) {
        ph_text_putc(text, '\'');
        ph_screen_name(detail->screen.style->utf8, detail->series, text);
        ph_text_putc(text, '\'');
        ph_screen_left(&detail->screen, ph_text_slice(text), detail->screen.columns, PH_TINT_BOLD);
        ph_screen_end_line(detail->screen.out);
    } else {
        ph_screen_name(detail->screen.style->utf8, detail->series, text);
        ph_screen_wrap(&detail->screen, 0, 2, ph_text_slice(text), PH_TINT_BOLD);
    }
    if (text->failed)
        detail->screen.out->failed = true;
    ph_text_clear(text);
}

static void identity(struct detail *detail)
{
    const struct ph_series *series = detail->series;
    struct ph_text *text = detail->text;
    bool utf8 = detail->screen.style->utf8;

    name(detail);
    ph_text_printf(text, "%s (%s)", ph_pool_name(series->pool), ph_pool_short(series->pool));
    if (series->flags & PH_SERIES_RECLAIMABLE)
        ph_text_puts(text, "; the kernel can take it back when memory is short");
    field(detail, "pool", PH_TINT_PLAIN);
    ph_text_puts(text, ph_origin_name(series->origin));
    if (series->counter_bits)
        ph_text_printf(text, "; counters of %u bits%s", series->counter_bits,
                       series->counter_bits < 64 ? ", which wrap" : "");
    if (series->flags & PH_SERIES_PSEUDO)
        ph_text_puts(text, "; a sum of the system's, not a tag of its own");
    if (series->flags & PH_SERIES_COUNTS_TWICE)
        ph_text_puts(text, "; its memory is counted by another row, too");
    field(detail, "counted by", PH_TINT_PLAIN);
    if (series->object_bytes) {
        ph_text_grouped(text, series->object_bytes);
        ph_text_puts(text, " B");
        if (series->slab_bytes && series->slab_bytes != series->object_bytes) {
            ph_text_puts(text, ", ");
            ph_text_grouped(text, series->slab_bytes);
            ph_text_puts(text, " B in its slab");
        }
        field(detail, "object", PH_TINT_PLAIN);
    }
    if (series->module) {
        ph_screen_foreign(utf8, ph_slice_of(series->module), text);
        field(detail, "module", PH_TINT_PLAIN);
    }
    if (series->aliases) {
        ph_text_puts(text, "other caches that share it: ");
        ph_screen_foreign(utf8, ph_slice_of(series->aliases), text);
        field(detail, "merged", PH_TINT_PLAIN);
    }
}

/* ------------------------------------------------------------------ numbers now */

static void add_count(struct ph_text *text, bool known, uint64_t count)
{
    if (known && count <= INT64_MAX)
        ph_text_grouped(text, (int64_t)count);
    else if (known)
        ph_text_printf(text, "%" PRIu64, count);
    else
        ph_text_putc(text, '?');
}

static void add_bytes(struct ph_text *text, int64_t bytes)
{
    ph_text_bytes(text, (double)bytes);
    ph_text_puts(text, " (");
    ph_text_grouped(text, bytes);
    ph_text_puts(text, " B)");
}

static void pool_field(struct detail *detail, const struct ph_value *value)
{
    const struct ph_pool_total *total =
        detail->report->now ? &detail->report->now->pools[detail->series->pool] : NULL;
    struct ph_text *text = detail->text;

    if (!total || !(total->have & PH_TOTAL_BYTES))
        return;
    if ((value->have & PH_HAVE_BYTES) && total->bytes > 0)
        ph_text_printf(text, "%.1f %% of ", (double)value->bytes / (double)total->bytes * 100);
    ph_text_bytes(text, (double)total->bytes);
    if (total->have & PH_TOTAL_LIMIT) {
        ph_text_puts(text, "; its limit is ");
        ph_text_bytes(text, (double)total->limit_bytes);
    }
    field(detail, "of its pool", PH_TINT_PLAIN);
}

static void numbers(struct detail *detail)
{
    const struct ph_value *value = detail->report->value;
    struct ph_text *text = detail->text;
    int64_t per_alloc;

    heading(detail, "Now");
    if (!value) {
        words(detail, "bytes",
              detail->report->now ? "gone: the newest reading does not have it"
                                  : "nothing was read yet");
        return;
    }
    ph_text_puts(text, value->have & PH_IS_ESTIMATED ? "~" : "");
    ph_text_puts(text, value->have & PH_IS_PARTIAL ? ">" : "");
    if (value->have & PH_HAVE_BYTES)
        add_bytes(text, value->bytes);
    else
        ph_text_putc(text, '?');
    ph_text_puts(text, value->have & PH_IS_ESTIMATED ? ", an estimate" : "");
    ph_text_puts(text, value->have & PH_IS_PARTIAL ? ", only a part of it was seen" : "");
    field(detail, "bytes", PH_TINT_PLAIN);
    pool_field(detail, value);
    if (value->have & PH_HAVE_OBJECTS) {
        ph_text_grouped(text, value->objects);
        if (ph_per_alloc(value, &per_alloc)) {
            ph_text_puts(text, ", ");
            ph_text_grouped(text, per_alloc);
            ph_text_puts(text, " B each");
        }
        field(detail, "diff", PH_TINT_PLAIN);
    }
    if (value->have & (PH_HAVE_ALLOCS | PH_HAVE_FREES)) {
        add_count(text, value->have & PH_HAVE_ALLOCS, value->allocs);
        ph_text_puts(text, "; frees ");
        add_count(text, value->have & PH_HAVE_FREES, value->frees);
        field(detail, "allocs", PH_TINT_PLAIN);
    }
}

/* ------------------------------------------------------------------ verdict */

static void floors(struct detail *detail, const struct ph_finding *finding)
{
    uint32_t count = finding->windows < PH_FLOORS_MAX ? finding->windows : PH_FLOORS_MAX;
    struct ph_text *text = detail->text;

    if (!count)
        return;
    for (uint32_t i = 0; i < count; i++) {
        ph_text_puts(text, i ? ", " : "");
        ph_text_bytes(text, finding->floors[i]);
    }
    if (finding->windows > count)
        ph_text_puts(text, " (the newest)");
    field(detail, "floors", PH_TINT_PLAIN);
}

static void since(struct detail *detail, const struct ph_finding *finding)
{
    const struct ph_hunt_report past = {.history = detail->report->whole}; /* all it looks at */

    if (finding->verdict < PH_VERDICT_GROWING)
        return;
    const struct ph_since since = ph_since_of(&past, finding);
    if (since.kind == PH_SINCE_UNKNOWN)
        return;
    ph_since_words(&since, detail->report->time_kind, detail->text);
    field(detail, "grows", PH_TINT_PLAIN);
}

static void verdict(struct detail *detail)
{
    const struct ph_finding *finding = detail->report->finding;
    struct ph_text *text = detail->text;

    heading(detail, "Verdict");
    if (!finding) {
        words(detail, "", "not judged yet: that takes more readings");
        return;
    }
    ph_text_puts(text, ph_verdict_name(finding->verdict, finding->urgent));
    field(detail, "verdict", ph_verdict_tint(finding->verdict, finding->urgent));
    words(detail, "means", ph_verdict_meaning(finding->verdict));
    if (finding->have_rate) {
        ph_screen_rate(finding, detail->report->time_kind, text);
        field(detail, "rate", PH_TINT_PLAIN);
    }
    since(detail, finding);
    ph_render_evidence(finding, detail->series, detail->report->time_kind, text);
    field(detail, "evidence", PH_TINT_PLAIN);
    floors(detail, finding);
    ph_text_puts(text, "first ");
    ph_text_bytes(text, (double)finding->first_bytes);
    ph_text_puts(text, ", last ");
    ph_text_bytes(text, (double)finding->last_bytes);
    ph_text_puts(text, ", between ");
    ph_text_bytes(text, (double)finding->lowest_bytes);
    ph_text_puts(text, " and ");
    ph_text_bytes(text, (double)finding->highest_bytes);
    field(detail, "seen", PH_TINT_PLAIN);
}

/* ------------------------------------------------------------------ history */

static size_t points_of(const struct ph_history *history, uint32_t series)
{
    const struct ph_history_line *line = history ? ph_history_series(history, series) : NULL;
    size_t points = 0;

    for (size_t i = 0; line && i < history->count; i++)
        points += isfinite(line->high[i]) ? 1 : 0;
    return points;
}

static double span_of(const struct ph_history *history)
{
    return history->count ? history->at_s[history->count - 1] - history->at_s[0] : 0;
}

static struct ph_error *plot(struct detail *detail, const struct ph_history *history,
                             const struct ph_finding *finding, const char *title)
{
    const struct ph_detail_report *report = detail->report;
    PH_GUARD(ph_plot_fini) struct ph_plot plot = {0};
    struct ph_terminal_chart size = {
        .columns = (unsigned)detail->screen.columns,
        .rows = detail->chart_rows,
        .utf8 = detail->screen.style->utf8,
        .colour = detail->screen.style->colour,
    };

    PH_TRY(ph_plot_series(history, report->series, finding, title, report->events,
                          report->time_kind, &plot));
    return ph_chart_terminal(&plot.chart, &size, detail->screen.out);
}

static struct ph_error *history(struct detail *detail)
{
    const struct ph_detail_report *report = detail->report;
    const struct ph_history *whole = report->whole, *recent = report->recent;

    heading(detail, "History");
    if (points_of(whole, report->series) < 2) {
        words(detail, "", "a plot needs two readings at least");
        return NULL;
    }
    if (!detail->chart_rows)
        return NULL;
    PH_TRY(plot(detail, whole, report->finding, "all readings"));
    if (!whole || points_of(recent, report->series) < 2 ||
        span_of(recent) * RECENT_SHARE > span_of(whole))
        return NULL;
    ph_text_putc(detail->screen.out, '\n');
    return plot(detail, recent, NULL, "the newest readings");
}

/* ------------------------------------------------------------------ company */

static void group(struct detail *detail)
{
    const struct ph_detail_report *report = detail->report;
    struct ph_text *text = detail->text;
    size_t members = 0;

    if (!report->finding || !report->finding->group)
        return;
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct ph_finding *other = &report->findings[i];
        if (other->group != report->finding->group || other->series == report->series)
            continue;
        if (!members++)
            heading(detail, "Grows together with");
        if (members > MEMBERS_MOST)
            continue;
        const struct ph_series *series = &report->catalog->series[other->series];
        ph_text_puts(detail->screen.out, "  ");
        ph_screen_left(&detail->screen, ph_slice_of(ph_verdict_name(other->verdict, other->urgent)),
                       VERDICT, ph_verdict_tint(other->verdict, other->urgent));
        ph_screen_name(detail->screen.style->utf8, series, text);
        ph_text_printf(text, " (%s), ", ph_pool_short(series->pool));
        ph_screen_rate(other, report->time_kind, text);
        ph_screen_wrap(&detail->screen, 2 + VERDICT, 2 + VERDICT, ph_text_slice(text),
                       PH_TINT_PLAIN);
        if (text->failed)
            detail->screen.out->failed = true;
        ph_text_clear(text);
    }
    if (members > MEMBERS_MOST) {
        ph_text_puts(detail->screen.out, "  and ");
        ph_text_grouped(detail->screen.out, (int64_t)(members - MEMBERS_MOST));
        ph_text_puts(detail->screen.out, " more\n");
    }
}

/* ------------------------------------------------------------------ call sites */

static void call_sites(struct detail *detail)
{
    const struct ph_detail_report *report = detail->report;

    if (!report->trace && !report->trace_pending && !report->trace_error)
        return;
    heading(detail, "Call sites");
    if (report->trace)
        ph_screen_trace_tag(report->trace, detail->screen.style, detail->screen.out);
    else if (report->trace_error)
        ph_screen_line(&detail->screen, "  not traced: ", report->trace_error, FIELD);
    else
        words(detail, "", "tracing begins ...");
}

/* ------------------------------------------------------------------ owner, next step */

/* With an owner report its meanings tell what the growth of such a tag usually means and what to
 * check, and its last line what to do next. */
static void owner(struct detail *detail)
{
    const struct ph_owner_report *owner = detail->report->owner;
    PH_GUARD(ph_text_fini) struct ph_text answer = {0};

    heading(detail, "Owner");
    if (!owner) {
        if (detail->report->owner_pending)
            words(detail, "", "looking for the owner ...");
        else if (detail->report->owner_error)
            ph_screen_line(&detail->screen, "  not found: ", detail->report->owner_error, FIELD);
        else
            words(detail, "", "not looked for");
        return;
    }
    ph_owner_answer_words(owner, &answer);
    if (answer.failed)
        detail->screen.out->failed = true;
    ph_screen_prose(detail->screen.style->utf8, ph_text_slice(&answer), detail->text);
    ph_text_puts(detail->screen.out, "  ");
    ph_screen_wrap(&detail->screen, 2, 2, ph_text_slice(detail->text), PH_TINT_PLAIN);
    ph_text_clear(detail->text);
    ph_screen_owner_body(&detail->screen, owner);
    if (owner->paragraph) {
        heading(detail, "To send");
        ph_screen_line(&detail->screen, "  ", owner->paragraph, 2);
    }
    ph_screen_losses(&detail->screen, &owner->losses);
}

static void next_step(struct detail *detail)
{
    const struct ph_owner_report *owner = detail->report->owner;
    const struct ph_finding *finding = detail->report->finding;
    PH_GUARD(ph_text_fini) struct ph_text tag = {0};

    if ((owner && owner->next && owner->next[0]) || !finding)
        return;
    heading(detail, "Next");
    if (finding->verdict < PH_VERDICT_LEAK_LIKELY) {
        words(detail, "", ph_verdict_advice(finding->verdict));
        return;
    }
    if (detail->series->flags & PH_SERIES_PSEUDO) {
        words(detail, "", "no tag can be named for this sum: look for tags that grow with it");
        return;
    }
    words(detail, "", "find the owner, and send its vendor the evidence above:");
    ph_screen_foreign(detail->screen.style->utf8, detail->series->tag, &tag);
    ph_text_puts(detail->text, "poolhound who ");
    ph_argument_words(tag.data ? tag.data : "", detail->text);
    if (tag.failed || detail->text->failed)
        detail->screen.out->failed = true;
    else
        ph_screen_copyable(&detail->screen, "              ", detail->text->data);
    ph_text_clear(detail->text);
}

struct ph_error *ph_screen_detail(const struct ph_detail_report *report,
                                  const struct ph_style *style, unsigned chart_rows,
                                  struct ph_text *out)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    struct detail detail = {
        .screen = ph_screen_of(style, out),
        .report = report,
        .series = &report->catalog->series[report->series],
        .text = &text,
        .chart_rows = chart_rows,
    };

    identity(&detail);
    numbers(&detail);
    verdict(&detail);
    PH_TRY(history(&detail));
    group(&detail);
    call_sites(&detail);
    owner(&detail);
    next_step(&detail);
    return ph_text_check(out);
}
