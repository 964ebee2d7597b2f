/* The kernel-memory panel as JSON; docs/schema.json describes every key. */
#include "render/json_parts.h"
#include "render/screen_views.h"

static void row_object(struct ph_json *json, const struct ph_sys_report *report,
                       const struct ph_sys_row *row)
{
    static const char *const GROUPS[] = {
        [PH_SYS_PHYSICAL] = "physical",
        [PH_SYS_COMMIT] = "commit",
        [PH_SYS_POOLS] = "pools",
        [PH_SYS_OTHER] = "other",
    };

    ph_json_open(json, NULL, '{');
    ph_json_string(json, "id", ph_slice_of(row->id));
    ph_json_string(json, "label", ph_slice_of(row->label));
    ph_json_string(json, "group", ph_slice_of(GROUPS[row->group]));
    ph_json_size(json, "bytes", row->current);
    ph_json_prose(json, "missing", row->missing);
    ph_json_bool(json, "estimated", row->estimated);
    ph_json_size(json, "peak_bytes", row->peak);
    ph_json_bool(json, "peak_observed", row->peak_observed);
    ph_json_size(json, "limit_bytes", row->limit);
    ph_json_prose(json, "limit_source", row->limit_source);
    ph_json_prose(json, "limit_missing", row->limit_missing);
    ph_json_signed(json, "change_bytes", row->change_known, row->change);
    ph_json_size(json, "allocs_change", row->allocs_change);
    ph_json_size(json, "frees_change", row->frees_change);
    ph_json_history_line(json, report->history, row->line);
    ph_json_close(json, '}');
}

struct ph_error *ph_json_system(const struct ph_sys_report *report, struct ph_text *out)
{
    enum ph_time_kind kind = report->now ? report->now->time_kind : PH_TIME_REAL;
    struct ph_json json;

    ph_json_begin(&json, "system", out);
    ph_json_prose(&json, "source", report->source);
    ph_json_machine(&json, "machine", report->machine);
    if (report->now)
        ph_json_time(&json, "time", report->now->time_ns, kind);
    else
        ph_json_null(&json, "time");
    ph_json_unsigned(&json, "readings", true, report->history ? report->history->seen : 0);
    ph_json_double(&json, "change_s", report->change_s);
    ph_json_size(&json, "page_faults", report->page_faults);
    ph_json_size(&json, "page_faults_change", report->page_faults_change);
    ph_json_history(&json, report->history);
    ph_json_open(&json, "rows", '[');
    for (size_t i = 0; i < report->row_count; i++)
        row_object(&json, report, &report->rows[i]);
    ph_json_close(&json, ']');
    ph_json_events(&json, report->events, kind);
    ph_json_losses(&json, report->losses);
    return ph_json_end(&json);
}
