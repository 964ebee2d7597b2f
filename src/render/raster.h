/* raster.h - a small painter with smooth edges: areas and lines on RGB pixels.
 *
 * A shape is first laid into a mask of coverage, then painted in one go, so that its parts do not
 * show where they overlap. Coordinates are pixels from the upper left corner; a pixel's middle
 * stands at .5. What lies outside is cut off.
 */
#ifndef PH_RENDER_RASTER_H
#define PH_RENDER_RASTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct ph_colour {
    uint8_t red, green, blue;
    double alpha; /* 0 = nothing to see, 1 = opaque */
};

struct ph_raster {
    unsigned width, height;
    uint8_t *pixels;                   /* red, green, blue; rows from the top; owned */
    uint16_t *mask;                    /* coverage of the shape in the making; owned */
    unsigned left, top, right, bottom; /* where the mask is not empty; right and bottom excluded */
};

/* Error: out of memory. */
struct ph_error *ph_raster_init(struct ph_raster *raster, unsigned width,
                                unsigned height) PH_MUST_CHECK;
void ph_raster_fini(struct ph_raster *raster);
void ph_raster_clear(struct ph_raster *raster, struct ph_colour paper);

/* Add to the shape: a line with round ends; the area between two edges that go from x0 to x1
 * (areas that touch leave no seam). */
void ph_raster_line(struct ph_raster *raster, double x0, double y0, double x1, double y1,
                    double width);
void ph_raster_area(struct ph_raster *raster, double x0, double top0, double bottom0, double x1,
                    double top1, double bottom1);
/* Paints the shape and begins a new one. */
void ph_raster_paint(struct ph_raster *raster, struct ph_colour colour);

#endif
