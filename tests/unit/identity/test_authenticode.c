/* identity/authenticode on files that are signed here: what each flaw makes of the verdict, time
 * stamps, nested signatures, and that no change of a bit or a length is taken for sound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "identity/authenticode.h"
#include "image/pe_hash.h"
#include "unit/identity/sign_build.h"
#include "unit/image/pe_build.h"

enum cast { ROOT, LEAF, STAMPS, STAMPER, OTHER, STRANGER, TLS, BELOW_LEAF, WHQL, LIFE, ODD, CAST };

static struct authority cast[CAST];
static struct ph_trust_store *store;
static struct pe_build build;

static int make_cast(void **state)
{
    static const struct {
        struct recipe recipe;
        enum cast issuer; /* itself: a root */
    } RECIPES[CAST] = {
        [ROOT] = {{"Root", NULL, true, false, IN_2010, IN_2030, 1}, ROOT},
        [LEAF] = {{"Leaf", "codeSigning", false, false, IN_2015, IN_2020, 2}, ROOT},
        [STAMPS] = {{"Stamps", NULL, true, false, IN_2010, IN_2030, 1}, STAMPS},
        [STAMPER] = {{"Stamper", "critical,timeStamping", false, false, IN_2010, IN_2030, 2},
                     STAMPS},
        [OTHER] = {{"Other", NULL, true, false, IN_2010, IN_2030, 1}, OTHER},
        [STRANGER] = {{"Stranger", "codeSigning", false, false, IN_2015, IN_2020, 2}, OTHER},
        [TLS] = {{"Server", "serverAuth", false, false, IN_2015, IN_2020, 3}, ROOT},
        [BELOW_LEAF] = {{"Below", "codeSigning", false, false, IN_2015, IN_2020, 4}, LEAF},
        [WHQL] = {{"Own", "codeSigning,1.3.6.1.4.1.311.10.3.5", false, false, IN_2015, IN_2020, 5},
                  ROOT},
        [LIFE] = {{"Life", "codeSigning,1.3.6.1.4.1.311.10.3.13", false, false, IN_2015, IN_2020,
                   6},
                  ROOT},
        [ODD] = {{"Wide", "codeSigning", false, true, IN_2015, IN_2020, -77}, ROOT},
    };

    (void)state;
    for (size_t i = 0; i < CAST; i++)
        cast[i] = authority_new(&RECIPES[i].recipe,
                                RECIPES[i].issuer == i ? NULL : &cast[RECIPES[i].issuer]);
    return 0;
}

static int free_cast(void **state)
{
    (void)state;
    for (size_t i = 0; i < CAST; i++)
        authority_free(&cast[i]);
    return 0;
}

static int open_store(void **state)
{
    (void)state;
    assert_null(ph_trust_store_new(&store));
    trust(store, &cast[ROOT]);
    trust(store, &cast[STAMPS]);
    ph_trust_store_set_now(store, IN_2018);
    build_pe(&build, PH_PE_X64);
    for (size_t i = 0; i < 0x1000; i++)
        build.bytes[PE_HEADERS_SIZE + i] = (uint8_t)(i * 7);
    return 0;
}

static int close_store(void **state)
{
    (void)state;
    ph_trust_store_free(store);
    return 0;
}

/* --- making --- */

struct options {
    enum cast who;
    const struct authority *const *bag; /* NULL: the signer alone */
    enum cast stamper;                  /* ROOT = no time stamp */
    bool legacy;
    int64_t stamped_s;
    struct ph_slice stamped; /* what is stamped, when not the signature */
    struct ph_slice more;    /* signed attributes */
    struct ph_slice extras;
    struct ph_slice algorithm; /* of the file's hash; empty = SHA-256 */
    bool wrong_hash, two_signers;
    enum ph_digest_kind kind;
};

static struct ph_digest_sum hash_of_file(enum ph_digest_kind kind)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    struct ph_digest_sum sum;

    assert_null(ph_pe_parse("x.sys", build_file(&build), &pe));
    assert_null(ph_pe_image_hash(&pe, kind, false, &sum));
    return sum;
}

