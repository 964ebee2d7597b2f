/* windows_source.h - the live Windows kernel as a source, with the kernel to choose. */
#ifndef PH_SOURCE_WINDOWS_WINDOWS_SOURCE_H
#define PH_SOURCE_WINDOWS_WINDOWS_SOURCE_H

#include "source/source.h"
#include "source/windows/nt.h"

/* As ph_source_windows.open(), but of this kernel; `nt` must outlive the source. Errors: this
 * program cannot understand the kernel's answers; it tells nothing of its memory. */
struct ph_error *ph_windows_source_open(const struct ph_nt *nt,
                                        struct ph_source **source) PH_MUST_CHECK;

#endif
