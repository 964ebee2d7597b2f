/* Signatures with Windows' bcrypt: keys out of certificates, one signature at a time; chains by
 * chain_walk.h. What the system itself thinks of a file is system_trust.h's part. */
#include <windows.h>

#include <bcrypt.h>
#include <limits.h>
#include <string.h>
#include <wincrypt.h>

#include "base/mem.h"
#include "identity/chain_walk.h"
#include "identity/oids.h"
#include "identity/trust_store.h"

enum {
    KEY_BYTES_MOST = 1024, /* RSA with 8192 bits */
    CURVE_BYTES_MOST = 66,
    CERTIFICATE_MOST = 64 << 10
};

/* ------------------------------------------------------------------ the store */

struct ph_error *ph_trust_store_new(struct ph_trust_store **store)
{
    *store = ph_zalloc(1, sizeof(**store));
    return *store ? NULL : ph_error_nomem();
}

void ph_trust_store_free(struct ph_trust_store *store)
{
    if (store)
        ph_trust_store_clear(store);
    ph_free(store);
}

/* One "-----BEGIN CERTIFICATE-----" block after the other; the system decodes each. */
static struct ph_error *add_block(struct ph_trust_store *store, struct ph_slice block,
                                  size_t *found)
{
    DWORD size = 0;
    bool taken = false;

    if (block.size > 2 * CERTIFICATE_MOST ||
        !CryptStringToBinaryA(block.data, (DWORD)block.size, CRYPT_STRING_BASE64HEADER, NULL, &size,
                              NULL, NULL) ||
        !size)
        return NULL;
    ph_autofree char *der = ph_alloc(size);
    if (!der)
        return ph_error_nomem();
    if (!CryptStringToBinaryA(block.data, (DWORD)block.size, CRYPT_STRING_BASE64HEADER, (BYTE *)der,
                              &size, NULL, NULL))
        return NULL;
    PH_TRY(ph_trust_store_add_der(store, (struct ph_slice){der, size}, &taken));
    *found += taken;
    return NULL;
}

static struct ph_error *add_pem(struct ph_trust_store *store, struct ph_slice bytes, size_t *found)
{
    static const char BEGIN[] = "-----BEGIN ", END[] = "-----END ";

    for (;;) {
        const char *from = ph_find_bytes(bytes.data, bytes.size, BEGIN, sizeof(BEGIN) - 1);
        if (!from)
            return NULL;
        struct ph_slice rest = {from, bytes.size - (size_t)(from - bytes.data)};
        const char *end = ph_find_bytes(rest.data, rest.size, END, sizeof(END) - 1);
        if (!end)
            return NULL;
        const char *line = memchr(end, '\n', rest.size - (size_t)(end - from));
        size_t size = line ? (size_t)(line - from) + 1 : rest.size;
        PH_TRY(add_block(store, (struct ph_slice){from, size}, found));
        bytes = (struct ph_slice){from + size, rest.size - size};
    }
}

struct ph_error *ph_trust_store_add(struct ph_trust_store *store, const char *name,
                                    struct ph_slice bytes)
{
    size_t found = 0;
    bool taken = false;
    struct ph_error *error = ph_trust_store_add_der(store, bytes, &taken);

    if (!error && !taken)
        error = add_pem(store, bytes, &found);
    if (error)
        return ph_error_wrap(error, "%s", name);
    if (!taken && !found)
        return ph_errorf(PH_ERR_FORMAT, "%s: no certificate in it (neither DER nor PEM)", name);
    return NULL;
}

/* ------------------------------------------------------------------ keys */

/*     key ::= SEQUENCE { SEQUENCE { OID, parameters }, BITS }
 *     RSA's bits: SEQUENCE { modulus INTEGER, exponent INTEGER }; a curve's: 04 | x | y
 */
struct key {
    struct ph_slice algorithm, parameters, bits;
};

static bool key_parse(struct ph_slice whole, struct key *key)
{
    struct ph_der outer, algorithm, oid, parameters = {0}, bits;

    if (!ph_der_take(&whole, PH_DER_SEQUENCE, &outer) ||
        !ph_der_take(&outer.content, PH_DER_SEQUENCE, &algorithm) ||
        !ph_der_take(&algorithm.content, PH_DER_OID, &oid) ||
        !ph_der_take(&outer.content, PH_DER_BITS, &bits) || bits.content.size < 2)
        return false;
    (void)ph_der_next(&algorithm.content, &parameters);
    *key = (struct key){
        .algorithm = oid.content,
        .parameters = parameters.content,
        .bits = {bits.content.data + 1, bits.content.size - 1},
    };
    return true;
}

