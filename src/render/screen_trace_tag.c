/* The call sites of one tag, for its page. */
#include "render/hunt_sites.h"
#include "render/trace_views.h"

enum { SITES_MOST = 8, STACKS_MOST = 3, INDENT = 2 };

/* Sites that stay first, those where nothing lives left out; the trace has most bytes first. */
static size_t choose(const struct ph_trace *trace, size_t rows[SITES_MOST], size_t *in_all)
{
    size_t count = 0;

    *in_all = 0;
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < trace->count; i++) {
            const struct ph_trace_site *site = &trace->sites[i];
            bool first = site->age.verdict == PH_AGE_STAYING;
            if (!(site->objects > 0) || first != !round)
                continue;
            ++*in_all;
            if (count < SITES_MOST)
                rows[count++] = i;
        }
    return count;
}

static void say(struct ph_screen *screen, const struct ph_text *line, enum ph_tint tint)
{
    if (line->failed)
        screen->out->failed = true;
    ph_screen_blanks(screen->out, INDENT);
    ph_screen_wrap(screen, INDENT, INDENT, ph_text_slice(line), tint);
}

static void traced(struct ph_screen *screen, const struct ph_trace *trace, size_t in_all)
{
    PH_GUARD(ph_text_fini) struct ph_text line = {0};

    ph_hunt_traced_words(trace, &line);
    ph_text_puts(&line, in_all ? " What was allocated before is not seen."
                               : " Nothing lives that was allocated since.");
    say(screen, &line, PH_TINT_PLAIN);
}

static void not_exact(struct ph_screen *screen, const struct ph_trace *trace)
{
    PH_GUARD(ph_text_fini) struct ph_text line = {0};
    PH_GUARD(ph_text_fini) struct ph_text notes = {0};
    bool alarming;

    ph_trace_notes_brief(trace, &alarming, &notes);
    if (!notes.size)
        return;
    ph_text_printf(&line, "Not exact: %s.", notes.data);
    line.failed |= notes.failed;
    say(screen, &line, alarming ? PH_TINT_WARN : PH_TINT_PLAIN);
}

/* The first of the rows that some are known of. */
static void stacks(const struct ph_trace_report *report, const struct ph_style *style,
                   struct ph_text *out)
{
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ph_trace_site *site = &report->trace->sites[report->rows[i]];
        if (!site->stack_count)
            continue;
        ph_screen_trace_stacks(site, STACKS_MOST, style, out);
        return;
    }
}

static void sites(const struct ph_trace_report *report, size_t in_all, const struct ph_style *style,
                  struct ph_text *out)
{
    struct ph_screen screen = ph_screen_of(style, out);
    PH_GUARD(ph_text_fini) struct ph_text age = {0};

    ph_screen_trace_table(report, style, 0, SITES_MOST, out);
    if (in_all > report->row_count) {
        ph_screen_blanks(out, INDENT);
        ph_screen_count(out, in_all - report->row_count, "more site", "more sites");
        ph_text_puts(out, "; poolhound trace shows all\n");
    }
    ph_trace_age_words(&report->trace->sites[report->rows[0]], &age);
    say(&screen, &age, PH_TINT_PLAIN);
    stacks(report, style, out);
}

void ph_screen_trace_tag(const struct ph_trace *trace, const struct ph_style *style,
                         struct ph_text *out)
{
    struct ph_screen screen = ph_screen_of(style, out);
    size_t rows[SITES_MOST], in_all;
    const struct ph_trace_report report = {
        .trace = trace,
        .rows = rows,
        .row_count = choose(trace, rows, &in_all),
        .sort = PH_TRACE_BY_BYTES,
    };

    traced(&screen, trace, in_all);
    not_exact(&screen, trace);
    if (report.row_count)
        sites(&report, in_all, style, out);
    ph_screen_losses(&screen, &trace->losses);
}
