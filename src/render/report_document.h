/* report_document.h - a report as a document: headings, sentences, tables and figures, written in
 * HTML or in Markdown. report_body.c says what stands in it, a language how it looks.
 *
 * Recipe for a new language: one file with a `const struct ph_language`, one row in
 * report_format.c. Everything that is said goes through the functions below, which make foreign
 * bytes printable; a language escapes what means something to it.
 */
#ifndef PH_RENDER_REPORT_DOCUMENT_H
#define PH_RENDER_REPORT_DOCUMENT_H

#include "model/report.h"
#include "render/chart.h"
#include "render/screen.h"

enum ph_saying {
    PH_SAY_TEXT,
    PH_SAY_NOTE, /* less than the rest */
    PH_SAY_STRONG,
    PH_SAY_COPY, /* meant to be copied: a paragraph to send */
    PH_SAY_COMMAND
};

enum ph_cell {
    PH_CELL_TEXT,
    PH_CELL_NAME,    /* names the row */
    PH_CELL_TAG,     /* the same, as the kernel writes it: blanks count */
    PH_CELL_NUMBER,  /* set right */
    PH_CELL_VERDICT, /* with ph_document_verdict() */
    PH_CELL_TREND,   /* with ph_document_trend() */
    PH_CELL_BELOW    /* a sentence about the row; the last column */
};
struct ph_doc_column {
    const char *title;
    enum ph_cell cell;
};
enum { PH_DOC_COLUMNS_MOST = 8 };

enum ph_figure_size { PH_FIGURE_SMALL, PH_FIGURE_HALF, PH_FIGURE_WHOLE };

struct ph_doc_section {
    const char *id, *title;
};

struct ph_document {
    const struct ph_language *language;
    struct ph_text *out;
    bool in_section;
    unsigned figures;
    /* of the table at hand */
    const struct ph_doc_column *columns;
    size_t column_count, column;
};

/* What a language writes; slices are printable, not escaped. */
struct ph_language {
    void (*begin)(struct ph_document *doc, struct ph_slice title);
    void (*end)(struct ph_document *doc);
    /* The head: badge and first sentence, then what is said up to head_end(). */
    void (*head)(struct ph_document *doc, struct ph_slice over, struct ph_slice badge,
                 enum ph_tint tint, struct ph_slice headline);
    void (*head_end)(struct ph_document *doc);
    void (*contents)(struct ph_document *doc, const struct ph_doc_section *sections, size_t count);
    void (*section)(struct ph_document *doc, const struct ph_doc_section *section);
    void (*section_end)(struct ph_document *doc);
    void (*part)(struct ph_document *doc, struct ph_slice title); /* a heading in a section */
    void (*say)(struct ph_document *doc, enum ph_saying saying, struct ph_slice text);
    void (*list)(struct ph_document *doc, bool begin);
    void (*item)(struct ph_document *doc, struct ph_slice text);
    /* Labels with what they stand for; `big` ones stand beside each other. */
    void (*fields)(struct ph_document *doc, bool begin, bool big);
    void (*field)(struct ph_document *doc, const char *label, struct ph_slice text,
                  struct ph_slice link);
    void (*table)(struct ph_document *doc, struct ph_slice caption);
    void (*row)(struct ph_document *doc, bool begin);
    void (*cell)(struct ph_document *doc, enum ph_cell cell, struct ph_slice text,
                 enum ph_tint tint);
    void (*trend)(struct ph_document *doc, const struct ph_trend *trend);
    void (*table_end)(struct ph_document *doc);
    void (*fold)(struct ph_document *doc, struct ph_slice summary); /* details */
    void (*fold_end)(struct ph_document *doc);
    /* Many names in little room. */
    void (*names)(struct ph_document *doc, bool begin);
    void (*name)(struct ph_document *doc, struct ph_slice name, struct ph_slice note);
    /* Figures of one size stand beside each other where there is room. NULL when the language has
     * none. */
    void (*figures)(struct ph_document *doc, bool begin, enum ph_figure_size size);
    void (*figure)(struct ph_document *doc, const struct ph_chart *chart, enum ph_figure_size size,
                   struct ph_slice caption);
};

extern const struct ph_language ph_language_html;
extern const struct ph_language ph_language_markdown;

/* The style sheet of the HTML, without <style>. */
extern const char ph_html_style[];

/* Each takes `text` as it comes, foreign bytes and all. A text that failed fails the document. */
void ph_document_head(struct ph_document *doc, const struct ph_text *over, const char *badge,
                      enum ph_tint tint, const struct ph_text *headline);
void ph_document_part(struct ph_document *doc, const struct ph_text *title);
void ph_document_say(struct ph_document *doc, enum ph_saying saying, const struct ph_text *text);
void ph_document_says(struct ph_document *doc, enum ph_saying saying, const char *text);
void ph_document_item(struct ph_document *doc, const struct ph_text *text);
void ph_document_field(struct ph_document *doc, const char *label, const struct ph_text *text);
/* Nothing when `text` is NULL or empty. */
void ph_document_string(struct ph_document *doc, const char *label, const char *text);
/* A field that leads to an address; only https:// becomes a link. */
void ph_document_link(struct ph_document *doc, const char *label, const char *address);
void ph_document_table(struct ph_document *doc, const char *caption,
                       const struct ph_doc_column *columns, size_t count);
void ph_document_row(struct ph_document *doc);
/* The next cell of the row; the last one of a row ends it. */
void ph_document_cell(struct ph_document *doc, const struct ph_text *text);
void ph_document_cells(struct ph_document *doc, const char *text);
void ph_document_verdict(struct ph_document *doc, enum ph_verdict verdict, bool urgent);
void ph_document_trend(struct ph_document *doc, const struct ph_trend *trend);
void ph_document_table_end(struct ph_document *doc);
void ph_document_fold(struct ph_document *doc, const struct ph_text *summary);
void ph_document_name(struct ph_document *doc, const struct ph_text *name,
                      const struct ph_text *note);
/* Nothing when the language has no figures. */
void ph_document_figures(struct ph_document *doc, bool begin, enum ph_figure_size size);
void ph_document_figure(struct ph_document *doc, const struct ph_chart *chart,
                        enum ph_figure_size size, const struct ph_text *caption);

/* Writes the whole report. Error: out of memory. */
struct ph_error *ph_report_body(const struct ph_hunt_report *report,
                                const struct ph_language *language,
                                struct ph_text *out) PH_MUST_CHECK;

#endif
