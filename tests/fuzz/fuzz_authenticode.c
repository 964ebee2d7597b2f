/* A signature (PKCS #7) in the certificate table of a small PE file; those of the corpus were made
 * for that file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/image/pe_build.h"
#include "base/mem.h"
#include "identity/authenticode.h"
#include "identity/page_hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ph_error *check(struct ph_slice file, struct ph_slice input)
{
    int pages;
    PH_GUARD(ph_trust_store_freep) struct ph_trust_store *store = NULL;
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    PH_GUARD(ph_identity_fini) struct ph_identity identity = {0};

    PH_TRY(ph_pe_parse("x.sys", file, &pe));
    PH_TRY(ph_page_hashes(&pe, input,
                          &pages)); /* in a file only those that are signed are looked at */
    PH_TRY(ph_trust_store_new(&store));
    ph_trust_store_set_now(store, 1577836800);
    PH_TRY(ph_authenticode(&pe, store, NULL, &identity));
    if (!identity.sentence || identity.trust == PH_TRUST_TRUSTED) /* there are no roots */
        abort();
    for (size_t i = 0; i < identity.signatures.count; i++)
        if (!identity.signatures.items[i].sentence)
            abort();
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct pe_build build;
    uint32_t entry = (uint32_t)(8 + size), table = (entry + 7) & ~7u;
    ph_autofree uint8_t *file = ph_zalloc(PE_FILE_SIZE + table, 1);

    if (!file || size > 1 << 20)
        return 0;
    build_pe(&build, PH_PE_X64);
    put_directory(&build, PH_PE_CERTIFICATE, PE_FILE_SIZE, table);
    build_32(&build, PE_FILE_SIZE, entry);
    build_32(&build, PE_FILE_SIZE + 4, 0x00020200);
    memcpy(file, build.bytes, PE_FILE_SIZE + 8);
    memcpy(file + PE_FILE_SIZE + 8, data, size);
    ph_error_free(check((struct ph_slice){(char *)file, PE_FILE_SIZE + table},
                        (struct ph_slice){(const char *)data, size}));
    return 0;
}
