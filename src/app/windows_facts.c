#include "app/windows_facts.h"

#include "app/gather_facts.h"
#include "app/loaded_drivers.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/path.h"
#include "base/services.h"

enum { FILES_MOST = 500 };
#define FILES_TIME (10 * PH_SECOND)

/* "TCP/IP Protocol Driver (Tcpip)" */
static struct ph_error *service_note(const struct ph_loaded_driver *loaded, char **note)
{
    if (!loaded->service)
        return NULL;
    *note = loaded->display ? ph_format("%s (%s)", loaded->display, loaded->service)
                            : ph_strdup(loaded->service);
    return *note ? NULL : ph_error_nomem();
}

static struct ph_error *add_driver(const struct ph_loaded_driver *loaded, bool read,
                                   struct ph_facts *facts)
{
    struct ph_fact_driver *driver;
    bool driver_file;

    PH_TRY(ph_facts_driver(facts, &driver));
    driver->loaded = true;
    driver->bytes = loaded->bytes ? (int64_t)loaded->bytes : -1;
    driver->name = ph_strdup(ph_base_name(loaded->path));
    if (!driver->name)
        return ph_error_nomem();
    PH_TRY(service_note(loaded, &driver->note));
    if (read)
        PH_TRY(ph_loss_error(&facts->losses, ph_facts_version(loaded->path, driver, &driver_file)));
    driver->from_tree = driver->vendor && ph_slice_starts(ph_slice_of(driver->vendor), "Microsoft");
    return NULL;
}

static struct ph_error *add_drivers(const struct ph_nt *nt, struct ph_facts *facts)
{
    PH_GUARD(ph_loaded_drivers_fini) struct ph_loaded_drivers loaded = {0};
    int64_t start_ns = ph_boottime_ns();
    size_t files = 0, unread = 0;

    PH_TRY(ph_loaded_drivers_read(nt, &loaded));
    for (size_t i = 0; i < loaded.loaded; i++) {
        const struct ph_loaded_driver *driver = &loaded.items[i];
        bool read = driver->there && files < FILES_MOST && ph_boottime_ns() - start_ns < FILES_TIME;
        files += read;
        unread += driver->there && !read;
        PH_TRY(add_driver(driver, read, facts));
    }
    if (unread)
        PH_TRY(ph_loss_add(&facts->losses, unread,
                           "loaded drivers beyond the first %zu were not read: their versions and "
                           "vendors are not known",
                           files));
    return ph_loss_merge(&facts->losses, &loaded.losses, false);
}

struct ph_error *ph_facts_of_windows(const struct ph_nt *nt, bool drivers, struct ph_facts *facts)
{
    PH_TRY(ph_windows_name(&facts->os));
    if (facts->uptime_ns < 0)
        facts->uptime_ns = ph_boottime_ns();
    return drivers ? add_drivers(nt, facts) : NULL;
}
