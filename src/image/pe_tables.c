/* Tables of a PE file about its code: relocations, functions, and where it came from.
 *
 *     relocations: blocks of page RVA 4, size of the block 4, then 2 bytes for each: type in the
 *       high 4 bits, offset in the page; type 3 HIGHLOW, 4 takes a second entry, 10 DIR64
 *     functions, x64, 12 bytes: begin, end, unwind information (RVAs; low bit set: the RVA of
 *       another function's entry, whose information counts)
 *       unwind information: version 3 bits, flags 5 bits; prolog size; codes; frame; codes of 2
 * bytes padded to an even number; with flag 4 (chained) the entry of the function it is a part of
 *     functions, ARM64, 8 bytes: begin, then by its low 2 bits: 0 = RVA of a record whose low 18
 *       bits count instructions; 1, 2 = packed, bits 2 to 12 count them
 *     debug directory, 28 bytes: 12 type, 16 size, 20 RVA, 24 offset in the file; type 2 CodeView:
 *       "RSDS" GUID 16, age 4, path; or "NB10" 0, number 4, age 4, path; type 16: reproducible
 *     "Rich" header: between DOS and PE header, each 4 bytes XORed with the key behind "Rich":
 *       "DanS", three zeros, then pairs (tool << 16 | build, count) up to "Rich" in the clear
 */
#include "image/pe.h"

#include <string.h>

#include "base/mem.h"
#include "base/sort.h"

/* All bytes of a directory that are there; `*damaged` when some are not. Empty: no directory. */
static struct ph_slice directory(const struct ph_pe *pe, enum ph_pe_directory which, bool *damaged)
{
    uint32_t rva = pe->directories[which].rva, size = pe->directories[which].size;
    struct ph_slice bytes = {"", 0};

    if (!rva || !size)
        return bytes;
    if (!ph_pe_rest(pe, rva, &bytes)) {
        *damaged = true;
        return (struct ph_slice){"", 0};
    }
    if (bytes.size < size)
        *damaged = true;
    else
        bytes.size = size;
    return bytes;
}

/* --- relocations --- */

enum {
    BLOCK_HEADER = 8,
    TYPE_HIGHLOW = 3,
    TYPE_HIGHADJ = 4,
    TYPE_DIR64 = 10,
    RELOCATIONS_MOST = 1 << 24 /* 64 MB; large browsers have a million */
};

static struct ph_error *read_block(struct ph_slice block, struct ph_pe_rvas *rvas)
{
    uint32_t page = ph_le32(block.data);

    for (size_t at = BLOCK_HEADER; at + 2 <= block.size; at += 2) {
        uint16_t entry = ph_le16(block.data + at);
        uint32_t offset = entry & 0xfffu;
        if (entry >> 12 == TYPE_HIGHADJ)
            at += 2;
        if (entry >> 12 != TYPE_HIGHLOW && entry >> 12 != TYPE_DIR64)
            continue;
        if (page > UINT32_MAX - offset || rvas->count >= RELOCATIONS_MOST) {
            rvas->damaged = true;
            return NULL;
        }
        PH_TRY(ph_grow(&rvas->items, &rvas->capacity, rvas->count + 1, sizeof(*rvas->items)));
        rvas->items[rvas->count++] = page + offset;
    }
    return NULL;
}

static int by_rva(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return left < right ? -1 : left > right;
}

static void sort_rvas(struct ph_pe_rvas *rvas)
{
    size_t kept = 0;
    bool sorted = true;

    for (size_t i = 1; i < rvas->count && sorted; i++)
        sorted = rvas->items[i - 1] < rvas->items[i];
    if (sorted)
        return;
    ph_sort(rvas->items, rvas->count, sizeof(*rvas->items), by_rva);
    for (size_t i = 0; i < rvas->count; i++)
        if (!kept || rvas->items[i] != rvas->items[kept - 1])
            rvas->items[kept++] = rvas->items[i];
    rvas->count = kept;
}

struct ph_error *ph_pe_relocations(const struct ph_pe *pe, struct ph_pe_rvas *rvas)
{
    PH_GUARD(ph_pe_rvas_fini) struct ph_pe_rvas found = {0};
    struct ph_slice rest = directory(pe, PH_PE_RELOCATION, &found.damaged);

    while (rest.size >= BLOCK_HEADER) {
        uint32_t size = ph_le32(rest.data + 4);
        if (!size && !ph_le32(rest.data))
            break; /* padding */
        if (size < BLOCK_HEADER || size > rest.size) {
            found.damaged = true;
            break;
        }
        PH_TRY(read_block((struct ph_slice){rest.data, size}, &found));
        rest = (struct ph_slice){rest.data + size, rest.size - size};
    }
    sort_rvas(&found);
    *rvas = found;
    found = (struct ph_pe_rvas){0};
    return NULL;
}

