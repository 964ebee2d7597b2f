/* windows_blocks.h - a tag's largest pool blocks, and freed ones that are kept; for
 * windows_owners.c only. */
#ifndef PH_APP_WINDOWS_BLOCKS_H
#define PH_APP_WINDOWS_BLOCKS_H

#include "model/owner.h"
#include "source/windows/nt.h"

/* Asks the kernel for its blocks of a page and more, and says how many the tag has and how large
 * they are; that it does not tell is a loss. Error: out of memory. */
struct ph_error *ph_windows_blocks(const struct ph_nt *nt, const uint8_t tag[4],
                                   struct ph_owner_report *report) PH_MUST_CHECK;
/* Asks for the lists on which freed blocks wait to be used again, and says how many of the tag's
 * they keep at most; that the kernel does not tell is a loss. Error: out of memory. */
struct ph_error *ph_windows_lookaside(const struct ph_nt *nt, const uint8_t tag[4],
                                      struct ph_owner_report *report) PH_MUST_CHECK;

#endif
