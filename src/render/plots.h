/* plots.h - charts made of what is known: a series with its floors and its rate, a pool with its
 * limit. A plot owns what its chart points to. */
#ifndef PH_RENDER_PLOTS_H
#define PH_RENDER_PLOTS_H

#include "model/screens.h"
#include "render/chart.h"

struct ph_plot {
    struct ph_chart chart;
    double *numbers; /* owned */
    struct ph_chart_mark *marks;
    char **texts;
    size_t text_count, text_capacity;
};
void ph_plot_fini(struct ph_plot *plot);

/* What was seen of a line of the history, with the events on it (`events` may be NULL; boots and
 * driver loads, not starts) and, with limit >= 0, the limit. */
struct ph_error *ph_plot_line(const struct ph_history *history, const struct ph_history_line *line,
                              const char *title, int64_t limit_bytes,
                              const struct ph_event_list *events, enum ph_time_kind time_kind,
                              struct ph_plot *plot) PH_MUST_CHECK;
/* A series: the same, its floors as the judge saw them, and its rate with the 95 % band as a wedge
 * that ends at the last floor. `finding` may be NULL. */
struct ph_error *ph_plot_series(const struct ph_history *history, uint32_t series,
                                const struct ph_finding *finding, const char *title,
                                const struct ph_event_list *events, enum ph_time_kind time_kind,
                                struct ph_plot *plot) PH_MUST_CHECK;

#endif
