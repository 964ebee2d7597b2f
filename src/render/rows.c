#include "render/rows.h"

#include <inttypes.h>

/* How a string is written in one of the three languages. */
static void quoted(enum ph_rows_format format, struct ph_slice bytes, struct ph_text *out)
{
    PH_GUARD(ph_text_fini) struct ph_text plain = {0};
    char quote = format == PH_ROWS_SQL ? '\'' : '"';

    ph_text_escaped(&plain, bytes);
    if (plain.failed)
        out->failed = true;
    ph_text_putc(out, quote);
    for (size_t i = 0; i < plain.size; i++) {
        char c = plain.data[i];
        if (format == PH_ROWS_JSON && (c == '"' || c == '\\'))
            ph_text_putc(out, '\\');
        else if (format != PH_ROWS_JSON && c == quote)
            ph_text_putc(out, quote);
        ph_text_putc(out, c);
    }
    ph_text_putc(out, quote);
}

static const char *const time_kinds[] = {
    [PH_TIME_REAL] = "utc",
    [PH_TIME_SPACED] = "spaced",
    [PH_TIME_ORDINAL] = "ordinal",
    [PH_TIME_LOCAL] = "local",
};

/* One column of a row: CSV separates, JSON names, SQL separates; unknown is empty or null. */
struct row {
    enum ph_rows_format format;
    struct ph_text *out;
    bool first;
};

static void column(struct row *row, const char *name)
{
    if (!row->first)
        ph_text_putc(row->out, ',');
    row->first = false;
    if (row->format == PH_ROWS_JSON)
        ph_text_printf(row->out, "\"%s\":", name);
}

static void unknown(struct row *row)
{
    if (row->format != PH_ROWS_CSV)
        ph_text_puts(row->out, row->format == PH_ROWS_JSON ? "null" : "NULL");
}

static void string_column(struct row *row, const char *name, struct ph_slice text)
{
    column(row, name);
    if (text.data)
        quoted(row->format, text, row->out);
    else
        unknown(row);
}

static void number_column(struct row *row, const char *name, bool known, int64_t number)
{
    column(row, name);
    if (known)
        ph_text_printf(row->out, "%" PRId64, number);
    else
        unknown(row);
}

static void counter_column(struct row *row, const char *name, bool known, uint64_t number)
{
    column(row, name);
    if (known)
        ph_text_printf(row->out, "%" PRIu64, number);
    else
        unknown(row);
}

/* Seconds with nine decimals: a nanosecond clock does not fit a double. */
static void time_column(struct row *row, int64_t time_ns)
{
    int64_t seconds = time_ns / 1000000000, rest = time_ns % 1000000000;

    if (rest < 0) {
        seconds--;
        rest += 1000000000;
    }
    column(row, "time_s");
    ph_text_printf(row->out, "%" PRId64 ".%09" PRId64, seconds, rest);
}

static void write_row(enum ph_rows_format format, const struct ph_series *series,
                      const struct ph_sample *sample, const struct ph_value *value,
                      struct ph_text *out)
{
    struct row row = {format, out, true};

    ph_text_puts(out, format == PH_ROWS_JSON  ? "{"
                      : format == PH_ROWS_SQL ? "INSERT INTO readings VALUES("
                                              : "");
    time_column(&row, sample->time_ns);
    string_column(&row, "time_kind", ph_slice_of(time_kinds[sample->time_kind]));
    number_column(&row, "segment", true, sample->segment);
    number_column(&row, "represents", true, sample->represents ? sample->represents : 1);
    string_column(&row, "origin", ph_slice_of(ph_origin_name(series->origin)));
    string_column(&row, "pool", ph_slice_of(ph_pool_name(series->pool)));
    string_column(&row, "tag", series->tag);
    string_column(&row, "module",
                  series->module ? ph_slice_of(series->module) : (struct ph_slice){0});
    counter_column(&row, "allocs", value->have & PH_HAVE_ALLOCS, value->allocs);
    counter_column(&row, "frees", value->have & PH_HAVE_FREES, value->frees);
    number_column(&row, "diff", value->have & PH_HAVE_OBJECTS, value->objects);
    number_column(&row, "bytes", value->have & PH_HAVE_BYTES, value->bytes);
    number_column(&row, "estimated", true, (value->have & PH_IS_ESTIMATED) != 0);
    number_column(&row, "partial", true, (value->have & PH_IS_PARTIAL) != 0);
    ph_text_puts(out, format == PH_ROWS_JSON ? "}\n" : format == PH_ROWS_SQL ? ");\n" : "\n");
}

void ph_render_rows_begin(enum ph_rows_format format, struct ph_text *out)
{
    if (format == PH_ROWS_CSV)
        ph_text_puts(out, "time_s,time_kind,segment,represents,origin,pool,tag,module,allocs,frees,"
                          "diff,bytes,estimated,partial\n");
    if (format == PH_ROWS_SQL)
        ph_text_puts(out, "BEGIN;\nCREATE TABLE readings(time_s REAL, time_kind TEXT, segment "
                          "INTEGER, represents INTEGER,\n  origin TEXT, pool TEXT, tag TEXT, "
                          "module TEXT, allocs INTEGER, frees INTEGER,\n  diff INTEGER, bytes "
                          "INTEGER, estimated INTEGER, partial INTEGER);\n");
}

void ph_render_rows(enum ph_rows_format format, const struct ph_catalog *catalog,
                    const struct ph_sample *sample, struct ph_text *out)
{
    for (size_t i = 0; i < sample->count; i++)
        write_row(format, &catalog->series[sample->values[i].series], sample, &sample->values[i],
                  out);
}

void ph_render_rows_end(enum ph_rows_format format, struct ph_text *out)
{
    if (format == PH_ROWS_SQL)
        ph_text_puts(out, "COMMIT;\n");
}
