/* identify as JSON; docs/schema.json describes every key. */
#include <inttypes.h>

#include "render/owner_views.h"

static void time_member(struct ph_json *json, const char *name, int64_t seconds)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    if (seconds > 0 && seconds < INT64_MAX / 1000000000)
        ph_text_time(&text, seconds * 1000000000);
    if (text.failed)
        json->out->failed = true;
    ph_json_prose(json, name, text.data);
}

static void sum_member(struct ph_json *json, const char *name, const struct ph_digest_sum *sum)
{
    if (sum->size)
        ph_json_hex(json, name, (struct ph_slice){(const char *)sum->bytes, sum->size});
    else
        ph_json_null(json, name);
}

static void certificates(struct ph_json *json, const char *name,
                         const struct ph_certificate_list *list)
{
    ph_json_open(json, name, '[');
    for (size_t i = 0; i < list->count; i++) {
        const struct ph_certificate *certificate = &list->items[i];
        ph_json_open(json, NULL, '{');
        ph_json_prose(json, "subject", certificate->subject);
        ph_json_prose(json, "issuer", certificate->issuer);
        ph_json_prose(json, "organisation", certificate->organisation);
        ph_json_prose(json, "serial", certificate->serial);
        ph_json_prose(json, "thumbprint", certificate->thumbprint);
        ph_json_prose(json, "algorithm", certificate->algorithm);
        ph_json_prose(json, "usages", certificate->usages);
        time_member(json, "valid_from", certificate->valid_from_s);
        time_member(json, "valid_to", certificate->valid_to_s);
        ph_json_prose(json, "status", certificate->status);
        ph_json_close(json, '}');
    }
    ph_json_close(json, ']');
}

static void signature_object(struct ph_json *json, const struct ph_signature *signature)
{
    static const char *const STAMPS[] = {
        [PH_STAMP_LEGACY] = "pkcs9",
        [PH_STAMP_RFC3161] = "rfc3161",
    };

    ph_json_open(json, NULL, '{');
    ph_json_string(json, "trust", ph_slice_of(ph_trust_id(signature->trust)));
    ph_json_prose(json, "sentence", signature->sentence);
    ph_json_string(json, "digest", ph_slice_of(ph_digest_name(signature->digest)));
    ph_json_bool(json, "nested", signature->nested);
    ph_json_prose(json, "catalog", signature->catalog);
    ph_json_prose(json, "program", signature->program);
    ph_json_prose(json, "url", signature->url);
    ph_json_prose(json, "chain_end", signature->chain_end);
    ph_json_bool(json, "whql", signature->whql);
    ph_json_bool(json, "attested", signature->attested);
    ph_json_prose(json, "time_stamp", signature->stamp ? STAMPS[signature->stamp] : NULL);
    time_member(json, "signed_at", signature->signed_s);
    ph_json_prose(json, "time_stamp_sentence", signature->stamp_sentence);
    if (signature->page_hashes)
        ph_json_bool(json, "page_hashes_match", signature->page_hashes > 0);
    else
        ph_json_null(json, "page_hashes_match");
    certificates(json, "signers", &signature->signers);
    certificates(json, "counter_signers", &signature->stampers);
    ph_json_close(json, '}');
}

static void code_member(struct ph_json *json, const char *name, uint32_t code)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    ph_text_printf(&text, "0x%08" PRIx32, code);
    if (text.failed)
        json->out->failed = true;
    ph_json_prose(json, name, text.data);
}

static void system_object(struct ph_json *json, const struct ph_system_verdict *verdict)
{
    if (!verdict->asked) {
        ph_json_null(json, "system_verdict");
        return;
    }
    ph_json_open(json, "system_verdict", '{');
    code_member(json, "code", verdict->code);
    if (verdict->chain_checked)
        code_member(json, "chain_code", verdict->chain_code);
    else
        ph_json_null(json, "chain_code");
    ph_json_prose(json, "words", verdict->words);
    ph_json_prose(json, "signer", verdict->signer);
    ph_json_prose(json, "catalog", verdict->catalog);
    ph_json_prose(json, "differs", verdict->differs);
    ph_json_close(json, '}');
}

