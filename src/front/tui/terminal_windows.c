/* Windows' console: painted by sequences where it understands them (Windows 10 and later),
 * otherwise by cells; keys as events.
 *
 * Wine's console takes the mode for sequences and does not follow it, so it gets cells. Sequences
 * go into a pipe as well ("vt"): the console still has the keys and the size.
 */
#include <windows.h>

#include <string.h>

#include "base/os.h"
#include "base/wide_windows.h"
#include "front/tui/console_cells.h"
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
    bool begun;   /* the sequences that take over were sent */
    bool gone;    /* nobody reads the sequences, or the console is no more */
    HANDLE woken; /* event */
    DWORD input_mode, screen_mode;
    bool have_input_mode, have_screen_mode;
    CONSOLE_CURSOR_INFO cursor;
    COORD cursor_at;
    unsigned columns, rows;
    COORD origin; /* of the window when it was measured; it may be scrolled since */
    struct ph_grid shown;
    bool shown_known;
    uint16_t usual; /* attributes of the console's text */
    struct ph_console_cell *row;
    CHAR_INFO *cells; /* room for a row, as `row` has */
    CHAR_INFO *saved; /* what stood in the window; cells only */
    size_t row_capacity, cells_capacity, saved_capacity;
    SMALL_RECT saved_window;
    bool have_saved;
    struct ph_console_keys keys;
    uint32_t repeated; /* the last key, `repeats` times more */
    unsigned repeats;
    int64_t measured_ns;
};

/* ------------------------------------------------------------------ open and close */

static HANDLE console(const wchar_t *name)
{
    return CreateFileW(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                       OPEN_EXISTING, 0, NULL);
}

/* MSYS and Cygwin give their programs pipes with names of this kind for a terminal. */
static bool is_foreign_terminal(DWORD which)
{
    struct {
        FILE_NAME_INFO info;
        wchar_t rest[MAX_PATH];
    } name = {0};

    if (!GetFileInformationByHandleEx(GetStdHandle(which), FileNameInfo, &name,
                                      sizeof(name) - sizeof(wchar_t)))
        return false;
    return (wcsstr(name.info.FileName, L"\\msys-") || wcsstr(name.info.FileName, L"\\cygwin-")) &&
           wcsstr(name.info.FileName, L"-pty");
}

static struct ph_error *check(const char *screen)
{
    bool input = ph_is_terminal(stdin), output = !strcmp(screen, "vt") || ph_is_terminal(stdout);

    if (input && output)
        return NULL;
    if (is_foreign_terminal(input ? STD_OUTPUT_HANDLE : STD_INPUT_HANDLE))
        return ph_errorf(PH_ERR_USAGE, "a terminal of MSYS or Cygwin is no console of Windows: put "
                                       "'winpty' before the command, or use 'poolhound snap'");
    return ph_errorf(PH_ERR_USAGE, "standard %s is no console: 'poolhound snap' prints one reading",
                     input ? "output" : "input");
}

/* `*changed` = the window has another size than before. */
static struct ph_error *measure(struct ph_terminal *terminal, bool *changed)
{
    CONSOLE_SCREEN_BUFFER_INFO facts = {.srWindow = {0, 0, 79, 23}};

