/* pe_hash.h - what is hashed of a PE file: the Authenticode image hash, the import hash, entropy.
 */
#ifndef PH_IMAGE_PE_HASH_H
#define PH_IMAGE_PE_HASH_H

#include "base/digest.h"
#include "base/text.h"
#include "image/pe.h"

/* The Authenticode image hash: the file without CheckSum, directory entry 4 and certificate table;
 * `padded` adds zeros up to a multiple of 8, as signtool does for files without a table (catalogs
 * know both). */
struct ph_error *ph_pe_image_hash(const struct ph_pe *pe, enum ph_digest_kind kind, bool padded,
                                  struct ph_digest_sum *sum) PH_MUST_CHECK;
/* The import hash: MD5 over "library.function,..." in lower case, as pefile and others compute it.
 * `sum->size` is 0 when the file imports nothing, or by number from a library whose numbers that
 * recipe turns into names which are not known here (oleaut32.dll; no driver imports it),
 * or by more than 16 MB of names. */
struct ph_error *ph_pe_import_hash(const struct ph_pe *pe, struct ph_digest_sum *sum) PH_MUST_CHECK;
/* The CheckSum field as it should be. */
uint32_t ph_pe_checksum(const struct ph_pe *pe);
/* Shannon entropy in bits a byte, 0 to 8. */
double ph_entropy(struct ph_slice bytes);

#endif