static void add_stamp(const struct options *options, struct ph_slice value, struct ph_text *extras)
{
    const struct authority *const bag[] = {&cast[options->stamper], NULL};
    struct ph_slice stamped = options->stamped.size ? options->stamped : value;

    if (options->stamper == ROOT)
        return;
    if (options->legacy)
        make_legacy_stamp(&cast[options->stamper], stamped, options->stamped_s, extras);
    else
        make_token(&cast[options->stamper], bag, stamped, options->stamped_s, extras);
}

/* The PKCS #7 structure for the file as it is in `build`. */
static struct ph_text sign(const struct options *options)
{
    const struct authority *const alone[] = {
        &cast[options->who], options->legacy ? &cast[options->stamper] : NULL, NULL};
    bool sha1 = options->algorithm.size && ph_slice_same(options->algorithm, SHA1_OID);
    struct ph_digest_sum hash = hash_of_file(sha1 ? PH_DIGEST_SHA1 : PH_DIGEST_SHA256);
    struct ph_text claim = {0}, whole = {0}, signer = {0}, value = {0}, extras = {0}, out = {0};

    hash.bytes[0] = (uint8_t)(hash.bytes[0] ^ options->wrong_hash);
    make_claim(options->algorithm.size ? options->algorithm : SHA256_OID,
               (struct ph_slice){(char *)hash.bytes, hash.size}, &claim);
    struct signing signing = {
        .who = &cast[options->who],
        .type = PH_OID_INDIRECT_DATA,
        .content = {claim.data, claim.size},
        .more = options->more,
    };
    /* ECDSA signs differently each time: the stamp must be of the signature that stands here */
    make_signer(&signing, &signer, &value);
    add_stamp(options, (struct ph_slice){value.data, value.size}, &extras);
    ph_text_add(&extras, options->extras.data, options->extras.size);
    if (extras.size) {
        struct ph_slice rest = {signer.data, signer.size};
        struct ph_der outer;
        struct ph_text info = {0};
        assert_true(ph_der_take(&rest, PH_DER_SEQUENCE, &outer));
        ph_text_add(&info, outer.content.data, outer.content.size);
        der_move(&info, PH_DER_CONTEXT_OUTER + 1, &extras);
        ph_text_clear(&signer);
        der_move(&signer, PH_DER_SEQUENCE, &info);
    }
    if (options->two_signers) {
        ph_autofree char *copy = ph_memdup(signer.data, signer.size);
        ph_text_add(&signer, copy, signer.size);
    }
    der_put(&whole, PH_DER_SEQUENCE, claim.data, claim.size);
    make_pkcs7(PH_OID_INDIRECT_DATA, (struct ph_slice){whole.data, whole.size},
               (struct ph_slice){signer.data, signer.size}, options->bag ? options->bag : alone,
               &out);
    ph_text_fini(&claim);
    ph_text_fini(&whole);
    ph_text_fini(&signer);
    ph_text_fini(&value);
    ph_text_fini(&extras);
    return out;
}

/* The file with this certificate table entry behind it; owned. */
static char *attach(struct ph_slice signature, size_t *size)
{
    uint32_t entry = (uint32_t)(8 + signature.size), table = (entry + 7) & ~7u;
    char *file = ph_zalloc(PE_FILE_SIZE + table, 1);

    assert_non_null(file);
    put_directory(&build, PH_PE_CERTIFICATE, PE_FILE_SIZE, table);
    memcpy(file, build.bytes, PE_FILE_SIZE);
    for (int i = 0; i < 4; i++)
        file[PE_FILE_SIZE + i] = (char)(entry >> 8 * i);
    file[PE_FILE_SIZE + 5] = 2;
    file[PE_FILE_SIZE + 6] = 2;
    memcpy(file + PE_FILE_SIZE + 8, signature.data, signature.size);
    *size = PE_FILE_SIZE + table;
    return file;
}

static struct ph_identity check_file(const char *file, size_t size)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    struct ph_identity identity = {0};

    assert_null(ph_pe_parse("x.sys", (struct ph_slice){file, size}, &pe));
    assert_null(ph_authenticode(&pe, store, NULL, &identity));
    assert_non_null(identity.sentence);
    return identity;
}

static struct ph_identity check_bytes(struct ph_slice signature)
{
    size_t size;
    ph_autofree char *file = attach(signature, &size);

    return check_file(file, size);
}

