/* rawtag.c - where the four bytes of a tag occur in a file without reaching an allocator: in an
 * instruction, in data, as text.
 *
 * Bytes are looked at, not followed: in code only those count as an immediate that stand where an
 * instruction has one. x86 and x64, by the opcodes before the four bytes:
 *
 *     B8-BF id            mov r32, imm32         (41 before it: r8d-r15d)
 *     68 id               push imm32
 *     C7 /0 ... id        mov r/m32, imm32       (SIB byte and displacement between)
 *     81 /n ... id        add, or, and, sub, xor, cmp r/m32, imm32
 *     3D, 05, 0D, 25, 2D, 35 id   the same with eax
 *
 * ARM64: movz with one half and, a few instructions later, movk with the other, to one register;
 * or the whole word among the code, where ldr (literal) finds it.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/text.h"
#include "owner/tagscan/tagscan.h"

enum {
    MOVK_WITHIN = 8, /* instructions */
    RANGES = PH_PE_DIRECTORIES
};

struct found {
    uint32_t count, first_rva;
};

struct raw {
    const struct ph_pe *pe;
    const uint8_t *tag;
    struct found immediate, data, text;
};

static void note(struct found *found, uint32_t rva)
{
    if (!found->count || rva < found->first_rva)
        found->first_rva = rva;
    found->count += found->count < UINT32_MAX;
}

/* ------------------------------------------------------------------ text */

static bool printable(uint8_t byte)
{
    return byte >= ' ' && byte < 0x7f;
}

/* Text goes on before or behind the tag. The byte beside it tells, with a neighbour that is
 * printable too: a single one is chance in every tenth place. */
static bool in_text(struct ph_slice bytes, size_t at, size_t step)
{
    const uint8_t *data = (const uint8_t *)bytes.data;
    size_t end = at + 4 * step;
    bool before = at >= 2 * step && printable(data[at - step]) && printable(data[at - 2 * step]);
    bool behind =
        bytes.size - end >= 2 * step && printable(data[end]) && printable(data[end + step]);

    if (step == 2) {
        before = before && !data[at - 1] && !data[at - 3];
        behind = behind && !data[end + 1] && !data[end + 3];
    }
    return before || behind;
}

static bool is_text_tag(const uint8_t *tag)
{
    return printable(tag[0]) && printable(tag[1]) && printable(tag[2]) && printable(tag[3]);
}

static void search_wide(struct raw *raw, uint32_t rva, struct ph_slice bytes)
{
    uint8_t wide[7] = {raw->tag[0], 0, raw->tag[1], 0, raw->tag[2], 0, raw->tag[3]};
    const char *at = bytes.data, *end = bytes.data + bytes.size;

    while (is_text_tag(raw->tag) &&
           (at = ph_find_bytes(at, (size_t)(end - at), wide, sizeof(wide)))) {
        if (end - at >= 8 && !at[7])
            note(&raw->text, rva + (uint32_t)(at - bytes.data));
        at++;
    }
}

/* ------------------------------------------------------------------ x86, x64 */

/* How long an instruction's ModRM, SIB and displacement are; 0 when they do not end at `room`. */
static bool modrm_fills(const uint8_t *modrm, size_t room, bool wide)
{
    unsigned mode = *modrm >> 6, base = *modrm & 7;
    size_t length = 1;

    if (mode != 3 && base == 4) {
        length++;
        if (mode == 0 && room > 1 && (modrm[1] & 7) == 5)
            length += 4;
    } else if (mode == 0 && base == 5) {
        length += 4;
    }
    (void)wide; /* rip + disp32 and disp32 are as long */
    length += mode == 1 ? 1 : mode == 2 ? 4 : 0;
    return length == room;
}

