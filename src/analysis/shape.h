/* shape.h - which model explains a run of floors best: growing, levelling, one step, or none. */
#ifndef PH_ANALYSIS_SHAPE_H
#define PH_ANALYSIS_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

enum ph_shape_kind {
    PH_SHAPE_NONE, /* too few floors */
    PH_SHAPE_CONSTANT,
    PH_SHAPE_GROWING,
    PH_SHAPE_SATURATING,
    PH_SHAPE_LOGARITHM,
    PH_SHAPE_STEP,
};

struct ph_shape {
    enum ph_shape_kind best;
    double bic_constant;
    double bic_growing;
    double bic_levelling; /* the best of saturating, logarithm and step */
    double bic_steps;     /* up to three steps, for naming a STEP only */
    double ceiling;       /* where the best levelling model ends; NAN for a logarithm */
    double noise;         /* root mean square residual of the best model */
    double first;         /* the first value */
    double step;          /* height of the best step, signed */
};

enum { PH_SHAPE_POINTS = 48, PH_SHAPE_POINTS_MIN = 5, PH_SHAPE_CURVES = 1 + 8 + 9 + 5 };

/* Values of all curves for `count` points 0..1; the same for every series, so made once. */
struct ph_shape_table {
    size_t count;
    double row[PH_SHAPE_POINTS][PH_SHAPE_CURVES];
    double sum[PH_SHAPE_CURVES];                      /* of each curve */
    double product[PH_SHAPE_CURVES][PH_SHAPE_CURVES]; /* of two, the later one first */
};
void ph_shape_table_make(struct ph_shape_table *table, size_t count);

/* Fits all models to y[i] where have[i]; `noise_floor` is a noise too small to decide anything.*/
void ph_shape_fit(const struct ph_shape_table *table, const double *y, const bool *have,
                  double noise_floor, struct ph_shape *shape);

#endif
