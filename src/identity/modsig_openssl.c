/* The check itself is OpenSSL's; a system without it leaves this file out. */
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "identity/modsig.h"

/* The certificates of a file, PEM or DER; an empty stack when there are none. */
static STACK_OF(X509) * certificates_of(struct ph_slice bytes)
{
    STACK_OF(X509) *stack = sk_X509_new_null();
    const unsigned char *at = (const unsigned char *)bytes.data;
    X509 *one;

    if (!stack || bytes.size > INT32_MAX)
        return stack;
    one = bytes.size ? d2i_X509(NULL, &at, (long)bytes.size) : NULL;
    if (one) {
        if (!sk_X509_push(stack, one))
            X509_free(one);
        return stack;
    }
    BIO *text = BIO_new_mem_buf(bytes.data, (int)bytes.size);
    while (text && (one = PEM_read_bio_X509(text, NULL, NULL, NULL)))
        if (!sk_X509_push(stack, one))
            X509_free(one);
    BIO_free(text);
    ERR_clear_error();
    return stack;
}

static struct ph_error *name_of(const X509_NAME *name, char **text)
{
    int at = X509_NAME_get_index_by_NID((X509_NAME *)name, NID_commonName, -1);
    unsigned char *utf8 = NULL;

    if (at < 0)
        at = X509_NAME_get_index_by_NID((X509_NAME *)name, NID_organizationName, -1);
    if (at < 0)
        return NULL;
    int size = ASN1_STRING_to_UTF8(
        &utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry((X509_NAME *)name, at)));
    if (size < 0)
        return NULL;
    *text = ph_memdup(utf8, (size_t)size);
    OPENSSL_free(utf8);
    return *text ? NULL : ph_error_nomem();
}

/* "1a:2b:...", as modinfo shows keys. */
static struct ph_error *hex_of(const unsigned char *bytes, size_t size, char **text)
{
    PH_GUARD(ph_text_fini) struct ph_text hex = {0};

    for (size_t i = 0; i < size; i++)
        ph_text_printf(&hex, i ? ":%02X" : "%02X", bytes[i]);
    PH_TRY(ph_text_check(&hex));
    *text = ph_memdup(hex.data ? hex.data : "", hex.size);
    return *text ? NULL : ph_error_nomem();
}

static struct ph_error *describe(CMS_SignerInfo *signer, struct ph_modsig *result)
{
    ASN1_OCTET_STRING *key = NULL;
    X509_NAME *issuer = NULL;
    ASN1_INTEGER *serial = NULL;
    X509_ALGOR *digest = NULL;
    const ASN1_OBJECT *algorithm = NULL;

    if (CMS_SignerInfo_get0_signer_id(signer, &key, &issuer, &serial) != 1)
        return NULL;
    if (issuer)
        PH_TRY(name_of(issuer, &result->signer));
    if (serial)
        PH_TRY(hex_of(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial),
                      &result->serial));
    else if (key)
        PH_TRY(
            hex_of(ASN1_STRING_get0_data(key), (size_t)ASN1_STRING_length(key), &result->serial));
    CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest, NULL);
    if (digest)
        X509_ALGOR_get0(&algorithm, NULL, NULL, digest);
    int nid = algorithm ? OBJ_obj2nid(algorithm) : NID_undef;
    if (nid == NID_undef)
        return NULL;
    result->hash = ph_strdup(OBJ_nid2ln(nid));
    return result->hash ? NULL : ph_error_nomem();
}

static struct ph_error *check(CMS_ContentInfo *message, struct ph_slice signed_part,
                              struct ph_slice certificate, struct ph_modsig *result)
{
    STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(message);

    if (!signers || sk_CMS_SignerInfo_num(signers) != 1)
        return ph_errorf(PH_ERR_FORMAT, "module signature: not of exactly one signer");
    CMS_SignerInfo *signer = sk_CMS_SignerInfo_value(signers, 0);
    PH_TRY(describe(signer, result));
    STACK_OF(X509) *stack = certificates_of(certificate);
    BIO *content = signed_part.size <= INT32_MAX
                       ? BIO_new_mem_buf(signed_part.data, (int)signed_part.size)
                       : NULL;
    if (stack && content && sk_X509_num(stack)) {
        bool ours = false;
        for (int i = 0; i < sk_X509_num(stack); i++)
            ours = ours || !CMS_SignerInfo_cert_cmp(signer, sk_X509_value(stack, i));
        result->other_key = !ours;
        result->checked = ours;
        result->intact = ours && CMS_verify(message, stack, NULL, content, NULL,
                                            CMS_BINARY | CMS_DETACHED | CMS_NOINTERN |
                                                CMS_NO_SIGNER_CERT_VERIFY) == 1;
        ERR_clear_error();
    }
    BIO_free(content);
    sk_X509_pop_free(stack, X509_free);
    return NULL;
}

struct ph_error *ph_modsig_check(struct ph_slice signed_part, struct ph_slice message,
                                 struct ph_slice certificate, struct ph_modsig *result)
{
    PH_GUARD(ph_modsig_fini) struct ph_modsig fresh = {0};
    const unsigned char *at = (const unsigned char *)message.data;
    CMS_ContentInfo *parsed = d2i_CMS_ContentInfo(NULL, &at, (long)message.size);

    if (!parsed) {
        ERR_clear_error();
        return ph_errorf(PH_ERR_FORMAT, "module signature: not a PKCS #7 message");
    }
    struct ph_error *error = check(parsed, signed_part, certificate, &fresh);
    CMS_ContentInfo_free(parsed);
    ERR_clear_error();
    PH_TRY(error);
    *result = fresh;
    fresh = (struct ph_modsig){0};
    return NULL;
}
