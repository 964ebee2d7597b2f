#include "identity/signature.h"

#include "base/mem.h"
#include "identity/chain.h"
#include "identity/oids.h"
#include "identity/signer.h"
#include "identity/timestamp.h"

struct ph_error *ph_signature_add(struct ph_signature_list *list, struct ph_signature **signature)
{
    PH_TRY(ph_grow(&list->items, &list->capacity, list->count + 1, sizeof(*list->items)));
    list->items[list->count] = (struct ph_signature){.trust = PH_TRUST_UNCHECKED};
    *signature = &list->items[list->count++];
    return NULL;
}

bool ph_signature_is_intact(const struct ph_signature *signature)
{
    return signature->trust <= PH_TRUST_REVOKED;
}

/* --- what the signer says of his work ---
 *
 *     SpcSpOpusInfo ::= SEQUENCE { [0] { name }, [1] { link } }
 *     name ::= [0] UTF-16 or [1] ASCII; link ::= [0] URL, [1] something else, [2] { name }
 */

static struct ph_error *read_name(struct ph_slice outer, char **text)
{
    struct ph_der name;

    if (!ph_der_next(&outer, &name) || !name.content.size)
        return NULL;
    if (name.tag == PH_DER_CONTEXT)
        return ph_der_string(PH_DER_BMP, name.content, text);
    return name.tag == PH_DER_CONTEXT + 1 ? ph_der_string(PH_DER_IA5, name.content, text) : NULL;
}

static struct ph_error *read_opus(const struct ph_signer *signer, struct ph_signature *signature)
{
    struct ph_slice values;
    struct ph_der info, part, link;

    if (!ph_signed_attribute(signer, PH_OID_OPUS_INFO, &values) ||
        !ph_der_take(&values, PH_DER_SEQUENCE, &info))
        return NULL;
    if (ph_der_take(&info.content, PH_DER_CONTEXT_OUTER, &part))
        PH_TRY(read_name(part.content, &signature->program));
    if (!ph_der_take(&info.content, PH_DER_CONTEXT_OUTER + 1, &part) ||
        !ph_der_next(&part.content, &link) || !link.content.size)
        return NULL;
    if (link.tag == PH_DER_CONTEXT)
        return ph_der_string(PH_DER_IA5, link.content, &signature->url);
    return link.tag == PH_DER_CONTEXT_OUTER + 2 ? read_name(link.content, &signature->url) : NULL;
}

/* --- judging --- */

struct judge {
    struct ph_bag bag; /* owned */
    struct ph_stamp stamp;
    struct ph_chain chain;
    const struct ph_x509 *leaf;
    int64_t now_s, at_s; /* judged at; the verified time of signing where that counts */
    bool lifetime;       /* the certificate must not be used longer, stamped or not */
    char *name;          /* of the signer; owned, like all names */
    char *end;           /* of the chain */
};

static void judge_fini(struct judge *judge)
{
    ph_bag_fini(&judge->bag);
    ph_stamp_fini(&judge->stamp);
    ph_free(judge->name);
    ph_free(judge->end);
}

/* The certificate's time is over (or has not come), at the time that counts. */
static struct ph_error *say_expired(const struct judge *judge, size_t which,
                                    struct ph_signature *signature)
{
    const struct ph_x509 *x509 = judge->chain.items[which];
    PH_GUARD(ph_text_fini) struct ph_text dates = {0};
    ph_autofree char *name = NULL;
    bool early = judge->at_s < x509->from_s;
    const char *why =
        judge->lifetime && judge->stamp.intact ? "its time stamp does not count (lifetime signing)"
        : judge->stamp.kind != PH_STAMP_NONE   ? "its time stamp does not count"
                                               : "no time stamp tells that it was signed before";

    PH_TRY(ph_x509_name(x509->subject, &name));
    ph_date_text(early ? x509->from_s : x509->to_s, &dates);
    if (judge->at_s != judge->now_s) {
        ph_text_puts(&dates, ", and it was signed on ");
        ph_date_text(judge->at_s, &dates);
    }
    PH_TRY(ph_text_check(&dates));
    if (judge->at_s != judge->now_s || early)
        return ph_trust_say(&signature->trust, &signature->sentence, PH_TRUST_EXPIRED,
                            "signature intact, but the certificate of %s %s %s", name,
                            early ? "is not valid before" : "expired on", dates.data);
    return ph_trust_say(&signature->trust, &signature->sentence, PH_TRUST_EXPIRED,
                        "signature intact, but the certificate of %s expired on %s, and %s", name,
                        dates.data, why);
}

/* The first certificate that may not sign code. Roots may everything that they do not forbid. */
static bool wrong_use(const struct ph_chain *chain, size_t *which)
{
    for (size_t i = 0; i < chain->count; i++)
        if (!ph_x509_may(chain->items[i], PH_OID_CODE_SIGNING, true) &&
            (i == 0 || !ph_x509_self_issued(chain->items[i]))) {
            *which = i;
            return true;
        }
    return false;
}

