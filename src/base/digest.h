/* digest.h - hash sums of bytes; one implementation file per provider (OpenSSL's libcrypto here).
 *
 * A digest is fed in pieces, so that a file can be hashed without the parts a signature leaves out.
 */
#ifndef PH_BASE_DIGEST_H
#define PH_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum ph_digest_kind {
    PH_DIGEST_MD5,
    PH_DIGEST_SHA1,
    PH_DIGEST_SHA256,
    PH_DIGEST_SHA384,
    PH_DIGEST_SHA512,
    PH_DIGEST_COUNT
};

enum { PH_DIGEST_MOST = 64 }; /* bytes of the longest sum */

struct ph_digest_sum {
    enum ph_digest_kind kind;
    uint8_t bytes[PH_DIGEST_MOST];
    size_t size; /* 0 = not computed */
};

const char *ph_digest_name(enum ph_digest_kind kind); /* "SHA256" */
size_t ph_digest_size(enum ph_digest_kind kind);      /* bytes of its sum */

/* The sum over `count` pieces, one behind the other. Errors: out of memory; the provider refuses
 * the algorithm (MD5 where FIPS rules are on): PH_ERR_ACCESS. */
struct ph_error *ph_digest(enum ph_digest_kind kind, const struct ph_slice *pieces, size_t count,
                           struct ph_digest_sum *sum) PH_MUST_CHECK;
/* True when both have the same kind and bytes; sums that are not computed equal nothing. */
bool ph_digest_equal(const struct ph_digest_sum *a, const struct ph_digest_sum *b);

#endif
