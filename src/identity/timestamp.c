/* Time stamps of signatures, both among the attributes that the signer did not sign:
 *
 * RFC 3161 (Microsoft's attribute): a whole PKCS #7 structure, whose content is
 *     TSTInfo ::= SEQUENCE { version, policy OID, imprint { algorithm, OCTET STRING hash },
 *                            serial INTEGER, GeneralizedTime, ... }
 *   the imprint being the hash of the signature that is stamped.
 * Countersignature (PKCS #9): a SignerInfo whose content is the signature that is stamped; the time
 *   is a signed attribute; its certificates stand among those of the outer structure.
 */
#include "identity/timestamp.h"

#include "base/mem.h"
#include "base/os.h"
#include "identity/chain.h"
#include "identity/oids.h"
#include "identity/signer.h"

enum { STAMPS_MOST = 4 };

void ph_stamp_fini(struct ph_stamp *stamp)
{
    ph_free(stamp->sentence);
    ph_bag_fini(&stamp->bag);
    *stamp = (struct ph_stamp){0};
}

static struct ph_error *PH_PRINTF(2, 3) say(struct ph_stamp *stamp, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    ph_free(stamp->sentence);
    stamp->sentence = ph_vformat(format, args);
    va_end(args);
    return stamp->sentence ? NULL : ph_error_nomem();
}

/* The stamp fits what it stamps, and tells `time_s`: is its chain good? */
static struct ph_error *judge_chain(const struct ph_x509 *leaf, const struct ph_bag *bag,
                                    int64_t time_s, const struct ph_trust_store *store,
                                    struct ph_stamp *stamp)
{
    ph_autofree char *end = NULL;
    size_t invalid;

    PH_TRY(ph_chain_build(store, leaf, bag, time_s, &stamp->chain));
    PH_TRY(ph_chain_end(&stamp->chain, &end));
    if (stamp->chain.fault != PH_CHAIN_SOUND)
        return say(stamp, "the time stamp is not counted: its chain is faulty (%s)",
                   stamp->chain.fault_why);
    if (!ph_x509_may(leaf, PH_OID_TIME_STAMPING, stamp->kind == PH_STAMP_LEGACY))
        return say(stamp, "the time stamp is not counted: its certificate is not for time stamps");
    if (ph_chain_invalid_at(&stamp->chain, time_s, &invalid))
        return say(stamp, "the time stamp is not counted: a certificate of its chain was not valid "
                          "at that time");
    if (time_s > ph_trust_store_now(store) + PH_DAY / PH_SECOND)
        return say(stamp, "the time stamp is not counted: its time is to come");
    stamp->intact = true;
    stamp->anchored = stamp->chain.anchored;
    stamp->time_s = time_s;
    if (stamp->anchored)
        return NULL;
    return say(stamp, "the time stamp is intact, but not anchored: its chain ends at %s, %s", end,
               ph_chain_end_is_here(&stamp->chain) ? "which is not among the roots"
                                                   : "which is not at hand");
}

static struct ph_error *check_intact(const struct ph_trust_store *store,
                                     const struct ph_signer *signer, const struct ph_x509 *leaf,
                                     struct ph_slice content, struct ph_slice type,
                                     struct ph_stamp *stamp, bool *intact)
{
    struct ph_digest_sum sum = {.size = 0};
    enum ph_digest_kind kind;
    enum ph_intact found;

    *intact = false;
    if (ph_digest_of_oid(signer->digest, &kind))
        PH_TRY(ph_sum_if_allowed(kind, &content, 1, &sum));
    PH_TRY(ph_signer_intact(store, signer, leaf, &sum, type, &found));
    *intact = found == PH_INTACT_YES;
    if (found == PH_INTACT_OTHER_CONTENT)
        return say(stamp, "the time stamp is not counted: it is of another signature");
    if (found == PH_INTACT_NO)
        return say(stamp, "the time stamp is not counted: it does not fit its certificate");
    if (found == PH_INTACT_UNKNOWN)
        return say(stamp, "the time stamp is not counted: it uses an algorithm that is not known "
                          "here");
    return NULL;
}

/* --- the older kind --- */

