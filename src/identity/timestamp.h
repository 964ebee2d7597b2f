/* timestamp.h - when a signature was made, as a time-stamping authority says it. */
#ifndef PH_IDENTITY_TIMESTAMP_H
#define PH_IDENTITY_TIMESTAMP_H

#include "identity/pkcs7.h"
#include "identity/trust.h"

struct ph_stamp {
    enum ph_time_stamp kind; /* PH_STAMP_NONE: there is none */
    bool intact;             /* it fits the signature and its own chain is sound */
    bool anchored;           /* and its chain ends at a root of the store */
    int64_t time_s;          /* when intact; since 1970 */
    char *sentence;          /* what is wrong; NULL = nothing. Owned */
    struct ph_bag bag;       /* of the token; owned */
    struct ph_chain chain;   /* in `bag`, the outer bag or the store; count 0 = none */
};

/* Looks at the time stamps (RFC 3161 and the older countersignature) of a signer whose certificates
 * came in `outer`, and takes the first that is intact, else tells what is wrong with the last. */
struct ph_error *ph_stamp_read(const struct ph_signer *signer, const struct ph_bag *outer,
                               const struct ph_trust_store *store,
                               struct ph_stamp *stamp) PH_MUST_CHECK;
void ph_stamp_fini(struct ph_stamp *stamp);

#endif
