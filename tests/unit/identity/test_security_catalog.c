/* identity/security_catalog: members by hash and by tag, several catalogs for one file, made-up
 * ones with very many members, and what is no catalog. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/os.h"
#include "identity/authenticode.h"
#include "identity/security_catalog.h"
#include "image/pe_hash.h"
#include "unit/identity/sign_build.h"
#include "unit/image/pe_build.h"

static struct authority root, good, stranger;
static struct ph_trust_store *store;
static struct ph_catalogs *catalogs;
static struct pe_build build;

static int make_cast(void **state)
{
    const struct recipe is_root = {"Root", NULL, true, false, IN_2010, IN_2030, 1};
    const struct recipe is_good = {"Good", "codeSigning", false, false, IN_2010, IN_2030, 2};
    const struct recipe is_stranger = {"Who", "codeSigning", false, false, IN_2010, IN_2030, 3};

    (void)state;
    root = authority_new(&is_root, NULL);
    good = authority_new(&is_good, &root);
    stranger = authority_new(&is_stranger, NULL);
    return 0;
}

static int free_cast(void **state)
{
    (void)state;
    authority_free(&root);
    authority_free(&good);
    authority_free(&stranger);
    return 0;
}

static int open_both(void **state)
{
    (void)state;
    assert_null(ph_trust_store_new(&store));
    assert_null(ph_catalogs_new(&catalogs));
    trust(store, &root);
    ph_trust_store_set_now(store, IN_2020);
    build_pe(&build, PH_PE_X64);
    return 0;
}

static int close_both(void **state)
{
    (void)state;
    ph_trust_store_free(store);
    ph_catalogs_free(catalogs);
    return 0;
}

/* --- making --- */

static void add_member(struct ph_text *members, struct ph_slice tag, struct ph_slice algorithm,
                       struct ph_slice hash)
{
    struct ph_text subject = {0}, attributes = {0}, claim = {0};

    der_slice(&subject, PH_DER_OCTETS, tag);
    if (hash.size) {
        make_claim(algorithm, hash, &claim);
        der_attribute(&attributes, PH_OID_INDIRECT_DATA, PH_DER_SEQUENCE,
                      (struct ph_slice){claim.data, claim.size});
    }
    der_move(&subject, PH_DER_SET, &attributes);
    der_move(members, PH_DER_SEQUENCE, &subject);
    ph_text_fini(&claim);
}

static struct ph_text make_catalog(const struct authority *who, struct ph_slice members)
{
    const struct authority *const bag[] = {who, NULL};
    struct ph_text list = {0}, usage = {0}, whole = {0}, signer = {0}, out = {0};

    der_slice(&usage, PH_DER_OID, PH_OID_CATALOG_LIST);
    der_move(&list, PH_DER_SEQUENCE, &usage);
    der_put(&list, PH_DER_OCTETS, "0123456789abcdef", 16);
    der_put(&list, PH_DER_UTC_TIME, "161101000000Z", 13);
    der_algorithm(&list, (struct ph_slice){PH_OID_MICROSOFT "\x0c\x01\x02", 10});
    der_slice(&list, PH_DER_SEQUENCE, members);
    struct signing signing = {.who = who, .type = PH_OID_CTL, .content = {list.data, list.size}};
    make_signer(&signing, &signer, NULL);
    der_move(&whole, PH_DER_SEQUENCE, &list);
    make_pkcs7(PH_OID_CTL, (struct ph_slice){whole.data, whole.size},
               (struct ph_slice){signer.data, signer.size}, bag, &out);
    ph_text_fini(&whole);
    ph_text_fini(&signer);
    return out;
}

static struct ph_digest_sum hash_of_file(enum ph_digest_kind kind, bool padded)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    struct ph_digest_sum sum;

    assert_null(ph_pe_parse("x.sys", build_file(&build), &pe));
    assert_null(ph_pe_image_hash(&pe, kind, padded, &sum));
    return sum;
}

static void add_catalog(const char *path, const struct authority *who, struct ph_text *members)
{
    PH_GUARD(ph_text_fini)
    struct ph_text bytes = make_catalog(who, (struct ph_slice){members->data, members->size});

    assert_true(ph_catalog_probe((struct ph_slice){bytes.data, bytes.size}));
    assert_null(ph_catalogs_add(catalogs, path, (struct ph_slice){bytes.data, bytes.size}));
    memset(bytes.data, 0, bytes.size); /* what is needed is copied */
    ph_text_fini(members);
}

/* A catalog that knows the file as it is in `build`, by hash. */
static void add_knowing(const char *path, const struct authority *who, enum ph_digest_kind kind,
                        bool padded)
{
    struct ph_digest_sum sum = hash_of_file(kind, padded);
    struct ph_text members = {0};

    add_member(&members, (struct ph_slice){"tag", 3},
               kind == PH_DIGEST_SHA1 ? SHA1_OID : SHA256_OID,
               (struct ph_slice){(char *)sum.bytes, sum.size});
    add_catalog(path, who, &members);
}

