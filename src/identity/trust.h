/* trust.h - the narrow door to whoever checks signatures and builds chains: OpenSSL's libcrypto
 * here (trust_openssl.c), the system's own on Windows.
 */
#ifndef PH_IDENTITY_TRUST_H
#define PH_IDENTITY_TRUST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "model/identity.h"

/* Roots to trust. */
struct ph_trust_store;
struct ph_error *ph_trust_store_new(struct ph_trust_store **store) PH_MUST_CHECK;
/* Adds the certificates of a file (PEM with any number, or DER). Error: PH_ERR_FORMAT. */
struct ph_error *ph_trust_store_add(struct ph_trust_store *store, const char *name,
                                    struct ph_slice bytes) PH_MUST_CHECK;
size_t ph_trust_store_count(const struct ph_trust_store *store);
void ph_trust_store_free(struct ph_trust_store *store);
void ph_trust_store_freep(struct ph_trust_store **store);

#endif
