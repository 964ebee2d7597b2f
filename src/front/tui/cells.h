/* cells.h - a screen as a grid of cells, and text with SGR colours laid into it.
 *
 * Views are rendered by render/ as text for a terminal; here it becomes cells, so that a terminal
 * (terminal.h) needs to know nothing but cells: ncurses paints them on Linux, other systems their
 * own way.
 */
#ifndef PH_FRONT_TUI_CELLS_H
#define PH_FRONT_TUI_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"

enum ph_cell_look {
    PH_CELL_BOLD = 1 << 0,
    PH_CELL_DIM = 1 << 1,
    PH_CELL_UNDERLINE = 1 << 2,
    PH_CELL_REVERSE = 1 << 3,
    PH_CELL_RED = 1 << 4, /* at most one colour */
    PH_CELL_GREEN = 1 << 5,
    PH_CELL_YELLOW = 1 << 6,
    PH_CELL_BLUE = 1 << 7,
    PH_CELL_CYAN = 1 << 8,
};

struct ph_cell {
    uint32_t rune;  /* 0: right half of a wide character */
    uint32_t marks; /* one combining mark; 0 = none */
    uint32_t look;  /* enum ph_cell_look; without padding, so that memcmp() compares cells */
};

struct ph_grid {
    unsigned columns, rows;
    struct ph_cell *cells; /* row by row */
    size_t capacity;
    bool cursor;
    unsigned cursor_column, cursor_row;
};

/* Sets the size and blanks every cell. Error: out of memory. */
struct ph_error *ph_grid_resize(struct ph_grid *grid, unsigned columns,
                                unsigned rows) PH_MUST_CHECK;
void ph_grid_fini(struct ph_grid *grid);
/* Writes lines of text from `row` on, at most `rows`, skipping the first `skip` lines; a line that
 * is too wide is cut. What stood in those rows is replaced. SGR sequences set the look (those of
 * render/), other controls are dropped. Returns the number of lines in the text. */
size_t ph_grid_text(struct ph_grid *grid, unsigned row, unsigned rows, size_t skip,
                    struct ph_slice text);
/* Adds a look to a whole row: a selected one, a status line. */
void ph_grid_look(struct ph_grid *grid, unsigned row, uint16_t look);
/* The grid as plain text, blanks at the ends of lines cut, for a file and for tests. */
void ph_grid_plain(const struct ph_grid *grid, struct ph_text *out);

#endif
