/* Certificates, RFC 5280 section 4.1:
 *
 *     Certificate ::= SEQUENCE { tbs SEQUENCE, algorithm SEQUENCE { OID, parameters }, BIT STRING }
 *     tbs: [0] version, serial INTEGER, algorithm, issuer Name, validity { Time, Time },
 *          subject Name, key SEQUENCE, [1], [2] unique identifiers, [3] extensions
 *     Name ::= SEQUENCE OF SET OF SEQUENCE { OID, string }
 */
#include "identity/certificate.h"

#include <string.h>

#include "base/mem.h"
#include "identity/oids.h"

/* --- algorithms --- */

static const struct {
    struct ph_slice oid;
    const char *name; /* as Windows shows it; NULL for plain digests */
    int digest;       /* enum ph_digest_kind; -1 = none of ours */
} ALGORITHMS[] = {
    {{PH_OID_RSADSI "\x01\x01\x02", 9}, "md2RSA", -1},
    {{PH_OID_RSADSI "\x01\x01\x04", 9}, "md5RSA", PH_DIGEST_MD5},
    {{PH_OID_RSADSI "\x01\x01\x05", 9}, "sha1RSA", PH_DIGEST_SHA1},
    {{PH_OID_RSADSI "\x01\x01\x0a", 9}, "RSASSA-PSS", -1},
    {{PH_OID_RSADSI "\x01\x01\x0b", 9}, "sha256RSA", PH_DIGEST_SHA256},
    {{PH_OID_RSADSI "\x01\x01\x0c", 9}, "sha384RSA", PH_DIGEST_SHA384},
    {{PH_OID_RSADSI "\x01\x01\x0d", 9}, "sha512RSA", PH_DIGEST_SHA512},
    {{"\x2b\x0e\x03\x02\x1d", 5}, "sha1RSA", PH_DIGEST_SHA1},
    {{"\x2a\x86\x48\xce\x38\x04\x03", 7}, "sha1DSA", PH_DIGEST_SHA1},
    {{"\x2a\x86\x48\xce\x3d\x04\x01", 7}, "sha1ECDSA", PH_DIGEST_SHA1},
    {{"\x2a\x86\x48\xce\x3d\x04\x03\x02", 8}, "sha256ECDSA", PH_DIGEST_SHA256},
    {{"\x2a\x86\x48\xce\x3d\x04\x03\x03", 8}, "sha384ECDSA", PH_DIGEST_SHA384},
    {{"\x2a\x86\x48\xce\x3d\x04\x03\x04", 8}, "sha512ECDSA", PH_DIGEST_SHA512},
    {{PH_OID_RSADSI "\x02\x05", 8}, NULL, PH_DIGEST_MD5},
    {{"\x2b\x0e\x03\x02\x1a", 5}, NULL, PH_DIGEST_SHA1},
    {{"\x60\x86\x48\x01\x65\x03\x04\x02\x01", 9}, NULL, PH_DIGEST_SHA256},
    {{"\x60\x86\x48\x01\x65\x03\x04\x02\x02", 9}, NULL, PH_DIGEST_SHA384},
    {{"\x60\x86\x48\x01\x65\x03\x04\x02\x03", 9}, NULL, PH_DIGEST_SHA512},
};

bool ph_digest_of_oid(struct ph_slice oid, enum ph_digest_kind *kind)
{
    for (size_t i = 0; i < sizeof(ALGORITHMS) / sizeof(ALGORITHMS[0]); i++)
        if (ph_slice_same(oid, ALGORITHMS[i].oid) && ALGORITHMS[i].digest >= 0) {
            *kind = (enum ph_digest_kind)ALGORITHMS[i].digest;
            return true;
        }
    return false;
}

struct ph_error *ph_sum_if_allowed(enum ph_digest_kind kind, const struct ph_slice *pieces,
                                   size_t count, struct ph_digest_sum *sum)
{
    struct ph_error *error = ph_digest(kind, pieces, count, sum);

    if (!error || error->code != PH_ERR_ACCESS)
        return error;
    ph_error_free(error);
    *sum = (struct ph_digest_sum){.kind = kind};
    return NULL;
}

struct ph_slice ph_sum_slice(const struct ph_digest_sum *sum)
{
    return (struct ph_slice){(const char *)sum->bytes, sum->size};
}

static void add_algorithm(struct ph_slice oid, struct ph_text *out)
{
    for (size_t i = 0; i < sizeof(ALGORITHMS) / sizeof(ALGORITHMS[0]); i++)
        if (ALGORITHMS[i].name && ph_slice_same(oid, ALGORITHMS[i].oid)) {
            ph_text_puts(out, ALGORITHMS[i].name);
            return;
        }
    ph_der_oid_text(oid, out);
}

/* --- usages --- */

