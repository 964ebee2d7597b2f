#include "render/account.h"

#include <inttypes.h>
#include <math.h>

static void grouped(struct ph_text *out, const char *before, int64_t number, const char *after)
{
    ph_text_puts(out, before);
    ph_text_grouped(out, number);
    ph_text_puts(out, after);
}

static void row_text(const struct ph_demo_row *row, struct ph_text *out)
{
    if (!row->seen) {
        ph_text_printf(out, "  %-18s not listed by this kernel, or not readable\n", row->cache);
        return;
    }
    PH_GUARD(ph_text_fini) struct ph_text truth = {0};
    PH_GUARD(ph_text_fini) struct ph_text found = {0};
    grouped(&truth, "+", row->true_objects, "");
    ph_text_printf(&truth, " (%.1f/s)", row->true_rate);
    grouped(&found, row->found_objects < 0 ? "" : "+", row->found_objects, "");
    if (row->finding && !isnan(row->finding->object_rate))
        ph_text_printf(&found, " (%.1f/s)", row->finding->object_rate);
    if (truth.failed || found.failed) {
        out->failed = true;
        return;
    }
    ph_text_printf(out, "  %-18s %-20s %-20s %s\n", row->cache, truth.data, found.data,
                   row->finding ? ph_verdict_name(row->finding->verdict, row->finding->urgent)
                                : "not judged");
}

void ph_render_demo_text(const struct ph_demo_report *report, const struct ph_style *style,
                         struct ph_text *out)
{
    (void)style;
    grouped(out, "\nWhat was true: a child leaked ", (int64_t)report->leaked, " ");
    ph_text_printf(out, "%s%s; all are freed again.\n", report->what,
                   report->hit_ceiling ? " and stopped at its ceiling" : "");
    ph_text_printf(out, "Objects in %.0f s between the first and the last reading:\n\n",
                   report->seconds);
    ph_text_printf(out, "  %-18s %-20s %-20s %s\n", "Cache", "True", "Found", "Verdict");
    for (size_t i = 0; i < report->row_count; i++)
        row_text(&report->rows[i], out);
    ph_text_puts(out, "\nThe kernel counts objects on partly used slabs as live and other work "
                      "goes on\nbeside the demo, so the two may differ by a few slabs.\n");
    ph_text_printf(out, "%s\n",
                   report->all_found ? "Found: every cache that the demo leaked from is growing."
                                     : "NOT found: see above.");
}

static void number_or_null(const char *name, double number, struct ph_text *out)
{
    if (isfinite(number))
        ph_text_printf(out, "\"%s\":%.9g", name, number);
    else
        ph_text_printf(out, "\"%s\":null", name);
}

void ph_render_demo_json(const struct ph_demo_report *report, struct ph_text *out)
{
    ph_text_printf(out,
                   "{\"schema\":\"poolhound/1\",\"kind\":\"demo\",\"leaked_what\":\"%s\","
                   "\"leaked_objects\":%" PRIu64 ",\"hit_ceiling\":%s,",
                   report->what, report->leaked, report->hit_ceiling ? "true" : "false");
    number_or_null("observed_s", report->seconds, out);
    ph_text_printf(out, ",\"all_found\":%s,\"caches\":[", report->all_found ? "true" : "false");
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ph_demo_row *row = &report->rows[i];
        const struct ph_finding *finding = row->finding;
        ph_text_printf(out, "%s{\"cache\":\"%s\",\"seen\":%s,\"true_objects\":%" PRId64 ",",
                       i ? "," : "", row->cache, row->seen ? "true" : "false", row->true_objects);
        number_or_null("true_objects_per_s", row->true_rate, out);
        ph_text_puts(out, ",");
        number_or_null("found_objects", row->seen ? (double)row->found_objects : (double)NAN, out);
        ph_text_puts(out, ",");
        number_or_null("found_objects_per_s", finding ? finding->object_rate : (double)NAN, out);
        if (finding)
            ph_text_printf(out, ",\"verdict\":\"%s\"", ph_verdict_id(finding->verdict));
        else
            ph_text_puts(out, ",\"verdict\":null");
        ph_text_printf(out, ",\"found\":%s}", row->found ? "true" : "false");
    }
    ph_text_puts(out, "]}\n");
}
