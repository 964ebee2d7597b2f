/* Charts as PNG: painted one after another into one band of pixels, so that memory is that of one
 * chart, and written row by row through libpng. */
#include <math.h>
#include <png.h>

#include "base/mem.h"
#include "render/chart_scale.h"
#include "render/screen.h"
#include "render/strokefont.h"

enum {
    SIDE_MOST = 8192,
    SIDE_LEAST = 80,
    LEFT = 84,
    RIGHT = 14,
    ROW = 22,
    MARKS_MOST = 48,
    MARK_GAP = 2,
    DASH = 8,
    DASH_GAP = 6
};

static const double font = 15, weight = 1.35;

static const struct ph_colour paper = {255, 255, 255, 1}, ink = {27, 31, 36, 1},
                              soft = {75, 83, 92, 1}, rule = {212, 218, 224, 1},
                              mark_colour = {107, 79, 160, 1};
static const struct ph_colour look_colours[] = {
    [PH_CHART_RANGE] = {47, 111, 181, 1},
    [PH_CHART_FLOOR] = {15, 61, 115, 1},
    [PH_CHART_BAND] = {217, 130, 43, 1},
    [PH_CHART_LIMIT] = {179, 38, 30, 1},
};

struct picture {
    const struct ph_chart *chart;
    struct ph_raster raster;
    struct ph_chart_frame frame;
    double left, right, top, bottom;
    bool failed;
};

static struct ph_colour pale(enum ph_chart_look look, double alpha)
{
    struct ph_colour colour = look_colours[look];

    colour.alpha = alpha;
    return colour;
}

static double place_x(const struct picture *picture, double x)
{
    return picture->left + ph_chart_share_x(&picture->frame, x) * (picture->right - picture->left);
}

static double place_y(const struct picture *picture, double y)
{
    return picture->bottom -
           ph_chart_share_y(&picture->frame, y) * (picture->bottom - picture->top);
}

/* ------------------------------------------------------------------ text */

enum anchor { ANCHOR_START, ANCHOR_MIDDLE, ANCHOR_END };

static double say(struct picture *picture, double x, double y, enum anchor anchor,
                  const char *words, struct ph_colour colour)
{
    double width = ph_stroke_width(words, font);

    x -= anchor == ANCHOR_START ? 0 : anchor == ANCHOR_END ? width : width / 2;
    return ph_stroke_text(&picture->raster, x, y, words, font, weight, colour);
}

/* Foreign text: control characters and what hides is told as bytes. */
static void clean(struct picture *picture, const char *words, struct ph_text *out)
{
    ph_text_clear(out);
    ph_screen_prose(true, ph_slice_of(words ? words : ""), out);
    picture->failed = picture->failed || out->failed;
}

/* Cut to the room there is. */
static void fit(struct picture *picture, double room, struct ph_text *words)
{
    static const char dots[] = "...";
    bool whole = words->failed || !words->size || ph_stroke_width(words->data, font) <= room;

    while (!whole && words->size &&
           ph_stroke_width(words->data, font) + ph_stroke_width(dots, font) > room)
        words->data[--words->size] = 0;
    if (!whole)
        ph_text_puts(words, dots);
    picture->failed = picture->failed || words->failed;
}

/* ------------------------------------------------------------------ lines */

static void dashes(struct picture *picture, double left, double right, double y)
{
    for (int i = 0; left + i * (DASH + DASH_GAP) < right; i++) {
        double x = left + i * (DASH + DASH_GAP);
        ph_raster_line(&picture->raster, x, y, fmin(x + DASH, right), y, 2);
    }
}

/* An area and its edges; where both edges are one, a line. */
static void draw_range(struct picture *picture, const struct ph_chart_line *line)
{
    double low = 0, high = 0, x = 0, top = 0, bottom = 0;
    struct ph_raster *raster = &picture->raster;

    for (int edges = 0; edges < 2; edges++) {
        bool joined = false;
        for (size_t i = 0; i < line->count; i++) {
            bool seen = ph_chart_point(&picture->frame, line, i, &low, &high);
            double next_x = seen ? place_x(picture, line->x[i]) : 0;
            double next_top = seen ? place_y(picture, high) : 0;
            double next_bottom = seen ? place_y(picture, low) : 0;
            if (seen && edges) {
                ph_raster_line(raster, joined ? x : next_x, joined ? top : next_top, next_x,
                               next_top, 1.8);
                ph_raster_line(raster, joined ? x : next_x, joined ? bottom : next_bottom, next_x,
                               next_bottom, 1.8);
            } else if (seen && joined) {
                ph_raster_area(raster, x, top, bottom, next_x, next_top, next_bottom);
            }
            joined = seen;
            x = next_x;
            top = next_top;
            bottom = next_bottom;
        }
        ph_raster_paint(raster, pale(PH_CHART_RANGE, edges ? 1 : .3));
    }
}

