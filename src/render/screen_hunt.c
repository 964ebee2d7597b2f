/* hunt and leaks for people: the answer first, then what it rests on. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "render/rate.h"
#include "render/screen.h"

enum {
    EVIDENCE_ROWS = 5, /* this many leaders get their evidence line below them */
    MEMBERS_SHOWN = 5, /* of a group, below its leader */
    POOL_TREND = 24,   /* columns of a picture */
    ROW_TREND = 12,    /* of a picture in the table, when there is room */
    TAG_LEAST = 8,
    TAG_USUAL = 28, /* before a picture may take room */
    TYPE_WIDTH = 5,
    BYTES_WIDTH = 9,
    NAME_IN_PROSE = 40
};

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
    size_t verdicts[PH_VERDICT_COUNT];
    size_t urgent; /* GROWING ones */
    size_t tag_width, verdict_width, rate_width, trend_width;
};

static const struct ph_series *series_of(const struct hunt *hunt, const struct ph_finding *finding)
{
    return &hunt->report->catalog->series[finding->series];
}

static void add_rate(const struct hunt *hunt, const struct ph_finding *finding, struct ph_text *out)
{
    if (finding->have_rate)
        ph_rate_add(out, finding->rate, finding->rate_low, finding->rate_high, finding->span_ns,
                    hunt->report->time_kind);
    else
        ph_text_putc(out, '?');
}

/* A tag within a sentence: cut, so that a hostile one cannot push the sentence away. */
static void add_name(const struct hunt *hunt, const struct ph_finding *finding, struct ph_text *out)
{
    PH_GUARD(ph_text_fini) struct ph_text name = {0};
    bool utf8 = hunt->screen.style->utf8;

    ph_screen_name(utf8, series_of(hunt, finding), &name);
    ph_screen_fit(utf8, ph_slice_trim(ph_text_slice(&name)), NAME_IN_PROSE, out);
    if (name.failed)
        out->failed = true;
}

static double observed_s(const struct ph_hunt_report *report)
{
    return report->last_ns > report->first_ns ? (double)(report->last_ns - report->first_ns) / 1e9
                                              : 0;
}

/* "29 s", or "12 readings" when no time is known. */
static void add_observed(const struct ph_hunt_report *report, struct ph_text *out)
{
    if (report->time_kind == PH_TIME_ORDINAL)
        ph_screen_count(out, report->samples, "reading", "readings");
    else
        ph_text_duration(out, observed_s(report));
}

static bool wanted(const struct ph_hunt_report *report, const struct ph_finding *finding)
{
    return report->all || finding->verdict >= PH_VERDICT_LEVELLING;
}

/* ------------------------------------------------------------------ the answer */

static const struct ph_finding *first_of(const struct hunt *hunt, enum ph_verdict least,
                                         bool urgent)
{
    for (size_t i = 0; i < hunt->report->finding_count; i++) {
        const struct ph_finding *finding = &hunt->report->findings[i];
        if (finding->verdict >= least && (!urgent || finding->urgent))
            return finding;
    }
    return NULL;
}

static void say_leaks(const struct hunt *hunt, size_t leaks, struct ph_text *out)
{
    const struct ph_finding *worst = first_of(hunt, PH_VERDICT_LEAK_LIKELY, false);
    bool likely = !hunt->verdicts[PH_VERDICT_LEAK_CONFIRMED];

    ph_screen_count(out, leaks, "tag", "tags");
    ph_text_puts(out, likely ? " likely" : "");
    ph_text_puts(out, leaks == 1 ? " leaks: " : " leak, worst: ");
    add_name(hunt, worst, out);
    if (worst->have_rate) {
        ph_text_puts(out, ", ");
        add_rate(hunt, worst, out);
    }
    ph_text_putc(out, '.');
}

static void say_urgent(const struct hunt *hunt, const struct ph_finding *urgent,
                       struct ph_text *out)
{
    const struct ph_finding *finding = urgent;

    ph_text_puts(out, "URGENT: ");
    add_name(hunt, finding, out);
    ph_text_puts(out, " grows ");
    add_rate(hunt, finding, out);
    if (!finding->have_limit_time || hunt->report->time_kind == PH_TIME_ORDINAL ||
        !isfinite(finding->limit_s)) {
        ph_text_puts(out, ", its pool's limit is near.");
        return;
    }
    ph_text_printf(out, ", the %s pool is full in ", ph_pool_name(series_of(hunt, finding)->pool));
    ph_text_duration(out, finding->limit_s);
    ph_text_putc(out, '.');
}

