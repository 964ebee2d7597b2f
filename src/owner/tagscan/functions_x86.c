/* functions_x86.c - functions of x86 files, which have no unwind data.
 *
 * Seeds are taken from bytes: what an E8 would call, what relocated pointers point to (but for the
 * tables of switches), the entry point and exports. Some are chance, or point into functions
 * (handlers of exceptions, strings in code). So a seed counts as the start of the function that
 * holds an address only when walking the code from it comes to that address; those that look like a
 * start from outside, too, first.
 */
#include "owner/tagscan/functions_x86.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/sort.h"

enum {
    REACH = 1 << 16,   /* a function's code lies within so many bytes behind its start */
    TRIES_STRONG = 24, /* seeds tried for one address */
    TRIES_WEAK = 16,
    WALK_MOST = 20000, /* instructions of one walk */
    SWITCH_MOST = 512, /* entries of a table of jump targets */
    SEEDS_MOST = 1 << 20,
    CODE_MOST = 1 << 26 /* bytes of code */
};

/* ------------------------------------------------------------------ seeds */

/* A look at the bytes around: padding or the end of another function before it, a frame that is
 * set up, or an address that compilers align functions to. */
static bool looks_like_start(const struct ph_pe *pe, uint32_t rva)
{
    struct ph_slice at, before;

    if (!ph_code_at(pe, rva, &at) || at.size < 5)
        return false;
    const char *code = at.data;
    if (!memcmp(code, "\x55\x8b\xec", 3) || !memcmp(code, "\x8b\xff\x55\x8b\xec", 5) ||
        !memcmp(code, "\x55\x89\xe5", 3))
        return true;
    if (rva < 3 || !ph_pe_bytes(pe, rva - 3, 3, &before))
        return true; /* the start of the section */
    const uint8_t *byte = (const uint8_t *)before.data;
    return byte[2] == 0xcc || byte[2] == 0x90 || byte[2] == 0xc3 ||
           (byte[0] == 0xc2 && byte[2] == 0) || rva % 16 == 0;
}

static struct ph_error *add_seed(struct ph_functions *functions, uint32_t rva)
{
    struct ph_slice code;

    if (functions->seed_count >= SEEDS_MOST || !ph_code_at(functions->pe, rva, &code))
        return NULL;
    PH_TRY(ph_grow(&functions->seeds, &functions->seed_capacity, functions->seed_count + 1,
                   sizeof(*functions->seeds)));
    functions->seeds[functions->seed_count++] = (struct ph_seed){.rva = rva};
    return NULL;
}

/* Every E8 whose displacement leads into code. */
static struct ph_error *add_calls(struct ph_functions *functions, uint32_t begin,
                                  struct ph_slice code)
{
    const char *at = code.data, *end = code.data + code.size;

    while (end - at >= 5 && (at = memchr(at, 0xe8, (size_t)(end - at) - 4))) {
        uint64_t target =
            begin + (uint64_t)(at - code.data) + 5 + (uint64_t)(int64_t)(int32_t)ph_le32(at + 1);
        if (target < functions->pe->image_size)
            PH_TRY(add_seed(functions, (uint32_t)target));
        at++;
    }
    return NULL;
}

static int by_number(const void *left, const void *right)
{
    const uint32_t *a = left, *b = right;

    return *a < *b ? -1 : *a > *b;
}

struct tables {
    uint32_t *items; /* owned: where tables of jump targets begin */
    size_t count, capacity;
};

static void tables_fini(struct tables *tables)
{
    ph_free(tables->items);
}

/* jmp [register * 4 + table]: FF 24, a SIB byte 85, 8D, ... BD, and the table's address. */
static struct ph_error *find_tables(const struct ph_pe *pe, struct ph_slice code,
                                    struct tables *tables)
{
    const char *at = code.data, *end = code.data + code.size;

    while (end - at >= 7 && (at = ph_find_bytes(at, (size_t)(end - at) - 5, "\xff\x24", 2))) {
        uint64_t table = (uint64_t)ph_le32(at + 3) - pe->base;
        if (((uint8_t)at[2] & 0xc7) == 0x85 && table < pe->image_size) {
            PH_TRY(ph_grow(&tables->items, &tables->capacity, tables->count + 1,
                           sizeof(*tables->items)));
            tables->items[tables->count++] = (uint32_t)table;
        }
        at++;
    }
    return NULL;
}

static struct ph_error *find_all_tables(const struct ph_pe *pe, struct tables *tables)
{
    struct ph_slice code;

    for (size_t i = 0; i < pe->span_count; i++)
        if (ph_code_at(pe, pe->spans[i].begin, &code))
            PH_TRY(find_tables(pe, code, tables));
    if (tables->count)
        ph_sort(tables->items, tables->count, sizeof(*tables->items), by_number);
    return NULL;
}

