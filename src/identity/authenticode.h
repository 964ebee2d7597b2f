/* authenticode.h - the signatures of a PE file and of catalogs, verified.
 *
 * The walk through the structures is ours and portable (der.h); hashing is base/digest.h; checking
 * a signature and building a chain is trust.h, one implementation file per provider. Sources:
 * Microsoft's published "Windows Authenticode Portable Executable Signature Format", RFC 2315,
 * 5652, 3161, 5280.
 */
#ifndef PH_IDENTITY_AUTHENTICODE_H
#define PH_IDENTITY_AUTHENTICODE_H

#include "base/error.h"
#include "identity/trust.h"
#include "image/pe.h"
#include "model/identity.h"

/* Verifies every signature embedded in the file, nested ones too, into `identity`: signatures,
 * trust, sentence, publisher, trailing bytes. Catalogs that were added to `catalogs` (NULL = none)
 * are asked for the image hash. Errors: out of memory only; a bad signature is a result. */
struct ph_catalogs;
struct ph_error *ph_authenticode(const struct ph_pe *pe, const struct ph_trust_store *store,
                                 const struct ph_catalogs *catalogs,
                                 struct ph_identity *identity) PH_MUST_CHECK;

/* --- security catalogs (.cat): hashes of files, signed --- */
struct ph_error *ph_catalogs_new(struct ph_catalogs **catalogs) PH_MUST_CHECK;
/* Adds a catalog's members; `path` is for results. The bytes are copied. Error: PH_ERR_FORMAT. */
struct ph_error *ph_catalogs_add(struct ph_catalogs *catalogs, const char *path,
                                 struct ph_slice bytes) PH_MUST_CHECK;
size_t ph_catalogs_members(const struct ph_catalogs *catalogs);
void ph_catalogs_free(struct ph_catalogs *catalogs);
void ph_catalogs_freep(struct ph_catalogs **catalogs);
/* True when the bytes begin as a catalog does. */
bool ph_catalog_probe(struct ph_slice bytes);

#endif
