/* identify for people, laid out as sigcheck does: the path, then tab-indented "Key:<TAB>value"
 * lines, so that what parses sigcheck's text parses this. Keys that sigcheck does not have come
 * after its own. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "render/owner_views.h"

static void key(struct ph_screen *screen, const char *name, const char *value)
{
    ph_text_printf(screen->out, "\t%s:\t", name);
    ph_screen_prose(screen->style->utf8, ph_slice_of(value && value[0] ? value : "n/a"),
                    screen->out);
    ph_text_putc(screen->out, '\n');
}

static void optional(struct ph_screen *screen, const char *name, const char *value)
{
    if (value && value[0])
        key(screen, name, value);
}

/* UTC, so that the same file says the same everywhere. */
static void date(int64_t seconds, struct ph_text *out)
{
    if (seconds > 0 && seconds < INT64_MAX / 1000000000)
        ph_text_time(out, seconds * 1000000000);
    else
        ph_text_puts(out, seconds > 0 ? "after 2262" : "n/a");
}

static void date_key(struct ph_screen *screen, const char *name, int64_t seconds)
{
    ph_text_printf(screen->out, "\t%s:\t", name);
    date(seconds, screen->out);
    ph_text_putc(screen->out, '\n');
}

static void sum_key(struct ph_screen *screen, const char *name, const struct ph_digest_sum *sum)
{
    ph_text_printf(screen->out, "\t%s:\t", name);
    if (sum->size)
        ph_hex_text(sum->bytes, sum->size, true, screen->out);
    else
        ph_text_puts(screen->out, "n/a");
    ph_text_putc(screen->out, '\n');
}

/* ------------------------------------------------------------------ parts */

static const struct ph_signature *stamped(const struct ph_identity *identity)
{
    for (size_t i = 0; i < identity->signatures.count; i++)
        if (identity->signatures.items[i].signed_s)
            return &identity->signatures.items[i];
    return NULL;
}

/* sigcheck writes a signing date for what is signed, a link date for what is not. */
static void dates(struct ph_screen *screen, const struct ph_identity *identity)
{
    const struct ph_signature *signature = stamped(identity);

    if (signature)
        date_key(screen, "Signing date", signature->signed_s);
    else if (identity->link_is_hash)
        key(screen, "Link date", "n/a (a reproducible build: the field is a hash)");
    else
        date_key(screen, "Link date", identity->link_s);
}

static void verified(struct ph_screen *screen, const struct ph_identity *identity)
{
    key(screen, "Verified", ph_trust_name(identity->trust));
    optional(screen, "Why", identity->sentence);
    optional(screen, "Windows says", identity->system.words);
    optional(screen, "Note", identity->system.differs);
    if (identity->trailing_bytes) {
        ph_text_printf(screen->out,
                       "\tWarning:\t%zu bytes follow the signature and are signed by nobody\n",
                       identity->trailing_bytes);
    }
}

static void extended(struct ph_screen *screen, const struct ph_identity *identity)
{
    key(screen, "Binary Version", identity->binary_version);
    key(screen, "Original Name", identity->original_name);
    key(screen, "Internal Name", identity->internal_name);
    key(screen, "Copyright", identity->copyright);
    key(screen, "Comments", identity->comments);
    ph_text_printf(screen->out, "\tEntropy:\t%.3f\n", identity->entropy);
}

static void hashes(struct ph_screen *screen, const struct ph_identity *identity)
{
    sum_key(screen, "MD5", &identity->sums[PH_DIGEST_MD5]);
    sum_key(screen, "SHA1", &identity->sums[PH_DIGEST_SHA1]);
    if (identity->format == PH_FORMAT_PE) {
        sum_key(screen, "PESHA1", &identity->pe_sha1);
        sum_key(screen, "PE256", &identity->pe_sha256);
    }
    sum_key(screen, "SHA256", &identity->sums[PH_DIGEST_SHA256]);
    if (identity->format == PH_FORMAT_PE)
        sum_key(screen, "IMP", &identity->import_hash);
}

static void certificate(struct ph_screen *screen, const struct ph_certificate *certificate)
{
    struct ph_text *out = screen->out;
    const struct {
        const char *name, *value;
    } FIELDS[] = {
        {"Cert Status", certificate->status},    {"Valid Usage", certificate->usages},
        {"Cert Issuer", certificate->issuer},    {"Serial Number", certificate->serial},
        {"Thumbprint", certificate->thumbprint}, {"Algorithm", certificate->algorithm},
    };

    ph_text_puts(out, "\t  ");
    ph_screen_prose(screen->style->utf8,
                    ph_slice_of(certificate->subject ? certificate->subject : "n/a"), out);
    ph_text_putc(out, '\n');
    for (size_t i = 0; i < sizeof(FIELDS) / sizeof(FIELDS[0]); i++) {
        const char *value = FIELDS[i].value;
        ph_text_printf(out, "\t\t%s:\t", FIELDS[i].name);
        ph_screen_prose(screen->style->utf8,
                        ph_slice_of(value    ? value
                                    : i == 1 ? "All"
                                             : "n/a"),
                        out);
        ph_text_putc(out, '\n');
    }
    ph_text_puts(out, "\t\tValid from:\t");
    date(certificate->valid_from_s, out);
    ph_text_puts(out, "\n\t\tValid to:\t");
    date(certificate->valid_to_s, out);
    ph_text_putc(out, '\n');
}

