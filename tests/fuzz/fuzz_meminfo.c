#include "source/linux/meminfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_reader reader = ph_reader_of("fuzz", data, size);
    struct ph_slice line;
    struct ph_meminfo parsed;
    int64_t reclaimable, unreclaimable;
    uint64_t bad;
    line = (struct ph_slice){(const char *)data, size};
    ph_meminfo_parse(line, &parsed, &bad);
    (void)ph_meminfo_unaccounted(&parsed);
    ph_vmstat_slab(line, &reclaimable, &unreclaimable);
    (void)reader;
    return 0;
}
