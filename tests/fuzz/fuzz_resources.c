/* Any bytes as the resources of a PE file, and as one version resource. */
#include <stdlib.h>
#include <string.h>

#include "image/version.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RVA = 0x1000 };

static struct ph_error *look(void *context, const struct ph_pe_resource *resource)
{
    const struct ph_pe *pe = context;
    const char *start = pe->file.data, *end = start + pe->file.size;

    if (resource->data.data < start || resource->data.size > (size_t)(end - resource->data.data) ||
        resource->id_name.size % 2 || resource->type_name.size % 2)
        abort();
    return NULL;
}

static void as_version(struct ph_error *error, struct ph_version *version)
{
    if (error)
        abort(); /* nothing but short memory is an error */
    for (size_t i = 0; i < PH_VERSION_COUNT; i++)
        if (version->strings[i] && strlen(version->strings[i]) > 3 * 65536)
            abort();
    ph_version_fini(version);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_slice bytes = {(const char *)data, size};
    struct ph_pe_section section = {.name = ".rsrc", .rva = RVA, .raw_size = (uint32_t)size};
    struct ph_pe_span span = {RVA, RVA + size, 0};
    struct ph_pe pe = {.name = "fuzz",
                       .file = bytes,
                       .directory_count = PH_PE_DIRECTORIES,
                       .sections = &section,
                       .section_count = 1,
                       .spans = &span,
                       .span_count = size ? 1 : 0};
    struct ph_version version = {0};

    pe.directories[PH_PE_RESOURCE].rva = RVA;
    ph_error_free(ph_pe_resources(&pe, look, &pe));
    as_version(ph_version_read(&pe, &version), &version);
    as_version(ph_version_parse(bytes, &version), &version);
    return 0;
}
