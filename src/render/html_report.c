/* The report as one HTML file: no script, nothing from elsewhere (a Content-Security-Policy holds
 * that), pictures as SVG within it. Foreign text is printable when it comes here and is escaped by
 * text(), in elements as in attributes; raw bytes are written from literals and numbers only. */
#include <math.h>
#include <string.h>

#include "render/report_document.h"
#include "render/report_format.h"

static const char *entity_of(char byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static void text(struct ph_document *doc, struct ph_slice slice)
{
    size_t done = 0;

    for (size_t i = 0; i < slice.size; i++) {
        const char *entity = entity_of(slice.data[i]);
        if (!entity)
            continue;
        ph_text_add(doc->out, slice.data + done, i - done);
        ph_text_puts(doc->out, entity);
        done = i + 1;
    }
    ph_text_add(doc->out, slice.data + done, slice.size - done);
}

static bool digit(struct ph_slice slice, size_t at)
{
    return at < slice.size && slice.data[at] >= '0' && slice.data[at] <= '9';
}

/* How many bytes of `slice` follow `pattern` ('0' = a digit) from `at` on; all of it or 0. */
static size_t follows(struct ph_slice slice, size_t at, const char *pattern)
{
    size_t i = 0;

    for (; pattern[i]; i++)
        if (pattern[i] == '0' ? !digit(slice, at + i)
                              : at + i >= slice.size || slice.data[at + i] != pattern[i])
            return 0;
    return digit(slice, at + i) ? 0 : i;
}

/* A date or a time that begins at `at`: its size; 0 = none. */
static size_t time_at(struct ph_slice slice, size_t at)
{
    static const char *const forms[] = {"0000-00-00T00:00:00Z", "0000-00-00T00:00:00",
                                        "0000-00-00T00:00Z", "0000-00-00"};
    size_t size = 0;

    if (!digit(slice, at) || (at && digit(slice, at - 1)))
        return 0;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]) && !size; i++)
        size = follows(slice, at, forms[i]);
    return size;
}

/* A blank between a number and its unit. */
static bool binds(struct ph_slice slice, size_t at)
{
    static const char *const units[] = {"d", "h", "min", "s", "B", "KB", "MB", "GB", "TB", "%"};

    if (slice.data[at] != ' ' || !at || !digit(slice, at - 1))
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t size = strlen(units[i]), end = at + 1 + size;
        if (end > slice.size || memcmp(slice.data + at + 1, units[i], size) != 0)
            continue;
        if (end == slice.size || strchr(" ,;:.)/", slice.data[end]))
            return true;
    }
    return false;
}

/* An option of a command, "--drivers", that begins at `at`: its size; 0 = none. */
static size_t option_at(struct ph_slice slice, size_t at)
{
    size_t end = at + 2;

    if (end >= slice.size || memcmp(slice.data + at, "--", 2) != 0 ||
        (at && !strchr(" ('", slice.data[at - 1])))
        return 0;
    while (end < slice.size && ((slice.data[end] >= 'a' && slice.data[end] <= 'z') ||
                                (slice.data[end] == '-' && end > at + 2)))
        end++;
    return end > at + 2 ? end - at : 0;
}

static void whole(struct ph_document *doc, const char *before, struct ph_slice slice,
                  const char *after)
{
    ph_text_puts(doc->out, before);
    ph_text_add(doc->out, slice.data, slice.size);
    ph_text_puts(doc->out, after);
}

/* Text of elements: dates, options, and numbers with their units, are not broken at the end of a
 * line. */
static void prose(struct ph_document *doc, struct ph_slice slice)
{
    size_t done = 0;

    for (size_t i = 0; i < slice.size; i++) {
        size_t time = time_at(slice, i), option = time ? 0 : option_at(slice, i);
        if (!time && !option && !binds(slice, i))
            continue;
        text(doc, (struct ph_slice){slice.data + done, i - done});
        if (time)
            whole(doc, "<time>", (struct ph_slice){slice.data + i, time}, "</time>");
        else if (option)
            whole(doc, "<code class=\"option\">", (struct ph_slice){slice.data + i, option},
                  "</code>");
        else
            ph_text_puts(doc->out, "&nbsp;");
        i += time ? time - 1 : option ? option - 1 : 0;
        done = i + 1;
    }
    text(doc, (struct ph_slice){slice.data + done, slice.size - done});
}

