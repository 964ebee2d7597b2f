/* Windows' console: painted by sequences where it understands them (Windows 10 and later),
 * otherwise by cells; keys as events.
 *
 * Wine's console takes the mode for sequences and does not follow it, so it gets cells. Sequences
 * go into a pipe as well ("vt"): the console still has the keys and the size.
 */
#include <windows.h>

#include <stdatomic.h>
#include <string.h>

#include "base/os.h"
#include "front/tui/console_keys.h"
#include "front/tui/terminal.h"
#include "front/tui/vt_paint.h"

#ifndef ENABLE_VIRTUAL_TERMINAL_PROCESSING
#define ENABLE_VIRTUAL_TERMINAL_PROCESSING 0x0004
#endif

#define SIZE_EVERY PH_SECOND /* Wine never tells of a new size */

struct ph_terminal {
    HANDLE input, screen; /* CONIN$, CONOUT$ */
    HANDLE sink;          /* of sequences: the screen, or standard output */
    bool vt, colour;
    HANDLE woken; /* event */
    DWORD input_mode, screen_mode;
    bool have_input_mode, have_screen_mode;
    CONSOLE_CURSOR_INFO cursor;
    COORD cursor_at;
    unsigned columns, rows;
    struct ph_grid shown;
    bool shown_known;
    CHAR_INFO *cells; /* room for a row */
    CHAR_INFO *saved; /* what stood in the window; cells only */
    size_t cells_capacity, saved_capacity;
    SMALL_RECT saved_window;
    bool have_saved;
    struct ph_console_keys keys;
    uint32_t repeated; /* the last key, `repeats` times more */
    unsigned repeats;
    int64_t measured_ns;
};

/* ------------------------------------------------------------------ open and close */

static bool is_wine(void)
{
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");

    return ntdll && GetProcAddress(ntdll, "wine_get_version");
}

static HANDLE console(const wchar_t *name)
{
    return CreateFileW(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                       OPEN_EXISTING, 0, NULL);
}

static struct ph_error *no_console(const char *what)
{
    return ph_errorf(
        PH_ERR_USAGE,
        "standard %s is no console: 'poolhound snap' prints one reading; in a terminal "
        "of MSYS or Cygwin begin with winpty",
        what);
}

static struct ph_error *check(const char *screen)
{
    bool vt = !strcmp(screen, "vt");

    if (!ph_is_terminal(stdin))
        return no_console("input");
    return vt || ph_is_terminal(stdout) ? NULL : no_console("output");
}

static bool size_of(const struct ph_terminal *terminal, unsigned *columns, unsigned *rows,
                    SMALL_RECT *window)
{
    CONSOLE_SCREEN_BUFFER_INFO facts;

    if (!GetConsoleScreenBufferInfo(terminal->screen, &facts))
        return false;
    *window = facts.srWindow;
    *columns = (unsigned)(facts.srWindow.Right - facts.srWindow.Left + 1);
    *rows = (unsigned)(facts.srWindow.Bottom - facts.srWindow.Top + 1);
    return true;
}

/* `*changed` = the window has another size than before. */
static struct ph_error *measure(struct ph_terminal *terminal, bool *changed)
{
    unsigned columns = 80, rows = 24;
    SMALL_RECT window;

    terminal->measured_ns = ph_boottime_ns();
    (void)size_of(terminal, &columns, &rows, &window);
    *changed = terminal->columns != columns || terminal->rows != rows;
    if (!*changed)
        return NULL;
    PH_TRY(ph_grow(&terminal->cells, &terminal->cells_capacity, columns + 1,
                   sizeof(*terminal->cells)));
    PH_TRY(ph_grid_resize(&terminal->shown, columns, rows));
    terminal->shown_known = false;
    terminal->columns = columns;
    terminal->rows = rows;
    return NULL;
}

/* A click would select text and hold the output up; keys are wanted one by one; Ctrl-C stays an
 * interrupt. */
