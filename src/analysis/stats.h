/* stats.h - the few pieces of statistics that the judge stands on. Pure functions of numbers. */
#ifndef PH_ANALYSIS_STATS_H
#define PH_ANALYSIS_STATS_H

#include <stddef.h>

/* P(T > t) of Student's t with `freedom` > 0 degrees of freedom. */
double ph_t_tail(double t, double freedom);
/* The t with P(T > t) = `tail`, 0 < tail < 1. */
double ph_t_quantile(double tail, double freedom);
/* The value at place k of the sorted `values`, k < count; reorders them so that smaller ones stand
 * before it (Hoare's selection). None may be NAN. */
double ph_select(double *values, size_t count, size_t k);
/* The median; reorders `values`, none of which may be NAN. NAN when count is 0. */
double ph_median(double *values, size_t count);
/* Median slope of all pairs of points (Theil 1950, Sen 1968); at most PH_SEN_MAX points, `x`
 * strictly rising. NAN when there are fewer than two points. */
enum { PH_SEN_MAX = 48 };
double ph_theil_sen(const double *x, const double *y, size_t count);

#endif
