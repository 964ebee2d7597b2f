/* Charts as SVG.
 *
 * Small files matter (a report holds a hundred of them): one path a line, its points relative to
 * one another in tenths of a unit, colours by class.
 */
#include <inttypes.h>
#include <math.h>

#include "render/chart_scale.h"
#include "render/screen.h"

enum {
    FONT = 13,
    FONT_SMALL = 11,
    LEFT = 86, /* "99.5 KB" fits in 20 pixels too, which pages take for phones */
    LEFT_HALF = 74,
    LEFT_SMALL = 54,
    HALF_MOST = 700, /* widest picture that counts as half a page */
    RIGHT = 8,
    ROW = 20,
    ROW_SMALL = 15,
    POINTS_SMALL = 48,  /* of a line in a small multiple */
    BAND_PIECES = 16,   /* of a band that leaves the plot */
    MARKS_MOST = 48,    /* drawn */
    MARK_GAP = 2,       /* marks that are closer are drawn as one */
    SIDE_MOST = 100000, /* of the view box */
    SIDE_LEAST = 120
};

/* clang-format off */
const char ph_chart_css[] =
".ph-range{fill:var(--range);fill-opacity:.3;stroke:var(--range);stroke-width:1.6;"
"stroke-linejoin:round;stroke-linecap:round}.ph-small .ph-range{stroke-width:.9}"
".ph-floor{fill:none;stroke:var(--floor);stroke-width:2.4}"
".ph-band{fill:var(--band);fill-opacity:.22;stroke:none}"
".ph-limit{fill:none;stroke:var(--limit);stroke-width:1.6;stroke-dasharray:7 5}"
".ph-mark{fill:none;stroke:var(--mark);stroke-width:1.2;stroke-dasharray:2 3}"
".ph-axis{fill:none;stroke:var(--rule);stroke-width:1}"
".ph-line{fill:none}.ph-band.ph-line{stroke:var(--band);stroke-width:1.6}"
"text.ph-text{fill:var(--soft)}"
"text.ph-limit{fill:var(--limit);stroke:none}text.ph-mark{fill:var(--mark);stroke:none}"
"tspan.ph-range{fill:var(--range);fill-opacity:1;stroke:none}"
"tspan.ph-floor{fill:var(--floor);stroke:none}"
"tspan.ph-band{fill:var(--band);fill-opacity:1}tspan.ph-limit{fill:var(--limit);stroke:none}\n";

static const char standalone_css[] =
"svg{--paper:#fff;--ink:#1b1f24;--soft:#57606a;--rule:#d4dae0;--range:#2f6fb5;--floor:#0f3d73;"
"--band:#d9822b;--limit:#b3261e;--mark:#6b4fa0;background:var(--paper)}"
"@media (prefers-color-scheme:dark){svg{--paper:#14181d;--ink:#e3e8ee;--soft:#9aa6b2;"
"--rule:#343c46;--range:#6ea8ea;--floor:#bcd9fb;--band:#f0a35a;--limit:#ff8a80;--mark:#b9a2ea}}"
".ph-paper{fill:var(--paper)}.ph-title{fill:var(--ink);font-weight:bold}";
/* clang-format on */

static const struct {
    const char *class, *key; /* its sign in the legend */
} looks[] = {
    [PH_CHART_RANGE] = {"ph-range", "■"},
    [PH_CHART_FLOOR] = {"ph-floor", "━"},
    [PH_CHART_BAND] = {"ph-band", "◢"},
    [PH_CHART_LIMIT] = {"ph-limit", "┅"},
};

struct picture {
    const struct ph_chart *chart;
    const struct ph_svg_style *style;
    struct ph_chart_frame frame;
    double left, right, top, bottom; /* of the plot within the view box */
    double font;
    struct ph_text *out;
};

/* ------------------------------------------------------------------ text */

