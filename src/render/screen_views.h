/* screen_views.h - the texts of `poolhound top` and `poolhound sys`. */
#ifndef PH_RENDER_SCREEN_VIEWS_H
#define PH_RENDER_SCREEN_VIEWS_H

#include "model/screens.h"
#include "render/plots.h"
#include "render/render.h"

/* --- the live table --- */
struct ph_top_layout {
    size_t first_line, lines; /* the screen's lines that rows of the table stand on */
    size_t selected_line;     /* of the selected row; SIZE_MAX = it is not on the screen */
};
/* Exactly `rows` lines of at most style->columns columns. Which line is the selected row is told,
 * not shown: that is the terminal's. */
struct ph_error *ph_screen_top(const struct ph_top_report *report, const struct ph_style *style,
                               unsigned rows, struct ph_top_layout *layout,
                               struct ph_text *out) PH_MUST_CHECK;

/* --- the kernel-memory panel --- */
/* The table, then a plot for each row with a history. `rows`: lines of the screen; the plots are as
 * high as suits it, and those that do not fit are below its end. 0 = unknown. */
struct ph_error *ph_screen_system(const struct ph_sys_report *report, const struct ph_style *style,
                                  unsigned rows, struct ph_text *out) PH_MUST_CHECK;
struct ph_error *ph_json_system(const struct ph_sys_report *report,
                                struct ph_text *out) PH_MUST_CHECK;
/* A row was read at least twice, and not as nothing: it can be drawn. */
bool ph_sys_has_plot(const struct ph_sys_report *report, size_t row);
struct ph_error *ph_sys_plot(const struct ph_sys_report *report, size_t row,
                             struct ph_plot *plot) PH_MUST_CHECK;

/* --- one tag --- */
/* All of it, however long; `chart_rows` lines for each plot, 0 = no plots. */
struct ph_error *ph_screen_detail(const struct ph_detail_report *report,
                                  const struct ph_style *style, unsigned chart_rows,
                                  struct ph_text *out) PH_MUST_CHECK;

#endif