/* An INTEGER's octets without the zero that keeps it positive. */
static struct ph_slice positive(struct ph_slice integer)
{
    while (integer.size > 1 && !integer.data[0])
        integer = (struct ph_slice){integer.data + 1, integer.size - 1};
    return integer;
}

/* Providers live as long as the process. */
static BCRYPT_ALG_HANDLE provider_of(const wchar_t *name)
{
    static struct {
        const wchar_t *name;
        BCRYPT_ALG_HANDLE handle;
    } open[4];
    static SRWLOCK lock = SRWLOCK_INIT;
    BCRYPT_ALG_HANDLE handle = NULL;

    AcquireSRWLockExclusive(&lock);
    for (size_t i = 0; i < sizeof(open) / sizeof(open[0]) && !handle; i++) {
        if (!open[i].name && BCryptOpenAlgorithmProvider(&open[i].handle, name, NULL, 0) >= 0)
            open[i].name = name;
        if (!open[i].name)
            break;
        if (!wcscmp(open[i].name, name))
            handle = open[i].handle;
    }
    ReleaseSRWLockExclusive(&lock);
    return handle;
}

static BCRYPT_KEY_HANDLE import(const wchar_t *algorithm, const wchar_t *kind, void *blob,
                                size_t size)
{
    BCRYPT_ALG_HANDLE provider = provider_of(algorithm);
    BCRYPT_KEY_HANDLE key = NULL;

    if (!provider || BCryptImportKeyPair(provider, NULL, kind, &key, blob, (ULONG)size, 0) < 0)
        return NULL;
    return key;
}

/* `*bytes` = the length of its signatures. NULL: no key that bcrypt takes. */
static BCRYPT_KEY_HANDLE rsa_key(struct ph_slice bits, size_t *bytes)
{
    struct {
        BCRYPT_RSAKEY_BLOB head;
        uint8_t numbers[2 * KEY_BYTES_MOST];
    } blob = {.head = {.Magic = BCRYPT_RSAPUBLIC_MAGIC}};
    struct ph_der pair, modulus, exponent;

    if (!ph_der_take(&bits, PH_DER_SEQUENCE, &pair) ||
        !ph_der_take(&pair.content, PH_DER_INTEGER, &modulus) ||
        !ph_der_take(&pair.content, PH_DER_INTEGER, &exponent))
        return NULL;
    struct ph_slice n = positive(modulus.content), e = positive(exponent.content);
    if (!n.size || !e.size || n.size > KEY_BYTES_MOST || e.size > 8)
        return NULL;
    unsigned top = (uint8_t)n.data[0];
    blob.head.BitLength = (ULONG)(n.size * 8 - (size_t)(top ? __builtin_clz(top) - 24 : 8));
    blob.head.cbPublicExp = (ULONG)e.size;
    blob.head.cbModulus = (ULONG)n.size;
    memcpy(blob.numbers, e.data, e.size);
    memcpy(blob.numbers + e.size, n.data, n.size);
    *bytes = n.size;
    return import(BCRYPT_RSA_ALGORITHM, BCRYPT_RSAPUBLIC_BLOB, &blob,
                  sizeof(blob.head) + e.size + n.size);
}

static const struct {
    const char *oid;
    size_t oid_size;
    const wchar_t *algorithm;
    ULONG magic;
    size_t bytes; /* of a coordinate */
} CURVES[] = {
    {"\x2a\x86\x48\xce\x3d\x03\x01\x07", 8, BCRYPT_ECDSA_P256_ALGORITHM,
     BCRYPT_ECDSA_PUBLIC_P256_MAGIC, 32},
    {"\x2b\x81\x04\x00\x22", 5, BCRYPT_ECDSA_P384_ALGORITHM, BCRYPT_ECDSA_PUBLIC_P384_MAGIC, 48},
    {"\x2b\x81\x04\x00\x23", 5, BCRYPT_ECDSA_P521_ALGORITHM, BCRYPT_ECDSA_PUBLIC_P521_MAGIC, 66},
};