static void puts_all(struct ph_document *doc, const char *before, struct ph_slice slice,
                     const char *after)
{
    ph_text_puts(doc->out, before);
    text(doc, slice);
    ph_text_puts(doc->out, after);
}

static void puts_prose(struct ph_document *doc, const char *before, struct ph_slice slice,
                       const char *after)
{
    ph_text_puts(doc->out, before);
    prose(doc, slice);
    ph_text_puts(doc->out, after);
}

static const char *tint_class(enum ph_tint tint)
{
    static const char *const classes[] = {
        [PH_TINT_PLAIN] = "plain", [PH_TINT_ALARM] = "alarm", [PH_TINT_WARN] = "warn",
        [PH_TINT_CALM] = "calm",   [PH_TINT_BOLD] = "plain",
    };

    return classes[tint];
}

/* ------------------------------------------------------------------ the page */

static void begin(struct ph_document *doc, struct ph_slice title)
{
    puts_all(doc,
             "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light dark\">\n"
             "<meta name=\"referrer\" content=\"no-referrer\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
             "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n<title>",
             title, "</title>\n<style>\n");
    ph_text_puts(doc->out, ph_html_style);
    ph_text_puts(doc->out, ph_chart_css);
    ph_text_puts(doc->out, "</style>\n</head>\n<body>\n");
}

static void end(struct ph_document *doc)
{
    ph_text_puts(doc->out, "</main>\n</body>\n</html>\n");
}

static void head(struct ph_document *doc, struct ph_slice over, struct ph_slice badge,
                 enum ph_tint tint, struct ph_slice headline)
{
    ph_text_printf(doc->out, "<header class=\"%s\">\n", tint_class(tint));
    puts_all(doc, "<p class=\"over\">", over, "</p>\n");
    puts_all(doc, "<p class=\"badge\">", badge, "</p>\n");
    puts_prose(doc, "<h1>", headline, "</h1>\n");
}

static void head_end(struct ph_document *doc)
{
    ph_text_puts(doc->out, "</header>\n");
}

static void contents(struct ph_document *doc, const struct ph_doc_section *sections, size_t count)
{
    ph_text_puts(doc->out, "<nav aria-label=\"Contents\">\n<ul>\n");
    for (size_t i = 0; i < count; i++)
        ph_text_printf(doc->out, "<li><a href=\"#%s\">%s</a></li>\n", sections[i].id,
                       sections[i].title);
    ph_text_puts(doc->out, "</ul>\n</nav>\n<main>\n");
}

static void section(struct ph_document *doc, const struct ph_doc_section *section)
{
    ph_text_printf(
        doc->out, "<section id=\"%s\" aria-labelledby=\"%s-title\">\n<h2 id=\"%s-title\">%s</h2>\n",
        section->id, section->id, section->id, section->title);
}

static void section_end(struct ph_document *doc)
{
    ph_text_puts(doc->out, "</section>\n");
}

/* ------------------------------------------------------------------ sentences */

static void part(struct ph_document *doc, struct ph_slice title)
{
    puts_all(doc, "<h3>", title, "</h3>\n");
}

static void say(struct ph_document *doc, enum ph_saying saying, struct ph_slice slice)
{
    static const struct {
        const char *before, *after;
    } forms[] = {
        [PH_SAY_TEXT] = {"<p>", "</p>\n"},
        [PH_SAY_NOTE] = {"<p class=\"note\">", "</p>\n"},
        [PH_SAY_STRONG] = {"<p><strong>", "</strong></p>\n"},
        [PH_SAY_COPY] = {"<blockquote><p>", "</p></blockquote>\n"},
        [PH_SAY_COMMAND] = {"<p><code>", "</code></p>\n"},
    };

    puts_prose(doc, forms[saying].before, slice, forms[saying].after);
}

static void list(struct ph_document *doc, bool begin)
{
    ph_text_puts(doc->out, begin ? "<ul>\n" : "</ul>\n");
}

