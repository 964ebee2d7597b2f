/* terminal.h - the one narrow door to a terminal: paint cells, get keys. One file per system. */
#ifndef PH_FRONT_TUI_TERMINAL_H
#define PH_FRONT_TUI_TERMINAL_H

#include "front/tui/cells.h"

/* Keys: a Unicode character, or one of these. */
enum ph_key {
    PH_KEY_NONE = 0, /* the time was over */
    PH_KEY_ESCAPE = 27,
    PH_KEY_ENTER = 10,
    PH_KEY_BACKSPACE = 8,
    PH_KEY_TAB = 9,
    PH_KEY_UP = 0x110001, /* beyond Unicode */
    PH_KEY_DOWN,
    PH_KEY_LEFT,
    PH_KEY_RIGHT,
    PH_KEY_PAGE_UP,
    PH_KEY_PAGE_DOWN,
    PH_KEY_HOME,
    PH_KEY_END,
    PH_KEY_DELETE,
    PH_KEY_RESIZE, /* the window has another size */
    PH_KEY_WAKE,   /* ph_terminal_wake() was called */
    PH_KEY_GONE    /* the terminal went away */
};

struct ph_terminal;
/* Takes the terminal over. `colour`: wanted, where it can show any. `screen` says how to paint
 * where there is a choice (Windows): "auto", "vt" (sequences, also into a pipe to a terminal) or
 * "console" (cells). Error: standard input or output is no terminal, or TERM is not known: in one
 * line with what to do. */
struct ph_error *ph_terminal_open(bool colour, const char *screen,
                                  struct ph_terminal **terminal) PH_MUST_CHECK;
/* Gives the terminal back as it was. NULL is allowed. */
void ph_terminal_close(struct ph_terminal *terminal);
void ph_terminal_closep(struct ph_terminal **terminal);
void ph_terminal_grid_size(struct ph_terminal *terminal, unsigned *columns, unsigned *rows);
/* Sends what changed since the last grid. `afresh` repaints everything. */
void ph_terminal_paint(struct ph_terminal *terminal, const struct ph_grid *grid, bool afresh);
/* Waits at most `timeout_ns` (0 = not at all, negative = for ever); an interrupt ends the wait. */
uint32_t ph_terminal_key(struct ph_terminal *terminal, int64_t timeout_ns);
/* Makes a waiting ph_terminal_key() return PH_KEY_WAKE; from any thread. */
void ph_terminal_wake(struct ph_terminal *terminal);

#endif
