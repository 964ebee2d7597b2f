/* refs.c - see refs.h: the targets, the pieces of code to search, and the relocated pointers. */
#include "owner/tagscan/refs_scan.h"


#include "base/mem.h"
#include "base/sort.h"

enum { BLOCK_BITS_LEAST = 1 << 12, BLOCK_BITS_MOST = 1 << 20, EXCLUDED_MOST = PH_PE_DIRECTORIES };

static int by_rva(const void *left, const void *right)
{
    const struct ph_ref_target *a = left, *b = right;

    if (a->rva != b->rva)
        return a->rva < b->rva ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static void set_fini(struct ph_ref_set *set)
{
    ph_free(set->targets);
    ph_free(set->blocks);
    *set = (struct ph_ref_set){0};
}

static void mark(struct ph_ref_set *set, uint32_t rva)
{
    uint32_t block = (rva - set->low) >> PH_REF_BLOCK_SHIFT & set->block_mask;

    set->blocks[block / 64] |= 1ull << block % 64;
}

static struct ph_error *set_blocks(struct ph_ref_set *set)
{
    uint32_t bits = BLOCK_BITS_LEAST;

    set->low = set->targets[0].rva - PH_REF_REACH; /* may wrap: addresses do so too */
    set->span = set->targets[set->count - 1].rva - set->targets[0].rva;
    set->span = set->span > UINT32_MAX - PH_REF_REACH ? UINT32_MAX : set->span + PH_REF_REACH;
    while (bits < BLOCK_BITS_MOST && bits <= set->span >> PH_REF_BLOCK_SHIFT)
        bits *= 2;
    set->block_mask = bits - 1;
    set->blocks = ph_zalloc(bits / 64, sizeof(*set->blocks));
    if (!set->blocks)
        return ph_error_nomem();
    for (size_t i = 0; i < set->count; i++) {
        mark(set, set->targets[i].rva);
        mark(set, set->targets[i].rva - PH_REF_REACH);
    }
    return NULL;
}

static struct ph_error *set_make(struct ph_ref_set *set, const uint32_t *targets, size_t count)
{
    set->targets = ph_zalloc(count, sizeof(*set->targets));
    if (!set->targets)
        return ph_error_nomem();
    for (size_t i = 0; i < count; i++)
        set->targets[i] = (struct ph_ref_target){targets[i], (uint32_t)i};
    ph_sort(set->targets, count, sizeof(*set->targets), by_rva);
    for (size_t i = 0; i < count; i++)
        if (!set->count || set->targets[set->count - 1].rva != set->targets[i].rva)
            set->targets[set->count++] = set->targets[i];
    return set_blocks(set);
}

size_t ph_ref_at(const struct ph_ref_set *set, uint32_t rva)
{
    size_t low = 0, high = set->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->targets[middle].rva < rva)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct ph_error *ph_ref_add(struct ph_ref_scan *scan, uint32_t from, size_t position,
                            enum ph_ref_kind kind)
{
    struct ph_refs *refs = scan->refs;

    if (refs->count >= PH_REFS_MOST) {
        refs->cut = true;
        return NULL;
    }
    PH_TRY(ph_grow(&refs->items, &refs->capacity, refs->count + 1, sizeof(*refs->items)));
    refs->items[refs->count++] = (struct ph_ref){from, scan->set.targets[position].index, kind};
    return NULL;
}

struct ph_error *ph_ref_check(struct ph_ref_scan *scan, uint32_t from, uint32_t rva,
                              enum ph_ref_kind kind)
{
    if (!ph_ref_near(&scan->set, rva))
        return NULL;
    size_t position = ph_ref_at(&scan->set, rva);
    if (position == scan->set.count || scan->set.targets[position].rva != rva)
        return NULL;
    return ph_ref_add(scan, from, position, kind);
}

/* --- pieces of code --- */

struct range {
    uint64_t begin, end;
};

struct excluded {
    struct range ranges[EXCLUDED_MOST]; /* ascending by begin; they may overlap */
    size_t count;
};

/* A directory over the entry point is a lie that would hide code. */
static void exclude(const struct ph_pe *pe, enum ph_pe_directory which, struct excluded *excluded)
{
    struct range range = {pe->directories[which].rva, 0};
    size_t at = excluded->count;

    range.end = range.begin + pe->directories[which].size;
    if (!range.begin || range.begin == range.end ||
        (pe->entry_rva >= range.begin && pe->entry_rva < range.end))
        return;
    for (; at > 0 && excluded->ranges[at - 1].begin > range.begin; at--)
        excluded->ranges[at] = excluded->ranges[at - 1];
    excluded->ranges[at] = range;
    excluded->count++;
}

static void find_excluded(const struct ph_pe *pe, struct excluded *excluded)
{
    static const enum ph_pe_directory directories[] = {
        PH_PE_EXPORT, PH_PE_IMPORT,      PH_PE_RESOURCE, PH_PE_EXCEPTION,   PH_PE_RELOCATION,
        PH_PE_DEBUG,  PH_PE_LOAD_CONFIG, PH_PE_IAT,      PH_PE_DELAY_IMPORT};

    excluded->count = 0;
    for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++)
        exclude(pe, directories[i], excluded);
}

static struct ph_error *scan_piece(struct ph_ref_scan *scan, struct ph_slice code, uint32_t rva,
                                   bool absolute)
{
    if (scan->refs->cut)
        return NULL;
    return scan->pe->machine == PH_PE_ARM64 ? ph_ref_scan_arm64(scan, code, rva)
                                            : ph_ref_scan_x86(scan, code, rva, absolute);
}

