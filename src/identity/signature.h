/* signature.h - one signature, of a file or a catalog: everything but what it signs. */
#ifndef PH_IDENTITY_SIGNATURE_H
#define PH_IDENTITY_SIGNATURE_H

#include "identity/pkcs7.h"
#include "identity/trust.h"
#include "model/identity.h"

/* Adds an empty signature at the end. */
struct ph_error *ph_signature_add(struct ph_signature_list *list,
                                  struct ph_signature **signature) PH_MUST_CHECK;
/* Checks the signer's signature over the content, the time stamps, the chain and the usages, and
 * fills the empty `signature` (trust, sentence, certificates, ...), also in part when there is an
 * error. `content` is the hash of the content's octets by the signer's digest algorithm; size 0 =
 * the algorithm is not known. */
struct ph_error *ph_signature_check(const struct ph_pkcs7 *pkcs7,
                                    const struct ph_digest_sum *content,
                                    const struct ph_trust_store *store,
                                    struct ph_signature *signature) PH_MUST_CHECK;
/* True when the signature fits its certificate, whatever the chain. */
bool ph_signature_is_intact(const struct ph_signature *signature);

#endif
