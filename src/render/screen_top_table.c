/* poolmon's columns in poolmon's order, then what poolmon never had. Every line begins with one
 * column that poolmon leaves blank; it holds the verdict as a mark, so that a screen too narrow for
 * the verdict tells it all the same. */
#include "render/screen_top_table.h"

#include <math.h>
#include <string.h>

#include "render/rate.h"
#include "render/values.h"

enum {
    TYPE_WIDTH = 5,
    TAG_LEAST = 4,
    TAG_NARROW = 8,
    TAG_SERVED = 20, /* before another column may come */
    TAG_MOST = 32,
    NUMBER_MOST = 12,
    NUMBER_LEAST = 5,
    CHANGE_LEAST = 4,
    CHANGE_MOST = 9,
    PERCENT_WIDTH = 5,
    TREND_LEAST = 12,
    TREND_MOST = 32,
    RATE_WIDTH = 11,
    OWNER_LEAST = 10,
    OWNER_MOST = 28
};

/* What poolmon never had, dearest first. */
static const enum ph_top_column more[] = {PH_TOP_VERDICT, PH_TOP_RATE,      PH_TOP_OWNER,
                                          PH_TOP_TREND,   PH_TOP_PER_ALLOC, PH_TOP_PERCENT};

static const struct ph_series *series_of(const struct ph_top_table *table,
                                         const struct ph_top_row *row)
{
    return &table->report->catalog->series[row->series];
}

/* ------------------------------------------------------------------ numbers */

struct number {
    bool known, change_known;
    const char *mark; /* "~" estimated, ">" a part only */
    int64_t value, change;
    bool is_unsigned; /* value holds a uint64_t */
};

static struct number number_of(const struct ph_top_row *row, enum ph_top_column column)
{
    const struct ph_value *value = &row->value;
    struct number number = {.mark = value->have & PH_IS_PARTIAL     ? ">"
                                    : value->have & PH_IS_ESTIMATED ? "~"
                                                                    : ""};
    uint32_t need = 0;

    switch (column) {
    case PH_TOP_ALLOCS:
        need = PH_HAVE_ALLOCS;
        number.value = (int64_t)value->allocs;
        number.change = row->allocs_change;
        number.is_unsigned = true;
        break;
    case PH_TOP_FREES:
        need = PH_HAVE_FREES;
        number.value = (int64_t)value->frees;
        number.change = row->frees_change;
        number.is_unsigned = true;
        break;
    case PH_TOP_DIFF:
        need = PH_HAVE_OBJECTS;
        number.value = value->objects;
        number.change = row->objects_change;
        break;
    case PH_TOP_BYTES:
        need = PH_HAVE_BYTES;
        number.value = value->bytes;
        number.change = row->bytes_change;
        break;
    default:
        number.known = ph_per_alloc(value, &number.value);
        return number;
    }
    number.known = value->have & need;
    number.change_known = number.known && (row->have & PH_TOP_HAVE_CHANGE);
    return number;
}

static void add_number(int64_t value, bool is_unsigned, size_t width, struct ph_text *out)
{
    bool minus = !is_unsigned && value < 0;

    ph_screen_number(minus, minus ? 0 - (uint64_t)value : (uint64_t)value, width, out);
}

static size_t digits(int64_t value, bool is_unsigned)
{
    bool minus = !is_unsigned && value < 0;
    uint64_t rest = minus ? 0 - (uint64_t)value : (uint64_t)value;
    size_t width = 1 + minus;

    for (; rest >= 10; rest /= 10)
        width++;
    return width;
}

static bool is_number(enum ph_top_column column)
{
    return column >= PH_TOP_ALLOCS && column <= PH_TOP_PER_ALLOC;
}

/* As poolmon: these show their change in parentheses. */
static bool has_change(enum ph_top_column column)
{
    return column == PH_TOP_ALLOCS || column == PH_TOP_FREES || column == PH_TOP_BYTES;
}

