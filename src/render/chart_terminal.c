/* Charts in a terminal.
 *
 * A line of words (title and legend), the plot, a line of ends of the axis; with events a line of
 * letters below the plot and one that tells what they mean. A cell shows 2 x 4 dots of braille, or
 * in ASCII one of two halves. What must not be lost in the dots, floors and limits, are strokes of
 * their own.
 */
#include <math.h>
#include <string.h>

#include "render/chart_scale.h"
#include "render/screen.h"

enum {
    COLUMNS_LEAST = 20,
    ROWS_LEAST = 4,
    SIDE_MOST = 2000,
    ROWS_LETTERS = 7, /* from here on there is a line of letters, */
    ROWS_MEANING = 8, /* and one of what they mean */
    ROWS_FLOORS = 5,  /* of the plot; in fewer, floors and rates would hide what was seen */
    MARKS_MOST = 26
};

enum stroke { STROKE_NONE, STROKE_LOW, STROKE_MIDDLE, STROKE_HIGH, STROKE_LIMIT };

struct cell {
    uint8_t dots;  /* braille: the Unicode numbering; ASCII: 1 = lower half, 2 = upper */
    uint8_t looks; /* a bit for each enum ph_chart_look that is here */
    uint8_t stroke;
};

struct grid {
    const struct ph_chart *chart;
    struct ph_terminal_chart size;
    struct ph_screen screen; /* of what is tinted */
    struct ph_chart_frame frame;
    size_t label, columns, rows; /* width of the numbers; cells of the plot */
    size_t dots_across, dots_down;
    bool letters, meaning;
    const struct ph_chart_mark *marks[MARKS_MOST];
    size_t mark_columns[MARKS_MOST], mark_count;
    struct cell *cells;
};

static void grid_fini(struct grid *grid)
{
    ph_free(grid->cells);
}

static const struct {
    enum ph_tint tint;
    const char *key, *ascii_key;
} looks[] = {
    [PH_CHART_RANGE] = {PH_TINT_CALM, "⣿", ":"},
    [PH_CHART_FLOOR] = {PH_TINT_BOLD, "▁", "_"},
    [PH_CHART_BAND] = {PH_TINT_WARN, "⠒", "+"},
    [PH_CHART_LIMIT] = {PH_TINT_ALARM, "╌", "-"},
};

/* ------------------------------------------------------------------ the size of things */

static void make_label_width(struct grid *grid)
{
    PH_GUARD(ph_text_fini) struct ph_text words = {0};

    for (size_t i = 0; i < grid->frame.y.count; i++) {
        ph_text_clear(&words);
        ph_chart_y_text(&grid->frame, grid->frame.y.at[i], &words);
        grid->label = words.size > grid->label ? words.size : grid->label;
    }
    grid->label = grid->label > 11 ? 11 : grid->label;
}

static struct ph_error *make_grid(const struct ph_chart *chart,
                                  const struct ph_terminal_chart *size, struct grid *grid)
{
    unsigned rows = size->rows;

    grid->chart = chart;
    grid->size = *size;
    grid->letters = chart->mark_count && rows >= ROWS_LETTERS;
    grid->meaning = chart->mark_count && rows >= ROWS_MEANING;
    grid->rows = rows - 2 - grid->letters - grid->meaning;
    grid->frame = ph_chart_frame_of(chart, size->columns / 12, (unsigned)grid->rows / 2);
    make_label_width(grid);
    grid->columns = size->columns - grid->label - 1;
    grid->dots_across = size->utf8 ? 2 : 1;
    grid->dots_down = size->utf8 ? 4 : 2;
    grid->cells = ph_zalloc(grid->rows * grid->columns, sizeof(*grid->cells));
    return grid->cells ? NULL : ph_error_nomem();
}

/* Dots and cells from the top; 0 is the highest. */
static size_t level(const struct grid *grid, double y, size_t steps)
{
    double down = (1 - ph_chart_share_y(&grid->frame, y)) * (double)steps;

    return down >= (double)steps ? steps - 1 : (size_t)down;
}

