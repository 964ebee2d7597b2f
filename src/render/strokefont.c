/* The letters. Each is a width and strokes, divided by blanks; a stroke is a kind and points:
 *
 *     '-'  straight lines from point to point (one point: a dot)
 *     '~'  a curve that begins at the first and ends at the last point and is drawn towards those
 *          between (a quadratic B-spline)
 *     'o'  the same, closed
 *
 * A point is a digit for x, 0 to 9, and a letter for y: 'a' lies 4 units below the line that
 * letters stand on, 'e' on it, 'o' at the height of small letters (10), 's' at that of capitals
 * (14), 'u' 16 units above it.
 */
#include "render/strokefont.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

enum {
    FIRST = ' ',
    LAST = '~',
    SPACE = 4,       /* between letters, in units */
    UNITS = 20,      /* of a font's size */
    CURVE_PIECES = 6 /* for each point of a curve */
};

struct glyph {
    int width;
    const char *strokes;
};

/* clang-format off */
static const struct glyph glyphs[] = {
    {3, ""},                                       /* blank */
    {0, "-0s0i -0e0e"},                            /* ! */
    {3, "-0s0o -3s3o"},                            /* " */
    {8, "-2e3s -5e6s -0i8i -0n8n"},                /* # */
    {7, "~7q7s0s0l7l7e0e0g -4c4u"},                /* $ */
    {9, "o0s3s3m0m o6k9k9e6e -1e8s"},              /* % */
    {8, "~8e1o1s6s6n0k0e5e8j"},                    /* & */
    {0, "-0s0o"},                                  /* ' */
    {3, "~3u0p0g3b"},                              /* ( */
    {3, "~0u3p3g0b"},                              /* ) */
    {6, "-3s3k -0q6m -6q0m"},                      /* * */
    {8, "-4f4n -0j8j"},                            /* + */
    {1, "-1e0b"},                                  /* , */
    {5, "-0j5j"},                                  /* - */
    {0, "-0e0e"},                                  /* . */
    {6, "-0c6t"},                                  /* / */
    {7, "o0s7s7e0e"},                              /* 0 */
    {7, "-1p4s4e -1e7e"},                          /* 1 */
    {7, "~0p0s7s7m0e -0e7e"},                      /* 2 */
    {7, "~0q0s7s7l3l ~3l7l7e0e0g"},                /* 3 */
    {7, "-5e5s0i7i"},                              /* 4 */
    {7, "-6s1s0l ~0l2n7n7e0e0g"},                  /* 5 */
    {7, "o0m7m7e0e ~6s0q0i"},                      /* 6 */
    {7, "-0s7s2e"},                                /* 7 */
    {7, "o1s6s6l1l o0l7l7e0e"},                    /* 8 */
    {7, "o0s7s7k0k ~1e7g7o"},                      /* 9 */
    {0, "-0f0f -0n0n"},                            /* : */
    {1, "-1n1n -1e0b"},                            /* ; */
    {7, "-7o0j7e"},                                /* < */
    {8, "-0l8l -0h8h"},                            /* = */
    {7, "-0o7j0e"},                                /* > */
    {6, "~0p0s6s6m3l3i -3e3e"},                    /* ? */
    {9, "o3n7n7h3h ~7n7g9g9s0s0c8d"},              /* @ */
    {8, "-0e4s8e -1i7i"},                          /* A */
    {8, "-4s0s0e4e -0l4l ~4s7s7l4l ~4l8l8e4e"},    /* B */
    {8, "~8p8s0s0e8e8h"},                          /* C */
    {8, "-3s0s0e3e ~3s8s8e3e"},                    /* D */
    {6, "-6s0s0e6e -0l5l"},                        /* E */
    {6, "-6s0s0e -0l5l"},                          /* F */
    {8, "~8p8s0s0e8e8i -8i8k5k"},                  /* G */
    {8, "-0e0s -8e8s -0l8l"},                      /* H */
    {4, "-2e2s -0s4s -0e4e"},                      /* I */
    {5, "-5s5i ~5i5e0e0h"},                        /* J */
    {7, "-0e0s -7s0k -2m7e"},                      /* K */
    {6, "-0s0e6e"},                                /* L */
    {8, "-0e0s4j8s8e"},                            /* M */
    {8, "-0e0s8e8s"},                              /* N */
    {9, "o0s9s9e0e"},                              /* O */
    {8, "-4s0s0e -0k4k ~4s8s8k4k"},                /* P */
    {9, "o0s9s9e0e -5i9d"},                        /* Q */
    {8, "-4s0s0e -0k4k ~4s8s8k4k -4k7e"},          /* R */
    {7, "~7q7s0s0l7l7e0e0g"},                      /* S */
    {8, "-0s8s -4s4e"},                            /* T */
    {8, "-0s0j -8s8j ~0j0e8e8j"},                  /* U */
    {8, "-0s4e8s"},                                /* V */
    {9, "-0s2e5q7e9s"},                            /* W */
    {7, "-0s7e -7s0e"},                            /* X */
    {8, "-0s4l8s -4l4e"},                          /* Y */
    {7, "-0s7s0e7e"},                              /* Z */
    {3, "-3u0u0b3b"},                              /* [ */
    {6, "-0t6c"},                                  /* \ */
    {3, "-0u3u3b0b"},                              /* ] */
    {6, "-0n3s6n"},                                /* ^ */
    {7, "-0c7c"},                                  /* _ */
    {2, "-0s2p"},                                  /* ` */
    {6, "o0o6o6e0e -6o6e"},                        /* a */
    {6, "-0s0e o0o6o6e0e"},                        /* b */
    {6, "~6m6o0o0e6e6g"},                          /* c */
    {6, "-6s6e o0o6o6e0e"},                        /* d */
    {6, "-0j6j ~6j6o0o0e6e6g"},                    /* e */
    {4, "~4s1s1n -1n1e -0o4o"},                    /* f */
    {6, "o0o6o6e0e -6o6e ~6e6a0a0b"},              /* g */
    {6, "-0s0e ~0j0o6o6j -6j6e"},                  /* h */
    {0, "-0o0e -0s0s"},                            /* i */
    {2, "-2o2e ~2e2a0a -2s2s"},                    /* j */
    {5, "-0s0e -5o0i -2k5e"},                      /* k */
    {2, "-0s0g ~0g0e2e"},                          /* l */
    {8, "-0o0e ~0j0o4o4j -4j4e ~4j4o8o8j -8j8e"},  /* m */
    {6, "-0o0e ~0j0o6o6j -6j6e"},                  /* n */
    {6, "o0o6o6e0e"},                              /* o */
    {6, "-0o0a o0o6o6e0e"},                        /* p */
    {6, "-6o6a o0o6o6e0e"},                        /* q */
    {4, "-0o0e ~0j0o4o"},                          /* r */
    {5, "~5m5o0o0j5j5e0e0g"},                      /* s */
    {4, "-1r1h ~1h1e4e -0o4o"},                    /* t */
    {6, "-6o6e -0o0j ~0j0e6e6j"},                  /* u */
    {6, "-0o3e6o"},                                /* v */
    {8, "-0o2e4n6e8o"},                            /* w */
    {6, "-0o6e -6o0e"},                            /* x */
    {6, "-0o3e -6o2a"},                            /* y */
    {5, "-0o5o0e5e"},                              /* z */
    {4, "~4u2u2k0j ~0j2i2b4b"},                    /* { */
    {0, "-0u0c"},                                  /* | */
    {4, "~0u2u2k4j ~4j2i2b0b"},                    /* } */
    {7, "~0i2n5f7k"},                              /* ~ */
};
/* clang-format on */

