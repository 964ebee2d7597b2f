#include "source/linux/modules.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "source/linux/linux_source.h"

/* Loading is rare; reading the list costs the kernel a lock. */
#define READ_EVERY (5 * PH_SECOND)

/* What follows the name is "size references users state address"; 0 = hidden, or not there. */
static uint64_t address_in(struct ph_slice rest)
{
    struct ph_slice word = {"", 0};
    char digits[24] = "";

    for (int i = 0; i < 5; i++)
        if (!ph_slice_word(&rest, &word))
            return 0;
    if (word.size >= sizeof(digits))
        return 0;
    memcpy(digits, word.data, word.size);
    return strtoull(digits, NULL, 16);
}

static struct ph_error *see(struct ph_linux_modules *modules, struct ph_slice name,
                            uint64_t address, int64_t time_ns, struct ph_event_list *events)
{
    uint32_t at;

    if (!ph_table_find(&modules->names, name, &at)) {
        PH_TRY(ph_grow(&modules->items, &modules->capacity, modules->count + 1,
                       sizeof(*modules->items)));
        at = (uint32_t)modules->count;
        char *copy = ph_memdup(name.data, name.size);
        if (!copy)
            return ph_error_nomem();
        modules->items[modules->count++] = (struct ph_linux_module){.name = copy};
        PH_TRY(ph_table_put(&modules->names, name, at));
    }
    struct ph_linux_module *module = &modules->items[at];
    if (module->seen_in == modules->readings) /* a name stands there once */
        return NULL;
    bool again = module->there && address && module->address && address != module->address;
    module->seen_in = modules->readings;
    if (address)
        module->address = address;
    if (module->there && !again)
        return NULL;
    module->there = true;
    if (again)
        PH_TRY(ph_event_add(events, PH_EVENT_UNLOAD, time_ns, module->name));
    return modules->readings > 1 ? ph_event_add(events, PH_EVENT_LOAD, time_ns, module->name)
                                 : NULL;
}

struct ph_error *ph_linux_modules_take(struct ph_linux_modules *modules, struct ph_slice text,
                                       int64_t time_ns, struct ph_event_list *events)
{
    struct ph_reader reader = ph_reader_of("/proc/modules", text.data, text.size);
    struct ph_slice line, name;

    modules->readings++;
    while (ph_reader_line(&reader, &line))
        if (ph_slice_word(&line, &name))
            PH_TRY(see(modules, name, address_in(line), time_ns, events));
    for (size_t i = 0; i < modules->count; i++) {
        struct ph_linux_module *module = &modules->items[i];
        if (!module->there || module->seen_in == modules->readings)
            continue;
        module->there = false;
        PH_TRY(ph_event_add(events, PH_EVENT_UNLOAD, time_ns, module->name));
    }
    return NULL;
}

void ph_linux_modules_fini(struct ph_linux_modules *modules)
{
    for (size_t i = 0; i < modules->count; i++)
        ph_free(modules->items[i].name);
    ph_free(modules->items);
    ph_table_fini(&modules->names);
    *modules = (struct ph_linux_modules){0};
}

struct ph_error *ph_linux_read_modules(struct ph_linux_source *source, struct ph_sample *sample)
{
    struct ph_linux_modules *modules = &source->modules;

    if (!source->live || !source->module_list.handle ||
        (modules->read_ns && sample->boottime_ns - modules->read_ns < READ_EVERY))
        return NULL;
    modules->read_ns = sample->boottime_ns;
    struct ph_error *error = ph_handle_read(source->module_list.handle, &source->buffer);
    if (error)
        return ph_loss_error(&sample->losses, error);
    return ph_linux_modules_take(modules, ph_text_slice(&source->buffer), sample->time_ns,
                                 &sample->events);
}
