/* allocinfo.h - /proc/allocinfo: memory by allocation site (Linux 6.10,
 * CONFIG_MEM_ALLOC_PROFILING). */
#ifndef PH_SOURCE_LINUX_ALLOCINFO_H
#define PH_SOURCE_LINUX_ALLOCINFO_H

#include "base/bytes.h"
#include "base/error.h"
#include "source/linux/slabinfo.h"

struct ph_alloc_site {
    int64_t bytes, calls;   /* outstanding; negative values exist through kernel bugs */
    struct ph_slice place;  /* "mm/slub.c:2478" */
    struct ph_slice module; /* "leaky"; size 0 = the kernel itself */
    struct ph_slice function;
    bool inaccurate; /* version 2: accurate:no */
};

struct ph_error *ph_allocinfo_head(struct ph_reader *reader) PH_MUST_CHECK;
enum ph_line_kind ph_allocinfo_line(struct ph_slice line, struct ph_alloc_site *site);

#endif
