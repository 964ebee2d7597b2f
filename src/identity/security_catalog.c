/* Security catalogs: a PKCS #7 structure whose content is a list of trusted subjects.
 *
 *     CertificateTrustList ::= SEQUENCE { [version INTEGER], SEQUENCE OF usage OID,
 *         [OCTET STRING identifier], [INTEGER number], Time, [Time], algorithm SEQUENCE,
 *         SEQUENCE OF subject, [0] extensions }
 *     subject ::= SEQUENCE { OCTET STRING tag, SET OF attribute }
 *
 * The attribute SpcIndirectData of a subject holds the hash of the file, the image hash for PE
 * files. The tag is the hash too: as text (hexadecimal in UTF-16) in older catalogs, as bytes in
 * newer ones, which may leave the attribute out.
 *
 * Kept of a catalog are its signature and the hashes; the list itself, much the larger part, is
 * not: the signature is over its hash.
 */
#include "identity/security_catalog.h"

#include <string.h>

#include "base/mem.h"
#include "base/os.h"
#include "identity/oids.h"
#include "identity/pkcs7.h"
#include "identity/signature.h"

enum {
    SUM_MOST = 32,
    NONE = 0,         /* of 1-based numbers */
    ALTERNATIVES = 8, /* catalogs that are tried for one file */
    MEMBERS_MOST = 50000000
};

struct catalog {
    char *path;
    char *rest; /* the signature without its content; owned */
    struct ph_pkcs7 pkcs7;
    struct ph_digest_sum content;
};

struct member {
    uint8_t sum[SUM_MOST];
    uint8_t size;
    uint32_t catalog; /* index */
    uint32_t next;    /* number of another member with the same hash */
};

struct ph_catalogs {
    struct catalog *items;
    size_t count, capacity;
    struct member *members;
    size_t member_count, member_capacity;
    uint32_t *slots; /* numbers of members; open addressing, a power of two */
    size_t slot_count;
    uint64_t seed[2];
};

struct ph_error *ph_catalogs_new(struct ph_catalogs **catalogs)
{
    struct ph_catalogs *fresh = ph_zalloc(1, sizeof(*fresh));

    if (!fresh)
        return ph_error_nomem();
    /* hashes of members are chosen by who makes the catalog: he shall not know which collide */
    fresh->seed[0] = (uint64_t)ph_realtime_ns() * UINT64_C(0x9e3779b97f4a7c15);
    fresh->seed[1] =
        ((uint64_t)(uintptr_t)fresh ^ (uint64_t)ph_cpu_ns()) * UINT64_C(0xc2b2ae3d27d4eb4f);
    *catalogs = fresh;
    return NULL;
}

size_t ph_catalogs_members(const struct ph_catalogs *catalogs)
{
    return catalogs->member_count;
}

size_t ph_catalogs_count(const struct ph_catalogs *catalogs)
{
    return catalogs ? catalogs->count : 0;
}

void ph_catalogs_free(struct ph_catalogs *catalogs)
{
    if (!catalogs)
        return;
    for (size_t i = 0; i < catalogs->count; i++) {
        ph_free(catalogs->items[i].path);
        ph_free(catalogs->items[i].rest);
    }
    ph_free(catalogs->items);
    ph_free(catalogs->members);
    ph_free(catalogs->slots);
    ph_free(catalogs);
}

void ph_catalogs_freep(struct ph_catalogs **catalogs)
{
    ph_catalogs_free(*catalogs);
}

/* --- the table of members --- */

/* Both halves of the product of 128 bits, folded into one; a 32-bit Windows has no such type. */
static uint64_t fold(uint64_t a, uint64_t b)
{
    uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX), high = (a >> 32) * (b >> 32);
    uint64_t left = (a >> 32) * (b & UINT32_MAX), right = (a & UINT32_MAX) * (b >> 32);
    uint64_t middle = (low >> 32) + (left & UINT32_MAX) + (right & UINT32_MAX);

    low = (low & UINT32_MAX) | middle << 32;
    high += (left >> 32) + (right >> 32) + (middle >> 32);
    return low ^ high;
}

