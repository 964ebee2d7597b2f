/* Any bytes as /proc/slabinfo: what counts as a value has a name and products that fit. */
#include <stdlib.h>

#include "source/linux/slabinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_reader reader = ph_reader_of("fuzz", data, size);
    struct ph_slice line;
    struct ph_slab_line parsed;

    ph_error_free(ph_slabinfo_head(&reader));
    while (ph_reader_line(&reader, &line)) {
        if (ph_slabinfo_line(line, &parsed) != PH_LINE_VALUE)
            continue;
        const char *name = parsed.name.data, *end = line.data + line.size;
        uint64_t bytes, pages;
        if (!parsed.name.size || name < line.data || name + parsed.name.size > end ||
            __builtin_mul_overflow(parsed.active_objects, parsed.object_bytes, &bytes) ||
            bytes > INT64_MAX ||
            __builtin_mul_overflow(parsed.slabs, parsed.pages_per_slab, &pages) ||
            pages > INT64_MAX / 65536)
            abort();
    }
    return 0;
}
