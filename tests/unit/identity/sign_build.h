/* sign_build.h - certificates and signatures made in memory, for tests: keys by OpenSSL, structures
 * written here byte by byte, so that each part can be made wrong. */
#ifndef SIGN_BUILD_H
#define SIGN_BUILD_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "identity/oids.h"
#include "identity/trust.h"

/* Times: seconds since 1970. */
enum {
    IN_2010 = 1262304000,
    IN_2015 = 1420070400,
    IN_2018 = 1514764800,
    IN_2020 = 1577836800,
    IN_2022 = 1640995200,
    IN_2030 = 1893456000
};

/* --- DER --- */

static inline void der_put(struct ph_text *out, uint8_t tag, const void *bytes, size_t size)
{
    ph_text_putc(out, (char)tag);
    if (size < 0x80) {
        ph_text_putc(out, (char)size);
    } else if (size < 0x100) {
        ph_text_add(out, "\x81", 1);
        ph_text_putc(out, (char)size);
    } else if (size < 0x10000) {
        ph_text_add(out, "\x82", 1);
        ph_text_putc(out, (char)(size >> 8));
        ph_text_putc(out, (char)size);
    } else {
        ph_text_add(out, "\x83", 1); /* up to 16 MB */
        for (int shift = 16; shift >= 0; shift -= 8)
            ph_text_putc(out, (char)(size >> shift));
    }
    ph_text_add(out, bytes, size);
}

static inline void der_slice(struct ph_text *out, uint8_t tag, struct ph_slice content)
{
    der_put(out, tag, content.data, content.size);
}

/* Puts what `text` holds into an element of this tag. */
static inline void der_wrap(struct ph_text *text, uint8_t tag)
{
    struct ph_text outer = {0};

    der_put(&outer, tag, text->data ? text->data : "", text->size);
    ph_text_fini(text);
    *text = outer;
}

/* Appends `part` within an element of this tag, and frees it. */
static inline void der_move(struct ph_text *out, uint8_t tag, struct ph_text *part)
{
    der_put(out, tag, part->data ? part->data : "", part->size);
    ph_text_fini(part);
}

#define SHA256_OID ((struct ph_slice){"\x60\x86\x48\x01\x65\x03\x04\x02\x01", 9})
#define SHA1_OID ((struct ph_slice){"\x2b\x0e\x03\x02\x1a", 5})
#define ECDSA_OID ((struct ph_slice){"\x2a\x86\x48\xce\x3d\x04\x03\x02", 8})

static inline void der_algorithm(struct ph_text *out, struct ph_slice oid)
{
    struct ph_text inner = {0};

    der_slice(&inner, PH_DER_OID, oid);
    der_move(out, PH_DER_SEQUENCE, &inner);
}

static inline void der_attribute(struct ph_text *out, struct ph_slice oid, uint8_t tag,
                                 struct ph_slice value)
{
    struct ph_text inner = {0}, set = {0};

    der_slice(&inner, PH_DER_OID, oid);
    if (tag)
        der_slice(&set, tag, value);
    else
        ph_text_add(&set, value.data, value.size); /* is whole already */
    der_move(&inner, PH_DER_SET, &set);
    der_move(out, PH_DER_SEQUENCE, &inner);
}

/* --- keys and certificates --- */

struct authority {
    EVP_PKEY *key;
    X509 *x509;
    unsigned char *der;
    size_t size;
};

struct recipe {
    const char *name, *usages; /* usages as OpenSSL's configuration names them; NULL = all */
    bool issues, wide_name;    /* may issue others; the name is a BMPString */
    int64_t from_s, to_s;
    long serial;
};

static inline void add_extension(X509 *x509, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
}

static inline struct authority authority_new(const struct recipe *recipe,
                                             const struct authority *issuer)
{
    struct authority made = {.key = EVP_EC_gen("P-256"), .x509 = X509_new()};
    X509_NAME *name = X509_get_subject_name(made.x509);

    X509_set_version(made.x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.x509), recipe->serial ? recipe->serial : 7);
    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)"Test", -1, -1, 0);
    if (recipe->wide_name) {
        unsigned char wide[128];
        size_t size = strlen(recipe->name);
        for (size_t i = 0; i < size; i++) {
            wide[2 * i] = 0;
            wide[2 * i + 1] = (unsigned char)recipe->name[i];
        }
        X509_NAME_add_entry_by_txt(name, "CN", V_ASN1_BMPSTRING, wide, (int)size * 2, -1, 0);
    } else {
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)recipe->name,
                                   -1, -1, 0);
    }
    X509_set_issuer_name(made.x509, issuer ? X509_get_subject_name(issuer->x509) : name);
    ASN1_TIME_set(X509_getm_notBefore(made.x509), (time_t)recipe->from_s);
    ASN1_TIME_set(X509_getm_notAfter(made.x509), (time_t)recipe->to_s);
    X509_set_pubkey(made.x509, made.key);
    X509 *parent = issuer ? issuer->x509 : made.x509;
    add_extension(made.x509, parent, NID_basic_constraints,
                  recipe->issues ? "critical,CA:TRUE" : "CA:FALSE");
    if (recipe->usages)
        add_extension(made.x509, parent, NID_ext_key_usage, recipe->usages);
    X509_sign(made.x509, issuer ? issuer->key : made.key, EVP_sha256());
    made.size = (size_t)i2d_X509(made.x509, &made.der);
    return made;
}