static size_t column_of(const struct grid *grid, double x)
{
    double across = ph_chart_share_x(&grid->frame, x) * (double)grid->columns;

    return across >= (double)grid->columns ? grid->columns - 1 : (size_t)across;
}

static struct cell *cell_at(struct grid *grid, size_t row, size_t column)
{
    return &grid->cells[row * grid->columns + column];
}

/* ------------------------------------------------------------------ lines */

static void set_dot(struct grid *grid, size_t across, size_t down, enum ph_chart_look look)
{
    static const uint8_t braille[4][2] = {{1, 8}, {2, 16}, {4, 32}, {64, 128}};
    static const uint8_t halves[2] = {2, 1};
    struct cell *cell = cell_at(grid, down / grid->dots_down, across / grid->dots_across);

    cell->dots |= grid->size.utf8 ? braille[down % 4][across % 2] : halves[down % 2];
    cell->looks |= (uint8_t)(1u << look);
}

/* The range fills its height; of a band only the middle is drawn, as every second dot. */
static void draw_dots(struct grid *grid, const struct ph_chart_line *line)
{
    const struct ph_chart_frame *frame = &grid->frame;
    size_t across = grid->columns * grid->dots_across, down = grid->rows * grid->dots_down;
    double step = (frame->x_last - frame->x_first) / (double)across, low = 0, high = 0;
    bool band = line->look == PH_CHART_BAND;

    for (size_t i = 0; i < across; i += band ? 2 : 1) {
        double from = frame->x_first + (double)i * step;
        double to = i + 1 == across ? frame->x_last : from + step;
        if (!ph_chart_column(frame, line, from, band ? from : to, &low, &high))
            continue;
        if (band)
            low = high = (low + high) / 2;
        if (band && (low < frame->y_low || low > frame->y_high))
            continue;
        size_t bottom = level(grid, low, down);
        for (size_t k = level(grid, high, down); k <= bottom; k++)
            set_dot(grid, i, k, line->look);
    }
}

static void draw_floors(struct grid *grid, const struct ph_chart_line *line)
{
    double from = 0, to = 0;

    for (size_t i = 0; i < line->count; i++) {
        if (!ph_chart_floor(&grid->frame, line, i, &from, &to))
            continue;
        size_t third = level(grid, line->low[i], grid->rows * 3);
        size_t first = column_of(grid, from), last = column_of(grid, to);
        bool ends = to >= grid->frame.x_last;
        for (size_t k = first; k < last + (ends || first == last); k++) {
            struct cell *cell = cell_at(grid, third / 3, k);
            cell->stroke = (uint8_t)(STROKE_HIGH - third % 3);
            cell->looks |= 1u << PH_CHART_FLOOR;
        }
    }
}

static void draw_limit(struct grid *grid, const struct ph_chart_line *line)
{
    size_t row = level(grid, line->low[0], grid->rows);

    for (size_t i = 0; i < grid->columns; i++) {
        struct cell *cell = cell_at(grid, row, i);
        if (cell->looks)
            continue;
        cell->stroke = STROKE_LIMIT;
        cell->looks = 1u << PH_CHART_LIMIT;
    }
}

static bool is_shown(const struct grid *grid, enum ph_chart_look look)
{
    return grid->rows >= ROWS_FLOORS || look == PH_CHART_RANGE || look == PH_CHART_LIMIT;
}

static void draw_lines(struct grid *grid)
{
    static const enum ph_chart_look order[] = {PH_CHART_BAND, PH_CHART_RANGE, PH_CHART_FLOOR,
                                               PH_CHART_LIMIT};

    for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++)
        for (size_t i = 0; i < grid->chart->line_count; i++) {
            const struct ph_chart_line *line = &grid->chart->lines[i];
            if (line->look != order[k] || !is_shown(grid, line->look))
                continue;
            if (line->look == PH_CHART_FLOOR)
                draw_floors(grid, line);
            else if (line->look != PH_CHART_LIMIT)
                draw_dots(grid, line);
            else if (!grid->frame.beyond[i])
                draw_limit(grid, line);
        }
}