static BCRYPT_KEY_HANDLE curve_key(const struct key *key, size_t *bytes)
{
    struct {
        BCRYPT_ECCKEY_BLOB head;
        uint8_t point[2 * CURVE_BYTES_MOST];
    } blob = {.head = {0}};

    for (size_t i = 0; i < sizeof(CURVES) / sizeof(CURVES[0]); i++) {
        struct ph_slice oid = {CURVES[i].oid, CURVES[i].oid_size};
        if (!ph_slice_same(key->parameters, oid) || key->bits.size != 1 + 2 * CURVES[i].bytes ||
            key->bits.data[0] != 4)
            continue;
        blob.head.dwMagic = CURVES[i].magic;
        blob.head.cbKey = (ULONG)CURVES[i].bytes;
        memcpy(blob.point, key->bits.data + 1, 2 * CURVES[i].bytes);
        *bytes = CURVES[i].bytes;
        return import(CURVES[i].algorithm, BCRYPT_ECCPUBLIC_BLOB, &blob,
                      sizeof(blob.head) + 2 * CURVES[i].bytes);
    }
    return NULL;
}

/* ------------------------------------------------------------------ one signature */

static enum ph_fit fit_of(NTSTATUS status)
{
    enum { INVALID_SIGNATURE = (int)0xC000A000u, INVALID_PARAMETER = (int)0xC000000Du };

    if (status >= 0)
        return PH_FIT_YES;
    return status == INVALID_SIGNATURE || status == INVALID_PARAMETER ? PH_FIT_NO : PH_FIT_UNKNOWN;
}

static const wchar_t *hash_name(enum ph_digest_kind kind)
{
    static const wchar_t *const NAMES[PH_DIGEST_COUNT] = {
        [PH_DIGEST_MD5] = BCRYPT_MD5_ALGORITHM,       [PH_DIGEST_SHA1] = BCRYPT_SHA1_ALGORITHM,
        [PH_DIGEST_SHA256] = BCRYPT_SHA256_ALGORITHM, [PH_DIGEST_SHA384] = BCRYPT_SHA384_ALGORITHM,
        [PH_DIGEST_SHA512] = BCRYPT_SHA512_ALGORITHM,
    };

    return NAMES[kind];
}

static enum ph_fit rsa_fits(struct ph_slice bits, bool pss, const struct ph_digest_sum *sum,
                            struct ph_slice signature)
{
    BCRYPT_PKCS1_PADDING_INFO plain = {hash_name(sum->kind)};
    BCRYPT_PSS_PADDING_INFO probabilistic = {hash_name(sum->kind), (ULONG)sum->size};
    size_t bytes = 0;
    BCRYPT_KEY_HANDLE key = rsa_key(bits, &bytes);

    if (!key)
        return PH_FIT_UNKNOWN;
    enum ph_fit fit = PH_FIT_NO;
    if (signature.size == bytes)
        fit = fit_of(BCryptVerifySignature(key, pss ? (void *)&probabilistic : (void *)&plain,
                                           (PUCHAR)(uintptr_t)sum->bytes, (ULONG)sum->size,
                                           (PUCHAR)(uintptr_t)signature.data, (ULONG)signature.size,
                                           pss ? BCRYPT_PAD_PSS : BCRYPT_PAD_PKCS1));
    (void)BCryptDestroyKey(key);
    return fit;
}

/* What the older interface needs; all of it freed by old_fini(). */
struct old {
    HCRYPTPROV provider;
    HCRYPTKEY key;
    HCRYPTHASH hash;
    CERT_PUBLIC_KEY_INFO *info;
};

static void old_fini(struct old *old)
{
    if (old->hash)
        (void)CryptDestroyHash(old->hash);
    if (old->key)
        (void)CryptDestroyKey(old->key);
    if (old->provider)
        (void)CryptReleaseContext(old->provider, 0);
    if (old->info)
        (void)LocalFree(old->info);
}

/* RSA with MD5, as drivers were signed until 2008, by the older interface: Wine's bcrypt knows it
 * not, and calls such a signature bad. */
