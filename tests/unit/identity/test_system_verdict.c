/* What follows from Windows' verdict on a file, beside poolhound's own; no Windows is needed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "identity/system_trust.h"

static const uint32_t NONE = UINT32_MAX; /* the chain was not checked */

struct given {
    enum ph_trust own;
    uint32_t code, chain_code;
    bool own_roots;
    const char *own_catalog, *system_catalog;
};

static struct ph_error *make(const struct given *given, struct ph_identity *identity)
{
    *identity = (struct ph_identity){
        .trust = given->own,
        .sentence = ph_strdup("what was found"),
        .catalog = given->own_catalog ? ph_strdup(given->own_catalog) : NULL,
        .system =
            {
                .asked = true,
                .code = given->code,
                .chain_checked = given->chain_code != NONE,
                .chain_code = given->chain_code == NONE ? 0 : given->chain_code,
                .signer = ph_strdup("Somebody"),
                .catalog = given->system_catalog ? ph_strdup(given->system_catalog) : NULL,
            },
    };
    return ph_system_weigh(identity, given->own_roots);
}

static void assert_has(const char *text, const char *part, const char *what)
{
    if (part ? !text || !strstr(text, part) : text != NULL)
        fail_msg("%s: '%s', wanted '%s'", what, text ? text : "nothing", part ? part : "nothing");
}