static struct ph_identity check_file(void)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    struct ph_identity identity = {0};

    assert_null(ph_pe_parse("x.sys", build_file(&build), &pe));
    assert_null(ph_authenticode(&pe, store, catalogs, &identity));
    return identity;
}

static void expect(enum ph_trust trust, const char *catalog, const char *words)
{
    PH_GUARD(ph_identity_fini) struct ph_identity identity = check_file();

    assert_int_equal(identity.trust, trust);
    assert_non_null(strstr(identity.sentence, words));
    if (catalog)
        assert_string_equal(identity.catalog, catalog);
    else
        assert_null(identity.catalog);
}

/* --- tests --- */

static void by_hash(void **state)
{
    (void)state;
    expect(PH_TRUST_UNSIGNED, NULL, "no catalog to look it up in");
    add_knowing("a.cat", &good, PH_DIGEST_SHA256, true);
    expect(PH_TRUST_TRUSTED, "a.cat", "listed in a catalog: signature intact");
    build.bytes[PE_HEADERS_SIZE]++;
    expect(PH_TRUST_UNSIGNED, NULL, "none of the 1 catalog looked at");
    add_knowing("b.cat", &good, PH_DIGEST_SHA1, true);
    expect(PH_TRUST_TRUSTED, "b.cat", "signature intact");
    build.size += 3; /* the hash with and without padding differs from here on */
    add_knowing("c.cat", &good, PH_DIGEST_SHA256, false);
    expect(PH_TRUST_TRUSTED, "c.cat", "signature intact");
    build.bytes[build.size - 1]++;
    add_knowing("d.cat", &good, PH_DIGEST_SHA256, true);
    expect(PH_TRUST_TRUSTED, "d.cat", "signature intact");
    assert_int_equal(ph_catalogs_members(catalogs), 4);
}

static void by_tag(void **state)
{
    struct ph_digest_sum sum = hash_of_file(PH_DIGEST_SHA1, true);
    struct ph_text members = {0}, tag = {0};

    (void)state;
    for (size_t i = 0; i < sum.size; i++) {
        static const char DIGITS[] = "0123456789ABCDEF";
        const char wide[] = {DIGITS[sum.bytes[i] >> 4], 0, DIGITS[sum.bytes[i] & 15], 0};
        ph_text_add(&tag, wide, sizeof(wide));
    }
    ph_text_add(&tag, "\0", 2);
    add_member(&members, (struct ph_slice){tag.data, tag.size}, SHA1_OID, (struct ph_slice){"", 0});
    ph_text_fini(&tag);
    add_catalog("tag.cat", &good, &members);
    expect(PH_TRUST_TRUSTED, "tag.cat", "signature intact");
    build.bytes[PE_HEADERS_SIZE]++;
    expect(PH_TRUST_UNSIGNED, NULL, "none of the");
    sum = hash_of_file(PH_DIGEST_SHA256, true); /* as bytes */
    add_member(&members, (struct ph_slice){(char *)sum.bytes, sum.size}, SHA1_OID,
               (struct ph_slice){"", 0});
    add_catalog("bytes.cat", &good, &members);
    expect(PH_TRUST_TRUSTED, "bytes.cat", "signature intact");
}

/* Of several catalogs the best counts, whatever the order. */
static void several(void **state)
{
    (void)state;
    add_knowing("a.cat", &stranger, PH_DIGEST_SHA256, true);
    expect(PH_TRUST_UNANCHORED, "a.cat", "not among the trusted");
    add_knowing("b.cat", &good, PH_DIGEST_SHA256, true);
    add_knowing("c.cat", &stranger, PH_DIGEST_SHA256, true);
    expect(PH_TRUST_TRUSTED, "b.cat", "listed");
    PH_GUARD(ph_identity_fini) struct ph_identity identity = check_file();
    assert_int_equal(identity.signatures.count, 1);
    assert_string_equal(identity.signatures.items[0].catalog, "b.cat");
    assert_int_equal(identity.signatures.items[0].digest, PH_DIGEST_SHA256);
}

/* A member that was written into a catalog after it was signed. */
static void forged(void **state)
{
    struct ph_digest_sum sum = hash_of_file(PH_DIGEST_SHA256, true);
    struct ph_text members = {0};
    char other[32] = "a hash of some other file.......";

    (void)state;
    add_member(&members, (struct ph_slice){"tag", 3}, SHA256_OID, (struct ph_slice){other, 32});
    PH_GUARD(ph_text_fini)
    struct ph_text bytes = make_catalog(&good, (struct ph_slice){members.data, members.size});
    char *at = memmem(bytes.data, bytes.size, other, 32);
    assert_non_null(at);
    memcpy(at, sum.bytes, 32);
    assert_null(ph_catalogs_add(catalogs, "f.cat", (struct ph_slice){bytes.data, bytes.size}));
    expect(PH_TRUST_BAD_SIGNATURE, "f.cat", "the signature of Good is not of what it stands with");
    ph_text_fini(&members);
}

/* 300,000 members, one hash 50,000 times, hashes that agree in their first bytes: a table that
 * walked over equal ones would take minutes. */