static void chain(struct ph_screen *screen, const struct ph_identity *identity)
{
    key(screen, "Catalog", identity->catalog ? identity->catalog : identity->path);
    for (size_t i = 0; i < identity->signatures.count; i++) {
        const struct ph_signature *signature = &identity->signatures.items[i];
        if (identity->signatures.count > 1)
            ph_text_printf(screen->out, "\tSignature:\t%zu of %zu%s\n", i + 1,
                           identity->signatures.count, signature->nested ? ", nested" : "");
        ph_text_printf(screen->out, "\tDigest:\t%s\n", ph_digest_name(signature->digest));
        optional(screen, "Result", signature->sentence);
        optional(screen, "Program", signature->program);
        optional(screen, "URL", signature->url);
        if (signature->page_hashes)
            key(screen, "Page hashes", signature->page_hashes > 0 ? "match" : "DIFFER");
        ph_text_puts(screen->out, "\tSigners:\n");
        for (size_t k = 0; k < signature->signers.count; k++)
            certificate(screen, &signature->signers.items[k]);
        if (signature->stamp == PH_STAMP_NONE)
            continue;
        ph_text_printf(screen->out, "\tCounter Signers:\t(%s",
                       signature->stamp == PH_STAMP_LEGACY ? "PKCS #9" : "RFC 3161");
        ph_text_puts(screen->out, signature->signed_s ? ", " : ")");
        if (signature->signed_s) {
            date(signature->signed_s, screen->out);
            ph_text_putc(screen->out, ')');
        }
        ph_text_putc(screen->out, '\n');
        optional(screen, "Time stamp", signature->stamp_sentence);
        for (size_t k = 0; k < signature->stampers.count; k++)
            certificate(screen, &signature->stampers.items[k]);
    }
}

static void for_hunters(struct ph_screen *screen, const struct ph_identity *identity)
{
    PH_GUARD(ph_text_fini) struct ph_text kinds = {0};

    ph_driver_kinds(identity->kinds, &kinds);
    optional(screen, "Driver kind", kinds.data);
    optional(screen, "Allocates by", identity->allocators);
    optional(screen, "PDB", identity->pdb_path);
    optional(screen, "PDB id", identity->pdb_id);
    optional(screen, "Tools", identity->tools);
    optional(screen, "Minimum OS", identity->minimum_os);
    if (identity->link_s && stamped(identity))
        date_key(screen, "Link date", identity->link_s);
}

static void module(struct ph_screen *screen, const struct ph_module_facts *facts)
{
    optional(screen, "Name", facts->name);
    optional(screen, "Version", facts->version);
    optional(screen, "Srcversion", facts->srcversion);
    optional(screen, "Built for", facts->vermagic);
    key(screen, "License", facts->license);
    optional(screen, "Author", facts->author);
    optional(screen, "Depends", facts->depends);
    key(screen, "In tree", facts->in_tree ? "yes" : "no");
    if (facts->staging)
        key(screen, "Staging", "yes");
    optional(screen, "Build id", facts->build_id);
    optional(screen, "Signer", facts->signer);
    optional(screen, "Signer key", facts->sig_key);
    optional(screen, "Hash", facts->sig_hash);
    if (facts->loaded >= 0)
        key(screen, "Loaded",
            !facts->loaded          ? "no"
            : facts->loaded_differs ? "yes, but ANOTHER build than this file"
                                    : "yes, this build");
    optional(screen, "Loaded version", facts->loaded_version);
    optional(screen, "Taints", facts->taint_meaning ? facts->taint_meaning : facts->taint);
    optional(screen, "Package", facts->package);
    optional(screen, "Package version", facts->package_version);
    optional(screen, "Maintainer", facts->maintainer);
}

static void one(struct ph_screen *screen, const struct ph_identity_report *report,
                const struct ph_identity *identity)
{
    PH_GUARD(ph_text_fini) struct ph_text machine = {0};

    ph_screen_prose(screen->style->utf8, ph_slice_of(identity->path ? identity->path : ""),
                    screen->out);
    ph_text_puts(screen->out, ":\n");
    verified(screen, identity);
    if (identity->format == PH_FORMAT_ELF) {
        module(screen, &identity->module);
        if (report->extended)
            optional(screen, "Allocates by", identity->allocators);
    } else if (identity->format == PH_FORMAT_PE) {
        dates(screen, identity);
        key(screen, "Publisher", identity->publisher);
        key(screen, "Company", identity->company);
        key(screen, "Description", identity->description);
        key(screen, "Product", identity->product);
        key(screen, "Prod version", identity->product_version);
        key(screen, "File version", identity->file_version);
        ph_machine_text(identity->machine, &machine);
        key(screen, "MachineType", machine.data);
        if (report->extended) {
            extended(screen, identity);
            for_hunters(screen, identity);
        }
    } else {
        key(screen, "Format", "neither a PE file nor a Linux module");
    }
    if (report->hashes)
        hashes(screen, identity);
    if (report->chain)
        chain(screen, identity);
    for (size_t i = 0; i < identity->losses.count; i++)
        key(screen, "Not read", identity->losses.items[i].what);
    if (machine.failed)
        screen->out->failed = true;
}

struct ph_error *ph_screen_identity(const struct ph_identity_report *report,
                                    const struct ph_style *style, struct ph_text *out)
{
    struct ph_screen screen = ph_screen_of(style, out);

    for (size_t i = 0; i < report->count; i++)
        one(&screen, report, &report->items[i]);
    if (!report->count) {
        ph_screen_count(out, report->looked_at, "file", "files");
        ph_text_puts(out, " looked at, none to show.\n");
    }
    ph_screen_losses(&screen, &report->losses);
    return ph_text_check(out);
}
