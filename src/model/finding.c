#include "model/finding.h"

#include "base/mem.h"

static const struct {
    const char *name, *id;
} verdicts[PH_VERDICT_COUNT] = {
    [PH_VERDICT_NO_DATA] = {"NO DATA", "NO_DATA"},
    [PH_VERDICT_FLAT] = {"FLAT", "FLAT"},
    [PH_VERDICT_STEP] = {"STEP", "STEP"},
    [PH_VERDICT_CYCLIC] = {"CYCLIC", "CYCLIC"},
    [PH_VERDICT_LEVELLING] = {"LEVELLING", "LEVELLING"},
    [PH_VERDICT_GROWING] = {"GROWING", "GROWING"},
    [PH_VERDICT_LEAK_LIKELY] = {"LEAK likely", "LEAK_LIKELY"},
    [PH_VERDICT_LEAK_CONFIRMED] = {"LEAK", "LEAK_CONFIRMED"},
};

const char *ph_verdict_name(enum ph_verdict verdict, bool urgent)
{
    if (verdict == PH_VERDICT_GROWING && urgent)
        return "URGENT";
    return (unsigned)verdict < PH_VERDICT_COUNT ? verdicts[verdict].name : "?";
}

const char *ph_verdict_id(enum ph_verdict verdict)
{
    return (unsigned)verdict < PH_VERDICT_COUNT ? verdicts[verdict].id : "UNKNOWN";
}

void ph_finding_list_fini(struct ph_finding_list *list)
{
    ph_free(list->items);
    *list = (struct ph_finding_list){0};
}
