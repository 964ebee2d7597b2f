/* chain_walk.h - chains of certificates by walking from issuer to issuer, for providers that check
 * single signatures only.
 *
 * Why own: Windows builds chains with what its own stores hold and fetches what is missing from the
 * network; here the chain shall be that of the bag and the given roots, the same on every system.
 * Checked: each link's signature, CA, key usage and path length (RFC 5280 6.1); a certificate that
 * limits names is left unchecked. Times and extended usages are the caller's.
 */
#ifndef PH_IDENTITY_CHAIN_WALK_H
#define PH_IDENTITY_CHAIN_WALK_H

#include "identity/trust_store.h"

/* As ph_trust_chain(), by ph_trust_fits(). */
struct ph_error *ph_chain_walk(const struct ph_trust_store *store, const struct ph_x509 *leaf,
                               const struct ph_bag *bag, int64_t at_s,
                               struct ph_chain *chain) PH_MUST_CHECK;

#endif
