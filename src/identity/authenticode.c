/* Authenticode signatures of PE files. An entry of the certificate table is a PKCS #7 structure
 * whose content names the hash of the image:
 *
 *     SpcIndirectData ::= SEQUENCE { data { OID, SpcPeImageData }, DigestInfo }
 *     DigestInfo      ::= SEQUENCE { algorithm SEQUENCE, OCTET STRING hash }
 *
 * What is signed are the octets within the outer SEQUENCE, without its tag and length. More
 * signatures, each a whole PKCS #7 structure, may stand in an unsigned attribute of the first.
 */
#include "identity/authenticode.h"

#include "base/mem.h"
#include "identity/oids.h"
#include "identity/page_hash.h"
#include "identity/pkcs7.h"
#include "identity/security_catalog.h"
#include "identity/signature.h"
#include "image/pe_hash.h"

enum { SIGNATURES_MOST = 16 };

struct entry {
    struct ph_slice bytes;
    bool nested;
};

struct check {
    const struct ph_pe *pe;
    const struct ph_trust_store *store;
    const struct ph_catalogs *catalogs;
    const struct ph_identity *known;     /* hashes of the image may be known already */
    struct entry queue[SIGNATURES_MOST]; /* signatures to check */
    size_t queued;
    struct ph_signature_list signatures; /* owned */
    size_t hidden; /* bytes in the certificate table that are neither signature nor padding */
};

static void check_fini(struct check *check)
{
    ph_signature_list_fini(&check->signatures);
}

/* --- the image --- */

/* The hash of the image; size 0 where the provider refuses the algorithm. */
static struct ph_error *image_sum(const struct check *check, enum ph_digest_kind kind, bool padded,
                                  struct ph_digest_sum *sum)
{
    const struct ph_digest_sum *known = kind == PH_DIGEST_SHA1     ? &check->known->pe_sha1
                                        : kind == PH_DIGEST_SHA256 ? &check->known->pe_sha256
                                                                   : NULL;

    if (padded && known && known->size) { /* identify.h: padded */
        *sum = *known;
        return NULL;
    }
    struct ph_error *error = ph_pe_image_hash(check->pe, kind, padded, sum);
    if (!error || error->code != PH_ERR_ACCESS)
        return error;
    ph_error_free(error);
    *sum = (struct ph_digest_sum){.kind = kind};
    return NULL;
}

struct image_claim {
    struct ph_slice image_data; /* SpcPeImageData; empty = something else */
    struct ph_slice algorithm;  /* OID */
    struct ph_slice hash;
};

static bool parse_claim(struct ph_slice content, struct image_claim *claim)
{
    struct ph_der data, type, image_data, info, algorithm, oid, hash;

    if (!ph_der_take(&content, PH_DER_SEQUENCE, &data) ||
        !ph_der_take(&data.content, PH_DER_OID, &type) ||
        !ph_der_take(&content, PH_DER_SEQUENCE, &info) ||
        !ph_der_take(&info.content, PH_DER_SEQUENCE, &algorithm) ||
        !ph_der_take(&algorithm.content, PH_DER_OID, &oid) ||
        !ph_der_take(&info.content, PH_DER_OCTETS, &hash))
        return false;
    *claim = (struct image_claim){.algorithm = oid.content, .hash = hash.content};
    if (ph_slice_same(type.content, PH_OID_PE_IMAGE_DATA) &&
        ph_der_take(&data.content, PH_DER_SEQUENCE, &image_data))
        claim->image_data = image_data.whole;
    return true;
}

/* The file against its hash in an intact signature. */
static struct ph_error *compare_image(const struct check *check, const struct image_claim *claim,
                                      struct ph_signature *signature)
{
    enum ph_digest_kind kind = signature->digest;
    struct ph_digest_sum sum;
    const char *signer = signature->signers.count ? signature->signers.items[0].subject : "?";