static void pe_members(struct ph_json *json, const struct ph_identity *identity)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    const struct {
        const char *name, *value;
    } STRINGS[] = {
        {"publisher", identity->publisher},
        {"company", identity->company},
        {"description", identity->description},
        {"product", identity->product},
        {"product_version", identity->product_version},
        {"file_version", identity->file_version},
        {"binary_version", identity->binary_version},
        {"original_name", identity->original_name},
        {"internal_name", identity->internal_name},
        {"copyright", identity->copyright},
        {"comments", identity->comments},
        {"pdb_path", identity->pdb_path},
        {"pdb_id", identity->pdb_id},
        {"tools", identity->tools},
        {"minimum_os", identity->minimum_os},
    };

    ph_machine_text(identity->machine, &text);
    ph_json_prose(json, "machine", text.data);
    ph_text_clear(&text);
    ph_driver_kinds(identity->kinds, &text);
    ph_json_prose(json, "driver_kind", text.data);
    if (text.failed)
        json->out->failed = true;
    for (size_t i = 0; i < sizeof(STRINGS) / sizeof(STRINGS[0]); i++)
        ph_json_prose(json, STRINGS[i].name, STRINGS[i].value);
    time_member(json, "linked_at", identity->link_s);
    ph_json_bool(json, "link_date_is_hash", identity->link_is_hash);
    sum_member(json, "pe_sha1", &identity->pe_sha1);
    sum_member(json, "pe_sha256", &identity->pe_sha256);
    sum_member(json, "import_hash", &identity->import_hash);
}

static void module_object(struct ph_json *json, const struct ph_module_facts *module)
{
    const struct {
        const char *name, *value;
    } STRINGS[] = {
        {"name", module->name},
        {"version", module->version},
        {"srcversion", module->srcversion},
        {"vermagic", module->vermagic},
        {"license", module->license},
        {"author", module->author},
        {"depends", module->depends},
        {"build_id", module->build_id},
        {"signer", module->signer},
        {"signer_key", module->sig_key},
        {"signature_hash", module->sig_hash},
        {"loaded_version", module->loaded_version},
        {"loaded_srcversion", module->loaded_srcversion},
        {"taint", module->taint},
        {"taint_meaning", module->taint_meaning},
        {"package", module->package},
        {"package_version", module->package_version},
        {"maintainer", module->maintainer},
    };

    if (!module->present) {
        ph_json_null(json, "module");
        return;
    }
    ph_json_open(json, "module", '{');
    for (size_t i = 0; i < sizeof(STRINGS) / sizeof(STRINGS[0]); i++)
        ph_json_prose(json, STRINGS[i].name, STRINGS[i].value);
    ph_json_bool(json, "in_tree", module->in_tree);
    ph_json_bool(json, "staging", module->staging);
    if (module->loaded < 0)
        ph_json_null(json, "loaded");
    else
        ph_json_bool(json, "loaded", module->loaded);
    ph_json_bool(json, "loaded_differs", module->loaded_differs);
    ph_json_close(json, '}');
}

void ph_json_identity_object(struct ph_json *json, const char *name,
                             const struct ph_identity *identity)
{
    static const char *const FORMATS[] = {
        [PH_FORMAT_OTHER] = "other", [PH_FORMAT_PE] = "pe", [PH_FORMAT_ELF] = "elf"};

    ph_json_open(json, name, '{');
    ph_json_prose(json, "path", identity->path);
    ph_json_string(json, "format", ph_slice_of(FORMATS[identity->format]));
    ph_json_unsigned(json, "size_bytes", true, identity->size);
    ph_json_string(json, "trust", ph_slice_of(ph_trust_id(identity->trust)));
    ph_json_prose(json, "sentence", identity->sentence);
    ph_json_prose(json, "catalog", identity->catalog);
    system_object(json, &identity->system);
    ph_json_unsigned(json, "trailing_bytes", true, identity->trailing_bytes);
    sum_member(json, "md5", &identity->sums[PH_DIGEST_MD5]);
    sum_member(json, "sha1", &identity->sums[PH_DIGEST_SHA1]);
    sum_member(json, "sha256", &identity->sums[PH_DIGEST_SHA256]);
    ph_json_double(json, "entropy_bits", identity->entropy);
    ph_json_prose(json, "allocators", identity->allocators);
    if (identity->format == PH_FORMAT_PE)
        pe_members(json, identity);
    module_object(json, &identity->module);
    ph_json_open(json, "signatures", '[');
    for (size_t i = 0; i < identity->signatures.count; i++)
        signature_object(json, &identity->signatures.items[i]);
    ph_json_close(json, ']');
    ph_json_losses(json, &identity->losses);
    ph_json_close(json, '}');
}

struct ph_error *ph_json_identity(const struct ph_identity_report *report,
                                  const struct ph_style *style, struct ph_text *out)
{
    struct ph_json json;

    (void)style;
    ph_json_begin(&json, "identify", out);
    ph_json_unsigned(&json, "files_looked_at", true, report->looked_at);
    ph_json_open(&json, "files", '[');
    for (size_t i = 0; i < report->count; i++)
        ph_json_identity_object(&json, NULL, &report->items[i]);
    ph_json_close(&json, ']');
    ph_json_losses(&json, &report->losses);
    return ph_json_end(&json);
}
