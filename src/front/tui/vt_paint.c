#include "front/tui/vt_paint.h"

#include <string.h>

const char ph_vt_begin[] = "\033[?1049h\033[?25l\033[2J\033[H";
const char ph_vt_end[] = "\033[0m\033[?25h\033[?1049l";

/* SGR parameters of a look, in the order in which they are sent. */
static const struct {
    uint16_t look;
    const char *colour, *plain;
} LOOKS[] = {
    {PH_CELL_BOLD, ";1", ";1"},    {PH_CELL_DIM, ";2", ";2"},    {PH_CELL_UNDERLINE, ";4", ";4"},
    {PH_CELL_REVERSE, ";7", ";7"}, {PH_CELL_RED, ";31", ";1;4"}, {PH_CELL_GREEN, ";32", ""},
    {PH_CELL_YELLOW, ";33", ";1"}, {PH_CELL_BLUE, ";34", ""},    {PH_CELL_CYAN, ";36", ""},
};

static void set_look(uint32_t look, bool colour, struct ph_text *out)
{
    ph_text_puts(out, "\033[0");
    for (size_t i = 0; i < sizeof(LOOKS) / sizeof(LOOKS[0]); i++)
        if (look & LOOKS[i].look)
            ph_text_puts(out, colour ? LOOKS[i].colour : LOOKS[i].plain);
    ph_text_putc(out, 'm');
}

bool ph_row_changes(const struct ph_cell *cells, const struct ph_cell *old, unsigned columns,
                    unsigned *first, unsigned *end)
{
    unsigned from = 0, to = columns;

    while (from < to && !memcmp(&cells[from], &old[from], sizeof(*cells)))
        from++;
    if (from == to)
        return false;
    while (!memcmp(&cells[to - 1], &old[to - 1], sizeof(*cells)))
        to--;
    while (from && (!cells[from].rune || !old[from].rune))
        from--;
    while (to < columns && (!cells[to].rune || !old[to].rune))
        to++;
    *first = from;
    *end = to;
    return true;
}

/* Blanks without a look at the end of a row are erased, which is shorter. */
static unsigned without_blanks(const struct ph_cell *cells, unsigned first, unsigned end,
                               unsigned columns)
{
    static const struct ph_cell blank = {.rune = ' '};

    while (end == columns && columns > first && !memcmp(&cells[columns - 1], &blank, sizeof(blank)))
        end = --columns;
    return columns;
}

/* How wide a terminal shows what is no letter of ours depends on its font and its Unicode: where
 * such a character ends, the cursor is placed anew. */
static bool is_disputed(const struct ph_cell *cell, bool wide)
{
    return wide || cell->marks || cell->rune > 0xFFFF;
}

static void paint_row(const struct ph_cell *cells, unsigned row, unsigned first, unsigned end,
                      unsigned columns, bool colour, uint32_t *look, struct ph_text *out)
{
    unsigned written = end == columns ? without_blanks(cells, first, end, columns) : end;
    bool disputed = false;

    ph_text_printf(out, "\033[%u;%uH", row + 1, first + 1);
    for (unsigned i = first; i < written; i++) {
        if (!cells[i].rune)
            continue; /* the character before it is wide */
        if (disputed || (i > first && cells[i].rune < 0x80 && cells[i - 1].rune >= 0x80))
            ph_text_printf(out, "\033[%uG", i + 1);
        disputed = is_disputed(&cells[i], i + 1 < columns && !cells[i + 1].rune);
        if (cells[i].look != *look)
            set_look(cells[i].look, colour, out);
        *look = cells[i].look;
        ph_text_rune(out, cells[i].rune);
        if (cells[i].marks)
            ph_text_rune(out, cells[i].marks);
    }
    if (written == end)
        return;
    if (*look)
        set_look(0, colour, out);
    *look = 0;
    if (disputed || (written > first && cells[written - 1].rune >= 0x80))
        ph_text_printf(out, "\033[%uG", written + 1);
    ph_text_puts(out, "\033[K");
}

void ph_vt_paint(const struct ph_grid *grid, struct ph_grid *shown, bool known, bool colour,
                 struct ph_text *out)
{
    uint32_t look = 0;
    unsigned columns = grid->columns;

    ph_text_puts(out, known ? "\033[?25l\033[0m" : "\033[?25l\033[0m\033[2J");
    for (unsigned row = 0; row < grid->rows; row++) {
        const struct ph_cell *cells = &grid->cells[(size_t)row * columns];
        struct ph_cell *old = &shown->cells[(size_t)row * columns];
        unsigned first = 0, end = columns;
        if (known && !ph_row_changes(cells, old, columns, &first, &end))
            continue;
        if (columns)
            paint_row(cells, row, first, end, columns, colour, &look, out);
        memcpy(old, cells, columns * sizeof(*cells));
    }
    ph_text_puts(out, "\033[0m");
    shown->cursor = grid->cursor;
    if (grid->cursor)
        ph_text_printf(out, "\033[%u;%uH\033[?25h", grid->cursor_row + 1, grid->cursor_column + 1);
}
