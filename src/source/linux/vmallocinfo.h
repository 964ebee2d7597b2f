/* vmallocinfo.h - /proc/vmallocinfo: one line an area, with its caller. */
#ifndef PH_SOURCE_LINUX_VMALLOCINFO_H
#define PH_SOURCE_LINUX_VMALLOCINFO_H

#include "base/bytes.h"
#include "source/linux/slabinfo.h"

struct ph_vmalloc_area {
    uint64_t bytes;         /* of the address range, a guard page included */
    uint64_t pages;         /* of real memory; never 0 in a PH_LINE_VALUE */
    struct ph_slice caller; /* symbol without offset; size 0 = not told */
    struct ph_slice module; /* size 0 = the kernel itself */
};

/* PH_LINE_COMMENT for areas without memory of their own: freed ones that wait for the purge,
 * ioremap, most of vmap. */
enum ph_line_kind ph_vmallocinfo_line(struct ph_slice line, struct ph_vmalloc_area *area);

/* The page size that an area's range and pages tell; 0 = they tell none. */
uint32_t ph_vmallocinfo_page_bytes(const struct ph_vmalloc_area *area);

/* True for the areas that hold the stacks of tasks: the kernel counts those in KernelStack too. */
bool ph_vmallocinfo_is_stack(const struct ph_vmalloc_area *area);

#endif
