/* services.h - what Windows knows of itself outside its kernel: its services, its folder and name,
 * and the programs of its processes. Elsewhere there is nothing of all that. */
#ifndef PH_BASE_SERVICES_H
#define PH_BASE_SERVICES_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

/* A service that is a driver, as the registry has it (HKLM\SYSTEM\CurrentControlSet\Services);
 * strings are valid during the visit. */
struct ph_driver_service {
    const char *name;    /* "Tcpip"; the framework makes default tags of it */
    const char *display; /* "TCP/IP Protocol Driver"; NULL = none */
    const char *image;   /* its ImagePath as it is; NULL = none: system32\drivers\NAME.sys */
};
/* Calls `visit` for each; stops at its first error. Errors: PH_ERR_ACCESS or PH_ERR_IO when the
 * registry cannot be read; out of memory. Elsewhere there are none. */
struct ph_error *ph_driver_services(struct ph_error *(*visit)(void *context,
                                                              const struct ph_driver_service *one),
                                    void *context) PH_MUST_CHECK;
/* The same for each service that runs in a process. */
struct ph_error *ph_running_services(struct ph_error *(*visit)(void *context, uint32_t pid,
                                                               const char *name),
                                     void *context) PH_MUST_CHECK;

/* "C:\Windows"; NULL elsewhere. The caller owns this and what follows. Errors: out of memory. */
struct ph_error *ph_windows_folder(char **path) PH_MUST_CHECK;
/* "Windows Server 2022 Standard 21H2 (10.0.20348.2113)"; NULL elsewhere. */
struct ph_error *ph_windows_name(char **name) PH_MUST_CHECK;
/* The program of a process, and on whose behalf it runs ("NT AUTHORITY\SYSTEM"); NULL where it is
 * closed to us, has ended, or is of the kernel. Names of a domain's users may take the domain
 * controller's time. */
struct ph_error *ph_process_program(uint32_t pid, char **path) PH_MUST_CHECK;
struct ph_error *ph_process_account(uint32_t pid, char **name) PH_MUST_CHECK;
/* The number of this process; 0 elsewhere. */
uint32_t ph_own_process(void);
/* Text in the code page that the kernel uses for narrow strings, as UTF-8. */
struct ph_error *ph_system_text(struct ph_slice bytes, char **utf8) PH_MUST_CHECK;

#endif