static void item(struct ph_document *doc, struct ph_slice slice)
{
    puts_prose(doc, "<li>", slice, "</li>\n");
}

static void fields(struct ph_document *doc, bool begin, bool big)
{
    ph_text_puts(doc->out, !begin ? "</dl>\n" : big ? "<dl class=\"big\">\n" : "<dl>\n");
}

static void field(struct ph_document *doc, const char *label, struct ph_slice slice,
                  struct ph_slice link)
{
    ph_text_printf(doc->out, "<div><dt>%s</dt><dd>", label);
    if (link.size) {
        puts_all(doc, "<a rel=\"noreferrer\" href=\"", link, "\">");
        puts_all(doc, "", slice, "</a>");
    } else {
        prose(doc, slice);
    }
    ph_text_puts(doc->out, "</dd></div>\n");
}

static void fold(struct ph_document *doc, struct ph_slice summary)
{
    puts_all(doc, "<details>\n<summary>", summary, "</summary>\n");
}

static void fold_end(struct ph_document *doc)
{
    ph_text_puts(doc->out, "</details>\n");
}

static void names(struct ph_document *doc, bool begin)
{
    ph_text_puts(doc->out, begin ? "<ul class=\"names\">\n" : "</ul>\n");
}

static void name(struct ph_document *doc, struct ph_slice slice, struct ph_slice note)
{
    puts_all(doc, "<li><code>", slice, "</code>");
    if (note.size)
        puts_prose(doc, " ", note, "");
    ph_text_puts(doc->out, "</li>\n");
}

/* ------------------------------------------------------------------ tables */

static bool has_below(const struct ph_document *doc)
{
    return doc->columns[doc->column_count - 1].cell == PH_CELL_BELOW;
}

static void table(struct ph_document *doc, struct ph_slice caption)
{
    puts_all(doc, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"", caption,
             "\">\n");
    puts_all(doc, "<table>\n<caption>", caption, "</caption>\n<thead>\n<tr>");
    for (size_t i = 0; i < doc->column_count; i++)
        if (doc->columns[i].cell != PH_CELL_BELOW)
            ph_text_printf(doc->out, "<th scope=\"col\"%s>%s</th>",
                           doc->columns[i].cell == PH_CELL_NUMBER ? " class=\"number\"" : "",
                           doc->columns[i].title);
    ph_text_puts(doc->out, "</tr>\n</thead>\n");
    if (!has_below(doc))
        ph_text_puts(doc->out, "<tbody>\n");
}

/* A row and the sentence below it are a body of their own, so that no page parts them. */
static void row(struct ph_document *doc, bool begin)
{
    bool pair = has_below(doc);

    if (begin)
        ph_text_puts(doc->out, pair ? "<tbody>\n<tr>" : "<tr>");
    else
        ph_text_puts(doc->out, pair ? "</tr>\n</tbody>\n" : "</tr>\n");
}

enum { WHOLE_TAG = 24 }; /* columns up to which a tag is not broken */

static void cell(struct ph_document *doc, enum ph_cell kind, struct ph_slice slice,
                 enum ph_tint tint)
{
    switch (kind) {
    case PH_CELL_NAME:
        puts_prose(doc, "<th scope=\"row\">", slice, "</th>");
        break;
    case PH_CELL_TAG:
        puts_all(doc,
                 ph_text_width(slice) > WHOLE_TAG ? "<th scope=\"row\"><code class=\"long\">"
                                                  : "<th scope=\"row\"><code>",
                 slice, "</code></th>");
        break;
    case PH_CELL_VERDICT:
        ph_text_printf(doc->out, "<td><span class=\"verdict %s\">", tint_class(tint));
        puts_all(doc, "", slice, "</span></td>");
        break;
    case PH_CELL_NUMBER:
        puts_all(doc, "<td class=\"number\">", slice, "</td>");
        break;
    case PH_CELL_BELOW:
        ph_text_printf(doc->out, "</tr>\n<tr class=\"below\"><td colspan=\"%zu\">",
                       doc->column_count - 1);
        puts_prose(doc, "", slice, "</td>");
        break;
    case PH_CELL_TEXT:
    case PH_CELL_TREND:
        puts_prose(doc, "<td>", slice, "</td>");
        break;
    }
}

