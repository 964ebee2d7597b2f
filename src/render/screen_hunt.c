/* hunt and leaks for people: the answer first, then what it rests on. */
#include <string.h>

#include "render/hunt_sites.h"
#include "render/owner_views.h"
#include "render/report_words.h"
#include "render/screen.h"
#include "render/trace_views.h"

enum {
    EVIDENCE_ROWS = 5,      /* this many leaders get their evidence line below them */
    member_leadS_SHOWN = 5, /* of a group, below its leader */
    POOL_TREND = 24,        /* columns of a picture */
    ROW_TREND = 12,         /* of a picture in the table, when there is room */
    TAG_LEAST = 8,
    TAG_USUAL = 28, /* before a picture may take room */
    TYPE_WIDTH = 5,
    BYTES_WIDTH = 9,
    SITES_MOST = 6
};

static const char member_lead[] = "  + "; /* before the tag of a group's member */

struct row {
    size_t finding;
    bool member;   /* of the group of the leader above it */
    size_t hidden; /* members left out below this one */
};

struct hunt {
    struct ph_screen screen;
    const struct ph_hunt_report *report;
    struct row *rows;
    size_t row_count;
    size_t leaders, leaders_shown;
    size_t tag_width, verdict_width, rate_width, trend_width;
};

static const struct ph_series *series_of(const struct hunt *hunt, const struct ph_finding *finding)
{
    return &hunt->report->catalog->series[finding->series];
}

static bool wanted(const struct ph_hunt_report *report, const struct ph_finding *finding)
{
    return report->all || finding->verdict >= PH_VERDICT_LEVELLING;
}

/* ------------------------------------------------------------------ kernel memory by pool */

static void byte_cell(struct hunt *hunt, bool known, bool sign, int64_t bytes)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    if (!known) {
        ph_text_putc(&text, '?');
    } else {
        ph_text_puts(&text, sign && bytes > 0 ? "+" : "");
        ph_text_bytes(&text, (double)bytes);
    }
    ph_text_putc(hunt->screen.out, ' ');
    ph_screen_right(&hunt->screen, ph_text_slice(&text), BYTES_WIDTH);
    if (text.failed)
        hunt->screen.out->failed = true;
}

static void pools(struct hunt *hunt)
{
    const struct ph_hunt_report *report = hunt->report;
    struct ph_text *out = hunt->screen.out;

    if (!report->pool_count)
        return;
    ph_text_puts(out, "\n Kernel memory         Total     Limit    Change  Trend\n");
    for (size_t i = 0; i < report->pool_count; i++) {
        const struct ph_pool_row *row = &report->pools[i];
        bool known = row->last.have & PH_TOTAL_BYTES;
        bool both = known && (row->first.have & PH_TOTAL_BYTES);
        ph_text_putc(out, ' ');
        ph_screen_left(&hunt->screen, ph_slice_of(ph_pool_name(row->pool)), 16, PH_TINT_PLAIN);
        byte_cell(hunt, known, false, row->last.bytes);
        byte_cell(hunt, row->last.have & PH_TOTAL_LIMIT, false, row->last.limit_bytes);
        byte_cell(hunt, both, true,
                  both ? (int64_t)((uint64_t)row->last.bytes - (uint64_t)row->first.bytes) : 0);
        ph_text_puts(out, "  ");
        ph_render_trend(&row->trend, POOL_TREND, hunt->screen.style->utf8, out);
        ph_screen_end_line(out);
    }
}

/* ------------------------------------------------------------------ the table */

/* Leaders in rank order, each followed by the members of its group. */
static struct ph_error *choose_rows(struct hunt *hunt)
{
    const struct ph_hunt_report *report = hunt->report;
    ph_autofree bool *taken = ph_zalloc(report->finding_count, sizeof(*taken));

    hunt->rows = ph_zalloc(report->finding_count, sizeof(*hunt->rows));
    if (!taken || !hunt->rows)
        return ph_error_nomem();
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct ph_finding *leader = &report->findings[i];
        if (taken[i] || !wanted(report, leader))
            continue;
        hunt->leaders++;
        bool shown = !report->top || hunt->leaders <= report->top;
        if (shown) {
            hunt->leaders_shown++;
            hunt->rows[hunt->row_count++] = (struct row){.finding = i};
        }
        size_t members = 0;
        for (size_t k = i + 1; leader->group && k < report->finding_count; k++) {
            if (report->findings[k].group != leader->group || taken[k] ||
                !wanted(report, &report->findings[k]))
                continue;
            taken[k] = true;
            members++;
            if (shown && (members <= member_leadS_SHOWN || !report->top))
                hunt->rows[hunt->row_count++] = (struct row){.finding = k, .member = true};
            else if (shown)
                hunt->rows[hunt->row_count - 1].hidden++;
        }
    }
    return NULL;
}