static enum ph_fit md5_fits(struct ph_slice key, const struct ph_digest_sum *sum,
                            struct ph_slice signature)
{
    PH_GUARD(old_fini) struct old old = {0};
    uint8_t turned[KEY_BYTES_MOST]; /* it takes numbers with their lowest byte first */
    DWORD size = 0;

    if (signature.size > sizeof(turned))
        return PH_FIT_NO;
    for (size_t i = 0; i < signature.size; i++)
        turned[i] = (uint8_t)signature.data[signature.size - 1 - i];
    if (!CryptDecodeObjectEx(X509_ASN_ENCODING, X509_PUBLIC_KEY_INFO, (const BYTE *)key.data,
                             (DWORD)key.size, CRYPT_DECODE_ALLOC_FLAG, NULL, &old.info, &size) ||
        !CryptAcquireContextW(&old.provider, NULL, NULL, PROV_RSA_AES, CRYPT_VERIFYCONTEXT) ||
        !CryptImportPublicKeyInfo(old.provider, X509_ASN_ENCODING, old.info, &old.key) ||
        !CryptCreateHash(old.provider, CALG_MD5, 0, 0, &old.hash) ||
        !CryptSetHashParam(old.hash, HP_HASHVAL, sum->bytes, 0))
        return PH_FIT_UNKNOWN;
    return CryptVerifySignatureW(old.hash, turned, (DWORD)signature.size, old.key, NULL, 0)
               ? PH_FIT_YES
               : PH_FIT_NO;
}

/* SEQUENCE { r INTEGER, s INTEGER } -> r | s, each as long as a coordinate. */
static bool flatten(struct ph_slice signature, size_t bytes, uint8_t flat[2 * CURVE_BYTES_MOST])
{
    struct ph_der pair, number;

    memset(flat, 0, 2 * bytes);
    if (!ph_der_take(&signature, PH_DER_SEQUENCE, &pair))
        return false;
    for (size_t i = 0; i < 2; i++) {
        if (!ph_der_take(&pair.content, PH_DER_INTEGER, &number))
            return false;
        struct ph_slice value = positive(number.content);
        if (value.size > bytes)
            return false;
        memcpy(flat + (i + 1) * bytes - value.size, value.data, value.size);
    }
    return true;
}

static enum ph_fit curve_fits(const struct key *parsed, const struct ph_digest_sum *sum,
                              struct ph_slice signature)
{
    uint8_t flat[2 * CURVE_BYTES_MOST];
    size_t bytes = 0;
    BCRYPT_KEY_HANDLE key = curve_key(parsed, &bytes);

    if (!key)
        return PH_FIT_UNKNOWN;
    enum ph_fit fit = PH_FIT_NO;
    if (flatten(signature, bytes, flat))
        fit = fit_of(BCryptVerifySignature(key, NULL, (PUCHAR)(uintptr_t)sum->bytes,
                                           (ULONG)sum->size, flat, (ULONG)(2 * bytes), 0));
    (void)BCryptDestroyKey(key);
    return fit;
}

struct ph_error *ph_trust_fits(const struct ph_trust_store *store,
                               const struct ph_x509 *certificate, struct ph_slice algorithm,
                               const struct ph_digest_sum *sum, struct ph_slice signature,
                               enum ph_fit *fit)
{
    struct key key;

    (void)store;
    *fit = PH_FIT_UNKNOWN;
    if (certificate->whole.size > CERTIFICATE_MOST || !key_parse(certificate->key, &key))
        return NULL;
    bool pss = ph_slice_same(algorithm, PH_OID_RSA_PSS);
    if (sum->kind == PH_DIGEST_MD5 && ph_slice_same(key.algorithm, PH_OID_RSA) && !pss)
        *fit = md5_fits(certificate->key, sum, signature);
    else if (ph_slice_same(key.algorithm, PH_OID_RSA) ||
             ph_slice_same(key.algorithm, PH_OID_RSA_PSS))
        *fit = rsa_fits(key.bits, pss, sum, signature);
    else if (ph_slice_same(key.algorithm, PH_OID_EC_KEY))
        *fit = curve_fits(&key, sum, signature);
    return NULL;
}

struct ph_error *ph_trust_chain(const struct ph_trust_store *store, const struct ph_x509 *leaf,
                                const struct ph_bag *bag, int64_t at_s, struct ph_chain *chain)
{
    return ph_chain_walk(store, leaf, bag, at_s, chain);
}