    for (int padded = 1; padded >= 0; padded--) {
        PH_TRY(image_sum(check, kind, padded, &sum));
        if (!sum.size)
            return ph_trust_say(&signature->trust, &signature->sentence, PH_TRUST_UNCHECKED,
                                "the system's OpenSSL refuses %s, by which the file is signed",
                                ph_digest_name(kind));
        if (ph_slice_same(claim->hash, (struct ph_slice){(const char *)sum.bytes, sum.size}))
            return NULL;
    }
    return ph_trust_say(&signature->trust, &signature->sentence, PH_TRUST_TAMPERED,
                        "the file was changed after %s signed it: its %s is not the signed one",
                        signer, ph_digest_name(kind));
}

/* The file is what was signed, and yet its pages are not: the signer's tool was wrong. Windows
 * hashes pages as it loads them, for drivers that ask for that. */
static struct ph_error *say_pages(struct ph_signature *signature)
{
    ph_autofree char *before = ph_steal(signature->sentence);

    return ph_trust_say(&signature->trust, &signature->sentence, signature->trust,
                        "%s; its page hashes are not those of the file", before);
}

/* --- one signature --- */

static struct ph_error *queue_nested(struct check *check, const struct ph_signer *signer)
{
    struct ph_slice values;
    struct ph_der value;

    if (!ph_attribute(signer->extras, PH_OID_NESTED, &values))
        return NULL;
    while (check->queued < SIGNATURES_MOST && ph_der_next(&values, &value))
        check->queue[check->queued++] = (struct entry){value.whole, true};
    return NULL;
}

static struct ph_error *check_parsed(struct check *check, const struct ph_pkcs7 *pkcs7,
                                     struct ph_signature *signature)
{
    struct image_claim claim = {.hash = {"", 0}};
    struct ph_digest_sum content = {.size = 0};
    enum ph_digest_kind kind;

    PH_TRY(queue_nested(check, &pkcs7->signer));
    if (!ph_slice_same(pkcs7->type, PH_OID_INDIRECT_DATA) ||
        pkcs7->content.tag != PH_DER_SEQUENCE || !parse_claim(pkcs7->content.content, &claim))
        return ph_trust_say(&signature->trust, &signature->sentence, PH_TRUST_MALFORMED,
                            "the signature is not one of a PE file");
    bool known = ph_digest_of_oid(claim.algorithm, &signature->digest);
    if (ph_digest_of_oid(pkcs7->signer.digest, &kind))
        PH_TRY(ph_sum_if_allowed(kind, &pkcs7->content.content, 1, &content));
    PH_TRY(ph_signature_check(pkcs7, &content, check->store, signature));
    if (!ph_signature_is_intact(signature))
        return NULL;
    if (!known)
        return ph_trust_say(&signature->trust, &signature->sentence, PH_TRUST_UNCHECKED,
                            "the file is signed by a kind of hash that is not known here");
    if (content.kind != signature->digest)
        return ph_trust_say(&signature->trust, &signature->sentence, PH_TRUST_MALFORMED,
                            "the signature is by %s, but names the file by %s",
                            ph_digest_name(content.kind), ph_digest_name(signature->digest));
    PH_TRY(ph_page_hashes(check->pe, claim.image_data, &signature->page_hashes));
    PH_TRY(compare_image(check, &claim, signature));
    if (!ph_signature_is_intact(signature)) { /* the program did not sign this */
        signature->whql = signature->attested = false;
        return NULL;
    }
    return signature->page_hashes < 0 ? say_pages(signature) : NULL;
}

static size_t count_set(struct ph_slice bytes)
{
    size_t count = 0;

    for (size_t i = 0; i < bytes.size; i++)
        count += bytes.data[i] != 0;
    return count;
}

static struct ph_error *check_entry(struct check *check, struct entry entry)
{
    struct ph_signature *signature;
    struct ph_pkcs7 pkcs7;