/* Foreign text: first harmless to look at, then to the parser. */
static void put_text(const char *text, struct ph_text *out)
{
    static const struct {
        char plain;
        const char *entity;
    } entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
    PH_GUARD(ph_text_fini) struct ph_text clean = {0};

    ph_screen_prose(true, ph_slice_of(text), &clean);
    out->failed = out->failed || clean.failed;
    struct ph_slice rest = ph_text_slice(&clean);
    while (rest.size) {
        uint32_t rune = 0;
        size_t size = ph_utf8_rune(rest, &rune), i = 0;
        while (i < sizeof(entities) / sizeof(entities[0]) && entities[i].plain != rest.data[0])
            i++;
        if (i < sizeof(entities) / sizeof(entities[0]))
            ph_text_puts(out, entities[i].entity);
        else if (!size || (rune & 0xfffe) == 0xfffe) /* XML has no such characters */
            ph_text_putc(out, '?');
        else
            ph_text_add(out, rest.data, size);
        size = size ? size : 1;
        rest = (struct ph_slice){rest.data + size, rest.size - size};
    }
}

/* Tenths as the shortest number. */
static void put_tenths(int64_t tenths, struct ph_text *out)
{
    uint64_t magnitude = tenths < 0 ? (uint64_t)-tenths : (uint64_t)tenths;

    ph_text_puts(out, tenths < 0 ? "-" : "");
    if (magnitude >= 10 || !magnitude)
        ph_text_printf(out, "%" PRIu64, magnitude / 10);
    if (magnitude % 10)
        ph_text_printf(out, ".%" PRIu64, magnitude % 10);
}

static int64_t tenths_of(double number)
{
    return (int64_t)llround(number * 10);
}

static void put_number(double number, struct ph_text *out)
{
    put_tenths(tenths_of(number), out);
}

static void put_attribute(const char *name, double number, struct ph_text *out)
{
    ph_text_printf(out, " %s=\"", name);
    put_number(number, out);
    ph_text_putc(out, '"');
}

/* Begins a text; `anchor` NULL = it starts at x. */
static void begin_text(struct picture *picture, const char *class, double x, double y,
                       const char *anchor)
{
    ph_text_printf(picture->out, "<text class=\"%s\"", class);
    put_attribute("x", x, picture->out);
    put_attribute("y", y, picture->out);
    if (anchor)
        ph_text_printf(picture->out, " text-anchor=\"%s\"", anchor);
    ph_text_putc(picture->out, '>');
}

static void say(struct picture *picture, const char *class, double x, double y, const char *anchor,
                const char *words)
{
    begin_text(picture, class, x, y, anchor);
    put_text(words, picture->out);
    ph_text_puts(picture->out, "</text>");
}

/* Room for a text, whatever font the page has. */
static double room_for(const struct picture *picture, const char *words)
{
    return (double)ph_text_width(ph_slice_of(words)) * picture->font * .75;
}

/* ------------------------------------------------------------------ paths */

static double place_x(const struct picture *picture, double x)
{
    return picture->left + ph_chart_share_x(&picture->frame, x) * (picture->right - picture->left);
}

static double place_y(const struct picture *picture, double y)
{
    return picture->bottom -
           ph_chart_share_y(&picture->frame, y) * (picture->bottom - picture->top);
}

struct path {
    struct ph_text *out;
    int64_t x, y; /* where it stands, in tenths */
};

static void move_to(struct path *path, double x, double y)
{
    path->x = tenths_of(x);
    path->y = tenths_of(y);
    ph_text_putc(path->out, 'M');
    put_tenths(path->x, path->out);
    ph_text_putc(path->out, ' ');
    put_tenths(path->y, path->out);
    ph_text_putc(path->out, 'l');
}

static void line_to(struct path *path, double x, double y)
{
    int64_t next_x = tenths_of(x), next_y = tenths_of(y);
    struct ph_text *out = path->out;

    if (out->size && out->data[out->size - 1] != 'l' && next_x >= path->x)
        ph_text_putc(out, ' ');
    put_tenths(next_x - path->x, out);
    ph_text_puts(out, next_y < path->y ? "" : " ");
    put_tenths(next_y - path->y, out);
    path->x = next_x;
    path->y = next_y;
}

static void begin_path(struct picture *picture, const char *class, bool line)
{
    ph_text_printf(picture->out, "<path class=\"%s%s\" d=\"", class, line ? " ph-line" : "");
}

static void end_path(struct picture *picture)
{
    ph_text_puts(picture->out, "\"/>");
}

/* ------------------------------------------------------------------ lines */

/* A line as it is drawn: as many points as the picture has room for. */
struct trail {
    double *x, *low, *high; /* of `count`; NAN where there is nothing */
    size_t count;
    bool thin; /* low and high are one */
};

