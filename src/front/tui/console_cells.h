/* console_cells.h - a grid's cells as Windows' console keeps them. Portable, for tests. */
#ifndef PH_FRONT_TUI_CONSOLE_CELLS_H
#define PH_FRONT_TUI_CONSOLE_CELLS_H

#include "front/tui/cells.h"

/* CHAR_INFO (learn.microsoft.com): one UTF-16 unit and its attributes. */
struct ph_console_cell {
    uint16_t unit, attributes;
};

/* The attributes of a look. `usual` are those of the console's text: ink in bits 0-3, paper in bits
 * 4-7. Without `colour` bright and underlined ink carries what a colour says. */
uint16_t ph_console_look(uint32_t look, bool colour, uint16_t usual);

/* The cells from `first` up to `end` of a row of `columns` into `out`, which has room for them.
 * What does not fit a cell is not shown: marks, and characters beyond 16 bits become U+FFFD. */
void ph_console_cells(const struct ph_cell *row, unsigned columns, unsigned first, unsigned end,
                      bool colour, uint16_t usual, struct ph_console_cell *out);

#endif