static bool x86_immediate(const uint8_t *code, size_t at)
{
    static const uint8_t WITH_AX[] = {0x3d, 0x05, 0x0d, 0x25, 0x2d, 0x35, 0xa9};
    uint8_t last = at ? code[at - 1] : 0;

    if ((last >= 0xb8 && last <= 0xbf) || last == 0x68 || memchr(WITH_AX, last, sizeof(WITH_AX)))
        return true;
    for (size_t room = 1; room <= 6 && room < at; room++) {
        const uint8_t *modrm = code + at - room;
        uint8_t opcode = modrm[-1], group = *modrm >> 3 & 7;
        if ((opcode == 0x81 || (opcode == 0xc7 && !group) || (opcode == 0xf7 && !group) ||
             opcode == 0x69) &&
            modrm_fills(modrm, room, true))
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------ ARM64 */

/* movz wd, #low; movk wd, #high, lsl 16; or the other way round. */
static void search_moves(struct raw *raw, uint32_t rva, struct ph_slice code)
{
    uint32_t halves[2] = {ph_le16(raw->tag), ph_le16(raw->tag + 2)};
    const uint8_t *words = (const uint8_t *)code.data;

    for (size_t at = 0; at + 4 <= code.size; at += 4) {
        uint32_t word = ph_le32(words + at);
        unsigned which = word >> 21 & 1;
        if ((word & 0x7fc00000) != 0x52800000 || (word >> 5 & 0xffff) != halves[which])
            continue;
        for (size_t next = at + 4; next + 4 <= code.size && next <= at + 4 * MOVK_WITHIN;
             next += 4) {
            uint32_t other = ph_le32(words + next);
            if ((other & 0x7fc0001f) == (0x72800000 | (word & 31)) && (other >> 21 & 1) == !which &&
                (other >> 5 & 0xffff) == halves[!which]) {
                note(&raw->immediate, rva + (uint32_t)at);
                break;
            }
        }
    }
}

/* ------------------------------------------------------------------ a piece */

static void search_code(struct raw *raw, uint32_t rva, struct ph_slice code)
{
    const char *at = code.data, *end = code.data + code.size;

    if (raw->pe->machine == PH_PE_ARM64)
        search_moves(raw, rva, code);
    while ((at = ph_find_bytes(at, (size_t)(end - at), raw->tag, 4))) {
        size_t offset = (size_t)(at - code.data);
        bool x86 = raw->pe->machine == PH_PE_X86 || raw->pe->machine == PH_PE_X64;
        if (x86 && x86_immediate((const uint8_t *)code.data, offset))
            note(&raw->immediate, rva + (uint32_t)offset);
        else
            note(in_text(code, offset, 1) ? &raw->text : &raw->data, rva + (uint32_t)offset);
        at++;
    }
}

static void search_data(struct raw *raw, uint32_t rva, struct ph_slice bytes)
{
    const char *at = bytes.data, *end = bytes.data + bytes.size;

    while ((at = ph_find_bytes(at, (size_t)(end - at), raw->tag, 4))) {
        size_t offset = (size_t)(at - bytes.data);
        note(in_text(bytes, offset, 1) ? &raw->text : &raw->data, rva + (uint32_t)offset);
        at++;
    }
}

/* Data directories in executable sections (imports, resources) hold no code. */
static bool next_directory(const struct ph_pe *pe, uint32_t from, uint64_t *begin, uint64_t *end)
{
    bool any = false;

    for (unsigned i = 0; i < RANGES && i < pe->directory_count; i++) {
        uint64_t start = pe->directories[i].rva, stop = start + pe->directories[i].size;
        if (i == PH_PE_CERTIFICATE || start == stop || stop <= from || (any && start >= *begin))
            continue;
        *begin = start;
        *end = stop;
        any = true;
    }
    return any;
}

static void search_span(struct raw *raw, const struct ph_pe_span *span, struct ph_slice bytes)
{
    uint64_t at = span->begin, end = at + bytes.size, begin = 0, stop = 0;

    search_wide(raw, span->begin, bytes);
    if (!(raw->pe->sections[span->section].flags & PH_PE_CODE)) {
        search_data(raw, span->begin, bytes);
        return;
    }
    while (at < end) {
        bool any = next_directory(raw->pe, (uint32_t)at, &begin, &stop);
        if (!any || begin > end)
            begin = end;
        if (begin > at)
            search_code(raw, (uint32_t)at,
                        (struct ph_slice){bytes.data + (at - span->begin), (size_t)(begin - at)});
        if (!any || begin >= end)
            return;
        if (stop > end)
            stop = end;
        uint64_t start = begin > at ? begin : at;
        search_data(raw, (uint32_t)start,
                    (struct ph_slice){bytes.data + (start - span->begin), (size_t)(stop - start)});
        at = stop;
    }
}

/* ------------------------------------------------------------------ all */

static struct ph_error *add(struct ph_scan *scan, const uint8_t tag[4], const struct found *found,
                            enum ph_evidence evidence)
{
    struct ph_claim claim = {.evidence = evidence,
                             .sites = found->count,
                             .first_rva = found->first_rva,
                             .size_least = -1,
                             .size_most = -1,
                             .routine = ""};

    if (!found->count)
        return NULL;
    memcpy(claim.tag, tag, sizeof(claim.tag));
    return ph_scan_add(scan, &claim);
}

struct ph_error *ph_tagscan_raw(const struct ph_pe *pe, const uint8_t tag[4], struct ph_scan *scan)
{
    PH_GUARD(ph_scan_fini) struct ph_scan made = {.machine = pe->machine};
    struct raw raw = {.pe = pe, .tag = tag};
    struct ph_slice bytes;

    for (size_t i = 0; i < pe->span_count; i++)
        if (ph_pe_rest(pe, pe->spans[i].begin, &bytes)) {
            uint64_t room = pe->spans[i].end - pe->spans[i].begin;
            if (bytes.size > room)
                bytes.size = (size_t)room;
            search_span(&raw, &pe->spans[i], bytes);
        }
    PH_TRY(add(&made, tag, &raw.immediate, PH_EVIDENCE_IMMEDIATE));
    PH_TRY(add(&made, tag, &raw.data, PH_EVIDENCE_DATA));
    PH_TRY(add(&made, tag, &raw.text, PH_EVIDENCE_TEXT));
    for (size_t i = 0; i < made.claim_count; i++)
        PH_TRY(ph_scan_add(scan, &made.claims[i]));
    return NULL;
}