static void trail_fini(struct trail *trail)
{
    ph_free(trail->x);
}

static bool make_trail(const struct picture *picture, const struct ph_chart_line *line,
                       size_t pieces, struct trail *trail)
{
    const struct ph_chart_frame *frame = &picture->frame;
    bool whole = line->count <= pieces;
    size_t count = whole ? line->count : pieces;
    double step = (frame->x_last - frame->x_first) / (double)pieces;

    trail->x = ph_zalloc(3 * count, sizeof(*trail->x));
    if (!trail->x) {
        picture->out->failed = true;
        return false;
    }
    trail->low = trail->x + count;
    trail->high = trail->low + count;
    trail->count = count;
    trail->thin = true;
    for (size_t i = 0; i < count; i++) {
        double from = frame->x_first + (double)i * step, to = from + step;
        trail->low[i] = trail->high[i] = NAN;
        trail->x[i] = whole            ? line->x[i]
                      : i + 1 == count ? frame->x_last
                      : i              ? from + step / 2
                                       : from;
        if (!(whole ? ph_chart_point(frame, line, i, &trail->low[i], &trail->high[i])
                    : ph_chart_column(frame, line, from, to, &trail->low[i], &trail->high[i])))
            continue;
        if (place_y(picture, trail->low[i]) - place_y(picture, trail->high[i]) >= .05)
            trail->thin = false;
    }
    return true;
}

/* Where the next stretch without a gap begins and ends; false at the end. */
static bool stretch(const struct trail *trail, size_t *from, size_t *to)
{
    size_t at = *to;

    while (at < trail->count && isnan(trail->low[at]))
        at++;
    *from = at;
    while (at < trail->count && !isnan(trail->low[at]))
        at++;
    *to = at;
    return at > *from;
}

static void draw_range(struct picture *picture, const struct ph_chart_line *line)
{
    size_t room = (size_t)((picture->right - picture->left) / 2), from = 0, to = 0;
    PH_GUARD(trail_fini) struct trail trail = {0};
    struct path path = {.out = picture->out};

    if (!make_trail(picture, line, picture->style->small ? POINTS_SMALL : room, &trail))
        return;
    begin_path(picture, looks[PH_CHART_RANGE].class, trail.thin);
    while (stretch(&trail, &from, &to)) {
        move_to(&path, place_x(picture, trail.x[from]), place_y(picture, trail.high[from]));
        if (to - from == 1) /* a dot */
            line_to(&path, place_x(picture, trail.x[from]), place_y(picture, trail.low[from]));
        for (size_t i = from + 1; i < to; i++)
            line_to(&path, place_x(picture, trail.x[i]), place_y(picture, trail.high[i]));
        for (size_t i = to; !trail.thin && i-- > from;)
            line_to(&path, place_x(picture, trail.x[i]), place_y(picture, trail.low[i]));
        if (!trail.thin)
            ph_text_putc(picture->out, 'z');
    }
    end_path(picture);
}

static void draw_floors(struct picture *picture, const struct ph_chart_line *line)
{
    struct path path = {.out = picture->out};
    double from = 0, to = 0, end = -1;

    begin_path(picture, looks[PH_CHART_FLOOR].class, false);
    for (size_t i = 0; i < line->count; i++) {
        if (!ph_chart_floor(&picture->frame, line, i, &from, &to))
            continue;
        double x = place_x(picture, from), y = place_y(picture, line->low[i]);
        if (x == end)
            line_to(&path, x, y);
        else
            move_to(&path, x, y);
        end = place_x(picture, to);
        line_to(&path, end, y);
    }
    end_path(picture);
}

static bool inside(const struct ph_chart_frame *frame, double y)
{
    return y >= frame->y_low && y <= frame->y_high;
}

