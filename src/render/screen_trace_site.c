/* One call site in full: verdict, numbers, the cohorts as bars, the life table, stacks. */
#include <string.h>

#include "render/trace_views.h"

enum {
    BARS_MOST = 16, /* cohorts drawn; neighbours are put together where there are more */
    BAR_WIDTH = 20,
    AGE_WIDTH = 16,
    NUMBER_WIDTH = 8, /* larger ones in short: the line must fit */
    STACKS_MOST = 5
};

static const double YEARS_S = 10 * 365.25 * 86400;

/* Printable text after `lead`, later lines below its beginning. */
static void prose(struct ph_screen *screen, const char *lead, const struct ph_text *text,
                  enum ph_tint tint)
{
    if (text->failed) {
        screen->out->failed = true;
        return;
    }
    ph_text_puts(screen->out, lead);
    ph_screen_wrap(screen, strlen(lead), strlen(lead), ph_text_slice(text), tint);
}

static void add_place(const struct ph_screen *screen, const struct ph_place *place,
                      struct ph_text *out)
{
    PH_GUARD(ph_text_fini) struct ph_text raw = {0};

    ph_place_text(place, &raw);
    if (raw.failed)
        out->failed = true;
    ph_screen_foreign(screen->style->utf8, ph_text_slice(&raw), out);
}

/* ------------------------------------------------------------------ who and how much */

static void title(struct ph_screen *screen, const struct ph_trace_site *site)
{
    PH_GUARD(ph_text_fini) struct ph_text line = {0};

    add_place(screen, ph_trace_site_owner(site), &line);
    if (site->cache) {
        ph_text_puts(&line, " in ");
        ph_screen_foreign(screen->style->utf8, ph_slice_of(site->cache), &line);
    }
    ph_text_printf(&line, " (%s)", ph_trace_kind_id(site->kind));
    prose(screen, "", &line, PH_TINT_BOLD);
}

static void owner(struct ph_screen *screen, const struct ph_trace_site *site)
{
    PH_GUARD(ph_text_fini) struct ph_text line = {0};

    if (!site->owner.address)
        return;
    add_place(screen, &site->place, &line);
    if (isnan(site->owner_share))
        ph_text_puts(&line, ", which allocates for others");
    else
        ph_text_printf(&line, "; stacks lay %.3g %% of what lives to the function above",
                       100 * site->owner_share);
    prose(screen, "Called:  ", &line, PH_TINT_PLAIN);
}

static void verdict(struct ph_screen *screen, const struct ph_trace_site *site)
{
    bool staying = site->age.verdict == PH_AGE_STAYING;
    PH_GUARD(ph_text_fini) struct ph_text line = {0};

    if (site->age.verdict != PH_AGE_UNKNOWN)
        ph_text_printf(&line, "%s: ", staying ? "STAYING" : ph_age_verdict_id(site->age.verdict));
    ph_trace_age_words(site, &line);
    prose(screen, "Age:     ", &line, staying ? PH_TINT_ALARM : PH_TINT_PLAIN);
}

static void add_scaled(double number, const struct ph_trace_site *site, const char *word,
                       struct ph_text *out)
{
    ph_text_puts(out, site->estimated ? "~" : "");
    ph_trace_number(number, out);
    ph_text_printf(out, " %s", word);
}

static void numbers(struct ph_screen *screen, const struct ph_trace_site *site)
{
    PH_GUARD(ph_text_fini) struct ph_text line = {0};
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0};

    add_scaled(site->allocs, site, "allocs, ", &line);
    add_scaled(site->frees, site, "frees", &line);
    if (site->implicit_frees > 0) {
        ph_text_puts(&line, " (");
        add_scaled(site->implicit_frees, site, "of them noticed late)", &line);
    }
    ph_text_puts(&line, ", ");
    add_scaled(site->objects, site, "living", &line);
    if (site->estimated) {
        ph_text_puts(&line, " (95 %: ");
        ph_trace_number(site->objects_low, &line);
        ph_text_puts(&line, " to ");
        ph_trace_number(site->objects_high, &line);
        ph_text_putc(&line, ')');
    }
    ph_text_putc(&line, '.');
    prose(screen, "Objects: ", &line, PH_TINT_PLAIN);
    ph_text_puts(&bytes, site->estimated ? "~" : "");
    ph_text_bytes(&bytes, site->bytes);
    if (site->requested_bytes > 0) {
        ph_text_puts(&bytes, " taken, ");
        ph_text_bytes(&bytes, site->requested_bytes);
        ph_text_puts(&bytes, " asked for");
    }
    if (site->objects > 0) {
        ph_text_puts(&bytes, "; ");
        ph_text_bytes(&bytes, ph_trace_site_per_alloc(site));
        ph_text_puts(&bytes, " per alloc");
    }
    if (site->oldest_ns >= 0) {
        ph_text_puts(&bytes, "; the oldest is ");
        ph_text_duration(&bytes, (double)site->oldest_ns / 1e9);
        ph_text_puts(&bytes, " old");
    }
    ph_text_putc(&bytes, '.');
    prose(screen, "Bytes:   ", &bytes, PH_TINT_PLAIN);
}

