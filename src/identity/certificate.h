/* certificate.h - what an X.509 certificate says (RFC 5280); whether it is true is trust.h's part.
 */
#ifndef PH_IDENTITY_CERTIFICATE_H
#define PH_IDENTITY_CERTIFICATE_H

#include "base/digest.h"
#include "base/error.h"
#include "identity/der.h"
#include "model/identity.h"

/* All slices are borrowed from the certificate's bytes. */
struct ph_x509 {
    struct ph_slice whole;
    struct ph_slice serial;                          /* content of the INTEGER; may be negative */
    struct ph_slice algorithm, algorithm_parameters; /* of its own signature */
    struct ph_slice issuer, subject;                 /* whole names */
    int64_t from_s, to_s;
    struct ph_slice key;    /* the public key, whole, with its algorithm */
    struct ph_slice key_id; /* subject key identifier; empty = none */
    struct ph_slice usages; /* content of the extended key usage; empty = none given */
    bool limited;           /* an extended key usage is given, so the others are not allowed */
};

/* False when the bytes do not begin with a certificate. */
bool ph_x509_parse(struct ph_slice bytes, struct ph_x509 *x509);
bool ph_x509_self_issued(const struct ph_x509 *x509);
/* True when the extended key usage names `oid` (or when there is none and `unlimited`). */
bool ph_x509_may(const struct ph_x509 *x509, struct ph_slice oid, bool unlimited);
/* The common name of a subject or issuer, else its unit or organisation, else "(no name)". */
struct ph_error *ph_x509_name(struct ph_slice name, char **text) PH_MUST_CHECK;
/* For display; `status` stays NULL. */
struct ph_error *ph_x509_describe(const struct ph_x509 *x509,
                                  struct ph_certificate *certificate) PH_MUST_CHECK;

/* The certificates that came with a signature. */
enum { PH_BAG_MOST = 128 };
struct ph_bag {
    struct ph_x509 *items; /* owned; slices borrowed */
    size_t count, capacity;
};
/* Adds those in the content of a SET OF certificates; what is no certificate is left out. */
struct ph_error *ph_bag_add(struct ph_bag *bag, struct ph_slice certificates) PH_MUST_CHECK;
void ph_bag_fini(struct ph_bag *bag);

/* Hash of a signature or digest algorithm; false = not one of base/digest.h's. For a signature
 * algorithm that names no hash (rsaEncryption) also false. */
bool ph_digest_of_oid(struct ph_slice oid, enum ph_digest_kind *kind);

/* As ph_digest(), but where the provider refuses the algorithm there is no sum: its size is 0. */
struct ph_error *ph_sum_if_allowed(enum ph_digest_kind kind, const struct ph_slice *pieces,
                                   size_t count, struct ph_digest_sum *sum) PH_MUST_CHECK;
struct ph_slice ph_sum_slice(const struct ph_digest_sum *sum);

/* Certificates of Microsoft that are known by their SHA-1 thumbprint. */
enum ph_known_certificate {
    PH_KNOWN_NONE,
    PH_KNOWN_MICROSOFT, /* a root of Microsoft's products, or what it issued for hardware */
    PH_KNOWN_CROSS,     /* a cross-certificate for kernel drivers, or their root */
};
enum ph_known_certificate ph_x509_known(const struct ph_digest_sum *sha1);

#endif
