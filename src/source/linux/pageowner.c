/* mm/page_owner.c. page_owner_stacks/show_stacks, since 6.9, an empty line behind each stack:
 *
 *      post_alloc_hook+0x6f/0xc2
 *      leaky_pages_site+0x40/0x47 [leaky]
 *     nr_base_pages: 8
 *
 * page_owner itself, one record an allocation, an empty line behind each:
 *
 *     Page allocated via order 0, mask 0xcc0(GFP_KERNEL), pid 34, tgid 34 (kworker/1:1), ts 38 ns
 *     PFN 0x200 type Unmovable Block 0 type Unmovable Flags 0x0(zone=0)
 *      post_alloc_hook+0x6f/0xc2
 *      leaky_pages_site+0x40/0x47 [leaky]
 *     Slab cache page
 *
 * | field           | meaning                                                                   |
 * |-----------------|---------------------------------------------------------------------------|
 * | frames          | the lines that begin with a blank                                         |
 * | nr_base_pages:  | pages of all allocations by this stack; `stack_count:` in the first such  |
 * |                 | kernels                                                                   |
 * | order           | the allocation has 2^order pages                                          |
 * | PFN type        | Movable: user memory, page cache                                          |
 * | Slab cache page | only where the slab is charged to control groups; else the stack tells    |
 * | Charged, ...    | skipped                                                                   |
 */
#include "source/linux/pageowner.h"

#include <string.h>

#include "base/text.h"

enum { ORDER_MOST = 30 };

/* Functions, by their beginnings, on the way to pages that other sources count. */
static bool counts_elsewhere(struct ph_slice frame)
{
    static const char *const BEGINNINGS[] = {
        "allocate_slab",
        "new_slab",
        "alloc_slab_page",
        "___kmalloc_large_node", /* slab */
        "do_anonymous_page",
        "alloc_anon_folio",
        "do_fault",
        "do_cow_fault",
        "do_read_fault",
        "do_shared_fault",
        "do_wp_page",
        "wp_page_copy",
        "do_swap_page",
        "handle_mm_fault",
        "__handle_mm_fault",
        "vma_alloc_",
        "alloc_pages_vma",
        "filemap_",
        "__filemap_",
        "page_cache_",
        "read_cache_",
        "do_read_cache_",
        "shmem_",
        "grow_dev_", /* user, cache */
        "pte_alloc",
        "__pte_alloc",
        "__pmd_alloc",
        "__pud_alloc",
        "__p4d_alloc",
        "pgd_alloc", /* page tables */
        "__vmalloc_",
        "vmalloc",
        "vzalloc",
        "vm_area_alloc_pages",
        "pcpu_", /* counted there */
        "alloc_thread_stack",
        "dup_task_struct",
    };

    for (size_t i = 0; i < sizeof(BEGINNINGS) / sizeof(BEGINNINGS[0]); i++)
        if (ph_slice_starts(frame, BEGINNINGS[i]))
            return true;
    return false;
}

static void take_frame(struct ph_slice line, struct ph_page_owner *owner)
{
    struct ph_slice frame = ph_slice_trim(line);

    /* what a module asks for within a page fault is its own */
    if (!owner->in_module) {
        owner->elsewhere |= counts_elsewhere(frame);
        owner->in_module = memchr(frame.data, '[', frame.size) != NULL;
    }
    if (frame.size && owner->frame_count < PH_PAGE_FRAMES)
        owner->frames[owner->frame_count++] = frame;
}

/* The number behind the key, up to a comma. */
static bool number_after(struct ph_slice line, const char *key, uint64_t *number)
{
    struct ph_slice word, before = {"", 0};

    while (ph_slice_word(&line, &word)) {
        if (word.data[word.size - 1] == ',')
            word.size--;
        if (ph_slice_is(before, key))
            return ph_parse_u64(word, number) == PH_NUMBER_OK;
        before = word;
    }
    return false;
}

/* All lines up to an empty one. False when there are none. */
static bool take_lines(struct ph_reader *reader, struct ph_page_owner *owner,
                       void (*take)(struct ph_slice line, struct ph_page_owner *owner))
{
    struct ph_slice line;
    bool any = false;

    while (ph_reader_line(reader, &line)) {
        if (!ph_slice_trim(line).size) {
            if (any)
                return true;
            continue;
        }
        any = true;
        if (line.data[0] == ' ' || line.data[0] == '\t')
            take_frame(line, owner);
        else
            take(line, owner);
    }
    return any;
}

static void take_count(struct ph_slice line, struct ph_page_owner *owner)
{
    if (!number_after(line, "nr_base_pages:", &owner->pages))
        (void)number_after(line, "stack_count:", &owner->pages);
}

static void take_record_line(struct ph_slice line, struct ph_page_owner *owner)
{
    uint64_t order;

    if (ph_slice_starts(line, "Page allocated via order ")) {
        if (number_after(line, "order", &order) && order <= ORDER_MOST)
            owner->pages = UINT64_C(1) << order;
    } else if (ph_slice_starts(line, "PFN ")) {
        struct ph_slice word, before = {"", 0};
        while (ph_slice_word(&line, &word) && !ph_slice_is(before, "type"))
            before = word;
        owner->elsewhere |= ph_slice_is(before, "type") && ph_slice_is(word, "Movable");
    } else if (ph_slice_starts(line, "Slab cache page")) {
        owner->elsewhere = true;
    }
}

static bool next(struct ph_reader *reader, struct ph_page_owner *owner, uint64_t *bad,
                 void (*take)(struct ph_slice line, struct ph_page_owner *owner))
{
    for (;;) {
        struct ph_page_owner fresh = {0};
        if (!take_lines(reader, &fresh, take))
            return false;
        if (fresh.pages) {
            *owner = fresh;
            return true;
        }
        ++*bad;
    }
}

bool ph_page_stacks_next(struct ph_reader *reader, struct ph_page_owner *stack, uint64_t *bad)
{
    return next(reader, stack, bad, take_count);
}

bool ph_page_owner_next(struct ph_reader *reader, struct ph_page_owner *record, uint64_t *bad)
{
    return next(reader, record, bad, take_record_line);
}