/* Relocated pointers are looked at in ascending order: those that follow on a table's start
 * without a gap, and point to code, are its entries. `*next` = where the next one would be. */
static bool in_table(const struct tables *tables, uint32_t rva, uint32_t *next)
{
    bool entry = rva == *next || (tables->count && bsearch(&rva, tables->items, tables->count,
                                                           sizeof(*tables->items), by_number));

    if (entry)
        *next = rva + 4;
    return entry;
}

static struct ph_error *add_pointers(struct ph_functions *functions)
{
    PH_GUARD(tables_fini) struct tables tables = {0};
    PH_GUARD(ph_pe_rvas_fini) struct ph_pe_rvas rvas = {0};
    PH_GUARD(ph_pe_exports_fini) struct ph_pe_exports exports = {0};
    const struct ph_pe *pe = functions->pe;
    uint32_t target, next = 0;

    PH_TRY(ph_pe_relocations(pe, &rvas));
    PH_TRY(ph_pe_exports(pe, &exports));
    PH_TRY(find_all_tables(pe, &tables));
    for (size_t i = 0; i < rvas.count; i++)
        if (ph_pe_pointer(pe, rvas.items[i], &target) && !in_table(&tables, rvas.items[i], &next))
            PH_TRY(add_seed(functions, target));
    for (size_t i = 0; i < exports.count; i++)
        PH_TRY(add_seed(functions, exports.items[i].rva));
    return pe->entry_rva ? add_seed(functions, pe->entry_rva) : NULL;
}

static int by_rva(const void *left, const void *right)
{
    const struct ph_seed *a = left, *b = right;

    return a->rva < b->rva ? -1 : a->rva > b->rva;
}

static void sort(struct ph_functions *functions)
{
    size_t kept = 0;

    if (functions->seed_count)
        ph_sort(functions->seeds, functions->seed_count, sizeof(*functions->seeds), by_rva);
    for (size_t i = 0; i < functions->seed_count; i++) {
        struct ph_seed *seed = &functions->seeds[i];
        if (kept && functions->seeds[kept - 1].rva == seed->rva)
            continue;
        seed->strong = looks_like_start(functions->pe, seed->rva);
        functions->seeds[kept++] = *seed;
    }
    functions->seed_count = kept;
}

struct ph_error *ph_x86_seeds_find(struct ph_functions *functions)
{
    const struct ph_pe *pe = functions->pe;
    uint64_t total = 0;

    functions->owners = ph_zalloc(pe->span_count + 1, sizeof(*functions->owners));
    if (!functions->owners)
        return ph_error_nomem();
    for (size_t i = 0; i < pe->span_count; i++) {
        struct ph_slice code;
        if (!ph_code_at(pe, pe->spans[i].begin, &code) || (total += code.size) > CODE_MOST)
            continue;
        size_t size = (size_t)(pe->spans[i].end - pe->spans[i].begin);
        if (size > code.size)
            size = code.size;
        functions->owners[i].bytes = ph_zalloc(size, sizeof(*functions->owners[i].bytes));
        if (!functions->owners[i].bytes)
            return ph_error_nomem();
        functions->owners[i].size = size;
        PH_TRY(add_calls(functions, pe->spans[i].begin, (struct ph_slice){code.data, size}));
    }
    PH_TRY(add_pointers(functions));
    sort(functions);
    return NULL;
}

void ph_x86_seeds_fini(struct ph_functions *functions)
{
    if (functions->owners)
        for (size_t i = 0; i < functions->pe->span_count; i++)
            ph_free(functions->owners[i].bytes);
    ph_free(functions->owners);
    ph_free(functions->seeds);
}

