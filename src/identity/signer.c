#include "identity/signer.h"

#include "identity/oids.h"

/* The signed attributes name the hash of the content; both must be there when any is. */
static bool attributes_agree(const struct ph_signer *signer, const struct ph_digest_sum *content,
                             struct ph_slice type)
{
    struct ph_slice values;
    struct ph_der value;

    if (!ph_signed_attribute(signer, PH_OID_MESSAGE_DIGEST, &values) ||
        !ph_der_take(&values, PH_DER_OCTETS, &value) ||
        !ph_slice_same(value.content, ph_sum_slice(content)))
        return false;
    if (!type.size)
        return true;
    return ph_signed_attribute(signer, PH_OID_CONTENT_TYPE, &values) &&
           ph_der_take(&values, PH_DER_OID, &value) && ph_slice_same(value.content, type);
}

struct ph_error *ph_signer_intact(const struct ph_trust_store *store,
                                  const struct ph_signer *signer, const struct ph_x509 *certificate,
                                  const struct ph_digest_sum *content, struct ph_slice type,
                                  enum ph_intact *intact)
{
    struct ph_digest_sum sum = *content;
    enum ph_fit fit;

    *intact = PH_INTACT_UNKNOWN;
    if (!content->size)
        return NULL;
    if (signer->attributes.size) {
        /* RFC 2315 9.3: hashed is their encoding as a SET, not with the tag [0] that stands there
         */
        static const char SET[] = {PH_DER_SET};
        const struct ph_slice pieces[] = {
            {SET, 1}, {signer->attributes.data + 1, signer->attributes.size - 1}};
        PH_TRY(ph_sum_if_allowed(content->kind, pieces, 2, &sum));
    }
    if (!sum.size)
        return NULL;
    PH_TRY(ph_trust_fits(store, certificate, signer->algorithm, &sum, signer->signature, &fit));
    *intact = fit == PH_FIT_UNKNOWN ? PH_INTACT_UNKNOWN
              : fit == PH_FIT_NO    ? PH_INTACT_NO
                                    : PH_INTACT_YES;
    if (*intact == PH_INTACT_YES && signer->attributes.size &&
        !attributes_agree(signer, content, type))
        *intact = PH_INTACT_OTHER_CONTENT;
    return NULL;
}
