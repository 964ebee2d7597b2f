/* Signatures and chains with OpenSSL's libcrypto. The only file here that includes its headers. */
#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/mem.h"
#include "base/parallel.h"
#include "base/table.h"
#include "identity/oids.h"
#include "identity/trust_store.h"

enum {
    CANDIDATES_MOST = 24, /* certificates that are tried for one chain */
    DEPTH_MOST = PH_CHAIN_MOST - 2,
    CACHE_MOST = 4096,
    KEY_BITS_MOST = 8192,
    CERTIFICATE_MOST = 64 << 10, /* bytes */
};

/* --- the store --- */

/* Decoding a certificate takes OpenSSL as long as a signature, and the same few issuers stand in
 * nearly every file: what was decoded is kept, up to a number. */
struct ph_trust_cache {
    struct ph_mutex *mutex; /* guards the rest */
    struct ph_table table;  /* SHA-256 of a certificate -> index */
    X509 *items[CACHE_MOST];
    size_t count;
};

struct ph_error *ph_trust_store_new(struct ph_trust_store **store)
{
    PH_GUARD(ph_trust_store_freep) struct ph_trust_store *fresh = ph_zalloc(1, sizeof(*fresh));

    if (!fresh)
        return ph_error_nomem();
    fresh->cache = ph_zalloc(1, sizeof(*fresh->cache));
    if (!fresh->cache)
        return ph_error_nomem();
    PH_TRY(ph_mutex_new(&fresh->cache->mutex));
    *store = ph_steal(fresh);
    return NULL;
}

static bool is_certificate(const char *name)
{
    return !strcmp(name, PEM_STRING_X509) || !strcmp(name, PEM_STRING_X509_OLD) ||
           !strcmp(name, PEM_STRING_X509_TRUSTED);
}

static struct ph_error *add_pem(struct ph_trust_store *store, struct ph_slice bytes, size_t *found)
{
    struct ph_error *error = NULL;
    BIO *source = BIO_new_mem_buf(bytes.data, (int)bytes.size);

    if (!source)
        return ph_error_nomem();
    while (!error) {
        char *name = NULL, *header = NULL;
        unsigned char *data = NULL;
        long size = 0;
        bool taken = false;
        if (PEM_read_bio(source, &name, &header, &data, &size) != 1)
            break;
        if (is_certificate(name))
            error = ph_trust_store_add_der(store, (struct ph_slice){(char *)data, (size_t)size},
                                           &taken);
        *found += taken;
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(data);
    }
    BIO_free(source);
    ERR_clear_error();
    return error;
}

struct ph_error *ph_trust_store_add(struct ph_trust_store *store, const char *name,
                                    struct ph_slice bytes)
{
    struct ph_error *error;
    size_t found = 0;
    bool taken = false;

    if (bytes.size > INT_MAX)
        return ph_errorf(PH_ERR_FORMAT, "%s: too large for certificates", name);
    error = ph_trust_store_add_der(store, bytes, &taken);
    if (!error && !taken)
        error = add_pem(store, bytes, &found);
    if (error)
        return ph_error_wrap(error, "%s", name);
    if (!taken && !found)
        return ph_errorf(PH_ERR_FORMAT, "%s: no certificate in it (neither DER nor PEM)", name);
    return NULL;
}

static void cache_free(struct ph_trust_cache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < cache->count; i++)
        X509_free(cache->items[i]);
    ph_table_fini(&cache->table);
    ph_mutex_free(cache->mutex);
    ph_free(cache);
}

void ph_trust_store_free(struct ph_trust_store *store)
{
    if (!store)
        return;
    ph_trust_store_clear(store);
    cache_free(store->cache);
    ph_free(store);
}

/* --- one signature --- */

/* A certificate with a reference for the caller; NULL = OpenSSL does not take it, or it or its key
 * is of a size that nobody uses, but that takes long to check. */
static X509 *decode_new(const struct ph_x509 *x509)
{
    const unsigned char *at = (const unsigned char *)x509->whole.data;
    X509 *decoded =
        x509->whole.size > CERTIFICATE_MOST ? NULL : d2i_X509(NULL, &at, (long)x509->whole.size);
    const EVP_PKEY *key = decoded ? X509_get0_pubkey(decoded) : NULL;

    if (key && EVP_PKEY_get_bits(key) > KEY_BITS_MOST) {
        X509_free(decoded);
        return NULL;
    }
    if (decoded)
        (void)X509_check_purpose(decoded, -1, 0); /* decodes the extensions before it is shared */
    return decoded;
}