/* A sum that a row is missing from is a part only, and says so. */
static void add_to(struct number *sum, const struct number *number)
{
    sum->known |= number->known;
    sum->change_known |= number->change_known;
    if (number->known)
        sum->value = (int64_t)((uint64_t)sum->value + (uint64_t)number->value);
    if (number->change_known)
        sum->change = (int64_t)((uint64_t)sum->change + (uint64_t)number->change);
    if (!number->known)
        sum->mark = ">";
    else if (*number->mark && *sum->mark != '>')
        sum->mark = number->mark;
}

/* Sums of the columns that poolmon sums, over all rows, not only those on the screen. */
static void sum_up(const struct ph_top_table *table, struct number sums[PH_TOP_COLUMNS])
{
    for (unsigned i = 0; i < PH_TOP_COLUMNS; i++)
        sums[i] = (struct number){.mark = ""};
    for (size_t i = 0; i < table->report->row_count; i++) {
        const struct ph_top_row *row = &table->report->rows[i];
        if (series_of(table, row)->flags & PH_SERIES_COUNTS_TWICE)
            continue;
        for (enum ph_top_column k = PH_TOP_ALLOCS; k <= PH_TOP_BYTES; k++) {
            struct number number = number_of(row, k);
            add_to(&sums[k], &number);
        }
    }
}

/* ------------------------------------------------------------------ which columns */

struct natural {
    size_t tag, owner;
    size_t number[PH_TOP_COLUMNS], change[PH_TOP_COLUMNS];
    bool any[PH_TOP_COLUMNS]; /* some row has something to tell there */
};

static void measure_numbers(const struct ph_top_row *row, struct natural *natural)
{
    for (enum ph_top_column i = PH_TOP_ALLOCS; i <= PH_TOP_PER_ALLOC; i++) {
        struct number number = number_of(row, i);
        if (!number.known)
            continue;
        natural->any[i] = true;
        size_t width = strlen(number.mark) + digits(number.value, number.is_unsigned);
        natural->number[i] = width > natural->number[i] ? width : natural->number[i];
        width = number.change_known ? digits(number.change, false) : 1;
        natural->change[i] = width > natural->change[i] ? width : natural->change[i];
    }
}

static void keep_widest(size_t *now, size_t *before)
{
    if (*now < *before)
        *now = *before;
    *before = *now;
}

static void measure(const struct ph_top_table *table, struct natural *natural)
{
    const struct ph_top_report *report = table->report;
    PH_GUARD(ph_text_fini) struct ph_text name = {0};

    *natural = (struct natural){.tag = TAG_LEAST, .owner = OWNER_LEAST};
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ph_top_row *row = &report->rows[i];
        measure_numbers(row, natural);
        ph_text_clear(&name);
        ph_screen_name(table->screen->style->utf8, series_of(table, row), &name);
        size_t width = ph_text_width(ph_text_slice(&name));
        natural->tag = width > natural->tag ? width : natural->tag;
        width = row->owner ? ph_text_width(ph_slice_of(row->owner)) + 2 : 0;
        natural->owner = width > natural->owner ? width : natural->owner;
        natural->any[PH_TOP_PERCENT] |= (row->have & PH_TOP_HAVE_PERCENT) != 0;
        natural->any[PH_TOP_TREND] |= row->line && report->recent && report->recent->count > 1;
        /* a rate that is not known yet keeps its place: columns do not jump */
        natural->any[PH_TOP_RATE] |= row->finding != NULL;
        natural->any[PH_TOP_VERDICT] |= row->finding != NULL;
        natural->any[PH_TOP_OWNER] |= row->owner != NULL;
    }
    if (name.failed)
        table->screen->out->failed = true;
    for (unsigned i = 0; report->widths && i < PH_TOP_COLUMNS; i++) {
        keep_widest(&natural->number[i], &report->widths->number[i]);
        keep_widest(&natural->change[i], &report->widths->change[i]);
    }
    natural->any[PH_TOP_TAG] = natural->any[PH_TOP_TYPE] = natural->any[PH_TOP_DIFF] =
        natural->any[PH_TOP_BYTES] = natural->any[PH_TOP_PER_ALLOC] = true;
}