static void test_weighing(void **state)
{
    static const struct {
        const char *what;
        struct given given;
        enum ph_trust trust;
        const char *words, *differs, *sentence; /* parts; NULL = there is none, or as it was */
    } CASES[] = {
        {"both trust",
         {PH_TRUST_TRUSTED, 0, 0, false, NULL, NULL},
         PH_TRUST_TRUSTED,
         "trusted, signed by Somebody",
         NULL,
         "what was found"},
        {"Windows knows the root",
         {PH_TRUST_UNANCHORED, 0, 0, false, NULL, NULL},
         PH_TRUST_TRUSTED,
         "trusted",
         NULL,
         "Windows says: trusted"},
        {"a cross-signature stays one",
         {PH_TRUST_CROSS_SIGNED, 0, 0, false, NULL, NULL},
         PH_TRUST_CROSS_SIGNED,
         "trusted",
         NULL,
         "what was found"},
        {"neither knows the root",
         {PH_TRUST_UNANCHORED, 0x800B0109, 0x800B0109, false, NULL, NULL},
         PH_TRUST_UNANCHORED,
         "the root is not trusted here (0x800B0109)",
         NULL,
         "what was found"},
        {"the chain refutes",
         {PH_TRUST_UNANCHORED, 0, 0x800B0109, false, NULL, NULL},
         PH_TRUST_UNANCHORED,
         "but its chain of certificates does not hold: the root is not",
         "the chain counts",
         "what was found"},
        {"the chain refutes both",
         {PH_TRUST_TRUSTED, 0, 0x800B0111, false, NULL, NULL},
         PH_TRUST_REFUSED,
         "distrusted on this machine (0x800B0111)",
         "the chain counts",
         "Windows says: trusted"},
        {"a time stamp that only poolhound counts",
         {PH_TRUST_TRUSTED, 0, 0x800B0101, false, NULL, NULL},
         PH_TRUST_TRUSTED,
         "trusted",
         NULL,
         "what was found"},
        {"expired",
         {PH_TRUST_EXPIRED, 0, 0x800B0101, false, NULL, NULL},
         PH_TRUST_EXPIRED,
         "was not valid",
         "the chain counts",
         "what was found"},
        {"not checked twice",
         {PH_TRUST_EXPIRED, 0, NONE, false, NULL, NULL},
         PH_TRUST_TRUSTED,
         "trusted",
         "what Windows says counts",
         "poolhound finds: what was found"},
        {"revoked",
         {PH_TRUST_TRUSTED, 0x800B010C, 0x800B010C, false, NULL, NULL},
         PH_TRUST_REVOKED,
         "a certificate was revoked (0x800B010C)",
         "what Windows says counts",
         "revoked"},
        {"revoked, and the root is not at hand",
         {PH_TRUST_UNANCHORED, 0x800B010C, NONE, false, NULL, NULL},
         PH_TRUST_REVOKED,
         "revoked",
         NULL,
         "revoked"},
        {"tampered",
         {PH_TRUST_TAMPERED, 0x80096010, NONE, false, NULL, NULL},
         PH_TRUST_TAMPERED,
         "changed after signing (0x80096010)",
         NULL,
         "what was found"},
        {"what was stripped is unsigned to Windows",
         {PH_TRUST_STRIPPED, 0x800B0100, NONE, false, NULL, NULL},
         PH_TRUST_STRIPPED,
         "no signature",
         NULL,
         "what was found"},
        {"unsigned to Windows only",
         {PH_TRUST_TRUSTED, 0x800B0100, NONE, false, NULL, NULL},
         PH_TRUST_UNSIGNED,
         "no signature",
         "what Windows says counts",
         "poolhound finds"},
        {"neither knows a signature",
         {PH_TRUST_UNSIGNED, 0x800B0100, NONE, false, NULL, NULL},
         PH_TRUST_UNSIGNED,
         "no signature",
         NULL,
         "no catalog that is installed here"},
        {"a catalog that is not installed",
         {PH_TRUST_TRUSTED, 0x800B0100, NONE, false, "x.cat", NULL},
         PH_TRUST_TRUSTED,
         "no signature",
         "not installed here",
         "what was found"},
        {"a catalog that is",
         {PH_TRUST_TRUSTED, 0, 0, false, "y.cat", "y.cat"},
         PH_TRUST_TRUSTED,
         "by the catalog y.cat",
         NULL,
         "what was found"},
        {"signed to Windows only",
         {PH_TRUST_UNSIGNED, 0, 0, false, NULL, "y.cat"},
         PH_TRUST_TRUSTED,
         "by the catalog y.cat",
         "what Windows says counts",
         "poolhound finds"},
        {"roots of the user's own",
         {PH_TRUST_TRUSTED, 0x800B0109, 0x800B0109, true, NULL, NULL},
         PH_TRUST_TRUSTED,
         "the root is not trusted here",
         "the roots that were given count",
         "what was found"},
        {"and where both trust",
         {PH_TRUST_TRUSTED, 0, 0, true, NULL, NULL},
         PH_TRUST_TRUSTED,
         "trusted",
         NULL,
         "what was found"},
        {"Windows cannot tell",
         {PH_TRUST_TRUSTED, 0x80092013, NONE, false, NULL, NULL},
         PH_TRUST_TRUSTED,
         "offline (0x80092013)",
         NULL,
         "what was found"},
        {"poolhound cannot tell",
         {PH_TRUST_UNCHECKED, 0, 0, false, NULL, NULL},
         PH_TRUST_TRUSTED,
         "trusted",
         NULL,
         "poolhound finds: what was found"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        PH_GUARD(ph_identity_fini) struct ph_identity identity = {0};
        assert_null(make(&CASES[i].given, &identity));
        if (identity.trust != CASES[i].trust)
            fail_msg("%s: %s, wanted %s", CASES[i].what, ph_trust_id(identity.trust),
                     ph_trust_id(CASES[i].trust));
        assert_has(identity.system.words, CASES[i].words, CASES[i].what);
        assert_has(identity.system.differs, CASES[i].differs, CASES[i].what);
        assert_has(identity.sentence, CASES[i].sentence, CASES[i].what);
    }
}

static void test_codes(void **state)
{
    static const struct {
        uint32_t code;
        enum ph_trust trust;
        const char *words;
    } CODES[] = {
        {0, PH_TRUST_TRUSTED, "trusted"},
        {0x800B0100, PH_TRUST_UNSIGNED, "no signature"},
        {0x80096010, PH_TRUST_TAMPERED, "changed"},
        {0x800B0109, PH_TRUST_UNANCHORED, "root"},
        {0x800B010A, PH_TRUST_UNANCHORED, "no trusted root"},
        {0x800B0101, PH_TRUST_EXPIRED, "not valid"},
        {0x800B010C, PH_TRUST_REVOKED, "revoked"},
        {0x800B0004, PH_TRUST_REFUSED, "not trusted for this"},
        {0x80092026, PH_TRUST_REFUSED, "security settings"},
        {0x80FF1234, PH_TRUST_REFUSED, "refused"},          /* unknown */
        {0x0000007A, PH_TRUST_UNCHECKED, "not be checked"}, /* no HRESULT */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(CODES) / sizeof(CODES[0]); i++) {
        assert_int_equal(ph_system_code_trust(CODES[i].code), CODES[i].trust);
        assert_has(ph_system_code_words(CODES[i].code), CODES[i].words, "words");
    }
}

/* At every allocation that fails there is an error, and nothing is lost. */
static void test_memory(void **state)
{
    struct given given = {PH_TRUST_TRUSTED, 0x800B010C, 0x800B010C, false, NULL, "y.cat"};
    struct ph_error *error = NULL;
    long allowed = 0;

    (void)state;
    do {
        PH_GUARD(ph_identity_fini)
        struct ph_identity identity = {
            .trust = given.own,
            .system = {.asked = true, .code = given.code},
        };
        identity.sentence = ph_strdup("what was found");
        ph_error_free(error);
        ph_mem_fail_after(allowed);
        error = ph_system_weigh(&identity, false);
        ph_mem_fail_after(-1);
        assert_true(!error || error->code == PH_ERR_NOMEM);
        assert_true(++allowed < 100);
    } while (error);
    assert_true(allowed > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weighing),
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