static struct ph_error *scan_section(struct ph_ref_scan *scan, const struct excluded *excluded,
                                     uint32_t begin, struct ph_slice bytes, bool absolute)
{
    uint64_t at = begin, end = begin + (uint64_t)bytes.size;

    if (end > (uint64_t)UINT32_MAX + 1) /* addresses end there */
        end = (uint64_t)UINT32_MAX + 1;
    for (size_t i = 0; i <= excluded->count && at < end; i++) {
        struct range gap = i < excluded->count ? excluded->ranges[i] : (struct range){end, end};
        if (gap.end <= at)
            continue;
        uint64_t stop = gap.begin < end ? gap.begin : end;
        if (stop > at)
            PH_TRY(scan_piece(scan,
                              (struct ph_slice){bytes.data + (at - begin), (size_t)(stop - at)},
                              (uint32_t)at, absolute));
        at = gap.end;
    }
    return NULL;
}

/* --- relocated pointers --- */

/* `mov register, address` is the one instruction of x64 that holds a whole address. */
static bool moves_address(struct ph_slice before)
{
    return ((uint8_t)before.data[0] & 0xf8) == 0x48 && ((uint8_t)before.data[1] & 0xf8) == 0xb8;
}

static bool is_excluded(const struct excluded *excluded, uint32_t rva)
{
    for (size_t i = 0; i < excluded->count; i++)
        if (rva >= excluded->ranges[i].begin && rva < excluded->ranges[i].end)
            return true;
    return false;
}

static struct ph_error *pointer(struct ph_ref_scan *scan, const struct excluded *excluded,
                                uint32_t from, uint32_t target)
{
    const struct ph_pe *pe = scan->pe;
    const struct ph_pe_section *section = ph_pe_section_at(pe, from);
    struct ph_slice opcode;
    size_t before = 0;
    enum ph_ref_kind kind = PH_REF_DATA;

    if (section && section->flags & PH_PE_CODE && !is_excluded(excluded, from) && from >= 2 &&
        ph_pe_bytes(pe, from - 2, 2, &opcode)) {
        if (pe->machine == PH_PE_X86) {
            kind = ph_ref_kind_x86(opcode, 2, &before);
        } else if (pe->machine == PH_PE_X64 && moves_address(opcode)) {
            kind = PH_REF_ADDRESS;
            before = 2;
        }
    }
    return ph_ref_check(scan, from - (uint32_t)before, target, kind);
}

static struct ph_error *scan_pointers(struct ph_ref_scan *scan, const struct excluded *excluded,
                                      bool *all)
{
    PH_GUARD(ph_pe_rvas_fini) struct ph_pe_rvas rvas = {0};
    uint32_t target;

    PH_TRY(ph_pe_relocations(scan->pe, &rvas));
    for (size_t i = 0; i < rvas.count && !scan->refs->cut; i++)
        if (ph_pe_pointer(scan->pe, rvas.items[i], &target) && ph_ref_near(&scan->set, target))
            PH_TRY(pointer(scan, excluded, rvas.items[i], target));
    *all = rvas.count > 0 && !rvas.damaged;
    return NULL;
}

/* --- all --- */

static int by_place(const void *left, const void *right)
{
    const struct ph_ref *a = left, *b = right;

    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    if (a->target != b->target)
        return a->target < b->target ? -1 : 1;
    return a->kind < b->kind ? -1 : a->kind > b->kind;
}

/* The same address may be found by its relocation and by its bytes. */
static void sort(struct ph_refs *refs)
{
    size_t kept = 0;

    if (refs->count)
        ph_sort(refs->items, refs->count, sizeof(*refs->items), by_place);
    for (size_t i = 0; i < refs->count; i++)
        if (!kept || refs->items[i].from != refs->items[kept - 1].from ||
            refs->items[i].target != refs->items[kept - 1].target)
            refs->items[kept++] = refs->items[i];
    refs->count = kept;
}

static struct ph_error *scan_all(struct ph_ref_scan *scan)
{
    const struct ph_pe *pe = scan->pe;
    struct excluded excluded;
    struct ph_slice bytes;
    bool relocated;

    find_excluded(pe, &excluded);
    PH_TRY(scan_pointers(scan, &excluded, &relocated));
    for (size_t i = 0; i < pe->span_count; i++) {
        const struct ph_pe_span *span = &pe->spans[i];
        if (!(pe->sections[span->section].flags & PH_PE_CODE) ||
            !ph_pe_rest(pe, span->begin, &bytes))
            continue;
        PH_TRY(scan_section(scan, &excluded, span->begin, bytes,
                            pe->machine == PH_PE_X86 && !relocated));
    }
    sort(scan->refs);
    return NULL;
}

static void scan_fini(struct ph_ref_scan *scan)
{
    set_fini(&scan->set);
}

struct ph_error *ph_refs_find(const struct ph_pe *pe, const uint32_t *targets, size_t count,
                              struct ph_refs *refs)
{
    PH_GUARD(ph_refs_fini) struct ph_refs found = {0};
    PH_GUARD(scan_fini) struct ph_ref_scan scan = {.pe = pe, .refs = &found};
    bool known = pe->machine == PH_PE_X86 || pe->machine == PH_PE_X64 || pe->machine == PH_PE_ARM64;

    if (known && count) {
        PH_TRY(set_make(&scan.set, targets, count));
        PH_TRY(scan_all(&scan));
    }
    *refs = found;
    found = (struct ph_refs){0};
    return NULL;
}

void ph_refs_fini(struct ph_refs *refs)
{
    ph_free(refs->items);
    *refs = (struct ph_refs){0};
}