static size_t between(size_t least, size_t wanted, size_t most)
{
    return wanted < least ? least : wanted > most ? most : wanted;
}

/* Widths when numbers take at most `most` columns and changes `change_most`. */
static void set_widths(struct ph_top_table *table, const struct natural *natural, size_t most,
                       size_t change_most)
{
    for (unsigned i = 0; i < PH_TOP_COLUMNS; i++) {
        enum ph_top_column column = (enum ph_top_column)i;
        size_t title = strlen(ph_top_column_name(column));
        table->change[i] = 0;
        if (is_number(column)) {
            table->width[i] = between(NUMBER_LEAST, natural->number[i], most);
            if (has_change(column))
                table->change[i] = between(CHANGE_LEAST, natural->change[i], change_most);
            if (table->width[i] + table->change[i] < title)
                table->width[i] = title;
        }
    }
    size_t served = table->screen->columns / 4;
    table->width[PH_TOP_TAG] =
        between(TAG_LEAST, natural->tag, between(TAG_NARROW, served, TAG_SERVED));
    table->width[PH_TOP_TYPE] = TYPE_WIDTH;
    table->width[PH_TOP_PERCENT] = PERCENT_WIDTH;
    table->width[PH_TOP_TREND] = TREND_LEAST;
    table->width[PH_TOP_RATE] = RATE_WIDTH;
    table->width[PH_TOP_VERDICT] = strlen("LEAK likely");
    table->width[PH_TOP_OWNER] = OWNER_LEAST;
}

static size_t cell_width(const struct ph_top_table *table, unsigned column)
{
    return table->width[column] + (table->change[column] ? table->change[column] + 3 : 0);
}

/* Columns that one line takes: each has a blank before it, the first the verdict's mark. */
static size_t line_width(const struct ph_top_table *table)
{
    size_t sum = 0;

    for (unsigned i = 0; i < PH_TOP_COLUMNS; i++)
        sum += table->shown[i] ? 1 + cell_width(table, i) : 0;
    return sum;
}

static size_t room(const struct ph_top_table *table)
{
    size_t used = line_width(table);

    return table->screen->columns > used ? table->screen->columns - used : 0;
}

static bool try_column(struct ph_top_table *table, enum ph_top_column column)
{
    table->shown[column] = true;
    if (line_width(table) <= table->screen->columns)
        return true;
    table->shown[column] = false;
    return false;
}

/* Shows poolmon's columns and the first `extra` of `more`. Where nobody counts allocations, bytes
 * per allocation are not worth more than the verdict. */
static bool show_core(struct ph_top_table *table, const struct natural *natural, size_t extra)
{
    memset(table->shown, 0, sizeof(table->shown));
    for (enum ph_top_column i = PH_TOP_TAG; i <= PH_TOP_PER_ALLOC; i++)
        table->shown[i] = natural->any[i] && (i != PH_TOP_PER_ALLOC || natural->any[PH_TOP_ALLOCS]);
    for (size_t i = 0; i < extra; i++)
        table->shown[more[i]] = natural->any[more[i]];
    return line_width(table) <= table->screen->columns;
}

/* Numbers as wide as they are, or abbreviated so that verdict and rate fit beside them; then, until
 * poolmon's columns fit. */
static bool fit_core(struct ph_top_table *table, const struct natural *natural)
{
    static const size_t caps[][2] = {{NUMBER_MOST, CHANGE_MOST}, {10, 6}, {8, 5}, {7, 5}, {6, 5}};
    enum { CAPS = sizeof(caps) / sizeof(caps[0]), MILD = 3 };

    for (size_t extra = 2; extra > 0; extra--)
        for (size_t cap = 0; cap < MILD; cap++) {
            set_widths(table, natural, caps[cap][0], caps[cap][1]);
            if (show_core(table, natural, extra))
                return true;
        }
    for (size_t cap = 0; cap < CAPS; cap++) {
        set_widths(table, natural, caps[cap][0], caps[cap][1]);
        if (show_core(table, natural, 0))
            return true;
    }
    return false;
}

