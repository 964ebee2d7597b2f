/* prompt.h - one line that the user types, on the last line of the screen. */
#ifndef PH_FRONT_TUI_PROMPT_H
#define PH_FRONT_TUI_PROMPT_H

#include "front/tui/cells.h"

enum { PH_PROMPT_MOST = 1024 };

struct ph_prompt {
    const char *title; /* "Include: "; borrowed */
    uint32_t runes[PH_PROMPT_MOST];
    size_t count, cursor;
};

/* Begins with `text` (UTF-8; what is too long is cut), the cursor behind it. */
void ph_prompt_open(struct ph_prompt *prompt, const char *title, struct ph_slice text);

enum ph_prompt_state { PH_PROMPT_EDITING, PH_PROMPT_DONE, PH_PROMPT_CANCELLED };
/* A key of terminal.h: characters, arrows, Home and End (Ctrl-A, Ctrl-E), Backspace, Delete, Ctrl-U
 * (all), Ctrl-W (a word), Enter, Escape; others do nothing. */
enum ph_prompt_state ph_prompt_key(struct ph_prompt *prompt, uint32_t key);
/* Appends what was typed, as UTF-8. */
void ph_prompt_text(const struct ph_prompt *prompt, struct ph_text *out);
/* Draws it on the last row with the cursor in it; a long line is shown around the cursor. */
void ph_prompt_draw(const struct ph_prompt *prompt, struct ph_grid *grid);

#endif
