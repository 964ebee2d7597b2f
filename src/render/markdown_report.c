/* The report in GitHub-flavoured Markdown, for a ticket: no images, no HTML.
 *
 * Foreign text is escaped so that it neither formats nor links anything: every punctuation
 * character that may begin a construct of CommonMark gets a backslash. Code spans take no escapes:
 * their fence is longer than any run of backticks within. Cells of tables escape the bar in both.
 */
#include <string.h>

#include "render/report_document.h"
#include "render/report_format.h"

static void text(struct ph_document *doc, struct ph_slice slice)
{
    for (size_t i = 0; i < slice.size; i++) {
        char c = slice.data[i];
        /* "://" and "@" would link by themselves */
        bool means = c && strchr("\\`*_{}[]<>#|~!&$@", c);
        bool colon = c == ':' && i + 1 < slice.size && slice.data[i + 1] == '/';
        bool starts = i == 0 && c && strchr("-+=", c);
        if (means || colon || starts)
            ph_text_putc(doc->out, '\\');
        ph_text_putc(doc->out, c);
    }
}

static void code(struct ph_document *doc, struct ph_slice slice)
{
    size_t longest = 0, run = 0;

    for (size_t i = 0; i < slice.size; i++) {
        run = slice.data[i] == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    if (!slice.size) {
        ph_text_puts(doc->out, "(empty)");
        return;
    }
    for (size_t i = 0; i <= longest; i++)
        ph_text_putc(doc->out, '`');
    /* one blank at both ends is taken off again: blanks and backticks at the ends of a tag stay */
    bool pad = strchr("` ", slice.data[0]) || strchr("` ", slice.data[slice.size - 1]);
    ph_text_puts(doc->out, pad ? " " : "");
    for (size_t i = 0; i < slice.size; i++) {
        if (slice.data[i] == '|' && doc->columns)
            ph_text_putc(doc->out, '\\');
        ph_text_putc(doc->out, slice.data[i]);
    }
    ph_text_puts(doc->out, pad ? " " : "");
    for (size_t i = 0; i <= longest; i++)
        ph_text_putc(doc->out, '`');
}

static void begin(struct ph_document *doc, struct ph_slice title)
{
    (void)doc;
    (void)title; /* the head says it */
}

static void end(struct ph_document *doc)
{
    (void)doc;
}

static void head(struct ph_document *doc, struct ph_slice over, struct ph_slice badge,
                 enum ph_tint tint, struct ph_slice headline)
{
    (void)tint;
    ph_text_puts(doc->out, "# ");
    text(doc, over);
    ph_text_puts(doc->out, "\n\n**");
    text(doc, badge);
    ph_text_puts(doc->out, "** ");
    text(doc, headline);
    ph_text_puts(doc->out, "\n\n");
}

static void contents(struct ph_document *doc, const struct ph_doc_section *sections, size_t count)
{
    (void)doc; /* a ticket shows the headings */
    (void)sections;
    (void)count;
}

static void section(struct ph_document *doc, const struct ph_doc_section *section)
{
    ph_text_printf(doc->out, "## %s\n\n", section->title);
}

static void part(struct ph_document *doc, struct ph_slice title)
{
    ph_text_puts(doc->out, "### ");
    text(doc, title);
    ph_text_puts(doc->out, "\n\n");
}

static void say(struct ph_document *doc, enum ph_saying saying, struct ph_slice slice)
{
    if (saying == PH_SAY_COMMAND) {
        code(doc, slice);
    } else {
        ph_text_puts(doc->out, saying == PH_SAY_COPY ? "> " : saying == PH_SAY_STRONG ? "**" : "");
        text(doc, slice);
        ph_text_puts(doc->out, saying == PH_SAY_STRONG ? "**" : "");
    }
    ph_text_puts(doc->out, "\n\n");
}

static void list(struct ph_document *doc, bool begin)
{
    ph_text_puts(doc->out, begin ? "" : "\n");
}

static void item(struct ph_document *doc, struct ph_slice slice)
{
    ph_text_puts(doc->out, "- ");
    text(doc, slice);
    ph_text_putc(doc->out, '\n');
}

static void fields(struct ph_document *doc, bool begin, bool big)
{
    (void)big;
    ph_text_puts(doc->out, begin ? "" : "\n");
}

static void field(struct ph_document *doc, const char *label, struct ph_slice slice,
                  struct ph_slice link)
{
    ph_text_printf(doc->out, "- **%s:** ", label);
    if (link.size && !memchr(link.data, '>', link.size) && !memchr(link.data, '<', link.size) &&
        !memchr(link.data, ' ', link.size)) {
        ph_text_putc(doc->out, '<');
        ph_text_add(doc->out, link.data, link.size);
        ph_text_putc(doc->out, '>');
    } else {
        text(doc, slice);
    }
    ph_text_putc(doc->out, '\n');
}

static void table(struct ph_document *doc, struct ph_slice caption)
{
    text(doc, caption);
    ph_text_puts(doc->out, ":\n\n|");
    for (size_t i = 0; i < doc->column_count; i++)
        ph_text_printf(doc->out, " %s |", doc->columns[i].title);
    ph_text_puts(doc->out, "\n|");
    for (size_t i = 0; i < doc->column_count; i++)
        ph_text_puts(doc->out, doc->columns[i].cell == PH_CELL_NUMBER ? " ---: |" : " --- |");
    ph_text_putc(doc->out, '\n');
}

static void row(struct ph_document *doc, bool begin)
{
    ph_text_puts(doc->out, begin ? "|" : "\n");
}

static void cell(struct ph_document *doc, enum ph_cell kind, struct ph_slice slice,
                 enum ph_tint tint)
{
    bool strong = kind == PH_CELL_VERDICT && tint == PH_TINT_ALARM;

    ph_text_puts(doc->out, strong ? " **" : " ");
    if (kind == PH_CELL_TAG)
        code(doc, slice);
    else
        text(doc, slice);
    ph_text_puts(doc->out, strong ? "** |" : " |");
}

static void trend(struct ph_document *doc, const struct ph_trend *points)
{
    enum { COLUMNS = 12 };

    ph_text_putc(doc->out, ' ');
    ph_render_trend(points, COLUMNS, true, doc->out);
    ph_text_puts(doc->out, " |");
}

static void table_end(struct ph_document *doc)
{
    doc->columns = NULL;
    ph_text_putc(doc->out, '\n');
}

static void fold(struct ph_document *doc, struct ph_slice summary)
{
    part(doc, summary);
}

static void nothing(struct ph_document *doc)
{
    (void)doc;
}

static void names(struct ph_document *doc, bool begin)
{
    ph_text_puts(doc->out, begin ? "" : "\n\n");
    doc->column = 0;
}

static void name(struct ph_document *doc, struct ph_slice slice, struct ph_slice note)
{
    ph_text_puts(doc->out, doc->column++ ? ", " : "");
    code(doc, slice);
    if (!note.size)
        return;
    ph_text_putc(doc->out, ' ');
    text(doc, note);
}

const struct ph_language ph_language_markdown = {
    .begin = begin,
    .end = end,
    .head = head,
    .head_end = nothing,
    .contents = contents,
    .section = section,
    .section_end = nothing,
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
    .fold_end = nothing,
    .names = names,
    .name = name,
};

struct ph_error *ph_markdown_report(const struct ph_hunt_report *report, struct ph_text *out)
{
    return ph_report_body(report, &ph_language_markdown, out);
}
