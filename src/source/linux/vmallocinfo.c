/* /proc/vmallocinfo (mm/vmalloc.c, vmalloc_info_show):
 *
 *     0x...-0x...    8192 tick+0x15d/0x176 [leaky] pages=1 vmalloc N0=1
 *     0x...-0x...    8192 acpi_os_map_iomem+0x1bc/0x1e0 phys=0x... ioremap
 *     0x...-0x...   20480 unpurged vm_area
 *
 * The size includes a guard page, so pages= is what counts. Addresses are hashed: never a key. */
#include "source/linux/vmallocinfo.h"

#include <string.h>

#include "base/text.h"

enum ph_line_kind ph_vmallocinfo_line(struct ph_slice line, struct ph_vmalloc_area *area)
{
    struct ph_slice word;
    uint64_t size;

    *area = (struct ph_vmalloc_area){0};
    if (!ph_slice_word(&line, &word))
        return PH_LINE_COMMENT;
    if (!ph_slice_starts(word, "0x") || !ph_slice_word(&line, &word) ||
        ph_parse_u64(word, &size) != PH_NUMBER_OK)
        return PH_LINE_BAD;
    for (bool first = true; ph_slice_word(&line, &word); first = false) {
        const char *plus = memchr(word.data, '+', word.size);
        if (first && plus)
            area->caller = (struct ph_slice){word.data, (size_t)(plus - word.data)};
        else if (word.size > 2 && word.data[0] == '[' && word.data[word.size - 1] == ']')
            area->module = (struct ph_slice){word.data + 1, word.size - 2};
        else if (ph_slice_starts(word, "pages=") &&
                 ph_parse_u64((struct ph_slice){word.data + 6, word.size - 6}, &area->pages) !=
                     PH_NUMBER_OK)
            return PH_LINE_BAD;
    }
    return area->pages && area->pages <= UINT32_MAX ? PH_LINE_VALUE : PH_LINE_COMMENT;
}
