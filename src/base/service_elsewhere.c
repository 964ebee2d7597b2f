#include "base/service.h"

static struct ph_error *not_here(void)
{
    return ph_errorf(PH_ERR_USAGE,
                     "services are Windows'; here systemd runs the recorder: systemctl "
                     "enable --now poolhound-record ('make install' brings the unit)");
}

bool ph_service_here(void)
{
    return false;
}

struct ph_error *ph_service_folder(char **path)
{
    (void)path;
    return not_here();
}

struct ph_error *ph_service_install(const char *const *words, size_t count, bool *again)
{
    (void)words;
    (void)count;
    (void)again;
    return not_here();
}

struct ph_error *ph_service_remove(bool *was_there)
{
    (void)was_there;
    return not_here();
}

struct ph_error *ph_service_start(void)
{
    return not_here();
}

struct ph_error *ph_service_stop(void)
{
    return not_here();
}

struct ph_error *ph_service_query(struct ph_service_facts *facts)
{
    (void)facts;
    return not_here();
}

void ph_service_facts_fini(struct ph_service_facts *facts)
{
    *facts = (struct ph_service_facts){0};
}

struct ph_error *ph_service_run(const char *log, int (*work)(void *context), void *context)
{
    (void)log;
    (void)work;
    (void)context;
    return not_here();
}