static uint64_t hash_of(const struct ph_catalogs *catalogs, const uint8_t *sum)
{
    uint64_t first = fold(ph_le64(sum) ^ catalogs->seed[0], ph_le64(sum + 8) ^ catalogs->seed[1]);

    return fold(first ^ catalogs->seed[1], ph_le32(sum + 16) ^ catalogs->seed[0]);
}

static uint32_t *slot_of(const struct ph_catalogs *catalogs, const uint8_t *sum, size_t size)
{
    size_t mask = catalogs->slot_count - 1;

    for (size_t at = hash_of(catalogs, sum) & mask;; at = (at + 1) & mask) {
        uint32_t number = catalogs->slots[at];
        if (number == NONE)
            return &catalogs->slots[at];
        const struct member *member = &catalogs->members[number - 1];
        if (member->size == size && !memcmp(member->sum, sum, size))
            return &catalogs->slots[at];
    }
}

static struct ph_error *make_room(struct ph_catalogs *catalogs)
{
    size_t wanted = catalogs->slot_count ? catalogs->slot_count * 2 : 1024;

    if (catalogs->member_count >= MEMBERS_MOST)
        return ph_errorf(PH_ERR_FORMAT, "more than %d members in the catalogs", MEMBERS_MOST);
    PH_TRY(ph_grow(&catalogs->members, &catalogs->member_capacity, catalogs->member_count + 1,
                   sizeof(*catalogs->members)));
    if (catalogs->member_count * 2 < catalogs->slot_count)
        return NULL;
    uint32_t *slots = ph_zalloc(wanted, sizeof(*slots));
    if (!slots)
        return ph_error_nomem();
    uint32_t *old = catalogs->slots;
    size_t old_count = catalogs->slot_count;
    catalogs->slots = slots;
    catalogs->slot_count = wanted;
    for (size_t i = 0; i < old_count; i++)
        if (old[i] != NONE) {
            const struct member *member = &catalogs->members[old[i] - 1];
            *slot_of(catalogs, member->sum, member->size) = old[i];
        }
    ph_free(old);
    return NULL;
}

/* A hash that the catalog knows already is not added again. */
static struct ph_error *add_member(struct ph_catalogs *catalogs, uint32_t catalog,
                                   struct ph_slice sum)
{
    struct member member = {.size = (uint8_t)sum.size, .catalog = catalog};

    if (sum.size != ph_digest_size(PH_DIGEST_SHA1) && sum.size != ph_digest_size(PH_DIGEST_SHA256))
        return NULL;
    memcpy(member.sum, sum.data, sum.size);
    PH_TRY(make_room(catalogs));
    uint32_t *slot = slot_of(catalogs, member.sum, member.size);
    if (*slot != NONE && catalogs->members[*slot - 1].catalog == catalog)
        return NULL;
    member.next = *slot;
    catalogs->members[catalogs->member_count++] = member;
    *slot = (uint32_t)catalogs->member_count;
    return NULL;
}

/* Takes the members of a catalog away again. Taking single keys out of open addressing would cut
 * off others, so the slots are filled anew. */
static void forget_members(struct ph_catalogs *catalogs, size_t count)
{
    catalogs->member_count = count;
    if (catalogs->slot_count)
        memset(catalogs->slots, 0, catalogs->slot_count * sizeof(*catalogs->slots));
    for (size_t i = 0; i < count; i++)
        *slot_of(catalogs, catalogs->members[i].sum, catalogs->members[i].size) = (uint32_t)i + 1;
}

static uint32_t find(const struct ph_catalogs *catalogs, const struct ph_digest_sum *sum)
{
    uint8_t key[PH_DIGEST_MOST] = {0};

    if (!catalogs || !catalogs->member_count || !sum->size || sum->size > SUM_MOST)
        return NONE;
    memcpy(key, sum->bytes, sum->size);
    return *slot_of(catalogs, key, sum->size);
}

/* --- reading a catalog --- */

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* A hash written in hexadecimal, in UTF-16; false = it is something else. */
static bool hash_of_tag(struct ph_slice tag, uint8_t sum[SUM_MOST], size_t *size)
{
    size_t digits = tag.size / 2;

    if (digits && !tag.data[tag.size - 2] && !tag.data[tag.size - 1])
        digits--; /* the 0 that ends it */
    if (tag.size % 2 || digits % 2 || digits > 2 * SUM_MOST)
        return false;
    for (size_t i = 0; i < digits; i++) {
        int value = hex_digit((uint8_t)tag.data[2 * i]);
        if (value < 0 || tag.data[2 * i + 1])
            return false;
        sum[i / 2] = (uint8_t)(sum[i / 2] << 4 | value);
    }
    *size = digits / 2;
    return *size > 0;
}

