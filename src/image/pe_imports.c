/* What a PE file imports, at load time and late, and what it exports.
 *
 *     import descriptor, 20 bytes, the table ends with a zero one:
 *       0 lookup table   4 time stamp   8 forwarders   12 name of the DLL   16 address table
 *     delay import descriptor, 32 bytes:
 *       0 attributes (bit 0: addresses are RVAs, else VAs)   4 name of the DLL   8 module handle
 *       12 address table   16 name table   20 bound table   24 unload table   28 time stamp
 *     lookup and name tables: 4 or 8 bytes each, 0 ends; highest bit set: an ordinal in the low 16
 *       bits, else the RVA of a 2-byte hint and the name
 *     export directory, 40 bytes:
 *       16 first ordinal   20 functions   24 names   28 function RVAs   32 name RVAs
 *       36 for each name the index of its function, 2 bytes
 *
 * Many descriptors may point to one long table: entries are counted as they are looked at, not as
 * they lie in the file.
 */
#include "image/pe.h"

#include <string.h>

#include "base/mem.h"

enum {
    IMPORT_SIZE = 20,
    DELAY_SIZE = 32,
    DELAY_RVAS = 1, /* attribute */
    EXPORT_SIZE = 40,
    NAME_LONGEST = 4096, /* mangled C++ names are long */
    EXPORTS_MOST = 65536
};

struct walk {
    const struct ph_pe *pe;
    struct ph_pe_imports *imports;
    size_t looked; /* at table entries, against PH_PE_IMPORTS_MOST */
    uint32_t bias; /* to take off addresses: 0 when they are RVAs */
};

/* Where one DLL's tables are; RVAs. */
struct library {
    struct ph_slice dll;
    uint32_t lookup, slots;
    bool delayed;
};

static struct ph_error *add_import(struct walk *walk, const struct library *library, uint64_t entry,
                                   uint32_t slot)
{
    const struct ph_pe *pe = walk->pe;
    struct ph_pe_imports *imports = walk->imports;
    struct ph_pe_import found = {
        .dll = library->dll, .name = {"", 0}, .slot_rva = slot, .delayed = library->delayed};
    uint64_t by_ordinal = pe->wide ? UINT64_C(1) << 63 : UINT64_C(1) << 31;

    if (entry & by_ordinal) {
        found.ordinal = (uint16_t)entry;
    } else if (entry - walk->bias > UINT32_MAX - 2 ||
               !ph_pe_string(pe, (uint32_t)(entry - walk->bias) + 2, NAME_LONGEST, &found.name) ||
               !found.name.size) {
        imports->damaged = true;
        return NULL;
    }
    PH_TRY(
        ph_grow(&imports->items, &imports->capacity, imports->count + 1, sizeof(*imports->items)));
    imports->items[imports->count++] = found;
    return NULL;
}

static struct ph_error *read_library(struct walk *walk, const struct library *library)
{
    const struct ph_pe *pe = walk->pe;
    uint32_t step = pe->wide ? 8 : 4;

    for (uint32_t i = 0;; i++) {
        uint32_t low = 0;
        uint64_t entry = 0;
        uint32_t at = library->lookup + i * step;
        if (walk->looked++ >= PH_PE_IMPORTS_MOST || at < library->lookup ||
            !(pe->wide ? ph_pe_u64(pe, at, &entry) : ph_pe_u32(pe, at, &low))) {
            walk->imports->damaged = true;
            return NULL;
        }
        entry = pe->wide ? entry : low;
        if (!entry)
            return NULL;
        PH_TRY(add_import(walk, library, entry, library->slots + i * step));
    }
}

static struct ph_error *read_imports(struct walk *walk)
{
    const struct ph_pe *pe = walk->pe;
    uint32_t at = pe->directories[PH_PE_IMPORT].rva;
    struct ph_slice bytes;

    for (; at; at += IMPORT_SIZE) {
        struct library library = {0};
        if (walk->looked++ >= PH_PE_IMPORTS_MOST || !ph_pe_bytes(pe, at, IMPORT_SIZE, &bytes)) {
            walk->imports->damaged = true;
            return NULL;
        }
        uint32_t name = ph_le32(bytes.data + 12);
        library.slots = ph_le32(bytes.data + 16);
        library.lookup = ph_le32(bytes.data);
        if (!name || !library.slots)
            return NULL; /* what loaders take for the end */
        if (!library.lookup)
            library.lookup = library.slots; /* old linkers: the address table holds the names */
        if (ph_pe_string(pe, name, NAME_LONGEST, &library.dll) && library.dll.size)
            PH_TRY(read_library(walk, &library));
        else
            walk->imports->damaged = true;
    }
    return NULL;
}

static struct ph_error *read_delayed(struct walk *walk)
{
    const struct ph_pe *pe = walk->pe;
    uint32_t at = pe->directories[PH_PE_DELAY_IMPORT].rva;
    struct ph_slice bytes;

