#include "render/report_document.h"

#include <string.h>

/* What was said, made printable, for as long as a scope lasts. */
static struct ph_slice printable(struct ph_document *doc, struct ph_slice text,
                                 struct ph_text *safe)
{
    ph_screen_prose(true, text, safe);
    if (safe->failed)
        doc->out->failed = true;
    return ph_text_slice(safe);
}

static struct ph_slice of(struct ph_document *doc, const struct ph_text *text, struct ph_text *safe)
{
    if (text->failed)
        doc->out->failed = true;
    return printable(doc, ph_text_slice(text), safe);
}

void ph_document_head(struct ph_document *doc, const struct ph_text *over, const char *badge,
                      enum ph_tint tint, const struct ph_text *headline)
{
    PH_GUARD(ph_text_fini) struct ph_text a = {0};
    PH_GUARD(ph_text_fini) struct ph_text b = {0};

    doc->language->head(doc, of(doc, over, &a), ph_slice_of(badge), tint, of(doc, headline, &b));
}

void ph_document_part(struct ph_document *doc, const struct ph_text *title)
{
    PH_GUARD(ph_text_fini) struct ph_text safe = {0};

    doc->language->part(doc, of(doc, title, &safe));
}

void ph_document_say(struct ph_document *doc, enum ph_saying saying, const struct ph_text *text)
{
    PH_GUARD(ph_text_fini) struct ph_text safe = {0};

    doc->language->say(doc, saying, of(doc, text, &safe));
}

void ph_document_says(struct ph_document *doc, enum ph_saying saying, const char *text)
{
    PH_GUARD(ph_text_fini) struct ph_text safe = {0};

    doc->language->say(doc, saying, printable(doc, ph_slice_of(text), &safe));
}

void ph_document_item(struct ph_document *doc, const struct ph_text *text)
{
    PH_GUARD(ph_text_fini) struct ph_text safe = {0};

    doc->language->item(doc, of(doc, text, &safe));
}

void ph_document_field(struct ph_document *doc, const char *label, const struct ph_text *text)
{
    PH_GUARD(ph_text_fini) struct ph_text safe = {0};

    doc->language->field(doc, label, of(doc, text, &safe), (struct ph_slice){"", 0});
}

void ph_document_string(struct ph_document *doc, const char *label, const char *text)
{
    PH_GUARD(ph_text_fini) struct ph_text safe = {0};

    if (text && text[0])
        doc->language->field(doc, label, printable(doc, ph_slice_of(text), &safe),
                             (struct ph_slice){"", 0});
}

void ph_document_link(struct ph_document *doc, const char *label, const char *address)
{
    PH_GUARD(ph_text_fini) struct ph_text safe = {0};

    if (!address || !address[0])
        return;
    struct ph_slice text = printable(doc, ph_slice_of(address), &safe);
    doc->language->field(doc, label, text,
                         ph_slice_starts(text, "https://") ? text : (struct ph_slice){"", 0});
}

void ph_document_table(struct ph_document *doc, const char *caption,
                       const struct ph_doc_column *columns, size_t count)
{
    doc->columns = columns;
    doc->column_count = count;
    doc->language->table(doc, ph_slice_of(caption));
}

void ph_document_row(struct ph_document *doc)
{
    doc->column = 0;
    doc->language->row(doc, true);
}

static void next_column(struct ph_document *doc)
{
    if (++doc->column == doc->column_count)
        doc->language->row(doc, false);
}

static void cell(struct ph_document *doc, struct ph_slice text, enum ph_tint tint)
{
    PH_GUARD(ph_text_fini) struct ph_text safe = {0};

    doc->language->cell(doc, doc->columns[doc->column].cell, printable(doc, text, &safe), tint);
    next_column(doc);
}

void ph_document_cell(struct ph_document *doc, const struct ph_text *text)
{
    if (text->failed)
        doc->out->failed = true;
    cell(doc, ph_text_slice(text), PH_TINT_PLAIN);
}

void ph_document_cells(struct ph_document *doc, const char *text)
{
    cell(doc, ph_slice_of(text), PH_TINT_PLAIN);
}

void ph_document_verdict(struct ph_document *doc, enum ph_verdict verdict, bool urgent)
{
    cell(doc, ph_slice_of(ph_verdict_name(verdict, urgent)), ph_verdict_tint(verdict, urgent));
}

void ph_document_trend(struct ph_document *doc, const struct ph_trend *trend)
{
    doc->language->trend(doc, trend);
    next_column(doc);
}

void ph_document_table_end(struct ph_document *doc)
{
    doc->language->table_end(doc);
}

void ph_document_fold(struct ph_document *doc, const struct ph_text *summary)
{
    PH_GUARD(ph_text_fini) struct ph_text safe = {0};

    doc->language->fold(doc, of(doc, summary, &safe));
}

void ph_document_name(struct ph_document *doc, const struct ph_text *name,
                      const struct ph_text *note)
{
    PH_GUARD(ph_text_fini) struct ph_text a = {0};
    PH_GUARD(ph_text_fini) struct ph_text b = {0};

    doc->language->name(doc, of(doc, name, &a), of(doc, note, &b));
}

void ph_document_figures(struct ph_document *doc, bool begin, enum ph_figure_size size)
{
    if (doc->language->figures)
        doc->language->figures(doc, begin, size);
}

void ph_document_figure(struct ph_document *doc, const struct ph_chart *chart,
                        enum ph_figure_size size, const struct ph_text *caption)
{
    PH_GUARD(ph_text_fini) struct ph_text safe = {0};

    if (doc->language->figure)
        doc->language->figure(doc, chart, size, of(doc, caption, &safe));
}
