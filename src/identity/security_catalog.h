/* security_catalog.h - looking up files in catalogs; see authenticode.h for filling them. */
#ifndef PH_IDENTITY_SECURITY_CATALOG_H
#define PH_IDENTITY_SECURITY_CATALOG_H

#include "identity/authenticode.h"

/* Adds to `list` the signature of a catalog that knows a file of this hash: the best one when there
 * are several. Nothing is added when no catalog knows it. */
struct ph_error *ph_catalogs_check(const struct ph_catalogs *catalogs,
                                   const struct ph_digest_sum *sum,
                                   const struct ph_trust_store *store,
                                   struct ph_signature_list *list) PH_MUST_CHECK;
size_t ph_catalogs_count(const struct ph_catalogs *catalogs); /* NULL: 0 */

#endif
