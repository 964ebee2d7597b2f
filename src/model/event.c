#include "model/event.h"

#include <string.h>

#include "base/mem.h"

static const char *const ids[PH_EVENT_COUNT] = {
    [PH_EVENT_START] = "start", [PH_EVENT_BOOT] = "boot",     [PH_EVENT_CLOCK] = "clock",
    [PH_EVENT_LOAD] = "load",   [PH_EVENT_UNLOAD] = "unload", [PH_EVENT_DAMAGE] = "damage",
    [PH_EVENT_OTHER] = "other",
};

const char *ph_event_id(enum ph_event_kind kind)
{
    return (unsigned)kind < PH_EVENT_COUNT ? ids[kind] : ids[PH_EVENT_OTHER];
}

enum ph_event_kind ph_event_from_id(const char *id)
{
    for (unsigned i = 0; i < PH_EVENT_COUNT; i++)
        if (!strcmp(id, ids[i]))
            return (enum ph_event_kind)i;
    return PH_EVENT_OTHER;
}

struct ph_error *ph_event_add(struct ph_event_list *list, enum ph_event_kind kind, int64_t time_ns,
                              const char *text)
{
    if (list->count >= PH_EVENTS_MOST) {
        list->left_out++;
        return NULL;
    }
    PH_TRY(ph_grow(&list->items, &list->capacity, list->count + 1, sizeof(*list->items)));
    char *copy = ph_strdup(text);
    if (!copy)
        return ph_error_nomem();
    list->items[list->count++] = (struct ph_event){kind, time_ns, copy};
    return NULL;
}

struct ph_error *ph_event_merge(struct ph_event_list *to, const struct ph_event_list *from)
{
    for (size_t i = 0; i < from->count; i++)
        PH_TRY(ph_event_add(to, from->items[i].kind, from->items[i].time_ns, from->items[i].text));
    to->left_out += from->left_out;
    return NULL;
}

void ph_event_clear(struct ph_event_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        ph_free(list->items[i].text);
    list->count = 0;
    list->left_out = 0;
}

void ph_event_fini(struct ph_event_list *list)
{
    ph_event_clear(list);
    ph_free(list->items);
    *list = (struct ph_event_list){0};
}