void ph_pe_rvas_fini(struct ph_pe_rvas *rvas)
{
    ph_free(rvas->items);
    *rvas = (struct ph_pe_rvas){0};
}

/* --- functions --- */

enum {
    ENTRY_X64 = 12,
    ENTRY_ARM64 = 8,
    UNWIND_CHAINED = 4,
    CHAIN_LONGEST = 32,
    FUNCTIONS_MOST = 1 << 22 /* 48 MB */
};

/* Follows chained unwind information up to the entry that is no part of another. */
static uint32_t find_parent(const struct ph_pe *pe, uint32_t begin, uint32_t unwind, bool *damaged)
{
    struct ph_slice bytes;
    uint32_t parent = begin;

    for (int i = 0; i < CHAIN_LONGEST; i++) {
        uint32_t entry; /* the next entry of the chain */
        if (unwind & 1) {
            entry = unwind - 1;
        } else {
            if (!ph_pe_bytes(pe, unwind, 4, &bytes))
                break;
            if (!((uint8_t)bytes.data[0] >> 3 & UNWIND_CHAINED))
                return parent;
            uint32_t codes = ((uint8_t)bytes.data[2] + 1u) & ~1u;
            entry = unwind + 4 + codes * 2;
        }
        if (!ph_pe_bytes(pe, entry, ENTRY_X64, &bytes))
            break;
        parent = ph_le32(bytes.data);
        unwind = ph_le32(bytes.data + 8);
    }
    *damaged = true;
    return begin;
}

static bool read_x64(const struct ph_pe *pe, const char *at, struct ph_pe_function *function,
                     bool *damaged)
{
    function->begin = ph_le32(at);
    function->end = ph_le32(at + 4);
    if (function->end <= function->begin)
        return false;
    function->parent = find_parent(pe, function->begin, ph_le32(at + 8), damaged);
    return true;
}

static bool read_arm64(const struct ph_pe *pe, const char *at, struct ph_pe_function *function,
                       bool *damaged)
{
    uint32_t begin = ph_le32(at), unwind = ph_le32(at + 4), record = 0, instructions = 0;

    (void)damaged;
    if ((unwind & 3) == 0 && ph_pe_u32(pe, unwind, &record))
        instructions = record & 0x3ffff;
    else if ((unwind & 3) == 1 || (unwind & 3) == 2)
        instructions = unwind >> 2 & 0x7ff;
    if (!instructions || begin > UINT32_MAX - instructions * 4)
        return false;
    *function = (struct ph_pe_function){begin, begin + instructions * 4, begin};
    return true;
}

static const struct {
    uint16_t machine;
    size_t size;
    bool (*read)(const struct ph_pe *pe, const char *at, struct ph_pe_function *function,
                 bool *damaged);
} ENTRIES[] = {
    {PH_PE_X64, ENTRY_X64, read_x64},
    {PH_PE_ARM64, ENTRY_ARM64, read_arm64},
};

static int by_function(const void *a, const void *b)
{
    const struct ph_pe_function *left = a, *right = b;

    if (left->begin != right->begin)
        return left->begin < right->begin ? -1 : 1;
    return left->end < right->end ? -1 : left->end > right->end;
}

static struct ph_error *add_function(const struct ph_pe *pe, struct ph_pe_function function,
                                     struct ph_pe_functions *functions)
{
    if (functions->count >= FUNCTIONS_MOST || !ph_pe_section_at(pe, function.begin)) {
        functions->damaged = true;
        return NULL;
    }
    PH_TRY(ph_grow(&functions->items, &functions->capacity, functions->count + 1,
                   sizeof(*functions->items)));
    functions->items[functions->count++] = function;
    return NULL;
}

static struct ph_error *read_functions(const struct ph_pe *pe, size_t kind,
                                       struct ph_pe_functions *functions)
{
    struct ph_slice table = directory(pe, PH_PE_EXCEPTION, &functions->damaged);
    size_t size = ENTRIES[kind].size;

    for (size_t at = 0; at + size <= table.size; at += size) {
        struct ph_pe_function function;
        if (!ph_le32(table.data + at))
            continue; /* padding */
        if (ENTRIES[kind].read(pe, table.data + at, &function, &functions->damaged))
            PH_TRY(add_function(pe, function, functions));
        else
            functions->damaged = true;
    }
    return NULL;
}

struct ph_error *ph_pe_functions(const struct ph_pe *pe, struct ph_pe_functions *functions)
{
    PH_GUARD(ph_pe_functions_fini) struct ph_pe_functions found = {0};