/* A band is drawn in pieces when it leaves the plot: each is held within. */
static void draw_band(struct picture *picture, const struct ph_chart_line *line)
{
    const struct ph_chart_frame *frame = &picture->frame;
    struct path path = {.out = picture->out};
    double low[BAND_PIECES + 1], high[BAND_PIECES + 1];
    size_t pieces = BAND_PIECES, drawn = 0;

    if (line->count < 2)
        return;
    double first = fmax(line->x[0], frame->x_first);
    double last = fmin(line->x[line->count - 1], frame->x_last);
    bool leaves = line->count > 2;
    for (size_t i = 0; i < line->count; i++)
        leaves = leaves || !inside(frame, line->low[i]) || !inside(frame, line->high[i]);
    if (!leaves)
        pieces = 1;
    if (!(last > first))
        return;
    double step = (last - first) / (double)pieces;
    for (size_t i = 0; i <= pieces; i++) {
        double x = i == pieces ? last : first + (double)i * step;
        if (!ph_chart_column(frame, line, x, x, &low[i], &high[i]))
            return; /* a band has no gaps */
    }
    begin_path(picture, looks[PH_CHART_BAND].class, false);
    move_to(&path, place_x(picture, first), place_y(picture, high[0]));
    for (size_t i = 1; i <= pieces; i++)
        line_to(&path, place_x(picture, first + (double)i * step), place_y(picture, high[i]));
    for (size_t i = pieces + 1; i-- > 0;)
        line_to(&path, place_x(picture, first + (double)i * step), place_y(picture, low[i]));
    ph_text_putc(picture->out, 'z');
    end_path(picture);
    for (size_t i = 0; i <= pieces; i++)
        drawn += inside(frame, (low[i] + high[i]) / 2);
    if (drawn < 2)
        return;
    drawn = 0;
    begin_path(picture, looks[PH_CHART_BAND].class, true);
    for (size_t i = 0; i <= pieces; i++) {
        double middle = (low[i] + high[i]) / 2, x = place_x(picture, first + (double)i * step);
        if (!inside(frame, middle))
            continue;
        if (drawn++)
            line_to(&path, x, place_y(picture, middle));
        else
            move_to(&path, x, place_y(picture, middle));
    }
    end_path(picture);
}

static void draw_limit(struct picture *picture, size_t at)
{
    struct path path = {.out = picture->out};
    PH_GUARD(ph_text_fini) struct ph_text label = {0};

    if (picture->frame.beyond[at])
        return;
    double y = place_y(picture, picture->chart->lines[at].low[0]);
    begin_path(picture, looks[PH_CHART_LIMIT].class, false);
    move_to(&path, picture->left, y);
    line_to(&path, picture->right, y);
    end_path(picture);
    ph_chart_legend_text(picture->chart, &picture->frame, at, &label);
    picture->out->failed = picture->out->failed || label.failed;
    bool above = y - picture->top > picture->font + 4;
    say(picture, "ph-limit", picture->right - 6, above ? y - 5 : y + picture->font + 2, "end",
        ph_text_slice(&label).data);
}

static void draw_lines(struct picture *picture)
{
    const struct ph_chart *chart = picture->chart;

    /* what is pale first, what is thin last */
    static const enum ph_chart_look order[] = {PH_CHART_BAND, PH_CHART_RANGE, PH_CHART_FLOOR,
                                               PH_CHART_LIMIT};
    for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++)
        for (size_t i = 0; i < chart->line_count; i++) {
            if (chart->lines[i].look != order[k])
                continue;
            if (order[k] == PH_CHART_BAND)
                draw_band(picture, &chart->lines[i]);
            else if (order[k] == PH_CHART_RANGE)
                draw_range(picture, &chart->lines[i]);
            else if (order[k] == PH_CHART_FLOOR)
                draw_floors(picture, &chart->lines[i]);
            else
                draw_limit(picture, i);
        }
}

/* ------------------------------------------------------------------ around the lines */

static void draw_marks(struct picture *picture)
{
    double drawn = -1e9, free_from = -1e9;
    size_t count = 0;

    for (size_t i = 0; i < picture->chart->mark_count && count < MARKS_MOST; i++) {
        const struct ph_chart_mark *mark = &picture->chart->marks[i];
        if (!(mark->x >= picture->frame.x_first && mark->x <= picture->frame.x_last))
            continue;
        double x = place_x(picture, mark->x);
        if (x - drawn < MARK_GAP)
            continue;
        struct path path = {.out = picture->out};
        begin_path(picture, "ph-mark", false);
        move_to(&path, x, picture->top);
        line_to(&path, x, picture->bottom);
        end_path(picture);
        drawn = x;
        count++;
        const char *label = mark->label ? mark->label : "";
        double room = room_for(picture, label);
        if (picture->style->small || x < free_from || x + room > picture->style->width)
            continue;
        say(picture, "ph-mark", x, picture->top - 4, NULL, label);
        free_from = x + room;
    }
}