/* ------------------------------------------------------------------ words */

static size_t tail_width(const struct ph_text *text, size_t from)
{
    return ph_text_width((struct ph_slice){text->data ? text->data + from : "", text->size - from});
}

/* Foreign words, cut to a width, without blanks at the end, into `out`; returns the width they
 * took. */
static size_t put_words(bool utf8, const char *words, size_t width, struct ph_text *out)
{
    PH_GUARD(ph_text_fini) struct ph_text clean = {0};
    size_t before = out->size;

    ph_screen_prose(utf8, ph_slice_of(words), &clean);
    out->failed = out->failed || clean.failed;
    ph_screen_fit(utf8, ph_text_slice(&clean), width, out);
    while (!out->failed && out->size > before && out->data[out->size - 1] == ' ')
        out->data[--out->size] = 0;
    return out->failed ? width : tail_width(out, before);
}

static void put_tinted(struct grid *grid, struct ph_slice printable, enum ph_tint tint)
{
    ph_screen_left(&grid->screen, printable, ph_text_width(printable), tint);
}

/* The title, and of the legend what has room. */
static void put_head(struct grid *grid)
{
    const struct ph_chart *chart = grid->chart;
    PH_GUARD(ph_text_fini) struct ph_text words = {0};
    PH_GUARD(ph_text_fini) struct ph_text name = {0};
    struct ph_text *out = grid->screen.out;
    size_t left = grid->size.columns;

    if (chart->title) {
        left -= put_words(grid->size.utf8, chart->title, left, &words);
        put_tinted(grid, ph_text_slice(&words), PH_TINT_BOLD);
    }
    for (size_t i = 0; i < chart->line_count; i++) {
        enum ph_chart_look look = chart->lines[i].look;
        const char *key = grid->size.utf8 ? looks[look].key : looks[look].ascii_key;
        size_t gap = left < grid->size.columns ? 2 : 0;
        if (!is_shown(grid, look))
            continue;
        ph_text_clear(&name);
        ph_chart_legend_text(chart, &grid->frame, i, &name);
        ph_text_clear(&words);
        size_t width = put_words(grid->size.utf8, ph_text_slice(&name).data, SIDE_MOST, &words);
        out->failed = out->failed || name.failed || words.failed;
        if (gap + 2 + width > left)
            continue;
        left -= gap + 2 + width;
        ph_screen_blanks(out, gap);
        put_tinted(grid, ph_slice_of(key), looks[look].tint);
        ph_text_putc(out, ' ');
        ph_text_add(out, ph_text_slice(&words).data, words.size);
    }
    ph_screen_end_line(out);
}

static enum ph_tint cell_tint(const struct cell *cell)
{
    static const enum ph_chart_look order[] = {PH_CHART_LIMIT, PH_CHART_FLOOR, PH_CHART_RANGE,
                                               PH_CHART_BAND};

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        if (cell->looks & 1u << order[i])
            return looks[order[i]].tint;
    return PH_TINT_PLAIN;
}

static void cell_text(const struct grid *grid, const struct cell *cell, struct ph_text *out)
{
    static const char *const strokes[] = {
        [STROKE_LOW] = "▁", [STROKE_MIDDLE] = "─", [STROKE_HIGH] = "▔", [STROKE_LIMIT] = "╌"};
    static const char ascii_strokes[] = {
        [STROKE_LOW] = '_', [STROKE_MIDDLE] = '_', [STROKE_HIGH] = '_', [STROKE_LIMIT] = '-'};
    static const char halves[] = {' ', '.', '\'', ':'};

    if (cell->stroke)
        grid->size.utf8 ? ph_text_puts(out, strokes[cell->stroke])
                        : ph_text_putc(out, ascii_strokes[cell->stroke]);
    else if (!cell->dots)
        ph_text_putc(out, ' ');
    else if (grid->size.utf8)
        ph_text_rune(out, 0x2800u + cell->dots);
    else
        ph_text_putc(out, cell->looks == 1u << PH_CHART_BAND ? '+' : halves[cell->dots & 3]);
}

