/* A terminal by ncurses (terminfo): the only file that knows it.
 *
 * Signals: SIGWINCH, SIGTSTP, SIGCONT and the interrupts of base/os.h write to one eventfd that is
 * waited for together with the keyboard, whichever thread they are delivered to. ncurses has its
 * own handlers for some of them, but installs none where another one stands already.
 */
#include "front/tui/terminal.h"

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <term.h>
/* term.h names its macros without a prefix */
#undef columns
#undef lines

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "base/os.h"

enum {
    ESCAPE_MS = 25,  /* how long ESC waits for the rest of a function key */
    EMPTY_MOST = 50, /* wake-ups by a keyboard that gives nothing: it is gone */
    COLOURS = 5
};

struct ph_terminal {
    SCREEN *screen;
    FILE *out; /* the terminal under a descriptor of ncurses' own, see collect() */
    int page;  /* memory file; -1 = none */
    bool colour;
    unsigned columns, rows;
    struct ph_grid shown; /* what the terminal shows, as far as we know */
    bool shown_known;
    cchar_t *line; /* room for one row */
    size_t line_capacity;
    unsigned empty; /* see EMPTY_MOST */
    bool behind;    /* a paint was left out because the line was busy */
};

/* ------------------------------------------------------------------ signals */

static const int CAUGHT[] = {SIGWINCH, SIGTSTP, SIGCONT, SIGINT, SIGQUIT, SIGTERM, SIGHUP};
enum { CAUGHT_COUNT = sizeof(CAUGHT) / sizeof(CAUGHT[0]) };

static struct sigaction before[CAUGHT_COUNT];
static bool caught[CAUGHT_COUNT];
static volatile sig_atomic_t event = -1; /* eventfd */
static volatile sig_atomic_t resized, stopping, continued;
static atomic_bool woken;

static void raise_event(void)
{
    static const uint64_t one = 1;
    int kept = errno;

    if (event >= 0)
        (void)!write((int)event, &one, sizeof(one));
    errno = kept;
}

static void on_signal(int number)
{
    if (number == SIGWINCH)
        resized = 1;
    else if (number == SIGTSTP)
        stopping = 1;
    else if (number == SIGCONT)
        continued = 1;
    for (size_t i = 0; i < CAUGHT_COUNT; i++) /* those of ph_catch_interrupts() */
        if (CAUGHT[i] == number && before[i].sa_handler != SIG_DFL &&
            before[i].sa_handler != SIG_IGN)
            before[i].sa_handler(number);
    raise_event();
}

static bool catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    bool all = true;

    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < CAUGHT_COUNT; i++) {
        bool known = !sigaction(CAUGHT[i], NULL, &before[i]);
        /* What whoever started us has switched off stays so (nohup); an interrupt that nobody
         * catches ends the process. SIGWINCH, SIGTSTP and SIGCONT have meanings by default. */
        bool ours =
            known && before[i].sa_handler != SIG_IGN && (i < 3 || before[i].sa_handler != SIG_DFL);
        caught[i] = ours && !sigaction(CAUGHT[i], &action, NULL);
        all = all && known && (!ours || caught[i]);
    }
    return all;
}

static void release_signals(void)
{
    for (size_t i = 0; i < CAUGHT_COUNT; i++)
        if (caught[i])
            (void)sigaction(CAUGHT[i], &before[i], NULL);
    memset(caught, 0, sizeof(caught));
}

/* ------------------------------------------------------------------ the line */

static bool can_write(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};

    return poll(&output, 1, 0) > 0 && (output.revents & POLLOUT);
}

/* Who is told to end does not wait for a line that nobody reads, or that is stopped: what is still
 * on its way is thrown away and the line is started again, so that the terminal can be given back.
 * A stop by Ctrl-S ends only by way of one of our own. */
static void free_line(void)
{
    if (!ph_interrupted() || can_write())
        return;
    (void)tcflush(STDOUT_FILENO, TCOFLUSH);
    (void)tcflow(STDOUT_FILENO, TCOOFF);
    (void)tcflow(STDOUT_FILENO, TCOON);
}

/* ------------------------------------------------------------------ open and close */