    PH_TRY(ph_signature_add(&check->signatures, &signature));
    signature->nested = entry.nested;
    struct ph_error *error = ph_pkcs7_parse(entry.bytes, &pkcs7);
    if (error && error->code == PH_ERR_FORMAT) {
        struct ph_error *second = ph_trust_say(&signature->trust, &signature->sentence,
                                               PH_TRUST_MALFORMED, "%s", error->text);
        ph_error_free(error);
        return second;
    }
    PH_TRY(error);
    struct ph_slice rest = {entry.bytes.data + pkcs7.size, entry.bytes.size - pkcs7.size};
    if (count_set(rest))
        check->hidden += rest.size;
    return check_parsed(check, &pkcs7, signature);
}

static struct ph_error *check_table(struct check *check, const struct ph_pe_certificates *table)
{
    for (size_t i = 0; i < table->count && check->queued < SIGNATURES_MOST; i++)
        check->queue[check->queued++] = (struct entry){table->pkcs7[i], false};
    for (size_t i = 0; i < check->queued; i++)
        PH_TRY(check_entry(check, check->queue[i]));
    return NULL;
}

/* --- the file --- */

/* Catalogs know files by either hash, with or without the padding. */
static struct ph_error *ask_catalogs(struct check *check)
{
    static const enum ph_digest_kind KINDS[] = {PH_DIGEST_SHA256, PH_DIGEST_SHA1};
    struct ph_digest_sum sum;
    size_t before = check->signatures.count;

    if (!ph_catalogs_count(check->catalogs))
        return NULL;
    for (size_t i = 0; i < 4 && check->signatures.count == before; i++) {
        PH_TRY(image_sum(check, KINDS[i / 2], i % 2 == 0, &sum));
        PH_TRY(ph_catalogs_check(check->catalogs, &sum, check->store, &check->signatures));
    }
    return NULL;
}

/* The header names no table, but there is one: what would the signature say with the name put back?
 */
static struct ph_error *check_stripped(struct check *check, const struct ph_pe_certificates *table,
                                       struct ph_identity *found)
{
    struct ph_pe restored = *check->pe;
    struct check again = {
        .pe = &restored, .store = check->store, .known = &(struct ph_identity){0}};

    restored.directories[PH_PE_CERTIFICATE].rva = (uint32_t)table->offset;
    restored.directories[PH_PE_CERTIFICATE].size = (uint32_t)table->size;
    struct ph_error *error = check_table(&again, table);
    for (size_t i = 0; !error && i < again.signatures.count; i++) {
        struct ph_signature *signature = &again.signatures.items[i];
        ph_autofree char *sentence = ph_steal(signature->sentence);
        signature->whql = signature->attested = false;
        error = ph_trust_say(&signature->trust, &signature->sentence, PH_TRUST_STRIPPED,
                             "stripped: the header does not name it; if it did: %s",
                             sentence ? sentence : "");
    }
    check->signatures = again.signatures;
    PH_TRY(error);
    return ph_trust_say(
        &found->trust, &found->sentence, PH_TRUST_STRIPPED,
        "the signature was stripped: it stands at byte %zu of the file, but the header does "
        "not name it any more",
        table->offset);
}

static struct ph_error *judge_none(const struct check *check,
                                   const struct ph_pe_certificates *table,
                                   struct ph_identity *found)
{
    size_t catalogs = ph_catalogs_count(check->catalogs);

    switch (table->state) {
    case PH_PE_TABLE_OUTSIDE:
        return ph_trust_say(
            &found->trust, &found->sentence, PH_TRUST_CUT_SHORT,
            "cut short: the signature should end at byte %zu, but the file has %zu bytes",
            table->offset + table->size, check->pe->file.size);
    case PH_PE_TABLE_DAMAGED:
        return ph_trust_say(&found->trust, &found->sentence, PH_TRUST_MALFORMED,
                            "the table of signatures at byte %zu does not follow its format",
                            table->offset);
    case PH_PE_TABLE_FOUND:
        return ph_trust_say(&found->trust, &found->sentence, PH_TRUST_MALFORMED,
                            "the table of signatures at byte %zu holds none that Windows knows",
                            table->offset);
    case PH_PE_TABLE_NONE:
    case PH_PE_TABLE_STRIPPED:
        break;
    }
    if (!catalogs)
        return ph_trust_say(
            &found->trust, &found->sentence, PH_TRUST_UNSIGNED,
            "no signature in the file, and no catalog to look it up in (--catalog FILE)");
    return ph_trust_say(&found->trust, &found->sentence, PH_TRUST_UNSIGNED,
                        "no signature in the file, and none of the %zu %s looked at knows it",
                        catalogs, catalogs == 1 ? "catalog" : "catalogs");
}