    for (; at; at += DELAY_SIZE) {
        struct library library = {.delayed = true};
        if (walk->looked++ >= PH_PE_IMPORTS_MOST || !ph_pe_bytes(pe, at, DELAY_SIZE, &bytes)) {
            walk->imports->damaged = true;
            return NULL;
        }
        uint32_t name = ph_le32(bytes.data + 4);
        if (!name)
            return NULL;
        walk->bias = ph_le32(bytes.data) & DELAY_RVAS ? 0 : (uint32_t)pe->base;
        library.slots = ph_le32(bytes.data + 12) - walk->bias;
        library.lookup = ph_le32(bytes.data + 16) - walk->bias;
        if (ph_pe_string(pe, name - walk->bias, NAME_LONGEST, &library.dll) && library.dll.size)
            PH_TRY(read_library(walk, &library));
        else
            walk->imports->damaged = true;
    }
    return NULL;
}

struct ph_error *ph_pe_imports(const struct ph_pe *pe, struct ph_pe_imports *imports)
{
    PH_GUARD(ph_pe_imports_fini) struct ph_pe_imports found = {0};
    struct walk walk = {.pe = pe, .imports = &found};

    PH_TRY(read_imports(&walk));
    PH_TRY(read_delayed(&walk));
    *imports = found;
    found = (struct ph_pe_imports){0};
    return NULL;
}

void ph_pe_imports_fini(struct ph_pe_imports *imports)
{
    ph_free(imports->items);
    *imports = (struct ph_pe_imports){0};
}

/* --- exports --- */

struct export_tables {
    const struct ph_pe *pe;
    struct ph_pe_exports *exports;
    uint32_t first_ordinal;
    uint32_t functions, names;                  /* how many */
    uint32_t function_rva, name_rva, index_rva; /* of the tables */
    uint32_t forward_begin;                     /* an RVA within the directory: a forwarder */
    uint32_t forward_size;
};

static struct ph_error *add_export(struct export_tables *tables, struct ph_slice name,
                                   uint32_t index)
{
    struct ph_pe_exports *exports = tables->exports;
    uint32_t rva;

    if (!ph_pe_u32(tables->pe, tables->function_rva + index * 4, &rva)) {
        exports->damaged = true;
        return NULL;
    }
    if (!rva)
        return NULL; /* a gap between ordinals */
    if (rva - tables->forward_begin < tables->forward_size)
        rva = 0;
    PH_TRY(
        ph_grow(&exports->items, &exports->capacity, exports->count + 1, sizeof(*exports->items)));
    exports->items[exports->count++] =
        (struct ph_pe_export){name, rva, tables->first_ordinal + index};
    return NULL;
}

static struct ph_error *add_named(struct export_tables *tables, bool *named)
{
    for (uint32_t i = 0; i < tables->names; i++) {
        uint32_t name_rva;
        uint16_t index;
        struct ph_slice name;
        if (!ph_pe_u32(tables->pe, tables->name_rva + i * 4, &name_rva) ||
            !ph_pe_u16(tables->pe, tables->index_rva + i * 2, &index)) {
            tables->exports->damaged = true;
            return NULL;
        }
        if (index >= tables->functions ||
            !ph_pe_string(tables->pe, name_rva, NAME_LONGEST, &name) || !name.size) {
            tables->exports->damaged = true;
            continue;
        }
        named[index] = true;
        PH_TRY(add_export(tables, name, index));
    }
    return NULL;
}

static struct ph_error *read_exports(struct export_tables *tables)
{
    ph_autofree bool *named = ph_zalloc(EXPORTS_MOST, sizeof(*named));

    if (!named)
        return ph_error_nomem();
    PH_TRY(add_named(tables, named));
    for (uint32_t i = 0; i < tables->functions; i++)
        if (!named[i])
            PH_TRY(add_export(tables, (struct ph_slice){"", 0}, i));
    return NULL;
}

static uint32_t at_most(uint32_t count, bool *more)
{
    if (count <= EXPORTS_MOST)
        return count;
    *more = true;
    return EXPORTS_MOST;
}

struct ph_error *ph_pe_exports(const struct ph_pe *pe, struct ph_pe_exports *exports)
{
    PH_GUARD(ph_pe_exports_fini) struct ph_pe_exports found = {0};
    uint32_t rva = pe->directories[PH_PE_EXPORT].rva;
    struct ph_slice bytes;

    if (rva && ph_pe_bytes(pe, rva, EXPORT_SIZE, &bytes)) {
        bool more = false;
        struct export_tables tables = {
            .pe = pe,
            .exports = &found,
            .first_ordinal = ph_le32(bytes.data + 16),
            .functions = at_most(ph_le32(bytes.data + 20), &more),
            .names = at_most(ph_le32(bytes.data + 24), &more),
            .function_rva = ph_le32(bytes.data + 28),
            .name_rva = ph_le32(bytes.data + 32),
            .index_rva = ph_le32(bytes.data + 36),
            .forward_begin = rva,
            .forward_size = pe->directories[PH_PE_EXPORT].size,
        };
        PH_TRY(read_exports(&tables));
        found.damaged |= more;
    } else {
        found.damaged = rva != 0;
    }
    *exports = found;
    found = (struct ph_pe_exports){0};
    return NULL;
}

void ph_pe_exports_fini(struct ph_pe_exports *exports)
{
    ph_free(exports->items);
    *exports = (struct ph_pe_exports){0};
}
