/* trust_store.h - the certificates of a trust store; shared by the providers behind trust.h. */
#ifndef PH_IDENTITY_TRUST_STORE_H
#define PH_IDENTITY_TRUST_STORE_H

#include "identity/trust.h"

struct ph_root {
    char *bytes; /* owned */
    struct ph_x509 x509;
};

struct ph_trust_cache; /* the provider's */

struct ph_trust_store {
    struct ph_root *roots;
    size_t count, capacity;
    struct ph_trust_cache *cache;
    int64_t now_s;
};

/* Adds a certificate in DER; `*taken` = it is one. One that is there already is not added again. */
struct ph_error *ph_trust_store_add_der(struct ph_trust_store *store, struct ph_slice bytes,
                                        bool *taken) PH_MUST_CHECK;
/* Frees the certificates. */
void ph_trust_store_clear(struct ph_trust_store *store);

#endif
