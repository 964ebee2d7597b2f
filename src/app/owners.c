#include "app/owners.h"

#include <string.h>

#include "app/kernel_evidence.h"
#include "base/os.h"

/* A site of the kernel's own, as that of slabs' pages, grows with every cache and names nobody: it
 * does not stand for its group. */
static bool is_kernels_own(const struct ph_catalog *catalog, const struct ph_finding *finding)
{
    const struct ph_series *series = &catalog->series[finding->series];

    return series->origin == PH_ORIGIN_ALLOCINFO && !series->module;
}

bool ph_owners_worth(const struct ph_catalog *catalog, const struct ph_finding *findings, size_t at)
{
    const struct ph_finding *finding = &findings[at];

    if (finding->verdict < PH_VERDICT_GROWING ||
        (catalog->series[finding->series].flags & PH_SERIES_PSEUDO))
        return false;
    bool own = is_kernels_own(catalog, finding);
    for (size_t i = 0; finding->group && i < at; i++)
        if (findings[i].group == finding->group && (own || !is_kernels_own(catalog, &findings[i])))
            return false;
    return true;
}

/* What processes hold now says nothing about readings of another machine or another boot. */
static bool is_of_here(const struct ph_session *session)
{
    struct ph_os_facts here;

    ph_os_facts(&here);
    return here.boot_id[0] && !strcmp(here.boot_id, session->machine.boot_id);
}

/* Drivers stay as they are over boots. */
static bool is_of_this_machine(const struct ph_session *session)
{
    struct ph_os_facts here;

    ph_os_facts(&here);
    return here.host[0] && !strcmp(here.host, session->machine.host) &&
           !strcmp(here.system, session->machine.system);
}

/* What nothing accounts for is no tag, but page_owner may know. */
static bool pages_have_owners(const struct ph_session *session,
                              const struct ph_who_options *options, size_t at)
{
    const struct ph_finding *finding = &session->findings.items[at];

    return finding->verdict >= PH_VERDICT_GROWING &&
           ph_kernel_evidence_of_pages(session->catalog.series[finding->series].tag) &&
           (options->root || is_of_here(session)) && ph_kernel_evidence_has_pages(options->root);
}

struct ph_error *ph_owners_first_look(const struct ph_who_options *options,
                                      struct ph_owners *owners)
{
    struct ph_who_options own = *options;

    own.processes = own.this_machine = true;
    if (!owners->who)
        PH_TRY(ph_who_open(&own, &owners->who));
    return ph_who_first_look(owners->who);
}

struct ph_error *ph_owners_find(const struct ph_session *session,
                                const struct ph_who_options *options, struct ph_owners *owners)
{
    for (size_t i = 0; i < session->findings.count && owners->count < PH_OWNERS_MOST; i++) {
        if (!ph_owners_worth(&session->catalog, session->findings.items, i) &&
            !pages_have_owners(session, options, i))
            continue;
        if (!owners->who) {
            struct ph_who_options own = *options;
            own.processes = own.processes || (!own.root && is_of_here(session));
            own.this_machine = own.processes || is_of_this_machine(session);
            PH_TRY(ph_who_open(&own, &owners->who));
        }
        PH_TRY(ph_who_judged(owners->who, &session->catalog, &session->findings, i,
                             ph_session_report(session).time_kind,
                             &owners->reports[owners->count]));
        owners->count++;
    }
    return NULL;
}

void ph_owners_fini(struct ph_owners *owners)
{
    for (size_t i = 0; i < PH_OWNERS_MOST; i++)
        ph_owner_report_fini(&owners->reports[i]);
    ph_who_close(owners->who);
    *owners = (struct ph_owners){0};
}
