/* render/chart_png: the file is read back by libpng and looked at pixel by pixel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "base/mem.h"
#include "near.h"
#include "random_chart.h"
#include "render/strokefont.h"

enum { WIDTH = 600, HEIGHT = 200, POINTS = 50 };

struct image {
    unsigned width, height;
    uint8_t *rgb;
};

static void image_fini(struct image *image)
{
    free(image->rgb);
}

static void decode(const struct ph_text *file, struct image *image)
{
    png_image png = {.version = PNG_IMAGE_VERSION};

    assert_true(png_image_begin_read_from_memory(&png, file->data, file->size));
    png.format = PNG_FORMAT_RGB;
    image->rgb = malloc(PNG_IMAGE_SIZE(png));
    assert_non_null(image->rgb);
    assert_true(png_image_finish_read(&png, NULL, image->rgb, 0, NULL));
    image->width = png.width;
    image->height = png.height;
}

static bool near_colour(const struct image *image, unsigned x, unsigned y, const int colour[3])
{
    const uint8_t *pixel = &image->rgb[3 * ((size_t)y * image->width + x)];

    for (int i = 0; i < 3; i++)
        if (abs(pixel[i] - colour[i]) > 24)
            return false;
    return true;
}

/* How many pixels of a colour there are in a part of the picture. */
static size_t count_colour(const struct image *image, unsigned left, unsigned top, unsigned right,
                           unsigned bottom, const int colour[3])
{
    size_t count = 0;

    for (unsigned y = top; y < bottom; y++)
        for (unsigned x = left; x < right; x++)
            count += near_colour(image, x, y, colour);
    return count;
}

static const int range[] = {47, 111, 181}, limit_red[] = {179, 38, 30}, dark[] = {27, 31, 36},
                 grey[] = {75, 83, 92}, floor_blue[] = {15, 61, 115}, white[] = {255, 255, 255},
                 violet[] = {107, 79, 160};

struct rising {
    double x[POINTS], y[POINTS], limit;
    struct ph_chart_mark mark;
    struct ph_chart chart;
};

static void make_rising(struct rising *rising)
{
    for (size_t i = 0; i < POINTS; i++) {
        rising->x[i] = (double)i * 60;
        rising->y[i] = 1e6 * (double)i;
    }
    rising->limit = 6e7;
    rising->mark = (struct ph_chart_mark){1500, "load x"};
    rising->chart = (struct ph_chart){
        .title = "Tag Strg",
        .lines = {{"seen", PH_CHART_RANGE, rising->x, rising->y, rising->y, POINTS},
                  {"limit", PH_CHART_LIMIT, rising->x, &rising->limit, &rising->limit, 1}},
        .line_count = 2,
        .marks = &rising->mark,
        .mark_count = 1,
        .x_last = (POINTS - 1) * 60,
        .first_label = "14:00Z",
        .last_label = "14:49Z",
        .from_zero = true,
    };
}

static void a_line_rises(void **state)
{
    struct rising rising;
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    PH_GUARD(image_fini) struct image image = {0};
    const struct ph_chart *charts[] = {&rising.chart};
    unsigned before = HEIGHT, first = 0, last = 0;

    (void)state;
    make_rising(&rising);
    rising.chart.mark_count = 0;
    must(ph_chart_png(charts, 1, WIDTH, HEIGHT, &out));
    decode(&out, &image);
    assert_int_equal(image.width, WIDTH);
    assert_int_equal(image.height, HEIGHT);
    for (unsigned x = 90; x < WIDTH - 20; x++) {
        unsigned y = 50; /* below the legend */
        while (y < HEIGHT - 20 && !near_colour(&image, x, y, range))
            y++;
        if (y == HEIGHT - 20)
            continue; /* nowhere dark enough: the line passes between two pixels */
        assert_true(y <= before);
        before = y;
        first = first ? first : y;
        last = y;
    }
    assert_true(first > last + 60);
}

