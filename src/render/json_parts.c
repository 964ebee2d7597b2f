#include "render/json_parts.h"

#include <math.h>

#include "render/screen.h"
#include "render/values.h"

void ph_json_size(struct ph_json *json, const char *name, int64_t bytes)
{
    ph_json_signed(json, name, bytes >= 0, bytes);
}

void ph_json_machine(struct ph_json *json, const char *name, const struct ph_machine *machine)
{
    if (!machine) {
        ph_json_null(json, name);
        return;
    }
    ph_json_open(json, name, '{');
    ph_json_prose(json, "host", machine->host);
    ph_json_prose(json, "system", machine->system);
    ph_json_prose(json, "release", machine->release);
    ph_json_prose(json, "boot_id", machine->boot_id);
    ph_json_unsigned(json, "cpus", machine->cpus != 0, machine->cpus);
    ph_json_unsigned(json, "page_bytes", machine->page_bytes != 0, machine->page_bytes);
    ph_json_size(json, "memory_bytes", machine->memory_bytes);
    ph_json_close(json, '}');
}

void ph_json_time(struct ph_json *json, const char *name, int64_t time_ns, enum ph_time_kind kind)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    ph_time_field(time_ns, kind, &text);
    if (text.failed)
        json->out->failed = true;
    ph_json_open(json, name, '{');
    ph_json_string(json, "kind", ph_slice_of(ph_time_kind_id(kind)));
    ph_json_signed(json, "ns", kind != PH_TIME_ORDINAL, time_ns);
    ph_json_signed(json, "reading", kind == PH_TIME_ORDINAL, time_ns / 1000000000);
    if (kind == PH_TIME_REAL || kind == PH_TIME_LOCAL)
        ph_json_string(json, "iso", ph_text_slice(&text));
    else
        ph_json_null(json, "iso");
    ph_json_close(json, '}');
}

void ph_json_events(struct ph_json *json, const struct ph_event_list *events,
                    enum ph_time_kind kind)
{
    ph_json_open(json, "events", '[');
    for (size_t i = 0; events && i < events->count; i++) {
        const struct ph_event *event = &events->items[i];
        ph_json_open(json, NULL, '{');
        ph_json_string(json, "kind", ph_slice_of(ph_event_id(event->kind)));
        ph_json_time(json, "time", event->time_ns, kind);
        ph_json_prose(json, "text", event->text);
        ph_json_close(json, '}');
    }
    ph_json_close(json, ']');
    ph_json_unsigned(json, "events_left_out", true, events ? events->left_out : 0);
}

static void driver(struct ph_json *json, const struct ph_fact_driver *driver)
{
    ph_json_open(json, NULL, '{');
    ph_json_prose(json, "name", driver->name);
    ph_json_prose(json, "version", driver->version);
    ph_json_prose(json, "vendor", driver->vendor);
    ph_json_prose(json, "note", driver->note);
    ph_json_size(json, "bytes", driver->bytes);
    ph_json_bool(json, "loaded", driver->loaded);
    ph_json_bool(json, "from_tree", driver->from_tree);
    ph_json_close(json, '}');
}

/* That there is nothing to tell is not unknown: "" is not null here. */
static void none_or_prose(struct ph_json *json, const char *name, const char *text)
{
    if (text && !*text)
        ph_json_string(json, name, ph_slice_of(""));
    else
        ph_json_prose(json, name, text);
}

void ph_json_facts(struct ph_json *json, const struct ph_facts *facts)
{
    if (!facts) {
        ph_json_null(json, "facts");
        return;
    }
    ph_json_open(json, "facts", '{');
    ph_json_prose(json, "os", facts->os);
    none_or_prose(json, "taint", facts->taint);
    none_or_prose(json, "command_line", facts->command);
    ph_json_double(json, "uptime_s",
                   facts->uptime_ns >= 0 ? (double)facts->uptime_ns / 1e9 : (double)NAN);
    ph_json_open(json, "drivers", '[');
    for (size_t i = 0; i < facts->driver_count; i++)
        driver(json, &facts->drivers[i]);
    ph_json_close(json, ']');
    ph_json_losses(json, &facts->losses);
    ph_json_close(json, '}');
}

void ph_json_history(struct ph_json *json, const struct ph_history *history)
{
    if (!history) {
        ph_json_null(json, "history");
        return;
    }
    ph_json_open(json, "history", '{');
    ph_json_unsigned(json, "readings_per_point", true, history->stride);
    ph_json_open(json, "at_s", '[');
    for (size_t i = 0; i < history->count; i++)
        ph_json_double(json, NULL, history->at_s[i]);
    ph_json_close(json, ']');
    ph_json_close(json, '}');
}

static void line_half(struct ph_json *json, const char *name, const float *points, size_t count)
{
    ph_json_open(json, name, '[');
    for (size_t i = 0; i < count; i++)
        ph_json_rounded(json, NULL, (double)points[i]);
    ph_json_close(json, ']');
}

void ph_json_history_line(struct ph_json *json, const struct ph_history *history,
                          const struct ph_history_line *line)
{
    size_t count = history && line ? history->count : 0;

    line_half(json, "history_low_bytes", line ? line->low : NULL, count);
    line_half(json, "history_high_bytes", line ? line->high : NULL, count);
}
