/* Any bytes as /proc/allocinfo: what counts as a value has a place and a function, inside its line.
 */
#include <stdlib.h>

#include "source/linux/allocinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_inside(struct ph_slice part, struct ph_slice line)
{
    return part.data >= line.data && part.data + part.size <= line.data + line.size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_reader reader = ph_reader_of("fuzz", data, size);
    struct ph_slice line;
    struct ph_alloc_site site;

    ph_error_free(ph_allocinfo_head(&reader));
    while (ph_reader_line(&reader, &line))
        if (ph_allocinfo_line(line, &site) == PH_LINE_VALUE &&
            (!site.function.size || !site.place.size || !is_inside(site.function, line) ||
             !is_inside(site.place, line) || (site.module.size && !is_inside(site.module, line))))
            abort();
    return 0;
}
