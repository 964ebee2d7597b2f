#include <openssl/evp.h>
#include <string.h>

#include "base/digest.h"

static const struct {
    const char *name;
    size_t size;
} KINDS[PH_DIGEST_COUNT] = {
    [PH_DIGEST_MD5] = {"MD5", 16},       [PH_DIGEST_SHA1] = {"SHA1", 20},
    [PH_DIGEST_SHA256] = {"SHA256", 32}, [PH_DIGEST_SHA384] = {"SHA384", 48},
    [PH_DIGEST_SHA512] = {"SHA512", 64},
};

const char *ph_digest_name(enum ph_digest_kind kind)
{
    return KINDS[kind].name;
}

size_t ph_digest_size(enum ph_digest_kind kind)
{
    return KINDS[kind].size;
}

/* Fetching an algorithm costs more than hashing a small file: kept for the life of the process. */
static const EVP_MD *algorithm(enum ph_digest_kind kind)
{
    switch (kind) {
    case PH_DIGEST_MD5:
        return EVP_md5();
    case PH_DIGEST_SHA1:
        return EVP_sha1();
    case PH_DIGEST_SHA256:
        return EVP_sha256();
    case PH_DIGEST_SHA384:
        return EVP_sha384();
    case PH_DIGEST_SHA512:
        return EVP_sha512();
    case PH_DIGEST_COUNT:
        break;
    }
    return NULL;
}

struct ph_error *ph_digest(enum ph_digest_kind kind, const struct ph_slice *pieces, size_t count,
                           struct ph_digest_sum *sum)
{
    struct ph_digest_sum result = {.kind = kind};
    unsigned size = 0;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();

    if (!digest)
        return ph_error_nomem();
    bool done = EVP_DigestInit_ex(digest, algorithm(kind), NULL) == 1;
    for (size_t i = 0; done && i < count; i++)
        done = EVP_DigestUpdate(digest, pieces[i].data, pieces[i].size) == 1;
    done = done && EVP_DigestFinal_ex(digest, result.bytes, &size) == 1;
    EVP_MD_CTX_free(digest);
    if (!done)
        return ph_errorf(PH_ERR_ACCESS, "%s: the system's OpenSSL refuses this hash",
                         ph_digest_name(kind));
    result.size = size;
    *sum = result;
    return NULL;
}

bool ph_digest_equal(const struct ph_digest_sum *a, const struct ph_digest_sum *b)
{
    return a->size && a->kind == b->kind && a->size == b->size &&
           !memcmp(a->bytes, b->bytes, a->size);
}