/* How many seeds lie at or before `rva`. */
static size_t seeds_to(const struct ph_functions *functions, uint32_t rva)
{
    size_t low = 0, high = functions->seed_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (functions->seeds[middle].rva <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct ph_seed *seed_at(const struct ph_functions *functions, uint32_t rva)
{
    size_t count = seeds_to(functions, rva);

    return count && functions->seeds[count - 1].rva == rva ? &functions->seeds[count - 1] : NULL;
}

bool ph_x86_function_holds(const struct ph_functions *functions, uint32_t entry, uint32_t rva)
{
    struct ph_slice code;
    const struct ph_seed *seed;

    if (rva == entry)
        return true;
    if (!ph_code_at(functions->pe, rva, &code) || rva - entry + REACH > 2 * REACH)
        return false;
    seed = seed_at(functions, rva);
    return !seed || !seed->strong;
}

/* ------------------------------------------------------------------ walks */

/* Who was there last; NULL outside of code. */
static uint32_t *owner_of(const struct ph_functions *functions, uint32_t rva)
{
    const struct ph_pe *pe = functions->pe;
    size_t low = 0, high = pe->span_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pe->spans[middle].begin <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low || rva - pe->spans[low - 1].begin >= functions->owners[low - 1].size)
        return NULL;
    return functions->owners[low - 1].bytes + (rva - pe->spans[low - 1].begin);
}

struct walk {
    struct ph_functions *functions;
    uint32_t number; /* 1 + the seed */
    uint32_t entry;
    uint32_t *todo; /* starts of blocks; owned */
    size_t count, capacity;
    unsigned walked;
};

static void walk_fini(struct walk *walk)
{
    ph_free(walk->todo);
}

static struct ph_error *walk_to(struct walk *walk, uint32_t rva)
{
    uint32_t *owner = owner_of(walk->functions, rva);

    if (!owner || *owner == walk->number ||
        !ph_x86_function_holds(walk->functions, walk->entry, rva))
        return NULL;
    PH_TRY(ph_grow(&walk->todo, &walk->capacity, walk->count + 1, sizeof(*walk->todo)));
    walk->todo[walk->count++] = rva;
    return NULL;
}

/* jmp [register * 4 + table] */
static struct ph_error *walk_switch(struct walk *walk, const struct ph_op *jump)
{
    const struct ph_pe *pe = walk->functions->pe;
    uint64_t table = (uint64_t)jump->memory.displacement - pe->base;
    uint32_t target;

    if (jump->target != PH_TARGET_MEMORY || jump->memory.scale != 4 ||
        jump->memory.base != PH_REG_NONE || table >= pe->image_size)
        return NULL;
    for (uint32_t i = 0; i < SWITCH_MOST; i++) {
        if (!ph_pe_pointer(pe, (uint32_t)table + 4 * i, &target) ||
            target - walk->entry + REACH > 2 * REACH)
            return NULL;
        PH_TRY(walk_to(walk, target));
    }
    return NULL;
}

/* One straight piece of code. */
static struct ph_error *walk_block(struct walk *walk, uint32_t at)
{
    struct ph_functions *functions = walk->functions;
    struct ph_insn insn;
    uint32_t target;

    for (;;) {
        uint32_t *owner = owner_of(functions, at);
        if (!owner || *owner == walk->number || walk->walked++ >= WALK_MOST ||
            !ph_functions_spend(functions, 1) || !ph_code_lift(functions->pe, at, &insn))
            return NULL;
        for (unsigned i = 0; i < insn.size; i++) { /* hits lie within instructions */
            uint32_t *byte = owner_of(functions, at + i);
            if (byte)
                *byte = walk->number;
        }
        const struct ph_op *transfer = ph_insn_transfer(&insn);
        at += insn.size;
        if (!transfer || transfer->kind == PH_OP_CALL)
            continue;
        if (transfer->kind == PH_OP_JUMP && transfer->target == PH_TARGET_MEMORY)
            return walk_switch(walk, transfer);
        if (ph_insn_target(functions->pe, transfer, &target))
            PH_TRY(walk_to(walk, target));
        if (transfer->kind != PH_OP_BRANCH)
            return NULL;
    }
}

static struct ph_error *walk_seed(struct ph_functions *functions, size_t seed)
{
    PH_GUARD(walk_fini)
    struct walk walk = {
        .functions = functions, .number = (uint32_t)seed + 1, .entry = functions->seeds[seed].rva};

    functions->seeds[seed].walked = true;
    PH_TRY(walk_to(&walk, walk.entry));
    while (walk.count)
        PH_TRY(walk_block(&walk, walk.todo[--walk.count]));
    return NULL;
}

struct ph_error *ph_x86_function_at(struct ph_functions *functions, uint32_t rva, bool *found,
                                    uint32_t *entry)
{
    const uint32_t *owner = owner_of(functions, rva);
    size_t before = seeds_to(functions, rva);

    for (int strong = 1; owner && strong >= 0; strong--) {
        unsigned tries = strong ? TRIES_STRONG : TRIES_WEAK;
        for (size_t i = before; !*owner && i > 0 && tries; i--) {
            const struct ph_seed *seed = &functions->seeds[i - 1];
            if (rva - seed->rva > REACH)
                break;
            if (seed->strong != strong)
                continue;
            tries--;
            if (!seed->walked)
                PH_TRY(walk_seed(functions, i - 1));
        }
    }
    if (owner && *owner) {
        *found = true;
        *entry = functions->seeds[*owner - 1].rva;
    }
    return NULL;
}
