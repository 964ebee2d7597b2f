/* /proc/zoneinfo (mm/vmstat.c, zoneinfo_show_print), the part that counts here:
 *
 *     Node 0, zone   Normal
 *       pages free     5219284
 *       ...
 *       pagesets
 *         cpu: 0
 *                   count:    1843
 *                   high:     14592
 *                   batch:    63
 *
 * A free page on such a list is no longer in nr_free_pages, hence not in MemFree, and nothing in
 * /proc/meminfo names it. `count:` occurs nowhere else. */
#include "source/linux/zoneinfo.h"

#include "base/text.h"

int64_t ph_zoneinfo_cpu_pages(struct ph_slice text)
{
    struct ph_reader reader = ph_reader_of("zoneinfo", text.data, text.size);
    struct ph_slice line, word;
    int64_t sum = -1;

    while (ph_reader_line(&reader, &line)) {
        uint64_t pages;
        if (!ph_slice_word(&line, &word) || !ph_slice_is(word, "count:") ||
            !ph_slice_word(&line, &word) || ph_parse_u64(word, &pages) != PH_NUMBER_OK ||
            pages > UINT32_MAX)
            continue;
        sum = (sum < 0 ? 0 : sum) + (int64_t)pages;
    }
    return sum;
}
