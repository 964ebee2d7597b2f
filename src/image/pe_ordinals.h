/* pe_ordinals.h - names of functions that programs import by number, as the import hash wants them.
 */
#ifndef PH_IMAGE_PE_ORDINALS_H
#define PH_IMAGE_PE_ORDINALS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

/* True when the import hash takes names, not numbers, for this library's ordinals. */
bool ph_pe_ordinals_have_names(struct ph_slice dll);
/* The name behind an ordinal of such a library, in lower case; NULL = not known. */
const char *ph_pe_ordinal(struct ph_slice dll, uint16_t ordinal);

#endif