/* True when TERM names a terminal whose cursor can be placed. */
static struct ph_error *check_terminal(void)
{
    const char *name = getenv("TERM");
    int status = 0;

    if (!ph_is_terminal(stdout) || !ph_is_terminal(stdin))
        return ph_errorf(PH_ERR_USAGE,
                         "standard %s is no terminal: 'poolhound snap' prints one reading",
                         ph_is_terminal(stdout) ? "input" : "output");
    if (!name || !*name)
        return ph_errorf(PH_ERR_USAGE, "TERM is not set: it must name the terminal "
                                       "(TERM=xterm works on most)");
    if (setupterm(NULL, STDOUT_FILENO, &status) != OK)
        return ph_errorf(PH_ERR_USAGE,
                         "TERM=%s: no such terminal is known here; TERM=xterm works on most", name);
    bool able = cursor_address && clear_screen;
    (void)del_curterm(cur_term);
    if (!able)
        return ph_errorf(PH_ERR_USAGE,
                         "TERM=%s: this terminal cannot place its cursor; 'poolhound snap' prints "
                         "one reading",
                         name);
    return NULL;
}

static void start_colours(struct ph_terminal *terminal, bool wanted)
{
    static const short COLOUR[COLOURS] = {COLOR_RED, COLOR_GREEN, COLOR_YELLOW, COLOR_BLUE,
                                          COLOR_CYAN};

    if (!wanted || !has_colors() || start_color() != OK)
        return;
    short behind = use_default_colors() == OK ? -1 : COLOR_BLACK;
    terminal->colour = true;
    for (int i = 0; i < COLOURS; i++)
        terminal->colour = init_pair((short)(i + 1), COLOUR[i], behind) == OK && terminal->colour;
}

static struct ph_error *measure(struct ph_terminal *terminal)
{
    unsigned columns, rows;
    struct winsize window;

    ph_terminal_size(&columns, &rows);
    /* COLUMNS and LINES, which count first there, do not follow a window that is resized. */
    if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) && window.ws_col && window.ws_row) {
        columns = window.ws_col;
        rows = window.ws_row;
    }
    if (terminal->columns == columns && terminal->rows == rows)
        return NULL;
    PH_TRY(
        ph_grow(&terminal->line, &terminal->line_capacity, columns + 1, sizeof(*terminal->line)));
    PH_TRY(ph_grid_resize(&terminal->shown, columns, rows));
    if (is_term_resized((int)rows, (int)columns))
        (void)resizeterm((int)rows, (int)columns);
    terminal->shown_known = false;
    terminal->columns = columns;
    terminal->rows = rows;
    return NULL;
}

/* A descriptor for ncurses alone. */
static struct ph_error *own_output(struct ph_terminal *terminal)
{
    int own = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

    if (own >= 0)
        terminal->out = fdopen(own, "w");
    if (terminal->out)
        return NULL;
    struct ph_error *error = ph_error_errno(errno, "standard output");
    if (own >= 0)
        (void)close(own);
    return error;
}

struct ph_error *ph_terminal_open(bool colour, const char *screen, struct ph_terminal **terminal)
{
    if (strcmp(screen, "auto") != 0)
        return ph_errorf(PH_ERR_USAGE,
                         "--screen %s: only Windows has more than one way to paint; leave it out",
                         screen);
    PH_TRY(check_terminal());
    PH_GUARD(ph_terminal_closep) struct ph_terminal *fresh = ph_zalloc(1, sizeof(*fresh));
    if (!fresh)
        return ph_error_nomem();
    fresh->page = memfd_create("screen", MFD_CLOEXEC);
    PH_TRY(own_output(fresh));
    event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (event < 0)
        return ph_error_errno(errno, "cannot make an eventfd");
    if (!catch_signals())
        return ph_error_errno(errno, "cannot catch signals");
    (void)ph_locale_is_utf8(); /* ncurses asks for the locale, too */
    fresh->screen = newterm(NULL, fresh->out, stdin);
    if (!fresh->screen)
        return ph_errorf(PH_ERR_IO, "cannot take over the terminal");
    (void)set_escdelay(ESCAPE_MS);
    (void)cbreak();
    (void)noecho();
    (void)nonl();
    (void)intrflush(stdscr, FALSE);
    (void)keypad(stdscr, TRUE);
    (void)nodelay(stdscr, TRUE);
    (void)leaveok(stdscr, FALSE);
    (void)typeahead(-1); /* no looks at the keyboard amid a screen: it is read right after */
    start_colours(fresh, colour);
    PH_TRY(measure(fresh));
    *terminal = ph_steal(fresh);
    return NULL;
}