static const struct {
    struct ph_slice oid;
    const char *name;
} USAGES[] = {
    {{"\x55\x1d\x25\x00", 4}, "Any"},
    {{"\x2b\x06\x01\x05\x05\x07\x03\x01", 8}, "Server Auth"},
    {{"\x2b\x06\x01\x05\x05\x07\x03\x02", 8}, "Client Auth"},
    {{"\x2b\x06\x01\x05\x05\x07\x03\x03", 8}, "Code Signing"},
    {{"\x2b\x06\x01\x05\x05\x07\x03\x04", 8}, "Email Protection"},
    {{"\x2b\x06\x01\x05\x05\x07\x03\x08", 8}, "Timestamp Signing"},
    {{"\x2b\x06\x01\x05\x05\x07\x03\x09", 8}, "OCSP Signing"},
    {{PH_OID_MICROSOFT "\x02\x01\x15", 10}, "Individual Code Signing"},
    {{PH_OID_MICROSOFT "\x02\x01\x16", 10}, "Commercial Code Signing"},
    {{PH_OID_MICROSOFT "\x0a\x03\x01", 10}, "Trust List Signing"},
    {{PH_OID_MICROSOFT "\x0a\x03\x05", 10}, "WHQL Driver"},
    {{PH_OID_MICROSOFT "\x0a\x03\x05\x01", 11}, "Attested Driver"},
    {{PH_OID_MICROSOFT "\x0a\x03\x06", 10}, "Windows System Component"},
    {{PH_OID_MICROSOFT "\x0a\x03\x07", 10}, "OEM Windows System Component"},
    {{PH_OID_MICROSOFT "\x0a\x03\x08", 10}, "Embedded Windows System Component"},
    {{PH_OID_MICROSOFT "\x0a\x03\x0d", 10}, "Lifetime Signing"},
    {{PH_OID_MICROSOFT "\x0a\x03\x27", 10}, "Extended Verification Driver"},
    {{PH_OID_MICROSOFT "\x3d\x01\x01", 10}, "Kernel Mode Code Signing"},
    {{PH_OID_MICROSOFT "\x3d\x04\x01", 10}, "Early Launch Antimalware Driver"},
};

static void add_usage(struct ph_slice oid, struct ph_text *out)
{
    for (size_t i = 0; i < sizeof(USAGES) / sizeof(USAGES[0]); i++)
        if (ph_slice_same(oid, USAGES[i].oid)) {
            ph_text_puts(out, USAGES[i].name);
            return;
        }
    ph_der_oid_text(oid, out);
}

bool ph_x509_may(const struct ph_x509 *x509, struct ph_slice oid, bool unlimited)
{
    struct ph_slice rest = x509->usages;
    struct ph_der usage;

    if (!x509->limited)
        return unlimited;
    while (ph_der_take(&rest, PH_DER_OID, &usage))
        if (ph_slice_same(usage.content, oid) ||
            (unlimited && ph_slice_same(usage.content, PH_OID_ANY_USAGE)))
            return true;
    return false;
}

/* --- parsing --- */

static void read_extension(struct ph_slice extension, struct ph_x509 *x509)
{
    struct ph_der oid, octets, value;

    if (!ph_der_take(&extension, PH_DER_OID, &oid))
        return;
    ph_der_skip(&extension, PH_DER_BOOLEAN); /* critical */
    if (!ph_der_take(&extension, PH_DER_OCTETS, &octets))
        return;
    if (ph_slice_same(oid.content, PH_OID_EXTENDED_USAGE)) {
        x509->limited = true;
        if (ph_der_take(&octets.content, PH_DER_SEQUENCE, &value))
            x509->usages = value.content;
    } else if (ph_slice_same(oid.content, PH_OID_KEY_ID) &&
               ph_der_take(&octets.content, PH_DER_OCTETS, &value)) {
        x509->key_id = value.content;
    }
}

static bool read_validity(struct ph_slice validity, struct ph_x509 *x509)
{
    struct ph_der from, to;

    return ph_der_next(&validity, &from) && ph_der_next(&validity, &to) &&
           ph_der_time(&from, &x509->from_s) && ph_der_time(&to, &x509->to_s);
}