static struct ph_identity check_signed(const struct options *options)
{
    PH_GUARD(ph_text_fini) struct ph_text signature = sign(options);

    return check_bytes((struct ph_slice){signature.data, signature.size});
}

static void expect(const struct options *options, enum ph_trust trust, const char *words)
{
    PH_GUARD(ph_identity_fini) struct ph_identity identity = check_signed(options);

    if (identity.trust != trust || !strstr(identity.sentence, words))
        print_message("%s: %s\n", ph_trust_id(identity.trust), identity.sentence);
    assert_int_equal(identity.trust, trust);
    assert_non_null(strstr(identity.sentence, words));
}

/* --- tests --- */

static void plain(void **state)
{
    (void)state;
    PH_GUARD(ph_identity_fini)
    struct ph_identity identity = check_signed(&(struct options){.who = LEAF});

    assert_int_equal(identity.trust, PH_TRUST_TRUSTED);
    assert_string_equal(identity.publisher, "Leaf");
    assert_int_equal(identity.signatures.count, 1);
    const struct ph_signature *signature = &identity.signatures.items[0];
    assert_int_equal(signature->digest, PH_DIGEST_SHA256);
    assert_int_equal(signature->stamp, PH_STAMP_NONE);
    assert_int_equal(signature->signers.count, 2);
    assert_string_equal(signature->signers.items[0].subject, "Leaf");
    assert_string_equal(signature->signers.items[0].issuer, "Root");
    assert_string_equal(signature->signers.items[0].organisation, "Test");
    assert_string_equal(signature->signers.items[0].serial, "02");
    assert_string_equal(signature->signers.items[0].algorithm, "sha256ECDSA");
    assert_string_equal(signature->signers.items[0].usages, "Code Signing");
    assert_int_equal(signature->signers.items[0].valid_from_s, IN_2015);
    assert_int_equal(signature->signers.items[0].valid_to_s, IN_2020);
    assert_string_equal(signature->signers.items[0].status, "Valid");
    assert_null(signature->signers.items[1].usages);
    assert_string_equal(signature->chain_end, "Root");
}

static void roots(void **state)
{
    const struct authority *const whole[] = {&cast[STRANGER], &cast[OTHER], NULL};

    (void)state;
    expect(&(struct options){.who = STRANGER}, PH_TRUST_UNANCHORED,
           "chain ends at Other, not anchored: that root is not at hand");
    expect(&(struct options){.who = STRANGER, .bag = whole}, PH_TRUST_UNANCHORED,
           "chain ends at Other, not anchored: that root is not among the trusted");
    /* a certificate that is no root anchors nothing */
    trust(store, &cast[STRANGER]);
    expect(&(struct options){.who = STRANGER}, PH_TRUST_UNANCHORED, "not at hand");
    trust(store, &cast[OTHER]);
    expect(&(struct options){.who = STRANGER}, PH_TRUST_TRUSTED, "chain ends at Other, which is");
}

static void times(void **state)
{
    const struct options plain_one = {.who = LEAF};

    (void)state;
    ph_trust_store_set_now(store, IN_2022);
    expect(&plain_one, PH_TRUST_EXPIRED, "expired on 2020-01-01, and no time stamp");
    ph_trust_store_set_now(store, IN_2010);
    expect(&plain_one, PH_TRUST_EXPIRED, "is not valid before 2015-01-01");
}

static void stamps(void **state)
{
    (void)state;
    ph_trust_store_set_now(store, IN_2022);
    for (int legacy = 0; legacy < 2; legacy++) {
        struct options options = {
            .who = LEAF, .stamper = STAMPER, .legacy = legacy, .stamped_s = IN_2018};
        PH_GUARD(ph_identity_fini) struct ph_identity identity = check_signed(&options);
        assert_int_equal(identity.trust, PH_TRUST_TRUSTED);
        const struct ph_signature *signature = &identity.signatures.items[0];
        assert_int_equal(signature->signed_s, IN_2018);
        assert_int_equal(signature->stamp, legacy ? PH_STAMP_LEGACY : PH_STAMP_RFC3161);
        assert_null(signature->stamp_sentence);
        assert_int_equal(signature->stampers.count, 2);
        assert_string_equal(signature->signers.items[0].status, "Valid when signed, expired since");
        options.stamped_s = IN_2022 - 5;
        expect(&options, PH_TRUST_EXPIRED,
               "expired on 2020-01-01, and it was signed on 2021-12-31");
        options.stamped_s = IN_2010 + 5;
        expect(&options, PH_TRUST_EXPIRED, "is not valid before 2015-01-01, and it was signed on");
        options.stamped_s = IN_2018;
        options.who = LIFE;
        expect(&options, PH_TRUST_EXPIRED, "lifetime signing");
    }
}

