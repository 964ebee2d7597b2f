/* One reading as a table that people who know poolmon read at once: its two header lines, its
 * columns in its order, each line with its leading blank. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "render/screen.h"
#include "render/values.h"

enum {
    CELL_TAG,
    CELL_TYPE,
    CELL_ALLOCS,
    CELL_FREES,
    CELL_DIFF,
    CELL_BYTES,
    CELL_PER_ALLOC,
    CELL_OBJECT,
    CELL_IN_SLAB,
    CELL_NOTE,
    CELLS
};

enum {
    NUMBER_LEAST = 6,
    TAG_LEAST = 4,
    NAME_LEAST = 16,
    NAME_USUAL = 32,
    WIDE = 100,
    NOTE_LEAST = 8,
    TYPE_WIDTH = 5
};

static const char *const titles[CELLS] = {
    [CELL_TAG] = "Tag",
    [CELL_TYPE] = "Type",
    [CELL_ALLOCS] = "Allocs",
    [CELL_FREES] = "Frees",
    [CELL_DIFF] = "Diff",
    [CELL_BYTES] = "Bytes",
    [CELL_PER_ALLOC] = "Per Alloc",
    [CELL_OBJECT] = "Object",
    [CELL_IN_SLAB] = "In Slab",
    [CELL_NOTE] = "Module, aliases",
};

struct table {
    struct ph_screen screen;
    const struct ph_reading_report *report;
    bool shown[CELLS];
    size_t width[CELLS];
    bool modules, aliases; /* some row has one to tell beside its name */
    bool twice;            /* some row's memory is counted by another one too */
};

static const char *title_of(const struct table *table, unsigned cell)
{
    if (cell != CELL_NOTE || (table->modules && table->aliases))
        return titles[cell];
    return table->modules ? "Module" : "Aliases";
}

static bool is_number(unsigned cell)
{
    return cell >= CELL_ALLOCS && cell <= CELL_IN_SLAB;
}

/* ------------------------------------------------------------------ header */

/* Puts items one after the other, two blanks between, on as many lines as they need. */
struct flow {
    struct ph_screen *screen;
    size_t at;
};

static void flow_item(struct flow *flow, const char *item)
{
    size_t width = strlen(item);

    if (flow->at && flow->at + 2 + width > flow->screen->columns) {
        ph_text_putc(flow->screen->out, '\n');
        flow->at = 0;
    }
    ph_screen_blanks(flow->screen->out, flow->at ? 2 : 1);
    ph_text_puts(flow->screen->out, item);
    flow->at += (flow->at ? 2 : 1) + width;
}

static void flow_end(struct flow *flow)
{
    if (flow->at)
        ph_text_putc(flow->screen->out, '\n');
    flow->at = 0;
}

/* poolmon's unit: 1024 bytes. */
static void kilobytes(char *item, size_t size, const char *name, int64_t bytes)
{
    if (bytes < 0)
        (void)snprintf(item, size, "%s?", name);
    else
        (void)snprintf(item, size, "%s%" PRId64 "K", name, bytes / 1024);
}

static void flow_memory(struct flow *flow, const char *name, int64_t bytes)
{
    char item[64];

    kilobytes(item, sizeof(item), name, bytes);
    flow_item(flow, item);
}

static void flow_pools(struct flow *flow, const struct ph_sample *sample)
{
    bool first = true;

    for (unsigned pool = 0; pool < PH_POOL_COUNT; pool++) {
        const struct ph_pool_total *total = &sample->pools[pool];
        char item[160], part[48];
        if (!(total->have & PH_TOTAL_BYTES))
            continue;
        (void)snprintf(part, sizeof(part), "%s%s:", first ? "Pool " : "",
                       ph_pool_short((enum ph_pool)pool));
        first = false;
        kilobytes(item, sizeof(item), part, total->bytes);
        if (total->have & PH_TOTAL_LIMIT) {
            kilobytes(part, sizeof(part), " of ", total->limit_bytes);
            (void)strncat(item, part, sizeof(item) - strlen(item) - 1);
        }
        if (total->have & PH_TOTAL_PEAK) {
            kilobytes(part, sizeof(part), " peak ", total->peak_bytes);
            (void)strncat(item, part, sizeof(item) - strlen(item) - 1);
        }
        flow_item(flow, item);
    }
}

