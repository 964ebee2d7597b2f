#include "render/raster.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

enum {
    FULL = 1 << 14, /* of the mask: a pixel that is covered */
    SAMPLES = 4     /* columns of an area within a pixel */
};

static void forget_shape(struct ph_raster *raster)
{
    raster->left = raster->width;
    raster->top = raster->height;
    raster->right = raster->bottom = 0;
}

struct ph_error *ph_raster_init(struct ph_raster *raster, unsigned width, unsigned height)
{
    struct ph_raster made = {.width = width, .height = height};

    made.pixels = ph_zalloc((size_t)width * height, 3);
    made.mask = ph_zalloc((size_t)width * height, sizeof(*made.mask));
    if (!made.pixels || !made.mask) {
        ph_raster_fini(&made);
        return ph_error_nomem();
    }
    forget_shape(&made);
    *raster = made;
    return NULL;
}

void ph_raster_fini(struct ph_raster *raster)
{
    ph_free(raster->pixels);
    ph_free(raster->mask);
    *raster = (struct ph_raster){0};
}

void ph_raster_clear(struct ph_raster *raster, struct ph_colour paper)
{
    for (size_t i = 0; i < (size_t)raster->width * raster->height; i++) {
        raster->pixels[3 * i] = paper.red;
        raster->pixels[3 * i + 1] = paper.green;
        raster->pixels[3 * i + 2] = paper.blue;
    }
}

/* ------------------------------------------------------------------ the mask */

/* The first pixel at or after a coordinate, held within 0..most. */
static unsigned pixel_from(double at, unsigned most)
{
    return at <= 0 ? 0 : at >= most ? most : (unsigned)at;
}

static unsigned pixel_to(double at, unsigned most)
{
    return at <= 0 ? 0 : at >= most ? most : (unsigned)ceil(at);
}

static void touch(struct ph_raster *raster, unsigned left, unsigned top, unsigned right,
                  unsigned bottom)
{
    raster->left = left < raster->left ? left : raster->left;
    raster->top = top < raster->top ? top : raster->top;
    raster->right = right > raster->right ? right : raster->right;
    raster->bottom = bottom > raster->bottom ? bottom : raster->bottom;
}

static double between(double number, double low, double high)
{
    return number < low ? low : number > high ? high : number;
}

/* What can be calculated with; nothing that has a place in a picture stands further away. */
static bool near(double coordinate)
{
    return fabs(coordinate) <= 1e9; /* false for NAN */
}

/* The part of a line that lies between two heights, as a range of x. */
static void line_span(double x0, double y0, double x1, double y1, double top, double bottom,
                      double *from, double *to)
{
    double rise = y1 - y0, a = 0, b = 1;

    if (fabs(rise) > 1e-9) {
        a = between((top - y0) / rise, 0, 1);
        b = between((bottom - y0) / rise, 0, 1);
    }
    *from = fmin(x0 + a * (x1 - x0), x0 + b * (x1 - x0));
    *to = fmax(x0 + a * (x1 - x0), x0 + b * (x1 - x0));
}

void ph_raster_line(struct ph_raster *raster, double x0, double y0, double x1, double y1,
                    double width)
{
    double reach = width / 2 + 1, dx = x1 - x0, dy = y1 - y0, length = dx * dx + dy * dy;

    if (!near(x0) || !near(y0) || !near(x1) || !near(y1) || !near(width))
        return;
    unsigned top = pixel_from(fmin(y0, y1) - reach, raster->height);
    unsigned bottom = pixel_to(fmax(y0, y1) + reach, raster->height);
    for (unsigned y = top; y < bottom; y++) {
        double from = 0, to = 0, middle = y + .5;
        line_span(x0, y0, x1, y1, middle - reach, middle + reach, &from, &to);
        unsigned left = pixel_from(from - reach, raster->width);
        unsigned right = pixel_to(to + reach, raster->width);
        if (left < right)
            touch(raster, left, y, right, y + 1);
        for (unsigned x = left; x < right; x++) {
            double px = x + .5 - x0, py = middle - y0;
            double along = length > 0 ? between((px * dx + py * dy) / length, 0, 1) : 0;
            double distance =
                sqrt((px - along * dx) * (px - along * dx) + (py - along * dy) * (py - along * dy));
            double cover = between(width / 2 + .5 - distance, 0, 1);
            uint16_t *mask = &raster->mask[(size_t)y * raster->width + x];
            uint16_t level = (uint16_t)(cover * FULL);
            *mask = level > *mask ? level : *mask;
        }
    }
}

/* One column of an area: from top to bottom, `weight` of a pixel wide. */
static void add_column(struct ph_raster *raster, unsigned x, double top, double bottom,
                       double weight)
{
    unsigned first = pixel_from(top, raster->height), last = pixel_to(bottom, raster->height);

    if (first < last)
        touch(raster, x, first, x + 1, last);
    for (unsigned y = first; y < last; y++) {
        double cover = fmin(bottom, y + 1.) - fmax(top, y);
        uint16_t *mask = &raster->mask[(size_t)y * raster->width + x];
        double sum = *mask + between(cover, 0, 1) * weight * FULL;
        *mask = (uint16_t)fmin(sum + .5, FULL);
    }
}

void ph_raster_area(struct ph_raster *raster, double x0, double top0, double bottom0, double x1,
                    double top1, double bottom1)
{
    if (!near(x0) || !near(top0) || !near(bottom0) || !near(x1) || !near(top1) || !near(bottom1) ||
        !(x1 > x0))
        return;
    unsigned first = pixel_from(x0, raster->width), last = pixel_to(x1, raster->width);
    for (unsigned x = first; x < last; x++) {
        double from = fmax(x0, x), to = fmin(x1, x + 1.), step = (to - from) / SAMPLES;
        for (int i = 0; i < SAMPLES; i++) {
            double share = (from + (i + .5) * step - x0) / (x1 - x0);
            add_column(raster, x, top0 + share * (top1 - top0),
                       bottom0 + share * (bottom1 - bottom0), step);
        }
    }
}

static uint8_t mix(uint8_t under, uint8_t over, double share)
{
    return (uint8_t)lround(under + (over - under) * share);
}

void ph_raster_paint(struct ph_raster *raster, struct ph_colour colour)
{
    for (unsigned y = raster->top; y < raster->bottom; y++)
        for (unsigned x = raster->left; x < raster->right; x++) {
            size_t at = (size_t)y * raster->width + x;
            double share = colour.alpha * raster->mask[at] / FULL;
            uint8_t *pixel = &raster->pixels[3 * at];
            raster->mask[at] = 0;
            if (share <= 0)
                continue;
            pixel[0] = mix(pixel[0], colour.red, share);
            pixel[1] = mix(pixel[1], colour.green, share);
            pixel[2] = mix(pixel[2], colour.blue, share);
        }
    forget_shape(raster);
}