/* The least and the greatest point; false when there is none. */
static bool reach(const struct ph_trend *points, double *low, double *high)
{
    bool some = false;

    for (size_t i = 0; i < points->count && i < PH_TREND_POINTS; i++) {
        if (!isfinite(points->points[i]))
            continue;
        *low = some ? fmin(*low, points->points[i]) : points->points[i];
        *high = some ? fmax(*high, points->points[i]) : points->points[i];
        some = true;
    }
    return some;
}

/* A small line; what changes by less than a thousandth or a page is drawn level, as the trends of
 * the screen are. */
static void trend(struct ph_document *doc, const struct ph_trend *points)
{
    enum { WIDTH = 96, HEIGHT = 20, PAD = 2 };
    size_t count = points->count < PH_TREND_POINTS ? points->count : PH_TREND_POINTS;
    double low = 0, high = 0;
    bool pen = false;

    if (!reach(points, &low, &high)) {
        ph_text_puts(doc->out, "<td></td>");
        return;
    }
    bool level =
        !(high - low >= fmax(fmax(fabs(low), fabs(high)) * .001, 4096)) || !isfinite(high - low);
    ph_text_printf(doc->out,
                   "<td><svg class=\"trend\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
                   "aria-hidden=\"true\"><path d=\"",
                   WIDTH, HEIGHT, WIDTH, HEIGHT);
    for (size_t i = 0; i < count; i++) {
        double value = points->points[i];
        if (!isfinite(value)) {
            pen = false;
            continue;
        }
        double x = count > 1 ? PAD + (double)i * (WIDTH - 2 * PAD) / (double)(count - 1) : PAD;
        double share = level ? 0 : (value - low) / (high - low);
        ph_text_printf(doc->out, "%c%.0f %.1f", pen ? 'L' : 'M', x,
                       HEIGHT - PAD - share * (HEIGHT - 2 * PAD));
        pen = true;
    }
    ph_text_puts(doc->out, "\"/></svg></td>");
}

static void table_end(struct ph_document *doc)
{
    ph_text_puts(doc->out, has_below(doc) ? "</table>\n</div>\n" : "</tbody>\n</table>\n</div>\n");
    doc->columns = NULL;
}

/* ------------------------------------------------------------------ figures */

static const struct {
    const char *class;
    unsigned width, height;
} figure_sizes[] = {
    [PH_FIGURE_SMALL] = {"small", 320, 150},
    [PH_FIGURE_HALF] = {"half", 560, 240},
    [PH_FIGURE_WHOLE] = {"whole", 760, 290},
};

static void figures(struct ph_document *doc, bool begin, enum ph_figure_size size)
{
    if (begin)
        ph_text_printf(doc->out, "<div class=\"figures %s\">\n", figure_sizes[size].class);
    else
        ph_text_puts(doc->out, "</div>\n");
}

static void figure(struct ph_document *doc, const struct ph_chart *chart, enum ph_figure_size size,
                   struct ph_slice caption)
{
    struct ph_svg_style style = {
        .width = figure_sizes[size].width,
        .height = figure_sizes[size].height,
        .small = size == PH_FIGURE_SMALL,
        .id = ++doc->figures,
    };

    ph_text_puts(doc->out, "<figure>\n");
    ph_chart_svg(chart, &style, doc->out);
    puts_prose(doc, "<figcaption>", caption, "</figcaption>\n</figure>\n");
}

const struct ph_language ph_language_html = {
    .begin = begin,
    .end = end,
    .head = head,
    .head_end = head_end,
    .contents = contents,
    .section = section,
    .section_end = section_end,
    .part = part,
    .say = say,
    .list = list,
    .item = item,
    .fields = fields,
    .field = field,
    .table = table,
    .row = row,
    .cell = cell,
    .trend = trend,
    .table_end = table_end,
    .fold = fold,
    .fold_end = fold_end,
    .names = names,
    .name = name,
    .figures = figures,
    .figure = figure,
};

struct ph_error *ph_html_report(const struct ph_hunt_report *report, struct ph_text *out)
{
    return ph_report_body(report, &ph_language_html, out);
}