/* The cells of a row; neighbours of one tint share its sequence. */
static void put_cells(struct grid *grid, size_t row)
{
    PH_GUARD(ph_text_fini) struct ph_text run = {0};

    for (size_t i = 0; i < grid->columns;) {
        enum ph_tint tint = cell_tint(cell_at(grid, row, i));
        ph_text_clear(&run);
        for (; i < grid->columns && cell_tint(cell_at(grid, row, i)) == tint; i++)
            cell_text(grid, cell_at(grid, row, i), &run);
        grid->screen.out->failed = grid->screen.out->failed || run.failed;
        put_tinted(grid, ph_text_slice(&run), tint);
    }
}

static void put_row(struct grid *grid, size_t row)
{
    const struct ph_ticks *ticks = &grid->frame.y;
    PH_GUARD(ph_text_fini) struct ph_text words = {0};
    struct ph_text *out = grid->screen.out;
    bool tick = false;

    for (size_t i = 0; i < ticks->count && !tick; i++) {
        tick = level(grid, ticks->at[i], grid->rows) == row;
        if (tick)
            ph_chart_y_text(&grid->frame, ticks->at[i], &words);
    }
    out->failed = out->failed || words.failed;
    size_t width = words.size < grid->label ? words.size : grid->label;
    ph_screen_blanks(out, grid->label - width);
    ph_text_add(out, ph_text_slice(&words).data, width);
    ph_text_puts(out, grid->size.utf8 ? tick ? "┤" : "│" : tick ? "+" : "|");
    if (grid->frame.empty && row == grid->rows / 2)
        (void)put_words(grid->size.utf8, " nothing was read", grid->columns, out);
    else
        put_cells(grid, row);
    ph_screen_end_line(out);
}

/* ------------------------------------------------------------------ below the plot */

static void put_at(char *line, size_t size, size_t at, struct ph_slice words)
{
    for (size_t i = 0; i < words.size && at + i < size; i++)
        line[at + i] = words.data[i];
}

static bool is_free(const char *line, size_t size, size_t at, size_t width)
{
    size_t from = at >= 2 ? at - 2 : 0;

    for (size_t i = from; i < at + width + 2 && i < size; i++)
        if (line[i] != ' ')
            return false;
    return at + width <= size;
}

/* In ASCII: places are counted in bytes. Ends of the axis that are too wide give way to how long it
 * is. */
static void put_ends(struct grid *grid, char *line, size_t size)
{
    const char *first = grid->chart->first_label ? grid->chart->first_label : "";
    const char *last = grid->chart->last_label ? grid->chart->last_label : "";
    PH_GUARD(ph_text_fini) struct ph_text left = {0};
    PH_GUARD(ph_text_fini) struct ph_text right = {0};
    size_t start = grid->label + 1;

    (void)put_words(false, first, size, &left);
    (void)put_words(false, last, size, &right);
    if (start + left.size + right.size + 2 > size && left.size + right.size + 2 <= size)
        start = size - left.size - right.size - 2;
    if (start + left.size + right.size + 2 > size) {
        start = grid->label + 1;
        ph_text_clear(&left);
        ph_text_putc(&left, '-');
        if (grid->chart->x_counts)
            ph_text_printf(&left, "%.0f", grid->chart->x_last - grid->chart->x_first);
        else
            ph_text_duration(&left, grid->chart->x_last - grid->chart->x_first);
        if (start + left.size + right.size + 2 > size) {
            ph_text_clear(&right);
            ph_text_puts(&right, "end");
        }
    }
    grid->screen.out->failed = grid->screen.out->failed || left.failed || right.failed;
    put_at(line, size, start, ph_text_slice(&left));
    if (right.size < size)
        put_at(line, size, size - right.size, ph_text_slice(&right));
}