/* A time stamp that is worth nothing must not save an expired certificate, and says why. */
static void bad_stamp(const struct options *options, const char *words)
{
    PH_GUARD(ph_identity_fini) struct ph_identity identity = check_signed(options);
    const struct ph_signature *signature = &identity.signatures.items[0];

    assert_int_equal(identity.trust, PH_TRUST_EXPIRED);
    assert_int_equal(signature->signed_s, 0);
    assert_int_not_equal(signature->stamp, PH_STAMP_NONE);
    if (!strstr(signature->stamp_sentence, words))
        print_message("%s\n", signature->stamp_sentence);
    assert_non_null(strstr(signature->stamp_sentence, words));
}

static void bad_stamps(void **state)
{
    (void)state;
    ph_trust_store_set_now(store, IN_2022);
    for (int legacy = 0; legacy < 2; legacy++) {
        struct options options = {
            .who = LEAF, .stamper = STAMPER, .legacy = legacy, .stamped_s = IN_2018};
        options.stamped = (struct ph_slice){"another signature", 17};
        bad_stamp(&options, "of another signature");
        options.stamped.size = 0;
        options.stamper = TLS;
        bad_stamp(&options, "not for time stamps");
        options.stamper = STAMPER;
        options.stamped_s = IN_2010 - 100;
        bad_stamp(&options, "was not valid");
        options.stamped_s = IN_2022 + 100000;
        bad_stamp(&options, "to come");
    }
    struct options absent = {.who = LEAF, .stamper = STAMPER, .legacy = true, .stamped_s = IN_2018};
    absent.bag = (const struct authority *const[]){&cast[LEAF], NULL};
    bad_stamp(&absent, "its certificate is not there");
    struct ph_text garbage = {0};
    der_attribute(&garbage, PH_OID_MS_TIME_STAMP, PH_DER_SEQUENCE, (struct ph_slice){"\5\0", 2});
    struct options odd = {.who = LEAF, .extras = {garbage.data, garbage.size}};
    bad_stamp(&odd, "does not follow its format");
    ph_text_fini(&garbage);
}

/* Whoever has the key of an expired certificate can also make up a stamping authority. */
static void stamp_of_a_stranger(void **state)
{
    struct ph_trust_store *bare;

    (void)state;
    assert_null(ph_trust_store_new(&bare));
    ph_trust_store_free(store);
    store = bare;
    trust(store, &cast[ROOT]);
    ph_trust_store_set_now(store, IN_2022);
    struct options options = {.who = LEAF, .stamper = STAMPER, .stamped_s = IN_2018};
    expect(&options, PH_TRUST_UNANCHORED, "the root of the time stamp, Stamps, is not at hand");
    ph_trust_store_set_now(store, IN_2018 + 10);
    expect(&options, PH_TRUST_TRUSTED, "which is trusted");
    PH_GUARD(ph_identity_fini) struct ph_identity identity = check_signed(&options);
    assert_non_null(strstr(identity.signatures.items[0].stamp_sentence, "not anchored"));
}

static void usages(void **state)
{
    const struct authority *const below[] = {&cast[BELOW_LEAF], &cast[LEAF], NULL};

    (void)state;
    expect(&(struct options){.who = TLS}, PH_TRUST_WRONG_USE,
           "for signing code (it is for: Server");
    PH_GUARD(ph_identity_fini)
    struct ph_identity identity = check_signed(&(struct options){.who = WHQL});
    assert_int_equal(identity.trust, PH_TRUST_TRUSTED);
    assert_false(identity.signatures.items[0].whql);
    assert_non_null(strstr(identity.sentence, "which is not proved"));
    /* issued by a certificate that may not issue any */
    PH_GUARD(ph_identity_fini)
    struct ph_identity under = check_signed(&(struct options){.who = BELOW_LEAF, .bag = below});
    assert_int_equal(under.trust, PH_TRUST_WRONG_USE);
}

