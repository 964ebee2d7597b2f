#include "render/report_format.h"

#include <string.h>
#include <strings.h>

#include "render/render.h"

static struct ph_error *json_report(const struct ph_hunt_report *report, struct ph_text *out)
{
    static const struct ph_style style = {.utf8 = true};

    return ph_render_json.hunt(report, &style, out);
}

/* The screen of `hunt --all --top 0`, as wide as editors and mail programs show. */
static struct ph_error *text_report(const struct ph_hunt_report *report, struct ph_text *out)
{
    static const struct ph_style style = {.utf8 = true, .columns = 100};
    struct ph_hunt_report whole = *report;

    whole.all = true;
    whole.top = 0;
    return ph_render_text.hunt(&whole, &style, out);
}

const struct ph_report_format ph_report_formats[] = {
    {".html", ph_html_report},
    {".md", ph_markdown_report},
    {".json", json_report},
    {".txt", text_report},
    {NULL, NULL},
};

static bool ends_with(const char *name, const char *suffix)
{
    size_t size = strlen(name), end = strlen(suffix);

    return size > end && !strcasecmp(name + size - end, suffix);
}

struct ph_error *ph_report_format_find(const char *file_name,
                                       const struct ph_report_format **format)
{
    for (const struct ph_report_format *row = ph_report_formats; row->suffix; row++)
        if (ends_with(file_name, row->suffix)) {
            *format = row;
            return NULL;
        }
    PH_GUARD(ph_text_fini) struct ph_text list = {0};
    for (const struct ph_report_format *row = ph_report_formats; row->suffix; row++) {
        const char *between = row == ph_report_formats ? "" : row[1].suffix ? ", " : " or ";
        ph_text_printf(&list, "%s%s", between, row->suffix);
    }
    PH_TRY(ph_text_check(&list));
    return ph_errorf(PH_ERR_USAGE, "%s: no kind of report is named so; end the name with %s",
                     file_name, list.data);
}
