/* pkcs7.h - where what stands in a PKCS #7 signature (RFC 2315, 5652). Only finds, checks nothing.
 */
#ifndef PH_IDENTITY_PKCS7_H
#define PH_IDENTITY_PKCS7_H

#include "base/digest.h"
#include "base/error.h"
#include "identity/certificate.h"
#include "identity/der.h"

/* All slices are borrowed; empty = not there. */
struct ph_signer {
    struct ph_slice issuer, serial; /* whom the signer's certificate is of: whole name, content */
    struct ph_slice key_id;         /* or its subject key identifier */
    struct ph_slice digest;         /* OID */
    struct ph_slice attributes;     /* signed ones, with their tag */
    struct ph_slice algorithm;      /* OID of the signature's algorithm */
    struct ph_slice signature;
    struct ph_slice extras; /* attributes that nobody signed: content of the SET */
};

struct ph_pkcs7 {
    struct ph_slice type;         /* OID of the content */
    struct ph_der content;        /* what is signed; tag 0 = not within */
    struct ph_slice certificates; /* content of the SET */
    struct ph_signer signer;      /* the first */
    size_t signer_count;
    size_t size; /* bytes of the whole structure */
};

/* Error: PH_ERR_FORMAT, "the signature ...: byte N", names what is not there. */
struct ph_error *ph_pkcs7_parse(struct ph_slice bytes, struct ph_pkcs7 *pkcs7) PH_MUST_CHECK;
bool ph_signer_parse(struct ph_slice info, struct ph_signer *signer);
/* The values (content of a SET) of the first attribute of this kind; `attributes` is the content of
 * a SET OF attributes. */
bool ph_attribute(struct ph_slice attributes, struct ph_slice oid, struct ph_slice *values);
/* The same among the signed ones. */
bool ph_signed_attribute(const struct ph_signer *signer, struct ph_slice oid,
                         struct ph_slice *values);
/* The signer's certificate among those in the bag; NULL = not there. */
const struct ph_x509 *ph_signer_certificate(const struct ph_signer *signer,
                                            const struct ph_bag *bag);

#endif
