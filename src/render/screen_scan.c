/* scan for people: each driver with its tags; and poolmon's localtag.txt. */
#include <inttypes.h>
#include <string.h>

#include "render/owner_views.h"
#include "base/path.h"

enum { LEAD = 14 }; /* columns of tag and pool */

/* `text` after `lead`, later lines indented by the lead's width. */
static void prose(struct ph_screen *screen, const char *lead, const struct ph_text *text,
                  size_t indent, enum ph_tint tint)
{
    PH_GUARD(ph_text_fini) struct ph_text printable = {0};

    ph_screen_prose(screen->style->utf8, ph_text_slice(text), &printable);
    if (text->failed || printable.failed)
        screen->out->failed = true;
    ph_text_puts(screen->out, lead);
    ph_screen_wrap(screen, strlen(lead), indent, ph_text_slice(&printable), tint);
}

static void head(struct ph_screen *screen, const struct ph_scan_file *file)
{
    const struct ph_scan *scan = &file->scan;
    PH_GUARD(ph_text_fini) struct ph_text line = {0};

    ph_text_printf(&line, "%s (", file->path);
    if (scan->machine)
        ph_machine_text(scan->machine, &line);
    else
        ph_text_puts(&line, "no PE file");
    if (scan->kinds) {
        ph_text_puts(&line, "; ");
        ph_driver_kinds(scan->kinds, &line);
    }
    ph_text_puts(&line, "): ");
    if (!scan->sites)
        ph_text_puts(&line, "no call site of an allocator");
    else
        ph_text_printf(&line, "%" PRIu32 " of %" PRIu32 " call sites resolved", scan->resolved,
                       scan->sites);
    prose(screen, "", &line, 2, PH_TINT_BOLD);
}

static void claim_line(struct ph_screen *screen, const struct ph_claim *claim)
{
    PH_GUARD(ph_text_fini) struct ph_text words = {0};
    PH_GUARD(ph_text_fini) struct ph_text tag = {0};
    PH_GUARD(ph_text_fini) struct ph_text lead = {0};

    ph_tag_text(claim->tag, &tag);
    ph_text_printf(&lead, "  %-4s  %-5s ", tag.data ? tag.data : "",
                   ph_claim_pool_name(claim->pool));
    ph_claim_words(claim, &words);
    if (tag.failed || lead.failed)
        screen->out->failed = true;
    prose(screen, lead.data ? lead.data : "", &words, LEAD, PH_TINT_PLAIN);
}

static void unresolved_lines(struct ph_screen *screen, const struct ph_scan *scan)
{
    for (size_t i = 0; i < scan->unresolved_count; i++) {
        PH_GUARD(ph_text_fini) struct ph_text line = {0};
        ph_text_printf(&line, "%s at +0x%" PRIx32 ": %s", scan->unresolved[i].routine,
                       scan->unresolved[i].rva, scan->unresolved[i].why);
        prose(screen, "  ?     ?     ", &line, LEAD, PH_TINT_WARN);
    }
}

static void sum(struct ph_screen *screen, const struct ph_scan_report *report)
{
    uint64_t sites = 0, resolved = 0;
    PH_GUARD(ph_text_fini) struct ph_text line = {0};

    for (size_t i = 0; i < report->count; i++) {
        sites += report->files[i].scan.sites;
        resolved += report->files[i].scan.resolved;
    }
    ph_screen_count(&line, report->count, "driver", "drivers");
    ph_text_puts(&line, " among ");
    ph_screen_count(&line, report->looked_at, "file", "files");
    ph_text_puts(&line, "; ");
    ph_text_grouped(&line, (int64_t)resolved);
    ph_text_puts(&line, " of ");
    ph_screen_count(&line, sites, "call site", "call sites");
    ph_text_puts(&line, " resolved");
    if (sites)
        ph_text_printf(&line, " (%.1f %%)", 100.0 * (double)resolved / (double)sites);
    if (resolved < sites && !report->all)
        ph_text_puts(&line, "; --all lists the others");
    ph_text_puts(&line, report->fresh ? "." : "; all known from the index.");
    prose(screen, "", &line, 0, PH_TINT_PLAIN);
}

struct ph_error *ph_screen_scan(const struct ph_scan_report *report, const struct ph_style *style,
                                struct ph_text *out)
{
    struct ph_screen screen = ph_screen_of(style, out);

    for (size_t i = 0; i < report->count; i++) {
        const struct ph_scan *scan = &report->files[i].scan;
        head(&screen, &report->files[i]);
        for (size_t k = 0; k < scan->claim_count; k++)
            claim_line(&screen, &scan->claims[k]);
        if (report->all)
            unresolved_lines(&screen, scan);
        for (size_t k = 0; k < scan->losses.count; k++)
            ph_screen_line(&screen, "  ! ", scan->losses.items[k].what, 4);
        ph_text_putc(out, '\n');
    }
    sum(&screen, report);
    if (report->losses)
        ph_screen_losses(&screen, report->losses);
    return ph_text_check(out);
}

/* ------------------------------------------------------------------ localtag.txt */

/* The format is not documented; pooltag.txt's is, and poolmon shows the text behind the tag. */
struct ph_error *ph_render_localtag(const struct ph_scan_report *report, struct ph_text *out)
{
    ph_text_puts(out, "// Tags that the code of the drivers on this machine allocates with, by "
                      "poolhound scan --localtag\n");
    for (size_t i = 0; i < report->count; i++) {
        const struct ph_scan_file *file = &report->files[i];
        struct ph_slice name = ph_slice_of(ph_base_name(file->path));
        PH_GUARD(ph_table_fini) struct ph_table seen = {0};
        for (size_t k = 0; k < file->scan.claim_count; k++) {
            const struct ph_claim *claim = &file->scan.claims[k];
            struct ph_slice tag = {(const char *)claim->tag, 4};
            uint32_t value;
            bool printable = true;
            for (size_t c = 0; c < 4; c++)
                printable = printable && claim->tag[c] >= ' ' && claim->tag[c] < 0x7f;
            if (!printable || claim->evidence > PH_EVIDENCE_TABLE ||
                ph_table_find(&seen, tag, &value))
                continue;
            PH_TRY(ph_table_put(&seen, tag, 1));
            ph_text_add(out, claim->tag, 4);
            ph_text_puts(out, " - ");
            ph_screen_prose(false, name, out);
            ph_text_printf(out, " - %s\n", claim->routine);
        }
    }
    return ph_text_check(out);
}
