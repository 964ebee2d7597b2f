/* elf.h - an ELF file (kernel module, kernel) as it lies on disk: bytes in, facts out, on any
 * system.
 *
 * Own code rather than libelf: it runs in the Windows program too, where libelf is not, on hostile
 * bytes, and needs section headers, symbols and relocations only. 64-bit little-endian (x86-64,
 * arm64) and 32-bit little-endian files. Source: System V gABI.
 */
#ifndef PH_IMAGE_ELF_H
#define PH_IMAGE_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"

struct ph_elf_section {
    struct ph_slice name, bytes; /* bytes are empty for NOBITS */
    uint32_t type, link, info;
    uint64_t flags, address, size, entry_size;
};
struct ph_elf {
    const char *name;     /* borrowed */
    struct ph_slice file; /* borrowed */
    bool wide;            /* 64-bit */
    uint16_t machine, type;
    struct ph_elf_section *sections; /* owned */
    size_t section_count;
    const struct ph_elf_section *symbols; /* the symbol table; NULL = none */
};
bool ph_elf_probe(struct ph_slice file);
struct ph_error *ph_elf_parse(const char *name, struct ph_slice file,
                              struct ph_elf *elf) PH_MUST_CHECK;
void ph_elf_fini(struct ph_elf *elf);
const struct ph_elf_section *ph_elf_section(const struct ph_elf *elf, const char *name);

struct ph_elf_symbol {
    struct ph_slice name;
    uint64_t value, size;
    uint16_t section; /* 0 = undefined: imported */
    uint8_t type, binding;
};
/* Symbols and relocations by index; false past the end or when out of the file's bounds. */
bool ph_elf_symbol(const struct ph_elf *elf, size_t index, struct ph_elf_symbol *symbol);
struct ph_elf_relocation {
    uint64_t offset; /* in the section that the table is for */
    uint32_t type, symbol;
    int64_t addend;
};
bool ph_elf_relocation(const struct ph_elf *elf, const struct ph_elf_section *table, size_t index,
                       struct ph_elf_relocation *relocation);
/* The bytes that the headers account for; the file may be longer (a signature follows). */
size_t ph_elf_end(const struct ph_elf *elf);
/* The GNU build id; empty = none. */
struct ph_slice ph_elf_build_id(const struct ph_elf *elf);
/* modinfo: the value of the n-th `key=`; false when there is none. */
bool ph_elf_modinfo(const struct ph_elf *elf, const char *key, size_t n, struct ph_slice *value);

/* Undoes .xz, .zst or .gz by content, at most `limit` bytes come out; other bytes are given back as
 * they are (`*unpacked` is then empty and nothing is copied). Error: PH_ERR_FORMAT. */
struct ph_error *ph_unpack(const char *name, struct ph_slice bytes, size_t limit,
                           struct ph_text *unpacked) PH_MUST_CHECK;

#endif