static void measure(struct hunt *hunt, struct ph_text *text)
{
    size_t tag = TAG_LEAST;

    hunt->verdict_width = strlen("Verdict");
    hunt->rate_width = strlen("Rate (95 %)");
    for (size_t i = 0; i < hunt->row_count; i++) {
        const struct ph_finding *finding = &hunt->report->findings[hunt->rows[i].finding];
        size_t verdict = strlen(ph_verdict_name(finding->verdict, finding->urgent));
        hunt->verdict_width = verdict > hunt->verdict_width ? verdict : hunt->verdict_width;
        ph_text_clear(text);
        ph_screen_rate(finding, hunt->report->time_kind, text);
        hunt->rate_width = text->size > hunt->rate_width ? text->size : hunt->rate_width;
        ph_text_clear(text);
        ph_text_puts(text, hunt->rows[i].member ? member_lead : "");
        ph_screen_name(hunt->screen.style->utf8, series_of(hunt, finding), text);
        size_t name = ph_text_width(ph_text_slice(text));
        tag = name > tag ? name : tag;
    }
    size_t others =
        1 + hunt->verdict_width + 1 + 1 + TYPE_WIDTH + 1 + hunt->rate_width + 1 + BYTES_WIDTH;
    size_t room =
        hunt->screen.columns > others + TAG_LEAST ? hunt->screen.columns - others : TAG_LEAST;
    size_t served = tag < TAG_USUAL ? tag : TAG_USUAL;
    hunt->trend_width = hunt->report->trends && room >= served + 2 + ROW_TREND ? ROW_TREND : 0;
    if (hunt->trend_width)
        room -= 2 + ROW_TREND;
    hunt->tag_width = tag < room ? tag : room;
}

static void evidence(struct hunt *hunt, const struct ph_finding *finding, struct ph_text *text)
{
    ph_text_clear(text);
    ph_render_evidence(finding, series_of(hunt, finding), hunt->report->time_kind, text);
    ph_screen_blanks(hunt->screen.out, 4);
    ph_screen_wrap(&hunt->screen, 4, 4, ph_text_slice(text), PH_TINT_PLAIN);
}

static void print_row(struct hunt *hunt, const struct row *row, struct ph_text *text)
{
    const struct ph_finding *finding = &hunt->report->findings[row->finding];
    struct ph_screen *screen = &hunt->screen;
    struct ph_text *out = screen->out;

    ph_text_putc(out, ' ');
    ph_screen_left(screen, ph_slice_of(ph_verdict_name(finding->verdict, finding->urgent)),
                   hunt->verdict_width, ph_verdict_tint(finding->verdict, finding->urgent));
    ph_text_putc(out, ' ');
    ph_screen_name_cell(screen, row->member ? member_lead : "", series_of(hunt, finding),
                        hunt->tag_width);
    ph_text_putc(out, ' ');
    ph_screen_left(screen, ph_slice_of(ph_pool_short(series_of(hunt, finding)->pool)), TYPE_WIDTH,
                   PH_TINT_PLAIN);
    ph_text_putc(out, ' ');
    ph_text_clear(text);
    ph_screen_rate(finding, hunt->report->time_kind, text);
    ph_screen_left(screen, ph_text_slice(text), hunt->rate_width, PH_TINT_PLAIN);
    ph_text_putc(out, ' ');
    ph_text_clear(text);
    ph_bytes_words(hunt->report, finding, text);
    ph_screen_right(screen, ph_text_slice(text), BYTES_WIDTH);
    if (hunt->trend_width) {
        ph_text_puts(out, "  ");
        ph_render_trend(&hunt->report->trends[row->finding], hunt->trend_width, screen->style->utf8,
                        out);
    }
    ph_screen_end_line(out);
}