static void draw_floors(struct picture *picture, const struct ph_chart_line *line)
{
    double from = 0, to = 0, end = -1, before = 0;

    for (size_t i = 0; i < line->count; i++) {
        if (!ph_chart_floor(&picture->frame, line, i, &from, &to))
            continue;
        double x = place_x(picture, from), y = place_y(picture, line->low[i]);
        if (x == end)
            ph_raster_line(&picture->raster, x, before, x, y, 2.6);
        end = place_x(picture, to);
        before = y;
        ph_raster_line(&picture->raster, x, y, end, y, 2.6);
    }
    ph_raster_paint(&picture->raster, look_colours[PH_CHART_FLOOR]);
}

/* Column by column, for a wedge that leaves the plot is cut where it does. */
static void draw_band(struct picture *picture, const struct ph_chart_line *line)
{
    const struct ph_chart_frame *frame = &picture->frame;
    double step = (frame->x_last - frame->x_first) / (picture->right - picture->left);

    for (int middle = 0; middle < 2; middle++) {
        double low[2] = {0}, high[2] = {0};
        bool joined = false;
        for (int i = 0; picture->left + i <= picture->right; i++) {
            double x = picture->left + i, at = frame->x_first + i * step;
            bool seen = ph_chart_column(frame, line, at, at, &low[1], &high[1]);
            double level = (low[1] + high[1]) / 2, before = (low[0] + high[0]) / 2;
            if (seen && joined && !middle)
                ph_raster_area(&picture->raster, x - 1, place_y(picture, high[0]),
                               place_y(picture, low[0]), x, place_y(picture, high[1]),
                               place_y(picture, low[1]));
            else if (seen && joined && level >= frame->y_low && level <= frame->y_high)
                ph_raster_line(&picture->raster, x - 1, place_y(picture, before), x,
                               place_y(picture, level), 1.8);
            joined = seen;
            low[0] = low[1];
            high[0] = high[1];
        }
        ph_raster_paint(&picture->raster, pale(PH_CHART_BAND, middle ? 1 : .25));
    }
}

static void draw_limit(struct picture *picture, size_t at)
{
    double y = place_y(picture, picture->chart->lines[at].low[0]);
    PH_GUARD(ph_text_fini) struct ph_text label = {0};
    PH_GUARD(ph_text_fini) struct ph_text words = {0};

    dashes(picture, picture->left, picture->right, y);
    ph_raster_paint(&picture->raster, look_colours[PH_CHART_LIMIT]);
    ph_chart_legend_text(picture->chart, &picture->frame, at, &label);
    picture->failed = picture->failed || label.failed;
    clean(picture, ph_text_slice(&label).data, &words);
    say(picture, picture->right - 6, y - picture->top > ROW ? y - 6 : y + ROW - 4, ANCHOR_END,
        ph_text_slice(&words).data, look_colours[PH_CHART_LIMIT]);
}

static void draw_lines(struct picture *picture)
{
    static const enum ph_chart_look order[] = {PH_CHART_BAND, PH_CHART_RANGE, PH_CHART_FLOOR,
                                               PH_CHART_LIMIT};
    const struct ph_chart *chart = picture->chart;

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
            else if (!picture->frame.beyond[i])
                draw_limit(picture, i);
        }
}

/* ------------------------------------------------------------------ around the lines */

static void draw_y_axis(struct picture *picture)
{
    PH_GUARD(ph_text_fini) struct ph_text words = {0};

    for (size_t i = 0; i < picture->frame.y.count; i++) {
        double y = round(place_y(picture, picture->frame.y.at[i])) + .5;
        ph_raster_line(&picture->raster, picture->left, y, picture->right, y, 1);
        ph_raster_paint(&picture->raster, rule);
        ph_text_clear(&words);
        ph_chart_y_text(&picture->frame, picture->frame.y.at[i], &words);
        picture->failed = picture->failed || words.failed;
        say(picture, picture->left - 8, y + font * .35, ANCHOR_END, ph_text_slice(&words).data,
            soft);
    }
}