static_assert(sizeof(glyphs) / sizeof(glyphs[0]) == LAST - FIRST + 1, "a glyph is missing");

/* How far the letters are stretched: small ones read better when they are wide. */
static const double wide = 1.12;

/* Takes the next character; one that is not printable ASCII is a question mark, however many bytes
 * it has. */
static const struct glyph *next_glyph(const char **text)
{
    struct ph_slice rest = ph_slice_of(*text);
    uint32_t rune = 0;
    size_t size = ph_utf8_rune(rest, &rune);

    *text += size ? size : 1;
    return &glyphs[(size && rune >= FIRST && rune <= LAST ? rune : '?') - FIRST];
}

double ph_stroke_width(const char *utf8, double size)
{
    double units = 0;

    while (*utf8)
        units += wide * next_glyph(&utf8)->width + SPACE;
    return (units > 0 ? units - SPACE : 0) * size / UNITS;
}

/* Where the letters of a text are laid. */
struct pen {
    struct ph_raster *raster;
    double x, y, unit, weight;
};

struct point {
    double x, y;
};

static struct point point_at(const struct pen *pen, const char *stroke, size_t at)
{
    double x = wide * (stroke[2 * at] - '0'), y = stroke[2 * at + 1] - 'e';

    return (struct point){pen->x + x * pen->unit, pen->y - y * pen->unit};
}