static struct ph_error *read_legacy(struct ph_slice value, const struct ph_signer *signer,
                                    const struct ph_bag *outer, const struct ph_trust_store *store,
                                    struct ph_stamp *stamp)
{
    struct ph_signer counter;
    struct ph_slice values;
    struct ph_der time;
    int64_t time_s;
    bool intact;

    stamp->kind = PH_STAMP_LEGACY;
    if (!ph_signer_parse(value, &counter))
        return say(stamp, "the time stamp is not counted: it does not follow its format");
    const struct ph_x509 *leaf = ph_signer_certificate(&counter, outer);
    if (!leaf)
        return say(stamp, "the time stamp is not counted: its certificate is not there");
    PH_TRY(check_intact(store, &counter, leaf, signer->signature, (struct ph_slice){"", 0}, stamp,
                        &intact));
    if (!intact)
        return NULL;
    if (!ph_signed_attribute(&counter, PH_OID_SIGNING_TIME, &values) ||
        !ph_der_next(&values, &time) || !ph_der_time(&time, &time_s))
        return say(stamp, "the time stamp is not counted: it tells no time");
    return judge_chain(leaf, outer, time_s, store, stamp);
}

/* --- RFC 3161 --- */

struct token {
    struct ph_slice hash; /* of what is stamped */
    enum ph_digest_kind kind;
    bool known; /* the kind of hash */
    int64_t time_s;
};

static bool parse_token(struct ph_slice info, struct token *token)
{
    struct ph_der outer, element, imprint, algorithm, oid, hash, time;

    if (!ph_der_take(&info, PH_DER_SEQUENCE, &outer) ||
        !ph_der_take(&outer.content, PH_DER_INTEGER, &element) ||
        !ph_der_take(&outer.content, PH_DER_OID, &element) ||
        !ph_der_take(&outer.content, PH_DER_SEQUENCE, &imprint) ||
        !ph_der_take(&imprint.content, PH_DER_SEQUENCE, &algorithm) ||
        !ph_der_take(&algorithm.content, PH_DER_OID, &oid) ||
        !ph_der_take(&imprint.content, PH_DER_OCTETS, &hash) ||
        !ph_der_take(&outer.content, PH_DER_INTEGER, &element) ||
        !ph_der_take(&outer.content, PH_DER_TIME, &time) || !ph_der_time(&time, &token->time_s))
        return false;
    token->hash = hash.content;
    token->known = ph_digest_of_oid(oid.content, &token->kind);
    return true;
}

/* RFC 2634 and 5035: the stamp names the certificate it was made with, by hash. Without the name
 * (which RFC 3161 asks for) there is nothing to compare. */
static struct ph_error *names_certificate(const struct ph_signer *signer,
                                          const struct ph_x509 *leaf, bool *right)
{
    enum ph_digest_kind kind = PH_DIGEST_SHA1;
    struct ph_digest_sum sum;
    struct ph_slice values;
    struct ph_der outer, list, id, algorithm, oid, hash;

    *right = true;
    if (ph_signed_attribute(signer, PH_OID_SIGNING_CERTIFICATE_2, &values))
        kind = PH_DIGEST_SHA256;
    else if (!ph_signed_attribute(signer, PH_OID_SIGNING_CERTIFICATE, &values))
        return NULL;
    *right = false;
    if (!ph_der_take(&values, PH_DER_SEQUENCE, &outer) ||
        !ph_der_take(&outer.content, PH_DER_SEQUENCE, &list) ||
        !ph_der_take(&list.content, PH_DER_SEQUENCE, &id))
        return NULL;
    if (ph_der_take(&id.content, PH_DER_SEQUENCE, &algorithm) &&
        (!ph_der_take(&algorithm.content, PH_DER_OID, &oid) ||
         !ph_digest_of_oid(oid.content, &kind)))
        return NULL;
    if (!ph_der_take(&id.content, PH_DER_OCTETS, &hash))
        return NULL;
    PH_TRY(ph_sum_if_allowed(kind, &leaf->whole, 1, &sum));
    *right = ph_slice_same(hash.content, ph_sum_slice(&sum));
    return NULL;
}

