#include <windows.h>

#include <bcrypt.h>
#include <string.h>

#include "base/digest.h"

static const struct {
    const char *name;
    size_t size;
    const wchar_t *algorithm;
} KINDS[PH_DIGEST_COUNT] = {
    [PH_DIGEST_MD5] = {"MD5", 16, BCRYPT_MD5_ALGORITHM},
    [PH_DIGEST_SHA1] = {"SHA1", 20, BCRYPT_SHA1_ALGORITHM},
    [PH_DIGEST_SHA256] = {"SHA256", 32, BCRYPT_SHA256_ALGORITHM},
    [PH_DIGEST_SHA384] = {"SHA384", 48, BCRYPT_SHA384_ALGORITHM},
    [PH_DIGEST_SHA512] = {"SHA512", 64, BCRYPT_SHA512_ALGORITHM},
};

const char *ph_digest_name(enum ph_digest_kind kind)
{
    return KINDS[kind].name;
}

size_t ph_digest_size(enum ph_digest_kind kind)
{
    return KINDS[kind].size;
}

/* Opening a provider costs more than hashing a small file: kept for the life of the process. */
static BCRYPT_ALG_HANDLE algorithm(enum ph_digest_kind kind)
{
    static BCRYPT_ALG_HANDLE open[PH_DIGEST_COUNT];
    static SRWLOCK lock = SRWLOCK_INIT;

    AcquireSRWLockExclusive(&lock);
    if (!open[kind] && BCryptOpenAlgorithmProvider(&open[kind], KINDS[kind].algorithm, NULL, 0) < 0)
        open[kind] = NULL;
    BCRYPT_ALG_HANDLE result = open[kind];
    ReleaseSRWLockExclusive(&lock);
    return result;
}

static bool feed(BCRYPT_HASH_HANDLE hash, struct ph_slice piece)
{
    enum { MOST = 1 << 30 };

    for (size_t done = 0; done < piece.size;) {
        size_t part = piece.size - done < MOST ? piece.size - done : MOST;
        if (BCryptHashData(hash, (PUCHAR)(uintptr_t)(piece.data + done), (ULONG)part, 0) < 0)
            return false;
        done += part;
    }
    return true;
}

struct ph_error *ph_digest(enum ph_digest_kind kind, const struct ph_slice *pieces, size_t count,
                           struct ph_digest_sum *sum)
{
    struct ph_digest_sum result = {.kind = kind, .size = KINDS[kind].size};
    BCRYPT_ALG_HANDLE provider = algorithm(kind);
    BCRYPT_HASH_HANDLE hash = NULL;
    bool done = provider && BCryptCreateHash(provider, &hash, NULL, 0, NULL, 0, 0) >= 0;

    for (size_t i = 0; done && i < count; i++)
        done = feed(hash, pieces[i]);
    done = done && BCryptFinishHash(hash, result.bytes, (ULONG)result.size, 0) >= 0;
    if (hash)
        (void)BCryptDestroyHash(hash);
    if (!done)
        return ph_errorf(PH_ERR_ACCESS, "%s: Windows refuses this hash", ph_digest_name(kind));
    *sum = result;
    return NULL;
}

bool ph_digest_equal(const struct ph_digest_sum *a, const struct ph_digest_sum *b)
{
    return a->size && a->kind == b->kind && a->size == b->size &&
           !memcmp(a->bytes, b->bytes, a->size);
}