static void draw_x_axis(struct picture *picture)
{
    const struct ph_chart *chart = picture->chart;
    const char *first = chart->first_label ? chart->first_label : "";
    const char *last = chart->last_label ? chart->last_label : "";
    double y = picture->bottom + picture->font + 4;
    double free_from = picture->left + room_for(picture, first);
    double free_to = picture->right - room_for(picture, last);
    PH_GUARD(ph_text_fini) struct ph_text words = {0};

    say(picture, "ph-text", picture->left, y, NULL, first);
    say(picture, "ph-text", picture->right, y, "end", last);
    for (size_t i = 0; !picture->style->small && i < picture->frame.x.count; i++) {
        double x = place_x(picture, picture->frame.x.at[i]);
        ph_text_clear(&words);
        ph_chart_x_text(&picture->frame, picture->frame.x.at[i], &words);
        picture->out->failed = picture->out->failed || words.failed;
        const char *text = ph_text_slice(&words).data;
        double half = room_for(picture, text) / 2 + 4;
        if (x - half < free_from || x + half > free_to)
            continue;
        say(picture, "ph-text", x, y, "middle", text);
        free_from = x + half;
    }
}

static void draw_y_axis(struct picture *picture)
{
    const struct ph_ticks *ticks = &picture->frame.y;
    struct path path = {.out = picture->out};
    PH_GUARD(ph_text_fini) struct ph_text words = {0};

    begin_path(picture, "ph-axis", false);
    for (size_t i = 0; i < ticks->count; i++) {
        if (picture->style->small && i && i + 1 < ticks->count)
            continue;
        move_to(&path, picture->left, place_y(picture, ticks->at[i]));
        line_to(&path, picture->right, place_y(picture, ticks->at[i]));
    }
    end_path(picture);
    for (size_t i = 0; i < ticks->count; i++) {
        if (picture->style->small && i && i + 1 < ticks->count)
            continue;
        ph_text_clear(&words);
        ph_chart_y_text(&picture->frame, ticks->at[i], &words);
        picture->out->failed = picture->out->failed || words.failed;
        say(picture, "ph-text", picture->left - 6,
            place_y(picture, ticks->at[i]) + picture->font * .35, "end",
            ph_text_slice(&words).data);
    }
}

/* One text, so that the browser's own font decides where the next name begins. */
static void draw_legend(struct picture *picture, double y)
{
    const struct ph_chart *chart = picture->chart;
    PH_GUARD(ph_text_fini) struct ph_text words = {0};

    begin_text(picture, "ph-text", picture->left, y, NULL);
    for (size_t i = 0; i < chart->line_count; i++) {
        enum ph_chart_look look = chart->lines[i].look;
        ph_text_clear(&words);
        ph_chart_legend_text(chart, &picture->frame, i, &words);
        picture->out->failed = picture->out->failed || words.failed;
        ph_text_printf(picture->out, "%s<tspan class=\"%s\">%s</tspan> ", i ? " \u2003" : "",
                       looks[look].class, looks[look].key);
        put_text(ph_text_slice(&words).data, picture->out);
    }
    ph_text_puts(picture->out, "</text>");
}

static void draw_empty(struct picture *picture)
{
    say(picture, "ph-text", (picture->left + picture->right) / 2,
        (picture->top + picture->bottom) / 2, "middle", "nothing was read");
}

/* ------------------------------------------------------------------ the picture */

static double held(unsigned side)
{
    return side < SIDE_LEAST ? SIDE_LEAST : side > SIDE_MOST ? SIDE_MOST : side;
}

/* Everything within the <svg>: from `top` on, as high as the style says. */
static void draw(const struct ph_chart *chart, const struct ph_svg_style *style, double top,
                 struct ph_text *out)
{
    bool small = style->small;
    struct picture picture = {
        .chart = chart,
        .style = style,
        .left = small                       ? LEFT_SMALL
                : style->width <= HALF_MOST ? LEFT_HALF
                                            : LEFT,
        .right = held(style->width) - RIGHT,
        .font = small ? FONT_SMALL : FONT,
        .out = out,
    };
    double row = small ? ROW_SMALL : ROW;

