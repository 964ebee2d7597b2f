/* top.h - the state of `poolhound top`, and what its files share.
 *
 * One thread draws and takes keys; the monitor's threads only wake it. A view is rendered to text
 * while the monitor is locked, laid into the grid, and painted after that.
 */
#ifndef PH_FRONT_TUI_TOP_H
#define PH_FRONT_TUI_TOP_H

#include "app/monitor.h"
#include "app/toprows.h"
#include "front/front.h"
#include "front/tui/cells.h"
#include "front/tui/patterns.h"
#include "front/tui/prompt.h"
#include "front/tui/terminal.h"

enum ph_view {
    PH_VIEW_TABLE = 1 << 0,
    PH_VIEW_DETAIL = 1 << 1,
    PH_VIEW_SYSTEM = 1 << 2,
    PH_VIEW_HELP = 1 << 3,
    PH_VIEW_ALL = PH_VIEW_TABLE | PH_VIEW_DETAIL | PH_VIEW_SYSTEM | PH_VIEW_HELP,
    PH_VIEW_DATA = PH_VIEW_ALL & ~PH_VIEW_HELP
};

/* What keys need of the monitor's state, as of the last drawing. */
struct ph_top_facts {
    bool live, paused, ended, seeking, sessions, marked, any;
    uint64_t readings, of;
    int64_t interval_ns;
    double speed;
    enum ph_time_kind time_kind;
    int64_t time_ns; /* of the newest reading */
};

struct ph_top {
    const struct ph_arguments *arguments;
    struct ph_monitor *monitor;
    struct ph_terminal *terminal;
    struct ph_style style;
    unsigned screen_rows;

    enum ph_view view, behind; /* behind: where help goes back to */
    struct ph_top_choice choice;
    struct ph_patterns includes, excludes;
    bool totals, highlight;
    struct ph_top_rows rows; /* of the last drawing: its pointers are stale */
    size_t row_count;
    struct ph_top_widths widths; /* of the live table, since the last key that changed it */
    /* The selected row follows its series once it was chosen by hand. */
    bool pinned;
    uint32_t series;        /* of the selected row; UINT32_MAX = ph_top_select() tells */
    size_t selected, first; /* rows */
    size_t page;            /* rows that the screen holds */
    /* of a text that is longer than the screen */
    size_t scroll, lines;
    char *find; /* owned; what was searched for last; NULL */

    struct ph_prompt prompt;
    struct ph_error *(*answer)(struct ph_top *top, const char *text); /* NULL: no prompt is open */
    struct ph_error *(*confirmed)(struct ph_top *top);                /* after y */
    char *file;                                                       /* to be confirmed */

    struct ph_top_facts facts;
    struct ph_text message; /* what the last key did */
    bool message_is_error;
    int64_t said_ns;        /* boottime of the message */
    struct ph_text trouble; /* why the last reading failed, and how old the data are; of texts */
    struct ph_grid grid;
    struct ph_text text; /* the view */
    bool afresh, quit;
};

/* --- top_view.c --- */
/* Draws the present view into the grid. Error: out of memory. */
struct ph_error *ph_top_draw(struct ph_top *top) PH_MUST_CHECK;
/* Sorted and filtered rows of the state, into top->rows; only while locked. */
struct ph_error *ph_top_collect(struct ph_top *top,
                                const struct ph_monitor_state *state) PH_MUST_CHECK;
/* Finds out which series the selected row is, for keys that come before the next drawing. */
struct ph_error *ph_top_select(struct ph_top *top) PH_MUST_CHECK;

/* --- top_keys.c --- */
struct ph_top_key {
    uint32_t keys[10]; /* of terminal.h; the rest 0 */
    const char *name;  /* on the help page, at most 8 columns */
    const char *help;  /* at most 28 columns */
    unsigned views;    /* where it counts */
    struct ph_error *(*act)(struct ph_top *top, uint32_t key);
};
extern const struct ph_top_key ph_top_keys[];
extern const size_t ph_top_key_count;
/* Takes one key; what goes wrong becomes a message. */
void ph_top_press(struct ph_top *top, uint32_t key);
/* Says it in the last line, until the next key, or for a while where a reading fails meanwhile. */
void ph_top_say(struct ph_top *top, const char *format, ...) PH_PRINTF(2, 3);
/* Opens a prompt; `answer` gets what was typed. */
void ph_top_ask(struct ph_top *top, const char *title, struct ph_slice text,
                struct ph_error *(*answer)(struct ph_top *top, const char *text));

/* --- top_help.c --- */
/* The help page: two keys a line where the width allows. */
void ph_top_help(unsigned columns, struct ph_text *out);

/* --- top_time.c: keys that move in time --- */
struct ph_error *ph_top_pause(struct ph_top *top, uint32_t key);
struct ph_error *ph_top_interval(struct ph_top *top, uint32_t key);
struct ph_error *ph_top_refresh(struct ph_top *top, uint32_t key);
struct ph_error *ph_top_mark(struct ph_top *top, uint32_t key);
struct ph_error *ph_top_step(struct ph_top *top, uint32_t key);
struct ph_error *ph_top_jump(struct ph_top *top, uint32_t key);
struct ph_error *ph_top_speed(struct ph_top *top, uint32_t key);
struct ph_error *ph_top_go(struct ph_top *top, uint32_t key);

/* --- top_save.c: keys that write files --- */
struct ph_error *ph_top_save_screen(struct ph_top *top, uint32_t key);
struct ph_error *ph_top_save_report(struct ph_top *top, uint32_t key);

#endif
