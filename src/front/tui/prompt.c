#include "front/tui/prompt.h"

#include <string.h>

#include "front/tui/terminal.h"

enum { CTRL_A = 1, CTRL_E = 5, CTRL_U = 21, CTRL_W = 23 };

void ph_prompt_open(struct ph_prompt *prompt, const char *title, struct ph_slice text)
{
    prompt->title = title;
    prompt->count = 0;
    for (size_t i = 0; i < text.size && prompt->count < PH_PROMPT_MOST;) {
        uint32_t rune = 0xfffd;
        size_t length = ph_utf8_rune((struct ph_slice){text.data + i, text.size - i}, &rune);
        prompt->runes[prompt->count++] = rune;
        i += length ? length : 1;
    }
    prompt->cursor = prompt->count;
}

/* Takes the characters from `from` up to the cursor away. */
static void erase(struct ph_prompt *prompt, size_t from)
{
    memmove(&prompt->runes[from], &prompt->runes[prompt->cursor],
            (prompt->count - prompt->cursor) * sizeof(prompt->runes[0]));
    prompt->count -= prompt->cursor - from;
    prompt->cursor = from;
}

static size_t word_start(const struct ph_prompt *prompt)
{
    size_t at = prompt->cursor;

    while (at && prompt->runes[at - 1] == ' ')
        at--;
    while (at && prompt->runes[at - 1] != ' ')
        at--;
    return at;
}

static void insert(struct ph_prompt *prompt, uint32_t rune)
{
    if (prompt->count == PH_PROMPT_MOST || rune < ' ' || (rune >= 0x7f && rune < 0xa0) ||
        rune > 0x10ffff)
        return;
    memmove(&prompt->runes[prompt->cursor + 1], &prompt->runes[prompt->cursor],
            (prompt->count - prompt->cursor) * sizeof(prompt->runes[0]));
    prompt->runes[prompt->cursor++] = rune;
    prompt->count++;
}

enum ph_prompt_state ph_prompt_key(struct ph_prompt *prompt, uint32_t key)
{
    switch (key) {
    case PH_KEY_ENTER:
        return PH_PROMPT_DONE;
    case PH_KEY_ESCAPE:
        return PH_PROMPT_CANCELLED;
    case PH_KEY_LEFT:
        prompt->cursor -= prompt->cursor > 0;
        break;
    case PH_KEY_RIGHT:
        prompt->cursor += prompt->cursor < prompt->count;
        break;
    case PH_KEY_HOME:
    case CTRL_A:
        prompt->cursor = 0;
        break;
    case PH_KEY_END:
    case CTRL_E:
        prompt->cursor = prompt->count;
        break;
    case PH_KEY_DELETE:
        if (prompt->cursor < prompt->count) {
            prompt->cursor++;
            erase(prompt, prompt->cursor - 1);
        }
        break;
    case PH_KEY_BACKSPACE:
        if (prompt->cursor)
            erase(prompt, prompt->cursor - 1);
        break;
    case CTRL_U:
        prompt->cursor = prompt->count;
        erase(prompt, 0);
        break;
    case CTRL_W:
        erase(prompt, word_start(prompt));
        break;
    default:
        insert(prompt, key);
    }
    return PH_PROMPT_EDITING;
}

void ph_prompt_text(const struct ph_prompt *prompt, struct ph_text *out)
{
    ph_text_add(out, "", 0); /* an empty text is not NULL */
    for (size_t i = 0; i < prompt->count; i++)
        ph_text_rune(out, prompt->runes[i]);
}

static size_t width_of(const struct ph_prompt *prompt, size_t from, size_t to)
{
    size_t width = 0;

    for (size_t i = from; i < to; i++) {
        PH_GUARD(ph_text_fini) struct ph_text one = {0};
        ph_text_rune(&one, prompt->runes[i]);
        width += one.failed ? 1 : ph_text_width((struct ph_slice){one.data, one.size});
    }
    return width;
}

void ph_prompt_draw(const struct ph_prompt *prompt, struct ph_grid *grid)
{
    PH_GUARD(ph_text_fini) struct ph_text line = {0};
    size_t lead = strlen(prompt->title), first = prompt->cursor, shown;

    if (!grid->rows || !grid->columns)
        return;
    if (lead > grid->columns / 2) /* a narrow window: what is typed comes first */
        lead = 0;
    /* As much before the cursor as fits: backwards, so that it costs no more than a line. */
    for (shown = 0; first; first--) {
        shown += width_of(prompt, first - 1, first);
        if (lead + shown + 1 > grid->columns)
            break;
    }
    size_t before = width_of(prompt, first, prompt->cursor);
    ph_text_add(&line, prompt->title, lead);
    for (size_t i = first; i < prompt->count && i - first < grid->columns; i++)
        ph_text_rune(&line, prompt->runes[i]);
    ph_text_putc(&line, '\n'); /* an empty line is one, too */
    if (line.failed)
        return;
    (void)ph_grid_text(grid, grid->rows - 1, 1, 0, (struct ph_slice){line.data, line.size});
    ph_grid_look(grid, grid->rows - 1, PH_CELL_BOLD);
    grid->cursor = true;
    grid->cursor_row = grid->rows - 1;
    grid->cursor_column =
        (unsigned)(lead + before < grid->columns ? lead + before : grid->columns - 1);
}
