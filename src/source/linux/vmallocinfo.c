/* /proc/vmallocinfo (mm/vmalloc.c, vmalloc_info_show), one line an area:
 *
 *     0x...-0x...    8192 tick+0x15d/0x176 [leaky] pages=1 vmalloc N0=1
 *     0x...-0x...    8192 acpi_os_map_iomem+0x1bc/0x1e0 phys=0x... ioremap
 *     0x...-0x...   20480 unpurged vm_area
 *
 * | field            | meaning                                                                  |
 * |------------------|--------------------------------------------------------------------------|
 * | range            | hashed addresses: no key for anything                                    |
 * | bytes            | of the range, including a guard page for vmalloc                         |
 * | caller           | symbol+offset/size, or a bare address when the code is gone; may be      |
 * |                  | missing                                                                  |
 * | [module]         | only for modules                                                         |
 * | pages=           | pages of memory that belong to the area: what counts                     |
 * | phys=, ioremap   | a device's memory: nothing of ours                                       |
 * | vmalloc, vmap, vpages, user, N<node>= | skipped                                             |
 * | unpurged vm_area | freed, waits for the lazy purge                                          |
 */
#include "source/linux/vmallocinfo.h"

#include <string.h>

#include "base/text.h"

/* The words that may stand where a caller would. */
static bool is_keyword(struct ph_slice word)
{
    static const char *const keywords[] = {"unpurged",     "vm_area", "vm_map_ram", "vmalloc",
                                           "vmap",         "ioremap", "user",       "vpages",
                                           "dma-coherent", "sparse"};

    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
        if (ph_slice_is(word, keywords[i]))
            return true;
    return memchr(word.data, '=', word.size) != NULL;
}

enum ph_line_kind ph_vmallocinfo_line(struct ph_slice line, struct ph_vmalloc_area *area)
{
    struct ph_slice word;

    *area = (struct ph_vmalloc_area){0};
    if (!ph_slice_word(&line, &word))
        return PH_LINE_COMMENT;
    if (!ph_slice_starts(word, "0x") || !ph_slice_word(&line, &word) ||
        ph_parse_u64(word, &area->bytes) != PH_NUMBER_OK)
        return PH_LINE_BAD;
    for (bool first = true; ph_slice_word(&line, &word); first = false) {
        if (first && !is_keyword(word)) {
            const char *plus = memchr(word.data, '+', word.size);
            area->caller = plus ? (struct ph_slice){word.data, (size_t)(plus - word.data)} : word;
            if (ph_slice_starts(area->caller, "0x"))
                area->caller = ph_slice_of("(code that is gone)");
        } else if (word.size > 2 && word.data[0] == '[' && word.data[word.size - 1] == ']') {
            area->module = (struct ph_slice){word.data + 1, word.size - 2};
        } else if (ph_slice_starts(word, "pages=") &&
                   (ph_parse_u64((struct ph_slice){word.data + 6, word.size - 6}, &area->pages) !=
                        PH_NUMBER_OK ||
                    area->pages > UINT32_MAX)) {
            return PH_LINE_BAD;
        }
    }
    return area->pages ? PH_LINE_VALUE : PH_LINE_COMMENT;
}

static bool is_page_size(uint64_t bytes)
{
    return bytes >= 4096 && bytes <= 65536 && !(bytes & (bytes - 1));
}

uint32_t ph_vmallocinfo_page_bytes(const struct ph_vmalloc_area *area)
{
    if (!area->pages || area->bytes % (area->pages + 1))
        return 0;
    uint64_t page = area->bytes / (area->pages + 1);
    return is_page_size(page) ? (uint32_t)page : 0;
}

bool ph_vmallocinfo_is_stack(const struct ph_vmalloc_area *area)
{
    /* kernel/fork.c names the caller of the function that the compiler put the allocation into, so
     * the name differs with kernel and compiler. */
    static const char *const forks[] = {
        "kernel_clone", "_do_fork",         "copy_process",      "dup_task_struct",
        "fork_idle",    "create_io_thread", "vhost_task_create", "alloc_thread_stack_node"};

    if (area->module.size)
        return false;
    for (size_t i = 0; i < sizeof(forks) / sizeof(forks[0]); i++)
        if (ph_slice_is(area->caller, forks[i]))
            return true;
    return false;
}