    picture.bottom = top + held(style->height) - row - 2;
    picture.top = top + picture.font * .6;
    if (style->standalone && chart->title) {
        say(&picture, "ph-title", 6, top + picture.font + 3, NULL, chart->title);
        picture.top += row;
    }
    double legend = picture.top + picture.font * .65;
    picture.top += small ? 0 : row;
    picture.top += !small && chart->mark_count ? picture.font : 0;
    picture.frame =
        ph_chart_frame_of(chart, (unsigned)((picture.right - picture.left) / 110),
                          (unsigned)((picture.bottom - picture.top) / (small ? 22 : 36)));
    if (!small)
        draw_legend(&picture, legend);
    draw_y_axis(&picture);
    draw_x_axis(&picture);
    draw_lines(&picture);
    draw_marks(&picture);
    if (picture.frame.empty)
        draw_empty(&picture);
}

static void put_description(const struct ph_chart *chart, unsigned id, struct ph_text *out)
{
    PH_GUARD(ph_text_fini) struct ph_text words = {0};
    struct ph_chart_frame frame = ph_chart_frame_of(chart, 4, 4);

    ph_text_printf(out, "<title id=\"ph-t%u\">", id);
    put_text(chart->title ? chart->title : "Memory over time", out);
    ph_text_printf(out, "</title><desc id=\"ph-d%u\">", id);
    ph_chart_describe(chart, &frame, &words);
    out->failed = out->failed || words.failed;
    put_text(ph_text_slice(&words).data, out);
    ph_text_puts(out, "</desc>");
}

static void begin_svg(const struct ph_svg_style *style, unsigned height, struct ph_text *out)
{
    unsigned width = (unsigned)held(style->width);

    if (style->standalone)
        ph_text_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    ph_text_printf(out, "<svg%s", style->small ? " class=\"ph-small\"" : "");
    if (style->standalone)
        ph_text_printf(out, " xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\"",
                       width, height);
    ph_text_printf(out,
                   " viewBox=\"0 0 %u %u\" font-size=\"%d\" role=\"img\" "
                   "aria-labelledby=\"ph-t%u ph-d%u\"",
                   width, height, style->small ? FONT_SMALL : FONT, style->id, style->id);
    if (style->standalone)
        ph_text_puts(out, " font-family=\"system-ui,'Segoe UI',Roboto,'DejaVu Sans',Arial,"
                          "sans-serif\"");
    ph_text_putc(out, '>');
}

static void put_standalone_head(unsigned height, struct ph_text *out)
{
    ph_text_printf(out,
                   "<style>%s%s</style><rect class=\"ph-paper\" width=\"100%%\" height=\"%u\"/>",
                   ph_chart_css, standalone_css, height);
}

void ph_chart_svg(const struct ph_chart *chart, const struct ph_svg_style *style,
                  struct ph_text *out)
{
    unsigned height = (unsigned)held(style->height);

    begin_svg(style, height, out);
    put_description(chart, style->id, out);
    if (style->standalone)
        put_standalone_head(height, out);
    draw(chart, style, 0, out);
    ph_text_puts(out, "</svg>\n");
}

void ph_chart_svg_file(const struct ph_chart *const *charts, size_t count, unsigned width,
                       unsigned height_each, struct ph_text *out)
{
    struct ph_svg_style style = {.width = width, .height = height_each, .standalone = true};
    unsigned each = (unsigned)held(height_each);

    count = count > SIDE_MOST / each ? SIDE_MOST / each : count;
    unsigned height = each * (unsigned)(count ? count : 1);
    begin_svg(&style, height, out);
    ph_text_puts(out, "<title id=\"ph-t0\">Kernel memory over time</title><desc id=\"ph-d0\">");
    for (size_t i = 0; i < count; i++) {
        ph_text_puts(out, i ? ", " : "Plots of: ");
        put_text(charts[i]->title ? charts[i]->title : "memory", out);
    }
    ph_text_puts(out, "</desc>");
    put_standalone_head(height, out);
    for (size_t i = 0; i < count; i++) {
        style.id = (unsigned)i + 1;
        ph_text_puts(out, "<g>");
        put_description(charts[i], style.id, out);
        draw(charts[i], &style, (double)i * each, out);
        ph_text_puts(out, "</g>\n");
    }
    ph_text_puts(out, "</svg>\n");
}
