/* render/chart_terminal: a plot has exactly the size asked for and says the same with and without
 * colour. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "random_chart.h"
#include "screen_check.h"

static const double x[] = {0, 60, 120, 180, 240, 300, 360, 420, 480};
static const double y[] = {0, 1e5, 2e5, 3e5, 4e5, 5e5, 6e5, 7e5, 8e5};

static struct ph_chart rising(void)
{
    return (struct ph_chart){
        .title = "Tag Strg",
        .lines = {{"seen", PH_CHART_RANGE, x, y, y, 9}},
        .line_count = 1,
        .x_last = 480,
        .first_label = "14:00:00Z",
        .last_label = "14:08:00Z",
        .from_zero = true,
    };
}

static void assert_lines(const struct ph_text *out, size_t rows)
{
    size_t lines = 0;

    for (size_t i = 0; i < out->size; i++)
        lines += out->data[i] == '\n';
    assert_int_equal(lines, rows);
}

static void assert_plot(const struct ph_chart *chart, struct ph_terminal_chart size,
                        const char *golden)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    must(ph_chart_terminal(chart, &size, &out));
    assert_lines(&out, size.rows);
    assert_string_equal(out.data, golden);
}

static void golden_ascii(void **state)
{
    struct ph_chart chart = rising();

    (void)state;
    assert_plot(&chart, (struct ph_terminal_chart){.columns = 40, .rows = 8},
                "Tag Strg  : seen\n"
                "1000 KB+\n"
                "       |                           ...:'\n"
                "       |                    ...:''''\n"
                " 500 KB+             ....:'''\n"
                "       |      ....:'''\n"
                "      0+...:'''\n"
                "        14:00:00Z              14:08:00Z\n");
}

static void golden_utf8(void **state)
{
    struct ph_chart chart = rising();

    (void)state;
    assert_plot(&chart, (struct ph_terminal_chart){.columns = 40, .rows = 8, .utf8 = true},
                "Tag Strg  ⣿ seen\n"
                "1000 KB┤\n"
                "       │                           ⣀⣀⡤⠴⠒\n"
                "       │                    ⣀⣀⡤⠴⠒⠚⠉⠁\n"
                " 500 KB┤             ⢀⣀⡤⠤⠖⠚⠉⠁\n"
                "       │      ⢀⣀⣠⠤⠖⠚⠉⠉\n"
                "      0┤⣀⣠⠤⠖⠒⠋⠉\n"
                "        14:00:00Z              14:08:00Z\n");
}

static void golden_full(void **state)
{
    static const double floor_x[] = {0, 120, 240, 360}, floors[] = {0, 2e5, 4e5, 6e5};
    static const double band_x[] = {60, 480}, band_low[] = {0, 5e5}, band_high[] = {0, 8e5};
    static const double limit[] = {1e6};
    static const struct ph_chart_mark marks[] = {{30, "boot"}, {240, "load nf_conntrack"}};
    struct ph_chart chart = rising();

    (void)state;
    chart.lines[1] = (struct ph_chart_line){"floors", PH_CHART_FLOOR, floor_x, floors, floors, 4};
    chart.lines[2] =
        (struct ph_chart_line){"1 KB/s", PH_CHART_BAND, band_x, band_low, band_high, 2};
    chart.lines[3] = (struct ph_chart_line){"limit", PH_CHART_LIMIT, x, limit, limit, 1};
    chart.line_count = 4;
    chart.marks = marks;
    chart.mark_count = 2;
    assert_plot(&chart, (struct ph_terminal_chart){.columns = 60, .rows = 12},
                "Tag Strg  : seen  _ floors  + 1 KB/s  - limit 977 KB\n"
                "1000 KB+----------------------------------------------------\n"
                "       |                                                 ...\n"
                "       |                                         ....:''''\n"
                "       |                                 ....:'_____________\n"
                " 500 KB+                        .._____________ + +\n"
                "       |                ....:'''' + + + +\n"
                "       |        ....:_____________\n"
                "      0+_____________ +\n"
                "           A                      B\n"
                "        14:00:00Z              -4 min              14:08:00Z\n"
                "A boot  B load nf_conntrack\n");
    assert_plot(&chart, (struct ph_terminal_chart){.columns = 60, .rows = 12, .utf8 = true},
                "Tag Strg  ⣿ seen  ▁ floors  ⠒ 1 KB/s  ╌ limit 977 KB\n"
                "1000 KB┤╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌\n"
                "       │                                                 ⢀⣀⣀\n"
                "       │                                         ⢀⣀⣠⠤⠴⠒⠚⠉⠉\n"
                "       │                                 ⣀⣀⡤⠤⠖⠒▔▔▔▔▔▔▔▔▔▔▔▔▔\n"
                " 500 KB┤                        ⢀⣀▁▁▁▁▁▁▁▁▁▁▁▁▁⠂⠂⠁⠁\n"
                "       │                ⢀⣀⣠⠤⠴⠒⠚⠉⠉⡀⡀⠄⠄⠂⠂⠂⠁⠁\n"
                "       │        ⣀⣀⡤⠤⠖─────────────\n"
                "      0┤▁▁▁▁▁▁▁▁▁▁▁▁▁⠂⠁⠁\n"
                "           A                      B\n"
                "        14:00:00Z              -4 min              14:08:00Z\n"
                "A boot  B load nf_conntrack\n");
    /* too low for letters, then for floors */
    assert_plot(&chart, (struct ph_terminal_chart){.columns = 50, .rows = 4},
                "Tag Strg  : seen  - limit 977 KB\n"
                "1000 KB+--------------------------..............:'\n"
                "      0+.............:'''''''''''''\n"
                "        14:00:00Z         -4 min         14:08:00Z\n");
}