/* Keeps a certificate for the next file; where there is no room it is not kept. */
static struct ph_error *keep(struct ph_trust_cache *cache, struct ph_slice key, X509 *decoded)
{
    if (cache->count >= CACHE_MOST)
        return NULL;
    PH_TRY(ph_table_put(&cache->table, key, (uint32_t)cache->count));
    if (X509_up_ref(decoded) != 1)
        return ph_error_nomem();
    cache->items[cache->count++] = decoded;
    return NULL;
}

static struct ph_error *decode(const struct ph_trust_store *store, const struct ph_x509 *x509,
                               X509 **decoded)
{
    struct ph_trust_cache *cache = store->cache;
    struct ph_digest_sum sum;
    struct ph_error *error = NULL;
    uint32_t index;

    *decoded = NULL;
    PH_TRY(ph_sum_if_allowed(PH_DIGEST_SHA256, &x509->whole, 1, &sum));
    ph_mutex_lock(cache->mutex);
    if (ph_table_find(&cache->table, ph_sum_slice(&sum), &index) &&
        X509_up_ref(cache->items[index]) == 1)
        *decoded = cache->items[index];
    ph_mutex_unlock(cache->mutex);
    if (*decoded)
        return NULL;
    *decoded = decode_new(x509);
    if (!*decoded)
        return NULL;
    ph_mutex_lock(cache->mutex);
    if (!ph_table_find(&cache->table, ph_sum_slice(&sum), &index))
        error = keep(cache, ph_sum_slice(&sum), *decoded);
    ph_mutex_unlock(cache->mutex);
    if (error) {
        X509_free(*decoded);
        *decoded = NULL;
    }
    return error;
}

static bool prepare(EVP_PKEY_CTX *context, struct ph_slice algorithm, enum ph_digest_kind kind)
{
    const EVP_MD *digest = EVP_get_digestbyname(ph_digest_name(kind));
    bool pss = ph_slice_same(algorithm, PH_OID_RSA_PSS);

    if (!context || !digest || EVP_PKEY_verify_init(context) != 1)
        return false;
    if (pss && (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) != 1 ||
                EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_AUTO) != 1))
        return false;
    return EVP_PKEY_CTX_set_signature_md(context, digest) == 1;
}

struct ph_error *ph_trust_fits(const struct ph_trust_store *store,
                               const struct ph_x509 *certificate, struct ph_slice algorithm,
                               const struct ph_digest_sum *sum, struct ph_slice signature,
                               enum ph_fit *fit)
{
    X509 *decoded;

    PH_TRY(decode(store, certificate, &decoded));
    EVP_PKEY *key = decoded ? X509_get0_pubkey(decoded) : NULL;
    EVP_PKEY_CTX *context = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;

    *fit = PH_FIT_UNKNOWN;
    if (prepare(context, algorithm, sum->kind))
        *fit = EVP_PKEY_verify(context, (const unsigned char *)signature.data, signature.size,
                               sum->bytes, sum->size) == 1
                   ? PH_FIT_YES
                   : PH_FIT_NO;
    EVP_PKEY_CTX_free(context);
    X509_free(decoded);
    ERR_clear_error();
    return NULL;
}

/* --- chains --- */

/* The certificates whose names lead from the leaf upwards. */
struct candidates {
    struct {
        const struct ph_x509 *x509;
        X509 *decoded;
        bool root; /* from the store */
    } items[CANDIDATES_MOST];
    size_t count;
};

static bool is_candidate(const struct candidates *list, const struct ph_x509 *x509, bool root)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].root == root && ph_slice_same(list->items[i].x509->whole, x509->whole))
            return true;
    return false;
}

/* A certificate that OpenSSL does not take is left out. */
static struct ph_error *add_candidate(struct candidates *list, const struct ph_trust_store *store,
                                      const struct ph_x509 *x509, bool root)
{
    X509 *decoded;

    if (list->count >= CANDIDATES_MOST || is_candidate(list, x509, root))
        return NULL;
    PH_TRY(decode(store, x509, &decoded));
    if (!decoded)
        return NULL;
    list->items[list->count].x509 = x509;
    list->items[list->count].decoded = decoded;
    list->items[list->count].root = root;
    list->count++;
    return NULL;
}

