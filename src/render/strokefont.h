/* strokefont.h - letters made of lines, for pictures: printable ASCII, drawn by us.
 *
 * Why not a font library: cairo or FreeType with fontconfig would bring some twenty libraries,
 * X11's among them, and the machine's font files, into a process that runs as root on a starved
 * machine, and a small program for Windows cannot carry them. A plot needs ninety-five signs.
 */
#ifndef PH_RENDER_STROKEFONT_H
#define PH_RENDER_STROKEFONT_H

#include "render/raster.h"

/* `size` is that of a font in pixels: capitals are about 0.7 of it. Other characters are `?`. */
double ph_stroke_width(const char *utf8, double size);
/* Begins at x, stands on the line y. Returns where it ends. Lines of `weight` pixels. */
double ph_stroke_text(struct ph_raster *raster, double x, double y, const char *utf8, double size,
                      double weight, struct ph_colour colour);

#endif
