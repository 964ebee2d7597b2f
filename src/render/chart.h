/* chart.h - one plot, and its painters: a terminal, SVG, PNG.
 *
 * A chart is numbers and names; a painter decides how they look in its medium. x is in seconds on
 * one axis for all lines (0 = the first reading), y in bytes. NAN breaks a line. Names and labels
 * are foreign text: painters escape them.
 */
#ifndef PH_RENDER_CHART_H
#define PH_RENDER_CHART_H

#include "base/error.h"
#include "base/text.h"

enum ph_chart_look {
    PH_CHART_RANGE, /* what was seen: the area between low and high, drawn strongly */
    PH_CHART_FLOOR, /* floors: horizontal stretches from x[i] to x[i + 1] at low[i] */
    PH_CHART_BAND,  /* a fitted rate: a line through the middle of low and high, its area pale */
    PH_CHART_LIMIT  /* where the pool ends: one level, low[0], over the whole width */
};

struct ph_chart_line {
    const char *name;
    enum ph_chart_look look;
    const double *x, *low, *high; /* high may equal low (one array for both) */
    size_t count;
};

struct ph_chart_mark {
    double x;
    const char *label; /* "boot", "load nf_conntrack" */
};

enum { PH_CHART_LINES_MOST = 6 };

struct ph_chart {
    const char *title; /* also the text for who cannot see; NULL */
    struct ph_chart_line lines[PH_CHART_LINES_MOST];
    size_t line_count;
    const struct ph_chart_mark *marks;
    size_t mark_count;
    double x_first, x_last;
    bool x_counts; /* x counts readings, not seconds: no times are known */
    const char *first_label, *last_label; /* below the axis' ends: "2026-11-02 14:05Z" */
    bool from_zero; /* y begins at 0; otherwise the range of the lines, limits left out when far */
};

/* --- painters --- */
struct ph_svg_style {
    unsigned width, height; /* of the view box; the page scales it */
    bool small;             /* a small multiple: no axis numbers but the ends, no legend */
    bool standalone;        /* a file of its own: XML head, colours inside; else the page's CSS
                               classes ph-range, ph-floor, ph-band, ph-limit, ph-axis, ph-mark */
    unsigned id;            /* unique within a page, for title and description */
};
/* The rules for those classes; they take the colours from the page's --range, --floor, --band,
 * --limit, --mark, --rule (axes) and --soft (text). */
extern const char ph_chart_css[];
/* Appends an <svg> element. Numbers are rounded to a tenth of a unit: small files. */
void ph_chart_svg(const struct ph_chart *chart, const struct ph_svg_style *style,
                  struct ph_text *out);

/* Appends a whole PNG file. Errors: out of memory; PH_ERR_USAGE for a size beyond 8192. */
struct ph_error *ph_chart_png(const struct ph_chart *const *charts, size_t count, unsigned width,
                              unsigned height_each, struct ph_text *out) PH_MUST_CHECK;
/* Several charts below one another as one standalone SVG file. */
void ph_chart_svg_file(const struct ph_chart *const *charts, size_t count, unsigned width,
                       unsigned height_each, struct ph_text *out);

/* For a terminal: `rows` lines of at most `columns` columns, axis and numbers included; braille
 * dots or block characters with utf8, otherwise ASCII. With colour, SGR sequences of screen.h's
 * tints. Every line ends with a newline. */
struct ph_terminal_chart {
    unsigned columns, rows; /* at least 20 x 4 */
    bool utf8, colour;
};
struct ph_error *ph_chart_terminal(const struct ph_chart *chart,
                                   const struct ph_terminal_chart *size,
                                   struct ph_text *out) PH_MUST_CHECK;

#endif