static void say_growing(const struct hunt *hunt, struct ph_text *out)
{
    const struct ph_finding *first = first_of(hunt, PH_VERDICT_GROWING, false);
    static const char *const why[] = {
        [PH_MISSING_NOTHING] = "not called a leak",
        [PH_MISSING_SPAN] = "too early to say",
        [PH_MISSING_TERRITORY] = "but within the range seen before",
        [PH_MISSING_CONFIRMATION] = "to be confirmed",
        [PH_MISSING_RECLAIMABLE] = "but the kernel may take it back",
        [PH_MISSING_TIME] = "but the input has no times to tell a leak by",
    };
    size_t growing = hunt->verdicts[PH_VERDICT_GROWING];

    ph_text_printf(out, "GROWING, %s: ", why[first->missing]);
    ph_screen_count(out, growing, "tag grows, ", "tags grow, most evidence: ");
    add_name(hunt, first, out);
    if (first->have_rate) {
        ph_text_puts(out, ", ");
        add_rate(hunt, first, out);
    }
    ph_text_putc(out, '.');
}

static void say_nothing(const struct hunt *hunt, struct ph_text *out)
{
    const struct ph_hunt_report *report = hunt->report;
    size_t judged = report->finding_count - hunt->verdicts[PH_VERDICT_NO_DATA];

    if (!judged) {
        ph_text_puts(out, "Too little to judge: ");
        ph_screen_count(out, report->samples, "reading", "readings");
        ph_text_puts(out, " of ");
        ph_screen_count(out, report->finding_count, "tag.", "tags.");
        return;
    }
    ph_text_puts(out, "Nothing leaks: none of ");
    ph_screen_count(out, judged, "tag", "tags");
    ph_text_puts(out, " grows steadily over ");
    add_observed(report, out);
    ph_text_puts(out, report->time_kind != PH_TIME_ORDINAL && observed_s(report) < 3600
                          ? "; a slow leak needs hours to show."
                          : ".");
}

static void say_source(struct hunt *hunt, struct ph_text *line)
{
    const struct ph_hunt_report *report = hunt->report;
    bool utf8 = hunt->screen.style->utf8;

    ph_screen_prose(utf8, ph_slice_of(report->source ? report->source : "?"), line);
    if (report->machine && (report->machine->host[0] || report->machine->system[0])) {
        ph_text_puts(line, " on ");
        ph_screen_machine(utf8, report->machine, line);
    }
    ph_text_puts(line, ": ");
    ph_screen_count(line, report->samples, "reading", "readings");
    if (report->time_kind == PH_TIME_ORDINAL) {
        ph_text_puts(line, ", no times known (rates are by reading)");
    } else {
        ph_text_puts(line, " over ");
        ph_text_duration(line, observed_s(report));
        if (report->time_kind != PH_TIME_SPACED) {
            ph_text_puts(line, ", to ");
            ph_screen_time(report->last_ns, report->time_kind, line);
        }
    }
    if (report->segments > 1) {
        ph_text_puts(line, ", ");
        ph_screen_count(line, report->segments, "boot", "boots");
        ph_text_puts(line, " (judged by the last)");
    }
    if (report->clock_jumps) {
        ph_text_puts(line, ", ");
        ph_screen_count(line, report->clock_jumps, "clock jump", "clock jumps");
    }
}

static void answer(struct hunt *hunt)
{
    size_t leaks =
        hunt->verdicts[PH_VERDICT_LEAK_LIKELY] + hunt->verdicts[PH_VERDICT_LEAK_CONFIRMED];
    const struct ph_finding *urgent = first_of(hunt, PH_VERDICT_GROWING, true);
    PH_GUARD(ph_text_fini) struct ph_text line = {0};
    enum ph_tint tint = PH_TINT_BOLD;

    if (leaks)
        say_leaks(hunt, leaks, &line);
    else if (urgent)
        say_urgent(hunt, urgent, &line);
    else if (hunt->verdicts[PH_VERDICT_GROWING])
        say_growing(hunt, &line);
    else
        say_nothing(hunt, &line);
    if (leaks || urgent)
        tint = PH_TINT_ALARM;
    else if (hunt->verdicts[PH_VERDICT_GROWING])
        tint = PH_TINT_WARN;
    ph_screen_wrap(&hunt->screen, 0, 2, ph_text_slice(&line), tint);
    if (leaks && urgent) {
        struct ph_text second = {0};
        say_urgent(hunt, urgent, &second);
        ph_screen_wrap(&hunt->screen, 0, 2, ph_text_slice(&second), PH_TINT_ALARM);
        line.failed = line.failed || second.failed;
        ph_text_fini(&second);
    }
    ph_text_clear(&line);
    say_source(hunt, &line);
    ph_screen_wrap(&hunt->screen, 0, 2, ph_text_slice(&line), PH_TINT_PLAIN);
    if (line.failed)
        hunt->screen.out->failed = true;
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

static void end_line(struct ph_text *out)
{
    while (!out->failed && out->size && out->data[out->size - 1] == ' ')
        out->data[--out->size] = 0;
    ph_text_putc(out, '\n');
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
        end_line(out);
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
        hunt->verdicts[leader->verdict < PH_VERDICT_COUNT ? leader->verdict : 0]++;
        hunt->urgent += leader->verdict == PH_VERDICT_GROWING && leader->urgent;
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
            if (shown && (members <= MEMBERS_SHOWN || !report->top))
                hunt->rows[hunt->row_count++] = (struct row){.finding = k, .member = true};
            else if (shown)
                hunt->rows[hunt->row_count - 1].hidden++;
        }
    }
    return NULL;
}

