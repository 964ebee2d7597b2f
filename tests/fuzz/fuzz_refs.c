/* Any bytes as a PE file whose imports, functions and everything else on the way are searched for:
 * references are in order, each once, in the image. */
#include <stdlib.h>

#include "base/mem.h"
#include "owner/tagscan/refs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TARGETS = 512, STRIDE = 56 };

static void want(bool condition)
{
    if (!condition)
        abort();
}

static void search(const struct ph_pe *pe, const uint32_t *targets, size_t count)
{
    PH_GUARD(ph_refs_fini) struct ph_refs refs = {0};
    struct ph_error *error = ph_refs_find(pe, targets, count, &refs);

    want(!error);
    want(refs.count <= PH_REFS_MOST);
    for (size_t i = 0, offset; i < refs.count; i++) {
        const struct ph_ref *ref = &refs.items[i];
        want(ref->target < count && ref->kind <= PH_REF_DATA);
        want(i == 0 || ref[-1].from < ref->from ||
             (ref[-1].from == ref->from && ref[-1].target < ref->target));
        want(ph_pe_offset(pe, ref->from, &offset));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    PH_GUARD(ph_pe_imports_fini) struct ph_pe_imports imports = {0};
    PH_GUARD(ph_pe_functions_fini) struct ph_pe_functions functions = {0};
    uint32_t targets[TARGETS];
    size_t count = 0;
    struct ph_error *error = ph_pe_parse("fuzz", (struct ph_slice){(const char *)data, size}, &pe);

    if (error) {
        ph_error_free(error);
        return 0;
    }
    ph_error_free(ph_pe_imports(&pe, &imports));
    ph_error_free(ph_pe_functions(&pe, &functions));
    for (size_t i = 0; i < imports.count && count < TARGETS / 4; i++)
        targets[count++] = imports.items[i].slot_rva;
    for (size_t i = 0; i < functions.count && count < TARGETS / 2; i++)
        targets[count++] = functions.items[i].begin;
    search(&pe, targets, count); /* few, close together */
    for (size_t i = 0; i < pe.span_count; i++)
        for (uint32_t at = 0; at < STRIDE * 64 && count < TARGETS; at += STRIDE)
            targets[count++] = pe.spans[i].begin + at;
    search(&pe, targets, count); /* many, all over the image */
    return 0;
}