static struct ph_error *say_fault(const struct judge *judge, struct ph_signature *signature)
{
    static const enum ph_trust TRUSTS[] = {
        [PH_CHAIN_WRONG_USE] = PH_TRUST_WRONG_USE,
        [PH_CHAIN_BROKEN] = PH_TRUST_BAD_SIGNATURE,
        [PH_CHAIN_UNCHECKED] = PH_TRUST_UNCHECKED,
    };
    const struct ph_chain *chain = &judge->chain;
    size_t at = chain->fault_at < chain->count ? chain->fault_at : 0;
    ph_autofree char *name = NULL;

    PH_TRY(ph_x509_name(chain->items[at]->subject, &name));
    return ph_trust_say(&signature->trust, &signature->sentence, TRUSTS[chain->fault],
                        chain->fault == PH_CHAIN_BROKEN
                            ? "the certificate of %s was not made by the issuer it names (%s)"
                            : "signature intact, but the certificate of %s is faulty: %s",
                        name, chain->fault_why);
}

/* The chain holds only because of a time stamp that itself is not anchored. Who has the key of an
 * expired certificate can make up such a stamp. */
static bool leans_on_stamp(const struct judge *judge, size_t *which)
{
    return judge->at_s != judge->now_s && !judge->stamp.anchored &&
           ph_chain_invalid_at(&judge->chain, judge->now_s, which);
}

static struct ph_error *say_leaning(const struct judge *judge, size_t which,
                                    struct ph_signature *signature)
{
    PH_GUARD(ph_text_fini) struct ph_text date = {0};
    ph_autofree char *end = NULL, *name = NULL;

    PH_TRY(ph_x509_name(judge->chain.items[which]->subject, &name));
    ph_date_text(judge->chain.items[which]->to_s, &date);
    PH_TRY(ph_text_check(&date));
    PH_TRY(ph_chain_end(&judge->stamp.chain, &end));
    return ph_trust_say(&signature->trust, &signature->sentence, PH_TRUST_UNANCHORED,
                        "signature intact, chain ends at %s, which is trusted, but the "
                        "certificate of %s expired on %s and the root of the time stamp, %s, "
                        "is not at hand (--roots DIR)",
                        judge->end, name, date.data, end);
}

/* True when Microsoft published a cross-certificate for the chain's root (its name and its key),
 * and it is there: Windows' kernel goes that way, also where the root itself is at hand. */
static struct ph_error *has_cross(const struct judge *judge, bool *cross)
{
    const struct ph_x509 *last = judge->chain.items[judge->chain.count - 1];
    struct ph_digest_sum sum;

    *cross = ph_chain_knows(&judge->chain, PH_KNOWN_CROSS);
    for (size_t i = 0; i < judge->bag.count && !*cross; i++) {
        const struct ph_x509 *x509 = &judge->bag.items[i];
        if (!ph_slice_same(x509->subject, last->subject) || !ph_slice_same(x509->key, last->key))
            continue;
        PH_TRY(ph_sum_if_allowed(PH_DIGEST_SHA1, &x509->whole, 1, &sum));
        *cross = ph_x509_known(&sum) == PH_KNOWN_CROSS;
    }
    return NULL;
}

static struct ph_error *say_root(const struct judge *judge, struct ph_signature *signature)
{
    const struct ph_chain *chain = &judge->chain;
    bool cross, leaning;
    size_t which = 0;

    PH_TRY(has_cross(judge, &cross));
    leaning = leans_on_stamp(judge, &which);
    if (chain->anchored && !leaning && !ph_chain_knows(chain, PH_KNOWN_CROSS))
        return ph_trust_say(&signature->trust, &signature->sentence, PH_TRUST_TRUSTED,
                            "signature intact, chain ends at %s, which is trusted", judge->end);
    if (cross)
        return ph_trust_say(&signature->trust, &signature->sentence, PH_TRUST_CROSS_SIGNED,
                            "signature intact, cross-signed for the kernel by Microsoft Code "
                            "Verification Root, as was the rule until 2021%s",
                            leaning ? "; the root of the time stamp is not at hand" : "");
    if (chain->anchored)
        return say_leaning(judge, which, signature);
    return ph_trust_say(&signature->trust, &signature->sentence, PH_TRUST_UNANCHORED,
                        "signature intact, chain ends at %s, not anchored: that root is %s "
                        "(--roots DIR)",
                        judge->end,
                        ph_chain_end_is_here(chain) ? "not among the trusted ones" : "not at hand");
}

static struct ph_error *judge_chain(const struct judge *judge, struct ph_signature *signature)
{
    const struct ph_chain *chain = &judge->chain;
    size_t which;

