/* vmallocinfo.h - /proc/vmallocinfo: one line an area, with its caller. */
#ifndef PH_SOURCE_LINUX_VMALLOCINFO_H
#define PH_SOURCE_LINUX_VMALLOCINFO_H

#include "base/bytes.h"
#include "source/linux/slabinfo.h"

struct ph_vmalloc_area {
    uint64_t pages;         /* of real memory; ioremap and vmap areas have none of their own */
    struct ph_slice caller; /* symbol without offset; size 0 = not told */
    struct ph_slice module; /* size 0 = the kernel itself */
};

/* PH_LINE_COMMENT for areas without memory: freed ones that wait for the purge, ioremap, vmap. */
enum ph_line_kind ph_vmallocinfo_line(struct ph_slice line, struct ph_vmalloc_area *area);

#endif
