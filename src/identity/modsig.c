#include "identity/modsig.h"

#include <string.h>

#include "base/mem.h"
#include "identity/pkcs7.h"
#include "identity/signer.h"
#include "identity/trust_store.h"

enum { TRAILER = 12, ID_PKCS7 = 2, MARK_REACH = 1 << 20 };

static const char MAGIC[] = "~Module signature appended~\n";

enum ph_modsig_state ph_modsig_split(struct ph_slice file, struct ph_slice *signed_part,
                                     struct ph_slice *message)
{
    size_t magic = sizeof(MAGIC) - 1;

    *signed_part = file;
    *message = (struct ph_slice){"", 0};
    if (file.size < magic || memcmp(file.data + file.size - magic, MAGIC, magic) != 0)
        return PH_MODSIG_NONE;
    size_t left = file.size - magic;
    if (left < TRAILER)
        return PH_MODSIG_CUT;
    const uint8_t *trailer = (const uint8_t *)file.data + left - TRAILER;
    uint64_t size = ph_be32(trailer + 8);
    left -= TRAILER;
    if (trailer[2] != ID_PKCS7)
        return PH_MODSIG_OLD;
    if (!size || size > left)
        return PH_MODSIG_CUT;
    *signed_part = (struct ph_slice){file.data, left - (size_t)size};
    *message = (struct ph_slice){file.data + left - size, (size_t)size};
    return PH_MODSIG_FOUND;
}

bool ph_modsig_mark(struct ph_slice file, size_t *end)
{
    size_t size = sizeof(MAGIC) - 1;

    for (size_t at = file.size, left = MARK_REACH; at >= size && left; at--, left--)
        if (!memcmp(file.data + at - size, MAGIC, size)) {
            *end = at;
            return true;
        }
    return false;
}

void ph_modsig_fini(struct ph_modsig *signature)
{
    ph_free(signature->signer);
    ph_free(signature->serial);
    ph_free(signature->hash);
    *signature = (struct ph_modsig){0};
}

/* --- checking --- */

/* "1A:2B:...", as modinfo shows keys; the zero that keeps a number positive is left out. */
static struct ph_error *hex_of(struct ph_slice bytes, bool number, char **text)
{
    PH_GUARD(ph_text_fini) struct ph_text hex = {0};

    for (size_t i = number && bytes.size > 1 && !bytes.data[0]; i < bytes.size; i++)
        ph_text_printf(&hex, hex.size ? ":%02X" : "%02X", (unsigned char)bytes.data[i]);
    PH_TRY(ph_text_check(&hex));
    *text = ph_memdup(hex.data ? hex.data : "", hex.size);
    return *text ? NULL : ph_error_nomem();
}

/* "sha256"; the object identifier where it is none of ours. */
static struct ph_error *hash_name(struct ph_slice oid, char **text)
{
    PH_GUARD(ph_text_fini) struct ph_text name = {0};
    enum ph_digest_kind kind;

    if (ph_digest_of_oid(oid, &kind))
        for (const char *at = ph_digest_name(kind); *at; at++)
            ph_text_putc(&name, (char)(*at >= 'A' && *at <= 'Z' ? *at | 0x20 : *at));
    else
        ph_der_oid_text(oid, &name);
    PH_TRY(ph_text_check(&name));
    *text = ph_memdup(name.data ? name.data : "", name.size);
    return *text ? NULL : ph_error_nomem();
}

static struct ph_error *describe(const struct ph_signer *signer, struct ph_modsig *result)
{
    if (signer->issuer.size)
        PH_TRY(ph_x509_name(signer->issuer, &result->signer));
    if (signer->serial.size)
        PH_TRY(hex_of(signer->serial, true, &result->serial));
    else if (signer->key_id.size)
        PH_TRY(hex_of(signer->key_id, false, &result->serial));
    return signer->digest.size ? hash_name(signer->digest, &result->hash) : NULL;
}

/* The certificate among those at hand that the signer names. */
static struct ph_error *check(const struct ph_pkcs7 *pkcs7, struct ph_slice signed_part,
                              const struct ph_trust_store *store, struct ph_modsig *result)
{
    PH_GUARD(ph_bag_fini) struct ph_bag bag = {0};
    struct ph_digest_sum sum;
    enum ph_digest_kind kind;
    enum ph_intact intact;

    for (size_t i = 0; i < store->count; i++)
        PH_TRY(ph_bag_add(&bag, store->roots[i].x509.whole));
    const struct ph_x509 *certificate = ph_signer_certificate(&pkcs7->signer, &bag);
    result->other_key = !certificate;
    if (!certificate || !ph_digest_of_oid(pkcs7->signer.digest, &kind))
        return NULL;
    PH_TRY(ph_sum_if_allowed(kind, &signed_part, 1, &sum));
    PH_TRY(ph_signer_intact(store, &pkcs7->signer, certificate, &sum, (struct ph_slice){"", 0},
                            &intact));
    result->checked = intact != PH_INTACT_UNKNOWN;
    result->intact = intact == PH_INTACT_YES;
    return NULL;
}

struct ph_error *ph_modsig_check(struct ph_slice signed_part, struct ph_slice message,
                                 struct ph_slice certificate, struct ph_modsig *result)
{
    PH_GUARD(ph_modsig_fini) struct ph_modsig fresh = {0};
    PH_GUARD(ph_trust_store_freep) struct ph_trust_store *store = NULL;
    struct ph_pkcs7 pkcs7;
    struct ph_error *error = ph_pkcs7_parse(message, &pkcs7);

    if (error && error->code == PH_ERR_NOMEM)
        return error;
    if (error) {
        ph_error_free(error);
        return ph_errorf(PH_ERR_FORMAT, "module signature: not a PKCS #7 message");
    }
    if (pkcs7.signer_count != 1)
        return ph_errorf(PH_ERR_FORMAT, "module signature: not of exactly one signer");
    PH_TRY(describe(&pkcs7.signer, &fresh));
    if (certificate.size) {
        PH_TRY(ph_trust_store_new(&store));
        error = ph_trust_store_add(store, "the certificate", certificate);
        if (error && error->code == PH_ERR_NOMEM)
            return error;
        ph_error_free(error); /* none that can be used: not checked */
        if (store->count)
            PH_TRY(check(&pkcs7, signed_part, store, &fresh));
    }
    *result = fresh;
    fresh = (struct ph_modsig){0};
    return NULL;
}
