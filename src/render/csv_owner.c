/* who, scan and identify as CSV; identify has the columns of sigcheck's three header sets. */
#include "render/csv_line.h"
#include "render/owner_views.h"

static void claim_fields(struct ph_csv_line *line, const struct ph_claim *claim)
{
    ph_csv_prose(line, ph_evidence_id(claim->evidence));
    ph_csv_prose(line, ph_claim_pool_name(claim->pool));
    ph_csv_prose(line, claim->routine);
    ph_csv_counter(line, true, claim->sites);
    ph_csv_counter(line, true, claim->wrappers);
    ph_csv_signed(line, claim->size_least >= 0, claim->size_least);
    ph_csv_signed(line, claim->size_most >= 0, claim->size_most);
    ph_csv_counter(line, claim->first_rva != 0, claim->first_rva);
}

static void tag_fields(struct ph_csv_line *line, const uint8_t tag[4])
{
    ph_csv_string(line, (struct ph_slice){(const char *)tag, 4});
    ph_csv_next(line);
    ph_hex_text(tag, 4, false, line->out);
}

static void owner_line(const struct ph_owner_report *report, const struct ph_owner *owner,
                       const struct ph_claim *claim, struct ph_text *out)
{
    struct ph_csv_line line = {.out = out};
    const struct ph_claim none = {.evidence = owner->evidence, .size_least = -1, .size_most = -1};

    ph_csv_prose(&line, report->tag);
    ph_csv_prose(&line, owner->name);
    ph_csv_prose(&line, owner->path);
    ph_csv_signed(&line, owner->loaded >= 0, owner->loaded);
    claim_fields(&line, claim ? claim : &none);
    ph_csv_prose(&line, owner->reason);
    ph_csv_prose(&line, owner->identified ? owner->identity.company : NULL);
    ph_csv_prose(&line, owner->identified ? owner->identity.file_version : NULL);
    ph_csv_prose(&line, owner->identified ? ph_trust_id(owner->identity.trust) : NULL);
    ph_csv_prose(&line, owner->identified ? owner->identity.publisher : NULL);
    ph_csv_end(&line);
}

struct ph_error *ph_csv_owner(const struct ph_owner_report *report, const struct ph_style *style,
                              struct ph_text *out)
{
    (void)style;
    ph_text_puts(out, "tag,driver,path,loaded,evidence,pool,routine,sites,through_wrappers,"
                      "size_least,size_most,first_rva,reason,company,file_version,trust,"
                      "publisher\n");
    for (size_t i = 0; i < report->owner_count; i++) {
        const struct ph_owner *owner = &report->owners[i];
        for (size_t k = 0; k < owner->claim_count; k++)
            owner_line(report, owner, &owner->claims[k], out);
        if (!owner->claim_count)
            owner_line(report, owner, NULL, out);
    }
    return ph_text_check(out);
}

struct ph_error *ph_csv_scan(const struct ph_scan_report *report, const struct ph_style *style,
                             struct ph_text *out)
{
    (void)style;
    ph_text_puts(out, "path,tag,tag_hex,evidence,pool,routine,sites,through_wrappers,size_least,"
                      "size_most,first_rva,why\n");
    for (size_t i = 0; i < report->count; i++) {
        const struct ph_scan *scan = &report->files[i].scan;
        for (size_t k = 0; k < scan->claim_count; k++) {
            struct ph_csv_line line = {.out = out};
            ph_csv_prose(&line, report->files[i].path);
            tag_fields(&line, scan->claims[k].tag);
            claim_fields(&line, &scan->claims[k]);
            ph_csv_prose(&line, "");
            ph_csv_end(&line);
        }
        for (size_t k = 0; report->all && k < scan->unresolved_count; k++) {
            struct ph_csv_line line = {.out = out};
            ph_csv_prose(&line, report->files[i].path);
            for (size_t column = 0; column < 4; column++)
                ph_csv_prose(&line, column == 2 ? "unresolved" : "");
            ph_csv_prose(&line, scan->unresolved[k].routine);
            ph_csv_counter(&line, true, 1);
            for (size_t column = 0; column < 3; column++)
                ph_csv_prose(&line, "");
            ph_csv_counter(&line, true, scan->unresolved[k].rva);
            ph_csv_prose(&line, scan->unresolved[k].why);
            ph_csv_end(&line);
        }
    }
    return ph_text_check(out);
}

/* ------------------------------------------------------------------ sigcheck's columns */