/* The candidates grow while this walks over them. */
static struct ph_error *find_candidates(const struct ph_trust_store *store,
                                        const struct ph_bag *bag, struct candidates *list)
{
    for (size_t at = 0; at < list->count; at++) {
        struct ph_slice issuer = list->items[at].x509->issuer;
        for (size_t i = 0; i < store->count; i++)
            if (ph_slice_same(store->roots[i].x509.subject, issuer))
                PH_TRY(add_candidate(list, store, &store->roots[i].x509, true));
        for (size_t i = 0; i < bag->count; i++)
            if (ph_slice_same(bag->items[i].subject, issuer))
                PH_TRY(add_candidate(list, store, &bag->items[i], false));
    }
    return NULL;
}

static void candidates_fini(struct candidates *list)
{
    for (size_t i = 0; i < list->count; i++)
        X509_free(list->items[i].decoded);
}

static void note(struct ph_chain *chain, enum ph_chain_fault fault, int depth, int error)
{
    if (chain->fault >= fault)
        return;
    chain->fault = fault;
    chain->fault_at = depth > 0 ? (size_t)depth : 0;
    chain->fault_why = X509_verify_cert_error_string(error);
}

/* Collects what is wrong and goes on, so that the rest of the chain is still checked. */
static int collect_faults(int fine, X509_STORE_CTX *context)
{
    struct ph_chain *chain = X509_STORE_CTX_get_app_data(context);
    int error = X509_STORE_CTX_get_error(context);
    int depth = X509_STORE_CTX_get_error_depth(context);

    if (fine)
        return 1;
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        break; /* judged by the caller */
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
        chain->anchored = false;
        break;
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
        note(chain, PH_CHAIN_BROKEN, depth, error);
        break;
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_INVALID_NON_CA:
    case X509_V_ERR_INVALID_PURPOSE:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
        note(chain, PH_CHAIN_WRONG_USE, depth, error);
        break;
    default:
        note(chain, PH_CHAIN_UNCHECKED, depth, error);
        break;
    }
    return 1;
}

/* Takes over what OpenSSL built. */
static void take_chain(X509_STORE_CTX *context, const struct candidates *list,
                       struct ph_chain *chain)
{
    STACK_OF(X509) *built = X509_STORE_CTX_get0_chain(context);
    int count = built ? sk_X509_num(built) : 0;

    for (int i = 1; i < count && chain->count < PH_CHAIN_MOST; i++)
        for (size_t k = 0; k < list->count; k++)
            if (list->items[k].decoded == sk_X509_value(built, i)) {
                chain->items[chain->count++] = list->items[k].x509;
                break;
            }
}

/* False when memory is short. */
static bool verify(const struct candidates *list, int64_t at_s, struct ph_chain *chain)
{
    STACK_OF(X509) *roots = sk_X509_new_null(), *others = sk_X509_new_null();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    bool ready = roots && others && context;

    for (size_t i = 1; ready && i < list->count; i++)
        ready = sk_X509_push(list->items[i].root ? roots : others, list->items[i].decoded) > 0;
    ready = ready && X509_STORE_CTX_init(context, NULL, list->items[0].decoded, others) == 1;
    if (ready) {
        X509_VERIFY_PARAM *how = X509_STORE_CTX_get0_param(context);
        X509_VERIFY_PARAM_set_time(how, (time_t)at_s);
        X509_VERIFY_PARAM_set_depth(how, DEPTH_MOST);
        X509_STORE_CTX_set0_trusted_stack(context, roots);
        X509_STORE_CTX_set_verify_cb(context, collect_faults);
        ready = X509_STORE_CTX_set_app_data(context, chain) == 1;
    }
    chain->anchored = true;
    if (ready && X509_verify_cert(context) != 1) {
        chain->anchored = false;
        note(chain, PH_CHAIN_UNCHECKED, 0, X509_STORE_CTX_get_error(context));
    }
    if (ready)
        take_chain(context, list, chain);
    X509_STORE_CTX_free(context);
    sk_X509_free(roots);
    sk_X509_free(others);
    return ready;
}

struct ph_error *ph_trust_chain(const struct ph_trust_store *store, const struct ph_x509 *leaf,
                                const struct ph_bag *bag, int64_t at_s, struct ph_chain *chain)
{
    PH_GUARD(candidates_fini) struct candidates list = {.count = 0};
    struct ph_chain found = {.items = {leaf}, .count = 1};
    bool ready = true;

    PH_TRY(add_candidate(&list, store, leaf, false));
    if (list.count) {
        PH_TRY(find_candidates(store, bag, &list));
        ready = verify(&list, at_s, &found);
    } else {
        found.fault = PH_CHAIN_UNCHECKED;
        found.fault_why = "it cannot be decoded";
    }
    ERR_clear_error();
    if (!ready)
        return ph_error_nomem();
    *chain = found;
    return NULL;
}