static void header(struct table *table)
{
    const struct ph_sample *sample = table->report->sample;
    const struct ph_memory *memory = &sample->memory;
    struct flow flow = {&table->screen, 0};
    bool utf8 = table->screen.style->utf8;
    PH_GUARD(ph_text_fini) struct ph_text line = {0};
    char item[64];

    ph_screen_prose(utf8, ph_slice_of(table->report->source ? table->report->source : "?"), &line);
    if (table->report->machine && table->report->machine->host[0]) {
        ph_text_puts(&line, ", ");
        ph_screen_machine(utf8, table->report->machine, &line);
    }
    ph_text_puts(&line, ", ");
    ph_screen_time(sample->time_ns, sample->time_kind, &line);
    if (sample->represents > 1) {
        ph_text_puts(&line, ", the least of ");
        ph_screen_count(&line, sample->represents, "reading", "readings");
    }
    if (line.failed)
        table->screen.out->failed = true;
    ph_text_putc(table->screen.out, ' ');
    ph_screen_wrap(&table->screen, 1, 1, ph_text_slice(&line), PH_TINT_BOLD);

    flow_memory(&flow, "Memory:", memory->total);
    flow_memory(&flow, "Avail:", memory->available);
    if (memory->page_faults >= 0) {
        (void)snprintf(item, sizeof(item), "PageFlts:%" PRId64, memory->page_faults);
        flow_item(&flow, item);
    }
    if (memory->resident_kernel >= 0)
        flow_memory(&flow, "InRam Krnl:", memory->resident_kernel);
    if (memory->resident_paged >= 0)
        flow_memory(&flow, "InRam P:", memory->resident_paged);
    flow_end(&flow);
    flow_memory(&flow, "Commit:", memory->commit);
    flow_memory(&flow, "Limit:", memory->commit_limit);
    flow_memory(&flow, "Peak:", memory->commit_peak);
    flow_end(&flow);
    flow_pools(&flow, sample);
    flow_end(&flow);
}

/* ------------------------------------------------------------------ cells */

static void add_signed(int64_t number, size_t width, struct ph_text *out)
{
    ph_screen_number(number < 0, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, width, out);
}

/* What the source did not count stays visibly unlike a count: `~` estimated, `>` only a part. */
static void add_marks(const struct ph_value *value, bool part, struct ph_text *out)
{
    if (part && (value->have & PH_IS_PARTIAL))
        ph_text_putc(out, '>');
    if (value->have & PH_IS_ESTIMATED)
        ph_text_putc(out, '~');
}

static void counter(const struct ph_value *value, uint32_t have, uint64_t number, size_t width,
                    struct ph_text *out)
{
    if (!(value->have & have)) {
        ph_text_putc(out, '?');
        return;
    }
    add_marks(value, true, out);
    ph_screen_number(false, number, width > out->size ? width - out->size : 0, out);
}

static void amount(const struct ph_value *value, uint32_t have, int64_t number, size_t width,
                   struct ph_text *out)
{
    if (!(value->have & have)) {
        ph_text_putc(out, '?');
        return;
    }
    add_marks(value, true, out);
    add_signed(number, width > out->size ? width - out->size : 0, out);
}

static void size_cell(uint32_t bytes, struct ph_text *out)
{
    if (bytes)
        ph_text_printf(out, "%" PRIu32, bytes);
    else
        ph_text_putc(out, '?');
}

static void note_cell(bool utf8, const struct ph_series *series, struct ph_text *out)
{
    if (series->module && !ph_screen_name_has_module(series))
        ph_screen_foreign(utf8, ph_slice_of(series->module), out);
    if (!series->aliases)
        return;
    ph_text_puts(out, out->size ? " = " : "= ");
    ph_screen_foreign(utf8, ph_slice_of(series->aliases), out);
}