static void draw_to(const struct pen *pen, struct point *from, struct point to)
{
    ph_raster_line(pen->raster, from->x, from->y, to.x, to.y, pen->weight);
    *from = to;
}

static struct point halfway(struct point a, struct point b)
{
    return (struct point){(a.x + b.x) / 2, (a.y + b.y) / 2};
}

/* One piece of a spline: a parabola towards `by`. */
static void bend(const struct pen *pen, struct point *from, struct point by, struct point to)
{
    struct point start = *from;

    for (int i = 1; i <= CURVE_PIECES; i++) {
        double t = (double)i / CURVE_PIECES, a = (1 - t) * (1 - t), b = 2 * t * (1 - t), c = t * t;
        draw_to(
            pen, from,
            (struct point){a * start.x + b * by.x + c * to.x, a * start.y + b * by.y + c * to.y});
    }
}

static void draw_stroke(const struct pen *pen, char kind, const char *stroke, size_t count)
{
    struct point from = point_at(pen, stroke, 0);

    if (kind == '-') {
        if (count == 1)
            draw_to(pen, &from, from);
        for (size_t i = 1; i < count; i++)
            draw_to(pen, &from, point_at(pen, stroke, i));
    } else if (kind == 'o') {
        from = halfway(point_at(pen, stroke, count - 1), from);
        for (size_t i = 0; i < count; i++) {
            struct point by = point_at(pen, stroke, i);
            bend(pen, &from, by, halfway(by, point_at(pen, stroke, (i + 1) % count)));
        }
    } else {
        for (size_t i = 1; i + 1 < count; i++) {
            struct point by = point_at(pen, stroke, i), next = point_at(pen, stroke, i + 1);
            bend(pen, &from, by, i + 2 == count ? next : halfway(by, next));
        }
    }
}

double ph_stroke_text(struct ph_raster *raster, double x, double y, const char *utf8, double size,
                      double weight, struct ph_colour colour)
{
    struct pen pen = {.raster = raster, .x = x, .y = y, .unit = size / UNITS, .weight = weight};
    double end = x;

    while (*utf8) {
        const struct glyph *glyph = next_glyph(&utf8);
        for (const char *stroke = glyph->strokes; *stroke;) {
            size_t length = strcspn(stroke, " ");
            draw_stroke(&pen, stroke[0], stroke + 1, (length - 1) / 2);
            stroke += length + (stroke[length] == ' ');
        }
        end = pen.x + wide * glyph->width * pen.unit;
        pen.x = end + SPACE * pen.unit;
    }
    ph_raster_paint(raster, colour);
    return end;
}
