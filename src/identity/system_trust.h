/* system_trust.h - what the operating system itself says of a file's signature, and what follows
 * from it. Only Windows is asked (system_trust_windows.c); weighing the answer is portable.
 *
 * Windows is asked without its network (WTD_CACHE_ONLY_URL_RETRIEVAL) and without revocation lists,
 * as everything here works offline; that a certificate is known to be revoked is told where the
 * system knows it anyway. After WinVerifyTrust the signer's chain is built and held against
 * CERT_CHAIN_POLICY_AUTHENTICODE once more: a second look at the one step that decides.
 */
#ifndef PH_IDENTITY_SYSTEM_TRUST_H
#define PH_IDENTITY_SYSTEM_TRUST_H

#include "identity/trust.h"

/* True where the system can be asked. */
bool ph_system_trust_here(void);
/* Adds the roots that the system trusts; elsewhere none. */
struct ph_error *ph_system_trust_roots(struct ph_trust_store *store) PH_MUST_CHECK;
/* Asks for the signature embedded in the file, then for the installed catalogs: `sums` are the
 * hashes of the image, best first, for systems that do not tell them. Into `verdict`: codes,
 * signer, catalog. Safe from several threads. Errors: the file cannot be opened, out of memory. */
struct ph_error *ph_system_trust_ask(const char *path, const struct ph_digest_sum *const *sums,
                                     size_t sum_count,
                                     struct ph_system_verdict *verdict) PH_MUST_CHECK;
/* True when `folder` is where the system keeps its own catalogs: it looks there itself. */
bool ph_system_trust_keeps(const char *folder);

/* --- weighing (system_verdict.c) --- */
/* What a code says of the signature, and in words (static); unknown codes: PH_TRUST_REFUSED. */
enum ph_trust ph_system_code_trust(uint32_t code);
const char *ph_system_code_words(uint32_t code);
/* Fills words and differs of identity->system, which was asked, and lets it decide on the trust:
 *   - the system trusts, the policy for its chain does not: what that says;
 *   - own_roots (the user named roots of his own): what poolhound finds with those;
 *   - a catalog has the file that is not installed here: what poolhound finds;
 *   - otherwise the system's verdict. */
struct ph_error *ph_system_weigh(struct ph_identity *identity, bool own_roots) PH_MUST_CHECK;

#endif
