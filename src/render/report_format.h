/* report_format.h - reports of a hunt that are written to a file: the file's name decides.
 *
 * Recipe for a new format: one row in report_format.c.
 */
#ifndef PH_RENDER_REPORT_FORMAT_H
#define PH_RENDER_REPORT_FORMAT_H

#include "base/error.h"
#include "base/text.h"
#include "model/report.h"

struct ph_report_format {
    const char *suffix; /* ".html" */
    /* Appends the whole file. Error: out of memory. */
    struct ph_error *(*render)(const struct ph_hunt_report *report, struct ph_text *out);
};

/* All formats, ended by a row without suffix. */
extern const struct ph_report_format ph_report_formats[];

/* The format for a file of this name, upper and lower case alike. Error: PH_ERR_USAGE, which names
 * the formats there are. */
struct ph_error *ph_report_format_find(const char *file_name,
                                       const struct ph_report_format **format) PH_MUST_CHECK;

/* The parts of the table that have files of their own. */
struct ph_error *ph_html_report(const struct ph_hunt_report *report, struct ph_text *out);
struct ph_error *ph_markdown_report(const struct ph_hunt_report *report, struct ph_text *out);

#endif