static void set_modes(struct ph_terminal *terminal, const char *screen)
{
    terminal->have_input_mode = GetConsoleMode(terminal->input, &terminal->input_mode);
    terminal->have_screen_mode = GetConsoleMode(terminal->screen, &terminal->screen_mode);
    (void)SetConsoleMode(terminal->input,
                         ENABLE_PROCESSED_INPUT | ENABLE_WINDOW_INPUT | ENABLE_EXTENDED_FLAGS);
    if (!strcmp(screen, "vt"))
        terminal->vt = true;
    else if (!strcmp(screen, "auto") && !is_wine())
        terminal->vt = SetConsoleMode(terminal->screen, ENABLE_PROCESSED_OUTPUT |
                                                            ENABLE_VIRTUAL_TERMINAL_PROCESSING |
                                                            DISABLE_NEWLINE_AUTO_RETURN);
    terminal->sink = terminal->vt && !ph_is_terminal(stdout) ? GetStdHandle(STD_OUTPUT_HANDLE)
                                                             : terminal->screen;
    if (terminal->vt && terminal->sink == terminal->screen)
        (void)SetConsoleMode(terminal->screen, ENABLE_PROCESSED_OUTPUT |
                                                   ENABLE_VIRTUAL_TERMINAL_PROCESSING |
                                                   DISABLE_NEWLINE_AUTO_RETURN);
}

/* Sequences: to a console as UTF-16, to a pipe as they are. */
static void send(struct ph_terminal *terminal, const char *bytes, size_t size)
{
    DWORD put;

    if (terminal->sink != terminal->screen) {
        for (size_t done = 0; done < size; done += put)
            if (!WriteFile(terminal->sink, bytes + done, (DWORD)(size - done), &put, NULL) || !put)
                return;
        return;
    }
    int count = MultiByteToWideChar(CP_UTF8, 0, bytes, (int)size, NULL, 0);
    ph_autofree wchar_t *wide = ph_zalloc((size_t)count + 1, sizeof(*wide));
    if (!wide)
        return;
    (void)MultiByteToWideChar(CP_UTF8, 0, bytes, (int)size, wide, count);
    for (DWORD done = 0; done < (DWORD)count; done += put)
        if (!WriteConsoleW(terminal->screen, wide + done, (DWORD)count - done, &put, NULL) || !put)
            return;
}

/* An own screen buffer would be the way, but Windows Terminal hardly handles those. */
static struct ph_error *save_window(struct ph_terminal *terminal)
{
    CONSOLE_SCREEN_BUFFER_INFO facts;
    SMALL_RECT *window = &terminal->saved_window;
    unsigned columns, rows;

    if (!size_of(terminal, &columns, &rows, window) ||
        !GetConsoleScreenBufferInfo(terminal->screen, &facts))
        return NULL;
    PH_TRY(ph_grow(&terminal->saved, &terminal->saved_capacity, (size_t)columns * rows,
                   sizeof(*terminal->saved)));
    SMALL_RECT region = *window;
    terminal->cursor_at = facts.dwCursorPosition;
    terminal->have_saved =
        ReadConsoleOutputW(terminal->screen, terminal->saved, (COORD){(SHORT)columns, (SHORT)rows},
                           (COORD){0, 0}, &region);
    return NULL;
}

static void restore_window(const struct ph_terminal *terminal)
{
    SMALL_RECT region = terminal->saved_window;
    COORD size = {(SHORT)(region.Right - region.Left + 1), (SHORT)(region.Bottom - region.Top + 1)};

    if (!terminal->have_saved)
        return;
    (void)WriteConsoleOutputW(terminal->screen, terminal->saved, size, (COORD){0, 0}, &region);
    (void)SetConsoleCursorPosition(terminal->screen, terminal->cursor_at);
}

struct ph_error *ph_terminal_open(bool colour, const char *screen, struct ph_terminal **terminal)
{
    bool changed;

    PH_TRY(check(screen));
    PH_GUARD(ph_terminal_closep) struct ph_terminal *fresh = ph_zalloc(1, sizeof(*fresh));
    if (!fresh)
        return ph_error_nomem();
    fresh->colour = colour;
    fresh->input = console(L"CONIN$");
    fresh->screen = console(L"CONOUT$");
    fresh->woken = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (fresh->input == INVALID_HANDLE_VALUE || fresh->screen == INVALID_HANDLE_VALUE ||
        !fresh->woken)
        return ph_errorf(PH_ERR_IO, "cannot take over the console");
    set_modes(fresh, screen);
    (void)GetConsoleCursorInfo(fresh->screen, &fresh->cursor);
    PH_TRY(measure(fresh, &changed));
    if (fresh->vt)
        send(fresh, ph_vt_begin, strlen(ph_vt_begin));
    else
        PH_TRY(save_window(fresh));
    *terminal = ph_steal(fresh);
    return NULL;
}

static void close_handle(HANDLE handle)
{
    if (handle && handle != INVALID_HANDLE_VALUE)
        (void)CloseHandle(handle);
}

