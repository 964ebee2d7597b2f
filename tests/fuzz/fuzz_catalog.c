/* A security catalog; those of the corpus know a small PE file. */
#include <stdint.h>
#include <stdlib.h>

#include "../unit/image/pe_build.h"
#include "base/mem.h"
#include "identity/authenticode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ph_error *check(struct ph_slice bytes)
{
    static struct pe_build build;
    PH_GUARD(ph_trust_store_freep) struct ph_trust_store *store = NULL;
    PH_GUARD(ph_catalogs_freep) struct ph_catalogs *catalogs = NULL;
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    PH_GUARD(ph_identity_fini) struct ph_identity identity = {0};

    build_pe(&build, PH_PE_X64);
    PH_TRY(ph_pe_parse("x.sys", build_file(&build), &pe));
    PH_TRY(ph_trust_store_new(&store));
    ph_trust_store_set_now(store, 1577836800);
    PH_TRY(ph_catalogs_new(&catalogs));
    (void)ph_catalog_probe(bytes);
    PH_TRY(ph_catalogs_add(catalogs, "x.cat", bytes));
    PH_TRY(ph_authenticode(&pe, store, catalogs, &identity));
    if (!identity.sentence || identity.trust == PH_TRUST_TRUSTED) /* there are no roots */
        abort();
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ph_error_free(check((struct ph_slice){(const char *)data, size}));
    return 0;
}
