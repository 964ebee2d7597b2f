/* tagscan.h - which pool tags a driver allocates with, read from its code.
 *
 * Finds the calls of every allocating routine (imported, through thunks, wrappers of the driver's
 * own, function tables, or obtained by name at run time) and recovers the tag argument by data
 * flow. Only functions that reach an allocator are analysed. docs/method.md has the rates.
 */
#ifndef PH_OWNER_TAGSCAN_H
#define PH_OWNER_TAGSCAN_H

#include "base/error.h"
#include "image/pe.h"
#include "model/claim.h"

struct ph_tagscan_options {
    const char *service; /* the driver's service name, for KMDF's default tag: the file's name
                            without extension when nothing better is known */
};

/* Analyses a parsed PE file. Claims of class SITE and TABLE, unresolved sites, kinds, losses. A
 * file that allocates nothing gives no claims. Errors: out of memory. */
struct ph_error *ph_tagscan(const struct ph_pe *pe, const struct ph_tagscan_options *options,
                            struct ph_scan *scan) PH_MUST_CHECK;

/* The weak classes for one tag: an immediate in code, a constant in data, text. Adds at most one
 * claim of each class. Errors: out of memory. */
struct ph_error *ph_tagscan_raw(const struct ph_pe *pe, const uint8_t tag[4],
                                struct ph_scan *scan) PH_MUST_CHECK;

/* Which kind of driver it is, by its imports and headers: enum ph_driver_kind. */
struct ph_error *ph_driver_kinds_of(const struct ph_pe *pe, const struct ph_pe_imports *imports,
                                    uint32_t *kinds) PH_MUST_CHECK;
/* True for routines that take or imply a pool tag; for listing a driver's imports. */
bool ph_is_allocator(struct ph_slice dll, struct ph_slice name);

#endif