    *changed = false;
    terminal->measured_ns = ph_boottime_ns();
    if (!GetConsoleScreenBufferInfo(terminal->screen, &facts) && terminal->columns)
        return NULL;
    unsigned columns = (unsigned)(facts.srWindow.Right - facts.srWindow.Left + 1),
             rows = (unsigned)(facts.srWindow.Bottom - facts.srWindow.Top + 1);
    if (terminal->columns == columns && terminal->rows == rows)
        return NULL;
    PH_TRY(ph_grow(&terminal->row, &terminal->row_capacity, columns + 1, sizeof(*terminal->row)));
    PH_TRY(ph_grow(&terminal->cells, &terminal->cells_capacity, columns + 1,
                   sizeof(*terminal->cells)));
    PH_TRY(ph_grid_resize(&terminal->shown, columns, rows));
    terminal->shown_known = false;
    terminal->columns = columns;
    terminal->rows = rows;
    terminal->origin = (COORD){facts.srWindow.Left, facts.srWindow.Top};
    *changed = true;
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
    bool forced = !strcmp(screen, "vt");
    terminal->sink =
        forced && !ph_is_terminal(stdout) ? GetStdHandle(STD_OUTPUT_HANDLE) : terminal->screen;
    terminal->vt = forced || (!strcmp(screen, "auto") && !ph_in_wine());
    if (terminal->vt && terminal->sink == terminal->screen)
        terminal->vt = SetConsoleMode(terminal->screen, ENABLE_PROCESSED_OUTPUT |
                                                            ENABLE_VIRTUAL_TERMINAL_PROCESSING |
                                                            DISABLE_NEWLINE_AUTO_RETURN) ||
                       forced;
}

/* Sequences: to a console as UTF-16, to a pipe as they are. */
static bool send_sequences(struct ph_terminal *terminal, struct ph_slice bytes)
{
    DWORD put = 0;

    if (terminal->sink != terminal->screen) {
        for (size_t done = 0; done < bytes.size && !terminal->gone; done += put)
            terminal->gone = !WriteFile(terminal->sink, bytes.data + done,
                                        (DWORD)(bytes.size - done), &put, NULL) ||
                             !put;
        return !terminal->gone;
    }
    int count = MultiByteToWideChar(CP_UTF8, 0, bytes.data, (int)bytes.size, NULL, 0);
    ph_autofree wchar_t *wide = ph_zalloc((size_t)count + 1, sizeof(*wide));
    if (!wide)
        return false;
    (void)MultiByteToWideChar(CP_UTF8, 0, bytes.data, (int)bytes.size, wide, count);
    for (DWORD done = 0; done < (DWORD)count; done += put)
        if (!WriteConsoleW(terminal->screen, wide + done, (DWORD)count - done, &put, NULL) || !put)
            return false;
    return true;
}

/* An own screen buffer would be the way, but Windows Terminal hardly handles those. */
static struct ph_error *save_window(struct ph_terminal *terminal)
{
    CONSOLE_SCREEN_BUFFER_INFO facts;

    if (!GetConsoleScreenBufferInfo(terminal->screen, &facts))
        return NULL;
    PH_TRY(ph_grow(&terminal->saved, &terminal->saved_capacity,
                   (size_t)terminal->columns * terminal->rows, sizeof(*terminal->saved)));
    COORD at = terminal->origin, size = {(SHORT)terminal->columns, (SHORT)terminal->rows};
    SMALL_RECT region = {at.X, at.Y, (SHORT)(at.X + size.X - 1), (SHORT)(at.Y + size.Y - 1)};
    terminal->saved_window = region;
    terminal->cursor_at = facts.dwCursorPosition;
    terminal->usual = facts.wAttributes & 0xFF;
    terminal->have_saved =
        ReadConsoleOutputW(terminal->screen, terminal->saved, size, (COORD){0, 0}, &region);
    return NULL;
}

/* Nothing of what we painted stays; what stood in the window before comes back, as far as old
 * consoles, which take 64 KB at most, gave it. */
static void restore_window(const struct ph_terminal *terminal)
{
    SMALL_RECT region = terminal->saved_window;
    COORD size = {(SHORT)(region.Right - region.Left + 1), (SHORT)(region.Bottom - region.Top + 1)};
    COORD at = terminal->origin;
    DWORD put;

    if (!terminal->saved)
        return;
    for (unsigned row = 0; row < terminal->rows; row++) {
        COORD start = {at.X, (SHORT)(at.Y + (SHORT)row)};
        (void)FillConsoleOutputCharacterW(terminal->screen, L' ', terminal->columns, start, &put);
        (void)FillConsoleOutputAttribute(terminal->screen, terminal->usual, terminal->columns,
                                         start, &put);
    }
    if (terminal->have_saved)
        (void)WriteConsoleOutputW(terminal->screen, terminal->saved, size, (COORD){0, 0}, &region);
    (void)SetConsoleCursorPosition(terminal->screen,
                                   terminal->have_saved ? terminal->cursor_at : at);
}

