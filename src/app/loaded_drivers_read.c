/* What the kernel and the registry say of drivers. */
#include <string.h>
#include <strings.h>

#include "app/loaded_drivers.h"
#include "base/mem.h"
#include "base/services.h"
#include "source/windows/modules_nt.h"

/* ------------------------------------------------------------------ what the kernel says */

/* The copies of a disk's drivers that write a crash dump have no files of their own. */
static bool is_for_dumps(const char *path)
{
    const char *name = strrchr(path, '\\');

    return !strncasecmp(name ? name + 1 : path, "dump_", 5);
}

static struct ph_error *add_module(struct ph_loaded_drivers *drivers,
                                   const struct ph_nt_module *module)
{
    ph_autofree char *utf8 = NULL;
    char *path;
    struct ph_loaded_driver *driver;

    if (!module->path.size)
        return NULL;
    PH_TRY(ph_system_text(module->path, &utf8));
    PH_TRY(ph_nt_path(ph_slice_of(utf8), drivers->windows, &path));
    PH_TRY(ph_loaded_drivers_add(drivers, path, &driver));
    driver->loaded = true;
    driver->bytes = module->bytes;
    if (driver->there || is_for_dumps(driver->path))
        return NULL;
    return ph_loss_add(&drivers->losses, 1,
                       "drivers are loaded whose files are not there any more: they cannot be "
                       "searched");
}

static struct ph_error *parse_modules(const struct ph_nt_answer *answer,
                                      struct ph_loaded_drivers *drivers)
{
    struct ph_nt_module module;
    uint64_t missing;
    size_t count;

    PH_TRY(ph_nt_modules_count(answer, &count, &missing));
    for (size_t i = 0; i < count; i++) {
        ph_nt_modules_at(answer, i, &module);
        PH_TRY(add_module(drivers, &module));
    }
    drivers->loaded = drivers->count;
    return missing ? ph_loss_add(&drivers->losses, missing,
                                 "loaded drivers that the kernel tells of are not in its answer")
                   : NULL;
}

static struct ph_error *ask_kernel(const struct ph_nt *nt, struct ph_loaded_drivers *drivers)
{
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0};
    uint32_t status = 0;
    char words[64];
    struct ph_error *error = ph_nt_ask(nt, PH_NT_MODULES, &bytes, &status);

    if (error)
        return ph_loss_error(&drivers->losses, error);
    if (!bytes.size)
        return ph_loss_add(&drivers->losses, 0,
                           "which drivers are loaded is not known: %s; those of services are "
                           "searched",
                           ph_nt_words(status, words));
    struct ph_nt_answer answer = {ph_text_slice(&bytes), (uintptr_t)bytes.data, nt->pointer_bytes};
    return ph_loss_error(&drivers->losses, parse_modules(&answer, drivers));
}

/* ------------------------------------------------------------------ what the registry says */

static struct ph_error *add_service(void *context, const struct ph_driver_service *service)
{
    struct ph_loaded_drivers *drivers = context;
    ph_autofree char *file = service->image ? NULL : ph_format("%s.sys", service->name);
    struct ph_loaded_driver *driver;
    char *path;

    if (!service->image && !file)
        return ph_error_nomem();
    PH_TRY(ph_nt_path(ph_slice_of(file ? file : service->image), drivers->windows, &path));
    PH_TRY(ph_loaded_drivers_add(drivers, path, &driver));
    if (driver->service)
        return NULL; /* two services of one file: the first is as good */
    driver->service = ph_strdup(service->name);
    driver->display = service->display ? ph_strdup(service->display) : NULL;
    return driver->service && (driver->display || !service->display) ? NULL : ph_error_nomem();
}

static struct ph_error *read_all(const struct ph_nt *nt, struct ph_loaded_drivers *drivers)
{
    PH_TRY(ph_windows_folder(&drivers->windows));
    if (!drivers->windows)
        drivers->windows = ph_strdup("C:\\Windows");
    if (!drivers->windows)
        return ph_error_nomem();
    PH_TRY(ask_kernel(nt, drivers));
    return ph_loss_error(&drivers->losses, ph_driver_services(add_service, drivers));
}

struct ph_error *ph_loaded_drivers_read(const struct ph_nt *nt, struct ph_loaded_drivers *drivers)
{
    PH_GUARD(ph_loaded_drivers_fini) struct ph_loaded_drivers fresh = {0};

    PH_TRY(read_all(nt, &fresh));
    *drivers = fresh;
    fresh = (struct ph_loaded_drivers){0};
    return NULL;
}