void ph_terminal_close(struct ph_terminal *terminal)
{
    if (!terminal)
        return;
    if (terminal->vt && terminal->sink)
        send(terminal, ph_vt_end, strlen(ph_vt_end));
    else
        restore_window(terminal);
    if (terminal->cursor.dwSize)
        (void)SetConsoleCursorInfo(terminal->screen, &terminal->cursor);
    if (terminal->have_screen_mode)
        (void)SetConsoleMode(terminal->screen, terminal->screen_mode);
    if (terminal->have_input_mode)
        (void)SetConsoleMode(terminal->input, terminal->input_mode);
    close_handle(terminal->input);
    close_handle(terminal->screen);
    close_handle(terminal->woken);
    ph_grid_fini(&terminal->shown);
    ph_free(terminal->cells);
    ph_free(terminal->saved);
    ph_free(terminal);
}

void ph_terminal_closep(struct ph_terminal **terminal)
{
    ph_terminal_close(*terminal);
}

void ph_terminal_grid_size(struct ph_terminal *terminal, unsigned *columns, unsigned *rows)
{
    *columns = terminal->columns;
    *rows = terminal->rows;
}

/* ------------------------------------------------------------------ cells */

/* Underline is bright there, as old consoles do not draw it. */
static WORD attributes(bool colour, uint32_t look)
{
    static const struct {
        uint16_t look;
        WORD colour, plain;
    } TABLE[] = {
        {PH_CELL_RED, FOREGROUND_RED, FOREGROUND_INTENSITY},
        {PH_CELL_GREEN, FOREGROUND_GREEN, 0},
        {PH_CELL_YELLOW, FOREGROUND_RED | FOREGROUND_GREEN, FOREGROUND_INTENSITY},
        {PH_CELL_BLUE, FOREGROUND_BLUE | FOREGROUND_INTENSITY, 0},
        {PH_CELL_CYAN, FOREGROUND_GREEN | FOREGROUND_BLUE, 0},
    };
    const WORD grey = FOREGROUND_RED | FOREGROUND_GREEN | FOREGROUND_BLUE;
    WORD ink = look & PH_CELL_DIM ? FOREGROUND_INTENSITY : grey;

    for (size_t i = 0; i < sizeof(TABLE) / sizeof(TABLE[0]); i++)
        if (look & TABLE[i].look)
            ink = colour ? TABLE[i].colour : (WORD)(ink | TABLE[i].plain);
    if (look & (PH_CELL_BOLD | PH_CELL_UNDERLINE))
        ink |= FOREGROUND_INTENSITY;
    return look & PH_CELL_REVERSE ? (WORD)((ink & 0x0F) << 4) : ink;
}

/* A cell holds one UTF-16 unit: what needs two, and marks, are not shown. */
static void fill_cells(const struct ph_terminal *terminal, const struct ph_cell *cells,
                       unsigned first, unsigned end)
{
    for (unsigned i = first; i < end; i++) {
        CHAR_INFO *cell = &terminal->cells[i - first];
        bool right = !cells[i].rune, wide = i + 1 < terminal->columns && !cells[i + 1].rune;
        uint32_t rune = right ? cells[i ? i - 1 : 0].rune : cells[i].rune;
        cell->Char.UnicodeChar = rune <= 0xFFFF ? (WCHAR)rune : L'\xFFFD';
        cell->Attributes = attributes(terminal->colour, cells[i].look);
        if (right)
            cell->Attributes |= COMMON_LVB_TRAILING_BYTE;
        else if (wide)
            cell->Attributes |= COMMON_LVB_LEADING_BYTE;
    }
}

static void paint_cells(struct ph_terminal *terminal, const struct ph_grid *grid)
{
    unsigned columns, rows;
    SMALL_RECT window;

    if (!size_of(terminal, &columns, &rows, &window))
        return;
    for (unsigned row = 0; row < grid->rows; row++) {
        const struct ph_cell *cells = &grid->cells[(size_t)row * grid->columns];
        struct ph_cell *old = &terminal->shown.cells[(size_t)row * grid->columns];
        unsigned first = 0, end = grid->columns;
        if (terminal->shown_known && !ph_row_changes(cells, old, grid->columns, &first, &end))
            continue;
        fill_cells(terminal, cells, first, end);
        SMALL_RECT region = {(SHORT)(window.Left + (SHORT)first), (SHORT)(window.Top + (SHORT)row),
                             (SHORT)(window.Left + (SHORT)end - 1),
                             (SHORT)(window.Top + (SHORT)row)};
        (void)WriteConsoleOutputW(terminal->screen, terminal->cells,
                                  (COORD){(SHORT)(end - first), 1}, (COORD){0, 0}, &region);
        memcpy(old, cells, grid->columns * sizeof(*cells));
    }
    CONSOLE_CURSOR_INFO cursor = {.dwSize = terminal->cursor.dwSize ? terminal->cursor.dwSize : 25,
                                  .bVisible = grid->cursor};
    (void)SetConsoleCursorInfo(terminal->screen, &cursor);
    if (grid->cursor)
        (void)SetConsoleCursorPosition(terminal->screen,
                                       (COORD){(SHORT)(window.Left + (SHORT)grid->cursor_column),
                                               (SHORT)(window.Top + (SHORT)grid->cursor_row)});
}

