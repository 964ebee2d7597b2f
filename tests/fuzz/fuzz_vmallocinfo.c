/* Any bytes as /proc/vmallocinfo: an area that counts has pages, and a sane page size or none. */
#include <stdlib.h>

#include "source/linux/vmallocinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_reader reader = ph_reader_of("fuzz", data, size);
    struct ph_slice line;
    struct ph_vmalloc_area area;

    while (ph_reader_line(&reader, &line)) {
        if (ph_vmallocinfo_line(line, &area) != PH_LINE_VALUE)
            continue;
        uint32_t page = ph_vmallocinfo_page_bytes(&area);
        if (!area.pages || area.pages > UINT32_MAX || (page && (page < 4096 || page > 65536)))
            abort();
        (void)ph_vmallocinfo_is_stack(&area);
    }
    return 0;
}