static void widen(const struct ph_top_table *table, size_t *width, size_t wanted)
{
    size_t free = room(table);

    if (wanted > *width)
        *width += wanted - *width < free ? wanted - *width : free;
}

/* Sums are wider than what they sum: the room that the names leave makes them whole numbers. */
static void widen_for_sums(struct ph_top_table *table)
{
    struct number sums[PH_TOP_COLUMNS];

    sum_up(table, sums);
    for (enum ph_top_column i = PH_TOP_BYTES; i >= PH_TOP_ALLOCS; i--) {
        if (!table->shown[i] || !sums[i].known)
            continue;
        widen(table, &table->width[i],
              strlen(sums[i].mark) + digits(sums[i].value, sums[i].is_unsigned));
        if (table->change[i] && sums[i].change_known)
            widen(table, &table->change[i], digits(sums[i].change, false));
    }
}

void ph_top_table_plan(struct ph_top_table *table)
{
    /* where not all fits: what is dearest first */
    static const enum ph_top_column poorest[] = {PH_TOP_BYTES,  PH_TOP_TYPE,  PH_TOP_DIFF,
                                                 PH_TOP_ALLOCS, PH_TOP_FREES, PH_TOP_PER_ALLOC};
    struct natural natural;

    measure(table, &natural);
    if (!fit_core(table, &natural)) {
        memset(table->shown, 0, sizeof(table->shown));
        table->shown[PH_TOP_TAG] = true;
        for (size_t i = 0; i < sizeof(poorest) / sizeof(poorest[0]); i++)
            if (natural.any[poorest[i]])
                (void)try_column(table, poorest[i]);
    }
    for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
        if (natural.any[more[i]])
            (void)try_column(table, more[i]);
    const struct {
        enum ph_top_column column;
        size_t wanted, most;
    } wider[] = {{PH_TOP_TAG, natural.tag, TAG_MOST},
                 {PH_TOP_OWNER, natural.owner, OWNER_MOST},
                 {PH_TOP_TREND, TREND_MOST, TREND_MOST}};
    for (size_t i = 0; i < sizeof(wider) / sizeof(wider[0]); i++) {
        if (table->shown[wider[i].column])
            widen(table, &table->width[wider[i].column],
                  wider[i].wanted < wider[i].most ? wider[i].wanted : wider[i].most);
        if (wider[i].column == PH_TOP_OWNER && table->report->totals)
            widen_for_sums(table);
    }
}

/* ------------------------------------------------------------------ lines */

/* `styled`: a sequence is to be ended, before the line's end. */
static void end_line(struct ph_screen *screen, bool styled)
{
    ph_screen_end_line(screen->out);
    if (styled && !screen->out->failed) {
        screen->out->size--;
        ph_text_puts(screen->out, "\033[0m\n");
    }
}

void ph_top_table_head(const struct ph_top_table *table)
{
    const struct ph_top_report *report = table->report;
    struct ph_screen *screen = table->screen;

    ph_text_puts(screen->out, screen->style->colour ? "\033[1m" : "");
    for (unsigned i = 0; i < PH_TOP_COLUMNS; i++) {
        if (!table->shown[i])
            continue;
        enum ph_top_column column = (enum ph_top_column)i;
        const char *title = ph_top_column_name(column);
        size_t width = cell_width(table, i), length = strlen(title);
        bool right = is_number(column) || column == PH_TOP_PERCENT || column == PH_TOP_RATE;
        size_t before = right && width > length ? width - length : 0;
        /* the mark stands in the blank before the title */
        ph_screen_blanks(screen->out, before);
        ph_text_putc(screen->out, column != report->sort ? ' '
                                  : report->by_change    ? '('
                                  : report->reverse      ? '<'
                                                         : '>');
        ph_text_puts(screen->out, title);
        ph_screen_blanks(screen->out, width > before + length ? width - before - length : 0);
    }
    end_line(screen, screen->style->colour);
}