static void what_is_seen(void **state)
{
    struct rising rising;
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    PH_GUARD(image_fini) struct image image = {0};
    const struct ph_chart *charts[] = {&rising.chart, &rising.chart};

    (void)state;
    make_rising(&rising);
    must(ph_chart_png(charts, 2, WIDTH, HEIGHT, &out));
    decode(&out, &image);
    assert_int_equal(image.height, 2 * HEIGHT);
    for (unsigned top = 0; top < 2 * HEIGHT; top += HEIGHT) {
        assert_true(count_colour(&image, 0, top, 120, top + 24, dark) > 60); /* title */
        assert_true(count_colour(&image, 84, top + 50, 590, top + 190, limit_red) > 200);
        assert_true(count_colour(&image, 84, top + 50, 590, top + 190, violet) > 20); /* mark */
        assert_true(count_colour(&image, 0, top + 50, 80, top + 190, grey) > 30);     /* numbers */
        assert_true(count_colour(&image, 84, top + 172, 590, top + 199, grey) > 30);  /* times */
        assert_true(count_colour(&image, 84, top + 24, 590, top + 46, grey) > 20);    /* legend */
        assert_int_equal(count_colour(&image, 592, top, 600, top + HEIGHT, white), 8 * HEIGHT);
    }
}

/* Floors stand where they are, and a limit that is far away is not drawn in the plot. */
static void floors(void **state)
{
    struct rising rising;
    static const double x[] = {0, 1470}, y[] = {1e7, 3e7};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    PH_GUARD(image_fini) struct image image = {0};
    const struct ph_chart *charts[] = {&rising.chart};

    (void)state;
    make_rising(&rising);
    rising.limit = 1e12;
    rising.chart.mark_count = 0;
    rising.chart.lines[0] = (struct ph_chart_line){"floors", PH_CHART_FLOOR, x, y, y, 2};
    must(ph_chart_png(charts, 1, WIDTH, HEIGHT, &out));
    decode(&out, &image);
    assert_int_equal(count_colour(&image, 84, 50, 590, 190, limit_red), 0);
    size_t left = count_colour(&image, 90, 56, 330, 175, floor_blue);
    size_t right = count_colour(&image, 340, 56, 580, 175, floor_blue);
    assert_in_range(left, 240, 3 * 240);
    assert_in_range(right, 240, 3 * 240);
    assert_true(count_colour(&image, 340, 56, 580, 115, floor_blue) == right); /* upper half */
    assert_true(count_colour(&image, 90, 115, 330, 175, floor_blue) == left);
}

/* Every letter leaves ink, no two are the same, and none leaves its place. */
static void letters(void **state)
{
    enum { SIDE = 64, SIZE = 40 };
    static uint8_t before[128][SIDE * SIDE * 3];
    static const struct ph_colour black = {0, 0, 0, 1}, paper = {255, 255, 255, 1};
    static const int no_ink[] = {255, 255, 255};
    struct ph_raster raster = {0};

    (void)state;
    must(ph_raster_init(&raster, SIDE, SIDE));
    for (int c = ' '; c <= '~'; c++) {
        char text[2] = {(char)c, 0};
        ph_raster_clear(&raster, paper);
        double end = ph_stroke_text(&raster, 10, 44, text, SIZE, 2, black);
        assert_near(end, 10 + ph_stroke_width(text, SIZE), .001);
        struct image image = {SIDE, SIDE, raster.pixels};
        size_t ink = SIDE * SIDE - count_colour(&image, 0, 0, SIDE, SIDE, no_ink);
        unsigned right = (unsigned)end + 3;
        assert_true(c == ' ' ? !ink : ink >= 4);
        assert_int_equal(count_colour(&image, 0, 0, 8, SIDE, no_ink), 8 * SIDE);
        assert_int_equal(count_colour(&image, right, 0, SIDE, SIDE, no_ink), (SIDE - right) * SIDE);
        memcpy(before[c], raster.pixels, sizeof(before[c]));
        for (int other = ' '; other < c; other++)
            if (!memcmp(before[other], before[c], sizeof(before[c])))
                fail_msg("%c looks like %c", c, other);
    }
    assert_near(ph_stroke_width("\xe6\xbc\xa2", SIZE), ph_stroke_width("?", SIZE), .001);
    assert_near(ph_stroke_width("\xff", SIZE), ph_stroke_width("?", SIZE), .001);
    assert_near(ph_stroke_width("", SIZE), 0, .001);
    ph_raster_fini(&raster);
}