/* ------------------------------------------------------------------ cohorts */

/* Cohorts next to each other, put together. */
struct bar {
    double youngest_s, oldest_s, born, alive;
};

static size_t make_bars(const struct ph_trace *trace, const struct ph_trace_site *site,
                        struct bar *bars)
{
    size_t used = 0, count = 0, taken = 0;

    for (size_t i = 0; i < site->cohort_count; i++)
        used += site->cohorts[i].born > 0;
    size_t each = (used + BARS_MOST - 1) / BARS_MOST;
    for (size_t i = 0; i < site->cohort_count; i++) {
        const struct ph_cohort *cohort = &site->cohorts[i];
        if (!(cohort->born > 0))
            continue;
        if (taken++ % each == 0)
            bars[count++] = (struct bar){
                .oldest_s = (double)(trace->now_ns - cohort->from_ns) / 1e9,
            };
        struct bar *bar = &bars[count - 1];
        bar->youngest_s = fmax(0, (double)(trace->now_ns - cohort->to_ns) / 1e9);
        bar->born += cohort->born;
        bar->alive += cohort->alive;
    }
    return count;
}

/* Born as long as the bar, of which the living part is solid. */
static void draw_bar(const struct ph_screen *screen, const struct bar *bar, double most,
                     struct ph_text *out)
{
    size_t length = (size_t)ceil(bar->born / most * BAR_WIDTH);
    double share = fmax(0, fmin(1, bar->alive / bar->born));
    size_t solid = (size_t)round(share * (double)length);

    if (bar->alive > 0 && !solid)
        solid = 1;
    for (size_t i = 0; i < BAR_WIDTH; i++) {
        const char *cell = i < solid    ? screen->style->utf8 ? "\u2588" : "#"
                           : i < length ? screen->style->utf8 ? "\u2591" : "."
                                        : " ";
        ph_text_puts(out, cell);
    }
}

static void short_number(double number, struct ph_text *out)
{
    if (fabs(number) < 1e8 || !isfinite(number))
        ph_trace_number(number, out);
    else
        ph_screen_number(number < 0, (uint64_t)fmin(fabs(number), 1.8e19), NUMBER_WIDTH, out);
}

static void bar_line(struct ph_screen *screen, const struct ph_trace_site *site,
                     const struct bar *bar, double most)
{
    PH_GUARD(ph_text_fini) struct ph_text age = {0};
    const char *about = site->estimated ? "~" : "";

    ph_text_duration(&age, bar->youngest_s);
    ph_text_puts(&age, " to ");
    ph_text_duration(&age, bar->oldest_s);
    if (age.failed)
        screen->out->failed = true;
    ph_text_puts(screen->out, "  ");
    ph_screen_left(screen, ph_text_slice(&age), AGE_WIDTH, PH_TINT_PLAIN);
    draw_bar(screen, bar, most, screen->out);
    ph_text_printf(screen->out, "  %s", about);
    short_number(bar->alive, screen->out);
    ph_text_printf(screen->out, " of %s", about);
    short_number(bar->born, screen->out);
    if (bar->born > 0)
        ph_text_printf(screen->out, " (%.0f %%)", 100 * fmin(1, bar->alive / bar->born));
    ph_screen_end_line(screen->out);
}

static void cohorts(struct ph_screen *screen, const struct ph_trace_report *report,
                    const struct ph_trace_site *site)
{
    struct bar bars[BARS_MOST];
    size_t count = make_bars(report->trace, site, bars);
    double most = 0;

    if (!count)
        return;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, bars[i].born);
    ph_text_puts(screen->out, "\nWhat was allocated so long ago, and how much of it lives:\n");
    for (size_t i = count; i-- > 0;)
        bar_line(screen, site, &bars[i], most);
}

/* ------------------------------------------------------------------ the life table */