void ph_terminal_paint(struct ph_terminal *terminal, const struct ph_grid *grid, bool afresh)
{
    if (grid->columns != terminal->columns || grid->rows != terminal->rows)
        return; /* resized since: PH_KEY_RESIZE comes */
    terminal->shown_known = terminal->shown_known && !afresh;
    if (terminal->vt) {
        PH_GUARD(ph_text_fini) struct ph_text frame = {0};
        ph_vt_paint(grid, &terminal->shown, terminal->shown_known, terminal->colour, &frame);
        if (frame.failed)
            return;
        send(terminal, frame.data, frame.size);
    } else {
        paint_cells(terminal, grid);
    }
    terminal->shown_known = true;
}

/* ------------------------------------------------------------------ keys */

static uint32_t resized(struct ph_terminal *terminal)
{
    bool changed = false;
    struct ph_error *error = measure(terminal, &changed);

    ph_error_free(error); /* no memory: the old size stays */
    return changed ? PH_KEY_RESIZE : 0;
}

/* The next key that is there already; 0 when there is none. */
static uint32_t pending_key(struct ph_terminal *terminal)
{
    INPUT_RECORD record;
    DWORD count = 0;

    if (terminal->repeats) {
        terminal->repeats--;
        return terminal->repeated;
    }
    while (GetNumberOfConsoleInputEvents(terminal->input, &count) && count &&
           ReadConsoleInputW(terminal->input, &record, 1, &count) && count) {
        uint32_t key = 0;
        if (record.EventType == WINDOW_BUFFER_SIZE_EVENT)
            key = resized(terminal);
        if (record.EventType == KEY_EVENT) {
            const KEY_EVENT_RECORD *event = &record.Event.KeyEvent;
            const struct ph_console_key one = {event->bKeyDown, event->wVirtualKeyCode,
                                               event->uChar.UnicodeChar, event->dwControlKeyState};
            key = ph_console_key(&terminal->keys, &one);
            terminal->repeated = key;
            terminal->repeats = key && event->wRepeatCount > 1 ? event->wRepeatCount - 1u : 0;
        }
        if (key)
            return key;
    }
    return 0;
}

uint32_t ph_terminal_key(struct ph_terminal *terminal, int64_t timeout_ns)
{
    int64_t deadline_ns = timeout_ns < 0 ? INT64_MAX : ph_boottime_ns() + timeout_ns;

    while (!ph_interrupted()) {
        HANDLE waited[] = {terminal->woken, terminal->input};
        int64_t now = ph_boottime_ns();
        uint32_t key = pending_key(terminal);
        if (!key && now - terminal->measured_ns >= SIZE_EVERY)
            key = resized(terminal);
        if (key)
            return key;
        int64_t left = deadline_ns == INT64_MAX ? SIZE_EVERY : deadline_ns - now;
        left = left > SIZE_EVERY ? SIZE_EVERY : left;
        /* an interrupt is noticed by the console's own event for Ctrl-C, or within a second */
        DWORD result =
            WaitForMultipleObjects(2, waited, FALSE, left <= 0 ? 0 : (DWORD)(left / 1000000 + 1));
        if (result == WAIT_OBJECT_0)
            return PH_KEY_WAKE;
        if (result == WAIT_FAILED)
            return PH_KEY_GONE;
        if (result == WAIT_TIMEOUT && deadline_ns != INT64_MAX && ph_boottime_ns() >= deadline_ns)
            return PH_KEY_NONE;
    }
    return PH_KEY_NONE;
}

void ph_terminal_wake(struct ph_terminal *terminal)
{
    (void)SetEvent(terminal->woken);
}