/* The text of one cell, with at most `width` columns for numbers. */
static void cell(const struct table *table, const struct ph_value *value, unsigned which,
                 size_t width, struct ph_text *out)
{
    const struct ph_series *series = &table->report->catalog->series[value->series];
    bool utf8 = table->screen.style->utf8;
    int64_t per_alloc;

    ph_text_clear(out);
    ph_text_add(out, "", 0);
    switch (which) {
    case CELL_TAG:
        ph_screen_name(utf8, series, out);
        break;
    case CELL_TYPE:
        ph_text_puts(out, ph_pool_short(series->pool));
        break;
    case CELL_ALLOCS:
        counter(value, PH_HAVE_ALLOCS, value->allocs, width, out);
        break;
    case CELL_FREES:
        counter(value, PH_HAVE_FREES, value->frees, width, out);
        break;
    case CELL_DIFF:
        amount(value, PH_HAVE_OBJECTS, value->objects, width, out);
        break;
    case CELL_BYTES:
        amount(value, PH_HAVE_BYTES, value->bytes, width, out);
        break;
    case CELL_PER_ALLOC:
        if (ph_per_alloc(value, &per_alloc)) {
            add_marks(value, false, out);
            add_signed(per_alloc, width > out->size ? width - out->size : 0, out);
        } else {
            ph_text_putc(out, '?');
        }
        break;
    case CELL_OBJECT:
        size_cell(series->object_bytes, out);
        break;
    case CELL_IN_SLAB:
        size_cell(series->slab_bytes, out);
        break;
    default:
        note_cell(utf8, series, out);
        break;
    }
    if (out->failed)
        table->screen.out->failed = true;
}

/* ------------------------------------------------------------------ widths */

static size_t used_width(const struct table *table)
{
    size_t sum = 0;

    for (unsigned i = 0; i < CELLS; i++)
        if (table->shown[i])
            sum += 1 + table->width[i];
    return sum;
}

static void choose_columns(struct table *table)
{
    const struct ph_reading_report *report = table->report;

    for (unsigned i = 0; i < CELLS; i++)
        table->shown[i] =
            i == CELL_TAG || i == CELL_TYPE || (i >= CELL_DIFF && i <= CELL_PER_ALLOC);
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ph_value *value = &report->sample->values[report->rows[i]];
        const struct ph_series *series = &report->catalog->series[value->series];
        if (value->have & PH_HAVE_ALLOCS)
            table->shown[CELL_ALLOCS] = true;
        if (value->have & PH_HAVE_FREES)
            table->shown[CELL_FREES] = true;
        if (series->object_bytes)
            table->shown[CELL_OBJECT] = true;
        if (series->slab_bytes)
            table->shown[CELL_IN_SLAB] = true;
        if (series->aliases)
            table->aliases = true;
        if (series->module && !ph_screen_name_has_module(series))
            table->modules = true;
        if (series->flags & PH_SERIES_COUNTS_TWICE)
            table->twice = true;
    }
    table->shown[CELL_NOTE] = table->aliases || table->modules;
}

static void measure(struct table *table, struct ph_text *text)
{
    const struct ph_reading_report *report = table->report;

    for (unsigned which = 0; which < CELLS; which++) {
        size_t width = which == CELL_TYPE ? TYPE_WIDTH : strlen(title_of(table, which));
        if (which == CELL_TAG)
            width = TAG_LEAST;
        for (size_t i = 0; i < report->row_count && table->shown[which]; i++) {
            cell(table, &report->sample->values[report->rows[i]], which, SIZE_MAX, text);
            size_t need = ph_text_width(ph_text_slice(text));
            width = need > width ? need : width;
        }
        table->width[which] = width;
    }
}

/* Lowers the width of one column until the line fits, down to `least`. */
static void shrink(struct table *table, unsigned which, size_t least)
{
    size_t used = used_width(table), over = used > table->screen.columns;

    over = over ? used - table->screen.columns : 0;
    if (table->width[which] <= least)
        return;
    size_t spare = table->width[which] - least;
    table->width[which] -= over < spare ? over : spare;
}

/* What does not fit gives way in this order: module and aliases, object sizes, the tag's tail, and
 * at last digits (a number then gets a unit). A wide terminal keeps room for module and aliases. */
