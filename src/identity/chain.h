/* chain.h - judging a chain that trust.h built: times, ends, who is known. */
#ifndef PH_IDENTITY_CHAIN_H
#define PH_IDENTITY_CHAIN_H

#include "identity/trust.h"

/* ph_trust_chain(), and which of the certificates are known. */
struct ph_error *ph_chain_build(const struct ph_trust_store *store, const struct ph_x509 *leaf,
                                const struct ph_bag *bag, int64_t at_s,
                                struct ph_chain *chain) PH_MUST_CHECK;
/* The name of the root: of the last certificate, or of its issuer when that is not there. */
struct ph_error *ph_chain_end(const struct ph_chain *chain, char **name) PH_MUST_CHECK;
/* True when the last certificate issued itself: the chain is whole. */
bool ph_chain_end_is_here(const struct ph_chain *chain);
/* True when a certificate was not valid at that time; `*which` is the first. Microsoft's
 * cross-certificates are not counted: the scheme as a whole has ended. */
bool ph_chain_invalid_at(const struct ph_chain *chain, int64_t at_s, size_t *which);
bool ph_chain_knows(const struct ph_chain *chain, enum ph_known_certificate known);
/* The certificates for display, each with its status: judged at `at_s`, seen from `now_s`. `list`
 * is empty before; where memory is short it holds a part. */
struct ph_error *ph_chain_describe(const struct ph_chain *chain, int64_t at_s, int64_t now_s,
                                   struct ph_certificate_list *list) PH_MUST_CHECK;

#endif