static void number_cell(const struct ph_top_table *table, unsigned column,
                        const struct number *number, struct ph_text *text)
{
    struct ph_screen *screen = table->screen;

    ph_text_clear(text);
    if (number->known) {
        size_t mark = strlen(number->mark);
        ph_text_puts(text, number->mark);
        add_number(number->value, number->is_unsigned,
                   table->width[column] > mark ? table->width[column] - mark : 1, text);
    } else {
        ph_text_putc(text, '?');
    }
    ph_screen_right(screen, ph_text_slice(text), table->width[column]);
    if (!table->change[column])
        return;
    ph_text_clear(text);
    if (number->change_known)
        add_number(number->change, false, table->change[column], text);
    else
        ph_text_putc(text, '?');
    ph_text_puts(screen->out, " (");
    ph_screen_right(screen, ph_text_slice(text), table->change[column]);
    ph_text_putc(screen->out, ')');
}

/* "37.4 KB/s", in a unit of its own: rows of very different rates stand in one column. */
static void rate_words(const struct ph_finding *finding, enum ph_time_kind kind,
                       struct ph_text *out)
{
    struct ph_rate_unit unit = ph_rate_unit_for(finding->rate, finding->span_ns, kind);
    double number = finding->rate * unit.factor;
    size_t slash = strcspn(unit.name, "/");

    if (!(number >= 0 && number < 9999)) {
        ph_text_putc(out, number < 0 ? '-' : '?');
        return;
    }
    ph_text_printf(out, "%.*f ", number < 9.995 ? 2 : number < 99.95 ? 1 : 0, number);
    ph_text_add(out, unit.name, slash);
    ph_text_puts(out, kind == PH_TIME_ORDINAL ? "/rdg" : unit.name + slash);
}

static void rate_cell(const struct ph_top_table *table, const struct ph_top_row *row,
                      struct ph_text *text)
{
    const struct ph_finding *finding = row->finding;

    ph_text_clear(text);
    if (finding && !finding->have_rate)
        ph_text_putc(text, '?');
    else if (finding && finding->verdict < PH_VERDICT_LEVELLING)
        ph_text_putc(text, '-'); /* no rate of growth where nothing grows */
    else if (finding)
        rate_words(finding, table->report->time_kind, text);
    ph_screen_right(table->screen, ph_text_slice(text), table->width[PH_TOP_RATE]);
}

static void percent_cell(const struct ph_top_table *table, const struct ph_top_row *row,
                         struct ph_text *text)
{
    ph_text_clear(text);
    if ((row->have & PH_TOP_HAVE_PERCENT) && isfinite(row->percent)) {
        if (row->percent > -9.95 && row->percent < 9.95)
            ph_text_printf(text, "%.1f", row->percent);
        else if (fabs(row->percent) < 9999)
            ph_text_printf(text, "%.0f", row->percent);
        else
            ph_text_putc(text, '>'); /* of a pool whose total was read at another time */
    }
    ph_screen_right(table->screen, ph_text_slice(text), table->width[PH_TOP_PERCENT]);
}

static void owner_cell(const struct ph_top_table *table, const struct ph_top_row *row,
                       struct ph_text *text)
{
    ph_text_clear(text);
    if (row->owner) {
        bool named = row->have & PH_TOP_OWNER_NAMED;
        ph_text_puts(text, named ? "" : "(");
        ph_screen_prose(table->screen->style->utf8, ph_slice_of(row->owner), text);
        ph_text_puts(text, named ? "" : ")");
    }
    ph_screen_left(table->screen, ph_text_slice(text), table->width[PH_TOP_OWNER], PH_TINT_PLAIN);
}

static char mark_of(const struct ph_finding *finding)
{
    if (!finding)
        return ' ';
    if (finding->verdict >= PH_VERDICT_LEAK_LIKELY)
        return '!';
    if (finding->verdict == PH_VERDICT_GROWING)
        return finding->urgent ? '^' : '+';
    return finding->verdict == PH_VERDICT_LEVELLING ? '~' : ' ';
}

static bool changed(const struct ph_top_row *row)
{
    return (row->have & PH_TOP_HAVE_CHANGE) &&
           (row->allocs_change || row->frees_change || row->objects_change || row->bytes_change);
}

