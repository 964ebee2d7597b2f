/* The paragraph to send to a driver's vendor: what was seen, in which file, by which evidence. */
#include <inttypes.h>

#include "app/who_parts.h"

static void identity_words(const struct ph_identity *identity, struct ph_text *out)
{
    const char *version = ph_who_version(identity);
    const struct ph_digest_sum *sum = &identity->sums[PH_DIGEST_SHA256];

    if (version)
        ph_text_printf(out, " version %s", version);
    if (identity->company)
        ph_text_printf(out, " of %s", identity->company);
    if (identity->module.package)
        ph_text_printf(out, " from package %s", identity->module.package);
    ph_text_puts(out, " (");
    if (identity->format == PH_FORMAT_ELF && identity->module.srcversion)
        ph_text_printf(out, "srcversion %s, ", identity->module.srcversion);
    if (identity->format == PH_FORMAT_ELF && identity->module.vermagic)
        ph_text_printf(out, "built for %s, ", identity->module.vermagic);
    if (identity->pdb_id)
        ph_text_printf(out, "PDB %s, ", identity->pdb_id);
    ph_text_puts(out, "SHA-256 ");
    for (size_t i = 0; i < sum->size; i++)
        ph_text_printf(out, "%02x", sum->bytes[i]);
    ph_text_printf(out, "; signature: %s)",
                   identity->sentence ? identity->sentence : ph_trust_name(identity->trust));
}

static void claim_words(const struct ph_claim *claim, struct ph_text *out)
{
    if (!claim->sites) {
        ph_text_puts(out, " Its default tag is this one.");
        return;
    }
    ph_text_printf(out, " It allocates with this tag at %" PRIu32 " call site%s of %s",
                   claim->sites, claim->sites == 1 ? "" : "s", claim->routine);
    if (claim->first_rva)
        ph_text_printf(out, ", the first at +0x%" PRIx32, claim->first_rva);
    ph_text_putc(out, '.');
}

static void process_words(const struct ph_owner_report *report, const struct ph_owner *owner,
                          struct ph_text *out)
{
    const struct ph_process *process = &owner->process;

    ph_text_printf(out, "The kernel memory '%s' is held by process %" PRIu32 " (%s)", report->tag,
                   process->pid, process->command);
    if (owner->path)
        ph_text_printf(out, ", %s", owner->path);
    if (process->package)
        ph_text_printf(out, " from package %s", process->package);
    ph_text_printf(out, ". It %s", owner->reason ? owner->reason : "holds it");
    if (report->held)
        ph_text_printf(out, "; %s%s", report->is_pool_tag ? "in all " : "all ", report->held);
    ph_text_puts(out, ". Is a leak of it known, and in which version is it fixed?");
}

void ph_who_paragraph(const struct ph_owner_report *report, const struct ph_owner *owner,
                      const char *growth, struct ph_text *out)
{
    if (growth)
        ph_text_puts(out, growth);
    if (owner->process.pid) {
        ph_text_puts(out, growth ? " " : "");
        process_words(report, owner, out);
        return;
    }
    ph_text_printf(out, "%sThe %s '%s' belongs to %s", growth ? " " : "",
                   report->is_pool_tag ? "pool tag" : "kernel memory", report->tag, owner->name);
    if (owner->identified)
        identity_words(&owner->identity, out);
    ph_text_putc(out, '.');
    for (size_t i = 0; i < owner->claim_count; i++)
        if (owner->claims[i].evidence <= PH_EVIDENCE_TABLE)
            claim_words(&owner->claims[i], out);
    if (owner->reason)
        ph_text_printf(out, " Evidence: %s.", owner->reason);
    for (size_t i = 0; i < report->leak_count; i++)
        if (report->leaks[i].link)
            ph_text_printf(out, " A similar leak: %s.", report->leaks[i].link);
    ph_text_puts(out, " Is a leak of it known, and in which version is it fixed?");
}