static void golden_empty(void **state)
{
    struct ph_chart chart = {0};

    (void)state;
    assert_plot(&chart, (struct ph_terminal_chart){.columns = 20, .rows = 4},
                "\n"
                "|\n"
                "| nothing was read\n"
                "\n");
}

static void any_chart(void **state)
{
    struct random_chart *random = ph_zalloc(1, sizeof(*random));
    uint64_t seed = 815;

    (void)state;
    assert_non_null(random);
    for (int i = 0; i < 2000; i++) {
        PH_GUARD(ph_text_fini) struct ph_text plain = {0};
        PH_GUARD(ph_text_fini) struct ph_text colour = {0};
        PH_GUARD(ph_text_fini) struct ph_text stripped = {0};
        struct ph_terminal_chart size = {
            .columns = 20 + (unsigned)below(&seed, i % 2 ? 231 : 30),
            .rows = 4 + (unsigned)below(&seed, i % 2 ? 67 : 8),
            .utf8 = below(&seed, 2),
        };
        struct ph_style style = {.utf8 = size.utf8};
        random_chart(&seed, random);
        must(ph_chart_terminal(&random->chart, &size, &plain));
        assert_lines(&plain, size.rows);
        assert_width(&plain, size.columns);
        assert_harmless(&plain, &style);
        size.colour = true;
        must(ph_chart_terminal(&random->chart, &size, &colour));
        without_colour(&colour, &stripped);
        assert_string_equal(stripped.data, plain.data);
    }
    ph_free(random);
}

/* Wherever the line rises, no later column stands lower. */
static void it_rises(void **state)
{
    struct ph_chart chart = rising();
    struct ph_terminal_chart size = {.columns = 100, .rows = 30};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    const char *lines[30], *at = NULL;
    size_t before = 30, drawn = 0;

    (void)state;
    must(ph_chart_terminal(&chart, &size, &out));
    at = out.data;
    for (size_t i = 0; i < 30; i++, at = strchr(at, '\n') + 1)
        lines[i] = at;
    size_t axis = (size_t)(strchr(lines[2], '|') - lines[2]);
    for (size_t column = axis + 1; column < 100; column++)
        for (size_t row = 1; row < 29; row++) {
            if (strcspn(lines[row], "\n") <= column || lines[row][column] == ' ')
                continue;
            assert_true(row <= before);
            before = row;
            drawn++;
            break;
        }
    assert_int_equal(drawn, 100 - axis - 1); /* no column is empty */
    assert_true(before < 8);
}

static void colours(void **state)
{
    static const double limit[] = {9e5};
    struct ph_chart chart = rising();
    struct ph_terminal_chart size = {.columns = 60, .rows = 12, .utf8 = true, .colour = true};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    chart.lines[1] = (struct ph_chart_line){"limit", PH_CHART_LIMIT, x, limit, limit, 1};
    chart.line_count = 2;
    must(ph_chart_terminal(&chart, &size, &out));
    assert_non_null(strstr(out.data, "\033[1mTag Strg\033[0m"));
    assert_non_null(strstr(out.data, "\033[1;31m╌╌╌╌"));
    assert_non_null(strstr(out.data, "\033[36m⣿\033[0m seen"));
}

static void errors(void **state)
{
    static const struct ph_terminal_chart sizes[] = {
        {.columns = 19, .rows = 10}, {.columns = 80, .rows = 3}, {.columns = 100000, .rows = 10}};
    struct ph_chart chart = rising();
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        ph_autoerror struct ph_error *error = ph_chart_terminal(&chart, &sizes[i], &out);
        assert_non_null(error);
        assert_int_equal(error->code, PH_ERR_USAGE);
        assert_int_equal(out.size, 0);
    }
}

static void memory(void **state)
{
    struct ph_chart chart = rising();
    struct ph_terminal_chart size = {.columns = 60, .rows = 12, .utf8 = true, .colour = true};
    bool done = false;

    (void)state;
    for (long n = 0; !done; n++) {
        PH_GUARD(ph_text_fini) struct ph_text out = {0};
        ph_mem_fail_after(n);
        ph_autoerror struct ph_error *error = ph_chart_terminal(&chart, &size, &out);
        ph_mem_fail_after(-1);
        done = !error;
        assert_true(done ? out.size > 0 : error->code == PH_ERR_NOMEM && !out.size);
        assert_true(n < 10000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_ascii), cmocka_unit_test(golden_utf8),
        cmocka_unit_test(golden_full),  cmocka_unit_test(golden_empty),
        cmocka_unit_test(any_chart),    cmocka_unit_test(it_rises),
        cmocka_unit_test(colours),      cmocka_unit_test(errors),
        cmocka_unit_test(memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