static void draw_x_axis(struct picture *picture)
{
    PH_GUARD(ph_text_fini) struct ph_text words = {0};
    double y = picture->bottom + ROW - 3;

    clean(picture, picture->chart->last_label, &words);
    double free_to = picture->right - ph_stroke_width(ph_text_slice(&words).data, font);
    say(picture, picture->right, y, ANCHOR_END, ph_text_slice(&words).data, soft);
    clean(picture, picture->chart->first_label, &words);
    fit(picture, free_to - picture->left - 12, &words);
    double free_from =
        say(picture, picture->left, y, ANCHOR_START, ph_text_slice(&words).data, soft);
    for (size_t i = 0; i < picture->frame.x.count; i++) {
        double x = place_x(picture, picture->frame.x.at[i]);
        ph_text_clear(&words);
        ph_chart_x_text(&picture->frame, picture->frame.x.at[i], &words);
        picture->failed = picture->failed || words.failed;
        double half = ph_stroke_width(ph_text_slice(&words).data, font) / 2 + 10;
        if (x - half < free_from || x + half > free_to)
            continue;
        say(picture, x, y, ANCHOR_MIDDLE, ph_text_slice(&words).data, soft);
        free_from = x + half;
    }
}

static void draw_marks(struct picture *picture)
{
    double drawn = -1e9, free_from = -1e9;
    PH_GUARD(ph_text_fini) struct ph_text words = {0};
    size_t count = 0;

    for (size_t i = 0; i < picture->chart->mark_count && count < MARKS_MOST; i++) {
        const struct ph_chart_mark *mark = &picture->chart->marks[i];
        double x = place_x(picture, mark->x);
        if (!(mark->x >= picture->frame.x_first && mark->x <= picture->frame.x_last) ||
            x - drawn < MARK_GAP)
            continue;
        for (int k = 0; picture->top + 5 * k < picture->bottom; k++)
            ph_raster_line(&picture->raster, x, picture->top + 5 * k, x, picture->top + 5 * k + 1.5,
                           1.2);
        ph_raster_paint(&picture->raster, mark_colour);
        drawn = x;
        count++;
        clean(picture, mark->label, &words);
        double end = x + ph_stroke_width(ph_text_slice(&words).data, font);
        if (x < free_from || end > picture->raster.width)
            continue;
        say(picture, x, picture->top - 6, ANCHOR_START, ph_text_slice(&words).data, mark_colour);
        free_from = end + 12;
    }
}

/* The sign of a line in the legend, from x on around the height y; 26 pixels wide. */
static void draw_key(struct picture *picture, enum ph_chart_look look, double x, double y)
{
    struct ph_raster *raster = &picture->raster;

    if (look == PH_CHART_RANGE)
        ph_raster_area(raster, x, y - 5, y + 5, x + 20, y - 5, y + 5);
    else if (look == PH_CHART_BAND)
        ph_raster_area(raster, x, y + 4, y + 5, x + 20, y - 6, y + 5);
    else if (look == PH_CHART_FLOOR)
        ph_raster_line(raster, x, y, x + 20, y, 2.6);
    else if (look == PH_CHART_LIMIT)
        dashes(picture, x, x + 22, y);
    ph_raster_paint(raster, pale(look, look == PH_CHART_RANGE || look == PH_CHART_BAND ? .6 : 1));
}

static void draw_legend(struct picture *picture, double y)
{
    const struct ph_chart *chart = picture->chart;
    PH_GUARD(ph_text_fini) struct ph_text name = {0};
    PH_GUARD(ph_text_fini) struct ph_text words = {0};
    double x = picture->left;

    for (size_t i = 0; i < chart->line_count; i++) {
        ph_text_clear(&name);
        ph_chart_legend_text(chart, &picture->frame, i, &name);
        picture->failed = picture->failed || name.failed;
        clean(picture, ph_text_slice(&name).data, &words);
        if (x + 26 + ph_stroke_width(ph_text_slice(&words).data, font) > picture->raster.width)
            continue;
        draw_key(picture, chart->lines[i].look, x, y - 5);
        x = say(picture, x + 26, y, ANCHOR_START, ph_text_slice(&words).data, soft) + 24;
    }
}

static void draw_title(struct picture *picture)
{
    PH_GUARD(ph_text_fini) struct ph_text words = {0};

    clean(picture, picture->chart->title, &words);
    fit(picture, picture->raster.width - 2. * RIGHT, &words);
    ph_stroke_text(&picture->raster, RIGHT, ROW - 3, ph_text_slice(&words).data, font,
                   weight * 1.45, ink);
}

static struct ph_error *draw(const struct ph_chart *chart, struct picture *picture)
{
    double row = chart->title ? ROW : 0;