static void add_span(size_t bin, struct ph_text *out)
{
    if (bin + 1 == PH_LIFE_BINS) {
        ph_text_puts(out, "over ");
        ph_text_duration(out, (double)(UINT64_C(1) << bin));
        return;
    }
    ph_text_duration(out, bin ? (double)(UINT64_C(1) << bin) : 0);
    ph_text_puts(out, " to ");
    ph_text_duration(out, (double)(UINT64_C(2) << bin));
}

static void life_line(struct ph_screen *screen, const struct ph_life *life, size_t bin)
{
    double deaths = life->deaths[bin], exposure_s = life->exposure_s[bin];
    PH_GUARD(ph_text_fini) struct ph_text span = {0};
    PH_GUARD(ph_text_fini) struct ph_text line = {0};

    add_span(bin, &span);
    if (deaths > 0)
        short_number(deaths, &line);
    else
        ph_text_puts(&line, "none");
    ph_text_puts(&line, " died in ");
    short_number(exposure_s, &line);
    ph_text_puts(&line, " object-seconds");
    if (deaths > 0) {
        double half_s = log(2) * exposure_s / deaths;
        ph_text_puts(&line, ": half would live ");
        ph_text_puts(&line, half_s < 0.1 ? "less than " : half_s > YEARS_S ? "over " : "");
        ph_text_duration(&line, fmin(YEARS_S, fmax(0.1, half_s)));
    }
    if (span.failed || line.failed)
        screen->out->failed = true;
    ph_text_puts(screen->out, "  ");
    ph_screen_left(screen, ph_text_slice(&span), AGE_WIDTH, PH_TINT_PLAIN);
    ph_screen_wrap(screen, AGE_WIDTH + 2, AGE_WIDTH + 2, ph_text_slice(&line), PH_TINT_PLAIN);
}

static void life_table(struct ph_screen *screen, const struct ph_trace_site *site)
{
    bool any = false;

    for (size_t i = 0; i < PH_LIFE_BINS; i++) {
        if (!(site->life.exposure_s[i] > 0))
            continue;
        if (!any)
            ph_text_puts(screen->out, "\nHow fast they die at which age (counted, not scaled):\n");
        any = true;
        life_line(screen, &site->life, i);
    }
}

/* ------------------------------------------------------------------ stacks */

static void frame_line(struct ph_screen *screen, const struct ph_place *frame, bool is_owner)
{
    PH_GUARD(ph_text_fini) struct ph_text line = {0};

    add_place(screen, frame, &line);
    prose(screen, is_owner ? "  > " : "    ", &line, is_owner ? PH_TINT_BOLD : PH_TINT_PLAIN);
}

static void stack_lines(struct ph_screen *screen, const struct ph_trace_site *site,
                        const struct ph_trace_stack *stack)
{
    PH_GUARD(ph_text_fini) struct ph_text line = {0};

    add_scaled(stack->objects, site, "objects, ", &line);
    ph_text_puts(&line, site->estimated ? "~" : "");
    ph_text_bytes(&line, stack->bytes);
    ph_text_puts(&line, " live, of ");
    add_scaled(stack->allocs, site, "allocs this way:", &line);
    prose(screen, "  ", &line, PH_TINT_PLAIN);
    for (size_t i = 0; i < stack->frame_count; i++)
        frame_line(screen, &stack->frames[i], i == stack->owner);
}

static void stacks(struct ph_screen *screen, const struct ph_trace_site *site, size_t most)
{
    size_t shown = site->stack_count < most ? site->stack_count : most;

    if (!shown)
        return;
    ph_text_puts(screen->out,
                 "\nStacks since they were asked for, innermost first (> laid to this):"
                 "\n");
    for (size_t i = 0; i < shown; i++)
        stack_lines(screen, site, &site->stacks[i]);
    if (site->stack_count > shown) {
        ph_text_puts(screen->out, "  ");
        ph_screen_count(screen->out, site->stack_count - shown, "smaller one", "smaller ones");
        ph_text_puts(screen->out, " not shown\n");
    }
}

void ph_screen_trace_site(const struct ph_trace_report *report, const struct ph_trace_site *site,
                          const struct ph_style *style, struct ph_text *out)
{
    struct ph_screen screen = ph_screen_of(style, out);

    title(&screen, site);
    owner(&screen, site);
    verdict(&screen, site);
    numbers(&screen, site);
    cohorts(&screen, report, site);
    life_table(&screen, site);
    stacks(&screen, site, STACKS_MOST);
}

void ph_screen_trace_stacks(const struct ph_trace_site *site, size_t most,
                            const struct ph_style *style, struct ph_text *out)
{
    struct ph_screen screen = ph_screen_of(style, out);

    stacks(&screen, site, most);
}
