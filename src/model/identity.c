#include "model/identity.h"

#include "base/mem.h"

static const struct {
    const char *id, *name;
} TRUST[PH_TRUST_COUNT] = {
    [PH_TRUST_TRUSTED] = {"trusted", "Signed"},
    [PH_TRUST_CROSS_SIGNED] = {"cross-signed", "Cross-signed (legacy)"},
    [PH_TRUST_UNANCHORED] = {"unanchored", "Signature intact, root not at hand"},
    [PH_TRUST_EXPIRED] = {"expired", "Signature intact, certificate was not valid"},
    [PH_TRUST_WRONG_USE] = {"wrong-use", "Signature intact, certificate is not for code"},
    [PH_TRUST_REVOKED] = {"revoked", "Certificate revoked"},
    [PH_TRUST_REFUSED] = {"refused", "Refused by Windows"},
    [PH_TRUST_TAMPERED] = {"tampered", "Changed after signing"},
    [PH_TRUST_BAD_SIGNATURE] = {"bad-signature", "Bad signature"},
    [PH_TRUST_MALFORMED] = {"malformed", "Malformed signature"},
    [PH_TRUST_CUT_SHORT] = {"cut-short", "Cut short: the signature is not whole"},
    [PH_TRUST_STRIPPED] = {"stripped", "Signature stripped"},
    [PH_TRUST_UNSIGNED] = {"unsigned", "Unsigned"},
    [PH_TRUST_UNCHECKED] = {"unchecked", "Not checked"},
};

const char *ph_trust_id(enum ph_trust trust)
{
    return trust < PH_TRUST_COUNT ? TRUST[trust].id : "unknown";
}

const char *ph_trust_name(enum ph_trust trust)
{
    return trust < PH_TRUST_COUNT ? TRUST[trust].name : "Unknown";
}

struct ph_error *ph_trust_say(enum ph_trust *trust, char **sentence, enum ph_trust verdict,
                              const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *text = ph_vformat(format, args);
    va_end(args);
    if (!text)
        return ph_error_nomem();
    ph_free(*sentence);
    *sentence = text;
    *trust = verdict;
    return NULL;
}

void ph_certificate_list_fini(struct ph_certificate_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct ph_certificate *certificate = &list->items[i];
        ph_free(certificate->subject);
        ph_free(certificate->issuer);
        ph_free(certificate->organisation);
        ph_free(certificate->serial);
        ph_free(certificate->thumbprint);
        ph_free(certificate->algorithm);
        ph_free(certificate->usages);
        ph_free(certificate->status);
    }
    ph_free(list->items);
    *list = (struct ph_certificate_list){0};
}

void ph_signature_list_fini(struct ph_signature_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct ph_signature *signature = &list->items[i];
        ph_free(signature->sentence);
        ph_free(signature->catalog);
        ph_free(signature->program);
        ph_free(signature->url);
        ph_free(signature->chain_end);
        ph_free(signature->stamp_sentence);
        ph_certificate_list_fini(&signature->signers);
        ph_certificate_list_fini(&signature->stampers);
    }
    ph_free(list->items);
    *list = (struct ph_signature_list){0};
}

static void module_fini(struct ph_module_facts *module)
{
    char *const owned[] = {
        module->name,     module->version,       module->srcversion,
        module->vermagic, module->license,       module->author,
        module->depends,  module->build_id,      module->signer,
        module->sig_key,  module->sig_hash,      module->loaded_version,
        module->taint,    module->taint_meaning, module->loaded_srcversion,
        module->package,  module->maintainer,    module->package_version,
    };

    for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++)
        ph_free(owned[i]);
}

void ph_identity_fini(struct ph_identity *identity)
{
    char *const owned[] = {
        identity->path,         identity->sentence,       identity->catalog,
        identity->publisher,    identity->company,        identity->description,
        identity->product,      identity->file_version,   identity->product_version,
        identity->copyright,    identity->comments,       identity->binary_version,
        identity->pdb_path,     identity->pdb_id,         identity->original_name,
        identity->tools,        identity->minimum_os,     identity->internal_name,
        identity->allocators,   identity->system.signer,  identity->system.catalog,
        identity->system.words, identity->system.differs,
    };

    for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++)
        ph_free(owned[i]);
    ph_signature_list_fini(&identity->signatures);
    module_fini(&identity->module);
    ph_loss_fini(&identity->losses);
    *identity = (struct ph_identity){0};
}