static void broken(void **state)
{
    const struct authority *const nobody[] = {&cast[ROOT], NULL};

    (void)state;
    expect(&(struct options){.who = LEAF, .wrong_hash = true}, PH_TRUST_TAMPERED,
           "changed after Leaf signed it: its SHA256 is not");
    expect(&(struct options){.who = LEAF, .bag = nobody}, PH_TRUST_UNCHECKED,
           "certificate of its signer is not in it");
    expect(&(struct options){.who = LEAF, .two_signers = true}, PH_TRUST_MALFORMED, "2 signers");
    expect(&(struct options){.who = LEAF, .algorithm = SHA1_OID}, PH_TRUST_MALFORMED,
           "is by SHA256, but names the file by SHA1");
    expect(&(struct options){.who = LEAF, .algorithm = {"\x2a\x03", 2}}, PH_TRUST_UNCHECKED,
           "not known here");
    build.bytes[PE_HEADERS_SIZE]++;
    PH_GUARD(ph_text_fini) struct ph_text signature = sign(&(struct options){.who = LEAF});
    build.bytes[PE_HEADERS_SIZE]--;
    PH_GUARD(ph_identity_fini)
    struct ph_identity identity = check_bytes((struct ph_slice){signature.data, signature.size});
    assert_int_equal(identity.trust, PH_TRUST_TAMPERED);
    assert_string_equal(identity.publisher, "Leaf");
}

static void odd_names(void **state)
{
    struct ph_text more = {0}, name = {0}, part = {0};

    (void)state;
    der_put(&name, PH_DER_CONTEXT, "\0P\0\xe9\0\n", 6); /* UTF-16 */
    der_move(&part, PH_DER_CONTEXT_OUTER, &name);
    der_put(&name, PH_DER_CONTEXT, "https://x/\0", 11);
    der_move(&part, PH_DER_CONTEXT_OUTER + 1, &name);
    der_attribute(&more, PH_OID_OPUS_INFO, PH_DER_SEQUENCE,
                  (struct ph_slice){part.data, part.size});
    struct options options = {.who = ODD, .more = {more.data, more.size}};
    PH_GUARD(ph_identity_fini) struct ph_identity identity = check_signed(&options);
    assert_int_equal(identity.trust, PH_TRUST_TRUSTED);
    assert_string_equal(identity.publisher, "Wide");
    assert_string_equal(identity.signatures.items[0].program, "P\xc3\xa9\\x0a");
    assert_string_equal(identity.signatures.items[0].url, "https://x/");
    assert_string_equal(identity.signatures.items[0].signers.items[0].serial, "b3");
    ph_text_fini(&more);
    ph_text_fini(&part);
}

static struct ph_text nest(const struct options *outer, struct ph_slice inner)
{
    struct ph_text extras = {0};
    struct options options = *outer;

    der_attribute(&extras, PH_OID_NESTED, 0, inner);
    options.extras = (struct ph_slice){extras.data, extras.size};
    struct ph_text out = sign(&options);
    ph_text_fini(&extras);
    return out;
}

static void nested(void **state)
{
    (void)state;
    PH_GUARD(ph_text_fini) struct ph_text inner = sign(&(struct options){.who = LEAF});
    PH_GUARD(ph_text_fini)
    struct ph_text outer =
        nest(&(struct options){.who = STRANGER}, (struct ph_slice){inner.data, inner.size});
    PH_GUARD(ph_identity_fini)
    struct ph_identity identity = check_bytes((struct ph_slice){outer.data, outer.size});
    assert_int_equal(identity.signatures.count, 2);
    assert_int_equal(identity.signatures.items[0].trust, PH_TRUST_UNANCHORED);
    assert_true(identity.signatures.items[1].nested);
    assert_int_equal(identity.signatures.items[1].trust, PH_TRUST_TRUSTED);
    assert_int_equal(identity.trust, PH_TRUST_TRUSTED);
    assert_string_equal(identity.publisher, "Leaf");
}