/* SpcIndirectData: SEQUENCE { data, DigestInfo { algorithm, OCTET STRING } }. */
static bool hash_of_data(struct ph_slice values, struct ph_slice *hash)
{
    struct ph_der outer, data, info, algorithm, octets;

    if (!ph_der_take(&values, PH_DER_SEQUENCE, &outer) ||
        !ph_der_take(&outer.content, PH_DER_SEQUENCE, &data) ||
        !ph_der_take(&outer.content, PH_DER_SEQUENCE, &info) ||
        !ph_der_take(&info.content, PH_DER_SEQUENCE, &algorithm) ||
        !ph_der_take(&info.content, PH_DER_OCTETS, &octets))
        return false;
    *hash = octets.content;
    return true;
}

static struct ph_error *add_subject(struct ph_catalogs *catalogs, uint32_t catalog,
                                    struct ph_slice subject)
{
    uint8_t text[SUM_MOST] = {0};
    struct ph_der tag, attributes;
    struct ph_slice values, hash;
    size_t size;

    if (!ph_der_take(&subject, PH_DER_OCTETS, &tag))
        return NULL;
    PH_TRY(add_member(catalogs, catalog, tag.content));
    if (hash_of_tag(tag.content, text, &size))
        PH_TRY(add_member(catalogs, catalog, (struct ph_slice){(const char *)text, size}));
    if (ph_der_take(&subject, PH_DER_SET, &attributes) &&
        ph_attribute(attributes.content, PH_OID_INDIRECT_DATA, &values) &&
        hash_of_data(values, &hash))
        return add_member(catalogs, catalog, hash);
    return NULL;
}

static bool find_subjects(struct ph_slice list, struct ph_slice *subjects)
{
    struct ph_der element;

    ph_der_skip(&list, PH_DER_INTEGER);
    if (!ph_der_take(&list, PH_DER_SEQUENCE, &element))
        return false;
    ph_der_skip(&list, PH_DER_OCTETS);
    ph_der_skip(&list, PH_DER_INTEGER);
    ph_der_skip(&list, PH_DER_UTC_TIME);
    ph_der_skip(&list, PH_DER_TIME);
    ph_der_skip(&list, PH_DER_UTC_TIME);
    ph_der_skip(&list, PH_DER_TIME);
    if (!ph_der_take(&list, PH_DER_SEQUENCE, &element))
        return false;
    *subjects = (struct ph_slice){list.data, 0};
    if (ph_der_take(&list, PH_DER_SEQUENCE, &element))
        *subjects = element.content;
    return true;
}

bool ph_catalog_probe(struct ph_slice bytes)
{
    struct ph_pkcs7 pkcs7;
    struct ph_error *error = ph_pkcs7_parse(bytes, &pkcs7);

    ph_error_free(error);
    return !error && ph_slice_same(pkcs7.type, PH_OID_CTL);
}

static struct ph_slice moved(struct ph_slice slice, const char *from, const char *to)
{
    return slice.size ? (struct ph_slice){to + (slice.data - from), slice.size} : slice;
}

/* Keeps what follows the list: certificates and signer. */
static struct ph_error *keep_signature(const struct ph_pkcs7 *pkcs7, struct ph_slice bytes,
                                       struct catalog *catalog)
{
    const char *from = pkcs7->content.whole.data + pkcs7->content.whole.size;
    size_t size = (size_t)(bytes.data + pkcs7->size - from);
    struct ph_signer *signer = &catalog->pkcs7.signer;
    enum ph_digest_kind kind;