static void date_field(struct ph_csv_line *line, const struct ph_identity *identity)
{
    int64_t seconds = identity->link_s;
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    for (size_t i = identity->signatures.count; i-- > 0;)
        if (identity->signatures.items[i].signed_s)
            seconds = identity->signatures.items[i].signed_s;
    if (seconds > 0 && seconds < INT64_MAX / 1000000000)
        ph_text_time(&text, seconds * 1000000000);
    if (text.failed)
        line->out->failed = true;
    ph_csv_prose(line, text.data ? text.data : "n/a");
}

static void sum_field(struct ph_csv_line *line, const struct ph_digest_sum *sum)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    ph_hex_text(sum->bytes, sum->size, true, &text);
    if (text.failed)
        line->out->failed = true;
    ph_csv_prose(line, sum->size ? text.data : "n/a");
}

static void text_field(struct ph_csv_line *line, const char *text)
{
    ph_csv_prose(line, text && text[0] ? text : "n/a");
}

static void identity_line(const struct ph_identity_report *report,
                          const struct ph_identity *identity, struct ph_text *out)
{
    struct ph_csv_line line = {
        .out = out, .separator = report->tabs ? '\t' : ',', .always = !report->tabs};
    const struct ph_module_facts *module = &identity->module;
    PH_GUARD(ph_text_fini) struct ph_text machine = {0};

    ph_machine_text(identity->machine, &machine);
    text_field(&line, identity->path);
    text_field(&line, ph_trust_name(identity->trust));
    date_field(&line, identity);
    text_field(&line, identity->publisher ? identity->publisher : module->signer);
    text_field(&line, identity->company ? identity->company : module->maintainer);
    text_field(&line, identity->description ? identity->description : module->name);
    text_field(&line, identity->product ? identity->product : module->package);
    text_field(&line,
               identity->product_version ? identity->product_version : module->package_version);
    text_field(&line, identity->file_version ? identity->file_version : module->version);
    text_field(&line, machine.data);
    if (report->extended) {
        PH_GUARD(ph_text_fini) struct ph_text entropy = {0};
        ph_text_printf(&entropy, "%.3f", identity->entropy);
        text_field(&line, identity->binary_version);
        text_field(&line, identity->original_name);
        text_field(&line, identity->internal_name);
        text_field(&line, identity->copyright);
        text_field(&line, identity->comments);
        text_field(&line, entropy.data);
    }
    if (report->hashes) {
        sum_field(&line, &identity->sums[PH_DIGEST_MD5]);
        sum_field(&line, &identity->sums[PH_DIGEST_SHA1]);
        sum_field(&line, &identity->pe_sha1);
        sum_field(&line, &identity->pe_sha256);
        sum_field(&line, &identity->sums[PH_DIGEST_SHA256]);
        sum_field(&line, &identity->import_hash);
    }
    if (machine.failed)
        out->failed = true;
    ph_csv_end(&line);
}

struct ph_error *ph_csv_identity(const struct ph_identity_report *report,
                                 const struct ph_style *style, struct ph_text *out)
{
    static const char *const ALWAYS[] = {
        "Path",    "Verified",        "Date",         "Publisher",   "Company", "Description",
        "Product", "Product Version", "File Version", "Machine Type"};
    static const char *const EXTENDED[] = {"Binary Version", "Original Name", "Internal Name",
                                           "Copyright",      "Comments",      "Entropy"};
    static const char *const HASHES[] = {"MD5", "SHA1", "PESHA1", "PESHA256", "SHA256", "IMP"};
    const struct {
        bool shown;
        const char *const *names;
        size_t count;
    } SETS[] = {
        {true, ALWAYS, sizeof(ALWAYS) / sizeof(ALWAYS[0])},
        {report->extended, EXTENDED, sizeof(EXTENDED) / sizeof(EXTENDED[0])},
        {report->hashes, HASHES, sizeof(HASHES) / sizeof(HASHES[0])},
    };
    struct ph_csv_line line = {.out = out, .separator = report->tabs ? '\t' : ','};

    (void)style;
    for (size_t i = 0; i < sizeof(SETS) / sizeof(SETS[0]); i++)
        for (size_t k = 0; SETS[i].shown && k < SETS[i].count; k++)
            ph_csv_prose(&line, SETS[i].names[k]);
    ph_csv_end(&line);
    for (size_t i = 0; i < report->count; i++)
        identity_line(report, &report->items[i], out);
    return ph_text_check(out);
}