static void row_name(const struct hunt *hunt, const struct row *row, struct ph_text *out)
{
    const struct ph_finding *finding = &hunt->report->findings[row->finding];

    ph_text_puts(out, row->member ? "  + " : "");
    ph_screen_name(hunt->screen.style->utf8, series_of(hunt, finding), out);
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
        add_rate(hunt, finding, text);
        hunt->rate_width = text->size > hunt->rate_width ? text->size : hunt->rate_width;
        ph_text_clear(text);
        row_name(hunt, &hunt->rows[i], text);
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

static void add_bytes(const struct hunt *hunt, const struct ph_finding *finding,
                      struct ph_text *out)
{
    const struct ph_value *value =
        hunt->report->last ? ph_sample_find(hunt->report->last, finding->series) : NULL;

    if (!value) {
        ph_text_puts(out, hunt->report->last ? "gone" : "?");
        return;
    }
    if (!(value->have & PH_HAVE_BYTES)) {
        ph_text_putc(out, '?');
        return;
    }
    ph_text_puts(out, value->have & PH_IS_PARTIAL ? ">" : "");
    ph_text_puts(out, value->have & PH_IS_ESTIMATED ? "~" : "");
    ph_text_bytes(out, (double)value->bytes);
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
    ph_text_clear(text);
    row_name(hunt, row, text);
    ph_screen_left(screen, ph_text_slice(text), hunt->tag_width, PH_TINT_PLAIN);
    ph_text_putc(out, ' ');
    ph_screen_left(screen, ph_slice_of(ph_pool_short(series_of(hunt, finding)->pool)), TYPE_WIDTH,
                   PH_TINT_PLAIN);
    ph_text_putc(out, ' ');
    ph_text_clear(text);
    add_rate(hunt, finding, text);
    ph_screen_left(screen, ph_text_slice(text), hunt->rate_width, PH_TINT_PLAIN);
    ph_text_putc(out, ' ');
    ph_text_clear(text);
    add_bytes(hunt, finding, text);
    ph_screen_right(screen, ph_text_slice(text), BYTES_WIDTH);
    if (hunt->trend_width) {
        ph_text_puts(out, "  ");
        ph_render_trend(&hunt->report->trends[row->finding], hunt->trend_width, screen->style->utf8,
                        out);
    }
    end_line(out);
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

static void cleared(struct hunt *hunt, struct ph_text *text)
{
    static const enum ph_verdict order[] = {PH_VERDICT_FLAT, PH_VERDICT_CYCLIC, PH_VERDICT_STEP,
                                            PH_VERDICT_LEVELLING};
    size_t sum = 0;
    bool some = false;

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        sum += hunt->verdicts[order[i]];
    ph_text_clear(text);
    ph_text_puts(text, "Examined ");
    ph_screen_count(text, hunt->report->finding_count, "tag", "tags");
    ph_text_puts(text, ", cleared ");
    ph_text_grouped(text, (int64_t)sum);
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if (!hunt->verdicts[order[i]])
            continue;
        ph_text_puts(text, some ? ", " : ": ");
        ph_text_grouped(text, (int64_t)hunt->verdicts[order[i]]);
        ph_text_printf(text, " %s", ph_verdict_name(order[i], false));
        some = true;
    }
    if (hunt->verdicts[PH_VERDICT_NO_DATA]) {
        ph_text_puts(text, "; too few readings for ");
        ph_text_grouped(text, (int64_t)hunt->verdicts[PH_VERDICT_NO_DATA]);
    }
    ph_text_putc(text, '.');
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
    ph_screen_line(&hunt->screen, "Recording: ", report->recording, 2);
    ph_text_clear(text);
    if (report->recording_note)
        ph_text_puts(text, report->recording_note);
    else
        ph_text_printf(text, "poolhound leaks %s", report->recording);
    if (text->failed)
        hunt->screen.out->failed = true;
    else
        ph_screen_line(&hunt->screen, "Look again: ", text->data, 2);
}

struct ph_error *ph_screen_hunt(const struct ph_hunt_report *report, const struct ph_style *style,
                                struct ph_text *out)
{
    struct hunt hunt = {.screen = ph_screen_of(style, out), .report = report};
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    struct ph_error *error = choose_rows(&hunt);
    if (!error) {
        answer(&hunt);
        pools(&hunt);
        table(&hunt, &text);
        cleared(&hunt, &text);
        ph_screen_losses(&hunt.screen, report->losses);
        recording(&hunt, &text);
        error = text.failed ? ph_error_nomem() : ph_text_check(out);
    }
    ph_free(hunt.rows);
    return error;
}
