/* trust.h - the narrow door to whoever checks signatures and builds chains: OpenSSL's libcrypto
 * here (trust_openssl.c), the system's own on Windows. Judging what is found (times, usages, names)
 * is not the provider's part.
 */
#ifndef PH_IDENTITY_TRUST_H
#define PH_IDENTITY_TRUST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "identity/certificate.h"
#include "model/identity.h"

/* Roots to trust. A certificate in it that is not self-signed helps to build chains but ends none.
 * Once filled, a store may be used by several threads. */
struct ph_trust_store;
struct ph_error *ph_trust_store_new(struct ph_trust_store **store) PH_MUST_CHECK;
/* Adds the certificates of a file (PEM with any number, or DER). Error: PH_ERR_FORMAT. */
struct ph_error *ph_trust_store_add(struct ph_trust_store *store, const char *name,
                                    struct ph_slice bytes) PH_MUST_CHECK;
size_t ph_trust_store_count(const struct ph_trust_store *store);
void ph_trust_store_free(struct ph_trust_store *store);
void ph_trust_store_freep(struct ph_trust_store **store);
/* For tests: what "now" is, in seconds since 1970; 0 = the clock. */
void ph_trust_store_set_now(struct ph_trust_store *store, int64_t now_s);
int64_t ph_trust_store_now(const struct ph_trust_store *store);

/* Does a signature over a hash fit the key of a certificate? */
enum ph_fit {
    PH_FIT_YES,
    PH_FIT_NO,
    PH_FIT_UNKNOWN, /* the provider cannot tell: an algorithm or key that it does not take */
};
/* `algorithm` is the OID of the signature's algorithm, as the signature names it. */
struct ph_error *ph_trust_fits(const struct ph_trust_store *store,
                               const struct ph_x509 *certificate, struct ph_slice algorithm,
                               const struct ph_digest_sum *sum, struct ph_slice signature,
                               enum ph_fit *fit) PH_MUST_CHECK;

/* A chain, as far as it could be built. */
enum { PH_CHAIN_MOST = 16 };
enum ph_chain_fault {
    PH_CHAIN_SOUND,
    PH_CHAIN_WRONG_USE, /* a certificate issued another and may not */
    PH_CHAIN_BROKEN,    /* the signature of a certificate does not fit its issuer */
    PH_CHAIN_UNCHECKED, /* the provider cannot tell */
};
struct ph_chain {
    const struct ph_x509 *items[PH_CHAIN_MOST];     /* leaf first; in the bag or the store */
    enum ph_known_certificate known[PH_CHAIN_MOST]; /* filled by chain.h's ph_chain_build() */
    size_t count;                                   /* at least 1 */
    bool anchored;                                  /* the last one is a root of the store */
    enum ph_chain_fault fault;
    size_t fault_at;       /* which certificate */
    const char *fault_why; /* the provider's words; static */
};
/* Builds the chain of `leaf` from the certificates in the bag and the store, valid at `at_s` where
 * there is a choice. Times and usages of the result are left to the caller. */
struct ph_error *ph_trust_chain(const struct ph_trust_store *store, const struct ph_x509 *leaf,
                                const struct ph_bag *bag, int64_t at_s,
                                struct ph_chain *chain) PH_MUST_CHECK;

#endif
