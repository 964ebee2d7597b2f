/* slabinfo.h - /proc/slabinfo, version 2.x: one line a slab cache. */
#ifndef PH_SOURCE_LINUX_SLABINFO_H
#define PH_SOURCE_LINUX_SLABINFO_H

#include "base/bytes.h"
#include "base/error.h"

struct ph_slab_line {
    struct ph_slice name; /* may hold blanks */
    uint64_t active_objects, objects;
    uint64_t object_bytes; /* with metadata and padding: what /sys/kernel/slab calls slab_size */
    uint64_t objects_per_slab, pages_per_slab;
    uint64_t slabs;
};

enum ph_line_kind { PH_LINE_VALUE, PH_LINE_COMMENT, PH_LINE_BAD };

/* Checks the head line; leaves the reader after it. PH_ERR_FORMAT for another format or version. */
struct ph_error *ph_slabinfo_head(struct ph_reader *reader) PH_MUST_CHECK;
/* Active objects times object size fits an int64_t in every PH_LINE_VALUE, and so does the memory
 * of all slabs for pages up to 64 KB. */
enum ph_line_kind ph_slabinfo_line(struct ph_slice line, struct ph_slab_line *parsed);

#endif