static void verdict_cell(const struct ph_top_table *table, const struct ph_top_row *row)
{
    const struct ph_finding *finding = row->finding;

    ph_screen_left(table->screen,
                   ph_slice_of(finding ? ph_verdict_name(finding->verdict, finding->urgent) : ""),
                   table->width[PH_TOP_VERDICT],
                   finding ? ph_verdict_tint(finding->verdict, finding->urgent) : PH_TINT_PLAIN);
}

static void trend_cell(const struct ph_top_table *table, const struct ph_top_row *row)
{
    struct ph_trend trend = {.count = 0};

    if (row->line && table->report->recent)
        trend = ph_history_trend(table->report->recent, row->line);
    ph_render_trend(&trend, table->width[PH_TOP_TREND], table->screen->style->utf8,
                    table->screen->out);
}

static void one_cell(const struct ph_top_table *table, const struct ph_top_row *row,
                     enum ph_top_column column, struct ph_text *text)
{
    struct ph_screen *screen = table->screen;
    struct number number;

    switch (column) {
    case PH_TOP_TAG:
        ph_screen_name_cell(screen, "", series_of(table, row), table->width[column]);
        break;
    case PH_TOP_TYPE:
        ph_screen_left(screen, ph_slice_of(ph_pool_short(series_of(table, row)->pool)), TYPE_WIDTH,
                       PH_TINT_PLAIN);
        break;
    case PH_TOP_PERCENT:
        percent_cell(table, row, text);
        break;
    case PH_TOP_TREND:
        trend_cell(table, row);
        break;
    case PH_TOP_RATE:
        rate_cell(table, row, text);
        break;
    case PH_TOP_VERDICT:
        verdict_cell(table, row);
        break;
    case PH_TOP_OWNER:
        owner_cell(table, row, text);
        break;
    default:
        number = number_of(row, column);
        number_cell(table, column, &number, text);
        break;
    }
}

void ph_top_table_row(const struct ph_top_table *table, const struct ph_top_row *row)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    struct ph_screen *screen = table->screen;
    const struct ph_finding *finding = row->finding;
    const char mark[2] = {mark_of(finding), 0};
    bool bold = screen->style->colour && table->report->highlight && changed(row);

    ph_screen_left(screen, ph_slice_of(mark), 1,
                   finding ? ph_verdict_tint(finding->verdict, finding->urgent) : PH_TINT_PLAIN);
    ph_text_puts(screen->out, bold ? "\033[1m" : "");
    bool first = true;
    for (unsigned i = 0; i < PH_TOP_COLUMNS; i++) {
        if (!table->shown[i])
            continue;
        ph_text_puts(screen->out, first ? "" : " ");
        first = false;
        one_cell(table, row, (enum ph_top_column)i, &text);
        if (i == PH_TOP_VERDICT && bold && table->shown[PH_TOP_OWNER] && row->owner)
            ph_text_puts(screen->out, "\033[1m"); /* its own colour ended it */
    }
    end_line(screen, bold);
    if (text.failed)
        screen->out->failed = true;
}

/* ------------------------------------------------------------------ totals */

void ph_top_table_totals(const struct ph_top_table *table)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    struct number sums[PH_TOP_COLUMNS];
    struct ph_screen *screen = table->screen;

    sum_up(table, sums);
    for (unsigned i = 0; i < PH_TOP_COLUMNS; i++) {
        if (!table->shown[i])
            continue;
        ph_text_putc(screen->out, ' ');
        if (i == PH_TOP_TAG)
            ph_screen_left(screen, ph_slice_of("Sum"), table->width[i], PH_TINT_BOLD);
        else if (i >= PH_TOP_ALLOCS && i <= PH_TOP_BYTES)
            number_cell(table, i, &sums[i], &text);
        else
            ph_screen_blanks(screen->out, cell_width(table, i));
    }
    ph_screen_end_line(screen->out);
    if (text.failed)
        screen->out->failed = true;
}
