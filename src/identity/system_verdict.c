/* What Windows says of a signature, in words, held against what poolhound finds itself. */
#include <inttypes.h>

#include "base/mem.h"
#include "identity/system_trust.h"

static const uint32_t EXPIRED = 0x800B0101; /* CERT_E_EXPIRED */

/* Names and meanings: winerror.h and learn.microsoft.com ("COM Error Codes (Security and Setup)").
 */
static const struct {
    uint32_t code;
    enum ph_trust trust;
    const char *words;
} CODES[] = {
    {0x00000000, PH_TRUST_TRUSTED, "trusted"},
    {0x800B0100, PH_TRUST_UNSIGNED, "no signature"},
    {0x800B0001, PH_TRUST_UNSIGNED, "no signature of a kind it knows"},
    {0x800B0003, PH_TRUST_UNSIGNED, "no signature: not of a form that can be signed"},
    {0x80096010, PH_TRUST_TAMPERED, "changed after signing"},
    {0x80096004, PH_TRUST_BAD_SIGNATURE, "the signature does not fit the certificate"},
    {0x80096003, PH_TRUST_BAD_SIGNATURE, "the countersignature does not hold"},
    {0x80096005, PH_TRUST_BAD_SIGNATURE, "the time stamp does not hold"},
    {0x80096002, PH_TRUST_BAD_SIGNATURE, "the signer's certificate is missing or does not hold"},
    {0x800B0109, PH_TRUST_UNANCHORED, "the root is not trusted here"},
    {0x800B010D, PH_TRUST_UNANCHORED, "the root is one for tests, and not trusted here"},
    {0x800B010A, PH_TRUST_UNANCHORED, "the chain leads to no trusted root"},
    {0x800B0112, PH_TRUST_UNANCHORED, "an authority in the chain is not trusted here"},
    {0x800B0101, PH_TRUST_EXPIRED, "a certificate was not valid at the time that counts"},
    {0x800B0102, PH_TRUST_EXPIRED, "a certificate is valid longer than its issuer's"},
    {0x800B0103, PH_TRUST_WRONG_USE, "a certificate stands where its kind may not"},
    {0x800B0104, PH_TRUST_WRONG_USE, "the chain is longer than an authority allows"},
    {0x800B0105, PH_TRUST_WRONG_USE, "a certificate demands what is not known here"},
    {0x800B0106, PH_TRUST_WRONG_USE, "a certificate is not for signing code"},
    {0x800B0110, PH_TRUST_WRONG_USE, "a certificate is not for signing code"},
    {0x800B0113, PH_TRUST_WRONG_USE, "a certificate's policies forbid it"},
    {0x800B0114, PH_TRUST_WRONG_USE, "a certificate's name is not one its issuer may give"},
    {0x80096019, PH_TRUST_WRONG_USE, "a certificate issued another and may not"},
    {0x8009601E, PH_TRUST_WRONG_USE, "a certificate is not for commercial publishers"},
    {0x800B0107, PH_TRUST_BAD_SIGNATURE, "a certificate was not made by the issuer it names"},
    {0x800B0108, PH_TRUST_MALFORMED, "a certificate is malformed"},
    {0x80093102, PH_TRUST_MALFORMED, "the signature's data ends too early"},
    {0x8009310B, PH_TRUST_MALFORMED, "the signature's data is malformed"},
    {0x800B010C, PH_TRUST_REVOKED, "a certificate was revoked"},
    {0x80092010, PH_TRUST_REVOKED, "a certificate was revoked"},
    {0x800B0111, PH_TRUST_REFUSED, "a certificate is distrusted on this machine"},
    {0x800B0004, PH_TRUST_REFUSED, "it is not trusted for this"},
    {0x80092026, PH_TRUST_REFUSED, "this machine's security settings forbid it"},
    {0x800B010B, PH_TRUST_REFUSED, "it is refused, without a reason"},
    {0x80096001, PH_TRUST_UNCHECKED, "it could not be checked: an error of the system"},
    {0x80092003, PH_TRUST_UNCHECKED, "it could not be checked: the file could not be read"},
    {0x80092012, PH_TRUST_UNCHECKED, "it could not be checked: revocation cannot be told"},
    {0x80092013, PH_TRUST_UNCHECKED, "it could not be checked: revocation cannot be told offline"},
    {0x800B010E, PH_TRUST_UNCHECKED, "it could not be checked: revocation cannot be told"},
    {0x800B0002, PH_TRUST_UNCHECKED, "it could not be checked: the check is not installed"},
    {0x8007000E, PH_TRUST_UNCHECKED, "it could not be checked: memory was short"},
};

static size_t index_of(uint32_t code)
{
    size_t i = 0;

    while (i < sizeof(CODES) / sizeof(CODES[0]) && CODES[i].code != code)
        i++;
    return i;
}

static bool is_known(uint32_t code)
{
    return index_of(code) < sizeof(CODES) / sizeof(CODES[0]);
}

/* An HRESULT that fails; without that bit it is an error number that slipped through. */
static bool is_failure(uint32_t code)
{
    return code & 0x80000000u;
}

enum ph_trust ph_system_code_trust(uint32_t code)
{
    if (is_known(code))
        return CODES[index_of(code)].trust;
    return is_failure(code) ? PH_TRUST_REFUSED : PH_TRUST_UNCHECKED;
}

