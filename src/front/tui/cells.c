#include "front/tui/cells.h"

#include <string.h>

static const struct ph_cell BLANK = {.rune = ' '};

enum { COLOURS = PH_CELL_RED | PH_CELL_GREEN | PH_CELL_YELLOW | PH_CELL_BLUE | PH_CELL_CYAN };

struct ph_error *ph_grid_resize(struct ph_grid *grid, unsigned columns, unsigned rows)
{
    size_t count = (size_t)columns * rows;

    PH_TRY(ph_grow(&grid->cells, &grid->capacity, count ? count : 1, sizeof(*grid->cells)));
    grid->columns = columns;
    grid->rows = rows;
    grid->cursor = false;
    grid->cursor_column = grid->cursor_row = 0;
    for (size_t i = 0; i < count; i++)
        grid->cells[i] = BLANK;
    return NULL;
}

void ph_grid_fini(struct ph_grid *grid)
{
    ph_free(grid->cells);
    *grid = (struct ph_grid){0};
}

/* ------------------------------------------------------------------ text with SGR sequences */

/* What one parameter of an SGR sequence does to the look. Those of render/ only (ECMA-48, 8.3.117);
 * others change nothing. */
static uint16_t with_sgr(uint16_t look, unsigned parameter)
{
    static const struct {
        uint8_t parameter;
        uint16_t clears, sets;
    } TABLE[] = {
        {0, UINT16_MAX, 0},
        {1, 0, PH_CELL_BOLD},
        {2, 0, PH_CELL_DIM},
        {4, 0, PH_CELL_UNDERLINE},
        {7, 0, PH_CELL_REVERSE},
        {22, PH_CELL_BOLD | PH_CELL_DIM, 0},
        {24, PH_CELL_UNDERLINE, 0},
        {27, PH_CELL_REVERSE, 0},
        {31, COLOURS, PH_CELL_RED},
        {32, COLOURS, PH_CELL_GREEN},
        {33, COLOURS, PH_CELL_YELLOW},
        {34, COLOURS, PH_CELL_BLUE},
        {36, COLOURS, PH_CELL_CYAN},
        {39, COLOURS, 0},
    };

    for (size_t i = 0; i < sizeof(TABLE) / sizeof(TABLE[0]); i++)
        if (TABLE[i].parameter == parameter)
            return (uint16_t)((look & ~TABLE[i].clears) | TABLE[i].sets);
    return look;
}

/* Length of the control sequence at `at` (ESC [ parameters final); an SGR one changes `*look`. An
 * ESC without a sequence is one byte. */
static size_t take_sequence(struct ph_slice text, size_t at, uint16_t *look)
{
    size_t end = at + 2;
    uint16_t fresh = *look;
    unsigned parameter = 0;

    if (end > text.size || text.data[at + 1] != '[')
        return 1;
    for (; end < text.size && text.data[end] >= 0x20 && text.data[end] < 0x40; end++) {
        char c = text.data[end];
        if (c >= '0' && c <= '9') {
            parameter = parameter < 1000 ? parameter * 10 + (unsigned)(c - '0') : 1000;
        } else if (c == ';') {
            fresh = with_sgr(fresh, parameter);
            parameter = 0;
        } else {
            parameter = 1000; /* a private one */
        }
    }
    if (end == text.size)
        return end - at;
    if (text.data[end] == 'm')
        *look = with_sgr(fresh, parameter);
    return end + 1 - at;
}

static bool is_control(uint32_t rune)
{
    return rune < 0x20 || (rune >= 0x7f && rune < 0xa0);
}

/* Puts one character at `*column` of a row of cells and moves it on; what does not fit whole is
 * left out. */
static void put(struct ph_cell *row, unsigned columns, unsigned *column, uint32_t rune,
                size_t width, uint16_t look)
{
    if (is_control(rune))
        return;
    if (!width) {
        if (*column) {
            struct ph_cell *before = &row[*column - 1];
            before -= !before->rune && *column > 1; /* right half */
            before->marks = rune;
        }
        return;
    }
    if (*column + width > columns) {
        *column = columns; /* a narrower one must not slip in behind it */
        return;
    }
    row[*column] = (struct ph_cell){.rune = rune, .look = look};
    if (width == 2)
        row[*column + 1] = (struct ph_cell){.look = look};
    *column += (unsigned)width;
}

/* One line into a row, which it replaces (NULL: only its looks count, they may reach into the next
 * line). */
static void put_line(struct ph_cell *row, unsigned columns, struct ph_slice line, uint16_t *look)
{
    unsigned column = 0;

    for (unsigned i = 0; row && i < columns; i++)
        row[i] = BLANK;
    for (size_t i = 0; i < line.size;) {
        uint32_t rune = 0xfffd;
        size_t length;
        if (line.data[i] == '\033') {
            i += take_sequence(line, i, look);
            continue;
        }
        struct ph_slice rest = {line.data + i, line.size - i};
        length = ph_utf8_rune(rest, &rune);
        length = length ? length : 1;
        if (row)
            put(row, columns, &column, rune,
                rune < 0x7f ? 1 : ph_text_width((struct ph_slice){rest.data, length}), *look);
        i += length;
    }
}

size_t ph_grid_text(struct ph_grid *grid, unsigned row, unsigned rows, size_t skip,
                    struct ph_slice text)
{
    size_t line = 0;
    uint16_t look = 0;

    for (size_t at = 0; at < text.size; line++) {
        const char *start = text.data + at;
        const char *newline = memchr(start, '\n', text.size - at);
        size_t length = newline ? (size_t)(newline - start) : text.size - at;
        bool shown = line >= skip && line - skip < rows && row < grid->rows &&
                     line - skip < grid->rows - row;
        struct ph_cell *cells = shown ? &grid->cells[(row + (line - skip)) * grid->columns] : NULL;
        put_line(cells, grid->columns, (struct ph_slice){start, length}, &look);
        at += length + 1;
    }
    return line;
}

void ph_grid_look(struct ph_grid *grid, unsigned row, uint16_t look)
{
    if (row >= grid->rows)
        return;
    for (unsigned i = 0; i < grid->columns; i++)
        grid->cells[(size_t)row * grid->columns + i].look |= look;
}

void ph_grid_plain(const struct ph_grid *grid, struct ph_text *out)
{
    for (unsigned row = 0; row < grid->rows; row++) {
        const struct ph_cell *cells = &grid->cells[(size_t)row * grid->columns];
        unsigned end = grid->columns;
        while (end && cells[end - 1].rune == ' ' && !cells[end - 1].marks)
            end--;
        for (unsigned i = 0; i < end; i++) {
            if (!cells[i].rune)
                continue;
            ph_text_rune(out, cells[i].rune);
            if (cells[i].marks)
                ph_text_rune(out, cells[i].marks);
        }
        ph_text_putc(out, '\n');
    }
}
