#include "identity/chain.h"

#include "base/mem.h"

struct ph_error *ph_chain_build(const struct ph_trust_store *store, const struct ph_x509 *leaf,
                                const struct ph_bag *bag, int64_t at_s, struct ph_chain *chain)
{
    struct ph_digest_sum sum;

    PH_TRY(ph_trust_chain(store, leaf, bag, at_s, chain));
    for (size_t i = 0; i < chain->count; i++) {
        PH_TRY(ph_sum_if_allowed(PH_DIGEST_SHA1, &chain->items[i]->whole, 1, &sum));
        chain->known[i] = ph_x509_known(&sum);
    }
    return NULL;
}

static const struct ph_x509 *last_of(const struct ph_chain *chain)
{
    return chain->items[chain->count - 1];
}

bool ph_chain_end_is_here(const struct ph_chain *chain)
{
    return chain->anchored || ph_x509_self_issued(last_of(chain));
}

struct ph_error *ph_chain_end(const struct ph_chain *chain, char **name)
{
    const struct ph_x509 *last = last_of(chain);

    return ph_x509_name(ph_chain_end_is_here(chain) ? last->subject : last->issuer, name);
}

static bool valid_at(const struct ph_x509 *x509, int64_t at_s)
{
    return at_s >= x509->from_s && at_s <= x509->to_s;
}

bool ph_chain_invalid_at(const struct ph_chain *chain, int64_t at_s, size_t *which)
{
    for (size_t i = 0; i < chain->count; i++)
        if (!valid_at(chain->items[i], at_s) && chain->known[i] != PH_KNOWN_CROSS) {
            *which = i;
            return true;
        }
    return false;
}

bool ph_chain_knows(const struct ph_chain *chain, enum ph_known_certificate known)
{
    for (size_t i = 0; i < chain->count; i++)
        if (chain->known[i] == known)
            return true;
    return false;
}

static const char *time_status(const struct ph_x509 *x509, int64_t at_s, int64_t now_s)
{
    if (at_s < x509->from_s)
        return "Not yet valid when signed";
    if (at_s > x509->to_s)
        return at_s == now_s ? "Expired" : "Expired when signed";
    return now_s > x509->to_s ? "Valid when signed, expired since" : "Valid";
}

static struct ph_error *status_of(const struct ph_chain *chain, size_t at, int64_t at_s,
                                  int64_t now_s, char **status)
{
    const struct ph_x509 *x509 = chain->items[at];
    const char *more = "";

    if (chain->fault && chain->fault_at == at)
        more = chain->fault_why;
    else if (at + 1 == chain->count && !chain->anchored)
        more = ph_x509_self_issued(x509) ? "not among the roots" : "its issuer is not at hand";
    *status = ph_format("%s%s%s", time_status(x509, at_s, now_s), more[0] ? ", " : "", more);
    return *status ? NULL : ph_error_nomem();
}

struct ph_error *ph_chain_describe(const struct ph_chain *chain, int64_t at_s, int64_t now_s,
                                   struct ph_certificate_list *list)
{
    PH_TRY(ph_grow(&list->items, &list->capacity, chain->count, sizeof(*list->items)));
    for (size_t i = 0; i < chain->count; i++) {
        PH_TRY(ph_x509_describe(chain->items[i], &list->items[i]));
        list->count++;
        PH_TRY(status_of(chain, i, at_s, now_s, &list->items[i].status));
    }
    return NULL;
}
