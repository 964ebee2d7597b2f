#include "source/linux/vmallocinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_reader reader = ph_reader_of("fuzz", data, size);
    struct ph_slice line;
    struct ph_vmalloc_area parsed;
    while (ph_reader_line(&reader, &line))
        (void)ph_vmallocinfo_line(line, &parsed);
    return 0;
}