static void squeeze(struct table *table)
{
    size_t columns = table->screen.columns, tag = table->width[CELL_TAG];
    size_t note = table->width[CELL_NOTE], reserve = columns >= WIDE ? columns / 4 : 0;

    table->width[CELL_NOTE] = note < reserve ? note : reserve;
    for (unsigned optional = CELL_IN_SLAB; optional >= CELL_OBJECT; optional--) {
        table->width[CELL_TAG] = tag < NAME_USUAL ? tag : NAME_USUAL;
        if (used_width(table) > columns)
            table->shown[optional] = false;
    }
    table->width[CELL_TAG] = tag;
    shrink(table, CELL_TAG, NAME_USUAL);
    shrink(table, CELL_NOTE, 0);
    shrink(table, CELL_TAG, NAME_LEAST);
    while (used_width(table) > columns) {
        unsigned widest = CELL_ALLOCS;
        for (unsigned i = CELL_ALLOCS; i <= CELL_IN_SLAB; i++)
            if (table->shown[i] && table->width[i] > table->width[widest])
                widest = i;
        if (table->width[widest] <= NUMBER_LEAST)
            break;
        table->width[widest]--;
    }
    size_t used = used_width(table) - (table->shown[CELL_NOTE] ? table->width[CELL_NOTE] : 0);
    table->width[CELL_NOTE] = columns > used ? columns - used : 0;
    if (table->width[CELL_NOTE] < NOTE_LEAST)
        table->shown[CELL_NOTE] = false;
}

/* ------------------------------------------------------------------ rows */

static void put(struct table *table, unsigned which, const struct ph_text *text)
{
    struct ph_slice slice = ph_text_slice(text);

    ph_text_putc(table->screen.out, ' ');
    if (is_number(which))
        ph_screen_right(&table->screen, slice, table->width[which]);
    else if (which == CELL_NOTE)
        ph_screen_fit(table->screen.style->utf8, slice, table->width[which], table->screen.out);
    else
        ph_screen_left(&table->screen, slice, table->width[which], PH_TINT_PLAIN);
}

static void rows(struct table *table, struct ph_text *text)
{
    const struct ph_reading_report *report = table->report;

    ph_text_putc(table->screen.out, '\n');
    for (unsigned which = 0; which < CELLS; which++) {
        if (!table->shown[which])
            continue;
        ph_text_clear(text);
        bool narrow =
            which == CELL_PER_ALLOC && table->width[which] < strlen(title_of(table, which));
        ph_text_puts(text, narrow ? "Per" : title_of(table, which));
        put(table, which, text);
    }
    ph_screen_end_line(table->screen.out);
    ph_text_putc(table->screen.out, '\n');
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ph_value *value = &report->sample->values[report->rows[i]];
        for (unsigned which = 0; which < CELLS; which++) {
            if (!table->shown[which])
                continue;
            if (which == CELL_TAG) {
                ph_text_putc(table->screen.out, ' ');
                ph_screen_name_cell(&table->screen, "", &report->catalog->series[value->series],
                                    table->width[which]);
                continue;
            }
            cell(table, value, which, table->width[which], text);
            put(table, which, text);
        }
        ph_screen_end_line(table->screen.out);
    }
}

static void footer(struct table *table, struct ph_text *text)
{
    const struct ph_reading_report *report = table->report;

    ph_text_clear(text);
    ph_text_grouped(text, (int64_t)report->row_count);
    ph_text_puts(text, " of ");
    ph_screen_count(text, report->matched, "tag", "tags");
    ph_text_puts(text, " shown.");
    if (table->twice)
        ph_text_puts(text,
                     " Some rows count memory that other rows count too: do not add them up.");
    ph_text_puts(table->screen.out, "\n ");
    ph_screen_wrap(&table->screen, 1, 1, ph_text_slice(text), PH_TINT_PLAIN);
    ph_screen_losses(&table->screen, &report->sample->losses);
}

struct ph_error *ph_screen_reading(const struct ph_reading_report *report,
                                   const struct ph_style *style, struct ph_text *out)
{
    struct table table = {.screen = ph_screen_of(style, out), .report = report};
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    choose_columns(&table);
    measure(&table, &text);
    squeeze(&table);
    header(&table);
    rows(&table, &text);
    footer(&table, &text);
    PH_TRY(ph_text_check(&text));
    return ph_text_check(out);
}
