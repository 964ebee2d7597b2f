#include "render/csv_line.h"

#include <inttypes.h>
#include <math.h>

#include "render/screen.h"

void ph_csv_next(struct ph_csv_line *line)
{
    if (line->filled)
        ph_text_putc(line->out, line->separator ? line->separator : ',');
    line->filled = true;
}

/* A field of printable text; quoted where it holds what ends a field, or blanks at its ends. */
static void add(struct ph_csv_line *line, const struct ph_text *text)
{
    char separator = line->separator ? line->separator : ',';
    bool quote =
        line->always || (text->size && (text->data[0] == ' ' || text->data[text->size - 1] == ' '));

    ph_csv_next(line);
    if (text->failed)
        line->out->failed = true;
    for (size_t i = 0; i < text->size; i++)
        quote = quote || text->data[i] == separator || text->data[i] == '"';
    if (!quote) {
        ph_text_add(line->out, text->data, text->size);
        return;
    }
    ph_text_putc(line->out, '"');
    for (size_t i = 0; i < text->size; i++) {
        if (text->data[i] == '"')
            ph_text_putc(line->out, '"');
        ph_text_putc(line->out, text->data[i]);
    }
    ph_text_putc(line->out, '"');
}

void ph_csv_string(struct ph_csv_line *line, struct ph_slice bytes)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    ph_screen_foreign(true, bytes, &text);
    add(line, &text);
}

void ph_csv_prose(struct ph_csv_line *line, const char *prose)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    ph_screen_prose(true, ph_slice_of(prose ? prose : ""), &text);
    add(line, &text);
}

void ph_csv_signed(struct ph_csv_line *line, bool known, int64_t number)
{
    ph_csv_next(line);
    if (known)
        ph_text_printf(line->out, "%" PRId64, number);
}

void ph_csv_counter(struct ph_csv_line *line, bool known, uint64_t number)
{
    ph_csv_next(line);
    if (known)
        ph_text_printf(line->out, "%" PRIu64, number);
}

void ph_csv_double(struct ph_csv_line *line, bool known, double number)
{
    ph_csv_next(line);
    if (known && isfinite(number))
        ph_text_printf(line->out, "%.9g", number);
}

void ph_csv_end(struct ph_csv_line *line)
{
    ph_text_putc(line->out, '\n');
    line->filled = false;
}
