/* Any bytes as /proc/meminfo, /proc/vmstat and /proc/zoneinfo: fields are unknown or not negative,
 * and what is computed from them is too. */
#include <stdlib.h>

#include "source/linux/meminfo.h"
#include "source/linux/zoneinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_slice text = {(const char *)data, size};
    struct ph_meminfo parsed;
    uint64_t bad;
    size_t first_bad;

    ph_meminfo_clear(&parsed);
    ph_meminfo_parse(text, &parsed, &bad, &first_bad);
    if (!bad != !first_bad)
        abort();
    uint32_t page = ph_vmstat_page_bytes(text, &parsed);
    if (page && (page < 4096 || page > 65536))
        abort();
    ph_vmstat_parse(text, page ? page : 4096, &parsed);
    for (size_t i = 0; i < sizeof(parsed) / sizeof(int64_t); i++)
        if (((const int64_t *)(const void *)&parsed)[i] < -1)
            abort();
    int64_t lists = ph_zoneinfo_cpu_pages(text);
    if (lists < -1 || ph_meminfo_vmalloc(&parsed) < -1 ||
        ph_meminfo_unaccounted(&parsed, lists) < -1)
        abort();
    return 0;
}
