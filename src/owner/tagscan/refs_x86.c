/* refs_x86.c - references in x86 and x64 code: every position may begin a displacement.
 *
 * What the search relies on (Intel SDM volume 2, "Instruction Format"):
 *
 *     e8 rel32, e9 rel32, 0f 80..8f rel32   call, jump, conditional jumps, from their own end
 *     eb rel8, 70..7f rel8                  the same in two bytes
 *     modrm, disp32 [, 1, 2 or 4 bytes]     x64: modrm & c7 = 05 names an address from the
 *                                           instruction's end, behind the immediate
 *     disp32, imm32                         x86: the address itself; the linker's relocations tell
 *                                           where these are
 *
 * Sixteen positions are looked at together: nearly always none of their sums comes near a target.
 */
#include "owner/tagscan/refs_scan.h"

#include <string.h>

typedef uint32_t lanes __attribute__((vector_size(16)));
typedef int32_t signed_lanes __attribute__((vector_size(16)));

enum { STEP = 16, DISPLACEMENT = 4, SHORT_BACK = 129, SHORT_ON = 126 };

static uint8_t byte_at(struct ph_slice code, size_t offset)
{
    return (uint8_t)code.data[offset];
}

/* Bytes of a relative call or jump before its displacement at `offset`; 0: there is none. */
static size_t relative(struct ph_slice code, size_t offset, enum ph_ref_kind *kind)
{
    uint8_t last = offset >= 1 ? byte_at(code, offset - 1) : 0;

    *kind = last == 0xe8 ? PH_REF_CALL : PH_REF_JUMP;
    if (last == 0xe8 || last == 0xe9)
        return 1;
    return offset >= 2 && (last & 0xf0) == 0x80 && byte_at(code, offset - 2) == 0x0f ? 2 : 0;
}

enum ph_ref_kind ph_ref_kind_x86(struct ph_slice code, size_t offset, size_t *before)
{
    *before = 0;
    if (offset < 2 || byte_at(code, offset - 2) != 0xff)
        return PH_REF_ADDRESS;
    uint8_t modrm = byte_at(code, offset - 1);
    if (modrm != 0x15 && modrm != 0x25)
        return PH_REF_ADDRESS;
    *before = 2;
    return modrm == 0x15 ? PH_REF_CALL : PH_REF_JUMP;
}

/* Targets at `sum`, or behind it by the size of an immediate. */
static struct ph_error *look(struct ph_ref_scan *scan, struct ph_slice code, uint32_t rva,
                             size_t offset, uint32_t sum)
{
    enum ph_ref_kind jump;
    size_t before, opcode = relative(code, offset, &jump);
    bool memory = scan->pe->wide && offset >= 1 && (byte_at(code, offset - 1) & 0xc7) == 0x05;
    uint32_t from = rva + (uint32_t)offset;

    if (!opcode && !memory)
        return NULL;
    for (size_t i = ph_ref_at(&scan->set, sum);
         i < scan->set.count && scan->set.targets[i].rva - sum <= PH_REF_REACH; i++) {
        uint32_t behind = scan->set.targets[i].rva - sum;
        if (opcode && behind == 0)
            PH_TRY(ph_ref_add(scan, from - (uint32_t)opcode, i, jump));
        if (!memory || behind == 3)
            continue;
        enum ph_ref_kind kind = ph_ref_kind_x86(code, offset, &before);
        PH_TRY(ph_ref_add(scan, from - (uint32_t)before, i, kind));
    }
    return NULL;
}

static struct ph_error *look_absolute(struct ph_ref_scan *scan, struct ph_slice code, uint32_t rva,
                                      size_t offset, uint32_t sum)
{
    size_t before;
    enum ph_ref_kind kind = ph_ref_kind_x86(code, offset, &before);

    return ph_ref_check(scan, rva + (uint32_t)(offset - before), sum, kind);
}

/* Is any of the sums of the 16 positions from `at` on between low and low + span? The unsigned
 * comparison is made with signed numbers, which is what the processor has: hence the top bit. */
static inline bool any_near(const char *at, lanes bias, lanes step, int32_t limit)
{
    const signed_lanes limits = {limit, limit, limit, limit};
    signed_lanes found = {0};

    for (unsigned i = 0; i < 4; i++) {
        lanes values;
        memcpy(&values, at + i, sizeof(values));
        found |= (signed_lanes)(values + bias) <= limits;
        bias += step;
    }
    uint64_t halves[2];
    memcpy(halves, &found, sizeof(halves));
    return halves[0] | halves[1];
}

/* One pass over all positions. The sum of a position is its four bytes, plus where it lies when
 * they are relative, minus the image's base when they are an address. */
static struct ph_error *pass(struct ph_ref_scan *scan, struct ph_slice code, uint32_t rva,
                             bool absolute)
{
    const struct ph_ref_set *set = &scan->set;
    uint32_t advance = absolute ? 0 : 1;
    uint32_t origin = absolute ? 0u - (uint32_t)scan->pe->base : rva + DISPLACEMENT;
    const int32_t limit = (int32_t)(set->span ^ 0x80000000u);
    const lanes step = {advance, advance, advance, advance};
    const lanes places = {0, 4 * advance, 8 * advance, 12 * advance};
    size_t positions = code.size < DISPLACEMENT ? 0 : code.size - DISPLACEMENT + 1;

    for (size_t block = 0; block < positions && !scan->refs->cut; block += STEP) {
        uint32_t bias = origin + (uint32_t)block * advance;
        if (code.size - block >= STEP + DISPLACEMENT &&
            !any_near(code.data + block, places + (bias - set->low - 0x80000000u), step, limit))
            continue;
        for (size_t at = block; at < block + STEP && at < positions; at++) {
            uint32_t sum = ph_le32(code.data + at) + origin + (uint32_t)at * advance;
            if (ph_ref_near(set, sum))
                PH_TRY(absolute ? look_absolute(scan, code, rva, at, sum)
                                : look(scan, code, rva, at, sum));
        }
    }
    return NULL;
}

/* Jumps of two bytes around each target that lies in the code: compilers put leaf functions right
 * before what they jump to. */
static struct ph_error *short_jumps(struct ph_ref_scan *scan, struct ph_slice code, uint32_t rva)
{
    for (size_t i = ph_ref_at(&scan->set, rva); i < scan->set.count && !scan->refs->cut; i++) {
        size_t target = scan->set.targets[i].rva - rva;
        if (target >= code.size)
            break;
        size_t at = target < SHORT_BACK ? 0 : target - SHORT_BACK;
        for (; at <= target + SHORT_ON && at + 2 <= code.size; at++) {
            uint8_t opcode = byte_at(code, at);
            if ((opcode == 0xeb || (opcode & 0xf0) == 0x70) &&
                at + 2 + (size_t)(int8_t)byte_at(code, at + 1) == target)
                PH_TRY(ph_ref_add(scan, rva + (uint32_t)at, i, PH_REF_JUMP));
        }
    }
    return NULL;
}

struct ph_error *ph_ref_scan_x86(struct ph_ref_scan *scan, struct ph_slice code, uint32_t rva,
                                 bool absolute)
{
    PH_TRY(pass(scan, code, rva, false));
    if (absolute)
        PH_TRY(pass(scan, code, rva, true));
    return short_jumps(scan, code, rva);
}