static void put_axis(struct grid *grid)
{
    PH_GUARD(ph_text_fini) struct ph_text words = {0};
    struct ph_text *out = grid->screen.out;
    size_t size = grid->size.columns;
    char line[SIDE_MOST];

    memset(line, ' ', size);
    put_ends(grid, line, size);
    for (size_t i = 0; i < grid->frame.x.count; i++) {
        ph_text_clear(&words);
        ph_chart_x_text(&grid->frame, grid->frame.x.at[i], &words);
        size_t at = grid->label + 1 + column_of(grid, grid->frame.x.at[i]);
        at -= words.size / 2 < at ? words.size / 2 : at;
        if (!words.failed && at > grid->label && is_free(line, size, at, words.size))
            put_at(line, size, at, ph_text_slice(&words));
    }
    out->failed = out->failed || words.failed;
    ph_text_add(out, line, size);
    ph_screen_end_line(out);
}

/* Events that share a column share a letter: the newest is told. */
static void find_marks(struct grid *grid)
{
    for (size_t i = 0; i < grid->chart->mark_count; i++) {
        const struct ph_chart_mark *mark = &grid->chart->marks[i];
        if (!(mark->x >= grid->frame.x_first && mark->x <= grid->frame.x_last))
            continue;
        size_t column = column_of(grid, mark->x);
        if (grid->mark_count && grid->mark_columns[grid->mark_count - 1] == column)
            grid->mark_count--;
        if (grid->mark_count == MARKS_MOST)
            return;
        grid->mark_columns[grid->mark_count] = column;
        grid->marks[grid->mark_count++] = mark;
    }
}

/* With a line for their meaning events are letters, otherwise strokes. */
static void put_letters(struct grid *grid)
{
    char line[SIDE_MOST];

    memset(line, ' ', grid->size.columns);
    for (size_t i = 0; i < grid->mark_count; i++)
        line[grid->label + 1 + grid->mark_columns[i]] = grid->meaning ? (char)('A' + (int)i) : '|';
    ph_text_add(grid->screen.out, line, grid->size.columns);
    ph_screen_end_line(grid->screen.out);
}

static void put_meaning(struct grid *grid)
{
    struct ph_text *out = grid->screen.out;
    size_t left = grid->size.columns;

    for (size_t i = 0; i < grid->mark_count; i++) {
        PH_GUARD(ph_text_fini) struct ph_text words = {0};
        const char *label = grid->marks[i]->label ? grid->marks[i]->label : "?";
        size_t gap = i ? 2 : 0;
        if (left < gap + 3)
            break;
        size_t width = put_words(grid->size.utf8, label, left - gap - 2, &words);
        if (i && gap + 2 + width > left)
            break;
        out->failed = out->failed || words.failed;
        ph_screen_blanks(out, gap);
        ph_text_printf(out, "%c ", (char)('A' + (int)i));
        ph_text_add(out, ph_text_slice(&words).data, words.size);
        left -= gap + 2 + width;
    }
    ph_screen_end_line(out);
}

struct ph_error *ph_chart_terminal(const struct ph_chart *chart,
                                   const struct ph_terminal_chart *size, struct ph_text *out)
{
    PH_GUARD(ph_text_fini) struct ph_text made = {0};
    PH_GUARD(grid_fini) struct grid grid = {0};
    const struct ph_style style = {.utf8 = size->utf8, .colour = size->colour};

    if (size->columns < COLUMNS_LEAST || size->rows < ROWS_LEAST || size->columns > SIDE_MOST ||
        size->rows > SIDE_MOST)
        return ph_errorf(PH_ERR_USAGE, "a plot of %u x %u characters: it takes %d x %d at least",
                         size->columns, size->rows, COLUMNS_LEAST, ROWS_LEAST);
    PH_TRY(make_grid(chart, size, &grid));
    grid.screen = (struct ph_screen){.style = &style, .out = &made, .columns = size->columns};
    draw_lines(&grid);
    find_marks(&grid);
    put_head(&grid);
    for (size_t i = 0; i < grid.rows; i++)
        put_row(&grid, i);
    if (grid.letters)
        put_letters(&grid);
    put_axis(&grid);
    if (grid.meaning)
        put_meaning(&grid);
    PH_TRY(ph_text_check(&made));
    ph_text_add(out, made.data, made.size);
    return ph_text_check(out);
}