static inline void authority_free(struct authority *authority)
{
    EVP_PKEY_free(authority->key);
    X509_free(authority->x509);
    OPENSSL_free(authority->der);
    *authority = (struct authority){0};
}

static inline void trust(struct ph_trust_store *store, const struct authority *authority)
{
    struct ph_error *error = ph_trust_store_add(
        store, "root", (struct ph_slice){(char *)authority->der, authority->size});

    if (error)
        abort();
}

/* --- signatures --- */

static inline void add_signature(const struct authority *who, struct ph_slice bytes,
                                 struct ph_text *out)
{
    unsigned char signature[256];
    size_t size = sizeof(signature);
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, who->key) != 1 ||
        EVP_DigestSign(context, signature, &size, (const unsigned char *)bytes.data, bytes.size) !=
            1)
        abort();
    EVP_MD_CTX_free(context);
    ph_text_add(out, signature, size);
}

static inline struct ph_digest_sum sum_of(enum ph_digest_kind kind, struct ph_slice bytes)
{
    struct ph_digest_sum sum;

    if (ph_digest(kind, &bytes, 1, &sum))
        abort();
    return sum;
}

/* What a signer signs and how; empty parts are left out. */
struct signing {
    const struct authority *who;
    struct ph_slice type;    /* OID of the content */
    struct ph_slice content; /* the octets that are hashed */
    struct ph_slice more;    /* whole signed attributes beside the two that must be */
    struct ph_slice extras;  /* whole attributes that are not signed */
};

/* A SignerInfo; `value` (NULL allowed) gets the signature's own octets. */
static inline void make_signer(const struct signing *signing, struct ph_text *out,
                               struct ph_text *value)
{
    struct ph_text info = {0}, name = {0}, attributes = {0}, set = {0}, signature = {0};
    struct ph_digest_sum sum = sum_of(PH_DIGEST_SHA256, signing->content);
    struct ph_x509 x509;

    if (!ph_x509_parse((struct ph_slice){(char *)signing->who->der, signing->who->size}, &x509))
        abort();
    der_put(&info, PH_DER_INTEGER, "\1", 1);
    ph_text_add(&name, x509.issuer.data, x509.issuer.size);
    der_slice(&name, PH_DER_INTEGER, x509.serial);
    der_move(&info, PH_DER_SEQUENCE, &name);
    der_algorithm(&info, SHA256_OID);
    der_attribute(&attributes, PH_OID_CONTENT_TYPE, PH_DER_OID, signing->type);
    der_attribute(&attributes, PH_OID_MESSAGE_DIGEST, PH_DER_OCTETS,
                  (struct ph_slice){(char *)sum.bytes, sum.size});
    ph_text_add(&attributes, signing->more.data, signing->more.size);
    der_put(&set, PH_DER_SET, attributes.data, attributes.size);
    der_move(&info, PH_DER_CONTEXT_OUTER, &attributes);
    der_algorithm(&info, ECDSA_OID);
    add_signature(signing->who, (struct ph_slice){set.data, set.size}, &signature);
    if (value)
        ph_text_add(value, signature.data, signature.size);
    der_move(&info, PH_DER_OCTETS, &signature);
    if (signing->extras.size)
        der_slice(&info, PH_DER_CONTEXT_OUTER + 1, signing->extras);
    der_move(out, PH_DER_SEQUENCE, &info);
    ph_text_fini(&set);
}

/* `content` is a whole element, `signers` whole SignerInfos; certificates up to NULL. */
static inline void make_pkcs7(struct ph_slice type, struct ph_slice content,
                              struct ph_slice signers, const struct authority *const *bag,
                              struct ph_text *out)
{
    struct ph_text data = {0}, algorithms = {0}, inner = {0}, certificates = {0}, info = {0};

