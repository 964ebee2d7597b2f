/* wdf.h - the function table of the driver framework (KMDF), through which drivers call it. */
#ifndef PH_OWNER_WDF_H
#define PH_OWNER_WDF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "image/pe.h"
#include "owner/tagscan/flow.h"

enum { PH_WDF_FUNCTIONS = 3 };
struct ph_wdf {
    bool found;
    unsigned pointer;                   /* bytes */
    uint64_t table;                     /* address of WdfFunctions */
    uint32_t count;                     /* of its functions */
    bool is_array, is_pointer;          /* what WdfFunctions is */
    uint32_t numbers[PH_WDF_FUNCTIONS]; /* of the routines of ph_wdf_functions(), see program.h */
    uint32_t targets[1 + PH_WDF_FUNCTIONS]; /* RVAs whose references lead to calls */
    unsigned target_count;
};

/* Looks for the bind information that names the framework. Errors: out of memory. */
struct ph_error *ph_wdf_find(const struct ph_pe *pe, struct ph_wdf *wdf) PH_MUST_CHECK;
/* What lies at an address of the table; false when the table has nothing to do with it. The
 * table that WdfFunctions points to is at an address outside every image. */
bool ph_wdf_load(const struct ph_wdf *wdf, uint64_t address, struct ph_abs *value);

#endif
