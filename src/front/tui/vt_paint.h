/* vt_paint.h - what a grid of cells is as sequences for a terminal (ECMA-48, as xterm has them). */
#ifndef PH_FRONT_TUI_VT_PAINT_H
#define PH_FRONT_TUI_VT_PAINT_H

#include "front/tui/cells.h"

/* What takes a terminal over: a screen of its own, no cursor; and what gives it back. */
extern const char ph_vt_begin[];
extern const char ph_vt_end[];

/* Appends what changes `shown` (of the same size) into `grid`, all of it unless `known`, and makes
 * `shown` equal. Without `colour` bold and underline carry what a colour says. Check `out` for lack
 * of memory. */
void ph_vt_paint(const struct ph_grid *grid, struct ph_grid *shown, bool known, bool colour,
                 struct ph_text *out);

/* The first cell of a row that differs, and the one behind the last; never half a character. False:
 * none does. `cells` and `old` are rows of `columns`. */
bool ph_row_changes(const struct ph_cell *cells, const struct ph_cell *old, unsigned columns,
                    unsigned *first, unsigned *end);

#endif