    for (size_t i = 0; i < sizeof(ENTRIES) / sizeof(ENTRIES[0]); i++)
        if (ENTRIES[i].machine == pe->machine)
            PH_TRY(read_functions(pe, i, &found));
    if (found.count)
        ph_sort(found.items, found.count, sizeof(*found.items), by_function);
    *functions = found;
    found = (struct ph_pe_functions){0};
    return NULL;
}

void ph_pe_functions_fini(struct ph_pe_functions *functions)
{
    ph_free(functions->items);
    *functions = (struct ph_pe_functions){0};
}

/* --- debug information --- */

enum {
    DEBUG_SIZE = 28,
    DEBUG_CODEVIEW = 2,
    DEBUG_REPRO = 16,
    DEBUG_MOST = 256, /* real files have up to six */
    RSDS_SIZE = 24,
    NB10_SIZE = 16
};

static bool debug_bytes(const struct ph_pe *pe, const char *entry, struct ph_slice *bytes)
{
    uint32_t size = ph_le32(entry + 16), rva = ph_le32(entry + 20), offset = ph_le32(entry + 24);

    if (rva && ph_pe_bytes(pe, rva, size, bytes))
        return true;
    if (!offset || offset > pe->file.size || size > pe->file.size - offset)
        return false;
    *bytes = (struct ph_slice){pe->file.data + offset, size};
    return true;
}

static void read_codeview(struct ph_slice bytes, struct ph_pe_pdb *pdb)
{
    size_t head = 0;

    if (bytes.size >= RSDS_SIZE && memcmp(bytes.data, "RSDS", 4) == 0) {
        head = RSDS_SIZE;
        memcpy(pdb->guid, bytes.data + 4, sizeof(pdb->guid));
        pdb->age = ph_le32(bytes.data + 20);
        pdb->numbered = false;
    } else if (bytes.size >= NB10_SIZE && memcmp(bytes.data, "NB10", 4) == 0) {
        head = NB10_SIZE;
        memset(pdb->guid, 0, sizeof(pdb->guid));
        memcpy(pdb->guid, bytes.data + 8, 4);
        pdb->age = ph_le32(bytes.data + 12);
        pdb->numbered = true;
    } else {
        return;
    }
    const char *path = bytes.data + head;
    pdb->path = (struct ph_slice){path, strnlen(path, bytes.size - head)};
}

void ph_pe_pdb(const struct ph_pe *pe, struct ph_pe_pdb *pdb)
{
    bool damaged = false;
    struct ph_slice table = directory(pe, PH_PE_DEBUG, &damaged), bytes;

    *pdb = (struct ph_pe_pdb){.path = {"", 0}};
    for (size_t i = 0; i < DEBUG_MOST && (i + 1) * DEBUG_SIZE <= table.size; i++) {
        const char *entry = table.data + i * DEBUG_SIZE;
        uint32_t type = ph_le32(entry + 12);
        if (type == DEBUG_REPRO)
            pdb->reproducible = true;
        if (type == DEBUG_CODEVIEW && !pdb->path.size && debug_bytes(pe, entry, &bytes))
            read_codeview(bytes, pdb);
    }
}

/* --- the Rich header --- */

enum { RICH_FROM = 0x40, RICH_UNTIL = 0x10000 };

static bool find_rich(const struct ph_pe *pe, size_t end, size_t *rich)
{
    for (size_t at = RICH_FROM; at + 8 <= end; at += 4)
        if (memcmp(pe->file.data + at, "Rich", 4) == 0) {
            *rich = at;
            return true;
        }
    return false;
}

size_t ph_pe_tools(const struct ph_pe *pe, struct ph_pe_tool tools[PH_PE_TOOLS_MOST])
{
    size_t end = pe->header_offset < RICH_UNTIL ? pe->header_offset : RICH_UNTIL, rich, count = 0;
    const char *data = pe->file.data;

    if (!find_rich(pe, end, &rich))
        return 0;
    uint32_t key = ph_le32(data + rich + 4);
    size_t first = rich;
    while (first >= RICH_FROM + 4 && (ph_le32(data + first) ^ key) != ph_le32("DanS"))
        first -= 4;
    if ((ph_le32(data + first) ^ key) != ph_le32("DanS"))
        return 0;
    for (size_t at = first + 16; at + 8 <= rich && count < PH_PE_TOOLS_MOST; at += 8) {
        uint32_t tool = ph_le32(data + at) ^ key;
        tools[count++] = (struct ph_pe_tool){.id = (uint16_t)(tool >> 16),
                                             .build = (uint16_t)tool,
                                             .count = ph_le32(data + at + 4) ^ key};
    }
    return count;
}
