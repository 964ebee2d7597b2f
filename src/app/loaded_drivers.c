#include "app/loaded_drivers.h"

#include "base/mem.h"
#include "base/os.h"

void ph_loaded_drivers_fini(struct ph_loaded_drivers *drivers)
{
    for (size_t i = 0; i < drivers->count; i++) {
        ph_free(drivers->items[i].path);
        ph_free(drivers->items[i].service);
        ph_free(drivers->items[i].display);
    }
    ph_free(drivers->items);
    ph_free(drivers->windows);
    ph_table_fini(&drivers->places);
    ph_loss_fini(&drivers->losses);
    *drivers = (struct ph_loaded_drivers){0};
}

/* ------------------------------------------------------------------ by path */

/* Windows compares names without regard to case; beyond ASCII a file is then merely not known by
 * another spelling. */
static void fold(const char *path, struct ph_text *out)
{
    for (const char *at = path; *at; at++)
        ph_text_putc(out, *at >= 'A' && *at <= 'Z' ? (char)(*at + 32) : *at == '/' ? '\\' : *at);
}

static struct ph_loaded_driver *find(const struct ph_loaded_drivers *drivers, const char *path)
{
    PH_GUARD(ph_text_fini) struct ph_text key = {0};
    uint32_t place;

    fold(path, &key);
    return !key.failed && ph_table_find(&drivers->places, ph_text_slice(&key), &place)
               ? &drivers->items[place]
               : NULL;
}

const struct ph_loaded_driver *ph_loaded_drivers_find(const struct ph_loaded_drivers *drivers,
                                                      const char *path)
{
    return find(drivers, path);
}

struct ph_error *ph_loaded_drivers_add(struct ph_loaded_drivers *drivers, char *path,
                                       struct ph_loaded_driver **driver)
{
    PH_GUARD(ph_text_fini) struct ph_text key = {0};
    ph_autofree char *owned = path;

    *driver = find(drivers, path);
    if (*driver)
        return NULL;
    fold(path, &key);
    PH_TRY(ph_text_check(&key));
    PH_TRY(
        ph_grow(&drivers->items, &drivers->capacity, drivers->count + 1, sizeof(*drivers->items)));
    PH_TRY(ph_table_put(&drivers->places, ph_text_slice(&key), (uint32_t)drivers->count));
    *driver = &drivers->items[drivers->count++];
    **driver = (struct ph_loaded_driver){.path = ph_steal(owned),
                                         .there = ph_file_kind(path) == PH_FILE_REGULAR};
    return NULL;
}
