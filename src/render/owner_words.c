#include <inttypes.h>
#include <string.h>

#include "render/owner_views.h"

void ph_machine_text(uint16_t machine, struct ph_text *out)
{
    /* of PE files, then of ELF files: the numbers do not collide */
    static const struct {
        uint16_t machine;
        const char *name;
    } NAMES[] = {
        {0x014c, "x86"},     {0x8664, "x64"}, {0xaa64, "ARM64"}, {0x01c4, "ARM"},
        {0x0200, "Itanium"}, {3, "x86"},      {62, "x64"},       {183, "ARM64"},
        {40, "ARM"},         {243, "RISC-V"}, {21, "PowerPC"},   {22, "S390"},
    };

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++)
        if (NAMES[i].machine == machine) {
            ph_text_puts(out, NAMES[i].name);
            return;
        }
    if (machine)
        ph_text_printf(out, "machine 0x%04x", machine);
    else
        ph_text_puts(out, "?");
}

void ph_hex_text(const uint8_t *bytes, size_t size, bool upper, struct ph_text *out)
{
    for (size_t i = 0; i < size; i++)
        ph_text_printf(out, upper ? "%02X" : "%02x", bytes[i]);
}

/* The sizes of the sites where they are constant. */
static void sizes(const struct ph_claim *claim, struct ph_text *out)
{
    if (claim->size_least < 0)
        return;
    ph_text_puts(out,
                 claim->size_most == claim->size_least ? ", constant size " : ", constant sizes ");
    ph_text_grouped(out, claim->size_least);
    if (claim->size_most != claim->size_least) {
        ph_text_puts(out, " to ");
        ph_text_grouped(out, claim->size_most);
    }
    ph_text_puts(out, " B");
}

static void pool(const struct ph_claim *claim, struct ph_text *out)
{
    static const char *const WORDS[] = {
        [PH_CLAIM_POOL_NONPAGED] = ", nonpaged",
        [PH_CLAIM_POOL_PAGED] = ", paged",
        [PH_CLAIM_POOL_BOTH] = ", nonpaged and paged",
    };

    if (claim->pool > PH_CLAIM_POOL_UNKNOWN && claim->pool <= PH_CLAIM_POOL_BOTH)
        ph_text_puts(out, WORDS[claim->pool]);
}

static void strong(const struct ph_claim *claim, struct ph_text *out)
{
    ph_text_puts(out, claim->evidence == PH_EVIDENCE_SITE
                          ? "allocates at "
                          : "allocates with a tag from a table or global at ");
    ph_screen_count(out, claim->sites, "call site", "call sites");
    if (claim->routine && claim->routine[0])
        ph_text_printf(out, ": %s", claim->routine);
    pool(claim, out);
    sizes(claim, out);
    if (claim->wrappers)
        ph_text_printf(out, ", %" PRIu32 " of them through its own wrapper functions",
                       claim->wrappers);
    if (claim->first_rva)
        ph_text_printf(out, "; first at +0x%" PRIx32, claim->first_rva);
    if (claim->is_protected)
        ph_text_puts(out, "; protected pool");
    if (claim->partial)
        ph_text_puts(out, "; at some site it may be another tag");
}

void ph_claim_words(const struct ph_claim *claim, struct ph_text *out)
{
    static const char *const PLACES[PH_EVIDENCE_COUNT] = {
        [PH_EVIDENCE_IMMEDIATE] =
            "the bytes are an immediate in code, not seen to reach an allocator",
        [PH_EVIDENCE_DATA] = "the bytes stand in data",
        [PH_EVIDENCE_TEXT] = "the bytes occur as text",
    };

    if (claim->evidence <= PH_EVIDENCE_TABLE) {
        if (claim->sites) {
            strong(claim, out);
            return;
        }
        ph_text_printf(out, "its default tag (%s)",
                       claim->routine && claim->routine[0] ? claim->routine : "service name");
        return;
    }
    if (claim->routine && claim->routine[0]) {
        ph_text_printf(out, "only frees with it: %s at ", claim->routine);
    } else {
        const char *place = claim->evidence < PH_EVIDENCE_COUNT ? PLACES[claim->evidence] : NULL;
        ph_text_printf(out, "%s, at ", place ? place : ph_evidence_name(claim->evidence));
    }
    ph_screen_count(out, claim->sites, "place", "places");
    if (claim->first_rva)
        ph_text_printf(out, " (first +0x%" PRIx32 ")", claim->first_rva);
}