const char *ph_system_code_words(uint32_t code)
{
    if (is_known(code))
        return CODES[index_of(code)].words;
    return is_failure(code) ? "refused" : "it could not be checked: an error of the system";
}

/* ------------------------------------------------------------------ in words */

/* The system trusts, its chain of certificates does not hold. That a certificate was expired when
 * the chain was judged refutes nothing where poolhound checked a time stamp that the system did not
 * count (Wine knows the older kind only). */
static bool is_refuted(const struct ph_identity *identity)
{
    const struct ph_system_verdict *verdict = &identity->system;

    return !verdict->code && verdict->chain_checked && verdict->chain_code &&
           (verdict->chain_code != EXPIRED || identity->trust > PH_TRUST_CROSS_SIGNED);
}

static struct ph_error *put_words(struct ph_identity *identity)
{
    struct ph_system_verdict *verdict = &identity->system;
    PH_GUARD(ph_text_fini) struct ph_text words = {0};

    ph_text_puts(&words, ph_system_code_words(verdict->code));
    if (verdict->code)
        ph_text_printf(&words, " (0x%08" PRIX32 ")", verdict->code);
    if (verdict->signer)
        ph_text_printf(&words, ", signed by %s", verdict->signer);
    if (verdict->catalog)
        ph_text_printf(&words, ", by the catalog %s", verdict->catalog);
    if (is_refuted(identity))
        ph_text_printf(&words,
                       ", but its chain of certificates does not hold: %s (0x%08" PRIX32 ")",
                       ph_system_code_words(verdict->chain_code), verdict->chain_code);
    PH_TRY(ph_text_check(&words));
    ph_free(verdict->words);
    verdict->words = ph_memdup(words.data, words.size);
    return verdict->words ? NULL : ph_error_nomem();
}

/* ------------------------------------------------------------------ weighing */

/* Windows tells the first thing that is wrong, poolhound the worst: who both do not trust a file do
 * not differ. What Windows calls no signature may be one that was removed, cut or changed. */
static bool differ(enum ph_trust own, enum ph_trust system)
{
    if (own == PH_TRUST_UNCHECKED || system == PH_TRUST_UNCHECKED)
        return false;
    if (system == PH_TRUST_UNSIGNED)
        return own < PH_TRUST_REVOKED;
    if (own == PH_TRUST_UNSIGNED)
        return true;
    /* a root that poolhound was not given is no contradiction, whatever Windows says of it */
    return own != PH_TRUST_UNANCHORED &&
           (own <= PH_TRUST_CROSS_SIGNED) != (system <= PH_TRUST_CROSS_SIGNED);
}

/* Whether there is more in the system's verdict than in poolhound's own, where they agree. */
static bool tells_more(enum ph_trust own, enum ph_trust system)
{
    return (own == PH_TRUST_UNANCHORED || own == PH_TRUST_UNCHECKED) &&
           system != PH_TRUST_UNANCHORED && system != PH_TRUST_UNCHECKED;
}

static struct ph_error *say_differs(struct ph_identity *identity, const char *why)
{
    ph_free(identity->system.differs);
    identity->system.differs = ph_strdup(why);
    return identity->system.differs ? NULL : ph_error_nomem();
}

/* The sentence keeps what poolhound found. */
static struct ph_error *decide(struct ph_identity *identity, enum ph_trust trust)
{
    ph_autofree char *own = ph_steal(identity->sentence);

    return ph_trust_say(&identity->trust, &identity->sentence, trust, "Windows says: %s%s%s",
                        identity->system.words, own ? "; poolhound finds: " : "", own ? own : "");
}

/* Whether poolhound knows the file by a catalog that the system does not have. */
static bool is_elsewhere(const struct ph_identity *identity, enum ph_trust system)
{
    return system == PH_TRUST_UNSIGNED && identity->catalog && !identity->system.catalog;
}

/* The system looked into its own catalogs, too. */
static struct ph_error *say_unsigned(struct ph_identity *identity)
{
    return ph_trust_say(&identity->trust, &identity->sentence, PH_TRUST_UNSIGNED,
                        "no signature in the file, and no catalog that is installed here or was "
                        "given has it");
}

struct ph_error *ph_system_weigh(struct ph_identity *identity, bool own_roots)
{
    const struct ph_system_verdict *verdict = &identity->system;
    bool refuted = is_refuted(identity);
    enum ph_trust own = identity->trust;
    enum ph_trust system = ph_system_code_trust(refuted ? verdict->chain_code : verdict->code);
    bool contrary = differ(own, system);

    PH_TRY(put_words(identity));
    if (own == PH_TRUST_UNSIGNED && system == PH_TRUST_UNSIGNED)
        return say_unsigned(identity);
    if (is_elsewhere(identity, system))
        return say_differs(identity, "Windows and poolhound differ: the catalog that has the file "
                                     "is not installed here");
    if (own_roots)
        return contrary ? say_differs(identity, "Windows and poolhound differ: the roots that were "
                                                "given count")
                        : NULL;
    if (refuted)
        PH_TRY(say_differs(identity, "Windows calls it trusted, which its chain of certificates "
                                     "refutes: the chain counts"));
    else if (contrary)
        PH_TRY(say_differs(identity, "Windows and poolhound differ: what Windows says counts"));
    return contrary || tells_more(own, system) ? decide(identity, system) : NULL;
}