void ph_terminal_close(struct ph_terminal *terminal)
{
    if (!terminal)
        return;
    if (terminal->screen) {
        free_line();
        (void)curs_set(1);
        (void)endwin();
        delscreen(terminal->screen);
    }
    if (terminal->out)
        (void)fclose(terminal->out);
    if (terminal->page >= 0)
        (void)close(terminal->page);
    release_signals();
    if (event >= 0)
        (void)close((int)event);
    event = -1;
    resized = stopping = continued = 0;
    ph_grid_fini(&terminal->shown);
    ph_free(terminal->line);
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

/* ------------------------------------------------------------------ painting */

/* Without colours bold and underline carry what a colour says: an alarm both, a warning one. */
static attr_t attributes(const struct ph_terminal *terminal, uint32_t look, short *pair)
{
    static const struct {
        uint16_t look;
        short pair;
        attr_t instead;
    } TABLE[COLOURS] = {{PH_CELL_RED, 1, A_BOLD | A_UNDERLINE},
                        {PH_CELL_GREEN, 2, A_NORMAL},
                        {PH_CELL_YELLOW, 3, A_BOLD},
                        {PH_CELL_BLUE, 4, A_NORMAL},
                        {PH_CELL_CYAN, 5, A_NORMAL}};
    attr_t result = (look & PH_CELL_BOLD ? A_BOLD : 0) | (look & PH_CELL_DIM ? A_DIM : 0) |
                    (look & PH_CELL_UNDERLINE ? A_UNDERLINE : 0) |
                    (look & PH_CELL_REVERSE ? A_REVERSE : 0);

    *pair = 0;
    for (size_t i = 0; i < COLOURS; i++)
        if (look & TABLE[i].look) {
            *pair = terminal->colour ? TABLE[i].pair : 0;
            result |= terminal->colour ? 0 : TABLE[i].instead;
        }
    return result;
}

/* The character of a cell as the locale can show it: what it cannot, or shows in another width than
 * we think, becomes question marks. True when it is wide. */
static bool character_of(const struct ph_cell *cells, unsigned at, unsigned columns,
                         wchar_t text[3])
{
    bool wide = at + 1 < columns && !cells[at + 1].rune;

    text[0] = (wchar_t)cells[at].rune;
    text[1] = text[2] = 0;
    if (text[0] >= ' ' && text[0] < 0x7f && !wide && !cells[at].marks)
        return false;
    if (!text[0] || wcwidth(text[0]) != (wide ? 2 : 1)) {
        text[0] = L'?';
        return false;
    }
    if (cells[at].marks && wcwidth((wchar_t)cells[at].marks) == 0)
        text[1] = (wchar_t)cells[at].marks;
    return wide;
}

/* The cells from `first` up to `end` as ncurses wants them: one item a character, wide ones too. */
static int line_of(struct ph_terminal *terminal, const struct ph_cell *cells, unsigned first,
                   unsigned end)
{
    uint32_t look = UINT32_MAX;
    attr_t attribute = A_NORMAL;
    short pair = 0;
    int count = 0;

    for (unsigned i = first; i < end; i++) {
        wchar_t text[3];
        bool wide = character_of(cells, i, terminal->columns, text);
        if (cells[i].look != look) {
            look = cells[i].look;
            attribute = attributes(terminal, look, &pair);
        }
        if (setcchar(&terminal->line[count], text, attribute, pair, NULL) == OK)
            count++;
        i += wide;
    }
    return count;
}

/* Hands over what differs in a row: from the first cell that does up to the last. */
static void paint_row(struct ph_terminal *terminal, unsigned row, const struct ph_cell *cells,
                      struct ph_cell *old)
{
    unsigned columns = terminal->columns, first = 0, end = columns;
    bool known = terminal->shown_known;

    while (known && first < end && !memcmp(&cells[first], &old[first], sizeof(*cells)))
        first++;
    if (first == end)
        return;
    while (known && !memcmp(&cells[end - 1], &old[end - 1], sizeof(*cells)))
        end--;
    while (first && (!cells[first].rune || !old[first].rune)) /* never half of a character */
        first--;
    while (end < columns && (!cells[end].rune || !old[end].rune))
        end++;
    memcpy(&old[first], &cells[first], (end - first) * sizeof(*cells));
    int count = line_of(terminal, cells, first, end);
    (void)mvadd_wchnstr((int)row, (int)first, terminal->line, count);
}

/* ncurses sends each move of the cursor by itself, and every such write wakes whoever draws the
 * terminal, or is a packet on its way there. So it writes into memory, and a screen is sent as one
 * piece. False: it writes to the terminal as ever. */
static bool collect(struct ph_terminal *terminal)
{
    return terminal->page >= 0 && lseek(terminal->page, 0, SEEK_SET) == 0 &&
           dup3(terminal->page, fileno(terminal->out), O_CLOEXEC) >= 0;
}

static void send_collected(struct ph_terminal *terminal)
{
    char piece[16384];
    off_t size = lseek(terminal->page, 0, SEEK_CUR), at = 0;

    (void)dup3(STDOUT_FILENO, fileno(terminal->out), O_CLOEXEC);
    while (at < size) {
        size_t want = size - at < (off_t)sizeof(piece) ? (size_t)(size - at) : sizeof(piece);
        ssize_t got = pread(terminal->page, piece, want, at);
        if (got <= 0)
            return;
        for (ssize_t done = 0; done < got;) {
            struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
            ssize_t put = write(STDOUT_FILENO, piece + done, (size_t)(got - done));
            if (put > 0)
                done += put;
            else if (put == 0 || (errno != EAGAIN && errno != EINTR) || ph_interrupted())
                return; /* it went away, as the keyboard tells, too; or we are to end */
            else if (errno == EAGAIN)
                (void)poll(&output, 1, -1);
        }
        at += got;
    }
}

void ph_terminal_paint(struct ph_terminal *terminal, const struct ph_grid *grid, bool afresh)
{
    struct ph_grid *shown = &terminal->shown;

    if (grid->columns != shown->columns || grid->rows != shown->rows)
        return; /* resized since: PH_KEY_RESIZE comes */
    /* On a stopped or slow line we do not wait: the next time paints what is new by then. */
    terminal->behind = !can_write();
    terminal->shown_known = terminal->shown_known && !afresh;
    if (terminal->behind)
        return;
    if (!terminal->shown_known)
        (void)clearok(curscr, TRUE);
    bool collected = collect(terminal);
    for (unsigned row = 0; row < grid->rows; row++)
        paint_row(terminal, row, &grid->cells[(size_t)row * grid->columns],
                  &shown->cells[(size_t)row * grid->columns]);
    terminal->shown_known = true;
    if (shown->cursor != grid->cursor)
        (void)curs_set(grid->cursor);
    shown->cursor = grid->cursor;
    (void)move(grid->cursor ? (int)grid->cursor_row : (int)grid->rows - 1,
               grid->cursor ? (int)grid->cursor_column : 0);
    (void)refresh();
    if (collected)
        send_collected(terminal);
}

/* ------------------------------------------------------------------ keys */

/* A key that ncurses has; 0 = none of ours. */
static uint32_t key_of(bool function, wint_t key)
{
    static const struct {
        wint_t curses;
        uint32_t ours;
    } TABLE[] = {
        {KEY_UP, PH_KEY_UP},         {KEY_DOWN, PH_KEY_DOWN},
        {KEY_LEFT, PH_KEY_LEFT},     {KEY_RIGHT, PH_KEY_RIGHT},
        {KEY_PPAGE, PH_KEY_PAGE_UP}, {KEY_NPAGE, PH_KEY_PAGE_DOWN},
        {KEY_HOME, PH_KEY_HOME},     {KEY_END, PH_KEY_END},
        {KEY_FIND, PH_KEY_HOME},     {KEY_SELECT, PH_KEY_END},
        {KEY_DC, PH_KEY_DELETE},     {KEY_ENTER, PH_KEY_ENTER},
        {KEY_RESIZE, PH_KEY_RESIZE}, {KEY_BACKSPACE, PH_KEY_BACKSPACE},
    };

    if (!function)
        return key == 13 ? PH_KEY_ENTER : key == 127 ? PH_KEY_BACKSPACE : (uint32_t)key;
    for (size_t i = 0; i < sizeof(TABLE) / sizeof(TABLE[0]); i++)
        if (TABLE[i].curses == key)
            return TABLE[i].ours;
    return 0;
}

/* The next key that is there already; false when there is none. */
static bool pending_key(struct ph_terminal *terminal, uint32_t *key)
{
    wint_t got;

    for (;;) {
        int kind = get_wch(&got);
        if (kind == ERR)
            return false;
        terminal->empty = 0;
        *key = key_of(kind == KEY_CODE_YES, got);
        if (*key)
            return true;
    }
}

/* Stops as every program does on Ctrl-Z, with the terminal given back meanwhile. A process that
 * nobody could continue (no shell) is not stopped by the kernel. */
static void stop(void)
{
    struct sigaction ours, standard = {.sa_handler = SIG_DFL};

    stopping = 0;
    (void)endwin();
    (void)sigemptyset(&standard.sa_mask);
    if (sigaction(SIGTSTP, &standard, &ours))
        return;
    (void)kill(getpid(), SIGTSTP);
    (void)sigaction(SIGTSTP, &ours, NULL);
    continued = 1;
}

/* What signals asked for: the key that the caller is told, or 0. */
static uint32_t take_event(struct ph_terminal *terminal)
{
    uint64_t count;

    (void)!read((int)event, &count, sizeof(count));
    if (stopping)
        stop();
    if (resized || continued) {
        if (continued) {
            (void)reset_prog_mode();
            (void)clearok(curscr, TRUE);
            terminal->shown_known = false;
        }
        resized = continued = 0;
        struct ph_error *error = measure(terminal);
        ph_error_free(error); /* no memory: the old size stays */
        return PH_KEY_RESIZE;
    }
    return atomic_exchange(&woken, false) ? PH_KEY_WAKE : 0;
}

static int milliseconds_until(int64_t deadline_ns)
{
    if (deadline_ns == INT64_MAX)
        return -1;
    int64_t left = deadline_ns - ph_boottime_ns();
    return left <= 0 ? 0 : left > 3600 * PH_SECOND ? 3600000 : (int)((left + 999999) / 1000000);
}

uint32_t ph_terminal_key(struct ph_terminal *terminal, int64_t timeout_ns)
{
    int64_t deadline_ns = timeout_ns < 0 ? INT64_MAX : ph_boottime_ns() + timeout_ns;
    uint32_t key = PH_KEY_NONE;

    while (!ph_interrupted()) {
        struct pollfd waited[] = {{.fd = (int)event, .events = POLLIN},
                                  {.fd = STDIN_FILENO, .events = POLLIN},
                                  {.fd = terminal->behind ? STDOUT_FILENO : -1, .events = POLLOUT}};
        if (pending_key(terminal, &key))
            return key;
        int ready = poll(waited, 3, milliseconds_until(deadline_ns));
        if (ready < 0 && errno != EINTR)
            return PH_KEY_GONE;
        if (waited[1].revents & (POLLHUP | POLLERR | POLLNVAL))
            return PH_KEY_GONE;
        if ((waited[1].revents & POLLIN) && ++terminal->empty > EMPTY_MOST)
            return PH_KEY_GONE;
        if (ready > 0 && waited[0].revents && (key = take_event(terminal)))
            return key;
        if (waited[2].revents) {
            terminal->behind = false;
            return PH_KEY_WAKE;
        }
        if (!ready)
            return PH_KEY_NONE;
    }
    return PH_KEY_NONE;
}

void ph_terminal_wake(struct ph_terminal *terminal)
{
    (void)terminal;
    atomic_store(&woken, true);
    raise_event();
}
