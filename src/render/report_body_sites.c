/* The call sites behind what grows, as far as they were traced. */
#include "render/hunt_sites.h"
#include "render/report_body.h"
#include "render/trace_views.h"

enum { ROWS_MOST = 20 };

bool ph_body_has_sites(const struct ph_body *body)
{
    return body->report->trace;
}

static void note_item(void *context, bool alarming, const char *words)
{
    struct ph_body *body = context;

    (void)alarming;
    ph_text_puts(ph_body_line(body), words);
    ph_document_item(&body->doc, &body->line);
}

static void number_cell(struct ph_body *body, bool estimated, double number)
{
    struct ph_text *line = ph_body_line(body);

    if (estimated)
        ph_text_putc(line, '~');
    ph_trace_number(number, line);
    ph_document_cell(&body->doc, line);
}

static void row(struct ph_body *body, const struct ph_trace_site *site)
{
    struct ph_text *line = ph_body_line(body);

    ph_document_row(&body->doc);
    ph_trace_site_name(site, line);
    ph_document_cell(&body->doc, line);
    ph_document_cells(&body->doc, ph_trace_site_cache(site));
    number_cell(body, site->estimated, site->allocs);
    number_cell(body, site->estimated, site->objects);
    line = ph_body_line(body);
    ph_text_puts(line, site->estimated ? "~" : "");
    ph_text_bytes(line, site->bytes);
    ph_document_cell(&body->doc, line);
    line = ph_body_line(body);
    if (site->oldest_ns >= 0)
        ph_text_duration(line, (double)site->oldest_ns / 1e9);
    ph_document_cell(&body->doc, line);
    ph_document_cells(&body->doc, ph_age_verdict_id(site->age.verdict));
    line = ph_body_line(body);
    ph_trace_age_words(site, line);
    ph_document_cell(&body->doc, line);
}

struct ph_error *ph_body_sites(struct ph_body *body)
{
    static const struct ph_doc_column columns[] = {
        {"Site", PH_CELL_TAG},      {"Cache", PH_CELL_TEXT},         {"Allocs", PH_CELL_NUMBER},
        {"Living", PH_CELL_NUMBER}, {"Bytes", PH_CELL_NUMBER},       {"Oldest", PH_CELL_NUMBER},
        {"Age", PH_CELL_TEXT},      {"What it says", PH_CELL_BELOW},
    };
    struct ph_hunt_sites sites;

    ph_hunt_sites_of(body->report, &sites);
    ph_hunt_traced_words(body->report->trace, ph_body_line(body));
    ph_text_puts(&body->line,
                 " What was allocated before is not seen. Objects of every age that stay "
                 "look like a leak; where cohorts die, it is ordinary work.");
    ph_body_say(body, PH_SAY_TEXT);
    if (sites.report.row_count) {
        ph_document_table(&body->doc, "Call sites of tags that grow", columns,
                          sizeof(columns) / sizeof(columns[0]));
        for (size_t i = 0; i < sites.report.row_count && i < ROWS_MOST; i++)
            row(body, &body->report->trace->sites[sites.rows[i]]);
        ph_document_table_end(&body->doc);
    } else {
        ph_text_puts(ph_body_line(body), "Nothing that it followed grew.");
        ph_body_say(body, PH_SAY_TEXT);
    }
    body->doc.language->list(&body->doc, true);
    ph_trace_notes(body->report->trace, note_item, body);
    body->doc.language->list(&body->doc, false);
    return NULL;
}
