#include "model/facts.h"

#include "base/mem.h"

void ph_facts_fini(struct ph_facts *facts)
{
    for (size_t i = 0; i < facts->driver_count; i++) {
        ph_free(facts->drivers[i].name);
        ph_free(facts->drivers[i].version);
        ph_free(facts->drivers[i].vendor);
        ph_free(facts->drivers[i].note);
    }
    ph_free(facts->drivers);
    ph_free(facts->os);
    ph_free(facts->taint);
    ph_free(facts->command);
    ph_loss_fini(&facts->losses);
    *facts = (struct ph_facts){.uptime_ns = -1};
}

struct ph_error *ph_facts_driver(struct ph_facts *facts, struct ph_fact_driver **driver)
{
    PH_TRY(ph_grow(&facts->drivers, &facts->driver_capacity, facts->driver_count + 1,
                   sizeof(*facts->drivers)));
    *driver = &facts->drivers[facts->driver_count++];
    **driver = (struct ph_fact_driver){.bytes = -1};
    return NULL;
}