static const struct ph_signature *best_of(const struct ph_signature_list *list)
{
    const struct ph_signature *best = NULL;

    for (size_t i = 0; i < list->count; i++)
        if (!best || list->items[i].trust < best->trust)
            best = &list->items[i];
    return best;
}

static struct ph_error *copy_text(const char *from, char **to)
{
    if (!from)
        return NULL;
    *to = ph_strdup(from);
    return *to ? NULL : ph_error_nomem();
}

/* The file is what its best signature is, unless something was appended: by Microsoft's description
 * of the hash only the table itself is left out of it, so what stands behind breaks it
 * (osslsigncode refuses such files too). Who signed is told where the signature is his: one that
 * fits no certificate could name anybody. */
static struct ph_error *judge_file(const struct check *check,
                                   const struct ph_pe_certificates *table,
                                   struct ph_identity *found)
{
    const struct ph_signature *best = best_of(&check->signatures);

    if (!best)
        return judge_none(check, table, found);
    PH_TRY(copy_text(best->catalog, &found->catalog));
    if (best->trust <= PH_TRUST_TAMPERED && best->signers.count)
        PH_TRY(copy_text(best->signers.items[0].subject, &found->publisher));
    if (found->sentence)
        return NULL;
    if (table->trailing && ph_signature_is_intact(best))
        return ph_trust_say(
            &found->trust, &found->sentence, PH_TRUST_TAMPERED,
            "%zu bytes were appended behind the signature, signed by nobody; without them: %s",
            table->trailing, best->sentence);
    return ph_trust_say(&found->trust, &found->sentence, best->trust, "%s%s%s",
                        best->catalog ? "listed in a catalog: " : "", best->sentence,
                        check->hidden
                            ? "; beside it in the table of signatures stand bytes that nobody "
                              "signed"
                            : "");
}

static struct ph_error *check_file(struct check *check, struct ph_identity *found)
{
    PH_GUARD(ph_pe_certificates_fini) struct ph_pe_certificates table = {0};

    PH_TRY(ph_pe_certificates(check->pe, &table));
    if (table.state == PH_PE_TABLE_STRIPPED)
        PH_TRY(check_stripped(check, &table, found));
    else
        PH_TRY(check_table(check, &table));
    PH_TRY(ask_catalogs(check));
    PH_TRY(judge_file(check, &table, found));
    found->trailing_bytes = table.trailing;
    return NULL;
}

struct ph_error *ph_authenticode(const struct ph_pe *pe, const struct ph_trust_store *store,
                                 const struct ph_catalogs *catalogs, struct ph_identity *identity)
{
    PH_GUARD(check_fini)
    struct check check = {.pe = pe, .store = store, .catalogs = catalogs, .known = identity};
    PH_GUARD(ph_identity_fini) struct ph_identity found = {.trust = PH_TRUST_UNCHECKED};

    PH_TRY(check_file(&check, &found));
    ph_free(identity->sentence);
    ph_free(identity->catalog);
    ph_free(identity->publisher);
    ph_signature_list_fini(&identity->signatures);
    identity->trust = found.trust;
    identity->sentence = ph_steal(found.sentence);
    identity->catalog = ph_steal(found.catalog);
    identity->publisher = ph_steal(found.publisher);
    identity->trailing_bytes = found.trailing_bytes;
    identity->signatures = check.signatures;
    check.signatures = (struct ph_signature_list){0};
    return NULL;
}
