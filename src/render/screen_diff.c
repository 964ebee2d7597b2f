/* diff for people: what grew, by how much, how sure. */
#include <math.h>
#include <string.h>

#include "render/rate.h"
#include "render/screen.h"

enum { TAG_LEAST = 8, TYPE_WIDTH = 5, BYTES_WIDTH = 10, DETAIL_ROWS = 8 };

struct diff {
    struct ph_screen screen;
    const struct ph_diff_report *report;
    size_t grew, shrank, same;
    size_t tag_width;
};

static int64_t change_of(const struct ph_diff_row *row)
{
    return (int64_t)((uint64_t)row->after_bytes - (uint64_t)row->before_bytes);
}

/* A row says something when its bytes or its rate changed. */
static bool speaks(const struct ph_diff_row *row)
{
    return change_of(row) != 0 || (row->have_rates && (row->after_low > row->before_high ||
                                                       row->after_high < row->before_low));
}

static void signed_bytes(struct ph_text *out, double bytes)
{
    ph_text_puts(out, bytes > 0 ? "+" : "");
    ph_text_bytes(out, bytes);
}

static void count(struct diff *diff)
{
    for (size_t i = 0; i < diff->report->row_count; i++) {
        int64_t change = change_of(&diff->report->rows[i]);
        diff->grew += change > 0;
        diff->shrank += change < 0;
        diff->same += change == 0;
    }
}

static void answer(struct diff *diff, struct ph_text *text)
{
    const struct ph_diff_report *report = diff->report;
    const struct ph_diff_row *most = NULL;

    for (size_t i = 0; i < report->row_count; i++)
        if (change_of(&report->rows[i]) > 0 &&
            (!most || change_of(&report->rows[i]) > change_of(most)))
            most = &report->rows[i];
    ph_text_clear(text);
    if (!report->row_count) {
        ph_text_puts(text, "Nothing to compare: no tag with bytes on either side.");
    } else if (!most) {
        ph_text_puts(text, "Nothing grew: ");
        ph_screen_count(text, diff->shrank, "tag shrank, ", "tags shrank, ");
        ph_text_grouped(text, (int64_t)diff->same);
        ph_text_puts(text, " unchanged.");
    } else {
        ph_screen_count(text, diff->grew, "tag grew: ", "tags grew, most: ");
        ph_screen_short_name(diff->screen.style->utf8, &report->catalog->series[most->series],
                             text);
        ph_text_putc(text, ' ');
        signed_bytes(text, (double)change_of(most));
        ph_text_puts(text, "; ");
        ph_text_grouped(text, (int64_t)diff->shrank);
        ph_text_puts(text, " shrank, ");
        ph_text_grouped(text, (int64_t)diff->same);
        ph_text_puts(text, " unchanged.");
    }
    ph_screen_wrap(&diff->screen, 0, 2, ph_text_slice(text), PH_TINT_BOLD);
}

static void side(struct diff *diff, const char *lead, const char *name, uint64_t samples,
                 const struct ph_machine *machine, struct ph_text *text)
{
    bool utf8 = diff->screen.style->utf8;

    ph_text_clear(text);
    ph_screen_prose(utf8, ph_slice_of(name ? name : "?"), text);
    ph_text_puts(text, ", ");
    ph_screen_count(text, samples, "reading", "readings");
    if (machine && (machine->host[0] || machine->system[0])) {
        ph_text_puts(text, ", ");
        ph_screen_machine(utf8, machine, text);
    }
    ph_text_puts(diff->screen.out, lead);
    ph_screen_wrap(&diff->screen, strlen(lead), 8, ph_text_slice(text), PH_TINT_PLAIN);
}

static void sides(struct diff *diff, struct ph_text *text)
{
    const struct ph_diff_report *report = diff->report;

    side(diff, "Before: ", report->before_name, report->before_samples, report->before_machine,
         text);
    side(diff, "After:  ", report->after_name, report->after_samples, report->after_machine, text);
    if (isfinite(report->elapsed_s)) {
        ph_text_clear(text);
        ph_text_duration(text, fabs(report->elapsed_s));
        if (report->elapsed_s < 0)
            ph_text_puts(text, " backwards: 'after' was read before 'before'");
        ph_text_puts(diff->screen.out, "Between: ");
        ph_screen_wrap(&diff->screen, 9, 8, ph_text_slice(text), PH_TINT_PLAIN);
    }
    static const char machines[] = "Warning: two machines; their sizes differ for many reasons.";
    static const char boots[] =
        "Warning: rebooted in between, so the counters began anew: compare rates, not bytes.";
    if (!report->same_machine)
        ph_screen_wrap(&diff->screen, 0, 2, ph_slice_of(machines), PH_TINT_WARN);
    if (report->rebooted && report->same_machine)
        ph_screen_wrap(&diff->screen, 0, 2, ph_slice_of(boots), PH_TINT_WARN);
}

/* ------------------------------------------------------------------ the table */

static void byte_cell(struct diff *diff, bool known, bool sign, int64_t bytes)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    if (!known)
        ph_text_putc(&text, '-');
    else if (sign)
        signed_bytes(&text, (double)bytes);
    else
        ph_text_bytes(&text, (double)bytes);
    ph_text_putc(diff->screen.out, ' ');
    ph_screen_right(&diff->screen, ph_text_slice(&text), BYTES_WIDTH);
    if (text.failed)
        diff->screen.out->failed = true;
}