    if (chain->fault != PH_CHAIN_SOUND)
        return say_fault(judge, signature);
    if (wrong_use(chain, &which)) {
        ph_autofree char *name = NULL;
        PH_TRY(ph_x509_name(chain->items[which]->subject, &name));
        return ph_trust_say(&signature->trust, &signature->sentence, PH_TRUST_WRONG_USE,
                            "signature intact, but the certificate of %s is not for signing "
                            "code (it is for: %s)",
                            name, signature->signers.items[which].usages);
    }
    if (ph_chain_invalid_at(chain, judge->at_s, &which))
        return say_expired(judge, which, signature);
    return say_root(judge, signature);
}

/* Usages that only Microsoft's hardware program gives count when Microsoft gave them: anybody can
 * write them into a certificate of his own. */
static struct ph_error *judge_program(const struct judge *judge, struct ph_signature *signature)
{
    bool whql = ph_x509_may(judge->leaf, PH_OID_WHQL, false);
    bool attested = ph_x509_may(judge->leaf, PH_OID_ATTESTED, false);

    if ((!whql && !attested) || !ph_signature_is_intact(signature))
        return NULL;
    if (ph_chain_knows(&judge->chain, PH_KNOWN_MICROSOFT) &&
        signature->trust != PH_TRUST_WRONG_USE) {
        signature->whql = whql;
        signature->attested = attested;
        return NULL;
    }
    ph_autofree char *before = ph_steal(signature->sentence);
    return ph_trust_say(&signature->trust, &signature->sentence, signature->trust,
                        "%s; it claims to be a driver of Microsoft's hardware program, which "
                        "is not proved",
                        before);
}

/* --- checking --- */

static struct ph_error *judge_all(struct judge *judge, const struct ph_signer *signer,
                                  enum ph_intact intact, const struct ph_trust_store *store,
                                  struct ph_signature *signature)
{
    struct ph_stamp *stamp = &judge->stamp;

    PH_TRY(ph_stamp_read(signer, &judge->bag, store, stamp));
    judge->lifetime = ph_x509_may(judge->leaf, PH_OID_LIFETIME_SIGNING, false);
    judge->at_s = stamp->intact && !judge->lifetime ? stamp->time_s : judge->now_s;
    PH_TRY(ph_chain_build(store, judge->leaf, &judge->bag, judge->at_s, &judge->chain));
    PH_TRY(ph_chain_end(&judge->chain, &judge->end));
    PH_TRY(ph_chain_describe(&judge->chain, judge->at_s, judge->now_s, &signature->signers));
    if (stamp->chain.count)
        PH_TRY(ph_chain_describe(&stamp->chain, stamp->intact ? stamp->time_s : judge->now_s,
                                 judge->now_s, &signature->stampers));
    signature->stamp = stamp->kind;
    signature->signed_s = stamp->intact ? stamp->time_s : 0;
    signature->stamp_sentence = ph_steal(stamp->sentence);
    switch (intact) {
    case PH_INTACT_YES:
        PH_TRY(judge_chain(judge, signature));
        break;
    case PH_INTACT_OTHER_CONTENT:
        PH_TRY(ph_trust_say(&signature->trust, &signature->sentence, PH_TRUST_BAD_SIGNATURE,
                            "the signature of %s is not of what it stands with", judge->name));
        break;
    case PH_INTACT_NO:
        PH_TRY(ph_trust_say(&signature->trust, &signature->sentence, PH_TRUST_BAD_SIGNATURE,
                            "the signature does not fit the certificate of %s", judge->name));
        break;
    case PH_INTACT_UNKNOWN:
        PH_TRY(ph_trust_say(&signature->trust, &signature->sentence, PH_TRUST_UNCHECKED,
                            "the signature of %s cannot be checked: its algorithm or key is not "
                            "known here",
                            judge->name));
        break;
    }
    PH_TRY(judge_program(judge, signature));
    signature->chain_end = ph_steal(judge->end);
    return NULL;
}

struct ph_error *ph_signature_check(const struct ph_pkcs7 *pkcs7,
                                    const struct ph_digest_sum *content,
                                    const struct ph_trust_store *store,
                                    struct ph_signature *signature)
{
    PH_GUARD(judge_fini) struct judge judge = {.now_s = ph_trust_store_now(store)};
    const struct ph_signer *signer = &pkcs7->signer;
    enum ph_intact intact;

    PH_TRY(read_opus(signer, signature));
    if (pkcs7->signer_count != 1)
        return ph_trust_say(&signature->trust, &signature->sentence, PH_TRUST_MALFORMED,
                            "the signature has %zu signers, where Authenticode has one",
                            pkcs7->signer_count);
    PH_TRY(ph_bag_add(&judge.bag, pkcs7->certificates));
    judge.leaf = ph_signer_certificate(signer, &judge.bag);
    if (!judge.leaf)
        return ph_trust_say(&signature->trust, &signature->sentence, PH_TRUST_UNCHECKED,
                            "the signature cannot be checked: the certificate of its signer is "
                            "not in it");
    PH_TRY(ph_x509_name(judge.leaf->subject, &judge.name));
    PH_TRY(ph_signer_intact(store, signer, judge.leaf, content, pkcs7->type, &intact));
    return judge_all(&judge, signer, intact, store, signature);
}
