/* poolmon_snap.h - one reading in poolmon's own snapshot layout, for scripts that parse it.
 *
 * The newer of the two known layouts, byte for byte; its description is at the head of the .c file.
 * Types are poolmon's two: what Linux cannot give back is Nonp, what it can is Paged.
 */
#ifndef PH_RENDER_POOLMON_SNAP_H
#define PH_RENDER_POOLMON_SNAP_H

#include "model/report.h"

/* Which lines the layout cannot carry truthfully; for a note to the user. */
struct ph_snap_account {
    size_t rows;
    size_t unknown;      /* rows with a number that is not known: written as 0 */
    size_t long_tags;    /* tags of more than four characters: cut, the whole one behind the row */
    size_t odd_tags;     /* tags with bytes that cannot be printed: `.` for each */
    size_t session_rows; /* in a part of their own, below a title */
    size_t header_unknown; /* numbers of the two header lines, of ten: written as 0 */
};

/* `newline` is the system's: "\r\n" on Windows, "\n" elsewhere. */
void ph_render_poolmon_snap(const struct ph_reading_report *report, const char *newline,
                            struct ph_text *out, struct ph_snap_account *account);

#endif
