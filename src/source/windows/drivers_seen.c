#include "source/windows/drivers_seen.h"

#include "base/mem.h"
#include "base/services.h"
#include "base/text.h"

/* The kernel's paths have backslashes, whatever system reads them. */
static struct ph_slice file_name(struct ph_slice path)
{
    size_t from = path.size;

    while (from && path.data[from - 1] != '\\' && path.data[from - 1] != '/')
        from--;
    return (struct ph_slice){path.data + from, path.size - from};
}

static struct ph_error *find_or_add(struct ph_drivers_seen *seen, struct ph_slice name,
                                    struct ph_driver_seen **driver)
{
    uint32_t at;

    if (!ph_table_find(&seen->names, name, &at)) {
        PH_TRY(ph_grow(&seen->items, &seen->capacity, seen->count + 1, sizeof(*seen->items)));
        at = (uint32_t)seen->count;
        char *copy = ph_memdup(name.data, name.size);
        if (!copy)
            return ph_error_nomem();
        seen->items[seen->count++] = (struct ph_driver_seen){.name = copy};
        PH_TRY(ph_table_put(&seen->names, ph_slice_of(copy), at));
    }
    *driver = &seen->items[at];
    return NULL;
}

/* A driver may be loaded twice, as those of dumps are: the first one counts. */
static struct ph_error *see(struct ph_drivers_seen *seen, const struct ph_nt_module *module,
                            int64_t time_ns, struct ph_event_list *events)
{
    ph_autofree char *name = NULL;
    struct ph_driver_seen *driver;

    PH_TRY(ph_system_text(file_name(module->path), &name));
    if (!*name)
        return NULL;
    PH_TRY(find_or_add(seen, ph_slice_of(name), &driver));
    if (driver->seen_in == seen->readings)
        return NULL;
    bool again =
        driver->there && module->address && driver->address && module->address != driver->address;
    driver->seen_in = seen->readings;
    if (module->address)
        driver->address = module->address;
    if (driver->there && !again)
        return NULL;
    driver->there = true;
    if (again)
        PH_TRY(ph_event_add(events, PH_EVENT_UNLOAD, time_ns, driver->name));
    return seen->readings > 1 ? ph_event_add(events, PH_EVENT_LOAD, time_ns, driver->name) : NULL;
}

struct ph_error *ph_drivers_seen_take(struct ph_drivers_seen *seen,
                                      const struct ph_nt_answer *answer, int64_t time_ns,
                                      struct ph_event_list *events)
{
    size_t count = 0;
    uint64_t missing = 0;

    PH_TRY(ph_nt_modules_count(answer, &count, &missing));
    seen->readings++;
    for (size_t i = 0; i < count; i++) {
        struct ph_nt_module module;
        ph_nt_modules_at(answer, i, &module);
        PH_TRY(see(seen, &module, time_ns, events));
    }
    for (size_t i = 0; i < seen->count && !missing; i++) {
        struct ph_driver_seen *driver = &seen->items[i];
        if (!driver->there || driver->seen_in == seen->readings)
            continue;
        driver->there = false;
        PH_TRY(ph_event_add(events, PH_EVENT_UNLOAD, time_ns, driver->name));
    }
    return NULL;
}

void ph_drivers_seen_fini(struct ph_drivers_seen *seen)
{
    for (size_t i = 0; i < seen->count; i++)
        ph_free(seen->items[i].name);
    ph_free(seen->items);
    ph_table_fini(&seen->names);
    *seen = (struct ph_drivers_seen){0};
}