/* Keys and certificates of sizes that nobody uses take long, and are not even looked at. */
static void absurd_sizes(void **state)
{
    char *name = ph_zalloc(70001, 1);
    struct recipe recipe = {name, "codeSigning", false, false, IN_2015, IN_2020, 9};
    struct authority kept = cast[STRANGER];

    (void)state;
    memset(name, 'x', 60);
    cast[STRANGER] = authority_new(&recipe, &cast[ROOT]);
    expect(&(struct options){.who = STRANGER}, PH_TRUST_TRUSTED, "intact");
    ASN1_OCTET_STRING *large = ASN1_OCTET_STRING_new();
    memset(name, 'x', 70000);
    ASN1_OCTET_STRING_set(large, (unsigned char *)name, 70000);
    X509_EXTENSION *extension = X509_EXTENSION_create_by_NID(NULL, NID_netscape_comment, 0, large);
    X509_add_ext(cast[STRANGER].x509, extension, -1);
    X509_sign(cast[STRANGER].x509, cast[ROOT].key, EVP_sha256());
    OPENSSL_free(cast[STRANGER].der);
    cast[STRANGER].der = NULL;
    cast[STRANGER].size = (size_t)i2d_X509(cast[STRANGER].x509, &cast[STRANGER].der);
    expect(&(struct options){.who = STRANGER}, PH_TRUST_UNCHECKED, "not known here");
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(large);
    authority_free(&cast[STRANGER]);
    cast[STRANGER] = kept;
    ph_free(name);
}

/* A signature within a signature within ... is looked at only so far. */
static void nested_deep(void **state)
{
    struct ph_text whole = sign(&(struct options){.who = LEAF});

    (void)state;
    for (int i = 0; i < 30; i++) {
        struct ph_text next =
            nest(&(struct options){.who = LEAF}, (struct ph_slice){whole.data, whole.size});
        ph_text_fini(&whole);
        whole = next;
    }
    PH_GUARD(ph_identity_fini)
    struct ph_identity identity = check_bytes((struct ph_slice){whole.data, whole.size});
    assert_int_equal(identity.trust, PH_TRUST_TRUSTED);
    assert_int_equal(identity.signatures.count, 16);
    ph_text_fini(&whole);
}

static void beside(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text signature = sign(&(struct options){.who = LEAF});
    size_t size;

    (void)state;
    /* appended to the file */
    ph_autofree char *file = attach((struct ph_slice){signature.data, signature.size}, &size);
    ph_autofree char *longer = ph_zalloc(size + 9, 1);
    memcpy(longer, file, size);
    PH_GUARD(ph_identity_fini) struct ph_identity appended = check_file(longer, size + 9);
    assert_int_equal(appended.trust, PH_TRUST_TAMPERED);
    assert_int_equal(appended.trailing_bytes, 9);
    assert_non_null(strstr(appended.sentence, "9 bytes were appended"));
    /* cut */
    PH_GUARD(ph_identity_fini) struct ph_identity cut = check_file(file, size - 1);
    assert_int_equal(cut.trust, PH_TRUST_CUT_SHORT);
    /* within the entry of the table, where padding belongs */
    ph_text_add(&signature, "\0\0hidden", 8);
    PH_GUARD(ph_identity_fini)
    struct ph_identity hidden = check_bytes((struct ph_slice){signature.data, signature.size});
    assert_int_equal(hidden.trust, PH_TRUST_TRUSTED);
    assert_non_null(strstr(hidden.sentence, "bytes that nobody signed"));
    /* no reference to the table any more */
    memset(file + build_directories(&build) + 8 * (size_t)PH_PE_CERTIFICATE, 0, 8);
    PH_GUARD(ph_identity_fini) struct ph_identity stripped = check_file(file, size);
    assert_int_equal(stripped.trust, PH_TRUST_STRIPPED);
    assert_int_equal(stripped.signatures.items[0].trust, PH_TRUST_STRIPPED);
    assert_non_null(strstr(stripped.signatures.items[0].sentence, "signature intact"));
    assert_null(stripped.publisher);
}

