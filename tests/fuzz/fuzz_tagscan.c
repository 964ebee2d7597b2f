/* Any bytes as a driver that is scanned for tags: claims are in order and in the image, the counts
 * agree, and no file takes long. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "owner/tagscan/tagscan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void want(bool condition)
{
    if (!condition)
        abort();
}

static void check_claims(const struct ph_pe *pe, const struct ph_scan *scan)
{
    for (size_t i = 0; i < scan->claim_count; i++) {
        const struct ph_claim *claim = &scan->claims[i];
        want(claim->evidence <= PH_EVIDENCE_IMMEDIATE && claim->sites && claim->routine);
        want(!(claim->tag[3] & 0x80) && claim->wrappers <= claim->sites);
        want(claim->size_least <= claim->size_most);
        want(claim->first_rva < pe->image_size);
        want(i == 0 || claim[-1].evidence < claim->evidence ||
             (claim[-1].evidence == claim->evidence &&
              memcmp(claim[-1].tag, claim->tag, sizeof(claim->tag)) <= 0));
    }
    want(scan->sites == scan->resolved + scan->unresolved_count);
    for (size_t i = 0; i < scan->unresolved_count; i++)
        want(scan->unresolved[i].routine && scan->unresolved[i].why);
}

static void check_raw(const struct ph_pe *pe)
{
    static const uint8_t tag[4] = {'T', 'a', 'b', '0'};
    PH_GUARD(ph_scan_fini) struct ph_scan scan = {0};

    want(!ph_tagscan_raw(pe, tag, &scan));
    want(scan.claim_count <= 3);
    for (size_t i = 0; i < scan.claim_count; i++)
        want(scan.claims[i].sites && scan.claims[i].evidence >= PH_EVIDENCE_IMMEDIATE &&
             scan.claims[i].evidence <= PH_EVIDENCE_TEXT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    PH_GUARD(ph_scan_fini) struct ph_scan scan = {0};
    struct ph_tagscan_options options = {.service = "fuzz"};
    struct ph_error *error = ph_pe_parse("fuzz", (struct ph_slice){(const char *)data, size}, &pe);

    if (error) {
        ph_error_free(error);
        return 0;
    }
    want(!ph_tagscan(&pe, &options, &scan));
    check_claims(&pe, &scan);
    check_raw(&pe);
    return 0;
}