static bool read_tbs(struct ph_slice tbs, struct ph_x509 *x509)
{
    struct ph_der serial, issuer, validity, subject, key, extensions, extension, ignored;

    ph_der_skip(&tbs, PH_DER_CONTEXT_OUTER);
    if (!ph_der_take(&tbs, PH_DER_INTEGER, &serial) ||
        !ph_der_take(&tbs, PH_DER_SEQUENCE, &ignored) ||
        !ph_der_take(&tbs, PH_DER_SEQUENCE, &issuer) ||
        !ph_der_take(&tbs, PH_DER_SEQUENCE, &validity) || !read_validity(validity.content, x509) ||
        !ph_der_take(&tbs, PH_DER_SEQUENCE, &subject) || !ph_der_take(&tbs, PH_DER_SEQUENCE, &key))
        return false;
    x509->serial = serial.content;
    x509->issuer = issuer.whole;
    x509->subject = subject.whole;
    x509->key = key.whole;
    ph_der_skip(&tbs, PH_DER_CONTEXT + 1);
    ph_der_skip(&tbs, PH_DER_CONTEXT + 2);
    if (!ph_der_take(&tbs, PH_DER_CONTEXT_OUTER + 3, &ignored) ||
        !ph_der_take(&ignored.content, PH_DER_SEQUENCE, &extensions))
        return true; /* version 1 */
    while (ph_der_take(&extensions.content, PH_DER_SEQUENCE, &extension))
        read_extension(extension.content, x509);
    return true;
}

bool ph_x509_parse(struct ph_slice bytes, struct ph_x509 *x509)
{
    struct ph_x509 fresh = {0};
    struct ph_der outer, tbs, algorithm, oid, signature;

    if (!ph_der_take(&bytes, PH_DER_SEQUENCE, &outer))
        return false;
    fresh.whole = outer.whole;
    if (!ph_der_take(&outer.content, PH_DER_SEQUENCE, &tbs) || !read_tbs(tbs.content, &fresh) ||
        !ph_der_take(&outer.content, PH_DER_SEQUENCE, &algorithm) ||
        !ph_der_take(&algorithm.content, PH_DER_OID, &oid) ||
        !ph_der_take(&outer.content, PH_DER_BITS, &signature))
        return false;
    fresh.algorithm = oid.content;
    fresh.algorithm_parameters = algorithm.content;
    *x509 = fresh;
    return true;
}

bool ph_x509_self_issued(const struct ph_x509 *x509)
{
    return ph_slice_same(x509->issuer, x509->subject);
}

/* --- display --- */

/* The string of the last attribute of this kind: names go from the country down. False = none. */
static bool name_part(struct ph_slice name, struct ph_slice wanted, struct ph_der *string)
{
    struct ph_der sequence, set, attribute, oid, value;
    bool found = false;

    if (!ph_der_take(&name, PH_DER_SEQUENCE, &sequence))
        return false;
    while (ph_der_take(&sequence.content, PH_DER_SET, &set))
        while (ph_der_take(&set.content, PH_DER_SEQUENCE, &attribute))
            if (ph_der_take(&attribute.content, PH_DER_OID, &oid) &&
                ph_slice_same(oid.content, wanted) && ph_der_next(&attribute.content, &value)) {
                *string = value;
                found = true;
            }
    return found;
}

struct ph_error *ph_x509_name(struct ph_slice name, char **text)
{
    const struct ph_slice KINDS[] = {PH_OID_COMMON_NAME, PH_OID_UNIT, PH_OID_ORGANISATION};
    struct ph_der string;

    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
        if (name_part(name, KINDS[i], &string) && string.content.size)
            return ph_der_string(string.tag, string.content, text);
    *text = ph_strdup("(no name)");
    return *text ? NULL : ph_error_nomem();
}

static void add_hex(struct ph_slice bytes, struct ph_text *out)
{
    const size_t most = 64;

    for (size_t i = 0; i < bytes.size && i < most; i++)
        ph_text_printf(out, "%02x", (uint8_t)bytes.data[i]);
}

static struct ph_error *take_text(struct ph_text *text, char **string)
{
    PH_TRY(ph_text_check(text));
    *string = ph_steal(text->data);
    *text = (struct ph_text){0};
    return NULL;
}

static struct ph_error *describe_usages(const struct ph_x509 *x509, struct ph_text *out)
{
    struct ph_slice rest = x509->usages;
    struct ph_der usage;
    size_t count = 0;
    const size_t most = 32;

    while (ph_der_take(&rest, PH_DER_OID, &usage) && count++ < most) {
        ph_text_puts(out, out->size ? ", " : "");
        add_usage(usage.content, out);
    }
    if (!out->size)
        ph_text_puts(out, "none");
    return ph_text_check(out);
}

static struct ph_error *describe(const struct ph_x509 *x509, struct ph_text *text,
                                 struct ph_certificate *found)
{
    struct ph_digest_sum sum;
    struct ph_der organisation;
    struct ph_slice serial = x509->serial;