/* Whatever bit is turned, no other signer and no other file come out trusted. */
static void turned_bits(void **state)
{
    struct options options = {.who = LEAF, .stamper = STAMPER, .stamped_s = IN_2018};
    PH_GUARD(ph_text_fini) struct ph_text signature = sign(&options);
    size_t size, still = 0;
    ph_autofree char *file = attach((struct ph_slice){signature.data, signature.size}, &size);

    (void)state;
    for (size_t at = PE_FILE_SIZE + 8; at < size; at++) {
        file[at] ^= (char)(1 << at % 8);
        PH_GUARD(ph_identity_fini) struct ph_identity identity = check_file(file, size);
        file[at] ^= (char)(1 << at % 8);
        if (identity.trust != PH_TRUST_TRUSTED)
            continue;
        still++;
        assert_string_equal(identity.publisher, "Leaf");
    }
    /* not signed by anybody: versions, the set of algorithms, the time stamp, padding */
    assert_in_range(still, 1, signature.size * 2 / 3);
    for (size_t at = 0; at < PE_FILE_SIZE; at += 13) {
        file[at] ^= 4;
        PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
        PH_GUARD(ph_identity_fini) struct ph_identity identity = {0};
        struct ph_error *error = ph_pe_parse("x.sys", (struct ph_slice){file, size}, &pe);
        if (!error) {
            assert_null(ph_authenticode(&pe, store, NULL, &identity));
            size_t directory = build_directories(&build) + 8 * (size_t)PH_PE_CERTIFICATE;
            if (at < pe.checksum_offset || (at >= pe.checksum_offset + 4 && at < directory) ||
                at >= directory + 8)
                assert_int_not_equal(identity.trust, PH_TRUST_TRUSTED);
        }
        ph_error_free(error);
        file[at] ^= 4;
    }
}

static void cut_signatures(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text signature = sign(&(struct options){.who = LEAF});

    (void)state;
    for (size_t size = 0; size < signature.size; size++) {
        PH_GUARD(ph_identity_fini)
        struct ph_identity identity = check_bytes((struct ph_slice){signature.data, size});
        assert_int_equal(identity.trust, PH_TRUST_MALFORMED);
    }
}

static void short_of_memory(void **state)
{
    struct options options = {.who = LEAF, .stamper = STAMPER, .stamped_s = IN_2018};
    PH_GUARD(ph_text_fini) struct ph_text inner = sign(&options);
    PH_GUARD(ph_text_fini)
    struct ph_text outer = nest(&options, (struct ph_slice){inner.data, inner.size});
    size_t size;
    ph_autofree char *file = attach((struct ph_slice){outer.data, outer.size}, &size);
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    long asked = 0;

    (void)state;
    assert_null(ph_pe_parse("x.sys", (struct ph_slice){file, size}, &pe));
    for (bool done = false; !done; asked++) {
        PH_GUARD(ph_identity_fini) struct ph_identity identity = {.trust = PH_TRUST_REVOKED};
        ph_mem_fail_after(asked);
        struct ph_error *error = ph_authenticode(&pe, store, NULL, &identity);
        ph_mem_fail_after(-1);
        done = !error;
        assert_int_equal(identity.trust, done ? PH_TRUST_TRUSTED : PH_TRUST_REVOKED);
        if (error)
            assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
    }
    assert_in_range(asked, 20, 2000);
}

static void stores(void **state)
{
    struct ph_error *error = ph_trust_store_add(store, "x.pem", (struct ph_slice){"nonsense", 8});

    (void)state;
    assert_string_equal(error->text, "x.pem: no certificate in it (neither DER nor PEM)");
    assert_int_equal(error->code, PH_ERR_FORMAT);
    ph_error_free(error);
    assert_int_equal(ph_trust_store_count(store), 2);
    trust(store, &cast[ROOT]); /* twice */
    assert_int_equal(ph_trust_store_count(store), 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)
    const struct CMUnitTest tests[] = {
        TEST(plain),       TEST(roots),          TEST(times),
        TEST(stamps),      TEST(bad_stamps),     TEST(stamp_of_a_stranger),
        TEST(usages),      TEST(broken),         TEST(odd_names),
        TEST(nested),      TEST(nested_deep),    TEST(beside),
        TEST(turned_bits), TEST(cut_signatures), TEST(short_of_memory),
        TEST(stores),      TEST(absurd_sizes),
    };

    return cmocka_run_group_tests(tests, make_cast, free_cast);
}
