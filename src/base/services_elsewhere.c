#include "base/services.h"

#include "base/mem.h"

struct ph_error *ph_driver_services(struct ph_error *(*visit)(void *context,
                                                              const struct ph_driver_service *one),
                                    void *context)
{
    (void)visit;
    (void)context;
    return NULL;
}

struct ph_error *ph_running_services(struct ph_error *(*visit)(void *context, uint32_t pid,
                                                               const char *name),
                                     void *context)
{
    (void)visit;
    (void)context;
    return NULL;
}

struct ph_error *ph_windows_folder(char **path)
{
    *path = NULL;
    return NULL;
}

struct ph_error *ph_windows_name(char **name)
{
    *name = NULL;
    return NULL;
}

struct ph_error *ph_process_program(uint32_t pid, char **path)
{
    (void)pid;
    *path = NULL;
    return NULL;
}

struct ph_error *ph_process_account(uint32_t pid, char **name)
{
    (void)pid;
    *name = NULL;
    return NULL;
}

uint32_t ph_own_process(void)
{
    return 0;
}

struct ph_error *ph_system_text(struct ph_slice bytes, char **utf8)
{
    *utf8 = ph_memdup(bytes.data, bytes.size);
    return *utf8 ? NULL : ph_error_nomem();
}
