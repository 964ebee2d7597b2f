/* slabinfo.h - /proc/slabinfo, version 2.x: one line a slab cache. */
#ifndef PH_SOURCE_LINUX_SLABINFO_H
#define PH_SOURCE_LINUX_SLABINFO_H

#include "base/bytes.h"
#include "base/error.h"

struct ph_slab_line {
    struct ph_slice name;
    uint64_t active_objects, objects, object_bytes, objects_per_slab, pages_per_slab;
};

enum ph_line_kind { PH_LINE_VALUE, PH_LINE_COMMENT, PH_LINE_BAD };

/* Checks the head line; leaves the reader after it. PH_ERR_FORMAT for another format or version. */
struct ph_error *ph_slabinfo_head(struct ph_reader *reader) PH_MUST_CHECK;
enum ph_line_kind ph_slabinfo_line(struct ph_slice line, struct ph_slab_line *parsed);

#endif
