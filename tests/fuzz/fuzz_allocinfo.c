#include "source/linux/allocinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_reader reader = ph_reader_of("fuzz", data, size);
    struct ph_slice line;
    struct ph_alloc_site parsed;
    ph_error_free(ph_allocinfo_head(&reader));
    while (ph_reader_line(&reader, &line))
        (void)ph_allocinfo_line(line, &parsed);
    return 0;
}