static void very_many(void **state)
{
    struct ph_text members = {0};
    struct ph_digest_sum sum = hash_of_file(PH_DIGEST_SHA256, true);
    uint8_t hash[32] = {0};
    int64_t start = ph_cpu_ns();

    (void)state;
    for (uint32_t i = 0; i < 250000; i++) {
        memcpy(hash + 16, &i, sizeof(i));
        struct ph_text subject = {0};
        der_put(&subject, PH_DER_OCTETS, hash, sizeof(hash));
        der_move(&members, PH_DER_SEQUENCE, &subject);
    }
    for (uint32_t i = 0; i < 50000; i++)
        ph_text_add(&members, "\x30\x16\x04\x14same same same same ", 24);
    add_member(&members, (struct ph_slice){"tag", 3}, SHA256_OID,
               (struct ph_slice){(char *)sum.bytes, sum.size});
    add_catalog("many.cat", &good, &members);
    assert_int_equal(ph_catalogs_members(catalogs), 250002);
    expect(PH_TRUST_TRUSTED, "many.cat", "intact");
    assert_in_range((uint64_t)(ph_cpu_ns() - start), 0, (uint64_t)(20 * PH_SECOND));
}

static void refused(struct ph_slice bytes, const char *words)
{
    struct ph_error *error = ph_catalogs_add(catalogs, "x.cat", bytes);

    assert_non_null(error);
    assert_int_equal(error->code, PH_ERR_FORMAT);
    assert_non_null(strstr(error->text, "x.cat: "));
    assert_non_null(strstr(error->text, words));
    ph_error_free(error);
}

static void no_catalogs(void **state)
{
    const struct authority *const bag[] = {&good, NULL};
    struct ph_text signer = {0}, bytes = {0};
    struct signing signing = {.who = &good, .type = PH_OID_DATA, .content = {"x", 1}};

    (void)state;
    refused((struct ph_slice){"", 0}, "byte 0");
    refused((struct ph_slice){"MZ nonsense", 11}, "byte 0");
    assert_false(ph_catalog_probe((struct ph_slice){"MZ nonsense", 11}));
    make_signer(&signing, &signer, NULL);
    make_pkcs7(PH_OID_DATA, (struct ph_slice){"\4\1x", 3},
               (struct ph_slice){signer.data, signer.size}, bag, &bytes);
    refused((struct ph_slice){bytes.data, bytes.size}, "no security catalog");
    ph_text_clear(&bytes);
    make_pkcs7(PH_OID_CTL, (struct ph_slice){"\4\1x", 3},
               (struct ph_slice){signer.data, signer.size}, bag, &bytes);
    refused((struct ph_slice){bytes.data, bytes.size}, "does not follow the format");
    assert_int_equal(ph_catalogs_count(catalogs), 0);
    ph_text_fini(&signer);
    ph_text_fini(&bytes);
}

static void cut(void **state)
{
    struct ph_text members = {0};

    (void)state;
    add_member(&members, (struct ph_slice){"tag", 3}, SHA256_OID,
               (struct ph_slice){"01234567890123456789012345678901", 32});
    PH_GUARD(ph_text_fini)
    struct ph_text bytes = make_catalog(&good, (struct ph_slice){members.data, members.size});
    for (size_t size = 0; size < bytes.size; size++) {
        ph_autofree char *copy = ph_alloc(size);
        memcpy(copy, bytes.data, size);
        refused((struct ph_slice){copy, size}, "belongs");
    }
    ph_text_fini(&members);
}

static void short_of_memory(void **state)
{
    struct ph_text members = {0};
    char hash[32] = {0};

    (void)state;
    for (int i = 0; i < 3000; i++) {
        hash[0] = (char)i;
        hash[1] = (char)(i >> 8);
        add_member(&members, (struct ph_slice){"tag", 3}, SHA256_OID, (struct ph_slice){hash, 32});
    }
    PH_GUARD(ph_text_fini)
    struct ph_text bytes = make_catalog(&good, (struct ph_slice){members.data, members.size});
    ph_text_fini(&members);
    add_knowing("a.cat", &good, PH_DIGEST_SHA256, true);
    long asked = 0;
    for (bool done = false; !done; asked++) {
        ph_mem_fail_after(asked);
        struct ph_error *error =
            ph_catalogs_add(catalogs, "b.cat", (struct ph_slice){bytes.data, bytes.size});
        ph_mem_fail_after(-1);
        done = !error;
        if (error)
            assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
        assert_int_equal(ph_catalogs_members(catalogs), done ? 3001 : 1);
        expect(PH_TRUST_TRUSTED, "a.cat", "intact"); /* what was there still is */
    }
    assert_in_range(asked, 5, 100);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_both, close_both)
    const struct CMUnitTest tests[] = {
        TEST(by_hash),   TEST(by_tag),      TEST(several), TEST(forged),
        TEST(very_many), TEST(no_catalogs), TEST(cut),     TEST(short_of_memory),
    };

    return cmocka_run_group_tests(tests, make_cast, free_cast);
}
