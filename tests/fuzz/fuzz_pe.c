/* Any bytes as a PE file: every slice lies in the file, every list keeps its order and limits. */
#include <stdlib.h>

#include "identity/identify.h"
#include "image/pe.h"
#include "image/pe_hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void want(bool condition)
{
    if (!condition)
        abort();
}

static void inside(const struct ph_pe *pe, struct ph_slice bytes)
{
    const char *start = pe->file.data, *end = start + pe->file.size;

    want(!bytes.size ||
         (bytes.data >= start && bytes.data <= end && bytes.size <= (size_t)(end - bytes.data)));
}

static void look_at_names(const struct ph_pe *pe)
{
    struct ph_pe_imports imports = {0};
    struct ph_pe_exports exports = {0};

    ph_error_free(ph_pe_imports(pe, &imports));
    want(imports.count <= PH_PE_IMPORTS_MOST);
    for (size_t i = 0; i < imports.count; i++) {
        inside(pe, imports.items[i].dll);
        inside(pe, imports.items[i].name);
        want(imports.items[i].dll.size);
    }
    ph_pe_imports_fini(&imports);
    ph_error_free(ph_pe_exports(pe, &exports));
    want(exports.count <= 131072);
    for (size_t i = 0; i < exports.count; i++)
        inside(pe, exports.items[i].name);
    ph_pe_exports_fini(&exports);
}

static void look_at_code(const struct ph_pe *pe)
{
    struct ph_pe_rvas rvas = {0};
    struct ph_pe_functions functions = {0};

    ph_error_free(ph_pe_relocations(pe, &rvas));
    for (size_t i = 1; i < rvas.count; i++)
        want(rvas.items[i - 1] < rvas.items[i]);
    ph_pe_rvas_fini(&rvas);
    ph_error_free(ph_pe_functions(pe, &functions));
    for (size_t i = 0; i < functions.count; i++) {
        want(functions.items[i].begin < functions.items[i].end);
        want(!i || functions.items[i - 1].begin <= functions.items[i].begin);
    }
    ph_pe_functions_fini(&functions);
}

static void look_at_rest(const struct ph_pe *pe)
{
    struct ph_pe_certificates table = {0};
    struct ph_identity identity = {0};
    struct ph_pe_pdb pdb;

    ph_pe_pdb(pe, &pdb);
    inside(pe, pdb.path);
    ph_error_free(ph_pe_certificates(pe, &table));
    for (size_t i = 0; i < table.count; i++)
        inside(pe, table.pkcs7[i]);
    ph_pe_certificates_fini(&table);
    (void)ph_pe_checksum(pe);
    ph_error_free(ph_identify_pe(pe, &identity));
    ph_identity_fini(&identity);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_pe pe;
    struct ph_error *error = ph_pe_parse("fuzz", (struct ph_slice){(const char *)data, size}, &pe);

    if (error) {
        want(error->code == PH_ERR_FORMAT);
        ph_error_free(error);
        return 0;
    }
    want(ph_pe_probe(pe.file));
    look_at_names(&pe);
    look_at_code(&pe);
    look_at_rest(&pe);
    ph_pe_fini(&pe);
    return 0;
}
