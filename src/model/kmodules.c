#include "model/kmodules.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum { NAMING_LEAST = 3 }; /* letters of a module's name; shorter ones begin names by chance */

/* ------------------------------------------------------------------ /proc/modules */

/* "(OE)", "(O+)": letters between parentheses; + and - tell that it comes or goes. */
static void take_taints(struct ph_slice word, struct ph_kmodule *module)
{
    size_t used = 0;

    for (size_t i = 0; i < word.size && used + 1 < sizeof(module->taints); i++)
        if (word.data[i] >= 'A' && word.data[i] <= 'Z')
            module->taints[used++] = word.data[i];
}

static bool parse_line(struct ph_slice line, struct ph_slice *name, struct ph_kmodule *module)
{
    struct ph_slice size, references, users, state, address, taints;

    bool good = ph_slice_word(&line, name) && ph_slice_word(&line, &size) &&
                ph_parse_u64(size, &module->size) == PH_NUMBER_OK &&
                ph_slice_word(&line, &references) && ph_slice_word(&line, &users) &&
                ph_slice_word(&line, &state) && ph_slice_word(&line, &address) &&
                ph_parse_hex(address, &module->address);
    if (good && ph_slice_word(&line, &taints))
        take_taints(taints, module);
    return good;
}

struct ph_error *ph_kmodules_parse(struct ph_slice text, struct ph_kmodules *modules)
{
    struct ph_reader reader = ph_reader_of("/proc/modules", text.data, text.size);
    struct ph_slice line, name;

    modules->hidden = true;
    while (ph_reader_line(&reader, &line)) {
        struct ph_kmodule module = {0};
        if (!parse_line(line, &name, &module)) {
            modules->bad_lines += ph_slice_trim(line).size != 0;
            continue;
        }
        PH_TRY(ph_grow(&modules->items, &modules->capacity, modules->count + 1,
                       sizeof(*modules->items)));
        module.name = ph_memdup(name.data, name.size);
        if (!module.name)
            return ph_error_nomem();
        modules->hidden = modules->hidden && !module.address;
        modules->items[modules->count++] = module;
    }
    modules->hidden = modules->hidden && modules->count;
    return NULL;
}

void ph_kmodules_fini(struct ph_kmodules *modules)
{
    for (size_t i = 0; i < modules->count; i++)
        ph_free(modules->items[i].name);
    ph_free(modules->items);
    *modules = (struct ph_kmodules){0};
}

bool ph_kmodule_same_name(struct ph_slice a, struct ph_slice b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if ((a.data[i] == '-' ? '_' : a.data[i]) != (b.data[i] == '-' ? '_' : b.data[i]))
            return false;
    return true;
}

bool ph_kmodule_names(struct ph_slice module, struct ph_slice cache)
{
    if (module.size < NAMING_LEAST || cache.size < module.size ||
        !ph_kmodule_same_name(module, (struct ph_slice){cache.data, module.size}))
        return false;
    return cache.size == module.size || strchr("_-:. ", cache.data[module.size]);
}

const struct ph_kmodule *ph_kmodules_named(const struct ph_kmodules *modules, struct ph_slice name)
{
    for (size_t i = 0; i < modules->count; i++)
        if (ph_kmodule_same_name(ph_slice_of(modules->items[i].name), name))
            return &modules->items[i];
    return NULL;
}
