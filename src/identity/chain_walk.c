#include "identity/chain_walk.h"

#include "identity/oids.h"

enum { CHECKS_MOST = 64, DEPTH_MOST = PH_CHAIN_MOST - 2 };

/* ------------------------------------------------------------------ what a certificate may */

/*     Certificate ::= SEQUENCE { tbs SEQUENCE { ..., [3] { SEQUENCE OF Extension } }, algorithm,
 * BITS } Extension ::= SEQUENCE { OID, critical BOOLEAN DEFAULT FALSE, OCTETS } BasicConstraints
 * ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLen INTEGER OPTIONAL } KeyUsage ::= BITS,
 * keyCertSign is bit 5
 */
struct abilities {
    struct ph_slice tbs, signature;
    bool is_ca, may_sign, limits_names;
    int64_t path_length; /* -1 = any */
};

static void read_extension(struct ph_slice rest, struct abilities *abilities)
{
    struct ph_der oid, value, part;

    if (!ph_der_take(&rest, PH_DER_OID, &oid))
        return;
    ph_der_skip(&rest, PH_DER_BOOLEAN);
    if (!ph_der_take(&rest, PH_DER_OCTETS, &value))
        return;
    if (ph_slice_same(oid.content, PH_OID_NAME_CONSTRAINTS))
        abilities->limits_names = true;
    if (ph_slice_same(oid.content, PH_OID_KEY_USAGE))
        abilities->may_sign = ph_der_take(&value.content, PH_DER_BITS, &part) &&
                              part.content.size > 1 && (part.content.data[1] & 0x04);
    if (!ph_slice_same(oid.content, PH_OID_BASIC_CONSTRAINTS) ||
        !ph_der_take(&value.content, PH_DER_SEQUENCE, &part))
        return;
    struct ph_slice fields = part.content;
    if (ph_der_take(&fields, PH_DER_BOOLEAN, &part))
        abilities->is_ca = part.content.size == 1 && part.content.data[0];
    if (ph_der_take(&fields, PH_DER_INTEGER, &part))
        abilities->path_length =
            part.content.size == 1 && part.content.data[0] >= 0 ? part.content.data[0] : INT64_MAX;
}

/* False: not in one piece. A root of version 1 has no extensions and may issue. */
static bool read_abilities(const struct ph_x509 *x509, struct abilities *abilities)
{
    struct ph_slice rest = x509->whole;
    struct ph_der whole, tbs, bits, outer, list, extension;

    *abilities = (struct abilities){.may_sign = true, .path_length = -1};
    if (!ph_der_take(&rest, PH_DER_SEQUENCE, &whole) ||
        !ph_der_take(&whole.content, PH_DER_SEQUENCE, &tbs))
        return false;
    ph_der_skip(&whole.content, PH_DER_SEQUENCE);
    if (!ph_der_take(&whole.content, PH_DER_BITS, &bits) || bits.content.size < 2)
        return false;
    abilities->tbs = tbs.whole;
    abilities->signature = (struct ph_slice){bits.content.data + 1, bits.content.size - 1};
    bool extended = false;
    while (ph_der_next(&tbs.content, &outer)) {
        if (outer.tag != PH_DER_CONTEXT_OUTER + 3 ||
            !ph_der_take(&outer.content, PH_DER_SEQUENCE, &list))
            continue;
        extended = true;
        while (ph_der_take(&list.content, PH_DER_SEQUENCE, &extension))
            read_extension(extension.content, abilities);
    }
    if (!extended)
        abilities->is_ca = ph_x509_self_issued(x509);
    return true;
}

/* ------------------------------------------------------------------ walking */

struct walk {
    const struct ph_trust_store *store;
    const struct ph_bag *bag;
    int64_t at_s;
    unsigned checks;       /* signatures checked so far */
    struct ph_chain chain; /* the way that is walked */
    struct ph_chain best;
};

static bool is_anchor(const struct ph_trust_store *store, const struct ph_x509 *x509)
{
    for (size_t i = 0; i < store->count; i++)
        if (ph_slice_same(store->roots[i].x509.whole, x509->whole))
            return ph_x509_self_issued(x509);
    return false;
}

/* An anchored way is better than none, a sound one than a faulty one, then the longer one. */
static void keep_best(struct walk *walk)
{
    const struct ph_chain *now = &walk->chain, *best = &walk->best;

    if (best->count) {
        if (best->anchored && !now->anchored)
            return;
        if (best->anchored == now->anchored &&
            (best->fault < now->fault || (best->fault == now->fault && best->count >= now->count)))
            return;
    }
    walk->best = *now;
}

static void note(struct ph_chain *chain, enum ph_chain_fault fault, size_t at, const char *why)
{
    if (chain->fault >= fault)
        return;
    chain->fault = fault;
    chain->fault_at = at;
    chain->fault_why = why;
}

