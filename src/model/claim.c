#include "model/claim.h"

#include <string.h>

#include "base/mem.h"

static const struct {
    const char *id, *name;
    unsigned rank;
} EVIDENCE[PH_EVIDENCE_COUNT] = {
    [PH_EVIDENCE_SITE] = {"call-site", "allocates at a call site", 1},
    [PH_EVIDENCE_TABLE] = {"table", "tag flows from a constant table", 2},
    [PH_EVIDENCE_IMMEDIATE] = {"immediate", "immediate in code", 4},
    [PH_EVIDENCE_DATA] = {"data", "constant in data", 5},
    [PH_EVIDENCE_TEXT] = {"text", "text", 6},
    [PH_EVIDENCE_LIST] = {"list", "tag list entry", 7},
    [PH_EVIDENCE_KNOWN] = {"known", "known meaning", 9},
    [PH_EVIDENCE_HOLDS] = {"holds", "a process holds most of it", 0},
    [PH_EVIDENCE_GREW] = {"grew-alike", "what a process holds grew by as much", 3},
    [PH_EVIDENCE_SOME] = {"holds-some", "a process holds some of it", 8},
};

const char *ph_evidence_id(enum ph_evidence evidence)
{
    return evidence < PH_EVIDENCE_COUNT ? EVIDENCE[evidence].id : "unknown";
}

const char *ph_evidence_name(enum ph_evidence evidence)
{
    return evidence < PH_EVIDENCE_COUNT ? EVIDENCE[evidence].name : "unknown";
}

unsigned ph_evidence_rank(enum ph_evidence evidence)
{
    return evidence < PH_EVIDENCE_COUNT ? EVIDENCE[evidence].rank : PH_EVIDENCE_COUNT;
}

bool ph_evidence_names(enum ph_evidence evidence)
{
    return ph_evidence_rank(evidence) <= EVIDENCE[PH_EVIDENCE_TABLE].rank;
}

const char *ph_claim_pool_name(enum ph_claim_pool pool)
{
    switch (pool) {
    case PH_CLAIM_POOL_NONPAGED:
        return "Nonp";
    case PH_CLAIM_POOL_PAGED:
        return "Paged";
    case PH_CLAIM_POOL_BOTH:
        return "both";
    case PH_CLAIM_POOL_UNKNOWN:
        break;
    }
    return "?";
}

void ph_driver_kinds(uint32_t kinds, struct ph_text *out)
{
    static const struct {
        enum ph_driver_kind bit;
        const char *name;
    } NAMES[] = {
        {PH_DRIVER_WDF, "WDF"},
        {PH_DRIVER_NDIS, "NDIS"},
        {PH_DRIVER_WFP, "network filter (WFP)"},
        {PH_DRIVER_MINIFILTER, "file-system minifilter"},
        {PH_DRIVER_STORPORT, "storage miniport (storport)"},
        {PH_DRIVER_SCSIPORT, "storage miniport (scsiport)"},
        {PH_DRIVER_VIDEO, "video miniport"},
        {PH_DRIVER_USB, "USB"},
        {PH_DRIVER_KERNEL, "kernel driver"},
        {PH_DRIVER_IS_ALLOCATOR, "allocates for others"},
        {PH_DRIVER_PACKED, "packed"},
    };
    const char *gap = "";

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++)
        if (kinds & NAMES[i].bit) {
            ph_text_printf(out, "%s%s", gap, NAMES[i].name);
            gap = ", ";
        }
}

void ph_scan_fini(struct ph_scan *scan)
{
    ph_free(scan->claims);
    ph_free(scan->unresolved);
    ph_loss_fini(&scan->losses);
    *scan = (struct ph_scan){0};
}

struct ph_error *ph_scan_add(struct ph_scan *scan, const struct ph_claim *claim)
{
    PH_TRY(ph_grow(&scan->claims, &scan->claim_capacity, scan->claim_count + 1,
                   sizeof(*scan->claims)));
    scan->claims[scan->claim_count++] = *claim;
    return NULL;
}

struct ph_error *ph_scan_add_unresolved(struct ph_scan *scan, uint32_t rva, const char *routine,
                                        const char *why)
{
    PH_TRY(ph_grow(&scan->unresolved, &scan->unresolved_capacity, scan->unresolved_count + 1,
                   sizeof(*scan->unresolved)));
    scan->unresolved[scan->unresolved_count++] = (struct ph_unresolved){rva, routine, why};
    return NULL;
}

void ph_tag_text(const uint8_t tag[4], struct ph_text *out)
{
    for (size_t i = 0; i < 4; i++)
        if (tag[i] == '\\')
            ph_text_puts(out, "\\\\");
        else if (tag[i] >= ' ' && tag[i] < 0x7f)
            ph_text_putc(out, (char)tag[i]);
        else
            ph_text_printf(out, "\\x%02x", tag[i]);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct ph_error *wrong(const char *text)
{
    return ph_errorf(PH_ERR_USAGE,
                     "'%s': a pool tag is one to four characters (\\xNN for others), or a number "
                     "such as 0x6b61654c",
                     text);
}

/* 0x6b61654c: the number a debugger shows, whose lowest byte is the tag's first. */
static bool parse_number(const char *text, uint8_t tag[4])
{
    uint32_t number = 0;
    size_t digits = strlen(text + 2);

    if (digits < 5 || digits > 8)
        return false;
    for (const char *at = text + 2; *at; at++) {
        if (hex_digit(*at) < 0)
            return false;
        number = number << 4 | (uint32_t)hex_digit(*at);
    }
    for (size_t i = 0; i < 4; i++)
        tag[i] = (uint8_t)(number >> 8 * i);
    return true;
}

struct ph_error *ph_tag_parse(const char *text, uint8_t tag[4])
{
    uint8_t result[4] = {' ', ' ', ' ', ' '};
    size_t count = 0;

    if (text[0] == '0' && (text[1] | 0x20) == 'x' && strlen(text) > 4)
        return parse_number(text, tag) ? NULL : wrong(text);
    for (const char *at = text; *at; at++) {
        uint8_t byte = (uint8_t)*at;
        if (count == 4)
            return wrong(text);
        if (byte == '\\' && at[1] == '\\') {
            at++;
        } else if (byte == '\\') {
            if (at[1] != 'x' || hex_digit(at[2]) < 0 || hex_digit(at[3]) < 0)
                return wrong(text);
            byte = (uint8_t)(hex_digit(at[2]) * 16 + hex_digit(at[3]));
            at += 3;
        }
        result[count++] = byte;
    }
    if (!count)
        return wrong(text);
    memcpy(tag, result, sizeof(result));
    return NULL;
}