static void table(struct hunt *hunt, struct ph_text *text)
{
    struct ph_text *out = hunt->screen.out;
    size_t told = 0;

    if (!hunt->row_count)
        return;
    measure(hunt, text);
    ph_text_puts(out, "\n ");
    ph_screen_left(&hunt->screen, ph_slice_of("Verdict"), hunt->verdict_width + 1, PH_TINT_PLAIN);
    ph_screen_left(&hunt->screen, ph_slice_of("Tag"), hunt->tag_width + 1, PH_TINT_PLAIN);
    ph_screen_left(&hunt->screen, ph_slice_of("Type"), TYPE_WIDTH + 1, PH_TINT_PLAIN);
    ph_screen_left(&hunt->screen, ph_slice_of("Rate (95 %)"), hunt->rate_width + 1, PH_TINT_PLAIN);
    ph_screen_right(&hunt->screen, ph_slice_of("Bytes"), BYTES_WIDTH);
    ph_text_puts(out, hunt->trend_width ? "  Trend\n" : "\n");
    for (size_t i = 0; i < hunt->row_count; i++) {
        const struct row *row = &hunt->rows[i];
        const struct row *next = i + 1 < hunt->row_count ? &hunt->rows[i + 1] : NULL;
        print_row(hunt, row, text);
        if (row->hidden) {
            ph_text_clear(text);
            ph_text_puts(text, "and ");
            ph_screen_count(text, row->hidden, "tag more grows with it", "tags more grow with it");
            ph_screen_blanks(out, 4);
            ph_screen_wrap(&hunt->screen, 4, 4, ph_text_slice(text), PH_TINT_PLAIN);
        }
        /* A group's evidence is its leader's; it stands below the last member. */
        if ((!next || !next->member) && told < EVIDENCE_ROWS) {
            size_t leader = i;
            while (hunt->rows[leader].member)
                leader--;
            evidence(hunt, &hunt->report->findings[hunt->rows[leader].finding], text);
            told++;
        }
    }
    if (hunt->leaders > hunt->leaders_shown) {
        ph_text_puts(out, " and ");
        ph_text_grouped(out, (int64_t)(hunt->leaders - hunt->leaders_shown));
        ph_text_puts(out, " more; --top 0 shows all\n");
    }
}

/* ------------------------------------------------------------------ what else was seen */

/* The sites behind what grows; nothing where nothing was traced. */
static void call_sites(struct hunt *hunt, struct ph_text *text)
{
    struct ph_hunt_sites sites;
    struct ph_text *out = hunt->screen.out;

    if (!hunt->report->trace)
        return;
    ph_hunt_sites_of(hunt->report, &sites);
    ph_text_clear(text);
    ph_text_puts(text, "Call sites. ");
    ph_hunt_traced_words(hunt->report->trace, text);
    if (!sites.report.row_count)
        ph_text_puts(text, " Nothing that it followed grew.");
    ph_text_putc(out, '\n');
    ph_screen_wrap(&hunt->screen, 0, 2, ph_text_slice(text), PH_TINT_PLAIN);
    if (!sites.report.row_count)
        return;
    ph_screen_trace_table(&sites.report, hunt->screen.style, 0, SITES_MOST, out);
    ph_text_clear(text);
    ph_trace_age_words(&hunt->report->trace->sites[sites.rows[0]], text);
    ph_screen_blanks(out, 4);
    ph_screen_wrap(&hunt->screen, 4, 4, ph_text_slice(text), PH_TINT_PLAIN);
}

static void cleared(struct hunt *hunt, struct ph_text *text)
{
    ph_text_clear(text);
    ph_cleared_words(hunt->report, text);
    ph_text_putc(hunt->screen.out, '\n');
    ph_screen_wrap(&hunt->screen, 0, 2, ph_text_slice(text), PH_TINT_PLAIN);
}

static void recording(struct hunt *hunt, struct ph_text *text)
{
    const struct ph_hunt_report *report = hunt->report;

    if (!report->recording) {
        if (report->recording_note) {
            ph_text_putc(hunt->screen.out, '\n');
            ph_screen_line(&hunt->screen, "Not recorded: ", report->recording_note, 2);
        }
        return;
    }
    ph_text_putc(hunt->screen.out, '\n');
    ph_screen_copyable(&hunt->screen, "Recording: ", report->recording);
    ph_text_clear(text);
    if (report->recording_note) {
        ph_text_puts(text, report->recording_note);
    } else {
        ph_text_puts(text, "poolhound leaks ");
        ph_argument_words(report->recording, text);
    }
    if (text->failed)
        hunt->screen.out->failed = true;
    else
        ph_screen_copyable(&hunt->screen, "Look again: ", text->data);
}

struct ph_error *ph_screen_hunt(const struct ph_hunt_report *report, const struct ph_style *style,
                                struct ph_text *out)
{
    struct hunt hunt = {.screen = ph_screen_of(style, out), .report = report};
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    struct ph_error *error = choose_rows(&hunt);
    if (!error) {
        ph_screen_answer(&hunt.screen, report);
        pools(&hunt);
        table(&hunt, &text);
        ph_screen_owners(&hunt.screen, report->owners, report->owner_count);
        call_sites(&hunt, &text);
        cleared(&hunt, &text);
        ph_screen_losses(&hunt.screen, report->losses);
        recording(&hunt, &text);
        error = text.failed ? ph_error_nomem() : ph_text_check(out);
    }
    ph_free(hunt.rows);
    return error;
}