/* Does the issuer's key fit the certificate's signature? */
static struct ph_error *fits(struct walk *walk, const struct ph_x509 *x509,
                             const struct ph_x509 *issuer, enum ph_fit *fit)
{
    struct abilities abilities;
    struct ph_digest_sum sum;
    enum ph_digest_kind kind;

    *fit = PH_FIT_UNKNOWN;
    if (!read_abilities(x509, &abilities))
        return NULL;
    bool pss = ph_slice_same(x509->algorithm, PH_OID_RSA_PSS);
    if (!ph_digest_of_oid(x509->algorithm, &kind)) {
        if (!pss)
            return NULL;
        kind = PH_DIGEST_SHA256; /* the one that is used with it */
    }
    PH_TRY(ph_sum_if_allowed(kind, &abilities.tbs, 1, &sum));
    if (!sum.size)
        return NULL;
    walk->checks++;
    return ph_trust_fits(walk->store, issuer, x509->algorithm, &sum, abilities.signature, fit);
}

/* What is wrong with the certificate at the end of the way as an issuer. */
static void judge_issuer(struct walk *walk, const struct ph_x509 *issuer)
{
    struct ph_chain *chain = &walk->chain;
    struct abilities abilities;
    size_t at = chain->count - 1;

    if (!read_abilities(issuer, &abilities)) {
        note(chain, PH_CHAIN_UNCHECKED, at, "it cannot be decoded");
        return;
    }
    if (!abilities.is_ca)
        note(chain, PH_CHAIN_WRONG_USE, at, "it issued another and is no authority");
    else if (!abilities.may_sign)
        note(chain, PH_CHAIN_WRONG_USE, at, "its key may not sign certificates");
    else if (abilities.path_length >= 0 && (int64_t)at - 1 > abilities.path_length)
        note(chain, PH_CHAIN_WRONG_USE, at, "the path below it is longer than it allows");
    if (abilities.limits_names)
        note(chain, PH_CHAIN_UNCHECKED, at, "it limits names, which is not checked here");
}

static struct ph_error *climb(struct walk *walk);

static bool is_on_the_way(const struct walk *walk, const struct ph_x509 *x509)
{
    for (size_t i = 0; i < walk->chain.count; i++)
        if (ph_slice_same(walk->chain.items[i]->whole, x509->whole))
            return true;
    return false;
}

/* Goes on over one possible issuer. `*led` = its key fits, or cannot be checked. */
static struct ph_error *try_issuer(struct walk *walk, const struct ph_x509 *issuer, bool *led)
{
    struct ph_chain before = walk->chain;
    enum ph_fit fit;

    if (walk->checks >= CHECKS_MOST || is_on_the_way(walk, issuer))
        return NULL;
    PH_TRY(fits(walk, before.items[before.count - 1], issuer, &fit));
    if (fit == PH_FIT_NO)
        return NULL;
    *led = true;
    if (fit == PH_FIT_UNKNOWN)
        note(&walk->chain, PH_CHAIN_UNCHECKED, before.count - 1,
             "the algorithm of its signature is not known here");
    walk->chain.items[walk->chain.count++] = issuer;
    judge_issuer(walk, issuer);
    struct ph_error *error = climb(walk);
    walk->chain = before;
    return error;
}

static bool is_valid(const struct walk *walk, const struct ph_x509 *x509)
{
    return walk->at_s >= x509->from_s && walk->at_s <= x509->to_s;
}

/* Those valid at that time first. `*named` = somebody has the issuer's name. */
static struct ph_error *try_list(struct walk *walk, bool roots, bool valid, bool *named, bool *led)
{
    struct ph_slice issuer = walk->chain.items[walk->chain.count - 1]->issuer;
    size_t count = roots ? walk->store->count : walk->bag->count;

    for (size_t i = 0; i < count; i++) {
        const struct ph_x509 *x509 = roots ? &walk->store->roots[i].x509 : &walk->bag->items[i];
        if (!ph_slice_same(x509->subject, issuer) || is_valid(walk, x509) != valid)
            continue;
        *named = true;
        PH_TRY(try_issuer(walk, x509, led));
        if (walk->best.anchored && walk->best.fault == PH_CHAIN_SOUND)
            return NULL;
    }
    return NULL;
}

/* As deep as DEPTH_MOST. */
static struct ph_error *climb(struct walk *walk)
{
    const struct ph_x509 *last = walk->chain.items[walk->chain.count - 1];
    bool named = false, led = false;

    walk->chain.anchored = is_anchor(walk->store, last);
    if (!walk->chain.anchored && !ph_x509_self_issued(last) && walk->chain.count <= DEPTH_MOST) {
        PH_TRY(try_list(walk, true, true, &named, &led));
        PH_TRY(try_list(walk, false, true, &named, &led));
        PH_TRY(try_list(walk, true, false, &named, &led));
        PH_TRY(try_list(walk, false, false, &named, &led));
        if (led)
            return NULL;
        if (named)
            note(&walk->chain, PH_CHAIN_BROKEN, walk->chain.count - 1,
                 "its signature does not fit the issuer's key");
    }
    keep_best(walk);
    return NULL;
}

struct ph_error *ph_chain_walk(const struct ph_trust_store *store, const struct ph_x509 *leaf,
                               const struct ph_bag *bag, int64_t at_s, struct ph_chain *chain)
{
    struct walk walk = {
        .store = store, .bag = bag, .at_s = at_s, .chain = {.items = {leaf}, .count = 1}};

    PH_TRY(climb(&walk));
    if (!walk.best.count)
        walk.best = walk.chain;
    *chain = walk.best;
    return NULL;
}