    PH_TRY(ph_x509_name(x509->subject, &found->subject));
    PH_TRY(ph_x509_name(x509->issuer, &found->issuer));
    if (name_part(x509->subject, PH_OID_ORGANISATION, &organisation))
        PH_TRY(ph_der_string(organisation.tag, organisation.content, &found->organisation));
    if (serial.size > 1 && !serial.data[0]) /* only the sign */
        serial = (struct ph_slice){serial.data + 1, serial.size - 1};
    add_hex(serial, text);
    PH_TRY(take_text(text, &found->serial));
    PH_TRY(ph_sum_if_allowed(PH_DIGEST_SHA1, &x509->whole, 1, &sum));
    add_hex(ph_sum_slice(&sum), text);
    PH_TRY(take_text(text, &found->thumbprint));
    add_algorithm(x509->algorithm, text);
    PH_TRY(take_text(text, &found->algorithm));
    if (x509->limited) {
        PH_TRY(describe_usages(x509, text));
        PH_TRY(take_text(text, &found->usages));
    }
    found->valid_from_s = x509->from_s;
    found->valid_to_s = x509->to_s;
    return NULL;
}

struct ph_error *ph_x509_describe(const struct ph_x509 *x509, struct ph_certificate *certificate)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    PH_GUARD(ph_certificate_list_fini) struct ph_certificate_list list = {0};

    PH_TRY(ph_grow(&list.items, &list.capacity, 1, sizeof(*list.items)));
    list.items[0] = (struct ph_certificate){0};
    list.count = 1;
    PH_TRY(describe(x509, &text, &list.items[0]));
    *certificate = list.items[0];
    list.count = 0;
    return NULL;
}

/* --- bags --- */

struct ph_error *ph_bag_add(struct ph_bag *bag, struct ph_slice certificates)
{
    struct ph_x509 x509;
    struct ph_der element;

    while (bag->count < PH_BAG_MOST && ph_der_next(&certificates, &element)) {
        if (!ph_x509_parse(element.whole, &x509))
            continue;
        PH_TRY(ph_grow(&bag->items, &bag->capacity, bag->count + 1, sizeof(*bag->items)));
        bag->items[bag->count++] = x509;
    }
    return NULL;
}

void ph_bag_fini(struct ph_bag *bag)
{
    ph_free(bag->items);
    *bag = (struct ph_bag){0};
}

/* --- certificates known by name --- */

/* Microsoft's roots, and what they issued for the hardware program; the cross-certificates for
 * kernel drivers, which Microsoft published until 2021, and their root. A name alone can be made up
 * by anybody; a thumbprint cannot. */
static const struct {
    const char *thumbprint;
    enum ph_known_certificate kind;
} KNOWN[] = {
    /* Microsoft Root Certificate Authority 2010, 2011, 2001; Microsoft Root Authority 1997 */
    {"3b1efd3a66ea28b16697394703a72ca340a05bd5", PH_KNOWN_MICROSOFT},
    {"8f43288ad272f3103b6fb1428485ea3014c0bcfe", PH_KNOWN_MICROSOFT},
    {"cdd4eeae6000ac7f40c3802c171e30148030c072", PH_KNOWN_MICROSOFT},
    {"a43489159a520f0d93d032ccaf37e7fe20a8b419", PH_KNOWN_MICROSOFT},
    /* Microsoft Windows Third Party Component CA 2012, 2014 */
    {"77a10ebf07542725218cd83a01b521c57bc67f73", PH_KNOWN_MICROSOFT},
    {"1906dcf62629b563252c826fdd874efceb6856c6", PH_KNOWN_MICROSOFT},
    /* Microsoft Code Verification Root, and for: GlobalSign Root CA, DigiCert High Assurance EV,
     * VeriSign Class 3 G5, AddTrust External CA */
    {"8fbe4d070ef8ab1bccaf2a9d5ccae7282a2c66b3", PH_KNOWN_CROSS},
    {"cc1deebf6d55c2c9061ba16f10a0bfa6979a4a32", PH_KNOWN_CROSS},
    {"2f2513af3992db0a3f79709ff8143b3f7bd2d143", PH_KNOWN_CROSS},
    {"57534ccc33914c41f70e2cbb2103a1db18817d8b", PH_KNOWN_CROSS},
    {"a75ac657aa7a4cdfe5f9de393e69efcab659d250", PH_KNOWN_CROSS},
};

static uint8_t hex_byte(const char *text)
{
    static const char DIGITS[] = "0123456789abcdef";
    const char *high = strchr(DIGITS, text[0]), *low = strchr(DIGITS, text[1]);

    return high && low ? (uint8_t)((high - DIGITS) << 4 | (low - DIGITS)) : 0;
}

enum ph_known_certificate ph_x509_known(const struct ph_digest_sum *sha1)
{
    for (size_t i = 0; i < sizeof(KNOWN) / sizeof(KNOWN[0]); i++) {
        size_t at = 0;
        while (at < sha1->size && sha1->bytes[at] == hex_byte(KNOWN[i].thumbprint + at * 2))
            at++;
        if (at == 20 && sha1->size == 20)
            return KNOWN[i].kind;
    }
    return PH_KNOWN_NONE;
}