    der_put(&data, PH_DER_INTEGER, "\1", 1);
    der_algorithm(&algorithms, SHA256_OID);
    der_move(&data, PH_DER_SET, &algorithms);
    der_slice(&inner, PH_DER_OID, type);
    der_slice(&inner, PH_DER_CONTEXT_OUTER, content);
    der_move(&data, PH_DER_SEQUENCE, &inner);
    for (; *bag; bag++)
        ph_text_add(&certificates, (*bag)->der, (*bag)->size);
    der_move(&data, PH_DER_CONTEXT_OUTER, &certificates);
    der_slice(&data, PH_DER_SET, signers);
    der_slice(&info, PH_DER_OID, PH_OID_SIGNED_DATA);
    der_wrap(&data, PH_DER_SEQUENCE);
    der_move(&info, PH_DER_CONTEXT_OUTER, &data);
    der_move(out, PH_DER_SEQUENCE, &info);
}

/* "YYYYMMDDhhmmssZ" */
static inline struct ph_text time_text(int64_t seconds)
{
    struct ph_text text = {0}, plain = {0};

    ph_text_time(&text, seconds * 1000000000);
    for (size_t i = 0; i < text.size; i++)
        if ((text.data[i] >= '0' && text.data[i] <= '9') || text.data[i] == 'Z')
            ph_text_putc(&plain, text.data[i]);
    ph_text_fini(&text);
    return plain;
}

/* The attribute with a countersignature over `value`; `who` must be in the outer bag. */
static inline void make_legacy_stamp(const struct authority *who, struct ph_slice value,
                                     int64_t time_s, struct ph_text *out)
{
    struct ph_text time = time_text(time_s), more = {0}, info = {0};

    der_attribute(&more, PH_OID_SIGNING_TIME, PH_DER_TIME, (struct ph_slice){time.data, time.size});
    struct signing signing = {
        .who = who, .type = PH_OID_DATA, .content = value, .more = {more.data, more.size}};
    make_signer(&signing, &info, NULL);
    der_attribute(out, PH_OID_COUNTERSIGNATURE, 0, (struct ph_slice){info.data, info.size});
    ph_text_fini(&time);
    ph_text_fini(&more);
    ph_text_fini(&info);
}

/* The attribute with an RFC 3161 token over `value`. */
static inline void make_token(const struct authority *who, const struct authority *const *bag,
                              struct ph_slice value, int64_t time_s, struct ph_text *out)
{
    struct ph_text info = {0}, imprint = {0}, time = time_text(time_s), octets = {0}, signer = {0};
    struct ph_text token = {0};
    struct ph_digest_sum sum = sum_of(PH_DIGEST_SHA256, value);

    der_put(&info, PH_DER_INTEGER, "\1", 1);
    der_put(&info, PH_DER_OID, "\x2a\x03\x04", 3);
    der_algorithm(&imprint, SHA256_OID);
    der_put(&imprint, PH_DER_OCTETS, sum.bytes, sum.size);
    der_move(&info, PH_DER_SEQUENCE, &imprint);
    der_put(&info, PH_DER_INTEGER, "\5", 1);
    der_move(&info, PH_DER_TIME, &time);
    der_wrap(&info, PH_DER_SEQUENCE);
    struct signing signing = {
        .who = who, .type = PH_OID_TST_INFO, .content = {info.data, info.size}};
    make_signer(&signing, &signer, NULL);
    der_put(&octets, PH_DER_OCTETS, info.data, info.size);
    make_pkcs7(PH_OID_TST_INFO, (struct ph_slice){octets.data, octets.size},
               (struct ph_slice){signer.data, signer.size}, bag, &token);
    der_attribute(out, PH_OID_MS_TIME_STAMP, 0, (struct ph_slice){token.data, token.size});
    ph_text_fini(&info);
    ph_text_fini(&octets);
    ph_text_fini(&signer);
    ph_text_fini(&token);
}

/* The octets of SpcIndirectData for a hash. */
static inline void make_claim(struct ph_slice algorithm, struct ph_slice hash, struct ph_text *out)
{
    struct ph_text data = {0}, image = {0}, info = {0};

    der_slice(&data, PH_DER_OID, PH_OID_PE_IMAGE_DATA);
    der_move(&data, PH_DER_SEQUENCE, &image);
    der_move(out, PH_DER_SEQUENCE, &data);
    der_algorithm(&info, algorithm);
    der_slice(&info, PH_DER_OCTETS, hash);
    der_move(out, PH_DER_SEQUENCE, &info);
}

#endif
