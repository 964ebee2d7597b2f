/* loaded_drivers.h - the drivers that a Windows kernel has loaded, with the services they belong
 * to, and those that services name without being loaded. */
#ifndef PH_APP_LOADED_DRIVERS_H
#define PH_APP_LOADED_DRIVERS_H

#include "base/table.h"
#include "model/sample.h"
#include "source/windows/nt.h"

struct ph_loaded_driver {
    char *path;     /* an ordinary one: "C:\Windows\System32\drivers\a.sys" */
    char *service;  /* "Tcpip"; NULL = none names this file */
    char *display;  /* "TCP/IP Protocol Driver"; NULL = none */
    uint32_t bytes; /* of the image in memory; 0 = not loaded */
    bool loaded;
    bool there; /* there is such a file */
};

struct ph_loaded_drivers {
    char *windows;                  /* "C:\Windows"; elsewhere the same, for what is asked there */
    struct ph_loaded_driver *items; /* in the kernel's order, then those that are not loaded */
    size_t count, capacity;
    size_t loaded;          /* how many are */
    struct ph_table places; /* path, folded -> place */
    struct ph_loss_list losses;
};

/* Asks the kernel and the registry. What they do not tell is a loss, and so are files that are
 * gone. Error: out of memory. */
struct ph_error *ph_loaded_drivers_read(const struct ph_nt *nt,
                                        struct ph_loaded_drivers *drivers) PH_MUST_CHECK;
void ph_loaded_drivers_fini(struct ph_loaded_drivers *drivers);
/* Appends a file that nothing is known of yet, or finds its entry; takes the path. Error: out of
 * memory. */
struct ph_error *ph_loaded_drivers_add(struct ph_loaded_drivers *drivers, char *path,
                                       struct ph_loaded_driver **driver) PH_MUST_CHECK;
/* The entry of a file, whatever case its path is written in; NULL when neither the kernel nor a
 * service names it. Out of memory counts as that. */
const struct ph_loaded_driver *ph_loaded_drivers_find(const struct ph_loaded_drivers *drivers,
                                                      const char *path);

#endif