static void count_cell(struct diff *diff, const struct ph_diff_row *row)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    int64_t change = (int64_t)((uint64_t)row->after_objects - (uint64_t)row->before_objects);
    bool known = row->before_objects >= 0 && row->after_objects >= 0;

    if (known) {
        bool minus = change < 0;
        ph_text_puts(&text, change > 0 ? "+" : "");
        ph_text_grouped(&text, change);
        if (text.size > BYTES_WIDTH) {
            ph_text_clear(&text);
            ph_text_puts(&text, minus ? "" : "+");
            ph_screen_number(minus, minus ? 0 - (uint64_t)change : (uint64_t)change,
                             BYTES_WIDTH - 1, &text);
        }
    } else {
        ph_text_putc(&text, row->in_before && row->in_after ? '?' : '-');
    }
    ph_text_putc(diff->screen.out, ' ');
    ph_screen_right(&diff->screen, ph_text_slice(&text), BYTES_WIDTH);
    if (text.failed)
        diff->screen.out->failed = true;
}

/* One side's rate in the unit that serves both. */
static void add_rate(struct ph_text *out, const struct ph_rate_unit *unit, enum ph_verdict verdict,
                     double rate, double low, double high)
{
    ph_text_printf(out, "%s ", ph_verdict_name(verdict, false));
    ph_rate_add_in(out, unit, rate, low, high);
}

static void detail(struct diff *diff, const struct ph_diff_row *row, struct ph_text *text)
{
    enum ph_time_kind kind = diff->report->before_time_kind == PH_TIME_ORDINAL
                                 ? PH_TIME_ORDINAL
                                 : diff->report->after_time_kind;

    ph_text_clear(text);
    if (row->have_rates) {
        double most = fmax(fabs(row->before_rate), fabs(row->after_rate));
        struct ph_rate_unit unit = ph_rate_unit_for(most, 0, kind);
        ph_text_puts(text, "before ");
        add_rate(text, &unit, row->before_verdict, row->before_rate, row->before_low,
                 row->before_high);
        ph_text_puts(text, ", after ");
        add_rate(text, &unit, row->after_verdict, row->after_rate, row->after_low, row->after_high);
        ph_text_puts(text, "; ");
    }
    ph_text_puts(text, row->sureness ? row->sureness : "sureness unknown");
    ph_screen_blanks(diff->screen.out, 4);
    ph_screen_wrap(&diff->screen, 4, 4, ph_text_slice(text), PH_TINT_PLAIN);
}

static void print_row(struct diff *diff, const struct ph_diff_row *row)
{
    const struct ph_series *series = &diff->report->catalog->series[row->series];

    ph_text_putc(diff->screen.out, ' ');
    ph_screen_name_cell(&diff->screen, "", series, diff->tag_width);
    ph_text_putc(diff->screen.out, ' ');
    ph_screen_left(&diff->screen, ph_slice_of(ph_pool_short(series->pool)), TYPE_WIDTH,
                   PH_TINT_PLAIN);
    byte_cell(diff, true, true, change_of(row));
    byte_cell(diff, row->in_before, false, row->before_bytes);
    byte_cell(diff, row->in_after, false, row->after_bytes);
    count_cell(diff, row);
    ph_text_putc(diff->screen.out, '\n');
}

static void title(struct diff *diff)
{
    static const char *const names[] = {"Change", "Before", "After", "Diff"};

    ph_text_puts(diff->screen.out, "\n ");
    ph_screen_left(&diff->screen, ph_slice_of("Tag"), diff->tag_width + 1, PH_TINT_PLAIN);
    ph_screen_left(&diff->screen, ph_slice_of("Type"), TYPE_WIDTH, PH_TINT_PLAIN);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        ph_text_putc(diff->screen.out, ' ');
        ph_screen_right(&diff->screen, ph_slice_of(names[i]), BYTES_WIDTH);
    }
    ph_text_putc(diff->screen.out, '\n');
}

static void table(struct diff *diff, struct ph_text *text)
{
    const struct ph_diff_report *report = diff->report;
    size_t others = 1 + 1 + TYPE_WIDTH + 4 * (1 + BYTES_WIDTH), tag = TAG_LEAST, speaking = 0;

    for (size_t i = 0; i < report->row_count; i++) {
        if (!speaks(&report->rows[i]) || (report->top && speaking >= report->top))
            continue;
        speaking++;
        ph_text_clear(text);
        ph_screen_name(diff->screen.style->utf8, &report->catalog->series[report->rows[i].series],
                       text);
        size_t width = ph_text_width(ph_text_slice(text));
        tag = width > tag ? width : tag;
    }
    if (!speaking)
        return;
    diff->tag_width = tag < diff->screen.columns - others ? tag : diff->screen.columns - others;
    title(diff);
    size_t shown = 0, left = 0;
    for (size_t i = 0; i < report->row_count; i++) {
        if (!speaks(&report->rows[i]))
            continue;
        if (report->top && shown >= report->top) {
            left++;
            continue;
        }
        print_row(diff, &report->rows[i]);
        if (shown < DETAIL_ROWS)
            detail(diff, &report->rows[i], text);
        shown++;
    }
    if (left) {
        ph_text_puts(diff->screen.out, " and ");
        ph_text_grouped(diff->screen.out, (int64_t)left);
        ph_text_puts(diff->screen.out, " more; --top 0 shows all\n");
    }
}

struct ph_error *ph_screen_diff(const struct ph_diff_report *report, const struct ph_style *style,
                                struct ph_text *out)
{
    struct diff diff = {.screen = ph_screen_of(style, out), .report = report};
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    count(&diff);
    answer(&diff, &text);
    sides(&diff, &text);
    table(&diff, &text);
    ph_screen_losses(&diff.screen, report->losses);
    PH_TRY(ph_text_check(&text));
    return ph_text_check(out);
}