static struct ph_error *read_token(const struct ph_pkcs7 *pkcs7, const struct ph_signer *signer,
                                   const struct ph_trust_store *store, struct ph_stamp *stamp)
{
    struct ph_digest_sum sum;
    struct token token;
    bool intact, right;

    if (!ph_slice_same(pkcs7->type, PH_OID_TST_INFO) || pkcs7->content.tag != PH_DER_OCTETS ||
        !parse_token(pkcs7->content.content, &token))
        return say(stamp, "the time stamp is not counted: it does not follow its format");
    const struct ph_x509 *leaf = ph_signer_certificate(&pkcs7->signer, &stamp->bag);
    if (!leaf)
        return say(stamp, "the time stamp is not counted: its certificate is not there");
    PH_TRY(check_intact(store, &pkcs7->signer, leaf, pkcs7->content.content, pkcs7->type, stamp,
                        &intact));
    if (!intact)
        return NULL;
    PH_TRY(names_certificate(&pkcs7->signer, leaf, &right));
    if (!right)
        return say(stamp, "the time stamp is not counted: it was made with another certificate");
    if (!token.known)
        return say(stamp, "the time stamp is not counted: it uses an algorithm that is not known "
                          "here");
    PH_TRY(ph_sum_if_allowed(token.kind, &signer->signature, 1, &sum));
    if (!ph_slice_same(token.hash, ph_sum_slice(&sum)))
        return say(stamp, "the time stamp is not counted: it is of another signature");
    return judge_chain(leaf, &stamp->bag, token.time_s, store, stamp);
}

static struct ph_error *read_rfc3161(struct ph_slice value, const struct ph_signer *signer,
                                     const struct ph_bag *outer, const struct ph_trust_store *store,
                                     struct ph_stamp *stamp)
{
    struct ph_pkcs7 pkcs7;
    struct ph_error *error = ph_pkcs7_parse(value, &pkcs7);

    stamp->kind = PH_STAMP_RFC3161;
    if (error && error->code == PH_ERR_FORMAT) {
        ph_error_free(error);
        return say(stamp, "the time stamp is not counted: it does not follow its format");
    }
    PH_TRY(error);
    PH_TRY(ph_bag_add(&stamp->bag, pkcs7.certificates));
    for (size_t i = 0; i < outer->count && stamp->bag.count < PH_BAG_MOST; i++) {
        PH_TRY(ph_grow(&stamp->bag.items, &stamp->bag.capacity, stamp->bag.count + 1,
                       sizeof(*stamp->bag.items)));
        stamp->bag.items[stamp->bag.count++] = outer->items[i];
    }
    return read_token(&pkcs7, signer, store, stamp);
}

/* --- both --- */

static const struct {
    const char *oid;
    size_t size;
    struct ph_error *(*read)(struct ph_slice value, const struct ph_signer *signer,
                             const struct ph_bag *outer, const struct ph_trust_store *store,
                             struct ph_stamp *stamp);
} KINDS[] = {
    {PH_OID_MICROSOFT "\x03\x03\x01", 10, read_rfc3161},
    {PH_OID_RSADSI "\x01\x09\x10\x02\x0e", 11, read_rfc3161},
    {PH_OID_RSADSI "\x01\x09\x06", 9, read_legacy},
};

struct ph_error *ph_stamp_read(const struct ph_signer *signer, const struct ph_bag *outer,
                               const struct ph_trust_store *store, struct ph_stamp *stamp)
{
    PH_GUARD(ph_stamp_fini) struct ph_stamp best = {.kind = PH_STAMP_NONE};
    size_t looked_at = 0;

    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]) && !best.intact; i++) {
        struct ph_slice values;
        struct ph_der value;
        if (!ph_attribute(signer->extras, (struct ph_slice){KINDS[i].oid, KINDS[i].size}, &values))
            continue;
        while (!best.intact && looked_at++ < STAMPS_MOST && ph_der_next(&values, &value)) {
            ph_stamp_fini(&best);
            PH_TRY(KINDS[i].read(value.whole, signer, outer, store, &best));
        }
    }
    *stamp = best;
    best = (struct ph_stamp){.kind = PH_STAMP_NONE};
    return NULL;
}
