/* json_parts.h - objects that several JSON documents have. */
#ifndef PH_RENDER_JSON_PARTS_H
#define PH_RENDER_JSON_PARTS_H

#include "model/event.h"
#include "model/facts.h"
#include "model/history.h"
#include "render/json_writer.h"

/* Sizes that are -1 when unknown. */
void ph_json_size(struct ph_json *json, const char *name, int64_t bytes);
void ph_json_machine(struct ph_json *json, const char *name, const struct ph_machine *machine);
/* {"kind","ns","reading","iso"}: a nanosecond clock as the integer it is, and as people write it.
 */
void ph_json_time(struct ph_json *json, const char *name, int64_t time_ns, enum ph_time_kind kind);
/* "events": [{"kind","time","text"}] and how many there were more; NULL is an empty list. */
void ph_json_events(struct ph_json *json, const struct ph_event_list *events,
                    enum ph_time_kind kind);
/* "facts": the system, or null. */
void ph_json_facts(struct ph_json *json, const struct ph_facts *facts);
/* "history": the axis that all lines share, or null. */
void ph_json_history(struct ph_json *json, const struct ph_history *history);
/* A trace as part of another document; null when there is none. */
struct ph_trace_report;
void ph_json_traced(struct ph_json *json, const char *name, const struct ph_trace_report *report);
/* "history_low_bytes" and "history_high_bytes": a line, as many numbers as the axis has; NULL: two
 * empty lists. */
void ph_json_history_line(struct ph_json *json, const struct ph_history *history,
                          const struct ph_history_line *line);

#endif
