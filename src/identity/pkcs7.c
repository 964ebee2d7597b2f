/* PKCS #7 and CMS signed data:
 *
 *     ContentInfo ::= SEQUENCE { OID signedData, [0] { SignedData } }
 *     SignedData  ::= SEQUENCE { version, SET OF digest algorithms, content, [0] certificates,
 *                                [1] revocation lists, SET OF SignerInfo }
 *     content     ::= SEQUENCE { OID, [0] { anything } }
 *     SignerInfo  ::= SEQUENCE { version, SEQUENCE { issuer, serial } or [0] key identifier,
 *                                digest algorithm, [0] signed attributes, signature algorithm,
 *                                OCTET STRING signature, [1] other attributes }
 *     attribute   ::= SEQUENCE { OID, SET OF values }
 */
#include "identity/pkcs7.h"

#include "identity/oids.h"

/* SEQUENCE { OID, parameters }: the OID. */
static bool take_algorithm(struct ph_slice *rest, struct ph_slice *oid)
{
    struct ph_der algorithm, name;

    if (!ph_der_take(rest, PH_DER_SEQUENCE, &algorithm) ||
        !ph_der_take(&algorithm.content, PH_DER_OID, &name))
        return false;
    *oid = name.content;
    return true;
}

static bool take_signer_name(struct ph_slice *rest, struct ph_signer *signer)
{
    struct ph_der outer, issuer, serial;

    if (ph_der_take(rest, PH_DER_CONTEXT, &outer)) {
        signer->key_id = outer.content;
        return true;
    }
    if (!ph_der_take(rest, PH_DER_SEQUENCE, &outer) ||
        !ph_der_take(&outer.content, PH_DER_SEQUENCE, &issuer) ||
        !ph_der_take(&outer.content, PH_DER_INTEGER, &serial))
        return false;
    signer->issuer = issuer.whole;
    signer->serial = serial.content;
    return true;
}

bool ph_signer_parse(struct ph_slice info, struct ph_signer *signer)
{
    struct ph_signer fresh = {0};
    struct ph_der outer, element;

    if (!ph_der_take(&info, PH_DER_SEQUENCE, &outer))
        return false;
    struct ph_slice rest = outer.content;
    if (!ph_der_take(&rest, PH_DER_INTEGER, &element) || !take_signer_name(&rest, &fresh) ||
        !take_algorithm(&rest, &fresh.digest))
        return false;
    if (ph_der_take(&rest, PH_DER_CONTEXT_OUTER, &element))
        fresh.attributes = element.whole;
    if (!take_algorithm(&rest, &fresh.algorithm) || !ph_der_take(&rest, PH_DER_OCTETS, &element))
        return false;
    fresh.signature = element.content;
    if (ph_der_take(&rest, PH_DER_CONTEXT_OUTER + 1, &element))
        fresh.extras = element.content;
    *signer = fresh;
    return true;
}

struct parse {
    const char *start;
    struct ph_slice rest;
};

static struct ph_error *missing(const struct parse *parse, const char *what)
{
    return ph_errorf(PH_ERR_FORMAT, "the signature holds no %s where one belongs: byte %zu of it",
                     what, (size_t)(parse->rest.data - parse->start));
}

static struct ph_error *parse_signed_data(struct parse *parse, struct ph_pkcs7 *pkcs7)
{
    struct ph_slice *rest = &parse->rest;
    struct ph_der element, oid, info;

    if (!ph_der_take(rest, PH_DER_INTEGER, &element))
        return missing(parse, "version");
    if (!ph_der_take(rest, PH_DER_SET, &element))
        return missing(parse, "set of digest algorithms");
    if (!ph_der_take(rest, PH_DER_SEQUENCE, &element) ||
        !ph_der_take(&element.content, PH_DER_OID, &oid))
        return missing(parse, "content");
    pkcs7->type = oid.content;
    if (ph_der_take(&element.content, PH_DER_CONTEXT_OUTER, &info) &&
        !ph_der_next(&info.content, &pkcs7->content))
        return missing(parse, "content");
    if (ph_der_take(rest, PH_DER_CONTEXT_OUTER, &element))
        pkcs7->certificates = element.content;
    ph_der_skip(rest, PH_DER_CONTEXT_OUTER + 1);
    if (!ph_der_take(rest, PH_DER_SET, &element))
        return missing(parse, "set of signers");
    if (!element.content.size)
        return ph_errorf(PH_ERR_FORMAT, "the signature has no signer");
    while (ph_der_next(&element.content, &info)) {
        if (!pkcs7->signer_count && !ph_signer_parse(info.whole, &pkcs7->signer))
            return missing(parse, "well-formed signer information");
        pkcs7->signer_count++;
    }
    return NULL;
}

struct ph_error *ph_pkcs7_parse(struct ph_slice bytes, struct ph_pkcs7 *pkcs7)
{
    struct parse parse = {.start = bytes.data, .rest = bytes};
    struct ph_pkcs7 fresh = {0};
    struct ph_der outer, oid, inner, data;

    if (!ph_der_take(&parse.rest, PH_DER_SEQUENCE, &outer))
        return missing(&parse, "whole ASN.1 SEQUENCE");
    fresh.size = outer.whole.size;
    parse.rest = outer.content;
    if (!ph_der_take(&parse.rest, PH_DER_OID, &oid) ||
        !ph_slice_same(oid.content, PH_OID_SIGNED_DATA))
        return missing(&parse, "PKCS #7 signed data");
    if (!ph_der_take(&parse.rest, PH_DER_CONTEXT_OUTER, &inner) ||
        !ph_der_take(&inner.content, PH_DER_SEQUENCE, &data))
        return missing(&parse, "PKCS #7 signed data");
    parse.rest = data.content;
    PH_TRY(parse_signed_data(&parse, &fresh));
    *pkcs7 = fresh;
    return NULL;
}

bool ph_attribute(struct ph_slice attributes, struct ph_slice oid, struct ph_slice *values)
{
    struct ph_der attribute, name, set;

    while (ph_der_take(&attributes, PH_DER_SEQUENCE, &attribute))
        if (ph_der_take(&attribute.content, PH_DER_OID, &name) &&
            ph_slice_same(name.content, oid) && ph_der_take(&attribute.content, PH_DER_SET, &set)) {
            *values = set.content;
            return true;
        }
    return false;
}

bool ph_signed_attribute(const struct ph_signer *signer, struct ph_slice oid,
                         struct ph_slice *values)
{
    struct ph_slice whole = signer->attributes;
    struct ph_der attributes;

    return ph_der_next(&whole, &attributes) && ph_attribute(attributes.content, oid, values);
}

const struct ph_x509 *ph_signer_certificate(const struct ph_signer *signer,
                                            const struct ph_bag *bag)
{
    for (size_t i = 0; i < bag->count; i++) {
        const struct ph_x509 *x509 = &bag->items[i];
        if (signer->key_id.size ? ph_slice_same(x509->key_id, signer->key_id)
                                : ph_slice_same(x509->serial, signer->serial) &&
                                      ph_slice_same(x509->issuer, signer->issuer))
            return x509;
    }
    return NULL;
}