/* Coverage is exact: half a pixel of black on white is grey, and areas that touch leave no seam. */
static void coverage(void **state)
{
    static const struct ph_colour black = {0, 0, 0, 1}, paper = {255, 255, 255, 1};
    struct ph_raster raster = {0};

    (void)state;
    must(ph_raster_init(&raster, 16, 16));
    ph_raster_clear(&raster, paper);
    ph_raster_area(&raster, 2.5, 2.5, 6, 7.3, 2.5, 6);
    ph_raster_area(&raster, 7.3, 2.5, 6, 12, 2.5, 6);
    ph_raster_paint(&raster, black);
    assert_in_range(raster.pixels[3 * (4 * 16 + 2)], 126, 129); /* half of it, to the left */
    assert_in_range(raster.pixels[3 * (2 * 16 + 5)], 126, 129); /* half of it, above */
    assert_in_range(raster.pixels[3 * (2 * 16 + 2)], 190, 193); /* a quarter */
    assert_in_range(raster.pixels[3 * (4 * 16 + 7)], 0, 1);     /* the seam */
    assert_int_equal(raster.pixels[3 * (4 * 16 + 12)], 255);
    assert_int_equal(raster.pixels[3 * (6 * 16 + 5)], 255);
    /* far outside, and nowhere */
    ph_raster_line(&raster, -1e9, -1e9, 1e9, -1e9, 3);
    ph_raster_line(&raster, 1e300, 0, -1e300, 5, 3);
    ph_raster_line(&raster, (double)NAN, 0, 1, 1, 3);
    ph_raster_area(&raster, (double)NAN, 0, 1, 5, 0, 1);
    ph_raster_paint(&raster, black);
    ph_raster_fini(&raster);
}

static void any_chart(void **state)
{
    struct random_chart *random = ph_zalloc(1, sizeof(*random));
    uint64_t seed = 31;

    (void)state;
    assert_non_null(random);
    for (int i = 0; i < 300; i++) {
        PH_GUARD(ph_text_fini) struct ph_text out = {0};
        PH_GUARD(image_fini) struct image image = {0};
        const struct ph_chart *charts[] = {&random->chart};
        unsigned width = 168 + (unsigned)below(&seed, 400);
        unsigned height = 80 + (unsigned)below(&seed, 200);
        random_chart(&seed, random);
        must(ph_chart_png(charts, 1, width, height, &out));
        decode(&out, &image);
        assert_int_equal(image.width, width);
        assert_int_equal(image.height, height);
    }
    ph_free(random);
}

static void errors(void **state)
{
    static const struct {
        size_t count;
        unsigned width, height;
    } sizes[] = {{1, 8193, 200}, {1, 1000, 8193}, {2, 1000, 5000}, {0, 1000, 300},
                 {1, 0, 300},    {1, 1000, 0},    {100, 1000, 300}};
    struct rising rising;
    const struct ph_chart *charts[] = {&rising.chart, &rising.chart};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    make_rising(&rising);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        ph_autoerror struct ph_error *error =
            ph_chart_png(charts, sizes[i].count, sizes[i].width, sizes[i].height, &out);
        assert_non_null(error);
        assert_int_equal(error->code, PH_ERR_USAGE);
        assert_int_equal(out.size, 0);
    }
}

static void memory(void **state)
{
    struct rising rising;
    const struct ph_chart *charts[] = {&rising.chart, &rising.chart};
    bool done = false;

    (void)state;
    make_rising(&rising);
    for (long n = 0; !done; n++) {
        PH_GUARD(ph_text_fini) struct ph_text out = {0};
        ph_mem_fail_after(n);
        ph_autoerror struct ph_error *error = ph_chart_png(charts, 2, 200, 100, &out);
        ph_mem_fail_after(-1);
        done = !error;
        assert_true(done ? out.size > 0 : error->code == PH_ERR_NOMEM && !out.size);
        assert_true(n < 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_rises), cmocka_unit_test(what_is_seen), cmocka_unit_test(floors),
        cmocka_unit_test(letters),      cmocka_unit_test(coverage),     cmocka_unit_test(any_chart),
        cmocka_unit_test(errors),       cmocka_unit_test(memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
