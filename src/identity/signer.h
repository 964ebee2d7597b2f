/* signer.h - one signer of a PKCS #7 structure: is the signature over the content intact? */
#ifndef PH_IDENTITY_SIGNER_H
#define PH_IDENTITY_SIGNER_H

#include "identity/pkcs7.h"
#include "identity/trust.h"

enum ph_intact {
    PH_INTACT_YES,
    PH_INTACT_OTHER_CONTENT, /* the signature is over another content */
    PH_INTACT_NO,            /* the signature does not fit the certificate */
    PH_INTACT_UNKNOWN,       /* could not be checked: an algorithm is not known */
};

/* `content` is the hash of the content by the signer's digest algorithm; `type` the OID that the
 * signed attributes must give as the content's type (empty = not looked at). */
struct ph_error *ph_signer_intact(const struct ph_trust_store *store,
                                  const struct ph_signer *signer, const struct ph_x509 *certificate,
                                  const struct ph_digest_sum *content, struct ph_slice type,
                                  enum ph_intact *intact) PH_MUST_CHECK;

#endif