struct ph_error *ph_terminal_open(bool colour, const char *screen, struct ph_terminal **terminal)
{
    bool changed;

    PH_TRY(check(screen));
    PH_GUARD(ph_terminal_closep) struct ph_terminal *fresh = ph_zalloc(1, sizeof(*fresh));
    if (!fresh)
        return ph_error_nomem();
    fresh->colour = colour;
    fresh->usual = FOREGROUND_RED | FOREGROUND_GREEN | FOREGROUND_BLUE;
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
        fresh->begun = send_sequences(fresh, ph_slice_of(ph_vt_begin));
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
    if (terminal->begun)
        (void)send_sequences(terminal, ph_slice_of(ph_vt_end));
    if (!terminal->vt)
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
    ph_free(terminal->row);
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

/* A row's cells from `first` up to `end`, as CHAR_INFO. Wine sends a terminal what a cell holds
 * even where that is the right half of the character before it: there terminals must get what they
 * skip.
 */
static void fill_cells(const struct ph_terminal *terminal, const struct ph_cell *row,
                       unsigned first, unsigned end)
{
    enum { SKIPPED = 0x7F };
    bool wine = ph_in_wine();

    ph_console_cells(row, terminal->columns, first, end, terminal->colour, terminal->usual,
                     terminal->row);
    for (unsigned i = 0; i < end - first; i++) {
        struct ph_console_cell cell = terminal->row[i];
        bool again = wine && (cell.attributes & COMMON_LVB_TRAILING_BYTE);
        terminal->cells[i] = (CHAR_INFO){.Char.UnicodeChar = again ? SKIPPED : cell.unit,
                                         .Attributes = cell.attributes};
    }
}

static void paint_cells(struct ph_terminal *terminal, const struct ph_grid *grid)
{
    COORD at = terminal->origin;

    for (unsigned row = 0; row < grid->rows; row++) {
        const struct ph_cell *cells = &grid->cells[(size_t)row * grid->columns];
        struct ph_cell *old = &terminal->shown.cells[(size_t)row * grid->columns];
        unsigned first = 0, end = grid->columns;
        if (terminal->shown_known && !ph_row_changes(cells, old, grid->columns, &first, &end))
            continue;
        fill_cells(terminal, cells, first, end);
        SHORT line = (SHORT)(at.Y + (SHORT)row);
        SMALL_RECT region = {(SHORT)(at.X + (SHORT)first), line, (SHORT)(at.X + (SHORT)end - 1),
                             line};
        (void)WriteConsoleOutputW(terminal->screen, terminal->cells,
                                  (COORD){(SHORT)(end - first), 1}, (COORD){0, 0}, &region);
        memcpy(old, cells, grid->columns * sizeof(*cells));
    }
    CONSOLE_CURSOR_INFO cursor = {.dwSize = terminal->cursor.dwSize ? terminal->cursor.dwSize : 25,
                                  .bVisible = grid->cursor};
    (void)SetConsoleCursorInfo(terminal->screen, &cursor);
    if (grid->cursor)
        (void)SetConsoleCursorPosition(terminal->screen,
                                       (COORD){(SHORT)(at.X + (SHORT)grid->cursor_column),
                                               (SHORT)(at.Y + (SHORT)grid->cursor_row)});
}

/* False: no memory, or nobody took it; what is shown is not known then. */
static bool paint_sequences(struct ph_terminal *terminal, const struct ph_grid *grid)
{
    PH_GUARD(ph_text_fini) struct ph_text frame = {0};

    ph_vt_paint(grid, &terminal->shown, terminal->shown_known, terminal->colour, &frame);
    return !frame.failed && send_sequences(terminal, ph_text_slice(&frame));
}

void ph_terminal_paint(struct ph_terminal *terminal, const struct ph_grid *grid, bool afresh)
{
    if (grid->columns != terminal->columns || grid->rows != terminal->rows)
        return; /* resized since: PH_KEY_RESIZE comes */
    terminal->shown_known = terminal->shown_known && !afresh;
    if (!terminal->vt)
        paint_cells(terminal, grid);
    terminal->shown_known = !terminal->vt || paint_sequences(terminal, grid);
}

/* ------------------------------------------------------------------ keys */

static uint32_t resized(struct ph_terminal *terminal)
{
    bool changed = false;
    struct ph_error *error = measure(terminal, &changed);

    ph_error_free(error); /* no memory: the old size stays */
    return changed ? PH_KEY_RESIZE : 0;
}

/* The key that an event ends; 0 = none. */
static uint32_t key_of(struct ph_terminal *terminal, const INPUT_RECORD *record)
{
    const KEY_EVENT_RECORD *event = &record->Event.KeyEvent;

    if (record->EventType == WINDOW_BUFFER_SIZE_EVENT)
        return resized(terminal);
    if (record->EventType != KEY_EVENT)
        return 0;
    const struct ph_console_key one = {event->bKeyDown, event->wVirtualKeyCode,
                                       event->uChar.UnicodeChar, event->dwControlKeyState};
    uint32_t key = ph_console_key(&terminal->keys, &one);
    terminal->repeated = key;
    terminal->repeats = key && event->wRepeatCount > 1 ? event->wRepeatCount - 1u : 0;
    return key;
}

/* The next key that is there already; 0 when there is none. */
static uint32_t pending_key(struct ph_terminal *terminal)
{
    INPUT_RECORD record;
    DWORD count = 0;
    uint32_t key = 0;

    if (terminal->repeats) {
        terminal->repeats--;
        return terminal->repeated;
    }
    while (!key) {
        if (!GetNumberOfConsoleInputEvents(terminal->input, &count) ||
            (count && !ReadConsoleInputW(terminal->input, &record, 1, &count))) {
            terminal->gone = true;
            return 0;
        }
        if (!count)
            return 0;
        key = key_of(terminal, &record);
    }
    return key;
}

/* At most until the size is to be looked at again. */
static DWORD milliseconds_until(int64_t deadline_ns)
{
    int64_t left = deadline_ns == INT64_MAX ? SIZE_EVERY : deadline_ns - ph_boottime_ns();

    left = left > SIZE_EVERY ? SIZE_EVERY : left;
    return left <= 0 ? 0 : (DWORD)((left + 999999) / 1000000);
}

uint32_t ph_terminal_key(struct ph_terminal *terminal, int64_t timeout_ns)
{
    int64_t deadline_ns = timeout_ns < 0 ? INT64_MAX : ph_boottime_ns() + timeout_ns;
    HANDLE waited[] = {terminal->woken, terminal->input, ph_wake_handle()};

    while (!ph_interrupted()) {
        uint32_t key = pending_key(terminal);
        if (terminal->gone)
            return PH_KEY_GONE;
        if (!key && ph_boottime_ns() - terminal->measured_ns >= SIZE_EVERY)
            key = resized(terminal);
        if (key)
            return key;
        DWORD result = WaitForMultipleObjects(waited[2] ? 3 : 2, waited, FALSE,
                                              milliseconds_until(deadline_ns));
        if (result == WAIT_OBJECT_0)
            return PH_KEY_WAKE;
        if (result == WAIT_FAILED)
            return PH_KEY_GONE;
        if (result == WAIT_TIMEOUT && ph_boottime_ns() >= deadline_ns)
            return PH_KEY_NONE;
    }
    return PH_KEY_NONE;
}

void ph_terminal_wake(struct ph_terminal *terminal)
{
    (void)SetEvent(terminal->woken);
}