    picture->chart = chart;
    picture->left = LEFT;
    picture->right = picture->raster.width - (double)RIGHT;
    picture->bottom = picture->raster.height - (double)ROW - 10;
    picture->top = row + ROW + 12 + (chart->mark_count ? ROW - 4 : 0);
    if (picture->bottom < picture->top + 10) /* too low for all of it */
        picture->top = picture->bottom - 10;
    picture->frame = ph_chart_frame_of(chart, (unsigned)((picture->right - picture->left) / 110),
                                       (unsigned)((picture->bottom - picture->top) / 28));
    ph_raster_clear(&picture->raster, paper);
    draw_title(picture);
    draw_legend(picture, row + ROW - 2);
    draw_y_axis(picture);
    draw_x_axis(picture);
    draw_lines(picture);
    draw_marks(picture);
    if (picture->frame.empty)
        say(picture, (picture->left + picture->right) / 2, (picture->top + picture->bottom) / 2,
            ANCHOR_MIDDLE, "nothing was read", soft);
    return picture->failed ? ph_error_nomem() : NULL;
}

/* ------------------------------------------------------------------ the file */

struct file {
    png_structp png;
    png_infop info;
    struct ph_text *out;
};

static void file_fini(struct file *file)
{
    png_destroy_write_struct(&file->png, &file->info);
}

static png_voidp png_get_memory(png_structp png, png_alloc_size_t size)
{
    (void)png;
    return ph_alloc(size);
}

static void png_free_memory(png_structp png, png_voidp block)
{
    (void)png;
    ph_free(block);
}

static void png_take(png_structp png, png_bytep bytes, size_t size)
{
    ph_text_add(png_get_io_ptr(png), bytes, size);
}

static void png_flushed(png_structp png)
{
    (void)png;
}

/* libpng leaves by longjmp(); here the one thing that can go wrong is that memory is short. */
static void png_gave_up(png_structp png, png_const_charp message)
{
    (void)message;
    png_longjmp(png, 1);
}

static void png_warned(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static bool begin_file(struct file *file, unsigned width, unsigned height)
{
    if (setjmp(png_jmpbuf(file->png)))
        return false;
    file->info = png_create_info_struct(file->png);
    if (!file->info)
        return false;
    png_set_write_fn(file->png, file->out, png_take, png_flushed);
    png_set_user_limits(file->png, width, height);
    png_set_IHDR(file->png, file->info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_filter(file->png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE); /* flat colours */
    png_write_info(file->png, file->info);
    return true;
}

static bool write_rows(struct file *file, const struct ph_raster *raster)
{
    if (setjmp(png_jmpbuf(file->png)))
        return false;
    for (unsigned y = 0; y < raster->height; y++)
        png_write_row(file->png, raster->pixels + (size_t)y * raster->width * 3);
    return true;
}

static bool end_file(struct file *file)
{
    if (setjmp(png_jmpbuf(file->png)))
        return false;
    png_write_end(file->png, file->info);
    return true;
}

static void picture_fini(struct picture *picture)
{
    ph_raster_fini(&picture->raster);
}

struct ph_error *ph_chart_png(const struct ph_chart *const *charts, size_t count, unsigned width,
                              unsigned height_each, struct ph_text *out)
{
    PH_GUARD(ph_text_fini) struct ph_text made = {0};
    PH_GUARD(file_fini) struct file file = {.out = &made};
    PH_GUARD(picture_fini) struct picture picture = {0};

    if (!count || width < 2 * LEFT || width > SIDE_MOST || height_each < SIDE_LEAST ||
        height_each > SIDE_MOST || count > SIDE_MOST / height_each)
        return ph_errorf(PH_ERR_USAGE,
                         "a picture of %zu plots, %u x %u pixels each: it takes %d to %d across "
                         "and %d to %d down in all",
                         count, width, height_each, 2 * LEFT, SIDE_MOST, SIDE_LEAST, SIDE_MOST);
    PH_TRY(ph_raster_init(&picture.raster, width, height_each));
    file.png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, NULL, png_gave_up, png_warned, NULL,
                                         png_get_memory, png_free_memory);
    if (!file.png || !begin_file(&file, width, height_each * (unsigned)count))
        return ph_error_nomem();
    for (size_t i = 0; i < count; i++) {
        PH_TRY(draw(charts[i], &picture));
        if (!write_rows(&file, &picture.raster))
            return ph_error_nomem();
    }
    if (!end_file(&file))
        return ph_error_nomem();
    PH_TRY(ph_text_check(&made));
    ph_text_add(out, made.data, made.size);
    return ph_text_check(out);
}
