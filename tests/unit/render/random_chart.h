/* random_chart.h - charts of any shape from a seed: gaps, one point, huge and negative numbers,
 * hostile names. */
#ifndef RANDOM_CHART_H
#define RANDOM_CHART_H

#include "random_report.h"
#include "render/chart.h"

enum { CHART_POINTS = 160, CHART_MARKS = 40, CHART_NAME = 160 };

struct random_chart {
    struct ph_chart chart;
    double x[PH_CHART_LINES_MOST][CHART_POINTS], low[PH_CHART_LINES_MOST][CHART_POINTS],
        high[PH_CHART_LINES_MOST][CHART_POINTS];
    char names[PH_CHART_LINES_MOST + 3][CHART_NAME], labels[CHART_MARKS][CHART_NAME];
    struct ph_chart_mark marks[CHART_MARKS];
};

static inline const char *random_name(uint64_t *seed, char *name)
{
    static const char *const markup[] = {"<script>", "&amp;", "]]>", "\xef\xbf\xbf", "\"/>'"};

    if (!below(seed, 6))
        return NULL;
    size_t size = hostile(seed, name, CHART_NAME - 16);
    name[size] = 0;
    if (!below(seed, 3))
        (void)strcpy(name + size, markup[below(seed, 5)]);
    return name;
}

static inline double random_number(uint64_t *seed, int kind)
{
    static const double special[] = {NAN, INFINITY, -INFINITY, 1e18, -1e18, 1e300, 0, -0.0};

    if (kind == 0 || !below(seed, 30))
        return special[below(seed, 8)];
    return kind == 1 ? 4096. : kind == 2 ? (double)any_size(seed) : (double)below(seed, 1u << 30);
}

static inline void random_chart(uint64_t *seed, struct random_chart *random)
{
    static const double spans[] = {0, 1e-3, 30, 3600, 86400 * 9., 1e9, -5, NAN};
    struct ph_chart *chart = &random->chart;
    int kind = (int)below(seed, 5);

    *chart = (struct ph_chart){.title = random_name(seed, random->names[PH_CHART_LINES_MOST]),
                               .line_count = below(seed, PH_CHART_LINES_MOST + 1),
                               .marks = random->marks,
                               .mark_count = below(seed, 2) ? below(seed, CHART_MARKS + 1) : 0,
                               .from_zero = below(seed, 2),
                               .x_counts = !below(seed, 4)};
    chart->x_first = below(seed, 4) ? 0 : (double)any_size(seed);
    chart->x_last = chart->x_first + spans[below(seed, 8)];
    chart->first_label = random_name(seed, random->names[PH_CHART_LINES_MOST + 1]);
    chart->last_label = random_name(seed, random->names[PH_CHART_LINES_MOST + 2]);
    for (size_t i = 0; i < chart->line_count; i++) {
        struct ph_chart_line *line = &chart->lines[i];
        size_t count = below(seed, 3) ? below(seed, CHART_POINTS + 1) : below(seed, 3);
        *line = (struct ph_chart_line){.name = random_name(seed, random->names[i]),
                                       .look = (enum ph_chart_look)below(seed, 4),
                                       .x = random->x[i],
                                       .low = random->low[i],
                                       .high = below(seed, 2) ? random->low[i] : random->high[i],
                                       .count = count};
        for (size_t k = 0; k < count; k++) {
            double step = (chart->x_last - chart->x_first) / (double)count;
            random->x[i][k] = chart->x_first + (double)k * step * 1.02;
            random->low[i][k] = random_number(seed, kind);
            random->high[i][k] = random_number(seed, kind);
        }
    }
    for (size_t i = 0; i < chart->mark_count; i++)
        random->marks[i] = (struct ph_chart_mark){
            .x = chart->x_first + (chart->x_last - chart->x_first) * (double)i / 30,
            .label = random_name(seed, random->labels[i])};
}

#endif
