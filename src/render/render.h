/* render.h - reports to bytes. Pure: everything goes into a ph_text.
 *
 * Recipe for a new output: one file with a `const struct ph_renderer`, one row in render.c.
 */
#ifndef PH_RENDER_RENDER_H
#define PH_RENDER_RENDER_H

#include "base/error.h"
#include "model/owner.h"
#include "model/report.h"

struct ph_style {
    bool colour;      /* ANSI colours */
    bool utf8;        /* block characters in trend pictures, otherwise ASCII */
    unsigned columns; /* of the terminal */
};

struct ph_renderer {
    const char *id; /* "text", "json", "csv" */
    struct ph_error *(*reading)(const struct ph_reading_report *report,
                                const struct ph_style *style, struct ph_text *out);
    struct ph_error *(*hunt)(const struct ph_hunt_report *report, const struct ph_style *style,
                             struct ph_text *out);
    struct ph_error *(*diff)(const struct ph_diff_report *report, const struct ph_style *style,
                             struct ph_text *out);
    struct ph_error *(*owner)(const struct ph_owner_report *report, const struct ph_style *style,
                              struct ph_text *out);
    struct ph_error *(*scan)(const struct ph_scan_report *report, const struct ph_style *style,
                             struct ph_text *out);
    struct ph_error *(*identity)(const struct ph_identity_report *report,
                                 const struct ph_style *style, struct ph_text *out);
};

extern const struct ph_renderer ph_render_text;
extern const struct ph_renderer ph_render_json;
extern const struct ph_renderer ph_render_csv;

/* NULL when there is no such renderer. */
const struct ph_renderer *ph_renderer_find(const char *id);

/* The tags of a scan as poolmon's localtag.txt: "Tag  - driver.sys - routine, pool". */
struct ph_error *ph_render_localtag(const struct ph_scan_report *report,
                                    struct ph_text *out) PH_MUST_CHECK;
/* The evidence line of a finding, in words; used by text, JSON and later outputs alike. */
void ph_render_evidence(const struct ph_finding *finding, const struct ph_series *series,
                        enum ph_time_kind time_kind, struct ph_text *out);
/* A trend picture of `width` columns. */
void ph_render_trend(const struct ph_trend *trend, size_t width, bool utf8, struct ph_text *out);

#endif