    catalog->pkcs7 = *pkcs7;
    catalog->rest = ph_memdup(from, size);
    if (!catalog->rest)
        return ph_error_nomem();
    catalog->pkcs7.type = PH_OID_CTL;
    catalog->pkcs7.content = (struct ph_der){.tag = 0};
    catalog->pkcs7.certificates = moved(pkcs7->certificates, from, catalog->rest);
    struct ph_slice *const slices[] = {
        &signer->issuer,     &signer->serial,    &signer->key_id,    &signer->digest,
        &signer->attributes, &signer->algorithm, &signer->signature, &signer->extras,
    };
    for (size_t i = 0; i < sizeof(slices) / sizeof(slices[0]); i++)
        *slices[i] = moved(*slices[i], from, catalog->rest);
    if (ph_digest_of_oid(signer->digest, &kind))
        return ph_sum_if_allowed(kind, &pkcs7->content.content, 1, &catalog->content);
    return NULL;
}

static void catalog_fini(struct catalog *catalog)
{
    ph_free(catalog->path);
    ph_free(catalog->rest);
}

static struct ph_error *add_catalog(struct ph_catalogs *catalogs, const char *path,
                                    struct ph_slice bytes)
{
    PH_GUARD(catalog_fini) struct catalog catalog = {0};
    struct ph_pkcs7 pkcs7;
    struct ph_slice subjects;
    struct ph_der subject;
    size_t members = catalogs->member_count;

    PH_TRY(ph_pkcs7_parse(bytes, &pkcs7));
    if (!ph_slice_same(pkcs7.type, PH_OID_CTL))
        return ph_errorf(PH_ERR_FORMAT, "signed data, but no security catalog");
    if (pkcs7.content.tag != PH_DER_SEQUENCE || !find_subjects(pkcs7.content.content, &subjects))
        return ph_errorf(PH_ERR_FORMAT, "its list of files does not follow the format");
    catalog.path = ph_strdup(path);
    if (!catalog.path)
        return ph_error_nomem();
    PH_TRY(keep_signature(&pkcs7, bytes, &catalog));
    PH_TRY(ph_grow(&catalogs->items, &catalogs->capacity, catalogs->count + 1,
                   sizeof(*catalogs->items)));
    while (ph_der_take(&subjects, PH_DER_SEQUENCE, &subject)) {
        struct ph_error *error = add_subject(catalogs, (uint32_t)catalogs->count, subject.content);
        if (error) {
            forget_members(catalogs, members);
            return error;
        }
    }
    catalogs->items[catalogs->count++] = catalog;
    catalog = (struct catalog){0};
    return NULL;
}

struct ph_error *ph_catalogs_add(struct ph_catalogs *catalogs, const char *path,
                                 struct ph_slice bytes)
{
    struct ph_error *error = add_catalog(catalogs, path, bytes);

    return error ? ph_error_wrap(error, "%s", path) : NULL;
}

/* --- looking up --- */

static struct ph_error *check_one(const struct catalog *catalog, const struct ph_trust_store *store,
                                  struct ph_signature_list *list)
{
    struct ph_signature *signature;

    PH_TRY(ph_signature_add(list, &signature));
    signature->catalog = ph_strdup(catalog->path);
    if (!signature->catalog)
        return ph_error_nomem();
    return ph_signature_check(&catalog->pkcs7, &catalog->content, store, signature);
}

struct ph_error *ph_catalogs_check(const struct ph_catalogs *catalogs,
                                   const struct ph_digest_sum *sum,
                                   const struct ph_trust_store *store,
                                   struct ph_signature_list *list)
{
    PH_GUARD(ph_signature_list_fini) struct ph_signature_list tried = {0};
    uint32_t number = find(catalogs, sum);
    struct ph_signature *added;
    size_t best = 0;

    for (size_t i = 0; number != NONE && i < ALTERNATIVES; i++) {
        const struct member *member = &catalogs->members[number - 1];
        PH_TRY(check_one(&catalogs->items[member->catalog], store, &tried));
        tried.items[i].digest = sum->kind;
        if (tried.items[i].trust < tried.items[best].trust)
            best = i;
        if (tried.items[i].trust == PH_TRUST_TRUSTED)
            break;
        number = member->next;
    }
    if (!tried.count)
        return NULL;
    PH_TRY(ph_signature_add(list, &added));
    *added = tried.items[best];
    tried.items[best] = (struct ph_signature){.trust = PH_TRUST_UNCHECKED};
    return NULL;
}
