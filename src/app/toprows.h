/* toprows.h - which rows the live table shows, in which order, with their changes. */
#ifndef PH_APP_TOPROWS_H
#define PH_APP_TOPROWS_H

#include "app/monitor.h"
#include "app/select.h"
#include "model/screens.h"

struct ph_top_choice {
    struct ph_selection selection; /* its patterns and pools; its order is not used */
    enum ph_top_column sort;
    bool reverse;
    bool by_change;  /* by the change of the sort column, largest first, whatever its sign */
    bool since_mark; /* changes since the mark, if there is one */
    int session;     /* PH_TOP_SYSTEM_POOL, ... */
};

struct ph_top_rows {
    struct ph_top_row *items; /* owned; borrows from the state: only while the monitor is locked */
    size_t count, capacity;
    size_t in_all; /* before the filters */
    size_t growing, leaking;
    double change_s;
};

/* Replaces `rows`. Unknown values sort behind every known one in either direction; ties in order of
 * the tag. Error: out of memory. */
struct ph_error *ph_top_rows(struct ph_monitor *monitor, const struct ph_monitor_state *state,
                             const struct ph_top_choice *choice,
                             struct ph_top_rows *rows) PH_MUST_CHECK;
/* The same without a monitor: `owner` gives the names; NULL = nobody knows any. */
struct ph_error *ph_top_rows_of(const struct ph_monitor_state *state,
                                const struct ph_top_choice *choice,
                                const char *(*owner)(void *context, uint32_t series, bool *named),
                                void *context, struct ph_top_rows *rows) PH_MUST_CHECK;
void ph_top_rows_fini(struct ph_top_rows *rows);
/* True when a reading holds session pools. */
bool ph_top_has_sessions(const struct ph_monitor_state *state);

#endif
